//! `cordboard.tserver.v1.TServer`: sessions, and single requests for scripts.

use std::{pin::Pin, time::Duration};

use futures_util::{Stream, StreamExt};
use model::{
    ReferenceId, TError,
    error::Refusal,
    tserver::{ClientInput, ClientMessage},
};
use proto::tserver::v1 as pb;
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};

use crate::{
    Inbox,
    clients::{Clients, Connection, Outgoing},
    requests::{self, Asked},
};

/// The service on 5025.
pub struct TServer {
    inbox: Inbox,
    clients: Clients,
}

type Messages = Pin<Box<dyn Stream<Item = Result<pb::ServerMessage, Status>> + Send>>;
type Answer = Result<Response<pb::ServerMessage>, Status>;

impl TServer {
    /// A service that hands what clients say to `inbox`.
    pub fn new(inbox: Inbox, clients: Clients) -> Self {
        Self { inbox, clients }
    }

    fn open(&self, metadata: &MetadataMap) -> Result<(Connection, Outgoing), Status> {
        let name = metadata.get(APPLICATION_NAME).and_then(|name| name.to_str().ok());
        self.clients.open(&self.inbox, name.unwrap_or("unnamed").to_owned())
    }

    /// One request as a client of its own: registers the DN, asks, waits for the event.
    async fn ask_once(
        &self,
        metadata: &MetadataMap,
        dn: &str,
        request: pb::client_message::Request,
    ) -> Answer {
        let (connection, mut outgoing) = self.open(metadata)?;
        let registration =
            pb::client_message::Request::RegisterAddress(pb::RegisterAddressRequest {
                this_dn: dn.to_owned(),
                ..Default::default()
            });
        hear(&connection, message(REGISTRATION, registration));
        hear(&connection, message(SINGLE_REQUEST, request));
        let outcome = async {
            while let Some(message) = outgoing.next().await {
                let message = message?;
                let event = message.event.as_ref();
                let is_error = event.is_some_and(|event| event.error_code != 0);
                let reference = event.map_or(0, |event| event.reference_id);
                // A DN that can't be registered says why better than the request that follows.
                if reference == SINGLE_REQUEST || (reference == REGISTRATION && is_error) {
                    return Ok(Response::new(message));
                }
            }
            Err(Status::unavailable("The T-Server ended the session."))
        };
        tokio::time::timeout(SINGLE_REQUEST_LIMIT, outcome).await.unwrap_or_else(|_| {
            Err(Status::deadline_exceeded("The request was taken, but no event came of it."))
        })
    }
}

#[tonic::async_trait]
impl pb::t_server_server::TServer for TServer {
    type SessionStream = Messages;
    type WatchStream = Messages;

    async fn session(
        &self,
        request: Request<Streaming<pb::ClientMessage>>,
    ) -> Result<Response<Messages>, Status> {
        let (connection, outgoing) = self.open(request.metadata())?;
        tokio::spawn(listen(connection, request.into_inner()));
        Ok(Response::new(outgoing.boxed()))
    }

    async fn watch(
        &self,
        request: Request<pb::WatchRequest>,
    ) -> Result<Response<Messages>, Status> {
        let (connection, outgoing) = self.open(request.metadata())?;
        for (number, this_dn) in (1..).zip(request.into_inner().this_dn) {
            let registration = pb::RegisterAddressRequest { this_dn, ..Default::default() };
            let request = pb::client_message::Request::RegisterAddress(registration);
            hear(&connection, message(number, request));
        }
        tokio::spawn(async move { connection.over().await });
        Ok(Response::new(outgoing.boxed()))
    }

    async fn agent_login(&self, request: Request<pb::AgentLoginRequest>) -> Answer {
        let (metadata, _, asked) = request.into_parts();
        let dn = asked.this_dn.clone();
        self.ask_once(&metadata, &dn, pb::client_message::Request::AgentLogin(asked)).await
    }

    async fn agent_logout(&self, request: Request<pb::AgentLogoutRequest>) -> Answer {
        let (metadata, _, asked) = request.into_parts();
        let dn = asked.this_dn.clone();
        self.ask_once(&metadata, &dn, pb::client_message::Request::AgentLogout(asked)).await
    }

    async fn agent_not_ready(&self, request: Request<pb::AgentNotReadyRequest>) -> Answer {
        let (metadata, _, asked) = request.into_parts();
        let dn = asked.this_dn.clone();
        self.ask_once(&metadata, &dn, pb::client_message::Request::AgentNotReady(asked)).await
    }

    async fn agent_ready(&self, request: Request<pb::AgentReadyRequest>) -> Answer {
        let (metadata, _, asked) = request.into_parts();
        let dn = asked.this_dn.clone();
        self.ask_once(&metadata, &dn, pb::client_message::Request::AgentReady(asked)).await
    }

    async fn answer_call(&self, request: Request<pb::AnswerCallRequest>) -> Answer {
        let (metadata, _, asked) = request.into_parts();
        let dn = asked.this_dn.clone();
        self.ask_once(&metadata, &dn, pb::client_message::Request::AnswerCall(asked)).await
    }

    async fn release_call(&self, request: Request<pb::ReleaseCallRequest>) -> Answer {
        let (metadata, _, asked) = request.into_parts();
        let dn = asked.this_dn.clone();
        self.ask_once(&metadata, &dn, pb::client_message::Request::ReleaseCall(asked)).await
    }
}

/// Passes on what a client sends until its stream is over. A client that has said all it wanted
/// goes on being sent events.
async fn listen(connection: Connection, mut incoming: Streaming<pb::ClientMessage>) {
    let speaking = async {
        while let Ok(Some(message)) = incoming.message().await {
            hear(&connection, message);
        }
    };
    tokio::select! {
        () = connection.over() => return,
        () = speaking => {}
    }
    connection.over().await;
}

/// Passes one message on, or tells the client what is wrong with it.
fn hear(connection: &Connection, message: pb::ClientMessage) {
    let client = connection.client;
    let reference = ReferenceId(message.reference_id);
    if let Some(pb::client_message::Request::Resume(resume)) = &message.request
        && resume.server_start_time != connection.server_start_time()
    {
        // Numbers of another run mean nothing in this one.
        let refusal = Refusal::new(TError::OutOfService, OTHER_RUN);
        connection.send(&ClientMessage::Error { reference, this_dn: None, refusal });
        return;
    }
    let problem = match requests::understand(message) {
        Ok(Asked { reasons, extensions, request }) => {
            let input = ClientInput::Request { client, reference, reasons, extensions, request };
            if connection.tell(input) {
                return;
            }
            Refusal::new(TError::Internal, "The T-Server is overloaded. Try again in a moment.")
        }
        Err(refusal) => refusal,
    };
    connection.send(&ClientMessage::Error { reference, this_dn: None, refusal: problem });
}

fn message(reference_id: u64, request: pb::client_message::Request) -> pb::ClientMessage {
    pb::ClientMessage { reference_id, reasons: None, extensions: None, request: Some(request) }
}

/// The metadata key that names a client.
const APPLICATION_NAME: &str = "application-name";
/// What a client is told that knew an earlier run of the server.
const OTHER_RUN: &str = "The T-Server was started anew since. Resync: register the DNs again; \
                         EventRegistered says how they are now.";
/// The numbers of a single request's two messages.
const REGISTRATION: u64 = 1;
const SINGLE_REQUEST: u64 = 2;
/// A phone has 5 s to answer; everything else is faster.
const SINGLE_REQUEST_LIMIT: Duration = Duration::from_secs(10);
