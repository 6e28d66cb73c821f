//! What a clean SDP never has: each of these has cost a real site its sound.

use std::fmt;

use crate::description::SessionDescription;
use crate::fault::Fault;
use crate::media::Media;

/// One thing wrong with an SDP. The number is the section, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lint {
    /// It can't even be read.
    Unreadable(Fault),
    /// A line that doesn't end in CRLF, or an empty one.
    LineEnd,
    /// An attribute that may stand once stands more often in a section.
    Repeated(usize, String),
    /// Two sections have the same mid.
    SameMid(String),
    /// BUNDLE names a mid that no section has, or that a refused section has.
    BundleWithoutMedia(String),
    /// Keys by DTLS and by SDES in one section.
    DtlsAndSdes(usize),
    /// Plain RTP with keys, or SRTP without any.
    KeysDoNotFitProtocol(usize),
    /// DTLS without a=setup.
    NoSetup(usize),
    /// ICE without a user name fragment or password.
    NoIceCredentials(usize),
    /// DTLS over RTP and RTCP apart: browsers refuse it.
    NoRtcpMux(usize),
    /// A dynamic payload type without a=rtpmap.
    NoRtpmap(usize, u8),
    /// a=rtpmap or a=fmtp for a payload type that the m= line doesn't have.
    StrayFormat(usize, String),
    /// Neither the section nor the session has a c= line.
    NoConnection(usize),
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Everything that is wrong with an SDP as it stands on the wire.
#[must_use]
pub fn lint(bytes: &[u8]) -> Vec<Lint> {
    let description = match SessionDescription::parse(bytes) {
        Ok(description) => description,
        Err(fault) => return vec![Lint::Unreadable(fault)],
    };
    let mut found = Vec::new();
    let is_clean = |line: &[u8]| line.len() > 1 && line.ends_with(b"\r");
    let lines = bytes.strip_suffix(b"\n").map(|bytes| bytes.split(|byte| *byte == b'\n'));
    if !lines.is_some_and(|mut lines| lines.all(is_clean)) {
        found.push(Lint::LineEnd);
    }
    mids(&description, &mut found);
    for (index, media) in description.media.iter().enumerate() {
        lines_of(&description, index, &mut found);
        if media.is_enabled() {
            section(index, media, &mut found);
        }
    }
    found
}

fn mids(description: &SessionDescription, found: &mut Vec<Lint>) {
    let mids: Vec<&String> = description.media.iter().filter_map(|m| m.mid.as_ref()).collect();
    for (at, mid) in mids.iter().enumerate() {
        if mids.iter().take(at).any(|earlier| earlier == mid) {
            found.push(Lint::SameMid((*mid).clone()));
        }
    }
    for mid in description.bundles.iter().flatten() {
        let of_mid = |media: &&Media| media.mid.as_ref() == Some(mid) && media.is_enabled();
        if !description.media.iter().any(|media| of_mid(&media)) {
            found.push(Lint::BundleWithoutMedia(mid.clone()));
        }
    }
}

/// What shows in the lines alone.
fn lines_of(description: &SessionDescription, index: usize, found: &mut Vec<Lint>) {
    let Some(lines) = description.lines.medias.get(index) else { return };
    for once in ONCE {
        let count = lines.attributes.iter().filter(|line| line.attribute == once).count();
        if count > 1 {
            found.push(Lint::Repeated(index, once.to_owned()));
        }
    }
    let directions = ["sendrecv", "sendonly", "recvonly", "inactive"];
    let is_direction = |name: &str| directions.contains(&name);
    if lines.attributes.iter().filter(|line| is_direction(&line.attribute)).count() > 1 {
        found.push(Lint::Repeated(index, "direction".to_owned()));
    }
    if lines.connections.is_empty() && description.lines.connection.is_none() {
        found.push(Lint::NoConnection(index));
    }
    let numbers: Vec<&str> = lines.fmt.split_ascii_whitespace().collect();
    for line in &lines.attributes {
        let value = line.value.as_deref().unwrap_or_default();
        let number = value.split_ascii_whitespace().next().unwrap_or_default();
        let names_format = matches!(line.attribute.as_str(), "rtpmap" | "fmtp");
        if names_format && !numbers.contains(&number) {
            found.push(Lint::StrayFormat(index, format!("{}:{number}", line.attribute)));
        }
    }
}

fn section(index: usize, media: &Media, found: &mut Vec<Lint>) {
    let (dtls, sdes) = (!media.fingerprints.is_empty(), !media.cryptos.is_empty());
    if dtls && sdes {
        found.push(Lint::DtlsAndSdes(index));
    }
    if media.protocol.is_rtp() && media.protocol.is_plain() == (dtls || sdes) {
        found.push(Lint::KeysDoNotFitProtocol(index));
    }
    if dtls && media.setup.is_none() {
        found.push(Lint::NoSetup(index));
    }
    if !media.candidates.is_empty() && media.ice.is_none() {
        found.push(Lint::NoIceCredentials(index));
    }
    if dtls && media.protocol.is_rtp() && !media.rtcp_mux {
        found.push(Lint::NoRtcpMux(index));
    }
    for format in &media.formats {
        if format.codec.is_none() {
            found.push(Lint::NoRtpmap(index, format.payload_type));
        }
    }
}

/// Attributes that may stand once in a section.
const ONCE: [&str; 9] =
    ["mid", "setup", "ice-ufrag", "ice-pwd", "rtcp-mux", "rtcp", "ptime", "maxptime", "msid"];
