//! The dashboard against a slow recount of all events, on random days.
//!
//! The recount keeps nothing: for every figure it goes through the whole list of what happened.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use common::{Happening, configuration, start};
use model::{
    AgentState, CallState, CallType, EventName, Now, System,
    monitor::{AgentCounts, Monitor},
    random::Random,
};
use stats::{Input, Stats};

const AGENTS: [&str; 4] = ["5001", "5002", "5003", "5004"];
const QUEUES: [&str; 2] = ["5000", "5900"];
const HOUR: Duration = Duration::from_secs(3600);

type Day = Vec<(Now, Happening)>;

fn pick<T: Clone>(random: &mut Random, from: &[T]) -> T {
    from[usize::try_from(random.below(u64::try_from(from.len()).unwrap())).unwrap()].clone()
}

/// Events in a likely order, and now and then one that is late, double or out of place.
fn random_happenings(random: &mut Random, next_conn: &mut u64) -> Vec<Happening> {
    let (dn, queue) = (pick(random, &AGENTS), pick(random, &QUEUES));
    let old = 1 + random.below(*next_conn);
    let new = *next_conn + 1;
    let queued = Some(queue);
    let call =
        |name, at: &str, conn| Happening { queue: queued, ..Happening::call(name, at, conn) };
    let gave_up = |at: &str, conn, call_state| Happening {
        call_state,
        ..call(EventName::Abandoned, at, conn)
    };
    match random.below(14) {
        0 => vec![Happening::agent(EventName::AgentLogin, dn, AgentState::NotReady)],
        1 | 2 => vec![Happening::agent(EventName::AgentReady, dn, AgentState::Ready)],
        3 => vec![Happening::agent(EventName::AgentNotReady, dn, AgentState::NotReady)],
        4 => vec![Happening::agent(EventName::AgentLogout, dn, AgentState::LoggedOut)],
        5..=7 => {
            *next_conn = new;
            vec![call(EventName::Queued, queue, new)]
        }
        8 => vec![call(EventName::Ringing, dn, old), call(EventName::Diverted, queue, old)],
        9 => vec![call(EventName::Established, dn, old)],
        10 => vec![
            call(EventName::Released, dn, old),
            Happening::agent(EventName::AgentNotReady, dn, AgentState::AfterCallWork),
        ],
        11 => vec![gave_up(queue, old, CallState::Abandoned)],
        12 => vec![gave_up(dn, old, CallState::Cleared), gave_up(queue, old, CallState::Cleared)],
        _ => {
            *next_conn = new;
            let call_type = pick(random, &[CallType::Outbound, CallType::Internal]);
            vec![Happening { call_type, ..Happening::call(EventName::Dialing, dn, new) }]
        }
    }
}

fn recount(day: &Day, now: Now) -> Monitor {
    let is_recent = |at: Now| now.instant.saturating_duration_since(at.instant) < HOUR;
    let mut monitor = Monitor::default();
    for dn in AGENTS {
        *count_of(&mut monitor.agents, day, dn) += 1;
    }
    let conns: BTreeSet<u64> = day.iter().filter_map(|(_, h)| h.conn).collect();
    let (mut entered, mut handled_ms, mut handled) = (0_u32, 0_u128, 0_u128);
    for conn in conns {
        let mut of_call = day.iter().filter(|(_, h)| h.conn == Some(conn));
        let comes = |name| {
            use EventName::{Dialing, Established, Queued, Ringing};
            matches!(name, Dialing | Established | Queued | Ringing)
        };
        if AGENTS.iter().chain(&QUEUES).any(|dn| is_at(day, dn, conn).is_some()) {
            monitor.gateway.active_calls += 1;
        }
        let first = of_call.clone().find(|(_, h)| comes(h.name));
        if let Some((_, first)) = first.filter(|(at, _)| is_recent(*at)) {
            monitor.last_hour.inbound += u32::from(first.call_type == CallType::Inbound);
            monitor.last_hour.outbound += u32::from(first.call_type == CallType::Outbound);
        }
        let first_queued = of_call.clone().find(|(_, h)| h.name == EventName::Queued);
        entered += u32::from(first_queued.is_some_and(|(at, _)| is_recent(*at)));
        let gave_up = of_call
            .find(|(_, h)| h.name == EventName::Abandoned && h.call_state == CallState::Abandoned);
        monitor.last_hour.abandoned += u32::from(gave_up.is_some_and(|(at, _)| is_recent(*at)));
        for dn in AGENTS {
            for (ended, ms) in talks(day, dn, conn) {
                if is_recent(ended) {
                    handled += 1;
                    handled_ms += ms;
                }
            }
        }
    }
    for dn in AGENTS {
        handled_ms +=
            works(day, dn).filter(|(at, _)| is_recent(*at)).map(|(_, ms)| ms).sum::<u128>();
    }
    let average = handled_ms.checked_div(handled).unwrap_or(0);
    monitor.last_hour.average_handle_seconds = u32::try_from((average + 500) / 1000).unwrap();
    if entered > 0 {
        let share = monitor.last_hour.abandoned as f32 / entered as f32;
        monitor.last_hour.abandoned_percent = share.min(1.0) * 100.0;
    }
    monitor
}

/// What the agent whose own DN this is does.
fn count_of<'a>(counts: &'a mut AgentCounts, day: &Day, dn: &str) -> &'a mut u32 {
    let of_agent = day.iter().filter(|(_, h)| h.dn == dn);
    let state = of_agent.clone().filter_map(|(_, h)| h.state).next_back();
    let state = state.unwrap_or(AgentState::LoggedOut);
    let mut conns = of_agent.filter_map(|(_, h)| h.conn);
    if state != AgentState::LoggedOut && conns.any(|conn| is_at(day, dn, conn).is_some()) {
        return &mut counts.on_call;
    }
    match state {
        AgentState::AfterCallWork => &mut counts.after_call_work,
        AgentState::LoggedOut => &mut counts.logged_out,
        AgentState::NotReady => &mut counts.not_ready,
        AgentState::Ready => &mut counts.ready,
    }
}

/// The event by which a call came to a DN, when it has not left since.
fn is_at<'a>(day: &'a Day, dn: &str, conn: u64) -> Option<&'a (Now, Happening)> {
    let mut there = None;
    for happened in day.iter().filter(|(_, h)| h.dn == dn && h.conn == Some(conn)) {
        use EventName::{Abandoned, Dialing, Diverted, Established, Queued, Released, Ringing};
        match happened.1.name {
            Dialing | Established | Queued | Ringing => there = Some(happened),
            Abandoned | Diverted | Released => there = None,
            _ => {}
        }
    }
    there
}

/// Talks that have ended: when, and how long they were.
fn talks(day: &Day, dn: &str, conn: u64) -> Vec<(Now, u128)> {
    let mut began: Option<Now> = None;
    let mut talks = Vec::new();
    let mut has_agent = false;
    for (at, h) in day.iter().filter(|(_, h)| h.dn == dn) {
        has_agent = h.state.map_or(has_agent, |state| state != AgentState::LoggedOut);
        if h.conn != Some(conn) {
            continue;
        }
        match h.name {
            EventName::Established if has_agent => began = began.or(Some(*at)),
            EventName::Abandoned | EventName::Diverted | EventName::Released => {
                if let Some(began) = began.take() {
                    talks.push((*at, at.instant.duration_since(began.instant).as_millis()));
                }
            }
            _ => {}
        }
    }
    talks
}

/// After-call work that has ended: when, and how long it was.
fn works<'a>(day: &'a Day, dn: &'a str) -> impl Iterator<Item = (Now, u128)> + 'a {
    let mut began: Option<Now> = None;
    day.iter().filter(move |(_, h)| h.dn == dn).filter_map(move |(at, h)| {
        let works = h.state? == AgentState::AfterCallWork;
        if works {
            began = began.or(Some(*at));
            return None;
        }
        let began = began.take()?;
        Some((*at, at.instant.duration_since(began.instant).as_millis()))
    })
}

#[test]
fn every_figure_is_what_a_recount_of_the_day_gives() {
    for seed in 0..150 {
        let mut random = Random::from_number(seed);
        let mut stats = Stats::new();
        let mut now = start();
        stats.handle_input(now, Input::Configuration(Arc::new(configuration())));
        let (mut day, mut next_conn): (Day, u64) = (Vec::new(), 1);
        for _ in 0..120 {
            now = now.later(Duration::from_millis(random.below(120_000)));
            for happening in random_happenings(&mut random, &mut next_conn) {
                let sequence = u64::try_from(day.len()).unwrap() + 1;
                stats.handle_input(now, Input::Event(happening.event(now, sequence)));
                day.push((now, happening));
            }
            if random.below(4) == 0 {
                stats.handle_timeout(now);
            }
            let (shown, counted) = (stats.monitor(now), recount(&day, now));
            assert_eq!(shown.agents, counted.agents, "seed {seed}");
            assert_eq!(shown.last_hour, counted.last_hour, "seed {seed}");
            let active = (shown.gateway.active_calls, counted.gateway.active_calls);
            assert_eq!(active.0, active.1, "seed {seed}");
            for queue in &shown.queues {
                let source =
                    if queue.name.as_str() == "VQ_Support" { "5000" } else { queue.name.as_str() };
                let waits: Vec<u64> = (1..=next_conn)
                    .filter_map(|conn| is_at(&day, source, conn))
                    .map(|(since, _)| now.instant.duration_since(since.instant).as_secs())
                    .collect();
                let longest = u64::from(queue.longest_wait_seconds);
                assert_eq!(usize::try_from(queue.waiting).unwrap(), waits.len(), "seed {seed}");
                assert_eq!(longest, waits.into_iter().max().unwrap_or(0), "seed {seed}");
            }
        }
    }
}
