//! How the site went in the last 24 hours, a value per minute.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use crate::Dn;

/// All trends. Every series has one value for each minute from `first_minute` on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trends {
    /// Minutes since 1970 of the first value.
    pub first_minute: u64,
    /// The site's.
    pub site: Arc<SiteTrend>,
    /// Each queue's and route point's.
    pub queues: BTreeMap<Dn, Arc<QueueTrend>>,
}

/// The site, minute by minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteTrend {
    /// Most calls at one time.
    pub active_calls: Vec<u32>,
    /// Agents at the minute's end.
    pub after_call_work: Vec<u32>,
    /// Calls from trunks.
    pub inbound: Vec<u32>,
    /// Agents at the minute's end.
    pub not_ready: Vec<u32>,
    /// Agents at the minute's end.
    pub on_call: Vec<u32>,
    /// Calls to trunks.
    pub outbound: Vec<u32>,
    /// Agents at the minute's end.
    pub ready: Vec<u32>,
}

/// A queue, minute by minute.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueTrend {
    /// Calls whose caller gave up.
    pub abandoned: Vec<u32>,
    /// Calls that somebody answered.
    pub answered: Vec<u32>,
    /// Of these.
    pub average_speed_of_answer_seconds: Vec<u32>,
    /// Calls that came.
    pub offered: Vec<u32>,
    /// `None`: no call was answered or abandoned.
    pub service_level_percent: Vec<Option<f32>>,
    /// Most calls that waited at one time.
    pub waiting: Vec<u32>,
}
