//! `cordboard run`: builds every system, wires it to its sockets, runs until SIGTERM.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::Context;
use board::{Board, Input, Systems};
use clap::Args;
use crossbeam_channel::{Sender, bounded};
use cti::Cti;
use desk::{Desk, DeskLimits, DeskSettings, TurnAccess};
use directory::Directory;
use gateway::{Certificate, Shard, ShardSettings};
use io_cti::{Clients, Listeners, Program, Sources, StatClients};
use io_edge::{Edge, EdgeSettings};
use io_media::{MediaSettings, MediaThread};
use io_port::{CertificateFiles, Full, Sink, Streams, bind_tcp};
use io_relay::RelayPort;
use io_sip::{SipPort, SipSettings};
use io_store::{Store, hash_password};
use model::{Configuration, System, TrunkName, monitor::Connection, recording::Recorded};
use signaling::{Signaling, SignalingSettings, Upstream};
use switch::{Switch, SwitchSettings};
use tokio::{
    runtime::{Handle, Runtime},
    signal::unix::{SignalKind, signal},
    sync::{Semaphore, broadcast, oneshot, watch},
};

use crate::{
    config::Config,
    control::{Control, Order},
    counters::{self, Counters, Saved},
    demo::Customers,
    history::History,
    lock::DataLock,
    ports::Ports,
    prompts,
    recordings::Recordings,
    say,
    site::Site,
    turn::Turn,
    upstream,
};

/// What `cordboard run` takes.
#[derive(Args)]
pub struct RunOptions {
    /// The configuration file; without one, defaults that work on a laptop.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where the database and the development certificate are kept.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Start with the demo site: 25 agents with the password `demo`, and simulated customers.
    #[arg(long)]
    demo: bool,
    /// Let the demo site listen on other addresses than loopback.
    #[arg(long, requires = "demo")]
    demo_insecure: bool,
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// When something that is needed can't be had; the text says what to do.
pub fn run(options: &RunOptions) -> anyhow::Result<()> {
    let config = Config::load(options.config.as_deref())?;
    refuse_open_demo(options, &config)?;
    let runtime = Runtime::new().context("the asynchronous runtime can't start")?;
    let (running, ready_line) = runtime.block_on(start(options, &config))?;
    say(&ready_line);
    runtime.block_on(stopped(running));
    // Everything that must end in order has; connections that are left are cut.
    runtime.shutdown_background();
    Ok(())
}

/// What must be looked after until the end.
struct Running {
    _lock: DataLock,
    orders: Sender<Order>,
    control_ended: oneshot::Receiver<(Ports, Saved)>,
    stop_clients: watch::Sender<bool>,
}

async fn start(options: &RunOptions, config: &Config) -> anyhow::Result<(Running, String)> {
    let advertised = config.advertised().map_err(anyhow::Error::msg)?;
    let (orders, inbox) = bounded(ORDERS_MAX);
    let store = Store::open(&options.data).await?;
    let lock = DataLock::take(&options.data)?;
    let (site, upstream) = site(options, config, &store).await?;
    let (metrics_sender, metrics) = watch::channel(String::new());
    let recordings = Recordings::start(&config.recording, &options.data, &store, &orders)?;
    let (media, browser_address) = start_media(config, advertised, &orders, recordings.sink())?;
    let turn = Turn::start(config, &options.data, advertised, browser_address).await?;
    let stun = turn.port.as_ref().map(RelayPort::streams);
    let certificate = certificate(options, config)?;
    let edge = edge_settings(config, &certificate, &orders, metrics, stun);
    let edge = Edge::start(edge).await?;
    let (sip, sips) = sip_port(config, &certificate, &orders).await?;
    let (configuration, configuration_seen) = watch::channel(Arc::default());
    let (monitor, monitor_seen) = watch::channel(Arc::default());
    let (stop_clients, stop) = watch::channel(false);
    let (clients, stat_clients) = (Clients::new(), StatClients::new());
    let (changes, _) = broadcast::channel(CHANGES_WAITING_MAX);
    let sources = Sources {
        changes: changes.clone(),
        configuration: configuration_seen.clone(),
        monitor: monitor_seen,
    };
    let listeners = listeners(config).await?;
    let sip_address = SocketAddr::new(advertised, sip.address().port());
    let allowed = config.sip.allow.iter().map(|network| network.parse());
    let allowed = allowed.collect::<Result<_, _>>().context("sip.allow")?;
    let sip_settings = SignalingSettings {
        allowed,
        advertised_tls: Some(SocketAddr::new(advertised, sips.port())),
        upstream,
        ..SignalingSettings::new(sip_address)
    };
    let ready_line = format!(
        "cordboard ready http={} https={} sips_ws={} sip={} sips={sips} tserver={} config={} stat={} media={} \
         turn={} data={}",
        edge.http,
        edge.https,
        edge.sip_ws,
        sip.address(),
        listeners.tserver.local_addr()?,
        listeners.config.local_addr()?,
        listeners.stat.local_addr()?,
        browser_address,
        turn.port.as_ref().map_or("off".into(), |port| port.address().to_string()),
        options.data.display(),
    );
    let program = program(&orders, &edge, clients.clone(), stat_clients.clone());
    serve_clients(listeners, program, sources, stop);
    let mut board = Board::new(systems(
        options,
        &site,
        sip_settings,
        &edge,
        turn.access(config, edge.https.port()),
    ));
    board.handle_input(crate::now(), Input::Load(Box::new(site)));
    board.handle_input(crate::now(), Input::Health(connections()));
    let ports = Ports {
        changes,
        clients,
        configuration,
        counters: Counters::start(&options.data, &orders)?,
        customers: options.demo.then(|| Customers::new(sip_address)),
        edge,
        history: History::start(&config.history, &store, configuration_seen.clone(), &orders),
        media,
        monitor,
        orders: orders.clone(),
        password_checks: Arc::new(Semaphore::new(PASSWORD_CHECKS_MAX)),
        prompts: prompts::start(&config.prompts, &options.data, &orders),
        recordings,
        relay: turn.port,
        runtime: Handle::current(),
        sip,
        site: Site::start(&store, configuration_seen, &orders),
        stat_clients,
        store,
        webhooks: prompts::webhooks(&orders),
    };
    let control = Control { board, orders: inbox, ports, metrics: metrics_sender };
    let control_ended = spawn_control(control)?;
    Ok((Running { _lock: lock, orders, control_ended, stop_clients }, ready_line))
}

fn refuse_open_demo(options: &RunOptions, config: &Config) -> anyhow::Result<()> {
    let network = &config.network;
    let is_open = !(network.listen.is_loopback() && network.http_listen.is_loopback());
    anyhow::ensure!(
        !(options.demo && is_open && !options.demo_insecure),
        "the demo site's passwords are known to everybody, so it listens on loopback only; remove \
         --demo, or add --demo-insecure if nobody else can reach this network"
    );
    Ok(())
}

/// The site as it was saved, or the demo site on its first start; and the server in front of which
/// we stand.
async fn site(
    options: &RunOptions,
    config: &Config,
    store: &Store,
) -> anyhow::Result<(Configuration, Option<Upstream>)> {
    let mut site = match store.load().await? {
        Some(site) => site,
        None => {
            let site = if options.demo {
                let hash = tokio::task::spawn_blocking(|| hash_password("demo")).await?;
                directory::demo(&hash)
            } else {
                Configuration::default()
            };
            store.save(&site).await?;
            site
        }
    };
    if let Some(contact) = config.demo.trunk_contact
        && let Some(trunk) = site.trunks.get_mut(&TrunkName::from("pstn"))
    {
        trunk.contact = contact.to_string();
    }
    let upstream = upstream::join(config.upstream.as_ref(), &mut site)?;
    let problems = directory::problems(&site);
    anyhow::ensure!(
        problems.is_empty(),
        "the configuration in {} can't work:\n{}",
        store.file().display(),
        problems.join("\n")
    );
    Ok((site, upstream))
}

/// The media thread, and where browsers reach it.
fn start_media(
    config: &Config,
    advertised: IpAddr,
    orders: &Sender<Order>,
    recorded: Sink<Recorded>,
) -> anyhow::Result<(MediaThread, SocketAddr)> {
    let listen = SocketAddr::new(config.network.listen, config.ports.media);
    let socket = io_media::bind_browsers(listen).with_context(|| {
        format!(
            "the browsers' media can't use UDP {listen}; change it with ports.media in the \
             configuration file (0 takes a free port)"
        )
    })?;
    let browsers = SocketAddr::new(advertised, socket.local_addr()?.port());
    let made = io_media::certificate().context("no certificate for browsers' media")?;
    let certificate = Certificate { der: made.der, key_pkcs8: made.key_pkcs8 };
    let [first, last] = config.ports.rtp;
    let music = config.media.music.as_deref().map(io_prompt::read_sound_file).transpose();
    let music = music.context(
        "media.music in the configuration file must name the music on hold, or be left out for \
         the built-in tune",
    )?;
    let settings = ShardSettings {
        browser_addresses: vec![browsers],
        plain_address: advertised,
        ports: first..=last,
        music,
        ..ShardSettings::new(certificate)
    };
    let shard = Shard::new(settings, crate::random());
    let thread = MediaSettings {
        plain_address: config.network.listen,
        ..MediaSettings::new("media", socket)
    };
    Ok((MediaThread::start(thread, shard, sink(orders, Input::Media), recorded)?, browsers))
}

async fn listeners(config: &Config) -> anyhow::Result<Listeners> {
    let at = |port| SocketAddr::new(config.network.listen, port);
    let ports = &config.ports;
    Ok(Listeners {
        config: bind_tcp("Configuration Server", "ports.config", at(ports.config)).await?,
        stat: bind_tcp("Stat Server", "ports.stat", at(ports.stat)).await?,
        tserver: bind_tcp("T-Server", "ports.tserver", at(ports.tserver)).await?,
    })
}

/// The one of every TLS port.
fn certificate(options: &RunOptions, config: &Config) -> anyhow::Result<io_port::Certificate> {
    let files = config
        .tls
        .as_ref()
        .map(|tls| CertificateFiles { certificate: tls.certificate.clone(), key: tls.key.clone() });
    Ok(io_port::Certificate::load_or_make(files.as_ref(), &options.data)?)
}

/// SIP over UDP, TCP and TLS, and where the last one listens.
async fn sip_port(
    config: &Config,
    certificate: &io_port::Certificate,
    orders: &Sender<Order>,
) -> anyhow::Result<(SipPort, SocketAddr)> {
    let at = |port| SocketAddr::new(config.network.listen, port);
    let tls = config.tls.as_ref();
    let authority = tls.and_then(|tls| tls.trunk_ca.as_deref());
    let settings = SipSettings {
        connector: Some(certificate.connector(authority)?),
        dns: config.network.dns.clone(),
        ..SipSettings::new(at(config.ports.sip))
    };
    let sip = SipPort::start(settings, sink(orders, Input::Sip)).await?;
    let acceptor = match tls.and_then(|tls| Some((tls.client_ca.as_ref()?, tls.client_required))) {
        Some((authority, is_required)) => {
            certificate.acceptor_for_clients_of(authority, is_required)?
        }
        None => certificate.acceptor(&[]),
    };
    let sips = sip.serve_tls(at(config.ports.sips), acceptor).await?;
    Ok((sip, sips))
}

fn edge_settings(
    config: &Config,
    certificate: &io_port::Certificate,
    orders: &Sender<Order>,
    metrics: watch::Receiver<String>,
    stun: Option<Streams>,
) -> EdgeSettings {
    let Config { network, ports, .. } = config;
    EdgeSettings {
        http: SocketAddr::new(network.http_listen, ports.http),
        https: SocketAddr::new(network.listen, ports.https),
        sip_ws: SocketAddr::new(network.listen, ports.sip_ws),
        certificate: certificate.clone(),
        desk: sink(orders, Input::Api),
        signaling: sink(orders, Input::Sip),
        metrics,
        stun,
    }
}

fn systems(
    options: &RunOptions,
    site: &Configuration,
    sip: SignalingSettings,
    edge: &Edge,
    turn: Option<TurnAccess>,
) -> Systems {
    let mut random = crate::random();
    let started = crate::now();
    let upstream = sip.upstream.as_ref().map(|upstream| upstream.trunk.clone());
    Systems {
        cti: Cti::new(),
        desk: Desk::new(
            DeskSettings {
                demo: options.demo,
                limits: DeskLimits::default(),
                port: edge.http.port(),
                started,
                turn,
                version: env!("CARGO_PKG_VERSION").into(),
            },
            random.split(),
        ),
        directory: Directory::new(),
        history: history::History::new(),
        routing: counters::router(&options.data),
        signaling: Signaling::new(sip, random.split()),
        stats: counters::stats(&options.data),
        story: story::Stories::new(),
        switch: Switch::new(
            SwitchSettings {
                upstream,
                ..SwitchSettings::new(site.switch.server, started.unix.as_secs())
            },
            random.split(),
        ),
    }
}

/// All in this process, so all up while it runs.
fn connections() -> Vec<Connection> {
    ["Config Server", "T-Server", "Database"]
        .map(|name| Connection { name: name.into(), connected: true, address: None })
        .into()
}

/// What clients of the ports for programs talk to.
fn program(
    orders: &Sender<Order>,
    edge: &Edge,
    clients: Clients,
    stat_clients: StatClients,
) -> Program {
    let edge = edge.clone();
    let (inbox, stat_inbox) = (orders.clone(), orders.clone());
    Program {
        inbox: Arc::new(move |input| inbox.try_send(Order::Board(Input::Client(input))).is_ok()),
        clients,
        desk: Arc::new(move |request| Box::pin(edge.ask(request))),
        stat_inbox: Arc::new(move |input| {
            stat_inbox.try_send(Order::Board(Input::Stat(input))).is_ok()
        }),
        stat_clients,
    }
}

fn serve_clients(
    listeners: Listeners,
    program: Program,
    sources: Sources,
    stop: watch::Receiver<bool>,
) {
    tokio::spawn(async move {
        if let Err(error) = io_cti::serve(listeners, program, sources, stop).await {
            tracing::error!(%error, "a port for programs has ended");
        }
    });
}

fn spawn_control(control: Control) -> anyhow::Result<oneshot::Receiver<(Ports, Saved)>> {
    let (ended, control_ended) = oneshot::channel();
    let runtime = Handle::current();
    thread::Builder::new()
        .name("control".into())
        .spawn(move || {
            // Ports spawn tasks for slow work.
            let _entered = runtime.enter();
            if ended.send(control.run()).is_err() {
                tracing::debug!("nobody waits for the control thread any more");
            }
        })
        .context("the control thread can't start")?;
    Ok(control_ended)
}

/// Serves until SIGTERM or SIGINT, lets live calls finish, then ends. A control thread that ends
/// by itself has panicked: the program ends too, for its supervisor to start it anew.
async fn stopped(running: Running) {
    let Running { _lock, orders, mut control_ended, stop_clients } = running;
    tokio::select! {
        () = asked_to_stop() => {}
        _ = &mut control_ended => {
            tracing::error!("the control thread ended unexpectedly");
            std::process::exit(70);
        }
    }
    tracing::info!(limit_s = DRAIN_LIMIT.as_secs(), "stopping: live calls may finish");
    stop_clients.send_replace(true);
    if orders.send(Order::Drain(DRAIN_LIMIT)).is_ok() {
        tokio::select! {
            ended = control_ended => {
                if let Ok((ports, counted)) = ended {
                    ports.close(counted).await;
                }
            }
            () = asked_to_stop() => tracing::warn!("asked again to stop: calls are cut"),
        }
    }
}

async fn asked_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without signal handlers the system's default ends the process.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Hands over to the control thread, never waiting.
fn sink<T: Send + 'static>(
    orders: &Sender<Order>,
    wrap: impl Fn(T) -> Input + Send + Sync + 'static,
) -> Sink<T> {
    let orders = orders.clone();
    Arc::new(move |input| orders.try_send(Order::Board(wrap(input))).map_err(|_| Full))
}

/// What may wait for the control thread: some seconds of a full load.
const ORDERS_MAX: usize = 65_536;
/// Changes of the configuration that a slow watcher may be behind.
const CHANGES_WAITING_MAX: usize = 64;
/// Two cores stay free enough for calls.
const PASSWORD_CHECKS_MAX: usize = 2;
const DRAIN_LIMIT: Duration = Duration::from_secs(30);
