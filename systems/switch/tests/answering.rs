//! What becomes of a call at the phone it came to: answered by itself, turned away, or not
//! answered and sent on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    KvList, Request, WorkMode,
    config::{DnKind, DnRecord},
    leg::{Cause, LegFact, LegSource},
};
use switch::Input;

/// The configuration after a change, with everybody still at work.
fn reconfigured(change: impl FnOnce(&mut model::Configuration)) -> Site {
    let mut site = Site::at_work();
    let mut configuration = common::configuration();
    change(&mut configuration);
    site.tell(Input::Configuration(configuration.into()));
    site.forget_ladder();
    site
}

fn with_auto_answer() -> Site {
    reconfigured(|configuration| {
        configuration.persons.get_mut("agent5001").unwrap().auto_answer = true;
    })
}

#[test]
fn a_routed_call_is_answered_by_itself_for_who_likes_it() {
    let mut site = with_auto_answer();
    site.offer("+18005551234");
    let leg = site.route("5001");
    let conn = site.conn();
    site.ask(Request::AnswerCall { dn: "5001".into(), conn });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        0.0    in1 offered: trunk pstn 5551234567 dials +18005551234
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
        0.0    RequestRouteCall #3 at 5000
               ok #3
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination #3
               out1 ring 5001 from 5551234567
               EventRinging 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        0.0    out1 rings
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination parties=5551234567+5001
               in1 progress Ringing
               out1 answer-phone
               5001 may AttachUserData ClearCall RedirectCall ReleaseCall
        0.0    RequestAnswerCall #4 at 5001
               refused #4 AlreadyInState (43): Call 000103c43e180001 is being answered already; wait a moment.
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_does_not_answer_by_itself_rings_on_for_its_agent() {
    let mut site = with_auto_answer();
    site.offer("+18005551234");
    let leg = site.route("5001");
    let conn = site.conn();
    site.forget_ladder();
    site.fact(LegFact::PhoneDidNotAnswer { leg });
    site.ask(Request::AnswerCall { dn: "5001".into(), conn });
    expect![[r#"
        0.0    out1 did not answer
               5001 may AnswerCall AttachUserData ClearCall RedirectCall ReleaseCall
        0.0    RequestAnswerCall #4 at 5001
               ok #4
               out1 answer-phone
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn the_router_decides_over_answering_by_itself_and_direct_calls_just_ring() {
    let told_to_answer = |site: &Site| site.ladder.contains("answer-phone");
    for (dn, wish, is_answered) in [("5001", 0, false), ("5002", 1, true)] {
        let mut site = with_auto_answer();
        site.offer("+18005551234");
        let route = common::route(site.conn(), dn);
        site.ask_with(route, KvList::new().with("AUTO_ANSWER", wish));
        let leg = site.rung();
        site.fact(LegFact::Ringing { leg });
        assert_eq!(told_to_answer(&site), is_answered, "{dn}");
    }
    let mut site = with_auto_answer();
    site.offer("5001");
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    assert!(!told_to_answer(&site), "it came for the agent's number itself");
}

#[test]
fn outside_calls_for_an_agents_own_number_are_busy_while_not_ready() {
    let mut site = Site::at_work();
    for work_mode in [WorkMode::AuxWork, WorkMode::AfterCallWork] {
        site.ask(Request::AgentNotReady { dn: "5001".into(), work_mode });
        site.offer("5001");
    }
    let colleague = site.offer_from(LegSource::Dn("5002".into()), "5002", "5001");
    site.fact(LegFact::Ended { leg: colleague, cause: Cause::Normal });
    site.ask(Request::AgentReady { dn: "5001".into(), work_mode: WorkMode::ManualIn });
    site.offer("5001");
    expect![[r#"
        0.0    RequestAgentNotReady #3 at 5001
               ok #3
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork #3
        0.0    in1 offered: trunk pstn 5551234567 dials 5001
               in1 release Busy
        0.0    RequestAgentNotReady #4 at 5001
               ok #4
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork #4
        0.0    in2 offered: trunk pstn 5551234567 dials 5001
               in2 release Busy
        0.0    in3 offered: phone 5002 dials 5001
               out1 ring 5001 from 5002
               EventDialing 5002 call=1 Internal Origination other=5001/Destination agent=5002:Ready:AutoIn
               EventRinging 5001 call=1 Internal Destination other=5002/Origination agent=5001:AfterCallWork:AfterCallWork ext{BusinessCall:0 OriginationDN:5002}
        0.0    in3 ended: Normal
               EventAbandoned 5001 call=1 Internal Destination state=Abandoned other=5002/Origination agent=5001:AfterCallWork:AfterCallWork ext{BusinessCall:0}
               EventReleased 5002 call=1 Internal Origination other=5001/Destination agent=5002:Ready:AutoIn ext{BusinessCall:0}
               out1 release Cancelled
        0.0    RequestAgentReady #5 at 5001
               ok #5
               EventAgentReady 5001 agent=5001:Ready:ManualIn #5
        0.0    in4 offered: trunk pstn 5551234567 dials 5001
               out2 ring 5001 from 5551234567
               EventRinging 5001 call=2 Inbound Destination other=5551234567/Origination agent=5001:Ready:ManualIn ext{BusinessCall:0 OriginationDN:5551234567}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn an_extension_may_take_outside_calls_also_while_not_ready() {
    let mut site = reconfigured(|configuration| {
        let kind = DnKind::Extension {
            password: None,
            cti_control: false,
            reject_not_ready: false,
            record: DnRecord::OnDemand,
        };
        configuration.dns.get_mut("5001").unwrap().kind = kind;
    });
    site.ask(Request::AgentNotReady { dn: "5001".into(), work_mode: WorkMode::AuxWork });
    site.offer("5001");
    assert!(site.ladder.contains("EventRinging 5001"), "{}", site.ladder);
}

/// A call that was routed to 5001 and rings there, with this overflow.
fn routed_with(overflow: &str) -> Site {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let route = common::route(site.conn(), "5001");
    site.ask_with(route, KvList::new().with("NO_ANSWER_OVERFLOW", overflow));
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site
}

#[test]
fn a_call_that_nobody_answered_goes_where_the_router_wanted_it() {
    let mut site = routed_with("5002");
    site.forget_ladder();
    site.wait_s(15);
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        15.0   (time)
               EventReleased 5001 call=1 Inbound Destination state=NoAnswer queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release NoAnswer
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (No answer)
               out2 ring 5002 from 5551234567
               EventRinging 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567}
        15.0   out2 rings
        15.0   out2 answered
               in1 answer
               media hear in1 out2
               media hear out2 in1
               EventEstablished 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn the_routers_extensions_say_how_long_it_rings_and_what_becomes_of_the_agent() {
    let offered = || {
        let mut site = Site::at_work();
        site.offer("+18005551234");
        let route = common::route(site.conn(), "5001");
        (site, route)
    };
    let (mut site, route) = offered();
    let wishes = KvList::new().with("NO_ANSWER_TIMEOUT", "7").with("NO_ANSWER_ACTION", "logout");
    site.ask_with(route, wishes);
    site.fact(LegFact::Ringing { leg: site.rung() });
    site.forget_ladder();
    site.wait_s(7);
    expect![[r#"
        7.0    (time)
               EventReleased 5001 call=1 Inbound Destination state=NoAnswer queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release NoAnswer
               EventAgentLogout 5001 agent=5001:LoggedOut:Unknown
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());

    let refused: Vec<String> = [
        KvList::new().with("NO_ANSWER_TIMEOUT", 0),
        KvList::new().with("NO_ANSWER_TIMEOUT", "soon"),
        KvList::new().with("NO_ANSWER_ACTION", "fire"),
    ]
    .into_iter()
    .map(|wish| {
        let (mut site, route) = offered();
        site.forget_ladder();
        site.ask_with(route, wish);
        site.take_ladder()
    })
    .collect();
    expect![[r#"
        0.0    RequestRouteCall #3 at 5000
               refused #3 InvalidAttribute (53): NO_ANSWER_TIMEOUT is a number of seconds, 1 to 3600.
        0.0    RequestRouteCall #3 at 5000
               refused #3 InvalidAttribute (53): NO_ANSWER_TIMEOUT is a number of seconds, 1 to 3600.
        0.0    RequestRouteCall #3 at 5000
               refused #3 InvalidAttribute (53): NO_ANSWER_ACTION is none of none, notready and logout.
    "#]].assert_eq(&refused.concat());
}

#[test]
fn a_call_that_nobody_answered_ends_when_the_router_wanted_it_so() {
    let mut site = routed_with("release");
    site.wait_s(15);
    expect![[r#"
        0.0    in1 offered: trunk pstn 5551234567 dials +18005551234
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
        0.0    RequestRouteCall #3 at 5000
               ok #3
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination #3 ext{NO_ANSWER_OVERFLOW:release}
               out1 ring 5001 from 5551234567
               EventRinging 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:release}
        0.0    out1 rings
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination parties=5551234567+5001
               in1 progress Ringing
        15.0   (time)
               EventReleased 5001 call=1 Inbound Destination state=NoAnswer queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release NoAnswer
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (No answer)
               in1 release NoAnswer
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_call_that_can_not_go_where_it_should_goes_back_to_its_route_point() {
    let mut site = routed_with("5002");
    site.fact(LegFact::DnOutOfService { dn: "5002".into() });
    site.forget_ladder();
    site.wait_s(15);
    assert!(site.ladder.contains("EventQueued 5000 call=1"), "{}", site.ladder);
    assert!(site.ladder.contains("EventRouteRequest 5000 call=1"), "{}", site.ladder);
}

#[test]
fn a_refused_call_goes_back_to_its_route_point_whatever_becomes_of_unanswered_ones() {
    let mut site = routed_with("release");
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Busy });
    assert!(site.ladder.contains("EventRouteRequest 5000 call=1"), "{}", site.ladder);
}

#[test]
fn an_overflow_that_leads_nowhere_is_refused() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let route = common::route(site.conn(), "5001");
    site.forget_ladder();
    site.ask_with(route, KvList::new().with("NO_ANSWER_OVERFLOW", "nowhere"));
    expect![[r#"
        0.0    RequestRouteCall #3 at 5000
               refused #3 InvalidAttribute (53): NO_ANSWER_OVERFLOW 'nowhere' is no place to go. Give recall, release, or a number that can be called.
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_call_is_not_routed_to_a_phone_whose_calls_are_forwarded() {
    let mut site = Site::at_work();
    let destination = "5559876543".to_owned();
    site.ask(Request::CallForwardSet { dn: "5001".into(), destination });
    site.offer("+18005551234");
    let conn = site.conn();
    let reference = site.ask(common::route(conn, "5001"));
    let [switch::Output::Refused { refusal, .. }] = site.outcome(reference)[..] else {
        panic!("routed there")
    };
    assert_eq!(refusal.error, model::TError::InvalidDestination);
    assert!(refusal.message.contains("forwarded"), "{}", refusal.message);
}
