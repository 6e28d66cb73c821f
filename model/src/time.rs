//! Time as it is told to a system. No system reads a clock.

use std::time::{Duration, Instant};

/// One reading of both clocks: the monotonic one for timers, the wall one for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Monotonic; the only one that timers are set by.
    pub instant: Instant,
    /// Since 1970-01-01 00:00 UTC; goes into events, records and tokens.
    pub unix: Duration,
}

impl Now {
    /// A reading of both clocks, taken by the caller at one moment.
    #[must_use]
    pub fn new(instant: Instant, unix: Duration) -> Self {
        Self { instant, unix }
    }

    /// Milliseconds since 1970-01-01 00:00 UTC.
    #[must_use]
    pub fn unix_ms(&self) -> u64 {
        u64::try_from(self.unix.as_millis()).unwrap_or(u64::MAX)
    }

    /// The same moment `span` later, on both clocks.
    #[must_use]
    pub fn later(&self, span: Duration) -> Self {
        Self { instant: self.instant + span, unix: self.unix + span }
    }
}
