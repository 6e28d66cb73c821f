//! Recordings: asked for, by rule, by the router; and whom they hear while calls change.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    ConnId, KvList, LegId, Request,
    config::DnRecord,
    leg::{Cause, LegFact},
    media::MediaCommand,
    recording::{RecordCommand, RecordingFact},
    request::MonitorMode,
};
use switch::{Input, Output};

fn of(dn: &str, conn: ConnId, request: fn(model::Dn, ConnId) -> Request) -> Request {
    request(dn.into(), conn)
}

fn start(dn: &str, conn: ConnId) -> Request {
    of(dn, conn, |dn, conn| Request::StartRecording { dn, conn })
}

fn stop(dn: &str, conn: ConnId) -> Request {
    of(dn, conn, |dn, conn| Request::StopRecording { dn, conn })
}

fn pause(dn: &str, conn: ConnId) -> Request {
    of(dn, conn, |dn, conn| Request::PauseRecording { dn, conn })
}

fn resume(dn: &str, conn: ConnId) -> Request {
    of(dn, conn, |dn, conn| Request::ResumeRecording { dn, conn })
}

/// What recordings were told in the whole story.
fn tapes(site: &Site) -> String {
    let lines = site.ladder.lines().filter(|line| line.contains(" record "));
    lines.map(|line| format!("{}\n", line.split_at(7).1)).collect()
}

#[test]
fn m_a_recording_is_started_paused_resumed_and_stopped() {
    let mut site = Site::at_work();
    site.talk("5002");
    let conn = site.conn();
    site.forget_ladder();
    site.ask(start("5002", conn));
    site.ask(start("5002", conn));
    site.ask(pause("5002", conn));
    site.ask(resume("5002", conn));
    site.ask(stop("5002", conn));
    site.ask(stop("5002", conn));
    site.ask(start("5002", conn));
    site.ask(Request::ReleaseCall { dn: "5002".into(), conn });
    expect![[r#"
        0.0    RequestStartRecording #4 at 5002
               ok #4
               record 1 begins: 5002 (5002) with 5551234567
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #4 ext{RecordingState:on RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-1}
               record 1 left [in1] right [out1]
        0.0    RequestStartRecording #5 at 5002
               refused #5 AlreadyInState (43): StartRecording was done to call 000103c43e180001 before.
        0.0    RequestPauseRecording #6 at 5002
               ok #6
               record 1 pauses
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #6 ext{RecordingState:paused RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-1}
        0.0    RequestResumeRecording #7 at 5002
               ok #7
               record 1 goes on
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #7 ext{RecordingState:on RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-1}
        0.0    RequestStopRecording #8 at 5002
               ok #8
               record 1 ends
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #8 ext{RecordingState:off RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-1}
        0.0    RequestStopRecording #9 at 5002
               refused #9 InvalidCallState (496): StopRecording can't be done to call 000103c43e180001, which is established at 5002.
        0.0    RequestStartRecording #10 at 5002
               ok #10
               record 2 begins: 5002 (5002) with 5551234567
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #10 ext{RecordingState:on RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-2}
               record 2 left [in1] right [out1]
        0.0    RequestReleaseCall #11 at 5002
               ok #11
               EventReleased 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #11 ext{BusinessCall:1}
               record 2 ends
               out1 release Normal
               in1 release Normal
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn what_the_site_wants_recorded_can_be_paused_and_not_stopped() {
    let mut site = Site::at_work();
    site.set_record(&[("5002", DnRecord::Always)]);
    site.talk("5002");
    let conn = site.conn();
    site.forget_ladder();
    site.ask(stop("5002", conn));
    site.ask(pause("5002", conn));
    site.ask(resume("5002", conn));
    expect![[r#"
        0.0    RequestStopRecording #4 at 5002
               refused #4 UnsupportedOperation (51): Call 000103c43e180001 is recorded at 5002 because the site wants it so. Pause the recording while something is said that must not be kept.
        0.0    RequestPauseRecording #5 at 5002
               ok #5
               record 1 pauses
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #5 ext{RecordingState:paused RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-1}
        0.0    RequestResumeRecording #6 at 5002
               ok #6
               record 1 goes on
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #6 ext{RecordingState:on RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn what_must_not_be_recorded_is_not() {
    let mut site = Site::at_work();
    site.set_record(&[("5002", DnRecord::Never)]);
    site.offer("+18005551234");
    let route = common::route(site.conn(), "5002");
    site.ask_with(route, KvList::new().with("record", "destination"));
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    let conn = site.conn();
    let reference = site.ask(start("5002", conn));
    let refused = site.outcome(reference);
    assert!(matches!(refused.as_slice(), [Output::Refused { .. }]), "{refused:?}");
    expect![[r#"
        refused #4 UnsupportedOperation (51): Calls at 5002 are never recorded: its option record says so.
    "#]].assert_eq(&tapes(&site));
}

/// A call routed to 5002 with this `record`, and talked.
fn routed(record: &str) -> (Site, LegId) {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let route = common::route(site.conn(), "5002");
    site.ask_with(route, KvList::new().with("record", record));
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    (site, leg)
}

#[test]
fn the_router_has_the_caller_recorded_to_the_end_whoever_it_talks_to() {
    let (mut site, _) = routed("source");
    let conn = site.conn();
    site.ask(Request::SingleStepTransfer {
        dn: "5002".into(),
        conn,
        destination: "5001".into(),
        user_data: KvList::new(),
    });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    site.fact(LegFact::Ended { leg: common::CALLER, cause: Cause::Normal });
    expect![[r#"
        record 1 begins: 5551234567 with 5002
        record 1 left [in1] right [out1]
        record 1 left [in1] right []
        record 1 left [in1] right [out2]
        record 1 ends
    "#]]
    .assert_eq(&tapes(&site));
}

#[test]
fn the_router_has_the_agent_recorded_or_spared() {
    let (site, _) = routed("destination");
    expect![[r#"
        record 1 begins: 5002 (5002) with 5551234567
        record 1 left [in1] right [out1]
    "#]]
    .assert_eq(&tapes(&site));
    let mut site = Site::at_work();
    site.set_record(&[("5002", DnRecord::Always)]);
    site.offer("+18005551234");
    let route = common::route(site.conn(), "5002");
    site.ask_with(route, KvList::new().with("record", "disable_destination"));
    let leg = site.rung();
    site.fact(LegFact::Answered { leg });
    assert_eq!(tapes(&site), "");
}

#[test]
fn a_route_with_another_word_is_refused() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let route = common::route(site.conn(), "5002");
    let reference = site.ask_with(route, KvList::new().with("record", "both"));
    let refused = site.outcome(reference);
    let [Output::Refused { refusal, .. }] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!(refusal.error, model::TError::InvalidAttribute);
    assert!(site.ladder.ends_with(&format!("{refusal}\n")), "it waits on: {}", site.ladder);
}

#[test]
fn a_recording_hears_what_its_party_hears_and_no_whispers() {
    let mut site = Site::at_work();
    site.fact(LegFact::DnInService { dn: "5003".into() });
    site.talk("5002");
    let conn = site.conn();
    site.ask(start("5002", conn));
    site.forget_ladder();
    // Muted, heard again, on hold, back.
    site.ask(Request::SetMuteOn { dn: "5002".into(), conn });
    site.ask(Request::SetMuteOff { dn: "5002".into(), conn });
    site.ask(Request::HoldCall { dn: "5002".into(), conn });
    site.ask(Request::RetrieveCall { dn: "5002".into(), conn });
    expect![[r#"
        record 1 left [in1] right []
        record 1 left [in1] right [out1]
        record 1 left [] right []
        record 1 left [in1] right [out1]
    "#]]
    .assert_eq(&tapes(&site));
    // A supervisor coaches, then barges in.
    site.forget_ladder();
    site.ask(Request::MonitorNextCall {
        dn: "5003".into(),
        target: "5002".into(),
        mode: MonitorMode::Coach,
        is_all: true,
    });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    assert!(site.ladder.contains("EventEstablished 5003"), "{}", site.ladder);
    assert_eq!(tapes(&site), "", "a whisper is on the recording");
    site.ask(Request::MonitorNextCall {
        dn: "5003".into(),
        target: "5002".into(),
        mode: MonitorMode::Connect,
        is_all: true,
    });
    expect![[r#"
        record 1 left [in1+out2] right [out1]
    "#]]
    .assert_eq(&tapes(&site));
}

#[test]
fn a_recording_goes_on_when_its_party_moves_to_another_call() {
    let mut site = Site::at_work();
    site.set_record(&[("5001", DnRecord::Always), ("5002", DnRecord::Always)]);
    let (held, current) = site.consult("5001", "5002");
    site.ask(Request::CompleteTransfer { dn: "5001".into(), held, current });
    site.fact(LegFact::Ended { leg: common::CALLER, cause: Cause::Normal });
    expect![[r#"
        record 1 begins: 5001 (5001) with 5551234567
        record 1 left [in1] right [out1]
        record 1 left [] right []
        record 1 begins: 5001 (5001) with 5002
        record 2 begins: 5002 (5002) with 5001
        record 1 left [out2] right [out1]
        record 2 left [out1] right [out2]
        record 1 ends
        record 1 ends
        record 2 left [in1] right [out2]
        record 2 ends
    "#]]
    .assert_eq(&tapes(&site));
}

#[test]
fn a_conference_has_all_the_others_on_the_left() {
    let mut site = Site::at_work();
    let (held, current) = site.consult("5001", "5002");
    site.ask(Request::CompleteConference { dn: "5001".into(), held, current });
    site.forget_ladder();
    site.ask(start("5002", held));
    site.ask(Request::ReleaseCall { dn: "5001".into(), conn: held });
    expect![[r#"
        record 1 begins: 5002 (5002) with 5551234567
        record 1 left [in1+out1] right [out2]
        record 1 left [in1] right [out2]
    "#]]
    .assert_eq(&tapes(&site));
}

#[test]
fn a_disk_that_is_full_ends_the_recording_and_leaves_the_call_alone() {
    let mut site = Site::at_work();
    site.set_record(&[("5002", DnRecord::Always)]);
    site.talk("5002");
    let conn = site.conn();
    let began = site.ladder.clone();
    let recording = site
        .outputs
        .iter()
        .find_map(|output| match output {
            Output::Media(MediaCommand::Record(RecordCommand::Start(about))) => Some(about.id),
            _ => None,
        })
        .unwrap_or_else(|| panic!("nothing is recorded: {began}"));
    site.forget_ladder();
    let failed = || RecordingFact::Failed { recording, reason: "The disk is full.".into() };
    site.tell(Input::Recording(failed()));
    site.tell(Input::Recording(failed()));
    // Nobody tries again by rule; an agent who asks may.
    site.ask(Request::HoldCall { dn: "5002".into(), conn });
    site.ask(Request::RetrieveCall { dn: "5002".into(), conn });
    site.ask(start("5002", conn));
    expect![[r#"
        0.0    recording 1 failed
               record 1 ends
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{RecordingState:failed RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-1}
        0.0    recording 1 failed
        0.0    RequestHoldCall #4 at 5002
               ok #4
               media play in1 Music
               media hear out1 
               EventHeld 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #4
               out1 show-held true
        0.0    RequestRetrieveCall #5 at 5002
               ok #5
               media hear in1 out1
               media hear out1 in1
               EventRetrieved 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #5
               out1 show-held false
        0.0    RequestStartRecording #6 at 5002
               ok #6
               record 2 begins: 5002 (5002) with 5551234567
               EventPrivateInfo 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #6 ext{RecordingState:on RecordingDN:5002 GSIP_REC_FN:07OBGEIQL8VEV4T79KT0I7SNS6000001-2}
               record 2 left [in1] right [out1]
    "#]].assert_eq(&site.take_ladder());
}
