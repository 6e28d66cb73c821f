//! The alarm that prompts can't be played.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use model::{
    monitor::{Alarm, AlarmChange, Severity},
    prompt::Prompt,
};

/// The prompts that could not be played when they were wanted last.
#[derive(Debug, Default)]
pub struct PromptAlarm {
    failing: Mutex<Vec<Prompt>>,
}

impl PromptAlarm {
    /// What became of a prompt: what is to be told of it, if anything changed.
    pub fn see(&self, prompt: &Prompt, problem: Option<&str>) -> Option<AlarmChange> {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = failing.len();
        failing.retain(|known| known != prompt);
        match problem {
            Some(problem) => {
                if failing.len() == FAILING_MAX {
                    failing.remove(0);
                }
                failing.push(prompt.clone());
                Some(raised(problem))
            }
            None => (before > 0 && failing.is_empty()).then(cleared),
        }
    }

    /// Prompts may be others now: none is known to fail.
    pub fn forget(&self) -> Option<AlarmChange> {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let was_raised = !std::mem::take(&mut *failing).is_empty();
        was_raised.then(cleared)
    }
}

fn raised(problem: &str) -> AlarmChange {
    let since = SystemTime::UNIX_EPOCH.elapsed();
    AlarmChange::Raised(Alarm {
        name: NAME.to_owned(),
        severity: Severity::Warning,
        message: format!("A caller did not hear a prompt as it should be: {problem}."),
        since_ms: since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
    })
}

fn cleared() -> AlarmChange {
    AlarmChange::Cleared { name: NAME.to_owned() }
}

const NAME: &str = "prompt-not-played";
/// Prompts that are remembered; the alarm stands for as long as one of them is.
const FAILING_MAX: usize = 100;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_alarm_stands_until_every_prompt_that_failed_was_played_or_is_gone() {
        let alarm = PromptAlarm::default();
        let prompt = |language: &str| Prompt { language: language.into(), ..Prompt::default() };
        let (one, other) = (prompt("en"), prompt("de"));
        assert_eq!(alarm.see(&one, None), None);
        let Some(AlarmChange::Raised(told)) = alarm.see(&one, Some("no file")) else { panic!() };
        assert!(told.message.contains("no file"));
        assert!(alarm.see(&other, Some("no voice")).is_some());
        assert_eq!(alarm.see(&prompt("fr"), None), None, "another prompt mends nothing");
        assert_eq!(alarm.see(&one, None), None);
        assert!(matches!(alarm.see(&other, None), Some(AlarmChange::Cleared { .. })));
        assert_eq!(alarm.forget(), None);
        alarm.see(&one, Some("no file"));
        assert!(matches!(alarm.forget(), Some(AlarmChange::Cleared { .. })));
    }
}
