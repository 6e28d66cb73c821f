//! `/meta/connect`: held until there is something to tell, or for as long as agreed.

use std::{sync::Arc, time::Duration};

use model::{Now, api::ApiId, api::ApiOutput};
use wire_bayeux::{AckAsk, Advice, ClientMessage, batch};

use super::{
    Ack, Client, ClientKey, Held, Via,
    message::{SHAKE_HANDS, STAY_AWAY, UNKNOWN_CLIENT, reply_to, reply_to_held},
};
use crate::{Desk, timers::Timer};

impl Desk {
    /// Replies at once when there are messages or the client wants it so; else the connect is
    /// held and takes `via` with it.
    pub(super) fn connect(
        &mut self,
        now: Now,
        key: &ClientKey,
        message: &ClientMessage,
        timeout_ms: Option<u64>,
        via: &mut Option<Via>,
    ) -> Vec<Arc<str>> {
        // A second connect means that the first is lost, or that the page was copied: the copy
        // must not go on polling.
        self.finish_connect(now, key, Vec::new(), Some(STAY_AWAY));
        let Some(client) = self.bayeux.clients.get_mut(key) else { return Vec::new() };
        client.socket = match via {
            Some(Via::Socket(socket)) => Some(*socket),
            Some(Via::Http(_)) | None => None,
        };
        if let (Some(AckAsk::Batch(last)), Some(_)) = (message.ext.ack, &client.ack) {
            acknowledge(client, last);
        }
        let messages = take_messages(client);
        let hold = self.settings.limits.connect_hold;
        let hold = timeout_ms.map_or(hold, |ms| hold.min(Duration::from_millis(ms)));
        // Without the ack extension a WebSocket has its messages at once; its connect is held all
        // the same, as a sign of life.
        let is_pushed = client.socket.is_some() && client.ack.is_none();
        if hold.is_zero() || (!messages.is_empty() && !is_pushed) {
            let mut reply = reply_to(now, message);
            reply.ext.ack_batch = batch_of(client, &messages);
            if timeout_ms.is_some() {
                reply.advice = Some(self.advice());
            }
            self.meter.messages_delivered += u64::try_from(messages.len()).unwrap_or(0);
            self.expect_connect(now, key);
            let mut out = messages;
            out.push(reply.to_json().into());
            return out;
        }
        let Some(via) = via.take() else { return messages };
        if let Via::Http(reply) = &via {
            self.bayeux.held.insert(reply.id, key.clone());
        }
        let timesync = message.ext.timesync.map(|asked| (asked, now));
        client.connect = Some(Held { via, id: message.id.clone(), timesync });
        self.timers.set(Timer::Client(key.clone()), now.instant + hold);
        self.meter.messages_delivered += u64::try_from(messages.len()).unwrap_or(0);
        messages
    }

    /// Answers a held connect with these messages in front.
    pub(super) fn finish_connect(
        &mut self,
        now: Now,
        key: &ClientKey,
        messages: Vec<Arc<str>>,
        advice: Option<Advice>,
    ) {
        let Some(client) = self.bayeux.clients.get_mut(key) else { return };
        let Some(held) = client.connect.take() else { return };
        let mut reply = reply_to_held(now, &held);
        reply.ext.ack_batch = batch_of(client, &messages);
        if advice == Some(SHAKE_HANDS) {
            reply.error = Some(UNKNOWN_CLIENT.into());
        }
        reply.advice = advice;
        self.meter.messages_delivered += u64::try_from(messages.len()).unwrap_or(0);
        let mut out = messages;
        out.push(reply.to_json().into());
        self.expect_connect(now, key);
        match held.via {
            Via::Http(reply) => {
                self.bayeux.held.remove(&reply.id);
                self.respond(reply, 200, batch(&out));
            }
            Via::Socket(socket) => {
                self.say(ApiOutput::SocketText { socket, text: batch(&out) });
            }
        }
    }

    /// The client is to be gone, and is not to come back by itself.
    pub(super) fn finish_connect_for_good(&mut self, now: Now, key: &ClientKey) {
        self.finish_connect(now, key, Vec::new(), Some(STAY_AWAY));
    }

    /// The client is dropped; it finds out at its connect and shakes hands again.
    pub(super) fn drop_client(&mut self, now: Now, key: &ClientKey) {
        self.finish_connect(now, key, Vec::new(), Some(SHAKE_HANDS));
        self.remove_client(now, key, Duration::ZERO);
    }

    /// A held connect's time is up, or one that was due did not come.
    pub(crate) fn client_timer(&mut self, now: Now, key: &ClientKey) {
        let Some(client) = self.bayeux.clients.get_mut(key) else { return };
        if client.connect.is_some() {
            self.finish_connect(now, key, Vec::new(), None);
        } else {
            self.remove_client(now, key, self.settings.limits.connect_silence);
        }
    }

    /// The client left a held long poll.
    pub(crate) fn connect_abandoned(&mut self, now: Now, id: ApiId) {
        let Some(key) = self.bayeux.held.remove(&id) else { return };
        if let Some(client) = self.bayeux.clients.get_mut(&key) {
            client.connect = None;
            let session = client.session;
            self.expect_connect(now, &key);
            self.connection_lost(session);
        }
    }
}

/// What waits for the client, taken out; with the ack extension a new batch of it is booked.
pub(super) fn take_messages(client: &mut Client) -> Vec<Arc<str>> {
    let messages: Vec<Arc<str>> = client.queue.drain(..).collect();
    if let Some(ack) = client.ack.as_mut().filter(|_| !messages.is_empty()) {
        ack.batch += 1;
        ack.unacked.push_back((ack.batch, messages.clone()));
    }
    messages
}

/// What the client has not acknowledged goes back to the front of the queue.
fn acknowledge(client: &mut Client, last: u64) {
    let Some(Ack { unacked, .. }) = &mut client.ack else { return };
    let lost = unacked.drain(..).filter(|(batch, _)| *batch > last);
    let lost: Vec<Arc<str>> = lost.flat_map(|(_, messages)| messages).collect();
    for message in lost.into_iter().rev() {
        client.queue.push_front(message);
    }
}

fn batch_of(client: &Client, messages: &[Arc<str>]) -> Option<u64> {
    client.ack.as_ref().filter(|_| !messages.is_empty()).map(|ack| ack.batch)
}
