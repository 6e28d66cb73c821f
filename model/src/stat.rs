//! Words of the Stat Server: objects, actions, statistic types, time profiles, values.
//!
//! Names are those of Stat Server's own options, so that a definition can be taken over as it is
//! written there.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

pub use crate::stat::{
    profile::{Growing, TimeProfile},
    stat_type::{Definition, StatType},
    wish::{
        Metric, StatClient, StatInput, StatOutput, StatReading, StatRequest, StatWish, Subscribing,
    },
};

mod profile;
pub mod ready_made;
mod stat_type;
mod wish;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $word:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum $name { $($(#[$each])* $word),* }

        impl $name {
            /// Every one of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$word),*];

            /// Its name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$word => stringify!($word)),* }
            }
        }
        impl FromStr for $name {
            type Err = StatError;
            fn from_str(text: &str) -> Result<Self, StatError> {
                let found = Self::ALL.iter().find(|word| word.as_str() == text);
                found.copied().ok_or_else(|| StatError::unknown(stringify!($name), text))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What a statistic can be about.
    ObjectType {
        /// An agent, by employee id.
        Agent,
        /// An agent group, by name.
        GroupAgents,
        /// A place, by name.
        Place,
        /// A virtual queue, by its DN.
        Queue,
        /// A DN with a phone.
        RegDN,
        /// A route point.
        RoutePoint,
    }
}

words! {
    /// What happens at an object. Up to `LoggedOut` they last and are statuses too, lowest first;
    /// the others are over when they are told, and have a length all the same where one is
    /// named.
    Action {
        /// An agent is logged in.
        LoggedIn,
        /// A DN does nothing.
        OnHook,
        /// An agent is ready.
        WaitForNextCall,
        /// A DN calls.
        CallDialing,
        /// A phone rings.
        CallRinging,
        /// An agent is not ready.
        NotReadyForNextCall,
        /// An agent finishes the last call's work.
        AfterCallWork,
        /// A call is on hold at this DN.
        CallOnHold,
        /// A call of unknown type, or one that is only listened to.
        CallUnknown,
        /// A consult call.
        CallConsult,
        /// An internal call.
        CallInternal,
        /// An outbound call.
        CallOutbound,
        /// An inbound call.
        CallInbound,
        /// An agent is not at work.
        LoggedOut,
        /// A call waits in a queue.
        CallWait,
        /// A call hears a treatment in a queue.
        CallTreatment,
        /// After-call work ended; its length.
        ACWCompleted,
        /// The caller gave up in the queue, or while a phone rang for it; the whole wait.
        CallAbandoned,
        /// The caller gave up while this phone rang; how long it rang.
        CallAbandonedFromRinging,
        /// The call was taken. At a phone: how long it rang. At a queue: the whole wait.
        CallAnswered,
        /// The queue's call was ended by the site, or went elsewhere for want of room; its wait.
        CallCleared,
        /// This DN was brought into a conference.
        CallConferenceJoined,
        /// This DN made a conference.
        CallConferenceMade,
        /// A call left a queue for a phone; its wait.
        CallDistributed,
        /// A call came into a queue; not when it comes back.
        CallEntered,
        /// A call rang and went elsewhere; how long it rang.
        CallForwarded,
        /// A call rang and was not taken, for whatever reason; how long it rang.
        CallMissed,
        /// An answered call ended here; how long it was.
        CallReleased,
        /// This DN transferred a call; how long it had it.
        CallTransferMade,
        /// This DN got a call by a transfer.
        CallTransferTaken,
        /// A program told something of its own.
        UserEvent,
    }
}

words! {
    /// How a statistic is computed.
    Category {
        /// Main actions in the time, per hour of relative actions.
        AverageNumberPerRelativeHour,
        /// How many went on at a time, as a mean over the time.
        AverageOfCurrentNumber,
        /// Time of ended main actions per ended relative action.
        AverageTime,
        /// Mean length so far of those that go on.
        CurrentAverageTime,
        /// How long there has been at least one without a break.
        CurrentContinuousTime,
        /// Longest so far of those that go on.
        CurrentMaxTime,
        /// Shortest so far of those that go on.
        CurrentMinTime,
        /// How many go on.
        CurrentNumber,
        /// How many go on whose length so far is in the range.
        CurrentNumberInTimeRange,
        /// The same, of a hundred that go on.
        CurrentNumberInTimeRangePercentage,
        /// The object's status, as a word.
        CurrentState,
        /// Length so far of all that go on.
        CurrentTime,
        /// The share of the time that main actions took.
        ElapsedTimePercentage,
        /// How long those who wait will wait, at the rate at which relative actions came.
        EstimWaitingTime,
        /// Most that went on at a time.
        MaxNumber,
        /// Longest that ended.
        MaxTime,
        /// Fewest that went on at a time.
        MinNumber,
        /// Shortest that ended.
        MinTime,
        /// Main actions of a hundred relative ones.
        RelativeNumberPercentage,
        /// Time of main actions of a hundred parts of the relative ones' time.
        RelativeTimePercentage,
        /// Main actions within the range of a hundred relative ones.
        ServiceFactor1,
        /// Ended in the time, and those that go on.
        TotalAdjustedNumber,
        /// The part of each that lies in the time.
        TotalAdjustedTime,
        /// Ended in the time.
        TotalNumber,
        /// Ended in the time with a length in the range.
        TotalNumberInTimeRange,
        /// The same, of a hundred that ended.
        TotalNumberInTimeRangePercentage,
        /// Ended per second.
        TotalNumberPerSecond,
        /// Whole length of those that ended in the time.
        TotalTime,
        /// The same, of those with a length in the range.
        TotalTimeInTimeRange,
    }
}

words! {
    /// Whether actions are counted one by one, or an object has one status at a time: the highest
    /// action that goes on.
    Subject {
        /// An agent's status.
        AgentStatus,
        /// Single actions.
        DNAction,
        /// A DN's status.
        DNStatus,
        /// The members' statuses.
        GroupStatus,
        /// A place's DNs' statuses.
        PlaceStatus,
    }
}

impl Action {
    /// Whether it lasts.
    #[must_use]
    pub fn is_durable(self) -> bool {
        self <= Self::CallTreatment
    }
}

impl Subject {
    /// Whether statuses are counted, not actions.
    #[must_use]
    pub fn is_status(self) -> bool {
        self != Self::DNAction
    }
}

/// A set of actions.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct Mask(u64);

impl Mask {
    /// The actions in it.
    #[must_use]
    pub fn of(actions: &[Action]) -> Self {
        Self(actions.iter().fold(0, |bits, action| bits | 1 << *action as u64))
    }

    /// Whether `action` is in it.
    #[must_use]
    pub fn has(self, action: Action) -> bool {
        self.0 & (1 << action as u64) != 0
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// `CallInbound,CallOutbound`; `*` is every one; `~X` leaves one out; `CallOnHold*` takes all
/// names that begin so. Stat Server's `NotMonitored` and its kin never happen here.
impl FromStr for Mask {
    type Err = StatError;

    fn from_str(text: &str) -> Result<Self, StatError> {
        let mut mask = Self::default();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let (is_out, name) =
                word.strip_prefix('~').map_or((false, word), |name| (true, name.trim()));
            let named: Vec<Action> = match name.strip_suffix('*') {
                Some(start) => Action::ALL
                    .iter()
                    .filter(|action| action.as_str().starts_with(start))
                    .copied()
                    .collect(),
                None if NEVER.contains(&name) => continue,
                None => vec![name.parse()?],
            };
            if named.is_empty() {
                return Err(StatError::unknown("Action", word));
            }
            let named = Self::of(&named);
            mask.0 = if is_out { mask.0 & !named.0 } else { mask.0 | named.0 };
        }
        Ok(mask)
    }
}

/// The names with commas between; `*` when it is all.
impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::of(Action::ALL) {
            return f.write_str("*");
        }
        let names = Action::ALL.iter().filter(|action| self.has(**action));
        f.write_str(&names.map(|action| action.as_str()).collect::<Vec<_>>().join(","))
    }
}

/// Statuses of DNs that a Stat Server does not know well; here all are known.
const NEVER: [&str; 3] = ["Monitored", "NotMonitored", "OffHook"];

/// What a statistic is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatObject {
    /// What kind of thing.
    pub kind: ObjectType,
    /// Its name: employee id, place, group or DN.
    pub name: Arc<str>,
}

impl StatObject {
    /// An object.
    #[must_use]
    pub fn new(kind: ObjectType, name: &str) -> Self {
        Self { kind, name: name.into() }
    }
}

/// From so many seconds to so many: `0-20`. Both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// At least so long.
    pub from_s: u32,
    /// At most so long.
    pub to_s: u32,
}

impl TimeRange {
    /// Whether a length is in it.
    #[must_use]
    pub fn has_ms(self, ms: u64) -> bool {
        (u64::from(self.from_s) * 1000..=u64::from(self.to_s) * 1000).contains(&ms)
    }
}

impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from_s, self.to_s)
    }
}

impl FromStr for TimeRange {
    type Err = StatError;

    fn from_str(text: &str) -> Result<Self, StatError> {
        let ends = text
            .split_once('-')
            .and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
        match ends {
            Some((from_s, to_s)) if from_s <= to_s => Ok(Self { from_s, to_s }),
            Some(_) | None => Err(StatError::unknown("TimeRange", text)),
        }
    }
}

/// When a value is told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Notification {
    /// When it differs by more than this from what was told last.
    Change(Insensitivity),
    /// Every so many seconds.
    Every {
        /// Seconds.
        seconds: u32,
    },
    /// Never: it is peeked at.
    Never,
    /// At each reset, the value that the ended time came to.
    Reset,
}

/// How far a value must move to be told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Insensitivity {
    /// By more than this.
    Absolute(f64),
    /// By more than so many hundredths of what was told last.
    Percent(f64),
}

/// A value. Times are seconds, percentages of a hundred.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StatValue {
    /// A number.
    Number(f64),
    /// A status.
    Word(String),
}

/// Why a statistic can't be had, in words for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatError {
    /// A filter that can't be read.
    Filter {
        /// At which byte of it.
        at: usize,
        /// What is wrong there.
        reason: String,
    },
    /// More than there may be.
    Limit {
        /// Of what.
        of: String,
        /// How many there may be.
        max: usize,
    },
    /// The parts do not go together.
    Mismatch(String),
    /// No statistic is open under this reference.
    NotOpen(u64),
    /// One is open already under this reference.
    Open(u64),
    /// A word that means nothing.
    Unknown {
        /// What it should have been.
        what: String,
        /// The word.
        word: String,
    },
}

impl StatError {
    /// A word that means nothing here.
    #[must_use]
    pub fn unknown(what: &str, word: &str) -> Self {
        Self::Unknown { what: what.into(), word: word.into() }
    }
}

impl fmt::Display for StatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter { at, reason } => write!(f, "filter, character {}: {reason}", at + 1),
            Self::Limit { of, max } => write!(f, "there can be {max} {of} at most"),
            Self::Mismatch(reason) => f.write_str(reason),
            Self::NotOpen(id) => write!(f, "no statistic {id} is open"),
            Self::Open(id) => write!(f, "a statistic {id} is open already"),
            Self::Unknown { what, word } => write!(f, "`{word}` is no {what}"),
        }
    }
}

impl std::error::Error for StatError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn masks_take_all_leave_some_out_and_refuse_unknown_names() {
        let mask: Mask = "*,~LoggedOut,~NotMonitored".parse().unwrap();
        assert!(mask.has(Action::LoggedIn) && !mask.has(Action::LoggedOut));
        let holds: Mask = "CallOnHold*".parse().unwrap();
        assert_eq!(holds, Mask::of(&[Action::CallOnHold]));
        assert_eq!(mask.to_string().parse(), Ok(mask));
        assert_eq!(
            "CallInbound,Nonsense".parse::<Mask>().unwrap_err().to_string(),
            "`Nonsense` is no Action"
        );
    }

    #[test]
    fn a_range_holds_both_its_ends() {
        let range: TimeRange = "0-20".parse().unwrap();
        assert!(range.has_ms(0) && range.has_ms(20_000) && !range.has_ms(20_001));
        assert!("20-0".parse::<TimeRange>().is_err());
        assert_eq!(range.to_string(), "0-20");
    }
}
