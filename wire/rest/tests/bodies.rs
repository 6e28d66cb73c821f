//! Request bodies of both dialects, collections, shapes, and properties over arbitrary input.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use model::{AgentState, KvList, WorkMode};
use proptest::prelude::*;
use serde_json::{Value, json};
use wire_rest::{
    AgentWord, CallCommand, MeCommand, Problem, Query, SessionStart, StateCommand, StatusCode,
    agent_state_settings, moment_ms, read_call_action, read_call_operation, read_customer_call,
    read_login, read_me_operation, read_recording_query, read_state, read_state_operation,
    user_state,
};

fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

#[test]
fn both_dialects_ask_for_the_same_commands() {
    let list = KvList::new().with("IW_CaseUid", "1");
    let pairs = [
        (json!({"action": "answer"}), json!({"operationName": "Answer"}), CallCommand::Answer),
        (json!({"action": "release"}), json!({"operationName": "Hangup"}), CallCommand::Hangup),
        (json!({"action": "clear"}), json!({"operationName": "ClearCall"}), CallCommand::Clear),
        (
            json!({"action": "userdata", "userData": {"IW_CaseUid": "1"}}),
            json!({"operationName": "UpdateUserData", "userData": {"IW_CaseUid": "1"}}),
            CallCommand::UpdateUserData(list.clone()),
        ),
        (
            json!({"action": "attach", "userData": {"IW_CaseUid": "1"}}),
            json!({"operationName": "AttachUserData", "userData": {"IW_CaseUid": "1"}}),
            CallCommand::AttachUserData(list),
        ),
        (
            json!({"action": "deleteuserdata"}),
            json!({"operationName": "DeleteUserData"}),
            CallCommand::DeleteUserData,
        ),
        (
            json!({"action": "deleteuserdata", "key": "k"}),
            json!({"operationName": "DeleteUserDataPair", "key": "k"}),
            CallCommand::DeletePair("k".into()),
        ),
        recording("start-recording", "StartRecording", CallCommand::StartRecording),
        recording("pause-recording", "PauseRecording", CallCommand::PauseRecording),
        recording("resume-recording", "ResumeRecording", CallCommand::ResumeRecording),
        recording("stop-recording", "StopRecording", CallCommand::StopRecording),
    ];
    for (plain, genuine, command) in pairs {
        assert_eq!(read_call_action(&bytes(&plain)).as_ref(), Ok(&command), "{plain}");
        assert_eq!(read_call_operation(&bytes(&genuine)).as_ref(), Ok(&command), "{genuine}");
    }
    for action in ["reject", "hangup", "drop"] {
        let body = bytes(&json!({"action": action}));
        assert_eq!(read_call_action(&body), Ok(CallCommand::Hangup));
    }
}

fn recording(action: &str, operation: &str, command: CallCommand) -> (Value, Value, CallCommand) {
    (json!({"action": action}), json!({"operationName": operation}), command)
}

#[test]
fn operations_that_nobody_knows_are_told_from_those_that_would_do() {
    let problem = read_call_operation(br#"{"operationName":"Dance"}"#).unwrap_err();
    assert_eq!((problem.http, problem.status), (400, StatusCode::Forbidden));
    assert!(problem.hint.unwrap().contains("PauseRecording"));
    let problem = read_call_action(br#"{"action":"dance"}"#).unwrap_err();
    assert_eq!((problem.http, problem.error_code), (400, "UnknownOperation"));
    assert!(problem.hint.unwrap().contains("answer"));
}

#[test]
fn a_body_that_lacks_something_is_told_what() {
    let code = |body: &[u8]| read_call_action(body).unwrap_err().error_code;
    assert_eq!(code(b""), "MalformedBody");
    assert_eq!(code(b"[]"), "MalformedBody");
    assert_eq!(code(b"{}"), "ParameterMissing");
    assert_eq!(code(br#"{"action":5}"#), "ValueOutOfRange");
    assert_eq!(code(br#"{"action":"userdata"}"#), "ParameterMissing");
    assert_eq!(code(br#"{"action":"userdata","userData":[1]}"#), "ValueOutOfRange");
    let long = json!({"action": "userdata", "userData": {"k": "x".repeat(40_000)}});
    assert_eq!(code(&bytes(&long)), "ValueOutOfRange");
}

#[test]
fn states_are_read_in_both_dialects_with_reasons() {
    let lunch =
        StateCommand::NotReady { work_mode: WorkMode::Unknown, reason: Some("Lunch".into()) };
    let plain = |body: Value| read_state(&bytes(&body));
    assert_eq!(plain(json!({"state": "Ready"})), Ok(StateCommand::Ready));
    assert_eq!(plain(json!({"state": "NotReady", "reason": "Lunch"})), Ok(lunch.clone()));
    assert_eq!(plain(json!({"state": "Not Ready", "reason": null})).unwrap(), not_ready());
    assert_eq!(plain(json!({"state": "AfterCallWork"})), Ok(AFTER_CALL_WORK));
    let acw = json!({"state": "NotReady", "workMode": "AfterCallWork"});
    assert_eq!(plain(acw), Ok(AFTER_CALL_WORK));
    assert_eq!(plain(json!({"state": "Offline"})), Ok(StateCommand::Offline));
    assert_eq!(plain(json!({"state": "Asleep"})).unwrap_err().error_code, "UnknownOperation");
    let long = json!({"state": "NotReady", "reason": "x".repeat(65)});
    assert_eq!(plain(long).unwrap_err().error_code, "ValueOutOfRange");

    let genuine = |name: &str| read_state_operation(&bytes(&json!({"operationName": name})));
    assert_eq!(genuine("Ready"), Ok(StateCommand::Ready));
    assert_eq!(genuine("NotReady").unwrap(), not_ready());
    assert_eq!(genuine("Lunch"), Ok(lunch));
    assert_eq!(genuine("Nap").unwrap_err().error_code, "UnknownOperation");
}

const AFTER_CALL_WORK: StateCommand = StateCommand::AfterCallWork { wrap_up_s: None };

#[test]
fn after_call_work_lasts_as_long_as_is_asked_for_in_each_form() {
    let plain = |time: Value| read_state(&bytes(&json!({"state": "acw", "wrapUpTime": time})));
    let genuine = |time: Value| {
        read_state_operation(&bytes(&json!({"operationName": "AfterCallWork", "wrapUpTime": time})))
    };
    let on_me = |time: Value| {
        let body = json!({"operationName": "AfterCallWork", "wrapUpTime": time});
        match read_me_operation(&bytes(&body))? {
            MeCommand::State(command) => Ok(command),
            other => panic!("{other:?}"),
        }
    };
    let forms: [&dyn Fn(Value) -> Result<StateCommand, Problem>; 3] = [&plain, &genuine, &on_me];
    for read in forms {
        for (time, wrap_up_s) in [
            (json!(60), Some(60)),
            (json!(0), Some(0)),
            (json!(28_800), Some(28_800)),
            (Value::Null, None),
        ] {
            assert_eq!(read(time), Ok(StateCommand::AfterCallWork { wrap_up_s }));
        }
        for time in [json!(-1), json!(28_801), json!(1.5), json!("60"), json!([])] {
            assert_eq!(read(time).unwrap_err().error_code, "ValueOutOfRange");
        }
    }
    let odd = json!({"state": "Ready", "wrapUpTime": 60});
    assert_eq!(read_state(&bytes(&odd)).unwrap_err().error_code, "ValueOutOfRange");
}

fn not_ready() -> StateCommand {
    StateCommand::NotReady { work_mode: WorkMode::Unknown, reason: None }
}

#[test]
fn operations_on_me_start_end_and_set_states() {
    let read = |body: Value| read_me_operation(&bytes(&body));
    let start =
        json!({"operationName": "StartContactCenterSession", "channels": ["voice", "chat"]});
    let started = |channels: &[&str]| {
        let channels = channels.iter().map(|name| (*name).to_owned()).collect();
        SessionStart { channels, place: None, login_code: None, queue: None }
    };
    assert_eq!(read(start), Ok(MeCommand::Start(started(&["voice", "chat"]))));
    let placed = json!({"operationName": "StartContactCenterSession", "place": "5001",
        "loginCode": "9001", "queue": "5000"});
    let expected = SessionStart {
        place: Some("5001".into()),
        login_code: Some("9001".into()),
        queue: Some("5000".into()),
        ..started(&["voice"])
    };
    assert_eq!(read(placed), Ok(MeCommand::Start(expected)));
    let bare = json!({"operationName": "StartContactCenterSession"});
    assert_eq!(read(bare), Ok(MeCommand::Start(started(&["voice"]))));
    let odd = json!({"operationName": "StartContactCenterSession", "channels": "voice"});
    assert_eq!(read(odd).unwrap_err().error_code, "ValueOutOfRange");
    assert_eq!(read(json!({"operationName": "EndContactCenterSession"})), Ok(MeCommand::End));
    let ready = json!({"operationName": "Ready"});
    assert_eq!(read(ready), Ok(MeCommand::State(StateCommand::Ready)));
}

#[test]
fn a_login_is_read_within_limits_and_never_shown() {
    let login = read_login(br#"{"username":"agent5001","password":"demo"}"#).unwrap();
    assert_eq!((login.user_name.as_str(), login.password.as_str()), ("agent5001", "demo"));
    assert!(!format!("{login:?}").contains("demo"));
    assert!(read_login(br#"{"userName":"a","password":"b"}"#).is_ok());
    assert_eq!(read_login(br#"{"username":"a"}"#).unwrap_err().error_code, "ParameterMissing");
    let long = json!({"username": "a", "password": "x".repeat(300)});
    assert_eq!(read_login(&bytes(&long)).unwrap_err().error_code, "ValueOutOfRange");
}

#[test]
fn a_customer_call_defaults_to_the_known_customer() {
    let call = read_customer_call(b"").unwrap();
    assert_eq!(
        (call.ani.as_str(), call.dnis.as_str(), call.say),
        ("5551234567", "+18005551234", None)
    );
    let odd = br#"{"ani":"5551234567;x=1"}"#;
    assert_eq!(read_customer_call(odd).unwrap_err().error_code, "ValueOutOfRange");
    let long = json!({"say": "x".repeat(501)});
    assert_eq!(read_customer_call(&bytes(&long)).unwrap_err().error_code, "ValueOutOfRange");
}

#[test]
fn moments_are_read_as_iso_8601_has_them() {
    let table = [
        ("1970-01-01", Some(0)),
        ("1970-01-01T00:00:00.001Z", Some(1)),
        ("2026-01-27", Some(1_769_472_000_000)),
        ("2026-01-27T22:58", Some(1_769_554_680_000)),
        ("2026-01-27T22:58:08Z", Some(1_769_554_688_000)),
        ("2026-01-27t22:58:08.5z", Some(1_769_554_688_500)),
        ("2026-01-27T22:58:08.123456Z", Some(1_769_554_688_123)),
        ("2026-01-27T23:58:08+01:00", Some(1_769_554_688_000)),
        ("2026-01-27T23:58:08 01:00", Some(1_769_554_688_000)),
        ("2026-01-27T17:58:08-05:00", Some(1_769_554_688_000)),
        ("2000-02-29T12:00Z", Some(951_825_600_000)),
        ("2024-12-31T23:59:60Z", Some(1_735_689_600_000)),
        ("9999-12-31T23:59:59Z", Some(253_402_300_799_000)),
        ("1900-02-29", None),
        ("2026-02-29", None),
        ("2026-13-01", None),
        ("2026-00-01", None),
        ("2026-01-00", None),
        ("2026-04-31", None),
        ("2026-1-1", None),
        ("2026-01-01T24:00", None),
        ("2026-01-01T10:60", None),
        ("2026-01-01T10", None),
        ("2026-01-01T10:00:61", None),
        ("2026-01-01T10:00:00.", None),
        ("2026-01-01T10:00:00+0100", None),
        ("2026-01-01T", None),
        ("1969-12-31", None),
        ("+2026-01-01", None),
        ("now", None),
        ("", None),
    ];
    for (text, expected) in table {
        assert_eq!(moment_ms(text), expected, "{text}");
    }
}

#[test]
fn states_are_shown_with_the_guids_of_every_installation() {
    let show = |state, work_mode, reason| {
        let shown = user_state(AgentWord { state, work_mode, reason, wrap_up_ends_ms: Some(1) });
        json!(shown).to_string()
    };
    assert_eq!(
        show(AgentState::Ready, WorkMode::ManualIn, None),
        r#"{"id":"9430250E-0A1B-421F-B372-F29E69366DED","displayName":"Ready","state":"Ready"}"#
    );
    assert_eq!(
        show(AgentState::AfterCallWork, WorkMode::AfterCallWork, None),
        concat!(
            r#"{"id":"D3663509-3D82-4DD3-A82E-2EA8EFA02AEF","displayName":"After Call Work","#,
            r#""state":"NotReady","workMode":"AfterCallWork","wrapUpEndsAt":1}"#
        )
    );
    assert_eq!(
        show(AgentState::NotReady, WorkMode::Unknown, Some("Lunch")),
        concat!(
            r#"{"id":"5C7A1E0B-6A0F-4F0E-9C55-0B7F3D1A2B02","displayName":"Lunch","#,
            r#""state":"NotReady","reason":"Lunch"}"#
        )
    );
    assert_eq!(
        show(AgentState::LoggedOut, WorkMode::Unknown, Some("stale")),
        concat!(
            r#"{"id":"0F7F5003-EF26-4D13-A6Ef-D0C7EC819BEB","displayName":"Offline","#,
            r#""state":"LoggedOut"}"#
        )
    );
}

#[test]
fn every_state_in_the_settings_can_be_asked_for_by_its_operation_name() {
    let settings = agent_state_settings();
    assert_eq!(settings.len(), 9);
    for state in settings {
        let body = json!({"operationName": state["operationName"]});
        assert!(read_state_operation(&bytes(&body)).is_ok(), "{state}");
    }
}

#[test]
fn a_collection_is_uris_or_items_or_members() {
    let items =
        || vec![json!({"id": 1, "name": "a", "x": 2, "uri": "u1"}), json!({"id": 2, "uri": "u2"})];
    let collection = |query: &str| json!(Query::read(query).collection("calls", items()));
    assert_eq!(collection(""), json!({"statusCode": 0, "uris": ["u1", "u2"]}));
    assert_eq!(collection("fields=*"), json!({"statusCode": 0, "calls": items()}));
    assert_eq!(
        collection("fields=name&limit=1"),
        json!({"statusCode": 0, "calls": [{"id": 1, "name": "a", "uri": "u1"}], "totalCount": 2})
    );
    assert_eq!(collection("offset=1"), json!({"statusCode": 0, "uris": ["u2"], "totalCount": 2}));
}

#[test]
fn queries_are_decoded() {
    let query = Query::read("name=Sample%20Customer+x&subresources=features,devices&odd=%zz%4");
    assert_eq!(query.value("name"), Some("Sample Customer x"));
    assert_eq!(query.value("odd"), Some("%zz%4"));
    assert!(query.asks_for("subresources", "devices") && !query.asks_for("subresources", "calls"));
    assert!(Query::read("subresources=*").asks_for("subresources", "calls"));
}

proptest! {
    #[test]
    fn arbitrary_bodies_and_queries_never_panic(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        query in ".{0,120}",
        word in "\\PC{0,40}",
    ) {
        let _ = (read_call_action(&body), read_call_operation(&body), read_state(&body));
        let _ = (read_me_operation(&body), read_login(&body), read_customer_call(&body));
        let _ = Query::read(&query).collection("calls", vec![json!({"uri": "u"})]);
        let _ = (moment_ms(&word), moment_ms(&format!("2026-01-27T{word}")));
        for name in ["from", "to", "dn", "agent", "number", "callUuid", "limit", "offset"] {
            let _ = read_recording_query(&Query::read(&format!("{name}={query}")));
        }
        let body = json!({"action": word, "operationName": word, "state": word}).to_string();
        for problem in [
            read_call_action(body.as_bytes()).err(),
            read_call_operation(body.as_bytes()).err(),
            read_state(body.as_bytes()).err(),
        ].into_iter().flatten() {
            let sent = problem.to_json();
            prop_assert!(sent["statusCode"].as_u64().is_some_and(|code| code > 0));
            prop_assert!(sent["statusMessage"].as_str().is_some_and(|text| !text.is_empty()));
        }
    }
}
