//! What the directory says of groups, calendars, the dial plan, overflow and the like.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

use directory::{complete, demo, problems};
use model::{
    Configuration,
    config::{Object, ObjectKind},
};
use serde_json::{Value, json};

/// The demo site with these objects put in.
fn with(objects: &[(ObjectKind, &str, Value)]) -> Configuration {
    let mut site = demo("");
    for (kind, name, body) in objects {
        let object = Object::read(*kind, name, body).unwrap_or_else(|e| panic!("{name}: {e}"));
        site.put(object);
    }
    complete(&mut site);
    site
}

fn route_point(default_dn: &str) -> Value {
    json!({ "kind": { "route-point": { "strategy": "Sales" } }, "default_dn": default_dn })
}

#[test]
fn one_of_each_kind_together_can_work() {
    let site = with(&[
        (ObjectKind::ActionCode, "Lunch", json!({ "kind": "not-ready", "code": "101" })),
        (ObjectKind::ActionCode, "Sold", json!({ "kind": "disposition", "code": "101" })),
        (
            ObjectKind::AgentGroup,
            "Experts",
            json!({ "members": ["agent5001"], "skills": "Support > 3", "supervisors": ["admin"] }),
        ),
        (ObjectKind::AgentLogin, "9001", json!({ "person": "agent5001", "wrap_up_s": 5 })),
        (ObjectKind::Application, "Desk", json!({ "options": { "log": { "level": "info" } } })),
        (
            ObjectKind::Calendar,
            "Office",
            json!({
                "time_zone": "Europe/Berlin",
                "hours": { "monday": ["08:00-12:00", "13:00-18:00"] },
                "holidays": { "12-25": { "name": "Christmas" } },
            }),
        ),
        (ObjectKind::DialRule, "outside", json!({ "match": "9", "strip": 1, "trunk": "pstn" })),
        (
            ObjectKind::DialRule,
            "help",
            json!({ "match": "112", "emergency": true, "trunk": "pstn" }),
        ),
        (ObjectKind::MediaFile, "hello", json!({ "files": { "pt-BR": "pt/hello.wav" } })),
        (
            ObjectKind::Resource,
            "6000",
            json!({ "kind": { "acd-queue": { "default_dn": "5000" } } }),
        ),
        (ObjectKind::Resource, "6001", json!({ "kind": "voice-treatment-port" })),
        (ObjectKind::Dn, "5950", route_point("6000")),
        (
            ObjectKind::Role,
            "Planner",
            json!({ "members": ["supervisor"], "privileges": ["change-routing"] }),
        ),
        (
            ObjectKind::Strategy,
            "Steps",
            json!({ "steps": [
                { "hours": { "calendar": "Office", "closed": ["release"] } },
                { "target": { "to": [{ "group": "Experts" }], "timeout_s": 20 } },
            ], "default": { "route_point": "5000" } }),
        ),
        (ObjectKind::Tenant, "North", json!({ "time_zone": "America/New_York" })),
    ]);
    assert_eq!(problems(&site), Vec::<String>::new());
    let person = &site.persons["agent5001"];
    assert_eq!(site.wrap_up_s(person), 5);
    assert_eq!(site.wrap_up_s(&site.persons["agent5002"]), 20);
    let group = site.agent_groups["Experts"].membership().unwrap();
    let members = site.persons.values().filter(|person| group.has(person)).count();
    assert_eq!(members, 7, "5001 by name; 5003, 5004, 5008, 5009, 5013 and 5014 by skill");
}

#[test]
fn each_slip_is_told_in_one_line_with_object_field_and_what_to_do() {
    type Row = (ObjectKind, &'static str, Value, &'static str);
    let table: Vec<Row> = vec![
        (
            ObjectKind::ActionCode,
            "Lunch",
            json!({ "kind": "not-ready", "code": "a b" }),
            "Action code Lunch, code: `a b` is no code; write one without spaces.",
        ),
        (
            ObjectKind::AgentGroup,
            "Experts",
            json!({ "members": ["agent501"] }),
            "Agent group Experts, members: there is no person `agent501`; perhaps `agent5001` is \
             meant.",
        ),
        (
            ObjectKind::AgentGroup,
            "Experts",
            json!({ "skills": "Suport > 2" }),
            "Agent group Experts, skills: there is no skill `Suport`; perhaps `Support` is meant.",
        ),
        (
            ObjectKind::AgentGroup,
            "Experts",
            json!({ "skills": "Support" }),
            "Agent group Experts, skills: `Support`, at character 1: `Support` is compared with \
             nothing; write `Support > 0`, say.",
        ),
        (
            ObjectKind::AgentLogin,
            "9001",
            json!({ "person": "nobody at all" }),
            "Agent login 9001, person: there is no person `nobody at all`; add it to persons \
             first.",
        ),
        (
            ObjectKind::Calendar,
            "Office",
            json!({ "time_zone": "Europe/Berlln" }),
            "Calendar Office, time_zone: there is no time zone `Europe/Berlln`; write an IANA \
             name, e.g. Europe/Berlin.",
        ),
        (
            ObjectKind::Calendar,
            "Office",
            json!({ "time_zone": "UTC", "hours": { "friday": ["08:00-12:00", "11:00-13:00"] } }),
            "Calendar Office, Friday: 08:00-12:00 and 11:00-13:00 overlap; make them one.",
        ),
        (
            ObjectKind::DialRule,
            "out",
            json!({ "match": "9", "trunk": "pst" }),
            "Dial rule out, trunk: there is no trunk `pst`; perhaps `pstn` is meant.",
        ),
        (
            ObjectKind::DialRule,
            "out",
            json!({ "match": "9", "strip": 2, "trunk": "pstn" }),
            "Dial rule out, strip: 2 is more than the 1 that match; the rest of the number would \
             be cut.",
        ),
        (
            ObjectKind::DialRule,
            "help",
            json!({ "match": "112", "prefix": "0", "trunk": "pstn", "emergency": true }),
            "Dial rule help: an emergency number is matched whole and sent unchanged; give match, \
             and neither strip nor prefix.",
        ),
        (
            ObjectKind::Dn,
            "5950",
            route_point("5991"),
            "DN 5950, default_dn: there is no DN `5991`; perhaps `5901` is meant.",
        ),
        (
            ObjectKind::Dn,
            "5950",
            json!({ "kind": { "extension": {} }, "options": { "TServer": { "record": "x" } } }),
            "DN 5950, options TServer/record: `x`, but it takes always, never, on-demand, true or \
             false.",
        ),
        (
            ObjectKind::MediaFile,
            "hello",
            json!({ "files": { "en": "../../etc/passwd" } }),
            "Media file hello, en: `../../etc/passwd` is no path below the sounds' folder.",
        ),
        (
            ObjectKind::Resource,
            "5001",
            json!({ "kind": "communication-dn" }),
            "Resource 5001: 5001 is in dns already; take it out of one.",
        ),
        (
            ObjectKind::Role,
            "Planner",
            json!({ "members": ["agent"] }),
            "Role Planner, members: there is no person `agent`; add it to persons first.",
        ),
        (
            ObjectKind::Strategy,
            "Steps",
            json!({
                "steps": [{ "target": { "to": [{ "skills": "Sales > 1" }], "timeout_s": 9 } }]
            }),
            "Strategy Steps, default: a call can be through with all steps and have found nobody; \
             say where it goes then.",
        ),
        (
            ObjectKind::Strategy,
            "Steps",
            json!({ "steps": [{ "target": { "to": [{ "group": "Nobody" }] } }] }),
            "Strategy Steps, steps, target: there is no agent group `Nobody`; add it to \
             agent_groups first.",
        ),
        (
            ObjectKind::Tenant,
            "North",
            json!({ "time_zone": "Nowhere" }),
            "Tenant North, time_zone: there is no time zone `Nowhere`; write an IANA name, e.g. \
             Europe/Berlin.",
        ),
    ];
    for (kind, name, body, expected) in table {
        assert_eq!(problems(&with(&[(kind, name, body)])), [expected]);
    }
}

#[test]
fn codes_and_logins_belong_to_one_each() {
    let code = || json!({ "kind": "not-ready", "code": "1" });
    let site =
        with(&[(ObjectKind::ActionCode, "A", code()), (ObjectKind::ActionCode, "B", code())]);
    let expected = "Action code B, code: 1 is A's already; give each its own.";
    assert_eq!(problems(&site), [expected]);
    let login = || json!({ "person": "agent5001" });
    let site =
        with(&[(ObjectKind::AgentLogin, "1", login()), (ObjectKind::AgentLogin, "2", login())]);
    let expected = "Agent login 2, person: agent5001 has the code 1 already; take one away.";
    assert_eq!(problems(&site), [expected]);
}

#[test]
fn calls_that_would_go_in_a_circle_are_refused_with_the_way_they_go() {
    let site = with(&[
        (ObjectKind::Dn, "5950", route_point("5951")),
        (ObjectKind::Dn, "5951", route_point("6000")),
        (
            ObjectKind::Resource,
            "6000",
            json!({ "kind": { "acd-queue": { "default_dn": "5950" } } }),
        ),
        // Leads into the circle without being part of it.
        (ObjectKind::Dn, "5940", route_point("5950")),
    ]);
    let said = problems(&site);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("5950 -> 5951 -> 6000 -> 5950"), "{said:?}");

    let back = json!({ "steps": [
        { "branch": { "when": "wait > 60", "then": [{ "route": { "route_point": "5000" } }] } },
        { "target": { "to": [{ "skills": "Support > 0" }] } },
    ] });
    let said = problems(&with(&[(ObjectKind::Strategy, "Support", back)]));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("5000 -> 5000"), "{said:?}");
    let step = json!({ "route": { "route_point": "5900" } });
    let ahead = json!({ "default": { "number": "+15550001" }, "steps": [step] });
    assert_eq!(problems(&with(&[(ObjectKind::Strategy, "Support", ahead)])), Vec::<String>::new());
}

#[test]
fn slips_in_steps_are_told_with_the_way_to_the_step() {
    let cases = [
        (
            json!([{ "branch": { "when": "wait >", "then": [{ "target": { "to": [] } }] } }]),
            vec![
                "steps[0]: branch `wait >`, at character 7: a name, a number, a 'text' or `(` was \
                 expected, not the end.",
                "steps[0].branch.then[0]: a target step names nobody; say who takes the call.",
            ],
        ),
        (
            json!([{ "target": { "to": [{ "skills": "Sales" }], "timeout_s": 0 } }]),
            vec![
                "steps[0]: a target step waits for 0 seconds; give it one at least.",
                "steps[0].target: `Sales`, at character 1: `Sales` is compared with nothing; \
                 write `Sales > 0`, say.",
            ],
        ),
        (
            json!([{ "target": { "to": [{ "skills": "Sales > 0", "weight": 0 }],
                                 "while_waiting": [{ "music_s": 0 }, { "play": [] }] } }]),
            vec![
                "steps[0]: a target has weight 0; give it one at least, or leave it out.",
                "steps[0].target.while_waiting[0]: 0 seconds of music; give it one at least.",
                "steps[0].target.while_waiting[1]: nothing is said; give it a text, a media file, \
                 a pause or a beep.",
            ],
        ),
        (
            json!([{ "menu": { "prompt": ["beep"], "choices": { "one": [{ "play": { "prompt":
                [{ "text": " " }] } }] }, "tries": 10 } }]),
            vec![
                "steps[0]: keys: 1 to 32 of them, 1 to 120 seconds for each, 1 to 9 tries.",
                "steps[0]: menu, choices: `one` can't be entered by keys.",
                "steps[0].menu.choices.one[0].play.prompt: nothing is said; give it a text, a \
                 media file, a pause or a beep.",
            ],
        ),
        (
            json!([{ "collect": { "into": "", "keys": { "ends_with": "x" } } },
                   { "callback": { "attempts": 0 } }]),
            vec![
                "steps[0]: collect, into: it is empty; name the user data key.",
                "steps[0]: keys, ends_with: `x` is no key of a telephone.",
                "steps[1]: callback: no target step comes before; nobody would call back.",
                "steps[1]: callback: give it one attempt and one minute at least.",
            ],
        ),
        (
            json!([{ "voicemail": { "mailbox": "", "prompt": ["beep"], "limit_s": 0 } },
                   { "webhook": { "url": "crm.example", "timeout_s": 60, "failed":
                       [{ "branch": { "when": "agents_ready('Sales >') > 0" } }] } }]),
            vec![
                "steps[0]: voicemail, mailbox: give it a name of up to 100 characters.",
                "steps[0]: voicemail, limit_s: 1 to 1800 seconds.",
                "steps[1]: webhook, url: `crm.example` is no http:// or https:// address.",
                "steps[1]: webhook, timeout_s: 1 to 30 seconds.",
                "steps[1].webhook.failed[0].branch: `Sales >`, at character 8: expected a skill, a \
                 number or `(`, but the text ends.",
            ],
        ),
        (
            json!([{ "play": { "prompt": [{ "media": "Wellcome" }] } }]),
            vec!["steps, media: there is no media file `Wellcome`; add it to media first."],
        ),
    ];
    for (steps, expected) in cases {
        let strategy = json!({ "default": { "number": "+15550001" }, "steps": steps });
        let said = problems(&with(&[(ObjectKind::Strategy, "Steps", strategy)]));
        let expected: Vec<_> =
            expected.iter().map(|text| format!("Strategy Steps, {text}")).collect();
        assert_eq!(said, expected);
    }
}

#[test]
fn steps_that_let_a_call_through_need_a_default() {
    let waits = json!({ "target": { "to": [{ "skills": "Sales > 0" }] } });
    let cases = [
        (json!([waits]), true),
        (json!(["release"]), true),
        (json!([{ "route": { "number": "+15550001" } }]), false),
        (json!([{ "target": { "to": [{ "last_agent": { "within_days": 7 } }] } }]), false),
        (json!([{ "target": { "to": [{ "skills": "Sales > 0" }], "timeout_s": 9 } }]), false),
        (json!([waits, { "play": { "prompt": ["beep"] } }]), false),
    ];
    for (steps, is_complete) in cases {
        let strategy = json!({ "steps": steps });
        let said = problems(&with(&[(ObjectKind::Strategy, "Steps", strategy)]));
        assert_eq!(said.is_empty(), is_complete, "{steps}: {said:?}");
    }
}

#[test]
fn a_person_may_what_comes_with_the_kind_and_what_a_role_grants() {
    use model::config::Privilege;
    let body = json!({ "members": ["agent5001"], "privileges": ["change-routing", "listen"] });
    let site = with(&[(ObjectKind::Role, "Planner", body)]);
    let may = |user: &str, privilege| site.may(&site.persons[user], privilege);
    assert!(Privilege::ALL.iter().all(|privilege| may("admin", *privilege)));
    assert!(may("supervisor", Privilege::Listen) && !may("supervisor", Privilege::ChangeRouting));
    assert!(may("agent5001", Privilege::ChangeRouting) && may("agent5001", Privilege::Listen));
    assert!(!may("agent5001", Privilege::ChangePersons) && !may("agent5002", Privilege::Listen));
}
