//! Statistics that clients open: by their names, told in time, and over a restart.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{Happening, configuration, start};
use model::{
    AgentState, ClientId, Configuration, EventName as E, Now, ReferenceId, System,
    stat::{
        Insensitivity, Metric, Notification, StatInput, StatOutput, StatReading, StatRequest,
        StatValue, StatWish, Subscribing,
    },
};
use stats::{Input, Output, Saved, Stats};

const CLIENT: ClientId = ClientId(7);
const BY_CHANGE: Notification = Notification::Change(Insensitivity::Absolute(0.0));

struct Site {
    stats: Stats,
    now: Now,
    sequence: u64,
}

impl Site {
    fn new(configuration: Configuration) -> Self {
        let (now, sequence) = (start(), 0);
        let mut site = Self { stats: Stats::new(), now, sequence };
        site.stats.handle_input(now, Input::Configuration(Arc::new(configuration)));
        site
    }

    fn log_in(&mut self) {
        self.tell(&Happening::agent(E::AgentLogin, "5001", AgentState::NotReady));
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now.later(Duration::from_secs(1));
            if self.stats.poll_timeout().is_some_and(|at| at <= self.now.instant) {
                self.stats.handle_timeout(self.now);
            }
        }
    }

    fn tell(&mut self, happening: &Happening) {
        self.sequence += 1;
        let event = happening.event(self.now, self.sequence);
        self.stats.handle_input(self.now, Input::Event(event));
    }

    /// A call waits 5 s in VQ_Support, rings for 5 s, is talked on for 60 s.
    fn call(&mut self, conn: u64) {
        self.tell(&Happening::call(E::Queued, "5000", conn));
        self.pass(5);
        self.tell(&Happening::call(E::Diverted, "5000", conn));
        self.tell(&Happening::call(E::Ringing, "5001", conn));
        self.pass(5);
        self.tell(&Happening::call(E::Established, "5001", conn));
        self.pass(60);
        self.tell(&Happening::call(E::Released, "5001", conn));
    }

    fn read(&mut self, wish: StatWish) -> f64 {
        let asked = Subscribing::Read { wishes: vec![wish] };
        number(self.stats.subscribing(self.now, asked).remove(0).unwrap())
    }

    fn ask(&mut self, reference: u64, request: StatRequest) {
        let reference = ReferenceId(reference);
        let input = StatInput::Request { client: CLIENT, reference, request };
        self.stats.handle_input(self.now, Input::Stat(input));
    }

    fn told(&mut self) -> Vec<StatOutput> {
        let mut told = Vec::new();
        while let Some(output) = self.stats.poll_output() {
            if let Output::Stat(output) = output {
                told.push(output);
            }
        }
        told
    }

    /// Ends as at a restart, is away for a while, and comes back.
    fn restart(&mut self, away_s: u64) {
        let saved = serde_json::to_string(&self.stats.save(self.now)).unwrap();
        let saved: Saved = serde_json::from_str(&saved).unwrap();
        self.now = self.now.later(Duration::from_secs(away_s));
        self.stats = Stats::restore(self.now, saved);
        let site = Input::Configuration(Arc::new(configuration()));
        self.stats.handle_input(self.now, site);
    }
}

fn number(reading: StatReading) -> f64 {
    match reading.value {
        StatValue::Number(number) => number,
        StatValue::Word(word) => panic!("{word} is no number"),
    }
}

fn wish(object_type: &str, object_id: &str, name: &str) -> StatWish {
    StatWish {
        object_type: object_type.into(),
        object_id: object_id.into(),
        metric: Metric::Named(name.into()),
        ..StatWish::default()
    }
}

#[test]
fn what_happened_before_anybody_asked_is_counted() {
    let mut site = Site::new(configuration());
    site.log_in();
    site.call(1);
    site.call(2);
    assert_eq!(site.read(wish("Queue", "VQ_Support", "Total_Entered")), 2.0);
    assert_eq!(site.read(wish("RoutePoint", "5000", "Total_Answered")), 2.0);
    assert_eq!(site.read(wish("Agent", "5001", "InboundCalls")), 2.0);
    assert_eq!(site.read(wish("Queue", "VQ_Support", "ServiceLevel")), 100.0);
    let within_5 =
        StatWish { time_range: "0-5".into(), ..wish("Queue", "VQ_Support", "ServiceLevel") };
    assert_eq!(site.read(within_5), 0.0, "another range is another statistic, counted from now");
}

#[test]
fn a_client_is_told_by_change_once_a_second_until_it_closes() {
    let mut site = Site::new(configuration());
    let current = wish("Queue", "VQ_Support", "Current_In_Queue");
    site.ask(3, StatRequest::Open(current, BY_CHANGE));
    let value = |told: &[StatOutput]| match told {
        [StatOutput::Values { client: CLIENT, values }] => {
            assert_eq!(values.len(), 1);
            assert_eq!(values[0].0, ReferenceId(3));
            number(values[0].1.clone())
        }
        other => panic!("{other:?}"),
    };
    match &site.told()[..] {
        [StatOutput::Answer { client: CLIENT, reference: ReferenceId(3), outcome }] => {
            assert_eq!(number(outcome.clone().unwrap().unwrap()), 0.0);
        }
        other => panic!("{other:?}"),
    }
    site.pass(5);
    assert_eq!(site.told(), [], "nothing has changed");
    site.tell(&Happening::call(E::Queued, "5000", 1));
    site.tell(&Happening::call(E::Queued, "5000", 2));
    site.pass(2);
    assert_eq!(value(&site.told()), 2.0, "two changes within a second are told as one");
    site.ask(3, StatRequest::Suspend);
    site.tell(&Happening::call(E::Abandoned, "5000", 1));
    site.pass(2);
    assert!(matches!(&site.told()[..], [StatOutput::Answer { outcome: Ok(None), .. }]));
    site.ask(3, StatRequest::Resume);
    site.pass(2);
    let told = site.told();
    assert_eq!(value(&told[1..]), 1.0);
    site.ask(3, StatRequest::Close);
    site.ask(3, StatRequest::Peek);
    site.tell(&Happening::call(E::Abandoned, "5000", 2));
    site.pass(2);
    match &site.told()[..] {
        [_, StatOutput::Answer { outcome: Err(error), .. }] => {
            assert_eq!(error.to_string(), "no statistic 3 is open");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_that_goes_leaves_nothing_open() {
    let mut site = Site::new(configuration());
    site.ask(1, StatRequest::Open(wish("Agent", "5001", "CurrentAgentState"), BY_CHANGE));
    site.stats.handle_input(site.now, Input::Stat(StatInput::Closed { client: CLIENT }));
    site.told();
    site.log_in();
    site.pass(3);
    assert_eq!(site.told(), []);
}

#[test]
fn a_restart_loses_no_counter_and_counts_nothing_twice() {
    let mut site = Site::new(configuration());
    site.log_in();
    site.call(1);
    site.pass(100);
    site.tell(&Happening::agent(E::AgentLogin, "5002", AgentState::NotReady));
    // Two calls are up when the server ends: one waits, one is talked on.
    site.tell(&Happening::call(E::Queued, "5000", 2));
    site.tell(&Happening::call(E::Ringing, "5002", 3));
    site.tell(&Happening::call(E::Established, "5002", 3));
    site.pass(30);
    let before = site.stats.monitor(site.now);
    let login = wish("Agent", "5001", "LoginDuration");
    let logged_in = site.read(login.clone());
    assert_eq!(logged_in, 200.0);

    site.restart(40);
    let after = site.stats.monitor(site.now);
    assert_eq!(after.last_hour, before.last_hour);
    let queue = |monitor: &model::monitor::Monitor| {
        let found = monitor.queues.iter().find(|queue| queue.name.as_str() == "VQ_Support");
        found.map(|queue| (queue.hour, queue.today)).unwrap()
    };
    assert_eq!(queue(&after), queue(&before));
    assert_eq!(after.queues.iter().map(|queue| queue.waiting).sum::<u32>(), 0);
    assert_eq!(site.read(wish("Queue", "VQ_Support", "Total_Entered")), 2.0);
    assert_eq!(site.read(wish("Queue", "VQ_Support", "Current_In_Queue")), 0.0);
    assert_eq!(site.read(wish("Agent", "5001", "InboundCalls")), 1.0);
    assert_eq!(site.read(wish("Agent", "5002", "InboundCalls")), 0.0);
    assert_eq!(site.read(login.clone()), logged_in, "the agent was away with the server");

    site.log_in();
    site.call(4);
    assert_eq!(site.read(wish("Queue", "VQ_Support", "Total_Entered")), 3.0);
    assert_eq!(site.read(wish("Agent", "5001", "InboundCalls")), 2.0);
    assert_eq!(site.read(login), logged_in + 70.0);
}

#[test]
fn a_night_that_passes_during_the_restart_ends_the_day() {
    let mut site = Site::new(configuration());
    site.log_in();
    site.call(1);
    site.restart(86_400);
    assert_eq!(site.read(wish("Queue", "VQ_Support", "Total_Entered")), 0.0);
    let sliding =
        StatWish { time_profile: "LastHour".into(), ..wish("Agent", "5001", "InboundCalls") };
    assert_eq!(site.read(sliding), 0.0);
    let monitor = site.stats.monitor(site.now);
    assert_eq!(monitor.last_hour.inbound, 0);
    assert!(monitor.queues.iter().all(|queue| queue.today.offered == 0));
}

#[test]
fn a_site_has_statistics_of_its_own() {
    let mut configuration = configuration();
    let section = |options: &[(&str, &str)]| {
        options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let mut application = model::config::Application::default();
    application.options.insert(
        "LongTalks".into(),
        section(&[
            ("Category", "TotalNumberInTimeRange"),
            ("MainMask", "CallInbound"),
            ("Objects", "Agent"),
            ("Subject", "DNAction"),
            ("TimeRange", "45-3600"),
        ]),
    );
    configuration.applications.insert("Stat_Server".into(), application);
    let mut site = Site::new(configuration);
    site.log_in();
    site.call(1);
    assert_eq!(site.read(wish("Agent", "5001", "LongTalks")), 1.0);
}
