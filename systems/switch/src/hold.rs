//! Hold, retrieve, alternate: who of a DN's calls is talked to.

use model::{
    Capability, ConnId, Dn, EventName, Now, TError, config::DnKind, error::Refusal, leg::LegCommand,
};

use crate::{
    Switch,
    call::{Call, State},
    outbox::Draft,
    request::{Asker, AskerId},
};

impl Switch {
    /// Lets the others wait.
    pub(crate) fn hold_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        self.allow(Capability::HoldCall, dn, conn)?;
        self.out.accept(asker.id);
        self.set_held(now, conn, dn, true, Some(asker.id));
        Ok(())
    }

    /// Goes on with a held call.
    pub(crate) fn retrieve_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        self.allow(Capability::RetrieveCall, dn, conn)?;
        self.out.accept(asker.id);
        self.set_held(now, conn, dn, false, Some(asker.id));
        Ok(())
    }

    /// Holds the one and goes on with the other.
    pub(crate) fn alternate_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        (held, current): (ConnId, ConnId),
    ) -> Result<(), Refusal> {
        self.two_calls(Capability::AlternateCall, dn, held, current)?;
        self.out.accept(asker.id);
        self.set_held(now, current, dn, true, Some(asker.id));
        self.set_held(now, held, dn, false, Some(asker.id));
        Ok(())
    }

    /// Drops the consult call and goes back to the first.
    pub(crate) fn reconnect_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        (held, current): (ConnId, ConnId),
    ) -> Result<(), Refusal> {
        self.two_calls(Capability::ReconnectCall, dn, held, current)?;
        self.out.accept(asker.id);
        self.reconnect_to(now, dn, (held, current), Some(asker.id));
        Ok(())
    }

    /// Leaves the one call and goes on with the other.
    pub(crate) fn reconnect_to(
        &mut self,
        now: Now,
        dn: &Dn,
        (held, current): (ConnId, ConnId),
        asker: Option<AskerId>,
    ) {
        if let Some(id) = self.id_of(current, dn) {
            self.leave(now, id, asker);
        }
        self.set_held(now, held, dn, false, asker);
    }

    /// Checks that the one call is held, the other is up, and that this may be done with them.
    pub(crate) fn two_calls(
        &self,
        what: Capability,
        dn: &Dn,
        held: ConnId,
        current: ConnId,
    ) -> Result<(), Refusal> {
        self.allow(what, dn, held)?;
        let call = self.allow(what, dn, current)?;
        let is_held = |conn: ConnId| {
            let call = self.calls.get(&conn);
            let party = call.and_then(|call| call.ours(dn));
            party.is_some_and(|party| party.holds())
        };
        if held == current || !is_held(held) || is_held(call.conn) {
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!(
                    "{} takes the held call and the other one, in this order: {held} must be on \
                     hold at {dn} and {current} not.",
                    what.as_str()
                ),
            ));
        }
        Ok(())
    }

    /// Holds or retrieves for a party, with its event.
    pub(crate) fn set_held(
        &mut self,
        now: Now,
        conn: ConnId,
        dn: &Dn,
        is_held: bool,
        asker: Option<AskerId>,
    ) {
        // A line talks in one call: whoever is on hold must not hear the other one.
        let is_free = |call: &Call| self.other_calls(call, dn).all(|(_, party)| party.holds());
        if !is_held && !self.calls.get(&conn).is_some_and(is_free) {
            return;
        }
        let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.ours_mut(dn)) else {
            return;
        };
        let name = match (&party.state, is_held) {
            (State::Talking, true) => {
                party.state = State::Held;
                EventName::Held
            }
            (State::Held, false) => {
                party.state = State::Talking;
                EventName::Retrieved
            }
            (
                State::Alerting(_)
                | State::Failed
                | State::Held
                | State::Originating(_)
                | State::Summoned(_)
                | State::Talking,
                _,
            ) => return,
        };
        self.patch(conn);
        self.say(now, conn, Draft::new(name, dn).reference(asker));
    }

    /// Lets a phone that takes our word (`sip-cti-control`) show whether its calls are held.
    pub(crate) fn show_held(&mut self, dn: &Dn) {
        let takes_word = self.configuration.dns.get(dn).is_some_and(|object| {
            matches!(object.kind, DnKind::Extension { cti_control: true, .. })
        });
        let Some(leg) = self.dns.leg(dn).filter(|_| takes_word) else { return };
        let is_held = |conn: &ConnId| {
            let party = self.calls.get(conn).and_then(|call| call.ours(dn));
            party.is_some_and(|party| party.holds())
        };
        let is_held = self.dns.calls(dn).iter().all(is_held);
        let line = &mut self.dns.entry(dn).line;
        if std::mem::replace(&mut line.shows_held, is_held) != is_held {
            self.out.leg(LegCommand::ShowHeld { leg, is_held });
        }
    }

    /// The phone itself holds (re-INVITE) or goes on: what its line talks to is held with it.
    pub(crate) fn phone_holds(&mut self, now: Now, dn: &Dn, is_held: bool) {
        let Some(extension) = self.dns.extension_mut(dn) else { return };
        if std::mem::replace(&mut extension.line.shows_held, is_held) == is_held {
            // It does as it was told.
            return;
        }
        let calls = self.dns.calls(dn).to_vec();
        let state_of = |switch: &Self, conn: &ConnId| {
            let call = switch.calls.get(conn);
            let party = call.and_then(|call| call.ours(dn));
            party.map(|party| (party.talks(), party.is_in()))
        };
        let which = match is_held {
            true => calls.iter().find(|conn| state_of(self, conn).is_some_and(|(talks, _)| talks)),
            // Only when nothing else is talked to.
            false
                if calls
                    .iter()
                    .any(|conn| state_of(self, conn).is_some_and(|(talks, _)| talks)) =>
            {
                None
            }
            false => calls.iter().rev().find(|conn| state_of(self, conn).is_some_and(|(_, is)| is)),
        };
        if let Some(conn) = which.copied() {
            self.set_held(now, conn, dn, is_held, None);
        }
    }
}
