//! Options of DNs and trunks as T-Server knows them: `section` -> `option` -> value.
//!
//! Options that mean something here have a field of their own; [`DnObject::take_options`] and
//! [`Trunk::take_options`] carry what is written as options over to those fields. Known options
//! without a field must have a value of the right shape. All others are kept as they are, for the
//! programs that read them.

use std::collections::BTreeMap;

use crate::codecs::VoiceCodecs;
use crate::config::{DnKind, DnObject, DnRecord, Resource, Trunk};

/// Section to option to value.
pub type Options = BTreeMap<String, BTreeMap<String, String>>;

/// The section of the switch's own options.
pub const TSERVER: &str = "TServer";

impl DnObject {
    /// Carries options that have a field over to it, and says which have a value that can't be.
    /// What is wrong stays where it is.
    pub fn take_options(&mut self) -> Vec<String> {
        let mut taker = Taker::new(&mut self.options);
        if let DnKind::Extension { password, cti_control, reject_not_ready, record } =
            &mut self.kind
        {
            taker.take("password", |value| {
                *password = Some(value.to_owned());
                (!value.is_empty()).then_some(()).ok_or("is empty; leave it out to ask for none")
            });
            taker.take("sip-cti-control", |value| {
                *cti_control = cti_control_of(value).ok_or("takes talk, hold or nothing")?;
                Ok(())
            });
            taker.take("reject-call-notready", |value| {
                *reject_not_ready = switch_of(value).ok_or(TRUE_OR_FALSE)?;
                Ok(())
            });
            taker.take("record", |value| {
                *record =
                    record_of(value).ok_or("takes always, never, on-demand, true or false")?;
                Ok(())
            });
        }
        taker.finish()
    }

    /// All options as a program of the T-Server family expects them, those with a field of their
    /// own included; a password is never among them.
    #[must_use]
    pub fn all_options(&self) -> Options {
        let mut options = self.options.clone();
        match &self.kind {
            DnKind::Extension { password: _, cti_control, reject_not_ready, record } => {
                let own = options.entry(TSERVER.to_owned()).or_default();
                let talk = if *cti_control { "talk,hold" } else { "" };
                own.insert("sip-cti-control".into(), talk.into());
                own.insert("reject-call-notready".into(), reject_not_ready.to_string());
                own.insert("record".into(), record.as_str().into());
            }
            DnKind::RoutePoint { .. } | DnKind::VirtualQueue => {}
        }
        if let Some(own) = options.get_mut(TSERVER) {
            own.remove("password");
        }
        options
    }
}

impl Trunk {
    /// See [`DnObject::take_options`].
    pub fn take_options(&mut self) -> Vec<String> {
        let mut taker = Taker::new(&mut self.options);
        taker.take("contact", |value| {
            self.contact = value.strip_prefix("sip:").unwrap_or(value).to_owned();
            Ok(())
        });
        taker.take("oos-check", |value| {
            self.probe_s = value.parse().map_err(|_| SECONDS)?;
            Ok(())
        });
        taker.take("override-domain", |value| {
            self.domain = Some(value.to_owned());
            Ok(())
        });
        taker.take("capacity", |value| {
            self.limits.calls = value.parse().map_err(|_| "takes a whole number")?;
            Ok(())
        });
        taker.take("cpn", |value| {
            self.numbers.caller = Some(value.to_owned());
            Ok(())
        });
        taker.finish()
    }

    /// See [`DnObject::all_options`].
    #[must_use]
    pub fn all_options(&self) -> Options {
        let mut options = self.options.clone();
        let own = options.entry(TSERVER.to_owned()).or_default();
        own.insert("contact".into(), format!("sip:{}", self.contact));
        own.insert("oos-check".into(), self.probe_s.to_string());
        if let Some(domain) = &self.domain {
            own.insert("override-domain".into(), domain.clone());
        }
        if self.limits.calls > 0 {
            own.insert("capacity".into(), self.limits.calls.to_string());
        }
        if let Some(caller) = &self.numbers.caller {
            own.insert("cpn".into(), caller.clone());
        }
        own.remove("password");
        options
    }
}

/// The number that an option of the switch's section holds.
#[must_use]
pub fn number(options: &Options, name: &str) -> Option<u32> {
    options.get(TSERVER)?.get(name)?.parse().ok()
}

impl Resource {
    /// Says which known options have a value that can't be.
    pub fn take_options(&mut self) -> Vec<String> {
        Taker::new(&mut self.options).finish()
    }
}

/// Takes options out of the switch's section.
struct Taker<'a> {
    options: &'a mut Options,
    problems: Vec<String>,
}

impl<'a> Taker<'a> {
    fn new(options: &'a mut Options) -> Self {
        Self { options, problems: Vec::new() }
    }

    fn take(&mut self, name: &'static str, set: impl FnOnce(&str) -> Result<(), &'static str>) {
        let Some(section) = self.options.get_mut(TSERVER) else { return };
        let Some(value) = section.get(name) else { return };
        match set(value) {
            Ok(()) => {
                section.remove(name);
            }
            Err(wanted) => {
                self.problems.push(format!("options {TSERVER}/{name}: `{value}`, but it {wanted}"));
            }
        }
    }

    /// Looks at what is left, and lets an emptied section go.
    fn finish(mut self) -> Vec<String> {
        if let Some(section) = self.options.get_mut(TSERVER) {
            for (name, value) in section.iter() {
                // A password is never repeated, whatever is wrong with it.
                if let Some((_, shape)) = KNOWN.iter().find(|(known, _)| known == name)
                    && let Err(wanted) = shape.check(value)
                {
                    let problem = format!("options {TSERVER}/{name}: `{value}`, but it {wanted}");
                    if !self.problems.contains(&problem) {
                        self.problems.push(problem);
                    }
                }
            }
            if section.is_empty() {
                self.options.remove(TSERVER);
            }
        }
        self.problems
    }
}

/// What a known option's value looks like.
#[derive(Clone, Copy)]
enum Shape {
    Codecs,
    Digits,
    Number,
    Seconds,
    Switch,
}

impl Shape {
    fn check(self, value: &str) -> Result<(), &'static str> {
        let dialable = |c: char| c.is_ascii_digit() || "+*#".contains(c);
        let (fits, wanted) = match self {
            Self::Codecs => return value.parse::<VoiceCodecs>().map(drop),
            Self::Digits => (value.chars().all(dialable), "takes digits"),
            Self::Number => (value.parse::<u32>().is_ok(), "takes a whole number"),
            Self::Seconds => (value.parse::<u32>().is_ok_and(|s| s <= SECONDS_MAX), SECONDS),
            Self::Switch => (switch_of(value).is_some(), TRUE_OR_FALSE),
        };
        fits.then_some(()).ok_or(wanted)
    }
}

fn switch_of(value: &str) -> Option<bool> {
    match value {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn cti_control_of(value: &str) -> Option<bool> {
    let mut has_talk = false;
    for word in value.split(',').map(str::trim) {
        match word {
            "talk" => has_talk = true,
            "hold" | "" | "false" => {}
            _ => return None,
        }
    }
    Some(has_talk)
}

fn record_of(value: &str) -> Option<DnRecord> {
    // `true` and `false` are SIP Server's: from the answer on, and only when asked.
    match switch_of(value) {
        Some(true) => Some(DnRecord::Always),
        Some(false) => Some(DnRecord::OnDemand),
        None => value.parse().ok(),
    }
}

/// Options that are checked and kept.
const KNOWN: &[(&str, Shape)] = &[
    ("audio-codecs", Shape::Codecs),
    ("capacity", Shape::Number),
    ("dual-dialog-enabled", Shape::Switch),
    ("make-call-rfc3725-flow", Shape::Number),
    ("oos-check", Shape::Seconds),
    ("oos-force", Shape::Seconds),
    ("outside-calls-max", Shape::Number),
    ("outside-calls-per-hour", Shape::Number),
    ("prefix", Shape::Digits),
    ("recovery-timeout", Shape::Seconds),
    ("refer-enabled", Shape::Switch),
    ("reject-call-incall", Shape::Switch),
    ("replace-prefix", Shape::Digits),
    ("srtp", Shape::Switch),
    ("wrap-up-time", Shape::Seconds),
];

const TRUE_OR_FALSE: &str = "takes true or false";
const SECONDS: &str = "takes seconds, at most a day's";
const SECONDS_MAX: u32 = 86_400;

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used)]
    use super::*;

    fn extension(options: &[(&str, &str)]) -> DnObject {
        let kind = DnKind::Extension {
            password: None,
            cti_control: false,
            reject_not_ready: true,
            record: DnRecord::OnDemand,
        };
        let options = options.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        DnObject {
            options: [(TSERVER.to_owned(), options.collect())].into(),
            ..DnObject::new(kind)
        }
    }

    #[test]
    fn options_with_a_field_go_there_and_others_are_kept() {
        let mut dn = extension(&[
            ("password", "secret"),
            ("sip-cti-control", "talk,hold"),
            ("reject-call-notready", "false"),
            ("record", "true"),
            ("refer-enabled", "true"),
            ("my-own-option", "anything"),
        ]);
        assert_eq!(dn.take_options(), Vec::<String>::new());
        let DnKind::Extension { password, cti_control, reject_not_ready, record } = &dn.kind else {
            panic!("it is an extension")
        };
        assert_eq!(password.as_deref(), Some("secret"));
        assert_eq!((*cti_control, *reject_not_ready, *record), (true, false, DnRecord::Always));
        let kept: Vec<_> = dn.options.get(TSERVER).unwrap().keys().map(String::as_str).collect();
        assert_eq!(kept, ["my-own-option", "refer-enabled"]);
        let all = dn.all_options();
        let all = all.get(TSERVER).unwrap();
        assert_eq!(all.get("sip-cti-control").map(String::as_str), Some("talk,hold"));
        assert_eq!((all.get("password"), all.len()), (None, 5));
        let before = dn.clone();
        assert_eq!(dn.take_options(), Vec::<String>::new());
        assert_eq!(dn, before, "taking twice changes nothing");
    }

    #[test]
    fn a_value_of_the_wrong_shape_is_named_and_stays() {
        for (name, value, wanted) in [
            ("sip-cti-control", "talk,sing", "takes talk"),
            ("reject-call-notready", "maybe", "true or false"),
            ("record", "sometimes", "on-demand"),
            ("refer-enabled", "2", "true or false"),
            ("oos-force", "-1", "seconds"),
            ("wrap-up-time", "86401", "seconds"),
            ("prefix", "a", "digits"),
            ("audio-codecs", "G722, G729", "opus, PCMA"),
            ("srtp", "perhaps", "true or false"),
        ] {
            let mut dn = extension(&[(name, value)]);
            let problems = dn.take_options();
            assert_eq!(problems.len(), 1, "{name}: {problems:?}");
            let problem = problems.first().unwrap();
            assert!(problem.contains(name) && problem.contains(wanted), "{problem}");
            assert_eq!(dn.options.get(TSERVER).unwrap().get(name).unwrap(), value);
        }
    }

    #[test]
    fn a_trunk_s_contact_and_probe_may_be_written_as_options() {
        let own = [("contact", "sip:192.0.2.7:5060"), ("oos-check", "30"), ("capacity", "100")];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut trunk = Trunk { options: [(TSERVER.into(), own)].into(), ..Trunk::default() };
        assert_eq!(trunk.take_options(), Vec::<String>::new());
        assert_eq!((trunk.contact.as_str(), trunk.probe_s), ("192.0.2.7:5060", 30));
        assert_eq!((trunk.limits.calls, trunk.options.len()), (100, 0));
        let all = trunk.all_options();
        assert_eq!(all.get(TSERVER).unwrap().len(), 3);
    }
}
