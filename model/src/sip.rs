//! What signaling and the SIP sockets say to each other.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use crate::{config::Contact, id::FlowId};

/// What carries SIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Streams without TLS.
    Tcp,
    /// Streams with TLS.
    Tls,
    /// Datagrams.
    Udp,
    /// WebSocket (RFC 7118); one frame is one message.
    Ws,
    /// WebSocket with TLS.
    Wss,
}

/// The sockets to signaling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SipInput {
    /// A datagram came.
    Datagram {
        /// Our address that it came to.
        local: SocketAddr,
        /// Who sent it.
        remote: SocketAddr,
        /// As received.
        bytes: Vec<u8>,
    },
    /// Bytes of a stream (any chunking), or one WebSocket message.
    FlowBytes {
        /// Which connection.
        flow: FlowId,
        /// As received.
        bytes: Vec<u8>,
    },
    /// A connection is gone, or one that was asked for by `Connect` never came up.
    FlowClosed {
        /// Which connection.
        flow: FlowId,
    },
    /// A connection is up: accepted, or asked for by `Connect`.
    FlowOpened {
        /// Which connection.
        flow: FlowId,
        /// What it speaks.
        transport: Transport,
        /// Our address.
        local: SocketAddr,
        /// The far end's.
        remote: SocketAddr,
    },
    /// What the DNS says of a `Resolve`.
    Resolved {
        /// Of which.
        contact: Contact,
        /// Where it leads, best first; nowhere when the DNS has nothing or does not answer.
        targets: Vec<(Transport, SocketAddr)>,
        /// For how long that is good.
        ttl_s: u32,
    },
}

/// Signaling to the sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SipOutput {
    /// End a connection.
    CloseFlow {
        /// Which connection.
        flow: FlowId,
    },
    /// Open a connection. Bytes may be written at once; they are kept until it is up.
    Connect {
        /// Chosen by signaling, from its own range (see [`FIRST_OUTGOING_FLOW`]).
        flow: FlowId,
        /// To whom.
        remote: SocketAddr,
        /// `Tls`, or else TCP.
        transport: Transport,
        /// What a TLS certificate has to be for; `None`: for the address.
        name: Option<String>,
    },
    /// Send a datagram from the SIP port.
    Datagram {
        /// To whom.
        remote: SocketAddr,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Write to a stream, or send one WebSocket message.
    FlowBytes {
        /// Which connection.
        flow: FlowId,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Hear nothing of somebody for a while: drop its datagrams, take no connection and end those
    /// that it has, but for WebSockets.
    ShutOut {
        /// Whom.
        source: IpAddr,
        /// For how long.
        span: Duration,
    },
    /// Ask the DNS where a name leads (RFC 3263); `Resolved` comes back.
    Resolve {
        /// The name, with what is known of port and transport.
        contact: Contact,
    },
}

/// Accepted TCP connections count from 1 (by `io/sip`), WebSockets from here (by `io/edge`).
pub const FIRST_WEB_SOCKET_FLOW: u64 = 1 << 32;
/// Connections that signaling asks for count from here.
pub const FIRST_OUTGOING_FLOW: u64 = 1 << 48;
