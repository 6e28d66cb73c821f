//! SIP over UDP.

use std::{net::SocketAddr, sync::Arc};

use model::sip::SipInput;
use tokio::net::UdpSocket;

use crate::Flows;

/// Hands every datagram over until the process ends, but for those of sources that are shut out.
pub(crate) async fn receive(socket: UdpSocket, local: SocketAddr, flows: Arc<Flows>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    let mut dropped: u64 = 0;
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((_, remote)) if flows.shut_out.has(remote.ip()) => {}
            Ok((length, remote)) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                if (flows.sink)(SipInput::Datagram { local, remote, bytes }).is_err() {
                    // The far end's retransmission is the retry.
                    dropped += 1;
                    if dropped.is_power_of_two() {
                        tracing::warn!(dropped, "control queue full: SIP datagrams dropped");
                    }
                }
            }
            // ICMP errors of earlier sends surface here; they concern nobody.
            Err(error) => tracing::debug!(%error, "SIP datagram not received"),
        }
    }
}

/// Sends or drops: a full socket buffer is loss, which SIP's timers repair. A plain non-blocking
/// socket, because it is the control thread that sends.
pub(crate) fn send(socket: &std::net::UdpSocket, remote: SocketAddr, bytes: &[u8]) {
    if let Err(error) = socket.send_to(bytes, remote) {
        tracing::debug!(%error, "SIP datagram not sent");
    }
}

/// The largest datagram that UDP carries.
const DATAGRAM_BYTES_MAX: usize = 65_535;
