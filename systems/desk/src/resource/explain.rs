//! `/api/v2/routing/explain`: why a call waits, why an agent gets none, in the router's words.

use model::{
    api::ApiId,
    explain::{ExplainQuery, Explanation},
};
use serde_json::{Value, json};
use wire_rest::{Problem, StatusCode};

use crate::{
    Desk, Output,
    dispatch::{Ask, unknown},
    http::Caller,
};

impl Desk {
    /// Answered once the router has said it.
    pub(crate) fn explain(&mut self, caller: Caller, ask: &Ask) {
        let asked = self.may_see(&caller).and_then(|()| {
            let value = |name| ask.query.value(name).filter(|text| !text.is_empty());
            match (value("call"), value("agent")) {
                (Some(call), None) => Ok(ExplainQuery::Call(call.to_ascii_uppercase())),
                (None, Some(agent)) => Ok(ExplainQuery::Agent(agent.to_owned())),
                (None, None) | (Some(_), Some(_)) => {
                    Err(Problem::out_of_range("call", "or agent is needed, one of the two"))
                }
            }
        });
        match asked {
            Ok(query) => {
                let id = caller.reply.id;
                self.explaining.insert(id, caller.reply);
                self.out.push_back(Output::Explain { id, query });
            }
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    pub(crate) fn explained(&mut self, id: ApiId, explanation: Option<&Explanation>) {
        let Some(reply) = self.explaining.remove(&id) else { return };
        match explanation {
            Some(explanation) => {
                let mut body = json!({ "statusCode": 0 });
                if let (Some(body), Value::Object(told)) =
                    (body.as_object_mut(), json!(explanation))
                {
                    body.extend(told);
                }
                self.succeed(reply, &body);
            }
            None => {
                let problem = unknown("call or agent")
                    .hint("Give a call's ConnID or CallUUID, or an agent's DN or employee id.");
                self.fail(reply, &problem);
            }
        }
    }

    fn may_see(&self, caller: &Caller) -> Result<(), Problem> {
        let message = "Routing is explained to supervisors: this needs the role Supervisor or \
                       Admin.";
        let refused = || {
            Problem::new(403, StatusCode::NoPermission, "RoleMissing", message)
                .hint("An administrator can give this person the role.")
        };
        self.is_supervisor(&caller.user).then_some(()).ok_or_else(refused)
    }
}
