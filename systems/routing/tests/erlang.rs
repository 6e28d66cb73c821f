//! Days of a large centre against Erlang's C formula: callers come at random, talk for a random
//! time and never give up, so the share of those who wait no longer than 20 s is known. One day
//! scatters around it by several points, as days do; their mean must not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use common::{Agent, Site, configuration};
use model::{AgentState, EventName, random::Random};

const AGENTS: usize = 500;
const CALLS: u64 = 20_000;
const DAYS: u64 = 30;
/// Callers who come in a second, and how long they talk: 475 of the 500 agents are busy.
const PER_SECOND: f64 = 2.375;
const TALK_S: f64 = 200.0;
const WITHIN: Duration = Duration::from_secs(20);

/// What happens next, and when: microseconds since the beginning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Comes(u64),
    HangsUp(u64, String),
}

/// A random time whose mean is this.
fn exponential(random: &mut Random, mean: f64) -> Duration {
    let part = (random.draw_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    Duration::from_secs_f64(-mean * (1.0 - part).ln())
}

/// The share of callers who wait no longer than `within`, by Erlang's C formula.
fn erlang_c(agents: usize, load: f64, talk_s: f64, within: Duration) -> f64 {
    // The probability that all are busy, by Erlang's B, which stays within what numbers hold.
    let blocked = (1..=agents).fold(1.0, |b, n| load * b / (n as f64 + load * b));
    let n = agents as f64;
    let waits = n * blocked / (n - load * (1.0 - blocked));
    1.0 - waits * (-(n - load) * within.as_secs_f64() / talk_s).exp()
}

#[test]
fn the_service_level_is_what_erlang_s_formula_says() {
    let levels: Vec<f64> = (0..DAYS).map(day).collect();
    let measured = levels.iter().sum::<f64>() / levels.len() as f64;
    let expected = erlang_c(AGENTS, PER_SECOND * TALK_S, TALK_S, WITHIN);
    assert!((measured - expected).abs() < 0.03, "{levels:.3?}: {measured}, expected {expected}");
}

/// The share of callers who waited no longer than they should.
fn day(seed: u64) -> f64 {
    let names: Vec<String> = (0..AGENTS).map(|n| (10_000 + n).to_string()).collect();
    let agents: Vec<Agent<'_>> =
        names.iter().map(|name| (name.as_str(), &[("Support", 1)][..])).collect();
    let mut site = Site::new(configuration(&[("5000", "Support > 0")], &agents));
    names.iter().for_each(|name| site.ready(name));
    let begin = site.now;
    let mut random = Random::from_number(1917 + seed);
    let mut next = BinaryHeap::new();
    let mut at = Duration::ZERO;
    for call in 1..=CALLS {
        at += exponential(&mut random, 1.0 / PER_SECOND);
        next.push(Reverse((at, Next::Comes(call))));
    }
    let (mut came, mut waits) = (BTreeMap::new(), Vec::new());
    while let Some(Reverse((at, what))) = next.pop() {
        let now = site.now.instant.saturating_duration_since(begin.instant);
        site.pass(at.saturating_sub(now));
        match what {
            Next::Comes(call) => {
                came.insert(call, at);
                site.arrive("5000", call);
            }
            Next::HangsUp(call, agent) => {
                site.call(EventName::Released, &agent, call);
                site.agent(EventName::AgentReady, &agent, AgentState::Ready);
            }
        }
        // Whoever hung up this moment takes the next call at once.
        site.pass(Duration::ZERO);
        for routed in site.take_routed() {
            let (call, agent) = (routed.conn.0, routed.target.to_string());
            waits.push(at - came[&call]);
            for name in [EventName::Ringing, EventName::Established] {
                site.call(name, &agent, call);
            }
            let talk = exponential(&mut random, TALK_S);
            next.push(Reverse((at + talk, Next::HangsUp(call, agent))));
        }
        site.take_ladder();
    }
    assert_eq!(waits.len() as u64, CALLS, "everybody is served");
    // The centre fills first; what is measured begins after that.
    let steady = &waits[CALLS as usize / 5..];
    let in_time = steady.iter().filter(|wait| **wait <= WITHIN).count();
    in_time as f64 / steady.len() as f64
}
