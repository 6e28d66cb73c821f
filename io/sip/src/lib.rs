//! SIP sockets: UDP and TCP on 5060, TLS on 5061, and where names lead. WebSockets come from
//! `io/edge`.
//!
//! Bytes in, bytes out: what they mean is `systems/signaling`'s affair, also where one message of
//! a stream ends and the next begins.

mod resolve;
mod shut_out;
mod tcp;
mod udp;

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
};

use hickory_resolver::TokioResolver;
use io_port::{BindError, Outlets, Sink, bind_tcp, bind_udp};
use model::{
    id::FlowId,
    sip::{SipInput, SipOutput, Transport},
};
use tokio::net::UdpSocket;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::shut_out::ShutOut;

/// What the port is started with.
#[derive(Clone)]
pub struct SipSettings {
    /// Where it listens.
    pub address: SocketAddr,
    /// Opens TLS connections; `None`: carriers can't be reached by TLS.
    pub connector: Option<TlsConnector>,
    /// Who knows where carriers are; none: this machine's servers.
    pub dns: Vec<SocketAddr>,
}

impl SipSettings {
    /// Without TLS outwards, with the DNS of this machine.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { address, connector: None, dns: Vec::new() }
    }
}

/// The SIP port: UDP and TCP on one number.
#[derive(Debug)]
pub struct SipPort {
    address: SocketAddr,
    flows: Arc<Flows>,
    sender: std::net::UdpSocket,
}

/// The TCP connections of the port.
pub(crate) struct Flows {
    outlets: Outlets<FlowId, Vec<u8>>,
    next: AtomicU64,
    sink: Sink<SipInput>,
    connector: Option<TlsConnector>,
    resolver: Option<TokioResolver>,
    shut_out: ShutOut,
}

impl std::fmt::Debug for Flows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flows({} open)", self.outlets.len())
    }
}

impl SipPort {
    /// Binds UDP and TCP and starts to serve on the current tokio runtime.
    ///
    /// # Errors
    /// When the port can't be had, or the system has no more file descriptors.
    pub async fn start(settings: SipSettings, sink: Sink<SipInput>) -> Result<Self, StartError> {
        let SipSettings { address, connector, dns } = settings;
        let (udp, tcp) = bind_both(address).await?;
        let address = udp.local_addr()?;
        let udp = udp.into_std()?;
        let sender = udp.try_clone()?;
        let flows = Arc::new(Flows {
            outlets: Outlets::default(),
            next: AtomicU64::new(1),
            sink,
            connector,
            resolver: resolve::resolver(&dns),
            shut_out: ShutOut::default(),
        });
        let receiver = UdpSocket::from_std(udp)?;
        tokio::spawn(udp::receive(receiver, address, flows.clone()));
        tokio::spawn(tcp::accept(tcp, flows.clone()));
        Ok(Self { address, flows, sender })
    }

    /// Serves TLS on a port of its own, whose address is returned.
    ///
    /// # Errors
    /// When the port can't be had.
    pub async fn serve_tls(
        &self,
        address: SocketAddr,
        acceptor: TlsAcceptor,
    ) -> Result<SocketAddr, StartError> {
        let listener = bind_tcp("SIP over TLS", "ports.sips", address).await?;
        let address = listener.local_addr()?;
        tokio::spawn(tcp::accept_tls(listener, acceptor, self.flows.clone()));
        Ok(address)
    }

    /// The address that was bound, with the real port when 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does what signaling says. Call it on a thread with the tokio runtime entered.
    pub fn perform(&self, output: SipOutput) {
        match output {
            SipOutput::CloseFlow { flow } => self.flows.outlets.close(&flow),
            SipOutput::Connect { flow, remote, transport: Transport::Tls, name } => {
                tcp::connect_tls(flow, remote, name.as_deref(), &self.flows);
            }
            SipOutput::Connect { flow, remote, .. } => tcp::connect(flow, remote, &self.flows),
            SipOutput::Datagram { remote, bytes } => udp::send(&self.sender, remote, &bytes),
            SipOutput::FlowBytes { flow, bytes } => {
                if !self.flows.outlets.send(&flow, bytes) {
                    tracing::debug!(%flow, "message for a closed or too slow connection dropped");
                }
            }
            SipOutput::ShutOut { source, span } => self.flows.shut_out.set(source, span),
            SipOutput::Resolve { contact } => resolve::resolve(contact, &self.flows),
        }
    }
}

/// The port could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port can't be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system refused something else.
    #[error("SIP sockets: {0}")]
    System(#[from] std::io::Error),
}

/// UDP and TCP on the same number. With port 0 the system's choice for UDP may be taken for TCP,
/// so a few are tried.
async fn bind_both(address: SocketAddr) -> Result<(UdpSocket, tokio::net::TcpListener), BindError> {
    let mut tries_left = if address.port() == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        let udp = bind_udp("SIP", "ports.sip", address).await?;
        let same = udp.local_addr().unwrap_or(address);
        tries_left -= 1;
        match bind_tcp("SIP", "ports.sip", same).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) if tries_left == 0 => return Err(error),
            Err(_) => {}
        }
    }
}

const FREE_PORT_TRIES: u32 = 16;
