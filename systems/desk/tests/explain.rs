//! What the router does, explained over HTTP.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::Bench;
use desk::Input;
use model::explain::{AgentExplanation, ExplainQuery, Explanation};
use serde_json::{Value, json};

#[test]
fn supervisors_are_told_in_the_router_s_words() {
    let mut bench = Bench::new();
    let supervisor = bench.browser("supervisor");
    let id = bench.send(&supervisor, "GET", "/api/v2/routing/explain?agent=5001", &Value::Null);
    assert_eq!(bench.explained.pop(), Some((id, ExplainQuery::Agent("5001".into()))));
    let told = AgentExplanation {
        agent: Some("5001".into()),
        dn: "5001".into(),
        available: false,
        words: "5001 gets no call: not ready.".into(),
        why: Some("not ready".into()),
        idle: None,
        teams: Vec::new(),
        decisions: Vec::new(),
    };
    let explanation = Some(Box::new(Explanation::Agent(told)));
    bench.input(Input::Explained { id, explanation });
    let (status, body) = bench.answer(id);
    assert_eq!(status, 200);
    assert_eq!(
        body,
        json!({
            "statusCode": 0, "agent": "5001", "dn": "5001", "available": false,
            "words": "5001 gets no call: not ready.", "why": "not ready", "idle": null,
            "teams": [], "decisions": [],
        })
    );

    let id = bench.send(&supervisor, "GET", "/api/v2/routing/explain?call=ABC", &Value::Null);
    assert_eq!(bench.explained.pop(), Some((id, ExplainQuery::Call("ABC".into()))));
    bench.input(Input::Explained { id, explanation: None });
    assert_eq!(bench.answer(id).0, 404);
}

#[test]
fn others_and_questions_about_nothing_are_refused() {
    let mut bench = Bench::new();
    let agent = bench.browser("agent5001");
    assert_eq!(bench.get(&agent, "/api/v2/routing/explain?agent=5001").0, 403);
    let supervisor = bench.browser("supervisor");
    for query in ["", "?call=&agent=", "?call=A&agent=5001"] {
        let (status, body) = bench.get(&supervisor, &format!("/api/v2/routing/explain{query}"));
        assert_eq!(status, 400, "{query}: {body}");
    }
    assert_eq!(bench.explained, []);
}
