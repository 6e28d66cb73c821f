//! What a leg hears: packets in any order in, 20 ms of sound per tick out.
//!
//! A jitter buffer over sequence numbers, played by timestamps. Packets that are missing when
//! their time comes are concealed (FEC or PLC in Opus, repetition in the others); when nothing at
//! all is there the sound goes on made up and the delay grows by as much, so that late packets are
//! still heard; `pace` takes the delay back when the network allows.

use std::time::{Duration, Instant};

use wire_rtp::RtpHeader;

use crate::codec::{Codec, Decoder};
use crate::conceal::Concealer;
use crate::pace::{Pace, PaceKeeper};
use crate::sound::{FRAME, Frame, Width};
use crate::stretch;

/// The receiving end of one leg's sound.
pub struct Ear {
    slots: Vec<Slot>,
    /// The stream that is heard.
    ssrc: Option<u32>,
    /// Highest sequence number so far, extended.
    newest: Option<u64>,
    /// Late packets since one was in time.
    late_in_row: u32,
    /// Which of the packets right before the next were given up: bit 0 is the last of them.
    given_up: u64,
    /// What is played next; `None` until enough is in hand.
    next: Option<Next>,
    /// Of everything that is decoded: the codec's.
    width: Width,
    /// Decoded sound that no tick has taken yet.
    ready: Vec<i16>,
    decoder: Option<(Codec, Decoder)>,
    concealer: Concealer,
    pace: PaceKeeper,
    /// Samples of the last packet, for guessing how much the waiting ones hold.
    packet_samples: usize,
    /// Whether anybody takes sound out.
    is_listened: bool,
    /// When he did last.
    heard_at: Option<Instant>,
    counts: EarCounts,
}

/// What happened to packets and ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarCounts {
    /// Ticks' worth of samples made up.
    pub concealed: u64,
    /// Packets that were undecodable.
    pub damaged: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that came after their time.
    pub late: u64,
    /// Of what was made up, how much was asked of the packet behind it, which knows it (FEC).
    pub restored: u64,
    /// Times that sound was left out or said twice to move the delay.
    pub stretched: u64,
}

#[derive(Default)]
struct Slot {
    packet: Option<Held>,
    /// Kept between packets, so that nothing is allocated once calls run.
    payload: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Held {
    sequence: u64,
    timestamp: u32,
    codec: Codec,
}

#[derive(Clone, Copy)]
struct Next {
    sequence: u64,
    timestamp: u32,
    /// Samples made up since the buffer ran dry.
    borrowed: usize,
}

impl Default for Ear {
    fn default() -> Self {
        Self {
            slots: std::iter::repeat_with(Slot::default).take(SLOTS).collect(),
            ssrc: None,
            newest: None,
            late_in_row: 0,
            given_up: 0,
            next: None,
            width: Width::Narrow,
            ready: Vec::with_capacity(READY_CAPACITY),
            decoder: None,
            concealer: Concealer::default(),
            pace: PaceKeeper::default(),
            packet_samples: FRAME,
            is_listened: false,
            heard_at: None,
            counts: EarCounts::default(),
        }
    }
}

impl Ear {
    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> EarCounts {
        self.counts
    }

    /// Whether anybody will call `hear` each tick; packets are only kept while so.
    pub fn listen(&mut self, is_listened: bool) {
        if self.is_listened != is_listened {
            self.is_listened = is_listened;
            self.forget();
        }
    }

    /// Whether sound is kept.
    #[cfg(test)]
    pub fn is_listened(&self) -> bool {
        self.is_listened
    }

    /// The stream begins anew (another source, another codec).
    pub fn forget(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.packet = None);
        self.newest = None;
        self.late_in_row = 0;
        self.given_up = 0;
        self.next = None;
        self.ready.clear();
        self.pace.restart();
    }

    /// A packet of sound came.
    pub fn packet(&mut self, now: Instant, header: &RtpHeader, codec: Codec, payload: &[u8]) {
        if !self.is_listened || payload.is_empty() || payload.len() > PAYLOAD_LEN_MAX {
            return;
        }
        if self.ssrc.replace(header.ssrc).is_some_and(|before| before != header.ssrc) {
            self.forget();
        }
        let Some(mut sequence) = self.extend(header.sequence) else { return };
        if let Some(behind) = self.next.and_then(|next| next.sequence.checked_sub(sequence + 1)) {
            self.counts.late += 1;
            self.late_in_row += 1;
            self.mind_late(behind);
            if self.late_in_row < LATE_IN_ROW_MAX {
                return;
            }
            // Not late: the sender began again a little below where it was.
            self.forget();
            sequence = self.extend(header.sequence).unwrap_or(sequence);
        }
        self.late_in_row = 0;
        if self.next.is_some_and(|next| sequence >= next.sequence + SLOTS as u64) {
            self.skip_to_waiting(sequence);
        }
        let Some(slot) = slot_mut(&mut self.slots, sequence) else { return };
        if slot.packet.is_some_and(|held| held.sequence == sequence) {
            self.counts.duplicates += 1;
            return;
        }
        slot.packet = Some(Held { sequence, timestamp: header.timestamp, codec });
        slot.payload.clear();
        slot.payload.extend_from_slice(payload);
        // One that was overtaken says nothing about those behind it; `mind_late` sees to it.
        if self.newest == Some(sequence)
            && let Some(headroom) = self.headroom(now, sequence)
        {
            self.pace.came(headroom);
        }
    }

    /// How long after now, in narrow samples, a packet is needed; `None` before the first tick and
    /// while it is unclear whether the sender pauses.
    fn headroom(&self, now: Instant, sequence: u64) -> Option<usize> {
        let next = self.next.filter(|next| next.borrowed == 0)?;
        let packets = usize::try_from(sequence.checked_sub(next.sequence)?).ok()?;
        let before = self.ready.len() + packets * self.packet_samples;
        let to_tick = TICK.saturating_sub(now.saturating_duration_since(self.heard_at?));
        let to_tick = usize::try_from(to_tick.as_micros()).ok()? * FRAME / TICK_US;
        Some(before / self.width.frame() * FRAME + to_tick)
    }

    /// A packet came that is `behind` packets before the last that was played. Had there been more
    /// in hand it would have been heard, unless it is one that was.
    fn mind_late(&mut self, behind: u64) {
        let bit = u32::try_from(behind).ok().and_then(|behind| 1_u64.checked_shl(behind));
        let bit = bit.unwrap_or(0) & self.given_up;
        if bit != 0 {
            self.given_up ^= bit;
            self.pace.ran_out();
        }
    }

    /// The sound of the next tick. False when there is none and `out` is silence.
    pub fn hear(&mut self, now: Instant, out: &mut Frame) -> bool {
        self.heard_at = Some(now);
        if self.next.is_none() && !self.start() {
            *out = Frame::silence(self.width);
            return false;
        }
        self.change_pace();
        while self.ready.len() < self.width.frame() {
            if !self.play_next() {
                self.stop();
                *out = Frame::silence(self.width);
                return false;
            }
        }
        *out = Frame::silence(self.width);
        let played = self.ready.drain(..self.width.frame());
        out.samples_mut().iter_mut().zip(played).for_each(|(to, from)| *to = from);
        if self.next.is_some_and(|next| next.borrowed == 0) {
            let slack = self.slack();
            self.pace.served(slack);
        }
        true
    }

    /// Extends a sequence number; `None` for a packet from before the beginning.
    fn extend(&mut self, sequence: u16) -> Option<u64> {
        let Some(newest) = self.newest else {
            let first = (1 << 16) | u64::from(sequence);
            self.newest = Some(first);
            return Some(first);
        };
        let low = u16::try_from(newest & 0xffff).unwrap_or(0);
        let step = i64::from(sequence.wrapping_sub(low).cast_signed());
        if step.abs() > STEP_MAX {
            // RFC 3550 A.1: the sender restarted.
            self.forget();
            return self.extend(sequence);
        }
        let extended = newest.checked_add_signed(step)?;
        self.newest = Some(newest.max(extended));
        Some(extended)
    }

    /// Begins to play once enough is in hand.
    fn start(&mut self) -> bool {
        let Some(newest) = self.newest else { return false };
        let from = newest.saturating_sub(SLOTS as u64 - 1);
        let Some(first) = (from..=newest).find_map(|at| self.held(at)) else { return false };
        let waiting = (first.sequence..=newest).filter(|at| self.held(*at).is_some()).count();
        if waiting * self.packet_samples < self.pace.start() * self.width.scale() {
            return false;
        }
        self.next =
            Some(Next { sequence: first.sequence, timestamp: first.timestamp, borrowed: 0 });
        true
    }

    /// Nothing came for so long that the sender stopped: wait for a fresh start.
    fn stop(&mut self) {
        self.next = None;
        self.ready.clear();
        self.pace.restart();
    }

    /// Adds at least some samples to `ready`; false when the sender stopped.
    fn play_next(&mut self) -> bool {
        let Some(next) = self.next else { return false };
        let Some(newest) = self.newest else { return false };
        let Some(head) = (next.sequence..=newest).find_map(|at| self.held(at)) else {
            return self.borrow(next);
        };
        let gap = head.codec.samples(head.timestamp.wrapping_sub(next.timestamp).cast_signed());
        // What the made-up sound has covered already need not be waited for.
        let open = gap.saturating_sub(next.borrowed);
        if gap < next.borrowed {
            // It was late, not lost, and no pause of the sender.
            self.pace.ran_out();
        }
        let gap_max = GAP_MAX * self.width.scale();
        if open == 0 || gap > gap_max || self.decoder_differs(head.codec) {
            self.play(head);
            return true;
        }
        let missing = head.sequence > next.sequence;
        let len = open.min(self.width.frame());
        if missing {
            // What waits knows how the packet right before it sounded, however many are missing.
            self.conceal(len, (open <= len).then_some(head.sequence));
        } else {
            // Consecutive numbers but later timestamps: the sender was silent (DTX, keys).
            self.conceal(len, None);
        }
        let timestamp = next.timestamp.wrapping_add(head.codec.units(len + next.borrowed));
        self.next = Some(Next { timestamp, borrowed: 0, ..next });
        true
    }

    fn decoder_differs(&self, codec: Codec) -> bool {
        self.decoder.as_ref().is_some_and(|(current, _)| *current != codec)
    }

    /// Decodes a packet that waits.
    fn play(&mut self, head: Held) {
        if self.decoder.is_none() || self.decoder_differs(head.codec) {
            self.decoder = Some((head.codec, Decoder::new(head.codec)));
            self.widen(head.codec.width());
        }
        let from = self.ready.len();
        let decoded = match (slot_mut(&mut self.slots, head.sequence), &mut self.decoder) {
            (Some(slot), Some((_, decoder))) => {
                slot.packet = None;
                decoder.decode(&slot.payload, &mut self.ready)
            }
            (None, _) | (_, None) => None,
        };
        let len = match decoded {
            Some(len) if len > 0 => {
                self.packet_samples = len;
                len
            }
            Some(_) | None => {
                self.counts.damaged += 1;
                let len = self.width.frame();
                self.conceal(len, None);
                len
            }
        };
        if decoded.is_some()
            && head.codec != Codec::Opus
            && let Some(fresh) = self.ready.get_mut(from..)
        {
            self.concealer.heard(fresh);
        }
        let skipped = self.next.map_or(0, |next| head.sequence.saturating_sub(next.sequence));
        let skipped = u32::try_from(skipped).unwrap_or(u32::MAX);
        let before = self.given_up.checked_shl(skipped).unwrap_or(0);
        let fresh = 1_u64.checked_shl(skipped).map_or(u64::MAX, |bit| bit - 1);
        self.given_up = (before | fresh) << 1;
        self.next = Some(Next {
            sequence: head.sequence + 1,
            timestamp: head.timestamp.wrapping_add(head.codec.units(len)),
            borrowed: 0,
        });
    }

    /// What is decoded from now on has that width; of another is forgotten, which is a tick or two
    /// where the far end went over to another codec.
    fn widen(&mut self, width: Width) {
        if self.width != width {
            self.width = width;
            self.ready.clear();
            self.concealer = Concealer::new(width);
            self.packet_samples = width.frame();
        }
    }

    /// The buffer is dry: go on with made-up sound, and let the delay grow by it.
    fn borrow(&mut self, next: Next) -> bool {
        if next.borrowed >= BORROWED_MAX * self.width.scale() {
            return false;
        }
        let len = self.width.frame();
        self.conceal(len, None);
        self.next = Some(Next { borrowed: next.borrowed + len, ..next });
        true
    }

    /// Makes up `len` samples, from the FEC of packet `fec` when there is one.
    fn conceal(&mut self, len: usize, fec: Option<u64>) {
        self.counts.concealed += 1;
        let from = self.ready.len();
        let borrowed = self.next.map_or(0, |next| next.borrowed);
        if borrowed < CONCEALED_MAX * self.width.scale() {
            if let Some((_, decoder)) = &mut self.decoder {
                let payload = fec.and_then(|at| slot_mut(&mut self.slots, at));
                let payload = payload.map(|slot| slot.payload.as_slice());
                let is_known = payload.is_some();
                if decoder.conceal(payload, len, &mut self.ready).is_some() {
                    self.counts.restored += u64::from(is_known);
                    self.ready.resize(from + len, 0);
                    return;
                }
            }
            self.ready.resize(from + len, 0);
            if let Some(made) = self.ready.get_mut(from..) {
                self.concealer.conceal(made);
            }
            return;
        }
        self.ready.resize(from + len, 0);
    }

    /// Moves the delay when `pace` asks for it.
    fn change_pace(&mut self) {
        match self.pace.pace() {
            Pace::Keep => return,
            Pace::Drop => {
                let Some(newest) = self.newest else { return };
                self.ready.clear();
                self.skip_to_waiting(newest);
            }
            pace @ (Pace::Lengthen | Pace::Shorten { .. }) => {
                let is_shorten = matches!(pace, Pace::Shorten { .. });
                let look = stretch::LOOK * self.width.scale();
                let enough = if is_shorten { look + self.width.frame() } else { look };
                while self.ready.len() < enough {
                    let head = self.next.and_then(|next| {
                        self.held(next.sequence).filter(|held| held.timestamp == next.timestamp)
                    });
                    match head {
                        Some(head) => self.play(head),
                        None if is_shorten => return,
                        None => break,
                    }
                }
                let changed = match pace {
                    Pace::Lengthen => stretch::lengthen(&mut self.ready, self.width, false),
                    Pace::Shorten { is_urgent } => {
                        stretch::shorten(&mut self.ready, self.width, is_urgent)
                    }
                    Pace::Drop | Pace::Keep => None,
                };
                if changed.is_none() {
                    return;
                }
            }
        }
        self.counts.stretched += 1;
        self.pace.done();
    }

    /// Goes on with the first packet that is at most `start` samples behind `newest`.
    fn skip_to_waiting(&mut self, newest: u64) {
        let start = self.pace.start() * self.width.scale();
        let packets = (start / self.packet_samples.max(1)).max(1) as u64;
        let from = (newest + 1).saturating_sub(packets);
        for slot in &mut self.slots {
            if slot.packet.is_some_and(|held| held.sequence < from) {
                slot.packet = None;
            }
        }
        self.next = None;
        if let Some(first) = (from..=newest).find_map(|at| self.held(at)) {
            self.next =
                Some(Next { sequence: first.sequence, timestamp: first.timestamp, borrowed: 0 });
        }
    }

    /// Narrow samples in hand: decoded ones and those of packets that wait.
    fn slack(&self) -> usize {
        let waiting = match (self.next, self.newest) {
            (Some(next), Some(newest)) => (newest + 1).saturating_sub(next.sequence),
            (None, _) | (_, None) => 0,
        };
        let waiting = usize::try_from(waiting).unwrap_or(SLOTS).min(SLOTS);
        (self.ready.len() + waiting * self.packet_samples) / self.width.scale()
    }

    fn held(&self, sequence: u64) -> Option<Held> {
        let slot = self.slots.get(usize::try_from(sequence % SLOTS as u64).ok()?)?;
        slot.packet.filter(|held| held.sequence == sequence)
    }
}

fn slot_mut(slots: &mut [Slot], sequence: u64) -> Option<&mut Slot> {
    slots.get_mut(usize::try_from(sequence % SLOTS as u64).ok()?)
}

/// Narrow samples made up before the sender counts as stopped, 500 ms.
const BORROWED_MAX: usize = 4000;
/// Narrow samples made up before silence takes over, 120 ms.
const CONCEALED_MAX: usize = 960;
/// A longer hole in the timestamps is a jump, not a pause, 1 s of narrow samples.
const GAP_MAX: usize = 8000;
/// So many late packets without one in time are a stream that began again.
const LATE_IN_ROW_MAX: u32 = 15;
/// Opus packets have 1275 bytes at most; G.711 of 120 ms has 960.
const PAYLOAD_LEN_MAX: usize = 1275;
/// Room for the longest packet, a look ahead and a tick.
const READY_CAPACITY: usize = 4800;
/// Packets that can wait: 1.28 s of 20 ms.
const SLOTS: usize = 64;
const TICK: Duration = Duration::from_micros(TICK_US as u64);
const TICK_US: usize = 20_000;
/// A larger step of sequence numbers is a new beginning.
const STEP_MAX: i64 = 500;

#[cfg(test)]
mod tests;
