//! Statistics that clients open: kept up to date from the switch's events, told when they change
//! or when it is time.
//!
//! Two openings of the same definition share one counter, and a counter is kept for a while after
//! its last opening is closed, so a client that comes back finds it as it would have been. A
//! snapshot holds all counters; openings belong to connections and end with the program.
//!
//! Lengths are measured by the monotonic clock, so setting the wall clock lengthens no call.
//! Growing windows begin anew by the wall clock.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    Configuration, Event, Now, ReferenceId,
    config::{DnKind, Role},
    stat::{
        Definition, Insensitivity, Notification, ObjectType, StatClient, StatError, StatObject,
        StatValue, ready_made::Catalogue,
    },
};
use serde::{Deserialize, Serialize};

use crate::statistics::{
    actions::{Actions, Fact},
    counter::Counter,
    resets::Resets,
};

mod actions;
mod asking;
mod call_facts;
mod counter;
mod pairs;
mod resets;
mod standing;
mod window;

/// A value for whoever opened the statistic.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Who opened it.
    pub client: StatClient,
    /// Under which number.
    pub reference: ReferenceId,
    /// The value.
    pub value: StatValue,
    /// When it was so, in milliseconds since 1970 UTC.
    pub at_ms: u64,
}

/// Every counter, to be written down and taken up again by [`Statistics::restore`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    at: u64,
    /// What the wall clock was ahead of it.
    ahead: i64,
    actions: Actions,
    #[serde(with = "pairs")]
    counters: BTreeMap<u64, Arc<Counter>>,
    last_counter: u64,
}

/// What is there of what went on when a snapshot was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// All of it: the switch found its calls and logins again.
    WithCalls,
    /// Nothing: it ended with the program, uncounted.
    WithoutCalls,
}

/// The engine.
#[derive(Debug, Default)]
pub struct Statistics {
    configuration: Arc<Configuration>,
    catalogue: Catalogue,
    actions: Actions,
    clock: Clock,
    /// Shared with a snapshot that is being written; a counter is copied when it goes on.
    counters: BTreeMap<u64, Arc<Counter>>,
    last_counter: u64,
    by_definition: BTreeMap<Definition, u64>,
    /// Which counters each object's facts belong to.
    by_source: BTreeMap<StatObject, BTreeSet<u64>>,
    openings: BTreeMap<(StatClient, ReferenceId), Opening>,
    /// Counters that go on although nobody has them open.
    standing: BTreeSet<u64>,
    /// How many openings each counter has, `standing` being one; those without, since when.
    users: BTreeMap<u64, usize>,
    unused: BTreeMap<u64, u64>,
    resets: Resets,
    out: VecDeque<Told>,
    looked_s: u64,
}

/// A statistic as a client has it open.
#[derive(Clone, Debug)]
struct Opening {
    counter: u64,
    notification: Notification,
    /// What was told last.
    told: Option<StatValue>,
    told_at: u64,
    is_suspended: bool,
}

/// The engine's time: the wall clock as it was at first, and from then on the monotonic one.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    start: Option<(Instant, u64)>,
    at: u64,
    /// What the wall clock is ahead of it, in milliseconds.
    ahead: i64,
}

impl Statistics {
    /// Most statistics that one client can have open.
    pub const CLIENT_OPENINGS_MAX: usize = 20_000;
    /// Most statistics that can be open at all.
    pub const OPENINGS_MAX: usize = 100_000;
    /// Most counters, those included that are kept for clients who may come back.
    pub const COUNTERS_MAX: usize = 100_000;
    /// How long a counter is kept that nobody has open.
    pub const UNUSED: Duration = Duration::from_secs(3600);

    /// No statistic is open, and nothing has happened.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The site is another. Groups have other members from now on.
    pub fn configure(&mut self, now: Now, configuration: Arc<Configuration>) {
        self.clock.tell(now);
        self.actions.configure(Arc::clone(&configuration));
        // The directory has told whoever changed the options what is wrong with them.
        (self.catalogue, _) = Catalogue::of(&configuration);
        self.configuration = configuration;
        let all: Vec<u64> = self.counters.keys().copied().collect();
        for id in all {
            self.advance(id);
            let sources = self.counters.get(&id).map(|counter| self.sources(counter));
            if let Some(sources) = sources {
                self.set_sources(id, sources);
            }
        }
    }

    /// Takes in an event of the switch.
    pub fn handle_event(&mut self, now: Now, event: &Event) {
        let (at, ahead) = self.clock.tell(now);
        for fact in self.actions.learn(at, event) {
            let source = match &fact {
                Fact::Began { source, .. }
                | Fact::Ended { source, .. }
                | Fact::Happened { source, .. }
                | Fact::LoggedIn { source }
                | Fact::Status { source, .. } => source,
            };
            for id in self.by_source.get(source).into_iter().flatten() {
                if let Some(counter) = self.counters.get_mut(id).map(Arc::make_mut) {
                    counter.advance(at, ahead, &mut self.resets);
                    counter.learn(&fact);
                }
            }
        }
    }

    /// Opens a statistic for a client; says its value.
    ///
    /// # Errors
    /// When the definition can't be kept, the object is not there, the number is taken, or there
    /// are too many.
    pub fn open(
        &mut self,
        now: Now,
        (client, reference): (StatClient, ReferenceId),
        definition: Definition,
        notification: Notification,
    ) -> Result<StatValue, StatError> {
        let (at, _) = self.clock.tell(now);
        definition.check()?;
        check_notification(notification)?;
        self.check_object(&definition.object)?;
        if self.openings.contains_key(&(client, reference)) {
            return Err(StatError::Open(reference.0));
        }
        let own = self.openings_of(client).count();
        for (of, count, max) in [
            ("statistics of one client", own, Self::CLIENT_OPENINGS_MAX),
            ("statistics", self.openings.len(), Self::OPENINGS_MAX),
        ] {
            if count >= max {
                return Err(StatError::Limit { of: of.into(), max });
            }
        }
        let counter = self.counter(at, definition)?;
        self.hold(counter);
        let value = self.advance(counter).ok_or(StatError::NotOpen(reference.0))?;
        let told = Some(value.clone());
        let opening = Opening { counter, notification, told, told_at: at, is_suspended: false };
        self.openings.insert((client, reference), opening);
        if self.looked_s == 0 {
            self.looked_s = at / SECOND;
        }
        Ok(value)
    }

    /// The value as it is now.
    ///
    /// # Errors
    /// When the client has no such statistic open.
    pub fn peek(
        &mut self,
        now: Now,
        client: StatClient,
        reference: ReferenceId,
    ) -> Result<StatValue, StatError> {
        self.clock.tell(now);
        let counter = self.openings.get(&(client, reference)).map(|opening| opening.counter);
        counter.and_then(|id| self.advance(id)).ok_or(StatError::NotOpen(reference.0))
    }

    /// Tells nothing more until it is resumed; it is counted on.
    ///
    /// # Errors
    /// When the client has no such statistic open.
    pub fn suspend(&mut self, client: StatClient, reference: ReferenceId) -> Result<(), StatError> {
        self.set_suspended(client, reference, true)
    }

    /// Tells it again, and at the next look in any case when it is told by change.
    ///
    /// # Errors
    /// When the client has no such statistic open.
    pub fn resume(&mut self, client: StatClient, reference: ReferenceId) -> Result<(), StatError> {
        self.set_suspended(client, reference, false)
    }

    fn set_suspended(
        &mut self,
        client: StatClient,
        reference: ReferenceId,
        is_suspended: bool,
    ) -> Result<(), StatError> {
        let opening = self.openings.get_mut(&(client, reference));
        let opening = opening.ok_or(StatError::NotOpen(reference.0))?;
        if opening.is_suspended && !is_suspended {
            opening.told = None;
        }
        opening.is_suspended = is_suspended;
        Ok(())
    }

    /// Closes a statistic.
    ///
    /// # Errors
    /// When the client has no such statistic open.
    pub fn close(
        &mut self,
        now: Now,
        client: StatClient,
        reference: ReferenceId,
    ) -> Result<(), StatError> {
        let (at, _) = self.clock.tell(now);
        let opening = self.openings.remove(&(client, reference));
        self.let_go(at, opening.ok_or(StatError::NotOpen(reference.0))?.counter);
        Ok(())
    }

    /// Closes all of a client's statistics.
    pub fn close_all(&mut self, now: Now, client: StatClient) {
        let all: Vec<ReferenceId> = self.openings_of(client).collect();
        for reference in all {
            // It was found open just now.
            _ = self.close(now, client, reference);
        }
    }

    /// Looks at what is to be told; once in each second, however often it is called.
    pub fn look(&mut self, now: Now) {
        let (at, ahead) = self.clock.tell(now);
        if at / SECOND <= self.looked_s {
            return;
        }
        self.looked_s = at / SECOND;
        let wall = at.saturating_add_signed(ahead);
        let mut stale = Vec::new();
        for ((client, reference), opening) in &mut self.openings {
            let Some(counter) = self.counters.get_mut(&opening.counter) else { continue };
            if !counter.is_quiet(at, ahead) {
                Arc::make_mut(counter).advance(at, ahead, &mut self.resets);
            }
            if counter.is_stale {
                stale.push(opening.counter);
            }
            if let Some((value, at_ms)) = opening.due(counter, at, wall) {
                opening.told = Some(value.clone());
                opening.told_at = at;
                let (client, reference) = (*client, *reference);
                self.out.push_back(Told { client, reference, value, at_ms });
            }
        }
        for id in stale {
            if let Some(counter) = self.counters.get_mut(&id) {
                Arc::make_mut(counter).is_stale = false;
            }
        }
        self.drop_unused(at);
    }

    /// When `look` is next of use.
    #[must_use]
    pub fn next_look(&self) -> Option<Instant> {
        if self.openings.is_empty() && self.unused.is_empty() {
            return None;
        }
        let (instant, start) = self.clock.start?;
        let next = (self.looked_s + 1) * SECOND;
        Some(instant + Duration::from_millis(next.saturating_sub(start)))
    }

    /// The next value to be told, oldest first.
    pub fn poll_told(&mut self) -> Option<Told> {
        self.out.pop_front()
    }

    /// All counters as they are now. It takes little time: what is counted is copied only as it
    /// goes on, while the snapshot is there.
    pub fn snapshot(&mut self, now: Now) -> Snapshot {
        let (at, ahead) = self.clock.tell(now);
        Snapshot {
            at,
            ahead,
            actions: self.actions.clone(),
            counters: self.counters.clone(),
            last_counter: self.last_counter,
        }
    }

    /// Goes on from a snapshot. Nobody has a statistic open, but who opens one that was kept
    /// finds what was counted.
    #[must_use]
    pub fn restore(now: Now, snapshot: Snapshot, resumed: Resumed) -> Self {
        let Snapshot { at, ahead, actions, counters, last_counter } = snapshot;
        let clock = Clock { start: None, at, ahead: 0 };
        let mut all = Self { actions, clock, counters, last_counter, ..Self::default() };
        let (now_ms, _) = all.clock.tell(now);
        for (id, counter) in &mut all.counters {
            let counter = Arc::make_mut(counter);
            counter.revive();
            counter.advance(at, ahead, &mut all.resets);
            if resumed == Resumed::WithoutCalls {
                counter.forget_running();
            }
            all.by_definition.insert(counter.definition.clone(), *id);
            all.unused.insert(*id, now_ms);
            for source in &counter.sources {
                all.by_source.entry(source.clone()).or_default().insert(*id);
            }
        }
        if resumed == Resumed::WithoutCalls {
            all.actions.forget_running();
        }
        all
    }

    fn openings_of(&self, client: StatClient) -> impl Iterator<Item = ReferenceId> {
        let own = (client, ReferenceId(0))..=(client, ReferenceId(u64::MAX));
        self.openings.range(own).map(|((_, reference), _)| *reference)
    }

    fn hold(&mut self, id: u64) {
        *self.users.entry(id).or_default() += 1;
        self.unused.remove(&id);
    }

    fn let_go(&mut self, at: u64, id: u64) {
        if let Some(users) = self.users.get_mut(&id) {
            *users -= 1;
            if *users == 0 {
                self.users.remove(&id);
                self.unused.insert(id, at);
            }
        }
    }

    /// The counter of a definition.
    fn counter(&mut self, at: u64, definition: Definition) -> Result<u64, StatError> {
        if let Some(id) = self.by_definition.get(&definition) {
            return Ok(*id);
        }
        if self.counters.len() >= Self::COUNTERS_MAX {
            let max = Self::COUNTERS_MAX;
            return Err(StatError::Limit { of: "counters".into(), max });
        }
        self.last_counter += 1;
        let id = self.last_counter;
        let counter = Counter::new(definition.clone(), at);
        let sources = self.sources(&counter);
        self.by_definition.insert(definition, id);
        self.counters.insert(id, Arc::new(counter));
        self.set_sources(id, sources);
        Ok(id)
    }

    fn advance(&mut self, id: u64) -> Option<StatValue> {
        let counter = self.counters.get_mut(&id).map(Arc::make_mut)?;
        counter.advance(self.clock.at, self.clock.ahead, &mut self.resets);
        Some(counter.value())
    }

    fn set_sources(&mut self, id: u64, sources: BTreeSet<StatObject>) {
        let Some(counter) = self.counters.get_mut(&id) else { return };
        if counter.sources == sources {
            return;
        }
        let counter = Arc::make_mut(counter);
        for source in &counter.sources {
            if let Some(ids) = self.by_source.get_mut(source) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.by_source.remove(source);
                }
            }
        }
        for source in &sources {
            self.by_source.entry(source.clone()).or_default().insert(id);
        }
        counter.set_sources(sources, &self.actions);
    }

    /// The objects whose actions count for a statistic.
    fn sources(&self, counter: &Counter) -> BTreeSet<StatObject> {
        let object = &counter.definition.object;
        if object.kind != ObjectType::GroupAgents {
            return [object.clone()].into();
        }
        let site = &self.configuration;
        let group = site.agent_groups.iter().find(|(name, _)| name.as_str() == &*object.name);
        let Some(membership) = group.and_then(|(_, group)| group.membership().ok()) else {
            return BTreeSet::new();
        };
        let members = site.persons.values().filter(|person| membership.has(person));
        let agent = |id: &str| StatObject::new(ObjectType::Agent, id);
        members.map(|person| agent(person.employee_id.as_str())).collect()
    }

    fn check_object(&self, object: &StatObject) -> Result<(), StatError> {
        let (site, name) = (&self.configuration, &*object.name);
        let dn = site.dns.get(&model::Dn::from(name)).map(|dn| &dn.kind);
        let is_known = match object.kind {
            ObjectType::Agent => site.persons.values().any(|person| {
                person.employee_id.as_str() == name && person.roles.contains(&Role::Agent)
            }),
            ObjectType::GroupAgents => site.agent_groups.keys().any(|group| group.as_str() == name),
            ObjectType::Place => site.places.keys().any(|place| place.as_str() == name),
            ObjectType::Queue => matches!(dn, Some(DnKind::VirtualQueue)),
            ObjectType::RegDN => matches!(dn, Some(DnKind::Extension { .. })),
            ObjectType::RoutePoint => matches!(dn, Some(DnKind::RoutePoint { .. })),
        };
        let unknown = || StatError::unknown(object.kind.as_str(), name);
        is_known.then_some(()).ok_or_else(unknown)
    }

    fn drop_unused(&mut self, at: u64) {
        let kept = u64::try_from(Self::UNUSED.as_millis()).unwrap_or(u64::MAX);
        let old = self.unused.iter().filter(|(_, since)| at.saturating_sub(**since) >= kept);
        for id in old.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.set_sources(id, BTreeSet::new());
            self.unused.remove(&id);
            if let Some(counter) = self.counters.remove(&id) {
                self.by_definition.remove(&counter.definition);
            }
        }
    }
}

impl Opening {
    /// What is to be told at a look, and the wall clock's time of it.
    fn due(&self, counter: &Counter, at: u64, wall: u64) -> Option<(StatValue, u64)> {
        if self.is_suspended {
            return None;
        }
        match self.notification {
            Notification::Change(insensitivity) => {
                let is_quiet = self.told.is_some() && !counter.is_stale && !counter.drifts();
                let value = (!is_quiet).then(|| counter.value())?;
                let is_other =
                    self.told.as_ref().is_none_or(|told| differs(told, &value, insensitivity));
                is_other.then_some((value, wall))
            }
            Notification::Every { seconds } => {
                let is_due = at / SECOND >= self.told_at / SECOND + u64::from(seconds);
                is_due.then(|| (counter.value(), wall))
            }
            Notification::Never => None,
            Notification::Reset => {
                let (reset, value) = counter.ended.as_ref()?;
                let told_at = wall.saturating_sub(at.saturating_sub(*reset));
                (*reset > self.told_at).then(|| (value.clone(), told_at))
            }
        }
    }
}

impl Clock {
    /// Says the engine's time and what the wall clock is ahead of it.
    fn tell(&mut self, now: Now) -> (u64, i64) {
        let wall = now.unix_ms();
        // After a restart the clock must not stand before the last time that was counted.
        let (instant, start) = *self.start.get_or_insert((now.instant, wall.max(self.at)));
        let passed = now.instant.saturating_duration_since(instant).as_millis();
        let at = start.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX));
        self.at = self.at.max(at);
        self.ahead = wall.cast_signed().saturating_sub(self.at.cast_signed());
        (self.at, self.ahead)
    }
}

/// Whether a value moved so far that it is told.
fn differs(told: &StatValue, value: &StatValue, insensitivity: Insensitivity) -> bool {
    match (told, value) {
        (StatValue::Number(told), StatValue::Number(value)) => {
            let moved = (value - told).abs();
            match insensitivity {
                Insensitivity::Absolute(by) => moved > by,
                Insensitivity::Percent(by) => moved > told.abs() * by / 100.0,
            }
        }
        (StatValue::Number(_) | StatValue::Word(_), _) => told != value,
    }
}

fn check_notification(notification: Notification) -> Result<(), StatError> {
    let (is_right, said) = match notification {
        Notification::Change(Insensitivity::Absolute(by) | Insensitivity::Percent(by)) => {
            (by.is_finite() && by >= 0.0, "an insensitivity is 0 or more")
        }
        Notification::Every { seconds } => {
            (seconds > 0, "a statistic is told every second at most")
        }
        Notification::Never | Notification::Reset => (true, ""),
    };
    is_right.then_some(()).ok_or_else(|| StatError::Mismatch(said.into()))
}

const SECOND: u64 = 1000;
