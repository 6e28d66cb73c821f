//! Bayeux clients: one per page that listens, several per person.
//!
//! A client is born by a handshake, lives by connects, and has a bounded queue of messages. Over
//! long-polling a message goes out with the reply to the held connect; over a WebSocket at once,
//! except with the ack extension, where every message travels with a connect reply so that it can
//! be counted and sent again.

mod connect;
mod deliver;
mod handshake;
mod message;
mod socket;
mod subscribe;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use model::{
    Now, UserName,
    api::{ApiId, SocketId},
};
use wire_bayeux::{MessageId, Pattern, Timesync};

pub(crate) use socket::Socket;

use crate::{Desk, http::ReplyTo, session::SessionId, timers::Timer};

/// A client's id, as both sides know it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientKey(Arc<str>);

impl std::fmt::Debug for ClientKey {
    /// Its beginning: the whole of it is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientKey({}..)", self.0.get(..4).unwrap_or_default())
    }
}

/// Clients and WebSockets.
#[derive(Debug, Default)]
pub(crate) struct Bayeux {
    pub(crate) clients: BTreeMap<ClientKey, Client>,
    pub(crate) sockets: BTreeMap<SocketId, Socket>,
    /// Held long polls, to be found when one is abandoned.
    held: BTreeMap<ApiId, ClientKey>,
    /// Each person's clients: pushes look for them.
    of_user: BTreeMap<UserName, BTreeSet<ClientKey>>,
}

/// A client.
#[derive(Debug)]
pub(crate) struct Client {
    user: UserName,
    session: SessionId,
    base: Arc<str>,
    patterns: Vec<Pattern>,
    queue: VecDeque<Arc<str>>,
    ack: Option<Ack>,
    connect: Option<Held>,
    /// Where it connected last, when that was a WebSocket that is open.
    socket: Option<SocketId>,
}

/// The ack extension's books.
#[derive(Debug, Default)]
struct Ack {
    batch: u64,
    /// Sent and not acknowledged, oldest first.
    unacked: VecDeque<(u64, Vec<Arc<str>>)>,
}

/// A connect that waits for something to happen.
#[derive(Debug)]
struct Held {
    via: Via,
    id: Option<MessageId>,
    timesync: Option<(Timesync, Now)>,
}

/// Where a connect came from.
#[derive(Debug)]
enum Via {
    Http(ReplyTo),
    Socket(SocketId),
}

impl Client {
    /// Messages that are kept for it, sent or not.
    fn backlog(&self) -> usize {
        let unacked = self
            .ack
            .as_ref()
            .map_or(0, |ack| ack.unacked.iter().map(|(_, messages)| messages.len()).sum());
        self.queue.len() + unacked
    }
}

impl Bayeux {
    /// Whether a client of the session holds a connect.
    pub(crate) fn is_attended(&self, session: SessionId) -> bool {
        self.clients.values().any(|client| client.session == session && client.connect.is_some())
    }

    /// Whether a client of the session holds a connect or has a WebSocket.
    fn is_connected(&self, session: SessionId) -> bool {
        let mut clients = self.clients.values().filter(|client| client.session == session);
        clients.any(|client| client.connect.is_some() || client.socket.is_some())
    }

    pub(crate) fn has_clients(&self, user: &UserName) -> bool {
        self.of_user.contains_key(user)
    }

    /// A person's clients that listen to a channel, with the address they know the server by.
    pub(crate) fn subscribers(&self, user: &UserName, channel: &str) -> Vec<(ClientKey, Arc<str>)> {
        let listens = |client: &Client| client.patterns.iter().any(|p| p.matches(channel));
        let keys = self.of_user.get(user).into_iter().flatten();
        keys.filter_map(|key| Some((key, self.clients.get(key)?)))
            .filter(|(_, client)| listens(client))
            .map(|(key, client)| (key.clone(), Arc::clone(&client.base)))
            .collect()
    }

    /// A session's clients that listen to a channel.
    pub(crate) fn subscribers_of(&self, session: SessionId, channel: &str) -> Vec<ClientKey> {
        let listens = |client: &Client| client.patterns.iter().any(|p| p.matches(channel));
        let own = self.clients.iter().filter(|(_, client)| client.session == session);
        own.filter(|(_, client)| listens(client)).map(|(key, _)| key.clone()).collect()
    }

    /// Whether messages wait for a client.
    pub(crate) fn is_behind(&self, key: &ClientKey) -> bool {
        self.clients.get(key).is_none_or(|client| client.backlog() > 0)
    }

    fn add(&mut self, key: ClientKey, client: Client) {
        self.of_user.entry(client.user.clone()).or_default().insert(key.clone());
        self.clients.insert(key, client);
    }

    fn remove(&mut self, key: &ClientKey) -> Option<Client> {
        let client = self.clients.remove(key)?;
        if let Some(keys) = self.of_user.get_mut(&client.user) {
            keys.remove(key);
            if keys.is_empty() {
                self.of_user.remove(&client.user);
            }
        }
        Some(client)
    }

    /// The people who listen to a channel.
    pub(crate) fn listeners_to(&self, channel: &str) -> BTreeSet<UserName> {
        let listens = |client: &&Client| client.patterns.iter().any(|p| p.matches(channel));
        self.clients.values().filter(listens).map(|client| client.user.clone()).collect()
    }
}

impl Desk {
    /// A client is gone, after it had been silent for that long.
    fn remove_client(&mut self, now: Now, key: &ClientKey, silent_for: Duration) {
        let Some(client) = self.bayeux.remove(key) else { return };
        self.timers.cancel(&Timer::Client(key.clone()));
        if let Some(Held { via: Via::Http(reply), .. }) = client.connect {
            self.bayeux.held.remove(&reply.id);
        }
        self.connection_lost(client.session);
        if !self.bayeux.has_clients(&client.user) {
            self.presence_changed(now, &client.user, silent_for);
        }
    }

    /// A connection of this session went away; with the last of them its browser did.
    fn connection_lost(&mut self, session: SessionId) {
        if !self.bayeux.is_connected(session) {
            self.sessions.leave(session);
        }
    }

    /// A session is over; so are its clients and sockets.
    pub(crate) fn session_clients_gone(&mut self, now: Now, session: SessionId) {
        let of_session = |(_, client): &(&ClientKey, &Client)| client.session == session;
        let keys: Vec<ClientKey> =
            self.bayeux.clients.iter().filter(of_session).map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.finish_connect_for_good(now, &key);
            self.remove_client(now, &key, Duration::ZERO);
        }
        self.close_sockets_of(session);
    }
}
