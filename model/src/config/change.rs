//! What a change of the configuration is made of.

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
pub enum Edit {
    /// Takes an object out.
    Delete(ObjectKind, String),
    /// Adds an object, or puts it in place of the one of that name.
    Put(Object),
}

impl Edit {
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
