//! Calls that were sent somewhere in vain come back, as ladders.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    Dn, KvList, LegId, Request,
    leg::{Cause, LegFact},
    media::MediaFact,
};
use switch::Input;

#[test]
fn a_redirected_call_that_is_refused_goes_back_to_its_route_point() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    site.route("5001");
    let conn = site.conn();
    site.ask(Request::RedirectCall { dn: "5001".into(), conn, destination: "5002".into() });
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Busy });
    expect![[r#"
        0.0    out2 ended: Busy
               EventReleased 5002 call=1 Inbound Destination state=Redirected queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_transfer_in_vain_goes_back_to_the_route_point_when_its_sender_is_busy() {
    let mut site = Site::at_work();
    site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    let user_data = KvList::new();
    site.ask(Request::SingleStepTransfer { dn, conn, destination: "5002".into(), user_data });
    let leg = site.rung();
    let user_data = KvList::new();
    let destination = "5559876543".into();
    site.ask(Request::MakeCall { dn: "5001".into(), destination, user_data });
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Rejected });
    expect![[r#"
        0.0    out2 ended: Rejected
               EventReleased 5002 call=1 Inbound Destination state=Redirected queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000 Recalls:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_mute_transfer_that_nobody_answers_comes_back() {
    let mut site = Site::at_work();
    site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    let user_data = KvList::new();
    site.ask(Request::MuteTransfer { dn, conn, destination: "5002".into(), user_data });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.forget_ladder();
    site.wait_s(61);
    expect![[r#"
        10.0   (time)
               EventAgentReady 5001 agent=5001:Ready:AutoIn
        60.0   (time)
               EventReleased 5002 call=1 Inbound Destination state=NoAnswer queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
               out2 release NoAnswer
               out3 ring 5001 from 5551234567
               EventRinging 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567}
               media play in1 Music
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_holds_during_a_consultation_lets_nobody_hear_it() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    let (destination, user_data) = ("5002".into(), KvList::new());
    site.ask(Request::InitiateTransfer { dn, conn, destination, user_data });
    site.forget_ladder();
    site.tell(Input::Media(MediaFact::Holds { leg, is_held: true }));
    site.tell(Input::Media(MediaFact::Holds { leg, is_held: false }));
    expect![[r#"
        0.0    out1 holds
        0.0    out1 holds no more
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn a_mute_transfer_to_somebody_busy_gives_the_agent_the_customer_back() {
    let mut site = Site::at_work();
    site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    let destination = "5559876543".into();
    site.ask(Request::MuteTransfer { dn, conn, destination, user_data: KvList::new() });
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Busy });
    expect![[r#"
        0.0    out2 ended: Busy
               media play out1 Silence
               EventDestinationBusy 5001 call=2 Consult Origination state=Busy other=5559876543/Destination previous=1 agent=5001:Ready:AutoIn
               EventReleased 5001 call=2 Consult Origination previous=1 agent=5001:Ready:AutoIn ext{BusinessCall:0}
               media hear out1 
               media hear in1 out1
               media hear out1 in1
               EventRetrieved 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_network_that_rings_and_gives_up_says_that_nobody_answered() {
    let mut site = Site::at_work();
    let destination = "5559876543".into();
    site.ask(Request::MakeCall { dn: "5001".into(), destination, user_data: KvList::new() });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Unreachable });
    expect![[r#"
        0.0    out2 ended: Unreachable
               media play out1 Silence
               EventDestinationBusy 5001 call=1 Outbound Origination state=NoAnswer other=5559876543/Destination agent=5001:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn who_is_muted_in_the_consultation_is_muted_in_the_conference() {
    let mut site = Site::at_work();
    let (held, current) = site.consult("5001", "5002");
    site.ask(Request::SetMuteOn { dn: "5001".into(), conn: current });
    site.forget_ladder();
    site.ask(Request::CompleteConference { dn: "5001".into(), held, current });
    expect![[r#"
        0.0    RequestCompleteConference #6 at 5001
               ok #6
               EventReleased 5001 call=2 Consult Origination state=Conferenced other=5002/Destination previous=1 agent=5001:Ready:AutoIn ext{BusinessCall:0}
               media hear in1 out2
               media hear out1 in1+out2
               media hear out2 in1
               EventRetrieved 5001 call=1 Inbound ConferenceMember queue=5000 other=5551234567/ConferenceMember parties=5551234567+5002 agent=5001:Ready:AutoIn #6
               EventMuteOn 5001 call=1 Inbound ConferenceMember queue=5000 other=5551234567/ConferenceMember parties=5551234567+5002 agent=5001:Ready:AutoIn
               EventPartyAdded 5001 call=1 Inbound ConferenceMember state=Conferenced queue=5000 other=5002/NewParty third=5001/AddedBy parties=5551234567+5002 agent=5001:Ready:AutoIn #6
               EventPartyChanged 5002 call=1 Inbound ConferenceMember state=Conferenced queue=5000 other=5551234567/ConferenceMember third=5001/ConferencedBy previous=2 parties=5551234567+5001 agent=5002:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_transfer_with_too_much_user_data_is_refused_and_the_call_stays() {
    let mut site = Site::at_work();
    site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    let user_data = KvList::new().with("much", "x".repeat(70_000));
    site.forget_ladder();
    site.ask(Request::SingleStepTransfer { dn, conn, destination: "5002".into(), user_data });
    expect![[r#"
        0.0    RequestSingleStepTransfer #4 at 5001
               refused #4 InvalidAttribute (53): The call's user data would have 1 pairs with 70004 bytes; at most 512 pairs with 65536 bytes are allowed. Delete pairs that are no longer needed.
    "#]].assert_eq(&site.take_ladder());
}

/// 5001's phone hangs up during a consultation, with the customer on hold, and rings for it.
fn recalled() -> Site {
    let mut site = Site::at_work();
    site.consult("5001", "5002");
    site.forget_ladder();
    site.fact(LegFact::Ended { leg: LegId(1), cause: Cause::Normal });
    site
}

#[test]
fn a_phone_that_hangs_up_during_a_consultation_rings_for_the_customer() {
    let mut site = recalled();
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        0.0    out1 ended: Normal
               EventReleased 5002 call=2 Consult Destination state=RemoteRelease other=5001/Origination previous=1 agent=5002:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5001 call=2 Consult Origination other=5002/Destination previous=1 agent=5001:Ready:AutoIn ext{BusinessCall:0}
               out2 release Normal
               out3 ring 5001 from 5551234567
               5001 may AttachUserData ClearCall ReleaseCall StartRecording
        0.0    out3 rings
        0.0    out3 answered
               media hear out3 
               media hear in1 out3
               media hear out3 in1
               EventRetrieved 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_phone_that_is_not_answered_for_its_call_on_hold_has_left_it() {
    let mut site = recalled();
    site.forget_ladder();
    site.wait_s(61);
    expect![[r#"
        60.0   (time)
               EventReleased 5001 call=1 Inbound Destination state=Dropped queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out3 release Normal
               in1 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_customer_who_gives_up_meanwhile_stops_the_phone() {
    let mut site = recalled();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg: common::CALLER, cause: Cause::Normal });
    expect![[r#"
        0.0    in1 ended: Normal
               EventReleased 5001 call=1 Inbound Destination state=RemoteRelease queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out3 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}
