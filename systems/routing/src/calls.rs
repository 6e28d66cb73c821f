//! Calls that were asked about, and the order in which those that wait are served.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use model::{
    CallUuid, ConnId, Dn, KvList, Now, ReferenceId,
    event::CallAttributes,
    strategy::{Choice, Goal},
};

use crate::{
    callback::Promise,
    plan::{Plan, Team},
};

/// One call from its first EventQueued until it is answered or over; or the place that is kept for
/// a caller who is called back.
#[derive(Clone, Debug)]
pub struct Call {
    /// AttributeCallUUID.
    pub uuid: CallUuid,
    /// Where it is, or was last.
    pub route_point: Dn,
    /// When it first came; a call that comes back keeps its place.
    pub entered: Now,
    /// Its strategy; `None` while the route point names none that is known.
    pub plan: Option<Arc<Plan>>,
    /// The route point where it began that strategy.
    pub began_at: Option<Dn>,
    /// How far it is in it: the next operation, or the one that it waits in.
    pub at: usize,
    /// Since when it waits in that operation, when that one has it wait for somebody.
    pub aimed: Option<Instant>,
    /// When it goes on from there, if nobody came.
    pub deadline: Option<Instant>,
    /// The operations that said whom it waits for.
    pub aims: Vec<usize>,
    /// What it waits for besides: the end of a prompt, keys, an answer.
    pub asks: Option<Asks>,
    /// What is said or played next while it waits.
    pub pastime: usize,
    /// Whose call back it is, when the caller has hung up.
    pub promise: Option<Promise>,
    /// Whom it waits for, with the shares of each.
    pub teams: Vec<(Arc<Team>, u32)>,
    /// Who of them it goes to.
    pub choose: Choice,
    /// What its strategy says of its priority, and what a minute of waiting adds.
    pub priority: Priority,
    /// How far it is on its way.
    pub stage: Stage,
    /// What is to be attached with the next request.
    pub attach: KvList,
    /// The caller's number, when given.
    pub ani: Option<String>,
    /// The number that was dialled.
    pub dnis: String,
    /// Its user data, as last told.
    pub user_data: Arc<KvList>,
    /// Whether it was looked up who calls.
    pub is_looked_up: bool,
    /// Whether its treatment was asked for and has not been ended by a routing.
    pub hears_music: bool,
    /// How often it came to a route point.
    pub stays: u32,
    /// How often strategies sent it to another route point.
    pub hops: u32,
    /// How often an agent was chosen for it.
    pub offers: u32,
    /// Refusals since it last came or rested.
    pub refusals: u32,
}

/// Something that a call waits for besides an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// The request, or the number of the question.
    pub reference: ReferenceId,
    /// What.
    pub what: Asked,
}

/// What is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Keys; that many tries are left after this one.
    Keys(u8),
    /// The end of a message.
    Message,
    /// The end of something said while the caller waits.
    Pastime,
    /// The end of a prompt.
    Prompt,
    /// A program's answer.
    Webhook,
}

/// Whom a call comes before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Priority {
    /// What its user data says.
    pub asked: i64,
    /// What its strategy adds.
    pub base: i64,
    /// What every minute of waiting adds.
    pub per_minute: i64,
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The caller is asked something, or a program is: nobody is offered the call meanwhile.
    Asking,
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
    /// On its way to a place where nobody is chosen.
    Sent {
        /// Where.
        to: Goal,
        /// The RouteCall.
        reference: ReferenceId,
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

impl Call {
    /// Comes before others with a lower one: sixty-thousandths of a priority.
    pub fn score(&self, now: Now) -> i128 {
        let waited = now.unix.saturating_sub(self.entered.unix).as_millis();
        let waited = i128::try_from(waited).unwrap_or(0);
        self.priority.constant() + i128::from(self.priority.per_minute) * waited
    }

    /// The priority at the moment, whole.
    pub fn priority_now(&self, now: Now) -> i64 {
        i64::try_from(self.score(now) / MS_PER_MINUTE).unwrap_or(i64::MAX)
    }

    fn rank(&self, conn: ConnId) -> Rank {
        let entered = i128::try_from(self.entered.unix.as_millis()).unwrap_or(0);
        // Where waiting counts alike the order never changes, whatever the time.
        let fixed = self.priority.constant() - i128::from(self.priority.per_minute) * entered;
        (Reverse(fixed), self.entered.instant, conn)
    }
}

impl Priority {
    fn constant(self) -> i128 {
        (i128::from(self.asked) + i128::from(self.base)) * MS_PER_MINUTE
    }
}

/// All calls. Every change passes `change`, which keeps the lines in order.
#[derive(Debug, Default)]
pub struct CallTable {
    calls: BTreeMap<ConnId, Call>,
    /// Waiting calls by whom they wait for and by what waiting adds: an agent suits a whole line or
    /// none of it, and within one the order never changes, so an offer looks at heads only.
    lines: BTreeMap<(Arc<str>, i64), Line>,
    offered: BTreeMap<ReferenceId, ConnId>,
    asking: BTreeMap<ReferenceId, ConnId>,
}

#[derive(Debug)]
struct Line {
    team: Arc<Team>,
    ranks: BTreeSet<Rank>,
}

/// Sorts waiting calls of one line: priority, then longest waiting.
type Rank = (Reverse<i128>, Instant, ConnId);

impl CallTable {
    pub fn call(&self, conn: ConnId) -> Option<&Call> {
        self.calls.get(&conn)
    }

    /// The call of this CallUUID.
    pub fn conn_of(&self, uuid: &str) -> Option<ConnId> {
        let uuid: CallUuid = uuid.parse().ok()?;
        let is_it = |call: &Call| call.uuid == uuid && call.promise.is_none();
        self.calls.iter().find(|(_, call)| is_it(call)).map(|(conn, _)| *conn)
    }

    /// Calls that wait for a team.
    pub fn waiting_for(&self, team: &Team) -> usize {
        let lines = self.lines.values().filter(|line| line.team.key == team.key);
        lines.map(|line| line.ranks.len()).sum()
    }

    pub fn conns(&self) -> Vec<ConnId> {
        self.calls.keys().copied().collect()
    }

    /// A call came to a route point, for the first time or again.
    pub fn enter(&mut self, now: Now, dn: &Dn, attributes: &CallAttributes) {
        let call = self.calls.entry(attributes.conn).or_insert_with(|| Call {
            uuid: attributes.uuid,
            route_point: dn.clone(),
            entered: now,
            plan: None,
            began_at: None,
            at: 0,
            aimed: None,
            deadline: None,
            aims: Vec::new(),
            asks: None,
            pastime: 0,
            promise: None,
            teams: Vec::new(),
            choose: Choice::default(),
            priority: Priority::default(),
            stage: Stage::Left,
            attach: KvList::new(),
            ani: attributes.ani.clone(),
            dnis: attributes.dnis.clone().unwrap_or_default(),
            user_data: Arc::clone(&attributes.user_data),
            is_looked_up: false,
            hears_music: false,
            stays: 1,
            hops: 0,
            offers: 0,
            refusals: 0,
        });
        if call.began_at.is_some() && call.stage == Stage::Left {
            call.stays += 1;
        }
        call.route_point = dn.clone();
    }

    pub fn change(&mut self, conn: ConnId, apply: impl FnOnce(&mut Call)) {
        let Some(mut call) = self.take(conn) else { return };
        apply(&mut call);
        match &call.stage {
            Stage::Waiting => {
                let rank = call.rank(conn);
                for (team, _) in &call.teams {
                    let key = (Arc::clone(&team.key), call.priority.per_minute);
                    let line = self
                        .lines
                        .entry(key)
                        .or_insert_with(|| Line { team: Arc::clone(team), ranks: BTreeSet::new() });
                    line.ranks.insert(rank);
                }
            }
            Stage::Offered { reference, .. } | Stage::Sent { reference, .. } => {
                self.offered.insert(*reference, conn);
            }
            Stage::Asking | Stage::Left | Stage::Resting | Stage::Ringing { .. } => {}
        }
        if let Some(asks) = &call.asks {
            self.asking.insert(asks.reference, conn);
        }
        self.calls.insert(conn, call);
    }

    /// A place in the queue without a caller.
    pub fn insert(&mut self, conn: ConnId, call: Call) {
        self.calls.insert(conn, call);
        self.change(conn, |_| {});
    }

    /// The call that waits for the outcome of this request or question.
    pub fn asking_for(&self, reference: ReferenceId) -> Option<ConnId> {
        self.asking.get(&reference).copied()
    }

    pub fn remove(&mut self, conn: ConnId) {
        self.take(conn);
    }

    /// The waiting call that is served first among those whose team an agent suits.
    pub fn first_waiting(&self, now: Now, suits: impl Fn(&Team) -> bool) -> Option<ConnId> {
        let heads = self.lines.values().filter_map(|line| {
            let (_, _, conn) = line.ranks.first().filter(|_| suits(&line.team))?;
            Some((self.standing(now, *conn)?, *conn))
        });
        heads.min().map(|(_, conn)| conn)
    }

    /// Waiting calls, those that are served first at the front.
    pub fn waiting_in_order(&self, now: Now) -> Vec<ConnId> {
        let in_lines = self.lines.values().flat_map(|line| &line.ranks);
        let calls: BTreeSet<_> =
            in_lines.filter_map(|(_, _, conn)| Some((self.standing(now, *conn)?, *conn))).collect();
        calls.into_iter().map(|(_, conn)| conn).collect()
    }

    /// The waiting calls that are served before this one by agents whom it waits for too.
    pub fn ahead_of(&self, now: Now, conn: ConnId) -> usize {
        let Some(own) = self.standing(now, conn) else { return 0 };
        self.rivals(conn)
            .into_iter()
            .filter(|rival| self.standing(now, *rival).is_some_and(|other| other < own))
            .count()
    }

    /// Other waiting calls that share a team with this one.
    pub fn rivals(&self, conn: ConnId) -> BTreeSet<ConnId> {
        let Some(call) = self.calls.get(&conn) else { return BTreeSet::new() };
        let shares = |line: &&Line| call.teams.iter().any(|(team, _)| team.key == line.team.key);
        let ranks = self.lines.values().filter(shares).flat_map(|line| &line.ranks);
        ranks.map(|(_, _, conn)| *conn).filter(|other| *other != conn).collect()
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

    /// Lower comes first.
    fn standing(&self, now: Now, conn: ConnId) -> Option<(Reverse<i128>, Instant, ConnId)> {
        let call = self.calls.get(&conn)?;
        Some((Reverse(call.score(now)), call.entered.instant, conn))
    }

    /// Takes a call out of every table.
    fn take(&mut self, conn: ConnId) -> Option<Call> {
        let call = self.calls.remove(&conn)?;
        let rank = call.rank(conn);
        for (team, _) in &call.teams {
            let key = (Arc::clone(&team.key), call.priority.per_minute);
            let Some(line) = self.lines.get_mut(&key) else { continue };
            line.ranks.remove(&rank);
            if line.ranks.is_empty() {
                self.lines.remove(&key);
            }
        }
        if let Stage::Offered { reference, .. } | Stage::Sent { reference, .. } = &call.stage {
            self.offered.remove(reference);
        }
        if let Some(asks) = &call.asks {
            self.asking.remove(&asks.reference);
        }
        Some(call)
    }
}

fn is_waiting(stage: &Stage) -> bool {
    match stage {
        Stage::Asking | Stage::Resting | Stage::Waiting => true,
        Stage::Left | Stage::Offered { .. } | Stage::Ringing { .. } | Stage::Sent { .. } => false,
    }
}

fn is_on_its_way(stage: &Stage) -> bool {
    match stage {
        Stage::Offered { .. } | Stage::Ringing { .. } | Stage::Sent { .. } => true,
        Stage::Asking | Stage::Left | Stage::Resting | Stage::Waiting => false,
    }
}

const MS_PER_MINUTE: i128 = 60_000;
