//! Rows that wait for the database: of each the newest only.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use model::history::{Row, RowKey};
use tokio::sync::Notify;

/// Filled by the control thread, emptied by the writer. Nobody holds it for long.
#[derive(Debug)]
pub(super) struct Spool {
    state: Mutex<State>,
    bell: Notify,
    max: usize,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<RowKey, Row>,
    /// Rows that were taken and are not known to be written yet.
    taken: usize,
    lost: u64,
    is_closed: bool,
}

impl Spool {
    pub fn new(max: usize) -> Self {
        Self { state: Mutex::default(), bell: Notify::new(), max }
    }

    pub fn put(&self, row: Row) {
        {
            let mut state = self.state();
            let is_full = state.rows.len() >= self.max;
            match state.rows.entry(row.key()) {
                Entry::Occupied(mut known) => {
                    known.insert(row);
                }
                Entry::Vacant(_) if is_full => state.lost += 1,
                Entry::Vacant(place) => {
                    place.insert(row);
                }
            }
        }
        self.bell.notify_one();
    }

    pub fn take(&self, max: usize) -> Vec<Row> {
        let mut state = self.state();
        let first = std::iter::from_fn(|| state.rows.pop_first()).take(max);
        let batch: Vec<Row> = first.map(|(_, row)| row).collect();
        state.taken = batch.len();
        batch
    }

    /// What was taken is written, or lost.
    pub fn done(&self) {
        self.state().taken = 0;
    }

    /// Rows that could not be written, unless newer ones have come meanwhile.
    pub fn put_back(&self, batch: Vec<Row>) {
        let mut state = self.state();
        state.taken = 0;
        for row in batch {
            state.rows.entry(row.key()).or_insert(row);
        }
    }

    /// Waits until something was put in or the end has come.
    pub async fn rows(&self) {
        self.bell.notified().await;
    }

    pub fn close(&self) {
        self.state().is_closed = true;
        self.bell.notify_one();
    }

    pub fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    pub fn lose(&self, rows: u64) {
        self.state().lost += rows;
    }

    pub fn lost(&self) -> u64 {
        self.state().lost
    }

    pub fn waiting(&self) -> usize {
        let state = self.state();
        state.rows.len() + state.taken
    }

    /// The map is whole also when a thread died with it in hand.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
