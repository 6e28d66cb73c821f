//! What a caller hears before the answer: 18x, reliably where the caller can (RFC 3262).

use std::time::{Duration, Instant};

use model::{
    LegId, Now,
    leg::{Cause, Progress},
    media::MediaCommand,
    random::Random,
};
use wire_sip::{HeaderName, Message, Method};

use super::{Asked, SDP, Stage, sdp_of};
use crate::{
    ALLOW_EVENTS, Signaling,
    limits::PROVISIONAL_REPEAT,
    timers::{LegTimer, Timer},
    transaction::{
        TransactionId,
        timers::{GIVE_UP, T1},
    },
    with_abilities,
};

/// Whether and how provisional responses are acknowledged.
#[derive(Debug)]
pub(crate) struct Reliability {
    wish: Wish,
    /// Of the next reliable response.
    rseq: u32,
    waiting: Option<Waiting>,
    /// Something newer is to be said once the last one is acknowledged.
    is_queued: bool,
    /// A reliable response with SDP was acknowledged: the first exchange is done.
    has_answered: bool,
}

/// What the caller's INVITE says about 100rel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Never,
    Required,
    Supported,
}

/// A reliable response without its PRACK.
#[derive(Debug)]
struct Waiting {
    response: Message,
    rseq: u32,
    has_sdp: bool,
    interval: Duration,
    give_up: Instant,
}

impl Reliability {
    /// RFC 3262 3: by Require and Supported.
    pub fn asked_by(invite: &Message, random: &mut Random) -> Self {
        let wish = if invite.has_token(HeaderName::Require, "100rel") {
            Wish::Required
        } else if invite.has_token(HeaderName::Supported, "100rel") {
            Wish::Supported
        } else {
            Wish::Never
        };
        // RFC 3262 3: a first RSeq between 1 and 2^31 - 1.
        let rseq = (random.draw_u32() >> RSEQ_SHIFT) + 1;
        Self { wish, rseq, waiting: None, is_queued: false, has_answered: false }
    }

    /// RFC 3262 3: no 2xx while a description is not acknowledged.
    pub fn holds_back_answer(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.has_sdp)
    }

    /// Whether our description was acknowledged in a reliable response.
    pub fn has_answered(&self) -> bool {
        self.has_answered
    }

    fn applies(&self, has_sdp: bool) -> bool {
        match self.wish {
            Wish::Never => false,
            Wish::Required => true,
            Wish::Supported => has_sdp,
        }
    }
}

impl Signaling {
    /// Says, or says again, how an incoming call goes.
    pub(crate) fn send_provisional(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Incoming(incoming) = &mut leg.stage else { return };
        let Some(progress) = incoming.progress else { return };
        let (code, sdp) = match progress {
            Progress::EarlyMedia if !incoming.is_answered_early => (183, leg.local_sdp.clone()),
            Progress::EarlyMedia => (183, None),
            Progress::Ringing => (180, None),
        };
        let is_reliable = incoming.reliability.applies(sdp.is_some());
        if is_reliable && incoming.reliability.waiting.is_some() {
            incoming.reliability.is_queued = true;
            return;
        }
        let Some(server) = self.servers.find(incoming.invite) else { return };
        let mut response = with_abilities(wire_sip::Response::to(&server.request, code, ""))
            .to_tag(&leg.dialog.local_tag)
            .header(HeaderName::Contact, leg.dialog.contact(&self.outlet, &server.hop))
            .header(HeaderName::AllowEvents, ALLOW_EVENTS)
            .header_if(crate::CALL_UUID_HEADER, leg.dialog.uuid.map(|uuid| uuid.to_string()));
        let rseq = incoming.reliability.rseq;
        if is_reliable {
            response = response
                .header(HeaderName::Require, "100rel")
                .header(HeaderName::RSeq, rseq.to_string());
        }
        let has_sdp = sdp.is_some();
        let response = match sdp {
            Some(sdp) => response.body(SDP, sdp).build(),
            None => response.build(),
        };
        self.servers.respond(&mut self.outlet, now, incoming.invite, &response);
        if is_reliable {
            incoming.reliability.rseq += 1;
            let give_up = now.instant + GIVE_UP;
            let waiting = Waiting { response, rseq, has_sdp, interval: T1, give_up };
            incoming.reliability.waiting = Some(waiting);
            self.outlet.timers.set(Timer::Leg(id, LegTimer::Reliable), now.instant + T1);
        }
        let again = now.instant + PROVISIONAL_REPEAT;
        self.outlet.timers.set(Timer::Leg(id, LegTimer::Provisional), again);
    }

    /// A reliable response was not acknowledged yet.
    pub(crate) fn repeat_reliable(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Incoming(incoming) = &mut leg.stage else { return };
        let Some(waiting) = &mut incoming.reliability.waiting else { return };
        if now.instant >= waiting.give_up {
            // RFC 3262 3: a 5xx for the INVITE.
            let (invite, tag) = (incoming.invite, leg.dialog.local_tag.clone());
            self.reply_to(now, invite, 504, |response| response.to_tag(&tag));
            return self.finish(id, Cause::Unreachable);
        }
        waiting.interval *= 2;
        let at = now.instant + waiting.interval;
        self.servers.respond(&mut self.outlet, now, incoming.invite, &waiting.response);
        self.outlet.timers.set(Timer::Leg(id, LegTimer::Reliable), at);
    }

    /// The caller acknowledges a provisional response.
    pub(crate) fn pracked(&mut self, now: Now, prack: TransactionId, id: LegId, request: &Message) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Incoming(incoming) = &mut leg.stage else {
            return self.reply_to(now, prack, 481, |response| response);
        };
        let invite_cseq = self.servers.find(incoming.invite).and_then(|s| s.request.cseq());
        let is_match = request.rack().is_some_and(|rack| {
            incoming.reliability.waiting.as_ref().is_some_and(|w| w.rseq == rack.rseq)
                && rack.cseq.method == Method::Invite
                && invite_cseq.is_some_and(|cseq| cseq.number == rack.cseq.number)
        });
        if !is_match {
            return self.reply_to(now, prack, 481, |response| response);
        }
        let had_sdp = incoming.reliability.holds_back_answer();
        incoming.reliability.waiting = None;
        incoming.reliability.has_answered |= had_sdp;
        let is_queued = std::mem::take(&mut incoming.reliability.is_queued);
        self.outlet.timers.clear(&Timer::Leg(id, LegTimer::Reliable));
        match sdp_of(request) {
            Some(sdp) if had_sdp && incoming.is_offerless && !incoming.is_answered_early => {
                incoming.is_answered_early = true;
                leg.remote_sdp = Some(sdp.clone());
                self.outlet.media(MediaCommand::Answer { leg: id, sdp });
                self.reply_to(now, prack, 200, |response| response);
            }
            Some(offer) => {
                leg.asked.push_back(Asked::Reply(prack));
                leg.remote_sdp = Some(offer.clone());
                self.outlet.media(MediaCommand::Reoffer { leg: id, offer });
            }
            None => self.reply_to(now, prack, 200, |response| response),
        }
        let wants_answer = match self.legs.get_mut(id).map(|leg| &mut leg.stage) {
            Some(Stage::Incoming(incoming)) => std::mem::take(&mut incoming.wants_answer),
            _ => false,
        };
        if wants_answer {
            self.answer(now, id);
        } else if is_queued {
            self.send_provisional(now, id);
        }
    }
}

const RSEQ_SHIFT: u32 = 8;
