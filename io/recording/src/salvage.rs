//! What a crash left behind: `.part` files become whole recordings or go.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use model::recording::{RecordingEntry, RecordingId};

use crate::{
    folder::{self, Folder, read_entry},
    recording::{Paths, cut_gaps},
    sound::{Format, mend},
};

/// A recording that the last run did not end.
pub(crate) struct Leftover {
    id: RecordingId,
    day: PathBuf,
}

/// The recordings that have a `.part`, found before the first new one begins.
pub(crate) fn leftovers(folder: &Folder) -> io::Result<Vec<Leftover>> {
    let mut found: Vec<Leftover> = Vec::new();
    for day in folder.days()? {
        for file in fs::read_dir(&day)? {
            let name = file?.file_name();
            let id = name.to_str().and_then(part_of);
            let Some(id) = id else { continue };
            if !found.iter().any(|left| left.id == id) {
                found.push(Leftover { id, day: day.clone() });
            }
        }
    }
    Ok(found)
}

impl Leftover {
    /// Mends it; `None` when nothing was worth keeping.
    pub(crate) fn salvage(&self) -> io::Result<Option<RecordingEntry>> {
        let name = self.id.to_string();
        let paths = |format| Paths::new(self.day.clone(), &name, format);
        for format in [Format::Opus, Format::Wav] {
            let paths = paths(format);
            if paths.sound_part.exists() {
                return self.mend(format, &paths);
            }
            if paths.sound.exists() && paths.entry_part.exists() {
                // Cut off between the two renames: everything is there.
                let entry = read_entry(&paths.entry_part, self.id)?;
                fs::rename(&paths.entry_part, &paths.entry)?;
                folder::sync(&self.day)?;
                return Ok(Some(entry));
            }
        }
        paths(Format::Opus).forget();
        Ok(None)
    }

    fn mend(&self, format: Format, paths: &Paths) -> io::Result<Option<RecordingEntry>> {
        let Some(kept) = mend(&paths.sound_part, format)? else {
            paths.forget();
            return Ok(None);
        };
        let entry = read_entry(&paths.entry_part, self.id);
        let mut entry = entry.unwrap_or_else(|_| nameless(self.id, &self.day, format));
        entry.duration_ms = kept.duration_ms;
        entry.bytes = kept.bytes;
        entry.failure = Some(CUT_OFF.to_owned());
        cut_gaps(&mut entry);
        folder::write_entry(&paths.entry_part, &entry)?;
        paths.publish()?;
        Ok(Some(entry))
    }
}

fn part_of(name: &str) -> Option<RecordingId> {
    let (id, end) = name.strip_suffix(".part")?.split_once('.')?;
    let is_ours = end == "json" || Format::from_name(end).is_some();
    id.parse().ok().filter(|_| is_ours)
}

/// All that is known when the entry is lost too.
fn nameless(id: RecordingId, day: &Path, format: Format) -> RecordingEntry {
    let day = day.file_name().and_then(OsStr::to_str);
    RecordingEntry {
        id,
        conn: String::new(),
        dn: "".into(),
        agent: None,
        call_type: "Unknown".into(),
        ani: String::new(),
        dnis: String::new(),
        other: String::new(),
        mailbox: None,
        started_ms: day.and_then(folder::day_start_ms).unwrap_or(0),
        duration_ms: 0,
        gaps: Vec::new(),
        failure: None,
        bytes: 0,
        format: format.as_str().to_owned(),
    }
}

const CUT_OFF: &str = "cut off: the program ended before the recording did; at most its last \
                       second and a half are missing.";
