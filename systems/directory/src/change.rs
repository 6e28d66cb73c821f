//! Changes made on a version that somebody has seen: applied whole, or refused with reasons.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{
    Configuration,
    config::{Change, Conflict, Edit, ObjectKind},
};

use crate::{problems, references::references};

/// The configuration that edits make, its options carried over to their fields.
pub fn edited(site: &Configuration, edits: Vec<Edit>) -> Result<Configuration, Vec<String>> {
    if edits.len() > EDITS_MAX {
        return Err(vec![format!("{} edits at once; at most {EDITS_MAX} are taken.", edits.len())]);
    }
    let mut new = site.clone();
    let mut said = Vec::new();
    let mut deleted = BTreeSet::new();
    for edit in edits {
        match &edit {
            Edit::Delete(ObjectKind::Switch, _) => {
                said.push("Switch: it can't be deleted; change it.".to_owned());
                continue;
            }
            Edit::Delete(kind, name) => {
                deleted.insert((*kind, name.clone()));
            }
            Edit::Put(object) => {
                deleted.remove(&(object.kind(), object.name().to_owned()));
            }
        }
        let what = match &edit {
            Edit::Delete(kind, name) => format!("{} {name}", kind.title()),
            Edit::Put(object) => format!("{} {}", object.kind().title(), object.name()),
        };
        if !edit.apply(&mut new) {
            said.push(format!("{what}: it can't be deleted, there is none."));
        }
    }
    complete(&mut new);
    said.extend(still_used(&new, &deleted));
    if said.is_empty() {
        said = problems(&new);
    }
    if said.is_empty() { Ok(new) } else { Err(said) }
}

/// Fills in what a file may leave out and carries options over to the fields that they mean. What
/// is wrong with them is told by [`problems`].
pub fn complete(site: &mut Configuration) {
    for (user, person) in &mut site.persons {
        if person.user_name.as_str().is_empty() {
            person.user_name = user.clone();
        }
    }
    for object in site.dns.values_mut() {
        object.take_options();
    }
    for trunk in site.trunks.values_mut() {
        trunk.take_options();
    }
}

/// What is deleted and yet named by something that stays.
fn still_used(site: &Configuration, deleted: &BTreeSet<(ObjectKind, String)>) -> Vec<String> {
    if deleted.is_empty() {
        return Vec::new();
    }
    let mut users: BTreeMap<&(ObjectKind, String), Vec<String>> = BTreeMap::new();
    let references = references(site);
    for reference in references.iter().filter(|reference| !reference.is_met(site)) {
        let (kind, name) = &reference.to;
        // A DN that is named may have been a resource.
        let as_resource = (ObjectKind::Resource, name.clone());
        let gone = deleted
            .get(&(*kind, name.clone()))
            .or_else(|| (*kind == ObjectKind::Dn).then(|| deleted.get(&as_resource)).flatten());
        if let Some(gone) = gone {
            let (from, from_name) = &reference.from;
            let title = from.title().to_lowercase();
            let title = if *from == ObjectKind::Dn { "DN".to_owned() } else { title };
            users
                .entry(gone)
                .or_default()
                .push(format!("{title} {from_name} ({})", reference.field));
        }
    }
    let said = users.into_iter().map(|((kind, name), users)| {
        let more = users.len().saturating_sub(NAMED_MAX);
        let mut named = users.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            named.push_str(&format!(" and {more} more"));
        }
        format!(
            "{} {name}: it can't be deleted while {named} use it; change that first.",
            kind.title()
        )
    });
    said.collect()
}

/// Objects by kind and name.
type Names = Vec<(ObjectKind, String)>;

/// What each of the last versions changed.
#[derive(Debug, Default)]
pub struct Past {
    versions: VecDeque<(u64, Names)>,
}

impl Past {
    /// Keeps what a version changed.
    pub fn remember(&mut self, version: u64, changed: Names) {
        self.versions.push_back((version, changed));
        if self.versions.len() > PAST_VERSIONS_MAX {
            self.versions.pop_front();
        }
    }

    /// Whether a change may be made on a version, when this one holds.
    pub fn conflict(&self, change: &Change, version: u64) -> Option<Conflict> {
        let base_version = change.base_version;
        if base_version == version {
            return None;
        }
        let is_known = self.versions.front().is_some_and(|(first, _)| *first <= base_version + 1);
        let changed = (is_known && base_version < version).then(|| {
            let since = self.versions.iter().filter(|(version, _)| *version > base_version);
            since.flat_map(|(_, changed)| changed.iter().cloned()).collect()
        });
        Some(Conflict { base_version, version, changed })
    }
}

/// Edits of one change: a whole large site.
const EDITS_MAX: usize = 200_000;
/// Names in one sentence.
const NAMED_MAX: usize = 5;
/// Versions whose changes are known to who comes late.
const PAST_VERSIONS_MAX: usize = 1_000;
