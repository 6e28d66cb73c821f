//! A span of the past as the router can live through it again, and what came of it.

use serde::Serialize;

use crate::{AgentId, Dn};

/// What came and who was there. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// From when.
    pub from_ms: u64,
    /// To when.
    pub to_ms: u64,
    /// Calls that came to route points, in their order.
    pub calls: Vec<PastCall>,
    /// When agents could take them.
    pub shifts: Vec<Shift>,
    /// How long phones rang until they were answered, on average.
    pub ring_ms: u64,
}

/// A call that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCall {
    /// When.
    pub at_ms: u64,
    /// To which route point.
    pub route_point: Dn,
    /// From whom.
    pub ani: Option<String>,
    /// Which number was dialled.
    pub dnis: Option<String>,
    /// How long it waited, in all queues.
    pub wait_ms: u64,
    /// What became of it.
    pub end: PastEnd,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastEnd {
    /// The caller gave up.
    Abandoned,
    /// An agent took it.
    Answered {
        /// How long they talked, with holding.
        talk_ms: u64,
        /// After-call work.
        after_ms: u64,
    },
    /// Something else: it went out of the site, or the site ended it.
    Other,
}

/// A time in which an agent would take calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Who.
    pub agent: AgentId,
    /// Where.
    pub dn: Dn,
    /// From when.
    pub from_ms: u64,
    /// To when.
    pub to_ms: u64,
}

/// What came of a span, as it was or as it would have been.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lived {
    /// Of all calls.
    pub total: Figures,
    /// Of each route point that calls came to.
    pub route_points: Vec<OfRoutePoint>,
    /// Share of the agents' time that calls took, in per cent; `None` when nobody was there.
    pub occupancy_percent: Option<f32>,
}

/// A route point's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfRoutePoint {
    /// Which.
    pub name: Dn,
    /// Of the calls that came there first.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What is compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Calls that came.
    pub offered: u32,
    /// Agents took them.
    pub answered: u32,
    /// Callers gave up.
    pub abandoned: u32,
    /// The rest: sent elsewhere, ended by the site, messages, still waiting at the end.
    pub other: u32,
    /// Answered in time, of those offered, in per cent.
    pub service_level_percent: Option<f32>,
    /// Of those answered.
    pub average_wait_seconds: Option<f32>,
    /// Nine of ten of those answered waited no longer.
    pub wait_90_percent_seconds: Option<f32>,
    /// Of those answered or abandoned.
    pub longest_wait_seconds: f32,
}
