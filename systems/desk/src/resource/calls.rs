//! `/api/v2/me/calls`: the agent's calls, commands on them, and who is calling.

use model::{ConnId, Dn, Now, Request};
use serde_json::{Value, json};
use wire_rest::{
    CallCommand, CallWord, Customer, Problem, Reach, StatusCode, read_call_action,
    read_call_operation, read_conference, read_transfer,
};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
    request::{Then, Wish, call_gone},
    router::Op,
    view::{CallView, DnView},
};

impl Desk {
    pub(crate) fn calls(&self, now: Now, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let items = self.call_list(now, caller);
        Ok(Value::Object(ask.query.collection("calls", items)))
    }

    pub(crate) fn call_list(&self, now: Now, caller: &Caller) -> Vec<Value> {
        let Some((view, calls)) = self.own_calls(caller) else { return Vec::new() };
        calls
            .iter()
            .map(|call| json!(call.show(now, &view.device, &caller.base, view.calls())))
            .collect()
    }

    pub(crate) fn call(&self, now: Now, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let (view, call) = self.own_call(caller, &ask.param).ok_or_else(|| unknown("call"))?;
        let shown = call.show(now, &view.device, &caller.base, view.calls());
        Ok(json!({"statusCode": 0, "call": shown}))
    }

    /// The customer behind a call, by its ANI.
    pub(crate) fn call_customer(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let (_, call) = self.own_call(caller, &ask.param).ok_or_else(|| unknown("call"))?;
        let ani = call.ani.as_deref().unwrap_or_default();
        let (number, customer) = spellings(ani)
            .into_iter()
            .find_map(|number| self.configuration.customers.get_key_value(number))
            .ok_or_else(|| unknown("customer with this number"))?;
        let contacts = customer.contacts.iter().map(|contact| json!(contact)).collect();
        let customer = Customer {
            customer_id: customer.id.clone(),
            name: customer.name.clone(),
            account_type: customer.account_type.clone(),
            phone_number: number.clone(),
            reason: customer.reason.clone(),
            contacts,
        };
        Ok(json!({"statusCode": 0, "customer": customer}))
    }

    /// Both dialects end here.
    pub(crate) fn call_command(&mut self, now: Now, op: Op, caller: Caller, ask: &Ask) {
        let read = if op == Op::CallAction {
            read_call_action
        } else if op == Op::CallConference {
            read_conference
        } else if op == Op::CallTransfer {
            read_transfer
        } else {
            read_call_operation
        };
        let command = match read(&ask.body) {
            Ok(command) => command,
            Err(problem) => return self.fail(caller.reply, &problem),
        };
        let Some((view, call)) = self.own_call(&caller, &ask.param) else {
            return self.fail(caller.reply, &call_gone());
        };
        match call_request(command, view, call) {
            Ok(request) => {
                let then = Then::Respond(caller.reply);
                self.ask_wish(now, &caller.user, Wish::new(request), then);
            }
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    fn own_call(&self, caller: &Caller, id: &str) -> Option<(&DnView, &CallView)> {
        let (view, calls) = self.own_calls(caller)?;
        Some((view, calls.iter().find(|call| call.is_named(id))?))
    }

    fn own_calls(&self, caller: &Caller) -> Option<(&DnView, &[CallView])> {
        let (view, agent) = self.own_view(&caller.user)?;
        Some((view, view.calls_of(&agent)))
    }
}

fn call_request(command: CallCommand, view: &DnView, call: &CallView) -> Result<Request, Problem> {
    let (dn, conn) = (view.dn.clone(), call.conn);
    Ok(match command {
        CallCommand::Answer => Request::AnswerCall { dn, conn },
        CallCommand::AttachUserData(user_data) => Request::AttachUserData { dn, conn, user_data },
        CallCommand::Clear => Request::ClearCall { dn, conn },
        CallCommand::CompleteConference => {
            let (held, current) = two_calls(view, call)?;
            Request::CompleteConference { dn, held, current }
        }
        CallCommand::CompleteTransfer => {
            let (held, current) = two_calls(view, call)?;
            Request::CompleteTransfer { dn, held, current }
        }
        CallCommand::DeletePair(key) => Request::DeletePair { dn, conn, key },
        CallCommand::DeleteUserData => Request::DeleteUserData { dn, conn },
        CallCommand::Hangup => Request::ReleaseCall { dn, conn },
        CallCommand::Hold => Request::HoldCall { dn, conn },
        CallCommand::InitiateConference(Reach { destination, user_data }) => {
            Request::InitiateConference { dn, conn, destination, user_data }
        }
        CallCommand::InitiateTransfer(Reach { destination, user_data }) => {
            Request::InitiateTransfer { dn, conn, destination, user_data }
        }
        CallCommand::ListenDisconnect(party) => {
            Request::ListenDisconnect { dn, conn, listener: Dn::from(party.as_str()) }
        }
        CallCommand::ListenReconnect(party) => {
            Request::ListenReconnect { dn, conn, listener: Dn::from(party.as_str()) }
        }
        CallCommand::Merge(merge) => {
            let (held, current) = two_calls(view, call)?;
            Request::MergeCalls { dn, held, current, merge }
        }
        CallCommand::Mute => Request::SetMuteOn { dn, conn },
        CallCommand::MuteTransfer(Reach { destination, user_data }) => {
            Request::MuteTransfer { dn, conn, destination, user_data }
        }
        CallCommand::PauseRecording => Request::PauseRecording { dn, conn },
        CallCommand::Reconnect => {
            let (held, current) = two_calls(view, call)?;
            Request::ReconnectCall { dn, held, current }
        }
        CallCommand::Redirect(destination) => Request::RedirectCall { dn, conn, destination },
        CallCommand::RemoveParticipant(party) => {
            Request::DeleteFromConference { dn, conn, party: Dn::from(party.as_str()) }
        }
        CallCommand::ResumeRecording => Request::ResumeRecording { dn, conn },
        CallCommand::Retrieve => Request::RetrieveCall { dn, conn },
        CallCommand::SendDtmf(digits) => Request::SendDtmf { dn, conn, digits },
        CallCommand::SendUserEvent(user_data) => Request::DistributeUserEvent { dn, user_data },
        CallCommand::SingleStepConference(Reach { destination, user_data }) => {
            Request::SingleStepConference { dn, conn, destination, user_data }
        }
        CallCommand::SingleStepTransfer(Reach { destination, user_data }) => {
            Request::SingleStepTransfer { dn, conn, destination, user_data }
        }
        CallCommand::StartRecording => Request::StartRecording { dn, conn },
        CallCommand::StopRecording => Request::StopRecording { dn, conn },
        CallCommand::Swap => {
            let (held, current) = two_calls(view, call)?;
            Request::AlternateCall { dn, held, current }
        }
        CallCommand::Unmute => Request::SetMuteOff { dn, conn },
        CallCommand::UpdateUserData(user_data) => Request::UpdateUserData { dn, conn, user_data },
    })
}

/// The call that is held and the one that is up, whichever of them was named: the call and its
/// consult call, else the only two there are.
fn two_calls(view: &DnView, call: &CallView) -> Result<(ConnId, ConnId), Problem> {
    let others = || view.calls().iter().filter(|other| other.conn != call.conn);
    let related = others().find(|other| call.consults_about(other) || other.consults_about(call));
    let only = || others().next().filter(|_| others().count() == 1);
    let other = related.or_else(only).ok_or_else(|| {
        let message = "There is no second call to do this with.";
        Problem::new(409, StatusCode::NotValidNow, "NoSecondCall", message)
            .hint("Consult somebody first: InitiateTransfer or InitiateConference.")
    })?;
    let is_held = |call: &CallView| call.state == CallWord::Held;
    let is_first =
        if is_held(call) == is_held(other) { other.consults_about(call) } else { is_held(call) };
    Ok(if is_first { (call.conn, other.conn) } else { (other.conn, call.conn) })
}

/// The forms under which a customer's number may be kept: as it came, and without the parts that
/// carriers add in North America.
fn spellings(ani: &str) -> [&str; 3] {
    let digits = ani.strip_prefix('+').unwrap_or(ani);
    let national = digits.strip_prefix('1').filter(|rest| rest.len() == 10).unwrap_or(digits);
    [ani, digits, national]
}
