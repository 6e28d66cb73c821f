//! `/api/v2/routing/replay`: what would have come of a span of the past under other strategies.

use model::{
    api::ApiOutput,
    config::Privilege,
    history::{HistoryQuery, ReplayQuery},
};
use serde_json::Value;
use wire_rest::{Problem, moment_ms};

use super::configuration::{Draft, body};
use crate::{Desk, dispatch::Ask, http::Caller};

impl Desk {
    /// The response is the program's own.
    pub(crate) fn replay(&mut self, caller: Caller, ask: &Ask) {
        let id = caller.reply.id;
        match self.replay_query(&caller, ask) {
            Ok(query) => {
                self.say(ApiOutput::History { id, query: HistoryQuery::Replay(query) });
            }
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    fn replay_query(&self, caller: &Caller, ask: &Ask) -> Result<ReplayQuery, Problem> {
        self.require(caller, Privilege::ReadConfiguration)?;
        self.require_supervisor(caller)?;
        let body = body(ask)?;
        let moment = |name: &'static str| {
            let text = body.get(name).and_then(Value::as_str);
            let text = text.ok_or_else(|| Problem::missing(name))?;
            moment_ms(text).ok_or_else(|| {
                Problem::out_of_range(name, "is no date or time, e.g. 2026-01-27T22:58:08Z")
            })
        };
        let (from_ms, to_ms) = (moment("from")?, moment("to")?);
        if from_ms >= to_ms || to_ms - from_ms > SPAN_MAX_MS {
            let limit = "must be later than 'from', and at most seven days";
            return Err(Problem::out_of_range("to", limit));
        }
        let mut draft = Draft::default();
        let none = Vec::new();
        let edits = body.get("edits").and_then(Value::as_array).unwrap_or(&none);
        for edit in edits {
            self.edit(&mut draft, edit)?;
        }
        Ok(ReplayQuery { from_ms, to_ms, edits: draft.edits })
    }
}

const SPAN_MAX_MS: u64 = 7 * 24 * 3_600_000;
