//! What the Stat Server costs: 10,000 open statistics of a centre with 200 calls per second, in
//! this process and in virtual time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use model::{
    AgentId, AgentState, CallState, CallType, Capabilities, ClientId, Configuration, ConnId, Dn,
    DnRole, Event, EventName, KvList, Now, ReferenceId, System, WorkMode,
    config::{DnKind, DnObject, DnRecord, Person, Place, Role, Strategy},
    event::{AgentAttributes, CallAttributes},
    id::CallUuids,
    random::Random,
    stat::{Insensitivity, Metric, Notification, StatInput, StatOutput, StatRequest, StatWish},
};
use stats::{Input, Output, Stats};

/// What it took.
pub struct StatisticsCost {
    /// Statistics that were open.
    open: usize,
    events: usize,
    told: usize,
    /// Of one core, in a hundred parts.
    core_percent: f64,
    /// The longest single step, in milliseconds.
    longest_ms: f64,
    /// What was counted, made ready to be written, in milliseconds.
    save_ms: f64,
}

/// Takes the measurement: so many seconds of the centre's time.
pub fn measure(seconds: u32) -> Result<StatisticsCost> {
    let mut centre = Centre::new();
    let open = centre.open()?;
    centre.start();
    // Nobody is told anything before the calls come.
    for second in 0..WARM_UP_S {
        centre.second(second);
    }
    centre.reset();
    for second in WARM_UP_S..WARM_UP_S + seconds {
        centre.second(second);
    }
    let Centre { spent, longest, events, told, .. } = centre;
    let begin = Instant::now();
    let saved = centre.stats.save(centre.now);
    let save_ms = begin.elapsed().as_secs_f64() * 1000.0;
    drop(saved);
    Ok(StatisticsCost {
        open,
        events,
        told,
        core_percent: 100.0 * spent.as_secs_f64() / f64::from(seconds),
        longest_ms: longest.as_secs_f64() * 1000.0,
        save_ms,
    })
}

impl StatisticsCost {
    /// A table.
    pub fn text(&self) -> String {
        let Self { open, events, told, core_percent, longest_ms, save_ms } = self;
        format!(
            "{STATISTICS}| {open} | {events} | {told} | {core_percent:.1} % | {longest_ms:.1} ms | \
             {save_ms:.1} ms |\n"
        )
    }
}

struct Centre {
    stats: Stats,
    uuids: CallUuids,
    now: Now,
    sequence: u64,
    spent: Duration,
    longest: Duration,
    events: usize,
    told: usize,
}

impl Centre {
    fn new() -> Self {
        let mut centre = Self {
            stats: Stats::new(),
            uuids: CallUuids::new(Random::from_number(7).draw_u128()),
            now: Now::new(Instant::now(), Duration::from_secs(1_800_000_000)),
            sequence: 0,
            spent: Duration::ZERO,
            longest: Duration::ZERO,
            events: 0,
            told: 0,
        };
        centre.tell(Input::Configuration(Arc::new(configuration())));
        centre
    }

    fn reset(&mut self) {
        self.spent = Duration::ZERO;
        self.longest = Duration::ZERO;
        (self.events, self.told) = (0, 0);
    }

    /// Five statistics of each agent, the rest of route points and queues.
    fn open(&mut self) -> Result<usize> {
        let of_agent =
            ["CurrentAgentState", "InboundCalls", "AverageHandlingTime", "LoginDuration"];
        let of_queue = ["Current_In_Queue", "CurrMaxCallWaitingTime", "ServiceLevel"];
        let of_queue = [&of_queue[..], &["Total_Entered", "AverageWaitingTime"]].concat();
        let agents = (0..AGENTS).flat_map(|agent| {
            of_agent.map(|metric| ("Agent", agent_name(agent), metric)).into_iter()
        });
        let queues = (0..QUEUES).flat_map(|queue| {
            of_queue.clone().into_iter().map(move |name| ("RoutePoint", queue_name(queue), name))
        });
        let all: Vec<_> = queues.chain(agents).take(OPEN).collect();
        anyhow::ensure!(all.len() == OPEN, "{} statistics are too few", all.len());
        for (reference, (kind, name, metric)) in (0..).zip(all) {
            let wish = StatWish {
                object_type: kind.into(),
                object_id: name,
                metric: Metric::Named(metric.into()),
                ..StatWish::default()
            };
            let by_change = Notification::Change(Insensitivity::Absolute(0.0));
            self.tell(Input::Stat(StatInput::Request {
                client: ClientId(1),
                reference: ReferenceId(reference),
                request: StatRequest::Open(wish, by_change),
            }));
        }
        anyhow::ensure!(self.told == OPEN, "{} of {OPEN} statistics were opened", self.told);
        Ok(OPEN)
    }

    /// Everybody logs in.
    fn start(&mut self) {
        for agent in 0..AGENTS {
            self.agent(EventName::AgentLogin, agent, AgentState::NotReady);
            self.agent(EventName::AgentReady, agent, AgentState::Ready);
        }
    }

    /// In each second so many calls come, are taken by the next agents, and those that came
    /// [`TALK_S`] before end.
    fn second(&mut self, second: u32) {
        let second = usize::try_from(second).unwrap_or_default();
        for call in second * CALLS_PER_S..(second + 1) * CALLS_PER_S {
            let conn = call as u64 + 1;
            let (queue, agent) = (queue_name(call % QUEUES), agent_name(call % AGENTS));
            self.call(EventName::Queued, &queue, conn);
            self.call(EventName::RouteRequest, &queue, conn);
            self.call(EventName::Diverted, &queue, conn);
            self.call(EventName::Ringing, &agent, conn);
            self.call(EventName::Established, &agent, conn);
            if let Some(ended) = call.checked_sub(TALK_S * CALLS_PER_S) {
                let agent = ended % AGENTS;
                self.call(EventName::Released, &agent_name(agent), ended as u64 + 1);
                self.agent(EventName::AgentNotReady, agent, AgentState::AfterCallWork);
                self.agent(EventName::AgentReady, agent, AgentState::Ready);
            }
        }
    }

    fn tell(&mut self, input: Input) {
        let begin = Instant::now();
        self.stats.handle_input(self.now, input);
        self.drain(begin);
    }

    fn drain(&mut self, begin: Instant) {
        while let Some(output) = self.stats.poll_output() {
            self.told += match output {
                Output::Stat(StatOutput::Answer { outcome, .. }) => usize::from(outcome.is_ok()),
                Output::Stat(StatOutput::Values { values, .. }) => values.len(),
                Output::Monitor(_) | Output::Subscribed { .. } | Output::Trends(_) => 0,
            };
        }
        let took = begin.elapsed();
        self.spent += took;
        self.longest = self.longest.max(took);
    }

    fn event(&mut self, event: Event) {
        self.events += 1;
        self.sequence += 1;
        // So that a second of the centre has its events.
        self.now = self.now.later(Duration::from_secs(1) / EVENTS_PER_S);
        if self.stats.poll_timeout().is_some_and(|at| at <= self.now.instant) {
            let begin = Instant::now();
            self.stats.handle_timeout(self.now);
            self.drain(begin);
        }
        let event = Event { sequence: self.sequence, at: self.now, ..event };
        self.tell(Input::Event(Arc::new(event)));
    }

    fn call(&mut self, name: EventName, dn: &str, conn: u64) {
        let call = CallAttributes {
            conn: ConnId(conn),
            uuid: self.uuids.draw(),
            call_id: 1,
            call_type: CallType::Inbound,
            call_state: CallState::Ok,
            this_role: DnRole::Destination,
            this_queue: None,
            other: None,
            third_party: None,
            ani: Some("5551234567".into()),
            dnis: Some("+18005551234".into()),
            user_data: Arc::default(),
            previous_conn: None,
            parties: Vec::new(),
            capabilities: Capabilities::NONE,
            recording: None,
        };
        let event = plain(name, dn, self.now);
        self.event(Event { call: Some(call), ..event });
    }

    fn agent(&mut self, name: EventName, agent: usize, state: AgentState) {
        let dn = agent_name(agent);
        let attributes = AgentAttributes {
            agent: AgentId::from(dn.as_str()),
            state,
            work_mode: WorkMode::Unknown,
            reason: None,
        };
        let event = plain(name, &dn, self.now);
        self.event(Event { agent: Some(attributes), ..event });
    }
}

fn plain(name: EventName, dn: &str, at: Now) -> Event {
    Event {
        sequence: 0,
        name,
        this_dn: Dn::from(dn),
        at,
        call: None,
        agent: None,
        reference: None,
        reasons: KvList::new(),
        extensions: KvList::new(),
    }
}

fn agent_name(agent: usize) -> String {
    format!("a{agent}")
}

fn queue_name(queue: usize) -> String {
    format!("r{queue}")
}

fn configuration() -> Configuration {
    let mut site = Configuration::default();
    for queue in 0..QUEUES {
        let strategy = format!("s{queue}");
        let kind = DnKind::RoutePoint { dnis: Vec::new(), strategy: strategy.as_str().into() };
        site.dns.insert(queue_name(queue).as_str().into(), DnObject::new(kind));
        let strategy_object = Strategy {
            skills: "Support > 0".into(),
            virtual_queue: None,
            attach_customer: false,
            no_answer_s: 15,
            record: None,
            steps: Vec::new(),
            default: None,
        };
        site.strategies.insert(strategy.as_str().into(), strategy_object);
    }
    for agent in 0..AGENTS {
        let name = agent_name(agent);
        let kind = DnKind::Extension {
            password: None,
            cti_control: false,
            reject_not_ready: true,
            record: DnRecord::Never,
        };
        site.dns.insert(name.as_str().into(), DnObject::new(kind));
        let place = Place { dns: vec![name.as_str().into()] };
        site.places.insert(name.as_str().into(), place);
        let person = Person {
            user_name: name.as_str().into(),
            first_name: String::new(),
            last_name: String::new(),
            employee_id: name.as_str().into(),
            password_hash: String::new(),
            roles: [Role::Agent].into(),
            place: Some(name.as_str().into()),
            skills: [].into(),
            wrap_up_s: 0,
            auto_answer: false,
        };
        site.persons.insert(name.as_str().into(), person);
    }
    site
}

const AGENTS: usize = 2_400;
const QUEUES: usize = 100;
const OPEN: usize = 10_000;
const CALLS_PER_S: usize = 200;
const EVENTS_PER_S: u32 = 200 * 8;
/// How long a call is up.
const TALK_S: usize = 8;
const WARM_UP_S: u32 = 12;
const STATISTICS: &str = "\
## What the Stat Server takes

In this process, on one core: 2,400 agents, 100 route points, 200 calls per second, told by change; \
the dashboard's own figures are in it. The aim is under 10 % of a core.

| open statistics | events | values told | of a core | longest step | to save |
|---|---|---|---|---|---|
";
