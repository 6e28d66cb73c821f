//! What was counted in the time that a statistic looks back over.
//!
//! A growing window is one sum. A sliding one is a sum for each of its steps on the clock. A
//! selection is a list of what ended last.

use std::collections::VecDeque;

use model::stat::TimeProfile;
use serde::{Deserialize, Serialize};

/// Counts and times of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    /// Main actions that ended, and how long they were.
    pub count: u64,
    pub ms: u64,
    pub longest: u64,
    pub shortest: Option<u64>,
    /// Of these, those with a length in the range.
    pub in_range: u64,
    pub in_range_ms: u64,
    /// Relative actions that ended.
    pub relative: u64,
    /// The parts of main and relative actions that lie in the span.
    pub main_ms: u64,
    pub relative_ms: u64,
    /// Most and fewest main actions that went on at a time.
    pub most: u64,
    pub fewest: Option<u64>,
}

/// An action that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub ms: u64,
    pub is_main: bool,
    pub is_relative: bool,
    pub is_in_range: bool,
}

/// Sums of the time that is looked back over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Window {
    Last {
        most: usize,
        ended: VecDeque<Ended>,
    },
    One(Box<Sums>),
    /// Dense: with sums for idle steps too, for those who ask for the fewest.
    Steps {
        step: u64,
        steps: u64,
        is_dense: bool,
        sums: VecDeque<(u64, Sums)>,
    },
}

impl Sums {
    pub fn add(&mut self, ended: Ended) {
        if ended.is_main {
            self.count += 1;
            self.ms += ended.ms;
            self.longest = self.longest.max(ended.ms);
            self.shortest = Some(self.shortest.map_or(ended.ms, |ms| ms.min(ended.ms)));
            if ended.is_in_range {
                self.in_range += 1;
                self.in_range_ms += ended.ms;
            }
        }
        self.relative += u64::from(ended.is_relative);
    }

    /// `main` and `relative` actions went on for a while.
    fn pass(&mut self, ms: u64, main: u64, relative: u64) {
        self.main_ms += ms * main;
        self.relative_ms += ms * relative;
        if ms > 0 {
            self.see(main);
        }
    }

    /// So many main actions go on.
    pub fn see(&mut self, main: u64) {
        self.most = self.most.max(main);
        self.fewest = Some(self.fewest.map_or(main, |fewest| fewest.min(main)));
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.ms += other.ms;
        self.longest = self.longest.max(other.longest);
        self.shortest = self.shortest.into_iter().chain(other.shortest).min();
        self.in_range += other.in_range;
        self.in_range_ms += other.in_range_ms;
        self.relative += other.relative;
        self.main_ms += other.main_ms;
        self.relative_ms += other.relative_ms;
        self.most = self.most.max(other.most);
        self.fewest = self.fewest.into_iter().chain(other.fewest).min();
    }
}

impl Window {
    pub fn new(profile: &TimeProfile, is_dense: bool) -> Self {
        match profile {
            TimeProfile::Growing(_) | TimeProfile::SinceLogin => Self::One(Box::default()),
            TimeProfile::Selection { last } => {
                let most = usize::try_from(*last).unwrap_or(usize::MAX);
                Self::Last { most, ended: VecDeque::new() }
            }
            TimeProfile::Sliding { window_s, step_s } => Self::Steps {
                step: u64::from(*step_s) * 1000,
                steps: u64::from(window_s / step_s),
                is_dense,
                sums: VecDeque::new(),
            },
        }
    }

    /// Begins anew; a window that moves by itself never does.
    pub fn reset(&mut self) {
        if let Self::One(sums) = self {
            **sums = Sums::default();
        }
    }

    /// When it begins, for one that was opened or reset at `began`.
    pub fn start(&self, at: u64, began: u64) -> u64 {
        match self {
            Self::Last { .. } | Self::One(_) => began,
            Self::Steps { step, steps, .. } => first_step(at, *step, *steps).max(began),
        }
    }

    /// Time goes by, with so many actions going on. Whether it let go of something.
    pub fn pass(&mut self, from: u64, to: u64, main: u64, relative: u64) -> bool {
        match self {
            Self::Last { .. } => false,
            Self::One(sums) => {
                sums.pass(to - from, main, relative);
                false
            }
            Self::Steps { step, steps, is_dense, sums } => {
                let oldest = first_step(to, *step, *steps);
                let before = sums.len();
                while sums.front().is_some_and(|(start, _)| *start < oldest) {
                    sums.pop_front();
                }
                let is_less = sums.len() < before;
                // A step without sums is one in which nothing went on.
                let is_idle = main + relative == 0 && !*is_dense;
                let mut at = if is_idle { to } else { from.max(oldest) };
                while at < to {
                    let start = at - at % *step;
                    let end = to.min(start + *step);
                    sums_of(sums, start).pass(end - at, main, relative);
                    at = end;
                }
                is_less
            }
        }
    }

    pub fn add(&mut self, at: u64, one: Ended) {
        match self {
            Self::Last { most, ended } => {
                if ended.len() == *most {
                    ended.pop_front();
                }
                ended.push_back(one);
            }
            Self::One(sums) => sums.add(one),
            Self::Steps { step, sums, .. } => {
                sums_of(sums, at - at % *step).add(one);
            }
        }
    }

    /// All of it, up to the time that `pass` was told of.
    pub fn sums(&self) -> Sums {
        let mut all = Sums::default();
        match self {
            Self::Last { ended, .. } => ended.iter().for_each(|ended| all.add(*ended)),
            Self::One(sums) => all = **sums,
            Self::Steps { sums, .. } => sums.iter().for_each(|(_, sums)| all.merge(sums)),
        }
        all
    }
}

/// The start of the oldest step that is looked at.
fn first_step(at: u64, step: u64, steps: u64) -> u64 {
    (at - at % step).saturating_sub(step * (steps - 1))
}

fn sums_of(sums: &mut VecDeque<(u64, Sums)>, start: u64) -> &mut Sums {
    if sums.back().is_none_or(|(last, _)| *last != start) {
        sums.push_back((start, Sums::default()));
    }
    &mut sums.back_mut().expect("it was put there").1
}
