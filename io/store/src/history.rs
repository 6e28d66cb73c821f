//! The history's writer: a bounded queue and a task that empties it into the database.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use model::Event;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{Store, recorder::Recorder};

/// Writes calls and agents' states from the switch's events. Recording never waits: when the disk
/// is slower than the calls for long, events are dropped, counted and complained of.
#[derive(Debug)]
pub struct History {
    queue: mpsc::Sender<Arc<Event>>,
    dropped: Arc<AtomicU64>,
    writer: JoinHandle<()>,
}

impl History {
    /// Starts the writer on the tokio runtime that this is called in.
    #[must_use]
    pub fn start(store: &Store) -> Self {
        let (queue, events) = mpsc::channel(QUEUE_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let writer = tokio::spawn(write(store.clone(), events, Arc::clone(&dropped)));
        Self { queue, dropped, writer }
    }

    /// Puts an event on the queue. From any thread.
    pub fn record(&self, event: &Arc<Event>) {
        if Recorder::wants(event) && self.queue.try_send(Arc::clone(event)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Events that were lost, for `/metrics`.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes what is on the queue and ends.
    pub async fn close(self) {
        drop(self.queue);
        if let Err(error) = self.writer.await {
            tracing::error!(%error, "the history's writer broke off");
        }
    }
}

async fn write(store: Store, mut events: mpsc::Receiver<Arc<Event>>, dropped: Arc<AtomicU64>) {
    let mut recorder = Recorder::default();
    if let Err(error) = recorder.end_what_was_cut_off(&store.pool).await {
        let error = store.query_error("end the history of the last run", error);
        tracing::error!(error = &error as &dyn std::error::Error, "history");
    }
    let mut complained_of = 0;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while events.recv_many(&mut batch, BATCH_MAX).await > 0 {
        if let Err(error) = write_batch(&store, &mut recorder, &batch).await {
            let lost = u64::try_from(batch.len()).unwrap_or(u64::MAX);
            dropped.fetch_add(lost, Ordering::Relaxed);
            let error = store.query_error("write history", error);
            tracing::error!(error = &error as &dyn std::error::Error, lost, "history");
            complained_of += lost;
            // What was noted of a batch that is not in the database would be wrong from now on.
            recorder = Recorder::default();
        }
        batch.clear();
        let lost = dropped.load(Ordering::Relaxed);
        if lost > complained_of {
            let lost = lost - complained_of;
            tracing::warn!(lost, "the disk is too slow: events are missing in the history");
            complained_of += lost;
        }
    }
}

async fn write_batch(
    store: &Store,
    recorder: &mut Recorder,
    batch: &[Arc<Event>],
) -> Result<(), sqlx::Error> {
    let mut transaction = store.pool.begin().await?;
    for event in batch {
        recorder.write(&mut transaction, event).await?;
    }
    transaction.commit().await
}

/// Events that wait to be written: minutes of a busy site.
const QUEUE_MAX: usize = 20_000;
/// Events in one transaction.
const BATCH_MAX: usize = 500;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::time::{Duration, Instant};

    use model::{
        AgentState, CallState, CallType, Capabilities, ConnId, DnRole, EventName, KvList, Now,
        WorkMode,
        event::{AgentAttributes, CallAttributes},
        id::CallUuids,
    };
    use sqlx::Row;

    use super::*;

    fn event(after_ms: u64, name: EventName, dn: &str) -> Event {
        // 2026-01-26 15:15:54 UTC.
        let unix = Duration::from_millis(1_769_440_554_000 + after_ms);
        Event {
            sequence: 1,
            name,
            this_dn: dn.into(),
            at: Now::new(Instant::now(), unix),
            call: None,
            agent: None,
            reference: None,
            reasons: KvList::new(),
            extensions: KvList::new(),
        }
    }

    fn call(after_ms: u64, name: EventName, dn: &str, state: CallState) -> Arc<Event> {
        let call = CallAttributes {
            conn: ConnId(0x006c_03a7_194a_a020),
            uuid: CallUuids::new(7).draw(),
            call_id: 1,
            call_type: CallType::Inbound,
            call_state: state,
            this_role: DnRole::Destination,
            this_queue: None,
            other: None,
            third_party: None,
            ani: Some("5551234567".into()),
            dnis: Some("+18005551234".into()),
            user_data: Arc::default(),
            previous_conn: None,
            parties: Vec::new(),
            capabilities: Capabilities::NONE,
            recording: None,
        };
        Arc::new(Event { call: Some(call), ..event(after_ms, name, dn) })
    }

    fn agent(after_ms: u64, name: EventName, dn: &str, state: AgentState) -> Arc<Event> {
        let agent = AgentAttributes {
            agent: dn.into(),
            state,
            work_mode: WorkMode::Unknown,
            reason: (state == AgentState::NotReady).then(|| "Lunch".to_owned()),
        };
        Arc::new(Event { agent: Some(agent), ..event(after_ms, name, dn) })
    }

    /// What the tables hold after these events, as an analyst would read it.
    async fn after(events: &[Arc<Event>]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let history = History::start(&store);
        events.iter().for_each(|event| history.record(event));
        assert_eq!(history.dropped(), 0);
        history.close().await;
        rows(&store).await
    }

    async fn rows(store: &Store) -> Vec<String> {
        let calls = "SELECT concat_ws(' ', conn_id, call_type, ani, dnis, route_point,
            ifnull(agent, '-'), time(started), ifnull(time(answered), '-'),
            ifnull(ended, '-'), ifnull(outcome, '-')) FROM calls ORDER BY conn_id";
        let states = "SELECT concat_ws(' ', agent, dn, state, ifnull(reason, '-'), time(began),
            ifnull(time(ended), '-')) FROM agent_states ORDER BY id";
        let mut lines = Vec::new();
        for sql in [calls, states] {
            for row in sqlx::query(sql).fetch_all(&store.pool).await.unwrap() {
                lines.push(row.get::<String, _>(0));
            }
        }
        lines
    }

    #[tokio::test]
    async fn a_served_call_is_one_row_also_when_it_came_back_once() {
        let ok = CallState::Ok;
        let rows = after(&[
            agent(0, EventName::AgentReady, "5002", AgentState::Ready),
            call(0, EventName::Queued, "5000", ok),
            call(1_000, EventName::Ringing, "5001", ok),
            call(1_000, EventName::Diverted, "5000", ok),
            call(16_000, EventName::Released, "5001", CallState::NoAnswer),
            call(16_000, EventName::Queued, "5000", ok),
            call(17_000, EventName::Ringing, "5002", ok),
            call(17_000, EventName::Diverted, "5000", ok),
            call(20_000, EventName::Established, "5002", ok),
            call(80_123, EventName::Released, "5002", CallState::RemoteRelease),
        ])
        .await;
        assert_eq!(
            rows,
            [
                "006c03a7194aa020 Inbound 5551234567 +18005551234 5000 5002 15:15:54 15:16:14 \
                 2026-01-26T15:17:14.123Z answered",
                "5002 5002 Ready - 15:15:54 -",
            ]
        );
    }

    #[tokio::test]
    async fn outcomes_say_how_a_call_that_nobody_answered_ended() {
        for (state, outcome) in [
            (CallState::Abandoned, "abandoned"),
            (CallState::Cleared, "cleared"),
            (CallState::Overflowed, "overflowed"),
        ] {
            let rows = after(&[
                call(0, EventName::Queued, "5000", CallState::Ok),
                call(5_000, EventName::Abandoned, "5000", state),
            ])
            .await;
            let expected = format!(
                "006c03a7194aa020 Inbound 5551234567 +18005551234 5000 - 15:15:54 - \
                 2026-01-26T15:15:59.000Z {outcome}"
            );
            assert_eq!(rows, [expected]);
        }
    }

    #[tokio::test]
    async fn agents_states_are_intervals() {
        let rows = after(&[
            agent(0, EventName::AgentLogin, "5001", AgentState::NotReady),
            agent(1_000, EventName::AgentReady, "5001", AgentState::Ready),
            agent(2_000, EventName::AgentReady, "5001", AgentState::Ready),
            agent(9_000, EventName::AgentNotReady, "5001", AgentState::AfterCallWork),
            agent(29_000, EventName::AgentLogout, "5001", AgentState::LoggedOut),
        ])
        .await;
        assert_eq!(
            rows,
            [
                "5001 5001 NotReady Lunch 15:15:54 15:15:55",
                "5001 5001 Ready - 15:15:55 15:16:03",
                "5001 5001 AfterCallWork - 15:16:03 15:16:23",
            ]
        );
    }

    #[tokio::test]
    async fn a_new_run_ends_what_the_last_one_left_open() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let history = History::start(&store);
        history.record(&agent(0, EventName::AgentReady, "5001", AgentState::Ready));
        history.record(&call(4_000, EventName::Queued, "5000", CallState::Ok));
        history.close().await;
        History::start(&store).close().await;
        assert_eq!(
            rows(&store).await,
            [
                "006c03a7194aa020 Inbound 5551234567 +18005551234 5000 - 15:15:58 - \
                 2026-01-26T15:15:58.000Z interrupted",
                "5001 5001 Ready - 15:15:54 15:15:58",
            ]
        );
    }

    #[tokio::test]
    async fn a_full_queue_drops_and_counts_instead_of_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let history = History::start(&store);
        // The writer has had no turn yet: this test does not await until the queue is full.
        let ready = agent(0, EventName::AgentReady, "5001", AgentState::Ready);
        for _ in 0..QUEUE_MAX + 3 {
            history.record(&ready);
        }
        assert_eq!(history.dropped(), 3);
        history.close().await;
        assert_eq!(rows(&store).await.len(), 1);
    }

    #[tokio::test]
    async fn a_broken_disk_costs_history_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        sqlx::query("DROP TABLE calls").execute(&store.pool).await.unwrap();
        let history = History::start(&store);
        history.record(&call(0, EventName::Queued, "5000", CallState::Ok));
        let dropped = Arc::clone(&history.dropped);
        history.close().await;
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
    }
}
