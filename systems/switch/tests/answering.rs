//! What becomes of a call at the phone it came to: answered by itself, turned away, or not
//! answered and sent on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{KvList, Request, leg::LegFact};
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
    "#]].assert_eq(&site.take_ladder());
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
