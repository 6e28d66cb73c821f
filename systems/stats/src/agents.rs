//! What each agent does, and how long calls and the work after them take.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use model::{
    AgentId, AgentState, ConnId, Dn, Event, EventName, Now,
    event::{CallAttributes, Part},
    monitor::AgentStatus,
};

/// What an agent spent on calls or after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    pub ms: u64,
    /// After-call work belongs to a call that is counted already.
    pub calls: u64,
    /// The queue that the call came through.
    pub queue: Option<Dn>,
}

/// An agent at a DN.
#[derive(Debug)]
pub struct Sight<'a> {
    pub dn: &'a Dn,
    pub status: AgentStatus,
    pub reason: Option<&'a str>,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    pub call: Option<ConnId>,
}

/// One DN.
#[derive(Debug, Default)]
struct Seat {
    in_service: bool,
    agent: Option<(AgentId, AgentState)>,
    /// Since when after-call work goes on.
    working_since: Option<Instant>,
    /// Calls that ring, dial or are up.
    calls: BTreeSet<ConnId>,
    /// Since when an agent talks, and through which queue the call came.
    talking: BTreeMap<ConnId, (Instant, Option<Dn>)>,
    /// The queue of the last call, whose work goes on.
    last_queue: Option<Dn>,
    reason: Option<String>,
    /// What is shown of the agent, and since when.
    shown: AgentStatus,
    since_ms: u64,
}

/// All DNs that are no queues.
#[derive(Debug, Default)]
pub struct AgentTable {
    seats: BTreeMap<Dn, Seat>,
    dn_of: BTreeMap<AgentId, Dn>,
}

impl AgentTable {
    /// Takes in an event; says what is to be counted.
    pub fn learn(&mut self, now: Now, event: &Event) -> Vec<Handled> {
        let seat = self.seats.entry(event.this_dn.clone()).or_default();
        let mut facts = Vec::new();
        if let Some(in_service) = event.name.service() {
            seat.in_service = in_service;
        }
        let before = seat.agent.take();
        seat.agent = match (&event.agent, event.name) {
            (_, EventName::AgentLogout) => None,
            (Some(agent), _) if agent.state == AgentState::LoggedOut => None,
            (Some(agent), _) => Some((agent.agent.clone(), agent.state)),
            (None, _) => before.clone(),
        };
        if let Some(agent) = &event.agent {
            seat.reason.clone_from(&agent.reason);
        }
        if let Some(call) = &event.call {
            facts.extend(seat.learn_call(now, event.name, call));
        }
        let works = seat.agent.as_ref().is_some_and(|(_, s)| *s == AgentState::AfterCallWork);
        match (seat.working_since, works) {
            (None, true) => seat.working_since = Some(now.instant),
            (Some(since), false) => {
                let queue = seat.last_queue.clone();
                facts.push(Handled { ms: milliseconds(since, now), calls: 0, queue });
                seat.working_since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
        let after = seat.agent.clone();
        let is_somebody_else = before.as_ref().map(|(a, _)| a) != after.as_ref().map(|(a, _)| a);
        if is_somebody_else || seat.shown != seat.status() {
            (seat.shown, seat.since_ms) = (seat.status(), now.unix_ms());
        }
        self.move_agent(&event.this_dn, before, after);
        facts
    }

    pub fn status(&self, agent: &AgentId) -> AgentStatus {
        self.sight(agent).map_or(AgentStatus::LoggedOut, |sight| sight.status)
    }

    /// An agent who is logged in, as seen now.
    pub fn sight(&self, agent: &AgentId) -> Option<Sight<'_>> {
        let (dn, seat) = self.seats.get_key_value(self.dn_of.get(agent)?)?;
        Some(Sight {
            dn,
            status: seat.status(),
            reason: seat.reason.as_deref(),
            since_ms: seat.since_ms,
            call: seat.talking.keys().chain(&seat.calls).next().copied(),
        })
    }

    /// DNs with a phone.
    pub fn in_service(&self) -> impl Iterator<Item = &Dn> {
        self.seats.iter().filter(|(_, seat)| seat.in_service).map(|(dn, _)| dn)
    }

    fn move_agent(
        &mut self,
        dn: &Dn,
        before: Option<(AgentId, AgentState)>,
        after: Option<(AgentId, AgentState)>,
    ) {
        if let Some((agent, _)) = before
            && self.dn_of.get(&agent) == Some(dn)
        {
            self.dn_of.remove(&agent);
        }
        if let Some((agent, _)) = after {
            self.dn_of.insert(agent, dn.clone());
        }
    }
}

impl Seat {
    fn status(&self) -> AgentStatus {
        match &self.agent {
            None | Some((_, AgentState::LoggedOut)) => AgentStatus::LoggedOut,
            Some(_) if !self.calls.is_empty() => AgentStatus::OnCall,
            Some((_, AgentState::AfterCallWork)) => AgentStatus::AfterCallWork,
            Some((_, AgentState::NotReady)) => AgentStatus::NotReady,
            Some((_, AgentState::Ready)) => AgentStatus::Ready,
        }
    }

    fn learn_call(&mut self, now: Now, name: EventName, call: &CallAttributes) -> Option<Handled> {
        let conn = call.conn;
        match name.part() {
            Part::Begins => {
                self.calls.insert(conn);
                None
            }
            Part::Talks => {
                self.calls.insert(conn);
                if self.agent.is_some() {
                    let queue = call.this_queue.clone();
                    self.talking.entry(conn).or_insert((now.instant, queue));
                }
                None
            }
            Part::Moves => {
                // The same talk goes on under another ConnID.
                if let Some(previous) = call.previous_conn {
                    self.calls.remove(&previous);
                    if let Some(talk) = self.talking.remove(&previous) {
                        self.talking.insert(conn, talk);
                    }
                }
                self.calls.insert(conn);
                None
            }
            Part::Ends => {
                self.calls.remove(&conn);
                let (since, queue) = self.talking.remove(&conn)?;
                self.last_queue.clone_from(&queue);
                Some(Handled { ms: milliseconds(since, now), calls: 1, queue })
            }
            Part::Stays => None,
        }
    }
}

fn milliseconds(since: Instant, now: Now) -> u64 {
    let span = now.instant.saturating_duration_since(since);
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
