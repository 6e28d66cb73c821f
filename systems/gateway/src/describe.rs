//! Offers and answers of one leg: what is agreed, and that our SDP stays the same when nothing
//! changed (RFC 3264 8).

use std::borrow::Cow;

use wire_sdp::{
    Agreement, Codec as SdpCodec, Direction, Fault, Origin, Preference, SessionDescription,
    negotiate, negotiate_answer,
};

use crate::codec::Codec;
use model::codecs::{VoiceCodec, VoiceCodecs};
use model::media::LegKind;

/// What both sides settled on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Payload types that may come in, with what they are.
    voices: Vec<(u8, Codec)>,
    /// Payload types of keys that may come in, with their clocks.
    events: Vec<(u8, u32)>,
    /// What we send.
    pub send: Codec,
    /// Its number.
    pub send_payload_type: u8,
    /// The number of keys that we send, when there is one with the codec's clock.
    pub send_event_payload_type: Option<u8>,
    /// Whether the far end wants to hear us.
    pub we_send: bool,
    /// Whether the far end will talk.
    pub we_receive: bool,
}

/// What a payload type stands for on a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A key, with its clock in Hz.
    Event(u32),
    /// Not agreed: counted and dropped.
    Unknown,
    /// Sound.
    Voice(Codec),
}

impl Terms {
    fn new(agreement: &Agreement) -> Result<Self, Fault> {
        let known = |codec: &SdpCodec| match codec {
            SdpCodec::G722 => Some(Codec::G722),
            SdpCodec::Opus => Some(Codec::Opus),
            SdpCodec::Pcma => Some(Codec::Pcma),
            SdpCodec::Pcmu => Some(Codec::Pcmu),
            SdpCodec::ComfortNoise
            | SdpCodec::G729
            | SdpCodec::TelephoneEvent
            | SdpCodec::Other(_) => None,
        };
        let mut codecs = agreement.codecs.iter();
        let (first, send) = codecs
            .find_map(|agreed| Some((agreed, known(&agreed.codec)?)))
            .ok_or(Fault::NoCommonCodec)?;
        let event = agreement.telephone_events.iter().find(|e| e.clock_rate == first.clock_rate);
        Ok(Self {
            voices: agreement
                .codecs
                .iter()
                .filter_map(|agreed| Some((agreed.receive_payload_type, known(&agreed.codec)?)))
                .collect(),
            events: agreement
                .telephone_events
                .iter()
                .map(|event| (event.receive_payload_type, event.clock_rate))
                .collect(),
            send,
            send_payload_type: first.send_payload_type,
            send_event_payload_type: event.map(|event| event.send_payload_type),
            we_send: agreement.direction.sends(),
            we_receive: agreement.direction.receives(),
        })
    }

    /// Whether keys may come in as events.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// What a packet that came carries.
    #[must_use]
    pub fn payload(&self, payload_type: u8) -> Payload {
        if let Some((_, codec)) = self.voices.iter().find(|(number, _)| *number == payload_type) {
            return Payload::Voice(*codec);
        }
        match self.events.iter().find(|(number, _)| *number == payload_type) {
            Some((_, clock)) => Payload::Event(*clock),
            None => Payload::Unknown,
        }
    }
}

/// The offers and answers of one leg.
pub struct Dialog {
    origin: Origin,
    preferences: Vec<Preference>,
    /// Whether the far end's order of codecs counts in its offers, rather than ours.
    follows: bool,
    /// What we wrote last.
    last: Vec<u8>,
    /// Our offer, while the last exchange was begun by us.
    offered: Option<SessionDescription>,
}

impl Dialog {
    /// Of a new leg.
    #[must_use]
    pub fn new(session_id: u64, kind: LegKind, codecs: VoiceCodecs) -> Self {
        let origin = Origin { session_id, version: 1 };
        let preferences = Preference::voice(codecs.iter().map(|codec| match codec {
            VoiceCodec::G722 => SdpCodec::G722,
            VoiceCodec::Opus => SdpCodec::Opus,
            VoiceCodec::Pcma => SdpCodec::Pcma,
            VoiceCodec::Pcmu => SdpCodec::Pcmu,
        }));
        // Browsers name their codecs in the order of their makers, phones in that of their owners.
        let follows = kind != LegKind::Browser;
        Self { origin, preferences, follows, last: Vec::new(), offered: None }
    }

    /// Our offer, written by `write`.
    ///
    /// # Errors
    /// Never for what we write ourselves, but a bug must not become a panic.
    pub fn offer(
        &mut self,
        write: impl Fn(Origin, &[Preference]) -> Vec<u8>,
    ) -> Result<Vec<u8>, Fault> {
        let sdp = self.stable(|origin, preferences| Ok(write(origin, preferences)))?;
        self.offered = Some(SessionDescription::parse(&sdp)?);
        Ok(sdp)
    }

    /// What the answer to our offer settles, and its audio section's place.
    ///
    /// # Errors
    /// When no offer of ours waits or the answer does not fit it.
    pub fn answered(&mut self, answer: &SessionDescription) -> Result<(Terms, usize), Fault> {
        let offer = match self.offered.take() {
            Some(offer) => offer,
            None => self.last_as_offer()?,
        };
        let agreement = negotiate_answer(&offer, answer, &self.preferences);
        // Kept: the answer in a 183 is repeated in the 200, or another branch's differs.
        self.offered = Some(offer);
        let agreement = agreement?;
        Ok((Terms::new(&agreement)?, agreement.media_index))
    }

    /// A re-INVITE without SDP is answered with what we wrote last, as a fresh offer. Whatever
    /// that answered to a hold, we are ready to talk: the far end may end its hold this way.
    fn last_as_offer(&self) -> Result<SessionDescription, Fault> {
        let mut offer = SessionDescription::parse(&self.last)?;
        offer.media.iter_mut().for_each(|media| media.direction = Direction::SendRecv);
        Ok(offer)
    }

    /// What an offer of the far end settles.
    ///
    /// # Errors
    /// When nothing in it can be used.
    pub fn offered(&self, offer: &SessionDescription) -> Result<(Terms, Agreement), Fault> {
        let mut preferences = Cow::Borrowed(&self.preferences);
        if self.follows {
            let formats = offer.audio().map_or(&[][..], |(_, media)| &media.formats);
            let place = |ours: &Preference| {
                formats.iter().position(|theirs| theirs.is(&ours.codec, ours.clock_rate))
            };
            preferences.to_mut().sort_by_key(|ours| place(ours).unwrap_or(usize::MAX));
        }
        let agreement = negotiate(offer, &preferences, Direction::SendRecv)?;
        Ok((Terms::new(&agreement)?, agreement))
    }

    /// Our answer, written by `write`.
    ///
    /// # Errors
    /// What `write` finds wrong with the offer.
    pub fn answer(
        &mut self,
        write: impl Fn(Origin, &[Preference]) -> Result<Vec<u8>, Fault>,
    ) -> Result<Vec<u8>, Fault> {
        // RFC 3261 14: an offer that crosses ours is refused before it comes here.
        self.offered = None;
        self.stable(write)
    }

    /// The same version for the same text, the next one for another.
    fn stable(
        &mut self,
        write: impl Fn(Origin, &[Preference]) -> Result<Vec<u8>, Fault>,
    ) -> Result<Vec<u8>, Fault> {
        let mut sdp = write(self.origin, &self.preferences)?;
        if !self.last.is_empty() && sdp != self.last {
            self.origin.version += 1;
            sdp = write(self.origin, &self.preferences)?;
        }
        self.last.clone_from(&sdp);
        Ok(sdp)
    }
}
