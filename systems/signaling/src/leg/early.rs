//! What a phone or carrier says before it answers: provisional responses to our INVITE, and the
//! early dialogs that they open (RFC 3261 12.1.2, RFC 3262).
//!
//! Carriers send their announcements unreliably as often as not, so a description counts however
//! it comes. Of several early dialogs (a fork) the first with a description is heard; at the
//! answer the dialog of the 200 takes over.

use model::{LegId, Now, leg::LegFact, media::MediaCommand};
use wire_sip::{HeaderName, Message, Method};

use super::{Outgoing, Stage, sdp_of};
use crate::{Signaling, limits::EARLY_DIALOGS_MAX, transaction::client::User};

/// A dialog that our INVITE opened and that is not confirmed.
#[derive(Debug)]
pub(crate) struct Early {
    /// The far end's tag; a peer of RFC 2543 has none.
    tag: String,
    /// The last RSeq that was acknowledged. RFC 3262 3: each dialog counts for itself.
    rseq: Option<u32>,
    /// The first description that came in it.
    sdp: Option<Vec<u8>>,
    /// Media has that description.
    is_heard: bool,
}

/// What the 200 means to media.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Media has its description.
    Known,
    /// There is none, nor was there before.
    Missing,
    /// Media is to take this one.
    New(Vec<u8>),
}

impl Outgoing {
    /// Whether media has the far end's description.
    pub fn is_answered_early(&self) -> bool {
        self.early.iter().any(|early| early.is_heard)
    }

    /// What a 2xx brings, with the description that media has at the moment.
    pub fn answer_in(&self, ok: &Message, known: Option<&Vec<u8>>) -> Answer {
        let tag = ok.to_tag().unwrap_or_default();
        let early = self.early.iter().find(|early| early.tag == tag);
        let said = early.and_then(|early| early.sdp.clone());
        // RFC 3261 13.2.1: a repeated answer may be older than what UPDATE agreed since.
        let is_heard = early.is_some_and(|early| early.is_heard);
        match (sdp_of(ok), said) {
            (Some(sdp), _) if known == Some(&sdp) => Answer::Known,
            (Some(sdp), Some(said)) if is_heard && sdp == said => Answer::Known,
            (None, Some(_)) if is_heard => Answer::Known,
            (Some(sdp), _) | (None, Some(sdp)) => Answer::New(sdp),
            (None, None) => Answer::Missing,
        }
    }

    /// The early dialog of a tag. `None` beyond the limit.
    fn early_of(&mut self, tag: &str) -> Option<&mut Early> {
        let known = self.early.iter().position(|early| early.tag == tag);
        let at = known.unwrap_or(self.early.len());
        if at >= EARLY_DIALOGS_MAX {
            return None;
        }
        if known.is_none() {
            let tag = tag.to_owned();
            self.early.push(Early { tag, rseq: None, sdp: None, is_heard: false });
        }
        self.early.get_mut(at)
    }
}

impl Signaling {
    /// A provisional response came.
    pub(crate) fn provisional_came(&mut self, now: Now, id: LegId, response: &Message) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return };
        outgoing.has_provisional = true;
        let status = response.status().unwrap_or_default();
        if status == 100 {
            return;
        }
        let tag = response.to_tag().unwrap_or_default();
        let is_answered = outgoing.is_answered_early();
        let Some(early) = outgoing.early_of(tag) else { return };
        let is_reliable = response.has_token(HeaderName::Require, "100rel") && !tag.is_empty();
        let rseq = response.rseq().filter(|_| is_reliable);
        if let Some(rseq) = rseq {
            if early.rseq.is_some_and(|last| last.checked_add(1) != Some(rseq)) {
                // RFC 3262 4: a repetition, or one that came before its turn.
                return;
            }
            early.rseq = Some(rseq);
        }
        let sdp = sdp_of(response).filter(|_| early.sdp.is_none());
        early.sdp = early.sdp.take().or_else(|| sdp.clone());
        let is_first = sdp.is_some() && !is_answered;
        early.is_heard |= is_first;
        // The dialog that is heard is the leg's until another answers.
        if !is_answered || early.is_heard {
            leg.dialog.learn(response);
        }
        // RFC 3261 has 180 alone mean that it rings. A phone that says 183 has its user's
        // attention as well; a carrier's 183 may be any announcement.
        let is_alerting = status == 180 || (status == 183 && leg.dn.is_some());
        let rings = is_alerting && !outgoing.is_ringing;
        outgoing.is_ringing |= rings;
        if let Some(rseq) = rseq {
            self.acknowledge_provisional(now, id, response, rseq);
        }
        if is_first && let Some(sdp) = sdp {
            self.hear_early(id, sdp);
        }
        if rings {
            self.outlet.say(LegFact::Ringing { leg: id });
        }
        if is_first {
            self.outlet.say(LegFact::EarlyMedia { leg: id });
        }
        self.tell_phone(now, id);
    }

    fn hear_early(&mut self, id: LegId, sdp: Vec<u8>) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        leg.remote_sdp = Some(sdp.clone());
        self.outlet.media(MediaCommand::Answer { leg: id, sdp });
    }

    /// PRACK, in the dialog of its response, which need not be the one that is heard.
    fn acknowledge_provisional(&mut self, now: Now, id: LegId, response: &Message, rseq: u32) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let cseq = response.cseq().map_or(0, |cseq| cseq.number);
        let mut dialog = leg.dialog.clone();
        dialog.learn(response);
        let (prack, hop) = dialog.request(&mut self.outlet, &mut self.random, &Method::Prack);
        leg.dialog.count_on_from(&dialog);
        let prack = prack.header(HeaderName::RAck, format!("{rseq} {cseq} INVITE")).build();
        self.clients.start(&mut self.outlet, now, prack, hop, User::Nobody);
    }
}
