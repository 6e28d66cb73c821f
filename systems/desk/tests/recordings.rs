//! Recordings over HTTP: who may list, hear and delete them, and what the program is asked.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Bench, Browser, site, switch::UUID};
use desk::Input;
use model::{
    api::ApiOutput,
    config::Role,
    recording::{RecordingId, RecordingQuery},
};
use serde_json::{Value, json};

fn with_admin() -> Bench {
    let mut site = site::configuration();
    let mut admin = site.persons.get("supervisor").unwrap().clone();
    (admin.user_name, admin.employee_id) = ("admin".into(), "9001".into());
    admin.roles = [Role::Admin].into();
    site.persons.insert("admin".into(), admin);
    let mut bench = Bench::new();
    bench.input(Input::Configuration(site.into()));
    bench
}

fn name() -> RecordingId {
    format!("{UUID}-2").parse().unwrap()
}

fn one() -> String {
    format!("/api/v2/recordings/{}", name())
}

fn sound() -> String {
    format!("{}/audio", one())
}

/// Whatever is asked for: the program is asked, or somebody is told why not.
fn asked(bench: &mut Bench, browser: &Browser, method: &str, path: &str) -> Result<String, Value> {
    let id = bench.send(browser, method, path, &Value::Null);
    match bench.recordings.pop() {
        Some(asked) => {
            assert!(bench.responses.is_empty(), "the response is the program's");
            Ok(format!("{asked:?}").replacen(&format!("({id}"), "(", 1))
        }
        None => Err(bench.answer(id).1),
    }
}

#[test]
fn who_may_list_hear_and_delete_is_a_matter_of_roles() {
    let mut bench = with_admin();
    let (listed, shown) = ("/api/v2/recordings".to_owned(), one());
    let table = [
        ("agent5001", "GET", &listed, false),
        ("agent5001", "GET", &shown, false),
        ("agent5001", "GET", &sound(), false),
        ("agent5001", "DELETE", &shown, false),
        ("supervisor", "GET", &listed, true),
        ("supervisor", "GET", &shown, true),
        ("supervisor", "GET", &sound(), true),
        ("supervisor", "DELETE", &shown, false),
        ("admin", "GET", &listed, true),
        ("admin", "GET", &shown, true),
        ("admin", "GET", &sound(), true),
        ("admin", "DELETE", &shown, true),
    ];
    for (user, method, path, may) in table {
        let browser = bench.browser(user);
        match asked(&mut bench, &browser, method, path) {
            Ok(_) => assert!(may, "{user} {method} {path}"),
            Err(answer) => {
                assert!(!may, "{user} {method} {path}: {answer}");
                assert_eq!(answer["errorCode"], "RoleMissing");
                assert_eq!(answer["statusCode"], 5);
                let role = if method == "DELETE" { "role Admin" } else { "Supervisor or Admin" };
                assert!(answer["statusMessage"].as_str().unwrap().contains(role), "{answer}");
            }
        }
    }
    let (status, answer) = bench.get(&Browser::default(), "/api/v2/recordings");
    assert_eq!((status, &answer["statusCode"]), (403, &json!(20)));
}

#[test]
fn the_query_is_passed_on_with_its_limits() {
    let mut bench = with_admin();
    let browser = bench.browser("supervisor");
    let query = |bench: &mut Bench, query: &str| {
        bench.send(&browser, "GET", &format!("/api/v2/recordings{query}"), &Value::Null);
        match bench.recordings.pop() {
            Some(ApiOutput::Recordings { query, .. }) => query,
            other => panic!("{query}: {other:?}"),
        }
    };
    let all = RecordingQuery { limit: 50, ..RecordingQuery::default() };
    assert_eq!(query(&mut bench, ""), all);
    assert_eq!(query(&mut bench, "?dn=&number=+&from="), all, "empty fields ask for nothing");
    let whole = format!(
        "?from=2026-01-27T22:58:08Z&to=2026-01-28&dn=5001&agent=77&number=%2B1%20(555)%20123\
         &callUuid={}&mailbox=Support&limit=10&offset=20",
        UUID.to_lowercase()
    );
    let expected = RecordingQuery {
        from_ms: Some(1_769_554_688_000),
        to_ms: Some(1_769_558_400_000),
        dn: Some("5001".into()),
        agent: Some("77".into()),
        number: Some("1555123".into()),
        call: Some(UUID.parse().unwrap()),
        mailbox: Some("Support".into()),
        limit: 10,
        offset: 20,
    };
    assert_eq!(query(&mut bench, &whole), expected);
    assert_eq!(query(&mut bench, "?limit=100000").limit, 200);

    for (wrong, parameter) in [
        ("from=yesterday", "'from'"),
        ("to=2026-02-30", "'to'"),
        ("from=2026-01-28&to=2026-01-27", "'to'"),
        ("callUuid=1", "'callUuid'"),
        ("limit=-1", "'limit'"),
        ("offset=x", "'offset'"),
        ("number=;drop", "'number'"),
        ("dn=012345678901234567890123456789012", "'dn'"),
    ] {
        let (status, answer) = bench.get(&browser, &format!("/api/v2/recordings?{wrong}"));
        let message = answer["statusMessage"].as_str().unwrap();
        assert!(status == 400 && message.contains(parameter), "{wrong}: {answer}");
    }
}

#[test]
fn sound_is_asked_for_with_its_range_and_listeners_are_named() {
    let mut bench = with_admin();
    let browser = bench.browser("supervisor");
    for range in [None, Some("bytes=100-")] {
        let browser = match range {
            Some(range) => browser.clone().with_header("range", range),
            None => browser.clone(),
        };
        let id = bench.send(&browser, "GET", &sound(), &Value::Null);
        let expected = ApiOutput::RecordingSound {
            id,
            recording: name(),
            range: range.map(str::to_owned),
            asked_by: "supervisor".into(),
        };
        assert_eq!(bench.recordings.pop(), Some(expected));
    }
}

#[test]
fn a_deletion_needs_the_token_and_names_who_wants_it() {
    let mut bench = with_admin();
    let browser = bench.browser("admin");
    let tokenless = Browser { csrf: None, ..browser.clone() };
    let (status, answer) = bench.ask(&tokenless, "DELETE", &one(), &Value::Null);
    assert_eq!((status, &answer["errorCode"]), (403, &json!("InvalidCsrfToken")));
    assert!(bench.recordings.is_empty());
    let id = bench.send(&browser, "DELETE", &one(), &Value::Null);
    let asked_by = "admin".into();
    let expected = ApiOutput::RecordingDelete { id, recording: name(), asked_by };
    assert_eq!(bench.recordings.pop(), Some(expected));
}

#[test]
fn what_is_no_recordings_name_is_not_asked_for() {
    let mut bench = with_admin();
    let browser = bench.browser("admin");
    for path in ["x", &format!("{UUID}-0"), "..", &format!("{UUID}-1/audio.wav")] {
        for method in ["GET", "DELETE"] {
            let path = format!("/api/v2/recordings/{path}");
            assert_eq!(bench.ask(&browser, method, &path, &Value::Null).0, 404, "{path}");
        }
    }
    assert!(bench.recordings.is_empty());
}

#[test]
fn those_who_may_hear_recordings_are_told_so_among_their_features() {
    let mut bench = with_admin();
    for (user, may) in [("agent5001", false), ("supervisor", true), ("admin", true)] {
        let browser = bench.browser(user);
        let (_, body) = bench.get(&browser, "/api/v2/me?subresources=features");
        let features = body["user"]["features"].as_array().unwrap().clone();
        assert_eq!(features.iter().any(|f| f["id"] == "recordings"), may, "{user}");
    }
}
