//! Every request against every state of a call and of an agent: what is taken, what is refused,
//! and that a refused request changes nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fmt::Write;

use common::Site;
use expect_test::expect;
use model::{
    AgentId, ConnId, Dn, KvList, ReferenceId, Request, WorkMode,
    leg::{Cause, LegFact},
    request::{MergeType, Treatment},
};
use switch::Output;

#[test]
fn each_call_request_is_taken_in_the_states_that_allow_it() {
    type Setup = fn(&mut Site);
    let stages: [(&str, Setup); 17] = [
        ("waiting", |site| _ = site.offer("+18005551234")),
        ("called", |site| {
            site.offer("+18005551234");
            let conn = site.conn();
            site.ask(common::route(conn, "5001"));
        }),
        ("ringing", |site| {
            site.offer("+18005551234");
            site.route("5001");
        }),
        ("answering", |site| {
            site.offer("+18005551234");
            site.route("5001");
            let conn = site.conn();
            site.ask(Request::AnswerCall { dn: "5001".into(), conn });
        }),
        ("established", |site| _ = site.talk("5001")),
        ("resuming", |site| {
            let (_, leg) = site.talk("5001");
            site.fact(LegFact::Lost { leg });
        }),
        ("held", |site| {
            site.talk("5001");
            let conn = site.conn();
            site.ask(Request::HoldCall { dn: "5001".into(), conn });
        }),
        ("muted", |site| {
            site.talk("5001");
            let conn = site.conn();
            site.ask(Request::SetMuteOn { dn: "5001".into(), conn });
        }),
        ("recorded", |site| {
            site.talk("5001");
            let conn = site.conn();
            site.ask(Request::StartRecording { dn: "5001".into(), conn });
        }),
        ("paused", |site| {
            site.talk("5001");
            let conn = site.conn();
            site.ask(Request::StartRecording { dn: "5001".into(), conn });
            site.ask(Request::PauseRecording { dn: "5001".into(), conn });
        }),
        ("consulting", |site| _ = site.consult("5001", "5002")),
        ("consult rings", |site| _ = site.consult_rings("5001", "5002")),
        ("consult fails", |site| {
            let (_, leg) = site.consult_rings("5001", "5002");
            site.fact(LegFact::Ended { leg, cause: Cause::Busy });
        }),
        ("conference", |site| {
            let (held, current) = site.consult("5001", "5002");
            site.ask(Request::CompleteConference { dn: "5001".into(), held, current });
        }),
        ("deafened", |site| {
            let (held, current) = site.consult("5001", "5002");
            site.ask(Request::CompleteConference { dn: "5001".into(), held, current });
            let (dn, conn, listener) = ("5001".into(), held, "5551234567".into());
            site.ask(Request::ListenDisconnect { dn, conn, listener });
        }),
        ("second call", |site| _ = site.second_call("5001")),
        ("gone", |site| {
            let (_, leg) = site.talk("5001");
            site.fact(LegFact::Ended { leg, cause: Cause::Normal });
        }),
    ];
    let mut table = String::new();
    for dn in ["5000", "5001", "5002"] {
        for (stage, set_up) in stages {
            let mut site = Site::at_work();
            set_up(&mut site);
            for (n, conn) in site.conns().into_iter().enumerate() {
                let mut row = Vec::new();
                for at in 0..call_requests(dn.into(), conn, conn).len() {
                    let mut site = Site::at_work();
                    set_up(&mut site);
                    let conns = site.conns();
                    let other = conns.iter().find(|other| **other != conn).unwrap_or(&conn);
                    let request = call_requests(dn.into(), conn, *other).swap_remove(at);
                    let name = request.name();
                    let reference = site.ask(request);
                    row.push((name, outcome(&site, reference)));
                }
                let call = if n == 0 { "" } else { "2nd" };
                writeln!(table, "{dn} {stage:<14}{call:<4}{}", row_text(&row)).unwrap();
            }
        }
    }
    expect![[r#"
        5000 waiting           InvalidCallState: AlternateCall AnswerCall CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording; ok: ApplyTreatment AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall RouteCall UpdateUserData
        5000 called            InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall UpdateUserData
        5000 ringing           all InvalidConnId
        5000 answering         all InvalidConnId
        5000 established       all InvalidConnId
        5000 resuming          all InvalidConnId
        5000 held              all InvalidConnId
        5000 muted             all InvalidConnId
        5000 recorded          all InvalidConnId
        5000 paused            all InvalidConnId
        5000 consulting        all InvalidConnId
        5000 consulting    2nd all InvalidConnId
        5000 consult rings     all InvalidConnId
        5000 consult rings 2nd all InvalidConnId
        5000 consult fails     all InvalidConnId
        5000 consult fails 2nd all InvalidConnId
        5000 conference        all InvalidConnId
        5000 conference    2nd all InvalidConnId
        5000 deafened          all InvalidConnId
        5000 deafened      2nd all InvalidConnId
        5000 second call       all InvalidConnId
        5000 second call   2nd all InvalidConnId
        5000 gone              all InvalidConnId
        5001 waiting           all InvalidConnId
        5001 called            InvalidCallState: AlternateCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording ReconnectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording; ok: AnswerCall AttachUserData ClearCall DeletePair DeleteUserData RedirectCall ReleaseCall UpdateUserData
        5001 ringing           InvalidCallState: AlternateCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording ReconnectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording; ok: AnswerCall AttachUserData ClearCall DeletePair DeleteUserData RedirectCall ReleaseCall UpdateUserData
        5001 answering         InvalidCallState: AlternateCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording ReconnectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording; AlreadyInState: AnswerCall; ok: AttachUserData ClearCall DeletePair DeleteUserData RedirectCall ReleaseCall UpdateUserData
        5001 established       InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference ListenDisconnect ListenReconnect MergeCalls PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer MuteTransfer ReleaseCall SendDTMF SetMuteOn SingleStepConference SingleStepTransfer StartRecording UpdateUserData; AlreadyInState: SetMuteOff
        5001 resuming          OutOfService: AlternateCall CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer ReconnectCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer; InvalidCallState: AnswerCall ApplyTreatment PauseRecording RedirectCall ResumeRecording RetrieveCall RouteCall StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall StartRecording UpdateUserData
        5001 held              InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording ReconnectCall RedirectCall ResumeRecording RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall RetrieveCall StartRecording UpdateUserData
        5001 muted             InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference ListenDisconnect ListenReconnect MergeCalls PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer MuteTransfer ReleaseCall SendDTMF SetMuteOff SingleStepConference SingleStepTransfer StartRecording UpdateUserData; AlreadyInState: SetMuteOn
        5001 recorded          InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference ListenDisconnect ListenReconnect MergeCalls ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall; ok: AttachUserData ClearCall DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer MuteTransfer PauseRecording ReleaseCall SendDTMF SetMuteOn SingleStepConference SingleStepTransfer StopRecording UpdateUserData; AlreadyInState: SetMuteOff StartRecording
        5001 paused            InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference ListenDisconnect ListenReconnect MergeCalls PauseRecording ReconnectCall RedirectCall RetrieveCall RouteCall; ok: AttachUserData ClearCall DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer MuteTransfer ReleaseCall ResumeRecording SendDTMF SetMuteOn SingleStepConference SingleStepTransfer StopRecording UpdateUserData; AlreadyInState: SetMuteOff StartRecording
        5001 consulting        ok: AlternateCall AttachUserData ClearCall CompleteConference CompleteTransfer DeletePair DeleteUserData ReconnectCall ReleaseCall StartRecording UpdateUserData; InvalidCallState: AnswerCall ApplyTreatment DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording RedirectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StopRecording
        5001 consulting    2nd ok: AlternateCall AttachUserData ClearCall CompleteConference CompleteTransfer DeletePair DeleteUserData HoldCall ReconnectCall ReleaseCall SendDTMF SetMuteOn StartRecording UpdateUserData; InvalidCallState: AnswerCall ApplyTreatment DeleteFromConference InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording RedirectCall ResumeRecording RetrieveCall RouteCall SingleStepConference SingleStepTransfer StopRecording; AlreadyInState: SetMuteOff
        5001 consult rings     InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording RedirectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData ReconnectCall ReleaseCall StartRecording UpdateUserData
        5001 consult rings 2nd InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording RedirectCall ResumeRecording RetrieveCall RouteCall SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData ReconnectCall ReleaseCall SendDTMF UpdateUserData
        5001 consult fails     InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording RedirectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData ReconnectCall ReleaseCall StartRecording UpdateUserData
        5001 consult fails 2nd InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MergeCalls MuteTransfer PauseRecording RedirectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData ReconnectCall ReleaseCall UpdateUserData
        5001 conference        InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer ListenReconnect MergeCalls PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall StopRecording; ok: AttachUserData ClearCall DeleteFromConference DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer ListenDisconnect MuteTransfer ReleaseCall SendDTMF SetMuteOn SingleStepConference SingleStepTransfer StartRecording UpdateUserData; AlreadyInState: SetMuteOff
        5001 conference    2nd InvalidCallState: AlternateCall CompleteConference CompleteTransfer MergeCalls ReconnectCall; InvalidConnId: AnswerCall ApplyTreatment AttachUserData ClearCall DeleteFromConference DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer PauseRecording RedirectCall ReleaseCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording UpdateUserData
        5001 deafened          InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer MergeCalls PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall StopRecording; ok: AttachUserData ClearCall DeleteFromConference DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer ListenReconnect MuteTransfer ReleaseCall SendDTMF SetMuteOn SingleStepConference SingleStepTransfer StartRecording UpdateUserData; AlreadyInState: ListenDisconnect SetMuteOff
        5001 deafened      2nd InvalidCallState: AlternateCall CompleteConference CompleteTransfer MergeCalls ReconnectCall; InvalidConnId: AnswerCall ApplyTreatment AttachUserData ClearCall DeleteFromConference DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer PauseRecording RedirectCall ReleaseCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording UpdateUserData
        5001 second call       ok: AlternateCall AttachUserData ClearCall DeletePair DeleteUserData MergeCalls ReleaseCall StartRecording UpdateUserData; InvalidCallState: AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StopRecording
        5001 second call   2nd ok: AlternateCall AttachUserData ClearCall DeletePair DeleteUserData HoldCall MergeCalls ReleaseCall SendDTMF SetMuteOn StartRecording UpdateUserData; InvalidCallState: AnswerCall ApplyTreatment CompleteConference CompleteTransfer DeleteFromConference InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall SingleStepConference SingleStepTransfer StopRecording; AlreadyInState: SetMuteOff
        5001 gone              all InvalidConnId
        5002 waiting           all InvalidConnId
        5002 called            all InvalidConnId
        5002 ringing           all InvalidConnId
        5002 answering         all InvalidConnId
        5002 established       all InvalidConnId
        5002 resuming          all InvalidConnId
        5002 held              all InvalidConnId
        5002 muted             all InvalidConnId
        5002 recorded          all InvalidConnId
        5002 paused            all InvalidConnId
        5002 consulting        all InvalidConnId
        5002 consulting    2nd InvalidConnId: AlternateCall CompleteConference CompleteTransfer MergeCalls ReconnectCall; InvalidCallState: AnswerCall ApplyTreatment DeleteFromConference ListenDisconnect ListenReconnect PauseRecording RedirectCall ResumeRecording RetrieveCall RouteCall StopRecording; ok: AttachUserData ClearCall DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer MuteTransfer ReleaseCall SendDTMF SetMuteOn SingleStepConference SingleStepTransfer StartRecording UpdateUserData; AlreadyInState: SetMuteOff
        5002 consult rings     all InvalidConnId
        5002 consult rings 2nd InvalidConnId: AlternateCall CompleteConference CompleteTransfer MergeCalls ReconnectCall; ok: AnswerCall AttachUserData ClearCall DeletePair DeleteUserData RedirectCall ReleaseCall UpdateUserData; InvalidCallState: ApplyTreatment DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer PauseRecording ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording
        5002 consult fails     all InvalidConnId
        5002 consult fails 2nd all InvalidConnId
        5002 conference        InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer ListenReconnect MergeCalls PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall StopRecording; ok: AttachUserData ClearCall DeleteFromConference DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer ListenDisconnect MuteTransfer ReleaseCall SendDTMF SetMuteOn SingleStepConference SingleStepTransfer StartRecording UpdateUserData; AlreadyInState: SetMuteOff
        5002 conference    2nd InvalidCallState: AlternateCall CompleteConference CompleteTransfer MergeCalls ReconnectCall; InvalidConnId: AnswerCall ApplyTreatment AttachUserData ClearCall DeleteFromConference DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer PauseRecording RedirectCall ReleaseCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording UpdateUserData
        5002 deafened          InvalidCallState: AlternateCall AnswerCall ApplyTreatment CompleteConference CompleteTransfer MergeCalls PauseRecording ReconnectCall RedirectCall ResumeRecording RetrieveCall RouteCall StopRecording; ok: AttachUserData ClearCall DeleteFromConference DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer ListenReconnect MuteTransfer ReleaseCall SendDTMF SetMuteOn SingleStepConference SingleStepTransfer StartRecording UpdateUserData; AlreadyInState: ListenDisconnect SetMuteOff
        5002 deafened      2nd InvalidCallState: AlternateCall CompleteConference CompleteTransfer MergeCalls ReconnectCall; InvalidConnId: AnswerCall ApplyTreatment AttachUserData ClearCall DeleteFromConference DeletePair DeleteUserData HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer PauseRecording RedirectCall ReleaseCall ResumeRecording RetrieveCall RouteCall SendDTMF SetMuteOff SetMuteOn SingleStepConference SingleStepTransfer StartRecording StopRecording UpdateUserData
        5002 second call       all InvalidConnId
        5002 second call   2nd all InvalidConnId
        5002 gone              all InvalidConnId
    "#]].assert_eq(&table);
}

#[test]
fn each_agent_request_is_taken_in_the_states_that_allow_it() {
    type Setup = fn(&mut Site);
    let states: [(&str, Setup); 7] = [
        ("logged out", |_| {}),
        ("no phone", |site| log_in(site, WorkMode::ManualIn)),
        ("not ready", |site| {
            site.fact(LegFact::DnInService { dn: "5003".into() });
            log_in(site, WorkMode::ManualIn);
        }),
        ("ready", |site| {
            site.fact(LegFact::DnInService { dn: "5003".into() });
            log_in(site, WorkMode::AutoIn);
        }),
        ("after-call work", |site| {
            log_in(site, WorkMode::ManualIn);
            site.fact(LegFact::DnInService { dn: "5003".into() });
            let work_mode = WorkMode::AfterCallWork;
            site.ask(Request::AgentNotReady { dn: "5003".into(), work_mode });
        }),
        ("on a call", |site| {
            site.fact(LegFact::DnInService { dn: "5003".into() });
            log_in(site, WorkMode::AutoIn);
            site.talk("5003");
        }),
        ("no such DN", |_| {}),
    ];
    let mut table = String::new();
    for (state, set_up) in states {
        let dn = Dn::from(if state == "no such DN" { "5999" } else { "5003" });
        let mut row = Vec::new();
        for at in 0..agent_requests(&dn).len() {
            let mut site = Site::at_work();
            set_up(&mut site);
            let request = agent_requests(&dn).swap_remove(at);
            let name = request.name();
            let reference = site.ask_with(request, KvList::new().with("ReasonCode", "lunch"));
            row.push((name, outcome(&site, reference)));
        }
        writeln!(table, "{state:<15} {}", row_text(&row)).unwrap();
    }
    expect![[r#"
        logged out      InvalidCallState: AgentSetIdleReason AgentLogout AgentNotReady AgentReady; ok: AgentLogin
        no phone        ok: AgentSetIdleReason AgentLogout AgentNotReady; AlreadyInState: AgentLogin; OutOfService: AgentReady
        not ready       ok: AgentSetIdleReason AgentLogout AgentNotReady AgentReady; AlreadyInState: AgentLogin
        ready           InvalidCallState: AgentSetIdleReason; AlreadyInState: AgentLogin AgentReady; ok: AgentLogout AgentNotReady
        after-call work InvalidCallState: AgentSetIdleReason; AlreadyInState: AgentLogin; ok: AgentLogout AgentNotReady AgentReady
        on a call       InvalidCallState: AgentSetIdleReason AgentLogout; AlreadyInState: AgentLogin AgentReady; ok: AgentNotReady
        no such DN      all DnNotConfigured
    "#]].assert_eq(&table);
}

/// `ok: Answer Clear; InvalidCallState: Route`, or `all InvalidConnId`.
fn row_text(row: &[(&str, String)]) -> String {
    let mut by_outcome: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, outcome) in row {
        match by_outcome.iter_mut().find(|(known, _)| known == outcome) {
            Some((_, names)) => names.push(name),
            None => by_outcome.push((outcome, vec![name])),
        }
    }
    match by_outcome.as_slice() {
        [(outcome, _)] => format!("all {outcome}"),
        several => {
            let parts = several.iter().map(|(what, names)| format!("{what}: {}", names.join(" ")));
            parts.collect::<Vec<_>>().join("; ")
        }
    }
}

/// The outcome's one word; a refused request must have said nothing else.
fn outcome(site: &Site, reference: ReferenceId) -> String {
    match site.outcome(reference).as_slice() {
        [Output::Accepted { .. }] => "ok".to_owned(),
        [Output::Refused { refusal, .. }] => {
            assert!(matches!(site.outputs.last(), Some(Output::Refused { .. })));
            assert!(refusal.message.ends_with('.'), "no sentence: {}", refusal.message);
            refusal.error.as_str().to_owned()
        }
        other => panic!("{reference:?}: {other:?}"),
    }
}

fn log_in(site: &mut Site, work_mode: WorkMode) {
    let agent = AgentId::from("5003");
    site.ask(Request::AgentLogin { dn: "5003".into(), agent, work_mode });
}

fn call_requests(dn: Dn, conn: ConnId, other: ConnId) -> Vec<Request> {
    let user_data = KvList::new().with("k", "v");
    let mut route = common::route(conn, "5002");
    if let Request::RouteCall { dn: at, .. } = &mut route {
        *at = dn.clone();
    }
    // Which of two calls is the held one is told by their order.
    let (held, current) = (conn.min(other), conn.max(other));
    let destination = String::from("5559876543");
    let of = || (dn.clone(), destination.clone(), user_data.clone());
    let (a, b, c, d, e) = (of(), of(), of(), of(), of());
    vec![
        Request::AlternateCall { dn: dn.clone(), held, current },
        Request::AnswerCall { dn: dn.clone(), conn },
        Request::ApplyTreatment { dn: dn.clone(), conn, treatment: Treatment::Music },
        Request::AttachUserData { dn: dn.clone(), conn, user_data: user_data.clone() },
        Request::ClearCall { dn: dn.clone(), conn },
        Request::CompleteConference { dn: dn.clone(), held, current },
        Request::CompleteTransfer { dn: dn.clone(), held, current },
        Request::DeleteFromConference { dn: dn.clone(), conn, party: "5551234567".into() },
        Request::DeletePair { dn: dn.clone(), conn, key: "k".into() },
        Request::DeleteUserData { dn: dn.clone(), conn },
        Request::HoldCall { dn: dn.clone(), conn },
        Request::InitiateConference { dn: a.0, conn, destination: a.1, user_data: a.2 },
        Request::InitiateTransfer { dn: b.0, conn, destination: b.1, user_data: b.2 },
        Request::ListenDisconnect { dn: dn.clone(), conn, listener: "5551234567".into() },
        Request::ListenReconnect { dn: dn.clone(), conn, listener: "5551234567".into() },
        Request::MergeCalls { dn: dn.clone(), held, current, merge: MergeType::ForConference },
        Request::MuteTransfer { dn: c.0, conn, destination: c.1, user_data: c.2 },
        Request::PauseRecording { dn: dn.clone(), conn },
        Request::ReconnectCall { dn: dn.clone(), held, current },
        Request::RedirectCall { dn: dn.clone(), conn, destination: destination.clone() },
        Request::ReleaseCall { dn: dn.clone(), conn },
        Request::ResumeRecording { dn: dn.clone(), conn },
        Request::RetrieveCall { dn: dn.clone(), conn },
        route,
        Request::SendDtmf { dn: dn.clone(), conn, digits: "5".into() },
        Request::SetMuteOff { dn: dn.clone(), conn },
        Request::SetMuteOn { dn: dn.clone(), conn },
        Request::SingleStepConference { dn: d.0, conn, destination: d.1, user_data: d.2 },
        Request::SingleStepTransfer { dn: e.0, conn, destination: e.1, user_data: e.2 },
        Request::StartRecording { dn: dn.clone(), conn },
        Request::StopRecording { dn: dn.clone(), conn },
        Request::UpdateUserData { dn, conn, user_data },
    ]
}

fn agent_requests(dn: &Dn) -> Vec<Request> {
    let (dn, agent) = (dn.clone(), AgentId::from("5003"));
    vec![
        Request::AgentSetIdleReason { dn: dn.clone() },
        Request::AgentLogin { dn: dn.clone(), agent, work_mode: WorkMode::ManualIn },
        Request::AgentLogout { dn: dn.clone() },
        Request::AgentNotReady { dn: dn.clone(), work_mode: WorkMode::AuxWork },
        Request::AgentReady { dn, work_mode: WorkMode::ManualIn },
    ]
}
