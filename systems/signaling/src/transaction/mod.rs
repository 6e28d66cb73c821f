//! Transactions (RFC 3261 17, with RFC 6026's Accepted state): one request, its repetitions, its
//! responses. They know nothing of dialogs and calls.

pub(crate) mod client;
pub(crate) mod server;
pub(crate) mod timers;

/// Names a transaction inside this process; client and server ones are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TransactionId(pub u64);
