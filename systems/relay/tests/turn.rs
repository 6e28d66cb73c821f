//! A client's talk with the relay, message by message, in virtual time.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use model::{
    Now, System,
    id::FlowId,
    random::Random,
    relay::{RelayInput, RelayOutput},
};
use relay::{OwnPort, Peers, Relay, RelaySettings};
use wire_stun::{
    Builder, ChannelData, Class, Key, Message, attribute, channel_data, method, password,
};

const REALM: &str = "site.example";
const MEDIA: &str = "192.0.2.1:10000";

/// A relay, and a client that talks to it.
struct World {
    relay: Relay,
    now: Now,
    via: Via,
    user: String,
    nonce: String,
    last: u8,
    /// What the relay said that is not for the client.
    others: Vec<RelayOutput>,
}

#[derive(Clone, Copy)]
enum Via {
    Udp(SocketAddr),
    Flow(FlowId),
}

/// An answer as its client reads it.
struct Answer(Vec<u8>);

impl Answer {
    fn message(&self) -> Message<'_> {
        Message::parse(&self.0).unwrap()
    }

    fn code(&self) -> u16 {
        match (self.message().class, self.message().error()) {
            (Class::Success, None) => 0,
            (Class::Error, Some((code, _))) => code,
            other => panic!("{other:?}"),
        }
    }
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut RelaySettings)) -> Self {
        let peers =
            Peers { ours: vec![OwnPort::same(MEDIA.parse().unwrap())], allowed: Vec::new() };
        let addresses = vec!["192.0.2.1".parse().unwrap()];
        let mut settings = RelaySettings::new(REALM.into(), b"shared".to_vec(), addresses, peers);
        change(&mut settings);
        let now = Now::new(Instant::now(), Duration::from_secs(1_800_000_000));
        Self {
            relay: Relay::new(settings, Random::from_number(1)),
            now,
            via: Via::Udp("203.0.113.9:40000".parse().unwrap()),
            user: format!("{}:anna", now.unix.as_secs() + 3600),
            nonce: String::new(),
            last: 0,
            others: Vec::new(),
        }
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now.later(span);
        while let Some(at) = self.relay.poll_timeout().filter(|at| *at <= end.instant) {
            self.now = self.now.later(at.saturating_duration_since(self.now.instant));
            self.relay.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn key(&self) -> Key {
        Key::long_term(&self.user, REALM, &password(b"shared", &self.user))
    }

    /// Sends bytes and opens what ports the relay wants; what is for the client comes back.
    fn send(&mut self, bytes: Vec<u8>) -> Vec<Vec<u8>> {
        let input = match self.via {
            Via::Udp(remote) => RelayInput::Datagram { remote, bytes },
            Via::Flow(flow) => RelayInput::FlowBytes { flow, bytes },
        };
        self.tell(input)
    }

    fn tell(&mut self, input: RelayInput) -> Vec<Vec<u8>> {
        self.relay.handle_input(self.now, input);
        let mut told = Vec::new();
        while let Some(output) = self.relay.poll_output() {
            match output {
                RelayOutput::Datagram { bytes, .. } | RelayOutput::FlowBytes { bytes, .. } => {
                    told.push(bytes);
                }
                RelayOutput::Open { port, .. } => {
                    let input = RelayInput::Port { port, is_open: true };
                    self.relay.handle_input(self.now, input);
                    self.others.push(output);
                }
                other => self.others.push(other),
            }
        }
        told
    }

    fn begin(&mut self, method: u16) -> Builder {
        self.last += 1;
        Builder::new(Class::Request, method, [self.last; 12])
    }

    /// A request with the credential.
    fn ask(&mut self, request: Builder) -> Answer {
        let key = self.key();
        let bytes = self.signed(request, &key);
        let mut told = self.send(bytes);
        assert_eq!(told.len(), 1);
        let answer = Answer(told.remove(0));
        if answer.code() != 401 && answer.code() != 438 && answer.code() != 400 {
            assert!(answer.message().is_made_with(&key), "answers are signed");
        }
        answer
    }

    fn signed(&self, request: Builder, key: &Key) -> Vec<u8> {
        request
            .attribute(attribute::USERNAME, self.user.as_bytes())
            .attribute(attribute::REALM, REALM.as_bytes())
            .attribute(attribute::NONCE, self.nonce.as_bytes())
            .integrity(key)
            .fingerprint()
            .finish()
    }

    /// Learns a nonce as every client does: by being refused.
    fn learn(&mut self) {
        let request = self.begin(method::ALLOCATE).finish();
        let answer = Answer(self.send(request).remove(0));
        assert_eq!(answer.code(), 401);
        assert_eq!(answer.message().text(attribute::REALM), Some(REALM));
        self.nonce = answer.message().text(attribute::NONCE).unwrap().to_owned();
    }

    fn allocate(&mut self) -> Answer {
        let request = self.begin(method::ALLOCATE).number(attribute::REQUESTED_TRANSPORT, 17 << 24);
        self.ask(request)
    }

    /// With an allocation; its port.
    fn allocated(&mut self) -> u16 {
        self.learn();
        let answer = self.allocate();
        assert_eq!(answer.code(), 0);
        answer.message().xor_address(attribute::XOR_RELAYED_ADDRESS).unwrap().port()
    }

    fn permit(&mut self, peer: &str) -> u16 {
        let peer = peer.parse().unwrap();
        let request =
            self.begin(method::CREATE_PERMISSION).xor_address(attribute::XOR_PEER_ADDRESS, peer);
        self.ask(request).code()
    }

    fn bind(&mut self, number: u32, peer: &str) -> u16 {
        let request = self
            .begin(method::CHANNEL_BIND)
            .number(attribute::CHANNEL_NUMBER, number << 16)
            .xor_address(attribute::XOR_PEER_ADDRESS, peer.parse().unwrap());
        self.ask(request).code()
    }

    fn refresh(&mut self, seconds: u32) -> Answer {
        let request = self.begin(method::REFRESH).number(attribute::LIFETIME, seconds);
        self.ask(request)
    }

    fn media_says(&mut self, port: u16, data: &[u8]) -> Vec<Vec<u8>> {
        let (from, bytes) = (MEDIA.parse().unwrap(), data.to_vec());
        self.tell(RelayInput::Peer { port, from, bytes })
    }

    fn indicate(&mut self, peer: &str, data: &[u8]) {
        let bytes = Builder::new(Class::Indication, method::SEND, [0; 12])
            .xor_address(attribute::XOR_PEER_ADDRESS, peer.parse().unwrap())
            .attribute(attribute::DATA, data)
            .finish();
        assert!(self.send(bytes).is_empty());
    }

    /// What was relayed to peers since.
    fn relayed(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let others = std::mem::take(&mut self.others);
        let relayed = others.into_iter().filter_map(|output| match output {
            RelayOutput::Peer { to, bytes, .. } => Some((to, bytes)),
            _ => None,
        });
        relayed.collect()
    }
}

#[test]
fn a_stranger_learns_its_address_and_no_more() {
    let mut world = World::new();
    let request = world.begin(method::BINDING).finish();
    let answer = Answer(world.send(request).remove(0));
    let address = answer.message().xor_address(attribute::XOR_MAPPED_ADDRESS);
    assert_eq!(address, Some("203.0.113.9:40000".parse().unwrap()));
    for method in [method::REFRESH, method::CREATE_PERMISSION, method::CHANNEL_BIND] {
        let request = world.begin(method).finish();
        assert_eq!(Answer(world.send(request).remove(0)).code(), 401);
    }
    world.indicate(MEDIA, b"hello");
    assert!(world.relayed().is_empty());
    assert_eq!(world.relay.allocations(), 0);
}

#[test]
fn voice_goes_both_ways_by_indications_and_by_a_channel() {
    let mut world = World::new();
    let port = world.allocated();
    assert!(world.media_says(port, b"too early").is_empty(), "nobody is permitted yet");
    assert_eq!(world.permit(MEDIA), 0);
    world.indicate(MEDIA, b"check");
    let data = world.media_says(port, b"answer").remove(0);
    let message = Message::parse(&data).unwrap();
    assert_eq!((message.class, message.method), (Class::Indication, method::DATA));
    assert_eq!(message.get(attribute::DATA), Some(&b"answer"[..]));
    assert_eq!(message.xor_address(attribute::XOR_PEER_ADDRESS), Some(MEDIA.parse().unwrap()));

    assert_eq!(world.bind(0x4001, MEDIA), 0);
    assert!(world.send(channel_data(0x4001, b"voice", false)).is_empty());
    let back = world.media_says(port, b"voices").remove(0);
    let back = ChannelData::parse(&back).unwrap();
    assert_eq!(back, ChannelData { channel: 0x4001, data: b"voices" });
    let media: SocketAddr = MEDIA.parse().unwrap();
    let all = [(media, b"check".to_vec()), (media, b"voice".to_vec())];
    assert_eq!(world.relayed(), all);
}

#[test]
fn our_media_behind_a_nat_is_reached_from_inside() {
    let inside: SocketAddr = "10.0.0.5:10000".parse().unwrap();
    let mut world = World::with(|settings| {
        let [ours] = &mut settings.peers.ours[..] else { panic!("one port") };
        ours.inside = inside;
    });
    let port = world.allocated();
    assert_eq!(world.bind(0x4001, MEDIA), 0);
    assert!(world.send(channel_data(0x4001, b"voice", false)).is_empty());
    assert_eq!(world.relayed(), [(inside, b"voice".to_vec())]);
    let back = world.tell(RelayInput::Peer { port, from: inside, bytes: b"voices".to_vec() });
    let back = ChannelData::parse(&back[0]).unwrap();
    assert_eq!(back, ChannelData { channel: 0x4001, data: b"voices" });
    assert_eq!(world.permit("10.0.0.5:10000"), 403, "nobody has to know that address");
}

#[test]
fn over_a_stream_messages_come_in_any_pieces_and_channel_data_is_padded() {
    let mut world = World::new();
    let (flow, remote) = (FlowId(7), "203.0.113.9:443".parse().unwrap());
    world.tell(RelayInput::FlowOpened { flow, remote });
    world.via = Via::Flow(flow);
    let port = world.allocated();
    assert_eq!(world.bind(0x4000, MEDIA), 0);
    for byte in channel_data(0x4000, b"12345", true) {
        world.send(vec![byte]);
    }
    assert_eq!(world.relayed(), [(MEDIA.parse().unwrap(), b"12345".to_vec())]);
    assert_eq!(world.media_says(port, b"12345").remove(0).len(), 12);
    world.tell(RelayInput::FlowClosed { flow });
    assert_eq!(world.relay.allocations(), 0);
    assert!(world.others.contains(&RelayOutput::Close { port }));
}

#[test]
fn credentials_end_and_wrong_ones_are_refused() {
    let mut world = World::new();
    world.learn();
    let good = world.user.clone();
    let past = format!("{}:anna", world.now.unix.as_secs() - 1);
    for user in [past.as_str(), "anna", "", "x:anna"] {
        world.user = user.to_owned();
        assert_eq!(world.allocate().code(), 401, "{user:?}");
    }
    world.user = good;
    let request = world.begin(method::ALLOCATE).number(attribute::REQUESTED_TRANSPORT, 17 << 24);
    let wrong = Key::long_term(&world.user, REALM, "guess");
    let bytes = world.signed(request, &wrong);
    assert_eq!(Answer(world.send(bytes).remove(0)).code(), 401);
    world.nonce = "1-00".into();
    assert_eq!(world.allocate().code(), 438);
    world.learn();
    world.pass(Duration::from_secs(3700));
    assert_eq!(world.allocate().code(), 438, "a nonce is good for an hour");
    assert_eq!(world.relay.allocations(), 0);
}

#[test]
fn a_nonce_is_good_for_its_client_alone() {
    let mut world = World::new();
    world.learn();
    world.via = Via::Udp("203.0.113.10:40000".parse().unwrap());
    assert_eq!(world.allocate().code(), 438);
}

#[test]
fn nothing_else_inside_can_be_reached() {
    let mut world = World::new();
    world.allocated();
    for peer in ["127.0.0.1:8080", "10.0.0.1:22", "169.254.169.254:80", "198.51.100.1:53"] {
        assert_eq!((world.permit(peer), world.bind(0x4002, peer)), (403, 403), "{peer}");
    }
    // The host of our media may be permitted, but not what else listens there.
    assert_eq!(world.permit("192.0.2.1:5060"), 0);
    assert_eq!(world.bind(0x4002, "192.0.2.1:5060"), 403);
    world.indicate("192.0.2.1:5060", b"OPTIONS");
    assert!(world.relayed().is_empty());
    assert_eq!(world.permit("[2001:db8::1]:9"), 443);
}

#[test]
fn permissions_channels_and_allocations_end() {
    let mut world = World::new();
    let port = world.allocated();
    assert_eq!(world.bind(0x4001, MEDIA), 0);
    world.pass(Duration::from_secs(299));
    assert_eq!(world.media_says(port, b"x").len(), 1);
    world.pass(Duration::from_secs(2));
    assert!(world.media_says(port, b"x").is_empty(), "the permission is over");
    assert_eq!(world.permit(MEDIA), 0);
    assert_eq!(world.refresh(1800).code(), 0);
    world.pass(Duration::from_secs(295));
    assert_eq!(world.permit(MEDIA), 0);
    world.pass(Duration::from_secs(5));
    world.send(channel_data(0x4001, b"x", false));
    assert!(world.relayed().is_empty(), "the channel is over after ten minutes");
    world.pass(Duration::from_secs(1790));
    assert_eq!(world.relay.allocations(), 0);
    assert_eq!(world.refresh(600).code(), 437);
    assert!(world.others.contains(&RelayOutput::Close { port }));
}

#[test]
fn a_repeated_request_makes_one_allocation_and_refresh_0_ends_it() {
    let mut world = World::new();
    let port = world.allocated();
    world.last -= 1;
    let again = world.allocate();
    assert_eq!(again.code(), 0);
    let relayed = again.message().xor_address(attribute::XOR_RELAYED_ADDRESS).unwrap();
    assert_eq!((relayed.port(), world.relay.allocations()), (port, 1));
    assert_eq!(world.allocate().code(), 437, "another request is another allocation");
    let answer = world.refresh(0);
    assert_eq!(answer.message().number(attribute::LIFETIME), Some(0));
    assert_eq!(world.relay.allocations(), 0);
}

#[test]
fn another_user_can_not_take_over_an_allocation() {
    let mut world = World::new();
    world.allocated();
    world.user = world.user.replace("anna", "bert");
    assert_eq!(world.refresh(0).code(), 441);
    assert_eq!(world.relay.allocations(), 1);
}

#[test]
fn what_can_not_be_had_is_refused_with_its_code() {
    let mut world = World::new();
    world.learn();
    let request = world.begin(method::ALLOCATE);
    assert_eq!(world.ask(request).code(), 400);
    let tcp = world.begin(method::ALLOCATE).number(attribute::REQUESTED_TRANSPORT, 6 << 24);
    assert_eq!(world.ask(tcp).code(), 442);
    let udp = |world: &mut World| {
        world.begin(method::ALLOCATE).number(attribute::REQUESTED_TRANSPORT, 17 << 24)
    };
    let reserve = udp(&mut world).attribute(attribute::EVEN_PORT, &[0x80]);
    assert_eq!(world.ask(reserve).code(), 508);
    let v6 = udp(&mut world).number(attribute::REQUESTED_ADDRESS_FAMILY, 2 << 24);
    assert_eq!(world.ask(v6).code(), 440);
    let unknown = udp(&mut world).number(attribute::DONT_FRAGMENT, 0);
    let answer = world.ask(unknown);
    assert_eq!(answer.code(), 420);
    assert_eq!(answer.message().get(attribute::UNKNOWN_ATTRIBUTES), Some(&[0, 0x1A][..]));
    world.allocated();
    for number in [0x3FFF, 0x7FFF, 0x8000] {
        assert_eq!(world.bind(number, MEDIA), 400);
    }
    assert_eq!(world.bind(0x4001, MEDIA), 0);
    assert_eq!(world.bind(0x4002, MEDIA), 400, "a peer has one channel");
}

#[test]
fn a_user_and_the_site_have_so_many_allocations_and_no_more() {
    let mut world = World::with(|settings| {
        (settings.user_allocations_max, settings.allocations_max) = (2, 3);
    });
    let mut codes = Vec::new();
    for (port, user) in [(1, "anna"), (2, "anna"), (3, "anna"), (4, "bert"), (5, "carl")] {
        world.via = Via::Udp(SocketAddr::new("203.0.113.9".parse().unwrap(), port));
        world.user = format!("{}:{user}", world.now.unix.as_secs() + 60);
        world.learn();
        codes.push(world.allocate().code());
    }
    assert_eq!(codes, [0, 0, 486, 0, 508]);
}

#[test]
fn an_allocation_carries_what_a_call_needs_and_not_a_download() {
    let mut world = World::new();
    world.allocated();
    assert_eq!(world.bind(0x4001, MEDIA), 0);
    for _ in 0..1000 {
        world.send(channel_data(0x4001, &[0; 1000], false));
    }
    let first = world.relayed().len();
    assert!((200..300).contains(&first), "{first} of 1000 at once");
    world.pass(Duration::from_secs(1));
    let voice = (0..100).filter(|_| {
        world.send(channel_data(0x4001, &[0; 200], false));
        world.pass(Duration::from_millis(10));
        true
    });
    assert_eq!(voice.count(), world.relayed().len());
}

#[test]
fn a_flood_of_strangers_is_not_answered_in_full() {
    let mut world = World::new();
    let request = Builder::new(Class::Request, method::ALLOCATE, [1; 12]).finish();
    let answered = (0..10_000).filter(|_| !world.send(request.clone()).is_empty()).count();
    assert!(answered <= 200, "{answered}");
    world.via = Via::Udp("198.51.100.1:9".parse().unwrap());
    assert_eq!(world.send(request).len(), 1, "others are");
}

#[test]
fn connections_that_ask_for_nothing_are_closed() {
    let mut world = World::new();
    let remote = "203.0.113.9:443".parse().unwrap();
    world.tell(RelayInput::FlowOpened { flow: FlowId(1), remote });
    world.pass(Duration::from_secs(32));
    world.tell(RelayInput::FlowBytes { flow: FlowId(2), bytes: Vec::new() });
    assert!(world.others.contains(&RelayOutput::CloseFlow { flow: FlowId(1) }));
    world.tell(RelayInput::FlowOpened { flow: FlowId(3), remote });
    world.tell(RelayInput::FlowBytes { flow: FlowId(3), bytes: b"\x80\x60 RTP".to_vec() });
    assert!(world.others.contains(&RelayOutput::CloseFlow { flow: FlowId(3) }));
    assert!(world.relay.poll_timeout().is_some());
    world.pass(Duration::from_secs(2));
    assert_eq!(world.relay.poll_timeout(), None, "nothing is left to look after");
}

#[test]
fn ports_that_others_hold_are_passed_over() {
    let mut world = World::new();
    world.learn();
    let request = world.begin(method::ALLOCATE).number(attribute::REQUESTED_TRANSPORT, 17 << 24);
    let key = world.key();
    let bytes = world.signed(request, &key);
    let Via::Udp(remote) = world.via else { panic!() };
    world.relay.handle_input(world.now, RelayInput::Datagram { remote, bytes });
    let mut ports = Vec::new();
    while let Some(output) = world.relay.poll_output() {
        match output {
            RelayOutput::Open { port, .. } => {
                ports.push(port);
                let input = RelayInput::Port { port, is_open: false };
                world.relay.handle_input(world.now, input);
            }
            RelayOutput::Datagram { bytes, .. } => assert_eq!(Answer(bytes).code(), 508),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ports.len(), 8);
}
