//! One leg: what was described, reached and measured.

use std::collections::BTreeSet;

use model::{
    ConnId, LegId, Now,
    media::{Milestone, Quality},
    story::{Description, Heard, LegStory, Reached, Rung},
};

use crate::e_model::{Stream, mos};

/// A leg that was heard of.
#[derive(Debug, Default)]
pub struct Leg {
    /// Its far end.
    pub name: Option<String>,
    /// The calls that it is or was in.
    pub conns: BTreeSet<ConnId>,
    /// Of its SIP dialog.
    pub call_id: Option<String>,
    /// What was told before it was in any.
    pub waiting: Vec<Rung>,
    /// Media has let it go.
    pub is_closed: bool,
    codec: Option<&'static str>,
    sdp: Vec<Description>,
    milestones: Vec<Reached>,
    points: Vec<Heard>,
    before: Quality,
    /// Points that one point stands for.
    stride: u32,
    skipped: u32,
}

impl Leg {
    /// An SDP went one way or the other.
    pub fn describe(&mut self, now: Now, is_ours: bool, sdp: &[u8]) {
        let text = without_keys(&String::from_utf8_lossy(sdp));
        let is_known = self.sdp.iter().rev().find(|known| known.is_ours == is_ours);
        if self.sdp.len() < SDP_MAX && is_known.is_none_or(|known| known.text != text) {
            self.sdp.push(Description { at_ms: now.unix_ms(), is_ours, text });
        }
    }

    /// Media came a step further.
    pub fn reach(&mut self, now: Now, milestone: Milestone, address: Option<String>) {
        if self.milestones.len() < MILESTONES_MAX {
            let name = milestone.as_str().to_owned();
            self.milestones.push(Reached { at_ms: now.unix_ms(), name, address });
        }
    }

    /// New figures since the leg began. Returns how it sounded since the last ones; `None` when
    /// neither side sent anything.
    pub fn measure(&mut self, now: Now, quality: Quality) -> Option<Heard> {
        self.codec = quality.codec.or(self.codec);
        let before = std::mem::replace(&mut self.before, quality);
        let came = quality.packets_received.saturating_sub(before.packets_received);
        let late = quality.packets_late.saturating_sub(before.packets_late).min(came);
        let received = came - late;
        let lost = quality.packets_lost.saturating_sub(before.packets_lost) + late;
        let sent = quality.packets_sent.saturating_sub(before.packets_sent);
        if received + lost + sent == 0 {
            return None;
        }
        let mut heard = Heard {
            at_ms: now.unix_ms(),
            received,
            lost,
            sent,
            reported_loss_percent: quality.reported_loss_percent,
            jitter_ms: quality.jitter_ms,
            round_trip_ms: quality.round_trip_ms,
            ..Heard::default()
        };
        rate(&mut heard);
        self.keep(heard.clone());
        Some(heard)
    }

    /// Its story in one call.
    pub fn story(&self, leg: LegId, from_ms: u64, to_ms: u64) -> LegStory {
        let in_call = |point: &&Heard| (from_ms..=to_ms).contains(&point.at_ms);
        let points: Vec<Heard> = self.points.iter().filter(in_call).cloned().collect();
        LegStory {
            leg: leg.to_string(),
            name: self.name.clone().unwrap_or_default(),
            codec: self.codec.map(str::to_owned),
            sdp: self.sdp.iter().filter(|sdp| sdp.at_ms <= to_ms).cloned().collect(),
            milestones: self.milestones.iter().filter(|one| one.at_ms <= to_ms).cloned().collect(),
            quality: together(&points),
            points,
        }
    }

    /// Long calls get coarser, so that a story stays small.
    fn keep(&mut self, heard: Heard) {
        if self.skipped == 0 && self.points.len() == POINTS_MAX {
            self.stride = self.stride.max(1) * 2;
            self.points = self.points.chunks(2).filter_map(together).collect();
        }
        match self.points.last_mut() {
            Some(last) if self.skipped > 0 => {
                if let Some(both) = together(&[last.clone(), heard]) {
                    *last = both;
                }
            }
            Some(_) | None => self.points.push(heard),
        }
        self.skipped = (self.skipped + 1) % self.stride.max(1);
    }
}

/// Several times as one: what was counted is added up, what was measured is weighed by packets.
fn together(points: &[Heard]) -> Option<Heard> {
    let last = points.last()?;
    let sum = |of: fn(&Heard) -> u64| points.iter().map(of).sum::<u64>();
    let weight = |point: &Heard| (point.received + point.sent).max(1) as f32;
    let whole: f32 = points.iter().map(weight).sum();
    let mean = |of: fn(&Heard) -> f32| {
        points.iter().map(|point| of(point) * weight(point)).sum::<f32>() / whole
    };
    let trips: Vec<f32> = points.iter().filter_map(|point| point.round_trip_ms).collect();
    let round_trip_ms = (!trips.is_empty()).then(|| trips.iter().sum::<f32>() / trips.len() as f32);
    let mut all = Heard {
        at_ms: last.at_ms,
        received: sum(|point| point.received),
        lost: sum(|point| point.lost),
        sent: sum(|point| point.sent),
        reported_loss_percent: mean(|point| point.reported_loss_percent),
        jitter_ms: mean(|point| point.jitter_ms),
        round_trip_ms,
        ..Heard::default()
    };
    rate(&mut all);
    Some(all)
}

/// Loss and score from the counts.
fn rate(heard: &mut Heard) {
    let due = (heard.received + heard.lost).max(1);
    heard.loss_percent = heard.lost as f32 / due as f32 * 100.0;
    heard.mos = (heard.received > 0).then(|| {
        mos(Stream {
            lost_percent: heard.loss_percent,
            jitter_ms: heard.jitter_ms,
            round_trip_ms: heard.round_trip_ms,
        })
    });
}

/// Whoever reads a story later can't listen in with it.
fn without_keys(sdp: &str) -> String {
    let mut text = String::with_capacity(sdp.len().min(SDP_LEN_MAX));
    for line in sdp.lines() {
        if text.len() + line.len() > SDP_LEN_MAX {
            break;
        }
        match line.split_once(':') {
            Some((name @ ("a=ice-pwd" | "a=crypto" | "k=clear" | "k=base64"), _)) => {
                text.push_str(name);
                text.push_str(":…");
            }
            Some(_) | None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// First descriptions and those of a few holds.
const SDP_MAX: usize = 8;
/// Offers of browsers have 6 kB.
const SDP_LEN_MAX: usize = 8 * 1024;
/// The five of a browser, and some moves from network to network.
const MILESTONES_MAX: usize = 20;
/// At five seconds each ten minutes; from then on each stands for twice as long.
const POINTS_MAX: usize = 120;
