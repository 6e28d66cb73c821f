//! Telling a ringing phone to answer: the click in the desktop becomes the phone's own 200.
//!
//! A browser's SIP stack refuses NOTIFY before the call is up, but hands INFO of any type to its
//! page; phones with `sip-cti-control` take NOTIFY `Event: talk` in the early dialog.

use model::{LegId, Now, config::DnKind, leg::LegFact, media::LegKind};
use wire_sip::{HeaderName, Method};

use super::{Stage, Talk};
use crate::{
    Signaling,
    limits::TALK_LIMIT,
    timers::{LegTimer, Timer},
    transaction::client::User,
};

impl Signaling {
    /// The switch wants the phone to answer.
    pub(crate) fn answer_phone(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return };
        if outgoing.talk != Talk::No {
            return;
        }
        let has_cti_control = leg.dn.as_ref().is_some_and(|dn| {
            self.configuration.dns.get(dn).is_some_and(|object| match object.kind {
                DnKind::Extension { cti_control, .. } => cti_control,
                DnKind::RoutePoint { .. } | DnKind::VirtualQueue => false,
            })
        });
        if leg.kind == LegKind::Plain && !has_cti_control {
            return self.outlet.say(LegFact::PhoneDidNotAnswer { leg: id });
        }
        outgoing.talk = Talk::Wanted;
        self.outlet.timers.set(Timer::Leg(id, LegTimer::Talk), now.instant + TALK_LIMIT);
        self.tell_phone(now, id);
    }

    /// Tells the phone, once there is an early dialog to tell it in.
    pub(crate) fn tell_phone(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return };
        if outgoing.talk != Talk::Wanted || leg.dialog.remote_tag.is_empty() {
            return;
        }
        outgoing.talk = Talk::Told;
        let method = match leg.kind {
            LegKind::Browser => Method::Info,
            LegKind::Plain => Method::Notify,
        };
        let (request, hop) = leg.dialog.request(&mut self.outlet, &mut self.random, &method);
        let request = request.header(HeaderName::Contact, leg.dialog.contact(&self.outlet, &hop));
        let request = match leg.kind {
            LegKind::Browser => request.body(TALK_TYPE, TALK_BODY),
            LegKind::Plain => request
                .header(HeaderName::Event, "talk")
                .header(HeaderName::SubscriptionState, "active"),
        };
        let user = User::Talk(id);
        self.clients.start(&mut self.outlet, now, request.build(), hop, user);
    }

    /// The phone took or refused the word.
    pub(crate) fn talk_answered(&mut self, id: LegId, status: u16) {
        if status >= 300 {
            self.phone_did_not_answer(id);
        }
    }

    /// The phone was told and did not answer. It goes on ringing; the agent can use its button.
    pub(crate) fn phone_did_not_answer(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return };
        if outgoing.talk == Talk::No {
            return;
        }
        outgoing.talk = Talk::No;
        self.outlet.timers.clear(&Timer::Leg(id, LegTimer::Talk));
        self.outlet.say(LegFact::PhoneDidNotAnswer { leg: id });
    }
}

/// What our page listens for.
const TALK_TYPE: &str = "application/vnd.cordboard.talk";
const TALK_BODY: &str = "{\"action\":\"answer\"}";
