//! Statistics over HTTP and Bayeux; the Stat Server behind them is the test's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Bench, Browser, comet::Comet, site};
use desk::Input;
use model::{
    api::ApiId,
    stat::{Metric, StatError, StatReading, StatValue, Subscribing},
};
use serde_json::{Value, json};

const PATH: &str = "/api/v2/statistics";

fn reading(value: f64) -> StatReading {
    StatReading { value: StatValue::Number(value), at_ms: 1_769_554_688_000 }
}

/// Two statistics of queues, the second of which is not there.
fn subscribe(bench: &mut Bench, browser: &Browser) -> (u64, Value) {
    let body = json!({"statistics": [
        {"tag": "sl", "objectType": "Queue", "objectId": "VQ", "name": "ServiceLevel"},
        {"objectType": "Queue", "objectId": "Nowhere", "name": "ServiceLevel"},
    ]});
    let id = bench.send(browser, "POST", PATH, &body);
    let Some((asked_by, Subscribing::Open { subscription, wishes })) = bench.statistics.pop()
    else {
        panic!("the Stat Server is asked")
    };
    assert_eq!(asked_by, id);
    assert_eq!(wishes[1].0.object_id, "Nowhere");
    let readings = vec![Ok(reading(80.0)), Err(StatError::unknown("Queue", "Nowhere"))];
    bench.input(Input::Statistics { id, readings });
    let (status, body) = bench.answer(id);
    assert_eq!(status, 200, "{body}");
    (subscription, body)
}

#[test]
fn values_are_told_to_the_session_that_subscribed_until_it_ends() {
    let mut bench = Bench::new();
    let supervisor = bench.browser("supervisor");
    let other = bench.browser("supervisor");
    let (subscription, body) = subscribe(&mut bench, &supervisor);
    let id = subscription.to_string();
    assert_eq!(body["subscriptionId"], json!(id));
    assert_eq!(
        body["statistics"][0],
        json!({"tag": "sl", "name": "ServiceLevel", "objectType": "Queue", "objectId": "VQ",
               "value": 80.0, "timestamp": 1_769_554_688_000_u64})
    );
    assert_eq!(body["statistics"][1]["error"]["errorCode"], json!("StatisticUnknown"));

    let comet = Comet::open(&mut bench, &supervisor, &["/v2/statistics"]);
    let elsewhere = Comet::open(&mut bench, &other, &["/v2/statistics"]);
    let (held, held_elsewhere) = (comet.connect(&mut bench), elsewhere.connect(&mut bench));
    bench.input(Input::Subscribed { subscription, values: vec![(0, reading(75.0))] });
    let told = Comet::brought(&mut bench, held);
    assert_eq!(told[0]["channel"], json!("/v2/statistics"));
    assert_eq!(
        told[0]["data"],
        json!({
            "messageType": "StatisticValueMessage",
            "subscriptionId": id,
            "statistics": [{"tag": "sl", "name": "ServiceLevel", "objectType": "Queue",
                            "objectId": "VQ", "value": 75.0,
                            "timestamp": 1_769_554_688_000_u64}],
        })
    );
    assert!(!bench.responses.contains_key(&held_elsewhere), "another session hears nothing");

    let (_, list) = bench.get(&supervisor, PATH);
    assert_eq!(list["subscriptions"][0]["statistics"].as_array().unwrap().len(), 1);
    let (status, _) = bench.get(&other, &format!("{PATH}/{id}"));
    assert_eq!(status, 404, "a session's own");
    assert_eq!(bench.ask(&supervisor, "POST", "/api/v2/logout", &Value::Null).0, 200);
    assert_eq!(bench.unsubscribed, [subscription]);
}

#[test]
fn a_subscription_is_read_suspended_and_closed() {
    let mut bench = Bench::new();
    let supervisor = bench.browser("supervisor");
    let (subscription, _) = subscribe(&mut bench, &supervisor);
    let path = format!("{PATH}/{subscription}");
    let id = bench.send(&supervisor, "GET", &path, &Value::Null);
    let peek = Subscribing::Peek { subscription, numbers: vec![0] };
    assert_eq!(bench.statistics.pop(), Some((id, peek)), "the one that is open");
    bench.input(Input::Statistics { id, readings: vec![Ok(reading(70.0))] });
    assert_eq!(bench.answer(id).1["statistics"][0]["value"], json!(70.0));

    let (status, _) = bench.ask(&supervisor, "POST", &path, &json!({"operationName": "Suspend"}));
    assert_eq!(status, 200);
    let suspend = Subscribing::Suspend { subscription, is_suspended: true, numbers: vec![0] };
    assert_eq!(bench.statistics.pop(), Some((ApiId(0), suspend)));
    assert_eq!(bench.get(&supervisor, PATH).1["subscriptions"][0]["suspended"], json!(true));
    let wrong = bench.ask(&supervisor, "POST", &path, &json!({"operationName": "Stop"}));
    assert_eq!((wrong.0, &wrong.1["errorCode"]), (400, &json!("UnknownOperation")));

    assert_eq!(bench.ask(&supervisor, "DELETE", &path, &Value::Null).0, 200);
    assert_eq!(bench.unsubscribed, [subscription]);
    assert_eq!(bench.ask(&supervisor, "DELETE", &path, &Value::Null).0, 404);
}

#[test]
fn agents_ask_about_themselves_and_queues_and_supervisors_about_everybody() {
    let mut bench = Bench::new();
    let agent = bench.browser("agent5001");
    let own = site::configuration().persons["agent5001"].employee_id.to_string();
    let peek = |id: &str, kind: &str| {
        format!("{PATH}/peek?objectType={kind}&objectId={id}&name=InboundCalls")
    };
    for path in [peek(&own, "Agent"), peek("7000", "Queue"), peek("5001", "RegDN")] {
        let id = bench.send(&agent, "GET", &path, &Value::Null);
        let Some((_, Subscribing::Read { wishes })) = bench.statistics.pop() else {
            panic!("{path}: {:?}", bench.answer(id))
        };
        assert_eq!(wishes[0].metric, Metric::Named("InboundCalls".into()));
    }
    for path in [peek("E-other", "Agent"), peek("5002", "RegDN"), peek("5002", "Place")] {
        let (status, body) = bench.get(&agent, &path);
        assert_eq!((status, &body["errorCode"]), (403, &json!("RoleMissing")), "{path}");
    }
    let supervisor = bench.browser("supervisor");
    bench.send(&supervisor, "GET", &peek("5002", "RegDN"), &Value::Null);
    assert_eq!(bench.statistics.len(), 1);
}

#[test]
fn nothing_is_opened_when_no_statistic_of_a_list_is_there() {
    let mut bench = Bench::new();
    let supervisor = bench.browser("supervisor");
    let body = json!({"statistics": [
        {"objectType": "Queue", "objectId": "Nowhere", "name": "ServiceLevel"}]});
    let id = bench.send(&supervisor, "POST", PATH, &body);
    let readings = vec![Err(StatError::unknown("Queue", "Nowhere"))];
    bench.input(Input::Statistics { id, readings });
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusMessage"]), (400, &json!("`Nowhere` is no Queue.")));
    assert_eq!(bench.get(&supervisor, PATH).1["subscriptions"], json!([]));
}

#[test]
fn the_definitions_name_types_profiles_and_words() {
    let mut bench = Bench::new();
    let agent = bench.browser("agent5001");
    let (status, body) = bench.get(&agent, "/api/v2/statistics/definitions");
    assert_eq!(status, 200);
    let types = body["statisticTypes"].as_array().unwrap();
    let level = types.iter().find(|one| one["name"] == "ServiceLevel").unwrap();
    assert_eq!(level["category"], json!("ServiceFactor1"));
    assert_eq!(level["timeRange"], json!("0-20"));
    let profiles = body["timeProfiles"].as_array().unwrap();
    assert!(profiles.contains(&json!({"name": "LastHour", "profile": "Sliding=3600:10"})));
}
