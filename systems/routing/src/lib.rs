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
//! The router keeps no call that it was not asked to route, and bounds nothing itself: the switch
//! limits the calls, the configuration the agents.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    Configuration, ConnId, Dn, Event, EventName, KvList, Now, Origin, ReferenceId, Request,
    StrategyName, System, TRequest,
    config::{DnKind, OpenHours},
    error::{Refusal, TError},
    event::CallAttributes,
    id::CalendarName,
    request::Treatment,
    strategy::Goal,
};

use crate::{
    agents::AgentTable,
    calls::{CallTable, Priority, Stage},
    choose::Shares,
    last_agent::LastAgents,
    plan::{Plan, Team},
    run::no_answer,
    timers::{ASIDE, CLAIM_LIMIT, RETURN_LIMIT, Timer, Timers},
};

mod agents;
mod attach;
mod calls;
mod choose;
mod explain;
mod last_agent;
mod plan;
mod run;
mod timers;

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
}

/// What the router can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// For the switch: RouteCall, ApplyTreatment or UpdateUserData, of origin Router.
    Request(TRequest),
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
    shares: Shares,
    timers: Timers,
    /// Counts the operations that calls wait in.
    turns: u64,
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
        self.plans = plan::compile(&configuration, &self.plans);
        self.agents.configure(&configuration);
        let calendars = configuration.calendars.iter();
        self.calendars = calendars
            .filter_map(|(name, calendar)| Some((name.clone(), calendar.open_hours().ok()?)))
            .collect();
        self.configuration = configuration;
        for conn in self.calls.conns() {
            let Some(call) = self.calls.call(conn) else { continue };
            // A call whose route point is gone keeps the plan that it came under.
            if let Some(plan) = self.plan_of(&call.route_point) {
                self.follow(conn, Some(plan));
                self.run(now, conn);
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
            EventName::Abandoned => self.call_abandoned(now, conn, dn),
            EventName::AttachedDataChanged => {
                let priority = priority(&attributes.user_data);
                self.calls.change(conn, |call| {
                    call.priority.asked = priority;
                    call.user_data = Arc::clone(&attributes.user_data);
                });
            }
            EventName::Diverted => self.call_diverted(now, conn, dn),
            EventName::Established => {
                if let (Some(ani), Some(agent)) = (&attributes.ani, &event.agent) {
                    self.last_agents.note(now, ani, &agent.agent);
                }
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
            EventName::Released => self.call_released(now, conn, dn),
            EventName::Ringing => self.call_rings(conn, dn),
            EventName::RouteRequest => self.route_requested(now, dn, attributes),
            EventName::RouteUsed => self.calls.change(conn, |call| call.hears_music = false),
            EventName::AgentIdleReasonSet
            | EventName::AgentLogin
            | EventName::AgentLogout
            | EventName::AgentNotReady
            | EventName::AgentReady
            | EventName::DestinationBusy
            | EventName::Dialing
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
            | EventName::TreatmentEnd
            | EventName::UserEvent => {}
        }
    }

    fn route_requested(&mut self, now: Now, dn: &Dn, attributes: &CallAttributes) {
        let conn = attributes.conn;
        // The switch asks anew: what was under way for this call is void.
        let freed = self.withdraw(conn);
        self.calls.enter(now, dn, attributes);
        let plan = self.plan_of(dn);
        let wants_customer = plan.as_ref().is_some_and(|plan| plan.source.attach_customer);
        let is_first = self.calls.call(conn).is_some_and(|call| !call.was_asked);
        let attach = match &attributes.ani {
            Some(ani) if wants_customer && is_first => attach::customer(&self.configuration, ani),
            Some(_) | None => KvList::new(),
        };
        let priority = priority(&attributes.user_data);
        self.calls.change(conn, |call| {
            call.priority.asked = priority;
            call.user_data = Arc::clone(&attributes.user_data);
            call.attach = attach;
            call.was_asked = true;
            call.hears_music = false;
            call.refusals = 0;
            call.stage = Stage::Waiting;
        });
        let begins = self.follow(conn, plan);
        if begins {
            self.run(now, conn);
        }
        if freed.is_some() {
            self.seek_for_all(now);
        } else if !begins {
            self.seek(now, conn);
            self.catch_up(now, conn);
        }
        self.tell_to_wait(conn);
    }

    /// Has a call follow a strategy. True when it is another than before: then it begins it.
    fn follow(&mut self, conn: ConnId, plan: Option<Arc<Plan>>) -> bool {
        let Some(call) = self.calls.call(conn) else { return false };
        let is_same = match (&call.plan, &plan) {
            (Some(before), Some(now)) => Arc::ptr_eq(before, now),
            (Some(_), None) | (None, Some(_)) => false,
            (None, None) => true,
        };
        if is_same {
            return false;
        }
        self.calls.change(conn, |call| {
            call.plan = plan;
            call.at = 0;
            call.turn = 0;
            call.is_overdue = false;
            call.teams.clear();
            call.priority = Priority { asked: call.priority.asked, ..Priority::default() };
        });
        true
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
        let Some(call) = self.calls.call(conn) else { return };
        let Some(plan) = call.plan.clone() else { return };
        let dn = call.route_point.clone();
        let agent = self.agents.agent(target).and_then(|id| self.configuration.agent(id));
        let user_data = attach::target(call, conn, &plan, (team, agent));
        self.note_share(conn, &plan, team);
        self.ask(Request::UpdateUserData { dn: dn.clone(), conn, user_data });
        let no_answer = no_answer(&plan);
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
        if call.stage != Stage::Waiting || call.hears_music {
            return;
        }
        let (dn, user_data) = (call.route_point.clone(), call.attach.clone());
        self.calls.change(conn, |call| {
            call.attach = KvList::new();
            call.hears_music = true;
        });
        if !user_data.is_empty() {
            self.ask(Request::UpdateUserData { dn: dn.clone(), conn, user_data });
        }
        self.ask(Request::ApplyTreatment { dn, conn, treatment: Treatment::Music });
    }

    fn handle_outcome(&mut self, now: Now, reference: ReferenceId, refusal: Option<&Refusal>) {
        // Of RouteCall alone: a refused treatment or update changes no choice.
        let (Some(conn), Some(refusal)) = (self.calls.offered_by(reference), refusal) else {
            return;
        };
        let is_sent = |call: &calls::Call| matches!(call.stage, Stage::Sent { .. });
        if refusal.error == TError::InvalidConnId {
            self.forget(now, conn);
        } else if self.calls.call(conn).is_some_and(is_sent) {
            self.send_failed(now, conn);
            self.tell_to_wait(conn);
        } else {
            self.route_failed(now, conn);
            self.seek(now, conn);
            self.catch_up(now, conn);
            self.tell_to_wait(conn);
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
            Stage::Resting | Stage::Waiting => self.forget(now, conn),
            Stage::Sent { to, .. } => {
                let goes_on = matches!(to, Goal::RoutePoint(_));
                let rings_s = call.plan.as_ref().map_or(0, |plan| plan.source.no_answer_s);
                self.calls.change(conn, |call| {
                    call.stage = Stage::Left;
                    match goes_on {
                        // The next strategy is begun, even if it is the same one.
                        true => call.plan = None,
                        // When it comes back this was in vain.
                        false => call.at += 1,
                    }
                    call.hops += u32::from(goes_on);
                });
                let rings = Duration::from_secs(u64::from(rings_s));
                self.timers.set(now.instant + RETURN_LIMIT + rings, Timer::Return(conn));
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

    /// Only takes note: what follows for calls and agents is worked out once, for all of it. Says
    /// whether anything may follow.
    fn time_is_up(&mut self, now: Now, timer: Timer) -> bool {
        match timer {
            Timer::Aside(dn) => self.agents.take_back(now, &dn),
            // The switch said nothing, or accepted and then the phone never rang.
            Timer::Claim(dn, reference) => match self.calls.offered_by(reference) {
                Some(conn) => {
                    self.route_failed(now, conn);
                    true
                }
                None => self.agents.end_claim(&dn, reference),
            },
            Timer::Rest(conn) => {
                let rests = self.calls.call(conn).is_some_and(|c| c.stage == Stage::Resting);
                if rests {
                    self.calls.change(conn, |call| {
                        call.refusals = 0;
                        call.stage = Stage::Waiting;
                    });
                }
                rests
            }
            Timer::Step(conn, turn) => {
                if self.calls.call(conn).is_some_and(|call| call.turn == turn) {
                    self.step_is_over(now, conn);
                }
                true
            }
            Timer::Return(conn) => {
                if self.calls.call(conn).is_some_and(|call| call.stage == Stage::Left) {
                    self.calls.remove(conn);
                }
                false
            }
        }
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
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        let mut may_route = false;
        // Working a timer off sets none that is due already, so this ends.
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
