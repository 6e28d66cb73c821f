//! Intervals of the history: a quarter of an hour, an hour, a day.
//!
//! Quarters begin at the full quarter of UTC, which is one in every time zone that people live in.
//! Hours and days are those of the site's time zone: a day begins at its midnight and has 23, 24
//! or 25 hours, an hour is counted from that midnight on. So each is made of whole quarters.

use crate::monitor::Settings;

/// Of what intervals are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalOf {
    /// Each agent.
    Agent,
    /// Each route point and virtual queue.
    Queue,
    /// All of it.
    Site,
}

/// How long they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalLength {
    /// A day.
    Day,
    /// An hour.
    Hour,
    /// A quarter of an hour.
    Quarter,
}

/// Which intervals to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalQuery {
    /// Of what.
    pub of: IntervalOf,
    /// Of this queue or agent alone.
    pub name: Option<String>,
    /// How long.
    pub length: IntervalLength,
    /// The interval of this moment and those after it, milliseconds since 1970; without it a day
    /// of quarters, two of hours, or a month of days.
    pub from_ms: Option<u64>,
    /// Those that begin before this moment; without it, now.
    pub to_ms: Option<u64>,
}

/// More intervals than one answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyIntervals;

impl IntervalOf {
    /// As it is asked for: `agent`, `queue`, `site`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Queue => "queue",
            Self::Site => "site",
        }
    }
}

impl IntervalLength {
    /// As it is asked for: `15m`, `1h`, `1d`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "1d",
            Self::Hour => "1h",
            Self::Quarter => "15m",
        }
    }

    /// How far back an answer goes when nothing is said.
    #[must_use]
    pub fn usual_ms(self) -> u64 {
        match self {
            Self::Day => 31 * DAY_MS,
            Self::Hour => 2 * DAY_MS,
            Self::Quarter => DAY_MS,
        }
    }
}

impl IntervalQuery {
    /// Beginnings and ends of the intervals that are asked for.
    ///
    /// # Errors
    /// When there are more than [`INTERVALS_MAX`].
    pub fn spans(
        &self,
        settings: &Settings,
        now_ms: u64,
    ) -> Result<Vec<(u64, u64)>, TooManyIntervals> {
        let to_ms = self.to_ms.unwrap_or(now_ms);
        let from_ms = self.from_ms.unwrap_or(to_ms.saturating_sub(self.length.usual_ms()));
        // Quarters, where nothing depends on midnight, may begin anywhere.
        let mut day_ms = match self.length {
            IntervalLength::Quarter => from_ms - from_ms % QUARTER_MS,
            IntervalLength::Day | IntervalLength::Hour => day_of(settings, from_ms),
        };
        let mut spans = Vec::new();
        while day_ms < to_ms {
            let day_ends_ms = settings.day_ends_ms(day_ms);
            let length_ms = match self.length {
                IntervalLength::Day => day_ends_ms - day_ms,
                IntervalLength::Hour => 4 * QUARTER_MS,
                IntervalLength::Quarter => QUARTER_MS,
            };
            let mut began_ms = day_ms;
            while began_ms < day_ends_ms.min(to_ms) {
                let ends_ms = (began_ms + length_ms).min(day_ends_ms);
                if ends_ms > from_ms {
                    spans.push((began_ms, ends_ms));
                }
                if spans.len() > INTERVALS_MAX {
                    return Err(TooManyIntervals);
                }
                began_ms = ends_ms;
            }
            day_ms = day_ends_ms;
        }
        Ok(spans)
    }
}

/// The midnight that a moment's day began with.
fn day_of(settings: &Settings, moment_ms: u64) -> u64 {
    // No day has more than 25 hours.
    let mut midnight_ms = settings.day_ends_ms(moment_ms.saturating_sub(DAY_MS + 2 * HOUR_MS));
    loop {
        let next_ms = settings.day_ends_ms(midnight_ms);
        if next_ms > moment_ms || next_ms <= midnight_ms {
            return midnight_ms.min(moment_ms);
        }
        midnight_ms = next_ms;
    }
}

/// A quarter of an hour in milliseconds.
pub const QUARTER_MS: u64 = 15 * 60_000;
const HOUR_MS: u64 = 4 * QUARTER_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Intervals in one answer: ten days of quarters, six weeks of hours, years of days.
pub const INTERVALS_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stat::Growing;

    fn berlin() -> Settings {
        Settings { day: Growing::daily("Europe/Berlin"), ..Settings::default() }
    }

    fn at(text: &str) -> u64 {
        u64::try_from(text.parse::<jiff::Timestamp>().unwrap().as_millisecond()).unwrap()
    }

    fn spans(length: IntervalLength, from: &str, to: &str) -> Vec<(u64, u64)> {
        let (from_ms, to_ms) = (Some(at(from)), Some(at(to)));
        let query = IntervalQuery { of: IntervalOf::Site, name: None, length, from_ms, to_ms };
        query.spans(&berlin(), 0).unwrap()
    }

    #[test]
    fn days_begin_at_the_site_s_midnight_and_have_23_or_25_hours_when_clocks_change() {
        // Clocks went forward on 2026-03-29 and go back on 2026-10-25.
        for (from, hours) in [("2026-03-28T23:00:00Z", 23), ("2026-10-24T22:00:00Z", 25)] {
            let begins_ms = at(from);
            let noon = jiff::Timestamp::from_millisecond(begins_ms.cast_signed() + 43_200_000);
            let noon = noon.unwrap().to_string();
            let day = spans(IntervalLength::Day, &noon, &noon.replace(":00Z", ":01Z"));
            assert_eq!(day, [(begins_ms, begins_ms + hours * HOUR_MS)], "{from}");
        }
    }

    #[test]
    fn the_small_ones_fill_the_large_ones_without_gaps() {
        let (from, to) = ("2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z");
        let days = spans(IntervalLength::Day, from, to);
        assert_eq!(days.len(), 3);
        for length in [IntervalLength::Hour, IntervalLength::Quarter] {
            let small = spans(length, from, to);
            assert!(small.windows(2).all(|pair| matches!(pair, [a, b] if a.1 == b.0)));
            for (began_ms, ends_ms) in &days {
                let inside = small.iter().filter(|(at_ms, _)| began_ms <= at_ms && at_ms < ends_ms);
                assert_eq!(inside.map(|(a, b)| b - a).sum::<u64>(), ends_ms - began_ms);
            }
        }
        assert_eq!(spans(IntervalLength::Hour, from, to).len(), 24 + 25 + 24);
    }

    #[test]
    fn too_many_are_refused_before_they_are_counted_out() {
        let query = IntervalQuery {
            of: IntervalOf::Queue,
            name: None,
            length: IntervalLength::Quarter,
            from_ms: Some(0),
            to_ms: Some(u64::MAX),
        };
        assert_eq!(query.spans(&berlin(), 0), Err(TooManyIntervals));
    }
}
