//! What both sides speak (RFC 3264 6 and 7).

use crate::codec::{Codec, DYNAMIC_FIRST, Format};
use crate::description::SessionDescription;
use crate::fault::Fault;
use crate::media::{Direction, Media};

/// A codec that we speak. Several are given in our order of preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// The codec.
    pub codec: Codec,
    /// Its RTP clock rate in Hz.
    pub clock_rate: u32,
    /// Our a=fmtp for it: what we ask the other side to send.
    pub fmtp: Option<String>,
}

impl Preference {
    /// A codec without parameters.
    #[must_use]
    pub const fn new(codec: Codec, clock_rate: u32) -> Self {
        Self { codec, clock_rate, fmtp: None }
    }

    /// The same with our a=fmtp.
    #[must_use]
    pub fn with_fmtp(mut self, fmtp: &str) -> Self {
        self.fmtp = Some(fmtp.to_owned());
        self
    }

    /// Voice codecs in that order, Opus with [`crate::OPUS_FMTP`], then keys with the clock of
    /// each.
    #[must_use]
    pub fn voice(codecs: impl IntoIterator<Item = Codec>) -> Vec<Self> {
        let of = |codec| match codec {
            Codec::Opus => Self::new(codec, 48_000).with_fmtp(crate::OPUS_FMTP),
            codec => Self::new(codec, 8_000),
        };
        let mut list: Vec<Self> = codecs.into_iter().map(of).collect();
        let mut clocks: Vec<u32> = list.iter().map(|voice| voice.clock_rate).collect();
        clocks.sort_by_key(|clock| list.iter().position(|voice| voice.clock_rate == *clock));
        clocks.dedup();
        let keys = |clock| Self::new(Codec::TelephoneEvent, clock);
        let keys = clocks.into_iter().map(keys);
        list.extend(keys.map(|keys| keys.with_fmtp(crate::TELEPHONE_EVENT_FMTP)));
        list
    }
}

/// What was agreed for the audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Which section of the SDP it is about.
    pub media_index: usize,
    /// The voice codecs; never empty. The first one is to be used.
    pub codecs: Vec<AgreedCodec>,
    /// How keys travel, in our order of preference; empty when the other side takes none.
    pub telephone_events: Vec<TelephoneEvent>,
    /// Whether we send and receive.
    pub direction: Direction,
    /// The packet time that the other side asks for.
    pub ptime_ms: Option<u32>,
}

/// One agreed codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedCodec {
    /// The codec.
    pub codec: Codec,
    /// Its RTP clock rate in Hz.
    pub clock_rate: u32,
    /// Its channels as written in a=rtpmap.
    pub channels: u8,
    /// The number in packets that we send.
    pub send_payload_type: u8,
    /// The number in packets that we receive. Differs from the other only when an answer
    /// changed our offer's number (RFC 3264 5.1).
    pub receive_payload_type: u8,
    /// The other side's parameters: what it asks us to send.
    pub their_fmtp: Option<String>,
    /// Our parameters: what we ask it to send.
    pub our_fmtp: Option<String>,
}

/// One agreed format for keys (RFC 4733).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// Its RTP clock rate in Hz.
    pub clock_rate: u32,
    /// The number in packets that we send.
    pub send_payload_type: u8,
    /// The number in packets that we receive.
    pub receive_payload_type: u8,
}

impl Agreement {
    /// The codec to send with.
    #[must_use]
    pub fn codec(&self) -> &AgreedCodec {
        self.codecs.first().expect("an agreement has a codec")
    }

    /// The codec of a payload type that was received.
    #[must_use]
    pub fn received(&self, payload_type: u8) -> Option<&AgreedCodec> {
        self.codecs.iter().find(|codec| codec.receive_payload_type == payload_type)
    }

    /// How keys are sent: with the clock of the codec in use if agreed, else with any
    /// (RFC 4733 2.1 wants the same clock; a peer that offers one alone means it).
    #[must_use]
    pub fn telephone_event(&self) -> Option<TelephoneEvent> {
        let same = |event: &&TelephoneEvent| event.clock_rate == self.codec().clock_rate;
        self.telephone_events.iter().find(same).or(self.telephone_events.first()).copied()
    }

    /// What an answer lists: codecs, then keys, with the offerer's numbers.
    pub(crate) fn formats(&self, ours: &[Preference]) -> Vec<Format> {
        let codec = |agreed: &AgreedCodec| Format {
            channels: agreed.channels,
            fmtp: agreed.our_fmtp.clone(),
            ..Format::new(agreed.receive_payload_type, agreed.codec.clone(), agreed.clock_rate)
        };
        let event = |agreed: &TelephoneEvent| Format {
            fmtp: ours
                .iter()
                .find(|ours| ours.codec == Codec::TelephoneEvent)
                .and_then(|ours| ours.fmtp.clone())
                .or_else(|| Some(crate::TELEPHONE_EVENT_FMTP.to_owned())),
            ..Format::new(agreed.receive_payload_type, Codec::TelephoneEvent, agreed.clock_rate)
        };
        let codecs = self.codecs.iter().map(codec);
        codecs.chain(self.telephone_events.iter().map(event)).collect()
    }
}

/// Finds what of an offer we take: our order of preference, the offerer's payload numbers
/// (a dynamic number means only what its a=rtpmap says). `direction` is what we want to do.
pub fn negotiate(
    offer: &SessionDescription,
    preferences: &[Preference],
    direction: Direction,
) -> Result<Agreement, Fault> {
    let (media_index, media) = offer.audio()?;
    let number = |format: &Format| Some((format.payload_type, format.payload_type));
    agree(media_index, media, preferences, direction, number)
}

/// Finds what an answer took of our offer. We send with the answer's numbers and receive with
/// those that we offered.
pub fn negotiate_answer(
    offer: &SessionDescription,
    answer: &SessionDescription,
    preferences: &[Preference],
) -> Result<Agreement, Fault> {
    if offer.media.len() != answer.media.len() {
        return Err(Fault::AnswerMismatch);
    }
    let (media_index, ours) = offer.audio()?;
    let theirs = answer.media.get(media_index).ok_or(Fault::AnswerMismatch)?;
    if theirs.kind != ours.kind {
        return Err(Fault::AnswerMismatch);
    }
    if theirs.port == 0 {
        return Err(Fault::NoAudio);
    }
    let number = |format: &Format| {
        let same = |ours: &&Format| {
            format.codec.as_ref().is_some_and(|codec| ours.is(codec, format.clock_rate))
        };
        // The same number first: two formats may differ in their parameters alone.
        let by_number = ours.format(format.payload_type).filter(same);
        let ours = by_number.or_else(|| ours.formats.iter().find(same))?;
        Some((format.payload_type, ours.payload_type))
    };
    agree(media_index, theirs, preferences, ours.direction, number)
}

fn agree(
    media_index: usize,
    media: &Media,
    preferences: &[Preference],
    direction: Direction,
    number: impl Fn(&Format) -> Option<(u8, u8)>,
) -> Result<Agreement, Fault> {
    let mut codecs = Vec::new();
    let mut telephone_events = Vec::new();
    for ours in preferences {
        let found = media.formats.iter().find(|theirs| theirs.is(&ours.codec, ours.clock_rate));
        let Some((theirs, numbers)) = found.and_then(|theirs| Some((theirs, number(theirs)?)))
        else {
            continue;
        };
        let (send_payload_type, receive_payload_type) = numbers;
        if ours.codec == Codec::TelephoneEvent {
            let clock_rate = theirs.clock_rate;
            let event = TelephoneEvent { clock_rate, send_payload_type, receive_payload_type };
            telephone_events.push(event);
        } else {
            codecs.push(AgreedCodec {
                codec: ours.codec.clone(),
                clock_rate: theirs.clock_rate,
                channels: theirs.channels,
                send_payload_type,
                receive_payload_type,
                their_fmtp: theirs.fmtp.clone(),
                our_fmtp: ours.fmtp.clone(),
            });
        }
    }
    if codecs.is_empty() {
        return Err(Fault::NoCommonCodec);
    }
    let direction = media.direction.answer(direction);
    Ok(Agreement { media_index, codecs, telephone_events, direction, ptime_ms: media.ptime_ms })
}

/// Numbers for an offer of our own: fixed ones where they exist, then dynamic ones that
/// `taken` doesn't hold, 111, 110 and 101 being what people expect for Opus and keys.
pub(crate) fn numbered(preferences: &[Preference]) -> Vec<Format> {
    let mut formats: Vec<Format> = Vec::new();
    for ours in preferences {
        let is_free =
            |number: &u8| !formats.iter().any(|format: &Format| format.payload_type == *number);
        let wanted = match (&ours.codec, ours.clock_rate) {
            (Codec::Pcmu, _) => 0,
            (Codec::Pcma, _) => 8,
            (Codec::G722, _) => 9,
            (Codec::ComfortNoise, 8_000) => 13,
            (Codec::G729, _) => 18,
            (Codec::Opus, _) => 111,
            (Codec::TelephoneEvent, 8_000) => 101,
            (Codec::TelephoneEvent, _) => 110,
            (Codec::ComfortNoise | Codec::Other(_), _) => DYNAMIC_FIRST,
        };
        let numbers = std::iter::once(wanted).chain(DYNAMIC_FIRST..=127);
        let Some(number) = numbers.into_iter().find(is_free) else { break };
        formats.push(Format {
            channels: if ours.codec == Codec::Opus { 2 } else { 1 },
            fmtp: ours.fmtp.clone(),
            ..Format::new(number, ours.codec.clone(), ours.clock_rate)
        });
    }
    formats
}
