//! With whom clients may talk through us.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use model::network::Network;

/// A port where our own media listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnPort {
    /// As clients see it, perhaps at the public side of a NAT.
    pub seen: SocketAddr,
    /// As it is reached from this machine: few NATs lead what comes from inside back in.
    pub inside: SocketAddr,
}

impl OwnPort {
    /// A port that is the same from either side.
    #[must_use]
    pub fn same(address: SocketAddr) -> Self {
        Self { seen: address, inside: address }
    }
}

/// The rule.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    /// Where our own media listens: always allowed, at these ports alone.
    pub ours: Vec<OwnPort>,
    /// What else is. Loopback, link-local, private and shared addresses only by a network that is
    /// of such a kind itself: `0.0.0.0/0` means the public ones.
    pub allowed: Vec<Network>,
}

impl Peers {
    /// Whether there may be traffic with an address at all.
    pub fn may_be_permitted(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.ours.iter().any(|ours| ours.seen.ip() == ip) || self.is_allowed(ip)
    }

    /// Whether there may be traffic with this port there.
    pub fn may_be_reached(&self, peer: SocketAddr) -> bool {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        self.ours.iter().any(|ours| ours.seen == peer) || self.is_allowed(peer.ip())
    }

    /// Where what a client sends to a peer goes.
    pub fn way_to(&self, peer: SocketAddr) -> SocketAddr {
        let ours = self.ours.iter().find(|ours| ours.seen == peer);
        ours.map_or(peer, |ours| ours.inside)
    }

    /// Whom a client takes a peer for.
    pub fn as_seen(&self, peer: SocketAddr) -> SocketAddr {
        let ours = self.ours.iter().find(|ours| ours.inside == peer);
        ours.map_or(peer, |ours| ours.seen)
    }

    fn is_allowed(&self, ip: IpAddr) -> bool {
        let special = is_special(ip);
        !is_nobody(ip)
            && self.allowed.iter().any(|net| net.has(ip) && (!special || is_special(net.address())))
    }
}

/// Addresses that nobody has alone.
fn is_nobody(ip: IpAddr) -> bool {
    ip.is_multicast()
        || match ip {
            IpAddr::V4(ip) => ip.octets().first() == Some(&0) || ip.is_broadcast(),
            IpAddr::V6(ip) => ip.is_unspecified(),
        }
}

/// Addresses that mean something else for whoever is inside than for whoever is outside.
fn is_special(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || is_shared || a >= 240
        }
        IpAddr::V6(ip) => {
            let [first, ..] = ip.segments();
            let is_mapped_4 = matches!(ip.segments(), [0x64, 0xFF9B, ..] | [0x2002, ..]);
            ip == Ipv6Addr::LOCALHOST
                || first & 0xFE00 == 0xFC00
                || first & 0xFFC0 == 0xFE80
                || is_mapped_4
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn peers(allowed: &[&str]) -> Peers {
        let ours = ["192.0.2.1:10000", "127.0.0.1:10000"];
        let ours = ours.iter().map(|own| OwnPort::same(own.parse().unwrap())).collect();
        Peers { ours, allowed: allowed.iter().map(|net| net.parse().unwrap()).collect() }
    }

    #[test]
    fn only_our_own_media_ports_unless_more_is_allowed() {
        let peers = peers(&[]);
        for (address, may) in [
            ("192.0.2.1:10000", true),
            ("192.0.2.1:5060", false),
            ("127.0.0.1:10000", true),
            ("[::ffff:127.0.0.1]:10000", true),
            ("127.0.0.1:8080", false),
            ("198.51.100.7:9", false),
        ] {
            assert_eq!(peers.may_be_reached(address.parse().unwrap()), may, "{address}");
        }
    }

    #[test]
    fn everything_does_not_mean_what_is_inside() {
        let all = peers(&["0.0.0.0/0", "::/0"]);
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::ffff:10.0.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
            "::",
            "240.0.0.1",
        ] {
            let address = SocketAddr::new(ip.parse().unwrap(), 9);
            assert!(!all.may_be_reached(address), "{ip}");
        }
        for ip in ["198.51.100.7", "2001:db8::1"] {
            assert!(all.may_be_permitted(ip.parse().unwrap()), "{ip}");
        }
        let inside = peers(&["10.0.0.0/8", "fd00::/8", "127.0.0.1"]);
        for (ip, may) in
            [("10.9.9.9", true), ("11.0.0.1", false), ("fd12::1", true), ("127.0.0.2", false)]
        {
            assert_eq!(inside.may_be_permitted(ip.parse().unwrap()), may, "{ip}");
        }
    }
}
