//! Call detail records, a page at a time: however many there are, few are in memory.

use model::history::CallsQuery;
use sqlx::{QueryBuilder, Row as _};

use crate::{
    Store, StoreError,
    history::{read::restrict, signed},
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CdrKind {
    /// A count or milliseconds.
    Number,
    /// Text.
    Text,
    /// A moment, in milliseconds since 1970.
    Time,
}

/// What a record says in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CdrValue {
    /// Nothing.
    Missing,
    /// Of [`CdrKind::Number`] and [`CdrKind::Time`].
    Number(i64),
    /// Of [`CdrKind::Text`].
    Text(String),
}

/// One value for each of [`CDR_COLUMNS`].
pub type CdrRecord = Vec<CdrValue>;

/// The last record of a page: the next one begins after it.
pub type CdrPlace = (u64, String);

/// Names as docs/history.md explains them; a time's column in the table ends in `_ms`.
pub const CDR_COLUMNS: [(&str, CdrKind); 22] = [
    ("conn_id", CdrKind::Text),
    ("uuid", CdrKind::Text),
    ("call_type", CdrKind::Text),
    ("ani", CdrKind::Text),
    ("dnis", CdrKind::Text),
    ("route_point", CdrKind::Text),
    ("last_queue", CdrKind::Text),
    ("dn", CdrKind::Text),
    ("agent", CdrKind::Text),
    ("consult_of", CdrKind::Text),
    ("continued_in", CdrKind::Text),
    ("started", CdrKind::Time),
    ("answered", CdrKind::Time),
    ("ended", CdrKind::Time),
    ("outcome", CdrKind::Text),
    ("duration_ms", CdrKind::Number),
    ("queue_ms", CdrKind::Number),
    ("legs", CdrKind::Number),
    ("ring_ms", CdrKind::Number),
    ("talk_ms", CdrKind::Number),
    ("held_ms", CdrKind::Number),
    ("after_call_work_ms", CdrKind::Number),
];

impl Store {
    /// Records of calls that have ended, oldest first, and where to go on; nothing more to come
    /// when that is `None`. `limit` and `offset` of the query don't matter.
    ///
    /// # Errors
    /// When reading fails.
    pub async fn cdr_page(
        &self,
        query: &CallsQuery,
        after: Option<&CdrPlace>,
    ) -> Result<(Vec<CdrRecord>, Option<CdrPlace>), StoreError> {
        let mut page = QueryBuilder::new("SELECT c.started_ms AS place_ms");
        for (name, kind) in CDR_COLUMNS {
            let ending = if kind == CdrKind::Time { "_ms" } else { "" };
            page.push(", c.").push(name).push(ending).push(" AS ").push(name);
        }
        page.push(" FROM cdr c");
        restrict(&mut page, query);
        page.push(" AND c.ended_ms IS NOT NULL");
        if let Some((started_ms, conn)) = after {
            page.push(" AND (c.started_ms, c.conn_id) > (").push_bind(signed(*started_ms));
            page.push(", ").push_bind(conn.clone()).push(")");
        }
        page.push(" ORDER BY c.started_ms, c.conn_id LIMIT ").push_bind(PAGE);
        let read = async {
            let rows = page.build().fetch_all(&self.pool).await?;
            let records = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
            let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows == PAGE);
            let last = match rows.last().filter(|_| is_full) {
                Some(row) => {
                    let started_ms: i64 = row.try_get("place_ms")?;
                    Some((u64::try_from(started_ms).unwrap_or(0), row.try_get("conn_id")?))
                }
                None => None,
            };
            Ok((records, last))
        };
        read.await.map_err(|source| self.query_error("read call detail records", source))
    }
}

fn record(row: &sqlx::sqlite::SqliteRow) -> Result<CdrRecord, sqlx::Error> {
    let value = |(name, kind)| match kind {
        CdrKind::Number | CdrKind::Time => row
            .try_get::<Option<i64>, _>(name)
            .map(|number| number.map_or(CdrValue::Missing, CdrValue::Number)),
        CdrKind::Text => row
            .try_get::<Option<String>, _>(name)
            .map(|text| text.map_or(CdrValue::Missing, CdrValue::Text)),
    };
    CDR_COLUMNS.into_iter().map(value).collect()
}

/// Records of one page.
const PAGE: i64 = 5_000;
