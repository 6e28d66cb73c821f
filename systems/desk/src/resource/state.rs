//! `/api/v2/me/state` and `/api/v2/me/channels`: the agent's state in both dialects.

use model::Now;
use serde_json::{Value, json};
use wire_rest::{Problem, read_state, read_state_operation, user_state};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
};

impl Desk {
    pub(crate) fn state(&self, caller: &Caller) -> Result<Value, Problem> {
        let (view, agent) = self.own_view(&caller.user).ok_or_else(|| unknown("agent's state"))?;
        let word = view.agent_word(&agent);
        Ok(json!({
            "statusCode": 0,
            "state": view.state_word(&agent),
            "reason": word.reason,
            "wrapUpEndsAt": word.wrap_up_ends_ms,
            "userState": user_state(word),
        }))
    }

    pub(crate) fn state_set(&mut self, now: Now, caller: Caller, ask: &Ask) {
        match read_state(&ask.body) {
            Ok(command) => self.set_state_plainly(now, caller, &command),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    pub(crate) fn channel_list(&self, caller: &Caller) -> Vec<Value> {
        let Some((view, agent)) = self.own_view(&caller.user) else { return Vec::new() };
        let base = &caller.base;
        vec![json!({
            "channel": "voice",
            "userState": user_state(view.agent_word(&agent)),
            "deviceState": view.show(&agent, base, false).device_state,
            "uri": format!("{base}/api/v2/me/channels/voice"),
            "path": "/channels/voice",
        })]
    }

    pub(crate) fn channels(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        Ok(Value::Object(ask.query.collection("channels", self.channel_list(caller))))
    }

    pub(crate) fn channel(&self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let channel = self.channel_list(caller).into_iter().next();
        let channel = channel.filter(|_| ask.param == "voice").ok_or_else(|| unknown("channel"))?;
        Ok(json!({"statusCode": 0, "channel": channel}))
    }

    pub(crate) fn channel_operation(&mut self, now: Now, caller: Caller, ask: &Ask) {
        if ask.param != "voice" {
            return self.fail(caller.reply, &unknown("channel"));
        }
        match read_state_operation(&ask.body) {
            Ok(command) => self.set_state(now, caller, &command),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }
}
