//! The board with everything made up around it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

use board::{Board, Input, Output, Systems};
use cti::Cti;
use desk::{Desk, DeskLimits, DeskSettings};
use directory::Directory;
use history::History;
use model::{
    AgentState, ClientId, ConnId, Dn, Event, EventName, KvList, LegId, Now, ReferenceId, Request,
    System, WorkMode,
    error::Refusal,
    history::{Row, RowKey},
    id::FlowId,
    media::{MediaCommand, MediaFact},
    random::Random,
    recording::{RecordCommand, RecordingId},
    sip::{FIRST_WEB_SOCKET_FLOW, SipInput, SipOutput, Transport},
    story::Story,
    tserver::{ClientInput, ClientMessage, ClientOutput, ClientRequest},
};
use routing::Router;
use signaling::{Signaling, SignalingSettings};
use stats::Stats;
use story::Stories;
use switch::{Switch, SwitchSettings};
use wire_sip::Message;

use crate::{
    caller::Caller,
    network::{Delivery, Network, Weather},
    phone::{Phone, PhoneState},
};

/// The board and what surrounds it.
#[derive(Debug)]
pub struct World {
    /// The real thing.
    pub board: Board,
    /// Virtual time.
    pub now: Now,
    /// Callers, in the order of their calls.
    pub callers: Vec<Caller>,
    /// Agents' phones.
    pub phones: Vec<Phone>,
    /// Agents as the CTI program sees them by its events.
    pub agents: BTreeMap<Dn, AgentView>,
    /// What the CTI program was refused.
    pub refusals: Vec<Refusal>,
    /// The rows that an analyst would find.
    pub history: BTreeMap<RowKey, Row>,
    /// The stories of calls that are over.
    pub stories: Vec<Story>,
    /// What can never be right: legs connected that are not open and the like.
    pub faults: Vec<String>,
    network: Network,
    open_legs: BTreeSet<LegId>,
    recordings: BTreeSet<RecordingId>,
    flows: BTreeMap<FlowId, usize>,
    next_flow: u64,
    next_reference: u64,
    random: Random,
}

/// An agent as events show him or her.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentView {
    /// The state that the last agent event told.
    pub state: AgentState,
    /// The calls at the DN, and whether each is established.
    pub calls: BTreeMap<ConnId, bool>,
}

impl World {
    /// The demo site with the CTI program connected; agents 5001 to `5000 + agents` have phones
    /// that are registered. Virtual time goes on from `began`, any moment.
    #[must_use]
    pub fn new(began: Instant, seed: u64, weather: Weather, agents: u16) -> Self {
        let mut random = Random::from_number(seed);
        let now = Now::new(began, Duration::from_secs(1_800_000_000));
        let mut world = Self {
            board: Board::new(systems(now, &mut random)),
            now,
            callers: Vec::new(),
            phones: Vec::new(),
            agents: BTreeMap::new(),
            refusals: Vec::new(),
            history: BTreeMap::new(),
            stories: Vec::new(),
            faults: Vec::new(),
            network: Network::new(Weather::fair(), random.split()),
            open_legs: BTreeSet::new(),
            recordings: BTreeSet::new(),
            flows: BTreeMap::new(),
            next_flow: FIRST_WEB_SOCKET_FLOW,
            next_reference: 1,
            random,
        };
        world.tell(Input::Configuration(Box::new(directory::demo(""))));
        world.tell(Input::Client(ClientInput::Opened {
            client: PROGRAM,
            application: "sim".into(),
        }));
        for number in 1..=agents {
            let dn = Dn::from(format!("{}", 5000 + number));
            world.ask(ClientRequest::RegisterAddress { dn: dn.clone() });
            let view = AgentView { state: AgentState::LoggedOut, calls: BTreeMap::new() };
            world.agents.insert(dn.clone(), view);
            let phone = Phone::new(dn, FlowId(0), world.random.split());
            world.phones.push(phone);
            world.open_page(usize::from(number) - 1);
        }
        world.run_for(Duration::from_millis(100));
        world.network.weather = weather;
        assert_eq!(world.faults, Vec::<String>::new(), "the site does not come up");
        world
    }

    /// Time passes; everything that is due happens.
    pub fn run_for(&mut self, span: Duration) {
        let end = self.now.later(span);
        loop {
            let delivery_at = self.network.next_at();
            let timer_at = self.board.poll_timeout().map(|at| self.at(at));
            let next = [delivery_at, timer_at].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            if timer_at.is_some_and(|at| at <= self.now) {
                self.board.handle_timeout(self.now);
                self.drain();
            } else if let Some((_, delivery)) = self.network.pop() {
                self.deliver(delivery);
            }
        }
        self.now = end;
    }

    /// A new call on the trunk; its place in `callers`.
    pub fn call(&mut self, ani: &str, dnis: &str) -> usize {
        let (caller, invite) = Caller::new(self.now, ani, dnis, self.random.split());
        self.callers.push(caller);
        let at = self.callers.len() - 1;
        self.send_of_caller(at, vec![invite]);
        at
    }

    /// A caller ends the call in the way that fits its state.
    pub fn caller_hangs_up(&mut self, at: usize) {
        let now = self.now;
        let messages = self.callers.get_mut(at).map(|caller| caller.hang_up(now));
        self.send_of_caller(at, messages.unwrap_or_default());
    }

    /// The CTI program's request about a DN of the agents'.
    pub fn request(&mut self, request: Request) {
        self.ask(ClientRequest::Call(request));
    }

    /// The agent at this DN logs in and becomes Ready.
    pub fn at_work(&mut self, dn: &str) {
        let dn = Dn::from(dn);
        let agent = dn.as_str().into();
        self.request(Request::AgentLogin { dn: dn.clone(), agent, work_mode: WorkMode::ManualIn });
        self.request(Request::AgentReady { dn, work_mode: WorkMode::ManualIn });
    }

    /// The call at a DN, if there is one.
    #[must_use]
    pub fn conn_at(&self, dn: &str) -> Option<ConnId> {
        self.agents.get(dn)?.calls.keys().next().copied()
    }

    /// The person at the phone does something of their own.
    pub fn phone(&mut self, at: usize, act: PhoneAct) {
        let Some(phone) = self.phones.get_mut(at) else { return };
        let messages: Vec<Message> = match act {
            PhoneAct::Answer => phone.answer().into_iter().collect(),
            PhoneAct::HangUp => phone.hang_up().into_iter().collect(),
            PhoneAct::Refuse => phone.refuse(486).into_iter().collect(),
        };
        self.send_of_phone(at, messages);
    }

    /// The page at this place is loaded anew: the old connection ends, a new one registers.
    pub fn reload_page(&mut self, at: usize) {
        let Some(flow) = self.phones.get(at).map(|phone| phone.flow) else { return };
        self.flows.remove(&flow);
        self.network.stream(self.now, Delivery::Board(Input::Sip(SipInput::FlowClosed { flow })));
        self.open_page(at);
    }

    /// The page at this place is closed for good.
    pub fn close_page(&mut self, at: usize) {
        let Some(phone) = self.phones.get_mut(at) else { return };
        let flow = phone.flow;
        phone.restart(FlowId(0));
        self.flows.remove(&flow);
        self.network.stream(self.now, Delivery::Board(Input::Sip(SipInput::FlowClosed { flow })));
    }

    /// From now on nothing is lost or late.
    pub fn network_clears(&mut self) {
        self.network.weather = Weather::fair();
    }

    /// Legs that the shard still has.
    #[must_use]
    pub fn open_legs(&self) -> usize {
        self.open_legs.len()
    }

    /// Recordings that have not ended.
    pub fn recordings(&self) -> usize {
        self.recordings.len()
    }

    fn open_page(&mut self, at: usize) {
        let flow = FlowId(self.next_flow);
        self.next_flow += 1;
        let Some(phone) = self.phones.get_mut(at) else { return };
        phone.restart(flow);
        let register = phone.register(None);
        self.flows.insert(flow, at);
        let address = SocketAddr::from(([10, 0, 1, 1], 40_000));
        let opened = SipInput::FlowOpened {
            flow,
            transport: Transport::Wss,
            local: address,
            remote: address,
        };
        self.network.stream(self.now, Delivery::Board(Input::Sip(opened)));
        self.send_of_phone(at, vec![register]);
    }

    fn ask(&mut self, request: ClientRequest) {
        let reference = ReferenceId(self.next_reference);
        self.next_reference += 1;
        self.tell(Input::Client(ClientInput::Request {
            client: PROGRAM,
            reference,
            reasons: KvList::new(),
            extensions: KvList::new(),
            request,
        }));
    }

    fn tell(&mut self, input: Input) {
        self.board.handle_input(self.now, input);
        self.drain();
    }

    fn deliver(&mut self, delivery: Delivery) {
        let now = self.now;
        match delivery {
            Delivery::Board(input) => self.tell(input),
            Delivery::Caller(at, bytes) => {
                let Ok(message) = Message::parse(bytes) else {
                    self.faults.push("an unreadable message went to the trunk".into());
                    return;
                };
                let answers = self.callers.get_mut(at).map(|caller| caller.handle(now, &message));
                self.send_of_caller(at, answers.unwrap_or_default());
            }
            Delivery::Page(flow, bytes) => {
                let Some(at) = self.flows.get(&flow).copied() else { return };
                let Ok(message) = Message::parse(bytes) else {
                    self.faults.push("an unreadable message went to a phone".into());
                    return;
                };
                let answers = self.phones.get_mut(at).map(|phone| phone.handle(&message));
                self.send_of_phone(at, answers.unwrap_or_default());
            }
            Delivery::Tick => {
                for at in 0..self.callers.len() {
                    let due = self.callers.get_mut(at).map(|caller| caller.handle_timer(now));
                    self.send_of_caller(at, due.unwrap_or_default());
                }
            }
        }
    }

    fn send_of_caller(&mut self, at: usize, messages: Vec<Message>) {
        for message in messages {
            let input = SipInput::Datagram {
                local: SocketAddr::from(([10, 0, 0, 1], 5060)),
                remote: trunk(),
                bytes: message.as_bytes().to_vec(),
            };
            self.network.datagram(self.now, Delivery::Board(Input::Sip(input)));
        }
        let timer = self.callers.get(at).and_then(Caller::next_timer);
        if let Some(timer) = timer {
            let when = self.at(timer).max(self.now.later(Duration::from_millis(1)));
            self.network.at(when, Delivery::Tick);
        }
    }

    fn send_of_phone(&mut self, at: usize, messages: Vec<Message>) {
        let Some(flow) = self.phones.get(at).map(|phone| phone.flow) else { return };
        for message in messages {
            let input = SipInput::FlowBytes { flow, bytes: message.as_bytes().to_vec() };
            self.network.stream(self.now, Delivery::Board(Input::Sip(input)));
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.board.poll_output() {
            match output {
                Output::Client(output) => self.hear(output),
                Output::History(row) => {
                    self.history.insert(row.key(), *row);
                }
                Output::Media(command) => self.shard(&command),
                Output::Rejected(problems) => self.faults.extend(problems),
                Output::Sip(output) => self.carry(output),
                Output::Story(story) => self.stories.push(*story),
                Output::Webhook(question) => {
                    self.faults.push(format!("nobody is at {}", question.url))
                }
                Output::Api(_)
                | Output::Audit(_)
                | Output::Changed { .. }
                | Output::Monitor(_)
                | Output::Stat(_)
                | Output::Published(_) => {}
            }
        }
    }

    fn carry(&mut self, output: SipOutput) {
        match output {
            SipOutput::Datagram { bytes, .. } => {
                let call_id = Message::parse(bytes.clone()).ok().map(|m| m.call_id().to_owned());
                let at = self.callers.iter().position(|c| Some(c.call_id()) == call_id.as_deref());
                match at {
                    Some(at) => self.network.datagram(self.now, Delivery::Caller(at, bytes)),
                    None => self.faults.push("a datagram of no call".into()),
                }
            }
            SipOutput::FlowBytes { flow, bytes } => {
                self.network.stream(self.now, Delivery::Page(flow, bytes));
            }
            SipOutput::CloseFlow { flow } => {
                self.flows.remove(&flow);
            }
            SipOutput::ShutOut { source, .. } => {
                self.faults.push(format!("{source} is shut out"));
            }
            SipOutput::Resolve { contact } => {
                self.faults.push(format!("nobody has the name {}", contact.host));
            }
            SipOutput::Connect { .. } => self.faults.push("nobody takes TCP here".into()),
        }
    }

    /// Recordings hear legs that are open, begin once and end.
    fn record(&mut self, command: &RecordCommand) {
        let (recording, is_known) = match command {
            RecordCommand::Start(about) => (about.id, !self.recordings.insert(about.id)),
            RecordCommand::Stop(recording) => (*recording, self.recordings.remove(recording)),
            RecordCommand::Hear { recording, left, right } => {
                for leg in left.iter().chain(right) {
                    if !self.open_legs.contains(leg) {
                        self.faults.push(format!("recording {recording} hears {leg}, not open"));
                    }
                }
                (*recording, self.recordings.contains(recording))
            }
            RecordCommand::Pause(recording) | RecordCommand::Resume(recording) => {
                (*recording, self.recordings.contains(recording))
            }
        };
        if is_known == matches!(command, RecordCommand::Start(_)) {
            self.faults.push(format!("recording {recording}: {command:?} out of turn"));
        }
    }

    /// The made-up shard describes every leg a moment later and keeps the books.
    fn shard(&mut self, command: &MediaCommand) {
        match command {
            MediaCommand::Open { leg, .. } => {
                self.open_legs.insert(*leg);
                self.describe(*leg);
            }
            MediaCommand::Reoffer { leg, .. } => self.describe(*leg),
            MediaCommand::Close { leg } => {
                self.open_legs.remove(leg);
            }
            MediaCommand::Hear { leg, sources } => {
                for leg in sources.iter().chain([leg]) {
                    if !self.open_legs.contains(leg) {
                        self.faults.push(format!("leg {leg} hears or is heard but not open"));
                    }
                }
            }
            MediaCommand::Record(command) => self.record(command),
            MediaCommand::Announce { leg, announcement, .. } => {
                let (leg, announcement) = (*leg, *announcement);
                let fact = MediaFact::Announced { leg, announcement, problem: None };
                let said = self.now.later(PROMPT);
                self.network.at(said, Delivery::Board(Input::Media(fact)));
            }
            MediaCommand::Answer { .. }
            | MediaCommand::Play { .. }
            | MediaCommand::SendDigits { .. }
            | MediaCommand::Sound { .. } => {}
        }
    }

    fn describe(&mut self, leg: LegId) {
        let sdp = format!("v=0 leg {leg}").into_bytes();
        let fact = Input::Media(MediaFact::Described { leg, sdp });
        self.network.at(self.now.later(Duration::from_micros(200)), Delivery::Board(fact));
    }

    fn hear(&mut self, output: ClientOutput) {
        match output {
            ClientOutput::Close { reason, .. } => {
                self.faults.push(format!("the CTI program was dropped: {reason}"));
            }
            ClientOutput::Send { message, .. } => match message {
                ClientMessage::Error { refusal, .. } => self.refusals.push(refusal),
                ClientMessage::Event { event, .. } => self.learn(&event),
                ClientMessage::LinkConnected
                | ClientMessage::Registered { .. }
                | ClientMessage::Unregistered { .. } => {}
            },
        }
    }

    fn learn(&mut self, event: &Event) {
        let Some(view) = self.agents.get_mut(&event.this_dn) else { return };
        if let Some(agent) = &event.agent {
            view.state = agent.state;
        }
        let Some(conn) = event.call.as_ref().map(|call| call.conn) else { return };
        match event.name {
            EventName::Ringing => {
                if !view.calls.is_empty() {
                    self.faults.push(format!("a second call rings at {}", event.this_dn));
                }
                view.calls.insert(conn, false);
            }
            EventName::Dialing => {
                if view.calls.insert(conn, false).is_some() {
                    self.faults.push(format!("a call is dialled twice at {}", event.this_dn));
                }
            }
            EventName::Established => {
                if view.calls.insert(conn, true) != Some(false) {
                    self.faults.push(format!("established without ringing at {}", event.this_dn));
                }
            }
            EventName::PartyChanged => {
                // With a previous ConnID the call that was known under it goes on as this one.
                let previous = event.call.as_ref().and_then(|call| call.previous_conn);
                let known = view.calls.remove(&previous.unwrap_or(conn));
                if known.is_none() {
                    self.faults.push(format!("a call nobody knew changes at {}", event.this_dn));
                }
                view.calls.insert(conn, known.unwrap_or(true));
            }
            EventName::Released | EventName::Abandoned => {
                if view.calls.remove(&conn).is_none() {
                    self.faults.push(format!("released without a call at {}", event.this_dn));
                }
            }
            EventName::AgentIdleReasonSet
            | EventName::AgentLogin
            | EventName::AgentLogout
            | EventName::AgentNotReady
            | EventName::AgentReady
            | EventName::AttachedDataChanged
            | EventName::DestinationBusy
            | EventName::Diverted
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
            | EventName::Queued
            | EventName::Retrieved
            | EventName::RouteRequest
            | EventName::RouteUsed
            | EventName::TreatmentApplied
            | EventName::TreatmentEnd
            | EventName::UserEvent => {}
        }
    }

    fn at(&self, instant: Instant) -> Now {
        self.now.later(instant.saturating_duration_since(self.now.instant))
    }

    /// Phones that are in a call.
    #[must_use]
    pub fn busy_phones(&self) -> usize {
        self.phones.iter().filter(|phone| phone.state != PhoneState::Idle).count()
    }
}

/// What a person does at the phone itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneAct {
    /// Takes the ringing call.
    Answer,
    /// Ends the call that is up.
    HangUp,
    /// Refuses the ringing call.
    Refuse,
}

fn systems(now: Now, random: &mut Random) -> Systems {
    Systems {
        cti: Cti::new(),
        desk: Desk::new(
            DeskSettings {
                demo: false,
                limits: DeskLimits::default(),
                port: 8080,
                started: now,
                turn: None,
                version: "sim".into(),
            },
            random.split(),
        ),
        directory: Directory::new(),
        history: History::new(),
        routing: Router::new(),
        signaling: Signaling::new(
            SignalingSettings::new(SocketAddr::from(([10, 0, 0, 1], 5060))),
            random.split(),
        ),
        stats: Stats::new(),
        story: Stories::new(),
        switch: Switch::new(SwitchSettings::new(1, now.unix.as_secs()), random.split()),
    }
}

/// The demo trunk takes calls from loopback alone.
fn trunk() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5060))
}

const PROGRAM: ClientId = ClientId(1);

/// How long every prompt is.
const PROMPT: Duration = Duration::from_secs(2);
