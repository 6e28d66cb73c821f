//! Whole call control: every operation in both dialects, calls that belong together, pushes of
//! transfers and conferences, dialling, and what is set for a device.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{
    Bench, Browser,
    comet::Comet,
    switch::{CONN, UUID, inbound},
};
use desk::Input;
use expect_test::expect;
use model::{
    AgentState, CallState, CallType, Capabilities, Capability, Dn, DnRole, Event, EventName,
    KvList, Origin, TError, config::Role, recording::RecordingState,
};
use serde_json::{Value, json};

const CONN_2: &str = "006c03a7194aa021";
const UUID_2: &str = "7VVVVVVVVVVVVVVVVVVVVVVVVV000002";

fn agent(bench: &mut Bench) -> Browser {
    bench.phone("5001", true);
    bench.agent("5001", "5001", AgentState::Ready);
    bench.browser("agent5001")
}

fn first(bench: &mut Bench, name: EventName) {
    bench.call(name, "5001", &KvList::new(), KvList::new());
}

/// An event of the consult call at 5001.
fn consult(bench: &mut Bench, name: EventName, change: impl FnOnce(&mut Event)) {
    bench.event(name, "5001", |event| {
        let mut call = inbound(&KvList::new());
        call.conn = CONN_2.parse().unwrap();
        call.uuid = UUID_2.parse().unwrap();
        call.call_type = CallType::Consult;
        call.ani = None;
        call.other = Some(("5002".into(), DnRole::Destination));
        call.parties = vec!["5002".into()];
        call.previous_conn = Some(CONN.parse().unwrap());
        event.call = Some(call);
        change(event);
    });
}

fn talking_with_consult(bench: &mut Bench) {
    first(bench, EventName::Established);
    first(bench, EventName::Held);
    consult(bench, EventName::Dialing, |_| {});
    consult(bench, EventName::Established, |_| {});
}

fn show(bench: &mut Bench, browser: &Browser, conn: &str) -> Value {
    bench.get(browser, &format!("/api/v2/me/calls/{conn}")).1["call"].clone()
}

/// What one thing that happens brings on a channel.
fn pushed(bench: &mut Bench, comet: &Comet, act: impl FnOnce(&mut Bench)) -> Vec<Value> {
    let held = comet.connect(bench);
    act(bench);
    let brought = Comet::brought(bench, held);
    let rest = comet.connect(bench);
    let mut all: Vec<Value> = brought.into_iter().map(|message| message["data"].clone()).collect();
    if bench.responses.contains_key(&rest) {
        let more = Comet::brought(bench, rest);
        all.extend(more.into_iter().map(|message| message["data"].clone()));
    } else {
        bench.seconds(40);
        bench.response(rest);
    }
    all
}

#[test]
fn every_operation_becomes_its_request() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    talking_with_consult(&mut bench);
    let call = format!("/api/v2/me/calls/{CONN}");
    let second = format!("/api/v2/me/calls/{UUID_2}");
    let transfer = format!("{call}/transfer");
    let conference = format!("{call}/conference");
    let device = "/api/v2/me/devices/5001".to_owned();
    let dial = format!("{device}/calls");
    let to = json!({"phoneNumber": "5002"});
    let op = |name: &str| json!({"operationName": name});
    let reach = |name: &str| json!({"operationName": name, "destination": to});
    let cases = [
        ("PUT", &call, json!({"action": "hold"})),
        ("PUT", &call, json!({"action": "unhold"})),
        ("PUT", &call, json!({"action": "mute"})),
        ("PUT", &call, json!({"action": "dtmf", "digits": "12#a"})),
        ("PUT", &second, json!({"action": "swap"})),
        ("PUT", &call, json!({"action": "start-recording"})),
        ("PUT", &call, json!({"action": "pause-recording"})),
        ("PUT", &call, json!({"action": "resume-recording"})),
        ("PUT", &call, json!({"action": "stop-recording"})),
        ("POST", &call, op("StartRecording")),
        ("POST", &call, op("PauseRecording")),
        ("POST", &call, op("ResumeRecording")),
        ("POST", &call, op("StopRecording")),
        ("POST", &call, op("Hold")),
        ("POST", &call, op("Retrieve")),
        ("POST", &call, op("MuteCall")),
        ("POST", &call, op("UnmuteCall")),
        ("POST", &call, json!({"operationName": "SendDtmf", "digits": "9"})),
        ("POST", &call, reach("InitiateTransfer")),
        ("POST", &call, reach("SingleStepTransfer")),
        ("POST", &call, reach("MuteTransfer")),
        ("POST", &call, reach("InitiateConference")),
        ("POST", &call, reach("SingleStepConference")),
        ("POST", &call, op("CompleteTransfer")),
        ("POST", &second, op("CompleteTransfer")),
        ("POST", &call, op("CompleteConference")),
        ("POST", &second, op("Reconnect")),
        ("POST", &call, op("SwapCalls")),
        ("POST", &call, json!({"operationName": "Redirect", "destination": "5002"})),
        (
            "POST",
            &call,
            json!({"operationName": "RemoveParticipantFromConference", "participant": "5002"}),
        ),
        ("POST", &call, json!({"operationName": "ListenDisconnect", "participant": "5002"})),
        ("POST", &call, json!({"operationName": "ListenReconnect", "participant": "5002"})),
        ("POST", &call, op("MergeCalls")),
        ("PUT", &second, json!({"action": "merge", "type": "transfer"})),
        ("POST", &call, json!({"operationName": "SendUserEvent", "userData": {"a": "b"}})),
        ("POST", &transfer, json!({"destination": "+1 (555) 987-6543", "type": "blind"})),
        ("POST", &transfer, json!({"destination": to, "type": "consult", "userData": {"a": 1}})),
        ("POST", &transfer, json!({"type": "complete"})),
        ("POST", &transfer, json!({"destination": "5002", "type": "mute"})),
        ("POST", &conference, json!({"destination": "5002"})),
        ("POST", &conference, json!({"destination": "5002", "type": "single-step"})),
        ("POST", &conference, json!({"type": "complete"})),
        ("POST", &dial, json!({"operationName": "Dial", "destination": to})),
        ("POST", &device, op("DoNotDisturbOn")),
        ("POST", &device, op("DoNotDisturbOff")),
        ("POST", &device, reach("ForwardCallsOn")),
        ("POST", &device, op("ForwardCallsOff")),
    ];
    let mut seen = String::new();
    for (method, path, body) in cases {
        let id = bench.send(&browser, method, path, &body);
        assert!(bench.responses.is_empty(), "{path} {body}: {:?}", bench.responses);
        let (reference, request) = bench.asked();
        let text = format!("{request:?}").replace(CONN, "c1").replace(CONN_2, "c2");
        seen += &format!("{text}\n");
        bench.accept(reference);
        assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    }
    expect![[r#"
        HoldCall { dn: Dn(5001), conn: ConnId(c1) }
        RetrieveCall { dn: Dn(5001), conn: ConnId(c1) }
        SetMuteOn { dn: Dn(5001), conn: ConnId(c1) }
        SendDtmf { dn: Dn(5001), conn: ConnId(c1), digits: "12#A" }
        AlternateCall { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2) }
        StartRecording { dn: Dn(5001), conn: ConnId(c1) }
        PauseRecording { dn: Dn(5001), conn: ConnId(c1) }
        ResumeRecording { dn: Dn(5001), conn: ConnId(c1) }
        StopRecording { dn: Dn(5001), conn: ConnId(c1) }
        StartRecording { dn: Dn(5001), conn: ConnId(c1) }
        PauseRecording { dn: Dn(5001), conn: ConnId(c1) }
        ResumeRecording { dn: Dn(5001), conn: ConnId(c1) }
        StopRecording { dn: Dn(5001), conn: ConnId(c1) }
        HoldCall { dn: Dn(5001), conn: ConnId(c1) }
        RetrieveCall { dn: Dn(5001), conn: ConnId(c1) }
        SetMuteOn { dn: Dn(5001), conn: ConnId(c1) }
        SetMuteOff { dn: Dn(5001), conn: ConnId(c1) }
        SendDtmf { dn: Dn(5001), conn: ConnId(c1), digits: "9" }
        InitiateTransfer { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([]) }
        SingleStepTransfer { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([]) }
        MuteTransfer { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([]) }
        InitiateConference { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([]) }
        SingleStepConference { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([]) }
        CompleteTransfer { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2) }
        CompleteTransfer { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2) }
        CompleteConference { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2) }
        ReconnectCall { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2) }
        AlternateCall { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2) }
        RedirectCall { dn: Dn(5001), conn: ConnId(c1), destination: "5002" }
        DeleteFromConference { dn: Dn(5001), conn: ConnId(c1), party: Dn(5002) }
        ListenDisconnect { dn: Dn(5001), conn: ConnId(c1), listener: Dn(5002) }
        ListenReconnect { dn: Dn(5001), conn: ConnId(c1), listener: Dn(5002) }
        MergeCalls { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2), merge: ForConference }
        MergeCalls { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2), merge: ForTransfer }
        DistributeUserEvent { dn: Dn(5001), user_data: KvList([("a", Str("b"))]) }
        SingleStepTransfer { dn: Dn(5001), conn: ConnId(c1), destination: "+15559876543", user_data: KvList([]) }
        InitiateTransfer { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([("a", Int(1))]) }
        CompleteTransfer { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2) }
        MuteTransfer { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([]) }
        InitiateConference { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([]) }
        SingleStepConference { dn: Dn(5001), conn: ConnId(c1), destination: "5002", user_data: KvList([]) }
        CompleteConference { dn: Dn(5001), held: ConnId(c1), current: ConnId(c2) }
        MakeCall { dn: Dn(5001), destination: "5002", user_data: KvList([]) }
        SetDndOn { dn: Dn(5001) }
        SetDndOff { dn: Dn(5001) }
        CallForwardSet { dn: Dn(5001), destination: "5002" }
        CallForwardCancel { dn: Dn(5001) }
    "#]].assert_eq(&seen);
}

#[test]
fn bad_bodies_are_told_by_field() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    first(&mut bench, EventName::Established);
    let call = format!("/api/v2/me/calls/{UUID}");
    let cases = [
        (call.clone(), json!({"operationName": "SendDtmf"}), "'digits'"),
        (call.clone(), json!({"operationName": "SendDtmf", "digits": "1x"}), "'digits'"),
        (call.clone(), json!({"operationName": "InitiateTransfer"}), "'destination'"),
        (
            call.clone(),
            json!({"operationName": "Redirect", "destination": {}}),
            "'destination.phoneNumber'",
        ),
        (format!("{call}/transfer"), json!({"destination": "5002", "type": "odd"}), "'type'"),
        (format!("{call}/conference"), json!({"destination": 5002}), "'destination'"),
        ("/api/v2/me/calls".into(), json!({"destination": "<x>"}), "'destination'"),
        ("/api/v2/me/calls".into(), json!({"destination": "5002", "userData": []}), "'userData'"),
        (
            "/api/v2/me/devices/5001".into(),
            json!({"operationName": "ForwardCallsOn"}),
            "'destination'",
        ),
    ];
    for (path, body, field) in cases {
        let (status, answer) = bench.ask(&browser, "POST", &path, &body);
        let message = answer["statusMessage"].as_str().unwrap();
        assert!(status == 400 && message.contains(field), "{path} {body}: {answer}");
    }
    let complete = json!({"operationName": "CompleteTransfer"});
    let (status, answer) = bench.ask(&browser, "POST", &call, &complete);
    assert_eq!((status, &answer["errorCode"]), (409, &json!("NoSecondCall")));
    assert!(bench.requests.is_empty());
}

#[test]
fn capabilities_come_from_the_switch_and_are_pushed_when_they_change_alone() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    bench.event(EventName::Ringing, "5001", |event| {
        let mut call = inbound(&KvList::new());
        let all = [Capability::ReleaseCall, Capability::AnswerCall, Capability::RedirectCall];
        call.capabilities = all.into_iter().collect();
        event.call = Some(call);
    });
    let call = show(&mut bench, &browser, CONN);
    assert_eq!(call["capabilities"], json!(["Answer", "Redirect"]), "no Hangup while it rings");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let told = Capabilities::from_iter([Capability::CompleteTransfer, Capability::ReleaseCall]);
    let tell = |bench: &mut Bench| {
        bench.input(Input::Capabilities {
            dn: "5001".into(),
            conn: CONN.parse().unwrap(),
            capabilities: told,
        });
    };
    let messages = pushed(&mut bench, &comet, tell);
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["notificationType"], "StatusChange");
    assert_eq!(messages[0]["call"]["capabilities"], json!(["CompleteTransfer"]));
    let held = comet.connect(&mut bench);
    tell(&mut bench);
    assert!(!bench.responses.contains_key(&held), "the same again is no news");
}

#[test]
fn a_call_and_its_consult_call_name_each_other() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    talking_with_consult(&mut bench);
    let (parent, consult) = (show(&mut bench, &browser, CONN), show(&mut bench, &browser, CONN_2));
    assert_eq!((&parent["state"], &consult["state"]), (&json!("Held"), &json!("Established")));
    assert_eq!(parent["consultCallUri"], consult["uri"]);
    assert_eq!(consult["parentCallUri"], parent["uri"]);
    assert_eq!(consult["previousConnId"], CONN);
    assert_eq!(consult["callType"], "Consult");
}

#[test]
fn a_consulted_party_goes_on_under_the_first_calls_id() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    consult(&mut bench, EventName::Ringing, |_| {});
    consult(&mut bench, EventName::Established, |_| {});
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let messages = pushed(&mut bench, &comet, |bench| {
        bench.event(EventName::PartyChanged, "5001", |event| {
            let mut call = inbound(&KvList::new());
            call.previous_conn = Some(CONN_2.parse().unwrap());
            call.call_state = CallState::Transferred;
            call.parties = vec!["5551234567".into()];
            event.call = Some(call);
        });
    });
    let told: Vec<_> = messages.iter().map(|m| (&m["callId"], &m["state"])).collect();
    let (established, released) = (json!("Established"), json!("Released"));
    assert_eq!(
        told,
        [(&json!(UUID), &established), (&json!(UUID_2), &released)],
        "never a moment without a call"
    );
    assert_eq!(messages[0]["call"]["previousConnId"], CONN_2);
    let (_, body) = bench.get(&browser, "/api/v2/me/calls?fields=*");
    assert_eq!(body["calls"].as_array().unwrap().len(), 1);
    assert_eq!(body["calls"][0]["connId"], CONN);
}

#[test]
fn parties_mute_and_failures_are_shown() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    first(&mut bench, EventName::Established);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let messages = pushed(&mut bench, &comet, |bench| {
        bench.event(EventName::PartyAdded, "5001", |event| {
            let mut call = inbound(&KvList::new());
            call.parties = vec!["5551234567".into(), "5002".into()];
            event.call = Some(call);
        });
    });
    assert_eq!(messages[0]["notificationType"], "ParticipantsUpdated");
    assert_eq!(messages[0]["call"]["participants"][1]["formattedPhoneNumber"], "5002");
    first(&mut bench, EventName::MuteOn);
    assert_eq!(show(&mut bench, &browser, CONN)["mute"], "On");
    first(&mut bench, EventName::MuteOff);
    assert_eq!(show(&mut bench, &browser, CONN)["mute"], "Off");
    for (state, word) in [
        (CallState::Busy, "busy"),
        (CallState::NoAnswer, "no-answer"),
        (CallState::SitInvalidnum, "unallocated"),
        (CallState::AllTrunksBusy, "congestion"),
    ] {
        consult(&mut bench, EventName::Dialing, |_| {});
        consult(&mut bench, EventName::DestinationBusy, |event| {
            event.call.as_mut().unwrap().call_state = state;
        });
        let call = show(&mut bench, &browser, CONN_2);
        assert_eq!((&call["state"], &call["failure"]), (&json!("Dialing"), &json!(word)));
    }
}

#[test]
fn a_recording_is_told_as_it_begins_pauses_goes_on_and_ends() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    first(&mut bench, EventName::Established);
    assert_eq!(show(&mut bench, &browser, CONN)["recordingState"], Value::Null);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let states = [
        (RecordingState::On, "Recording"),
        (RecordingState::Paused, "Paused"),
        (RecordingState::On, "Recording"),
        (RecordingState::Failed, "Failed"),
        (RecordingState::Off, "Stopped"),
    ];
    for (state, word) in states {
        let messages = pushed(&mut bench, &comet, |bench| {
            bench.event(EventName::PrivateInfo, "5001", |event| {
                let mut call = inbound(&KvList::new());
                call.recording = Some(state);
                event.call = Some(call);
                event.extensions = KvList::new()
                    .with("RecordingState", state.as_str())
                    .with("GSIP_REC_FN", format!("{UUID}-1"));
            });
        });
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["notificationType"], "CallRecordingStateChange");
        assert_eq!(messages[0]["call"]["recordingState"], word);
        assert_eq!(messages[0]["call"]["state"], "Established");
        assert_eq!(messages[0]["extensions"]["GSIP_REC_FN"], format!("{UUID}-1"));
        let call = show(&mut bench, &browser, CONN);
        assert_eq!(call["recordingState"], word);
    }
    // Whatever else happens to the call says nothing about it, and nothing is forgotten.
    first(&mut bench, EventName::Held);
    assert_eq!(show(&mut bench, &browser, CONN)["recordingState"], "Stopped");
}

#[test]
fn levels_of_a_conference_go_to_those_who_listen_and_never_pile_up() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    first(&mut bench, EventName::Established);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls/levels"]);
    let speak = |bench: &mut Bench, level: u8| {
        let conn = CONN.parse().unwrap();
        let levels = vec![(Dn::from("5001"), 127), (Dn::from("5559876543"), level)];
        bench.input(Input::Speakers { dn: "5001".into(), conn, levels });
    };
    let messages = pushed(&mut bench, &comet, |bench| speak(bench, 20));
    assert_eq!(messages[0]["messageType"], "ParticipantsLevelsMessage");
    assert_eq!(messages[0]["callId"], UUID);
    let quiet = json!({"phoneNumber": "5001", "level": -127});
    let loud = json!({"phoneNumber": "5559876543", "level": -20});
    assert_eq!(messages[0]["participants"], json!([quiet, loud]));
    // Whoever reads nothing for a minute is told once.
    (0..240).for_each(|_| speak(&mut bench, 30));
    let held = comet.connect(&mut bench);
    assert_eq!(Comet::brought(&mut bench, held).len(), 1);
    // Others are not bothered.
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    comet.connect(&mut bench);
    speak(&mut bench, 20);
    assert!(bench.responses.is_empty());
}

#[test]
fn the_plain_dial_answers_with_its_call_or_its_refusal() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let body = json!({"destination": "5002", "userData": {"a": "b"}});
    let id = bench.send(&browser, "POST", "/api/v2/me/calls", &body);
    let (reference, _) = bench.asked();
    bench.accept(reference);
    assert!(bench.responses.is_empty(), "it waits for the call");
    bench.seconds(2);
    consult(&mut bench, EventName::Dialing, |event| {
        event.reference = Some((Origin::Desk, reference));
    });
    let (status, answer) = bench.answer(id);
    assert_eq!((status, &answer["statusCode"]), (200, &json!(0)));
    assert_eq!((&answer["callId"], &answer["call"]["state"]), (&json!(UUID_2), &json!("Dialing")));

    let id = bench.send(&browser, "POST", "/api/v2/me/calls", &body);
    let (reference, _) = bench.asked();
    bench.accept(reference);
    bench.refuse(reference, TError::TimedOut, "The phone of 5001 did not answer.");
    assert_eq!(bench.answer(id).1["statusMessage"], "The phone of 5001 did not answer.");

    let id = bench.send(&browser, "POST", "/api/v2/me/calls", &body);
    let (reference, _) = bench.asked();
    bench.accept(reference);
    bench.seconds(11);
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));

    bench.agent("5001", "5001", AgentState::NotReady);
    let (status, answer) = bench.ask(&browser, "POST", "/api/v2/me/calls", &body);
    assert_eq!((status, &answer["statusCode"]), (409, &json!(2)));
    assert!(answer["hint"].as_str().unwrap().contains("Ready"), "{answer}");
    bench.requests.clear();
}

#[test]
fn what_is_set_for_a_device_is_shown_and_pushed() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/devices"]);
    let messages =
        pushed(&mut bench, &comet, |bench| bench.event(EventName::DndOn, "5001", |_| {}));
    let device = &messages[0]["devices"][0];
    assert_eq!(device["doNotDisturb"], "On");
    assert_eq!(device["capabilities"], json!(["ForwardCallsOn", "DoNotDisturbOff"]));
    bench.event(EventName::ForwardSet, "5001", |event| {
        event.extensions = KvList::new().with("ForwardTo", "5002");
    });
    let device = bench.get(&browser, "/api/v2/me/devices/5001").1["device"].clone();
    assert_eq!(device["forwardTo"], "5002");
    assert_eq!(device["capabilities"], json!(["ForwardCallsOff", "DoNotDisturbOff"]));
    bench.event(EventName::ForwardCancel, "5001", |_| {});
    let device = bench.get(&browser, "/api/v2/me/devices/5001").1["device"].clone();
    assert_eq!(device["forwardTo"], "");
    let listen = json!({"operationName": "ListenIn", "phoneNumber": "5002"});
    let (status, answer) = bench.ask(&browser, "POST", "/api/v2/me/devices/5001", &listen);
    assert_eq!((status, &answer["errorCode"]), (403, &json!("NotASupervisor")));
}

#[test]
fn a_supervisor_listens_coaches_barges_in_and_leaves() {
    let mut bench = Bench::new();
    let mut site = common::site::configuration();
    let person = site.persons.get_mut("agent5001").unwrap();
    person.roles.insert(Role::Supervisor);
    bench.input(Input::Configuration(site.into()));
    let browser = agent(&mut bench);
    bench.call(EventName::Established, "5002", &KvList::new(), KvList::new());
    let path = "/api/v2/me/devices/5001";
    let ask = |bench: &mut Bench, name: &str| {
        let body = json!({"operationName": name, "phoneNumber": "5002"});
        let id = bench.send(&browser, "POST", path, &body);
        let mut asked = Vec::new();
        let mut last = None;
        while !bench.requests.is_empty() {
            let request = bench.requests.remove(0);
            asked.push(request.request.name());
            last = Some(request.reference);
            bench.accept(request.reference);
        }
        assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
        (asked, last.unwrap())
    };
    let (asked, reference) = ask(&mut bench, "ListenIn");
    assert_eq!(asked, ["MonitorNextCall"]);
    let wanted = KvList::new().with("MonitorDN", "5002").with("MonitorMode", "mute");
    bench.event(EventName::MonitoringNextCall, "5001", |event| {
        event.reference = Some((Origin::Desk, reference));
        event.extensions = wanted;
    });
    bench.event(EventName::Established, "5001", |event| {
        let mut call = inbound(&KvList::new());
        call.this_role = DnRole::Observer;
        event.call = Some(call);
        event.extensions = KvList::new().with("MonitorMode", "mute");
    });
    let device = bench.get(&browser, path).1["device"].clone();
    let state = &device["supervisorMonitoringState"];
    assert_eq!((&state["state"], &state["phoneNumber"]), (&json!("ListenIn"), &json!("5002")));
    let call = show(&mut bench, &browser, CONN);
    assert_eq!((&call["monitoring"], &call["mute"]), (&json!(true), &json!("On")));
    let other = bench.browser("agent5002");
    assert_eq!(show(&mut bench, &other, CONN)["supervisorListeningIn"], true);

    assert_eq!(ask(&mut bench, "Coach").0, ["SetMuteOff", "MonitorNextCall"]);
    bench.event(EventName::PrivateInfo, "5001", |event| {
        let mut call = inbound(&KvList::new());
        call.this_role = DnRole::Observer;
        event.call = Some(call);
        event.extensions = KvList::new().with("MonitorMode", "coach");
    });
    let device = bench.get(&browser, path).1["device"].clone();
    assert_eq!(device["supervisorMonitoringState"]["state"], "Coach");
    assert_eq!(ask(&mut bench, "BargeIn").0, ["SetMuteOn", "SetMuteOff", "MonitorNextCall"]);
    assert_eq!(ask(&mut bench, "CancelSupervisorMonitoring").0, ["CancelMonitoring"]);
    bench.event(EventName::MonitoringCancelled, "5001", |event| {
        event.extensions = KvList::new().with("MonitorDN", "5002");
    });
    first(&mut bench, EventName::Released);
    assert_eq!(show(&mut bench, &other, CONN)["supervisorListeningIn"], false);
    let device = bench.get(&browser, path).1["device"].clone();
    assert_eq!(device["supervisorMonitoringState"]["state"], "Off");
}
