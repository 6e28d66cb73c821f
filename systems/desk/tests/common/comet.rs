//! A long-polling client that speaks as CometD does.

use model::api::ApiId;
use serde_json::{Value, json};

use super::{Bench, Browser};

/// A client after its handshake.
pub struct Comet {
    pub browser: Browser,
    pub client: String,
}

impl Comet {
    pub fn shake(bench: &mut Bench, browser: &Browser, ext: &Value) -> (Self, Value) {
        let (status, replies) = bench.ask(
            browser,
            "POST",
            "/notifications/handshake",
            &json!([{
                "id": "1", "version": "1.0", "minimumVersion": "1.0",
                "channel": "/meta/handshake",
                "supportedConnectionTypes": ["long-polling"],
                "advice": {"timeout": 60000, "interval": 0}, "ext": ext,
            }]),
        );
        assert_eq!((status, &replies[0]["successful"]), (200, &json!(true)), "{replies}");
        let client = replies[0]["clientId"].as_str().unwrap().to_owned();
        (Self { browser: browser.clone(), client }, replies[0].clone())
    }

    /// Handshake, first connect, subscriptions.
    pub fn open(bench: &mut Bench, browser: &Browser, channels: &[&str]) -> Self {
        let (comet, _) = Self::shake(bench, browser, &json!({}));
        let first =
            comet.send(bench, &json!({"channel": "/meta/connect", "advice": {"timeout": 0}}));
        assert_eq!(bench.answer(first).1[0]["successful"], json!(true));
        let reply = comet.subscribe(bench, &json!(channels));
        assert_eq!(reply["successful"], json!(true), "{reply}");
        comet
    }

    pub fn subscribe(&self, bench: &mut Bench, subscription: &Value) -> Value {
        let message = json!({"channel": "/meta/subscribe", "subscription": subscription});
        let id = self.send(bench, &message);
        bench.answer(id).1[0].clone()
    }

    pub fn send(&self, bench: &mut Bench, message: &Value) -> ApiId {
        let channel = message["channel"].as_str().unwrap();
        let path = match channel {
            "/meta/connect" => "/notifications/connect",
            "/meta/disconnect" => "/notifications/disconnect",
            _ => "/notifications/",
        };
        let mut message = message.clone();
        message["clientId"] = json!(self.client);
        message["connectionType"] = json!("long-polling");
        bench.send(&self.browser, "POST", path, &json!([message]))
    }

    /// A connect that is to be held.
    pub fn connect(&self, bench: &mut Bench) -> ApiId {
        self.send(bench, &json!({"id": "9", "channel": "/meta/connect"}))
    }

    /// What a held connect brought: the messages in front of its reply.
    pub fn brought(bench: &mut Bench, id: ApiId) -> Vec<Value> {
        let (status, Value::Array(mut messages)) = bench.answer(id) else { panic!("an array") };
        let reply = messages.pop().unwrap();
        assert_eq!((status, &reply["channel"]), (200, &json!("/meta/connect")), "{reply}");
        assert_eq!(reply["successful"], json!(true), "{reply}");
        messages
    }
}
