//! From the board to the sockets: one arm per kind of output, nothing decided.

use std::sync::Arc;

use board::{Input, Output};
use io_cti::{Clients, StatClients};
use io_edge::Edge;
use io_media::MediaThread;
use io_prompt::Prompts;
use io_relay::RelayPort;
use io_sip::SipPort;
use io_store::Store;
use io_webhook::Webhooks;
use model::{
    Configuration,
    api::{ApiId, ApiInput, ApiOutput, ApiResponse},
    config::Audit,
    media::MediaCommand,
    monitor::{Metric, Monitor},
    sip::{FIRST_OUTGOING_FLOW, FIRST_WEB_SOCKET_FLOW, SipOutput},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, broadcast, watch},
};

use crate::{
    control::Order,
    counters::{Counters, Saved},
    demo::Customers,
    history::History,
    recordings::Recordings,
    site::Site,
    sounds,
};

/// Everything that the control thread can make happen.
pub struct Ports {
    /// Whoever watches changes of the configuration.
    pub changes: broadcast::Sender<Arc<Audit>>,
    /// 5025.
    pub clients: Clients,
    /// The configuration for the ports 5000.
    pub configuration: watch::Sender<Arc<Configuration>>,
    /// What the Stat Server counts, over restarts.
    pub counters: Counters,
    /// The demo site's customers.
    pub customers: Option<Customers>,
    /// HTTP and WebSockets.
    pub edge: Edge,
    /// What happened, for analysts.
    pub history: History,
    /// Voice.
    pub media: MediaThread,
    /// The dashboard's picture for the port 2020.
    pub monitor: watch::Sender<Arc<Monitor>>,
    /// Back to the control thread.
    pub orders: crossbeam_channel::Sender<Order>,
    /// Password checks at one time: each takes 19 MiB and some milliseconds of a core.
    pub password_checks: Arc<Semaphore>,
    /// What is said to callers.
    pub prompts: Prompts,
    /// STUN and TURN, when they are served.
    pub relay: Option<RelayPort>,
    /// Recorded calls.
    pub recordings: Recordings,
    /// The site as files and in its tables.
    pub site: Site,
    /// Where slow work is done.
    pub runtime: Handle,
    /// 5060.
    pub sip: SipPort,
    /// 2020.
    pub stat_clients: StatClients,
    /// The configuration's tables.
    pub store: Store,
    /// Programs that strategies ask.
    pub webhooks: Webhooks,
}

impl Ports {
    /// Makes an output of the board happen.
    pub fn perform(&mut self, output: Output) {
        match output {
            Output::Api(output) => {
                if let Some(ours) = self.edge.perform(output) {
                    self.perform_api(ours);
                }
            }
            Output::Audit(audit) => {
                // Nobody may watch.
                let _ = self.changes.send(Arc::new(audit.clone()));
                self.site.audit(audit);
            }
            Output::Changed { reference, outcome } => self.site.changed(reference, outcome),
            Output::Client(output) => self.clients.deliver(output),
            Output::History(row) => self.history.record(*row),
            Output::Story(story) => self.history.tell(story),
            Output::Media(command) => self.send_media(command),
            Output::Monitor(monitor) => {
                self.monitor.send_replace(Arc::from(monitor));
            }
            Output::Published(configuration) => self.publish(configuration),
            Output::Rejected(problems) => {
                for problem in problems {
                    tracing::error!(%problem, "the configuration was rejected");
                }
            }
            Output::Sip(output) => self.perform_sip(output),
            Output::Stat(output) => self.stat_clients.deliver(output),
            Output::Webhook(webhook) => self.webhooks.ask(webhook),
        }
    }

    /// Hands a command to the media thread. An announcement's sound is made meanwhile.
    pub fn send_media(&self, command: MediaCommand) {
        let announced = match &command {
            MediaCommand::Announce { leg, announcement, prompt } => {
                Some((*leg, *announcement, Arc::clone(prompt)))
            }
            _ => None,
        };
        if self.media.send(command).is_err() {
            tracing::error!("the media thread does not follow: command dropped");
        }
        if let Some((leg, announcement, prompt)) = announced {
            self.prompts.announce(leg, announcement, prompt);
        }
    }

    /// Figures of the ports for `/metrics`.
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = self.history.metrics();
        metrics.extend(self.recordings.metrics());
        metrics.extend(self.relay.iter().flat_map(RelayPort::metrics));
        metrics
    }

    /// Ends in order: voice stops, the last counters are written, recordings become whole, what
    /// happened is written, the database is closed.
    pub async fn close(self, counted: Saved) {
        self.media.stop();
        let counters = self.counters;
        if tokio::task::spawn_blocking(move || counters.close(counted)).await.is_err() {
            tracing::error!("the last counters may not be saved");
        }
        self.recordings.close().await;
        self.history.close().await;
        self.site.close().await;
        self.store.close().await;
    }

    fn publish(&mut self, configuration: Arc<Configuration>) {
        self.prompts.configure(configuration.clone());
        let is_new = self.configuration.borrow().version != configuration.version;
        self.configuration.send_replace(configuration.clone());
        if is_new {
            self.site.save(configuration);
        }
    }

    fn perform_sip(&self, output: SipOutput) {
        let flow = match &output {
            SipOutput::CloseFlow { flow }
            | SipOutput::Connect { flow, .. }
            | SipOutput::FlowBytes { flow, .. } => flow.0,
            SipOutput::Datagram { .. } | SipOutput::Resolve { .. } | SipOutput::ShutOut { .. } => 0,
        };
        if (FIRST_WEB_SOCKET_FLOW..FIRST_OUTGOING_FLOW).contains(&flow) {
            self.edge.perform_sip(output);
        } else {
            self.sip.perform(output);
        }
    }

    fn perform_api(&self, output: ApiOutput) {
        match output {
            ApiOutput::CheckPassword { check, hash, password } => {
                let (orders, places) = (self.orders.clone(), self.password_checks.clone());
                self.runtime.spawn(async move {
                    let _place = places.acquire().await;
                    let checked = tokio::task::spawn_blocking(move || {
                        io_store::verify_password(hash.as_deref(), &password)
                    });
                    let fits = checked.await.unwrap_or(false);
                    let input = ApiInput::PasswordChecked { check, fits };
                    if orders.try_send(Order::Board(Input::Api(input))).is_err() {
                        tracing::warn!("control queue full: a log-in got no answer");
                    }
                });
            }
            ApiOutput::HashPasswords { id, passwords } => {
                let (orders, places) = (self.orders.clone(), self.password_checks.clone());
                self.runtime.spawn(async move {
                    let _place = places.acquire().await;
                    let hash_all = move || {
                        passwords.iter().map(|password| io_store::hash_password(password)).collect()
                    };
                    let Ok(hashes) = tokio::task::spawn_blocking(hash_all).await else { return };
                    let input = ApiInput::PasswordsHashed { id, hashes };
                    if orders.try_send(Order::Board(Input::Api(input))).is_err() {
                        tracing::warn!("control queue full: a change got no answer");
                    }
                });
            }
            ApiOutput::Audit { .. } | ApiOutput::ConfigurationFile { .. } => {
                self.site.answer(output, &self.edge);
            }
            ApiOutput::CustomerCall { id, ani, dnis, say, asked_by } => {
                tracing::info!(user = %asked_by, "simulated customer asked for");
                let (edge, customers) = (self.edge.clone(), self.customers.clone());
                self.runtime.spawn(async move {
                    let placed = match customers {
                        Some(customers) => customers.place(ani, dnis, say).await,
                        None => Err("There are simulated customers on the demo site only.".into()),
                    };
                    edge.respond(customer_response(id, placed));
                });
            }
            ApiOutput::History { id, query } => self.history.answer(id, query, &self.edge),
            ApiOutput::Recording { .. }
            | ApiOutput::RecordingDelete { .. }
            | ApiOutput::RecordingSound { .. }
            | ApiOutput::Recordings { .. } => self.recordings.answer(output, &self.edge),
            ApiOutput::SoundFile { id, asked_by, work } => {
                let (edge, library) = (self.edge.clone(), self.prompts.library());
                self.runtime.spawn_blocking(move || {
                    edge.respond(sounds::answer(id, &asked_by, &library, work));
                });
            }
            // The edge does these itself.
            ApiOutput::Response(_)
            | ApiOutput::SocketAccept { .. }
            | ApiOutput::SocketClose { .. }
            | ApiOutput::SocketRefuse { .. }
            | ApiOutput::SocketText { .. } => {}
        }
    }
}

fn customer_response(id: ApiId, placed: Result<(), String>) -> ApiResponse {
    match placed {
        Ok(()) => json(id, 200, &serde_json::json!({ "statusCode": 0 })),
        Err(message) => refusal(id, 400, "CustomerCallNotPlaced", &message),
    }
}

pub fn refusal(id: ApiId, status: u16, code: &str, message: &str) -> ApiResponse {
    let body = serde_json::json!({
        "statusCode": 2,
        "statusMessage": message,
        "errorCode": code,
    });
    json(id, status, &body)
}

pub fn json(id: ApiId, status: u16, body: &serde_json::Value) -> ApiResponse {
    ApiResponse {
        id,
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
    }
}
