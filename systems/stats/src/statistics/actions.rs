//! From events to actions: what goes on, and what happened, at each object that a statistic can
//! be about.
//!
//! - Actions at a phone's DN are those of its place too, and of the agent who is logged in there,
//!   from login to logout: what goes on at the login begins then for the agent, and what goes on
//!   at the logout ends then.
//! - A hold does not end the call that is held: both go on.
//! - Actions at a route point are those of the virtual queue too that its strategy feeds. A wait
//!   begins when the call first came in (`QueuedAt`); a call that comes back does not enter anew.
//! - A call is answered at its queue when a phone that rang for it takes it, and abandoned when
//!   its caller gives up before.
//! - Events that come twice, or at the wrong time, change nothing.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use model::{
    AgentId, AgentState, CallState, CallType, Configuration, ConnId, Dn, Event, EventName,
    config::DnKind,
    event::{CallAttributes, Part},
    stat::{Action, ObjectType, StatObject},
};
use serde::{Deserialize, Serialize};

use crate::statistics::{call_facts::CallFacts, pairs};

/// Something that a counter is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fact {
    /// A durable action began at an object.
    Began { source: StatObject, item: u64, running: Running },
    /// One ended, in a way that counts.
    Ended { source: StatObject, item: u64 },
    /// A momentary action; its length in milliseconds.
    Happened { source: StatObject, action: Action, ms: u64, call: Option<Arc<CallFacts>> },
    /// An agent logged in.
    LoggedIn { source: StatObject },
    /// The object has another status.
    Status { source: StatObject, status: Action },
}

/// A durable action that goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Running {
    pub action: Action,
    /// In milliseconds.
    pub since: u64,
    pub call: Option<Arc<CallFacts>>,
}

/// What goes on at each object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Actions {
    #[serde(skip)]
    configuration: Arc<Configuration>,
    #[serde(with = "pairs")]
    phones: BTreeMap<Dn, Phone>,
    #[serde(with = "pairs")]
    waits: BTreeMap<(Dn, u64), Wait>,
    #[serde(with = "pairs")]
    memory: BTreeMap<u64, Memory>,
    /// Calls in `memory`, in the order in which they came.
    order: VecDeque<u64>,
    #[serde(with = "pairs")]
    objects: BTreeMap<StatObject, Object>,
    last_item: u64,
    #[serde(skip)]
    facts: Vec<Fact>,
    /// Objects whose status is to be looked at when the event is done with.
    #[serde(skip)]
    touched: BTreeSet<StatObject>,
}

/// All at one object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Object {
    pub items: BTreeMap<u64, Running>,
    /// The highest of what goes on, and since when.
    status: Option<(Action, u64)>,
}

/// A durable action with every object that it goes on at.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Item {
    id: u64,
    action: Action,
    since: u64,
    call: Option<Arc<CallFacts>>,
    at: Vec<StatObject>,
}

/// A DN that is no queue.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Phone {
    agent: Option<(AgentId, AgentState)>,
    /// LoggedIn, and what the agent does besides calls.
    login: Option<Item>,
    state: Option<Item>,
    #[serde(with = "pairs")]
    calls: BTreeMap<u64, Item>,
    #[serde(with = "pairs")]
    holds: BTreeMap<u64, Item>,
}

/// A call at a route point.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wait {
    item: Item,
    treatment: Option<Item>,
}

/// What is remembered of a call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Memory {
    /// The queues that it entered.
    entered: BTreeSet<StatObject>,
    /// The queues that it was at last and since when it waits, until it is answered or gone.
    queues: Option<(Vec<StatObject>, u64)>,
}

impl Actions {
    /// The site is another; what goes on keeps the objects where it began.
    pub fn configure(&mut self, configuration: Arc<Configuration>) {
        self.configuration = configuration;
    }

    /// What goes on at an object.
    pub fn object(&self, source: &StatObject) -> Option<&Object> {
        self.objects.get(source)
    }

    /// The status of an object and since when, where known.
    pub fn status(&self, source: &StatObject) -> (Action, Option<u64>) {
        match self.objects.get(source).and_then(|object| object.status) {
            Some((status, since)) => (status, Some(since)),
            None => (idle(source), None),
        }
    }

    /// Takes in an event at a time in milliseconds; says what that was.
    pub fn learn(&mut self, at: u64, event: &Event) -> Vec<Fact> {
        let dn = &event.this_dn;
        let kind = self.configuration.dns.get(dn).map(|object| &object.kind);
        let is_queue = matches!(kind, Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue));
        if is_queue {
            if let Some(call) = &event.call {
                self.learn_at_queue(at, event, call);
            }
        } else {
            let mut phone = self.phones.remove(dn).unwrap_or_default();
            if let Some(call) = &event.call {
                self.learn_call(at, event, call, &mut phone);
            }
            self.learn_agent(at, event, &mut phone);
            if event.name == EventName::UserEvent {
                let call = event.call.as_ref().map(CallFacts::of);
                self.happened(&self.objects_of(dn, &phone), Action::UserEvent, 0, call.as_ref());
            }
            self.phones.insert(dn.clone(), phone);
        }
        for source in std::mem::take(&mut self.touched) {
            self.tell_status(at, &source);
        }
        std::mem::take(&mut self.facts)
    }

    /// The program was away: no call and no login of before is there any more. Everything ends
    /// at `at` without counting.
    pub fn forget_running(&mut self) {
        self.phones.clear();
        self.waits.clear();
        self.memory.clear();
        self.order.clear();
        self.objects.clear();
    }

    fn learn_call(&mut self, at: u64, event: &Event, call: &CallAttributes, phone: &mut Phone) {
        let (dn, conn) = (&event.this_dn, call.conn.0);
        match event.name.part() {
            Part::Begins => {
                let action = match event.name {
                    EventName::Dialing => Action::CallDialing,
                    EventName::Ringing => Action::CallRinging,
                    _ => return,
                };
                if !phone.calls.contains_key(&conn) {
                    let item = self.begin(at, action, &self.objects_of(dn, phone), Some(call));
                    phone.calls.insert(conn, item);
                }
            }
            Part::Talks => self.talk(at, dn, call, phone),
            Part::Moves => self.move_call(at, event, call, phone),
            Part::Ends => self.end_call(at, event, call, phone),
            Part::Stays => match event.name {
                EventName::Held => {
                    let talks = phone.calls.get(&conn).is_some_and(|item| is_talk(item.action));
                    if talks && !phone.holds.contains_key(&conn) {
                        let at_all = self.objects_of(dn, phone);
                        let item = self.begin(at, Action::CallOnHold, &at_all, Some(call));
                        phone.holds.insert(conn, item);
                    }
                }
                EventName::Retrieved => {
                    if let Some(hold) = phone.holds.remove(&conn) {
                        self.end(&hold);
                    }
                }
                _ => {}
            },
        }
    }

    fn talk(&mut self, at: u64, dn: &Dn, call: &CallAttributes, phone: &mut Phone) {
        let before = phone.calls.remove(&call.conn.0);
        if let Some(item) = before {
            if is_talk(item.action) {
                phone.calls.insert(call.conn.0, item);
                return;
            }
            self.end(&item);
            if item.action == Action::CallRinging {
                let facts = CallFacts::of(call);
                let ms = at.saturating_sub(item.since);
                self.happened(&item.at, Action::CallAnswered, ms, Some(&facts));
                if let Some((queues, since)) = self.leave_queues(call.conn.0) {
                    let ms = at.saturating_sub(since);
                    self.happened(&queues, Action::CallAnswered, ms, Some(&facts));
                }
            }
        }
        let at_all = self.objects_of(dn, phone);
        let item = self.begin(at, talk_of(call.call_type), &at_all, Some(call));
        phone.calls.insert(call.conn.0, item);
    }

    /// The same talk goes on under another ConnID, perhaps as a call of another type.
    fn move_call(&mut self, at: u64, event: &Event, call: &CallAttributes, phone: &mut Phone) {
        let Some(ConnId(previous)) = call.previous_conn else { return };
        if let Some(hold) = phone.holds.remove(&previous) {
            self.end(&hold);
        }
        let Some(item) = phone.calls.remove(&previous) else { return };
        let at_all = item.at.clone();
        if is_talk(item.action) && item.action != talk_of(call.call_type) {
            self.end(&item);
            let item = self.begin(at, talk_of(call.call_type), &at_all, Some(call));
            self.replace(phone, call.conn.0, item);
        } else {
            self.replace(phone, call.conn.0, item);
        }
        let action = match call.call_state {
            CallState::Transferred => Action::CallTransferTaken,
            CallState::Conferenced => Action::CallConferenceJoined,
            _ => return,
        };
        let facts = event.call.as_ref().map(CallFacts::of);
        self.happened(&at_all, action, 0, facts.as_ref());
    }

    /// Puts an item in a call's place; one that was there ends.
    fn replace(&mut self, phone: &mut Phone, conn: u64, item: Item) {
        if let Some(other) = phone.calls.insert(conn, item) {
            self.end(&other);
        }
    }

    fn end_call(&mut self, at: u64, event: &Event, call: &CallAttributes, phone: &mut Phone) {
        if let Some(hold) = phone.holds.remove(&call.conn.0) {
            self.end(&hold);
        }
        let Some(item) = phone.calls.remove(&call.conn.0) else { return };
        self.end(&item);
        let facts = CallFacts::of(call);
        let ms = at.saturating_sub(item.since);
        let mut happened = |action| self.happened(&item.at, action, ms, Some(&facts));
        if item.action == Action::CallRinging {
            let gave_up = event.name == EventName::Abandoned;
            happened(match gave_up {
                true => Action::CallAbandonedFromRinging,
                false => Action::CallForwarded,
            });
            happened(Action::CallMissed);
            let counts = gave_up && !is_end_by_the_site(call.call_state);
            if counts && let Some((queues, since)) = self.leave_queues(call.conn.0) {
                let ms = at.saturating_sub(since);
                self.happened(&queues, Action::CallAbandoned, ms, Some(&facts));
            }
        } else if is_talk(item.action) {
            happened(Action::CallReleased);
            let is_consult = item.action == Action::CallConsult;
            match call.call_state {
                CallState::Transferred if !is_consult => happened(Action::CallTransferMade),
                CallState::Conferenced if is_consult => happened(Action::CallConferenceMade),
                _ => {}
            }
        }
    }

    fn learn_agent(&mut self, at: u64, event: &Event, phone: &mut Phone) {
        let dn = &event.this_dn;
        let after = match (&event.agent, event.name) {
            (_, EventName::AgentLogout) => None,
            (Some(agent), _) if agent.state == AgentState::LoggedOut => None,
            (Some(agent), _) => Some((agent.agent.clone(), agent.state)),
            (None, _) => phone.agent.clone(),
        };
        if after == phone.agent {
            return;
        }
        let is_same_agent = match (&phone.agent, &after) {
            (Some((before, _)), Some((after, _))) => before == after,
            (Some(_) | None, Some(_) | None) => false,
        };
        if let Some(state) = phone.state.take() {
            self.end(&state);
            if state.action == Action::AfterCallWork {
                let ms = at.saturating_sub(state.since);
                self.happened(&state.at, Action::ACWCompleted, ms, None);
            }
        }
        if !is_same_agent {
            self.change_agent(at, dn, phone, after.clone());
        }
        phone.agent = after;
        if let Some((_, state)) = &phone.agent {
            let action = match state {
                AgentState::AfterCallWork => Action::AfterCallWork,
                AgentState::NotReady => Action::NotReadyForNextCall,
                AgentState::LoggedOut | AgentState::Ready => Action::WaitForNextCall,
            };
            phone.state = Some(self.begin(at, action, &self.objects_of(dn, phone), None));
        }
    }

    /// Another agent is at the phone, or none.
    fn change_agent(
        &mut self,
        at: u64,
        dn: &Dn,
        phone: &mut Phone,
        after: Option<(AgentId, AgentState)>,
    ) {
        if let Some(login) = phone.login.take() {
            self.end(&login);
        }
        if let Some((before, _)) = phone.agent.take() {
            let source = agent_object(&before);
            for item in phone.calls.values_mut().chain(phone.holds.values_mut()) {
                if item.at.contains(&source) {
                    item.at.retain(|at| *at != source);
                    self.end_at(item.id, &source);
                }
            }
        }
        let Some((agent, _)) = &after else { return };
        let source = agent_object(agent);
        self.facts.push(Fact::LoggedIn { source: source.clone() });
        phone.agent = after;
        for item in phone.calls.values_mut().chain(phone.holds.values_mut()) {
            item.at.push(source.clone());
            let running = Running { action: item.action, since: at, call: item.call.clone() };
            self.begin_at(item.id, &source, running);
        }
        phone.login = Some(self.begin(at, Action::LoggedIn, &self.objects_of(dn, phone), None));
    }

    fn learn_at_queue(&mut self, at: u64, event: &Event, call: &CallAttributes) {
        let key = (event.this_dn.clone(), call.conn.0);
        match event.name {
            EventName::Queued if self.waits.contains_key(&key) => {}
            EventName::Queued => self.enter(at, event, call),
            EventName::TreatmentApplied => {
                let Some(mut wait) = self.waits.remove(&key) else { return };
                if wait.treatment.is_none() {
                    let at_all = wait.item.at.clone();
                    let treatment = self.begin(at, Action::CallTreatment, &at_all, Some(call));
                    wait.treatment = Some(treatment);
                }
                self.waits.insert(key, wait);
            }
            EventName::TreatmentEnd => {
                let treatment = self.waits.get_mut(&key).and_then(|wait| wait.treatment.take());
                if let Some(treatment) = treatment {
                    self.end(&treatment);
                }
            }
            EventName::Abandoned | EventName::Diverted | EventName::Released => {
                self.leave(at, event, call, &key);
            }
            _ => {}
        }
    }

    fn enter(&mut self, at: u64, event: &Event, call: &CallAttributes) {
        let conn = call.conn.0;
        let sources = self.queues_of(&event.this_dn);
        let queued_at = event.extensions.int("QueuedAt").and_then(|ms| u64::try_from(ms).ok());
        let since = queued_at.map_or(at, |since| since.min(at));
        let item = self.begin(since, Action::CallWait, &sources, Some(call));
        self.waits.insert((event.this_dn.clone(), conn), Wait { item, treatment: None });
        let memory = self.remember(conn);
        let new = sources.iter().filter(|source| memory.entered.insert((*source).clone()));
        let new: Vec<StatObject> = new.cloned().collect();
        memory.queues = Some((sources, since));
        self.happened(&new, Action::CallEntered, 0, Some(&CallFacts::of(call)));
    }

    fn leave(&mut self, at: u64, event: &Event, call: &CallAttributes, key: &(Dn, u64)) {
        let Some(Wait { item, treatment }) = self.waits.remove(key) else { return };
        if let Some(treatment) = treatment {
            self.end(&treatment);
        }
        self.end(&item);
        let action = match event.name {
            EventName::Diverted => {
                let target = call.third_party.as_ref().map(|(target, _)| target);
                let kind = target.and_then(|dn| self.configuration.dns.get(dn));
                match kind.map(|object| &object.kind) {
                    Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue) => Action::CallCleared,
                    Some(DnKind::Extension { .. }) | None => Action::CallDistributed,
                }
            }
            EventName::Abandoned if !is_end_by_the_site(call.call_state) => Action::CallAbandoned,
            _ => Action::CallCleared,
        };
        if action != Action::CallDistributed {
            self.leave_queues(call.conn.0);
        }
        let ms = at.saturating_sub(item.since);
        self.happened(&item.at, action, ms, Some(&CallFacts::of(call)));
    }

    fn remember(&mut self, conn: u64) -> &mut Memory {
        if !self.memory.contains_key(&conn) {
            self.order.push_back(conn);
            if self.order.len() > REMEMBERED_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.memory.remove(&oldest);
            }
        }
        self.memory.entry(conn).or_default()
    }

    fn leave_queues(&mut self, conn: u64) -> Option<(Vec<StatObject>, u64)> {
        self.memory.get_mut(&conn)?.queues.take()
    }

    fn begin(
        &mut self,
        since: u64,
        action: Action,
        at_all: &[StatObject],
        call: Option<&CallAttributes>,
    ) -> Item {
        self.last_item += 1;
        let (id, call) = (self.last_item, call.map(CallFacts::of));
        for source in at_all {
            let running = Running { action, since, call: call.clone() };
            self.begin_at(id, source, running);
        }
        Item { id, action, since, call, at: at_all.to_vec() }
    }

    fn begin_at(&mut self, item: u64, source: &StatObject, running: Running) {
        let object = self.objects.entry(source.clone()).or_default();
        object.items.insert(item, running.clone());
        self.facts.push(Fact::Began { source: source.clone(), item, running });
        self.touched.insert(source.clone());
    }

    fn end(&mut self, item: &Item) {
        for source in &item.at {
            self.end_at(item.id, source);
        }
    }

    fn end_at(&mut self, item: u64, source: &StatObject) {
        if let Some(object) = self.objects.get_mut(source) {
            object.items.remove(&item);
        }
        self.facts.push(Fact::Ended { source: source.clone(), item });
        self.touched.insert(source.clone());
    }

    fn tell_status(&mut self, at: u64, source: &StatObject) {
        let Some(object) = self.objects.get_mut(source) else { return };
        let highest = object.items.values().map(|running| running.action);
        let highest = highest.filter(|action| *action <= Action::LoggedOut).max();
        let status = highest.unwrap_or(idle(source));
        let before = object.status.map_or(idle(source), |(status, _)| status);
        if before != status {
            object.status = Some((status, at));
            self.facts.push(Fact::Status { source: source.clone(), status });
        }
    }

    fn happened(
        &mut self,
        sources: &[StatObject],
        action: Action,
        ms: u64,
        call: Option<&Arc<CallFacts>>,
    ) {
        for source in sources {
            let (source, call) = (source.clone(), call.cloned());
            self.facts.push(Fact::Happened { source, action, ms, call });
        }
    }

    /// The objects whose actions a phone's are.
    fn objects_of(&self, dn: &Dn, phone: &Phone) -> Vec<StatObject> {
        let mut objects = vec![StatObject::new(ObjectType::RegDN, dn.as_str())];
        let places = self.configuration.places.iter().filter(|(_, place)| place.dns.contains(dn));
        objects.extend(places.map(|(name, _)| StatObject::new(ObjectType::Place, name.as_str())));
        objects.extend(phone.agent.iter().map(|(agent, _)| agent_object(agent)));
        objects
    }

    fn queues_of(&self, dn: &Dn) -> Vec<StatObject> {
        let queue = |dn: &Dn| StatObject::new(ObjectType::Queue, dn.as_str());
        match self.configuration.dns.get(dn).map(|object| &object.kind) {
            Some(DnKind::RoutePoint { strategy, .. }) => {
                let feeds = self.configuration.strategies.get(strategy);
                let fed = feeds.and_then(|strategy| strategy.virtual_queue.as_ref());
                let here = StatObject::new(ObjectType::RoutePoint, dn.as_str());
                [here].into_iter().chain(fed.map(queue)).collect()
            }
            Some(DnKind::VirtualQueue) => vec![queue(dn)],
            Some(DnKind::Extension { .. }) | None => Vec::new(),
        }
    }
}

fn agent_object(agent: &AgentId) -> StatObject {
    StatObject::new(ObjectType::Agent, agent.as_str())
}

/// The status of an object where nothing goes on.
fn idle(source: &StatObject) -> Action {
    match source.kind {
        ObjectType::Agent | ObjectType::GroupAgents => Action::LoggedOut,
        ObjectType::Place | ObjectType::Queue | ObjectType::RegDN | ObjectType::RoutePoint => {
            Action::OnHook
        }
    }
}

fn is_talk(action: Action) -> bool {
    (Action::CallUnknown..=Action::CallInbound).contains(&action)
}

fn talk_of(call_type: CallType) -> Action {
    match call_type {
        CallType::Consult => Action::CallConsult,
        CallType::Inbound => Action::CallInbound,
        CallType::Internal => Action::CallInternal,
        CallType::Outbound => Action::CallOutbound,
        CallType::Unknown => Action::CallUnknown,
    }
}

/// EventAbandoned tells of calls too that were cleared or had no place.
fn is_end_by_the_site(state: CallState) -> bool {
    matches!(state, CallState::Cleared | CallState::Overflowed)
}

/// Calls that are remembered as entered: several times what is up at one time.
const REMEMBERED_MAX: usize = 20_000;
