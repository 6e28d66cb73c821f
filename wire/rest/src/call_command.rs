//! What can be asked about a call, in both dialects.

use model::KvList;
use serde_json::{Map, Value};

use crate::{Problem, USER_DATA_BYTES_MAX, USER_DATA_PAIRS_MAX};

/// What is asked about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallCommand {
    /// Take it.
    Answer,
    /// Add pairs, also under keys that exist.
    AttachUserData(KvList),
    /// Drop every party.
    Clear,
    /// Remove the pairs under one key.
    DeletePair(String),
    /// Remove all user data.
    DeleteUserData,
    /// Leave it; while it rings: refuse it.
    Hangup,
    /// Replace pairs or add them.
    UpdateUserData(KvList),
}

/// Reads `{"action":…}`, the plain form.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_call_action(body: &[u8]) -> Result<CallCommand, Problem> {
    let body = object(body)?;
    let action = word(&body, "action")?;
    match action {
        "answer" => Ok(CallCommand::Answer),
        "attach" => user_data(&body).map(CallCommand::AttachUserData),
        "clear" => Ok(CallCommand::Clear),
        "deleteuserdata" => Ok(body
            .get("key")
            .and_then(Value::as_str)
            .map_or(CallCommand::DeleteUserData, |key| CallCommand::DeletePair(key.to_owned()))),
        "drop" | "hangup" | "reject" | "release" => Ok(CallCommand::Hangup),
        "userdata" => user_data(&body).map(CallCommand::UpdateUserData),
        _ if ACTIONS_NOT_YET.contains(&action) => Err(Problem::not_supported_yet(action)),
        _ => Err(Problem::unknown_operation(action, ACTIONS)),
    }
}

/// Reads `{"operationName":…}`, the genuine form.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_call_operation(body: &[u8]) -> Result<CallCommand, Problem> {
    let body = object(body)?;
    let operation = word(&body, "operationName")?;
    match operation {
        "Answer" => Ok(CallCommand::Answer),
        "AttachUserData" => user_data(&body).map(CallCommand::AttachUserData),
        "ClearCall" => Ok(CallCommand::Clear),
        "DeleteUserData" => Ok(CallCommand::DeleteUserData),
        "DeleteUserDataPair" => word(&body, "key").map(str::to_owned).map(CallCommand::DeletePair),
        "Hangup" => Ok(CallCommand::Hangup),
        "UpdateUserData" => user_data(&body).map(CallCommand::UpdateUserData),
        _ if OPERATIONS_NOT_YET.contains(&operation) => Err(Problem::not_supported_yet(operation)),
        _ => Err(Problem::unknown_operation(operation, OPERATIONS)),
    }
}

/// The body as an object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) | Err(_) => Err(Problem::malformed()),
    }
}

/// A member that must be a text with something in it.
pub(crate) fn word<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Err(Problem::missing(name)),
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(_) => Err(Problem::out_of_range(name, "must be a text that is not empty")),
    }
}

fn user_data(body: &Map<String, Value>) -> Result<KvList, Problem> {
    let value = body.get("userData").ok_or_else(|| Problem::missing("userData"))?;
    let list = serde_json::from_value::<KvList>(value.clone())
        .map_err(|_| Problem::out_of_range("userData", "must be a JSON object"))?;
    let (pairs, bytes) = list.weight();
    if pairs > USER_DATA_PAIRS_MAX || bytes > USER_DATA_BYTES_MAX {
        let limit = format!(
            "holds {pairs} pairs of {bytes} bytes; the limit is {USER_DATA_PAIRS_MAX} pairs of \
             {USER_DATA_BYTES_MAX} bytes"
        );
        return Err(Problem::out_of_range("userData", limit));
    }
    Ok(list)
}

const ACTIONS: &[&str] = &[
    "answer",
    "reject",
    "release",
    "hangup",
    "drop",
    "clear",
    "userdata",
    "attach",
    "deleteuserdata",
];
const ACTIONS_NOT_YET: &[&str] =
    &["hold", "retrieve", "unhold", "resume", "mute", "unmute", "dtmf", "record", "redirect"];
const OPERATIONS: &[&str] = &[
    "Answer",
    "Hangup",
    "ClearCall",
    "AttachUserData",
    "UpdateUserData",
    "DeleteUserData",
    "DeleteUserDataPair",
];
const OPERATIONS_NOT_YET: &[&str] = &[
    "Hold",
    "Retrieve",
    "SendDtmf",
    "InitiateTransfer",
    "CompleteTransfer",
    "SingleStepTransfer",
    "InitiateConference",
    "CompleteConference",
    "SingleStepConference",
    "RemoveParticipantFromConference",
    "SwapCalls",
    "Reconnect",
    "Redirect",
    "MuteCall",
    "UnmuteCall",
    "SendUserEvent",
    "StartRecording",
    "StopRecording",
    "PauseRecording",
    "ResumeRecording",
    "Dial",
];
