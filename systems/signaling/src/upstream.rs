//! In front of another SIP server: every DN that registers here is registered there too, one by
//! one, under an address where that server can reach it: ours (gateway rules G7, G9-G12).
//!
//! A phone's REGISTER is answered when the upstream has answered ours, with what it said; so a DN
//! is in service here exactly when it is there. Passwords are those of the DNs here. A refusal
//! that won't cure itself is remembered for a minute, so that an eager phone does not hammer.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use model::{Dn, Now, TrunkName, config::DnKind};
use wire_sip::{
    HeaderName, Message, Method, NameAddr, Request, Uri,
    digest::{Answer, answer},
};

use crate::{
    Signaling,
    counters::Refused,
    dialog::{TAG_DIGITS, via},
    limits::{EXPIRES_MAX_S, MAX_FORWARDS},
    outlet::{Hop, Source},
    timers::Timer,
    transaction::{TransactionId, client::User},
};

/// The server in front of which we stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Where it is, over UDP.
    pub address: SocketAddr,
    /// Its name in URIs.
    pub domain: String,
    /// The trunk of the configuration that stands for it.
    pub trunk: TrunkName,
}

/// What is known of the DNs' registrations there.
#[derive(Debug, Default)]
pub(crate) struct Registrations {
    by_dn: BTreeMap<Dn, Registration>,
}

#[derive(Debug)]
struct Registration {
    call_id: String,
    from_tag: String,
    cseq: u32,
    /// What is asked for: seconds, 0 to end it.
    wanted: u32,
    /// A REGISTER is on its way: the next one waits for its end (RFC 3261 10.2).
    in_flight: bool,
    /// Something else was wanted meanwhile.
    is_changed: bool,
    /// How often this REGISTER was asked to prove itself.
    challenged: u32,
    /// The phone that waits for the outcome.
    phone: Option<Waiting>,
    refused: Option<Refusal>,
}

#[derive(Debug)]
struct Waiting {
    transaction: TransactionId,
    request: Message,
    source: Source,
}

/// A refusal that won't cure itself.
#[derive(Clone, Debug)]
struct Refusal {
    until: Instant,
    code: u16,
    text: String,
}

impl Registrations {
    /// How many DNs are or become registered there.
    pub fn count(&self) -> usize {
        self.by_dn.values().filter(|one| one.wanted > 0).count()
    }
}

impl Signaling {
    /// A phone of ours wants to be registered, and has proved who it is.
    pub(crate) fn register_upstream(
        &mut self,
        now: Now,
        transaction: TransactionId,
        dn: &Dn,
        request: &Message,
        source: &Source,
    ) {
        let known = self.registrations.by_dn.get(dn);
        let refusal = known.and_then(|known| known.refused.clone());
        if let Some(Refusal { until, code, text }) = refusal.filter(|one| one.until > now.instant) {
            let left = until.saturating_duration_since(now.instant).as_secs() + 1;
            return self.pass_refusal(now, transaction, (code, &text), Some(left));
        }
        let random = &mut self.random;
        let one = self.registrations.by_dn.entry(dn.clone()).or_insert_with(|| Registration {
            call_id: random.hex(TAG_DIGITS * 2),
            from_tag: random.hex(TAG_DIGITS),
            cseq: 0,
            wanted: 0,
            in_flight: false,
            is_changed: false,
            challenged: 0,
            phone: None,
            refused: None,
        });
        one.wanted = wanted_by(request).min(EXPIRES_MAX_S);
        one.refused = None;
        let phone = Waiting { transaction, request: request.clone(), source: source.clone() };
        let before = one.phone.replace(phone);
        one.is_changed = one.in_flight;
        if let Some(before) = before {
            // The page was loaded again while the upstream thought about it.
            self.reply_to(now, before.transaction, 500, |response| response);
        }
        self.outlet.timers.set(Timer::Upstream(dn.clone()), now.instant + ANSWER_LIMIT);
        self.tell_upstream(now, dn, None);
    }

    /// A DN has no phone any more: the upstream must not go on calling it.
    pub(crate) fn unregister_upstream(&mut self, now: Now, dn: &Dn) {
        let Some(one) = self.registrations.by_dn.get_mut(dn) else { return };
        if one.wanted == 0 || one.phone.is_some() {
            return;
        }
        one.wanted = 0;
        one.is_changed = one.in_flight;
        self.tell_upstream(now, dn, None);
    }

    /// Sends the next REGISTER, unless one is on its way.
    fn tell_upstream(&mut self, now: Now, dn: &Dn, proof: Option<(HeaderName, String)>) {
        let Some(upstream) = self.settings.upstream.clone() else { return };
        let Some(one) = self.registrations.by_dn.get_mut(dn) else { return };
        if one.in_flight {
            return;
        }
        one.cseq += 1;
        one.in_flight = true;
        if proof.is_none() {
            one.challenged = 0;
        }
        let hop = Hop::Udp(upstream.address);
        let name = format!("<sip:{dn}@{}>", upstream.domain);
        let contact = format!("<{}>;expires={}", contact(dn, self.outlet.advertised), one.wanted);
        let request = Request::new(&Method::Register, &format!("sip:{}", upstream.domain))
            .header(HeaderName::Via, via(&self.outlet, &mut self.random, &hop))
            .header(HeaderName::MaxForwards, MAX_FORWARDS.to_string())
            .header(HeaderName::From, format!("{name};tag={}", one.from_tag))
            .header(HeaderName::To, name)
            .header(HeaderName::CallId, &one.call_id)
            .header(HeaderName::CSeq, format!("{} REGISTER", one.cseq))
            .header(HeaderName::Contact, contact)
            .header(HeaderName::Expires, one.wanted.to_string());
        let request = match proof {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let request = crate::with_abilities(request).build();
        let user = User::Upstream(dn.clone());
        if self.clients.start(&mut self.outlet, now, request, hop, user).is_none() {
            self.upstream_unanswered(now, dn);
        }
    }

    /// The upstream answered a REGISTER of ours.
    pub(crate) fn upstream_answered(&mut self, now: Now, dn: &Dn, response: &Message) {
        let status = response.status().unwrap_or_default();
        let Some(one) = self.registrations.by_dn.get_mut(dn).filter(|_| status >= 200) else {
            return;
        };
        one.in_flight = false;
        if let Some(proof) = self.proof_for(dn, response) {
            return self.tell_upstream(now, dn, Some(proof));
        }
        let Some(one) = self.registrations.by_dn.get_mut(dn) else { return };
        if std::mem::take(&mut one.is_changed) {
            // What it said is about what nobody wants any more.
            return self.tell_upstream(now, dn, None);
        }
        if one.wanted == 0 && one.phone.is_none() {
            self.registrations.by_dn.remove(dn);
            return;
        }
        match status {
            200..=299 => {
                let granted = granted(response, dn, self.outlet.advertised).min(one.wanted);
                let Some(phone) = one.phone.take() else { return };
                self.outlet.timers.clear(&Timer::Upstream(dn.clone()));
                let Waiting { transaction, request, source } = phone;
                if matches!(source.hop, Hop::Flow(flow) if self.outlet.flow(flow).is_none()) {
                    // Its page has gone meanwhile.
                    return self.unregister_upstream(now, dn);
                }
                if one.wanted == 0 {
                    self.registrations.by_dn.remove(dn);
                }
                self.take_registration(now, transaction, dn, &request, &source, Some(granted));
            }
            423 if response.min_expires().is_some_and(|least| least > one.wanted) => {
                one.wanted = response.min_expires().unwrap_or(one.wanted);
                self.tell_upstream(now, dn, None);
            }
            _ => {
                let reason = response.reason_phrase();
                let text = format!("Upstream refused DN {dn}: {status} {reason}");
                tracing::warn!(%dn, status, %reason, "the upstream SIP server refused a REGISTER");
                self.counters.refused(Refused::Upstream);
                let is_lasting = matches!(status, 401 | 403 | 404 | 407);
                let until = is_lasting.then(|| now.instant + BACK_OFF);
                one.refused =
                    until.map(|until| Refusal { until, code: status, text: text.clone() });
                // Ours is taken for a challenge that it could answer: it can't.
                let status = if matches!(status, 401 | 407) { 403 } else { status };
                self.upstream_lost(now, dn, status, &text);
            }
        }
    }

    /// The upstream said nothing.
    pub(crate) fn upstream_unanswered(&mut self, now: Now, dn: &Dn) {
        let Some(one) = self.registrations.by_dn.get_mut(dn) else { return };
        one.in_flight = false;
        one.is_changed = false;
        if one.wanted == 0 {
            self.registrations.by_dn.remove(dn);
            return;
        }
        self.upstream_silent(now, dn);
    }

    /// A phone has waited long enough for the upstream.
    pub(crate) fn upstream_silent(&mut self, now: Now, dn: &Dn) {
        tracing::warn!(%dn, "the upstream SIP server does not answer REGISTER");
        self.counters.refused(Refused::Upstream);
        let text = format!("The upstream SIP server does not answer for DN {dn}");
        self.upstream_lost(now, dn, 504, &text);
    }

    /// A DN is not registered there, and therefore not here.
    fn upstream_lost(&mut self, now: Now, dn: &Dn, code: u16, text: &str) {
        self.outlet.timers.clear(&Timer::Upstream(dn.clone()));
        let Some(one) = self.registrations.by_dn.get_mut(dn) else { return };
        if let Some(phone) = one.phone.take() {
            self.pass_refusal(now, phone.transaction, (code, text), None);
        }
        if let Some(one) = self.registrations.by_dn.get_mut(dn) {
            one.wanted = 0;
        }
        if self.registrar.remove_binding(dn) {
            self.out_of_service(now, dn.clone());
        }
    }

    fn pass_refusal(
        &mut self,
        now: Now,
        id: TransactionId,
        (code, text): (u16, &str),
        retry_after_s: Option<u64>,
    ) {
        let warning = self.warning(399, text);
        let reason = format!("SIP;cause={code};text={}", wire_sip::quote(text));
        self.reply_to(now, id, code, |response| {
            response
                .header(HeaderName::Reason, reason)
                .header(HeaderName::Warning, warning)
                .header_if(HeaderName::RetryAfter, retry_after_s.map(|s| s.to_string()))
        });
    }

    /// The answer to a challenge, once for each REGISTER and once more for a stale nonce.
    fn proof_for(&mut self, dn: &Dn, response: &Message) -> Option<(HeaderName, String)> {
        let (asks, answers) = match response.status() {
            Some(401) => (HeaderName::WwwAuthenticate, HeaderName::Authorization),
            Some(407) => (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization),
            _ => return None,
        };
        let domain = self.settings.upstream.as_ref().map(|upstream| upstream.domain.clone())?;
        let password = match &self.configuration.dns.get(dn)?.kind {
            DnKind::Extension { password, .. } => password.clone()?,
            DnKind::RoutePoint { .. } | DnKind::VirtualQueue => return None,
        };
        let one = self.registrations.by_dn.get_mut(dn)?;
        one.challenged += 1;
        let cnonce = self.random.hex(TAG_DIGITS);
        let uri = format!("sip:{domain}");
        let with = Answer {
            username: dn.as_str(),
            password: &password,
            method: "REGISTER",
            uri: &uri,
            body: b"",
            cnonce: &cnonce,
            nonce_count: 1,
        };
        let mut challenges = response.challenges(asks);
        let may = |stale: bool| one.challenged == 1 || stale && one.challenged <= STALE_MAX;
        let value = challenges.find_map(|challenge| {
            may(challenge.stale).then(|| answer(&challenge, &with)).flatten()
        })?;
        Some((answers, value))
    }
}

/// Where the upstream reaches a DN: here.
fn contact(dn: &Dn, advertised: SocketAddr) -> String {
    format!("sip:{dn}@{advertised}")
}

/// For how long a phone wants to be registered; 0 when it leaves.
fn wanted_by(request: &Message) -> u32 {
    match request.contacts() {
        Ok(wire_sip::Contacts::List(contacts)) => {
            contacts.iter().map(|contact| request.contact_expires(contact)).max().unwrap_or(0)
        }
        Ok(wire_sip::Contacts::All) | Err(_) => 0,
    }
}

/// For how long the upstream registered our address.
fn granted(response: &Message, dn: &Dn, advertised: SocketAddr) -> u32 {
    let ours = contact(dn, advertised);
    let is_ours = |contact: &NameAddr<'_>| {
        let (theirs, ours) = (Uri::parse(contact.uri), Uri::parse(&ours));
        match (theirs.as_ref().and_then(Uri::as_sip), ours.as_ref().and_then(Uri::as_sip)) {
            (Some(theirs), Some(ours)) => theirs.is_same(ours),
            _ => false,
        }
    };
    let contacts = match response.contacts() {
        Ok(wire_sip::Contacts::List(contacts)) => contacts,
        Ok(wire_sip::Contacts::All) | Err(_) => Vec::new(),
    };
    let found = contacts.iter().find(|contact| is_ours(contact));
    found.map(|contact| response.contact_expires(contact)).unwrap_or(u32::MAX)
}

/// A phone that waits is told so much before its own transaction gives up.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// A refusal that won't cure itself is not asked for again so soon (rule G10).
const BACK_OFF: Duration = Duration::from_secs(60);
/// Challenges of one REGISTER whose nonce is only old.
const STALE_MAX: u32 = 3;
