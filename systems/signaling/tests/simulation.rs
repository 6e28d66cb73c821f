//! A thousand and more calls over a network that loses, doubles and reorders datagrams both ways.
//! Whatever happens, every leg ends once, media is closed once, and nothing stays behind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

use common::{OURS, addr, configuration, response};
use model::{
    Dn, LegId, Now, System,
    config::{DnKind, DnObject},
    id::CallUuids,
    leg::{Cause, LegCommand, LegFact, Progress},
    media::{MediaCommand, MediaFact},
    random::Random,
    sip::{SipInput, SipOutput},
};
use signaling::{Input, Output, Signaling, SignalingSettings};
use wire_sip::{Message, Method};

const CALLS: u32 = 1_500;
/// Calls at once, all in the same instant.
const BATCH: u32 = 300;
const PHONES: u32 = 100;
const SEED: u64 = 20_261_122;

/// What the network does to one direction, in percent.
struct Weather {
    lost: u64,
    doubled: u64,
}

enum Event {
    /// A datagram reaches us or a peer.
    Arrives { from: SocketAddr, to: SocketAddr, bytes: Vec<u8> },
    /// A peer repeats a message, unless it was stopped.
    Repeat { peer: SocketAddr, key: String, interval: Duration, until: Instant },
    /// A peer does what it had in mind.
    Peer { peer: SocketAddr, call: String, does: Does },
    /// The switch does what it had in mind.
    Switch(LegCommand),
}

#[derive(Clone, Copy)]
enum Does {
    Answer,
    Cancel,
    HangUp,
    Reject,
}

/// One end of one call, as a peer sees it.
struct Call {
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

struct World {
    now: Now,
    sip: Signaling,
    random: Random,
    uuids: CallUuids,
    weather: Weather,
    events: BTreeMap<(Instant, u64), Event>,
    count: u64,
    repeats: BTreeMap<(SocketAddr, String), Vec<u8>>,
    calls: BTreeMap<(SocketAddr, String), Call>,
    /// The other leg of a leg.
    pairs: BTreeMap<LegId, LegId>,
    live: BTreeSet<LegId>,
    gone: BTreeSet<LegId>,
    open: BTreeSet<LegId>,
    next_leg: u64,
    answered: u32,
    talked: u32,
}

impl World {
    fn new(seed: u64, weather: Weather) -> Self {
        let mut random = Random::from_number(seed);
        let now = Now::new(Instant::now(), Duration::from_secs(1_700_000_000));
        let settings = SignalingSettings::new(addr(OURS));
        let mut world = Self {
            now,
            sip: Signaling::new(settings, random.split()),
            random,
            uuids: CallUuids::new(1),
            weather,
            events: BTreeMap::new(),
            count: 0,
            repeats: BTreeMap::new(),
            calls: BTreeMap::new(),
            pairs: BTreeMap::new(),
            live: BTreeSet::new(),
            gone: BTreeSet::new(),
            open: BTreeSet::new(),
            next_leg: 1,
            answered: 0,
            talked: 0,
        };
        let mut configuration = configuration();
        for phone in 0..PHONES {
            let kind = DnKind::Extension { password: None, cti_control: true };
            configuration.dns.insert(dn(phone), DnObject { kind, alias: None });
        }
        world.input(Input::Configuration(configuration.into()));
        for phone in 0..PHONES {
            let contact = format!("<sip:p@{}>", phone_at(phone));
            let dn = dn(phone);
            let text = common::register(dn.as_str(), &contact, 7_200, dn.as_str(), 1, "");
            let (local, remote) = (addr(OURS), phone_at(phone));
            let bytes = text.into_bytes();
            world.input(Input::Sip(SipInput::Datagram { local, remote, bytes }));
        }
        world.events.clear();
        world
    }

    fn at(&mut self, delay: Duration, event: Event) {
        self.count += 1;
        self.events.insert((self.now.instant + delay, self.count), event);
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.random.below(100) < percent
    }

    fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.random.below(to - from))
    }

    /// Puts a datagram on the wire.
    fn wire(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let copies = match () {
            () if self.chance(self.weather.lost) => 0,
            () if self.chance(self.weather.doubled) => 2,
            () => 1,
        };
        for _ in 0..copies {
            let delay = self.ms(5, 250);
            self.at(delay, Event::Arrives { from, to, bytes: bytes.to_vec() });
        }
    }

    fn input(&mut self, input: Input) {
        self.sip.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.sip.poll_output() {
            match output {
                Output::Fact(fact) => self.fact(&fact),
                Output::Media(command) => self.media(command),
                Output::Sip(SipOutput::Datagram { remote, bytes }) => {
                    self.wire(addr(OURS), remote, &bytes);
                }
                Output::Sip(_) | Output::Trunk { .. } => panic!("only datagrams here"),
            }
        }
    }

    fn media(&mut self, command: MediaCommand) {
        let leg = match command {
            MediaCommand::Open { leg, .. } => {
                assert!(self.open.insert(leg), "{leg:?} opened twice");
                leg
            }
            MediaCommand::Close { leg } => {
                assert!(self.open.remove(&leg), "{leg:?} closed without being open");
                return;
            }
            MediaCommand::Answer { leg, .. } => {
                assert!(self.open.contains(&leg), "{leg:?} is answered and not open");
                return;
            }
            other => panic!("{other:?}"),
        };
        let sdp = format!("v=0 ours {leg}").into_bytes();
        self.sip.handle_input(self.now, Input::Media(MediaFact::Described { leg, sdp }));
    }

    /// A switch that routes every call to some phone and now and then changes its mind.
    fn fact(&mut self, fact: &LegFact) {
        match *fact {
            LegFact::Offered { leg, .. } => {
                assert!(self.live.insert(leg));
                self.offered(leg);
            }
            LegFact::Answered { leg } => {
                self.answered += 1;
                assert!(self.live.contains(&leg));
                let hang_up = self.ms(1_000, 60_000);
                self.at(hang_up, Event::Switch(release(leg, Cause::Normal)));
                if leg.0 < model::leg::FIRST_OFFERED_LEG
                    && let Some(caller) = self.pairs.get(&leg)
                {
                    self.at(Duration::ZERO, Event::Switch(LegCommand::Answer { leg: *caller }));
                }
            }
            LegFact::Ended { leg, .. } => {
                assert!(self.live.remove(&leg), "{leg:?} ended twice or never began");
                assert!(self.gone.insert(leg));
                if let Some(other) = self.pairs.remove(&leg) {
                    self.at(Duration::ZERO, Event::Switch(release(other, Cause::Normal)));
                }
            }
            LegFact::Ringing { leg } => {
                assert!(self.live.contains(&leg));
                if self.chance(50) {
                    self.talked += 1;
                    let delay = self.ms(0, 3_000);
                    self.at(delay, Event::Switch(LegCommand::AnswerPhone { leg }));
                }
            }
            LegFact::Digit { leg, .. }
            | LegFact::EarlyMedia { leg }
            | LegFact::PhoneDidNotAnswer { leg }
            | LegFact::Referred { leg, .. } => assert!(self.live.contains(&leg)),
            LegFact::DnInService { .. } => {}
            LegFact::DnOutOfService { .. } | LegFact::Lost { .. } => panic!("{fact:?}"),
        }
    }

    fn offered(&mut self, leg: LegId) {
        if self.chance(10) {
            return self.at(Duration::ZERO, Event::Switch(release(leg, Cause::Unallocated)));
        }
        if self.chance(50) {
            let progress = Progress::EarlyMedia;
            self.at(Duration::ZERO, Event::Switch(LegCommand::Progress { leg, progress }));
        }
        let phone = LegId(self.next_leg);
        self.next_leg += 1;
        self.pairs.insert(leg, phone);
        self.pairs.insert(phone, leg);
        self.live.insert(phone);
        let number = u32::try_from(self.random.below(u64::from(PHONES))).unwrap();
        let ring = LegCommand::Ring {
            leg: phone,
            dn: dn(number),
            uuid: self.uuids.draw(),
            from: "5551234567".into(),
            from_name: None,
            resume: false,
        };
        self.at(Duration::from_millis(1), Event::Switch(ring));
        let patience = self.ms(500, 40_000);
        if self.chance(30) {
            self.at(patience, Event::Switch(release(phone, Cause::NoAnswer)));
        }
    }

    fn run(&mut self) {
        loop {
            let event = self.events.first_key_value().map(|((at, _), _)| *at);
            let timer = self.sip.poll_timeout();
            let Some(next) = event.into_iter().chain(timer).min() else { return };
            let is_quiet = self.events.is_empty() && self.sip.is_idle();
            if is_quiet {
                return;
            }
            let step = next.saturating_duration_since(self.now.instant);
            self.now = self.now.later(step);
            if timer.is_some_and(|at| at <= self.now.instant) {
                self.sip.handle_timeout(self.now);
                self.drain();
            } else if let Some((_, event)) = self.events.pop_first() {
                self.happens(event);
            }
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives { from, to, bytes } if to == addr(OURS) => {
                let (local, remote) = (to, from);
                self.input(Input::Sip(SipInput::Datagram { local, remote, bytes }));
            }
            Event::Arrives { to, bytes, .. } => {
                let message = Message::parse(bytes).unwrap();
                if message.is_request() {
                    self.peer_request(to, &message);
                } else {
                    self.peer_response(to, &message);
                }
            }
            Event::Repeat { peer, key, interval, until } => {
                let Some(bytes) = self.repeats.get(&(peer, key.clone())).cloned() else { return };
                if self.now.instant >= until {
                    self.repeats.remove(&(peer, key));
                    return;
                }
                self.wire(peer, addr(OURS), &bytes);
                let next = (interval * 2).min(Duration::from_secs(4));
                self.at(interval, Event::Repeat { peer, key, interval: next, until });
            }
            Event::Peer { peer, call, does } => self.peer_does(peer, &call, does),
            Event::Switch(command) => self.input(Input::Command(command)),
        }
    }

    /// Sends a message of a peer until it is stopped, 32 s at most.
    fn repeat(&mut self, peer: SocketAddr, key: &str, bytes: Vec<u8>) {
        let until = self.now.instant + Duration::from_secs(32);
        self.repeats.insert((peer, key.to_owned()), bytes);
        let (key, interval) = (key.to_owned(), Duration::from_millis(500));
        self.at(Duration::ZERO, Event::Repeat { peer, key, interval, until });
    }

    fn stop(&mut self, peer: SocketAddr, key: &str) {
        self.repeats.remove(&(peer, key.to_owned()));
    }

    fn place_call(&mut self, number: u32) {
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

    fn peer_response(&mut self, peer: SocketAddr, message: &Message) {
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

    fn peer_request(&mut self, peer: SocketAddr, message: &Message) {
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
                if method == Method::Notify {
                    self.peer_does(peer, &id, Does::Answer);
                }
            }
        }
    }

    fn phone_rings(&mut self, peer: SocketAddr, invite: &Message) {
        let id = invite.call_id().to_owned();
        let tag = self.random.hex(8);
        let ringing = response(invite, 180, &tag, "", "");
        let call = Call {
            invite: invite.clone(),
            is_caller: false,
            tag,
            cseq: 0,
            state: State::Provisional,
            last: ringing.clone(),
        };
        self.calls.insert((peer, id.clone()), call);
        self.wire(peer, addr(OURS), &ringing);
        let (does, delay) = match self.random.below(10) {
            0 => (Does::Reject, self.ms(0, 5_000)),
            1..=6 => (Does::Answer, self.ms(0, 20_000)),
            _ => return,
        };
        self.at(delay, Event::Peer { peer, call: id, does });
    }

    fn peer_does(&mut self, peer: SocketAddr, id: &str, does: Does) {
        let Some(call) = self.calls.get_mut(&(peer, id.to_owned())) else { return };
        match (does, call.state, call.is_caller) {
            (Does::Answer, State::Provisional, false) => {
                call.state = State::Up;
                let contact = format!("Contact: <sip:p@{peer}>");
                call.last = response(&call.invite, 200, &call.tag, &contact, "v=0 phone");
                let last = call.last.clone();
                self.repeat(peer, &format!("final{id}"), last);
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
            (Does::Answer | Does::Reject | Does::Cancel | Does::HangUp, _, _) => {}
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
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
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

fn dn(phone: u32) -> Dn {
    Dn::from(format!("6{phone:03}"))
}

fn phone_at(phone: u32) -> SocketAddr {
    addr(&format!("192.0.2.20:{}", 20_000 + phone))
}

fn release(leg: LegId, cause: Cause) -> LegCommand {
    LegCommand::Release { leg, cause }
}

fn simulate(weather: Weather) -> World {
    let mut world = World::new(SEED, weather);
    let mut calls = 0;
    while calls < CALLS {
        for _ in 0..BATCH {
            world.place_call(calls);
            calls += 1;
        }
        world.run();
    }
    assert!(world.sip.is_idle(), "{:?}", world.sip.counts());
    assert_eq!(world.live, BTreeSet::new(), "legs that never ended");
    assert_eq!(world.open, BTreeSet::new(), "media that was never closed");
    assert_eq!(world.sip.registered().count(), usize::try_from(PHONES).unwrap());
    world
}

#[test]
fn in_fair_weather_all_calls_get_through() {
    let world = simulate(Weather { lost: 0, doubled: 0 });
    assert_eq!(world.gone.iter().filter(|leg| leg.0 >= 1 << 32).count(), CALLS as usize);
    assert!(world.answered > CALLS, "{} legs answered", world.answered);
    assert!(world.talked > CALLS / 10, "{} phones told to answer", world.talked);
}

#[test]
fn with_a_fifth_of_all_datagrams_lost_every_leg_ends_and_nothing_stays() {
    let world = simulate(Weather { lost: 20, doubled: 10 });
    let calls = world.gone.iter().filter(|leg| leg.0 >= 1 << 32).count();
    assert!(calls > CALLS as usize * 99 / 100, "{calls} calls were offered");
    assert!(world.answered > CALLS / 2, "{} legs answered", world.answered);
}
