//! Payload formats: numbers, names, clock rates (RFC 3551, RFC 8866 6.6).

use std::borrow::Cow;

/// What a payload format carries, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the codecs")]
pub enum Codec {
    ComfortNoise,
    G722,
    G729,
    Opus,
    Pcma,
    Pcmu,
    TelephoneEvent,
    /// Any other encoding name, in lower case.
    Other(Box<str>),
}

impl Codec {
    /// The codec of an encoding name; case does not count (RFC 8866 6.6).
    #[must_use]
    pub fn named(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "cn" => Self::ComfortNoise,
            "g722" => Self::G722,
            "g729" => Self::G729,
            "opus" => Self::Opus,
            "pcma" => Self::Pcma,
            "pcmu" => Self::Pcmu,
            "telephone-event" => Self::TelephoneEvent,
            _ => Self::Other(lower.into()),
        }
    }

    /// The name as it is written in a=rtpmap.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::ComfortNoise => "CN",
            Self::G722 => "G722",
            Self::G729 => "G729",
            Self::Opus => "opus",
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
            Self::TelephoneEvent => "telephone-event",
            Self::Other(name) => name,
        }
    }
}

/// One payload type of an m= line with what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// 0 to 127.
    pub payload_type: u8,
    /// What it carries. `None` for a dynamic number without a=rtpmap, and for a static one
    /// that we don't know.
    pub codec: Option<Codec>,
    /// The RTP clock rate in Hz; 0 when unknown.
    pub clock_rate: u32,
    /// How many channels; 1 when not said.
    pub channels: u8,
    /// The a=fmtp parameters as written.
    pub fmtp: Option<String>,
    /// The a=rtcp-fb values for this payload type and for `*`.
    pub feedback: Vec<String>,
}

impl Format {
    /// A format without parameters.
    #[must_use]
    pub const fn new(payload_type: u8, codec: Codec, clock_rate: u32) -> Self {
        Self {
            payload_type,
            codec: Some(codec),
            clock_rate,
            channels: 1,
            fmtp: None,
            feedback: Vec::new(),
        }
    }

    /// What a payload type means without any a=rtpmap (RFC 3551 6).
    #[must_use]
    pub(crate) fn fixed(payload_type: u8) -> Self {
        let known = STATIC.iter().find(|(number, ..)| *number == payload_type);
        let (codec, clock_rate) = match known {
            Some((_, name, clock_rate)) => (Some(Codec::named(name)), *clock_rate),
            None => (None, 0),
        };
        let (channels, fmtp, feedback) = (1, None, Vec::new());
        Self { payload_type, codec, clock_rate, channels, fmtp, feedback }
    }

    /// Takes what an a=rtpmap says: `opus/48000/2`. False when it can't be read.
    pub(crate) fn set_rtpmap(&mut self, value: &str) -> bool {
        let mut parts = value.trim().split('/');
        let (Some(name), Some(clock_rate)) = (parts.next(), parts.next()) else { return false };
        let Ok(clock_rate) = clock_rate.trim().parse() else { return false };
        if name.is_empty() {
            return false;
        }
        self.codec = Some(Codec::named(name));
        self.clock_rate = clock_rate;
        self.channels = parts.next().and_then(|channels| channels.trim().parse().ok()).unwrap_or(1);
        true
    }

    /// The a=rtpmap value: `opus/48000/2`.
    #[must_use]
    pub fn rtpmap(&self) -> Option<String> {
        let name = self.codec.as_ref()?.name();
        Some(match self.channels {
            0 | 1 => format!("{name}/{}", self.clock_rate),
            channels => format!("{name}/{}/{channels}", self.clock_rate),
        })
    }

    /// One parameter of a=fmtp, e.g. `useinbandfec`; empty when it has no value.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut params = self.fmtp.as_deref()?.split(';').map(str::trim);
        params.find_map(|param| {
            let (key, value) = param.split_once('=').unwrap_or((param, ""));
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Whether this is `codec` at `clock_rate`. G.722 is written with 8000 though it samples at
    /// 16000 (RFC 3551 4.5.2), so its clock is not compared.
    #[must_use]
    pub fn is(&self, codec: &Codec, clock_rate: u32) -> bool {
        self.codec.as_ref() == Some(codec)
            && (self.clock_rate == clock_rate || *codec == Codec::G722)
    }

    pub(crate) fn label(&self) -> Cow<'static, str> {
        self.rtpmap().map_or(Cow::Borrowed("unknown"), Cow::Owned)
    }
}

/// The first payload type that has no fixed meaning (RFC 3551 6).
pub(crate) const DYNAMIC_FIRST: u8 = 96;

/// RFC 3551 tables 4 and 5: number, name, clock rate. Only 10 has two channels, and nobody
/// sends us L16.
const STATIC: [(u8, &str, u32); 22] = [
    (0, "PCMU", 8000),
    (3, "GSM", 8000),
    (4, "G723", 8000),
    (5, "DVI4", 8000),
    (6, "DVI4", 16000),
    (7, "LPC", 8000),
    (8, "PCMA", 8000),
    (9, "G722", 8000),
    (11, "L16", 44100),
    (12, "QCELP", 8000),
    (13, "CN", 8000),
    (14, "MPA", 90000),
    (15, "G728", 8000),
    (16, "DVI4", 11025),
    (17, "DVI4", 22050),
    (18, "G729", 8000),
    (25, "CelB", 90000),
    (26, "JPEG", 90000),
    (28, "nv", 90000),
    (31, "H261", 90000),
    (32, "MPV", 90000),
    (34, "H263", 90000),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(Codec::named("pcmu"), Codec::Pcmu);
        assert_eq!(Codec::named("OPUS"), Codec::Opus);
        assert_eq!(Codec::named("iLBC"), Codec::Other("ilbc".into()));
    }

    #[test]
    fn a_dynamic_number_means_nothing_without_a_map() {
        assert_eq!(Format::fixed(101).codec, None);
        assert_eq!(Format::fixed(0).codec, Some(Codec::Pcmu));
        assert_eq!(Format::fixed(18).clock_rate, 8000);
    }

    #[test]
    fn format_parameters_are_read_with_and_without_values() {
        let mut format = Format::new(111, Codec::Opus, 48000);
        format.fmtp = Some("minptime=10; UseInbandFec=1;x".into());
        assert_eq!(format.parameter("useinbandfec"), Some("1"));
        assert_eq!(format.parameter("x"), Some(""));
        assert_eq!(format.parameter("stereo"), None);
    }
}
