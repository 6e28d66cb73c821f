//! `/api/v2/history`: who may ask what happened. The rows are in the program's database.

use model::{api::ApiOutput, history::HistoryQuery};
use wire_rest::{
    Problem, StatusCode, read_calls_query, read_cdr_format, read_interval_query, read_span,
};

use crate::{
    Desk,
    dispatch::{Ask, unknown},
    http::Caller,
    router::Op,
};

impl Desk {
    /// The response is the program's own.
    pub(crate) fn history(&mut self, op: Op, caller: Caller, ask: &Ask) {
        let id = caller.reply.id;
        match self.history_query(op, &caller, ask) {
            Ok(query) => self.say(ApiOutput::History { id, query }),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    fn history_query(&self, op: Op, caller: &Caller, ask: &Ask) -> Result<HistoryQuery, Problem> {
        if !self.is_supervisor(&caller.user) {
            let message = "History is for supervisors: this needs the role Supervisor or Admin.";
            return Err(Problem::new(403, StatusCode::NoPermission, "RoleMissing", message)
                .hint("An administrator can give this person the role."));
        }
        if op == Op::HistoryAgentStates {
            let (from_ms, to_ms) = read_span(&ask.query)?;
            let agent = ask.param.as_str().into();
            return Ok(HistoryQuery::AgentStates { agent, from_ms, to_ms });
        }
        if op == Op::HistoryCall {
            let uuid = ask.param.to_ascii_uppercase();
            return uuid.parse().map(HistoryQuery::Call).map_err(|_| unknown("call"));
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
