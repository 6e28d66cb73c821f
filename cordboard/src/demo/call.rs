//! One simulated customer's call: a small SIP user agent client with an RTP stream.
//!
//! It does what a carrier's gateway does towards us and no more: INVITE with retransmission, ACK,
//! BYE either way, PCMU from the recording. What it hears it throws away.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use model::random::Random;
use tokio::{
    net::UdpSocket,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use wire_rtp::RtpHeader;
use wire_sip::{HeaderName, Message, Method, Request, Response};

use super::speech::Speech;

/// A call that is about to be placed.
pub struct Call {
    sip: UdpSocket,
    rtp: UdpSocket,
    trunk: SocketAddr,
    local: SocketAddr,
    invite: Message,
    tag: String,
    speech: Speech,
    random: Random,
}

/// Why a call ended before the two could talk.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No answer at all.
    #[error("the trunk did not reply")]
    NoReply,
    /// A final refusal.
    #[error("refused with {0}")]
    Refused(u16),
    /// The answer has no address for the sound.
    #[error("the answer's SDP can't be used")]
    Sdp,
    /// A socket failed.
    #[error(transparent)]
    Socket(#[from] io::Error),
}

impl Call {
    /// Binds ports and writes the INVITE.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn new(
        address: IpAddr,
        trunk: SocketAddr,
        ani: &str,
        dnis: &str,
        speech: Speech,
    ) -> io::Result<Self> {
        let sip = UdpSocket::bind((address, 0)).await?;
        let rtp = UdpSocket::bind((address, 0)).await?;
        let local = sip.local_addr()?;
        let mut random = crate::random();
        let tag = random.hex(16);
        let sdp = format!(
            "v=0\r\no=customer 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
            rtp.local_addr()?.port()
        );
        let invite = Request::new(&Method::Invite, &format!("sip:{dnis}@{trunk}"))
            .header(
                HeaderName::Via,
                format!("SIP/2.0/UDP {local};branch=z9hG4bK{};rport", random.hex(20)),
            )
            .header(HeaderName::MaxForwards, "70")
            .header(HeaderName::From, format!("<sip:{ani}@{local}>;tag={tag}"))
            .header(HeaderName::To, format!("<sip:{dnis}@{trunk}>"))
            .header(HeaderName::CallId, random.hex(24))
            .header(HeaderName::CSeq, "1 INVITE")
            .header(HeaderName::Contact, format!("<sip:{ani}@{local}>"))
            .header(HeaderName::Allow, "INVITE, ACK, BYE, CANCEL, OPTIONS")
            .body("application/sdp", sdp)
            .build();
        Ok(Self { sip, rtp, trunk, local, invite, tag, speech, random })
    }

    /// Calls, talks until somebody hangs up.
    ///
    /// # Errors
    /// When it comes to no conversation.
    pub async fn run(mut self) -> Result<(), CallError> {
        let answer = self.answered().await?;
        let ack = self.in_dialog(&Method::Ack, 1, &answer);
        self.send(&ack).await?;
        let far = media_address(answer.body()).ok_or(CallError::Sdp)?;
        self.talk(&answer, &ack, far).await
    }

    /// Sends the INVITE until a final response is there (RFC 3261 17.1.1).
    async fn answered(&mut self) -> Result<Message, CallError> {
        let mut pause = T1;
        let mut is_proceeding = false;
        self.send(&self.invite).await?;
        let mut resend_at = Instant::now() + pause;
        let give_up = Instant::now() + WAIT_LIMIT;
        loop {
            let wake = if is_proceeding { give_up } else { resend_at.min(give_up) };
            tokio::select! {
                message = receive(&self.sip) => match message?.filter(|m| self.is_ours(m)) {
                    Some(message) if message.is_request() => self.reply(&message, 405).await?,
                    Some(response) => match response.status().unwrap_or(0) {
                        0..200 => is_proceeding = true,
                        200..300 => return Ok(response),
                        status => {
                            let ack = self.ack_of_refusal(&response);
                            self.send(&ack).await?;
                            return Err(CallError::Refused(status));
                        }
                    },
                    None => {}
                },
                () = sleep_until(wake) => {
                    if Instant::now() >= give_up || pause > T1 * 32 {
                        return Err(CallError::NoReply);
                    }
                    self.send(&self.invite).await?;
                    pause *= 2;
                    resend_at = Instant::now() + pause;
                }
            }
        }
    }

    /// Sends the recording, 20 ms at a time, and minds the dialog.
    async fn talk(
        &mut self,
        answer: &Message,
        ack: &Message,
        far: SocketAddr,
    ) -> Result<(), CallError> {
        let mut header = RtpHeader {
            marker: true,
            payload_type: 0,
            sequence: self.random.draw_u32() as u16,
            timestamp: self.random.draw_u32(),
            ssrc: self.random.draw_u32(),
        };
        let speech = self.speech.clone();
        let mut frames = speech.chunks_exact(FRAME).cycle();
        let mut clock = interval(Duration::from_millis(20));
        clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let end = Instant::now() + TALK_LIMIT;
        let mut heard = [0; 2048];
        loop {
            tokio::select! {
                _ = clock.tick() => {
                    if let Some(frame) = frames.next() {
                        send_frame(&self.rtp, far, &mut header, frame).await;
                    }
                    if Instant::now() >= end {
                        return self.hang_up(answer).await;
                    }
                }
                // Read, so that the socket's buffer does not fill.
                received = self.rtp.recv_from(&mut heard) => drop(received),
                message = receive(&self.sip) => {
                    let Some(message) = message?.filter(|m| self.is_ours(m)) else { continue };
                    match message.method() {
                        Some(Method::Bye) => return Ok(self.reply(&message, 200).await?),
                        Some(Method::Ack) => {}
                        Some(Method::Options) => self.reply(&message, 200).await?,
                        Some(_) => self.reply(&message, 405).await?,
                        // A 200 that came again wants its ACK again.
                        None => self.send(ack).await?,
                    }
                }
            }
        }
    }

    async fn hang_up(&mut self, answer: &Message) -> Result<(), CallError> {
        let bye = self.in_dialog(&Method::Bye, 2, answer);
        for _ in 0..4 {
            self.send(&bye).await?;
            if timeout(T1, receive(&self.sip)).await.is_ok() {
                break;
            }
        }
        Ok(())
    }

    /// A request of the dialog that `answer` made.
    fn in_dialog(&mut self, method: &Method, cseq: u32, answer: &Message) -> Message {
        let contact = answer.contact().map(|contact| contact.uri.to_owned());
        let target = contact.unwrap_or_else(|| format!("sip:{}", self.trunk));
        let branch = self.random.hex(20);
        Request::new(method, &target)
            .header(
                HeaderName::Via,
                format!("SIP/2.0/UDP {};branch=z9hG4bK{branch};rport", self.local),
            )
            .header(HeaderName::MaxForwards, "70")
            .copy(&self.invite, HeaderName::From)
            .copy(answer, HeaderName::To)
            .copy(&self.invite, HeaderName::CallId)
            .header(HeaderName::CSeq, format!("{cseq} {}", method.as_str()))
            .build()
    }

    /// RFC 3261 17.1.1.3: the ACK of a refusal belongs to the INVITE's transaction.
    fn ack_of_refusal(&self, refusal: &Message) -> Message {
        Request::new(&Method::Ack, self.invite.request_uri().unwrap_or_default())
            .copy(&self.invite, HeaderName::Via)
            .header(HeaderName::MaxForwards, "70")
            .copy(&self.invite, HeaderName::From)
            .copy(refusal, HeaderName::To)
            .copy(&self.invite, HeaderName::CallId)
            .header(HeaderName::CSeq, "1 ACK")
            .build()
    }

    async fn reply(&self, request: &Message, status: u16) -> io::Result<()> {
        self.send(&Response::to(request, status, wire_sip::reason_phrase(status)).build()).await
    }

    async fn send(&self, message: &Message) -> io::Result<()> {
        self.sip.send_to(message.as_bytes(), self.trunk).await.map(drop)
    }

    fn is_ours(&self, message: &Message) -> bool {
        let tag = if message.is_request() { message.to_tag() } else { message.from_tag() };
        message.call_id() == self.invite.call_id() && tag == Some(self.tag.as_str())
    }
}

async fn receive(socket: &UdpSocket) -> io::Result<Option<Message>> {
    let mut buffer = vec![0; DATAGRAM_BYTES];
    let (length, _) = socket.recv_from(&mut buffer).await?;
    buffer.truncate(length);
    Ok(Message::parse(buffer).ok())
}

async fn send_frame(socket: &UdpSocket, far: SocketAddr, header: &mut RtpHeader, frame: &[u8]) {
    let mut packet = [0; RtpHeader::LEN + FRAME];
    if let Some(payload) = header.write(&mut packet) {
        payload.copy_from_slice(frame);
        if let Err(error) = socket.send_to(&packet, far).await {
            tracing::debug!(%error, "simulated customer's packet not sent");
        }
    }
    header.marker = false;
    header.sequence = header.sequence.wrapping_add(1);
    header.timestamp = header.timestamp.wrapping_add(FRAME as u32);
}

/// Where the answer wants its sound: the first audio line and the connection line that holds for
/// it.
fn media_address(sdp: &[u8]) -> Option<SocketAddr> {
    let sdp = std::str::from_utf8(sdp).ok()?;
    let host = sdp.lines().rev().find_map(|line| line.strip_prefix("c=IN IP4 "))?;
    let port = sdp.lines().find_map(|line| line.strip_prefix("m=audio "))?;
    Some(SocketAddr::new(host.trim().parse().ok()?, port.split(' ').next()?.parse().ok()?))
}

/// 20 ms of G.711.
const FRAME: usize = 160;
const T1: Duration = Duration::from_millis(500);
/// Longer than a customer waits.
const WAIT_LIMIT: Duration = Duration::from_secs(600);
const TALK_LIMIT: Duration = Duration::from_secs(600);
/// Our own messages on loopback are smaller.
const DATAGRAM_BYTES: usize = 8192;
