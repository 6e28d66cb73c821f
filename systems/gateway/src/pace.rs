//! How much sound a jitter buffer should hold: watches how much too early packets come at the worst
//! and says when to play a little faster or slower.
//!
//! The measure is the headroom: how long after a packet came its absence would have been heard. In
//! a steady network it stays where the start put it; jitter makes it dip, drift makes it creep. A
//! dip below zero is heard, so there is a band to keep the lowest dip in. The band is wider than a
//! tick, which is what the headroom jumps by when enough was stretched; it rises after sound ran
//! out, and sinks again slowly. All of it is in narrow samples (8 kHz), whatever the
//! sound's width.

use crate::sound::FRAME;

/// What to do to the sound in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Far too much is waiting: drop whole packets down to the wanted level.
    Drop,
    /// Leave it.
    Keep,
    /// Say a period twice.
    Lengthen,
    /// Leave a period out; at once when urgent, else where it is not heard.
    Shorten {
        /// Delay is high enough to be felt.
        is_urgent: bool,
    },
}

/// Watches one buffer.
pub struct PaceKeeper {
    /// Lowest headroom that is aimed at, in samples.
    wanted: usize,
    fast: Lowest,
    slow: Lowest,
    /// Ticks until the wanted slack may sink.
    calm: u32,
    /// Ticks until the next change, so that changes stay apart.
    rest: u32,
    pending: Pace,
}

impl Default for PaceKeeper {
    fn default() -> Self {
        Self {
            wanted: WANTED_MIN,
            fast: Lowest::new(FAST_TICKS),
            slow: Lowest::new(SLOW_TICKS),
            calm: CALM_TICKS,
            rest: 0,
            pending: Pace::Keep,
        }
    }
}

impl PaceKeeper {
    /// Sound ran out although packets were on their way: keep more of it for a while.
    pub fn ran_out(&mut self) {
        self.wanted = (self.wanted + WANTED_STEP).min(WANTED_MAX);
        self.calm = CALM_TICKS;
        self.restart();
    }

    /// Forget what was measured: the stream begins anew.
    pub fn restart(&mut self) {
        self.fast = Lowest::new(FAST_TICKS);
        self.slow = Lowest::new(SLOW_TICKS);
        self.pending = Pace::Keep;
    }

    /// What should happen before the next tick.
    #[must_use]
    pub fn pace(&self) -> Pace {
        if self.rest > 0 && self.pending != Pace::Drop { Pace::Keep } else { self.pending }
    }

    /// It happened.
    pub fn done(&mut self) {
        self.restart();
        self.rest = REST_TICKS;
    }

    /// A packet came so many samples before it was needed.
    pub fn came(&mut self, headroom: usize) {
        self.fast.note(headroom);
        self.slow.note(headroom);
    }

    /// A tick was served and left `slack` samples.
    pub fn served(&mut self, slack: usize) {
        self.rest = self.rest.saturating_sub(1);
        self.calm = self.calm.saturating_sub(1);
        if self.calm == 0 {
            self.wanted = self.wanted.saturating_sub(WANTED_STEP).max(WANTED_MIN);
            self.calm = CALM_TICKS;
        }
        if slack > SLACK_MAX {
            self.pending = Pace::Drop;
            return;
        }
        if let Some(lowest) = self.fast.tick() {
            if lowest > self.wanted + FAR {
                self.pending = Pace::Shorten { is_urgent: lowest > self.wanted + VERY_FAR };
            } else if lowest < self.wanted / 2 {
                self.pending = Pace::Lengthen;
            } else if self.pending != (Pace::Shorten { is_urgent: false }) {
                self.pending = Pace::Keep;
            }
        }
        if let Some(lowest) = self.slow.tick() {
            if lowest > self.wanted + NEAR {
                self.pending = Pace::Shorten { is_urgent: false };
            } else if matches!(self.pending, Pace::Shorten { .. }) {
                self.pending = Pace::Keep;
            }
        }
    }

    /// Samples to have in hand before the first tick is served.
    #[must_use]
    pub fn start(&self) -> usize {
        START.max(self.wanted + FRAME)
    }
}

/// The lowest value that was noted in each run of ticks.
struct Lowest {
    ticks: u32,
    left: u32,
    lowest: usize,
}

impl Lowest {
    fn new(ticks: u32) -> Self {
        Self { ticks, left: ticks, lowest: usize::MAX }
    }

    fn note(&mut self, value: usize) {
        self.lowest = self.lowest.min(value);
    }

    /// The lowest of the run when it is complete, and there was one.
    fn tick(&mut self) -> Option<usize> {
        self.left -= 1;
        if self.left > 0 {
            return None;
        }
        let lowest = self.lowest;
        *self = Self::new(self.ticks);
        (lowest < usize::MAX).then_some(lowest)
    }
}

/// Calm ticks before less is wanted, 20 s.
const CALM_TICKS: u32 = 1000;
/// Headroom above the wanted one that is worked off within seconds, 50 ms.
const FAR: usize = 400;
/// 1 s.
const FAST_TICKS: u32 = 50;
/// Headroom above the wanted one that is worked off when it lasts, 25 ms.
const NEAR: usize = 200;
/// Ticks between two changes, 200 ms.
const REST_TICKS: u32 = 10;
/// More than this is dropped at once, 400 ms.
const SLACK_MAX: usize = 3200;
/// 10 s.
const SLOW_TICKS: u32 = 500;
/// In hand at the start, 40 ms.
const START: usize = 320;
/// Headroom above the wanted one that is worked off wherever it is, 80 ms.
const VERY_FAR: usize = 640;
/// 200 ms of delay with the tick that is being played.
const WANTED_MAX: usize = 1440;
/// 10 ms.
const WANTED_MIN: usize = 80;
/// What one shortage adds, 20 ms.
const WANTED_STEP: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(keeper: &mut PaceKeeper, headroom: usize) {
        keeper.came(headroom);
        keeper.served(headroom);
    }

    fn after(headroom: impl Fn(u32) -> usize, ticks: u32) -> Pace {
        let mut keeper = PaceKeeper::default();
        (0..ticks).for_each(|n| tick(&mut keeper, headroom(n)));
        keeper.pace()
    }

    #[test]
    fn a_steady_stream_is_left_alone() {
        assert_eq!(after(|_| 160, 2000), Pace::Keep);
    }

    #[test]
    fn lasting_headroom_is_worked_off_gently_and_much_of_it_urgently() {
        assert_eq!(after(|_| 300, 500), Pace::Shorten { is_urgent: false });
        assert_eq!(after(|_| 900, 60), Pace::Shorten { is_urgent: true });
        assert_eq!(after(|_| 3300, 1), Pace::Drop);
    }

    #[test]
    fn headroom_that_dips_low_asks_for_more_sound_and_dips_keep_the_delay() {
        assert_eq!(after(|n| if n % 20 == 0 { 20 } else { 160 }, 60), Pace::Lengthen);
        assert_eq!(after(|n| if n % 40 == 0 { 160 } else { 500 }, 1000), Pace::Keep);
    }

    #[test]
    fn running_out_raises_what_is_wanted_and_calm_lowers_it() {
        let mut keeper = PaceKeeper::default();
        let start = keeper.start();
        (0..12).for_each(|_| keeper.ran_out());
        assert_eq!(keeper.start(), WANTED_MAX + FRAME);
        (0..10 * CALM_TICKS).for_each(|_| tick(&mut keeper, 400));
        assert_eq!(keeper.start(), start);
    }
}
