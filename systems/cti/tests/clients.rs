//! Clients of the T-Server port: what they are sent and what reaches the switch.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cti::{Cti, Input, Outcome, Output};
use expect_test::expect;
use model::{
    AgentState, CallState, CallType, Capabilities, ClientId, Configuration, ConnId, Dn, DnRole,
    Event, EventName, KvList, Now, Origin, ReferenceId, Request, System, TError, WorkMode,
    config::{DnKind, DnObject, DnRecord},
    error::Refusal,
    event::{AgentAttributes, CallAttributes},
    id::CallUuids,
    tserver::{Answer, ClientInput, ClientMessage, ClientOutput, ClientRequest, RegisterMode},
};

struct Port {
    cti: Cti,
    now: Now,
    sequence: u64,
}

impl Port {
    fn new() -> Self {
        let now = Now::new(Instant::now(), Duration::from_secs(1_800_000_000));
        let mut port = Self { cti: Cti::new(), now, sequence: 0 };
        let mut configuration = Configuration::default();
        let kind = DnKind::Extension {
            password: None,
            cti_control: false,
            reject_not_ready: true,
            record: DnRecord::OnDemand,
        };
        for dn in ["5001", "5002"] {
            configuration.dns.insert(dn.into(), DnObject::new(kind.clone()));
        }
        port.tell(Input::Configuration(Arc::new(configuration)));
        port
    }

    fn tell(&mut self, input: Input) -> String {
        self.cti.handle_input(self.now, input);
        let outputs = std::iter::from_fn(|| self.cti.poll_output());
        outputs.map(|output| text(&output) + "\n").collect()
    }

    fn open(&mut self, client: u64) -> String {
        let client = ClientId(client);
        self.tell(Input::Client(ClientInput::Opened { client, application: "test".into() }))
    }

    fn close(&mut self, client: u64) -> String {
        self.tell(Input::Client(ClientInput::Closed { client: ClientId(client) }))
    }

    fn ask(&mut self, client: u64, reference: u64, request: ClientRequest) -> String {
        self.tell(Input::Client(ClientInput::Request {
            client: ClientId(client),
            reference: ReferenceId(reference),
            reasons: KvList::new(),
            extensions: KvList::new(),
            request,
        }))
    }

    fn register(&mut self, client: u64, reference: u64, dn: &str) -> String {
        self.ask(client, reference, ClientRequest::RegisterAddress { dn: dn.into() })
    }

    fn register_as(&mut self, client: u64, reference: u64, mode: RegisterMode) -> String {
        let dn = "5001".into();
        self.ask(client, reference, ClientRequest::RegisterAddressAs { dn, mode })
    }

    fn answer(&mut self, client: u64, reference: u64, dn: &str) -> String {
        let request = Request::AnswerCall { dn: dn.into(), conn: ConnId(1) };
        self.ask(client, reference, ClientRequest::Call(request))
    }

    fn event(&mut self, name: EventName, dn: &str, reference: Option<(Origin, u64)>) -> String {
        self.sequence += 1;
        let event = Event {
            sequence: self.sequence,
            name,
            this_dn: dn.into(),
            at: self.now,
            call: Some(CallAttributes {
                conn: ConnId(1),
                uuid: CallUuids::new(1).draw(),
                call_id: 1,
                call_type: CallType::Inbound,
                call_state: CallState::Ok,
                this_role: DnRole::Destination,
                this_queue: None,
                other: Some((Dn::from("5551234567"), DnRole::Origination)),
                third_party: None,
                ani: None,
                dnis: None,
                user_data: Arc::default(),
                previous_conn: None,
                parties: vec!["5551234567".into()],
                capabilities: Capabilities::NONE,
                recording: None,
            }),
            agent: Some(AgentAttributes {
                agent: dn.into(),
                state: AgentState::Ready,
                work_mode: WorkMode::AutoIn,
                reason: None,
            }),
            reference: reference.map(|(origin, number)| (origin, ReferenceId(number))),
            reasons: KvList::new(),
            extensions: KvList::new(),
        };
        self.tell(Input::Event(Arc::new(event)))
    }
}

#[test]
fn a_client_hears_of_the_dns_it_registered_and_of_no_others() {
    let mut port = Port::new();
    let mut told = port.open(1);
    told += &port.open(2);
    told += &port.register(1, 10, "5001");
    told += &port.register(2, 10, "5002");
    told += &port.event(EventName::Ringing, "5001", None);
    told += &port.ask(1, 11, ClientRequest::UnregisterAddress { dn: "5001".into() });
    told += &port.event(EventName::Established, "5001", None);
    expect![[r#"
        1 EventLinkConnected
        2 EventLinkConnected
        1 EventRegistered 5001 #10 KvList([("AgentStatus", Str("LoggedOut"))])
        2 EventRegistered 5002 #10 KvList([("AgentStatus", Str("LoggedOut"))])
        1 EventRinging 5001
        1 EventUnregistered 5001 #11
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_late_client_is_told_how_the_dn_is() {
    let mut port = Port::new();
    port.event(EventName::Ringing, "5001", None);
    let mut told = port.open(1);
    told += &port.register(1, 1, "5001");
    port.event(EventName::Released, "5001", None);
    told += &port.register(1, 2, "5001");
    expect![[r#"
        1 EventLinkConnected
        1 EventRegistered 5001 #1 KvList([("AgentStatus", Str("Ready")), ("AgentID", Str("5001")), ("WorkMode", Int(2)), ("Calls", List(KvList([("0000000000000001", List(KvList([("State", Str("Ringing")), ("CallUUID", Str("00000000000000000000000001000001")), ("CallType", Int(2)), ("OtherDN", Str("5551234567"))])))])))])
        1 EventRegistered 5001 #2 KvList([("AgentStatus", Str("Ready")), ("AgentID", Str("5001")), ("WorkMode", Int(2))])
    "#]].assert_eq(&told);
}

#[test]
fn a_request_goes_to_the_switch_and_its_event_comes_back_with_the_clients_own_number() {
    let mut port = Port::new();
    for client in [1, 2] {
        port.open(client);
        port.register(client, 1, "5001");
    }
    let mut told = port.answer(1, 77, "5001");
    let (client, reference) = (ClientId(1), ReferenceId(77));
    told += &port.tell(Input::Outcome(Outcome::Accepted { client, reference }));
    let by_client = Some((Origin::Cti(client), 77));
    told += &port.event(EventName::Established, "5001", by_client);
    told += &port.event(EventName::Released, "5001", Some((Origin::Desk, 77)));
    expect![[r#"
        switch AnswerCall 1 #77
        1 EventEstablished 5001 #77
        2 EventEstablished 5001
        1 EventReleased 5001
        2 EventReleased 5001
    "#]]
    .assert_eq(&told);
}

#[test]
fn what_cannot_be_is_refused_with_words() {
    let mut port = Port::new();
    port.open(1);
    let mut told = port.answer(1, 1, "5001");
    told += &port.register(1, 2, "5999");
    told += &port.ask(1, 3, ClientRequest::UnregisterAddress { dn: "5001".into() });
    told += &port.ask(1, 4, ClientRequest::Unsupported("ReserveAgent".into()));
    port.register(1, 5, "5001");
    port.answer(1, 6, "5001");
    told += &port.answer(1, 6, "5001");
    told += &port.tell(Input::Outcome(Outcome::Refused {
        client: ClientId(1),
        reference: ReferenceId(6),
        this_dn: "5001".into(),
        refusal: Refusal::new(TError::InvalidConnId, "Gone."),
    }));
    expect![[r#"
        1 EventError 5001 #1 ClientNotRegistered (41): This client has not registered DN 5001. Send RequestRegisterAddress for it first.
        1 EventError 5999 #2 DnNotConfigured (59): DN 5999 is not configured. Look for the right number, or add the DN to the configuration.
        1 EventError 5001 #3 ClientNotRegistered (41): This client has not registered DN 5001. Send RequestRegisterAddress for it first.
        1 EventError - #4 UnsupportedOperation (51): RequestReserveAgent is not supported yet.
        1 EventError 5001 #6 InvalidAttribute (53): A request with the ReferenceID 6 waits already. Number requests differently.
        1 EventError 5001 #6 InvalidConnId (56): Gone.
    "#]].assert_eq(&told);
}

#[test]
fn a_request_that_was_accepted_and_came_to_nothing_is_an_error_all_the_same() {
    let mut port = Port::new();
    port.open(1);
    port.register(1, 1, "5001");
    let mut told = port.answer(1, 7, "5001");
    let (client, reference) = (ClientId(1), ReferenceId(7));
    told += &port.tell(Input::Outcome(Outcome::Accepted { client, reference }));
    let refusal = Refusal::new(TError::NoAnswer, "The phone does not answer.");
    let this_dn = Dn::from("5001");
    let later = Outcome::Refused { client, reference, this_dn, refusal };
    told += &port.tell(Input::Outcome(later.clone()));
    port.close(1);
    told += &port.tell(Input::Outcome(later));
    expect![[r#"
        switch AnswerCall 1 #7
        1 EventError 5001 #7 NoAnswer (232): The phone does not answer.
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_private_dn_is_one_clients_alone() {
    let mut port = Port::new();
    for client in [1, 2] {
        port.open(client);
    }
    port.register(1, 1, "5001");
    port.register(2, 1, "5001");
    let mut told = port.register_as(1, 2, RegisterMode::Private);
    port.close(2);
    told += &port.register_as(1, 3, RegisterMode::Private);
    port.open(3);
    told += &port.register(3, 1, "5001");
    told += &port.register_as(3, 2, RegisterMode::Monitor);
    told += &port.answer(1, 4, "5001");
    told += &port.register(1, 5, "5001");
    told += &port.register(3, 3, "5001");
    expect![[r#"
        1 EventError 5001 #2 ResourceSeized (42): DN 5001 can't be private: 1 other client(s) have registered it. Unregister it there, or register it with RegisterMode Share.
        1 EventRegistered 5001 #3 KvList([("AgentStatus", Str("LoggedOut"))])
        3 EventError 5001 #1 ResourceSeized (42): DN 5001 is registered privately by the client `test`. Unregister it there, or end that client.
        3 EventError 5001 #2 ResourceSeized (42): DN 5001 is registered privately by the client `test`. Unregister it there, or end that client.
        switch AnswerCall 1 #4
        1 EventRegistered 5001 #5 KvList([("AgentStatus", Str("LoggedOut"))])
        3 EventRegistered 5001 #3 KvList([("AgentStatus", Str("LoggedOut"))])
    "#]].assert_eq(&told);
}

#[test]
fn a_client_that_monitors_a_dn_hears_and_queries_but_asks_nothing() {
    let mut port = Port::new();
    port.open(1);
    let mut told = port.register_as(1, 1, RegisterMode::Monitor);
    told += &port.event(EventName::Ringing, "5001", None);
    told += &port.answer(1, 2, "5001");
    told += &port.ask(1, 3, ClientRequest::QueryAddress { dn: "5001".into() });
    port.register(1, 4, "5001");
    told += &port.answer(1, 5, "5001");
    expect![[r#"
        1 EventRegistered 5001 #1 KvList([("AgentStatus", Str("LoggedOut"))])
        1 EventRinging 5001
        1 EventError 5001 #2 ClientNotRegistered (41): This client registered DN 5001 with RegisterMode Monitor and may ask nothing of it. Register it again with RegisterMode Share.
        1 EventAddressInfo 5001 #3 KvList([("AgentStatus", Str("Ready")), ("AgentID", Str("5001")), ("WorkMode", Int(2)), ("Calls", List(KvList([("0000000000000001", List(KvList([("State", Str("Ringing")), ("CallUUID", Str("00000000000000000000000001000001")), ("CallType", Int(2)), ("OtherDN", Str("5551234567"))])))])))])
        switch AnswerCall 1 #5
    "#]].assert_eq(&told);
}

#[test]
fn queries_are_answered_from_what_events_told() {
    let mut port = Port::new();
    port.open(1);
    port.register(1, 1, "5001");
    for name in [EventName::Ringing, EventName::Established, EventName::MuteOn, EventName::DndOn] {
        port.event(name, "5001", None);
    }
    port.event(EventName::Held, "5002", None);
    port.event(EventName::Established, "5002", None);
    port.event(EventName::Held, "5002", None);
    let call = |dn: &str, conn| ClientRequest::QueryCall { dn: dn.into(), conn: ConnId(conn) };
    let mut told = port.ask(1, 2, call("5001", 1));
    told += &port.ask(1, 3, call("5001", 9));
    told += &port.ask(1, 4, call("5002", 1));
    told += &port.ask(1, 5, ClientRequest::QueryAddress { dn: "5001".into() });
    told += &port.ask(1, 6, ClientRequest::QueryAddress { dn: "5002".into() });
    let server = port.ask(1, 7, ClientRequest::QueryServer);
    assert!(server.starts_with("1 EventServerInfo #7"), "{server}");
    for figure in ["ServerVersion", "(\"ServerRole\", Int(0))", "(\"Clients\", Int(1))"] {
        assert!(server.contains(figure), "{server}");
    }
    expect![[r#"
        1 EventPartyInfo 5001 #2 0000000000000001 [Dn(5551234567)] KvList([("5001", List(KvList([("State", Str("Established")), ("CallUUID", Str("00000000000000000000000001000001")), ("CallType", Int(2)), ("OtherDN", Str("5551234567")), ("Muted", Int(1))]))), ("5002", List(KvList([("State", Str("Held")), ("CallUUID", Str("00000000000000000000000001000001")), ("CallType", Int(2)), ("OtherDN", Str("5551234567"))])))])
        1 EventError 5001 #3 InvalidConnId (56): DN 5001 is not in a call 0000000000000009. It may be over by now.
        1 EventError 5002 #4 ClientNotRegistered (41): This client has not registered DN 5002. Send RequestRegisterAddress for it first.
        1 EventAddressInfo 5001 #5 KvList([("AgentStatus", Str("Ready")), ("AgentID", Str("5001")), ("WorkMode", Int(2)), ("DND", Int(1)), ("Calls", List(KvList([("0000000000000001", List(KvList([("State", Str("Established")), ("CallUUID", Str("00000000000000000000000001000001")), ("CallType", Int(2)), ("OtherDN", Str("5551234567")), ("Muted", Int(1))])))])))])
        1 EventError 5002 #6 ClientNotRegistered (41): This client has not registered DN 5002. Send RequestRegisterAddress for it first.
    "#]].assert_eq(&told);
}

#[test]
fn a_client_that_comes_back_is_sent_what_it_missed_before_what_is_new() {
    let mut port = Port::new();
    port.event(EventName::Ringing, "5001", None);
    port.event(EventName::Established, "5001", None);
    port.event(EventName::Ringing, "5002", None);
    port.event(EventName::Held, "5001", None);
    port.open(2);
    let dns = |dns: &[&str]| dns.iter().map(|dn| ((*dn).into(), RegisterMode::Share)).collect();
    let mut told = port.ask(2, 5, ClientRequest::Resume { after: 1, dns: dns(&["5001", "5999"]) });
    told += &port.event(EventName::Released, "5001", None);
    expect![[r#"
        2 EventEstablished 5001
        2 EventHeld 5001
        2 EventRegistered 5001 #5 KvList([("AgentStatus", Str("Ready")), ("AgentID", Str("5001")), ("WorkMode", Int(2)), ("Calls", List(KvList([("0000000000000001", List(KvList([("State", Str("Held")), ("CallUUID", Str("00000000000000000000000001000001")), ("CallType", Int(2)), ("OtherDN", Str("5551234567"))])))])))])
        2 EventError 5999 #5 DnNotConfigured (59): DN 5999 is not configured. Look for the right number, or add the DN to the configuration.
        2 EventReleased 5001
    "#]].assert_eq(&told);
}

#[test]
fn a_client_that_missed_too_much_is_told_to_register_again_and_goes_on() {
    let mut port = Port::new();
    for _ in 0..501 {
        port.event(EventName::AttachedDataChanged, "5001", None);
    }
    port.open(1);
    let resume =
        |after| ClientRequest::Resume { after, dns: vec![("5001".into(), RegisterMode::Share)] };
    // Too many, and what another run of the server counted.
    let mut told = port.ask(1, 1, resume(0));
    told += &port.ask(1, 2, resume(502));
    told += &port.event(EventName::Established, "5001", None);
    told += &port.register(1, 3, "5001");
    expect![[r#"
        1 EventError - #1 OutOfService (58): Not all events since 0 can be sent again. Resync: register the DNs again; EventRegistered says how they are now.
        1 EventError - #2 OutOfService (58): Not all events since 502 can be sent again. Resync: register the DNs again; EventRegistered says how they are now.
        1 EventRegistered 5001 #3 KvList([("AgentStatus", Str("Ready")), ("AgentID", Str("5001")), ("WorkMode", Int(2)), ("Calls", List(KvList([("0000000000000001", List(KvList([("State", Str("Established")), ("CallUUID", Str("00000000000000000000000001000001")), ("CallType", Int(2)), ("OtherDN", Str("5551234567"))])))])))])
    "#]].assert_eq(&told);
}

#[test]
fn events_of_a_dn_that_is_private_now_are_not_replayed() {
    let mut port = Port::new();
    port.event(EventName::Ringing, "5001", None);
    port.open(1);
    port.register_as(1, 1, RegisterMode::Private);
    port.open(2);
    let dns = vec![("5001".into(), RegisterMode::Monitor)];
    let told = port.ask(2, 1, ClientRequest::Resume { after: 0, dns });
    assert!(told.starts_with("2 EventError 5001 #1 ResourceSeized"), "{told}");
}

#[test]
fn a_client_with_too_many_requests_under_way_must_wait() {
    let mut port = Port::new();
    port.open(1);
    port.register(1, 1, "5001");
    for reference in 0..1000 {
        assert_eq!(
            port.answer(1, reference, "5001"),
            format!("switch AnswerCall 1 #{reference}\n")
        );
    }
    assert!(port.answer(1, 1000, "5001").contains("ResourceSeized"));
    let (client, reference) = (ClientId(1), ReferenceId(5));
    port.tell(Input::Outcome(Outcome::Accepted { client, reference }));
    assert_eq!(port.answer(1, 1001, "5001"), "switch AnswerCall 1 #1001\n");
}

#[test]
fn a_closed_client_is_forgotten_and_strangers_are_not_heard() {
    let mut port = Port::new();
    port.open(1);
    port.register(1, 1, "5001");
    assert_eq!(port.close(1), "");
    assert_eq!(port.event(EventName::Ringing, "5001", None), "");
    assert_eq!(port.answer(1, 2, "5001"), "");
    assert_eq!(port.cti.clients(), 0);
}

#[test]
fn one_client_too_many_is_sent_away() {
    let mut port = Port::new();
    for client in 0..256 {
        assert_eq!(port.open(client), format!("{client} EventLinkConnected\n"));
    }
    assert!(port.open(256).starts_with("256 close: "));
    port.close(3);
    assert_eq!(port.open(257), "257 EventLinkConnected\n");
}

fn text(output: &Output) -> String {
    match output {
        Output::Client(ClientOutput::Close { client, reason }) => {
            format!("{client} close: {reason}")
        }
        Output::Client(ClientOutput::Send { client, message }) => {
            format!("{client} {}", message_text(message))
        }
        Output::Request(asked) => {
            let Origin::Cti(client) = asked.origin else { panic!("{:?}", asked.origin) };
            format!("switch {} {client} #{}", asked.request.name(), asked.reference)
        }
    }
}

fn message_text(message: &ClientMessage) -> String {
    match message {
        ClientMessage::Error { reference, this_dn, refusal } => {
            let dn = this_dn.as_ref().map_or("-", Dn::as_str);
            format!("EventError {dn} #{reference} {refusal}")
        }
        ClientMessage::Event { event, reference } => {
            let reference = reference.map_or(String::new(), |number| format!(" #{number}"));
            format!("{} {}{reference}", event.name, event.this_dn)
        }
        ClientMessage::LinkConnected => "EventLinkConnected".to_owned(),
        ClientMessage::Registered { reference, this_dn, extensions, answer, .. } => match answer {
            Answer::AddressInfo => {
                format!("EventAddressInfo {this_dn} #{reference} {extensions:?}")
            }
            Answer::PartyInfo { conn, parties } => {
                format!("EventPartyInfo {this_dn} #{reference} {conn} {parties:?} {extensions:?}")
            }
            Answer::Registered => format!("EventRegistered {this_dn} #{reference} {extensions:?}"),
            Answer::ServerInfo => format!("EventServerInfo #{reference} {extensions:?}"),
        },
        ClientMessage::Unregistered { reference, this_dn } => {
            format!("EventUnregistered {this_dn} #{reference}")
        }
    }
}
