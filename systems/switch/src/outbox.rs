//! What the switch says, and how an event gets its attributes.

use std::sync::Arc;

use model::{
    CallState, Capabilities, Dn, DnRole, Event, EventName, KvList, Now, Origin, ReferenceId,
    error::Refusal,
    event::{AgentAttributes, CallAttributes},
    leg::LegCommand,
    media::MediaCommand,
};

use crate::{Output, Outputs, call::Call, dn::DnTable};

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
    dn: &'a Dn,
    call_state: CallState,
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

    /// An event of a call, unless it is nobody's of ours.
    pub fn call_event(&mut self, now: Now, call: &Call, dns: &DnTable, draft: Draft<'_>) {
        if call.is_outside(draft.dn) {
            return;
        }
        let agent = dns.agent(draft.dn).map(crate::dn::Agent::attributes);
        let attributes = call_attributes(call, &draft);
        self.push(now, draft, Some(attributes), agent);
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

fn call_attributes(call: &Call, draft: &Draft<'_>) -> CallAttributes {
    let route_point = call.queue.as_ref().map(|queue| &queue.route_point);
    let is_caller = call.caller.dn.as_ref() == Some(draft.dn);
    let other = if is_caller {
        let callee = call.callee().or(route_point).cloned();
        callee.map(|dn| (dn, DnRole::Destination))
    } else {
        let known = !call.caller.number.is_empty();
        known.then(|| (Dn::from(call.caller.number.as_str()), DnRole::Origination))
    };
    // AttributeANI is for callers from outside; inside, OtherDN says who calls.
    let ani = (call.caller.dn.is_none() && !call.caller.number.is_empty())
        .then(|| call.caller.number.clone());
    CallAttributes {
        conn: call.conn,
        uuid: call.uuid,
        call_id: call.call_id,
        call_type: call.call_type,
        call_state: draft.call_state,
        this_role: if is_caller { DnRole::Origination } else { DnRole::Destination },
        this_queue: if is_caller { None } else { route_point.cloned() },
        other,
        third_party: draft.third_party.clone(),
        ani,
        dnis: Some(call.dnis.clone()),
        user_data: Arc::clone(&call.user_data),
        previous_conn: None,
        parties: Vec::new(),
        capabilities: Capabilities::NONE,
    }
}
