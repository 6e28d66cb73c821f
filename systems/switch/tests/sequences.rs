//! The model sequences of T-Library as ladders: outbound calls, hold, transfer, conference,
//! supervision. The inbound ones are in `ladders.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    ConnId, Dn, KvList, LegId, Request,
    leg::{Cause, LegFact, LegSource},
    media::MediaFact,
    request::MonitorMode,
};
use switch::Input;

fn make_call(site: &mut Site, destination: &str) {
    let user_data = KvList::new().with("campaign", "spring");
    site.ask(Request::MakeCall { dn: "5001".into(), destination: destination.into(), user_data });
}

/// The phone that was called last rings and is answered.
fn picked_up(site: &mut Site) -> LegId {
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.fact(LegFact::Answered { leg });
    leg
}

fn consult(site: &mut Site, destination: &str) -> ConnId {
    let conn = site.conn();
    let (dn, destination) = (Dn::from("5001"), destination.to_owned());
    site.ask(Request::InitiateTransfer { dn, conn, destination, user_data: KvList::new() });
    conn
}

fn third_phone(site: &mut Site) {
    site.fact(LegFact::DnInService { dn: "5003".into() });
    site.forget_ladder();
}

#[test]
fn a_an_internal_call_is_made_answered_and_released() {
    let mut site = Site::at_work();
    make_call(&mut site, "5002");
    let own = picked_up(&mut site);
    picked_up(&mut site);
    let conn = site.conn();
    site.ask(Request::ReleaseCall { dn: "5002".into(), conn });
    site.fact(LegFact::Ended { leg: own, cause: Cause::Normal });
    expect![[r#"
        0.0    RequestMakeCall #3 at 5001
               ok #3
               out1 ring 5001 from 5002
        0.0    out1 rings
               out1 answer-phone
        0.0    out1 answered
               media hear out1 
               out2 ring 5002 from 5001
               EventDialing 5001 call=1 Internal Origination other=5002/Destination data{campaign:spring} agent=5001:Ready:AutoIn #3
               EventRinging 5002 call=1 Internal Destination other=5001/Origination data{campaign:spring} agent=5002:Ready:AutoIn ext{BusinessCall:0 OriginationDN:5001}
        0.0    out2 rings
               media play out1 RingBack
        0.0    out2 answered
               media hear out1 out2
               media hear out2 out1
               EventEstablished 5002 call=1 Internal Destination other=5001/Origination data{campaign:spring} agent=5002:Ready:AutoIn ext{BusinessCall:0}
               EventEstablished 5001 call=1 Internal Origination other=5002/Destination data{campaign:spring} agent=5001:Ready:AutoIn
        0.0    RequestReleaseCall #4 at 5002
               ok #4
               EventReleased 5002 call=1 Internal Destination other=5001/Origination data{campaign:spring} agent=5002:Ready:AutoIn #4 ext{BusinessCall:0}
               EventReleased 5001 call=1 Internal Origination state=RemoteRelease other=5002/Destination data{campaign:spring} agent=5001:Ready:AutoIn ext{BusinessCall:0}
               out2 release Normal
               out1 release Normal
        0.0    out1 ended: Normal
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_the_caller_hangs_up_while_it_rings() {
    let mut site = Site::at_work();
    make_call(&mut site, "5002");
    let own = picked_up(&mut site);
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.forget_ladder();
    site.fact(LegFact::Ended { leg: own, cause: Cause::Normal });
    expect![[r#"
        0.0    out1 ended: Normal
               EventAbandoned 5002 call=1 Internal Destination state=Abandoned other=5001/Origination data{campaign:spring} agent=5002:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5001 call=1 Internal Origination other=5002/Destination data{campaign:spring} agent=5001:Ready:AutoIn ext{BusinessCall:0}
               out2 release Cancelled
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_outside_number_is_dialled_heard_early_and_answered() {
    let mut site = Site::at_work();
    make_call(&mut site, "5559876543");
    picked_up(&mut site);
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::EarlyMedia { leg });
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        0.0    out2 plays
               media hear out1 out2
               EventNetworkReached 5001 call=1 Outbound Origination other=5559876543/Destination data{campaign:spring} agent=5001:Ready:AutoIn
        0.0    out2 answered
               media hear out2 out1
               EventEstablished 5001 call=1 Outbound Origination other=5559876543/Destination data{campaign:spring} agent=5001:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_busy_number_is_told_and_the_call_ends_by_itself() {
    let mut site = Site::at_work();
    make_call(&mut site, "5559876543");
    picked_up(&mut site);
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Busy });
    site.wait_s(20);
    expect![[r#"
        0.0    out2 ended: Busy
               media play out1 Silence
               EventDestinationBusy 5001 call=1 Outbound Origination state=Busy other=5559876543/Destination data{campaign:spring} agent=5001:Ready:AutoIn
        10.0   (time)
               EventReleased 5001 call=1 Outbound Origination data{campaign:spring} agent=5001:Ready:AutoIn ext{BusinessCall:0}
               out1 release Normal
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_own_phone_that_does_not_come_up_is_an_error_and_no_call() {
    let mut site = Site::at_work();
    make_call(&mut site, "5559876543");
    let leg = site.rung();
    site.fact(LegFact::Ringing { leg });
    site.wait_s(30);
    expect![[r#"
        0.0    RequestMakeCall #3 at 5001
               ok #3
               out1 ring 5001 from 5559876543
        0.0    out1 rings
               out1 answer-phone
        20.0   (time)
               refused #3 TimedOut (57): The phone of 5001 did not answer. Look whether the phone page is open and may use the microphone, and try again.
               out1 release NoAnswer
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn d_a_call_is_held_and_retrieved_by_request_and_by_the_phone() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    let conn = site.conn();
    site.forget_ladder();
    site.ask(Request::HoldCall { dn: "5001".into(), conn });
    site.ask(Request::RetrieveCall { dn: "5001".into(), conn });
    site.tell(Input::Media(MediaFact::Holds { leg, is_held: true }));
    site.tell(Input::Media(MediaFact::Holds { leg, is_held: false }));
    expect![[r#"
        0.0    RequestHoldCall #4 at 5001
               ok #4
               media play in1 Music
               media hear out1 
               EventHeld 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4
        0.0    RequestRetrieveCall #5 at 5001
               ok #5
               media hear in1 out1
               media hear out1 in1
               EventRetrieved 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #5
        0.0    out1 holds
               media play in1 Music
               media hear out1 
               EventHeld 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn
        0.0    out1 holds no more
               media hear in1 out1
               media hear out1 in1
               EventRetrieved 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn d_a_phone_that_takes_our_word_shows_what_is_held() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5002");
    let (dn, conn) = (Dn::from("5002"), site.conn());
    site.forget_ladder();
    site.ask(Request::HoldCall { dn: dn.clone(), conn });
    site.tell(Input::Media(MediaFact::Holds { leg, is_held: true }));
    let destination = "5559876543".into();
    site.ask(Request::MakeCall { dn, destination, user_data: KvList::new() });
    expect![[r#"
        0.0    RequestHoldCall #4 at 5002
               ok #4
               media play in1 Music
               media hear out1 
               EventHeld 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn #4
               out1 show-held true
        0.0    out1 holds
        0.0    RequestMakeCall #5 at 5002
               ok #5
               out2 dial 5559876543 by pstn from 5002
               EventDialing 5002 call=2 Outbound Origination other=5559876543/Destination agent=5002:Ready:AutoIn #5
               out1 show-held false
               5002 may AttachUserData ClearCall ReleaseCall StartRecording
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn e_two_step_transfer() {
    let mut site = Site::at_work();
    site.talk("5001");
    let held = consult(&mut site, "5002");
    picked_up(&mut site);
    let current = site.conn();
    site.ask(Request::CompleteTransfer { dn: "5001".into(), held, current });
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
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 WrapUpTime:10}
        0.0    RequestInitiateTransfer #4 at 5001
               ok #4
               media play in1 Music
               media hear out1 
               EventHeld 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4
               out2 ring 5002 from 5001
               EventDialing 5001 call=2 Consult Origination other=5002/Destination previous=1 agent=5001:Ready:AutoIn #4
               EventRinging 5002 call=2 Consult Destination other=5001/Origination previous=1 agent=5002:Ready:AutoIn ext{BusinessCall:0 OriginationDN:5001}
               5001 may AttachUserData ClearCall ReconnectCall ReleaseCall StartRecording
        0.0    out2 rings
               media play out1 RingBack
        0.0    out2 answered
               media hear out1 out2
               media hear out2 out1
               EventEstablished 5002 call=2 Consult Destination other=5001/Origination previous=1 agent=5002:Ready:AutoIn ext{BusinessCall:0}
               EventEstablished 5001 call=2 Consult Origination other=5002/Destination previous=1 agent=5001:Ready:AutoIn
               5001 may AlternateCall AttachUserData ClearCall CompleteConference CompleteTransfer ReconnectCall ReleaseCall StartRecording
        0.0    RequestCompleteTransfer #5 at 5001
               ok #5
               EventReleased 5001 call=2 Consult Origination state=Transferred other=5002/Destination previous=1 agent=5001:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5001 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #5 ext{BusinessCall:1}
               out1 release Normal
               media hear in1 out2
               media hear out2 in1
               EventPartyChanged 5002 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination third=5001/TransferredBy previous=2 agent=5002:Ready:AutoIn
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn e_two_step_transfer_to_an_outside_number() {
    let mut site = Site::at_work();
    site.talk("5001");
    let held = consult(&mut site, "5559876543");
    picked_up(&mut site);
    let current = site.conn();
    site.forget_ladder();
    site.ask(Request::CompleteTransfer { dn: "5001".into(), held, current });
    expect![[r#"
        0.0    RequestCompleteTransfer #5 at 5001
               ok #5
               EventReleased 5001 call=2 Consult Origination state=Transferred other=5559876543/Destination previous=1 agent=5001:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5001 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #5 ext{BusinessCall:1}
               out1 release Normal
               media hear in1 out2
               media hear out2 in1
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn f_mute_transfer_completes_when_the_phone_rings() {
    let mut site = Site::at_work();
    site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    site.forget_ladder();
    let user_data = KvList::new().with("why", "vip");
    site.ask(Request::MuteTransfer { dn, conn, destination: "5002".into(), user_data });
    picked_up(&mut site);
    expect![[r#"
        0.0    RequestMuteTransfer #4 at 5001
               ok #4
               media play in1 Music
               media hear out1 
               EventHeld 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4
               out2 ring 5002 from 5001
               EventDialing 5001 call=2 Consult Origination other=5002/Destination previous=1 data{why:vip} agent=5001:Ready:AutoIn #4
               EventRinging 5002 call=2 Consult Destination other=5001/Origination previous=1 data{why:vip} agent=5002:Ready:AutoIn ext{BusinessCall:0 OriginationDN:5001}
               5001 may AttachUserData ClearCall ReconnectCall ReleaseCall StartRecording
        0.0    out2 rings
               media play out1 RingBack
               EventReleased 5001 call=2 Consult Origination state=Transferred other=5002/Destination previous=1 data{why:vip} agent=5001:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5001 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release Normal
               media play in1 RingBack
               EventPartyChanged 5002 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination third=5001/TransferredBy previous=2 data{why:vip} agent=5002:Ready:AutoIn
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        0.0    out2 answered
               media hear in1 out2
               media hear out2 in1
               EventEstablished 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination data{why:vip} agent=5002:Ready:AutoIn ext{BusinessCall:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn g_single_step_transfer() {
    let mut site = Site::at_work();
    site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    site.forget_ladder();
    let user_data = KvList::new();
    site.ask(Request::SingleStepTransfer { dn, conn, destination: "5002".into(), user_data });
    picked_up(&mut site);
    expect![[r#"
        0.0    RequestSingleStepTransfer #4 at 5001
               ok #4
               EventReleased 5001 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4 ext{BusinessCall:1}
               out1 release Normal
               out2 ring 5002 from 5551234567
               EventRinging 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/TransferredBy agent=5002:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567}
               media play in1 Music
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        0.0    out2 rings
               media play in1 RingBack
        0.0    out2 answered
               media hear in1 out2
               media hear out2 in1
               EventEstablished 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn g_single_step_transfer_that_nobody_takes_brings_the_customer_back() {
    let mut site = Site::at_work();
    site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    let user_data = KvList::new();
    site.ask(Request::SingleStepTransfer { dn, conn, destination: "5002".into(), user_data });
    let leg = site.rung();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg, cause: Cause::Rejected });
    picked_up(&mut site);
    expect![[r#"
        0.0    out2 ended: Rejected
               EventReleased 5002 call=1 Inbound Destination state=Redirected queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
               out3 ring 5001 from 5551234567
               EventRinging 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:AfterCallWork:AfterCallWork ext{BusinessCall:1 OriginationDN:5551234567}
        0.0    out3 rings
               media play in1 RingBack
        0.0    out3 answered
               media hear in1 out3
               media hear out3 in1
               EventEstablished 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:AfterCallWork:AfterCallWork ext{BusinessCall:1 WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn g_a_phone_transfers_by_refer() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    site.forget_ladder();
    site.fact(LegFact::Referred { leg, target: "5999".into(), replaces: None });
    site.fact(LegFact::Referred { leg, target: "5002".into(), replaces: None });
    site.fact(LegFact::Ended { leg, cause: Cause::Normal });
    picked_up(&mut site);
    expect![[r#"
        0.0    out1 refers to 5999
               out1 refer-done 200
               EventReleased 5001 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               out1 release Normal
               out2 dial 5999 by pstn from 5551234567
               media play in1 Music
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        0.0    out1 refers to 5002
               out1 refer-done 403
        0.0    out1 ended: Normal
        0.0    out2 rings
               media play in1 RingBack
        0.0    out2 answered
               media hear in1 out2
               media hear out2 in1
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn h_two_step_conference_and_one_is_removed() {
    let mut site = Site::at_work();
    third_phone(&mut site);
    site.talk("5001");
    let held = consult(&mut site, "5002");
    picked_up(&mut site);
    let current = site.conn();
    site.forget_ladder();
    site.ask(Request::CompleteConference { dn: "5001".into(), held, current });
    let party = "5002".into();
    site.ask(Request::DeleteFromConference { dn: "5001".into(), conn: held, party });
    expect![[r#"
        0.0    RequestCompleteConference #5 at 5001
               ok #5
               EventReleased 5001 call=2 Consult Origination state=Conferenced other=5002/Destination previous=1 agent=5001:Ready:AutoIn ext{BusinessCall:0}
               media hear in1 out1+out2
               media hear out1 in1+out2
               media hear out2 in1+out1
               EventRetrieved 5001 call=1 Inbound ConferenceMember queue=5000 other=5551234567/ConferenceMember parties=5551234567+5002 agent=5001:Ready:AutoIn #5
               EventPartyAdded 5001 call=1 Inbound ConferenceMember state=Conferenced queue=5000 other=5002/NewParty third=5001/AddedBy parties=5551234567+5002 agent=5001:Ready:AutoIn #5
               EventPartyChanged 5002 call=1 Inbound ConferenceMember state=Conferenced queue=5000 other=5551234567/ConferenceMember third=5001/ConferencedBy previous=2 parties=5551234567+5001 agent=5002:Ready:AutoIn
        0.0    RequestDeleteFromConference #6 at 5001
               ok #6
               EventReleased 5002 call=1 Inbound ConferenceMember queue=5000 other=5551234567/ConferenceMember parties=5551234567+5001 agent=5002:Ready:AutoIn ext{BusinessCall:1}
               out2 release Normal
               media hear in1 out1
               media hear out1 in1
               EventPartyDeleted 5001 call=1 Inbound ConferenceMember queue=5000 other=5002/DeletedParty third=5001/DeletedBy agent=5001:Ready:AutoIn #6
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn h_single_step_conference_and_the_customer_hangs_up() {
    let mut site = Site::at_work();
    let (caller, _) = site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    site.forget_ladder();
    let user_data = KvList::new();
    site.ask(Request::SingleStepConference { dn, conn, destination: "5002".into(), user_data });
    picked_up(&mut site);
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    expect![[r#"
        0.0    RequestSingleStepConference #4 at 5001
               ok #4
               out2 ring 5002 from 5551234567
               EventRinging 5002 call=1 Inbound ConferenceMember queue=5000 other=5551234567/Origination third=5001/AddedBy parties=5551234567+5001 agent=5002:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567}
               5001 may AttachUserData ClearCall DeleteFromConference HoldCall ReleaseCall SendDtmf SetMuteOn StartRecording
        0.0    out2 rings
        0.0    out2 answered
               media hear in1 out1+out2
               media hear out1 in1+out2
               media hear out2 in1+out1
               EventEstablished 5002 call=1 Inbound ConferenceMember queue=5000 other=5551234567/Origination parties=5551234567+5001 agent=5002:Ready:AutoIn ext{BusinessCall:1}
               EventPartyAdded 5001 call=1 Inbound Destination queue=5000 other=5002/NewParty third=5001/AddedBy parties=5551234567+5002 agent=5001:Ready:AutoIn #4
        0.0    in1 ended: Normal
               media hear out1 out2
               media hear out2 out1
               EventPartyDeleted 5001 call=1 Inbound Destination queue=5000 other=5551234567/DeletedParty agent=5001:Ready:AutoIn
               EventPartyDeleted 5002 call=1 Inbound ConferenceMember queue=5000 other=5551234567/DeletedParty agent=5002:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn g_a_phone_that_holds_and_refers_to_whom_it_talks_holds_on() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    site.tell(Input::Media(MediaFact::Holds { leg, is_held: true }));
    site.forget_ladder();
    site.fact(LegFact::Referred { leg, target: "5551234567".into(), replaces: None });
    expect![[r#"
        0.0    out1 refers to 5551234567
               out1 refer-done 404
    "#]]
    .assert_eq(&site.take_ladder());
}

#[test]
fn h_whoever_is_asked_to_a_conference_is_sent_off_while_the_phone_rings() {
    let mut site = Site::at_work();
    site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    let (destination, user_data) = ("5002".to_owned(), KvList::new());
    let invitation = Request::SingleStepConference { dn: dn.clone(), conn, destination, user_data };
    site.ask(invitation);
    site.fact(LegFact::Ringing { leg: site.rung() });
    site.forget_ladder();
    for party in ["5551234567", "5002"] {
        site.ask(Request::DeleteFromConference { dn: dn.clone(), conn, party: party.into() });
    }
    expect![[r#"
        0.0    RequestDeleteFromConference #5 at 5001
               refused #5 InvalidDestination (415): Nobody but 5551234567 talks to 5001 in call 000103c43e180001. Release the call.
        0.0    RequestDeleteFromConference #6 at 5001
               ok #6
               EventAbandoned 5002 call=1 Inbound ConferenceMember state=Abandoned queue=5000 other=5551234567/Origination parties=5551234567+5001 agent=5002:Ready:AutoIn ext{BusinessCall:1}
               refused #4 NoAnswer (232): 5002 did not answer before the call was over there.
               out2 release Cancelled
               EventPartyDeleted 5001 call=1 Inbound Destination queue=5000 other=5002/DeletedParty third=5001/DeletedBy agent=5001:Ready:AutoIn #6
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn i_alternate_and_reconnect() {
    let mut site = Site::at_work();
    site.talk("5001");
    let held = consult(&mut site, "5002");
    picked_up(&mut site);
    let current = site.conn();
    site.forget_ladder();
    let dn = Dn::from("5001");
    site.ask(Request::AlternateCall { dn: dn.clone(), held, current });
    site.ask(Request::AlternateCall { dn: dn.clone(), held: current, current: held });
    site.ask(Request::ReconnectCall { dn, held, current });
    expect![[r#"
        0.0    RequestAlternateCall #5 at 5001
               ok #5
               media hear out1 
               media play out2 Music
               EventHeld 5001 call=2 Consult Origination other=5002/Destination previous=1 agent=5001:Ready:AutoIn #5
               media hear in1 out1
               media hear out1 in1
               EventRetrieved 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #5
               5001 may AlternateCall AttachUserData ClearCall CompleteConference CompleteTransfer ReleaseCall StartRecording
        0.0    RequestAlternateCall #6 at 5001
               ok #6
               media play in1 Music
               media hear out1 
               EventHeld 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #6
               media hear out1 out2
               media hear out2 out1
               EventRetrieved 5001 call=2 Consult Origination other=5002/Destination previous=1 agent=5001:Ready:AutoIn #6
               5001 may AlternateCall AttachUserData ClearCall CompleteConference CompleteTransfer ReconnectCall ReleaseCall StartRecording
        0.0    RequestReconnectCall #7 at 5001
               ok #7
               EventReleased 5002 call=2 Consult Destination state=RemoteRelease other=5001/Origination previous=1 agent=5002:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5001 call=2 Consult Origination other=5002/Destination previous=1 agent=5001:Ready:AutoIn #7 ext{BusinessCall:0}
               out2 release Normal
               media hear out1 
               media hear in1 out1
               media hear out1 in1
               EventRetrieved 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #7
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn i_the_customer_hangs_up_during_the_consultation() {
    let mut site = Site::at_work();
    let (caller, _) = site.talk("5001");
    consult(&mut site, "5002");
    picked_up(&mut site);
    let current = site.conn();
    site.forget_ladder();
    site.fact(LegFact::Ended { leg: caller, cause: Cause::Normal });
    site.ask(Request::ReleaseCall { dn: "5001".into(), conn: current });
    expect![[r#"
        0.0    in1 ended: Normal
               EventReleased 5001 call=1 Inbound Destination state=RemoteRelease queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1}
               5001 may AttachUserData ClearCall HoldCall InitiateConference InitiateTransfer MuteTransfer ReleaseCall SendDtmf SetMuteOn SingleStepConference SingleStepTransfer StartRecording
        0.0    RequestReleaseCall #5 at 5001
               ok #5
               EventReleased 5002 call=2 Consult Destination state=RemoteRelease other=5001/Origination previous=1 agent=5002:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5001 call=2 Consult Origination other=5002/Destination previous=1 agent=5001:Ready:AutoIn #5 ext{BusinessCall:0}
               out2 release Normal
               out1 release Normal
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn l_a_supervisor_listens_coaches_and_barges_in() {
    let mut site = Site::at_work();
    third_phone(&mut site);
    let (dn, target) = (Dn::from("5003"), Dn::from("5001"));
    let mode = MonitorMode::Mute;
    site.ask(Request::MonitorNextCall {
        dn: dn.clone(),
        target: target.clone(),
        mode,
        is_all: true,
    });
    site.talk("5001");
    let conn = site.conn();
    picked_up(&mut site);
    site.ask_with(
        Request::SetMuteOff { dn: dn.clone(), conn },
        KvList::new().with("MonitorMode", "coach"),
    );
    site.ask(Request::SetMuteOn { dn: dn.clone(), conn });
    site.ask(Request::SetMuteOff { dn: dn.clone(), conn });
    site.ask(Request::CancelMonitoring { dn, target });
    expect![[r#"
        0.0    RequestMonitorNextCall #3 at 5003
               ok #3
               EventMonitoringNextCall 5003 #3 ext{MonitorDN:5001 MonitorMode:mute}
               EventMonitoringNextCall 5001 agent=5001:Ready:AutoIn ext{MonitorDN:5003 MonitorMode:mute}
        0.0    in1 offered: trunk pstn 5551234567 dials +18005551234
               EventQueued 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination ext{QueuedAt:1800000000000}
        0.0    RequestRouteCall #4 at 5000
               ok #4
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination #4
               out1 ring 5001 from 5551234567
               EventRinging 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        0.0    out1 rings
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5001/Destination parties=5551234567+5001
               in1 progress Ringing
        0.0    out1 answered
               in1 answer
               media hear in1 out1
               media hear out1 in1
               EventEstablished 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn ext{BusinessCall:1 WrapUpTime:10}
               out2 ring 5003 from 5551234567
        0.0    out2 rings
               out2 answer-phone
        0.0    out2 answered
               media hear out2 in1+out1
               EventEstablished 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5001 ext{MonitorMode:mute}
        0.0    RequestSetMuteOff #5 at 5003
               ok #5
               EventMuteOff 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5001 #5
               media hear out1 in1+out2
               EventPrivateInfo 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5001 ext{MonitorMode:coach}
        0.0    RequestSetMuteOn #6 at 5003
               ok #6
               EventMuteOn 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5001 #6
               media hear out1 in1
               EventPrivateInfo 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5001 ext{MonitorMode:mute}
        0.0    RequestSetMuteOff #7 at 5003
               ok #7
               EventMuteOff 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5001 #7
               media hear in1 out1+out2
               media hear out1 in1+out2
               EventPartyAdded 5001 call=1 Inbound Destination queue=5000 other=5003/NewParty parties=5551234567+5003 agent=5001:Ready:AutoIn
               EventPrivateInfo 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5001 ext{MonitorMode:connect}
        0.0    RequestCancelMonitoring #8 at 5003
               ok #8
               EventMonitoringCancelled 5003 #8 ext{MonitorDN:5001}
               EventMonitoringCancelled 5001 agent=5001:Ready:AutoIn ext{MonitorDN:5003}
               EventReleased 5003 call=1 Inbound Observer queue=5000 other=5551234567/Origination parties=5551234567+5001 ext{BusinessCall:1}
               out2 release Normal
               media hear in1 out1
               media hear out1 in1
               EventPartyDeleted 5001 call=1 Inbound Destination queue=5000 other=5003/DeletedParty agent=5001:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_ringing_call_is_sent_elsewhere() {
    let mut site = Site::at_work();
    site.offer("+18005551234");
    site.route("5001");
    let conn = site.conn();
    site.forget_ladder();
    site.ask(Request::RedirectCall { dn: "5001".into(), conn, destination: "5002".into() });
    picked_up(&mut site);
    expect![[r#"
        0.0    RequestRedirectCall #4 at 5001
               ok #4
               EventReleased 5001 call=1 Inbound Destination state=Redirected queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4 ext{BusinessCall:1}
               out1 release Redirected
               out2 ring 5002 from 5551234567
               EventRinging 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567}
        0.0    out2 rings
        0.0    out2 answered
               in1 answer
               media hear in1 out2
               media hear out2 in1
               EventEstablished 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5002:Ready:AutoIn ext{BusinessCall:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn keys_and_mute() {
    let mut site = Site::at_work();
    let (_, leg) = site.talk("5001");
    let (dn, conn) = (Dn::from("5001"), site.conn());
    site.forget_ladder();
    site.ask(Request::SendDtmf { dn: dn.clone(), conn, digits: "12#".into() });
    site.ask(Request::SendDtmf { dn: dn.clone(), conn, digits: "12x".into() });
    site.fact(LegFact::Digit { leg, digit: '7' });
    site.ask(Request::SetMuteOn { dn: dn.clone(), conn });
    site.ask(Request::SetMuteOff { dn, conn });
    expect![[r#"
        0.0    RequestSendDTMF #4 at 5001
               ok #4
               media SendDigits { leg: LegId(in1), digits: "12#" }
               EventDTMFSent 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #4 ext{Digits:12#}
        0.0    RequestSendDTMF #5 at 5001
               refused #5 InvalidAttribute (53): '12x' can't be pressed: use 1 to 128 of 0-9, *, #, A-D, and a comma to wait.
        0.0    out1 presses 7
               media SendDigits { leg: LegId(in1), digits: "7" }
        0.0    RequestSetMuteOn #6 at 5001
               ok #6
               media hear in1 
               EventMuteOn 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #6
        0.0    RequestSetMuteOff #7 at 5001
               ok #7
               media hear in1 out1
               EventMuteOff 5001 call=1 Inbound Destination queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #7
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn do_not_disturb_forwarding_and_user_events() {
    let mut site = Site::at_work();
    let dn = Dn::from("5001");
    site.ask(Request::SetDndOn { dn: dn.clone() });
    site.offer_from(LegSource::Dn("5002".into()), "5002", "5001");
    site.ask(Request::SetDndOff { dn: dn.clone() });
    site.ask(Request::CallForwardSet { dn: dn.clone(), destination: "5001".into() });
    site.ask(Request::CallForwardSet { dn: dn.clone(), destination: "5559876543".into() });
    site.offer_from(LegSource::Dn("5002".into()), "5002", "5001");
    site.ask(Request::CallForwardCancel { dn: dn.clone() });
    site.ask(Request::DistributeUserEvent { dn, user_data: KvList::new().with("note", "hello") });
    expect![[r#"
        0.0    RequestSetDNDOn #3 at 5001
               ok #3
               EventDNDOn 5001 agent=5001:Ready:AutoIn #3
        0.0    in1 offered: phone 5002 dials 5001
               in1 release Busy
        0.0    RequestSetDNDOff #4 at 5001
               ok #4
               EventDNDOff 5001 agent=5001:Ready:AutoIn #4
        0.0    RequestCallForwardSet #5 at 5001
               refused #5 InvalidDestination (415): The calls of DN 5001 can't be forwarded to 5001 itself.
        0.0    RequestCallForwardSet #6 at 5001
               ok #6
               EventForwardSet 5001 agent=5001:Ready:AutoIn #6 ext{ForwardTo:5559876543}
        0.0    in2 offered: phone 5002 dials 5001
               out1 dial 5559876543 by pstn from 5002
               EventDialing 5002 call=1 Outbound Origination other=5559876543/Destination agent=5002:Ready:AutoIn
        0.0    RequestCallForwardCancel #7 at 5001
               ok #7
               EventForwardCancel 5001 agent=5001:Ready:AutoIn #7
        0.0    RequestDistributeUserEvent #8 at 5001
               ok #8
               EventUserEvent 5001 agent=5001:Ready:AutoIn #8 ext{note:hello}
    "#]].assert_eq(&site.take_ladder());
}
