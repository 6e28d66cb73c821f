//! The far ends: callers at a trunk and phones, each with a mind of its own.

use std::net::SocketAddr;

use wire_sip::{Message, Method};

use crate::{
    Event, World,
    common::{OURS, addr, response},
};

#[derive(Clone, Copy)]
pub enum Does {
    Answer,
    Cancel,
    HangUp,
    Key,
    Refer,
    Reject,
}

/// One end of one call, as a peer sees it.
pub struct Call {
    /// The INVITE, which gives branch and dialog to everything else.
    invite: Message,
    is_caller: bool,
    tag: String,
    cseq: u32,
    state: State,
    /// What a caller acknowledged with, a phone responded last.
    last: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Calling,
    Provisional,
    Up,
    Over,
}

impl World {
    pub fn place_call(&mut self, number: u32) {
        let peer = addr(&format!("192.0.2.10:{}", 10_000 + number));
        let id = format!("call{number}");
        let reliable = if self.chance(50) { "Supported: 100rel\r\n" } else { "" };
        let sdp = if self.chance(80) { "v=0 caller" } else { "" };
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let invite = format!(
            "INVITE sip:5000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {peer};branch=z9hG4bK{id}\r\n\
             From: <sip:555@{peer}>;tag=c{number}\r\nTo: <sip:5000@192.0.2.1>\r\nCall-ID: {id}\r\n\
             CSeq: 1 INVITE\r\nContact: <sip:555@{peer}>\r\n{reliable}{kind}Content-Length: \
             {}\r\n\r\n{sdp}",
            sdp.len()
        );
        let invite = Message::parse(invite).unwrap();
        let bytes = invite.as_bytes().to_vec();
        let call = Call {
            invite,
            is_caller: true,
            tag: String::new(),
            cseq: 1,
            state: State::Calling,
            last: Vec::new(),
        };
        self.calls.insert((peer, id.clone()), call);
        self.repeat(peer, &format!("INVITE{id}"), bytes);
        if self.chance(25) {
            let patience = self.ms(100, 20_000);
            self.at(patience, Event::Peer { peer, call: id.clone(), does: Does::Cancel });
        }
        if self.chance(50) {
            let length = self.ms(2_000, 90_000);
            self.at(length, Event::Peer { peer, call: id, does: Does::HangUp });
        }
    }

    pub fn peer_response(&mut self, peer: SocketAddr, message: &Message) {
        let id = message.call_id().to_owned();
        let (code, cseq) = (message.status().unwrap(), message.cseq().unwrap().clone());
        if cseq.method != Method::Invite {
            if code >= 200 {
                self.stop(peer, &format!("{}{id}", cseq.method));
            }
            return;
        }
        self.stop(peer, &format!("INVITE{id}"));
        let Some(call) = self.calls.get_mut(&(peer, id.clone())) else { return };
        match (call.state, code) {
            (State::Calling | State::Provisional, ..200) => {
                call.state = State::Provisional;
                if let (Some(rseq), Some(tag)) = (message.rseq(), message.to_tag()) {
                    tag.clone_into(&mut call.tag);
                    let rack = format!("RAck: {rseq} 1 INVITE\r\n");
                    let is_offer = call.invite.body().is_empty() && !message.body().is_empty();
                    let sdp = if is_offer { "v=0 early" } else { "" };
                    let prack = call.request("PRACK", &rack, sdp);
                    self.repeat(peer, &format!("PRACK{id}"), prack);
                }
            }
            (State::Calling | State::Provisional, 200..=299) => {
                call.state = State::Up;
                call.tag = message.to_tag().unwrap().to_owned();
                let sdp = if call.invite.body().is_empty() { "v=0 caller" } else { "" };
                call.last = call.compose("ACK", 1, "", sdp);
                let ack = call.last.clone();
                self.stop(peer, &format!("PRACK{id}"));
                self.wire(peer, addr(OURS), &ack);
                self.busy_hands(peer, &id);
            }
            (State::Calling | State::Provisional, _) => {
                call.state = State::Over;
                call.last = call.same_branch("ACK", message);
                let ack = call.last.clone();
                self.stop(peer, &format!("PRACK{id}"));
                self.wire(peer, addr(OURS), &ack);
            }
            (State::Up | State::Over, 200..) => {
                let ack = call.last.clone();
                self.wire(peer, addr(OURS), &ack);
            }
            (State::Up | State::Over, _) => {}
        }
    }

    pub fn peer_request(&mut self, peer: SocketAddr, message: &Message) {
        let id = message.call_id().to_owned();
        let key = (peer, id.clone());
        let method = message.method().unwrap().clone();
        if method == Method::Invite && !self.calls.contains_key(&key) {
            return self.phone_rings(peer, message);
        }
        let Some(call) = self.calls.get_mut(&key) else {
            let gone = response(message, 481, "x", "", "");
            return self.wire(peer, addr(OURS), &gone);
        };
        match method {
            Method::Invite => {
                let last = call.last.clone();
                self.wire(peer, addr(OURS), &last);
            }
            Method::Ack => self.stop(peer, &format!("final{id}")),
            Method::Bye | Method::Cancel => {
                let was = std::mem::replace(&mut call.state, State::Over);
                let ok = response(message, 200, &call.tag, "", "");
                if method == Method::Cancel && was == State::Up {
                    // Too late: the 200 crosses it.
                    call.state = State::Up;
                } else if method == Method::Cancel && was != State::Over {
                    call.last = response(&call.invite, 487, &call.tag, "", "");
                    let last = call.last.clone();
                    self.repeat(peer, &format!("final{id}"), last);
                } else if method == Method::Bye {
                    self.stop(peer, &format!("final{id}"));
                }
                self.wire(peer, addr(OURS), &ok);
            }
            _ => {
                let ok = response(message, 200, &call.tag, "", "");
                self.wire(peer, addr(OURS), &ok);
                if method == Method::Prack {
                    self.stop(peer, &format!("early{id}"));
                }
                match message.event() {
                    Some(event) if event.is("talk") => self.peer_does(peer, &id, Does::Answer),
                    Some(event) if event.is("refer") => {
                        let is_last = message.subscription_state().unwrap().is("terminated");
                        self.outcomes += u32::from(is_last);
                    }
                    Some(_) | None => {}
                }
            }
        }
    }

    fn phone_rings(&mut self, peer: SocketAddr, invite: &Message) {
        let id = invite.call_id().to_owned();
        let tag = self.random.hex(8);
        let early = self.early_response(invite, &tag);
        let is_reliable = Message::parse(early.clone()).unwrap().rseq().is_some();
        let call = Call {
            invite: invite.clone(),
            is_caller: false,
            tag,
            cseq: 0,
            state: State::Provisional,
            last: early.clone(),
        };
        self.calls.insert((peer, id.clone()), call);
        if self.chance(10) {
            let other = response(invite, 183, "fork", "", "v=0 fork");
            self.wire(peer, addr(OURS), &other);
        }
        if is_reliable {
            self.repeat(peer, &format!("early{id}"), early);
        } else {
            self.wire(peer, addr(OURS), &early);
        }
        let (does, delay) = match self.random.below(10) {
            0 => (Does::Reject, self.ms(0, 5_000)),
            1..=6 => (Does::Answer, self.ms(0, 20_000)),
            _ => return,
        };
        self.at(delay, Event::Peer { peer, call: id, does });
    }

    /// What a phone says before it answers: ringing, a tone of its own, reliably or not.
    fn early_response(&mut self, invite: &Message, tag: &str) -> Vec<u8> {
        let sdp = if self.chance(50) { "v=0 phone" } else { "v=0 early" };
        match self.random.below(8) {
            0 => response(invite, 183, tag, "", sdp),
            1 => response(invite, 180, tag, "", sdp),
            2 => response(invite, 183, tag, "Require: 100rel\nRSeq: 7", sdp),
            3 => response(invite, 180, tag, "Require: 100rel\nRSeq: 7", ""),
            _ => response(invite, 180, tag, "", ""),
        }
    }

    /// Someone in a call presses keys and buttons.
    fn busy_hands(&mut self, peer: SocketAddr, id: &str) {
        for does in [Does::Key, Does::Key, Does::Refer, Does::Refer] {
            if self.chance(20) {
                let delay = self.ms(500, 30_000);
                self.at(delay, Event::Peer { peer, call: id.to_owned(), does });
            }
        }
    }

    pub fn peer_does(&mut self, peer: SocketAddr, id: &str, does: Does) {
        let Some(call) = self.calls.get_mut(&(peer, id.to_owned())) else { return };
        match (does, call.state, call.is_caller) {
            (Does::Answer, State::Provisional, false) => {
                call.state = State::Up;
                let contact = format!("Contact: <sip:p@{peer}>");
                call.last = response(&call.invite, 200, &call.tag, &contact, "v=0 phone");
                let last = call.last.clone();
                self.stop(peer, &format!("early{id}"));
                self.repeat(peer, &format!("final{id}"), last);
                self.busy_hands(peer, id);
                if self.chance(50) {
                    let length = self.ms(1_000, 60_000);
                    let call = id.to_owned();
                    self.at(length, Event::Peer { peer, call, does: Does::HangUp });
                }
            }
            (Does::Reject, State::Provisional, false) => {
                call.state = State::Over;
                call.last = response(&call.invite, 486, &call.tag, "", "");
                let last = call.last.clone();
                self.repeat(peer, &format!("final{id}"), last);
            }
            (Does::Cancel, State::Provisional, true) => {
                let cancel = call.same_branch("CANCEL", &call.invite);
                self.repeat(peer, &format!("CANCEL{id}"), cancel);
            }
            (Does::HangUp, State::Up, _) => {
                call.state = State::Over;
                let bye = call.request("BYE", "", "");
                self.stop(peer, &format!("final{id}"));
                self.repeat(peer, &format!("BYE{id}"), bye);
            }
            (Does::Key, State::Up, _) => {
                self.keys.0 += 1;
                let info = call.request("INFO", "Content-Type: application/dtmf\r\n", "5");
                self.repeat(peer, &format!("INFO{id}"), info);
            }
            (Does::Refer, State::Up, _) => {
                let refer = call.request("REFER", "Refer-To: <sip:6001@h>\r\n", "");
                self.repeat(peer, &format!("REFER{id}"), refer);
            }
            (
                Does::Answer | Does::Reject | Does::Cancel | Does::HangUp | Does::Key | Does::Refer,
                _,
                _,
            ) => {}
        }
    }
}

impl Call {
    fn request(&mut self, method: &str, extra: &str, sdp: &str) -> Vec<u8> {
        self.cseq += 1;
        self.compose(method, self.cseq, extra, sdp)
    }

    fn compose(&self, method: &str, cseq: u32, extra: &str, sdp: &str) -> Vec<u8> {
        let (from, to) = (self.invite.from().unwrap(), self.invite.to().unwrap());
        let (local, local_tag, remote, remote_tag) = if self.is_caller {
            (from.uri, from.tag().unwrap_or_default(), to.uri, self.tag.as_str())
        } else {
            (to.uri, self.tag.as_str(), from.uri, from.tag().unwrap_or_default())
        };
        let id = self.invite.call_id();
        let is_typed = sdp.is_empty() || extra.contains("Content-Type");
        let kind = if is_typed { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "{method} sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.99:5060;rport;\
             branch=z9hG4bK{method}{cseq}{id}\r\nFrom: <{local}>;tag={local_tag}\r\nTo: \
             <{remote}>;tag={remote_tag}\r\nCall-ID: {id}\r\nCSeq: {cseq} \
             {method}\r\n{extra}{kind}Content-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        text.into_bytes()
    }

    /// CANCEL, or the ACK to a failure.
    fn same_branch(&self, method: &str, to: &Message) -> Vec<u8> {
        let method = Method::parse(method.as_bytes()).unwrap();
        let invite = &self.invite;
        wire_sip::Request::new(&method, invite.request_uri().unwrap())
            .copy(invite, wire_sip::HeaderName::Via)
            .copy(invite, wire_sip::HeaderName::From)
            .copy(to, wire_sip::HeaderName::To)
            .copy(invite, wire_sip::HeaderName::CallId)
            .header(wire_sip::HeaderName::CSeq, format!("1 {method}"))
            .build()
            .as_bytes()
            .to_vec()
    }
}
