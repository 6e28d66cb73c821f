//! After-call work that the switch ends: so many seconds after each routed call, or as many more as
//! the agent asks for.

use std::time::Duration;

use model::{AgentState, Dn, KvList, KvValue, Now, TError, WorkMode, error::Refusal};

use crate::{
    Switch, dn::Posture, ready::Change, request::Asker, service::PHONE_NOT_REGISTERED,
    timers::Timer,
};

impl Switch {
    /// The seconds of after-call work that the agent at a DN has; `None` without agent or work.
    pub(crate) fn wrap_up_seconds(&self, dn: &Dn) -> Option<u32> {
        let agent = self.dns.agent(dn)?;
        let person = self.configuration.agent(&agent.id)?;
        let seconds = self.configuration.wrap_up_s(person);
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
        self.time_wrap_up(now, dn, seconds, Some(before));
    }

    /// `WrapUpTime` in the Extensions of a request for after-call work: so many seconds of it from
    /// now on, 0: as long as the agent likes.
    pub(crate) fn wrap_up_asked(asker: &Asker, to: &Posture) -> Result<Option<u32>, Refusal> {
        let Some(value) = asker.extensions.value("WrapUpTime") else { return Ok(None) };
        let seconds = match value {
            KvValue::Int(seconds) => u32::try_from(*seconds).ok(),
            KvValue::List(_) | KvValue::Str(_) => None,
        };
        match seconds.filter(|seconds| *seconds <= WRAP_UP_S_MAX) {
            Some(seconds) if to.state == AgentState::AfterCallWork => Ok(Some(seconds)),
            Some(_) => Err(Refusal::new(
                TError::InvalidAttribute,
                "WrapUpTime goes with work mode AfterCallWork alone.",
            )),
            None => Err(Refusal::new(
                TError::InvalidAttribute,
                format!("WrapUpTime is a number of seconds up to {WRAP_UP_S_MAX}; 0: no limit."),
            )),
        }
    }

    /// What the agent at a DN does once after-call work is over.
    pub(crate) fn after_wrap_up(&self, dn: &Dn) -> Option<Posture> {
        let agent = self.dns.agent(dn)?;
        agent.afterwards.clone().or_else(|| {
            let is_work = agent.posture.state == AgentState::AfterCallWork;
            (!is_work).then(|| agent.posture.clone())
        })
    }

    /// Ends after-call work that has begun in so many seconds, unless that is 0 or a call is up:
    /// then it is the agent who ends it.
    pub(crate) fn time_wrap_up(
        &mut self,
        now: Now,
        dn: &Dn,
        seconds: u32,
        afterwards: Option<Posture>,
    ) {
        if seconds == 0 || self.dns.is_busy(dn) {
            return;
        }
        let Some(agent) = self.dns.agent_mut(dn) else { return };
        // Who was in work without an end has nothing to go back to.
        let not_ready = || Posture::not_ready(WorkMode::AuxWork, None);
        agent.afterwards = Some(afterwards.unwrap_or_else(not_ready));
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

/// After-call work that is asked for lasts a working day at most.
const WRAP_UP_S_MAX: u32 = 8 * 3600;
