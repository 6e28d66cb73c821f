//! One DN: its phone and its agent, and how both are shown.

use model::{AgentId, AgentState, ConnId, Dn, Event, WorkMode, event::AgentAttributes};
use wire_rest::{AgentWord, CallWord, Device, NotificationType, agent_state_word, user_state};

use super::{CallView, Change};
use crate::site;

/// A DN as its events tell.
#[derive(Debug)]
pub(crate) struct DnView {
    pub(crate) dn: Dn,
    /// The id of the device that shows it.
    pub(crate) device: String,
    pub(crate) in_service: bool,
    agent: Option<AgentAttributes>,
    calls: Vec<CallView>,
}

impl DnView {
    pub(crate) fn new(dn: &Dn) -> Self {
        Self {
            dn: dn.clone(),
            device: site::device_id(dn),
            in_service: false,
            agent: None,
            calls: Vec::new(),
        }
    }

    /// Who is logged in here.
    pub(crate) fn agent(&self) -> Option<&AgentId> {
        self.agent.as_ref().map(|agent| &agent.agent)
    }

    /// How this agent stands here; logged out when somebody else sits here.
    pub(crate) fn agent_word(&self, agent: &AgentId) -> AgentWord<'_> {
        match self.agent.as_ref().filter(|here| here.agent == *agent) {
            Some(here) => AgentWord {
                state: here.state,
                work_mode: here.work_mode,
                reason: here.reason.as_deref(),
            },
            None => AgentWord {
                state: AgentState::LoggedOut,
                work_mode: WorkMode::Unknown,
                reason: None,
            },
        }
    }

    /// The device as this agent sees it.
    pub(crate) fn show(&self, agent: &AgentId, base: &str) -> Device {
        let path = format!("/devices/{}", self.device);
        Device {
            id: self.device.clone(),
            device_state: if self.in_service { "Active" } else { "Inactive" },
            phone_number: self.dn.to_string(),
            e164_number: self.dn.to_string(),
            description: String::new(),
            telephony_network: "Private",
            do_not_disturb: "Off",
            forward_to: String::new(),
            dynamic_phone_number: false,
            channels: vec!["voice"],
            user_state: user_state(self.agent_word(agent)),
            capabilities: Vec::new(),
            uri: format!("{base}/api/v2{path}"),
            path,
        }
    }

    /// The plain form's word for this agent's state.
    pub(crate) fn state_word(&self, agent: &AgentId) -> &'static str {
        agent_state_word(self.agent_word(agent))
    }

    /// The calls that this agent may see: those of an agent's phone are nobody else's.
    pub(crate) fn calls_of(&self, agent: &AgentId) -> &[CallView] {
        let is_theirs = self.agent().is_none_or(|here| here == agent);
        if is_theirs { &self.calls } else { &[] }
    }

    pub(crate) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(super) fn agent_changed(&mut self, event: &Event) -> Change {
        let Some(agent) = &event.agent else { return Change::None };
        self.agent = (agent.state != AgentState::LoggedOut).then(|| agent.clone());
        Change::Agent
    }

    pub(super) fn phone_changed(&mut self, in_service: bool) -> Change {
        if self.in_service == in_service {
            return Change::None;
        }
        self.in_service = in_service;
        Change::Phone
    }

    pub(super) fn call_begins(&mut self, event: &Event, state: CallWord) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        self.take_out(attributes.conn);
        let call = CallView::new(attributes, event, state);
        // More than the switch ever offers one phone: the oldest would be a call we lost track of.
        if self.calls.len() >= CALLS_MAX {
            self.calls.remove(0);
        }
        self.calls.push(call.clone());
        Change::Call { call, news: NotificationType::StatusChange }
    }

    pub(super) fn call_established(&mut self, event: &Event) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        let mut call = self
            .take_out(attributes.conn)
            .unwrap_or_else(|| CallView::new(attributes, event, CallWord::Ringing));
        call.update(attributes, event);
        if call.state != CallWord::Established {
            call.state = CallWord::Established;
            call.since = event.at;
        }
        self.calls.push(call.clone());
        Change::Call { call, news: NotificationType::StatusChange }
    }

    pub(super) fn call_over(&mut self, event: &Event) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        let Some(mut call) = self.take_out(attributes.conn) else { return Change::None };
        call.update(attributes, event);
        call.state = CallWord::Released;
        Change::Call { call, news: NotificationType::StatusChange }
    }

    /// The state stays; what Extensions say is kept beside what the state's own event said.
    pub(super) fn call_news(&mut self, event: &Event) -> Change {
        let conn = event.call.as_ref().map(|attributes| attributes.conn);
        let Some(call) = self.calls.iter_mut().find(|call| Some(call.conn) == conn) else {
            return Change::None;
        };
        for (key, value) in event.extensions.iter() {
            call.extensions.update(key, value.clone());
        }
        Change::Call { call: call.clone(), news: NotificationType::MediaStateChange }
    }

    pub(super) fn user_data_changed(&mut self, event: &Event) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        let conn = attributes.conn;
        let Some(call) = self.calls.iter_mut().find(|call| call.conn == conn) else {
            return Change::None;
        };
        call.user_data = attributes.user_data.clone();
        Change::Call { call: call.clone(), news: NotificationType::AttachedDataChanged }
    }

    fn take_out(&mut self, conn: ConnId) -> Option<CallView> {
        let at = self.calls.iter().position(|call| call.conn == conn)?;
        Some(self.calls.remove(at))
    }
}

const CALLS_MAX: usize = 32;
