//! A client's message in the words of `model`.

use model::{
    ConnId, Dn, KvList, KvValue, Request, TError, WorkMode,
    error::Refusal,
    request::{NoAnswer, NoAnswerAction, Treatment},
    tserver::ClientRequest,
};
use proto::tserver::v1::{self as pb, client_message::Request as Sent};

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
        Sent::RegisterAddress(r) => ClientRequest::RegisterAddress { dn: dn(r.this_dn)? },
        Sent::UnregisterAddress(r) => ClientRequest::UnregisterAddress { dn: dn(r.this_dn)? },
        Sent::Other(other) => ClientRequest::Unsupported(other_name(other.number)?),
        sent => {
            if let Sent::AgentNotReady(r) = &sent
                && !r.reason.is_empty()
            {
                reasons.update("ReasonCode", r.reason.as_str());
            }
            ClientRequest::Call(call_request(sent)?)
        }
    };
    Ok(Asked { reasons, extensions, request })
}

fn call_request(sent: Sent) -> Result<Request, Refusal> {
    Ok(match sent {
        Sent::AgentLogin(r) => {
            if r.agent_id.is_empty() {
                return Err(invalid("agent_id is missing"));
            }
            let work_mode = work_mode(r.work_mode);
            Request::AgentLogin { dn: dn(r.this_dn)?, agent: r.agent_id.into(), work_mode }
        }
        Sent::AgentLogout(r) => Request::AgentLogout { dn: dn(r.this_dn)? },
        Sent::AgentReady(r) => {
            Request::AgentReady { dn: dn(r.this_dn)?, work_mode: work_mode(r.work_mode) }
        }
        Sent::AgentNotReady(r) => {
            Request::AgentNotReady { dn: dn(r.this_dn)?, work_mode: work_mode(r.work_mode) }
        }
        Sent::AnswerCall(r) => Request::AnswerCall { dn: dn(r.this_dn)?, conn: conn(&r.conn_id)? },
        Sent::ReleaseCall(r) => {
            Request::ReleaseCall { dn: dn(r.this_dn)?, conn: conn(&r.conn_id)? }
        }
        Sent::ClearCall(r) => Request::ClearCall { dn: dn(r.this_dn)?, conn: conn(&r.conn_id)? },
        Sent::AttachUserData(r) => Request::AttachUserData {
            dn: dn(r.this_dn)?,
            conn: conn(&r.conn_id)?,
            user_data: kv_list(r.user_data),
        },
        Sent::UpdateUserData(r) => Request::UpdateUserData {
            dn: dn(r.this_dn)?,
            conn: conn(&r.conn_id)?,
            user_data: kv_list(r.user_data),
        },
        Sent::DeletePair(r) => {
            Request::DeletePair { dn: dn(r.this_dn)?, conn: conn(&r.conn_id)?, key: r.data_key }
        }
        Sent::DeleteUserData(r) => {
            Request::DeleteUserData { dn: dn(r.this_dn)?, conn: conn(&r.conn_id)? }
        }
        Sent::RouteCall(r) => {
            let no_answer = no_answer(r.no_answer_timeout, r.no_answer_action);
            let target = Dn::from(r.target_dn);
            Request::RouteCall { dn: dn(r.this_dn)?, conn: conn(&r.conn_id)?, target, no_answer }
        }
        Sent::ApplyTreatment(r) => {
            let treatment = treatment(r.treatment_type)?;
            Request::ApplyTreatment { dn: dn(r.this_dn)?, conn: conn(&r.conn_id)?, treatment }
        }
        Sent::RegisterAddress(_) | Sent::UnregisterAddress(_) | Sent::Other(_) => {
            return Err(invalid("request is not about a call or an agent"));
        }
    })
}

fn dn(text: String) -> Result<Dn, Refusal> {
    if text.is_empty() { Err(invalid("this_dn is missing")) } else { Ok(Dn::from(text)) }
}

fn conn(text: &str) -> Result<ConnId, Refusal> {
    text.parse().map_err(|_| invalid("conn_id must be 16 hex digits, as events carry it"))
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

fn treatment(number: i32) -> Result<Treatment, Refusal> {
    match pb::TreatmentType::try_from(number) {
        Ok(pb::TreatmentType::Music) => Ok(Treatment::Music),
        Ok(pb::TreatmentType::RingBack) => Ok(Treatment::RingBack),
        Ok(pb::TreatmentType::Silence) => Ok(Treatment::Silence),
        Ok(other) => Err(Refusal::new(
            TError::UnsupportedOperation,
            format!("{} is not supported yet.", other.as_str_name()),
        )),
        Err(_) => Err(invalid("treatment_type is no treatment of T-Library")),
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
        return Err(invalid("this request has a field of its own in ClientMessage: use that"));
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
    "AnswerCall",
    "ApplyTreatment",
    "AttachUserData",
    "ClearCall",
    "DeletePair",
    "DeleteUserData",
    "RegisterAddress",
    "ReleaseCall",
    "RouteCall",
    "UnregisterAddress",
    "UpdateUserData",
];
/// `agent-no-answer-timeout` when the router says nothing.
const NO_ANSWER_S: u32 = 15;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sent(request: Sent) -> pb::ClientMessage {
        pb::ClientMessage {
            reference_id: 1,
            reasons: None,
            extensions: None,
            request: Some(request),
        }
    }

    #[test]
    fn a_request_that_is_not_there_yet_keeps_t_librarys_name() {
        for (number, name) in
            [(18, "HoldCall"), (97, "SendDTMF"), (12, "SetDNDOn"), (14, "MakeCall")]
        {
            let other = pb::OtherRequest { number, this_dn: "5001".into(), conn_id: String::new() };
            let asked = understand(sent(Sent::Other(other))).unwrap();
            assert_eq!(asked.request, ClientRequest::Unsupported(name.into()));
        }
    }

    #[test]
    fn unknown_numbers_and_missing_or_wrong_fields_are_refused_with_their_name() {
        let other = |number| sent(Sent::Other(pb::OtherRequest { number, ..Default::default() }));
        assert_eq!(understand(other(9999)).unwrap_err().error, TError::UnknownOperation);
        assert!(understand(other(16)).unwrap_err().message.contains("field of its own"));
        let answer = |this_dn: &str, conn_id: &str| {
            let request =
                pb::AnswerCallRequest { this_dn: this_dn.into(), conn_id: conn_id.into() };
            understand(sent(Sent::AnswerCall(request))).unwrap_err().message
        };
        assert!(answer("", "0001000000000001").contains("this_dn"));
        assert!(answer("5001", "1").contains("conn_id"));
        let nothing = pb::ClientMessage::default();
        assert!(understand(nothing).unwrap_err().message.contains("request is missing"));
    }

    #[test]
    fn a_not_ready_reason_travels_as_reason_code() {
        let request = pb::AgentNotReadyRequest {
            this_dn: "5001".into(),
            work_mode: 4,
            reason: "Lunch".into(),
        };
        let asked = understand(sent(Sent::AgentNotReady(request))).unwrap();
        assert_eq!(asked.reasons.text("ReasonCode"), Some("Lunch"));
        let request = Request::AgentNotReady { dn: "5001".into(), work_mode: WorkMode::AuxWork };
        assert_eq!(asked.request, ClientRequest::Call(request));
    }
}
