//! After-call work that somebody asks for, with an end.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    AgentId, KvList, KvValue, Request, TError, WorkMode,
    config::AgentLogin,
    leg::{Cause, LegFact},
};
use switch::{Input, Output};

fn after_call_work() -> Request {
    Request::AgentNotReady { dn: "5001".into(), work_mode: WorkMode::AfterCallWork }
}

fn seconds(seconds: i64) -> KvList {
    KvList::new().with("WrapUpTime", seconds)
}

/// 5001 has hung up a routed call and is in after-call work, for 10 s.
fn wrapping_up() -> Site {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    site.forget_ladder();
    site
}

#[test]
fn after_call_work_is_extended_and_ends_where_it_would_have() {
    let mut site = wrapping_up();
    site.wait_s(8);
    site.ask_with(after_call_work(), seconds(30));
    site.wait_s(29);
    site.ask_with(after_call_work(), seconds(5));
    site.wait_s(5);
    expect![[r#"
        8.0    RequestAgentNotReady #4 at 5001
               ok #4
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork #4 ext{WrapUpTime:30}
        37.0   RequestAgentNotReady #5 at 5001
               ok #5
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork #5 ext{WrapUpTime:5}
        42.0   (time)
               EventAgentReady 5001 agent=5001:Ready:AutoIn
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn after_call_work_without_an_end_lasts_until_the_agent_ends_it() {
    let mut site = wrapping_up();
    site.ask_with(after_call_work(), seconds(0));
    site.wait_s(3600);
    site.ask(Request::AgentReady { dn: "5001".into(), work_mode: WorkMode::ManualIn });
    expect![[r#"
        0.0    RequestAgentNotReady #4 at 5001
               ok #4
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork #4 ext{WrapUpTime:0}
        3600.0 RequestAgentReady #5 at 5001
               ok #5
               EventAgentReady 5001 agent=5001:Ready:ManualIn #5
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn an_agent_who_is_ready_takes_a_timed_break_for_paperwork() {
    let mut site = Site::at_work();
    site.ask_with(after_call_work(), seconds(20));
    site.wait_s(20);
    expect![[r#"
        0.0    RequestAgentNotReady #3 at 5001
               ok #3
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork #3 ext{WrapUpTime:20}
        20.0   (time)
               EventAgentReady 5001 agent=5001:Ready:AutoIn
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn a_wrap_up_time_that_is_none_is_refused() {
    let not_ready = Request::AgentNotReady { dn: "5001".into(), work_mode: WorkMode::AuxWork };
    let cases = [
        (after_call_work(), KvValue::Int(-1)),
        (after_call_work(), KvValue::Int(i64::MAX)),
        (after_call_work(), KvValue::Str("soon".into())),
        (not_ready, KvValue::Int(30)),
    ];
    for (request, value) in cases {
        let mut site = wrapping_up();
        let reference = site.ask_with(request, KvList::new().with("WrapUpTime", value.clone()));
        let refused = site.outcome(reference);
        let [Output::Refused { refusal, .. }] = refused.as_slice() else { panic!("{value:?}") };
        assert_eq!(refusal.error, TError::InvalidAttribute);
        // What ran goes on.
        site.wait_s(10);
        assert!(site.ladder.contains("EventAgentReady 5001"), "{}", site.ladder);
    }
}

#[test]
fn an_agent_who_logs_out_takes_the_end_of_after_call_work_along() {
    let mut site = wrapping_up();
    site.ask_with(after_call_work(), seconds(30));
    site.ask(Request::AgentLogout { dn: "5001".into() });
    let agent = AgentId::from("5001");
    let work_mode = WorkMode::ManualIn;
    site.ask(Request::AgentLogin { dn: "5001".into(), agent, work_mode });
    site.forget_ladder();
    site.wait_s(60);
    assert_eq!(site.take_ladder(), "");
}

#[test]
fn the_time_of_the_agent_login_takes_the_place_of_the_persons() {
    let mut site = Site::at_work();
    let mut configuration = common::configuration();
    let login = AgentLogin { person: Some("agent5001".into()), wrap_up_s: Some(3) };
    configuration.agent_logins.insert("9001".into(), login);
    site.tell(Input::Configuration(std::sync::Arc::new(configuration)));
    let (_, leg) = site.talk("5001");
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    site.forget_ladder();
    site.wait_s(3);
    expect![[r#"
        3.0    (time)
               EventAgentReady 5001 agent=5001:Ready:AutoIn
    "#]]
    .assert_eq(&site.take_ladder());
}
