//! What happened, as rows: calls, legs, stays in queues, states of agents.
//!
//! A fold from the switch's events. It keeps what is up and what has ended lately, no more: the
//! rows go to a database, whose tables docs/history.md explains. It counts nothing; that is the
//! Stat Server's part, and the intervals' over these same rows.

mod agents;
mod calls;
mod legs;
mod stays;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use model::{Configuration, Dn, Event, Now, System, config::DnKind, history::Row};

use crate::{agents::Agents, calls::Calls};

/// What the history is told.
#[derive(Debug)]
pub enum Input {
    /// The configuration in force.
    Configuration(Arc<Configuration>),
    /// What the switch says.
    Event(Arc<Event>),
}

/// What it says.
#[derive(Debug)]
pub enum Output {
    /// A row is new or not as it was.
    Row(Row),
}

/// The fold.
#[derive(Debug, Default)]
pub struct History {
    calls: Calls,
    agents: Agents,
    /// The virtual queue that each route point feeds.
    feeds: BTreeMap<Dn, Dn>,
    out: VecDeque<Output>,
}

impl History {
    /// Of a site where nothing has happened yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn configure(&mut self, site: &Configuration) {
        let fed = site.dns.iter().filter_map(|(dn, object)| match &object.kind {
            DnKind::RoutePoint { strategy, .. } => {
                let strategy = site.strategies.get(strategy)?;
                Some((dn.clone(), strategy.virtual_queue.clone()?))
            }
            DnKind::Extension { .. } | DnKind::VirtualQueue => None,
        });
        self.feeds = fed.collect();
    }

    fn learn(&mut self, event: &Event) {
        let mut rows = Vec::new();
        if let Some(call) = &event.call {
            self.calls.learn(event, call, &self.feeds, &mut rows);
        }
        if let Some(agent) = &event.agent {
            let after = self.calls.last_at(&event.this_dn);
            self.agents.learn(event, agent, after, &mut rows);
        }
        self.out.extend(rows.into_iter().map(Output::Row));
    }
}

impl System for History {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, _now: Now, input: Input) {
        match input {
            Input::Configuration(site) => self.configure(&site),
            Input::Event(event) => self.learn(&event),
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
