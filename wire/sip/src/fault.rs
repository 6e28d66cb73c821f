//! What can be wrong with a message, and what to do about it: one table.

use std::borrow::Cow;

use crate::name::HeaderName;
use crate::status::reason_phrase;

/// One way in which a message breaks the rules of the message layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// `Require` names an extension that we don't have (RFC 3261 8.2.2.3).
    BadExtension,
    /// A header line without a colon, with a name that is no token, or with a stray CR.
    BadHeaderLine,
    /// The request line isn't `METHOD SP URI SP VERSION`.
    BadRequestLine,
    /// The Request-URI is malformed or carries headers (RFC 3261 19.1.1, table 1).
    BadRequestUri,
    /// The status line has no code between 100 and 699.
    BadStatusLine,
    /// Content-Length is more than what came (RFC 3261 18.3).
    BodyCut,
    /// The method in CSeq is not the one of the request line.
    CSeqMismatch,
    /// The same, and the method of the request line is unknown: 501 tells the sender more
    /// (RFC 4475 3.1.2.18).
    CSeqMismatchUnknownMethod,
    /// The branch is the cookie alone, so it identifies nothing (RFC 4475 3.2.1).
    EmptyBranch,
    /// A header that we need can't be read.
    Malformed(HeaderName),
    /// A header that every request has is missing.
    Missing(HeaderName),
    /// Not SIP at all, or nothing to answer to.
    NotSip,
    /// A header that may stand once stands more often.
    Repeated(HeaderName),
    /// Longer, or with more header lines, than we take.
    TooLarge,
    /// A response that is for someone else too: more than one Via (RFC 3261 8.1.3.3).
    TooManyVias,
    /// The Request-URI's scheme is none of `sip`, `sips`, `tel`.
    UnknownScheme,
    /// A SIP version other than 2.0.
    UnknownVersion,
    /// No Via, or its protocol or sent-by can't be read: there is no way back.
    UnreadableVia,
    /// The empty line behind the headers is missing.
    Unterminated,
}

/// What becomes of a request with a fault. A response and an ACK with one are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Answer with this status code.
    Answer(u16),
    /// Say nothing.
    Drop,
}

impl Fault {
    /// The table.
    #[must_use]
    pub const fn treatment(self) -> Treatment {
        match self {
            Self::BadHeaderLine
            | Self::BadRequestLine
            | Self::BadRequestUri
            | Self::BodyCut
            | Self::CSeqMismatch
            | Self::EmptyBranch
            | Self::Malformed(_)
            | Self::Missing(_)
            | Self::Repeated(_)
            | Self::Unterminated => Treatment::Answer(400),
            Self::UnknownScheme => Treatment::Answer(416),
            Self::BadExtension => Treatment::Answer(420),
            Self::CSeqMismatchUnknownMethod => Treatment::Answer(501),
            Self::UnknownVersion => Treatment::Answer(505),
            Self::TooLarge => Treatment::Answer(513),
            Self::BadStatusLine | Self::NotSip | Self::TooManyVias | Self::UnreadableVia => {
                Treatment::Drop
            }
        }
    }

    /// The reason phrase of the answer: for a 400 it names what is wrong (RFC 3261 21.4.1).
    #[must_use]
    pub fn reason(self) -> Cow<'static, str> {
        match self {
            Self::BadHeaderLine => "Malformed Header Line".into(),
            Self::BadRequestLine => "Malformed Request Line".into(),
            Self::BadRequestUri => "Malformed Request-URI".into(),
            Self::BodyCut => "Content-Length Beyond Message".into(),
            Self::CSeqMismatch => "CSeq Method Mismatch".into(),
            Self::EmptyBranch => "Missing Transaction Identifier".into(),
            Self::Malformed(name) => format!("Malformed {name}").into(),
            Self::Missing(name) => format!("Missing {name}").into(),
            Self::Repeated(name) => format!("Repeated {name}").into(),
            Self::Unterminated => "Unterminated Header Section".into(),
            Self::BadExtension
            | Self::BadStatusLine
            | Self::CSeqMismatchUnknownMethod
            | Self::NotSip
            | Self::TooLarge
            | Self::TooManyVias
            | Self::UnknownScheme
            | Self::UnknownVersion
            | Self::UnreadableVia => match self.treatment() {
                Treatment::Answer(code) => reason_phrase(code).into(),
                Treatment::Drop => "".into(),
            },
        }
    }
}
