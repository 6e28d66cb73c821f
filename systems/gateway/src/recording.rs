//! One recording: what it hears on two channels, put into pieces of sound, with marks where it
//! was paused. Its clock is wall time: every tick adds 20 ms, heard or not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::LegId;
use model::recording::{RecordedPart, RecordingAbout, RecordingId};

use crate::leg::Link;
use crate::mix::Mixer;
use crate::recorded::RecordedQueue;
use crate::sound::{FRAME, Frame};
use crate::tunes::gap_tone;

/// One recording.
pub struct Recording {
    /// Its name.
    pub id: RecordingId,
    begun: Instant,
    /// The customer's side.
    pub left: Hearing,
    /// The agent's side.
    pub right: Hearing,
    gap: Option<Gap>,
    /// Left and right in turn, not handed over yet.
    piece: Vec<i16>,
    /// Samples of silence that come before `piece`: what had to be left out.
    owed: u64,
    /// Pieces that there was no room for.
    dropped: u64,
}

/// What one channel hears.
#[derive(Default)]
pub struct Hearing {
    /// The legs that it was told to hear, also while it is paused.
    pub wanted: Vec<LegId>,
    /// The legs that it hears.
    pub links: Vec<Link>,
    /// Adds them up.
    pub mixer: Mixer,
}

/// A pause that goes on. Its last part is held back, for nobody knows beforehand where the tone
/// at the end of the gap begins.
#[derive(Clone, Copy, Default)]
struct Gap {
    samples: u64,
    written: u64,
}

impl Recording {
    /// Begins.
    #[must_use]
    pub fn start(now: Instant, about: Arc<RecordingAbout>, queue: &mut RecordedQueue) -> Self {
        let id = about.id;
        queue.mark(id, RecordedPart::Started(about));
        Self {
            id,
            begun: now,
            left: Hearing::default(),
            right: Hearing::default(),
            gap: None,
            piece: Vec::with_capacity(PIECE),
            owed: 0,
            dropped: 0,
        }
    }

    /// Whether it hears nobody for the moment.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.gap.is_some()
    }

    /// A tick of both channels, narrow.
    pub fn hear(&mut self, left: &Frame, right: &Frame, queue: &mut RecordedQueue) {
        for (left, right) in left.samples().iter().zip(right.samples()) {
            self.write(*left, *right, queue);
        }
    }

    /// Whether a tick belongs to it: one that was late may have been due before it began.
    #[must_use]
    pub fn is_for(&self, due: Instant) -> bool {
        due > self.begun
    }

    /// The thread was held up: so many ticks are left out, of which the first was due then.
    pub fn miss(&mut self, due: Instant, missed: u32, queue: &mut RecordedQueue) {
        let not_ours = match self.begun.checked_duration_since(due) {
            Some(before) => before.as_millis() / TICK.as_millis() + 1,
            None => 0,
        };
        let missed = missed.saturating_sub(u32::try_from(not_ours).unwrap_or(u32::MAX));
        self.pass(missed, queue);
    }

    /// So many ticks of silence, which is a pause's gap while it is paused: ticks of which nothing
    /// was heard because the thread was held up.
    pub fn pass(&mut self, ticks: u32, queue: &mut RecordedQueue) {
        let samples = u64::from(ticks) * FRAME as u64;
        let Some(gap) = &mut self.gap else {
            self.flush(queue);
            self.owed += samples;
            return;
        };
        gap.samples += samples;
        let Gap { samples, written } = *gap;
        let until = samples.saturating_sub(GAP_TONE).max(written);
        gap.written = until;
        self.write_gap(written..until, None, queue);
    }

    /// The gap of a pause begins; whom the channels hear is the shard's affair.
    pub fn pause(&mut self, queue: &mut RecordedQueue) {
        self.mark(RecordedPart::Paused, queue);
        self.gap = Some(Gap::default());
    }

    /// The gap ends.
    pub fn resume(&mut self, queue: &mut RecordedQueue) {
        let Some(Gap { samples, written }) = self.gap.take() else { return };
        self.write_gap(written..samples, Some(samples), queue);
        self.mark(RecordedPart::Resumed, queue);
    }

    /// That was all.
    pub fn end(mut self, queue: &mut RecordedQueue) {
        self.resume(queue);
        self.mark(RecordedPart::Ended, queue);
        if self.dropped > 0 {
            let (recording, pieces) = (self.id, self.dropped);
            tracing::warn!(%recording, pieces, "a recording ended with silence for lost sound");
        }
    }

    /// Samples of a gap: a tone at both ends, silence between. `whole`: its length, once known.
    fn write_gap(
        &mut self,
        samples: std::ops::Range<u64>,
        whole: Option<u64>,
        queue: &mut RecordedQueue,
    ) {
        let len = whole.unwrap_or(u64::MAX).min(GAP_TONE);
        // How far within a tone of that length a place is, counted from either end of the gap.
        let within = |from_end: u64| from_end.min(len.saturating_sub(1 + from_end));
        for at in samples {
            let edge = within(at).max(whole.map_or(0, |whole| within(whole - 1 - at)));
            let tone = gap_tone(at, edge);
            self.write(tone, tone, queue);
        }
    }

    fn write(&mut self, left: i16, right: i16, queue: &mut RecordedQueue) {
        self.piece.extend([left, right]);
        if self.piece.len() >= PIECE {
            self.flush(queue);
        }
    }

    fn mark(&mut self, part: RecordedPart, queue: &mut RecordedQueue) {
        self.flush(queue);
        queue.silence(self.id, std::mem::take(&mut self.owed));
        queue.mark(self.id, part);
    }

    /// Hands over what there is; silence of the same length when there is no room.
    fn flush(&mut self, queue: &mut RecordedQueue) {
        if self.piece.is_empty() {
            return;
        }
        if queue.has_room() {
            queue.silence(self.id, std::mem::take(&mut self.owed));
            queue.sound(self.id, &self.piece);
        } else {
            if self.dropped == 0 {
                let recording = self.id;
                tracing::warn!(
                    %recording,
                    "nobody takes recorded sound fast enough; silence takes its place"
                );
            }
            self.dropped += 1;
            self.owed += self.piece.len() as u64 / 2;
        }
        self.piece.clear();
    }
}

/// Samples of the tone at either end of a gap, 200 ms.
const GAP_TONE: u64 = 1600;
const TICK: Duration = Duration::from_millis(20);
/// Values of a piece of sound: two channels of 200 ms.
const PIECE: usize = 2 * 10 * FRAME;

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use model::id::CallUuids;
    use model::recording::Recorded;
    use model::{CallType, ConnId, Dn, Now};

    use super::*;

    fn about() -> Arc<RecordingAbout> {
        let now = Now::new(Instant::now(), Duration::ZERO);
        Arc::new(RecordingAbout {
            id: RecordingId { call: CallUuids::new(1).draw(), part: 1 },
            conn: ConnId(1),
            dn: Dn::from("1"),
            agent: None,
            call_type: CallType::Inbound,
            ani: String::new(),
            dnis: String::new(),
            other: String::new(),
            mailbox: None,
            started: now,
        })
    }

    fn start(queue: &mut RecordedQueue) -> Recording {
        Recording::start(Instant::now(), about(), queue)
    }

    fn taken(queue: &mut RecordedQueue) -> Vec<Recorded> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    fn samples(taken: &[Recorded]) -> usize {
        let len = |recorded: &Recorded| match &recorded.part {
            RecordedPart::Sound(sound) => sound.len() / 2,
            _ => 0,
        };
        taken.iter().map(len).sum()
    }

    #[test]
    fn what_nobody_takes_becomes_silence_of_the_same_length_and_marks_stay() {
        let mut queue = RecordedQueue::with_room(3);
        let mut recording = start(&mut queue);
        for _ in 0..100 {
            recording.hear(&[5; FRAME].into(), &[6; FRAME].into(), &mut queue);
        }
        recording.pause(&mut queue);
        recording.pass(100, &mut queue);
        recording.resume(&mut queue);
        let first = taken(&mut queue);
        recording.hear(&[7; FRAME].into(), &[8; FRAME].into(), &mut queue);
        recording.end(&mut queue);
        let all = [first, taken(&mut queue)].concat();
        assert_eq!(samples(&all), 201 * FRAME);
        let mut marks = String::new();
        for recorded in &all {
            marks.push_str(match &recorded.part {
                RecordedPart::Started(_) => "started ",
                RecordedPart::Sound(sound) if sound.iter().all(|value| *value == 0) => "silence ",
                RecordedPart::Sound(_) => "sound ",
                RecordedPart::Paused => "paused ",
                RecordedPart::Resumed => "resumed ",
                RecordedPart::Ended => "ended",
            });
        }
        let silence = "silence silence ";
        assert_eq!(
            marks,
            format!("started sound sound sound {silence}paused {silence}resumed sound ended")
        );
        assert_eq!(recording_of(&all[1])[..4], [5, 6, 5, 6]);
    }

    fn recording_of(recorded: &Recorded) -> &[i16] {
        match &recorded.part {
            RecordedPart::Sound(sound) => sound,
            _ => &[],
        }
    }

    #[test]
    fn a_gap_of_any_length_has_a_tone_at_both_ends_and_silence_between() {
        for ticks in [0_u32, 1, 9, 10, 11, 19, 20, 21, 100] {
            let mut queue = RecordedQueue::default();
            let mut recording = start(&mut queue);
            recording.pause(&mut queue);
            (0..ticks).for_each(|_| recording.pass(1, &mut queue));
            recording.resume(&mut queue);
            recording.end(&mut queue);
            let sound: Vec<i16> =
                taken(&mut queue).iter().flat_map(|part| recording_of(part).to_vec()).collect();
            let left: Vec<i16> = sound.iter().copied().step_by(2).collect();
            assert_eq!(left.len(), ticks as usize * FRAME);
            assert!(sound.chunks_exact(2).all(|pair| pair[0] == pair[1]));
            for (at, frame) in left.chunks(FRAME).enumerate() {
                let is_tone = at < 10 || at + 10 >= ticks as usize;
                assert_eq!(wire_audio::rms_dbov(frame) > -36.0, is_tone, "{at} of {ticks}");
            }
            // The level is that of a sine 26 dB below full scale; edges are soft.
            assert!(wire_audio::peak(&left) <= 1643, "{}", wire_audio::peak(&left));
            let step = left.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap_or(0);
            assert!(step < 700, "{step}");
        }
    }
}
