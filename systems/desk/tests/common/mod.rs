//! A desk with a small site, in virtual time: what goes in over HTTP, WebSockets and from the
//! switch, and what comes out.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "each test file uses its own part; a test may fail loudly"
)]

pub mod comet;
pub mod site;
pub mod switch;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use desk::{Desk, DeskLimits, DeskSettings, Input, Output};
use model::{
    CallUuid, Now, System, TRequest,
    api::{ApiId, ApiInput, ApiOutput, ApiRequest, ApiResponse, SocketId},
    config::Change,
    explain::ExplainQuery,
    random::Random,
    stat::Subscribing,
};
use serde_json::{Value, json};

/// A desk, its clock, and what it has said.
pub struct Bench {
    pub desk: Desk,
    pub now: Now,
    pub responses: BTreeMap<ApiId, ApiResponse>,
    pub frames: Vec<(SocketId, Value)>,
    pub sockets: Vec<ApiOutput>,
    pub requests: Vec<TRequest>,
    pub customer_calls: Vec<ApiOutput>,
    pub recordings: Vec<ApiOutput>,
    pub checks: Vec<(u64, bool)>,
    /// Checks answer themselves unless a test wants to see them wait.
    pub checks_wait: bool,
    ids: u64,
    pub(crate) events: u64,
    /// The bench's one call rings.
    pub(crate) rings: bool,
    /// What the program was asked of the configuration.
    pub asked: Vec<ApiOutput>,
    /// Changes of the configuration: who, what, whether it is a plan.
    pub changes: Vec<(ApiId, String, Change, bool)>,
    /// What the router was asked.
    pub explained: Vec<(ApiId, ExplainQuery)>,
    /// What the Stat Server was asked.
    pub statistics: Vec<(ApiId, Subscribing)>,
    pub stories: Vec<(ApiId, CallUuid)>,
    /// Subscriptions that were closed.
    pub unsubscribed: Vec<u64>,
}

/// A browser with its cookie and CSRF token.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    pub cookie: Option<String>,
    pub csrf: Option<String>,
    pub basic: Option<String>,
    pub headers: Vec<(String, String)>,
    pub secure: bool,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut DeskSettings)) -> Self {
        let now = Now::new(Instant::now(), Duration::from_millis(1_769_554_688_000));
        let mut settings = DeskSettings {
            demo: true,
            limits: DeskLimits::default(),
            port: 8080,
            started: now,
            turn: None,
            version: "0.1.0".into(),
        };
        change(&mut settings);
        let mut bench = Self {
            desk: Desk::new(settings, Random::from_number(1)),
            now,
            responses: BTreeMap::new(),
            frames: Vec::new(),
            sockets: Vec::new(),
            requests: Vec::new(),
            customer_calls: Vec::new(),
            recordings: Vec::new(),
            checks: Vec::new(),
            checks_wait: false,
            ids: 0,
            events: 0,
            asked: Vec::new(),
            changes: Vec::new(),
            explained: Vec::new(),
            statistics: Vec::new(),
            stories: Vec::new(),
            unsubscribed: Vec::new(),
            rings: false,
        };
        bench.input(Input::Configuration(site::configuration().into()));
        bench
    }

    pub fn input(&mut self, input: Input) {
        self.desk.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.desk.poll_output() {
            match output {
                Output::Change { id, who, change, is_plan } => {
                    self.changes.push((id, who, change, is_plan));
                }
                Output::Explain { id, query } => self.explained.push((id, query)),
                Output::Request(request) => self.requests.push(request),
                Output::Statistics { id, asked } => self.statistics.push((id, asked)),
                Output::Story { id, uuid } => self.stories.push((id, uuid)),
                Output::Unsubscribed(subscription) => self.unsubscribed.push(subscription),
                Output::Api(ApiOutput::Response(response)) => {
                    let old = self.responses.insert(response.id, response);
                    assert_eq!(old, None, "one response to one request");
                }
                Output::Api(ApiOutput::CheckPassword { check, hash, password }) => {
                    let fits = hash.is_some_and(|hash| hash == format!("hash-of-{password}"));
                    self.checks.push((check, fits));
                    if !self.checks_wait {
                        self.answer_checks();
                    }
                }
                Output::Api(ApiOutput::SocketText { socket, text }) => {
                    for message in serde_json::from_str::<Vec<Value>>(&text).unwrap() {
                        self.frames.push((socket, message));
                    }
                }
                Output::Api(call @ ApiOutput::CustomerCall { .. }) => {
                    self.customer_calls.push(call);
                }
                Output::Api(
                    asked @ (ApiOutput::Audit { .. }
                    | ApiOutput::ConfigurationFile { .. }
                    | ApiOutput::HashPasswords { .. }
                    | ApiOutput::History { .. }
                    | ApiOutput::SoundFile { .. }),
                ) => self.asked.push(asked),
                Output::Api(
                    asked @ (ApiOutput::Recording { .. }
                    | ApiOutput::RecordingDelete { .. }
                    | ApiOutput::RecordingSound { .. }
                    | ApiOutput::Recordings { .. }),
                ) => self.recordings.push(asked),
                Output::Api(
                    other @ (ApiOutput::SocketAccept { .. }
                    | ApiOutput::SocketClose { .. }
                    | ApiOutput::SocketRefuse { .. }),
                ) => self.sockets.push(other),
            }
        }
    }

    pub fn answer_checks(&mut self) {
        for (check, fits) in std::mem::take(&mut self.checks) {
            self.input(Input::Api(ApiInput::PasswordChecked { check, fits }));
        }
    }

    /// Lets time pass, with every timer at its moment.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now.later(span);
        while let Some(at) = self.desk.poll_timeout().filter(|at| *at <= end.instant) {
            self.now = self.now.later(at.saturating_duration_since(self.now.instant));
            self.desk.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    pub fn request(
        &mut self,
        browser: &Browser,
        method: &str,
        path: &str,
        body: &str,
    ) -> ApiRequest {
        self.ids += 1;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut headers = vec![("host".to_owned(), "desk.test:8080".to_owned())];
        if let Some(cookie) = &browser.cookie {
            headers.push(("cookie".into(), format!("theme=dark; JSESSIONID={cookie}")));
        }
        if let Some(csrf) = &browser.csrf
            && method != "GET"
        {
            headers.push(("x-csrf-token".into(), csrf.clone()));
        }
        if let Some(basic) = &browser.basic {
            headers.push(("authorization".into(), basic.clone()));
        }
        headers.extend(browser.headers.clone());
        ApiRequest {
            id: ApiId(self.ids),
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers,
            body: body.as_bytes().to_vec(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            secure: browser.secure,
        }
    }

    /// Sends a request; its response may come later.
    pub fn send(&mut self, browser: &Browser, method: &str, path: &str, body: &Value) -> ApiId {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = self.request(browser, method, path, &body);
        let id = request.id;
        self.input(Input::Api(ApiInput::Request(request)));
        id
    }

    /// The response that has come, taken.
    pub fn response(&mut self, id: ApiId) -> ApiResponse {
        self.responses.remove(&id).unwrap_or_else(|| panic!("no response to {id}"))
    }

    /// Status and body of a response that has come.
    pub fn answer(&mut self, id: ApiId) -> (u16, Value) {
        let response = self.response(id);
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    pub fn ask(
        &mut self,
        browser: &Browser,
        method: &str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let id = self.send(browser, method, path, body);
        self.answer(id)
    }

    pub fn get(&mut self, browser: &Browser, path: &str) -> (u16, Value) {
        self.ask(browser, "GET", path, &Value::Null)
    }

    /// A browser in which this person has logged in.
    pub fn browser(&mut self, user: &str) -> Browser {
        let body = json!({"username": user, "password": "demo"});
        let id = self.send(&Browser::default(), "POST", "/api/v2/login", &body);
        let response = self.response(id);
        assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
        let mut browser = Browser::default();
        browser.learn(&response);
        browser
    }

    pub fn metric(&self, name: &str) -> f64 {
        let metrics = self.desk.metrics();
        metrics.iter().find(|m| m.name == name).unwrap_or_else(|| panic!("no {name}")).value
    }
}

impl Browser {
    pub fn basic(user: &str, password: &str) -> Self {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let encoded = STANDARD.encode(format!("{user}:{password}"));
        Self { basic: Some(format!("Basic {encoded}")), ..Self::default() }
    }

    /// Takes cookie and token as a browser and its page would.
    pub fn learn(&mut self, response: &ApiResponse) {
        if let Some(cookie) = header(response, "set-cookie") {
            let value = cookie.strip_prefix("JSESSIONID=").unwrap();
            self.cookie = Some(value.split(';').next().unwrap().to_owned());
        }
        if let Some(csrf) = header(response, "x-csrf-token") {
            assert_eq!(header(response, "x-csrf-header"), Some("X-CSRF-TOKEN"));
            self.csrf = Some(csrf.to_owned());
        }
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

pub fn header<'a>(response: &'a ApiResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}
