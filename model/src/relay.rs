//! What the relay and its sockets say to each other.

use std::net::SocketAddr;

use crate::id::FlowId;

/// The sockets to the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayInput {
    /// A datagram came to the STUN and TURN port.
    Datagram {
        /// Who sent it.
        remote: SocketAddr,
        /// As received.
        bytes: Vec<u8>,
    },
    /// Bytes of a stream, in any chunking.
    FlowBytes {
        /// Which connection.
        flow: FlowId,
        /// As received.
        bytes: Vec<u8>,
    },
    /// A connection is gone.
    FlowClosed {
        /// Which.
        flow: FlowId,
    },
    /// A connection is up: TCP, or TLS on top of it.
    FlowOpened {
        /// Which.
        flow: FlowId,
        /// The far end.
        remote: SocketAddr,
    },
    /// A datagram came to a port that we relay by.
    Peer {
        /// Which port.
        port: u16,
        /// Who sent it.
        from: SocketAddr,
        /// As received.
        bytes: Vec<u8>,
    },
    /// What became of [`RelayOutput::Open`].
    Port {
        /// Which port.
        port: u16,
        /// Whether it is ours now.
        is_open: bool,
    },
}

/// The relay to its sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayOutput {
    /// Close a port that we relay by.
    Close {
        /// Which.
        port: u16,
    },
    /// Close a connection once what was sent before is gone.
    CloseFlow {
        /// Which.
        flow: FlowId,
    },
    /// Send a datagram from the STUN and TURN port.
    Datagram {
        /// To whom.
        remote: SocketAddr,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Send on a connection.
    FlowBytes {
        /// Which.
        flow: FlowId,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Open a UDP port to relay by.
    Open {
        /// Which.
        port: u16,
        /// Of which family.
        is_v6: bool,
    },
    /// Send a datagram from a port that we relay by.
    Peer {
        /// From which port.
        port: u16,
        /// To whom.
        to: SocketAddr,
        /// What is relayed.
        bytes: Vec<u8>,
    },
}
