//! Changes of single objects: versions, conflicts, what is in use, the audit log.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use directory::{Directory, Input, Output, demo};
use model::{
    Now, System,
    config::{Change, ChangeRefusal, DifferenceSort, Edit, Object, ObjectKind},
};
use serde_json::{Value, json};

fn site() -> Directory {
    let mut directory = Directory::new();
    tell(&mut directory, Input::Replace(Box::new(demo(""))));
    directory
}

fn tell(directory: &mut Directory, input: Input) -> Vec<Output> {
    directory.handle_input(Now::new(Instant::now(), Duration::from_millis(1_234)), input);
    std::iter::from_fn(|| directory.poll_output()).collect()
}

fn change(directory: &mut Directory, base_version: u64, edits: Vec<Edit>) -> Vec<Output> {
    let change = Change { base_version, edits };
    tell(directory, Input::Change { reference: 7, who: "admin".into(), change })
}

fn put(kind: ObjectKind, name: &str, body: &Value) -> Edit {
    Edit::Put(Object::read(kind, name, body).unwrap())
}

fn group(skills: &str) -> Edit {
    put(ObjectKind::AgentGroup, "Experts", &json!({ "skills": skills }))
}

fn delete(kind: ObjectKind, name: &str) -> Edit {
    Edit::Delete(kind, name.into())
}

fn refused(outputs: Vec<Output>) -> Vec<String> {
    match <[Output; 1]>::try_from(outputs) {
        Ok([Output::Refused { reference: 7, refusal: ChangeRefusal::Problems(problems) }]) => {
            problems
        }
        other => panic!("{other:?}"),
    }
}

fn nothing_changed() -> Output {
    Output::Changed { reference: 7, version: 2, differences: Vec::new() }
}

#[test]
fn a_plan_says_what_a_change_would_do_and_does_nothing() {
    let mut directory = site();
    let plan =
        |directory: &Directory, base_version, edits| directory.plan(Change { base_version, edits });
    let differences = plan(&directory, 1, vec![group("Support > 3")]).unwrap();
    assert_eq!(differences.len(), 1);
    assert_eq!(directory.current().version, 1);
    let refused = plan(&directory, 1, vec![group("Support >")]);
    assert!(matches!(refused, Err(ChangeRefusal::Problems(_))), "{refused:?}");
    change(&mut directory, 1, vec![group("Support > 3")]);
    let late = plan(&directory, 1, vec![group("Support > 4")]);
    assert!(matches!(late, Err(ChangeRefusal::Conflict(_))), "{late:?}");
}

#[test]
fn a_change_is_published_audited_and_answered() {
    let mut directory = site();
    let outputs = change(&mut directory, 1, vec![group("Support > 3")]);
    let [
        Output::Audit(audit),
        Output::Published(published),
        Output::Changed { reference: 7, version: 2, differences },
    ] = outputs.as_slice()
    else {
        panic!("{outputs:?}")
    };
    assert_eq!(published.version, 2);
    assert_eq!((audit.who.as_str(), audit.at_ms, audit.version), ("admin", 1_234, 2));
    assert_eq!(*differences, audit.differences);
    let [added] = audit.differences.as_slice() else { panic!("{audit:?}") };
    assert_eq!((added.name.as_str(), added.sort), ("Experts", DifferenceSort::Added));
}

#[test]
fn a_change_that_changes_nothing_makes_no_version() {
    let mut directory = site();
    change(&mut directory, 1, vec![group("Support > 3")]);
    let outputs = change(&mut directory, 2, vec![group("Support > 3")]);
    assert_eq!(outputs, [nothing_changed()]);
}

#[test]
fn a_change_on_an_old_version_is_refused_with_both_and_what_changed_in_between() {
    let mut directory = site();
    change(&mut directory, 1, vec![group("Support > 3")]);
    let skill = put(ObjectKind::Skill, "Billing", &json!({}));
    change(&mut directory, 2, vec![skill]);
    for (base, expected) in [
        (
            1,
            "this was changed on version 1, but version 3 holds now; since then agent-group \
             Experts, skill Billing have changed: look at them and change again",
        ),
        (
            2,
            "this was changed on version 2, but version 3 holds now; since then skill Billing has \
             changed: look at them and change again",
        ),
        (
            9,
            "this was changed on version 9, but version 3 holds now: look at them and change again",
        ),
    ] {
        let outputs = change(&mut directory, base, vec![group("Support > 4")]);
        let [Output::Refused { refusal: ChangeRefusal::Conflict(conflict), .. }] =
            outputs.as_slice()
        else {
            panic!("{outputs:?}")
        };
        assert_eq!((conflict.base_version, conflict.version), (base, 3));
        assert_eq!(conflict.to_string(), expected);
    }
    assert_eq!(directory.current().version, 3);
}

#[test]
fn a_change_is_made_as_a_whole_or_not_at_all() {
    let mut directory = site();
    let before = directory.current().clone();
    let edits = vec![put(ObjectKind::Skill, "Billing", &json!({})), group("Biling > 3")];
    assert_eq!(
        refused(change(&mut directory, 1, edits)),
        ["Agent group Experts, skills: there is no skill `Biling`; perhaps `Billing` is meant."]
    );
    assert_eq!(**directory.current(), *before);
}

#[test]
fn what_is_in_use_is_not_deleted_and_its_users_are_named() {
    let mut directory = site();
    change(&mut directory, 1, vec![group("Support > 3 & English > 1")]);
    let mut try_to = |edits| refused(change(&mut directory, 2, edits));
    assert_eq!(
        try_to(vec![delete(ObjectKind::Dn, "5001")]),
        ["DN 5001: it can't be deleted while place 5001 (dns) use it; change that first."]
    );
    assert_eq!(
        try_to(vec![delete(ObjectKind::Strategy, "Sales")]),
        ["Strategy Sales: it can't be deleted while DN 5900 (strategy) use it; change that first."]
    );
    assert_eq!(
        try_to(vec![delete(ObjectKind::Skill, "Support")]),
        ["Skill Support: it can't be deleted while person agent5001 (skills), person agent5002 \
             (skills), person agent5003 (skills), person agent5004 (skills), person agent5005 \
             (skills) and 14 more use it; change that first."]
    );
    assert_eq!(
        try_to(vec![delete(ObjectKind::Dn, "5999")]),
        ["DN 5999: it can't be deleted, there is none."]
    );
    assert_eq!(
        try_to(vec![delete(ObjectKind::Switch, "switch")]),
        ["Switch: it can't be deleted; change it."]
    );
}

#[test]
fn what_is_in_use_may_go_together_with_its_users() {
    let mut directory = site();
    let edits = vec![
        delete(ObjectKind::Dn, "5025"),
        delete(ObjectKind::Place, "5025"),
        delete(ObjectKind::Person, "agent5025"),
    ];
    let outputs = change(&mut directory, 1, edits);
    let Some(Output::Changed { reference: 7, version: 2, differences }) = outputs.last() else {
        panic!("{outputs:?}")
    };
    assert_eq!(differences.len(), 3);
    assert!(!directory.current().persons.contains_key("agent5025"));
}

#[test]
fn passwords_never_reach_the_audit_log() {
    let mut directory = site();
    let dn = json!({ "kind": { "extension": { "password": "hush-hush" } } });
    let outputs = change(&mut directory, 1, vec![put(ObjectKind::Dn, "5001", &dn)]);
    let audit = outputs.iter().find_map(|output| match output {
        Output::Audit(audit) => Some(audit),
        _ => None,
    });
    let text = format!("{audit:?}");
    assert!(text.contains("kind.extension.password") && text.contains("(set)"), "{text}");
    assert!(!text.contains("hush-hush") && !text.contains("demo"), "{text}");
}

#[test]
fn options_are_carried_over_before_the_change_is_compared() {
    let mut directory = site();
    let dn = json!({
        "kind": { "extension": {} },
        "options": { "TServer": { "record": "true", "my-option": "x" } },
    });
    let edit = put(ObjectKind::Dn, "5950", &dn);
    change(&mut directory, 1, vec![edit.clone()]);
    let outputs = change(&mut directory, 2, vec![edit]);
    assert_eq!(outputs, [nothing_changed()]);
    let options = &directory.current().dns["5950"].options;
    assert_eq!(options["TServer"].keys().collect::<Vec<_>>(), ["my-option"]);
}
