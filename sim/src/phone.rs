//! An agent's browser phone as JsSIP is one: SIP over a WebSocket, digest with MD5, answers when
//! an INFO `application/vnd.cordboard.talk` says so.

use model::{Dn, id::FlowId, random::Random};
use wire_sip::{
    Algorithm, HeaderName, Message, Method, Request, Response,
    digest::{Answer, answer},
    reason_phrase,
};

use crate::user_agent::Dialog;

/// What the phone does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneState {
    /// No call.
    Idle,
    /// An INVITE rings.
    Ringing,
    /// 200 was sent, the ACK has not come.
    Answering,
    /// Talking.
    Talking,
}

/// One browser phone.
#[derive(Debug)]
pub struct Phone {
    /// Its number.
    pub dn: Dn,
    /// Whether the registrar has confirmed it.
    pub is_registered: bool,
    /// What it does.
    pub state: PhoneState,
    /// INVITEs that came while a call was up: the switch must never do that.
    pub double_invites: u32,
    /// `X-Genesys-CallUUID` of the call.
    pub call_uuid: Option<String>,
    pub(crate) flow: FlowId,
    invite: Option<Message>,
    tag: String,
    call_id: String,
    cseq: u32,
    random: Random,
}

impl Phone {
    pub(crate) fn new(dn: Dn, flow: FlowId, mut random: Random) -> Self {
        Self {
            dn,
            is_registered: false,
            state: PhoneState::Idle,
            double_invites: 0,
            call_uuid: None,
            flow,
            invite: None,
            tag: random.hex(8),
            call_id: random.hex(16),
            cseq: 0,
            random,
        }
    }

    /// A REGISTER, with credentials once a challenge is known.
    pub(crate) fn register(&mut self, challenged: Option<&Message>) -> Message {
        self.cseq += 1;
        let via = self.via();
        let dn = &self.dn;
        let register = Request::new(&Method::Register, URI)
            .header(HeaderName::Via, via)
            .header(HeaderName::MaxForwards, "69")
            .header(HeaderName::From, format!("<sip:{dn}@cordboard>;tag={}", self.tag))
            .header(HeaderName::To, format!("<sip:{dn}@cordboard>"))
            .header(HeaderName::CallId, &self.call_id)
            .header(HeaderName::CSeq, format!("{} REGISTER", self.cseq))
            .header(
                HeaderName::Contact,
                format!("<sip:x{dn}@abc.invalid;transport=ws>;expires=600"),
            );
        let credentials = challenged.and_then(|message| {
            let md5 = message
                .challenges(HeaderName::WwwAuthenticate)
                .find(|challenge| challenge.algorithm == Some(Algorithm::Md5))?;
            answer(
                &md5,
                &Answer {
                    username: dn.as_str(),
                    password: "demo",
                    method: "REGISTER",
                    uri: URI,
                    body: &[],
                    cnonce: "c0ffee",
                    nonce_count: 1,
                },
            )
        });
        register.header_if(HeaderName::Authorization, credentials).build()
    }

    pub(crate) fn handle(&mut self, message: &Message) -> Vec<Message> {
        match message.method() {
            None => self.handle_response(message),
            Some(Method::Invite) => self.handle_invite(message),
            Some(Method::Ack) => {
                if self.state == PhoneState::Answering {
                    self.state = PhoneState::Talking;
                }
                Vec::new()
            }
            Some(Method::Info) => {
                let mut out = vec![self.reply(message, 200)];
                out.extend(self.answer());
                out
            }
            Some(Method::Cancel) => {
                let mut out = vec![self.reply(message, 200)];
                out.extend(self.refuse(487));
                out
            }
            Some(Method::Bye) => {
                self.end();
                vec![self.reply(message, 200)]
            }
            Some(_) => vec![self.reply(message, 200)],
        }
    }

    /// 200 OK to the ringing INVITE.
    pub(crate) fn answer(&mut self) -> Option<Message> {
        let invite = self.invite.as_ref().filter(|_| self.state == PhoneState::Ringing)?;
        self.state = PhoneState::Answering;
        Some(
            Response::to(invite, 200, "OK")
                .to_tag(&self.tag)
                .header(HeaderName::Contact, self.contact())
                .body("application/sdp", "v=0 phone")
                .build(),
        )
    }

    /// A final refusal of the ringing INVITE.
    pub(crate) fn refuse(&mut self, status: u16) -> Option<Message> {
        let invite = self.invite.as_ref().filter(|_| self.state == PhoneState::Ringing)?;
        let refusal = Response::to(invite, status, reason_phrase(status)).to_tag(&self.tag).build();
        self.end();
        Some(refusal)
    }

    /// BYE of the call that is up.
    pub(crate) fn hang_up(&mut self) -> Option<Message> {
        let invite = self.invite.take_if(|_| self.state == PhoneState::Talking)?;
        let raw = |name| invite.header(name).unwrap_or_default().to_vec();
        let mut from = raw(HeaderName::To);
        from.extend_from_slice(format!(";tag={}", self.tag).as_bytes());
        let mut dialog = Dialog {
            via: VIA.into(),
            from,
            to: raw(HeaderName::From),
            call_id: invite.call_id().to_owned(),
            target: invite.contact().map(|c| c.uri.to_owned()).unwrap_or_default(),
            cseq: 1,
        };
        self.end();
        Some(dialog.request(&Method::Bye, &self.random.hex(16)))
    }

    /// The page was closed or reloaded: what it knew is gone.
    pub(crate) fn restart(&mut self, flow: FlowId) {
        self.end();
        self.is_registered = false;
        self.flow = flow;
        self.call_id = self.random.hex(16);
    }

    fn handle_response(&mut self, message: &Message) -> Vec<Message> {
        let is_register = message.cseq().is_some_and(|cseq| cseq.method == Method::Register);
        match message.status() {
            Some(401) if is_register => vec![self.register(Some(message))],
            Some(200) if is_register => {
                self.is_registered = true;
                Vec::new()
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn handle_invite(&mut self, invite: &Message) -> Vec<Message> {
        if self.state != PhoneState::Idle {
            self.double_invites += 1;
            return vec![self.reply(invite, 486)];
        }
        let resumes = invite.header("X-Cordboard-Resume").is_some();
        self.state = PhoneState::Ringing;
        self.call_uuid = invite.header_text("X-Genesys-CallUUID").map(|uuid| uuid.into_owned());
        self.invite = Some(invite.clone());
        let ringing = Response::to(invite, 180, "Ringing")
            .to_tag(&self.tag)
            .header(HeaderName::Contact, self.contact())
            .build();
        let mut out = vec![ringing];
        if resumes {
            out.extend(self.answer());
        }
        out
    }

    fn reply(&self, request: &Message, status: u16) -> Message {
        Response::to(request, status, reason_phrase(status)).to_tag(&self.tag).build()
    }

    fn end(&mut self) {
        self.state = PhoneState::Idle;
        self.invite = None;
        self.call_uuid = None;
    }

    fn contact(&self) -> String {
        format!("<sip:x{}@abc.invalid;transport=ws>", self.dn)
    }

    fn via(&mut self) -> String {
        format!("{VIA};branch=z9hG4bK{}", self.random.hex(16))
    }
}

const URI: &str = "sip:cordboard";
const VIA: &str = "SIP/2.0/WSS abc.invalid";
