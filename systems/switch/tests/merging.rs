//! Two calls made one, ears taken out of a conference, and another reason for not being ready.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::Site;
use expect_test::expect;
use model::{
    Dn, KvList, Request, WorkMode,
    leg::LegFact,
    request::{MergeType, Treatment},
};

#[test]
fn two_calls_of_their_own_are_merged_and_the_held_one_survives() {
    let ladder = |merge| {
        let mut site = Site::at_work();
        let (held, current) = site.second_call("5001");
        site.forget_ladder();
        site.ask(Request::MergeCalls { dn: "5001".into(), held, current, merge });
        site.take_ladder()
    };
    expect![[r#"
        0.0    RequestMergeCalls #6 at 5001
               ok #6
               EventReleased 5001 call=2 Outbound Origination state=Conferenced other=5559876543/Destination agent=5001:Ready:AutoIn ext{BusinessCall:0}
               media hear in1 out1+out2
               media hear out1 in1+out2
               media hear out2 in1+out1
               EventRetrieved 5001 call=1 Inbound ConferenceMember queue=5000 other=5551234567/ConferenceMember parties=5551234567+5559876543 agent=5001:Ready:AutoIn #6
               EventPartyAdded 5001 call=1 Inbound ConferenceMember state=Conferenced queue=5000 other=5559876543/NewParty third=5001/AddedBy parties=5551234567+5559876543 agent=5001:Ready:AutoIn #6
    "#]].assert_eq(&ladder(MergeType::ForConference));
    expect![[r#"
        0.0    RequestMergeCalls #6 at 5001
               ok #6
               EventReleased 5001 call=2 Outbound Origination state=Transferred other=5559876543/Destination agent=5001:Ready:AutoIn ext{BusinessCall:0}
               EventReleased 5001 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #6 ext{BusinessCall:1}
               out1 release Normal
               media hear in1 out2
               media hear out2 in1
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
    "#]].assert_eq(&ladder(MergeType::ForTransfer));
}

#[test]
fn a_party_of_a_conference_hears_nothing_for_a_while() {
    let mut site = Site::at_work();
    let (held, current) = site.consult("5001", "5002");
    site.ask(Request::CompleteConference { dn: "5001".into(), held, current });
    site.forget_ladder();
    let conn = held;
    for listener in ["5551234567", "5002"] {
        let (dn, listener) = ("5001".into(), listener.into());
        site.ask(Request::ListenDisconnect { dn, conn, listener });
    }
    site.ask(Request::ListenDisconnect { dn: "5001".into(), conn, listener: "5001".into() });
    site.ask(Request::ListenReconnect { dn: "5002".into(), conn, listener: "5002".into() });
    site.ask(Request::ReleaseCall { dn: "5001".into(), conn });
    site.ask(Request::ReleaseCall { dn: "5002".into(), conn });
    expect![[r#"
        0.0    RequestListenDisconnect #6 at 5001
               ok #6
               media hear in1 
               EventListenDisconnected 5001 call=1 Inbound ConferenceMember state=Deafened queue=5000 other=5551234567/ConferenceMember parties=5551234567+5002 agent=5001:Ready:AutoIn #6
               5002 may AttachUserData ClearCall DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer ReleaseCall SendDtmf SetMuteOn SingleStepConference SingleStepTransfer StartRecording
        0.0    RequestListenDisconnect #7 at 5001
               ok #7
               media hear out2 
               EventListenDisconnected 5001 call=1 Inbound ConferenceMember state=Deafened queue=5000 other=5002/ConferenceMember parties=5551234567+5002 agent=5001:Ready:AutoIn #7
               EventListenDisconnected 5002 call=1 Inbound ConferenceMember state=Deafened queue=5000 other=5002/ConferenceMember parties=5551234567+5001 agent=5002:Ready:AutoIn
        0.0    RequestListenDisconnect #8 at 5001
               refused #8 InvalidCallState (496): ListenDisconnect is for conferences, and somebody in call 000103c43e180001 has to hear still. Between two, hold the call.
        0.0    RequestListenReconnect #9 at 5002
               ok #9
               media hear out2 in1+out1
               EventListenReconnected 5002 call=1 Inbound ConferenceMember queue=5000 other=5002/ConferenceMember parties=5551234567+5001 agent=5002:Ready:AutoIn #9
               5001 may AttachUserData ClearCall DeleteFromConference HoldCall InitiateConference InitiateTransfer ListenDisconnect ListenReconnect MuteTransfer ReleaseCall SendDtmf SetMuteOn SingleStepConference SingleStepTransfer StartRecording
        0.0    RequestReleaseCall #10 at 5001
               ok #10
               EventReleased 5001 call=1 Inbound ConferenceMember queue=5000 other=5551234567/ConferenceMember parties=5551234567+5002 agent=5001:Ready:AutoIn #10 ext{BusinessCall:1}
               out1 release Normal
               media hear in1 out2
               media hear out2 in1
               EventPartyDeleted 5002 call=1 Inbound ConferenceMember queue=5000 other=5001/DeletedParty agent=5002:Ready:AutoIn
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        0.0    RequestReleaseCall #11 at 5002
               ok #11
               EventReleased 5002 call=1 Inbound ConferenceMember queue=5000 other=5551234567/ConferenceMember agent=5002:Ready:AutoIn #11 ext{BusinessCall:1}
               out2 release Normal
               in1 release Normal
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn who_hears_nothing_hears_again_when_the_conference_is_over() {
    let mut site = Site::at_work();
    let (held, current) = site.consult("5001", "5002");
    site.ask(Request::CompleteConference { dn: "5001".into(), held, current });
    let (dn, conn, listener) = ("5001".into(), held, "5551234567".into());
    site.ask(Request::ListenDisconnect { dn, conn, listener });
    site.forget_ladder();
    site.ask(Request::ReleaseCall { dn: "5002".into(), conn });
    expect![[r#"
        0.0    RequestReleaseCall #7 at 5002
               ok #7
               EventReleased 5002 call=1 Inbound ConferenceMember queue=5000 other=5551234567/ConferenceMember parties=5551234567+5001 agent=5002:Ready:AutoIn #7 ext{BusinessCall:1}
               out2 release Normal
               media hear in1 out1
               media hear out1 in1
               EventPartyDeleted 5001 call=1 Inbound ConferenceMember queue=5000 other=5002/DeletedParty agent=5001:Ready:AutoIn
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_consultation_that_waits_for_an_agent_is_completed_and_keeps_its_place() {
    let mut site = Site::at_work();
    site.talk("5001");
    let held = site.conn();
    let (destination, user_data) = ("5000".to_owned(), KvList::new().with("asked", "yes"));
    site.ask(Request::InitiateTransfer { dn: "5001".into(), conn: held, destination, user_data });
    let current = site.conn();
    let treatment = Treatment::Music;
    site.ask(Request::ApplyTreatment { dn: "5000".into(), conn: current, treatment });
    site.wait_s(30);
    site.forget_ladder();
    site.ask(Request::CompleteTransfer { dn: "5001".into(), held, current });
    let leg = site.route("5002");
    site.fact(LegFact::Answered { leg });
    expect![[r#"
        30.0   RequestCompleteTransfer #6 at 5001
               ok #6
               EventReleased 5001 call=2 Consult Origination state=Transferred other=5000/Destination previous=1 data{asked:yes} agent=5001:Ready:AutoIn ext{BusinessCall:1}
               EventReleased 5001 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination agent=5001:Ready:AutoIn #6 ext{BusinessCall:1}
               out1 release Normal
               EventPartyChanged 5000 call=1 Inbound Destination state=Transferred queue=5000 other=5551234567/Origination third=5001/TransferredBy previous=2 data{asked:yes}
               EventRouteRequest 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination data{asked:yes} ext{QueuedAt:1800000000000}
               EventAgentNotReady 5001 agent=5001:AfterCallWork:AfterCallWork ext{WrapUpTime:10}
        30.0   RequestRouteCall #7 at 5000
               ok #7
               EventRouteUsed 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5002/Destination data{asked:yes} #7
               out2 ring 5002 from 5551234567
               EventRinging 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination data{asked:yes} agent=5002:Ready:AutoIn ext{BusinessCall:1 OriginationDN:5551234567 NO_ANSWER_TIMEOUT:15 NO_ANSWER_ACTION:notready NO_ANSWER_OVERFLOW:recall}
        30.0   out2 rings
               EventTreatmentEnd 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination parties=5551234567+5002 data{asked:yes} ext{TreatmentType:2}
               EventDiverted 5000 call=1 Inbound Destination queue=5000 other=5551234567/Origination third=5002/Destination parties=5551234567+5002 data{asked:yes}
               media play in1 RingBack
        30.0   out2 answered
               media hear in1 out2
               media hear out2 in1
               EventEstablished 5002 call=1 Inbound Destination queue=5000 other=5551234567/Origination data{asked:yes} agent=5002:Ready:AutoIn ext{BusinessCall:1}
    "#]].assert_eq(&site.take_ladder());
}

#[test]
fn a_not_ready_reason_is_changed_while_the_state_stays() {
    let mut site = Site::at_work();
    let dn = Dn::from("5001");
    site.ask(Request::AgentSetIdleReason { dn: dn.clone() });
    let work_mode = WorkMode::AuxWork;
    let because = |reason: &str| KvList::new().with("ReasonCode", reason);
    site.ask_with(Request::AgentNotReady { dn: dn.clone(), work_mode }, because("lunch"));
    site.ask(Request::AgentSetIdleReason { dn: dn.clone() });
    site.ask_with(Request::AgentSetIdleReason { dn }, because("training"));
    expect![[r#"
        0.0    RequestAgentSetIdleReason #3 at 5001
               refused #3 InvalidCallState (496): The agent at DN 5001 is Ready. A reason is for those who are NotReady: ask for AgentNotReady with it.
        0.0    RequestAgentNotReady #4 at 5001
               ok #4
               EventAgentNotReady 5001 agent=5001:NotReady:AuxWork (lunch) #4 ext{ReasonCode:lunch}
        0.0    RequestAgentSetIdleReason #5 at 5001
               refused #5 InvalidAttribute (53): Give the reason as ReasonCode in Reasons.
        0.0    RequestAgentSetIdleReason #6 at 5001
               ok #6
               EventAgentIdleReasonSet 5001 agent=5001:NotReady:AuxWork (training) #6 ext{ReasonCode:training}
    "#]].assert_eq(&site.take_ladder());
}
