//! Whether a configuration can work: everything that is wrong with it, in words.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    ops::RangeInclusive,
};

use model::{
    AgentId, Configuration, Dn, PlaceName, SkillName, TrunkName, UserName,
    config::{
        Account, Contact, DnKind, DnObject, NumberForm, Numbers, ObjectKind, Person, Role,
        Strategy, Trunk,
    },
    skill::SkillExpression,
};

use crate::{nearest::nearest, objects};

/// What keeps a configuration from being published; empty when nothing does. Each sentence names
/// the object and the field and says what to do.
#[must_use]
pub fn problems(configuration: &Configuration) -> Vec<String> {
    let mut check = Check { configuration, problems: Vec::new() };
    check.sizes();
    check.switch();
    check.skills();
    check.dns();
    check.dialled_numbers();
    check.places();
    check.persons();
    check.strategies();
    check.trunks();
    check.customers();
    check.problems.extend(objects::problems(configuration));
    let more = check.problems.len().saturating_sub(PROBLEMS_MAX);
    if more > 0 {
        check.problems.truncate(PROBLEMS_MAX);
        check.problems.push(format!("… and {more} more problems."));
    }
    check.problems
}

struct Check<'a> {
    configuration: &'a Configuration,
    problems: Vec<String>,
}

impl<'a> Check<'a> {
    fn say(&mut self, problem: String) {
        self.problems.push(problem);
    }

    fn sizes(&mut self) {
        let site = self.configuration;
        for kind in ObjectKind::ALL {
            let (table, size) = (kind.table(), site.names(*kind).len());
            if size > OBJECTS_MAX {
                self.say(format!("{table}: {size} objects; at most {OBJECTS_MAX} are taken."));
            }
        }
    }

    fn switch(&mut self) {
        let switch = &self.configuration.switch;
        if !is_word(&switch.name) {
            self.say("Switch, name: give it a name without spaces, e.g. SIP_Switch.".into());
        }
        if !is_word(&switch.domain) {
            let what = "name the SIP domain and digest realm, e.g. cordboard.example";
            self.say(format!("Switch, domain: {what}."));
        }
        if switch.server == 0 {
            self.say("Switch, server: the T-Server's id is a number from 1 to 65535.".into());
        }
    }

    fn skills(&mut self) {
        for skill in &self.configuration.skills {
            let name = skill.as_str();
            if name.trim() != name || name.is_empty() || name.contains('"') {
                self.say(format!(
                    "Skill `{name}`: a name is not empty, has no quotes in it and no spaces around."
                ));
            }
        }
    }

    fn dns(&mut self) {
        for (dn, object) in &self.configuration.dns {
            if !is_dialable(dn.as_str()) {
                self.say(format!(
                    "DN `{dn}`: numbers consist of letters, digits and `_-.*#+`, at most \
                     {DN_CHARS_MAX}."
                ));
            }
            match &object.kind {
                DnKind::Extension { password, .. } => {
                    if password.as_deref() == Some("") {
                        self.say(format!(
                            "DN {dn}, password: it is empty; give one, or leave it out to take \
                             REGISTER without a challenge."
                        ));
                    }
                }
                DnKind::RoutePoint { strategy, .. } => {
                    let known = self.configuration.strategies.keys().map(AsRef::as_ref);
                    if !self.configuration.strategies.contains_key(strategy) {
                        let hint = hint(strategy.as_str(), known, "add it or name another");
                        self.say(format!(
                            "Route point {dn}, strategy: there is no strategy `{strategy}`; {hint}."
                        ));
                    }
                }
                DnKind::VirtualQueue => {}
            }
        }
    }

    /// Every dialled number leads to one place.
    fn dialled_numbers(&mut self) {
        let mut leads_to: BTreeMap<&str, &Dn> = BTreeMap::new();
        for (dn, object) in &self.configuration.dns {
            let DnKind::RoutePoint { dnis, .. } = &object.kind else { continue };
            for number in dnis {
                if !is_telephone_number(number) {
                    self.say(format!(
                        "Route point {dn}, dnis: `{number}` is no telephone number; write digits \
                         with an optional + before them."
                    ));
                }
                if self.configuration.dns.contains_key(number.as_str()) && number != dn.as_str() {
                    self.say(format!(
                        "Route point {dn}, dnis: {number} is a DN itself; calls to it would never \
                         come here. Take it out of dnis."
                    ));
                }
                if let Some(other) = leads_to.insert(number, dn) {
                    self.say(format!(
                        "Route point {dn}, dnis: {number} leads to {other} already; take it out of \
                         one of them."
                    ));
                }
            }
        }
    }

    fn places(&mut self) {
        let mut place_of: BTreeMap<&Dn, &PlaceName> = BTreeMap::new();
        for (name, place) in &self.configuration.places {
            if name.as_str().trim().is_empty() {
                self.say("A place has an empty name; give it one.".into());
            }
            if place.dns.is_empty() {
                self.say(format!("Place {name}, dns: add the extension that the agent uses."));
            }
            for dn in &place.dns {
                match self.configuration.dns.get(dn) {
                    Some(DnObject { kind: DnKind::Extension { .. }, .. }) => {}
                    Some(DnObject {
                        kind: DnKind::RoutePoint { .. } | DnKind::VirtualQueue,
                        ..
                    }) => self.say(format!(
                        "Place {name}, dns: {dn} is no extension; name an agent's phone."
                    )),
                    None => {
                        let known = self.configuration.dns.keys().map(AsRef::as_ref);
                        let hint = hint(dn.as_str(), known, "add it to dns first");
                        self.say(format!("Place {name}, dns: there is no DN {dn}; {hint}."));
                    }
                }
                if let Some(other) = place_of.insert(dn, name) {
                    self.say(format!(
                        "Place {name}, dns: {dn} belongs to place {other} already; take it out of \
                         one of them."
                    ));
                }
            }
        }
    }

    fn persons(&mut self) {
        let mut by_employee_id: BTreeMap<&AgentId, &UserName> = BTreeMap::new();
        let mut by_place: BTreeMap<&PlaceName, &UserName> = BTreeMap::new();
        for (user, person) in &self.configuration.persons {
            self.person(user, person);
            if !person.employee_id.as_str().is_empty()
                && let Some(other) = by_employee_id.insert(&person.employee_id, user)
            {
                self.say(format!(
                    "Person {user}, employee_id: {} is {other}'s already; give each person an own \
                     one.",
                    person.employee_id
                ));
            }
            if let Some(place) = &person.place
                && let Some(other) = by_place.insert(place, user)
            {
                self.say(format!(
                    "Person {user}, place: {other} sits at {place} already; give each person an \
                     own place."
                ));
            }
        }
    }

    fn person(&mut self, user: &UserName, person: &'a Person) {
        let site = self.configuration;
        if person.user_name != *user {
            let other = &person.user_name;
            self.say(format!("Person {user}, user_name: it says `{other}`; make them the same."));
        }
        if !is_word(user.as_str()) || user.as_str().contains(':') {
            self.say(format!(
                "Person `{user}`, user_name: names that people log in with have no spaces and no \
                 colon."
            ));
        }
        if person.roles.contains(&Role::Agent) && !is_word(person.employee_id.as_str()) {
            self.say(format!(
                "Person {user}, employee_id: an agent needs one (without spaces); the switch knows \
                 agents by it."
            ));
        }
        if !person.password_hash.is_empty() && !person.password_hash.starts_with("$argon2") {
            self.say(format!(
                "Person {user}, password_hash: it is no argon2 hash; give one, \
                 or leave it empty for a person who may not log in."
            ));
        }
        if let Some(place) = &person.place
            && !site.places.contains_key(place)
        {
            let known = site.places.keys().map(AsRef::as_ref);
            let hint = hint(place.as_str(), known, "add it to places first");
            self.say(format!("Person {user}, place: there is no place {place}; {hint}."));
        }
        for skill in person.skills.keys() {
            self.known_skill(&format!("Person {user}, skills"), skill.as_str());
        }
        if person.wrap_up_s > WRAP_UP_S_MAX {
            self.say(format!("Person {user}, wrap_up_s: at most {WRAP_UP_S_MAX} seconds."));
        }
    }

    fn known_skill(&mut self, field: &str, skill: &str) {
        if !self.configuration.skills.contains(skill) {
            let known = self.configuration.skills.iter().map(SkillName::as_str);
            let hint = hint(skill, known, "add it to skills first");
            self.say(format!("{field}: there is no skill `{skill}`; {hint}."));
        }
    }

    fn strategies(&mut self) {
        for (name, strategy) in &self.configuration.strategies {
            let Strategy { skills, virtual_queue, no_answer_s, steps, .. } = strategy;
            match SkillExpression::parse(skills) {
                // Where there are steps, they say who takes the calls.
                Err(_) if skills.is_empty() && !steps.is_empty() => {}
                Ok(expression) => {
                    for skill in expression.skills() {
                        self.known_skill(&format!("Strategy {name}, skills"), skill);
                    }
                }
                Err(error) => {
                    self.say(format!("Strategy {name}, skills: `{skills}`, {error}."));
                }
            }
            if let Some(queue) = virtual_queue {
                let kind = self.configuration.dns.get(queue).map(|object| &object.kind);
                if !matches!(kind, Some(DnKind::VirtualQueue)) {
                    self.say(format!(
                        "Strategy {name}, virtual_queue: {queue} is no virtual queue; add it to \
                         dns as one, or leave the field out."
                    ));
                }
            }
            if !(1..=NO_ANSWER_S_MAX).contains(no_answer_s) {
                self.say(format!(
                    "Strategy {name}, no_answer_s: phones ring for 1 to {NO_ANSWER_S_MAX} seconds."
                ));
            }
        }
    }

    fn account(&mut self, trunk: &TrunkName, account: &Account) {
        if account.user.is_empty() || account.user.contains(char::is_whitespace) {
            self.say(format!(
                "Trunk {trunk}, account: give the user, as the carrier calls it; or leave account \
                 out."
            ));
        }
        if !(account.register_s == 0 || REGISTER_S.contains(&account.register_s)) {
            self.say(format!(
                "Trunk {trunk}, account.register_s: {} to {} seconds, or 0 for not at all.",
                REGISTER_S.start(),
                REGISTER_S.end()
            ));
        }
    }

    fn numbers(&mut self, trunk: &TrunkName, numbers: &Numbers) {
        let Numbers { form, country, international, national, caller } = numbers;
        let fields =
            [("country", country), ("international", international), ("national", national)];
        for (field, text) in fields {
            if text.len() > PREFIX_DIGITS_MAX || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                self.say(format!(
                    "Trunk {trunk}, numbers.{field}: `{text}`, but it takes a few digits, such as \
                     49, 00 or 0."
                ));
            }
        }
        if *form == NumberForm::National && country.is_empty() {
            self.say(format!(
                "Trunk {trunk}, numbers.form: national numbers need numbers.country, to be told \
                 from those abroad."
            ));
        }
        if let Some(caller) = caller.as_ref().filter(|caller| !is_dialable(caller)) {
            self.say(format!(
                "Trunk {trunk}, numbers.caller: `{caller}` is no number; write e.g. +4930123450."
            ));
        }
    }

    fn trunks(&mut self) {
        let mut by_source: BTreeMap<IpAddr, &TrunkName> = BTreeMap::new();
        for (name, trunk) in &self.configuration.trunks {
            let Trunk {
                accept_from,
                contact,
                domain,
                account,
                limits: _,
                numbers,
                identity: _,
                probe_s,
                options: _,
            } = trunk;
            if !is_word(name.as_str()) {
                self.say(format!("Trunk `{name}`: give it a name without spaces."));
            }
            if Contact::parse(contact).is_none() {
                self.say(format!(
                    "Trunk {name}, contact: `{contact}` leads nowhere; write e.g. 192.0.2.10:5060, \
                     [2001:db8::10]:5060, sip.carrier.example or \
                     sip.carrier.example;transport=tls."
                ));
            }
            if let Some(domain) = domain.as_ref().filter(|domain| !is_uri_host(domain)) {
                self.say(format!(
                    "Trunk {name}, domain: `{domain}` is no name of a host; write e.g. \
                     carrier.example, or leave it out."
                ));
            }
            if let Some(account) = account {
                self.account(name, account);
            }
            self.numbers(name, numbers);
            for source in BTreeSet::from_iter(accept_from) {
                if let Some(other) = by_source.insert(*source, name) {
                    self.say(format!(
                        "Trunk {name}, accept_from: {source} is trunk {other}'s already; a call \
                         from there would belong to both."
                    ));
                }
            }
            if *probe_s > PROBE_S_MAX {
                self.say(format!("Trunk {name}, probe_s: at most {PROBE_S_MAX} seconds."));
            }
        }
    }

    fn customers(&mut self) {
        for (number, customer) in &self.configuration.customers {
            if !is_telephone_number(number) {
                self.say(format!(
                    "Customer `{number}`: customers are known by telephone number; write digits \
                     with an optional + before them."
                ));
            }
            if customer.id.is_empty() {
                self.say(format!("Customer {number}, id: it is empty; give the customer's id."));
            }
        }
    }
}

/// What to do about an unknown name.
pub(crate) fn hint<'a>(
    written: &str,
    known: impl Iterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    match nearest(written, known) {
        Some(name) => format!("perhaps `{name}` is meant"),
        None => otherwise.to_owned(),
    }
}

/// Not empty, without spaces and control characters.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// A host without a port, as URIs have it.
fn is_uri_host(text: &str) -> bool {
    Contact::parse(text).is_some_and(|contact| contact.uri_host() == text)
}

pub(crate) fn is_dialable(dn: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.*#+".contains(c);
    !dn.is_empty() && dn.chars().count() <= DN_CHARS_MAX && dn.chars().all(allowed)
}

pub(crate) fn is_telephone_number(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    (1..=NUMBER_DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Objects of one kind: far more than one switch serves.
const OBJECTS_MAX: usize = 100_000;
/// Further problems are counted, not told.
const PROBLEMS_MAX: usize = 100;
/// Longest DN.
const DN_CHARS_MAX: usize = 64;
/// Longest telephone number: E.164 has 15, private plans and prefixes somewhat more.
pub(crate) const NUMBER_DIGITS_MAX: usize = 24;
/// Longest after-call work.
pub(crate) const WRAP_UP_S_MAX: u32 = 3600;
/// Longest ringing at an agent's phone.
const NO_ANSWER_S_MAX: u32 = 600;
/// Rarest OPTIONS probe.
const PROBE_S_MAX: u32 = 3600;
/// Registrations are renewed at half of it.
const REGISTER_S: RangeInclusive<u32> = 60..=86_400;
/// Country codes have up to three digits, prefixes a few more where carriers are chosen by them.
const PREFIX_DIGITS_MAX: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use model::config::Place;

    /// The demo site with one change, and what is said of it.
    fn after(change: impl FnOnce(&mut Configuration)) -> Vec<String> {
        let mut site = demo("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA");
        change(&mut site);
        problems(&site)
    }

    fn agent<'a>(site: &'a mut Configuration, user: &str) -> &'a mut Person {
        site.persons.get_mut(user).expect("the demo site has this agent")
    }

    fn route_point(dnis: &[&str], strategy: &str) -> DnObject {
        let dnis = dnis.iter().map(|number| (*number).to_owned()).collect();
        DnObject::new(DnKind::RoutePoint { dnis, strategy: strategy.into() })
    }

    #[test]
    fn nothing_is_wrong_with_the_demo_site_and_with_an_empty_one() {
        assert_eq!(after(|_| {}), Vec::<String>::new());
        assert_eq!(problems(&Configuration::default()), Vec::<String>::new());
    }

    #[test]
    fn slips_are_named_with_object_field_and_what_to_do() {
        type Change = fn(&mut Configuration);
        let table: &[(Change, &str)] = &[
            (
                |site| agent(site, "agent5001").place = Some("50011".into()),
                "Person agent5001, place: there is no place 50011; perhaps `5001` is meant.",
            ),
            (
                |site| agent(site, "agent5001").place = Some("5002".into()),
                "Person agent5002, place: agent5001 sits at 5002 already; give each person an own \
                 place.",
            ),
            (
                |site| agent(site, "agent5001").employee_id = "5002".into(),
                "Person agent5002, employee_id: 5002 is agent5001's already; give each person an \
                 own one.",
            ),
            (
                |site| agent(site, "agent5001").employee_id = "".into(),
                "Person agent5001, employee_id: an agent needs one (without spaces); the switch \
                 knows agents by it.",
            ),
            (
                |site| {
                    agent(site, "agent5001").skills.insert("Suport".into(), 1);
                },
                "Person agent5001, skills: there is no skill `Suport`; perhaps `Support` is meant.",
            ),
            (
                |site| agent(site, "agent5001").password_hash = "demo".into(),
                "Person agent5001, password_hash: it is no argon2 hash; give one, \
                 or leave it empty for a person who may not log in.",
            ),
            (
                |site| agent(site, "agent5001").user_name = "agent".into(),
                "Person agent5001, user_name: it says `agent`; make them the same.",
            ),
            (
                |site| {
                    site.places.insert("5001".into(), Place { dns: vec!["5000".into()] });
                },
                "Place 5001, dns: 5000 is no extension; name an agent's phone.",
            ),
            (
                |site| {
                    site.places.insert("5001".into(), Place { dns: vec!["7777".into()] });
                },
                "Place 5001, dns: there is no DN 7777; add it to dns first.",
            ),
            (
                |site| {
                    site.places.insert("6001".into(), Place { dns: vec!["5001".into()] });
                },
                "Place 6001, dns: 5001 belongs to place 5001 already; take it out of one of them.",
            ),
            (
                |site| {
                    site.dns.insert("5950".into(), route_point(&["+18005551234"], "Sales"));
                },
                "Route point 5950, dnis: +18005551234 leads to 5000 already; take it out of one of \
                 them.",
            ),
            (
                |site| {
                    site.dns.insert("5950".into(), route_point(&["5001"], "Sales"));
                },
                "Route point 5950, dnis: 5001 is a DN itself; calls to it would never come here. \
                 Take it out of dnis.",
            ),
            (
                |site| {
                    site.dns.insert("5950".into(), route_point(&["800-555"], "Sales"));
                },
                "Route point 5950, dnis: `800-555` is no telephone number; write digits with an \
                 optional + before them.",
            ),
            (
                |site| {
                    site.dns.insert("5950".into(), route_point(&[], "Sale"));
                },
                "Route point 5950, strategy: there is no strategy `Sale`; perhaps `Sales` is \
                 meant.",
            ),
        ];
        for (change, expected) in table {
            assert_eq!(after(change), [*expected]);
        }
    }

    #[test]
    fn strategies_trunks_and_customers_are_looked_at_too() {
        let table = [
            (
                after(|site| {
                    let strategy = site.strategies.get_mut("Support").expect("is there");
                    strategy.skills = "Suport > 0 & English >= 3".into();
                }),
                "Strategy Support, skills: there is no skill `Suport`; perhaps `Support` is meant.",
            ),
            (
                after(|site| {
                    let strategy = site.strategies.get_mut("Support").expect("is there");
                    strategy.skills = "Support >".into();
                }),
                "Strategy Support, skills: `Support >`, at character 10: expected a skill, a \
                 number or `(`, but the text ends.",
            ),
            (
                after(|site| {
                    let strategy = site.strategies.get_mut("Support").expect("is there");
                    strategy.virtual_queue = Some("5001".into());
                }),
                "Strategy Support, virtual_queue: 5001 is no virtual queue; add it to dns as one, \
                 or leave the field out.",
            ),
            (
                after(|site| {
                    let strategy = site.strategies.get_mut("Support").expect("is there");
                    strategy.no_answer_s = 0;
                }),
                "Strategy Support, no_answer_s: phones ring for 1 to 600 seconds.",
            ),
            (
                after(|site| {
                    let trunk = site.trunks.get_mut("pstn").expect("is there");
                    trunk.contact = "our carrier".into();
                }),
                "Trunk pstn, contact: `our carrier` leads nowhere; write e.g. 192.0.2.10:5060, \
                 [2001:db8::10]:5060, sip.carrier.example or sip.carrier.example;transport=tls.",
            ),
            (
                after(|site| {
                    let trunk = site.trunks.get_mut("pstn").expect("is there");
                    let user = "4930123".to_owned();
                    trunk.account = Some(Account { user, password: None, register_s: 5 });
                }),
                "Trunk pstn, account.register_s: 60 to 86400 seconds, or 0 for not at all.",
            ),
            (
                after(|site| {
                    let trunk = site.trunks.get_mut("pstn").expect("is there");
                    trunk.domain = Some("sip:carrier.example".into());
                }),
                "Trunk pstn, domain: `sip:carrier.example` is no name of a host; write e.g. \
                 carrier.example, or leave it out.",
            ),
            (
                after(|site| {
                    let trunk = site.trunks.get_mut("pstn").expect("is there");
                    trunk.numbers.form = NumberForm::National;
                }),
                "Trunk pstn, numbers.form: national numbers need numbers.country, to be told from \
                 those abroad.",
            ),
            (
                after(|site| {
                    let twin = site.trunks.get("pstn").expect("is there").clone();
                    site.trunks.insert("second".into(), twin);
                }),
                "Trunk second, accept_from: 127.0.0.1 is trunk pstn's already; a call from there \
                 would belong to both.",
            ),
            (
                after(|site| {
                    let customer = site.customers.get("5551234567").expect("is there").clone();
                    site.customers.insert("anonymous".into(), customer);
                }),
                "Customer `anonymous`: customers are known by telephone number; write digits with \
                 an optional + before them.",
            ),
        ];
        for (said, expected) in table {
            assert_eq!(said, [expected]);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_up_to_a_limit() {
        let said = after(|site| {
            site.places.clear();
            site.skills.clear();
        });
        assert_eq!(said.len(), 26 + 25 + 15 + 11 + 12 + 2 + 2);
        let said = after(|site| {
            site.places.clear();
            site.skills.clear();
            site.trunks.get_mut("pstn").expect("is there").contact.clear();
            let dns = site.dns.keys().filter(|dn| dn.as_str() != "5000");
            for dn in dns.cloned().collect::<Vec<_>>() {
                site.dns.insert(dn, route_point(&["x"], "none"));
            }
        });
        assert_eq!(said.len(), PROBLEMS_MAX + 1);
        assert!(said.last().is_some_and(|last| last.contains("more problems")), "{said:?}");
    }
}
