//! Bayeux over long-polling in CometD's order: handshake, connects, subscriptions, pushes, the ack
//! and timesync extensions, time-outs, overflow, and the ways out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::time::Duration;

use common::{Bench, Browser, comet::Comet};
use desk::Input;
use model::{AgentState, EventName, KvList, api::ApiInput};
use serde_json::{Value, json};

fn change_state(bench: &mut Bench, reason: &str) {
    let unknown = model::WorkMode::Unknown;
    bench.agent_with("5001", "5001", AgentState::NotReady, unknown, Some(reason));
}

fn reasons(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|m| m["data"]["devices"][0]["userState"]["reason"].as_str().unwrap())
        .collect()
}

#[test]
fn the_order_of_cometd_is_served() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let (comet, reply) = Comet::shake(&mut bench, &browser, &json!({}));
    assert_eq!(reply["id"], "1");
    assert_eq!(reply["version"], "1.0");
    assert_eq!(reply["supportedConnectionTypes"], json!(["websocket", "long-polling"]));
    assert_eq!(
        reply["advice"],
        json!({"reconnect": "retry", "interval": 0, "timeout": 30000, "maxInterval": 30000})
    );
    assert_eq!(reply.get("ext"), None);

    // The first connect and the subscriptions travel side by side.
    let connect = json!({"id": "2", "channel": "/meta/connect", "advice": {"timeout": 0}});
    let connect = comet.send(&mut bench, &connect);
    let (status, replies) = bench.answer(connect);
    assert_eq!((status, replies.as_array().unwrap().len()), (200, 1));
    assert_eq!(replies[0]["id"], "2");
    let both = comet.subscribe(&mut bench, &json!(["/v2/me/calls", "/v2/me/devices"]));
    assert_eq!(both["subscription"], json!(["/v2/me/calls", "/v2/me/devices"]));

    let held = comet.connect(&mut bench);
    assert!(bench.responses.is_empty(), "held");
    change_state(&mut bench, "Lunch");
    let pushed = Comet::brought(&mut bench, held);
    assert_eq!(pushed.len(), 1);
    assert_eq!(pushed[0]["channel"], "/v2/me/devices");
    assert_eq!(pushed[0]["data"]["messageType"], "DeviceStateChangeMessage");
    assert_eq!(reasons(&pushed), ["Lunch"]);

    // What happens between two connects comes with the next.
    change_state(&mut bench, "Break");
    change_state(&mut bench, "Meeting");
    let next = comet.connect(&mut bench);
    let pushed = Comet::brought(&mut bench, next);
    assert_eq!(reasons(&pushed), ["Break", "Meeting"]);

    let held = comet.connect(&mut bench);
    let bye = comet.send(&mut bench, &json!({"id": "7", "channel": "/meta/disconnect"}));
    let (_, replies) = bench.answer(bye);
    assert_eq!(replies, json!([{"id": "7", "channel": "/meta/disconnect", "successful": true}]));
    assert_eq!(bench.answer(held).1[0]["advice"], json!({"reconnect": "none"}));
    assert!(bench.metric("cordboard_desk_bayeux_clients") < 0.5);
}

#[test]
fn a_quiet_connect_is_answered_after_30_seconds_and_never_by_an_empty_array() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    for _ in 0..3 {
        let held = comet.connect(&mut bench);
        bench.pass(Duration::from_millis(29_999));
        assert!(bench.responses.is_empty());
        bench.pass(Duration::from_millis(1));
        let (status, replies) = bench.answer(held);
        assert_eq!(status, 200);
        assert_eq!(replies, json!([{"id": "9", "channel": "/meta/connect", "successful": true}]));
    }
    // A client that wants to be held for less is.
    let short = json!({"channel": "/meta/connect", "advice": {"timeout": 5000}});
    let held = comet.send(&mut bench, &short);
    bench.seconds(5);
    assert_eq!(bench.answer(held).0, 200);
}

#[test]
fn every_base_and_form_of_path_speaks_bayeux() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let handshake = json!([{"channel": "/meta/handshake", "version": "1.0"}]);
    for base in ["/notifications", "/api/v2/notifications", "/genesys/cometd"] {
        for path in ["", "/", "/handshake"] {
            let path = format!("{base}{path}");
            let (status, replies) = bench.ask(&browser, "POST", &path, &handshake);
            assert_eq!((status, &replies[0]["successful"]), (200, &json!(true)), "{path}");
        }
        assert_eq!(bench.get(&browser, base).0, 405);
    }
    let single = bench.ask(&browser, "POST", "/notifications", &handshake[0].clone()).1;
    assert_eq!(single[0]["successful"], true, "a single object is answered with an array");
}

#[test]
fn a_handshake_without_a_session_is_403_with_status_code_20() {
    let mut bench = Bench::new();
    let handshake = json!([{"channel": "/meta/handshake", "version": "1.0"}]);
    let nobody = Browser::default();
    let (status, body) = bench.ask(&nobody, "POST", "/notifications/handshake", &handshake);
    assert_eq!((status, &body["statusCode"]), (403, &json!(20)));
    let basic = Browser::basic("agent5001", "demo");
    assert_eq!(bench.ask(&basic, "POST", "/notifications/handshake", &handshake).0, 200);
    let foreign = bench.browser("agent5001").with_header("origin", "https://evil.test");
    let (status, body) = bench.ask(&foreign, "POST", "/notifications/handshake", &handshake);
    assert_eq!((status, &body["errorCode"]), (403, &json!("ForeignOrigin")));
}

#[test]
fn a_client_that_is_not_known_is_told_to_shake_hands() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let strange = Comet { browser: browser.clone(), client: "0".repeat(32) };
    // Another session may not speak for a client, even when it knows its id.
    let other = bench.browser("agent5002");
    let thief = Comet { browser: other, client: comet.client };
    for client in [strange, thief] {
        let id = client.connect(&mut bench);
        let (status, replies) = bench.answer(id);
        assert_eq!((status, &replies[0]["error"]), (200, &json!("402::Unknown client")));
        assert_eq!(replies[0]["advice"], json!({"reconnect": "handshake", "interval": 0}));
        let reply = client.subscribe(&mut bench, &json!("/v2/me/calls"));
        assert_eq!(reply["error"], "402::Unknown client");
    }
}

#[test]
fn a_client_lives_for_30_seconds_without_a_connect_and_misses_nothing_meanwhile() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/devices"]);
    let held = comet.connect(&mut bench);
    bench.input(Input::Api(ApiInput::Abandoned { id: held }));
    change_state(&mut bench, "Lunch");
    bench.seconds(29);
    let again = comet.connect(&mut bench);
    assert_eq!(reasons(&Comet::brought(&mut bench, again)), ["Lunch"]);
    bench.seconds(30);
    let late = comet.connect(&mut bench);
    assert_eq!(bench.answer(late).1[0]["error"], "402::Unknown client");
}

#[test]
fn wildcards_are_heard_and_what_is_not_ones_own_is_refused() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/*"]);
    let held = comet.connect(&mut bench);
    bench.call(EventName::Ringing, "5001", &KvList::new(), KvList::new());
    assert_eq!(Comet::brought(&mut bench, held)[0]["channel"], "/v2/me/calls");
    for channel in ["/v2/users", "/v2/other", "/meta/connect", "/v3/*", "me"] {
        let reply = comet.subscribe(&mut bench, &json!(channel));
        assert_eq!(reply["successful"], false, "{channel}");
        assert!(reply["error"].as_str().unwrap().starts_with("403:"), "{reply}");
    }
    let reply = comet.subscribe(&mut bench, &json!("/v2/**"));
    assert_eq!(reply["successful"], true);
    // Others' calls are not heard, whatever the wildcard.
    let held = comet.connect(&mut bench);
    bench.agent("5002", "5002", AgentState::Ready);
    bench.call(EventName::Ringing, "5002", &KvList::new(), KvList::new());
    assert!(!bench.responses.contains_key(&held));
}

#[test]
fn unsubscribing_ends_the_pushes() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/devices"]);
    let gone = json!({"channel": "/meta/unsubscribe", "subscription": "/v2/me/devices"});
    let id = comet.send(&mut bench, &gone);
    assert_eq!(bench.answer(id).1[0]["subscription"], "/v2/me/devices");
    let held = comet.connect(&mut bench);
    change_state(&mut bench, "Lunch");
    assert!(!bench.responses.contains_key(&held));
}

#[test]
fn publishing_is_refused() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let held = comet.connect(&mut bench);
    let forged = json!({"id": "5", "channel": "/v2/me/calls", "data": {"callId": "1"}});
    let id = comet.send(&mut bench, &forged);
    let reply = &bench.answer(id).1[0];
    assert_eq!((&reply["id"], &reply["successful"]), (&json!("5"), &json!(false)));
    assert!(reply["error"].as_str().unwrap().starts_with("403:/v2/me/calls:"));
    assert!(!bench.responses.contains_key(&held));
}

#[test]
fn every_page_of_a_person_is_told_and_each_person_only_of_himself() {
    let mut bench = Bench::new();
    let (one, two) = (bench.browser("agent5001"), bench.browser("agent5001"));
    let other = bench.browser("agent5002");
    let pages: Vec<Comet> = [&one, &one, &two]
        .map(|browser| Comet::open(&mut bench, browser, &["/v2/me/devices"]))
        .into();
    let stranger = Comet::open(&mut bench, &other, &["/v2/me/devices"]);
    let held: Vec<_> = pages.iter().map(|page| page.connect(&mut bench)).collect();
    let not_told = stranger.connect(&mut bench);
    change_state(&mut bench, "Lunch");
    for held in held {
        assert_eq!(reasons(&Comet::brought(&mut bench, held)), ["Lunch"]);
    }
    assert!(!bench.responses.contains_key(&not_told));
}

#[test]
fn supervisors_hear_of_every_agents_state() {
    let mut bench = Bench::new();
    let browser = bench.browser("supervisor");
    let comet = Comet::open(&mut bench, &browser, &["/v2/users"]);
    let held = comet.connect(&mut bench);
    change_state(&mut bench, "Lunch");
    let data = &Comet::brought(&mut bench, held)[0]["data"];
    assert_eq!(data["messageType"], "UserStateChangeMessage");
    assert_eq!(data["user"]["userName"], "agent5001");
    assert_eq!(data["user"]["userState"]["reason"], "Lunch");
}

#[test]
fn a_client_that_does_not_fetch_is_dropped_and_shakes_hands_again() {
    let mut bench = Bench::with(|settings| settings.limits.queue = 10);
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/devices"]);
    for _ in 0..11 {
        change_state(&mut bench, "Lunch");
    }
    assert!(bench.metric("cordboard_desk_clients_overflowed_total") > 0.5);
    let late = comet.connect(&mut bench);
    assert_eq!(bench.answer(late).1[0]["error"], "402::Unknown client");
}

#[test]
fn clients_are_bounded_and_idle_ones_make_room() {
    let mut bench = Bench::with(|settings| settings.limits.clients = 3);
    let browser = bench.browser("agent5001");
    let busy = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let held = busy.connect(&mut bench);
    for _ in 0..5 {
        Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    }
    assert!(bench.metric("cordboard_desk_bayeux_clients") < 3.5);
    assert!(!bench.responses.contains_key(&held), "the one that is in use stays");
}

#[test]
fn a_copied_page_does_not_poll_against_the_first() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/devices"]);
    let first = comet.connect(&mut bench);
    let second = comet.connect(&mut bench);
    assert_eq!(bench.answer(first).1[0]["advice"], json!({"reconnect": "none"}));
    change_state(&mut bench, "Lunch");
    assert_eq!(reasons(&Comet::brought(&mut bench, second)), ["Lunch"]);
}

#[test]
fn batches_are_kept_until_acknowledged_and_sent_again() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let (comet, reply) = Comet::shake(&mut bench, &browser, &json!({"ack": true}));
    assert_eq!(reply["ext"], json!({"ack": true}));
    comet.subscribe(&mut bench, &json!("/v2/me/devices"));
    let connect = |bench: &mut Bench, ack: u64| {
        comet.send(bench, &json!({"channel": "/meta/connect", "ext": {"ack": ack}}))
    };
    let batch = |bench: &mut Bench, id| {
        let (_, Value::Array(mut messages)) = bench.answer(id) else { panic!("an array") };
        let reply = messages.pop().unwrap();
        let reasons: Vec<String> = reasons(&messages).iter().map(|r| (*r).to_owned()).collect();
        (reply["ext"]["ack"].as_u64(), reasons)
    };
    let held = connect(&mut bench, 0);
    change_state(&mut bench, "Lunch");
    assert_eq!(batch(&mut bench, held), (Some(1), vec!["Lunch".into()]));
    // The reply was lost on its way: the client still knows of no batch.
    change_state(&mut bench, "Break");
    let held = connect(&mut bench, 0);
    assert_eq!(batch(&mut bench, held), (Some(2), vec!["Lunch".into(), "Break".into()]));
    // Now it arrived; nothing is left, and the next is held.
    let held = connect(&mut bench, 2);
    assert!(bench.responses.is_empty());
    change_state(&mut bench, "Meeting");
    assert_eq!(batch(&mut bench, held), (Some(3), vec!["Meeting".into()]));
    let held = connect(&mut bench, 3);
    bench.seconds(30);
    assert_eq!(batch(&mut bench, held), (None, vec![]));
}

#[test]
fn clocks_are_compared_with_the_time_a_connect_was_held_taken_out() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let sync = json!({"timesync": {"tc": 1000, "l": 5, "o": 10}});
    let (comet, reply) = Comet::shake(&mut bench, &browser, &sync);
    let at = 1_769_554_688_000_i64;
    assert_eq!(reply["ext"]["timesync"], json!({"tc": 1000, "ts": at, "p": 0, "a": 1015 - at}));
    let held = comet.send(&mut bench, &json!({"channel": "/meta/connect", "ext": sync}));
    bench.seconds(30);
    let reply = &bench.answer(held).1[0];
    assert_eq!(reply["ext"]["timesync"]["p"], 30_000);
    assert_eq!(reply["ext"]["timesync"]["ts"], at);
}

#[test]
fn a_connect_with_company_is_answered_at_once() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let (comet, _) = Comet::shake(&mut bench, &browser, &json!({}));
    let body = json!([
        {"channel": "/meta/subscribe", "clientId": comet.client, "subscription": "/v2/me/calls"},
        {"channel": "/meta/connect", "clientId": comet.client},
    ]);
    let (status, replies) = bench.ask(&browser, "POST", "/notifications/", &body);
    assert_eq!((status, replies.as_array().unwrap().len()), (200, 2));
}

#[test]
fn bodies_that_are_not_bayeux_are_refused() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    for body in [json!([]), json!(5), json!([5]), Value::Null] {
        let (status, answer) = bench.ask(&browser, "POST", "/notifications/", &body);
        assert_eq!((status, &answer["errorCode"]), (400, &json!("MalformedBayeux")), "{body}");
    }
}

#[test]
fn a_logout_ends_the_held_connect_for_good() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    let held = comet.connect(&mut bench);
    bench.ask(&browser, "POST", "/api/v2/logout", &json!({}));
    assert_eq!(bench.answer(held).1[0]["advice"], json!({"reconnect": "none"}));
    let id = comet.connect(&mut bench);
    assert_eq!(bench.answer(id).0, 403);
}

#[test]
fn a_listening_page_keeps_its_session() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/calls"]);
    for _ in 0..130 {
        comet.connect(&mut bench);
        bench.seconds(30);
    }
    assert_eq!(bench.get(&browser, "/api/v2/me").0, 200);
}
