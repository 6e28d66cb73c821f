//! A media thread on real sockets of the loopback, around a shard that echoes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use io_media::{MediaSettings, MediaThread, bind_browsers};
use io_port::Full;
use model::id::CallUuids;
use model::media::{
    LegKind, MediaCommand, MediaFact, MediaPort, MediaShard, MediaTransmit, PortRequest,
};
use model::recording::{RecordCommand, Recorded, RecordedPart, RecordingId};
use model::{LegId, Now};

/// Sends everything back, opens the port that a leg's number says, ticks every 5 ms while a leg
/// is open. A recording that is asked to hear somebody gives [`PIECES`] pieces at once.
#[derive(Default)]
struct Echo {
    out: VecDeque<(MediaPort, SocketAddr, Vec<u8>)>,
    ports: VecDeque<PortRequest>,
    facts: VecDeque<MediaFact>,
    recorded: VecDeque<Recorded>,
    due: Option<Instant>,
}

impl MediaShard for Echo {
    fn handle_command(&mut self, now: Now, command: MediaCommand) {
        match command {
            MediaCommand::Open { leg, .. } => {
                self.ports.push_back(PortRequest::Open { port: leg.0 as u16 });
                self.due = Some(now.instant);
            }
            MediaCommand::Close { leg } => {
                self.ports.push_back(PortRequest::Close { port: leg.0 as u16 });
                self.facts.push_back(MediaFact::Lost { leg });
                self.due = None;
            }
            MediaCommand::SendDigits { .. } => panic!("a shard's bug"),
            MediaCommand::Record(RecordCommand::Hear { recording, .. }) => {
                self.recorded.extend((0..PIECES).map(|n| piece(recording, n)));
            }
            MediaCommand::Record(RecordCommand::Stop(recording)) => {
                self.recorded.push_back(Recorded { recording, part: RecordedPart::Ended });
            }
            other => panic!("{other:?}"),
        }
    }

    fn handle_packet(&mut self, _: Now, port: MediaPort, from: SocketAddr, packet: &mut [u8]) {
        packet.reverse();
        self.out.push_back((port, from, packet.to_vec()));
    }

    fn handle_port(&mut self, _: Now, port: u16, is_open: bool) {
        let leg = LegId(u64::from(port));
        self.facts.push_back(if is_open {
            MediaFact::Described { leg, sdp: Vec::new() }
        } else {
            MediaFact::Refused { leg, reason: String::new() }
        });
    }

    fn handle_timeout(&mut self, now: Now) {
        assert!(self.due.is_some_and(|due| due <= now.instant));
        self.due = Some(now.instant + Duration::from_millis(5));
        self.facts.push_back(MediaFact::Flowing { leg: LegId(0) });
    }

    fn poll_transmit(&mut self, buffer: &mut [u8]) -> Option<MediaTransmit> {
        let (port, to, bytes) = self.out.pop_front()?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Some(MediaTransmit { port, to, len: bytes.len() })
    }

    fn poll_port(&mut self) -> Option<PortRequest> {
        self.ports.pop_front()
    }

    fn poll_fact(&mut self) -> Option<MediaFact> {
        self.facts.pop_front()
    }

    fn poll_recorded(&mut self) -> Option<Recorded> {
        self.recorded.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }
}

fn piece(recording: RecordingId, n: i16) -> Recorded {
    Recorded { recording, part: RecordedPart::Sound(vec![n; 3200].into()) }
}

struct Bench {
    thread: MediaThread,
    browsers: SocketAddr,
    facts: mpsc::Receiver<MediaFact>,
    recorded: mpsc::Receiver<Recorded>,
    /// Both sinks are.
    is_full: Arc<AtomicBool>,
}

/// A sink that takes things unless `is_full`.
fn sink<T: Send + 'static>(is_full: &Arc<AtomicBool>) -> (io_port::Sink<T>, mpsc::Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    let full = Arc::clone(is_full);
    let sink = Arc::new(move |item| {
        if full.load(Ordering::SeqCst) {
            return Err(Full);
        }
        sender.send(item).map_err(|_| Full)
    });
    (sink, receiver)
}

fn start() -> Bench {
    let socket = bind_browsers("127.0.0.1:0".parse().unwrap()).unwrap();
    let browsers = socket.local_addr().unwrap();
    let is_full = Arc::new(AtomicBool::new(false));
    let (to_board, facts) = sink(&is_full);
    let (to_writer, recorded) = sink(&is_full);
    let mut settings = MediaSettings::new("media-test", socket);
    settings.plain_address = "127.0.0.1".parse().unwrap();
    let thread = MediaThread::start(settings, Echo::default(), to_board, to_writer).unwrap();
    Bench { thread, browsers, facts, recorded, is_full }
}

fn peer() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// An even port that is free together with the next one.
fn free_pair() -> (u16, UdpSocket) {
    loop {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        if port.is_multiple_of(2) && UdpSocket::bind(("127.0.0.1", port + 1)).is_ok() {
            return (port, socket);
        }
    }
}

impl Bench {
    /// The next fact that is no tick.
    fn fact(&self) -> MediaFact {
        loop {
            let fact = self.facts.recv_timeout(PATIENCE).unwrap();
            if fact != (MediaFact::Flowing { leg: LegId(0) }) {
                return fact;
            }
        }
    }
}

#[test]
fn batches_of_browsers_packets_go_through_in_order() {
    let bench = start();
    let peer = peer();
    for round in 0..20_u8 {
        for n in 0..100_u8 {
            peer.send_to(&[n, round, 9], bench.browsers).unwrap();
        }
        for n in 0..100_u8 {
            let mut buffer = [0; 100];
            let (len, from) = peer.recv_from(&mut buffer).unwrap();
            assert_eq!((from, &buffer[..len]), (bench.browsers, &[9, round, n][..]));
        }
    }
    // Too long is dropped, what follows is not.
    peer.send_to(&[1; 1501], bench.browsers).unwrap();
    peer.send_to(&[2; 1500], bench.browsers).unwrap();
    let mut buffer = [0; 2000];
    assert_eq!(peer.recv_from(&mut buffer).unwrap().0, 1500);
    assert_eq!(buffer[..1500], [2; 1500]);
}

#[test]
fn plain_ports_open_in_pairs_echo_and_close() {
    let bench = start();
    let (port, free) = free_pair();
    drop(free);
    let leg = LegId(u64::from(port));
    let open = MediaCommand::open(leg, LegKind::Plain, None);
    bench.thread.send(open).unwrap();
    assert_eq!(bench.fact(), MediaFact::Described { leg, sdp: Vec::new() });
    let peer = peer();
    for to in [port, port + 1] {
        peer.send_to(b"abc", ("127.0.0.1", to)).unwrap();
        let mut buffer = [0; 100];
        let (len, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!((from.port(), &buffer[..len]), (to, &b"cba"[..]));
    }
    bench.thread.send(MediaCommand::Close { leg }).unwrap();
    assert_eq!(bench.fact(), MediaFact::Lost { leg });
    assert!(UdpSocket::bind(("127.0.0.1", port)).is_ok(), "the port is free again");
    assert!(UdpSocket::bind(("127.0.0.1", port + 1)).is_ok());
}

#[test]
fn a_port_of_another_program_is_reported_and_nothing_else_suffers() {
    let bench = start();
    let (port, _held) = free_pair();
    let leg = LegId(u64::from(port));
    let open = MediaCommand::open(leg, LegKind::Plain, None);
    bench.thread.send(open).unwrap();
    assert_eq!(bench.fact(), MediaFact::Refused { leg, reason: String::new() });
    assert!(UdpSocket::bind(("127.0.0.1", port + 1)).is_ok(), "neither is held");
}

#[test]
fn facts_wait_while_the_board_is_busy_and_keep_their_order() {
    let bench = start();
    bench.is_full.store(true, Ordering::SeqCst);
    for n in 1..=50 {
        bench.thread.send(MediaCommand::Close { leg: LegId(n << 16) }).unwrap();
    }
    let peer = peer();
    peer.send_to(b"x", bench.browsers).unwrap();
    peer.recv_from(&mut [0; 10]).unwrap();
    assert!(bench.facts.try_recv().is_err());
    bench.is_full.store(false, Ordering::SeqCst);
    for n in 1..=50 {
        assert_eq!(bench.fact(), MediaFact::Lost { leg: LegId(n << 16) });
    }
}

#[test]
fn recorded_sound_waits_while_its_writer_is_busy_and_keeps_its_order() {
    let bench = start();
    let recording = RecordingId { call: CallUuids::new(1).draw(), part: 1 };
    bench.is_full.store(true, Ordering::SeqCst);
    let hear = RecordCommand::Hear { recording, left: Vec::new(), right: Vec::new() };
    bench.thread.send(MediaCommand::Record(hear)).unwrap();
    bench.thread.send(MediaCommand::Record(RecordCommand::Stop(recording))).unwrap();
    let peer = peer();
    for _ in 0..2 {
        peer.send_to(b"x", bench.browsers).unwrap();
        peer.recv_from(&mut [0; 10]).unwrap();
    }
    assert!(bench.recorded.try_recv().is_err());
    bench.is_full.store(false, Ordering::SeqCst);
    for n in 0..PIECES {
        assert_eq!(bench.recorded.recv_timeout(PATIENCE).unwrap(), piece(recording, n));
    }
    let ended = Recorded { recording, part: RecordedPart::Ended };
    assert_eq!(bench.recorded.recv_timeout(PATIENCE).unwrap(), ended);
}

#[test]
fn ticks_come_while_wanted_and_a_panic_does_not_end_the_thread() {
    let bench = start();
    let (port, free) = free_pair();
    drop(free);
    let leg = LegId(u64::from(port));
    let open = MediaCommand::open(leg, LegKind::Plain, None);
    bench.thread.send(open).unwrap();
    bench.thread.send(MediaCommand::SendDigits { leg, digits: String::new() }).unwrap();
    let began = Instant::now();
    let mut ticks = 0;
    while ticks < 50 {
        let fact = bench.facts.recv_timeout(PATIENCE).unwrap();
        ticks += usize::from(fact == (MediaFact::Flowing { leg: LegId(0) }));
    }
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
    bench.thread.stop();
}

#[test]
fn the_certificate_is_an_ecdsa_one_with_its_key() {
    let certificate = io_media::certificate().unwrap();
    assert_eq!(certificate.der[0], 0x30);
    assert!(certificate.key_pkcs8.len() > 60);
}

const PATIENCE: Duration = Duration::from_secs(10);
const PIECES: i16 = 40;
