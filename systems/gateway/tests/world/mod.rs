//! A virtual network around one shard: browsers (str0m), phones, loss and delay, one clock.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

pub mod browser;
pub mod phone;
pub mod recording;
pub mod sound;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::{Certificate, Shard, ShardSettings};
use model::LegId;
use model::Now;
use model::media::{LegKind, MediaCommand, MediaFact, MediaPort, MediaShard, PortRequest, Tune};
use model::prompt::AnnouncementId;
use model::random::Random;
use model::recording::Recorded;

use browser::Browser;
use phone::Phone;

pub struct World {
    pub now: Now,
    pub shard: Shard,
    pub browsers: Vec<Browser>,
    pub phones: Vec<Phone>,
    pub facts: Vec<MediaFact>,
    /// What recordings handed over.
    pub recorded: Vec<Recorded>,
    pub network: Network,
    /// Ports that another program holds.
    pub foreign_ports: Vec<u16>,
    pub open_ports: Vec<u16>,
    flying: Vec<Flying>,
    /// What the shard's steps cost.
    pub cost: Cost,
    /// Counts allocations of the whole program.
    pub meter: Option<fn() -> usize>,
}

/// What the shard's steps cost.
#[derive(Clone, Copy, Default, Debug)]
pub struct Cost {
    pub allocations: usize,
    pub browser_packets: (Duration, u32),
    pub plain_packets: (Duration, u32),
    pub ticks: (Duration, u32),
    pub transmits: (Duration, u32),
}

/// What happens to datagrams on their way.
pub struct Network {
    pub random: Random,
    pub delay_ms: u64,
    pub jitter_ms: u64,
    pub loss_percent: u64,
    pub duplicate_percent: u64,
    /// Only datagrams that look like this are lost; handshakes are left alone when false.
    pub spare_handshakes: bool,
}

struct Flying {
    at: Instant,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

pub fn certificate() -> Certificate {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["cordboard".into()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Certificate { der: certificate.der().to_vec(), key_pkcs8: key.serialize_der() }
}

pub fn browser_port() -> SocketAddr {
    "10.0.0.1:8444".parse().unwrap()
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut ShardSettings)) -> Self {
        let mut settings = ShardSettings::new(certificate());
        settings.browser_addresses = vec![browser_port()];
        settings.plain_address = browser_port().ip();
        change(&mut settings);
        let network = Network {
            random: Random::from_number(5),
            delay_ms: 1,
            jitter_ms: 0,
            loss_percent: 0,
            duplicate_percent: 0,
            spare_handshakes: true,
        };
        Self {
            now: Now::new(Instant::now(), Duration::from_secs(1_800_000_000)),
            shard: Shard::new(settings, Random::from_number(1)),
            browsers: Vec::new(),
            phones: Vec::new(),
            facts: Vec::new(),
            recorded: Vec::new(),
            network,
            foreign_ports: Vec::new(),
            open_ports: Vec::new(),
            flying: Vec::new(),
            cost: Cost::default(),
            meter: None,
        }
    }

    fn measure<T>(
        &mut self,
        part: fn(&mut Cost) -> &mut (Duration, u32),
        act: impl FnOnce(&mut Shard, Now) -> T,
    ) -> T {
        let before = self.meter.map_or(0, |meter| meter());
        let began = Instant::now();
        let result = act(&mut self.shard, self.now);
        let (spent, count) = part(&mut self.cost);
        *spent += began.elapsed();
        *count += 1;
        self.cost.allocations += self.meter.map_or(0, |meter| meter()) - before;
        result
    }

    pub fn command(&mut self, command: MediaCommand) {
        self.shard.handle_command(self.now, command);
        self.drain();
    }

    pub fn run(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now = self.now.later(Duration::from_millis(1));
            self.step();
        }
    }

    fn step(&mut self) {
        let instant = self.now.instant;
        while let Some(at) = self.flying.iter().position(|f| f.at <= instant) {
            let Flying { from, to, mut bytes, .. } = self.flying.remove(at);
            self.deliver(from, to, &mut bytes);
        }
        if self.shard.poll_timeout().is_some_and(|at| at <= instant) {
            self.measure(|cost| &mut cost.ticks, |shard, now| shard.handle_timeout(now));
        }
        self.drain();
        for n in 0..self.browsers.len() {
            let sent = self.browsers[n].tick(self.now);
            let from = self.browsers[n].address;
            sent.into_iter().for_each(|(to, bytes)| self.send(from, to, &bytes));
        }
        for n in 0..self.phones.len() {
            let sent = self.phones[n].tick(self.now);
            sent.into_iter().for_each(|(from, to, bytes)| self.send(from, to, &bytes));
        }
    }

    fn deliver(&mut self, from: SocketAddr, to: SocketAddr, bytes: &mut [u8]) {
        if to == browser_port() {
            self.measure(
                |cost| &mut cost.browser_packets,
                |shard, now| shard.handle_packet(now, MediaPort::Browsers, from, bytes),
            );
            self.drain();
        } else if to.ip() == browser_port().ip() {
            if self.open_ports.contains(&(to.port() & !1)) {
                let port = MediaPort::Plain(to.port());
                self.measure(
                    |cost| &mut cost.plain_packets,
                    |shard, now| shard.handle_packet(now, port, from, bytes),
                );
                self.drain();
            }
        } else if let Some(browser) = self.browsers.iter_mut().find(|b| b.address == to) {
            browser.receive(self.now, from, bytes);
        } else if let Some(phone) = self.phones.iter_mut().find(|p| p.owns(to)) {
            phone.receive(self.now, to, bytes);
        }
    }

    pub fn drain(&mut self) {
        let mut buffer = [0; 1500];
        loop {
            let mut idle = true;
            while let Some(sent) = self
                .measure(|cost| &mut cost.transmits, |shard, _| shard.poll_transmit(&mut buffer))
            {
                idle = false;
                let from = match sent.port {
                    MediaPort::Browsers => browser_port(),
                    MediaPort::Plain(port) => SocketAddr::new(browser_port().ip(), port),
                };
                self.send(from, sent.to, &buffer[..sent.len]);
            }
            while let Some(request) = self.shard.poll_port() {
                idle = false;
                match request {
                    PortRequest::Open { port } => {
                        let is_open = !self.foreign_ports.contains(&port);
                        if is_open {
                            self.open_ports.push(port);
                        }
                        self.shard.handle_port(self.now, port, is_open);
                    }
                    PortRequest::Close { port } => self.open_ports.retain(|open| *open != port),
                }
            }
            while let Some(fact) = self.shard.poll_fact() {
                self.facts.push(fact);
            }
            while let Some(recorded) = self.shard.poll_recorded() {
                self.recorded.push(recorded);
            }
            if idle {
                break;
            }
        }
    }

    pub fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let network = &mut self.network;
        let is_media = bytes.first().is_some_and(|b| (128..192).contains(b));
        let may_fail = is_media || !network.spare_handshakes;
        if may_fail && network.random.below(100) < network.loss_percent {
            return;
        }
        let twice = may_fail && network.random.below(100) < network.duplicate_percent;
        for _ in 0..=usize::from(twice) {
            let jitter = network.random.below(network.jitter_ms + 1);
            let at = self.now.instant + Duration::from_millis(network.delay_ms + jitter);
            self.flying.push(Flying { at, from, to, bytes: bytes.to_vec() });
        }
    }

    /// The SDP that was described last for a leg.
    pub fn described(&self, leg: LegId) -> String {
        let of_leg = |fact: &MediaFact| match fact {
            MediaFact::Described { leg: of, sdp } if *of == leg => {
                Some(String::from_utf8(sdp.clone()).unwrap())
            }
            _ => None,
        };
        self.facts.iter().rev().find_map(of_leg).unwrap_or_else(|| panic!("{:?}", self.facts))
    }

    pub fn count(&self, wanted: impl Fn(&MediaFact) -> bool) -> usize {
        self.facts.iter().filter(|fact| wanted(fact)).count()
    }

    pub fn is_flowing(&self, leg: LegId) -> bool {
        self.count(|fact| *fact == MediaFact::Flowing { leg }) > 0
    }

    pub fn digits(&self, leg: LegId) -> String {
        let of_leg = |fact: &MediaFact| match fact {
            MediaFact::Digit { leg: of, digit, .. } if *of == leg => Some(*digit),
            _ => None,
        };
        self.facts.iter().filter_map(of_leg).collect()
    }

    /// A browser that we call: our offer, its answer. Returns its place.
    pub fn call_browser(&mut self, leg: LegId, browser: Browser) -> usize {
        self.browsers.push(browser);
        self.command(MediaCommand::open(leg, LegKind::Browser, None));
        let offer = self.described(leg);
        let at = self.browsers.len() - 1;
        let now = self.now;
        let answer = self.browsers[at].answer(now, &offer);
        self.command(MediaCommand::Answer { leg, sdp: answer.into_bytes() });
        at
    }

    /// A browser that calls us.
    pub fn take_browser_call(&mut self, leg: LegId, browser: Browser) -> usize {
        self.browsers.push(browser);
        let at = self.browsers.len() - 1;
        let offer = self.browsers[at].offer();
        self.command(MediaCommand::open(leg, LegKind::Browser, Some(offer.into_bytes())));
        let answer = self.described(leg);
        self.browsers[at].accept(&answer);
        at
    }

    /// A phone that calls us. Returns its place.
    pub fn take_phone_call(&mut self, leg: LegId, phone: Phone) -> usize {
        let offer = phone.sdp("sendrecv", 1);
        self.phones.push(phone);
        self.command(MediaCommand::open(leg, LegKind::Plain, Some(offer.into_bytes())));
        let at = self.phones.len() - 1;
        let answer = self.described(leg);
        self.phones[at].describe(&answer);
        at
    }

    pub fn connect(&mut self, a: LegId, b: LegId) {
        self.hear(a, &[b]);
        self.hear(b, &[a]);
    }

    pub fn hear(&mut self, leg: LegId, sources: &[LegId]) {
        self.command(MediaCommand::Hear { leg, sources: sources.to_vec() });
    }

    pub fn announce(&mut self, leg: LegId, number: u64) {
        let (announcement, prompt) = (AnnouncementId(number), Arc::default());
        self.command(MediaCommand::Announce { leg, announcement, prompt });
    }

    pub fn sound(&mut self, leg: LegId, number: u64, sound: Result<Vec<i16>, String>) {
        let (announcement, sound) = (AnnouncementId(number), sound.map(Arc::from));
        self.command(MediaCommand::Sound { leg, announcement, sound });
    }

    pub fn play(&mut self, leg: LegId, tune: Tune) {
        self.command(MediaCommand::Play { leg, tune });
    }
}
