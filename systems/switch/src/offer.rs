//! A call comes in: from a trunk or from a phone of ours, to a route point, to an extension or,
//! from our phones alone, to an outside number.

use model::{
    AgentState, CallType, CallUuid, ConnId, Dn, DnRole, EventName, LegId, Now,
    config::DnKind,
    leg::{Cause, FIRST_OFFERED_LEG, LegCommand, LegSource, Progress},
};

use crate::{
    LegUse, Switch,
    call::{Call, Caller, Consult, Place, State, Told},
    dn::Line,
    outbox::Draft,
    reach::{Destination, Ringing, is_extension, no_data},
};

/// `LegFact::Offered` as a value.
#[derive(Debug)]
pub struct Offer {
    pub leg: LegId,
    pub source: LegSource,
    pub ani: String,
    pub name: Option<String>,
    pub dnis: String,
    pub uuid: Option<CallUuid>,
}

impl Switch {
    /// Makes a call of an offered leg, or refuses it.
    pub(crate) fn leg_offered(&mut self, now: Now, offer: Offer) {
        if offer.leg.0 < FIRST_OFFERED_LEG || self.legs.contains_key(&offer.leg) {
            tracing::error!(leg = %offer.leg, "signaling offered a leg under a number not its own");
            return;
        }
        self.legs.insert(offer.leg, LegUse::Leaving);
        match self.admit(now, &offer) {
            Ok(destination) => self.begin_offered(now, offer, &destination),
            Err(cause) => self.refuse_leg(offer.leg, cause),
        }
    }

    fn admit(&self, now: Now, offer: &Offer) -> Result<Destination, Cause> {
        if self.calls.len() >= self.settings.calls_max {
            return Err(Cause::Overloaded);
        }
        let by = match &offer.source {
            LegSource::Dn(dn) if !is_extension(&self.configuration, dn) => {
                return Err(Cause::Forbidden);
            }
            LegSource::Dn(dn) if self.dns.is_busy(dn) => return Err(Cause::Busy),
            LegSource::Dn(dn) => Some(dn),
            LegSource::Trunk(trunk) if !self.trunks.has_room(&self.configuration, trunk) => {
                return Err(Cause::Overloaded);
            }
            LegSource::Trunk(_) => None,
        };
        // What comes in by a trunk goes out by one only where a DN of ours forwards it: else that
        // would be toll fraud or a loop.
        let found = self.destination(&offer.dnis, by.is_some()).ok_or(Cause::Unallocated)?;
        let found = self.check_reachable(now, &found, by)?;
        match &found {
            Destination::Extension(dn) if by.is_none() && self.turns_away(dn) => Err(Cause::Busy),
            Destination::Extension(_) | Destination::Outside(..) | Destination::RoutePoint(_) => {
                Ok(found)
            }
        }
    }

    /// Whether calls from outside for this very number are busy, since its agent is not ready; an
    /// upstream knows its agents itself.
    fn turns_away(&self, dn: &Dn) -> bool {
        let is_set = self.settings.upstream.is_none()
            && self.configuration.dns.get(dn).is_some_and(|object| match object.kind {
                DnKind::Extension { reject_not_ready, .. } => reject_not_ready,
                DnKind::RoutePoint { .. } | DnKind::VirtualQueue => false,
            });
        is_set
            && self.dns.agent(dn).is_some_and(|agent| match agent.posture.state {
                AgentState::AfterCallWork | AgentState::NotReady => true,
                AgentState::LoggedOut | AgentState::Ready => false,
            })
    }

    fn begin_offered(&mut self, now: Now, offer: Offer, destination: &Destination) {
        let Offer { leg, source, ani, name, dnis, uuid } = offer;
        let (call_type, ours) = match source {
            LegSource::Dn(dn) => (Self::type_of(destination), Some(dn)),
            LegSource::Trunk(trunk) => {
                self.trunks.took(leg, trunk, None);
                (CallType::Inbound, None)
            }
        };
        // A phone of ours is known by its DN, whatever it writes into From.
        let mut number = ours.as_ref().map_or(ani, ToString::to_string);
        truncate(&mut number, NUMBER_BYTES_MAX);
        let caller = Caller { number: number.clone(), name, is_ours: ours.is_some() };
        let conn = self.begin_call(call_type, caller, dnis, uuid, None);
        let place = match &ours {
            Some(dn) => {
                let bindings = self.bindings(dn);
                self.legs.insert(leg, LegUse::Dn(dn.clone()));
                self.dns.entry(dn).line = Line::to(leg, bindings);
                Place::Ours
            }
            None => {
                self.legs.insert(leg, LegUse::Call(conn));
                Place::Outside(leg)
            }
        };
        let state = State::Originating(Told::Nothing);
        let party = self.new_party(Dn::from(number), place, DnRole::Origination, state);
        self.join(conn, party);
        // The phone first: its INVITE and the caller's events travel side by side.
        self.place(now, conn, ours.as_ref(), destination, None);
    }

    /// Calls the destination of a new call, with the caller's EventDialing at its place.
    pub(crate) fn place(
        &mut self,
        now: Now,
        conn: ConnId,
        caller: Option<&Dn>,
        destination: &Destination,
        asker: Option<crate::request::AskerId>,
    ) {
        let until = now.instant + self.settings.direct_ring_limit;
        let mut rings = None;
        match destination {
            Destination::Extension(dn) => {
                rings = self.call_phone(conn, dn, Ringing::directly(until));
            }
            Destination::Outside(..) => {
                self.reach(now, conn, destination.clone(), Ringing::directly(until));
            }
            Destination::RoutePoint(dn) => self.enter(now, conn, dn.clone()),
        }
        if let Some(caller) = caller {
            self.say(now, conn, Draft::new(EventName::Dialing, caller).reference(asker));
        }
        if let Some(party) = rings {
            self.say_ringing(now, party);
        }
        if matches!(destination, Destination::RoutePoint(_)) {
            self.say_queued(now, conn);
            self.ask_for_route(now, conn);
        }
    }

    /// A call without parties.
    pub(crate) fn begin_call(
        &mut self,
        call_type: CallType,
        caller: Caller,
        dnis: String,
        uuid: Option<CallUuid>,
        consult: Option<Consult>,
    ) -> ConnId {
        let conn = self.conn_ids.draw();
        let call_id = self.next_call_id;
        self.next_call_id = self.next_call_id.wrapping_add(1);
        let uuid = self.call_uuid(uuid);
        self.meter.call_began(call_type);
        self.calls.insert(
            conn,
            Call {
                conn,
                uuid,
                call_id,
                call_type,
                caller,
                dnis,
                user_data: no_data(),
                parties: Vec::new(),
                queue: None,
                consult,
                sent_by: None,
                moves: 0,
                tapes: 0,
            },
        );
        conn
    }

    /// The upstream's CallUUID, unless it is missing or names a live call already (a call that
    /// left by a trunk and came back by it).
    fn call_uuid(&mut self, given: Option<CallUuid>) -> CallUuid {
        let uuid = match given {
            Some(uuid) if !self.live_uuids.contains(&uuid) => uuid,
            Some(_) | None => self.uuids.draw(),
        };
        self.live_uuids.insert(uuid);
        uuid
    }

    /// 180, or 183 for what they are to hear, to those who wait and were told less.
    pub(crate) fn tell_waiting(&mut self, conn: ConnId, progress: Progress) {
        let news = match progress {
            Progress::EarlyMedia => Told::EarlyMedia,
            Progress::Ringing => Told::Ringing,
        };
        let Some(call) = self.calls.get_mut(&conn) else { return };
        for party in &mut call.parties {
            if let State::Originating(told) = &mut party.state
                && *told < news
                && let Some(leg) = party.place.leg_of(&party.dn, &self.dns)
            {
                *told = news;
                self.out.leg(LegCommand::Progress { leg, progress });
            }
        }
    }
}

fn truncate(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        let end = (0..=bytes_max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}

/// A caller's number is cut to this; E.164 has 15 digits, SIP users are longer at times.
const NUMBER_BYTES_MAX: usize = 64;
