//! The button of the demo site: a simulated customer calls.

use model::api::ApiOutput;
use wire_rest::{CustomerCall, read_customer_call};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
};

impl Desk {
    pub(crate) fn customer_call(&mut self, caller: Caller, ask: &Ask) {
        if !self.settings.demo {
            return self.fail(caller.reply, &unknown("resource"));
        }
        match read_customer_call(&ask.body) {
            Ok(CustomerCall { ani, dnis, say }) => {
                let (id, asked_by) = (caller.reply.id, caller.user);
                self.say(ApiOutput::CustomerCall { id, ani, dnis, say, asked_by });
            }
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }
}
