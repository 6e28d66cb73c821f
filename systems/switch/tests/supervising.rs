//! Supervisors who change their way, whose phones fail, and who leave.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    Capability, ConnId, EventName, LegId, Request,
    leg::{Cause, LegFact},
    request::MonitorMode,
};

/// 5003 supervises 5002's calls, and 5002 talks; the supervisor's phone is being called.
fn summoned(mode: MonitorMode, is_all: bool) -> (Site, ConnId, LegId) {
    let mut site = Site::at_work();
    site.fact(LegFact::DnInService { dn: "5003".into() });
    site.talk("5002");
    let (dn, target) = ("5003".into(), "5002".into());
    site.ask(Request::MonitorNextCall { dn, target, mode, is_all });
    let conn = site.conn();
    let leg = site.rung();
    site.forget_ladder();
    (site, conn, leg)
}

fn watching(mode: MonitorMode, is_all: bool) -> (Site, ConnId, LegId) {
    let (mut site, conn, leg) = summoned(mode, is_all);
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    site.forget_ladder();
    (site, conn, leg)
}

fn mute(conn: ConnId, is_on: bool) -> Request {
    let dn = "5003".into();
    if is_on { Request::SetMuteOn { dn, conn } } else { Request::SetMuteOff { dn, conn } }
}

#[test]
fn a_coach_barges_in_by_unmuting_and_everybody_hears_of_it() {
    let (mut site, conn, _) = watching(MonitorMode::Coach, true);
    site.ask(mute(conn, false));
    site.ask(mute(conn, false));
    site.ask(mute(conn, true));
    expect![[r#"
        0.0    RequestSetMuteOff #5 at 5003
               ok #5
               EventMuteOff 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5002 #5
               media hear in1 out1+out2
               EventPartyAdded 5002 call=1 Inbound Destination queue=5000 other=5003/NewParty parties=5551234567+5003 agent=5002:Ready:AutoIn
               EventPrivateInfo 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5002 ext{MonitorMode:connect}
        0.0    RequestSetMuteOff #6 at 5003
               refused #6 AlreadyInState (43): SetMuteOff was done to call 000103c43e180001 before.
        0.0    RequestSetMuteOn #7 at 5003
               ok #7
               EventMuteOn 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5002 #7
               media hear in1 out1
               media hear out1 in1
               EventPartyDeleted 5002 call=1 Inbound Destination queue=5000 other=5003/DeletedParty agent=5002:Ready:AutoIn
               EventPrivateInfo 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5002 ext{MonitorMode:mute}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn whoever_barges_in_at_once_is_told_of_once_the_phone_is_up() {
    let (mut site, _, leg) = summoned(MonitorMode::Connect, true);
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    expect![[r#"
        0.0    out2 rings
               out2 answer-phone
        0.0    out2 answered
               media hear in1 out1+out2
               media hear out1 in1+out2
               media hear out2 in1+out1
               EventEstablished 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5002 ext{MonitorMode:connect}
               EventPartyAdded 5002 call=1 Inbound Destination queue=5000 other=5003/NewParty parties=5551234567+5003 agent=5002:Ready:AutoIn
        0.0    out2 ended: Normal
               EventReleased 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5002 ext{BusinessCall:1}
               media hear in1 out1
               media hear out1 in1
               EventPartyDeleted 5002 call=1 Inbound Destination queue=5000 other=5003/DeletedParty agent=5002:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_wish_for_one_call_ends_with_a_phone_that_does_not_come_up() {
    let (mut site, _, leg) = summoned(MonitorMode::Mute, false);
    site.fact(LegFact::Ended { leg, cause: Cause::Rejected });
    expect![[r#"
        0.0    out2 ended: Rejected
               EventMonitoringCancelled 5003 ext{MonitorDN:5002}
               EventMonitoringCancelled 5002 agent=5002:Ready:AutoIn ext{MonitorDN:5003}
    "#]]
    .assert_eq(&site.take_ladder());
    // A wish for all calls stands.
    let (mut site, _, leg) = summoned(MonitorMode::Mute, true);
    site.fact(LegFact::Ended { leg, cause: Cause::Rejected });
    expect![[r#"
        0.0    out2 ended: Rejected
               out3 ring 5003 from 5551234567
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn a_wish_that_is_taken_back_while_the_phone_rings_is_cancelled_once() {
    let (mut site, _, _) = summoned(MonitorMode::Mute, false);
    site.ask(Request::CancelMonitoring { dn: "5003".into(), target: "5002".into() });
    expect![[r#"
        0.0    RequestCancelMonitoring #5 at 5003
               ok #5
               EventMonitoringCancelled 5003 #5 ext{MonitorDN:5002}
               EventMonitoringCancelled 5002 agent=5002:Ready:AutoIn ext{MonitorDN:5003}
               out2 release Cancelled
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn a_supervisor_who_leaves_takes_nobody_along() {
    let (mut site, _, _) = watching(MonitorMode::Mute, false);
    let target = || "5002".into();
    let (mode, is_all) = (MonitorMode::Mute, false);
    site.ask(Request::MonitorNextCall { dn: "5001".into(), target: target(), mode, is_all });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    site.forget_ladder();
    site.ask(Request::CancelMonitoring { dn: "5003".into(), target: target() });
    expect![[r#"
        0.0    RequestCancelMonitoring #6 at 5003
               ok #6
               EventMonitoringCancelled 5003 #6 ext{MonitorDN:5002}
               EventMonitoringCancelled 5002 agent=5002:Ready:AutoIn ext{MonitorDN:5003}
               EventReleased 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5002 ext{BusinessCall:1}
               out2 release Normal
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_supervisor_whose_phone_is_gone_makes_room_for_another() {
    let mut site = Site::at_work();
    site.fact(LegFact::DnInService { dn: "5003".into() });
    let wish = |dn: &str| Request::MonitorNextCall {
        dn: dn.into(),
        target: "5002".into(),
        mode: MonitorMode::Mute,
        is_all: true,
    };
    site.ask(wish("5003"));
    site.forget_ladder();
    site.fact(LegFact::DnOutOfService { dn: "5003".into() });
    site.wait_s(29);
    // A page that was reloaded supervises on.
    site.fact(LegFact::DnInService { dn: "5003".into() });
    site.wait_s(60);
    site.fact(LegFact::DnOutOfService { dn: "5003".into() });
    site.wait_s(30);
    site.ask(wish("5001"));
    expect![[r#"
        0.0    5003 has no phone
               EventDNOutOfService 5003
        29.0   5003 has a phone
               EventDNBackInService 5003
        89.0   5003 has no phone
               EventDNOutOfService 5003
        119.0  (time)
               EventMonitoringCancelled 5003 ext{MonitorDN:5002}
               EventMonitoringCancelled 5002 agent=5002:Ready:AutoIn ext{MonitorDN:5003}
        119.0  RequestMonitorNextCall #4 at 5001
               ok #4
               EventMonitoringNextCall 5001 agent=5001:Ready:AutoIn #4 ext{MonitorDN:5002 MonitorMode:mute}
               EventMonitoringNextCall 5002 agent=5002:Ready:AutoIn ext{MonitorDN:5001 MonitorMode:mute}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_supervisor_who_left_a_call_is_not_rung_for_it_again() {
    let (mut site, conn, leg) = watching(MonitorMode::Mute, true);
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    site.forget_ladder();
    // Somebody joins the call; then it is over and the next one comes.
    let added = Request::SingleStepConference {
        dn: "5002".into(),
        conn,
        destination: "5001".into(),
        user_data: model::KvList::new(),
    };
    site.ask(added);
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    assert!(!site.ladder.contains("ring 5003"), "{}", site.ladder);
    site.ask(Request::ClearCall { dn: "5002".into(), conn });
    site.talk("5002");
    assert!(site.ladder.contains("ring 5003"), "{}", site.ladder);
}

#[test]
fn what_a_supervisor_may_do_is_to_change_the_way_and_leave() {
    let offered = [MonitorMode::Mute, MonitorMode::Coach, MonitorMode::Connect].map(|mode| {
        let (mut site, conn, leg) = summoned(mode, true);
        site.fact(LegFact::Ringing { leg });
        site.fact(LegFact::Answered { leg });
        let event = site.events.iter().rev().find(|event| {
            event.this_dn.as_str() == "5003"
                && event.name == EventName::Established
                && event.call.as_ref().is_some_and(|call| call.conn == conn)
        });
        let capabilities = event.unwrap().call.as_ref().unwrap().capabilities;
        let names: Vec<_> = capabilities.iter().map(Capability::as_str).collect();
        format!("{}: {}", mode.as_str(), names.join(" "))
    });
    expect![[r#"
        mute: ReleaseCall SetMuteOff
        coach: ReleaseCall SetMuteOff SetMuteOn
        connect: ReleaseCall SetMuteOn"#]]
    .assert_eq(&offered.join("\n"));
}

#[test]
fn a_supervisor_who_was_busy_joins_the_agents_call_once_free() {
    let mut site = Site::at_work();
    site.fact(LegFact::DnInService { dn: "5003".into() });
    let own = site.talk("5003").1;
    let (dn, target, mode) = ("5003".into(), "5002".into(), MonitorMode::Mute);
    site.ask(Request::MonitorNextCall { dn, target, mode, is_all: true });
    site.talk("5002");
    site.forget_ladder();
    site.fact(LegFact::Ended { leg: own, cause: Cause::Normal });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        0.0    out1 ended: Normal
               EventReleased 5003 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{BusinessCall:1}
               in1 release Normal
               out3 ring 5003 from 5551234567
        0.0    out3 rings
               out3 answer-phone
        0.0    out3 answered
               media hear out3 in2+out2
               EventEstablished 5003 call=2 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5002 ext{MonitorMode:mute}
    "#]].assert_eq(&site.take_ladder());
}
