//! Calls back: a caller hangs up and keeps the place in the queue, and is dialled once an agent is
//! due. The place is a call of the router's own, without a caller; whoever is chosen for it dials.

use std::time::{Duration, Instant};

use model::{ConnId, Dn, Event, KvList, Now, Origin, Request, strategy::Callback};

use crate::{
    Router,
    calls::{Asks, Call, Stage},
    facts::data,
    plan::Team,
    timers::{CLAIM_LIMIT, Timer},
};

/// A call back that was promised.
#[derive(Clone, Debug)]
pub struct Promise {
    /// Whom to call.
    pub number: String,
    /// Tries that are left.
    pub attempts: u8,
    /// How long after a try in vain comes the next.
    pub retry: Duration,
    /// When it is given up.
    pub expires: Instant,
    /// The call that it was promised in.
    pub promised_in: ConnId,
    /// The call that dials now.
    pub dials: Option<ConnId>,
}

impl Router {
    /// Keeps the place of a caller, who is to be called back. Passed over when nobody could be
    /// called, or nobody is waited for.
    pub(crate) fn promise(&mut self, now: Now, conn: ConnId, callback: &Callback) {
        let Some(call) = self.calls.call(conn) else { return };
        let number = match &callback.number {
            Some(key) => data(call, key),
            None => call.ani.clone().unwrap_or_default(),
        };
        let is_one = number.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN;
        if !is_one || call.teams.is_empty() || call.promise.is_some() {
            return;
        }
        self.last_promise += 1;
        let id = place(self.last_promise);
        let minutes = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
        let expires = now.instant + minutes(callback.expires_min);
        let plan = call.plan.clone();
        let place = Call {
            stage: Stage::Waiting,
            at: plan.as_ref().map_or(0, |plan| plan.ops.len()),
            asks: None::<Asks>,
            aimed: None,
            deadline: None,
            promise: Some(Promise {
                number: number.clone(),
                attempts: callback.attempts.max(1),
                retry: minutes(callback.retry_min),
                expires,
                promised_in: conn,
                dials: None,
            }),
            ..call.clone()
        };
        self.calls.insert(id, place);
        self.timers.set(expires, Timer::Expire(id));
        self.calls.change(conn, |call| {
            call.teams.clear();
            call.aims.clear();
            call.attach.update("CallbackNumber", number);
        });
    }

    /// Claims the agent and has the caller dialled.
    pub(crate) fn call_back(&mut self, now: Now, id: ConnId, team: &Team, target: &Dn) {
        let Some(call) = self.calls.call(id) else { return };
        let (Some(plan), Some(promise)) = (&call.plan, &call.promise) else { return };
        let waited = now.unix.saturating_sub(call.entered.unix).as_secs();
        let mut user_data: KvList = (*call.user_data).clone();
        user_data.update("RStrategyName", plan.strategy.as_str());
        user_data.update("RTargetObjectSelected", &*team.name);
        user_data.update("CallbackNumber", promise.number.as_str());
        user_data.update("CallbackConnID", promise.promised_in.to_string());
        user_data.update("CallbackWait", i64::try_from(waited).unwrap_or(i64::MAX));
        let (dn, destination) = (target.clone(), promise.number.clone());
        let reference = self.ask(Request::MakeCall { dn, destination, user_data });
        self.agents.claim(target, id, reference);
        self.timers.set(now.instant + CLAIM_LIMIT, Timer::Claim(target.clone(), reference));
        self.calls.change(id, |call| {
            call.offers += 1;
            call.stage = Stage::Offered { dn: target.clone(), reference };
        });
    }

    /// EventDialing: the agent's phone is up and calls.
    pub(crate) fn promise_dials(&mut self, dn: &Dn, conn: ConnId, event: &Event) {
        let Some((Origin::Router, reference)) = event.reference else { return };
        let Some(id) = self.calls.offered_by(reference) else { return };
        self.agents.unclaim(dn, id);
        self.dialling.insert(conn, id);
        self.calls.change(id, |call| {
            call.stage = Stage::Ringing { dn: dn.clone() };
            if let Some(promise) = &mut call.promise {
                promise.dials = Some(conn);
            }
        });
    }

    /// EventEstablished: the caller has answered.
    pub(crate) fn promise_kept(&mut self, conn: ConnId) {
        if let Some(id) = self.dialling.remove(&conn) {
            self.calls.remove(id);
        }
    }

    /// The caller was not reached: again in a while, or never.
    pub(crate) fn promise_in_vain(&mut self, now: Now, conn: ConnId) {
        let Some(id) = self.dialling.remove(&conn) else { return };
        let Some(call) = self.calls.call(id) else { return };
        let Some(promise) = &call.promise else { return };
        let again = now.instant + promise.retry;
        if promise.attempts <= 1 || again >= promise.expires {
            return self.calls.remove(id);
        }
        self.calls.change(id, |call| {
            call.stage = Stage::Resting;
            if let Some(promise) = &mut call.promise {
                promise.attempts -= 1;
                promise.dials = None;
            }
        });
        self.timers.set(again, Timer::Rest(id));
    }

    /// It is too late to call back, unless the caller is being called.
    pub(crate) fn promise_expired(&mut self, now: Now, id: ConnId) {
        let waits = |call: &Call| {
            matches!(call.stage, Stage::Resting | Stage::Waiting | Stage::Offered { .. })
        };
        if self.calls.call(id).is_some_and(waits) {
            self.forget(now, id);
        }
    }
}

/// The router's own number of a promise.
pub(crate) fn place(number: u64) -> ConnId {
    ConnId(PROMISES | number)
}

/// Shorter ones are no numbers of callers.
const DIGITS_MIN: usize = 3;
/// No switch has a T-Server id of all ones: ConnIDs of promises are the router's own.
const PROMISES: u64 = 0xffff << 48;
