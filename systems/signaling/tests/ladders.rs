//! Whole calls as ladders.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use expect_test::expect;
use model::{
    LegId,
    leg::{Cause, LegCommand, Progress},
};

#[test]
fn a_call_from_the_trunk_is_offered_heard_answered_and_hung_up() {
    let mut bench = Bench::new();
    let mut caller = Caller::new("5551234567", "call1");
    bench.udp(PSTN, caller.invite("", OFFER));
    let leg = bench.offered();
    bench.command(LegCommand::Progress { leg, progress: Progress::EarlyMedia });
    bench.command(LegCommand::Answer { leg });
    caller.learn(&bench.take_sent().pop().unwrap());
    bench.udp(PSTN, caller.request("ACK", "", ""));
    bench.udp(PSTN, caller.request("BYE", "", ""));
    expect![[r#"
        pstn     -> INVITE with SDP
        pstn    <-  100 INVITE
        media   <-  Open Plain leg in1, an offer
        switch  <-  Offered { leg: in1, source: Trunk(TrunkName(pstn)), ani: "5551234567", name: Some("Pat"), dnis: "+18005551234", uuid: None }
        switch   -> Progress { leg: in1, progress: EarlyMedia }
        pstn    <-  183 INVITE with SDP
        switch   -> Answer { leg: in1 }
        pstn    <-  200 INVITE with SDP
        switch  <-  Answered { leg: in1 }
        pstn     -> ACK
        pstn     -> BYE
        pstn    <-  200 BYE
        switch  <-  Ended { leg: in1, cause: Normal }
        media   <-  Close leg in1
    "#]]
    .assert_eq(&bench.take_ladder());
    bench.pass_s(64);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}

#[test]
fn a_browser_rings_is_told_to_answer_and_is_hung_up() {
    let mut bench = Bench::new();
    bench.register_browser("5002", BROWSER);
    bench.ring(1, "5002");
    let (to, invite) = bench.sent.pop().unwrap();
    bench.arrive(to, response(&invite, 100, "", "", ""));
    bench.arrive(to, response(&invite, 180, "p", "", ""));
    bench.command(LegCommand::AnswerPhone { leg: LegId(1) });
    let (_, info) = bench.sent.pop().unwrap();
    bench.arrive(to, response(&info, 200, "p", "", ""));
    bench.arrive(to, response(&invite, 200, "p", "", "v=0 browser"));
    bench.command(LegCommand::Release { leg: LegId(1), cause: Cause::Normal });
    let (_, bye) = bench.sent.pop().unwrap();
    bench.arrive(to, response(&bye, 200, "p", "", ""));
    expect![[r#"
        switch   -> Ring { leg: out1, dn: (5002), uuid: CallUuid(00000000000000000000000007000001), from: "5551234567", from_name: Some("Sample Customer"), resume: false }
        media   <-  Open Browser leg out1, no offer
        browser <-  INVITE with SDP
        browser  -> 100 INVITE
        browser  -> 180 INVITE
        switch  <-  Ringing { leg: out1 }
        switch   -> AnswerPhone { leg: out1 }
        browser <-  INFO
        browser  -> 200 INFO
        browser  -> 200 INVITE with SDP
        browser <-  ACK
        media   <-  Answer leg out1
        switch  <-  Answered { leg: out1 }
        switch   -> Release { leg: out1, cause: Normal }
        browser <-  BYE
        switch  <-  Ended { leg: out1, cause: Normal }
        media   <-  Close leg out1
        browser  -> 200 BYE
    "#]]
    .assert_eq(&bench.take_ladder());
    bench.pass_s(64);
    assert!(bench.sip.is_idle(), "{:?}", bench.sip.counts());
}
