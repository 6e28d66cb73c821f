//! The contact-centre session, agent states in both dialects, and who holds the agent's seat.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Bench, Browser, comet::Comet};
use model::{AgentState, EventName, KvList, Request, TError, WorkMode, event::AgentAttributes};
use serde_json::{Value, json};

fn start(bench: &mut Bench, browser: &Browser) -> model::api::ApiId {
    let body = json!({"operationName": "StartContactCenterSession", "channels": ["voice"]});
    bench.send(browser, "POST", "/api/v2/me", &body)
}

fn login_request() -> Request {
    let work_mode = WorkMode::ManualIn;
    Request::AgentLogin { dn: "5001".into(), agent: "5001".into(), work_mode }
}

/// An agent with a registered phone and a session that has started.
fn agent(bench: &mut Bench) -> Browser {
    bench.phone("5001", true);
    let browser = bench.browser("agent5001");
    let id = start(bench, &browser);
    let (reference, request) = bench.asked();
    assert_eq!(request, login_request());
    bench.accept(reference);
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    bench.agent("5001", "5001", AgentState::NotReady);
    browser
}

#[test]
fn a_session_starts_when_the_switch_has_logged_the_agent_in() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    let browser = bench.browser("agent5001");
    let id = start(&mut bench, &browser);
    assert!(bench.responses.is_empty(), "the response waits for the switch");
    let (reference, request) = bench.asked();
    assert_eq!(request, login_request());
    bench.accept(reference);
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
}

#[test]
fn without_a_phone_the_agent_is_logged_in_and_told_what_is_missing() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let id = start(&mut bench, &browser);
    let (reference, request) = bench.asked();
    assert_eq!(request, login_request());
    bench.accept(reference);
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (200, &json!(7)));
    assert_eq!(body["succeeded"], json!([]));
    assert_eq!(
        body["failed"],
        json!([{"statusCode": 4, "statusMessage": "Device '5001' is not registered.",
                "channel": "voice"}])
    );
    assert!(body["hint"].as_str().unwrap().contains("phone"));
}

#[test]
fn a_session_starts_at_ones_own_place_with_ones_own_code_and_at_a_queue_that_exists() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    let browser = bench.browser("agent5001");
    let start = |bench: &mut Bench, name: &str, value: &str| {
        let body = json!({"operationName": "StartContactCenterSession", name: value});
        bench.send(&browser, "POST", "/api/v2/me", &body)
    };
    for (name, value, status, code) in [
        ("place", "9999", 404, 6),
        ("place", "5002", 409, 19),
        ("loginCode", "9999", 404, 6),
        ("loginCode", "5002", 409, 19),
        ("queue", "9999", 404, 6),
        ("queue", "5001", 404, 6),
    ] {
        let id = start(&mut bench, name, value);
        let (said, body) = bench.answer(id);
        assert_eq!((said, &body["statusCode"]), (status, &json!(code)), "{name} {value}");
    }
    for (name, value) in [("place", "5001"), ("loginCode", "5001"), ("queue", "5000")] {
        let id = start(&mut bench, name, value);
        let (reference, request) = bench.asked();
        assert_eq!(request, login_request(), "{name} {value}");
        bench.accept(reference);
        assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    }
}

#[test]
fn channels_that_are_not_offered_fail_beside_voice() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    let browser = bench.browser("agent5001");
    let both = json!({"operationName": "StartContactCenterSession", "channels": ["voice", "chat"]});
    let id = bench.send(&browser, "POST", "/api/v2/me", &both);
    let (reference, _) = bench.asked();
    bench.accept(reference);
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (200, &json!(7)));
    assert_eq!(body["succeeded"], json!([{"statusCode": 0, "channel": "voice"}]));
    assert_eq!(body["failed"][0]["channel"], "chat");

    let chat = json!({"operationName": "StartContactCenterSession", "channels": ["chat"]});
    let (status, body) = bench.ask(&browser, "POST", "/api/v2/me", &chat);
    assert_eq!((status, &body["errorCode"]), (400, &json!("ChannelNotOffered")));
}

#[test]
fn a_person_without_a_place_is_no_agent() {
    let mut bench = Bench::new();
    let browser = bench.browser("supervisor");
    let id = start(&mut bench, &browser);
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (403, &json!(5)));
    assert_eq!(bench.get(&browser, "/api/v2/me/devices?fields=*").1["devices"], json!([]));
}

#[test]
fn ready_without_a_phone_is_refused_in_the_words_of_gws() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    bench.phone("5001", false);
    let ready = json!({"operationName": "Ready"});
    let id = bench.send(&browser, "POST", "/api/v2/me/channels/voice", &ready);
    let (reference, request) = bench.asked();
    let work_mode = WorkMode::ManualIn;
    assert_eq!(request, Request::AgentReady { dn: "5001".into(), work_mode });
    bench.refuse(reference, TError::OutOfService, "DN 5001 is out of service");
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (500, &json!(4)));
    assert_eq!(body["statusMessage"], "Device '5001' is not registered.");
}

#[test]
fn states_are_asked_for_in_both_dialects_and_shown_when_events_say_so() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let cases = [
        ("PUT", "/api/v2/me/state", json!({"state": "Ready"})),
        ("POST", "/api/v2/me/state", json!({"state": "NotReady", "reason": "Lunch"})),
        ("POST", "/api/v2/me/channels/voice", json!({"operationName": "AfterCallWork"})),
        ("POST", "/api/v2/me/channels/voice", json!({"operationName": "AuxWork"})),
        ("POST", "/api/v2/me/channels/voice", json!({"operationName": "Lunch"})),
        ("POST", "/api/v2/me", json!({"operationName": "NotReady"})),
        ("POST", "/api/v2/me/channels/voice", json!({"operationName": "Offline"})),
    ];
    let mut seen = String::new();
    for (method, path, body) in cases {
        let id = bench.send(&browser, method, path, &body);
        let request = bench.requests.remove(0);
        seen += &format!("{method} {path} {body} -> {:?}", request.request);
        if let Some(reason) = request.reasons.text("ReasonCode") {
            seen += &format!(" because {reason}");
        }
        seen.push('\n');
        bench.accept(request.reference);
        assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    }
    expect_test::expect![[r#"
        PUT /api/v2/me/state {"state":"Ready"} -> AgentReady { dn: Dn(5001), work_mode: ManualIn }
        POST /api/v2/me/state {"state":"NotReady","reason":"Lunch"} -> AgentNotReady { dn: Dn(5001), work_mode: Unknown } because Lunch
        POST /api/v2/me/channels/voice {"operationName":"AfterCallWork"} -> AgentNotReady { dn: Dn(5001), work_mode: AfterCallWork }
        POST /api/v2/me/channels/voice {"operationName":"AuxWork"} -> AgentNotReady { dn: Dn(5001), work_mode: AuxWork }
        POST /api/v2/me/channels/voice {"operationName":"Lunch"} -> AgentNotReady { dn: Dn(5001), work_mode: Unknown } because Lunch
        POST /api/v2/me {"operationName":"NotReady"} -> AgentNotReady { dn: Dn(5001), work_mode: Unknown }
        POST /api/v2/me/channels/voice {"operationName":"Offline"} -> AgentLogout { dn: Dn(5001) }
    "#]]
    .assert_eq(&seen);

    let state = |bench: &mut Bench| bench.get(&browser, "/api/v2/me/state").1;
    assert_eq!(state(&mut bench)["state"], "NotReady");
    bench.agent_with("5001", "5001", AgentState::NotReady, WorkMode::Unknown, Some("Lunch"));
    let lunch = state(&mut bench);
    assert_eq!((&lunch["state"], &lunch["reason"]), (&json!("NotReady"), &json!("Lunch")));
    assert_eq!(lunch["userState"]["displayName"], "Lunch");
    bench.agent_with("5001", "5001", AgentState::AfterCallWork, WorkMode::AfterCallWork, None);
    assert_eq!(state(&mut bench)["state"], "AfterCallWork");
    bench.agent("5001", "5001", AgentState::LoggedOut);
    assert_eq!(state(&mut bench)["state"], "LoggedOut");
}

#[test]
fn after_call_work_is_extended_and_tells_when_it_ends() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let cases = [
        ("PUT", "/api/v2/me/state", json!({"state": "AfterCallWork", "wrapUpTime": 60}), Some(60)),
        (
            "POST",
            "/api/v2/me/channels/voice",
            json!({"operationName": "AfterCallWork", "wrapUpTime": 0}),
            Some(0),
        ),
        ("POST", "/api/v2/me", json!({"operationName": "AfterCallWork"}), None),
    ];
    for (method, path, body, seconds) in cases {
        let id = bench.send(&browser, method, path, &body);
        let request = bench.requests.remove(0);
        let extensions = seconds.map(|s: i64| KvList::new().with("WrapUpTime", s));
        assert_eq!(request.extensions, extensions.unwrap_or_default());
        bench.accept(request.reference);
        assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    }
    let wrap_up = |bench: &mut Bench, seconds: i64| {
        bench.event(EventName::AgentNotReady, "5001", |event| {
            event.agent = Some(AgentAttributes {
                agent: "5001".into(),
                state: AgentState::AfterCallWork,
                work_mode: WorkMode::AfterCallWork,
                reason: None,
            });
            event.extensions = KvList::new().with("WrapUpTime", seconds);
        });
    };
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/state", "/v2/me/devices"]);
    let held = comet.connect(&mut bench);
    let ends = bench.now.unix_ms() + 30_000;
    wrap_up(&mut bench, 30);
    let device = Comet::brought(&mut bench, held).remove(0);
    assert_eq!(device["data"]["devices"][0]["userState"]["wrapUpEndsAt"], ends);
    let held = comet.connect(&mut bench);
    let state = Comet::brought(&mut bench, held).remove(0);
    assert_eq!(state["data"]["wrapUpEndsAt"], ends);
    bench.seconds(10);
    let shown = bench.get(&browser, "/api/v2/me/state").1;
    assert_eq!((&shown["state"], &shown["wrapUpEndsAt"]), (&json!("AfterCallWork"), &json!(ends)));
    assert_eq!(shown["userState"]["wrapUpEndsAt"], ends);

    // Asked for anew it begins anew; without an end there is nothing to tell.
    wrap_up(&mut bench, 60);
    let shown = bench.get(&browser, "/api/v2/me/state").1;
    assert_eq!(shown["wrapUpEndsAt"], ends + 40_000);
    wrap_up(&mut bench, 0);
    assert_eq!(bench.get(&browser, "/api/v2/me/state").1["wrapUpEndsAt"], Value::Null);
    wrap_up(&mut bench, 60);
    bench.agent("5001", "5001", AgentState::Ready);
    assert_eq!(bench.get(&browser, "/api/v2/me/state").1["wrapUpEndsAt"], Value::Null);
}

#[test]
fn a_state_that_is_so_already_is_no_error() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let id = bench.send(&browser, "PUT", "/api/v2/me/state", &json!({"state": "NotReady"}));
    let (reference, _) = bench.asked();
    bench.refuse(reference, TError::AlreadyInState, "is so");
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
}

#[test]
fn the_plain_form_logs_the_agent_in_first_and_the_genuine_form_says_what_is_missing() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    let browser = bench.browser("agent5001");
    let ready = json!({"operationName": "Ready"});
    let (status, body) = bench.ask(&browser, "POST", "/api/v2/me/channels/voice", &ready);
    assert_eq!((status, &body["errorCode"]), (409, &json!("SessionNotStarted")));

    let id = bench.send(&browser, "PUT", "/api/v2/me/state", &json!({"state": "Ready"}));
    let (reference, request) = bench.asked();
    assert_eq!(request, login_request());
    // The switch accepts before its event is out.
    bench.accept(reference);
    let (reference, request) = bench.asked();
    assert!(matches!(request, Request::AgentReady { .. }));
    bench.agent("5001", "5001", AgentState::NotReady);
    bench.accept(reference);
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));

    // After that the genuine form works too, also from Offline.
    bench.agent("5001", "5001", AgentState::LoggedOut);
    bench.send(&browser, "POST", "/api/v2/me/channels/voice", &ready);
    assert_eq!(bench.asked().1, login_request());
}

#[test]
fn a_refused_login_gives_the_seat_back_and_says_who_sits_there() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    let (early, late) = (agent(&mut bench), bench.browser("late5001"));
    let id = start(&mut bench, &late);
    let (reference, request) = bench.asked();
    assert!(matches!(request, Request::AgentLogin { agent, .. } if agent.as_str() == "6001"));
    bench.refuse(reference, TError::ResourceSeized, "Agent 5001 is logged in at 5001.");
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (409, &json!(19)));
    assert_eq!(body["statusMessage"], "Agent 5001 is logged in at 5001.");
    // They share a phone, not a state.
    let state = |bench: &mut Bench, of: &Browser| bench.get(of, "/api/v2/me/state").1;
    assert_eq!(state(&mut bench, &early)["state"], "NotReady");
    assert_eq!(state(&mut bench, &late)["state"], "LoggedOut");
}

#[test]
fn a_switch_that_does_not_answer_is_not_waited_for_without_end() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let id = bench.send(&browser, "PUT", "/api/v2/me/state", &json!({"state": "Ready"}));
    bench.seconds(5);
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (500, &json!(9)));
    let (reference, _) = bench.asked();
    bench.accept(reference);
    assert!(bench.responses.is_empty());
}

#[test]
fn a_second_browser_is_told_who_sits_there_until_the_first_is_closed() {
    let mut bench = Bench::new();
    let first = agent(&mut bench);
    let comet = Comet::open(&mut bench, &first, &["/v2/me/calls"]);
    let held = comet.connect(&mut bench);
    bench.seconds(25);
    let second = bench.browser("agent5001");
    let id = start(&mut bench, &second);
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (409, &json!(19)));
    assert_eq!(body["statusMessage"], "Agent agent5001 is already signed in at another browser.");
    assert!(body["hint"].as_str().unwrap().contains("Sign out there"));
    // Reading, and states of an agent who is logged in, are open to every session.
    assert_eq!(bench.get(&second, "/api/v2/me/state").1["state"], "NotReady");
    bench.send(&second, "PUT", "/api/v2/me/state", &json!({"state": "Ready"}));
    assert!(matches!(bench.asked().1, Request::AgentReady { .. }));

    // The first browser is closed; its long poll ends with it.
    bench.input(desk::Input::Api(model::api::ApiInput::Abandoned { id: held }));
    let id = start(&mut bench, &second);
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    assert!(bench.requests.is_empty(), "the agent is still logged in: nothing to ask");
}

#[test]
fn a_reload_keeps_session_and_agent() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let held = comet.connect(&mut bench);
    bench.input(desk::Input::Api(model::api::ApiInput::Abandoned { id: held }));
    bench.seconds(2);
    let id = start(&mut bench, &browser);
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    let again = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    for _ in 0..10 {
        again.connect(&mut bench);
        bench.seconds(30);
    }
    assert!(bench.requests.is_empty());
    assert_eq!(bench.get(&browser, "/api/v2/me/state").1["state"], "NotReady");
}

#[test]
fn a_new_login_in_the_same_browser_goes_on_where_the_agent_was() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let body = json!({"username": "agent5001", "password": "demo"});
    let id = bench.send(&browser, "POST", "/api/v2/login", &body);
    let mut again = Browser::default();
    again.learn(&bench.response(id));
    assert_eq!(bench.get(&browser, "/api/v2/me").0, 403, "the old session is over");
    let id = start(&mut bench, &again);
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    assert!(bench.requests.is_empty());
}

#[test]
fn an_agent_whose_browsers_are_gone_is_logged_out_after_a_minute() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    comet.connect(&mut bench);
    bench.seconds(30);
    bench.seconds(59);
    assert!(bench.requests.is_empty());
    bench.seconds(1);
    assert_eq!(bench.asked().1, Request::AgentLogout { dn: "5001".into() });
}

#[test]
fn a_request_shows_that_somebody_is_there() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    for _ in 0..5 {
        bench.seconds(50);
        bench.get(&browser, "/api/v2/me/state");
    }
    assert!(bench.requests.is_empty());
    bench.seconds(60);
    assert_eq!(bench.asked().1, Request::AgentLogout { dn: "5001".into() });
}

#[test]
fn a_program_without_bayeux_is_not_absent() {
    let mut bench = Bench::new();
    agent(&mut bench);
    bench.seconds(29 * 60);
    assert!(bench.requests.is_empty());
    bench.seconds(61);
    assert_eq!(bench.asked().1, Request::AgentLogout { dn: "5001".into() }, "the session ended");
}

#[test]
fn a_call_is_finished_before_an_absent_agent_is_logged_out() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    bench.call(EventName::Ringing, "5001", &KvList::new(), KvList::new());
    bench.call(EventName::Established, "5001", &KvList::new(), KvList::new());
    bench.seconds(600);
    assert!(bench.requests.is_empty());
    bench.call(EventName::Released, "5001", &KvList::new(), KvList::new());
    assert_eq!(bench.asked().1, Request::AgentLogout { dn: "5001".into() });
    drop(comet);
}

#[test]
fn the_end_of_the_session_logs_agent_and_person_out() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    let end = json!({"operationName": "EndContactCenterSession"});
    let id = bench.send(&browser, "POST", "/api/v2/me", &end);
    let (reference, request) = bench.asked();
    assert_eq!(request, Request::AgentLogout { dn: "5001".into() });
    bench.refuse(reference, TError::InvalidCallState, "Finish the call first.");
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (409, &json!(2)));
    assert_eq!(bench.get(&browser, "/api/v2/me").0, 200);

    let id = bench.send(&browser, "POST", "/api/v2/me", &end);
    let (reference, _) = bench.asked();
    bench.accept(reference);
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
    assert!(bench.requests.is_empty());
    assert_eq!(bench.get(&browser, "/api/v2/me").0, 403);
}

#[test]
fn bodies_that_can_not_be_read_reach_no_switch() {
    let mut bench = Bench::new();
    let browser = agent(&mut bench);
    for (method, path) in
        [("PUT", "/api/v2/me/state"), ("POST", "/api/v2/me"), ("POST", "/api/v2/me/channels/voice")]
    {
        for body in [Value::Null, json!([]), json!({}), json!({"state": 1, "operationName": 1})] {
            let (status, answer) = bench.ask(&browser, method, path, &body);
            assert_eq!(status, 400, "{method} {path} {body}: {answer}");
        }
    }
    assert!(bench.requests.is_empty());
}
