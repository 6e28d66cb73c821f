//! The time that a statistic looks back over, and when it begins anew.
//!
//! Growing statistics begin anew by the wall clock of a time zone, so a day has 23, 24 or 25
//! hours. Between two such times the steps of `+H:MM` are counted in true time.

use std::fmt;

use jiff::{
    Timestamp, civil,
    tz::{TimeZone, TimeZoneDatabase},
};
use serde::{Deserialize, Serialize};

use crate::{config::UnknownTimeZone, stat::StatError};

/// The time that a statistic looks back over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimeProfile {
    /// Since the last reset.
    Growing(Growing),
    /// The last so many actions that ended.
    Selection {
        /// How many.
        last: u32,
    },
    /// Since the agent logged in.
    SinceLogin,
    /// The last `window_s` seconds, in steps of `step_s` on the clock: the step that is going on
    /// and those before it.
    Sliding {
        /// The whole.
        window_s: u32,
        /// What it moves by.
        step_s: u32,
    },
}

/// When growing statistics begin anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Growing {
    /// Minutes of the local day, in order.
    pub at_minutes: Vec<u16>,
    /// And every so many minutes after each of them.
    pub every_minutes: Option<u16>,
    /// The IANA name of the zone whose day it is.
    pub zone: String,
}

impl TimeProfile {
    /// Most actions of [`Self::Selection`].
    pub const LAST_MAX: u32 = 1_000;
    /// Most steps of [`Self::Sliding`].
    pub const STEPS_MAX: u32 = 360;

    /// Reads what stands after `Growing=`, `Sliding=` and so on; `kind` is what stands before.
    ///
    /// # Errors
    /// When it is no profile, or has more steps or actions than are kept.
    pub fn parse(kind: &str, text: &str, zone: &str) -> Result<Self, StatError> {
        let wrong = || StatError::unknown("TimeProfile", &format!("{kind}={text}"));
        let profile = match kind {
            "Growing" => Self::Growing(Growing::parse(text, zone).ok_or_else(wrong)?),
            "Selection" => Self::Selection { last: text.trim().parse().map_err(|_| wrong())? },
            "SinceLogin" => Self::SinceLogin,
            "Sliding" => {
                let (window, step) = text.split_once(':').unwrap_or((text, ""));
                let window_s = window.trim().parse().map_err(|_| wrong())?;
                let step_s = match step.trim() {
                    "" => default_step(window_s),
                    step => step.parse().map_err(|_| wrong())?,
                };
                Self::Sliding { window_s, step_s }
            }
            _ => return Err(wrong()),
        };
        profile.check()?;
        Ok(profile)
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    /// Says which limit it breaks.
    pub fn check(&self) -> Result<(), StatError> {
        let limit = |of: &str, max: u32| {
            Err(StatError::Limit { of: of.into(), max: usize::try_from(max).unwrap_or(usize::MAX) })
        };
        match self {
            Self::Growing(growing) => growing.check(),
            Self::Selection { last } if *last > Self::LAST_MAX => {
                limit("actions in a selection", Self::LAST_MAX)
            }
            Self::Selection { last: 0 } => {
                Err(StatError::Mismatch("a selection is of one action at least".into()))
            }
            Self::Sliding { window_s, step_s } => {
                if *step_s == 0 || *window_s == 0 || window_s % step_s != 0 {
                    let reason = "a sliding window is a whole number of its steps";
                    Err(StatError::Mismatch(reason.into()))
                } else if window_s / step_s > Self::STEPS_MAX {
                    limit("steps in a sliding window", Self::STEPS_MAX)
                } else {
                    Ok(())
                }
            }
            Self::Selection { .. } | Self::SinceLogin => Ok(()),
        }
    }
}

/// As it is read: `Sliding=3600:10`. The zone is left out.
impl fmt::Display for TimeProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |minutes: u16| format!("{}:{:02}", minutes / 60, minutes % 60);
        match self {
            Self::Growing(Growing { at_minutes, every_minutes, .. }) => {
                let at: Vec<String> = at_minutes.iter().map(|at| clock(*at)).collect();
                let every = every_minutes.map(|every| format!(" +{}", clock(every)));
                write!(f, "Growing={}{}", at.join(","), every.unwrap_or_default())
            }
            Self::Selection { last } => write!(f, "Selection={last}"),
            Self::SinceLogin => f.write_str("SinceLogin="),
            Self::Sliding { window_s, step_s } => write!(f, "Sliding={window_s}:{step_s}"),
        }
    }
}

/// The finest step of a window that divides it, is no shorter than 10 s and is kept.
fn default_step(window_s: u32) -> u32 {
    let fits =
        |step: &u32| window_s.is_multiple_of(*step) && window_s / step <= TimeProfile::STEPS_MAX;
    (10..=window_s).find(fits).unwrap_or(window_s)
}

impl Growing {
    /// Every day at midnight there.
    #[must_use]
    pub fn daily(zone: &str) -> Self {
        Self { at_minutes: vec![0], every_minutes: None, zone: zone.into() }
    }

    /// `0:00`, `8:00,20:00`, `0:00 +0:15`.
    fn parse(text: &str, zone: &str) -> Option<Self> {
        let (times, every) = match text.split_once('+') {
            Some((times, every)) => (times, Some(minutes(every)?)),
            None => (text, None),
        };
        let at: Option<Vec<u16>> = times.split(',').map(minutes).collect();
        let mut at_minutes = at?;
        at_minutes.sort_unstable();
        at_minutes.dedup();
        Some(Self { at_minutes, every_minutes: every, zone: zone.into() })
    }

    fn check(&self) -> Result<(), StatError> {
        self.time_zone().map_err(|error| StatError::Mismatch(error.to_string()))?;
        let in_order = self.at_minutes.windows(2).all(|pair| pair.first() < pair.last());
        let in_day = self.at_minutes.iter().all(|minute| *minute < MINUTES_OF_DAY);
        if self.at_minutes.is_empty() || !in_order || !in_day || self.every_minutes == Some(0) {
            let reason = "a growing window begins at minutes of the day, in order";
            return Err(StatError::Mismatch(reason.into()));
        }
        Ok(())
    }

    fn time_zone(&self) -> Result<TimeZone, UnknownTimeZone> {
        let zone = TimeZoneDatabase::bundled().get(&self.zone);
        zone.map_err(|_| UnknownTimeZone(self.zone.clone()))
    }

    /// The first reset after a time, both in milliseconds since 1970 UTC; never, where the zone
    /// is unknown or time ends.
    #[must_use]
    pub fn next_reset(&self, after_ms: u64) -> u64 {
        self.found_reset(after_ms).unwrap_or(u64::MAX)
    }

    fn found_reset(&self, after_ms: u64) -> Option<u64> {
        let zone = self.time_zone().ok()?;
        let after = i64::try_from(after_ms).ok()?;
        let today = zone.to_datetime(Timestamp::from_millisecond(after).ok()?).date();
        let days = [today.yesterday().ok()?, today, today.tomorrow().ok()?];
        let mut starts: Vec<i64> = days
            .iter()
            .chain(&[today.tomorrow().ok()?.tomorrow().ok()?])
            .flat_map(|day| self.at_minutes.iter().filter_map(|at| start(&zone, *day, *at)))
            .collect();
        starts.sort_unstable();
        let next = starts.iter().copied().find(|start| *start > after)?;
        let last = starts.iter().copied().rfind(|start| *start <= after)?;
        let step = self.every_minutes.map(|minutes| i64::from(minutes) * 60_000);
        let stepped = step.map(|step| last + ((after - last) / step + 1) * step);
        u64::try_from(stepped.map_or(next, |stepped| stepped.min(next))).ok()
    }
}

/// A minute of a day there; one that the clocks leave out is taken after the gap, one that they
/// show twice at its first time.
fn start(zone: &TimeZone, day: civil::Date, minute: u16) -> Option<i64> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    let there = zone.to_ambiguous_timestamp(day.at(hour, minute, 0, 0));
    there.compatible().ok().map(Timestamp::as_millisecond)
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

const MINUTES_OF_DAY: u16 = 24 * 60;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ms(text: &str) -> u64 {
        let at: Timestamp = text.parse().unwrap();
        u64::try_from(at.as_millisecond()).unwrap()
    }

    fn resets(text: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let growing = Growing::parse(text, zone).unwrap();
        let mut at = ms(from);
        let next = |_| {
            at = growing.next_reset(at);
            Timestamp::from_millisecond(i64::try_from(at).unwrap()).unwrap().to_string()
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn days_begin_at_midnight_there_also_when_clocks_change() {
        assert_eq!(
            resets("0:00", "Europe/Berlin", "2026-03-28T12:00:00Z", 3),
            ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"]
        );
        // Clocks there go from 00:00 to 01:00: that day has no midnight.
        assert_eq!(
            resets("0:00", "Africa/Cairo", "2026-04-23T12:00:00Z", 2),
            ["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"]
        );
    }

    #[test]
    fn steps_between_resets_are_true_time() {
        // From 03:00 back to 02:00: the hour that comes twice has its steps twice.
        assert_eq!(
            resets("0:00 +1:00", "Europe/Berlin", "2026-10-25T00:00:00Z", 3),
            ["2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]
        );
        assert_eq!(
            resets("8:00,20:00 +7:00", "UTC", "2026-01-01T08:00:00Z", 4),
            [
                "2026-01-01T15:00:00Z",
                "2026-01-01T20:00:00Z",
                "2026-01-02T03:00:00Z",
                "2026-01-02T08:00:00Z"
            ]
        );
    }

    #[test]
    fn profiles_are_written_as_they_are_read() {
        for text in ["Growing=6:00,14:30 +0:15", "Selection=5", "SinceLogin=", "Sliding=3600:10"] {
            let (kind, rest) = text.split_once('=').unwrap();
            assert_eq!(TimeProfile::parse(kind, rest, "UTC").unwrap().to_string(), text);
        }
    }

    #[test]
    fn profiles_that_cannot_be_kept_are_refused() {
        let sliding = TimeProfile::parse("Sliding", "3600", "UTC").unwrap();
        assert_eq!(sliding, TimeProfile::Sliding { window_s: 3600, step_s: 10 });
        for (kind, text) in [
            ("Sliding", "3600:7"),
            ("Sliding", "3600:1"),
            ("Sliding", "0"),
            ("Selection", "0"),
            ("Selection", "1001"),
            ("Growing", "24:00"),
            ("Growing", "0:00 +0:00"),
            ("Growing", ""),
            ("Shrinking", "1"),
        ] {
            assert!(TimeProfile::parse(kind, text, "UTC").is_err(), "{kind}={text}");
        }
        assert!(TimeProfile::parse("Growing", "0:00", "Mars/Olympus").is_err());
    }
}
