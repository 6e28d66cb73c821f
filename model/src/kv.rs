//! Key-value lists: user data, reasons, extensions.
//!
//! As in T-Library a list keeps its order, may hold a key more than once (the first wins on
//! read) and may hold lists.

use serde::{Deserialize, Serialize, de, ser::SerializeMap};

/// An ordered list of pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KvList(Vec<(String, KvValue)>);

/// One value of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KvValue {
    /// A whole number.
    Int(i64),
    /// A nested list.
    List(KvList),
    /// Text.
    Str(String),
}

impl KvList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The first value under `key`.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&KvValue> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// The first value under `key`, when it is text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.value(key)? {
            KvValue::Str(text) => Some(text),
            KvValue::Int(_) | KvValue::List(_) => None,
        }
    }

    /// The first value under `key`, when it is a number or text that is one.
    #[must_use]
    pub fn int(&self, key: &str) -> Option<i64> {
        match self.value(key)? {
            KvValue::Int(number) => Some(*number),
            KvValue::Str(text) => text.trim().parse().ok(),
            KvValue::List(_) => None,
        }
    }

    /// Adds a pair even when the key is there (RequestAttachUserData).
    pub fn attach(&mut self, key: impl Into<String>, value: impl Into<KvValue>) {
        self.0.push((key.into(), value.into()));
    }

    /// Replaces the first pair with this key or adds one (RequestUpdateUserData).
    pub fn update(&mut self, key: impl Into<String>, value: impl Into<KvValue>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// Removes every pair with this key; says whether there was one.
    pub fn delete(&mut self, key: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(k, _)| k != key);
        self.0.len() != before
    }

    /// A builder's [`KvList::attach`].
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<KvValue>) -> Self {
        self.attach(key, value);
        self
    }

    /// Pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KvValue)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many lists are nested in one another; 1 when no value is a list.
    #[must_use]
    pub fn depth(&self) -> usize {
        let deepest = self.0.iter().map(|(_, value)| match value {
            KvValue::Int(_) | KvValue::Str(_) => 0,
            KvValue::List(list) => list.depth(),
        });
        1 + deepest.max().unwrap_or(0)
    }

    /// Pairs on all levels, and the bytes of keys and texts: what limits are checked against.
    #[must_use]
    pub fn weight(&self) -> (usize, usize) {
        self.0.iter().fold((0, 0), |(pairs, bytes), (key, value)| {
            let (more_pairs, more_bytes) = match value {
                KvValue::Int(_) => (0, 8),
                KvValue::List(list) => list.weight(),
                KvValue::Str(text) => (0, text.len()),
            };
            (pairs + 1 + more_pairs, bytes + key.len() + more_bytes)
        })
    }
}

impl From<&str> for KvValue {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}
impl From<String> for KvValue {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}
impl From<i64> for KvValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<KvList> for KvValue {
    fn from(list: KvList) -> Self {
        Self::List(list)
    }
}
impl FromIterator<(String, KvValue)> for KvList {
    fn from_iter<I: IntoIterator<Item = (String, KvValue)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
impl IntoIterator for KvList {
    type Item = (String, KvValue);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// As a JSON object. A later pair with the same key is left out: JSON has no place for it.
impl Serialize for KvList {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (at, (key, value)) in self.0.iter().enumerate() {
            if !self.0.iter().take(at).any(|(earlier, _)| earlier == key) {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

/// From a JSON object. Booleans and fractions become text, `null` empty text, arrays lists keyed
/// by position: integrators send all of them and T-Library has none.
impl<'de> Deserialize<'de> for KvList {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Object(map) => {
                Ok(map.into_iter().map(|(k, v)| (k, KvValue::from(v))).collect())
            }
            _ => Err(de::Error::custom("user data must be a JSON object")),
        }
    }
}

impl From<serde_json::Value> for KvValue {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Str(String::new()),
            Value::Bool(flag) => Self::Str(flag.to_string()),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Self::Int(whole),
                None => Self::Str(number.to_string()),
            },
            Value::String(text) => Self::Str(text),
            Value::Array(items) => Self::List(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(at, item)| (at.to_string(), Self::from(item)))
                    .collect(),
            ),
            Value::Object(map) => {
                Self::List(map.into_iter().map(|(k, v)| (k, Self::from(v))).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn attach_keeps_duplicates_and_the_first_wins_on_read() {
        let mut list = KvList::new().with("k", "one");
        list.attach("k", "two");
        assert_eq!(list.text("k"), Some("one"));
        assert_eq!(serde_json::to_string(&list).unwrap(), r#"{"k":"one"}"#);
    }

    #[test]
    fn update_replaces_or_adds_and_delete_says_whether_it_did() {
        let mut list = KvList::new().with("k", "one");
        list.update("k", 2);
        list.update("new", "x");
        assert_eq!((list.int("k"), list.text("new")), (Some(2), Some("x")));
        assert!(list.delete("k") && !list.delete("k"));
    }

    #[test]
    fn nested_json_survives_a_round_trip() {
        let text = r#"{"PhoneNumber":"5002","WWE_PARTY_5002":{"k":"v","n":7}}"#;
        let list: KvList = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&list).unwrap(), text);
        assert_eq!(list.weight(), (4, 11 + 4 + 14 + 1 + 1 + 1 + 8));
    }
}
