//! What a client is sent, as messages of the wire.

use model::{
    Dn, DnRole, Event, KvList, KvValue, ReferenceId, error::Refusal, event::AgentAttributes,
    event::CallAttributes, recording::RecordingState, tserver::Answer, tserver::ClientMessage,
};
use proto::tserver::v1 as pb;

/// The wire's form of a message; `started` is ServerStartTime.
pub fn server_message(message: &ClientMessage, started: u64) -> pb::ServerMessage {
    let event = match message {
        ClientMessage::Error { reference, this_dn, refusal } => {
            error_event(*reference, this_dn.as_ref(), refusal)
        }
        ClientMessage::Event { event, reference } => dn_event(event, *reference),
        ClientMessage::LinkConnected => pb::Event {
            server_start_time: started,
            ..named("EventLinkConnected", EVENT_LINK_CONNECTED)
        },
        ClientMessage::Registered { reference, this_dn, extensions, sequence, answer } => {
            pb::Event {
                reference_id: reference.0,
                this_dn: this_dn.to_string(),
                event_sequence_number: *sequence,
                server_start_time: started,
                extensions: kv_list(extensions),
                ..answer_event(answer)
            }
        }
        ClientMessage::Unregistered { reference, this_dn } => pb::Event {
            reference_id: reference.0,
            this_dn: this_dn.to_string(),
            ..named("EventUnregistered", EVENT_UNREGISTERED)
        },
    };
    pb::ServerMessage { event: Some(event) }
}

fn named(name: &str, number: u32) -> pb::Event {
    pb::Event { name: name.to_owned(), number, ..pb::Event::default() }
}

fn answer_event(answer: &Answer) -> pb::Event {
    match answer {
        Answer::AddressInfo => named("EventAddressInfo", EVENT_ADDRESS_INFO),
        Answer::PartyInfo { conn, parties } => pb::Event {
            conn_id: conn.to_string(),
            parties: parties.iter().map(Dn::to_string).collect(),
            ..named("EventPartyInfo", EVENT_PARTY_INFO)
        },
        Answer::Registered => named("EventRegistered", EVENT_REGISTERED),
        Answer::ServerInfo => named("EventServerInfo", EVENT_SERVER_INFO),
    }
}

fn error_event(reference: ReferenceId, this_dn: Option<&Dn>, refusal: &Refusal) -> pb::Event {
    pb::Event {
        reference_id: reference.0,
        this_dn: this_dn.map(Dn::to_string).unwrap_or_default(),
        error_code: u32::from(refusal.error.number()),
        error_name: refusal.error.as_str().to_owned(),
        error_message: refusal.message.clone(),
        ..named("EventError", EVENT_ERROR)
    }
}

fn dn_event(event: &Event, reference: Option<ReferenceId>) -> pb::Event {
    let mut message = pb::Event {
        reference_id: reference.map_or(0, |reference| reference.0),
        this_dn: event.this_dn.to_string(),
        event_sequence_number: event.sequence,
        time_in_secs: event.at.unix.as_secs(),
        time_in_usecs: event.at.unix.subsec_micros(),
        reasons: kv_list(&event.reasons),
        extensions: kv_list(&event.extensions),
        ..named(event.name.as_str(), u32::from(event.name.number()))
    };
    if let Some(call) = &event.call {
        add_call(&mut message, call);
    }
    if let Some(agent) = &event.agent {
        add_agent(&mut message, agent);
    }
    message
}

fn add_call(message: &mut pb::Event, call: &CallAttributes) {
    let party = |party: &Option<(Dn, DnRole)>| match party {
        Some((dn, role)) => (dn.to_string(), *role as i32),
        None => (String::new(), DnRole::Unknown as i32),
    };
    message.call_id = call.call_id;
    message.conn_id = call.conn.to_string();
    message.previous_conn_id = call.previous_conn.map(|conn| conn.to_string()).unwrap_or_default();
    message.call_uuid = call.uuid.to_string();
    message.call_type = call.call_type as i32;
    message.call_state = call.call_state as i32;
    message.this_dn_role = call.this_role as i32;
    message.this_queue = call.this_queue.as_ref().map(Dn::to_string).unwrap_or_default();
    (message.other_dn, message.other_dn_role) = party(&call.other);
    (message.third_party_dn, message.third_party_dn_role) = party(&call.third_party);
    message.ani = call.ani.clone().unwrap_or_default();
    message.dnis = call.dnis.clone().unwrap_or_default();
    message.user_data = kv_list(&call.user_data);
    message.parties = call.parties.iter().map(Dn::to_string).collect();
    message.recording = call.recording.map_or("", RecordingState::as_str).to_owned();
    message.capabilities = call.capabilities.iter().map(|one| one.as_str().to_owned()).collect();
}

fn add_agent(message: &mut pb::Event, agent: &AgentAttributes) {
    message.agent_id = agent.agent.to_string();
    message.agent_state = agent.state.as_str().to_owned();
    message.agent_work_mode = agent.work_mode as i32;
    message.agent_reason = agent.reason.clone().unwrap_or_default();
}

fn kv_list(list: &KvList) -> Option<pb::KvList> {
    if list.is_empty() {
        return None;
    }
    let pairs = list.iter().map(|(key, value)| pb::KvPair {
        key: key.to_owned(),
        value: Some(match value {
            KvValue::Int(number) => pb::kv_pair::Value::Int(*number),
            KvValue::List(list) => pb::kv_pair::Value::List(kv_list(list).unwrap_or_default()),
            KvValue::Str(text) => pb::kv_pair::Value::Str(text.clone()),
        }),
    });
    Some(pb::KvList { pairs: pairs.collect() })
}

// T-Library's message numbers of the events that are the port's own.
const EVENT_ERROR: u32 = 52;
const EVENT_REGISTERED: u32 = 53;
const EVENT_UNREGISTERED: u32 = 54;
const EVENT_ADDRESS_INFO: u32 = 92;
const EVENT_SERVER_INFO: u32 = 93;
const EVENT_LINK_CONNECTED: u32 = 95;
const EVENT_PARTY_INFO: u32 = 109;
