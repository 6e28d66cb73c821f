//! The loop of a media thread.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use io_port::{Full, Sink};
use model::Now;
use model::media::{DATAGRAM_LEN_MAX, MediaCommand, MediaFact, MediaPort, MediaShard, PortRequest};
use model::recording::Recorded;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::sockets::{BATCH, Batch, Browsers, PlainSockets};

/// What a media thread is started with.
#[derive(Debug)]
pub struct MediaSettings {
    /// The thread's name in the system and in logs.
    pub name: String,
    /// The port of all browsers, bound.
    pub browsers: UdpSocket,
    /// What plain legs' sockets are bound to.
    pub plain_address: IpAddr,
}

impl MediaSettings {
    /// Plain legs on every IPv4 address.
    #[must_use]
    pub fn new(name: impl Into<String>, browsers: UdpSocket) -> Self {
        Self { name: name.into(), browsers, plain_address: Ipv4Addr::UNSPECIFIED.into() }
    }
}

/// A media thread could not be started.
#[derive(Debug, thiserror::Error)]
#[error("media thread {name} can't start: {source}")]
pub struct StartError {
    name: String,
    source: io::Error,
}

/// A running media thread; stops when it is dropped.
#[derive(Debug)]
pub struct MediaThread {
    commands: Sender<Order>,
    bell: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Command(MediaCommand),
    Stop,
}

impl MediaThread {
    /// Starts a thread around a shard. Neither `facts` nor `recorded` may block.
    ///
    /// # Errors
    /// When the system has no file descriptors or threads left.
    pub fn start<S: MediaShard + 'static>(
        settings: MediaSettings,
        shard: S,
        facts: Sink<MediaFact>,
        recorded: Sink<Recorded>,
    ) -> Result<Self, StartError> {
        let MediaSettings { name, browsers, plain_address } = settings;
        let fail = |source: io::Error| StartError { name: name.clone(), source };
        let (commands, orders) = bounded(COMMANDS_MAX);
        let bell = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC);
        let bell = Arc::new(bell.map_err(|errno| fail(errno.into()))?);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(|e| fail(e.into()))?;
        browsers.set_nonblocking(true).map_err(fail)?;
        let watch = |fd: &dyn AsFd, token| {
            epoll.add(fd.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, token))
        };
        watch(&*bell, TOKEN_BELL).map_err(|errno| fail(errno.into()))?;
        watch(&browsers, TOKEN_BROWSERS).map_err(|errno| fail(errno.into()))?;
        let rung = Arc::clone(&bell);
        let run = move || {
            let running = Running {
                shard,
                facts,
                waiting: VecDeque::new(),
                recorded,
                refused: None,
                orders,
                bell: rung,
                epoll,
                browsers: Browsers::new(browsers),
                plain: PlainSockets::new(plain_address),
                panics: 0,
            };
            running.run();
        };
        let thread = std::thread::Builder::new().name(name.clone()).spawn(run);
        Ok(Self { commands, bell, thread: Some(thread.map_err(fail)?) })
    }

    /// Hands a command to the shard.
    ///
    /// # Errors
    /// `Full` when the thread does not keep up or has ended.
    pub fn send(&self, command: MediaCommand) -> Result<(), Full> {
        match self.commands.try_send(Order::Command(command)) {
            Ok(()) => {
                self.ring();
                Ok(())
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Full),
        }
    }

    /// Ends the thread and waits for it; legs that are up fall silent.
    pub fn stop(mut self) {
        self.end();
    }

    fn ring(&self) {
        // Fails only when the bell's count is at its end: then it has been rung.
        let _ = self.bell.write(1);
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if self.commands.send(Order::Stop).is_ok() {
            self.ring();
        }
        if thread.join().is_err() {
            tracing::error!("a media thread ended by a panic");
        }
    }
}

impl Drop for MediaThread {
    fn drop(&mut self) {
        self.end();
    }
}

struct Running<S> {
    shard: S,
    facts: Sink<MediaFact>,
    /// Facts that the sink had no room for.
    waiting: VecDeque<MediaFact>,
    recorded: Sink<Recorded>,
    /// What the sink had no room for; until it has, all that follows stays in the shard.
    refused: Option<Recorded>,
    orders: Receiver<Order>,
    bell: Arc<EventFd>,
    epoll: Epoll,
    browsers: Browsers,
    plain: PlainSockets,
    panics: u32,
}

impl<S: MediaShard> Running<S> {
    fn run(mut self) {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        loop {
            let timeout = self.timeout();
            let ready = self.epoll.wait(&mut events, timeout).unwrap_or(0);
            for event in events.iter().take(ready) {
                match event.data() {
                    TOKEN_BELL => {
                        let _ = self.bell.read();
                    }
                    TOKEN_BROWSERS => self.read_browsers(),
                    port => self.read_plain(u16::try_from(port).unwrap_or(0)),
                }
            }
            // Packets first, so that a tick that is late finds those that came meanwhile.
            if self.shard.poll_timeout().is_some_and(|at| at <= Instant::now()) {
                self.step(|shard, now| shard.handle_timeout(now));
                self.drain();
            }
            if !self.take_orders() || self.panics >= PANICS_MAX {
                break;
            }
            self.tell();
        }
    }

    /// Whole milliseconds, rounded up: waking early would only mean waiting again.
    fn timeout(&self) -> EpollTimeout {
        let until = self.shard.poll_timeout();
        let shard = until.map(|at| at.saturating_duration_since(Instant::now()));
        let has_waiting = !self.waiting.is_empty() || self.refused.is_some();
        let retry = has_waiting.then_some(FULL_RETRY);
        let wait = [shard, retry].into_iter().flatten().min();
        wait.map_or(EpollTimeout::NONE, |wait| {
            let ms = wait.as_micros().div_ceil(1000);
            EpollTimeout::from(u16::try_from(ms).unwrap_or(u16::MAX))
        })
    }

    fn read_browsers(&mut self) {
        let mut batch: Batch = [None; BATCH];
        for _ in 0..BATCHES_MAX {
            let count = self.browsers.receive(&mut batch);
            for (at, received) in batch.iter().enumerate() {
                let Some((len, from)) = *received else { continue };
                let Self { shard, browsers, panics, .. } = self;
                let packet = browsers.datagram(at, len);
                guarded(panics, || {
                    shard.handle_packet(now(), MediaPort::Browsers, from, packet);
                });
            }
            self.drain();
            if count < BATCH {
                break;
            }
        }
    }

    fn read_plain(&mut self, port: u16) {
        let mut buffer = [0; DATAGRAM_LEN_MAX + 1];
        // Level-triggered: what is not read now is told again.
        for _ in 0..PLAIN_READS_MAX {
            let Some((len, from)) = self.plain.receive(port, &mut buffer) else { break };
            let packet = buffer.get_mut(..len).unwrap_or_default();
            self.step(|shard, now| {
                shard.handle_packet(now, MediaPort::Plain(port), from, packet);
            });
        }
        self.drain();
    }

    /// False when the thread is to end.
    fn take_orders(&mut self) -> bool {
        for _ in 0..COMMANDS_MAX {
            match self.orders.try_recv() {
                Ok(Order::Command(command)) => {
                    self.step(|shard, now| shard.handle_command(now, command));
                    self.drain();
                }
                Ok(Order::Stop) => return false,
                Err(crossbeam_channel::TryRecvError::Empty) => break,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return false,
            }
        }
        true
    }

    /// Sends what the shard wants sent, then opens and closes what it wants: in this order, so
    /// that a leg's last report still has a socket.
    fn drain(&mut self) {
        let mut buffer = [0; DATAGRAM_LEN_MAX];
        while let Some(sent) = self.shard.poll_transmit(&mut buffer) {
            let bytes = buffer.get(..sent.len).unwrap_or_default();
            match sent.port {
                MediaPort::Browsers => self.browsers.send(sent.to, bytes),
                MediaPort::Plain(port) => self.plain.send(port, sent.to, bytes),
            }
        }
        self.browsers.flush();
        while let Some(request) = self.shard.poll_port() {
            match request {
                PortRequest::Open { port } => {
                    let is_open = self.open(port);
                    self.step(|shard, now| shard.handle_port(now, port, is_open));
                }
                PortRequest::Close { port } => self.plain.close(port),
            }
        }
        while let Some(fact) = self.shard.poll_fact() {
            self.queue(fact);
        }
        self.tell();
    }

    fn open(&mut self, port: u16) -> bool {
        let epoll = &self.epoll;
        let opened = self.plain.open(port, |port, socket| {
            let event = EpollEvent::new(EpollFlags::EPOLLIN, u64::from(port));
            Ok(epoll.add(socket, event)?)
        });
        if let Err(error) = &opened {
            tracing::warn!(port, %error, "an RTP port can't be had; the next one is tried");
        }
        opened.is_ok()
    }

    fn queue(&mut self, fact: MediaFact) {
        if self.waiting.len() >= FACTS_WAITING_MAX {
            let quality = |fact: &MediaFact| matches!(fact, MediaFact::Quality { .. });
            let least = self.waiting.iter().position(quality).unwrap_or(0);
            let lost = self.waiting.remove(least);
            tracing::warn!(?lost, "the board does not keep up; a media fact is left out");
        }
        self.waiting.push_back(fact);
    }

    /// Hands over facts, then pieces of recordings, in their order as far as the sinks take them.
    fn tell(&mut self) {
        while let Some(fact) = self.waiting.front() {
            if (self.facts)(fact.clone()).is_err() {
                break;
            }
            self.waiting.pop_front();
        }
        while let Some(piece) = self.refused.take().or_else(|| self.shard.poll_recorded()) {
            if (self.recorded)(piece.clone()).is_err() {
                self.refused = Some(piece);
                break;
            }
        }
    }

    fn step(&mut self, act: impl FnOnce(&mut S, Now)) {
        let Self { shard, panics, .. } = self;
        guarded(panics, || act(shard, now()));
    }
}

/// A shard guards its legs itself; what still escapes is logged and survived, for the other legs'
/// sake, a few times.
fn guarded(panics: &mut u32, act: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(act)).is_err() {
        *panics += 1;
        tracing::error!(count = *panics, "a media shard panicked");
    }
}

fn now() -> Now {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Now::new(Instant::now(), unix)
}

/// Batches that are read before ticks and commands have their turn.
const BATCHES_MAX: usize = 8;
/// Commands that wait for the thread; `send` fails beyond.
pub const COMMANDS_MAX: usize = 4096;
const EVENTS_MAX: usize = 64;
/// Facts that wait for the board.
pub const FACTS_WAITING_MAX: usize = 16_384;
/// How soon a full sink is tried again.
const FULL_RETRY: Duration = Duration::from_millis(10);
const PANICS_MAX: u32 = 100;
/// Datagrams of one plain socket that are read before others have their turn.
const PLAIN_READS_MAX: usize = 4;
const TOKEN_BELL: u64 = 1 << 32;
const TOKEN_BROWSERS: u64 = 1 << 33;
