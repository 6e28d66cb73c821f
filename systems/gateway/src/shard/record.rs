//! Recordings among the listeners: they begin and end, hear legs as legs do, and are paused.

use std::sync::Arc;
use std::time::Instant;

use model::Now;
use model::recording::{RecordCommand, RecordingAbout, RecordingId};

use super::Shard;
use crate::leg::{Channel, Listener};
use crate::recording::{Hearing, Recording};
use crate::sound::{Frame, Width};

impl Shard {
    pub(super) fn take_record(&mut self, now: Now, command: RecordCommand) {
        match command {
            RecordCommand::Start(about) => self.start_recording(now, about),
            RecordCommand::Hear { recording, left, right } => {
                self.with_recording(recording, "hear", |recording, shard, place| {
                    recording.left.wanted = left;
                    recording.right.wanted = right;
                    if !recording.is_paused() {
                        shard.listen(place, recording);
                    }
                });
            }
            RecordCommand::Pause(recording) => {
                self.with_recording(recording, "pause", |recording, shard, place| {
                    if recording.is_paused() {
                        tracing::warn!(recording = %recording.id, "a recording is paused already");
                        return;
                    }
                    shard.listen_no_more(place, recording);
                    recording.pause(&mut shard.recorded);
                });
            }
            RecordCommand::Resume(recording) => {
                self.with_recording(recording, "resume", |recording, shard, place| {
                    if !recording.is_paused() {
                        tracing::warn!(recording = %recording.id, "a recording is not paused");
                        return;
                    }
                    recording.resume(&mut shard.recorded);
                    shard.listen(place, recording);
                });
            }
            RecordCommand::Stop(recording) => self.stop_recording(recording),
        }
    }

    /// A tick of a recording.
    pub(super) fn record(&mut self, now: Now, due: Instant, place: usize) {
        // Taken out: a leg that fails while it is heard looks through all recordings.
        let Some(mut recording) = self.recordings.get_mut(place).and_then(Option::take) else {
            return;
        };
        if recording.is_for(due) {
            if recording.is_paused() {
                recording.pass(1, &mut self.recorded);
            } else {
                let silence = Frame::silence(Width::Narrow);
                let (mut left, mut right) = (silence, silence);
                self.mix_channel(now, &mut recording.left, &mut left);
                self.mix_channel(now, &mut recording.right, &mut right);
                recording.hear(&left, &right, &mut self.recorded);
            }
        }
        if let Some(slot) = self.recordings.get_mut(place) {
            *slot = Some(recording);
        }
    }

    fn mix_channel(&mut self, now: Now, channel: &mut Hearing, sound: &mut Frame) {
        let voices = self.voices(now, &mut channel.links, Width::Narrow);
        channel.mixer.mix(&voices, sound);
    }

    fn start_recording(&mut self, now: Now, about: Arc<RecordingAbout>) {
        let id = about.id;
        if self.by_recording.contains_key(&id) {
            tracing::warn!(recording = %id, "a recording goes on already");
            return;
        }
        if self.by_recording.len() >= RECORDINGS_MAX || self.recorded.is_stuck() {
            let limit = RECORDINGS_MAX;
            tracing::error!(recording = %id, limit, "too many recordings; this one is not made");
            return;
        }
        let recording = Recording::start(now.instant, about, &mut self.recorded);
        let free = self.recordings.iter().position(Option::is_none);
        let place = free.unwrap_or(self.recordings.len());
        if free.is_none() {
            self.recordings.push(None);
        }
        if let Some(slot) = self.recordings.get_mut(place) {
            *slot = Some(Box::new(recording));
        }
        self.by_recording.insert(id, place);
        if let Some(beat) = self.idlest_beat(now) {
            beat.recordings.push(place);
        }
    }

    fn stop_recording(&mut self, id: RecordingId) {
        self.with_recording(id, "stop", |recording, shard, place| {
            shard.listen_no_more(place, recording);
        });
        let Some(place) = self.by_recording.remove(&id) else { return };
        for beat in &mut self.beats {
            beat.recordings.retain(|of| *of != place);
        }
        if let Some(recording) = self.recordings.get_mut(place).and_then(Option::take) {
            recording.end(&mut self.recorded);
        }
    }

    fn with_recording(
        &mut self,
        id: RecordingId,
        what: &str,
        act: impl FnOnce(&mut Recording, &mut Self, usize),
    ) {
        let place = self.by_recording.get(&id).copied();
        let taken = place.and_then(|place| Some((place, self.recordings.get_mut(place)?.take()?)));
        let Some((place, mut recording)) = taken else {
            tracing::warn!(recording = %id, what, "no such recording goes on");
            return;
        };
        act(&mut recording, self, place);
        if let Some(slot) = self.recordings.get_mut(place) {
            *slot = Some(recording);
        }
    }

    /// Both channels hear whom they were told to.
    fn listen(&mut self, place: usize, recording: &mut Recording) {
        self.tune(place, Channel::Left, &mut recording.left);
        self.tune(place, Channel::Right, &mut recording.right);
    }

    fn tune(&mut self, place: usize, channel: Channel, hearing: &mut Hearing) {
        let wanted = self.places_of(&hearing.wanted, None);
        self.relink(Listener::Recording(place, channel), &mut hearing.links, &wanted);
    }

    fn listen_no_more(&mut self, place: usize, recording: &mut Recording) {
        self.relink(Listener::Recording(place, Channel::Left), &mut recording.left.links, &[]);
        self.relink(Listener::Recording(place, Channel::Right), &mut recording.right.links, &[]);
    }
}

/// Recordings at a time; as many as legs, for each is of one leg's part of a call.
const RECORDINGS_MAX: usize = 4000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::id::CallUuids;
    use model::media::{LegKind, MediaCommand, MediaShard};
    use model::random::Random;
    use model::recording::{Recorded, RecordedPart};
    use model::{CallType, ConnId, Dn, LegId};

    use super::*;
    use crate::settings::{Certificate, ShardSettings};
    use crate::sound::FRAME;

    fn id(part: u32) -> RecordingId {
        RecordingId { call: CallUuids::new(1).draw(), part }
    }

    fn about(now: Now, part: u32) -> Arc<RecordingAbout> {
        Arc::new(RecordingAbout {
            id: id(part),
            conn: ConnId(1),
            dn: Dn::from("1001"),
            agent: None,
            call_type: CallType::Inbound,
            ani: String::new(),
            dnis: String::new(),
            other: String::new(),
            mailbox: None,
            started: now,
        })
    }

    fn shard(now: Now, legs: u64) -> Shard {
        let certificate = Certificate { der: vec![1], key_pkcs8: vec![2] };
        let mut shard = Shard::new(ShardSettings::new(certificate), Random::from_number(3));
        for leg in 1..=legs {
            let open = MediaCommand::open(LegId(leg), LegKind::Browser, None);
            shard.handle_command(now, open);
        }
        shard
    }

    fn record(shard: &mut Shard, now: Now, command: RecordCommand) {
        shard.handle_command(now, MediaCommand::Record(command));
    }

    fn hear(shard: &mut Shard, now: Now, left: &[u64], right: &[u64]) {
        let legs = |ids: &[u64]| ids.iter().copied().map(LegId).collect();
        let (left, right) = (legs(left), legs(right));
        record(shard, now, RecordCommand::Hear { recording: id(1), left, right });
    }

    fn taken(shard: &mut Shard) -> Vec<Recorded> {
        std::iter::from_fn(|| shard.poll_recorded()).collect()
    }

    fn samples(taken: &[Recorded]) -> u128 {
        let sound = taken.iter().map(|recorded| match &recorded.part {
            RecordedPart::Sound(sound) => sound.len() as u128 / 2,
            _ => 0,
        });
        sound.sum()
    }

    fn listened(shard: &Shard) -> Vec<u64> {
        let legs = shard.places.iter().flatten();
        legs.filter(|leg| leg.ear.is_listened()).map(|leg| leg.id.0).collect()
    }

    #[test]
    fn ears_are_listened_to_while_a_recording_hears_them() {
        let now = Now::new(Instant::now(), Duration::ZERO);
        let mut shard = shard(now, 4);
        record(&mut shard, now, RecordCommand::Start(about(now, 1)));
        assert!(listened(&shard).is_empty());
        hear(&mut shard, now, &[1, 3], &[1, 2, 99]);
        assert_eq!(listened(&shard), [1, 2, 3]);
        hear(&mut shard, now, &[3], &[1]);
        assert_eq!(listened(&shard), [1, 3]);
        record(&mut shard, now, RecordCommand::Pause(id(1)));
        assert!(listened(&shard).is_empty());
        hear(&mut shard, now, &[4], &[2]);
        assert!(listened(&shard).is_empty(), "not before it goes on");
        record(&mut shard, now, RecordCommand::Resume(id(1)));
        assert_eq!(listened(&shard), [2, 4]);
        // A leg that fails, and one that is closed: the other channel goes on.
        let place = shard.by_id.get(&LegId(4)).copied().unwrap_or(0);
        let outcome: Option<()> = shard.step(place, |_, _| panic!("a bug in a leg"));
        assert_eq!(outcome, None);
        shard.handle_timeout(now.later(Duration::from_millis(80)));
        assert_eq!(listened(&shard), [2]);
        shard.handle_command(now, MediaCommand::Close { leg: LegId(2) });
        shard.handle_timeout(now.later(Duration::from_millis(160)));
        record(&mut shard, now, RecordCommand::Stop(id(1)));
        let taken = taken(&mut shard);
        assert_eq!(samples(&taken), 160 * 8);
        assert_eq!(taken.last().map(|last| &last.part), Some(&RecordedPart::Ended));
        assert!(shard.recordings.iter().all(Option::is_none) && shard.by_recording.is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_ignored() {
        let now = Now::new(Instant::now(), Duration::ZERO);
        let mut shard = shard(now, 0);
        for wrong in [
            RecordCommand::Stop(id(1)),
            RecordCommand::Pause(id(1)),
            RecordCommand::Resume(id(1)),
            RecordCommand::Hear { recording: id(1), left: Vec::new(), right: Vec::new() },
        ] {
            record(&mut shard, now, wrong);
        }
        assert_eq!(taken(&mut shard), []);
        assert_eq!(shard.poll_timeout(), None);
        let all = [
            RecordCommand::Start(about(now, 1)),
            RecordCommand::Start(about(now, 1)),
            RecordCommand::Resume(id(1)),
            RecordCommand::Pause(id(1)),
            RecordCommand::Pause(id(1)),
            RecordCommand::Stop(id(1)),
            RecordCommand::Stop(id(1)),
        ];
        all.into_iter().for_each(|command| record(&mut shard, now, command));
        let parts: Vec<_> = taken(&mut shard).into_iter().map(|recorded| recorded.part).collect();
        let paused = [RecordedPart::Paused, RecordedPart::Resumed, RecordedPart::Ended];
        assert_eq!(parts, [&[RecordedPart::Started(about(now, 1))], &paused[..]].concat());
        assert_eq!(shard.poll_timeout(), None);
    }

    #[test]
    fn recordings_are_no_more_than_the_limit() {
        let now = Now::new(Instant::now(), Duration::ZERO);
        let mut shard = shard(now, 0);
        let limit = u32::try_from(RECORDINGS_MAX).unwrap_or(0);
        (1..=limit + 2).for_each(|n| record(&mut shard, now, RecordCommand::Start(about(now, n))));
        assert_eq!(taken(&mut shard).len(), RECORDINGS_MAX);
        record(&mut shard, now, RecordCommand::Stop(id(7)));
        record(&mut shard, now, RecordCommand::Start(about(now, limit + 1)));
        assert_eq!(taken(&mut shard).len(), 2);
    }

    #[test]
    fn the_length_is_right_however_late_the_thread_is() {
        let begin = Now::new(Instant::now(), Duration::ZERO);
        let mut shard = shard(begin, 3);
        let mut random = Random::from_number(5);
        let (mut ms, mut started) = (0, 0);
        for round in 0..3000 {
            ms += 1 + random.below(if round % 50 == 0 { 1000 } else { 15 });
            let now = begin.later(Duration::from_millis(ms));
            // Commands may come before the ticks that are due.
            if round % 100 == 0 {
                record(&mut shard, now, RecordCommand::Start(about(now, 1)));
                hear(&mut shard, now, &[1], &[2, 3]);
                started = ms;
            }
            shard.handle_timeout(now);
            match round % 100 {
                20 => record(&mut shard, now, RecordCommand::Pause(id(1))),
                60 => record(&mut shard, now, RecordCommand::Resume(id(1))),
                98 => {
                    record(&mut shard, now, RecordCommand::Stop(id(1)));
                    let ticks = samples(&taken(&mut shard)) / FRAME as u128;
                    let lasted = u128::from(ms - started);
                    assert!(ticks * 20 <= lasted + 20 && lasted <= ticks * 20 + 20, "{lasted}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_sound_is_asked_for_once_beside_a_recording_whoever_comes_and_goes() {
        let begin = Now::new(Instant::now(), Duration::ZERO);
        let mut shard = shard(begin, 4);
        record(&mut shard, begin, RecordCommand::Start(about(begin, 1)));
        hear(&mut shard, begin, &[1], &[2]);
        let mut random = Random::from_number(9);
        let mut ms = 0;
        for _ in 0..3000 {
            ms += 1 + random.below(30);
            let now = begin.later(Duration::from_millis(ms));
            shard.handle_timeout(now);
            if random.below(10) == 0 {
                let sources = if random.below(2) == 0 { vec![LegId(1)] } else { Vec::new() };
                shard.handle_command(now, MediaCommand::Hear { leg: LegId(3), sources });
            }
        }
        let place = shard.by_id.get(&LegId(1)).copied().unwrap_or(0);
        let number = shard.leg_mut(place).map_or(0, |leg| leg.heard.number());
        let ticks = u32::try_from(ms / 20).unwrap_or(0);
        assert!(number.abs_diff(ticks) <= 1, "{number} in {ticks} ticks");
        assert_eq!(samples(&taken(&mut shard)) / 1600, u128::from(ticks / 10));
    }
}
