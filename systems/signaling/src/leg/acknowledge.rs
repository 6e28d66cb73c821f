//! The three-way end of an INVITE: our 2xx until its ACK comes (RFC 3261 13.3.1.4), and our own
//! ACKs (13.2.2.4).

use model::{LegId, Now, leg::Cause, media::MediaCommand};
use wire_sip::{HeaderName, Message};

use super::{Asked, Closing, SDP, Stage, Unacknowledged, sdp_of};
use crate::{
    Signaling,
    outlet::Source,
    timers::{LegTimer, Timer},
    transaction::{
        TransactionId,
        timers::{GIVE_UP, T1, slower},
    },
    with_abilities,
};

/// What a 2xx carries.
pub(crate) struct Sent {
    pub sdp: Option<Vec<u8>>,
    /// It is an offer: the ACK brings the answer.
    pub wants_sdp: bool,
    pub is_first: bool,
}

impl Signaling {
    /// Answers an INVITE or re-INVITE with 200 and repeats it until ACK.
    pub(crate) fn send_ok(&mut self, now: Now, id: LegId, invite: TransactionId, sent: Sent) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Some(server) = self.servers.find(invite) else { return };
        let hop = server.hop.clone();
        let cseq = server.request.cseq().map_or(0, |cseq| cseq.number);
        let response = wire_sip::Response::to(&server.request, 200, "")
            .to_tag(&leg.dialog.local_tag)
            .header(HeaderName::Contact, leg.dialog.contact(&self.outlet, &hop))
            .header_if(crate::CALL_UUID_HEADER, leg.dialog.uuid.map(|uuid| uuid.to_string()));
        let response = leg.session.granted(&server.request, with_abilities(response));
        let response = match sent.sdp {
            Some(sdp) => response.body(SDP, sdp).build(),
            None => response.build(),
        };
        self.servers.respond(&mut self.outlet, now, invite, &response);
        let Stage::Confirmed(confirmed) = &mut leg.stage else { return };
        confirmed.unacknowledged = Some(Unacknowledged {
            cseq,
            response,
            hop,
            interval: T1,
            give_up: now.instant + GIVE_UP,
            wants_sdp: sent.wants_sdp,
            is_first: sent.is_first,
        });
        // RFC 3261 13.3.1.4: over streams too, since a proxy may lie between.
        self.outlet.timers.set(Timer::Leg(id, LegTimer::Unacknowledged), now.instant + T1);
    }

    /// A 2xx was not acknowledged yet.
    pub(crate) fn repeat_ok(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let waiting = match &mut leg.stage {
            Stage::Confirmed(confirmed) => confirmed.unacknowledged.as_mut(),
            Stage::Closing(Closing::Unacknowledged { waiting, .. }) => Some(waiting),
            Stage::Closing(Closing::Cancelling { .. })
            | Stage::Incoming(_)
            | Stage::Outgoing(_) => None,
        };
        let Some(waiting) = waiting else { return };
        if now.instant >= waiting.give_up {
            let said = match &leg.stage {
                Stage::Closing(Closing::Unacknowledged { reason, .. }) => Some(reason.clone()),
                _ => None,
            };
            let reason = said.unwrap_or_else(|| super::close::reason(Cause::Unreachable));
            self.send_bye(now, id, &reason);
            return self.finish(id, Cause::Unreachable);
        }
        self.outlet.send(&waiting.hop, waiting.response.as_bytes().to_vec());
        waiting.interval = slower(waiting.interval);
        let at = (now.instant + waiting.interval).min(waiting.give_up);
        self.outlet.timers.set(Timer::Leg(id, LegTimer::Unacknowledged), at);
    }

    /// An ACK that is not a failure's.
    pub(crate) fn acknowledged(&mut self, now: Now, request: &Message, source: &Source) {
        let Some(id) = self.legs.find(request) else { return };
        let Some(leg) = self.legs.get_mut(id) else { return };
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        match &mut leg.stage {
            Stage::Confirmed(confirmed) => {
                if confirmed.unacknowledged.as_ref().is_none_or(|w| w.cseq != cseq) {
                    return;
                }
                let Some(waiting) = confirmed.unacknowledged.take() else { return };
                leg.dialog.proven_by(source);
                self.outlet.timers.clear(&Timer::Leg(id, LegTimer::Unacknowledged));
                if waiting.wants_sdp {
                    self.answered_in_ack(now, id, request, waiting.is_first);
                }
            }
            Stage::Closing(Closing::Unacknowledged { waiting, reason }) if waiting.cseq == cseq => {
                let reason = reason.clone();
                self.send_bye(now, id, &reason);
                self.forget_leg(id);
            }
            Stage::Closing(_) | Stage::Incoming(_) | Stage::Outgoing(_) => {}
        }
    }

    fn answered_in_ack(&mut self, now: Now, id: LegId, request: &Message, is_first: bool) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        match sdp_of(request) {
            Some(sdp) if is_first => {
                leg.remote_sdp = Some(sdp.clone());
                self.outlet.media(MediaCommand::Answer { leg: id, sdp });
            }
            // A session refresh repeats what is known and leaves media alone. Anything else, as
            // in third-party call control, is a new description; media takes it as an offer,
            // since ours was the same as before.
            Some(sdp) if leg.remote_sdp.as_ref() != Some(&sdp) => {
                leg.remote_sdp = Some(sdp.clone());
                leg.asked.push_back(Asked::Quiet);
                self.outlet.media(MediaCommand::Reoffer { leg: id, offer: sdp });
            }
            None if is_first => {
                self.send_bye(now, id, &super::close::reason(Cause::NoCommonCodec));
                self.finish(id, Cause::NoCommonCodec);
            }
            Some(_) | None => {}
        }
    }

    /// Acknowledges a 2xx to an INVITE of ours and keeps the ACK for its repetitions.
    pub(crate) fn send_ack(&mut self, id: LegId, response: &Message) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let cseq = response.cseq().map_or(0, |cseq| cseq.number);
        let (ack, hop) = leg.dialog.ack(&mut self.outlet, &mut self.random, cseq);
        let ack = ack.build();
        self.outlet.send(&hop, ack.as_bytes().to_vec());
        if let Stage::Confirmed(confirmed) = &mut leg.stage {
            confirmed.ack = Some((ack, hop));
        }
    }
}
