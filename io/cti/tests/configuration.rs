//! The Configuration Server's port: what the desk is asked, and what clients are told of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use io_cti::{Clients, Listeners, Program, Sources, StatClients, serve};
use model::{
    api::{ApiRequest, ApiResponse},
    config::{Audit, Difference, DifferenceSort, ObjectKind},
};
use proto::config::v1::{
    self as pb, configuration_server_client::ConfigurationServerClient, edit::Edit,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
};
use tonic::{Code, Request, transport::Channel};

/// A desk that notes what it is asked and answers as it is told.
struct Bench {
    client: ConfigurationServerClient<Channel>,
    asked: Arc<Mutex<Vec<ApiRequest>>>,
    answer: Arc<Mutex<(u16, Value)>>,
    changes: broadcast::Sender<Arc<Audit>>,
    _running: [watch::Sender<bool>; 1],
}

impl Bench {
    async fn start() -> Self {
        let asked: Arc<Mutex<Vec<ApiRequest>>> = Arc::default();
        let answer = Arc::new(Mutex::new((200, json!({}))));
        let (noted, told) = (asked.clone(), answer.clone());
        let program = Program {
            inbox: Arc::new(|_| true),
            clients: Clients::new(),
            desk: Arc::new(move |request| {
                let id = request.id;
                noted.lock().unwrap().push(request);
                let (status, body) = told.lock().unwrap().clone();
                let body = body.to_string().into_bytes();
                let response = ApiResponse { id, status, headers: Vec::new(), body };
                Box::pin(async { Some(response) })
            }),
            stat_inbox: Arc::new(|_| true),
            stat_clients: StatClients::new(),
        };
        let (changes, _) = broadcast::channel(2);
        let (_, configuration) = watch::channel(Arc::default());
        let (_, monitor) = watch::channel(Arc::default());
        let (stop, stopped) = watch::channel(false);
        let bind = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
        let listeners =
            Listeners { config: bind().await, stat: bind().await, tserver: bind().await };
        let address = format!("http://{}", listeners.config.local_addr().unwrap());
        let sources = Sources { changes: changes.clone(), configuration, monitor };
        tokio::spawn(serve(listeners, program, sources, stopped));
        let client = ConfigurationServerClient::connect(address).await.unwrap();
        Self { client, asked, answer, changes, _running: [stop] }
    }

    fn answer(&self, status: u16, body: Value) {
        *self.answer.lock().unwrap() = (status, body);
    }

    fn asked(&self) -> ApiRequest {
        self.asked.lock().unwrap().pop().expect("the desk was asked")
    }
}

fn by_admin<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", "Basic YWRtaW46ZGVtbw==".parse().unwrap());
    request
}

#[tokio::test]
async fn a_page_is_asked_for_with_its_filters() {
    let mut bench = Bench::start().await;
    let item = json!({ "key": "5001", "object": { "alias": "Anna & Co" } });
    bench.answer(200, json!({ "statusCode": 0, "version": 7, "total": 41, "items": [item] }));
    let wish = pb::ListObjectsRequest {
        kind: "dns".into(),
        limit: 1,
        search: "Anna & Co".into(),
        filters: [("kind".to_owned(), "extension".to_owned())].into(),
        ..Default::default()
    };
    let page = bench.client.list_objects(by_admin(wish)).await.unwrap().into_inner();
    assert_eq!((page.version, page.total, page.objects.len()), (7, 41, 1));
    assert_eq!(page.objects[0].key, "5001");
    assert_eq!(page.objects[0].json, r#"{"alias":"Anna & Co"}"#);
    let asked = bench.asked();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/api/v2/configuration/dns"));
    assert_eq!(asked.query, "limit=1&search=Anna%20%26%20Co&kind=extension");
    assert_eq!(asked.header("authorization"), Some("Basic YWRtaW46ZGVtbw=="));
}

#[tokio::test]
async fn edits_go_as_one_change_and_come_back_with_what_changed() {
    let mut bench = Bench::start().await;
    bench.answer(
        200,
        json!({ "statusCode": 0, "version": 8, "changes": [{
            "kind": "skills", "key": "Repair", "sort": "added",
            "fields": [{ "field": "description", "before": null, "after": "mends" }],
        }]}),
    );
    let put = pb::Object {
        kind: "skills".into(),
        key: "Repair".into(),
        json: r#"{"description":"mends"}"#.into(),
    };
    let gone = pb::ObjectName { kind: "skills".into(), key: "Old".into() };
    let edits = [Edit::Put(put), Edit::Delete(gone)];
    let edits: Vec<_> = edits.into_iter().map(|edit| pb::Edit { edit: Some(edit) }).collect();
    let wish = pb::ChangeObjectsRequest { version: 7, edits: edits.clone(), plan: true };
    let done = bench.client.change_objects(by_admin(wish)).await.unwrap().into_inner();
    assert_eq!((done.version, done.changes[0].sort.as_str()), (8, "added"));
    assert_eq!(done.changes[0].fields[0].after.as_deref(), Some("mends"));
    assert_eq!(done.changes[0].fields[0].before, None);
    let asked = bench.asked();
    assert_eq!(asked.path, "/api/v2/configuration/changes");
    assert_eq!(
        serde_json::from_slice::<Value>(&asked.body).unwrap(),
        json!({ "version": 7, "plan": true, "edits": [
            { "put": { "kind": "skills", "key": "Repair", "object": { "description": "mends" } } },
            { "delete": { "kind": "skills", "key": "Old" } },
        ]})
    );
    let broken = pb::Object { json: "{".into(), ..pb::Object::default() };
    let edits = vec![pb::Edit { edit: Some(Edit::Put(broken)) }];
    let wish = pb::ChangeObjectsRequest { version: 7, edits, plan: false };
    let status = bench.client.change_objects(by_admin(wish)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with("edits[0].put.json is no JSON"), "{status}");
}

#[tokio::test]
async fn refusals_keep_their_words_and_what_is_known_of_them() {
    let mut bench = Bench::start().await;
    let get = || pb::GetObjectRequest { kind: "dns".into(), key: "5001".into() };
    let status = bench.client.get_object(get()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "nobody asks");
    for (http, body, code, words) in [
        (403, json!({ "statusCode": 20, "statusMessage": "Who?" }), Code::Unauthenticated, "Who?"),
        (403, json!({ "statusCode": 5, "statusMessage": "No." }), Code::PermissionDenied, "No."),
        (404, json!({ "statusMessage": "None.", "hint": "Ask." }), Code::NotFound, "None. Ask."),
        (409, json!({ "statusMessage": "Changed.", "objects": [] }), Code::Aborted, "Changed."),
        (422, json!({ "problems": ["a", "b"] }), Code::InvalidArgument, "a\nb"),
        (500, json!({ "statusMessage": "Broken." }), Code::Internal, "Broken."),
    ] {
        bench.answer(http, body.clone());
        let status = bench.client.get_object(by_admin(get())).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, words));
        let details = status.metadata().get_bin("cordboard-error-bin").unwrap();
        let details: Value = serde_json::from_slice(&details.to_bytes().unwrap()).unwrap();
        assert_eq!(details, body);
    }
}

#[tokio::test]
async fn whoever_watches_is_told_of_changes_and_that_some_were_missed() {
    let mut bench = Bench::start().await;
    bench.answer(403, json!({ "statusCode": 5, "statusMessage": "No." }));
    let refused = bench.client.watch_changes(by_admin(pb::WatchChangesRequest {})).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    bench.answer(200, json!({}));
    let told = bench.client.watch_changes(by_admin(pb::WatchChangesRequest {})).await;
    let mut told = told.unwrap().into_inner();
    let audit = |version| {
        let difference = Difference {
            kind: ObjectKind::Skill,
            name: "Repair".into(),
            sort: DifferenceSort::Removed,
            fields: Vec::new(),
        };
        let (who, at_ms) = ("admin".to_owned(), 1_800_000_000_000);
        Arc::new(Audit { who, at_ms, version, differences: vec![difference] })
    };
    bench.changes.send(audit(9)).unwrap();
    let next = tokio::time::timeout(Duration::from_secs(10), told.message()).await;
    let change = next.unwrap().unwrap().unwrap();
    assert_eq!((change.version, change.who.as_str()), (9, "admin"));
    assert_eq!(change.at, "2027-01-15T08:00:00Z");
    assert_eq!(
        (change.changes[0].key.as_str(), change.changes[0].sort.as_str()),
        ("Repair", "removed")
    );
}
