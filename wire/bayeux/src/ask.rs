//! What clients send.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    BODY_BYTES_MAX, Channel, ClientExt, ID_BYTES_MAX, MESSAGES_MAX, Pattern, SUBSCRIPTIONS_MAX,
};

/// One message of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientMessage {
    /// Given back in the reply.
    pub id: Option<MessageId>,
    /// The channel as sent; also given back.
    pub channel: String,
    /// Who; everything but a handshake needs one.
    pub client: Option<String>,
    /// What is asked.
    pub ask: Ask,
    /// Extensions.
    pub ext: ClientExt,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `/meta/connect`: tell me what happens.
    Connect {
        /// How long the client wants to be held at most, in ms.
        timeout_ms: Option<u64>,
    },
    /// `/meta/disconnect`.
    Disconnect,
    /// Not well formed; the text is the `error` of the reply.
    Faulty(String),
    /// `/meta/handshake`.
    Handshake {
        /// Whether the client speaks long-polling.
        long_polling: bool,
        /// Whether the client speaks WebSocket.
        websocket: bool,
    },
    /// A message on a channel that is not `/meta/…`.
    Publish(Channel),
    /// `/meta/subscribe`.
    Subscribe(Vec<Pattern>),
    /// `/meta/unsubscribe`.
    Unsubscribe(Vec<Pattern>),
}

/// A message's `id`, as the client wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageId(Value);

impl MessageId {
    /// For the reply.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A body that can't be answered message by message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An empty array.
    Empty,
    /// Neither an object nor an array of objects.
    NotMessages,
    /// Not JSON.
    NotJson,
    /// More than [`BODY_BYTES_MAX`].
    TooLong,
    /// More than [`MESSAGES_MAX`].
    TooMany,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty array holds no Bayeux message"),
            Self::NotMessages => f.write_str("a Bayeux body is a message or an array of messages"),
            Self::NotJson => f.write_str("the body is not JSON"),
            Self::TooLong => write!(f, "the body is longer than {BODY_BYTES_MAX} bytes"),
            Self::TooMany => write!(f, "the body holds more than {MESSAGES_MAX} messages"),
        }
    }
}

/// The messages of one body or frame, oldest first; at least one.
///
/// # Errors
/// When nothing in the body can be answered by itself.
pub fn parse(body: &[u8]) -> Result<Vec<ClientMessage>, Fault> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Fault::TooLong);
    }
    let items = match serde_json::from_slice(body).map_err(|_| Fault::NotJson)? {
        Value::Array(items) => items,
        object @ Value::Object(_) => vec![object],
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {
            return Err(Fault::NotMessages);
        }
    };
    if items.is_empty() {
        return Err(Fault::Empty);
    }
    if items.len() > MESSAGES_MAX {
        return Err(Fault::TooMany);
    }
    items.iter().map(|item| item.as_object().map(read).ok_or(Fault::NotMessages)).collect()
}

fn read(message: &Map<String, Value>) -> ClientMessage {
    let channel = message.get("channel").and_then(Value::as_str).unwrap_or_default();
    let client = message.get("clientId").and_then(Value::as_str);
    ClientMessage {
        id: message.get("id").filter(|id| is_id(id)).cloned().map(MessageId),
        channel: channel.chars().take(crate::CHANNEL_BYTES_MAX).collect(),
        client: client.filter(|id| id.len() <= ID_BYTES_MAX).map(str::to_owned),
        ask: read_ask(message, channel),
        ext: ClientExt::read(message.get("ext")),
    }
}

fn is_id(id: &Value) -> bool {
    match id {
        Value::Number(_) => true,
        Value::String(text) => text.len() <= ID_BYTES_MAX,
        Value::Array(_) | Value::Bool(_) | Value::Null | Value::Object(_) => false,
    }
}

fn read_ask(message: &Map<String, Value>, channel: &str) -> Ask {
    match channel {
        "/meta/connect" => Ask::Connect {
            timeout_ms: message
                .get("advice")
                .and_then(|a| a.get("timeout"))
                .and_then(Value::as_u64),
        },
        "/meta/disconnect" => Ask::Disconnect,
        "/meta/handshake" => read_handshake(message),
        "/meta/subscribe" => read_subscription(message).map_or_else(Ask::Faulty, Ask::Subscribe),
        "/meta/unsubscribe" => {
            read_subscription(message).map_or_else(Ask::Faulty, Ask::Unsubscribe)
        }
        _ if channel.starts_with("/meta/") => {
            Ask::Faulty(crate::error(404, channel, "Unknown meta channel"))
        }
        _ => channel.parse().map_or_else(
            |_| Ask::Faulty(crate::error(400, "", "Missing or malformed channel")),
            Ask::Publish,
        ),
    }
}

fn read_handshake(message: &Map<String, Value>) -> Ask {
    let version = message.get("version").and_then(Value::as_str).unwrap_or("1.0");
    if !version.starts_with("1.") && version != "1" {
        return Ask::Faulty(crate::error(400, version, "Unsupported Bayeux version"));
    }
    let types = message.get("supportedConnectionTypes").and_then(Value::as_array);
    let speaks = |name: &str| types.is_none_or(|t| t.iter().any(|v| v.as_str() == Some(name)));
    let (long_polling, websocket) = (speaks("long-polling"), speaks("websocket"));
    if !long_polling && !websocket {
        return Ask::Faulty(crate::error(301, "", "No common connection type"));
    }
    Ask::Handshake { long_polling, websocket }
}

fn read_subscription(message: &Map<String, Value>) -> Result<Vec<Pattern>, String> {
    let texts: Vec<&Value> = match message.get("subscription") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    if texts.is_empty() {
        return Err(crate::error(403, "", "Subscription missing"));
    }
    if texts.len() > SUBSCRIPTIONS_MAX {
        return Err(crate::error(403, "", "Too many subscriptions in one message"));
    }
    texts
        .into_iter()
        .map(|value| {
            let text = value.as_str().unwrap_or_default();
            text.parse().map_err(|_| crate::error(403, text, "Malformed subscription"))
        })
        .collect()
}
