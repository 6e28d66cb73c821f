//! Strategies, waiting calls, skills and the choice of agent (URS).
//!
//! Told the switch's events, the router answers every EventRouteRequest: it attaches what is known
//! of the caller, and sends the call to the agent who has been ready longest among those whose
//! skills satisfy the route point's strategy. While there is none the caller hears music, and
//! each agent who becomes available is offered the waiting call of the highest priority, then the
//! one that has waited longest. Decided here, with reasons:
//!
//! - A chosen agent is *claimed* until the switch refuses, the phone rings or the claim runs out:
//!   two calls never get one agent, and a lost answer never costs an agent.
//! - A refusal puts the agent aside for a moment, so that the next one is tried at once and the
//!   same one isn't asked in a circle. A call refused many times in a row rests as well: a fault
//!   of the call itself must not put a whole team aside.
//! - A call that comes back from an agent who did not answer keeps its place: it waits since it
//!   first came.
//! - Equal idle times are told apart by DN, not by lot: a replay must choose alike.
//!
//! - A call under way follows a changed strategy where only words were changed (`run.rs`).
//!
//! The router keeps no call that it was not asked to route, but for the promises to call back; it
//! bounds nothing itself: the switch limits the calls, the configuration the agents.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use model::{
    CallType, Configuration, ConnId, Dn, Event, EventName, KvList, Now, Origin, ReferenceId,
    Request, StrategyName, System, TRequest,
    config::{DnKind, OpenHours},
    error::{Refusal, TError},
    event::CallAttributes,
    id::CalendarName,
    request::Treatment,
    webhook::{Webhook, WebhookAnswer},
};

use crate::{
    agents::AgentTable,
    calls::{Asked, CallTable, Stage},
    choose::Shares,
    explain::Decisions,
    last_agent::LastAgents,
    plan::{Plan, Team},
    timers::{ASIDE, CLAIM_LIMIT, RETURN_LIMIT, Timer, Timers},
};

pub use saved::Saved;

mod agents;
mod attach;
mod callback;
mod calls;
mod choose;
mod explain;
mod facts;
mod last_agent;
mod plan;
pub mod replay;
mod run;
mod saved;
mod teams;
mod timers;
mod treat;

/// What the router can be told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The site's configuration. Calls that wait are looked at again under it.
    Configuration(Arc<Configuration>),
    /// Something happened at a DN. All events of the switch, in their order.
    Event(Arc<Event>),
    /// What became of a request of the router's own.
    Outcome {
        /// Its number.
        reference: ReferenceId,
        /// Why it was refused, if it was.
        refusal: Option<Refusal>,
    },
    /// What a program answered, or why it did not.
    Webhook(WebhookAnswer),
}

/// What the router can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// For the switch: RouteCall, ApplyTreatment, UpdateUserData, ReleaseCall or MakeCall, of
    /// origin Router.
    Request(TRequest),
    /// For whoever asks programs: answered by `Webhook`, or not.
    Webhook(Webhook),
}

/// How many of everything there are, to see that nothing leaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Agents who would get a call now.
    pub available: usize,
    /// Calls on their way to an agent, from the choice to the answer.
    pub offered: usize,
    /// Calls that wait.
    pub waiting: usize,
}

/// The router.
#[derive(Debug, Default)]
pub struct Router {
    configuration: Arc<Configuration>,
    plans: BTreeMap<StrategyName, Arc<Plan>>,
    agents: AgentTable,
    calls: CallTable,
    calendars: BTreeMap<CalendarName, OpenHours>,
    last_agents: LastAgents,
    decisions: Decisions,
    shares: Shares,
    timers: Timers,
    /// Promises to call back, by the call that dials.
    dialling: BTreeMap<ConnId, ConnId>,
    last_promise: u64,
    /// Promises of before a restart that wait for the configuration.
    restored: Vec<saved::Restored>,
    out: VecDeque<Output>,
    last_reference: u64,
}

impl Router {
    /// A router that knows no agent and no call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many of everything there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            available: self.agents.available().count(),
            offered: self.calls.offered(),
            waiting: self.calls.waiting(),
        }
    }

    fn configure(&mut self, now: Now, configuration: Arc<Configuration>) {
        let plans = plan::compile(&configuration, &self.plans);
        let before = std::mem::replace(&mut self.plans, plans);
        self.keep_shares(&before);
        self.agents.configure(&configuration);
        let calendars = configuration.calendars.iter();
        self.calendars = calendars
            .filter_map(|(name, calendar)| Some((name.clone(), calendar.open_hours().ok()?)))
            .collect();
        self.configuration = configuration;
        self.take_up(now);
        for conn in self.calls.conns() {
            let Some(call) = self.calls.call(conn) else { continue };
            // A call whose route point is gone keeps the plan that it came under.
            if let Some(plan) = self.plan_of(&call.route_point) {
                self.adopt(now, conn, &plan);
            }
        }
        self.seek_for_all(now);
    }

    fn handle_event(&mut self, now: Now, event: &Event) {
        if let Some(call) = &event.call {
            self.handle_call_event(now, event, call);
        }
        if self.is_route_point(&event.this_dn) {
            return;
        }
        if let EventName::Abandoned | EventName::Released = event.name {
            // After-call work and NotReady are told in the same breath as the call's end: the
            // agent is judged once all of it is heard.
            self.put_aside(&event.this_dn, now.instant);
        }
        if self.agents.learn(now, event) {
            self.offer(now, &event.this_dn);
        }
    }

    fn handle_call_event(&mut self, now: Now, event: &Event, attributes: &CallAttributes) {
        let (conn, dn) = (attributes.conn, &event.this_dn);
        match event.name {
            EventName::Abandoned => {
                self.promise_in_vain(now, conn);
                self.call_abandoned(now, conn, dn);
            }
            EventName::AttachedDataChanged => {
                let priority = priority(&attributes.user_data);
                self.calls.change(conn, |call| {
                    call.priority.asked = priority;
                    call.user_data = Arc::clone(&attributes.user_data);
                });
            }
            EventName::Diverted => self.call_diverted(now, conn, dn),
            EventName::Dialing => self.promise_dials(dn, conn, event),
            EventName::Established => {
                self.note_last_agent(now, event, attributes);
                self.promise_kept(conn);
                self.forget(now, conn);
            }
            // What was routed under the previous ConnID goes on under this one, beyond routing.
            EventName::PartyChanged => {
                if let Some(previous) = attributes.previous_conn {
                    self.forget(now, previous);
                }
            }
            EventName::Queued => {
                if self.is_route_point(dn) {
                    self.calls.enter(now, dn, attributes);
                }
            }
            EventName::Released => {
                self.promise_in_vain(now, conn);
                self.call_released(now, conn, dn);
            }
            EventName::Ringing => self.call_rings(conn, dn),
            EventName::RouteRequest => self.route_requested(now, dn, attributes),
            EventName::RouteUsed => self.calls.change(conn, |call| call.hears_music = false),
            EventName::TreatmentEnd => self.treatment_ended(now, conn, event),
            EventName::AgentIdleReasonSet
            | EventName::AgentLogin
            | EventName::AgentLogout
            | EventName::AgentNotReady
            | EventName::AgentReady
            | EventName::DestinationBusy
            | EventName::DnBackInService
            | EventName::DnOutOfService
            | EventName::DndOff
            | EventName::DndOn
            | EventName::DtmfSent
            | EventName::ForwardCancel
            | EventName::ForwardSet
            | EventName::Held
            | EventName::ListenDisconnected
            | EventName::ListenReconnected
            | EventName::MonitoringCancelled
            | EventName::MonitoringNextCall
            | EventName::MuteOff
            | EventName::MuteOn
            | EventName::NetworkReached
            | EventName::PartyAdded
            | EventName::PartyDeleted
            | EventName::PrivateInfo
            | EventName::Retrieved
            | EventName::TreatmentApplied
            | EventName::UserEvent => {}
        }
    }

    fn route_requested(&mut self, now: Now, dn: &Dn, attributes: &CallAttributes) {
        let conn = attributes.conn;
        // The switch asks anew: what was under way for this call is void.
        let freed = self.withdraw(conn);
        self.calls.enter(now, dn, attributes);
        self.look_up(conn, dn, attributes);
        let priority = priority(&attributes.user_data);
        self.calls.change(conn, |call| {
            call.priority.asked = priority;
            call.user_data = Arc::clone(&attributes.user_data);
            call.hears_music = false;
            call.refusals = 0;
            call.stage = Stage::Waiting;
            // Said or asked before, by a treatment that has ended since.
            call.asks = None;
        });
        let begins = |call: &calls::Call| call.began_at.as_ref() != Some(dn) || call.plan.is_none();
        if self.calls.call(conn).is_some_and(begins) {
            let plan = self.plan_of(dn);
            self.begin(conn, dn, plan);
        }
        self.go_on(now, conn);
        if freed.is_some() {
            self.seek_for_all(now);
        }
        self.tell_to_wait(conn);
    }

    /// Who calls, once for every call whose strategy wants to know.
    fn look_up(&mut self, conn: ConnId, route_point: &Dn, attributes: &CallAttributes) {
        let wants = |plan: &Arc<Plan>| plan.source.attach_customer;
        let is_wanted = self.plan_of(route_point).as_ref().is_some_and(wants);
        let is_known = self.calls.call(conn).is_some_and(|call| call.is_looked_up);
        let Some(ani) = attributes.ani.as_ref().filter(|_| is_wanted && !is_known) else { return };
        let customer = attach::customer(&self.configuration, ani);
        self.calls.change(conn, |call| {
            call.is_looked_up = true;
            run::update(&mut call.attach, &customer);
        });
    }

    /// Who had a caller last: of calls from and to outside.
    fn note_last_agent(&mut self, now: Now, event: &Event, attributes: &CallAttributes) {
        let caller = match attributes.call_type {
            CallType::Inbound => attributes.ani.as_ref(),
            CallType::Outbound => attributes.dnis.as_ref(),
            CallType::Consult | CallType::Internal | CallType::Unknown => None,
        };
        if let (Some(caller), Some(agent)) = (caller, &event.agent) {
            self.last_agents.note(now, caller, &agent.agent);
        }
    }

    /// Every waiting call in its turn.
    fn seek_for_all(&mut self, now: Now) {
        for conn in self.calls.waiting_in_order(now) {
            self.seek(now, conn);
        }
    }

    /// Sends a waiting call to the agent who is to get it, if there is one who is free.
    fn seek(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.call(conn).filter(|call| call.stage == Stage::Waiting) else {
            return;
        };
        call.teams.iter().for_each(|(team, _)| self.agents.know(team));
        if let Some((dn, team)) = self.choose(now, call) {
            self.send(now, conn, &team, &dn);
        }
    }

    /// Offers an agent who is available to the waiting call that comes first.
    fn offer(&mut self, now: Now, dn: &Dn) {
        if !self.agents.is_available(dn) {
            return;
        }
        let suits = |team: &Team| self.agents.suits(dn, team);
        let Some(conn) = self.calls.first_waiting(now, suits) else { return };
        let Some(call) = self.calls.call(conn) else { return };
        let team = call.teams.iter().find(|(team, _)| suits(team)).map(|(team, _)| team);
        if let Some(team) = team.cloned() {
            self.send(now, conn, &team, dn);
        }
    }

    /// Claims the agent and asks the switch to route.
    fn send(&mut self, now: Now, conn: ConnId, team: &Team, target: &Dn) {
        self.note_decision(now, conn, team, target);
        let Some(call) = self.calls.call(conn) else { return };
        let Some(plan) = call.plan.clone() else { return };
        if call.promise.is_some() {
            return self.call_back(now, conn, team, target);
        }
        let dn = call.route_point.clone();
        let agent = self.agents.agent(target).and_then(|id| self.configuration.agent(id));
        let user_data = attach::target(call, conn, &plan, (team, agent));
        self.note_share(conn, &plan, team);
        self.ask(Request::UpdateUserData { dn: dn.clone(), conn, user_data });
        let no_answer = attach::no_answer(&plan);
        let target = target.clone();
        let extensions = plan.source.record.map_or_else(KvList::new, |is_on| {
            KvList::new().with("record", if is_on { "destination" } else { "disable_destination" })
        });
        let route = Request::RouteCall { dn, conn, target: target.clone(), no_answer };
        let reference = self.ask_with(route, extensions);
        self.agents.claim(&target, conn, reference);
        self.timers.set(now.instant + CLAIM_LIMIT, Timer::Claim(target.clone(), reference));
        self.calls.change(conn, |call| {
            call.attach = KvList::new();
            call.offers += 1;
            call.stage = Stage::Offered { dn: target, reference };
        });
    }

    /// What a call without an agent gets: its customer's data, and music.
    fn tell_to_wait(&mut self, conn: ConnId) {
        let Some(call) = self.calls.call(conn) else { return };
        let waits = match call.stage {
            Stage::Asking => call.asks.is_some_and(|asks| asks.what == Asked::Webhook),
            Stage::Waiting => call.asks.is_none(),
            Stage::Left
            | Stage::Offered { .. }
            | Stage::Resting
            | Stage::Ringing { .. }
            | Stage::Sent { .. } => false,
        };
        if !waits || call.hears_music || call.promise.is_some() {
            return;
        }
        let dn = call.route_point.clone();
        self.flush(conn);
        self.calls.change(conn, |call| call.hears_music = true);
        self.ask(Request::ApplyTreatment { dn, conn, treatment: Treatment::Music });
    }

    /// Attaches what waits to be attached.
    fn flush(&mut self, conn: ConnId) {
        let Some(call) = self.calls.call(conn).filter(|call| !call.attach.is_empty()) else {
            return;
        };
        let (dn, user_data) = (call.route_point.clone(), call.attach.clone());
        self.calls.change(conn, |call| {
            let mut known = (*call.user_data).clone();
            run::update(&mut known, &call.attach);
            call.user_data = Arc::new(known);
            call.attach = KvList::new();
        });
        self.ask(Request::UpdateUserData { dn, conn, user_data });
    }

    fn handle_outcome(&mut self, now: Now, reference: ReferenceId, refusal: Option<&Refusal>) {
        // A refused update changes no choice.
        let Some(refusal) = refusal else { return };
        if let Some(conn) = self.calls.asking_for(reference) {
            return self.treatment_refused(now, conn);
        }
        let Some(conn) = self.calls.offered_by(reference) else { return };
        let Some(call) = self.calls.call(conn) else { return };
        let is_sent = matches!(call.stage, Stage::Sent { .. });
        let is_gone = refusal.error == TError::InvalidConnId && call.promise.is_none();
        if is_gone {
            self.forget(now, conn);
        } else if is_sent {
            self.send_failed(now, conn);
        } else {
            self.route_failed(now, conn);
            self.go_on(now, conn);
        }
    }

    /// The agent who did not get the call is put aside for a moment, and the call waits again.
    fn route_failed(&mut self, now: Now, conn: ConnId) {
        let Some(dn) = self.withdraw(conn) else { return };
        self.put_aside(&dn, now.instant + ASIDE);
        let refusals = self.calls.call(conn).map_or(0, |call| call.refusals) + 1;
        let rests = refusals >= REFUSALS_IN_A_ROW_MAX;
        self.calls.change(conn, |call| {
            call.refusals = refusals;
            call.stage = if rests { Stage::Resting } else { Stage::Waiting };
        });
        if rests {
            self.timers.set(now.instant + ASIDE, Timer::Rest(conn));
        }
    }

    fn put_aside(&mut self, dn: &Dn, until: Instant) {
        self.agents.put_aside(dn, until);
        self.timers.set(until, Timer::Aside(dn.clone()));
    }

    fn call_rings(&mut self, conn: ConnId, dn: &Dn) {
        let is_ours = self.calls.call(conn).is_some_and(|call| call.stage.is_offered_to(dn));
        if is_ours {
            self.calls.change(conn, |call| call.stage = Stage::Ringing { dn: dn.clone() });
        }
    }

    /// A call that left its route point on its way to our agent may come back; any other won't.
    fn call_diverted(&mut self, now: Now, conn: ConnId, dn: &Dn) {
        let Some(call) = self.calls.call(conn).filter(|call| call.route_point == *dn) else {
            return;
        };
        match &call.stage {
            Stage::Left | Stage::Offered { .. } | Stage::Ringing { .. } => {}
            Stage::Asking | Stage::Resting | Stage::Waiting => self.forget(now, conn),
            Stage::Sent { to, .. } => {
                let to = to.clone();
                self.sent_call_left(now, conn, &to);
            }
        }
    }

    fn call_released(&mut self, now: Now, conn: ConnId, dn: &Dn) {
        let Some(call) = self.calls.call(conn) else { return };
        if call.route_point == *dn {
            self.forget(now, conn);
        } else if call.stage.rings_at(dn) {
            // Not answered: the switch asks again in a moment, and the call keeps its place.
            self.calls.change(conn, |call| call.stage = Stage::Left);
            self.timers.set(now.instant + RETURN_LIMIT, Timer::Return(conn));
        }
    }

    /// The caller gave up, at the route point or while a phone rang for the call.
    fn call_abandoned(&mut self, now: Now, conn: ConnId, dn: &Dn) {
        let Some(call) = self.calls.call(conn) else { return };
        let is_ours = call.stage.is_offered_to(dn) || call.stage.rings_at(dn);
        if is_ours || call.route_point == *dn {
            self.forget(now, conn);
        }
    }

    fn forget(&mut self, now: Now, conn: ConnId) {
        let freed = self.withdraw(conn);
        self.calls.remove(conn);
        if let Some(freed) = freed {
            self.offer(now, &freed);
        }
    }

    /// Takes the claim of an offered call back; says whom it frees.
    fn withdraw(&mut self, conn: ConnId) -> Option<Dn> {
        let Stage::Offered { dn, .. } = self.calls.call(conn)?.stage.clone() else { return None };
        self.calls.change(conn, |call| call.stage = Stage::Left);
        self.agents.unclaim(&dn, conn);
        Some(dn)
    }

    /// Says whether a call or an agent is free that was not before.
    fn time_is_up(&mut self, now: Now, timer: Timer) -> bool {
        match timer {
            Timer::Aside(dn) => return self.agents.take_back(now, &dn),
            // The switch said nothing, or accepted and then the phone never rang.
            Timer::Claim(dn, reference) => match self.calls.offered_by(reference) {
                Some(conn) => {
                    self.route_failed(now, conn);
                    self.go_on(now, conn);
                }
                None => return self.agents.end_claim(&dn, reference),
            },
            Timer::Expire(id) => self.promise_expired(now, id),
            Timer::Pastime(conn, at) => {
                self.pastime_is_over(now, conn, at);
                return false;
            }
            Timer::Rest(conn) => {
                let rests = self.calls.call(conn).is_some_and(|c| c.stage == Stage::Resting);
                if rests {
                    self.calls.change(conn, |call| {
                        call.refusals = 0;
                        call.stage = Stage::Waiting;
                    });
                    self.go_on(now, conn);
                }
            }
            Timer::Return(conn) => {
                if self.calls.call(conn).is_some_and(|call| call.stage == Stage::Left) {
                    self.calls.remove(conn);
                }
                return false;
            }
            Timer::Sent(reference) => {
                if let Some(conn) = self.calls.offered_by(reference) {
                    self.send_failed(now, conn);
                }
            }
            Timer::Step(conn) => self.go_on(now, conn),
            Timer::Webhook(reference) => {
                let late = Err("no answer in time".to_owned());
                self.program_answered(now, reference, late);
            }
        }
        true
    }

    fn plan_of(&self, route_point: &Dn) -> Option<Arc<Plan>> {
        match &self.configuration.dns.get(route_point)?.kind {
            DnKind::RoutePoint { strategy, .. } => self.plans.get(strategy).cloned(),
            DnKind::Extension { .. } | DnKind::VirtualQueue => None,
        }
    }

    fn is_route_point(&self, dn: &Dn) -> bool {
        let kind = self.configuration.dns.get(dn).map(|object| &object.kind);
        matches!(kind, Some(DnKind::RoutePoint { .. }))
    }

    fn ask(&mut self, request: Request) -> ReferenceId {
        self.ask_with(request, KvList::new())
    }

    fn ask_with(&mut self, request: Request, extensions: KvList) -> ReferenceId {
        self.last_reference += 1;
        let reference = ReferenceId(self.last_reference);
        self.out.push_back(Output::Request(TRequest {
            origin: Origin::Router,
            reference,
            reasons: KvList::new(),
            extensions,
            request,
        }));
        reference
    }
}

impl System for Router {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Configuration(configuration) => self.configure(now, configuration),
            Input::Event(event) => self.handle_event(now, &event),
            Input::Outcome { reference, refusal } => {
                self.handle_outcome(now, reference, refusal.as_ref());
            }
            Input::Webhook(WebhookAnswer { id, answer }) => {
                self.program_answered(now, ReferenceId(id), answer);
            }
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        let mut may_route = false;
        // Working a timer off sets none that is due already, but for operations that wait for no
        // time at all, and every operation leads forward: so this ends.
        while let Some(timer) = self.timers.take_due(now.instant) {
            may_route |= self.time_is_up(now, timer);
        }
        if may_route {
            self.seek_for_all(now);
            let waiting = self.calls.waiting_in_order(now);
            waiting.into_iter().for_each(|conn| self.tell_to_wait(conn));
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }
}

/// User data key `priority`: higher goes first; 0 when not given.
fn priority(user_data: &KvList) -> i64 {
    user_data.int("priority").unwrap_or(0)
}

/// Refusals after which a call rests.
const REFUSALS_IN_A_ROW_MAX: u32 = 10;
