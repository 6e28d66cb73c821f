//! SIP over WebSocket (RFC 7118): one message is one frame.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::{
        ConnectInfo, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::Response,
};
use futures_util::{SinkExt, StreamExt};
use model::{
    id::FlowId,
    sip::{SipInput, Transport},
};
use tokio::{sync::mpsc, time::interval};

use crate::{Shared, api, bayeux::written, listen::Client};

/// The upgrade at `/ws`.
pub(crate) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(client): ConnectInfo<Client>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade.protocols(["sip"]).max_message_size(MESSAGE_BYTES_MAX);
    // RFC 7118 4.1: the subprotocol is "sip", and both sides must say so.
    if upgrade.selected_protocol().is_none() {
        return api::plain(
            StatusCode::BAD_REQUEST,
            "SIP over WebSocket needs the header Sec-WebSocket-Protocol: sip.",
        );
    }
    if shared.sip.len() >= FLOWS_MAX {
        return api::plain(StatusCode::SERVICE_UNAVAILABLE, "Too many phones are connected.");
    }
    upgrade.on_upgrade(move |stream| run(stream, client, shared))
}

async fn run(stream: WebSocket, client: Client, shared: Arc<Shared>) {
    let flow = shared.draw_flow();
    let mut messages = shared.sip.open(flow);
    let transport = if client.secure { Transport::Wss } else { Transport::Ws };
    // What address the browser came to is nobody's concern: answers go back on the flow.
    let local = SocketAddr::from(([0, 0, 0, 0], 0));
    let remote = client.address;
    if (shared.signaling)(SipInput::FlowOpened { flow, transport, local, remote }).is_ok() {
        exchange(stream, flow, &mut messages, &shared).await;
    }
    shared.sip.close(&flow);
    if (shared.signaling)(SipInput::FlowClosed { flow }).is_err() {
        tracing::warn!(%flow, "control queue full: the end of a phone's socket went unnoticed");
    }
}

async fn exchange(
    stream: WebSocket,
    flow: FlowId,
    messages: &mut mpsc::Receiver<Vec<u8>>,
    shared: &Shared,
) {
    let (mut writer, mut reader) = stream.split();
    let mut ping = interval(PING);
    loop {
        tokio::select! {
            received = reader.next() => {
                let bytes = match received {
                    Some(Ok(Message::Text(text))) => text.as_bytes().to_vec(),
                    Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                };
                if (shared.signaling)(SipInput::FlowBytes { flow, bytes }).is_err() {
                    tracing::warn!(%flow, "control queue full: SIP message dropped");
                }
            }
            message = messages.recv() => {
                let Some(bytes) = message else { return };
                if !written(writer.send(frame(bytes))).await {
                    return;
                }
            }
            _ = ping.tick() => {
                if !written(writer.send(Message::Ping(bytes::Bytes::new()))).await {
                    return;
                }
            }
        }
    }
}

/// Text where it can be (JsSIP reads text), binary for Latin-1 and the like.
fn frame(bytes: Vec<u8>) -> Message {
    match String::from_utf8(bytes) {
        Ok(text) => Message::Text(text.into()),
        Err(not_text) => Message::Binary(not_text.into_bytes().into()),
    }
}

const FLOWS_MAX: usize = 20_000;
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
const PING: Duration = Duration::from_secs(25);
