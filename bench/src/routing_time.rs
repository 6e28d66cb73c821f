//! How long the router takes to decide: a centre of 10,000 agents with 200 skills and 1,000 calls
//! that wait, in this process.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use model::{
    AgentId, AgentState, CallState, CallType, Capabilities, Configuration, ConnId, Dn, DnRole,
    Event, EventName, KvList, Now, System, WorkMode,
    config::{DnKind, DnObject, DnRecord, Person, Role, Strategy},
    event::{AgentAttributes, CallAttributes},
    id::CallUuids,
    random::Random,
};
use routing::{Input, Router};

use crate::figures::Spread;

/// How long every decision took, from the event to the last thing that is said about it.
#[derive(Default)]
pub struct Decisions {
    /// The first call for a skill, whose agents are worked out then.
    pub first_call: Spread,
    /// A call comes while nobody who could take it is free.
    pub call_waits: Spread,
    /// An agent becomes ready and gets the call that comes first.
    pub agent_ready: Spread,
    /// A call comes while agents are free.
    pub call_served: Spread,
}

/// Takes the measurement.
pub fn measure(rounds: usize) -> Result<Decisions> {
    let mut centre = Centre::new();
    let mut decisions = Decisions::default();
    // Every second agent is free, none of them with the last skills, for which the calls wait.
    let has_common = |agent: &usize| skills_of(*agent).iter().all(|skill| *skill < SCARCE);
    let free: Vec<usize> = (0..AGENTS).step_by(2).filter(has_common).collect();
    for agent in &free {
        centre.ready(*agent);
    }
    for call in 0..WAITING {
        let skill = SCARCE + call % (SKILLS - SCARCE);
        let took = centre.arrive(skill);
        decisions.of_call(call < SKILLS - SCARCE).add(took);
    }
    anyhow::ensure!(centre.router.counts().waiting == WAITING, "not all calls wait");
    let mut known = BTreeSet::new();
    for round in 0..rounds {
        let agent = free.get(round * 7 % free.len()).copied().unwrap_or_default();
        let skill = skills_of(agent).get(round % 5).copied().unwrap_or_default();
        let took = centre.arrive(skill);
        match known.insert(skill) {
            true => decisions.first_call.add(took),
            false => decisions.call_served.add(took),
        }
        anyhow::ensure!(centre.routed == 1, "a call was not served");
        // An agent with a scarce skill becomes ready, takes the first, and another call comes.
        let agent = scarce(round);
        let took = centre.ready(agent);
        decisions.agent_ready.add(took);
        anyhow::ensure!(centre.routed == 1, "an agent got no call");
        decisions.call_waits.add(centre.arrive(SCARCE + round % (SKILLS - SCARCE)));
    }
    Ok(decisions)
}

impl Decisions {
    fn of_call(&mut self, is_first: bool) -> &mut Spread {
        if is_first { &mut self.first_call } else { &mut self.call_waits }
    }

    /// A table in milliseconds.
    pub fn text(&self) -> String {
        let mut text = String::from(ROUTING);
        for (what, spread) in [
            ("a call comes, agents are free", &self.call_served),
            ("a call comes, nobody is free", &self.call_waits),
            ("an agent becomes ready, 1,000 calls wait", &self.agent_ready),
            ("the first call for a skill since the configuration changed", &self.first_call),
        ] {
            let [median, p99, max] = [0.5, 0.99, 1.0].map(|share| spread.quantile(share));
            let len = spread.len();
            text.push_str(&format!("| {what} | {len} | {median:.3} | {p99:.3} | {max:.3} |\n"));
        }
        text
    }
}

struct Centre {
    router: Router,
    uuids: CallUuids,
    now: Now,
    sequence: u64,
    calls: u64,
    routed: usize,
}

impl Centre {
    fn new() -> Self {
        let mut centre = Self {
            router: Router::new(),
            uuids: CallUuids::new(Random::from_number(7).draw_u128()),
            now: Now::new(Instant::now(), Duration::from_secs(1_800_000_000)),
            sequence: 0,
            calls: 0,
            routed: 0,
        };
        centre.tell(Input::Configuration(Arc::new(configuration())));
        centre
    }

    fn tell(&mut self, input: Input) -> Duration {
        self.now = self.now.later(Duration::from_millis(1));
        let begin = Instant::now();
        self.router.handle_input(self.now, input);
        self.routed = 0;
        while let Some(output) = self.router.poll_output() {
            let routing::Output::Request(asked) = output else { continue };
            self.routed += usize::from(matches!(asked.request, model::Request::RouteCall { .. }));
        }
        begin.elapsed()
    }

    fn event(&mut self, name: EventName, dn: Dn, agent: Option<AgentAttributes>) -> Event {
        self.sequence += 1;
        Event {
            sequence: self.sequence,
            name,
            this_dn: dn,
            at: self.now,
            call: None,
            agent,
            reference: None,
            reasons: KvList::new(),
            extensions: KvList::new(),
        }
    }

    fn ready(&mut self, agent: usize) -> Duration {
        let attributes = |state| AgentAttributes {
            agent: AgentId::from(name(agent).as_str()),
            state,
            work_mode: WorkMode::Unknown,
            reason: None,
        };
        let dn = Dn::from(name(agent).as_str());
        for (event, state) in [
            (EventName::DnBackInService, None),
            (EventName::AgentLogin, Some(attributes(AgentState::NotReady))),
        ] {
            let event = self.event(event, dn.clone(), state);
            self.tell(Input::Event(Arc::new(event)));
        }
        let ready = Some(attributes(AgentState::Ready));
        let event = self.event(EventName::AgentReady, dn, ready);
        self.tell(Input::Event(Arc::new(event)))
    }

    fn arrive(&mut self, skill: usize) -> Duration {
        self.calls += 1;
        let call = CallAttributes {
            conn: ConnId(self.calls),
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
        let dn = route_point(skill);
        let queued = self.event(EventName::Queued, dn.clone(), None);
        let queued = Event { call: Some(call.clone()), ..queued };
        self.tell(Input::Event(Arc::new(queued)));
        let asked = self.event(EventName::RouteRequest, dn, None);
        self.tell(Input::Event(Arc::new(Event { call: Some(call), ..asked })))
    }
}

/// Five skills of each agent.
fn skills_of(agent: usize) -> [usize; 5] {
    std::array::from_fn(|n| (agent * 7 + n * 11 + agent / SKILLS) % SKILLS)
}

/// The `round`th agent who has a scarce skill.
fn scarce(round: usize) -> usize {
    let has = |agent: &usize| skills_of(*agent).iter().any(|skill| *skill >= SCARCE);
    (0..AGENTS).filter(has).nth(round).unwrap_or(0)
}

fn name(agent: usize) -> String {
    format!("a{agent}")
}

fn route_point(skill: usize) -> Dn {
    Dn::from(format!("r{skill}"))
}

fn configuration() -> Configuration {
    let mut site = Configuration::default();
    for skill in 0..SKILLS {
        let strategy = format!("s{skill}");
        let kind = DnKind::RoutePoint { dnis: Vec::new(), strategy: strategy.as_str().into() };
        site.dns.insert(route_point(skill), DnObject::new(kind));
        let strategy_object = Strategy {
            skills: format!("k{skill} > 0 & k{skill} < 10"),
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
        let name = name(agent);
        let kind = DnKind::Extension {
            password: None,
            cti_control: false,
            reject_not_ready: true,
            record: DnRecord::Never,
        };
        site.dns.insert(name.as_str().into(), DnObject::new(kind));
        let person = Person {
            user_name: name.as_str().into(),
            first_name: String::new(),
            last_name: String::new(),
            employee_id: name.as_str().into(),
            password_hash: String::new(),
            roles: [Role::Agent].into(),
            place: None,
            skills: skills_of(agent).iter().map(|s| (format!("k{s}").as_str().into(), 5)).collect(),
            wrap_up_s: 0,
            auto_answer: false,
        };
        site.persons.insert(name.as_str().into(), person);
    }
    site
}

const AGENTS: usize = 10_000;
/// Skills from this one on are had by agents who are not ready at first.
const SCARCE: usize = 150;
const SKILLS: usize = 200;
const WAITING: usize = 1_000;
const ROUTING: &str = "\
## What a routing decision takes

Milliseconds from the event to the last request about it, in this process, on one core: 10,000 agents \
with 5 of 200 skills each, 200 strategies, 1,000 calls that wait. The aim is 99 of 100 under 1 ms.

| decision | how many | median | 99 of 100 | max |
|---|---|---|---|---|
";
