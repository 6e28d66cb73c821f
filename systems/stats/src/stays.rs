//! Calls in queues: when each came, and how it left.
//!
//! - A call is in one queue at a time. Coming back to the queue where it is (nobody answered) is
//!   no new visit; coming to another queue ends the visit, neither answered nor abandoned.
//! - It stays until somebody answers, also while a phone rings for it.
//! - A transfer of a consultation that waits takes its place along.

use std::collections::BTreeMap;

use model::{
    CallState, ConnId, Dn, DnRole, Event, EventName,
    event::{CallAttributes, Part},
};

use crate::calls::queued_at;

/// What happened to a queue's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueFact {
    /// The caller gave up after so long.
    Abandoned { wait_ms: u64 },
    /// Somebody answered after so long.
    Answered { wait_ms: u64 },
    /// An agent was busy with calls or after them.
    Handled { ms: u64, calls: u64 },
    /// It came.
    Offered,
}

/// Calls that have come to a queue and have not left it for good.
#[derive(Debug, Default)]
pub struct Stays {
    open: BTreeMap<ConnId, Stay>,
}

#[derive(Debug)]
struct Stay {
    queue: Dn,
    since_ms: u64,
}

impl Stays {
    /// Takes in a call's event; says what is to be counted, and where. `is_over`: the event was
    /// the call's last.
    pub fn learn(
        &mut self,
        event: &Event,
        call: &CallAttributes,
        is_queue: bool,
        is_over: bool,
    ) -> Option<(Dn, QueueFact)> {
        let conn = call.conn;
        match event.name.part() {
            Part::Begins => {
                let is_entry = event.name == EventName::Queued && is_queue;
                return if is_entry { self.enter(event, conn) } else { None };
            }
            Part::Talks if !is_queue && call.this_role == DnRole::Destination => {
                let stay = self.open.remove(&conn)?;
                let wait_ms = event.at.unix_ms().saturating_sub(stay.since_ms);
                return Some((stay.queue, QueueFact::Answered { wait_ms }));
            }
            Part::Moves => {
                let moved = call.previous_conn.and_then(|previous| self.open.remove(&previous));
                if let Some(stay) = moved {
                    self.open.entry(conn).or_insert(stay);
                }
            }
            Part::Ends if event.name == EventName::Abandoned => {
                let stay = self.open.remove(&conn)?;
                // EventAbandoned at a queue also tells of calls that were cleared or overflowed.
                if matches!(call.call_state, CallState::Cleared | CallState::Overflowed) {
                    return None;
                }
                let wait_ms = event.at.unix_ms().saturating_sub(stay.since_ms);
                return Some((stay.queue, QueueFact::Abandoned { wait_ms }));
            }
            // After EventDiverted a phone may only be about to ring.
            Part::Ends if is_over && event.name == EventName::Released => {
                self.open.remove(&conn);
            }
            Part::Ends | Part::Stays | Part::Talks => {}
        }
        None
    }

    fn enter(&mut self, event: &Event, conn: ConnId) -> Option<(Dn, QueueFact)> {
        let queue = event.this_dn.clone();
        if self.open.get(&conn).is_some_and(|stay| stay.queue == queue) {
            return None;
        }
        if self.open.len() == OPEN_MAX {
            self.open.pop_first();
        }
        let since_ms = u64::try_from(queued_at(event).as_millis()).unwrap_or(u64::MAX);
        self.open.insert(conn, Stay { queue: queue.clone(), since_ms });
        Some((queue, QueueFact::Offered))
    }
}

/// Several times what waits at one time; beyond it the oldest is no longer followed.
const OPEN_MAX: usize = 20_000;
