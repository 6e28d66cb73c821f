//! What can be asked of a device.

use model::request::MonitorMode;
use serde_json::{Map, Value};

use crate::{
    Problem,
    call_command::{number, object, word},
};

/// What is asked of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceCommand {
    /// Listen no more.
    CancelMonitoring,
    /// Take no calls, or take them again.
    DoNotDisturb(bool),
    /// Send calls elsewhere; `None`: no more.
    Forward(Option<String>),
    /// Listen to somebody's calls, or change how.
    Monitor(MonitorWish),
}

/// How a supervisor wants to hear whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorWish {
    /// How.
    pub mode: MonitorMode,
    /// Every call, not only the next.
    pub is_all: bool,
    /// Whom.
    pub target: MonitorTarget,
}

/// Whom a supervisor wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MonitorTarget {
    /// By the number.
    Number(String),
    /// By the device's id: the last part of its address.
    Device(String),
}

/// Reads `{"operationName":…}` of a device.
///
/// # Errors
/// A [`Problem`] that says what is wrong with the body.
pub fn read_device_operation(body: &[u8]) -> Result<DeviceCommand, Problem> {
    let body = object(body)?;
    let operation = word(&body, "operationName")?;
    match operation {
        "BargeIn" => monitor(&body, MonitorMode::Connect),
        "CancelSupervisorMonitoring" => Ok(DeviceCommand::CancelMonitoring),
        "Coach" => monitor(&body, MonitorMode::Coach),
        "DoNotDisturbOff" => Ok(DeviceCommand::DoNotDisturb(false)),
        "DoNotDisturbOn" => Ok(DeviceCommand::DoNotDisturb(true)),
        "ForwardCallsOff" => Ok(DeviceCommand::Forward(None)),
        "ForwardCallsOn" => number(&body, "destination").map(|to| DeviceCommand::Forward(Some(to))),
        "ListenIn" => monitor(&body, MonitorMode::Mute),
        _ => Err(Problem::unknown_operation(operation, OPERATIONS)),
    }
}

/// GWS's word for a way of monitoring.
#[must_use]
pub fn monitor_word(mode: MonitorMode) -> &'static str {
    match mode {
        MonitorMode::Connect => "BargeIn",
        MonitorMode::Coach => "Coach",
        MonitorMode::Mute => "ListenIn",
    }
}

fn monitor(body: &Map<String, Value>, mode: MonitorMode) -> Result<DeviceCommand, Problem> {
    let is_all = match one_of(body, "supervisorMonitoringMode", ["AllCalls", "NextCall"])? {
        None | Some("AllCalls") => true,
        Some(_) => false,
    };
    // Both are taken: who is monitored is left when he or she leaves the call.
    one_of(body, "supervisorMonitoringScope", ["Agent", "Call"])?;
    let target = if body.contains_key("targetDeviceUri") {
        let uri = word(body, "targetDeviceUri")?.trim_end_matches('/');
        MonitorTarget::Device(uri.rsplit('/').next().unwrap_or_default().to_owned())
    } else {
        MonitorTarget::Number(number(body, "phoneNumber")?)
    };
    Ok(DeviceCommand::Monitor(MonitorWish { mode, is_all, target }))
}

fn one_of<'a>(
    body: &'a Map<String, Value>,
    name: &str,
    words: [&str; 2],
) -> Result<Option<&'a str>, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if words.contains(&text.as_str()) => Ok(Some(text)),
        Some(_) => Err(Problem::out_of_range(name, format!("must be {}", words.join(" or ")))),
    }
}

const OPERATIONS: &[&str] = &[
    "DoNotDisturbOn",
    "DoNotDisturbOff",
    "ForwardCallsOn",
    "ForwardCallsOff",
    "ListenIn",
    "Coach",
    "BargeIn",
    "CancelSupervisorMonitoring",
];
