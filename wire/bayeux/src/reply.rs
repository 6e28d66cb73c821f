//! What servers send.

use serde_json::{Map, Value, json};

use crate::{MessageId, Timesync};

/// The reply to one message.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The channel of the message.
    pub channel: String,
    /// Its id.
    pub id: Option<MessageId>,
    /// What is wrong, as [`error`] writes it; `None`: successful.
    pub error: Option<String>,
    /// The id that a handshake was given.
    pub client: Option<String>,
    /// What a subscribe or unsubscribe was about, in the message's own form.
    pub subscription: Option<Value>,
    /// What the client should do next.
    pub advice: Option<Advice>,
    /// Extensions.
    pub ext: ServerExt,
}

/// What the client should do next. Times in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Which way.
    pub reconnect: Reconnect,
    /// How long to wait before the next connect.
    pub interval_ms: u64,
    /// How long a connect is held.
    pub timeout_ms: u64,
    /// How long a silent session lives.
    pub max_interval_ms: u64,
}

/// Which way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// By a new handshake.
    Handshake,
    /// None: stay away.
    None,
    /// By the next connect.
    Retry,
}

/// Extensions of a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerExt {
    /// In a handshake's reply: acknowledgements are on.
    pub ack_on: bool,
    /// In a connect's reply that brings messages: their batch.
    pub ack_batch: Option<u64>,
    /// The clocks.
    pub timesync: Option<TimesyncReply>,
}

/// `ext.timesync` of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimesyncReply {
    /// What the client said.
    pub asked: Timesync,
    /// The server's clock when it was read, in ms since 1970.
    pub received_ms: u64,
    /// How long the reply took since then, in ms.
    pub processing_ms: u64,
}

impl Reply {
    /// A successful reply to a message of this channel and id, with nothing more in it.
    #[must_use]
    pub fn new(channel: impl Into<String>, id: Option<MessageId>) -> Self {
        Self {
            channel: channel.into(),
            id,
            error: None,
            client: None,
            subscription: None,
            advice: None,
            ext: ServerExt::default(),
        }
    }

    /// The same, unsuccessful.
    #[must_use]
    pub fn failed(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn advised(mut self, advice: Advice) -> Self {
        self.advice = Some(advice);
        self
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = Map::new();
        if let Some(id) = &self.id {
            out.insert("id".into(), id.as_json().clone());
        }
        out.insert("channel".into(), json!(self.channel));
        out.insert("successful".into(), json!(self.error.is_none()));
        if let Some(error) = &self.error {
            out.insert("error".into(), json!(error));
        }
        if self.channel == "/meta/handshake" && self.error.is_none() {
            out.insert("version".into(), json!("1.0"));
            out.insert("minimumVersion".into(), json!("1.0"));
            out.insert("supportedConnectionTypes".into(), json!(["websocket", "long-polling"]));
        }
        if let Some(client) = &self.client {
            out.insert("clientId".into(), json!(client));
        }
        if let Some(subscription) = &self.subscription {
            out.insert("subscription".into(), subscription.clone());
        }
        if let Some(advice) = &self.advice {
            out.insert("advice".into(), advice.to_json());
        }
        if let Some(ext) = self.ext.to_json() {
            out.insert("ext".into(), ext);
        }
        Value::Object(out).to_string()
    }
}

impl Advice {
    fn to_json(self) -> Value {
        match self.reconnect {
            Reconnect::Handshake => json!({"reconnect": "handshake", "interval": self.interval_ms}),
            Reconnect::None => json!({"reconnect": "none"}),
            Reconnect::Retry => json!({
                "reconnect": "retry",
                "interval": self.interval_ms,
                "timeout": self.timeout_ms,
                "maxInterval": self.max_interval_ms,
            }),
        }
    }
}

impl ServerExt {
    fn to_json(self) -> Option<Value> {
        let mut out = Map::new();
        if self.ack_on {
            out.insert("ack".into(), json!(true));
        }
        if let Some(batch) = self.ack_batch {
            out.insert("ack".into(), json!(batch));
        }
        if let Some(sync) = self.timesync {
            let asked = sync.asked;
            let received = i64::try_from(sync.received_ms).unwrap_or(i64::MAX);
            let believed = asked.client_ms + asked.offset_ms + asked.lag_ms;
            let accuracy = believed.saturating_sub(received);
            out.insert(
                "timesync".into(),
                json!({"tc": asked.client_ms, "ts": received, "p": sync.processing_ms,
                       "a": accuracy}),
            );
        }
        (!out.is_empty()).then_some(Value::Object(out))
    }
}

/// A message to subscribers; `data` is JSON.
#[must_use]
pub fn event(channel: &str, data: &Value) -> String {
    json!({"channel": channel, "data": data}).to_string()
}

/// Several messages, each JSON, as one body or frame.
#[must_use]
pub fn batch<S: AsRef<str>>(messages: &[S]) -> String {
    let mut out =
        String::with_capacity(2 + messages.iter().map(|m| m.as_ref().len() + 1).sum::<usize>());
    out.push('[');
    for (at, message) in messages.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(message.as_ref());
    }
    out.push(']');
    out
}

/// An error string: `code:args:text`.
#[must_use]
pub fn error(code: u16, args: &str, text: &str) -> String {
    format!("{code}:{args}:{text}")
}
