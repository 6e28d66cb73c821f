//! What the board and a media shard say to each other. Voice itself never passes here: it goes
//! from the sockets of a media thread through a [`MediaShard`] and back.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use crate::{
    LegId, Now,
    codecs::VoiceCodecs,
    prompt::{AnnouncementId, Prompt},
    recording::{RecordCommand, Recorded},
};

/// The board to the shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaCommand {
    /// Play a prompt to a leg, once. What the leg hears goes on until the sound is there (`Sound`),
    /// then only the prompt is heard, then silence. Ended early by `Hear`, `Play` or another
    /// `Announce`; answered by one `Announced`, unless it was ended early.
    Announce {
        /// Which leg.
        leg: LegId,
        /// Its number.
        announcement: AnnouncementId,
        /// What to play; for whoever has the sounds, the shard waits for `Sound`.
        prompt: Arc<Prompt>,
    },
    /// The far end's answer to the offer that `Open` made.
    Answer {
        /// Which leg.
        leg: LegId,
        /// SDP as received.
        sdp: Vec<u8>,
    },
    /// Forget the leg and free its port.
    Close {
        /// Which leg.
        leg: LegId,
    },
    /// Let a leg hear these legs, mixed; nobody: silence. Ends what it heard or was played before,
    /// and changes nothing for those whom it hears.
    Hear {
        /// Who hears.
        leg: LegId,
        /// Whom.
        sources: Vec<LegId>,
    },
    /// Make a leg. Answered by `Described` or `Refused`.
    Open {
        /// The new leg.
        leg: LegId,
        /// What the endpoint speaks.
        kind: LegKind,
        /// What it is to speak.
        codecs: VoiceCodecs,
        /// The far end's offer; `None` makes us the offerer.
        offer: Option<Vec<u8>>,
    },
    /// Play to a leg until `Hear` or another `Play`.
    Play {
        /// Which leg.
        leg: LegId,
        /// What.
        tune: Tune,
    },
    /// Record, or record no more.
    Record(RecordCommand),
    /// A new offer of the far end in a dialog that is up (re-INVITE, UPDATE): answered by
    /// `Described` or `Refused`; the leg goes on unchanged when refused.
    Reoffer {
        /// Which leg.
        leg: LegId,
        /// SDP as received.
        offer: Vec<u8>,
    },
    /// Press keys for the far end, one after the other (RFC 4733; tones where it knows none).
    SendDigits {
        /// Which leg.
        leg: LegId,
        /// `0`-`9`, `*`, `#`, `A`-`D`; `,` waits; others are left out.
        digits: String,
    },
    /// The sound of an announcement, or why there is none. Dropped when the leg does not wait for
    /// it any more.
    Sound {
        /// Which leg.
        leg: LegId,
        /// The announcement.
        announcement: AnnouncementId,
        /// Mono samples of 8 kHz; the problem in words.
        sound: Result<Arc<[i16]>, String>,
    },
}

impl MediaCommand {
    /// `Open` with the usual codecs of a browser or a trunk.
    #[must_use]
    pub fn open(leg: LegId, kind: LegKind, offer: Option<Vec<u8>>) -> Self {
        let codecs = match kind {
            LegKind::Browser => VoiceCodecs::BROWSER,
            LegKind::Plain | LegKind::Secured => VoiceCodecs::TRUNK,
        };
        Self::Open { leg, kind, codecs, offer }
    }

    /// Which leg; `None` for what is said of a recording.
    #[must_use]
    pub fn leg(&self) -> Option<LegId> {
        match self {
            Self::Announce { leg, .. }
            | Self::Answer { leg, .. }
            | Self::Close { leg }
            | Self::Hear { leg, .. }
            | Self::Open { leg, .. }
            | Self::Play { leg, .. }
            | Self::Reoffer { leg, .. }
            | Self::SendDigits { leg, .. }
            | Self::Sound { leg, .. } => Some(*leg),
            Self::Record(_) => None,
        }
    }
}

/// What an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LegKind {
    /// A browser: ICE, DTLS-SRTP, Opus first, all legs on one UDP port.
    Browser,
    /// A SIP phone or a trunk: a port of its own; protected when it offers a key (SDES).
    Plain,
    /// The same, and our own offer is protected.
    Secured,
}

/// What can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tune {
    /// The site's music on hold.
    Music,
    /// Ring-back tone.
    RingBack,
    /// Silence (comfort for the peer's inactivity timer: packets go on).
    Silence,
}

/// The shard to the board.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaFact {
    /// An announcement was played to its end, or could not be played.
    Announced {
        /// Which leg.
        leg: LegId,
        /// Its number.
        announcement: AnnouncementId,
        /// Why it was not heard, if it was not.
        problem: Option<String>,
    },
    /// Our SDP: the offer or the answer that was asked for.
    Described {
        /// Which leg.
        leg: LegId,
        /// SDP to send.
        sdp: Vec<u8>,
    },
    /// The far end sent a key (RFC 4733).
    Digit {
        /// Which leg.
        leg: LegId,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
        /// How long it was held.
        duration_ms: u32,
    },
    /// Media flows: ICE and DTLS are through, or the first RTP packet came.
    Flowing {
        /// Which leg.
        leg: LegId,
    },
    /// The far end holds by its own SDP (sendonly or inactive), or holds no more.
    Holds {
        /// Which leg.
        leg: LegId,
        /// Held from now on.
        is_held: bool,
    },
    /// How loud those are who are mixed with others: a few times a second while anybody is.
    Levels {
        /// Each leg with how far below full scale its voice was, in dB; 127: silence (RFC 6464).
        levels: Vec<(LegId, u8)>,
    },
    /// Nothing came for the liveness limit (a browser's consent is gone, RTP is silent).
    Lost {
        /// Which leg.
        leg: LegId,
    },
    /// How it sounds, every few seconds and once at the end.
    Quality {
        /// Which leg.
        leg: LegId,
        /// The figures.
        quality: Quality,
    },
    /// Media came a step further.
    Reached {
        /// Which leg.
        leg: LegId,
        /// What.
        milestone: Milestone,
        /// The far end's, where there is one to name.
        address: Option<SocketAddr>,
    },
    /// The SDP can't be used; the text says why.
    Refused {
        /// Which leg.
        leg: LegId,
        /// For the Warning header and the log.
        reason: String,
    },
}

impl MediaFact {
    /// Which leg; `None` for what is said of several.
    #[must_use]
    pub fn leg(&self) -> Option<LegId> {
        match self {
            Self::Announced { leg, .. }
            | Self::Described { leg, .. }
            | Self::Digit { leg, .. }
            | Self::Flowing { leg }
            | Self::Holds { leg, .. }
            | Self::Lost { leg }
            | Self::Quality { leg, .. }
            | Self::Reached { leg, .. }
            | Self::Refused { leg, .. } => Some(*leg),
            Self::Levels { .. } => None,
        }
    }
}

/// A step on the way to sound, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// The first connectivity check that proved to be the browser's.
    IceCheck,
    /// The browser nominated an address pair, or another one than before.
    IceNominated,
    /// The DTLS handshake is done and the certificate the announced one.
    DtlsDone,
    /// The first RTP packet came.
    RtpReceived,
    /// The first RTP packet went out.
    RtpSent,
}

impl Milestone {
    /// As people and programs read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DtlsDone => "dtlsDone",
            Self::IceCheck => "iceCheck",
            Self::IceNominated => "iceNominated",
            Self::RtpReceived => "rtpReceived",
            Self::RtpSent => "rtpSent",
        }
    }
}

/// What was measured on a leg since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// What we send: `opus`, `PCMA`, `PCMU`; `None` while nothing is agreed.
    pub codec: Option<&'static str>,
    /// RTP packets that came after their time, of those received.
    pub packets_late: u64,
    /// RTP packets received.
    pub packets_received: u64,
    /// RTP packets that never came.
    pub packets_lost: u64,
    /// RTP packets sent.
    pub packets_sent: u64,
    /// Of what we send, lost as the far end reports it.
    pub reported_loss_percent: f32,
    /// Interarrival jitter, RFC 3550 6.4.1.
    pub jitter_ms: f32,
    /// Round trip by RTCP, when known.
    pub round_trip_ms: Option<f32>,
}

/// A media shard as a media thread drives it: all methods are quick, none blocks, none allocates
/// per packet once a call runs. After any `handle_*` the thread drains the four `poll_*` queues
/// and wakes the shard no later than `poll_timeout`.
pub trait MediaShard: Send {
    /// The board wants something.
    fn handle_command(&mut self, now: Now, command: MediaCommand);
    /// A datagram came; it is decrypted in place.
    fn handle_packet(&mut self, now: Now, port: MediaPort, from: SocketAddr, packet: &mut [u8]);
    /// What became of a [`PortRequest::Open`].
    fn handle_port(&mut self, now: Now, port: u16, is_open: bool);
    /// `now` is at or past what `poll_timeout` asked for.
    fn handle_timeout(&mut self, now: Now);
    /// The next datagram to send, written to `buffer` ([`DATAGRAM_LEN_MAX`] bytes hold any).
    fn poll_transmit(&mut self, buffer: &mut [u8]) -> Option<MediaTransmit>;
    /// The next socket to open or close.
    fn poll_port(&mut self) -> Option<PortRequest>;
    /// The next thing that the board should know.
    fn poll_fact(&mut self) -> Option<MediaFact>;
    /// The next piece of a recording.
    fn poll_recorded(&mut self) -> Option<Recorded>;
    /// When the shard next wants `handle_timeout`, if at all.
    fn poll_timeout(&self) -> Option<Instant>;
}

/// Where a datagram came in or goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaPort {
    /// The one port of all browsers.
    Browsers,
    /// A port of the plain range, by its number: even for RTP, the odd one above it for RTCP.
    Plain(u16),
}

/// A datagram to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaTransmit {
    /// From which of our ports.
    pub port: MediaPort,
    /// Where to.
    pub to: SocketAddr,
    /// Bytes written to the buffer.
    pub len: usize,
}

/// Sockets that a plain leg needs. The number is the even RTP port; the odd one above it, for
/// RTCP, belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortRequest {
    /// Close both; nothing is answered.
    Close {
        /// The RTP port.
        port: u16,
    },
    /// Open both or none, then call `handle_port`; another program may hold one.
    Open {
        /// The RTP port.
        port: u16,
    },
}

/// The longest datagram that a shard sends or reads; a longer one is dropped.
pub const DATAGRAM_LEN_MAX: usize = 1500;
