//! Voice codecs, and which of them a DN or trunk is offered.

use std::{
    fmt::{self, Display, Formatter},
    str::FromStr,
};

use crate::config::{Options, TSERVER};

/// A voice codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VoiceCodec {
    /// Wide at 64 kbit/s.
    G722,
    /// Wide at what the line bears, guarded against loss.
    Opus,
    /// G.711 A-law.
    Pcma,
    /// G.711 µ-law.
    Pcmu,
}

impl VoiceCodec {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::G722, Self::Opus, Self::Pcma, Self::Pcmu];

    /// As SDP names it (RFC 3551, RFC 7587).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::G722 => "G722",
            Self::Opus => "opus",
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }
}

/// Codecs, the one that is wanted most first; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoiceCodecs([Option<VoiceCodec>; VoiceCodec::ALL.len()]);

impl VoiceCodecs {
    /// Of a browser, where nothing else is wanted: the network between is not ours.
    pub const BROWSER: Self =
        Self([Some(VoiceCodec::Opus), Some(VoiceCodec::Pcmu), Some(VoiceCodec::Pcma), None]);
    /// Of a SIP phone: wide before narrow, what costs little before what costs much.
    pub const PHONE: Self = Self([
        Some(VoiceCodec::G722),
        Some(VoiceCodec::Pcmu),
        Some(VoiceCodec::Pcma),
        Some(VoiceCodec::Opus),
    ]);
    /// Of a trunk: most carriers take nothing but G.711, whatever they answer.
    pub const TRUNK: Self =
        Self([Some(VoiceCodec::Pcmu), Some(VoiceCodec::Pcma), Some(VoiceCodec::G722), None]);

    /// What the option `audio-codecs` of a DN or trunk says, else the `usual` ones. The option was
    /// checked when it came in.
    #[must_use]
    pub fn of(options: &Options, usual: Self) -> Self {
        let own = options.get(TSERVER).and_then(|section| section.get("audio-codecs"));
        own.and_then(|value| value.parse().ok()).unwrap_or(usual)
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = VoiceCodec> + '_ {
        self.0.iter().flatten().copied()
    }
}

impl Display for VoiceCodecs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(VoiceCodec::name).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for VoiceCodecs {
    type Err = &'static str;

    /// Reads names with commas between them; case does not count.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut codecs = Self([None; VoiceCodec::ALL.len()]);
        for name in text.split(',').map(str::trim) {
            let named = |codec: &VoiceCodec| codec.name().eq_ignore_ascii_case(name);
            let codec = VoiceCodec::ALL.into_iter().find(named).ok_or(WANTED)?;
            if codecs.iter().any(|before| before == codec) {
                return Err(WANTED);
            }
            let free = codecs.0.iter_mut().find(|slot| slot.is_none());
            *free.ok_or(WANTED)? = Some(codec);
        }
        Ok(codecs)
    }
}

const WANTED: &str = "takes some of G722, opus, PCMA and PCMU, the one that is wanted first first";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_in_its_order_and_nonsense_is_refused() {
        let codecs = "pcma, G722,Opus".parse::<VoiceCodecs>();
        let read = codecs.map(|codecs| codecs.iter().collect());
        assert_eq!(read, Ok(vec![VoiceCodec::Pcma, VoiceCodec::G722, VoiceCodec::Opus]));
        for wrong in ["", "G729", "PCMU,,PCMA", "PCMU PCMA", "PCMU,pcmu"] {
            assert_eq!(wrong.parse::<VoiceCodecs>(), Err(WANTED), "{wrong}");
        }
    }

    #[test]
    fn a_dn_has_the_usual_codecs_unless_it_says_otherwise() {
        let option = |value: &str| ("audio-codecs".to_owned(), value.to_owned());
        let options = Options::from([(TSERVER.into(), [option("opus")].into())]);
        let usual = VoiceCodecs::PHONE;
        assert_eq!(VoiceCodecs::of(&Options::default(), usual), usual);
        let own: Vec<_> = VoiceCodecs::of(&options, usual).iter().collect();
        assert_eq!(own, [VoiceCodec::Opus]);
        assert_eq!(usual.to_string().parse(), Ok(usual));
    }
}
