//! The calls of this moment, a row each.

use std::collections::BTreeMap;

use model::{
    CallType, CallUuid, ConnId, Dn, Event, EventName,
    event::{CallAttributes, Part},
    monitor::{CallRow, CallStage},
};

/// Calls that are up or on their way.
#[derive(Debug, Default)]
pub struct LiveCalls {
    calls: BTreeMap<ConnId, LiveCall>,
}

#[derive(Debug)]
struct LiveCall {
    uuid: CallUuid,
    call_type: CallType,
    ani: Option<String>,
    dnis: Option<String>,
    queue: Option<Dn>,
    since_ms: u64,
    parties: BTreeMap<Dn, CallStage>,
}

impl LiveCalls {
    pub fn learn(&mut self, event: &Event, call: &CallAttributes) {
        let (conn, dn) = (call.conn, &event.this_dn);
        let stage = match event.name.part() {
            Part::Begins if event.name == EventName::Queued => CallStage::Waiting,
            Part::Begins => CallStage::Ringing,
            Part::Talks => CallStage::Talking,
            Part::Moves => {
                let before = call.previous_conn.and_then(|previous| self.leave(previous, dn));
                before.unwrap_or(CallStage::Talking)
            }
            Part::Ends => {
                self.leave(conn, dn);
                return;
            }
            Part::Stays => return,
        };
        if self.calls.len() == CALLS_MAX && !self.calls.contains_key(&conn) {
            self.calls.pop_first();
        }
        let live = self.calls.entry(conn).or_insert_with(|| LiveCall {
            uuid: call.uuid,
            call_type: call.call_type,
            ani: None,
            dnis: None,
            queue: None,
            since_ms: event.at.unix_ms(),
            parties: BTreeMap::new(),
        });
        live.parties.insert(dn.clone(), stage);
        live.ani = call.ani.clone().or_else(|| live.ani.take());
        live.dnis = call.dnis.clone().or_else(|| live.dnis.take());
        let queue = if stage == CallStage::Waiting { Some(dn) } else { call.this_queue.as_ref() };
        live.queue = queue.cloned().or_else(|| live.queue.take());
    }

    /// The call's id, and who else is in it than this DN.
    pub fn seen_from(&self, conn: ConnId, dn: &Dn) -> Option<(CallUuid, Option<String>)> {
        let live = self.calls.get(&conn)?;
        let other = || live.parties.keys().find(|party| *party != dn).map(Dn::to_string);
        let customer = match live.call_type {
            CallType::Inbound => live.ani.clone(),
            CallType::Outbound => live.dnis.clone(),
            CallType::Consult | CallType::Internal | CallType::Unknown => None,
        };
        Some((live.uuid, customer.or_else(other)))
    }

    /// The longest first, so many as can be read.
    pub fn rows(&self, mos: &BTreeMap<ConnId, f32>) -> Vec<CallRow> {
        let mut calls: Vec<(&ConnId, &LiveCall)> = self.calls.iter().collect();
        calls.sort_by_key(|(_, call)| call.since_ms);
        let row = |(conn, call): (&ConnId, &LiveCall)| call.row(mos.get(conn).copied());
        calls.into_iter().take(ROWS_MAX).map(row).collect()
    }

    fn leave(&mut self, conn: ConnId, dn: &Dn) -> Option<CallStage> {
        let live = self.calls.get_mut(&conn)?;
        let stage = live.parties.remove(dn);
        if live.parties.is_empty() {
            self.calls.remove(&conn);
        }
        stage
    }
}

impl LiveCall {
    fn row(&self, mos: Option<f32>) -> CallRow {
        let has = |stage| self.parties.values().any(|party| *party == stage);
        let state = [CallStage::Talking, CallStage::Ringing].into_iter().find(|stage| has(*stage));
        let phones = self.parties.iter().filter(|(_, stage)| **stage != CallStage::Waiting);
        CallRow {
            id: self.uuid,
            call_type: self.call_type.as_str(),
            state: state.unwrap_or(CallStage::Waiting),
            ani: self.ani.clone(),
            dnis: self.dnis.clone(),
            queue: self.queue.clone(),
            dns: phones.map(|(dn, _)| dn.clone()).collect(),
            since_ms: self.since_ms,
            mos,
        }
    }
}

/// Several times what is up at one time; beyond it the oldest call has no row.
const CALLS_MAX: usize = 20_000;
/// Nobody reads more; the number of all calls is told besides.
const ROWS_MAX: usize = 500;
