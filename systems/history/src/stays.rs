//! One call's stays in queues, one after the other.
//!
//! - A call is in one queue at a time, until somebody answers, also while a phone rings for it.
//! - Coming back to the queue where it is (nobody answered) is no new stay; coming to another ends
//!   the stay.
//! - A transfer of a consultation that waits takes its place along.

use std::collections::BTreeMap;

use model::{
    CallState, ConnId, Dn, Event, EventName,
    event::CallAttributes,
    history::{QueueStayRow, Row, StayOutcome},
};

/// The stays of one call.
#[derive(Debug, Default)]
pub struct Stays {
    /// The one that lasts, or the last one.
    last: Option<QueueStayRow>,
    count: u32,
}

impl Stays {
    /// EventQueued.
    pub fn enter(
        &mut self,
        event: &Event,
        conn: ConnId,
        feeds: &BTreeMap<Dn, Dn>,
        rows: &mut Vec<Row>,
    ) {
        let at_ms = event.at.unix_ms();
        if let Some(last) = self.last.as_mut().filter(|last| last.queue == event.this_dn) {
            // Between the phone that did not answer and the queue the call was nowhere.
            let is_back = last.outcome == Some(StayOutcome::Diverted)
                && last.ended_ms == Some(at_ms)
                && last.conn == conn;
            if is_back {
                (last.ended_ms, last.outcome) = (None, None);
                rows.push(Row::QueueStay(last.clone()));
            }
            if last.outcome.is_none() {
                return;
            }
        }
        self.close(at_ms, StayOutcome::Diverted, rows);
        self.count += 1;
        let row = QueueStayRow {
            conn,
            position: self.count,
            queue: event.this_dn.clone(),
            virtual_queue: feeds.get(&event.this_dn).cloned(),
            waiting_since_ms: queued_at(event),
            entered_ms: at_ms,
            ended_ms: None,
            offers: 0,
            dn: None,
            agent: None,
            outcome: None,
        };
        rows.push(Row::QueueStay(row.clone()));
        self.last = Some(row);
    }

    /// Somebody talks who was called.
    pub fn answer(&mut self, event: &Event, rows: &mut Vec<Row>) {
        if let Some(stay) = self.last.as_mut().filter(|stay| stay.outcome.is_none()) {
            stay.dn = Some(event.this_dn.clone());
            stay.agent = event.agent.as_ref().map(|agent| agent.agent.clone());
            self.close(event.at.unix_ms(), StayOutcome::Answered, rows);
        }
    }

    /// A DN leaves the call, or the call a route point.
    pub fn leave(&mut self, event: &Event, attributes: &CallAttributes, rows: &mut Vec<Row>) {
        let Some(stay) = self.last.as_mut().filter(|stay| stay.outcome.is_none()) else { return };
        if event.name == EventName::Diverted && stay.queue == event.this_dn {
            // A phone is called; the stay lasts until it is answered.
            stay.offers += 1;
            rows.push(Row::QueueStay(stay.clone()));
        } else if event.name == EventName::Abandoned {
            // EventAbandoned at a queue also tells of calls that were cleared or overflowed.
            let is_ours =
                matches!(attributes.call_state, CallState::Cleared | CallState::Overflowed);
            let outcome = if is_ours { StayOutcome::Cleared } else { StayOutcome::Abandoned };
            self.close(event.at.unix_ms(), outcome, rows);
        }
    }

    /// The call has ended.
    pub fn end(&mut self, at_ms: u64, rows: &mut Vec<Row>) {
        self.close(at_ms, StayOutcome::Diverted, rows);
    }

    /// The stay that lasts, for the call that the parties go on in.
    pub fn take_along(&mut self, at_ms: u64, rows: &mut Vec<Row>) -> Option<QueueStayRow> {
        let stay = self.last.clone().filter(|stay| stay.outcome.is_none())?;
        self.close(at_ms, StayOutcome::Moved, rows);
        Some(stay)
    }

    /// A stay that began in another call goes on in this one.
    pub fn go_on(&mut self, stay: QueueStayRow, conn: ConnId, at_ms: u64, rows: &mut Vec<Row>) {
        self.close(at_ms, StayOutcome::Diverted, rows);
        self.count += 1;
        let row = QueueStayRow { conn, position: self.count, entered_ms: at_ms, ..stay };
        rows.push(Row::QueueStay(row.clone()));
        self.last = Some(row);
    }

    fn close(&mut self, at_ms: u64, outcome: StayOutcome, rows: &mut Vec<Row>) {
        if let Some(stay) = self.last.as_mut().filter(|stay| stay.outcome.is_none()) {
            stay.ended_ms = Some(at_ms);
            stay.outcome = Some(outcome);
            rows.push(Row::QueueStay(stay.clone()));
        }
    }
}

/// `QueuedAt` of the event, in milliseconds since 1970, or else its own time.
fn queued_at(event: &Event) -> u64 {
    let queued_at = event.extensions.int("QueuedAt").and_then(|ms| u64::try_from(ms).ok());
    queued_at.unwrap_or_else(|| event.at.unix_ms())
}
