//! Writing the two kinds of session that we make: plain RTP audio and a browser's audio.
//!
//! One way of writing each, the same in every offer and answer of a leg: one a=mid, DTLS and
//! never SDES, the BUNDLE group of what is accepted, every line of the offer answered.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use crate::candidate::Candidate;
use crate::codec::Format;
use crate::description::SessionDescription;
use crate::fault::Fault;
use crate::media::{Direction, IceCredentials, Media};
use crate::negotiate::{Agreement, Preference, numbered};
use crate::secure::{Crypto, Fingerprint, Setup};

/// What we ask others to send as Opus: wideband, with bits to spare, and redundancy against loss.
/// More than 16 kHz is not kept, so it would be thrown away; libwebrtc obeys.
pub const OPUS_FMTP: &str = "minptime=10;useinbandfec=1;maxplaybackrate=16000;\
    sprop-maxcapturerate=16000;maxaveragebitrate=40000";

/// The keys that we take: the sixteen of a telephone.
pub const TELEPHONE_EVENT_FMTP: &str = "0-15";

/// The `o=` line's numbers. The id stays for the life of a leg; the version grows by one with
/// every SDP that differs from the one before (RFC 3264 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The session's id.
    pub session_id: u64,
    /// The session's version.
    pub version: u64,
}

/// Our side of a leg to a trunk or a SIP phone: G.711 and keys, in the clear or protected by SDES.
#[derive(Clone, Debug)]
pub struct PlainAudio {
    /// Session id and version.
    pub origin: Origin,
    /// Where we receive RTP; RTCP is one port higher.
    pub address: SocketAddr,
    /// What we want to do: for an offer, or to hold; an answer says what was agreed.
    pub direction: Direction,
    /// The packet time that we ask for.
    pub ptime_ms: u32,
    /// Our key, when both sides have one.
    pub crypto: Option<Crypto>,
}

/// Our side of a leg to a browser: ICE-lite, DTLS-SRTP, RTP and RTCP on one port.
#[derive(Clone, Debug)]
pub struct BrowserAudio {
    /// Session id and version.
    pub origin: Origin,
    /// Where browsers reach us, best first; only addresses that are configured or proven.
    pub addresses: Vec<SocketAddr>,
    /// Our credentials for this leg.
    pub ice: IceCredentials,
    /// The fingerprint of our certificate.
    pub fingerprint: Fingerprint,
    /// Our DTLS role. An answer has [`Setup::answer_to`] the first offer and repeats it for the
    /// life of the leg; an offer has `ActPass` first and then the role that was settled.
    pub setup: Setup,
    /// The source of our packets.
    pub ssrc: u32,
    /// Its canonical name.
    pub cname: String,
    /// What we want to do.
    pub direction: Direction,
}

impl PlainAudio {
    /// An offer.
    #[must_use]
    pub fn offer(&self, preferences: &[Preference]) -> Vec<u8> {
        let mut out = head(self.origin, self.address.ip());
        let protocol = if self.crypto.is_some() { "RTP/SAVP" } else { "RTP/AVP" };
        self.section(&mut out, protocol, &numbered(preferences), self.direction);
        out.into_bytes()
    }

    /// The answer to an offer of which `agreement` was taken. Every other section is refused.
    pub fn answer(
        &self,
        offer: &SessionDescription,
        agreement: &Agreement,
        preferences: &[Preference],
    ) -> Result<Vec<u8>, Fault> {
        let audio = offer.media.get(agreement.media_index).ok_or(Fault::NoAudio)?;
        audio.require_plain()?;
        if audio.protocol.is_plain() == self.crypto.is_some() {
            // A protected section is answered with a key, one in the clear without.
            return Err(Fault::UnsupportedProtocol(audio.protocol.as_str().to_owned()));
        }
        let mut out = head(self.origin, self.address.ip());
        for (index, media) in offer.media.iter().enumerate() {
            if index == agreement.media_index {
                let protocol = media.protocol.as_str();
                let formats = agreement.formats(preferences);
                self.section(&mut out, protocol, &formats, agreement.direction);
                if let Some(mid) = &media.mid {
                    line(&mut out, format_args!("a=mid:{}", clean(mid)));
                }
            } else {
                refused(&mut out, media);
            }
        }
        Ok(out.into_bytes())
    }

    fn section(&self, out: &mut String, protocol: &str, formats: &[Format], direction: Direction) {
        media_line(out, self.address.port(), protocol, formats);
        if let Some(crypto) = &self.crypto {
            line(out, format_args!("a=crypto:{crypto}"));
        }
        format_lines(out, formats);
        line(out, format_args!("a=ptime:{}", self.ptime_ms));
        line(out, format_args!("a={}", direction.as_str()));
    }
}

impl BrowserAudio {
    /// An offer with one section of the given mid.
    #[must_use]
    pub fn offer(&self, preferences: &[Preference], mid: &str) -> Vec<u8> {
        let mut out = self.head(Some(mid));
        let formats = numbered(preferences);
        self.section(&mut out, "UDP/TLS/RTP/SAVPF", &formats, self.direction, Some(mid), true);
        out.into_bytes()
    }

    /// The answer to an offer of which `agreement` was taken. Every other section is refused.
    pub fn answer(
        &self,
        offer: &SessionDescription,
        agreement: &Agreement,
        preferences: &[Preference],
    ) -> Result<Vec<u8>, Fault> {
        let audio = offer.media.get(agreement.media_index).ok_or(Fault::NoAudio)?;
        audio.require_browser()?;
        // RFC 9143 7.3: the answer's group holds what it accepts of the offer's group.
        let bundled = audio.mid.as_deref().filter(|_| offer.is_bundled(audio));
        let mut out = self.head(bundled);
        for (index, media) in offer.media.iter().enumerate() {
            if index == agreement.media_index {
                let (protocol, mid) = (media.protocol.as_str(), media.mid.as_deref());
                let (formats, mux) = (agreement.formats(preferences), media.rtcp_mux);
                self.section(&mut out, protocol, &formats, agreement.direction, mid, mux);
            } else {
                refused(&mut out, media);
            }
        }
        Ok(out.into_bytes())
    }

    fn head(&self, bundled: Option<&str>) -> String {
        let mut out = head(self.origin, self.first_address().ip());
        if let Some(mid) = bundled {
            line(&mut out, format_args!("a=group:BUNDLE {}", clean(mid)));
        }
        line(&mut out, format_args!("a=ice-lite"));
        out
    }

    fn section(
        &self,
        out: &mut String,
        protocol: &str,
        formats: &[Format],
        direction: Direction,
        mid: Option<&str>,
        rtcp_mux: bool,
    ) {
        media_line(out, self.first_address().port(), protocol, formats);
        if let Some(mid) = mid {
            line(out, format_args!("a=mid:{}", clean(mid)));
        }
        line(out, format_args!("a={}", direction.as_str()));
        if rtcp_mux {
            line(out, format_args!("a=rtcp-mux"));
        }
        line(out, format_args!("a=ice-ufrag:{}", clean(&self.ice.ufrag)));
        line(out, format_args!("a=ice-pwd:{}", clean(&self.ice.password)));
        line(out, format_args!("a=fingerprint:{}", self.fingerprint));
        line(out, format_args!("a=setup:{}", self.setup.as_str()));
        format_lines(out, formats);
        let cname = clean(&self.cname);
        if direction.sends() {
            line(out, format_args!("a=msid:{cname} audio"));
        }
        line(out, format_args!("a=ssrc:{} cname:{cname}", self.ssrc));
        for (at, address) in self.addresses.iter().enumerate() {
            let candidate = Candidate::host(at, address.ip(), address.port());
            line(out, format_args!("a=candidate:{candidate}"));
        }
        line(out, format_args!("a=end-of-candidates"));
    }

    /// What stands in c= and m=; a peer with ICE looks at the candidates only. Port 9 is what
    /// JSEP writes when there is no address (RFC 8829 5.2.1).
    fn first_address(&self) -> SocketAddr {
        self.addresses.first().copied().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 9)))
    }
}

fn head(origin: Origin, address: IpAddr) -> String {
    let family = if address.is_ipv4() { "IP4" } else { "IP6" };
    let Origin { session_id, version } = origin;
    let mut out = String::with_capacity(1024);
    line(&mut out, format_args!("v=0"));
    line(&mut out, format_args!("o=- {session_id} {version} IN {family} {address}"));
    line(&mut out, format_args!("s=-"));
    line(&mut out, format_args!("c=IN {family} {address}"));
    line(&mut out, format_args!("t=0 0"));
    out
}

fn media_line(out: &mut String, port: u16, protocol: &str, formats: &[Format]) {
    let numbers: Vec<String> =
        formats.iter().map(|format| format.payload_type.to_string()).collect();
    line(out, format_args!("m=audio {port} {} {}", clean(protocol), numbers.join(" ")));
}

fn format_lines(out: &mut String, formats: &[Format]) {
    for format in formats {
        let number = format.payload_type;
        line(out, format_args!("a=rtpmap:{number} {}", clean(&format.label())));
        if let Some(fmtp) = &format.fmtp {
            line(out, format_args!("a=fmtp:{number} {}", clean(fmtp)));
        }
    }
}

/// RFC 3264 6: a section that isn't taken is answered in its place, with port 0.
fn refused(out: &mut String, media: &Media) {
    let (kind, protocol) = (clean(media.kind.as_str()), clean(media.protocol.as_str()));
    line(out, format_args!("m={kind} 0 {protocol} {}", clean(&media.format_list)));
    if let Some(mid) = &media.mid {
        line(out, format_args!("a=mid:{}", clean(mid)));
    }
    line(out, format_args!("a=inactive"));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
    out.push_str("\r\n");
}

/// Text that can't break out of its line. Nothing is taken out, so that no other word comes
/// about.
fn clean(text: &str) -> String {
    text.replace(['\r', '\n', '\0'], "?")
}
