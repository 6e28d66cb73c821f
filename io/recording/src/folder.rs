//! Where files lie: `<folder>/<yyyy-mm-dd>/<RecordingId>.<opus or wav>`, and a `.json` beside it.
//!
//! Paths are made of parsed names and numbers only, so nothing here can reach outside the folder.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use model::recording::{RecordingEntry, RecordingId};

use crate::sound::Format;

/// The recordings' folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// The recordings' folder can't be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "can't write recordings in {folder}: give this user the right to write there, or choose \
     another folder with recording.directory"
)]
pub struct FolderError {
    folder: PathBuf,
    #[source]
    source: io::Error,
}

impl Folder {
    /// Makes it when it is missing, for its owner alone: it holds what customers said.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        make(root).map_err(|source| FolderError { folder: root.to_owned(), source })?;
        Ok(Self { root: root.to_owned() })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Where an ended recording's sound is; `None` when the entry has no format of ours.
    #[must_use]
    pub fn sound(&self, entry: &RecordingEntry) -> Option<PathBuf> {
        let format = Format::from_name(&entry.format)?;
        Some(self.day(entry.started_ms).join(format!("{}.{}", entry.id, format.as_str())))
    }

    /// Deletes a recording's files; what is gone already is no error. The entry goes last, so that
    /// what breaks off between is found and deleted again.
    ///
    /// # Errors
    /// When a file is there and stays.
    pub fn delete(&self, entry: &RecordingEntry) -> io::Result<()> {
        let folder = self.day(entry.started_ms);
        if let Some(sound) = self.sound(entry) {
            remove(&sound)?;
        }
        remove(&folder.join(entry_name(entry.id)))?;
        // Only an empty one goes, and only a file system that is slow to notice keeps it.
        if fs::remove_dir(&folder).is_ok() {
            tracing::debug!(folder = %folder.display(), "a day without recordings");
        }
        Ok(())
    }

    /// The folders of days, oldest first.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn days(&self) -> io::Result<Vec<PathBuf>> {
        let mut days = Vec::new();
        for found in fs::read_dir(&self.root)? {
            let found = found?;
            if found.file_type()?.is_dir() && found.file_name().to_str().is_some_and(is_day) {
                days.push(found.path());
            }
        }
        days.sort();
        Ok(days)
    }

    /// The recordings that have ended and lie in a day's folder.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn ended_in(&self, day: &Path) -> io::Result<Vec<RecordingId>> {
        let mut ids = Vec::new();
        for found in fs::read_dir(day)? {
            let name = found?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json"));
            ids.extend(id.and_then(|id| id.parse::<RecordingId>().ok()));
        }
        Ok(ids)
    }

    /// What the `.json` in a day's folder says of a recording.
    ///
    /// # Errors
    /// When it can't be read or is of another recording.
    pub fn entry(&self, day: &Path, id: RecordingId) -> io::Result<RecordingEntry> {
        read_entry(&day.join(entry_name(id)), id)
    }

    pub(crate) fn day(&self, started_ms: u64) -> PathBuf {
        self.root.join(day_name(started_ms))
    }
}

pub(crate) fn make(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A new file that its owner alone can read.
pub(crate) fn create(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Writes an entry in its place, so that a full disk can hold the new one where the old one was.
pub(crate) fn write_entry(path: &Path, entry: &RecordingEntry) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(entry)?;
    text.push(b'\n');
    let mut open = fs::OpenOptions::new();
    let mut file = open.write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.write_all(&text)?;
    file.set_len(u64::try_from(text.len()).unwrap_or(u64::MAX))?;
    file.sync_all()
}

pub(crate) fn read_entry(path: &Path, id: RecordingId) -> io::Result<RecordingEntry> {
    let entry: RecordingEntry = serde_json::from_slice(&fs::read(path)?)?;
    if entry.id != id {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is of another recording"));
    }
    Ok(entry)
}

/// Makes renames last through a power cut.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

pub(crate) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(crate) fn entry_name(id: RecordingId) -> String {
    format!("{id}.json")
}

/// The day in UTC, `yyyy-mm-dd`.
fn day_name(unix_ms: u64) -> String {
    let (year, month, day) = date(unix_ms);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Midnight of a day's folder, milliseconds since 1970.
pub(crate) fn day_start_ms(name: &str) -> Option<u64> {
    // 400 years hold 146,097 days; this far nobody's recordings go.
    (0..200_000).map(|day| day * DAY_MS).find(|ms| day_name(*ms) == name)
}

fn is_day(name: &str) -> bool {
    let is_dash = |at: usize| at == 4 || at == 7;
    name.len() == 10
        && name.bytes().enumerate().all(|(at, byte)| match is_dash(at) {
            true => byte == b'-',
            false => byte.is_ascii_digit(),
        })
}

/// Year, month and day of the Gregorian calendar, counted in years that begin in March, so that
/// the leap day comes last.
fn date(unix_ms: u64) -> (u64, u64, u64) {
    let days = unix_ms / DAY_MS + DAYS_FROM_0000_03_01;
    let (era, in_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + carry, month, day)
}

const DAY_MS: u64 = 86_400_000;
const DAYS_FROM_0000_03_01: u64 = 719_468;
const DAYS_OF_400_YEARS: u64 = 146_097;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (unix_s, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_769_440_554, "2026-01-26"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(day_name(unix_s * 1000), day);
            assert_eq!(day_start_ms(day), Some(unix_s * 1000 / DAY_MS * DAY_MS));
        }
    }

    #[test]
    fn only_days_are_folders_of_recordings() {
        assert!(is_day("2026-01-26"));
        for name in ["", "2026-01-2", "2026-01-266", "lost+found", "2026/01/26", "..........", "é"]
        {
            assert!(!is_day(name), "{name}");
        }
    }
}
