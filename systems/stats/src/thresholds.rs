//! Alarms with thresholds: they begin when a value has been beyond its threshold for a while, and
//! end when it has been well for a while. Between the two thresholds an alarm stays as it is.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use model::{
    Now,
    monitor::{Alarm, AlarmChange, Settings, Threshold},
};

/// How a value stands to its thresholds, with what to tell people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Beyond the threshold.
    Beyond(String),
    /// Between the two: neither begins nor ends an alarm.
    Between(String),
    /// No reason for an alarm.
    Well,
}

/// Where each alarm is.
#[derive(Debug, Default)]
pub struct Watches {
    states: BTreeMap<String, State>,
    thresholds: BTreeMap<String, Threshold>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Beyond the threshold since then.
    Passing(Instant),
    /// An alarm since then, in milliseconds since 1970; well again since.
    Raised { since_ms: u64, well_since: Option<Instant> },
}

impl Watches {
    /// Other thresholds: an alarm of a threshold that is no longer the same is over.
    pub fn configure(&mut self, settings: &Settings) -> Vec<AlarmChange> {
        let old = std::mem::replace(&mut self.thresholds, settings.alarms.clone());
        let changed = |name: &String| old.get(name) != self.thresholds.get(name);
        let gone: Vec<String> = self.states.keys().filter(|name| changed(name)).cloned().collect();
        gone.into_iter()
            .filter_map(|name| match self.states.remove(&name)? {
                State::Passing(_) => None,
                State::Raised { .. } => Some(AlarmChange::Cleared { name: full_name(&name) }),
            })
            .collect()
    }

    /// Reads every value; says which alarms begin, read differently, or end.
    pub fn look(&mut self, now: Now, read: impl Fn(&Threshold) -> Reading) -> Vec<AlarmChange> {
        let mut changes = Vec::new();
        for (name, threshold) in &self.thresholds {
            let reading = read(threshold);
            let state = self.states.get(name).copied();
            let next = next(now, threshold, state, &reading);
            match (next, reading) {
                (
                    Some(State::Raised { since_ms, .. }),
                    Reading::Beyond(message) | Reading::Between(message),
                ) => {
                    let (name, severity) = (full_name(name), threshold.severity);
                    changes.push(AlarmChange::Raised(Alarm { name, severity, message, since_ms }));
                }
                (None, _) if matches!(state, Some(State::Raised { .. })) => {
                    changes.push(AlarmChange::Cleared { name: full_name(name) });
                }
                (Some(State::Passing(_) | State::Raised { .. }) | None, _) => {}
            }
            match next {
                Some(state) => _ = self.states.insert(name.clone(), state),
                None => _ = self.states.remove(name),
            }
        }
        changes
    }

    /// Whether time alone may begin or end an alarm.
    pub fn is_restless(&self) -> bool {
        !self.states.is_empty()
    }
}

fn next(now: Now, threshold: &Threshold, state: Option<State>, reading: &Reading) -> Option<State> {
    let has_passed = |since: Instant, seconds: u32| {
        now.instant.saturating_duration_since(since) >= Duration::from_secs(seconds.into())
    };
    match (state, reading) {
        (None, Reading::Between(_) | Reading::Well) => None,
        (None, Reading::Beyond(_)) => {
            next(now, threshold, Some(State::Passing(now.instant)), reading)
        }
        (Some(State::Passing(since)), Reading::Beyond(_)) => {
            let raised = State::Raised { since_ms: now.unix_ms(), well_since: None };
            let is_long = has_passed(since, threshold.after_seconds);
            Some(if is_long { raised } else { State::Passing(since) })
        }
        (Some(State::Passing(_)), Reading::Between(_) | Reading::Well) => None,
        (Some(State::Raised { since_ms, .. }), Reading::Beyond(_) | Reading::Between(_)) => {
            Some(State::Raised { since_ms, well_since: None })
        }
        (Some(State::Raised { since_ms, well_since }), Reading::Well) => {
            let since = well_since.unwrap_or(now.instant);
            let is_long = has_passed(since, threshold.clear_after_seconds);
            (!is_long).then_some(State::Raised { since_ms, well_since: Some(since) })
        }
    }
}

/// An alarm is named as its section of the options.
fn full_name(name: &str) -> String {
    format!("alarm:{name}")
}
