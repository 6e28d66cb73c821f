//! The port over real loopback sockets.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use io_sip::{SipPort, SipSettings};
use model::sip::{FIRST_OUTGOING_FLOW, SipInput, SipOutput, Transport};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
};

async fn port() -> (SipPort, mpsc::Receiver<SipInput>) {
    let (sender, received) = mpsc::sync_channel(64);
    let sink = Arc::new(move |input| sender.try_send(input).map_err(|_| io_port::Full));
    let settings = SipSettings::new("127.0.0.1:0".parse().unwrap());
    (SipPort::start(settings, sink).await.unwrap(), received)
}

fn next(received: &mpsc::Receiver<SipInput>) -> SipInput {
    tokio::task::block_in_place(|| received.recv_timeout(Duration::from_secs(5)).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_pass_both_ways() {
    let (port, received) = port().await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    phone.send_to(b"OPTIONS", port.address()).await.unwrap();
    let SipInput::Datagram { local, remote, bytes } = next(&received) else { unreachable!() };
    assert_eq!((local, bytes.as_slice()), (port.address(), b"OPTIONS".as_slice()));
    port.perform(SipOutput::Datagram { remote, bytes: b"200".to_vec() });
    let mut buffer = [0; 16];
    let length = phone.recv(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..length], b"200");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_connection_opens_carries_and_closes() {
    let (port, received) = port().await;
    let mut phone = TcpStream::connect(port.address()).await.unwrap();
    let SipInput::FlowOpened { flow, transport, .. } = next(&received) else { unreachable!() };
    assert_eq!(transport, Transport::Tcp);
    phone.write_all(b"REGISTER").await.unwrap();
    assert_eq!(next(&received), SipInput::FlowBytes { flow, bytes: b"REGISTER".to_vec() });
    port.perform(SipOutput::FlowBytes { flow, bytes: b"200".to_vec() });
    port.perform(SipOutput::CloseFlow { flow });
    let mut all = Vec::new();
    phone.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"200", "what was sent before the close arrives");
    drop(phone);
    assert_eq!(next(&received), SipInput::FlowClosed { flow });
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_for_a_connection_that_is_being_opened_are_kept() {
    let (port, received) = port().await;
    let carrier = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flow = model::id::FlowId(FIRST_OUTGOING_FLOW);
    port.perform(SipOutput::Connect {
        flow,
        remote: carrier.local_addr().unwrap(),
        transport: Transport::Tcp,
        name: None,
    });
    port.perform(SipOutput::FlowBytes { flow, bytes: b"INVITE".to_vec() });
    let (mut stream, _) = carrier.accept().await.unwrap();
    let mut buffer = [0; 6];
    stream.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"INVITE");
    assert!(matches!(next(&received), SipInput::FlowOpened { flow: f, .. } if f == flow));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_can_not_be_opened_is_reported_closed() {
    let (port, received) = port().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let flow = model::id::FlowId(FIRST_OUTGOING_FLOW + 7);
    port.perform(SipOutput::Connect {
        flow,
        remote: nobody,
        transport: Transport::Tcp,
        name: None,
    });
    assert_eq!(next(&received), SipInput::FlowClosed { flow });
}
