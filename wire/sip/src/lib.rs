//! SIP messages: bytes to values and back (RFC 3261).
//!
//! What it is: a message that keeps its bytes as received with an index of its headers
//! ([`Message`]), typed reads on demand, the judgement of what a peer sent ([`receive`]), cutting
//! streams into messages ([`StreamFramer`]), writing ([`Request`], [`Response`]), changing
//! ([`Editor`]) and digest authentication ([`digest`]). What it is not: transactions, dialogs,
//! transports, policy.
//!
//! ```
//! use wire_sip::{HeaderName, Method, Policy, Received, Response, receive};
//!
//! let datagram = b"OPTIONS sip:5001@h SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;rport;\
//!     branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:5001@h>\r\n\
//!     Call-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
//! let source = "192.0.2.9:40000".parse().unwrap();
//! let answer = match receive(datagram, &Policy { extensions: &["timer"] }) {
//!     Received::Good(request) => {
//!         let request = request.stamp_source(source);
//!         assert_eq!(request.method(), Some(&Method::Options));
//!         Response::to(&request, 200, "").to_tag("x").header(HeaderName::Allow, "INVITE").build()
//!     }
//!     Received::Answer(request, refusal) => refusal.response(&request).to_tag("x").build(),
//!     Received::Drop(fault) => panic!("{fault:?}"),
//! };
//! assert_eq!(answer.via().unwrap().response_address(), Some(source));
//! ```
//!
//! Deliberate deviations from the grammar, each because phones in the field need it:
//! - a line may end with LF alone;
//! - a request may lack Max-Forwards and a From tag, its Via a branch (RFC 2543);
//! - an unquoted display name may hold bytes above ASCII, in any encoding;
//! - a host name may hold an underscore;
//! - a parameter may have an empty value (`;rport=`);
//! - a URI may hold UTF-8 that should have been percent-coded;
//! - a third colon before the IPv4 tail of an IPv6 reference is read as two (RFC 5118 4.10).

mod address;
mod auth;
mod build;
mod date;
pub mod digest;
mod edit;
mod fault;
mod key;
mod message;
mod method;
mod name;
mod params;
mod receive;
mod scan;
mod status;
mod stream;
mod text;
mod typed;
mod uri;
mod values;
mod via;

pub use address::NameAddr;
pub use auth::{Algorithm, Challenge, Credentials, Qop};
pub use build::{Builder, Request, Response};
pub use date::{Date, parse_date};
pub use edit::Editor;
pub use fault::{Fault, Treatment};
pub use key::Key;
pub use message::{Header, Kind, Message};
pub use method::Method;
pub use name::{HeaderKey, HeaderName};
pub use params::{Param, Params};
pub use receive::{Policy, Received, Refusal, receive};
pub use scan::{HEADERS_MAX, MESSAGE_BYTES_MAX};
pub use status::reason_phrase;
pub use stream::{BODY_BYTES_MAX, Frame, HEAD_BYTES_MAX, PING, PONG, StreamFramer, StreamLimits};
pub use text::{List, quote, text, unquote};
pub use typed::Contacts;
pub use uri::{SipUri, TelUri, Uri, UriParams, escape_header, escape_user, host_address, unescape};
pub use values::{
    CSeq, EXPIRES_DEFAULT_S, MediaType, RAck, Reason, Refresher, Replaces, SessionExpires,
    TokenParams, Warning,
};
pub use via::{BRANCH_COOKIE, Via};
