//! The folder of sounds, as administrators fill it.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::sound_file;

/// The folder below which media files lie.
#[derive(Clone, Debug)]
pub struct Library {
    folder: PathBuf,
}

/// A sound file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Below the folder, with `/` between its parts.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// What prevents something, in words for an administrator.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The path or the sound can't be used.
    #[error("{0}")]
    Unusable(String),
    /// There is no such file.
    #[error("there is no sound file {0}")]
    Unknown(String),
    /// The disk.
    #[error("the folder of sounds: {0}")]
    Disk(#[from] io::Error),
}

impl Library {
    /// This folder; it is made when a first sound is put into it.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// All sounds, by path.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn list(&self) -> Result<Vec<Sound>, LibraryError> {
        let mut sounds = Vec::new();
        match self.walk(&self.folder, &mut sounds) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => sounds.sort_by(|a, b| a.path.cmp(&b.path)),
        }
        Ok(sounds)
    }

    fn walk(&self, folder: &Path, sounds: &mut Vec<Sound>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.strip_prefix(&self.folder).ok().and_then(written);
            let about = path.metadata()?;
            match name {
                Some(_) if about.is_dir() => self.walk(&path, sounds)?,
                Some(path) if sounds.len() < LISTED_MAX => {
                    sounds.push(Sound { path, bytes: about.len() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A file as it is.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, LibraryError> {
        fs::read(self.place(path)?).map_err(|error| told(error, path))
    }

    /// Puts a sound there, or another in its place, once it is known that it can be played. Who
    /// hears the old one hears it to its end.
    ///
    /// # Errors
    /// The path is none, the sound can't be played, or the disk won't have it.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), LibraryError> {
        let place = self.place(path)?;
        let sound = sound_file::read_bytes(bytes).map_err(LibraryError::Unusable)?;
        if sound.is_empty() {
            return Err(LibraryError::Unusable("there is no sound in it".to_owned()));
        }
        Ok(write_whole(&place, bytes)?)
    }

    /// Takes a sound away.
    ///
    /// # Errors
    /// There is none, or it can't be removed.
    pub fn remove(&self, path: &str) -> Result<(), LibraryError> {
        fs::remove_file(self.place(path)?).map_err(|error| told(error, path))
    }

    fn place(&self, path: &str) -> Result<PathBuf, LibraryError> {
        let is_path = written(Path::new(path)).as_deref() == Some(path) && path.len() <= PATH_MAX;
        is_path.then(|| self.folder.join(path)).ok_or_else(|| {
            LibraryError::Unusable(format!(
                "{path:?} is no path below the folder of sounds, such as en/welcome.wav"
            ))
        })
    }
}

/// Writes a file into a folder, which is made if need be: whoever reads it has all of it, or the
/// one before. Several may write the same at the same time.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let part = folder.join(format!(".{}.part", PARTS.fetch_add(1, Ordering::Relaxed)));
    fs::write(&part, bytes).and_then(|()| fs::rename(&part, path)).inspect_err(|_| {
        // Of no use to anybody; the next of its number would replace it.
        let _ = fs::remove_file(&part);
    })
}

static PARTS: AtomicU64 = AtomicU64::new(0);

/// A path with `/` between its parts; `None` when it leads elsewhere or is hidden.
fn written(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str().filter(|name| !name.starts_with('.')),
            _ => None,
        })
        .collect();
    let path = parts?.join("/");
    (!path.is_empty() && !path.chars().any(char::is_control)).then_some(path)
}

fn told(error: io::Error, path: &str) -> LibraryError {
    match error.kind() {
        io::ErrorKind::NotFound => LibraryError::Unknown(path.to_owned()),
        _ => error.into(),
    }
}

/// Of a path, in bytes.
const PATH_MAX: usize = 200;
/// Files that are named at most.
const LISTED_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn wav() -> Vec<u8> {
        let mut bytes = Vec::new();
        let pcm = 1_600_u32;
        bytes.extend_from_slice(b"RIFF");
        bytes.extend_from_slice(&(36 + pcm).to_le_bytes());
        bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        bytes.extend_from_slice(&8000_u32.to_le_bytes());
        bytes.extend_from_slice(&16_000_u32.to_le_bytes());
        bytes.extend_from_slice(b"\x02\0\x10\0data");
        bytes.extend_from_slice(&pcm.to_le_bytes());
        bytes.resize(44 + pcm as usize, 7);
        bytes
    }

    #[test]
    fn a_sound_is_put_there_read_listed_and_taken_away() {
        let data = tempfile::tempdir().unwrap();
        let library = Library::new(data.path().join("sounds"));
        assert_eq!(library.list().unwrap(), []);
        library.write("de/gruß.wav", &wav()).unwrap();
        library.write("de/gruß.wav", &wav()).unwrap();
        assert_eq!(library.read("de/gruß.wav").unwrap(), wav());
        let listed = Sound { path: "de/gruß.wav".to_owned(), bytes: 1_644 };
        assert_eq!(library.list().unwrap(), [listed]);
        library.remove("de/gruß.wav").unwrap();
        assert!(matches!(library.read("de/gruß.wav"), Err(LibraryError::Unknown(_))));
        assert!(matches!(library.remove("de/gruß.wav"), Err(LibraryError::Unknown(_))));
    }

    #[test]
    fn nothing_is_put_elsewhere_and_no_noise_is_taken_for_a_sound() {
        let data = tempfile::tempdir().unwrap();
        let library = Library::new(data.path().join("sounds"));
        let long = "a".repeat(201);
        for path in ["", "/a.wav", "../a.wav", "a/../b.wav", "a//b.wav", ".a.wav", "a\n.wav", &long]
        {
            let told = library.write(path, &wav());
            assert!(matches!(told, Err(LibraryError::Unusable(_))), "{path:?}");
        }
        let told = library.write("a.wav", b"no sound at all").unwrap_err();
        assert!(matches!(told, LibraryError::Unusable(_)), "{told}");
        assert_eq!(library.list().unwrap(), []);
    }
}
