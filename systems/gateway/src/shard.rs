//! The shard: the legs of one media thread, what belongs to which, and the clock that they speak
//! by.
//!
//! A leg is taken out of its place while anything is done to it, inside `catch_unwind`: when that
//! panics the leg is gone and everything else is as it was, for the queues that a leg writes to
//! only ever grow by whole entries. So a panic drops one leg and is reported as `Lost`.

mod announce;
mod commands;
mod hearing;
mod levels;
mod packets;
mod record;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use model::media::{MediaCommand, MediaFact, MediaPort, MediaShard, MediaTransmit, PortRequest};
use model::random::Random;
use model::recording::{Recorded, RecordingId};
use model::{LegId, Now};

use crate::browser::BrowserShared;
use crate::leg::Leg;
use crate::outbox::Outbox;
use crate::ports::Ports;
use crate::recorded::RecordedQueue;
use crate::recording::Recording;
use crate::settings::ShardSettings;
use crate::sound::{Frame, Width};
use crate::tunes::Tunes;

pub use announce::Announcement;
use levels::Levels;
pub use levels::Loudness;

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
    recordings: Vec<Option<Box<Recording>>>,
    by_recording: HashMap<RecordingId, usize>,
    recorded: RecordedQueue,
    levels: Levels,
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

/// Legs that speak at the same moment, and then recordings that hear; several beats spread the
/// work over the 20 ms.
#[derive(Default)]
struct Beat {
    due: Option<Instant>,
    legs: Vec<usize>,
    recordings: Vec<usize>,
}

impl Beat {
    fn len(&self) -> usize {
        self.legs.len() + self.recordings.len()
    }

    fn is_due(&self, now: Now) -> bool {
        self.len() > 0 && self.due.is_some_and(|due| due <= now.instant)
    }
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
            recordings: Vec::new(),
            by_recording: HashMap::new(),
            recorded: RecordedQueue::default(),
            levels: Levels::default(),
            beats: Default::default(),
            base: None,
        }
    }

    /// Legs at the moment.
    #[must_use]
    pub fn legs(&self) -> usize {
        self.by_id.len()
    }

    fn tick(&mut self, now: Now, place: usize) {
        let mut sound = Frame::silence(Width::Narrow);
        if self.announced(place, &mut sound).is_none() {
            self.gather(now, place, &mut sound);
        }
        let moves = self.step(place, |leg, shard| {
            leg.listen_for_keys(now, &mut shard.facts);
            leg.speak(&mut sound, &mut shard.outbox);
            leg.chores(now, &shard.settings, &mut shard.outbox, &mut shard.facts)
        });
        self.relay_keys(place, moves);
    }

    /// Lets the beat tick that has been due the longest, unless it has had its share. Whatever
    /// has to be made up for, ticks keep their order: listeners rely on it.
    fn beat(&mut self, now: Now, left: &mut [usize; BEATS]) -> bool {
        let beats = self.beats.iter_mut().zip(left);
        let due = beats.enumerate().filter(|(_, (beat, left))| **left > 0 && beat.is_due(now));
        let Some((at, (beat, left))) = due.min_by_key(|(_, (beat, _))| beat.due) else {
            return false;
        };
        let Some(due) = beat.due else { return false };
        *left -= 1;
        beat.due = Some(due + TICK);
        let legs = std::mem::take(&mut beat.legs);
        let recordings = std::mem::take(&mut beat.recordings);
        for place in &legs {
            self.tick(now, *place);
        }
        for place in &recordings {
            self.record(now, due, *place);
        }
        self.restore(at, legs, recordings);
        true
    }

    /// The thread was held up for long: what was missed is left out, on the streams' clocks too,
    /// rather than sent in a burst that no jitter buffer could hold.
    fn leave_out(&mut self, now: Now) {
        for beat in self.beats.iter_mut().filter(|beat| beat.is_due(now)) {
            let Some(due) = beat.due else { continue };
            let missed = now.instant.duration_since(due).as_millis() / TICK.as_millis() + 1;
            let missed = u32::try_from(missed).unwrap_or(u32::MAX);
            beat.due = Some(due + TICK * missed);
            for place in &beat.legs {
                if let Some(Some(leg)) = self.places.get_mut(*place) {
                    leg.mouth.pause(missed);
                }
            }
            for place in &beat.recordings {
                if let Some(Some(recording)) = self.recordings.get_mut(*place) {
                    recording.miss(due, missed, &mut self.recorded);
                }
            }
        }
    }

    /// Gives a beat its own back, without the legs that a tick dropped.
    fn restore(&mut self, at: usize, mut legs: Vec<usize>, recordings: Vec<usize>) {
        legs.retain(|place| self.places.get(*place).is_some_and(Option::is_some));
        if let Some(beat) = self.beats.get_mut(at) {
            beat.legs = legs;
            beat.recordings = recordings;
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

    /// Facts are collected in a vector, which legs can write to, and told in order.
    fn tell(&mut self) {
        self.told.extend(self.facts.drain(..));
    }
}

impl MediaShard for Shard {
    fn handle_command(&mut self, now: Now, command: MediaCommand) {
        match command {
            MediaCommand::Announce { leg, announcement, prompt: _ } => {
                self.announce(leg, announcement);
            }
            MediaCommand::Answer { leg, sdp } => self.answer(now, leg, &sdp),
            MediaCommand::Close { leg } => self.close(now, leg),
            MediaCommand::Hear { leg, sources } => {
                self.end_announcement(leg);
                self.hear(leg, &sources);
            }
            MediaCommand::Open { leg, kind, codecs, offer } => {
                self.open(now, leg, kind, codecs, offer)
            }
            MediaCommand::Play { leg, tune } => {
                self.end_announcement(leg);
                self.play(leg, tune);
            }
            MediaCommand::Record(command) => self.take_record(now, command),
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
            MediaCommand::Sound { leg, announcement, sound } => {
                self.sound_came(leg, announcement, sound);
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
        let mut left = [CATCH_UP_MAX; BEATS];
        while self.beat(now, &mut left) {}
        self.leave_out(now);
        self.tell_levels(now);
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

    fn poll_recorded(&mut self) -> Option<Recorded> {
        self.recorded.pop()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.beats.iter().filter(|beat| beat.len() > 0).filter_map(|beat| beat.due).min()
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

#[cfg(test)]
mod tests {
    use model::media::LegKind;

    use super::*;
    use crate::settings::Certificate;

    fn open(shard: &mut Shard, now: Now, leg: LegId) {
        shard.handle_command(now, MediaCommand::open(leg, LegKind::Browser, None));
    }

    #[test]
    fn a_panic_drops_its_leg_and_no_other() {
        let certificate = Certificate { der: vec![1], key_pkcs8: vec![2] };
        let mut shard = Shard::new(ShardSettings::new(certificate), Random::from_number(3));
        let now = Now::new(Instant::now(), Duration::ZERO);
        (1..=3).for_each(|leg| open(&mut shard, now, LegId(leg)));
        for (leg, source) in [(1, 2), (2, 1)] {
            let sources = vec![LegId(source)];
            shard.handle_command(now, MediaCommand::Hear { leg: LegId(leg), sources });
        }
        let place = shard.by_id.get(&LegId(2)).copied().unwrap_or(0);
        let outcome: Option<()> = shard.step(place, |_, _| panic!("a bug in a leg"));
        assert_eq!(outcome, None);
        shard.tell();
        let facts: Vec<_> = std::iter::from_fn(|| shard.poll_fact()).collect();
        assert_eq!(facts.last(), Some(&MediaFact::Lost { leg: LegId(2) }));
        assert_eq!(shard.legs(), 2);
        shard.handle_timeout(now.later(TICK * 4));
        open(&mut shard, now, LegId(4));
        assert_eq!(shard.legs(), 3);
        assert_eq!(shard.by_ufrag.len(), 3);
    }
}
