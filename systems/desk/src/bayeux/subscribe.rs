//! `/meta/subscribe` and `/meta/unsubscribe`.

use model::Now;
use serde_json::json;
use wire_bayeux::{ClientMessage, Pattern, Reply};

use super::{ClientKey, message::reply_to};
use crate::{
    Desk,
    push::{CALLS, DEVICES, LEVELS, STATE, STATISTICS, USERS},
};

impl Desk {
    /// All of the channels or none.
    pub(super) fn subscribe(
        &mut self,
        now: Now,
        key: &ClientKey,
        message: &ClientMessage,
        patterns: &[Pattern],
    ) -> Reply {
        let mut reply = reply_to(now, message);
        reply.subscription = Some(shown(patterns));
        let Some(client) = self.bayeux.clients.get(key) else { return reply };
        let is_supervisor = self.is_supervisor(&client.user);
        if let Some(refused) = patterns.iter().find(|p| !may_subscribe(p, is_supervisor)) {
            let error = wire_bayeux::error(403, refused.as_str(), "Subscription refused");
            return reply.failed(error);
        }
        let new: Vec<Pattern> =
            patterns.iter().filter(|p| !client.patterns.contains(p)).cloned().collect();
        if client.patterns.len() + new.len() > PATTERNS_MAX {
            let error = wire_bayeux::error(403, "", "Too many subscriptions");
            return reply.failed(error);
        }
        if let Some(client) = self.bayeux.clients.get_mut(key) {
            client.patterns.extend(new);
        }
        reply
    }

    pub(super) fn unsubscribe(
        &mut self,
        now: Now,
        key: &ClientKey,
        message: &ClientMessage,
        patterns: &[Pattern],
    ) -> Reply {
        let mut reply = reply_to(now, message);
        reply.subscription = Some(shown(patterns));
        if let Some(client) = self.bayeux.clients.get_mut(key) {
            client.patterns.retain(|pattern| !patterns.contains(pattern));
        }
        reply
    }
}

/// Whether somebody may listen here. Messages of a person go to that person's clients alone, so
/// a wildcard brings nobody anything that isn't theirs; it must only be able to bring something.
fn may_subscribe(pattern: &Pattern, is_supervisor: bool) -> bool {
    if !pattern.is_wild() && pattern.as_str() == USERS {
        return is_supervisor;
    }
    OWN_CHANNELS.iter().any(|channel| pattern.matches(channel))
        || (is_supervisor && pattern.matches(USERS))
}

/// In the form in which clients find their subscription again.
fn shown(patterns: &[Pattern]) -> serde_json::Value {
    match patterns {
        [one] => json!(one.as_str()),
        several => json!(several.iter().map(Pattern::as_str).collect::<Vec<_>>()),
    }
}

/// Channels that everybody has. Some of them carry nothing yet; genuine clients listen all the
/// same.
const OWN_CHANNELS: &[&str] = &[
    CALLS,
    LEVELS,
    DEVICES,
    STATE,
    STATISTICS,
    "/v2/me",
    "/v2/me/channels",
    "/v2/me/interactions",
    "/v2/me/workitems",
    "/v2/me/workbins",
    "/notifications/services",
];
const PATTERNS_MAX: usize = 64;
