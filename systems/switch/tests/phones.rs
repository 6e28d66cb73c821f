//! A DN's phone goes away in a call and comes back, as ladders.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    LegId, Request,
    leg::{Cause, LegCommand, LegFact},
    media::MediaFact,
};
use switch::{Input, Output};

#[test]
fn a_reloaded_page_is_called_back_into_its_call() {
    let mut site = Site::at_work();
    let (caller, leg) = site.talk("5001");
    site.forget_ladder();
    site.fact(LegFact::Lost { leg });
    site.fact(LegFact::DnOutOfService { dn: "5001".into() });
    site.wait_s(2);
    site.fact(LegFact::DnInService { dn: "5001".into() });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    site.wait_s(60);
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    expect![[r#"
        0.0    out1 lost
               media play in1 Music
               5001 may AttachUserData ClearCall ReleaseCall StartRecording
        0.0    5001 has no phone
               EventDNOutOfService 5001 agent=5001:Ready:AutoIn
        2.0    5001 has a phone
               EventDNBackInService 5001 agent=5001:Ready:AutoIn
               out2 ring 5001 from 5551234567 resume
        2.0    out2 rings
        2.0    out2 answered
               media hear in1 out2
               media hear out2 in1
               5001 may AttachUserData ClearCall HoldCall InitiateConference InitiateTransfer MuteTransfer ReleaseCall SendDtmf SetMuteOn SingleStepConference SingleStepTransfer StartRecording
        62.0   out2 ended: Normal
               EventReleased 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               in1 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        62.0   in1 ended: Normal
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_page_that_registered_again_before_its_old_leg_was_lost_is_called_back_at_once() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    site.fact(LegFact::DnInService { dn: "5001".into() });
    site.forget_ladder();
    site.fact(LegFact::Lost { leg });
    expect![[r#"
        0.0    out1 lost
               media play in1 Music
               out2 ring 5001 from 5551234567 resume
               5001 may AttachUserData ClearCall ReleaseCall StartRecording
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn a_page_that_is_reloaded_twice_is_called_back_twice() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    site.forget_ladder();
    site.fact(LegFact::Lost { leg });
    site.fact(LegFact::DnInService { dn: "5001".into() });
    let second = site.rung();
    site.fact(LegFact::DnInService { dn: "5001".into() });
    site.fact(LegFact::Ended { leg: second, cause: Cause::Unreachable });
    let third = site.rung();
    site.fact(LegFact::Ended { leg: third, cause: Cause::Unreachable });
    expect![[r#"
        0.0    out1 lost
               media play in1 Music
               5001 may AttachUserData ClearCall ReleaseCall StartRecording
        0.0    5001 has a phone
               out2 ring 5001 from 5551234567 resume
        0.0    5001 has a phone
        0.0    out2 ended: Unreachable
               out3 ring 5001 from 5551234567 resume
        0.0    out3 ended: Unreachable
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn a_page_that_does_not_come_back_in_30_seconds_costs_the_call() {
    let mut site = Site::at_work();
    let (caller, leg) = site.talk("5001");
    site.forget_ladder();
    site.fact(LegFact::Lost { leg });
    site.fact(LegFact::DnOutOfService { dn: "5001".into() });
    site.wait_s(60);
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    expect![[r#"
        0.0    out1 lost
               media play in1 Music
               5001 may AttachUserData ClearCall ReleaseCall StartRecording
        0.0    5001 has no phone
               EventDNOutOfService 5001 agent=5001:Ready:AutoIn
        30.0   (time)
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Phone not registered)
               EventReleased 5001 call=1 Inbound Destination state=Dropped queue=5000 other=5551234567/Origination agent=5001:NotReady:AuxWork (Phone not registered) ext{BusinessCall:1}
               in1 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        40.0   (time)
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Phone not registered)
        60.0   in1 ended: Normal
    "#]].assert_eq(&site.take_ladder());
    assert!(site.switch.is_idle());
}

#[test]
fn a_page_that_is_reloaded_while_it_rings_rings_again() {
    let mut site = Site::at_work();
    let caller = site.offer("+18005551234");
    let leg = site.route("5001");
    site.forget_ladder();
    site.fact(LegFact::DnOutOfService { dn: "5001".into() });
    site.fact(LegFact::Ended { leg, cause: Cause::Unreachable });
    site.wait_s(2);
    site.fact(LegFact::DnInService { dn: "5001".into() });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    expect![[r#"
        0.0    5001 has no phone
               EventDNOutOfService 5001 agent=5001:Ready:AutoIn
        0.0    out1 ended: Unreachable
        2.0    5001 has a phone
               EventDNBackInService 5001 agent=5001:Ready:AutoIn
               out2 ring 5001 from 5551234567
        2.0    out2 rings
        2.0    out2 answered
               in1 answer
               media hear in1 out2
               media hear out2 in1
               EventEstablished 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 WrapUpTime:10}
        2.0    in1 ended: Normal
               EventReleased 5001 call=1 Inbound Destination state=RemoteRelease queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out2 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_is_handed_to_another_tab_before_it_could_ring_rings_there() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let conn = site.conn();
    site.ask(common::route(conn, "5001"));
    site.ask(Request::AnswerCall { dn: "5001".into(), conn });
    site.forget_ladder();
    site.fact(LegFact::DnOutOfService { dn: "5001".into() });
    site.fact(LegFact::DnInService { dn: "5001".into() });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        0.0    5001 has no phone
               EventDNOutOfService 5001 agent=5001:Ready:AutoIn
        0.0    5001 has a phone
               EventDNBackInService 5001 agent=5001:Ready:AutoIn
               out1 release Redirected
               out2 ring 5001 from 5551234567
        0.0    out2 rings
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination parties=5551234567+5001
               in1 progress Ringing
               out2 answer-phone
               5001 may AttachUserData ClearCall RedirectCall ReleaseCall
        0.0    out2 answered
               in1 answer
               media hear in1 out2
               media hear out2 in1
               EventEstablished 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4 ext{BusinessCall:1 WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_is_handed_to_another_tab_while_it_rings_rings_there() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let leg = site.route("5001");
    site.forget_ladder();
    site.fact(LegFact::DnInService { dn: "5001".into() });
    site.fact(LegFact::Ended { leg, cause: Cause::Unreachable });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        0.0    5001 has a phone
        0.0    out1 ended: Unreachable
               out2 ring 5001 from 5551234567
        0.0    out2 rings
        0.0    out2 answered
               in1 answer
               media hear in1 out2
               media hear out2 in1
               EventEstablished 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_goes_away_while_it_rings_and_stays_away_is_not_reachable() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let leg = site.route("5001");
    site.forget_ladder();
    site.fact(LegFact::DnOutOfService { dn: "5001".into() });
    site.fact(LegFact::Ended { leg, cause: Cause::Unreachable });
    site.wait_s(5);
    expect![[r#"
        0.0    5001 has no phone
               EventDNOutOfService 5001 agent=5001:Ready:AutoIn
        0.0    out1 ended: Unreachable
        3.0    (time)
               EventReleased 5001 call=1 Inbound Destination state=GeneralError queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (Phone not reachable)
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn who_speaks_in_a_conference_is_shown_to_the_phones_in_it() {
    let mut site = Site::at_work();
    let (held, current) = site.consult("5001", "5002");
    let levels = || MediaFact::Levels {
        levels: vec![(common::CALLER, 20), (LegId(1), 31), (LegId(2), 127)],
    };
    site.forget_ladder();
    // Two calls of two are no conference.
    site.tell(Input::Media(levels()));
    assert!(!site.take_ladder().contains("sees"));
    site.ask(Request::CompleteConference { dn: "5001".into(), held, current });
    site.ask(Request::SetMuteOn { dn: "5001".into(), conn: held });
    site.forget_ladder();
    site.tell(Input::Media(levels()));
    expect![[r#"
        0.0    media
               5001 sees 5551234567:20 5001:127 5002:127
               5002 sees 5551234567:20 5001:127 5002:127
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_forwards_by_itself_has_its_direct_calls_sent_there_and_not_in_circles() {
    let mut site = Site::at_work();
    site.fact(LegFact::DnInService { dn: "5003".into() });
    let caller = site.offer("5003");
    let mut leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Moved { leg, target: "5002".into() });
    site.fact(LegFact::Ended { leg, cause: Cause::Unreachable });
    expect![[r#"
        0.0    out1 moved to 5002
               EventReleased 5003 call=1 Inbound Destination state=Redirected other=5551234567/Origination ext{BusinessCall:0}
               out1 release Redirected
               out2 ring 5002 from 5551234567
               EventRinging 5002 call=1 Inbound Destination other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:0 OriginationDN:5551234567}
        0.0    out1 ended: Unreachable
    "#]]
    .assert_eq(&site.take_ladder());
    for target in ["5003", "5002", "5003", "5002", "5003"] {
        let before = leg;
        leg = site.rung();
        assert_ne!(leg, before);
        site.fact(LegFact::Moved { leg, target: target.into() });
        site.fact(LegFact::Ended { leg, cause: Cause::Unreachable });
    }
    let ended = LegCommand::Release { leg: caller, cause: Cause::Unreachable };
    assert!(site.outputs.contains(&Output::Leg(ended)), "the fifth is the last");
}

#[test]
fn a_routed_call_does_not_follow_the_phone_but_goes_back_to_the_router() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    let conn = site.conn();
    site.ask(common::route(conn, "5001"));
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Moved { leg, target: "5002".into() });
    site.fact(LegFact::Ended { leg, cause: Cause::Unreachable });
    assert!(!site.take_ladder().contains("ring 5002"));
}
