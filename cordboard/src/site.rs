//! The site as it is kept: every version in its tables, in order, with who made it; and as files
//! that are read and written over HTTP.
//!
//! A change holds from the moment when the directory has published it, and is saved right after.
//! While it can't be saved (the disk is full, the database locked) an alarm stands, it is tried
//! again and again, and calls go on.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use board::Input;
use crossbeam_channel::Sender;
use io_edge::Edge;
use io_store::{AuditQuery, AuditRow, Store};
use model::{
    Configuration, UserName,
    api::{ApiId, ApiOutput, ApiResponse, AuditPage, FileWork},
    config::{Audit, Change, ChangeRefusal, Difference, Edit, ObjectKind},
    monitor::{Alarm, AlarmChange, Severity},
};
use serde_json::{Value, json};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::sleep,
};

use crate::{
    apply,
    control::Order,
    import, ports,
    site_file::{self, Format, SiteFile},
};

/// What becomes of a change.
type Outcome = Result<(u64, Vec<Difference>), ChangeRefusal>;

/// Saves what is published, and answers questions that take files and tables.
pub struct Site {
    inner: Arc<Inner>,
    runtime: Handle,
    /// Who made what is published next.
    audit: Option<Audit>,
    saves: mpsc::UnboundedSender<Save>,
    saver: JoinHandle<()>,
}

struct Inner {
    store: Store,
    configuration: watch::Receiver<Arc<Configuration>>,
    orders: Sender<Order>,
    last: AtomicU64,
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<Outcome>>>,
}

/// A version to be saved.
struct Save {
    configuration: Arc<Configuration>,
    audit: Option<Audit>,
}

impl Site {
    /// Works on the runtime in which it is called.
    pub fn start(
        store: &Store,
        configuration: watch::Receiver<Arc<Configuration>>,
        orders: &Sender<Order>,
    ) -> Self {
        let inner = Arc::new(Inner {
            store: store.clone(),
            configuration,
            orders: orders.clone(),
            last: AtomicU64::new(0),
            waiting: Mutex::default(),
        });
        // As many as people make; each is the configuration that is held anyway.
        let (saves, versions) = mpsc::unbounded_channel();
        let saver = tokio::spawn(save_all(store.clone(), versions, orders.clone()));
        Self { inner, runtime: Handle::current(), audit: None, saves, saver }
    }

    /// Who made the version that is published next.
    pub fn audit(&mut self, audit: Audit) {
        self.audit = Some(audit);
    }

    /// Keeps a version that was published.
    pub fn save(&mut self, configuration: Arc<Configuration>) {
        let audit = self.audit.take().filter(|audit| audit.version == configuration.version);
        // It ends after this.
        let _ = self.saves.send(Save { configuration, audit });
    }

    /// What became of a change that was asked for here.
    pub fn changed(&self, reference: u64, outcome: Outcome) {
        let waiting = self.inner.waiting.lock().ok().and_then(|mut all| all.remove(&reference));
        if let Some(waiting) = waiting {
            // Whoever asked may have gone.
            let _ = waiting.send(outcome);
        }
    }

    /// Answers a question of the desk's.
    pub fn answer(&self, output: ApiOutput, edge: &Edge) {
        let (inner, edge) = (Arc::clone(&self.inner), edge.clone());
        self.runtime.spawn(async move {
            let response = match output {
                ApiOutput::Audit { id, query } => inner.audit_log(id, query).await,
                ApiOutput::ConfigurationFile { id, asked_by, work } => {
                    inner.file(id, &asked_by, work).await
                }
                _ => return,
            };
            edge.respond(response);
        });
    }

    /// Waits until every version is saved.
    pub async fn close(self) {
        let Self { saves, saver, .. } = self;
        drop(saves);
        if tokio::time::timeout(CLOSE_LIMIT, saver).await.is_err() {
            tracing::error!("the configuration in force is not saved");
        }
    }
}

impl Inner {
    async fn audit_log(&self, id: ApiId, page: AuditPage) -> ApiResponse {
        let AuditPage { kind, name, who, offset, limit } = page;
        let rows = offset.saturating_add(limit).min(AuditQuery::ROWS_MAX);
        let query = AuditQuery { before_id: None, kind, name, who, limit: rows };
        match self.store.audit(&query).await {
            Ok(rows) => {
                let total = rows.len();
                let skip = usize::try_from(offset).unwrap_or(usize::MAX);
                let mut items: Vec<Value> = Vec::new();
                for row in rows.into_iter().skip(skip) {
                    let change = difference(&row.difference);
                    match items.last_mut() {
                        // Rows of one change follow one another.
                        Some(item) if is_of(item, &row) => {
                            if let Some(Value::Array(changes)) = item.get_mut("changes") {
                                changes.push(change);
                            }
                        }
                        _ => items.push(json!({
                            "at": row.at, "who": row.who, "version": row.version,
                            "changes": [change],
                        })),
                    }
                }
                let body = json!({ "statusCode": 0, "total": total, "items": items });
                ports::json(id, 200, &body)
            }
            Err(error) => {
                tracing::error!(%error, "the audit log can't be read");
                let message = "The audit log can't be read; the log of the program says why.";
                ports::refusal(id, 500, "AuditLogUnreadable", message)
            }
        }
    }

    /// A file says what is to be, whatever was before: when somebody else's change comes between
    /// reading and changing, it is applied to what holds then.
    async fn file(&self, id: ApiId, asked_by: &UserName, work: FileWork) -> ApiResponse {
        for _ in 1..TRIES {
            let response = self.try_file(id, asked_by, &work).await;
            if response.status != 409 {
                return response;
            }
            sleep(NEWER).await;
        }
        self.try_file(id, asked_by, &work).await
    }

    async fn try_file(&self, id: ApiId, asked_by: &UserName, work: &FileWork) -> ApiResponse {
        let site = self.configuration.borrow().clone();
        match work {
            FileWork::Export { format } => export(id, &site, format),
            &FileWork::Apply { ref text, is_plan, prunes } => match read(text) {
                Ok(file) => {
                    let edits = apply::edits(&site, &file, prunes);
                    let who = format!("{asked_by} (file)");
                    let outcome = self.change(who, &site, edits, is_plan).await;
                    changed(id, outcome, None)
                }
                Err(message) => ports::refusal(id, 422, "configuration_invalid", &message),
            },
            &FileWork::Import { ref what, ref text, is_plan, skips_bad } => {
                let (table, text, before) = (what.clone(), text.clone(), Arc::clone(&site));
                let read =
                    tokio::task::spawn_blocking(move || import::lines(&table, &text, &before));
                let imported = match read.await {
                    Ok(Ok(imported)) => imported,
                    Ok(Err(error)) => {
                        let message = format!("{error:#}");
                        return ports::refusal(id, 422, "configuration_invalid", &message);
                    }
                    Err(error) => {
                        return ports::refusal(id, 500, "ImportFailed", &error.to_string());
                    }
                };
                let import::Lines { site: new, lines, bad } = imported;
                if bad > 0 && !skips_bad {
                    let body = json!({
                        "statusCode": 10,
                        "errorCode": "configuration_invalid",
                        "statusMessage": format!("{bad} lines are bad; nothing was changed."),
                        "version": site.version, "lines": lines, "changes": [],
                    });
                    return ports::json(id, 422, &body);
                }
                let edits = edits_between(&site, &new);
                let who = format!("{asked_by} (import)");
                let outcome = self.change(who, &site, edits, is_plan).await;
                changed(id, outcome, Some(json!(lines)))
            }
        }
    }

    /// Has the board make a change, and waits for what becomes of it.
    async fn change(
        &self,
        who: String,
        site: &Configuration,
        edits: Vec<Edit>,
        is_plan: bool,
    ) -> Result<Outcome, String> {
        let reference = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (answer, outcome) = oneshot::channel();
        if let Ok(mut waiting) = self.waiting.lock() {
            waiting.insert(reference, answer);
        }
        let change = Change { base_version: site.version, edits };
        let input = Input::Change { reference, who, change, is_plan };
        if self.orders.try_send(Order::Board(input)).is_err() {
            return Err("The server is overloaded; try again in a moment.".to_owned());
        }
        outcome.await.map_err(|_| "The server is stopping.".to_owned())
    }
}

/// Whether a row belongs to the change before it.
fn is_of(item: &Value, row: &AuditRow) -> bool {
    let is = |field: &str, value: Value| item.get(field) == Some(&value);
    is("version", json!(row.version)) && is("at", json!(row.at)) && is("who", json!(row.who))
}

fn edits_between(site: &Configuration, new: &Configuration) -> Vec<Edit> {
    let mut edits = Vec::new();
    for kind in ObjectKind::ALL {
        for name in site.differing(new, *kind) {
            edits.push(match new.object(*kind, name) {
                Some(object) => Edit::Put(object),
                None => Edit::Delete(*kind, name.to_owned()),
            });
        }
    }
    edits
}

/// TOML, or else YAML: of two refusals the one that came further is told.
fn read(text: &str) -> Result<SiteFile, String> {
    let toml = match SiteFile::parse(text, Format::Toml) {
        Ok(file) => return Ok(file),
        Err(problem) => problem,
    };
    SiteFile::parse(text, Format::Yaml).map_err(|yaml| {
        let (line, message) = if yaml.0 > toml.0 { yaml } else { toml };
        format!("line {line}: {message}")
    })
}

fn export(id: ApiId, site: &Configuration, format: &str) -> ApiResponse {
    let written = match format {
        "json" => serde_json::to_string_pretty(site).map_err(anyhow::Error::from),
        "toml" => site_file::write(site, Format::Toml),
        "yaml" => site_file::write(site, Format::Yaml),
        _ => return ports::refusal(id, 400, "ValueOutOfRange", "format is toml, yaml or json."),
    };
    match written {
        Ok(text) => ApiResponse {
            id,
            status: 200,
            headers: vec![
                ("content-type".into(), format!("application/{format}")),
                (
                    "content-disposition".into(),
                    format!("attachment; filename=\"cordboard.{format}\""),
                ),
                ("cache-control".into(), "no-store".into()),
            ],
            body: text.into_bytes(),
        },
        Err(error) => ports::refusal(id, 500, "ExportFailed", &error.to_string()),
    }
}

fn changed(id: ApiId, outcome: Result<Outcome, String>, lines: Option<Value>) -> ApiResponse {
    let (status, mut body) = match outcome {
        Ok(Ok((version, differences))) => {
            let changes: Vec<Value> = differences.iter().map(difference).collect();
            (200, json!({ "statusCode": 0, "version": version, "changes": changes }))
        }
        Ok(Err(ChangeRefusal::Conflict(conflict))) => (
            409,
            json!({
                "statusCode": 2, "errorCode": "configuration_changed",
                "statusMessage": conflict.to_string(),
                "version": conflict.version, "yourVersion": conflict.base_version,
            }),
        ),
        Ok(Err(ChangeRefusal::Problems(problems))) => (
            422,
            json!({
                "statusCode": 10, "errorCode": "configuration_invalid",
                "statusMessage": problems.first(), "problems": problems,
            }),
        ),
        Err(message) => (503, json!({ "statusCode": 4, "statusMessage": message })),
    };
    if let (Some(lines), Some(body)) = (lines, body.as_object_mut()) {
        body.insert("lines".to_owned(), lines);
    }
    ports::json(id, status, &body)
}

fn difference(one: &Difference) -> Value {
    json!({
        "kind": one.kind.table(), "key": one.name, "sort": one.sort, "fields": one.fields,
    })
}

/// One version after the other, each until it is saved or a later one is there.
async fn save_all(
    store: Store,
    mut versions: mpsc::UnboundedReceiver<Save>,
    orders: Sender<Order>,
) {
    let mut is_alarmed = false;
    while let Some(Save { configuration, audit }) = versions.recv().await {
        loop {
            let saved = match &audit {
                Some(audit) => store.save_change(&configuration, audit).await,
                None => store.save(&configuration).await,
            };
            let change = match saved {
                Ok(()) if is_alarmed => AlarmChange::Cleared { name: ALARM.to_owned() },
                Ok(()) => break,
                Err(error) => {
                    tracing::error!(%error, "the configuration in force is not saved");
                    AlarmChange::Raised(Alarm {
                        name: ALARM.to_owned(),
                        severity: Severity::Critical,
                        message: format!(
                            "Version {} of the configuration holds but is not saved; a restart \
                             would lose it: {error}.",
                            configuration.version
                        ),
                        since_ms: crate::now().unix_ms(),
                    })
                }
            };
            is_alarmed = matches!(change, AlarmChange::Raised(_));
            if orders.try_send(Order::Board(Input::Alarm(change))).is_err() {
                tracing::warn!("control queue full: an alarm is not told");
            }
            if !is_alarmed {
                break;
            }
            sleep(AGAIN).await;
        }
    }
}

const ALARM: &str = "configuration-not-saved";
/// Versions that a file is applied to before whoever sent it is told that others keep changing.
const TRIES: u32 = 5;
/// Until the version that came between is known here.
const NEWER: Duration = Duration::from_millis(20);
/// Between tries to save.
const AGAIN: Duration = Duration::from_secs(5);
/// How long the end of the program waits for the last version.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);
