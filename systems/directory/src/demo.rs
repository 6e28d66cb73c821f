//! The demo site: a small contact centre to look at, to show and to test against.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
};

use model::{
    AgentId, Configuration, Dn, PlaceName, SkillName, UserName,
    config::{
        Customer, DnKind, DnObject, DnRecord, PastContact, Person, Place, Role, Strategy, Switch,
        Trunk,
    },
    strategy::{Callback, Choice, Goal, Menu, Pastime, Say, Step, Target, Voicemail, Who},
};

/// The demo site. `password_hash` is the PHC string of every person's password.
#[must_use]
pub fn demo(password_hash: &str) -> Configuration {
    let mut site = Configuration {
        version: 0,
        customers: [("5551234567".to_owned(), customer())].into(),
        dns: BTreeMap::new(),
        persons: BTreeMap::new(),
        places: BTreeMap::new(),
        skills: [SUPPORT, SALES, ENGLISH, SPANISH].map(SkillName::from).into(),
        strategies: BTreeMap::new(),
        switch: Switch::default(),
        trunks: [("pstn".into(), trunk())].into(),
        ..Configuration::default()
    };
    add_route_point(&mut site, "5000", &["+18005551234"], SUPPORT, "VQ_Support");
    add_route_point(&mut site, "5900", &[], SALES, "VQ_Sales");
    add_steps(&mut site, "5901", "Menu", menu());
    add_steps(&mut site, "5902", "Callback", callback());
    for (number, (first, last)) in (FIRST_AGENT..).zip(NAMES) {
        add_agent(&mut site, number, first, last, password_hash);
    }
    add_desk(&mut site, SUPERVISOR_DN, "Robin Harbour");
    for (name, first, employee, role) in [
        ("supervisor", "Robin", SUPERVISOR_DN, Role::Supervisor),
        ("admin", "Alex", "admin", Role::Admin),
    ] {
        let person = Person {
            user_name: name.into(),
            first_name: first.into(),
            last_name: "Harbour".into(),
            employee_id: employee.into(),
            password_hash: password_hash.into(),
            // A supervisor who is no agent is not counted among those who can take calls, and
            // needs no log-in at the switch to listen.
            roles: [role].into(),
            place: (role == Role::Supervisor).then(|| PlaceName::from(employee)),
            skills: BTreeMap::new(),
            wrap_up_s: 0,
            auto_answer: false,
        };
        site.persons.insert(name.into(), person);
    }
    site
}

/// A route point with its strategy, which wants its skill, and its virtual queue.
fn add_route_point(site: &mut Configuration, dn: &str, dnis: &[&str], skill: &str, queue: &str) {
    let dnis = dnis.iter().map(|number| (*number).to_owned()).collect();
    let kind = DnKind::RoutePoint { dnis, strategy: skill.into() };
    site.dns.insert(dn.into(), DnObject { alias: Some(skill.into()), ..DnObject::new(kind) });
    site.dns.insert(queue.into(), DnObject::new(DnKind::VirtualQueue));
    let strategy = Strategy {
        skills: format!("{skill} > 0"),
        virtual_queue: Some(queue.into()),
        attach_customer: true,
        no_answer_s: 15,
        record: None,
        steps: Vec::new(),
        default: None,
    };
    site.strategies.insert(skill.into(), strategy);
}

/// A route point whose strategy has steps; those who are through with them go to Support.
fn add_steps(site: &mut Configuration, dn: &str, name: &str, steps: Vec<Step>) {
    let kind = DnKind::RoutePoint { dnis: Vec::new(), strategy: name.into() };
    site.dns.insert(dn.into(), DnObject { alias: Some(name.into()), ..DnObject::new(kind) });
    let strategy = Strategy {
        skills: String::new(),
        virtual_queue: None,
        attach_customer: true,
        no_answer_s: 15,
        record: None,
        steps,
        default: Some(Goal::RoutePoint("5000".into())),
    };
    site.strategies.insert(name.into(), strategy);
}

/// Asks which team is wanted.
fn menu() -> Vec<Step> {
    let go = |route_point: &str| vec![Step::Route(Goal::RoutePoint(route_point.into()))];
    vec![Step::Menu(Menu {
        prompt: say("Welcome. For support, press 1. For sales, press 2. To leave a message, 3."),
        choices: [
            ("1".to_owned(), go("5000")),
            ("2".to_owned(), go("5900")),
            (
                "3".to_owned(),
                vec![
                    Step::Voicemail(Voicemail {
                        mailbox: SUPPORT.into(),
                        prompt: vec![Say::Text("Please speak after the tone.".into()), Say::Beep],
                        limit_s: 120,
                    }),
                    Step::Release,
                ],
            ),
        ]
        .into(),
        otherwise: Vec::new(),
        first_s: 5,
        tries: 3,
        invalid: say("That was not understood."),
        into: "MenuChoice".into(),
    })]
}

/// Waits for a while, then offers to call back.
fn callback() -> Vec<Step> {
    let to = |timeout_s| Step::Target {
        to: vec![Target { who: Who::Skills(format!("{SUPPORT} > 0")), weight: 1 }],
        choose: Choice::LongestIdle,
        keep: false,
        only_if_logged_in: false,
        timeout_s,
        while_waiting: vec![
            Pastime::Play(say("You are number {position} in line.")),
            Pastime::MusicS(20),
        ],
    };
    vec![
        to(Some(10)),
        Step::Menu(Menu {
            prompt: say("All agents are busy. To be called back, press 1. To wait, press 2."),
            choices: [
                (
                    "1".to_owned(),
                    vec![
                        Step::Callback(Callback::default()),
                        Step::Play { prompt: say("You keep your place. We call you back.") },
                        Step::Release,
                    ],
                ),
                ("2".to_owned(), Vec::new()),
            ]
            .into(),
            otherwise: Vec::new(),
            first_s: 5,
            tries: 2,
            invalid: Vec::new(),
            into: "MenuChoice".into(),
        }),
        to(None),
    ]
}

fn say(text: &str) -> Vec<Say> {
    vec![Say::Text(text.into())]
}

/// A desk with its phone, both called by one number.
fn add_desk(site: &mut Configuration, number: &str, alias: &str) {
    let dn = Dn::from(number);
    // The browsers' phone refuses NOTIFY talk.
    let kind = DnKind::Extension {
        password: Some("demo".into()),
        cti_control: false,
        reject_not_ready: true,
        record: DnRecord::OnDemand,
    };
    site.dns.insert(dn.clone(), DnObject { alias: Some(alias.into()), ..DnObject::new(kind) });
    site.places.insert(PlaceName::from(number), Place { dns: vec![dn] });
}

/// An agent with desk and phone, all called by one number.
fn add_agent(site: &mut Configuration, number: u32, first: &str, last: &str, hash: &str) {
    let user = UserName::from(format!("agent{number}"));
    let dn = number.to_string();
    add_desk(site, &dn, &format!("{first} {last}"));
    let person = Person {
        user_name: user.clone(),
        first_name: first.into(),
        last_name: last.into(),
        employee_id: AgentId::from(dn.as_str()),
        password_hash: hash.into(),
        roles: BTreeSet::from([Role::Agent]),
        place: Some(PlaceName::from(dn)),
        skills: skills(number),
        wrap_up_s: 20,
        auto_answer: false,
    };
    site.persons.insert(user, person);
}

fn skills(number: u32) -> BTreeMap<SkillName, u32> {
    let mut skills = BTreeMap::from([(ENGLISH.into(), 5)]);
    if (5001..=5015).contains(&number) {
        skills.insert(SUPPORT.into(), 1 + number % 5);
    }
    if (5010..=5020).contains(&number) {
        skills.insert(SALES.into(), 3);
    }
    if number.is_multiple_of(2) {
        skills.insert(SPANISH.into(), 2);
    }
    skills
}

fn trunk() -> Trunk {
    Trunk {
        accept_from: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        contact: "127.0.0.1:5070".into(),
        // Nothing listens there until somebody starts a carrier of their own: no probes.
        ..Trunk::default()
    }
}

fn customer() -> Customer {
    let contact =
        |at: &str, channel: &str, subject: &str, agent: &str, outcome: &str| PastContact {
            at: at.into(),
            channel: channel.into(),
            subject: subject.into(),
            agent: agent.into(),
            outcome: outcome.into(),
        };
    Customer {
        id: "98765".into(),
        name: "Sample Customer".into(),
        account_type: "premium".into(),
        reason: "support".into(),
        contacts: vec![
            contact("2026-01-19T14:32:00Z", "voice", "Router restarts", "5003", "Router replaced"),
            contact("2025-11-03T09:05:00Z", "email", "Question on an invoice", "5012", "Explained"),
            contact("2025-08-27T16:48:00Z", "voice", "Upgrade to premium", "5017", "Sold"),
        ],
    }
}

const SUPPORT: &str = "Support";
const SALES: &str = "Sales";
const ENGLISH: &str = "English";
const SPANISH: &str = "Spanish";

const FIRST_AGENT: u32 = 5001;
/// Apart from the agents' numbers.
const SUPERVISOR_DN: &str = "5050";

/// Invented, one per agent.
const NAMES: [(&str, &str); 25] = [
    ("Ada", "Lind"),
    ("Ben", "Marsh"),
    ("Cleo", "Novak"),
    ("Dario", "Ortega"),
    ("Elin", "Petersen"),
    ("Farid", "Quist"),
    ("Greta", "Rossi"),
    ("Hugo", "Silva"),
    ("Imani", "Torres"),
    ("Jonas", "Ueda"),
    ("Kira", "Vance"),
    ("Leo", "Winter"),
    ("Mara", "Xavier"),
    ("Nils", "Young"),
    ("Olga", "Zeman"),
    ("Pavel", "Abbot"),
    ("Quinn", "Brook"),
    ("Rosa", "Castell"),
    ("Sami", "Dahl"),
    ("Tess", "Engel"),
    ("Umar", "Falk"),
    ("Vera", "Grove"),
    ("Wim", "Hale"),
    ("Yara", "Ibarra"),
    ("Zeno", "Jansen"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn there_are_25_agents_with_desk_and_phone_called_by_one_number() {
        let site = demo("hash");
        let agents: Vec<&Person> =
            site.persons.values().filter(|person| person.roles.contains(&Role::Agent)).collect();
        assert_eq!(agents.len(), 25);
        for (number, person) in (5001..=5025).zip(agents) {
            let number: String = format!("{number}");
            assert_eq!(person.user_name.as_str(), format!("agent{number}"));
            assert_eq!(person.employee_id.as_str(), number);
            assert_eq!(person.place.as_ref().unwrap().as_str(), number);
            assert_eq!(site.dn_of(person).unwrap().as_str(), number);
            assert_eq!((person.password_hash.as_str(), person.wrap_up_s), ("hash", 20));
            assert!(matches!(
                &site.dns[number.as_str()].kind,
                DnKind::Extension { password: Some(password), cti_control: false, .. }
                    if password == "demo"
            ));
        }
        assert_eq!(site.persons["admin"].roles, [Role::Admin].into());
        assert_eq!(site.persons.len(), 27);
    }

    #[test]
    fn the_supervisor_has_desk_and_phone_5050_and_is_no_agent() {
        let site = demo("hash");
        let supervisor = &site.persons["supervisor"];
        assert_eq!(supervisor.roles, [Role::Supervisor].into());
        assert_eq!(supervisor.employee_id.as_str(), "5050");
        assert_eq!(supervisor.place.as_ref().unwrap().as_str(), "5050");
        assert_eq!(site.dn_of(supervisor).unwrap().as_str(), "5050");
        assert!(supervisor.skills.is_empty());
        assert!(matches!(
            &site.dns["5050"].kind,
            DnKind::Extension { password: Some(password), .. } if password == "demo"
        ));
    }

    #[test]
    fn skills_are_as_the_contract_says() {
        let site = demo("");
        let level = |number: u32, skill: &str| {
            let person = &site.persons[format!("agent{number}").as_str()];
            person.skills.get(skill).copied()
        };
        for number in 5001..=5025 {
            let support = (number <= 5015).then_some(1 + number % 5);
            let sales = (5010..=5020).contains(&number).then_some(3);
            let spanish = (number % 2 == 0).then_some(2);
            assert_eq!(level(number, "Support"), support, "{number}");
            assert_eq!(level(number, "Sales"), sales, "{number}");
            assert_eq!(level(number, "English"), Some(5), "{number}");
            assert_eq!(level(number, "Spanish"), spanish, "{number}");
        }
        assert_eq!((level(5001, "Support"), level(5015, "Support")), (Some(2), Some(1)));
        assert_eq!(site.skills.len(), 4);
    }

    #[test]
    fn the_toll_free_number_leads_to_support_and_5900_is_sales() {
        let site = demo("");
        for (dialled, dn, expression, queue) in [
            ("+18005551234", "5000", "Support > 0", "VQ_Support"),
            ("5000", "5000", "Support > 0", "VQ_Support"),
            ("5900", "5900", "Sales > 0", "VQ_Sales"),
        ] {
            let found = site.route_point(dialled).unwrap();
            assert_eq!(found.as_str(), dn);
            let DnKind::RoutePoint { strategy, .. } = &site.dns[found].kind else { panic!() };
            let strategy = &site.strategies[strategy];
            assert_eq!(strategy.skills, expression);
            assert_eq!(strategy.virtual_queue, Some(queue.into()));
            assert!(strategy.attach_customer && strategy.no_answer_s == 15);
            assert_eq!(site.dns[queue].kind, DnKind::VirtualQueue);
        }
        assert_eq!(site.dns.len(), 25 + 1 + 4 + 2);
    }

    #[test]
    fn the_trunk_and_the_customer_are_as_the_contract_says() {
        let site = demo("");
        let trunk = &site.trunks["pstn"];
        assert_eq!(trunk.accept_from, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(trunk.contact, "127.0.0.1:5070");
        let customer = &site.customers["5551234567"];
        assert_eq!((customer.id.as_str(), customer.account_type.as_str()), ("98765", "premium"));
        assert_eq!(customer.name, "Sample Customer");
        assert_eq!(customer.contacts.len(), 3);
        assert!(customer.contacts.is_sorted_by(|a, b| a.at > b.at), "newest first");
    }
}
