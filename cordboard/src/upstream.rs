//! The SIP server in front of which we stand, as the configuration file has it.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::Context;
use model::{Configuration, TrunkName, config::Trunk};
use signaling::Upstream;

use crate::config;

/// Looks it up, and has the site know it as a trunk that takes its calls.
///
/// # Errors
/// When its name leads nowhere.
pub fn join(
    settings: Option<&config::Upstream>,
    site: &mut Configuration,
) -> anyhow::Result<Option<Upstream>> {
    let Some(settings) = settings else { return Ok(None) };
    let (host, port) = parts(&settings.sip).with_context(|| {
        format!(
            "upstream.sip = {:?} is no address of a SIP server; write one such as \
             \"sip:sipserver.example.com:5060\"",
            settings.sip
        )
    })?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = found(bare, port).with_context(|| {
        format!("upstream.sip: nobody knows the address of {host}; look at the name and at DNS")
    })?;
    // Whoever calls from there is the upstream, and no other trunk.
    for other in site.trunks.values_mut() {
        other.accept_from.retain(|ip| *ip != address.ip());
    }
    let trunk = TrunkName::from(TRUNK);
    let known = site.trunks.remove(&trunk).unwrap_or_default();
    let standing = Trunk {
        contact: address.to_string(),
        accept_from: vec![address.ip()],
        probe_s: if known.probe_s == 0 { PROBE_S } else { known.probe_s },
        ..known
    };
    site.trunks.insert(trunk.clone(), standing);
    let domain = settings.domain.clone().unwrap_or_else(|| host.to_owned());
    Ok(Some(Upstream { address, domain, trunk }))
}

/// IPv4 first: that is what SIP servers of sites have.
fn found(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    let mut all: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    all.sort_by_key(SocketAddr::is_ipv6);
    all.first().copied().context("no address")
}

/// Host and port of `sip:host:port`, `sip:host` or the same without the scheme.
fn parts(sip: &str) -> Option<(&str, u16)> {
    let place = sip.strip_prefix("sip:").unwrap_or(sip);
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (place, SIP_PORT),
    };
    let is_host = !host.is_empty() && !host.contains(['@', ';', '/', ' ']);
    is_host.then_some((host, port))
}

const PROBE_S: u32 = 30;
const SIP_PORT: u16 = 5060;
/// Its name among the trunks.
const TRUNK: &str = "upstream";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn joined(sip: &str) -> anyhow::Result<(Upstream, Configuration)> {
        let mut site = Configuration::default();
        let settings = config::Upstream { sip: sip.into(), domain: None };
        join(Some(&settings), &mut site).map(|upstream| (upstream.unwrap(), site))
    }

    #[test]
    fn the_upstream_is_a_trunk_that_takes_its_calls() {
        let (upstream, site) = joined("sip:127.0.0.1:5090").unwrap();
        assert_eq!(upstream.address.to_string(), "127.0.0.1:5090");
        assert_eq!(upstream.domain, "127.0.0.1");
        let trunk = &site.trunks["upstream"];
        assert_eq!((trunk.contact.as_str(), trunk.accept_from.len()), ("127.0.0.1:5090", 1));
        assert_eq!(joined("localhost").unwrap().0.address.port(), 5060);
        assert_eq!(joined("sip:[::1]:5061").unwrap().0.address.to_string(), "[::1]:5061");
    }

    #[test]
    fn what_is_no_address_is_told_with_one_that_is() {
        for sip in ["", "sip:", "sip:host:x", "sip:user@host", "sip:no-such-host.invalid"] {
            let told = format!("{:#}", joined(sip).unwrap_err());
            assert!(told.starts_with("upstream.sip"), "{told}");
        }
    }
}
