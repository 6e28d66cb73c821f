//! What came of calls, counted.

use std::collections::BTreeMap;

use model::{
    Dn,
    replay::{Figures, Lived, OfRoutePoint, Past, PastEnd},
};

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The caller gave up after so many milliseconds.
    Abandoned(u64),
    /// An agent took it after so many milliseconds.
    Answered(u64),
    /// Neither.
    Other,
}

/// The figures of what really happened.
#[must_use]
pub fn as_it_was(past: &Past, in_time_s: u32) -> Lived {
    let fates: Vec<Fate> = past
        .calls
        .iter()
        .map(|call| match call.end {
            PastEnd::Abandoned => Fate::Abandoned(call.wait_ms),
            PastEnd::Answered { .. } => Fate::Answered(call.wait_ms),
            PastEnd::Other => Fate::Other,
        })
        .collect();
    let worked = past.calls.iter().map(|call| match call.end {
        PastEnd::Answered { talk_ms, after_ms } => talk_ms + after_ms + past.ring_ms,
        PastEnd::Abandoned | PastEnd::Other => 0,
    });
    let there: u64 = past.shifts.iter().map(|shift| shift.to_ms - shift.from_ms).sum();
    lived(past, &fates, percent(worked.sum(), there), in_time_s)
}

/// The figures of calls whose fates are known, in the order of the calls.
pub fn lived(past: &Past, fates: &[Fate], occupancy_percent: Option<f32>, in_time_s: u32) -> Lived {
    let mut by_route_point: BTreeMap<&Dn, Vec<Fate>> = BTreeMap::new();
    for (call, fate) in past.calls.iter().zip(fates) {
        by_route_point.entry(&call.route_point).or_default().push(*fate);
    }
    let route_points = by_route_point.into_iter().map(|(name, fates)| OfRoutePoint {
        name: name.clone(),
        figures: figures(&fates, in_time_s),
    });
    Lived {
        total: figures(fates, in_time_s),
        route_points: route_points.collect(),
        occupancy_percent,
    }
}

/// A share in per cent.
pub fn percent(part: u64, whole: u64) -> Option<f32> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 100.0).min(100.0) as f32)
}

fn figures(fates: &[Fate], in_time_s: u32) -> Figures {
    let mut waits: Vec<u64> = Vec::new();
    let (mut abandoned, mut other, mut longest) = (0, 0, 0);
    for fate in fates {
        match fate {
            Fate::Abandoned(ms) => {
                abandoned += 1;
                longest = longest.max(*ms);
            }
            Fate::Answered(ms) => {
                waits.push(*ms);
                longest = longest.max(*ms);
            }
            Fate::Other => other += 1,
        }
    }
    waits.sort_unstable();
    let in_time = waits.iter().filter(|ms| **ms <= u64::from(in_time_s) * 1000).count() as u64;
    let seconds = |ms: u64| ms as f32 / 1000.0;
    let average = waits.iter().sum::<u64>().checked_div(waits.len() as u64);
    Figures {
        offered: count(fates.len()),
        answered: count(waits.len()),
        abandoned,
        other,
        service_level_percent: percent(in_time, fates.len() as u64),
        average_wait_seconds: average.map(seconds),
        wait_90_percent_seconds: waits.get(waits.len() * 9 / 10).copied().map(seconds),
        longest_wait_seconds: seconds(longest),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
