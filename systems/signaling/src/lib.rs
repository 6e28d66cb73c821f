//! The SIP Server: transactions, dialogs, the registrar, trunks and legs (RFC 3261 and friends).
//!
//! What it is: everything that SIP needs between bytes and calls. It answers what needs no
//! decision and tells the switch of the rest in legs. What it is not: a proxy, a call model, a
//! reader of SDP; descriptions pass through to media as they come.
//!
//! RFCs: 3261 with 6026, 3262 (100rel), 3263 (trunks), 3311 (UPDATE), 3325 (asserted identity),
//! 3326 (Reason), 3515 with 4488 (REFER), 3581 (rport), 4028 (session timers), 6086 (INFO), 7118
//! (WebSocket), 7616 with 8760 (digest), and of 5626 the rule that a registered connection is the
//! way to its phone. For those who watch: 6665 with 4235 (dialog), 3856 and 3863 (presence), 3680
//! (reg).
//!
//! Deliberate deviations:
//! - The DNS is asked for trunks alone. A host name in a Contact or Route is reached where the
//!   dialog's messages come from.
//! - A response never goes to an address that only its Via names, but to the request's source,
//!   at the port of Via when `rport` is not asked for.
//! - A TCP connection that brought a dialog is used for our requests too while it lasts
//!   (RFC 5923 would have it negotiated).
//! - `Answered` is said when our 200 goes out, not at its ACK.
//! - The digest-uri is taken as the client computed it and not compared with the Request-URI;
//!   nonce counts are what keeps a replay out.
//! - A phone that comes back without an answer to two challenges is asked for MD5 alone.
//! - The subscription that a REFER implies ends with its call, and a phone can't refresh it.
//! - A redirection (3xx) of a carrier's is followed to another number of its own alone; what a
//!   phone names is for the switch to call.
//! - Requests over 1,300 bytes go over UDP if their dialog does (RFC 3261 18.1.1 wants TCP).

mod counters;
mod dialog;
mod door;
mod failures;
mod inbound;
mod leg;
mod limits;
mod nonce;
mod outlet;
mod proof;
mod registrar;
mod registration;
mod route;
mod timers;
mod transaction;
mod trunk;
mod upstream;
mod watch;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use model::{
    Configuration, Dn, Now, System, TrunkName,
    leg::{LegCommand, LegFact},
    media::{MediaCommand, MediaFact},
    monitor::Metric,
    network::Network,
    random::Random,
    sip::{SipInput, SipOutput},
};

pub(crate) use self::inbound::with_abilities;
use self::{
    counters::Counters,
    door::Door,
    leg::{
        Legs,
        outgoing::{Dial, Ring},
    },
    outlet::Outlet,
    proof::Guard,
    registrar::Registrar,
    timers::{LegTimer, Timer},
    transaction::{TransactionId, client::Clients, server::Servers},
    trunk::Trunks,
    upstream::Registrations,
    watch::Watches,
};

pub use self::upstream::Upstream;

/// What signaling can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The switch wants something of a leg.
    Command(LegCommand),
    /// A new configuration.
    Configuration(Arc<Configuration>),
    /// Media says something.
    Media(MediaFact),
    /// The sockets bring something.
    Sip(SipInput),
}

/// What signaling says.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// To the switch.
    Fact(LegFact),
    /// To media: `Open`, `Answer`, `Reoffer` and `Close` only.
    Media(MediaCommand),
    /// To the sockets.
    Sip(SipOutput),
    /// A probed trunk is there or not; said at changes.
    Trunk {
        /// Which.
        name: TrunkName,
        /// Whether it answers.
        up: bool,
    },
}

/// What is fixed at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalingSettings {
    /// The address and port that Via and Contact show to peers.
    pub advertised: SocketAddr,
    /// The same over TLS, when that is served.
    pub advertised_tls: Option<SocketAddr>,
    /// Calls beyond are answered 503.
    pub legs_max: usize,
    /// The session interval asked of phones, in seconds (RFC 4028); 90 at least.
    pub session_expires_s: u32,
    /// The server in front of which we stand, if any.
    pub upstream: Option<Upstream>,
    /// Whose messages are neither limited nor a reason to be shut out, beside carriers and phones.
    pub allowed: Vec<Network>,
}

impl SignalingSettings {
    /// The usual settings behind an address.
    #[must_use]
    pub fn new(advertised: SocketAddr) -> Self {
        Self {
            advertised,
            advertised_tls: None,
            legs_max: limits::LEGS_MAX,
            session_expires_s: limits::SESSION_EXPIRES_S,
            upstream: None,
            allowed: Vec::new(),
        }
    }
}

/// The SIP Server.
#[derive(Debug)]
pub struct Signaling {
    settings: SignalingSettings,
    configuration: Arc<Configuration>,
    random: Random,
    outlet: Outlet,
    clients: Clients,
    servers: Servers,
    door: Door,
    guard: Guard,
    registrar: Registrar,
    /// At the server in front of which we stand.
    registrations: Registrations,
    legs: Legs,
    trunks: Trunks,
    counters: Counters,
    /// Requests that legs left open when they ended.
    unanswered: Vec<TransactionId>,
    /// DNs whose phone had a call that is taken back now.
    freed: Vec<Dn>,
    watches: Watches,
}

impl Signaling {
    /// A server with an empty configuration: nobody can register or call yet.
    #[must_use]
    pub fn new(settings: SignalingSettings, mut random: Random) -> Self {
        let guard = Guard::new(&mut random);
        Self {
            door: Door::new(settings.allowed.clone()),
            outlet: Outlet::new(settings.advertised, settings.advertised_tls),
            settings,
            configuration: Arc::default(),
            random,
            clients: Clients::default(),
            servers: Servers::default(),
            guard,
            registrar: Registrar::default(),
            registrations: Registrations::default(),
            legs: Legs::new(),
            trunks: Trunks::default(),
            counters: Counters::default(),
            unanswered: Vec::new(),
            freed: Vec::new(),
            watches: Watches::default(),
        }
    }

    /// The DNs that have a phone.
    pub fn registered(&self) -> impl Iterator<Item = &Dn> {
        self.registrar.registered()
    }

    /// The legs whose dialogs have a Call-ID: one, or two of a call that comes back to us.
    pub fn legs_of(&self, call_id: &str) -> impl Iterator<Item = model::LegId> {
        self.legs.by_call_id(call_id)
    }

    /// Whether no call, transaction or timer of either is left; registrations and probes may be.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.counts() == (0, 0, 0)
    }

    /// Legs, transactions and their timers, for tests and support.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let transactions = self.clients.count() + self.servers.count();
        (self.legs.count(), transactions, self.outlet.timers.passing_count())
    }

    /// Figures for `/metrics`.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let gauge = |name, help, value: usize| Metric {
            name,
            help,
            is_counter: false,
            labels: Vec::new(),
            value: value as f64,
        };
        let transactions = self.clients.count() + self.servers.count();
        let mut all = self.counters.metrics();
        all.extend(self.door.metrics());
        all.extend([
            gauge("cordboard_sip_legs", "SIP legs", self.legs.count()),
            gauge("cordboard_sip_transactions", "SIP transactions", transactions),
            gauge("cordboard_sip_timers", "Timers of signaling", self.outlet.timers.count()),
            gauge("cordboard_sip_connections", "SIP connections", self.outlet.flow_count()),
            gauge("cordboard_sip_registered", "Registered DNs", self.registered().count()),
            gauge(
                "cordboard_sip_upstream_registered",
                "DNs registered at the upstream SIP server",
                self.registrations.count(),
            ),
            gauge("cordboard_sip_watches", "Subscriptions of phones", self.watches.count()),
            gauge(
                "cordboard_sip_trunks_registered",
                "Trunks whose carrier has our registration",
                self.trunks.registered_count(),
            ),
        ]);
        all
    }

    fn command(&mut self, now: Now, command: LegCommand) {
        match command {
            LegCommand::Answer { leg } => self.answer(now, leg),
            LegCommand::AnswerPhone { leg } => self.answer_phone(now, leg),
            LegCommand::Dial { leg, trunk, number, uuid, from, from_name } => {
                self.dial(now, Dial { leg, trunk, number, uuid, from, from_name });
            }
            LegCommand::ReferDone { leg, status } => self.refer_done(now, leg, status),
            LegCommand::Progress { leg, progress } => self.progress(now, leg, progress),
            LegCommand::Release { leg, cause } => self.release(now, leg, cause),
            LegCommand::Ring { leg, dn, uuid, from, from_name, resume } => {
                self.ring(Ring { leg, dn, uuid, from, from_name, resume });
            }
            LegCommand::ShowHeld { leg, is_held } => self.show_held(now, leg, is_held),
        }
    }

    fn media_fact(&mut self, now: Now, fact: MediaFact) {
        match fact {
            MediaFact::Described { leg, sdp } => self.described(now, leg, sdp),
            MediaFact::Refused { leg, reason } => self.media_refused(now, leg, &reason),
            // The switch's affair.
            MediaFact::Announced { .. }
            | MediaFact::Digit { .. }
            | MediaFact::Flowing { .. }
            | MediaFact::Holds { .. }
            | MediaFact::Lost { .. }
            | MediaFact::Levels { .. }
            | MediaFact::Quality { .. }
            | MediaFact::Reached { .. } => {}
        }
    }

    fn reconfigure(&mut self, now: Now, configuration: Arc<Configuration>) {
        self.configuration = configuration;
        for dn in self.registrar.reconfigured(&self.configuration) {
            self.out_of_service(now, dn);
        }
        self.reconfigure_trunks(now);
    }

    fn due(&mut self, now: Now, timer: Timer) {
        match timer {
            Timer::Binding(dn) => self.binding_due(now, dn),
            Timer::ClientExpire(id) => {
                if let Some(user) = self.clients.expire(&mut self.outlet, id) {
                    self.unanswered(now, user);
                }
            }
            Timer::ClientRepeat(id) => self.clients.repeat(&mut self.outlet, now, id),
            Timer::Leg(leg, timer) => self.leg_due(now, leg, timer),
            Timer::Probe(name) => self.probe(now, &name),
            Timer::Register(name) => self.register_trunk(now, &name),
            Timer::Resolve(name) => self.look_up(now, &name),
            Timer::ServerExpire(id) => self.servers.expire(&mut self.outlet, id),
            Timer::ServerRepeat(id) => self.servers.repeat(&mut self.outlet, now, id),
            Timer::Upstream(dn) => self.upstream_silent(now, &dn),
            Timer::Watch(id) => self.end_watch(now, id),
        }
    }

    fn leg_due(&mut self, now: Now, leg: model::LegId, timer: LegTimer) {
        match timer {
            LegTimer::Limit => self.limit_reached(now, leg),
            LegTimer::Provisional => self.send_provisional(now, leg),
            LegTimer::Refer => self.refer_expired(now, leg),
            LegTimer::Refresh => self.refresh_session(now, leg),
            LegTimer::Reliable => self.repeat_reliable(now, leg),
            LegTimer::SessionEnd => self.refresh_unanswered(now, leg),
            LegTimer::Silence => self.carrier_is_silent(now, leg),
            LegTimer::Talk => self.phone_did_not_answer(leg),
            LegTimer::Turn => self.invite_now(now, leg),
            LegTimer::Unacknowledged => self.repeat_ok(now, leg),
        }
    }
}

impl System for Signaling {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Command(command) => self.command(now, command),
            Input::Configuration(configuration) => self.reconfigure(now, configuration),
            Input::Media(fact) => self.media_fact(now, fact),
            Input::Sip(input) => self.sip_input(now, input),
        }
        self.after_legs_ended(now);
        self.tell_watchers(now);
    }

    fn handle_timeout(&mut self, now: Now) {
        while let Some(timer) = self.outlet.timers.pop(now.instant) {
            self.due(now, timer);
        }
        self.after_legs_ended(now);
        self.tell_watchers(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outlet.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.outlet.timers.next()
    }
}

/// The call's id on every request and response of the call.
pub(crate) const CALL_UUID_HEADER: &str = "X-Genesys-CallUUID";
/// Says to a phone that its call was up before its page was loaded again.
pub(crate) const RESUME_HEADER: &str = "X-Cordboard-Resume";
pub(crate) const ALLOW: &str =
    "ACK, BYE, CANCEL, INFO, INVITE, NOTIFY, OPTIONS, PRACK, REFER, REGISTER, SUBSCRIBE, UPDATE";
pub(crate) const SUPPORTED: &str = "100rel, norefersub, timer";
pub(crate) const ALLOW_EVENTS: &str = "talk, hold";
/// What phones may watch, beside the buttons that they have.
pub(crate) const WATCHED_EVENTS: &str = "talk, hold, dialog, presence, reg";
pub(crate) const PRODUCT: &str = "Cordboard";
