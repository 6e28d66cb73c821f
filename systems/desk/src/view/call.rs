//! One call at one DN, and how it is shown.

use std::sync::Arc;

use model::{
    CallState, CallType, CallUuid, Capabilities, ConnId, Dn, DnRole, Event, EventName, KvList, Now,
    event::CallAttributes, recording::RecordingState,
};
use wire_rest::{Call, CallWord, Participant};

use super::capability;

/// A call as the events at its DN tell.
#[derive(Clone, Debug)]
pub(crate) struct CallView {
    pub(crate) uuid: CallUuid,
    pub(crate) conn: ConnId,
    pub(crate) state: CallWord,
    pub(crate) call_type: CallType,
    pub(crate) ani: Option<String>,
    dnis: Option<String>,
    other: Option<Dn>,
    /// Every other party, as they joined.
    parties: Vec<Dn>,
    pub(crate) capabilities: Capabilities,
    /// Of consult calls: the first call.
    pub(crate) previous: Option<ConnId>,
    is_muted: bool,
    recording: Option<RecordingState>,
    failure: Option<&'static str>,
    /// Whether this DN only listens, as a supervisor.
    pub(crate) is_watching: bool,
    /// Whether a supervisor listens to this DN.
    pub(crate) is_watched: bool,
    pub(crate) user_data: Arc<KvList>,
    /// Of the event that made the present state.
    pub(crate) extensions: KvList,
    /// Since when it rings, is dialled or is talked on.
    pub(crate) since: Now,
}

impl CallView {
    pub(crate) fn new(attributes: &CallAttributes, event: &Event, state: CallWord) -> Self {
        Self {
            uuid: attributes.uuid,
            conn: attributes.conn,
            state,
            call_type: attributes.call_type,
            ani: attributes.ani.clone(),
            dnis: attributes.dnis.clone(),
            other: attributes.other.as_ref().map(|(dn, _)| dn.clone()),
            parties: attributes.parties.clone(),
            capabilities: attributes.capabilities,
            previous: attributes.previous_conn,
            is_muted: false,
            recording: attributes.recording,
            failure: None,
            is_watching: attributes.this_role == DnRole::Observer,
            is_watched: false,
            user_data: Arc::clone(&attributes.user_data),
            extensions: event.extensions.clone(),
            since: event.at,
        }
    }

    /// Takes over what a further event says; what it leaves out stays.
    pub(super) fn update(&mut self, attributes: &CallAttributes, event: &Event) {
        self.call_type = attributes.call_type;
        self.capabilities = attributes.capabilities;
        self.parties.clone_from(&attributes.parties);
        self.recording = attributes.recording.or(self.recording);
        self.previous = attributes.previous_conn.or(self.previous);
        self.is_watching |= attributes.this_role == DnRole::Observer;
        if event.name == EventName::DestinationBusy {
            self.failure = Some(failure_word(attributes.call_state));
        }
        if matches!(event.name, EventName::MuteOn | EventName::MuteOff) {
            self.is_muted = event.name == EventName::MuteOn;
        }
        if let Some(mode) = event.extensions.text("MonitorMode") {
            self.is_muted = mode == "mute";
        }
        self.ani = attributes.ani.clone().or_else(|| self.ani.take());
        self.dnis = attributes.dnis.clone().or_else(|| self.dnis.take());
        if let Some((dn, _)) = &attributes.other {
            self.other = Some(dn.clone());
        }
        self.user_data = Arc::clone(&attributes.user_data);
    }

    /// An event that makes a state: its Extensions take the place of the old ones.
    pub(super) fn enter(&mut self, attributes: &CallAttributes, event: &Event) {
        self.update(attributes, event);
        self.extensions = event.extensions.clone();
    }

    /// Takes over what stays as it was when a party is moved to another call.
    pub(super) fn continue_from(&mut self, old: &Self) {
        self.extensions.clone_from(&old.extensions);
        self.is_muted = old.is_muted;
        self.is_watching = old.is_watching;
    }

    /// Whether `id` names this call: its CallUUID, or its ConnID as GWS 8.5.0 had it.
    pub(crate) fn is_named(&self, id: &str) -> bool {
        self.uuid.as_str().eq_ignore_ascii_case(id) || id.parse() == Ok(self.conn)
    }

    /// The call as it is at `now`, among all calls of its DN.
    pub(crate) fn show(&self, now: Now, device: &str, base: &str, all: &[Self]) -> Call {
        let id = self.uuid.to_string();
        let seconds = now.instant.saturating_duration_since(self.since.instant).as_secs();
        let uri = |call: &Self| format!("{base}/api/v2/me/calls/{}", call.uuid);
        let parent = all.iter().find(|call| self.consults_about(call));
        let consult = all.iter().find(|call| call.consults_about(self));
        Call {
            call_uuid: id.clone(),
            conn_id: self.conn.to_string(),
            state: self.state,
            call_type: self.call_type.as_str(),
            ani: self.ani.clone(),
            dnis: self.dnis.clone(),
            device_uri: format!("{base}/api/v2/devices/{device}"),
            participants: self.others().into_iter().map(participant).collect(),
            capabilities: capability::words(self.capabilities, self.state),
            user_data: KvList::clone(&self.user_data),
            duration: seconds.to_string(),
            mute: if self.is_muted { "On" } else { "Off" },
            recording_state: self.recording.map(recording_word),
            supervisor_listening_in: self.is_watched,
            monitored_user_muted: false,
            monitoring: self.is_watching,
            parent_call_uri: parent.map(uri),
            consult_call_uri: consult.map(uri),
            previous_conn_id: self.previous.map(|conn| conn.to_string()),
            failure: self.failure,
            extensions: self.extensions.clone(),
            uri: format!("{base}/api/v2/me/calls/{id}"),
            path: format!("/calls/{id}"),
            id,
        }
    }

    /// Whether this is the consult call about that one.
    pub(crate) fn consults_about(&self, first: &Self) -> bool {
        self.call_type == CallType::Consult
            && self.previous == Some(first.conn)
            && self.conn != first.conn
    }

    fn others(&self) -> Vec<&str> {
        if !self.parties.is_empty() {
            return self.parties.iter().map(Dn::as_str).collect();
        }
        self.other.as_ref().map(Dn::as_str).or(self.ani.as_deref()).into_iter().collect()
    }
}

/// Why nobody was reached, for the person who called.
fn failure_word(state: CallState) -> &'static str {
    let words: [(&str, &[CallState]); 4] = [
        ("busy", &[CallState::Busy]),
        ("no-answer", &[CallState::NoAnswer, CallState::Droppednoanswer]),
        ("rejected", &[CallState::Dropped]),
        ("unallocated", &[CallState::SitInvalidnum, CallState::SitVacant, CallState::SitIntercept]),
    ];
    // What else may be wrong is the network's affair.
    words.iter().find(|(_, states)| states.contains(&state)).map_or("congestion", |(word, _)| word)
}

/// GWS's word for a recording's state.
fn recording_word(state: RecordingState) -> &'static str {
    match state {
        RecordingState::Failed => "Failed",
        RecordingState::Off => "Stopped",
        RecordingState::On => "Recording",
        RecordingState::Paused => "Paused",
    }
}

fn participant(number: &str) -> Participant {
    Participant {
        e164_number: String::new(),
        formatted_phone_number: number.to_owned(),
        phone_number: number.to_owned(),
        digits: number.chars().filter(char::is_ascii_digit).collect(),
    }
}
