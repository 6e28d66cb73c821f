//! Extensions as they are now: phone, line, calls and agent of each.

use std::collections::BTreeMap;

use model::{AgentId, AgentState, ConnId, Dn, LegId, WorkMode, event::AgentAttributes};

/// An extension that something is known of.
#[derive(Debug, Default)]
pub struct Extension {
    /// Whether it has a phone.
    pub in_service: bool,
    /// How many times a phone has come to it.
    pub bindings: u64,
    /// Its calls, in the order in which they came.
    pub calls: Vec<ConnId>,
    /// Its leg, which serves all of its calls.
    pub line: Line,
    /// Who sits there.
    pub agent: Option<Agent>,
    /// It takes no calls.
    pub dnd: bool,
    /// It has left a call that it worked on: after-call work begins when it has no other.
    pub owes_wrap_up: bool,
    /// Where its calls go instead.
    pub forward: Option<String>,
}

/// The leg between an extension's phone and the switch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// `None` without calls, and while a phone that went away is awaited.
    pub leg: Option<LegId>,
    /// The phone is being called back into its calls; not up yet.
    pub is_resuming: bool,
    /// It is called back because it hung up with somebody on hold: it rings, and its answer goes on
    /// with that call.
    pub recalls: bool,
    /// The phone shows its call as held, by our word or its own doing.
    pub shows_held: bool,
    /// The count of registrations when the phone answered or was called back: a higher one tells
    /// that another phone is there.
    pub bindings: u64,
}

impl Line {
    /// A leg to the phone that registered last.
    pub fn to(leg: LegId, bindings: u64) -> Self {
        Self { leg: Some(leg), bindings, ..Self::default() }
    }
}

/// An agent who is logged in.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Employee id.
    pub id: AgentId,
    /// What he or she does.
    pub posture: Posture,
    /// While in timed after-call work: what comes after.
    pub afterwards: Option<Posture>,
}

/// An agent's state with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posture {
    /// Ready, NotReady or AfterCallWork; LoggedOut never (there is no agent then).
    pub state: AgentState,
    /// AttributeAgentWorkMode.
    pub work_mode: WorkMode,
    /// Why NotReady.
    pub reason: Option<String>,
}

impl Posture {
    /// Taking calls.
    pub fn ready(work_mode: WorkMode) -> Self {
        Self { state: AgentState::Ready, work_mode, reason: None }
    }

    /// Not taking calls; after-call work when the work mode says so.
    pub fn not_ready(work_mode: WorkMode, reason: Option<String>) -> Self {
        let state = match work_mode {
            WorkMode::AfterCallWork => AgentState::AfterCallWork,
            WorkMode::Unknown
            | WorkMode::ManualIn
            | WorkMode::AutoIn
            | WorkMode::AuxWork
            | WorkMode::NoCallDisconnect
            | WorkMode::WalkAway
            | WorkMode::ReturnBack => AgentState::NotReady,
        };
        Self { state, work_mode, reason }
    }
}

impl Agent {
    /// As events carry it.
    pub fn attributes(&self) -> AgentAttributes {
        AgentAttributes {
            agent: self.id.clone(),
            state: self.posture.state,
            work_mode: self.posture.work_mode,
            reason: self.posture.reason.clone(),
        }
    }
}

/// Extensions by number, and agents by id.
#[derive(Debug, Default)]
pub struct DnTable {
    extensions: BTreeMap<Dn, Extension>,
    agents: BTreeMap<AgentId, Dn>,
}

impl DnTable {
    /// The extension, if anything is known of it.
    pub fn extension(&self, dn: &Dn) -> Option<&Extension> {
        self.extensions.get(dn)
    }

    /// The extension, to change its phone or its agent's posture.
    pub fn extension_mut(&mut self, dn: &Dn) -> Option<&mut Extension> {
        self.extensions.get_mut(dn)
    }

    /// The extension, made when it isn't there. Callers have checked that it is configured.
    pub fn entry(&mut self, dn: &Dn) -> &mut Extension {
        self.extensions.entry(dn.clone()).or_default()
    }

    /// The agent at a DN.
    pub fn agent(&self, dn: &Dn) -> Option<&Agent> {
        self.extensions.get(dn)?.agent.as_ref()
    }

    /// The agent at a DN, to change.
    pub fn agent_mut(&mut self, dn: &Dn) -> Option<&mut Agent> {
        self.extensions.get_mut(dn)?.agent.as_mut()
    }

    /// Where an agent is logged in.
    pub fn seat(&self, agent: &AgentId) -> Option<&Dn> {
        self.agents.get(agent)
    }

    /// Seats an agent.
    pub fn seat_agent(&mut self, dn: &Dn, agent: Agent) {
        self.agents.insert(agent.id.clone(), dn.clone());
        self.entry(dn).agent = Some(agent);
    }

    /// Lets the agent at a DN go.
    pub fn unseat_agent(&mut self, dn: &Dn) -> Option<Agent> {
        let agent = self.extensions.get_mut(dn)?.agent.take()?;
        self.agents.remove(&agent.id);
        Some(agent)
    }

    /// Gives the DN a call.
    pub fn seize(&mut self, dn: &Dn, conn: ConnId) {
        self.entry(dn).calls.push(conn);
    }

    /// Takes a call from the DN.
    pub fn free(&mut self, dn: &Dn, conn: ConnId) {
        if let Some(extension) = self.extensions.get_mut(dn) {
            extension.calls.retain(|call| *call != conn);
        }
    }

    /// The DN's calls.
    pub fn calls(&self, dn: &Dn) -> &[ConnId] {
        self.extensions.get(dn).map_or(&[], |extension| &extension.calls)
    }

    /// The leg that serves the DN's calls, once it is up.
    pub fn leg(&self, dn: &Dn) -> Option<LegId> {
        let line = self.extensions.get(dn)?.line;
        line.leg.filter(|_| !line.is_resuming)
    }

    /// Whether the DN has a phone.
    pub fn is_in_service(&self, dn: &Dn) -> bool {
        self.extensions.get(dn).is_some_and(|extension| extension.in_service)
    }

    /// Whether the DN has a call.
    pub fn is_busy(&self, dn: &Dn) -> bool {
        !self.calls(dn).is_empty()
    }

    /// How many DNs have a call.
    pub fn busy(&self) -> usize {
        self.extensions.values().filter(|extension| !extension.calls.is_empty()).count()
    }

    /// Every DN that something is known of.
    pub fn numbers(&self) -> Vec<Dn> {
        self.extensions.keys().cloned().collect()
    }

    /// Forgets a DN.
    pub fn forget(&mut self, dn: &Dn) {
        self.unseat_agent(dn);
        self.extensions.remove(dn);
    }
}
