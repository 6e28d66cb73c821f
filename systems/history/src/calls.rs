//! Calls, and who has a part in each.
//!
//! A call begins with its first event and ends when no DN of the site has a part in it any more: a
//! call that was transferred out of the site ends there. Between two DNs a call may be nowhere for
//! a moment (a single-step transfer, a phone that did not answer); it goes on when the next one
//! comes, so what has ended is remembered for a while.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{
    CallState, CallType, ConnId, Dn, DnRole, Event, EventName,
    event::{CallAttributes, Part},
    history::{CallRow, Row},
};

use crate::{legs::Legs, stays::Stays};

/// Calls that are up or ended lately.
#[derive(Debug, Default)]
pub struct Calls {
    calls: BTreeMap<ConnId, Call>,
    /// Those that ended, oldest first.
    ended: VecDeque<ConnId>,
    /// The call that ended last at each DN of the site.
    last: BTreeMap<Dn, ConnId>,
}

#[derive(Debug)]
struct Call {
    row: CallRow,
    /// DNs that have a part in it.
    parties: BTreeSet<Dn>,
    legs: Legs,
    stays: Stays,
}

impl Calls {
    /// Takes in a call's event; `feeds`: the virtual queue of each route point.
    pub fn learn(
        &mut self,
        event: &Event,
        attributes: &CallAttributes,
        feeds: &BTreeMap<Dn, Dn>,
        rows: &mut Vec<Row>,
    ) {
        match event.name.part() {
            Part::Begins => {
                let call = self.join(event, attributes, rows);
                if event.name == EventName::Queued {
                    call.stays.enter(event, attributes.conn, feeds, rows);
                    call.note(rows, |row| {
                        row.route_point.get_or_insert_with(|| event.this_dn.clone());
                    });
                } else {
                    call.legs.begin(event, attributes, rows);
                }
            }
            Part::Talks => self.join(event, attributes, rows).talk(event, attributes, rows),
            Part::Moves => {
                if let Some(previous) = attributes.previous_conn {
                    self.move_on(event, attributes, previous, rows);
                }
            }
            Part::Ends => self.leave(event, attributes, rows),
            Part::Stays => {
                if let Some(call) = self.calls.get_mut(&attributes.conn) {
                    call.legs.hold(event, rows);
                }
            }
        }
    }

    /// The call that ended last at a DN.
    pub fn last_at(&self, dn: &Dn) -> Option<ConnId> {
        self.last.get(dn).copied()
    }

    /// The event's DN has a part in the call, which is begun when it is new.
    fn join(
        &mut self,
        event: &Event,
        attributes: &CallAttributes,
        rows: &mut Vec<Row>,
    ) -> &mut Call {
        self.make_room();
        let call = self.calls.entry(attributes.conn).or_insert_with(|| {
            let row = begun(event, attributes);
            rows.push(Row::Call(row.clone()));
            Call { row, parties: BTreeSet::new(), legs: Legs::default(), stays: Stays::default() }
        });
        call.parties.insert(event.this_dn.clone());
        call.note(rows, |row| (row.ended_ms, row.outcome) = (None, None));
        call
    }

    /// A DN goes on in this call and was in that one before.
    fn move_on(
        &mut self,
        event: &Event,
        attributes: &CallAttributes,
        previous: ConnId,
        rows: &mut Vec<Row>,
    ) {
        let (dn, at_ms) = (&event.this_dn, event.at.unix_ms());
        let (mut was_talking, mut stay) = (false, None);
        if let Some(before) = self.calls.get_mut(&previous) {
            was_talking = before.legs.end(dn, at_ms, "moved", rows);
            stay = before.stays.take_along(at_ms, rows);
            before.note(rows, |row| row.continued_in = Some(attributes.conn));
            before.parties.remove(dn);
        }
        self.end_when_empty(previous, event, attributes.call_state, rows);
        let call = self.join(event, attributes, rows);
        let is_at_route_point = stay.as_ref().is_some_and(|stay| stay.queue == *dn);
        if let Some(stay) = stay {
            call.stays.go_on(stay, attributes.conn, at_ms, rows);
        }
        if !is_at_route_point {
            call.legs.come(event, attributes, was_talking, rows);
        }
        if was_talking {
            call.note(rows, |row| {
                row.answered_ms.get_or_insert(at_ms);
            });
        }
    }

    fn leave(&mut self, event: &Event, attributes: &CallAttributes, rows: &mut Vec<Row>) {
        let (conn, dn) = (attributes.conn, &event.this_dn);
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let outcome = ending(event.name, attributes.call_state);
        if call.legs.is_in(dn) {
            self.last.insert(dn.clone(), conn);
        }
        call.legs.end(dn, event.at.unix_ms(), &outcome, rows);
        call.stays.leave(event, attributes, rows);
        call.parties.remove(dn);
        self.end_when_empty(conn, event, attributes.call_state, rows);
    }

    fn end_when_empty(
        &mut self,
        conn: ConnId,
        event: &Event,
        state: CallState,
        rows: &mut Vec<Row>,
    ) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        if !call.parties.is_empty() || call.row.ended_ms.is_some() {
            return;
        }
        let at_ms = event.at.unix_ms();
        call.stays.end(at_ms, rows);
        call.note(rows, |row| {
            row.ended_ms = Some(at_ms);
            row.outcome = Some(match row.answered_ms {
                Some(_) => "answered".to_owned(),
                None => ending(event.name, state),
            });
        });
        self.ended.push_back(conn);
    }

    /// Forgets what ended long ago, and at the limit the oldest that is still up: its row stays
    /// as it was told last.
    fn make_room(&mut self) {
        while self.ended.len() > ENDED_MAX {
            let Some(conn) = self.ended.pop_front() else { break };
            if self.calls.get(&conn).is_some_and(|call| call.row.ended_ms.is_some()) {
                self.calls.remove(&conn);
            }
        }
        if self.calls.len() >= CALLS_MAX {
            self.calls.pop_first();
        }
    }
}

impl Call {
    fn talk(&mut self, event: &Event, attributes: &CallAttributes, rows: &mut Vec<Row>) {
        let at_ms = event.at.unix_ms();
        self.legs.talk(event, attributes, rows);
        // A supervisor who listens is in the call, and has not answered it.
        if attributes.this_role == DnRole::Observer {
            return;
        }
        if attributes.this_role != DnRole::Origination {
            self.stays.answer(event, rows);
        }
        self.note(rows, |row| {
            row.answered_ms.get_or_insert(at_ms);
            row.dn.get_or_insert_with(|| event.this_dn.clone());
            row.agent = row.agent.take().or_else(|| Some(event.agent.as_ref()?.agent.clone()));
        });
    }

    /// Changes the row, and tells it when it is not as it was.
    fn note(&mut self, rows: &mut Vec<Row>, change: impl FnOnce(&mut CallRow)) {
        let before = self.row.clone();
        change(&mut self.row);
        if self.row != before {
            rows.push(Row::Call(self.row.clone()));
        }
    }
}

fn begun(event: &Event, attributes: &CallAttributes) -> CallRow {
    let is_consult =
        attributes.call_type == CallType::Consult && event.name != EventName::PartyChanged;
    CallRow {
        conn: attributes.conn,
        uuid: attributes.uuid,
        call_type: attributes.call_type,
        ani: attributes.ani.clone(),
        dnis: attributes.dnis.clone(),
        route_point: None,
        dn: None,
        agent: None,
        consult_of: attributes.previous_conn.filter(|_| is_consult),
        continued_in: None,
        started_ms: event.at.unix_ms(),
        answered_ms: None,
        ended_ms: None,
        outcome: None,
    }
}

/// How a party, or a call that nobody answered, ended: by its last event.
fn ending(name: EventName, state: CallState) -> String {
    match (name, state) {
        (EventName::Abandoned, CallState::Ok | CallState::Abandoned) => "abandoned".to_owned(),
        (EventName::Diverted, CallState::Ok) => "diverted".to_owned(),
        (_, CallState::Ok) => "released".to_owned(),
        (_, other) => words(other.as_str()),
    }
}

/// `RemoteRelease` as analysts read it: `remote release`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// Calls that ended and may yet go on: minutes of a busy site.
const ENDED_MAX: usize = 2_000;
/// Calls that are known at one time: several times what a node carries.
const CALLS_MAX: usize = 50_000;
