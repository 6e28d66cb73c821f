//! Calling somebody, in both dialects.

use model::{AgentState, Dn, Now, Request, UserName};
use wire_rest::{Problem, StatusCode, read_dial, read_dial_operation};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
    request::{Then, Wish},
    router::Op,
};

impl Desk {
    pub(crate) fn dial(&mut self, now: Now, op: Op, caller: Caller, ask: &Ask) {
        let is_plain = op == Op::CallsDial;
        let read = if is_plain { read_dial(&ask.body) } else { read_dial_operation(&ask.body) };
        let device = if is_plain { Ok(()) } else { self.own_device(&caller, ask).map(|_| ()) };
        let checked = device.and(read).and_then(|reach| {
            // In the plain form an agent calls between calls that are taken; GWS's own agents
            // mostly call while not ready.
            Ok((self.free_dn(&caller.user, is_plain)?, reach))
        });
        match checked {
            Ok((dn, reach)) => {
                let (destination, user_data) = (reach.destination, reach.user_data);
                let wish = Wish::new(Request::MakeCall { dn, destination, user_data });
                let user = caller.user.clone();
                let then = if is_plain { Then::Dial(caller) } else { Then::Respond(caller.reply) };
                self.ask_wish(now, &user, wish, then);
            }
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    /// The person's DN, unless somebody else works at it.
    pub(super) fn free_dn(&self, user: &UserName, must_be_ready: bool) -> Result<Dn, Problem> {
        let (view, agent) = self.own_view(user).ok_or_else(|| unknown("phone of yours"))?;
        if view.agent().is_some_and(|here| *here != agent) {
            let message = format!("Another agent works at {}.", view.dn);
            return Err(Problem::new(409, StatusCode::AlreadyInUse, "DeviceInUse", message)
                .hint("Ask whoever sits there to log out first."));
        }
        if must_be_ready && view.agent_word(&agent).state != AgentState::Ready {
            let message = "Only an agent who is Ready can call in this form.";
            return Err(Problem::new(409, StatusCode::NotValidNow, "AgentNotReady", message).hint(
                "Set the state Ready first: PUT /api/v2/me/state {\"state\":\"Ready\"}; or use \
                 POST /api/v2/me/devices/{id}/calls {\"operationName\":\"Dial\"}.",
            ));
        }
        Ok(view.dn.clone())
    }
}
