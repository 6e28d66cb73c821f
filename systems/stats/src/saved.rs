//! What was counted, to be written down and taken up again after a restart.
//!
//! What went on at the time ends with the program and is not counted; all that had ended by then
//! is. Times are by the wall clock, since the monotonic one begins anew.

use std::time::{Duration, Instant};

use model::{Dn, Now};
use serde::{Deserialize, Serialize};

use crate::{
    Stats,
    hour::Fact,
    queues::SavedBook,
    site_trend::SiteMinutes,
    statistics::{Resumed, Snapshot, Statistics},
};

/// All that was counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved {
    statistics: Snapshot,
    /// The dashboard's hour: when, in milliseconds since 1970, and what.
    hour: Vec<(u64, Fact)>,
    queues: Vec<(Dn, SavedBook)>,
    /// When the day of `queues` ends, in milliseconds since 1970.
    day_ends_ms: u64,
    minutes: SiteMinutes,
}

impl Stats {
    /// All that was counted up to now.
    pub fn save(&mut self, now: Now) -> Saved {
        let (day_ends_ms, queues) = self.queues.save(now);
        Saved {
            statistics: self.statistics.snapshot(now),
            hour: self.hour.save(now),
            queues,
            day_ends_ms,
            minutes: self.site_minutes.clone(),
        }
    }

    /// Statistics of a site that go on where they were saved. The configuration comes as ever.
    #[must_use]
    pub fn restore(now: Now, saved: Saved) -> Self {
        let mut stats = Self::new();
        let resumed = Resumed::WithoutCalls;
        stats.statistics = Statistics::restore(now, saved.statistics, resumed);
        stats.hour.restore(now, saved.hour);
        stats.queues.restore(now, saved.day_ends_ms, saved.queues);
        stats.site_minutes = saved.minutes;
        stats.site_minutes.note(now, 0);
        stats.untold_minute = Some(0);
        stats
    }
}

/// When it was, by the wall clock.
pub(crate) fn wall_ms(now: Now, at: Instant) -> u64 {
    let ago = now.instant.saturating_duration_since(at).as_millis();
    now.unix_ms().saturating_sub(u64::try_from(ago).unwrap_or(u64::MAX))
}

/// The same by the monotonic clock; `None` before it began, when the machine was started since.
pub(crate) fn instant(now: Now, wall_ms: u64) -> Option<Instant> {
    now.instant.checked_sub(Duration::from_millis(now.unix_ms().saturating_sub(wall_ms)))
}
