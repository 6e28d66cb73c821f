//! A call at its route point: it comes, asks for a route, and comes back when nobody took it.

use model::{ConnId, EventName, KvList, Now};

use crate::{Switch, call::Call, outbox::Draft, release::Ending};

impl Switch {
    /// EventQueued.
    pub(crate) fn say_queued(&mut self, now: Now, conn: ConnId) {
        self.say_at_route_point(now, conn, EventName::Queued);
    }

    /// EventRouteRequest: the router's turn.
    pub(crate) fn ask_for_route(&mut self, now: Now, conn: ConnId) {
        self.say_at_route_point(now, conn, EventName::RouteRequest);
    }

    fn say_at_route_point(&mut self, now: Now, conn: ConnId, name: EventName) {
        let Some(call) = self.calls.get(&conn) else { return };
        let Some(dn) = call.held_at().cloned() else { return };
        let draft = Draft::new(name, &dn).extensions(queue_extensions(call));
        self.say(now, conn, draft);
    }

    /// Nobody took the call: it waits at its route point again, with its ConnID, its user data
    /// and the time it came. A call whose phone never rang had not left; it is not queued twice.
    pub(crate) fn return_to_queue(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let Some(queue) = &mut call.queue else { return };
        let had_left = !queue.holds;
        queue.holds = true;
        queue.recalls += 1;
        let is_hopeless = queue.recalls > RECALLS_MAX;
        if had_left {
            self.say_queued(now, conn);
        }
        if is_hopeless {
            tracing::warn!(conn_id = %conn, "a call came back to its queue too often");
            self.end_call(now, conn, &Ending::Overflowed);
        } else {
            self.ask_for_route(now, conn);
        }
    }
}

/// `QueuedAt`: when the call came in first, in milliseconds since 1970. `Recalls`: how often it
/// came back.
fn queue_extensions(call: &Call) -> KvList {
    let Some(queue) = &call.queue else { return KvList::new() };
    let queued_at = i64::try_from(queue.entered.unix_ms()).unwrap_or(i64::MAX);
    let extensions = KvList::new().with("QueuedAt", queued_at);
    if queue.recalls == 0 {
        extensions
    } else {
        extensions.with("Recalls", i64::from(queue.recalls))
    }
}

/// After so many phones that did not answer the call is given up: only a router that sends it to
/// the same dead phone again and again gets there.
pub const RECALLS_MAX: u32 = 100;
