//! Questions that strategies ask programs over HTTP.
//!
//! A question is answered within its time whatever the program does: hang, fail, redirect, send
//! megabytes or no JSON. Questions go to the addresses that the administrator names, but never to
//! link-local ones, where clouds keep their machines' secrets.

use std::{
    io::Read,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use model::webhook::{Webhook, WebhookAnswer};
use tokio::{runtime::Handle, sync::Semaphore};
use ureq::{
    Agent, Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// Asks programs.
#[derive(Clone)]
pub struct Webhooks {
    agent: Agent,
    places: Arc<Semaphore>,
    runtime: Handle,
    told: Arc<dyn Fn(WebhookAnswer) + Send + Sync>,
}

impl Webhooks {
    /// Works on the runtime in which it is called; answers come in any order.
    #[must_use]
    pub fn new(told: impl Fn(WebhookAnswer) + Send + Sync + 'static) -> Self {
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // A proxy would be asked for the very addresses that are left out here.
            .proxy(None)
            .user_agent(concat!("cordboard/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: Agent::with_parts(
                config,
                DefaultConnector::default(),
                PublicResolver::default(),
            ),
            places: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            runtime: Handle::current(),
            told: Arc::new(told),
        }
    }

    /// Asks; the answer is told once.
    pub fn ask(&self, webhook: Webhook) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let problem = format!("{AT_ONCE_MAX} programs are being asked already");
            return (self.told)(WebhookAnswer { id: webhook.id, answer: Err(problem) });
        };
        let (agent, told) = (self.agent.clone(), Arc::clone(&self.told));
        self.runtime.spawn_blocking(move || {
            let answer = ask(&agent, &webhook);
            drop(place);
            told(WebhookAnswer { id: webhook.id, answer });
        });
    }
}

fn ask(agent: &Agent, webhook: &Webhook) -> Result<serde_json::Value, String> {
    let url = &webhook.url;
    let problem = |error: &Error| match error {
        Error::Timeout(_) => format!("{url} did not answer in {} s", webhook.timeout.as_secs()),
        Error::HostNotFound => format!("{url}: there is no such host, or asking it is not allowed"),
        other => format!("{url} can't be asked: {other}"),
    };
    let response = agent
        .post(url)
        .config()
        .timeout_global(Some(webhook.timeout))
        .build()
        .send_json(&webhook.body)
        .map_err(|error| problem(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("{url} answered {status}"));
    }
    let mut body = Vec::new();
    let mut reader = response.into_body().into_reader().take(ANSWER_MAX + 1);
    reader.read_to_end(&mut body).map_err(|error| format!("{url} can't be read: {error}"))?;
    if body.len() as u64 > ANSWER_MAX {
        return Err(format!("{url} answered more than {} KiB", ANSWER_MAX / 1024));
    }
    serde_json::from_slice(&body).map_err(|error| format!("{url} answered no JSON: {error}"))
}

/// Leaves link-local addresses out.
#[derive(Debug, Default)]
struct PublicResolver(DefaultResolver);

impl Resolver for PublicResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| is_allowed(address)) {
            allowed.push(*address);
        }
        if allowed.is_empty() { Err(Error::HostNotFound) } else { Ok(allowed) }
    }
}

fn is_allowed(address: &SocketAddr) -> bool {
    match address.ip().to_canonical() {
        IpAddr::V4(address) => !address.is_link_local() && !address.is_unspecified(),
        IpAddr::V6(address) => !address.is_unicast_link_local() && !address.is_unspecified(),
    }
}

/// The longest answer.
const ANSWER_MAX: u64 = 64 * 1024;
/// Questions at the same time; a further one is answered at once, with that.
const AT_ONCE_MAX: usize = 200;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{
        io::Write,
        net::TcpListener,
        sync::mpsc,
        thread,
        time::{Duration, Instant},
    };

    use serde_json::json;

    use super::*;

    /// A program that answers each connection with these bytes, or never.
    fn program(answer: Option<&'static [u8]>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/ask", listener.local_addr().unwrap());
        thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked);
                if let Some(answer) = answer {
                    let _ = stream.write_all(answer);
                } else {
                    open.push(stream);
                }
            }
        });
        url
    }

    async fn answer(url: String, timeout: Duration) -> Result<serde_json::Value, String> {
        let (sender, answers) = mpsc::channel();
        let webhooks = Webhooks::new(move |answer| sender.send(answer).unwrap());
        webhooks.ask(Webhook { id: 7, url, timeout, body: json!({"a": 1}) });
        let answer = tokio::task::spawn_blocking(move || {
            answers.recv_timeout(Duration::from_secs(20)).unwrap()
        });
        let answer = answer.await.unwrap();
        assert_eq!(answer.id, 7);
        answer.answer
    }

    const PATIENT: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn json_is_answered() {
        let url = program(Some(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"b\": 22}"));
        assert_eq!(answer(url, PATIENT).await, Ok(json!({"b": 22})));
    }

    #[tokio::test]
    async fn everything_else_is_said_in_words() {
        let big: &'static [u8] = Box::leak(
            format!("HTTP/1.1 200 OK\r\ncontent-length: 70000\r\n\r\n{}", " ".repeat(70_000))
                .into_bytes()
                .into_boxed_slice(),
        );
        let cases: [(&'static [u8], &str); 5] = [
            (b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", "answered 500"),
            (b"HTTP/1.1 302 Go\r\nlocation: /else\r\ncontent-length: 0\r\n\r\n", "answered 302"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{b", "answered no JSON"),
            (b"nonsense\r\n\r\n", "can't be asked"),
            (big, "more than 64 KiB"),
        ];
        for (bytes, expected) in cases {
            let problem = answer(program(Some(bytes)), PATIENT).await.unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_not_waited_for_longer_than_said() {
        let begin = Instant::now();
        let problem = answer(program(None), Duration::from_secs(1)).await.unwrap_err();
        assert!(problem.contains("did not answer in 1 s"), "{problem}");
        assert!(begin.elapsed() < PATIENT);
    }

    #[tokio::test]
    async fn the_secrets_of_machines_are_not_asked_for() {
        for url in ["http://169.254.169.254/", "http://[fe80::1]/", "http://[::ffff:169.254.1.1]/"]
        {
            let problem = answer(url.to_owned(), PATIENT).await.unwrap_err();
            assert!(problem.contains("not allowed"), "{problem}");
        }
    }
}
