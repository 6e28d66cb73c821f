//! Facts of the last 3600 seconds, with their sums.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use model::Now;
use serde::{Deserialize, Serialize};

use crate::saved::{instant, wall_ms};

/// Something that is counted in the hour in which it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A caller gave up.
    Abandoned,
    /// A call entered a queue.
    Entered,
    /// An agent was busy with calls or after them, for so many milliseconds and so many calls
    /// (after-call work belongs to a call that is counted already).
    Handled {
        /// How long.
        ms: u64,
        /// Calls.
        calls: u64,
    },
    /// A call came from a trunk.
    Inbound,
    /// A call went to a trunk.
    Outbound,
}

/// Sums of facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub abandoned: u64,
    pub entered: u64,
    pub handled: u64,
    pub handled_ms: u64,
    pub inbound: u64,
    pub outbound: u64,
}

impl Sums {
    fn add(&mut self, fact: Fact) {
        for (sum, part) in self.parts(fact) {
            *sum += part;
        }
    }

    fn subtract(&mut self, fact: Fact) {
        for (sum, part) in self.parts(fact) {
            *sum = sum.saturating_sub(part);
        }
    }

    fn parts(&mut self, fact: Fact) -> Vec<(&mut u64, u64)> {
        match fact {
            Fact::Abandoned => vec![(&mut self.abandoned, 1)],
            Fact::Entered => vec![(&mut self.entered, 1)],
            Fact::Handled { ms, calls } => {
                vec![(&mut self.handled, calls), (&mut self.handled_ms, ms)]
            }
            Fact::Inbound => vec![(&mut self.inbound, 1)],
            Fact::Outbound => vec![(&mut self.outbound, 1)],
        }
    }
}

/// The sliding hour.
#[derive(Debug, Default)]
pub struct Hour {
    facts: VecDeque<(Instant, Fact)>,
    sums: Sums,
}

impl Hour {
    pub fn add(&mut self, now: Now, fact: Fact) {
        self.expire(now);
        if self.facts.len() == FACTS_MAX
            && let Some((_, oldest)) = self.facts.pop_front()
        {
            self.sums.subtract(oldest);
        }
        self.facts.push_back((now.instant, fact));
        self.sums.add(fact);
    }

    /// Lets go of what is an hour old.
    pub fn expire(&mut self, now: Now) {
        while let Some((at, fact)) = self.facts.front().copied()
            && at + WINDOW <= now.instant
        {
            self.facts.pop_front();
            self.sums.subtract(fact);
        }
    }

    /// The sums at `now`, also when nothing was let go of for a while.
    pub fn sums(&self, now: Now) -> Sums {
        let mut sums = self.sums;
        let too_old = self.facts.iter().take_while(|(at, _)| *at + WINDOW <= now.instant);
        too_old.for_each(|(_, fact)| sums.subtract(*fact));
        sums
    }

    pub fn next_expiry(&self) -> Option<Instant> {
        self.facts.front().map(|(at, _)| *at + WINDOW)
    }

    /// The facts with their times in milliseconds since 1970.
    pub fn save(&self, now: Now) -> Vec<(u64, Fact)> {
        self.facts.iter().map(|(at, fact)| (wall_ms(now, *at), *fact)).collect()
    }

    /// Takes up saved facts that are not too old.
    pub fn restore(&mut self, now: Now, saved: Vec<(u64, Fact)>) {
        for (at, fact) in saved {
            if let Some(at) = instant(now, at) {
                self.facts.push_back((at, fact));
                self.sums.add(fact);
            }
        }
        self.expire(now);
    }
}

/// The dashboard's hour.
const WINDOW: Duration = Duration::from_secs(3600);
/// More than this in an hour (70 a second) shortens the hour instead of filling the memory.
const FACTS_MAX: usize = 250_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_counts_for_an_hour_and_not_at_its_end() {
        let start = Now::new(Instant::now(), Duration::ZERO);
        let mut hour = Hour::default();
        hour.add(start, Fact::Inbound);
        hour.add(start.later(Duration::from_secs(1)), Fact::Handled { ms: 5, calls: 1 });
        let just_before = start.later(WINDOW - Duration::from_millis(1));
        assert_eq!(hour.sums(just_before).inbound, 1);
        assert_eq!(hour.sums(start.later(WINDOW)).inbound, 0);
        hour.expire(start.later(WINDOW));
        assert_eq!(hour.sums(start.later(WINDOW)).handled_ms, 5);
        assert_eq!(hour.next_expiry(), Some(start.instant + WINDOW + Duration::from_secs(1)));
    }

    #[test]
    fn too_many_facts_push_the_oldest_out() {
        let now = Now::new(Instant::now(), Duration::ZERO);
        let mut hour = Hour::default();
        hour.add(now, Fact::Outbound);
        for _ in 0..FACTS_MAX {
            hour.add(now, Fact::Inbound);
        }
        let sums = hour.sums(now);
        assert_eq!((sums.outbound, sums.inbound), (0, u64::try_from(FACTS_MAX).unwrap_or(0)));
    }
}
