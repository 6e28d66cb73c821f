//! The `ext` member as clients send it: ack, timesync, and credentials of a handshake.

use serde_json::{Map, Value};

/// What a client's `ext` says, as far as it concerns us.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientExt {
    /// The ack extension.
    pub ack: Option<AckAsk>,
    /// For handshakes over a WebSocket, whose upgrade can't carry an Authorization header.
    pub credentials: Option<Credentials>,
    /// The timesync extension.
    pub timesync: Option<Timesync>,
}

/// `ext.ack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckAsk {
    /// In a handshake: switch it on.
    On,
    /// In a connect: the last batch that arrived.
    Batch(u64),
}

/// Who shakes hands.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `ext.authorization`: as the HTTP header of that name.
    Header(String),
    /// `ext.authentication` with `user` and `credentials`.
    Plain {
        /// Log-in name.
        user: String,
        /// As typed.
        password: String,
    },
}

impl std::fmt::Debug for Credentials {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// `ext.timesync`: the client's clock, and what it believes of the network, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timesync {
    /// The client's clock when it sent.
    pub client_ms: i64,
    /// The client's idea of the one-way lag.
    pub lag_ms: i64,
    /// The client's idea of the clocks' offset.
    pub offset_ms: i64,
}

impl ClientExt {
    pub(crate) fn read(ext: Option<&Value>) -> Self {
        let Some(Value::Object(ext)) = ext else { return Self::default() };
        Self {
            ack: ext.get("ack").and_then(read_ack),
            credentials: read_credentials(ext),
            timesync: ext.get("timesync").and_then(Value::as_object).map(read_timesync),
        }
    }
}

fn read_ack(value: &Value) -> Option<AckAsk> {
    match value {
        Value::Bool(true) => Some(AckAsk::On),
        Value::Number(batch) => batch.as_u64().map(AckAsk::Batch),
        // CometD 3.1 and later resume with an object.
        Value::Object(ack) if ack.get("enabled") == Some(&Value::Bool(true)) => Some(AckAsk::On),
        Value::Array(_)
        | Value::Bool(false)
        | Value::Null
        | Value::Object(_)
        | Value::String(_) => None,
    }
}

fn read_credentials(ext: &Map<String, Value>) -> Option<Credentials> {
    if let Some(header) = ext.get("authorization").and_then(Value::as_str) {
        return Some(Credentials::Header(header.to_owned()));
    }
    let authentication = ext.get("authentication")?.as_object()?;
    let text = |names: [&str; 2]| {
        names.iter().find_map(|name| authentication.get(*name)?.as_str()).map(str::to_owned)
    };
    Some(Credentials::Plain {
        user: text(["user", "username"])?,
        password: text(["credentials", "password"])?,
    })
}

fn read_timesync(timesync: &Map<String, Value>) -> Timesync {
    let ms = |name| {
        timesync.get(name).and_then(Value::as_f64).map_or(0, |ms: f64| {
            // Beyond what a clock can say is no clock.
            if ms.abs() < 1e15 { ms as i64 } else { 0 }
        })
    };
    Timesync { client_ms: ms("tc"), lag_ms: ms("l"), offset_ms: ms("o") }
}
