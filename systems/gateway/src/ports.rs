//! The pool of plain RTP ports: even numbers, in turn, so that a port rests before its next call.

use std::collections::HashSet;
use std::ops::RangeInclusive;

/// The pool.
pub struct Ports {
    first: u16,
    count: u16,
    next: u16,
    taken: HashSet<u16>,
}

impl Ports {
    /// Over the even ports of `range` whose odd neighbour is in it too; `start` is where to begin.
    #[must_use]
    pub fn new(range: &RangeInclusive<u16>, start: u64) -> Self {
        let first = u32::from(*range.start()).next_multiple_of(2);
        let count = (u32::from(*range.end()) + 1).saturating_sub(first) / 2;
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        let next = u16::try_from(start % u64::from(count.max(1))).unwrap_or(0);
        Self { first: u16::try_from(first).unwrap_or(u16::MAX), count, next, taken: HashSet::new() }
    }

    /// The next free port.
    pub fn take(&mut self) -> Option<u16> {
        for _ in 0..self.count {
            let port = self.first.checked_add(self.next.checked_mul(2)?)?;
            self.next = (self.next + 1) % self.count;
            if self.taken.insert(port) {
                return Some(port);
            }
        }
        None
    }

    /// A port is free again.
    pub fn give_back(&mut self, port: u16) {
        self.taken.remove(&port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_go_round_and_each_is_given_once() {
        let mut ports = Ports::new(&(10_001..=10_010), 3);
        let taken: Vec<_> = std::iter::from_fn(|| ports.take()).collect();
        assert_eq!(taken, [10_008, 10_002, 10_004, 10_006]);
        ports.give_back(10_004);
        assert_eq!(ports.take(), Some(10_004));
        assert_eq!(Ports::new(&(5..=5), 0).take(), None);
        assert_eq!(Ports::new(&(65_534..=65_535), 0).take(), Some(65_534));
    }
}
