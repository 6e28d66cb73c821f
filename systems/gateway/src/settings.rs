//! What a shard is told once, at its start.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::tunes::RingBackTone;

/// The settings of one shard.
#[derive(Clone, Debug)]
pub struct ShardSettings {
    /// Where browsers reach the one port of all browsers, best first: configured or proven
    /// addresses only, for nothing else is written into SDP.
    pub browser_addresses: Vec<SocketAddr>,
    /// The address that plain legs write into SDP. A peer on the loopback is given the loopback.
    pub plain_address: IpAddr,
    /// RTP takes the even ports of this range, RTCP the odd ones.
    pub ports: RangeInclusive<u16>,
    /// For DTLS; one for all legs of the process.
    pub certificate: Certificate,
    /// Music on hold, 8 kHz mono; the built-in tune when `None`.
    pub music: Option<Vec<i16>>,
    /// What callers hear while it rings.
    pub ring_back: RingBackTone,
    /// Legs at a time; more are refused.
    pub legs_max: usize,
    /// A browser that sends nothing for so long, no ICE check either, is lost.
    pub browser_silence: Duration,
    /// A plain leg without RTP for so long is lost: while talking (gateway rule G20).
    pub plain_silence_talk: Duration,
    /// The same while the far end holds the call.
    pub plain_silence_hold: Duration,
}

impl ShardSettings {
    /// Loopback settings with the usual limits.
    #[must_use]
    pub fn new(certificate: Certificate) -> Self {
        Self {
            browser_addresses: Vec::new(),
            plain_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: PORT_FIRST..=PORT_LAST,
            certificate,
            music: None,
            ring_back: RingBackTone::America,
            legs_max: LEGS_MAX,
            browser_silence: BROWSER_SILENCE,
            plain_silence_talk: PLAIN_SILENCE_TALK,
            plain_silence_hold: PLAIN_SILENCE_HOLD,
        }
    }

    /// What to write into the SDP for a plain peer that said where it is.
    pub(crate) fn plain_address_for(&self, peer: Option<IpAddr>) -> IpAddr {
        match peer {
            Some(IpAddr::V4(peer)) if peer.is_loopback() => Ipv4Addr::LOCALHOST.into(),
            Some(IpAddr::V6(peer)) if peer.is_loopback() => Ipv6Addr::LOCALHOST.into(),
            Some(_) | None => self.plain_address,
        }
    }
}

/// A certificate with its key, self-signed: browsers trust its fingerprint in the SDP.
#[derive(Clone)]
pub struct Certificate {
    /// X.509 in DER; ECDSA P-256.
    pub der: Vec<u8>,
    /// The private key as PKCS#8 in DER.
    pub key_pkcs8: Vec<u8>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("der", &self.der.len()).finish_non_exhaustive()
    }
}

/// Three of the browser's consent checks (RFC 7675: one every 4-6 s) may be lost.
const BROWSER_SILENCE: Duration = Duration::from_secs(15);
const LEGS_MAX: usize = 4000;
const PLAIN_SILENCE_HOLD: Duration = Duration::from_secs(2 * 3600);
const PLAIN_SILENCE_TALK: Duration = Duration::from_secs(300);
const PORT_FIRST: u16 = 10_000;
const PORT_LAST: u16 = 20_000;
