//! The history read back, and deleted when it is old.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use model::{
    ConnId,
    history::{CallsQuery, HistoryQuery},
    id::CallUuids,
};
use serde_json::{Value, json};

use super::{
    tests::{BEGAN_MS, a_day},
    *,
};

async fn site() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    rows::write(&store.pool, &a_day(), 0).await.unwrap();
    (folder, store)
}

/// The ConnIDs that a query finds, and how many there are in all.
async fn found(store: &Store, query: CallsQuery) -> (Vec<u64>, u64) {
    let limit = if query.limit == 0 { 10 } else { query.limit };
    let query = HistoryQuery::Calls(CallsQuery { limit, ..query });
    let listed = store.history(&query, &[]).await.unwrap().unwrap();
    let conn = |call: &Value| u64::from_str_radix(call["connId"].as_str().unwrap(), 16).unwrap();
    let items = listed["items"].as_array().unwrap();
    (items.iter().map(conn).collect(), listed["total"].as_u64().unwrap())
}

#[tokio::test]
async fn calls_are_found_by_time_number_dn_agent_and_queue() {
    let (_folder, store) = site().await;
    let all = CallsQuery::default;
    assert_eq!(found(&store, all()).await, (vec![2, 1], 2), "newest first");
    assert_eq!(found(&store, CallsQuery { limit: 1, offset: 1, ..all() }).await, (vec![1], 2));
    let second_ms = Some(BEGAN_MS + 2_000);
    assert_eq!(found(&store, CallsQuery { from_ms: second_ms, ..all() }).await, (vec![2], 1));
    assert_eq!(found(&store, CallsQuery { to_ms: second_ms, ..all() }).await, (vec![1], 1));
    for (query, expected) in [
        (CallsQuery { ani: Some("5551".into()), ..all() }, vec![1]),
        (CallsQuery { dn: Some("5001".into()), ..all() }, vec![1]),
        (CallsQuery { dn: Some("5002".into()), ..all() }, vec![]),
        (CallsQuery { agent: Some("5001".into()), ..all() }, vec![1]),
        (CallsQuery { queue: Some("5000".into()), ..all() }, vec![1]),
        (CallsQuery { queue: Some("VQ_Support".into()), ..all() }, vec![1]),
    ] {
        assert_eq!(found(&store, query.clone()).await.0, expected, "{query:?}");
    }
}

#[tokio::test]
async fn one_call_is_told_with_its_parts() {
    let (_folder, store) = site().await;
    let uuid = CallUuids::new(1).draw();
    let told = store.history(&HistoryQuery::Call(uuid), &[]).await.unwrap().unwrap();
    assert_eq!(told["call"]["callUuid"], json!(uuid));
    assert_eq!(told["call"]["talkMs"], 55_500);
    assert_eq!(told["legs"][0]["dn"], "5001");
    assert_eq!(told["queueStays"][0]["outcome"], "answered");
    assert_eq!(told["recordings"], json!([]));
    let unknown = HistoryQuery::Call(CallUuids::new(99).draw());
    assert_eq!(store.history(&unknown, &[]).await.unwrap(), None);
}

#[tokio::test]
async fn states_are_those_that_overlap_the_span() {
    let (_folder, store) = site().await;
    let states = async |from_ms: u64, to_ms: u64| {
        let (from_ms, to_ms) = (Some(BEGAN_MS + from_ms), Some(BEGAN_MS + to_ms));
        let query = HistoryQuery::AgentStates { agent: "5001".into(), from_ms, to_ms };
        let told = store.history(&query, &[]).await.unwrap().unwrap();
        let states = told["items"].as_array().unwrap().iter();
        states.map(|state| state["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(0, 1_000_000).await, ["AfterCallWork", "NotReady"]);
    assert_eq!(states(74_999, 75_000).await, ["AfterCallWork"]);
    assert_eq!(states(75_000, 75_001).await, ["NotReady"]);
    assert_eq!(states(675_000, 900_000).await, [""; 0]);
}

#[tokio::test]
async fn old_rows_go_and_what_is_up_stays() {
    let (_folder, store) = site().await;
    let mut more: Vec<Row> = (10..460).map(|number| tests::call(number, Some(1))).collect();
    more.push(tests::call(5, None));
    rows::write(&store.pool, &more, 0).await.unwrap();
    let end_ms = BEGAN_MS + 3_600_000;
    // Two calls, a leg, a stay, a state, the many; the break ended later than all.
    let before_ms = BEGAN_MS + 600_000;
    assert_eq!(store.delete_history_before(before_ms).await.unwrap(), 5 + 450);
    assert_eq!(found(&store, CallsQuery::default()).await, (vec![ConnId(5).0], 1));
    assert_eq!(store.delete_history_before(end_ms).await.unwrap(), 1);
}
