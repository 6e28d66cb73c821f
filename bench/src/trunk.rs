//! The carrier's side of the trunk: calls over UDP, with as little work as SIP allows, so that
//! what is measured is the server.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use anyhow::Result;
use tokio::{
    net::UdpSocket,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};
use wire_sip::{HeaderName, Message, Method, Request, Response};

use crate::counts::Counts;

/// What the trunk was told, and when.
pub struct TrunkNews {
    pub at: Instant,
    /// The number that `call` was given.
    pub call: u64,
    pub what: TrunkFact,
}

pub enum TrunkFact {
    /// A provisional response.
    Progress,
    /// 200; it is acknowledged already.
    Answered(Box<Message>),
    /// Refused with this status.
    Refused(u16),
    /// BYE came, or ours was answered.
    Over,
}

/// Makes calls.
pub struct Trunk {
    socket: Arc<UdpSocket>,
    local: SocketAddr,
    server: SocketAddr,
    counts: Arc<Counts>,
    pub news: UnboundedReceiver<TrunkNews>,
    reader: JoinHandle<()>,
}

impl Trunk {
    /// On a socket of its own; `hangs_up` ends every call as soon as it is answered.
    pub fn start(
        socket: UdpSocket,
        server: SocketAddr,
        counts: Arc<Counts>,
        hangs_up: bool,
    ) -> Result<Self> {
        let (sender, news) = unbounded_channel();
        let local = socket.local_addr()?;
        let socket = Arc::new(socket);
        let reader = Reader {
            socket: Arc::clone(&socket),
            local,
            server,
            hangs_up,
            counts: Arc::clone(&counts),
            news: sender,
        };
        let reader = tokio::spawn(reader.run());
        Ok(Self { socket, local, server, counts, news, reader })
    }

    /// Sends an INVITE; sound is expected at `rtp`. Returns when it left.
    pub async fn call(&self, call: u64, rtp: SocketAddr) -> Result<Instant> {
        let (local, server) = (self.local, self.server);
        let sdp = format!(
            "v=0\r\no=- {call} 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n",
            rtp.port(),
            ip = rtp.ip(),
        );
        let invite = Request::new(&Method::Invite, &format!("sip:{DNIS}@{server}"))
            .header(HeaderName::Via, via(local, call, "invite"))
            .header(HeaderName::MaxForwards, "70")
            .header(HeaderName::From, format!("<sip:{ANI}@{local}>;tag=t{call}"))
            .header(HeaderName::To, format!("<sip:{DNIS}@{server}>"))
            .header(HeaderName::CallId, format!("bench-{call}"))
            .header(HeaderName::CSeq, "1 INVITE")
            .header(HeaderName::Contact, format!("<sip:{ANI}@{local}>"))
            .body("application/sdp", sdp)
            .build();
        let at = Instant::now();
        self.counts.trunk_in.fetch_add(1, Ordering::Relaxed);
        self.socket.send_to(invite.as_bytes(), server).await?;
        Ok(at)
    }

    /// Ends an answered call.
    pub async fn hang_up(&self, call: u64, answer: &Message) -> Result<()> {
        self.counts.trunk_in.fetch_add(1, Ordering::Relaxed);
        let bye = in_dialog(&Method::Bye, self.local, call, answer);
        self.socket.send_to(bye.as_bytes(), self.server).await?;
        Ok(())
    }
}

impl Drop for Trunk {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

struct Reader {
    socket: Arc<UdpSocket>,
    local: SocketAddr,
    server: SocketAddr,
    hangs_up: bool,
    counts: Arc<Counts>,
    news: UnboundedSender<TrunkNews>,
}

impl Reader {
    async fn run(self) {
        let mut buffer = vec![0; 65_536];
        while let Ok((len, _)) = self.socket.recv_from(&mut buffer).await {
            let at = Instant::now();
            self.counts.trunk_out.fetch_add(1, Ordering::Relaxed);
            let Ok(message) = Message::parse(buffer.get(..len).unwrap_or_default()) else {
                continue;
            };
            let (replies, fact) = self.handle(&message);
            for reply in replies {
                self.counts.trunk_in.fetch_add(1, Ordering::Relaxed);
                // A server that is gone is noticed by whoever waits for its news.
                let _ = self.socket.send_to(reply.as_bytes(), self.server).await;
            }
            let call = call_of(&message);
            if let (Some(call), Some(what)) = (call, fact)
                && self.news.send(TrunkNews { at, call, what }).is_err()
            {
                return;
            }
        }
    }

    fn handle(&self, message: &Message) -> (Vec<Message>, Option<TrunkFact>) {
        let Some(status) = message.status() else {
            return match message.method() {
                Some(Method::Ack) => (Vec::new(), None),
                Some(Method::Bye) => {
                    (vec![Response::to(message, 200, "").build()], Some(TrunkFact::Over))
                }
                Some(_) | None => (vec![Response::to(message, 200, "").build()], None),
            };
        };
        let call = call_of(message).unwrap_or_default();
        let method = message.cseq().map(|cseq| &cseq.method);
        match (method, status) {
            (Some(Method::Invite), ..200) => (Vec::new(), Some(TrunkFact::Progress)),
            (Some(Method::Invite), ..300) => {
                let mut out = vec![in_dialog(&Method::Ack, self.local, call, message)];
                if self.hangs_up {
                    out.push(in_dialog(&Method::Bye, self.local, call, message));
                }
                (out, Some(TrunkFact::Answered(Box::new(message.clone()))))
            }
            (Some(Method::Invite), _) => {
                let ack = in_dialog(&Method::Ack, self.local, call, message);
                (vec![ack], Some(TrunkFact::Refused(status)))
            }
            (Some(Method::Bye), _) => (Vec::new(), Some(TrunkFact::Over)),
            (Some(_) | None, _) => (Vec::new(), None),
        }
    }
}

/// ACK or BYE after a final response to our INVITE.
fn in_dialog(method: &Method, local: SocketAddr, call: u64, answer: &Message) -> Message {
    let is_success = answer.status().is_some_and(|status| status < 300);
    let word = match (method, is_success) {
        // RFC 3261 17.1.1.3: the ACK of a refusal belongs to the INVITE's transaction.
        (Method::Ack, false) => "invite",
        (Method::Ack, true) => "ack",
        _ => "bye",
    };
    let number = if *method == Method::Ack { 1 } else { 2 };
    let target = answer.contact().map_or_else(String::new, |contact| contact.uri.to_owned());
    let target = if target.is_empty() { format!("sip:{DNIS}@cordboard") } else { target };
    Request::new(method, &target)
        .header(HeaderName::Via, via(local, call, word))
        .header(HeaderName::MaxForwards, "70")
        .copy(answer, HeaderName::From)
        .copy(answer, HeaderName::To)
        .copy(answer, HeaderName::CallId)
        .header(HeaderName::CSeq, format!("{number} {}", method.as_str()))
        .build()
}

fn via(local: SocketAddr, call: u64, word: &str) -> String {
    format!("SIP/2.0/UDP {local};branch=z9hG4bK-{word}-{call};rport")
}

fn call_of(message: &Message) -> Option<u64> {
    message.call_id().strip_prefix("bench-")?.parse().ok()
}

const ANI: &str = "5551234567";
/// The demo site's number for Support.
const DNIS: &str = "+18005551234";
