//! The legs of one call: each DN's part, from when it dialled, rang or came until it left.

use std::collections::BTreeMap;

use model::{
    ConnId, Dn, Event, EventName,
    event::CallAttributes,
    history::{LegRow, Row},
};

/// The legs of one call.
#[derive(Debug, Default)]
pub struct Legs {
    /// Those whose DN is in the call.
    open: BTreeMap<Dn, Leg>,
    /// How many there were.
    count: u32,
}

#[derive(Debug)]
struct Leg {
    row: LegRow,
    held_since_ms: Option<u64>,
}

impl Legs {
    pub fn is_in(&self, dn: &Dn) -> bool {
        self.open.contains_key(dn)
    }

    /// A DN dials or rings. It may ring again without having left.
    pub fn begin(&mut self, event: &Event, attributes: &CallAttributes, rows: &mut Vec<Row>) {
        if !self.is_in(&event.this_dn) {
            self.add(event, attributes, None, false, rows);
        }
    }

    /// A DN talks.
    pub fn talk(&mut self, event: &Event, attributes: &CallAttributes, rows: &mut Vec<Row>) {
        let Some(leg) = self.open.get_mut(&event.this_dn) else {
            return self.add(event, attributes, None, true, rows);
        };
        if leg.row.answered_ms.is_none() {
            leg.row.answered_ms = Some(event.at.unix_ms());
            leg.row.agent = leg.row.agent.take().or_else(|| agent_of(event));
            rows.push(Row::Leg(leg.row.clone()));
        }
    }

    /// A DN comes from another call.
    pub fn come(
        &mut self,
        event: &Event,
        attributes: &CallAttributes,
        is_talking: bool,
        rows: &mut Vec<Row>,
    ) {
        if !self.is_in(&event.this_dn) {
            self.add(event, attributes, attributes.previous_conn, is_talking, rows);
        }
    }

    /// EventHeld and EventRetrieved; others are nothing to a leg.
    pub fn hold(&mut self, event: &Event, rows: &mut Vec<Row>) {
        let Some(leg) = self.open.get_mut(&event.this_dn) else { return };
        let at_ms = event.at.unix_ms();
        if event.name == EventName::Held && leg.held_since_ms.is_none() {
            leg.held_since_ms = Some(at_ms);
            leg.row.holds += 1;
        } else if event.name == EventName::Retrieved && leg.held_since_ms.is_some() {
            leg.retrieve(at_ms);
        } else {
            return;
        }
        rows.push(Row::Leg(leg.row.clone()));
    }

    /// A DN leaves. Says whether it had talked.
    pub fn end(&mut self, dn: &Dn, at_ms: u64, outcome: &str, rows: &mut Vec<Row>) -> bool {
        let Some(mut leg) = self.open.remove(dn) else { return false };
        leg.retrieve(at_ms);
        leg.row.ended_ms = Some(at_ms);
        leg.row.outcome = Some(outcome.to_owned());
        let had_talked = leg.row.answered_ms.is_some();
        rows.push(Row::Leg(leg.row));
        had_talked
    }

    fn add(
        &mut self,
        event: &Event,
        attributes: &CallAttributes,
        moved_from: Option<ConnId>,
        is_talking: bool,
        rows: &mut Vec<Row>,
    ) {
        self.count += 1;
        let at_ms = event.at.unix_ms();
        let other = attributes.other.as_ref().map(|(dn, _)| dn.clone());
        let row = LegRow {
            conn: attributes.conn,
            position: self.count,
            dn: event.this_dn.clone(),
            agent: agent_of(event),
            role: attributes.this_role,
            other: other.filter(|dn| !dn.as_str().is_empty()),
            route_point: attributes.this_queue.clone(),
            moved_from,
            began_ms: at_ms,
            answered_ms: is_talking.then_some(at_ms),
            ended_ms: None,
            held_ms: 0,
            holds: 0,
            outcome: None,
        };
        rows.push(Row::Leg(row.clone()));
        self.open.insert(event.this_dn.clone(), Leg { row, held_since_ms: None });
    }
}

impl Leg {
    fn retrieve(&mut self, at_ms: u64) {
        if let Some(since_ms) = self.held_since_ms.take() {
            self.row.held_ms += at_ms.saturating_sub(since_ms);
        }
    }
}

fn agent_of(event: &Event) -> Option<model::AgentId> {
    event.agent.as_ref().map(|agent| agent.agent.clone())
}
