//! Asking somebody during a call: two-step transfer and conference, mute transfer.

use std::sync::Arc;

use model::{
    CallState, CallType, Capability, ConnId, Dn, DnRole, EventName, KvList, Now, TError,
    error::Refusal, leg::Cause, request::MergeType,
};

use crate::{
    Switch,
    call::{Added, Caller, Consult, Party, PartyId, Place, State, Told},
    outbox::Draft,
    reach::Destination,
    request::{Asker, AskerId},
    ring::business,
    user_data::check_user_data,
};

impl Switch {
    /// Holds the call and calls somebody to ask. `is_mute`: leave as soon as that phone rings.
    pub(crate) fn initiate(
        &mut self,
        now: Now,
        asker: &Asker,
        (what, is_mute_transfer): (Capability, bool),
        (dn, conn): (&Dn, ConnId),
        dialled: &str,
        user_data: KvList,
    ) -> Result<(), Refusal> {
        self.allow(what, dn, conn)?;
        let destination = self.destination_for(now, dn, dialled)?;
        if is_mute_transfer && matches!(destination, Destination::RoutePoint(_)) {
            return Err(Refusal::new(
                TError::InvalidDestination,
                format!(
                    "{dialled} is a route point, where no phone rings to complete the transfer. \
                     Send the call there at once (SingleStepTransfer)."
                ),
            ));
        }
        let mut data = self.calls.get(&conn).map(|call| KvList::clone(&call.user_data));
        for (key, value) in user_data {
            data.get_or_insert_default().update(key, value);
        }
        check_user_data(data.get_or_insert_default())?;
        self.out.accept(asker.id);
        self.set_held(now, conn, dn, true, Some(asker.id));
        let consult = Consult { parent: conn, by: dn.clone(), is_mute_transfer };
        let caller = Caller { number: dn.to_string(), name: None, is_ours: true };
        let dnis = dialled.trim().to_owned();
        let second = self.begin_call(CallType::Consult, caller, dnis, None, Some(consult));
        if let Some(call) = self.calls.get_mut(&second) {
            call.user_data = Arc::new(data.unwrap_or_default());
        }
        let state = State::Originating(Told::Answered);
        let party = self.new_party(dn.clone(), Place::Ours, DnRole::Origination, state);
        self.join(second, party);
        self.patch(second);
        self.place(now, second, Some(dn), &destination, Some(asker.id));
        Ok(())
    }

    /// Connects the first call with whoever was asked, and leaves.
    pub(crate) fn complete_transfer(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        (held, current): (ConnId, ConnId),
    ) -> Result<(), Refusal> {
        self.two_calls(Capability::CompleteTransfer, dn, held, current)?;
        self.out.accept(asker.id);
        self.transfer(now, dn, self.first_and_second(held, current), Some(asker.id));
        Ok(())
    }

    /// Of a first call and its consult call, in whatever order, the first call first.
    fn first_and_second(&self, held: ConnId, current: ConnId) -> (ConnId, ConnId) {
        let consult = self.calls.get(&held).and_then(|call| call.consult.as_ref());
        match consult.is_some_and(|consult| consult.parent == current) {
            true => (current, held),
            false => (held, current),
        }
    }

    /// A mute transfer completes when the other phone rings.
    pub(crate) fn complete_mute_transfer(&mut self, now: Now, current: ConnId) {
        let consult = self.calls.get(&current).and_then(|call| call.consult.clone());
        let Some(Consult { parent, by, is_mute_transfer: true }) = consult else { return };
        let Some(call) = self.calls.get(&parent) else { return };
        let Some(party) = call.ours(&by) else { return };
        // Otherwise nobody waits there any more: it stays a call like any other.
        let waits = call.held_at().is_none() && call.others(Some(party.id)).any(Party::talks_along);
        if waits {
            self.divert(now, current);
            self.transfer(now, &by, (parent, current), None);
        }
    }

    /// A mute transfer that reached nobody: the agent talks to the first call again.
    pub(crate) fn mute_transfer_failed(&mut self, now: Now, current: ConnId) {
        let consult = self.calls.get(&current).and_then(|call| call.consult.clone());
        let Some(Consult { parent, by, is_mute_transfer: true }) = consult else { return };
        if self.calls.get(&parent).and_then(|call| call.ours(&by)).is_some_and(Party::holds) {
            self.reconnect_to(now, &by, (parent, current), None);
        }
    }

    fn transfer(
        &mut self,
        now: Now,
        dn: &Dn,
        (held, current): (ConnId, ConnId),
        asker: Option<AskerId>,
    ) {
        self.stop_watching(now, current, dn);
        self.stop_watching(now, held, dn);
        for conn in [current, held] {
            let Some(call) = self.calls.get(&conn) else { return };
            let draft = Draft::new(EventName::Released, dn)
                .state(CallState::Transferred)
                .extensions(business(call))
                .reference(asker.filter(|_| conn == held));
            self.say_last(now, conn, draft);
        }
        let in_held = self.calls.get(&held).and_then(|call| call.ours(dn)).map(|party| party.id);
        let in_current =
            self.calls.get(&current).and_then(|call| call.ours(dn)).map(|party| party.id);
        let (Some(in_held), Some(in_current)) = (in_held, in_current) else { return };
        self.owe_wrap_up(held, in_held);
        self.part(current, in_current);
        self.part(held, in_held);
        let moved = self.merge(held, current);
        self.note_who_sent(held, &moved, dn);
        self.let_line_go(dn, Cause::Normal);
        self.patch(held);
        let by = (dn, DnRole::TransferredBy, CallState::Transferred);
        self.say_changed(now, held, &moved, by);
        self.say_moved_at_route_point(now, (held, current), by);
        self.after_leaving(now, dn);
    }

    /// A phone that still rings for a transferred call was sent it by `dn`, who gets it back.
    fn note_who_sent(&mut self, conn: ConnId, moved: &[PartyId], dn: &Dn) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let rings = |party: &&mut Party| {
            moved.contains(&party.id)
                && party.added.is_none()
                && matches!(party.state, State::Alerting(_))
        };
        if let Some(party) = call.parties.iter_mut().find(rings) {
            party.added = Some(Added { by: dn.clone(), asker: None });
            call.sent_by = Some(dn.clone());
        }
    }

    /// Joins both calls, and stays.
    pub(crate) fn complete_conference(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        (held, current): (ConnId, ConnId),
    ) -> Result<(), Refusal> {
        self.two_calls(Capability::CompleteConference, dn, held, current)?;
        self.out.accept(asker.id);
        self.confer(now, dn, self.first_and_second(held, current), asker.id);
        Ok(())
    }

    /// Joins two calls that have nothing to do with one another.
    pub(crate) fn merge_calls(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        (held, current): (ConnId, ConnId),
        merge: MergeType,
    ) -> Result<(), Refusal> {
        self.two_calls(Capability::MergeCalls, dn, held, current)?;
        self.out.accept(asker.id);
        match merge {
            MergeType::ForConference => self.confer(now, dn, (held, current), asker.id),
            MergeType::ForTransfer => self.transfer(now, dn, (held, current), Some(asker.id)),
        }
        Ok(())
    }

    fn confer(&mut self, now: Now, dn: &Dn, (held, current): (ConnId, ConnId), asker: AskerId) {
        self.stop_watching(now, current, dn);
        if let Some(call) = self.calls.get(&current) {
            let draft = Draft::new(EventName::Released, dn)
                .state(CallState::Conferenced)
                .extensions(business(call));
            self.say_last(now, current, draft);
        }
        let in_current = self.id_of(current, dn).and_then(|id| self.part(current, id));
        let is_muted = in_current.is_some_and(|party| party.is_muted);
        let before: Vec<Dn> = self.party_dns(held);
        let moved = self.merge(held, current);
        if let Some(call) = self.calls.get_mut(&held) {
            for party in call.parties.iter_mut().filter(|party| party.talks_along()) {
                party.role = DnRole::ConferenceMember;
            }
        }
        let begins_muted = is_muted && self.keep_muted(held, dn);
        self.set_held(now, held, dn, false, Some(asker));
        self.patch(held);
        if begins_muted {
            self.say(now, held, Draft::new(EventName::MuteOn, dn));
        }
        for added in &moved {
            let Some((_, party)) = self.seat(*added) else { continue };
            let added = party.dn.clone();
            for other in &before {
                let draft = Draft::new(EventName::PartyAdded, other)
                    .other(&added, DnRole::NewParty)
                    .state(CallState::Conferenced)
                    .third(dn, DnRole::AddedBy);
                let draft = draft.reference((other == dn).then_some(asker));
                self.say(now, held, draft);
            }
        }
        for id in moved {
            let Some((_, party)) = self.seat(id) else { continue };
            let (at, is_told, previous) = (party.dn.clone(), party.is_told(), party.previous);
            if is_told {
                let draft = Draft::new(EventName::PartyChanged, &at)
                    .previous(previous)
                    .state(CallState::Conferenced)
                    .third(dn, DnRole::ConferencedBy);
                self.say(now, held, draft);
            }
        }
    }

    /// Whoever was not to be heard in the one call is not to be heard in the joined one. Returns
    /// whether that is news there.
    fn keep_muted(&mut self, conn: ConnId, dn: &Dn) -> bool {
        let party = self.calls.get_mut(&conn).and_then(|call| call.ours_mut(dn));
        party.is_some_and(|party| !std::mem::replace(&mut party.is_muted, true))
    }

    /// Moves everybody of the second call into the first, which survives with its own user data
    /// before the second's. Returns those who were moved.
    fn merge(&mut self, first: ConnId, second: ConnId) -> Vec<PartyId> {
        let Some(gone) = self.calls.remove(&second) else { return Vec::new() };
        // Who consulted from the second call consults from the first now.
        for call in self.calls.values_mut() {
            if let Some(consult) = call.consult.as_mut().filter(|made| made.parent == second) {
                consult.parent = first;
            }
        }
        if let Some(route_point) = gone.held_at() {
            self.offered.remove(&(route_point.clone(), second));
        }
        self.live_uuids.remove(&gone.uuid);
        self.meter.call_ended(&gone);
        let mut moved = Vec::new();
        for mut party in gone.parties {
            party.previous = Some(second);
            moved.push(party.id);
            self.seats.insert(party.id, first);
            match party.place {
                Place::Ours => {
                    self.offered.remove(&(party.dn.clone(), second));
                    self.dns.free(&party.dn, second);
                    self.dns.seize(&party.dn, first);
                }
                Place::Outside(leg) => {
                    if let Some(at) = self.legs.get_mut(&leg) {
                        *at = crate::LegUse::Call(first);
                    }
                }
            }
            if let Some(call) = self.calls.get_mut(&first) {
                call.parties.push(party);
            }
        }
        if let Some(call) = self.calls.get_mut(&first) {
            // Where it was routed last counts.
            call.queue = gone.queue.or(call.queue.take());
            let mut data = KvList::clone(&gone.user_data);
            for (key, value) in KvList::clone(&call.user_data) {
                data.update(key, value);
            }
            call.user_data = Arc::new(data);
        }
        moved
    }

    /// EventPartyChanged at those who have somebody else to talk to, and at those who are in
    /// another call now.
    fn say_changed(
        &mut self,
        now: Now,
        conn: ConnId,
        moved: &[PartyId],
        (by, by_role, state): (&Dn, DnRole, CallState),
    ) {
        let Some(call) = self.calls.get(&conn) else { return };
        let told: Vec<(Dn, Option<ConnId>)> = call
            .parties
            .iter()
            .filter(|party| party.is_told())
            .map(|party: &Party| {
                (party.dn.clone(), party.previous.filter(|_| moved.contains(&party.id)))
            })
            .collect();
        for (dn, previous) in told {
            let draft = Draft::new(EventName::PartyChanged, &dn)
                .previous(previous)
                .third(by, by_role)
                .state(state);
            self.say(now, conn, draft);
        }
    }
    /// At the route point where the consultation waited the first call waits now, as long already;
    /// the router is asked for that one.
    fn say_moved_at_route_point(
        &mut self,
        now: Now,
        (conn, previous): (ConnId, ConnId),
        (by, by_role, state): (&Dn, DnRole, CallState),
    ) {
        let Some(dn) = self.calls.get(&conn).and_then(|call| call.held_at()).cloned() else {
            return;
        };
        let draft = Draft::new(EventName::PartyChanged, &dn)
            .previous(Some(previous))
            .third(by, by_role)
            .state(state);
        self.say(now, conn, draft);
        self.ask_for_route(now, conn);
    }
}
