//! The site minute by minute.

use model::{
    Now,
    monitor::{AgentCounts, SiteTrend},
};
use serde::{Deserialize, Serialize};

use crate::{hour::Fact, minutes::Minutes, queues::minute};

/// The last 24 hours.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SiteMinutes(Minutes<Minute>);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Minute {
    inbound: u32,
    outbound: u32,
    active: u32,
    active_max: u32,
    agents: AgentCounts,
}

impl Minute {
    /// A minute in which nothing happens after this one.
    fn quiet(&self) -> Self {
        Self { inbound: 0, outbound: 0, active_max: self.active, ..self.clone() }
    }
}

impl SiteMinutes {
    pub fn count(&mut self, now: Now, fact: Fact) {
        let present = self.0.present(minute(now), Minute::quiet);
        match fact {
            Fact::Inbound => present.inbound += 1,
            Fact::Outbound => present.outbound += 1,
            Fact::Abandoned | Fact::Entered | Fact::Handled { .. } => {}
        }
    }

    /// So many calls are up from now on.
    pub fn note(&mut self, now: Now, active: u32) {
        let present = self.0.present(minute(now), Minute::quiet);
        present.active = active;
        present.active_max = present.active_max.max(active);
    }

    /// Whether the last minute is.
    pub fn is_over(&self, now: Now) -> bool {
        self.0.next() <= minute(now)
    }

    /// Ends the last minute, and those that passed since, with what agents do then.
    pub fn end(&mut self, now: Now, agents: AgentCounts) {
        if let Some(last) = self.0.last() {
            last.agents = agents;
        }
        self.0.present(minute(now), Minute::quiet);
    }

    /// Between two minutes since 1970.
    pub fn trend(&mut self, from: u64, until: u64) -> SiteTrend {
        self.0.present(until, Minute::quiet);
        let mut trend = SiteTrend::default();
        for minute in self.0.between(from, until) {
            trend.active_calls.push(minute.active_max);
            trend.after_call_work.push(minute.agents.after_call_work);
            trend.inbound.push(minute.inbound);
            trend.not_ready.push(minute.agents.not_ready);
            trend.on_call.push(minute.agents.on_call);
            trend.outbound.push(minute.outbound);
            trend.ready.push(minute.agents.ready);
        }
        trend
    }
}
