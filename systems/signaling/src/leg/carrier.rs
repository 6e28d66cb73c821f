//! A call by a trunk: the number as its carrier writes it, the carrier's addresses one after the
//! other (RFC 3263 4.3), and where its redirections lead.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use model::{
    LegId, Now, TrunkName,
    config::{AssertedIdentity, Contact, DnKind, TSERVER, Trunk},
    leg::{Cause, LegFact},
    media::LegKind,
};
use wire_sip::{Message, Uri, escape_user};

use super::{
    Closing, Leg, Stage,
    outgoing::{Called, Calling, Dial, trunk_codecs, wants_srtp},
    session::Session,
};
use crate::{
    Signaling,
    dialog::{Path, raw_user},
    outlet::Source,
    timers::{LegTimer, Timer},
    transaction::client::User,
    trunk::{AVOID, Target, uri_host},
};

/// The way of a call by a trunk.
#[derive(Debug)]
pub(crate) struct Carrier {
    name: TrunkName,
    /// Whom it is asked of now.
    at: SocketAddr,
    /// Who is asked next.
    others: VecDeque<Target>,
    redirections: u8,
}

impl Signaling {
    /// Calls an outside number.
    pub(crate) fn dial(&mut self, now: Now, dial: Dial) {
        let Dial { leg, trunk: name, number, uuid, from, from_name } = dial;
        let configuration = self.configuration.clone();
        let found = configuration.trunks.get(&name);
        let mut targets = VecDeque::from(self.trunks.targets(now, &name));
        let (Some(trunk), Some(first)) = (found, targets.pop_front()) else {
            return self.outlet.say(LegFact::Ended { leg, cause: Cause::Unreachable });
        };
        let Some(host) = uri_host(trunk) else {
            return self.outlet.say(LegFact::Ended { leg, cause: Cause::Unreachable });
        };
        let target = format!("sip:{}@{host}", escape_user(&trunk.numbers.written(&number)));
        let called = Called {
            dn: None,
            kind: LegKind::Plain,
            codecs: trunk_codecs(Some(trunk)),
            is_secured: wants_srtp(&trunk.options),
            path: self.path_by(&first),
            to: format!("<{target}>"),
            target,
            resume: false,
            carrier: Some(Carrier { name, at: first.address, others: targets, redirections: 0 }),
        };
        let from = self.shown_by(trunk, &from);
        let calling = Calling {
            uuid,
            from,
            from_name,
            domain: trunk.account.as_ref().map(|_| host),
            contact_user: trunk.account.as_ref().map(|account| account.user.clone()),
            is_asserted: trunk.identity == AssertedIdentity::Trusted,
        };
        self.call_out(leg, called, &calling);
    }

    /// The caller's number as the carrier shall see it: that of the DN (option `cpn`), the trunk's
    /// for DNs of ours, or else the caller's own.
    fn shown_by(&self, trunk: &Trunk, from: &str) -> String {
        let own = self.configuration.dns.get(from);
        let own_number = own.and_then(|dn| dn.options.get(TSERVER)?.get("cpn"));
        let is_ours = own.is_some_and(|dn| match dn.kind {
            DnKind::Extension { .. } | DnKind::RoutePoint { .. } => true,
            DnKind::VirtualQueue => false,
        });
        let trunks = trunk.numbers.caller.as_ref().filter(|_| is_ours);
        trunk.numbers.written(own_number.or(trunks).map_or(from, String::as_str))
    }

    fn path_by(&mut self, target: &Target) -> Path {
        let hop = self.outlet.way(target.transport, target.address);
        Path::Routed(Source { hop, remote: target.address, transport: target.transport })
    }

    /// The carrier has said nothing for long enough, or that it can't: its next address is asked.
    /// False when there is none, or when it is too late for another.
    pub(crate) fn ask_next_address(&mut self, now: Now, id: LegId, span: Option<u32>) -> bool {
        let Some(leg) = self.legs.get_mut(id) else { return false };
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return false };
        let Some(carrier) = &mut outgoing.carrier else { return false };
        let span = span.map_or(AVOID, |seconds| Duration::from_secs(u64::from(seconds)));
        self.trunks.failed(now, &carrier.name, carrier.at, span);
        if outgoing.has_provisional || !outgoing.early.is_empty() {
            return false;
        }
        let Some(next) = carrier.others.pop_front() else { return false };
        let (trunk, at) = (&carrier.name, next.address);
        tracing::info!(%trunk, %at, "asking the carrier's next address");
        carrier.at = next.address;
        self.begin_again(now, id, &next, None);
        true
    }

    /// Whoever was called says that the number is another one. A carrier may name one of its own;
    /// where a call goes otherwise is not the carrier's to say, and somebody has to pay for it.
    pub(crate) fn follow_redirection(&mut self, now: Now, id: LegId, response: &Message) -> bool {
        let Some(leg) = self.legs.get_mut(id) else { return false };
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return false };
        let Some(carrier) = &mut outgoing.carrier else {
            // A phone of ours: where its calls go is the switch's to say.
            let contact = response.contact();
            let target = contact.and_then(|contact| raw_user(contact.uri).map(str::to_owned));
            if let Some(target) = target.filter(|target| !target.is_empty()) {
                self.outlet.say(LegFact::Moved { leg: id, target });
            }
            return false;
        };
        let Some(trunk) = self.configuration.trunks.get(&carrier.name) else { return false };
        let (Some(contact), Some(host)) = (response.contact(), uri_host(trunk)) else {
            return false;
        };
        let Some(user) = raw_user(contact.uri).filter(|user| !user.is_empty()) else {
            return false;
        };
        let targets = self.trunks.targets(now, &carrier.name);
        let is_its_own = Uri::parse(contact.uri).is_some_and(|uri| {
            uri.as_sip().is_some_and(|uri| match uri.address() {
                Some(ip) => targets.iter().any(|target| target.address.ip() == ip),
                None => {
                    let named = Contact::parse(&trunk.contact).map(|contact| contact.host);
                    [Some(host.clone()), named]
                        .into_iter()
                        .flatten()
                        .any(|name| uri.host.eq_ignore_ascii_case(&name))
                }
            })
        });
        if !is_its_own || carrier.redirections >= REDIRECTIONS_MAX {
            let trunk = &carrier.name;
            tracing::warn!(%trunk, to = contact.uri, "a redirection is not followed");
            return false;
        }
        carrier.redirections += 1;
        let mut targets = VecDeque::from(targets);
        let Some(first) = targets.pop_front() else { return false };
        carrier.at = first.address;
        carrier.others = targets;
        let target = format!("sip:{user}@{host}");
        self.begin_again(now, id, &first, Some(target));
        true
    }

    /// The same call with a new INVITE. The old one lives on by itself while it is not answered:
    /// whatever still comes of it is cancelled or hung up.
    fn begin_again(&mut self, now: Now, id: LegId, next: &Target, target: Option<String>) {
        let path = self.path_by(next);
        let Some(mut leg) = self.legs.remove(id) else { return };
        let mut dialog = leg.dialog.again(path, &mut self.random);
        if let Some(target) = target {
            dialog.retarget(target);
        }
        let old = std::mem::replace(&mut leg.dialog, dialog);
        let Stage::Outgoing(outgoing) = &mut leg.stage else { return };
        outgoing.early.clear();
        outgoing.has_provisional = false;
        outgoing.min_se = None;
        let open = outgoing.invite.take().filter(|invite| self.clients.is_silent(*invite));
        let kind = leg.kind;
        self.legs.insert(leg);
        if let Some(invite) = open {
            let ghost = self.legs.draw_id();
            let reason = super::close::reason(Cause::Redirected);
            self.clients.belongs_to(invite, User::Invite(ghost));
            self.legs.insert(Leg {
                id: ghost,
                dialog: old,
                dn: None,
                kind,
                has_media: false,
                asked: VecDeque::new(),
                local_sdp: None,
                remote_sdp: None,
                allows_update: false,
                session: Session::default(),
                stage: Stage::Closing(Closing::Cancelling { invite, is_cancelled: false, reason }),
            });
        }
        self.invite_now(now, id);
    }

    /// Starts the clock for an INVITE that a carrier has to say something to.
    pub(crate) fn expect_a_word(&mut self, now: Now, id: LegId) {
        self.outlet.timers.set(Timer::Leg(id, LegTimer::Silence), now.instant + SILENCE);
    }

    /// Nothing came back of an INVITE to a carrier.
    pub(crate) fn carrier_is_silent(&mut self, now: Now, id: LegId) {
        if !self.ask_next_address(now, id, None) {
            self.release(now, id, Cause::Unreachable);
        }
    }
}

/// A carrier says 100 within a fifth of a second. By now the INVITE went out four times.
const SILENCE: Duration = Duration::from_secs(5);
/// RFC 3261 8.1.3.4 leaves it to us.
const REDIRECTIONS_MAX: u8 = 5;
