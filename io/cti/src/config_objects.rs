//! What clients of the Configuration Server's port ask about objects: each call becomes the request
//! of `/api/v2/configuration` that means the same, so that roles, privileges, conflicts and words
//! are one thing. Who asks is in the metadata `authorization`.

use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use model::{
    api::{ApiId, ApiRequest, ApiResponse},
    config::Audit,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use prost::bytes::Bytes;
use proto::config::v1 as pb;
use serde_json::{Map, Value, json};
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};
use tonic::{
    Code, Request, Status,
    metadata::{MetadataMap, MetadataValue},
};

use crate::stopped;

/// Asks the desk, whatever the request's `id` is; `None` when it takes nothing at the moment.
pub type AskDesk = Arc<
    dyn Fn(ApiRequest) -> Pin<Box<dyn Future<Output = Option<ApiResponse>> + Send>> + Send + Sync,
>;

/// One call on its way to the desk.
pub struct Call<'a> {
    method: &'static str,
    path: String,
    query: Vec<(&'a str, String)>,
    body: Vec<u8>,
}

impl<'a> Call<'a> {
    /// `GET` of what is below the root; an empty path is the root itself.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// `POST` likewise.
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new("POST", path) }
    }

    fn new(method: &'static str, path: &str) -> Self {
        let path = if path.is_empty() { ROOT.to_owned() } else { format!("{ROOT}/{path}") };
        Self { method, path, query: Vec::new(), body: Vec::new() }
    }

    /// With a parameter, unless it is empty.
    pub fn with(mut self, name: &'a str, value: &str) -> Self {
        if !value.is_empty() {
            self.query.push((name, value.to_owned()));
        }
        self
    }

    /// With a number, unless it is left out.
    pub fn with_number(self, name: &'a str, value: u32) -> Self {
        if value == 0 { self } else { self.with(name, &value.to_string()) }
    }

    /// With a switch.
    pub fn with_flag(self, name: &'a str, is_set: bool) -> Self {
        if is_set { self.with(name, "true") } else { self }
    }
}

/// Who asks, and from where.
pub struct Caller {
    authorization: Option<String>,
    peer: IpAddr,
}

impl Caller {
    /// As the metadata and the connection say.
    pub fn of<T>(request: &Request<T>) -> Self {
        let authorization = request.metadata().get("authorization");
        let peer = request.remote_addr().map(|address| address.ip());
        Self {
            authorization: authorization.and_then(|text| text.to_str().ok()).map(str::to_owned),
            peer: peer.unwrap_or(IpAddr::from([127, 0, 0, 1])),
        }
    }
}

/// The response's body when it was done.
///
/// # Errors
/// The refusal in gRPC's terms.
pub async fn ask(desk: &AskDesk, caller: &Caller, call: Call<'_>) -> Result<Vec<u8>, Status> {
    let Some(authorization) = caller.authorization.clone() else {
        return Err(Status::unauthenticated(
            "Say who asks: metadata `authorization: Basic …` with a person's name and password.",
        ));
    };
    let pair = |(name, value): &(&str, String)| {
        let [name, value] =
            [name, value.as_str()].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
        format!("{name}={value}")
    };
    let query: Vec<String> = call.query.iter().map(pair).collect();
    let request = ApiRequest {
        id: ApiId(0),
        method: call.method.into(),
        path: call.path,
        query: query.join("&"),
        headers: vec![("authorization".into(), authorization)],
        body: call.body,
        peer: caller.peer,
        secure: false,
    };
    let Some(response) = desk(request).await else {
        return Err(Status::unavailable("Too busy at the moment; try again."));
    };
    if response.status == 200 { Ok(response.body) } else { Err(refusal(&response)) }
}

/// The same as JSON.
///
/// # Errors
/// The refusal in gRPC's terms.
pub async fn ask_json(desk: &AskDesk, caller: &Caller, call: Call<'_>) -> Result<Value, Status> {
    let body = ask(desk, caller, call).await?;
    serde_json::from_slice(&body).map_err(|_| Status::internal("The answer is no JSON."))
}

fn refusal(response: &ApiResponse) -> Status {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_unknown = body.get("statusCode").and_then(Value::as_u64) == Some(NOT_AUTHENTICATED);
    let code = match response.status {
        401 => Code::Unauthenticated,
        403 if is_unknown => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        409 => Code::Aborted,
        400 | 413 | 422 => Code::InvalidArgument,
        429 => Code::ResourceExhausted,
        503 => Code::Unavailable,
        _ => Code::Internal,
    };
    let problems = body.get("problems").and_then(Value::as_array);
    let lines = problems.map(|lines| lines.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    let message = match lines {
        Some(lines) if lines.len() > 1 => lines.join("\n"),
        Some(_) | None => [text("statusMessage"), text("hint")].join(" ").trim().to_owned(),
    };
    let mut metadata = MetadataMap::new();
    if response.body.len() <= DETAILS_BYTES_MAX {
        metadata.insert_bin("cordboard-error-bin", MetadataValue::from_bytes(&response.body));
    }
    let cut: String = message.chars().take(MESSAGE_CHARS_MAX).collect();
    Status::with_details_and_metadata(code, cut, Bytes::new(), metadata)
}

/// Edits as REST takes them.
///
/// # Errors
/// When an edit is none, or its object no JSON.
pub fn edits(request: &pb::ChangeObjectsRequest) -> Result<Vec<u8>, Status> {
    let mut edits = Vec::new();
    for (at, edit) in request.edits.iter().enumerate() {
        edits.push(match &edit.edit {
            Some(pb::edit::Edit::Put(object)) => {
                let body: Value = serde_json::from_str(&object.json).map_err(|error| {
                    Status::invalid_argument(format!("edits[{at}].put.json is no JSON: {error}."))
                })?;
                json!({ "put": { "kind": object.kind, "key": object.key, "object": body } })
            }
            Some(pb::edit::Edit::Delete(name)) => {
                json!({ "delete": { "kind": name.kind, "key": name.key } })
            }
            None => {
                let message = format!("edits[{at}] is neither put nor delete.");
                return Err(Status::invalid_argument(message));
            }
        });
    }
    let body = json!({ "version": request.version, "plan": request.plan, "edits": edits });
    Ok(body.to_string().into_bytes())
}

/// A page of a table.
pub fn objects(kind: &str, body: &Value) -> pb::ListObjectsResponse {
    let items = body.get("items").and_then(Value::as_array);
    let object = |item: &Value| object(kind, item);
    pb::ListObjectsResponse {
        version: number(body, "version"),
        total: u32::try_from(number(body, "total")).unwrap_or(u32::MAX),
        objects: items.into_iter().flatten().map(object).collect(),
    }
}

/// The version in force.
pub fn version(body: &Value) -> u64 {
    number(body, "version")
}

/// One object of an answer.
pub fn object(kind: &str, item: &Value) -> pb::Object {
    let json = item.get("object").map(Value::to_string).unwrap_or_default();
    pb::Object { kind: kind.into(), key: text(item, "key"), json }
}

/// What a change did or would do.
pub fn changed(body: &Value) -> pb::ChangeResponse {
    let line = |line: &Value| pb::ImportedLine {
        line: u32::try_from(number(line, "line")).unwrap_or(u32::MAX),
        outcome: text(line, "outcome"),
        message: text(line, "message"),
    };
    let lines = body.get("lines").and_then(Value::as_array);
    pb::ChangeResponse {
        version: number(body, "version"),
        changes: changes(body),
        lines: lines.into_iter().flatten().map(line).collect(),
    }
}

/// The log of changes.
pub fn audit(body: &Value) -> pb::ReadAuditResponse {
    let change = |item: &Value| pb::Change {
        version: number(item, "version"),
        who: text(item, "who"),
        at: text(item, "at"),
        changes: changes(item),
    };
    let items = body.get("items").and_then(Value::as_array);
    pb::ReadAuditResponse { changes: items.into_iter().flatten().map(change).collect() }
}

fn changes(body: &Value) -> Vec<pb::ObjectChange> {
    let field = |field: &Value| pb::FieldChange {
        field: text(field, "field"),
        before: field.get("before").and_then(Value::as_str).map(str::to_owned),
        after: field.get("after").and_then(Value::as_str).map(str::to_owned),
    };
    let change = |change: &Value| {
        let fields = change.get("fields").and_then(Value::as_array);
        pb::ObjectChange {
            kind: text(change, "kind"),
            key: text(change, "key"),
            sort: text(change, "sort"),
            fields: fields.into_iter().flatten().map(field).collect(),
        }
    };
    let all = body.get("changes").and_then(Value::as_array);
    all.into_iter().flatten().map(change).collect()
}

fn text(body: &Value, field: &str) -> String {
    body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(body: &Value, field: &str) -> u64 {
    body.get(field).and_then(Value::as_u64).unwrap_or_default()
}

/// Changes as they are made.
pub type Changes = Pin<Box<dyn Stream<Item = Result<pb::Change, Status>> + Send>>;

/// Every change from now on, until the server stops.
pub fn watch(source: broadcast::Receiver<Arc<Audit>>, stop: watch::Receiver<bool>) -> Changes {
    let told = BroadcastStream::new(source).map(|audit| match audit {
        Ok(audit) => Ok(change(&audit)),
        Err(BroadcastStreamRecvError::Lagged(missed)) => Err(Status::data_loss(format!(
            "{missed} changes were missed: read the configuration again, and watch again."
        ))),
    });
    told.take_until(Box::pin(stopped(stop))).boxed()
}

fn change(audit: &Audit) -> pb::Change {
    let at = i64::try_from(audit.at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let differences = audit.differences.iter().map(|one| {
        let mut body = Map::new();
        body.insert("kind".into(), json!(one.kind.table()));
        body.insert("key".into(), json!(one.name));
        body.insert("sort".into(), json!(one.sort));
        body.insert("fields".into(), json!(one.fields));
        Value::Object(body)
    });
    let body = json!({ "changes": differences.collect::<Vec<_>>() });
    pb::Change {
        version: audit.version,
        who: audit.who.clone(),
        at: at.map(|at| at.to_string()).unwrap_or_default(),
        changes: changes(&body),
    }
}

const ROOT: &str = "/api/v2/configuration";
/// GWS's number for nobody being logged in.
const NOT_AUTHENTICATED: u64 = 20;
/// HTTP/2 peers refuse long headers; a longer refusal has its lines in the message alone.
const DETAILS_BYTES_MAX: usize = 4096;
const MESSAGE_CHARS_MAX: usize = 2000;
