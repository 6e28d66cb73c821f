//! A caller on the trunk: a SIP user agent client over UDP, as a carrier's gateway is one.

use std::time::Instant;

use model::{Now, random::Random};
use wire_sip::{HeaderName, Message, Method, Request, Response, reason_phrase};

use crate::user_agent::{Dialog, Repeated};

/// How far a call has come, as the caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerState {
    /// Not even a 100 yet.
    Calling,
    /// It rings or music plays: the last provisional status.
    Waiting(u16),
    /// CANCEL was sent.
    GivingUp,
    /// Talking.
    Talking,
    /// BYE was sent.
    HangingUp,
    /// Over.
    Done(Outcome),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// We hung up and were told so.
    HungUp,
    /// The other side hung up.
    Released,
    /// A final refusal; 487 after our own CANCEL.
    Refused(u16),
    /// Nobody replied any more.
    NoReply,
}

/// One caller with one call.
#[derive(Debug)]
pub struct Caller {
    /// How far it has come.
    pub state: CallerState,
    /// Final responses to the INVITE that differ from the first: always a fault.
    pub contradictions: u32,
    /// SDP came in a provisional response: early media.
    pub heard_early: bool,
    ani: String,
    invite: Message,
    dialog: Option<Dialog>,
    wants_to_give_up: bool,
    repeated: Vec<Repeated>,
    random: Random,
}

impl Caller {
    pub(crate) fn new(now: Now, ani: &str, dnis: &str, mut random: Random) -> (Self, Message) {
        let via = format!("{VIA};branch=z9hG4bK{}", random.hex(16));
        let invite = Request::new(&Method::Invite, &format!("sip:{dnis}@10.0.0.1"))
            .header(HeaderName::Via, via)
            .header(HeaderName::MaxForwards, "70")
            .header(HeaderName::From, format!("<sip:{ani}@10.0.0.9>;tag={}", random.hex(8)))
            .header(HeaderName::To, format!("<sip:{dnis}@10.0.0.1>"))
            .header(HeaderName::CallId, random.hex(16))
            .header(HeaderName::CSeq, "1 INVITE")
            .header(HeaderName::Contact, format!("<sip:{ani}@10.0.0.9:5060>"))
            .body("application/sdp", "v=0 caller")
            .build();
        let caller = Self {
            state: CallerState::Calling,
            contradictions: 0,
            heard_early: false,
            ani: ani.to_owned(),
            repeated: vec![Repeated::new(now, invite.clone())],
            dialog: None,
            wants_to_give_up: false,
            invite: invite.clone(),
            random,
        };
        (caller, invite)
    }

    /// The number it calls from.
    #[must_use]
    pub fn ani(&self) -> &str {
        &self.ani
    }

    pub(crate) fn call_id(&self) -> &str {
        self.invite.call_id()
    }

    /// Whether the call is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.state, CallerState::Done(_))
    }

    pub(crate) fn next_timer(&self) -> Option<Instant> {
        self.repeated.iter().map(|repeated| repeated.next).min()
    }

    /// Ends the call in the way that fits its state.
    pub(crate) fn hang_up(&mut self, now: Now) -> Vec<Message> {
        match self.state {
            // RFC 3261 9.1: no CANCEL before the first provisional response.
            CallerState::Calling => self.wants_to_give_up = true,
            CallerState::Waiting(_) => return vec![self.cancel(now)],
            CallerState::Talking => return self.bye(now).into_iter().collect(),
            CallerState::GivingUp | CallerState::HangingUp | CallerState::Done(_) => {}
        }
        Vec::new()
    }

    pub(crate) fn handle_timer(&mut self, now: Now) -> Vec<Message> {
        let mut due = Vec::new();
        let mut gave_up = false;
        self.repeated.retain_mut(|repeated| match repeated.due(now) {
            Some(is_due) => {
                if is_due {
                    due.push(repeated.request.clone());
                }
                true
            }
            None => {
                gave_up = true;
                false
            }
        });
        if gave_up && !self.is_done() {
            self.state = CallerState::Done(Outcome::NoReply);
        }
        due
    }

    pub(crate) fn handle(&mut self, now: Now, message: &Message) -> Vec<Message> {
        if message.is_request() {
            return self.handle_request(message);
        }
        let method = message.cseq().map(|cseq| cseq.method.clone());
        let status = message.status().unwrap_or(0);
        match method {
            Some(Method::Invite) => self.handle_invite_response(now, message, status),
            Some(Method::Cancel) => {
                self.stop_repeating(&Method::Cancel);
                Vec::new()
            }
            Some(Method::Bye) if status >= 200 => {
                self.stop_repeating(&Method::Bye);
                self.state = CallerState::Done(Outcome::HungUp);
                Vec::new()
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn handle_request(&mut self, request: &Message) -> Vec<Message> {
        let status = match request.method() {
            Some(Method::Bye) => {
                self.repeated.clear();
                if !self.is_done() {
                    self.state = CallerState::Done(Outcome::Released);
                }
                200
            }
            Some(Method::Ack) => return Vec::new(),
            Some(_) | None => 200,
        };
        vec![Response::to(request, status, reason_phrase(status)).build()]
    }

    fn handle_invite_response(&mut self, now: Now, message: &Message, status: u16) -> Vec<Message> {
        self.stop_repeating(&Method::Invite);
        match status {
            0..200 => self.handle_provisional(now, message, status),
            200..300 => self.handle_answer(now, message),
            _ => {
                let ack = self.ack_of_refusal(message);
                match self.state {
                    CallerState::Done(Outcome::Refused(first)) if first == status => {}
                    CallerState::Done(_) | CallerState::Talking | CallerState::HangingUp => {
                        self.contradictions += 1;
                    }
                    CallerState::Calling | CallerState::Waiting(_) | CallerState::GivingUp => {
                        self.repeated.clear();
                        self.state = CallerState::Done(Outcome::Refused(status));
                    }
                }
                vec![ack]
            }
        }
    }

    fn handle_provisional(&mut self, now: Now, message: &Message, status: u16) -> Vec<Message> {
        self.heard_early |= !message.body().is_empty();
        match self.state {
            CallerState::Calling | CallerState::Waiting(_) => {
                self.state = CallerState::Waiting(status);
                if self.wants_to_give_up {
                    return vec![self.cancel(now)];
                }
            }
            CallerState::GivingUp
            | CallerState::Talking
            | CallerState::HangingUp
            | CallerState::Done(_) => {}
        }
        Vec::new()
    }

    fn handle_answer(&mut self, now: Now, message: &Message) -> Vec<Message> {
        let mut dialog = self.dialog.clone().unwrap_or_else(|| Dialog {
            via: VIA.into(),
            from: self.invite.header(HeaderName::From).unwrap_or_default().to_vec(),
            to: message.header(HeaderName::To).unwrap_or_default().to_vec(),
            call_id: self.invite.call_id().to_owned(),
            target: message.contact().map(|c| c.uri.to_owned()).unwrap_or_default(),
            cseq: 1,
        });
        let mut out = vec![dialog.request(&Method::Ack, &self.random.hex(16))];
        self.dialog = Some(dialog);
        match self.state {
            CallerState::Calling | CallerState::Waiting(_) => self.state = CallerState::Talking,
            // The answer crossed our CANCEL: hang up at once.
            CallerState::GivingUp => out.extend(self.bye(now)),
            CallerState::Talking | CallerState::HangingUp => {}
            CallerState::Done(Outcome::Released | Outcome::HungUp) => {}
            CallerState::Done(Outcome::Refused(_) | Outcome::NoReply) => self.contradictions += 1,
        }
        out
    }

    fn cancel(&mut self, now: Now) -> Message {
        self.state = CallerState::GivingUp;
        let cancel = self.like_invite(&Method::Cancel, None);
        self.repeated.push(Repeated::new(now, cancel.clone()));
        cancel
    }

    fn bye(&mut self, now: Now) -> Option<Message> {
        let bye = self.dialog.as_mut()?.request(&Method::Bye, &self.random.hex(16));
        self.state = CallerState::HangingUp;
        self.repeated.push(Repeated::new(now, bye.clone()));
        Some(bye)
    }

    fn ack_of_refusal(&self, refusal: &Message) -> Message {
        self.like_invite(&Method::Ack, refusal.header(HeaderName::To))
    }

    /// CANCEL and the ACK of a refusal share the INVITE's branch (RFC 3261 9.1, 17.1.1.3).
    fn like_invite(&self, method: &Method, to: Option<&[u8]>) -> Message {
        let to = to.or(self.invite.header(HeaderName::To)).unwrap_or_default();
        Request::new(method, self.invite.request_uri().unwrap_or_default())
            .copy(&self.invite, HeaderName::Via)
            .header(HeaderName::MaxForwards, "70")
            .copy(&self.invite, HeaderName::From)
            .header(HeaderName::To, to)
            .copy(&self.invite, HeaderName::CallId)
            .header(HeaderName::CSeq, format!("1 {}", method.as_str()))
            .build()
    }

    fn stop_repeating(&mut self, method: &Method) {
        self.repeated.retain(|repeated| repeated.request.method() != Some(method));
    }
}

const VIA: &str = "SIP/2.0/UDP 10.0.0.9:5060;rport";
