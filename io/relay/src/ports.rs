//! The ports that are relayed by: a socket and a task that reads it for each.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use model::relay::RelayInput;
use tokio::{net::UdpSocket, sync::mpsc, task::AbortHandle};

use crate::DATAGRAM_MAX;

/// All open ones.
pub(crate) struct RelayedPorts {
    address: IpAddr,
    inbox: mpsc::Sender<RelayInput>,
    /// What sends, and the task that reads.
    open: HashMap<u16, (std::net::UdpSocket, AbortHandle)>,
}

impl RelayedPorts {
    /// Bound at this address, those of the other family at all of this machine's.
    pub fn new(address: IpAddr, inbox: mpsc::Sender<RelayInput>) -> Self {
        Self { address, inbox, open: HashMap::new() }
    }

    /// Whether the port is ours now.
    pub fn open(&mut self, port: u16, is_v6: bool) -> bool {
        let ip = match (self.address, is_v6) {
            (IpAddr::V4(_), true) => Ipv6Addr::UNSPECIFIED.into(),
            (IpAddr::V6(_), false) => Ipv4Addr::UNSPECIFIED.into(),
            (same, _) => same,
        };
        match bind(SocketAddr::new(ip, port)) {
            Ok((sender, receiver)) => {
                let reading = tokio::spawn(read(port, receiver, self.inbox.clone()));
                self.open.insert(port, (sender, reading.abort_handle()));
                true
            }
            Err(error) => {
                tracing::debug!(port, %error, "a port to relay by can't be had");
                false
            }
        }
    }

    pub fn close(&mut self, port: u16) {
        if let Some((_, reading)) = self.open.remove(&port) {
            reading.abort();
        }
    }

    /// A full buffer loses a datagram, as any queue of a network does.
    pub fn send(&self, port: u16, to: SocketAddr, bytes: &[u8]) {
        if let Some((socket, _)) = self.open.get(&port) {
            let _ = socket.send_to(bytes, to);
        }
    }
}

/// The socket to send by, and to read.
fn bind(address: SocketAddr) -> io::Result<(std::net::UdpSocket, UdpSocket)> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok((socket.try_clone()?, UdpSocket::from_std(socket)?))
}

async fn read(port: u16, socket: UdpSocket, inbox: mpsc::Sender<RelayInput>) {
    let mut buffer = vec![0; DATAGRAM_MAX];
    loop {
        // An error of an earlier sending (ICMP) is no reason to stop.
        let Ok((len, from)) = socket.recv_from(&mut buffer).await else { continue };
        let bytes = buffer.get(..len).unwrap_or_default().to_vec();
        // Full: lost, as on any network.
        let _ = inbox.try_send(RelayInput::Peer { port, from, bytes });
    }
}
