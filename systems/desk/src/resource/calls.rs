//! `/api/v2/me/calls`: the agent's calls, commands on them, and who is calling.

use model::{ConnId, Dn, KvList, Now, Request};
use serde_json::{Value, json};
use wire_rest::{CallCommand, Customer, Problem, read_call_action, read_call_operation};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
    request::{Then, call_gone},
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
        calls.iter().map(|call| json!(call.show(now, &view.device, &caller.base))).collect()
    }

    pub(crate) fn call(&self, now: Now, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let (view, call) = self.own_call(caller, &ask.param).ok_or_else(|| unknown("call"))?;
        Ok(json!({"statusCode": 0, "call": call.show(now, &view.device, &caller.base)}))
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
        let read = if op == Op::CallAction { read_call_action } else { read_call_operation };
        let command = match read(&ask.body) {
            Ok(command) => command,
            Err(problem) => return self.fail(caller.reply, &problem),
        };
        let Some((view, call)) = self.own_call(&caller, &ask.param) else {
            return self.fail(caller.reply, &call_gone());
        };
        let request = call_request(command, view.dn.clone(), call.conn);
        self.ask_switch(now, &caller.user, request, KvList::new(), Then::Respond(caller.reply));
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

fn call_request(command: CallCommand, dn: Dn, conn: ConnId) -> Request {
    match command {
        CallCommand::Answer => Request::AnswerCall { dn, conn },
        CallCommand::AttachUserData(user_data) => Request::AttachUserData { dn, conn, user_data },
        CallCommand::Clear => Request::ClearCall { dn, conn },
        CallCommand::DeletePair(key) => Request::DeletePair { dn, conn, key },
        CallCommand::DeleteUserData => Request::DeleteUserData { dn, conn },
        CallCommand::Hangup => Request::ReleaseCall { dn, conn },
        CallCommand::UpdateUserData(user_data) => Request::UpdateUserData { dn, conn, user_data },
    }
}

/// The forms under which a customer's number may be kept: as it came, and without the parts that
/// carriers add in North America.
fn spellings(ani: &str) -> [&str; 3] {
    let digits = ani.strip_prefix('+').unwrap_or(ani);
    let national = digits.strip_prefix('1').filter(|rest| rest.len() == 10).unwrap_or(digits);
    [ani, digits, national]
}
