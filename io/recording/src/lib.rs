//! Recordings on disk: a [`RecordingWriter`] makes a file of each recording's sound.
//!
//! A thread of its own encodes and writes; a slow disk never touches media: the sink that the
//! media thread hands sound to drops it when the queue is full, and the writer puts as much silence
//! in its place, so that the time in the file stays right, and says so in the recording's entry.
//!
//! A file has its final name only once it is whole: until then it ends with `.part`. Beside it lies
//! a `.json` with its [`RecordingEntry`](model::recording::RecordingEntry), so that the files
//! explain themselves and the index in the database can be made anew. What a crash left as `.part`
//! is mended at the next start and keeps all but its last second.
//!
//! When the disk is full or failing all recordings end, what was written is kept, the switch is
//! told by a `RecordingFact`, and an alarm stands until there is room again. Calls go on.
//!
//! Ogg Opus is written with two uncoupled streams (RFC 7845 5.1.1.2, mapping family 1): joint
//! stereo at these rates would let one side be heard faintly on the other's channel.

mod disk;
mod folder;
mod mend;
mod opus_file;
mod recording;
mod salvage;
mod sound;
mod wav_file;
mod writer;

pub use crate::{
    disk::{RECORDING_DISK_FAILING, RECORDING_DISK_FULL},
    folder::{Folder, FolderError},
    sound::Format,
    writer::{RecordingCounts, RecordingSettings, RecordingWatch, RecordingWriter, Told},
};
