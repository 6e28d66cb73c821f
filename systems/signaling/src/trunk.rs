//! Whether trunks are there: OPTIONS probes (option `oos-check`).

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use model::{Now, TrunkName};
use wire_sip::{HeaderName, Method, Request};

use crate::{
    Output, Signaling,
    dialog::{TAG_DIGITS, via},
    limits::MAX_FORWARDS,
    outlet::Hop,
    timers::Timer,
    transaction::client::User,
};

/// What is known of the trunks' health.
#[derive(Debug, Default)]
pub(crate) struct Trunks {
    up: BTreeMap<TrunkName, bool>,
    /// Those with a probe in flight or due.
    probed: Vec<TrunkName>,
}

impl Signaling {
    /// Starts probing new trunks and stops at those that are gone.
    pub(crate) fn reconfigure_trunks(&mut self, now: Now) {
        let configuration = self.configuration.clone();
        let is_probed =
            |name: &TrunkName| configuration.trunks.get(name).is_some_and(|t| t.probe_s > 0);
        for name in std::mem::take(&mut self.trunks.probed) {
            if is_probed(&name) {
                self.trunks.probed.push(name);
            } else {
                self.outlet.timers.clear(&Timer::Probe(name.clone()));
                self.trunks.up.remove(&name);
            }
        }
        for name in configuration.trunks.keys().filter(|name| is_probed(name)) {
            if !self.trunks.probed.contains(name) {
                self.trunks.probed.push(name.clone());
                self.outlet.timers.set(Timer::Probe(name.clone()), now.instant);
            }
        }
    }

    /// Asks a trunk whether it is there.
    pub(crate) fn probe(&mut self, now: Now, name: TrunkName) {
        let Some(trunk) = self.configuration.trunks.get(&name) else { return };
        let again = now.instant + Duration::from_secs(u64::from(trunk.probe_s));
        let contact = trunk.contact.clone();
        self.outlet.timers.set(Timer::Probe(name.clone()), again);
        let Some(address) = address_of(&contact) else {
            return self.trunk_is(name, false);
        };
        let hop = Hop::Udp(address);
        let ours = format!("<sip:{}>", self.outlet.advertised);
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
        self.clients.start(&mut self.outlet, now, request, hop, User::Probe(name));
    }

    /// What a probe found. Any answer but 503 means that someone is there.
    pub(crate) fn trunk_is(&mut self, name: TrunkName, up: bool) {
        if !self.trunks.probed.contains(&name) || self.trunks.up.get(&name) == Some(&up) {
            return;
        }
        tracing::info!(trunk = %name, up, "trunk changed");
        self.trunks.up.insert(name.clone(), up);
        self.outlet.outputs.push_back(Output::Trunk { name, up });
    }
}

/// `host:port` or `host`, perhaps as a URI; addresses alone.
pub(crate) fn address_of(contact: &str) -> Option<SocketAddr> {
    let uri =
        if contact.starts_with("sip:") { contact.to_owned() } else { format!("sip:{contact}") };
    crate::route::literal(&uri).map(|(_, address)| address)
}
