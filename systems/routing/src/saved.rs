//! What a restart must not lose: calls back that were promised, and who talked with whom last.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use model::{AgentId, CallUuid, ConnId, Dn, KvList, Now, strategy::Choice};
use serde::{Deserialize, Serialize};

use crate::{
    Router,
    callback::Promise,
    calls::{Call, Priority, Stage},
    plan::Op,
    run,
    timers::Timer,
};

/// Times are milliseconds since 1970, since the monotonic clock begins anew.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Saved {
    /// Each caller, when, and who: the longest ago first.
    last_agents: Vec<(String, u64, AgentId)>,
    promises: Vec<SavedPromise>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedPromise {
    number: String,
    attempts: u8,
    retry_s: u64,
    expires_ms: u64,
    promised_in: String,
    uuid: String,
    route_point: Dn,
    entered_ms: u64,
    aims: Vec<usize>,
    choose: Choice,
    /// As asked, as the strategy says, and what a minute adds.
    priority: (i64, i64, i64),
    ani: Option<String>,
    dnis: String,
    user_data: KvList,
}

impl Router {
    /// What is to be known after a restart.
    #[must_use]
    pub fn save(&self, now: Now) -> Saved {
        let promises = self.calls.conns().into_iter().filter_map(|conn| {
            let call = self.calls.call(conn)?;
            Some(saved(now, call, call.promise.as_ref()?))
        });
        Saved { last_agents: self.last_agents.save(), promises: promises.collect() }
    }

    /// A router that knows what one before it has saved; calls back are due as soon as there is a
    /// configuration.
    #[must_use]
    pub fn restore(saved: Saved) -> Self {
        let mut router = Self::new();
        router.last_agents.restore(saved.last_agents);
        router.restored = saved.promises.into_iter().map(Restored).collect();
        router
    }

    /// Takes up the promises, now that it is known who serves which route point.
    pub(crate) fn take_up(&mut self, now: Now) {
        for Restored(saved) in std::mem::take(&mut self.restored) {
            let number = saved.number.clone();
            if !self.take_up_one(now, saved) {
                tracing::error!(%number, "a call back is lost: its route point serves nobody now");
            }
        }
    }

    fn take_up_one(&mut self, now: Now, saved: SavedPromise) -> bool {
        let left = Duration::from_millis(saved.expires_ms.saturating_sub(now.unix_ms()));
        let Some(plan) = self.plan_of(&saved.route_point) else { return false };
        let is_target = |at: &usize| matches!(plan.ops.get(*at), Some(Op::Target(_)));
        let mut aims = saved.aims.clone();
        if aims.is_empty() || !aims.iter().all(is_target) {
            // The strategy has other steps since.
            aims = (0..plan.ops.len()).filter(is_target).collect();
        }
        self.last_promise += 1;
        let id = crate::callback::place(self.last_promise);
        let expires = now.instant + left;
        let promise = Promise {
            number: saved.number,
            attempts: saved.attempts,
            retry: Duration::from_secs(saved.retry_s),
            expires,
            promised_in: saved.promised_in.parse().unwrap_or(ConnId(0)),
            dials: None,
        };
        let Ok(uuid) = saved.uuid.parse::<CallUuid>() else { return false };
        let (asked, base, per_minute) = saved.priority;
        let call = Call {
            uuid,
            route_point: saved.route_point.clone(),
            entered: moment(now, saved.entered_ms),
            began_at: Some(saved.route_point),
            at: plan.ops.len(),
            plan: Some(Arc::clone(&plan)),
            aimed: None,
            deadline: None,
            aims: aims.clone(),
            asks: None,
            pastime: 0,
            promise: Some(promise),
            teams: Vec::new(),
            choose: saved.choose,
            priority: Priority { asked, base, per_minute },
            stage: Stage::Waiting,
            attach: KvList::new(),
            ani: saved.ani,
            dnis: saved.dnis,
            user_data: Arc::new(saved.user_data),
            is_looked_up: true,
            hears_music: false,
            stays: 1,
            hops: 0,
            offers: 0,
            refusals: 0,
        };
        self.calls.insert(id, call);
        for at in aims {
            let Some(Op::Target(targeting)) = plan.ops.get(at) else { continue };
            let teams = self.teams(now, id, targeting);
            self.calls.change(id, |call| run::add(&mut call.teams, teams));
        }
        self.timers.set(expires, Timer::Expire(id));
        self.calls.call(id).is_some_and(|call| !call.teams.is_empty())
    }
}

/// A promise that waits for the configuration.
#[derive(Debug)]
pub(crate) struct Restored(SavedPromise);

fn saved(now: Now, call: &Call, promise: &Promise) -> SavedPromise {
    let left = promise.expires.saturating_duration_since(now.instant);
    SavedPromise {
        number: promise.number.clone(),
        attempts: promise.attempts,
        retry_s: promise.retry.as_secs(),
        expires_ms: now.unix_ms() + u64::try_from(left.as_millis()).unwrap_or(0),
        promised_in: promise.promised_in.to_string(),
        uuid: call.uuid.to_string(),
        route_point: call.route_point.clone(),
        entered_ms: call.entered.unix_ms(),
        aims: call.aims.clone(),
        choose: call.choose,
        priority: (call.priority.asked, call.priority.base, call.priority.per_minute),
        ani: call.ani.clone(),
        dnis: call.dnis.clone(),
        user_data: KvList::clone(&call.user_data),
    }
}

/// A moment of the past by both clocks, as far as the monotonic one goes back.
fn moment(now: Now, unix_ms: u64) -> Now {
    let ago = Duration::from_millis(now.unix_ms().saturating_sub(unix_ms));
    let instant: Option<Instant> = now.instant.checked_sub(ago);
    Now::new(instant.unwrap_or(now.instant), Duration::from_millis(unix_ms))
}
