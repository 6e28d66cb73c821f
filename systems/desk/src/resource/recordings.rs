//! `/api/v2/recordings`: who may list, hear and delete them. What they are is the program's
//! affair, which keeps the files.

use model::{UserName, api::ApiOutput, config::Role, recording::RecordingId};
use wire_rest::{Problem, StatusCode, read_recording_query};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
    router::Op,
};

impl Desk {
    /// The response is the program's own.
    pub(crate) fn recordings(&mut self, op: Op, caller: Caller, ask: &Ask) {
        let id = caller.reply.id;
        let asked = self.may_do(op, &caller.user).and_then(|()| {
            if op == Op::Recordings {
                let query = read_recording_query(&ask.query)?;
                return Ok(ApiOutput::Recordings { id, query });
            }
            let recording: RecordingId = ask.param.parse().map_err(|_| unknown("recording"))?;
            let asked_by = caller.user.clone();
            Ok(if op == Op::RecordingDelete {
                ApiOutput::RecordingDelete { id, recording, asked_by }
            } else if op == Op::RecordingSound {
                ApiOutput::RecordingSound { id, recording, range: ask.range.clone(), asked_by }
            } else {
                ApiOutput::Recording { id, recording }
            })
        });
        match asked {
            Ok(asked) => self.say(asked),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    fn may_do(&self, op: Op, user: &UserName) -> Result<(), Problem> {
        let is_admin = self
            .configuration
            .persons
            .get(user)
            .is_some_and(|person| person.roles.contains(&Role::Admin));
        let message = if op == Op::RecordingDelete {
            "Only administrators may delete recordings: this needs the role Admin."
        } else {
            "Recordings are for supervisors: this needs the role Supervisor or Admin."
        };
        let may = if op == Op::RecordingDelete { is_admin } else { self.is_supervisor(user) };
        let refused = || {
            Problem::new(403, StatusCode::NoPermission, "RoleMissing", message)
                .hint("An administrator can give this person the role.")
        };
        may.then_some(()).ok_or_else(refused)
    }
}
