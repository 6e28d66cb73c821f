//! A whole session description, read.

use sdp_types::Session;

use crate::fault::Fault;
use crate::media::{Defaults, Media, MediaKind};

/// An offer or an answer: the lines as the grammar gives them and what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDescription {
    /// Every line, kept; [`SessionDescription::to_bytes`] writes them again.
    pub lines: Session,
    /// The sections in their order.
    pub media: Vec<Media>,
    /// The mids of each a=group:BUNDLE, in their order.
    pub bundles: Vec<Vec<String>>,
    /// a=ice-lite: the sender doesn't check, it only answers checks.
    pub ice_lite: bool,
}

impl SessionDescription {
    /// A longer SDP is refused.
    pub const BYTES_MAX: usize = 64 * 1024;

    /// Reads an SDP.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(Fault::TooLarge);
        }
        // RFC 8866 5: no NUL in any line. A writer that drops it would make other words.
        if bytes.contains(&0) {
            return Err(Fault::Grammar("NUL byte".to_owned()));
        }
        let lines = match std::str::from_utf8(bytes) {
            Ok(text) => Session::parse(text.as_bytes()),
            Err(_) => {
                let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
                Session::parse(text.as_bytes())
            }
        };
        let lines = lines.map_err(|fault| Fault::Grammar(fault.to_string()))?;
        if lines.medias.len() > MEDIA_MAX {
            return Err(Fault::TooMany("media lines"));
        }
        if lines.medias.iter().any(|media| media.attributes.len() > ATTRIBUTES_MAX) {
            return Err(Fault::TooMany("attributes"));
        }
        let defaults = Defaults::parse(&lines)?;
        let parse = |section| Media::parse(section, &defaults);
        let media: Result<Vec<_>, _> = lines.medias.iter().map(parse).collect();
        let values = |name: &'static str| {
            lines.attributes.iter().filter(move |attribute| attribute.attribute == name)
        };
        let bundles = values("group")
            .filter_map(|group| group.value.as_deref()?.trim().strip_prefix("BUNDLE"))
            .map(|mids| mids.split_ascii_whitespace().map(str::to_owned).collect())
            .collect();
        let ice_lite = values("ice-lite").next().is_some();
        Ok(Self { media: media?, bundles, ice_lite, lines })
    }

    /// The lines again, as they were but for white space and line ends.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.lines.write(&mut bytes).expect("a vector takes every byte");
        bytes
    }

    /// The first audio section that is meant to carry media, with its place among the sections.
    pub fn audio(&self) -> Result<(usize, &Media), Fault> {
        let mut sections = self.media.iter().enumerate();
        sections
            .find(|(_, media)| media.kind == MediaKind::Audio && media.is_enabled())
            .ok_or(Fault::NoAudio)
    }

    /// The `o=` line's session version. Some peers start it again in every message.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.lines.origin.sess_version
    }

    /// Whether a section's mid is in a bundle.
    #[must_use]
    pub fn is_bundled(&self, media: &Media) -> bool {
        media.mid.as_ref().is_some_and(|mid| self.bundles.iter().any(|bundle| bundle.contains(mid)))
    }
}

/// More sections than any browser's conference has.
const MEDIA_MAX: usize = 64;
/// More lines than any section has.
const ATTRIBUTES_MAX: usize = 1000;
