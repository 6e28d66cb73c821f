//! STUN and TURN messages: bytes to values and back (RFC 8489, 8656).
//!
//! What it is: the message format with its integrity and fingerprint, addresses under the mask,
//! ChannelData, and where one message of a stream ends. What it is not: transactions, which the
//! relay does not need as a server, and ICE, which is the gateway's.

mod build;
mod credential;
mod frame;
mod message;

pub use build::Builder;
pub use credential::{Key, password};
pub use frame::{ChannelData, Frames, channel_data, is_channel_data};
pub use message::{Attributes, Class, Message, TransactionId, looks_like_stun};

/// What prevents bytes from being a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Too short, the wrong length, or the first two bits or the cookie are others.
    #[error("no STUN message")]
    NotStun,
    /// An attribute goes beyond the end.
    #[error("an attribute goes beyond the message")]
    Attribute,
    /// FINGERPRINT is there and wrong.
    #[error("the fingerprint is wrong")]
    Fingerprint,
}

/// Methods (RFC 8489 18.2, RFC 8656 17).
pub mod method {
    #![allow(missing_docs, reason = "the RFCs' names")]
    pub const BINDING: u16 = 0x001;
    pub const ALLOCATE: u16 = 0x003;
    pub const REFRESH: u16 = 0x004;
    pub const SEND: u16 = 0x006;
    pub const DATA: u16 = 0x007;
    pub const CREATE_PERMISSION: u16 = 0x008;
    pub const CHANNEL_BIND: u16 = 0x009;
}

/// Attributes (RFC 8489 18.3, RFC 8656 18).
pub mod attribute {
    #![allow(missing_docs, reason = "the RFCs' names")]
    pub const MAPPED_ADDRESS: u16 = 0x0001;
    pub const USERNAME: u16 = 0x0006;
    pub const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub const ERROR_CODE: u16 = 0x0009;
    pub const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
    pub const CHANNEL_NUMBER: u16 = 0x000C;
    pub const LIFETIME: u16 = 0x000D;
    pub const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub const DATA: u16 = 0x0013;
    pub const REALM: u16 = 0x0014;
    pub const NONCE: u16 = 0x0015;
    pub const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    pub const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    pub const EVEN_PORT: u16 = 0x0018;
    pub const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub const DONT_FRAGMENT: u16 = 0x001A;
    pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub const RESERVATION_TOKEN: u16 = 0x0022;
    pub const SOFTWARE: u16 = 0x8022;
    pub const FINGERPRINT: u16 = 0x8028;
}

/// In every message since RFC 5389.
pub(crate) const COOKIE: u32 = 0x2112_A442;
pub(crate) const HEADER: usize = 20;

/// CRC-32 of ISO 3309, masked as FINGERPRINT is (RFC 8489 14.7).
pub(crate) fn fingerprint(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 }
        })
    });
    !crc ^ 0x5354_554E
}
