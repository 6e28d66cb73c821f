//! A site in virtual time: two agents, one with after-call work, a route point, a trunk, and the
//! switch between them, with everything it is told and says as text.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    AgentId, Capabilities, Capability, Configuration, ConnId, Event, KvList, LegId, Now, Origin,
    ReferenceId, Request, System, TRequest, WorkMode,
    config::{DnKind, DnObject, DnRecord, Person, Role, Trunk},
    leg::{FIRST_OFFERED_LEG, LegCommand, LegFact, LegSource},
    media::{MediaCommand, MediaFact},
    random::Random,
    recording::{RecordCommand, RecordingFact},
    request::{NoAnswer, NoAnswerAction},
};
use switch::{Input, Output, Switch, SwitchSettings};

/// The trunk's first leg.
pub const CALLER: LegId = LegId(FIRST_OFFERED_LEG);

pub struct Site {
    pub switch: Switch,
    pub now: Now,
    pub ladder: String,
    pub outputs: Vec<Output>,
    pub events: Vec<Arc<Event>>,
    start: Now,
    next_reference: u64,
    next_offer: u64,
}

impl Site {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut SwitchSettings)) -> Self {
        let mut settings = SwitchSettings::new(1, 1_800_000_000);
        change(&mut settings);
        let now = Now::new(Instant::now(), Duration::from_secs(1_800_000_000));
        let mut site = Self {
            switch: Switch::new(settings, Random::from_number(7)),
            now,
            ladder: String::new(),
            outputs: Vec::new(),
            events: Vec::new(),
            start: now,
            next_reference: 1,
            next_offer: FIRST_OFFERED_LEG,
        };
        site.tell(Input::Configuration(Arc::new(configuration())));
        site
    }

    /// A site where agent 5001 (10 s after-call work) and 5002 (none) are Ready; the ladder
    /// starts after that.
    pub fn at_work() -> Self {
        let mut site = Self::new();
        for number in ["5001", "5002"] {
            site.fact(LegFact::DnInService { dn: number.into() });
            site.ask(Request::AgentLogin {
                dn: number.into(),
                agent: AgentId::from(number),
                work_mode: WorkMode::AutoIn,
            });
        }
        site.forget_ladder();
        site
    }

    /// The option `record` of a DN is this from now on.
    pub fn set_record(&mut self, modes: &[(&str, DnRecord)]) {
        let mut configuration = configuration();
        for (dn, mode) in modes {
            match &mut configuration.dns.get_mut(*dn).unwrap().kind {
                DnKind::Extension { record, .. } => *record = *mode,
                other => panic!("{dn} is a {other:?}"),
            }
        }
        self.tell(Input::Configuration(Arc::new(configuration)));
    }

    pub fn forget_ladder(&mut self) {
        self.ladder.clear();
        self.outputs.clear();
        self.events.clear();
    }

    /// The ladder since it was last taken.
    pub fn take_ladder(&mut self) -> String {
        std::mem::take(&mut self.ladder)
    }

    pub fn tell(&mut self, input: Input) {
        let at = self.now.unix.saturating_sub(self.start.unix).as_secs_f64();
        writeln!(self.ladder, "{at:<6.1} {}", input_text(&input)).unwrap();
        self.switch.handle_input(self.now, input);
        self.drain();
    }

    pub fn drain(&mut self) {
        while let Some(output) = self.switch.poll_output() {
            writeln!(self.ladder, "       {}", output_text(&output)).unwrap();
            if let Output::Event(event) = &output {
                self.events.push(Arc::clone(event));
            }
            self.outputs.push(output);
        }
    }

    pub fn fact(&mut self, fact: LegFact) {
        self.tell(Input::Leg(fact));
    }

    /// Lets time pass, waking the switch when it wants to be woken.
    pub fn wait(&mut self, span: Duration) {
        let end = self.now.later(span);
        while let Some(at) = self.switch.poll_timeout().filter(|at| *at <= end.instant) {
            self.now = self.now.later(at.saturating_duration_since(self.now.instant));
            let at = self.now.unix.saturating_sub(self.start.unix).as_secs_f64();
            writeln!(self.ladder, "{at:<6.1} (time)").unwrap();
            self.switch.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub fn wait_s(&mut self, seconds: u64) {
        self.wait(Duration::from_secs(seconds));
    }

    /// A call from the trunk.
    pub fn offer(&mut self, dnis: &str) -> LegId {
        self.offer_from(LegSource::Trunk("pstn".into()), "5551234567", dnis)
    }

    pub fn offer_from(&mut self, source: LegSource, ani: &str, dnis: &str) -> LegId {
        let leg = LegId(self.next_offer);
        self.next_offer += 1;
        self.fact(LegFact::Offered {
            leg,
            source,
            ani: ani.into(),
            name: None,
            dnis: dnis.into(),
            uuid: None,
        });
        leg
    }

    pub fn ask(&mut self, request: Request) -> ReferenceId {
        self.ask_why(request, KvList::new())
    }

    pub fn ask_why(&mut self, request: Request, reasons: KvList) -> ReferenceId {
        self.ask_full(request, reasons, KvList::new())
    }

    pub fn ask_with(&mut self, request: Request, extensions: KvList) -> ReferenceId {
        self.ask_full(request, KvList::new(), extensions)
    }

    fn ask_full(&mut self, request: Request, reasons: KvList, extensions: KvList) -> ReferenceId {
        let reference = ReferenceId(self.next_reference);
        self.next_reference += 1;
        self.tell(Input::Request(TRequest {
            origin: Origin::Desk,
            reference,
            reasons,
            extensions,
            request,
        }));
        reference
    }

    /// The ConnID of the latest call event.
    pub fn conn(&self) -> ConnId {
        self.events.iter().rev().find_map(|event| event.call.as_ref()).unwrap().conn
    }

    /// The leg that the switch rang last.
    pub fn rung(&self) -> LegId {
        self.outputs
            .iter()
            .rev()
            .find_map(|output| match output {
                Output::Leg(LegCommand::Dial { leg, .. } | LegCommand::Ring { leg, .. }) => {
                    Some(*leg)
                }
                _ => None,
            })
            .unwrap()
    }

    /// Routes the waiting call and lets the phone ring.
    pub fn route(&mut self, target: &str) -> LegId {
        let conn = self.conn();
        self.ask(route(conn, target));
        let leg = self.rung();
        self.fact(LegFact::Ringing { leg });
        leg
    }

    /// A call that was routed to `target` and answered at the phone.
    pub fn talk(&mut self, target: &str) -> (LegId, LegId) {
        let caller = self.offer("+18005551234");
        let leg = self.route(target);
        self.fact(LegFact::Answered { leg });
        (caller, leg)
    }

    /// `by` talks with a customer and asks `whom`, whose phone rings. Returns both calls' last,
    /// and that phone's leg.
    pub fn consult_rings(&mut self, by: &str, whom: &str) -> (ConnId, LegId) {
        self.talk(by);
        let conn = self.conn();
        self.ask(Request::InitiateTransfer {
            dn: by.into(),
            conn,
            destination: whom.into(),
            user_data: KvList::new(),
        });
        let leg = self.rung();
        self.fact(LegFact::Ringing { leg });
        (conn, leg)
    }

    /// `by` talks with a customer on the first call, which is held, and with `whom` on the other.
    pub fn consult(&mut self, by: &str, whom: &str) -> (ConnId, ConnId) {
        let (first, leg) = self.consult_rings(by, whom);
        self.fact(LegFact::Answered { leg });
        (first, self.conn())
    }

    /// `by` holds a customer's call and talks with an outside number on one of its own.
    pub fn second_call(&mut self, by: &str) -> (ConnId, ConnId) {
        self.talk(by);
        let held = self.conn();
        self.ask(Request::HoldCall { dn: by.into(), conn: held });
        let (destination, user_data) = ("5559876543".into(), KvList::new());
        self.ask(Request::MakeCall { dn: by.into(), destination, user_data });
        let leg = self.rung();
        self.fact(LegFact::Answered { leg });
        (held, self.conn())
    }

    /// Every call that was told of, oldest first.
    pub fn conns(&self) -> Vec<ConnId> {
        let mut conns: Vec<ConnId> =
            self.events.iter().filter_map(|event| Some(event.call.as_ref()?.conn)).collect();
        conns.sort();
        conns.dedup();
        conns
    }

    pub fn outcome(&self, reference: ReferenceId) -> Vec<&Output> {
        self.outputs
            .iter()
            .filter(|output| match output {
                Output::Accepted { reference: r, .. } | Output::Refused { reference: r, .. } => {
                    *r == reference
                }
                Output::Capabilities { .. }
                | Output::Event(_)
                | Output::Leg(_)
                | Output::Media(_)
                | Output::Speakers { .. } => false,
            })
            .collect()
    }
}

pub fn route(conn: ConnId, target: &str) -> Request {
    route_at("5000", conn, target)
}

pub fn route_at(dn: &str, conn: ConnId, target: &str) -> Request {
    Request::RouteCall {
        dn: dn.into(),
        conn,
        target: target.into(),
        no_answer: NoAnswer { timeout_s: 15, action: NoAnswerAction::NotReady },
    }
}

pub fn configuration() -> Configuration {
    let mut configuration = Configuration::default();
    let extension = |cti_control| DnKind::Extension {
        password: None,
        cti_control,
        reject_not_ready: true,
        record: DnRecord::OnDemand,
    };
    for (number, wrap_up_s) in [("5001", 10), ("5002", 0), ("5003", 0)] {
        // The phone of 5002 takes NOTIFY talk and hold.
        let kind = extension(number == "5002");
        configuration.dns.insert(number.into(), DnObject::new(kind));
        configuration.persons.insert(
            format!("agent{number}").into(),
            Person {
                user_name: format!("agent{number}").into(),
                first_name: "Agent".into(),
                last_name: number.into(),
                employee_id: number.into(),
                password_hash: String::new(),
                roles: BTreeSet::from([Role::Agent]),
                place: None,
                skills: Default::default(),
                wrap_up_s,
                auto_answer: false,
            },
        );
    }
    let accept_from = vec!["127.0.0.1".parse().unwrap()];
    let trunk = Trunk { accept_from, contact: "127.0.0.1:5070".into(), ..Trunk::default() };
    configuration.trunks.insert("pstn".into(), trunk);
    configuration.dns.insert("5004".into(), DnObject::new(extension(false)));
    let kind = DnKind::RoutePoint { dnis: vec!["+18005551234".into()], strategy: "Support".into() };
    configuration.dns.insert("5000".into(), DnObject::new(kind));
    configuration
}

fn input_text(input: &Input) -> String {
    match input {
        Input::Configuration(_) => "a configuration".to_owned(),
        Input::Leg(LegFact::Offered { leg, source, ani, dnis, .. }) => {
            let from = match source {
                LegSource::Dn(dn) => format!("phone {dn}"),
                LegSource::Trunk(name) => format!("trunk {name} {ani}"),
            };
            format!("{} offered: {from} dials {dnis}", leg_text(*leg))
        }
        Input::Leg(LegFact::Answered { leg }) => format!("{} answered", leg_text(*leg)),
        Input::Leg(LegFact::Digit { leg, digit }) => format!("{} presses {digit}", leg_text(*leg)),
        Input::Leg(LegFact::EarlyMedia { leg }) => format!("{} plays", leg_text(*leg)),
        Input::Leg(LegFact::Referred { leg, target, .. }) => {
            format!("{} refers to {target}", leg_text(*leg))
        }
        Input::Leg(LegFact::DnInService { dn }) => format!("{dn} has a phone"),
        Input::Leg(LegFact::DnOutOfService { dn }) => format!("{dn} has no phone"),
        Input::Leg(LegFact::Ended { leg, cause }) => {
            format!("{} ended: {cause:?}", leg_text(*leg))
        }
        Input::Leg(LegFact::Lost { leg }) => format!("{} lost", leg_text(*leg)),
        Input::Leg(LegFact::PhoneDidNotAnswer { leg }) => {
            format!("{} did not answer", leg_text(*leg))
        }
        Input::Leg(LegFact::Moved { leg, target }) => {
            format!("{} moved to {target}", leg_text(*leg))
        }
        Input::Leg(LegFact::Pressed { leg, button }) => {
            format!("{} pressed: {button:?}", leg_text(*leg))
        }
        Input::Leg(LegFact::Ringing { leg }) => format!("{} rings", leg_text(*leg)),
        Input::Media(MediaFact::Lost { leg }) => format!("{} silent", leg_text(*leg)),
        Input::Media(MediaFact::Flowing { leg }) => format!("{} sounds", leg_text(*leg)),
        Input::Media(MediaFact::Holds { leg, is_held: true }) => {
            format!("{} holds", leg_text(*leg))
        }
        Input::Media(MediaFact::Holds { leg, .. }) => format!("{} holds no more", leg_text(*leg)),
        Input::Media(MediaFact::Announced { leg, announcement, problem }) => {
            let how = if problem.is_some() { " in vain" } else { "" };
            format!("{} announced #{}{how}", leg_text(*leg), announcement.0)
        }
        Input::Media(MediaFact::Digit { leg, digit, .. }) => {
            format!("{} presses {digit}", leg_text(*leg))
        }
        Input::Media(_) => "media".to_owned(),
        Input::Trunk { name, up } => format!("trunk {name} up: {up}"),
        Input::Recording(RecordingFact::Failed { recording, .. }) => {
            format!("recording {} failed", recording.part)
        }
        Input::Request(TRequest { reference, reasons, request, .. }) => {
            let why = if reasons.is_empty() { String::new() } else { json(" why", reasons) };
            format!("Request{} #{reference} at {}{why}", request.name(), request.dn())
        }
    }
}

/// `AnswerCall ReleaseCall`.
pub fn names(capabilities: Capabilities) -> String {
    let names: Vec<_> = capabilities.iter().map(Capability::as_str).collect();
    names.join(" ")
}

fn output_text(output: &Output) -> String {
    match output {
        Output::Accepted { reference, .. } => format!("ok #{reference}"),
        Output::Capabilities { dn, conn: _, capabilities } => {
            format!("{dn} may {}", names(*capabilities))
        }
        Output::Event(event) => event_text(event),
        Output::Leg(command) => match command {
            LegCommand::Answer { leg } => format!("{} answer", leg_text(*leg)),
            LegCommand::AnswerPhone { leg } => format!("{} answer-phone", leg_text(*leg)),
            LegCommand::Dial { leg, trunk, number, from, .. } => {
                format!("{} dial {number} by {trunk} from {from}", leg_text(*leg))
            }
            LegCommand::ReferDone { leg, status } => {
                format!("{} refer-done {status}", leg_text(*leg))
            }
            LegCommand::ShowHeld { leg, is_held } => {
                format!("{} show-held {is_held}", leg_text(*leg))
            }
            LegCommand::Progress { leg, progress } => {
                format!("{} progress {progress:?}", leg_text(*leg))
            }
            LegCommand::Release { leg, cause } => format!("{} release {cause:?}", leg_text(*leg)),
            LegCommand::Ring { leg, dn, from, resume, .. } => {
                let resume = if *resume { " resume" } else { "" };
                format!("{} ring {dn} from {from}{resume}", leg_text(*leg))
            }
        },
        Output::Media(command) => match command {
            MediaCommand::Hear { leg, sources } => {
                let sources: Vec<_> = sources.iter().map(|leg| leg_text(*leg)).collect();
                format!("media hear {} {}", leg_text(*leg), sources.join("+"))
            }
            MediaCommand::Announce { leg, announcement, .. } => {
                format!("media announce {} #{}", leg_text(*leg), announcement.0)
            }
            MediaCommand::Record(command) => record_text(command),
            MediaCommand::Play { leg, tune } => format!("media play {} {tune:?}", leg_text(*leg)),
            other => format!("media {other:?}"),
        },
        Output::Refused { reference, refusal, .. } => format!("refused #{reference} {refusal}"),
        Output::Speakers { dn, levels, .. } => {
            let levels: Vec<_> = levels.iter().map(|(dn, level)| format!("{dn}:{level}")).collect();
            format!("{dn} sees {}", levels.join(" "))
        }
    }
}

fn record_text(command: &RecordCommand) -> String {
    let legs = |legs: &[LegId]| legs.iter().map(|leg| leg_text(*leg)).collect::<Vec<_>>().join("+");
    match command {
        RecordCommand::Start(about) => {
            let who = about.agent.as_ref().map_or(String::new(), |agent| format!(" ({agent})"));
            format!("record {} begins: {}{who} with {}", about.id.part, about.dn, about.other)
        }
        RecordCommand::Hear { recording, left, right } => {
            format!("record {} left [{}] right [{}]", recording.part, legs(left), legs(right))
        }
        RecordCommand::Pause(recording) => format!("record {} pauses", recording.part),
        RecordCommand::Resume(recording) => format!("record {} goes on", recording.part),
        RecordCommand::Stop(recording) => format!("record {} ends", recording.part),
    }
}

fn event_text(event: &Event) -> String {
    let mut text = format!("{} {}", event.name, event.this_dn);
    if let Some(call) = &event.call {
        write!(text, " call={} {:?} {:?}", call.call_id, call.call_type, call.this_role).unwrap();
        if call.call_state != model::CallState::Ok {
            write!(text, " state={:?}", call.call_state).unwrap();
        }
        if let Some(queue) = &call.this_queue {
            write!(text, " queue={queue}").unwrap();
        }
        if let Some((dn, role)) = &call.other {
            write!(text, " other={dn}/{role:?}").unwrap();
        }
        if let Some((dn, role)) = &call.third_party {
            write!(text, " third={dn}/{role:?}").unwrap();
        }
        if let Some(conn) = call.previous_conn {
            write!(text, " previous={:x}", conn.0 & 0xfff).unwrap();
        }
        if call.parties.len() > 1 {
            let parties: Vec<_> = call.parties.iter().map(model::Dn::as_str).collect();
            write!(text, " parties={}", parties.join("+")).unwrap();
        }
        if !call.user_data.is_empty() {
            text += &json(" data", &call.user_data);
        }
    }
    if let Some(agent) = &event.agent {
        write!(text, " agent={}:{:?}:{:?}", agent.agent, agent.state, agent.work_mode).unwrap();
        if let Some(reason) = &agent.reason {
            write!(text, " ({reason})").unwrap();
        }
    }
    if let Some((_, reference)) = event.reference {
        write!(text, " #{reference}").unwrap();
    }
    if !event.extensions.is_empty() {
        text += &json(" ext", &event.extensions);
    }
    text
}

/// `{"a":1}` as `name{a:1}`: ladders are read by people.
fn json(name: &str, list: &KvList) -> String {
    let pairs: Vec<String> = list
        .iter()
        .map(|(key, value)| match value {
            model::KvValue::Int(number) => format!("{key}:{number}"),
            model::KvValue::List(list) => json(&format!("{key}:"), list),
            model::KvValue::Str(text) => format!("{key}:{text}"),
        })
        .collect();
    format!("{name}{{{}}}", pairs.join(" "))
}

fn leg_text(leg: LegId) -> String {
    match leg.0.checked_sub(FIRST_OFFERED_LEG) {
        Some(number) => format!("in{}", number + 1),
        None => format!("out{}", leg.0),
    }
}
