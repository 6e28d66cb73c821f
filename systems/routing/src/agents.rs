//! Agents as the switch's events tell of them, and who is available since when.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use model::{
    AgentId, AgentState, Configuration, ConnId, Dn, Event, EventName, Now, ReferenceId, SkillName,
    config::Role, event::Part,
};

use crate::plan::Plan;

/// A DN where calls can be answered, and who sits there.
#[derive(Debug)]
pub struct Seat {
    /// Who is logged in.
    pub agent: Option<AgentId>,
    /// What he or she does.
    pub state: AgentState,
    /// Whether the DN has a phone.
    pub in_service: bool,
    /// Whether the DN takes no calls (do not disturb).
    pub is_dnd: bool,
    /// Calls that ring or are up at the DN.
    pub calls: BTreeSet<ConnId>,
    /// The call that the agent was chosen for.
    pub claim: Option<(ConnId, ReferenceId)>,
    /// Until when the agent is put aside; NotReady ends it too.
    pub aside_until: Option<Instant>,
    /// Since when the agent could take a call.
    pub idle_since: Option<Instant>,
}

impl Default for Seat {
    /// Nobody, and no phone.
    fn default() -> Self {
        Self {
            agent: None,
            state: AgentState::LoggedOut,
            in_service: false,
            is_dnd: false,
            calls: BTreeSet::new(),
            claim: None,
            aside_until: None,
            idle_since: None,
        }
    }
}

impl Seat {
    /// Ready, with a free phone.
    fn is_idle(&self) -> bool {
        self.agent.is_some()
            && self.state == AgentState::Ready
            && self.in_service
            && !self.is_dnd
            && self.calls.is_empty()
    }

    /// Since when a call can be sent here, if it can.
    fn available_since(&self) -> Option<Instant> {
        self.idle_since.filter(|_| self.claim.is_none() && self.aside_until.is_none())
    }
}

/// All seats. Every change passes `change`, which keeps the order of the available ones.
#[derive(Debug, Default)]
pub struct AgentTable {
    seats: BTreeMap<Dn, Seat>,
    available: BTreeSet<(Instant, Dn)>,
    skills: BTreeMap<AgentId, BTreeMap<SkillName, u32>>,
}

impl AgentTable {
    pub fn configure(&mut self, configuration: &Configuration) {
        let agents = configuration.persons.values().filter(|p| p.roles.contains(&Role::Agent));
        self.skills =
            agents.map(|person| (person.employee_id.clone(), person.skills.clone())).collect();
    }

    /// Takes in an event of an extension; says whether its agent has become available.
    pub fn learn(&mut self, now: Now, event: &Event) -> bool {
        let conn = event.call.as_ref().map(|call| call.conn);
        self.change(Some(now), &event.this_dn, |seat| {
            if let Some(agent) = &event.agent {
                seat.agent = Some(agent.agent.clone());
                seat.state = agent.state;
            }
            match event.name.part() {
                Part::Ends => seat.calls.retain(|call| Some(*call) != conn),
                Part::Moves => {
                    let previous = event.call.as_ref().and_then(|call| call.previous_conn);
                    seat.calls.retain(|call| Some(*call) != previous);
                    seat.calls.extend(conn);
                }
                Part::Begins | Part::Talks => {
                    seat.calls.extend(conn);
                    if seat.claim.is_some_and(|(claimed, _)| Some(claimed) == conn) {
                        seat.claim = None;
                    }
                }
                Part::Stays => {}
            }
            if let Some(in_service) = event.name.service() {
                seat.in_service = in_service;
            }
            if event.name == EventName::AgentLogout {
                seat.agent = None;
                seat.state = AgentState::LoggedOut;
            }
            if let EventName::DndOff | EventName::DndOn = event.name {
                seat.is_dnd = event.name == EventName::DndOn;
            }
        })
    }

    /// DNs whose agents are available, longest idle first.
    pub fn available(&self) -> impl Iterator<Item = &Dn> {
        self.available.iter().map(|(_, dn)| dn)
    }

    pub fn is_available(&self, dn: &Dn) -> bool {
        self.seats.get(dn).is_some_and(|seat| seat.available_since().is_some())
    }

    /// Whether the agent at a DN has the skills.
    pub fn suits(&self, dn: &Dn, plan: &Plan) -> bool {
        let skills = self.agent(dn).and_then(|agent| self.skills.get(agent));
        plan.skills.holds(|name| skills.and_then(|all| all.get(name)).copied().unwrap_or(0))
    }

    pub fn agent(&self, dn: &Dn) -> Option<&AgentId> {
        self.seats.get(dn)?.agent.as_ref()
    }

    pub fn seat(&self, dn: &Dn) -> Option<&Seat> {
        self.seats.get(dn)
    }

    pub fn seats(&self) -> impl Iterator<Item = (&Dn, &Seat)> {
        self.seats.iter()
    }

    pub fn claim(&mut self, dn: &Dn, conn: ConnId, reference: ReferenceId) {
        self.change(None, dn, |seat| seat.claim = Some((conn, reference)));
    }

    pub fn unclaim(&mut self, dn: &Dn, conn: ConnId) {
        self.change(None, dn, |seat| seat.claim = seat.claim.filter(|(of, _)| *of != conn));
    }

    /// Says whether the agent has become available, as do the others that can make it so.
    pub fn end_claim(&mut self, dn: &Dn, reference: ReferenceId) -> bool {
        self.change(None, dn, |seat| seat.claim = seat.claim.filter(|(_, by)| *by != reference))
    }

    pub fn put_aside(&mut self, dn: &Dn, until: Instant) {
        self.change(None, dn, |seat| seat.aside_until = seat.aside_until.max(Some(until)));
    }

    pub fn take_back(&mut self, now: Now, dn: &Dn) -> bool {
        self.change(None, dn, |seat| {
            seat.aside_until = seat.aside_until.filter(|until| *until > now.instant);
        })
    }

    /// Without `now` nobody becomes idle: claims and being put aside don't reset idle times.
    fn change(&mut self, now: Option<Now>, dn: &Dn, apply: impl FnOnce(&mut Seat)) -> bool {
        let seat = self.seats.entry(dn.clone()).or_default();
        let before = seat.available_since();
        apply(seat);
        if seat.state != AgentState::Ready {
            seat.aside_until = None;
        }
        if !seat.is_idle() {
            seat.idle_since = None;
        } else if seat.idle_since.is_none() {
            seat.idle_since = now.map(|now| now.instant);
        }
        let after = seat.available_since();
        if before != after {
            if let Some(since) = before {
                self.available.remove(&(since, dn.clone()));
            }
            if let Some(since) = after {
                self.available.insert((since, dn.clone()));
            }
        }
        before.is_none() && after.is_some()
    }
}
