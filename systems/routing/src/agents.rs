//! Agents as the switch's events tell of them, and who is available since when.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use model::{
    AgentId, AgentState, Configuration, ConnId, Dn, Event, EventName, Now, ReferenceId, SkillName,
    config::{Membership, Person, Role},
    event::Part,
    id::GroupName,
};

use crate::{
    plan::{Members, Team},
    teams::{Free, TeamTable},
};

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
    /// Whether the DN's calls are forwarded: nobody there is waiting for one.
    pub is_forwarded: bool,
    /// Calls that ring or are up at the DN.
    pub calls: BTreeSet<ConnId>,
    /// The call that the agent was chosen for.
    pub claim: Option<(ConnId, ReferenceId)>,
    /// Until when the agent is put aside; NotReady ends it too.
    pub aside_until: Option<Instant>,
    /// Since when the agent could take a call.
    pub idle_since: Option<Instant>,
    /// Since when the agent is logged in, as far as is known.
    pub logged_in: Option<Instant>,
    /// Since when there are calls at the DN.
    pub busy_since: Option<Instant>,
    /// How long there were, since the log-in, without those that are there now.
    pub busy: Duration,
    /// The number of the last call that the router chose the agent for.
    pub last_sent: u64,
}

impl Default for Seat {
    /// Nobody, and no phone.
    fn default() -> Self {
        Self {
            agent: None,
            state: AgentState::LoggedOut,
            in_service: false,
            is_dnd: false,
            is_forwarded: false,
            calls: BTreeSet::new(),
            claim: None,
            aside_until: None,
            idle_since: None,
            logged_in: None,
            busy_since: None,
            busy: Duration::ZERO,
            last_sent: 0,
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
            && !self.is_forwarded
            && self.calls.is_empty()
    }

    /// The share of the time since the log-in that was spent on calls, in millionths.
    pub fn occupancy(&self, now: Now) -> u64 {
        let since = |at: Option<Instant>| {
            at.map_or(Duration::ZERO, |at| now.instant.saturating_duration_since(at))
        };
        let busy = (self.busy + since(self.busy_since)).as_millis();
        let all = since(self.logged_in).as_millis().max(1);
        u64::try_from(busy * 1_000_000 / all).unwrap_or(u64::MAX)
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
    people: BTreeMap<AgentId, Abilities>,
    teams: TeamTable,
    sent: u64,
    /// How long agents are busy with a call, in milliseconds: the mean, of which the last calls
    /// make out the most.
    handle_time_ms: Option<u64>,
}

/// What of an agent's person counts here.
#[derive(Debug, Default)]
struct Abilities {
    skills: BTreeMap<SkillName, u32>,
    groups: BTreeSet<GroupName>,
}

impl Abilities {
    fn level(&self, skill: &str) -> u32 {
        self.skills.get(skill).copied().unwrap_or(0)
    }
}

impl AgentTable {
    pub fn configure(&mut self, configuration: &Configuration) {
        self.teams.forget();
        let groups: Vec<(&GroupName, Membership)> = configuration
            .agent_groups
            .iter()
            .filter_map(|(name, group)| Some((name, group.membership().ok()?)))
            .collect();
        let agents = configuration.persons.values().filter(|p| p.roles.contains(&Role::Agent));
        let abilities = |person: &Person| Abilities {
            skills: person.skills.clone(),
            groups: groups
                .iter()
                .filter(|(_, members)| members.has(person))
                .map(|(name, _)| (*name).clone())
                .collect(),
        };
        self.people =
            agents.map(|person| (person.employee_id.clone(), abilities(person))).collect();
    }

    /// Takes in an event of an extension; says whether its agent has become available.
    pub fn learn(&mut self, now: Now, event: &Event) -> bool {
        let conn = event.call.as_ref().map(|call| call.conn);
        let busy_since = self.seats.get(&event.this_dn).and_then(|seat| seat.busy_since);
        let becomes_free = self.change(Some(now), &event.this_dn, |seat| {
            if let Some(agent) = &event.agent {
                if seat.agent.as_ref() != Some(&agent.agent) {
                    seat.logged_in = Some(now.instant);
                    seat.busy = Duration::ZERO;
                    seat.busy_since = seat.busy_since.map(|_| now.instant);
                }
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
            match (seat.busy_since, seat.calls.is_empty()) {
                (Some(since), true) => {
                    seat.busy += now.instant.saturating_duration_since(since);
                    seat.busy_since = None;
                }
                (None, false) => seat.busy_since = Some(now.instant),
                (Some(_), false) | (None, true) => {}
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
            if let EventName::ForwardCancel | EventName::ForwardSet = event.name {
                seat.is_forwarded = event.name == EventName::ForwardSet;
            }
        });
        let is_busy = |seat: &Seat| seat.busy_since.is_some();
        if let Some(since) = busy_since
            && event.name == EventName::Released
            && !self.seats.get(&event.this_dn).is_some_and(is_busy)
        {
            self.note_handle_time(now.instant.saturating_duration_since(since));
        }
        becomes_free
    }

    /// How long an agent is busy with a call, in seconds.
    pub fn handle_time_s(&self) -> i64 {
        let mean = self.handle_time_ms.map_or(HANDLE_TIME_S, |ms| ms.div_ceil(1000));
        i64::try_from(mean).unwrap_or(i64::MAX)
    }

    fn note_handle_time(&mut self, busy: Duration) {
        let busy = u64::try_from(busy.as_millis()).unwrap_or(u64::MAX);
        self.handle_time_ms = Some(match self.handle_time_ms {
            Some(mean) => {
                (mean.saturating_mul(HANDLE_TIMES - 1).saturating_add(busy)) / HANDLE_TIMES
            }
            None => busy,
        });
    }

    /// DNs whose agents are available, longest idle first.
    pub fn available(&self) -> impl Iterator<Item = &Dn> {
        self.available.iter().map(|(_, dn)| dn)
    }

    pub fn is_available(&self, dn: &Dn) -> bool {
        self.seats.get(dn).is_some_and(|seat| seat.available_since().is_some())
    }

    /// Works a team out, unless it is known.
    pub fn know(&mut self, team: &Team) {
        if self.teams.is_known(team) {
            return;
        }
        let people = self.people.iter().filter(|(agent, person)| belongs(agent, person, team));
        let members = people.map(|(agent, _)| agent.clone()).collect();
        let seats = &self.seats;
        let free = self
            .available
            .iter()
            .filter_map(|free| Some((seats.get(&free.1)?.agent.clone()?, free.clone())));
        self.teams.know(team, members, free);
    }

    /// The free agents of a team, longest idle first.
    pub fn free_of<'a>(&'a self, team: &'a Team) -> Box<dyn Iterator<Item = &'a Free> + 'a> {
        match self.teams.free_of(team) {
            Some(free) => Box::new(free.iter()),
            None => Box::new(self.available.iter().filter(|(_, dn)| self.suits(dn, team))),
        }
    }

    /// Whether the agent at a DN belongs to a team.
    pub fn suits(&self, dn: &Dn, team: &Team) -> bool {
        let Some(agent) = self.agent(dn) else { return false };
        if let Some(has) = self.teams.has(team, agent) {
            return has;
        }
        let person = self.people.get(agent);
        person.is_some_and(|person| belongs(agent, person, team))
    }

    /// How good the agent at a DN is at what a team is asked for: the sum of those levels.
    pub fn levels(&self, dn: &Dn, team: &Team) -> u64 {
        let person = self.agent(dn).and_then(|agent| self.people.get(agent));
        let (Some(person), Some(skills)) = (person, team.skills()) else { return 0 };
        skills.skills().into_iter().map(|name| u64::from(person.level(name))).sum()
    }

    /// The DN where an agent is logged in.
    pub fn dn_of(&self, agent: &AgentId) -> Option<&Dn> {
        self.seats.iter().find(|(_, seat)| seat.agent.as_ref() == Some(agent)).map(|(dn, _)| dn)
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
        self.sent += 1;
        let sent = self.sent;
        self.change(None, dn, |seat| {
            seat.claim = Some((conn, reference));
            seat.last_sent = sent;
        });
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
        let (before, agent_before) = (seat.available_since(), seat.agent.clone());
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
        if before != after || seat.agent != agent_before {
            if let Some(since) = before {
                let free = (since, dn.clone());
                if let Some(agent) = &agent_before {
                    self.teams.lose(agent, &free);
                }
                self.available.remove(&free);
            }
            if let Some(since) = after {
                let free = (since, dn.clone());
                if let Some(agent) = &seat.agent {
                    self.teams.gain(agent, &free);
                }
                self.available.insert(free);
            }
        }
        before.is_none() && after.is_some()
    }
}

/// Whether a person belongs to a team.
fn belongs(agent: &AgentId, person: &Abilities, team: &Team) -> bool {
    match &team.who {
        Members::Agent(one) => one == agent,
        Members::Group(name) => person.groups.contains(name),
        Members::Skills(skills) => skills.holds(|name| person.level(name)),
    }
}

/// What is assumed before the first call is over.
const HANDLE_TIME_S: u64 = 180;
/// The mean follows about so many calls.
const HANDLE_TIMES: u64 = 50;
