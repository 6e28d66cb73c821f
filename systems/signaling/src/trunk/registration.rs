//! We are registered at a carrier, so that it knows where its calls for us go (RFC 3261 10.2).

use std::{net::SocketAddr, time::Duration};

use model::{Now, TrunkName, id::FlowId, random::Random};
use wire_sip::{HeaderName, Message, Method, NameAddr, Request, Uri, escape_user};

use super::{AVOID, challenge, uri_host};
use crate::{
    Signaling,
    dialog::{TAG_DIGITS, via},
    limits::MAX_FORWARDS,
    outlet::Hop,
    timers::Timer,
    transaction::{TransactionId, client::User},
};

/// One trunk's registration.
#[derive(Debug)]
pub(crate) struct Registration {
    call_id: String,
    from_tag: String,
    cseq: u32,
    /// The REGISTER that is on its way.
    sent: Option<Sent>,
    /// Whether the last one was taken; `None` until there was one.
    outcome: Option<bool>,
    /// How often in a row it was not.
    failures: u32,
    /// A Min-Expires that the carrier insists on.
    least_s: u32,
    /// What carried the last one.
    hop: Option<Hop>,
}

#[derive(Debug)]
struct Sent {
    transaction: TransactionId,
    request: Message,
    to: SocketAddr,
    asked_s: u32,
}

impl Registration {
    pub fn new(random: &mut Random) -> Self {
        Self {
            call_id: random.hex(TAG_DIGITS * 2),
            from_tag: random.hex(TAG_DIGITS),
            cseq: 0,
            sent: None,
            outcome: None,
            failures: 0,
            least_s: 0,
            hop: None,
        }
    }

    pub fn outcome(&self) -> Option<bool> {
        self.outcome
    }

    pub fn is_registered(&self) -> bool {
        self.outcome == Some(true)
    }
}

impl Signaling {
    /// Registers at a trunk's carrier, or registers again; and gives up waiting for an address
    /// that says nothing.
    pub(crate) fn register_trunk(&mut self, now: Now, name: &TrunkName) {
        let known = self.trunks.all.get(name);
        let one = known.and_then(|known| known.registration.as_ref());
        match one.is_some_and(|one| one.sent.is_some()) {
            true => self.registration_unanswered(now, name),
            false => self.send_register(now, name, None),
        }
    }

    fn send_register(&mut self, now: Now, name: &TrunkName, proof: Option<(HeaderName, String)>) {
        let Some(trunk) = self.configuration.trunks.get(name) else { return };
        let (Some(domain), Some(account)) = (uri_host(trunk), trunk.account.clone()) else {
            return;
        };
        let Some(target) = self.trunks.targets(now, name).first().copied() else { return };
        let Some(known) = self.trunks.all.get_mut(name) else { return };
        let Some(one) = &mut known.registration else { return };
        if one.sent.is_some() {
            return;
        }
        one.cseq += 1;
        let hop = self.outlet.way(target.transport, target.address);
        let user = escape_user(&account.user);
        let address = format!("<sip:{user}@{domain}>");
        let asked_s = account.register_s.max(one.least_s);
        let contact =
            format!("<{}>;expires={asked_s}", contact(&user, self.outlet.our_place(&hop)));
        let request = Request::new(&Method::Register, &format!("sip:{domain}"))
            .header(HeaderName::Via, via(&self.outlet, &mut self.random, &hop))
            .header(HeaderName::MaxForwards, MAX_FORWARDS.to_string())
            .header(HeaderName::From, format!("{address};tag={}", one.from_tag))
            .header(HeaderName::To, address)
            .header(HeaderName::CallId, &one.call_id)
            .header(HeaderName::CSeq, format!("{} REGISTER", one.cseq))
            .header(HeaderName::Contact, contact)
            .header(HeaderName::Expires, asked_s.to_string())
            .header(HeaderName::UserAgent, crate::PRODUCT);
        let request = match proof {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let request = crate::with_abilities(request).build();
        one.hop = Some(hop.clone());
        let user = User::Registration(name.clone());
        let sent = request.clone();
        let transaction = self.clients.start(&mut self.outlet, now, request, hop, user);
        let Some(transaction) = transaction else {
            return self.registration_failed(now, name, target.address, (false, None));
        };
        one.sent = Some(Sent { transaction, request: sent, to: target.address, asked_s });
        if known.targets.len() > 1 {
            self.outlet.timers.set(Timer::Register(name.clone()), now.instant + SILENCE);
        }
    }

    /// The carrier answered a REGISTER.
    pub(crate) fn registration_answered(&mut self, now: Now, name: &TrunkName, response: &Message) {
        let status = response.status().unwrap_or_default();
        if status < 200 {
            return;
        }
        let Some(known) = self.trunks.all.get_mut(name) else { return };
        let account = known.account.clone();
        let Some(one) = &mut known.registration else { return };
        let Some(sent) = one.sent.take() else { return };
        self.outlet.timers.clear(&Timer::Register(name.clone()));
        if let Some(account) = account
            && let Some(password) = &account.password
            && let Some(proof) = challenge::proof(
                &mut self.random,
                (&account.user, password),
                &sent.request,
                response,
            )
        {
            return self.send_register(now, name, Some(proof));
        }
        match status {
            200..=299 => {
                let ours = sent.request.contact().map(|contact| contact.uri.to_owned());
                let granted = granted(response, &ours.unwrap_or_default());
                let granted = granted.unwrap_or(sent.asked_s).min(sent.asked_s);
                one.failures = 0;
                one.outcome = Some(true);
                let again = Duration::from_secs(u64::from(granted / 2)).max(AGAIN_MIN);
                self.outlet.timers.set(Timer::Register(name.clone()), now.instant + again);
                self.tell_of_trunk(name);
            }
            423 if response.min_expires().is_some_and(|least| least > sent.asked_s) => {
                one.least_s = response.min_expires().unwrap_or(0).min(LEAST_MAX_S);
                self.send_register(now, name, None);
            }
            _ => {
                let reason = response.reason_phrase();
                tracing::warn!(
                    trunk = %name,
                    status,
                    %reason,
                    "the carrier refused our registration; look at the trunk's account"
                );
                let after = response.retry_after().map(|s| Duration::from_secs(u64::from(s)));
                self.registration_failed(now, name, sent.to, (status >= 500, after));
            }
        }
    }

    /// The carrier said nothing to what waits for it.
    pub(crate) fn registration_unanswered(&mut self, now: Now, name: &TrunkName) {
        let known = self.trunks.all.get_mut(name);
        let one = known.and_then(|known| known.registration.as_mut());
        let Some(sent) = one.and_then(|one| one.sent.take()) else { return };
        self.clients.abandon(&mut self.outlet, sent.transaction);
        tracing::warn!(trunk = %name, at = %sent.to, "the carrier does not answer REGISTER");
        self.registration_failed(now, name, sent.to, (true, None));
    }

    fn registration_failed(
        &mut self,
        now: Now,
        name: &TrunkName,
        at: SocketAddr,
        (is_addresss_fault, after): (bool, Option<Duration>),
    ) {
        if is_addresss_fault {
            self.trunks.failed(now, name, at, after.unwrap_or(AVOID));
        }
        let Some(known) = self.trunks.all.get_mut(name) else { return };
        let others = known.targets.len();
        let Some(one) = &mut known.registration else { return };
        one.outcome = Some(false);
        one.failures += 1;
        let pause = match usize::try_from(one.failures).unwrap_or(usize::MAX) {
            // Another address of the carrier's may take it.
            tried if is_addresss_fault && tried < others => Duration::from_secs(1),
            _ => after.unwrap_or(PAUSE * 2_u32.pow(one.failures.min(DOUBLINGS_MAX))),
        };
        let again = now.instant + pause.min(PAUSE_MAX);
        self.outlet.timers.set(Timer::Register(name.clone()), again);
        self.tell_of_trunk(name);
    }

    /// A connection is gone, and with it what carriers knew by it.
    pub(crate) fn register_again_after(&mut self, now: Now, flow: FlowId) {
        for (name, known) in &self.trunks.all {
            let by_flow = |one: &Registration| {
                one.hop == Some(Hop::Flow(flow)) && one.sent.is_none() && one.is_registered()
            };
            if known.registration.as_ref().is_some_and(by_flow) {
                self.outlet.timers.set(Timer::Register(name.clone()), now.instant + AFTER_LOSS);
            }
        }
    }
}

fn contact(user: &str, ours: SocketAddr) -> String {
    format!("sip:{user}@{ours}")
}

/// For how long the carrier knows our Contact.
fn granted(response: &Message, ours: &str) -> Option<u32> {
    let is_ours = |contact: &NameAddr<'_>| {
        let (theirs, ours) = (Uri::parse(contact.uri), Uri::parse(ours));
        match (theirs.as_ref().and_then(Uri::as_sip), ours.as_ref().and_then(Uri::as_sip)) {
            (Some(theirs), Some(ours)) => theirs.is_same(ours),
            _ => false,
        }
    };
    match response.contacts() {
        Ok(wire_sip::Contacts::List(contacts)) => {
            let found = contacts.iter().find(|contact| is_ours(contact));
            found.map(|contact| response.contact_expires(contact)).or_else(|| response.expires())
        }
        Ok(wire_sip::Contacts::All) | Err(_) => response.expires(),
    }
}

/// An address is given up after it, where there are others.
const SILENCE: Duration = Duration::from_secs(5);
/// However short a carrier grants it.
const AGAIN_MIN: Duration = Duration::from_secs(15);
/// The longest registration that a Min-Expires can make us ask for.
const LEAST_MAX_S: u32 = 86_400;
/// After a refusal; doubles with each one more.
const PAUSE: Duration = Duration::from_secs(15);
const PAUSE_MAX: Duration = Duration::from_secs(600);
const DOUBLINGS_MAX: u32 = 6;
/// A carrier that restarts closes every connection at once; not everybody need be first.
const AFTER_LOSS: Duration = Duration::from_secs(1);
