//! A message on its way to one client.

use std::sync::Arc;

use model::{Now, api::ApiOutput};
use wire_bayeux::batch;

use super::{ClientKey, connect::take_messages};
use crate::Desk;

impl Desk {
    /// Sends a message now, or keeps it until the client connects. A client that lets too many
    /// pile up is dropped; it shakes hands again and reads the state afresh.
    pub(crate) fn deliver(&mut self, now: Now, key: &ClientKey, message: Arc<str>) {
        let Some(client) = self.bayeux.clients.get_mut(key) else { return };
        if client.backlog() >= self.settings.limits.queue {
            self.meter.clients_overflowed += 1;
            return self.drop_client(now, key);
        }
        client.queue.push_back(message);
        if client.ack.is_none()
            && let Some(socket) = client.socket
        {
            let messages = take_messages(client);
            self.meter.messages_delivered += 1;
            self.say(ApiOutput::SocketText { socket, text: batch(&messages) });
        } else if client.connect.is_some() {
            let messages = take_messages(client);
            self.finish_connect(now, key, messages, None);
        }
    }
}
