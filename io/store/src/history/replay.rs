//! A span of the history as the router can live through it again.

use std::collections::BTreeMap;

use model::{
    AgentId, Dn,
    replay::{Past, PastCall, PastEnd, Shift},
};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{Store, StoreError, history::signed};

impl Store {
    /// What came between two times, and who was there. `None`: more calls than `calls_max`.
    ///
    /// # Errors
    /// When reading fails.
    pub async fn past(
        &self,
        from_ms: u64,
        to_ms: u64,
        calls_max: usize,
    ) -> Result<Option<Past>, StoreError> {
        self.read_past(from_ms, to_ms, calls_max)
            .await
            .map_err(|source| self.query_error("read the past", source))
    }

    async fn read_past(
        &self,
        from_ms: u64,
        to_ms: u64,
        calls_max: usize,
    ) -> Result<Option<Past>, sqlx::Error> {
        let span = (signed(from_ms), signed(to_ms));
        let legs = self.legs_of_past(span).await?;
        let after = self.after_work_of_past(span).await?;
        let Some(calls) = self.calls_of_past(span, calls_max, &legs, &after).await? else {
            return Ok(None);
        };
        let rings: Vec<i64> =
            legs.values().filter(|leg| leg.is_queued).map(|leg| leg.ring_ms).collect();
        let average = rings.iter().sum::<i64>().checked_div(rings.len() as i64).unwrap_or(0);
        let ring_ms = unsigned(average);
        let elsewhere = legs.values().filter(|leg| !leg.is_queued);
        let busy = elsewhere.map(|leg| (leg.agent.clone(), (leg.began_ms, leg.ended_ms)));
        let mut busy_of: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
        busy.for_each(|(agent, span)| busy_of.entry(agent).or_default().push(span));
        let shifts = self.shifts_of_past(span, &busy_of).await?;
        Ok(Some(Past { from_ms, to_ms, calls, shifts, ring_ms }))
    }

    /// What agents did with each call, by its ConnID.
    async fn legs_of_past(
        &self,
        (from, to): (i64, i64),
    ) -> Result<BTreeMap<String, Talk>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT l.conn_id, min(l.agent) AS agent, min(l.began_ms) AS began,
                    max(coalesce(l.ended_ms, ?2)) AS ended,
                    sum(coalesce(l.ended_ms, ?2) - l.answered_ms) AS talk,
                    min(l.answered_ms - l.began_ms) AS ring,
                    max(l.route_point IS NOT NULL) AS queued
             FROM legs l WHERE l.began_ms >= ?1 AND l.began_ms < ?2
                AND l.agent IS NOT NULL AND l.answered_ms IS NOT NULL
             GROUP BY l.conn_id",
        )
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool)
        .await?;
        let talk = |row: SqliteRow| {
            let talk = Talk {
                agent: row.get("agent"),
                began_ms: row.get("began"),
                ended_ms: row.get("ended"),
                talk_ms: row.get("talk"),
                ring_ms: row.get("ring"),
                is_queued: row.get::<i64, _>("queued") != 0,
            };
            (row.get("conn_id"), talk)
        };
        Ok(rows.into_iter().map(talk).collect())
    }

    async fn after_work_of_past(
        &self,
        (from, to): (i64, i64),
    ) -> Result<BTreeMap<String, i64>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT conn_id, sum(coalesce(ended_ms, ?2) - began_ms) AS after FROM agent_states
             WHERE began_ms >= ?1 AND began_ms < ?2 AND state = 'AfterCallWork'
                AND conn_id IS NOT NULL
             GROUP BY conn_id",
        )
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.get("conn_id"), row.get("after"))).collect())
    }

    async fn calls_of_past(
        &self,
        (from, to): (i64, i64),
        calls_max: usize,
        legs: &BTreeMap<String, Talk>,
        after: &BTreeMap<String, i64>,
    ) -> Result<Option<Vec<PastCall>>, sqlx::Error> {
        // The first stay says where a call came to, the last one what became of it.
        let rows = sqlx::query(
            "SELECT s.conn_id, s.queue, s.entered_ms, c.ani, c.dnis, last.outcome AS outcome,
                    coalesce(last.ended_ms, ?2) - s.entered_ms AS wait
             FROM queue_stays s JOIN calls c ON c.conn_id = s.conn_id
             JOIN queue_stays last ON last.conn_id = s.conn_id AND last.position =
                 (SELECT max(position) FROM queue_stays WHERE conn_id = s.conn_id)
             WHERE s.entered_ms >= ?1 AND s.entered_ms < ?2 AND s.position = 1
             ORDER BY s.entered_ms, s.conn_id LIMIT ?3",
        )
        .bind(from)
        .bind(to)
        .bind(i64::try_from(calls_max + 1).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        if rows.len() > calls_max {
            return Ok(None);
        }
        let call = |row: SqliteRow| {
            let conn: String = row.get("conn_id");
            let outcome: Option<String> = row.get("outcome");
            let end = match (outcome.as_deref(), legs.get(&conn)) {
                (Some("abandoned"), _) => PastEnd::Abandoned,
                (Some("answered"), Some(talk)) => PastEnd::Answered {
                    talk_ms: unsigned(talk.talk_ms),
                    after_ms: unsigned(after.get(&conn).copied().unwrap_or(0)),
                },
                (Some(_) | None, _) => PastEnd::Other,
            };
            PastCall {
                at_ms: unsigned(row.get("entered_ms")),
                route_point: Dn::from(row.get::<String, _>("queue")),
                ani: row.get("ani"),
                dnis: row.get("dnis"),
                wait_ms: unsigned(row.get("wait")),
                end,
            }
        };
        Ok(Some(rows.into_iter().map(call).collect()))
    }

    /// When agents were ready or worked on a routed call: not when they had other calls.
    async fn shifts_of_past(
        &self,
        (from, to): (i64, i64),
        busy: &BTreeMap<String, Vec<(i64, i64)>>,
    ) -> Result<Vec<Shift>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT agent, dn, max(began_ms, ?1) AS began,
                    min(coalesce(ended_ms, ?2), ?2) AS ended
             FROM agent_states
             WHERE began_ms < ?2 AND coalesce(ended_ms, ?2) > ?1
                AND state IN ('Ready', 'AfterCallWork')
             ORDER BY agent, began_ms, sequence",
        )
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool)
        .await?;
        let mut shifts: Vec<Shift> = Vec::new();
        for row in rows {
            let agent: String = row.get("agent");
            let dn = Dn::from(row.get::<String, _>("dn"));
            let none = Vec::new();
            let other = busy.get(&agent).unwrap_or(&none);
            for (began, ended) in without((row.get("began"), row.get("ended")), other) {
                let (from_ms, to_ms) = (unsigned(began), unsigned(ended));
                let goes_on = shifts.last_mut().filter(|last| {
                    last.agent.as_str() == agent && last.dn == dn && last.to_ms == from_ms
                });
                match goes_on {
                    Some(last) => last.to_ms = to_ms,
                    None => shifts.push(Shift {
                        agent: AgentId::from(agent.as_str()),
                        dn: dn.clone(),
                        from_ms,
                        to_ms,
                    }),
                }
            }
        }
        Ok(shifts)
    }
}

/// What an agent did with a call.
struct Talk {
    agent: String,
    began_ms: i64,
    ended_ms: i64,
    talk_ms: i64,
    ring_ms: i64,
    is_queued: bool,
}

/// The parts of a span that are in none of the others.
fn without(span: (i64, i64), others: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut parts = vec![span];
    for (began, ended) in others {
        parts = parts
            .into_iter()
            .flat_map(|(from, to)| [(from, to.min(*began)), (from.max(*ended), to)])
            .filter(|(from, to)| from < to)
            .collect();
    }
    parts
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::history::{
        rows,
        tests::{BEGAN_MS, a_day},
    };

    #[tokio::test]
    async fn a_day_is_read_back_with_its_calls_and_who_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        rows::write(&store.pool, &a_day(), 0).await.unwrap();
        let to_ms = BEGAN_MS + 3_600_000;
        let past = store.past(BEGAN_MS, to_ms, 10).await.unwrap().unwrap();
        let [call] = &past.calls[..] else { panic!("{past:?}") };
        assert_eq!((call.at_ms, call.wait_ms), (BEGAN_MS, 4_000));
        assert_eq!(call.end, PastEnd::Answered { talk_ms: 56_000, after_ms: 15_000 });
        assert_eq!(call.route_point, Dn::from("5000"));
        assert_eq!(past.ring_ms, 4_000);
        // Only the after-call work: nobody was ready, and lunch is no time for calls.
        let [shift] = &past.shifts[..] else { panic!("{past:?}") };
        assert_eq!((shift.from_ms, shift.to_ms), (BEGAN_MS + 60_000, BEGAN_MS + 75_000));
        assert_eq!(store.past(BEGAN_MS, to_ms, 0).await.unwrap(), None, "too many");
        assert_eq!(store.past(to_ms, to_ms + 1, 0).await.unwrap().unwrap().calls, []);
    }

    #[test]
    fn other_calls_are_cut_out_of_a_shift() {
        assert_eq!(without((0, 100), &[]), [(0, 100)]);
        assert_eq!(without((0, 100), &[(20, 30), (90, 120)]), [(0, 20), (30, 90)]);
        assert_eq!(without((0, 100), &[(0, 100)]), []);
        assert_eq!(without((0, 100), &[(200, 300)]), [(0, 100)]);
    }
}
