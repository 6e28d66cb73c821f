//! gRPC services on 5025 (T-Server), 5000 (Configuration Server) and 2020 (Stat Server).
//!
//! Turns messages of `proto` into the words of `model` and back, and keeps a bounded queue per
//! client. Who may ask what is decided by the cti system behind the [`Inbox`]. Each port has the
//! reflection and the health service, so any gRPC tool finds its way without our files.

use std::{future::Future, sync::Arc, time::Duration};

use model::{
    Configuration, config::Audit, monitor::Monitor, stat::StatInput, tserver::ClientInput,
};
use proto::{
    config::v1::configuration_server_server::ConfigurationServerServer,
    stat::v1::stat_server_server::StatServerServer, tserver::v1::t_server_server::TServerServer,
};
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
};
use tonic::{
    server::NamedService,
    transport::{
        Server,
        server::{Router, TcpIncoming},
    },
};

pub use crate::{clients::Clients, config_objects::AskDesk, stat_clients::StatClients};
use crate::{config::Config, stat::Stat, tserver::TServer};

mod clients;
mod config;
mod config_objects;
mod events;
mod requests;
mod stat;
mod stat_clients;
mod stat_messages;
mod tserver;
mod watching;

/// Takes what clients say, from any thread, without waiting; `false` when it is full.
pub type Inbox = Arc<dyn Fn(ClientInput) -> bool + Send + Sync>;

/// Takes what clients of the Stat Server's port say, from any thread, without waiting; `false`
/// when it is full.
pub type StatInbox = Arc<dyn Fn(StatInput) -> bool + Send + Sync>;

/// One bound listener per port.
#[derive(Debug)]
pub struct Listeners {
    /// 5000.
    pub config: TcpListener,
    /// 2020.
    pub stat: TcpListener,
    /// 5025.
    pub tserver: TcpListener,
}

/// The program behind the ports: who takes what clients say, and to whom it delivers.
#[derive(Clone)]
pub struct Program {
    /// For the T-Server's port.
    pub inbox: Inbox,
    /// Clients of the T-Server's port.
    pub clients: Clients,
    /// For the Configuration Server's port.
    pub desk: AskDesk,
    /// For the Stat Server's port.
    pub stat_inbox: StatInbox,
    /// Clients of the Stat Server's port.
    pub stat_clients: StatClients,
}

/// What the services read.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Who changes what in it, as it happens.
    pub changes: broadcast::Sender<Arc<Audit>>,
    /// The configuration as published.
    pub configuration: watch::Receiver<Arc<Configuration>>,
    /// The figures as last reckoned.
    pub monitor: watch::Receiver<Arc<Monitor>>,
}

/// A port stopped working.
#[derive(Debug, thiserror::Error)]
#[error("the {port} port failed")]
pub struct ServeError {
    /// Which.
    pub port: &'static str,
    /// Why.
    #[source]
    pub source: tonic::transport::Error,
}

/// Serves the three ports until `stop` says `true` or is dropped. Clients are told and their
/// streams ended, so this returns soon after.
///
/// # Errors
/// When a port fails for good.
pub async fn serve(
    listeners: Listeners,
    program: Program,
    sources: Sources,
    stop: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let Program { inbox, clients, desk, stat_inbox, stat_clients } = program;
    let Sources { changes, configuration, monitor } = sources;
    let tserver = TServerServer::new(TServer::new(inbox, clients.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let config = Config { configuration: configuration.clone(), desk, changes, stop: stop.clone() };
    let config = ConfigurationServerServer::new(config).max_decoding_message_size(FILE_BYTES_MAX);
    let stat = Stat {
        inbox: stat_inbox,
        clients: stat_clients.clone(),
        configuration,
        monitor,
        stop: stop.clone(),
    };
    let stat = StatServerServer::new(stat).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let tserver = ground(&tserver).await.add_service(tserver);
    let config = ground(&config).await.add_service(config);
    let stat = ground(&stat).await.add_service(stat);
    let tserver_stop = {
        let stop = stop.clone();
        async move {
            stopped(stop).await;
            clients.dismiss_all();
        }
    };
    let stat_stop = {
        let stop = stop.clone();
        async move {
            stopped(stop).await;
            stat_clients.dismiss_all();
        }
    };
    tokio::try_join!(
        serve_port("T-Server", listeners.tserver, tserver, tserver_stop),
        serve_port("Configuration Server", listeners.config, config, stopped(stop)),
        serve_port("Stat Server", listeners.stat, stat, stat_stop),
    )?;
    Ok(())
}

/// A server with the services that every port has: health, saying that `S` serves, and
/// reflection, telling of `S` and health.
async fn ground<S: NamedService>(_: &S) -> Router {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<S>().await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name(S::NAME)
            .with_service_name("grpc.health.v1.Health")
    };
    // Older tools ask by v1alpha, newer ones by v1.
    let newer = reflection().build_v1().expect("the descriptors were made by the build");
    let older = reflection().build_v1alpha().expect("the descriptors were made by the build");
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .add_service(health_service)
        .add_service(newer)
        .add_service(older)
}

async fn serve_port(
    port: &'static str,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let served = router.serve_with_incoming_shutdown(incoming, stop).await;
    served.map_err(|source| ServeError { port, source })
}

/// Ends when `stop` says `true` or is dropped.
pub(crate) async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that whoever would say it is gone, which says it too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// User data has 64 KiB at most, with some room for the rest.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// A site's file, as large as over HTTP.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// A dead connection is found after so long without a sign of life …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// … and so long without an answer to a ping.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Streams of one connection.
const STREAMS_PER_CONNECTION_MAX: u32 = 100;
