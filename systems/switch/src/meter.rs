//! Counters for `/metrics`.

use std::collections::BTreeMap;

use model::{CallType, TError, leg::Cause, monitor::Metric};

use crate::{
    Counts,
    call::{Call, Party, State},
    ring::Unanswered,
};

/// What happened since the start.
#[derive(Debug, Default)]
pub struct Meter {
    began: BTreeMap<&'static str, u64>,
    ended: BTreeMap<&'static str, u64>,
    refused: BTreeMap<u16, u64>,
    unanswered: BTreeMap<&'static str, u64>,
    requests_refused: BTreeMap<&'static str, u64>,
    answered: u64,
    pages_lost: u64,
    voices_lost: u64,
}

impl Meter {
    /// A call came in.
    pub fn call_began(&mut self, call_type: CallType) {
        *self.began.entry(call_type.as_str()).or_default() += 1;
    }

    /// A call was refused at the door.
    pub fn call_refused(&mut self, cause: Cause) {
        *self.refused.entry(cause.sip_status()).or_default() += 1;
    }

    /// Two people talk.
    pub fn call_answered(&mut self) {
        self.answered += 1;
    }

    /// A call is over.
    pub fn call_ended(&mut self, call: &Call) {
        *self.ended.entry(stage_label(call)).or_default() += 1;
    }

    /// A page went away in a call.
    pub fn call_lost_its_page(&mut self) {
        self.pages_lost += 1;
    }

    /// A phone that was called did not answer.
    pub fn phone_unanswered(&mut self, why: Unanswered) {
        let label = match why {
            Unanswered::NoAnswer => "no_answer",
            Unanswered::Rejected(_) => "rejected",
            Unanswered::Unreachable => "unreachable",
        };
        *self.unanswered.entry(label).or_default() += 1;
    }

    /// A request was refused.
    pub fn request_refused(&mut self, error: TError) {
        *self.requests_refused.entry(error.as_str()).or_default() += 1;
    }

    /// A leg fell silent.
    pub fn voice_lost(&mut self) {
        self.voices_lost += 1;
    }

    /// Everything as lines.
    pub fn metrics<'a>(
        &self,
        counts: Counts,
        calls: impl Iterator<Item = &'a Call>,
    ) -> Vec<Metric> {
        let mut lines = Vec::new();
        let mut stages = BTreeMap::from(STAGES.map(|stage| (stage, 0)));
        for call in calls {
            *stages.entry(stage_label(call)).or_default() += 1;
        }
        for (stage, count) in stages {
            let labels = vec![("stage", stage.to_owned())];
            lines.push(gauge("cordboard_calls", "Calls that are up.", labels, count));
        }
        let legs = counts.legs as u64;
        lines.push(gauge("cordboard_legs", "Legs that are not over.", Vec::new(), legs));
        let by_label = [
            ("cordboard_calls_begun_total", "Calls taken, by type.", "type", &self.began),
            ("cordboard_calls_ended_total", "Calls over, by last stage.", "stage", &self.ended),
            (
                "cordboard_phones_unanswered_total",
                "Phones that were called and did not answer.",
                "why",
                &self.unanswered,
            ),
            (
                "cordboard_requests_refused_total",
                "Requests that were refused, by error.",
                "error",
                &self.requests_refused,
            ),
        ];
        for (name, help, label, values) in by_label {
            for (value, count) in values {
                lines.push(counter(name, help, vec![(label, (*value).to_owned())], *count));
            }
        }
        for (status, count) in &self.refused {
            let labels = vec![("status", status.to_string())];
            let help = "Calls refused at the door, by SIP status.";
            lines.push(counter("cordboard_calls_refused_total", help, labels, *count));
        }
        for (name, help, count) in [
            ("cordboard_calls_answered_total", "Calls that were answered.", self.answered),
            ("cordboard_pages_lost_total", "Pages that went away in a call.", self.pages_lost),
            ("cordboard_voice_lost_total", "Legs that fell silent.", self.voices_lost),
        ] {
            lines.push(counter(name, help, Vec::new(), count));
        }
        lines
    }
}

fn stage_label(call: &Call) -> &'static str {
    let is_alerting = |party: &Party| matches!(party.state, State::Alerting(_));
    if call.held_at().is_some() {
        "queued"
    } else if call.parties.iter().any(Party::is_in) {
        "established"
    } else if call.parties.iter().any(is_alerting) {
        "ringing"
    } else {
        "dialing"
    }
}

const STAGES: [&str; 4] = ["dialing", "established", "queued", "ringing"];

type Labels = Vec<(&'static str, String)>;

#[allow(clippy::cast_precision_loss, reason = "Prometheus counts in doubles")]
fn line(
    name: &'static str,
    help: &'static str,
    is_counter: bool,
    labels: Labels,
    value: u64,
) -> Metric {
    Metric { name, help, is_counter, labels, value: value as f64 }
}

fn gauge(name: &'static str, help: &'static str, labels: Labels, value: u64) -> Metric {
    line(name, help, false, labels, value)
}

fn counter(name: &'static str, help: &'static str, labels: Labels, value: u64) -> Metric {
    line(name, help, true, labels, value)
}
