//! Stories of calls that are over: written one by one by a task of their own, so that they never
//! hold up the rows that are counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use model::{CallUuid, story::Story};
use serde_json::Value;
use sqlx::Row;
use tokio::{sync::mpsc, task::JoinHandle, time};

use crate::{Store, StoreError, history::signed};

/// Writes stories. Telling one never waits.
#[derive(Debug)]
pub struct StoryWriter {
    stories: mpsc::Sender<Box<Story>>,
    writer: JoinHandle<()>,
    lost: Arc<AtomicU64>,
}

impl StoryWriter {
    /// Starts the writer on the tokio runtime that this is called in.
    #[must_use]
    pub fn start(store: &Store) -> Self {
        let (stories, waiting) = mpsc::channel(WAITING_MAX);
        let writer = tokio::spawn(write_all(store.clone(), waiting));
        Self { stories, writer, lost: Arc::default() }
    }

    /// Has a story written. From any thread. When the database is away for very long the newest
    /// are lost; what is counted never depends on them.
    pub fn tell(&self, story: Box<Story>) {
        if self.stories.try_send(story).is_err() && self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::error!("the database takes no stories of calls; the newest are lost");
        }
    }

    /// Stories that were lost because too many waited.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Writes what waits and ends.
    pub async fn close(self) {
        drop(self.stories);
        if time::timeout(CLOSING_MAX, self.writer).await.is_err() {
            tracing::error!("the database is away: the last stories of calls are lost");
        }
    }
}

async fn write_all(store: Store, mut waiting: mpsc::Receiver<Box<Story>>) {
    while let Some(story) = waiting.recv().await {
        while let Err(error) = store.write_story(&story).await {
            waits(&story, &error);
            time::sleep(RETRY).await;
        }
    }
}

fn waits(story: &Story, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(error, call = story.call_uuid, "a call's story waits to be written");
}

impl Store {
    /// Writes a story; one that the call has already is replaced.
    ///
    /// # Errors
    /// When writing fails.
    pub async fn write_story(&self, story: &Story) -> Result<(), StoreError> {
        let text = serde_json::to_string(story).unwrap_or_else(|_| "{}".into());
        sqlx::query("INSERT OR REPLACE INTO call_stories VALUES (?, ?, ?, ?)")
            .bind(&story.conn_id)
            .bind(&story.call_uuid)
            .bind(signed(story.ended_ms.unwrap_or(story.began_ms)))
            .bind(text)
            .execute(&self.pool)
            .await
            .map(|_| ())
            .map_err(|source| self.query_error("write a call's story", source))
    }

    /// The newest story of a CallUUID or ConnID, as JSON of [`Story`]; `None` when there is none.
    ///
    /// # Errors
    /// When reading fails.
    pub async fn story(&self, id: &str) -> Result<Option<Value>, StoreError> {
        let failed = |source| self.query_error("read a call's story", source);
        let row = sqlx::query(
            "SELECT story FROM call_stories WHERE uuid = ? OR conn_id = ?
             ORDER BY ended_ms DESC LIMIT 1",
        )
        .bind(id.to_ascii_uppercase())
        .bind(id.to_ascii_lowercase())
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        let text: String = row.try_get(0).map_err(failed)?;
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| failed(sqlx::Error::Decode(error.into())))
    }

    /// The newest story of a CallUUID.
    pub(super) async fn story_of(&self, uuid: CallUuid) -> Result<Option<Value>, StoreError> {
        self.story(uuid.as_str()).await
    }
}

/// While the database is away.
const RETRY: Duration = Duration::from_secs(1);
/// At the end of the program.
const CLOSING_MAX: Duration = Duration::from_secs(5);
/// Some 20 kB each: 40 MB at most.
const WAITING_MAX: usize = 2_000;

#[cfg(test)]
mod tests {
    use model::story::Rung;

    use super::*;

    #[tokio::test]
    async fn a_story_is_found_by_either_id_and_deleted_when_it_is_old() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let rung = Rung {
            at_ms: 5,
            from: "carrier".into(),
            to: "signaling".into(),
            text: "INVITE sip:5000@site".into(),
        };
        let story = Story {
            call_uuid: "A".repeat(32),
            conn_id: "0001abcdef012345".into(),
            began_ms: 5,
            ended_ms: Some(9_000),
            ladder: vec![rung],
            ..Story::default()
        };
        let writer = StoryWriter::start(&store);
        writer.tell(Box::new(story.clone()));
        writer.close().await;
        for id in [&story.call_uuid, &story.conn_id, &story.conn_id.to_ascii_uppercase()] {
            let read = store.story(id).await.unwrap().expect("it was written");
            assert_eq!(serde_json::from_value::<Story>(read).unwrap(), story);
        }
        assert_eq!(store.story("0001abcdef012346").await.unwrap(), None);
        assert_eq!(store.delete_stories_before(9_000).await.unwrap(), 0);
        assert_eq!(store.delete_stories_before(9_001).await.unwrap(), 1);
        assert_eq!(store.story(&story.conn_id).await.unwrap(), None);
    }
}
