//! A thousand and more calls over a network that loses, doubles and reorders datagrams both ways.
//! Whatever happens, every leg ends once, media is closed once, and nothing stays behind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod peers;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

use common::{OURS, addr, configuration};
use model::{
    Dn, LegId, Now, System,
    config::{DnKind, DnObject, DnRecord},
    id::CallUuids,
    leg::{Cause, LegCommand, LegFact, Progress},
    media::{MediaCommand, MediaFact},
    random::Random,
    sip::{SipInput, SipOutput},
};
use signaling::{Input, Output, Signaling, SignalingSettings};
use wire_sip::Message;

use self::peers::{Call, Does};

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
    /// Legs that are heard before they answer.
    early: BTreeSet<LegId>,
    /// Legs whose REFER the switch has not done with.
    referred: BTreeSet<LegId>,
    refers: u32,
    /// Outcomes of REFERs that phones heard of.
    outcomes: u32,
    /// Keys that peers pressed, and those that the switch heard of.
    keys: (u32, u32),
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
            early: BTreeSet::new(),
            referred: BTreeSet::new(),
            refers: 0,
            outcomes: 0,
            keys: (0, 0),
        };
        let mut configuration = configuration();
        for phone in 0..PHONES {
            let kind = DnKind::Extension {
                password: None,
                cti_control: true,
                reject_not_ready: true,
                record: DnRecord::OnDemand,
            };
            configuration.dns.insert(dn(phone), DnObject::new(kind));
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
                if self.chance(30) {
                    for is_held in [true, false] {
                        let delay = self.ms(0, 30_000);
                        self.at(delay, Event::Switch(LegCommand::ShowHeld { leg, is_held }));
                    }
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
            LegFact::Digit { leg, .. } => {
                self.keys.1 += 1;
                assert!(self.live.contains(&leg));
            }
            LegFact::EarlyMedia { leg } => {
                assert!(self.live.contains(&leg) && self.open.contains(&leg));
                assert!(self.early.insert(leg), "{leg:?} is heard early twice");
            }
            LegFact::Referred { leg, .. } => {
                self.refers += 1;
                assert!(self.live.contains(&leg));
                assert!(self.referred.insert(leg), "{leg:?} has two REFERs open");
                if self.chance(80) {
                    let (delay, status) = (self.ms(0, 20_000), 200);
                    self.at(delay, Event::Switch(LegCommand::ReferDone { leg, status }));
                }
            }
            LegFact::PhoneDidNotAnswer { leg }
            | LegFact::Moved { leg, .. }
            | LegFact::Pressed { leg, .. } => {
                assert!(self.live.contains(&leg));
            }
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
            Event::Switch(command) => {
                if let LegCommand::ReferDone { leg, .. } = &command {
                    self.referred.remove(leg);
                }
                self.input(Input::Command(command));
            }
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
    let (pressed, told) = world.keys;
    assert!(told <= pressed, "{pressed} keys were pressed and {told} told");
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
    assert!(world.early.len() > CALLS as usize / 10, "{} heard early", world.early.len());
    let (refers, outcomes) = (world.refers, world.outcomes);
    assert!(outcomes > refers / 4 && refers > CALLS / 20, "{outcomes} outcomes of {refers}");
    let (pressed, told) = world.keys;
    assert!(told > pressed / 2 && pressed > CALLS / 10, "{told} of {pressed} keys");
}

#[test]
fn with_a_fifth_of_all_datagrams_lost_every_leg_ends_and_nothing_stays() {
    let world = simulate(Weather { lost: 20, doubled: 10 });
    let calls = world.gone.iter().filter(|leg| leg.0 >= 1 << 32).count();
    assert!(calls > CALLS as usize * 99 / 100, "{calls} calls were offered");
    assert!(world.answered > CALLS / 2, "{} legs answered", world.answered);
}
