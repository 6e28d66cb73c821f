//! STUN and TURN sockets: UDP and TCP on 3478, streams that others accept (TLS on the HTTPS port),
//! and the ports that are relayed by.
//!
//! Bytes in, bytes out: what they mean is `systems/relay`'s affair. One task has the relay and the
//! port's datagrams; each stream and each relayed port has a task that reads. What comes by
//! datagram when the relay does not keep up is lost, as on any network; a stream waits.

mod flows;
mod ports;

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use io_port::{BindError, Stream, Streams, bind_tcp, bind_udp};
use model::{
    Now, System,
    monitor::Metric,
    relay::{RelayInput, RelayOutput},
};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    time::{Duration, sleep_until},
};

use self::{flows::Flows, ports::RelayedPorts};

/// The port with what stands behind it.
#[derive(Debug)]
pub struct RelayPort {
    address: SocketAddr,
    flows: Arc<Flows>,
    figures: Arc<Mutex<Vec<Metric>>>,
}

impl RelayPort {
    /// Binds UDP and TCP and serves a relay on the current tokio runtime. Ports that it relays by
    /// are bound at `relayed`; `figures` are asked for once a second.
    ///
    /// # Errors
    /// When the port can't be had.
    pub async fn start<S>(
        address: SocketAddr,
        relayed: IpAddr,
        relay: S,
        figures: fn(&S) -> Vec<Metric>,
    ) -> Result<Self, StartError>
    where
        S: System<Input = RelayInput, Output = RelayOutput> + Send + 'static,
    {
        let tcp = bind_tcp("STUN and TURN", "ports.turn", address).await?;
        // With port 0 the system's choice for TCP is taken for UDP, too.
        let address = tcp.local_addr()?;
        let udp = bind_udp("STUN and TURN", "ports.turn", address).await?.into_std()?;
        let sender = udp.try_clone()?;
        let (inbox, inputs) = mpsc::channel(INPUTS_MAX);
        let flows = Arc::new(Flows::new(inbox.clone()));
        let told = Arc::new(Mutex::new(figures(&relay)));
        let running = Running {
            relay,
            figures,
            told: told.clone(),
            udp: UdpSocket::from_std(udp)?,
            sender,
            inputs,
            flows: flows.clone(),
            ports: RelayedPorts::new(relayed, inbox),
            later: VecDeque::new(),
            panics: 0,
        };
        tokio::spawn(running.run());
        tokio::spawn(flows::accept(tcp, flows.clone()));
        Ok(Self { address, flows, figures: told })
    }

    /// The address that was bound, with the real port when 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes connections that somebody else accepted.
    #[must_use]
    pub fn streams(&self) -> Streams {
        let flows = self.flows.clone();
        Arc::new(move |stream: Box<dyn Stream>, remote| flows::serve(stream, remote, &flows))
    }

    /// Figures of the relay, a second old at most.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The port could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port can't be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system refused something else.
    #[error("STUN and TURN sockets: {0}")]
    System(#[from] io::Error),
}

struct Running<S> {
    relay: S,
    figures: fn(&S) -> Vec<Metric>,
    told: Arc<Mutex<Vec<Metric>>>,
    udp: UdpSocket,
    sender: std::net::UdpSocket,
    inputs: mpsc::Receiver<RelayInput>,
    flows: Arc<Flows>,
    ports: RelayedPorts,
    /// What became of ports, told after the outputs that asked for them.
    later: VecDeque<RelayInput>,
    panics: u32,
}

impl<S: System<Input = RelayInput, Output = RelayOutput>> Running<S> {
    async fn run(mut self) {
        let mut buffer = vec![0; DATAGRAM_MAX];
        let mut figures_at = Instant::now() + FIGURES_EVERY;
        while self.panics < PANICS_MAX {
            let wake = self.relay.poll_timeout().map_or(figures_at, |at| at.min(figures_at));
            tokio::select! {
                received = self.udp.recv_from(&mut buffer) => {
                    self.datagrams(received, &mut buffer);
                }
                input = self.inputs.recv() => {
                    let Some(input) = input else { return };
                    self.step(|relay| relay.handle_input(now(), input));
                }
                () = sleep_until(wake.into()) => {
                    self.step(|relay| relay.handle_timeout(now()));
                }
            }
            if figures_at <= Instant::now() {
                figures_at = Instant::now() + FIGURES_EVERY;
                let figures = (self.figures)(&self.relay);
                *self.told.lock().unwrap_or_else(PoisonError::into_inner) = figures;
            }
        }
        tracing::error!("STUN and TURN are not served any more: too many faults");
    }

    /// One datagram, and those that wait behind it.
    fn datagrams(&mut self, first: io::Result<(usize, SocketAddr)>, buffer: &mut [u8]) {
        let mut received = first;
        for _ in 0..BATCH {
            let Ok((len, remote)) = received else { return };
            let bytes = buffer.get(..len).unwrap_or_default().to_vec();
            self.step(|relay| relay.handle_input(now(), RelayInput::Datagram { remote, bytes }));
            received = self.udp.try_recv_from(buffer);
        }
    }

    fn step(&mut self, act: impl FnOnce(&mut S)) {
        self.guarded(act);
        loop {
            while let Some(output) = self.relay.poll_output() {
                self.perform(output);
            }
            let Some(input) = self.later.pop_front() else { return };
            self.guarded(|relay| relay.handle_input(now(), input));
        }
    }

    /// One client's message must not cost the others their way.
    fn guarded(&mut self, act: impl FnOnce(&mut S)) {
        let relay = &mut self.relay;
        if catch_unwind(AssertUnwindSafe(|| act(relay))).is_err() {
            self.panics += 1;
            tracing::error!(count = self.panics, "the relay panicked");
        }
    }

    fn perform(&mut self, output: RelayOutput) {
        match output {
            RelayOutput::Close { port } => self.ports.close(port),
            RelayOutput::CloseFlow { flow } => self.flows.close(flow),
            // A full buffer loses a datagram, as any queue of a network does.
            RelayOutput::Datagram { remote, bytes } => {
                let _ = self.sender.send_to(&bytes, remote);
            }
            RelayOutput::FlowBytes { flow, bytes } => self.flows.send(flow, bytes),
            RelayOutput::Open { port, is_v6 } => {
                let is_open = self.ports.open(port, is_v6);
                self.later.push_back(RelayInput::Port { port, is_open });
            }
            RelayOutput::Peer { port, to, bytes } => self.ports.send(port, to, &bytes),
        }
    }
}

fn now() -> Now {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now::new(Instant::now(), unix)
}

/// Datagrams that are read before others have their turn.
const BATCH: usize = 64;
pub(crate) const DATAGRAM_MAX: usize = 2048;
const FIGURES_EVERY: Duration = Duration::from_secs(1);
/// What waits for the relay.
const INPUTS_MAX: usize = 4096;
const PANICS_MAX: u32 = 100;
