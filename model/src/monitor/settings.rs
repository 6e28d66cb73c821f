//! What the dashboard watches for: options of the application `Monitoring`.
//!
//! Section `dashboard` has the figures' settings; each section `alarm:NAME` is an alarm with its
//! threshold. Options as `docs/monitoring.md` lists them.

use std::collections::BTreeMap;

use crate::{
    Configuration,
    config::DnKind,
    monitor::Severity,
    stat::{Growing, TimeProfile},
};

/// The application whose options these are.
pub const APPLICATION: &str = "Monitoring";
const DASHBOARD: &str = "dashboard";
const ALARM: &str = "alarm:";

/// What the dashboard watches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Answered within this time is answered in time.
    pub service_level_seconds: u32,
    /// Abandoned within this time is abandoned shortly.
    pub short_abandoned_seconds: u32,
    /// Where "today" begins at midnight.
    pub day: Growing,
    /// Thresholds, by the alarm's name.
    pub alarms: BTreeMap<String, Threshold>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            service_level_seconds: 20,
            short_abandoned_seconds: 5,
            day: Growing::daily("UTC"),
            alarms: BTreeMap::new(),
        }
    }
}

/// When an alarm begins and ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// What is watched.
    pub watched: Watched,
    /// How bad it is.
    pub severity: Severity,
    /// It begins after the threshold was passed for so long.
    pub after_seconds: u32,
    /// It ends after the value was well again for so long.
    pub clear_after_seconds: u32,
}

/// A value with the thresholds where its alarm begins and where it ends. Percentages, seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Watched {
    /// Too many callers gave up, of those of the last minutes.
    Abandoned { queue: String, above: u32, clear: u32, minutes: u32 },
    /// Too few agents are logged in; of a skill, or of all.
    Agents { skill: Option<String>, below: u32 },
    /// Too few calls are answered in time, of those of the last minutes.
    ServiceLevel { queue: String, below: u32, clear: u32, minutes: u32 },
    /// A trunk doesn't answer its probes.
    Trunk { trunk: String },
    /// Somebody sounds poor: the worst mean opinion score of this DN or trunk, or of all; in
    /// tenths.
    Voice { of: Option<String>, below: u32, clear: u32 },
    /// Somebody waits too long.
    Wait { queue: String, above: u32, clear: u32 },
}

impl Settings {
    /// When the day that it is then ends, both in milliseconds since 1970.
    #[must_use]
    pub fn day_ends_ms(&self, unix_ms: u64) -> u64 {
        self.day.next_reset(unix_ms)
    }

    /// Reads the options; says also what is wrong with them, and where. What is wrong is left out.
    #[must_use]
    pub fn of(site: &Configuration) -> (Self, Vec<String>) {
        let mut settings = Self::default();
        let mut problems = Vec::new();
        let zone = site.tenants.values().find_map(|tenant| tenant.time_zone.clone());
        if let Some(zone) = zone {
            settings.day = Growing::daily(&zone);
        }
        let application = site.applications.get(APPLICATION);
        for (section, options) in application.into_iter().flat_map(|found| &found.options) {
            let mut reader = Reader { section, options, problems: &mut problems };
            if section == DASHBOARD {
                reader.dashboard(&mut settings);
            } else if let Some(name) = section.strip_prefix(ALARM) {
                if settings.alarms.len() == ALARMS_MAX {
                    reader.say("", &format!("at most {ALARMS_MAX} alarms are watched for"));
                } else if let Some(threshold) = reader.threshold(site) {
                    settings.alarms.insert(name.to_owned(), threshold);
                }
            } else {
                reader.say("", "the sections here are `dashboard` and `alarm:NAME`");
            }
        }
        (settings, problems)
    }
}

struct Reader<'a> {
    section: &'a str,
    options: &'a BTreeMap<String, String>,
    problems: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn say(&mut self, option: &str, what: &str) {
        let option = if option.is_empty() { String::new() } else { format!(", {option}") };
        let section = self.section;
        self.problems.push(format!("Application {APPLICATION}, {section}{option}: {what}."));
    }

    fn only(&mut self, known: &[&str]) {
        let unknown = self.options.keys().filter(|option| !known.contains(&option.as_str()));
        for option in unknown.cloned().collect::<Vec<_>>() {
            self.say(&option, &format!("there is no such option; known are {}", known.join(", ")));
        }
    }

    /// A whole number up to a limit; `None` when it is left out or wrong.
    fn number(&mut self, option: &str, max: u32) -> Option<u32> {
        let text = self.options.get(option)?;
        let number = text.trim().parse().ok().filter(|number| *number <= max);
        if number.is_none() {
            self.say(option, &format!("`{text}` is no whole number from 0 to {max}"));
        }
        number
    }

    fn dashboard(&mut self, settings: &mut Settings) {
        self.only(&["service-level-seconds", "short-abandoned-seconds", "time-zone"]);
        if let Some(seconds) = self.number("service-level-seconds", SECONDS_MAX) {
            settings.service_level_seconds = seconds;
        }
        if let Some(seconds) = self.number("short-abandoned-seconds", SECONDS_MAX) {
            settings.short_abandoned_seconds = seconds;
        }
        if let Some(zone) = self.options.get("time-zone") {
            let day = Growing::daily(zone);
            match TimeProfile::Growing(day.clone()).check() {
                Ok(()) => settings.day = day,
                Err(error) => self.say("time-zone", &error.to_string()),
            }
        }
    }

    fn threshold(&mut self, site: &Configuration) -> Option<Threshold> {
        self.only(&[
            VALUES[0],
            VALUES[1],
            VALUES[2],
            VALUES[3],
            VALUES[4],
            VALUES[5],
            "after-seconds",
            "clear",
            "clear-after-seconds",
            "minutes",
            "of",
            "queue",
            "severity",
            "skill",
        ]);
        let severity = match self.options.get("severity").map(String::as_str) {
            Some("critical") => Severity::Critical,
            None | Some("warning") => Severity::Warning,
            Some(other) => {
                self.say("severity", &format!("`{other}` is neither critical nor warning"));
                return None;
            }
        };
        Some(Threshold {
            watched: self.watched(site)?,
            severity,
            after_seconds: self.number("after-seconds", SECONDS_MAX).unwrap_or(AFTER_SECONDS),
            clear_after_seconds: self
                .number("clear-after-seconds", SECONDS_MAX)
                .unwrap_or(CLEAR_AFTER_SECONDS),
        })
    }

    fn watched(&mut self, site: &Configuration) -> Option<Watched> {
        let mut given = VALUES.iter().filter(|value| self.options.contains_key(**value));
        let (Some(value), None) = (given.next(), given.next()) else {
            self.say("", &format!("give one of {}", VALUES.join(", ")));
            return None;
        };
        if *value == "trunk-down" {
            let trunk = self.options.get(*value)?.clone();
            if !site.trunks.contains_key(trunk.as_str()) {
                self.say(value, &format!("there is no trunk `{trunk}`"));
                return None;
            }
            return Some(Watched::Trunk { trunk });
        }
        if *value == "mos-below" {
            return self.voice(site);
        }
        let is_percent = *value != "longest-wait-above" && *value != "agents-below";
        let threshold = self.number(value, if is_percent { 100 } else { SECONDS_MAX })?;
        if *value == "agents-below" {
            let skill = self.options.get("skill").cloned();
            if let Some(unknown) = skill.as_ref().filter(|skill| !site.skills.contains(skill)) {
                self.say("skill", &format!("there is no skill `{unknown}`"));
                return None;
            }
            return Some(Watched::Agents { skill, below: threshold });
        }
        let queue = self.queue(site)?;
        let clear = self.number("clear", if is_percent { 100 } else { SECONDS_MAX });
        let is_floor = *value == "service-level-below";
        let usual = if is_floor { (threshold + MARGIN).min(100) } else { threshold };
        let clear = clear.unwrap_or(usual);
        if (is_floor && clear < threshold) || (!is_floor && clear > threshold) {
            self.say("clear", &format!("{clear} lies on the wrong side of {value} = {threshold}"));
            return None;
        }
        let minutes = self.number("minutes", MINUTES_MAX).unwrap_or(MINUTES).max(1);
        Some(match *value {
            "abandoned-above" => Watched::Abandoned { queue, above: threshold, clear, minutes },
            "service-level-below" => {
                Watched::ServiceLevel { queue, below: threshold, clear, minutes }
            }
            _ => Watched::Wait { queue, above: threshold, clear },
        })
    }

    fn voice(&mut self, site: &Configuration) -> Option<Watched> {
        let below = self.score("mos-below")?;
        let clear = match self.options.get("clear") {
            Some(_) => self.score("clear")?,
            None => below + MOS_MARGIN,
        };
        if clear < below {
            self.say("clear", "it lies on the wrong side of mos-below");
            return None;
        }
        let of = self.options.get("of").cloned();
        let is_known = |name: &String| {
            site.dns.contains_key(name.as_str()) || site.trunks.contains_key(name.as_str())
        };
        if let Some(unknown) = of.as_ref().filter(|name| !is_known(name)) {
            self.say("of", &format!("there is no DN or trunk `{unknown}`"));
            return None;
        }
        Some(Watched::Voice { of, below, clear })
    }

    /// A mean opinion score in tenths.
    fn score(&mut self, option: &str) -> Option<u32> {
        let text = self.options.get(option)?;
        let score = text.trim().parse::<f32>().ok().filter(|score| (1.0..=4.5).contains(score));
        if score.is_none() {
            self.say(option, &format!("`{text}` is no score from 1 to 4.5"));
        }
        // Between 10 and 45.
        score.map(|score| (score * 10.0).round() as u32)
    }

    fn queue(&mut self, site: &Configuration) -> Option<String> {
        let Some(queue) = self.options.get("queue").cloned() else {
            self.say("queue", "name the queue or route point to watch");
            return None;
        };
        let kind = site.dns.get(queue.as_str()).map(|object| &object.kind);
        if matches!(kind, Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue)) {
            return Some(queue);
        }
        self.say("queue", &format!("there is no queue or route point `{queue}`"));
        None
    }
}

/// Each alarm has one of these.
const VALUES: [&str; 6] = [
    "abandoned-above",
    "agents-below",
    "longest-wait-above",
    "mos-below",
    "service-level-below",
    "trunk-down",
];
/// Alarms with thresholds; each is looked at once a second.
const ALARMS_MAX: usize = 500;
const SECONDS_MAX: u32 = 86_400;
/// The trends' length.
const MINUTES_MAX: u32 = 1_440;
/// When nothing else is said.
const MINUTES: u32 = 15;
const AFTER_SECONDS: u32 = 5;
const CLEAR_AFTER_SECONDS: u32 = 30;
/// Percentage points above its threshold where a service level is well again.
const MARGIN: u32 = 5;
/// Tenths above its threshold where a score is well again.
const MOS_MARGIN: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Application, DnObject};

    fn read(section: &str, options: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let mut site = Configuration::default();
        site.dns.insert("VQ".into(), DnObject::new(DnKind::VirtualQueue));
        let options = options.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        let sections = [(section.to_owned(), options.collect())].into();
        let application = Application { options: sections, ..Application::default() };
        site.applications.insert(APPLICATION.into(), application);
        Settings::of(&site)
    }

    #[test]
    fn an_alarm_has_its_threshold_and_the_usual_rest() {
        let (settings, problems) =
            read("alarm:sl", &[("queue", "VQ"), ("service-level-below", "80")]);
        assert_eq!(problems, [""; 0]);
        let watched =
            Watched::ServiceLevel { queue: "VQ".into(), below: 80, clear: 85, minutes: 15 };
        let severity = Severity::Warning;
        let threshold = Threshold { watched, severity, after_seconds: 5, clear_after_seconds: 30 };
        assert_eq!(settings.alarms["sl"], threshold);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let told = |section: &str, options: &[(&str, &str)]| read(section, options).1.join("\n");
        let wait = ("longest-wait-above", "60");
        assert_eq!(
            told("alarm:w", &[("queue", "VR"), wait]),
            "Application Monitoring, alarm:w, queue: there is no queue or route point `VR`."
        );
        assert_eq!(
            told("alarm:w", &[("queue", "VQ"), wait, ("clear", "70")]),
            "Application Monitoring, alarm:w, clear: 70 lies on the wrong side of \
             longest-wait-above = 60."
        );
        assert!(told("alarm:w", &[("queue", "VQ")]).contains("give one of abandoned-above"));
        assert!(
            told("alarm:w", &[("queue", "VQ"), wait, ("cler", "1")]).contains("cler: there is")
        );
        assert!(told("alarms", &[]).contains("the sections here are"));
        assert!(told("dashboard", &[("time-zone", "Mars")]).contains("time-zone"));
        assert!(told("dashboard", &[("service-level-seconds", "x")]).contains("`x` is no whole"));
    }
}
