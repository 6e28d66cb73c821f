//! A recording's sound on disk, in either format.

use std::{io, path::Path};

use model::recording::RecordingEntry;

use crate::{folder, mend, opus_file::OpusFile, wav_file::WavFile};

/// How sound is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Opus in Ogg: 8 to 13 MB an hour.
    #[default]
    Opus,
    /// 16-bit PCM, as every program reads: 115 MB an hour.
    Wav,
}

impl Format {
    /// The end of the file's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Wav => "wav",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Opus, Self::Wav].into_iter().find(|format| format.as_str() == name)
    }

    /// For `Content-Type`.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/ogg",
            Self::Wav => "audio/wav",
        }
    }
}

/// A file that sound is being written to.
pub(crate) enum SoundFile {
    Opus(Box<OpusFile>),
    Wav(WavFile),
}

impl SoundFile {
    /// Creates the file and writes its head.
    pub(crate) fn create(path: &Path, format: Format, entry: &RecordingEntry) -> io::Result<Self> {
        let file = folder::create(path)?;
        match format {
            Format::Opus => OpusFile::begin(file, entry).map(|file| Self::Opus(Box::new(file))),
            Format::Wav => WavFile::begin(file).map(Self::Wav),
        }
    }

    /// Appends samples, left and right in turn.
    pub(crate) fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        match self {
            Self::Opus(file) => file.write(samples),
            Self::Wav(file) => file.write(samples),
        }
    }

    /// Writes what is held back and the end, down to the disk.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Opus(file) => file.finish(),
            Self::Wav(file) => file.finish(),
        }
    }
}

/// What is whole in a file that was not finished, after everything else was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) duration_ms: u64,
    pub(crate) bytes: u64,
}

/// Makes a whole file of one that was not finished; `None` when it has no sound to keep.
pub(crate) fn mend(path: &Path, format: Format) -> io::Result<Option<Kept>> {
    match format {
        Format::Opus => mend::mend_ogg(path),
        Format::Wav => mend::mend_wav(path),
    }
}

/// Samples per second and channel.
pub(crate) const RATE: u32 = 8_000;
/// Left and right.
pub(crate) const CHANNELS: usize = 2;
/// Samples per millisecond and channel.
pub(crate) const FRAMES_PER_MS: u64 = 8;
