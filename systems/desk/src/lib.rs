//! GWS: sessions, `/api/v2` and Bayeux channels.
//!
//! Browsers and programs ask here over HTTP and are told over Bayeux; the switch decides. Every
//! command on a call or an agent becomes a T-Library request, and its response waits until the
//! switch has accepted or refused it; what then happens is pushed from the switch's events alone.
//! The desk keeps a view of each agent's DN, built from those events, for reads and pushes.
//!
//! - `login`, `session`, `credentials`: who asks. HTTP Basic or a cookie; cookies need a CSRF
//!   token on everything but GET.
//! - `router`, `dispatch`: which resource. `resource`: one file per kind of resource.
//! - `seat`: which of a person's sessions works as the agent, and when it is given up.
//! - `request`: requests on their way to the switch.
//! - `view`, `push`: what events say of a DN, and who is told.
//! - `bayeux`: clients, subscriptions, held connects, WebSockets.
//!
//! Deviations from GWS: a person has one device, the DN of the place that agents log in at;
//! unknown operations answer 400 and known ones that are not offered 501; Bayeux messages need no
//! CSRF token, since publishing is refused and Origin is checked.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    CallUuid, Capabilities, Configuration, ConnId, Dn, Event, Now, ReferenceId, System, TRequest,
    UserName,
    api::{ApiId, ApiInput, ApiOutput},
    config::{Audit, Change, ChangeRefusal, Difference},
    error::Refusal,
    explain::{ExplainQuery, Explanation},
    monitor::{Connection, Metric, Monitor, Trends},
    random::Random,
    stat::{StatError, StatReading, Subscribing},
    story::Story,
};

use crate::{
    bayeux::Bayeux,
    credentials::Credentials,
    http::ReplyTo,
    login::Checks,
    meter::Meter,
    request::Requests,
    resource::{configuration::Changing, statistics::Subscriptions},
    seat::Seat,
    session::Sessions,
    site::Site,
    timers::Timer,
    timers::Timers,
    view::Views,
};

mod bayeux;
mod credentials;
mod dispatch;
mod http;
mod login;
mod meter;
mod push;
mod request;
mod resource;
mod router;
mod seat;
mod session;
mod site;
mod timers;
mod view;

/// What the desk can be told.
#[derive(Clone, Debug)]
pub enum Input {
    /// From the edge.
    Api(ApiInput),
    /// Somebody changed the configuration.
    Audit(Audit),
    /// What may be asked of a call changed without an event of that call.
    Capabilities {
        /// Whose call.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// What may be asked from now on.
        capabilities: Capabilities,
    },
    /// What became of a `Change`: the version and what is not as it was, or why it was not made.
    Changed {
        /// The `Change`'s.
        id: ApiId,
        /// What became of it.
        outcome: Result<(u64, Vec<Difference>), ChangeRefusal>,
    },
    /// The site's configuration; before the first one nobody can log in.
    Configuration(Arc<Configuration>),
    /// An event of the switch.
    Event(Arc<Event>),
    /// What the router says of an agent or a call; `None` when it knows nothing of it.
    Explained {
        /// The `Explain`'s.
        id: ApiId,
        /// What it says.
        explanation: Option<Box<Explanation>>,
    },
    /// The links of the dashboard's first box.
    Health(Vec<Connection>),
    /// The dashboard's figures.
    Monitor(Box<Monitor>),
    /// The switch accepted (`None`) or refused one of the desk's requests. A request that was
    /// accepted may still be refused later.
    Outcome {
        /// The request's.
        reference: ReferenceId,
        /// Why it is not done.
        refusal: Option<Refusal>,
    },
    /// How loud everybody in a conference is, several times a second.
    Speakers {
        /// Who is told.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// The parties, in dB below full scale: 0 is loudest, 127 silence (RFC 6464).
        levels: Vec<(Dn, u8)>,
    },
    /// The answer to `Statistics`: each statistic's value, or why there is none.
    Statistics {
        /// The `Statistics`'.
        id: ApiId,
        /// In the order in which they were asked for.
        readings: Vec<Result<StatReading, StatError>>,
    },
    /// The answer to `Story`; `None` when the call is not up.
    Story {
        /// The `Story`'s.
        id: ApiId,
        /// Likewise.
        uuid: CallUuid,
        /// The story so far.
        story: Option<Box<Story>>,
    },
    /// Values of statistics that a subscription has open, by their place in it.
    Subscribed {
        /// Which.
        subscription: u64,
        /// The values.
        values: Vec<(u64, StatReading)>,
    },
    /// How the site went, minute by minute.
    Trends(Arc<Trends>),
}

/// What the desk can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// To the edge.
    Api(ApiOutput),
    /// For the directory, which answers by `Changed`.
    Change {
        /// The request that waits for it.
        id: ApiId,
        /// Who asks.
        who: String,
        /// What is to be changed.
        change: Change,
        /// Only say what would change.
        is_plan: bool,
    },
    /// For the router, which answers by `Explained`.
    Explain {
        /// The request that waits for it.
        id: ApiId,
        /// What is asked about.
        query: ExplainQuery,
    },
    /// To the switch; its origin is `Desk`.
    Request(TRequest),
    /// For the Stat Server, which answers by `Statistics`.
    Statistics {
        /// The request that waits for it.
        id: ApiId,
        /// What is asked for.
        asked: Subscribing,
    },
    /// For the stories of calls, answered by `Story`.
    Story {
        /// The request that waits for it.
        id: ApiId,
        /// Which call.
        uuid: CallUuid,
    },
    /// A subscription's statistics are to be closed.
    Unsubscribed(u64),
}

/// What a desk is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskSettings {
    /// Whether simulated customers are offered.
    pub demo: bool,
    /// Times and sizes.
    pub limits: DeskLimits,
    /// The port that the dashboard names.
    pub port: u16,
    /// When the program started.
    pub started: Now,
    /// What browsers are told of STUN and TURN, if anything.
    pub turn: Option<TurnAccess>,
    /// The program's version.
    pub version: String,
}

/// How browsers come to TURN.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnAccess {
    /// Shared with the servers that take the credentials.
    pub secret: Vec<u8>,
    /// How long credentials are good.
    pub lifetime: Duration,
    /// Of servers elsewhere; empty: our own, by the name under which the browser found us.
    pub urls: Vec<String>,
    /// Our own server's port for UDP and TCP.
    pub port: u16,
    /// The port where it hides behind HTTPS.
    pub https_port: u16,
}

impl std::fmt::Debug for TurnAccess {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnAccess").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// Times and sizes of a desk. What comes past a size is refused or replaces the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskLimits {
    /// How long an agent may be without a browser before he or she is logged out.
    pub absence: Duration,
    /// How long a connect is held.
    pub connect_hold: Duration,
    /// How long a Bayeux client lives without a connect.
    pub connect_silence: Duration,
    /// Bayeux clients.
    pub clients: usize,
    /// Messages that wait for one Bayeux client.
    pub queue: usize,
    /// How long the switch may take to accept a request.
    pub request: Duration,
    /// How long a session lives without requests and Bayeux.
    pub session_idle: Duration,
    /// Sessions.
    pub sessions: usize,
    /// How long a silent session keeps its agent's seat against another session.
    pub takeover: Duration,
}

impl Default for DeskLimits {
    fn default() -> Self {
        Self {
            absence: Duration::from_secs(60),
            connect_hold: Duration::from_secs(30),
            connect_silence: Duration::from_secs(30),
            clients: 4096,
            queue: 500,
            request: Duration::from_secs(5),
            session_idle: Duration::from_secs(30 * 60),
            sessions: 10_000,
            takeover: Duration::from_secs(30),
        }
    }
}

/// The agent desktop's server.
#[derive(Debug)]
pub struct Desk {
    settings: DeskSettings,
    random: Random,
    out: VecDeque<Output>,
    timers: Timers,
    meter: Meter,
    configuration: Arc<Configuration>,
    site: Site,
    sessions: Sessions,
    credentials: Credentials,
    checks: Checks,
    seats: BTreeMap<UserName, Seat>,
    requests: Requests,
    views: Views,
    bayeux: Bayeux,
    /// Changes of the configuration that are on their way.
    changing: BTreeMap<ApiId, Changing>,
    /// Requests that wait for the router's words.
    explaining: BTreeMap<ApiId, ReplyTo>,
    telling: BTreeMap<ApiId, ReplyTo>,
    monitor: Monitor,
    subscriptions: Subscriptions,
    trends: Arc<Trends>,
    connections: Option<Vec<Connection>>,
    /// The newest event's time in ms since 1970: what snapshots are stamped with, so that a later
    /// push is never taken for an older one.
    stamp_ms: u64,
}

impl Desk {
    /// A desk that knows nobody yet.
    #[must_use]
    pub fn new(settings: DeskSettings, mut random: Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self {
            stamp_ms: settings.started.unix_ms(),
            settings,
            random,
            out: VecDeque::new(),
            timers: Timers::default(),
            meter: Meter::default(),
            configuration: Arc::default(),
            site: Site::default(),
            sessions: Sessions::default(),
            credentials: Credentials::new(key),
            checks: Checks::default(),
            seats: BTreeMap::new(),
            requests: Requests::default(),
            views: Views::default(),
            bayeux: Bayeux::default(),
            changing: BTreeMap::new(),
            explaining: BTreeMap::new(),
            telling: BTreeMap::new(),
            monitor: Monitor::default(),
            subscriptions: Subscriptions::default(),
            trends: Arc::default(),
            connections: None,
        }
    }

    /// The desk's lines of `/metrics`.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let gauges = [
            ("cordboard_desk_sessions", "Sessions of people.", self.sessions.len()),
            ("cordboard_desk_bayeux_clients", "Bayeux clients.", self.bayeux.clients.len()),
            ("cordboard_desk_bayeux_sockets", "Bayeux WebSockets.", self.bayeux.sockets.len()),
            ("cordboard_desk_requests_open", "Requests at the switch.", self.requests.waiting()),
        ];
        self.meter.metrics(&gauges)
    }

    fn configure(&mut self, now: Now, configuration: Arc<Configuration>) {
        self.configuration = configuration;
        self.site = Site::new(&self.configuration);
        self.views.configure(&self.configuration);
        self.credentials.configure(&self.configuration);
        for session in self.sessions.outdated(&self.configuration) {
            self.close_session(now, session);
        }
    }

    fn api(&mut self, now: Now, input: ApiInput) {
        match input {
            ApiInput::Abandoned { id } => self.abandoned(now, id),
            ApiInput::PasswordChecked { check, fits } => self.password_checked(now, check, fits),
            ApiInput::PasswordsHashed { id, hashes } => self.passwords_hashed(id, hashes),
            ApiInput::Request(request) => self.request(now, request),
            ApiInput::SocketClosed { socket } => self.socket_closed(now, socket),
            ApiInput::SocketOpened { socket, request } => self.socket_opened(now, socket, request),
            ApiInput::SocketText { socket, text } => self.socket_text(now, socket, text),
        }
    }

    fn say(&mut self, output: ApiOutput) {
        self.out.push_back(Output::Api(output));
    }
}

impl System for Desk {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Api(input) => self.api(now, input),
            Input::Capabilities { dn, conn, capabilities } => {
                self.offered(now, &dn, conn, capabilities);
            }
            Input::Audit(audit) => self.configuration_changed(now, &audit),
            Input::Changed { id, outcome } => self.changed(id, outcome),
            Input::Configuration(configuration) => self.configure(now, configuration),
            Input::Event(event) => self.event(now, &event),
            Input::Explained { id, explanation } => self.explained(id, explanation.as_deref()),
            Input::Health(connections) => self.connections = Some(connections),
            Input::Monitor(monitor) => self.monitor = *monitor,
            Input::Outcome { reference, refusal } => self.outcome(now, reference, refusal),
            Input::Speakers { dn, conn, levels } => self.speakers(now, &dn, conn, &levels),
            Input::Statistics { id, readings } => self.statistics_read(id, &readings),
            Input::Story { id, uuid, story } => self.story_told(id, uuid, story.as_deref()),
            Input::Subscribed { subscription, values } => {
                self.statistics_told(now, subscription, &values);
            }
            Input::Trends(trends) => self.trends = trends,
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        while let Some(timer) = self.timers.pop_due(now.instant) {
            match timer {
                Timer::Absent(user) => self.agent_leaves(now, &user),
                Timer::Check(check) => self.check_overdue(now, check),
                Timer::Client(key) => self.client_timer(now, &key),
                Timer::Request(reference) => self.request_overdue(now, reference),
                Timer::Session(session) => self.session_timer(now, session),
                Timer::Socket(socket) => self.socket_unknown(socket),
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }
}
