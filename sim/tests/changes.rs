//! The configuration changes while people talk.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};

use board::Input;
use model::{
    AgentState, Configuration, Request, System,
    config::{Change, Customer, DnKind, DnObject, Edit, ObjectKind, Tenant},
};
use sim::{CallerState, Outcome, PhoneState, Weather, World};

fn seconds(world: &mut World, seconds: u64) {
    world.run_for(Duration::from_secs(seconds));
}

/// A customer talks with 5001, another waits at 5000, and 5002 is free.
fn busy() -> World {
    let mut world = World::new(Instant::now(), 3, Weather::fair(), 2);
    world.at_work("5001");
    seconds(&mut world, 1);
    for number in ["5551234567", "5559876543"] {
        world.call(number, "+18005551234");
        seconds(&mut world, 1);
    }
    let conn = world.conn_at("5001").unwrap();
    world.request(Request::AnswerCall { dn: "5001".into(), conn });
    seconds(&mut world, 2);
    assert_eq!(world.phones[0].state, PhoneState::Talking);
    world
}

fn site(world: &World) -> Configuration {
    Configuration::clone(world.board.systems().directory.current())
}

/// Makes the site this by single edits, as whoever changes it at /admin does.
fn change(world: &mut World, new: &Configuration) {
    let before = site(world);
    let mut edits = Vec::new();
    for kind in ObjectKind::ALL {
        for name in before.differing(new, *kind) {
            edits.push(match new.object(*kind, name) {
                Some(object) => Edit::Put(object),
                None => Edit::Delete(*kind, name.to_owned()),
            });
        }
    }
    make(world, edits);
}

fn make(world: &mut World, edits: Vec<Edit>) {
    let change = Change { base_version: site(world).version, edits };
    let who = "admin".to_owned();
    let input = Input::Change { reference: 1, who, change, is_plan: false };
    world.board.handle_input(world.now, input);
    world.run_for(Duration::from_millis(10));
}

#[test]
fn calls_stay_up_while_everything_around_them_changes() {
    let mut world = busy();
    let mut new = site(&world);
    new.switch.name = "Other".into();
    let agent = new.persons.values_mut().find(|one| one.employee_id.as_str() == "5001").unwrap();
    (agent.last_name, agent.wrap_up_s) = ("Married".into(), 30);
    agent.skills.clear();
    new.dns.get_mut("5001").unwrap().alias = Some("Window".into());
    new.skills.insert("Repair".into());
    new.tenants.insert("Other".into(), Tenant::default());
    new.customers.clear();
    let customer = Customer {
        id: "1".into(),
        name: "New".into(),
        account_type: String::new(),
        reason: String::new(),
        contacts: Vec::new(),
    };
    new.customers.insert("5551112222".into(), customer);
    for strategy in new.strategies.values_mut() {
        strategy.no_answer_s = 7;
    }
    let trunk = new.trunks.get_mut("pstn").unwrap();
    trunk.contact = "10.0.0.9:5060".into();
    new.dns.insert("5900555".into(), DnObject::new(DnKind::VirtualQueue));
    let before = site(&world).version;
    change(&mut world, &new);
    assert_eq!(site(&world).version, before + 1, "all of it at once");
    assert_eq!(site(&world).switch.name, "Other");
    seconds(&mut world, 120);
    assert_eq!(world.callers[0].state, CallerState::Talking);
    assert_eq!(world.phones[0].state, PhoneState::Talking);
    assert_eq!(world.callers[1].state, CallerState::Waiting(183), "who waits waits on");

    // What is new holds for the next call: 5001 has lost the skill, 5002 comes to work.
    world.at_work("5002");
    seconds(&mut world, 2);
    let conn = world.conn_at("5002").expect("the waiting call rings at 5002");
    world.request(Request::AnswerCall { dn: "5002".into(), conn });
    seconds(&mut world, 2);
    assert_eq!(world.callers[1].state, CallerState::Talking);
    for at in [0, 1] {
        world.caller_hangs_up(at);
        seconds(&mut world, 20);
        assert_eq!(world.callers[at].state, CallerState::Done(Outcome::HungUp));
    }
    // Twenty of the thirty seconds of after-call work that were given meanwhile.
    let first = world.agents["5001"].state;
    seconds(&mut world, 60);
    assert_eq!(world.agents["5001"].state, AgentState::Ready, "{first:?} before");
    assert_eq!((world.open_legs(), world.busy_phones()), (0, 0));
    assert_eq!(world.faults, Vec::<String>::new());
}

#[test]
fn a_dn_with_a_call_is_neither_deleted_nor_made_something_else() {
    let mut world = busy();
    let before = site(&world).version;
    make(&mut world, vec![Edit::Delete(ObjectKind::Dn, "5001".into())]);
    let mut new = site(&world);
    new.dns.get_mut("5001").unwrap().kind = DnKind::VirtualQueue;
    new.places.retain(|_, place| !place.dns.contains(&"5001".into()));
    new.persons.retain(|_, one| one.employee_id.as_str() != "5001");
    change(&mut world, &new);
    make(&mut world, vec![Edit::Delete(ObjectKind::Dn, "5000".into())]);
    assert_eq!(site(&world).version, before, "nothing was changed");
    seconds(&mut world, 5);
    assert_eq!(world.phones[0].state, PhoneState::Talking);
}

#[test]
fn a_deleted_trunk_keeps_its_calls_and_takes_no_new_one() {
    let mut world = busy();
    let mut new = site(&world);
    new.trunks.clear();
    change(&mut world, &new);
    assert!(site(&world).trunks.is_empty());
    seconds(&mut world, 60);
    assert_eq!(world.callers[0].state, CallerState::Talking);
    world.at_work("5002");
    seconds(&mut world, 2);
    let conn = world.conn_at("5002").expect("who waited is served");
    world.request(Request::AnswerCall { dn: "5002".into(), conn });
    seconds(&mut world, 2);
    assert_eq!(world.callers[1].state, CallerState::Talking);
    world.call("5557654321", "+18005551234");
    seconds(&mut world, 2);
    assert_eq!(world.callers[2].state, CallerState::Done(Outcome::Refused(403)));

    world.caller_hangs_up(0);
    let conn = world.conn_at("5002").unwrap();
    world.request(Request::ReleaseCall { dn: "5002".into(), conn });
    seconds(&mut world, 20);
    assert_eq!(world.callers[0].state, CallerState::Done(Outcome::HungUp));
    assert_eq!(world.callers[1].state, CallerState::Done(Outcome::Released));
    assert_eq!((world.open_legs(), world.busy_phones()), (0, 0));
    assert_eq!(world.faults, Vec::<String>::new());
}
