//! Accept loops: TCP, TLS on top where asked, HTTP/1.1 and HTTP/2 on top of that.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use io_port::Streams;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tower::Layer;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) secure: bool,
}

/// Serves HTTP without TLS until the process ends.
pub(crate) async fn plain(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let (stream, address, place) = accept(&listener, &places).await;
        let router = router.clone();
        tokio::spawn(async move {
            serve(stream, Client { address, secure: false }, router).await;
            drop(place);
        });
    }
}

/// Serves HTTP over TLS until the process ends; connections whose first byte is STUN's go to
/// whoever speaks it.
pub(crate) async fn tls(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    router: Router,
    stun: Option<Streams>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let (stream, address, place) = accept(&listener, &places).await;
        let (router, acceptor, stun) = (router.clone(), acceptor.clone(), stun.clone());
        tokio::spawn(async move {
            match timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
                Ok(Ok(mut stream)) => match stun {
                    Some(stun) if begins_with_stun(&mut stream).await => {
                        stun(Box::new(stream), address);
                    }
                    _ => serve(stream, Client { address, secure: true }, router).await,
                },
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake took too long"),
            }
            drop(place);
        });
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((stream, address)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "connection without TCP_NODELAY");
                }
                return (stream, address, place);
            }
            Err(error) => {
                // Out of file descriptors, most likely: a pause lets some be closed.
                tracing::error!(%error, "HTTP connection not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// RFC 7983: STUN's first byte is 0 to 3, HTTP's a letter. Nothing is taken from the stream.
async fn begins_with_stun(stream: &mut TlsStream<TcpStream>) -> bool {
    let first = timeout(HEADER_LIMIT, stream.fill_buf()).await;
    first.is_ok_and(|read| read.is_ok_and(|bytes| bytes.first().is_some_and(|byte| *byte < 4)))
}

async fn serve<S>(stream: S, client: Client, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = axum::Extension(ConnectInfo(client)).layer(router);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_LIMIT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HTTP2_PING);
    let connection = builder
        .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = connection.await {
        tracing::debug!(%error, "HTTP connection ended early");
    }
}

/// Connections of one listener at one time; more wait in the backlog.
const CONNECTIONS_MAX: usize = 20_000;
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const HEADER_LIMIT: Duration = Duration::from_secs(75);
const HTTP2_PING: Duration = Duration::from_secs(30);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
