//! History over HTTP: who may ask, and what the program is asked.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Bench, switch::UUID};
use desk::Input;
use model::{
    api::ApiOutput,
    config::{Edit, ObjectKind},
    history::{
        CallsQuery, CdrFormat, HistoryQuery,
        interval::{IntervalLength, IntervalOf, IntervalQuery},
    },
    story::Story,
};
use serde_json::{Value, json};

fn asked(user: &str, path: &str) -> Result<HistoryQuery, Value> {
    let mut bench = Bench::new();
    let browser = bench.browser(user);
    let id = bench.send(&browser, "GET", path, &Value::Null);
    match bench.asked.pop() {
        Some(ApiOutput::History { query, .. }) => Ok(query),
        other => {
            assert_eq!(other, None);
            Err(bench.answer(id).1)
        }
    }
}

#[test]
fn history_is_for_supervisors() {
    for path in [
        "calls",
        &format!("calls/{UUID}"),
        "agents/5001/states",
        "intervals?of=site",
        "calls/export",
    ] {
        let path = format!("/api/v2/history/{path}");
        let refusal = asked("agent5001", &path).unwrap_err();
        assert_eq!(refusal["errorCode"], "RoleMissing", "{path}");
        assert!(asked("supervisor", &path).is_ok(), "{path}");
    }
}

#[test]
fn a_call_that_is_up_tells_its_own_story_and_one_that_is_over_is_looked_up() {
    let mut bench = Bench::new();
    let path = format!("/api/v2/history/calls/{}/story", UUID.to_ascii_lowercase());
    let agent = bench.browser("agent5001");
    assert_eq!(bench.get(&agent, &path).1["errorCode"], "RoleMissing");
    let supervisor = bench.browser("supervisor");
    let request = bench.send(&supervisor, "GET", &path, &Value::Null);
    let (id, uuid) = bench.stories.remove(0);
    assert_eq!(uuid.as_str(), UUID);
    let story = Story { call_uuid: UUID.into(), began_ms: 7, ..Story::default() };
    bench.input(Input::Story { id, uuid, story: Some(Box::new(story)) });
    let (status, body) = bench.answer(request);
    assert_eq!((status, &body["statusCode"], &body["beganMs"]), (200, &json!(0), &json!(7)));
    assert_eq!(body["ladder"], json!([]));

    bench.send(&supervisor, "GET", &path, &Value::Null);
    let (id, uuid) = bench.stories.remove(0);
    bench.input(Input::Story { id, uuid, story: None });
    let asked = bench.asked.pop();
    assert_eq!(asked, Some(ApiOutput::History { id, query: HistoryQuery::Story(uuid) }));
    assert_eq!(bench.get(&supervisor, "/api/v2/history/calls/nonsense/story").0, 404);
}

#[test]
fn calls_are_asked_for_with_limits() {
    let calls = |query: &str| asked("supervisor", &format!("/api/v2/history/calls{query}"));
    let all = CallsQuery { limit: 50, ..CallsQuery::default() };
    assert_eq!(calls("").unwrap(), HistoryQuery::Calls(all));
    let whole = "?from=2026-01-27T22:58:08Z&to=2026-01-28&ani=%2B1%20555&dn=5001&agent=77\
                 &queue=VQ_Support&limit=9999&offset=20";
    let expected = CallsQuery {
        from_ms: Some(1_769_554_688_000),
        to_ms: Some(1_769_558_400_000),
        ani: Some("1555".into()),
        dn: Some("5001".into()),
        agent: Some("77".into()),
        queue: Some("VQ_Support".into()),
        limit: 500,
        offset: 20,
    };
    assert_eq!(calls(whole).unwrap(), HistoryQuery::Calls(expected));
    for (wrong, name) in
        [("?from=soon", "from"), ("?to=2026-01-27&from=2026-01-28", "to"), ("?ani=*", "ani")]
    {
        let refusal = calls(wrong).unwrap_err();
        assert_ne!(refusal["statusCode"], json!(0), "{wrong}");
        assert!(refusal["statusMessage"].as_str().unwrap().contains(name), "{refusal}");
    }
}

#[test]
fn a_call_is_named_by_its_call_uuid_in_any_case() {
    let path = format!("/api/v2/history/calls/{}", UUID.to_lowercase());
    let call = HistoryQuery::Call(UUID.parse().unwrap());
    assert_eq!(asked("supervisor", &path).unwrap(), call);
    assert_eq!(asked("supervisor", "/api/v2/history/calls/7").unwrap_err()["statusCode"], 6);
}

#[test]
fn intervals_are_of_queues_agents_or_the_site_and_of_three_lengths() {
    let intervals = |query: &str| asked("supervisor", &format!("/api/v2/history/intervals{query}"));
    let quarters = IntervalQuery {
        of: IntervalOf::Site,
        name: None,
        length: IntervalLength::Quarter,
        from_ms: None,
        to_ms: None,
    };
    let expected = HistoryQuery::Intervals(quarters.clone());
    assert_eq!(intervals("?of=site").unwrap(), expected);
    let days = IntervalQuery {
        of: IntervalOf::Queue,
        name: Some("VQ_Support".into()),
        length: IntervalLength::Day,
        ..quarters
    };
    let asked = intervals("?of=queue&name=VQ_Support&length=1d").unwrap();
    assert_eq!(asked, HistoryQuery::Intervals(days));
    for (wrong, name) in [("", "of"), ("?of=team", "of"), ("?of=site&length=2h", "length")] {
        let refusal = intervals(wrong).unwrap_err();
        assert!(refusal["statusMessage"].as_str().unwrap().contains(name), "{refusal}");
    }
}

#[test]
fn an_export_is_csv_or_parquet() {
    let export = |query: &str| asked("supervisor", &format!("/api/v2/history/calls/export{query}"));
    for (text, expected) in [
        ("", CdrFormat::Csv),
        ("?format=csv", CdrFormat::Csv),
        ("?format=parquet", CdrFormat::Parquet),
    ] {
        let HistoryQuery::Export { format, .. } = export(text).unwrap() else { panic!("{text}") };
        assert_eq!(format, expected);
    }
    assert!(export("?format=xls").unwrap_err().to_string().contains("csv or parquet"));
}

#[test]
fn the_past_is_lived_through_again_with_what_is_changed() {
    let mut bench = Bench::new();
    let supervisor = bench.browser("supervisor");
    let path = "/api/v2/routing/replay";
    let edit = json!({ "delete": { "kind": "skills", "key": "Sales" } });
    let body = json!({ "from": "2026-01-27", "to": "2026-01-28", "edits": [edit] });
    let id = bench.send(&supervisor, "POST", path, &body);
    let Some(ApiOutput::History { query: HistoryQuery::Replay(query), .. }) = bench.asked.pop()
    else {
        panic!("{:?}", bench.answer(id));
    };
    assert_eq!(query.to_ms - query.from_ms, 24 * 3_600_000);
    assert_eq!(query.edits, [Edit::Delete(ObjectKind::Skill, "Sales".into())]);

    for (body, word) in [
        (json!({ "to": "2026-01-28" }), "from"),
        (json!({ "from": "2026-01-28", "to": "2026-01-27" }), "to"),
        (json!({ "from": "2026-01-01", "to": "2026-01-27" }), "to"),
        (json!({ "from": "yesterday", "to": "2026-01-27" }), "from"),
    ] {
        let id = bench.send(&supervisor, "POST", path, &body);
        let (status, answer) = bench.answer(id);
        assert_eq!(status, 400, "{answer}");
        assert!(answer["statusMessage"].as_str().unwrap().contains(word), "{answer}");
    }
    let agent = bench.browser("agent5001");
    let id = bench.send(&agent, "POST", path, &body);
    assert_eq!(bench.answer(id).0, 403);
}
