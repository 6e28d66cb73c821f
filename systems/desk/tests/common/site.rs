//! Two agents at their places, one who shares the first's place, a supervisor, a known customer.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Configuration, Dn,
    config::{Customer, DnKind, DnObject, DnRecord, PastContact, Person, Place, Role, Switch},
};

pub fn configuration() -> Configuration {
    let mut site = Configuration { version: 1, ..Configuration::default() };
    site.switch = Switch { domain: "cordboard".into(), ..Switch::default() };
    for number in ["5001", "5002"] {
        let kind = DnKind::Extension {
            password: Some("demo".into()),
            cti_control: false,
            reject_not_ready: true,
            record: DnRecord::OnDemand,
        };
        site.dns.insert(number.into(), DnObject::new(kind));
        site.places.insert(number.into(), Place { dns: vec![Dn::from(number)] });
    }
    let route_point = DnKind::RoutePoint { dnis: Vec::new(), strategy: "Support".into() };
    site.dns.insert("5000".into(), DnObject::new(route_point));
    add(&mut site, "agent5001", "5001", Some("5001"), &[Role::Agent]);
    add(&mut site, "agent5002", "5002", Some("5002"), &[Role::Agent]);
    add(&mut site, "late5001", "6001", Some("5001"), &[Role::Agent]);
    add(&mut site, "supervisor", "7001", None, &[Role::Supervisor]);
    let contact = PastContact {
        at: "2026-01-20T10:00:00Z".into(),
        channel: "voice".into(),
        subject: "Late delivery".into(),
        agent: "agent5002".into(),
        outcome: "Solved".into(),
    };
    site.customers.insert(
        "5551234567".into(),
        Customer {
            id: "98765".into(),
            name: "Sample Customer".into(),
            account_type: "premium".into(),
            reason: "support".into(),
            contacts: vec![contact],
        },
    );
    site
}

fn add(site: &mut Configuration, user: &str, id: &str, place: Option<&str>, roles: &[Role]) {
    let person = Person {
        user_name: user.into(),
        first_name: "Agent".into(),
        last_name: id.into(),
        employee_id: id.into(),
        password_hash: "hash-of-demo".into(),
        roles: roles.iter().copied().collect::<BTreeSet<Role>>(),
        place: place.map(Into::into),
        skills: BTreeMap::from([("Support".into(), 2)]),
        wrap_up_s: 0,
        auto_answer: false,
    };
    site.persons.insert(user.into(), person);
}
