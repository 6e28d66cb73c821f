//! An HTTP client with one connection, as a page of a browser keeps one: cookie, CSRF token, JSON.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::counts::Counts;

/// A person's HTTP session.
pub struct Rest {
    stream: BufReader<TcpStream>,
    server: SocketAddr,
    cookie: String,
    csrf: String,
    counts: Arc<Counts>,
}

impl Rest {
    /// Signs a person of the demo site in.
    pub async fn sign_in(server: SocketAddr, user: &str, counts: Arc<Counts>) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (cookie, csrf) = (String::new(), String::new());
        let mut rest = Self { stream: BufReader::new(stream), server, cookie, csrf, counts };
        let who = json!({"username": user, "password": "demo"});
        rest.request("POST", "/api/v2/login", &who).await?;
        rest.request("GET", "/api/v2/me", &Value::Null).await?;
        Ok(rest)
    }

    /// For the upgrade of a WebSocket of the same page.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// A request that is expected to succeed.
    pub async fn request(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nX-CSRF-TOKEN: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.server,
            self.cookie,
            self.csrf,
            body.len(),
        );
        self.stream.get_mut().write_all(request.as_bytes()).await?;
        let answer = self.response().await?;
        ensure!(answer.get("statusCode") == Some(&json!(0)), "{method} {path}: {answer}");
        Ok(answer)
    }

    async fn response(&mut self) -> Result<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await?;
            let line = line.trim_end();
            let Some((name, value)) = line.split_once(": ") else {
                ensure!(!line.is_empty() || length > 0, "a response without a body");
                if line.is_empty() {
                    break;
                }
                continue;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "set-cookie" if value.starts_with("JSESSIONID=") => {
                    self.cookie = value.split(';').next().unwrap_or_default().to_owned();
                }
                "x-csrf-token" => self.csrf = value.to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        serde_json::from_slice(&body).context("a response that is no JSON")
    }
}
