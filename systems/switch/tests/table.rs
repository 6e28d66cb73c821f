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
    request::Treatment,
};
use switch::Output;

#[test]
fn each_call_request_is_taken_in_the_states_that_allow_it() {
    type Setup = fn(&mut Site);
    let stages: [(&str, Setup); 7] = [
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
        ("gone", |site| {
            let (_, leg) = site.talk("5001");
            site.fact(LegFact::Ended { leg, cause: Cause::Normal });
        }),
    ];
    let mut table = String::new();
    for dn in ["5000", "5001", "5002"] {
        for (stage, set_up) in stages {
            let mut row = Vec::new();
            for at in 0..call_requests(dn.into(), ConnId(0)).len() {
                let mut site = Site::at_work();
                set_up(&mut site);
                let request = call_requests(dn.into(), site.conn()).swap_remove(at);
                let name = request.name();
                let reference = site.ask(request);
                row.push((name, outcome(&site, reference)));
            }
            writeln!(table, "{dn} {stage:<11} {}", row_text(&row)).unwrap();
        }
    }
    expect![[r#"
        5000 waiting     InvalidCallState: AnswerCall; ok: ApplyTreatment AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall RouteCall UpdateUserData
        5000 called      InvalidCallState: AnswerCall ApplyTreatment RouteCall; ok: AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall UpdateUserData
        5000 ringing     all InvalidConnId
        5000 answering   all InvalidConnId
        5000 established all InvalidConnId
        5000 resuming    all InvalidConnId
        5000 gone        all InvalidConnId
        5001 waiting     all InvalidConnId
        5001 called      ok: AnswerCall AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall UpdateUserData; InvalidCallState: ApplyTreatment RouteCall
        5001 ringing     ok: AnswerCall AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall UpdateUserData; InvalidCallState: ApplyTreatment RouteCall
        5001 answering   AlreadyInState: AnswerCall; InvalidCallState: ApplyTreatment RouteCall; ok: AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall UpdateUserData
        5001 established InvalidCallState: AnswerCall ApplyTreatment RouteCall; ok: AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall UpdateUserData
        5001 resuming    InvalidCallState: AnswerCall ApplyTreatment RouteCall; ok: AttachUserData ClearCall DeletePair DeleteUserData ReleaseCall UpdateUserData
        5001 gone        all InvalidConnId
        5002 waiting     all InvalidConnId
        5002 called      all InvalidConnId
        5002 ringing     all InvalidConnId
        5002 answering   all InvalidConnId
        5002 established all InvalidConnId
        5002 resuming    all InvalidConnId
        5002 gone        all InvalidConnId
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
            let reference = site.ask(request);
            row.push((name, outcome(&site, reference)));
        }
        writeln!(table, "{state:<15} {}", row_text(&row)).unwrap();
    }
    expect![[r#"
        logged out      ok: AgentLogin; InvalidCallState: AgentLogout AgentNotReady AgentReady
        no phone        AlreadyInState: AgentLogin; ok: AgentLogout AgentNotReady; OutOfService: AgentReady
        not ready       AlreadyInState: AgentLogin; ok: AgentLogout AgentNotReady AgentReady
        ready           AlreadyInState: AgentLogin AgentReady; ok: AgentLogout AgentNotReady
        after-call work AlreadyInState: AgentLogin; ok: AgentLogout AgentNotReady AgentReady
        on a call       AlreadyInState: AgentLogin AgentReady; InvalidCallState: AgentLogout; ok: AgentNotReady
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

fn call_requests(dn: Dn, conn: ConnId) -> Vec<Request> {
    let user_data = KvList::new().with("k", "v");
    let mut route = common::route(conn, "5002");
    if let Request::RouteCall { dn: at, .. } = &mut route {
        *at = dn.clone();
    }
    vec![
        Request::AnswerCall { dn: dn.clone(), conn },
        Request::ApplyTreatment { dn: dn.clone(), conn, treatment: Treatment::Music },
        Request::AttachUserData { dn: dn.clone(), conn, user_data: user_data.clone() },
        Request::ClearCall { dn: dn.clone(), conn },
        Request::DeletePair { dn: dn.clone(), conn, key: "k".into() },
        Request::DeleteUserData { dn: dn.clone(), conn },
        Request::ReleaseCall { dn: dn.clone(), conn },
        route,
        Request::UpdateUserData { dn, conn, user_data },
    ]
}

fn agent_requests(dn: &Dn) -> Vec<Request> {
    let (dn, agent) = (dn.clone(), AgentId::from("5003"));
    vec![
        Request::AgentLogin { dn: dn.clone(), agent, work_mode: WorkMode::ManualIn },
        Request::AgentLogout { dn: dn.clone() },
        Request::AgentNotReady { dn: dn.clone(), work_mode: WorkMode::AuxWork },
        Request::AgentReady { dn, work_mode: WorkMode::ManualIn },
    ]
}
