//! The main job's flows through the whole board, as ladders in virtual time.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use model::{AgentState, Request};
use sim::{CallerState, Outcome, PhoneState, Weather, World};

fn ladder(world: &mut World, expected: &Expect) {
    let mut lines = world.board.ladder().take().join("\n");
    lines.push('\n');
    expected.assert_eq(&lines);
    assert_eq!(world.faults, Vec::<String>::new());
}

fn site() -> World {
    let mut world = World::new(Instant::now(), 1, Weather::fair(), 2);
    world.at_work("5001");
    world.run_for(Duration::from_secs(1));
    world.board.ladder().switch_on();
    world
}

fn seconds(world: &mut World, seconds: u64) {
    world.run_for(Duration::from_secs(seconds));
}

fn answer(world: &mut World, dn: &str) {
    let conn = world.conn_at(dn).unwrap();
    world.request(Request::AnswerCall { dn: dn.into(), conn });
}

#[test]
fn a_customer_s_call_is_answered_from_the_desk_and_the_customer_hangs_up() {
    let mut world = site();
    world.call("5551234567", "+18005551234");
    seconds(&mut world, 1);
    answer(&mut world, "5001");
    seconds(&mut world, 10);
    assert_eq!(world.callers[0].state, CallerState::Talking);
    assert_eq!(world.phones[0].state, PhoneState::Talking);
    world.caller_hangs_up(0);
    seconds(&mut world, 60);
    assert_eq!(world.callers[0].state, CallerState::Done(Outcome::HungUp));
    assert_eq!((world.open_legs(), world.recordings(), world.busy_phones()), (0, 0, 0));
    ladder(
        &mut world,
        &expect![[r#"
                 wire -> signaling  INVITE sip:+18005551234@10.0.0.1
            signaling -> wire       100 Trying
            signaling -> shard      Open in1 Plain answers
                shard -> signaling  Described in1
            signaling -> switch     Offered in1 5551234567 to +18005551234
               switch -> all        EventQueued 5000 other=5551234567
               switch -> all        EventRouteRequest 5000 other=5551234567
              routing -> switch     RequestUpdateUserData 5000
              routing -> switch     RequestRouteCall 5000
               switch -> routing    accepted #1
               switch -> all        EventAttachedDataChanged 5000 other=5551234567 third=5000
               switch -> routing    accepted #2
               switch -> all        EventRouteUsed 5000 other=5551234567 third=5001
               switch -> signaling  Ring out1 5001 from 5551234567
               switch -> all        EventRinging 5001 other=5551234567
            signaling -> shard      Open out1 Browser offers
                  cti -> client     EventRinging 5001 other=5551234567
                shard -> signaling  Described out1
            signaling -> wire       INVITE sip:x5001@abc.invalid;transport=ws
                 wire -> signaling  180 Ringing
            signaling -> switch     Ringing out1
               switch -> all        EventDiverted 5000 other=5551234567 third=5001
               switch -> signaling  Progress in1 Ringing
            signaling -> wire       180 Ringing
               client -> cti        request #5
                  cti -> switch     RequestAnswerCall 5001
               switch -> cti        accepted #5
               switch -> signaling  AnswerPhone out1
            signaling -> wire       INFO sip:x5001@abc.invalid;transport=ws
                 wire -> signaling  200 OK
                 wire -> signaling  200 OK
            signaling -> wire       ACK sip:x5001@abc.invalid;transport=ws
            signaling -> shard      Answer out1
            signaling -> switch     Answered out1
               switch -> signaling  Answer in1
               switch -> shard      Hear in1 out1
               switch -> shard      Hear out1 in1
               switch -> all        EventEstablished 5001 other=5551234567
            signaling -> wire       200 OK
            signaling -> switch     Answered in1
                  cti -> client     EventEstablished 5001 other=5551234567
                 wire -> signaling  ACK sip:+18005551234@10.0.0.1:5060
                 wire -> signaling  BYE sip:+18005551234@10.0.0.1:5060
            signaling -> wire       200 OK
            signaling -> switch     Ended in1 Normal
            signaling -> shard      Close in1
               switch -> all        EventReleased 5001 other=5551234567 state=RemoteRelease
               switch -> signaling  Release out1 Normal
               switch -> all        EventAgentNotReady 5001
                  cti -> client     EventReleased 5001 other=5551234567 state=RemoteRelease
            signaling -> wire       BYE sip:x5001@abc.invalid;transport=ws
            signaling -> switch     Ended out1 Normal
            signaling -> shard      Close out1
                  cti -> client     EventAgentNotReady 5001
                 wire -> signaling  200 OK
               switch -> all        EventAgentReady 5001
                  cti -> client     EventAgentReady 5001
        "#]],
    );
}

#[test]
fn a_caller_who_gives_up_in_the_queue_is_abandoned() {
    let mut world = World::new(Instant::now(), 1, Weather::fair(), 1);
    world.board.ladder().switch_on();
    world.call("5551234567", "+18005551234");
    seconds(&mut world, 20);
    assert!(world.callers[0].heard_early, "music plays while nobody is ready");
    world.caller_hangs_up(0);
    seconds(&mut world, 60);
    assert_eq!(world.callers[0].state, CallerState::Done(Outcome::Refused(487)));
    ladder(
        &mut world,
        &expect![[r#"
                 wire -> signaling  INVITE sip:+18005551234@10.0.0.1
            signaling -> wire       100 Trying
            signaling -> shard      Open in1 Plain answers
                shard -> signaling  Described in1
            signaling -> switch     Offered in1 5551234567 to +18005551234
               switch -> all        EventQueued 5000 other=5551234567
               switch -> all        EventRouteRequest 5000 other=5551234567
              routing -> switch     RequestUpdateUserData 5000
              routing -> switch     RequestApplyTreatment 5000
               switch -> routing    accepted #1
               switch -> all        EventAttachedDataChanged 5000 other=5551234567 third=5000
               switch -> routing    accepted #2
               switch -> signaling  Progress in1 EarlyMedia
               switch -> shard      Play in1 Music
               switch -> all        EventTreatmentApplied 5000 other=5551234567
            signaling -> wire       183 Session Progress
                 wire -> signaling  CANCEL sip:+18005551234@10.0.0.1
            signaling -> wire       200 OK
            signaling -> wire       487 Request Terminated
            signaling -> switch     Ended in1 Cancelled
            signaling -> shard      Close in1
               switch -> all        EventAbandoned 5000 other=5551234567 state=Abandoned
                 wire -> signaling  ACK sip:+18005551234@10.0.0.1
        "#]],
    );
}

#[test]
fn a_caller_hears_music_while_nobody_is_ready_and_then_the_phone_that_rings() {
    let mut world = World::new(Instant::now(), 1, Weather::fair(), 1);
    world.board.ladder().switch_on();
    world.call("5551234567", "+18005551234");
    seconds(&mut world, 20);
    assert!(world.callers[0].heard_early, "music plays while nobody is ready");
    world.board.ladder().take();
    world.at_work("5001");
    seconds(&mut world, 2);
    answer(&mut world, "5001");
    seconds(&mut world, 2);
    assert_eq!(world.callers[0].state, CallerState::Talking);
    ladder(
        &mut world,
        &expect![[r#"
               client -> cti        request #2
                  cti -> switch     RequestAgentLogin 5001
               switch -> cti        accepted #2
               switch -> all        EventAgentLogin 5001
               switch -> all        EventAgentNotReady 5001
                  cti -> client     EventAgentLogin 5001
                  cti -> client     EventAgentNotReady 5001
               client -> cti        request #3
                  cti -> switch     RequestAgentReady 5001
               switch -> cti        accepted #3
               switch -> all        EventAgentReady 5001
                  cti -> client     EventAgentReady 5001
              routing -> switch     RequestUpdateUserData 5000
              routing -> switch     RequestRouteCall 5000
               switch -> routing    accepted #3
               switch -> all        EventAttachedDataChanged 5000 other=5551234567 third=5000
               switch -> routing    accepted #4
               switch -> all        EventRouteUsed 5000 other=5551234567 third=5001
               switch -> signaling  Ring out1 5001 from 5551234567
               switch -> all        EventRinging 5001 other=5551234567
            signaling -> shard      Open out1 Browser offers
                  cti -> client     EventRinging 5001 other=5551234567
                shard -> signaling  Described out1
            signaling -> wire       INVITE sip:x5001@abc.invalid;transport=ws
                 wire -> signaling  180 Ringing
            signaling -> switch     Ringing out1
               switch -> all        EventTreatmentEnd 5000 other=5551234567
               switch -> all        EventDiverted 5000 other=5551234567 third=5001
               switch -> shard      Play in1 RingBack
               client -> cti        request #4
                  cti -> switch     RequestAnswerCall 5001
               switch -> cti        accepted #4
               switch -> signaling  AnswerPhone out1
            signaling -> wire       INFO sip:x5001@abc.invalid;transport=ws
                 wire -> signaling  200 OK
                 wire -> signaling  200 OK
            signaling -> wire       ACK sip:x5001@abc.invalid;transport=ws
            signaling -> shard      Answer out1
            signaling -> switch     Answered out1
               switch -> signaling  Answer in1
               switch -> shard      Hear in1 out1
               switch -> shard      Hear out1 in1
               switch -> all        EventEstablished 5001 other=5551234567
            signaling -> wire       200 OK
            signaling -> switch     Answered in1
                  cti -> client     EventEstablished 5001 other=5551234567
                 wire -> signaling  ACK sip:+18005551234@10.0.0.1:5060
        "#]],
    );
}

#[test]
fn g24_a_call_that_nobody_answers_goes_back_to_the_queue_and_to_the_next_agent() {
    let mut world = site();
    world.call("5551234567", "+18005551234");
    seconds(&mut world, 5);
    world.at_work("5002");
    seconds(&mut world, 11);
    assert_eq!(world.agents["5001"].state, AgentState::NotReady);
    answer(&mut world, "5002");
    seconds(&mut world, 2);
    assert_eq!(world.callers[0].state, CallerState::Talking);
    let conn = world.conn_at("5002").unwrap();
    world.request(Request::ReleaseCall { dn: "5002".into(), conn });
    seconds(&mut world, 60);
    assert_eq!(world.callers[0].state, CallerState::Done(Outcome::Released));
    ladder(
        &mut world,
        &expect![[r#"
                 wire -> signaling  INVITE sip:+18005551234@10.0.0.1
            signaling -> wire       100 Trying
            signaling -> shard      Open in1 Plain answers
                shard -> signaling  Described in1
            signaling -> switch     Offered in1 5551234567 to +18005551234
               switch -> all        EventQueued 5000 other=5551234567
               switch -> all        EventRouteRequest 5000 other=5551234567
              routing -> switch     RequestUpdateUserData 5000
              routing -> switch     RequestRouteCall 5000
               switch -> routing    accepted #1
               switch -> all        EventAttachedDataChanged 5000 other=5551234567 third=5000
               switch -> routing    accepted #2
               switch -> all        EventRouteUsed 5000 other=5551234567 third=5001
               switch -> signaling  Ring out1 5001 from 5551234567
               switch -> all        EventRinging 5001 other=5551234567
            signaling -> shard      Open out1 Browser offers
                  cti -> client     EventRinging 5001 other=5551234567
                shard -> signaling  Described out1
            signaling -> wire       INVITE sip:x5001@abc.invalid;transport=ws
                 wire -> signaling  180 Ringing
            signaling -> switch     Ringing out1
               switch -> all        EventDiverted 5000 other=5551234567 third=5001
               switch -> signaling  Progress in1 Ringing
            signaling -> wire       180 Ringing
               client -> cti        request #5
                  cti -> switch     RequestAgentLogin 5002
               switch -> cti        accepted #5
               switch -> all        EventAgentLogin 5002
               switch -> all        EventAgentNotReady 5002
                  cti -> client     EventAgentLogin 5002
                  cti -> client     EventAgentNotReady 5002
               client -> cti        request #6
                  cti -> switch     RequestAgentReady 5002
               switch -> cti        accepted #6
               switch -> all        EventAgentReady 5002
                  cti -> client     EventAgentReady 5002
               switch -> all        EventReleased 5001 other=5551234567 state=NoAnswer
               switch -> signaling  Release out1 NoAnswer
               switch -> all        EventAgentNotReady 5001 reason="No answer"
               switch -> all        EventQueued 5000 other=5551234567
               switch -> all        EventRouteRequest 5000 other=5551234567
                  cti -> client     EventReleased 5001 other=5551234567 state=NoAnswer
            signaling -> wire       CANCEL sip:x5001@abc.invalid;transport=ws
            signaling -> shard      Close out1
            signaling -> switch     Ended out1 NoAnswer
                  cti -> client     EventAgentNotReady 5001 reason="No answer"
              routing -> switch     RequestUpdateUserData 5000
              routing -> switch     RequestRouteCall 5000
               switch -> routing    accepted #3
               switch -> all        EventAttachedDataChanged 5000 other=5551234567 third=5000
               switch -> routing    accepted #4
               switch -> all        EventRouteUsed 5000 other=5551234567 third=5002
               switch -> signaling  Ring out2 5002 from 5551234567
               switch -> all        EventRinging 5002 other=5551234567
            signaling -> shard      Open out2 Browser offers
                  cti -> client     EventRinging 5002 other=5551234567
                shard -> signaling  Described out2
            signaling -> wire       INVITE sip:x5002@abc.invalid;transport=ws
                 wire -> signaling  200 OK
                 wire -> signaling  487 Request Terminated
            signaling -> wire       ACK sip:x5001@abc.invalid;transport=ws
                 wire -> signaling  180 Ringing
            signaling -> switch     Ringing out2
               switch -> all        EventDiverted 5000 other=5551234567 third=5002
               client -> cti        request #7
                  cti -> switch     RequestAnswerCall 5002
               switch -> cti        accepted #7
               switch -> signaling  AnswerPhone out2
            signaling -> wire       INFO sip:x5002@abc.invalid;transport=ws
                 wire -> signaling  200 OK
                 wire -> signaling  200 OK
            signaling -> wire       ACK sip:x5002@abc.invalid;transport=ws
            signaling -> shard      Answer out2
            signaling -> switch     Answered out2
               switch -> signaling  Answer in1
               switch -> shard      Hear in1 out2
               switch -> shard      Hear out2 in1
               switch -> all        EventEstablished 5002 other=5551234567
            signaling -> wire       200 OK
            signaling -> switch     Answered in1
                  cti -> client     EventEstablished 5002 other=5551234567
                 wire -> signaling  ACK sip:+18005551234@10.0.0.1:5060
               client -> cti        request #8
                  cti -> switch     RequestReleaseCall 5002
               switch -> cti        accepted #8
               switch -> all        EventReleased 5002 other=5551234567
               switch -> signaling  Release out2 Normal
               switch -> signaling  Release in1 Normal
               switch -> all        EventAgentNotReady 5002
                  cti -> client     EventReleased 5002 other=5551234567
            signaling -> wire       BYE sip:x5002@abc.invalid;transport=ws
            signaling -> switch     Ended out2 Normal
            signaling -> shard      Close out2
            signaling -> wire       BYE sip:5551234567@10.0.0.9:5060
            signaling -> switch     Ended in1 Normal
            signaling -> shard      Close in1
                  cti -> client     EventAgentNotReady 5002
                 wire -> signaling  200 OK
                 wire -> signaling  200 OK
               switch -> all        EventAgentReady 5002
                  cti -> client     EventAgentReady 5002
        "#]],
    );
}

#[test]
fn g6_a_page_that_is_reloaded_keeps_its_call() {
    let mut world = site();
    world.call("5551234567", "+18005551234");
    seconds(&mut world, 1);
    answer(&mut world, "5001");
    seconds(&mut world, 5);
    world.board.ladder().take();
    world.reload_page(0);
    seconds(&mut world, 5);
    assert_eq!(world.callers[0].state, CallerState::Talking);
    assert_eq!(world.phones[0].state, PhoneState::Talking);
    assert!(world.conn_at("5001").is_some());
    ladder(
        &mut world,
        &expect![[r#"
                 wire -> signaling  flow 4294967296 closed
            signaling -> switch     DnOutOfService 5001
            signaling -> switch     Lost out1
            signaling -> shard      Close out1
               switch -> all        EventDNOutOfService 5001
               switch -> shard      Play in1 Music
                  cti -> client     EventDNOutOfService 5001
                 wire -> signaling  flow 4294967298 opened Wss
                 wire -> signaling  REGISTER sip:cordboard
            signaling -> wire       401 Unauthorized
                 wire -> signaling  REGISTER sip:cordboard
            signaling -> wire       200 OK
            signaling -> switch     DnInService 5001
               switch -> all        EventDNBackInService 5001
               switch -> signaling  Ring out2 5001 from 5551234567 resume
                  cti -> client     EventDNBackInService 5001
            signaling -> shard      Open out2 Browser offers
                shard -> signaling  Described out2
            signaling -> wire       INVITE sip:x5001@abc.invalid;transport=ws
                 wire -> signaling  180 Ringing
            signaling -> switch     Ringing out2
                 wire -> signaling  200 OK
            signaling -> wire       ACK sip:x5001@abc.invalid;transport=ws
            signaling -> shard      Answer out2
            signaling -> switch     Answered out2
               switch -> shard      Hear in1 out2
               switch -> shard      Hear out2 in1
        "#]],
    );
}

#[test]
fn a_number_that_nobody_has_is_refused_with_404() {
    let mut world = site();
    world.call("5551234567", "+18005559999");
    seconds(&mut world, 40);
    assert_eq!(world.callers[0].state, CallerState::Done(Outcome::Refused(404)));
    ladder(
        &mut world,
        &expect![[r#"
                 wire -> signaling  INVITE sip:+18005559999@10.0.0.1
            signaling -> wire       100 Trying
            signaling -> shard      Open in1 Plain answers
                shard -> signaling  Described in1
            signaling -> switch     Offered in1 5551234567 to +18005559999
               switch -> signaling  Release in1 Unallocated
            signaling -> wire       404 Not Found
            signaling -> switch     Ended in1 Unallocated
            signaling -> shard      Close in1
                 wire -> signaling  ACK sip:+18005559999@10.0.0.1
        "#]],
    );
}
