//! What can be wrong with a session description.

/// Why an SDP can't be used. The text is fit for a Warning header and a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The line grammar is broken.
    #[error("malformed SDP: {0}")]
    Grammar(String),
    /// Longer than [`crate::SessionDescription::BYTES_MAX`].
    #[error("SDP too large")]
    TooLarge,
    /// More m= lines, or lines in one section, than we take.
    #[error("too many {0} in SDP")]
    TooMany(&'static str),
    /// A payload type that is no number up to 127.
    #[error("bad payload type {0:?} in SDP")]
    BadPayloadType(String),
    /// An attribute that we need can't be read.
    #[error("bad a={0} in SDP")]
    BadAttribute(&'static str),
    /// No m=audio line with a port.
    #[error("no audio offered")]
    NoAudio,
    /// The audio's transport is none that this leg speaks.
    #[error("unsupported media transport {0}")]
    UnsupportedProtocol(String),
    /// No c= line for the audio, or none with an address.
    #[error("no connection address in SDP")]
    NoAddress,
    /// Nothing that both sides speak.
    #[error("no common codec")]
    NoCommonCodec,
    /// DTLS is offered without a=fingerprint.
    #[error("no DTLS fingerprint in SDP")]
    NoFingerprint,
    /// ICE is needed and its credentials are missing.
    #[error("no ICE credentials in SDP")]
    NoIceCredentials,
    /// An answer does not have the m= lines of its offer.
    #[error("answer does not match the offer's media lines")]
    AnswerMismatch,
}
