//! The site's skills: names, each with what it means.

use std::collections::{BTreeMap, btree_map};

use serde::{Deserialize, Serialize};

use crate::SkillName;

/// CfgSkill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Skill {
    /// For whoever gives out levels.
    pub description: String,
}

/// All skills. Most readers ask only whether there is one of a name, so it looks like a set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skills(BTreeMap<SkillName, Skill>);

impl Skills {
    /// Adds a skill without a description; false when there was one of that name, which stays.
    pub fn insert(&mut self, name: SkillName) -> bool {
        let entry = self.0.entry(name);
        let is_new = matches!(entry, btree_map::Entry::Vacant(_));
        entry.or_default();
        is_new
    }

    /// Whether there is a skill of that name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes a skill out; false when there was none.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// The names, in order.
    pub fn iter(&self) -> btree_map::Keys<'_, SkillName, Skill> {
        self.0.keys()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The skills with their descriptions.
    #[must_use]
    pub fn objects(&self) -> &BTreeMap<SkillName, Skill> {
        &self.0
    }

    /// The skills with their descriptions, to change.
    pub fn objects_mut(&mut self) -> &mut BTreeMap<SkillName, Skill> {
        &mut self.0
    }
}

impl<'a> IntoIterator for &'a Skills {
    type Item = &'a SkillName;
    type IntoIter = btree_map::Keys<'a, SkillName, Skill>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<SkillName> for Skills {
    fn from_iter<I: IntoIterator<Item = SkillName>>(names: I) -> Self {
        Self(names.into_iter().map(|name| (name, Skill::default())).collect())
    }
}

impl<const N: usize> From<[SkillName; N]> for Skills {
    fn from(names: [SkillName; N]) -> Self {
        names.into_iter().collect()
    }
}
