//! What media says about SDP, and where that goes.

use model::{LegId, Now, leg::Cause};
use wire_sip::{HeaderName, Method};

use super::{Asked, SDP, Stage, acknowledge::Sent};
use crate::{Signaling, transaction::TransactionId};

impl Signaling {
    /// Media gave us an SDP that was asked for.
    pub(crate) fn described(&mut self, now: Now, id: LegId, sdp: Vec<u8>) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        match leg.asked.pop_front() {
            Some(Asked::Open) => {
                leg.local_sdp = Some(sdp);
                match leg.stage {
                    Stage::Incoming(_) => self.announce(id),
                    Stage::Outgoing(_) => self.send_invite(now, id),
                    Stage::Closing(_) | Stage::Confirmed(_) => {}
                }
            }
            Some(Asked::Reply(transaction)) => {
                leg.local_sdp = Some(sdp.clone());
                self.reply_with(now, id, transaction, sdp);
            }
            Some(Asked::Quiet) | None => {}
        }
    }

    /// Media can't use an SDP.
    pub(crate) fn media_refused(&mut self, now: Now, id: LegId, reason: &str) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        match leg.asked.pop_front() {
            Some(Asked::Open) => {
                leg.has_media = false;
                match leg.stage {
                    Stage::Incoming(_) => self.unusable(now, id, reason),
                    Stage::Outgoing(_) => self.finish(id, Cause::Failure),
                    Stage::Closing(_) | Stage::Confirmed(_) => {}
                }
            }
            Some(Asked::Reply(transaction)) => {
                self.drop_reinvite(id, transaction);
                let warning = self.warning(304, reason);
                self.reply_to(now, transaction, 488, |r| r.header(HeaderName::Warning, warning));
            }
            Some(Asked::Quiet) => {}
            // Nothing was asked: it is the far end's answer that can't be used.
            None => self.release(now, id, Cause::NoCommonCodec),
        }
    }

    /// A re-INVITE is not being answered any more.
    pub(crate) fn drop_reinvite(&mut self, id: LegId, transaction: TransactionId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        if let Stage::Confirmed(confirmed) = &mut leg.stage
            && confirmed.reinvite == Some(transaction)
        {
            confirmed.reinvite = None;
        }
        for asked in &mut leg.asked {
            if *asked == Asked::Reply(transaction) {
                *asked = Asked::Quiet;
            }
        }
    }

    fn reply_with(&mut self, now: Now, id: LegId, transaction: TransactionId, sdp: Vec<u8>) {
        let Some(server) = self.servers.find(transaction) else { return };
        if server.request.method() == Some(&Method::Invite) {
            self.drop_reinvite(id, transaction);
            let sent = Sent { sdp: Some(sdp), wants_sdp: false, is_first: false };
            return self.send_ok(now, id, transaction, sent);
        }
        let Some(leg) = self.legs.get(id) else { return };
        let contact = leg.dialog.contact(&self.outlet, &server.hop);
        let request = server.request.clone();
        let session = leg.session.clone();
        self.reply_to(now, transaction, 200, |response| {
            let response = response.header(HeaderName::Contact, contact);
            let response = match request.method() {
                Some(Method::Update) => session.granted(&request, response),
                _ => response,
            };
            response.body(SDP, sdp)
        });
    }
}
