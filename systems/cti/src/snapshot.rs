//! A DN as it is now, learnt from events: what EventRegistered tells a client that comes late.

use std::collections::BTreeMap;

use model::{
    AgentState, ConnId, Dn, Event, EventName, KvList, event::AgentAttributes, event::CallAttributes,
};

/// Every DN that an event told of.
#[derive(Debug, Default)]
pub struct Snapshots(BTreeMap<Dn, Snapshot>);

#[derive(Debug, Default)]
struct Snapshot {
    in_service: Option<bool>,
    agent: Option<AgentAttributes>,
    calls: BTreeMap<ConnId, KvList>,
}

impl Snapshots {
    /// Takes over what an event tells of its DN.
    pub fn learn(&mut self, event: &Event) {
        let known = self.0.entry(event.this_dn.clone()).or_default();
        if let Some(agent) = &event.agent {
            known.agent = (agent.state != AgentState::LoggedOut).then(|| agent.clone());
        }
        let state = match event.name {
            EventName::DnBackInService => return known.in_service = Some(true),
            EventName::DnOutOfService => return known.in_service = Some(false),
            EventName::Abandoned | EventName::Diverted | EventName::Released => None,
            EventName::Dialing => Some("Dialing"),
            EventName::Established | EventName::PartyChanged | EventName::Retrieved => {
                Some("Established")
            }
            EventName::Held => Some("Held"),
            EventName::Queued | EventName::RouteRequest => Some("Queued"),
            EventName::Ringing => Some("Ringing"),
            EventName::AgentLogin
            | EventName::AgentLogout
            | EventName::AgentNotReady
            | EventName::AgentReady
            | EventName::AttachedDataChanged
            | EventName::DestinationBusy
            | EventName::DndOff
            | EventName::DndOn
            | EventName::DtmfSent
            | EventName::ForwardCancel
            | EventName::ForwardSet
            | EventName::MonitoringCancelled
            | EventName::MonitoringNextCall
            | EventName::MuteOff
            | EventName::MuteOn
            | EventName::NetworkReached
            | EventName::PartyAdded
            | EventName::PartyDeleted
            | EventName::PrivateInfo
            | EventName::RouteUsed
            | EventName::TreatmentApplied
            | EventName::TreatmentEnd
            | EventName::UserEvent => return,
        };
        let Some(call) = &event.call else { return };
        if event.name == EventName::PartyChanged
            && let Some(previous) = call.previous_conn
        {
            known.calls.remove(&previous);
        }
        match state {
            Some(state) => drop(known.calls.insert(call.conn, call_extensions(call, state))),
            None => drop(known.calls.remove(&call.conn)),
        }
    }

    /// EventRegistered's Extensions: `AgentStatus` with `AgentID`, `WorkMode` and `ReasonCode`,
    /// `InService` (1 or 0) and `Calls` by ConnID.
    pub fn extensions(&self, dn: &Dn) -> KvList {
        let mut extensions = KvList::new();
        let known = self.0.get(dn);
        match known.and_then(|known| known.agent.as_ref()) {
            None => extensions.attach("AgentStatus", AgentState::LoggedOut.as_str()),
            Some(agent) => {
                extensions.attach("AgentStatus", agent.state.as_str());
                extensions.attach("AgentID", agent.agent.as_str());
                extensions.attach("WorkMode", i64::from(agent.work_mode as u8));
                if let Some(reason) = &agent.reason {
                    extensions.attach("ReasonCode", reason.as_str());
                }
            }
        }
        let Some(known) = known else { return extensions };
        if let Some(in_service) = known.in_service {
            extensions.attach("InService", i64::from(in_service));
        }
        if !known.calls.is_empty() {
            let calls = known.calls.iter();
            let calls: KvList =
                calls.map(|(conn, call)| (conn.to_string(), call.clone().into())).collect();
            extensions.attach("Calls", calls);
        }
        extensions
    }

    /// Forgets the other DNs.
    pub fn keep_only(&mut self, is_kept: impl Fn(&Dn) -> bool) {
        self.0.retain(|dn, _| is_kept(dn));
    }
}

fn call_extensions(call: &CallAttributes, state: &str) -> KvList {
    let extensions = KvList::new()
        .with("State", state)
        .with("CallUUID", call.uuid.as_str())
        .with("CallType", i64::from(call.call_type as u8));
    match &call.other {
        Some((other, _)) => extensions.with("OtherDN", other.as_str()),
        None => extensions,
    }
}
