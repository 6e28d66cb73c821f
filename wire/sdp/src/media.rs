//! One m= section, read.

use std::net::{IpAddr, SocketAddr};

use sdp_types::Attribute;

use crate::candidate::Candidate;
use crate::codec::Format;
use crate::fault::Fault;
use crate::secure::{Crypto, Fingerprint, Setup, Suite};

/// A media section with what the session level says for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Audio, video, something else.
    pub kind: MediaKind,
    /// The port; 0 when the section is refused or switched off.
    pub port: u16,
    /// The transport.
    pub protocol: Protocol,
    /// The payload types of an RTP section, in the sender's order of preference.
    pub formats: Vec<Format>,
    /// The formats as written, for sections that aren't RTP.
    pub format_list: String,
    /// Where media goes, from the section's or the session's c= line. `None` when there is
    /// none or it holds a name.
    pub address: Option<IpAddr>,
    /// Who sends, as the sender of this SDP sees it; `c=0.0.0.0` is taken into account.
    pub direction: Direction,
    /// The packet time asked for.
    pub ptime_ms: Option<u32>,
    /// The longest packet time allowed.
    pub maxptime_ms: Option<u32>,
    /// a=rtcp.
    pub rtcp: Option<Rtcp>,
    /// a=rtcp-mux.
    pub rtcp_mux: bool,
    /// a=rtcp-rsize.
    pub rtcp_rsize: bool,
    /// a=bundle-only: the port is 0 though the section is meant.
    pub bundle_only: bool,
    /// a=mid.
    pub mid: Option<String>,
    /// a=ice-ufrag and a=ice-pwd.
    pub ice: Option<IceCredentials>,
    /// The words of a=ice-options.
    pub ice_options: Vec<String>,
    /// The candidates that can be read.
    pub candidates: Vec<Candidate>,
    /// a=end-of-candidates.
    pub end_of_candidates: bool,
    /// The certificate fingerprints, the section's own or else the session's.
    pub fingerprints: Vec<Fingerprint>,
    /// a=setup.
    pub setup: Option<Setup>,
    /// a=ssrc, one for each number.
    pub ssrcs: Vec<Ssrc>,
    /// a=msid.
    pub msid: Option<Msid>,
    /// a=extmap.
    pub extmaps: Vec<ExtMap>,
    /// a=crypto.
    pub cryptos: Vec<Crypto>,
    /// a=label and others that we don't interpret: name and value.
    pub others: Vec<(String, Option<String>)>,
}

/// The kind of a section.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are RFC 8866's")]
pub enum MediaKind {
    Application,
    Audio,
    Video,
    Other(String),
}

impl MediaKind {
    fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "application" => Self::Application,
            "audio" => Self::Audio,
            "video" => Self::Video,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Application => "application",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Other(word) => word,
        }
    }
}

/// The transport of a section.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `RTP/AVP`.
    RtpAvp,
    /// `RTP/AVPF`.
    RtpAvpf,
    /// `RTP/SAVP`: SDES, or DTLS with some phones.
    RtpSavp,
    /// `RTP/SAVPF`.
    RtpSavpf,
    /// `UDP/TLS/RTP/SAVP`.
    DtlsSavp,
    /// `UDP/TLS/RTP/SAVPF`: WebRTC.
    DtlsSavpf,
    /// Anything else, as written.
    Other(String),
}

impl Protocol {
    fn parse(text: &str) -> Self {
        match text.to_ascii_uppercase().as_str() {
            "RTP/AVP" => Self::RtpAvp,
            "RTP/AVPF" => Self::RtpAvpf,
            "RTP/SAVP" => Self::RtpSavp,
            "RTP/SAVPF" => Self::RtpSavpf,
            "UDP/TLS/RTP/SAVP" => Self::DtlsSavp,
            "UDP/TLS/RTP/SAVPF" => Self::DtlsSavpf,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::RtpAvp => "RTP/AVP",
            Self::RtpAvpf => "RTP/AVPF",
            Self::RtpSavp => "RTP/SAVP",
            Self::RtpSavpf => "RTP/SAVPF",
            Self::DtlsSavp => "UDP/TLS/RTP/SAVP",
            Self::DtlsSavpf => "UDP/TLS/RTP/SAVPF",
            Self::Other(word) => word,
        }
    }

    /// Whether formats are RTP payload types.
    #[must_use]
    pub const fn is_rtp(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// Whether RTP goes in the clear.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        matches!(self, Self::RtpAvp | Self::RtpAvpf)
    }
}

/// Who sends media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are RFC 8866's")]
pub enum Direction {
    Inactive,
    RecvOnly,
    SendOnly,
    #[default]
    SendRecv,
}

impl Direction {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "inactive" => Self::Inactive,
            "recvonly" => Self::RecvOnly,
            "sendonly" => Self::SendOnly,
            "sendrecv" => Self::SendRecv,
            _ => return None,
        })
    }

    /// The attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::RecvOnly => "recvonly",
            Self::SendOnly => "sendonly",
            Self::SendRecv => "sendrecv",
        }
    }

    /// From which parts.
    #[must_use]
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the sender of the SDP sends.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendOnly | Self::SendRecv)
    }

    /// Whether the sender of the SDP wants to receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::RecvOnly | Self::SendRecv)
    }

    /// The same seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What an answerer that wants `ours` may answer to this offer (RFC 3264 6.1).
    #[must_use]
    pub const fn answer(self, ours: Self) -> Self {
        let theirs = self.reversed();
        Self::new(theirs.sends() && ours.sends(), theirs.receives() && ours.receives())
    }
}

/// a=rtcp (RFC 3605).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtcp {
    /// The port.
    pub port: u16,
    /// The address, when it is not the one of RTP.
    pub address: Option<IpAddr>,
}

/// ICE user name fragment and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCredentials {
    /// 4 to 256 characters.
    pub ufrag: String,
    /// 22 to 256 characters.
    pub password: String,
}

/// One a=ssrc number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssrc {
    /// The synchronization source.
    pub number: u32,
    /// Its canonical name, when said.
    pub cname: Option<String>,
}

/// a=msid (RFC 8830).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msid {
    /// The stream; `-` for none.
    pub stream: String,
    /// The track, when said.
    pub track: Option<String>,
}

/// a=extmap (RFC 8285).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtMap {
    /// The id in packets.
    pub id: u16,
    /// What the extension is.
    pub uri: String,
}

/// What the session level says for every section that doesn't say otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) address: Option<IpAddr>,
    pub(crate) direction: Direction,
    pub(crate) ufrag: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) ice_options: Vec<String>,
    pub(crate) fingerprints: Vec<Fingerprint>,
    pub(crate) setup: Option<Setup>,
    pub(crate) rtcp_mux: bool,
}

impl Defaults {
    pub(crate) fn parse(session: &sdp_types::Session) -> Result<Self, Fault> {
        let mut defaults = Self {
            address: session.connection.as_ref().and_then(connection_address),
            ..Self::default()
        };
        for attribute in &session.attributes {
            let value = attribute.value.as_deref().unwrap_or_default().trim();
            match attribute.attribute.as_str() {
                "ice-ufrag" => defaults.ufrag = Some(value.to_owned()),
                "ice-pwd" => defaults.password = Some(value.to_owned()),
                "ice-options" => defaults.ice_options = words(value),
                "fingerprint" => defaults.fingerprints.push(fingerprint(value)?),
                "setup" => defaults.setup = Setup::parse(value),
                "rtcp-mux" => defaults.rtcp_mux = true,
                name => {
                    defaults.direction = Direction::parse(name).unwrap_or(defaults.direction);
                }
            }
        }
        Ok(defaults)
    }
}

impl Media {
    pub(crate) fn parse(section: &sdp_types::Media, defaults: &Defaults) -> Result<Self, Fault> {
        let protocol = Protocol::parse(&section.proto);
        let formats = if protocol.is_rtp() { formats(section)? } else { Vec::new() };
        let own_address = section.connections.first().map(connection_address);
        let mut media = Self {
            kind: MediaKind::parse(&section.media),
            port: section.port,
            protocol,
            formats,
            format_list: section.fmt.clone(),
            address: own_address.unwrap_or(defaults.address),
            direction: defaults.direction,
            ptime_ms: None,
            maxptime_ms: None,
            rtcp: None,
            rtcp_mux: defaults.rtcp_mux,
            rtcp_rsize: false,
            bundle_only: false,
            mid: None,
            ice: None,
            ice_options: defaults.ice_options.clone(),
            candidates: Vec::new(),
            end_of_candidates: false,
            fingerprints: Vec::new(),
            setup: defaults.setup,
            ssrcs: Vec::new(),
            msid: None,
            extmaps: Vec::new(),
            cryptos: Vec::new(),
            others: Vec::new(),
        };
        let (mut ufrag, mut password) = (defaults.ufrag.clone(), defaults.password.clone());
        for attribute in &section.attributes {
            let value = attribute.value.as_deref().unwrap_or_default().trim();
            match attribute.attribute.as_str() {
                "ice-ufrag" => ufrag = Some(value.to_owned()),
                "ice-pwd" => password = Some(value.to_owned()),
                "fingerprint" => media.fingerprints.push(fingerprint(value)?),
                _ => media.attribute(attribute, value),
            }
        }
        media.ice = match (ufrag, password) {
            (Some(ufrag), Some(password)) => Some(ice_credentials(ufrag, password)?),
            (None, None) => None,
            (Some(_), None) => return Err(Fault::BadAttribute("ice-pwd")),
            (None, Some(_)) => return Err(Fault::BadAttribute("ice-ufrag")),
        };
        if media.fingerprints.is_empty() {
            media.fingerprints.clone_from(&defaults.fingerprints);
        }
        // RFC 3264 8.4: an address of zeros is the old way to say "don't send to me".
        if media.address.is_some_and(|address| address.is_unspecified()) && media.ice.is_none() {
            media.direction = Direction::new(media.direction.sends(), false);
        }
        Ok(media)
    }

    /// Takes one attribute; what can't be read is left out.
    fn attribute(&mut self, attribute: &Attribute, value: &str) {
        match attribute.attribute.as_str() {
            // Read with the payload types.
            "rtpmap" | "fmtp" | "rtcp-fb" => {}
            "ptime" => self.ptime_ms = milliseconds(value),
            "maxptime" => self.maxptime_ms = milliseconds(value),
            "rtcp" => self.rtcp = rtcp(value),
            "rtcp-mux" => self.rtcp_mux = true,
            "rtcp-rsize" => self.rtcp_rsize = true,
            "bundle-only" => self.bundle_only = true,
            "mid" => self.mid = Some(value.to_owned()),
            "ice-options" => self.ice_options = words(value),
            "candidate" if self.candidates.len() < CANDIDATES_MAX => {
                self.candidates.extend(Candidate::parse(value));
            }
            "candidate" => {}
            "end-of-candidates" => self.end_of_candidates = true,
            "setup" => self.setup = Setup::parse(value),
            "ssrc" => self.ssrc(value),
            "msid" => self.msid = msid(value),
            "extmap" => self.extmaps.extend(extmap(value)),
            "crypto" => self.cryptos.extend(Crypto::parse(value)),
            name => match Direction::parse(name) {
                Some(direction) => self.direction = direction,
                None => self.others.push((name.to_owned(), attribute.value.clone())),
            },
        }
    }

    /// Where RTP goes.
    #[must_use]
    pub fn rtp_address(&self) -> Option<SocketAddr> {
        let address = self.address.filter(|address| !address.is_unspecified())?;
        (self.port != 0).then(|| SocketAddr::new(address, self.port))
    }

    /// Where RTCP goes: with RTP when multiplexed, else a=rtcp, else the next port.
    #[must_use]
    pub fn rtcp_address(&self) -> Option<SocketAddr> {
        let rtp = self.rtp_address()?;
        if self.rtcp_mux {
            return Some(rtp);
        }
        match self.rtcp {
            Some(rtcp) => Some(SocketAddr::new(rtcp.address.unwrap_or(rtp.ip()), rtcp.port)),
            None => Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?)),
        }
    }

    /// What a leg without ICE needs: plain RTP, or a key that we can use, and an address. The
    /// address is `None` when the sender holds with `c=0.0.0.0`.
    pub fn require_plain(&self) -> Result<Option<SocketAddr>, Fault> {
        if !self.protocol.is_plain() && self.sdes().is_none() {
            return Err(Fault::UnsupportedProtocol(self.protocol.as_str().to_owned()));
        }
        self.address.map(|_| self.rtp_address()).ok_or(Fault::NoAddress)
    }

    /// The first key that we can use, when SDES keys this section (RFC 4568): its tag, suite and
    /// material.
    #[must_use]
    pub fn sdes(&self) -> Option<(u32, Suite, Vec<u8>)> {
        if !matches!(self.protocol, Protocol::RtpSavp | Protocol::RtpSavpf) {
            return None;
        }
        self.cryptos.iter().find_map(|crypto| {
            crypto.material().map(|(suite, material)| (crypto.tag, suite, material))
        })
    }

    /// What a browser's leg needs: DTLS-SRTP with a fingerprint, and ICE.
    pub fn require_browser(&self) -> Result<(&IceCredentials, &Fingerprint), Fault> {
        let is_srtp = self.protocol.is_rtp() && !self.protocol.is_plain();
        if !is_srtp {
            return Err(Fault::UnsupportedProtocol(self.protocol.as_str().to_owned()));
        }
        let known = |fingerprint: &&Fingerprint| fingerprint.hash == "sha-256";
        let fingerprint = self.fingerprints.iter().find(known).or(self.fingerprints.first());
        let fingerprint = fingerprint.ok_or(Fault::NoFingerprint)?;
        Ok((self.ice.as_ref().ok_or(Fault::NoIceCredentials)?, fingerprint))
    }

    /// Whether the section is meant to carry media.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.port != 0 || self.bundle_only
    }

    /// Whether DTLS keys this section.
    #[must_use]
    pub fn is_dtls(&self) -> bool {
        !self.fingerprints.is_empty() && !self.protocol.is_plain()
    }

    /// A format by its payload type.
    #[must_use]
    pub fn format(&self, payload_type: u8) -> Option<&Format> {
        self.formats.iter().find(|format| format.payload_type == payload_type)
    }

    fn ssrc(&mut self, value: &str) {
        let (number, rest) = value.split_once(' ').unwrap_or((value, ""));
        let Ok(number) = number.parse() else { return };
        let cname = rest.trim().strip_prefix("cname:").map(str::to_owned);
        if let Some(ssrc) = self.ssrcs.iter_mut().find(|ssrc| ssrc.number == number) {
            ssrc.cname = ssrc.cname.take().or(cname);
        } else if self.ssrcs.len() < SSRCS_MAX {
            self.ssrcs.push(Ssrc { number, cname });
        }
    }
}

fn formats(section: &sdp_types::Media) -> Result<Vec<Format>, Fault> {
    let mut formats = Vec::new();
    for word in section.fmt.split_ascii_whitespace() {
        let number = word.parse().ok().filter(|number| *number < 128);
        let number = number.ok_or_else(|| Fault::BadPayloadType(word.to_owned()))?;
        // A number that is named twice means what it meant the first time.
        if !formats.iter().any(|format: &Format| format.payload_type == number) {
            formats.push(Format::fixed(number));
        }
    }
    for attribute in &section.attributes {
        let name = attribute.attribute.as_str();
        if !matches!(name, "rtpmap" | "fmtp" | "rtcp-fb") {
            continue;
        }
        let value = attribute.value.as_deref().unwrap_or_default().trim();
        let (number, rest) = value.split_once(' ').unwrap_or((value, ""));
        let about = number.parse::<u8>().ok();
        for format in &mut formats {
            if about != Some(format.payload_type) && !(name == "rtcp-fb" && number == "*") {
                continue;
            }
            match name {
                "rtpmap" if !format.set_rtpmap(rest) => return Err(Fault::BadAttribute("rtpmap")),
                "fmtp" => format.fmtp = Some(rest.trim().to_owned()),
                "rtcp-fb" => format.feedback.push(rest.trim().to_owned()),
                _ => {}
            }
        }
    }
    Ok(formats)
}

fn connection_address(connection: &sdp_types::Connection) -> Option<IpAddr> {
    let text = connection.connection_address.as_str();
    // A multicast address carries its time to live behind a slash.
    text.split_once('/').map_or(text, |(address, _)| address).parse().ok()
}

fn fingerprint(value: &str) -> Result<Fingerprint, Fault> {
    Fingerprint::parse(value).ok_or(Fault::BadAttribute("fingerprint"))
}

/// RFC 8839 5.4: 4 to 256 characters of user name fragment, 22 to 256 of password.
fn ice_credentials(ufrag: String, password: String) -> Result<IceCredentials, Fault> {
    let is_ice = |text: &str| {
        text.len() <= 256 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
    };
    if ufrag.len() < 4 || !is_ice(&ufrag) {
        return Err(Fault::BadAttribute("ice-ufrag"));
    }
    if password.len() < 22 || !is_ice(&password) {
        return Err(Fault::BadAttribute("ice-pwd"));
    }
    Ok(IceCredentials { ufrag, password })
}

fn milliseconds(value: &str) -> Option<u32> {
    // Some gateways write "20.0".
    let whole = value.split_once('.').map_or(value, |(whole, _)| whole);
    whole.parse().ok().filter(|ms| (1..=PTIME_MS_MAX).contains(ms))
}

fn rtcp(value: &str) -> Option<Rtcp> {
    let mut words = value.split_ascii_whitespace();
    let port = words.next()?.parse().ok()?;
    Some(Rtcp { port, address: words.nth(2).and_then(|address| address.parse().ok()) })
}

fn msid(value: &str) -> Option<Msid> {
    let mut words = value.split_ascii_whitespace();
    Some(Msid { stream: words.next()?.to_owned(), track: words.next().map(str::to_owned) })
}

fn extmap(value: &str) -> Option<ExtMap> {
    let mut words = value.split_ascii_whitespace();
    let id = words.next()?;
    let id = id.split_once('/').map_or(id, |(id, _)| id).parse().ok()?;
    Some(ExtMap { id, uri: words.next()?.to_owned() })
}

fn words(value: &str) -> Vec<String> {
    value.split_ascii_whitespace().map(str::to_owned).collect()
}

/// Candidates beyond these are left out: no honest peer has so many addresses.
const CANDIDATES_MAX: usize = 64;
/// Sources beyond these are left out.
const SSRCS_MAX: usize = 16;
/// A longer packet time is a mistake.
const PTIME_MS_MAX: u32 = 1000;
