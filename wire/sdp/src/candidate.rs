//! ICE candidates as they stand in a=candidate (RFC 8839 5.1).

use std::fmt;
use std::net::IpAddr;

/// One candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which candidates share a base and server.
    pub foundation: String,
    /// 1 for RTP, 2 for RTCP.
    pub component: u16,
    /// `udp` or `tcp`, in lower case.
    pub transport: String,
    /// The priority.
    pub priority: u32,
    /// Where.
    pub address: CandidateAddress,
    /// The port.
    pub port: u16,
    /// How it was found.
    pub kind: CandidateKind,
}

/// The address of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CandidateAddress {
    /// An address.
    Ip(IpAddr),
    /// A name, such as a browser's `.local` one (mDNS), which nobody but its own LAN can
    /// resolve.
    Name(String),
}

/// How a candidate was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RFC 8839's")]
pub enum CandidateKind {
    Host,
    PeerReflexive,
    Relayed,
    ServerReflexive,
}

impl Candidate {
    /// Our own candidate for RTP and RTCP together: a host address of the highest priority
    /// (RFC 8445 5.1.2.1).
    #[must_use]
    pub fn host(foundation: usize, address: IpAddr, port: u16) -> Self {
        let local_preference = 65_535_u32.saturating_sub(u32::try_from(foundation).unwrap_or(0));
        Self {
            foundation: foundation.to_string(),
            component: 1,
            transport: "udp".into(),
            priority: (126 << 24) | (local_preference << 8) | 255,
            address: CandidateAddress::Ip(address),
            port,
            kind: CandidateKind::Host,
        }
    }

    /// Reads a value; `None` when it can't be read, which is no fault of the whole (RFC 8839
    /// 5.1: unknown candidates are ignored).
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.trim().split_ascii_whitespace();
        let foundation = words
            .next()?
            .strip_prefix("candidate:")
            .unwrap_or_else(|| value.trim().split_ascii_whitespace().next().unwrap_or_default());
        let component = words.next()?.parse().ok()?;
        let transport = words.next()?.to_ascii_lowercase();
        let priority = words.next()?.parse().ok()?;
        let address = words.next()?;
        let address = match address.parse() {
            Ok(ip) => CandidateAddress::Ip(ip),
            Err(_) => CandidateAddress::Name(address.to_owned()),
        };
        let port = words.next()?.parse().ok()?;
        if words.next()? != "typ" {
            return None;
        }
        let kind = match words.next()? {
            "host" => CandidateKind::Host,
            "srflx" => CandidateKind::ServerReflexive,
            "prflx" => CandidateKind::PeerReflexive,
            "relay" => CandidateKind::Relayed,
            _ => return None,
        };
        let foundation = foundation.to_owned();
        Some(Self { foundation, component, transport, priority, address, port, kind })
    }

    /// The address, when it is one.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self.address {
            CandidateAddress::Ip(ip) => Some(ip),
            CandidateAddress::Name(_) => None,
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foundation, component, transport, priority, port, .. } = self;
        let kind = match self.kind {
            CandidateKind::Host => "host",
            CandidateKind::PeerReflexive => "prflx",
            CandidateKind::Relayed => "relay",
            CandidateKind::ServerReflexive => "srflx",
        };
        write!(f, "{foundation} {component} {transport} {priority} ")?;
        match &self.address {
            CandidateAddress::Ip(ip) => write!(f, "{ip}")?,
            CandidateAddress::Name(name) => f.write_str(name)?,
        }
        write!(f, " {port} typ {kind}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn browsers_candidates_are_read() {
        let read = Candidate::parse(
            "842163049 1 udp 1677729535 203.0.113.7 45678 typ srflx raddr 0.0.0.0 rport 0 \
             generation 0 network-cost 999",
        )
        .unwrap();
        assert_eq!((read.kind, read.port), (CandidateKind::ServerReflexive, 45678));
        let mdns = Candidate::parse(
            "0 1 UDP 2122252543 8e1a51ca-1b1c-4b5c-8e1c-a3b3c0e9d6f1.local 51472 typ host",
        )
        .unwrap();
        assert_eq!((mdns.ip(), mdns.transport.as_str()), (None, "udp"));
        assert_eq!(Candidate::parse("1 1 udp x 10.0.0.1 1 typ host"), None);
        assert_eq!(Candidate::parse(""), None);
    }

    #[test]
    fn our_own_candidate_reads_back() {
        let ours = Candidate::host(1, "192.0.2.1".parse().unwrap(), 10_000);
        assert_eq!(ours.to_string(), "1 1 udp 2130706175 192.0.2.1 10000 typ host");
        assert_eq!(Candidate::parse(&ours.to_string()).unwrap(), ours);
    }
}
