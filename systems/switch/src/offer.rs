//! A call comes in: from a trunk or from a phone of ours, to a route point, to an extension or,
//! from our phones alone, to an outside number.

use std::sync::Arc;

use model::{
    CallType, CallUuid, Configuration, Dn, EventName, KvList, LegId, Now, TrunkName,
    config::DnKind,
    leg::{Cause, FIRST_OFFERED_LEG, LegCommand, LegSource, Progress},
};

use crate::{
    LegUse, Switch,
    call::{Call, Caller, Queue, Stage, Told},
    outbox::Draft,
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

#[derive(Debug)]
enum Destination {
    Extension(Dn),
    Outside(Dn, TrunkName),
    RoutePoint(Dn),
}

impl Switch {
    /// Makes a call of an offered leg, or refuses it.
    pub(crate) fn leg_offered(&mut self, now: Now, offer: Offer) {
        if offer.leg.0 < FIRST_OFFERED_LEG || self.legs.contains_key(&offer.leg) {
            tracing::error!(leg = %offer.leg, "signaling offered a leg under a number not its own");
            return;
        }
        self.legs.insert(offer.leg, LegUse::Leaving);
        match self.admit(&offer) {
            Ok(destination) => self.begin_call(now, offer, destination),
            Err(cause) => self.refuse_leg(offer.leg, cause),
        }
    }

    fn admit(&self, offer: &Offer) -> Result<Destination, Cause> {
        if self.calls.len() >= self.settings.calls_max {
            return Err(Cause::Overloaded);
        }
        if let LegSource::Dn(dn) = &offer.source {
            if !is_extension(&self.configuration, dn) {
                return Err(Cause::Forbidden);
            }
            if self.dns.is_busy(dn) {
                return Err(Cause::Busy);
            }
        }
        let ours = destination(&self.configuration, &offer.dnis);
        // What comes in by a trunk never goes out by one: that would be toll fraud or a loop.
        let found = match &offer.source {
            LegSource::Dn(_) => ours.or_else(|| outside(&self.configuration, &offer.dnis)),
            LegSource::Trunk(_) => ours,
        };
        match found.ok_or(Cause::Unallocated)? {
            Destination::Extension(dn) => {
                let calls_itself = offer.source == LegSource::Dn(dn.clone());
                if self.dns.is_busy(&dn) || calls_itself {
                    return Err(Cause::Busy);
                }
                if !self.dns.is_in_service(&dn) {
                    return Err(Cause::Unreachable);
                }
                Ok(Destination::Extension(dn))
            }
            found @ (Destination::Outside(..) | Destination::RoutePoint(_)) => Ok(found),
        }
    }

    fn begin_call(&mut self, now: Now, offer: Offer, destination: Destination) {
        let conn = self.conn_ids.draw();
        let call_id = self.next_call_id;
        self.next_call_id = self.next_call_id.wrapping_add(1);
        let uuid = self.call_uuid(offer.uuid);
        let leaves_by = match &destination {
            Destination::Outside(_, trunk) => Some(trunk.clone()),
            Destination::Extension(_) | Destination::RoutePoint(_) => None,
        };
        let (call_type, caller_dn) = match offer.source {
            LegSource::Dn(dn) if leaves_by.is_some() => (CallType::Outbound, Some(dn)),
            LegSource::Dn(dn) => (CallType::Internal, Some(dn)),
            LegSource::Trunk(_) => (CallType::Inbound, None),
        };
        // A phone of ours is known by its DN, whatever it writes into From.
        let mut number = caller_dn.as_ref().map_or(offer.ani, ToString::to_string);
        truncate(&mut number, NUMBER_BYTES_MAX);
        let queue = match &destination {
            Destination::Extension(_) | Destination::Outside(..) => None,
            Destination::RoutePoint(dn) => Some(Queue {
                route_point: dn.clone(),
                entered: now,
                recalls: 0,
                treatment: None,
                holds: true,
            }),
        };
        self.meter.call_began(call_type);
        self.legs.insert(offer.leg, LegUse::Of(conn));
        if let Some(dn) = &caller_dn {
            self.dns.seize(dn, conn);
        }
        self.calls.insert(
            conn,
            Call {
                conn,
                uuid,
                call_id,
                call_type,
                caller: Caller {
                    leg: offer.leg,
                    number,
                    name: offer.name,
                    dn: caller_dn,
                    told: Told::Nothing,
                },
                dnis: offer.dnis,
                leaves_by,
                user_data: Arc::new(KvList::new()),
                queue,
                stage: Stage::Queued,
            },
        );
        match destination {
            Destination::Extension(dn) | Destination::Outside(dn, _) => {
                let until = now.instant + self.settings.direct_ring_limit;
                self.call_phone(conn, &dn, None, until);
                self.say_dialing(now, conn);
                self.say_ringing(now, conn);
            }
            Destination::RoutePoint(_) => {
                self.say_dialing(now, conn);
                self.say_queued(now, conn);
                self.ask_for_route(now, conn);
            }
        }
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

    /// 180, once.
    pub(crate) fn tell_caller_ringing(&mut self, conn: model::ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        if call.caller.told < Told::Ringing {
            call.caller.told = Told::Ringing;
            let leg = call.caller.leg;
            self.out.leg(LegCommand::Progress { leg, progress: Progress::Ringing });
        }
    }

    fn say_dialing(&mut self, now: Now, conn: model::ConnId) {
        let Some(call) = self.calls.get(&conn) else { return };
        if let Some(dn) = &call.caller.dn {
            self.out.call_event(now, call, &self.dns, Draft::new(EventName::Dialing, dn));
        }
    }
}

/// Whether the DN is a phone of ours.
pub fn is_extension(configuration: &Configuration, dn: &Dn) -> bool {
    configuration.dns.get(dn).is_some_and(|object| match object.kind {
        DnKind::Extension { .. } => true,
        DnKind::RoutePoint { .. } | DnKind::VirtualQueue => false,
    })
}

/// Where a dialled number leads: as dialled first, then with the `+` taken off or put before it,
/// since carriers disagree about it.
fn destination(configuration: &Configuration, dialled: &str) -> Option<Destination> {
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

/// The trunk for a number that is not ours: the first, while there is no dial plan.
fn outside(configuration: &Configuration, dialled: &str) -> Option<Destination> {
    let digits = dialled.strip_prefix('+').unwrap_or(dialled);
    let is_number = (OUTSIDE_DIGITS_MIN..=OUTSIDE_DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let trunk = configuration.trunks.keys().next().filter(|_| is_number)?;
    Some(Destination::Outside(Dn::from(dialled), trunk.clone()))
}

fn truncate(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        let end = (0..=bytes_max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}

/// Emergency numbers have three digits.
const OUTSIDE_DIGITS_MIN: usize = 3;
/// E.164 has 15, with an access code before them.
const OUTSIDE_DIGITS_MAX: usize = 20;
/// A caller's number is cut to this; E.164 has 15 digits, SIP users are longer at times.
const NUMBER_BYTES_MAX: usize = 64;
