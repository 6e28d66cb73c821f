//! A new configuration: what was taken out of it must not linger.

use std::sync::Arc;

use model::{Configuration, ConnId, Dn, Now, config::DnKind};

use crate::{Switch, reach::is_extension, ready::Change, release::Ending, timers::Timer};

impl Switch {
    /// Takes a configuration. Live calls of a DN that was taken out go on; calls that wait at a
    /// route point that was taken out end, since no router will ever come for them.
    pub(crate) fn configure(&mut self, now: Now, configuration: Arc<Configuration>) {
        self.configuration = configuration;
        self.trunks.reconfigured(&self.configuration);
        let orphans: Vec<ConnId> = self
            .calls
            .values()
            .filter(|call| call.alerting().is_none())
            .filter(|call| call.held_at().is_some_and(|dn| !self.is_route_point(dn)))
            .map(|call| call.conn)
            .collect();
        for conn in orphans {
            self.end_call(now, conn, &Ending::RoutePointGone);
        }
        for dn in self.dns.numbers() {
            self.forget_if_unconfigured(now, &dn);
            let is_known = |id| self.configuration.agent(id).is_some();
            if self.dns.agent(&dn).is_some_and(|agent| !is_known(&agent.id)) {
                self.log_out(now, &dn, Change::because("Agent was removed"));
            }
        }
    }

    /// Forgets a DN that is configured no more, unless it has a call: then at the call's end.
    pub(crate) fn forget_if_unconfigured(&mut self, now: Now, dn: &Dn) {
        if is_extension(&self.configuration, dn) || self.dns.is_busy(dn) {
            return;
        }
        self.log_out(now, dn, Change::because("DN was removed"));
        self.monitors.remove(dn);
        self.monitors.retain(|_, monitor| monitor.by != *dn);
        self.timers.cancel(&Timer::OutOfService(dn.clone()));
        self.dns.forget(dn);
    }

    fn is_route_point(&self, dn: &Dn) -> bool {
        self.configuration.dns.get(dn).is_some_and(|object| match object.kind {
            DnKind::RoutePoint { .. } => true,
            DnKind::Extension { .. } | DnKind::VirtualQueue => false,
        })
    }
}
