//! The `data` of pushed messages.

use model::{Dn, KvList};
use serde_json::{Map, Value, json};

use crate::{Call, Device, UserState};

/// Why a call's message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationType {
    /// User data is new.
    AttachedDataChanged,
    /// A recording began, pauses, goes on or is over.
    CallRecordingStateChange,
    /// Voice stopped or came back; GWS has no word for it.
    MediaStateChange,
    /// Others joined, left, or are in somebody's place.
    ParticipantsUpdated,
    /// The state is new.
    StatusChange,
}

/// On `/v2/me/calls`: GWS's structure, and beside it the flat members of the plain form.
#[derive(Clone, Debug, PartialEq)]
pub struct CallMessage<'a> {
    /// Why.
    pub notification: NotificationType,
    /// The call as it is now.
    pub call: &'a Call,
    /// The DN of the one who is told.
    pub phone_number: &'a str,
    /// Extensions of the event; `None`: left out.
    pub extensions: Option<&'a KvList>,
    /// When the event happened, in ms since 1970.
    pub at_ms: u64,
}

/// On `/v2/me/devices`: a device's state is new.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceMessage<'a> {
    /// The device as it is now.
    pub device: &'a Device,
    /// When the event happened, in ms since 1970.
    pub at_ms: u64,
}

/// On `/v2/me/devices`: something that had been accepted failed after all.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorMessage<'a> {
    /// Where.
    pub device_path: &'a str,
    /// Where.
    pub device_uri: &'a str,
    /// What, for programs.
    pub error_code: &'a str,
    /// What, for people.
    pub message: &'a str,
    /// When, in ms since 1970.
    pub at_ms: u64,
}

/// On `/v2/me/calls/levels`: how loud everybody in a conference is; four times a second while
/// somebody is heard. GWS has nothing of the kind.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelsMessage<'a> {
    /// The call's id.
    pub call_id: &'a str,
    /// The parties, in dB below full scale: 0 is loudest, 127 silence (RFC 6464).
    pub levels: &'a [(Dn, u8)],
    /// When, in ms since 1970.
    pub at_ms: u64,
}

/// On `/v2/me/state`: the agent's state alone, in the plain form.
#[derive(Clone, Debug, PartialEq)]
pub struct StateMessage<'a> {
    /// The plain form's word.
    pub state: &'a str,
    /// GWS's form.
    pub user_state: &'a UserState,
    /// When, in ms since 1970.
    pub at_ms: u64,
}

impl CallMessage<'_> {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let notification = match self.notification {
            NotificationType::AttachedDataChanged => "AttachedDataChanged",
            NotificationType::CallRecordingStateChange => "CallRecordingStateChange",
            NotificationType::MediaStateChange => "MediaStateChange",
            NotificationType::ParticipantsUpdated => "ParticipantsUpdated",
            NotificationType::StatusChange => "StatusChange",
        };
        let call = self.call;
        let mut out = Map::new();
        out.insert("messageType".into(), json!("CallStateChangeMessage"));
        out.insert("notificationType".into(), json!(notification));
        out.insert("call".into(), json!(call));
        out.insert("phoneNumber".into(), json!(self.phone_number));
        if let Some(extensions) = self.extensions {
            out.insert("extensions".into(), json!(extensions));
        }
        out.insert("callId".into(), json!(call.id));
        out.insert("state".into(), json!(call.state));
        out.insert("ani".into(), json!(call.ani));
        out.insert("dnis".into(), json!(call.dnis));
        out.insert("userData".into(), json!(call.user_data));
        out.insert("duration".into(), json!(call.duration.parse::<u64>().unwrap_or(0)));
        out.insert("metrics".into(), metrics(self.at_ms));
        Value::Object(out)
    }
}

impl DeviceMessage<'_> {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "messageType": "DeviceStateChangeMessage",
            "devices": [self.device],
            "metrics": metrics(self.at_ms),
        })
    }
}

impl ErrorMessage<'_> {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "messageType": "ErrorMessage",
            "devicePath": self.device_path,
            "deviceUri": self.device_uri,
            "errorCode": self.error_code,
            "errorMessage": self.message,
            "statusMessage": self.message,
            "metrics": metrics(self.at_ms),
        })
    }
}

impl LevelsMessage<'_> {
    /// As JSON; `level` is dBov, from -127 (silence) to 0.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let participant =
            |(dn, level): &(Dn, u8)| json!({"phoneNumber": dn, "level": -i16::from(*level)});
        json!({
            "messageType": "ParticipantsLevelsMessage",
            "callId": self.call_id,
            "participants": self.levels.iter().map(participant).collect::<Vec<_>>(),
            "metrics": metrics(self.at_ms),
        })
    }
}

impl StateMessage<'_> {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "messageType": "StateChangeMessage",
            "state": self.state,
            "reason": self.user_state.reason,
            "wrapUpEndsAt": self.user_state.wrap_up_ends_at,
            "userState": self.user_state,
            "metrics": metrics(self.at_ms),
        })
    }
}

fn metrics(at_ms: u64) -> Value {
    json!({"eventProcessing": {"serverGenerationTimestamp": at_ms}})
}
