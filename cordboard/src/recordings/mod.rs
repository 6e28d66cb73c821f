//! Recordings from the program's side: the writer with its folder, the index in the database, how
//! long they are kept, and what REST asks about them.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::Context;
use board::Input;
use crossbeam_channel::Sender;
use io_edge::Edge;
use io_port::Sink;
use io_recording::{Folder, RecordingCounts, RecordingSettings, RecordingWriter, Told};
use io_store::Store;
use model::{
    api::ApiOutput,
    monitor::Metric,
    recording::{Recorded, RecordingEntry},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};

use crate::{config, control::Order, recordings::keep::Keeper};

mod answer;
mod keep;
mod range;
#[cfg(test)]
mod tests;

/// Everything about recordings.
pub struct Recordings {
    writer: RecordingWriter,
    keeper: Keeper,
    indexer: JoinHandle<()>,
    retention: JoinHandle<()>,
    answers: Arc<Semaphore>,
}

impl Recordings {
    /// Starts the writer, mends what the last run left, brings the index up to date and deletes
    /// what is older than it should be.
    ///
    /// # Errors
    /// When the folder can't be used.
    pub fn start(
        config: &config::Recording,
        data: &Path,
        store: &Store,
        orders: &Sender<Order>,
    ) -> anyhow::Result<Self> {
        let folder = Folder::open(&data.join(&config.directory))?;
        let keeper = Keeper { folder: folder.clone(), store: store.clone() };
        let (ended, index) = mpsc::channel(INDEX_MAX);
        let settings = RecordingSettings {
            format: config.format.into(),
            keep_free_bytes: config.keep_free_mb.saturating_mul(1024 * 1024),
            ..RecordingSettings::new(folder)
        };
        let orders = orders.clone();
        let writer = RecordingWriter::start(settings, move |told| tell(told, &orders, &ended))
            .with_context(|| format!("recordings in {}", keeper.folder.path().display()))?;
        let keep = (config.keep_days > 0).then(|| DAY * config.keep_days);
        Ok(Self {
            writer,
            indexer: tokio::spawn(keeper.clone().index(index)),
            retention: tokio::spawn(keeper.clone().keep_for(keep)),
            keeper,
            answers: Arc::new(Semaphore::new(ANSWERS_MAX)),
        })
    }

    /// Where the media thread hands over sound.
    pub fn sink(&self) -> Sink<Recorded> {
        self.writer.sink()
    }

    /// Answers a question about recordings, on the runtime.
    pub fn answer(&self, question: ApiOutput, edge: &Edge) {
        let (keeper, watch, edge) = (self.keeper.clone(), self.writer.watch(), edge.clone());
        let places = self.answers.clone();
        tokio::spawn(async move {
            let _place = places.acquire().await;
            let is_running = |recording| watch.is_running(recording);
            if let Some(response) = answer::answer(&keeper, is_running, question).await {
                edge.respond(response);
            }
        });
    }

    /// For `/metrics`.
    pub fn metrics(&self) -> Vec<Metric> {
        let RecordingCounts { running, ended, failed, lost_ms } = self.writer.watch().counts();
        let metric = |name, help, is_counter, value: f64| {
            let labels = Vec::new();
            Metric { name, help, is_counter, labels, value }
        };
        let count = |number: u64| number as f64;
        vec![
            metric("cordboard_recordings", "Recordings that run.", false, count(running)),
            metric(
                "cordboard_recordings_ended_total",
                "Recordings whose files are whole.",
                true,
                count(ended),
            ),
            metric(
                "cordboard_recordings_failed_total",
                "Recordings that could not go on.",
                true,
                count(failed),
            ),
            metric(
                "cordboard_recordings_lost_seconds_total",
                "Sound that the disk was too slow for.",
                true,
                count(lost_ms) / 1000.0,
            ),
        ]
    }

    /// Ends what still runs, once nobody records any more; every file is whole and indexed then.
    pub async fn close(self) {
        let Self { writer, indexer, retention, .. } = self;
        retention.abort();
        let closed = tokio::task::spawn_blocking(move || writer.close()).await;
        if closed.is_err() || indexer.await.is_err() {
            tracing::error!("the recordings did not end in order");
        }
    }
}

/// What the writer says, on its thread.
fn tell(told: Told, orders: &Sender<Order>, ended: &mpsc::Sender<RecordingEntry>) {
    let input = match told {
        Told::Alarm(change) => Input::Alarm(change),
        Told::Ended(entry) => {
            if ended.try_send(entry).is_err() {
                tracing::warn!("the database is slow: a recording is indexed within the hour");
            }
            return;
        }
        Told::Fact(fact) => Input::Recording(fact),
    };
    if orders.try_send(Order::Board(input)).is_err() {
        tracing::error!("control queue full: trouble with recordings went unnoticed");
    }
}

/// Milliseconds since 1970.
fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

const DAY: Duration = Duration::from_secs(86_400);
/// Ended recordings that wait for the database.
const INDEX_MAX: usize = 1024;
/// Questions that are answered at one time: each may hold a range of a file in memory.
const ANSWERS_MAX: usize = 8;
