//! Trunks: where carriers are (RFC 3263), whether they are there (option `oos-check`), and who is
//! asked next when one is not.
//!
//! A carrier is one address or, by a name, several. Names are looked up ahead of time and again
//! when what the DNS said is over; a call never waits for the DNS, and what was known goes on
//! being used while it does not answer.

mod challenge;
mod registration;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use model::{
    Now, TrunkName,
    config::{self, Account, Contact},
    sip::{SipOutput, Transport},
};
use wire_sip::{HeaderName, Method, Request};

use self::registration::Registration;
use crate::{
    Output, Signaling,
    dialog::{TAG_DIGITS, via},
    limits::MAX_FORWARDS,
    timers::Timer,
    transaction::client::User,
};

/// What is known of the trunks.
#[derive(Debug, Default)]
pub(crate) struct Trunks {
    all: BTreeMap<TrunkName, Known>,
}

#[derive(Debug)]
struct Known {
    contact: Contact,
    account: Option<Account>,
    probe_s: u32,
    targets: Vec<Target>,
    registration: Option<Registration>,
    /// What was said of it last.
    told: Option<bool>,
}

/// One address of a carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub transport: Transport,
    pub address: SocketAddr,
    /// What its last probe found.
    is_up: Option<bool>,
    /// It failed a call, and others come first until then.
    avoid_until: Option<Instant>,
}

impl Target {
    fn new((transport, address): (Transport, SocketAddr)) -> Self {
        Self { transport, address, is_up: None, avoid_until: None }
    }
}

impl Trunks {
    /// The addresses of a trunk, in the order in which a call tries them.
    pub fn targets(&self, now: Now, name: &TrunkName) -> Vec<Target> {
        let mut targets = self.all.get(name).map(|known| known.targets.clone()).unwrap_or_default();
        targets.sort_by_key(|target| {
            target.is_up == Some(false) || target.avoid_until.is_some_and(|at| at > now.instant)
        });
        targets
    }

    /// A call found nobody at an address.
    pub fn failed(&mut self, now: Now, name: &TrunkName, address: SocketAddr, span: Duration) {
        let known = self.all.get_mut(name);
        for target in known.into_iter().flat_map(|known| &mut known.targets) {
            if target.address == address {
                target.avoid_until = Some(now.instant + span.min(AVOID_MAX));
            }
        }
    }

    /// The trunk that speaks from an address, of those at whose carrier we are registered: its
    /// calls come from where we registered, without being announced otherwise.
    pub fn registered_at(&self, source: IpAddr) -> Option<&TrunkName> {
        let at = |known: &&Known| known.targets.iter().any(|target| target.address.ip() == source);
        let mut registered = self.all.iter().filter(|(_, known)| known.registration.is_some());
        registered.find(|(_, known)| at(known)).map(|(name, _)| name)
    }

    /// Who we are to whoever is at an address.
    fn account_at(&self, remote: SocketAddr) -> Option<&Account> {
        let at = |known: &&Known| known.targets.iter().any(|target| target.address == remote);
        self.all.values().find(at)?.account.as_ref()
    }

    /// How many carriers know where we are.
    pub fn registered_count(&self) -> usize {
        let registrations = self.all.values().filter_map(|known| known.registration.as_ref());
        registrations.filter(|registration| registration.is_registered()).count()
    }
}

impl Known {
    /// Whether it can be called, as far as that is looked at.
    fn health(&self) -> Option<bool> {
        let probed = match self.probe_s {
            0 => Some(true),
            _ if self.targets.iter().any(|target| target.is_up == Some(true)) => Some(true),
            _ if self.targets.iter().all(|target| target.is_up == Some(false)) => Some(false),
            _ => None,
        };
        let registered = match &self.registration {
            None => Some(true),
            Some(registration) => registration.outcome(),
        };
        match (probed, registered) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            (None, _) | (_, None) => None,
        }
    }

    fn is_watched(&self) -> bool {
        self.probe_s > 0 || self.registration.is_some()
    }
}

impl Signaling {
    /// Takes trunks as they are configured now: new ones are looked up, probed and registered at.
    pub(crate) fn reconfigure_trunks(&mut self, now: Now) {
        let configuration = self.configuration.clone();
        let is_same = |name: &TrunkName, known: &Known| {
            configuration.trunks.get(name).is_some_and(|trunk| {
                Contact::parse(&trunk.contact).as_ref() == Some(&known.contact)
                    && trunk.account == known.account
            })
        };
        let known = std::mem::take(&mut self.trunks.all);
        for (name, known) in known {
            if is_same(&name, &known) {
                self.trunks.all.insert(name, known);
            } else {
                for timer in [
                    Timer::Probe(name.clone()),
                    Timer::Register(name.clone()),
                    Timer::Resolve(name.clone()),
                ] {
                    self.outlet.timers.clear(&timer);
                }
            }
        }
        for (name, trunk) in &configuration.trunks {
            if !self.trunks.all.contains_key(name) {
                self.new_trunk(now, name, trunk);
            }
            self.reconfigure_probe(now, name, trunk.probe_s);
        }
        self.let_carriers_in();
    }

    /// Has the door know where carriers speak from.
    fn let_carriers_in(&mut self) {
        let announced = self.configuration.trunks.values().flat_map(|trunk| &trunk.accept_from);
        let targets = self.trunks.all.values().flat_map(|known| &known.targets);
        let all = announced.copied().chain(targets.map(|target| target.address.ip())).collect();
        for source in self.door.carriers_are(all) {
            let span = Duration::ZERO;
            self.outlet.outputs.push_back(Output::Sip(SipOutput::ShutOut { source, span }));
        }
    }

    fn new_trunk(&mut self, now: Now, name: &TrunkName, trunk: &config::Trunk) {
        let Some(contact) = Contact::parse(&trunk.contact) else { return };
        let targets: Vec<Target> = contact.address().map(Target::new).into_iter().collect();
        let is_found = !targets.is_empty();
        let registers = trunk.account.as_ref().is_some_and(|account| account.register_s > 0);
        let registration = registers.then(|| Registration::new(&mut self.random));
        let known = Known {
            contact,
            account: trunk.account.clone(),
            probe_s: 0,
            targets,
            registration,
            told: None,
        };
        self.trunks.all.insert(name.clone(), known);
        if !is_found {
            return self.look_up(now, name);
        }
        if registers {
            self.outlet.timers.set(Timer::Register(name.clone()), now.instant);
        }
    }

    fn reconfigure_probe(&mut self, now: Now, name: &TrunkName, probe_s: u32) {
        let Some(known) = self.trunks.all.get_mut(name) else { return };
        let before = std::mem::replace(&mut known.probe_s, probe_s);
        match (before, probe_s) {
            (0, 0) => {}
            (_, 0) => {
                for target in &mut known.targets {
                    target.is_up = None;
                }
                if known.registration.is_none() {
                    known.told = None;
                }
                self.outlet.timers.clear(&Timer::Probe(name.clone()));
            }
            (0, _) => self.outlet.timers.set(Timer::Probe(name.clone()), now.instant),
            _ => {}
        }
    }

    /// Asks the DNS where a trunk is, and again if it does not answer.
    pub(crate) fn look_up(&mut self, now: Now, name: &TrunkName) {
        let Some(known) = self.trunks.all.get(name) else { return };
        let contact = known.contact.clone();
        self.outlet.timers.set(Timer::Resolve(name.clone()), now.instant + DNS_PATIENCE);
        self.outlet.outputs.push_back(Output::Sip(SipOutput::Resolve { contact }));
    }

    /// What the DNS said of a name.
    pub(crate) fn resolved(
        &mut self,
        now: Now,
        contact: &Contact,
        found: &[(Transport, SocketAddr)],
        ttl_s: u32,
    ) {
        let names: Vec<TrunkName> = self
            .trunks
            .all
            .iter()
            .filter(|(_, known)| known.contact == *contact)
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            let Some(known) = self.trunks.all.get_mut(&name) else { continue };
            let span = match found.is_empty() {
                true => {
                    let host = &contact.host;
                    tracing::warn!(trunk = %name, %host, "the DNS knows no such host");
                    if known.targets.is_empty() && known.told != Some(false) {
                        known.told = Some(false);
                        let down = Output::Trunk { name: name.clone(), up: false };
                        self.outlet.outputs.push_back(down);
                    }
                    DNS_PATIENCE
                }
                false => Duration::from_secs(u64::from(ttl_s)).clamp(DNS_LIFE_MIN, DNS_LIFE_MAX),
            };
            self.outlet.timers.set(Timer::Resolve(name.clone()), now.instant + span);
            self.moved(now, &name, found);
        }
        self.let_carriers_in();
        if !found.is_empty() {
            self.outlet.is_called(&contact.host, found.iter().map(|(_, address)| *address));
        }
    }

    /// A trunk is at these addresses from now on.
    fn moved(&mut self, now: Now, name: &TrunkName, found: &[(Transport, SocketAddr)]) {
        let Some(known) = self.trunks.all.get_mut(name).filter(|_| !found.is_empty()) else {
            return;
        };
        let was_nowhere = known.targets.is_empty();
        let before = std::mem::take(&mut known.targets);
        known.targets = found
            .iter()
            .take(TARGETS_MAX)
            .map(|&(transport, address)| {
                let same = |old: &&Target| (old.transport, old.address) == (transport, address);
                before.iter().find(same).copied().unwrap_or(Target::new((transport, address)))
            })
            .collect();
        if !was_nowhere {
            return;
        }
        if !known.is_watched() {
            known.told = None;
        }
        if known.probe_s > 0 {
            self.outlet.timers.set(Timer::Probe(name.clone()), now.instant);
        }
        if known.registration.is_some() {
            self.outlet.timers.set(Timer::Register(name.clone()), now.instant);
        }
    }

    /// Asks every address of a trunk whether somebody is there.
    pub(crate) fn probe(&mut self, now: Now, name: &TrunkName) {
        let Some(known) = self.trunks.all.get(name) else { return };
        let again = now.instant + Duration::from_secs(u64::from(known.probe_s));
        let targets = known.targets.clone();
        self.outlet.timers.set(Timer::Probe(name.clone()), again);
        for Target { transport, address, .. } in targets {
            let hop = self.outlet.way(transport, address);
            let ours = format!("<sip:{}>", self.outlet.our_place(&hop));
            let request = Request::new(&Method::Options, &format!("sip:{address}"))
                .header(HeaderName::Via, via(&self.outlet, &mut self.random, &hop))
                .header(HeaderName::MaxForwards, MAX_FORWARDS.to_string())
                .header(HeaderName::From, format!("{ours};tag={}", self.random.hex(TAG_DIGITS)))
                .header(HeaderName::To, format!("<sip:{address}>"))
                .header(HeaderName::CallId, self.random.hex(TAG_DIGITS * 2))
                .header(HeaderName::CSeq, "1 OPTIONS")
                .header(HeaderName::Contact, &ours)
                .header(HeaderName::Accept, crate::leg::SDP)
                .build();
            let user = User::Probe(name.clone(), address);
            self.clients.start(&mut self.outlet, now, request, hop, user);
        }
    }

    /// What a probe found. Any answer but 503 means that someone is there.
    pub(crate) fn target_is(&mut self, name: &TrunkName, address: SocketAddr, up: bool) {
        let Some(known) = self.trunks.all.get_mut(name).filter(|known| known.probe_s > 0) else {
            return;
        };
        for target in known.targets.iter_mut().filter(|target| target.address == address) {
            target.is_up = Some(up);
            if up {
                target.avoid_until = None;
            }
        }
        self.tell_of_trunk(name);
    }

    /// Says whether a trunk is there, when that has changed.
    fn tell_of_trunk(&mut self, name: &TrunkName) {
        let Some(known) = self.trunks.all.get_mut(name).filter(|known| known.is_watched()) else {
            return;
        };
        let Some(up) = known.health().filter(|up| known.told != Some(*up)) else { return };
        known.told = Some(up);
        tracing::info!(trunk = %name, up, "trunk changed");
        self.outlet.outputs.push_back(Output::Trunk { name: name.clone(), up });
    }
}

/// The host of a trunk's URIs: the carrier's name, or where it is.
pub(crate) fn uri_host(trunk: &config::Trunk) -> Option<String> {
    if let Some(domain) = &trunk.domain {
        return Some(domain.clone());
    }
    let contact = Contact::parse(&trunk.contact)?;
    let host = contact.uri_host();
    // An address is said as it is reached; a name stands for whatever the DNS says of it.
    let port = contact.port.or_else(|| contact.address().map(|(_, address)| address.port()));
    Some(port.map_or(host.clone(), |port| format!("{host}:{port}")))
}

/// How long an address that failed a call comes last.
pub(crate) const AVOID: Duration = Duration::from_secs(30);
/// The longest that a Retry-After has us stay away.
const AVOID_MAX: Duration = Duration::from_secs(600);
/// Addresses of one carrier.
const TARGETS_MAX: usize = 16;
const DNS_PATIENCE: Duration = Duration::from_secs(30);
const DNS_LIFE_MIN: Duration = Duration::from_secs(10);
const DNS_LIFE_MAX: Duration = Duration::from_secs(3600);
