//! Reading the history back, as REST tells it: JSON made in SQL, so that a column is named once.

use model::{
    CallUuid, Dn,
    history::{CallsQuery, HistoryQuery},
};
use serde_json::{Value, json};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::{Store, StoreError, history::signed};

impl Store {
    /// What a query finds; `None` when it names a call that is not there. `spans`: of the
    /// intervals that it asks for.
    ///
    /// # Errors
    /// When reading fails.
    pub async fn history(
        &self,
        query: &HistoryQuery,
        spans: &[(u64, u64)],
    ) -> Result<Option<Value>, StoreError> {
        let read = match query {
            HistoryQuery::AgentStates { agent, from_ms, to_ms } => {
                self.agent_states(agent.as_str(), (*from_ms, *to_ms)).await.map(Some)
            }
            HistoryQuery::Call(uuid) => self.call(*uuid).await,
            HistoryQuery::Calls(query) => self.calls(query).await.map(Some),
            // Records are read a page at a time.
            HistoryQuery::Export { .. } | HistoryQuery::Replay(_) => Ok(None),
            HistoryQuery::Story(uuid) => return self.story_of(*uuid).await,
            HistoryQuery::Intervals(query) => self.intervals(query, spans).await.map(|items| {
                let (of, length) = (query.of.as_str(), query.length.as_str());
                Some(json!({ "of": of, "length": length, "items": items }))
            }),
        };
        read.map_err(|source| self.query_error("read the history", source))
    }

    async fn calls(&self, query: &CallsQuery) -> Result<Value, sqlx::Error> {
        let mut count = QueryBuilder::new("SELECT count(*) FROM calls c");
        restrict(&mut count, query);
        let total: i64 = count.build().fetch_one(&self.pool).await?.get(0);
        let mut list = QueryBuilder::new("SELECT ");
        list.push(CALL).push(" FROM cdr c");
        restrict(&mut list, query);
        list.push(" ORDER BY c.started_ms DESC, c.conn_id DESC LIMIT ");
        list.push_bind(i64::from(query.limit)).push(" OFFSET ");
        list.push_bind(i64::from(query.offset));
        let items = self.objects(list).await?;
        Ok(json!({ "total": total, "items": items }))
    }

    async fn call(&self, uuid: CallUuid) -> Result<Option<Value>, sqlx::Error> {
        let mut newest = QueryBuilder::new("SELECT ");
        newest.push(CALL).push(" FROM cdr c WHERE c.uuid = ").push_bind(uuid.as_str().to_owned());
        newest.push(" ORDER BY c.started_ms DESC LIMIT 1");
        let Some(call) = self.objects(newest).await?.pop() else { return Ok(None) };
        let conn = call.get("connId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let part = |columns: &'static str, from: &'static str| {
            let mut parts = QueryBuilder::new("SELECT ");
            parts.push(columns).push(from).push_bind(conn.clone());
            parts
        };
        let legs = part(LEG, " FROM legs l WHERE l.conn_id = ");
        let stays = part(STAY, " FROM queue_stays s WHERE s.conn_id = ");
        let consultations = part("json_quote(uuid)", " FROM calls WHERE consult_of = ");
        let mut recordings =
            QueryBuilder::new("SELECT json_quote(id) FROM recordings WHERE uuid = ");
        recordings.push_bind(uuid.as_str().to_owned()).push(" ORDER BY started_ms, id");
        Ok(Some(json!({
            "call": call,
            "legs": self.objects(legs).await?,
            "queueStays": self.objects(stays).await?,
            "consultations": self.objects(consultations).await?,
            "recordings": self.objects(recordings).await?,
        })))
    }

    async fn agent_states(
        &self,
        agent: &str,
        (from_ms, to_ms): (Option<u64>, Option<u64>),
    ) -> Result<Value, sqlx::Error> {
        let mut states = QueryBuilder::new("SELECT ");
        states.push(STATE).push(" FROM agent_states a WHERE a.agent = ");
        states.push_bind(agent.to_owned());
        if let Some(from_ms) = from_ms {
            states.push(" AND coalesce(a.ended_ms, 9e15) > ").push_bind(signed(from_ms));
        }
        if let Some(to_ms) = to_ms {
            states.push(" AND a.began_ms < ").push_bind(signed(to_ms));
        }
        states.push(" ORDER BY a.began_ms DESC, a.sequence DESC LIMIT ").push_bind(STATES_MAX);
        let mut items = self.objects(states).await?;
        items.reverse();
        Ok(json!({ "agent": agent, "items": items }))
    }

    /// The first column of each row, which is JSON.
    async fn objects(&self, mut query: QueryBuilder<Sqlite>) -> Result<Vec<Value>, sqlx::Error> {
        let rows = query.build().fetch_all(&self.pool).await?;
        let read = |text: String| {
            serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))
        };
        rows.iter().map(|row| row.try_get(0).and_then(read)).collect()
    }
}

pub(super) fn restrict(to: &mut QueryBuilder<Sqlite>, query: &CallsQuery) {
    to.push(" WHERE 1");
    if let Some(from_ms) = query.from_ms {
        to.push(" AND c.started_ms >= ").push_bind(signed(from_ms));
    }
    if let Some(to_ms) = query.to_ms {
        to.push(" AND c.started_ms < ").push_bind(signed(to_ms));
    }
    if let Some(ani) = &query.ani {
        to.push(" AND instr(c.ani, ").push_bind(ani.clone()).push(")");
    }
    let name = |dn: &Dn| dn.as_str().to_owned();
    if let Some(dn) = &query.dn {
        to.push(" AND EXISTS (SELECT 1 FROM legs l WHERE l.conn_id = c.conn_id AND l.dn = ");
        to.push_bind(name(dn)).push(")");
    }
    if let Some(agent) = &query.agent {
        to.push(" AND EXISTS (SELECT 1 FROM legs l WHERE l.conn_id = c.conn_id AND l.agent = ");
        to.push_bind(agent.as_str().to_owned()).push(")");
    }
    if let Some(queue) = &query.queue {
        to.push(" AND EXISTS (SELECT 1 FROM queue_stays s WHERE s.conn_id = c.conn_id AND ");
        to.push_bind(name(queue)).push(" IN (s.queue, s.virtual_queue))");
    }
}

const CALL: &str = "json_object('callUuid', c.uuid, 'connId', c.conn_id, 'callType', c.call_type,
    'ani', c.ani, 'dnis', c.dnis, 'routePoint', c.route_point, 'lastQueue', c.last_queue,
    'dn', c.dn, 'agent', c.agent, 'consultOf', c.consult_of, 'continuedIn', c.continued_in,
    'started', c.started, 'answered', c.answered, 'ended', c.ended, 'outcome', c.outcome,
    'durationMs', c.duration_ms, 'queueMs', c.queue_ms, 'legs', c.legs, 'ringMs', c.ring_ms,
    'talkMs', c.talk_ms, 'heldMs', c.held_ms, 'afterCallWorkMs', c.after_call_work_ms)";
const LEG: &str = "json_object('position', l.position, 'dn', l.dn, 'agent', l.agent,
    'role', l.role, 'other', l.other, 'routePoint', l.route_point, 'movedFrom', l.moved_from,
    'began', l.began, 'answered', l.answered, 'ended', l.ended, 'outcome', l.outcome,
    'ringMs', l.ring_ms, 'talkMs', l.talk_ms, 'heldMs', l.held_ms, 'holds', l.holds)";
const STAY: &str = "json_object('position', s.position, 'queue', s.queue,
    'virtualQueue', s.virtual_queue, 'waitingSince', s.waiting_since, 'entered', s.entered,
    'ended', s.ended, 'outcome', s.outcome, 'waitMs', s.wait_ms, 'offers', s.offers, 'dn', s.dn,
    'agent', s.agent)";
const STATE: &str = "json_object('state', a.state, 'reason', a.reason, 'dn', a.dn,
    'connId', a.conn_id, 'began', a.began, 'ended', a.ended,
    'durationMs', a.ended_ms - a.began_ms)";
/// States in one response: months of an agent; the newest are told.
const STATES_MAX: i64 = 5_000;
