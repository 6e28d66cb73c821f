//! DNs get a phone and lose it. Their agents stay logged in.

use model::{AgentState, Dn, EventName, Now, WorkMode};

use crate::{
    Switch,
    dn::{Agent, Posture},
    outbox::Draft,
    reach::is_extension,
    ready::Change,
    timers::Timer,
};

impl Switch {
    /// A phone came to the DN, the first or another one.
    pub(crate) fn dn_in_service(&mut self, now: Now, dn: &Dn) {
        if !is_extension(&self.configuration, dn) {
            tracing::debug!(%dn, "a phone registered for a DN that is not configured");
            return;
        }
        self.timers.cancel(&Timer::OutOfService(dn.clone()));
        let extension = self.dns.entry(dn);
        extension.bindings += 1;
        if !std::mem::replace(&mut extension.in_service, true) {
            self.say_service(now, dn, EventName::DnBackInService);
        }
        self.call_back(dn);
        self.ring_again(dn);
    }

    /// The DN's phone is gone.
    pub(crate) fn dn_out_of_service(&mut self, now: Now, dn: &Dn) {
        let Some(extension) = self.dns.extension_mut(dn) else { return };
        if std::mem::replace(&mut extension.in_service, false) {
            self.timers.set(Timer::OutOfService(dn.clone()), now.instant + self.settings.recovery);
            self.say_service(now, dn, EventName::DnOutOfService);
        }
    }

    /// A page that reloads is back by now; this phone is really gone.
    pub(crate) fn out_of_service_for_long(&mut self, now: Now, dn: &Dn) {
        if self.dns.is_in_service(dn) {
            return;
        }
        if self.dns.agent(dn).is_some_and(|agent| agent.posture.state == AgentState::Ready) {
            let reason = Some(PHONE_NOT_REGISTERED.to_owned());
            let posture = Posture::not_ready(WorkMode::AuxWork, reason);
            self.change_posture(now, dn, posture, Change::because(PHONE_NOT_REGISTERED));
        }
        self.supervisor_gone(now, dn);
    }

    fn say_service(&mut self, now: Now, dn: &Dn, name: EventName) {
        let attributes = self.dns.agent(dn).map(Agent::attributes);
        self.out.dn_event(now, attributes, Draft::new(name, dn));
    }
}

/// The not-ready reason of an agent whose phone is gone.
pub const PHONE_NOT_REGISTERED: &str = "Phone not registered";
