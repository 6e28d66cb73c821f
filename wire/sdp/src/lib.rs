//! SDP: typed offers and answers (RFC 8866, RFC 3264, RFC 8829).
//!
//! `sdp-types` is the line grammar; [`SessionDescription`] is what the lines mean, read at once
//! and leniently: browsers, Genesys, baresip, linphone and Asterisk all write SDP their own way.
//! [`negotiate`] finds what both sides speak, [`PlainAudio`] and [`BrowserAudio`] write the two
//! kinds of session that we make, [`lint`] checks what is written. What it is not: a state
//! machine of offers and answers; that belongs to the gateway.
//!
//! Deliberate deviations: `c=0.0.0.0` counts as hold (RFC 3264 8.4 keeps that old form alive);
//! an attribute that we don't need and can't read is left out, not an error; text that is not
//! UTF-8 is read as Latin-1.

mod candidate;
mod codec;
mod description;
mod fault;
mod lint;
mod media;
mod negotiate;
mod secure;
mod write;

pub use candidate::{Candidate, CandidateAddress, CandidateKind};
pub use codec::{Codec, Format};
pub use description::SessionDescription;
pub use fault::Fault;
pub use lint::{Lint, lint};
pub use media::{Direction, ExtMap, IceCredentials, Media, MediaKind, Msid, Protocol, Rtcp, Ssrc};
pub use negotiate::{
    AgreedCodec, Agreement, Preference, TelephoneEvent, negotiate, negotiate_answer,
};
pub use secure::{Crypto, Fingerprint, Setup, Suite};
pub use write::{BrowserAudio, OPUS_FMTP, Origin, PlainAudio, TELEPHONE_EVENT_FMTP};
