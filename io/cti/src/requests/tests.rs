//! Every request from the wire's words to ours; missing fields are named.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

const HELD: ConnId = ConnId(0x0001_0000_0000_0001);
const CURRENT: ConnId = ConnId(0x0001_0000_0000_0002);

fn sent(request: Sent) -> pb::ClientMessage {
    pb::ClientMessage { reference_id: 1, reasons: None, extensions: None, request: Some(request) }
}

fn pairs() -> Option<pb::KvList> {
    let value = Some(pb::kv_pair::Value::Str("98765".into()));
    Some(pb::KvList { pairs: vec![pb::KvPair { key: "customer_id".into(), value }] })
}

fn ours() -> KvList {
    KvList::new().with("customer_id", "98765")
}

/// A row per request: the wire's message, which is built whole, so that a field added later has
/// to be thought of here; and ours.
macro_rules! rows {
    ($($name:ident $message:ident $wire:tt $ours:tt)*) => {
        vec![$((Sent::$name(pb::$message $wire), Request::$name $ours)),*]
    };
}

/// Requests about a DN.
fn about_dns() -> Vec<(Sent, Request)> {
    rows! {
        AgentLogin AgentLoginRequest
            { this_dn: "5001".into(), agent_id: "77".into(), work_mode: 2 }
            { dn: "5001".into(), agent: "77".into(), work_mode: WorkMode::AutoIn }
        AgentLogout AgentLogoutRequest { this_dn: "5001".into() } { dn: "5001".into() }
        AgentNotReady AgentNotReadyRequest
            { this_dn: "5001".into(), work_mode: 3, reason: String::new() }
            { dn: "5001".into(), work_mode: WorkMode::AfterCallWork }
        AgentReady AgentReadyRequest
            { this_dn: "5001".into(), work_mode: 1 }
            { dn: "5001".into(), work_mode: WorkMode::ManualIn }
        CallForwardCancel CallForwardCancelRequest { this_dn: "5001".into() } { dn: "5001".into() }
        CallForwardSet CallForwardSetRequest
            { this_dn: "5001".into(), other_dn: "5002".into() }
            { dn: "5001".into(), destination: "5002".into() }
        CancelMonitoring CancelMonitoringRequest
            { this_dn: "5001".into(), other_dn: "5002".into() }
            { dn: "5001".into(), target: "5002".into() }
        DistributeUserEvent DistributeUserEventRequest
            { this_dn: "5001".into(), user_data: pairs() }
            { dn: "5001".into(), user_data: ours() }
        MakeCall MakeCallRequest
            { this_dn: "5001".into(), other_dn: "5002".into(), user_data: pairs() }
            { dn: "5001".into(), destination: "5002".into(), user_data: ours() }
        MonitorNextCall MonitorNextCallRequest
            {
                this_dn: "5001".into(), other_dn: "5002".into(), monitor_next_call_type: 1,
                monitor_mode: 1
            }
            { dn: "5001".into(), target: "5002".into(), mode: MonitorMode::Coach, is_all: true }
        AgentSetIdleReason AgentSetIdleReasonRequest
            { this_dn: "5001".into() } { dn: "5001".into() }
        SetDndOff SetDndOffRequest { this_dn: "5001".into() } { dn: "5001".into() }
        SetDndOn SetDndOnRequest { this_dn: "5001".into() } { dn: "5001".into() }
    }
}

/// Requests about one party of a call.
fn about_parties() -> Vec<(Sent, Request)> {
    rows! {
        AnswerCall AnswerCallRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into() }
            { dn: "5001".into(), conn: CURRENT }
        ApplyTreatment ApplyTreatmentRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into(), treatment_type: 3,
              treatment_parms: None }
            { dn: "5001".into(), conn: CURRENT, treatment: model::request::Treatment::RingBack }
        AttachUserData AttachUserDataRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into(), user_data: pairs() }
            { dn: "5001".into(), conn: CURRENT, user_data: ours() }
        ClearCall ClearCallRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into() }
            { dn: "5001".into(), conn: CURRENT }
        DeletePair DeletePairRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into(), data_key: "k".into() }
            { dn: "5001".into(), conn: CURRENT, key: "k".into() }
        DeleteUserData DeleteUserDataRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into() }
            { dn: "5001".into(), conn: CURRENT }
        HoldCall HoldCallRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into() }
            { dn: "5001".into(), conn: CURRENT }
        ReleaseCall ReleaseCallRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into() }
            { dn: "5001".into(), conn: CURRENT }
        RetrieveCall RetrieveCallRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into() }
            { dn: "5001".into(), conn: CURRENT }
        RouteCall RouteCallRequest
            {
                this_dn: "5001".into(), conn_id: "0001000000000002".into(),
                target_dn: "5003".into(), no_answer_timeout: 9, no_answer_action: 3
            }
            {
                dn: "5001".into(), conn: CURRENT, target: "5003".into(),
                no_answer: NoAnswer { timeout_s: 9, action: NoAnswerAction::Logout }
            }
        SendDtmf SendDtmfRequest
            {
                this_dn: "5001".into(), conn_id: "0001000000000002".into(),
                dtmf_digits: "1,#".into()
            }
            { dn: "5001".into(), conn: CURRENT, digits: "1,#".into() }
        SetMuteOff SetMuteOffRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into() }
            { dn: "5001".into(), conn: CURRENT }
        SetMuteOn SetMuteOnRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into() }
            { dn: "5001".into(), conn: CURRENT }
        UpdateUserData UpdateUserDataRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into(), user_data: pairs() }
            { dn: "5001".into(), conn: CURRENT, user_data: ours() }
    }
}

/// Requests about two calls, or about somebody else too.
fn about_two() -> Vec<(Sent, Request)> {
    rows! {
        AlternateCall AlternateCallRequest
            {
                this_dn: "5001".into(), held_conn_id: "0001000000000001".into(),
                conn_id: "0001000000000002".into()
            }
            { dn: "5001".into(), held: HELD, current: CURRENT }
        CompleteConference CompleteConferenceRequest
            {
                this_dn: "5001".into(), held_conn_id: "0001000000000001".into(),
                conn_id: "0001000000000002".into()
            }
            { dn: "5001".into(), held: HELD, current: CURRENT }
        CompleteTransfer CompleteTransferRequest
            {
                this_dn: "5001".into(), held_conn_id: "0001000000000001".into(),
                conn_id: "0001000000000002".into()
            }
            { dn: "5001".into(), held: HELD, current: CURRENT }
        DeleteFromConference DeleteFromConferenceRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into(), other_dn: "5002".into() }
            { dn: "5001".into(), conn: CURRENT, party: "5002".into() }
        InitiateConference InitiateConferenceRequest
            {
                this_dn: "5001".into(), conn_id: "0001000000000002".into(),
                other_dn: "5002".into(), user_data: pairs()
            }
            { dn: "5001".into(), conn: CURRENT, destination: "5002".into(), user_data: ours() }
        InitiateTransfer InitiateTransferRequest
            {
                this_dn: "5001".into(), conn_id: "0001000000000002".into(),
                other_dn: "5002".into(), user_data: pairs()
            }
            { dn: "5001".into(), conn: CURRENT, destination: "5002".into(), user_data: ours() }
        ListenDisconnect ListenDisconnectRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into(), other_dn: "5002".into() }
            { dn: "5001".into(), conn: CURRENT, listener: "5002".into() }
        ListenReconnect ListenReconnectRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into(), other_dn: "5002".into() }
            { dn: "5001".into(), conn: CURRENT, listener: "5002".into() }
        MergeCalls MergeCallsRequest
            {
                this_dn: "5001".into(), held_conn_id: "0001000000000001".into(),
                conn_id: "0001000000000002".into(), merge_type: 1
            }
            {
                dn: "5001".into(), held: HELD, current: CURRENT,
                merge: MergeType::ForConference
            }
        MuteTransfer MuteTransferRequest
            {
                this_dn: "5001".into(), conn_id: "0001000000000002".into(),
                other_dn: "5002".into(), user_data: pairs()
            }
            { dn: "5001".into(), conn: CURRENT, destination: "5002".into(), user_data: ours() }
        ReconnectCall ReconnectCallRequest
            {
                this_dn: "5001".into(), held_conn_id: "0001000000000001".into(),
                conn_id: "0001000000000002".into()
            }
            { dn: "5001".into(), held: HELD, current: CURRENT }
        RedirectCall RedirectCallRequest
            { this_dn: "5001".into(), conn_id: "0001000000000002".into(), other_dn: "5002".into() }
            { dn: "5001".into(), conn: CURRENT, destination: "5002".into() }
        SingleStepConference SingleStepConferenceRequest
            {
                this_dn: "5001".into(), conn_id: "0001000000000002".into(),
                other_dn: "5002".into(), user_data: pairs()
            }
            { dn: "5001".into(), conn: CURRENT, destination: "5002".into(), user_data: ours() }
        SingleStepTransfer SingleStepTransferRequest
            {
                this_dn: "5001".into(), conn_id: "0001000000000002".into(),
                other_dn: "5002".into(), user_data: pairs()
            }
            { dn: "5001".into(), conn: CURRENT, destination: "5002".into(), user_data: ours() }
    }
}

/// One message of the wire for several requests.
fn private_services() -> Vec<(Sent, Request)> {
    let (dn, conn) = (|| Dn::from("5001"), CURRENT);
    let rows = [
        (3013, Request::StartRecording { dn: dn(), conn }),
        (3014, Request::StopRecording { dn: dn(), conn }),
        (3015, Request::PauseRecording { dn: dn(), conn }),
        (3016, Request::ResumeRecording { dn: dn(), conn }),
    ];
    rows.map(|(number, ours)| (private_service(number), ours)).to_vec()
}

fn private_service(private_msg_id: u32) -> Sent {
    let (this_dn, conn_id) = ("5001".into(), CURRENT.to_string());
    Sent::PrivateService(pb::PrivateServiceRequest { this_dn, conn_id, private_msg_id })
}

fn all() -> Vec<(Sent, Request)> {
    [about_dns(), about_parties(), about_two()].concat()
}

#[test]
fn every_request_arrives_with_all_its_fields() {
    let mut names = Vec::new();
    for (wire, ours) in all() {
        names.push(ours.name());
        let asked = understand(sent(wire)).unwrap();
        assert_eq!(asked.request, ClientRequest::Call(ours));
    }
    // What has fields is in the table above, stands for several, or is the port's own.
    let own = [
        "PrivateService",
        "QueryAddress",
        "QueryCall",
        "QueryServer",
        "RegisterAddress",
        "UnregisterAddress",
    ];
    for name in HAVE_FIELDS.iter().filter(|name| !own.contains(name)) {
        assert!(names.contains(name), "{name} is not tested");
    }
    assert_eq!(names.len() + own.len(), HAVE_FIELDS.len(), "a name is missing in HAVE_FIELDS");
}

#[test]
fn private_services_are_those_of_recordings_and_no_others() {
    for (wire, ours) in private_services() {
        assert_eq!(understand(sent(wire)).unwrap().request, ClientRequest::Call(ours));
    }
    for number in [0, 3012, 3017, 4013] {
        let refusal = understand(sent(private_service(number))).unwrap_err();
        assert_eq!(refusal.error, TError::UnsupportedOperation);
        assert!(refusal.message.contains(&format!("{number} is not")), "{refusal}");
        assert!(refusal.message.contains("3013 (start)"), "{refusal}");
    }
    let nowhere = pb::PrivateServiceRequest { private_msg_id: 3013, ..Default::default() };
    let refusal = understand(sent(Sent::PrivateService(nowhere))).unwrap_err();
    assert!(refusal.message.contains("this_dn is missing"), "{refusal}");
}

#[test]
fn what_extensions_ask_for_goes_along() {
    let pair = |key: &str, value| pb::KvPair { key: key.into(), value: Some(value) };
    let record = pair("record", pb::kv_pair::Value::Str("source".into()));
    let wrap_up = pair("WrapUpTime", pb::kv_pair::Value::Int(30));
    let route = pb::RouteCallRequest {
        this_dn: "5000".into(),
        conn_id: CURRENT.to_string(),
        target_dn: "5001".into(),
        ..Default::default()
    };
    let extensions = Some(pb::KvList { pairs: vec![record, wrap_up] });
    let message = pb::ClientMessage { extensions, ..sent(Sent::RouteCall(route)) };
    let expected = KvList::new().with("record", "source").with("WrapUpTime", 30);
    assert_eq!(understand(message).unwrap().extensions, expected);
}

#[test]
fn missing_and_wrong_fields_are_named() {
    let said = |request| understand(sent(request)).unwrap_err().message;
    let (this_dn, conn_id) = (|| "5001".to_owned(), || CURRENT.to_string());
    let hold = |this_dn, conn_id| said(Sent::HoldCall(pb::HoldCallRequest { this_dn, conn_id }));
    assert!(hold(String::new(), conn_id()).contains("this_dn is missing"));
    assert!(hold(this_dn(), String::new()).contains(" conn_id is missing"));
    assert!(hold(this_dn(), "1".into()).contains(" conn_id must be 16 hex digits"));
    let half = pb::CompleteTransferRequest {
        this_dn: this_dn(),
        conn_id: conn_id(),
        held_conn_id: String::new(),
    };
    assert!(said(Sent::CompleteTransfer(half)).contains("held_conn_id is missing"));
    let nobody = pb::MakeCallRequest { this_dn: this_dn(), ..Default::default() };
    assert!(said(Sent::MakeCall(nobody)).contains("other_dn is missing"));
    let silent =
        pb::SendDtmfRequest { this_dn: this_dn(), conn_id: conn_id(), dtmf_digits: String::new() };
    assert!(said(Sent::SendDtmf(silent)).contains("dtmf_digits is missing"));
    let keyless =
        pb::DeletePairRequest { this_dn: this_dn(), conn_id: conn_id(), data_key: String::new() };
    assert!(said(Sent::DeletePair(keyless)).contains("data_key is missing"));
    let nothing = pb::ClientMessage::default();
    assert!(understand(nothing).unwrap_err().message.contains("request is missing"));
}

#[test]
fn a_request_that_is_not_there_yet_keeps_t_librarys_name() {
    for (number, name) in [(15, "MakePredictiveCall"), (135, "SetDNInfo"), (127, "ReserveAgent")] {
        let other = pb::OtherRequest { number, this_dn: "5001".into(), conn_id: String::new() };
        let asked = understand(sent(Sent::Other(other))).unwrap();
        assert_eq!(asked.request, ClientRequest::Unsupported(name.into()));
    }
}

#[test]
fn unknown_numbers_and_requests_with_a_field_of_their_own_are_refused() {
    let other = |number| sent(Sent::Other(pb::OtherRequest { number, ..Default::default() }));
    assert_eq!(understand(other(9999)).unwrap_err().error, TError::UnknownOperation);
    for number in [12, 13, 16, 97] {
        assert!(understand(other(number)).unwrap_err().message.contains("field of its own"));
    }
}

#[test]
fn the_monitor_mode_of_extensions_goes_before_the_field() {
    let asked = |word: &str| {
        let value = Some(pb::kv_pair::Value::Str(word.into()));
        let pairs = vec![pb::KvPair { key: "MonitorMode".into(), value }];
        let request = pb::MonitorNextCallRequest {
            this_dn: "5001".into(),
            other_dn: "5002".into(),
            ..Default::default()
        };
        let message = sent(Sent::MonitorNextCall(request));
        understand(pb::ClientMessage { extensions: Some(pb::KvList { pairs }), ..message })
    };
    let ClientRequest::Call(Request::MonitorNextCall { mode, is_all, .. }) =
        asked("connect").unwrap().request
    else {
        panic!("not what was sent")
    };
    assert_eq!((mode, is_all), (MonitorMode::Connect, false));
    assert!(asked("shout").unwrap_err().message.contains("monitor_mode"));
}

#[test]
fn a_not_ready_reason_travels_as_reason_code() {
    let request =
        pb::AgentNotReadyRequest { this_dn: "5001".into(), work_mode: 4, reason: "Lunch".into() };
    let asked = understand(sent(Sent::AgentNotReady(request))).unwrap();
    assert_eq!(asked.reasons.text("ReasonCode"), Some("Lunch"));
    let request = Request::AgentNotReady { dn: "5001".into(), work_mode: WorkMode::AuxWork };
    assert_eq!(asked.request, ClientRequest::Call(request));
}

#[test]
fn registrations_and_queries_are_the_ports_own() {
    let understood = |request| understand(sent(request)).map(|asked| asked.request);
    let register = |register_mode| {
        let request = pb::RegisterAddressRequest { this_dn: "5001".into(), register_mode };
        understood(Sent::RegisterAddress(request))
    };
    let dn = || Dn::from("5001");
    assert_eq!(register(0), Ok(ClientRequest::RegisterAddress { dn: dn() }));
    let expected = ClientRequest::RegisterAddressAs { dn: dn(), mode: RegisterMode::Private };
    assert_eq!(register(1), Ok(expected));
    let expected = ClientRequest::RegisterAddressAs { dn: dn(), mode: RegisterMode::Monitor };
    assert_eq!(register(2), Ok(expected));
    assert!(register(3).unwrap_err().message.contains("register_mode"));

    let address = pb::QueryAddressRequest { this_dn: "5001".into() };
    let expected = ClientRequest::QueryAddress { dn: dn() };
    assert_eq!(understood(Sent::QueryAddress(address)), Ok(expected));
    let call = pb::QueryCallRequest { this_dn: "5001".into(), conn_id: CURRENT.to_string() };
    let expected = ClientRequest::QueryCall { dn: dn(), conn: CURRENT };
    assert_eq!(understood(Sent::QueryCall(call)), Ok(expected));
    let server = Sent::QueryServer(pb::QueryServerRequest {});
    assert_eq!(understood(server), Ok(ClientRequest::QueryServer));
    let address = pb::RegisterAddressRequest { this_dn: "5001".into(), register_mode: 2 };
    let resume = pb::ResumeRequest {
        event_sequence_number: 41,
        server_start_time: 7,
        addresses: vec![address],
    };
    let dns = vec![(dn(), RegisterMode::Monitor)];
    assert_eq!(understood(Sent::Resume(resume)), Ok(ClientRequest::Resume { after: 41, dns }));
}
