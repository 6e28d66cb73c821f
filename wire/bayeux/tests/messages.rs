//! Bodies as CometD 3.1 and 9.0 send them, faults, limits, and properties over arbitrary input.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;
use serde_json::{Value, json};
use wire_bayeux::{
    AckAsk, Advice, Ask, Credentials, Fault, MESSAGES_MAX, Pattern, Reconnect, Reply, Timesync,
    TimesyncReply, batch, error, event, parse,
};

fn one(message: &Value) -> wire_bayeux::ClientMessage {
    parse(message.to_string().as_bytes()).unwrap().remove(0)
}

#[test]
fn a_handshake_of_cometd_9_is_read_with_its_extensions() {
    let message = one(&json!({
        "id": "1", "version": "1.0", "minimumVersion": "1.0", "channel": "/meta/handshake",
        "supportedConnectionTypes": ["websocket", "long-polling", "callback-polling"],
        "advice": {"timeout": 60000, "interval": 0},
        "ext": {"ack": true, "timesync": {"tc": 1769554688150_u64, "l": 3, "o": -7}},
    }));
    assert_eq!(message.ask, Ask::Handshake { long_polling: true, websocket: true });
    assert_eq!(message.ext.ack, Some(AckAsk::On));
    let clocks = Timesync { client_ms: 1_769_554_688_150, lag_ms: 3, offset_ms: -7 };
    assert_eq!(message.ext.timesync, Some(clocks));
}

#[test]
fn a_single_object_is_one_message_and_an_array_keeps_its_order() {
    let body = br#"[{"channel":"/meta/connect","clientId":"c","advice":{"timeout":0},"id":7},
                    {"channel":"/meta/disconnect","clientId":"c"}]"#;
    let messages = parse(body).unwrap();
    assert_eq!(messages[0].ask, Ask::Connect { timeout_ms: Some(0) });
    assert_eq!(messages[0].id.as_ref().unwrap().as_json(), &json!(7));
    assert_eq!(messages[1].ask, Ask::Disconnect);
    assert_eq!(one(&json!({"channel": "/meta/connect"})).ask, Ask::Connect { timeout_ms: None });
}

#[test]
fn a_subscription_is_a_text_or_an_array() {
    let channel = |subscription: Value| {
        one(&json!({"channel": "/meta/subscribe", "clientId": "c", "subscription": subscription}))
            .ask
    };
    let pattern = |text: &str| text.parse::<Pattern>().unwrap();
    assert_eq!(channel(json!("/v2/me/*")), Ask::Subscribe(vec![pattern("/v2/me/*")]));
    assert_eq!(
        channel(json!(["/v2/me/calls", "/v2/**"])),
        Ask::Subscribe(vec![pattern("/v2/me/calls"), pattern("/v2/**")])
    );
    assert_eq!(channel(json!([])), Ask::Faulty("403::Subscription missing".into()));
    assert_eq!(channel(json!("calls")), Ask::Faulty("403:calls:Malformed subscription".into()));
    assert_eq!(channel(json!(5)), Ask::Faulty("403::Malformed subscription".into()));
}

#[test]
fn faulty_messages_are_told_apart_from_faulty_bodies() {
    assert_eq!(parse(b"[]"), Err(Fault::Empty));
    assert_eq!(parse(b"5"), Err(Fault::NotMessages));
    assert_eq!(parse(b"[{}, 5]"), Err(Fault::NotMessages));
    assert_eq!(parse(b"{"), Err(Fault::NotJson));
    assert_eq!(parse(&vec![b' '; wire_bayeux::BODY_BYTES_MAX + 1]), Err(Fault::TooLong));
    let many = format!("[{}{{}}]", "{},".repeat(MESSAGES_MAX));
    assert_eq!(parse(many.as_bytes()), Err(Fault::TooMany));
    assert!(matches!(one(&json!({})).ask, Ask::Faulty(_)));
    assert!(matches!(one(&json!({"channel": "/meta/other"})).ask, Ask::Faulty(_)));
    assert!(matches!(
        one(&json!({"channel": "/meta/handshake", "version": "2.0"})).ask,
        Ask::Faulty(_)
    ));
    assert!(matches!(
        one(&json!({"channel": "/meta/handshake", "supportedConnectionTypes": ["flash"]})).ask,
        Ask::Faulty(_)
    ));
}

#[test]
fn credentials_come_as_header_or_as_members_and_are_not_shown() {
    let ext = |ext: Value| one(&json!({"channel": "/meta/handshake", "ext": ext})).ext.credentials;
    let header = ext(json!({"authorization": "Basic eA=="})).unwrap();
    assert_eq!(header, Credentials::Header("Basic eA==".into()));
    let plain = ext(json!({"authentication": {"user": "u", "credentials": "secret"}})).unwrap();
    assert_eq!(plain, Credentials::Plain { user: "u".into(), password: "secret".into() });
    assert!(!format!("{plain:?}").contains("secret"));
}

#[test]
fn ack_numbers_and_resuming_objects_are_read() {
    let ack = |ack: Value| one(&json!({"channel": "/meta/connect", "ext": {"ack": ack}})).ext.ack;
    assert_eq!(ack(json!(3)), Some(AckAsk::Batch(3)));
    assert_eq!(ack(json!({"enabled": true, "batch": 2})), Some(AckAsk::On));
    assert_eq!(ack(json!(false)), None);
    assert_eq!(ack(json!(-1)), None);
}

#[test]
fn a_handshake_reply_says_all_that_bayeux_asks_for() {
    let mut reply = Reply::new("/meta/handshake", None).advised(Advice {
        reconnect: Reconnect::Retry,
        interval_ms: 0,
        timeout_ms: 30_000,
        max_interval_ms: 30_000,
    });
    reply.client = Some("abc".into());
    reply.ext.ack_on = true;
    let asked = Timesync { client_ms: 1000, lag_ms: 5, offset_ms: 10 };
    reply.ext.timesync = Some(TimesyncReply { asked, received_ms: 1010, processing_ms: 2 });
    assert_eq!(
        reply.to_json(),
        concat!(
            r#"{"channel":"/meta/handshake","successful":true,"version":"1.0","#,
            r#""minimumVersion":"1.0","supportedConnectionTypes":["websocket","long-polling"],"#,
            r#""clientId":"abc","advice":{"reconnect":"retry","interval":0,"timeout":30000,"#,
            r#""maxInterval":30000},"ext":{"ack":true,"timesync":{"tc":1000,"ts":1010,"p":2,"#,
            r#""a":5}}}"#
        )
    );
}

#[test]
fn an_unknown_client_is_sent_back_to_the_handshake() {
    let reply = Reply::new("/meta/connect", None).failed(error(402, "", "Unknown client")).advised(
        Advice {
            reconnect: Reconnect::Handshake,
            interval_ms: 0,
            timeout_ms: 0,
            max_interval_ms: 0,
        },
    );
    assert_eq!(
        reply.to_json(),
        concat!(
            r#"{"channel":"/meta/connect","successful":false,"error":"402::Unknown client","#,
            r#""advice":{"reconnect":"handshake","interval":0}}"#
        )
    );
}

#[test]
fn a_batch_is_one_json_array() {
    let first = event("/v2/me/calls", &json!({"callId": "1"}));
    let text = batch(&[first.as_str(), r#"{"channel":"/meta/connect"}"#]);
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!([{"channel": "/v2/me/calls", "data": {"callId": "1"}}, {"channel": "/meta/connect"}])
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&body);
    }

    #[test]
    fn arbitrary_members_give_one_message_each(
        channels in proptest::collection::vec("(/meta/[a-z]{0,12}|/?[a-z*/é ]{0,20})", 1..8),
        id in "[a-z0-9]{0,80}",
        subscription in "[/a-z*]{0,20}",
        number in any::<f64>(),
    ) {
        let items: Vec<Value> = channels.iter().map(|channel| json!({
            "channel": channel, "id": id, "clientId": id, "subscription": [subscription],
            "advice": {"timeout": number}, "ext": {"ack": number, "timesync": {"tc": number}},
        })).collect();
        let messages = parse(Value::Array(items).to_string().as_bytes()).unwrap();
        prop_assert_eq!(messages.len(), channels.len());
        for (message, channel) in messages.iter().zip(&channels) {
            prop_assert_eq!(&message.channel, channel);
            prop_assert_eq!(message.id.is_some(), id.len() <= wire_bayeux::ID_BYTES_MAX);
        }
    }

    #[test]
    fn a_reply_is_valid_json_whatever_the_error_says(text in ".{0,60}", id in "[a-z]{1,9}") {
        let body = json!({"channel": "/meta/subscribe", "id": id}).to_string();
        let message = parse(body.as_bytes()).unwrap().remove(0);
        let reply = Reply::new(message.channel, message.id).failed(error(403, &text, &text));
        let read: Value = serde_json::from_str(&reply.to_json()).unwrap();
        prop_assert_eq!(&read["id"], &json!(id));
        prop_assert_eq!(&read["error"], &json!(format!("403:{text}:{text}")));
    }

    #[test]
    fn a_pattern_matches_itself_and_nothing_shorter(name in "(/[a-z0-9]{1,6}){1,4}") {
        let pattern: Pattern = name.parse().unwrap();
        prop_assert!(pattern.matches(&name));
        prop_assert!(!pattern.matches(&name[..name.len() - 1]));
        let rest: Pattern = format!("{name}/**").parse().unwrap();
        let below = format!("{name}/a/b");
        prop_assert!(rest.matches(&below));
        prop_assert!(!rest.matches(&name));
    }
}
