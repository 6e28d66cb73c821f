//! Calls: the exact pushes of ring, update, answer and release; commands in both dialects; the
//! customer behind a call.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{
    Bench, Browser,
    comet::Comet,
    switch::{CONN, UUID},
};
use expect_test::expect;
use model::{AgentState, EventName, KvList, TError};
use serde_json::{Value, json};

fn ringing_extensions() -> KvList {
    KvList::new()
        .with("BusinessCall", 1)
        .with("NO_ANSWER_TIMEOUT", 15)
        .with("NO_ANSWER_ACTION", "notready")
        .with("NO_ANSWER_OVERFLOW", "recall")
}

fn ready_agent(bench: &mut Bench) -> Browser {
    bench.phone("5001", true);
    bench.agent("5001", "5001", AgentState::Ready);
    bench.browser("agent5001")
}

fn ring(bench: &mut Bench) {
    let user_data = KvList::new().with("customer_id", "98765");
    bench.call(EventName::Ringing, "5001", &user_data, ringing_extensions());
}

#[test]
fn ring_update_answer_release_are_pushed_exactly_so() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let mut pushed = Vec::new();
    let user_data = KvList::new()
        .with("customer_id", "98765")
        .with("WWE_PARTY_5001", KvList::new().with("k", "v"));
    for step in 0..4 {
        let held = comet.connect(&mut bench);
        bench.seconds(2);
        match step {
            0 => ring(&mut bench),
            1 => {
                bench.call(EventName::AttachedDataChanged, "5001", &user_data, KvList::new());
            }
            2 => {
                let extensions = KvList::new().with("BusinessCall", 1).with("WrapUpTime", 20);
                bench.call(EventName::Established, "5001", &user_data, extensions);
            }
            _ => bench.call(EventName::Released, "5001", &user_data, KvList::new()),
        }
        pushed.extend(Comet::brought(&mut bench, held));
    }
    let text = serde_json::to_string_pretty(&pushed).unwrap();
    expect_test::expect_file!["expected/ring_update_answer_release.json"].assert_eq(&text);
}

#[test]
fn a_caller_who_gives_up_and_a_phone_that_does_not_answer_end_in_released() {
    for name in [EventName::Abandoned, EventName::Released] {
        let mut bench = Bench::new();
        let browser = ready_agent(&mut bench);
        let comet = Comet::open(&mut bench, &browser, &["/v2/me/*"]);
        ring(&mut bench);
        let held = comet.connect(&mut bench);
        Comet::brought(&mut bench, held);
        let held = comet.connect(&mut bench);
        bench.call(name, "5001", &KvList::new(), KvList::new());
        let pushed = Comet::brought(&mut bench, held);
        assert_eq!(pushed[0]["data"]["state"], "Released");
        assert_eq!(pushed[0]["data"]["call"]["capabilities"], json!([]));
        assert_eq!(bench.get(&browser, "/api/v2/me/calls?fields=*").1["calls"], json!([]));
    }
}

#[test]
fn both_dialects_ask_the_switch_and_wait_for_it() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    ring(&mut bench);
    let by_uuid = format!("/api/v2/me/calls/{UUID}");
    let by_conn = format!("/api/v2/me/calls/{CONN}");
    let cases = [
        ("PUT", &by_uuid, json!({"action": "answer"})),
        ("POST", &by_conn, json!({"operationName": "Answer"})),
        ("PUT", &by_conn, json!({"action": "reject"})),
        ("POST", &by_uuid, json!({"operationName": "Hangup"})),
        ("POST", &by_uuid, json!({"operationName": "ClearCall"})),
        ("PUT", &by_uuid, json!({"action": "userdata", "userData": {"a": {"b": 1}}})),
        ("POST", &by_uuid, json!({"operationName": "AttachUserData", "userData": {"a": "b"}})),
        ("POST", &by_uuid, json!({"operationName": "DeleteUserDataPair", "key": "a"})),
        ("POST", &by_uuid, json!({"operationName": "DeleteUserData"})),
    ];
    let mut seen = String::new();
    for (method, path, body) in cases {
        let id = bench.send(&browser, method, path, &body);
        assert!(bench.responses.is_empty());
        let (reference, request) = bench.asked();
        seen += &format!("{method} {body} -> {request:?}\n");
        bench.accept(reference);
        assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    }
    expect![[r#"
        PUT {"action":"answer"} -> AnswerCall { dn: Dn(5001), conn: ConnId(006c03a7194aa020) }
        POST {"operationName":"Answer"} -> AnswerCall { dn: Dn(5001), conn: ConnId(006c03a7194aa020) }
        PUT {"action":"reject"} -> ReleaseCall { dn: Dn(5001), conn: ConnId(006c03a7194aa020) }
        POST {"operationName":"Hangup"} -> ReleaseCall { dn: Dn(5001), conn: ConnId(006c03a7194aa020) }
        POST {"operationName":"ClearCall"} -> ClearCall { dn: Dn(5001), conn: ConnId(006c03a7194aa020) }
        PUT {"action":"userdata","userData":{"a":{"b":1}}} -> UpdateUserData { dn: Dn(5001), conn: ConnId(006c03a7194aa020), user_data: KvList([("a", List(KvList([("b", Int(1))])))]) }
        POST {"operationName":"AttachUserData","userData":{"a":"b"}} -> AttachUserData { dn: Dn(5001), conn: ConnId(006c03a7194aa020), user_data: KvList([("a", Str("b"))]) }
        POST {"operationName":"DeleteUserDataPair","key":"a"} -> DeletePair { dn: Dn(5001), conn: ConnId(006c03a7194aa020), key: "a" }
        POST {"operationName":"DeleteUserData"} -> DeleteUserData { dn: Dn(5001), conn: ConnId(006c03a7194aa020) }
    "#]]
    .assert_eq(&seen);
}

#[test]
fn a_call_that_is_gone_is_said_to_be_gone_with_what_to_do() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    let answer = json!({"action": "answer"});
    for id in [UUID, "00015ABC1234", "../x"] {
        let path = format!("/api/v2/me/calls/{id}");
        if id.contains('/') {
            assert_eq!(bench.ask(&browser, "PUT", &path, &answer).0, 404);
            continue;
        }
        let (status, body) = bench.ask(&browser, "PUT", &path, &answer);
        assert_eq!(
            (status, &body["statusCode"], &body["errorCode"]),
            (409, &json!(2), &json!("CallGone"))
        );
        assert!(body["hint"].as_str().unwrap().contains("/api/v2/me/calls"));
        assert_eq!(bench.get(&browser, &path).0, 404);
    }
    // It may also go while the switch is asked.
    ring(&mut bench);
    let id = bench.send(&browser, "PUT", &format!("/api/v2/me/calls/{UUID}"), &answer);
    let (reference, _) = bench.asked();
    bench.refuse(reference, TError::InvalidConnId, "no such call");
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["errorCode"]), (409, &json!("CallGone")));
}

#[test]
fn refusals_of_the_switch_read_as_gws_would_say_them() {
    let cases = [
        (TError::InvalidCallState, 409, 2, "InvalidCallState"),
        (TError::OutOfService, 500, 4, "DeviceNotRegistered"),
        (TError::UnsupportedOperation, 501, 3, "UnsupportedOperation"),
        (TError::TimedOut, 500, 9, "TimedOut"),
        (TError::InvalidAttribute, 400, 1, "InvalidAttribute"),
        (TError::Internal, 500, 4, "Internal"),
    ];
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    ring(&mut bench);
    for (error, http, code, word) in cases {
        let body = json!({"operationName": "Answer"});
        let id = bench.send(&browser, "POST", &format!("/api/v2/me/calls/{UUID}"), &body);
        let (reference, _) = bench.asked();
        bench.refuse(reference, error, "why");
        let (status, body) = bench.answer(id);
        assert_eq!(
            (status, &body["statusCode"], &body["errorCode"]),
            (http, &json!(code), &json!(word))
        );
    }
}

#[test]
fn what_nobody_knows_is_refused_with_what_would_do() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    ring(&mut bench);
    let call = format!("/api/v2/me/calls/{UUID}");
    let cases = [("PUT", json!({"action": "dance"})), ("POST", json!({"operationName": "Dance"}))];
    for (method, body) in cases {
        let (status, answer) = bench.ask(&browser, method, &call, &body);
        assert_eq!((status, &answer["statusCode"]), (400, &json!(3)), "{answer}");
        assert_eq!(answer["errorCode"], "UnknownOperation");
        assert!(answer["hint"].as_str().unwrap().to_lowercase().contains("recording"));
    }
    assert!(bench.requests.is_empty());
}

#[test]
fn a_refusal_that_comes_late_is_pushed_as_an_error() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    ring(&mut bench);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/devices"]);
    let held = comet.connect(&mut bench);
    let answer = json!({"action": "answer"});
    let id = bench.send(&browser, "PUT", &format!("/api/v2/me/calls/{UUID}"), &answer);
    let (reference, _) = bench.asked();
    bench.accept(reference);
    assert_eq!(bench.answer(id).0, 200);
    bench.seconds(4);
    bench.refuse(reference, TError::TimedOut, "The phone of 5001 did not answer.");
    let data = &Comet::brought(&mut bench, held)[0]["data"];
    assert_eq!(data["messageType"], "ErrorMessage");
    assert_eq!(data["errorMessage"], "The phone of 5001 did not answer.");
    assert!(data["devicePath"].as_str().unwrap().starts_with("/devices/"));
}

#[test]
fn a_call_counts_its_seconds_from_ringing_and_again_from_the_answer() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    let duration = |bench: &mut Bench| {
        bench.get(&browser, &format!("/api/v2/me/calls/{CONN}")).1["call"]["duration"].clone()
    };
    ring(&mut bench);
    bench.seconds(4);
    assert_eq!(duration(&mut bench), "4");
    bench.call(EventName::Established, "5001", &KvList::new(), KvList::new());
    assert_eq!(duration(&mut bench), "0");
    bench.seconds(61);
    assert_eq!(duration(&mut bench), "61");
}

#[test]
fn news_of_a_call_are_kept_for_a_page_that_is_loaded_again() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    ring(&mut bench);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let held = comet.connect(&mut bench);
    let lost = KvList::new().with("MediaState", "lost");
    bench.call(EventName::PrivateInfo, "5001", &KvList::new(), lost);
    let data = Comet::brought(&mut bench, held)[0]["data"].clone();
    assert_eq!(data["notificationType"], "MediaStateChange");
    assert_eq!(data["extensions"], json!({"MediaState": "lost"}));
    let call = bench.get(&browser, &format!("/api/v2/me/calls/{UUID}")).1["call"].clone();
    assert_eq!(
        (&call["state"], &call["extensions"]["MediaState"]),
        (&json!("Ringing"), &json!("lost"))
    );
    assert_eq!(call["extensions"]["NO_ANSWER_TIMEOUT"], 15);
}

#[test]
fn calls_are_listed_as_uris_or_whole_and_for_their_agent_alone() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    ring(&mut bench);
    let uri = format!("http://desk.test:8080/api/v2/me/calls/{UUID}");
    let (_, body) = bench.get(&browser, "/api/v2/me/calls");
    assert_eq!(body, json!({"statusCode": 0, "uris": [uri]}));
    let (_, body) = bench.get(&browser, "/api/v2/me/calls?fields=*");
    assert_eq!(body["calls"][0]["id"], UUID);
    let (_, body) = bench.get(&browser, "/api/v2/me/devices/5001/calls?fields=*");
    assert_eq!(body["calls"][0]["connId"], CONN);
    for other in ["late5001", "agent5002", "supervisor"] {
        let other = bench.browser(other);
        assert_eq!(bench.get(&other, "/api/v2/me/calls?fields=*").1["calls"], json!([]));
        let answer = json!({"action": "answer"});
        let path = format!("/api/v2/me/calls/{UUID}");
        assert_eq!(bench.ask(&other, "PUT", &path, &answer).0, 409);
    }
}

#[test]
fn the_customer_behind_a_call_is_found_by_its_ani() {
    let mut bench = Bench::new();
    let browser = ready_agent(&mut bench);
    let path = format!("/api/v2/me/calls/{UUID}/customer");
    assert_eq!(bench.get(&browser, &path).0, 404);
    ring(&mut bench);
    assert_eq!(
        bench.get(&browser, &path),
        (
            200,
            json!({"statusCode": 0, "customer": {
                "customerId": "98765", "name": "Sample Customer", "accountType": "premium",
                "phoneNumber": "5551234567", "reason": "support",
                "contacts": [{"at": "2026-01-20T10:00:00Z", "channel": "voice",
                              "subject": "Late delivery", "agent": "agent5002",
                              "outcome": "Solved"}],
            }})
        )
    );
    for (ani, found) in [(Some("+15551234567"), 200), (Some("5550000000"), 404), (None, 404)] {
        bench.call(EventName::Released, "5001", &KvList::new(), KvList::new());
        ring_from(&mut bench, ani);
        let (status, body) = bench.get(&browser, &path);
        assert_eq!(status, found, "{ani:?}: {body}");
        assert_eq!(body["statusCode"], if found == 200 { json!(0) } else { json!(6) });
    }
}

fn ring_from(bench: &mut Bench, ani: Option<&str>) {
    bench.event(EventName::Ringing, "5001", |event| {
        let mut other = common::switch::inbound(&KvList::new());
        other.ani = ani.map(str::to_owned);
        event.call = Some(other);
    });
}

#[test]
fn the_button_of_the_demo_site_asks_the_program_for_a_customer() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let id = bench.send(&browser, "POST", "/api/demo/customer-call", &json!({"say": "Hello"}));
    assert!(bench.responses.is_empty(), "the program answers {id}");
    assert_eq!(bench.customer_calls.len(), 1);
    let features = bench.get(&browser, "/api/v2/features?fields=*").1["features"].clone();
    let has_demo =
        |features: &Value| features.as_array().unwrap().iter().any(|f| f["id"] == "demo");
    assert!(has_demo(&features));

    let mut bench = Bench::with(|settings| settings.demo = false);
    let browser = bench.browser("agent5001");
    assert_eq!(bench.ask(&browser, "POST", "/api/demo/customer-call", &json!({})).0, 404);
    assert!(!has_demo(&bench.get(&browser, "/api/v2/features?fields=*").1["features"]));
    assert!(bench.customer_calls.is_empty());
}
