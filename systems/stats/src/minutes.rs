//! One value for each of the last 1440 minutes of the wall clock, without gaps.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The last 24 hours.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Minutes<T> {
    /// The minute, since 1970, of the first value.
    first: u64,
    values: VecDeque<T>,
}

impl<T> Default for Minutes<T> {
    fn default() -> Self {
        Self { first: 0, values: VecDeque::new() }
    }
}

impl<T: Clone + Default> Minutes<T> {
    /// The value of the present minute. Minutes that passed since the last get `gap` of it. When
    /// the clock was put back, what happens goes on counting in the last minute.
    pub fn present(&mut self, minute: u64, gap: impl Fn(&T) -> T) -> &mut T {
        let next = self.next();
        if self.values.is_empty() || minute >= next + MINUTES_MAX {
            let value = self.values.back().map(&gap).unwrap_or_default();
            self.values.clear();
            self.values.push_back(value);
            self.first = minute;
        }
        while self.next() <= minute {
            let value = self.values.back().map(&gap).unwrap_or_default();
            self.values.push_back(value);
            if self.values.len() as u64 > MINUTES_MAX {
                self.values.pop_front();
                self.first += 1;
            }
        }
        self.values.back_mut().expect("a minute was put there")
    }

    /// The first minute without a value.
    pub fn next(&self) -> u64 {
        self.first + self.values.len() as u64
    }

    /// The last minute's value.
    pub fn last(&mut self) -> Option<&mut T> {
        self.values.back_mut()
    }

    /// The values of these minutes; where there is none, the default.
    pub fn between(&self, from: u64, until: u64) -> impl Iterator<Item = T> + '_ {
        (from..until).map(|minute| {
            let place = minute.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
            place.and_then(|place| self.values.get(place)).cloned().unwrap_or_default()
        })
    }
}

/// A day.
pub const MINUTES_MAX: u64 = 1_440;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_without_news_are_filled_and_a_day_is_kept() {
        let mut minutes = Minutes::<u32>::default();
        *minutes.present(100, |last| *last) = 7;
        *minutes.present(103, |last| last + 1) = 9;
        assert_eq!(minutes.between(99, 105).collect::<Vec<_>>(), [0, 7, 8, 9, 9, 0]);
        *minutes.present(102, |last| *last) = 5;
        assert_eq!(minutes.between(102, 104).collect::<Vec<_>>(), [9, 5]);
        minutes.present(100 + MINUTES_MAX, |_| 1);
        assert_eq!(minutes.between(100, 102).collect::<Vec<_>>(), [0, 8]);
        minutes.present(100 + 9 * MINUTES_MAX, |_| 2);
        assert_eq!(minutes.values.len(), 1);
    }
}
