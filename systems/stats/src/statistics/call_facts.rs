//! What a filter can ask of a call.

use std::sync::Arc;

use model::{
    KvValue,
    condition::{Condition, Fact, Value},
    event::CallAttributes,
};
use serde::{Deserialize, Serialize};

/// A call as it was when an action began or happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallFacts {
    ani: String,
    dnis: String,
    data: Vec<(String, String)>,
}

impl CallFacts {
    pub fn of(call: &CallAttributes) -> Arc<Self> {
        let data = call.user_data.iter().filter_map(|(key, value)| {
            let text = match value {
                KvValue::Str(text) => text.clone(),
                KvValue::Int(number) => number.to_string(),
                KvValue::List(_) => return None,
            };
            Some((key.to_owned(), text))
        });
        Arc::new(Self {
            ani: call.ani.clone().unwrap_or_default(),
            dnis: call.dnis.clone().unwrap_or_default(),
            data: data.collect(),
        })
    }

    /// Whether a filter holds of this call. What belongs to no call passes no filter.
    pub fn pass(call: Option<&Arc<Self>>, filter: Option<&Condition>) -> bool {
        let Some(filter) = filter else { return true };
        call.is_some_and(|call| filter.holds(&|fact| call.value(fact)))
    }

    fn value(&self, fact: &Fact) -> Value {
        let text = match fact {
            Fact::Ani => Some(self.ani.as_str()),
            Fact::Data(key) => {
                let found = self.data.iter().find(|(name, _)| name == key);
                found.map(|(_, value)| value.as_str())
            }
            Fact::Dnis => Some(self.dnis.as_str()),
            Fact::AgentsLoggedIn(_)
            | Fact::AgentsReady(_)
            | Fact::CallsWaiting
            | Fact::ExpectedWait
            | Fact::Open(_)
            | Fact::Position
            | Fact::Priority
            | Fact::Wait => None,
        };
        Value::Text(text.unwrap_or_default().to_owned())
    }
}
