//! Phones watch one another (RFC 6665): whose line is busy (`dialog`, RFC 4235), who can be called
//! (`presence`, RFC 3856 with 3863), who is registered (`reg`, RFC 3680).
//!
//! Any phone of the site may watch any DN of it; nobody else may. A watcher is told the whole state
//! each time, and never twice at once: what changes while a NOTIFY is on its way goes with the
//! next one, so that a lamp never costs more than its line does.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use model::{
    Dn, LegId, Now,
    leg::{FIRST_OFFERED_LEG, LegFact},
};
use wire_sip::{HeaderName, Message, Method};

use crate::{
    Signaling,
    dialog::{Dialog, Path, TAG_DIGITS},
    door::Offence,
    leg::{Leg, Stage},
    limits::{EXPIRES_MAX_S, EXPIRES_MIN_S, RETRY_AFTER_S, WATCHES_EACH_MAX, WATCHES_MAX},
    outlet::{Hop, Source, is_only_way},
    proof::Proof,
    registrar::is_extension,
    timers::Timer,
    transaction::{TransactionId, client::User},
};

/// One subscription, by our own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WatchId(u64);

/// All subscriptions.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    all: BTreeMap<WatchId, Watch>,
    /// By Call-ID and our own tag.
    by_dialog: BTreeMap<(String, String), WatchId>,
    by_dn: BTreeMap<Dn, BTreeSet<WatchId>>,
    next: u64,
}

#[derive(Debug)]
struct Watch {
    dialog: Dialog,
    /// Who watches.
    by: Dn,
    /// Whom.
    dn: Dn,
    package: Package,
    until: Instant,
    version: u32,
    /// What was said last, without its version.
    said: String,
    /// A NOTIFY is on its way.
    awaits_answer: bool,
}

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Package {
    Dialog,
    Presence,
    Registration,
}

impl Package {
    fn parse(token: &str) -> Option<Self> {
        match token {
            "dialog" => Some(Self::Dialog),
            "presence" => Some(Self::Presence),
            "reg" => Some(Self::Registration),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Dialog => "dialog",
            Self::Presence => "presence",
            Self::Registration => "reg",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Dialog => "application/dialog-info+xml",
            Self::Presence => "application/pidf+xml",
            Self::Registration => "application/reginfo+xml",
        }
    }
}

impl Watches {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    fn find(&self, request: &Message) -> Option<WatchId> {
        let key = (request.call_id().to_owned(), request.to_tag()?.to_owned());
        let id = self.by_dialog.get(&key)?;
        let watch = self.all.get(id)?;
        watch.dialog.is_peer(request.from_tag()).then_some(*id)
    }

    fn insert(&mut self, watch: Watch) -> WatchId {
        self.next += 1;
        let id = WatchId(self.next);
        let key = (watch.dialog.call_id.clone(), watch.dialog.local_tag.clone());
        self.by_dialog.insert(key, id);
        self.by_dn.entry(watch.dn.clone()).or_default().insert(id);
        self.all.insert(id, watch);
        id
    }

    fn remove(&mut self, id: WatchId) -> Option<Watch> {
        let watch = self.all.remove(&id)?;
        let key = (watch.dialog.call_id.clone(), watch.dialog.local_tag.clone());
        self.by_dialog.remove(&key);
        if let Some(watches) = self.by_dn.get_mut(&watch.dn) {
            watches.remove(&id);
            if watches.is_empty() {
                self.by_dn.remove(&watch.dn);
            }
        }
        Some(watch)
    }
}

impl Signaling {
    /// SUBSCRIBE outside of any dialog.
    pub(crate) fn subscribing(
        &mut self,
        now: Now,
        id: TransactionId,
        request: &Message,
        source: &Source,
    ) {
        let event = request.event();
        let Some(package) = event.and_then(|event| Package::parse(event.token)) else {
            return self.reply_to(now, id, 489, |r| {
                r.header(HeaderName::AllowEvents, crate::WATCHED_EVENTS)
            });
        };
        let Some(by) = self.watcher(now, id, request, source) else { return };
        let user = request.uri().as_ref().and_then(wire_sip::Uri::user).unwrap_or_default();
        let dn = Dn::from(user.into_owned());
        if !is_extension(&self.configuration, &dn) {
            return self.reply_to(now, id, 404, |response| response);
        }
        let expires = request.expires().unwrap_or(EXPIRES_USUAL_S).min(EXPIRES_MAX_S);
        if (1..EXPIRES_MIN_S).contains(&expires) {
            let least = EXPIRES_MIN_S.to_string();
            return self.reply_to(now, id, 423, |r| r.header(HeaderName::MinExpires, least));
        }
        let own = self.watches.all.values().filter(|watch| watch.by == by).count();
        if own >= WATCHES_EACH_MAX || self.watches.count() >= WATCHES_MAX {
            let seconds = RETRY_AFTER_S.to_string();
            return self.reply_to(now, id, 503, |r| r.header(HeaderName::RetryAfter, seconds));
        }
        let path = match source.hop {
            Hop::Flow(flow) if is_only_way(source.transport) => Path::Flow(flow),
            Hop::Flow(_) => Path::Routed(source.clone()),
            Hop::Udp(remote) => Path::Proven(remote),
        };
        let tag = self.random.hex(TAG_DIGITS);
        let Ok(dialog) = Dialog::of_request(request, path, tag.clone(), 0) else {
            return self.reply_to(now, id, 400, |response| response);
        };
        let contact = dialog.contact(&self.outlet, &source.hop);
        self.reply_to(now, id, 200, |response| {
            response
                .to_tag(&tag)
                .header(HeaderName::Contact, contact)
                .header(HeaderName::Expires, expires.to_string())
        });
        let until = now.instant + Duration::from_secs(expires.into());
        let watch = Watch {
            dialog,
            by,
            dn,
            package,
            until,
            version: 0,
            said: String::new(),
            awaits_answer: false,
        };
        let watch = self.watches.insert(watch);
        self.granted(now, watch, expires);
    }

    /// SUBSCRIBE, or whatever else, in the dialog of a subscription. False: in none that we know.
    pub(crate) fn in_subscription(
        &mut self,
        now: Now,
        id: TransactionId,
        request: &Message,
        source: &Source,
    ) -> bool {
        let Some(known) = self.watches.find(request) else { return false };
        let Some(watch) = self.watches.all.get_mut(&known) else { return false };
        watch.dialog.proven_by(source);
        if !watch.dialog.accept_cseq(request) {
            self.reply_to(now, id, 500, |response| response);
            return true;
        }
        if request.method() != Some(&Method::Subscribe) {
            self.reply_to(now, id, 405, |r| r.header(HeaderName::Allow, "SUBSCRIBE"));
            return true;
        }
        let expires = request.expires().unwrap_or(EXPIRES_USUAL_S).min(EXPIRES_MAX_S);
        if (1..EXPIRES_MIN_S).contains(&expires) {
            let least = EXPIRES_MIN_S.to_string();
            self.reply_to(now, id, 423, |r| r.header(HeaderName::MinExpires, least));
            return true;
        }
        watch.dialog.refresh_target(request);
        watch.until = now.instant + Duration::from_secs(expires.into());
        let contact = watch.dialog.contact(&self.outlet, &source.hop);
        self.reply_to(now, id, 200, |response| {
            response
                .header(HeaderName::Contact, contact)
                .header(HeaderName::Expires, expires.to_string())
        });
        self.granted(now, known, expires);
        true
    }

    /// A watch goes on for so long, or ends; either way its state is told now (RFC 6665 4.2.1.2).
    fn granted(&mut self, now: Now, id: WatchId, expires: u32) {
        if expires == 0 {
            return self.end_watch(now, id);
        }
        let Some(watch) = self.watches.all.get_mut(&id) else { return };
        watch.said.clear();
        self.outlet.timers.set(Timer::Watch(id), watch.until);
        self.tell_watcher(now, id);
    }

    /// Whose phone a request comes from: known by where it is, or by its password.
    fn watcher(
        &mut self,
        now: Now,
        id: TransactionId,
        request: &Message,
        source: &Source,
    ) -> Option<Dn> {
        let from = request.from().ok();
        let from = from.and_then(|from| from.uri().user().map(|user| Dn::from(user.into_owned())));
        if let Some(dn) = self.registrar.at(source, from.as_ref()) {
            return Some(dn.clone());
        }
        let configuration = self.configuration.clone();
        let Some(dn) = from.filter(|dn| is_extension(&configuration, dn)) else {
            self.offended(now, source, Offence::UnknownDn);
            self.reply_to(now, id, 403, |response| response);
            return None;
        };
        match self.guard.prove(now, &configuration, &dn, request, source) {
            Proof::Given if request.header(HeaderName::Authorization).is_some() => Some(dn),
            Proof::Given => {
                // Without a password a phone is known by its registration alone.
                self.reply_to(now, id, 403, |response| response);
                None
            }
            proof @ (Proof::Challenge(_) | Proof::Wait(_) | Proof::Wrong) => {
                self.demand_proof(now, id, &dn, proof, source);
                None
            }
        }
    }

    /// Tells those who watch what has changed since they were told last.
    pub(crate) fn tell_watchers(&mut self, now: Now) {
        let mut changed: BTreeSet<Dn> = self.legs.take_touched().into_iter().collect();
        for fact in self.outlet.take_news() {
            match fact {
                News::Dn(dn) => {
                    changed.insert(dn);
                }
                News::Leg(leg) => {
                    changed.extend(self.legs.get(leg).and_then(|leg| leg.dn.clone()));
                }
            }
        }
        for dn in changed {
            let watches = self.watches.by_dn.get(&dn);
            let watches: Vec<WatchId> = watches.into_iter().flatten().copied().collect();
            watches.into_iter().for_each(|watch| self.tell_watcher(now, watch));
        }
    }

    /// Says to one watcher what there is to say, unless it is being told something already.
    fn tell_watcher(&mut self, now: Now, id: WatchId) {
        let Some(watch) = self.watches.all.get(&id).filter(|watch| !watch.awaits_answer) else {
            return;
        };
        let body = self.state_of(watch.package, &watch.dn);
        if body == watch.said {
            return;
        }
        let left = watch.until.saturating_duration_since(now.instant).as_secs();
        self.send_notify(now, id, &format!("active;expires={left}"), body);
    }

    fn send_notify(&mut self, now: Now, id: WatchId, state: &str, body: String) {
        let Some(watch) = self.watches.all.get_mut(&id) else { return };
        let (notify, hop) =
            watch.dialog.request(&mut self.outlet, &mut self.random, &Method::Notify);
        let versioned = body.replacen(VERSION, &watch.version.to_string(), 1);
        let notify = notify
            .header(HeaderName::Contact, watch.dialog.contact(&self.outlet, &hop))
            .header(HeaderName::Event, watch.package.as_str())
            .header(HeaderName::SubscriptionState, state)
            .body(watch.package.media_type(), versioned)
            .build();
        watch.version += 1;
        watch.said = body;
        watch.awaits_answer = true;
        if self.clients.start(&mut self.outlet, now, notify, hop, User::Watch(id)).is_none() {
            self.forget_watch(id);
        }
    }

    /// A watcher answered: what has changed meanwhile is told now. One that knows nothing of its
    /// subscription has none any more (RFC 6665 4.2.2).
    pub(crate) fn watcher_answered(&mut self, now: Now, id: WatchId, status: u16) {
        if status < 200 {
            return;
        }
        let Some(watch) = self.watches.all.get_mut(&id) else { return };
        watch.awaits_answer = false;
        match status {
            200..=299 => self.tell_watcher(now, id),
            _ => self.forget_watch(id),
        }
    }

    /// A watch is over: by its time, or by its watcher's wish.
    pub(crate) fn end_watch(&mut self, now: Now, id: WatchId) {
        let Some(watch) = self.watches.all.get(&id) else { return };
        let body = self.state_of(watch.package, &watch.dn);
        self.send_notify(now, id, "terminated;reason=timeout", body);
        self.forget_watch(id);
    }

    /// Drops a watch without a word.
    pub(crate) fn forget_watch(&mut self, id: WatchId) {
        self.watches.remove(id);
        self.outlet.timers.clear(&Timer::Watch(id));
    }

    /// A connection is gone, and with it the watches that had no other way.
    pub(crate) fn watches_lost(&mut self, flow: model::id::FlowId) {
        let on_flow =
            |(id, watch): (&WatchId, &Watch)| (watch.dialog.flow() == Some(flow)).then_some(*id);
        let lost: Vec<WatchId> = self.watches.all.iter().filter_map(on_flow).collect();
        lost.into_iter().for_each(|id| self.forget_watch(id));
    }

    /// The whole state of a DN as a package says it, with [`VERSION`] where its number goes.
    fn state_of(&self, package: Package, dn: &Dn) -> String {
        let domain = xml(&self.configuration.switch.domain);
        let (entity, is_there) = (format!("{dn}@{domain}"), self.registrar.find(dn).is_some());
        let lines: Vec<&Leg> = self.legs.iter().filter(|leg| leg.dn.as_ref() == Some(dn)).collect();
        match package {
            Package::Dialog => {
                let lines: String = lines.iter().filter_map(|leg| line(leg)).collect();
                format!(
                    "{XML}<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" \
                     version=\"{VERSION}\" state=\"full\" entity=\"sip:{entity}\">{lines}\
                     </dialog-info>"
                )
            }
            Package::Presence => {
                let is_busy = lines.iter().any(|leg| line(leg).is_some());
                let basic = if is_there { "open" } else { "closed" };
                let note = match (is_there, is_busy) {
                    (true, true) => "On the phone",
                    (true, false) => "Available",
                    (false, _) => "Offline",
                };
                format!(
                    "{XML}<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:{entity}\">\
                     <tuple id=\"{dn}\"><status><basic>{basic}</basic></status><contact>\
                     sip:{entity}</contact><note>{note}</note></tuple></presence>"
                )
            }
            Package::Registration => {
                let (state, contact) = match self.registrar.find(dn) {
                    Some(binding) => {
                        let uri = xml(&binding.contact);
                        let contact = format!(
                            "<contact id=\"{dn}\" state=\"active\" event=\"registered\">\
                             <uri>{uri}</uri></contact>"
                        );
                        ("active", contact)
                    }
                    None => ("terminated", String::new()),
                };
                format!(
                    "{XML}<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" \
                     version=\"{VERSION}\" state=\"full\"><registration aor=\"sip:{entity}\" \
                     id=\"{dn}\" state=\"{state}\">{contact}</registration></reginfo>"
                )
            }
        }
    }
}

/// What may have changed for those who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Dn(Dn),
    Leg(LegId),
}

impl News {
    /// What a fact for the switch means here.
    pub fn of(fact: &LegFact) -> Option<Self> {
        match fact {
            LegFact::DnInService { dn } | LegFact::DnOutOfService { dn } => {
                Some(Self::Dn(dn.clone()))
            }
            LegFact::Answered { leg } | LegFact::Offered { leg, .. } | LegFact::Ringing { leg } => {
                Some(Self::Leg(*leg))
            }
            // What ends is told by the leg that is gone.
            LegFact::Digit { .. }
            | LegFact::EarlyMedia { .. }
            | LegFact::Ended { .. }
            | LegFact::Lost { .. }
            | LegFact::Moved { .. }
            | LegFact::PhoneDidNotAnswer { .. }
            | LegFact::Pressed { .. }
            | LegFact::Referred { .. } => None,
        }
    }
}

/// A call of a phone as RFC 4235 has it; `None`: it is over for its user.
fn line(leg: &Leg) -> Option<String> {
    let state = match &leg.stage {
        Stage::Closing(_) => return None,
        Stage::Confirmed(_) => "confirmed",
        Stage::Incoming(_) => "proceeding",
        Stage::Outgoing(outgoing) if outgoing.is_ringing => "early",
        Stage::Outgoing(_) => "trying",
    };
    let direction = if leg.id.0 >= FIRST_OFFERED_LEG { "initiator" } else { "recipient" };
    Some(format!(
        "<dialog id=\"{}\" direction=\"{direction}\"><state>{state}</state></dialog>",
        leg.id.0
    ))
}

fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n";
/// Stands for the version while states are compared: no document has it otherwise.
const VERSION: &str = "\u{1}";
/// RFC 4235 3.4 and RFC 3680 4.4 take an hour.
const EXPIRES_USUAL_S: u32 = 3_600;
