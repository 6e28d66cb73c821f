//! Why routing does what it does, for supervisors and programs.

use serde::Serialize;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExplainQuery {
    /// A DN, an agent's employee id or a person's user name.
    Agent(String),
    /// A CallUUID or a ConnID.
    Call(String),
}

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Explanation {
    /// Of an agent.
    Agent(AgentExplanation),
    /// Of a call.
    Call(CallExplanation),
}

/// Why a call is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallExplanation {
    /// AttributeConnID.
    pub call: String,
    /// AttributeCallUUID.
    pub call_uuid: String,
    /// In a sentence or two.
    pub words: String,
    /// `waiting`, `asking`, `offered`, `ringing`, `sent`, `resting`, `left`, or `routed` when the
    /// router has nothing to do with it any more.
    pub stage: &'static str,
    /// The route point where it is, or was last.
    pub route_point: String,
    /// Its strategy.
    pub strategy: Option<String>,
    /// The operation that it is in, counted from 0, as `next` names them.
    pub step: Option<usize>,
    /// When it first came, milliseconds since 1970.
    pub waiting_since: Option<u64>,
    /// At the moment.
    pub priority: Option<i64>,
    /// 1: comes next.
    pub position: Option<usize>,
    /// Seconds until an agent is likely to be free for it.
    pub expected_wait: Option<i64>,
    /// How often an agent was chosen for it.
    pub offers: u32,
    /// Whom it waits for.
    pub targets: Vec<TargetExplanation>,
    /// What comes when nobody does.
    pub next: Option<NextStep>,
    /// Agents who were chosen for it, the last one last.
    pub decisions: Vec<Decision>,
}

/// Whom a call waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetExplanation {
    /// E.g. `?:Support > 0`.
    pub team: String,
    /// How many of its agents are logged in.
    pub logged_in: usize,
    /// Those of them, up to [`AGENTS_TOLD_MAX`], and why each does not get the call.
    pub agents: Vec<AgentReason>,
}

/// Why an agent does not get a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentReason {
    /// Employee id.
    pub agent: String,
    /// Where he or she sits.
    pub dn: String,
    /// E.g. `on a call`.
    pub why: String,
}

/// What a call's strategy does next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NextStep {
    /// In words.
    pub step: String,
    /// When, milliseconds since 1970; `None`: never by itself.
    pub at: Option<u64>,
}

/// An agent was chosen for a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// When, milliseconds since 1970.
    pub at: u64,
    /// AttributeConnID of the call.
    pub call: String,
    /// Its strategy.
    pub strategy: String,
    /// Employee id.
    pub agent: String,
    /// Where he or she sits.
    pub dn: String,
    /// Of which team.
    pub team: String,
    /// How many agents of the call's teams were free.
    pub candidates: usize,
    /// Why this one, in words.
    pub why: String,
}

/// Why an agent gets calls or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentExplanation {
    /// Employee id, when somebody is logged in.
    pub agent: Option<String>,
    /// Where he or she sits.
    pub dn: String,
    /// Whether a call would be sent there now.
    pub available: bool,
    /// In a sentence or two.
    pub words: String,
    /// What stands in the way, e.g. `in after-call work`.
    pub why: Option<String>,
    /// Seconds since the agent has been able to take a call.
    pub idle: Option<u64>,
    /// Teams of strategies that he or she belongs to.
    pub teams: Vec<TeamExplanation>,
    /// The last calls that he or she was chosen for, the last one last.
    pub decisions: Vec<Decision>,
}

/// A team of a strategy that an agent belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamExplanation {
    /// The strategy.
    pub strategy: String,
    /// E.g. `?:Support > 0`.
    pub team: String,
    /// Calls that wait for it now.
    pub waiting: usize,
    /// Its agents who are free and were free before this one.
    pub ahead: usize,
}

/// Agents of a team that are told one by one.
pub const AGENTS_TOLD_MAX: usize = 100;
