//! The dashboard's tables: one row for each agent, call and skill.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{AgentId, CallUuid, Dn, SkillName, UserName, id::GroupName};

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentRow {
    /// The person's key.
    pub user: UserName,
    /// First and last name.
    pub name: String,
    /// employeeID.
    pub agent: AgentId,
    /// Where he or she is logged in.
    pub dn: Option<Dn>,
    /// The highest of what goes on.
    pub state: AgentStatus,
    /// Why not ready.
    pub reason: Option<String>,
    /// Since when, milliseconds since 1970; `None`: since before the server's start.
    pub since_ms: Option<u64>,
    /// The call that goes on longest.
    pub call: Option<CallUuid>,
    /// Who else is in it: the outside number where there is one.
    pub customer: Option<String>,
    /// Skills with a level.
    pub skills: Vec<SkillName>,
    /// Agent groups.
    pub teams: Vec<GroupName>,
}

/// An agent's status: the highest of what goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum AgentStatus {
    AfterCallWork,
    #[default]
    LoggedOut,
    NotReady,
    OnCall,
    Ready,
}

impl AgentStatus {
    /// The word in REST and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterCallWork => "AfterCallWork",
            Self::LoggedOut => "LoggedOut",
            Self::NotReady => "NotReady",
            Self::OnCall => "OnCall",
            Self::Ready => "Ready",
        }
    }
}

/// A call that is up or on its way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRow {
    /// CallUUID.
    pub id: CallUuid,
    /// `Inbound`, `Outbound`, ...
    #[serde(rename = "type")]
    pub call_type: &'static str,
    /// Where it is.
    pub state: CallStage,
    /// The caller.
    pub ani: Option<String>,
    /// What was dialled.
    pub dnis: Option<String>,
    /// The queue or route point where it waits or that it came through.
    pub queue: Option<Dn>,
    /// The phones that it rings or that talk.
    pub dns: Vec<Dn>,
    /// Since when there is such a call, milliseconds since 1970.
    pub since_ms: u64,
    /// How its worst leg sounds: MOS by the E-model, 1 to 4.5.
    pub mos: Option<f32>,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CallStage {
    /// Dials or rings.
    Ringing,
    /// Somebody talks.
    Talking,
    /// In a queue.
    Waiting,
}

/// The agents who have a skill, by what they do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SkillRow {
    /// The skill.
    pub name: SkillName,
    /// At work: all but those who are logged out.
    pub logged_in: u32,
    /// Ready.
    pub ready: u32,
    /// On a call.
    pub on_call: u32,
    /// Working after one.
    pub after_call_work: u32,
    /// Not ready.
    pub not_ready: u32,
    /// These by reason; without a reason: `""`.
    pub reasons: BTreeMap<String, u32>,
}
