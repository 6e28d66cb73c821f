//! Between the program and the clients of the Stat Server's port: one mailbox each.
//!
//! A client that reads slowly costs a bounded amount: of each statistic only the newest value
//! waits. Answers wait too, at most [`ANSWERS_MAX`]; a client that asks on without reading is
//! ended.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{Stream, stream};
use model::{
    ClientId, ReferenceId,
    stat::{StatInput, StatOutput, StatReading},
};
use proto::stat::v1 as pb;
use tokio::sync::Notify;
use tonic::Status;

use crate::{
    StatInbox,
    stat_messages::{answer, info},
};

/// Every client that is connected. Cheap to clone: the program keeps one to deliver to.
#[derive(Clone, Debug, Default)]
pub struct StatClients(Arc<Mutex<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    last: u64,
    mailboxes: BTreeMap<ClientId, Arc<Mailbox>>,
    is_over: bool,
}

/// What waits for a client.
#[derive(Debug, Default)]
struct Mailbox {
    mail: Mutex<Mail>,
    came: Notify,
}

#[derive(Debug, Default)]
struct Mail {
    answers: VecDeque<pb::ServerMessage>,
    values: BTreeMap<ReferenceId, StatReading>,
    /// The order in which values came that wait.
    order: VecDeque<ReferenceId>,
    farewell: Option<Status>,
}

impl StatClients {
    /// No clients.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many are connected.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared().mailboxes.len()
    }

    /// Hands the program's word to its client. Never waits. Words to clients that are gone are
    /// dropped.
    pub fn deliver(&self, output: StatOutput) {
        let (StatOutput::Answer { client, .. } | StatOutput::Values { client, .. }) = &output;
        let mailbox = self.shared().mailboxes.get(client).cloned();
        if let Some(mailbox) = mailbox {
            mailbox.put(output);
        }
    }

    /// Opens a client's mailbox.
    pub(crate) fn open(&self, inbox: &StatInbox) -> Result<StatConnection, Status> {
        let mut shared = self.shared();
        if shared.is_over {
            return Err(Status::unavailable(SHUTTING_DOWN));
        }
        shared.last += 1;
        let client = ClientId(shared.last);
        let mailbox = Arc::new(Mailbox::default());
        shared.mailboxes.insert(client, Arc::clone(&mailbox));
        drop(shared);
        let (clients, inbox) = (self.clone(), Arc::clone(inbox));
        Ok(StatConnection { client, mailbox, clients, inbox })
    }

    /// Ends every client: the server goes down.
    pub(crate) fn dismiss_all(&self) {
        let mut shared = self.shared();
        shared.is_over = true;
        for mailbox in shared.mailboxes.values() {
            mailbox.end(Status::unavailable(SHUTTING_DOWN));
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // A panic elsewhere left it whole: every change is one insert or one remove.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox {
    fn put(&self, output: StatOutput) {
        let mut mail = self.mail();
        match output {
            StatOutput::Answer { reference, outcome, .. } => {
                if mail.answers.len() >= ANSWERS_MAX {
                    let status = Status::resource_exhausted(format!(
                        "More than {ANSWERS_MAX} answers were left unread. Read faster, then \
                         connect again."
                    ));
                    mail.farewell.get_or_insert(status);
                } else {
                    mail.answers.push_back(answer(reference, outcome));
                }
            }
            StatOutput::Values { values, .. } => {
                for (reference, reading) in values {
                    if mail.values.insert(reference, reading).is_none() {
                        mail.order.push_back(reference);
                    }
                }
            }
        }
        drop(mail);
        self.came.notify_one();
    }

    fn end(&self, status: Status) {
        self.mail().farewell.get_or_insert(status);
        self.came.notify_one();
    }

    /// The next message; `None` while there is none.
    fn take(&self) -> Option<Result<pb::ServerMessage, Status>> {
        let mut mail = self.mail();
        if let Some(status) = &mail.farewell {
            return Some(Err(status.clone()));
        }
        // Answers first: a statistic's first value is the answer to its opening.
        if let Some(answer) = mail.answers.pop_front() {
            return Some(Ok(answer));
        }
        let reference = mail.order.pop_front()?;
        let reading = mail.values.remove(&reference)?;
        let event = Some(pb::server_message::Event::Info(info(reading)));
        Some(Ok(pb::ServerMessage { reference_id: reference.0, event }))
    }

    fn mail(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's connection: dropped, the program hears that it is closed.
pub struct StatConnection {
    client: ClientId,
    mailbox: Arc<Mailbox>,
    clients: StatClients,
    inbox: StatInbox,
}

impl StatConnection {
    /// Asks the program; when it is full, the answer says so.
    pub fn ask(&self, reference: ReferenceId, request: model::stat::StatRequest) {
        let input = StatInput::Request { client: self.client, reference, request };
        if !(self.inbox)(input) {
            let busy = Status::unavailable("The Stat Server is overloaded. Try again in a moment.");
            self.mailbox.end(busy);
        }
    }

    /// Answers without the program's doing.
    pub fn refuse(&self, reference: ReferenceId, error: model::stat::StatError) {
        let (client, outcome) = (self.client, Err(error));
        self.mailbox.put(StatOutput::Answer { client, reference, outcome });
    }

    /// The next message to the client.
    pub async fn next(&self) -> Result<pb::ServerMessage, Status> {
        loop {
            let came = self.mailbox.came.notified();
            if let Some(message) = self.mailbox.take() {
                return message;
            }
            came.await;
        }
    }
}

impl Drop for StatConnection {
    fn drop(&mut self) {
        let client = self.client;
        self.clients.shared().mailboxes.remove(&client);
        if (self.inbox)(StatInput::Closed { client }) {
            return;
        }
        // The program must hear of it, or it would keep the statistics for ever.
        let inbox = Arc::clone(&self.inbox);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                while !inbox(StatInput::Closed { client }) {
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
            });
        }
    }
}

/// All that the program has to say to a client, until either ends it.
pub fn messages(
    connection: Arc<StatConnection>,
) -> impl Stream<Item = Result<pb::ServerMessage, Status>> {
    stream::unfold(Some(connection), |connection| async {
        let connection = connection?;
        let message = connection.next().await;
        let goes_on = message.is_ok().then_some(connection);
        Some((message, goes_on))
    })
}

/// Answers that a client may leave unread: as many as it may have statistics.
const ANSWERS_MAX: usize = 20_000;
const SHUTTING_DOWN: &str = "The Stat Server is shutting down.";
/// How often a full program is told again that a client is gone.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);
