//! Where a carrier's name leads: NAPTR, SRV, A and AAAA (RFC 3263 4, RFC 2782).

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::rr::{
        RData, RecordType,
        rdata::{NAPTR, SRV},
    },
};
use model::{
    config::{Contact, default_port},
    sip::{SipInput, Transport},
};

use crate::Flows;

/// Somebody to ask: these servers, or those of this machine when there are none.
pub(crate) fn resolver(servers: &[SocketAddr]) -> Option<TokioResolver> {
    let builder = match servers {
        [] => TokioResolver::builder_tokio(),
        servers => {
            let servers = servers.iter().map(|server| {
                let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                for connection in &mut connections {
                    connection.port = server.port();
                }
                NameServerConfig::new(server.ip(), true, connections.into())
            });
            let config = ResolverConfig::from_name_servers(servers.collect());
            Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
        }
    };
    match builder.and_then(|builder| builder.build()) {
        Ok(resolver) => Some(resolver),
        Err(error) => {
            tracing::warn!(%error, "no DNS: trunks are reached by address alone");
            None
        }
    }
}

/// Asks, and tells signaling.
pub(crate) fn resolve(contact: Contact, flows: &Arc<Flows>) {
    let flows = flows.clone();
    tokio::spawn(async move {
        let mut search =
            Search { until: Instant::now() + LIFE_MAX, resolver: flows.resolver.as_ref() };
        let targets = search.targets(&contact).await;
        let ttl = search.until.saturating_duration_since(Instant::now()).as_secs();
        let ttl_s = u32::try_from(ttl).unwrap_or(u32::MAX);
        if (flows.sink)(SipInput::Resolved { contact, targets, ttl_s }).is_err() {
            tracing::warn!("control queue full: an answer of the DNS went unnoticed");
        }
    });
}

struct Search<'a> {
    resolver: Option<&'a TokioResolver>,
    /// How long all of what was found is good.
    until: Instant,
}

/// A name to look for hosts at, and what they speak.
struct Service {
    transport: Transport,
    name: String,
}

impl Search<'_> {
    async fn targets(&mut self, contact: &Contact) -> Vec<(Transport, SocketAddr)> {
        let Contact { host, port, transport } = contact;
        let plain = transport.unwrap_or(Transport::Udp);
        // With a port the name is a host's, whatever the DNS has beside (4.2).
        if let Some(port) = port {
            return self.hosts(host, plain, *port).await;
        }
        let services = match transport {
            Some(transport) => vec![service(*transport, host)],
            None => {
                let named = self.named_services(host).await;
                match named.is_empty() {
                    true => [Transport::Udp, Transport::Tcp, Transport::Tls]
                        .map(|transport| service(transport, host))
                        .into(),
                    false => named,
                }
            }
        };
        let mut targets = Vec::new();
        for Service { transport, name } in services {
            for SRV { port, target, .. } in self.servers(&name).await {
                targets.extend(self.hosts(&target.to_ascii(), transport, port).await);
            }
        }
        match targets.is_empty() {
            true => self.hosts(host, plain, default_port(plain)).await,
            false => targets,
        }
    }

    /// What a domain says that it speaks, its favourite first.
    async fn named_services(&mut self, domain: &str) -> Vec<Service> {
        let mut records: Vec<NAPTR> = Vec::new();
        for data in self.look_up(domain, RecordType::NAPTR).await {
            if let RData::NAPTR(naptr) = data
                && naptr.flags.eq_ignore_ascii_case(b"s")
            {
                records.push(naptr);
            }
        }
        records.sort_by_key(|naptr| (naptr.order, naptr.preference));
        let known = |naptr: NAPTR| {
            let transport = match &*naptr.services.to_ascii_uppercase() {
                b"SIP+D2U" => Transport::Udp,
                b"SIP+D2T" => Transport::Tcp,
                b"SIPS+D2T" => Transport::Tls,
                _ => return None,
            };
            Some(Service { transport, name: naptr.replacement.to_ascii() })
        };
        records.into_iter().filter_map(known).collect()
    }

    /// The servers of a service, in the order in which they are to be tried (RFC 2782).
    async fn servers(&mut self, name: &str) -> Vec<SRV> {
        let mut found: Vec<SRV> = Vec::new();
        for data in self.look_up(name, RecordType::SRV).await {
            // A lone root says that there is none.
            if let RData::SRV(srv) = data
                && !srv.target.is_root()
            {
                found.push(srv);
            }
        }
        in_turn(found, |below| getrandom::u64().unwrap_or(0) % below)
    }

    async fn hosts(
        &mut self,
        name: &str,
        transport: Transport,
        port: u16,
    ) -> Vec<(Transport, SocketAddr)> {
        let mut ips: Vec<IpAddr> = Vec::new();
        if let Ok(ip) = name.parse() {
            ips.push(ip);
        } else {
            for kind in [RecordType::A, RecordType::AAAA] {
                for data in self.look_up(name, kind).await {
                    match data {
                        RData::A(ip) => ips.push(IpAddr::V4(*ip)),
                        RData::AAAA(ip) => ips.push(IpAddr::V6(*ip)),
                        _ => {}
                    }
                }
            }
        }
        ips.into_iter().map(|ip| (transport, SocketAddr::new(ip, port))).collect()
    }

    async fn look_up(&mut self, name: &str, kind: RecordType) -> Vec<RData> {
        let Some(resolver) = self.resolver else { return Vec::new() };
        // The name as it is: a search list would make another's of it.
        let whole = format!("{}.", name.trim_end_matches('.'));
        match resolver.lookup(whole.as_str(), kind).await {
            Ok(found) => {
                self.until = self.until.min(found.valid_until());
                found.answers().iter().map(|record| record.data.clone()).collect()
            }
            Err(error) => {
                if !error.is_no_records_found() {
                    tracing::debug!(name, ?kind, %error, "the DNS does not answer");
                }
                Vec::new()
            }
        }
    }
}

fn service(transport: Transport, host: &str) -> Service {
    let prefix = match transport {
        Transport::Tcp | Transport::Ws | Transport::Wss => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
        Transport::Udp => "_sip._udp",
    };
    Service { transport, name: format!("{prefix}.{host}") }
}

/// By priority, and among equals by lot, in proportion to their weights.
fn in_turn(mut servers: Vec<SRV>, mut draw_below: impl FnMut(u64) -> u64) -> Vec<SRV> {
    // Those of weight 0 first, so that they have a small chance too.
    servers.sort_by_key(|srv| (srv.priority, srv.weight > 0));
    let mut turns = Vec::with_capacity(servers.len());
    while let Some(first) = servers.first() {
        let equals = servers.iter().take_while(|srv| srv.priority == first.priority).count();
        let weights = servers.iter().take(equals).map(|srv| u64::from(srv.weight));
        let mut left = draw_below(weights.clone().sum::<u64>() + 1);
        let chosen = weights.clone().position(|weight| {
            let is_chosen = left <= weight;
            left = left.saturating_sub(weight);
            is_chosen
        });
        turns.push(servers.remove(chosen.unwrap_or(0)));
    }
    turns
}

/// The DNS is asked again at least so often.
const LIFE_MAX: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hickory_resolver::proto::rr::Name;

    use super::*;

    fn srv(priority: u16, weight: u16, name: &str) -> SRV {
        SRV::new(priority, weight, 5060, Name::from_ascii(name).unwrap())
    }

    fn names(servers: Vec<SRV>) -> Vec<String> {
        servers.into_iter().map(|srv| srv.target.to_ascii()).collect()
    }

    #[test]
    fn priorities_come_in_order_and_weights_by_lot() {
        let all = || vec![srv(20, 0, "last."), srv(10, 60, "big."), srv(10, 40, "small.")];
        assert_eq!(names(in_turn(all(), |_| 0)), ["big.", "small.", "last."]);
        assert_eq!(names(in_turn(all(), |below| below - 1)), ["small.", "big.", "last."]);
        let mut first = 0;
        for at in 0..=100 {
            let mut draws = [at, 0, 0].into_iter();
            let turns = in_turn(all(), |_| draws.next().unwrap());
            first += u32::from(turns[0].target.to_ascii() == "big.");
        }
        assert_eq!(first, 61, "0 to 60 of 0 to 100");
    }

    #[test]
    fn a_service_has_its_name_by_transport() {
        let name = |transport| service(transport, "carrier.example").name;
        assert_eq!(name(Transport::Udp), "_sip._udp.carrier.example");
        assert_eq!(name(Transport::Tcp), "_sip._tcp.carrier.example");
        assert_eq!(name(Transport::Tls), "_sips._tcp.carrier.example");
    }
}
