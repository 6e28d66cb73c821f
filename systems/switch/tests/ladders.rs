//! Whole calls as ladders: what the switch is told (with the time) and what it says (indented).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    AgentId, KvList, Request, WorkMode,
    leg::{Cause, LegFact, LegSource},
    media::MediaFact,
    request::Treatment,
};
use switch::Input;

#[test]
fn a_routed_call_is_answered_by_request_and_released_by_the_agent() {
    let mut site = Site::at_work();
    let caller = site.offer("+18005551234");
    let conn = site.conn();
    site.wait_s(1);
    site.ask(common::route(conn, "5001"));
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.wait_s(2);
    site.ask(Request::AnswerCall { dn: "5001".into(), conn });
    site.fact(LegFact::Answered { leg });
    site.fact(LegFact::Answered { leg: caller });
    site.wait_s(30);
    site.ask(Request::ReleaseCall { dn: "5001".into(), conn });
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    site.wait_s(60);
    expect![[r#"
        0.0    in1 offered: trunk pstn 5551234567 dials +18005551234
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
        1.0    RequestRouteCall #3 at 5000
               ok #3
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination #3
               out1 ring 5001 from 5551234567
               EventRinging 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        1.0    out1 rings
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination parties=5551234567+5001
               in1 progress Ringing
        3.0    RequestAnswerCall #4 at 5001
               ok #4
               out1 answer-phone
        3.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4 ext{BusinessCall:1 WrapUpTime:10}
        3.0    in1 answered
        33.0   RequestReleaseCall #5 at 5001
               ok #5
               EventReleased 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #5 ext{BusinessCall:1}
               out1 release Normal
               in1 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        33.0   out1 ended: Normal
        33.0   in1 ended: Normal
        43.0   (time)
               EventAgentReady 5001 agent=5001:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_customer_hears_music_until_a_phone_rings_and_hangs_up_after_the_talk() {
    let mut site = Site::at_work();
    let caller = site.offer("18005551234");
    let conn = site.conn();
    let treatment = Treatment::Music;
    site.ask(Request::ApplyTreatment { dn: "5000".into(), conn, treatment });
    site.wait_s(20);
    let leg = site.route("5002");
    site.fact(LegFact::Answered { leg });
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    expect![[r#"
        0.0    in1 offered: trunk pstn 5551234567 dials 18005551234
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
        0.0    RequestApplyTreatment #3 at 5000
               ok #3
               in1 progress EarlyMedia
               media play in1 Music
               EventTreatmentApplied 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination #3 ext{TreatmentType:2}
        20.0   RequestRouteCall #4 at 5000
               ok #4
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5002/Destination #4
               out1 ring 5002 from 5551234567
               EventRinging 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        20.0   out1 rings
               EventTreatmentEnd 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination parties=5551234567+5002 ext{TreatmentType:2}
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5002/Destination parties=5551234567+5002
               media play in1 RingBack
        20.0   out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
        20.0   in1 ended: Normal
               EventReleased 5002 call=1 Inbound Destination state=RemoteRelease queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
               out1 release Normal
        20.0   out1 ended: Normal
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_caller_gives_up_in_the_queue() {
    let mut site = Site::at_work();
    let caller = site.offer("+18005551234");
    site.wait_s(9);
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Cancelled });
    expect![[r#"
        0.0    in1 offered: trunk pstn 5551234567 dials +18005551234
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
        9.0    in1 ended: Cancelled
               EventAbandoned 5000 call=1 Inbound Destination state=Abandoned queue=5000 other=5551234567/Origination
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_caller_gives_up_while_it_rings() {
    let mut site = Site::at_work();
    let caller = site.offer("+18005551234");
    let leg = site.route("5001");
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Cancelled });
    site.fact(LegFact::Ended { leg, cause: Cause::Cancelled });
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
        0.0    in1 ended: Cancelled
               EventAbandoned 5001 call=1 Inbound Destination state=Abandoned queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release Cancelled
        0.0    out1 ended: Cancelled
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_caller_gives_up_before_the_phone_said_that_it_rings() {
    let mut site = Site::at_work();
    let caller = site.offer("+18005551234");
    let conn = site.conn();
    site.ask(common::route(conn, "5001"));
    site.forget_ladder();
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Cancelled });
    expect![[r#"
        0.0    in1 ended: Cancelled
               EventAbandoned 5000 call=1 Inbound Destination state=Abandoned queue=5000 other=5551234567/Origination parties=5551234567+5001
               EventAbandoned 5001 call=1 Inbound Destination state=Abandoned queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release Cancelled
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn nobody_answers_for_15_seconds_and_the_call_goes_back_to_the_queue() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let conn = site.conn();
    site.ask(Request::AttachUserData {
        dn: "5000".into(),
        conn,
        user_data: KvList::new().with("customer_id", "98765"),
    });
    site.wait_s(5);
    let leg = site.route("5001");
    site.wait_s(15);
    site.fact(LegFact::Ended { leg, cause: Cause::NoAnswer });
    site.route("5002");
    expect![[r#"
        0.0    in1 offered: trunk pstn 5551234567 dials +18005551234
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
        0.0    RequestAttachUserData #3 at 5000
               ok #3
               EventAttachedDataChanged 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5000/Destination data{customer_id:98765} #3
        5.0    RequestRouteCall #4 at 5000
               ok #4
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination data{customer_id:98765} #4
               out1 ring 5001 from 5551234567
               EventRinging 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination data{customer_id:98765} agent=5001:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        5.0    out1 rings
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination parties=5551234567+5001 data{customer_id:98765}
               in1 progress Ringing
        20.0   (time)
               EventReleased 5001 call=1 Inbound Destination state=NoAnswer queue=5000 other=5551234567/Origination data{customer_id:98765} agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release NoAnswer
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (No answer)
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination data{customer_id:98765} ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination data{customer_id:98765} ext{QueuedAt:1800000000000 Recalls:1}
        20.0   out1 ended: NoAnswer
        20.0   RequestRouteCall #5 at 5000
               ok #5
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5002/Destination data{customer_id:98765} #5
               out2 ring 5002 from 5551234567
               EventRinging 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination data{customer_id:98765} agent=5002:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        20.0   out2 rings
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5002/Destination parties=5551234567+5002 data{customer_id:98765}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn an_agent_rejects_by_request() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    site.route("5001");
    let conn = site.conn();
    site.forget_ladder();
    site.ask(Request::ReleaseCall { dn: "5001".into(), conn });
    expect![[r#"
        0.0    RequestReleaseCall #4 at 5001
               ok #4
               EventReleased 5001 call=1 Inbound Destination state=Redirected queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4 ext{BusinessCall:1}
               out1 release Rejected
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Call rejected)
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_rejects_with_busy() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let leg = site.route("5001");
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Busy });
    expect![[r#"
        0.0    out1 ended: Busy
               EventReleased 5001 call=1 Inbound Destination state=Redirected queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Call rejected)
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_cannot_be_reached_gives_the_call_back_without_a_second_entry() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let conn = site.conn();
    site.ask(common::route(conn, "5001"));
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Unreachable });
    expect![[r#"
        0.0    out1 ended: Unreachable
               EventReleased 5001 call=1 Inbound Destination state=GeneralError queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Phone not reachable)
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_never_says_180_is_not_reachable_rather_than_unanswered() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let conn = site.conn();
    site.ask(common::route(conn, "5001"));
    site.forget_ladder();
    site.wait_s(15);
    expect![[r#"
        15.0   (time)
               EventReleased 5001 call=1 Inbound Destination state=GeneralError queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release Unreachable
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Phone not reachable)
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn an_answer_that_comes_before_the_180_is_passed_on_with_it() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let conn = site.conn();
    site.ask(common::route(conn, "5002"));
    let leg = site.rung();
    site.forget_ladder();
    site.ask(Request::AnswerCall { dn: "5002".into(), conn });
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        0.0    RequestAnswerCall #4 at 5002
               ok #4
        0.0    out1 rings
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5002/Destination parties=5551234567+5002
               in1 progress Ringing
               out1 answer-phone
               5002 may AttachUserData ClearCall RedirectCall ReleaseCall
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #4 ext{BusinessCall:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_does_not_do_what_answer_asks_rings_on() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let leg = site.route("5002");
    let conn = site.conn();
    site.forget_ladder();
    site.wait_s(12);
    site.ask(Request::AnswerCall { dn: "5002".into(), conn });
    site.wait_s(2);
    site.fact(LegFact::PhoneDidNotAnswer { leg });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        12.0   RequestAnswerCall #4 at 5002
               ok #4
               out1 answer-phone
        14.0   out1 did not answer
               refused #4 TimedOut (57): The phone of 5002 did not answer. Look whether the phone page is open and may use the microphone, and answer there.
        14.0   out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn an_answer_without_any_word_from_the_phone_is_refused_after_5_seconds() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    site.route("5002");
    let conn = site.conn();
    site.wait_s(12);
    site.forget_ladder();
    site.ask(Request::AnswerCall { dn: "5002".into(), conn });
    site.wait_s(6);
    expect![[r#"
        12.0   RequestAnswerCall #4 at 5002
               ok #4
               out1 answer-phone
        17.0   (time)
               refused #4 TimedOut (57): The phone of 5002 did not answer. Look whether the phone page is open and may use the microphone, and answer there.
               EventReleased 5002 call=1 Inbound Destination state=NoAnswer queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
               out1 release NoAnswer
               EventAgentNotReady 5002 agent=5002:NotReady:AuxWork (No answer)
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn voice_that_stops_and_comes_again_is_told_and_costs_nothing() {
    let mut site = Site::at_work();
    let (caller, leg) = site.talk("5001");
    site.forget_ladder();
    site.tell(Input::Media(MediaFact::Lost { leg }));
    site.tell(Input::Media(MediaFact::Lost { leg }));
    site.tell(Input::Media(MediaFact::Flowing { leg }));
    site.tell(Input::Media(MediaFact::Lost { leg: caller }));
    site.wait_s(600);
    expect![[r#"
        0.0    out1 silent
               EventPrivateInfo 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{MediaState:lost MediaDN:5001}
        0.0    out1 silent
        0.0    out1 sounds
               EventPrivateInfo 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{MediaState:flowing MediaDN:5001}
        0.0    in1 silent
               EventPrivateInfo 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{MediaState:lost MediaDN:5551234567}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_dials_the_route_point() {
    let mut site = Site::at_work();
    let caller = site.offer_from(LegSource::Dn("5002".into()), "spoofed", "5000");
    let leg = site.route("5001");
    site.fact(LegFact::Answered { leg });
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    expect![[r#"
        0.0    in1 offered: phone 5002 dials 5000
               EventDialing 5002 call=1 Internal Origination other=5000/Destination agent=5002:Ready:AutoIn
               EventQueued 5000 call=1 Internal Destination queue=5000 other=5002/Origination ext{QueuedAt:1800000000000}
               EventRouteRequest 5000 call=1 Internal Destination queue=5000 other=5002/Origination ext{QueuedAt:1800000000000}
        0.0    RequestRouteCall #3 at 5000
               ok #3
               EventRouteUsed 5000 call=1 Internal Destination queue=5000 other=5002/Origination third=5001/Destination #3
               out1 ring 5001 from 5002
               EventRinging 5001 call=1 Internal Destination queue=5000 other=5002/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5002 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        0.0    out1 rings
               EventDiverted 5000 call=1 Internal Destination queue=5000 other=5002/Origination third=5001/Destination parties=5002+5001
               in1 progress Ringing
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5001 call=1 Internal Destination queue=5000 other=5002/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 WrapUpTime:10}
               EventEstablished 5002 call=1 Internal Origination other=5001/Destination agent=5002:Ready:AutoIn
        0.0    out1 ended: Normal
               EventReleased 5001 call=1 Internal Destination queue=5000 other=5002/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               EventReleased 5002 call=1 Internal Origination state=RemoteRelease other=5001/Destination agent=5002:Ready:AutoIn ext{BusinessCall:1}
               in1 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        0.0    in1 ended: Normal
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_phone_dials_another_and_is_refused_there() {
    let mut site = Site::at_work();
    let caller = site.offer_from(LegSource::Dn("5002".into()), "5002", "5001");
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Ended { leg, cause: Cause::Rejected });
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Rejected });
    expect![[r#"
        0.0    in1 offered: phone 5002 dials 5001
               out1 ring 5001 from 5002
               EventDialing 5002 call=1 Internal Origination other=5001/Destination agent=5002:Ready:AutoIn
               EventRinging 5001 call=1 Internal Destination other=5002/Origination agent=5001:Ready:AutoIn ext{BusinessCall:0 OriginationDN:5002}
        0.0    out1 rings
               in1 progress Ringing
        0.0    out1 ended: Rejected
               EventReleased 5001 call=1 Internal Destination state=Redirected other=5002/Origination agent=5001:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5002 call=1 Internal Origination state=Busy other=5001/Destination agent=5002:Ready:AutoIn ext{BusinessCall:0}
               in1 release Rejected
        0.0    in1 ended: Rejected
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_phone_dials_an_outside_number_and_hangs_up() {
    let mut site = Site::at_work();
    let caller = site.offer_from(LegSource::Dn("5002".into()), "5002", "5559876543");
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    expect![[r#"
        0.0    in1 offered: phone 5002 dials 5559876543
               out1 dial 5559876543 by pstn from 5002
               EventDialing 5002 call=1 Outbound Origination other=5559876543/Destination agent=5002:Ready:AutoIn
        0.0    out1 rings
               in1 progress Ringing
               EventNetworkReached 5002 call=1 Outbound Origination other=5559876543/Destination agent=5002:Ready:AutoIn
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5002 call=1 Outbound Origination other=5559876543/Destination agent=5002:Ready:AutoIn
        0.0    in1 ended: Normal
               EventReleased 5002 call=1 Outbound Origination other=5559876543/Destination agent=5002:Ready:AutoIn ext{BusinessCall:0}
               out1 release Normal
        0.0    out1 ended: Normal
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn two_phones_reach_the_same_outside_number_and_a_carrier_may_be_lost() {
    let mut site = Site::at_work();
    let first = site.offer_from(LegSource::Dn("5001".into()), "5001", "+15559876543");
    let out = site.rung();
    let second = site.offer_from(LegSource::Dn("5002".into()), "5002", "+15559876543");
    let busy = site.rung();
    site.fact(LegFact::Answered { leg: out });
    site.fact(LegFact::Ended { leg: busy, cause: Cause::Busy });
    site.fact(LegFact::Ended { leg: second, cause: Cause::Rejected });
    site.fact(LegFact::Lost { leg: out });
    site.fact(LegFact::Ended { leg: first, cause: Cause::Normal });
    expect![[r#"
        0.0    in1 offered: phone 5001 dials +15559876543
               out1 dial +15559876543 by pstn from 5001
               EventDialing 5001 call=1 Outbound Origination other=+15559876543/Destination agent=5001:Ready:AutoIn
        0.0    in2 offered: phone 5002 dials +15559876543
               out2 dial +15559876543 by pstn from 5002
               EventDialing 5002 call=2 Outbound Origination other=+15559876543/Destination agent=5002:Ready:AutoIn
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5001 call=1 Outbound Origination other=+15559876543/Destination agent=5001:Ready:AutoIn
        0.0    out2 ended: Busy
               EventReleased 5002 call=2 Outbound Origination state=Busy other=+15559876543/Destination agent=5002:Ready:AutoIn ext{BusinessCall:0}
               in2 release Rejected
        0.0    in2 ended: Rejected
        0.0    out1 lost
               EventReleased 5001 call=1 Outbound Origination state=RemoteRelease other=+15559876543/Destination agent=5001:Ready:AutoIn ext{BusinessCall:0}
               in1 release Normal
        0.0    in1 ended: Normal
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_direct_call_from_the_trunk_rings_for_a_minute() {
    let mut site = Site::at_work();
    site.offer("5001");
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.wait_s(60);
    expect![[r#"
        0.0    in1 offered: trunk pstn 5551234567 dials 5001
               out1 ring 5001 from 5551234567
               EventRinging 5001 call=1 Inbound Destination other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:0 OriginationDN:5551234567}
        0.0    out1 rings
               in1 progress Ringing
        60.0   (time)
               EventReleased 5001 call=1 Inbound Destination state=NoAnswer other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:0}
               out1 release NoAnswer
               in1 release NoAnswer
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn calls_that_lead_nowhere_are_refused_with_their_cause() {
    let mut site = Site::at_work();
    site.talk("5001");
    site.forget_ladder();
    site.offer("+4930123456");
    site.offer("5003");
    site.offer("5001");
    site.offer_from(LegSource::Dn("5001".into()), "5001", "5000");
    site.offer_from(LegSource::Dn("5002".into()), "5002", "5002");
    site.offer_from(LegSource::Dn("5999".into()), "5999", "5000");
    expect![[r#"
        0.0    in2 offered: trunk pstn 5551234567 dials +4930123456
               in2 release Unallocated
        0.0    in3 offered: trunk pstn 5551234567 dials 5003
               in3 release Unreachable
        0.0    in4 offered: trunk pstn 5551234567 dials 5001
               in4 release Busy
        0.0    in5 offered: phone 5001 dials 5000
               in5 release Busy
        0.0    in6 offered: phone 5002 dials 5002
               in6 release Busy
        0.0    in7 offered: phone 5999 dials 5000
               in7 release Forbidden
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn an_agents_day() {
    let mut site = Site::new();
    let dn = || model::Dn::from("5001");
    let agent = || AgentId::from("5001");
    let work_mode = WorkMode::Unknown;
    site.ask(Request::AgentLogin { dn: dn(), agent: agent(), work_mode });
    site.ask(Request::AgentReady { dn: dn(), work_mode });
    site.fact(LegFact::DnInService { dn: dn() });
    site.ask(Request::AgentReady { dn: dn(), work_mode });
    site.ask(Request::AgentReady { dn: dn(), work_mode });
    let lunch = KvList::new().with("ReasonCode", "Lunch");
    site.ask_why(Request::AgentNotReady { dn: dn(), work_mode }, lunch);
    site.ask(Request::AgentNotReady { dn: dn(), work_mode: WorkMode::AfterCallWork });
    site.wait_s(100);
    site.ask(Request::AgentReady { dn: dn(), work_mode });
    site.fact(LegFact::DnOutOfService { dn: dn() });
    site.wait_s(31);
    site.ask(Request::AgentLogout { dn: dn() });
    site.ask(Request::AgentLogout { dn: dn() });
    expect![[r#"
        0.0    a configuration
        0.0    RequestAgentLogin #1 at 5001
               ok #1
               EventAgentLogin 5001 agent=5001:NotReady:Unknown #1
               EventAgentNotReady 5001 agent=5001:NotReady:Unknown
        0.0    RequestAgentReady #2 at 5001
               refused #2 OutOfService (58): Device '5001' is not registered. Open the phone page, wait until it shows that the phone is registered, and go Ready again.
        0.0    5001 has a phone
               EventDNBackInService 5001 agent=5001:NotReady:Unknown
        0.0    RequestAgentReady #3 at 5001
               ok #3
               EventAgentReady 5001 agent=5001:Ready:ManualIn #3
        0.0    RequestAgentReady #4 at 5001
               refused #4 AlreadyInState (43): The agent at DN 5001 is Ready already.
        0.0    RequestAgentNotReady #5 at 5001 why{ReasonCode:Lunch}
               ok #5
               EventAgentNotReady 5001 agent=5001:NotReady:Unknown (Lunch) #5
        0.0    RequestAgentNotReady #6 at 5001
               ok #6
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork #6
        100.0  RequestAgentReady #7 at 5001
               ok #7
               EventAgentReady 5001 agent=5001:Ready:ManualIn #7
        100.0  5001 has no phone
               EventDNOutOfService 5001 agent=5001:Ready:ManualIn
        130.0  (time)
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Phone not registered)
        131.0  RequestAgentLogout #8 at 5001
               ok #8
               EventAgentLogout 5001 agent=5001:LoggedOut:Unknown #8
        131.0  RequestAgentLogout #9 at 5001
               refused #9 InvalidCallState (496): No agent is logged in at DN 5001. Log in first.
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn logins_that_cannot_be() {
    let mut site = Site::at_work();
    let work_mode = WorkMode::Unknown;
    for (dn, agent) in
        [("5001", "5003"), ("5003", "5001"), ("5001", "5001"), ("5999", "5003"), ("5003", "9")]
    {
        site.ask(Request::AgentLogin { dn: dn.into(), agent: agent.into(), work_mode });
    }
    expect![[r#"
        0.0    RequestAgentLogin #3 at 5001
               refused #3 ResourceSeized (42): DN 5001 is in use by agent 5001. That agent has to log out first, or take another place.
        0.0    RequestAgentLogin #4 at 5003
               refused #4 AgentIdInUse (527): Agent 5001 is logged in at DN 5001. Log out there first, then log in at 5003.
        0.0    RequestAgentLogin #5 at 5001
               refused #5 AlreadyInState (43): Agent 5001 is logged in at DN 5001 already.
        0.0    RequestAgentLogin #6 at 5999
               refused #6 DnNotConfigured (59): 5999 is no extension of this switch. Look for the right DN in the configuration.
        0.0    RequestAgentLogin #7 at 5003
               refused #7 InvalidAttribute (53): There is no agent with the employee id 9. Look for the right id in the configuration, or add the agent there.
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_break_asked_for_in_a_call_begins_after_the_work_on_it() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    site.forget_ladder();
    let lunch = KvList::new().with("ReasonCode", "Lunch");
    let work_mode = WorkMode::AuxWork;
    site.ask_why(Request::AgentNotReady { dn: "5001".into(), work_mode }, lunch);
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    site.wait_s(60);
    expect![[r#"
        0.0    RequestAgentNotReady #4 at 5001 why{ReasonCode:Lunch}
               ok #4
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Lunch) #4
        0.0    out1 ended: Normal
               EventReleased 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:NotReady:AuxWork (Lunch) ext{BusinessCall:1}
               in1 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        10.0   (time)
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Lunch)
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn after_call_work_ends_early_when_the_agent_says_so() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    site.forget_ladder();
    site.wait_s(3);
    site.ask(Request::AgentReady { dn: "5001".into(), work_mode: WorkMode::ManualIn });
    site.wait_s(60);
    expect![[r#"
        3.0    RequestAgentReady #4 at 5001
               ok #4
               EventAgentReady 5001 agent=5001:Ready:ManualIn #4
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn user_data_changes_are_told_to_every_party() {
    let mut site = Site::at_work();
    site.offer_from(LegSource::Dn("5002".into()), "5002", "5000");
    let conn = site.conn();
    site.forget_ladder();
    let pair = |key: &str, value: &str| KvList::new().with(key, value);
    site.ask(Request::AttachUserData { dn: "5000".into(), conn, user_data: pair("a", "1") });
    site.route("5001");
    site.ask(Request::UpdateUserData { dn: "5001".into(), conn, user_data: pair("a", "2") });
    site.ask(Request::DeletePair { dn: "5002".into(), conn, key: "a".into() });
    site.ask(Request::DeleteUserData { dn: "5001".into(), conn });
    let user_data = pair("big", &"x".repeat(65_536));
    site.ask(Request::AttachUserData { dn: "5001".into(), conn, user_data });
    expect![[r#"
        0.0    RequestAttachUserData #3 at 5000
               ok #3
               EventAttachedDataChanged 5002 call=1 Internal Origination other=5000/Destination third=5000/Destination data{a:1} agent=5002:Ready:AutoIn #3
               EventAttachedDataChanged 5000 call=1 Internal Destination queue=5000 other=5002/Origination third=5000/Destination data{a:1} #3
        0.0    RequestRouteCall #4 at 5000
               ok #4
               EventRouteUsed 5000 call=1 Internal Destination queue=5000 other=5002/Origination third=5001/Destination data{a:1} #4
               out1 ring 5001 from 5002
               EventRinging 5001 call=1 Internal Destination queue=5000 other=5002/Origination data{a:1} agent=5001:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5002 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        0.0    out1 rings
               EventDiverted 5000 call=1 Internal Destination queue=5000 other=5002/Origination third=5001/Destination parties=5002+5001 data{a:1}
               in1 progress Ringing
        0.0    RequestUpdateUserData #5 at 5001
               ok #5
               EventAttachedDataChanged 5002 call=1 Internal Origination other=5001/Destination third=5001/Destination data{a:2} agent=5002:Ready:AutoIn #5
               EventAttachedDataChanged 5001 call=1 Internal Destination queue=5000 other=5002/Origination third=5001/Destination data{a:2} agent=5001:Ready:AutoIn #5
        0.0    RequestDeletePair #6 at 5002
               ok #6
               EventAttachedDataChanged 5002 call=1 Internal Origination other=5001/Destination third=5002/Origination agent=5002:Ready:AutoIn #6
               EventAttachedDataChanged 5001 call=1 Internal Destination queue=5000 other=5002/Origination third=5002/Origination agent=5001:Ready:AutoIn #6
        0.0    RequestDeleteUserData #7 at 5001
               ok #7
               EventAttachedDataChanged 5002 call=1 Internal Origination other=5001/Destination third=5001/Destination agent=5002:Ready:AutoIn #7
               EventAttachedDataChanged 5001 call=1 Internal Destination queue=5000 other=5002/Origination third=5001/Destination agent=5001:Ready:AutoIn #7
        0.0    RequestAttachUserData #8 at 5001
               refused #8 InvalidAttribute (53): The call's user data would have 1 pairs with 65539 bytes; at most 512 pairs with 65536 bytes are allowed. Delete pairs that are no longer needed.
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_configuration_without_the_route_point_and_the_agent_lets_them_go() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let (_, leg) = site.talk("5001");
    site.forget_ladder();
    let mut configuration = common::configuration();
    configuration.dns.remove("5000");
    configuration.dns.remove("5001");
    configuration.persons.remove("agent5002");
    site.tell(Input::Configuration(configuration.into()));
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    expect![[r#"
        0.0    a configuration
               EventAbandoned 5000 call=1 Inbound Destination state=Cleared queue=5000 other=5551234567/Origination
               in1 release Unallocated
               EventAgentLogout 5002 agent=5002:LoggedOut:Unknown
        0.0    out1 ended: Normal
               EventReleased 5001 call=2 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               in2 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
               EventAgentLogout 5001 agent=5001:LoggedOut:Unknown
    "#]].assert_eq(&site.take_ladder());
}
