//! A phone is called: it rings, or it does not, or nobody answers it.

use model::{
    AgentState, CallState, ConnId, Dn, DnRole, EventName, KvList, LegId, Now, WorkMode,
    leg::{Cause, LegCommand, Progress},
    request::{NoAnswer, NoAnswerAction},
};

use crate::{
    LegUse, Switch,
    call::{Alerting, Call, Overflow, Party, PartyId, Place, State, Told},
    dn::Posture,
    outbox::Draft,
    reach::failure_state,
    ready::Change,
    release::Ending,
    request::AskerId,
    timers::Timer,
};

/// Why a phone that was called did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// It rang for the whole time.
    NoAnswer,
    /// It refused, or its agent did by a request.
    Rejected(Option<AskerId>),
    /// It could not be called, or broke off.
    Unreachable,
}

impl Switch {
    /// EventRinging.
    pub(crate) fn say_ringing(&mut self, now: Now, id: PartyId) {
        let Some((call, party)) = self.seat(id) else { return };
        let State::Alerting(alerting) = &party.state else { return };
        let extensions = ringing_extensions(call, alerting);
        let (conn, dn, added) = (call.conn, party.dn.clone(), party.added.clone());
        let by_role = match party.role {
            DnRole::ConferenceMember => DnRole::AddedBy,
            _ => DnRole::TransferredBy,
        };
        let mut draft = Draft::new(EventName::Ringing, &dn).extensions(extensions);
        if let Some(added) = &added {
            draft = draft.third(&added.by, by_role);
        }
        self.say(now, conn, draft);
    }

    /// The phone's own 180.
    pub(crate) fn leg_rings(&mut self, now: Now, leg: LegId) {
        let Some((conn, id)) = self.called_by(leg) else { return };
        let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id)) else {
            return;
        };
        let is_asked_to_answer = match &mut party.state {
            State::Alerting(alerting) if alerting.has_rung => return,
            State::Alerting(alerting) => {
                alerting.has_rung = true;
                alerting.answer.is_some() || alerting.answers_itself
            }
            State::Summoned(_) => return self.out.leg(LegCommand::AnswerPhone { leg }),
            State::Failed | State::Held | State::Originating(_) | State::Talking => return,
        };
        self.divert(now, conn);
        self.tell_waiting(conn, Progress::Ringing);
        self.patch(conn);
        if is_asked_to_answer || self.answers_itself(now, id) {
            self.out.leg(LegCommand::AnswerPhone { leg });
        }
        self.say_network_reached(now, conn, id);
        self.complete_mute_transfer(now, conn);
    }

    /// A phone or a carrier that was called plays something before it answers.
    pub(crate) fn leg_plays(&mut self, now: Now, leg: LegId) {
        let Some((conn, id)) = self.called_by(leg) else { return };
        let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id)) else {
            return;
        };
        let State::Alerting(alerting) = &mut party.state else { return };
        if std::mem::replace(&mut alerting.plays, true) {
            return;
        }
        self.tell_waiting(conn, Progress::EarlyMedia);
        self.patch(conn);
        self.say_network_reached(now, conn, id);
        self.complete_mute_transfer(now, conn);
    }

    /// EventNetworkReached, once, at those of ours who wait for an outside number.
    fn say_network_reached(&mut self, now: Now, conn: ConnId, id: PartyId) {
        let Some(call) = self.calls.get(&conn) else { return };
        let is_first = call.party(id).is_some_and(|party| match &party.state {
            State::Alerting(alerting) => !(alerting.has_rung && alerting.plays),
            State::Failed
            | State::Held
            | State::Originating(_)
            | State::Summoned(_)
            | State::Talking => false,
        });
        let is_outside = call.party(id).is_some_and(|party| !party.is_ours());
        if !is_first || !is_outside {
            return;
        }
        for dn in self.waiting_dns(conn) {
            self.say(now, conn, Draft::new(EventName::NetworkReached, &dn));
        }
    }

    /// DNs of ours that wait for the call to be answered.
    fn waiting_dns(&self, conn: ConnId) -> Vec<Dn> {
        let Some(call) = self.calls.get(&conn) else { return Vec::new() };
        let waits =
            |party: &&Party| party.is_ours() && matches!(party.state, State::Originating(_));
        call.parties.iter().filter(waits).map(|party| party.dn.clone()).collect()
    }

    /// The party whose phone was called on this leg, and has not answered.
    pub(crate) fn called_by(&self, leg: LegId) -> Option<(ConnId, PartyId)> {
        let is_called =
            |party: &&Party| matches!(party.state, State::Alerting(_) | State::Summoned(_));
        let (call, party) = match self.legs.get(&leg)? {
            LegUse::Dn(dn) => {
                self.dns.extension(dn).filter(|extension| extension.line.leg == Some(leg))?;
                self.dns.calls(dn).iter().find_map(|conn| {
                    let call = self.calls.get(conn)?;
                    Some((call, call.ours(dn).filter(is_called)?))
                })?
            }
            LegUse::Call(conn) => {
                let call = self.calls.get(conn)?;
                let at = |party: &&Party| party.place == Place::Outside(leg);
                (call, call.parties.iter().find(at).filter(is_called)?)
            }
            LegUse::Leaving => return None,
        };
        Some((call.conn, party.id))
    }

    /// The call leaves its route point for the phone that rings, if it is there still.
    pub(crate) fn divert(&mut self, now: Now, conn: ConnId) {
        self.end_treatment(now, conn);
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let target = call.alerting().map(|(party, _)| party.dn.clone());
        let (Some(queue), Some(target)) = (&mut call.queue, target) else { return };
        if !queue.holds {
            return;
        }
        let route_point = queue.route_point.clone();
        let draft =
            Draft::new(EventName::Diverted, &route_point).third(&target, DnRole::Destination);
        self.say_last(now, conn, draft);
        if let Some(queue) = self.calls.get_mut(&conn).and_then(|call| call.queue.as_mut()) {
            queue.holds = false;
        }
    }

    /// The leg of a phone that was called is over, unanswered. When the DN has another phone
    /// already that one is rung; when it has none, one is awaited.
    pub(crate) fn alerting_phone_gone(&mut self, now: Now, id: PartyId, cause: Cause) {
        if self.takes_next_way(now, id, cause) {
            return;
        }
        let why = Unanswered::from_cause(cause);
        let Some((call, party)) = self.seat(id) else { return };
        let (conn, dn, is_ours) = (call.conn, party.dn.clone(), party.is_ours());
        let State::Alerting(alerting) = &party.state else { return };
        let why = match why {
            // A network that let it ring and then gave up.
            Unanswered::Unreachable if !is_ours && alerting.has_rung => Unanswered::NoAnswer,
            why => why,
        };
        let bindings = alerting.bindings;
        let may_return = |extension: &crate::dn::Extension| {
            is_ours && (!extension.in_service || extension.bindings > bindings)
        };
        let moved =
            why == Unanswered::Unreachable && self.dns.extension(&dn).is_some_and(may_return);
        if !moved {
            return self.phone_unanswered(now, id, why, Some(cause));
        }
        self.dns.entry(&dn).line.leg = None;
        if let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id))
            && let State::Alerting(alerting) = &mut party.state
        {
            alerting.has_rung = false;
            alerting.plays = false;
            alerting.answers_itself = false;
        }
        self.timers.set(Timer::PhoneBack(id), now.instant + self.settings.phone_return);
        self.ring_again(&dn);
    }

    /// Rings the DN's new phone for the call that an earlier one never rang for, or went away
    /// from.
    pub(crate) fn ring_again(&mut self, dn: &Dn) {
        let Some(extension) = self.dns.extension(dn).filter(|extension| extension.in_service)
        else {
            return;
        };
        let (bindings, old) = (extension.bindings, extension.line.leg);
        let Some(conn) = extension.calls.first().copied() else { return };
        let Some(party) = self.calls.get(&conn).and_then(|call| call.ours(dn)) else { return };
        let (State::Alerting(alerting), id) = (&party.state, party.id) else { return };
        if alerting.has_rung || alerting.bindings >= bindings {
            return;
        }
        self.timers.cancel(&Timer::PhoneBack(id));
        if let Some(leg) = old {
            self.let_leg_go(leg, Cause::Redirected);
        }
        let leg = self.ring_leg(conn, dn, false);
        self.dns.entry(dn).line.leg = leg;
        if let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id))
            && let State::Alerting(alerting) = &mut party.state
        {
            alerting.bindings = bindings;
        }
    }

    /// The time for answering is over.
    pub(crate) fn no_answer(&mut self, now: Now, id: PartyId) {
        let Some((_, party)) = self.seat(id) else { return };
        // A phone that never even rang has a fault; its person did nothing wrong.
        match &party.state {
            State::Alerting(alerting) if alerting.has_rung || alerting.plays => {
                self.phone_unanswered(now, id, Unanswered::NoAnswer, None);
            }
            State::Alerting(_) => self.phone_unanswered(now, id, Unanswered::Unreachable, None),
            State::Summoned(_) => self.summons_failed(now, id, Cause::NoAnswer),
            // The busy tone was heard for long enough.
            State::Failed => self.leave(now, id, None),
            State::Held | State::Originating(_) | State::Talking => {}
        }
    }

    /// The phone did not answer: it is let go, its agent is no longer Ready, and the call goes
    /// back to where it came from, or ends when it came to this phone directly.
    pub(crate) fn phone_unanswered(
        &mut self,
        now: Now,
        id: PartyId,
        why: Unanswered,
        cause: Option<Cause>,
    ) {
        let Some((call, party)) = self.seat(id) else { return };
        let State::Alerting(alerting) = &party.state else { return };
        let (conn, dn, no_answer) = (call.conn, party.dn.clone(), alerting.no_answer);
        let was_added = party.added.is_some();
        // Sent there by the router, or from the phone that it was routed to.
        let was_routed = call.queue.is_some() && (no_answer.is_some() || !was_added);
        let (is_ours, extensions) = (party.is_ours(), business(call));
        // Other failures say nothing of whether somebody would answer.
        let overflow = match why {
            Unanswered::NoAnswer => alerting.overflow.clone(),
            Unanswered::Rejected(_) | Unanswered::Unreachable => Overflow::Recall,
        };
        self.meter.phone_unanswered(why);
        if !was_routed && !was_added {
            return match self.caller_of_ours(conn) {
                Some(caller) => self.call_failed(now, conn, id, &caller, (why, cause)),
                None => self.end_call(now, conn, &Ending::Unanswered(id, why)),
            };
        }
        let draft = Draft::new(EventName::Released, &dn)
            .state(why.call_state())
            .reference(why.asker())
            .extensions(extensions);
        if overflow != Overflow::Recall {
            self.divert(now, conn);
        }
        if is_ours {
            self.say_last(now, conn, draft);
        }
        self.drop_party(conn, id, why.cause());
        if was_routed {
            if no_answer.is_some() {
                self.punish(now, &dn, why, no_answer);
            }
            self.overflow(now, conn, &dn, &overflow);
        } else {
            self.bring_back(now, conn);
        }
        self.forget_if_unconfigured(now, &dn);
    }

    /// The DN of ours whose line is up and who waits for the call: it hears that it failed.
    fn caller_of_ours(&self, conn: ConnId) -> Option<Dn> {
        let call = self.calls.get(&conn)?;
        let waits = |party: &&Party| {
            party.is_ours() && matches!(party.state, State::Originating(Told::Answered))
        };
        call.parties.iter().find(waits).map(|party| party.dn.clone())
    }

    /// EventDestinationBusy: the caller is told why, and may hang up or go back.
    fn call_failed(
        &mut self,
        now: Now,
        conn: ConnId,
        id: PartyId,
        caller: &Dn,
        (why, cause): (Unanswered, Option<Cause>),
    ) {
        let Some((call, party)) = self.seat(id) else { return };
        let (dn, is_ours, role) = (party.dn.clone(), party.is_ours(), party.role);
        if is_ours {
            let draft = Draft::new(EventName::Released, &dn)
                .state(why.call_state())
                .reference(why.asker())
                .extensions(business(call));
            self.say_last(now, conn, draft);
        }
        self.drop_party(conn, id, why.cause());
        self.caller_failed(now, conn, caller, (&dn, role, failure_state(why, cause)));
        self.mute_transfer_failed(now, conn);
        self.forget_if_unconfigured(now, &dn);
    }

    /// Whoever waited for the call reached nobody, and has not hung up yet.
    pub(crate) fn caller_failed(
        &mut self,
        now: Now,
        conn: ConnId,
        caller: &Dn,
        (dn, role, state): (&Dn, DnRole, CallState),
    ) {
        if let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.ours_mut(caller)) {
            party.state = State::Failed;
            let id = party.id;
            self.timers.set(Timer::NoAnswer(id), now.instant + self.settings.failed_limit);
        }
        self.patch(conn);
        let draft = Draft::new(EventName::DestinationBusy, caller).other(dn, role).state(state);
        self.say(now, conn, draft);
    }

    /// What becomes of the agent whose phone did not answer a routed call. A state that the agent
    /// chose meanwhile is left alone.
    fn punish(&mut self, now: Now, dn: &Dn, why: Unanswered, no_answer: Option<NoAnswer>) {
        let action = match why {
            Unanswered::NoAnswer => no_answer.map_or(NoAnswerAction::NotReady, |n| n.action),
            Unanswered::Rejected(_) | Unanswered::Unreachable => NoAnswerAction::NotReady,
        };
        match action {
            NoAnswerAction::Logout => self.log_out(now, dn, Change::default()),
            NoAnswerAction::None => {}
            NoAnswerAction::NotReady => {
                let is_ready = |agent: &crate::dn::Agent| agent.posture.state == AgentState::Ready;
                if self.dns.agent(dn).is_some_and(is_ready) {
                    let reason = why.reason();
                    let posture = Posture::not_ready(WorkMode::AuxWork, Some(reason.to_owned()));
                    self.change_posture(now, dn, posture, Change::because(reason));
                }
            }
        }
    }
}

impl Unanswered {
    /// What a leg's end says about a phone that was called.
    pub fn from_cause(cause: Cause) -> Self {
        match cause {
            Cause::Busy | Cause::Rejected => Self::Rejected(None),
            Cause::NoAnswer => Self::NoAnswer,
            Cause::Cancelled
            | Cause::Failure
            | Cause::Forbidden
            | Cause::NoCommonCodec
            | Cause::Normal
            | Cause::Overloaded
            | Cause::Redirected
            | Cause::Unallocated
            | Cause::Unreachable => Self::Unreachable,
        }
    }

    /// AttributeCallState of EventReleased at the phone.
    pub fn call_state(self) -> CallState {
        match self {
            Self::NoAnswer => CallState::NoAnswer,
            Self::Rejected(_) => CallState::Redirected,
            Self::Unreachable => CallState::GeneralError,
        }
    }

    /// Why the phone's leg ends, and a direct caller's.
    pub fn cause(self) -> Cause {
        match self {
            Self::NoAnswer => Cause::NoAnswer,
            Self::Rejected(_) => Cause::Rejected,
            Self::Unreachable => Cause::Unreachable,
        }
    }

    /// The agent's not-ready reason.
    fn reason(self) -> &'static str {
        match self {
            Self::NoAnswer => "No answer",
            Self::Rejected(_) => "Call rejected",
            Self::Unreachable => "Phone not reachable",
        }
    }

    /// Who refused by a request.
    pub fn asker(self) -> Option<AskerId> {
        match self {
            Self::Rejected(asker) => asker,
            Self::NoAnswer | Self::Unreachable => None,
        }
    }
}

/// `BusinessCall`: 1 when the call came through a route point.
pub fn business(call: &Call) -> KvList {
    KvList::new().with("BusinessCall", i64::from(call.is_business()))
}

fn ringing_extensions(call: &Call, alerting: &Alerting) -> KvList {
    let mut extensions = business(call);
    if !call.caller.number.is_empty() {
        extensions.attach("OriginationDN", call.caller.number.as_str());
    }
    if let Some(no_answer) = alerting.no_answer {
        extensions.attach("NO_ANSWER_TIMEOUT", i64::from(no_answer.timeout_s));
        extensions.attach("NO_ANSWER_ACTION", no_answer.action.as_str());
        extensions.attach("NO_ANSWER_OVERFLOW", alerting.overflow.as_str());
    }
    extensions
}
