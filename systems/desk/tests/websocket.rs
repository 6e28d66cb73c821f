//! Bayeux over WebSocket: who may open one, pushes at any time, reconnects, and the ack extension.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Bench, Browser};
use desk::Input;
use model::{
    AgentState, WorkMode,
    api::{ApiInput, ApiOutput, SocketId},
};
use serde_json::{Value, json};

fn open(bench: &mut Bench, browser: &Browser, number: u64) -> Option<ApiOutput> {
    open_at(bench, browser, number, "/notifications")
}

fn open_at(bench: &mut Bench, browser: &Browser, number: u64, path: &str) -> Option<ApiOutput> {
    let request = bench.request(browser, "GET", path, "");
    bench.input(Input::Api(ApiInput::SocketOpened { socket: SocketId(number), request }));
    bench.sockets.pop()
}

fn say(bench: &mut Bench, number: u64, messages: &Value) -> Vec<Value> {
    bench.frames.clear();
    let text = messages.to_string();
    bench.input(Input::Api(ApiInput::SocketText { socket: SocketId(number), text }));
    heard(bench, number)
}

fn heard(bench: &mut Bench, number: u64) -> Vec<Value> {
    let frames = std::mem::take(&mut bench.frames);
    frames
        .into_iter()
        .map(|(socket, message)| {
            assert_eq!(socket, SocketId(number));
            message
        })
        .collect()
}

fn accepted(number: u64) -> Option<ApiOutput> {
    Some(ApiOutput::SocketAccept { socket: SocketId(number) })
}

fn refused(number: u64, status: u16) -> Option<ApiOutput> {
    Some(ApiOutput::SocketRefuse { socket: SocketId(number), status })
}

fn shake(bench: &mut Bench, number: u64, ext: &Value) -> String {
    let handshake = json!([{"id": "1", "channel": "/meta/handshake", "version": "1.0",
        "supportedConnectionTypes": ["websocket", "long-polling"], "ext": ext}]);
    let replies = say(bench, number, &handshake);
    assert_eq!(replies[0]["successful"], true, "{replies:?}");
    replies[0]["clientId"].as_str().unwrap().to_owned()
}

fn subscribe(bench: &mut Bench, number: u64, client: &str) {
    let message = json!([{"channel": "/meta/subscribe", "clientId": client,
        "subscription": "/v2/me/devices"}]);
    assert_eq!(say(bench, number, &message)[0]["successful"], true);
}

fn change_state(bench: &mut Bench, reason: &str) {
    let unknown = WorkMode::Unknown;
    bench.agent_with("5001", "5001", AgentState::NotReady, unknown, Some(reason));
}

fn reason(message: &Value) -> &str {
    message["data"]["devices"][0]["userState"]["reason"].as_str().unwrap()
}

#[test]
fn messages_come_at_any_time_and_the_connect_is_a_sign_of_life() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    assert_eq!(open(&mut bench, &browser, 1), accepted(1));
    let client = shake(&mut bench, 1, &json!({}));
    let first = json!([{"id": "2", "channel": "/meta/connect", "clientId": client,
        "connectionType": "websocket", "advice": {"timeout": 0}}]);
    assert_eq!(say(&mut bench, 1, &first)[0]["id"], "2");
    subscribe(&mut bench, 1, &client);
    let connect = json!([{"id": "3", "channel": "/meta/connect", "clientId": client}]);
    assert_eq!(say(&mut bench, 1, &connect), Vec::<Value>::new());
    for word in ["Lunch", "Break"] {
        change_state(&mut bench, word);
        let messages = heard(&mut bench, 1);
        assert_eq!((messages.len(), reason(&messages[0])), (1, word));
    }
    bench.seconds(30);
    let messages = heard(&mut bench, 1);
    assert_eq!(messages, [json!({"id": "3", "channel": "/meta/connect", "successful": true})]);
}

#[test]
fn with_acknowledgements_every_message_travels_with_a_connect() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    open(&mut bench, &browser, 1);
    let client = shake(&mut bench, 1, &json!({"ack": true}));
    subscribe(&mut bench, 1, &client);
    change_state(&mut bench, "Lunch");
    assert_eq!(heard(&mut bench, 1), Vec::<Value>::new());
    let connect =
        |ack: u64| json!([{"channel": "/meta/connect", "clientId": client, "ext": {"ack": ack}}]);
    let messages = say(&mut bench, 1, &connect(0));
    assert_eq!((messages.len(), reason(&messages[0])), (2, "Lunch"));
    assert_eq!(messages[1]["ext"]["ack"], 1);
    assert_eq!(say(&mut bench, 1, &connect(1)), Vec::<Value>::new());
    change_state(&mut bench, "Break");
    let messages = heard(&mut bench, 1);
    assert_eq!((messages.len(), reason(&messages[0])), (2, "Break"));

    // The socket breaks before the batch was acknowledged; on the next it comes again.
    bench.input(Input::Api(ApiInput::SocketClosed { socket: SocketId(1) }));
    open(&mut bench, &browser, 2);
    let messages = say(&mut bench, 2, &connect(1));
    assert_eq!((messages.len(), reason(&messages[0])), (2, "Break"));
}

#[test]
fn a_client_comes_back_on_another_socket_and_finds_what_it_missed() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    open(&mut bench, &browser, 1);
    let client = shake(&mut bench, 1, &json!({}));
    subscribe(&mut bench, 1, &client);
    let connect = json!([{"id": "3", "channel": "/meta/connect", "clientId": client}]);
    say(&mut bench, 1, &connect);
    bench.input(Input::Api(ApiInput::SocketClosed { socket: SocketId(1) }));
    change_state(&mut bench, "Lunch");
    bench.seconds(20);
    open(&mut bench, &browser, 2);
    let messages = say(&mut bench, 2, &connect);
    assert_eq!((messages.len(), reason(&messages[0])), (1, "Lunch"));
    bench.input(Input::Api(ApiInput::SocketClosed { socket: SocketId(2) }));
    bench.seconds(30);
    open(&mut bench, &browser, 3);
    assert_eq!(say(&mut bench, 3, &connect)[0]["error"], "402::Unknown client");
}

#[test]
fn pages_of_other_sites_and_stale_cookies_open_nothing() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let foreign = browser.clone().with_header("origin", "https://evil.test");
    assert_eq!(open(&mut bench, &foreign, 1), refused(1, 403));
    let own = browser.clone().with_header("origin", "http://desk.test:8080");
    assert_eq!(open(&mut bench, &own, 2), accepted(2));
    let stale = Browser { cookie: Some("0".repeat(32)), ..Browser::default() };
    assert_eq!(open(&mut bench, &stale, 3), refused(3, 403));
    assert_eq!(open(&mut bench, &Browser::basic("agent5001", "demo"), 4), accepted(4));
    assert_eq!(open(&mut bench, &Browser::basic("agent5001", "wrong"), 5), refused(5, 403));
    assert_eq!(open_at(&mut bench, &browser, 6, "/ws"), refused(6, 404));
}

#[test]
fn a_handshake_may_carry_its_own_credentials() {
    let mut bench = Bench::new();
    let nobody = Browser::default();
    assert_eq!(open(&mut bench, &nobody, 1), accepted(1));
    let bare = json!([{"channel": "/meta/handshake", "version": "1.0"}]);
    let replies = say(&mut bench, 1, &bare);
    assert_eq!(replies[0]["error"], "403::Access denied");
    assert_eq!(replies[0]["advice"], json!({"reconnect": "none"}));
    let wrong = json!([{"channel": "/meta/handshake",
        "ext": {"authentication": {"user": "agent5001", "credentials": "wrong"}}}]);
    assert_eq!(say(&mut bench, 1, &wrong)[0]["successful"], false);
    let right = json!({"authentication": {"user": "agent5001", "credentials": "demo"}});
    let client = shake(&mut bench, 1, &right);
    subscribe(&mut bench, 1, &client);
    change_state(&mut bench, "Lunch");
    assert_eq!(reason(&heard(&mut bench, 1)[0]), "Lunch");

    assert_eq!(open(&mut bench, &nobody, 2), accepted(2));
    let header = Browser::basic("agent5002", "demo").basic;
    shake(&mut bench, 2, &json!({"authorization": header}));
}

#[test]
fn a_socket_that_never_says_who_it_is_is_closed() {
    let mut bench = Bench::new();
    open(&mut bench, &Browser::default(), 1);
    let connect = json!([{"channel": "/meta/connect", "clientId": "x"}]);
    assert_eq!(say(&mut bench, 1, &connect)[0]["error"], "402::Unknown client");
    bench.seconds(10);
    assert_eq!(bench.sockets, [ApiOutput::SocketClose { socket: SocketId(1) }]);
    bench.sockets.clear();
    for number in 2..=65 {
        assert_eq!(open(&mut bench, &Browser::default(), number), accepted(number));
    }
    assert_eq!(open(&mut bench, &Browser::default(), 66), refused(66, 503));
}

#[test]
fn what_is_not_bayeux_closes_the_socket() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    open(&mut bench, &browser, 1);
    assert_eq!(say(&mut bench, 1, &json!(5)), Vec::<Value>::new());
    assert_eq!(bench.sockets, [ApiOutput::SocketClose { socket: SocketId(1) }]);
}

#[test]
fn a_logout_answers_the_connect_and_closes_the_socket() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    open(&mut bench, &browser, 1);
    let client = shake(&mut bench, 1, &json!({}));
    let connect = json!([{"id": "3", "channel": "/meta/connect", "clientId": client}]);
    say(&mut bench, 1, &connect);
    bench.ask(&browser, "POST", "/api/v2/logout", &json!({}));
    assert_eq!(heard(&mut bench, 1)[0]["advice"], json!({"reconnect": "none"}));
    assert_eq!(bench.sockets, [ApiOutput::SocketClose { socket: SocketId(1) }]);
}

#[test]
fn a_disconnect_answers_the_held_connect_too() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    open(&mut bench, &browser, 1);
    let client = shake(&mut bench, 1, &json!({}));
    say(&mut bench, 1, &json!([{"id": "3", "channel": "/meta/connect", "clientId": client}]));
    let bye = json!([{"id": "4", "channel": "/meta/disconnect", "clientId": client}]);
    let replies = say(&mut bench, 1, &bye);
    let channels: Vec<&str> = replies.iter().map(|r| r["channel"].as_str().unwrap()).collect();
    assert_eq!(channels, ["/meta/connect", "/meta/disconnect"]);
    assert!(bench.metric("cordboard_desk_bayeux_clients") < 0.5);
}
