//! The dashboard's picture of the site, and counters for `/metrics`.

use serde::{Deserialize, Serialize};

use crate::Dn;

pub use crate::monitor::{
    queue::{QueueFigures, QueueHealth, QueueTotals},
    rows::{AgentRow, AgentStatus, CallRow, CallStage, SkillRow},
    settings::{Settings, Threshold, Watched},
    trends::{QueueTrend, SiteTrend, Trends},
};

mod queue;
mod rows;
pub mod settings;
mod trends;

/// Seed section 8, as the monitoring page and the desk read it. Times in seconds. The rows name
/// people and numbers: they are not for everybody, and so are no part of what is serialized here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Monitor {
    /// Agents by state.
    pub agents: AgentCounts,
    /// Every agent.
    #[serde(skip)]
    pub agent_rows: Vec<AgentRow>,
    /// What is wrong at the moment, worst first.
    pub alarms: Vec<Alarm>,
    /// The calls, the longest first; not more than can be read.
    #[serde(skip)]
    pub call_rows: Vec<CallRow>,
    /// Endpoints, calls, trunks.
    pub gateway: GatewayHealth,
    /// Calls of the last 3600 s.
    pub last_hour: LastHour,
    /// Route points and queues.
    pub queues: Vec<QueueHealth>,
    /// Answered within this time is answered in time.
    pub service_level_seconds: u32,
    /// Agents by skill.
    pub skills: Vec<SkillRow>,
}

/// Something that somebody has to look after. It is there until it is no longer so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Names it for programs, e.g. `recording-disk-full`; one alarm of a name at a time.
    pub name: String,
    /// How bad.
    pub severity: Severity,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// Since when, milliseconds since 1970.
    pub since_ms: u64,
}

/// An alarm begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmChange {
    /// It is over.
    Cleared {
        /// Its name.
        name: String,
    },
    /// It begins, or reads differently.
    Raised(Alarm),
}

/// How bad an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work.
    Critical,
    /// Something will not work soon, or works badly.
    Warning,
}

/// Agents by state; the four add up to all agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct AgentCounts {
    pub ready: u32,
    pub not_ready: u32,
    pub on_call: u32,
    pub after_call_work: u32,
    pub logged_out: u32,
}

/// The gateway's box of the dashboard.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayHealth {
    /// DNs with a phone, with the agent's user name when one is logged in.
    pub registered: Vec<RegisteredDn>,
    /// Calls that are up or on their way.
    pub active_calls: u32,
    /// Trunks.
    pub trunks: Vec<TrunkHealth>,
}

/// A DN with a phone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegisteredDn {
    /// The DN.
    pub dn: Dn,
    /// The person whose place it is.
    pub user: Option<String>,
}

/// A trunk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrunkHealth {
    /// Its name.
    pub name: String,
    /// Whether its OPTIONS probes are answered; `None` when it isn't probed.
    pub up: Option<bool>,
}

/// Calls of the last 3600 s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct LastHour {
    pub inbound: u32,
    pub outbound: u32,
    pub average_handle_seconds: u32,
    pub abandoned: u32,
    pub abandoned_percent: f32,
}

/// A link to another part of the house, as the dashboard's first box shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// E.g. `Database`.
    pub name: String,
    /// Whether it is up.
    pub connected: bool,
    /// Where it leads, for people; `None`: inside the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// One line of `/metrics`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Prometheus name, e.g. `cordboard_sip_refused_total`.
    pub name: &'static str,
    /// What it counts.
    pub help: &'static str,
    /// Whether it only grows (counter) or not (gauge).
    pub is_counter: bool,
    /// At most a few, of bounded values.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}
