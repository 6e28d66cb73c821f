//! Query strings and collections: `fields`, `subresources`, `offset`, `limit`.

use serde_json::{Map, Value, json};

/// The parameters of a query, decoded, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a raw query; at most [`PARAMETERS_MAX`] parameters count.
    #[must_use]
    pub fn read(raw: &str) -> Self {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty()).take(PARAMETERS_MAX);
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    /// The first value of a parameter.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Every parameter with its value, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a list parameter (`fields`, `subresources`) asks for `item`, by name or by `*`.
    #[must_use]
    pub fn asks_for(&self, name: &str, item: &str) -> bool {
        self.value(name).is_some_and(|list| list.split(',').any(|i| i == "*" || i.trim() == item))
    }

    /// A collection in GWS's way: `uris` without `fields`, whole items with `fields=*`, the named
    /// members with `fields=a,b`; a part of it with `offset` and `limit`.
    #[must_use]
    pub fn collection(&self, plural: &str, items: Vec<Value>) -> Map<String, Value> {
        let total = items.len();
        let number = |name| self.value(name).and_then(|v| v.parse::<usize>().ok());
        let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(LIMIT_MAX));
        let part: Vec<Value> = items.into_iter().skip(offset).take(limit.min(LIMIT_MAX)).collect();
        let is_part = part.len() < total;
        let mut out = Map::new();
        out.insert("statusCode".into(), json!(0));
        match self.value("fields") {
            None | Some("") => {
                let uris: Vec<&Value> = part.iter().filter_map(|item| item.get("uri")).collect();
                out.insert("uris".into(), json!(uris));
            }
            Some(_) => {
                let items: Vec<Value> = part.into_iter().map(|item| self.members(item)).collect();
                out.insert(plural.to_owned(), json!(items));
            }
        }
        if is_part {
            out.insert("totalCount".into(), json!(total));
        }
        out
    }

    fn members(&self, item: Value) -> Value {
        match item {
            Value::Object(mut object) => {
                object.retain(|name, _| {
                    KEPT.contains(&name.as_str()) || self.asks_for("fields", name)
                });
                Value::Object(object)
            }
            other => other,
        }
    }
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = behind;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn digit(hex: u8) -> Option<u8> {
    char::from(hex).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Members that are there whatever `fields` names.
const KEPT: &[&str] = &["id", "uri", "path"];
const PARAMETERS_MAX: usize = 32;
/// Most items of a collection in one response.
const LIMIT_MAX: usize = 1000;
