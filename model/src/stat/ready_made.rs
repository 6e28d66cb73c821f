//! Statistic types that every site has; a type of the same name in the options replaces one.

use std::collections::BTreeMap;

use crate::{
    Configuration,
    config::Options,
    stat::{StatError, StatType, TimeProfile},
};

/// Every type that statistics can be opened by, and every named time profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Types by name.
    pub types: BTreeMap<String, StatType>,
    /// Profiles by name; `Default` is there always.
    pub profiles: BTreeMap<String, TimeProfile>,
    /// The IANA name of the zone whose days growing windows go by.
    pub zone: String,
}

/// The application whose options are statistic types.
pub const APPLICATION: &str = "Stat_Server";
/// The section of named time profiles: `Name,Kind = value`.
pub const PROFILES: &str = "TimeProfiles";

impl Catalogue {
    /// What a site has, in the time zone of its tenant. Says also which of its own could not be
    /// read, and why.
    #[must_use]
    pub fn of(site: &Configuration) -> (Self, Vec<(String, StatError)>) {
        let zone = site.tenants.values().find_map(|tenant| tenant.time_zone.as_deref());
        let none = Options::default();
        let options = site.applications.get(APPLICATION).map_or(&none, |found| &found.options);
        Self::of_options(options, zone.unwrap_or("UTC"))
    }

    /// What is ready made, with the sections of options: one for each type, and `TimeProfiles`.
    /// Says also which could not be read, and why.
    #[must_use]
    pub fn of_options(options: &Options, zone: &str) -> (Self, Vec<(String, StatError)>) {
        let mut catalogue = Self::ready_made(zone);
        let mut wrong = Vec::new();
        for (section, parts) in options {
            if section == PROFILES {
                for (name, text) in parts {
                    match profile(name, text, zone) {
                        Ok((name, profile)) => _ = catalogue.profiles.insert(name, profile),
                        Err(error) => wrong.push((format!("{PROFILES}/{name}"), error)),
                    }
                }
            } else {
                match StatType::from_options(parts) {
                    Ok(found) => _ = catalogue.types.insert(section.clone(), found),
                    Err(error) => wrong.push((section.clone(), error)),
                }
            }
        }
        (catalogue, wrong)
    }

    /// What every site has.
    #[must_use]
    pub fn ready_made(zone: &str) -> Self {
        let types = TYPES.iter().map(|[name, category, main, relative, subject, objects]| {
            let mut options: BTreeMap<String, String> = [
                ("Category", *category),
                ("MainMask", *main),
                ("Subject", *subject),
                ("Objects", *objects),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
            if !relative.is_empty() {
                options.insert("RelMask".into(), (*relative).into());
            }
            if *category == "ServiceFactor1" {
                options.insert("TimeRange".into(), "0-20".into());
            }
            let found = StatType::from_options(&options).expect("a test reads every one of them");
            ((*name).to_owned(), found)
        });
        let profiles = [
            ("Default", "Growing", "0:00"),
            ("LastHour", "Sliding", "3600:10"),
            ("SinceLogin", "SinceLogin", ""),
        ]
        .into_iter()
        .filter_map(|(name, kind, text)| {
            Some((name.to_owned(), TimeProfile::parse(kind, text, zone).ok()?))
        });
        Self { types: types.collect(), profiles: profiles.collect(), zone: zone.to_owned() }
    }
}

fn profile(name: &str, text: &str, zone: &str) -> Result<(String, TimeProfile), StatError> {
    let Some((name, kind)) = name.split_once(',') else {
        return Err(StatError::Mismatch("write `Name,Growing` or `Name,Sliding`".into()));
    };
    Ok((name.trim().to_owned(), TimeProfile::parse(kind.trim(), text, zone)?))
}

const QUEUES: &str = "Queue,RoutePoint";
const AGENTS: &str = "Agent,GroupAgents";
const PHONES: &str = "Agent,GroupAgents,Place,RegDN";
const TALKS: &str = "CallUnknown,CallConsult,CallInternal,CallOutbound,CallInbound";
const HANDLING: &str =
    "CallUnknown,CallConsult,CallInternal,CallOutbound,CallInbound,AfterCallWork";

/// Name, category, main mask, relative mask, subject, objects.
const TYPES: [[&str; 6]; 24] = [
    [
        "AbandonedPercentage",
        "RelativeNumberPercentage",
        "CallAbandoned",
        "CallEntered",
        "DNAction",
        QUEUES,
    ],
    ["AverageHandlingTime", "AverageTime", HANDLING, TALKS, "DNStatus", AGENTS],
    ["AverageWaitingTime", "AverageTime", "CallWait", "", "DNAction", QUEUES],
    ["ConsultCalls", "TotalNumber", "CallConsult", "", "DNAction", PHONES],
    ["CurrMaxCallWaitingTime", "CurrentMaxTime", "CallWait", "", "DNAction", QUEUES],
    ["CurrentAgentState", "CurrentState", "*", "", "AgentStatus", "Agent"],
    ["CurrentLoggedInAgents", "CurrentNumber", "*,~LoggedOut", "", "AgentStatus", AGENTS],
    ["CurrentNotReadyAgents", "CurrentNumber", "NotReadyForNextCall", "", "AgentStatus", AGENTS],
    ["CurrentReadyAgents", "CurrentNumber", "WaitForNextCall", "", "AgentStatus", AGENTS],
    ["Current_In_Queue", "CurrentNumber", "CallWait", "", "DNAction", QUEUES],
    ["EstimatedWaitingTime", "EstimWaitingTime", "CallWait", "CallDistributed", "DNAction", QUEUES],
    ["HoldDuration", "TotalAdjustedTime", "CallOnHold*", "", "DNAction", PHONES],
    ["InboundCalls", "TotalNumber", "CallInbound", "", "DNAction", PHONES],
    ["InteractionTransferred", "TotalNumber", "CallTransferMade", "", "DNAction", PHONES],
    ["InternalCalls", "TotalNumber", "CallInternal", "", "DNAction", PHONES],
    ["LoginDuration", "TotalAdjustedTime", "*,~LoggedOut,~NotMonitored", "", "AgentStatus", AGENTS],
    ["MissedCalls", "TotalNumber", "CallMissed", "", "DNAction", PHONES],
    ["NotReadyDuration", "TotalAdjustedTime", "NotReadyForNextCall", "", "AgentStatus", AGENTS],
    [
        "OccupancyPercentage",
        "RelativeTimePercentage",
        HANDLING,
        "*,~LoggedOut",
        "AgentStatus",
        AGENTS,
    ],
    ["OutboundCalls", "TotalNumber", "CallOutbound", "", "DNAction", PHONES],
    ["ServiceLevel", "ServiceFactor1", "CallAnswered", "CallEntered", "DNAction", QUEUES],
    ["Total_Abandoned", "TotalNumber", "CallAbandoned", "", "DNAction", QUEUES],
    ["Total_Answered", "TotalNumber", "CallAnswered", "", "DNAction", QUEUES],
    ["Total_Entered", "TotalNumber", "CallEntered", "", "DNAction", QUEUES],
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::stat::Category;

    #[test]
    fn every_ready_made_type_can_be_read() {
        assert_eq!(Catalogue::ready_made("UTC").types.len(), TYPES.len());
    }

    #[test]
    fn options_add_types_and_replace_ready_made_ones() {
        let section = |parts: &[(&str, &str)]| {
            parts.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let mine = section(&[
            ("Category", "TotalTime"),
            ("MainMask", "CallInbound"),
            ("Objects", "Agent"),
            ("Subject", "DNAction"),
        ]);
        let options: Options = [
            ("InboundCalls".to_owned(), mine),
            ("Broken".to_owned(), section(&[("Category", "TotalTime")])),
            (PROFILES.to_owned(), section(&[("Shift,Growing", "6:00,14:00"), ("Bad", "1")])),
        ]
        .into();
        let (catalogue, wrong) = Catalogue::of_options(&options, "Europe/Berlin");
        assert_eq!(catalogue.types["InboundCalls"].category, Category::TotalTime);
        assert!(catalogue.profiles.contains_key("Shift"));
        let wrong: Vec<String> = wrong.iter().map(|(at, error)| format!("{at}: {error}")).collect();
        assert_eq!(
            wrong,
            [
                "Broken: `MainMask` is missing",
                "TimeProfiles/Bad: write `Name,Growing` or `Name,Sliding`"
            ]
        );
    }
}
