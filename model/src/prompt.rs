//! What is said or played to a caller once: sound files, spoken text, a tone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::MediaName;

/// Numbers an announcement; never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnouncementId(pub u64);

/// Pieces that are played one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Prompt {
    /// E.g. `en` or `pt-BR`; files of this language are taken, then of its first part, then of the
    /// site's own. Empty: the site's.
    pub language: String,
    /// In their order.
    pub pieces: Vec<Piece>,
}

/// One piece of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// A tone that says: speak now.
    Beep,
    /// A media file of the configuration, in the prompt's language.
    Media(MediaName),
    /// Nothing, for so long.
    Pause(Duration),
    /// Text for the speech engine.
    Text(String),
}

/// A prompt that is answered by keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyEntry {
    /// Keys that end it by their number; 1 to [`KEYS_MAX`].
    pub keys_max: u8,
    /// Seconds until the first key, from the prompt's end.
    pub first_s: u32,
    /// Seconds between keys.
    pub next_s: u32,
    /// Keys that end it and don't count, e.g. `#`.
    pub ends_with: String,
    /// Whether keys are taken while the prompt is played, which ends it.
    pub barge_in: bool,
}

impl Default for KeyEntry {
    fn default() -> Self {
        Self { keys_max: 1, first_s: 5, next_s: 3, ends_with: "#".into(), barge_in: true }
    }
}

/// Keys of one entry, as T-Library's.
pub const KEYS_MAX: u8 = 32;
