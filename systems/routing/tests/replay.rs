//! The past lived through again, against a queue that a few lines can reckon.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc, time::Instant};

use common::{Agent, configuration, with_steps};
use model::{
    random::Random,
    replay::{Past, PastCall, PastEnd, Shift},
};
use routing::replay::{as_it_was, replay};

const BEGAN: u64 = 1_800_000_000_000;
const IN_TIME_S: u32 = 20;

fn call(at_ms: u64, wait_ms: u64, end: PastEnd) -> PastCall {
    let (ani, dnis) = (Some("5551234567".into()), Some("+18005551234".into()));
    PastCall { at_ms: BEGAN + at_ms, route_point: "5000".into(), ani, dnis, wait_ms, end }
}

fn shifts(agents: &[&str], to_ms: u64) -> Vec<Shift> {
    let shift = |agent: &&str| Shift {
        agent: (*agent).into(),
        dn: (*agent).into(),
        from_ms: BEGAN,
        to_ms: BEGAN + to_ms,
    };
    agents.iter().map(shift).collect()
}

/// Calls that come at random, as a queue in which whoever came first is served first has them.
fn random_past(agents: &[&str], calls: usize) -> Past {
    let mut random = Random::from_number(5);
    let mut free: BinaryHeap<Reverse<u64>> = agents.iter().map(|_| Reverse(0)).collect();
    let mut at = 0;
    let calls = (0..calls).map(|_| {
        at += 1 + random.below(40_000);
        let (talk_ms, after_ms) = (1 + random.below(300_000), random.below(60_000));
        let Reverse(next) = free.pop().unwrap();
        let begins = at.max(next);
        free.push(Reverse(begins + talk_ms + after_ms));
        call(at, begins - at, PastEnd::Answered { talk_ms, after_ms })
    });
    let calls: Vec<_> = calls.collect();
    let to_ms = BEGAN + at + 1;
    Past { from_ms: BEGAN, to_ms, calls, shifts: shifts(agents, at * 2), ring_ms: 0 }
}

const AGENTS: [&str; 10] = ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"];

fn site(with_skill: &[&str]) -> Arc<model::Configuration> {
    let agents: Vec<Agent<'_>> = AGENTS
        .iter()
        .map(|agent| {
            let has = with_skill.contains(agent);
            (*agent, if has { &[("Support", 1)][..] } else { &[][..] })
        })
        .collect();
    Arc::new(configuration(&[("5000", "Support > 0")], &agents))
}

#[test]
fn what_was_comes_again_under_the_same_configuration() {
    let past = random_past(&AGENTS, 3_000);
    let (was, again) =
        (as_it_was(&past, IN_TIME_S), replay(&past, site(&AGENTS), IN_TIME_S, Instant::now()));
    assert_eq!(again.total, was.total);
    assert_eq!(again.route_points, was.route_points);
    assert!(was.total.longest_wait_seconds > 60.0, "callers did wait: {:?}", was.total);
    let (a, b) = (was.occupancy_percent.unwrap(), again.occupancy_percent.unwrap());
    assert!((a - b).abs() < 0.1, "{a} {b}");
}

#[test]
fn fewer_agents_make_callers_wait_longer_and_more_shorter() {
    let past = random_past(&AGENTS[..9], 2_000);
    let levels: Vec<f32> = [8, 9, 10]
        .iter()
        .map(|count| {
            let past = Past { shifts: shifts(&AGENTS, past.shifts[0].to_ms), ..past.clone() };
            let lived = replay(&past, site(&AGENTS[..*count]), IN_TIME_S, Instant::now());
            assert_eq!(lived.total.offered, 2_000);
            lived.total.service_level_percent.unwrap()
        })
        .collect();
    assert!(levels[0] + 5.0 < levels[1] && levels[1] + 2.0 < levels[2], "{levels:?}");
}

#[test]
fn callers_who_gave_up_do_so_again_unless_somebody_answers_before() {
    let calls = vec![
        call(1_000, 0, PastEnd::Answered { talk_ms: 60_000, after_ms: 10_000 }),
        call(2_000, 30_000, PastEnd::Abandoned),
        call(3_000, 90_000, PastEnd::Abandoned),
    ];
    let shifts = shifts(&["10"], 200_000);
    let past = Past { from_ms: BEGAN, to_ms: BEGAN + 100_000, calls, shifts, ring_ms: 2_000 };
    let lived = replay(&past, site(&AGENTS), IN_TIME_S, Instant::now());
    // The agent is free at 1 + 2 + 60 + 10 s; the third caller has waited for 70 s then, and the
    // phone rings for two more.
    let total = lived.total;
    assert_eq!((total.answered, total.abandoned, total.other), (2, 1, 0));
    assert_eq!(
        (total.longest_wait_seconds, total.service_level_percent),
        (72.0, Some(100.0 / 3.0))
    );
}

#[test]
fn nobody_is_offered_a_call_before_the_shift_or_after_it() {
    let answered = PastEnd::Answered { talk_ms: 5_000, after_ms: 0 };
    let calls = vec![call(1_000, 0, answered), call(50_000, 40_000, PastEnd::Abandoned)];
    let mut shifts = shifts(&["10"], 40_000);
    shifts[0].from_ms += 20_000;
    let past = Past { from_ms: BEGAN, to_ms: BEGAN + 100_000, calls, shifts, ring_ms: 0 };
    let total = replay(&past, site(&AGENTS), IN_TIME_S, Instant::now()).total;
    assert_eq!((total.answered, total.abandoned), (1, 1));
    assert_eq!(total.average_wait_seconds, Some(19.0), "from the shift's beginning");
}

#[test]
fn a_strategy_with_steps_is_lived_through_with_its_announcements_and_time_outs() {
    let site = configuration(&[("5000", "")], &[("10", &[])]);
    let site = with_steps(
        site,
        r#"[
            {"play": {"prompt": [{"text": "Welcome."}]}},
            {"attach": {"user_data": {"tier": "gold"}}},
            {"target": {"to": [{"skills": "Support > 0"}], "timeout_s": 30}},
            {"route": {"number": "+18005550000"}}
        ]"#,
    );
    let calls = vec![call(1_000, 500, PastEnd::Answered { talk_ms: 1, after_ms: 0 })];
    let past = Past { from_ms: BEGAN, to_ms: BEGAN + 2_000, calls, shifts: vec![], ring_ms: 0 };
    let total = replay(&past, Arc::new(site), IN_TIME_S, Instant::now()).total;
    assert_eq!((total.offered, total.answered, total.other), (1, 0, 1));
}
