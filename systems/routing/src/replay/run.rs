//! A switch, callers and agents for the router, in virtual time.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    AgentId, AgentState, CallState, CallType, Capabilities, Configuration, ConnId, Dn, DnRole,
    Event, EventName, KvList, Now, Origin, ReferenceId, Request, System, TRequest, WorkMode,
    error::{Refusal, TError},
    event::{AgentAttributes, CallAttributes},
    id::CallUuids,
    replay::{Past, PastEnd},
    request::Treatment,
    webhook::{Webhook, WebhookAnswer},
};

use super::figures::{Fate, percent};
use crate::{Input, Output, Router};

/// The past while it is lived through again.
pub struct Run<'a> {
    past: &'a Past,
    configuration: Arc<Configuration>,
    router: Router,
    /// When `past.from_ms` is.
    began: Now,
    now: Now,
    next: BinaryHeap<Reverse<(u64, u64, Next)>>,
    /// Counts up, so that what is due at one time keeps its order.
    drawn: u64,
    sequence: u64,
    untold: VecDeque<Input>,
    is_telling: bool,
    calls: Vec<Live>,
    agents: BTreeMap<Dn, Seat>,
    uuids: CallUuids,
    worked_ms: u64,
    usual: (u64, u64),
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Arrives(usize),
    GivesUp(usize),
    Answers(usize, Dn),
    HangsUp(usize, Dn),
    IsDone(Dn),
    Treated(usize, ReferenceId),
    Comes(usize),
    Goes(usize),
}

/// A call of the past that came again.
#[derive(Clone, Debug)]
struct Live {
    fate: Option<Fate>,
    at: Dn,
    user_data: Arc<KvList>,
}

/// An agent's desk.
#[derive(Clone, Debug)]
struct Seat {
    agent: AgentId,
    is_there: bool,
    is_busy: bool,
}

impl<'a> Run<'a> {
    pub fn new(past: &'a Past, configuration: Arc<Configuration>, any: Instant) -> Self {
        let began = Now::new(any, Duration::from_millis(past.from_ms));
        let mut run = Self {
            past,
            configuration,
            router: Router::new(),
            began,
            now: began,
            next: BinaryHeap::new(),
            drawn: 0,
            sequence: 0,
            untold: VecDeque::new(),
            is_telling: false,
            calls: Vec::new(),
            agents: BTreeMap::new(),
            uuids: CallUuids::new(1),
            worked_ms: 0,
            usual: usual(past),
        };
        let site = Arc::clone(&run.configuration);
        run.tell(Input::Configuration(site));
        for (at, shift) in past.shifts.iter().enumerate() {
            run.plan(shift.from_ms, Next::Comes(at));
            run.plan(shift.to_ms, Next::Goes(at));
        }
        for (at, call) in past.calls.iter().enumerate() {
            run.calls.push(Live {
                fate: None,
                at: call.route_point.clone(),
                user_data: Arc::default(),
            });
            run.plan(call.at_ms, Next::Arrives(at));
        }
        run
    }

    /// Until everything that was to happen has happened, or the span and an hour are over.
    pub fn live(&mut self) {
        let end_ms = self.past.to_ms + LATEST_MS;
        while let Some(Reverse((at_ms, ..))) = self.next.peek() {
            let at_ms = *at_ms;
            if at_ms > end_ms {
                return;
            }
            self.pass_to(at_ms);
            while let Some(Reverse((due, ..))) = self.next.peek()
                && *due <= at_ms
            {
                let Some(Reverse((_, _, next))) = self.next.pop() else { return };
                self.happen(next);
            }
            // Whoever hung up this moment takes the next call at once.
            self.pass_to(at_ms);
        }
    }

    /// What became of each call, and how busy agents were.
    pub fn into_fates(self) -> (Vec<Fate>, Option<f32>) {
        let there = self.past.shifts.iter().map(|shift| shift.to_ms - shift.from_ms).sum();
        let fates = self.calls.iter().map(|call| call.fate.unwrap_or(Fate::Other)).collect();
        (fates, percent(self.worked_ms, there))
    }

    fn happen(&mut self, next: Next) {
        match next {
            Next::Arrives(at) => self.arrives(at),
            Next::GivesUp(at) => {
                let waits = self.calls.get(at).is_some_and(|call| call.fate.is_none());
                if waits {
                    self.ends(at, Fate::Abandoned(self.waited_ms(at)), EventName::Abandoned);
                }
            }
            Next::Answers(at, dn) => self.answers(at, &dn),
            Next::HangsUp(at, dn) => self.hangs_up(at, &dn),
            Next::IsDone(dn) => self.is_done(&dn),
            Next::Treated(at, reference) => self.treated(at, reference),
            Next::Comes(at) => self.comes(at),
            Next::Goes(at) => self.goes(at),
        }
    }

    fn arrives(&mut self, at: usize) {
        let Some(call) = self.past.calls.get(at) else { return };
        if call.end == PastEnd::Abandoned {
            self.plan(call.at_ms + call.wait_ms, Next::GivesUp(at));
        }
        self.queues(at, &call.route_point);
    }

    /// A call is at a route point, which may not be one any more.
    fn queues(&mut self, at: usize, route_point: &Dn) {
        let Some(call) = self.calls.get_mut(at) else { return };
        call.at = route_point.clone();
        for name in [EventName::Queued, EventName::RouteRequest] {
            self.call_event(name, route_point, at, None);
        }
    }

    fn answers(&mut self, at: usize, dn: &Dn) {
        let waited = self.waited_ms(at);
        let Some(call) = self.calls.get_mut(at) else { return };
        if call.fate.is_some() {
            // The caller gave up while it rang.
            self.call_event(EventName::Abandoned, dn, at, None);
            return self.free(dn, 0);
        }
        call.fate = Some(Fate::Answered(waited));
        let route_point = call.at.clone();
        self.call_event(EventName::Established, dn, at, None);
        self.call_event(EventName::Diverted, &route_point, at, None);
        let (talk, _) = self.lasts(at);
        self.worked_ms += self.past.ring_ms + talk;
        self.plan(self.now_ms() + talk, Next::HangsUp(at, dn.clone()));
    }

    fn hangs_up(&mut self, at: usize, dn: &Dn) {
        self.call_event(EventName::Released, dn, at, None);
        let (_, after) = self.lasts(at);
        self.worked_ms += after;
        self.free(dn, after);
    }

    /// The agent is free once the after-call work is done.
    fn free(&mut self, dn: &Dn, after_ms: u64) {
        if after_ms > 0 {
            self.agent_event(EventName::AgentNotReady, dn, AgentState::AfterCallWork);
        }
        self.plan(self.now_ms() + after_ms, Next::IsDone(dn.clone()));
    }

    fn is_done(&mut self, dn: &Dn) {
        let Some(seat) = self.agents.get_mut(dn) else { return };
        seat.is_busy = false;
        let is_there = seat.is_there;
        if is_there {
            self.agent_event(EventName::AgentReady, dn, AgentState::Ready);
        } else {
            self.agent_event(EventName::AgentNotReady, dn, AgentState::NotReady);
        }
    }

    fn comes(&mut self, at: usize) {
        let Some(shift) = self.past.shifts.get(at) else { return };
        let dn = shift.dn.clone();
        if let Some(seat) = self.agents.get_mut(&dn).filter(|seat| seat.agent == shift.agent) {
            seat.is_there = true;
            if !seat.is_busy {
                self.agent_event(EventName::AgentReady, &dn, AgentState::Ready);
            }
            return;
        }
        let seat = Seat { agent: shift.agent.clone(), is_there: true, is_busy: false };
        if self.agents.insert(dn.clone(), seat).is_none() {
            self.event(EventName::DnBackInService, &dn, None, None, None);
        }
        self.agent_event(EventName::AgentLogin, &dn, AgentState::NotReady);
        self.agent_event(EventName::AgentReady, &dn, AgentState::Ready);
    }

    fn goes(&mut self, at: usize) {
        let Some(shift) = self.past.shifts.get(at) else { return };
        let dn = shift.dn.clone();
        let Some(seat) = self.agents.get_mut(&dn).filter(|seat| seat.agent == shift.agent) else {
            return;
        };
        seat.is_there = false;
        if !seat.is_busy {
            self.agent_event(EventName::AgentNotReady, &dn, AgentState::NotReady);
        }
    }

    fn treated(&mut self, at: usize, reference: ReferenceId) {
        let Some(call) = self.calls.get(at).filter(|call| call.fate.is_none()) else { return };
        let route_point = call.at.clone();
        let reference = Some((Origin::Router, reference));
        self.call_event(EventName::TreatmentEnd, &route_point, at, reference);
    }

    /// A call that waits is over.
    fn ends(&mut self, at: usize, fate: Fate, name: EventName) {
        let Some(call) = self.calls.get_mut(at) else { return };
        call.fate = Some(fate);
        let route_point = call.at.clone();
        self.call_event(name, &route_point, at, None);
    }

    /// Carries out what the router wants.
    fn carry_out(&mut self, asked: TRequest) {
        let reference = asked.reference;
        match asked.request {
            Request::RouteCall { conn, target, .. } => self.route(conn, &target, reference),
            Request::ApplyTreatment { conn, treatment, .. } => {
                self.accept(reference);
                let Some(at) = place(conn) else { return };
                match treatment {
                    Treatment::Announcement(_) | Treatment::CollectDigits(..) => {
                        self.plan(self.now_ms() + SAYS_MS, Next::Treated(at, reference));
                    }
                    Treatment::RecordMessage { .. } => {
                        self.ends(at, Fate::Other, EventName::Abandoned);
                    }
                    Treatment::Music | Treatment::RingBack | Treatment::Silence => {}
                }
            }
            Request::UpdateUserData { conn, user_data, dn } => {
                self.accept(reference);
                let Some(at) = place(conn) else { return };
                let Some(call) = self.calls.get_mut(at) else { return };
                let mut all = KvList::clone(&call.user_data);
                for (key, value) in user_data.iter() {
                    all.update(key, value.clone());
                }
                call.user_data = Arc::new(all);
                self.call_event(EventName::AttachedDataChanged, &dn, at, None);
            }
            Request::ReleaseCall { conn, .. } => {
                self.accept(reference);
                if let Some(at) = place(conn) {
                    self.ends(at, Fate::Other, EventName::Abandoned);
                }
            }
            // A promise to call back: nobody knows whether the caller would take the call.
            _ => {
                let refusal = Some(Refusal::new(TError::DnBusy, "it is past"));
                self.tell(Input::Outcome { reference, refusal });
            }
        }
    }

    fn route(&mut self, conn: ConnId, target: &Dn, reference: ReferenceId) {
        self.accept(reference);
        let Some(at) = place(conn) else { return };
        let Some(call) = self.calls.get_mut(at).filter(|call| call.fate.is_none()) else { return };
        let from = call.at.clone();
        self.call_event(EventName::RouteUsed, &from, at, None);
        if let Some(seat) = self.agents.get_mut(target) {
            seat.is_busy = true;
            self.call_event(EventName::Ringing, target, at, None);
            let answers = self.now_ms() + self.past.ring_ms;
            return self.plan(answers, Next::Answers(at, target.clone()));
        }
        self.call_event(EventName::Diverted, &from, at, None);
        let is_route_point =
            self.configuration.dns.get(target).is_some_and(|object| {
                matches!(object.kind, model::config::DnKind::RoutePoint { .. })
            });
        if is_route_point {
            self.queues(at, target);
        } else if let Some(call) = self.calls.get_mut(at) {
            call.fate = Some(Fate::Other);
        }
    }

    fn accept(&mut self, reference: ReferenceId) {
        self.tell(Input::Outcome { reference, refusal: None });
    }

    fn webhook(&mut self, webhook: &Webhook) {
        let answer = Err("programs are not asked about the past".to_owned());
        self.tell(Input::Webhook(WebhookAnswer { id: webhook.id, answer }));
    }

    fn agent_event(&mut self, name: EventName, dn: &Dn, state: AgentState) {
        let Some(seat) = self.agents.get(dn) else { return };
        let agent = AgentAttributes {
            agent: seat.agent.clone(),
            state,
            work_mode: WorkMode::Unknown,
            reason: None,
        };
        self.event(name, dn, Some(agent), None, None);
    }

    fn call_event(
        &mut self,
        name: EventName,
        dn: &Dn,
        at: usize,
        reference: Option<(Origin, ReferenceId)>,
    ) {
        let (Some(past), Some(call)) = (self.past.calls.get(at), self.calls.get(at)) else {
            return;
        };
        let attributes = CallAttributes {
            conn: ConnId(at as u64 + 1),
            uuid: self.uuids.draw(),
            call_id: 1,
            call_type: CallType::Inbound,
            call_state: CallState::Ok,
            this_role: DnRole::Destination,
            this_queue: None,
            other: None,
            third_party: None,
            ani: past.ani.clone(),
            dnis: past.dnis.clone(),
            user_data: Arc::clone(&call.user_data),
            previous_conn: None,
            parties: Vec::new(),
            capabilities: Capabilities::NONE,
            recording: None,
        };
        let talks = name == EventName::Established;
        let agent = self.agents.get(dn).filter(|_| talks).map(|seat| AgentAttributes {
            agent: seat.agent.clone(),
            state: AgentState::Ready,
            work_mode: WorkMode::Unknown,
            reason: None,
        });
        self.event(name, dn, agent, Some(attributes), reference);
    }

    fn event(
        &mut self,
        name: EventName,
        dn: &Dn,
        agent: Option<AgentAttributes>,
        call: Option<CallAttributes>,
        reference: Option<(Origin, ReferenceId)>,
    ) {
        self.sequence += 1;
        self.tell(Input::Event(Arc::new(Event {
            sequence: self.sequence,
            name,
            this_dn: dn.clone(),
            at: self.now,
            call,
            agent,
            reference,
            reasons: KvList::new(),
            extensions: KvList::new(),
        })));
    }

    /// Tells the router, and carries out what it wants then; what follows from that is told next.
    fn tell(&mut self, input: Input) {
        self.untold.push_back(input);
        if std::mem::replace(&mut self.is_telling, true) {
            return;
        }
        while let Some(input) = self.untold.pop_front() {
            self.router.handle_input(self.now, input);
            self.hear();
        }
        self.is_telling = false;
    }

    fn hear(&mut self) {
        while let Some(output) = self.router.poll_output() {
            match output {
                Output::Request(asked) => self.carry_out(asked),
                Output::Webhook(webhook) => self.webhook(&webhook),
            }
        }
    }

    /// Time passes; timers that fall due do their work when they are due.
    fn pass_to(&mut self, at_ms: u64) {
        let after = Duration::from_millis(at_ms.saturating_sub(self.past.from_ms));
        let end = self.began.later(after);
        while let Some(due) = self.router.poll_timeout().filter(|due| *due <= end.instant) {
            self.now = self.now.later(due.saturating_duration_since(self.now.instant));
            self.router.handle_timeout(self.now);
            self.hear();
        }
        self.now = end;
    }

    fn plan(&mut self, at_ms: u64, next: Next) {
        self.drawn += 1;
        self.next.push(Reverse((at_ms.max(self.past.from_ms), self.drawn, next)));
    }

    fn now_ms(&self) -> u64 {
        self.now.unix_ms()
    }

    fn waited_ms(&self, at: usize) -> u64 {
        let came = self.past.calls.get(at).map_or(0, |call| call.at_ms);
        self.now_ms().saturating_sub(came)
    }

    /// Talk and after-call work of a call.
    fn lasts(&self, at: usize) -> (u64, u64) {
        match self.past.calls.get(at).map(|call| call.end) {
            Some(PastEnd::Answered { talk_ms, after_ms }) => (talk_ms, after_ms),
            Some(PastEnd::Abandoned | PastEnd::Other) | None => self.usual,
        }
    }
}

/// The place of a call by its ConnID here.
fn place(conn: ConnId) -> Option<usize> {
    usize::try_from(conn.0).ok()?.checked_sub(1)
}

/// Average talk and after-call work.
fn usual(past: &Past) -> (u64, u64) {
    let (mut calls, mut talk, mut after) = (0_u64, 0_u64, 0_u64);
    for call in &past.calls {
        if let PastEnd::Answered { talk_ms, after_ms } = call.end {
            calls += 1;
            talk += talk_ms;
            after += after_ms;
        }
    }
    (talk.checked_div(calls).unwrap_or(TALK_MS), after.checked_div(calls).unwrap_or(0))
}

/// Those who still wait then wait for nobody.
const LATEST_MS: u64 = 3_600_000;
/// What an announcement lasts.
const SAYS_MS: u64 = 5_000;
/// When nobody has talked.
const TALK_MS: u64 = 180_000;
