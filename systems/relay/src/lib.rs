//! STUN and TURN (RFC 8489, 8656): the way to our media for browsers whose network blocks it, by
//! UDP, or by TCP and TLS where only web traffic passes.
//!
//! It is not a relay for everybody: credentials end, and a client reaches nothing but the ports
//! where our own media listens unless the site allows more. What it does not do: TCP to peers
//! (RFC 6062), reserved ports, two families in one allocation, and moving between addresses.

mod allocation;
mod guard;
mod peers;

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use model::{
    Now, System,
    id::FlowId,
    monitor::Metric,
    random::Random,
    relay::{RelayInput, RelayOutput},
};
use wire_stun::{
    Builder, ChannelData, Class, Frames, Message, TransactionId, attribute, channel_data,
    is_channel_data, method,
};

use self::{
    allocation::Allocation,
    guard::{Asker, Bucket, Guard, Refusal},
};

pub use peers::{OwnPort, Peers};

/// What is fixed at start.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// Names the site to clients.
    pub realm: String,
    /// Shared with whoever hands out credentials.
    pub secret: Vec<u8>,
    /// The address that peers see, of each family at most one.
    pub addresses: Vec<IpAddr>,
    /// The ports that are relayed by.
    pub ports: RangeInclusive<u16>,
    /// With whom clients may talk.
    pub peers: Peers,
    /// Allocations at one time; each holds a port.
    pub allocations_max: usize,
    /// Of them one user's.
    pub user_allocations_max: usize,
    /// What one allocation carries, both ways together.
    pub bytes_per_s: f64,
}

impl RelaySettings {
    /// The usual limits.
    #[must_use]
    pub fn new(realm: String, secret: Vec<u8>, addresses: Vec<IpAddr>, peers: Peers) -> Self {
        Self {
            realm,
            secret,
            addresses,
            ports: PORT_FIRST..=PORT_LAST,
            peers,
            allocations_max: ALLOCATIONS_MAX,
            user_allocations_max: USER_ALLOCATIONS_MAX,
            bytes_per_s: BYTES_PER_S,
        }
    }
}

/// How a client reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    Udp(SocketAddr),
    Flow(FlowId),
}

/// The relay.
#[derive(Debug)]
pub struct Relay {
    settings: RelaySettings,
    guard: Guard,
    random: Random,
    allocations: HashMap<Client, Allocation>,
    by_port: HashMap<u16, Client>,
    opening: HashMap<u16, Opening>,
    flows: HashMap<FlowId, Flow>,
    outputs: VecDeque<RelayOutput>,
    /// When what is over is looked for.
    sweep: Option<Instant>,
    counts: Counts,
}

/// An Allocate whose port is being opened.
#[derive(Debug)]
struct Opening {
    client: Client,
    remote: SocketAddr,
    asker: Asker,
    transaction: TransactionId,
    lifetime: Duration,
    is_v6: bool,
    tries: u32,
}

#[derive(Debug)]
struct Flow {
    remote: SocketAddr,
    frames: Frames,
    opened: Instant,
}

#[derive(Debug, Default)]
struct Counts {
    bytes: u64,
    refused: u64,
    dropped: u64,
}

impl Relay {
    /// Without allocations.
    #[must_use]
    pub fn new(settings: RelaySettings, mut random: Random) -> Self {
        let mut nonce_key = [0; 32];
        random.fill(&mut nonce_key);
        Self {
            guard: Guard::new(settings.realm.clone(), settings.secret.clone(), nonce_key),
            settings,
            random,
            allocations: HashMap::new(),
            by_port: HashMap::new(),
            opening: HashMap::new(),
            flows: HashMap::new(),
            outputs: VecDeque::new(),
            sweep: None,
            counts: Counts::default(),
        }
    }

    /// Allocations at the moment.
    #[must_use]
    pub fn allocations(&self) -> usize {
        self.allocations.len()
    }

    /// Figures for `/metrics`.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let one = |name, help, is_counter, value| Metric {
            name,
            help,
            is_counter,
            labels: Vec::new(),
            value,
        };
        let Counts { bytes, refused, dropped } = self.counts;
        vec![
            one(
                "cordboard_turn_allocations",
                "TURN allocations",
                false,
                self.allocations.len() as f64,
            ),
            one("cordboard_turn_connections", "TURN connections", false, self.flows.len() as f64),
            one("cordboard_turn_relayed_bytes_total", "Relayed bytes", true, bytes as f64),
            one("cordboard_turn_refused_total", "TURN requests refused", true, refused as f64),
            one(
                "cordboard_turn_dropped_total",
                "Datagrams not relayed: not permitted, or too many",
                true,
                dropped as f64,
            ),
        ]
    }

    fn flow_bytes(&mut self, now: Now, id: FlowId, bytes: &[u8]) {
        let Some(flow) = self.flows.get_mut(&id) else { return };
        flow.frames.push(bytes);
        let remote = flow.remote;
        while let Some(frame) = self.flows.get_mut(&id).and_then(|flow| flow.frames.pop()) {
            self.message(now, Client::Flow(id), remote, &frame);
        }
        if self.flows.get(&id).is_some_and(|flow| flow.frames.is_broken()) {
            self.close_flow(id);
        }
    }

    fn close_flow(&mut self, flow: FlowId) {
        self.flow_closed(flow);
        self.outputs.push_back(RelayOutput::CloseFlow { flow });
    }

    fn flow_closed(&mut self, flow: FlowId) {
        self.flows.remove(&flow);
        self.release(Client::Flow(flow));
    }

    /// One message, whatever carried it.
    fn message(&mut self, now: Now, client: Client, remote: SocketAddr, bytes: &[u8]) {
        if is_channel_data(bytes) {
            return self.channel_arrived(now, client, bytes);
        }
        let Ok(message) = Message::parse(bytes) else { return };
        match (message.class, message.method) {
            (Class::Request, method::BINDING) => self.binding(now, client, remote, &message),
            (Class::Request, _) => self.request(now, client, remote, &message),
            (Class::Indication, method::SEND) => self.send(now, client, &message),
            // A Binding indication keeps a NAT awake; the rest is not for a server.
            (Class::Indication | Class::Success | Class::Error, _) => {}
        }
    }

    fn binding(&mut self, now: Now, client: Client, remote: SocketAddr, request: &Message<'_>) {
        if !self.guard.may_answer(now, remote.ip()) {
            return;
        }
        let unknown: Vec<u16> = request.unknown(KNOWN).collect();
        let answer = if unknown.is_empty() {
            let answer = Builder::answer(request, Class::Success);
            answer.xor_address(attribute::XOR_MAPPED_ADDRESS, remote)
        } else {
            unknown_attributes(request, &unknown)
        };
        self.tell(client, answer.fingerprint().finish());
    }

    fn request(&mut self, now: Now, client: Client, remote: SocketAddr, request: &Message<'_>) {
        let asker = match self.guard.ask(now, &client, request) {
            Ok(asker) => asker,
            Err((code, reason)) => {
                self.counts.refused += 1;
                if !self.guard.may_answer(now, remote.ip()) {
                    return;
                }
                let mut answer = Builder::answer(request, Class::Error).error(code, reason);
                if code != 400 {
                    let nonce = self.guard.nonce(now, &client);
                    answer = answer
                        .attribute(attribute::REALM, self.guard.realm().as_bytes())
                        .attribute(attribute::NONCE, nonce.as_bytes());
                }
                return self.tell(client, answer.fingerprint().finish());
            }
        };
        let unknown: Vec<u16> = request.unknown(KNOWN).collect();
        if !unknown.is_empty() {
            let answer = unknown_attributes(request, &unknown);
            return self.tell(client, answer.integrity(&asker.key).fingerprint().finish());
        }
        let known = self.allocations.get(&client);
        let key = asker.key.clone();
        let answer = if known.is_some_and(|allocation| allocation.user != asker.user) {
            Err((441, "Wrong Credentials"))
        } else {
            match request.method {
                method::ALLOCATE => match self.allocate(now, client, remote, asker, request) {
                    // It comes when the port is open.
                    Ok(None) => return,
                    Ok(Some(answer)) => Ok(answer),
                    Err(refusal) => Err(refusal),
                },
                method::REFRESH => self.refresh(now, client, request),
                method::CREATE_PERMISSION => self.create_permission(now, client, request),
                method::CHANNEL_BIND => self.bind_channel(now, client, request),
                _ => Err((400, "Bad Request")),
            }
        };
        let answer = answer.unwrap_or_else(|refusal| self.refusal(request, refusal));
        self.tell(client, answer.integrity(&key).fingerprint().finish());
    }

    fn refusal(&mut self, request: &Message<'_>, (code, reason): Refusal) -> Builder {
        self.counts.refused += 1;
        tracing::info!(method = request.method, code, reason, "TURN request refused");
        Builder::answer(request, Class::Error).error(code, reason)
    }

    fn allocate(
        &mut self,
        now: Now,
        client: Client,
        remote: SocketAddr,
        asker: Asker,
        request: &Message<'_>,
    ) -> Result<Option<Builder>, Refusal> {
        let opening = self.opening.values().find(|opening| opening.client == client);
        if let Some(opening) = opening {
            let is_same = opening.transaction == request.transaction;
            return if is_same { Ok(None) } else { Err((437, "Allocation Mismatch")) };
        }
        if let Some(known) = self.allocations.get(&client) {
            if known.made_by != request.transaction {
                return Err((437, "Allocation Mismatch"));
            }
            let left = known.until.saturating_duration_since(now.instant);
            let answer = Builder::answer(request, Class::Success);
            return Ok(Some(self.allocated(answer, known.port, known.is_v6, left, remote)));
        }
        let transport = request.number(attribute::REQUESTED_TRANSPORT).ok_or(BAD)?;
        if transport >> 24 != UDP {
            return Err((442, "Unsupported Transport Protocol"));
        }
        if request.get(attribute::RESERVATION_TOKEN).is_some()
            || request.get(attribute::EVEN_PORT).is_some_and(|value| value != [0])
        {
            return Err(NO_ROOM);
        }
        let is_v6 = wants_v6(request)?.unwrap_or(false);
        if !self.settings.addresses.iter().any(|ip| ip.is_ipv6() == is_v6) {
            return Err((440, "Address Family not Supported"));
        }
        let of_user = self.allocations.values().filter(|one| one.user == asker.user).count()
            + self.opening.values().filter(|one| one.asker.user == asker.user).count();
        if of_user >= self.settings.user_allocations_max {
            return Err((486, "Allocation Quota Reached"));
        }
        if self.allocations.len() + self.opening.len() >= self.settings.allocations_max {
            return Err(NO_ROOM);
        }
        let lifetime = lifetime(request).max(LIFETIME_USUAL);
        let transaction = request.transaction;
        self.open(Opening { client, remote, asker, transaction, lifetime, is_v6, tries: 0 })
            .map(|()| None)
    }

    /// Asks for a port that nobody guesses.
    fn open(&mut self, opening: Opening) -> Result<(), Refusal> {
        let (first, last) = (*self.settings.ports.start(), *self.settings.ports.end());
        let count = u64::from(last.saturating_sub(first)) + 1;
        let drawn = (0..DRAWS_MAX).map(|_| first + self.random.below(count) as u16);
        let free: Vec<u16> = drawn.collect();
        let is_free =
            |port: &u16| !self.by_port.contains_key(port) && !self.opening.contains_key(port);
        let port = free.into_iter().find(is_free).ok_or(NO_ROOM)?;
        self.outputs.push_back(RelayOutput::Open { port, is_v6: opening.is_v6 });
        self.opening.insert(port, opening);
        Ok(())
    }

    fn opened(&mut self, now: Now, port: u16, is_open: bool) {
        let Some(mut opening) = self.opening.remove(&port) else {
            if is_open {
                self.outputs.push_back(RelayOutput::Close { port });
            }
            return;
        };
        let (client, key) = (opening.client, opening.asker.key.clone());
        let transaction = opening.transaction;
        if is_open {
            let Opening { remote, asker, lifetime, is_v6, .. } = opening;
            let per_s = self.settings.bytes_per_s;
            let bucket = Bucket::full(now.instant, per_s, per_s * BURST_S);
            let until = now.instant + lifetime;
            let place = (port, is_v6);
            let allocation = Allocation::new(asker.user, transaction, place, until, bucket);
            self.allocations.insert(client, allocation);
            self.by_port.insert(port, client);
            self.look_soon(now);
            let answer = Builder::new(Class::Success, method::ALLOCATE, transaction);
            let answer = self.allocated(answer, port, is_v6, lifetime, remote);
            return self.tell(client, answer.integrity(&key).fingerprint().finish());
        }
        opening.tries += 1;
        if opening.tries < TRIES_MAX && self.open(opening).is_ok() {
            return;
        }
        let (code, reason) = NO_ROOM;
        tracing::warn!(port, "no port can be had to relay by");
        let answer = Builder::new(Class::Error, method::ALLOCATE, transaction).error(code, reason);
        self.tell(client, answer.integrity(&key).fingerprint().finish());
    }

    fn allocated(
        &self,
        answer: Builder,
        port: u16,
        is_v6: bool,
        left: Duration,
        remote: SocketAddr,
    ) -> Builder {
        let mut ours = self.settings.addresses.iter();
        let ip = ours.find(|ip| ip.is_ipv6() == is_v6).copied().unwrap_or(remote.ip());
        answer
            .xor_address(attribute::XOR_RELAYED_ADDRESS, SocketAddr::new(ip, port))
            .number(attribute::LIFETIME, seconds(left))
            .xor_address(attribute::XOR_MAPPED_ADDRESS, remote)
    }

    fn refresh(
        &mut self,
        now: Now,
        client: Client,
        request: &Message<'_>,
    ) -> Result<Builder, Refusal> {
        let allocation = self.allocations.get_mut(&client).ok_or(MISMATCH)?;
        if wants_v6(request)?.is_some_and(|is_v6| is_v6 != allocation.is_v6) {
            return Err(OTHER_FAMILY);
        }
        let mut left = lifetime(request);
        if left.is_zero() {
            self.release(client);
        } else {
            left = left.max(LIFETIME_USUAL);
            allocation.until = now.instant + left;
        }
        Ok(Builder::answer(request, Class::Success).number(attribute::LIFETIME, seconds(left)))
    }

    fn create_permission(
        &mut self,
        now: Now,
        client: Client,
        request: &Message<'_>,
    ) -> Result<Builder, Refusal> {
        let Self { allocations, settings, .. } = self;
        let allocation = allocations.get_mut(&client).ok_or(MISMATCH)?;
        let peers: Vec<IpAddr> =
            request.xor_addresses(attribute::XOR_PEER_ADDRESS).map(|peer| peer.ip()).collect();
        if peers.is_empty() {
            return Err(BAD);
        }
        for ip in &peers {
            if ip.is_ipv6() != allocation.is_v6 {
                return Err(OTHER_FAMILY);
            }
            if !settings.peers.may_be_permitted(*ip) {
                return Err(FORBIDDEN);
            }
        }
        for ip in peers {
            allocation.permit(now.instant, ip)?;
        }
        Ok(Builder::answer(request, Class::Success))
    }

    fn bind_channel(
        &mut self,
        now: Now,
        client: Client,
        request: &Message<'_>,
    ) -> Result<Builder, Refusal> {
        let Self { allocations, settings, .. } = self;
        let allocation = allocations.get_mut(&client).ok_or(MISMATCH)?;
        let number = request.number(attribute::CHANNEL_NUMBER).ok_or(BAD)? >> 16;
        let number = u16::try_from(number).ok().filter(|number| CHANNELS.contains(number));
        let peer = request.xor_address(attribute::XOR_PEER_ADDRESS).ok_or(BAD)?;
        if peer.is_ipv6() != allocation.is_v6 {
            return Err(OTHER_FAMILY);
        }
        if !settings.peers.may_be_reached(peer) {
            return Err(FORBIDDEN);
        }
        allocation.bind(now.instant, number.ok_or(BAD)?, peer)?;
        Ok(Builder::answer(request, Class::Success))
    }

    fn send(&mut self, now: Now, client: Client, message: &Message<'_>) {
        let peer = message.xor_address(attribute::XOR_PEER_ADDRESS);
        let (Some(peer), Some(data)) = (peer, message.get(attribute::DATA)) else { return };
        if message.unknown(KNOWN).next().is_none() {
            self.send_on(now, client, peer, data);
        }
    }

    fn channel_arrived(&mut self, now: Now, client: Client, bytes: &[u8]) {
        let Some(ChannelData { channel, data }) = ChannelData::parse(bytes) else { return };
        let allocation = self.allocations.get(&client);
        let peer = allocation.and_then(|allocation| allocation.peer(now.instant, channel));
        if let Some(peer) = peer {
            self.send_on(now, client, peer, data);
        }
    }

    fn send_on(&mut self, now: Now, client: Client, to: SocketAddr, data: &[u8]) {
        let Some(allocation) = self.allocations.get_mut(&client) else { return };
        let may = allocation.is_permitted(now.instant, to.ip())
            && self.settings.peers.may_be_reached(to)
            && allocation.may_carry(now.instant, data.len());
        if !may {
            self.counts.dropped += 1;
            return;
        }
        self.counts.bytes += data.len() as u64;
        let (port, to) = (allocation.port, self.settings.peers.way_to(to));
        self.outputs.push_back(RelayOutput::Peer { port, to, bytes: data.to_vec() });
    }

    fn peer_arrived(&mut self, now: Now, port: u16, from: SocketAddr, data: &[u8]) {
        let Some(&client) = self.by_port.get(&port) else { return };
        let Some(allocation) = self.allocations.get_mut(&client) else { return };
        let from = self.settings.peers.as_seen(from);
        let may = allocation.is_permitted(now.instant, from.ip())
            && allocation.may_carry(now.instant, data.len());
        if !may {
            self.counts.dropped += 1;
            return;
        }
        self.counts.bytes += data.len() as u64;
        let bytes = match allocation.channel(now.instant, from) {
            Some(channel) => channel_data(channel, data, matches!(client, Client::Flow(_))),
            None => {
                let mut transaction = [0; 12];
                self.random.fill(&mut transaction);
                Builder::new(Class::Indication, method::DATA, transaction)
                    .xor_address(attribute::XOR_PEER_ADDRESS, from)
                    .attribute(attribute::DATA, data)
                    .finish()
            }
        };
        self.tell(client, bytes);
    }

    fn tell(&mut self, client: Client, bytes: Vec<u8>) {
        self.outputs.push_back(match client {
            Client::Udp(remote) => RelayOutput::Datagram { remote, bytes },
            Client::Flow(flow) => RelayOutput::FlowBytes { flow, bytes },
        });
    }

    fn release(&mut self, client: Client) {
        self.opening.retain(|_, opening| opening.client != client);
        if let Some(allocation) = self.allocations.remove(&client) {
            self.by_port.remove(&allocation.port);
            self.outputs.push_back(RelayOutput::Close { port: allocation.port });
        }
    }

    /// Ends what is over: allocations, and connections that never came to one.
    fn sweep(&mut self, now: Now) {
        let over = self.allocations.iter().filter(|(_, one)| one.until <= now.instant);
        let over: Vec<Client> = over.map(|(client, _)| *client).collect();
        over.into_iter().for_each(|client| self.release(client));
        let idle: Vec<FlowId> = self
            .flows
            .iter()
            .filter(|(id, flow)| {
                flow.opened + UNUSED_LIFE <= now.instant
                    && !self.allocations.contains_key(&Client::Flow(**id))
            })
            .map(|(id, _)| *id)
            .collect();
        idle.into_iter().for_each(|flow| self.close_flow(flow));
        self.sweep = None;
        if !self.allocations.is_empty() || !self.flows.is_empty() {
            self.look_soon(now);
        }
    }

    fn look_soon(&mut self, now: Now) {
        self.sweep.get_or_insert(now.instant + SWEEP);
    }
}

impl System for Relay {
    type Input = RelayInput;
    type Output = RelayOutput;

    fn handle_input(&mut self, now: Now, input: RelayInput) {
        match input {
            RelayInput::Datagram { remote, bytes } => {
                self.message(now, Client::Udp(remote), remote, &bytes);
            }
            RelayInput::FlowBytes { flow, bytes } => self.flow_bytes(now, flow, &bytes),
            RelayInput::FlowClosed { flow } => self.flow_closed(flow),
            RelayInput::FlowOpened { flow, remote } => {
                let opened = now.instant;
                self.flows.insert(flow, Flow { remote, frames: Frames::default(), opened });
                self.look_soon(now);
            }
            RelayInput::Peer { port, from, bytes } => self.peer_arrived(now, port, from, &bytes),
            RelayInput::Port { port, is_open } => self.opened(now, port, is_open),
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        if self.sweep.is_some_and(|at| at <= now.instant) {
            self.sweep(now);
        }
    }

    fn poll_output(&mut self) -> Option<RelayOutput> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.sweep
    }
}

/// RFC 8489 14.9: what we would have to understand.
fn unknown_attributes(request: &Message<'_>, unknown: &[u16]) -> Builder {
    let kinds: Vec<u8> = unknown.iter().flat_map(|kind| kind.to_be_bytes()).collect();
    Builder::answer(request, Class::Error)
        .error(420, "Unknown Attribute")
        .attribute(attribute::UNKNOWN_ATTRIBUTES, &kinds)
}

/// What LIFETIME asks for, within bounds.
fn lifetime(request: &Message<'_>) -> Duration {
    let asked = request.number(attribute::LIFETIME).map(u64::from).map(Duration::from_secs);
    asked.unwrap_or(LIFETIME_USUAL).min(LIFETIME_MAX)
}

/// What REQUESTED-ADDRESS-FAMILY asks for.
fn wants_v6(request: &Message<'_>) -> Result<Option<bool>, Refusal> {
    match request.get(attribute::REQUESTED_ADDRESS_FAMILY).map(<[u8]>::first) {
        None => Ok(None),
        Some(Some(1)) => Ok(Some(false)),
        Some(Some(2)) => Ok(Some(true)),
        Some(_) => Err((440, "Address Family not Supported")),
    }
}

fn seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}

const BAD: Refusal = (400, "Bad Request");
const FORBIDDEN: Refusal = (403, "Forbidden");
const MISMATCH: Refusal = (437, "Allocation Mismatch");
const NO_ROOM: Refusal = (508, "Insufficient Capacity");
const OTHER_FAMILY: Refusal = (443, "Peer Address Family Mismatch");

/// What we understand of what must be understood.
const KNOWN: &[u16] = &[
    attribute::USERNAME,
    attribute::MESSAGE_INTEGRITY,
    attribute::CHANNEL_NUMBER,
    attribute::LIFETIME,
    attribute::XOR_PEER_ADDRESS,
    attribute::DATA,
    attribute::REALM,
    attribute::NONCE,
    attribute::REQUESTED_ADDRESS_FAMILY,
    attribute::EVEN_PORT,
    attribute::REQUESTED_TRANSPORT,
    attribute::RESERVATION_TOKEN,
];
/// RFC 8656 ends them at 0x4FFF; clients of RFC 5766 choose from all of these.
const CHANNELS: RangeInclusive<u16> = 0x4000..=0x7FFE;
/// The number of UDP in REQUESTED-TRANSPORT.
const UDP: u32 = 17;

const ALLOCATIONS_MAX: usize = 2000;
/// What one agent's calls, tabs and interfaces may have at one time, with those of a page that was
/// closed without a word.
const USER_ALLOCATIONS_MAX: usize = 30;
/// A call at the highest rate of Opus that we offer takes a sixth of it.
const BYTES_PER_S: f64 = 128_000.0;
const BURST_S: f64 = 2.0;
/// RFC 8656 3.2.
const LIFETIME_USUAL: Duration = Duration::from_secs(600);
const LIFETIME_MAX: Duration = Duration::from_secs(3600);
/// Of a connection that has no allocation.
const UNUSED_LIFE: Duration = Duration::from_secs(30);
const SWEEP: Duration = Duration::from_secs(1);
const PORT_FIRST: u16 = 49_152;
const PORT_LAST: u16 = 65_535;
/// Ports that are looked at before there is said to be no room.
const DRAWS_MAX: u32 = 64;
/// Ports that another program may hold before that.
const TRIES_MAX: u32 = 8;
