//! Without asking first: single-step transfer and conference, redirect, and what becomes of a
//! call that nobody took. Also removing somebody from a conference.

use std::sync::Arc;

use model::{
    CallState, Capability, ConnId, Dn, DnRole, EventName, KvList, LegId, Now, TError,
    error::Refusal, leg::Cause,
};

use crate::{
    Switch,
    call::{Added, Call, Party, State},
    outbox::Draft,
    reach::{Destination, FORWARDS_MAX, Ringing},
    release::Ending,
    request::{Asker, AskerId},
    ring::business,
    user_data::check_user_data,
};

impl Switch {
    /// Sends the call elsewhere and leaves it. When nobody takes it there it comes back.
    pub(crate) fn single_step_transfer(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        dialled: &str,
        user_data: KvList,
    ) -> Result<(), Refusal> {
        self.allow(Capability::SingleStepTransfer, dn, conn)?;
        let destination = self.destination_for(now, dn, dialled)?;
        self.check_not_in(conn, &destination)?;
        self.add_data(conn, user_data)?;
        self.out.accept(asker.id);
        self.transfer_to(now, (dn, conn), destination, Some(asker.id));
        Ok(())
    }

    /// Leaves the call, and has the destination called for it.
    pub(crate) fn transfer_to(
        &mut self,
        now: Now,
        (dn, conn): (&Dn, ConnId),
        destination: Destination,
        asker: Option<AskerId>,
    ) {
        let Some(call) = self.calls.get(&conn) else { return };
        let draft = Draft::new(EventName::Released, dn)
            .state(CallState::Transferred)
            .extensions(business(call))
            .reference(asker);
        self.say_last(now, conn, draft);
        if let Some(id) = self.id_of(conn, dn) {
            self.owe_wrap_up(conn, id);
            self.drop_party(conn, id, Cause::Normal);
        }
        if let Some(call) = self.calls.get_mut(&conn) {
            call.sent_by = Some(dn.clone());
        }
        self.send_to(now, conn, dn, destination);
        self.after_leaving(now, dn);
        self.stop_watching(now, conn, dn);
    }

    /// Sends a ringing call elsewhere.
    pub(crate) fn redirect_call(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        dialled: &str,
    ) -> Result<(), Refusal> {
        self.allow(Capability::RedirectCall, dn, conn)?;
        let destination = self.destination_for(now, dn, dialled)?;
        self.check_not_in(conn, &destination)?;
        self.out.accept(asker.id);
        self.redirect(now, (dn, conn), destination, Some(asker.id));
        Ok(())
    }

    /// A phone sends the calls that it is called for elsewhere by itself. What the router sent
    /// there goes back to it: it means this agent, and not whom the phone may know.
    pub(crate) fn phone_moves(&mut self, now: Now, leg: LegId, target: &str) {
        let Some((conn, id)) = self.called_by(leg) else { return };
        let Some((call, party)) = self.seat(id).filter(|(_, party)| party.is_ours()) else {
            return;
        };
        let is_direct =
            matches!(&party.state, State::Alerting(alerting) if alerting.no_answer.is_none());
        let dn = party.dn.clone();
        if !is_direct || call.moves >= FORWARDS_MAX {
            return;
        }
        let Ok(destination) = self.destination_for(now, &dn, target) else { return };
        if self.check_not_in(conn, &destination).is_err() {
            return;
        }
        if let Some(call) = self.calls.get_mut(&conn) {
            call.moves += 1;
        }
        self.redirect(now, (&dn, conn), destination, None);
    }

    fn redirect(
        &mut self,
        now: Now,
        (dn, conn): (&Dn, ConnId),
        destination: Destination,
        asker: Option<AskerId>,
    ) {
        // A phone that was called and has not rung has not left the route point either.
        self.divert(now, conn);
        let Some(call) = self.calls.get(&conn) else { return };
        let id = call.ours(dn).map(|party| party.id);
        let draft = Draft::new(EventName::Released, dn)
            .state(CallState::Redirected)
            .extensions(business(call))
            .reference(asker);
        self.say_last(now, conn, draft);
        if let Some(id) = id {
            self.drop_party(conn, id, Cause::Redirected);
        }
        self.send_to(now, conn, dn, destination);
        self.after_leaving(now, dn);
    }

    /// Calls somebody into the call, who talks with everybody once answered.
    pub(crate) fn single_step_conference(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        dialled: &str,
        user_data: KvList,
    ) -> Result<(), Refusal> {
        self.allow(Capability::SingleStepConference, dn, conn)?;
        let destination = self.destination_for(now, dn, dialled)?;
        self.check_not_in(conn, &destination)?;
        if matches!(destination, Destination::RoutePoint(_)) {
            return Err(Refusal::new(
                TError::InvalidDestination,
                format!(
                    "{dialled} is a route point. Ask somebody there first (InitiateConference), or \
                     add a DN or an outside number."
                ),
            ));
        }
        self.add_data(conn, user_data)?;
        self.out.accept(asker.id);
        let until = now.instant + self.settings.direct_ring_limit;
        let role = DnRole::ConferenceMember;
        let added = Added { by: dn.clone(), asker: Some(asker.id) };
        let ringing = Ringing { role, added: Some(added), ..Ringing::directly(until) };
        self.reach(now, conn, destination, ringing);
        self.patch(conn);
        Ok(())
    }

    /// Drops one other party.
    pub(crate) fn delete_from_conference(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        whom: &Dn,
    ) -> Result<(), Refusal> {
        let call = self.allow(Capability::DeleteFromConference, dn, conn)?;
        let is_meant = |party: &&Party| {
            party.dn == *whom && party.dn != *dn && (party.talks_along() || party.is_invited())
        };
        let Some(party) = call.parties.iter().find(is_meant) else {
            return Err(Refusal::new(
                TError::InvalidDestination,
                format!("{whom} is not in call {conn}. Choose one of its parties."),
            ));
        };
        let id = party.id;
        let talks = |other: &Party| other.id != id && other.dn != *dn && other.talks_along();
        if !call.parties.iter().any(talks) {
            return Err(Refusal::new(
                TError::InvalidDestination,
                format!("Nobody but {whom} talks to {dn} in call {conn}. Release the call."),
            ));
        }
        self.out.accept(asker.id);
        self.leave_the_others(now, id, (CallState::Ok, None), Some((dn, asker.id)));
        Ok(())
    }

    /// Those who are left in a call hear ring-back until somebody at the destination answers.
    pub(crate) fn send_to(&mut self, now: Now, conn: ConnId, by: &Dn, destination: Destination) {
        let until = now.instant + self.settings.direct_ring_limit;
        let is_up = self.calls.get(&conn).is_some_and(|call| call.parties.iter().any(Party::is_in));
        let added = is_up.then(|| Added { by: by.clone(), asker: None });
        let ringing = Ringing { added, ..Ringing::directly(until) };
        self.reach(now, conn, destination, ringing);
        self.patch(conn);
    }

    /// Nobody took a call that was sent there: it goes back to who sent it, and when that fails
    /// too it ends. A call whose people talk to one another just goes on.
    pub(crate) fn bring_back(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        if call.parties.iter().filter(|party| party.keeps_alive()).count() > 1 {
            return self.patch(conn);
        }
        let back_to = call.sent_by.take().map(Destination::Extension);
        let back_to = back_to.and_then(|to| self.check_reachable(now, &to, None).ok());
        match back_to {
            Some(destination) => {
                let until = now.instant + self.settings.direct_ring_limit;
                self.reach(now, conn, destination, Ringing::directly(until));
                self.patch(conn);
            }
            // The router finds somebody else.
            None if self.calls.get(&conn).is_some_and(Call::is_business) => {
                self.return_to_queue(now, conn);
            }
            None => self.end_call(now, conn, &Ending::Overflowed),
        }
    }

    /// Nobody can be in a call twice.
    pub(crate) fn check_not_in(
        &self,
        conn: ConnId,
        destination: &Destination,
    ) -> Result<(), Refusal> {
        let Destination::Outside(outside) = destination else { return Ok(()) };
        let number = &outside.number;
        let is_in = |party: &Party| party.dn == *number;
        match self.calls.get(&conn).is_some_and(|call| call.parties.iter().any(is_in)) {
            true => Err(Refusal::new(
                TError::InvalidDestination,
                format!("{number} is in call {conn} already. Choose another number."),
            )),
            false => Ok(()),
        }
    }

    fn add_data(&mut self, conn: ConnId, user_data: KvList) -> Result<(), Refusal> {
        let Some(call) = self.calls.get_mut(&conn).filter(|_| !user_data.is_empty()) else {
            return Ok(());
        };
        let mut list = KvList::clone(&call.user_data);
        for (key, value) in user_data {
            list.update(key, value);
        }
        check_user_data(&list)?;
        call.user_data = Arc::new(list);
        Ok(())
    }
}
