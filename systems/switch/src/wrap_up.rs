//! After-call work that the switch starts and ends: so many seconds after each routed call.

use std::time::Duration;

use model::{AgentState, Dn, KvList, Now, WorkMode};

use crate::{Switch, dn::Posture, ready::Change, service::PHONE_NOT_REGISTERED, timers::Timer};

impl Switch {
    /// The seconds of after-call work that the agent at a DN has; `None` without agent or work.
    pub(crate) fn wrap_up_seconds(&self, dn: &Dn) -> Option<u32> {
        let agent = self.dns.agent(dn)?;
        let seconds = self.configuration.agent(&agent.id)?.wrap_up_s;
        (seconds > 0).then_some(seconds)
    }

    /// The agent's call is over. Who chose AfterCallWork during the call keeps it, untimed.
    pub(crate) fn begin_wrap_up(&mut self, now: Now, dn: &Dn) {
        let Some(seconds) = self.wrap_up_seconds(dn) else { return };
        let Some(before) = self.dns.agent(dn).map(|agent| agent.posture.clone()) else { return };
        if before.state == AgentState::AfterCallWork {
            return;
        }
        let change = Change {
            extensions: KvList::new().with("WrapUpTime", i64::from(seconds)),
            ..Change::default()
        };
        let posture = Posture::not_ready(WorkMode::AfterCallWork, None);
        self.change_posture(now, dn, posture, change);
        if let Some(agent) = self.dns.agent_mut(dn) {
            agent.afterwards = Some(before);
        }
        let ends = now.instant + Duration::from_secs(u64::from(seconds));
        self.timers.set(Timer::WrapUp(dn.clone()), ends);
    }

    /// Back to the state of before, or to the one that was asked for during the call.
    pub(crate) fn wrap_up_over(&mut self, now: Now, dn: &Dn) {
        let afterwards = self.dns.agent_mut(dn).and_then(|agent| agent.afterwards.take());
        let Some(posture) = afterwards else { return };
        if posture.state == AgentState::Ready && !self.dns.is_in_service(dn) {
            let reason = Some(PHONE_NOT_REGISTERED.to_owned());
            let posture = Posture::not_ready(WorkMode::AuxWork, reason);
            return self.change_posture(now, dn, posture, Change::because(PHONE_NOT_REGISTERED));
        }
        let change = match &posture.reason {
            Some(reason) => Change::because(reason),
            None => Change::default(),
        };
        self.change_posture(now, dn, posture, change);
    }
}
