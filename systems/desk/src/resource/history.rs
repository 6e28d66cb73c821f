//! `/api/v2/history`: who may ask what happened. The rows are in the program's database.

use model::{
    CallUuid,
    api::{ApiId, ApiOutput},
    history::HistoryQuery,
    story::Story,
};
use serde_json::json;
use wire_rest::{
    Problem, StatusCode, read_calls_query, read_cdr_format, read_interval_query, read_span,
};

use crate::{
    Desk, Output,
    dispatch::{Ask, unknown},
    http::Caller,
    router::Op,
};

impl Desk {
    /// The response is the program's own.
    pub(crate) fn history(&mut self, op: Op, caller: Caller, ask: &Ask) {
        let id = caller.reply.id;
        match self.history_query(op, &caller, ask) {
            Ok(HistoryQuery::Story(uuid)) => {
                self.telling.insert(id, caller.reply);
                self.out.push_back(Output::Story { id, uuid });
            }
            Ok(query) => self.say(ApiOutput::History { id, query }),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    /// A call that is up is told at once; of one that is over the program has the story.
    pub(crate) fn story_told(&mut self, id: ApiId, uuid: CallUuid, story: Option<&Story>) {
        let Some(reply) = self.telling.remove(&id) else { return };
        let Some(story) = story else {
            return self.say(ApiOutput::History { id, query: HistoryQuery::Story(uuid) });
        };
        let mut body = json!(story);
        if let Some(body) = body.as_object_mut() {
            body.insert("statusCode".into(), json!(0));
        }
        self.succeed(reply, &body);
    }

    pub(super) fn require_supervisor(&self, caller: &Caller) -> Result<(), Problem> {
        let refused = || {
            let message = "History is for supervisors: this needs the role Supervisor or Admin.";
            Problem::new(403, StatusCode::NoPermission, "RoleMissing", message)
                .hint("An administrator can give this person the role.")
        };
        self.is_supervisor(&caller.user).then_some(()).ok_or_else(refused)
    }

    fn history_query(&self, op: Op, caller: &Caller, ask: &Ask) -> Result<HistoryQuery, Problem> {
        self.require_supervisor(caller)?;
        if op == Op::HistoryAgentStates {
            let (from_ms, to_ms) = read_span(&ask.query)?;
            let agent = ask.param.as_str().into();
            return Ok(HistoryQuery::AgentStates { agent, from_ms, to_ms });
        }
        if op == Op::HistoryCall || op == Op::HistoryStory {
            let uuid = ask.param.to_ascii_uppercase().parse().map_err(|_| unknown("call"))?;
            let is_story = op == Op::HistoryStory;
            return Ok(if is_story { HistoryQuery::Story(uuid) } else { HistoryQuery::Call(uuid) });
        }
        if op == Op::HistoryExport {
            let format = read_cdr_format(&ask.query)?;
            return Ok(HistoryQuery::Export { calls: read_calls_query(&ask.query)?, format });
        }
        if op == Op::HistoryIntervals {
            return read_interval_query(&ask.query).map(HistoryQuery::Intervals);
        }
        read_calls_query(&ask.query).map(HistoryQuery::Calls)
    }
}
