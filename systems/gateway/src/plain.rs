//! A plain line: RTP on a port of its own, RTCP on the next, symmetric (RFC 4961).
//!
//! The far end says in SDP where it receives; behind a NAT it comes from elsewhere, so the line
//! latches to the source of the first valid packets. After that a stranger can't take it over:
//! another address must be the one that SDP names, or have the latched one's IP after that fell
//! silent.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use model::random::Random;
use wire_rtp::RtpHeader;
use wire_sdp::{Crypto, Media};

use crate::sdes::Sdes;

/// The line to one phone or trunk.
pub struct PlainLine {
    /// Our RTP port.
    pub port: u16,
    described_rtp: Option<SocketAddr>,
    described_rtcp: Option<SocketAddr>,
    latched: Option<Latched>,
    /// A source that sent one packet: the second in order latches.
    candidate: Option<Candidate>,
    rtcp_from: Option<SocketAddr>,
    sdes: Option<Box<Sdes>>,
}

struct Latched {
    source: SocketAddr,
    heard_at: Instant,
}

struct Candidate {
    source: SocketAddr,
    ssrc: u32,
    sequence: u16,
}

impl PlainLine {
    /// On a port of ours.
    #[must_use]
    pub fn new(port: u16) -> Self {
        Self {
            port,
            described_rtp: None,
            described_rtcp: None,
            latched: None,
            candidate: None,
            rtcp_from: None,
            sdes: None,
        }
    }

    /// The same, and what we offer is protected.
    #[must_use]
    pub fn secured(port: u16, random: &mut Random) -> Self {
        Self { sdes: Sdes::offered(random).map(Box::new), ..Self::new(port) }
    }

    /// Takes what a section says of keys.
    pub fn secure(&mut self, media: &Media, random: &mut Random) {
        let before = self.sdes.take().map(|sdes| *sdes);
        self.sdes = Sdes::described(before, media, random).map(Box::new);
    }

    /// Our key for the SDP, when the line is protected.
    #[must_use]
    pub fn crypto(&self) -> Option<Crypto> {
        self.sdes.as_ref().map(|sdes| sdes.crypto())
    }

    /// Opens a packet in place, if it has to be; `None` when it is not authentic.
    pub fn open(&mut self, packet: &mut [u8], is_rtcp: bool) -> Option<usize> {
        match &mut self.sdes {
            Some(sdes) => sdes.open(packet, is_rtcp),
            None => Some(packet.len()),
        }
    }

    /// Protects what was written to `buffer[..len]`, if it has to be.
    pub fn seal(&mut self, buffer: &mut [u8], len: usize, is_rtcp: bool) -> Option<usize> {
        match &mut self.sdes {
            Some(sdes) => sdes.seal(buffer, len, is_rtcp),
            None => Some(len),
        }
    }

    /// The far end says where it receives; another place than before begins anew.
    pub fn describe(&mut self, rtp: Option<SocketAddr>, rtcp: Option<SocketAddr>) {
        // A hold by address (RFC 3264 8.4) names no other place.
        if rtp.is_some() && rtp != self.described_rtp {
            self.described_rtp = rtp;
            self.described_rtcp = rtcp;
            self.latched = None;
            self.candidate = None;
            self.rtcp_from = None;
        }
    }

    /// Whether an RTP packet is taken; moves the latch.
    pub fn accept(&mut self, now: Instant, from: SocketAddr, header: &RtpHeader) -> bool {
        let is_described = self.described_rtp == Some(from);
        match &mut self.latched {
            Some(latched) if latched.source == from => {
                latched.heard_at = now;
                return true;
            }
            Some(latched) if !is_described => {
                let silent = now.saturating_duration_since(latched.heard_at) >= LATCH_SILENCE;
                if latched.source.ip() != from.ip() || !silent {
                    return false;
                }
            }
            Some(_) | None => {}
        }
        if !is_described && !self.is_second(from, header) {
            return false;
        }
        self.latched = Some(Latched { source: from, heard_at: now });
        self.candidate = None;
        true
    }

    /// Whether the packet follows one from the same source.
    fn is_second(&mut self, source: SocketAddr, header: &RtpHeader) -> bool {
        let follows = self.candidate.as_ref().is_some_and(|first| {
            first.source == source
                && first.ssrc == header.ssrc
                && header.sequence.wrapping_sub(first.sequence) <= FOLLOWS
        });
        if !follows {
            let (ssrc, sequence) = (header.ssrc, header.sequence);
            self.candidate = Some(Candidate { source, ssrc, sequence });
        }
        follows
    }

    /// Whether RTCP from there is taken: from where RTP comes or where SDP said.
    pub fn accept_rtcp(&mut self, from: SocketAddr) -> bool {
        let is_peer = self.described_rtcp == Some(from)
            || self.latched.as_ref().is_some_and(|latched| latched.source.ip() == from.ip());
        if is_peer {
            self.rtcp_from = Some(from);
        }
        is_peer
    }

    /// Where RTP goes.
    #[must_use]
    pub fn rtp_to(&self) -> Option<SocketAddr> {
        self.latched.as_ref().map(|latched| latched.source).or(self.described_rtp)
    }

    /// Where RTCP goes.
    #[must_use]
    pub fn rtcp_to(&self) -> Option<SocketAddr> {
        self.rtcp_from.or(self.described_rtcp)
    }

    /// When RTP came last.
    #[must_use]
    pub fn heard_at(&self) -> Option<Instant> {
        self.latched.as_ref().map(|latched| latched.heard_at)
    }
}

/// A following sequence number, with some loss.
const FOLLOWS: u16 = 10;
/// A source silent for so long may have moved to another port of its address (a NAT forgot it).
const LATCH_SILENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn header(sequence: u16) -> RtpHeader {
        RtpHeader { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc: 1 }
    }

    #[test]
    fn the_line_latches_to_a_nat_and_not_to_a_later_stranger() {
        let mut line = PlainLine::new(10_000);
        let (described, nat) = (at("10.0.0.5:4000"), at("203.0.113.7:61000"));
        line.describe(Some(described), Some(at("10.0.0.5:4001")));
        assert_eq!(line.rtp_to(), Some(described));
        let now = Instant::now();
        assert!(!line.accept(now, nat, &header(1)), "one packet may be a stray");
        assert!(line.accept(now, nat, &header(2)));
        assert_eq!(line.rtp_to(), Some(nat));
        for n in 1..20 {
            assert!(!line.accept(now, at("198.51.100.9:1234"), &header(n)));
            assert!(!line.accept(now, at("203.0.113.7:61002"), &header(n)));
        }
        assert!(line.accept_rtcp(at("203.0.113.7:61001")));
        assert!(!line.accept_rtcp(at("198.51.100.9:1234")));
        assert_eq!(line.rtcp_to(), Some(at("203.0.113.7:61001")));
    }

    #[test]
    fn a_nat_that_forgot_the_port_is_followed_after_silence() {
        let mut line = PlainLine::new(10_000);
        line.describe(Some(at("10.0.0.5:4000")), None);
        let now = Instant::now();
        let _ = line.accept(now, at("203.0.113.7:61000"), &header(1));
        assert!(line.accept(now, at("203.0.113.7:61000"), &header(2)));
        let later = now + LATCH_SILENCE;
        assert!(!line.accept(later, at("203.0.113.7:61002"), &header(3)));
        assert!(line.accept(later, at("203.0.113.7:61002"), &header(4)));
        assert!(!line.accept(later + LATCH_SILENCE, at("198.51.100.9:1"), &header(5)));
        assert!(!line.accept(later + LATCH_SILENCE, at("198.51.100.9:1"), &header(6)));
    }

    #[test]
    fn the_described_address_is_taken_at_once_and_a_new_one_begins_anew() {
        let mut line = PlainLine::new(10_000);
        line.describe(Some(at("10.0.0.5:4000")), None);
        assert!(line.accept(Instant::now(), at("10.0.0.5:4000"), &header(1)));
        line.describe(None, None);
        assert_eq!(line.rtp_to(), Some(at("10.0.0.5:4000")), "hold by address keeps the place");
        line.describe(Some(at("10.0.0.6:4000")), None);
        assert_eq!(line.rtp_to(), Some(at("10.0.0.6:4000")));
    }
}
