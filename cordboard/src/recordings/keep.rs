//! The index follows the files, and what is too old goes.

use std::{io, time::Duration};

use io_recording::Folder;
use io_store::{Store, StoreError};
use model::recording::RecordingEntry;
use tokio::sync::mpsc;

/// The recordings' files and their index.
#[derive(Clone)]
pub struct Keeper {
    /// The files.
    pub folder: Folder,
    /// The index.
    pub store: Store,
}

/// A recording's files or row stay where they should go.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The files.
    #[error("the recordings' files")]
    Files(#[from] io::Error),
    /// The index.
    #[error("the recordings' index")]
    Index(#[from] StoreError),
}

impl Keeper {
    /// Notes recordings as they end, until there are no more.
    pub async fn index(self, mut ended: mpsc::Receiver<RecordingEntry>) {
        while let Some(entry) = ended.recv().await {
            if let Err(error) = self.store.insert_recording(&entry).await {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "a recording is not indexed yet; tried again hourly");
            }
        }
    }

    /// At once and every hour: notes files that the index does not know and deletes what is older
    /// than it should be; `None` keeps all.
    pub async fn keep_for(self, keep: Option<Duration>) {
        loop {
            match self.note_unknown().await {
                Ok(0) => {}
                Ok(noted) => tracing::info!(noted, "recordings that the index did not know"),
                Err(error) => complain(&error, "the index of recordings is not up to date"),
            }
            if let Some(keep) = keep {
                let keep_ms = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
                match self.delete_before(super::unix_ms().saturating_sub(keep_ms)).await {
                    Ok(0) => {}
                    Ok(deleted) => tracing::info!(deleted, "recordings were old enough to go"),
                    Err(error) => complain(&error, "old recordings stay"),
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Brings the index up to what the folder holds; how many were noted.
    pub async fn note_unknown(&self) -> Result<u64, KeepError> {
        let mut noted = 0;
        let folder = self.folder.clone();
        for day in blocking(move || folder.days()).await? {
            let (folder, of) = (self.folder.clone(), day.clone());
            let ids = blocking(move || folder.ended_in(&of)).await?;
            for id in self.store.unknown_recordings(&ids).await? {
                let (folder, of) = (self.folder.clone(), day.clone());
                match blocking(move || folder.entry(&of, id)).await {
                    Ok(entry) => {
                        self.store.insert_recording(&entry).await?;
                        noted += 1;
                    }
                    Err(error) => tracing::warn!(recording = %id, %error, "unreadable entry"),
                }
            }
        }
        Ok(noted)
    }

    /// Deletes recordings that began before this time; how many.
    pub async fn delete_before(&self, unix_ms: u64) -> Result<u64, KeepError> {
        let mut deleted = 0;
        loop {
            let old = self.store.recordings_before(unix_ms, AT_ONCE).await?;
            if old.is_empty() {
                return Ok(deleted);
            }
            for entry in &old {
                self.delete(entry).await?;
                deleted += 1;
            }
        }
    }

    /// Deletes one: the files first, so that nothing is left that nobody knows of.
    pub async fn delete(&self, entry: &RecordingEntry) -> Result<(), KeepError> {
        let (folder, of) = (self.folder.clone(), entry.clone());
        blocking(move || folder.delete(&of)).await?;
        self.store.delete_recording(entry.id).await?;
        Ok(())
    }
}

/// File work off the runtime's own threads.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten()
}

fn complain(error: &KeepError, what: &str) {
    let error: &dyn std::error::Error = error;
    tracing::error!(error, "{what}");
}

const EVERY: Duration = Duration::from_secs(3600);
/// Recordings that are looked up and deleted in one go.
const AT_ONCE: u32 = 100;
