//! The phone of an agent's page: SIP over a WebSocket, as the desktop's own phone speaks it.
//! It rings at once and answers when it is told to.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpStream, UdpSocket},
    sync::mpsc::UnboundedSender,
    task::JoinHandle,
    time::{MissedTickBehavior, interval_at, sleep_until},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Message as Frame, client::IntoClientRequest, http::HeaderValue, protocol::CloseFrame,
    },
};
use wire_sip::{
    Algorithm, HeaderName, Message, Method, Request, Response,
    digest::{Answer, answer},
};

use crate::{
    agent::AgentNews,
    browser::{Browser, Spoken},
    counts::Counts,
    voice::{FRAME_TIME, Voice},
};

/// Whether the phone's media runs.
#[derive(Clone)]
pub enum Sound {
    /// ICE, DTLS and SRTP, speaking this.
    Real(Arc<Voice>),
    /// It answers with an SDP and no packet ever comes.
    None,
}

/// A registered phone.
pub struct Phone {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    number: u32,
    sound: Sound,
    counts: Arc<Counts>,
    news: UnboundedSender<AgentNews>,
    /// The INVITE that rings and the SDP that will answer it.
    ringing: Option<(Message, String)>,
    /// For phones without sound: the first answer serves all calls.
    answer: Option<String>,
    waiting: Option<(Browser, UdpSocket)>,
    talk: Option<JoinHandle<()>>,
}

impl Phone {
    /// Opens the WebSocket and registers with the password of the demo site.
    pub async fn register(
        server: SocketAddr,
        number: u32,
        sound: Sound,
        counts: Arc<Counts>,
        news: UnboundedSender<AgentNews>,
    ) -> Result<Self> {
        let mut request = format!("ws://{server}/ws").into_client_request()?;
        let protocol = HeaderValue::from_static("sip");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (socket, _) = connect_async(request).await?;
        let mut phone = Self {
            socket,
            number,
            sound,
            counts,
            news,
            ringing: None,
            answer: None,
            waiting: None,
            talk: None,
        };
        phone.send(&phone.registration(1, None)).await?;
        let challenge = phone.next().await?.context("no challenge")?;
        let credentials = challenge
            .challenges(HeaderName::WwwAuthenticate)
            .find(|challenge| challenge.algorithm == Some(Algorithm::Md5))
            .and_then(|challenge| answer(&challenge, &with_password(&number.to_string())));
        phone.send(&phone.registration(2, credentials.as_deref())).await?;
        let reply = phone.next().await?.context("no reply to REGISTER")?;
        ensure!(reply.status() == Some(200), "REGISTER of {number}: {:?}", reply.status());
        Ok(phone)
    }

    /// Takes calls until the server closes.
    pub async fn run(mut self) -> Result<()> {
        while let Some(message) = self.next().await? {
            match message.method() {
                Some(Method::Invite) => self.ring(message).await?,
                Some(Method::Info) => {
                    self.send(&Response::to(&message, 200, "").build()).await?;
                    self.pick_up().await?;
                }
                Some(Method::Bye) => {
                    self.send(&Response::to(&message, 200, "").build()).await?;
                    if let Some(talk) = self.talk.take() {
                        talk.abort();
                    }
                }
                Some(Method::Ack) | None => {}
                Some(_) => self.send(&Response::to(&message, 200, "").build()).await?,
            }
        }
        Ok(())
    }

    async fn ring(&mut self, invite: Message) -> Result<()> {
        let ringing =
            Response::to(&invite, 180, "").to_tag(TAG).header(HeaderName::Contact, self.contact());
        self.send(&ringing.build()).await?;
        let sdp = match self.answer.clone() {
            Some(sdp) => sdp,
            None => {
                // Here, while it rings, so that the answer is measured without our own work.
                let socket = UdpSocket::bind("127.0.0.1:0").await?;
                let mut browser = Browser::new(Instant::now(), socket.local_addr()?, Spoken::Opus)?;
                let sdp = browser.answer(std::str::from_utf8(invite.body())?)?;
                match self.sound {
                    Sound::Real(_) => self.waiting = Some((browser, socket)),
                    Sound::None => self.answer = Some(sdp.clone()),
                }
                sdp
            }
        };
        self.ringing = Some((invite, sdp));
        Ok(())
    }

    async fn pick_up(&mut self) -> Result<()> {
        let Some((invite, sdp)) = self.ringing.take() else { return Ok(()) };
        let answer = Response::to(&invite, 200, "")
            .to_tag(TAG)
            .header(HeaderName::Contact, self.contact())
            .body("application/sdp", sdp);
        self.send(&answer.build()).await?;
        if let (Sound::Real(voice), Some((browser, socket))) = (&self.sound, self.waiting.take()) {
            let talk = Talk { browser, socket, voice: Arc::clone(voice), news: self.news.clone() };
            self.talk = Some(tokio::spawn(async move {
                // The end of the server ends the talk; whoever waits for its news sees it.
                let _ = talk.run().await;
            }));
        }
        Ok(())
    }

    async fn send(&mut self, message: &Message) -> Result<()> {
        self.counts.phone_in.fetch_add(1, Ordering::Relaxed);
        let text = std::str::from_utf8(message.as_bytes())?;
        Ok(self.socket.send(Frame::text(text)).await?)
    }

    async fn next(&mut self) -> Result<Option<Message>> {
        while let Some(frame) = self.socket.next().await {
            let bytes = match frame? {
                Frame::Text(text) => text.as_bytes().to_vec(),
                Frame::Binary(bytes) => bytes.to_vec(),
                Frame::Close(None | Some(CloseFrame { .. })) => return Ok(None),
                Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => continue,
            };
            self.counts.phone_out.fetch_add(1, Ordering::Relaxed);
            let parsed = Message::parse(bytes);
            return Ok(Some(parsed.map_err(|fault| anyhow::anyhow!("{fault:?}"))?));
        }
        Ok(None)
    }

    fn registration(&self, cseq: u32, credentials: Option<&str>) -> Message {
        let number = self.number;
        Request::new(&Method::Register, URI)
            .header(
                HeaderName::Via,
                format!("SIP/2.0/WS bench.invalid;branch=z9hG4bK-{number}-{cseq}"),
            )
            .header(HeaderName::MaxForwards, "69")
            .header(HeaderName::From, format!("<sip:{number}@cordboard>;tag={TAG}"))
            .header(HeaderName::To, format!("<sip:{number}@cordboard>"))
            .header(HeaderName::CallId, format!("bench-phone-{number}"))
            .header(HeaderName::CSeq, format!("{cseq} REGISTER"))
            .header(HeaderName::Contact, format!("{};expires=3600", self.contact()))
            .header_if(HeaderName::Authorization, credentials)
            .build()
    }

    fn contact(&self) -> String {
        format!("<sip:{}@bench.invalid;transport=ws>", self.number)
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        if let Some(talk) = self.talk.take() {
            talk.abort();
        }
    }
}

/// One conversation.
struct Talk {
    browser: Browser,
    socket: UdpSocket,
    voice: Arc<Voice>,
    news: UnboundedSender<AgentNews>,
}

impl Talk {
    async fn run(mut self) -> Result<()> {
        let mut ticks = interval_at(tokio::time::Instant::now(), FRAME_TIME);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut buffer = vec![0; 2048];
        let mut frame = 0;
        let mut is_first = true;
        loop {
            let due = self.browser.advance(Instant::now())?;
            while let Some((to, bytes)) = self.browser.sends() {
                self.socket.send_to(&bytes, to).await?;
            }
            if is_first && self.browser.packets_heard() > 0 {
                is_first = false;
                self.news.send(AgentNews::FirstSound { at: Instant::now() })?;
            }
            tokio::select! {
                received = self.socket.recv_from(&mut buffer) => {
                    let (len, from) = received?;
                    let bytes = buffer.get(..len).unwrap_or_default();
                    self.browser.receive(Instant::now(), from, bytes)?;
                }
                _ = ticks.tick() => {
                    self.browser.say(Instant::now(), self.voice.opus(frame));
                    frame += 1;
                }
                () = sleep_until(due.into()) => {}
            }
        }
    }
}

fn with_password(number: &str) -> Answer<'_> {
    Answer {
        username: number,
        password: "demo",
        method: "REGISTER",
        uri: URI,
        body: &[],
        cnonce: "c0ffee",
        nonce_count: 1,
    }
}

const URI: &str = "sip:cordboard";
const TAG: &str = "bench";
