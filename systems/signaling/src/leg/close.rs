//! How legs end, from whichever side: the switch's release, BYE, loss of the connection.

use model::{
    LegId, Now,
    id::FlowId,
    leg::{Cause, LegFact},
    media::MediaCommand,
};
use wire_sip::{HeaderName, Method, quote};

use super::{Asked, Closing, Leg, Stage};
use crate::{
    Signaling,
    timers::{LegTimer, Timer},
    transaction::{client::User, timers::GIVE_UP},
};

/// What becomes of a leg of the switch's when it ends here.
enum Next {
    /// BYE and away.
    Bye,
    /// Nothing was sent yet.
    Drop,
    /// SIP goes on a little without the switch.
    Linger(Closing),
    /// A final response.
    Refuse,
}

impl Signaling {
    /// The switch ends a leg. It hears `Ended` at once, whatever SIP still has to say.
    pub(crate) fn release(&mut self, now: Now, id: LegId, cause: Cause) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let reason = reason(cause);
        let next = match &mut leg.stage {
            Stage::Closing(_) => return,
            Stage::Incoming(_) => Next::Refuse,
            Stage::Outgoing(outgoing) => match outgoing.invite {
                None => Next::Drop,
                Some(invite) => {
                    let is_cancelled = outgoing.has_provisional;
                    Next::Linger(Closing::Cancelling {
                        invite,
                        is_cancelled,
                        reason: reason.clone(),
                    })
                }
            },
            Stage::Confirmed(confirmed) => match confirmed.unacknowledged.take() {
                // RFC 3261 15: no BYE before the ACK.
                Some(waiting) if waiting.is_first => {
                    let reason = reason.clone();
                    Next::Linger(Closing::Unacknowledged { waiting, reason })
                }
                Some(_) | None => Next::Bye,
            },
        };
        match next {
            Next::Refuse => self.refuse(now, id, cause),
            Next::Drop => self.finish(id, cause),
            Next::Bye => {
                self.send_bye(now, id, &reason);
                self.finish(id, cause);
            }
            Next::Linger(closing) => self.linger(now, id, cause, closing),
        }
    }

    /// Sends BYE; its outcome interests nobody.
    pub(crate) fn send_bye(&mut self, now: Now, id: LegId, reason: &str) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let (bye, hop) = leg.dialog.request(&mut self.outlet, &mut self.random, &Method::Bye);
        let bye = bye.header(HeaderName::Reason, reason).build();
        self.clients.start(&mut self.outlet, now, bye, hop, User::Nobody);
    }

    /// A leg is over, for the switch too if it knew of it.
    pub(crate) fn finish(&mut self, id: LegId, cause: Cause) {
        if self.legs.get(id).is_some_and(Leg::is_live) {
            self.outlet.say(LegFact::Ended { leg: id, cause });
        }
        self.forget_leg(id);
    }

    /// Drops a leg without a word to the switch.
    pub(crate) fn forget_leg(&mut self, id: LegId) {
        let Some(leg) = self.legs.remove(id) else { return };
        self.outlet.timers.clear_leg(id);
        if leg.has_media {
            self.outlet.media(MediaCommand::Close { leg: id });
        }
        // What is still to be answered will not be: the far end is told by its BYE or ours.
        let replies = leg.asked.iter().filter_map(|asked| match asked {
            Asked::Reply(transaction) => Some(*transaction),
            Asked::Open | Asked::Quiet => None,
        });
        if let (Stage::Closing(Closing::Cancelling { .. }), Some(dn)) = (&leg.stage, &leg.dn) {
            self.freed.push(dn.clone());
        }
        let invite = match &leg.stage {
            Stage::Incoming(incoming) => Some(incoming.invite),
            Stage::Closing(_) | Stage::Confirmed(_) | Stage::Outgoing(_) => None,
        };
        for transaction in replies.chain(invite) {
            if self.servers.is_open(transaction) {
                self.unanswered.push(transaction);
            }
        }
    }

    /// What is owed to others once legs are forgotten.
    pub(crate) fn after_legs_ended(&mut self, now: Now) {
        self.answer_leftovers(now);
        self.invite_in_turn(now);
    }

    /// Answers what forgotten legs left open: 487 (RFC 3261 15.1.2).
    fn answer_leftovers(&mut self, now: Now) {
        while let Some(transaction) = self.unanswered.pop() {
            self.reply_to(now, transaction, 487, |response| response);
            // Its connection may be gone, and then the answer never counts as sent.
            if self.servers.is_open(transaction) {
                self.servers.forget(&mut self.outlet, transaction);
            }
        }
    }

    /// A connection is gone, and with it every dialog that has no other way.
    pub(crate) fn legs_on(&self, flow: FlowId) -> Vec<LegId> {
        let on_flow = self.legs.iter().filter(|leg| leg.dialog.flow() == Some(flow));
        on_flow.map(|leg| leg.id).collect()
    }

    /// A leg's phone is gone without a word. What was up may come back, the rest is over.
    pub(crate) fn lose(&mut self, id: LegId) {
        match self.legs.get(id).map(|leg| &leg.stage) {
            Some(Stage::Confirmed(_)) => {
                self.outlet.say(LegFact::Lost { leg: id });
                self.forget_leg(id);
            }
            Some(Stage::Outgoing(outgoing)) => {
                let invite = outgoing.invite;
                self.finish(id, Cause::Unreachable);
                if let Some(invite) = invite {
                    self.clients.abandon(&mut self.outlet, invite);
                }
            }
            Some(Stage::Closing(Closing::Cancelling { invite, .. })) => {
                let invite = *invite;
                self.forget_leg(id);
                self.clients.abandon(&mut self.outlet, invite);
            }
            Some(Stage::Closing(Closing::Unacknowledged { .. }) | Stage::Incoming(_)) => {
                self.finish(id, Cause::Unreachable);
            }
            None => {}
        }
    }

    /// The leg has been ringing, cancelling or closing for too long.
    pub(crate) fn limit_reached(&mut self, now: Now, id: LegId) {
        match self.legs.get(id).map(|leg| &leg.stage) {
            Some(Stage::Outgoing(_)) => self.release(now, id, Cause::NoAnswer),
            Some(Stage::Closing(Closing::Cancelling { invite, .. })) => {
                // RFC 3261 9.1: without a final response 64 * T1 after CANCEL it counts as
                // cancelled.
                let invite = *invite;
                self.clients.abandon(&mut self.outlet, invite);
                self.forget_leg(id);
            }
            Some(Stage::Closing(_) | Stage::Confirmed(_) | Stage::Incoming(_)) | None => {}
        }
    }

    fn linger(&mut self, now: Now, id: LegId, cause: Cause, closing: Closing) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        self.outlet.timers.clear_leg(id);
        match &closing {
            Closing::Cancelling { invite, is_cancelled, reason } => {
                if *is_cancelled {
                    self.clients.cancel(&mut self.outlet, now, *invite, reason);
                    let limit = Timer::Leg(id, LegTimer::Limit);
                    self.outlet.timers.set(limit, now.instant + GIVE_UP);
                }
            }
            Closing::Unacknowledged { waiting, .. } => {
                let timer = Timer::Leg(id, LegTimer::Unacknowledged);
                self.outlet.timers.set(timer, now.instant + waiting.interval);
            }
        }
        leg.stage = Stage::Closing(closing);
        if std::mem::take(&mut leg.has_media) {
            self.outlet.media(MediaCommand::Close { leg: id });
        }
        self.legs.lingers(id);
        self.outlet.say(LegFact::Ended { leg: id, cause });
    }
}

/// The Reason header's value (RFC 3326).
pub(crate) fn reason(cause: Cause) -> String {
    if cause == Cause::Redirected {
        // RFC 3326 3.1: what keeps a phone from showing a missed call.
        return "SIP;cause=200;text=\"Call completed elsewhere\"".to_owned();
    }
    format!("Q.850;cause={};text={}", cause.q850(), quote(&cause.to_string()))
}
