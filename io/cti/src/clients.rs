//! A bounded queue per client between the program and the client's stream.

use std::{
    collections::BTreeMap,
    iter,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::Stream;
use model::{
    ClientId,
    tserver::{ClientInput, ClientMessage, ClientOutput},
};
use prost::Message;
use proto::tserver::v1::ServerMessage;
use tokio::sync::{
    Notify,
    mpsc::{self, error::TrySendError},
};
use tonic::Status;

use crate::{Inbox, events::server_message};

/// Every client that is connected. Cheap to clone: the program keeps one to deliver to.
#[derive(Clone, Debug, Default)]
pub struct Clients(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// ServerStartTime: tells this run of the server from others.
    started: u64,
    last: AtomicU64,
    lines: Mutex<BTreeMap<ClientId, Line>>,
}

impl Default for Shared {
    fn default() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started = u64::try_from(since_1970.as_micros()).unwrap_or(u64::MAX);
        Self { started, last: AtomicU64::default(), lines: Mutex::default() }
    }
}

#[derive(Debug)]
struct Line {
    queue: mpsc::Sender<ServerMessage>,
    /// Bytes on the wire of what is in the queue.
    queued: Arc<AtomicUsize>,
    end: Arc<End>,
    /// What the port itself said before the program's first word, EventLinkConnected, which goes
    /// before; `None` from then on.
    early: Option<Vec<ServerMessage>>,
}

impl Line {
    /// Queues a message; `true` when there is no room.
    fn put(&self, message: ServerMessage) -> bool {
        let length = message.encoded_len();
        if self.queued.load(Ordering::Relaxed) + length > QUEUE_BYTES_MAX {
            return true;
        }
        // Before it can be taken out.
        self.queued.fetch_add(length, Ordering::Relaxed);
        matches!(self.queue.try_send(message), Err(TrySendError::Full(_)))
    }
}

/// How a client's stream ends.
#[derive(Debug, Default)]
struct End {
    /// What the client is told last, when we end it.
    farewell: OnceLock<Status>,
    /// Told once when the stream is over, whoever ended it.
    over: Notify,
}

impl Clients {
    /// No clients.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many are connected.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lines().len()
    }

    /// Hands the program's word to its client. Never waits: a client that leaves [`QUEUE_MAX`]
    /// messages or [`QUEUE_BYTES_MAX`] unread is ended with RESOURCE_EXHAUSTED. Messages to clients
    /// that are gone are dropped.
    pub fn deliver(&self, output: ClientOutput) {
        match output {
            ClientOutput::Close { client, reason } => {
                self.dismiss(client, Status::resource_exhausted(reason));
            }
            ClientOutput::Send { client, message } => self.send(client, &message),
        }
    }

    fn send(&self, client: ClientId, message: &ClientMessage) {
        let message = server_message(message, self.0.started);
        let is_full = {
            let mut lines = self.lines();
            let Some(line) = lines.get_mut(&client) else { return };
            let early = line.early.take().unwrap_or_default();
            iter::once(message).chain(early).any(|message| line.put(message))
        };
        if is_full {
            self.dismiss_slow(client);
        }
    }

    /// Sends what the port itself has to say.
    fn send_own(&self, client: ClientId, message: &ClientMessage) {
        let message = server_message(message, self.0.started);
        let is_full = {
            let mut lines = self.lines();
            let Some(line) = lines.get_mut(&client) else { return };
            match &mut line.early {
                Some(early) if early.len() < EARLY_MAX => return early.push(message),
                Some(_) => true,
                None => line.put(message),
            }
        };
        if is_full {
            self.dismiss_slow(client);
        }
    }

    fn dismiss_slow(&self, client: ClientId) {
        tracing::warn!(%client, "a T-Server client reads too slowly and is ended");
        let status = Status::resource_exhausted(format!(
            "More than {QUEUE_MAX} messages or {QUEUE_BYTES_MAX} bytes were left unread. Read \
             faster or register fewer DNs, then connect again."
        ));
        self.dismiss(client, status);
    }

    /// Ends every client: the server goes down.
    pub(crate) fn dismiss_all(&self) {
        let clients: Vec<ClientId> = self.lines().keys().copied().collect();
        for client in clients {
            self.dismiss(client, Status::unavailable("The T-Server is shutting down."));
        }
    }

    /// Opens a client's line and tells the program of it.
    pub(crate) fn open(
        &self,
        inbox: &Inbox,
        application: String,
    ) -> Result<(Connection, Outgoing), Status> {
        let client = ClientId(self.0.last.fetch_add(1, Ordering::Relaxed) + 1);
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let (end, queued) = (Arc::new(End::default()), Arc::new(AtomicUsize::default()));
        let line = Line {
            queue,
            queued: Arc::clone(&queued),
            end: Arc::clone(&end),
            early: Some(Vec::new()),
        };
        self.lines().insert(client, line);
        if !inbox(ClientInput::Opened { client, application }) {
            self.lines().remove(&client);
            return Err(Status::unavailable("The T-Server is overloaded. Try again in a moment."));
        }
        let outgoing = Outgoing { messages, queued, end: Arc::clone(&end), is_over: false };
        let connection =
            Connection { client, clients: self.clone(), inbox: Arc::clone(inbox), end };
        Ok((connection, outgoing))
    }

    fn dismiss(&self, client: ClientId, status: Status) {
        if let Some(line) = self.lines().remove(&client) {
            // Set before the queue closes, so that the stream finds it at its end.
            let _ = line.end.farewell.set(status);
            line.end.over.notify_one();
        }
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, BTreeMap<ClientId, Line>> {
        // A panic elsewhere left the map whole: every change is one insert or one remove.
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's connection as its task holds it: dropped, the program hears that it is closed.
pub struct Connection {
    pub client: ClientId,
    clients: Clients,
    inbox: Inbox,
    end: Arc<End>,
}

impl Connection {
    /// Hands a client's word to the program; `false` when it is full.
    pub fn tell(&self, input: ClientInput) -> bool {
        (self.inbox)(input)
    }

    /// ServerStartTime.
    pub fn server_start_time(&self) -> u64 {
        self.clients.0.started
    }

    /// Sends to the client without the program's doing.
    pub fn send(&self, message: &ClientMessage) {
        self.clients.send_own(self.client, message);
    }

    /// Waits until the stream to the client is over.
    pub async fn over(&self) {
        self.end.over.notified().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let client = self.client;
        self.clients.lines().remove(&client);
        if (self.inbox)(ClientInput::Closed { client }) {
            return;
        }
        // The program must hear of it, or it would keep the client for ever.
        let inbox = Arc::clone(&self.inbox);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                while !inbox(ClientInput::Closed { client }) {
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
            });
        }
    }
}

/// The stream to a client.
#[derive(Debug)]
pub struct Outgoing {
    messages: mpsc::Receiver<ServerMessage>,
    queued: Arc<AtomicUsize>,
    end: Arc<End>,
    is_over: bool,
}

impl Stream for Outgoing {
    type Item = Result<ServerMessage, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        match self.messages.poll_recv(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(message)) => {
                self.queued.fetch_sub(message.encoded_len(), Ordering::Relaxed);
                Poll::Ready(Some(Ok(message)))
            }
            Poll::Ready(None) => {
                self.is_over = true;
                Poll::Ready(self.end.farewell.get().map(|status| Err(status.clone())))
            }
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.end.over.notify_one();
    }
}

/// Messages that a client may leave unread.
pub const QUEUE_MAX: usize = 1024;
/// What they may come to: dozens of calls with all the user data there can be.
pub const QUEUE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Messages of the port that wait for the program's first word: one per request, and with that
/// word they fit into the queue.
const EARLY_MAX: usize = QUEUE_MAX - 1;
/// How often a full program is told again that a client is gone.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);
