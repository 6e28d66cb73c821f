//! Calls that were asked about, and the order in which those that wait are served.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use model::{ConnId, Dn, KvList, Now, ReferenceId, event::CallAttributes};

use crate::plan::Plan;

/// One call from its first EventQueued until it is answered or over.
#[derive(Debug)]
pub struct Call {
    /// Where it is, or was last.
    pub route_point: Dn,
    /// When it first came; a call that comes back keeps its place.
    pub entered: Now,
    /// Its strategy; `None` while the route point names none that is known.
    pub plan: Option<Arc<Plan>>,
    /// Higher is served first.
    pub priority: i64,
    /// How far it is.
    pub stage: Stage,
    /// What is to be attached with the next request.
    pub attach: KvList,
    /// Whether the switch has asked about it before.
    pub was_asked: bool,
    /// Whether its treatment was asked for and has not been ended by a routing.
    pub hears_music: bool,
    /// How often it came to a route point.
    pub stays: u32,
    /// How often an agent was chosen for it.
    pub offers: u32,
    /// Refusals since it last came or rested.
    pub refusals: u32,
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Neither waiting nor on its way: not asked about yet, or between a phone and the queue.
    Left,
    /// RouteCall is under way.
    Offered {
        /// The claimed agent's DN.
        dn: Dn,
        /// The RouteCall.
        reference: ReferenceId,
    },
    /// Refused many times in a row; tried again in a moment.
    Resting,
    /// An agent's phone rings for it.
    Ringing {
        /// The agent's DN.
        dn: Dn,
    },
    /// No agent yet.
    Waiting,
}

impl Stage {
    pub fn is_offered_to(&self, target: &Dn) -> bool {
        matches!(self, Self::Offered { dn, .. } if dn == target)
    }

    pub fn rings_at(&self, target: &Dn) -> bool {
        matches!(self, Self::Ringing { dn } if dn == target)
    }
}

/// All calls. Every change passes `change`, which keeps the lines in order.
#[derive(Debug, Default)]
pub struct CallTable {
    calls: BTreeMap<ConnId, Call>,
    /// Waiting calls by the text of their skill expression: an agent suits a whole line or none
    /// of it, so an offer looks at heads only.
    lines: BTreeMap<Arc<str>, BTreeSet<Rank>>,
    offered: BTreeMap<ReferenceId, ConnId>,
}

/// Sorts waiting calls: priority, then longest waiting.
type Rank = (Reverse<i64>, Instant, ConnId);

impl CallTable {
    pub fn call(&self, conn: ConnId) -> Option<&Call> {
        self.calls.get(&conn)
    }

    pub fn conns(&self) -> Vec<ConnId> {
        self.calls.keys().copied().collect()
    }

    /// A call came to a route point, for the first time or again.
    pub fn enter(&mut self, now: Now, dn: &Dn, attributes: &CallAttributes) {
        let call = self.calls.entry(attributes.conn).or_insert_with(|| Call {
            route_point: dn.clone(),
            entered: now,
            plan: None,
            priority: 0,
            stage: Stage::Left,
            attach: KvList::new(),
            was_asked: false,
            hears_music: false,
            stays: 1,
            offers: 0,
            refusals: 0,
        });
        if call.was_asked && call.stage == Stage::Left {
            call.stays += 1;
        }
        call.route_point = dn.clone();
    }

    pub fn change(&mut self, conn: ConnId, apply: impl FnOnce(&mut Call)) {
        let Some(mut call) = self.take(conn) else { return };
        apply(&mut call);
        match (&call.stage, &call.plan) {
            (Stage::Waiting, Some(plan)) => {
                let line = self.lines.entry(Arc::clone(&plan.text)).or_default();
                line.insert(rank(conn, &call));
            }
            (Stage::Offered { reference, .. }, _) => {
                self.offered.insert(*reference, conn);
            }
            (Stage::Left | Stage::Resting | Stage::Ringing { .. } | Stage::Waiting, _) => {}
        }
        self.calls.insert(conn, call);
    }

    pub fn remove(&mut self, conn: ConnId) {
        self.take(conn);
    }

    /// The waiting call that is served first among those whose plan an agent suits.
    pub fn first_waiting(&self, suits: impl Fn(&Plan) -> bool) -> Option<(ConnId, Arc<Plan>)> {
        let heads = self.lines.values().filter_map(|line| {
            let head = line.first()?;
            let plan = self.calls.get(&head.2)?.plan.as_ref()?;
            suits(plan).then_some((*head, plan))
        });
        heads.min_by_key(|(rank, _)| *rank).map(|(rank, plan)| (rank.2, Arc::clone(plan)))
    }

    /// Waiting calls, those that are served first at the front.
    pub fn waiting_in_order(&self) -> Vec<ConnId> {
        let ranks: BTreeSet<Rank> = self.lines.values().flatten().copied().collect();
        ranks.into_iter().map(|(_, _, conn)| conn).collect()
    }

    /// The waiting calls that are served before this one by the same agents.
    pub fn ahead_of(&self, conn: ConnId) -> usize {
        let Some(call) = self.calls.get(&conn) else { return 0 };
        let line = call.plan.as_ref().and_then(|plan| self.lines.get(&plan.text));
        line.map_or(0, |line| line.range(..rank(conn, call)).count())
    }

    /// The call that this RouteCall is about, while it is under way.
    pub fn offered_by(&self, reference: ReferenceId) -> Option<ConnId> {
        self.offered.get(&reference).copied()
    }

    /// Calls without an agent.
    pub fn waiting(&self) -> usize {
        self.calls.values().filter(|call| is_waiting(&call.stage)).count()
    }

    /// Calls on their way to an agent.
    pub fn offered(&self) -> usize {
        self.calls.values().filter(|call| is_on_its_way(&call.stage)).count()
    }

    /// Takes a call out of every table.
    fn take(&mut self, conn: ConnId) -> Option<Call> {
        let call = self.calls.remove(&conn)?;
        if let Some(plan) = &call.plan
            && let Some(line) = self.lines.get_mut(&plan.text)
        {
            line.remove(&rank(conn, &call));
            if line.is_empty() {
                self.lines.remove(&plan.text);
            }
        }
        if let Stage::Offered { reference, .. } = &call.stage {
            self.offered.remove(reference);
        }
        Some(call)
    }
}

fn rank(conn: ConnId, call: &Call) -> Rank {
    (Reverse(call.priority), call.entered.instant, conn)
}

fn is_waiting(stage: &Stage) -> bool {
    match stage {
        Stage::Resting | Stage::Waiting => true,
        Stage::Left | Stage::Offered { .. } | Stage::Ringing { .. } => false,
    }
}

fn is_on_its_way(stage: &Stage) -> bool {
    match stage {
        Stage::Offered { .. } | Stage::Ringing { .. } => true,
        Stage::Left | Stage::Resting | Stage::Waiting => false,
    }
}
