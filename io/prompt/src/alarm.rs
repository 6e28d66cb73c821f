//! The alarm that prompts can't be played.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use model::monitor::{Alarm, AlarmChange, Severity};

/// Whether the last prompt could be played.
#[derive(Debug, Default)]
pub struct PromptAlarm {
    is_raised: AtomicBool,
}

impl PromptAlarm {
    /// What became of a prompt: what is to be told of it, if anything changed.
    pub fn see(&self, problem: Option<&String>) -> Option<AlarmChange> {
        let was_raised = self.is_raised.swap(problem.is_some(), Ordering::Relaxed);
        match (was_raised, problem) {
            (_, Some(problem)) => Some(AlarmChange::Raised(Alarm {
                name: NAME.to_owned(),
                severity: Severity::Warning,
                message: format!("A caller did not hear a prompt: {problem}."),
                since_ms: SystemTime::UNIX_EPOCH
                    .elapsed()
                    .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
            })),
            (true, None) => Some(AlarmChange::Cleared { name: NAME.to_owned() }),
            (false, None) => None,
        }
    }
}

const NAME: &str = "prompt-not-played";
