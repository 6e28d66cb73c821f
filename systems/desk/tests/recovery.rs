//! A browser is closed and opened again: the agent goes on where he or she was, with the calls.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Bench, Browser, comet::Comet, switch::UUID};
use desk::Input;
use model::{
    AgentState, EventName, KvList, Request,
    api::{ApiId, ApiInput, SocketId},
};
use serde_json::{Value, json};

fn start(bench: &mut Bench, browser: &Browser) -> (u16, Value) {
    let body = json!({"operationName": "StartContactCenterSession", "channels": ["voice"]});
    let id = bench.send(browser, "POST", "/api/v2/me", &body);
    if !bench.requests.is_empty() {
        let (reference, request) = bench.asked();
        assert!(matches!(request, Request::AgentLogin { .. }), "{request:?}");
        bench.accept(reference);
        bench.agent("5001", "5001", AgentState::Ready);
    }
    bench.answer(id)
}

fn done() -> (u16, Value) {
    (200, json!({"statusCode": 0}))
}

/// An agent who talks, with a browser that listens by long-polling.
fn talking(bench: &mut Bench) -> (Browser, ApiId) {
    bench.phone("5001", true);
    let browser = bench.browser("agent5001");
    assert_eq!(start(bench, &browser), done());
    let comet = Comet::open(bench, &browser, &["/v2/me/calls"]);
    bench.call(EventName::Ringing, "5001", &KvList::new(), KvList::new());
    bench.call(EventName::Established, "5001", &KvList::new(), KvList::new());
    let first = comet.connect(bench);
    assert_eq!(Comet::brought(bench, first).len(), 2, "it rings, and they talk");
    let held = comet.connect(bench);
    (browser, held)
}

/// Somebody else's hands on the same account: a browser without the old cookie.
fn taken_over(bench: &mut Bench) -> Browser {
    let again = bench.browser("agent5001");
    assert_eq!(start(bench, &again), done());
    assert!(bench.requests.is_empty(), "the agent is logged in: the switch is asked nothing");
    again
}

/// The seat is this browser's, with the state and the call as they are.
fn works(bench: &mut Bench, browser: &Browser) {
    let (_, body) = bench.get(browser, "/api/v2/me?subresources=*");
    let (call, device) = (&body["user"]["calls"][0], &body["user"]["devices"][0]);
    assert_eq!((&call["id"], &call["state"]), (&json!(UUID), &json!("Established")));
    assert_eq!(device["userState"]["state"], "Ready");
    let path = format!("/api/v2/me/calls/{UUID}");
    let id = bench.send(browser, "PUT", &path, &json!({"action": "release"}));
    let (reference, request) = bench.asked();
    assert!(matches!(request, Request::ReleaseCall { .. }));
    bench.accept(reference);
    assert_eq!(bench.answer(id), done());
}

#[test]
fn a_browser_that_is_opened_again_takes_the_seat_with_its_call_at_once() {
    let mut bench = Bench::new();
    let (old, held) = talking(&mut bench);
    bench.seconds(1);
    bench.input(Input::Api(ApiInput::Abandoned { id: held }));
    let again = taken_over(&mut bench);
    works(&mut bench, &again);
    let (status, body) = start(&mut bench, &old);
    assert_eq!((status, &body["errorCode"]), (409, &json!("AgentInUse")));

    // The one who left is waited for no more.
    let comet = Comet::open(&mut bench, &again, &["/v2/me/calls"]);
    for _ in 0..6 {
        comet.connect(&mut bench);
        bench.seconds(30);
    }
    assert!(bench.requests.is_empty());
}

#[test]
fn a_websocket_that_closes_and_a_client_that_says_goodbye_leave_the_seat_too() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    let mut browser = bench.browser("agent5001");
    assert_eq!(start(&mut bench, &browser), done());
    for number in 1..=2 {
        let request = bench.request(&browser, "GET", "/notifications", "");
        let socket = SocketId(number);
        bench.input(Input::Api(ApiInput::SocketOpened { socket, request }));
        let say = |bench: &mut Bench, message: &Value| {
            let text = json!([message]).to_string();
            bench.input(Input::Api(ApiInput::SocketText { socket, text }));
            bench.frames.pop().map(|(_, reply)| reply)
        };
        let shaken = say(
            &mut bench,
            &json!({"channel": "/meta/handshake", "version": "1.0",
                    "supportedConnectionTypes": ["websocket"]}),
        );
        let client = shaken.unwrap()["clientId"].clone();
        say(&mut bench, &json!({"channel": "/meta/connect", "clientId": client}));
        let other = bench.browser("agent5001");
        assert_eq!(start(&mut bench, &other).0, 409, "the first one listens");
        if number == 1 {
            bench.input(Input::Api(ApiInput::SocketClosed { socket }));
        } else {
            say(&mut bench, &json!({"channel": "/meta/disconnect", "clientId": client}));
        }
        browser = taken_over(&mut bench);
    }
}

#[test]
fn a_browser_that_vanished_without_a_word_keeps_the_seat_for_a_while() {
    let mut bench = Bench::new();
    let (_, held) = talking(&mut bench);
    let again = bench.browser("agent5001");
    assert_eq!(start(&mut bench, &again).0, 409);
    // Its last connect is answered, and no other comes.
    bench.seconds(30);
    Comet::brought(&mut bench, held);
    bench.seconds(31);
    let again = taken_over(&mut bench);
    works(&mut bench, &again);
}

#[test]
fn a_page_that_is_loaded_again_is_not_gone() {
    let mut bench = Bench::new();
    let (browser, held) = talking(&mut bench);
    bench.input(Input::Api(ApiInput::Abandoned { id: held }));
    bench.get(&browser, "/api/v2/me");
    let other = bench.browser("agent5001");
    assert_eq!(start(&mut bench, &other).0, 409);
    works(&mut bench, &browser);
}

#[test]
fn after_the_sessions_end_the_call_is_found_and_the_agent_stays() {
    let mut bench = Bench::new();
    let (old, held) = talking(&mut bench);
    bench.input(Input::Api(ApiInput::Abandoned { id: held }));
    // Long past absence and the session's life; the call has kept the agent.
    bench.seconds(45 * 60);
    assert_eq!(bench.get(&old, "/api/v2/me").0, 403);
    assert!(bench.requests.is_empty());
    let again = taken_over(&mut bench);
    works(&mut bench, &again);
    bench.call(EventName::Released, "5001", &KvList::new(), KvList::new());
    assert!(bench.requests.is_empty(), "nobody is to leave any more");
    bench.seconds(120);
    assert!(bench.requests.is_empty());
}

#[test]
fn an_agent_whom_a_program_logged_in_is_taken_over_as_he_is() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    bench.agent("5001", "5001", AgentState::Ready);
    bench.call(EventName::Ringing, "5001", &KvList::new(), KvList::new());
    bench.call(EventName::Established, "5001", &KvList::new(), KvList::new());
    let browser = taken_over(&mut bench);
    works(&mut bench, &browser);
}
