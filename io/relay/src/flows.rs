//! Connections: one task reads, one writes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use io_port::{Outlets, Stream};
use model::{id::FlowId, relay::RelayInput};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    net::TcpListener,
    sync::mpsc,
    time::{sleep, timeout},
};

/// All connections.
#[derive(Debug)]
pub(crate) struct Flows {
    outlets: Outlets<FlowId, Vec<u8>>,
    next: AtomicU64,
    inbox: mpsc::Sender<RelayInput>,
}

impl Flows {
    pub fn new(inbox: mpsc::Sender<RelayInput>) -> Self {
        Self { outlets: Outlets::default(), next: AtomicU64::new(1), inbox }
    }

    pub fn send(&self, flow: FlowId, bytes: Vec<u8>) {
        if !self.outlets.send(&flow, bytes) {
            tracing::debug!(%flow, "message for a closed or too slow connection dropped");
        }
    }

    pub fn close(&self, flow: FlowId) {
        self.outlets.close(&flow);
    }
}

/// Accepts until the process ends.
pub(crate) async fn accept(listener: TcpListener, flows: Arc<Flows>) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                // Voice in small pieces must not wait for more.
                let _ = stream.set_nodelay(true);
                serve(Box::new(stream), remote, &flows);
            }
            Err(error) => {
                // Out of file descriptors, most likely: a pause lets some be closed.
                tracing::error!(%error, "TURN connection not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves a connection in tasks of its own.
pub(crate) fn serve(stream: Box<dyn Stream>, remote: SocketAddr, flows: &Arc<Flows>) {
    if flows.outlets.len() >= CONNECTIONS_MAX {
        tracing::warn!(CONNECTIONS_MAX, "too many TURN connections: one refused");
        return;
    }
    let flow = FlowId(flows.next.fetch_add(1, Ordering::Relaxed));
    let messages = flows.outlets.open(flow);
    let flows = flows.clone();
    tokio::spawn(async move {
        if flows.inbox.send(RelayInput::FlowOpened { flow, remote }).await.is_err() {
            return;
        }
        let (reader, writer) = split(stream);
        // The first to end takes the other along.
        tokio::select! {
            () = read(reader, flow, &flows.inbox) => {}
            () = write(writer, messages) => {}
        }
        flows.outlets.close(&flow);
        // Fails only at the program's end.
        let _ = flows.inbox.send(RelayInput::FlowClosed { flow }).await;
    });
}

async fn read(
    mut reader: ReadHalf<Box<dyn Stream>>,
    flow: FlowId,
    inbox: &mpsc::Sender<RelayInput>,
) {
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(len @ 1..) = reader.read(&mut buffer).await {
        let bytes = buffer.get(..len).unwrap_or_default().to_vec();
        if inbox.send(RelayInput::FlowBytes { flow, bytes }).await.is_err() {
            return;
        }
    }
}

/// Writes until the outlet is closed, then closes our side.
async fn write(mut writer: WriteHalf<Box<dyn Stream>>, mut messages: mpsc::Receiver<Vec<u8>>) {
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
    // It may be gone already.
    let _ = timeout(WRITE_LIMIT, writer.shutdown()).await;
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections at one time, with and without an allocation.
const CONNECTIONS_MAX: usize = 8000;
const READ_BYTES: usize = 4096;
const WRITE_LIMIT: Duration = Duration::from_secs(10);
