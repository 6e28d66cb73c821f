//! Agent states: what can be asked, in both dialects, and how they are shown.
//!
//! The five GUIDs of the standard states are the same in every installation; those of the
//! not-ready reasons are this site's own and never change.

use model::{AgentState, WorkMode};
use serde_json::{Map, Value, json};

use crate::{
    Problem, REASON_CHARS_MAX, UserState, WRAP_UP_S_MAX,
    call_command::{object, word},
};

/// What is asked about an agent's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateCommand {
    /// Finish the last call's work; `wrap_up_s`: for so many seconds from now on, 0 without an end.
    AfterCallWork {
        /// `None`: as the site has it.
        wrap_up_s: Option<u32>,
    },
    /// Leave the desk.
    Offline,
    /// Take no calls.
    NotReady {
        /// `AuxWork` or not said.
        work_mode: WorkMode,
        /// Why, in words.
        reason: Option<String>,
    },
    /// Take calls.
    Ready,
}

/// A not-ready reason as a state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotReadyReason {
    /// GUID.
    pub id: &'static str,
    /// Also the operationName and the reason.
    pub name: &'static str,
}

/// An agent as the state resources show him or her.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentWord<'a> {
    /// The state.
    pub state: AgentState,
    /// The work mode.
    pub work_mode: WorkMode,
    /// The not-ready reason.
    pub reason: Option<&'a str>,
    /// When after-call work ends by itself, in ms since 1970.
    pub wrap_up_ends_ms: Option<u64>,
}

/// The reasons that the site offers.
pub const NOT_READY_REASONS: [NotReadyReason; 4] = [
    NotReadyReason { id: "5C7A1E0B-6A0F-4F0E-9C55-0B7F3D1A2B01", name: "Break" },
    NotReadyReason { id: "5C7A1E0B-6A0F-4F0E-9C55-0B7F3D1A2B02", name: "Lunch" },
    NotReadyReason { id: "5C7A1E0B-6A0F-4F0E-9C55-0B7F3D1A2B03", name: "Training" },
    NotReadyReason { id: "5C7A1E0B-6A0F-4F0E-9C55-0B7F3D1A2B04", name: "Meeting" },
];

/// Reads `{"state","reason"?,"workMode"?,"wrapUpTime"?}`, the plain form.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_state(body: &[u8]) -> Result<StateCommand, Problem> {
    let body = object(body)?;
    let asked = word(&body, "state")?;
    let reason = body.get("reason").and_then(Value::as_str).unwrap_or_default();
    let work_mode = body.get("workMode").and_then(Value::as_str).unwrap_or_default();
    let plain: String = asked.chars().filter(char::is_ascii_alphanumeric).collect();
    let command = match (plain.to_ascii_lowercase().as_str(), work_mode) {
        ("ready", _) => StateCommand::Ready,
        ("aftercallwork" | "acw", _) | ("notready", "AfterCallWork") => {
            StateCommand::AfterCallWork { wrap_up_s: None }
        }
        ("notready", "AuxWork") | ("auxwork", _) => not_ready(WorkMode::AuxWork, reason)?,
        ("notready", _) => not_ready(WorkMode::Unknown, reason)?,
        ("loggedout" | "logout" | "offline", _) => StateCommand::Offline,
        _ => return Err(Problem::unknown_operation(asked, STATES)),
    };
    with_wrap_up(command, &body)
}

/// Reads `{"operationName","reason"?,"wrapUpTime"?}` of a voice channel, the genuine form.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_state_operation(body: &[u8]) -> Result<StateCommand, Problem> {
    let body = object(body)?;
    let operation = word(&body, "operationName")?;
    state_operation(operation, &body)?
        .ok_or_else(|| Problem::unknown_operation(operation, OPERATIONS))
}

/// The command of this operationName, when it is one about a state.
pub(crate) fn state_operation(
    operation: &str,
    body: &Map<String, Value>,
) -> Result<Option<StateCommand>, Problem> {
    let reason = body.get("reason").and_then(Value::as_str).unwrap_or_default();
    let command = match operation {
        "AfterCallWork" => StateCommand::AfterCallWork { wrap_up_s: None },
        "AuxWork" => not_ready(WorkMode::AuxWork, reason)?,
        "NotReady" => not_ready(WorkMode::Unknown, reason)?,
        "Offline" => StateCommand::Offline,
        "Ready" => StateCommand::Ready,
        _ => match NOT_READY_REASONS.iter().find(|own| own.name == operation) {
            Some(own) => not_ready(WorkMode::Unknown, own.name)?,
            None => return Ok(None),
        },
    };
    with_wrap_up(command, body).map(Some)
}

/// Takes over `wrapUpTime`, which only after-call work has.
fn with_wrap_up(command: StateCommand, body: &Map<String, Value>) -> Result<StateCommand, Problem> {
    let value = match body.get("wrapUpTime") {
        None | Some(Value::Null) => return Ok(command),
        Some(value) => value,
    };
    if !matches!(command, StateCommand::AfterCallWork { .. }) {
        return Err(Problem::out_of_range("wrapUpTime", "goes with AfterCallWork alone"));
    }
    let seconds = value.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
    let seconds = seconds.filter(|seconds| *seconds <= WRAP_UP_S_MAX).ok_or_else(|| {
        let limit = format!("must be 0 to {WRAP_UP_S_MAX} seconds; 0: without an end");
        Problem::out_of_range("wrapUpTime", limit)
    })?;
    Ok(StateCommand::AfterCallWork { wrap_up_s: Some(seconds) })
}

fn not_ready(work_mode: WorkMode, reason: &str) -> Result<StateCommand, Problem> {
    if reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        let limit = format!("must be at most {REASON_CHARS_MAX} characters of one line");
        return Err(Problem::out_of_range("reason", limit));
    }
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    Ok(StateCommand::NotReady { work_mode, reason })
}

/// `userState` of a device.
#[must_use]
pub fn user_state(agent: AgentWord<'_>) -> UserState {
    let own = NOT_READY_REASONS.iter().find(|own| agent.reason == Some(own.name));
    let standard = standard_of(agent);
    let (id, name) = match (standard, own) {
        (NOT_READY | AUX_WORK, Some(own)) => (own.id, own.name),
        _ => (standard.id, standard.display_name),
    };
    let is_not_ready = standard.state == "NotReady";
    UserState {
        id: id.to_owned(),
        display_name: name.to_owned(),
        state: standard.state.to_owned(),
        work_mode: standard.work_mode.map(str::to_owned),
        reason: agent.reason.filter(|_| is_not_ready).map(str::to_owned),
        wrap_up_ends_at: agent.wrap_up_ends_ms.filter(|_| standard == AFTER_CALL_WORK),
    }
}

/// The one word of the plain form: `Ready`, `NotReady`, `AfterCallWork`, `LoggedOut`.
#[must_use]
pub fn agent_state_word(agent: AgentWord<'_>) -> &'static str {
    match agent.work_mode {
        WorkMode::AfterCallWork if agent.state == AgentState::NotReady => "AfterCallWork",
        WorkMode::AfterCallWork
        | WorkMode::AutoIn
        | WorkMode::AuxWork
        | WorkMode::ManualIn
        | WorkMode::NoCallDisconnect
        | WorkMode::ReturnBack
        | WorkMode::Unknown
        | WorkMode::WalkAway => agent.state.as_str(),
    }
}

fn standard_of(agent: AgentWord<'_>) -> Standard {
    match (agent.state, agent.work_mode) {
        (AgentState::AfterCallWork, _) | (AgentState::NotReady, WorkMode::AfterCallWork) => {
            AFTER_CALL_WORK
        }
        (AgentState::LoggedOut, _) => OFFLINE,
        (AgentState::NotReady, WorkMode::AuxWork) => AUX_WORK,
        (AgentState::NotReady, _) => NOT_READY,
        (AgentState::Ready, _) => READY,
    }
}

/// The agent-states settings: the standard states, then the not-ready reasons.
#[must_use]
pub fn agent_state_settings() -> Vec<Value> {
    let standard = [READY, NOT_READY, AFTER_CALL_WORK, AUX_WORK, OFFLINE].map(|s| {
        let mut out = json!({
            "id": s.id, "displayName": s.display_name, "operationName": s.operation,
            "state": if s.operation == "Offline" { "Logout" } else { s.state },
        });
        if let (Some(work_mode), Some(out)) = (s.work_mode, out.as_object_mut()) {
            out.insert("workMode".into(), json!(work_mode));
        }
        out
    });
    let own = NOT_READY_REASONS.map(|own| {
        json!({
            "id": own.id, "displayName": own.name, "operationName": own.name,
            "state": "NotReady", "reason": own.name,
        })
    });
    standard.into_iter().chain(own).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Standard {
    id: &'static str,
    display_name: &'static str,
    operation: &'static str,
    state: &'static str,
    work_mode: Option<&'static str>,
}

const READY: Standard = Standard {
    id: "9430250E-0A1B-421F-B372-F29E69366DED",
    display_name: "Ready",
    operation: "Ready",
    state: "Ready",
    work_mode: None,
};
const NOT_READY: Standard = Standard {
    id: "900D55CC-2BB0-431F-8BF9-D3525B383BE6",
    display_name: "Not Ready",
    operation: "NotReady",
    state: "NotReady",
    work_mode: None,
};
const AFTER_CALL_WORK: Standard = Standard {
    id: "D3663509-3D82-4DD3-A82E-2EA8EFA02AEF",
    display_name: "After Call Work",
    operation: "AfterCallWork",
    state: "NotReady",
    work_mode: Some("AfterCallWork"),
};
const AUX_WORK: Standard = Standard {
    id: "2B36138D-C564-4562-A8CB-3C32D564F296",
    display_name: "Aux Work",
    operation: "AuxWork",
    state: "NotReady",
    work_mode: Some("AuxWork"),
};
const OFFLINE: Standard = Standard {
    id: "0F7F5003-EF26-4D13-A6Ef-D0C7EC819BEB",
    display_name: "Offline",
    operation: "Offline",
    state: "LoggedOut",
    work_mode: None,
};
const STATES: &[&str] = &["Ready", "NotReady", "AfterCallWork", "AuxWork", "LoggedOut"];
const OPERATIONS: &[&str] = &[
    "Ready",
    "NotReady",
    "AfterCallWork",
    "AuxWork",
    "Offline",
    "Break",
    "Lunch",
    "Training",
    "Meeting",
];
