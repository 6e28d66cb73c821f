//! What happened, from the program's side: the tables' writer with its alarm and its figures, how
//! long rows are kept, and what REST asks about them.

use std::{sync::Arc, time::Duration};

use board::Input;
use crossbeam_channel::Sender;
use io_edge::Edge;
use io_store::{HistoryWriter, Store, StoreError, StoryWriter};
use model::{
    Configuration,
    api::{ApiId, ApiResponse},
    history::{CallsQuery, CdrFormat, HistoryQuery, ReplayQuery, Row, interval::INTERVALS_MAX},
    monitor::{Metric, Settings},
    story::Story,
};
use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
};
use wire_rest::{Problem, StatusCode};

use crate::{
    cdr, config,
    control::Order,
    replay::{CALLS_MAX, NotLived, lived},
};

/// Everything about history.
pub struct History {
    writer: HistoryWriter,
    stories: StoryWriter,
    store: Store,
    tasks: [JoinHandle<()>; 2],
    site: watch::Receiver<Arc<Configuration>>,
    answers: Arc<Semaphore>,
    replays: Arc<Semaphore>,
}

impl History {
    /// Starts the writer, counts intervals, and deletes what is older than it should be.
    pub fn start(
        config: &config::History,
        store: &Store,
        site: watch::Receiver<Arc<Configuration>>,
        orders: &Sender<Order>,
    ) -> Self {
        let orders = orders.clone();
        let writer = HistoryWriter::start(store, move |change| {
            if orders.try_send(Order::Board(Input::Alarm(change))).is_err() {
                tracing::error!("control queue full: trouble with the history went unnoticed");
            }
        });
        let tasks = [
            tokio::spawn(keep_for(store.clone(), config.clone())),
            tokio::spawn(count_intervals(store.clone(), site.clone())),
        ];
        Self {
            writer,
            stories: StoryWriter::start(store),
            store: store.clone(),
            tasks,
            site,
            answers: Arc::new(Semaphore::new(ANSWERS_MAX)),
            replays: Arc::new(Semaphore::new(1)),
        }
    }

    /// A row is new or not as it was.
    pub fn record(&self, row: Row) {
        self.writer.record(row);
    }

    /// A call's story is whole.
    pub fn tell(&self, story: Box<Story>) {
        self.stories.tell(story);
    }

    /// Answers a question about history, on the runtime.
    pub fn answer(&self, id: ApiId, query: HistoryQuery, edge: &Edge) {
        let settings = Settings::of(&self.site.borrow()).0;
        let (store, edge, places) = (self.store.clone(), edge.clone(), self.answers.clone());
        if let HistoryQuery::Replay(query) = query {
            let (site, replays) = (self.site.borrow().clone(), self.replays.clone());
            tokio::spawn(async move {
                edge.respond(replay(&store, site, &replays, id, query).await);
            });
            return;
        }
        tokio::spawn(async move {
            let _place = places.acquire().await;
            edge.respond(answer(&store, &settings, id, &query).await);
        });
    }

    /// For `/metrics`.
    pub fn metrics(&self) -> Vec<Metric> {
        let metric = |name, help, is_counter, value: f64| {
            let labels = Vec::new();
            Metric { name, help, is_counter, labels, value }
        };
        vec![
            metric(
                "cordboard_history_waiting_rows",
                "Rows of the history that wait for the database.",
                false,
                self.writer.waiting() as f64,
            ),
            metric(
                "cordboard_history_lost_rows_total",
                "Rows of the history that could not be kept until the database was back.",
                true,
                self.writer.lost() as f64,
            ),
            metric(
                "cordboard_history_lost_stories_total",
                "Stories of calls that could not be kept until the database was back.",
                true,
                self.stories.lost() as f64,
            ),
        ]
    }

    /// Writes what waits.
    pub async fn close(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.writer.close().await;
        self.stories.close().await;
    }
}

async fn answer(
    store: &Store,
    settings: &Settings,
    id: ApiId,
    query: &HistoryQuery,
) -> ApiResponse {
    let spans = match query {
        HistoryQuery::Intervals(query) => query.spans(settings, crate::now().unix_ms()),
        HistoryQuery::Export { calls, format } => return file(store, id, calls, *format).await,
        HistoryQuery::AgentStates { .. }
        | HistoryQuery::Call(_)
        | HistoryQuery::Calls(_)
        | HistoryQuery::Replay(_)
        | HistoryQuery::Story(_) => Ok(Vec::new()),
    };
    let Ok(spans) = spans else {
        let limit = format!("is too far from 'to': {INTERVALS_MAX} intervals at most");
        let problem = Problem::out_of_range("from", limit).hint("Ask for longer intervals.");
        return said(id, problem.http, &problem.to_json());
    };
    let problem = match store.history(query, &spans).await {
        Ok(Some(mut found)) => {
            if let Some(body) = found.as_object_mut() {
                body.insert("statusCode".into(), json!(0));
                if matches!(query, HistoryQuery::Intervals(_)) {
                    body.insert("timeZone".into(), json!(settings.day.zone));
                }
            }
            return said(id, 200, &found);
        }
        Ok(None) => {
            let message = "There is no such call.";
            Problem::new(404, StatusCode::NotFound, "CallNotFound", message)
                .hint("It was as old as history gets, or its CallUUID is another.")
        }
        Err(error) => broken(&error),
    };
    said(id, problem.http, &problem.to_json())
}

/// Call detail records for whoever keeps the response as a file.
async fn file(store: &Store, id: ApiId, calls: &CallsQuery, format: CdrFormat) -> ApiResponse {
    let exported = cdr::export(store, calls, format, EXPORT_MAX, Vec::new()).await;
    let problem = match exported {
        Ok((count, _)) if count > EXPORT_MAX => {
            let limit = format!("and 'to' span more than {EXPORT_MAX} calls");
            Problem::out_of_range("from", limit)
                .hint("Ask for a shorter time, or use `cordboard cdr`.")
        }
        Ok((_, body)) => {
            let (kind, ending) = match format {
                CdrFormat::Csv => ("text/csv; charset=utf-8", "csv"),
                CdrFormat::Parquet => ("application/vnd.apache.parquet", "parquet"),
            };
            let headers = vec![
                ("content-type".into(), kind.into()),
                // It is full of customers' numbers.
                ("cache-control".into(), "private, no-store".into()),
                ("content-disposition".into(), format!("attachment; filename=\"cdr.{ending}\"")),
            ];
            return ApiResponse { id, status: 200, headers, body };
        }
        Err(error) => broken(error.as_ref()),
    };
    said(id, problem.http, &problem.to_json())
}

/// One at a time: it keeps a core busy for seconds.
async fn replay(
    store: &Store,
    site: Arc<Configuration>,
    replays: &Semaphore,
    id: ApiId,
    query: ReplayQuery,
) -> ApiResponse {
    let Ok(_place) = replays.try_acquire() else {
        let message = "Another past is being lived through; try again in some seconds.";
        let problem = Problem::new(503, StatusCode::NotValidNow, "ReplayBusy", message);
        return said(id, problem.http, &problem.to_json());
    };
    let problem = match lived(store, site, query).await {
        Ok(Ok(told)) => return said(id, 200, &told.to_json()),
        Ok(Err(NotLived::Problems(problems))) => {
            let first = problems.first().cloned().unwrap_or_default();
            let code = "configuration_invalid";
            let mut body = Problem::new(422, StatusCode::OutOfRange, code, first).to_json();
            if let Some(body) = body.as_object_mut() {
                body.insert("problems".into(), json!(problems));
            }
            return said(id, 422, &body);
        }
        Ok(Err(NotLived::TooMany)) => {
            let limit = format!("and 'to' span more than {CALLS_MAX} calls");
            Problem::out_of_range("from", limit).hint("Ask for a shorter time.")
        }
        Err(error) => broken(error.as_ref()),
    };
    said(id, problem.http, &problem.to_json())
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error, "a question about history can't be answered");
    let message = "The history can't be read at the moment.";
    Problem::new(500, StatusCode::Internal, "HistoryUnreachable", message)
        .hint("The log of the server says why.")
}

fn said(id: ApiId, status: u16, body: &Value) -> ApiResponse {
    let headers = vec![("content-type".into(), "application/json".into())];
    ApiResponse { id, status, headers, body: body.to_string().into_bytes() }
}

/// At once and every hour.
async fn keep_for(store: Store, config: config::History) {
    let before = |days: u32| {
        let before = crate::now().unix.saturating_sub(DAY * days).as_millis();
        u64::try_from(before).unwrap_or(0)
    };
    loop {
        if config.keep_days > 0 {
            deleted(store.delete_history_before(before(config.keep_days)).await);
        }
        if config.keep_interval_days > 0 {
            deleted(store.delete_intervals_before(before(config.keep_interval_days)).await);
        }
        if config.keep_story_days > 0 {
            deleted(store.delete_stories_before(before(config.keep_story_days)).await);
        }
        tokio::time::sleep(KEEP_EVERY).await;
    }
}

fn deleted(outcome: Result<u64, StoreError>) {
    match outcome {
        Ok(0) => {}
        Ok(deleted) => tracing::info!(deleted, "rows of the history were old enough to go"),
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "old history stays");
        }
    }
}

/// As soon as there is a site, and every minute.
async fn count_intervals(store: Store, mut site: watch::Receiver<Arc<Configuration>>) {
    // Until the site is known, nobody knows what is in time.
    let _ = site.changed().await;
    loop {
        let settings = Settings::of(&site.borrow()).0;
        if let Err(error) = store.count_intervals(&settings, crate::now().unix_ms()).await {
            // The writer's alarm says it to people; what is not counted is so in a minute.
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "intervals wait to be counted");
        }
        tokio::time::sleep(COUNT_EVERY).await;
    }
}

const DAY: Duration = Duration::from_secs(86_400);
const KEEP_EVERY: Duration = Duration::from_secs(3600);
const COUNT_EVERY: Duration = Duration::from_secs(60);
/// Calls in one response: some 20 MB of CSV.
const EXPORT_MAX: usize = 100_000;
/// Questions that are answered at one time; the others wait.
const ANSWERS_MAX: usize = 2;
