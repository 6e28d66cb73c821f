//! Calling somebody for a call: a phone of ours, a route point or an outside number.

use std::time::Instant;

use model::{
    CallState, CallType, Configuration, ConnId, Dn, DnRole, KvList, LegId, Now, TError,
    config::DnKind,
    error::Refusal,
    leg::{Cause, LegCommand},
    request::NoAnswer,
};

use crate::{
    LegUse, Switch,
    call::{Added, Alerting, Call, Overflow, Party, PartyId, Place, Queue, State},
    dn::Line,
    ring::Unanswered,
    timers::Timer,
    trunk::{Outside, Way},
};

/// Where a number leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A phone of ours.
    Extension(Dn),
    /// A number that is not ours, by trunks.
    Outside(Outside),
    /// A strategy.
    RoutePoint(Dn),
}

/// How a phone is called.
#[derive(Clone, Debug)]
pub struct Ringing {
    /// What happens when nobody answers a routed call.
    pub no_answer: Option<NoAnswer>,
    /// When nobody answered.
    pub until: Instant,
    /// The called party's role.
    pub role: DnRole,
    /// Who had it called into a call that is up.
    pub added: Option<Added>,
    /// Whether the router wants it answered by itself.
    pub auto_answer: Option<bool>,
    /// Where a routed call goes that nobody answered.
    pub overflow: Overflow,
    /// Whether the router wants its part recorded.
    pub record: Option<bool>,
}

impl Ringing {
    /// A phone that is called by its number.
    pub fn directly(until: Instant) -> Self {
        Self {
            no_answer: None,
            until,
            role: DnRole::Destination,
            added: None,
            auto_answer: None,
            overflow: Overflow::Recall,
            record: None,
        }
    }
}

impl Switch {
    /// Where a number leads that one of ours dialled, if it can be called now.
    pub(crate) fn destination_for(
        &self,
        now: Now,
        by: &Dn,
        dialled: &str,
    ) -> Result<Destination, Refusal> {
        let dialled = dialled.trim();
        let found = self.destination(dialled, true).ok_or_else(|| {
            Refusal::new(
                TError::InvalidDestination,
                format!(
                    "'{dialled}' can't be called: it is no DN, no route point and no outside \
                     number. Check the number."
                ),
            )
        })?;
        match self.check_reachable(now, &found, Some(by)) {
            Ok(destination) => Ok(destination),
            Err(Cause::Forbidden) => Err(Refusal::new(
                TError::InvalidCallState,
                format!(
                    "{by} may have no more calls outside now: the options outside-calls-max and \
                     outside-calls-per-hour of its DN say how many. Ask your administrator."
                ),
            )),
            Err(Cause::Overloaded) => Err(no_trunk(dialled)),
            Err(Cause::Busy) => Err(Refusal::new(
                TError::DnBusy,
                format!("{dialled} is busy or takes no calls. Try again later."),
            )),
            Err(_) if self.is_forwarded(&found) => Err(Refusal::new(
                TError::InvalidDestination,
                format!(
                    "The calls of {dialled} are forwarded, and nobody is reached there. Choose \
                     another number."
                ),
            )),
            Err(_) => Err(Refusal::new(
                TError::OutOfService,
                format!("Device '{dialled}' is not registered. Choose another one."),
            )),
        }
    }

    /// Where a dialled number leads: as dialled first, then with the `+` taken off or put before
    /// it, since carriers disagree about it; then by a trunk, for our own people.
    pub(crate) fn destination(&self, dialled: &str, may_leave: bool) -> Option<Destination> {
        if let Some(upstream) = self.settings.upstream.as_ref().filter(|_| may_leave) {
            let (trunk, number) = (upstream.clone(), Dn::from(dialled));
            let ways = [Way { trunk, number: dialled.to_owned() }].into();
            let outside = Outside { number, ways, by: None, is_emergency: false };
            return (!dialled.is_empty()).then_some(Destination::Outside(outside));
        }
        let ours = ours(&self.configuration, dialled);
        let outside = || self.outside(dialled).filter(|_| may_leave).map(Destination::Outside);
        ours.or_else(outside)
    }

    fn is_forwarded(&self, destination: &Destination) -> bool {
        let Destination::Extension(dn) = destination else { return false };
        self.dns.extension(dn).is_some_and(|extension| extension.forward.is_some())
    }

    /// Follows forwarding, and says why a phone of ours can't be called.
    pub(crate) fn check_reachable(
        &self,
        now: Now,
        destination: &Destination,
        by: Option<&Dn>,
    ) -> Result<Destination, Cause> {
        let mut destination = destination.clone();
        // Whose call it is, should it go outside.
        let mut whose = by.cloned();
        for _ in 0..FORWARDS_MAX {
            let dn = match &destination {
                Destination::Extension(dn) => dn,
                Destination::Outside(outside) => {
                    let outside = self.check_outside(now, outside, whose.as_ref())?;
                    return Ok(Destination::Outside(outside));
                }
                Destination::RoutePoint(_) => return Ok(destination),
            };
            let Some(extension) = self.dns.extension(dn) else { return Err(Cause::Unreachable) };
            if let Some(forward) = &extension.forward {
                whose = Some(dn.clone());
                destination = self.destination(forward, true).ok_or(Cause::Unallocated)?;
                continue;
            }
            if by == Some(dn) || extension.dnd || !extension.calls.is_empty() {
                return Err(Cause::Busy);
            }
            if !extension.in_service {
                return Err(Cause::Unreachable);
            }
            return Ok(destination);
        }
        // Forwarded in a circle.
        Err(Cause::Unreachable)
    }

    /// Calls a destination for a call. Callers have checked that it can be called.
    pub(crate) fn reach(
        &mut self,
        now: Now,
        conn: ConnId,
        destination: Destination,
        ringing: Ringing,
    ) {
        match destination {
            Destination::Extension(dn) => {
                if let Some(party) = self.call_phone(conn, &dn, ringing) {
                    self.say_ringing(now, party);
                }
            }
            Destination::Outside(outside) => self.dial(now, conn, outside, ringing),
            Destination::RoutePoint(dn) => {
                self.enter(now, conn, dn);
                self.say_queued(now, conn);
                self.ask_for_route(now, conn);
            }
        }
    }

    /// The call is at a route point from now on.
    pub(crate) fn enter(&mut self, now: Now, conn: ConnId, route_point: Dn) {
        if let Some(call) = self.calls.get_mut(&conn) {
            call.queue =
                Some(Queue { route_point, entered: now, recalls: 0, treatment: None, holds: true });
        }
    }

    /// Calls `dn`'s phone for the call: a new party.
    pub(crate) fn call_phone(
        &mut self,
        conn: ConnId,
        dn: &Dn,
        ringing: Ringing,
    ) -> Option<PartyId> {
        let leg = self.ring_leg(conn, dn, false)?;
        let bindings = self.bindings(dn);
        self.dns.entry(dn).line = Line::to(leg, bindings);
        Some(self.add_alerting(conn, dn.clone(), Place::Ours, ringing))
    }

    fn dial(&mut self, now: Now, conn: ConnId, mut outside: Outside, ringing: Ringing) {
        let Some(leg) = self.dial_out(now, conn, &mut outside) else { return };
        let number = outside.number.clone();
        let id = self.add_alerting(conn, number, Place::Outside(leg), ringing);
        if let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id))
            && let State::Alerting(alerting) = &mut party.state
        {
            alerting.outside = Some(outside);
        }
    }

    fn add_alerting(&mut self, conn: ConnId, dn: Dn, place: Place, ringing: Ringing) -> PartyId {
        let Ringing { no_answer, until, role, added, auto_answer, overflow, record } = ringing;
        let alerting = Alerting {
            bindings: self.bindings(&dn),
            has_rung: false,
            plays: false,
            no_answer,
            overflow,
            rings_until: until,
            answer: None,
            auto_answer,
            answers_itself: false,
            outside: None,
        };
        let party =
            Party { added, record, ..self.new_party(dn, place, role, State::Alerting(alerting)) };
        let id = party.id;
        self.join(conn, party);
        self.timers.set(Timer::NoAnswer(id), until);
        id
    }

    /// A party that is in no call yet.
    pub(crate) fn new_party(&mut self, dn: Dn, place: Place, role: DnRole, state: State) -> Party {
        let id = PartyId(self.next_party);
        self.next_party += 1;
        Party {
            id,
            dn,
            place,
            role,
            state,
            is_muted: false,
            is_deaf: false,
            previous: None,
            watch: None,
            added: None,
            record: None,
            tape: None,
        }
    }

    /// Puts a party into a call.
    pub(crate) fn join(&mut self, conn: ConnId, party: Party) {
        self.seats.insert(party.id, conn);
        if party.is_ours() {
            self.dns.seize(&party.dn, conn);
        }
        if let Some(call) = self.calls.get_mut(&conn) {
            call.parties.push(party);
        }
        self.touch(conn);
    }

    /// Takes a party out of its call.
    pub(crate) fn part(&mut self, conn: ConnId, id: PartyId) -> Option<Party> {
        let call = self.calls.get_mut(&conn)?;
        let at = call.parties.iter().position(|party| party.id == id)?;
        let party = call.parties.remove(at);
        self.seats.remove(&id);
        self.cancel_timers(id);
        if party.is_ours() {
            self.dns.free(&party.dn, conn);
            self.touched.insert(party.dn.clone());
        }
        self.touch(conn);
        self.stop_tape(&party);
        self.disappoint(&party);
        Some(party)
    }

    /// Tells whoever waits for something of a party that has left that it will not come.
    pub(crate) fn disappoint(&mut self, party: &Party) {
        let dn = &party.dn;
        let asked = match &party.state {
            State::Alerting(alerting) => [
                alerting.answer.map(|asker| (asker, dn.clone())),
                party.added.as_ref().and_then(|added| Some((added.asker?, added.by.clone()))),
            ],
            State::Failed
            | State::Held
            | State::Originating(_)
            | State::Summoned(_)
            | State::Talking => [None, None],
        };
        for (asker, at) in asked.into_iter().flatten() {
            let why = format!("{dn} did not answer before the call was over there.");
            self.out.refuse(asker, &at, Refusal::new(TError::NoAnswer, why));
        }
    }

    pub(crate) fn cancel_timers(&mut self, id: PartyId) {
        for timer in Timer::all_of(id) {
            self.timers.cancel(&timer);
        }
    }

    /// The call and the party, wherever it is now.
    pub(crate) fn seat(&self, id: PartyId) -> Option<(&Call, &Party)> {
        let call = self.calls.get(self.seats.get(&id)?)?;
        Some((call, call.party(id)?))
    }

    pub(crate) fn bindings(&self, dn: &Dn) -> u64 {
        self.dns.extension(dn).map_or(0, |extension| extension.bindings)
    }

    /// A new leg towards `dn`'s phone.
    pub(crate) fn ring_leg(&mut self, conn: ConnId, dn: &Dn, resume: bool) -> Option<LegId> {
        let call = self.calls.get(&conn)?;
        let (from, from_name) = self.shown_to(call, dn);
        let uuid = call.uuid;
        let leg = self.new_leg(LegUse::Dn(dn.clone()));
        self.out.leg(LegCommand::Ring { leg, dn: dn.clone(), uuid, from, from_name, resume });
        Some(leg)
    }

    pub(crate) fn new_leg(&mut self, of: LegUse) -> LegId {
        let leg = LegId(self.next_leg);
        self.next_leg += 1;
        self.legs.insert(leg, of);
        leg
    }

    /// Whom a phone shows as the other side: who called, or for the caller itself whom it calls.
    pub(crate) fn shown_to(&self, call: &Call, dn: &Dn) -> (String, Option<String>) {
        let caller = &call.caller;
        if caller.is_ours && caller.number == dn.as_str() {
            return (call.dnis.clone(), None);
        }
        (caller.number.clone(), caller.name.clone())
    }

    /// AttributeCallType of a call that one of ours makes.
    pub(crate) fn type_of(destination: &Destination) -> CallType {
        match destination {
            Destination::Outside(..) => CallType::Outbound,
            Destination::Extension(_) | Destination::RoutePoint(_) => CallType::Internal,
        }
    }
}

/// What is said when no trunk takes one more call.
pub fn no_trunk(dialled: &str) -> Refusal {
    Refusal::new(
        TError::InvalidDestination,
        format!(
            "All trunks for {dialled} are taken, or were dialled too often in the last minute. Try \
             again later."
        ),
    )
}

/// `Reason` for a caller of ours whose call failed: AttributeCallState of EventDestinationBusy.
pub fn failure_state(why: Unanswered, cause: Option<Cause>) -> CallState {
    match (why, cause) {
        (_, Some(Cause::Unallocated)) => CallState::SitInvalidnum,
        (_, Some(Cause::Overloaded)) => CallState::AllTrunksBusy,
        (_, Some(Cause::Rejected)) => CallState::Dropped,
        (_, Some(Cause::Busy)) | (Unanswered::Rejected(_), _) => CallState::Busy,
        (Unanswered::NoAnswer, _) => CallState::NoAnswer,
        (Unanswered::Unreachable, _) => CallState::GeneralError,
    }
}

/// What a new call's events tell of its user data: nothing yet.
pub fn no_data() -> std::sync::Arc<KvList> {
    std::sync::Arc::new(KvList::new())
}

/// Whether the DN is a phone of ours.
pub fn is_extension(configuration: &Configuration, dn: &Dn) -> bool {
    configuration.dns.get(dn).is_some_and(|object| match object.kind {
        DnKind::Extension { .. } => true,
        DnKind::RoutePoint { .. } | DnKind::VirtualQueue => false,
    })
}

fn ours(configuration: &Configuration, dialled: &str) -> Option<Destination> {
    let other = match dialled.strip_prefix('+') {
        Some(bare) => bare.to_owned(),
        None => format!("+{dialled}"),
    };
    [dialled, other.as_str()].into_iter().find_map(|number| {
        if let Some(dn) = configuration.route_point(number) {
            return Some(Destination::RoutePoint(dn.clone()));
        }
        let dn = Dn::from(number);
        is_extension(configuration, &dn).then_some(Destination::Extension(dn))
    })
}

/// DNs that forward to one another.
pub const FORWARDS_MAX: usize = 5;
