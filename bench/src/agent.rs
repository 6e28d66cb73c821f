//! An agent's page without a browser: signed in, its phone registered, ready, told of calls by
//! push.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{
    counts::Counts,
    phone::{Phone, Sound},
    rest::Rest,
};

/// What the page heard.
pub enum AgentNews {
    /// A push on `/v2/me/calls`: when, which call, which state.
    Call { at: Instant, id: String, state: String },
    /// The first packet of the other person's voice, decrypted.
    FirstSound { at: Instant },
}

/// One agent.
pub struct Agent {
    rest: Rest,
    news: UnboundedReceiver<AgentNews>,
    tasks: [JoinHandle<Result<()>>; 2],
}

impl Agent {
    /// Everything that a page does before its agent can be called.
    pub async fn start(
        server: SocketAddr,
        number: u32,
        sound: Sound,
        counts: &Arc<Counts>,
    ) -> Result<Self> {
        let (sender, news) = unbounded_channel();
        let phone =
            Phone::register(server, number, sound, Arc::clone(counts), sender.clone()).await?;
        let phone = tokio::spawn(phone.run());
        let user = format!("agent{number}");
        let mut rest = Rest::sign_in(server, &user, Arc::clone(counts)).await?;
        let push = Push::open(server, rest.cookie(), Arc::clone(counts), sender).await?;
        let push = tokio::spawn(push.run());
        let start = json!({"operationName": "StartContactCenterSession", "channels": ["voice"]});
        rest.request("POST", "/api/v2/me", &start).await?;
        let mut agent = Self { rest, news, tasks: [phone, push] };
        agent.ready().await?;
        Ok(agent)
    }

    /// Ready for the next call; ends after-call work.
    pub async fn ready(&mut self) -> Result<()> {
        self.rest.request("PUT", "/api/v2/me/state", &json!({"state": "Ready"})).await.map(drop)
    }

    /// Does something to a call.
    pub async fn act(&mut self, call: &str, action: &str) -> Result<()> {
        let path = format!("/api/v2/me/calls/{call}");
        self.rest.request("PUT", &path, &json!({"action": action})).await.map(drop)
    }

    /// The next thing that the page hears.
    pub async fn hears(&mut self) -> Result<AgentNews> {
        self.news.recv().await.context("the agent's page is gone")
    }

    /// Until a push shows a call in this state: when it came, and the call.
    pub async fn is_told(&mut self, wanted: &str) -> Result<(Instant, String)> {
        loop {
            if let AgentNews::Call { at, id, state } = self.hears().await?
                && state == wanted
            {
                return Ok((at, id));
            }
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// The Bayeux client of the page.
struct Push {
    socket: Socket,
    client: String,
    counts: Arc<Counts>,
    news: UnboundedSender<AgentNews>,
    /// The `id` of the last message.
    last: u64,
}

impl Push {
    async fn open(
        server: SocketAddr,
        cookie: &str,
        counts: Arc<Counts>,
        news: UnboundedSender<AgentNews>,
    ) -> Result<Self> {
        let mut request = format!("ws://{server}/notifications").into_client_request()?;
        request.headers_mut().insert("cookie", cookie.parse()?);
        let (socket, _) = connect_async(request).await?;
        let mut push = Self { socket, client: String::new(), counts, news, last: 0 };
        let shaken = push
            .ask(json!({
                "channel": "/meta/handshake",
                "version": "1.0",
                "supportedConnectionTypes": ["websocket"],
            }))
            .await?;
        push.client =
            shaken.get("clientId").and_then(Value::as_str).context("no clientId")?.to_owned();
        for channel in ["/v2/me/calls", "/v2/me/devices"] {
            let subscribe = json!({"channel": "/meta/subscribe", "subscription": channel});
            push.ask(subscribe).await?;
        }
        push.connect().await?;
        Ok(push)
    }

    /// A meta message and its reply, before anything is pushed.
    async fn ask(&mut self, message: Value) -> Result<Value> {
        self.send(message).await?;
        let reply = loop {
            let frame = self.socket.next().await.context("push closed")??;
            if let Message::Text(text) = frame {
                let replies: Value = serde_json::from_str(&text)?;
                break replies.get(0).cloned().unwrap_or_default();
            }
        };
        ensure!(reply.get("successful") == Some(&json!(true)), "{reply}");
        Ok(reply)
    }

    async fn connect(&mut self) -> Result<()> {
        self.send(json!({"channel": "/meta/connect", "connectionType": "websocket"})).await
    }

    async fn send(&mut self, mut message: Value) -> Result<()> {
        self.counts.push_in.fetch_add(1, Ordering::Relaxed);
        self.last += 1;
        if let Some(fields) = message.as_object_mut() {
            fields.insert("id".into(), self.last.to_string().into());
            if !self.client.is_empty() {
                fields.insert("clientId".into(), self.client.as_str().into());
            }
        }
        Ok(self.socket.send(Message::text(json!([message]).to_string())).await?)
    }

    async fn run(mut self) -> Result<()> {
        while let Some(frame) = self.socket.next().await {
            let at = Instant::now();
            let Message::Text(text) = frame? else { continue };
            self.counts.push_out.fetch_add(1, Ordering::Relaxed);
            let messages: Vec<Value> = serde_json::from_str(&text)?;
            for message in messages {
                match word(&message, "/channel") {
                    "/meta/connect" => self.connect().await?,
                    "/v2/me/calls"
                        if word(&message, "/data/notificationType") == "StatusChange" =>
                    {
                        let id = word(&message, "/data/callId").to_owned();
                        let state = word(&message, "/data/state").to_owned();
                        self.news.send(AgentNews::Call { at, id, state })?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn word<'a>(message: &'a Value, pointer: &str) -> &'a str {
    message.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
