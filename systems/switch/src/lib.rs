//! Calls, parties, DNs and agent states: the call model of T-Server and SIP Server.
//!
//! Told facts about legs and requests of its clients, it says T-Library events and commands for
//! legs and media. It knows no SIP and no SDP (signaling does), chooses no agent (routing does)
//! and keeps no history (stats does). Other things that are decided here, with their reasons:
//!
//! - EventRinging goes out when the phone is *called*, so that the screen pop and the INVITE
//!   travel side by side; what the caller hears (ring-back) and EventDiverted wait for the phone's
//!   own 180, so ringing is never pretended to the caller. A phone that fails instead takes the
//!   ringing back with EventReleased.
//! - An agent's wish during a call counts at once (BusyReady, BusyNotReady): the event says so,
//!   and the DN is still busy. After-call work comes in between when the agent has any.
//! - A call in progress outlives its agent's page for `recovery`: the customer hears music,
//!   nobody is told of a release, and the DN's next registration is called back.
//! - A phone that goes away while it rings, or before it could (a reload, a hand-over between two
//!   tabs), is not its agent's refusal: the DN's next registration within `phone_return` is rung.
//! - Voice that stops on a leg whose signalling is alive raises EventPrivateInfo and nothing
//!   else: muting, a tunnel or a new access point must not cost the call.
//! - An abandoned call's treatment ends without EventTreatmentEnd: EventAbandoned says it all.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    CallUuid, Capabilities, Configuration, ConnId, Dn, Event, LegId, Now, Origin, ReferenceId,
    System, TRequest, TrunkName,
    error::Refusal,
    id::{CallUuids, ConnIds},
    leg::{LegCommand, LegFact},
    media::{MediaCommand, MediaFact},
    monitor::Metric,
    random::Random,
    recording::{RecordingFact, RecordingId},
};

use crate::{
    call::{Call, PartyId},
    dn::DnTable,
    meter::Meter,
    outbox::Outbox,
    patch::Sound,
    supervise::Monitors,
    timers::Timers,
};

mod answer;
mod call;
mod configure;
mod consult;
mod device;
mod dn;
mod hold;
mod keys;
mod login;
mod make_call;
mod media;
mod meter;
mod offer;
mod outbox;
mod patch;
mod queue;
mod reach;
mod ready;
mod record;
mod refer;
mod release;
mod request;
mod resume;
mod ring;
mod route;
mod rules;
mod say;
mod service;
mod single_step;
mod supervise;
mod timers;
mod treatment;
mod trunk;
mod user_data;
mod wrap_up;

/// What the switch can be told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The site's configuration; before the first one no number is known.
    Configuration(Arc<Configuration>),
    /// Signaling reports of a leg or a DN's phone.
    Leg(LegFact),
    /// The shard reports of a leg's voice; SDP and quality are passed over.
    Media(MediaFact),
    /// Whoever writes recordings reports.
    Recording(RecordingFact),
    /// Somebody asks. Answered by exactly one `Accepted` or `Refused`; an accepted AnswerCall
    /// that the phone does not carry out is `Refused` later, under the same reference.
    Request(TRequest),
    /// Signaling's probes found a trunk there, or not.
    Trunk {
        /// Which.
        name: TrunkName,
        /// Whether it answers.
        up: bool,
    },
}

/// What the switch can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A request is being carried out; events follow.
    Accepted {
        /// Who asked.
        origin: Origin,
        /// The requester's number for it.
        reference: ReferenceId,
    },
    /// What a DN may ask of a call has changed, and no event told it.
    Capabilities {
        /// Whose.
        dn: Dn,
        /// Of which call.
        conn: ConnId,
        /// From now on.
        capabilities: Capabilities,
    },
    /// Something happened at a DN.
    Event(Arc<Event>),
    /// For signaling.
    Leg(LegCommand),
    /// For the shard: only `Announce`, `Hear`, `Play`, `Record` and `SendDigits`.
    Media(MediaCommand),
    /// A request was not carried out.
    Refused {
        /// Who asked.
        origin: Origin,
        /// The requester's number for it.
        reference: ReferenceId,
        /// The DN that the request was about.
        this_dn: Dn,
        /// Why, and what to do.
        refusal: Refusal,
    },
    /// How loud the parties of a conference are at the moment, for a phone that is in it.
    Speakers {
        /// Whose phone.
        dn: Dn,
        /// Which call.
        conn: ConnId,
        /// Each party's number, with dB below full scale; 127: silence (RFC 6464).
        levels: Vec<(Dn, u8)>,
    },
}

/// Times and bounds.
#[derive(Clone, Debug)]
pub struct SwitchSettings {
    /// The T-Server's id: the first four digits of every ConnID.
    pub server: u16,
    /// When this process started, in seconds since 1970; keeps ConnIDs unique over restarts.
    pub started_unix_s: u64,
    /// Calls at one time; further ones are refused with 503.
    pub calls_max: usize,
    /// How long a call waits for its agent's page to come back, and how long a DN may be
    /// without a phone before its agent is no longer Ready.
    pub recovery: Duration,
    /// How long a ringing call waits for another phone of its DN when the one that rang is gone.
    pub phone_return: Duration,
    /// How long a phone has to carry out AnswerCall.
    pub answer_limit: Duration,
    /// How long a phone that was called directly, not routed to, may ring.
    pub direct_ring_limit: Duration,
    /// How long a phone may take to come up for a call that its agent asked for.
    pub summon_limit: Duration,
    /// How long somebody who reached nobody hears so before the call ends by itself.
    pub failed_limit: Duration,
    /// The trunk to the server in front of which we stand: whatever our phones dial is its affair.
    pub upstream: Option<TrunkName>,
}

impl SwitchSettings {
    /// The usual times and bounds.
    #[must_use]
    pub fn new(server: u16, started_unix_s: u64) -> Self {
        Self {
            server,
            started_unix_s,
            calls_max: 5000,
            recovery: Duration::from_secs(30),
            phone_return: Duration::from_secs(3),
            answer_limit: Duration::from_secs(5),
            direct_ring_limit: Duration::from_secs(60),
            summon_limit: Duration::from_secs(20),
            failed_limit: Duration::from_secs(10),
            upstream: None,
        }
    }
}

/// The switch.
#[derive(Debug)]
pub struct Switch {
    settings: SwitchSettings,
    configuration: Arc<Configuration>,
    conn_ids: ConnIds,
    uuids: CallUuids,
    next_leg: u64,
    next_call_id: u32,
    next_party: u64,
    next_announcement: u64,
    calls: BTreeMap<ConnId, Call>,
    live_uuids: BTreeSet<CallUuid>,
    /// The call of each party.
    seats: BTreeMap<PartyId, ConnId>,
    legs: BTreeMap<LegId, LegUse>,
    /// What each leg was last told to hear.
    heard: BTreeMap<LegId, Sound>,
    monitors: Monitors,
    /// The capabilities that each DN was last told of its calls.
    offered: BTreeMap<(Dn, ConnId), Capabilities>,
    /// DNs whose capabilities may have changed.
    touched: BTreeSet<Dn>,
    /// What the channels of each recording were last told to hear.
    taped: BTreeMap<RecordingId, record::Channels>,
    /// Calls where somebody may hear something else than before.
    patched: BTreeSet<ConnId>,
    silent_legs: BTreeSet<LegId>,
    dns: DnTable,
    trunks: trunk::Trunks,
    timers: Timers,
    out: Outbox,
    meter: Meter,
}

/// What a leg is to the switch until signaling says that it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum LegUse {
    /// The line of a DN of ours.
    Dn(Dn),
    /// An outside party's in this call.
    Call(ConnId),
    /// Released; its last fact is awaited.
    Leaving,
}

/// How many of everything there are, to see that nothing leaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that are up, ring or wait.
    pub calls: usize,
    /// Legs that signaling has not ended yet.
    pub legs: usize,
    /// DNs that have a call.
    pub busy_dns: usize,
    /// Timers that run.
    pub timers: usize,
}

impl Switch {
    /// A switch without calls. `random` makes its CallUUIDs its own.
    #[must_use]
    pub fn new(settings: SwitchSettings, mut random: Random) -> Self {
        Self {
            conn_ids: ConnIds::new(settings.server, settings.started_unix_s),
            uuids: CallUuids::new(random.draw_u128()),
            settings,
            configuration: Arc::new(Configuration::default()),
            // Signaling's begin at `FIRST_OFFERED_LEG`, so that they never meet.
            next_leg: 1,
            next_call_id: 1,
            next_party: 1,
            next_announcement: 1,
            seats: BTreeMap::new(),
            heard: BTreeMap::new(),
            monitors: Monitors::new(),
            offered: BTreeMap::new(),
            touched: BTreeSet::new(),
            taped: BTreeMap::new(),
            patched: BTreeSet::new(),
            calls: BTreeMap::new(),
            live_uuids: BTreeSet::new(),
            legs: BTreeMap::new(),
            silent_legs: BTreeSet::new(),
            dns: DnTable::default(),
            trunks: trunk::Trunks::default(),
            timers: Timers::default(),
            out: Outbox::default(),
            meter: Meter::default(),
        }
    }

    /// How many of everything there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            calls: self.calls.len(),
            legs: self.legs.len(),
            busy_dns: self.dns.busy(),
            timers: self.timers.len(),
        }
    }

    /// Whether no call is up, no leg is left, and nothing is remembered of any.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty()
            && self.legs.is_empty()
            && self.seats.is_empty()
            && self.heard.is_empty()
            && self.offered.is_empty()
            && self.taped.is_empty()
            && self.trunks.is_idle()
    }

    /// A call that a DN takes part in: the DN can't be taken out of the site then.
    #[must_use]
    pub fn call_of(&self, dn: &Dn) -> Option<CallUuid> {
        let at_phone = self.dns.calls(dn).first().and_then(|conn| self.calls.get(conn));
        let waits_there = |call: &&Call| call.held_at() == Some(dn);
        at_phone.or_else(|| self.calls.values().find(waits_there)).map(|call| call.uuid)
    }

    /// Whether a call is up, rings or waits.
    #[must_use]
    pub fn has(&self, conn: ConnId) -> bool {
        self.calls.contains_key(&conn)
    }

    /// The calls at a DN.
    #[must_use]
    pub fn calls_at(&self, dn: &Dn) -> &[ConnId] {
        self.dns.calls(dn)
    }

    /// The calls that a leg carries: several when its DN has a consultation beside its call.
    #[must_use]
    pub fn calls_on(&self, leg: LegId) -> Vec<ConnId> {
        match self.legs.get(&leg) {
            Some(LegUse::Dn(dn)) => self.dns.calls(dn).to_vec(),
            Some(LegUse::Call(conn)) => vec![*conn],
            Some(LegUse::Leaving) | None => Vec::new(),
        }
    }

    /// Lines for `/metrics`.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        self.meter.metrics(self.counts(), self.calls.values())
    }

    fn handle_leg(&mut self, now: Now, fact: LegFact) {
        match fact {
            LegFact::Answered { leg } => self.leg_answered(now, leg),
            LegFact::Digit { leg, digit } => self.key_by_info(now, leg, digit),
            LegFact::EarlyMedia { leg } => self.leg_plays(now, leg),
            LegFact::Referred { leg, target, replaces } => {
                self.phone_refers(now, leg, &target, replaces);
            }
            LegFact::DnInService { dn } => self.dn_in_service(now, &dn),
            LegFact::DnOutOfService { dn } => self.dn_out_of_service(now, &dn),
            LegFact::Ended { leg, cause } => self.leg_ended(now, leg, cause),
            LegFact::Lost { leg } => self.leg_lost(now, leg),
            LegFact::Offered { leg, source, ani, name, dnis, uuid } => {
                self.leg_offered(now, offer::Offer { leg, source, ani, name, dnis, uuid });
            }
            LegFact::PhoneDidNotAnswer { leg } => self.phone_did_not_answer(leg),
            LegFact::Moved { leg, target } => self.phone_moves(now, leg, &target),
            LegFact::Pressed { leg, button } => self.button_pressed(now, leg, button),
            LegFact::Ringing { leg } => self.leg_rings(now, leg),
        }
    }

    /// Tells signaling to end a leg; its facts are passed over from now on, up to the last.
    fn let_leg_go(&mut self, leg: LegId, cause: model::leg::Cause) {
        if let Some(at) = self.legs.get_mut(&leg).filter(|at| **at != LegUse::Leaving) {
            *at = LegUse::Leaving;
            self.heard.remove(&leg);
            self.out.leg(LegCommand::Release { leg, cause });
        }
    }
}

impl System for Switch {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Configuration(configuration) => self.configure(now, configuration),
            Input::Leg(fact) => self.handle_leg(now, fact),
            Input::Media(fact) => self.handle_media(now, &fact),
            Input::Recording(fact) => self.handle_recording(now, &fact),
            Input::Request(request) => self.handle_request(now, request),
            Input::Trunk { name, up } => self.trunks.is(name, up),
        }
        self.finish(now);
    }

    fn handle_timeout(&mut self, now: Now) {
        // No timer sets one that is due already, so this ends.
        while let Some(timer) = self.timers.take_due(now.instant) {
            match timer {
                timers::Timer::Answer(id) => self.answer_overdue(id),
                timers::Timer::NoAnswer(id) => self.no_answer(now, id),
                timers::Timer::OutOfService(dn) => self.out_of_service_for_long(now, &dn),
                timers::Timer::PhoneBack(id) => {
                    self.phone_unanswered(now, id, ring::Unanswered::Unreachable, None);
                }
                timers::Timer::Resume(dn) => self.page_did_not_return(now, &dn),
                timers::Timer::Treatment(id) => self.treatment_overdue(now, id),
                timers::Timer::WrapUp(dn) => self.wrap_up_over(now, &dn),
            }
        }
        self.finish(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }
}

/// Outputs in the order in which they were said.
type Outputs = VecDeque<Output>;
