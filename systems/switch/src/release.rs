//! RequestReleaseCall, RequestClearCall, and every other way in which a party or a call ends.

use model::{
    CallState, Capability, ConnId, Dn, DnRole, EventName, LegId, Now, error::Refusal, leg::Cause,
};

use crate::{
    LegUse, Switch,
    call::{Call, Party, PartyId, Place, State, Told},
    outbox::Draft,
    request::{Asker, AskerId},
    ring::{Unanswered, business},
};

/// How a whole call ends.
#[derive(Clone, Debug)]
pub enum Ending {
    /// A party had every party dropped.
    Cleared(Dn, AskerId),
    /// A party's phone went away and did not come back.
    Dropped(PartyId),
    /// A party hung up, by itself or by a request.
    HungUp(PartyId, Option<AskerId>),
    /// It came back to its queue too often.
    Overflowed,
    /// Its route point was taken out of the configuration.
    RoutePointGone,
    /// The phone that was called did not answer.
    Unanswered(PartyId, Unanswered),
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
        let call = self.allow(Capability::ReleaseCall, dn, conn)?;
        let party =
            call.ours(dn).map(|party| (party.id, matches!(party.state, State::Alerting(_))));
        self.out.accept(asker.id);
        match party {
            Some((id, true)) => {
                self.phone_unanswered(now, id, Unanswered::Rejected(Some(asker.id)), None);
            }
            Some((id, false)) => self.leave(now, id, Some(asker.id)),
            None => self.end_call(now, conn, &Ending::Cleared(dn.clone(), asker.id)),
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
        self.allow(Capability::ClearCall, dn, conn)?;
        self.out.accept(asker.id);
        self.end_call(now, conn, &Ending::Cleared(dn.clone(), asker.id));
        Ok(())
    }

    /// A leg's last fact.
    pub(crate) fn leg_ended(&mut self, now: Now, leg: LegId, cause: Cause) {
        let called = self.called_by(leg);
        let of = self.forget_leg(leg);
        if let Some((_, id)) = called {
            let is_summoned =
                self.seat(id).is_some_and(|(_, party)| matches!(party.state, State::Summoned(_)));
            return match is_summoned {
                true => self.summons_failed(now, id, cause),
                false => self.alerting_phone_gone(now, id, cause),
            };
        }
        match of {
            Some(LegUse::Dn(dn)) => self.line_ended(now, leg, &dn, cause),
            Some(LegUse::Call(conn)) => {
                let Some(call) = self.calls.get(&conn) else { return };
                let at = |party: &&Party| party.place == Place::Outside(leg);
                let Some(party) = call.parties.iter().find(at) else { return };
                match (&party.state, cause) {
                    (State::Talking | State::Held, cause) if cause != Cause::Normal => {
                        self.drop_out(now, party.id);
                    }
                    _ => self.leave(now, party.id, None),
                }
            }
            Some(LegUse::Leaving) | None => {}
        }
    }

    /// The phone of a DN of ours hung up: it leaves all of its calls. When it hung up on one while
    /// another is on hold it rings for that one: nobody on hold is lost to a key.
    fn line_ended(&mut self, now: Now, leg: LegId, dn: &Dn, cause: Cause) {
        let Some(extension) = self.dns.extension_mut(dn) else { return };
        if extension.line.leg != Some(leg) {
            return;
        }
        if extension.line.is_resuming {
            return self.resume_failed(now, dn);
        }
        extension.line.leg = None;
        // The one that was talked to last first: the held one is behind it.
        let calls = self.dns.calls(dn).to_vec();
        let has_several = calls.len() > 1;
        for conn in calls.into_iter().rev() {
            let Some(party) = self.calls.get(&conn).and_then(|call| call.ours(dn)) else {
                continue;
            };
            if has_several && party.holds() && cause == Cause::Normal {
                continue;
            }
            match (&party.state, cause) {
                (State::Talking | State::Held, cause) if cause != Cause::Normal => {
                    self.drop_out(now, party.id);
                }
                _ => self.leave(now, party.id, None),
            }
        }
        self.recall(now, dn);
    }

    /// Nothing is known of the leg any more.
    pub(crate) fn forget_leg(&mut self, leg: LegId) -> Option<LegUse> {
        self.silent_legs.remove(&leg);
        self.heard.remove(&leg);
        self.trunks.left(leg);
        self.legs.remove(&leg)
    }

    /// A party hangs up. The call goes on when enough others are left in it.
    pub(crate) fn leave(&mut self, now: Now, id: PartyId, asker: Option<AskerId>) {
        let Some((call, party)) = self.seat(id) else { return };
        let conn = call.conn;
        if party.watch.is_some() {
            self.watcher_leaves(now, id, asker);
        } else if goes_on_without(call, id) {
            self.leave_the_others(now, id, (CallState::Ok, asker), None);
        } else {
            self.end_call(now, conn, &Ending::HungUp(id, asker));
        }
    }

    /// A party's phone is gone for good.
    pub(crate) fn drop_out(&mut self, now: Now, id: PartyId) {
        let Some((call, party)) = self.seat(id) else { return };
        let conn = call.conn;
        if party.watch.is_some() || goes_on_without(call, id) {
            self.leave_the_others(now, id, (CallState::Dropped, None), None);
        } else {
            self.end_call(now, conn, &Ending::Dropped(id));
        }
    }

    /// EventReleased at the party, EventPartyDeleted at the others.
    pub(crate) fn leave_the_others(
        &mut self,
        now: Now,
        id: PartyId,
        (state, asker): (CallState, Option<AskerId>),
        deleted_by: Option<(&Dn, AskerId)>,
    ) {
        let Some((call, party)) = self.seat(id) else { return };
        let (conn, dn, is_ours) = (call.conn, party.dn.clone(), party.is_ours());
        let (was_seen, extensions) = (party.is_seen(), business(call));
        let (name, state, cause) = match party.is_invited() {
            true => (EventName::Abandoned, CallState::Abandoned, Cause::Cancelled),
            false => (EventName::Released, state, Cause::Normal),
        };
        if is_ours {
            let draft = Draft::new(name, &dn).state(state).extensions(extensions);
            self.say_last(now, conn, draft.reference(asker));
        }
        self.owe_wrap_up(conn, id);
        self.drop_party(conn, id, cause);
        self.patch(conn);
        if was_seen {
            for other in self.party_dns(conn) {
                let mut draft =
                    Draft::new(EventName::PartyDeleted, &other).other(&dn, DnRole::DeletedParty);
                if let Some((by, asker)) = deleted_by {
                    draft = draft.third(by, DnRole::DeletedBy);
                    draft = draft.reference((other == *by).then_some(asker));
                }
                self.say(now, conn, draft);
            }
        }
        self.after_leaving(now, &dn);
        self.stop_watching(now, conn, &dn);
    }

    /// Takes a party out of its call and lets its leg go when nothing else needs it.
    pub(crate) fn drop_party(&mut self, conn: ConnId, id: PartyId, cause: Cause) {
        let Some(party) = self.part(conn, id) else { return };
        match party.place {
            Place::Outside(leg) => self.let_leg_go(leg, cause),
            Place::Ours => self.let_line_go(&party.dn, cause),
        }
    }

    /// Hangs the DN's line up, unless a call needs it still.
    pub(crate) fn let_line_go(&mut self, dn: &Dn, cause: Cause) {
        if self.dns.is_busy(dn) {
            return;
        }
        let Some(extension) = self.dns.extension_mut(dn) else { return };
        let line = std::mem::take(&mut extension.line);
        self.timers.cancel(&crate::timers::Timer::Resume(dn.clone()));
        if let Some(leg) = line.leg {
            self.let_leg_go(leg, cause);
        }
    }

    /// Ends a call: every party hears of it, every leg is let go that no other call needs.
    pub(crate) fn end_call(&mut self, now: Now, conn: ConnId, ending: &Ending) {
        let Some(mut call) = self.calls.remove(&conn) else { return };
        self.live_uuids.remove(&call.uuid);
        self.meter.call_ended(&call);
        self.say_ended_at_route_point(now, &call, ending);
        for party in call.parties.iter().rev() {
            self.say_ended_at(now, &call, party, ending);
        }
        let is_business = call.is_business();
        let parties: Vec<Party> = call.parties.drain(..).rev().collect();
        for party in &parties {
            self.seats.remove(&party.id);
            self.stop_tape(party);
            self.cancel_timers(party.id);
            self.disappoint(party);
            let cause = leg_cause(party, ending);
            match party.place {
                Place::Outside(leg) => self.let_leg_go(leg, cause),
                Place::Ours => {
                    self.dns.free(&party.dn, conn);
                    if is_business && party.talks_along() && party.role != DnRole::Origination {
                        self.dns.entry(&party.dn).owes_wrap_up = true;
                    }
                    self.let_line_go(&party.dn, cause);
                }
            }
        }
        for party in parties.iter().filter(|party| party.is_ours()) {
            self.after_leaving(now, &party.dn);
        }
    }

    /// What follows for a DN that has left a call: after-call work once it was the last.
    pub(crate) fn after_leaving(&mut self, now: Now, dn: &Dn) {
        if !self.dns.is_busy(dn) {
            let owes = self
                .dns
                .extension_mut(dn)
                .is_some_and(|extension| std::mem::take(&mut extension.owes_wrap_up));
            if owes {
                self.begin_wrap_up(now, dn);
            }
        }
        // What is left hears as it should again.
        if let [conn] = self.dns.calls(dn) {
            let conn = *conn;
            self.patch(conn);
        }
        self.forget_if_unconfigured(now, dn);
    }

    /// A party leaves a call that it worked on.
    pub(crate) fn owe_wrap_up(&mut self, conn: ConnId, id: PartyId) {
        let Some(call) = self.calls.get(&conn).filter(|call| call.is_business()) else { return };
        let Some(party) = call.party(id) else { return };
        let worked = party.talks_along() && party.role != DnRole::Origination;
        if party.is_ours() && worked {
            self.dns.entry(&party.dn).owes_wrap_up = true;
        }
    }

    fn say_ended_at_route_point(&mut self, now: Now, call: &Call, ending: &Ending) {
        let Some(dn) = call.held_at() else { return };
        let state = match ending {
            // A caller who has left a message did not give up.
            Ending::HungUp(..) if call.leaves_message_in().is_some() => CallState::Cleared,
            Ending::HungUp(..) => CallState::Abandoned,
            Ending::Cleared(..) | Ending::RoutePointGone => CallState::Cleared,
            Ending::Dropped(_) | Ending::Overflowed | Ending::Unanswered(..) => {
                CallState::Overflowed
            }
        };
        let draft = Draft::new(EventName::Abandoned, dn).state(state);
        self.say_of_ended(now, call, draft.reference(ending.asker_at_route_point(dn)));
    }

    fn say_ended_at(&mut self, now: Now, call: &Call, party: &Party, ending: &Ending) {
        if !party.is_ours() || matches!(party.state, State::Summoned(_)) {
            return;
        }
        let (name, state) = last_event(party, ending);
        let draft = Draft::new(name, &party.dn)
            .state(state)
            .reference(ending.asker(party))
            .extensions(business(call));
        self.say_of_ended(now, call, draft);
    }

    /// A call that was refused at the door ends with its leg alone.
    pub(crate) fn refuse_leg(&mut self, leg: LegId, cause: Cause) {
        self.meter.call_refused(cause);
        self.out.leg(model::leg::LegCommand::Release { leg, cause });
    }
}

impl Ending {
    /// The request to name in the event at a party: at the one that asked.
    fn asker(&self, party: &Party) -> Option<AskerId> {
        match self {
            Self::HungUp(id, asker) if *id == party.id => *asker,
            Self::Cleared(by, asker) if *by == party.dn => Some(*asker),
            Self::Unanswered(id, why) if *id == party.id => why.asker(),
            Self::HungUp(..)
            | Self::Cleared(..)
            | Self::Unanswered(..)
            | Self::Dropped(_)
            | Self::Overflowed
            | Self::RoutePointGone => None,
        }
    }

    fn asker_at_route_point(&self, dn: &Dn) -> Option<AskerId> {
        match self {
            Self::Cleared(by, asker) => (by == dn).then_some(*asker),
            Self::HungUp(..)
            | Self::Unanswered(..)
            | Self::Dropped(_)
            | Self::Overflowed
            | Self::RoutePointGone => None,
        }
    }
}

/// Whether enough others are left for a call to go on.
fn goes_on_without(call: &Call, id: PartyId) -> bool {
    let is_keeper = call.party(id).is_some_and(Party::keeps_alive);
    let left = call.parties.iter().filter(|party| party.id != id && party.keeps_alive()).count();
    // Whoever was sent on still waits for somebody else.
    let is_sent_on = call.sent_by.is_some()
        && (call.held_at().is_some() || call.alerting().is_some_and(|(to, _)| to.added.is_some()));
    is_keeper && (left > 1 || left == 1 && is_sent_on)
}

/// How a party's last event is called, and its state.
fn last_event(party: &Party, ending: &Ending) -> (EventName, CallState) {
    let is_called = matches!(party.state, State::Alerting(_));
    let is_caller = matches!(party.state, State::Originating(_));
    let state = match ending {
        Ending::HungUp(id, _) if *id == party.id => CallState::Ok,
        Ending::HungUp(..) if is_called => return (EventName::Abandoned, CallState::Abandoned),
        Ending::Cleared(by, _) if *by == party.dn => CallState::Ok,
        Ending::Dropped(id) if *id == party.id => CallState::Dropped,
        Ending::HungUp(..) | Ending::Dropped(_) => CallState::RemoteRelease,
        Ending::Overflowed if is_caller => CallState::Overflowed,
        Ending::Cleared(..) | Ending::RoutePointGone | Ending::Overflowed => CallState::Cleared,
        Ending::Unanswered(id, why) if *id == party.id => why.call_state(),
        Ending::Unanswered(_, Unanswered::NoAnswer) => CallState::NoAnswer,
        Ending::Unanswered(_, Unanswered::Rejected(_)) => CallState::Busy,
        Ending::Unanswered(_, Unanswered::Unreachable) => CallState::GeneralError,
    };
    (EventName::Released, state)
}

/// Why a party's leg is let go.
fn leg_cause(party: &Party, ending: &Ending) -> Cause {
    match (&party.state, ending) {
        (State::Alerting(_), Ending::Unanswered(id, why)) if *id == party.id => why.cause(),
        (State::Alerting(_) | State::Summoned(_), _) => Cause::Cancelled,
        (State::Failed | State::Held | State::Talking | State::Originating(Told::Answered), _) => {
            Cause::Normal
        }
        (State::Originating(_), Ending::HungUp(id, _)) if *id == party.id => Cause::Cancelled,
        (State::Originating(_), ending) => match ending {
            Ending::HungUp(..) | Ending::Cleared(..) => Cause::Rejected,
            Ending::Dropped(_) | Ending::Overflowed => Cause::NoAnswer,
            Ending::RoutePointGone => Cause::Unallocated,
            Ending::Unanswered(_, why) => why.cause(),
        },
    }
}
