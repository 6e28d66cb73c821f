//! Statistic types as they are written in options, and which parts go together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    condition::{Condition, Fact},
    stat::{
        Action, Category, Mask, ObjectType, StatError, StatObject, Subject, TimeProfile, TimeRange,
    },
};

/// What counts, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatType {
    /// Whom it can be asked of.
    pub objects: Vec<ObjectType>,
    /// How it is computed.
    pub category: Category,
    /// What is counted.
    pub main: Mask,
    /// What it is set in relation to.
    pub relative: Mask,
    /// Actions or statuses.
    pub subject: Subject,
    /// Which calls: a condition on `ani`, `dnis` and user data.
    pub filter: Option<String>,
    /// Which lengths, for the categories that ask for it.
    pub range: Option<TimeRange>,
}

/// A statistic: whose, of which type, over which time. Two that are equal have one value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Definition {
    /// Of whom.
    pub object: StatObject,
    /// What.
    pub stat_type: StatType,
    /// Over which time.
    pub profile: TimeProfile,
}

impl StatType {
    /// Reads a section of options: `Category`, `MainMask`, `RelMask`, `Subject`, `Objects`,
    /// `Filter`, `TimeRange`; `Description` is for people.
    ///
    /// # Errors
    /// When a part is missing, or is no such thing, or the parts do not go together.
    pub fn from_options(options: &BTreeMap<String, String>) -> Result<Self, StatError> {
        let needed = |name: &str| {
            let missing = || StatError::Mismatch(format!("`{name}` is missing"));
            options.get(name).map(String::as_str).ok_or_else(missing)
        };
        let known = [
            "Category",
            "Description",
            "Filter",
            "MainMask",
            "Objects",
            "RelMask",
            "Subject",
            "TimeRange",
        ];
        if let Some(name) = options.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(StatError::unknown("option of a statistic", name));
        }
        let main: Mask = needed("MainMask")?.parse()?;
        let relative = options.get("RelMask").map(|mask| mask.parse()).transpose()?;
        let objects = needed("Objects")?.split(',').map(|kind| kind.trim().parse());
        let stat_type = Self {
            objects: objects.collect::<Result<_, _>>()?,
            category: needed("Category")?.trim().parse()?,
            main,
            relative: relative.filter(|mask: &Mask| !mask.is_empty()).unwrap_or(main),
            subject: needed("Subject")?.trim().parse()?,
            filter: options.get("Filter").filter(|text| !text.trim().is_empty()).cloned(),
            range: options.get("TimeRange").map(|range| range.parse()).transpose()?,
        };
        stat_type.check()?;
        Ok(stat_type)
    }

    /// Whether its parts go together. The time range may come with each statistic.
    fn check(&self) -> Result<(), StatError> {
        let wrong = |reason: &str| Err(StatError::Mismatch(reason.into()));
        if self.objects.is_empty() {
            return wrong("a statistic is about some kind of object");
        }
        if self.subject.is_status() {
            if self.main.and(Mask::statuses()).is_empty() {
                return wrong("the main mask names no status, but the subject is one");
            }
            if self.filter.is_some() {
                return wrong("a status belongs to no call, so it can't be filtered by one");
            }
        } else if self.category == Category::CurrentState {
            return wrong("CurrentState is a status; take AgentStatus or DNStatus as the subject");
        }
        self.condition().map(drop)
    }

    /// The filter, read.
    ///
    /// # Errors
    /// When it is no condition, or asks for more than a call knows.
    pub fn condition(&self) -> Result<Option<Condition>, StatError> {
        let Some(text) = &self.filter else { return Ok(None) };
        let condition = Condition::parse(text)
            .map_err(|error| StatError::Filter { at: error.at, reason: error.message })?;
        for fact in condition.facts() {
            match fact {
                Fact::Ani | Fact::Data(_) | Fact::Dnis => {}
                Fact::AgentsLoggedIn(_)
                | Fact::AgentsReady(_)
                | Fact::CallsWaiting
                | Fact::ExpectedWait
                | Fact::Open(_)
                | Fact::Position
                | Fact::Priority
                | Fact::Wait => {
                    let reason = "a filter can ask for ani, dnis and user data only";
                    return Err(StatError::Filter { at: 0, reason: reason.into() });
                }
            }
        }
        Ok(Some(condition))
    }
}

impl Definition {
    /// Whether such a statistic can be kept.
    ///
    /// # Errors
    /// Says what does not go together, or which limit is broken.
    pub fn check(&self) -> Result<(), StatError> {
        let Self { object, stat_type, profile } = self;
        stat_type.check()?;
        profile.check()?;
        let wrong = |reason: String| Err(StatError::Mismatch(reason));
        if !stat_type.objects.contains(&object.kind) {
            return wrong(format!("this statistic is not about objects of type {}", object.kind));
        }
        let category = stat_type.category;
        if category.needs_range() && stat_type.range.is_none() {
            return wrong(format!("{category} needs a time range, e.g. 0-20"));
        }
        if category == Category::CurrentState && object.kind == ObjectType::GroupAgents {
            return wrong("a group has no status; ask for that of its agents".into());
        }
        if matches!(profile, TimeProfile::Selection { .. }) && !category.is_of_ended() {
            return wrong(format!("{category} can't be told of the last so many actions"));
        }
        if *profile == TimeProfile::SinceLogin && object.kind != ObjectType::Agent {
            return wrong("SinceLogin is about one agent".into());
        }
        Ok(())
    }
}

impl Mask {
    /// All actions that can be a status.
    #[must_use]
    pub fn statuses() -> Self {
        let all: Vec<Action> =
            Action::ALL.iter().filter(|action| **action <= Action::LoggedOut).copied().collect();
        Self::of(&all)
    }
}

impl Category {
    /// Whether it asks for a time range.
    #[must_use]
    pub fn needs_range(self) -> bool {
        matches!(
            self,
            Self::CurrentNumberInTimeRange
                | Self::CurrentNumberInTimeRangePercentage
                | Self::ServiceFactor1
                | Self::TotalNumberInTimeRange
                | Self::TotalNumberInTimeRangePercentage
                | Self::TotalTimeInTimeRange
        )
    }

    /// Whether it is about actions that ended, and about nothing else.
    #[must_use]
    pub fn is_of_ended(self) -> bool {
        matches!(
            self,
            Self::AverageTime
                | Self::MaxTime
                | Self::MinTime
                | Self::RelativeNumberPercentage
                | Self::ServiceFactor1
                | Self::TotalNumber
                | Self::TotalNumberInTimeRange
                | Self::TotalNumberInTimeRangePercentage
                | Self::TotalTime
                | Self::TotalTimeInTimeRange
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(parts: &[(&str, &str)]) -> Result<StatType, StatError> {
        let base = [
            ("Category", "TotalNumber"),
            ("MainMask", "CallAnswered"),
            ("Objects", "Queue, RoutePoint"),
            ("Subject", "DNAction"),
        ];
        let all = base.iter().chain(parts);
        StatType::from_options(&all.map(|(k, v)| ((*k).into(), (*v).into())).collect())
    }

    #[test]
    fn a_type_without_a_relative_mask_relates_to_its_main_mask() {
        let stat_type = read(&[]).unwrap();
        assert_eq!(stat_type.relative, stat_type.main);
        assert_eq!(stat_type.objects, [ObjectType::Queue, ObjectType::RoutePoint]);
    }

    #[test]
    fn what_does_not_go_together_is_refused_in_words() {
        for (parts, said) in [
            (("Subject", "AgentStatus"), "the main mask names no status, but the subject is one"),
            (("Category", "TotalNumbers"), "`TotalNumbers` is no Category"),
            (("RelMask", "CallAnswerd"), "`CallAnswerd` is no Action"),
            (("Filter", "wait > 3"), "a filter can ask for ani, dnis and user data only"),
            (("Filter", "language = "), "filter, character 12"),
            (("Mainmask", "*"), "`Mainmask` is no option of a statistic"),
        ] {
            let error = read(&[parts]).unwrap_err().to_string();
            assert!(error.contains(said), "{parts:?}: {error}");
        }
    }
}
