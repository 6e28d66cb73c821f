//! Everything that waits, in one queue ordered by time.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use model::{Dn, LegId, TrunkName};

use crate::{transaction::TransactionId, watch::WatchId};

/// What can become due. Each exists at most once; setting it again moves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A registration ends.
    Binding(Dn),
    /// A client transaction gives up or is forgotten (timers B, D, F, K, M).
    ClientExpire(TransactionId),
    /// A client transaction repeats its request (timers A, E).
    ClientRepeat(TransactionId),
    /// Something of a leg.
    Leg(LegId, LegTimer),
    /// A trunk is probed.
    Probe(TrunkName),
    /// A trunk's carrier is to know where we are.
    Register(TrunkName),
    /// The DNS is asked again where a trunk is.
    Resolve(TrunkName),
    /// A server transaction is forgotten (timers H, I, J, L).
    ServerExpire(TransactionId),
    /// A server transaction repeats its final response (timer G).
    ServerRepeat(TransactionId),
    /// A phone waits for what the upstream says of its DN.
    Upstream(Dn),
    /// A subscription ends.
    Watch(WatchId),
}

/// What of a leg can become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LegTimer {
    /// The leg can't stay in its passing state any longer: ringing, cancelling, closing.
    Limit,
    /// The provisional response is repeated, so that proxies on the way keep waiting.
    Provisional,
    /// The phone was not told what became of its REFER.
    Refer,
    /// The session is refreshed by us.
    Refresh,
    /// A reliable provisional response is repeated until PRACK.
    Reliable,
    /// The session was not refreshed.
    SessionEnd,
    /// A carrier should have said something by now.
    Silence,
    /// The phone was told to answer and should have by now.
    Talk,
    /// The phone may be free of its earlier call by now.
    Turn,
    /// A 2xx is repeated until ACK.
    Unacknowledged,
}

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, Timer)>,
    at: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Sets or moves a timer.
    pub fn set(&mut self, timer: Timer, at: Instant) {
        self.clear(&timer);
        self.at.insert(timer.clone(), at);
        self.due.insert((at, timer));
    }

    /// Takes a timer back, if it is set.
    pub fn clear(&mut self, timer: &Timer) {
        if let Some(at) = self.at.remove(timer) {
            self.due.remove(&(at, timer.clone()));
        }
    }

    /// Takes back every timer of a leg.
    pub fn clear_leg(&mut self, leg: LegId) {
        for timer in LEG_TIMERS {
            self.clear(&Timer::Leg(leg, timer));
        }
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The next one that is due at `now`, which thereby is no longer set.
    pub fn pop(&mut self, now: Instant) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        let (_, timer) = self.due.pop_first()?;
        self.at.remove(&timer);
        Some(timer)
    }

    /// How many are set.
    pub fn count(&self) -> usize {
        self.at.len()
    }

    /// How many are set for calls and transactions, which all end.
    pub fn passing_count(&self) -> usize {
        let stays = |timer: &&Timer| match timer {
            Timer::Binding(_)
            | Timer::Probe(_)
            | Timer::Register(_)
            | Timer::Resolve(_)
            | Timer::Watch(_) => false,
            Timer::ClientExpire(_)
            | Timer::ClientRepeat(_)
            | Timer::Leg(..)
            | Timer::ServerExpire(_)
            | Timer::ServerRepeat(_)
            | Timer::Upstream(_) => true,
        };
        self.at.keys().filter(stays).count()
    }
}

const LEG_TIMERS: [LegTimer; 10] = [
    LegTimer::Limit,
    LegTimer::Provisional,
    LegTimer::Refer,
    LegTimer::Refresh,
    LegTimer::Reliable,
    LegTimer::SessionEnd,
    LegTimer::Silence,
    LegTimer::Talk,
    LegTimer::Turn,
    LegTimer::Unacknowledged,
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    #[test]
    fn timers_come_in_order_of_time_and_a_moved_one_comes_once() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let (a, b) = (Timer::Binding("a".into()), Timer::Probe("b".into()));
        let mut timers = Timers::default();
        timers.set(a.clone(), after(10));
        timers.set(b.clone(), after(20));
        timers.set(a.clone(), after(30));
        assert_eq!(timers.next(), Some(after(20)));
        assert_eq!(timers.pop(after(10)), None);
        assert_eq!(timers.pop(after(99)), Some(b));
        assert_eq!(timers.pop(after(99)), Some(a));
        assert_eq!((timers.pop(after(99)), timers.count()), (None, 0));
    }
}
