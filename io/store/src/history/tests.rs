//! The tables as an analyst reads them, and what a database does that is not always there.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, sync::Mutex};

use model::{
    AgentState, CallType, ConnId, DnRole,
    history::{AgentStateRow, CallRow, LegRow, QueueStayRow, StayOutcome},
    id::CallUuids,
};
use sqlx::{Connection, Row as _, SqliteConnection};

use super::*;

/// 2026-01-26 15:15:54 UTC.
pub(super) const BEGAN_MS: u64 = 1_769_440_554_000;

pub(super) fn call(number: u64, ended_after_ms: Option<u64>) -> Row {
    let started_ms = BEGAN_MS + number * 1_000;
    Row::Call(CallRow {
        conn: ConnId(number),
        uuid: CallUuids::new(u128::from(number)).draw(),
        call_type: CallType::Inbound,
        ani: Some("5551234567".into()),
        dnis: Some("+18005551234".into()),
        route_point: Some("5000".into()),
        dn: Some("5001".into()),
        agent: Some("5001".into()),
        consult_of: None,
        continued_in: None,
        started_ms,
        answered_ms: Some(started_ms),
        ended_ms: ended_after_ms.map(|ms| started_ms + ms),
        outcome: ended_after_ms.map(|_| "answered".to_owned()),
    })
}

fn leg(number: u64, answered_ms: Option<u64>, ended_ms: Option<u64>) -> Row {
    Row::Leg(LegRow {
        conn: ConnId(number),
        position: 1,
        dn: "5001".into(),
        agent: Some("5001".into()),
        role: DnRole::Destination,
        other: Some("5551234567".into()),
        route_point: Some("5000".into()),
        moved_from: None,
        began_ms: BEGAN_MS,
        answered_ms: answered_ms.map(|ms| BEGAN_MS + ms),
        ended_ms: ended_ms.map(|ms| BEGAN_MS + ms),
        held_ms: 500,
        holds: 1,
        outcome: ended_ms.map(|_| "released".into()),
    })
}

fn stay(number: u64, ended_ms: Option<u64>) -> Row {
    Row::QueueStay(QueueStayRow {
        conn: ConnId(number),
        position: 1,
        queue: "5000".into(),
        virtual_queue: Some("VQ_Support".into()),
        waiting_since_ms: BEGAN_MS,
        entered_ms: BEGAN_MS,
        ended_ms: ended_ms.map(|ms| BEGAN_MS + ms),
        offers: 1,
        dn: Some("5001".into()),
        agent: Some("5001".into()),
        outcome: ended_ms.map(|_| StayOutcome::Answered),
    })
}

fn state(after_ms: u64, ended_ms: Option<u64>) -> Row {
    Row::AgentState(AgentStateRow {
        agent: "5001".into(),
        dn: "5001".into(),
        state: AgentState::AfterCallWork,
        reason: None,
        conn: Some(ConnId(1)),
        began_ms: BEGAN_MS + after_ms,
        sequence: 7,
        ended_ms: ended_ms.map(|ms| BEGAN_MS + ms),
    })
}

/// A call that was answered, one that was not, and a break.
pub(super) fn a_day() -> Vec<Row> {
    let mut rows = vec![call(1, Some(60_000)), leg(1, Some(4_000), Some(60_000))];
    rows.extend([stay(1, Some(4_000)), state(60_000, Some(75_000))]);
    if let Row::Call(mut gave_up) = call(2, Some(9_000)) {
        gave_up.ani = Some("5559876543".into());
        (gave_up.answered_ms, gave_up.outcome) = (None, Some("abandoned".into()));
        rows.push(Row::Call(gave_up));
    }
    if let Row::AgentState(at_lunch) = state(75_000, Some(675_000)) {
        let reason = Some("Lunch".to_owned());
        let state = AgentState::NotReady;
        rows.push(Row::AgentState(AgentStateRow { state, reason, conn: None, ..at_lunch }));
    }
    rows
}

/// A writer that tries again at once, so that no test waits, and the alarms that it told.
fn start(store: &Store, spool_max: usize) -> (HistoryWriter, Arc<Mutex<Vec<AlarmChange>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (spool, alarms) = (Arc::new(Spool::new(spool_max)), Arc::clone(&told));
    let task = Task {
        store: store.clone(),
        spool: Arc::clone(&spool),
        tell: Box::new(move |change| alarms.lock().unwrap().push(change)),
        retry: Duration::from_millis(1),
        is_mended: false,
        batch_max: BATCH_MAX,
        told: None,
    };
    (HistoryWriter { spool, writer: tokio::spawn(task.run()) }, told)
}

async fn until(what: impl Fn() -> bool) {
    while !what() {
        time::sleep(Duration::from_millis(5)).await;
    }
}

async fn text(store: &Store, sql: &'static str) -> Vec<String> {
    let rows = sqlx::query(sql).fetch_all(&store.pool).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

const CALLS: &str = "SELECT concat_ws(' ', conn_id, started, ifnull(ended, '-'),
    ifnull(outcome, '-')) FROM calls ORDER BY conn_id";

#[tokio::test]
async fn the_newest_row_of_a_key_counts_and_the_cdr_sums_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (history, _) = start(&store, SPOOL_MAX);
    for row in [call(1, None), leg(1, None, None), stay(1, None), call(1, Some(60_123))] {
        history.record(row);
    }
    until(|| history.waiting() == 0).await;
    history.record(leg(1, Some(4_000), Some(10_000)));
    history.record(stay(1, Some(4_000)));
    history.record(state(10_000, Some(25_000)));
    history.close().await;
    let cdr = "SELECT concat_ws(' ', conn_id, outcome, duration_ms, last_queue, queue_ms, legs,
        ring_ms, talk_ms, held_ms, after_call_work_ms) FROM cdr";
    assert_eq!(
        text(&store, cdr).await,
        ["0000000000000001 answered 60123 5000 4000 1 4000 5500 500 15000"]
    );
    assert_eq!(
        text(&store, CALLS).await,
        ["0000000000000001 2026-01-26T15:15:55.000Z 2026-01-26T15:16:55.123Z answered"]
    );
}

#[tokio::test]
async fn a_new_run_ends_what_the_last_one_left_open_at_its_last_sign_of_life() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let open = [call(1, None), leg(1, None, None), stay(1, None), state(0, None)];
    rows::write(&store.pool, &open, i64::try_from(BEGAN_MS).unwrap() + 9_000).await.unwrap();
    // In a batch of its own first: what it left open is ended before the new run writes.
    let (history, _) = start(&store, SPOOL_MAX);
    history.record(call(2, None));
    history.close().await;
    let ends = "SELECT concat_ws(' ', 'call', ended, outcome) FROM calls WHERE ended_ms NOT NULL
        UNION ALL SELECT concat_ws(' ', 'leg', ended, outcome) FROM legs
        UNION ALL SELECT concat_ws(' ', 'stay', ended, outcome) FROM queue_stays
        UNION ALL SELECT concat_ws(' ', 'state', ended) FROM agent_states";
    let at = "2026-01-26T15:16:03.000Z";
    let expected = ["call", "leg", "stay"].map(|row| format!("{row} {at} interrupted"));
    assert_eq!(text(&store, ends).await, [&expected[..], &[format!("state {at}")]].concat());
    assert_eq!(text(&store, "SELECT conn_id FROM calls").await.len(), 2, "nothing is doubled");
}

#[tokio::test]
async fn a_database_that_another_program_locks_is_told_and_complete_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_waiting(folder.path(), Duration::ZERO).await.unwrap();
    let mut other =
        SqliteConnection::connect(&format!("sqlite://{}", store.file().display())).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let (history, told) = start(&store, SPOOL_MAX);
    for number in 1..=1_200 {
        history.record(call(number, None));
    }
    until(|| !told.lock().unwrap().is_empty()).await;
    for number in 1..=1_200 {
        history.record(call(number, Some(5_000)));
    }
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    until(|| told.lock().unwrap().len() == 2).await;
    assert_eq!(history.lost(), 0);
    history.close().await;
    let ended = "SELECT conn_id FROM calls WHERE outcome = 'answered'";
    assert_eq!(text(&store, ended).await.len(), 1_200);
    let told = told.lock().unwrap();
    let [AlarmChange::Raised(alarm), AlarmChange::Cleared { name }] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!((&alarm.name, alarm.name.as_str()), (name, ALARM));
    assert!(alarm.message.contains("no other program locks it"), "{}", alarm.message);
}

#[tokio::test]
async fn a_database_that_is_taken_away_is_complete_once_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let aside = folder.path().join("aside");
    let (history, told) = start(&store, SPOOL_MAX);
    history.record(call(1, None));
    until(|| history.waiting() == 0).await;
    fs::rename(store.file(), &aside).unwrap();
    history.record(call(2, Some(1_000)));
    until(|| !told.lock().unwrap().is_empty()).await;
    assert!(matches!(&told.lock().unwrap()[0], AlarmChange::Raised(alarm)
        if alarm.message.contains("put back the one that was there")));
    fs::rename(&aside, store.file()).unwrap();
    history.record(call(1, Some(1_000)));
    history.close().await;
    assert_eq!(text(&store, "SELECT outcome FROM calls").await, ["answered", "answered"]);
}

#[tokio::test]
async fn a_full_spool_keeps_what_is_known_up_to_date_and_counts_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let aside = folder.path().join("aside");
    fs::rename(store.file(), &aside).unwrap();
    let (history, told) = start(&store, 3);
    for number in 1..=5 {
        history.record(call(number, None));
    }
    history.record(call(3, Some(1_000)));
    assert_eq!((history.waiting(), history.lost()), (3, 2));
    until(|| !told.lock().unwrap().is_empty()).await;
    fs::rename(&aside, store.file()).unwrap();
    history.close().await;
    let outcomes = "SELECT concat_ws(' ', conn_id, outcome) FROM calls WHERE conn_id LIKE '%3'";
    assert_eq!(text(&store, outcomes).await, ["0000000000000003 answered"]);
    assert_eq!(text(&store, "SELECT conn_id FROM calls").await.len(), 3);
}

#[tokio::test]
async fn a_row_that_the_database_refuses_does_not_hold_up_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let strict = "CREATE TRIGGER no_seven BEFORE INSERT ON calls WHEN new.conn_id LIKE '%7'
        BEGIN SELECT raise(ABORT, 'no'); END";
    sqlx::query(strict).execute(&store.pool).await.unwrap();
    let (history, _) = start(&store, SPOOL_MAX);
    for number in 1..=9 {
        history.record(call(number, Some(1)));
    }
    until(|| history.waiting() == 0 && history.lost() == 1).await;
    history.close().await;
    assert_eq!(text(&store, "SELECT conn_id FROM calls").await.len(), 8);
}

#[tokio::test]
async fn the_end_of_the_program_does_not_wait_for_a_database_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (history, _) = start(&store, SPOOL_MAX);
    fs::remove_file(store.file()).unwrap();
    history.record(call(1, None));
    history.close().await;
}
