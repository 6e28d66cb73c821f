//! Requests inside a dialog.

use model::{LegId, Now, leg::Cause, media::MediaCommand};
use wire_sip::{HeaderName, Message, Method};

use super::{
    Asked, Closing, SDP, Stage,
    acknowledge::Sent,
    sdp_of,
    session::{Session, Unacceptable},
};
use crate::{ALLOW, Signaling, limits::MIN_SE_S, outlet::Source, transaction::TransactionId};

/// Whether an offer of the far end can be taken at this moment.
enum Turn {
    /// It can.
    Theirs,
    /// An offer of theirs is being answered: 500 with Retry-After (RFC 3261 14.2, RFC 3311 5.2).
    TheirsPending,
    /// An offer of ours is out: 491.
    Ours,
}

impl Signaling {
    /// A request that names a leg's dialog.
    pub(crate) fn in_dialog(
        &mut self,
        now: Now,
        id: LegId,
        transaction: TransactionId,
        request: &Message,
        source: &Source,
    ) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        leg.dialog.proven_by(source);
        if !leg.dialog.accept_cseq(request) {
            // RFC 3261 12.2.2.
            return self.reply_to(now, transaction, 500, |response| response);
        }
        leg.note_abilities(request);
        match request.method() {
            Some(Method::Bye) => self.hung_up(now, id, transaction),
            Some(Method::Invite) => self.reinvited(now, id, transaction, request),
            Some(Method::Prack) => self.pracked(now, transaction, id, request),
            Some(Method::Update) => self.updated(now, id, transaction, request),
            Some(Method::Info) => self.informed(now, id, transaction, request),
            Some(Method::Options) => self.reply_to_options(now, transaction),
            Some(Method::Notify) if self.is_upstream(id, source) => {
                self.button_notified(now, id, transaction, request);
            }
            Some(Method::Notify | Method::Subscribe) => {
                self.reply_to(now, transaction, 489, |response| response);
            }
            Some(Method::Refer) => self.referred(now, id, transaction, request),
            Some(Method::Other(_)) | None => {
                self.reply_to(now, transaction, 501, |r| r.header(HeaderName::Allow, ALLOW));
            }
            Some(
                Method::Ack | Method::Cancel | Method::Message | Method::Publish | Method::Register,
            ) => {
                self.reply_to(now, transaction, 405, |r| r.header(HeaderName::Allow, ALLOW));
            }
        }
    }

    /// BYE. A caller may also send it before the answer (RFC 3261 15).
    fn hung_up(&mut self, now: Now, id: LegId, bye: TransactionId) {
        let Some(leg) = self.legs.get(id) else { return };
        let cause = match &leg.stage {
            Stage::Confirmed(_) => Cause::Normal,
            Stage::Incoming(_) => Cause::Cancelled,
            Stage::Closing(Closing::Unacknowledged { .. }) => Cause::Normal,
            Stage::Closing(Closing::Cancelling { .. }) | Stage::Outgoing(_) => {
                return self.reply_to(now, bye, 481, |response| response);
            }
        };
        self.reply_to(now, bye, 200, |response| response);
        self.finish(id, cause);
    }

    fn reinvited(&mut self, now: Now, id: LegId, invite: TransactionId, request: &Message) {
        match self.legs.get(id).map(|leg| &leg.stage) {
            Some(Stage::Confirmed(_)) => {}
            Some(Stage::Incoming(_)) => return self.reply_busy(now, invite),
            Some(Stage::Outgoing(_) | Stage::Closing(_)) | None => {
                return self.reply_to(now, invite, 491, |response| response);
            }
        }
        match self.turn(id) {
            Turn::Theirs => {}
            Turn::TheirsPending => return self.reply_busy(now, invite),
            Turn::Ours => return self.reply_to(now, invite, 491, |response| response),
        }
        let Some(session) = self.session_of(now, invite, request) else { return };
        self.reply_to(now, invite, 100, |response| response);
        self.session_refreshed(now, id, session);
        let Some(leg) = self.legs.get_mut(id) else { return };
        leg.dialog.refresh_target(request);
        self.servers.belongs_to(invite, id);
        let Stage::Confirmed(confirmed) = &mut leg.stage else { return };
        match sdp_of(request) {
            Some(offer) if leg.remote_sdp.as_ref() != Some(&offer) => {
                confirmed.reinvite = Some(invite);
                self.take_offer(id, invite, offer);
            }
            // The same again is a session refresh; no SDP asks for our offer, the last one.
            offer => {
                let sdp = leg.local_sdp.clone();
                let sent = Sent { sdp, wants_sdp: offer.is_none(), is_first: false };
                self.send_ok(now, id, invite, sent);
            }
        }
    }

    fn updated(&mut self, now: Now, id: LegId, update: TransactionId, request: &Message) {
        let offer = sdp_of(request);
        if offer.is_some() {
            match self.turn(id) {
                Turn::Theirs => {}
                Turn::TheirsPending => return self.reply_busy(now, update),
                Turn::Ours => return self.reply_to(now, update, 491, |response| response),
            }
        }
        let Some(session) = self.session_of(now, update, request) else { return };
        self.session_refreshed(now, id, session);
        let Some(leg) = self.legs.get_mut(id) else { return };
        leg.dialog.refresh_target(request);
        match offer {
            Some(offer) if leg.remote_sdp.as_ref() != Some(&offer) => {
                self.take_offer(id, update, offer);
            }
            offer => {
                let sdp = leg.local_sdp.clone().filter(|_| offer.is_some());
                let session = leg.session.clone();
                let Some(server) = self.servers.find(update) else { return };
                let contact = leg.dialog.contact(&self.outlet, &server.hop);
                self.reply_to(now, update, 200, |response| {
                    let response = response.header(HeaderName::Contact, contact);
                    let response = session.granted(request, response);
                    match sdp {
                        Some(sdp) => response.body(SDP, sdp),
                        None => response,
                    }
                });
            }
        }
    }

    fn take_offer(&mut self, id: LegId, transaction: TransactionId, offer: Vec<u8>) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        leg.asked.push_back(Asked::Reply(transaction));
        leg.remote_sdp = Some(offer.clone());
        self.outlet.media(MediaCommand::Reoffer { leg: id, offer });
    }

    fn turn(&self, id: LegId) -> Turn {
        let Some(leg) = self.legs.get(id) else { return Turn::Ours };
        if leg.asked.iter().any(|asked| matches!(asked, Asked::Reply(_))) {
            return Turn::TheirsPending;
        }
        match &leg.stage {
            Stage::Confirmed(confirmed) if confirmed.is_refreshing => Turn::Ours,
            Stage::Confirmed(confirmed) => match &confirmed.unacknowledged {
                Some(waiting) if waiting.wants_sdp => Turn::Ours,
                Some(_) | None => Turn::Theirs,
            },
            Stage::Incoming(incoming) => incoming.turn(),
            Stage::Outgoing(outgoing) if outgoing.is_answered_early() => Turn::Theirs,
            Stage::Outgoing(_) | Stage::Closing(_) => Turn::Ours,
        }
    }

    /// The session timers that a request asks for; answered here when they can't be had.
    fn session_of(
        &mut self,
        now: Now,
        transaction: TransactionId,
        request: &Message,
    ) -> Option<Session> {
        match Session::asked_by(request) {
            Ok(session) => Some(session),
            Err(Unacceptable) => {
                let min = MIN_SE_S.to_string();
                self.reply_to(now, transaction, 422, |r| r.header(HeaderName::MinSe, min));
                None
            }
        }
    }

    fn reply_busy(&mut self, now: Now, transaction: TransactionId) {
        let seconds = self.random.below(RETRY_SPREAD_S).to_string();
        self.reply_to(now, transaction, 500, |r| r.header(HeaderName::RetryAfter, seconds));
    }
}

impl super::Incoming {
    /// RFC 3311 5.2: before the answer an offer is taken only once the first exchange is done,
    /// which a reliable response and its PRACK can do.
    fn turn(&self) -> Turn {
        if self.is_answered_early {
            Turn::Theirs
        } else if self.is_offerless {
            Turn::Ours
        } else if self.reliability.has_answered() {
            Turn::Theirs
        } else {
            Turn::TheirsPending
        }
    }
}

/// RFC 3261 14.2: between 0 and 10 s.
const RETRY_SPREAD_S: u64 = 11;
