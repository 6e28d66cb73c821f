//! `cordboard.stat.v1.StatServer`: the site's figures.

use std::sync::Arc;

use model::monitor::{Monitor, Severity};
use proto::stat::v1 as pb;
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use crate::watching::{Versions, versions};

/// The service on 2020.
#[derive(Debug)]
pub struct Stat {
    monitor: watch::Receiver<Arc<Monitor>>,
    stop: watch::Receiver<bool>,
}

impl Stat {
    /// A service that reads what was reckoned last.
    pub fn new(monitor: watch::Receiver<Arc<Monitor>>, stop: watch::Receiver<bool>) -> Self {
        Self { monitor, stop }
    }
}

#[tonic::async_trait]
impl pb::stat_server_server::StatServer for Stat {
    type WatchMonitorStream = Versions<pb::Monitor>;

    async fn peek_monitor(
        &self,
        _: Request<pb::PeekMonitorRequest>,
    ) -> Result<Response<pb::Monitor>, Status> {
        let monitor = Arc::clone(&self.monitor.borrow());
        Ok(Response::new(message(&monitor)))
    }

    async fn watch_monitor(
        &self,
        _: Request<pb::PeekMonitorRequest>,
    ) -> Result<Response<Self::WatchMonitorStream>, Status> {
        Ok(Response::new(versions(self.monitor.clone(), self.stop.clone(), message)))
    }
}

fn message(monitor: &Monitor) -> pb::Monitor {
    let (agents, hour) = (&monitor.agents, &monitor.last_hour);
    let registered = monitor.gateway.registered.iter().map(|registered| pb::RegisteredDn {
        dn: registered.dn.to_string(),
        user: registered.user.clone().unwrap_or_default(),
    });
    let alarms = monitor.alarms.iter().map(|alarm| pb::Alarm {
        name: alarm.name.clone(),
        severity: match alarm.severity {
            Severity::Critical => pb::AlarmSeverity::Critical.into(),
            Severity::Warning => pb::AlarmSeverity::Warning.into(),
        },
        message: alarm.message.clone(),
        since_ms: alarm.since_ms,
    });
    let trunks = monitor.gateway.trunks.iter();
    let queues = monitor.queues.iter().map(|queue| pb::QueueHealth {
        name: queue.name.to_string(),
        waiting: queue.waiting,
        longest_wait_seconds: queue.longest_wait_seconds,
    });
    pb::Monitor {
        agents: Some(pb::AgentCounts {
            ready: agents.ready,
            not_ready: agents.not_ready,
            on_call: agents.on_call,
            after_call_work: agents.after_call_work,
            logged_out: agents.logged_out,
        }),
        active_calls: monitor.gateway.active_calls,
        registered: registered.collect(),
        trunks: trunks
            .map(|trunk| pb::TrunkHealth { name: trunk.name.clone(), up: trunk.up })
            .collect(),
        last_hour: Some(pb::LastHour {
            inbound: hour.inbound,
            outbound: hour.outbound,
            average_handle_seconds: hour.average_handle_seconds,
            abandoned: hour.abandoned,
            abandoned_percent: hour.abandoned_percent,
        }),
        queues: queues.collect(),
        alarms: alarms.collect(),
    }
}
