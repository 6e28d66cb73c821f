//! RequestReleaseCall, RequestClearCall, and every other way in which a call ends.

use model::{CallState, ConnId, Dn, EventName, KvList, LegId, Now, error::Refusal, leg::Cause};

use crate::{
    Switch,
    call::{Call, Stage, Told},
    outbox::Draft,
    request::{Asker, AskerId},
    ring::Unanswered,
    timers::Timer,
};

/// How a whole call ends.
#[derive(Clone, Debug)]
pub enum Ending {
    /// The called party hung up, by itself or by a request.
    Callee(Option<AskerId>),
    /// The caller hung up, by itself or by a request.
    Caller(Option<AskerId>),
    /// A party had every party dropped.
    Cleared(Dn, AskerId),
    /// The called party's phone went away and did not come back.
    Dropped,
    /// It came back to its queue too often.
    Overflowed,
    /// Its route point was taken out of the configuration.
    RoutePointGone,
    /// The phone that was called directly did not answer.
    Unanswered(Unanswered),
}

impl Switch {
    /// Hangs up for a party; refuses a call that rings; ends one that waits.
    pub(crate) fn release_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        let call = self.party(conn, dn)?;
        let is_caller = call.caller.dn.as_ref() == Some(dn);
        let is_callee = call.callee() == Some(dn);
        let is_ringing = matches!(call.stage, Stage::Alerting(_));
        self.out.accept(asker.id);
        if is_caller {
            self.end_call(now, conn, &Ending::Caller(Some(asker.id)));
        } else if is_callee && is_ringing {
            self.phone_unanswered(now, conn, Unanswered::Rejected(Some(asker.id)));
        } else if is_callee {
            self.end_call(now, conn, &Ending::Callee(Some(asker.id)));
        } else {
            self.end_call(now, conn, &Ending::Cleared(dn.clone(), asker.id));
        }
        Ok(())
    }

    /// Drops every party.
    pub(crate) fn clear_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        self.party(conn, dn)?;
        self.out.accept(asker.id);
        self.end_call(now, conn, &Ending::Cleared(dn.clone(), asker.id));
        Ok(())
    }

    /// A leg's last fact.
    pub(crate) fn leg_ended(&mut self, now: Now, leg: LegId, cause: Cause) {
        let conn = self.call_of_leg(leg);
        self.forget_leg(leg);
        let Some(call) = conn.and_then(|conn| self.calls.get(&conn)) else { return };
        let conn = call.conn;
        if call.caller.leg == leg {
            return self.end_call(now, conn, &Ending::Caller(None));
        }
        match &call.stage {
            Stage::Alerting(_) => {
                self.alerting_phone_gone(now, conn, Unanswered::from_cause(cause));
            }
            Stage::Established(_) if cause == Cause::Normal => {
                self.end_call(now, conn, &Ending::Callee(None));
            }
            Stage::Established(_) => self.end_call(now, conn, &Ending::Dropped),
            Stage::Resuming(_) => self.resume_failed(conn, leg),
            Stage::Queued => {}
        }
    }

    /// Nothing is known of the leg any more.
    pub(crate) fn forget_leg(&mut self, leg: LegId) {
        self.legs.remove(&leg);
        self.silent_legs.remove(&leg);
    }

    /// Ends a call: every party hears of it, every leg is let go, every DN is free again.
    pub(crate) fn end_call(&mut self, now: Now, conn: ConnId, ending: &Ending) {
        let Some(call) = self.calls.remove(&conn) else { return };
        for timer in Timer::all_of(conn) {
            self.timers.cancel(&timer);
        }
        self.live_uuids.remove(&call.uuid);
        self.meter.call_ended(&call);
        self.say_ended_at_route_point(now, &call, ending);
        self.say_ended_at_callee(now, &call, ending);
        self.say_ended_at_caller(now, &call, ending);
        if let Some(leg) = call.callee_leg() {
            self.let_leg_go(leg, callee_leg_cause(&call, ending));
        }
        self.let_leg_go(call.caller.leg, caller_leg_cause(&call, ending));
        for dn in call.caller.dn.iter().chain(call.callee()) {
            self.dns.free(dn);
        }
        if let Stage::Established(_) | Stage::Resuming(_) = &call.stage
            && call.queue.is_some()
            && let Some(dn) = call.callee()
        {
            self.begin_wrap_up(now, dn);
        }
        for dn in call.caller.dn.iter().chain(call.callee()) {
            self.forget_if_unconfigured(now, dn);
        }
    }

    fn say_ended_at_route_point(&mut self, now: Now, call: &Call, ending: &Ending) {
        let Some(dn) = call.held_at() else { return };
        let state = match ending {
            Ending::Caller(_) => CallState::Abandoned,
            Ending::Cleared(..) | Ending::RoutePointGone => CallState::Cleared,
            Ending::Callee(_) | Ending::Dropped | Ending::Overflowed | Ending::Unanswered(_) => {
                CallState::Overflowed
            }
        };
        let draft = Draft::new(EventName::Abandoned, dn).state(state).reference(ending.asker(dn));
        self.out.call_event(now, call, &self.dns, draft);
    }

    fn say_ended_at_callee(&mut self, now: Now, call: &Call, ending: &Ending) {
        let Some(dn) = call.callee() else { return };
        let (name, state) = match (ending, &call.stage) {
            (Ending::Caller(_), Stage::Alerting(_)) => (EventName::Abandoned, CallState::Abandoned),
            (Ending::Caller(_), _) => (EventName::Released, CallState::RemoteRelease),
            (Ending::Callee(_), _) => (EventName::Released, CallState::Ok),
            (Ending::Cleared(by, _), _) if by == dn => (EventName::Released, CallState::Ok),
            (Ending::Cleared(..) | Ending::RoutePointGone | Ending::Overflowed, _) => {
                (EventName::Released, CallState::Cleared)
            }
            (Ending::Dropped, _) => (EventName::Released, CallState::Dropped),
            (Ending::Unanswered(why), _) => (EventName::Released, why.call_state()),
        };
        let draft = Draft::new(name, dn)
            .state(state)
            .reference(ending.asker(dn))
            .extensions(business(call));
        self.out.call_event(now, call, &self.dns, draft);
    }

    fn say_ended_at_caller(&mut self, now: Now, call: &Call, ending: &Ending) {
        let Some(dn) = &call.caller.dn else { return };
        let state = match ending {
            Ending::Caller(_) => CallState::Ok,
            Ending::Cleared(by, _) if by == dn => CallState::Ok,
            Ending::Callee(_) | Ending::Dropped => CallState::RemoteRelease,
            Ending::Cleared(..) | Ending::RoutePointGone => CallState::Cleared,
            Ending::Overflowed => CallState::Overflowed,
            Ending::Unanswered(Unanswered::NoAnswer) => CallState::NoAnswer,
            Ending::Unanswered(Unanswered::Rejected(_)) => CallState::Busy,
            Ending::Unanswered(Unanswered::Unreachable) => CallState::GeneralError,
        };
        let draft = Draft::new(EventName::Released, dn)
            .state(state)
            .reference(ending.asker(dn))
            .extensions(business(call));
        self.out.call_event(now, call, &self.dns, draft);
    }

    /// A call that was refused at the door ends with its leg alone.
    pub(crate) fn refuse_leg(&mut self, leg: LegId, cause: Cause) {
        self.meter.call_refused(cause);
        self.let_leg_go(leg, cause);
    }
}

impl Ending {
    /// The request to name in the event at `dn`: at the party that asked.
    fn asker(&self, dn: &Dn) -> Option<AskerId> {
        match self {
            Self::Callee(asker) | Self::Caller(asker) => *asker,
            Self::Cleared(by, asker) => (by == dn).then_some(*asker),
            Self::Unanswered(why) => why.asker(),
            Self::Dropped | Self::Overflowed | Self::RoutePointGone => None,
        }
    }
}

fn business(call: &Call) -> KvList {
    KvList::new().with("BusinessCall", i64::from(call.queue.is_some()))
}

fn callee_leg_cause(call: &Call, ending: &Ending) -> Cause {
    match (ending, &call.stage) {
        (Ending::Unanswered(why), _) => why.cause(),
        (
            Ending::Callee(_)
            | Ending::Caller(_)
            | Ending::Cleared(..)
            | Ending::Dropped
            | Ending::Overflowed
            | Ending::RoutePointGone,
            Stage::Alerting(_),
        ) => Cause::Cancelled,
        (
            Ending::Callee(_)
            | Ending::Caller(_)
            | Ending::Cleared(..)
            | Ending::Dropped
            | Ending::Overflowed
            | Ending::RoutePointGone,
            Stage::Established(_) | Stage::Queued | Stage::Resuming(_),
        ) => Cause::Normal,
    }
}

fn caller_leg_cause(call: &Call, ending: &Ending) -> Cause {
    if call.caller.told == Told::Answered {
        return Cause::Normal;
    }
    match ending {
        Ending::Caller(_) => Cause::Cancelled,
        Ending::Callee(_) | Ending::Cleared(..) => Cause::Rejected,
        Ending::Dropped | Ending::Overflowed => Cause::NoAnswer,
        Ending::RoutePointGone => Cause::Unallocated,
        Ending::Unanswered(why) => why.cause(),
    }
}
