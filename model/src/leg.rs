//! What the switch and signaling say to each other about legs.
//!
//! A leg is the SIP dialog and the media stream with one endpoint. The switch decides, signaling
//! carries out and reports. Media is opened, answered and closed by signaling, because SDP travels
//! in SIP; who hears whom is the switch's affair (`media::MediaCommand::Hear`, `Play`).

use std::fmt;

use crate::{CallUuid, Dn, LegId, TrunkName};

/// The switch to signaling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegCommand {
    /// Accept an offered leg (200 OK).
    Answer {
        /// A leg that was `Offered`.
        leg: LegId,
    },
    /// Tell a ringing phone to answer: INFO to browsers, NOTIFY `Event: talk` to phones that have
    /// it. The phone's own 200 OK comes back as `Answered`.
    AnswerPhone {
        /// A leg that is `Ringing`.
        leg: LegId,
    },
    /// What became of a phone's REFER: NOTIFY with this status, the last for it.
    ReferDone {
        /// A leg that was `Referred`.
        leg: LegId,
        /// 200, 404, 486, 603, …
        status: u16,
    },
    /// Let an established phone show that its call is held, or held no more: NOTIFY `Event: hold`
    /// or `talk` to phones that have them (`sip-cti-control`); nothing to the others, who need not
    /// know.
    ShowHeld {
        /// A leg that is `Answered`.
        leg: LegId,
        /// Held from now on.
        is_held: bool,
    },
    /// Call an outside number by a trunk. The switch chooses the new leg's id.
    Dial {
        /// The new leg.
        leg: LegId,
        /// By which trunk.
        trunk: TrunkName,
        /// As dialled: digits, perhaps a `+` before them.
        number: String,
        /// Goes out as `X-Genesys-CallUUID`.
        uuid: CallUuid,
        /// The caller's number as the carrier shall see it: From and P-Asserted-Identity.
        from: String,
        /// The caller's name, when known.
        from_name: Option<String>,
    },
    /// Tell an offered leg how it goes (18x).
    Progress {
        /// A leg that was `Offered`.
        leg: LegId,
        /// How.
        progress: Progress,
    },
    /// End a leg, whatever its state: refusal, CANCEL or BYE. `Ended` comes back always.
    Release {
        /// Which leg.
        leg: LegId,
        /// Why; decides the status code or the Reason header.
        cause: Cause,
    },
    /// Call a DN's phone. The switch chooses the new leg's id.
    Ring {
        /// The new leg.
        leg: LegId,
        /// Whose phone.
        dn: Dn,
        /// Goes out as `X-Genesys-CallUUID`.
        uuid: CallUuid,
        /// The caller's number as the agent shall see it: From and P-Asserted-Identity.
        from: String,
        /// The caller's name, when known.
        from_name: Option<String>,
        /// The same call was up on this DN before its page was reloaded: the phone answers by
        /// itself without ringing (`X-Cordboard-Resume: 1`).
        resume: bool,
    },
}

/// How an offered call goes on before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// 183 with SDP: the caller hears what the switch plays.
    EarlyMedia,
    /// 180: the caller's network plays ring-back.
    Ringing,
}

/// Signaling to the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegFact {
    /// A phone answered (its SDP has gone to media), or an offered leg's 200 OK was acknowledged.
    Answered {
        /// Which leg.
        leg: LegId,
    },
    /// A key came by INFO (`application/dtmf-relay` or `application/dtmf`).
    Digit {
        /// Which leg.
        leg: LegId,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
    },
    /// A phone or carrier that was called plays something before it answers (its SDP has gone to
    /// media).
    EarlyMedia {
        /// Which leg.
        leg: LegId,
    },
    /// A DN has a phone. Said again when a new binding replaces an old one, not at refreshes.
    DnInService {
        /// Which DN.
        dn: Dn,
    },
    /// A DN has no phone any more.
    DnOutOfService {
        /// Which DN.
        dn: Dn,
    },
    /// A leg is over: refused, failed, hung up, or released by the switch. Always the last fact.
    Ended {
        /// Which leg.
        leg: LegId,
        /// Why.
        cause: Cause,
    },
    /// An established leg's connection is gone (page reload, network change); its dialog is over,
    /// and the call may go on with a new leg once the DN is back in service. Always the last fact.
    Lost {
        /// Which leg.
        leg: LegId,
    },
    /// A new call came in and its media is described.
    Offered {
        /// Signaling chose the id.
        leg: LegId,
        /// From where.
        source: LegSource,
        /// The caller's number without `sip:` and host: P-Asserted-Identity, else From.
        ani: String,
        /// The caller's name, when given.
        name: Option<String>,
        /// The number dialled: the user part of the Request-URI.
        dnis: String,
        /// `X-Genesys-CallUUID` when the upstream gave one.
        uuid: Option<CallUuid>,
    },
    /// A phone that was called says that its calls go elsewhere (3xx). `Ended` follows.
    Moved {
        /// Which leg.
        leg: LegId,
        /// The user part of its Contact.
        target: String,
    },
    /// The server in front of which we stand presses a button of the phone behind a leg (NOTIFY
    /// `Event: talk` or `hold`).
    Pressed {
        /// The leg to that server.
        leg: LegId,
        /// Which button.
        button: Button,
    },
    /// A phone was told to answer and neither answered nor refused within the limit.
    PhoneDidNotAnswer {
        /// Which leg.
        leg: LegId,
    },
    /// A phone wants its call sent elsewhere (REFER); `ReferDone` tells it the outcome.
    Referred {
        /// Which leg.
        leg: LegId,
        /// The user part of Refer-To.
        target: String,
        /// The other leg of the same phone whose far end takes this call (Replaces).
        replaces: Option<LegId>,
    },
    /// A phone rings (180).
    Ringing {
        /// Which leg.
        leg: LegId,
    },
}

/// A button of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Hold what is up.
    Hold,
    /// Answer what rings, go on with what is held.
    Talk,
}

/// Where an offered leg comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegSource {
    /// A registered phone of this DN.
    Dn(Dn),
    /// A carrier.
    Trunk(TrunkName),
}

/// Why a leg ended or shall end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Busy (486).
    Busy,
    /// The caller gave up before the answer (487).
    Cancelled,
    /// Something broke on our side (500).
    Failure,
    /// Not allowed (403).
    Forbidden,
    /// The media offered can't be used (488).
    NoCommonCodec,
    /// Nobody answered in time (480).
    NoAnswer,
    /// Hung up in the ordinary way (BYE).
    Normal,
    /// Too many calls at the moment (503).
    Overloaded,
    /// Refused by the person (603).
    Rejected,
    /// The call was answered elsewhere or sent elsewhere (CANCEL, cause 200).
    Redirected,
    /// No such number (404).
    Unallocated,
    /// The endpoint can't be reached or does not reply (480, 408).
    Unreachable,
}

impl LegCommand {
    /// Which leg.
    #[must_use]
    pub fn leg(&self) -> LegId {
        match self {
            Self::Answer { leg }
            | Self::AnswerPhone { leg }
            | Self::Dial { leg, .. }
            | Self::Progress { leg, .. }
            | Self::ReferDone { leg, .. }
            | Self::Release { leg, .. }
            | Self::Ring { leg, .. }
            | Self::ShowHeld { leg, .. } => *leg,
        }
    }
}

impl LegFact {
    /// Which leg; `None` for what is said of a DN.
    #[must_use]
    pub fn leg(&self) -> Option<LegId> {
        match self {
            Self::Answered { leg }
            | Self::Digit { leg, .. }
            | Self::EarlyMedia { leg }
            | Self::Ended { leg, .. }
            | Self::Lost { leg }
            | Self::Moved { leg, .. }
            | Self::Offered { leg, .. }
            | Self::PhoneDidNotAnswer { leg }
            | Self::Pressed { leg, .. }
            | Self::Referred { leg, .. }
            | Self::Ringing { leg } => Some(*leg),
            Self::DnInService { .. } | Self::DnOutOfService { .. } => None,
        }
    }
}

impl Cause {
    /// The final status code that tells it to a caller.
    #[must_use]
    pub fn sip_status(self) -> u16 {
        match self {
            Self::Busy => 486,
            Self::Cancelled => 487,
            Self::Failure => 500,
            Self::Forbidden => 403,
            Self::NoCommonCodec => 488,
            Self::NoAnswer | Self::Normal | Self::Redirected | Self::Unreachable => 480,
            Self::Overloaded => 503,
            Self::Rejected => 603,
            Self::Unallocated => 404,
        }
    }

    /// Q.850's number for the Reason header.
    #[must_use]
    pub fn q850(self) -> u8 {
        match self {
            Self::Busy => 17,
            Self::Cancelled | Self::Normal | Self::Redirected => 16,
            Self::Failure => 41,
            Self::Forbidden | Self::Rejected => 21,
            Self::NoCommonCodec => 88,
            Self::NoAnswer => 19,
            Self::Overloaded => 42,
            Self::Unallocated => 1,
            Self::Unreachable => 20,
        }
    }

    /// What a final status code from an endpoint means.
    #[must_use]
    pub fn from_sip_status(status: u16) -> Self {
        match status {
            403 | 401 | 407 => Self::Forbidden,
            404 | 410 | 484 | 604 => Self::Unallocated,
            486 | 600 => Self::Busy,
            487 => Self::Cancelled,
            415 | 488 | 606 => Self::NoCommonCodec,
            408 | 480 => Self::Unreachable,
            503 => Self::Overloaded,
            603 => Self::Rejected,
            _ => Self::Failure,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Busy => "Busy",
            Self::Cancelled => "Request cancelled",
            Self::Failure => "Internal failure",
            Self::Forbidden => "Forbidden",
            Self::NoCommonCodec => "No common codec",
            Self::NoAnswer => "No answer",
            Self::Normal => "Normal call clearing",
            Self::Overloaded => "Too many calls",
            Self::Rejected => "Call rejected",
            Self::Redirected => "Call answered or sent elsewhere",
            Self::Unallocated => "Number not configured",
            Self::Unreachable => "Endpoint not reachable",
        };
        f.write_str(text)
    }
}

/// Where signaling's own numbers of legs begin; see [`LegId::FIRST_OFFERED`].
pub const FIRST_OFFERED_LEG: u64 = LegId::FIRST_OFFERED.0;
