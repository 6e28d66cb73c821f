//! Bayeux: long-polling requests go to the desk like any other; WebSockets come up when the desk
//! says so.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{
        ConnectInfo, FromRequestParts, Request, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use model::{api::ApiInput, id::SocketId};
use tokio::{
    sync::{mpsc, oneshot},
    time::{interval, timeout},
};

use crate::{Shared, api, listen::Client};

/// WebSockets that wait for the desk's decision: come up, or be refused with an HTTP status.
#[derive(Default)]
pub(crate) struct Upgrades(Mutex<HashMap<SocketId, oneshot::Sender<Decision>>>);

type Decision = Result<(), u16>;

impl Upgrades {
    pub(crate) fn decide(&self, socket: SocketId, decision: Decision) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&socket);
        if waiting.is_some_and(|waiting| waiting.send(decision).is_err()) {
            tracing::debug!(%socket, "the browser left before its socket was decided on");
        }
    }

    fn add(&self, socket: SocketId) -> oneshot::Receiver<Decision> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(socket, sender);
        receiver
    }
}

/// A request on a Bayeux path, of either kind.
pub(crate) async fn enter(
    state: State<Arc<Shared>>,
    client: ConnectInfo<Client>,
    request: Request,
) -> Response {
    if !request.headers().contains_key("sec-websocket-key") {
        return api::forward(state, client, request).await;
    }
    let (State(shared), ConnectInfo(client)) = (state, client);
    let (mut parts, _body) = request.into_parts();
    let asked = api::to_model(&shared, client, &parts.headers.clone(), &parts);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &shared).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let socket = SocketId(asked.id.0);
    let decision = shared.upgrades.add(socket);
    if (shared.desk)(ApiInput::SocketOpened { socket, request: asked }).is_err() {
        return api::plain(StatusCode::SERVICE_UNAVAILABLE, "Too busy at the moment; try again.");
    }
    match timeout(DECISION_LIMIT, decision).await {
        Ok(Ok(Ok(()))) => {
            let texts = shared.bayeux.open(socket);
            upgrade
                .max_message_size(MESSAGE_BYTES_MAX)
                .on_upgrade(move |stream| run(stream, socket, texts, shared))
        }
        Ok(Ok(Err(status))) => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN).into_response()
        }
        Ok(Err(_)) | Err(_) => {
            close(socket, &shared);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn run(
    stream: WebSocket,
    socket: SocketId,
    mut texts: mpsc::Receiver<String>,
    shared: Arc<Shared>,
) {
    let (mut writer, mut reader) = stream.split();
    let mut ping = interval(PING);
    loop {
        tokio::select! {
            received = reader.next() => match received {
                Some(Ok(Message::Text(text))) => {
                    let text = text.as_str().to_owned();
                    if (shared.desk)(ApiInput::SocketText { socket, text }).is_err() {
                        tracing::warn!(%socket, "control queue full: browser's socket closed");
                        break;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => break,
            },
            text = texts.recv() => {
                let Some(text) = text else { break };
                if !written(writer.send(Message::Text(text.into()))).await {
                    break;
                }
            }
            _ = ping.tick() => {
                if !written(writer.send(Message::Ping(bytes::Bytes::new()))).await {
                    break;
                }
            }
        }
    }
    close(socket, &shared);
}

/// Whether a frame went out within the limit.
pub(crate) async fn written<E>(send: impl Future<Output = Result<(), E>>) -> bool {
    matches!(timeout(WRITE_LIMIT, send).await, Ok(Ok(())))
}

fn close(socket: SocketId, shared: &Shared) {
    shared.bayeux.close(&socket);
    if (shared.desk)(ApiInput::SocketClosed { socket }).is_err() {
        tracing::warn!(%socket, "control queue full: the end of a browser's socket went unnoticed");
    }
}

const DECISION_LIMIT: Duration = Duration::from_secs(5);
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Keeps proxies from closing an idle socket (their usual limit is 60 s).
const PING: Duration = Duration::from_secs(25);
const WRITE_LIMIT: Duration = Duration::from_secs(10);
