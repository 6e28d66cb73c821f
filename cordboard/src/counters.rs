//! What the Stat Server has counted and the router has promised, in files: a restart goes on from
//! there.
//!
//! It is written once a minute and at the end. A file and not the database, so that a database
//! that is locked or gone costs nothing of it.

use std::{
    fs, io,
    io::Write,
    path::Path,
    thread::{self, JoinHandle},
};

use anyhow::Context;
use board::Input;
use crossbeam_channel::{Sender, bounded};
use model::monitor::{Alarm, AlarmChange, Severity};
use routing::Router;
use serde::{Serialize, de::DeserializeOwned};
use stats::Stats;

use crate::control::Order;

/// What is kept of both.
pub type Saved = (stats::Saved, routing::Saved);

/// Writes what was counted, on a thread of its own.
pub struct Counters {
    saved: Sender<Saved>,
    writer: JoinHandle<()>,
}

impl Counters {
    /// A writer for this data folder.
    ///
    /// # Errors
    /// When the thread can't start.
    pub fn start(data: &Path, orders: &Sender<Order>) -> anyhow::Result<Self> {
        let (saved, inbox) = bounded::<Saved>(1);
        let (counted, promised) = (data.join(COUNTED), data.join(PROMISED));
        let (path, orders) = (data.to_owned(), orders.clone());
        let write = move || {
            let mut is_alarmed = false;
            for (stats, routing) in inbox {
                let written = write(&counted, &stats).and(write(&promised, &routing));
                if let Err(error) = &written {
                    tracing::error!(%error, folder = %path.display(), "counters are not saved");
                }
                if written.is_err() != is_alarmed {
                    is_alarmed = written.is_err();
                    let change = alarm(&path, written.err());
                    if orders.try_send(Order::Board(Input::Alarm(change))).is_err() {
                        tracing::warn!("control queue full: an alarm is not told");
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("counters".into());
        let writer = thread.spawn(write).context("the counters' thread can't start")?;
        Ok(Self { saved, writer })
    }

    /// Hands over what was counted, never waiting: when the last is not written yet, the next
    /// minute's will do.
    pub fn save(&self, saved: Saved) {
        if self.saved.try_send(saved).is_err() {
            tracing::warn!("the disk is too slow for the counters of this minute");
        }
    }

    /// Writes the last ones and ends.
    pub fn close(self, last: Saved) {
        let Self { saved, writer } = self;
        if saved.send(last).is_err() {
            tracing::error!("the last counters are not saved: their thread has ended");
        }
        drop(saved);
        if writer.join().is_err() {
            tracing::error!("the last counters may not be saved: their thread panicked");
        }
    }
}

/// The Stat Server as it was saved in this data folder.
pub fn stats(data: &Path) -> Stats {
    let saved = restored::<stats::Saved>(&data.join(COUNTED));
    saved.map_or_else(Stats::new, |saved| Stats::restore(crate::now(), saved))
}

/// The router likewise.
pub fn router(data: &Path) -> Router {
    restored(&data.join(PROMISED)).map_or_else(Router::new, Router::restore)
}

/// What can't be read is put aside, and all begins anew: that keeps no call from being taken.
fn restored<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            let file = path.display();
            tracing::error!(%error, %file, "the file can't be read: all in it begins anew");
            return None;
        }
    };
    match serde_json::from_slice::<T>(&text) {
        Ok(saved) => Some(saved),
        Err(error) => {
            let aside = path.with_extension("json.unreadable");
            // If it can't be put aside either, the next minute writes over it.
            _ = fs::rename(path, &aside);
            let file = aside.display();
            tracing::error!(%error, %file, "the file is of another version or damaged: all in it \
                            begins anew");
            None
        }
    }
}

/// The whole file or none of it is replaced.
fn write(path: &Path, saved: &impl Serialize) -> io::Result<()> {
    let draft = path.with_extension("json.new");
    let mut file = io::BufWriter::new(fs::File::create(&draft)?);
    serde_json::to_writer(&mut file, saved)?;
    file.flush()?;
    file.get_ref().sync_all()?;
    fs::rename(&draft, path)
}

fn alarm(path: &Path, error: Option<io::Error>) -> AlarmChange {
    match error {
        None => AlarmChange::Cleared { name: ALARM.to_owned() },
        Some(error) => AlarmChange::Raised(Alarm {
            name: ALARM.to_owned(),
            severity: Severity::Warning,
            message: format!(
                "What was counted and promised can't be written to {}, so a restart would begin \
                 anew: {error}. \
                 Look at the disk's space and the folder's permissions.",
                path.display()
            ),
            since_ms: crate::now().unix_ms(),
        }),
    }
}

const COUNTED: &str = "statistics.json";
const PROMISED: &str = "routing.json";
const ALARM: &str = "counters-not-saved";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use model::System;

    use super::*;

    fn entered(stats: &Stats) -> usize {
        stats.monitor(crate::now()).queues.len()
    }

    #[test]
    fn what_was_saved_is_there_after_a_restart_and_a_damaged_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (orders, _inbox) = bounded(1);
        let mut stats = stats(folder.path());
        let site = directory::demo("hash");
        let site = stats::Input::Configuration(std::sync::Arc::new(site));
        stats.handle_input(crate::now(), site);
        assert!(entered(&stats) > 0);
        let counters = Counters::start(folder.path(), &orders).unwrap();
        let router = router(folder.path());
        counters.close((stats.save(crate::now()), router.save(crate::now())));
        let file = folder.path().join(COUNTED);
        assert!(fs::metadata(&file).unwrap().len() > 1_000, "the demo site's counters");
        let again = super::stats(folder.path()).save(crate::now());
        let again = serde_json::to_string(&again).unwrap();
        assert!(again.contains("VQ_Support"), "the counters are there again");

        fs::write(&file, "{").unwrap();
        super::stats(folder.path());
        assert!(!file.exists() && file.with_extension("json.unreadable").exists());
    }

    #[test]
    fn a_disk_that_takes_nothing_raises_an_alarm() {
        let folder = tempfile::tempdir().unwrap();
        let (orders, inbox) = bounded(4);
        let missing = folder.path().join("not there");
        let counters = Counters::start(&missing, &orders).unwrap();
        let now = crate::now();
        counters.close((Stats::new().save(now), Router::new().save(now)));
        let Ok(Order::Board(Input::Alarm(AlarmChange::Raised(alarm)))) = inbox.try_recv() else {
            panic!("an alarm")
        };
        assert_eq!(alarm.name, ALARM);
    }
}
