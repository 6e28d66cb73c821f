//! What the dashboard shows after lists of events.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{Happening, configuration, start};
use expect_test::expect;
use model::{
    AgentState, CallState, CallType, EventName, Now, System,
    config::Application,
    monitor::{AgentCounts, AgentStatus, CallStage, Monitor, QueueHealth},
};
use stats::{Input, Output, Stats};

struct Site {
    stats: Stats,
    now: Now,
    sequence: u64,
}

impl Site {
    fn new() -> Self {
        let mut site = Self { stats: Stats::new(), now: start(), sequence: 0 };
        site.tell(Input::Configuration(Arc::new(configuration())));
        site
    }

    fn tell(&mut self, input: Input) {
        self.stats.handle_input(self.now, input);
    }

    fn event(&mut self, happening: &Happening) {
        self.sequence += 1;
        self.tell(Input::Event(happening.event(self.now, self.sequence)));
    }

    fn call(&mut self, name: EventName, dn: &str, conn: u64) {
        self.event(&Happening::call(name, dn, conn));
    }

    fn agent(&mut self, name: EventName, dn: &str, state: AgentState) {
        self.event(&Happening::agent(name, dn, state));
    }

    fn ready(&mut self, dn: &str) {
        self.event(&Happening::new(EventName::DnBackInService, dn));
        self.agent(EventName::AgentReady, dn, AgentState::Ready);
    }

    /// Time passes in the steps that the statistics ask for; says what they said.
    fn pass(&mut self, seconds: u64) -> Vec<(u64, Monitor)> {
        let begin = self.now;
        let end = self.now.later(Duration::from_secs(seconds));
        let mut said = Vec::new();
        loop {
            while let Some(output) = self.stats.poll_output() {
                let Output::Monitor(monitor) = output else { continue };
                let after = self.now.instant.saturating_duration_since(begin.instant);
                said.push((after.as_secs(), *monitor));
            }
            let Some(due) = self.stats.poll_timeout().filter(|due| *due <= end.instant) else {
                self.now = end;
                return said;
            };
            self.now = self.now.later(due.saturating_duration_since(self.now.instant));
            self.stats.handle_timeout(self.now);
        }
    }

    fn monitor(&self) -> Monitor {
        self.stats.monitor(self.now)
    }

    fn queue(&self, name: &str) -> QueueHealth {
        self.monitor().queues.into_iter().find(|queue| queue.name.as_str() == name).unwrap()
    }

    /// An inbound call is routed to an agent, who talks and works after it.
    fn serve(&mut self, conn: u64, dn: &str, talk_s: u64, work_s: u64) {
        self.call(EventName::Queued, "5000", conn);
        self.call(EventName::Ringing, dn, conn);
        self.call(EventName::Diverted, "5000", conn);
        self.call(EventName::Established, dn, conn);
        self.pass(talk_s);
        self.call(EventName::Released, dn, conn);
        self.agent(EventName::AgentNotReady, dn, AgentState::AfterCallWork);
        self.pass(work_s);
        self.agent(EventName::AgentReady, dn, AgentState::Ready);
    }
}

#[test]
fn one_served_call_reads_like_this() {
    let mut site = Site::new();
    site.tell(Input::Trunk { trunk: "pstn".into(), up: true });
    site.ready("5001");
    site.ready("5002");
    site.serve(1, "5001", 100, 20);
    site.call(EventName::Queued, "5000", 2);
    site.call(EventName::Ringing, "5002", 2);
    site.pass(3);
    expect![[r#"
        {
          "agents": {
            "ready": 1,
            "notReady": 0,
            "onCall": 1,
            "afterCallWork": 0,
            "loggedOut": 2
          },
          "alarms": [],
          "gateway": {
            "registered": [
              {
                "dn": "5001",
                "user": "agent5001"
              },
              {
                "dn": "5002",
                "user": "agent5002"
              }
            ],
            "activeCalls": 1,
            "trunks": [
              {
                "name": "backup",
                "up": null
              },
              {
                "name": "pstn",
                "up": true
              }
            ]
          },
          "lastHour": {
            "inbound": 2,
            "outbound": 0,
            "averageHandleSeconds": 120,
            "abandoned": 0,
            "abandonedPercent": 0.0
          },
          "queues": [
            {
              "name": "5000",
              "waiting": 1,
              "longestWaitSeconds": 3,
              "hour": {
                "offered": 2,
                "answered": 1,
                "abandoned": 0,
                "shortAbandoned": 0,
                "abandonedPercent": 0.0,
                "serviceLevelPercent": 100.0,
                "averageSpeedOfAnswerSeconds": 0,
                "averageHandleSeconds": 0
              },
              "today": {
                "offered": 2,
                "answered": 1,
                "abandoned": 0,
                "shortAbandoned": 0,
                "abandonedPercent": 0.0,
                "serviceLevelPercent": 100.0,
                "averageSpeedOfAnswerSeconds": 0,
                "averageHandleSeconds": 0
              }
            },
            {
              "name": "5900",
              "waiting": 0,
              "longestWaitSeconds": 0,
              "hour": {
                "offered": 0,
                "answered": 0,
                "abandoned": 0,
                "shortAbandoned": 0,
                "abandonedPercent": 0.0,
                "serviceLevelPercent": null,
                "averageSpeedOfAnswerSeconds": 0,
                "averageHandleSeconds": 0
              },
              "today": {
                "offered": 0,
                "answered": 0,
                "abandoned": 0,
                "shortAbandoned": 0,
                "abandonedPercent": 0.0,
                "serviceLevelPercent": null,
                "averageSpeedOfAnswerSeconds": 0,
                "averageHandleSeconds": 0
              }
            },
            {
              "name": "VQ_Support",
              "waiting": 1,
              "longestWaitSeconds": 3,
              "hour": {
                "offered": 2,
                "answered": 1,
                "abandoned": 0,
                "shortAbandoned": 0,
                "abandonedPercent": 0.0,
                "serviceLevelPercent": 100.0,
                "averageSpeedOfAnswerSeconds": 0,
                "averageHandleSeconds": 0
              },
              "today": {
                "offered": 2,
                "answered": 1,
                "abandoned": 0,
                "shortAbandoned": 0,
                "abandonedPercent": 0.0,
                "serviceLevelPercent": 100.0,
                "averageSpeedOfAnswerSeconds": 0,
                "averageHandleSeconds": 0
              }
            }
          ],
          "serviceLevelSeconds": 20,
          "skills": []
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&site.monitor()).unwrap());
}

#[test]
fn a_call_hides_the_agents_own_state_and_logging_out_ends_it() {
    let mut site = Site::new();
    let counts = |site: &Site| site.monitor().agents;
    let nobody = AgentCounts { logged_out: 3, ..AgentCounts::default() };
    site.ready("5001");
    assert_eq!(counts(&site), AgentCounts { ready: 1, ..nobody });
    site.call(EventName::Ringing, "5001", 1);
    site.agent(EventName::AgentNotReady, "5001", AgentState::NotReady);
    assert_eq!(counts(&site), AgentCounts { on_call: 1, ..nobody });
    site.call(EventName::Released, "5001", 1);
    assert_eq!(counts(&site), AgentCounts { not_ready: 1, ..nobody });
    site.agent(EventName::AgentNotReady, "5001", AgentState::AfterCallWork);
    assert_eq!(counts(&site), AgentCounts { after_call_work: 1, ..nobody });
    site.agent(EventName::AgentLogout, "5001", AgentState::LoggedOut);
    assert_eq!(counts(&site), AgentCounts { logged_out: 4, ..AgentCounts::default() });
}

#[test]
fn handle_time_is_talk_and_after_call_work_per_call() {
    let mut site = Site::new();
    site.ready("5001");
    site.serve(1, "5001", 60, 10);
    site.serve(2, "5001", 31, 0);
    assert_eq!(site.monitor().last_hour.average_handle_seconds, 51, "(60 + 10 + 31) / 2");
}

#[test]
fn a_call_leaves_the_hour_an_hour_after_it_came() {
    let mut site = Site::new();
    site.call(EventName::Queued, "5000", 1);
    site.event(&Happening {
        call_state: CallState::Abandoned,
        ..Happening::call(EventName::Abandoned, "5000", 1)
    });
    site.pass(3_599);
    let hour = site.monitor().last_hour;
    assert_eq!((hour.inbound, hour.abandoned, hour.abandoned_percent), (1, 1, 100.0));
    let said = site.pass(2);
    assert_eq!(said.len(), 1, "the dashboard changes by itself");
    let hour = said[0].1.last_hour;
    assert_eq!((hour.inbound, hour.abandoned, hour.abandoned_percent), (0, 0, 0.0));
}

#[test]
fn abandoned_calls_are_those_whose_caller_gave_up_waiting_or_ringing() {
    let mut site = Site::new();
    let abandoned = |dn: &str, conn, call_state, queue| Happening {
        call_state,
        queue,
        ..Happening::call(EventName::Abandoned, dn, conn)
    };
    for conn in 1..=4 {
        site.call(EventName::Queued, "5000", conn);
    }
    site.event(&abandoned("5000", 1, CallState::Abandoned, None));
    site.call(EventName::Ringing, "5001", 2);
    // Told twice, at the queue and at the phone, it is one call.
    site.event(&abandoned("5000", 2, CallState::Abandoned, None));
    site.event(&abandoned("5001", 2, CallState::Abandoned, Some("5000")));
    site.event(&abandoned("5000", 3, CallState::Cleared, None));
    // A call that came to a phone directly entered no queue.
    site.call(EventName::Ringing, "5002", 9);
    site.event(&abandoned("5002", 9, CallState::Abandoned, None));
    let hour = site.monitor().last_hour;
    assert_eq!((hour.abandoned, hour.abandoned_percent), (2, 50.0));
    assert_eq!(site.monitor().gateway.active_calls, 1);
}

#[test]
fn a_call_that_comes_back_counts_once_and_has_waited_since_it_first_came() {
    let mut site = Site::new();
    let first = i64::try_from(site.now.unix_ms()).unwrap();
    site.ready("5001");
    site.call(EventName::Queued, "5000", 1);
    site.call(EventName::Ringing, "5001", 1);
    site.call(EventName::Diverted, "5000", 1);
    assert_eq!(site.queue("5000").waiting, 0);
    site.pass(15);
    site.call(EventName::Released, "5001", 1);
    site.event(&Happening {
        queued_at_ms: Some(first),
        ..Happening::call(EventName::Queued, "5000", 1)
    });
    site.pass(5);
    let monitor = site.monitor();
    assert_eq!((monitor.last_hour.inbound, monitor.gateway.active_calls), (1, 1));
    assert_eq!(site.queue("5000").longest_wait_seconds, 20);
    assert_eq!(site.queue("VQ_Support").longest_wait_seconds, 20);
    assert_eq!(site.queue("5900").waiting, 0);
}

#[test]
fn a_call_that_takes_a_consultations_place_has_waited_as_long() {
    let mut site = Site::new();
    site.call(EventName::Queued, "5000", 2);
    site.pass(30);
    let moved = Happening::call(EventName::PartyChanged, "5000", 1);
    site.event(&Happening { previous: Some(2), ..moved });
    site.pass(5);
    let queue = site.queue("5000");
    assert_eq!((queue.waiting, queue.longest_wait_seconds), (1, 35));
}

#[test]
fn outbound_calls_are_counted_and_internal_ones_are_not() {
    let mut site = Site::new();
    for (conn, call_type) in [(1, CallType::Outbound), (2, CallType::Internal)] {
        site.event(&Happening { call_type, ..Happening::call(EventName::Dialing, "5001", conn) });
    }
    let monitor = site.monitor();
    assert_eq!((monitor.last_hour.inbound, monitor.last_hour.outbound), (0, 1));
    assert_eq!(monitor.gateway.active_calls, 2);
}

#[test]
fn the_dashboard_is_said_at_most_once_a_second_and_only_when_it_reads_differently() {
    let mut site = Site::new();
    assert_eq!(site.pass(10).len(), 1, "the configuration");
    site.ready("5001");
    site.ready("5002");
    site.ready("5003");
    let said = site.pass(10);
    assert_eq!(said.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((said[0].1.gateway.registered.len(), said[1].1.agents.ready), (1, 3));
    // Nothing that the dashboard shows.
    site.event(&Happening::call(EventName::AttachedDataChanged, "5000", 1));
    assert_eq!(site.pass(10), []);
}

#[test]
fn the_dashboard_ticks_while_somebody_waits() {
    let mut site = Site::new();
    site.pass(10);
    site.call(EventName::Queued, "5000", 1);
    let said = site.pass(5);
    let waits: Vec<_> = said.iter().map(|(_, m)| m.queues[0].longest_wait_seconds).collect();
    assert_eq!(waits, [0, 1, 2, 3, 4, 5]);
    site.call(EventName::Diverted, "5000", 1);
    assert_eq!(site.pass(60).len(), 1);
}

#[test]
fn metrics_carry_the_dashboards_figures() {
    let mut site = Site::new();
    site.ready("5001");
    site.call(EventName::Queued, "5000", 1);
    let lines = site.stats.metrics(site.now);
    let value = |name: &str, label: &str| {
        let wanted = |m: &&model::monitor::Metric| {
            m.name == name && (label.is_empty() || m.labels.iter().any(|(_, v)| v == label))
        };
        lines.iter().find(wanted).unwrap().value
    };
    assert!((value("cordboard_agents", "Ready") - 1.0).abs() < f64::EPSILON);
    assert!((value("cordboard_queue_waiting", "VQ_Support") - 1.0).abs() < f64::EPSILON);
    assert!((value("cordboard_hour_inbound", "") - 1.0).abs() < f64::EPSILON);
}

#[test]
fn an_alarm_begins_late_stays_between_its_thresholds_and_ends_late() {
    let mut site = Site::new();
    let mut configuration = configuration();
    let options = [("queue", "5000"), ("longest-wait-above", "60"), ("clear", "30")];
    let options = options.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let sections = [("alarm:slow".to_owned(), options)].into();
    let application = Application { options: sections, ..Application::default() };
    configuration.applications.insert("Monitoring".into(), application);
    site.tell(Input::Configuration(Arc::new(configuration.clone())));
    let names = |site: &Site| -> Vec<String> {
        site.monitor().alarms.into_iter().map(|alarm| alarm.name).collect()
    };
    site.call(EventName::Queued, "5000", 1);
    site.pass(62);
    assert_eq!(names(&site), [""; 0], "5 s beyond the threshold are needed");
    site.pass(5);
    assert_eq!(names(&site), ["alarm:slow"]);
    let lines = site.stats.metrics(site.now);
    let line = lines.iter().find(|line| line.name == "cordboard_alarm").unwrap();
    assert_eq!((line.labels[0].1.as_str(), line.value), ("alarm:slow", 1.0));

    // The next caller has waited for more than 30 s: neither well nor worse.
    let queued_at_ms = i64::try_from(site.now.unix_ms()).ok().map(|ms| ms - 40_000);
    site.event(&Happening { queued_at_ms, ..Happening::call(EventName::Queued, "5000", 2) });
    site.call(EventName::Diverted, "5000", 1);
    site.pass(10);
    assert_eq!(names(&site), ["alarm:slow"]);
    site.call(EventName::Diverted, "5000", 2);
    site.pass(28);
    assert_eq!(names(&site), ["alarm:slow"], "it was well for less than 30 s");
    site.pass(5);
    assert_eq!(names(&site), [""; 0]);

    site.call(EventName::Queued, "5000", 3);
    site.pass(70);
    assert_eq!(names(&site), ["alarm:slow"]);
    configuration.applications.clear();
    site.tell(Input::Configuration(Arc::new(configuration)));
    site.pass(1);
    assert_eq!(names(&site), [""; 0], "nobody watches any more");
}

#[test]
fn rows_tell_who_talks_with_whom_and_why_somebody_is_not_ready() {
    let mut site = Site::new();
    site.ready("5001");
    site.agent(EventName::AgentNotReady, "5002", AgentState::NotReady);
    site.pass(2);
    site.call(EventName::Queued, "5000", 1);
    site.call(EventName::Ringing, "5001", 1);
    site.call(EventName::Diverted, "5000", 1);
    site.call(EventName::Established, "5001", 1);
    let monitor = site.monitor();
    let states: Vec<_> = monitor.agent_rows.iter().map(|row| row.state).collect();
    let [talks, pauses, out, _] = states[..] else { panic!("four agents") };
    assert_eq!(
        (talks, pauses, out),
        (AgentStatus::OnCall, AgentStatus::NotReady, AgentStatus::LoggedOut)
    );
    assert_eq!(monitor.agent_rows[0].since_ms, Some(site.now.unix_ms()));
    assert_eq!(monitor.agent_rows[0].call, Some(monitor.call_rows[0].id));
    assert_eq!(monitor.call_rows[0].state, CallStage::Talking);
    assert_eq!(monitor.call_rows[0].queue, Some("5000".into()));
    site.call(EventName::Released, "5001", 1);
    assert_eq!(site.monitor().call_rows, []);
}
