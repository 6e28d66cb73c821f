//! Ten thousand random walks over switch, routing and signaling with lost and late datagrams.
//!
//! The small model: no agent's phone is called twice at a time; a caller gets one final answer;
//! when everybody has hung up and time has passed, nothing is left anywhere and an agent who was at
//! work and has a phone can be called again.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, missing_docs)]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use model::{
    ConnId, Dn, KvList, Request, WorkMode,
    history::{CallRow, Row},
    random::Random,
    request::MergeType,
};
use sim::{CallerState, PhoneAct, Weather, World};

#[test]
fn ten_thousand_random_walks_leave_nothing_stuck_and_nothing_behind() {
    let mut talked = 0;
    for seed in 0..WALKS {
        talked += walk(seed);
    }
    assert!(talked > WALKS, "the walks were too tame: {talked} conversations");
}

/// One walk; how many conversations came of it.
fn walk(seed: u64) -> u64 {
    let mut random = Random::from_number(seed ^ 0x5eed);
    let weather = if random.below(2) == 0 { Weather::fair() } else { Weather::foul() };
    let mut world = World::new(Instant::now(), seed, weather, AGENTS);
    for at in 0..AGENTS {
        world.at_work(&dn(u64::from(at)));
    }
    let mut talked = 0;
    for _ in 0..STEPS {
        step(&mut world, &mut random);
        world.run_for(Duration::from_millis(random.below(6000)));
        talked += u64::from(world.agents.values().any(|a| a.calls.values().any(|up| *up)));
    }
    finish(&mut world, seed);
    talked
}

fn step(world: &mut World, random: &mut Random) {
    let at = random.below(u64::from(AGENTS)) as usize;
    let dn = dn(at as u64);
    let caller = random.below(world.callers.len().max(1) as u64) as usize;
    let conn = world.conn_at(&dn);
    match random.below(19) {
        0..3 => {
            let dnis = if random.below(8) == 0 { "+1999" } else { "+18005551234" };
            world.call(&format!("555{}", random.below(10_000_000)), dnis);
        }
        3..5 => {
            if let Some(conn) = conn {
                world.request(Request::AnswerCall { dn: dn.as_str().into(), conn });
            }
        }
        5 => world.phone(at, PhoneAct::Answer),
        6 => world.phone(at, PhoneAct::HangUp),
        7 => world.phone(at, PhoneAct::Refuse),
        8 => {
            if let Some(conn) = conn {
                world.request(Request::ReleaseCall { dn: dn.as_str().into(), conn });
            }
        }
        9 => world.caller_hangs_up(caller),
        10 => {
            let dn = Dn::from(dn.as_str());
            world.request(Request::AgentNotReady { dn, work_mode: WorkMode::AuxWork });
        }
        11 => {
            let dn = Dn::from(dn.as_str());
            world.request(Request::AgentReady { dn, work_mode: WorkMode::ManualIn });
        }
        12..18 => party_request(world, random, &Dn::from(dn.as_str())),
        _ => {
            if random.below(3) == 0 {
                world.close_page(at);
            } else {
                world.reload_page(at);
            }
        }
    }
}

/// Something that an agent asks of his calls, or of somebody else's phone.
fn party_request(world: &mut World, random: &mut Random, dn: &Dn) {
    let conns: Vec<_> = world.agents[dn].calls.keys().copied().collect();
    let dn = dn.clone();
    let user_data = KvList::new();
    let whom = ["5001", "5002", "5003", "+18005551234", "7"];
    let destination = whom[random.below(whom.len() as u64) as usize].to_owned();
    let Some(&conn) = conns.first() else {
        return world.request(Request::MakeCall { dn, destination, user_data });
    };
    let (held, current) = (conn, *conns.last().unwrap());
    world.request(match random.below(13) {
        0 => Request::HoldCall { dn, conn },
        1 => Request::RetrieveCall { dn, conn },
        2 => Request::SingleStepTransfer { dn, conn, destination, user_data },
        3 => Request::SingleStepConference { dn, conn, destination, user_data },
        4 => Request::MuteTransfer { dn, conn, destination, user_data },
        5 => Request::CompleteConference { dn, held, current },
        6 => Request::AlternateCall { dn, held, current },
        7 => Request::ReconnectCall { dn, held, current },
        8 if conns.len() > 1 => Request::CompleteTransfer { dn, held, current },
        11 => Request::MergeCalls { dn, held, current, merge: MergeType::ForConference },
        12 => Request::ListenDisconnect { dn, conn, listener: destination.as_str().into() },
        9 => Request::RedirectCall { dn, conn, destination },
        _ => Request::InitiateTransfer { dn, conn, destination, user_data },
    });
}

/// Everybody hangs up; after some minutes nothing may be left.
fn finish(world: &mut World, seed: u64) {
    for at in 0..world.callers.len() {
        world.caller_hangs_up(at);
    }
    // Twice: a call that was just asked for reaches its phone only now.
    for _ in 0..2 {
        for at in 0..usize::from(AGENTS) {
            world.phone(at, PhoneAct::HangUp);
            world.phone(at, PhoneAct::Refuse);
        }
        world.run_for(Duration::from_secs(60));
    }
    world.run_for(Duration::from_secs(300));
    assert_eq!(world.faults, Vec::<String>::new(), "seed {seed}");
    for caller in &world.callers {
        assert!(caller.is_done(), "seed {seed}: a caller hangs in {:?}", caller.state);
        assert_eq!(caller.contradictions, 0, "seed {seed}");
    }
    for phone in &world.phones {
        assert_eq!(phone.double_invites, 0, "seed {seed}: {} was called twice", phone.dn);
    }
    for (dn, agent) in &world.agents {
        assert!(agent.calls.is_empty(), "seed {seed}: {dn} still has a call");
    }
    assert_eq!(
        (world.open_legs(), world.recordings(), world.busy_phones()),
        (0, 0, 0),
        "seed {seed}"
    );
    let systems = world.board.systems();
    assert!(systems.switch.is_idle(), "seed {seed}: {:?}", systems.switch.counts());
    assert!(systems.signaling.is_idle(), "seed {seed}: {:?}", systems.signaling.counts());
    assert!(systems.story.is_idle(), "seed {seed}: {:?}", systems.story);
    let routing = systems.routing.counts();
    assert_eq!((routing.offered, routing.waiting), (0, 0), "seed {seed}");
    history_adds_up(world, seed);
    serves_again(world, seed);
}

/// Every call has ended, its legs and stays lie within it, and its stays follow one another.
fn history_adds_up(world: &World, seed: u64) {
    let rows = world.history.values();
    let calls: BTreeMap<ConnId, &CallRow> = rows
        .filter_map(|row| match row {
            Row::Call(call) => Some((call.conn, call)),
            Row::AgentState(_) | Row::Leg(_) | Row::QueueStay(_) => None,
        })
        .collect();
    let mut left_ms: BTreeMap<ConnId, u64> = BTreeMap::new();
    for row in world.history.values() {
        let (conn, began_ms, ended_ms) = match row {
            Row::AgentState(_) => continue,
            Row::Call(call) => (call.conn, call.started_ms, call.ended_ms),
            Row::Leg(leg) => {
                let talked_ms = leg.ended_ms.zip(leg.answered_ms).map(|(end, from)| end - from);
                assert!(leg.held_ms <= talked_ms.unwrap_or(leg.held_ms), "seed {seed}: {leg:?}");
                (leg.conn, leg.began_ms, leg.ended_ms)
            }
            Row::QueueStay(stay) => {
                let before_ms = left_ms.insert(stay.conn, stay.ended_ms.unwrap_or(u64::MAX));
                assert!(before_ms.unwrap_or(0) <= stay.entered_ms, "seed {seed}: {stay:?}");
                assert!(stay.waiting_since_ms <= stay.entered_ms, "seed {seed}: {stay:?}");
                (stay.conn, stay.entered_ms, stay.ended_ms)
            }
        };
        let call = calls.get(&conn).unwrap_or_else(|| panic!("seed {seed}: no call for {row:?}"));
        let ended_ms = ended_ms.unwrap_or_else(|| panic!("seed {seed}: {row:?} has not ended"));
        let call_ended_ms = call.ended_ms.unwrap_or(0);
        let is_within = call.started_ms <= began_ms && ended_ms <= call_ended_ms;
        assert!(is_within && began_ms <= ended_ms, "seed {seed}: {row:?} in {call:?}");
        assert!(call.outcome.is_some(), "seed {seed}: {call:?}");
    }
}

/// An agent whose page is loaded anew gets the next call and can answer it.
fn serves_again(world: &mut World, seed: u64) {
    world.network_clears();
    world.reload_page(0);
    world.run_for(Duration::from_secs(1));
    let first = dn(0);
    world.request(Request::AgentReady { dn: first.as_str().into(), work_mode: WorkMode::ManualIn });
    for at in 1..u64::from(AGENTS) {
        let dn = dn(at).as_str().into();
        world.request(Request::AgentNotReady { dn, work_mode: WorkMode::AuxWork });
    }
    world.run_for(Duration::from_secs(1));
    let caller = world.call("5550000000", "+18005551234");
    world.run_for(Duration::from_secs(1));
    let conn = world.conn_at(&first);
    let conn = conn.unwrap_or_else(|| panic!("seed {seed}: {first} gets no call any more"));
    world.request(Request::AnswerCall { dn: first.as_str().into(), conn });
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.callers[caller].state, CallerState::Talking, "seed {seed}");
}

fn dn(at: u64) -> String {
    format!("{}", 5001 + at)
}

const WALKS: u64 = 10_000;
const STEPS: u32 = 20;
const AGENTS: u16 = 3;
