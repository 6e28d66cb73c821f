//! One call at one DN, and how it is shown.

use std::sync::Arc;

use model::{CallUuid, ConnId, Dn, Event, KvList, Now, event::CallAttributes};
use wire_rest::{Call, CallWord, Participant};

/// A call as the events at its DN tell.
#[derive(Clone, Debug)]
pub(crate) struct CallView {
    pub(crate) uuid: CallUuid,
    pub(crate) conn: ConnId,
    pub(crate) state: CallWord,
    call_type: &'static str,
    pub(crate) ani: Option<String>,
    dnis: Option<String>,
    other: Option<Dn>,
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
            call_type: attributes.call_type.as_str(),
            ani: attributes.ani.clone(),
            dnis: attributes.dnis.clone(),
            other: attributes.other.as_ref().map(|(dn, _)| dn.clone()),
            user_data: Arc::clone(&attributes.user_data),
            extensions: event.extensions.clone(),
            since: event.at,
        }
    }

    /// Takes over what a further event says; what it leaves out stays.
    pub(super) fn update(&mut self, attributes: &CallAttributes, event: &Event) {
        self.call_type = attributes.call_type.as_str();
        self.ani = attributes.ani.clone().or_else(|| self.ani.take());
        self.dnis = attributes.dnis.clone().or_else(|| self.dnis.take());
        if let Some((dn, _)) = &attributes.other {
            self.other = Some(dn.clone());
        }
        self.user_data = Arc::clone(&attributes.user_data);
        self.extensions = event.extensions.clone();
    }

    /// Whether `id` names this call: its CallUUID, or its ConnID as GWS 8.5.0 had it.
    pub(crate) fn is_named(&self, id: &str) -> bool {
        self.uuid.as_str().eq_ignore_ascii_case(id) || id.parse() == Ok(self.conn)
    }

    /// The call as it is at `now`.
    pub(crate) fn show(&self, now: Now, device: &str, base: &str) -> Call {
        let id = self.uuid.to_string();
        let seconds = now.instant.saturating_duration_since(self.since.instant).as_secs();
        let number = self.other.as_ref().map(Dn::as_str).or(self.ani.as_deref());
        Call {
            call_uuid: id.clone(),
            conn_id: self.conn.to_string(),
            state: self.state,
            call_type: self.call_type,
            ani: self.ani.clone(),
            dnis: self.dnis.clone(),
            device_uri: format!("{base}/api/v2/devices/{device}"),
            participants: number.map(participant).into_iter().collect(),
            capabilities: capabilities(self.state).to_vec(),
            user_data: KvList::clone(&self.user_data),
            duration: seconds.to_string(),
            mute: "Off",
            supervisor_listening_in: false,
            monitored_user_muted: false,
            monitoring: false,
            extensions: self.extensions.clone(),
            uri: format!("{base}/api/v2/me/calls/{id}"),
            path: format!("/calls/{id}"),
            id,
        }
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

/// The operations that are taken in a state: the desktop's buttons.
fn capabilities(state: CallWord) -> &'static [&'static str] {
    match state {
        CallWord::Dialing => {
            &["Hangup", "AttachUserData", "UpdateUserData", "DeleteUserData", "DeleteUserDataPair"]
        }
        CallWord::Established | CallWord::Held => &[
            "Hangup",
            "ClearCall",
            "AttachUserData",
            "UpdateUserData",
            "DeleteUserData",
            "DeleteUserDataPair",
        ],
        CallWord::Released => &[],
        CallWord::Ringing => &[
            "Answer",
            "ClearCall",
            "AttachUserData",
            "UpdateUserData",
            "DeleteUserData",
            "DeleteUserDataPair",
        ],
    }
}
