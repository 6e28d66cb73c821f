//! What the board and a media shard say to each other. Voice itself never passes here.

use crate::LegId;

/// The board to the shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaCommand {
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
    /// Let two legs hear each other; ends what each was connected to or played before.
    Connect {
        /// One.
        a: LegId,
        /// The other.
        b: LegId,
    },
    /// Let a leg hear silence and be heard by nobody.
    Disconnect {
        /// Which leg.
        leg: LegId,
    },
    /// Make a leg. Answered by `Described` or `Refused`.
    Open {
        /// The new leg.
        leg: LegId,
        /// What the endpoint speaks.
        kind: LegKind,
        /// The far end's offer; `None` makes us the offerer.
        offer: Option<Vec<u8>>,
    },
    /// Play to a leg until `Connect`, `Disconnect` or another `Play`.
    Play {
        /// Which leg.
        leg: LegId,
        /// What.
        tune: Tune,
    },
    /// A new offer of the far end in a dialog that is up (re-INVITE, UPDATE): answered by
    /// `Described` or `Refused`; the leg goes on unchanged when refused.
    Reoffer {
        /// Which leg.
        leg: LegId,
        /// SDP as received.
        offer: Vec<u8>,
    },
}

/// What an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LegKind {
    /// A browser: ICE, DTLS-SRTP, Opus, all legs on one UDP port.
    Browser,
    /// A SIP phone or a trunk: plain RTP, G.711, a port of its own.
    Plain,
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
    /// The SDP can't be used; the text says why.
    Refused {
        /// Which leg.
        leg: LegId,
        /// For the Warning header and the log.
        reason: String,
    },
}

/// What was measured on a leg since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// RTP packets received.
    pub packets_received: u64,
    /// RTP packets that never came or came too late.
    pub packets_lost: u64,
    /// RTP packets sent.
    pub packets_sent: u64,
    /// Interarrival jitter, RFC 3550 6.4.1.
    pub jitter_ms: f32,
    /// Round trip by RTCP, when known.
    pub round_trip_ms: Option<f32>,
}
