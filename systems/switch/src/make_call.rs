//! RequestMakeCall: the caller's own phone first, which answers by itself, then whom it calls
//! (RFC 3725, flow 1).

use model::{ConnId, Dn, DnRole, EventName, KvList, Now, TError, error::Refusal, leg::Cause};

use crate::{
    Switch,
    call::{Caller, PartyId, Place, State, Summoned, Told},
    dn::Line,
    outbox::Draft,
    reach::{failure_state, is_extension},
    request::Asker,
    ring::Unanswered,
    timers::Timer,
    user_data::check_user_data,
};

impl Switch {
    /// Calls somebody for `dn`. EventDialing comes once its phone is up.
    pub(crate) fn make_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        dialled: &str,
        user_data: KvList,
    ) -> Result<(), Refusal> {
        self.check_caller(dn)?;
        check_user_data(&user_data)?;
        let destination = self.destination_for(now, dn, dialled)?;
        self.out.accept(asker.id);
        let caller = Caller { number: dn.to_string(), name: self.name_of(dn), is_ours: true };
        let call_type = Self::type_of(&destination);
        let conn = self.begin_call(call_type, caller, dialled.trim().to_owned(), None, None);
        if let Some(call) = self.calls.get_mut(&conn) {
            call.user_data = std::sync::Arc::new(user_data);
        }
        if self.dns.leg(dn).is_some() {
            self.dial_with_line_up(now, conn, dn, (destination, asker.id));
        } else {
            self.summon(
                now,
                conn,
                dn,
                Summoned { destination: Some(destination), asker: asker.id },
            );
        }
        Ok(())
    }

    /// A line that is up, with held calls alone, serves the new call too.
    fn dial_with_line_up(
        &mut self,
        now: Now,
        conn: ConnId,
        dn: &Dn,
        (destination, asker): (crate::reach::Destination, crate::request::AskerId),
    ) {
        let state = State::Originating(Told::Answered);
        let party = self.new_party(dn.clone(), Place::Ours, DnRole::Origination, state);
        self.join(conn, party);
        self.patch(conn);
        self.place(now, conn, Some(dn), &destination, Some(asker));
    }

    /// Calls a DN's own phone, which is told to answer as soon as it rings.
    pub(crate) fn summon(&mut self, now: Now, conn: ConnId, dn: &Dn, summoned: Summoned) {
        let role = match summoned.destination {
            Some(_) => DnRole::Origination,
            None => DnRole::Observer,
        };
        let Some(leg) = self.ring_leg(conn, dn, false) else { return };
        let bindings = self.bindings(dn);
        self.dns.entry(dn).line = Line::to(leg, bindings);
        let party = self.new_party(dn.clone(), Place::Ours, role, State::Summoned(summoned));
        self.timers.set(Timer::NoAnswer(party.id), now.instant + self.settings.summon_limit);
        self.join(conn, party);
    }

    /// The summoned phone is up.
    pub(crate) fn summoned_phone_answered(&mut self, now: Now, id: PartyId) {
        self.cancel_timers(id);
        let Some((call, party)) = self.seat(id) else { return };
        let (conn, dn) = (call.conn, party.dn.clone());
        let State::Summoned(Summoned { destination, asker }) = &party.state else { return };
        let (destination, asker) = (destination.clone(), *asker);
        let Some(destination) = destination else { return self.watcher_is_there(now, conn, id) };
        if let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id)) {
            party.state = State::Originating(Told::Answered);
        }
        self.patch(conn);
        // It was free when the call was asked for; meanwhile it may not be.
        match self.check_reachable(now, &destination, Some(&dn)) {
            Ok(destination) => self.place(now, conn, Some(&dn), &destination, Some(asker)),
            Err(cause) => {
                self.say(now, conn, Draft::new(EventName::Dialing, &dn).reference(Some(asker)));
                let number = Dn::from(self.dnis_of(conn));
                let state = failure_state(Unanswered::from_cause(cause), Some(cause));
                self.caller_failed(now, conn, &dn, (&number, DnRole::Destination, state));
            }
        }
    }

    /// The phone did not come up: the call was never there.
    pub(crate) fn summons_failed(&mut self, now: Now, id: PartyId, cause: Cause) {
        let Some((call, party)) = self.seat(id) else { return };
        let (conn, dn) = (call.conn, party.dn.clone());
        let State::Summoned(summoned) = &party.state else { return };
        let (asker, is_watcher) = (summoned.asker, summoned.destination.is_none());
        if is_watcher {
            return self.watch_came_to_nothing(now, id, Cause::NoAnswer);
        }
        let refusal = match cause {
            Cause::Busy | Cause::Rejected => Refusal::new(
                TError::DnBusy,
                format!("The phone of {dn} refused the call. Look what it shows, and try again."),
            ),
            _ => Refusal::new(
                TError::TimedOut,
                format!(
                    "The phone of {dn} did not answer. Look whether the phone page is open and may \
                     use the microphone, and try again.",
                ),
            ),
        };
        self.out.refuse(asker, &dn, refusal);
        self.drop_party(conn, id, Cause::NoAnswer);
        if let Some(call) = self.calls.remove(&conn) {
            self.live_uuids.remove(&call.uuid);
            self.meter.call_ended(&call);
        }
        self.forget_if_unconfigured(now, &dn);
    }

    fn dnis_of(&self, conn: ConnId) -> String {
        self.calls.get(&conn).map(|call| call.dnis.clone()).unwrap_or_default()
    }

    /// Whether `dn` may begin a call now.
    fn check_caller(&self, dn: &Dn) -> Result<(), Refusal> {
        if !is_extension(&self.configuration, dn) {
            return Err(Refusal::new(
                TError::DnNotConfigured,
                format!("{dn} is no extension of this switch. Look for the right DN."),
            ));
        }
        if self.calls.len() >= self.settings.calls_max {
            let why = "There are too many calls at the moment. Try again later.";
            return Err(Refusal::new(TError::Internal, why));
        }
        if !self.dns.is_in_service(dn) {
            return Err(Refusal::new(
                TError::OutOfService,
                format!(
                    "Device '{dn}' is not registered. Open the phone page, wait until it shows \
                     that the phone is registered, and dial again."
                ),
            ));
        }
        let is_held = |conn: &ConnId| {
            let call = self.calls.get(conn);
            let party = call.and_then(|call| call.ours(dn));
            party.is_some_and(|party| party.holds())
        };
        let calls = self.dns.calls(dn);
        let is_awaited = !calls.is_empty() && self.dns.leg(dn).is_none();
        if !calls.iter().all(is_held) || calls.len() > 1 || is_awaited {
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!("{dn} has a call. Hold it or end it, and dial again."),
            ));
        }
        Ok(())
    }

    /// The name of whoever sits at a DN, for the other side's display.
    fn name_of(&self, dn: &Dn) -> Option<String> {
        let agent = self.dns.agent(dn)?;
        self.configuration.agent(&agent.id).map(model::config::Person::full_name)
    }
}
