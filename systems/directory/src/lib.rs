//! Persons, DNs, places, skills, trunks (Configuration Server).
//!
//! Holds the one configuration that every system reads. A change is a whole new configuration: it
//! is judged as a whole, and either published with the next version or rejected with everything
//! that is wrong with it, so that no system ever sees a half-made site. It stores nothing: `io`
//! saves what is published and hands it back at start.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use model::{Configuration, Now, System};

pub use crate::{check::problems, demo::demo};

mod check;
mod demo;
mod nearest;

/// What the directory can be told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The configuration as it was saved: published under its own version.
    Load(Box<Configuration>),
    /// A new configuration; its own version is passed over. One that says what the present one
    /// says is published again under the present version.
    Replace(Box<Configuration>),
}

/// What the directory can say. Every input is answered by exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The configuration that holds from now on.
    Published(Arc<Configuration>),
    /// The new configuration can't work; the present one holds on.
    Rejected {
        /// One sentence each, for people: which object, which field, what to do.
        problems: Vec<String>,
    },
}

/// The directory.
#[derive(Debug, Default)]
pub struct Directory {
    current: Arc<Configuration>,
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

    fn take(&mut self, configuration: Configuration) {
        let problems = problems(&configuration);
        if !problems.is_empty() {
            return self.out.push_back(Output::Rejected { problems });
        }
        if *self.current != configuration {
            self.current = Arc::new(configuration);
        }
        self.out.push_back(Output::Published(Arc::clone(&self.current)));
    }
}

impl System for Directory {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, _now: Now, input: Input) {
        match input {
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
            Output::Rejected { problems } => panic!("{problems:?}"),
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
