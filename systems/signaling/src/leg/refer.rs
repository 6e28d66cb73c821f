//! REFER: a phone has its call sent elsewhere (RFC 3515; 5589 for how phones use it).
//!
//! Taken inside a call and from phones of our own alone: a carrier that could send its calls
//! anywhere would do so at our cost. What the call becomes is the switch's affair; here the phone
//! is told of it by the subscription that REFER implies, unless it wants none (RFC 4488).

use std::borrow::Cow;

use model::{Dn, LegId, Now, leg::LegFact};
use wire_sip::{HeaderName, Message, Method, Replaces, Uri, reason_phrase};

use super::{Leg, Legs, Stage};
use crate::{
    Signaling,
    limits::{REFER_LIMIT, REFER_TARGET_LEN_MAX},
    timers::{LegTimer, Timer},
    transaction::{TransactionId, client::User},
};

/// A REFER whose outcome is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refer {
    /// Its CSeq, which names the subscription (RFC 3515 2.4.6).
    cseq: u32,
    /// Whether the phone wants to hear of it.
    is_subscribed: bool,
}

/// Where a phone wants its call.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    /// Empty where `replaces` says it.
    target: String,
    replaces: Option<LegId>,
}

/// Why a REFER is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unfit {
    /// One is open.
    Busy,
    /// From a carrier, or before the call is up.
    Forbidden,
    /// Refer-To is missing, doubled, unreadable or names nobody.
    Malformed,
    /// Replaces is for no call of this phone, or the call of the REFER is over.
    NoSuchCall,
    /// Refer-To is no SIP and no telephone URI.
    Scheme,
}

impl Signaling {
    /// REFER came.
    pub(crate) fn referred(
        &mut self,
        now: Now,
        id: LegId,
        transaction: TransactionId,
        request: &Message,
    ) {
        let wish = match self.legs.wish_of(id, request) {
            Ok(wish) => wish,
            Err(unfit) => return self.reply_to(now, transaction, unfit.code(), |r| r),
        };
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Confirmed(confirmed) = &mut leg.stage else { return };
        let is_subscribed = !declines_subscription(request);
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        confirmed.refer = Some(Refer { cseq, is_subscribed });
        // RFC 6665 4.4.1 counts REFER among the target refresh requests.
        leg.dialog.refresh_target(request);
        let Some(server) = self.servers.find(transaction) else { return };
        let contact = leg.dialog.contact(&self.outlet, &server.hop);
        log(leg, request);
        self.reply_to(now, transaction, 202, |response| {
            let declined = (!is_subscribed).then_some("false");
            response.header(HeaderName::Contact, contact).header_if(HeaderName::ReferSub, declined)
        });
        self.outlet.timers.set(Timer::Leg(id, LegTimer::Refer), now.instant + REFER_LIMIT);
        let active = format!("active;expires={}", REFER_LIMIT.as_secs());
        // RFC 3515 2.4.4: at once, whatever is known.
        self.tell_referrer(now, id, 100, &active);
        let Wish { target, replaces } = wish;
        self.outlet.say(LegFact::Referred { leg: id, target, replaces });
    }

    /// The switch says what became of a REFER.
    pub(crate) fn refer_done(&mut self, now: Now, id: LegId, status: u16) {
        let status = status.clamp(FINAL_MIN, FINAL_MAX);
        self.tell_referrer(now, id, status, "terminated;reason=noresource");
        self.forget_refer(id);
    }

    /// The switch said nothing for as long as the subscription lasts.
    pub(crate) fn refer_expired(&mut self, now: Now, id: LegId) {
        self.tell_referrer(now, id, 408, "terminated;reason=timeout");
        self.forget_refer(id);
    }

    fn forget_refer(&mut self, id: LegId) {
        self.outlet.timers.clear(&Timer::Leg(id, LegTimer::Refer));
        if let Some(Stage::Confirmed(confirmed)) = self.legs.get_mut(id).map(|leg| &mut leg.stage) {
            confirmed.refer = None;
        }
    }

    fn tell_referrer(&mut self, now: Now, id: LegId, status: u16, state: &str) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Confirmed(confirmed) = &leg.stage else { return };
        let Some(refer) = confirmed.refer.filter(|refer| refer.is_subscribed) else { return };
        let (notify, hop) = leg.dialog.request(&mut self.outlet, &mut self.random, &Method::Notify);
        let line = format!("SIP/2.0 {status} {}\r\n", reason_phrase(status));
        let notify = notify
            .header(HeaderName::Contact, leg.dialog.contact(&self.outlet, &hop))
            .header(HeaderName::Event, format!("refer;id={}", refer.cseq))
            .header(HeaderName::SubscriptionState, state)
            .body(SIPFRAG, line);
        self.clients.start(&mut self.outlet, now, notify.build(), hop, User::Nobody);
    }
}

impl Legs {
    fn wish_of(&self, id: LegId, request: &Message) -> Result<Wish, Unfit> {
        let leg = self.get(id).ok_or(Unfit::NoSuchCall)?;
        let dn = leg.dn.as_ref().ok_or(Unfit::Forbidden)?;
        let confirmed = match &leg.stage {
            Stage::Confirmed(confirmed) => confirmed,
            Stage::Incoming(_) | Stage::Outgoing(_) => return Err(Unfit::Forbidden),
            Stage::Closing(_) => return Err(Unfit::NoSuchCall),
        };
        // RFC 3515 2.4.2: exactly one.
        if request.header_lines(HeaderName::ReferTo).count() != 1 {
            return Err(Unfit::Malformed);
        }
        let refer_to = request.refer_to().map_err(|_| Unfit::Malformed)?.uri();
        let replaces = match &refer_to {
            Uri::Sip(sip) if sip.params.get("method").is_some_and(|method| method != "INVITE") => {
                return Err(Unfit::Malformed);
            }
            Uri::Sip(sip) => sip.header("Replaces"),
            Uri::Tel(_) => None,
            Uri::Other { .. } => return Err(Unfit::Scheme),
        };
        let replaces = replaces.map(|text| self.replaced_by(id, dn, &text)).transpose()?;
        let target = refer_to.user().map_or_else(String::new, Cow::into_owned);
        let is_named = replaces.is_some() || !target.is_empty();
        if !is_named || target.len() > REFER_TARGET_LEN_MAX {
            return Err(Unfit::Malformed);
        }
        if confirmed.refer.is_some() {
            return Err(Unfit::Busy);
        }
        Ok(Wish { target, replaces })
    }

    /// The other leg of the same phone that Replaces names. Its tags are seen from our side, but
    /// JsSIP writes them as they stood in the call's INVITE, so both orders are taken.
    fn replaced_by(&self, id: LegId, dn: &Dn, text: &str) -> Result<LegId, Unfit> {
        let replaces = Replaces::parse(text.as_bytes()).ok_or(Unfit::Malformed)?;
        let Replaces { call_id, to_tag, from_tag, early_only: _ } = replaces;
        let named = [(to_tag, from_tag), (from_tag, to_tag)]
            .into_iter()
            .find_map(|(local, remote)| self.by_tags(call_id, local, remote));
        let fits = |leg: &&Leg| leg.id != id && leg.dn.as_ref() == Some(dn) && leg.is_live();
        named.filter(fits).map(|leg| leg.id).ok_or(Unfit::NoSuchCall)
    }
}

impl Unfit {
    fn code(self) -> u16 {
        match self {
            Self::Busy => 603,
            Self::Forbidden => 403,
            Self::Malformed => 400,
            Self::NoSuchCall => 481,
            Self::Scheme => 416,
        }
    }
}

/// RFC 4488 4: `Refer-Sub: false`.
fn declines_subscription(request: &Message) -> bool {
    let text = request.header_text(HeaderName::ReferSub);
    text.and_then(|text| Some(text.split(';').next()?.trim().eq_ignore_ascii_case("false")))
        .unwrap_or(false)
}

/// A phone is who it is registered as, so that Referred-By (RFC 3892) decides nothing.
fn log(leg: &Leg, request: &Message) {
    let by = request.referred_by().and_then(|by| by.uri().user());
    let is_other = by.is_some_and(|by| leg.dn.as_ref().is_none_or(|dn| dn.as_str() != by));
    tracing::debug!(leg = %leg.id, is_by_another = is_other, "a phone sends its call elsewhere");
}

const FINAL_MAX: u16 = 699;
const FINAL_MIN: u16 = 200;
const SIPFRAG: &str = "message/sipfrag;version=2.0";
