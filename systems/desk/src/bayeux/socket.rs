//! Bayeux over WebSocket: who may open one, and what comes over it.
//!
//! Browsers send their cookie with the upgrade and nothing else. Programs that can't send either
//! cookie or Authorization there say who they are in their handshake's `ext`; until then a socket
//! is nobody's, and only for a short while.

use std::{net::IpAddr, sync::Arc, time::Duration};

use model::{
    Now, UserName,
    api::{ApiOutput, ApiRequest, SocketId},
};
use wire_bayeux::{Ask, Credentials, batch};

use super::{
    Client, ClientKey, Held, Via,
    handshake::denied,
    message::{Speaker, unknown_client},
};
use crate::{
    Desk,
    http::{self, is_from_our_pages},
    login::{Claim, Identity, Waiting},
    router,
    session::SessionId,
    timers::Timer,
};

/// A WebSocket that is up.
#[derive(Debug)]
pub(crate) struct Socket {
    session: Option<SessionId>,
    upgrade: ApiRequest,
}

impl Desk {
    pub(crate) fn socket_opened(&mut self, now: Now, socket: SocketId, request: ApiRequest) {
        let refuse = |status| ApiOutput::SocketRefuse { socket, status };
        if !router::is_bayeux(&request.path) {
            return self.say(refuse(404));
        }
        if !is_from_our_pages(&request) {
            return self.say(refuse(403));
        }
        if self.bayeux.sockets.len() >= self.settings.limits.clients {
            return self.say(refuse(503));
        }
        let session = match self.identify(now, &request) {
            Identity::Known { session, .. } => Some(session),
            Identity::Unchecked(claim) => {
                return self.check(now, claim, Waiting::SocketOpened(socket, request));
            }
            // A cookie that is no longer good: the page has to log in again.
            Identity::None if http::cookie(&request, http::SESSION_COOKIE).is_some() => {
                return self.say(refuse(403));
            }
            Identity::None => None,
        };
        match session {
            Some(session) => self.sessions.touch(now, session),
            None if self.nameless_sockets() >= NAMELESS_MAX => return self.say(refuse(503)),
            None => self.timers.set(Timer::Socket(socket), now.instant + NAMELESS_FOR),
        }
        self.bayeux.sockets.insert(socket, Socket { session, upgrade: request });
        self.say(ApiOutput::SocketAccept { socket });
    }

    fn nameless_sockets(&self) -> usize {
        self.bayeux.sockets.values().filter(|socket| socket.session.is_none()).count()
    }

    pub(crate) fn socket_text(&mut self, now: Now, socket: SocketId, text: String) {
        let Some(open) = self.bayeux.sockets.get(&socket) else { return };
        let Ok(messages) = wire_bayeux::parse(text.as_bytes()) else {
            return self.close_socket(now, socket);
        };
        let Some(session) = open.session else {
            return self.socket_handshake(now, socket, text);
        };
        let Some(base) = self.sessions.session(session).map(|s| Arc::clone(&s.base)) else {
            return self.close_socket(now, socket);
        };
        self.sessions.touch(now, session);
        let speaker = Speaker { session, base };
        let mut replies = Vec::new();
        for message in messages {
            let mut via = Some(Via::Socket(socket));
            replies.extend(self.bayeux_message(now, &speaker, &message, &mut via, true));
        }
        if !replies.is_empty() {
            self.say(ApiOutput::SocketText { socket, text: batch(&replies) });
        }
    }

    /// The first words on a socket that is nobody's yet.
    fn socket_handshake(&mut self, now: Now, socket: SocketId, text: String) {
        let Some(open) = self.bayeux.sockets.get(&socket) else { return };
        let (peer, request) = (open.upgrade.peer, open.upgrade.clone());
        match claim_of(&text, peer) {
            Some(claim) if self.is_verified(now, &claim) => {
                let new = self.new_session(&claim.user, &request, None);
                let session = self.open_session(now, new);
                self.timers.cancel(&Timer::Socket(socket));
                if let Some(open) = self.bayeux.sockets.get_mut(&socket) {
                    open.session = Some(session);
                }
                self.socket_text(now, socket, text);
            }
            Some(claim) => self.check(now, claim, Waiting::SocketText(socket, text)),
            None => self.socket_refused(now, socket, &text),
        }
    }

    /// Nobody spoke, or somebody with wrong credentials.
    pub(crate) fn socket_refused(&mut self, now: Now, socket: SocketId, text: &str) {
        let messages = wire_bayeux::parse(text.as_bytes()).unwrap_or_default();
        let replies: Vec<String> = messages
            .iter()
            .map(|message| match message.ask {
                Ask::Handshake { .. } => denied(now, message).to_json(),
                Ask::Connect { .. }
                | Ask::Disconnect
                | Ask::Faulty(_)
                | Ask::Publish(_)
                | Ask::Subscribe(_)
                | Ask::Unsubscribe(_) => unknown_client(now, message).to_json(),
            })
            .collect();
        if !replies.is_empty() {
            self.say(ApiOutput::SocketText { socket, text: batch(&replies) });
        }
    }

    pub(crate) fn socket_closed(&mut self, now: Now, socket: SocketId) {
        self.bayeux.sockets.remove(&socket);
        self.timers.cancel(&Timer::Socket(socket));
        self.check_socket_gone(socket);
        let on_socket = |(_, client): &(&ClientKey, &Client)| client.socket == Some(socket);
        let keys: Vec<ClientKey> =
            self.bayeux.clients.iter().filter(on_socket).map(|(key, _)| key.clone()).collect();
        for key in keys {
            let Some(client) = self.bayeux.clients.get_mut(&key) else { continue };
            client.socket = None;
            let session = client.session;
            // The connect went down with the socket; the client may come back on another.
            if matches!(client.connect, Some(Held { via: Via::Socket(_), .. })) {
                client.connect = None;
                self.expect_connect(now, &key);
            }
            self.connection_lost(session);
        }
    }

    fn close_socket(&mut self, now: Now, socket: SocketId) {
        self.say(ApiOutput::SocketClose { socket });
        self.socket_closed(now, socket);
    }

    pub(super) fn close_sockets_of(&mut self, session: SessionId) {
        let of_session = |(_, socket): &(&SocketId, &Socket)| socket.session == Some(session);
        let ids: Vec<SocketId> =
            self.bayeux.sockets.iter().filter(of_session).map(|(id, _)| *id).collect();
        for socket in ids {
            self.bayeux.sockets.remove(&socket);
            self.say(ApiOutput::SocketClose { socket });
        }
    }

    /// Nobody said who he or she is in time.
    pub(crate) fn socket_unknown(&mut self, socket: SocketId) {
        if self.bayeux.sockets.remove(&socket).is_some() {
            self.check_socket_gone(socket);
            self.say(ApiOutput::SocketClose { socket });
        }
    }
}

/// Who a handshake says that it comes from.
fn claim_of(text: &str, peer: IpAddr) -> Option<Claim> {
    let messages = wire_bayeux::parse(text.as_bytes()).ok()?;
    let is_handshake = |ask: &Ask| matches!(ask, Ask::Handshake { .. });
    let (user, password) = match &messages.iter().find(|m| is_handshake(&m.ask))?.ext.credentials {
        Some(Credentials::Header(header)) => http::basic(header)?,
        Some(Credentials::Plain { user, password }) => {
            (UserName::from(user.as_str()), password.clone())
        }
        None => return None,
    };
    Some(Claim { user, password, peer })
}

/// Sockets that have not said who they are.
const NAMELESS_MAX: usize = 64;
const NAMELESS_FOR: Duration = Duration::from_secs(10);
