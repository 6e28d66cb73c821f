//! Who has a phone, and where (RFC 3261 10): one binding per configured Extension.
//!
//! A new Contact replaces the old one. A binding over a WebSocket or TLS lives and dies with its
//! connection, since there is no other way to its phone (RFC 5626, RFC 7118).

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

use model::{
    Dn, Now,
    config::{Configuration, DnKind},
    id::FlowId,
    sip::Transport,
};
use wire_sip::{Message, NameAddr, Uri};

use crate::{
    limits::{EXPIRES_MAX_S, EXPIRES_MIN_S},
    outlet::{Hop, Source, is_only_way},
};

/// All bindings.
#[derive(Debug, Default)]
pub(crate) struct Registrar {
    bindings: BTreeMap<Dn, Binding>,
}

/// Where a DN's phone is.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// The Contact's URI as registered: the Request-URI of calls to the phone.
    pub contact: String,
    /// The Contact's parameters but `expires`, to give back as they came.
    params: String,
    /// Where the REGISTER came from.
    pub hop: Hop,
    pub transport: Transport,
    pub remote: SocketAddr,
    call_id: String,
    cseq: u32,
    expires: Instant,
}

/// What a REGISTER did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Registered {
    /// A phone is there that was not, or another than before, which was reached by this hop.
    Bound(Option<Hop>),
    /// The last binding is gone.
    Gone,
    /// No binding to change, or it lives on.
    Unchanged,
    /// Refused with this code.
    Refused(u16),
}

impl Registrar {
    /// Carries out a REGISTER whose sender is known.
    pub fn register(
        &mut self,
        now: Now,
        dn: &Dn,
        request: &Message,
        source: &Source,
        expires_max: u32,
    ) -> Registered {
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        let is_late = self
            .bindings
            .get(dn)
            .is_some_and(|old| old.call_id == request.call_id() && cseq < old.cseq);
        let contacts = match request.contacts() {
            // RFC 3261 10.3, step 7: an older request must not undo a newer one.
            Ok(_) if is_late => return Registered::Refused(500),
            Ok(wire_sip::Contacts::All) => return self.remove_all(dn, request),
            Ok(wire_sip::Contacts::List(contacts)) => contacts,
            Err(_) => return Registered::Refused(400),
        };
        let lives = |contact: &&NameAddr<'_>| request.contact_expires(contact) > 0;
        let Some(contact) = contacts.iter().rfind(lives) else {
            return self.remove(dn, &contacts);
        };
        let expires = request.contact_expires(contact);
        if expires < EXPIRES_MIN_S {
            return Registered::Refused(423);
        }
        let lifetime = u64::from(expires.min(EXPIRES_MAX_S).min(expires_max));
        let params = contact.params.iter().filter(|param| !is_expires(param.name));
        let binding = Binding {
            contact: contact.uri.to_owned(),
            params: params.map(|param| written(&param)).collect(),
            hop: source.hop.clone(),
            transport: source.transport,
            remote: source.remote,
            call_id: request.call_id().to_owned(),
            cseq,
            expires: now.instant + std::time::Duration::from_secs(lifetime),
        };
        let old = self.bindings.insert(dn.clone(), binding);
        let new = self.bindings.get(dn).expect("inserted on the line above");
        match old {
            Some(old) if is_refresh(&old, new) => Registered::Unchanged,
            Some(old) => Registered::Bound(Some(old.hop)),
            None => Registered::Bound(None),
        }
    }

    /// The binding of a DN.
    pub fn find(&self, dn: &Dn) -> Option<&Binding> {
        self.bindings.get(dn)
    }

    /// The DN whose phone speaks from there; with several, the one that the message names.
    pub fn at(&self, source: &Source, named: Option<&Dn>) -> Option<&Dn> {
        let is_there = |binding: &Binding| match &source.hop {
            Hop::Flow(_) => binding.hop == source.hop,
            Hop::Udp(_) => binding.transport == Transport::Udp && binding.remote == source.remote,
        };
        let named = named.and_then(|dn| self.bindings.get_key_value(dn));
        let mut all = named.into_iter().chain(&self.bindings);
        all.find(|(_, binding)| is_there(binding)).map(|(dn, _)| dn)
    }

    /// Ends the bindings that nothing but this connection leads to.
    pub fn flow_closed(&mut self, flow: FlowId) -> Vec<Dn> {
        let lost =
            |binding: &Binding| binding.hop == Hop::Flow(flow) && is_only_way(binding.transport);
        self.take_if(|_, binding| lost(binding))
    }

    /// Ends the bindings of DNs that are not in the configuration any more.
    pub fn reconfigured(&mut self, configuration: &Configuration) -> Vec<Dn> {
        self.take_if(|dn, _| !is_extension(configuration, dn))
    }

    /// Ends a binding whose time is up.
    pub fn expire(&mut self, now: Now, dn: &Dn) -> bool {
        let is_over = self.bindings.get(dn).is_some_and(|binding| binding.expires <= now.instant);
        is_over && self.bindings.remove(dn).is_some()
    }

    /// Ends a binding; whether there was one.
    pub fn remove_binding(&mut self, dn: &Dn) -> bool {
        self.bindings.remove(dn).is_some()
    }

    /// All DNs that have a phone.
    pub fn registered(&self) -> impl Iterator<Item = &Dn> {
        self.bindings.keys()
    }

    fn remove_all(&mut self, dn: &Dn, request: &Message) -> Registered {
        // RFC 3261 10.2.2: `*` goes with Expires 0 alone.
        if request.expires() != Some(0) {
            return Registered::Refused(400);
        }
        match self.bindings.remove(dn) {
            Some(_) => Registered::Gone,
            None => Registered::Unchanged,
        }
    }

    fn remove(&mut self, dn: &Dn, contacts: &[NameAddr<'_>]) -> Registered {
        let Some(binding) = self.bindings.get(dn) else { return Registered::Unchanged };
        if contacts.iter().any(|contact| is_same_uri(contact.uri, &binding.contact)) {
            self.bindings.remove(dn);
            return Registered::Gone;
        }
        Registered::Unchanged
    }

    fn take_if(&mut self, is_over: impl Fn(&Dn, &Binding) -> bool) -> Vec<Dn> {
        let all = self.bindings.iter();
        let over: Vec<_> =
            all.filter(|(dn, binding)| is_over(dn, binding)).map(|(dn, _)| dn.clone()).collect();
        self.bindings.retain(|dn, _| !over.contains(dn));
        over
    }
}

impl Binding {
    /// The Contact of the 200, with what is left of its time.
    pub fn contact_header(&self, now: Now) -> String {
        let left = self.expires.saturating_duration_since(now.instant);
        let seconds = left.as_millis().div_ceil(1000);
        format!("<{}>{};expires={seconds}", self.contact, self.params)
    }

    /// When it ends.
    pub fn expires(&self) -> Instant {
        self.expires
    }
}

/// Whether a DN is one that a phone can register.
pub(crate) fn is_extension(configuration: &Configuration, dn: &Dn) -> bool {
    configuration.dns.get(dn).is_some_and(|object| match object.kind {
        DnKind::Extension { .. } => true,
        DnKind::RoutePoint { .. } | DnKind::VirtualQueue => false,
    })
}

/// Over datagrams a NAT may change the port under a phone; a connection is another phone, or the
/// same page loaded again.
fn is_refresh(old: &Binding, new: &Binding) -> bool {
    let same_way = match (&old.hop, &new.hop) {
        (Hop::Udp(_), Hop::Udp(_)) => true,
        (old_hop, new_hop) => old_hop == new_hop || !is_only_way(new.transport),
    };
    same_way && old.transport == new.transport && is_same_uri(&old.contact, &new.contact)
}

fn is_same_uri(a: &str, b: &str) -> bool {
    let (parsed_a, parsed_b) = (Uri::parse(a), Uri::parse(b));
    match (parsed_a.as_ref().and_then(Uri::as_sip), parsed_b.as_ref().and_then(Uri::as_sip)) {
        (Some(a), Some(b)) => a.is_same(b),
        _ => a == b,
    }
}

fn is_expires(name: &str) -> bool {
    name.eq_ignore_ascii_case("expires")
}

fn written(param: &wire_sip::Param<'_>) -> String {
    let value = param.value.map(|value| format!("={}", wire_sip::text(value)));
    format!(";{}{}", param.name, value.unwrap_or_default())
}
