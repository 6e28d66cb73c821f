//! What the T-Server port and the cti system say to each other.

use std::sync::Arc;

use crate::{ClientId, ConnId, Dn, Event, KvList, ReferenceId, Request, error::Refusal};

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
    /// How a registered DN is.
    QueryAddress {
        /// Which DN.
        dn: Dn,
    },
    /// Who is in a call.
    QueryCall {
        /// A party's DN.
        dn: Dn,
        /// Which call.
        conn: ConnId,
    },
    /// How the T-Server is.
    QueryServer,
    /// Ask for a DN's events, as `RegisterAddressAs` with mode `Share`.
    RegisterAddress {
        /// Which DN.
        dn: Dn,
    },
    /// Ask for a DN's events, once more to change the mode.
    RegisterAddressAs {
        /// Which DN.
        dn: Dn,
        /// With what rights.
        mode: RegisterMode,
    },
    /// Go on after a lost connection: these DNs' events since the last one seen, then each DN's
    /// registration.
    Resume {
        /// The last event seen.
        after: u64,
        /// The DNs as they were registered.
        dns: Vec<(Dn, RegisterMode)>,
    },
    /// A T-Library request that is not there yet; the name as T-Library spells it.
    Unsupported(String),
    /// Ask for a DN's events no more.
    UnregisterAddress {
        /// Which DN.
        dn: Dn,
    },
}

/// With what rights a client registers a DN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RegisterMode {
    /// As others may, too.
    #[default]
    Share = 0,
    /// As the only client.
    Private = 1,
    /// For its events alone: requests about the DN are refused.
    Monitor = 2,
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
    /// The DN as it is now: EventRegistered, or what a query asked for.
    Registered {
        /// The request.
        reference: ReferenceId,
        /// The DN; empty in an answer that is about no DN.
        this_dn: Dn,
        /// AgentStatus, AgentID, WorkMode, calls; of the server: its version and figures.
        extensions: KvList,
        /// The last event that this knows of.
        sequence: u64,
        /// Which message it is.
        answer: Answer,
    },
    /// EventUnregistered.
    Unregistered {
        /// The request.
        reference: ReferenceId,
        /// The DN.
        this_dn: Dn,
    },
}

/// What was asked when a client is told how something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// EventAddressInfo.
    AddressInfo,
    /// EventPartyInfo.
    PartyInfo {
        /// The call.
        conn: ConnId,
        /// The others in it, as they joined.
        parties: Vec<Dn>,
    },
    /// EventRegistered.
    Registered,
    /// EventServerInfo.
    ServerInfo,
}
