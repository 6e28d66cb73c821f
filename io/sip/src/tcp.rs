//! SIP over TCP: one task reads, one writes.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use model::{
    id::FlowId,
    sip::{SipInput, Transport},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{sleep, timeout},
};

use crate::Flows;

/// Accepts until the process ends.
pub(crate) async fn accept(listener: TcpListener, flows: Arc<Flows>) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) if flows.outlets.len() < CONNECTIONS_MAX => {
                let flow = FlowId(flows.next.fetch_add(1, Ordering::Relaxed));
                let messages = flows.outlets.open(flow);
                tokio::spawn(serve(stream, remote, flow, messages, flows.clone()));
            }
            Ok(_) => tracing::warn!(CONNECTIONS_MAX, "too many SIP connections: one refused"),
            Err(error) => {
                // Out of file descriptors, most likely: a pause lets some be closed.
                tracing::error!(%error, "SIP connection not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Opens a connection. What is sent to `flow` meanwhile waits in its outlet.
pub(crate) fn connect(flow: FlowId, remote: SocketAddr, flows: &Arc<Flows>) {
    let messages = flows.outlets.open(flow);
    let flows = flows.clone();
    tokio::spawn(async move {
        match timeout(CONNECT_LIMIT, TcpStream::connect(remote)).await {
            Ok(Ok(stream)) => serve(stream, remote, flow, messages, flows).await,
            Ok(Err(error)) => {
                tracing::debug!(%flow, %error, "SIP connection not opened");
                end(flow, &flows);
            }
            Err(_) => end(flow, &flows),
        }
    });
}

async fn serve(
    stream: TcpStream,
    remote: SocketAddr,
    flow: FlowId,
    messages: mpsc::Receiver<Vec<u8>>,
    flows: Arc<Flows>,
) {
    let (Ok(local), Ok(())) = (stream.local_addr(), stream.set_nodelay(true)) else {
        return end(flow, &flows);
    };
    let opened = SipInput::FlowOpened { flow, transport: Transport::Tcp, local, remote };
    if (flows.sink)(opened).is_err() {
        return end(flow, &flows);
    }
    let (reader, writer) = stream.into_split();
    // The first to end takes the other along: a far end that closed, or an outlet that was closed
    // by signaling or for being too slow.
    tokio::select! {
        () = read(reader, flow, &flows) => {}
        () = write(writer, messages) => {}
    }
    end(flow, &flows);
}

/// Returns when the far end closed, an error came or the control thread can't follow.
async fn read(mut reader: OwnedReadHalf, flow: FlowId, flows: &Flows) {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match reader.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                if (flows.sink)(SipInput::FlowBytes { flow, bytes }).is_err() {
                    // A stream with a hole can't be read on.
                    tracing::warn!(%flow, "control queue full: SIP connection closed");
                    return;
                }
            }
        }
    }
}

/// Writes until the outlet is closed, then closes our side.
async fn write(mut writer: OwnedWriteHalf, mut messages: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = messages.recv().await {
        match timeout(WRITE_LIMIT, writer.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => break,
        }
    }
    if let Err(error) = writer.shutdown().await {
        tracing::debug!(%error, "SIP connection was gone already");
    }
}

fn end(flow: FlowId, flows: &Flows) {
    flows.outlets.close(&flow);
    if (flows.sink)(SipInput::FlowClosed { flow }).is_err() {
        tracing::warn!(%flow, "control queue full: the end of a SIP connection went unnoticed");
    }
}

/// Connections at one time.
const CONNECTIONS_MAX: usize = 20_000;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const WRITE_LIMIT: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const READ_BYTES: usize = 16 * 1024;
