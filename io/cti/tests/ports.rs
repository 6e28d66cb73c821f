//! The three ports with real gRPC clients; the program behind them is scripted by each test.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use io_cti::{Clients, Inbox, Listeners, ServeError, Sources, StatClients, serve};
use model::{
    AgentState, CallState, CallType, Capability, ClientId, Configuration, ConnId, Dn, DnRole,
    Event, EventName, KvList, Now, ReferenceId, Request, TError, WorkMode,
    config::{DnKind, DnObject, DnRecord, Person, Role},
    error::Refusal,
    event::{AgentAttributes, CallAttributes},
    id::CallUuids,
    monitor::{Alarm, Monitor, Severity},
    recording::RecordingState,
    tserver::{Answer, ClientInput, ClientMessage, ClientOutput, ClientRequest, RegisterMode},
};
use proto::{
    config::v1::{
        self as config, configuration_server_client::ConfigurationServerClient, dn::Type,
    },
    stat::v1::{self as stat, PeekMonitorRequest, stat_server_client::StatServerClient},
    tserver::v1::{self as pb, client_message::Request as Sent, t_server_client::TServerClient},
};
use tokio::{
    net::TcpListener,
    sync::{broadcast, mpsc, watch},
    task::JoinHandle,
};
use tonic::{Code, Streaming, transport::Channel};

/// The ports and the program's side of them.
struct Program {
    inputs: mpsc::UnboundedReceiver<ClientInput>,
    clients: Clients,
    configuration: watch::Sender<Arc<Configuration>>,
    monitor: watch::Sender<Arc<Monitor>>,
    stop: watch::Sender<bool>,
    served: JoinHandle<Result<(), ServeError>>,
    addresses: [String; 3],
}

impl Program {
    async fn start() -> Self {
        let (sender, inputs) = mpsc::unbounded_channel();
        let inbox: Inbox = Arc::new(move |input| sender.send(input).is_ok());
        let clients = Clients::new();
        let (configuration, configuration_source) = watch::channel(Arc::default());
        let (monitor, monitor_source) = watch::channel(Arc::default());
        let (stop, stopped) = watch::channel(false);
        let bind = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
        let listeners =
            Listeners { config: bind().await, stat: bind().await, tserver: bind().await };
        let addresses = [&listeners.tserver, &listeners.config, &listeners.stat]
            .map(|listener| format!("http://{}", listener.local_addr().unwrap()));
        let (changes, _) = broadcast::channel(1);
        let sources =
            Sources { changes, configuration: configuration_source, monitor: monitor_source };
        let program = io_cti::Program {
            inbox,
            clients: clients.clone(),
            desk: Arc::new(|_| Box::pin(async { None })),
            stat_inbox: Arc::new(|_| true),
            stat_clients: StatClients::new(),
        };
        let served = tokio::spawn(serve(listeners, program, sources, stopped));
        Self { inputs, clients, configuration, monitor, stop, served, addresses }
    }

    async fn input(&mut self) -> ClientInput {
        let next = tokio::time::timeout(Duration::from_secs(10), self.inputs.recv());
        next.await.expect("nothing came").unwrap()
    }

    async fn opened(&mut self) -> (ClientId, String) {
        match self.input().await {
            ClientInput::Opened { client, application } => (client, application),
            other => panic!("{other:?}"),
        }
    }

    async fn request(&mut self) -> (ReferenceId, ClientRequest) {
        match self.input().await {
            ClientInput::Request { reference, request, .. } => (reference, request),
            other => panic!("{other:?}"),
        }
    }

    fn send(&self, client: ClientId, message: ClientMessage) {
        self.clients.deliver(ClientOutput::Send { client, message });
    }

    async fn session(&mut self) -> Session {
        let channel = channel(&self.addresses[0]).await;
        let (requests, receiver) = mpsc::channel(16);
        let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
        let mut request = tonic::Request::new(stream);
        request.metadata_mut().insert("application-name", "wallboard".parse().unwrap());
        let messages = TServerClient::new(channel).session(request).await.unwrap().into_inner();
        let (client, application) = self.opened().await;
        assert_eq!(application, "wallboard");
        Session { client, requests, messages }
    }
}

/// A client's side of a session.
struct Session {
    client: ClientId,
    requests: mpsc::Sender<pb::ClientMessage>,
    messages: Streaming<pb::ServerMessage>,
}

impl Session {
    async fn ask(&self, reference_id: u64, request: Sent) {
        let message = pb::ClientMessage {
            reference_id,
            reasons: None,
            extensions: None,
            request: Some(request),
        };
        self.requests.send(message).await.unwrap();
    }

    async fn event(&mut self) -> pb::Event {
        self.messages.message().await.unwrap().unwrap().event.unwrap()
    }
}

async fn channel(address: &str) -> Channel {
    Channel::from_shared(address.to_owned()).unwrap().connect().await.unwrap()
}

fn ringing() -> Arc<Event> {
    let nested = KvList::new().with("k", "v").with("n", 7);
    Arc::new(Event {
        sequence: 42,
        name: EventName::Ringing,
        this_dn: "5001".into(),
        at: Now::new(std::time::Instant::now(), Duration::from_micros(1_800_000_000_000_250)),
        call: Some(CallAttributes {
            conn: ConnId(0x006c_03a7_194a_a020),
            uuid: CallUuids::new(1).draw(),
            call_id: 9,
            call_type: CallType::Inbound,
            call_state: CallState::Ok,
            this_role: DnRole::Destination,
            this_queue: Some("5000".into()),
            other: Some((Dn::from("5551234567"), DnRole::Origination)),
            third_party: None,
            ani: Some("5551234567".into()),
            dnis: Some("+18005551234".into()),
            user_data: Arc::new(KvList::new().with("customer_id", "98765").with("more", nested)),
            previous_conn: None,
            parties: vec!["5551234567".into()],
            capabilities: [Capability::AnswerCall, Capability::ReleaseCall].into_iter().collect(),
            recording: Some(RecordingState::Paused),
        }),
        agent: Some(AgentAttributes {
            agent: "5001".into(),
            state: AgentState::Ready,
            work_mode: WorkMode::ManualIn,
            reason: None,
        }),
        reference: None,
        reasons: KvList::new(),
        extensions: KvList::new().with("BusinessCall", 1),
    })
}

#[tokio::test]
async fn a_session_carries_requests_in_and_events_with_all_attributes_out() {
    let mut program = Program::start().await;
    let mut session = program.session().await;
    program.send(session.client, ClientMessage::LinkConnected);
    let event = session.event().await;
    assert_eq!((event.name.as_str(), event.number), ("EventLinkConnected", 95));

    let registration = pb::RegisterAddressRequest { this_dn: "5001".into(), register_mode: 0 };
    session.ask(7, Sent::RegisterAddress(registration)).await;
    let (reference, request) = program.request().await;
    assert_eq!(request, ClientRequest::RegisterAddress { dn: "5001".into() });
    let extensions = KvList::new().with("AgentStatus", "Ready");
    let this_dn = Dn::from("5001");
    let answer = Answer::Registered;
    let message =
        ClientMessage::Registered { reference, this_dn, extensions, sequence: 41, answer };
    program.send(session.client, message);
    let event = session.event().await;
    assert_eq!((event.name.as_str(), event.reference_id), ("EventRegistered", 7));
    assert_eq!((event.number, event.event_sequence_number), (53, 41));

    let answer =
        pb::AnswerCallRequest { this_dn: "5001".into(), conn_id: "006c03a7194aa020".into() };
    session.ask(8, Sent::AnswerCall(answer)).await;
    let conn = ConnId(0x006c_03a7_194a_a020);
    let expected = Request::AnswerCall { dn: "5001".into(), conn };
    assert_eq!(program.request().await, (ReferenceId(8), ClientRequest::Call(expected)));
    let message = ClientMessage::Event { event: ringing(), reference: Some(ReferenceId(8)) };
    program.send(session.client, message);
    let event = session.event().await;
    assert_eq!((event.name.as_str(), event.number), ("EventRinging", 60));
    assert_eq!((event.reference_id, event.event_sequence_number), (8, 42));
    assert_eq!((event.time_in_secs, event.time_in_usecs), (1_800_000_000, 250));
    assert_eq!((event.conn_id.as_str(), event.call_uuid.len()), ("006c03a7194aa020", 32));
    assert_eq!((event.call_type(), event.call_state()), (pb::CallType::Inbound, pb::CallState::Ok));
    assert_eq!((event.this_dn.as_str(), event.this_dn_role()), ("5001", pb::DnRole::Destination));
    assert_eq!(event.other_dn_role(), pb::DnRole::Origination);
    assert_eq!((event.other_dn.as_str(), event.this_queue.as_str()), ("5551234567", "5000"));
    assert_eq!((event.ani.as_str(), event.dnis.as_str()), ("5551234567", "+18005551234"));
    assert_eq!((event.agent_id.as_str(), event.agent_state.as_str()), ("5001", "Ready"));
    assert_eq!(event.parties, ["5551234567"]);
    assert_eq!(event.capabilities, ["AnswerCall", "ReleaseCall"]);
    assert_eq!(event.recording, "paused");
    let user_data = event.user_data.unwrap();
    let Some(pb::kv_pair::Value::List(nested)) = &user_data.pairs[1].value else { panic!() };
    assert_eq!(nested.pairs[1].value, Some(pb::kv_pair::Value::Int(7)));
}

#[tokio::test]
async fn answers_to_queries_have_t_librarys_names_and_numbers() {
    let mut program = Program::start().await;
    let mut session = program.session().await;
    let conn = ConnId(0x006c_03a7_194a_a020);
    let parties = vec![Dn::from("5002"), Dn::from("5551234567")];
    for (answer, name, number) in [
        (Answer::AddressInfo, "EventAddressInfo", 92),
        (Answer::ServerInfo, "EventServerInfo", 93),
        (Answer::PartyInfo { conn, parties }, "EventPartyInfo", 109),
    ] {
        program.send(
            session.client,
            ClientMessage::Registered {
                reference: ReferenceId(5),
                this_dn: "5001".into(),
                extensions: KvList::new().with("ServerRole", 0),
                sequence: 6,
                answer,
            },
        );
        let event = session.event().await;
        assert_eq!((event.name.as_str(), event.number), (name, number));
        assert_eq!((event.reference_id, event.event_sequence_number), (5, 6));
        if number == 109 {
            assert_eq!(event.conn_id, "006c03a7194aa020");
            assert_eq!(event.parties, ["5002", "5551234567"]);
        }
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_answered_by_the_port_itself() {
    let mut program = Program::start().await;
    let mut session = program.session().await;
    let answer = pb::AnswerCallRequest { this_dn: "5001".into(), conn_id: "call 1".into() };
    session.ask(3, Sent::AnswerCall(answer)).await;
    session.ask(4, Sent::QueryServer(pb::QueryServerRequest {})).await;
    // The port has refused the first one by now, but EventLinkConnected goes before.
    assert_eq!(program.request().await, (ReferenceId(4), ClientRequest::QueryServer));
    program.send(session.client, ClientMessage::LinkConnected);
    assert_eq!(session.event().await.name, "EventLinkConnected");
    let event = session.event().await;
    assert_eq!((event.name.as_str(), event.number, event.reference_id), ("EventError", 52, 3));
    assert_eq!((event.error_code, event.error_name.as_str()), (53, "InvalidAttribute"));
    assert!(event.error_message.contains("conn_id"));
}

#[tokio::test]
async fn a_request_that_is_not_there_yet_reaches_the_program_by_name() {
    let mut program = Program::start().await;
    let session = program.session().await;
    let number = pb::RequestNumber::RequestReserveAgent.into();
    let other = pb::OtherRequest { number, this_dn: "5001".into(), conn_id: String::new() };
    session.ask(1, Sent::Other(other)).await;
    let expected = ClientRequest::Unsupported("ReserveAgent".into());
    assert_eq!(program.request().await, (ReferenceId(1), expected));
}

#[tokio::test]
async fn a_client_that_has_said_all_still_hears_and_one_that_leaves_is_closed() {
    let mut program = Program::start().await;
    let Session { client, requests, mut messages } = program.session().await;
    drop(requests);
    program.send(client, ClientMessage::LinkConnected);
    assert!(messages.message().await.unwrap().is_some());
    drop(messages);
    assert_eq!(program.input().await, ClientInput::Closed { client });
    assert_eq!(program.clients.count(), 0);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_told_why_it_is_ended() {
    let mut program = Program::start().await;
    let mut session = program.session().await;
    // What the transport holds for it comes on top of the queue.
    for _ in 0..100_000 {
        if program.clients.count() == 0 {
            break;
        }
        let message = ClientMessage::Event { event: ringing(), reference: None };
        program.send(session.client, message);
    }
    assert_eq!(program.input().await, ClientInput::Closed { client: session.client });
    let mut read = 0;
    let status = loop {
        match session.messages.message().await {
            Ok(message) => assert!(message.is_some(), "ended without a word"),
            Err(status) => break status,
        }
        read += 1;
    };
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(read >= 1024, "what was queued still comes: {read}");
}

#[tokio::test]
async fn a_client_that_leaves_megabytes_unread_is_ended_long_before_it_has_many_messages() {
    let mut program = Program::start().await;
    let slow = program.session().await;
    let mut event = (*ringing()).clone();
    let user_data = KvList::new().with("note", "x".repeat(60_000));
    event.call.as_mut().unwrap().user_data = Arc::new(user_data);
    let event = Arc::new(event);
    let mut sent = 0;
    while program.clients.count() == 1 {
        program
            .send(slow.client, ClientMessage::Event { event: Arc::clone(&event), reference: None });
        sent += 1;
    }
    // 4 MiB, and what the connection itself takes in.
    assert!((69..200).contains(&sent), "{sent} messages of 60 kB");
}

#[tokio::test]
async fn others_do_not_notice_a_client_that_does_not_read() {
    let mut program = Program::start().await;
    let slow = program.session().await;
    let mut quick = program.session().await;
    let mut sent = 0;
    while program.clients.count() == 2 {
        let message = |number| {
            let mut event = (*ringing()).clone();
            event.sequence = number;
            ClientMessage::Event { event: Arc::new(event), reference: None }
        };
        // Half a queue each at a time, so that who reads can keep up.
        for _ in 0..512 {
            sent += 1;
            program.send(slow.client, message(sent));
            program.send(quick.client, message(sent));
        }
        for number in sent - 511..=sent {
            assert_eq!(quick.event().await.event_sequence_number, number);
        }
        assert!(sent < 1_000_000, "the slow client is never ended");
    }
    assert_eq!(program.input().await, ClientInput::Closed { client: slow.client });
}

#[tokio::test]
async fn a_client_resumes_within_one_run_of_the_server_only() {
    let mut program = Program::start().await;
    let mut session = program.session().await;
    program.send(session.client, ClientMessage::LinkConnected);
    let server_start_time = session.event().await.server_start_time;
    assert!(server_start_time > 0);
    let resume = |server_start_time| {
        Sent::Resume(pb::ResumeRequest {
            event_sequence_number: 41,
            server_start_time,
            addresses: vec![pb::RegisterAddressRequest {
                this_dn: "5001".into(),
                register_mode: 0,
            }],
        })
    };
    session.ask(1, resume(server_start_time - 1)).await;
    let event = session.event().await;
    assert_eq!((event.name.as_str(), event.reference_id), ("EventError", 1));
    assert!(event.error_message.contains("register the DNs again"), "{}", event.error_message);
    session.ask(2, resume(server_start_time)).await;
    let dns = vec![("5001".into(), RegisterMode::Share)];
    let expected = ClientRequest::Resume { after: 41, dns };
    assert_eq!(program.request().await, (ReferenceId(2), expected));
}

#[tokio::test]
async fn the_program_can_send_a_client_away() {
    let mut program = Program::start().await;
    let mut session = program.session().await;
    let (client, reason) = (session.client, "Too many clients.".to_owned());
    program.clients.deliver(ClientOutput::Close { client, reason });
    let status = session.messages.message().await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "Too many clients."));
    assert_eq!(program.input().await, ClientInput::Closed { client });
}

#[tokio::test]
async fn a_single_answer_registers_asks_and_returns_the_event() {
    let mut program = Program::start().await;
    let mut client = TServerClient::new(channel(&program.addresses[0]).await);
    let request =
        pb::AnswerCallRequest { this_dn: "5001".into(), conn_id: "0001000000000001".into() };
    let call = tokio::spawn(async move { client.answer_call(request).await });
    let (client, _) = program.opened().await;
    program.send(client, ClientMessage::LinkConnected);
    let (reference, _) = program.request().await;
    let extensions = KvList::new();
    let this_dn = Dn::from("5001");
    let (sequence, answer) = (0, Answer::Registered);
    let message = ClientMessage::Registered { reference, this_dn, extensions, sequence, answer };
    program.send(client, message);
    let (reference, _) = program.request().await;
    program.send(client, ClientMessage::Event { event: ringing(), reference: None });
    let refusal = Refusal::new(TError::InvalidConnId, "Gone.");
    program.send(client, ClientMessage::Error { reference, this_dn: None, refusal });
    let event = call.await.unwrap().unwrap().into_inner().event.unwrap();
    assert_eq!((event.error_code, event.error_message.as_str()), (56, "Gone."));
    assert_eq!(program.input().await, ClientInput::Closed { client });
}

#[tokio::test]
async fn watching_registers_each_dn() {
    let mut program = Program::start().await;
    let mut client = TServerClient::new(channel(&program.addresses[0]).await);
    let this_dn = vec!["5001".to_owned(), "5002".to_owned()];
    let mut messages = client.watch(pb::WatchRequest { this_dn }).await.unwrap().into_inner();
    let (client, _) = program.opened().await;
    for (number, dn) in [(1, "5001"), (2, "5002")] {
        let expected = ClientRequest::RegisterAddress { dn: dn.into() };
        assert_eq!(program.request().await, (ReferenceId(number), expected));
    }
    program.send(client, ClientMessage::Event { event: ringing(), reference: None });
    let event = messages.message().await.unwrap().unwrap().event.unwrap();
    assert_eq!(event.name, "EventRinging");
}

#[tokio::test]
async fn the_configuration_is_read_without_passwords_and_watched() {
    let program = Program::start().await;
    let mut configuration = Configuration { version: 1, ..Configuration::default() };
    let kind = DnKind::Extension {
        password: Some("secret".into()),
        cti_control: false,
        reject_not_ready: true,
        record: DnRecord::OnDemand,
    };
    configuration.dns.insert("5001".into(), DnObject::new(kind));
    let person = Person {
        user_name: "agent5001".into(),
        first_name: "A".into(),
        last_name: "One".into(),
        employee_id: "5001".into(),
        password_hash: "secret".into(),
        roles: BTreeSet::from([Role::Agent]),
        place: None,
        skills: [("Support".into(), 2)].into(),
        wrap_up_s: 20,
        auto_answer: false,
    };
    configuration.persons.insert("agent5001".into(), person);
    program.configuration.send(Arc::new(configuration.clone())).unwrap();

    let mut client = ConfigurationServerClient::new(channel(&program.addresses[1]).await);
    let read = client.read_configuration(config::ReadConfigurationRequest {}).await.unwrap();
    let read = read.into_inner();
    assert!(!format!("{read:?}").contains("secret"));
    assert_eq!((read.version, read.persons[0].wrapup_time), (1, 20));
    let Some(Type::Extension(extension)) = &read.dns[0].r#type else { panic!() };
    assert!(extension.has_password);

    let request = config::ReadConfigurationRequest {};
    let mut versions = client.watch_configuration(request).await.unwrap().into_inner();
    assert_eq!(versions.message().await.unwrap().unwrap().version, 1);
    configuration.version = 2;
    program.configuration.send(Arc::new(configuration)).unwrap();
    assert_eq!(versions.message().await.unwrap().unwrap().version, 2);
}

#[tokio::test]
async fn the_figures_are_peeked_at() {
    let program = Program::start().await;
    let mut monitor = Monitor::default();
    monitor.agents.ready = 23;
    monitor.last_hour.abandoned_percent = 1.5;
    let alarm = |name: &str, severity| Alarm {
        name: name.into(),
        severity,
        message: "Look after it.".into(),
        since_ms: 1_769_554_688_000,
    };
    monitor.alarms.push(alarm("recording-disk-full", Severity::Critical));
    monitor.alarms.push(alarm("trunk-down", Severity::Warning));
    program.monitor.send(Arc::new(monitor)).unwrap();
    let mut client = StatServerClient::new(channel(&program.addresses[2]).await);
    let peeked = client.peek_monitor(PeekMonitorRequest {}).await.unwrap().into_inner();
    assert_eq!(peeked.agents.unwrap().ready, 23);
    let alarms: Vec<_> =
        peeked.alarms.iter().map(|one| (one.name.as_str(), one.severity())).collect();
    let expected = [
        ("recording-disk-full", stat::AlarmSeverity::Critical),
        ("trunk-down", stat::AlarmSeverity::Warning),
    ];
    assert_eq!(alarms, expected);
    assert_eq!(peeked.alarms[0].message, "Look after it.");
    assert_eq!(peeked.alarms[0].since_ms, 1_769_554_688_000);
    assert!((peeked.last_hour.unwrap().abandoned_percent - 1.5).abs() < f32::EPSILON);
}

#[tokio::test]
async fn every_port_says_that_it_is_well_and_what_it_speaks() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let program = Program::start().await;
    let services = [
        "cordboard.tserver.v1.TServer",
        "cordboard.config.v1.ConfigurationServer",
        "cordboard.stat.v1.StatServer",
    ];
    for (address, service) in program.addresses.iter().zip(services) {
        let channel = channel(address).await;
        let request = HealthCheckRequest { service: service.to_owned() };
        let health = HealthClient::new(channel.clone()).check(request).await.unwrap();
        assert_eq!(health.into_inner().status, 1, "{service} serves");

        let message_request = Some(MessageRequest::ListServices(String::new()));
        let request = ServerReflectionRequest { host: String::new(), message_request };
        let stream = tokio_stream::iter([request]);
        let answer =
            ServerReflectionClient::new(channel).server_reflection_info(stream).await.unwrap();
        let answer = answer.into_inner().message().await.unwrap().unwrap();
        let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
            panic!("no list")
        };
        assert!(list.service.iter().any(|known| known.name == service), "{list:?}");
    }
}

#[tokio::test]
async fn stopping_ends_sessions_with_a_word_and_the_ports_with_them() {
    let mut program = Program::start().await;
    let mut session = program.session().await;
    program.stop.send(true).unwrap();
    let status = session.messages.message().await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    drop(session);
    let served = tokio::time::timeout(Duration::from_secs(10), program.served).await;
    served.expect("the ports stay open").unwrap().unwrap();
}
