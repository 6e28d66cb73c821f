//! Who talked with which caller last.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use model::{AgentId, Now};

/// The last agent of each caller, of as many callers as are remembered.
#[derive(Debug, Default)]
pub struct LastAgents {
    by_ani: BTreeMap<String, (Duration, AgentId)>,
    by_age: BTreeSet<(Duration, String)>,
}

impl LastAgents {
    /// An agent talks with a caller.
    pub fn note(&mut self, now: Now, ani: &str, agent: &AgentId) {
        if let Some((before, _)) = self.by_ani.remove(ani) {
            self.by_age.remove(&(before, ani.to_owned()));
        }
        self.by_ani.insert(ani.to_owned(), (now.unix, agent.clone()));
        self.by_age.insert((now.unix, ani.to_owned()));
        if self.by_ani.len() > CALLERS_MAX
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.by_ani.remove(&oldest);
        }
    }

    /// All of it, the longest ago first; milliseconds since 1970.
    pub fn save(&self) -> Vec<(String, u64, AgentId)> {
        let ms = |at: Duration| u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        let one = |(_, ani): &(Duration, String)| {
            let (at, agent) = self.by_ani.get(ani)?;
            Some((ani.clone(), ms(*at), agent.clone()))
        };
        self.by_age.iter().filter_map(one).collect()
    }

    /// What was saved.
    pub fn restore(&mut self, saved: Vec<(String, u64, AgentId)>) {
        for (ani, at_ms, agent) in saved.into_iter().take(CALLERS_MAX) {
            let at = Duration::from_millis(at_ms);
            self.by_age.insert((at, ani.clone()));
            self.by_ani.insert(ani, (at, agent));
        }
    }

    /// Who talked with this caller last, and how long ago.
    pub fn of(&self, now: Now, ani: &str) -> Option<(AgentId, Duration)> {
        let (at, agent) = self.by_ani.get(ani)?;
        Some((agent.clone(), now.unix.saturating_sub(*at)))
    }
}

/// Callers that are remembered; beyond, the longest ago is forgotten.
const CALLERS_MAX: usize = 100_000;
