//! The queries of docs/history.md, run.
#![allow(clippy::unwrap_used, clippy::panic)]

use model::monitor::Settings;
use sqlx::{Column, Row as _};

use super::{
    tests::{BEGAN_MS, a_day},
    *,
};

const DOCS: &str = include_str!("../../../../docs/history.md");

#[tokio::test]
async fn every_query_of_the_docs_runs_and_finds_something() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    rows::write(&store.pool, &a_day(), 0).await.unwrap();
    let queries: Vec<&'static str> =
        DOCS.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(queries.len() >= 5, "{}", queries.len());
    for query in queries {
        let rows = sqlx::query(query).fetch_all(&store.pool).await;
        let rows = rows.unwrap_or_else(|error| panic!("{error}: {query}"));
        assert!(!rows.is_empty(), "nothing comes of {query}");
    }
}

#[tokio::test]
async fn every_column_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    rows::write(&store.pool, &a_day(), 0).await.unwrap();
    store.count_intervals(&Settings::default(), BEGAN_MS).await.unwrap();
    for sql in [
        "SELECT * FROM calls",
        "SELECT * FROM legs",
        "SELECT * FROM queue_stays",
        "SELECT * FROM agent_states",
        "SELECT * FROM cdr",
        "SELECT * FROM queue_intervals",
        "SELECT * FROM agent_intervals",
        "SELECT * FROM site_intervals",
    ] {
        let rows = sqlx::query(sql).fetch_all(&store.pool).await.unwrap();
        for column in rows.first().unwrap().columns() {
            // `started` stands beside `started_ms`.
            let name = column.name();
            let is_told = [format!("`{name}`"), format!("`{name}_ms`")];
            assert!(is_told.iter().any(|told| DOCS.contains(told)), "{sql}: {name}");
        }
    }
}
