//! The shapes that are sent: user, device, call and their parts. Member names are GWS's.

use model::KvList;
use serde::Serialize;
use serde_json::Value;

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase")]
        #[allow(missing_docs, reason = "the names are GWS's")]
        pub struct $name { $(pub $field: $type),* }
    )*};
}

/// A person, without the parts that `subresources` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are GWS's")]
pub struct User {
    /// 32 hex digits that stay the same over restarts.
    pub id: String,
    pub user_name: String,
    pub first_name: String,
    pub last_name: String,
    pub email_address: String,
    pub employee_id: String,
    /// `ROLE_AGENT`, `ROLE_SUPERVISOR`, `ROLE_ADMIN`.
    pub roles: Vec<&'static str>,
    pub enabled: bool,
    pub change_password_on_first_login: bool,
    pub uri: String,
    pub path: String,
}

/// A device: the phone of one DN with the person at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are GWS's")]
pub struct Device {
    /// A UUID that stays the same over restarts.
    pub id: String,
    /// `Active`, or `Inactive` when no phone is registered.
    pub device_state: &'static str,
    pub phone_number: String,
    pub e164_number: String,
    pub description: String,
    pub telephony_network: &'static str,
    pub do_not_disturb: &'static str,
    pub forward_to: String,
    pub dynamic_phone_number: bool,
    pub channels: Vec<&'static str>,
    pub user_state: UserState,
    pub capabilities: Vec<&'static str>,
    /// Of supervisors' devices alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supervisor_monitoring_state: Option<SupervisorMonitoring>,
    pub uri: String,
    pub path: String,
}

/// Whose calls a supervisor hears, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are GWS's")]
pub struct SupervisorMonitoring {
    /// `Off`, `ListenIn`, `Coach`, `BargeIn`.
    pub state: &'static str,
    /// `AllCalls`, `NextCall`.
    pub mode: &'static str,
    pub scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_device_uri: Option<String>,
    /// The number of the one who is heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
}

/// An agent's state as a device shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserState {
    /// GUID of the state or of the not-ready reason.
    pub id: String,
    /// For people.
    pub display_name: String,
    /// `Ready`, `NotReady`, `LoggedOut`.
    pub state: String,
    /// `AfterCallWork`, `AuxWork`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_mode: Option<String>,
    /// The not-ready reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When after-call work ends by itself, in ms since 1970; `None`: when the agent ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_up_ends_at: Option<u64>,
}

/// A call's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are GWS's")]
pub enum CallWord {
    Dialing,
    Established,
    Held,
    Released,
    Ringing,
}

/// A call as one party sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are GWS's")]
pub struct Call {
    /// The CallUUID, as since GWS 8.5.2.
    pub id: String,
    pub call_uuid: String,
    pub conn_id: String,
    pub state: CallWord,
    pub call_type: &'static str,
    /// Of calls from outside alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ani: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnis: Option<String>,
    pub device_uri: String,
    /// The others.
    pub participants: Vec<Participant>,
    /// The operations that would be taken now.
    pub capabilities: Vec<&'static str>,
    pub user_data: KvList,
    /// Whole seconds since it rang, or since it was answered.
    pub duration: String,
    pub mute: &'static str,
    /// `Recording`, `Paused`, `Stopped`, `Failed`; of calls that never were recorded: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_state: Option<&'static str>,
    pub supervisor_listening_in: bool,
    pub monitored_user_muted: bool,
    pub monitoring: bool,
    /// Of consult calls: the call that they are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_call_uri: Option<String>,
    /// Of calls with a consult call beside them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consult_call_uri: Option<String>,
    /// The ConnID of the first call, or of the call where this party was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_conn_id: Option<String>,
    /// Why nobody was reached: `busy`, `no-answer`, `rejected`, `unallocated`, `congestion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<&'static str>,
    /// The Extensions of the event that made the present state.
    #[serde(skip_serializing_if = "KvList::is_empty")]
    pub extensions: KvList,
    pub uri: String,
    pub path: String,
}

shapes! {
    /// Another party of a call.
    Participant {
        e164_number: String,
        formatted_phone_number: String,
        phone_number: String,
        digits: String,
    }

    /// Something that this person's account can do.
    Feature {
        id: &'static str,
        display_name: &'static str,
        description: &'static str,
        auto_assign_on_contact_center_create: bool,
        uri: String,
        path: String,
    }

    /// A skill of a person.
    SkillLevel { name: String, level: u32 }

    /// A named value of a settings section.
    Setting { name: String, value: Value }

    /// A group of settings; `settings` holds [`Setting`]s or the agent states.
    Section {
        name: String,
        display_name: String,
        key: &'static str,
        settings: Vec<Value>,
        uri: String,
        path: String,
    }

    /// A back-end service.
    Service {
        id: String,
        name: String,
        r#type: &'static str,
        state: &'static str,
        uri: String,
        path: String,
    }

    /// A number at which a contact is reached.
    PhoneNumber { phone_number: String, description: String, switch_name: String }

    /// A person as others find them.
    Contact {
        id: String,
        name: String,
        r#type: &'static str,
        user_name: String,
        first_name: String,
        last_name: String,
        employee_id: String,
        email_address: String,
        phone_numbers: Vec<PhoneNumber>,
        business_units: Vec<Value>,
        roles: Vec<&'static str>,
        uri: String,
        path: String,
    }

    /// A known caller.
    Customer {
        customer_id: String,
        name: String,
        account_type: String,
        phone_number: String,
        reason: String,
        contacts: Vec<Value>,
    }

    /// What a browser's phone needs to register.
    Phone {
        dn: String,
        sip_uri: String,
        authorization_user: String,
        password: String,
        websocket_path: &'static str,
        ice_servers: Vec<Value>,
        display_name: String,
    }
}
