//! Who of those who are free gets a call.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use model::{ConnId, Dn, Now, StrategyName, strategy::Choice};

use crate::{
    Router,
    calls::Call,
    plan::{Plan, Team},
    teams::Free,
};

/// How many calls each team of a step was sent: by step, then by team.
pub type Shares = BTreeMap<(StrategyName, usize), BTreeMap<Arc<str>, u64>>;

impl Router {
    /// The DN whose agent gets a waiting call, with the team that he or she stands for.
    pub(crate) fn choose(&self, now: Now, call: &Call) -> Option<(Dn, Arc<Team>)> {
        let team_of = |dn: &Dn| {
            let suits = |(team, _): &&(Arc<Team>, u32)| self.agents.suits(dn, team);
            call.teams.iter().find(suits).map(|(team, _)| team)
        };
        let seat = |dn: &Dn| self.agents.seat(dn);
        if let Choice::LongestIdle = call.choose {
            let firsts = call.teams.iter().filter_map(|(team, _)| self.agents.free_of(team).next());
            let (_, dn) = firsts.min()?;
            return Some((dn.clone(), Arc::clone(team_of(dn)?)));
        }
        // Free ones come longest idle first, which settles what is equal otherwise.
        let all: BTreeSet<&Free> =
            call.teams.iter().flat_map(|(team, _)| self.agents.free_of(team)).collect();
        let mut free = all.into_iter().filter_map(|(_, dn)| Some((dn, team_of(dn)?)));
        let chosen = match call.choose {
            Choice::LongestIdle => free.next(),
            Choice::LeastOccupied => {
                free.min_by_key(|(dn, _)| seat(dn).map_or(0, |seat| seat.occupancy(now)))
            }
            Choice::LeastSkilled => free.min_by_key(|(dn, team)| self.agents.levels(dn, team)),
            Choice::MostSkilled => {
                free.min_by_key(|(dn, team)| Reverse(self.agents.levels(dn, team)))
            }
            Choice::RoundRobin => free.min_by_key(|(dn, _)| seat(dn).map_or(0, |s| s.last_sent)),
            Choice::Weighted => return self.choose_by_weight(call),
        };
        chosen.map(|(dn, team)| (dn.clone(), Arc::clone(team)))
    }

    /// The team that has had the smallest part of its share, as far as anybody of it is free.
    fn choose_by_weight(&self, call: &Call) -> Option<(Dn, Arc<Team>)> {
        let plan = call.plan.as_ref()?;
        let sent = self.shares.get(&(plan.strategy.clone(), call.at));
        let teams = call.teams.iter().filter(|(_, weight)| *weight > 0);
        let candidates = teams.filter_map(|(team, weight)| {
            let sent = sent.and_then(|sent| sent.get(&team.key)).copied().unwrap_or(0);
            // (sent + 1) / weight, compared as whole numbers.
            let part = u128::from(sent + 1) * u128::from(WEIGHT_UNIT) / u128::from(*weight);
            let (_, dn) = self.agents.free_of(team).next()?;
            Some((part, dn, team))
        });
        let chosen = candidates.min_by_key(|(part, _, _)| *part);
        chosen.map(|(_, dn, team)| (dn.clone(), Arc::clone(team)))
    }

    /// Shares count from a strategy's last change on.
    pub(crate) fn keep_shares(&mut self, before: &BTreeMap<StrategyName, Arc<Plan>>) {
        let Self { shares, plans, .. } = self;
        shares.retain(|(strategy, _), _| match (before.get(strategy), plans.get(strategy)) {
            (Some(before), Some(now)) => Arc::ptr_eq(before, now),
            (Some(_), None) | (None, Some(_)) | (None, None) => false,
        });
    }

    /// A team was given a call.
    pub(crate) fn note_share(&mut self, conn: ConnId, plan: &Plan, team: &Team) {
        let Some(call) = self.calls.call(conn) else { return };
        if call.choose == Choice::Weighted {
            let shares = self.shares.entry((plan.strategy.clone(), call.at)).or_default();
            *shares.entry(Arc::clone(&team.key)).or_default() += 1;
        }
    }
}

/// Fine enough to tell the shares of any weights apart.
const WEIGHT_UNIT: u64 = 1 << 32;
