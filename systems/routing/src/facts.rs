//! What a strategy can ask of a call, and what is said to callers of it.

use model::{
    ConnId, KvValue, Now,
    condition::{Condition, Fact, Value},
};

use crate::{Router, calls::Call, plan::Team};

impl Router {
    /// Whether a condition holds of a call now.
    pub(crate) fn holds(&self, now: Now, conn: ConnId, condition: &Condition) -> bool {
        let Some(call) = self.calls.call(conn) else { return false };
        condition.holds(&|fact| self.fact(now, conn, call, fact))
    }

    fn fact(&self, now: Now, conn: ConnId, call: &Call, fact: &Fact) -> Value {
        let count = |n: usize| Value::Number(i64::try_from(n).unwrap_or(i64::MAX));
        match fact {
            Fact::AgentsLoggedIn(skills) => count(self.agents_with(skills, false)),
            Fact::AgentsReady(skills) => count(self.agents_with(skills, true)),
            Fact::Ani => Value::Text(call.ani.clone().unwrap_or_default()),
            Fact::CallsWaiting => count(self.calls.rivals(conn).len()),
            Fact::Data(key) => Value::Text(data(call, key)),
            Fact::Dnis => Value::Text(call.dnis.clone()),
            Fact::ExpectedWait => Value::Number(self.expected_wait_s(now, conn)),
            Fact::Open(name) => {
                let hours = self.calendars.get(name.as_str());
                let unix_s = i64::try_from(now.unix.as_secs()).unwrap_or(i64::MAX);
                Value::Number(i64::from(hours.is_some_and(|hours| hours.is_open(unix_s))))
            }
            Fact::Position => count(self.calls.ahead_of(now, conn) + 1),
            Fact::Priority => Value::Number(call.priority_now(now)),
            Fact::Wait => Value::Number(waited_s(now, call)),
        }
    }

    /// A text with what is in braces filled in.
    pub(crate) fn fill_in(&self, now: Now, conn: ConnId, text: &str) -> String {
        let Some(call) = self.calls.call(conn) else { return text.to_owned() };
        let minutes = |seconds: i64| seconds.max(1).saturating_add(59) / 60;
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, (key, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            filled.push_str(before);
            filled.push_str(&match key {
                "expected_wait" => minutes(self.expected_wait_s(now, conn)).to_string(),
                "position" => (self.calls.ahead_of(now, conn) + 1).to_string(),
                "wait" => minutes(waited_s(now, call)).to_string(),
                key => data(call, key),
            });
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// Seconds until an agent is likely to be free for a call: those before it and itself are
    /// served at the pace of the agents whom it waits for, each of whom takes call after call.
    pub(crate) fn expected_wait_s(&self, now: Now, conn: ConnId) -> i64 {
        let Some(call) = self.calls.call(conn) else { return 0 };
        let serves = |dn| call.teams.iter().any(|(team, _)| self.agents.suits(dn, team));
        let at_work = self.agents.seats().filter(|(dn, seat)| seat.agent.is_some() && serves(dn));
        let agents = i64::try_from(at_work.count()).unwrap_or(i64::MAX).max(1);
        let before = i64::try_from(self.calls.ahead_of(now, conn) + 1).unwrap_or(i64::MAX);
        before.saturating_mul(self.agents.handle_time_s()) / agents
    }

    fn agents_with(&self, expression: &str, is_ready: bool) -> usize {
        let Some(team) = Team::of_skills(expression) else { return 0 };
        let counts = |dn| !is_ready || self.agents.is_available(dn);
        let seats = self.agents.seats().filter(|(_, seat)| seat.agent.is_some());
        seats.filter(|(dn, _)| counts(dn) && self.agents.suits(dn, &team)).count()
    }
}

/// User data as text; what is about to be attached counts as attached.
pub fn data(call: &Call, key: &str) -> String {
    match call.attach.value(key).or_else(|| call.user_data.value(key)) {
        Some(KvValue::Str(text)) => text.clone(),
        Some(KvValue::Int(number)) => number.to_string(),
        Some(KvValue::List(_)) | None => String::new(),
    }
}

fn waited_s(now: Now, call: &Call) -> i64 {
    let waited = now.instant.saturating_duration_since(call.entered.instant);
    i64::try_from(waited.as_secs()).unwrap_or(i64::MAX)
}
