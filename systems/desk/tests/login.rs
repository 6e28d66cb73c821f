//! Who may ask: log-in, cookies, CSRF tokens, HTTP Basic, slowed guesses, idle sessions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Bench, Browser, header, site};
use desk::Input;
use model::{AgentState, Request, api::ApiInput};
use serde_json::{Value, json};

#[test]
fn nobody_gets_403_with_status_code_20_and_no_login_window() {
    let mut bench = Bench::new();
    let id = bench.send(&Browser::default(), "GET", "/api/v2/me?subresources=*", &Value::Null);
    let response = bench.response(id);
    assert_eq!(response.status, 403);
    assert_eq!(header(&response, "www-authenticate"), None);
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(
        (&body["statusCode"], &body["statusMessage"]),
        (&json!(20), &json!("Access denied"))
    );
    for path in ["/api/v2/monitor", "/api/v2/me/settings/phone", "/internal-api/me/settings"] {
        assert_eq!(bench.get(&Browser::default(), path).0, 403, "{path}");
    }
}

#[test]
fn a_login_gives_a_cookie_that_scripts_cannot_read_and_a_csrf_token() {
    let mut bench = Bench::new();
    let body = json!({"username": "agent5001", "password": "demo"});
    let browser = Browser { secure: true, ..Browser::default() };
    let id = bench.send(&browser, "POST", "/api/v2/login", &body);
    let response = bench.response(id);
    assert_eq!(response.status, 200);
    let cookie = header(&response, "set-cookie").unwrap();
    assert!(cookie.starts_with("JSESSIONID="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(header(&response, "cache-control"), Some("no-store"));
    assert_eq!(header(&response, "x-csrf-header"), Some("X-CSRF-TOKEN"));
    let mut browser = Browser::default();
    browser.learn(&response);
    let (status, me) = bench.get(&browser, "/api/v2/me");
    assert_eq!((status, &me["user"]["userName"]), (200, &json!("agent5001")));
}

#[test]
fn a_cookie_needs_the_csrf_token_for_every_change() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let state = json!({"state": "Ready"});
    for csrf in [None, Some("0".repeat(32)), Some(String::new())] {
        let forged = Browser { csrf, ..browser.clone() };
        let id = bench.send(&forged, "PUT", "/api/v2/me/state", &state);
        let response = bench.response(id);
        assert_eq!(response.status, 403);
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(body["statusMessage"], "Missing or invalid Csrf token");
        assert_eq!(header(&response, "x-csrf-token"), browser.csrf.as_deref());
    }
    assert!(bench.requests.is_empty());
    bench.send(&browser, "PUT", "/api/v2/me/state", &state);
    assert!(matches!(bench.asked().1, Request::AgentLogin { .. }));
}

#[test]
fn http_basic_needs_no_token_shares_a_session_and_is_checked_once() {
    let mut bench = Bench::new();
    let basic = Browser::basic("agent5001", "demo");
    for _ in 0..5 {
        assert_eq!(bench.get(&basic, "/api/v2/me").0, 200);
    }
    assert!(bench.metric("cordboard_desk_sessions") < 1.5);
    bench.checks_wait = true;
    let (status, body) = bench.ask(&basic, "POST", "/internal-api/operations", &json!({}));
    assert_eq!((status, body), (200, json!({"statusCode": 0})));

    let id = bench.send(&basic, "GET", "/api/v2/me", &Value::Null);
    let mut browser = Browser::default();
    browser.learn(&bench.response(id));
    assert_eq!(bench.get(&browser, "/api/v2/me").0, 200);
}

#[test]
fn requests_with_the_same_credentials_wait_for_one_check() {
    let mut bench = Bench::new();
    bench.checks_wait = true;
    let basic = Browser::basic("agent5001", "demo");
    let first = bench.send(&basic, "GET", "/api/v2/me", &Value::Null);
    let second = bench.send(&basic, "GET", "/api/v2/me", &Value::Null);
    let left = bench.send(&basic, "GET", "/api/v2/me", &Value::Null);
    bench.input(Input::Api(ApiInput::Abandoned { id: left }));
    assert_eq!(bench.checks.len(), 1);
    bench.answer_checks();
    assert_eq!(bench.answer(first).0, 200);
    assert_eq!(bench.answer(second).0, 200);
    assert!(bench.responses.is_empty());
}

#[test]
fn a_check_that_never_comes_back_is_given_up() {
    let mut bench = Bench::new();
    bench.checks_wait = true;
    let id = bench.send(&Browser::basic("agent5001", "demo"), "GET", "/api/v2/me", &Value::Null);
    bench.seconds(10);
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["errorCode"]), (503, &json!("Busy")));
}

#[test]
fn wrong_and_unknown_names_are_answered_alike() {
    let mut bench = Bench::new();
    let login = |bench: &mut Bench, user: &str, password: &str| {
        let body = json!({"username": user, "password": password});
        bench.ask(&Browser::default(), "POST", "/api/v2/login", &body)
    };
    let wrong = login(&mut bench, "agent5001", "wrong");
    assert_eq!((wrong.0, &wrong.1["statusCode"]), (403, &json!(20)));
    assert_eq!(login(&mut bench, "nobody", "demo"), wrong);
}

#[test]
fn guessing_is_slowed_more_and_more_and_for_one_person_alone() {
    let mut bench = Bench::new();
    let try_with = |bench: &mut Bench, user: &str, password: &str| {
        let body = json!({"username": user, "password": password});
        bench.ask(&Browser::default(), "POST", "/api/v2/login", &body).0
    };
    for _ in 0..5 {
        assert_eq!(try_with(&mut bench, "agent5001", "wrong"), 403);
    }
    assert_eq!(try_with(&mut bench, "agent5001", "demo"), 429);
    assert_eq!(try_with(&mut bench, "agent5002", "demo"), 200);
    bench.seconds(1);
    assert_eq!(try_with(&mut bench, "agent5001", "wrong"), 403);
    bench.seconds(1);
    assert_eq!(try_with(&mut bench, "agent5001", "demo"), 429);
    bench.seconds(1);
    assert_eq!(try_with(&mut bench, "agent5001", "demo"), 200);
    assert_eq!(try_with(&mut bench, "agent5001", "wrong"), 403);
}

#[test]
fn a_logout_ends_session_and_agent() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    let browser = bench.browser("agent5001");
    let start = json!({"operationName": "StartContactCenterSession", "channels": ["voice"]});
    bench.send(&browser, "POST", "/api/v2/me", &start);
    let (reference, _) = bench.asked();
    bench.accept(reference);
    bench.agent("5001", "5001", AgentState::NotReady);
    let id = bench.send(&browser, "POST", "/api/v2/logout", &json!({}));
    let response = bench.response(id);
    assert_eq!(response.status, 200);
    assert!(header(&response, "set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(bench.asked().1, Request::AgentLogout { dn: "5001".into() });
    assert_eq!(bench.get(&browser, "/api/v2/me").0, 403);
}

#[test]
fn an_idle_session_ends_and_a_used_one_does_not() {
    let mut bench = Bench::new();
    let (idle, used) = (bench.browser("agent5001"), bench.browser("agent5002"));
    for _ in 0..3 {
        bench.seconds(20 * 60);
        assert_eq!(bench.get(&used, "/api/v2/me").0, 200);
    }
    assert_eq!(bench.get(&idle, "/api/v2/me").0, 403);
}

#[test]
fn a_new_password_or_a_person_who_is_gone_ends_the_session() {
    let mut bench = Bench::new();
    let (first, second) = (bench.browser("agent5001"), bench.browser("agent5002"));
    let basic = Browser::basic("agent5001", "demo");
    assert_eq!(bench.get(&basic, "/api/v2/me").0, 200);
    let mut site = site::configuration();
    site.version = 2;
    site.persons.get_mut("agent5001").unwrap().password_hash = "hash-of-other".into();
    site.persons.remove("agent5002");
    bench.input(Input::Configuration(site.into()));
    assert_eq!(bench.get(&first, "/api/v2/me").0, 403);
    assert_eq!(bench.get(&second, "/api/v2/me").0, 403);
    assert_eq!(bench.get(&basic, "/api/v2/me").0, 403);
}

#[test]
fn sessions_are_bounded_and_the_stalest_makes_room() {
    let mut bench = Bench::with(|settings| settings.limits.sessions = 3);
    let first = bench.browser("agent5001");
    for _ in 0..3 {
        bench.seconds(1);
        bench.browser("agent5002");
    }
    assert_eq!(bench.get(&first, "/api/v2/me").0, 403);
    assert!(bench.metric("cordboard_desk_sessions") < 3.5);
}

#[test]
fn a_page_of_another_site_can_not_log_somebody_in() {
    let mut bench = Bench::new();
    let body = json!({"username": "agent5001", "password": "demo"});
    for (name, value) in [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")] {
        let foreign = Browser::default().with_header(name, value);
        assert_eq!(bench.ask(&foreign, "POST", "/api/v2/login", &body).0, 403);
    }
    let own = Browser::default().with_header("origin", "http://desk.test:8080");
    assert_eq!(bench.ask(&own, "POST", "/api/v2/login", &body).0, 200);
}
