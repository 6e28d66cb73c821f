//! Strategies as data: the steps that a call goes through at its route point until it has found
//! somebody. Steps nest and never jump, so a strategy reads from top to bottom and always ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AgentId, Dn};

/// One step. Calls begin with the first one and go on with the next when a step is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Attach user data.
    Attach {
        /// Replaces what is under these keys.
        user_data: BTreeMap<String, String>,
    },
    /// Go one way or the other.
    Branch {
        /// A condition, e.g. `account_type = 'premium' & wait > 30`.
        when: String,
        /// Steps while it holds.
        #[serde(default)]
        then: Vec<Step>,
        /// Steps while it does not.
        #[serde(default)]
        otherwise: Vec<Step>,
    },
    /// Go on only while a calendar is open.
    Hours {
        /// Its name.
        calendar: String,
        /// Steps while it is closed; whoever is through with them goes to the default.
        closed: Vec<Step>,
    },
    /// Whom the call comes before while it waits.
    Priority {
        /// Higher is served first.
        base: i64,
        /// What every minute of waiting adds.
        #[serde(default)]
        per_minute: i64,
    },
    /// Hang up.
    Release,
    /// Send the call there, whoever is free.
    Route(Goal),
    /// Wait for somebody who can take the call.
    Target {
        /// Who may.
        to: Vec<Target>,
        /// Who of those who are free gets it.
        #[serde(default)]
        choose: Choice,
        /// Whether the targets of earlier steps stay.
        #[serde(default)]
        keep: bool,
        /// Go on at once when nobody of these is logged in.
        #[serde(default)]
        only_if_logged_in: bool,
        /// Seconds until the next step; `None`: none comes.
        #[serde(default)]
        timeout_s: Option<u32>,
    },
}

/// A place that takes a call at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Goal {
    /// Wherever this agent is logged in.
    Agent(AgentId),
    /// A phone of ours.
    Dn(Dn),
    /// An outside number.
    Number(String),
    /// Another strategy's door.
    RoutePoint(Dn),
}

/// Somebody who can take a call when free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// The share of calls that go here, beside the other targets' weights.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: u32,
}

/// Agents, by one of their properties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// This one.
    Agent(AgentId),
    /// An agent group's members.
    Group(String),
    /// Whoever had this caller last, so many days ago at most.
    LastAgent {
        /// Days.
        within_days: u32,
    },
    /// Whose skills satisfy this expression.
    Skills(String),
}

/// Who of those who are free gets a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// With the smallest share of time on calls since the log-in.
    LeastOccupied,
    /// With the lowest sum of levels of the skills asked for.
    LeastSkilled,
    /// Ready longest without a call.
    #[default]
    LongestIdle,
    /// With the highest sum of levels of the skills asked for.
    MostSkilled,
    /// By turns.
    RoundRobin,
    /// By turns, each target as often as its weight says.
    Weighted,
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_one(weight: &u32) -> bool {
    *weight == 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn a_strategy_reads_and_writes_as_json() {
        let text = r#"[
            {"hours":{"calendar":"Office","closed":[{"route":{"number":"+4930123"}}]}},
            {"branch":{"when":"account_type = 'premium'","then":[{"priority":{"base":10}}]}},
            {"target":{"to":[{"skills":"Support > 5"}],"timeout_s":20}},
            {"target":{"to":[{"group":"Backup","weight":3},{"last_agent":{"within_days":7}}],
                       "keep":true,"choose":"most-skilled"}},
            "release"
        ]"#;
        let steps: Vec<Step> = serde_json::from_str(text).unwrap();
        assert_eq!(steps.len(), 5);
        let Step::Target { to, keep, choose, timeout_s, .. } = &steps[3] else { unreachable!() };
        assert_eq!((to[0].weight, *keep, *choose), (3, true, Choice::MostSkilled));
        assert_eq!((&to[1].who, *timeout_s), (&Who::LastAgent { within_days: 7 }, None));
        let again: Vec<Step> =
            serde_json::from_str(&serde_json::to_string(&steps).unwrap()).unwrap();
        assert_eq!(again, steps);
        assert!(serde_json::from_str::<Step>(r#"{"target":{"too":[]}}"#).is_err());
    }
}
