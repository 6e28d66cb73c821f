//! `/api/v2/monitor`: the dashboard's figures, with the desk's own in front.

use model::{Now, monitor::Connection};
use serde_json::{Value, json};

use crate::Desk;

impl Desk {
    pub(crate) fn monitor(&self, now: Now) -> Value {
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
        json!({"statusCode": 0, "monitor": monitor})
    }
}
