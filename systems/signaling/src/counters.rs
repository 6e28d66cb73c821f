//! What is counted for `/metrics`.

use std::collections::BTreeMap;

use model::monitor::Metric;
use wire_sip::Fault;

/// Why a request was refused without reaching the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refused {
    Malformed,
    Media,
    Overload,
    UnknownDn,
    UnknownSource,
    Upstream,
    Withheld,
    WrongPassword,
}

/// Everything that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    refused: BTreeMap<Refused, u64>,
    dropped: u64,
    received: u64,
}

impl Counters {
    /// One more; says how many there were, so that a flood can be logged thinly.
    pub fn refused(&mut self, reason: Refused) -> u64 {
        let count = self.refused.entry(reason).or_default();
        *count += 1;
        *count
    }

    /// A message that can't even be answered.
    pub fn dropped(&mut self, fault: Fault) {
        tracing::debug!(?fault, "dropped a message that is no SIP");
        self.dropped += 1;
    }

    pub fn received(&mut self) {
        self.received += 1;
    }

    pub fn metrics(&self) -> Vec<Metric> {
        let counter = |name, help, labels, value: u64| Metric {
            name,
            help,
            is_counter: true,
            labels,
            value: value as f64,
        };
        let mut all: Vec<_> = ALL
            .iter()
            .map(|reason| {
                let count = self.refused.get(reason).copied().unwrap_or_default();
                let labels = vec![("reason", reason.label().to_owned())];
                counter("cordboard_sip_refused_total", "SIP requests refused", labels, count)
            })
            .collect();
        all.push(counter(
            "cordboard_sip_dropped_total",
            "SIP messages dropped as unreadable",
            Vec::new(),
            self.dropped,
        ));
        all.push(counter(
            "cordboard_sip_received_total",
            "SIP messages received",
            Vec::new(),
            self.received,
        ));
        all
    }
}

impl Refused {
    fn label(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Media => "media",
            Self::Overload => "overload",
            Self::UnknownDn => "unknown_dn",
            Self::UnknownSource => "unknown_source",
            Self::Upstream => "upstream",
            Self::Withheld => "withheld",
            Self::WrongPassword => "wrong_password",
        }
    }
}

const ALL: [Refused; 8] = [
    Refused::Malformed,
    Refused::Media,
    Refused::Overload,
    Refused::UnknownDn,
    Refused::UnknownSource,
    Refused::Upstream,
    Refused::Withheld,
    Refused::WrongPassword,
];
