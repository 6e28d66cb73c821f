//! What each event changes in the history's tables.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AgentId, AgentState, CallState, ConnId, Dn, Event, EventName,
    event::{AgentAttributes, CallAttributes, Part},
};
use sqlx::{SqliteConnection, SqlitePool};

/// What has to be known of earlier events to write the next one.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The DNs that have a part in each call; a call without one is over.
    parties: BTreeMap<ConnId, BTreeSet<Dn>>,
    /// The state that each agent's open interval says.
    states: BTreeMap<AgentId, (Dn, AgentState, Option<String>)>,
}

impl Recorder {
    /// Whether an event changes anything in the history.
    pub fn wants(event: &Event) -> bool {
        let is_of_call = event.call.is_some() && event.name.part() != Part::Stays;
        is_of_call || event.agent.is_some()
    }

    /// Rows that a run which did not end properly left open end with its last sign of life.
    pub async fn end_what_was_cut_off(&mut self, pool: &SqlitePool) -> Result<(), sqlx::Error> {
        const LAST_SIGN: &str = "CREATE TEMP TABLE last_sign AS
            SELECT max(at) AS at FROM (
                SELECT max(started) AS at FROM calls
                UNION ALL SELECT max(answered) FROM calls
                UNION ALL SELECT max(ended) FROM calls
                UNION ALL SELECT max(began) FROM agent_states
                UNION ALL SELECT max(ended) FROM agent_states)";
        const CALLS: &str = "UPDATE calls SET ended = (SELECT at FROM last_sign),
            outcome = 'interrupted' WHERE ended IS NULL";
        const STATES: &str =
            "UPDATE agent_states SET ended = (SELECT at FROM last_sign) WHERE ended IS NULL";
        let mut transaction = pool.begin().await?;
        for sql in [LAST_SIGN, CALLS, STATES, "DROP TABLE last_sign"] {
            sqlx::query(sql).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    /// Writes one event.
    pub async fn write(
        &mut self,
        to: &mut SqliteConnection,
        event: &Event,
    ) -> Result<(), sqlx::Error> {
        if let Some(call) = &event.call {
            self.write_call(to, event, call).await?;
        }
        match &event.agent {
            Some(agent) => self.write_state(to, event, agent).await,
            None => Ok(()),
        }
    }

    async fn write_call(
        &mut self,
        to: &mut SqliteConnection,
        event: &Event,
        call: &CallAttributes,
    ) -> Result<(), sqlx::Error> {
        let at = unix_ms(event);
        let conn = call.conn.to_string();
        match event.name.part() {
            Part::Begins => {
                self.parties.entry(call.conn).or_default().insert(event.this_dn.clone());
                let route_point = (event.name == EventName::Queued).then(|| event.this_dn.as_str());
                begin(to, at, call, route_point).await
            }
            Part::Talks => {
                self.parties.entry(call.conn).or_default().insert(event.this_dn.clone());
                begin(to, at, call, None).await?;
                let agent = event.agent.as_ref().map(|agent| agent.agent.clone());
                let agent = agent.or_else(|| self.agent_at(&event.this_dn));
                sqlx::query(ANSWER)
                    .bind(at)
                    .bind(agent.as_ref().map(AgentId::as_str))
                    .bind(conn)
                    .execute(to)
                    .await
                    .map(|_| ())
            }
            Part::Moves => {
                self.parties.entry(call.conn).or_default().insert(event.this_dn.clone());
                match call.previous_conn {
                    Some(previous) => self.leave(to, event, previous, call.call_state).await,
                    None => Ok(()),
                }
            }
            Part::Ends => self.leave(to, event, call.conn, call.call_state).await,
            Part::Stays => Ok(()),
        }
    }

    /// A DN leaves a call; the last one ends it.
    async fn leave(
        &mut self,
        to: &mut SqliteConnection,
        event: &Event,
        conn: ConnId,
        state: CallState,
    ) -> Result<(), sqlx::Error> {
        let Some(parties) = self.parties.get_mut(&conn) else { return Ok(()) };
        parties.remove(&event.this_dn);
        if !parties.is_empty() {
            return Ok(());
        }
        self.parties.remove(&conn);
        let outcome = outcome(event.name, state);
        let query = sqlx::query(END).bind(unix_ms(event)).bind(outcome).bind(conn.to_string());
        query.execute(to).await.map(|_| ())
    }

    async fn write_state(
        &mut self,
        to: &mut SqliteConnection,
        event: &Event,
        agent: &AgentAttributes,
    ) -> Result<(), sqlx::Error> {
        let is_out = agent.state == AgentState::LoggedOut || event.name == EventName::AgentLogout;
        let state = (event.this_dn.clone(), agent.state, agent.reason.clone());
        if !is_out && self.states.get(&agent.agent) == Some(&state) {
            return Ok(());
        }
        let at = unix_ms(event);
        sqlx::query(END_STATE).bind(at).bind(agent.agent.as_str()).execute(&mut *to).await?;
        if is_out {
            self.states.remove(&agent.agent);
            return Ok(());
        }
        sqlx::query(BEGIN_STATE)
            .bind(agent.agent.as_str())
            .bind(event.this_dn.as_str())
            .bind(agent.state.as_str())
            .bind(&agent.reason)
            .bind(at)
            .execute(to)
            .await?;
        self.states.insert(agent.agent.clone(), state);
        Ok(())
    }

    fn agent_at(&self, dn: &Dn) -> Option<AgentId> {
        let found = self.states.iter().find(|(_, (at, ..))| at == dn);
        found.map(|(agent, _)| agent.clone())
    }
}

/// A row for the call, or the one that there is, open again.
async fn begin(
    to: &mut SqliteConnection,
    at: i64,
    call: &CallAttributes,
    route_point: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(BEGIN)
        .bind(call.conn.to_string())
        .bind(call.uuid.as_str())
        .bind(call.call_type.as_str())
        .bind(&call.ani)
        .bind(&call.dnis)
        .bind(route_point)
        .bind(at)
        .execute(to)
        .await
        .map(|_| ())
}

/// How a call that nobody answered ended, by its last event.
fn outcome(name: EventName, state: CallState) -> String {
    match (name, state) {
        (EventName::Abandoned, CallState::Ok | CallState::Abandoned) => "abandoned".to_owned(),
        (_, CallState::NoAnswer) => "no answer".to_owned(),
        (_, CallState::RemoteRelease | CallState::Ok) => "released".to_owned(),
        (_, other) => other.as_str().to_lowercase(),
    }
}

fn unix_ms(event: &Event) -> i64 {
    i64::try_from(event.at.unix_ms()).unwrap_or(i64::MAX)
}

/// SQLite makes text of milliseconds since 1970.
macro_rules! time {
    () => {
        "strftime('%Y-%m-%dT%H:%M:%fZ', ? / 1000.0, 'unixepoch')"
    };
}

const BEGIN: &str = concat!(
    "INSERT INTO calls (conn_id, uuid, call_type, ani, dnis, route_point, started)
     VALUES (?, ?, ?, ?, ?, ?, ",
    time!(),
    ") ON CONFLICT (conn_id) DO UPDATE SET
         route_point = coalesce(route_point, excluded.route_point), ended = NULL, outcome = NULL"
);
const ANSWER: &str = concat!(
    "UPDATE calls SET answered = coalesce(answered, ",
    time!(),
    "), agent = coalesce(agent, ?) WHERE conn_id = ?"
);
const END: &str = concat!(
    "UPDATE calls SET ended = ",
    time!(),
    ", outcome = CASE WHEN answered IS NULL THEN ? ELSE 'answered' END WHERE conn_id = ?"
);
const BEGIN_STATE: &str = concat!(
    "INSERT INTO agent_states (agent, dn, state, reason, began) VALUES (?, ?, ?, ?, ",
    time!(),
    ")"
);
const END_STATE: &str =
    concat!("UPDATE agent_states SET ended = ", time!(), " WHERE agent = ? AND ended IS NULL");
