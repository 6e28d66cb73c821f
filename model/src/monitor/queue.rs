//! A queue's figures: what callers got, counted and as people read it.

use serde::{Deserialize, Serialize};

use crate::Dn;

/// A queue or a route point.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueHealth {
    /// Its DN.
    pub name: Dn,
    /// Calls that wait.
    pub waiting: u32,
    /// The longest wait so far.
    pub longest_wait_seconds: u32,
    /// The last 3600 s.
    pub hour: QueueFigures,
    /// Since midnight where the site is.
    pub today: QueueFigures,
}

impl QueueHealth {
    /// A queue where nothing has happened.
    #[must_use]
    pub fn new(name: Dn) -> Self {
        let figures = QueueFigures::default();
        Self { name, waiting: 0, longest_wait_seconds: 0, hour: figures, today: figures }
    }
}

/// What was counted of a queue's calls in some span of time. Each call counts when it happens: as
/// offered when it comes, as answered or abandoned when it leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueTotals {
    /// Calls whose caller gave up, short ones included.
    pub abandoned: u64,
    /// What all answered calls waited.
    pub answer_wait_ms: u64,
    /// Calls that somebody answered.
    pub answered: u64,
    /// Of these, within the time of the service level.
    pub answered_in_time: u64,
    /// Talks of agents that ended.
    pub handled: u64,
    /// Their length, with the work after them.
    pub handled_ms: u64,
    /// Calls that came.
    pub offered: u64,
    /// Abandoned so soon that nobody could have answered.
    pub short_abandoned: u64,
}

impl QueueTotals {
    /// Adds what was counted elsewhere or at another time.
    pub fn add(&mut self, other: &Self) {
        let mut other = *other;
        for (sum, part) in self.parts().into_iter().zip(other.parts()) {
            *sum += *part;
        }
    }

    /// Takes away what was added before.
    pub fn subtract(&mut self, other: &Self) {
        let mut other = *other;
        for (sum, part) in self.parts().into_iter().zip(other.parts()) {
            *sum = sum.saturating_sub(*part);
        }
    }

    /// As people read it.
    #[must_use]
    pub fn figures(&self) -> QueueFigures {
        let seconds = |ms: u64, calls: u64| count((ms / calls.max(1) + 500) / 1000);
        QueueFigures {
            offered: count(self.offered),
            answered: count(self.answered),
            abandoned: count(self.abandoned),
            short_abandoned: count(self.short_abandoned),
            abandoned_percent: self.abandoned_percent().unwrap_or(0.0),
            service_level_percent: self.service_level_percent(),
            average_speed_of_answer_seconds: seconds(self.answer_wait_ms, self.answered),
            average_handle_seconds: seconds(self.handled_ms, self.handled),
        }
    }

    /// Calls answered in time, of all that ended waiting; those abandoned shortly are left out.
    /// `None` when there was none.
    #[must_use]
    pub fn service_level_percent(&self) -> Option<f32> {
        let missed = self.abandoned.saturating_sub(self.short_abandoned);
        percent(self.answered_in_time, self.answered + missed)
    }

    /// Calls abandoned, of all that ended waiting. `None` when there was none.
    #[must_use]
    pub fn abandoned_percent(&self) -> Option<f32> {
        percent(self.abandoned, self.answered + self.abandoned)
    }

    fn parts(&mut self) -> [&mut u64; 8] {
        [
            &mut self.abandoned,
            &mut self.answer_wait_ms,
            &mut self.answered,
            &mut self.answered_in_time,
            &mut self.handled,
            &mut self.handled_ms,
            &mut self.offered,
            &mut self.short_abandoned,
        ]
    }
}

/// A queue's figures of some span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueFigures {
    /// Calls that came.
    pub offered: u32,
    /// Calls that somebody answered.
    pub answered: u32,
    /// Calls whose caller gave up, short ones included.
    pub abandoned: u32,
    /// Of these, so soon that nobody could have answered.
    pub short_abandoned: u32,
    /// Abandoned, of all that were answered or abandoned.
    pub abandoned_percent: f32,
    /// See [`QueueTotals::service_level_percent`].
    pub service_level_percent: Option<f32>,
    /// From the first queue to the answer.
    pub average_speed_of_answer_seconds: u32,
    /// Talk and the work after it.
    pub average_handle_seconds: u32,
}

fn percent(part: u64, whole: u64) -> Option<f32> {
    (whole > 0).then(|| (part as f64 * 100.0 / whole as f64) as f32)
}

/// Numbers beyond this are shown as this.
fn count(number: u64) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}
