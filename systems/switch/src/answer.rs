//! RequestAnswerCall, and a phone's answer however it came about.

use std::time::Duration;

use model::{
    Capability, ConnId, Dn, DnRole, EventName, LegId, Now, TError,
    error::Refusal,
    leg::{Button, LegCommand},
};

use crate::{
    LegUse, Switch,
    call::{Added, PartyId, State, Told},
    outbox::Draft,
    request::{Asker, AskerId},
    ring::business,
    timers::Timer,
};

impl Switch {
    /// Tells the phone to answer. One that was called and has not said 180 yet is told when it
    /// does: the click can be faster than the phone.
    pub(crate) fn answer_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        self.allow(Capability::AnswerCall, dn, conn)?;
        let leg = self.dns.leg(dn);
        let answer_by = now.instant + self.settings.answer_limit;
        let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.ours_mut(dn)) else {
            return Ok(());
        };
        let State::Alerting(alerting) = &mut party.state else { return Ok(()) };
        self.out.accept(asker.id);
        alerting.answer = Some(asker.id);
        if let Some(leg) = leg.filter(|_| alerting.has_rung) {
            self.out.leg(LegCommand::AnswerPhone { leg });
        }
        self.timers.set(Timer::Answer(party.id), answer_by);
        // The no-answer time must not cut off an answer on its way.
        let rings_until = alerting.rings_until.max(answer_by + ANSWER_GRACE);
        self.timers.set(Timer::NoAnswer(party.id), rings_until);
        Ok(())
    }

    /// Whether a phone that rings for a routed call is to answer by itself: as the router wants
    /// it, or else as its agent likes it.
    pub(crate) fn answers_itself(&mut self, now: Now, id: PartyId) -> bool {
        let Some((_, party)) = self.seat(id) else { return false };
        let State::Alerting(alerting) = &party.state else { return false };
        let person = self.dns.agent(&party.dn).map(|agent| &agent.id);
        let person = person.and_then(|agent| self.configuration.agent(agent));
        let likes_it = person.is_some_and(|person| person.auto_answer);
        let was_routed = alerting.no_answer.is_some();
        if !was_routed || !alerting.auto_answer.unwrap_or(likes_it) {
            return false;
        }
        self.let_answer_itself(now, id);
        true
    }

    /// The phone is to answer without anybody who asked for it, and has a time for it.
    fn let_answer_itself(&mut self, now: Now, id: PartyId) {
        let Some(conn) = self.seats.get(&id).copied() else { return };
        let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id)) else {
            return;
        };
        let State::Alerting(alerting) = &mut party.state else { return };
        alerting.answers_itself = true;
        let answer_by = now.instant + self.settings.answer_limit;
        self.timers.set(Timer::Answer(id), answer_by);
        let rings_until = alerting.rings_until.max(answer_by + ANSWER_GRACE);
        self.timers.set(Timer::NoAnswer(id), rings_until);
        self.touch(conn);
    }

    /// The server in front of which we stand presses a button of our phone.
    pub(crate) fn button_pressed(&mut self, now: Now, leg: LegId, button: Button) {
        let Some(LegUse::Call(conn)) = self.legs.get(&leg) else { return };
        let conn = *conn;
        let Some(call) = self.calls.get(&conn) else { return };
        let Some(party) = call.parties.iter().find(|party| party.is_ours()) else { return };
        let dn = party.dn.clone();
        match (&party.state, button) {
            (State::Alerting(alerting), Button::Talk) if !alerting.answers_itself => {
                let (id, has_rung) = (party.id, alerting.has_rung);
                self.let_answer_itself(now, id);
                // Else it is told when it rings.
                if let Some(leg) = self.dns.leg(&dn).filter(|_| has_rung) {
                    self.out.leg(LegCommand::AnswerPhone { leg });
                }
            }
            (State::Held, Button::Talk) => self.set_held(now, conn, &dn, false, None),
            (State::Talking, Button::Hold) => self.set_held(now, conn, &dn, true, None),
            // Pressed already.
            _ => {}
        }
    }

    /// The phone says that it did not do what AnswerCall asked.
    pub(crate) fn phone_did_not_answer(&mut self, leg: LegId) {
        if let Some((_, id)) = self.called_by(leg) {
            self.answer_overdue(id);
        }
    }

    /// AnswerCall, or answering by itself, came to nothing: whoever asked is told, and the call
    /// rings on for what is left of its time, to be answered at the phone itself.
    pub(crate) fn answer_overdue(&mut self, id: PartyId) {
        let Some(conn) = self.seats.get(&id) else { return };
        let Some(party) = self.calls.get_mut(conn).and_then(|call| call.party_mut(id)) else {
            return;
        };
        let State::Alerting(alerting) = &mut party.state else { return };
        let did_itself = std::mem::take(&mut alerting.answers_itself);
        let asker = alerting.answer.take();
        if !did_itself && asker.is_none() {
            return;
        }
        self.timers.cancel(&Timer::Answer(id));
        self.timers.set(Timer::NoAnswer(id), alerting.rings_until);
        let dn = party.dn.clone();
        let conn = *conn;
        self.touch(conn);
        let Some(asker) = asker else { return };
        let why = format!(
            "The phone of {dn} did not answer. Look whether the phone page is open and may use the \
             microphone, and answer there.",
        );
        self.out.refuse(asker, &dn, Refusal::new(TError::TimedOut, why));
    }

    /// A phone answered (or an offered leg's 200 OK was acknowledged, which changes nothing).
    pub(crate) fn leg_answered(&mut self, now: Now, leg: LegId) {
        if let Some((conn, id)) = self.called_by(leg) {
            let is_summoned =
                self.seat(id).is_some_and(|(_, party)| matches!(party.state, State::Summoned(_)));
            return match is_summoned {
                true => self.summoned_phone_answered(now, id),
                false => self.establish(now, conn, id),
            };
        }
        if let Some(LegUse::Dn(dn)) = self.legs.get(&leg) {
            let dn = dn.clone();
            self.reconnect(now, leg, &dn);
        }
    }

    fn establish(&mut self, now: Now, conn: ConnId, id: PartyId) {
        self.cancel_timers(id);
        // A phone may answer without ever having said 180.
        self.divert(now, conn);
        let Some(call) = self.calls.get_mut(&conn) else { return };
        call.sent_by = None;
        let is_first = !call.parties.iter().any(crate::call::Party::is_in);
        let Some(party) = call.party_mut(id) else { return };
        let State::Alerting(alerting) = &party.state else { return };
        let (dn, asker) = (party.dn.clone(), alerting.answer);
        let added = party.added.take();
        party.state = State::Talking;
        if party.is_ours() {
            let bindings = self.bindings(&dn);
            self.dns.entry(&dn).line.bindings = bindings;
        }
        self.answer_waiting(conn);
        self.patch(conn);
        self.meter.call_answered();
        if is_first {
            self.say_established(now, conn, id, asker);
        } else {
            self.say_joined(now, conn, id, asker, added.as_ref());
        }
        self.begin_watching(now, conn);
        // A phone may answer without any word before.
        self.complete_mute_transfer(now, conn);
    }

    /// 200 to those who wait for the call; they talk from now on.
    fn answer_waiting(&mut self, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        for party in &mut call.parties {
            let State::Originating(told) = party.state else { continue };
            party.state = State::Talking;
            if told < Told::Answered
                && let Some(leg) = party.place.leg_of(&party.dn, &self.dns)
            {
                self.out.leg(LegCommand::Answer { leg });
            }
        }
    }

    /// EventEstablished at the phone that answered, then at those who waited for it.
    fn say_established(&mut self, now: Now, conn: ConnId, id: PartyId, asker: Option<AskerId>) {
        self.say_answered(now, conn, id, asker);
        let Some(call) = self.calls.get(&conn) else { return };
        let others = call.parties.iter().filter(|party| party.id != id && party.is_told());
        let others: Vec<Dn> = others.map(|party| party.dn.clone()).collect();
        for dn in others {
            self.say(now, conn, Draft::new(EventName::Established, &dn));
        }
    }

    fn say_answered(&mut self, now: Now, conn: ConnId, id: PartyId, asker: Option<AskerId>) {
        let Some((call, party)) = self.seat(id) else { return };
        if !party.is_ours() {
            return;
        }
        let dn = party.dn.clone();
        let mut extensions = business(call);
        if let Some(seconds) = self.wrap_up_seconds(&dn).filter(|_| call.is_business()) {
            extensions.attach("WrapUpTime", i64::from(seconds));
        }
        let draft = Draft::new(EventName::Established, &dn).reference(asker).extensions(extensions);
        self.say(now, conn, draft);
    }

    /// Somebody came into a call that was up: instead of another who left, or beside the others.
    fn say_joined(
        &mut self,
        now: Now,
        conn: ConnId,
        id: PartyId,
        asker: Option<AskerId>,
        added: Option<&Added>,
    ) {
        self.say_answered(now, conn, id, asker);
        let Some((call, party)) = self.seat(id) else { return };
        let (dn, role) = (party.dn.clone(), party.role);
        let is_added = role == DnRole::ConferenceMember;
        let others = call.parties.iter().filter(|other| other.id != id && other.is_told());
        let others: Vec<Dn> = others.map(|other| other.dn.clone()).collect();
        if let Some(Added { by, asker: Some(asker) }) = added
            && !others.contains(by)
        {
            let why = format!("{dn} has answered, but {by} has left the call meanwhile.");
            self.out.refuse(*asker, by, Refusal::new(TError::InvalidCallState, why));
        }
        for other in others {
            let (name, by_role, role) = match is_added {
                true => (EventName::PartyAdded, DnRole::AddedBy, DnRole::NewParty),
                false => (EventName::PartyChanged, DnRole::TransferredBy, role),
            };
            let mut draft = Draft::new(name, &other).other(&dn, role);
            if let Some(added) = added {
                draft = draft.third(&added.by, by_role);
                draft = draft.reference(added.asker.filter(|_| added.by == other));
            }
            self.say(now, conn, draft);
        }
    }
}

/// The answer's own limit comes first, so that its failure is told before the call moves on.
const ANSWER_GRACE: Duration = Duration::from_millis(1);
