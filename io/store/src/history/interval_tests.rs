//! Intervals over made-up days, against sums that are made the slow way.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use model::{
    AgentState, ConnId, DnRole,
    history::{
        AgentStateRow, HistoryQuery, LegRow, QueueStayRow, StayOutcome,
        interval::{IntervalLength, IntervalOf, IntervalQuery, QUARTER_MS},
    },
    monitor::Settings,
    random::Random,
    stat::Growing,
};
use serde_json::Value;

use super::{tests::call, *};

/// 2026-10-23 22:00 UTC: a midnight of Berlin, two days before its day of 25 hours.
const FROM_MS: u64 = 1_792_792_800_000;
const HOURS: u64 = 24 + 25 + 24;

fn settings() -> Settings {
    Settings { day: Growing::daily("Europe/Berlin"), ..Settings::default() }
}

/// Calls of three days that ring, wait, talk and are worked after; some give up.
fn three_days(seed: u64) -> Vec<Row> {
    let mut random = Random::from_number(seed);
    let mut rows = Vec::new();
    for number in 1..=600 {
        let conn = ConnId(number);
        let entered_ms = FROM_MS + random.below(HOURS * 3_600_000 - 2_000_000);
        let answered_ms = entered_ms + random.below(90_000);
        let ended_ms = answered_ms + 1_000 + random.below(900_000);
        let is_answered = random.below(5) > 0;
        let agent = format!("70{}", random.below(4));
        if let Row::Call(mut row) = call(number, None) {
            row.started_ms = entered_ms;
            row.answered_ms = is_answered.then_some(answered_ms);
            row.ended_ms = Some(if is_answered { ended_ms } else { answered_ms });
            row.outcome = Some(if is_answered { "answered" } else { "abandoned" }.into());
            rows.push(Row::Call(row));
        }
        rows.push(Row::QueueStay(QueueStayRow {
            conn,
            position: 1,
            queue: if random.below(2) == 0 { "5000" } else { "5100" }.into(),
            virtual_queue: Some("VQ".into()),
            waiting_since_ms: entered_ms,
            entered_ms,
            ended_ms: Some(answered_ms),
            offers: 1,
            dn: None,
            agent: None,
            outcome: Some(if is_answered { StayOutcome::Answered } else { StayOutcome::Abandoned }),
        }));
        if is_answered {
            rows.push(Row::Leg(LegRow {
                conn,
                position: 1,
                dn: agent.as_str().into(),
                agent: Some(agent.as_str().into()),
                role: DnRole::Destination,
                other: None,
                route_point: Some("5000".into()),
                moved_from: None,
                began_ms: entered_ms,
                answered_ms: Some(answered_ms),
                ended_ms: Some(ended_ms),
                held_ms: random.below(1_000),
                holds: 1,
                outcome: Some("released".into()),
            }));
        }
    }
    for agent in 0..4 {
        let mut at_ms = FROM_MS + random.below(8 * 3_600_000);
        for sequence in 0..12 {
            let began_ms = at_ms;
            at_ms += random.below(6 * 3_600_000);
            let state = [AgentState::Ready, AgentState::NotReady, AgentState::AfterCallWork]
                [random.below(3) as usize];
            rows.push(Row::AgentState(AgentStateRow {
                agent: format!("70{agent}").as_str().into(),
                dn: "5001".into(),
                state,
                reason: None,
                conn: None,
                began_ms,
                sequence,
                ended_ms: Some(at_ms.min(FROM_MS + HOURS * 3_600_000)),
            }));
            at_ms = at_ms.min(FROM_MS + HOURS * 3_600_000);
        }
    }
    rows
}

async fn told(store: &Store, of: IntervalOf, length: IntervalLength) -> Vec<Value> {
    let (from_ms, to_ms) = (Some(FROM_MS), Some(FROM_MS + HOURS * 3_600_000));
    let query = IntervalQuery { of, name: None, length, from_ms, to_ms };
    let spans = query.spans(&settings(), 0).unwrap();
    let told = store.history(&HistoryQuery::Intervals(query), &spans).await.unwrap().unwrap();
    told["items"].as_array().unwrap().clone()
}

/// The sum of a column over a name's intervals that begin within a span.
fn sum(items: &[Value], name: &Value, column: &str, (from_ms, to_ms): (u64, u64)) -> u64 {
    let of_name = items.iter().filter(|item| item["name"] == *name);
    let within = of_name.filter(|item| {
        let began_ms = item["beganMs"].as_u64().unwrap();
        from_ms <= began_ms && began_ms < to_ms
    });
    within.map(|item| item[column].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn the_small_ones_add_up_to_the_large_ones_over_midnights_and_a_day_of_25_hours() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    rows::write(&store.pool, &three_days(7), 0).await.unwrap();
    store.count_intervals(&settings(), FROM_MS + HOURS * 3_600_000).await.unwrap();
    let columns = [
        (IntervalOf::Queue, "entered answered answeredInTime abandoned waitMs handled talkMs"),
        (IntervalOf::Agent, "readyMs notReadyMs afterCallWorkMs offered handled talkMs heldMs"),
        (IntervalOf::Site, "inbound answered abandoned handled talkMs"),
    ];
    for (of, columns) in columns {
        let days = told(&store, of, IntervalLength::Day).await;
        let hours = told(&store, of, IntervalLength::Hour).await;
        let quarters = told(&store, of, IntervalLength::Quarter).await;
        assert!(days.len() >= 3 && hours.len() > days.len() && quarters.len() > hours.len());
        for day in &days {
            let span = (day["beganMs"].as_u64().unwrap(), day["endedMs"].as_u64().unwrap());
            for column in columns.split(' ') {
                let whole = day[column].as_u64().unwrap();
                for small in [&hours, &quarters] {
                    assert_eq!(sum(small, &day["name"], column, span), whole, "{of:?} {column}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_counted_is_what_the_rows_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let rows = three_days(11);
    rows::write(&store.pool, &rows, 0).await.unwrap();
    // Written twice, counted twice: nothing is doubled.
    for _ in 0..2 {
        store.count_intervals(&settings(), FROM_MS + HOURS * 3_600_000).await.unwrap();
        rows::write(&store.pool, &rows, 0).await.unwrap();
    }
    let (mut entered, mut in_time, mut talked_ms, mut ready_ms) = (0, 0, 0, 0);
    for row in &rows {
        match row {
            Row::QueueStay(stay) => {
                entered += 1;
                let wait_ms = stay.ended_ms.unwrap() - stay.waiting_since_ms;
                let is_answered = stay.outcome == Some(StayOutcome::Answered);
                in_time += u64::from(is_answered && wait_ms <= 20_000);
            }
            Row::Leg(leg) => {
                talked_ms += leg.ended_ms.unwrap() - leg.answered_ms.unwrap() - leg.held_ms;
            }
            Row::AgentState(row) if row.state == AgentState::Ready => {
                ready_ms += row.ended_ms.unwrap() - row.began_ms;
            }
            Row::AgentState(_) | Row::Call(_) => {}
        }
    }
    let all = (0, u64::MAX);
    let queues = told(&store, IntervalOf::Queue, IntervalLength::Day).await;
    let by_queue = |name: &str, column: &str| sum(&queues, &name.into(), column, all);
    assert_eq!(by_queue("VQ", "entered"), entered);
    assert_eq!(by_queue("5000", "entered") + by_queue("5100", "entered"), entered);
    assert_eq!(by_queue("VQ", "answeredInTime"), in_time);
    let agents = told(&store, IntervalOf::Agent, IntervalLength::Day).await;
    let of_all =
        |column: &str| -> u64 { agents.iter().map(|item| item[column].as_u64().unwrap()).sum() };
    assert_eq!((of_all("readyMs"), of_all("talkMs")), (ready_ms, talked_ms));
    let site = told(&store, IntervalOf::Site, IntervalLength::Day).await;
    assert_eq!(sum(&site, &Value::Null, "talkMs", all), talked_ms);
    assert_eq!(sum(&site, &Value::Null, "inbound", all), entered);
    let second_day_ms = site[1]["beganMs"].as_u64().unwrap();
    assert!(store.delete_intervals_before(second_day_ms).await.unwrap() > 96);
    assert_eq!(told(&store, IntervalOf::Site, IntervalLength::Day).await, site[1..]);
}

#[tokio::test]
async fn a_state_that_lasts_fills_the_quarters_as_they_pass() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let began_ms = FROM_MS + QUARTER_MS - 60_000;
    let ready = |ended_ms| {
        [Row::AgentState(AgentStateRow {
            agent: "700".into(),
            dn: "5001".into(),
            state: AgentState::Ready,
            reason: None,
            conn: None,
            began_ms,
            sequence: 1,
            ended_ms,
        })]
    };
    rows::write(&store.pool, &ready(None), 0).await.unwrap();
    let mut seen = Vec::new();
    for now_ms in [began_ms + 30_000, began_ms + 90_000, began_ms + 60_000 + QUARTER_MS] {
        store.count_intervals(&settings(), now_ms).await.unwrap();
        let quarters = told(&store, IntervalOf::Agent, IntervalLength::Quarter).await;
        let ready_ms = quarters.iter().map(|item| item["readyMs"].as_u64().unwrap());
        seen.push(ready_ms.collect::<Vec<_>>());
    }
    assert_eq!(seen, [vec![30_000], vec![60_000, 30_000], vec![60_000, QUARTER_MS]]);
    // Cut off: the next run ends it with the last sign of life, and its quarters follow.
    let alive_ms = began_ms + 70_000;
    rows::write(&store.pool, &[], signed(alive_ms)).await.unwrap();
    rows::end_what_was_cut_off(&store.pool).await.unwrap();
    store.count_intervals(&settings(), began_ms + 10 * QUARTER_MS).await.unwrap();
    let quarters = told(&store, IntervalOf::Agent, IntervalLength::Quarter).await;
    let ready_ms: Vec<_> = quarters.iter().map(|item| item["readyMs"].as_u64()).collect();
    assert_eq!(ready_ms, [Some(60_000), Some(10_000)]);
}
