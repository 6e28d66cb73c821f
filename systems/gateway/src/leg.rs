//! One leg: a line to one endpoint, what is heard on it and what is said.

use std::time::{Duration, Instant};

use model::media::{DATAGRAM_LEN_MAX, MediaFact, MediaPort, Milestone, Quality};
use model::{LegId, Now};
use wire_rtp::rtcp::{Compound, write_bye, write_report};
use wire_rtp::{RtpPacket, TelephoneEvent};

use crate::browser::BrowserLine;
use crate::describe::{Dialog, Payload, Terms};
use crate::digits::{DigitEar, KeyMove};
use crate::ear::Ear;
use crate::milestones::Milestones;
use crate::mix::Mixer;
use crate::mouth::Mouth;
use crate::outbox::Outbox;
use crate::plain::PlainLine;
use crate::reception::Reception;
use crate::settings::ShardSettings;
use crate::shard::{Announcement, Loudness};
use crate::sound::{Frame, Heard, Width};
use crate::tones::{ToneEar, ToneKey};
use crate::tunes::Player;

/// One leg.
pub struct Leg {
    /// Its number.
    pub id: LegId,
    /// How its endpoint is reached.
    pub line: Line,
    /// Its offers and answers.
    pub dialog: Dialog,
    /// What is heard on it.
    pub ear: Ear,
    /// What is said to it.
    pub mouth: Mouth,
    /// Where the sound that is said comes from.
    pub source: Source,
    /// What is heard once, instead of that.
    pub announcement: Option<Announcement>,
    /// Adds up several legs that are heard.
    pub mixer: Mixer,
    /// What `ear` gave last, for all who hear the leg.
    pub heard: Heard,
    /// How loud that was lately.
    pub loudness: Loudness,
    /// Who hears this leg.
    pub listeners: Vec<Listener>,
    /// The name of our stream in RTCP and SDP.
    pub cname: String,
    terms: Option<(Terms, Instant)>,
    keys: DigitEar,
    /// For keys that come as tones, where they can't come as events.
    tones: Option<Box<ToneEar>>,
    reception: Reception,
    milestones: Milestones,
    /// The far end wants to hear nothing for the time being.
    is_held: bool,
    /// What the board knows of that.
    is_held_told: bool,
    is_flowing: bool,
    is_lost: bool,
    next_chores: Instant,
    next_report: Instant,
    unknown_payloads: u64,
}

/// How an endpoint is reached.
pub enum Line {
    /// Through the port of all browsers.
    Browser(Box<BrowserLine>),
    /// Through a port of its own.
    Plain(PlainLine),
}

/// Where the sound for a leg comes from.
pub enum Source {
    /// The ears of other legs; none is silence.
    Legs(Vec<Link>),
    /// A tune.
    Tune(Player),
}

impl Default for Source {
    fn default() -> Self {
        Self::Legs(Vec::new())
    }
}

impl Source {
    /// The legs that are heard.
    #[must_use]
    pub fn links(self) -> Vec<Link> {
        match self {
            Self::Legs(links) => links,
            Self::Tune(_) => Vec::new(),
        }
    }
}

/// Who hears a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// The leg in that place of the shard.
    Leg(usize),
    /// A channel of the recording in that place.
    Recording(usize, Channel),
}

/// A channel of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The customer's side.
    Left,
    /// The agent's side.
    Right,
}

/// One leg that is heard.
pub struct Link {
    /// Its place in the shard.
    pub place: usize,
    /// The number of its sound that was taken last.
    pub had: u32,
}

/// Up to two key moves that one packet means.
pub type KeyMoves = [Option<KeyMove>; 2];

impl Leg {
    /// A leg that is being set up.
    #[must_use]
    pub fn new(now: Now, id: LegId, line: Line, dialog: Dialog, mouth: Mouth) -> Self {
        Self {
            id,
            line,
            dialog,
            ear: Ear::default(),
            cname: format!("{:08x}@cordboard", mouth.ssrc()),
            mouth,
            source: Source::default(),
            announcement: None,
            mixer: Mixer::default(),
            heard: Heard::default(),
            loudness: Loudness::default(),
            listeners: Vec::new(),
            terms: None,
            keys: DigitEar::default(),
            tones: None,
            reception: Reception::default(),
            milestones: Milestones::default(),
            is_held: false,
            is_held_told: false,
            is_flowing: false,
            is_lost: false,
            next_chores: now.instant,
            next_report: now.instant + REPORT_EVERY,
            unknown_payloads: 0,
        }
    }

    /// What both sides settled on holds from now on.
    pub fn settle(&mut self, now: Now, terms: Terms, fresh_ssrc: u32) {
        let Terms { send, send_payload_type, send_event_payload_type, .. } = terms;
        self.mouth.speak_with(send, send_payload_type, send_event_payload_type, fresh_ssrc);
        // One that never wanted to hear us does not hold: it sends early media or announcements.
        let heard_us = self.terms.as_ref().is_some_and(|(before, _)| before.we_send);
        self.is_held = !terms.we_send && (heard_us || self.is_held);
        if terms.has_events() || matches!(self.line, Line::Browser(_)) {
            self.tones = None;
        } else if self.tones.is_none() {
            self.tones = Some(Box::default());
        }
        self.terms = Some((terms, now.instant));
        self.mind_ear();
    }

    /// Tells once that the far end holds or holds no more.
    pub fn tell_hold(&mut self, facts: &mut Vec<MediaFact>) {
        if self.is_held_told != self.is_held {
            self.is_held_told = self.is_held;
            facts.push(MediaFact::Holds { leg: self.id, is_held: self.is_held });
        }
    }

    /// An RTP packet in the clear.
    pub fn rtp(&mut self, now: Now, bytes: &[u8], facts: &mut Vec<MediaFact>) -> KeyMoves {
        let Some((terms, _)) = &self.terms else { return [None, None] };
        let Ok(packet) = RtpPacket::parse(bytes) else { return [None, None] };
        let payload = terms.payload(packet.header.payload_type);
        if matches!(self.line, Line::Plain(_)) {
            self.flows(facts);
        }
        match payload {
            Payload::Voice(codec) => {
                self.reception.packet(now, &packet.header, codec.clock());
                self.ear.packet(now.instant, &packet.header, codec, packet.payload);
                [None, None]
            }
            Payload::Event(clock) => {
                // Events share the sequence numbers; without them loss would be counted.
                self.reception.packet(now, &packet.header, clock);
                let Some(event) = TelephoneEvent::parse(packet.payload) else {
                    return [None, None];
                };
                let moves = self.keys.packet(now.instant, packet.header.timestamp, event, clock);
                self.tell_keys(moves, facts);
                moves
            }
            Payload::Unknown => {
                // Comfort noise that nobody agreed to and the like (gateway rule G15).
                self.unknown_payloads += 1;
                [None, None]
            }
        }
    }

    /// An RTCP compound in the clear.
    pub fn rtcp(&mut self, now: Now, bytes: &[u8]) {
        let ssrc = self.mouth.ssrc();
        for packet in Compound::new(bytes) {
            self.reception.report(now, &packet, ssrc);
        }
        self.mouth.set_loss(self.reception.reported_loss_percent());
    }

    /// Asks the ear for the next tick of sound.
    pub fn listen(&mut self, now: Now, facts: &mut Vec<MediaFact>) {
        self.heard.next(|sound| {
            self.ear.hear(now.instant, sound);
        });
        self.loudness.hear(self.heard.frame());
        let key = match &mut self.tones {
            Some(tones) => tones.hear(self.heard.as_wide_as(Width::Narrow)),
            None => None,
        };
        if let Some(ToneKey { code, duration_ms }) = key {
            self.tell_keys([Some(KeyMove::Up { code, duration_ms }), None], facts);
        }
    }

    /// Nobody hears this leg: it is asked itself for keys that come as tones.
    pub fn listen_for_keys(&mut self, now: Now, facts: &mut Vec<MediaFact>) {
        if self.listeners.is_empty() && self.tones.is_some() && !self.is_held {
            self.listen(now, facts);
        }
    }

    /// Somebody hears this leg from now on; returns the number of the sound that he had, so that
    /// he takes the one that those before him were given last. Only one who talks after recordings
    /// alone had listened asks himself, so that his delay is the least.
    pub fn gain_listener(&mut self, listener: Listener) -> u32 {
        if self.listeners.is_empty() {
            // What is left from before is not for him.
            self.heard.silence();
        }
        let is_leg = |listener: &Listener| matches!(listener, Listener::Leg(_));
        let follows = match listener {
            Listener::Leg(_) => self.listeners.iter().any(is_leg),
            Listener::Recording(..) => !self.listeners.is_empty(),
        };
        self.listeners.push(listener);
        self.mind_ear();
        self.heard.number().wrapping_sub(u32::from(follows))
    }

    /// Somebody hears this leg no more.
    pub fn lose_listener(&mut self, listener: Listener) {
        self.listeners.retain(|of| *of != listener);
        self.mind_ear();
    }

    /// Music that a phone sends while it holds is not for those who hear it: we have our own.
    fn mind_ear(&mut self) {
        let is_wanted = !self.listeners.is_empty() || self.tones.is_some();
        let is_listened = is_wanted && !self.is_held;
        self.ear.listen(is_listened);
        if let Some(tones) = self.tones.as_mut().filter(|_| !is_listened) {
            tones.forget();
        }
    }

    /// One tick of sound for the far end.
    pub fn speak(&mut self, sound: &mut Frame, outbox: &mut Outbox) {
        let (to, port) = match &self.line {
            Line::Browser(line) => (line.send_to(), MediaPort::Browsers),
            Line::Plain(line) => (line.rtp_to(), MediaPort::Plain(line.port)),
        };
        let may_send = self.terms.as_ref().is_some_and(|(terms, _)| terms.we_send);
        let (Some(to), true) = (to, may_send) else {
            self.mouth.pause(1);
            return;
        };
        let spoken = self.mouth.speak(sound);
        for _ in 0..spoken.packets {
            outbox.push(port, to, |buffer| {
                let len = self.mouth.write(&spoken, sound, buffer)?;
                self.line.seal(buffer, len, false)
            });
        }
    }

    /// What is due now and then; a key that ended by silence comes back. False when the leg's
    /// DTLS can't succeed any more.
    pub fn chores(
        &mut self,
        now: Now,
        settings: &ShardSettings,
        outbox: &mut Outbox,
        facts: &mut Vec<MediaFact>,
    ) -> KeyMoves {
        self.tell_milestones(facts);
        let up = self.keys.timeout(now.instant);
        self.tell_keys([up, None], facts);
        if now.instant >= self.next_chores {
            self.next_chores = now.instant + CHORES_EVERY;
            if let Line::Browser(line) = &mut self.line {
                let is_good = line.chores(now, outbox);
                let is_up = line.is_up();
                if !is_good {
                    self.lose(facts);
                }
                if is_up && !self.is_lost {
                    self.flows(facts);
                }
            }
            self.watch_silence(now, settings, facts);
        }
        if now.instant >= self.next_report {
            self.next_report = now.instant + REPORT_EVERY;
            if self.terms.is_some() {
                facts.push(MediaFact::Quality { leg: self.id, quality: self.quality() });
                self.send_report(now, outbox, false);
            }
        }
        [up, None]
    }

    /// Tells the far end and the board that this was all.
    pub fn close(&mut self, now: Now, outbox: &mut Outbox, facts: &mut Vec<MediaFact>) {
        if self.terms.is_some() {
            self.send_report(now, outbox, true);
        }
        facts.push(MediaFact::Quality { leg: self.id, quality: self.quality() });
        tracing::debug!(
            leg = %self.id,
            ear = ?self.ear.counts(),
            unknown_payloads = self.unknown_payloads,
            "leg closed"
        );
    }

    /// Tells what was reached on the way to sound.
    pub fn tell_milestones(&mut self, facts: &mut Vec<MediaFact>) {
        let (mut checked, mut nominated, mut done) = (None, None, None);
        let from = match &self.line {
            Line::Browser(line) => {
                checked = line.known().first().map(|from| (Milestone::IceCheck, Some(*from)));
                nominated = line.nominated().map(|to| (Milestone::IceNominated, Some(to)));
                done = line.has_keys().then_some((Milestone::DtlsDone, None));
                line.nominated()
            }
            Line::Plain(line) => line.rtp_to(),
        };
        let received = (self.reception.received() > 0).then_some((Milestone::RtpReceived, from));
        let sent = (self.mouth.packets() > 0).then_some((Milestone::RtpSent, from));
        for (milestone, address) in [checked, nominated, done, received, sent].into_iter().flatten()
        {
            self.milestones.reach(self.id, milestone, address, facts);
        }
    }

    /// The figures so far.
    #[must_use]
    pub fn quality(&self) -> Quality {
        Quality {
            codec: self.terms.as_ref().map(|(terms, _)| terms.send.name()),
            packets_late: self.ear.counts().late,
            packets_received: self.reception.received(),
            packets_lost: self.reception.lost(),
            packets_sent: self.mouth.packets(),
            reported_loss_percent: self.reception.reported_loss(),
            jitter_ms: self.reception.jitter_ms(),
            round_trip_ms: self.reception.round_trip_ms(),
        }
    }

    /// DTLS failed or the browser is another than announced.
    pub fn lose(&mut self, facts: &mut Vec<MediaFact>) {
        if !self.is_lost {
            self.is_lost = true;
            self.is_flowing = false;
            facts.push(MediaFact::Lost { leg: self.id });
        }
    }

    /// Media flows, perhaps again.
    pub fn flows(&mut self, facts: &mut Vec<MediaFact>) {
        if !self.is_flowing {
            self.is_flowing = true;
            self.is_lost = false;
            facts.push(MediaFact::Flowing { leg: self.id });
        }
    }

    fn watch_silence(&mut self, now: Now, settings: &ShardSettings, facts: &mut Vec<MediaFact>) {
        let Some((terms, settled_at)) = &self.terms else { return };
        let (heard_at, limit) = match &self.line {
            Line::Browser(line) => (line.heard_at(), settings.browser_silence),
            // Many phones say sendonly and send nothing while they hold.
            Line::Plain(line) if terms.we_receive && !self.is_held => {
                (line.heard_at(), settings.plain_silence_talk)
            }
            Line::Plain(line) => (line.heard_at(), settings.plain_silence_hold),
        };
        let since = heard_at.map_or(*settled_at, |at| at.max(*settled_at));
        if now.instant.saturating_duration_since(since) >= limit {
            self.lose(facts);
            return;
        }
        let is_up = match &self.line {
            Line::Browser(line) => line.is_up(),
            Line::Plain(_) => heard_at.is_some(),
        };
        if self.is_lost && is_up {
            self.flows(facts);
        }
    }

    fn send_report(&mut self, now: Now, outbox: &mut Outbox, is_last: bool) {
        let (to, port) = match &self.line {
            Line::Browser(line) => (line.send_to(), MediaPort::Browsers),
            Line::Plain(line) => (line.rtcp_to(), MediaPort::Plain(line.port + 1)),
        };
        let Some(to) = to else { return };
        let block = self.reception.block(now);
        let (ssrc, info) = (self.mouth.ssrc(), self.mouth.sender_info(now));
        outbox.push(port, to, |buffer| {
            let room = buffer.get_mut(..DATAGRAM_LEN_MAX - wire_rtp::srtp::OVERHEAD_MAX)?;
            let mut len = write_report(room, ssrc, info, block.as_slice(), &self.cname)?;
            if is_last {
                len = write_bye(room, len, ssrc)?;
            }
            self.line.seal(buffer, len, true)
        });
    }

    fn tell_keys(&self, moves: KeyMoves, facts: &mut Vec<MediaFact>) {
        for key in moves.into_iter().flatten() {
            if let KeyMove::Up { code, duration_ms } = key {
                let event = TelephoneEvent { code, end: true, volume: 0, duration: 0 };
                if let Some(digit) = event.digit() {
                    facts.push(MediaFact::Digit { leg: self.id, digit, duration_ms });
                }
            }
        }
    }
}

impl Line {
    /// Protects what was written to `buffer[..len]`, where that is the line's way.
    fn seal(&mut self, buffer: &mut [u8], len: usize, is_rtcp: bool) -> Option<usize> {
        match self {
            Self::Browser(line) => line.seal(buffer, len, is_rtcp),
            Self::Plain(line) => line.seal(buffer, len, is_rtcp),
        }
    }
}

/// How often timers of ICE and DTLS and the limits of silence are looked at.
const CHORES_EVERY: Duration = Duration::from_millis(100);
/// RFC 3550 6.2: five seconds between reports.
const REPORT_EVERY: Duration = Duration::from_secs(5);
