//! `/api/v2/monitor`: the dashboard's figures, with the desk's own in front; `details=true` adds
//! the tables of agents and calls, which are for supervisors. `/api/v2/monitor/trends`: how it
//! went in the last 24 hours.

use model::{Now, monitor::Connection};
use serde_json::{Value, json};
use wire_rest::{Problem, StatusCode};

use crate::{Desk, dispatch::Ask, http::Caller};

impl Desk {
    /// # Errors
    /// When somebody asks for details who may not see them.
    pub(crate) fn monitor(&self, now: Now, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let mut monitor = self.figures(now);
        let is_detailed = ask.query.value("details") == Some("true");
        if is_detailed && !self.is_supervisor(&caller.user) {
            let message = "Only supervisors may see what single agents and callers do.";
            return Err(Problem::new(403, StatusCode::NoPermission, "NotASupervisor", message)
                .hint("Ask without details=true, or have an administrator give you the role."));
        }
        if let Some(monitor) = monitor.as_object_mut().filter(|_| is_detailed) {
            monitor.insert("agentRows".into(), json!(self.monitor.agent_rows));
            monitor.insert("calls".into(), json!(self.monitor.call_rows));
        }
        Ok(json!({"statusCode": 0, "monitor": monitor}))
    }

    /// One queue's course, or the site's.
    ///
    /// # Errors
    /// When there is no such queue.
    pub(crate) fn monitor_trends(&self, ask: &Ask) -> Result<Value, Problem> {
        let trends = &self.trends;
        let course = match ask.query.value("queue") {
            None => json!(*trends.site),
            Some(queue) => match trends.queues.get(queue) {
                Some(trend) => json!(**trend),
                None if self.monitor.queues.iter().any(|known| known.name.as_str() == queue) => {
                    // Nothing has happened there yet.
                    json!(model::monitor::QueueTrend::default())
                }
                None => {
                    let message = format!("There is no queue or route point '{queue}'.");
                    return Err(Problem::new(404, StatusCode::NotFound, "NotFound", message)
                        .hint("GET /api/v2/monitor lists them."));
                }
            },
        };
        Ok(json!({
            "statusCode": 0,
            "firstMinuteMs": trends.first_minute * 60_000,
            "trends": course,
        }))
    }

    fn figures(&self, now: Now) -> Value {
        let uptime = now.instant.saturating_duration_since(self.settings.started.instant);
        let inside =
            |name: &str, connected| Connection { name: name.to_owned(), connected, address: None };
        let connections = self.connections.clone().unwrap_or_else(|| {
            vec![inside("Config Server", self.configuration.version > 0), inside("T-Server", true)]
        });
        let mut monitor = json!(self.monitor);
        if let Some(gateway) = monitor.get_mut("gateway").and_then(Value::as_object_mut) {
            gateway.insert("status".into(), json!("RUNNING"));
        }
        if let Some(monitor) = monitor.as_object_mut() {
            monitor.insert(
                "gws".into(),
                json!({
                    "status": "RUNNING",
                    "uptimeSeconds": uptime.as_secs(),
                    "port": self.settings.port,
                    "activeSessions": self.sessions.len(),
                    "cometdClients": self.bayeux.clients.len(),
                    "connections": connections,
                }),
            );
        }
        monitor
    }
}
