//! What a change of the configuration is made of.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::config::{Configuration, Object, ObjectKind};

/// Edits that are made together or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The version that whoever asks for it has seen.
    pub base_version: u64,
    /// In their order.
    pub edits: Vec<Edit>,
}

/// One object more, another or less.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant, reason = "there are few, and each is looked at and gone")]
pub enum Edit {
    /// Takes an object out.
    Delete(ObjectKind, String),
    /// Adds an object, or puts it in place of the one of that name.
    Put(Object),
}

impl Edit {
    /// The object that it is about.
    #[must_use]
    pub fn about(&self) -> (ObjectKind, &str) {
        match self {
            Self::Delete(kind, name) => (*kind, name),
            Self::Put(object) => (object.kind(), object.name()),
        }
    }

    /// Makes it; false when what is to be taken out is not there.
    pub fn apply(self, site: &mut Configuration) -> bool {
        match self {
            Self::Delete(kind, name) => site.delete(kind, &name),
            Self::Put(object) => {
                site.put(object);
                true
            }
        }
    }
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// It was made on a version that no longer holds.
    Conflict(Conflict),
    /// It can't work; one sentence each, for people.
    Problems(Vec<String>),
}

/// Two have changed the same site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The version that the change was made on.
    pub base_version: u64,
    /// The version that holds.
    pub version: u64,
    /// What has changed in between; `None` when that is too long ago to be known.
    pub changed: Option<BTreeSet<(ObjectKind, String)>>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base_version, version, changed } = self;
        write!(f, "this was changed on version {base_version}, but version {version} holds now")?;
        if let Some(changed) = changed {
            let names = changed.iter().take(NAMED_MAX);
            let names: Vec<String> =
                names.map(|(kind, name)| format!("{} {name}", kind.as_str())).collect();
            let more = changed.len().saturating_sub(NAMED_MAX);
            write!(f, "; since then {}", names.join(", "))?;
            if more > 0 {
                write!(f, " and {more} more")?;
            }
            f.write_str(if changed.len() == 1 { " has changed" } else { " have changed" })?;
        }
        f.write_str(": look at them and change again")
    }
}

/// Names in one sentence.
const NAMED_MAX: usize = 5;
