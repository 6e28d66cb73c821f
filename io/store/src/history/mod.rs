//! The history's writer: a bounded spool, and a task that empties it into the database.
//!
//! A database that is locked, gone or full for a while costs nothing: rows wait in the spool, of
//! each only the newest, and are written when it is back. A row that waited is told as an alarm.

mod cdr;
#[cfg(test)]
mod docs_tests;
#[cfg(test)]
mod interval_tests;
mod intervals;
mod keep;
mod read;
#[cfg(test)]
mod read_tests;
mod replay;
mod rows;
mod spool;
mod stories;
#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use model::{
    history::Row,
    monitor::{Alarm, AlarmChange, Severity},
};
use tokio::{task::JoinHandle, time};

pub use crate::history::cdr::{CDR_COLUMNS, CdrKind, CdrPlace, CdrRecord, CdrValue};
pub use crate::history::stories::StoryWriter;
use crate::{Store, StoreError, history::spool::Spool};

/// Writes rows. Recording never waits.
#[derive(Debug)]
pub struct HistoryWriter {
    spool: Arc<Spool>,
    writer: JoinHandle<()>,
}

impl HistoryWriter {
    /// Starts the writer on the tokio runtime that this is called in; `tell` is told its alarm.
    #[must_use]
    pub fn start(store: &Store, tell: impl Fn(AlarmChange) + Send + Sync + 'static) -> Self {
        let spool = Arc::new(Spool::new(SPOOL_MAX));
        let task = Task {
            store: store.clone(),
            spool: Arc::clone(&spool),
            tell: Box::new(tell),
            retry: RETRY,
            is_mended: false,
            batch_max: BATCH_MAX,
            told: None,
        };
        Self { spool, writer: tokio::spawn(task.run()) }
    }

    /// Puts a row into the spool. From any thread.
    pub fn record(&self, row: Row) {
        self.spool.put(row);
    }

    /// Rows that were lost because the spool was full or the database refused them.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.spool.lost()
    }

    /// Rows that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.spool.waiting()
    }

    /// Writes what is in the spool and ends.
    pub async fn close(self) {
        self.spool.close();
        if let Err(error) = self.writer.await {
            tracing::error!(%error, "the history's writer broke off");
        }
    }
}

struct Task {
    store: Store,
    spool: Arc<Spool>,
    tell: Box<dyn Fn(AlarmChange) + Send + Sync>,
    retry: Duration,
    /// What the last run left open has been ended.
    is_mended: bool,
    batch_max: usize,
    /// The alarm that stands.
    told: Option<String>,
}

impl Task {
    async fn run(mut self) {
        // The first thing is to end what the last run left open, before any new row comes.
        let mut is_closing = self.empty().await;
        while !is_closing {
            let _ = time::timeout(ALIVE_EVERY, self.spool.rows()).await;
            is_closing = self.empty().await;
        }
    }

    /// Writes until nothing waits, however long the database takes; says whether the end has
    /// come.
    async fn empty(&mut self) -> bool {
        let mut tries_at_the_end = 0;
        loop {
            let is_closed = self.spool.is_closed();
            let batch = self.spool.take(self.batch_max);
            let is_last = batch.len() < self.batch_max;
            match self.write(&batch).await {
                Ok(()) => {
                    self.spool.done();
                    self.clear();
                    self.batch_max = BATCH_MAX;
                    if is_last {
                        return is_closed;
                    }
                }
                Err(error) => {
                    if self.refused(&error) && self.isolate(&batch, &error) {
                        continue;
                    }
                    self.spool.put_back(batch);
                    self.raise(&error);
                    tries_at_the_end += u32::from(is_closed);
                    if tries_at_the_end == CLOSE_TRIES_MAX {
                        let lost = self.spool.waiting();
                        tracing::error!(lost, "history that could not be written is lost");
                        return true;
                    }
                    time::sleep(self.retry).await;
                }
            }
        }
    }

    async fn write(&mut self, batch: &[Row]) -> Result<(), StoreError> {
        self.store.check_place()?;
        let failed = |source| self.store.query_error("write history", source);
        if !self.is_mended {
            rows::end_what_was_cut_off(&self.store.pool).await.map_err(failed)?;
        }
        rows::write(&self.store.pool, batch, unix_ms()).await.map_err(failed)?;
        self.is_mended = true;
        Ok(())
    }

    /// Whether the database refuses a row as such: trying again will not help.
    fn refused(&self, error: &StoreError) -> bool {
        let StoreError::Query { source, .. } = error else { return false };
        let code = source.as_database_error().and_then(|error| error.code());
        let code = code.and_then(|code| code.parse::<u32>().ok());
        // SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH.
        code.is_some_and(|code| matches!(code & 0xff, 18..=20))
    }

    /// Finds the row that is refused by writing one at a time; drops it when it is found. Says
    /// whether to go on at once.
    fn isolate(&mut self, batch: &[Row], error: &StoreError) -> bool {
        if let [row] = batch {
            let error = error as &dyn std::error::Error;
            tracing::error!(error, key = ?row.key(), "a row of the history is refused: lost");
            self.spool.lose(1);
            self.spool.done();
            self.batch_max = BATCH_MAX;
        } else {
            self.spool.put_back(batch.to_vec());
            self.batch_max = 1;
        }
        true
    }

    fn raise(&mut self, error: &StoreError) {
        let (waiting, lost) = (self.spool.waiting(), self.spool.lost());
        let advice = match lost {
            0 => "calls go on, and the rows wait in memory",
            _ => "calls go on, but so much waits that rows are lost",
        };
        let message = format!("The history can't be written ({advice}): {error}.");
        if self.told.as_ref() == Some(&message) {
            return;
        }
        let error = error as &dyn std::error::Error;
        tracing::error!(error, waiting, lost, "the history can't be written");
        (self.tell)(AlarmChange::Raised(Alarm {
            name: ALARM.into(),
            severity: Severity::Warning,
            message: message.clone(),
            since_ms: u64::try_from(unix_ms()).unwrap_or_default(),
        }));
        self.told = Some(message);
    }

    fn clear(&mut self) {
        if self.told.take().is_some() {
            tracing::info!("the history is written again");
            (self.tell)(AlarmChange::Cleared { name: ALARM.into() });
        }
    }
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const ALARM: &str = "history-not-written";
/// Rows that wait while the database can't be written, some hundred bytes each: several minutes
/// of 200 calls a second. When it is full, what is known already is kept up to date and new rows
/// are lost and counted.
const SPOOL_MAX: usize = 300_000;
/// Rows in one transaction.
const BATCH_MAX: usize = 500;
/// How long to wait before trying again.
const RETRY: Duration = Duration::from_secs(1);
/// At the end of the program the database gets so many chances.
const CLOSE_TRIES_MAX: u32 = 3;
/// How often a quiet site notes that it is up.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
