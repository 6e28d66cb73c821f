//! The shard: the legs of one media thread, what belongs to which, and the clock that they speak
//! by.
//!
//! A leg is taken out of its place while anything is done to it, inside `catch_unwind`: when that
//! panics the leg is gone and everything else is as it was, for the queues that a leg writes to
//! only ever grow by whole entries. So a panic drops one leg and is reported as `Lost`.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use is::stun::StunMessage;
use model::media::{
    LegKind, MediaCommand, MediaFact, MediaPort, MediaShard, MediaTransmit, PortRequest, Tune,
};
use model::random::Random;
use model::{LegId, Now};
use wire_rtp::{PacketKind, RtpPacket};

use crate::agree::{Desk, check_plain_offer};
use crate::browser::{BrowserLine, BrowserShared};
use crate::codec::FRAME;
use crate::describe::{Dialog, browser_preferences, plain_preferences};
use crate::digits::KeyMove;
use crate::leg::{KeyMoves, Leg, Line, Source};
use crate::mouth::Mouth;
use crate::outbox::Outbox;
use crate::plain::PlainLine;
use crate::ports::Ports;
use crate::settings::ShardSettings;
use crate::tunes::Tunes;

/// The legs of one media thread.
pub struct Shard {
    settings: ShardSettings,
    shared: BrowserShared,
    random: Random,
    tunes: Tunes,
    places: Vec<Option<Box<Leg>>>,
    by_id: HashMap<LegId, usize>,
    by_port: HashMap<u16, usize>,
    by_remote: HashMap<SocketAddr, usize>,
    by_ufrag: HashMap<String, usize>,
    /// Plain legs whose sockets are being opened: by port.
    opening: HashMap<u16, Opening>,
    ports: Ports,
    /// Ports that another program holds, and until when they are not asked for again.
    resting: VecDeque<(Instant, u16)>,
    outbox: Outbox,
    facts: Vec<MediaFact>,
    told: VecDeque<MediaFact>,
    requests: VecDeque<PortRequest>,
    beats: [Beat; BEATS],
    /// What the beats are counted from.
    base: Option<Instant>,
}

struct Opening {
    /// `None` when it was closed meanwhile.
    leg: Option<LegId>,
    offer: Option<Vec<u8>>,
    tries: u32,
}

/// Legs that speak at the same moment; several beats spread the work over the 20 ms.
#[derive(Default)]
struct Beat {
    due: Option<Instant>,
    legs: Vec<usize>,
}

impl Shard {
    /// An empty shard.
    #[must_use]
    pub fn new(settings: ShardSettings, mut random: Random) -> Self {
        let shared = BrowserShared::new(&settings.certificate);
        let tunes = Tunes::new(settings.music.as_deref(), settings.ring_back);
        let ports = Ports::new(&settings.ports, random.draw_u64());
        Self {
            settings,
            shared,
            random,
            tunes,
            places: Vec::new(),
            by_id: HashMap::new(),
            by_port: HashMap::new(),
            by_remote: HashMap::new(),
            by_ufrag: HashMap::new(),
            opening: HashMap::new(),
            ports,
            resting: VecDeque::new(),
            outbox: Outbox::default(),
            facts: Vec::new(),
            told: VecDeque::new(),
            requests: VecDeque::new(),
            beats: Default::default(),
            base: None,
        }
    }

    /// Legs at the moment.
    #[must_use]
    pub fn legs(&self) -> usize {
        self.by_id.len()
    }

    // --- commands -------------------------------------------------------------------------

    fn open(&mut self, now: Now, id: LegId, kind: LegKind, offer: Option<Vec<u8>>) {
        if self.by_id.contains_key(&id) || self.by_id.len() >= self.settings.legs_max {
            self.refuse(id, &"no media leg is free");
            return;
        }
        let (line, preferences) = match kind {
            LegKind::Browser => {
                let line = BrowserLine::new(&mut self.random);
                (Line::Browser(Box::new(line)), browser_preferences())
            }
            LegKind::Plain => (Line::Plain(PlainLine::new(0)), plain_preferences()),
        };
        let dialog = Dialog::new(self.random.draw_u64() >> 2, preferences);
        let (ssrc, timestamp) = (self.random.draw_u32(), self.random.draw_u32());
        let sequence = u16::try_from(self.random.draw_u32() >> 16).unwrap_or(0);
        let leg = Leg::new(now, id, line, dialog, Mouth::new(ssrc, sequence, timestamp));
        if let (LegKind::Plain, Some(offer)) = (kind, &offer)
            && let Err(fault) = check_plain_offer(&leg, offer)
        {
            self.refuse(id, &fault);
            return;
        }
        let place = self.put(now, leg);
        match kind {
            LegKind::Browser => self.describe_first(now, place, offer.as_deref()),
            LegKind::Plain => self.ask_for_port(now, id, offer, 0),
        }
    }

    fn put(&mut self, now: Now, leg: Leg) -> usize {
        let id = leg.id;
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or(self.places.len());
        if let Line::Browser(line) = &leg.line {
            self.by_ufrag.insert(line.ice().ufrag, place);
        }
        if free.is_none() {
            self.places.push(None);
        }
        if let Some(slot) = self.places.get_mut(place) {
            *slot = Some(Box::new(leg));
        }
        self.by_id.insert(id, place);
        self.join_beat(now, place);
        place
    }

    /// Adds a leg to the beat that has the fewest; beats lie a part of a tick apart.
    fn join_beat(&mut self, now: Now, place: usize) {
        let base = *self.base.get_or_insert(now.instant);
        let beats = (0_u32..).zip(&mut self.beats);
        let Some((n, beat)) = beats.min_by_key(|(_, beat)| beat.legs.len()) else { return };
        if beat.legs.is_empty() {
            let elapsed = now.instant.saturating_duration_since(base);
            let ticks = u32::try_from(elapsed.as_millis() / TICK.as_millis()).unwrap_or(0);
            let mut due = base + TICK * ticks + TICK * n / BEATS as u32;
            while due <= now.instant {
                due += TICK;
            }
            beat.due = Some(due);
        }
        beat.legs.push(place);
    }

    fn ask_for_port(&mut self, now: Now, id: LegId, offer: Option<Vec<u8>>, tries: u32) {
        while self.resting.front().is_some_and(|(until, _)| *until <= now.instant) {
            if let Some((_, port)) = self.resting.pop_front() {
                self.ports.give_back(port);
            }
        }
        let port = if tries < PORT_TRIES_MAX { self.ports.take() } else { None };
        let Some(port) = port else {
            self.refuse(id, &"no RTP port is free");
            self.drop_leg(id);
            return;
        };
        self.opening.insert(port, Opening { leg: Some(id), offer, tries });
        self.requests.push_back(PortRequest::Open { port });
    }

    fn port_opened(&mut self, now: Now, port: u16, is_open: bool) {
        let Some(Opening { leg, offer, tries }) = self.opening.remove(&port) else { return };
        match (leg, is_open) {
            (Some(id), true) => {
                let Some(&place) = self.by_id.get(&id) else { return };
                self.by_port.insert(port, place);
                if let Some(Some(leg)) = self.places.get_mut(place)
                    && let Line::Plain(line) = &mut leg.line
                {
                    line.port = port;
                }
                self.describe_first(now, place, offer.as_deref());
            }
            (Some(id), false) => {
                self.resting.push_back((now.instant + PORT_REST, port));
                self.ask_for_port(now, id, offer, tries + 1);
            }
            (None, true) => {
                self.requests.push_back(PortRequest::Close { port });
                self.ports.give_back(port);
            }
            (None, false) => self.resting.push_back((now.instant + PORT_REST, port)),
        }
    }

    /// The first SDP of a leg; the leg is gone when that fails.
    fn describe_first(&mut self, now: Now, place: usize, offer: Option<&[u8]>) {
        if let Some(refused) = self.describe(now, place, offer) {
            self.drop_leg(refused);
        }
    }

    /// Our SDP for a leg: the answer to `offer` or an offer of ours. Returns the leg when it was
    /// refused.
    fn describe(&mut self, now: Now, place: usize, offer: Option<&[u8]>) -> Option<LegId> {
        let described = self.step(place, |leg, shard| {
            let mut desk = shard.desk();
            let ufrag = ufrag(leg);
            let sdp = match offer {
                Some(offer) => leg.take_offer(now, offer, &mut desk),
                None => leg.make_offer(&desk),
            };
            (leg.id, sdp, ufrag, self::ufrag(leg))
        })?;
        let (id, sdp, before, after) = described;
        if before != after {
            // The browser restarted ICE: checks with the old name no longer mean this leg.
            before.and_then(|ufrag| self.by_ufrag.remove(&ufrag));
            after.and_then(|ufrag| self.by_ufrag.insert(ufrag, place));
        }
        match sdp {
            Ok(sdp) => {
                self.facts.push(MediaFact::Described { leg: id, sdp });
                None
            }
            Err(fault) => {
                self.refuse(id, &fault);
                Some(id)
            }
        }
    }

    fn answer(&mut self, now: Now, id: LegId, sdp: &[u8]) {
        let Some(&place) = self.by_id.get(&id) else { return };
        let taken = self.step(place, |leg, shard| leg.take_answer(now, sdp, &mut shard.desk()));
        if let Some(Err(fault)) = taken {
            self.refuse(id, &fault);
        }
    }

    fn connect(&mut self, a: LegId, b: LegId) {
        let (Some(&a), Some(&b)) = (self.by_id.get(&a), self.by_id.get(&b)) else { return };
        if a == b {
            return;
        }
        self.unlink(a);
        self.unlink(b);
        for (to, from) in [(a, b), (b, a)] {
            if let Some(Some(leg)) = self.places.get_mut(to) {
                leg.source = Source::Leg(from);
                leg.ear.listen(true);
            }
        }
    }

    fn play(&mut self, id: LegId, tune: Tune) {
        let Some(&place) = self.by_id.get(&id) else { return };
        self.unlink(place);
        let player = self.tunes.player(tune);
        if let Some(Some(leg)) = self.places.get_mut(place) {
            leg.source = match tune {
                Tune::Music | Tune::RingBack => Source::Tune(player),
                Tune::Silence => Source::Silence,
            };
        }
    }

    /// A leg and the one that it is connected to go apart; both hear silence.
    fn unlink(&mut self, place: usize) {
        let mut other = None;
        if let Some(Some(leg)) = self.places.get_mut(place) {
            if let Source::Leg(partner) = leg.source {
                other = Some(partner);
            }
            leg.source = Source::Silence;
            leg.ear.listen(false);
            leg.mouth.keys().release_all();
        }
        if let Some(Some(partner)) = other.and_then(|other| self.places.get_mut(other))
            && matches!(partner.source, Source::Leg(back) if back == place)
        {
            partner.source = Source::Silence;
            partner.ear.listen(false);
            partner.mouth.keys().release_all();
        }
    }

    fn close(&mut self, now: Now, id: LegId) {
        if let Some(&place) = self.by_id.get(&id) {
            self.step(place, |leg, shard| leg.close(now, &mut shard.outbox, &mut shard.facts));
        }
        self.drop_leg(id);
    }

    /// Forgets a leg wherever it is known.
    fn drop_leg(&mut self, id: LegId) {
        let Some(place) = self.by_id.remove(&id) else { return };
        self.unlink(place);
        // Its partner may not point at it any more when it was lost to a panic.
        for leg in self.places.iter_mut().flatten() {
            if matches!(leg.source, Source::Leg(source) if source == place) {
                leg.source = Source::Silence;
                leg.ear.listen(false);
            }
        }
        if let Some(slot) = self.places.get_mut(place) {
            *slot = None;
        }
        self.by_ufrag.retain(|_, of| *of != place);
        self.by_remote.retain(|_, of| *of != place);
        for beat in &mut self.beats {
            beat.legs.retain(|of| *of != place);
        }
        let ports: Vec<u16> =
            self.by_port.iter().filter(|(_, of)| **of == place).map(|(port, _)| *port).collect();
        for port in ports {
            self.by_port.remove(&port);
            self.ports.give_back(port);
            self.requests.push_back(PortRequest::Close { port });
        }
        for opening in self.opening.values_mut().filter(|opening| opening.leg == Some(id)) {
            opening.leg = None;
        }
    }

    fn refuse(&mut self, leg: LegId, reason: &dyn ToString) {
        self.facts.push(MediaFact::Refused { leg, reason: reason.to_string() });
    }

    // --- packets --------------------------------------------------------------------------

    fn browser_packet(&mut self, now: Now, from: SocketAddr, packet: &mut [u8]) {
        let kind = PacketKind::of(packet);
        if kind == PacketKind::Stun {
            self.stun(now, from, packet);
            return;
        }
        let Some(&place) = self.by_remote.get(&from) else { return };
        let moves = self.step(place, |leg, shard| {
            let Line::Browser(line) = &mut leg.line else { return [None, None] };
            match kind {
                PacketKind::Dtls => {
                    let was_up = line.is_up();
                    if !line.dtls(now, packet, &mut shard.outbox) {
                        leg.lose(&mut shard.facts);
                    } else if !was_up && line.is_up() {
                        leg.flows(&mut shard.facts);
                    }
                    [None, None]
                }
                PacketKind::Rtp => match line.open(now, packet, false) {
                    Some(len) => {
                        leg.rtp(now, packet.get(..len).unwrap_or_default(), &mut shard.facts)
                    }
                    None => [None, None],
                },
                PacketKind::Rtcp => {
                    if let Some(len) = line.open(now, packet, true) {
                        leg.rtcp(now, packet.get(..len).unwrap_or_default());
                    }
                    [None, None]
                }
                PacketKind::Stun | PacketKind::Unknown => [None, None],
            }
        });
        self.relay_keys(place, moves);
    }

    fn stun(&mut self, now: Now, from: SocketAddr, packet: &[u8]) {
        // We never ask, so only requests are for us.
        let Ok(message) = StunMessage::parse(packet) else { return };
        if !message.is_binding_request() {
            return;
        }
        let Some((ufrag, _)) = message.split_username() else { return };
        let Some(&place) = self.by_ufrag.get(ufrag) else { return };
        let is_new = self.step(place, |leg, shard| {
            let Line::Browser(line) = &mut leg.line else { return false };
            let was_up = line.is_up();
            let is_new = line.stun(now, from, message, &mut shard.outbox);
            if !was_up && line.is_up() {
                leg.flows(&mut shard.facts);
            }
            is_new
        });
        if is_new == Some(true) || self.by_remote.get(&from).is_some_and(|of| *of != place) {
            self.learn_remote(place, from);
        }
    }

    /// An address proved to be a browser's; what was another leg's is this one's now.
    fn learn_remote(&mut self, place: usize, from: SocketAddr) {
        let known = match self.places.get(place) {
            Some(Some(leg)) => match &leg.line {
                Line::Browser(line) => line.known(),
                Line::Plain(_) => &[],
            },
            Some(None) | None => return,
        };
        if known.contains(&from) {
            self.by_remote.insert(from, place);
            self.by_remote.retain(|address, of| *of != place || known.contains(address));
        }
    }

    fn plain_packet(&mut self, now: Now, port: u16, from: SocketAddr, packet: &[u8]) {
        let Some(&place) = self.by_port.get(&(port & !1)) else { return };
        let moves = self.step(place, |leg, shard| {
            let Line::Plain(line) = &mut leg.line else { return [None, None] };
            match PacketKind::of(packet) {
                PacketKind::Rtp => {
                    let Ok(parsed) = RtpPacket::parse(packet) else { return [None, None] };
                    if !line.accept(now.instant, from, &parsed.header) {
                        return [None, None];
                    }
                    leg.rtp(now, packet, &mut shard.facts)
                }
                PacketKind::Rtcp => {
                    if line.accept_rtcp(from) {
                        leg.rtcp(now, packet);
                    }
                    [None, None]
                }
                PacketKind::Dtls | PacketKind::Stun | PacketKind::Unknown => [None, None],
            }
        });
        self.relay_keys(place, moves);
    }

    /// A key of one leg is pressed on the one that it is connected to.
    fn relay_keys(&mut self, place: usize, moves: Option<KeyMoves>) {
        let moves = moves.unwrap_or_default();
        if moves == [None, None] {
            return;
        }
        let partner = match self.places.get(place) {
            Some(Some(leg)) => match leg.source {
                Source::Leg(partner) => partner,
                Source::Silence | Source::Tune(_) => return,
            },
            Some(None) | None => return,
        };
        let Some(Some(partner)) = self.places.get_mut(partner) else { return };
        for key in moves.into_iter().flatten() {
            match key {
                KeyMove::Down { code } => partner.mouth.keys().press(code),
                KeyMove::Up { duration_ms, .. } => partner.mouth.keys().release(duration_ms),
            }
        }
    }

    // --- the clock ------------------------------------------------------------------------

    fn tick(&mut self, now: Now, place: usize) {
        let mut sound = [0; FRAME];
        let source = match self.places.get_mut(place) {
            Some(Some(leg)) => match &mut leg.source {
                Source::Leg(source) => Some(*source),
                Source::Tune(player) => {
                    player.play(&mut sound);
                    None
                }
                Source::Silence => None,
            },
            Some(None) | None => return,
        };
        if let Some(source) = source {
            self.step(source, |leg, _| {
                leg.ear.hear(&mut sound);
            });
        }
        let moves = self.step(place, |leg, shard| {
            leg.speak(&mut sound, &mut shard.outbox);
            leg.chores(now, &shard.settings, &mut shard.outbox, &mut shard.facts)
        });
        self.relay_keys(place, moves);
    }

    fn beat(&mut self, now: Now, at: usize) {
        for _ in 0..CATCH_UP_MAX {
            let Some(beat) = self.beats.get_mut(at) else { return };
            let Some(due) = beat.due.filter(|due| *due <= now.instant) else { return };
            beat.due = Some(due + TICK);
            let legs = std::mem::take(&mut beat.legs);
            for place in &legs {
                self.tick(now, *place);
            }
            self.restore(at, legs);
        }
        // The thread was held up for long: what was missed is left out, on the streams' clocks
        // too, rather than sent in a burst that no jitter buffer could hold.
        let Some(beat) = self.beats.get_mut(at) else { return };
        let Some(due) = beat.due.filter(|due| *due <= now.instant) else { return };
        let missed = now.instant.duration_since(due).as_millis() / TICK.as_millis() + 1;
        let missed = u32::try_from(missed).unwrap_or(u32::MAX);
        beat.due = Some(due + TICK * missed);
        for place in &beat.legs {
            if let Some(Some(leg)) = self.places.get_mut(*place) {
                leg.mouth.pause(missed);
            }
        }
    }

    /// Gives a beat its legs back, without those that a tick dropped.
    fn restore(&mut self, at: usize, mut legs: Vec<usize>) {
        legs.retain(|place| self.places.get(*place).is_some_and(Option::is_some));
        if let Some(beat) = self.beats.get_mut(at) {
            beat.legs = legs;
        }
    }

    /// Does something to a leg; `None` when there is none in that place or it panicked, and then
    /// the leg is dropped.
    fn step<T>(&mut self, place: usize, act: impl FnOnce(&mut Leg, &mut Self) -> T) -> Option<T> {
        let mut leg = self.places.get_mut(place)?.take()?;
        let id = leg.id;
        let acted = catch_unwind(AssertUnwindSafe(|| {
            let result = act(&mut leg, self);
            (leg, result)
        }));
        match acted {
            Ok((leg, result)) => {
                *self.places.get_mut(place)? = Some(leg);
                Some(result)
            }
            Err(_) => {
                tracing::error!(leg = %id, "a media leg failed and was dropped");
                self.drop_leg(id);
                self.facts.push(MediaFact::Lost { leg: id });
                None
            }
        }
    }

    fn desk(&mut self) -> Desk<'_> {
        Desk {
            settings: &self.settings,
            shared: &self.shared,
            random: &mut self.random,
            outbox: &mut self.outbox,
        }
    }

    /// Facts are collected in a vector, which legs can write to, and told in order.
    fn tell(&mut self) {
        self.told.extend(self.facts.drain(..));
    }
}

impl MediaShard for Shard {
    fn handle_command(&mut self, now: Now, command: MediaCommand) {
        match command {
            MediaCommand::Answer { leg, sdp } => self.answer(now, leg, &sdp),
            MediaCommand::Close { leg } => self.close(now, leg),
            MediaCommand::Connect { a, b } => self.connect(a, b),
            MediaCommand::Disconnect { leg } => {
                if let Some(&place) = self.by_id.get(&leg) {
                    self.unlink(place);
                }
            }
            MediaCommand::Open { leg, kind, offer } => self.open(now, leg, kind, offer),
            MediaCommand::Play { leg, tune } => self.play(leg, tune),
            MediaCommand::Reoffer { leg, offer } => {
                if let Some(&place) = self.by_id.get(&leg) {
                    self.describe(now, place, Some(&offer));
                }
            }
            MediaCommand::SendDigits { leg, digits } => {
                if let Some(&place) = self.by_id.get(&leg)
                    && let Some(Some(leg)) = self.places.get_mut(place)
                {
                    leg.mouth.keys().dial(&digits);
                }
            }
        }
        self.tell();
    }

    fn handle_packet(&mut self, now: Now, port: MediaPort, from: SocketAddr, packet: &mut [u8]) {
        match port {
            MediaPort::Browsers => self.browser_packet(now, from, packet),
            MediaPort::Plain(port) => self.plain_packet(now, port, from, packet),
        }
        self.tell();
    }

    fn handle_port(&mut self, now: Now, port: u16, is_open: bool) {
        self.port_opened(now, port, is_open);
        self.tell();
    }

    fn handle_timeout(&mut self, now: Now) {
        for at in 0..BEATS {
            self.beat(now, at);
        }
        self.tell();
    }

    fn poll_transmit(&mut self, buffer: &mut [u8]) -> Option<MediaTransmit> {
        self.outbox.pop(buffer)
    }

    fn poll_port(&mut self) -> Option<PortRequest> {
        self.requests.pop_front()
    }

    fn poll_fact(&mut self) -> Option<MediaFact> {
        self.told.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.beats.iter().filter(|beat| !beat.legs.is_empty()).filter_map(|beat| beat.due).min()
    }
}

fn ufrag(leg: &Leg) -> Option<String> {
    match &leg.line {
        Line::Browser(line) => Some(line.ice().ufrag),
        Line::Plain(_) => None,
    }
}

/// Parts of a tick that legs are spread over.
const BEATS: usize = 4;
/// Ticks that are made up for after the thread was held up, 100 ms.
const CATCH_UP_MAX: usize = 5;
/// A port that another program holds is not asked for again so soon.
const PORT_REST: Duration = Duration::from_secs(60);
/// Ports that are tried for one leg.
const PORT_TRIES_MAX: u32 = 64;
/// One packet of sound.
const TICK: Duration = Duration::from_millis(20);
