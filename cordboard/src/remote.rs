//! A running server as the commands of an administrator talk to it: over `/api/v2`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use model::config::{Difference, ObjectKind};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};
use ureq::{
    Agent,
    config::Config,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::say;

/// Where the server is, and who asks.
#[derive(Args)]
pub struct ServerOptions {
    /// Work on this running server, e.g. https://cc.example.com, not on a data folder.
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    server: Option<String>,
    /// Who asks the server; the password is read from the environment: `CORDBOARD_PASSWORD`.
    #[arg(long, value_name = "NAME", default_value = "admin")]
    user: String,
    /// Trust servers whose certificates this file (PEM) has or has signed.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl ServerOptions {
    /// The server, when one is named.
    ///
    /// # Errors
    /// When the password or the certificates are missing.
    pub fn remote(&self) -> anyhow::Result<Option<Remote>> {
        let Some(server) = &self.server else { return Ok(None) };
        let is_web = server.starts_with("http://") || server.starts_with("https://");
        anyhow::ensure!(is_web, "--server is an address like https://cc.example.com");
        let password = std::env::var(PASSWORD).with_context(|| {
            format!("put the password of {} into the environment as {PASSWORD}", self.user)
        })?;
        let mut config = Config::builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIME_MAX))
            .user_agent(concat!("cordboard/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = &self.ca {
            let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
            let certificates = read().with_context(|| {
                format!("{} has no certificates in PEM that can be read", file.display())
            })?;
            let known = certificates.iter().map(|one| Certificate::from_der(one).to_owned());
            let roots = RootCerts::Specific(Arc::new(known.collect()));
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        let authorization = format!("Basic {}", base64(&format!("{}:{password}", self.user)));
        Ok(Some(Remote {
            agent: Agent::new_with_config(config.build()),
            root: format!("{}/api/v2", server.trim_end_matches('/')),
            authorization,
        }))
    }
}

/// A running server.
pub struct Remote {
    agent: Agent,
    root: String,
    authorization: String,
}

impl Remote {
    /// What a path below `/api/v2` has, as text.
    ///
    /// # Errors
    /// When the server can't be reached or refuses.
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<String> {
        let request = self.agent.get(self.url(path, query));
        let response = request.header("authorization", &self.authorization).call();
        self.read(response)
    }

    /// What becomes of a change.
    ///
    /// # Errors
    /// When the server can't be reached or refuses.
    pub fn post(&self, path: &str, query: &[(&str, &str)], body: &str) -> anyhow::Result<Value> {
        let request = self.agent.post(self.url(path, query));
        let response = request
            .header("authorization", &self.authorization)
            .header("content-type", "text/plain; charset=utf-8")
            .send(body);
        Ok(serde_json::from_str(&self.read(response)?)?)
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> String {
        let pair = |(name, value): &(&str, &str)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        };
        let pairs: Vec<String> = query.iter().map(pair).collect();
        format!("{}/{path}?{}", self.root, pairs.join("&"))
    }

    fn read(
        &self,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> anyhow::Result<String> {
        let root = &self.root;
        let mut response = response.with_context(|| format!("{root} can't be reached"))?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(BYTES_MAX).read_to_string()?;
        anyhow::ensure!(status.is_success(), "{}", refusal(status.as_u16(), &body));
        Ok(body)
    }
}

/// A refusal in the server's words: each problem, or each bad line, on a line.
fn refusal(status: u16, body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let mut words = vec![match text("statusMessage") {
        Some(message) => message.to_owned(),
        None => format!("the server answered {status}"),
    }];
    words.extend(text("hint").map(str::to_owned));
    let all = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
    words.extend(all("problems").skip(1).filter_map(Value::as_str).map(str::to_owned));
    words.extend(all("lines").filter(|line| line["outcome"] == "refused").map(line_words));
    words.join("\n")
}

/// A line of an import's report.
pub fn line_words(line: &Value) -> String {
    let message = line.get("message").and_then(Value::as_str).unwrap_or_default();
    format!("line {}: {message}", line.get("line").and_then(Value::as_u64).unwrap_or_default())
}

/// What a change did or would do, as it is told elsewhere.
pub fn differences(body: &Value) -> Vec<Difference> {
    let read = |change: &Value| {
        let table = change.get("kind")?.as_str()?;
        let kind = ObjectKind::ALL.iter().find(|kind| kind.table() == table)?;
        let difference = json!({
            "kind": kind, "name": change.get("key")?, "sort": change.get("sort")?,
            "fields": change.get("fields")?,
        });
        serde_json::from_value(difference).ok()
    };
    let changes = body.get("changes").and_then(Value::as_array);
    changes.into_iter().flatten().filter_map(read).collect()
}

/// Has the server make a change after showing what it would do.
///
/// # Errors
/// When the server refuses, or nobody can be asked.
pub fn change(
    remote: &Remote,
    path: &str,
    query: &[(&str, &str)],
    body: &str,
    yes: bool,
) -> anyhow::Result<()> {
    let plan = [query, &[("plan", "true")]].concat();
    let planned = remote.post(path, &plan, body)?;
    let lines = planned.get("lines").and_then(Value::as_array);
    lines.into_iter().flatten().for_each(|line| say(&line_words(line)));
    if !crate::apply::agrees(&differences(&planned), yes)? {
        return Ok(());
    }
    let done = remote.post(path, query, body)?;
    let version = done.get("version").and_then(Value::as_u64).unwrap_or_default();
    say(&format!("Done; the site has version {version} now."));
    Ok(())
}

fn base64(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}

const PASSWORD: &str = "CORDBOARD_PASSWORD";
/// A site's file with all its customers.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// For one question.
const TIME_MAX: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_refusal_is_told_with_all_that_is_wrong() {
        let body = r#"{"statusMessage":"a is wrong","hint":"Mend it.","problems":["a","b"]}"#;
        assert_eq!(refusal(422, body), "a is wrong\nMend it.\nb");
        let body = r#"{"statusMessage":"1 line is bad","lines":[
            {"line":2,"outcome":"added","message":"x"},
            {"line":3,"outcome":"refused","message":"no place"}]}"#;
        assert_eq!(refusal(422, body), "1 line is bad\nline 3: no place");
        assert_eq!(refusal(502, "<html>"), "the server answered 502");
    }

    #[test]
    fn differences_are_read_as_they_are_told() {
        let body = json!({ "changes": [{
            "kind": "skills", "key": "Repair", "sort": "changed",
            "fields": [{ "field": "description", "before": null, "after": "mends" }],
        }]});
        let all = differences(&body);
        assert_eq!(all.len(), 1);
        assert_eq!(all.first().unwrap().kind, ObjectKind::Skill);
        assert_eq!(all.first().unwrap().fields.len(), 1);
    }
}
