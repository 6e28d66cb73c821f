//! The configuration over HTTP: who may read and change it, and what the directory is asked.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Bench, Browser, site};
use desk::Input;
use model::{
    Configuration,
    api::{ApiId, ApiInput, ApiOutput, FileWork, SoundWork},
    config::{AccessRole, ChangeRefusal, Conflict, Edit, Object, ObjectKind, Privilege, Role},
};
use serde_json::{Value, json};

/// The usual site with an administrator, and with somebody who may change routing alone.
fn configuration() -> Configuration {
    let mut site = site::configuration();
    let mut admin = site.persons.get("supervisor").unwrap().clone();
    (admin.user_name, admin.employee_id) = ("admin".into(), "9001".into());
    admin.roles = [Role::Admin].into();
    let mut planner = admin.clone();
    (planner.user_name, planner.employee_id) = ("planner".into(), "9002".into());
    planner.roles.clear();
    site.persons.insert("admin".into(), admin);
    site.persons.insert("planner".into(), planner);
    let role = AccessRole {
        members: ["planner".into()].into(),
        privileges: [Privilege::ReadConfiguration, Privilege::ChangeRouting].into(),
        ..AccessRole::default()
    };
    site.roles.insert("Planners".into(), role);
    site.skills = [model::SkillName::from("Support")].into();
    site.version = 7;
    site
}

fn bench() -> (Bench, Browser) {
    let mut bench = Bench::new();
    bench.input(Input::Configuration(configuration().into()));
    let admin = bench.browser("admin");
    (bench, admin)
}

const ROOT: &str = "/api/v2/configuration";

fn get(bench: &mut Bench, browser: &Browser, path: &str) -> (u16, Value) {
    bench.get(browser, &format!("{ROOT}{path}"))
}

fn put(bench: &mut Bench, browser: &Browser, path: &str, object: &Value) -> ApiId {
    let body = json!({ "version": 7, "object": object });
    bench.send(browser, "PUT", &format!("{ROOT}{path}"), &body)
}

#[test]
fn tables_are_counted_and_read_page_by_page() {
    let (mut bench, admin) = bench();
    let (status, body) = get(&mut bench, &admin, "");
    assert_eq!((status, &body["version"]), (200, &json!(7)));
    let persons = body["kinds"].as_array().unwrap().iter().find(|k| k["kind"] == "persons");
    let count = configuration().persons.len();
    assert_eq!(
        persons.unwrap(),
        &json!({"kind": "persons", "name": "Person", "count": count, "mayChange": true})
    );
    let (_, page) = get(&mut bench, &admin, "/persons?offset=1&limit=2");
    assert_eq!((&page["total"], &page["offset"]), (&json!(count), &json!(1)));
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let (_, found) = get(&mut bench, &admin, "/persons?search=PLANN");
    assert_eq!(found["items"][0]["key"], "planner");
    let (_, found) = get(&mut bench, &admin, "/persons?employee_id=9001");
    assert_eq!((&found["total"], &found["items"][0]["key"]), (&json!(1), &json!("admin")));
    let (_, sorted) = get(&mut bench, &admin, "/persons?sort=-employee_id&limit=1");
    assert_eq!(sorted["items"][0]["object"]["employee_id"], "9002");
    for (path, expected) in
        [("/persons?limit=x", 400), ("/people", 404), ("/persons/nobody", 404), ("/persons/", 200)]
    {
        assert_eq!(get(&mut bench, &admin, path).0, expected, "{path}");
    }
}

#[test]
fn what_is_secret_is_not_shown_and_stays_when_it_is_not_sent() {
    let (mut bench, admin) = bench();
    let (_, body) = get(&mut bench, &admin, "/persons/agent5001");
    let mut person = body["object"].clone();
    assert!(person.get("password_hash").is_none() && person["has_password"] == true, "{person}");
    person["first_name"] = json!("Augusta");
    put(&mut bench, &admin, "/persons/agent5001", &person);
    let (_, who, change, is_plan) = bench.changes.pop().unwrap();
    assert_eq!((who.as_str(), change.base_version, is_plan), ("admin", 7, false));
    let [Edit::Put(Object::Person(_, changed))] = change.edits.as_slice() else { panic!() };
    assert_eq!(changed.first_name, "Augusta");
    assert_eq!(changed.password_hash, configuration().persons["agent5001"].password_hash);

    let (_, body) = get(&mut bench, &admin, "/dns/5001");
    assert!(body["object"]["kind"]["extension"].get("password").is_none(), "{body}");
    put(&mut bench, &admin, "/dns/5001", &body["object"]);
    let (_, _, change, _) = bench.changes.pop().unwrap();
    let [Edit::Put(Object::Dn(_, dn))] = change.edits.as_slice() else { panic!() };
    assert_eq!(*dn, configuration().dns["5001"]);
}

#[test]
fn a_password_is_hashed_on_the_way() {
    let (mut bench, admin) = bench();
    let person = json!({ "employee_id": "7", "password": "hush-hush", "roles": ["Agent"] });
    let id = put(&mut bench, &admin, "/persons/new", &person);
    assert!(bench.changes.is_empty());
    let Some(ApiOutput::HashPasswords { passwords, .. }) = bench.asked.pop() else { panic!() };
    assert_eq!(passwords, ["hush-hush"]);
    bench.input(Input::Api(ApiInput::PasswordsHashed { id, hashes: vec!["hashed".into()] }));
    let (_, _, change, _) = bench.changes.pop().unwrap();
    let [Edit::Put(Object::Person(name, person))] = change.edits.as_slice() else { panic!() };
    assert_eq!((name.as_str(), person.password_hash.as_str()), ("new", "hashed"));
}

#[test]
fn a_change_is_answered_with_what_became_of_it() {
    let (mut bench, admin) = bench();
    let skill = json!({ "description": "mends things" });
    let id = put(&mut bench, &admin, "/skills/Repair", &skill);
    bench.input(Input::Changed { id, outcome: Ok((8, Vec::new())) });
    assert_eq!(bench.answer(id), (200, json!({"statusCode": 0, "version": 8, "changes": []})));

    let id = put(&mut bench, &admin, "/skills/Repair", &skill);
    let problems = vec!["Skill Repair: no.".to_owned(), "And no.".to_owned()];
    bench.input(Input::Changed { id, outcome: Err(ChangeRefusal::Problems(problems)) });
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["errorCode"]), (422, &json!("configuration_invalid")));
    assert_eq!(body["problems"], json!(["Skill Repair: no.", "And no."]));

    let id = put(&mut bench, &admin, "/skills/Support", &skill);
    let changed = [(ObjectKind::Skill, "Support".to_owned())].into();
    let conflict = Conflict { base_version: 7, version: 9, changed: Some(changed) };
    bench.input(Input::Changed { id, outcome: Err(ChangeRefusal::Conflict(conflict)) });
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["errorCode"]), (409, &json!("configuration_changed")));
    assert_eq!((&body["version"], &body["yourVersion"]), (&json!(9), &json!(7)));
    assert_eq!(body["current"], json!({"description": ""}));
    assert_eq!(body["objects"][0]["yours"], skill);
}

#[test]
fn several_edits_are_planned_and_made_together() {
    let (mut bench, admin) = bench();
    let edits = json!([
        { "put": { "kind": "skills", "key": "Repair", "object": {} } },
        { "delete": { "kind": "agent-group", "key": "Experts" } },
    ]);
    let path = format!("{ROOT}/changes");
    let body = json!({ "version": 7, "edits": edits, "plan": true });
    bench.send(&admin, "POST", &path, &body);
    let (_, _, change, is_plan) = bench.changes.pop().unwrap();
    assert!(is_plan);
    assert_eq!(change.edits.len(), 2);
    assert_eq!(change.edits[1], Edit::Delete(ObjectKind::AgentGroup, "Experts".into()));
    let id =
        bench.send(&admin, "DELETE", &format!("{ROOT}/skills/Support?version=7"), &Value::Null);
    let (_, _, change, is_plan) = bench.changes.pop().unwrap();
    assert_eq!((change.edits[0].about(), is_plan), ((ObjectKind::Skill, "Support"), false));
    bench.input(Input::Changed { id, outcome: Ok((8, Vec::new())) });
}

#[test]
fn what_is_wrong_with_a_request_is_said() {
    let (mut bench, admin) = bench();
    let cases = [
        ("PUT", "/skills/Repair", json!({ "object": {} }), 400),
        ("PUT", "/skills/Repair", json!({ "version": 7 }), 400),
        ("PUT", "/skills/Repair", json!({ "version": 7, "object": 3 }), 400),
        ("PUT", "/skills/Repair", json!({ "version": 7, "object": { "descripton": "x" } }), 422),
        ("PUT", "/skill", json!({ "version": 7, "object": {} }), 404),
        ("DELETE", "/skills/Support", Value::Null, 400),
        ("DELETE", "/skills/Support?version=x", Value::Null, 400),
        ("POST", "/changes", json!({ "version": 7 }), 400),
        ("POST", "/changes", json!({ "version": 7, "edits": [{}] }), 400),
        ("POST", "/changes", json!({ "version": 7, "edits": [{ "delete": {} }] }), 400),
        ("POST", "/import/cats", json!("x"), 404),
    ];
    for (method, path, body, expected) in cases {
        let id = bench.send(&admin, method, &format!("{ROOT}{path}"), &body);
        let (status, answer) = bench.answer(id);
        assert_eq!(status, expected, "{method} {path}: {answer}");
    }
    assert!(bench.changes.is_empty() && bench.asked.is_empty());
}

#[test]
fn everybody_reads_and_changes_what_the_privileges_say() {
    let skill = ("/skills/Repair", json!({}));
    let point = ("/dns/5950", json!({ "kind": "virtual-queue" }));
    let phone = ("/dns/5951", json!({ "kind": { "extension": {} } }));
    let role = ("/roles/Mine", json!({}));
    let promoted = ("/persons/planner", json!({ "employee_id": "9002", "roles": ["Admin"] }));
    let table = [
        ("agent5001", false, [false, false, false, false, false]),
        ("supervisor", true, [false, false, false, false, false]),
        ("planner", true, [false, true, false, false, false]),
        ("admin", true, [true, true, true, true, true]),
    ];
    for (user, may_read, may_change) in table {
        let (mut bench, _) = bench();
        let browser = bench.browser(user);
        let status = get(&mut bench, &browser, "/persons").0;
        assert_eq!(status == 200, may_read, "{user} reads: {status}");
        let changes = [&skill, &point, &phone, &role, &promoted];
        for ((path, object), may) in changes.into_iter().zip(may_change) {
            put(&mut bench, &browser, path, object);
            assert_eq!(bench.changes.pop().is_some(), may, "{user} changes {path}");
        }
        for (method, path) in [("POST", "/apply?plan=true"), ("GET", "/export")] {
            bench.send(&browser, method, &format!("{ROOT}{path}"), &json!("x"));
            assert_eq!(bench.asked.pop().is_some(), user == "admin", "{user}: {path}");
        }
    }
}

#[test]
fn sounds_are_for_who_reads_the_site_and_changed_by_who_changes_routing() {
    let (mut bench, admin) = bench();
    let supervisor = bench.browser("supervisor");
    let sounds = format!("{ROOT}/sounds");
    let path = "en/welcome.wav".to_owned();
    let one = format!("{sounds}?path=en/welcome.wav");
    let bytes = b"\"RIFF\"".to_vec();
    let asked = [
        ("GET", &sounds, SoundWork::List),
        ("GET", &one, SoundWork::Read { path: path.clone() }),
        ("PUT", &one, SoundWork::Write { path: path.clone(), bytes }),
        ("DELETE", &one, SoundWork::Remove { path }),
    ];
    for (method, path, expected) in asked {
        for (browser, may) in [(&admin, true), (&supervisor, method == "GET")] {
            bench.send(browser, method, path, &json!("RIFF"));
            let work = match bench.asked.pop() {
                Some(ApiOutput::SoundFile { work, .. }) => Some(work),
                _ => None,
            };
            assert!(work == may.then(|| expected.clone()), "{method} {path}");
        }
    }
    bench.send(&admin, "PUT", &sounds, &json!("RIFF"));
    assert!(bench.asked.is_empty(), "without a path");
}

#[test]
fn files_and_the_audit_log_are_the_program_s_affair() {
    let (mut bench, admin) = bench();
    let path = format!("{ROOT}/import/agents?partial=true");
    bench.send(&admin, "POST", &path, &json!("user_name"));
    let Some(ApiOutput::ConfigurationFile { asked_by, work, .. }) = bench.asked.pop() else {
        panic!()
    };
    assert_eq!(asked_by.as_str(), "admin");
    let text = "\"user_name\"".to_owned();
    let what = "agents".to_owned();
    assert!(work == FileWork::Import { what, text, is_plan: false, skips_bad: true });
    bench.send(&admin, "GET", &format!("{ROOT}/audit?kind=persons&key=x&offset=50"), &Value::Null);
    let Some(ApiOutput::Audit { query, .. }) = bench.asked.pop() else { panic!() };
    assert_eq!((query.kind, query.offset, query.limit), (Some(ObjectKind::Person), 50, 50));
}
