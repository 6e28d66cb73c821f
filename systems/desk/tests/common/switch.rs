//! The switch's side of the bench: outcomes and events.

use std::sync::Arc;

use desk::Input;
use model::{
    AgentState, CallState, CallType, CallUuid, Capabilities, Capability, ConnId, DnRole, Event,
    EventName, KvList, ReferenceId, Request, TError, WorkMode,
    error::Refusal,
    event::{AgentAttributes, CallAttributes},
};

use super::Bench;

pub const UUID: &str = "7VVVVVVVVVVVVVVVVVVVVVVVVV000001";
pub const CONN: &str = "006c03a7194aa020";

impl Bench {
    /// The one request that the desk has made since it was last looked at.
    pub fn asked(&mut self) -> (ReferenceId, Request) {
        assert_eq!(self.requests.len(), 1, "{:?}", self.requests);
        let request = self.requests.remove(0);
        assert_eq!(request.origin, model::Origin::Desk);
        (request.reference, request.request)
    }

    pub fn accept(&mut self, reference: ReferenceId) {
        self.input(Input::Outcome { reference, refusal: None });
    }

    pub fn refuse(&mut self, reference: ReferenceId, error: TError, message: &str) {
        let refusal = Some(Refusal::new(error, message));
        self.input(Input::Outcome { reference, refusal });
    }

    pub fn event(&mut self, name: EventName, dn: &str, change: impl FnOnce(&mut Event)) {
        self.events += 1;
        let mut event = Event {
            sequence: self.events,
            name,
            this_dn: dn.into(),
            at: self.now,
            call: None,
            agent: None,
            reference: None,
            reasons: KvList::new(),
            extensions: KvList::new(),
        };
        change(&mut event);
        self.input(Input::Event(Arc::new(event)));
    }

    pub fn phone(&mut self, dn: &str, in_service: bool) {
        let name = if in_service { EventName::DnBackInService } else { EventName::DnOutOfService };
        self.event(name, dn, |_| {});
    }

    pub fn agent(&mut self, dn: &str, agent: &str, state: AgentState) {
        self.agent_with(dn, agent, state, WorkMode::Unknown, None);
    }

    pub fn agent_with(
        &mut self,
        dn: &str,
        agent: &str,
        state: AgentState,
        work_mode: WorkMode,
        reason: Option<&str>,
    ) {
        let name = match state {
            AgentState::AfterCallWork | AgentState::NotReady => EventName::AgentNotReady,
            AgentState::LoggedOut => EventName::AgentLogout,
            AgentState::Ready => EventName::AgentReady,
        };
        self.event(name, dn, |event| {
            let reason = reason.map(str::to_owned);
            event.agent = Some(AgentAttributes { agent: agent.into(), state, work_mode, reason });
        });
    }

    /// An event of the bench's one call, from the known customer.
    pub fn call(&mut self, name: EventName, dn: &str, user_data: &KvList, extensions: KvList) {
        match name {
            EventName::Ringing => self.rings = true,
            EventName::AttachedDataChanged => {}
            _ => self.rings = false,
        }
        // As the real one tells them of an inbound call.
        let offers: &[Capability] = match name {
            EventName::Abandoned | EventName::Released => &[],
            _ if self.rings => {
                &[Capability::AnswerCall, Capability::AttachUserData, Capability::ClearCall]
            }
            _ => &[Capability::AttachUserData, Capability::ClearCall, Capability::ReleaseCall],
        };
        self.event(name, dn, |event| {
            let mut call = inbound(user_data);
            call.capabilities = offers.iter().copied().collect();
            event.call = Some(call);
            event.extensions = extensions;
        });
    }
}

pub fn inbound(user_data: &KvList) -> CallAttributes {
    CallAttributes {
        conn: CONN.parse::<ConnId>().unwrap(),
        uuid: UUID.parse::<CallUuid>().unwrap(),
        call_id: 1,
        call_type: CallType::Inbound,
        call_state: CallState::Ok,
        this_role: DnRole::Destination,
        this_queue: Some("5000".into()),
        other: Some(("5551234567".into(), DnRole::Origination)),
        third_party: None,
        ani: Some("5551234567".into()),
        dnis: Some("+18005551234".into()),
        user_data: Arc::new(user_data.clone()),
        previous_conn: None,
        parties: Vec::new(),
        capabilities: Capabilities::NONE,
        recording: None,
    }
}
