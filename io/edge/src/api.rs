//! HTTP requests on their way to the desk and back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use model::api::{ApiId, ApiInput, ApiRequest, ApiResponse};
use percent_encoding::percent_decode_str;
use tokio::sync::oneshot;

use crate::{Shared, listen::Client};

/// Requests that wait for the desk.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<HashMap<ApiId, oneshot::Sender<ApiResponse>>>);

impl Waiting {
    pub(crate) fn respond(&self, response: ApiResponse) {
        match self.remove(response.id) {
            // A client that left meanwhile is no fault.
            Some(waiting) => drop(waiting.send(response)),
            None => tracing::debug!(id = %response.id, "response to a request that is gone"),
        }
    }

    fn add(&self, id: ApiId) -> oneshot::Receiver<ApiResponse> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
        receiver
    }

    fn remove(&self, id: ApiId) -> Option<oneshot::Sender<ApiResponse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }
}

/// Tells the desk when the client leaves before its response (hyper drops the future then).
struct Leaving {
    shared: Arc<Shared>,
    id: ApiId,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if self.shared.waiting.remove(self.id).is_some()
            && (self.shared.desk)(ApiInput::Abandoned { id: self.id }).is_err()
        {
            tracing::warn!("control queue full: an abandoned request went unnoticed");
        }
    }
}

/// Asks the desk; `None` when it is overloaded or the program stops.
pub(crate) async fn ask(shared: Arc<Shared>, mut request: ApiRequest) -> Option<ApiResponse> {
    let id = ApiId(shared.draw_number());
    request.id = id;
    let response = shared.waiting.add(id);
    let leaving = Leaving { shared: shared.clone(), id };
    if (shared.desk)(ApiInput::Request(request)).is_err() {
        shared.waiting.remove(id);
        return None;
    }
    let response = response.await;
    drop(leaving);
    response.ok()
}

/// Hands a request to the desk and waits for the response.
pub(crate) async fn forward(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(client): ConnectInfo<Client>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let (limit, too_large) = match parts.uri.path().starts_with(FILES) {
        true => (FILE_BYTES_MAX, "The file is larger than 16 MiB."),
        false => (BODY_BYTES_MAX, "The request body is larger than 1 MiB."),
    };
    let Ok(body) = to_bytes(body, limit).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, too_large);
    };
    let mut request = to_model(&shared, client, &parts.headers, &parts);
    request.body = body.to_vec();
    match ask(shared, request).await {
        Some(response) => from_model(response),
        None => plain(StatusCode::SERVICE_UNAVAILABLE, "Too busy at the moment; try again."),
    }
}

/// The request without its body, as the desk reads it.
pub(crate) fn to_model(
    shared: &Shared,
    client: Client,
    headers: &HeaderMap,
    parts: &axum::http::request::Parts,
) -> ApiRequest {
    let mut headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    // HTTP/2 has the host in its :authority (RFC 9113 8.3.1).
    if let Some(authority) = parts.uri.authority()
        && !headers.iter().any(|(name, _)| name == "host")
    {
        headers.push(("host".into(), authority.as_str().into()));
    }
    ApiRequest {
        id: ApiId(shared.draw_number()),
        method: parts.method.as_str().to_owned(),
        path: percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: Vec::new(),
        peer: client.address.ip(),
        secure: client.secure,
    }
}

fn from_model(response: ApiResponse) -> Response {
    let mut answer = Response::new(Body::from(response.body));
    *answer.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                answer.headers_mut().append(name, value);
            }
            (Ok(_), Err(_)) | (Err(_), _) => {
                tracing::error!("the desk gave a header that HTTP can't carry");
            }
        }
    }
    answer
}

/// A short text for people.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Where whole sites, tables and sounds are sent.
const FILES: &str = "/api/v2/configuration/";
const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
