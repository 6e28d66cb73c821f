//! The free agents of each team, so that a decision looks at nobody who has no part in it.
//!
//! A team is worked out when a call first waits for it under a configuration, and kept up to date
//! from then on. Teams of one agent are not kept: there may be as many as agents.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::Instant,
};

use model::{AgentId, Dn};

use crate::plan::{Members, Team};

/// A free agent: since when, and where.
pub type Free = (Instant, Dn);

/// The teams that are known, by key.
#[derive(Debug, Default)]
pub struct TeamTable {
    known: BTreeMap<Arc<str>, Known>,
}

#[derive(Debug)]
struct Known {
    members: HashSet<AgentId>,
    free: BTreeSet<Free>,
}

impl TeamTable {
    /// Everybody's skills may have changed.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    pub fn is_known(&self, team: &Team) -> bool {
        matches!(team.who, Members::Agent(_)) || self.known.contains_key(&team.key)
    }

    pub fn know(
        &mut self,
        team: &Team,
        members: HashSet<AgentId>,
        free: impl Iterator<Item = (AgentId, Free)>,
    ) {
        let free = free.filter(|(agent, _)| members.contains(agent));
        let free = free.map(|(_, free)| free).collect();
        self.known.insert(Arc::clone(&team.key), Known { members, free });
    }

    /// Whether an agent belongs to a team; `None` when the team is not known.
    pub fn has(&self, team: &Team, agent: &AgentId) -> Option<bool> {
        Some(self.known.get(&team.key)?.members.contains(agent))
    }

    /// The free agents of a team, longest idle first; `None` when the team is not known.
    pub fn free_of(&self, team: &Team) -> Option<&BTreeSet<Free>> {
        Some(&self.known.get(&team.key)?.free)
    }

    /// An agent is free.
    pub fn gain(&mut self, agent: &AgentId, free: &Free) {
        for known in self.known.values_mut().filter(|known| known.members.contains(agent)) {
            known.free.insert(free.clone());
        }
    }

    /// An agent is free no more.
    pub fn lose(&mut self, agent: &AgentId, free: &Free) {
        for known in self.known.values_mut().filter(|known| known.members.contains(agent)) {
            known.free.remove(free);
        }
    }
}
