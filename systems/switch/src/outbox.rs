//! What the switch says, and how an event gets its attributes.

use std::sync::Arc;

use model::{
    CallState, Capabilities, ConnId, Dn, DnRole, Event, EventName, KvList, Now, Origin,
    ReferenceId,
    error::Refusal,
    event::{AgentAttributes, CallAttributes},
    leg::LegCommand,
    media::MediaCommand,
};

use crate::{
    Output, Outputs,
    call::{Call, Party},
    dn::DnTable,
};

/// Outputs that wait to be polled, and the events' sequence.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: Outputs,
    sequence: u64,
}

/// An event in the making: what its cause knows.
#[derive(Debug)]
pub struct Draft<'a> {
    name: EventName,
    /// Where it happens.
    pub dn: &'a Dn,
    call_state: CallState,
    other: Option<(Dn, DnRole)>,
    previous: Option<ConnId>,
    third_party: Option<(Dn, DnRole)>,
    reference: Option<(Origin, ReferenceId)>,
    reasons: KvList,
    extensions: KvList,
}

impl<'a> Draft<'a> {
    /// An event at a DN.
    pub fn new(name: EventName, dn: &'a Dn) -> Self {
        Self {
            name,
            dn,
            call_state: CallState::Ok,
            other: None,
            previous: None,
            third_party: None,
            reference: None,
            reasons: KvList::new(),
            extensions: KvList::new(),
        }
    }

    /// AttributeCallState.
    pub fn state(mut self, state: CallState) -> Self {
        self.call_state = state;
        self
    }

    /// AttributeOtherDN and its role, where it isn't simply the other party.
    pub fn other(mut self, dn: &Dn, role: DnRole) -> Self {
        self.other = Some((dn.clone(), role));
        self
    }

    /// AttributePreviousConnID of a party that was in another call before.
    pub fn previous(mut self, previous: Option<ConnId>) -> Self {
        self.previous = previous;
        self
    }

    /// AttributeThirdPartyDN and its role.
    pub fn third(mut self, dn: &Dn, role: DnRole) -> Self {
        self.third_party = Some((dn.clone(), role));
        self
    }

    /// The request that caused it.
    pub fn reference(mut self, reference: Option<(Origin, ReferenceId)>) -> Self {
        self.reference = reference;
        self
    }

    /// AttributeReasons.
    pub fn reasons(mut self, reasons: KvList) -> Self {
        self.reasons = reasons;
        self
    }

    /// AttributeExtensions.
    pub fn extensions(mut self, extensions: KvList) -> Self {
        self.extensions = extensions;
        self
    }
}

impl Outbox {
    /// The oldest output.
    pub fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    /// A request is being carried out.
    pub fn accept(&mut self, (origin, reference): (Origin, ReferenceId)) {
        self.queue.push_back(Output::Accepted { origin, reference });
    }

    /// A request is not carried out.
    pub fn refuse(&mut self, (origin, reference): (Origin, ReferenceId), dn: &Dn, why: Refusal) {
        let this_dn = dn.clone();
        self.queue.push_back(Output::Refused { origin, reference, this_dn, refusal: why });
    }

    /// A command for signaling.
    pub fn leg(&mut self, command: LegCommand) {
        self.queue.push_back(Output::Leg(command));
    }

    /// A command for the shard.
    pub fn media(&mut self, command: MediaCommand) {
        self.queue.push_back(Output::Media(command));
    }

    /// An event of a call at one of its parties or at its route point.
    pub fn call_event(
        &mut self,
        now: Now,
        call: &Call,
        dns: &DnTable,
        capabilities: Capabilities,
        draft: Draft<'_>,
    ) {
        let agent = dns.agent(draft.dn).map(crate::dn::Agent::attributes);
        let attributes = call_attributes(call, capabilities, &draft);
        self.push(now, draft, Some(attributes), agent);
    }

    /// What a DN may ask of a call has changed without an event.
    pub fn capabilities(&mut self, dn: &Dn, conn: ConnId, capabilities: Capabilities) {
        self.queue.push_back(Output::Capabilities { dn: dn.clone(), conn, capabilities });
    }

    /// How loud the parties of a conference are.
    pub fn speakers(&mut self, dn: Dn, conn: ConnId, levels: Vec<(Dn, u8)>) {
        self.queue.push_back(Output::Speakers { dn, conn, levels });
    }

    /// An event of an agent or of a DN's phone.
    pub fn dn_event(&mut self, now: Now, agent: Option<AgentAttributes>, draft: Draft<'_>) {
        self.push(now, draft, None, agent);
    }

    fn push(
        &mut self,
        now: Now,
        draft: Draft<'_>,
        call: Option<CallAttributes>,
        agent: Option<AgentAttributes>,
    ) {
        self.sequence += 1;
        self.queue.push_back(Output::Event(Arc::new(Event {
            sequence: self.sequence,
            name: draft.name,
            this_dn: draft.dn.clone(),
            at: now,
            call,
            agent,
            reference: draft.reference,
            reasons: draft.reasons,
            extensions: draft.extensions,
        })));
    }
}

fn call_attributes(call: &Call, capabilities: Capabilities, draft: &Draft<'_>) -> CallAttributes {
    let route_point = call.queue.as_ref().map(|queue| &queue.route_point);
    let party = call.ours(draft.dn);
    let role = party.map_or(DnRole::Destination, |party| party.role);
    let is_caller = role == DnRole::Origination;
    let id = party.map(|party| party.id);
    let known = |party: &&Party| !party.dn.as_str().is_empty();
    let other = match &draft.other {
        Some(other) => Some(other.clone()),
        None => {
            let others = || call.others(id).filter(known);
            // The one who talks with this party, before those who are still called.
            let first = others().find(|other| other.is_in()).or_else(|| others().next());
            let first = first.map(|other| (other.dn.clone(), other.role));
            let at = route_point.filter(|dn| is_caller && *dn != draft.dn);
            first.or_else(|| at.map(|dn| (dn.clone(), DnRole::Destination)))
        }
    };
    let caller = &call.caller;
    CallAttributes {
        conn: call.conn,
        uuid: call.uuid,
        call_id: call.call_id,
        call_type: call.call_type,
        call_state: draft.call_state,
        this_role: role,
        this_queue: if is_caller { None } else { route_point.cloned() },
        other,
        third_party: draft.third_party.clone(),
        // AttributeANI is for callers from outside; inside, OtherDN says who calls.
        ani: (!caller.is_ours && !caller.number.is_empty()).then(|| caller.number.clone()),
        dnis: Some(call.dnis.clone()),
        user_data: Arc::clone(&call.user_data),
        previous_conn: match (draft.name, &call.consult) {
            // There it says that the party itself was in another call.
            (EventName::PartyChanged, _) | (_, None) => draft.previous,
            (_, Some(consult)) => Some(consult.parent),
        },
        parties: call.others(id).filter(known).map(|party| party.dn.clone()).collect(),
        capabilities,
        recording: party.and_then(|party| party.tape.as_ref()).map(|tape| tape.state),
    }
}
