//! How long the history is kept.

use sqlx::SqlitePool;

use crate::{Store, StoreError};

impl Store {
    /// Deletes what ended before a time, a small batch at a time, so that whoever else writes waits
    /// for moments only. Says how many rows went; what goes on stays.
    ///
    /// # Errors
    /// When writing fails; what is deleted by then is.
    pub async fn delete_history_before(&self, unix_ms: u64) -> Result<u64, StoreError> {
        let before = i64::try_from(unix_ms).unwrap_or(i64::MAX);
        self.delete_before(&ROWS, before).await
    }

    /// Deletes the intervals that began before a time, likewise.
    ///
    /// # Errors
    /// When writing fails; what is deleted by then is.
    pub async fn delete_intervals_before(&self, unix_ms: u64) -> Result<u64, StoreError> {
        self.delete_before(&INTERVALS, i64::try_from(unix_ms).unwrap_or(i64::MAX)).await
    }

    /// Deletes the stories of calls that ended before a time, likewise.
    ///
    /// # Errors
    /// When writing fails; what is deleted by then is.
    pub async fn delete_stories_before(&self, unix_ms: u64) -> Result<u64, StoreError> {
        self.delete_before(&STORIES, i64::try_from(unix_ms).unwrap_or(i64::MAX)).await
    }

    async fn delete_before(
        &self,
        statements: &[&'static str],
        before: i64,
    ) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for sql in statements {
            deleted += in_batches(&self.pool, sql, before)
                .await
                .map_err(|source| self.query_error("delete old history", source))?;
        }
        Ok(deleted)
    }
}

async fn in_batches(pool: &SqlitePool, sql: &'static str, before: i64) -> Result<u64, sqlx::Error> {
    let mut deleted = 0;
    loop {
        let done = sqlx::query(sql).bind(before).bind(AT_ONCE).execute(pool).await?;
        deleted += done.rows_affected();
        if done.rows_affected() < AT_ONCE.unsigned_abs() {
            return Ok(deleted);
        }
        tokio::task::yield_now().await;
    }
}

const STORIES: [&str; 1] = ["DELETE FROM call_stories WHERE rowid IN
         (SELECT rowid FROM call_stories WHERE ended_ms < ? LIMIT ?)"];
/// Parts before their calls, so that no part is ever without one; each by the end of its own.
const ROWS: [&str; 4] = [
    "DELETE FROM legs WHERE rowid IN
         (SELECT rowid FROM legs WHERE ended_ms < ? LIMIT ?)",
    "DELETE FROM queue_stays WHERE rowid IN
         (SELECT rowid FROM queue_stays WHERE ended_ms < ? LIMIT ?)",
    "DELETE FROM calls WHERE rowid IN
         (SELECT rowid FROM calls WHERE ended_ms < ? LIMIT ?)",
    "DELETE FROM agent_states WHERE rowid IN
         (SELECT rowid FROM agent_states WHERE ended_ms < ? LIMIT ?)",
];
const INTERVALS: [&str; 3] = [
    "DELETE FROM queue_intervals WHERE rowid IN
         (SELECT rowid FROM queue_intervals WHERE began_ms < ? LIMIT ?)",
    "DELETE FROM agent_intervals WHERE rowid IN
         (SELECT rowid FROM agent_intervals WHERE began_ms < ? LIMIT ?)",
    "DELETE FROM site_intervals WHERE rowid IN
         (SELECT rowid FROM site_intervals WHERE began_ms < ? LIMIT ?)",
];
/// Rows in one transaction.
const AT_ONCE: i64 = 200;
