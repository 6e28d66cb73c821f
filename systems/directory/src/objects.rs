//! What can be wrong with groups, calendars, the dial plan and other such objects, and with what
//! leads from one object to another.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Configuration,
    config::{Calendar, ObjectKind, OpenHours, Options, Span, UnknownTimeZone},
    monitor::Settings,
    skill::SkillExpression,
    stat::ready_made::{APPLICATION as STAT_SERVER, Catalogue},
};

use crate::{
    check::{NUMBER_DIGITS_MAX, WRAP_UP_S_MAX, hint, is_dialable, is_word},
    references::{overflows, references},
};

/// See [`crate::problems`].
pub fn problems(site: &Configuration) -> Vec<String> {
    let mut said = Vec::new();
    names(site, &mut said);
    unmet_references(site, &mut said);
    circles(site, &mut said);
    action_codes(site, &mut said);
    groups_and_logins(site, &mut said);
    calendars(site, &mut said);
    dial_plan(site, &mut said);
    resources(site, &mut said);
    sounds(site, &mut said);
    crate::steps::judge(site, &mut said);
    options(site, &mut said);
    said.extend(Settings::of(site).1);
    let wrong = Catalogue::of(site).1;
    let statistic = |(at, error)| format!("Application {STAT_SERVER}, {at}: {error}.");
    said.extend(wrong.into_iter().map(statistic));
    said
}

/// Names of objects that have no rule of their own.
fn names(site: &Configuration, said: &mut Vec<String>) {
    let kinds = [
        ObjectKind::ActionCode,
        ObjectKind::AgentGroup,
        ObjectKind::AgentLogin,
        ObjectKind::Application,
        ObjectKind::Calendar,
        ObjectKind::DialRule,
        ObjectKind::MediaFile,
        ObjectKind::Role,
        ObjectKind::Strategy,
        ObjectKind::Tenant,
    ];
    for kind in kinds {
        for name in site.names(kind) {
            let is_long = name.chars().count() > NAME_CHARS_MAX;
            if name.trim() != name
                || name.is_empty()
                || is_long
                || name.chars().any(char::is_control)
            {
                said.push(format!(
                    "{} `{name}`: a name has 1 to {NAME_CHARS_MAX} characters, without spaces \
                     around.",
                    kind.title()
                ));
            }
        }
    }
}

/// What is named and is not there. Persons, places and a DN's or strategy's older fields are told
/// of by the check itself, which says more.
fn unmet_references(site: &Configuration, said: &mut Vec<String>) {
    for reference in references(site) {
        let ((from, from_name), (to, name)) = (&reference.from, &reference.to);
        let is_told = matches!(
            (from, reference.field),
            (ObjectKind::Person | ObjectKind::Place, _)
                | (ObjectKind::Dn, "strategy")
                | (ObjectKind::Strategy, "skills" | "virtual_queue")
        );
        if is_told || reference.is_met(site) {
            continue;
        }
        let otherwise = format!("add it to {} first", to.table());
        let hint = hint(name, site.names(*to).into_iter(), &otherwise);
        said.push(format!(
            "{} {from_name}, {}: there is no {} `{name}`; {hint}.",
            from.title(),
            reference.field,
            of(*to),
        ));
    }
}

/// A kind's title within a sentence.
fn of(kind: ObjectKind) -> String {
    match kind {
        ObjectKind::Dn => "DN".to_owned(),
        other => other.title().to_lowercase(),
    }
}

/// Calls that overflow from DN to DN must come to an end.
fn circles(site: &Configuration, said: &mut Vec<String>) {
    let mut ended: BTreeSet<&str> = BTreeSet::new();
    let dns = site.dns.keys().chain(site.resources.keys());
    for start in dns.map(AsRef::as_ref) {
        // Depth first, with the way to here: (DN, what is still to be looked at).
        let mut way: Vec<(&str, Vec<&str>)> = vec![(start, overflows(site, start))];
        while let Some((dn, onward)) = way.last_mut() {
            let dn = *dn;
            let Some(next) = onward.pop() else {
                ended.insert(dn);
                way.pop();
                continue;
            };
            if ended.contains(next) {
                continue;
            }
            if let Some(from) = way.iter().position(|(earlier, _)| *earlier == next) {
                let circle = way.iter().skip(from).map(|(dn, _)| *dn);
                let circle: Vec<&str> = circle.chain([next]).collect();
                said.push(format!(
                    "DN {next}, default_dn or strategy: calls would go in a circle, {}; send them \
                     elsewhere from one of these.",
                    circle.join(" -> ")
                ));
                continue;
            }
            way.push((next, overflows(site, next)));
        }
    }
}

fn action_codes(site: &Configuration, said: &mut Vec<String>) {
    let mut name_of = BTreeMap::new();
    for (name, code) in &site.action_codes {
        if !is_word(&code.code) || code.code.chars().count() > NAME_CHARS_MAX {
            said.push(format!(
                "Action code {name}, code: `{}` is no code; write one without spaces.",
                code.code
            ));
        }
        if let Some(other) = name_of.insert((code.kind, code.code.as_str()), name) {
            said.push(format!(
                "Action code {name}, code: {} is {other}'s already; give each its own.",
                code.code
            ));
        }
    }
}

fn groups_and_logins(site: &Configuration, said: &mut Vec<String>) {
    for (name, group) in &site.agent_groups {
        if let Some(text) = &group.skills
            && let Err(error) = SkillExpression::parse(text)
        {
            said.push(format!("Agent group {name}, skills: `{text}`, {error}."));
        }
    }
    let mut code_of = BTreeMap::new();
    for (code, login) in &site.agent_logins {
        if login.wrap_up_s.is_some_and(|seconds| seconds > WRAP_UP_S_MAX) {
            said.push(format!("Agent login {code}, wrap_up_s: at most {WRAP_UP_S_MAX} seconds."));
        }
        if let Some(person) = &login.person
            && let Some(other) = code_of.insert(person, code)
        {
            said.push(format!(
                "Agent login {code}, person: {person} has the code {other} already; take one away."
            ));
        }
    }
    for (name, tenant) in &site.tenants {
        if let Some(zone) = &tenant.time_zone
            && let Err(error) = zone_of(zone)
        {
            said.push(format!("Tenant {name}, time_zone: {error}."));
        }
    }
}

fn zone_of(zone: &str) -> Result<OpenHours, UnknownTimeZone> {
    let (hours, holidays) = (BTreeMap::new(), BTreeMap::new());
    Calendar { time_zone: zone.to_owned(), hours, holidays }.open_hours()
}

fn calendars(site: &Configuration, said: &mut Vec<String>) {
    let overlap = |spans: &[Span]| {
        let pairs = spans.iter().enumerate();
        pairs
            .flat_map(|(at, a)| spans.iter().skip(at + 1).map(move |b| (*a, *b)))
            .find(|(a, b)| a.overlaps(*b))
    };
    for (name, calendar) in &site.calendars {
        if let Err(error) = zone_of(&calendar.time_zone) {
            said.push(format!("Calendar {name}, time_zone: {error}."));
        }
        let days = calendar.hours.iter().map(|(day, spans)| (format!("{day:?}"), spans));
        let holidays = calendar.holidays.iter().map(|(date, day)| (date.to_string(), &day.hours));
        for (day, spans) in days.chain(holidays) {
            if spans.len() > SPANS_MAX {
                said.push(format!("Calendar {name}, {day}: at most {SPANS_MAX} times a day."));
            } else if let Some((a, b)) = overlap(spans) {
                said.push(format!("Calendar {name}, {day}: {a} and {b} overlap; make them one."));
            }
        }
        if calendar.holidays.len() > HOLIDAYS_MAX {
            said.push(format!("Calendar {name}, holidays: at most {HOLIDAYS_MAX}."));
        }
    }
}

fn dial_plan(site: &Configuration, said: &mut Vec<String>) {
    let is_dialled = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        text.len() <= NUMBER_DIGITS_MAX
            && digits.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#')
    };
    for (name, rule) in &site.dial_plan {
        for (field, text) in [("match", &rule.matches), ("prefix", &rule.prefix)] {
            if !is_dialled(text) {
                said.push(format!(
                    "Dial rule {name}, {field}: `{text}` can't be dialled; write digits, * and #, \
                     with an optional + before them."
                ));
            }
        }
        if rule.emergency && (rule.matches.is_empty() || rule.strip > 0 || !rule.prefix.is_empty())
        {
            said.push(format!(
                "Dial rule {name}: an emergency number is matched whole and sent unchanged; give \
                 match, and neither strip nor prefix."
            ));
        }
        if usize::from(rule.strip) > rule.matches.len() {
            said.push(format!(
                "Dial rule {name}, strip: {} is more than the {} that match; the rest of the \
                 number would be cut.",
                rule.strip,
                rule.matches.len()
            ));
        }
    }
}

fn resources(site: &Configuration, said: &mut Vec<String>) {
    for (dn, resource) in &site.resources {
        if !is_dialable(dn.as_str()) {
            said.push(format!("Resource `{dn}`: numbers consist of letters, digits and `_-.*#+`."));
        }
        if site.dns.contains_key(dn) {
            said.push(format!("Resource {dn}: {dn} is in dns already; take it out of one."));
        }
        if let Some(contact) = resource.kind.contact()
            && contact.parse::<std::net::SocketAddr>().is_err()
        {
            said.push(format!(
                "Resource {dn}, contact: `{contact}` is no address and port; write e.g. \
                 192.0.2.10:5060."
            ));
        }
    }
    for (dn, object) in &site.dns {
        let is_phone = matches!(object.kind, model::config::DnKind::Extension { .. });
        if is_phone && object.default_dn.is_some() {
            said.push(format!(
                "DN {dn}, default_dn: calls go on from route points and queues, not from a phone."
            ));
        }
        if !is_phone && object.position {
            said.push(format!("DN {dn}, position: only an extension is an agent's position."));
        }
    }
}

fn sounds(site: &Configuration, said: &mut Vec<String>) {
    for (name, sound) in &site.media {
        for (language, path) in &sound.files {
            let of_letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if language.is_empty() || language.len() > 35 || !language.chars().all(of_letters) {
                said.push(format!(
                    "Media file {name}, files: `{language}` is no language; write e.g. en or pt-BR."
                ));
            }
            // Sounds are read from their folder and from nowhere else.
            let leaves = path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..");
            if path.is_empty() || leaves {
                said.push(format!(
                    "Media file {name}, {language}: `{path}` is no path below the sounds' folder."
                ));
            }
        }
    }
}

/// Options that can't be what they are meant to be, and too many of them.
fn options(site: &Configuration, said: &mut Vec<String>) {
    let mut look = |what: String, options: &Options, wrong: Vec<String>| {
        said.extend(wrong.into_iter().map(|wrong| format!("{what}, {wrong}.")));
        let count: usize = options.values().map(BTreeMap::len).sum();
        let values = options.values().flat_map(BTreeMap::values);
        let longest = values.map(String::len).max().unwrap_or(0);
        if count > OPTIONS_MAX || longest > OPTION_BYTES_MAX {
            said.push(format!(
                "{what}, options: at most {OPTIONS_MAX} of {OPTION_BYTES_MAX} bytes each."
            ));
        }
    };
    for (dn, object) in &site.dns {
        look(format!("DN {dn}"), &object.options, object.clone().take_options());
    }
    for (dn, resource) in &site.resources {
        look(format!("Resource {dn}"), &resource.options, resource.clone().take_options());
    }
    for (name, trunk) in &site.trunks {
        look(format!("Trunk {name}"), &trunk.options, trunk.clone().take_options());
    }
    for (name, application) in &site.applications {
        look(format!("Application {name}"), &application.options, Vec::new());
    }
}

const NAME_CHARS_MAX: usize = 255;
/// Opening times within one day.
const SPANS_MAX: usize = 12;
const HOLIDAYS_MAX: usize = 1_000;
/// Options of one object, and the longest value.
const OPTIONS_MAX: usize = 500;
const OPTION_BYTES_MAX: usize = 4_096;
