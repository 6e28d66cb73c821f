//! Rows into their tables.

use std::collections::BTreeSet;

use model::{
    ConnId, Dn,
    history::{AgentStateRow, CallRow, LegRow, QueueStayRow, Row},
};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, query::Query, sqlite::SqliteArguments};

use crate::history::{intervals, signed};

/// Writes rows, all or none. `now_ms`: the history is known to be complete up to then.
pub(super) async fn write(pool: &SqlitePool, rows: &[Row], now_ms: i64) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut quarters = BTreeSet::new();
    for row in rows {
        write_row(&mut transaction, row).await?;
        intervals::touched(row, &mut quarters);
    }
    intervals::note(&mut transaction, quarters).await?;
    sqlx::query("INSERT INTO history_alive VALUES (1, ?) ON CONFLICT DO UPDATE SET at_ms = ?")
        .bind(now_ms)
        .bind(now_ms)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Rows that a run left open end with its last sign of life.
pub(super) async fn end_what_was_cut_off(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    // A clock that was set back in between must not end anything before it began.
    const STATEMENTS: [&str; 4] = [
        "UPDATE queue_stays SET outcome = 'interrupted', ended_ms = max(entered_ms,
             coalesce((SELECT at_ms FROM history_alive), 0)) WHERE ended_ms IS NULL",
        "UPDATE legs SET outcome = 'interrupted', ended_ms = max(began_ms,
             coalesce(answered_ms, 0), coalesce((SELECT at_ms FROM history_alive), 0))
         WHERE ended_ms IS NULL",
        "UPDATE calls SET outcome = 'interrupted', ended_ms = max(started_ms,
             coalesce(answered_ms, 0), coalesce((SELECT at_ms FROM history_alive), 0))
         WHERE ended_ms IS NULL",
        "UPDATE agent_states SET ended_ms = max(began_ms,
             coalesce((SELECT at_ms FROM history_alive), 0)) WHERE ended_ms IS NULL",
    ];
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    intervals::note_open(&mut transaction).await?;
    for sql in STATEMENTS {
        sqlx::query(sql).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

async fn write_row(to: &mut SqliteConnection, row: &Row) -> Result<(), sqlx::Error> {
    let query = match row {
        Row::AgentState(row) => agent_state(row),
        Row::Call(row) => call(row),
        Row::Leg(row) => leg(row),
        Row::QueueStay(row) => queue_stay(row),
    };
    query.execute(to).await.map(|_| ())
}

type Statement<'a> = Query<'a, Sqlite, SqliteArguments>;

fn agent_state(row: &AgentStateRow) -> Statement<'_> {
    sqlx::query(
        "INSERT OR REPLACE INTO agent_states
         (agent, began_ms, sequence, dn, state, reason, conn_id, ended_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(row.agent.as_str())
    .bind(signed(row.began_ms))
    .bind(signed(row.sequence))
    .bind(row.dn.as_str())
    .bind(row.state.as_str())
    .bind(&row.reason)
    .bind(row.conn.map(id))
    .bind(row.ended_ms.map(signed))
}

fn call(row: &CallRow) -> Statement<'_> {
    sqlx::query(
        "INSERT OR REPLACE INTO calls
         (conn_id, uuid, call_type, ani, dnis, route_point, dn, agent, consult_of, continued_in,
          started_ms, answered_ms, ended_ms, outcome)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id(row.conn))
    .bind(row.uuid.as_str().to_owned())
    .bind(row.call_type.as_str())
    .bind(&row.ani)
    .bind(&row.dnis)
    .bind(row.route_point.as_ref().map(Dn::as_str))
    .bind(row.dn.as_ref().map(Dn::as_str))
    .bind(row.agent.as_ref().map(|agent| agent.as_str()))
    .bind(row.consult_of.map(id))
    .bind(row.continued_in.map(id))
    .bind(signed(row.started_ms))
    .bind(row.answered_ms.map(signed))
    .bind(row.ended_ms.map(signed))
    .bind(&row.outcome)
}

fn leg(row: &LegRow) -> Statement<'_> {
    sqlx::query(
        "INSERT OR REPLACE INTO legs
         (conn_id, position, dn, agent, role, other, route_point, moved_from, began_ms,
          answered_ms, ended_ms, held_ms, holds, outcome)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id(row.conn))
    .bind(i64::from(row.position))
    .bind(row.dn.as_str())
    .bind(row.agent.as_ref().map(|agent| agent.as_str()))
    .bind(format!("{:?}", row.role))
    .bind(row.other.as_ref().map(Dn::as_str))
    .bind(row.route_point.as_ref().map(Dn::as_str))
    .bind(row.moved_from.map(id))
    .bind(signed(row.began_ms))
    .bind(row.answered_ms.map(signed))
    .bind(row.ended_ms.map(signed))
    .bind(signed(row.held_ms))
    .bind(i64::from(row.holds))
    .bind(&row.outcome)
}

fn queue_stay(row: &QueueStayRow) -> Statement<'_> {
    sqlx::query(
        "INSERT OR REPLACE INTO queue_stays
         (conn_id, position, queue, virtual_queue, waiting_since_ms, entered_ms, ended_ms, offers,
          dn, agent, outcome)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id(row.conn))
    .bind(i64::from(row.position))
    .bind(row.queue.as_str())
    .bind(row.virtual_queue.as_ref().map(Dn::as_str))
    .bind(signed(row.waiting_since_ms))
    .bind(signed(row.entered_ms))
    .bind(row.ended_ms.map(signed))
    .bind(i64::from(row.offers))
    .bind(row.dn.as_ref().map(Dn::as_str))
    .bind(row.agent.as_ref().map(|agent| agent.as_str()))
    .bind(row.outcome.map(|outcome| outcome.as_str()))
}

fn id(conn: ConnId) -> String {
    conn.to_string()
}
