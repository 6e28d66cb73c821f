//! Strategies as data: the steps that a call goes through at its route point until it has found
//! somebody. Steps nest and never jump, so a strategy reads from top to bottom and always ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AgentId, Dn, id::MediaName, prompt::KeyEntry};

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
    /// Keep the caller's place in the queue for a call back; the caller goes on to the next step.
    Callback(Callback),
    /// Ask the caller for keys.
    Collect(Collect),
    /// Go on only while a calendar is open.
    Hours {
        /// Its name.
        calendar: String,
        /// Steps while it is closed; whoever is through with them goes to the default.
        closed: Vec<Step>,
    },
    /// Ask the caller to choose, and go that way.
    Menu(Menu),
    /// Say or play something, once. Whom the call waits for may take it meanwhile.
    Play {
        /// What, piece by piece.
        prompt: Vec<Say>,
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
        /// What the caller hears in turn while waiting; nothing: music.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        while_waiting: Vec<Pastime>,
    },
    /// Record what the caller has to say.
    Voicemail(Voicemail),
    /// Ask a program over HTTP.
    Webhook(Webhook),
}

/// A piece of what is said. In texts `{position}`, `{expected_wait}` (minutes), `{wait}` (minutes)
/// and `{key}` of the user data are filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Say {
    /// A tone.
    Beep,
    /// A media file, in the caller's language (user data key `Language`).
    Media(MediaName),
    /// Nothing, for so many milliseconds.
    PauseMs(u32),
    /// Spoken as it is, by the voice of the caller's language.
    Text(String),
    /// Spoken in the caller's language: text by language; the first when there is none for it.
    Texts(BTreeMap<String, String>),
}

/// What a caller hears while waiting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pastime {
    /// Music, for so many seconds.
    MusicS(u32),
    /// Something said.
    Play(Vec<Say>),
}

/// A step that asks for keys. What was entered is attached as user data; an empty text when
/// nothing that is accepted was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// What is said before.
    #[serde(default)]
    pub prompt: Vec<Say>,
    /// The user data key.
    pub into: String,
    /// How keys are taken.
    #[serde(default)]
    pub keys: KeyEntry,
    /// Entries that are accepted; none: any that is not empty.
    #[serde(default)]
    pub accept: Vec<String>,
    /// How often it is asked in all.
    #[serde(default = "three")]
    pub tries: u8,
    /// What is said after an entry that is not accepted, before the prompt.
    #[serde(default)]
    pub invalid: Vec<Say>,
}

/// A step that lets the caller choose by a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// What is said before.
    pub prompt: Vec<Say>,
    /// Steps by what is entered.
    pub choices: BTreeMap<String, Vec<Step>>,
    /// Steps when nothing of these was entered.
    #[serde(default)]
    pub otherwise: Vec<Step>,
    /// Seconds for the first key.
    #[serde(default = "five")]
    pub first_s: u32,
    /// How often it is asked in all.
    #[serde(default = "three")]
    pub tries: u8,
    /// What is said after an entry that is no choice, before the prompt.
    #[serde(default)]
    pub invalid: Vec<Say>,
    /// The user data key that keeps what was entered.
    #[serde(default = "menu_choice")]
    pub into: String,
}

/// A step that keeps the place of a caller who wants to be called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Callback {
    /// The user data key of the number to call; `None`: the caller's own.
    pub number: Option<String>,
    /// How often it is tried.
    pub attempts: u8,
    /// Minutes between tries.
    pub retry_min: u32,
    /// Minutes after which it is given up.
    pub expires_min: u32,
}

impl Default for Callback {
    fn default() -> Self {
        Self { number: None, attempts: 3, retry_min: 10, expires_min: 24 * 60 }
    }
}

/// A step that records a message; then the next step follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voicemail {
    /// Whose message it is: the name under which it is listed.
    pub mailbox: String,
    /// What is said before; a `beep` belongs to its end.
    pub prompt: Vec<Say>,
    /// Seconds at most.
    #[serde(default = "three_minutes")]
    pub limit_s: u32,
}

/// A step that asks a program: the call's facts and user data are posted as JSON; `user_data` of
/// the answer is attached, and its `steps` are gone through before the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// `http://…` or `https://…`.
    pub url: String,
    /// Seconds until it has failed.
    #[serde(default = "five")]
    pub timeout_s: u32,
    /// User data keys that are sent; none: all.
    #[serde(default)]
    pub send: Vec<String>,
    /// Steps when it fails.
    #[serde(default)]
    pub failed: Vec<Step>,
}

impl Step {
    /// Calls `see` with these steps and all that are in them.
    pub fn each<'a>(steps: &'a [Self], see: &mut impl FnMut(&'a Self)) {
        for step in steps {
            see(step);
            match step {
                Self::Branch { then, otherwise, .. } => {
                    Self::each(then, see);
                    Self::each(otherwise, see);
                }
                Self::Hours { closed, .. } => Self::each(closed, see),
                Self::Menu(menu) => {
                    menu.choices.values().for_each(|steps| Self::each(steps, see));
                    Self::each(&menu.otherwise, see);
                }
                Self::Webhook(webhook) => Self::each(&webhook.failed, see),
                Self::Attach { .. }
                | Self::Callback(_)
                | Self::Collect(_)
                | Self::Play { .. }
                | Self::Priority { .. }
                | Self::Release
                | Self::Route(_)
                | Self::Target { .. }
                | Self::Voicemail(_) => {}
            }
        }
    }

    /// Everything that the step itself says to callers.
    #[must_use]
    pub fn says(&self) -> Vec<&Say> {
        match self {
            Self::Collect(collect) => collect.invalid.iter().chain(&collect.prompt).collect(),
            Self::Menu(menu) => menu.invalid.iter().chain(&menu.prompt).collect(),
            Self::Play { prompt } => prompt.iter().collect(),
            Self::Target { while_waiting, .. } => {
                let says = while_waiting.iter().filter_map(|pastime| match pastime {
                    Pastime::MusicS(_) => None,
                    Pastime::Play(says) => Some(says),
                });
                says.flatten().collect()
            }
            Self::Voicemail(voicemail) => voicemail.prompt.iter().collect(),
            Self::Attach { .. }
            | Self::Branch { .. }
            | Self::Callback(_)
            | Self::Hours { .. }
            | Self::Priority { .. }
            | Self::Release
            | Self::Route(_)
            | Self::Webhook(_) => Vec::new(),
        }
    }
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

fn five() -> u32 {
    5
}

fn menu_choice() -> String {
    "MenuChoice".to_owned()
}

fn one() -> u32 {
    1
}

fn three() -> u8 {
    3
}

fn three_minutes() -> u32 {
    180
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
            "release",
            {"play":{"prompt":[{"text":"Hello."},"beep",{"texts":{"de":"Hallo."}},{"pause_ms":5}]}},
            {"collect":{"into":"pin","keys":{"keys_max":4},"prompt":[{"media":"EnterPin"}]}},
            {"menu":{"prompt":[{"text":"One?"}],"choices":{"1":["release"]}}},
            {"callback":{}},
            {"voicemail":{"mailbox":"Support","prompt":["beep"]}},
            {"webhook":{"url":"https://crm.example/lookup","failed":["release"]}}
        ]"#;
        let steps: Vec<Step> = serde_json::from_str(text).unwrap();
        assert_eq!(steps.len(), 11);
        let Step::Target { to, keep, choose, timeout_s, .. } = &steps[3] else { unreachable!() };
        assert_eq!((to[0].weight, *keep, *choose), (3, true, Choice::MostSkilled));
        assert_eq!((&to[1].who, *timeout_s), (&Who::LastAgent { within_days: 7 }, None));
        let again: Vec<Step> =
            serde_json::from_str(&serde_json::to_string(&steps).unwrap()).unwrap();
        assert_eq!(again, steps);
        assert!(serde_json::from_str::<Step>(r#"{"target":{"too":[]}}"#).is_err());
    }
}
