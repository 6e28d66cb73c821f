//! Bodies and frames, message by message.

use std::sync::Arc;

use model::Now;
use wire_bayeux::{Advice, Ask, ClientMessage, Reconnect, Reply, TimesyncReply, batch};
use wire_rest::{Problem, StatusCode};

use super::{ClientKey, Held, Via};
use crate::{Desk, http::Caller, session::SessionId};

/// Whose messages they are.
#[derive(Clone, Debug)]
pub(super) struct Speaker {
    pub(super) session: SessionId,
    pub(super) base: Arc<str>,
}

impl Desk {
    /// A long-polling body.
    pub(crate) fn bayeux_request(&mut self, now: Now, caller: Caller, body: &[u8]) {
        let messages = match wire_bayeux::parse(body) {
            Ok(messages) => messages,
            Err(fault) => {
                let problem = Problem::new(
                    400,
                    StatusCode::ParameterMissing,
                    "MalformedBayeux",
                    fault.to_string(),
                );
                return self.fail(caller.reply, &problem);
            }
        };
        let speaker = Speaker { session: caller.session, base: caller.base };
        // A connect holds the whole response, so one with company is answered at once.
        let may_hold = messages.len() == 1;
        let mut via = Some(Via::Http(caller.reply));
        let mut replies = Vec::new();
        for message in messages {
            replies.extend(self.bayeux_message(now, &speaker, &message, &mut via, may_hold));
        }
        if let Some(Via::Http(reply)) = via {
            self.respond(reply, 200, batch(&replies));
        }
    }

    /// One message's replies. A connect that is held takes `via` with it and has none yet.
    pub(super) fn bayeux_message(
        &mut self,
        now: Now,
        speaker: &Speaker,
        message: &ClientMessage,
        via: &mut Option<Via>,
        may_hold: bool,
    ) -> Vec<Arc<str>> {
        let reply = match &message.ask {
            Ask::Handshake { .. } => return vec![self.handshake(now, speaker, message, via)],
            Ask::Faulty(error) => reply_to(now, message).failed(error),
            Ask::Publish(channel) => {
                let error = wire_bayeux::error(403, channel.as_str(), "Publishing is not offered");
                reply_to(now, message).failed(error)
            }
            Ask::Connect { .. } | Ask::Disconnect | Ask::Subscribe(_) | Ask::Unsubscribe(_) => {
                let Some(key) = self.known_client(speaker, message) else {
                    return vec![unknown_client(now, message).to_json().into()];
                };
                return self.bayeux_client_message(now, &key, message, via, may_hold);
            }
        };
        vec![reply.to_json().into()]
    }

    fn bayeux_client_message(
        &mut self,
        now: Now,
        key: &ClientKey,
        message: &ClientMessage,
        via: &mut Option<Via>,
        may_hold: bool,
    ) -> Vec<Arc<str>> {
        let reply = match &message.ask {
            Ask::Connect { timeout_ms } => {
                let hold = if may_hold { *timeout_ms } else { Some(0) };
                return self.connect(now, key, message, hold, via);
            }
            Ask::Disconnect => self.disconnect(now, key, message),
            Ask::Subscribe(patterns) => self.subscribe(now, key, message, patterns),
            Ask::Unsubscribe(patterns) => self.unsubscribe(now, key, message, patterns),
            Ask::Faulty(_) | Ask::Handshake { .. } | Ask::Publish(_) => reply_to(now, message),
        };
        vec![reply.to_json().into()]
    }

    /// The client that a message names, when it belongs to the speaker.
    fn known_client(&self, speaker: &Speaker, message: &ClientMessage) -> Option<ClientKey> {
        let key = ClientKey(message.client.as_deref()?.into());
        let client = self.bayeux.clients.get(&key)?;
        (client.session == speaker.session).then_some(key)
    }

    /// How clients are to connect.
    pub(super) fn advice(&self) -> Advice {
        let limits = &self.settings.limits;
        let ms = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Advice {
            reconnect: Reconnect::Retry,
            interval_ms: 0,
            timeout_ms: ms(limits.connect_hold),
            max_interval_ms: ms(limits.connect_silence),
        }
    }
}

/// The successful reply to a message, said at once.
pub(super) fn reply_to(now: Now, message: &ClientMessage) -> Reply {
    let mut reply = Reply::new(&message.channel, message.id.clone());
    reply.ext.timesync = message.ext.timesync.map(|asked| TimesyncReply {
        asked,
        received_ms: now.unix_ms(),
        processing_ms: 0,
    });
    reply
}

/// The reply to a connect that was held.
pub(super) fn reply_to_held(now: Now, held: &Held) -> Reply {
    let mut reply = Reply::new("/meta/connect", held.id.clone());
    reply.ext.timesync = held.timesync.map(|(asked, received)| TimesyncReply {
        asked,
        received_ms: received.unix_ms(),
        processing_ms: now.unix_ms().saturating_sub(received.unix_ms()),
    });
    reply
}

/// The client was never there, or is gone: shake hands again.
pub(super) fn unknown_client(now: Now, message: &ClientMessage) -> Reply {
    reply_to(now, message).failed(UNKNOWN_CLIENT).advised(SHAKE_HANDS)
}

pub(super) const UNKNOWN_CLIENT: &str = "402::Unknown client";
pub(super) const SHAKE_HANDS: Advice =
    Advice { reconnect: Reconnect::Handshake, interval_ms: 0, timeout_ms: 0, max_interval_ms: 0 };
pub(super) const STAY_AWAY: Advice =
    Advice { reconnect: Reconnect::None, interval_ms: 0, timeout_ms: 0, max_interval_ms: 0 };
