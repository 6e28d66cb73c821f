//! What the T-Server port and the cti system say to each other.

use std::sync::Arc;

use crate::{ClientId, Dn, Event, KvList, ReferenceId, Request, error::Refusal};

/// The port to cti.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientInput {
    /// A client's connection is gone.
    Closed {
        /// Which.
        client: ClientId,
    },
    /// A client connected.
    Opened {
        /// Which.
        client: ClientId,
        /// AttributeApplicationName.
        application: String,
    },
    /// A client asks.
    Request {
        /// Which.
        client: ClientId,
        /// Its own number for it.
        reference: ReferenceId,
        /// AttributeReasons.
        reasons: KvList,
        /// AttributeExtensions.
        extensions: KvList,
        /// What.
        request: ClientRequest,
    },
}

/// What a client can ask of the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientRequest {
    /// A request to the switch about a DN that the client has registered.
    Call(Request),
    /// Ask for a DN's events.
    RegisterAddress {
        /// Which DN.
        dn: Dn,
    },
    /// A T-Library request that is not there yet; the name as T-Library spells it.
    Unsupported(String),
    /// Ask for a DN's events no more.
    UnregisterAddress {
        /// Which DN.
        dn: Dn,
    },
}

/// cti to the port.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientOutput {
    /// End a client's connection; the text says why.
    Close {
        /// Which.
        client: ClientId,
        /// For the client's log.
        reason: String,
    },
    /// Send to a client.
    Send {
        /// Which.
        client: ClientId,
        /// What.
        message: ClientMessage,
    },
}

/// What a client is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage {
    /// EventError.
    Error {
        /// The request that failed.
        reference: ReferenceId,
        /// Its DN, when it had one.
        this_dn: Option<Dn>,
        /// Why.
        refusal: Refusal,
    },
    /// An event of a registered DN. `reference` is set when this client's request caused it.
    Event {
        /// The event.
        event: Arc<Event>,
        /// The client's own number for its request.
        reference: Option<ReferenceId>,
    },
    /// EventLinkConnected: the first message on every connection.
    LinkConnected,
    /// EventRegistered, with the DN as it is now in Extensions.
    Registered {
        /// The request.
        reference: ReferenceId,
        /// The DN.
        this_dn: Dn,
        /// AgentStatus, AgentID, WorkMode, calls.
        extensions: KvList,
    },
    /// EventUnregistered.
    Unregistered {
        /// The request.
        reference: ReferenceId,
        /// The DN.
        this_dn: Dn,
    },
}
