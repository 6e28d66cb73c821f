//! Wrong passwords: who tried too often is made to wait.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use model::Dn;

use crate::limits::{FAILURES_FREE, FAILURES_MAX, PENALTY, PENALTY_MAX};

/// Wrong passwords by DN and source, so that a stranger can't lock an agent out elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    by_pair: BTreeMap<(Dn, IpAddr), Failure>,
}

#[derive(Debug)]
struct Failure {
    count: u32,
    last: Instant,
    until: Instant,
}

impl Failures {
    /// How much longer nothing from this pair is looked at.
    pub fn penalty(&self, now: Instant, dn: &Dn, source: IpAddr) -> Option<Duration> {
        let failure = self.by_pair.get(&(dn.clone(), source))?;
        failure.until.checked_duration_since(now).filter(|rest| !rest.is_zero())
    }

    /// One more wrong password.
    pub fn note(&mut self, now: Instant, dn: &Dn, source: IpAddr) {
        let pair = (dn.clone(), source);
        if !self.by_pair.contains_key(&pair) && self.by_pair.len() >= FAILURES_MAX {
            self.make_room(now);
        }
        let failure =
            self.by_pair.entry(pair).or_insert(Failure { count: 0, last: now, until: now });
        if now.duration_since(failure.last) > PENALTY_MAX {
            failure.count = 0;
        }
        failure.count += 1;
        failure.last = now;
        if failure.count > FAILURES_FREE {
            let doublings = (failure.count - FAILURES_FREE - 1).min(DOUBLINGS_MAX);
            failure.until = now + (PENALTY * (1 << doublings)).min(PENALTY_MAX);
        }
    }

    /// The right password came.
    pub fn forgive(&mut self, dn: &Dn, source: IpAddr) {
        self.by_pair.remove(&(dn.clone(), source));
    }

    fn make_room(&mut self, now: Instant) {
        self.by_pair.retain(|_, failure| now.duration_since(failure.last) <= PENALTY_MAX);
        if self.by_pair.len() >= FAILURES_MAX {
            let oldest = self.by_pair.iter().min_by_key(|(_, failure)| failure.last);
            if let Some(pair) = oldest.map(|(pair, _)| pair.clone()) {
                self.by_pair.remove(&pair);
            }
        }
    }
}

/// Enough to reach [`PENALTY_MAX`], and far from overflow.
const DOUBLINGS_MAX: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_withheld_for_longer_and_longer_and_from_the_pair_alone() {
        let (now, dn) = (Instant::now(), Dn::from("5001"));
        let source = IpAddr::from([192, 0, 2, 1]);
        let mut failures = Failures::default();
        for _ in 0..FAILURES_FREE {
            failures.note(now, &dn, source);
        }
        assert_eq!(failures.penalty(now, &dn, source), None);
        failures.note(now, &dn, source);
        assert_eq!(failures.penalty(now, &dn, source), Some(PENALTY));
        failures.note(now, &dn, source);
        assert_eq!(failures.penalty(now, &dn, source), Some(PENALTY * 2));
        assert_eq!(failures.penalty(now, &dn, IpAddr::from([192, 0, 2, 2])), None);
        assert_eq!(failures.penalty(now + PENALTY * 2, &dn, source), None);
        failures.forgive(&dn, source);
        assert_eq!(failures.penalty(now, &dn, source), None);
    }
}
