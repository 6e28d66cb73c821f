//! Whether the recordings' disk can take more.

use std::{fs, io, io::Write, path::Path};

use nix::{errno::Errno, sys::statvfs::statvfs};

/// The alarm's name while there is no room for recordings.
pub const RECORDING_DISK_FULL: &str = "recording-disk-full";
/// The alarm's name while the recordings' folder can't be written for another reason.
pub const RECORDING_DISK_FAILING: &str = "recording-disk-failing";

/// What keeps recordings from being written, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Full,
    Failing,
}

impl Trouble {
    /// The trouble that an error means for all recordings; `None`: only for the one.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ENOSPC | Errno::EDQUOT) => Some(Self::Full),
            Some(Errno::EIO | Errno::EROFS | Errno::ESTALE | Errno::ENODEV) => Some(Self::Failing),
            Some(_) | None => None,
        }
    }

    pub(crate) fn alarm(self) -> &'static str {
        match self {
            Self::Full => RECORDING_DISK_FULL,
            Self::Failing => RECORDING_DISK_FAILING,
        }
    }

    /// For people: what is wrong and what to do.
    pub(crate) fn message(self, folder: &Path, keep_free_bytes: u64) -> String {
        let folder = folder.display();
        match self {
            Self::Full => format!(
                "Nothing is recorded: the disk of {folder} is full ({} MB have to stay free). Make \
                 room, keep recordings for a shorter time (recording.keep_days), or choose another \
                 disk (recording.directory). Recordings that begin after that are made again.",
                keep_free_bytes / MEGABYTE
            ),
            Self::Failing => format!(
                "Nothing is recorded: {folder} can't be written. Check the disk and this program's \
                 right to write there. Recordings that begin after that are made again."
            ),
        }
    }
}

/// Whether a folder's disk has room above what has to stay free.
pub(crate) fn has_room(folder: &Path, keep_free_bytes: u64) -> io::Result<bool> {
    let disk = statvfs(folder).map_err(io::Error::from)?;
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    Ok(free >= keep_free_bytes.max(ROOM_MIN_BYTES))
}

/// Writes a little file for a try, down to the disk.
pub(crate) fn probe(folder: &Path) -> io::Result<()> {
    let path = folder.join(".probe");
    let written = fs::File::create(&path).and_then(|mut file| {
        file.write_all(&[0; PROBE_BYTES])?;
        file.sync_all()
    });
    match (written, fs::remove_file(&path)) {
        (Err(error), _) | (Ok(()), Err(error)) => Err(error),
        (Ok(()), Ok(())) => Ok(()),
    }
}

const MEGABYTE: u64 = 1024 * 1024;
/// What a recording needs to begin: its first pages and its entry.
const ROOM_MIN_BYTES: u64 = 64 * 1024;
const PROBE_BYTES: usize = 4096;
