//! What an analyst finds of the main job's calls: rows of the history, as text.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use model::{
    ConnId, Dn, KvList, Request,
    history::{Row, StayOutcome},
};
use sim::{PhoneAct, Weather, World};

fn site() -> World {
    let mut world = World::new(Instant::now(), 1, Weather::fair(), 3);
    world.run_for(Duration::from_secs(1));
    world
}

fn seconds(world: &mut World, seconds: u64) {
    world.run_for(Duration::from_secs(seconds));
}

fn answer(world: &mut World, dn: &str) {
    let conn = world.conn_at(dn).unwrap();
    world.request(Request::AnswerCall { dn: dn.into(), conn });
}

/// A customer's call that 5001 has answered.
fn served(world: &mut World) -> ConnId {
    world.at_work("5001");
    world.call("5551234567", "+18005551234");
    seconds(world, 2);
    answer(world, "5001");
    seconds(world, 10);
    world.conn_at("5001").unwrap()
}

/// 5001 asks 5002, who answers; the consultation.
fn consult(world: &mut World, conn: ConnId, is_conference: bool) -> ConnId {
    world.at_work("5002");
    let (dn, destination) = (Dn::from("5001"), "5002".to_owned());
    let user_data = KvList::new();
    world.request(match is_conference {
        true => Request::InitiateConference { dn, conn, destination, user_data },
        false => Request::InitiateTransfer { dn, conn, destination, user_data },
    });
    seconds(world, 1);
    answer(world, "5002");
    seconds(world, 4);
    world.conn_at("5002").unwrap()
}

/// Rows as text; calls are numbered as they came, times are seconds from the first.
fn rows(world: &World, expected: &Expect) {
    let of_calls = world.history.values().filter_map(|row| match row {
        Row::Call(call) => Some(call),
        Row::AgentState(_) | Row::Leg(_) | Row::QueueStay(_) => None,
    });
    let mut calls: Vec<_> = of_calls.collect();
    calls.sort_by_key(|call| (call.started_ms, call.conn));
    let began = calls.first().map_or(0, |call| call.started_ms);
    let number = |conn: ConnId| calls.iter().position(|call| call.conn == conn).unwrap() + 1;
    let time = |ms: u64| format!("{:.1}", (ms as f64 - began as f64) / 1000.0);
    let maybe = |ms: Option<u64>| ms.map_or("-".to_owned(), time);
    let mut text = String::new();
    for row in world.history.values() {
        let line = match row {
            Row::AgentState(row) => format!(
                "state {} {} {} call={} {}..{}",
                row.agent,
                row.state.as_str(),
                row.reason.as_deref().unwrap_or("-"),
                row.conn.map_or("-".to_owned(), |conn| number(conn).to_string()),
                time(row.began_ms),
                maybe(row.ended_ms)
            ),
            Row::Call(row) => format!(
                "call {} {} at {} by {} consult_of={} continued_in={} {} {} {} {}",
                number(row.conn),
                row.call_type.as_str(),
                row.route_point.as_ref().map_or("-", Dn::as_str),
                row.agent.as_ref().map_or("-", |agent| agent.as_str()),
                row.consult_of.map_or("-".to_owned(), |conn| number(conn).to_string()),
                row.continued_in.map_or("-".to_owned(), |conn| number(conn).to_string()),
                time(row.started_ms),
                maybe(row.answered_ms),
                maybe(row.ended_ms),
                row.outcome.as_deref().unwrap_or("-")
            ),
            Row::Leg(row) => format!(
                "leg {}.{} {} {:?} other={} {} {} {} held={:.1}x{} {}",
                number(row.conn),
                row.position,
                row.dn,
                row.role,
                row.other.as_ref().map_or("-", Dn::as_str),
                time(row.began_ms),
                maybe(row.answered_ms),
                maybe(row.ended_ms),
                row.held_ms as f64 / 1000.0,
                row.holds,
                row.outcome.as_deref().unwrap_or("-")
            ),
            Row::QueueStay(row) => format!(
                "stay {}.{} {} {} {}..{} offers={} by {} {}",
                number(row.conn),
                row.position,
                row.queue,
                row.virtual_queue.as_ref().map_or("-", Dn::as_str),
                time(row.entered_ms),
                maybe(row.ended_ms),
                row.offers,
                row.agent.as_ref().map_or("-", |agent| agent.as_str()),
                row.outcome.map_or("-", StayOutcome::as_str)
            ),
        };
        text.push_str(&line);
        text.push('\n');
    }
    expected.assert_eq(&text);
    assert_eq!(world.faults, Vec::<String>::new());
}

#[test]
fn a_call_that_is_held_and_ends_has_one_row_a_leg_a_stay_and_after_call_work() {
    let mut world = site();
    let conn = served(&mut world);
    world.request(Request::HoldCall { dn: "5001".into(), conn });
    seconds(&mut world, 5);
    world.request(Request::RetrieveCall { dn: "5001".into(), conn });
    seconds(&mut world, 5);
    world.caller_hangs_up(0);
    seconds(&mut world, 40);
    rows(
        &world,
        &expect![[r#"
        state 5001 NotReady - call=- -0.0..-0.0
        state 5001 Ready - call=- -0.0..22.0
        state 5001 AfterCallWork - call=1 22.0..42.0
        state 5001 Ready - call=- 42.0..-
        call 1 Inbound at 5000 by 5001 consult_of=- continued_in=- 0.0 2.0 22.0 answered
        leg 1.1 5001 Destination other=5551234567 0.0 2.0 22.0 held=5.0x1 remote release
        stay 1.1 5000 VQ_Support 0.0..2.0 offers=1 by 5001 answered
    "#]],
    );
}

#[test]
fn a_caller_who_gives_up_has_a_stay_and_no_leg() {
    let mut world = site();
    world.call("5551234567", "+18005551234");
    seconds(&mut world, 7);
    world.caller_hangs_up(0);
    seconds(&mut world, 1);
    rows(
        &world,
        &expect![[r#"
        call 1 Inbound at 5000 by - consult_of=- continued_in=- 0.0 - 7.0 abandoned
        stay 1.1 5000 VQ_Support 0.0..7.0 offers=0 by - abandoned
    "#]],
    );
}

#[test]
fn a_phone_that_does_not_answer_is_a_leg_and_the_stay_goes_on() {
    let mut world = site();
    world.at_work("5001");
    world.call("5551234567", "+18005551234");
    seconds(&mut world, 2);
    world.phone(0, PhoneAct::Refuse);
    seconds(&mut world, 1);
    world.at_work("5002");
    seconds(&mut world, 2);
    answer(&mut world, "5002");
    seconds(&mut world, 3);
    world.caller_hangs_up(0);
    seconds(&mut world, 1);
    rows(
        &world,
        &expect![[r#"
        state 5001 NotReady - call=- -0.0..-0.0
        state 5001 Ready - call=- -0.0..2.0
        state 5001 NotReady Call rejected call=- 2.0..-
        state 5002 NotReady - call=- 3.0..3.0
        state 5002 Ready - call=- 3.0..8.0
        state 5002 AfterCallWork - call=1 8.0..-
        call 1 Inbound at 5000 by 5002 consult_of=- continued_in=- 0.0 5.0 8.0 answered
        leg 1.1 5001 Destination other=5551234567 0.0 - 2.0 held=0.0x0 redirected
        leg 1.2 5002 Destination other=5551234567 3.0 5.0 8.0 held=0.0x0 remote release
        stay 1.1 5000 VQ_Support 0.0..5.0 offers=2 by 5002 answered
    "#]],
    );
}

#[test]
fn a_transfer_links_the_consultation_and_moves_its_party() {
    let mut world = site();
    let held = served(&mut world);
    let current = consult(&mut world, held, false);
    world.request(Request::CompleteTransfer { dn: "5001".into(), held, current });
    seconds(&mut world, 6);
    world.caller_hangs_up(0);
    seconds(&mut world, 1);
    rows(
        &world,
        &expect![[r#"
        state 5001 NotReady - call=- -0.0..-0.0
        state 5001 Ready - call=- -0.0..17.0
        state 5001 AfterCallWork - call=1 17.0..-
        state 5002 NotReady - call=- 12.0..12.0
        state 5002 Ready - call=- 12.0..23.0
        state 5002 AfterCallWork - call=1 23.0..-
        call 1 Inbound at 5000 by 5001 consult_of=- continued_in=- 0.0 2.0 23.0 answered
        call 2 Consult at - by 5002 consult_of=1 continued_in=1 12.0 13.0 17.0 answered
        leg 1.1 5001 Destination other=5551234567 0.0 2.0 17.0 held=5.0x1 transferred
        leg 1.2 5002 Destination other=5551234567 17.0 17.0 23.0 held=0.0x0 remote release
        leg 2.1 5001 Origination other=5002 12.0 13.0 17.0 held=0.0x0 transferred
        leg 2.2 5002 Destination other=5001 12.0 13.0 17.0 held=0.0x0 moved
        stay 1.1 5000 VQ_Support 0.0..2.0 offers=1 by 5001 answered
    "#]],
    );
}

#[test]
fn a_conference_has_a_leg_for_each_of_its_dns() {
    let mut world = site();
    let held = served(&mut world);
    let current = consult(&mut world, held, true);
    world.request(Request::CompleteConference { dn: "5001".into(), held, current });
    seconds(&mut world, 6);
    world.request(Request::ReleaseCall { dn: "5001".into(), conn: held });
    seconds(&mut world, 2);
    world.caller_hangs_up(0);
    seconds(&mut world, 1);
    rows(
        &world,
        &expect![[r#"
        state 5001 NotReady - call=- -0.0..-0.0
        state 5001 Ready - call=- -0.0..23.0
        state 5001 AfterCallWork - call=1 23.0..-
        state 5002 NotReady - call=- 12.0..12.0
        state 5002 Ready - call=- 12.0..25.0
        state 5002 AfterCallWork - call=1 25.0..-
        call 1 Inbound at 5000 by 5001 consult_of=- continued_in=- 0.0 2.0 25.0 answered
        call 2 Consult at - by 5002 consult_of=1 continued_in=1 12.0 13.0 17.0 answered
        leg 1.1 5001 Destination other=5551234567 0.0 2.0 23.0 held=5.0x1 released
        leg 1.2 5002 ConferenceMember other=5551234567 17.0 17.0 25.0 held=0.0x0 remote release
        leg 2.1 5001 Origination other=5002 12.0 13.0 17.0 held=0.0x0 conferenced
        leg 2.2 5002 Destination other=5001 12.0 13.0 17.0 held=0.0x0 moved
        stay 1.1 5000 VQ_Support 0.0..2.0 offers=1 by 5001 answered
    "#]],
    );
}

#[test]
fn a_transfer_in_one_step_goes_on_in_the_same_call() {
    let mut world = site();
    let conn = served(&mut world);
    world.at_work("5002");
    world.request(Request::SingleStepTransfer {
        dn: "5001".into(),
        conn,
        destination: "5002".into(),
        user_data: KvList::new(),
    });
    seconds(&mut world, 2);
    answer(&mut world, "5002");
    seconds(&mut world, 5);
    world.caller_hangs_up(0);
    seconds(&mut world, 1);
    rows(
        &world,
        &expect![[r#"
        state 5001 NotReady - call=- -0.0..-0.0
        state 5001 Ready - call=- -0.0..12.0
        state 5001 AfterCallWork - call=1 12.0..-
        state 5002 NotReady - call=- 12.0..12.0
        state 5002 Ready - call=- 12.0..19.0
        state 5002 AfterCallWork - call=1 19.0..-
        call 1 Inbound at 5000 by 5001 consult_of=- continued_in=- 0.0 2.0 19.0 answered
        leg 1.1 5001 Destination other=5551234567 0.0 2.0 12.0 held=0.0x0 transferred
        leg 1.2 5002 Destination other=5551234567 12.0 14.0 19.0 held=0.0x0 remote release
        stay 1.1 5000 VQ_Support 0.0..2.0 offers=1 by 5001 answered
    "#]],
    );
}
