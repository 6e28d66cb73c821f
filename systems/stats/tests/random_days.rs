//! The engine against the reference model: random statistics on random days, with midnights,
//! clock changes, restarts from a snapshot, and notifications.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
mod reference;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Happening, configuration};
use model::{
    AgentState, CallState, CallType, Configuration, DnRole, Event, EventName, KvList, Now,
    ReferenceId,
    config::AgentGroup,
    random::Random,
    stat::{
        Action, Category, Definition, Growing, Insensitivity, Mask, Notification, ObjectType,
        StatClient, StatObject, StatType, StatValue, Subject, TimeProfile, TimeRange,
    },
};
use reference::{Asked, Log, PHONES, ROUTE_POINTS};
use stats::statistics::{Resumed, Statistics};

const DAYS: u64 = 1_000;
const STEPS: usize = 70;
const STATISTICS: u64 = 14;
const CLIENT: StatClient = StatClient::Desk(1);

fn pick<T: Clone>(random: &mut Random, from: &[T]) -> T {
    from[usize::try_from(random.below(u64::try_from(from.len()).unwrap())).unwrap()].clone()
}

fn is_one_in(random: &mut Random, count: u64) -> bool {
    random.below(count) == 0
}

/// The day's clock: one monotonic and one wall clock that go together.
struct Day {
    start: Instant,
    first_ms: u64,
    now_ms: u64,
}

impl Day {
    fn now(&self) -> Now {
        let passed = Duration::from_millis(self.now_ms - self.first_ms);
        Now::new(self.start + passed, Duration::from_millis(self.now_ms))
    }
}

fn site() -> Arc<Configuration> {
    let mut site = configuration();
    let members = ["agent5001", "agent5002"].map(Into::into).into();
    let group = AgentGroup { members, ..AgentGroup::default() };
    site.agent_groups.insert("Support".into(), group);
    Arc::new(site)
}

/// Something likely, and often something that is late, double or out of place.
fn random_event(random: &mut Random, calls: &mut u64, now: &Day, sequence: u64) -> Arc<Event> {
    use EventName as E;
    let (dn, queue) = (pick(random, &PHONES), pick(random, &ROUTE_POINTS));
    if is_one_in(random, 3) {
        let state =
            pick(random, &[AgentState::AfterCallWork, AgentState::NotReady, AgentState::Ready]);
        let name = match random.below(5) {
            0 => E::AgentLogin,
            1 => E::AgentLogout,
            2 => E::AgentReady,
            _ => E::AgentNotReady,
        };
        let state = if name == E::AgentLogout { AgentState::LoggedOut } else { state };
        let event = Happening::agent(name, dn, state).event(now.now(), sequence);
        let mut event = Arc::unwrap_or_clone(event);
        if is_one_in(random, 6) {
            let other = pick(random, &PHONES);
            event.agent.as_mut().unwrap().agent = other.into();
        }
        return Arc::new(event);
    }
    if is_one_in(random, 3) {
        *calls += 1;
    }
    let at_queue = [E::Queued, E::Queued, E::TreatmentApplied, E::TreatmentEnd, E::Diverted];
    let at_phone =
        [E::Ringing, E::Ringing, E::Established, E::Established, E::Held, E::Retrieved, E::Dialing];
    let ends = [E::Abandoned, E::Released];
    let is_at_queue = is_one_in(random, 2);
    let name = match (is_one_in(random, 4), is_at_queue) {
        (true, _) => pick(random, &ends),
        (false, true) => pick(random, &at_queue),
        (false, false) => pick(random, &at_phone),
    };
    let conn = calls.saturating_sub(random.below(3)) + 1;
    let states = [
        CallState::Ok,
        CallState::Ok,
        CallState::Cleared,
        CallState::Overflowed,
        CallState::Transferred,
        CallState::Conferenced,
    ];
    let types = [CallType::Inbound, CallType::Inbound, CallType::Consult, CallType::Outbound];
    let queued_at =
        is_one_in(random, 3).then(|| i64::try_from(now.now_ms - random.below(100_000)).unwrap());
    let happening = Happening {
        call_state: pick(random, &states),
        call_type: pick(random, &types),
        queued_at_ms: queued_at,
        ..Happening::call(name, if is_at_queue { queue } else { dn }, conn)
    };
    let mut event = Arc::unwrap_or_clone(happening.event(now.now(), sequence));
    let call = event.call.as_mut().unwrap();
    call.ani = is_one_in(random, 2).then(|| "111".into());
    let target = pick(random, &["5001", "5900"]);
    call.third_party = Some((target.into(), DnRole::Destination));
    Arc::new(event)
}

fn random_mask(random: &mut Random, from: &[Action]) -> Mask {
    let count = 1 + random.below(3);
    let actions: Vec<Action> = (0..count).map(|_| pick(random, from)).collect();
    Mask::of(&actions)
}

fn random_profile(random: &mut Random) -> TimeProfile {
    let zone = pick(
        random,
        &["Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe", "Africa/Cairo"],
    );
    let (kind, text) = pick(
        random,
        &[
            ("Growing", "0:00"),
            ("Growing", "0:00"),
            ("Growing", "6:00,14:00"),
            ("Growing", "0:00 +1:00"),
            ("Sliding", "3600:10"),
            ("Sliding", "600:60"),
            ("Sliding", "86400:900"),
            ("Selection", "3"),
            ("SinceLogin", ""),
        ],
    );
    TimeProfile::parse(kind, text, zone).unwrap()
}

/// A statistic that can be kept.
fn random_definition(random: &mut Random) -> Definition {
    loop {
        let (kind, name) = pick(
            random,
            &[
                (ObjectType::Agent, "5001"),
                (ObjectType::Agent, "5002"),
                (ObjectType::GroupAgents, "Support"),
                (ObjectType::Place, "5001"),
                (ObjectType::Queue, "VQ_Support"),
                (ObjectType::RegDN, "5002"),
                (ObjectType::RoutePoint, "5000"),
                (ObjectType::RoutePoint, "5900"),
            ],
        );
        let is_queue = matches!(kind, ObjectType::Queue | ObjectType::RoutePoint);
        let is_status = !is_queue && is_one_in(random, 2);
        let profile = random_profile(random);
        let all: Vec<Action> = Action::ALL
            .iter()
            .filter(|action| match (is_queue, is_status) {
                (true, _) => matches!(
                    action,
                    Action::CallAbandoned
                        | Action::CallAnswered
                        | Action::CallCleared
                        | Action::CallDistributed
                        | Action::CallEntered
                        | Action::CallTreatment
                        | Action::CallWait
                ),
                (false, true) => **action <= Action::LoggedOut,
                (false, false) => **action != Action::LoggedOut && **action != Action::OnHook,
            })
            .copied()
            .collect();
        let mut main = random_mask(random, &all);
        let mut relative = random_mask(random, &all);
        if matches!(profile, TimeProfile::Selection { .. }) {
            // One of them ends with an event, so it is clear which were the last.
            let one = if is_queue { Action::CallWait } else { Action::CallInbound };
            main = Mask::of(&[one]);
            relative = main;
        }
        let from_s = u32::try_from(random.below(60)).unwrap();
        let definition = Definition {
            object: StatObject::new(kind, name),
            stat_type: StatType {
                objects: vec![kind],
                category: pick(random, Category::ALL),
                main,
                relative,
                subject: if is_status { Subject::AgentStatus } else { Subject::DNAction },
                filter: (!is_status && is_one_in(random, 4)).then(|| "ani = '111'".into()),
                range: Some(TimeRange { from_s, to_s: from_s + 300 }),
            },
            profile,
        };
        if definition.check().is_ok() {
            return definition;
        }
    }
}

/// A day, with what was opened in it.
struct Run {
    seed: u64,
    day: Day,
    log: Log,
    engine: Statistics,
    asked: BTreeMap<u64, Asked>,
    told: BTreeMap<u64, StatValue>,
    resets: BTreeMap<Growing, Vec<u64>>,
}

impl Run {
    fn new(seed: u64, random: &mut Random) -> Self {
        // Days around the changes of clocks, and any other.
        let around = [1_774_656_000, 1_792_886_400, 1_772_928_000, 1_775_260_800, 1_780_000_000];
        let first_ms = (pick(random, &around) + random.below(86_400)) * 1000 + random.below(1000);
        let day = Day { start: Instant::now(), first_ms, now_ms: first_ms };
        let mut engine = Statistics::new();
        engine.configure(day.now(), site());
        let mut run = Self {
            seed,
            day,
            log: Vec::new(),
            engine,
            asked: BTreeMap::new(),
            told: BTreeMap::new(),
            resets: BTreeMap::new(),
        };
        let first = Happening::new(EventName::DndOff, "5001").event(run.day.now(), 0);
        run.happen(first);
        run
    }

    fn happen(&mut self, event: Arc<Event>) {
        self.engine.handle_event(self.day.now(), &event);
        self.log.push((self.day.now_ms, event));
    }

    fn open(&mut self, id: u64, definition: Definition) {
        let resets = match &definition.profile {
            TimeProfile::Growing(growing) => {
                let first = self.day.first_ms;
                let known = self.resets.entry(growing.clone());
                let all = known
                    .or_insert_with(|| reference::resets(growing, first, first + 2 * 86_400_000));
                all.iter().copied().filter(|at| *at > self.day.now_ms).collect()
            }
            TimeProfile::Selection { .. }
            | TimeProfile::SinceLogin
            | TimeProfile::Sliding { .. } => Vec::new(),
        };
        let asked = Asked { definition, after: self.log.len(), at: self.day.now_ms, resets };
        // An equal one that is open already began before.
        let twin = self.asked.values().find(|other| other.definition == asked.definition).cloned();
        self.asked.insert(id, twin.unwrap_or(asked));
        self.reopen(id);
    }

    fn reopen(&mut self, id: u64) {
        let notification = Notification::Change(Insensitivity::Absolute(0.0));
        let definition = self.asked[&id].definition.clone();
        let key = (CLIENT, ReferenceId(id));
        let value = self.engine.open(self.day.now(), key, definition, notification).unwrap();
        self.told.insert(id, value);
    }

    fn restart(&mut self) {
        let text = serde_json::to_string(&self.engine.snapshot(self.day.now())).unwrap();
        let snapshot = serde_json::from_str(&text).unwrap();
        self.engine = Statistics::restore(self.day.now(), snapshot, Resumed::WithCalls);
        self.engine.configure(self.day.now(), site());
        let all: Vec<u64> = self.asked.keys().copied().collect();
        all.into_iter().for_each(|id| self.reopen(id));
    }

    /// Every statistic, peeked at and as it was told, is what the reference model says.
    fn check(&mut self) {
        let now = self.day.now();
        self.engine.look(now);
        while let Some(told) = self.engine.poll_told() {
            assert_eq!(told.at_ms, self.day.now_ms, "day {}", self.seed);
            self.told.insert(told.reference.0, told.value);
        }
        let story = reference::story(&self.log);
        for (id, asked) in &self.asked {
            let expected = reference::value(&self.log, &story, asked, self.day.now_ms);
            let found = self.engine.peek(now, CLIENT, ReferenceId(*id)).unwrap();
            let at = (self.seed, self.day.now_ms);
            assert_eq!(found, expected, "day and time {at:?}, {asked:#?}\n{}", text(&self.log));
            assert_eq!(self.told[id], expected, "as told, {at:?}, {asked:#?}");
        }
    }
}

fn text(log: &Log) -> String {
    let line = |(index, (at, event)): (usize, &(u64, Arc<Event>))| {
        let call = event.call.as_ref();
        let call = call.map(|call| (call.conn.0, call.call_type, call.call_state, &call.ani));
        let agent = event.agent.as_ref().map(|agent| (&agent.agent, agent.state));
        let queued = event.extensions != KvList::new();
        let (name, dn) = (event.name, &event.this_dn);
        format!("{index} {at} {name} {dn} {call:?} {agent:?} {queued}\n")
    };
    log.iter().enumerate().map(line).collect()
}

#[test]
fn every_statistic_is_what_the_reference_model_says_on_random_days() {
    for seed in 0..DAYS {
        let mut random = Random::from_number(seed);
        let mut run = Run::new(seed, &mut random);
        let (mut calls, mut opened) = (0, 0);
        for step in 0..STEPS {
            run.day.now_ms += match random.below(8) {
                0 => 0,
                1 => random.below(20),
                2..=5 => random.below(60_000),
                6 => random.below(1_800_000),
                _ => 1000 - run.day.now_ms % 1000,
            };
            if opened < STATISTICS && is_one_in(&mut random, 3) {
                opened += 1;
                run.open(opened, random_definition(&mut random));
            }
            let event =
                random_event(&mut random, &mut calls, &run.day, u64::try_from(step).unwrap());
            run.happen(event);
            if is_one_in(&mut random, 4) {
                // A look comes once in a second; this one finds the next.
                run.day.now_ms += 1000;
                run.check();
            }
            if is_one_in(&mut random, 20) {
                run.restart();
            }
        }
        run.day.now_ms += 80_000_000;
        run.check();
    }
}
