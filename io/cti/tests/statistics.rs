//! The Stat Server's port with a real gRPC client; the program behind it is scripted.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{sync::Arc, time::Duration};

use io_cti::{Clients, Listeners, Program, Sources, StatClients, serve};
use model::{
    ClientId, Configuration, ReferenceId,
    config::{Application, Tenant},
    stat::{
        Insensitivity, Metric, Notification, StatError, StatInput, StatOutput, StatReading,
        StatRequest, StatValue,
    },
};
use proto::stat::v1::{
    self as pb, client_message::Request as Sent, server_message::Event,
    stat_server_client::StatServerClient,
};
use tokio::{
    net::TcpListener,
    sync::{broadcast, mpsc, watch},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming, transport::Channel};

struct Bench {
    inputs: mpsc::UnboundedReceiver<StatInput>,
    clients: StatClients,
    client: StatServerClient<Channel>,
    configuration: watch::Sender<Arc<Configuration>>,
    stop: watch::Sender<bool>,
}

impl Bench {
    async fn start() -> Self {
        let (sender, inputs) = mpsc::unbounded_channel();
        let clients = StatClients::new();
        let program = Program {
            inbox: Arc::new(|_| true),
            clients: Clients::new(),
            desk: Arc::new(|_| Box::pin(async { None })),
            stat_inbox: Arc::new(move |input| sender.send(input).is_ok()),
            stat_clients: clients.clone(),
        };
        let (configuration, configuration_source) = watch::channel(Arc::default());
        let (_monitor, monitor) = watch::channel(Arc::default());
        let (stop, stopped) = watch::channel(false);
        let bind = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
        let listeners =
            Listeners { config: bind().await, stat: bind().await, tserver: bind().await };
        let address = format!("http://{}", listeners.stat.local_addr().unwrap());
        let (changes, _) = broadcast::channel(1);
        let sources = Sources { changes, configuration: configuration_source, monitor };
        tokio::spawn(serve(listeners, program, sources, stopped));
        let client = StatServerClient::connect(address).await.unwrap();
        Self { inputs, clients, client, configuration, stop }
    }

    async fn heard(&mut self) -> StatInput {
        let heard = tokio::time::timeout(Duration::from_secs(10), self.inputs.recv()).await;
        heard.expect("the program hears of it").unwrap()
    }

    async fn request(&mut self) -> (ClientId, ReferenceId, StatRequest) {
        match self.heard().await {
            StatInput::Request { client, reference, request } => (client, reference, request),
            StatInput::Closed { client } => panic!("{client} is gone"),
        }
    }

    fn answer(&self, client: ClientId, reference: ReferenceId, value: f64) {
        let outcome = Ok(Some(reading(value)));
        self.clients.deliver(StatOutput::Answer { client, reference, outcome });
    }
}

/// A client's session.
struct Session {
    sender: mpsc::Sender<pb::ClientMessage>,
    messages: Streaming<pb::ServerMessage>,
}

impl Session {
    async fn open(bench: &mut Bench) -> Self {
        let (sender, receiver) = mpsc::channel(10);
        let session = bench.client.session(ReceiverStream::new(receiver)).await.unwrap();
        Self { sender, messages: session.into_inner() }
    }

    async fn send(&self, reference_id: u64, request: Sent) {
        let message = pb::ClientMessage { reference_id, request: Some(request) };
        self.sender.send(message).await.unwrap();
    }

    async fn next(&mut self) -> (u64, Event) {
        let next = tokio::time::timeout(Duration::from_secs(10), self.messages.message());
        let message = next.await.unwrap().unwrap().unwrap();
        (message.reference_id, message.event.unwrap())
    }

    async fn next_number(&mut self) -> (u64, f64) {
        match self.next().await {
            (reference, Event::Info(pb::Info { value: Some(value), .. })) => match value {
                pb::info::Value::Number(number) => (reference, number),
                pb::info::Value::Word(word) => panic!("{word}"),
            },
            other => panic!("{other:?}"),
        }
    }
}

fn reading(value: f64) -> StatReading {
    StatReading { value: StatValue::Number(value), at_ms: 1_769_554_688_000 }
}

fn service_level() -> pb::Statistic {
    pb::Statistic {
        object_type: "Queue".into(),
        object_id: "VQ_Support".into(),
        metric: Some(pb::statistic::Metric::Name("ServiceLevel".into())),
        time_profile: "LastHour".into(),
        ..pb::Statistic::default()
    }
}

fn open(statistic: pb::Statistic) -> pb::OpenStatRequest {
    pb::OpenStatRequest { statistic: Some(statistic), ..pb::OpenStatRequest::default() }
}

#[tokio::test]
async fn a_statistic_is_opened_told_and_closed() {
    let mut bench = Bench::start().await;
    let mut session = Session::open(&mut bench).await;
    let asked = pb::OpenStatRequest { insensitivity: "5%".into(), ..open(service_level()) };
    session.send(7, Sent::OpenStat(asked)).await;
    let (client, reference, request) = bench.request().await;
    let StatRequest::Open(wish, notification) = request else { panic!("{request:?}") };
    assert_eq!(reference, ReferenceId(7));
    assert_eq!((wish.object_type.as_str(), wish.object_id.as_str()), ("Queue", "VQ_Support"));
    assert_eq!(wish.metric, Metric::Named("ServiceLevel".into()));
    assert_eq!(wish.time_profile, "LastHour");
    assert_eq!(notification, Notification::Change(Insensitivity::Percent(5.0)));
    bench.answer(client, reference, 80.0);
    assert_eq!(session.next_number().await, (7, 80.0));

    let values = vec![(reference, reading(75.0))];
    bench.clients.deliver(StatOutput::Values { client, values });
    assert_eq!(session.next_number().await, (7, 75.0));

    session.send(7, Sent::CloseStat(pb::CloseStatRequest {})).await;
    assert_eq!(bench.request().await, (client, reference, StatRequest::Close));
    bench.clients.deliver(StatOutput::Answer { client, reference, outcome: Ok(None) });
    assert_eq!(session.next().await, (7, Event::Done(pb::Done {})));

    drop(session);
    assert_eq!(bench.heard().await, StatInput::Closed { client });
    assert_eq!(bench.clients.count(), 0);
}

#[tokio::test]
async fn a_statistic_can_be_written_out_and_what_is_wrong_comes_back_as_an_error() {
    let mut bench = Bench::start().await;
    let mut session = Session::open(&mut bench).await;
    let written = pb::StatisticType {
        category: "TotalNumber".into(),
        main_mask: "CallAnswered".into(),
        subject: "DNAction".into(),
        ..pb::StatisticType::default()
    };
    let statistic = pb::Statistic {
        metric: Some(pb::statistic::Metric::StatisticType(written)),
        ..service_level()
    };
    session.send(1, Sent::OpenStat(open(statistic))).await;
    let (client, reference, request) = bench.request().await;
    let StatRequest::Open(wish, _) = request else { panic!("{request:?}") };
    let Metric::Spelled(options) = wish.metric else { panic!("{wish:?}") };
    assert_eq!(options.len(), 3);
    let outcome = Err(StatError::unknown("Queue", "VQ_Support"));
    bench.clients.deliver(StatOutput::Answer { client, reference, outcome });
    let word =
        pb::Error { code: pb::ErrorCode::Word.into(), message: "`VQ_Support` is no Queue".into() };
    assert_eq!(session.next().await, (1, Event::Error(word)));

    session.send(2, Sent::OpenStat(pb::OpenStatRequest::default())).await;
    match session.next().await {
        (2, Event::Error(error)) => assert_eq!(error.message, "the request has no statistic"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_slow_reader_gets_the_newest_value_of_each_statistic() {
    let mut bench = Bench::start().await;
    let mut session = Session::open(&mut bench).await;
    session.send(1, Sent::OpenStat(open(service_level()))).await;
    let (client, ..) = bench.request().await;
    // Far more than the connection's buffers hold, while nobody reads.
    for round in 0..2_000_u32 {
        let values = (0..50).map(|at| (ReferenceId(at), reading(f64::from(round))));
        let values = values.collect();
        bench.clients.deliver(StatOutput::Values { client, values });
        if round % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut newest = std::collections::BTreeMap::new();
    let mut count = 0_u32;
    while newest.len() < 50 || newest.values().any(|value| *value < 1999.0) {
        let (reference, value) = session.next_number().await;
        let before = newest.insert(reference, value);
        assert!(before.is_none_or(|before| before < value), "values come in order");
        count += 1;
    }
    assert!(count < 2_000 * 50, "values in between were left out: {count}");
}

#[tokio::test]
async fn a_script_peeks_or_watches_without_a_session() {
    let mut bench = Bench::start().await;
    let mut client = bench.client.clone();
    let peeking = tokio::spawn(async move { client.peek_stat(service_level()).await });
    let (client, reference, request) = bench.request().await;
    assert!(matches!(request, StatRequest::Open(_, Notification::Never)));
    bench.answer(client, reference, 42.0);
    let info = peeking.await.unwrap().unwrap().into_inner();
    assert_eq!(info.value, Some(pb::info::Value::Number(42.0)));
    assert_eq!(info.timestamp_ms, 1_769_554_688_000);
    assert_eq!(bench.heard().await, StatInput::Closed { client });

    let mut client = bench.client.clone();
    let peeking = tokio::spawn(async move { client.peek_stat(service_level()).await });
    let (client, reference, _) = bench.request().await;
    let outcome = Err(StatError::unknown("Queue", "VQ_Support"));
    bench.clients.deliver(StatOutput::Answer { client, reference, outcome });
    let refused = peeking.await.unwrap().unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(bench.heard().await, StatInput::Closed { client });

    let statistics = vec![open(service_level()), pb::OpenStatRequest::default()];
    let request = pb::WatchStatRequest { statistics };
    let mut values = bench.client.watch_stat(request).await.unwrap().into_inner();
    let (client, reference, _) = bench.request().await;
    let refused = values.message().await.unwrap().unwrap();
    assert!(matches!((refused.reference_id, refused.event), (2, Some(Event::Error(_)))));
    bench.answer(client, reference, 1.0);
    assert_eq!(values.message().await.unwrap().unwrap().reference_id, 1);
    bench.stop.send_replace(true);
    assert_eq!(values.message().await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn the_definitions_are_the_sites() {
    let mut bench = Bench::start().await;
    let mut site = Configuration::default();
    let tenant = Tenant { time_zone: Some("Europe/Berlin".into()), ..Tenant::default() };
    site.tenants.insert("Environment".into(), tenant);
    let mut application = Application::default();
    let section = [("Shift,Growing".to_owned(), "6:00,14:00".to_owned())].into();
    application.options.insert("TimeProfiles".into(), section);
    site.applications.insert("Stat_Server".into(), application);
    bench.configuration.send_replace(Arc::new(site));
    let all = bench.client.get_definitions(pb::GetDefinitionsRequest {}).await.unwrap();
    let all = all.into_inner();
    assert_eq!(all.time_zone, "Europe/Berlin");
    let shift = all.time_profiles.iter().find(|profile| profile.name == "Shift").unwrap();
    assert_eq!(shift.profile, "Growing=6:00,14:00");
    let level = all.statistic_types.iter().find(|one| one.name == "ServiceLevel").unwrap();
    assert_eq!(level.time_range, "0-20");
    assert_eq!(level.objects, ["Queue", "RoutePoint"]);
}
