//! A call's way through its strategy: from one operation to the next until it waits for somebody,
//! is on its way, or is through.

use std::sync::Arc;

use model::{
    ConnId, Dn, KvList, Now, Request,
    condition::{Condition, Fact, Value},
    request::{NoAnswer, NoAnswerAction},
    skill::SkillExpression,
    strategy::Goal,
};

use crate::{
    Router,
    calls::{Call, Stage},
    plan::{Members, Op, Plan, Targeting, Team, Wish},
    timers::Timer,
};

impl Router {
    /// Lets a waiting call go on from where it is.
    pub(crate) fn run(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.call(conn) else { return };
        let (Stage::Waiting, Some(plan)) = (&call.stage, &call.plan) else { return };
        let plan = Arc::clone(plan);
        // Every operation leads forward.
        while let Some(at) = self.calls.call(conn).map(|call| call.at) {
            let next = match plan.ops.get(at) {
                None => return self.through(now, conn, &plan),
                Some(Op::Attach(pairs)) => {
                    self.calls.change(conn, |call| update(&mut call.attach, pairs));
                    at + 1
                }
                Some(Op::Jump(to)) => *to,
                Some(Op::Priority { base, per_minute }) => {
                    self.calls.change(conn, |call| {
                        call.priority.base = *base;
                        call.priority.per_minute = *per_minute;
                    });
                    at + 1
                }
                Some(Op::Release) => return self.release(conn),
                Some(Op::Route(goal)) if self.send_to(conn, goal) => return,
                Some(Op::Route(_)) => at + 1,
                Some(Op::Target(targeting)) if self.aim(now, conn, targeting) => {
                    return self.seek(now, conn);
                }
                Some(Op::Target(_)) => at + 1,
                Some(Op::Unless(condition, to)) => {
                    if self.holds(now, conn, condition) {
                        at + 1
                    } else {
                        *to
                    }
                }
            };
            self.calls.change(conn, |call| call.at = next);
        }
    }

    /// The time of the operation that a call waits in is over.
    pub(crate) fn step_is_over(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.call(conn) else { return };
        let waits = call.stage == Stage::Waiting;
        self.calls.change(conn, |call| {
            call.is_overdue = !waits;
            if waits {
                call.at += 1;
            }
        });
        self.run(now, conn);
    }

    /// A call waits again that a phone was called for.
    pub(crate) fn catch_up(&mut self, now: Now, conn: ConnId) {
        if self.calls.call(conn).is_some_and(|call| call.is_overdue) {
            self.calls.change(conn, |call| call.is_overdue = false);
            self.step_is_over(now, conn);
        }
    }

    /// Lets the call wait for these. False when the step is to be passed over.
    fn aim(&mut self, now: Now, conn: ConnId, targeting: &Targeting) -> bool {
        let Some(call) = self.calls.call(conn) else { return false };
        let last = || self.last_agents.of(now, call.ani.as_deref()?);
        let mut teams: Vec<(Arc<Team>, u32)> = Vec::new();
        for (wish, weight) in &targeting.to {
            match wish {
                Wish::Team(team) => teams.push((Arc::clone(team), *weight)),
                Wish::LastAgent { within } => {
                    let agent = last().filter(|(_, ago)| ago <= within).map(|(agent, _)| agent);
                    teams.extend(agent.map(|agent| (Arc::new(Team::of_agent(&agent)), *weight)));
                }
            }
        }
        let is_logged_in = |team: &Team| {
            self.agents
                .seats()
                .any(|(dn, seat)| seat.agent.is_some() && self.agents.suits(dn, team))
        };
        let is_idle_step = teams.is_empty()
            || targeting.only_if_logged_in && !teams.iter().any(|(team, _)| is_logged_in(team));
        if is_idle_step {
            return false;
        }
        self.turns += 1;
        let turn = self.turns;
        self.calls.change(conn, |call| {
            if !targeting.keep {
                call.teams.clear();
            }
            for (team, weight) in teams {
                match call.teams.iter_mut().find(|(known, _)| known.name == team.name) {
                    Some(known) => known.1 = weight,
                    None => call.teams.push((team, weight)),
                }
            }
            call.choose = targeting.choose;
            call.turn = turn;
        });
        if let Some(timeout) = targeting.timeout {
            self.timers.set(now.instant + timeout, Timer::Step(conn, turn));
        }
        true
    }

    /// The call has been through all of its strategy.
    fn through(&mut self, now: Now, conn: ConnId, plan: &Plan) {
        // Without a default, or when nobody takes calls there: it waits on for whom it waited.
        if let Some(goal) = &plan.default
            && self.send_to(conn, goal)
        {
            return;
        }
        self.seek(now, conn);
    }

    fn release(&mut self, conn: ConnId) {
        let Some(call) = self.calls.call(conn) else { return };
        let dn = call.route_point.clone();
        self.calls.change(conn, |call| call.stage = Stage::Left);
        self.ask(Request::ReleaseCall { dn, conn });
    }

    /// Sends a call to a place without choosing anybody. False when there is nobody to send it to.
    fn send_to(&mut self, conn: ConnId, goal: &Goal) -> bool {
        let Some(call) = self.calls.call(conn) else { return false };
        let Some(plan) = call.plan.clone() else { return false };
        let target = match goal {
            Goal::Agent(agent) => match self.agents.dn_of(agent) {
                Some(dn) => dn.clone(),
                None => return false,
            },
            Goal::Dn(dn) => dn.clone(),
            Goal::Number(number) => Dn::from(number.as_str()),
            Goal::RoutePoint(_) if call.hops >= HOPS_MAX => {
                self.release(conn);
                return true;
            }
            Goal::RoutePoint(dn) => dn.clone(),
        };
        let dn = call.route_point.clone();
        let user_data = crate::attach::goal(call, conn, &plan, &target);
        self.ask(Request::UpdateUserData { dn: dn.clone(), conn, user_data });
        let no_answer = no_answer(&plan);
        let reference = self.ask(Request::RouteCall { dn, conn, target, no_answer });
        self.calls.change(conn, |call| {
            call.attach = KvList::new();
            call.stage = Stage::Sent { to: goal.clone(), reference };
        });
        true
    }

    /// The switch would not send the call there: its strategy goes on.
    pub(crate) fn send_failed(&mut self, now: Now, conn: ConnId) {
        let was_last = self
            .calls
            .call(conn)
            .is_some_and(|call| call.plan.as_ref().is_none_or(|plan| call.at >= plan.ops.len()));
        self.calls.change(conn, |call| {
            call.stage = Stage::Waiting;
            if !was_last {
                call.at += 1;
            }
        });
        if was_last {
            // The default itself: whom it waited for before may still come.
            return self.seek(now, conn);
        }
        self.run(now, conn);
    }

    fn holds(&self, now: Now, conn: ConnId, condition: &Condition) -> bool {
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
            Fact::Data(key) => {
                // What is about to be attached counts as attached.
                let value = call.attach.value(key).or_else(|| call.user_data.value(key));
                Value::Text(match value {
                    Some(model::KvValue::Str(text)) => text.clone(),
                    Some(model::KvValue::Int(number)) => number.to_string(),
                    Some(model::KvValue::List(_)) | None => String::new(),
                })
            }
            Fact::Dnis => Value::Text(call.dnis.clone()),
            Fact::Open(name) => {
                let hours = self.calendars.get(name.as_str());
                let unix_s = i64::try_from(now.unix.as_secs()).unwrap_or(i64::MAX);
                Value::Number(i64::from(hours.is_some_and(|hours| hours.is_open(unix_s))))
            }
            Fact::Position => count(self.calls.ahead_of(now, conn) + 1),
            Fact::Priority => Value::Number(call.priority_now(now)),
            Fact::Wait => {
                let waited = now.instant.saturating_duration_since(call.entered.instant);
                Value::Number(i64::try_from(waited.as_secs()).unwrap_or(i64::MAX))
            }
        }
    }

    fn agents_with(&self, expression: &str, is_ready: bool) -> usize {
        let Ok(skills) = SkillExpression::parse(expression) else { return 0 };
        let team = Team { name: expression.into(), who: Members::Skills(skills) };
        let counts = |dn: &Dn| !is_ready || self.agents.is_available(dn);
        let seats = self.agents.seats().filter(|(_, seat)| seat.agent.is_some());
        seats.filter(|(dn, _)| counts(dn) && self.agents.suits(dn, &team)).count()
    }
}

/// What happens when nobody answers.
pub fn no_answer(plan: &Plan) -> NoAnswer {
    NoAnswer { timeout_s: plan.source.no_answer_s, action: NoAnswerAction::NotReady }
}

/// Puts pairs into a list, in place of those with the same keys.
pub fn update(list: &mut KvList, pairs: &KvList) {
    for (key, value) in pairs.clone() {
        list.update(key, value);
    }
}

/// Route points that a call is sent on to by strategies; then it has come in a circle.
const HOPS_MAX: u32 = 8;
