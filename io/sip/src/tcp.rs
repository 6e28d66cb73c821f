//! SIP over TCP, with and without TLS: one task reads, one writes.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use model::{
    id::FlowId,
    sip::{SipInput, Transport},
};
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::Flows;

/// Accepts until the process ends.
pub(crate) async fn accept(listener: TcpListener, flows: Arc<Flows>) {
    loop {
        match listener.accept().await {
            Ok((_, remote)) if flows.shut_out.has(remote.ip()) => {}
            Ok((stream, remote)) if flows.outlets.len() < CONNECTIONS_MAX => {
                let flow = FlowId(flows.next.fetch_add(1, Ordering::Relaxed));
                let messages = flows.outlets.open(flow);
                tokio::spawn(serve(stream, remote, flow, messages, flows.clone()));
            }
            Ok(_) => tracing::warn!(CONNECTIONS_MAX, "too many SIP connections: one refused"),
            Err(error) => not_accepted(&error).await,
        }
    }
}

/// Accepts TLS until the process ends. A far end that dallies over its handshake takes a place of
/// its own kind and none of those who talk.
pub(crate) async fn accept_tls(listener: TcpListener, acceptor: TlsAcceptor, flows: Arc<Flows>) {
    let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((_, remote)) if flows.shut_out.has(remote.ip()) => {}
            Ok((stream, remote)) if flows.outlets.len() < CONNECTIONS_MAX => {
                let (acceptor, flows) = (acceptor.clone(), flows.clone());
                tokio::spawn(async move {
                    let (Ok(local), Ok(())) = (stream.local_addr(), stream.set_nodelay(true))
                    else {
                        return;
                    };
                    let shaken = timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await;
                    drop(place);
                    match shaken {
                        Ok(Ok(stream)) => {
                            let flow = FlowId(flows.next.fetch_add(1, Ordering::Relaxed));
                            let messages = flows.outlets.open(flow);
                            let ends = (local, remote);
                            serve_stream(stream, Transport::Tls, ends, flow, messages, flows).await;
                        }
                        Ok(Err(error)) => tracing::info!(%remote, %error, "SIP over TLS refused"),
                        Err(_) => tracing::debug!(%remote, "TLS handshake took too long"),
                    }
                });
            }
            Ok(_) => tracing::warn!(CONNECTIONS_MAX, "too many SIP connections: one refused"),
            Err(error) => not_accepted(&error).await,
        }
    }
}

/// Out of file descriptors, most likely: a pause lets some be closed.
async fn not_accepted(error: &std::io::Error) {
    tracing::error!(%error, "SIP connection not accepted");
    sleep(ACCEPT_PAUSE).await;
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

/// Opens a TLS connection to whoever shows a certificate for a name, or for the address.
pub(crate) fn connect_tls(
    flow: FlowId,
    remote: SocketAddr,
    name: Option<&str>,
    flows: &Arc<Flows>,
) {
    let messages = flows.outlets.open(flow);
    let flows = flows.clone();
    let name = match name {
        Some(name) => ServerName::try_from(name.to_owned()).ok(),
        None => Some(ServerName::from(remote.ip())),
    };
    let (Some(connector), Some(name)) = (flows.connector.clone(), name) else {
        tracing::warn!(%remote, "no SIP over TLS to there: its name can't be in a certificate");
        return end(flow, &flows);
    };
    tokio::spawn(async move {
        let opened = timeout(CONNECT_LIMIT, async {
            let stream = TcpStream::connect(remote).await?;
            stream.set_nodelay(true)?;
            let local = stream.local_addr()?;
            connector.connect(name, stream).await.map(|stream| (stream, local))
        });
        match opened.await {
            Ok(Ok((stream, local))) => {
                let ends = (local, remote);
                serve_stream(stream, Transport::Tls, ends, flow, messages, flows).await;
            }
            Ok(Err(error)) => {
                tracing::warn!(%remote, %error, "SIP over TLS: no connection");
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
    serve_stream(stream, Transport::Tcp, (local, remote), flow, messages, flows).await;
}

async fn serve_stream<S: AsyncRead + AsyncWrite>(
    stream: S,
    transport: Transport,
    (local, remote): (SocketAddr, SocketAddr),
    flow: FlowId,
    messages: mpsc::Receiver<Vec<u8>>,
    flows: Arc<Flows>,
) {
    let opened = SipInput::FlowOpened { flow, transport, local, remote };
    if (flows.sink)(opened).is_err() {
        return end(flow, &flows);
    }
    let (reader, writer) = split(stream);
    // The first to end takes the other along: a far end that closed, or an outlet that was closed
    // by signaling or for being too slow.
    tokio::select! {
        () = read(reader, flow, &flows) => {}
        () = write(writer, messages) => {}
    }
    end(flow, &flows);
}

/// Returns when the far end closed, an error came or the control thread can't follow.
async fn read(mut reader: impl AsyncRead + Unpin, flow: FlowId, flows: &Flows) {
    let mut buffer = vec![0; READ_BYTES];
    let mut has_spoken = false;
    loop {
        let read = reader.read(&mut buffer);
        // Whoever connects has something to say; whoever has said it may be quiet for days.
        let read = match has_spoken {
            true => read.await,
            false => timeout(FIRST_WORD_LIMIT, read).await.unwrap_or(Ok(0)),
        };
        has_spoken = true;
        match read {
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
async fn write(mut writer: impl AsyncWrite + Unpin, mut messages: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = messages.recv().await {
        let written = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        match timeout(WRITE_LIMIT, written).await {
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
/// TLS handshakes at one time; more wait in the backlog.
const HANDSHAKES_MAX: usize = 256;
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// For a connection's first bytes.
const FIRST_WORD_LIMIT: Duration = Duration::from_secs(30);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const WRITE_LIMIT: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const READ_BYTES: usize = 16 * 1024;
