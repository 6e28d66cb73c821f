//! A call's way through its strategy: from one operation to the next until it waits for somebody,
//! is on its way, or is through.
//!
//! `go_on` is the only way: whatever happened to a call, it is told that it waits again or that a
//! time is up, and goes on from where it is.

use std::sync::Arc;

use model::{ConnId, Dn, KvList, Now, Request, strategy::Goal};

use crate::{
    Router,
    calls::{Asked, Call, Priority, Stage},
    plan::{Op, Plan, Targeting, Team, Wish},
    timers::{DEFAULT_AGAIN, RETURN_LIMIT, Timer},
};

impl Router {
    /// Has a call begin a strategy.
    pub(crate) fn begin(&mut self, conn: ConnId, route_point: &Dn, plan: Option<Arc<Plan>>) {
        self.calls.change(conn, |call| {
            call.plan = plan;
            call.began_at = Some(route_point.clone());
            call.at = 0;
            call.aimed = None;
            call.deadline = None;
            call.aims.clear();
            call.asks = None;
            call.pastime = 0;
            call.teams.clear();
            call.priority = Priority { asked: call.priority.asked, ..Priority::default() };
        });
    }

    /// The call's strategy was changed. A change of words (whom, how long, how) concerns the calls
    /// that wait in that step at once; calls go through steps that were put in or taken out, or
    /// ways that lead elsewhere, from their next route point on.
    pub(crate) fn adopt(&mut self, now: Now, conn: ConnId, plan: &Arc<Plan>) {
        let Some(call) = self.calls.call(conn) else { return };
        let Some(before) = &call.plan else {
            let route_point = call.route_point.clone();
            self.begin(conn, &route_point, Some(Arc::clone(plan)));
            return self.go_on(now, conn);
        };
        if Arc::ptr_eq(before, plan) || !before.is_like(plan) {
            return;
        }
        let (aims, aimed) = (call.aims.clone(), call.aimed);
        let targeting = |at: &usize| match plan.ops.get(*at) {
            Some(Op::Target(targeting)) => Some(targeting),
            Some(_) | None => None,
        };
        let deadline =
            aims.last().and_then(targeting).and_then(|last| Some(aimed? + last.timeout?));
        let teams: Vec<Vec<_>> = aims
            .iter()
            .filter_map(targeting)
            .map(|targeting| self.teams(now, conn, targeting))
            .collect();
        let choose = aims.last().and_then(targeting).map(|targeting| targeting.choose);
        self.calls.change(conn, |call| {
            call.plan = Some(Arc::clone(plan));
            call.teams.clear();
            teams.into_iter().for_each(|teams| add(&mut call.teams, teams));
            if let Some(choose) = choose {
                call.choose = choose;
            }
            if aimed.is_some() {
                call.deadline = deadline;
            }
        });
        if let Some(deadline) = deadline.filter(|_| aimed.is_some()) {
            self.timers.set(deadline, Timer::Step(conn));
        }
        self.go_on(now, conn);
    }

    /// Lets a waiting call go on from where it is.
    pub(crate) fn go_on(&mut self, now: Now, conn: ConnId) {
        // Every operation leads forward, so this ends.
        while let Some(call) = self.calls.call(conn) {
            let (Stage::Waiting, Some(plan)) = (&call.stage, &call.plan) else { return };
            let (plan, at) = (Arc::clone(plan), call.at);
            let is_heard = call.asks.is_some_and(|asks| asks.what == Asked::Prompt);
            if is_heard {
                return self.seek(now, conn);
            }
            let next = match plan.ops.get(at) {
                None => return self.through(now, conn, &plan),
                Some(Op::Attach(pairs)) => {
                    self.calls.change(conn, |call| update(&mut call.attach, pairs));
                    at + 1
                }
                Some(Op::Callback(callback)) => {
                    self.promise(now, conn, callback);
                    at + 1
                }
                Some(Op::Collect(collect)) => {
                    let tries = collect.tries.saturating_sub(1);
                    return self.collect(now, conn, collect, tries);
                }
                Some(Op::Jump(to)) => *to,
                Some(Op::Play(prompt)) => {
                    self.play(now, conn, prompt, Asked::Prompt);
                    return self.seek(now, conn);
                }
                Some(Op::Priority { base, per_minute }) => {
                    self.calls.change(conn, |call| {
                        call.priority.base = *base;
                        call.priority.per_minute = *per_minute;
                    });
                    at + 1
                }
                Some(Op::Release) => return self.release(conn),
                Some(Op::Route(goal)) if self.send_to(now, conn, goal) => return,
                Some(Op::Route(_)) => at + 1,
                Some(Op::Target(targeting)) => match self.stand(now, conn, targeting) {
                    true => return self.wait(now, conn),
                    false => at + 1,
                },
                Some(Op::Unless(condition, to)) => match self.holds(now, conn, condition) {
                    true => at + 1,
                    false => *to,
                },
                Some(Op::Voicemail(voicemail)) => return self.take_message(now, conn, voicemail),
                Some(Op::Webhook(webhook, _)) => return self.ask_program(now, conn, webhook),
            };
            self.step_to(conn, next);
        }
    }

    /// The call's next operation is this one.
    pub(crate) fn step_to(&mut self, conn: ConnId, at: usize) {
        self.calls.change(conn, |call| {
            call.at = at;
            call.aimed = None;
            call.deadline = None;
            call.pastime = 0;
        });
    }

    /// The operation that the call is in is done.
    pub(crate) fn step_on(&mut self, conn: ConnId) {
        if let Some(at) = self.calls.call(conn).map(|call| call.at) {
            self.step_to(conn, at + 1);
        }
    }

    /// Whether a call is to wait in this operation: for the first time, or still.
    fn stand(&mut self, now: Now, conn: ConnId, targeting: &Targeting) -> bool {
        let Some(call) = self.calls.call(conn) else { return false };
        match (call.aimed, call.deadline) {
            (Some(_), Some(deadline)) => now.instant < deadline,
            (Some(_), None) => true,
            (None, _) => self.aim(now, conn, targeting),
        }
    }

    /// A call that waits for somebody is sent there, or hears what there is to hear.
    fn wait(&mut self, now: Now, conn: ConnId) {
        self.seek(now, conn);
        self.entertain(now, conn);
    }

    /// Lets the call wait for these. False when the step is to be passed over.
    fn aim(&mut self, now: Now, conn: ConnId, targeting: &Targeting) -> bool {
        let teams = self.teams(now, conn, targeting);
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
        let deadline = targeting.timeout.map(|timeout| now.instant + timeout);
        self.calls.change(conn, |call| {
            if !targeting.keep {
                call.teams.clear();
                call.aims.clear();
            }
            add(&mut call.teams, teams);
            call.aims.push(call.at);
            call.choose = targeting.choose;
            call.aimed = Some(now.instant);
            call.deadline = deadline;
        });
        if let Some(deadline) = deadline {
            self.timers.set(deadline, Timer::Step(conn));
        }
        true
    }

    /// Whom an operation means for a call.
    pub(crate) fn teams(
        &self,
        now: Now,
        conn: ConnId,
        targeting: &Targeting,
    ) -> Vec<(Arc<Team>, u32)> {
        let ani = self.calls.call(conn).and_then(|call| call.ani.clone());
        let last = || self.last_agents.of(now, ani.as_deref()?);
        let team = |wish: &Wish| match wish {
            Wish::Team(team) => Some(Arc::clone(team)),
            Wish::LastAgent { within } => {
                let (agent, _) = last().filter(|(_, ago)| ago <= within)?;
                Some(Arc::new(Team::of_agent(&agent)))
            }
        };
        targeting.to.iter().filter_map(|(wish, weight)| Some((team(wish)?, *weight))).collect()
    }

    /// The call has been through all of its strategy.
    fn through(&mut self, now: Now, conn: ConnId, plan: &Plan) {
        let Some(call) = self.calls.call(conn) else { return };
        let is_early = call.deadline.is_some_and(|deadline| now.instant < deadline);
        let is_promise = call.promise.is_some();
        // Without a default, or when nobody takes calls there: it waits on for whom it waited.
        if let Some(goal) = plan.default.as_ref().filter(|_| !is_early && !is_promise) {
            if self.send_to(now, conn, goal) {
                return;
            }
            self.try_default_again(now, conn);
        }
        self.wait(now, conn);
    }

    fn try_default_again(&mut self, now: Now, conn: ConnId) {
        let again = now.instant + DEFAULT_AGAIN;
        self.calls.change(conn, |call| call.deadline = Some(again));
        self.timers.set(again, Timer::Step(conn));
    }

    fn release(&mut self, conn: ConnId) {
        let Some(call) = self.calls.call(conn) else { return };
        let dn = call.route_point.clone();
        self.calls.change(conn, |call| call.stage = Stage::Left);
        self.flush(conn);
        self.ask(Request::ReleaseCall { dn, conn });
    }

    /// Sends a call to a place without choosing anybody. False when there is nobody to send it to.
    fn send_to(&mut self, now: Now, conn: ConnId, goal: &Goal) -> bool {
        let Some(call) = self.calls.call(conn) else { return false };
        let Some(plan) = call.plan.clone() else { return false };
        let target = match goal {
            Goal::Agent(agent) => match self.agents.dn_of(agent) {
                Some(dn) => dn.clone(),
                None => return false,
            },
            Goal::Dn(dn) => dn.clone(),
            Goal::Number(number) => Dn::from(number.as_str()),
            Goal::RoutePoint(dn) => dn.clone(),
        };
        // By whatever way: what has come so often goes in a circle.
        if call.hops >= HOPS_MAX {
            self.release(conn);
            return true;
        }
        let dn = call.route_point.clone();
        let user_data = crate::attach::goal(call, conn, &plan, &target);
        self.ask(Request::UpdateUserData { dn: dn.clone(), conn, user_data });
        let no_answer = crate::attach::no_answer(&plan);
        let reference = self.ask(Request::RouteCall { dn, conn, target, no_answer });
        self.calls.change(conn, |call| {
            call.attach = KvList::new();
            call.hops += 1;
            call.stage = Stage::Sent { to: goal.clone(), reference };
        });
        self.timers.set(now.instant + RETURN_LIMIT, Timer::Sent(reference));
        true
    }

    /// A call that was sent somewhere has left its route point.
    pub(crate) fn sent_call_left(&mut self, now: Now, conn: ConnId, to: &Goal) {
        let goes_on = matches!(to, Goal::RoutePoint(_));
        let Some(call) = self.calls.call(conn) else { return };
        let rings_s = call.plan.as_ref().map_or(0, |plan| plan.source.no_answer_s);
        self.calls.change(conn, |call| {
            call.stage = Stage::Left;
            // The next strategy is begun, even if it is the same one.
            if goes_on {
                call.began_at = None;
            }
        });
        if !goes_on {
            // When it comes back this was in vain.
            self.step_on(conn);
        }
        let rings = std::time::Duration::from_secs(u64::from(rings_s));
        self.timers.set(now.instant + RETURN_LIMIT + rings, Timer::Return(conn));
    }

    /// The switch would not send the call there: its strategy goes on.
    pub(crate) fn send_failed(&mut self, now: Now, conn: ConnId) {
        self.calls.change(conn, |call| call.stage = Stage::Waiting);
        let is_through = |call: &Call| {
            let plan = call.plan.as_ref();
            plan.is_none_or(|plan| call.at >= plan.ops.len())
        };
        if self.calls.call(conn).is_some_and(is_through) {
            self.try_default_again(now, conn);
        } else {
            self.step_on(conn);
        }
        self.go_on(now, conn);
    }
}

/// Further teams, with the shares that are said last.
pub(crate) fn add(known: &mut Vec<(Arc<Team>, u32)>, teams: Vec<(Arc<Team>, u32)>) {
    for (team, weight) in teams {
        match known.iter_mut().find(|(known, _)| known.key == team.key) {
            Some(same) => *same = (team, weight),
            None => known.push((team, weight)),
        }
    }
}

/// Puts pairs into a list, in place of those with the same keys.
pub fn update(list: &mut KvList, pairs: &KvList) {
    for (key, value) in pairs.clone() {
        list.update(key, value);
    }
}

/// How often strategies send one call somewhere; beyond, it goes in a circle and is released.
const HOPS_MAX: u32 = 16;
