//! `/meta/handshake` and `/meta/disconnect`: how clients come and go.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use model::Now;
use wire_bayeux::{AckAsk, ClientMessage, Reply};

use super::{
    Ack, Client, ClientKey, Via,
    message::{STAY_AWAY, Speaker, reply_to},
};
use crate::{Desk, timers::Timer};

impl Desk {
    pub(super) fn handshake(
        &mut self,
        now: Now,
        speaker: &Speaker,
        message: &ClientMessage,
        via: &Option<Via>,
    ) -> Arc<str> {
        let Some(user) = self.sessions.session(speaker.session).map(|s| s.user.clone()) else {
            return denied(now, message).to_json().into();
        };
        self.make_room(now, speaker);
        let key = ClientKey(self.random.hex(CLIENT_ID_DIGITS).into());
        let is_acked = message.ext.ack == Some(AckAsk::On);
        let socket = match via {
            Some(Via::Socket(socket)) => Some(*socket),
            Some(Via::Http(_)) | None => None,
        };
        let client = Client {
            user: user.clone(),
            session: speaker.session,
            base: Arc::clone(&speaker.base),
            patterns: Vec::new(),
            queue: VecDeque::new(),
            ack: is_acked.then(Ack::default),
            connect: None,
            socket,
        };
        self.bayeux.add(key.clone(), client);
        self.expect_connect(now, &key);
        self.presence_changed(now, &user, Duration::ZERO);

        let mut reply = reply_to(now, message).advised(self.advice());
        reply.client = Some(key.0.to_string());
        reply.ext.ack_on = is_acked;
        reply.to_json().into()
    }

    /// Past the limits, clients that hold no connect go first.
    fn make_room(&mut self, now: Now, speaker: &Speaker) {
        let clients = &self.bayeux.clients;
        let of_session = clients.values().filter(|c| c.session == speaker.session).count();
        let is_full = clients.len() >= self.settings.limits.clients;
        if !is_full && of_session < CLIENTS_OF_SESSION_MAX {
            return;
        }
        let candidates = clients
            .iter()
            .filter(|(_, client)| is_full || client.session == speaker.session)
            .min_by_key(|(_, client)| client.connect.is_some())
            .map(|(key, _)| key.clone());
        if let Some(key) = candidates {
            self.drop_client(now, &key);
        }
    }

    pub(super) fn disconnect(
        &mut self,
        now: Now,
        key: &ClientKey,
        message: &ClientMessage,
    ) -> Reply {
        self.finish_connect_for_good(now, key);
        self.remove_client(now, key, Duration::ZERO);
        reply_to(now, message)
    }

    /// From now on the client has to connect within a limit.
    pub(super) fn expect_connect(&mut self, now: Now, key: &ClientKey) {
        let by = now.instant + self.settings.limits.connect_silence;
        self.timers.set(Timer::Client(key.clone()), by);
    }
}

/// The answer to whoever has no session.
pub(super) fn denied(now: Now, message: &ClientMessage) -> Reply {
    reply_to(now, message).failed(wire_bayeux::error(403, "", "Access denied")).advised(STAY_AWAY)
}

/// 128 bits: whoever knows the id of a client and its session's cookie can speak for it.
const CLIENT_ID_DIGITS: usize = 32;
/// Pages of one browser.
const CLIENTS_OF_SESSION_MAX: usize = 32;
