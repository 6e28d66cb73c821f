//! A site for the router's tests: configuration, events and the text of what the router says.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    AgentId, AgentState, CallState, CallType, Capabilities, Configuration, ConnId, Dn, DnRole,
    Event, EventName, KvList, Now, Origin, ReferenceId, Request, StrategyName, System, TError,
    WorkMode,
    config::{Customer, DnKind, DnObject, DnRecord, Person, Place, Role, Strategy},
    error::Refusal,
    event::{AgentAttributes, CallAttributes},
    id::CallUuids,
    prompt::{Piece, Prompt},
    request::Treatment,
    strategy::Goal,
};
use routing::{Input, Output, Router};

/// The router, its time, and what it said.
pub struct Site {
    pub router: Router,
    pub start: Now,
    pub now: Now,
    pub ladder: String,
    pub routed: Vec<Routed>,
    /// Programs that were asked.
    pub asked: Vec<model::webhook::Webhook>,
    /// Who was told to dial, by which request.
    pub dialled: Vec<(Dn, ReferenceId)>,
    /// The last treatment of each call.
    treated: BTreeMap<u64, ReferenceId>,
    sequence: u64,
}

/// A RouteCall that the router sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    pub conn: ConnId,
    pub target: Dn,
    pub reference: ReferenceId,
}

impl Site {
    pub fn new(configuration: Configuration) -> Self {
        let start = Now::new(Instant::now(), Duration::from_secs(1_800_000_000));
        let mut site = Self {
            router: Router::new(),
            start,
            now: start,
            ladder: String::new(),
            routed: Vec::new(),
            asked: Vec::new(),
            dialled: Vec::new(),
            treated: BTreeMap::new(),
            sequence: 0,
        };
        site.tell(Input::Configuration(Arc::new(configuration)));
        site
    }

    pub fn tell(&mut self, input: Input) {
        self.router.handle_input(self.now, input);
        self.drain();
    }

    /// Time passes; timers that fall due do their work when they are due.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now.later(span);
        while let Some(due) = self.router.poll_timeout().filter(|due| *due <= end.instant) {
            self.now = self.now.later(due.saturating_duration_since(self.now.instant));
            self.router.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub fn pass_seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// A phone registers, and its agent logs in and is ready.
    pub fn ready(&mut self, dn: &str) {
        self.tell_event(EventName::DnBackInService, dn, None, None);
        self.agent(EventName::AgentLogin, dn, AgentState::NotReady);
        self.agent(EventName::AgentReady, dn, AgentState::Ready);
    }

    pub fn agent(&mut self, name: EventName, dn: &str, state: AgentState) {
        self.tell_event(name, dn, Some(state), None);
    }

    pub fn call(&mut self, name: EventName, dn: &str, conn: u64) {
        self.tell_event(name, dn, None, Some(attributes(conn, KvList::new())));
    }

    /// A call comes to a route point.
    pub fn arrive(&mut self, route_point: &str, conn: u64) {
        self.arrive_with(route_point, conn, KvList::new());
    }

    pub fn arrive_with(&mut self, route_point: &str, conn: u64, user_data: KvList) {
        let call = attributes(conn, user_data);
        self.tell_event(EventName::Queued, route_point, None, Some(call.clone()));
        self.tell_event(EventName::RouteRequest, route_point, None, Some(call));
    }

    pub fn accept(&mut self, routed: &Routed) {
        self.tell(Input::Outcome { reference: routed.reference, refusal: None });
    }

    pub fn refuse(&mut self, routed: &Routed, error: TError) {
        let refusal = Some(Refusal::new(error, "for a test"));
        self.tell(Input::Outcome { reference: routed.reference, refusal });
    }

    /// The call's treatment ends by itself.
    pub fn treatment_ends(&mut self, route_point: &str, conn: u64, end: &[(&str, &str)]) {
        let reference = self.treated.get(&conn).copied().map(|one| (Origin::Router, one));
        let call = attributes(conn, KvList::new());
        let mut event = self.event(EventName::TreatmentEnd, route_point, None, Some(call));
        event.reference = reference;
        for (key, value) in end {
            event.extensions.attach(*key, *value);
        }
        self.tell(Input::Event(Arc::new(event)));
    }

    /// The request of the call's last treatment.
    pub fn last_treatment(&self, conn: u64) -> ReferenceId {
        self.treated[&conn]
    }

    /// A phone that was told to dial does.
    pub fn dials(&mut self, dn: &str, reference: ReferenceId, conn: u64) {
        let call = attributes(conn, KvList::new());
        let mut event = self.event(EventName::Dialing, dn, None, Some(call));
        event.reference = Some((Origin::Router, reference));
        self.tell(Input::Event(Arc::new(event)));
    }

    /// The RouteCalls since the last time.
    pub fn take_routed(&mut self) -> Vec<Routed> {
        std::mem::take(&mut self.routed)
    }

    pub fn take_ladder(&mut self) -> String {
        std::mem::take(&mut self.ladder)
    }

    pub fn tell_event(
        &mut self,
        name: EventName,
        dn: &str,
        state: Option<AgentState>,
        call: Option<CallAttributes>,
    ) {
        let event = self.event(name, dn, state, call);
        self.tell(Input::Event(Arc::new(event)));
    }

    fn event(
        &mut self,
        name: EventName,
        dn: &str,
        state: Option<AgentState>,
        call: Option<CallAttributes>,
    ) -> Event {
        self.sequence += 1;
        let agent = state.map(|state| AgentAttributes {
            agent: AgentId::from(dn),
            state,
            work_mode: WorkMode::Unknown,
            reason: None,
        });
        Event {
            sequence: self.sequence,
            name,
            this_dn: dn.into(),
            at: self.now,
            call,
            agent,
            reference: None,
            reasons: KvList::new(),
            extensions: KvList::new(),
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.router.poll_output() {
            let at = self.now.instant.saturating_duration_since(self.start.instant).as_secs();
            let asked = match output {
                Output::Request(asked) => asked,
                Output::Webhook(question) => {
                    let _ = writeln!(self.ladder, "{at} s Webhook {}", question.url);
                    self.asked.push(question);
                    continue;
                }
            };
            let _ = write!(self.ladder, "{at} s {} ", asked.request.name());
            let _ = match &asked.request {
                Request::RouteCall { dn, conn, target, no_answer } => {
                    let reference = asked.reference;
                    self.routed.push(Routed { conn: *conn, target: target.clone(), reference });
                    let record = asked.extensions.text("record");
                    let record = record.map_or(String::new(), |word| format!(", record {word}"));
                    writeln!(
                        self.ladder,
                        "{dn} call {} -> {target}, {} s then {}{record}",
                        conn.0,
                        no_answer.timeout_s,
                        no_answer.action.as_str()
                    )
                }
                Request::ApplyTreatment { dn, conn, treatment } => {
                    self.treated.insert(conn.0, asked.reference);
                    writeln!(self.ladder, "{dn} call {} {}", conn.0, treatment_text(treatment))
                }
                Request::MakeCall { dn, destination, .. } => {
                    self.dialled.push((dn.clone(), asked.reference));
                    writeln!(self.ladder, "{dn} -> {destination}")
                }
                Request::ReleaseCall { dn, conn } => writeln!(self.ladder, "{dn} call {}", conn.0),
                Request::UpdateUserData { dn, conn, user_data } => {
                    let _ = writeln!(self.ladder, "{dn} call {}", conn.0);
                    user_data.iter().try_for_each(|(key, value)| {
                        let value = serde_json::to_string(value).unwrap();
                        writeln!(self.ladder, "    {key} = {value}")
                    })
                }
                other => panic!("the router never asks for {}", other.name()),
            };
        }
    }
}

fn treatment_text(treatment: &Treatment) -> String {
    let said = |prompt: &Prompt| {
        let pieces = prompt.pieces.iter().map(|piece| match piece {
            Piece::Beep => "<beep>".to_owned(),
            Piece::Media(name) => format!("<{name}>"),
            Piece::Pause(_) => "<pause>".to_owned(),
            Piece::Text(text) => text.clone(),
        });
        let language = match prompt.language.as_str() {
            "" => String::new(),
            language => format!("[{language}] "),
        };
        language + &pieces.collect::<Vec<_>>().join(" ")
    };
    match treatment {
        Treatment::Announcement(prompt) => format!("says: {}", said(prompt)),
        Treatment::CollectDigits(prompt, keys) => {
            format!("asks for {}: {}", keys.keys_max, said(prompt))
        }
        Treatment::RecordMessage { prompt, mailbox, .. } => {
            format!("message for {mailbox}: {}", said(prompt))
        }
        tune => format!("{tune:?}"),
    }
}

pub fn attributes(conn: u64, user_data: KvList) -> CallAttributes {
    CallAttributes {
        conn: ConnId(conn),
        uuid: CallUuids::new(7).draw(),
        call_id: 1,
        call_type: CallType::Inbound,
        call_state: CallState::Ok,
        this_role: DnRole::Destination,
        this_queue: None,
        other: None,
        third_party: None,
        ani: Some("+1 555 123-4567".into()),
        dnis: Some("+18005551234".into()),
        user_data: Arc::new(user_data),
        previous_conn: None,
        parties: Vec::new(),
        capabilities: Capabilities::NONE,
        recording: None,
    }
}

/// A DN, which is the agent's id too, and the agent's skills.
pub type Agent<'a> = (&'a str, &'a [(&'a str, u32)]);

/// Route points, each with its strategy's skill expression.
pub fn configuration(route_points: &[(&str, &str)], agents: &[Agent<'_>]) -> Configuration {
    let mut configuration = Configuration::default();
    for (dn, skills) in route_points {
        let strategy = StrategyName::from(format!("strategy of {dn}"));
        let kind = DnKind::RoutePoint { dnis: Vec::new(), strategy: strategy.clone() };
        configuration.dns.insert((*dn).into(), DnObject::new(kind));
        configuration.strategies.insert(
            strategy,
            Strategy {
                skills: (*skills).into(),
                virtual_queue: None,
                attach_customer: false,
                no_answer_s: 15,
                record: None,
                steps: Vec::new(),
                default: None,
            },
        );
    }
    for (dn, skills) in agents {
        let kind = DnKind::Extension {
            password: None,
            cti_control: false,
            reject_not_ready: true,
            record: DnRecord::OnDemand,
        };
        configuration.dns.insert((*dn).into(), DnObject::new(kind));
        configuration.places.insert((*dn).into(), Place { dns: vec![(*dn).into()] });
        let person = Person {
            user_name: (*dn).into(),
            first_name: String::new(),
            last_name: String::new(),
            employee_id: (*dn).into(),
            password_hash: String::new(),
            roles: [Role::Agent].into(),
            place: Some((*dn).into()),
            skills: skills.iter().map(|(name, level)| ((*name).into(), *level)).collect(),
            wrap_up_s: 0,
            auto_answer: false,
        };
        configuration.persons.insert((*dn).into(), person);
    }
    configuration
}

/// The steps of 5000's strategy, as they are written in JSON, with a default.
pub fn with_steps(mut configuration: Configuration, steps: &str) -> Configuration {
    let strategy = configuration.strategies.get_mut("strategy of 5000").unwrap();
    strategy.skills.clear();
    strategy.steps = serde_json::from_str(steps).unwrap();
    strategy.default = Some(Goal::RoutePoint("5900".into()));
    configuration
}

/// One customer, whose record is attached at route point 5000.
pub fn with_customer(mut configuration: Configuration) -> Configuration {
    let customer = Customer {
        id: "98765".into(),
        name: "Sample Customer".into(),
        account_type: "premium".into(),
        reason: "support".into(),
        contacts: Vec::new(),
    };
    configuration.customers.insert("5551234567".into(), customer);
    for strategy in configuration.strategies.values_mut() {
        strategy.attach_customer = true;
        strategy.virtual_queue = Some("VQ".into());
    }
    let queue = DnObject::new(DnKind::VirtualQueue);
    configuration.dns.insert("VQ".into(), queue);
    configuration
}
