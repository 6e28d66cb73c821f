//! Calls that are up or on their way, where they wait, and what was counted of them already.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use model::{
    CallState, CallType, ConnId, Dn, Event, EventName,
    event::{CallAttributes, Part},
};

use crate::hour::Fact;

/// All that is known of calls.
#[derive(Debug, Default)]
pub struct CallTable {
    /// The DNs that have a part in each call; a call without one is over.
    parties: BTreeMap<ConnId, BTreeSet<Dn>>,
    /// Since when calls wait, in time since 1970, by queue.
    waiting: BTreeMap<Dn, BTreeMap<ConnId, Duration>>,
    counted: BTreeMap<ConnId, Counted>,
    /// Calls in `counted`, in the order in which they came.
    order: VecDeque<ConnId>,
}

/// What was counted of a call.
#[derive(Debug, Default)]
struct Counted {
    as_abandoned: bool,
    as_entered: bool,
    as_new: bool,
}

impl CallTable {
    /// Takes in a call's event; says what is to be counted.
    pub fn learn(&mut self, event: &Event, call: &CallAttributes, is_queue: bool) -> Vec<Fact> {
        let (conn, dn) = (call.conn, &event.this_dn);
        let mut facts = Vec::new();
        match event.name.part() {
            Part::Begins | Part::Talks => {
                self.note_new(call, &mut facts);
                self.join(conn, dn);
                if event.name == EventName::Queued {
                    self.enter(event, conn, is_queue, &mut facts);
                }
            }
            Part::Moves => {
                let line = self.waiting.get(dn);
                let since = call.previous_conn.and_then(|conn| line?.get(&conn).copied());
                if let Some(previous) = call.previous_conn {
                    self.leave(previous, dn);
                }
                self.join(conn, dn);
                if let Some(since) = since {
                    self.waiting.entry(dn.clone()).or_default().insert(conn, since);
                }
            }
            Part::Ends => {
                self.leave(conn, dn);
                // EventAbandoned at a queue also tells of calls that were cleared or overflowed.
                let gave_up = event.name == EventName::Abandoned
                    && !matches!(call.call_state, CallState::Cleared | CallState::Overflowed);
                let is_of_queue = is_queue || call.this_queue.is_some();
                if gave_up
                    && is_of_queue
                    && !std::mem::replace(&mut self.counted(conn).as_abandoned, true)
                {
                    facts.push(Fact::Abandoned);
                }
            }
            Part::Stays => {}
        }
        facts
    }

    /// The call waits at a queue or a route point.
    fn enter(&mut self, event: &Event, conn: ConnId, is_queue: bool, facts: &mut Vec<Fact>) {
        if is_queue {
            let since = queued_at(event);
            self.waiting.entry(event.this_dn.clone()).or_default().insert(conn, since);
        }
        if !std::mem::replace(&mut self.counted(conn).as_entered, true) {
            facts.push(Fact::Entered);
        }
    }

    /// Calls that are up or on their way.
    pub fn active(&self) -> usize {
        self.parties.len()
    }

    pub fn is_up(&self, conn: ConnId) -> bool {
        self.parties.contains_key(&conn)
    }

    /// Since when each call waits in a queue, in time since 1970.
    pub fn waiting_since(&self, queue: &Dn) -> impl Iterator<Item = Duration> {
        self.waiting.get(queue).into_iter().flat_map(BTreeMap::values).copied()
    }

    pub fn is_anybody_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn join(&mut self, conn: ConnId, dn: &Dn) {
        self.parties.entry(conn).or_default().insert(dn.clone());
    }

    fn leave(&mut self, conn: ConnId, dn: &Dn) {
        if let Some(parties) = self.parties.get_mut(&conn) {
            parties.remove(dn);
            if parties.is_empty() {
                self.parties.remove(&conn);
            }
        }
        if let Some(line) = self.waiting.get_mut(dn) {
            line.remove(&conn);
            if line.is_empty() {
                self.waiting.remove(dn);
            }
        }
    }

    /// Counts a call that is seen for the first time.
    fn note_new(&mut self, call: &CallAttributes, facts: &mut Vec<Fact>) {
        if std::mem::replace(&mut self.counted(call.conn).as_new, true) {
            return;
        }
        match call.call_type {
            CallType::Inbound => facts.push(Fact::Inbound),
            CallType::Outbound => facts.push(Fact::Outbound),
            CallType::Consult | CallType::Internal | CallType::Unknown => {}
        }
    }

    fn counted(&mut self, conn: ConnId) -> &mut Counted {
        if !self.counted.contains_key(&conn) {
            self.order.push_back(conn);
            self.forget_the_oldest();
        }
        self.counted.entry(conn).or_default()
    }

    /// A call that is over may still be heard of, but not after so many others.
    fn forget_the_oldest(&mut self) {
        if self.order.len() <= REMEMBERED_MAX {
            return;
        }
        if let Some(oldest) = self.order.pop_front() {
            if self.parties.contains_key(&oldest) {
                self.order.push_back(oldest);
            } else {
                self.counted.remove(&oldest);
            }
        }
    }
}

/// `QueuedAt` of the event, in milliseconds since 1970, or else its own time.
pub fn queued_at(event: &Event) -> Duration {
    let queued_at = event.extensions.int("QueuedAt").and_then(|ms| u64::try_from(ms).ok());
    queued_at.map_or(event.at.unix, Duration::from_millis)
}

/// Calls that are remembered as counted: several times what is up at one time.
const REMEMBERED_MAX: usize = 20_000;
