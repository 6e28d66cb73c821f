//! What is not the same in two configurations, for plans, conflicts and the audit log. Passwords
//! and their hashes are never told, only that they changed.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Configuration, Object, ObjectKind};

/// One object that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Whether it came, went or changed.
    pub sort: DifferenceSort,
    /// Its fields that are not the same; at most [`Self::FIELDS_MAX`].
    pub fields: Vec<FieldDifference>,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum DifferenceSort {
    Added,
    Changed,
    Removed,
}

/// One field that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDifference {
    /// Its way from the object, e.g. `skills.Support`.
    pub field: String,
    /// What it said, as JSON; `None`: nothing.
    pub before: Option<String>,
    /// What it says.
    pub after: Option<String>,
}

/// What a change made of the configuration, for whoever asks later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Who asked for it: a log-in name, or a program's.
    pub who: String,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: u64,
    /// The version that it made.
    pub version: u64,
    /// What it changed.
    pub differences: Vec<Difference>,
}

impl Difference {
    /// Further fields are not told.
    pub const FIELDS_MAX: usize = 50;
    /// Longer values are cut.
    pub const VALUE_CHARS_MAX: usize = 200;

    fn between(
        kind: ObjectKind,
        name: &str,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Option<Self> {
        let sort = match (before, after) {
            (None, Some(_)) => DifferenceSort::Added,
            (Some(_), None) => DifferenceSort::Removed,
            (Some(before), Some(after)) if before != after => DifferenceSort::Changed,
            (Some(_), Some(_)) | (None, None) => return None,
        };
        let (before, after) = (fields(before), fields(after));
        let paths = before.keys().chain(after.keys().filter(|path| !before.contains_key(*path)));
        let mut changed: Vec<FieldDifference> = paths
            .filter(|path| before.get(*path) != after.get(*path))
            .map(|path| FieldDifference {
                field: path.clone(),
                before: before.get(path).map(|value| shown(path, value, "(what it was)")),
                after: after.get(path).map(|value| shown(path, value, "(set)")),
            })
            .collect();
        changed.sort_by(|a, b| a.field.cmp(&b.field));
        changed.truncate(Self::FIELDS_MAX);
        Some(Self { kind, name: name.to_owned(), sort, fields: changed })
    }
}

impl Configuration {
    /// What became of each object on the way from this configuration to another.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let kinds = ObjectKind::ALL.iter();
        let names = kinds.flat_map(|kind| {
            self.differing(after, *kind).into_iter().map(move |name| (*kind, name))
        });
        let between = |(kind, name): (ObjectKind, &str)| {
            let (before, after) = (self.object(kind, name), after.object(kind, name));
            Difference::between(kind, name, before.as_ref(), after.as_ref())
        };
        names.filter_map(between).collect()
    }
}

/// `+ agent-group Experts`, with a line for each field that changed.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.sort {
            DifferenceSort::Added => '+',
            DifferenceSort::Changed => '~',
            DifferenceSort::Removed => '-',
        };
        write!(f, "{sign} {} {}", self.kind.as_str(), self.name)?;
        if self.sort == DifferenceSort::Changed {
            for FieldDifference { field, before, after } in &self.fields {
                let or_nothing = |value: &Option<String>| {
                    value.clone().unwrap_or_else(|| "(nothing)".to_owned())
                };
                write!(f, "\n    {field}: {} -> {}", or_nothing(before), or_nothing(after))?;
            }
        }
        Ok(())
    }
}

fn fields(object: Option<&Object>) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    if let Some(Ok(body)) = object.map(Object::body) {
        flatten("", body, &mut flat);
    }
    flat
}

fn flatten(path: &str, value: Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(&path, value, into);
            }
        }
        other @ (Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            into.insert(path.to_owned(), other);
        }
    }
}

fn shown(path: &str, value: &Value, secret: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    if SECRETS.iter().any(|word| last.contains(word)) {
        return secret.to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(Difference::VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A field or option whose name has one of these in it is not told.
const SECRETS: [&str; 4] = ["password", "secret", "token", "api-key"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::{DnKind, DnObject, DnRecord, Tenant};

    fn extension(password: &str) -> DnObject {
        DnObject::new(DnKind::Extension {
            password: Some(password.into()),
            cti_control: false,
            reject_not_ready: true,
            record: DnRecord::OnDemand,
        })
    }

    #[test]
    fn objects_that_came_went_and_changed_are_told_field_by_field() {
        let mut before = Configuration::default();
        before.tenants.insert("North".into(), Tenant::default());
        before.dns.insert("5001".into(), extension("one"));
        let mut after = before.clone();
        after.tenants.clear();
        after.skills.insert("Sales".into());
        let dn = after.dns.get_mut("5001").unwrap();
        *dn = DnObject { alias: Some("Ada".into()), ..dn.clone() };
        let said: Vec<String> =
            before.differences(&after).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["~ dn 5001\n    alias: (nothing) -> \"Ada\"", "+ skill Sales", "- tenant North"]
        );
        assert_eq!(after.differences(&after), []);
    }

    #[test]
    fn passwords_are_never_told() {
        let mut before = Configuration::default();
        before.dns.insert("5001".into(), extension("first-secret"));
        let mut after = before.clone();
        let mut dn = extension("second-word");
        let mail = [("smtp-password".to_owned(), "third-word".to_owned())];
        dn.options.insert("mail".into(), mail.into());
        after.dns.insert("5001".into(), dn);
        let all = [before.differences(&after), Configuration::default().differences(&before)];
        let text = serde_json::to_string(&all).unwrap();
        assert!(text.contains("(set)") && text.contains("(what it was)"), "{text}");
        for word in ["first-secret", "second-word", "third-word"] {
            assert!(!text.contains(word), "{text}");
        }
    }
}
