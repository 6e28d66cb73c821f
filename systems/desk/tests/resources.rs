//! What each resource answers, and the genuine desktop's start-up from its first request to Ready.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{Bench, Browser, comet::Comet};
use desk::{Input, TurnAccess};
use expect_test::expect;
use model::{
    AgentState, Request,
    monitor::{
        AgentCounts, Alarm, Connection, Monitor, QueueHealth, QueueTrend, RegisteredDn, Severity,
        Trends, TrunkHealth,
    },
};
use serde_json::{Value, json};

#[test]
fn the_genuine_desktop_starts() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    let first = "/api/v2/me?subresources=features,devices,channels";
    let (status, body) = bench.get(&Browser::default(), first);
    assert_eq!((status, &body["statusCode"]), (403, &json!(20)));

    let id = bench.send(&Browser::basic("agent5001", "demo"), "GET", first, &Value::Null);
    let response = bench.response(id);
    assert_eq!(response.status, 200);
    let me: Value = serde_json::from_slice(&response.body).unwrap();
    let mut browser = Browser::default();
    browser.learn(&response);
    let user = me["user"]["id"].as_str().unwrap().to_owned();
    let device = me["user"]["devices"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(me["user"]["devices"][0]["userState"]["state"], "LoggedOut");

    let tserver = format!("/api/v2/me/devices/{device}/settings/tserver");
    for path in [
        "/internal-api/me/settings?fields=*",
        "/api/v2/services?fields=*",
        "/api/v2/me/groups?type=BusinessUnit&fields=*",
        "/internal-api/contact-center?subresources=businessAttributes",
        "/api/v2/groups?type=dispositions&fields=*",
        &tserver,
    ] {
        let (status, body) = bench.get(&browser, path);
        assert_eq!((status, &body["statusCode"]), (200, &json!(0)), "{path}: {body}");
    }

    let start =
        json!({"operationName": "StartContactCenterSession", "channels": ["voice", "chat"]});
    let id = bench.send(&browser, "POST", "/api/v2/me", &start);
    let (reference, request) = bench.asked();
    assert!(matches!(request, Request::AgentLogin { .. }));
    bench.accept(reference);
    let (status, body) = bench.answer(id);
    assert_eq!((status, &body["statusCode"]), (200, &json!(7)));
    bench.agent("5001", "5001", AgentState::NotReady);

    let (status, contact) = bench.get(&browser, &format!("/api/v2/contacts/{user}?type=User"));
    assert_eq!((status, &contact["contact"]["userName"]), (200, &json!("agent5001")));
    let channels = [
        "/v2/me/calls",
        "/v2/me/devices",
        "/v2/me",
        "/v2/me/channels",
        "/v2/me/interactions",
        "/v2/me/workitems",
        "/v2/me/workbins",
        "/notifications/services",
    ];
    let comet = Comet::open(&mut bench, &browser, &channels);
    assert_eq!(bench.get(&browser, "/internal-api/lucene/index").0, 500);
    let version = bench.get(&browser, "/api/v2/diagnostics/version").1;
    assert_eq!(version, json!({"statusCode": 0, "version": "0.1.0"}));
    assert_eq!(bench.get(&browser, "/api/v2/workbins?fields=*").1["workbins"], json!([]));

    let all = "/api/v2/me/?subresources=devices,calls,channels,interactions,chats";
    let (status, me) = bench.get(&browser, all);
    assert_eq!((status, &me["user"]["calls"], &me["user"]["chats"]), (200, &json!([]), &json!([])));
    assert_eq!(me["user"]["channels"][0]["channel"], "voice");
    let probe = json!({"operationName": "SendUserEvent", "deviceId": device,
        "userData": {"GSW_AGENT_REQ_TYPE": "x", "GSW_REFERENCE_ID": 1}});
    assert_eq!(bench.ask(&browser, "POST", "/internal-api/operations", &probe).0, 200);

    for (operation, state) in [("NotReady", AgentState::NotReady), ("Ready", AgentState::Ready)] {
        let held = comet.connect(&mut bench);
        let body = json!({"operationName": operation});
        let id = bench.send(&browser, "POST", "/api/v2/me/channels/voice", &body);
        let (reference, _) = bench.asked();
        bench.accept(reference);
        assert_eq!(bench.answer(id), (200, json!({"statusCode": 0})));
        bench.agent("5001", "5001", state);
        let pushed = Comet::brought(&mut bench, held);
        assert_eq!(pushed[0]["data"]["devices"][0]["userState"]["state"], operation);
    }
    let tserver = format!("/api/v2/devices/{device}/settings/tserver");
    assert_eq!(bench.get(&browser, &tserver).0, 200);
}

#[test]
fn a_person_is_shown_with_what_was_asked_for() {
    let mut bench = Bench::new();
    bench.phone("5001", true);
    bench.agent("5001", "5001", AgentState::Ready);
    let browser = bench.browser("agent5001");
    let (_, me) = bench.get(&browser, "/api/v2/me?subresources=devices");
    let text = serde_json::to_string_pretty(&me).unwrap();
    expect![[r#"
        {
          "statusCode": 0,
          "user": {
            "id": "18b9f5f0e62d3b1fe248fac72783a213",
            "userName": "agent5001",
            "firstName": "Agent",
            "lastName": "5001",
            "emailAddress": "",
            "employeeId": "5001",
            "roles": [
              "ROLE_AGENT"
            ],
            "enabled": true,
            "changePasswordOnFirstLogin": false,
            "uri": "http://desk.test:8080/api/v2/users/18b9f5f0e62d3b1fe248fac72783a213",
            "path": "/users/18b9f5f0e62d3b1fe248fac72783a213",
            "devices": [
              {
                "id": "48b466f6-5fc2-89e1-b08a-8fc21653e1a1",
                "deviceState": "Active",
                "phoneNumber": "5001",
                "e164Number": "5001",
                "description": "",
                "telephonyNetwork": "Private",
                "doNotDisturb": "Off",
                "forwardTo": "",
                "dynamicPhoneNumber": false,
                "channels": [
                  "voice"
                ],
                "userState": {
                  "id": "9430250E-0A1B-421F-B372-F29E69366DED",
                  "displayName": "Ready",
                  "state": "Ready"
                },
                "capabilities": [
                  "ForwardCallsOn",
                  "DoNotDisturbOn"
                ],
                "uri": "http://desk.test:8080/api/v2/devices/48b466f6-5fc2-89e1-b08a-8fc21653e1a1",
                "path": "/devices/48b466f6-5fc2-89e1-b08a-8fc21653e1a1"
              }
            ],
            "skills": [
              {
                "name": "Support",
                "level": 2
              }
            ]
          },
          "serverGenerationTimestamp": 1769554688000
        }"#]]
    .assert_eq(&text);
    let (_, me) = bench.get(&browser, "/api/v2/me?subresources=*");
    for part in ["features", "devices", "channels", "calls", "settings", "skills"] {
        assert!(me["user"][part].is_array(), "{part}");
    }
    let (_, me) = bench.get(&browser, "/api/v2/me");
    assert_eq!(me["user"].get("devices"), None);
}

#[test]
fn a_snapshot_is_stamped_no_later_than_any_push_that_follows() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    bench.seconds(5);
    bench.phone("5001", true);
    let at = bench.now.unix_ms();
    bench.seconds(5);
    let (_, me) = bench.get(&browser, "/api/v2/me");
    assert_eq!(me["serverGenerationTimestamp"], at);
}

#[test]
fn a_device_is_active_when_its_phone_is_registered() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let device =
        |bench: &mut Bench| bench.get(&browser, "/api/v2/me/devices/5001").1["device"].clone();
    assert_eq!(device(&mut bench)["deviceState"], "Inactive");
    let comet = Comet::open(&mut bench, &browser, &["/v2/me/devices"]);
    for (in_service, word) in [(true, "Active"), (false, "Inactive")] {
        let held = comet.connect(&mut bench);
        bench.phone("5001", in_service);
        let pushed = Comet::brought(&mut bench, held);
        assert_eq!(pushed[0]["data"]["devices"][0]["deviceState"], word);
        assert_eq!(pushed[0]["data"]["devices"][0]["uri"], device(&mut bench)["uri"]);
        assert_eq!(device(&mut bench)["deviceState"], word);
    }
    let (_, list) = bench.get(&browser, "/api/v2/me/devices?fields=deviceState");
    assert_eq!(list["devices"][0]["deviceState"], "Inactive");
    assert_eq!(list["devices"][0].get("userState"), None);
    assert_eq!(bench.get(&browser, "/api/v2/me/devices/5002").0, 404);
}

#[test]
fn the_phone_is_given_turn_servers_with_credentials_that_end() {
    let access = TurnAccess {
        secret: b"shared".to_vec(),
        lifetime: Duration::from_secs(3600),
        urls: Vec::new(),
        port: 3478,
        https_port: 8443,
    };
    let servers = |access: &TurnAccess| {
        let mut bench = Bench::with(|settings| settings.turn = Some(access.clone()));
        let browser = bench.browser("agent5001");
        let (_, body) = bench.get(&browser, "/api/v2/me/settings/phone");
        body["phone"]["iceServers"].clone()
    };
    let username = format!("{}:agent5001", 1_769_554_688 + 3600);
    let credential = wire_stun::password(b"shared", &username);
    let found = servers(&access);
    assert_eq!(found[0]["username"], username);
    assert_eq!(found[0]["credential"], credential);
    let urls = found[0]["urls"].as_array().unwrap();
    assert!(urls[0].as_str().unwrap().ends_with(":3478?transport=udp"), "{urls:?}");
    assert!(urls[2].as_str().unwrap().starts_with("turns:"), "{urls:?}");
    let elsewhere = "turns:turn.example.com:443?transport=tcp".to_owned();
    let found = servers(&TurnAccess { urls: vec![elsewhere.clone()], ..access });
    assert_eq!(found[0]["urls"], json!([elsewhere]));
}

#[test]
fn the_phone_is_given_what_it_needs_to_register() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let id = bench.send(&browser, "GET", "/api/v2/me/settings/phone", &Value::Null);
    let response = bench.response(id);
    assert_eq!(common::header(&response, "cache-control"), Some("no-store"));
    assert_eq!(
        serde_json::from_slice::<Value>(&response.body).unwrap(),
        json!({"statusCode": 0, "phone": {
            "dn": "5001", "sipUri": "sip:5001@cordboard", "authorizationUser": "5001",
            "password": "demo", "websocketPath": "/ws", "iceServers": [],
            "displayName": "Agent 5001",
        }})
    );
    let supervisor = bench.browser("supervisor");
    assert_eq!(bench.get(&supervisor, "/api/v2/me/settings/phone").0, 404);
}

#[test]
fn agent_states_are_listed_in_the_settings_with_their_reasons() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let (_, body) = bench.get(&browser, "/api/v2/settings/agent-states");
    let names: Vec<&Value> = body["settings"]["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| &state["operationName"])
        .collect();
    assert_eq!(
        json!(names),
        json!([
            "Ready",
            "NotReady",
            "AfterCallWork",
            "AuxWork",
            "Offline",
            "Break",
            "Lunch",
            "Training",
            "Meeting"
        ])
    );
    assert_eq!(bench.get(&browser, "/api/v2/settings/nothing").0, 404);
    let (_, body) = bench.get(&browser, "/api/v2/settings");
    assert_eq!(body["uris"].as_array().unwrap().len(), 5);
}

#[test]
fn people_are_found_by_name_and_number() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let found = |bench: &mut Bench, query: &str| -> Vec<String> {
        let (_, body) = bench.get(&browser, &format!("/api/v2/contacts?{query}"));
        let contacts = body["contacts"].as_array().unwrap().clone();
        contacts.iter().map(|c| c["userName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found(&mut bench, "name=AGENT500*").len(), 2);
    assert_eq!(found(&mut bench, "name=5002"), ["agent5002"]);
    assert_eq!(found(&mut bench, "phoneNumber=5001&name=late*"), ["late5001"]);
    assert_eq!(found(&mut bench, "type=Queue").len(), 0);
    let by_filter = "filterName=NamesOrPhoneNumberMatches&filterParameters=super";
    assert_eq!(found(&mut bench, by_filter), ["supervisor"]);
    assert_eq!(bench.get(&browser, "/api/v2/contacts/nobody").0, 404);
}

#[test]
fn only_supervisors_read_the_dashboards_tables_and_everybody_its_trends() {
    let mut bench = Bench::new();
    let (agent, supervisor) = (bench.browser("agent5001"), bench.browser("supervisor"));
    let queues = vec![QueueHealth::new("5000".into()), QueueHealth::new("5900".into())];
    bench.input(Input::Monitor(Box::new(Monitor { queues, ..Monitor::default() })));
    let trend = QueueTrend { offered: vec![1, 2], ..QueueTrend::default() };
    bench.input(Input::Trends(Arc::new(Trends {
        first_minute: 10,
        queues: [("5000".into(), Arc::new(trend))].into(),
        ..Trends::default()
    })));
    let (status, body) = bench.get(&agent, "/api/v2/monitor?details=true");
    assert_eq!((status, body["errorCode"].as_str()), (403, Some("NotASupervisor")));
    assert!(bench.get(&agent, "/api/v2/monitor").1["monitor"].get("agentRows").is_none());
    let (_, body) = bench.get(&supervisor, "/api/v2/monitor?details=true");
    assert_eq!(
        (&body["monitor"]["agentRows"], &body["monitor"]["calls"]),
        (&json!([]), &json!([]))
    );
    let (_, body) = bench.get(&agent, "/api/v2/monitor/trends?queue=5000");
    assert_eq!(
        (&body["firstMinuteMs"], &body["trends"]["offered"]),
        (&json!(600_000), &json!([1, 2]))
    );
    assert_eq!(bench.get(&agent, "/api/v2/monitor/trends?queue=5900").0, 200);
    assert_eq!(bench.get(&agent, "/api/v2/monitor/trends?queue=5901").0, 404);
    assert!(bench.get(&agent, "/api/v2/monitor/trends").1["trends"]["ready"].is_array());
}

#[test]
fn the_dashboard_shows_the_site_and_the_desk_itself() {
    let mut bench = Bench::new();
    let browser = bench.browser("supervisor");
    Comet::open(&mut bench, &browser, &["/v2/users"]);
    let mut monitor =
        Monitor { agents: AgentCounts { ready: 3, ..Default::default() }, ..Default::default() };
    monitor.gateway.registered =
        vec![RegisteredDn { dn: "5001".into(), user: Some("agent5001".into()) }];
    monitor.gateway.trunks = vec![TrunkHealth { name: "pstn".into(), up: Some(true) }];
    monitor.queues = vec![QueueHealth {
        waiting: 2,
        longest_wait_seconds: 9,
        ..QueueHealth::new("5000".into())
    }];
    monitor.alarms.push(Alarm {
        name: "recording-disk-full".into(),
        severity: Severity::Critical,
        message: "Free some room.".into(),
        since_ms: 1_769_554_688_000,
    });
    bench.input(Input::Monitor(Box::new(monitor)));
    bench.input(Input::Health(vec![Connection {
        name: "Database".into(),
        connected: true,
        address: Some("./data".into()),
    }]));
    bench.seconds(10);
    let (_, body) = bench.get(&browser, "/api/v2/monitor");
    assert_eq!(
        body["monitor"]["gws"],
        json!({"status": "RUNNING", "uptimeSeconds": 10, "port": 8080, "activeSessions": 1,
               "cometdClients": 1, "connections": [
                   {"name": "Database", "connected": true, "address": "./data"}]})
    );
    assert_eq!(body["monitor"]["gateway"]["status"], "RUNNING");
    assert_eq!(body["monitor"]["gateway"]["trunks"][0]["up"], true);
    assert_eq!(body["monitor"]["agents"]["ready"], 3);
    assert_eq!(
        body["monitor"]["alarms"],
        json!([{"name": "recording-disk-full", "severity": "critical",
                "message": "Free some room.", "sinceMs": 1_769_554_688_000_u64}])
    );
    assert_eq!(body["monitor"]["queues"][0]["longestWaitSeconds"], 9);
}

#[test]
fn other_resources_are_404_and_other_methods_405() {
    let mut bench = Bench::new();
    let browser = bench.browser("agent5001");
    let (status, body) = bench.get(&browser, "/api/v2/nothing");
    assert_eq!(
        (status, &body["statusCode"], &body["errorCode"]),
        (404, &json!(6), &json!("NotFound"))
    );
    let id = bench.send(&browser, "DELETE", "/api/v2/me", &Value::Null);
    let response = bench.response(id);
    assert_eq!(response.status, 405);
    assert_eq!(common::header(&response, "allow"), Some("GET, POST"));
}

#[test]
fn the_description_needs_no_login() {
    let mut bench = Bench::new();
    let (status, body) = bench.get(&Browser::default(), "/api/openapi.json");
    assert_eq!((status, &body["openapi"]), (200, &json!("3.1.0")));
}

#[test]
fn every_described_resource_answers_json_with_a_status_code() {
    let mut bench = Bench::new();
    let (_, description) = bench.get(&Browser::default(), "/api/openapi.json");
    let browser = bench.browser("agent5001");
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            // These speak Bayeux, are answered by the program itself, or end the session.
            let others = ["/notifications", "/cometd", "/demo/", "/logout"];
            if others.iter().any(|other| path.contains(other)) {
                continue;
            }
            let method = method.to_uppercase();
            let body = if method == "GET" { Value::Null } else { json!({}) };
            let path = path.replace("{id}", "x");
            let id = bench.send(&browser, &method, &path, &body);
            let (status, body) = bench.answer(id);
            let code = body["statusCode"].as_u64();
            let is_description = path.ends_with("openapi.json");
            assert!(code.is_some() || is_description, "{method} {path}: {status} {body}");
            assert_eq!(status == 200, code == Some(0) || is_description, "{method} {path}: {body}");
        }
    }
}
