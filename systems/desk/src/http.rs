//! Requests and responses as HTTP has them: cookies, Basic, Origin, headers.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use model::{
    UserName,
    api::{ApiId, ApiOutput, ApiRequest, ApiResponse},
};
use serde_json::{Value, json};
use wire_rest::{CREDENTIAL_BYTES_MAX, Problem, StatusCode};

use crate::{Desk, session::SessionId};

/// Where a response goes, with the headers that it must carry whatever it says.
#[derive(Debug)]
pub(crate) struct ReplyTo {
    pub(crate) id: ApiId,
    pub(crate) headers: Vec<(String, String)>,
}

/// Who asks, known for certain.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) reply: ReplyTo,
    pub(crate) user: UserName,
    pub(crate) session: SessionId,
    /// Scheme and host that the client used: what `uri` members begin with.
    pub(crate) base: Arc<str>,
}

impl ReplyTo {
    pub(crate) fn new(id: ApiId) -> Self {
        Self { id, headers: vec![("cache-control".into(), "no-store".into())] }
    }

    pub(crate) fn header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }
}

impl Desk {
    pub(crate) fn respond(&mut self, reply: ReplyTo, status: u16, json: String) {
        self.meter.response(status);
        let ReplyTo { id, mut headers } = reply;
        headers.push(("content-type".into(), "application/json".into()));
        let response = ApiResponse { id, status, headers, body: json.into_bytes() };
        self.say(ApiOutput::Response(response));
    }

    pub(crate) fn succeed(&mut self, reply: ReplyTo, body: &Value) {
        self.respond(reply, 200, body.to_string());
    }

    pub(crate) fn fail(&mut self, reply: ReplyTo, problem: &Problem) {
        self.respond(reply, problem.http, problem.to_json().to_string());
    }
}

/// `{"statusCode":0}`.
pub(crate) fn done() -> Value {
    json!({"statusCode": 0})
}

/// No session and no credentials, or wrong ones. 403 and not 401: browsers answer a 401 with a
/// window of their own.
pub(crate) fn access_denied() -> Problem {
    Problem::new(403, StatusCode::NotAuthenticated, "AccessDenied", "Access denied")
        .hint("Log in: POST /api/v2/login, or HTTP Basic.")
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(request: &'a ApiRequest, name: &str) -> Option<&'a str> {
    request
        .headers
        .iter()
        .filter(|(header, _)| header == "cookie")
        .flat_map(|(_, value)| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The session cookie as it is set.
pub(crate) fn session_cookie(token: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

/// The session cookie as it is taken away.
pub(crate) fn no_session_cookie() -> String {
    format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// User and password of an Authorization header; `None` when it is of another kind.
pub(crate) fn basic(header: &str) -> Option<(UserName, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > 3 * CREDENTIAL_BYTES_MAX {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    let fits = user.len() <= CREDENTIAL_BYTES_MAX && password.len() <= CREDENTIAL_BYTES_MAX;
    fits.then(|| (UserName::from(user), password.to_owned()))
}

/// Scheme and host that the client used.
pub(crate) fn base(request: &ApiRequest) -> Arc<str> {
    let scheme = if request.secure { "https" } else { "http" };
    format!("{scheme}://{}", host(request).unwrap_or("localhost")).into()
}

fn host(request: &ApiRequest) -> Option<&str> {
    let host = request.header("host").or_else(|| request.header(":authority"))?;
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    (!host.is_empty() && host.len() <= HOST_BYTES_MAX && host.bytes().all(is_host)).then_some(host)
}

/// Whether a request comes from our own pages, or from no page at all. Browsers always say so
/// themselves, and pages can't change what they say.
pub(crate) fn is_from_our_pages(request: &ApiRequest) -> bool {
    if let Some(site) = request.header("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match request.header("origin") {
        None => true,
        Some(origin) => {
            let theirs = origin.split_once("://").map(|(_, host)| host);
            theirs.is_some() && theirs == host(request)
        }
    }
}

pub(crate) const SESSION_COOKIE: &str = "JSESSIONID";
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";
const HOST_BYTES_MAX: usize = 255;
