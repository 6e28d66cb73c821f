//! `cordboard.stat.v1.StatServer`: statistics that clients open, and the dashboard's figures.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt};
use model::{
    Configuration, ReferenceId,
    monitor::{Monitor, Severity},
    stat::{Notification, StatError, StatRequest, ready_made::Catalogue},
};
use proto::stat::v1::{self as pb, server_message::Event};
use tokio::sync::watch;
use tonic::{Request, Response, Status, Streaming};

use crate::{
    StatInbox,
    stat_clients::{StatClients, StatConnection, messages},
    stat_messages::{definitions, opening, request, wish},
    watching::{Versions, versions},
};

/// The service on 2020.
pub struct Stat {
    pub(crate) inbox: StatInbox,
    pub(crate) clients: StatClients,
    pub(crate) configuration: watch::Receiver<Arc<Configuration>>,
    pub(crate) monitor: watch::Receiver<Arc<Monitor>>,
    pub(crate) stop: watch::Receiver<bool>,
}

type Messages = Pin<Box<dyn Stream<Item = Result<pb::ServerMessage, Status>> + Send>>;

#[tonic::async_trait]
impl pb::stat_server_server::StatServer for Stat {
    type SessionStream = Messages;
    type WatchMonitorStream = Versions<pb::Monitor>;
    type WatchStatStream = Messages;

    async fn get_definitions(
        &self,
        _: Request<pb::GetDefinitionsRequest>,
    ) -> Result<Response<pb::Definitions>, Status> {
        let site = Arc::clone(&self.configuration.borrow());
        Ok(Response::new(definitions(&Catalogue::of(&site).0)))
    }

    /// Opens it without notification, in a session of its own.
    async fn peek_stat(
        &self,
        request: Request<pb::Statistic>,
    ) -> Result<Response<pb::Info>, Status> {
        let wish = wish(request.into_inner()).map_err(|error| invalid(&error))?;
        let connection = self.clients.open(&self.inbox)?;
        connection.ask(ReferenceId(1), StatRequest::Open(wish, Notification::Never));
        let answered = tokio::time::timeout(PEEK_LIMIT, connection.next()).await;
        let slow = |_| Status::deadline_exceeded("The Stat Server did not answer in time.");
        match answered.map_err(slow)??.event {
            Some(Event::Info(info)) => Ok(Response::new(info)),
            Some(Event::Error(error)) => Err(Status::invalid_argument(error.message)),
            Some(Event::Done(_)) | None => Err(Status::internal("The answer has no value.")),
        }
    }

    async fn session(
        &self,
        request: Request<Streaming<pb::ClientMessage>>,
    ) -> Result<Response<Messages>, Status> {
        let connection = Arc::new(self.clients.open(&self.inbox)?);
        let mut incoming = request.into_inner();
        let listener = Arc::clone(&connection);
        let listening = tokio::spawn(async move {
            // A client that has said all it wanted goes on being told values.
            while let Ok(Some(message)) = incoming.message().await {
                hear(&listener, message);
            }
        });
        // The listener holds the connection as long as the client may still ask.
        let ended = Ended(listening);
        let messages = messages(connection).map(move |message| {
            let _ = &ended;
            message
        });
        Ok(Response::new(messages.boxed()))
    }

    async fn watch_stat(
        &self,
        request: Request<pb::WatchStatRequest>,
    ) -> Result<Response<Messages>, Status> {
        let connection = self.clients.open(&self.inbox)?;
        for (number, open) in (1..).zip(request.into_inner().statistics) {
            match opening(open) {
                Ok(request) => connection.ask(ReferenceId(number), request),
                Err(error) => connection.refuse(ReferenceId(number), error),
            }
        }
        Ok(Response::new(messages(Arc::new(connection)).boxed()))
    }

    async fn peek_monitor(
        &self,
        _: Request<pb::PeekMonitorRequest>,
    ) -> Result<Response<pb::Monitor>, Status> {
        let monitor = Arc::clone(&self.monitor.borrow());
        Ok(Response::new(message(&monitor)))
    }

    async fn watch_monitor(
        &self,
        _: Request<pb::PeekMonitorRequest>,
    ) -> Result<Response<Self::WatchMonitorStream>, Status> {
        Ok(Response::new(versions(self.monitor.clone(), self.stop.clone(), message)))
    }
}

/// Stops listening to a client when its messages end.
struct Ended(tokio::task::JoinHandle<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Passes one message on, or tells the client what is wrong with it.
fn hear(connection: &StatConnection, message: pb::ClientMessage) {
    let reference = ReferenceId(message.reference_id);
    match request(message.request) {
        Ok(request) => connection.ask(reference, request),
        Err(error) => connection.refuse(reference, error),
    }
}

fn invalid(error: &StatError) -> Status {
    Status::invalid_argument(error.to_string())
}

fn message(monitor: &Monitor) -> pb::Monitor {
    let (agents, hour) = (&monitor.agents, &monitor.last_hour);
    let registered = monitor.gateway.registered.iter().map(|registered| pb::RegisteredDn {
        dn: registered.dn.to_string(),
        user: registered.user.clone().unwrap_or_default(),
    });
    let alarms = monitor.alarms.iter().map(|alarm| pb::Alarm {
        name: alarm.name.clone(),
        severity: match alarm.severity {
            Severity::Critical => pb::AlarmSeverity::Critical.into(),
            Severity::Warning => pb::AlarmSeverity::Warning.into(),
        },
        message: alarm.message.clone(),
        since_ms: alarm.since_ms,
    });
    let trunks = monitor.gateway.trunks.iter();
    let queues = monitor.queues.iter().map(|queue| pb::QueueHealth {
        name: queue.name.to_string(),
        waiting: queue.waiting,
        longest_wait_seconds: queue.longest_wait_seconds,
    });
    pb::Monitor {
        agents: Some(pb::AgentCounts {
            ready: agents.ready,
            not_ready: agents.not_ready,
            on_call: agents.on_call,
            after_call_work: agents.after_call_work,
            logged_out: agents.logged_out,
        }),
        active_calls: monitor.gateway.active_calls,
        registered: registered.collect(),
        trunks: trunks
            .map(|trunk| pb::TrunkHealth { name: trunk.name.clone(), up: trunk.up })
            .collect(),
        last_hour: Some(pb::LastHour {
            inbound: hour.inbound,
            outbound: hour.outbound,
            average_handle_seconds: hour.average_handle_seconds,
            abandoned: hour.abandoned,
            abandoned_percent: hour.abandoned_percent,
        }),
        queues: queues.collect(),
        alarms: alarms.collect(),
    }
}

/// The control thread answers at once; a second means that it does not.
const PEEK_LIMIT: Duration = Duration::from_secs(5);
