//! The index of recordings. The files beside the sound say the same, so it can be made anew.

use model::recording::{RecordingEntry, RecordingId, RecordingQuery};
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use crate::{Store, StoreError};

impl Store {
    /// Notes a recording that has ended; one that is there already is replaced.
    ///
    /// # Errors
    /// When writing fails.
    pub async fn insert_recording(&self, entry: &RecordingEntry) -> Result<(), StoreError> {
        let gaps = serde_json::to_string(&entry.gaps).unwrap_or_else(|_| "[]".into());
        sqlx::query(INSERT)
            .bind(entry.id.to_string())
            .bind(entry.id.call.as_str())
            .bind(&entry.conn)
            .bind(entry.dn.as_str())
            .bind(entry.agent.as_ref().map(|agent| agent.as_str()))
            .bind(&entry.call_type)
            .bind(&entry.ani)
            .bind(&entry.dnis)
            .bind(&entry.other)
            .bind(&entry.mailbox)
            .bind(signed(entry.started_ms))
            .bind(signed(entry.duration_ms))
            .bind(gaps)
            .bind(&entry.failure)
            .bind(&entry.format)
            .bind(signed(entry.bytes))
            .execute(&self.pool)
            .await
            .map(|_| ())
            .map_err(|source| self.query_error("note a recording", source))
    }

    /// The recordings that fit, newest first, and how many fit in all.
    ///
    /// # Errors
    /// When reading fails or a row can't be understood.
    pub async fn recordings(
        &self,
        query: &RecordingQuery,
    ) -> Result<(Vec<RecordingEntry>, u64), StoreError> {
        let failed = |source| self.query_error("list recordings", source);
        let mut count = QueryBuilder::new("SELECT count(*) FROM recordings");
        restrict(&mut count, query);
        let total: i64 = count.build().fetch_one(&self.pool).await.map_err(failed)?.get(0);
        let mut list = QueryBuilder::new("SELECT * FROM recordings");
        restrict(&mut list, query);
        list.push(" ORDER BY started_ms DESC, id LIMIT ").push_bind(i64::from(query.limit));
        list.push(" OFFSET ").push_bind(i64::from(query.offset));
        let rows = list.build().fetch_all(&self.pool).await.map_err(failed)?;
        let entries = rows.iter().map(|row| self.recording_of(row)).collect::<Result<_, _>>()?;
        Ok((entries, unsigned(total)))
    }

    /// One recording; `None` when there is none of this name.
    ///
    /// # Errors
    /// When reading fails or the row can't be understood.
    pub async fn recording(&self, id: RecordingId) -> Result<Option<RecordingEntry>, StoreError> {
        let row = sqlx::query("SELECT * FROM recordings WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(|source| self.query_error("look up a recording", source))?;
        row.map(|row| self.recording_of(&row)).transpose()
    }

    /// Forgets a recording; whether there was one.
    ///
    /// # Errors
    /// When writing fails.
    pub async fn delete_recording(&self, id: RecordingId) -> Result<bool, StoreError> {
        sqlx::query("DELETE FROM recordings WHERE id = ?")
            .bind(id.to_string())
            .execute(&self.pool)
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(|source| self.query_error("forget a recording", source))
    }

    /// Some of the recordings that began before this time, oldest first.
    ///
    /// # Errors
    /// When reading fails or a row can't be understood.
    pub async fn recordings_before(
        &self,
        unix_ms: u64,
        limit: u32,
    ) -> Result<Vec<RecordingEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM recordings WHERE started_ms < ? ORDER BY started_ms LIMIT ?",
        )
        .bind(signed(unix_ms))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|source| self.query_error("look for old recordings", source))?;
        rows.iter().map(|row| self.recording_of(row)).collect()
    }

    /// Those of these recordings that the index does not know.
    ///
    /// # Errors
    /// When reading fails.
    pub async fn unknown_recordings(
        &self,
        ids: &[RecordingId],
    ) -> Result<Vec<RecordingId>, StoreError> {
        let ids = serde_json::to_string(ids).unwrap_or_else(|_| "[]".into());
        let rows = sqlx::query(
            "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM recordings)",
        )
        .bind(ids)
        .fetch_all(&self.pool)
        .await
        .map_err(|source| self.query_error("compare recordings", source))?;
        Ok(rows.iter().filter_map(|row| row.get::<String, _>(0).parse().ok()).collect())
    }

    fn recording_of(&self, row: &SqliteRow) -> Result<RecordingEntry, StoreError> {
        let text = |name: &str| row.get::<String, _>(name);
        let wrong = |problem: &str| StoreError::Row {
            file: self.file.clone(),
            table: "recordings",
            key: text("id"),
            problem: problem.into(),
        };
        let id = text("id").parse().map_err(|_| wrong("id is no name of a recording"))?;
        let gaps = serde_json::from_str(&text("gaps"));
        let number = |name: &str| unsigned(row.get::<i64, _>(name));
        Ok(RecordingEntry {
            id,
            conn: text("conn_id"),
            dn: text("dn").into(),
            agent: row.get::<Option<String>, _>("agent").map(Into::into),
            call_type: text("call_type"),
            ani: text("ani"),
            dnis: text("dnis"),
            other: text("other"),
            mailbox: row.get("mailbox"),
            started_ms: number("started_ms"),
            duration_ms: number("duration_ms"),
            gaps: gaps.map_err(|_| wrong("gaps are no pairs of numbers"))?,
            failure: row.get("failure"),
            bytes: number("bytes"),
            format: text("format"),
        })
    }
}

fn restrict(sql: &mut QueryBuilder<Sqlite>, query: &RecordingQuery) {
    let RecordingQuery { from_ms, to_ms, dn, agent, number, call, mailbox, .. } = query;
    sql.push(" WHERE true");
    if let Some(from) = from_ms {
        sql.push(" AND started_ms >= ").push_bind(signed(*from));
    }
    if let Some(to) = to_ms {
        sql.push(" AND started_ms < ").push_bind(signed(*to));
    }
    if let Some(dn) = dn {
        sql.push(" AND dn = ").push_bind(dn.as_str().to_owned());
    }
    if let Some(agent) = agent {
        sql.push(" AND agent = ").push_bind(agent.as_str().to_owned());
    }
    if let Some(call) = call {
        sql.push(" AND uuid = ").push_bind(call.as_str().to_owned());
    }
    match mailbox.as_deref() {
        None => {}
        Some("") => _ = sql.push(" AND mailbox IS NOT NULL"),
        Some(mailbox) => _ = sql.push(" AND mailbox = ").push_bind(mailbox.to_owned()),
    }
    if let Some(number) = number {
        // instr, not LIKE: what people type has no wildcards.
        for (word, column) in [(" AND (", "ani"), (" OR ", "dnis"), (" OR ", "other")] {
            sql.push(format!("{word}instr({column}, ")).push_bind(number.clone()).push(") > 0");
        }
        sql.push(")");
    }
}

/// SQLite's integers are signed.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

const INSERT: &str = "INSERT OR REPLACE INTO recordings (id, uuid, conn_id, dn, agent, call_type,
    ani, dnis, other, mailbox, started_ms, duration_ms, gaps, failure, format, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use model::{CallUuid, id::CallUuids};

    use super::*;

    const STARTED_MS: u64 = 1_769_440_554_123;

    fn entry(call: CallUuid, part: u32, after_ms: u64, dn: &str, ani: &str) -> RecordingEntry {
        RecordingEntry {
            id: RecordingId { call, part },
            conn: "006c03a7194aa020".into(),
            dn: dn.into(),
            agent: (dn != "5009").then(|| format!("A{dn}").as_str().into()),
            call_type: "Inbound".into(),
            ani: ani.into(),
            dnis: "+18005551234".into(),
            other: ani.into(),
            mailbox: (dn == "5009").then(|| "Support".to_owned()),
            started_ms: STARTED_MS + after_ms,
            duration_ms: 61_234,
            gaps: vec![(1_000, 2_500), (3_000, 3_001)],
            failure: (part > 1).then(|| "cut off: \"a quotation\"".into()),
            bytes: 123_456,
            format: "opus".into(),
        }
    }

    async fn filled() -> (tempfile::TempDir, Store, Vec<RecordingEntry>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut calls = CallUuids::new(7);
        let (one, two) = (calls.draw(), calls.draw());
        let entries = vec![
            entry(one, 1, 0, "5001", "5551234567"),
            entry(one, 2, 10_000, "5002", "5551234567"),
            entry(two, 1, 20_000, "5001", ""),
            entry(two, 2, 30_000, "5009", "100%_x"),
        ];
        for entry in &entries {
            store.insert_recording(entry).await.unwrap();
        }
        (folder, store, entries)
    }

    fn all() -> RecordingQuery {
        RecordingQuery { limit: 100, ..RecordingQuery::default() }
    }

    #[tokio::test]
    async fn an_entry_reads_back_as_it_was_and_its_start_as_a_date() {
        let (_folder, store, entries) = filled().await;
        for entry in &entries {
            assert_eq!(store.recording(entry.id).await.unwrap().as_ref(), Some(entry));
        }
        let started = sqlx::query("SELECT started FROM recordings ORDER BY started_ms");
        let started: String = started.fetch_all(&store.pool).await.unwrap()[0].get(0);
        assert_eq!(started, "2026-01-26T15:15:54.123Z");
        store.insert_recording(&entries[0]).await.unwrap();
        assert_eq!(store.recordings(&all()).await.unwrap().1, 4, "the same again is the same");
    }

    #[tokio::test]
    async fn lists_are_newest_first_by_pages_with_the_total() {
        let (_folder, store, entries) = filled().await;
        let page = RecordingQuery { limit: 2, offset: 1, ..RecordingQuery::default() };
        let (found, total) = store.recordings(&page).await.unwrap();
        assert_eq!((found, total), (vec![entries[2].clone(), entries[1].clone()], 4));
    }

    #[tokio::test]
    async fn each_filter_finds_what_it_says() {
        let (_folder, store, entries) = filled().await;
        let start = STARTED_MS;
        let two = entries[2].id.call;
        for (query, expected) in [
            (all(), vec![3, 2, 1, 0]),
            (RecordingQuery { from_ms: Some(start + 10_000), ..all() }, vec![3, 2, 1]),
            (RecordingQuery { to_ms: Some(start + 10_000), ..all() }, vec![0]),
            (RecordingQuery { dn: Some("5001".into()), ..all() }, vec![2, 0]),
            (RecordingQuery { agent: Some("A5002".into()), ..all() }, vec![1]),
            (RecordingQuery { number: Some("123456".into()), ..all() }, vec![1, 0]),
            (RecordingQuery { number: Some("8005551234".into()), ..all() }, vec![3, 2, 1, 0]),
            (RecordingQuery { number: Some("%".into()), ..all() }, vec![3]),
            (RecordingQuery { number: Some("' OR true --".into()), ..all() }, vec![]),
            (RecordingQuery { call: Some(two), ..all() }, vec![3, 2]),
            (RecordingQuery { call: Some(two), dn: Some("5001".into()), ..all() }, vec![2]),
        ] {
            let (found, total) = store.recordings(&query).await.unwrap();
            let wanted: Vec<RecordingEntry> =
                expected.iter().map(|at: &usize| entries[*at].clone()).collect();
            assert_eq!((found, total), (wanted, expected.len() as u64), "{query:?}");
        }
    }

    #[tokio::test]
    async fn old_ones_are_found_and_forgotten_and_unknown_ones_told() {
        let (_folder, store, entries) = filled().await;
        let old = store.recordings_before(STARTED_MS + 15_000, 10).await.unwrap();
        assert_eq!(old, entries[..2]);
        assert!(store.delete_recording(entries[0].id).await.unwrap());
        assert!(!store.delete_recording(entries[0].id).await.unwrap(), "once");
        assert_eq!(store.recording(entries[0].id).await.unwrap(), None);
        let ids: Vec<RecordingId> = entries.iter().map(|entry| entry.id).collect();
        assert_eq!(store.unknown_recordings(&ids).await.unwrap(), [entries[0].id]);
    }
}
