//! The states of agents, one after the other.

use std::collections::BTreeMap;

use model::{
    AgentId, AgentState, ConnId, Event, EventName,
    event::AgentAttributes,
    history::{AgentStateRow, Row},
};

/// The state in which each agent is who is logged in: as many as the site has agents.
#[derive(Debug, Default)]
pub struct Agents {
    open: BTreeMap<AgentId, AgentStateRow>,
}

impl Agents {
    /// Takes in an event at an agent's DN. `after`: the call that ended there last.
    pub fn learn(
        &mut self,
        event: &Event,
        agent: &AgentAttributes,
        after: Option<ConnId>,
        rows: &mut Vec<Row>,
    ) {
        let is_out = agent.state == AgentState::LoggedOut || event.name == EventName::AgentLogout;
        let is_as_before = self
            .open
            .get(&agent.agent)
            .is_some_and(|open| open.state == agent.state && open.reason == agent.reason);
        if is_as_before && !is_out {
            return;
        }
        let at_ms = event.at.unix_ms();
        if let Some(before) = self.open.remove(&agent.agent) {
            rows.push(Row::AgentState(AgentStateRow { ended_ms: Some(at_ms), ..before }));
        }
        if is_out {
            return;
        }
        let row = AgentStateRow {
            agent: agent.agent.clone(),
            dn: event.this_dn.clone(),
            state: agent.state,
            reason: agent.reason.clone(),
            conn: after.filter(|_| agent.state == AgentState::AfterCallWork),
            began_ms: at_ms,
            sequence: event.sequence,
            ended_ms: None,
        };
        self.open.insert(agent.agent.clone(), row.clone());
        rows.push(Row::AgentState(row));
    }
}
