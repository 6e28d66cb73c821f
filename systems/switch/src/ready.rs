//! RequestAgentReady and RequestAgentNotReady, and how an agent's state changes at all.

use model::{AgentState, Dn, EventName, KvList, Now, TError, WorkMode, error::Refusal};

use crate::{
    Switch,
    dn::Posture,
    outbox::Draft,
    request::{Asker, AskerId},
    timers::Timer,
};

/// Why an agent's state changes, as the event tells it.
#[derive(Debug, Default)]
pub struct Change {
    /// Who asked for it.
    pub asker: Option<AskerId>,
    /// AttributeReasons.
    pub reasons: KvList,
    /// AttributeExtensions.
    pub extensions: KvList,
}

impl Change {
    /// The switch's own doing, with its reason.
    pub fn because(reason: &str) -> Self {
        Self { reasons: KvList::new().with(REASON_CODE, reason), ..Self::default() }
    }
}

impl From<&Asker> for Change {
    fn from(asker: &Asker) -> Self {
        Self {
            asker: Some(asker.id),
            reasons: asker.reasons.clone(),
            extensions: asker.extensions.clone(),
        }
    }
}

impl Switch {
    /// Takes calls from now on; during a call: after it. Ends after-call work early.
    pub(crate) fn agent_ready(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        work_mode: WorkMode,
    ) -> Result<(), Refusal> {
        if self.agent_at(dn)?.posture.state == AgentState::Ready {
            return Err(Refusal::new(
                TError::AlreadyInState,
                format!("The agent at DN {dn} is Ready already."),
            ));
        }
        if !self.dns.is_in_service(dn) {
            return Err(Refusal::new(
                TError::OutOfService,
                format!(
                    "Device '{dn}' is not registered. Open the phone page, wait until it shows \
                     that the phone is registered, and go Ready again."
                ),
            ));
        }
        self.out.accept(asker.id);
        let work_mode = match work_mode {
            WorkMode::Unknown => WorkMode::ManualIn,
            WorkMode::ManualIn
            | WorkMode::AutoIn
            | WorkMode::AfterCallWork
            | WorkMode::AuxWork
            | WorkMode::NoCallDisconnect
            | WorkMode::WalkAway
            | WorkMode::ReturnBack => work_mode,
        };
        self.change_posture(now, dn, Posture::ready(work_mode), Change::from(asker));
        Ok(())
    }

    /// Takes no calls from now on. Ends timed after-call work early.
    pub(crate) fn agent_not_ready(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        work_mode: WorkMode,
    ) -> Result<(), Refusal> {
        let posture = Posture::not_ready(work_mode, reason_of(asker)?);
        let wrap_up = Self::wrap_up_asked(asker, &posture)?;
        let agent = self.agent_at(dn)?;
        if agent.posture == posture && agent.afterwards.is_none() && wrap_up.is_none() {
            let state = posture.state.as_str();
            return Err(Refusal::new(
                TError::AlreadyInState,
                format!("The agent at DN {dn} is {state} for this reason already."),
            ));
        }
        self.out.accept(asker.id);
        let afterwards = self.after_wrap_up(dn);
        self.change_posture(now, dn, posture, Change::from(asker));
        if let Some(seconds) = wrap_up {
            self.time_wrap_up(now, dn, seconds, afterwards);
        }
        Ok(())
    }

    /// Another reason for taking no calls; the state, its time and what follows stay.
    pub(crate) fn set_idle_reason(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
    ) -> Result<(), Refusal> {
        let state = self.agent_at(dn)?.posture.state;
        if state != AgentState::NotReady {
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!(
                    "The agent at DN {dn} is {}. A reason is for those who are NotReady: ask for \
                     AgentNotReady with it.",
                    state.as_str()
                ),
            ));
        }
        let reason = reason_of(asker)?;
        if reason.is_none() {
            return Err(Refusal::new(
                TError::InvalidAttribute,
                format!("Give the reason as {REASON_CODE} in Reasons."),
            ));
        }
        self.out.accept(asker.id);
        let Some(agent) = self.dns.agent_mut(dn) else { return Ok(()) };
        agent.posture.reason = reason;
        let draft = Draft::new(EventName::AgentIdleReasonSet, dn)
            .reference(Some(asker.id))
            .reasons(asker.reasons.clone())
            .extensions(asker.extensions.clone());
        self.out.dn_event(now, Some(agent.attributes()), draft);
        Ok(())
    }

    /// Sets an agent's state and says so. Whatever after-call work ran is over.
    pub(crate) fn change_posture(&mut self, now: Now, dn: &Dn, posture: Posture, change: Change) {
        self.timers.cancel(&Timer::WrapUp(dn.clone()));
        let Some(agent) = self.dns.agent_mut(dn) else { return };
        agent.afterwards = None;
        agent.posture = posture;
        let name = match agent.posture.state {
            AgentState::Ready => EventName::AgentReady,
            AgentState::AfterCallWork | AgentState::LoggedOut | AgentState::NotReady => {
                EventName::AgentNotReady
            }
        };
        let draft = Draft::new(name, dn)
            .reference(change.asker)
            .reasons(change.reasons)
            .extensions(change.extensions);
        self.out.dn_event(now, Some(agent.attributes()), draft);
    }
}

/// Why an agent takes no calls, if the request says so.
fn reason_of(asker: &Asker) -> Result<Option<String>, Refusal> {
    let texts = [&asker.reasons, &asker.extensions].map(|list| list.text(REASON_CODE));
    let reason = texts.into_iter().flatten().find(|reason| !reason.is_empty());
    match reason.filter(|reason| reason.len() > REASON_BYTES_MAX) {
        Some(_) => Err(Refusal::new(
            TError::InvalidAttribute,
            format!("A not-ready reason has at most {REASON_BYTES_MAX} bytes."),
        )),
        None => Ok(reason.map(str::to_owned)),
    }
}

/// The key under which a not-ready reason travels.
const REASON_CODE: &str = "ReasonCode";
/// Reasons are words on a screen.
const REASON_BYTES_MAX: usize = 128;
