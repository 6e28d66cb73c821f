//! The edge over real loopback sockets, with a desk and a signaling of the test's own.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use io_edge::{Edge, EdgeSettings};
use model::{
    api::{ApiInput, ApiOutput, ApiResponse},
    sip::{SipInput, SipOutput, Transport},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

struct Site {
    edge: Edge,
    desk: mpsc::Receiver<ApiInput>,
    signaling: mpsc::Receiver<SipInput>,
    _metrics: watch::Sender<String>,
}

async fn site(name: &str) -> Site {
    let (to_desk, desk) = mpsc::sync_channel(64);
    let (to_signaling, signaling) = mpsc::sync_channel(64);
    let (metrics_sender, metrics) = watch::channel("cordboard_up 1\n".to_owned());
    let any = "127.0.0.1:0".parse().unwrap();
    let data = std::env::temp_dir().join(format!("cordboard-edge-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    let edge = Edge::start(EdgeSettings {
        http: any,
        https: any,
        sip_ws: any,
        certificate: io_port::Certificate::load_or_make(None, &data).unwrap(),
        desk: Arc::new(move |input| to_desk.try_send(input).map_err(|_| io_port::Full)),
        signaling: Arc::new(move |input| to_signaling.try_send(input).map_err(|_| io_port::Full)),
        metrics,
        stun: None,
    })
    .await
    .unwrap();
    std::fs::remove_dir_all(data).unwrap();
    Site { edge, desk, signaling, _metrics: metrics_sender }
}

fn next<T>(received: &mpsc::Receiver<T>) -> T {
    tokio::task::block_in_place(|| received.recv_timeout(Duration::from_secs(5)).unwrap())
}

async fn http(site: &Site, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(site.edge.http).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn text(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_reaches_the_desk_and_its_response_comes_back() {
    let site = site("forward").await;
    let stream = http(
        &site,
        "PUT /api/v2/me/calls/1%202?x=y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Length: 2\r\n\r\n{}",
    )
    .await;
    let ApiInput::Request(request) = next(&site.desk) else { panic!() };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("PUT", "/api/v2/me/calls/1 2"));
    assert_eq!((request.query.as_str(), request.body.as_slice()), ("x=y", b"{}".as_slice()));
    assert!(!request.secure && request.header("host") == Some("a"));
    let response = ApiResponse {
        id: request.id,
        status: 403,
        headers: vec![("content-type".into(), "application/json".into())],
        body: b"{\"statusCode\":20}".to_vec(),
    };
    assert_eq!(site.edge.perform(ApiOutput::Response(response)), None);
    let text = text(stream).await;
    assert!(text.starts_with("HTTP/1.1 403") && text.ends_with("{\"statusCode\":20}"), "{text}");
    assert!(text.contains("frame-ancestors 'none'"), "security headers are on: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_a_held_request_is_reported() {
    let site = site("abandon").await;
    let stream =
        http(&site, "POST /notifications/connect HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            .await;
    let ApiInput::Request(request) = next(&site.desk) else { panic!() };
    drop(stream);
    assert_eq!(next(&site.desk), ApiInput::Abandoned { id: request.id });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bayeux_socket_comes_up_only_when_the_desk_says_so() {
    let site = site("bayeux").await;
    let url = format!("ws://{}/notifications", site.edge.http);
    let refused = tokio::spawn(connect_async(url.clone()));
    let ApiInput::SocketOpened { socket, .. } = next(&site.desk) else { panic!() };
    site.edge.perform(ApiOutput::SocketRefuse { socket, status: 403 });
    assert!(refused.await.unwrap().is_err());

    let accepted = tokio::spawn(connect_async(url));
    let ApiInput::SocketOpened { socket, .. } = next(&site.desk) else { panic!() };
    site.edge.perform(ApiOutput::SocketAccept { socket });
    let (mut browser, _) = accepted.await.unwrap().unwrap();
    browser.send(Message::text("[]")).await.unwrap();
    assert_eq!(next(&site.desk), ApiInput::SocketText { socket, text: "[]".into() });
    site.edge.perform(ApiOutput::SocketText { socket, text: "[1]".into() });
    let pushed = browser.by_ref().filter(|m| std::future::ready(m.as_ref().unwrap().is_text()));
    assert_eq!(Box::pin(pushed).next().await.unwrap().unwrap(), Message::text("[1]"));
    drop(browser);
    assert_eq!(next(&site.desk), ApiInput::SocketClosed { socket });
}

#[tokio::test(flavor = "multi_thread")]
async fn sip_over_websocket_needs_its_subprotocol_and_passes_both_ways() {
    let site = site("sip").await;
    let url = format!("ws://{}/ws", site.edge.http);
    assert!(connect_async(url.clone()).await.is_err(), "no subprotocol, no socket");
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("sip"));
    let (mut phone, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "sip");
    let SipInput::FlowOpened { flow, transport, .. } = next(&site.signaling) else { panic!() };
    assert_eq!(transport, Transport::Ws);
    phone.send(Message::text("REGISTER")).await.unwrap();
    assert_eq!(next(&site.signaling), SipInput::FlowBytes { flow, bytes: b"REGISTER".to_vec() });
    site.edge.perform_sip(SipOutput::FlowBytes { flow, bytes: b"200".to_vec() });
    let answers = phone.by_ref().filter(|m| std::future::ready(m.as_ref().unwrap().is_text()));
    assert_eq!(Box::pin(answers).next().await.unwrap().unwrap(), Message::text("200"));
    drop(phone);
    assert_eq!(next(&site.signaling), SipInput::FlowClosed { flow });
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_health_answer_without_the_desk() {
    let site = site("metrics").await;
    let ask = "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert!(text(http(&site, ask).await).await.ends_with("cordboard_up 1\n"));
    let ask = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert!(text(http(&site, ask).await).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused() {
    let site = site("limit").await;
    let head = "POST /api/v2/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
                Content-Length: 2000000\r\n\r\n";
    let mut stream = http(&site, head).await;
    // The edge may close before all is written.
    drop(stream.write_all(&vec![b' '; 2_000_000]).await);
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
}
