//! SIP over UDP.

use std::net::SocketAddr;

use io_port::Sink;
use model::sip::SipInput;
use tokio::net::UdpSocket;

/// Hands every datagram over until the process ends.
pub(crate) async fn receive(socket: UdpSocket, local: SocketAddr, sink: Sink<SipInput>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, remote)) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                if sink(SipInput::Datagram { local, remote, bytes }).is_err() {
                    // The far end's retransmission is the retry.
                    tracing::warn!("control queue full: SIP datagram dropped");
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
