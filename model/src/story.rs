//! A call's story: who told whom what, how its media came about, and how it sounded.
//!
//! The same shape is the page of a call, `GET /api/v2/history/calls/{callUuid}/story`, the text of
//! `cordboard ladder` and a row of the table `call_stories`. Times are milliseconds since 1970.

use serde::{Deserialize, Serialize};

/// One call's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Story {
    /// CallUUID.
    pub call_uuid: String,
    /// ConnID, as sixteen hexadecimal digits.
    pub conn_id: String,
    /// The first thing that is told.
    pub began_ms: u64,
    /// When it was over; `None` while the call is up.
    pub ended_ms: Option<u64>,
    /// Hand-overs, in their order.
    pub ladder: Vec<Rung>,
    /// Hand-overs that were too many, after the first ones.
    pub left_out: u32,
    /// SIP dialogs with their media, as they began.
    pub legs: Vec<LegStory>,
}

/// One hand-over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rung {
    /// When.
    pub at_ms: u64,
    /// Who tells: `signaling`, `switch`, `desk`, …, or a leg's far end by its name.
    pub from: String,
    /// Whom.
    pub to: String,
    /// What.
    pub text: String,
}

/// The SIP dialog and the media stream with one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegStory {
    /// As the ladder calls it.
    pub leg: String,
    /// The far end: a DN or a trunk.
    pub name: String,
    /// What we send it.
    pub codec: Option<String>,
    /// What both sides described, without keys.
    pub sdp: Vec<Description>,
    /// How media came about.
    pub milestones: Vec<Reached>,
    /// How it sounded, over all; `None` while nothing is measured.
    pub quality: Option<Heard>,
    /// The same piece by piece.
    pub points: Vec<Heard>,
}

/// An SDP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// When.
    pub at_ms: u64,
    /// Whether we wrote it.
    pub is_ours: bool,
    /// The text; passwords and keys are left out.
    pub text: String,
}

/// A step on the way to sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reached {
    /// When.
    pub at_ms: u64,
    /// `iceCheck`, `iceNominated`, `dtlsDone`, `rtpReceived`, `rtpSent`.
    pub name: String,
    /// The far end's address.
    pub address: Option<String>,
}

/// How a leg sounded in a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heard {
    /// When it ended.
    pub at_ms: u64,
    /// RTP packets that came in time.
    pub received: u64,
    /// That never came, or came after their time.
    pub lost: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// Of what should have come, lost.
    pub loss_percent: f32,
    /// Of what we sent, lost as the far end reports it.
    pub reported_loss_percent: f32,
    /// Interarrival jitter, RFC 3550 6.4.1.
    pub jitter_ms: f32,
    /// Round trip by RTCP, when known.
    pub round_trip_ms: Option<f32>,
    /// Mean opinion score as the E-model of ITU-T G.107 estimates it, 1 to 4.5, of what is heard
    /// from this far end; `None` when nothing came.
    pub mos: Option<f32>,
}

/// How a leg sounds now, for whoever watches over voice.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// The calls that it is in.
    pub conns: Vec<crate::ConnId>,
    /// Which.
    pub leg: crate::LegId,
    /// The far end: a DN or a trunk.
    pub name: String,
    /// The latest figures; `None`: the leg is over.
    pub heard: Option<Heard>,
}
