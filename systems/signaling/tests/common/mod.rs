//! A signaling system in virtual time, with media that answers by itself and small fake peers.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    CallUuid, Configuration, Dn, LegId, Now, System,
    config::{DnKind, DnObject, DnRecord, Trunk},
    id::{CallUuids, FlowId},
    leg::{Cause, LegCommand, LegFact},
    media::{MediaCommand, MediaFact},
    random::Random,
    sip::{SipInput, SipOutput, Transport},
};
use signaling::{Input, Output, Signaling, SignalingSettings};
use wire_sip::{HeaderName, Message};

pub const OURS: &str = "192.0.2.1:5060";
pub const PSTN: &str = "192.0.2.10:5070";
pub const PHONE: &str = "192.0.2.20:5062";
pub const STRANGER: &str = "203.0.113.9:5060";
pub const BROWSER: FlowId = FlowId(7);
pub const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\n";

/// Where a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum To {
    Udp(SocketAddr),
    Flow(FlowId),
}

pub struct Bench {
    pub sip: Signaling,
    pub now: Now,
    pub facts: Vec<LegFact>,
    pub sent: Vec<(To, Message)>,
    pub media: Vec<MediaCommand>,
    pub trunks: Vec<(String, bool)>,
    pub others: Vec<SipOutput>,
    /// Raw keep-alives and the like.
    pub raw: Vec<Vec<u8>>,
    /// What media says to the next offers instead of describing.
    pub refuse_media: bool,
    pub is_media_silent: bool,
    names: BTreeMap<To, &'static str>,
    ladder: String,
    random: Random,
}

pub fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn configuration() -> Configuration {
    let extension = |password: Option<&str>, cti_control| {
        DnObject::new(DnKind::Extension {
            password: password.map(str::to_owned),
            cti_control,
            reject_not_ready: true,
            record: DnRecord::OnDemand,
        })
    };
    let mut configuration = Configuration::default();
    configuration.dns.insert("5001".into(), extension(Some("demo"), false));
    configuration.dns.insert("5002".into(), extension(None, true));
    configuration.dns.insert("5003".into(), extension(None, false));
    configuration.dns.insert("5004".into(), extension(None, false));
    configuration.dns.insert("VQ".into(), DnObject::new(DnKind::VirtualQueue));
    let accept_from = vec![addr(PSTN).ip()];
    let trunk = Trunk { accept_from, contact: PSTN.to_owned(), ..Trunk::default() };
    configuration.trunks.insert("pstn".into(), trunk);
    configuration
}

pub fn uuid() -> CallUuid {
    CallUuids::new(7).draw()
}

impl Bench {
    pub fn new() -> Self {
        Self::with(configuration(), SignalingSettings::new(addr(OURS)))
    }

    pub fn with(configuration: Configuration, settings: SignalingSettings) -> Self {
        let mut bench = Self {
            sip: Signaling::new(settings, Random::from_number(1)),
            now: Now::new(Instant::now(), Duration::from_secs(1_700_000_000)),
            facts: Vec::new(),
            sent: Vec::new(),
            media: Vec::new(),
            trunks: Vec::new(),
            others: Vec::new(),
            raw: Vec::new(),
            refuse_media: false,
            is_media_silent: false,
            names: BTreeMap::new(),
            ladder: String::new(),
            random: Random::from_number(2),
        };
        bench.names.insert(To::Udp(addr(PSTN)), "pstn");
        bench.names.insert(To::Udp(addr(PHONE)), "phone");
        bench.names.insert(To::Flow(BROWSER), "browser");
        bench.input(Input::Configuration(Arc::new(configuration)));
        bench
    }

    pub fn input(&mut self, input: Input) {
        self.sip.handle_input(self.now, input);
        self.drain();
    }

    pub fn command(&mut self, command: LegCommand) {
        self.line(&format!("switch   -> {}", short(&format!("{command:?}"))));
        self.input(Input::Command(command));
    }

    pub fn described(&mut self, leg: LegId, sdp: &str) {
        let sdp = sdp.as_bytes().to_vec();
        self.input(Input::Media(MediaFact::Described { leg, sdp }));
    }

    /// A datagram arrives.
    pub fn udp(&mut self, from: &str, text: impl AsRef<[u8]>) {
        let (remote, bytes) = (addr(from), text.as_ref().to_vec());
        self.arrives(To::Udp(remote), &bytes);
        self.input(Input::Sip(SipInput::Datagram { local: addr(OURS), remote, bytes }));
    }

    /// Bytes arrive on a connection.
    pub fn flow(&mut self, flow: FlowId, text: impl AsRef<[u8]>) {
        let bytes = text.as_ref().to_vec();
        self.arrives(To::Flow(flow), &bytes);
        self.input(Input::Sip(SipInput::FlowBytes { flow, bytes }));
    }

    pub fn arrive(&mut self, from: To, text: impl AsRef<[u8]>) {
        match from {
            To::Udp(remote) => self.udp(&remote.to_string(), text),
            To::Flow(flow) => self.flow(flow, text),
        }
    }

    pub fn open(&mut self, flow: FlowId, transport: Transport) {
        let (local, remote) = (addr(OURS), addr("198.51.100.7:40000"));
        self.input(Input::Sip(SipInput::FlowOpened { flow, transport, local, remote }));
    }

    pub fn close(&mut self, flow: FlowId) {
        self.input(Input::Sip(SipInput::FlowClosed { flow }));
    }

    /// Lets time pass, stopping at every timer.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now.later(span);
        while let Some(at) = self.sip.poll_timeout().filter(|at| *at <= end.instant) {
            let step = at.saturating_duration_since(self.now.instant);
            self.now = self.now.later(step);
            self.sip.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub fn pass_s(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    pub fn pass_ms(&mut self, ms: u64) {
        self.pass(Duration::from_millis(ms));
    }

    /// Everything sent since the last time.
    pub fn take_sent(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.sent).into_iter().map(|(_, message)| message).collect()
    }

    /// Everything sent, as `INVITE` and `200 INVITE`.
    pub fn take_names(&mut self) -> Vec<String> {
        self.take_sent().iter().map(name).collect()
    }

    /// The only message sent since the last time.
    pub fn take_one(&mut self) -> Message {
        let sent = self.take_sent();
        let names: Vec<_> = sent.iter().map(name).collect();
        assert_eq!(sent.len(), 1, "{names:?}");
        sent[0].clone()
    }

    pub fn take_facts(&mut self) -> Vec<LegFact> {
        std::mem::take(&mut self.facts)
    }

    pub fn take_media(&mut self) -> Vec<MediaCommand> {
        std::mem::take(&mut self.media)
    }

    pub fn take_ladder(&mut self) -> String {
        std::mem::take(&mut self.ladder)
    }

    pub fn hex(&mut self) -> String {
        self.random.hex(8)
    }

    /// The leg of the only `Offered`.
    pub fn offered(&mut self) -> LegId {
        match self.take_facts().as_slice() {
            [LegFact::Offered { leg, .. }] => *leg,
            facts => panic!("{facts:?}"),
        }
    }

    /// Registers a DN without password over UDP from PHONE.
    pub fn register_udp(&mut self, dn: &str) {
        self.udp(PHONE, register(dn, "<sip:x@192.0.2.20:5062>", 3600, &format!("r{dn}"), 1, ""));
        self.take_facts();
        self.take_sent();
        self.take_ladder();
    }

    /// Registers a DN without password over a WebSocket.
    pub fn register_browser(&mut self, dn: &str, flow: FlowId) {
        self.open(flow, Transport::Wss);
        let contact = format!("<sip:abc{flow}@x7.invalid;transport=ws>");
        self.flow(flow, register(dn, &contact, 600, &format!("rb{flow}"), 1, ""));
        self.take_facts();
        self.take_sent();
        self.take_ladder();
    }

    pub fn ring(&mut self, leg: u64, dn: &str) {
        self.command(LegCommand::Ring {
            leg: LegId(leg),
            dn: Dn::from(dn),
            uuid: uuid(),
            from: "5551234567".into(),
            from_name: Some("Sample Customer".into()),
            resume: false,
        });
    }

    fn drain(&mut self) {
        while let Some(output) = self.sip.poll_output() {
            match output {
                Output::Fact(fact) => {
                    self.line(&format!("switch  <-  {}", short(&format!("{fact:?}"))));
                    self.facts.push(fact);
                }
                Output::Media(command) => self.media_command(command),
                Output::Sip(SipOutput::Datagram { remote, bytes }) => {
                    self.sends(To::Udp(remote), bytes);
                }
                Output::Sip(SipOutput::FlowBytes { flow, bytes }) => {
                    self.sends(To::Flow(flow), bytes);
                }
                Output::Sip(other) => self.others.push(other),
                Output::Trunk { name, up } => self.trunks.push((name.to_string(), up)),
            }
        }
    }

    fn media_command(&mut self, command: MediaCommand) {
        self.media.push(command.clone());
        let (leg, sdp, what) = match command {
            MediaCommand::Open { leg, kind, offer, .. } => {
                let offer = if offer.is_some() { "an offer" } else { "no offer" };
                (leg, format!("v=0 ours {leg}"), format!("Open {kind:?} leg {leg}, {offer}"))
            }
            MediaCommand::Reoffer { leg, .. } => {
                (leg, format!("v=0 again {leg}"), format!("Reoffer leg {leg}"))
            }
            MediaCommand::Answer { leg, .. } => {
                return self.line(&format!("media   <-  Answer leg {leg}"));
            }
            MediaCommand::Close { leg } => {
                return self.line(&format!("media   <-  Close leg {leg}"));
            }
            other => panic!("not signaling's to say: {other:?}"),
        };
        self.line(&format!("media   <-  {what}"));
        if self.is_media_silent {
            return;
        }
        let fact = if self.refuse_media {
            MediaFact::Refused { leg, reason: "no common codec".into() }
        } else {
            MediaFact::Described { leg, sdp: sdp.into_bytes() }
        };
        self.sip.handle_input(self.now, Input::Media(fact));
        self.drain();
    }

    fn sends(&mut self, to: To, bytes: Vec<u8>) {
        match Message::parse(bytes.clone()) {
            Ok(message) => {
                let who = self.names.get(&to).copied().unwrap_or("other");
                self.line(&format!("{who:<8}<-  {}", title(&message)));
                self.sent.push((to, message));
            }
            Err(_) => self.raw.push(bytes),
        }
    }

    fn arrives(&mut self, from: To, bytes: &[u8]) {
        if let Ok(message) = Message::parse(bytes.to_vec()) {
            let who = self.names.get(&from).copied().unwrap_or("other");
            self.line(&format!("{who:<8} -> {}", title(&message)));
        }
    }

    fn line(&mut self, text: &str) {
        self.ladder.push_str(text);
        self.ladder.push('\n');
    }
}

/// `INVITE`, `200 INVITE`.
pub fn name(message: &Message) -> String {
    let method = message.cseq().map(|cseq| cseq.method.to_string()).unwrap_or_default();
    match message.status() {
        Some(status) => format!("{status} {method}"),
        None => method,
    }
}

fn title(message: &Message) -> String {
    let sdp = if message.body().starts_with(b"v=0") { " with SDP" } else { "" };
    format!("{}{sdp}", name(message))
}

fn short(text: &str) -> String {
    text.replace("LegId(in1)", "in1").replace("LegId(out1)", "out1").replace("Dn(", "(")
}

/// A header as text, empty when absent.
pub fn header(message: &Message, name: impl wire_sip::HeaderKey) -> String {
    message.header_text(name).unwrap_or_default().into_owned()
}

/// The response of a fake peer to a request of ours.
pub fn response(request: &Message, code: u16, tag: &str, extra: &str, body: &str) -> Vec<u8> {
    let mut builder = wire_sip::Response::to(request, code, "").to_tag(tag);
    for line in extra.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        builder = builder.header(name, value);
    }
    if code < 300 && !extra.contains("Contact") {
        builder = builder.header(HeaderName::Contact, "<sip:x@192.0.2.20:5062>");
    }
    if !body.is_empty() {
        builder = builder.body("application/sdp", body);
    }
    builder.build().as_bytes().to_vec()
}

/// A REGISTER.
pub fn register(
    dn: &str,
    contact: &str,
    expires: u32,
    call_id: &str,
    cseq: u32,
    extra: &str,
) -> String {
    format!(
        "REGISTER sip:cordboard SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5062;rport;\
         branch=z9hG4bKr{call_id}{cseq}{expires}\r\nMax-Forwards: 70\r\nFrom: \
         <sip:{dn}@cordboard>;tag=f{call_id}\r\nTo: <sip:{dn}@cordboard>\r\nCall-ID: {call_id}\r\n\
         CSeq: {cseq} REGISTER\r\nContact: {contact}\r\nExpires: {expires}\r\n{extra}\
         Content-Length: 0\r\n\r\n"
    )
}

/// A caller at the trunk, which keeps what its dialog needs.
pub struct Caller {
    pub from: String,
    pub call_id: String,
    pub cseq: u32,
    pub to_tag: String,
    pub contact: String,
    branch: u32,
}

impl Caller {
    pub fn new(from: &str, call_id: &str) -> Self {
        Self {
            from: from.into(),
            call_id: call_id.into(),
            cseq: 1,
            to_tag: String::new(),
            contact: "<sip:5551234567@192.0.2.10:5070>".into(),
            branch: 0,
        }
    }

    pub fn invite(&mut self, extra: &str, sdp: &str) -> String {
        let contact = self.contact.clone();
        self.request("INVITE", &format!("Contact: {contact}\r\n{extra}"), sdp)
    }

    /// The next request, with a CSeq and a branch of its own.
    pub fn request(&mut self, method: &str, extra: &str, sdp: &str) -> String {
        self.branch += 1;
        if method != "ACK" && method != "CANCEL" {
            self.cseq += 1;
        }
        self.compose(method, self.cseq, self.branch, extra, sdp)
    }

    /// A request of the current transaction: CANCEL, ACK to a failure.
    pub fn same_branch(&self, method: &str) -> String {
        self.compose(method, self.cseq, self.branch, "", "")
    }

    pub fn compose(&self, method: &str, cseq: u32, branch: u32, extra: &str, sdp: &str) -> String {
        let tag = match self.to_tag.as_str() {
            _ if method == "CANCEL" => String::new(),
            "" => String::new(),
            tag => format!(";tag={tag}"),
        };
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:+18005551234@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5070;\
             branch=z9hG4bK{}{branch}\r\nMax-Forwards: 70\r\nFrom: \"Pat\" \
             <sip:{}@192.0.2.10>;tag=c\r\nTo: <sip:+18005551234@192.0.2.1>{tag}\r\nCall-ID: {}\r\n\
             CSeq: {cseq} {method}\r\n{extra}{kind}Content-Length: {}\r\n\r\n{sdp}",
            self.call_id,
            self.from,
            self.call_id,
            sdp.len()
        )
    }

    pub fn learn(&mut self, response: &Message) {
        self.to_tag = response.to_tag().unwrap_or_default().to_owned();
    }
}

/// An established call from the trunk: its caller and leg.
pub fn established(bench: &mut Bench) -> (Caller, LegId) {
    let mut caller = Caller::new("5551234567", "call1");
    bench.udp(PSTN, caller.invite("", OFFER));
    let leg = bench.offered();
    bench.command(LegCommand::Answer { leg });
    let sent = bench.take_sent();
    caller.learn(sent.last().unwrap());
    bench.udp(PSTN, caller.request("ACK", "", ""));
    bench.take_facts();
    bench.take_media();
    (caller, leg)
}

/// A phone that rings: the INVITE that it got.
pub fn ringing(bench: &mut Bench, leg: u64, dn: &str) -> (To, Message) {
    bench.ring(leg, dn);
    let (to, invite) = bench.sent.pop().unwrap();
    bench.sent.clear();
    bench.arrive(to, response(&invite, 180, "p", "", ""));
    bench.take_facts();
    bench.take_media();
    (to, invite)
}

/// A phone that answered.
pub fn in_call(bench: &mut Bench, leg: u64, dn: &str) -> (To, Message) {
    let (to, invite) = ringing(bench, leg, dn);
    bench.arrive(to, response(&invite, 200, "p", "", "v=0 phone"));
    bench.take_facts();
    bench.take_media();
    bench.take_sent();
    (to, invite)
}

pub fn ended(leg: LegId, cause: Cause) -> LegFact {
    LegFact::Ended { leg, cause }
}
