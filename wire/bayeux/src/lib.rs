//! Bayeux 1.0 messages (the protocol of CometD): bytes to values and back, and nothing else.
//!
//! [`parse`] reads what a client sent, an array or a single object, within limits; one message
//! that is not well formed becomes [`Ask::Faulty`] so that its neighbours are still answered.
//! [`Reply`] and [`event`] write what a server says, [`batch`] joins them into the array that
//! both transports carry. Extensions: ack and timesync.
//!
//! Deviations: callback-polling (JSONP) and the binary extension are not offered; a message's
//! `id` may be a number, since some clients send one, and is given back as it came.

mod ask;
mod channel;
mod ext;
mod reply;

pub use ask::{Ask, ClientMessage, Fault, MessageId, parse};
pub use channel::{Channel, Pattern};
pub use ext::{AckAsk, ClientExt, Credentials, Timesync};
pub use reply::{Advice, Reconnect, Reply, ServerExt, TimesyncReply, batch, error, event};

/// Longest body or frame that is read, in bytes. CometD clients send at most 8192 at a time.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Most messages in one body.
pub const MESSAGES_MAX: usize = 64;
/// Most channels in one subscribe or unsubscribe.
pub const SUBSCRIPTIONS_MAX: usize = 64;
/// Longest channel name, in bytes.
pub const CHANNEL_BYTES_MAX: usize = 256;
/// Longest client id or message id that is taken, in bytes.
pub const ID_BYTES_MAX: usize = 64;
