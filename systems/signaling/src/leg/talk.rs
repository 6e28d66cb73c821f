//! Telling a ringing phone to answer: the click in the desktop becomes the phone's own 200.
//!
//! A browser's SIP stack refuses NOTIFY before the call is up, but hands INFO of any type to its
//! page; phones with `sip-cti-control` take NOTIFY `Event: talk` in the early dialog.

use model::{
    Configuration, LegId, Now,
    config::DnKind,
    leg::{Button, LegFact},
    media::LegKind,
    random::Random,
};
use wire_sip::{Builder, HeaderName, Message, Method};

use super::{Leg, Stage, Talk};
use crate::{
    ALLOW_EVENTS, Signaling,
    limits::TALK_LIMIT,
    outlet::{Hop, Outlet, Source},
    timers::{LegTimer, Timer},
    transaction::{TransactionId, client::User},
};

impl Signaling {
    /// The switch wants the phone to answer.
    pub(crate) fn answer_phone(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let can_be_told = leg.kind == LegKind::Browser || leg.has_cti_control(&self.configuration);
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return };
        if outgoing.talk != Talk::No {
            return;
        }
        if !can_be_told {
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
        let (outlet, random) = (&mut self.outlet, &mut self.random);
        let (request, hop) = match leg.kind {
            LegKind::Browser => {
                let (info, hop) = leg.dialog.request(outlet, random, &Method::Info);
                let info = info.header(HeaderName::Contact, leg.dialog.contact(outlet, &hop));
                (info.body(TALK_TYPE, TALK_BODY), hop)
            }
            LegKind::Plain | LegKind::Secured => leg.control(outlet, random, "talk"),
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

    /// Whether a leg leads to the server in front of which we stand.
    pub(crate) fn is_upstream(&self, id: LegId, source: &Source) -> bool {
        let is_ours = self.legs.get(id).is_none_or(|leg| leg.dn.is_some());
        let upstream = self.settings.upstream.as_ref();
        !is_ours && upstream.is_some_and(|one| one.address.ip() == source.remote.ip())
    }

    /// To that server we are the phone: it presses our buttons by NOTIFY, without a subscription,
    /// before the answer too (gateway rule G1).
    pub(crate) fn button_notified(
        &mut self,
        now: Now,
        id: LegId,
        notify: TransactionId,
        request: &Message,
    ) {
        let event = request.header(HeaderName::Event).map(wire_sip::text);
        let package = event.as_deref().and_then(|event| event.split(';').next());
        let button = match package.map(str::trim) {
            Some("talk") => Button::Talk,
            Some("hold") => Button::Hold,
            _ => {
                return self.reply_to(now, notify, 489, |response| {
                    response.header(HeaderName::AllowEvents, ALLOW_EVENTS)
                });
            }
        };
        self.reply_to(now, notify, 200, |response| response);
        self.outlet.say(LegFact::Pressed { leg: id, button });
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

impl Leg {
    /// Whether the phone takes words of its buttons by NOTIFY.
    pub fn has_cti_control(&self, configuration: &Configuration) -> bool {
        let object = self.dn.as_ref().and_then(|dn| configuration.dns.get(dn));
        object.is_some_and(|object| match object.kind {
            DnKind::Extension { cti_control, .. } => cti_control,
            DnKind::RoutePoint { .. } | DnKind::VirtualQueue => false,
        })
    }

    /// The word for one of its buttons. No subscription asked for it: phones take it unasked.
    pub fn control(
        &mut self,
        outlet: &mut Outlet,
        random: &mut Random,
        event: &str,
    ) -> (Builder, Hop) {
        let (notify, hop) = self.dialog.request(outlet, random, &Method::Notify);
        let notify = notify
            .header(HeaderName::Contact, self.dialog.contact(outlet, &hop))
            .header(HeaderName::Event, event)
            .header(HeaderName::SubscriptionState, "active");
        (notify, hop)
    }
}

/// What our page listens for.
const TALK_TYPE: &str = "application/vnd.cordboard.talk";
const TALK_BODY: &str = "{\"action\":\"answer\"}";
