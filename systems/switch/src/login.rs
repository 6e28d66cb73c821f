//! RequestAgentLogin and RequestAgentLogout.

use model::{
    AgentId, AgentState, Dn, EventName, Now, TError, WorkMode, config::Role, error::Refusal,
};

use crate::{
    Switch,
    dn::{Agent, Posture},
    outbox::Draft,
    reach::is_extension,
    ready::Change,
    request::Asker,
    timers::Timer,
};

impl Switch {
    /// Seats an agent at a DN. The phone may come later; the agent is NotReady until then.
    pub(crate) fn agent_login(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        agent: &AgentId,
        work_mode: WorkMode,
    ) -> Result<(), Refusal> {
        self.check_login(dn, agent)?;
        self.out.accept(asker.id);
        let starts_ready = work_mode == WorkMode::AutoIn && self.dns.is_in_service(dn);
        let posture = Posture::not_ready(WorkMode::Unknown, None);
        let agent = Agent { id: agent.clone(), posture, afterwards: None };
        let attributes = agent.attributes();
        self.dns.seat_agent(dn, agent);
        let draft = Draft::new(EventName::AgentLogin, dn)
            .reference(Some(asker.id))
            .reasons(asker.reasons.clone())
            .extensions(asker.extensions.clone());
        self.out.dn_event(now, Some(attributes), draft);
        let posture = match starts_ready {
            true => Posture::ready(WorkMode::AutoIn),
            false => Posture::not_ready(WorkMode::Unknown, None),
        };
        self.change_posture(now, dn, posture, Change::default());
        Ok(())
    }

    fn check_login(&self, dn: &Dn, agent: &AgentId) -> Result<(), Refusal> {
        if !is_extension(&self.configuration, dn) {
            return Err(not_configured(dn));
        }
        let person = self.configuration.agent(agent);
        if !person.is_some_and(|person| person.roles.contains(&Role::Agent)) {
            return Err(Refusal::new(
                TError::InvalidAttribute,
                format!(
                    "There is no agent with the employee id {agent}. Look for the right id in the \
                     configuration, or add the agent there."
                ),
            ));
        }
        if let Some(holder) = self.dns.agent(dn) {
            return Err(if holder.id == *agent {
                Refusal::new(
                    TError::AlreadyInState,
                    format!("Agent {agent} is logged in at DN {dn} already."),
                )
            } else {
                Refusal::new(
                    TError::ResourceSeized,
                    format!(
                        "DN {dn} is in use by agent {}. That agent has to log out first, or take \
                         another place.",
                        holder.id
                    ),
                )
            });
        }
        match self.dns.seat(agent) {
            None => Ok(()),
            Some(seat) => Err(Refusal::new(
                TError::AgentIdInUse,
                format!(
                    "Agent {agent} is logged in at DN {seat}. Log out there first, then log in at \
                     {dn}."
                ),
            )),
        }
    }

    /// Lets the agent at a DN go.
    pub(crate) fn agent_logout(&mut self, now: Now, asker: &Asker, dn: &Dn) -> Result<(), Refusal> {
        self.agent_at(dn)?;
        if self.dns.is_busy(dn) {
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!("DN {dn} has a call. End the call first, then log out."),
            ));
        }
        self.out.accept(asker.id);
        self.log_out(now, dn, Change::from(asker));
        Ok(())
    }

    /// EventAgentLogout, if an agent is there.
    pub(crate) fn log_out(&mut self, now: Now, dn: &Dn, change: Change) {
        self.timers.cancel(&Timer::WrapUp(dn.clone()));
        let Some(agent) = self.dns.unseat_agent(dn) else { return };
        let mut attributes = agent.attributes();
        attributes.state = AgentState::LoggedOut;
        attributes.work_mode = WorkMode::Unknown;
        attributes.reason = None;
        let draft = Draft::new(EventName::AgentLogout, dn)
            .reference(change.asker)
            .reasons(change.reasons)
            .extensions(change.extensions);
        self.out.dn_event(now, Some(attributes), draft);
    }

    /// The agent at a DN, or what to tell who asks for one.
    pub(crate) fn agent_at(&self, dn: &Dn) -> Result<&Agent, Refusal> {
        if !is_extension(&self.configuration, dn) {
            return Err(not_configured(dn));
        }
        self.dns.agent(dn).ok_or_else(|| {
            Refusal::new(
                TError::InvalidCallState,
                format!("No agent is logged in at DN {dn}. Log in first."),
            )
        })
    }
}

fn not_configured(dn: &Dn) -> Refusal {
    Refusal::new(
        TError::DnNotConfigured,
        format!("{dn} is no extension of this switch. Look for the right DN in the configuration."),
    )
}
