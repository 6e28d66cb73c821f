//! Quarters of an hour, counted from the rows of the history.
//!
//! Whoever writes a row notes the quarters that it touches, in the same transaction; they are
//! counted anew, whole, when there is time. So a count is right whatever came late or twice, and a
//! crash between the two loses nothing.

use std::collections::BTreeSet;

use model::{
    history::{
        Row,
        interval::{IntervalOf, IntervalQuery, QUARTER_MS},
    },
    monitor::Settings,
};
use serde_json::{Map, Value, json};
use sqlx::{Column, Row as _, SqliteConnection, SqlitePool, sqlite::SqliteRow};

use crate::{Store, StoreError, history::signed};

impl Store {
    /// Counts the quarters whose rows have changed, and the one that runs; says how many. What
    /// comes of them is final once they are over and nothing of them goes on.
    ///
    /// # Errors
    /// When reading or writing fails; what is not counted is noted still.
    pub async fn count_intervals(
        &self,
        settings: &Settings,
        now_ms: u64,
    ) -> Result<u64, StoreError> {
        let failed = |source| self.query_error("count intervals", source);
        count(&self.pool, settings, now_ms).await.map_err(failed)
    }

    pub(super) async fn intervals(
        &self,
        query: &IntervalQuery,
        spans: &[(u64, u64)],
    ) -> Result<Vec<Value>, sqlx::Error> {
        let sql = match query.of {
            IntervalOf::Agent => AGENT_SUMS,
            IntervalOf::Queue => QUEUE_SUMS,
            IntervalOf::Site => SITE_SUMS,
        };
        let mut items = Vec::new();
        // One view of the tables for all spans.
        let mut transaction = self.pool.begin().await?;
        for (began_ms, ends_ms) in spans {
            let rows = sqlx::query(sql)
                .bind(signed(*began_ms))
                .bind(signed(*ends_ms))
                .bind(&query.name)
                .fetch_all(&mut *transaction)
                .await?;
            for row in &rows {
                items.push(interval(row, (*began_ms, *ends_ms))?);
            }
        }
        Ok(items)
    }
}

/// The quarters in which a row counts.
pub(super) fn touched(row: &Row, into: &mut BTreeSet<u64>) {
    let moments = match row {
        Row::AgentState(row) => {
            // Its time is shared among all the quarters that it lasts.
            let ended_ms = row.ended_ms.unwrap_or(row.began_ms);
            let first_ms = row.began_ms.max(ended_ms.saturating_sub(STATE_MS_MAX));
            into.extend((quarter(first_ms)..=ended_ms).step_by(STEP));
            return;
        }
        Row::Call(row) => [Some(row.started_ms), row.answered_ms, row.ended_ms],
        Row::Leg(row) => [Some(row.began_ms), row.answered_ms, row.ended_ms],
        Row::QueueStay(row) => [Some(row.entered_ms), row.ended_ms, None],
    };
    into.extend(moments.into_iter().flatten().map(quarter));
}

/// Notes quarters that are to be counted.
pub(super) async fn note(
    to: &mut SqliteConnection,
    quarters: impl IntoIterator<Item = u64>,
) -> Result<(), sqlx::Error> {
    for quarter in quarters {
        sqlx::query("INSERT OR IGNORE INTO intervals_to_count VALUES (?)")
            .bind(signed(quarter))
            .execute(&mut *to)
            .await?;
    }
    Ok(())
}

/// Notes the quarters of all that is open, up to the last sign of life: it is about to be ended.
pub(super) async fn note_open(to: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let span: (Option<i64>, Option<i64>) = sqlx::query_as(
        "SELECT min(began_ms), (SELECT at_ms FROM history_alive) FROM (
             SELECT min(began_ms) AS began_ms FROM agent_states WHERE ended_ms IS NULL
             UNION ALL SELECT min(started_ms) FROM calls WHERE ended_ms IS NULL
             UNION ALL SELECT min(began_ms) FROM legs WHERE ended_ms IS NULL
             UNION ALL SELECT min(entered_ms) FROM queue_stays WHERE ended_ms IS NULL)",
    )
    .fetch_one(&mut *to)
    .await?;
    let (Some(from), Some(until)) = span else { return Ok(()) };
    let (from_ms, until_ms) = (u64::try_from(from).unwrap_or(0), u64::try_from(until).unwrap_or(0));
    let from_ms = from_ms.max(until_ms.saturating_sub(STATE_MS_MAX));
    note(to, (quarter(from_ms)..=until_ms.max(from_ms)).step_by(STEP)).await
}

async fn count(pool: &SqlitePool, settings: &Settings, now_ms: u64) -> Result<u64, sqlx::Error> {
    // States that last fill the running quarter and have filled the one before.
    let running = quarter(now_ms);
    let mut to = pool.begin_with("BEGIN IMMEDIATE").await?;
    note(&mut to, [running.saturating_sub(QUARTER_MS), running]).await?;
    to.commit().await?;
    let mut counted = 0;
    loop {
        let mut to = pool.begin_with("BEGIN IMMEDIATE").await?;
        let next: Option<(i64,)> =
            sqlx::query_as("SELECT began_ms FROM intervals_to_count ORDER BY began_ms LIMIT 1")
                .fetch_optional(&mut *to)
                .await?;
        let Some((began_ms,)) = next else { return Ok(counted) };
        for sql in COUNTS {
            sqlx::query(sql)
                .bind(began_ms)
                .bind(began_ms + signed(QUARTER_MS))
                .bind(signed(now_ms))
                .bind(i64::from(settings.service_level_seconds) * 1000)
                .bind(i64::from(settings.short_abandoned_seconds) * 1000)
                .execute(&mut *to)
                .await?;
        }
        to.commit().await?;
        counted += 1;
        // Rows that wait to be written come in between.
        tokio::task::yield_now().await;
    }
}

/// `wait_max_ms` becomes `waitMaxMs`; the name and the sums are what the query says.
fn interval(row: &SqliteRow, (began_ms, ends_ms): (u64, u64)) -> Result<Value, sqlx::Error> {
    let mut object = Map::new();
    object.insert("beganMs".into(), json!(began_ms));
    object.insert("endedMs".into(), json!(ends_ms));
    for column in row.columns() {
        let value = match column.name() {
            "name" => json!(row.try_get::<Option<String>, _>("name")?),
            name => json!(row.try_get::<i64, _>(name)?),
        };
        object.insert(camel(column.name()), value);
    }
    Ok(Value::Object(object))
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

fn quarter(at_ms: u64) -> u64 {
    at_ms - at_ms % QUARTER_MS
}

const STEP: usize = QUARTER_MS as usize;
/// A state is shared among the quarters of its last days only: a week.
const STATE_MS_MAX: u64 = 7 * 24 * 4 * QUARTER_MS;

/// ?1: began, ?2: ends, ?3: now, ?4: in time, ?5: shortly abandoned.
const COUNTS: [&str; 7] = [
    "DELETE FROM queue_intervals WHERE began_ms = ?1",
    QUEUES,
    "DELETE FROM agent_intervals WHERE began_ms = ?1",
    AGENTS,
    "DELETE FROM site_intervals WHERE began_ms = ?1",
    SITE,
    "DELETE FROM intervals_to_count WHERE began_ms = ?1",
];

/// Each fact of a route point counts for the virtual queue that it feeds as well.
const QUEUES: &str = "
WITH facts (queue, fed, entered, answered, in_time, abandoned, short, cleared, diverted, wait_ms,
            wait_max_ms, handled, talk_ms, held_ms, after_ms) AS (
    SELECT queue, virtual_queue, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM queue_stays
    WHERE entered_ms >= ?1 AND entered_ms < ?2 AND outcome IS NOT 'moved'
    UNION ALL
    SELECT queue, virtual_queue, 0, outcome = 'answered', outcome = 'answered' AND wait_ms <= ?4,
           outcome = 'abandoned', outcome = 'abandoned' AND wait_ms <= ?5, outcome = 'cleared',
           outcome = 'diverted', iif(outcome = 'answered', wait_ms, 0),
           iif(outcome IN ('answered', 'abandoned'), wait_ms, 0), 0, 0, 0, 0 FROM queue_stays
    WHERE ended_ms >= ?1 AND ended_ms < ?2
    UNION ALL
    SELECT l.route_point, (SELECT s.virtual_queue FROM queue_stays s
                           WHERE s.conn_id = l.conn_id AND s.queue = l.route_point),
           0, 0, 0, 0, 0, 0, 0, 0, 0, 1, l.talk_ms, l.held_ms, 0 FROM legs l
    WHERE l.ended_ms >= ?1 AND l.ended_ms < ?2 AND l.answered_ms IS NOT NULL
          AND l.route_point IS NOT NULL AND l.role <> 'Observer'
    UNION ALL
    SELECT s.queue, s.virtual_queue, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a.ended_ms - a.began_ms
    FROM agent_states a JOIN queue_stays s ON s.conn_id = a.conn_id AND s.position =
        (SELECT max(last.position) FROM queue_stays last WHERE last.conn_id = a.conn_id)
    WHERE a.ended_ms >= ?1 AND a.ended_ms < ?2 AND a.state = 'AfterCallWork'
)
INSERT INTO queue_intervals
SELECT ?1, name, sum(entered), sum(answered), sum(in_time), sum(abandoned), sum(short),
       sum(cleared), sum(diverted), sum(wait_ms), max(wait_max_ms), sum(handled), sum(talk_ms),
       sum(held_ms), sum(after_ms)
FROM (SELECT queue AS name, * FROM facts
      UNION ALL SELECT fed, * FROM facts WHERE fed IS NOT NULL AND fed <> queue)
GROUP BY name";

const AGENTS: &str = "
WITH facts (agent, ready_ms, not_ready_ms, after_ms, offered, answered, dialled, handled, talk_ms,
            held_ms) AS (
    SELECT agent, iif(state = 'Ready', ms, 0), iif(state = 'NotReady', ms, 0),
           iif(state = 'AfterCallWork', ms, 0), 0, 0, 0, 0, 0, 0
    FROM (SELECT agent, state, min(coalesce(ended_ms, ?3), ?2) - max(began_ms, ?1) AS ms
          FROM agent_states
          WHERE began_ms < ?2 AND (ended_ms > ?1 OR ended_ms IS NULL)) WHERE ms > 0
    UNION ALL
    SELECT agent, 0, 0, 0, role <> 'Origination', 0, role = 'Origination', 0, 0, 0 FROM legs
    WHERE began_ms >= ?1 AND began_ms < ?2 AND agent IS NOT NULL AND role <> 'Observer'
          AND moved_from IS NULL
    UNION ALL
    SELECT agent, 0, 0, 0, 0, role <> 'Origination', 0, 0, 0, 0 FROM legs
    WHERE answered_ms >= ?1 AND answered_ms < ?2 AND agent IS NOT NULL AND role <> 'Observer'
          AND moved_from IS NULL
    UNION ALL
    SELECT agent, 0, 0, 0, 0, 0, 0, 1, talk_ms, held_ms FROM legs
    WHERE ended_ms >= ?1 AND ended_ms < ?2 AND agent IS NOT NULL AND answered_ms IS NOT NULL
          AND role <> 'Observer'
)
INSERT INTO agent_intervals
SELECT ?1, agent, sum(ready_ms), sum(not_ready_ms), sum(after_ms), sum(offered), sum(answered),
       sum(dialled), sum(handled), sum(talk_ms), sum(held_ms)
FROM facts GROUP BY agent";

const SITE: &str = "
WITH facts (inbound, outbound, internal, consult, answered, abandoned, handled, talk_ms, held_ms)
AS (
    SELECT call_type = 'Inbound', call_type = 'Outbound', call_type = 'Internal',
           call_type = 'Consult', 0, 0, 0, 0, 0 FROM calls
    WHERE started_ms >= ?1 AND started_ms < ?2
    UNION ALL
    SELECT 0, 0, 0, 0, 1, 0, 0, 0, 0 FROM calls WHERE answered_ms >= ?1 AND answered_ms < ?2
    UNION ALL
    SELECT 0, 0, 0, 0, 0, outcome = 'abandoned', 0, 0, 0 FROM calls
    WHERE ended_ms >= ?1 AND ended_ms < ?2
    UNION ALL
    SELECT 0, 0, 0, 0, 0, 0, 1, talk_ms, held_ms FROM legs
    WHERE ended_ms >= ?1 AND ended_ms < ?2 AND answered_ms IS NOT NULL AND role <> 'Observer'
)
INSERT INTO site_intervals
SELECT ?1, sum(inbound), sum(outbound), sum(internal), sum(consult), sum(answered),
       sum(abandoned), sum(handled), sum(talk_ms), sum(held_ms)
FROM facts HAVING count(*) > 0";

/// ?1: from, ?2: to, ?3: a name, or none.
const QUEUE_SUMS: &str = "SELECT queue AS name, sum(entered) AS entered,
    sum(answered) AS answered, sum(answered_in_time) AS answered_in_time,
    sum(abandoned) AS abandoned, sum(short_abandoned) AS short_abandoned,
    sum(cleared) AS cleared, sum(diverted) AS diverted, sum(wait_ms) AS wait_ms,
    max(wait_max_ms) AS wait_max_ms, sum(handled) AS handled, sum(talk_ms) AS talk_ms,
    sum(held_ms) AS held_ms, sum(after_call_work_ms) AS after_call_work_ms
    FROM queue_intervals WHERE began_ms >= ?1 AND began_ms < ?2 AND queue = coalesce(?3, queue)
    GROUP BY queue";
const AGENT_SUMS: &str = "SELECT agent AS name, sum(ready_ms) AS ready_ms,
    sum(not_ready_ms) AS not_ready_ms, sum(after_call_work_ms) AS after_call_work_ms,
    sum(offered) AS offered, sum(answered) AS answered, sum(dialled) AS dialled,
    sum(handled) AS handled, sum(talk_ms) AS talk_ms, sum(held_ms) AS held_ms
    FROM agent_intervals WHERE began_ms >= ?1 AND began_ms < ?2 AND agent = coalesce(?3, agent)
    GROUP BY agent";
const SITE_SUMS: &str = "SELECT NULL AS name, sum(inbound) AS inbound, sum(outbound) AS outbound,
    sum(internal) AS internal, sum(consult) AS consult, sum(answered) AS answered,
    sum(abandoned) AS abandoned, sum(handled) AS handled, sum(talk_ms) AS talk_ms,
    sum(held_ms) AS held_ms
    FROM site_intervals WHERE began_ms >= ?1 AND began_ms < ?2 AND ?3 IS NULL
    HAVING count(*) > 0";
