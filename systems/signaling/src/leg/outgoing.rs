//! We call a phone or, by a trunk, an outside number: INVITE, what it says, and its answer.

use model::{
    CallUuid, Dn, LegId, Now, TrunkName,
    codecs::VoiceCodecs,
    config::{Options, TSERVER, Trunk},
    leg::{Cause, LegFact},
    media::{LegKind, MediaCommand},
};
use wire_sip::{HeaderName, Message, Method, escape_user, quote};

use super::{
    Asked, Closing, Confirmed, Leg, Outgoing, SDP, Stage, Talk, carrier::Carrier, early::Answer,
    incoming::kind_of, session::Session,
};
use crate::{
    ALLOW_EVENTS, RESUME_HEADER, Signaling,
    dialog::{Call, Dialog, Path},
    limits::{MIN_SE_S, RINGING_MAX, TURN},
    outlet::{Hop, Source, is_only_way},
    registrar::Binding,
    timers::{LegTimer, Timer},
    transaction::{TransactionId, client::User, timers::GIVE_UP},
    with_abilities,
};

/// What the switch wants rung.
pub(crate) struct Ring {
    pub leg: LegId,
    pub dn: Dn,
    pub uuid: CallUuid,
    pub from: String,
    pub from_name: Option<String>,
    pub resume: bool,
}

/// What the switch wants dialled.
pub(crate) struct Dial {
    pub leg: LegId,
    pub trunk: TrunkName,
    pub number: String,
    pub uuid: CallUuid,
    pub from: String,
    pub from_name: Option<String>,
}

/// Where an INVITE of ours goes, whatever is there.
pub(crate) struct Called {
    /// A DN of ours.
    pub dn: Option<Dn>,
    pub kind: LegKind,
    pub codecs: VoiceCodecs,
    /// Whether its sound is to be protected by what we offer.
    pub is_secured: bool,
    pub path: Path,
    pub target: String,
    pub to: String,
    pub resume: bool,
    pub carrier: Option<Carrier>,
}

/// Who calls with an INVITE of ours.
pub(crate) struct Calling {
    pub uuid: CallUuid,
    pub from: String,
    pub from_name: Option<String>,
    /// The host of From; `None`: ours.
    pub domain: Option<String>,
    /// The user part of our Contact; `None`: the caller's number.
    pub contact_user: Option<String>,
    /// Whether the far end may know a caller who wants to be known by nobody (RFC 3325).
    pub is_asserted: bool,
}

impl Signaling {
    /// Calls a DN's phone.
    pub(crate) fn ring(&mut self, ring: Ring) {
        let Ring { leg, dn, uuid, from, from_name, resume } = ring;
        let Some(binding) = self.registrar.find(&dn) else {
            return self.outlet.say(LegFact::Ended { leg, cause: Cause::Unreachable });
        };
        let object = self.configuration.dns.get(&dn);
        let called = Called {
            kind: kind_of(binding.transport),
            codecs: self.codecs_of(&dn, kind_of(binding.transport)),
            is_secured: object.is_some_and(|object| wants_srtp(&object.options)),
            path: path_to(binding),
            target: binding.contact.clone(),
            to: format!("<sip:{}@{}>", escape_user(dn.as_str()), self.configuration.switch.domain),
            dn: Some(dn),
            resume,
            carrier: None,
        };
        let calling =
            Calling { uuid, from, from_name, domain: None, contact_user: None, is_asserted: true };
        self.call_out(leg, called, &calling);
    }

    pub(crate) fn call_out(&mut self, id: LegId, called: Called, calling: &Calling) {
        if self.legs.get(id).is_some() {
            return;
        }
        if self.legs.count() >= self.settings.legs_max {
            return self.outlet.say(LegFact::Ended { leg: id, cause: Cause::Overloaded });
        }
        // RFC 3261 25.1: a user part is never empty; a withheld number is anonymous (RFC 3323 4.1).
        let is_withheld = matches!(calling.from.as_str(), "" | "anonymous");
        let known = if is_withheld { "anonymous" } else { &calling.from };
        let number = escape_user(known);
        let domain = calling.domain.as_ref().unwrap_or(&self.configuration.switch.domain);
        let address = format!("<sip:{number}@{domain}>");
        let identity = match &calling.from_name {
            Some(name) => format!("{} {address}", quote(name)),
            None => address,
        };
        let contact_user = calling.contact_user.as_ref().map(|user| escape_user(user));
        let call = Call {
            from: identity.clone(),
            target: called.target,
            to: called.to,
            contact_user: contact_user.unwrap_or(number).into_owned(),
            uuid: Some(calling.uuid),
            path: called.path,
        };
        let (kind, codecs) = (called.kind, called.codecs);
        let outgoing = Outgoing {
            invite: None,
            has_provisional: false,
            is_ringing: false,
            early: Vec::new(),
            talk: Talk::No,
            identity: calling.is_asserted.then_some(identity),
            is_withheld,
            resume: called.resume,
            min_se: None,
            awaits_turn: false,
            carrier: called.carrier,
        };
        self.legs.insert(Leg {
            id,
            dialog: Dialog::of_call(call, &mut self.random),
            dn: called.dn,
            kind,
            has_media: true,
            asked: [Asked::Open].into(),
            local_sdp: None,
            remote_sdp: None,
            allows_update: false,
            session: Session::default(),
            stage: Stage::Outgoing(outgoing),
        });
        let kind = match kind {
            LegKind::Plain if called.is_secured => LegKind::Secured,
            kind => kind,
        };
        self.outlet.media(MediaCommand::Open { leg: id, kind, codecs, offer: None });
    }

    /// Media described the leg: the INVITE goes out, once the phone's earlier call is taken back.
    /// A phone that is called anew before its CANCEL came would refuse as busy.
    pub(crate) fn send_invite(&mut self, now: Now, id: LegId) {
        if !self.legs.get(id).is_some_and(|leg| self.is_being_freed(leg)) {
            return self.invite_now(now, id);
        }
        if let Some(Stage::Outgoing(outgoing)) = self.legs.get_mut(id).map(|leg| &mut leg.stage) {
            outgoing.awaits_turn = true;
            self.outlet.timers.set(Timer::Leg(id, LegTimer::Turn), now.instant + TURN);
        }
    }

    /// Sends the INVITEs that waited for calls that are taken back now.
    pub(crate) fn invite_in_turn(&mut self, now: Now) {
        while let Some(dn) = self.freed.pop() {
            let waits = |leg: &&Leg| match &leg.stage {
                Stage::Outgoing(outgoing) => outgoing.awaits_turn && leg.dn.as_ref() == Some(&dn),
                Stage::Closing(_) | Stage::Confirmed(_) | Stage::Incoming(_) => false,
            };
            let next = self.legs.iter().filter(waits).find(|leg| !self.is_being_freed(leg));
            if let Some(id) = next.map(|leg| leg.id) {
                self.invite_now(now, id);
            }
        }
    }

    /// Sends the INVITE, the first or once more.
    pub(crate) fn invite_now(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return };
        if std::mem::take(&mut outgoing.awaits_turn) {
            self.outlet.timers.clear(&Timer::Leg(id, LegTimer::Turn));
        }
        let (invite, hop) = leg.dialog.request(&mut self.outlet, &mut self.random, &Method::Invite);
        let min_se = outgoing.min_se.unwrap_or(MIN_SE_S);
        let interval = self.settings.session_expires_s.max(min_se);
        let invite = invite
            .header(HeaderName::Contact, leg.dialog.contact(&self.outlet, &hop))
            .header_if(HeaderName::PAssertedIdentity, outgoing.identity.as_ref())
            .header_if(HeaderName::Privacy, outgoing.is_withheld.then_some("id"))
            .header(HeaderName::SessionExpires, format!("{interval};refresher=uac"))
            .header(HeaderName::MinSe, min_se.to_string())
            .header(HeaderName::AllowEvents, ALLOW_EVENTS)
            .header_if(RESUME_HEADER, outgoing.resume.then_some("1"))
            .header(HeaderName::UserAgent, crate::PRODUCT);
        let sdp = leg.local_sdp.clone().unwrap_or_default();
        let invite = with_abilities(invite).body(SDP, sdp).build();
        let user = User::Invite(id);
        let invite = self.clients.start(&mut self.outlet, now, invite, hop, user);
        if invite.is_none() {
            return self.finish(id, Cause::Overloaded);
        }
        outgoing.invite = invite;
        let has_carrier = outgoing.carrier.is_some();
        let limit = Timer::Leg(id, LegTimer::Limit);
        self.outlet.timers.set(limit, now.instant + RINGING_MAX);
        if has_carrier {
            self.expect_a_word(now, id);
        }
    }

    /// Whether an earlier call to the leg's phone is still being cancelled.
    fn is_being_freed(&self, leg: &Leg) -> bool {
        let cancelled = |other: &&Leg| {
            matches!(other.stage, Stage::Closing(Closing::Cancelling { .. }))
                && other.dn == leg.dn
                && other.dialog.has_path_of(&leg.dialog)
        };
        leg.dn.is_some() && self.legs.iter().any(|other| cancelled(&other))
    }

    /// A response to our INVITE.
    pub(crate) fn invite_answered(
        &mut self,
        now: Now,
        id: LegId,
        invite: TransactionId,
        response: &Message,
    ) {
        let status = response.status().unwrap_or_default();
        let Some(leg) = self.legs.get_mut(id) else {
            // Over already, and its BYE is on the way.
            return;
        };
        leg.note_abilities(response);
        self.outlet.timers.clear(&Timer::Leg(id, LegTimer::Silence));
        match (&mut leg.stage, status) {
            (Stage::Outgoing(_), ..200) => self.provisional_came(now, id, response),
            (Stage::Outgoing(_), 200..=299) => self.phone_answered(now, id, response),
            (Stage::Outgoing(outgoing), 422)
                if outgoing.min_se.is_none() && outgoing.early.is_empty() =>
            {
                // RFC 4028 7.3: once more with the interval that the phone wants.
                outgoing.min_se = Some(response.min_se().unwrap_or(MIN_SE_S));
                outgoing.invite = None;
                self.invite_now(now, id);
            }
            (Stage::Outgoing(outgoing), _) => {
                let is_carrier = leg.dn.is_none();
                // A 100 said no more than that the INVITE came.
                outgoing.has_provisional = false;
                let goes_on = match status {
                    300..=399 => self.follow_redirection(now, id, response),
                    408 | 500 | 502..=504 => self.ask_next_address(now, id, response.retry_after()),
                    _ => false,
                };
                if !goes_on {
                    self.finish(id, cause_of(status, is_carrier));
                }
            }
            (Stage::Confirmed(_), 200..=299) => self.answered_again(now, id, response),
            (Stage::Closing(Closing::Cancelling { is_cancelled, reason, .. }), ..200) => {
                if !std::mem::replace(is_cancelled, true) {
                    let reason = reason.clone();
                    self.clients.cancel(&mut self.outlet, now, invite, &reason);
                    let limit = Timer::Leg(id, LegTimer::Limit);
                    self.outlet.timers.set(limit, now.instant + GIVE_UP);
                }
            }
            (Stage::Closing(Closing::Cancelling { reason, .. }), 200..=299) => {
                // RFC 3261 9.1: the 200 crossed the CANCEL, so the call is up and gets a BYE.
                let reason = reason.clone();
                leg.dialog.learn(response);
                self.send_ack(id, response);
                self.send_bye(now, id, &reason);
                self.forget_leg(id);
            }
            (Stage::Closing(Closing::Cancelling { .. }), _) => self.forget_leg(id),
            (
                Stage::Closing(Closing::Unacknowledged { .. })
                | Stage::Confirmed(_)
                | Stage::Incoming(_),
                _,
            ) => {}
        }
    }

    /// Nobody answered our INVITE, or its connection is gone.
    pub(crate) fn invite_unanswered(&mut self, now: Now, id: LegId) {
        if self.ask_next_address(now, id, None) {
            return;
        }
        match self.legs.get(id).map(|leg| &leg.stage) {
            Some(Stage::Outgoing(_)) => self.finish(id, Cause::Unreachable),
            Some(Stage::Closing(_)) => self.forget_leg(id),
            Some(Stage::Confirmed(_) | Stage::Incoming(_)) | None => {}
        }
    }

    fn phone_answered(&mut self, now: Now, id: LegId, response: &Message) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Outgoing(outgoing) = &leg.stage else { return };
        let answer = outgoing.answer_in(response, leg.remote_sdp.as_ref());
        leg.dialog.learn(response);
        leg.session.learn(response);
        leg.stage = Stage::Confirmed(Confirmed::default());
        self.outlet.timers.clear_leg(id);
        self.send_ack(id, response);
        match answer {
            Answer::Known => {}
            Answer::Missing => {
                self.send_bye(now, id, &super::close::reason(Cause::NoCommonCodec));
                return self.finish(id, Cause::NoCommonCodec);
            }
            Answer::New(sdp) => {
                if let Some(leg) = self.legs.get_mut(id) {
                    leg.remote_sdp = Some(sdp.clone());
                }
                self.outlet.media(MediaCommand::Answer { leg: id, sdp });
            }
        }
        self.outlet.say(LegFact::Answered { leg: id });
        self.start_session(now, id);
    }

    /// A 2xx to an INVITE that was answered already: its repetition, or a second phone's.
    fn answered_again(&mut self, now: Now, id: LegId, response: &Message) {
        let Some(leg) = self.legs.get(id) else { return };
        if leg.dialog.is_peer(response.to_tag()) {
            if let Stage::Confirmed(confirmed) = &leg.stage
                && let Some((ack, hop)) = &confirmed.ack
            {
                self.outlet.send(hop, ack.as_bytes().to_vec());
            }
            return;
        }
        // RFC 3261 13.2.2.4: a forked answer is acknowledged and hung up.
        let mut dialog = leg.dialog.clone();
        dialog.learn(response);
        let cseq = response.cseq().map_or(0, |cseq| cseq.number);
        let (ack, hop) = dialog.ack(&mut self.outlet, &mut self.random, cseq);
        self.outlet.send(&hop, ack.build().as_bytes().to_vec());
        let (bye, hop) = dialog.request(&mut self.outlet, &mut self.random, &Method::Bye);
        let bye = bye.header(HeaderName::Reason, super::close::reason(Cause::Redirected)).build();
        self.clients.start(&mut self.outlet, now, bye, hop, User::Nobody);
    }
}

/// What a refusal of our INVITE means.
fn cause_of(status: u16, is_carrier: bool) -> Cause {
    match status {
        300..=399 => Cause::Unreachable,
        // RFC 3398 8.2.6.1: nobody answers there. A phone of ours says it when its page goes away.
        408 | 480 if is_carrier => Cause::NoAnswer,
        _ => Cause::from_sip_status(status),
    }
}

fn path_to(binding: &Binding) -> Path {
    match binding.hop {
        Hop::Flow(flow) if is_only_way(binding.transport) => Path::Flow(flow),
        Hop::Udp(address) => Path::Proven(address),
        Hop::Flow(_) => Path::Routed(Source {
            hop: binding.hop.clone(),
            remote: binding.remote,
            transport: binding.transport,
        }),
    }
}

impl Signaling {
    /// What a DN's endpoint of that kind is offered.
    pub(crate) fn codecs_of(&self, dn: &Dn, kind: LegKind) -> VoiceCodecs {
        let usual = match kind {
            LegKind::Browser => VoiceCodecs::BROWSER,
            LegKind::Plain | LegKind::Secured => VoiceCodecs::PHONE,
        };
        let object = self.configuration.dns.get(dn);
        object.map_or(usual, |object| VoiceCodecs::of(&object.options, usual))
    }
}

/// What a carrier is offered.
pub(crate) fn trunk_codecs(trunk: Option<&Trunk>) -> VoiceCodecs {
    let usual = VoiceCodecs::TRUNK;
    trunk.map_or(usual, |trunk| VoiceCodecs::of(&trunk.options, usual))
}

/// Whether the option `srtp` of a DN or trunk has our offers protected (SDES).
pub(crate) fn wants_srtp(options: &Options) -> bool {
    let own = options.get(TSERVER).and_then(|section| section.get("srtp"));
    own.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
