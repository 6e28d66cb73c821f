//! What each agent does, and how long calls and the work after them take.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use model::{
    AgentId, AgentState, ConnId, Dn, Event, EventName, Now,
    event::{CallAttributes, Part},
};

use crate::hour::Fact;

/// An agent's status: the highest of what goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// AfterCallWork.
    AfterCallWork,
    /// LoggedOut.
    LoggedOut,
    /// NotReadyForNextCall.
    NotReady,
    /// Any Call…
    OnCall,
    /// WaitForNextCall.
    Ready,
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
    /// Since when an agent talks.
    talking_since: BTreeMap<ConnId, Instant>,
}

/// All DNs that are no queues.
#[derive(Debug, Default)]
pub struct AgentTable {
    seats: BTreeMap<Dn, Seat>,
    dn_of: BTreeMap<AgentId, Dn>,
}

impl AgentTable {
    /// Takes in an event; says what is to be counted.
    pub fn learn(&mut self, now: Now, event: &Event) -> Vec<Fact> {
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
        if let Some(call) = &event.call {
            facts.extend(seat.learn_call(now, event.name, call));
        }
        let works = seat.agent.as_ref().is_some_and(|(_, s)| *s == AgentState::AfterCallWork);
        match (seat.working_since, works) {
            (None, true) => seat.working_since = Some(now.instant),
            (Some(since), false) => {
                facts.push(Fact::Handled { ms: milliseconds(since, now), calls: 0 });
                seat.working_since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
        let after = seat.agent.clone();
        self.move_agent(&event.this_dn, before, after);
        facts
    }

    pub fn status(&self, agent: &AgentId) -> Status {
        let seat = self.dn_of.get(agent).and_then(|dn| self.seats.get(dn));
        let Some((seat, (_, state))) = seat.and_then(|seat| Some((seat, seat.agent.as_ref()?)))
        else {
            return Status::LoggedOut;
        };
        if !seat.calls.is_empty() {
            return Status::OnCall;
        }
        match state {
            AgentState::AfterCallWork => Status::AfterCallWork,
            AgentState::LoggedOut => Status::LoggedOut,
            AgentState::NotReady => Status::NotReady,
            AgentState::Ready => Status::Ready,
        }
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
    fn learn_call(&mut self, now: Now, name: EventName, call: &CallAttributes) -> Option<Fact> {
        let conn = call.conn;
        match name.part() {
            Part::Begins => {
                self.calls.insert(conn);
                None
            }
            Part::Talks => {
                self.calls.insert(conn);
                if self.agent.is_some() {
                    self.talking_since.entry(conn).or_insert(now.instant);
                }
                None
            }
            Part::Moves => {
                // The same talk goes on under another ConnID.
                if let Some(previous) = call.previous_conn {
                    self.calls.remove(&previous);
                    if let Some(since) = self.talking_since.remove(&previous) {
                        self.talking_since.insert(conn, since);
                    }
                }
                self.calls.insert(conn);
                None
            }
            Part::Ends => {
                self.calls.remove(&conn);
                let since = self.talking_since.remove(&conn)?;
                Some(Fact::Handled { ms: milliseconds(since, now), calls: 1 })
            }
            Part::Stays => None,
        }
    }
}

fn milliseconds(since: Instant, now: Now) -> u64 {
    let span = now.instant.saturating_duration_since(since);
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
