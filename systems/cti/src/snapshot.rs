//! A DN as it is now, learnt from events: what EventRegistered tells a client that comes late,
//! and what queries are answered with.

use std::collections::BTreeMap;

use model::{
    AgentState, CallType, CallUuid, ConnId, Dn, Event, EventName, KvList, event::AgentAttributes,
    event::CallAttributes,
};

/// Every DN that an event told of.
#[derive(Debug, Default)]
pub struct Snapshots(BTreeMap<Dn, Snapshot>);

#[derive(Debug, Default)]
struct Snapshot {
    in_service: Option<bool>,
    is_dnd: bool,
    forward_to: Option<String>,
    agent: Option<AgentAttributes>,
    calls: BTreeMap<ConnId, Party>,
}

/// A DN's part in a call.
#[derive(Debug)]
struct Party {
    state: &'static str,
    is_muted: bool,
    uuid: CallUuid,
    call_type: CallType,
    other: Option<Dn>,
    parties: Vec<Dn>,
}

/// What an event makes of a DN's part in a call.
enum Step {
    Gone,
    Into(&'static str),
    Moved,
    Muted(bool),
    Same,
}

impl Snapshots {
    /// Takes over what an event tells of its DN.
    pub fn learn(&mut self, event: &Event) {
        let known = self.0.entry(event.this_dn.clone()).or_default();
        if let Some(agent) = &event.agent {
            known.agent = (agent.state != AgentState::LoggedOut).then(|| agent.clone());
        }
        known.learn_device(event);
        if let Some(call) = &event.call {
            known.learn_call(event.name, call);
        }
    }

    /// Extensions of EventRegistered and EventAddressInfo: `AgentStatus` with `AgentID`,
    /// `WorkMode` and `ReasonCode`, `InService` (1 or 0), `DND` (1) and `ForwardTo` when set, and
    /// `Calls` by ConnID.
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
        if known.is_dnd {
            extensions.attach("DND", 1);
        }
        if let Some(forward_to) = &known.forward_to {
            extensions.attach("ForwardTo", forward_to.as_str());
        }
        if !known.calls.is_empty() {
            let calls = known.calls.iter();
            let calls: KvList =
                calls.map(|(conn, party)| (conn.to_string(), party.extensions().into())).collect();
            extensions.attach("Calls", calls);
        }
        extensions
    }

    /// The others in a DN's call; none when the DN is not in it.
    pub fn parties(&self, dn: &Dn, conn: ConnId) -> Option<&[Dn]> {
        Some(&self.0.get(dn)?.calls.get(&conn)?.parties)
    }

    /// Extensions of EventPartyInfo: each DN of the call with its part in it.
    pub fn call_extensions(&self, conn: ConnId) -> KvList {
        let parties = self.0.iter().filter_map(|(dn, known)| Some((dn, known.calls.get(&conn)?)));
        parties.map(|(dn, party)| (dn.to_string(), party.extensions().into())).collect()
    }

    /// Forgets the other DNs.
    pub fn keep_only(&mut self, is_kept: impl Fn(&Dn) -> bool) {
        self.0.retain(|dn, _| is_kept(dn));
    }
}

impl Snapshot {
    fn learn_device(&mut self, event: &Event) {
        if event.name == EventName::DnBackInService {
            self.in_service = Some(true);
        } else if event.name == EventName::DnOutOfService {
            self.in_service = Some(false);
        } else if event.name == EventName::DndOn {
            self.is_dnd = true;
        } else if event.name == EventName::DndOff {
            self.is_dnd = false;
        } else if event.name == EventName::ForwardSet {
            self.forward_to = event.extensions.text("ForwardTo").map(str::to_owned);
        } else if event.name == EventName::ForwardCancel {
            self.forward_to = None;
        }
    }

    fn learn_call(&mut self, name: EventName, call: &CallAttributes) {
        // A party that moved here from another call does what it did there.
        let is_moved = name == EventName::PartyChanged;
        let previous = call.previous_conn.filter(|_| is_moved);
        let previous = previous.and_then(|previous| self.calls.remove(&previous));
        let known = self.calls.remove(&call.conn).or(previous);
        let (state, is_muted) = match (step(name), known) {
            (Step::Gone, _) | (Step::Muted(_) | Step::Same, None) => return,
            (Step::Into(state), known) => (state, known.is_some_and(|known| known.is_muted)),
            (Step::Moved, None) => ("Established", false),
            (Step::Muted(is_muted), Some(known)) => (known.state, is_muted),
            (Step::Moved | Step::Same, Some(known)) => (known.state, known.is_muted),
        };
        let party = Party {
            state,
            is_muted,
            uuid: call.uuid,
            call_type: call.call_type,
            other: call.other.as_ref().map(|(other, _)| other.clone()),
            parties: call.parties.clone(),
        };
        self.calls.insert(call.conn, party);
    }
}

impl Party {
    fn extensions(&self) -> KvList {
        let mut extensions = KvList::new()
            .with("State", self.state)
            .with("CallUUID", self.uuid.as_str())
            .with("CallType", i64::from(self.call_type as u8));
        if let Some(other) = &self.other {
            extensions.attach("OtherDN", other.as_str());
        }
        if self.is_muted {
            extensions.attach("Muted", 1);
        }
        extensions
    }
}

fn step(name: EventName) -> Step {
    match name {
        EventName::Abandoned | EventName::Diverted | EventName::Released => Step::Gone,
        EventName::Dialing => Step::Into("Dialing"),
        EventName::Established | EventName::Retrieved => Step::Into("Established"),
        EventName::Held => Step::Into("Held"),
        EventName::PartyChanged => Step::Moved,
        EventName::Queued | EventName::RouteRequest => Step::Into("Queued"),
        EventName::Ringing => Step::Into("Ringing"),
        EventName::MuteOff => Step::Muted(false),
        EventName::MuteOn => Step::Muted(true),
        EventName::AgentIdleReasonSet
        | EventName::AgentLogin
        | EventName::AgentLogout
        | EventName::AgentNotReady
        | EventName::AgentReady
        | EventName::AttachedDataChanged
        | EventName::DestinationBusy
        | EventName::DnBackInService
        | EventName::DnOutOfService
        | EventName::DndOff
        | EventName::DndOn
        | EventName::DtmfSent
        | EventName::ForwardCancel
        | EventName::ForwardSet
        | EventName::ListenDisconnected
        | EventName::ListenReconnected
        | EventName::MonitoringCancelled
        | EventName::MonitoringNextCall
        | EventName::NetworkReached
        | EventName::PartyAdded
        | EventName::PartyDeleted
        | EventName::PrivateInfo
        | EventName::RouteUsed
        | EventName::TreatmentApplied
        | EventName::TreatmentEnd
        | EventName::UserEvent => Step::Same,
    }
}
