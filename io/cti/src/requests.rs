//! A client's message in the words of `model`.

use model::{
    ConnId, Dn, KvList, KvValue, Request, TError, WorkMode,
    error::Refusal,
    request::{MergeType, MonitorMode, NoAnswer, NoAnswerAction},
    tserver::{ClientRequest, RegisterMode},
};
use proto::tserver::v1::{self as pb, client_message::Request as Sent};

use treatment::treatment;

mod treatment;

/// What a client asks, and what every request carries.
#[derive(Debug, PartialEq)]
pub struct Asked {
    pub reasons: KvList,
    pub extensions: KvList,
    pub request: ClientRequest,
}

/// Reads a message; the refusal says which field is wrong.
pub fn understand(message: pb::ClientMessage) -> Result<Asked, Refusal> {
    let mut reasons = kv_list(message.reasons);
    let extensions = kv_list(message.extensions);
    let sent = message.request.ok_or_else(|| invalid("request is missing: set one"))?;
    let request = match sent {
        Sent::QueryAddress(r) => ClientRequest::QueryAddress { dn: dn(r.this_dn)? },
        Sent::QueryCall(r) => {
            ClientRequest::QueryCall { dn: dn(r.this_dn)?, conn: conn("conn_id", &r.conn_id)? }
        }
        Sent::QueryServer(pb::QueryServerRequest {}) => ClientRequest::QueryServer,
        Sent::RegisterAddress(r) => {
            let (dn, mode) = registration(r)?;
            match mode {
                RegisterMode::Share => ClientRequest::RegisterAddress { dn },
                RegisterMode::Private | RegisterMode::Monitor => {
                    ClientRequest::RegisterAddressAs { dn, mode }
                }
            }
        }
        Sent::Resume(r) => ClientRequest::Resume {
            after: r.event_sequence_number,
            dns: r.addresses.into_iter().map(registration).collect::<Result<_, _>>()?,
        },
        Sent::UnregisterAddress(r) => ClientRequest::UnregisterAddress { dn: dn(r.this_dn)? },
        Sent::Other(other) => ClientRequest::Unsupported(other_name(other.number)?),
        sent => {
            if let Sent::AgentNotReady(r) = &sent
                && !r.reason.is_empty()
            {
                reasons.update("ReasonCode", r.reason.as_str());
            }
            ClientRequest::Call(call_request(sent, &extensions)?)
        }
    };
    Ok(Asked { reasons, extensions, request })
}

/// A request about a DN: `dn` from this_dn, further fields as given.
macro_rules! about_dn {
    ($name:ident, $r:ident $(, $field:ident: $value:expr)*) => {
        Request::$name { dn: dn($r.this_dn)? $(, $field: $value)* }
    };
}

/// A request about one party: `dn` and `conn`, further fields as given.
macro_rules! about_party {
    ($name:ident, $r:ident $(, $field:ident: $value:expr)*) => {
        about_dn!($name, $r, conn: conn("conn_id", &$r.conn_id)? $(, $field: $value)*)
    };
}

/// A request that brings somebody else to a call.
macro_rules! about_other {
    ($name:ident, $r:ident) => {
        about_party!($name, $r, destination: other($r.other_dn)?, user_data: kv_list($r.user_data))
    };
}

/// A request about a held call and the call that is up.
macro_rules! about_two_calls {
    ($name:ident, $r:ident) => {
        about_dn!($name, $r,
            held: conn("held_conn_id", &$r.held_conn_id)?,
            current: conn("conn_id", &$r.conn_id)?)
    };
}

fn call_request(sent: Sent, extensions: &KvList) -> Result<Request, Refusal> {
    Ok(match sent {
        Sent::AgentLogin(r) => {
            let agent = present("agent_id", r.agent_id)?.into();
            about_dn!(AgentLogin, r, agent: agent, work_mode: work_mode(r.work_mode))
        }
        Sent::AgentLogout(r) => about_dn!(AgentLogout, r),
        Sent::AgentNotReady(r) => about_dn!(AgentNotReady, r, work_mode: work_mode(r.work_mode)),
        Sent::AgentReady(r) => about_dn!(AgentReady, r, work_mode: work_mode(r.work_mode)),
        Sent::AgentSetIdleReason(r) => about_dn!(AgentSetIdleReason, r),
        Sent::AlternateCall(r) => about_two_calls!(AlternateCall, r),
        Sent::AnswerCall(r) => about_party!(AnswerCall, r),
        Sent::ApplyTreatment(r) => {
            let parms = kv_list(r.treatment_parms);
            about_party!(ApplyTreatment, r, treatment: treatment(r.treatment_type, &parms)?)
        }
        Sent::AttachUserData(r) => {
            about_party!(AttachUserData, r, user_data: kv_list(r.user_data))
        }
        Sent::CallForwardCancel(r) => about_dn!(CallForwardCancel, r),
        Sent::CallForwardSet(r) => about_dn!(CallForwardSet, r, destination: other(r.other_dn)?),
        Sent::CancelMonitoring(r) => {
            about_dn!(CancelMonitoring, r, target: other(r.other_dn)?.into())
        }
        Sent::ClearCall(r) => about_party!(ClearCall, r),
        Sent::CompleteConference(r) => about_two_calls!(CompleteConference, r),
        Sent::CompleteTransfer(r) => about_two_calls!(CompleteTransfer, r),
        Sent::DeleteFromConference(r) => {
            about_party!(DeleteFromConference, r, party: other(r.other_dn)?.into())
        }
        Sent::DeletePair(r) => about_party!(DeletePair, r, key: present("data_key", r.data_key)?),
        Sent::DeleteUserData(r) => about_party!(DeleteUserData, r),
        Sent::DistributeUserEvent(r) => {
            about_dn!(DistributeUserEvent, r, user_data: kv_list(r.user_data))
        }
        Sent::HoldCall(r) => about_party!(HoldCall, r),
        Sent::InitiateConference(r) => about_other!(InitiateConference, r),
        Sent::InitiateTransfer(r) => about_other!(InitiateTransfer, r),
        Sent::ListenDisconnect(r) => {
            about_party!(ListenDisconnect, r, listener: other(r.other_dn)?.into())
        }
        Sent::ListenReconnect(r) => {
            about_party!(ListenReconnect, r, listener: other(r.other_dn)?.into())
        }
        Sent::MakeCall(r) => {
            let (destination, user_data) = (other(r.other_dn)?, kv_list(r.user_data));
            about_dn!(MakeCall, r, destination: destination, user_data: user_data)
        }
        Sent::MergeCalls(r) => about_dn!(MergeCalls, r,
            held: conn("held_conn_id", &r.held_conn_id)?,
            current: conn("conn_id", &r.conn_id)?,
            merge: merge_type(r.merge_type)?),
        Sent::MonitorNextCall(r) => {
            let mode = monitor_mode(r.monitor_mode, extensions)?;
            let is_all = r.monitor_next_call_type == pb::MonitorNextCallType::All as i32;
            let target = other(r.other_dn)?.into();
            about_dn!(MonitorNextCall, r, target: target, mode: mode, is_all: is_all)
        }
        Sent::MuteTransfer(r) => about_other!(MuteTransfer, r),
        Sent::PrivateService(r) => match r.private_msg_id {
            RECORD_START => about_party!(StartRecording, r),
            RECORD_STOP => about_party!(StopRecording, r),
            RECORD_PAUSE => about_party!(PauseRecording, r),
            RECORD_RESUME => about_party!(ResumeRecording, r),
            other => return Err(no_service(other)),
        },
        Sent::ReconnectCall(r) => about_two_calls!(ReconnectCall, r),
        Sent::RedirectCall(r) => about_party!(RedirectCall, r, destination: other(r.other_dn)?),
        Sent::ReleaseCall(r) => about_party!(ReleaseCall, r),
        Sent::RetrieveCall(r) => about_party!(RetrieveCall, r),
        Sent::RouteCall(r) => {
            let no_answer = no_answer(r.no_answer_timeout, r.no_answer_action);
            let target = present("target_dn", r.target_dn)?.into();
            about_party!(RouteCall, r, target: target, no_answer: no_answer)
        }
        Sent::SendDtmf(r) => {
            about_party!(SendDtmf, r, digits: present("dtmf_digits", r.dtmf_digits)?)
        }
        Sent::SetDndOff(r) => about_dn!(SetDndOff, r),
        Sent::SetDndOn(r) => about_dn!(SetDndOn, r),
        Sent::SetMuteOff(r) => about_party!(SetMuteOff, r),
        Sent::SetMuteOn(r) => about_party!(SetMuteOn, r),
        Sent::SingleStepConference(r) => about_other!(SingleStepConference, r),
        Sent::SingleStepTransfer(r) => about_other!(SingleStepTransfer, r),
        Sent::UpdateUserData(r) => {
            about_party!(UpdateUserData, r, user_data: kv_list(r.user_data))
        }
        Sent::Other(_)
        | Sent::QueryAddress(_)
        | Sent::QueryCall(_)
        | Sent::QueryServer(_)
        | Sent::RegisterAddress(_)
        | Sent::Resume(_)
        | Sent::UnregisterAddress(_) => {
            return Err(invalid("request is not about a call or an agent"));
        }
    })
}

fn no_service(number: u32) -> Refusal {
    Refusal::new(
        TError::UnsupportedOperation,
        format!(
            "RequestPrivateService {number} is not supported. Recordings are {RECORD_START} \
             (start), {RECORD_STOP} (stop), {RECORD_PAUSE} (pause) and {RECORD_RESUME} (resume)."
        ),
    )
}

fn registration(sent: pb::RegisterAddressRequest) -> Result<(Dn, RegisterMode), Refusal> {
    let mode = match pb::RegisterMode::try_from(sent.register_mode) {
        Ok(pb::RegisterMode::Share) => RegisterMode::Share,
        Ok(pb::RegisterMode::Private) => RegisterMode::Private,
        Ok(pb::RegisterMode::Monitor) => RegisterMode::Monitor,
        Err(_) => return Err(invalid("register_mode is none of Share, Private and Monitor")),
    };
    Ok((dn(sent.this_dn)?, mode))
}

fn present(field: &str, text: String) -> Result<String, Refusal> {
    if text.is_empty() { Err(invalid(&format!("{field} is missing"))) } else { Ok(text) }
}

fn dn(text: String) -> Result<Dn, Refusal> {
    present("this_dn", text).map(Dn::from)
}

fn other(text: String) -> Result<String, Refusal> {
    present("other_dn", text)
}

fn conn(field: &str, text: &str) -> Result<ConnId, Refusal> {
    if text.is_empty() {
        return Err(invalid(&format!("{field} is missing")));
    }
    let wrong = |_| invalid(&format!("{field} must be 16 hex digits, as events carry it"));
    text.parse().map_err(wrong)
}

/// The pair `MonitorMode` of Extensions, as T-Library has it, or the field.
fn monitor_mode(number: i32, extensions: &KvList) -> Result<MonitorMode, Refusal> {
    let modes = [MonitorMode::Mute, MonitorMode::Coach, MonitorMode::Connect];
    let mode = match extensions.text("MonitorMode") {
        Some(word) => modes.into_iter().find(|mode| mode.as_str() == word),
        None => usize::try_from(number).ok().and_then(|number| modes.get(number).copied()),
    };
    mode.ok_or_else(|| invalid("monitor_mode is none of mute, coach and connect"))
}

fn work_mode(number: i32) -> WorkMode {
    u32::try_from(number).map_or(WorkMode::Unknown, WorkMode::from_number)
}

fn no_answer(timeout_s: u32, action: i32) -> NoAnswer {
    let action = match pb::NoAnswerAction::try_from(action) {
        Ok(pb::NoAnswerAction::None) => NoAnswerAction::None,
        Ok(pb::NoAnswerAction::Logout) => NoAnswerAction::Logout,
        Ok(pb::NoAnswerAction::Default | pb::NoAnswerAction::NotReady) | Err(_) => {
            NoAnswerAction::NotReady
        }
    };
    NoAnswer { timeout_s: if timeout_s == 0 { NO_ANSWER_S } else { timeout_s }, action }
}

fn merge_type(number: i32) -> Result<MergeType, Refusal> {
    match pb::MergeType::try_from(number) {
        Ok(pb::MergeType::ForTransfer) => Ok(MergeType::ForTransfer),
        Ok(pb::MergeType::ForConference) => Ok(MergeType::ForConference),
        Err(_) => Err(invalid("merge_type is no merge type of T-Library")),
    }
}

/// `HoldCall` of `REQUEST_HOLD_CALL`.
fn other_name(number: i32) -> Result<String, Refusal> {
    let Ok(known) = pb::RequestNumber::try_from(number) else {
        let message = format!("T-Library has no request with the number {number}.");
        return Err(Refusal::new(TError::UnknownOperation, message));
    };
    let name = t_library_name(known.as_str_name());
    if HAVE_FIELDS.contains(&name.as_str()) {
        return Err(invalid(&format!(
            "Request{name} is not supported in `other`: it has a field of its own, use that"
        )));
    }
    Ok(name)
}

fn t_library_name(proto_name: &str) -> String {
    let words = proto_name.trim_start_matches("REQUEST_").split('_');
    words
        .map(|word| match word {
            "DN" | "DND" | "DTMF" => word.to_owned(),
            word => {
                let (first, rest) = word.split_at(word.len().min(1));
                first.to_owned() + &rest.to_ascii_lowercase()
            }
        })
        .collect()
}

/// A list of the wire as a list of ours; pairs without a value hold empty text.
pub fn kv_list(list: Option<pb::KvList>) -> KvList {
    let pairs = list.unwrap_or_default().pairs;
    pairs
        .into_iter()
        .map(|pair| {
            let value = match pair.value {
                Some(pb::kv_pair::Value::Int(number)) => KvValue::Int(number),
                Some(pb::kv_pair::Value::Str(text)) => KvValue::Str(text),
                Some(pb::kv_pair::Value::List(list)) => KvValue::List(kv_list(Some(list))),
                None => KvValue::Str(String::new()),
            };
            (pair.key, value)
        })
        .collect()
}

fn invalid(what: &str) -> Refusal {
    Refusal::new(TError::InvalidAttribute, format!("The message can't be used: {what}."))
}

/// Requests that ClientMessage has fields for.
const HAVE_FIELDS: &[&str] = &[
    "AgentLogin",
    "AgentLogout",
    "AgentNotReady",
    "AgentReady",
    "AgentSetIdleReason",
    "AlternateCall",
    "AnswerCall",
    "ApplyTreatment",
    "AttachUserData",
    "CallForwardCancel",
    "CallForwardSet",
    "CancelMonitoring",
    "ClearCall",
    "CompleteConference",
    "CompleteTransfer",
    "DeleteFromConference",
    "DeletePair",
    "DeleteUserData",
    "DistributeUserEvent",
    "HoldCall",
    "InitiateConference",
    "InitiateTransfer",
    "ListenDisconnect",
    "ListenReconnect",
    "MakeCall",
    "MergeCalls",
    "MonitorNextCall",
    "MuteTransfer",
    "PrivateService",
    "QueryAddress",
    "QueryCall",
    "QueryServer",
    "ReconnectCall",
    "RedirectCall",
    "RegisterAddress",
    "ReleaseCall",
    "RetrieveCall",
    "RouteCall",
    "SendDTMF",
    "SetDNDOff",
    "SetDNDOn",
    "SetMuteOff",
    "SetMuteOn",
    "SingleStepConference",
    "SingleStepTransfer",
    "UnregisterAddress",
    "UpdateUserData",
];
// PrivateMsgID of T-Library's recording services.
const RECORD_START: u32 = 3013;
const RECORD_STOP: u32 = 3014;
const RECORD_PAUSE: u32 = 3015;
const RECORD_RESUME: u32 = 3016;
/// `agent-no-answer-timeout` when the router says nothing.
const NO_ANSWER_S: u32 = 15;

#[cfg(test)]
mod tests;
