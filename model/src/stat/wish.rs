//! Statistics as people and programs ask for them, in words, and what they are told.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    ClientId, ReferenceId,
    stat::{
        Category, Definition, Insensitivity, Notification, ObjectType, StatError, StatObject,
        StatType, StatValue, TimeProfile, ready_made::Catalogue,
    },
};

/// Who has statistics open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatClient {
    /// A subscription of the desk's, by its number.
    Desk(u64),
    /// A client of the Stat Server's port.
    Port(ClientId),
}

/// A statistic as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatWish {
    /// An [`ObjectType`], e.g. `Agent`.
    pub object_type: String,
    /// Whose: employee id, group, place, DN.
    pub object_id: String,
    /// What.
    pub metric: Metric,
    /// A named time profile, or one written out, e.g. `Sliding=3600:10`; empty: `Default`.
    pub time_profile: String,
    /// E.g. `0-20`; empty: the type's own.
    pub time_range: String,
    /// Only calls for which this holds, besides the type's own filter; empty: all.
    pub filter: String,
}

/// A statistic type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metric {
    /// By its name.
    Named(String),
    /// Written out, in the words of a section of options; `Objects` may be left out.
    Spelled(BTreeMap<String, String>),
}

impl Default for Metric {
    fn default() -> Self {
        Self::Named(String::new())
    }
}

/// What a client of the Stat Server wants.
#[derive(Clone, Debug, PartialEq)]
pub enum StatRequest {
    /// No more of a statistic.
    Close,
    /// Values of a statistic from now on.
    Open(StatWish, Notification),
    /// The value as it is now.
    Peek,
    /// Values again.
    Resume,
    /// No values until it is resumed; it is counted on.
    Suspend,
}

/// What a client of the Stat Server's port does.
#[derive(Clone, Debug, PartialEq)]
pub enum StatInput {
    /// The client is gone; its statistics are closed.
    Closed {
        /// Who.
        client: ClientId,
    },
    /// It asks for something.
    Request {
        /// Who.
        client: ClientId,
        /// Comes back with the answer, and with each value.
        reference: ReferenceId,
        /// What.
        request: StatRequest,
    },
}

/// A value and when it was so.
#[derive(Clone, Debug, PartialEq)]
pub struct StatReading {
    /// The value.
    pub value: StatValue,
    /// Milliseconds since 1970 UTC.
    pub at_ms: u64,
}

/// What a client of the Stat Server's port is told.
#[derive(Clone, Debug, PartialEq)]
pub enum StatOutput {
    /// What became of a request; a statistic's value where one was asked for.
    Answer {
        /// Whose.
        client: ClientId,
        /// The request's.
        reference: ReferenceId,
        /// What became of it.
        outcome: Result<Option<StatReading>, StatError>,
    },
    /// Values of statistics that are open.
    Values {
        /// Who is told.
        client: ClientId,
        /// What, by the number under which it was opened.
        values: Vec<(ReferenceId, StatReading)>,
    },
}

/// What the desk asks for: lists of statistics, each list under one number.
#[derive(Clone, Debug, PartialEq)]
pub enum Subscribing {
    /// Opens a list; its statistics are numbered from 0.
    Open {
        /// The list's number; not 0.
        subscription: u64,
        /// The statistics.
        wishes: Vec<(StatWish, Notification)>,
    },
    /// The values of a list as they are now.
    Peek {
        /// The list.
        subscription: u64,
        /// Which of its statistics.
        numbers: Vec<u64>,
    },
    /// Values, without opening anything.
    Read {
        /// The statistics.
        wishes: Vec<StatWish>,
    },
    /// Tells no more values of a list, or tells them again. No answer.
    Suspend {
        /// The list.
        subscription: u64,
        /// No more.
        is_suspended: bool,
        /// Which of its statistics.
        numbers: Vec<u64>,
    },
}

impl Catalogue {
    /// What is asked for, with every name looked up.
    ///
    /// # Errors
    /// When a word means nothing here, or the parts do not go together.
    pub fn definition(&self, wish: &StatWish) -> Result<Definition, StatError> {
        let kind: ObjectType = wish.object_type.parse()?;
        let mut stat_type = self.stat_type(&wish.metric, kind)?;
        if !wish.time_range.trim().is_empty() {
            stat_type.range = Some(wish.time_range.parse()?);
        }
        if !wish.filter.trim().is_empty() {
            stat_type.filter = Some(match &stat_type.filter {
                Some(own) => format!("({own}) & ({})", wish.filter),
                None => wish.filter.clone(),
            });
        }
        let profile = self.profile(wish.time_profile.trim(), stat_type.category)?;
        let object = StatObject::new(kind, &wish.object_id);
        let definition = Definition { object, stat_type, profile };
        definition.check()?;
        Ok(definition)
    }

    fn stat_type(&self, metric: &Metric, kind: ObjectType) -> Result<StatType, StatError> {
        match metric {
            Metric::Named(name) => {
                let unknown = || StatError::unknown("statistic type", name);
                self.types.get(name).cloned().ok_or_else(unknown)
            }
            Metric::Spelled(options) => {
                let mut options = options.clone();
                options.entry("Objects".into()).or_insert_with(|| kind.as_str().into());
                StatType::from_options(&options)
            }
        }
    }

    fn profile(&self, text: &str, category: Category) -> Result<TimeProfile, StatError> {
        if let Some((kind, text)) = text.split_once('=') {
            return TimeProfile::parse(kind.trim(), text, &self.zone);
        }
        let name = if text.is_empty() { default_profile(category) } else { text };
        let unknown = || StatError::unknown("time profile", name);
        self.profiles.get(name).cloned().ok_or_else(unknown)
    }
}

/// The time that a wait is estimated from is not the whole day.
fn default_profile(category: Category) -> &'static str {
    if category == Category::EstimWaitingTime { "LastHour" } else { "Default" }
}

impl Notification {
    /// By the words of the Stat Server: `Immediate`, `Periodical`, `Reset`, `NoNotification`;
    /// `frequency` in seconds for `Periodical`, `insensitivity` for `Immediate`, e.g. `1` or `5%`.
    ///
    /// # Errors
    /// When the mode is none of these, or the insensitivity no number.
    pub fn parse(mode: &str, frequency: u32, insensitivity: &str) -> Result<Self, StatError> {
        match mode {
            "" | "Immediate" => {
                let text = insensitivity.trim();
                let wrong = || StatError::unknown("insensitivity (a number, or one and %)", text);
                let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
                let by = match text.strip_suffix('%') {
                    Some(text) => Insensitivity::Percent(number(text)?),
                    None if text.is_empty() => Insensitivity::Absolute(0.0),
                    None => Insensitivity::Absolute(number(text)?),
                };
                Ok(Self::Change(by))
            }
            "Periodical" => {
                Ok(Self::Every { seconds: if frequency == 0 { FREQUENCY_S } else { frequency } })
            }
            "Reset" => Ok(Self::Reset),
            "NoNotification" => Ok(Self::Never),
            _ => Err(StatError::unknown(
                "notification mode (Immediate, Periodical, Reset, NoNotification)",
                mode,
            )),
        }
    }
}

impl Serialize for StatReading {
    /// As members of an object: `value`, `timestamp`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members<'a> {
            value: &'a StatValue,
            timestamp: u64,
        }
        Members { value: &self.value, timestamp: self.at_ms }.serialize(serializer)
    }
}

/// How often a statistic is told when nothing is said; as Workspace asks for it.
const FREQUENCY_S: u32 = 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stat::TimeRange;

    fn wish(object_type: &str, name: &str) -> StatWish {
        StatWish {
            object_type: object_type.into(),
            object_id: "VQ_Support".into(),
            metric: Metric::Named(name.into()),
            ..StatWish::default()
        }
    }

    #[test]
    fn names_are_looked_up_and_what_is_said_besides_goes_before_the_types_own() {
        let catalogue = Catalogue::ready_made("Europe/Berlin");
        let asked = StatWish {
            time_range: "0-30".into(),
            filter: "ani = '111'".into(),
            time_profile: "Sliding=600:60".into(),
            ..wish("Queue", "ServiceLevel")
        };
        let definition = catalogue.definition(&asked).unwrap();
        assert_eq!(definition.stat_type.range, Some(TimeRange { from_s: 0, to_s: 30 }));
        assert_eq!(definition.stat_type.filter.as_deref(), Some("ani = '111'"));
        assert_eq!(definition.profile, TimeProfile::Sliding { window_s: 600, step_s: 60 });
        let plain = catalogue.definition(&wish("Queue", "ServiceLevel")).unwrap();
        assert_eq!(Some(&plain.profile), catalogue.profiles.get("Default"));
    }

    #[test]
    fn a_type_can_be_written_out() {
        let options = [("Category", "TotalNumber"), ("MainMask", "CallAnswered")];
        let options = options.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut options = BTreeMap::from(options);
        options.insert("Subject".into(), "DNAction".into());
        let metric = Metric::Spelled(options);
        let asked = StatWish { metric, ..wish("RoutePoint", "") };
        let definition = Catalogue::ready_made("UTC").definition(&asked).unwrap();
        assert_eq!(definition.stat_type.objects, [ObjectType::RoutePoint]);
    }

    #[test]
    fn words_that_mean_nothing_are_named() {
        let catalogue = Catalogue::ready_made("UTC");
        let said = |wish: &StatWish| catalogue.definition(wish).unwrap_err().to_string();
        assert_eq!(said(&wish("Queues", "ServiceLevel")), "`Queues` is no ObjectType");
        assert_eq!(said(&wish("Queue", "Nonsense")), "`Nonsense` is no statistic type");
        let profile = StatWish { time_profile: "Week".into(), ..wish("Queue", "Total_Entered") };
        assert_eq!(said(&profile), "`Week` is no time profile");
        let filter = StatWish { filter: "ani = ".into(), ..wish("Queue", "Total_Entered") };
        assert!(said(&filter).starts_with("filter, character"), "{}", said(&filter));
        assert!(said(&wish("Agent", "ServiceLevel")).contains("not about objects of type Agent"));
    }

    #[test]
    fn notification_modes_have_the_stat_servers_names() {
        let read = |mode, frequency, by| Notification::parse(mode, frequency, by);
        let change = |by| Ok(Notification::Change(by));
        assert_eq!(read("", 0, ""), change(Insensitivity::Absolute(0.0)));
        assert_eq!(read("Immediate", 0, "5 %"), change(Insensitivity::Percent(5.0)));
        assert_eq!(read("Periodical", 0, ""), Ok(Notification::Every { seconds: 10 }));
        assert_eq!(read("Periodical", 2, ""), Ok(Notification::Every { seconds: 2 }));
        assert_eq!(read("Reset", 0, ""), Ok(Notification::Reset));
        assert_eq!(read("NoNotification", 0, ""), Ok(Notification::Never));
        assert!(read("Often", 0, "").is_err());
        assert!(read("Immediate", 0, "much").is_err());
    }
}
