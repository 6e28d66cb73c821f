//! What can be asked about a call, in both dialects.

use model::{KvList, request::MergeType};
use serde_json::{Map, Value};

use crate::{DIGITS_MAX, NUMBER_CHARS_MAX, Problem, USER_DATA_BYTES_MAX, USER_DATA_PAIRS_MAX};

/// What is asked about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallCommand {
    /// Take it.
    Answer,
    /// Add pairs, also under keys that exist.
    AttachUserData(KvList),
    /// Drop every party.
    Clear,
    /// Make one conference of the call and its consult call.
    CompleteConference,
    /// Connect the others of the call and its consult call, and leave.
    CompleteTransfer,
    /// Remove the pairs under one key.
    DeletePair(String),
    /// Remove all user data.
    DeleteUserData,
    /// Leave it; while it rings: refuse it.
    Hangup,
    /// Let the others wait with music.
    Hold,
    /// Consult somebody, to confer.
    InitiateConference(Reach),
    /// Consult somebody, to transfer.
    InitiateTransfer(Reach),
    /// Let one of a conference hear nothing.
    ListenDisconnect(String),
    /// Let one of a conference hear again.
    ListenReconnect(String),
    /// Join the held call and the other, which have nothing to do with one another.
    Merge(MergeType),
    /// Be heard by nobody.
    Mute,
    /// Transfer as soon as the other phone rings.
    MuteTransfer(Reach),
    /// Leave a gap in the recording from here.
    PauseRecording,
    /// Drop the consult call and go back.
    Reconnect,
    /// Send the ringing call elsewhere.
    Redirect(String),
    /// Drop one of the others.
    RemoveParticipant(String),
    /// Go on recording.
    ResumeRecording,
    /// Go on with it.
    Retrieve,
    /// Press keys.
    SendDtmf(String),
    /// Tell programs something.
    SendUserEvent(KvList),
    /// Add somebody at once.
    SingleStepConference(Reach),
    /// Send it elsewhere and leave it.
    SingleStepTransfer(Reach),
    /// Record this part of it.
    StartRecording,
    /// End the recording.
    StopRecording,
    /// Hold one of two calls and go back to the other.
    Swap,
    /// Be heard again.
    Unmute,
    /// Replace pairs or add them.
    UpdateUserData(KvList),
}

/// Who is to be called, and what is told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// A DN, a route point or an outside number.
    pub destination: String,
    /// Pairs for the new call; empty when none were given.
    pub user_data: KvList,
}

/// Reads `{"action":…}`, the plain form.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_call_action(body: &[u8]) -> Result<CallCommand, Problem> {
    let body = object(body)?;
    let action = word(&body, "action")?;
    match action {
        "alternate" | "swap" => Ok(CallCommand::Swap),
        "answer" => Ok(CallCommand::Answer),
        "attach" => user_data(&body).map(CallCommand::AttachUserData),
        "clear" => Ok(CallCommand::Clear),
        "deleteuserdata" => Ok(body
            .get("key")
            .and_then(Value::as_str)
            .map_or(CallCommand::DeleteUserData, |key| CallCommand::DeletePair(key.to_owned()))),
        "drop" | "hangup" | "reject" | "release" => Ok(CallCommand::Hangup),
        "dtmf" => digits(&body).map(CallCommand::SendDtmf),
        "hold" => Ok(CallCommand::Hold),
        "listen-disconnect" => number(&body, "participant").map(CallCommand::ListenDisconnect),
        "listen-reconnect" => number(&body, "participant").map(CallCommand::ListenReconnect),
        "merge" => merge(&body),
        "mute" => Ok(CallCommand::Mute),
        "pause-recording" => Ok(CallCommand::PauseRecording),
        "reconnect" => Ok(CallCommand::Reconnect),
        "record" | "start-recording" => Ok(CallCommand::StartRecording),
        "redirect" => number(&body, "destination").map(CallCommand::Redirect),
        "remove" => number(&body, "participant").map(CallCommand::RemoveParticipant),
        "resume" | "retrieve" | "unhold" => Ok(CallCommand::Retrieve),
        "resume-recording" => Ok(CallCommand::ResumeRecording),
        "stop-recording" => Ok(CallCommand::StopRecording),
        "unmute" => Ok(CallCommand::Unmute),
        "userdata" => user_data(&body).map(CallCommand::UpdateUserData),
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
        "CompleteConference" => Ok(CallCommand::CompleteConference),
        "CompleteTransfer" => Ok(CallCommand::CompleteTransfer),
        "DeleteUserData" => Ok(CallCommand::DeleteUserData),
        "DeleteUserDataPair" => word(&body, "key").map(str::to_owned).map(CallCommand::DeletePair),
        "Hangup" => Ok(CallCommand::Hangup),
        "Hold" => Ok(CallCommand::Hold),
        "InitiateConference" => reach(&body).map(CallCommand::InitiateConference),
        "InitiateTransfer" => reach(&body).map(CallCommand::InitiateTransfer),
        "ListenDisconnect" => number(&body, "participant").map(CallCommand::ListenDisconnect),
        "ListenReconnect" => number(&body, "participant").map(CallCommand::ListenReconnect),
        "MergeCalls" => merge(&body),
        "MuteCall" => Ok(CallCommand::Mute),
        "MuteTransfer" => reach(&body).map(CallCommand::MuteTransfer),
        "PauseRecording" => Ok(CallCommand::PauseRecording),
        "Reconnect" => Ok(CallCommand::Reconnect),
        "Redirect" => number(&body, "destination").map(CallCommand::Redirect),
        "RemoveParticipantFromConference" => {
            number(&body, "participant").map(CallCommand::RemoveParticipant)
        }
        "ResumeRecording" => Ok(CallCommand::ResumeRecording),
        "Retrieve" => Ok(CallCommand::Retrieve),
        "SendDtmf" => digits(&body).map(CallCommand::SendDtmf),
        "SendUserEvent" => user_data(&body).map(CallCommand::SendUserEvent),
        "SingleStepConference" => reach(&body).map(CallCommand::SingleStepConference),
        "SingleStepTransfer" => reach(&body).map(CallCommand::SingleStepTransfer),
        "StartRecording" => Ok(CallCommand::StartRecording),
        "StopRecording" => Ok(CallCommand::StopRecording),
        "SwapCalls" => Ok(CallCommand::Swap),
        "UnmuteCall" => Ok(CallCommand::Unmute),
        "UpdateUserData" => user_data(&body).map(CallCommand::UpdateUserData),
        _ => Err(Problem::unknown_operation(operation, OPERATIONS)),
    }
}

/// Reads `{"destination","type"?,"userData"?}` of `…/transfer`; without a type it is blind.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_transfer(body: &[u8]) -> Result<CallCommand, Problem> {
    let body = object(body)?;
    match kind(&body, "blind")? {
        "blind" | "single-step" | "unattended" => reach(&body).map(CallCommand::SingleStepTransfer),
        "attended" | "consult" | "warm" => reach(&body).map(CallCommand::InitiateTransfer),
        "complete" => Ok(CallCommand::CompleteTransfer),
        "mute" => reach(&body).map(CallCommand::MuteTransfer),
        _ => Err(Problem::out_of_range("type", TRANSFER_TYPES)),
    }
}

/// Reads `{"destination","type"?,"userData"?}` of `…/conference`; without a type it consults.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_conference(body: &[u8]) -> Result<CallCommand, Problem> {
    let body = object(body)?;
    match kind(&body, "consult")? {
        "blind" | "single-step" | "unattended" => {
            reach(&body).map(CallCommand::SingleStepConference)
        }
        "attended" | "consult" | "warm" => reach(&body).map(CallCommand::InitiateConference),
        "complete" => Ok(CallCommand::CompleteConference),
        _ => Err(Problem::out_of_range("type", CONFERENCE_TYPES)),
    }
}

/// Reads `{"destination","userData"?}`, the plain form of dialling.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_dial(body: &[u8]) -> Result<Reach, Problem> {
    reach(&object(body)?)
}

/// Reads `{"operationName":"Dial","destination",…}`, the genuine form.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_dial_operation(body: &[u8]) -> Result<Reach, Problem> {
    let body = object(body)?;
    match word(&body, "operationName")? {
        "Dial" => reach(&body),
        other => Err(Problem::unknown_operation(other, &["Dial"])),
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

/// A number: a text, or an object with the text as `phoneNumber`. Blanks and what people put
/// between digits are left out; whether it can be called is the switch's to say.
pub(crate) fn number(body: &Map<String, Value>, name: &str) -> Result<String, Problem> {
    let text = match body.get(name) {
        Some(Value::Object(inner)) => match inner.get("phoneNumber") {
            None | Some(Value::Null) => {
                return Err(Problem::missing(&format!("{name}.phoneNumber")));
            }
            Some(Value::String(text)) => text,
            Some(_) => return Err(Problem::out_of_range(name, NO_NUMBER)),
        },
        _ => word(body, name)?,
    };
    let text: String = text.chars().filter(|c| !" -().".contains(*c)).collect();
    let fits = !text.is_empty()
        && text.chars().count() <= NUMBER_CHARS_MAX
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+*#_".contains(c));
    if fits { Ok(text) } else { Err(Problem::out_of_range(name, NO_NUMBER)) }
}

fn reach(body: &Map<String, Value>) -> Result<Reach, Problem> {
    let destination = number(body, "destination")?;
    let user_data = match body.get("userData") {
        None | Some(Value::Null) => KvList::new(),
        Some(_) => user_data(body)?,
    };
    Ok(Reach { destination, user_data })
}

fn kind<'a>(body: &'a Map<String, Value>, usual: &'a str) -> Result<&'a str, Problem> {
    match body.get("type") {
        None | Some(Value::Null) => Ok(usual),
        Some(_) => word(body, "type"),
    }
}

fn merge(body: &Map<String, Value>) -> Result<CallCommand, Problem> {
    match kind(body, "conference")? {
        "conference" => Ok(CallCommand::Merge(MergeType::ForConference)),
        "transfer" => Ok(CallCommand::Merge(MergeType::ForTransfer)),
        _ => Err(Problem::out_of_range("type", "must be conference or transfer")),
    }
}

fn digits(body: &Map<String, Value>) -> Result<String, Problem> {
    let digits = word(body, "digits")?;
    let is_key = |c: char| c.is_ascii_digit() || "*#ABCDabcd,".contains(c);
    if digits.len() <= DIGITS_MAX && digits.chars().all(is_key) {
        return Ok(digits.to_ascii_uppercase());
    }
    let why = format!("must be 1 to {DIGITS_MAX} of 0-9, *, #, A-D, and commas to wait");
    Err(Problem::out_of_range("digits", why))
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

const NO_NUMBER: &str = "must be a telephone number, or an object with it as phoneNumber";
const TRANSFER_TYPES: &str =
    "must be blind, single-step, unattended, consult, attended, warm, complete or mute";
const CONFERENCE_TYPES: &str =
    "must be consult, attended, warm, complete, blind, single-step or unattended";
const ACTIONS: &[&str] = &[
    "answer",
    "reject",
    "release",
    "hangup",
    "drop",
    "clear",
    "hold",
    "retrieve",
    "unhold",
    "resume",
    "mute",
    "unmute",
    "dtmf",
    "swap",
    "alternate",
    "reconnect",
    "redirect",
    "remove",
    "listen-disconnect",
    "listen-reconnect",
    "merge",
    "start-recording",
    "pause-recording",
    "resume-recording",
    "stop-recording",
    "userdata",
    "attach",
    "deleteuserdata",
];
const OPERATIONS: &[&str] = &[
    "Answer",
    "Hangup",
    "ClearCall",
    "Hold",
    "Retrieve",
    "SendDtmf",
    "InitiateTransfer",
    "CompleteTransfer",
    "SingleStepTransfer",
    "MuteTransfer",
    "InitiateConference",
    "CompleteConference",
    "SingleStepConference",
    "RemoveParticipantFromConference",
    "ListenDisconnect",
    "ListenReconnect",
    "MergeCalls",
    "SwapCalls",
    "Reconnect",
    "Redirect",
    "MuteCall",
    "UnmuteCall",
    "StartRecording",
    "PauseRecording",
    "ResumeRecording",
    "StopRecording",
    "AttachUserData",
    "UpdateUserData",
    "DeleteUserData",
    "DeleteUserDataPair",
    "SendUserEvent",
];
