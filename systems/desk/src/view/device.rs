//! One DN: its phone and its agent, and how both are shown.

use std::time::Duration;

use model::{
    AgentId, AgentState, Capabilities, Capability, ConnId, Dn, Event, EventName, KvValue, Now,
    WorkMode, event::AgentAttributes,
};
use wire_rest::{AgentWord, CallWord, Device, NotificationType, agent_state_word, user_state};

use super::{CallView, Change, Supervision};
use crate::site;

/// A DN as its events tell.
#[derive(Debug)]
pub(crate) struct DnView {
    pub(crate) dn: Dn,
    /// The id of the device that shows it.
    pub(crate) device: String,
    pub(crate) in_service: bool,
    agent: Option<AgentAttributes>,
    /// When the agent's after-call work ends by itself.
    wrap_up_ends: Option<Now>,
    has_dnd: bool,
    forward_to: Option<String>,
    /// Whose calls are heard from here.
    pub(crate) supervision: Option<Supervision>,
    calls: Vec<CallView>,
}

impl DnView {
    pub(crate) fn new(dn: &Dn) -> Self {
        Self {
            dn: dn.clone(),
            device: site::device_id(dn),
            in_service: false,
            agent: None,
            wrap_up_ends: None,
            has_dnd: false,
            forward_to: None,
            supervision: None,
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
                wrap_up_ends_ms: self.wrap_up_ends.as_ref().map(Now::unix_ms),
            },
            None => AgentWord {
                state: AgentState::LoggedOut,
                work_mode: WorkMode::Unknown,
                reason: None,
                wrap_up_ends_ms: None,
            },
        }
    }

    /// The device as this agent sees it; supervisors see more.
    pub(crate) fn show(&self, agent: &AgentId, base: &str, is_supervisor: bool) -> Device {
        let path = format!("/devices/{}", self.device);
        Device {
            id: self.device.clone(),
            device_state: if self.in_service { "Active" } else { "Inactive" },
            phone_number: self.dn.to_string(),
            e164_number: self.dn.to_string(),
            description: String::new(),
            telephony_network: "Private",
            do_not_disturb: if self.has_dnd { "On" } else { "Off" },
            forward_to: self.forward_to.clone().unwrap_or_default(),
            dynamic_phone_number: false,
            channels: vec!["voice"],
            user_state: user_state(self.agent_word(agent)),
            capabilities: self.capabilities(is_supervisor),
            supervisor_monitoring_state: is_supervisor
                .then(|| Supervision::show(self.supervision.as_ref(), base)),
            uri: format!("{base}/api/v2{path}"),
            path,
        }
    }

    fn capabilities(&self, is_supervisor: bool) -> Vec<&'static str> {
        let forward = if self.forward_to.is_some() { "ForwardCallsOff" } else { "ForwardCallsOn" };
        let dnd = if self.has_dnd { "DoNotDisturbOff" } else { "DoNotDisturbOn" };
        let mut words = vec![forward, dnd];
        if is_supervisor {
            words.extend(["ListenIn", "Coach", "BargeIn"]);
            if self.supervision.is_some() {
                words.push("CancelSupervisorMonitoring");
            }
        }
        words
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
        // During a call the switch ends no after-call work.
        let seconds = match event.extensions.value("WrapUpTime") {
            Some(KvValue::Int(seconds)) if self.calls.is_empty() => u32::try_from(*seconds).ok(),
            Some(KvValue::Int(_) | KvValue::List(_) | KvValue::Str(_)) | None => None,
        };
        let seconds = seconds.filter(|seconds| *seconds > 0);
        let after = |seconds: u32| event.at.later(Duration::from_secs(u64::from(seconds)));
        self.wrap_up_ends = seconds.map(after);
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
        Change::Call { call: Box::new(call), news: NotificationType::StatusChange }
    }

    pub(super) fn device_changed(&mut self, event: &Event) -> Change {
        if matches!(event.name, EventName::DndOff | EventName::DndOn) {
            self.has_dnd = event.name == EventName::DndOn;
        } else {
            let is_set = event.name == EventName::ForwardSet;
            let to = event.extensions.text("ForwardTo").filter(|_| is_set);
            self.forward_to = to.map(str::to_owned);
        }
        Change::Phone
    }

    pub(super) fn monitoring_changed(&mut self, event: &Event) -> Change {
        let Some(target) = event.extensions.text("MonitorDN").map(Dn::from) else {
            return Change::None;
        };
        // Both DNs are told; the request was the supervisor's.
        if event.name == EventName::MonitoringNextCall && event.reference.is_some() {
            let mode = event.extensions.text("MonitorMode").unwrap_or_default();
            self.supervision = Some(Supervision::new(target, mode));
            return Change::Phone;
        }
        let is_over = event.name == EventName::MonitoringCancelled
            && self.supervision.as_ref().is_some_and(|here| here.target == target);
        if !is_over {
            return Change::None;
        }
        self.supervision = None;
        Change::Phone
    }

    /// An event that puts a call into a state.
    pub(super) fn call_enters(&mut self, event: &Event, state: CallWord) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        let known = self.calls.iter().position(|call| call.conn == attributes.conn);
        let mut call = match known {
            Some(at) => self.calls.remove(at),
            None => CallView::new(attributes, event, CallWord::Ringing),
        };
        call.enter(attributes, event);
        let was_talking = matches!(call.state, CallWord::Established | CallWord::Held);
        if !was_talking {
            call.since = event.at;
        }
        call.state = state;
        self.calls.insert(known.unwrap_or(self.calls.len()), call.clone());
        Change::Call { call: Box::new(call), news: NotificationType::StatusChange }
    }

    pub(super) fn call_over(&mut self, event: &Event) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        let Some(mut call) = self.take_out(attributes.conn) else { return Change::None };
        call.enter(attributes, event);
        call.state = CallWord::Released;
        if call.is_watching && self.supervision.as_ref().is_some_and(|here| !here.is_all) {
            self.supervision = None;
        }
        Change::Call { call: Box::new(call), news: NotificationType::StatusChange }
    }

    /// An event that leaves the call in its state.
    pub(super) fn call_updated(&mut self, event: &Event, news: NotificationType) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        let Some(call) = self.call_mut(attributes.conn) else { return Change::None };
        call.update(attributes, event);
        Change::Call { call: Box::new(call.clone()), news }
    }

    /// Somebody else is in a party's place, or this party is in another call from now on.
    pub(super) fn party_changed(&mut self, event: &Event) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        let moved = attributes.previous_conn.filter(|previous| *previous != attributes.conn);
        let Some(mut old) = moved.and_then(|previous| self.take_out(previous)) else {
            return match self.call_mut(attributes.conn) {
                Some(_) => self.call_updated(event, NotificationType::ParticipantsUpdated),
                None if attributes.capabilities.has(Capability::AnswerCall) => {
                    self.call_begins(event, CallWord::Ringing)
                }
                None => self.call_enters(event, CallWord::Established),
            };
        };
        self.take_out(attributes.conn);
        let mut call = CallView::new(attributes, event, old.state);
        call.since = old.since;
        call.continue_from(&old);
        self.calls.push(call.clone());
        old.state = CallWord::Released;
        old.capabilities = Capabilities::NONE;
        Change::Moved { call: Box::new(call), old: Box::new(old) }
    }

    /// The state stays; what Extensions say is kept beside what the state's own event said.
    pub(super) fn call_news(&mut self, event: &Event) -> Change {
        let Some(attributes) = &event.call else { return Change::None };
        let mode = event.extensions.text("MonitorMode");
        if let (Some(mode), Some(supervision)) = (mode, &mut self.supervision) {
            supervision.set_mode(mode);
        }
        let Some(call) = self.call_mut(attributes.conn) else { return Change::None };
        call.update(attributes, event);
        for (key, value) in event.extensions.iter() {
            call.extensions.update(key, value.clone());
        }
        let news = match event.extensions.text("RecordingState") {
            Some(_) => NotificationType::CallRecordingStateChange,
            None => NotificationType::MediaStateChange,
        };
        Change::Call { call: Box::new(call.clone()), news }
    }

    /// What may be asked of a call is new; `None` when it is not.
    pub(super) fn offered(&mut self, conn: ConnId, capabilities: Capabilities) -> Option<CallView> {
        let call = self.call_mut(conn)?;
        if call.capabilities == capabilities {
            return None;
        }
        call.capabilities = capabilities;
        Some(call.clone())
    }

    /// A supervisor listens to this DN's call, or does no more; `None` when that is no news.
    pub(super) fn watched(&mut self, conn: ConnId, is_watched: bool) -> Option<CallView> {
        let call = self.call_mut(conn).filter(|call| call.is_watched != is_watched)?;
        call.is_watched = is_watched;
        Some(call.clone())
    }

    /// All calls, for how they belong together.
    pub(crate) fn calls(&self) -> &[CallView] {
        &self.calls
    }

    fn call_mut(&mut self, conn: ConnId) -> Option<&mut CallView> {
        self.calls.iter_mut().find(|call| call.conn == conn)
    }

    fn take_out(&mut self, conn: ConnId) -> Option<CallView> {
        let at = self.calls.iter().position(|call| call.conn == conn)?;
        Some(self.calls.remove(at))
    }
}

const CALLS_MAX: usize = 32;
