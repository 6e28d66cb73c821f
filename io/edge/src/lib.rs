//! The edge (the nginx box): TLS, HTTP routes, WebSockets and static files.
//!
//! What is asked under `/api`, `/internal-api` and the Bayeux paths goes to the desk as it is and
//! comes back as a response; SIP over WebSocket (`/ws`, RFC 7118) goes to signaling; the browser's
//! own files are embedded in the binary. Nothing here knows what a call is.

mod api;
mod assets;
mod bayeux;
mod headers;
mod listen;
mod routes;
mod sip;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use io_port::{BindError, Certificate, Outlets, Sink, Streams, bind_tcp};
use model::{
    api::{ApiInput, ApiOutput, ApiRequest, ApiResponse},
    id::{FlowId, SocketId},
    sip::{FIRST_WEB_SOCKET_FLOW, SipInput, SipOutput},
};
use tokio::sync::watch;

/// Where the edge listens and what it hands over to.
pub struct EdgeSettings {
    /// HTTP without TLS; loopback unless configured otherwise.
    pub http: SocketAddr,
    /// HTTPS and WSS.
    pub https: SocketAddr,
    /// SIP over WSS alone.
    pub sip_ws: SocketAddr,
    /// What browsers are shown.
    pub certificate: Certificate,
    /// Requests to the desk.
    pub desk: Sink<ApiInput>,
    /// SIP to signaling.
    pub signaling: Sink<SipInput>,
    /// The text of `/metrics`, renewed by the program.
    pub metrics: watch::Receiver<String>,
    /// Takes connections to the HTTPS port that speak STUN: the way for browsers whose network lets
    /// nothing else pass.
    pub stun: Option<Streams>,
}

/// The running edge.
#[derive(Clone)]
pub struct Edge {
    shared: Arc<Shared>,
    /// The HTTP address that was bound.
    pub http: SocketAddr,
    /// The HTTPS address that was bound.
    pub https: SocketAddr,
    /// The SIP over WSS address that was bound.
    pub sip_ws: SocketAddr,
}

/// What the routes work on.
pub(crate) struct Shared {
    pub(crate) desk: Sink<ApiInput>,
    pub(crate) signaling: Sink<SipInput>,
    pub(crate) metrics: watch::Receiver<String>,
    pub(crate) waiting: api::Waiting,
    pub(crate) upgrades: bayeux::Upgrades,
    pub(crate) bayeux: Outlets<SocketId, String>,
    pub(crate) sip: Outlets<FlowId, Vec<u8>>,
    next_flow: AtomicU64,
    next_request: AtomicU64,
}

impl Shared {
    pub(crate) fn draw_flow(&self) -> FlowId {
        FlowId(self.next_flow.fetch_add(1, Ordering::Relaxed))
    }

    /// Requests and sockets share one sequence.
    pub(crate) fn draw_number(&self) -> u64 {
        self.next_request.fetch_add(1, Ordering::Relaxed)
    }
}

/// The edge could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port can't be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system refused something else.
    #[error("the web server could not start: {0}")]
    System(#[from] std::io::Error),
}

impl Edge {
    /// Binds and serves on the current tokio runtime.
    ///
    /// # Errors
    /// When a port or the certificate can't be had.
    pub async fn start(settings: EdgeSettings) -> Result<Self, StartError> {
        let http = bind_tcp("HTTP", "ports.http", settings.http).await?;
        let https = bind_tcp("HTTPS", "ports.https", settings.https).await?;
        let sip_ws = bind_tcp("SIP over WebSocket", "ports.sip_ws", settings.sip_ws).await?;
        let edge = Self {
            http: http.local_addr()?,
            https: https.local_addr()?,
            sip_ws: sip_ws.local_addr()?,
            shared: Arc::new(Shared {
                desk: settings.desk,
                signaling: settings.signaling,
                metrics: settings.metrics,
                waiting: api::Waiting::default(),
                upgrades: bayeux::Upgrades::default(),
                bayeux: Outlets::default(),
                sip: Outlets::default(),
                next_flow: AtomicU64::new(FIRST_WEB_SOCKET_FLOW),
                next_request: AtomicU64::new(1),
            }),
        };
        let tls = settings.certificate.acceptor(&["h2", "http/1.1"]);
        let everything = routes::everything(edge.shared.clone());
        let only_sip = routes::only_sip(edge.shared.clone());
        tokio::spawn(listen::plain(http, everything.clone()));
        tokio::spawn(listen::tls(https, tls.clone(), everything, settings.stun));
        tokio::spawn(listen::tls(sip_ws, tls, only_sip, None));
        Ok(edge)
    }

    /// Does what the desk says, but for what only the program can do: that is given back.
    pub fn perform(&self, output: ApiOutput) -> Option<ApiOutput> {
        match output {
            ApiOutput::Audit { .. }
            | ApiOutput::CheckPassword { .. }
            | ApiOutput::ConfigurationFile { .. }
            | ApiOutput::SoundFile { .. }
            | ApiOutput::CustomerCall { .. }
            | ApiOutput::HashPasswords { .. }
            | ApiOutput::History { .. }
            | ApiOutput::Recording { .. }
            | ApiOutput::RecordingDelete { .. }
            | ApiOutput::RecordingSound { .. }
            | ApiOutput::Recordings { .. } => return Some(output),
            ApiOutput::Response(response) => self.respond(response),
            ApiOutput::SocketAccept { socket } => self.shared.upgrades.decide(socket, Ok(())),
            ApiOutput::SocketClose { socket } => self.shared.bayeux.close(&socket),
            ApiOutput::SocketRefuse { socket, status } => {
                self.shared.upgrades.decide(socket, Err(status));
            }
            ApiOutput::SocketText { socket, text } => {
                if !self.shared.bayeux.send(&socket, text) {
                    tracing::debug!(%socket, "push for a closed or too slow browser dropped");
                }
            }
        }
        None
    }

    /// Asks the desk as a browser would, whatever the request's id is; `None` when it takes nothing
    /// at the moment.
    pub fn ask(
        &self,
        request: ApiRequest,
    ) -> impl Future<Output = Option<ApiResponse>> + Send + 'static {
        api::ask(self.shared.clone(), request)
    }

    /// Answers a request that the desk left to the program.
    pub fn respond(&self, response: ApiResponse) {
        self.shared.waiting.respond(response);
    }

    /// Does what signaling says about a WebSocket.
    pub fn perform_sip(&self, output: SipOutput) {
        match output {
            SipOutput::CloseFlow { flow } => self.shared.sip.close(&flow),
            SipOutput::FlowBytes { flow, bytes } => {
                if !self.shared.sip.send(&flow, bytes) {
                    tracing::debug!(%flow, "SIP for a closed or too slow browser dropped");
                }
            }
            // Only the SIP port connects, sends datagrams and asks the DNS.
            SipOutput::Connect { .. }
            | SipOutput::Datagram { .. }
            | SipOutput::Resolve { .. }
            | SipOutput::ShutOut { .. } => {}
        }
    }
}
