//! A call comes in: INVITE, what the caller hears of it, and its answer or refusal.

use model::{
    Configuration, Dn, LegId, Now,
    config::AssertedIdentity,
    leg::{Cause, LegFact, LegSource, Progress},
    media::{LegKind, MediaCommand},
    sip::Transport,
};
use wire_sip::{HeaderName, Message, NameAddr, Uri};

use super::{
    Announcement, Asked, Incoming, Leg, SDP, Stage,
    acknowledge::Sent,
    outgoing::trunk_codecs,
    provisional::Reliability,
    sdp_of,
    session::{Session, Unacceptable},
};
use crate::{
    Signaling,
    counters::Refused,
    dialog::{Dialog, Path, TAG_DIGITS},
    limits::{MIN_SE_S, RETRY_AFTER_S},
    outlet::{Hop, Source, is_only_way},
    proof::Proof,
    registrar::is_extension,
    transaction::TransactionId,
};

/// Who calls.
pub(crate) enum Origin {
    Known(LegSource),
    Stranger,
    Unproven(Dn, Proof),
}

impl Signaling {
    /// Who sent an INVITE: a phone by where it speaks from, a trunk by its address, a phone
    /// that speaks from elsewhere by its password.
    pub(crate) fn origin(&mut self, now: Now, request: &Message, source: &Source) -> Origin {
        let from = request
            .from()
            .ok()
            .and_then(|from| from.uri().user().map(|user| Dn::from(user.into_owned())));
        if let Some(dn) = self.registrar.at(source, from.as_ref()) {
            return Origin::Known(LegSource::Dn(dn.clone()));
        }
        // A page in a browser can open a WebSocket from any address that may call us as a
        // trunk, loopback above all: trunks have none.
        let may_be_trunk = match source.transport {
            Transport::Udp | Transport::Tcp | Transport::Tls => true,
            Transport::Ws | Transport::Wss => false,
        };
        let mut trunks = self.configuration.trunks.iter().filter(|_| may_be_trunk);
        let trunk = trunks.find(|(_, trunk)| trunk.accept_from.contains(&source.remote.ip()));
        let registered = || self.trunks.registered_at(source.remote.ip());
        let trunk = trunk.map(|(name, _)| name).or_else(|| registered().filter(|_| may_be_trunk));
        if let Some(name) = trunk {
            return Origin::Known(LegSource::Trunk(name.clone()));
        }
        let configuration = self.configuration.clone();
        let Some(dn) = from.filter(|dn| is_extension(&configuration, dn)) else {
            return Origin::Stranger;
        };
        match self.guard.prove(now, &configuration, &dn, request, source) {
            Proof::Given if request.header(HeaderName::Authorization).is_none() => {
                // Without a password to know it by, a phone is known by its registration alone.
                Origin::Stranger
            }
            Proof::Given => Origin::Known(LegSource::Dn(dn)),
            proof @ (Proof::Challenge(_) | Proof::Wait(_) | Proof::Wrong) => {
                Origin::Unproven(dn, proof)
            }
        }
    }

    /// An INVITE that opens a dialog, from someone who may call.
    pub(crate) fn invited(
        &mut self,
        now: Now,
        invite: TransactionId,
        request: &Message,
        source: &Source,
        origin: LegSource,
    ) {
        self.reply_to(now, invite, 100, |response| response);
        let body = sdp_of(request);
        if body.is_none() && !request.body().is_empty() {
            return self.reply_to(now, invite, 415, |r| r.header(HeaderName::Accept, SDP));
        }
        if self.legs.count() >= self.settings.legs_max {
            self.counters.refused(Refused::Overload);
            let seconds = RETRY_AFTER_S.to_string();
            return self.reply_to(now, invite, 503, |r| r.header(HeaderName::RetryAfter, seconds));
        }
        let session = match Session::asked_by(request) {
            Ok(session) => session,
            Err(Unacceptable) => {
                let min = MIN_SE_S.to_string();
                return self.reply_to(now, invite, 422, |r| r.header(HeaderName::MinSe, min));
            }
        };
        let dn = match &origin {
            LegSource::Dn(dn) => Some(dn.clone()),
            LegSource::Trunk(_) => None,
        };
        let tag = self.random.hex(TAG_DIGITS);
        let first_cseq = self.random.draw_u32() >> CSEQ_SHIFT;
        let path = path_of(source, dn.is_some());
        let Ok(dialog) = Dialog::of_request(request, path, tag, first_cseq) else {
            return self.reply_to(now, invite, 400, |response| response);
        };
        let kind = kind_of(source.transport);
        let codecs = match &origin {
            LegSource::Dn(dn) => self.codecs_of(dn, kind),
            LegSource::Trunk(name) => trunk_codecs(self.configuration.trunks.get(name)),
        };
        let id = self.legs.draw_id();
        let reliability = Reliability::asked_by(request, &mut self.random);
        let incoming = Incoming {
            invite,
            unannounced: Some(announcement(request, origin, &self.configuration)),
            is_offerless: body.is_none(),
            is_answered_early: false,
            wants_answer: false,
            progress: None,
            reliability,
        };
        let mut leg = Leg {
            id,
            dialog,
            dn,
            kind,
            has_media: true,
            asked: [Asked::Open].into(),
            local_sdp: None,
            remote_sdp: body.clone(),
            allows_update: false,
            session,
            stage: Stage::Incoming(incoming),
        };
        leg.note_abilities(request);
        self.legs.insert(leg);
        self.servers.belongs_to(invite, id);
        self.outlet.media(MediaCommand::Open { leg: id, kind, codecs, offer: body });
    }

    /// Media described an incoming leg: now the switch hears of the call.
    pub(crate) fn announce(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Incoming(incoming) = &mut leg.stage else { return };
        let Some(new) = incoming.unannounced.take() else { return };
        self.outlet.say(LegFact::Offered {
            leg: id,
            source: new.source,
            ani: new.ani,
            name: new.name,
            dnis: new.dnis,
            uuid: leg.dialog.uuid,
        });
    }

    /// Media can't use the caller's SDP: the switch never hears of the call.
    pub(crate) fn unusable(&mut self, now: Now, id: LegId, reason: &str) {
        let Some(leg) = self.legs.get(id) else { return };
        let Stage::Incoming(incoming) = &leg.stage else { return };
        let (invite, tag) = (incoming.invite, leg.dialog.local_tag.clone());
        self.counters.refused(Refused::Media);
        let warning = self.warning(304, reason);
        self.reply_to(now, invite, 488, |r| r.to_tag(&tag).header(HeaderName::Warning, warning));
        self.forget_leg(id);
    }

    /// The switch accepts the call.
    pub(crate) fn answer(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Incoming(incoming) = &mut leg.stage else { return };
        if incoming.unannounced.is_some() {
            return;
        }
        if incoming.reliability.holds_back_answer() {
            incoming.wants_answer = true;
            return;
        }
        let (invite, is_offerless) = (incoming.invite, incoming.is_offerless);
        let is_answered_early = incoming.is_answered_early;
        let sdp = if is_answered_early { None } else { leg.local_sdp.clone() };
        leg.stage = Stage::Confirmed(super::Confirmed::default());
        let wants_sdp = is_offerless && !is_answered_early;
        self.outlet.timers.clear_leg(id);
        self.send_ok(now, id, invite, Sent { sdp, wants_sdp, is_first: true });
        // Said when the 200 goes out, not at its ACK: the caller hears the agent from here on,
        // and an ACK that never comes ends the leg anyway.
        self.outlet.say(LegFact::Answered { leg: id });
        self.start_session(now, id);
    }

    /// The switch tells the caller how it goes.
    pub(crate) fn progress(&mut self, now: Now, id: LegId, progress: Progress) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Incoming(incoming) = &mut leg.stage else { return };
        if incoming.unannounced.is_some() || incoming.wants_answer {
            return;
        }
        incoming.progress = Some(progress);
        self.send_provisional(now, id);
    }

    /// The caller gives up: CANCEL (RFC 3261 9.2).
    pub(crate) fn cancelled(&mut self, now: Now, invite: TransactionId) {
        if !self.servers.is_open(invite) {
            return;
        }
        let Some(leg) = self.servers.find(invite).and_then(|server| server.leg) else { return };
        let Some(leg) = self.legs.get(leg) else { return };
        let (id, tag) = (leg.id, leg.dialog.local_tag.clone());
        // A re-INVITE can be cancelled too; the dialog lives on.
        let is_first = matches!(leg.stage, Stage::Incoming(_));
        self.reply_to(now, invite, 487, |response| response.to_tag(&tag));
        if is_first {
            self.finish(id, Cause::Cancelled);
        } else {
            self.drop_reinvite(id, invite);
        }
    }

    /// The switch refuses the call.
    pub(crate) fn refuse(&mut self, now: Now, id: LegId, cause: Cause) {
        let Some(leg) = self.legs.get(id) else { return };
        let Stage::Incoming(incoming) = &leg.stage else { return };
        let (invite, tag) = (incoming.invite, leg.dialog.local_tag.clone());
        let uuid = leg.dialog.uuid;
        let overload = (cause == Cause::Overloaded).then(|| RETRY_AFTER_S.to_string());
        self.reply_to(now, invite, cause.sip_status(), |response| {
            response
                .to_tag(&tag)
                .header(HeaderName::Reason, super::close::reason(cause))
                .header_if(HeaderName::RetryAfter, overload)
                .header_if(crate::CALL_UUID_HEADER, uuid.map(|uuid| uuid.to_string()))
        });
        self.finish(id, cause);
    }
}

/// What an endpoint on this transport speaks.
pub(crate) fn kind_of(transport: Transport) -> LegKind {
    match transport {
        Transport::Ws | Transport::Wss => LegKind::Browser,
        Transport::Tcp | Transport::Tls | Transport::Udp => LegKind::Plain,
    }
}

fn path_of(source: &Source, is_phone: bool) -> Path {
    match source.hop {
        Hop::Flow(flow) if is_phone && is_only_way(source.transport) => Path::Flow(flow),
        Hop::Udp(_) if is_phone => Path::Proven(source.remote),
        Hop::Flow(_) | Hop::Udp(_) => Path::Routed(source.clone()),
    }
}

fn announcement(
    request: &Message,
    source: LegSource,
    configuration: &Configuration,
) -> Announcement {
    let from_user = |address: NameAddr<'_>| {
        address.uri().user().map_or_else(String::new, std::borrow::Cow::into_owned)
    };
    let to_user = request.to().ok().map(from_user);
    let dialled = request.uri().as_ref().and_then(Uri::user).map(std::borrow::Cow::into_owned);
    let dialled = dialled.or_else(|| to_user.clone()).unwrap_or_default();
    let trunk = match &source {
        // A phone is who it is registered as, whatever it calls itself.
        LegSource::Dn(dn) => {
            let name = request.from().ok().and_then(|from| from.display_name().map(Into::into));
            return Announcement { ani: dn.as_str().to_owned(), name, dnis: dialled, source };
        }
        LegSource::Trunk(trunk) => configuration.trunks.get(trunk),
    };
    let believes = trunk.is_none_or(|trunk| trunk.identity == AssertedIdentity::Trusted);
    let asserted = request.asserted_identities().unwrap_or_default();
    let asserted = asserted.first().copied().filter(|_| believes);
    let identity = asserted.or_else(|| request.from().ok());
    // RFC 3325 7: what is asserted is for those on the way alone then.
    let is_withheld = request.has_token(HeaderName::Privacy, "id");
    let normal = |number: String| match trunk {
        Some(trunk) => trunk.numbers.normal(&number),
        None => number,
    };
    let account = trunk.and_then(|trunk| trunk.account.as_ref());
    // Carriers call what we registered, and say in To whom they mean.
    let is_account = account.is_some_and(|account| account.user == dialled);
    let dnis = to_user.filter(|user| is_account && !user.is_empty()).unwrap_or(dialled);
    Announcement {
        ani: match is_withheld {
            true => ANONYMOUS.to_owned(),
            false => normal(identity.map(from_user).unwrap_or_default()),
        },
        name: identity
            .filter(|_| !is_withheld)
            .and_then(|identity| identity.display_name())
            .map(Into::into),
        dnis: normal(dnis),
        source,
    }
}

/// Who withholds the number (RFC 3323 4.1.1.3).
const ANONYMOUS: &str = "anonymous";
/// RFC 3261 8.1.1.5 wants a first CSeq well below 2^31.
const CSEQ_SHIFT: u32 = 16;
