//! Persons, DNs, places, skills, trunks (Configuration Server).
//!
//! Holds the one configuration that every system reads. A change is a whole new configuration: it
//! is judged as a whole, and either published with the next version or rejected with everything
//! that is wrong with it, so that no system ever sees a half-made site. It stores nothing: `io`
//! saves what is published and hands it back at start.
//!
//! Whoever changes single objects says which version he has seen ([`Input::Change`]). A change on
//! an older version is refused with both versions and what has changed in between, and a change
//! that is made is told for the audit log.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use model::{
    Configuration, Now, System,
    config::{Audit, Change, ChangeRefusal, Difference},
};

pub use crate::{
    change::{complete, edited},
    check::problems,
    demo::demo,
    nearest::nearest,
};

use crate::change::Past;

mod change;
mod check;
mod demo;
mod nearest;
mod objects;
mod references;
mod steps;

/// What the directory can be told.
#[derive(Clone, Debug)]
pub enum Input {
    /// Change some objects, all or none.
    Change {
        /// What the answer carries.
        reference: u64,
        /// Who asks, for the audit log.
        who: String,
        /// The edits, and the version that they were made on.
        change: Change,
    },
    /// The configuration as it was saved: published under its own version.
    Load(Box<Configuration>),
    /// A new configuration; its own version is passed over. One that says what the present one
    /// says is published again under the present version.
    Replace(Box<Configuration>),
}

/// What the directory can say. A whole configuration is answered by `Published` or `Rejected`, a
/// change by `Changed` (after `Audit` and `Published`, if it changed anything) or `Refused`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// What a change has changed, to be kept.
    Audit(Audit),
    /// A change has been made, or there was nothing to change.
    Changed {
        /// Whose.
        reference: u64,
        /// The version that holds now.
        version: u64,
        /// What is not as it was.
        differences: Vec<Difference>,
    },
    /// The configuration that holds from now on.
    Published(Arc<Configuration>),
    /// The new configuration can't work; the present one holds on.
    Rejected {
        /// One sentence each, for people: which object, which field, what to do.
        problems: Vec<String>,
    },
    /// A change was not made; the present configuration holds on.
    Refused {
        /// Whose.
        reference: u64,
        /// Why.
        refusal: ChangeRefusal,
    },
}

/// The directory.
#[derive(Debug, Default)]
pub struct Directory {
    current: Arc<Configuration>,
    past: Past,
    out: VecDeque<Output>,
}

impl Directory {
    /// A directory of an empty site.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The configuration that holds.
    #[must_use]
    pub fn current(&self) -> &Arc<Configuration> {
        &self.current
    }

    /// What a change would change, which is not made.
    ///
    /// # Errors
    /// As [`Input::Change`] would be refused.
    pub fn plan(&self, change: Change) -> Result<Vec<Difference>, ChangeRefusal> {
        if let Some(conflict) = self.past.conflict(&change, self.current.version) {
            return Err(ChangeRefusal::Conflict(conflict));
        }
        let new = edited(&self.current, change.edits).map_err(ChangeRefusal::Problems)?;
        Ok(self.current.differences(&new))
    }

    fn take(&mut self, configuration: Configuration) {
        let problems = problems(&configuration);
        if !problems.is_empty() {
            return self.out.push_back(Output::Rejected { problems });
        }
        if *self.current != configuration {
            self.hold(configuration);
        }
        self.out.push_back(Output::Published(Arc::clone(&self.current)));
    }

    fn change(
        &mut self,
        now: Now,
        who: String,
        change: Change,
    ) -> Result<Vec<Difference>, ChangeRefusal> {
        if let Some(conflict) = self.past.conflict(&change, self.current.version) {
            return Err(ChangeRefusal::Conflict(conflict));
        }
        let mut new = edited(&self.current, change.edits).map_err(ChangeRefusal::Problems)?;
        if new == *self.current {
            return Ok(Vec::new());
        }
        new.version += 1;
        let differences = self.hold(new);
        let version = self.current.version;
        let audit = Audit { who, at_ms: now.unix_ms(), version, differences: differences.clone() };
        self.out.push_back(Output::Audit(audit));
        self.out.push_back(Output::Published(Arc::clone(&self.current)));
        Ok(differences)
    }

    /// Puts a configuration in place of the present one, and says what is not the same.
    fn hold(&mut self, configuration: Configuration) -> Vec<Difference> {
        let differences = self.current.differences(&configuration);
        let is_next = configuration.version == self.current.version + 1;
        if is_next {
            let changed = differences.iter().map(|one| (one.kind, one.name.clone())).collect();
            self.past.remember(configuration.version, changed);
        } else {
            self.past = Past::default();
        }
        self.current = Arc::new(configuration);
        differences
    }
}

impl System for Directory {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Change { reference, who, change } => {
                let output = match self.change(now, who, change) {
                    Ok(differences) => {
                        let version = self.current.version;
                        Output::Changed { reference, version, differences }
                    }
                    Err(refusal) => Output::Refused { reference, refusal },
                };
                self.out.push_back(output);
            }
            Input::Load(saved) => self.take(*saved),
            Input::Replace(mut new) => {
                new.version = self.current.version;
                if *new != *self.current {
                    new.version += 1;
                }
                self.take(*new);
            }
        }
    }

    fn handle_timeout(&mut self, _now: Now) {}

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn now() -> Now {
        Now::new(Instant::now(), std::time::Duration::ZERO)
    }

    fn answer(directory: &mut Directory, input: Input) -> Output {
        directory.handle_input(now(), input);
        let output = directory.poll_output().unwrap();
        assert_eq!(directory.poll_output(), None);
        output
    }

    fn published(output: Output) -> Arc<Configuration> {
        match output {
            Output::Published(configuration) => configuration,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_change_is_published_under_the_next_version() {
        let mut directory = Directory::new();
        let mut site = demo("");
        let first = published(answer(&mut directory, Input::Replace(Box::new(site.clone()))));
        assert_eq!(first.version, 1);
        site.skills.insert("Billing".into());
        let second = published(answer(&mut directory, Input::Replace(Box::new(site.clone()))));
        assert_eq!((second.version, second.skills.contains("Billing")), (2, true));
        assert_eq!(**directory.current(), *second);
        let same = published(answer(&mut directory, Input::Replace(Box::new(site))));
        assert_eq!(same.version, 2, "nothing changed");
    }

    #[test]
    fn a_saved_configuration_keeps_its_version() {
        let mut directory = Directory::new();
        let saved = Configuration { version: 41, ..demo("") };
        assert_eq!(published(answer(&mut directory, Input::Load(Box::new(saved)))).version, 41);
    }

    #[test]
    fn a_configuration_that_can_not_work_changes_nothing() {
        let mut directory = Directory::new();
        published(answer(&mut directory, Input::Replace(Box::new(demo("")))));
        let mut broken = demo("");
        broken.skills.clear();
        let output = answer(&mut directory, Input::Replace(Box::new(broken)));
        let Output::Rejected { problems } = output else { panic!("{output:?}") };
        assert!(!problems.is_empty());
        assert_eq!((directory.current().version, directory.current().skills.len()), (1, 4));
    }
}
