//! One recording while it runs: its sound, its clock, its pauses.

use std::{fs, io, path::PathBuf};

use model::recording::{RecordingAbout, RecordingEntry};

use crate::{
    folder::{self, Folder},
    sound::{CHANNELS, FRAMES_PER_MS, Format, SoundFile, mend},
};

/// A recording that is being written.
pub(crate) struct Recording {
    entry: RecordingEntry,
    format: Format,
    sound: SoundFile,
    /// Samples per channel so far: the recording's clock.
    frames: u64,
    /// Of these, samples that never came and are silence instead.
    lost_frames: u64,
    first_loss_ms: Option<u64>,
    paused_at_ms: Option<u64>,
    paths: Paths,
}

/// Where a recording's files are while they are written, and then.
pub(crate) struct Paths {
    pub(crate) folder: PathBuf,
    pub(crate) sound_part: PathBuf,
    pub(crate) sound: PathBuf,
    pub(crate) entry_part: PathBuf,
    pub(crate) entry: PathBuf,
}

impl Paths {
    pub(crate) fn new(folder: PathBuf, name: &str, format: Format) -> Self {
        let at = |end: &str| folder.join(format!("{name}.{end}"));
        let format = format.as_str();
        Self {
            sound_part: at(&format!("{format}.part")),
            sound: at(format),
            entry_part: at("json.part"),
            entry: at("json"),
            folder,
        }
    }

    /// Gives whole files their names: from now on the recording is there.
    pub(crate) fn publish(&self) -> io::Result<()> {
        fs::rename(&self.sound_part, &self.sound)?;
        fs::rename(&self.entry_part, &self.entry)?;
        folder::sync(&self.folder)
    }
}

impl Recording {
    pub(crate) fn begin(
        folder: &Folder,
        format: Format,
        about: &RecordingAbout,
    ) -> io::Result<Self> {
        let entry = entry(about, format);
        let day = folder.day(entry.started_ms);
        folder::make(&day)?;
        let paths = Paths::new(day, &entry.id.to_string(), format);
        // Before the sound: what a crash leaves can be told what it is.
        folder::write_entry(&paths.entry_part, &entry)?;
        let sound = SoundFile::create(&paths.sound_part, format, &entry);
        let sound = sound.inspect_err(|_| paths.forget())?;
        let (frames, lost_frames) = (0, 0);
        let (first_loss_ms, paused_at_ms) = (None, None);
        Ok(Self { entry, format, sound, frames, lost_frames, first_loss_ms, paused_at_ms, paths })
    }

    /// Samples, left and right in turn.
    pub(crate) fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        self.frames += u64::try_from(samples.len() / CHANNELS).unwrap_or(0);
        self.sound.write(samples)
    }

    /// Silence in place of samples per channel that were dropped on their way.
    pub(crate) fn write_lost(&mut self, frames: u64) -> io::Result<()> {
        if frames > 0 {
            self.first_loss_ms.get_or_insert(self.frames / FRAMES_PER_MS);
            self.lost_frames += frames;
        }
        let mut left = frames;
        while left > 0 {
            let now = left.min(FRAMES_PER_MS * 1000);
            self.write(&vec![0; usize::try_from(now).unwrap_or(0) * CHANNELS])?;
            left -= now;
        }
        Ok(())
    }

    pub(crate) fn pause(&mut self) -> io::Result<()> {
        let now = self.frames / FRAMES_PER_MS;
        self.paused_at_ms.get_or_insert(now);
        self.note()
    }

    pub(crate) fn resume(&mut self) -> io::Result<()> {
        self.close_gap(self.frames / FRAMES_PER_MS);
        self.note()
    }

    pub(crate) fn duration_ms(&self) -> u64 {
        self.frames / FRAMES_PER_MS
    }

    /// Ends it: the files get their names. `failure` says why, when it should have gone on.
    pub(crate) fn end(mut self, failure: Option<String>) -> io::Result<RecordingEntry> {
        let (duration_ms, lost_ms) = (self.duration_ms(), self.lost_frames / FRAMES_PER_MS);
        self.close_gap(duration_ms);
        let lost = (self.lost_frames > 0).then(|| {
            let at = self.first_loss_ms.unwrap_or_default() / 1000;
            tracing::warn!(recording = %self.entry.id, lost_ms, "the disk was too slow for sound");
            format!(
                "{lost_ms} ms of sound are missing, the first of them at {at} s, because the disk \
                 was too slow; there is silence in their place."
            )
        });
        let failures: Vec<String> = failure.into_iter().chain(lost).collect();
        let Self { mut entry, format, sound, paths, .. } = self;
        entry.failure = (!failures.is_empty()).then(|| failures.join(" "));
        entry.duration_ms = duration_ms;
        match sound.finish().and_then(|()| fs::metadata(&paths.sound_part)) {
            Ok(file) => entry.bytes = file.len(),
            Err(error) => {
                let Some(kept) = mend(&paths.sound_part, format)? else {
                    paths.forget();
                    return Err(error);
                };
                entry.duration_ms = kept.duration_ms;
                entry.bytes = kept.bytes;
                entry.failure.get_or_insert_with(|| format!("Its end is missing: {error}."));
                cut_gaps(&mut entry);
            }
        }
        folder::write_entry(&paths.entry_part, &entry)?;
        paths.publish()?;
        Ok(entry)
    }

    fn close_gap(&mut self, now_ms: u64) {
        if let Some(from) = self.paused_at_ms.take() {
            self.entry.gaps.push((from, now_ms));
        }
    }

    /// Pauses survive a crash.
    fn note(&self) -> io::Result<()> {
        let mut entry = self.entry.clone();
        entry.gaps.extend(self.paused_at_ms.map(|from| (from, u64::MAX)));
        folder::write_entry(&self.paths.entry_part, &entry)
    }
}

impl Paths {
    /// Nothing was recorded: nothing is left.
    pub(crate) fn forget(&self) {
        for file in [&self.sound_part, &self.entry_part] {
            if let Err(error) = folder::remove(file) {
                tracing::warn!(file = %file.display(), %error, "an empty recording stays");
            }
        }
    }
}

/// No gap reaches beyond the end.
pub(crate) fn cut_gaps(entry: &mut RecordingEntry) {
    let end = entry.duration_ms;
    entry.gaps.retain(|(from, _)| *from < end);
    for (_, to) in &mut entry.gaps {
        *to = end.min(*to);
    }
}

fn entry(about: &RecordingAbout, format: Format) -> RecordingEntry {
    RecordingEntry {
        id: about.id,
        conn: about.conn.to_string(),
        dn: about.dn.clone(),
        agent: about.agent.clone(),
        call_type: about.call_type.as_str().to_owned(),
        ani: about.ani.clone(),
        dnis: about.dnis.clone(),
        other: about.other.clone(),
        mailbox: about.mailbox.clone(),
        started_ms: about.started.unix_ms(),
        duration_ms: 0,
        gaps: Vec::new(),
        failure: None,
        bytes: 0,
        format: format.as_str().to_owned(),
    }
}
