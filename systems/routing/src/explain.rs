//! Why a call waits, why an agent was chosen, and why an agent gets none.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

use model::{
    AgentState, ConnId, Dn, Now,
    explain::{
        AGENTS_TOLD_MAX, AgentExplanation, AgentReason, CallExplanation, Decision, ExplainQuery,
        Explanation, NextStep, TargetExplanation, TeamExplanation,
    },
    strategy::{Choice, Goal},
};

use crate::{
    Router,
    agents::Seat,
    attach::requested,
    calls::{Asked, Call, Stage},
    plan::{Op, Plan, Team},
    teams::Free,
};

/// The last choices.
#[derive(Debug, Default)]
pub struct Decisions(VecDeque<Decision>);

impl Decisions {
    pub fn note(&mut self, decision: Decision) {
        if self.0.len() >= DECISIONS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(decision);
    }

    fn of_call(&self, conn: ConnId) -> Vec<Decision> {
        let conn = conn.to_string();
        self.last(|decision| decision.call == conn)
    }

    /// The last few, in their order.
    fn last(&self, is_it: impl Fn(&Decision) -> bool) -> Vec<Decision> {
        let found = self.0.iter().rev().filter(|decision| is_it(decision));
        let mut found: Vec<Decision> = found.take(DECISIONS_TOLD_MAX).cloned().collect();
        found.reverse();
        found
    }
}

impl Router {
    /// Whatever is asked; `None` when there is no such call or agent.
    #[must_use]
    pub fn explain(&self, now: Now, query: &ExplainQuery) -> Option<Explanation> {
        match query {
            ExplainQuery::Agent(name) => self.explain_agent(now, name).map(Explanation::Agent),
            ExplainQuery::Call(name) => self.explain_call(now, name).map(Explanation::Call),
        }
    }

    /// Why a call is where it is; `None` when the router never had to do with it, or long ago.
    /// `name` is its ConnID or its CallUUID.
    #[must_use]
    pub fn explain_call(&self, now: Now, name: &str) -> Option<CallExplanation> {
        let by_conn = name.parse().ok().filter(|conn| self.calls.call(*conn).is_some());
        let Some(conn) = by_conn.or_else(|| self.calls.conn_of(name)) else {
            return self.explain_routed(name);
        };
        let call = self.calls.call(conn)?;
        let plan = call.plan.as_deref();
        Some(CallExplanation {
            call: conn.to_string(),
            call_uuid: call.uuid.to_string(),
            words: self.words(now, conn, call),
            stage: word(&call.stage),
            route_point: call.route_point.to_string(),
            strategy: plan.map(|plan| plan.strategy.to_string()),
            step: Some(call.at),
            waiting_since: Some(unix_ms(call.entered)),
            priority: Some(call.priority_now(now)),
            position: Some(self.calls.ahead_of(now, conn) + 1),
            expected_wait: Some(self.expected_wait_s(now, conn)),
            offers: call.offers,
            targets: call.teams.iter().map(|(team, _)| self.target(team)).collect(),
            next: plan.map(|plan| next_step(now, call, plan)),
            decisions: self.decisions.of_call(conn),
        })
    }

    /// Why the agent at a DN gets calls or none. `name` is the DN or the agent's employee id;
    /// `None` when nobody knows either.
    #[must_use]
    pub fn explain_agent(&self, now: Now, name: &str) -> Option<AgentExplanation> {
        let dn = Dn::from(name);
        let dn = match self.agents.seat(&dn) {
            Some(_) => dn,
            None => self.agents.dn_of(&name.into()).cloned().or_else(|| self.known_dn(name))?,
        };
        let Some(seat) = self.agents.seat(&dn) else {
            return Some(nobody_yet(&dn));
        };
        let why = obstacle(seat);
        let idle = seat.idle_since.map(|since| seconds_since(now, since));
        let teams = self.teams_of(&dn);
        let words = match (why, idle) {
            (Some(why), _) => format!("{dn} gets no call: {why}."),
            (None, _) if teams.is_empty() => {
                format!("{dn} gets no call: no strategy asks for what the agent can do.")
            }
            (None, idle) => format!(
                "{dn} is available for {} s and gets the next call for {}.",
                idle.unwrap_or_default(),
                teams.iter().map(|team| team.team.as_str()).collect::<Vec<_>>().join(", ")
            ),
        };
        let at = dn.to_string();
        Some(AgentExplanation {
            agent: seat.agent.as_ref().map(ToString::to_string),
            available: self.agents.is_available(&dn),
            words,
            why: why.map(str::to_owned),
            idle,
            teams,
            decisions: self.decisions.last(|decision| decision.dn == at),
            dn: at,
        })
    }

    /// What was decided, and why.
    pub(crate) fn note_decision(&mut self, now: Now, conn: ConnId, team: &Team, dn: &Dn) {
        let Some(call) = self.calls.call(conn) else { return };
        // More are counted by nobody.
        let some = |team| self.agents.free_of(team).take(AGENTS_TOLD_MAX);
        let free: BTreeSet<&Free> = call.teams.iter().flat_map(|(team, _)| some(team)).collect();
        let candidates = free.len().min(AGENTS_TOLD_MAX);
        let decision = Decision {
            at: unix_ms(now),
            call: conn.to_string(),
            strategy: call.plan.as_ref().map(|plan| plan.strategy.to_string()).unwrap_or_default(),
            agent: self.agents.agent(dn).map(ToString::to_string).unwrap_or_default(),
            dn: dn.to_string(),
            team: team.name.to_string(),
            candidates,
            why: match candidates {
                0 | 1 => "the only one who was free".to_owned(),
                _ => reason(call.choose).to_owned(),
            },
        };
        self.decisions.note(decision);
    }

    /// A call that the router has nothing to do with any more.
    fn explain_routed(&self, name: &str) -> Option<CallExplanation> {
        let conn: ConnId = name.parse().ok()?;
        let decisions = self.decisions.of_call(conn);
        let last = decisions.last()?;
        Some(CallExplanation {
            call: conn.to_string(),
            call_uuid: String::new(),
            words: format!(
                "The call went to {} at {} as one of {}: {}.",
                last.agent, last.dn, last.team, last.why
            ),
            stage: "routed",
            route_point: String::new(),
            strategy: Some(last.strategy.clone()),
            step: None,
            waiting_since: None,
            priority: None,
            position: None,
            expected_wait: None,
            offers: u32::try_from(decisions.len()).unwrap_or(u32::MAX),
            targets: Vec::new(),
            next: None,
            decisions,
        })
    }

    fn known_dn(&self, name: &str) -> Option<Dn> {
        let persons = &self.configuration.persons;
        let by_id = || persons.values().find(|person| person.employee_id.as_str() == name);
        let person = persons.get(name).or_else(by_id)?;
        let place = self.configuration.places.get(person.place.as_ref()?)?;
        place.dns.first().cloned()
    }

    fn teams_of(&self, dn: &Dn) -> Vec<TeamExplanation> {
        let mut teams = Vec::new();
        for plan in self.plans.values() {
            for team in plan.teams().filter(|team| self.agents.suits(dn, team)) {
                let before = self.agents.available().take_while(|other| *other != dn);
                teams.push(TeamExplanation {
                    strategy: plan.strategy.to_string(),
                    team: team.name.to_string(),
                    waiting: self.calls.waiting_for(team),
                    ahead: before.filter(|other| self.agents.suits(other, team)).count(),
                });
            }
        }
        teams
    }

    fn target(&self, team: &Team) -> TargetExplanation {
        let seats = || {
            let seats = self.agents.seats().filter(|(_, seat)| seat.agent.is_some());
            seats.filter(|(dn, _)| self.agents.suits(dn, team))
        };
        let reason = |(dn, seat): (&Dn, &Seat)| AgentReason {
            agent: seat.agent.as_ref().map(ToString::to_string).unwrap_or_default(),
            dn: dn.to_string(),
            why: obstacle(seat).unwrap_or("free").to_owned(),
        };
        TargetExplanation {
            team: team.name.to_string(),
            logged_in: seats().count(),
            agents: seats().take(AGENTS_TOLD_MAX).map(reason).collect(),
        }
    }

    fn words(&self, now: Now, conn: ConnId, call: &Call) -> String {
        let waited = seconds_since(now, call.entered.instant);
        match &call.stage {
            Stage::Asking => match call.asks.map(|asks| asks.what) {
                Some(Asked::Webhook) => "A program is asked about the call.".to_owned(),
                Some(Asked::Message) => "The caller leaves a message.".to_owned(),
                Some(Asked::Keys(_) | Asked::Pastime | Asked::Prompt) | None => {
                    "The caller is asked for keys.".to_owned()
                }
            },
            Stage::Left => format!("The call is between {} and a phone.", call.route_point),
            Stage::Offered { dn, .. } => format!("The call is being sent to {dn}."),
            Stage::Resting if call.promise.is_some() => {
                "The caller was not reached and is called again later.".to_owned()
            }
            Stage::Resting => format!(
                "The switch refused to route the call {} times in a row; it is tried again in a \
                 moment. Waiting for {waited} s.",
                crate::REFUSALS_IN_A_ROW_MAX
            ),
            Stage::Ringing { dn } => format!("The phone at {dn} rings for the call."),
            Stage::Sent { to, .. } => format!("The call is being sent to {}.", place(to)),
            Stage::Waiting => match &call.plan {
                Some(plan) => self.why_it_waits(now, conn, (call, plan), waited),
                None => format!(
                    "Route point {} has no strategy that can run: check its strategy in the \
                     configuration. Waiting for {waited} s.",
                    call.route_point
                ),
            },
        }
    }

    fn why_it_waits(
        &self,
        now: Now,
        conn: ConnId,
        (call, plan): (&Call, &Plan),
        waited: u64,
    ) -> String {
        let suits = |dn: &Dn| call.teams.iter().any(|(team, _)| self.agents.suits(dn, team));
        let seats = self.agents.seats().filter(|(dn, seat)| seat.agent.is_some() && suits(dn));
        let suited: Vec<&Seat> = seats.map(|(_, seat)| seat).collect();
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for obstacle in suited.iter().filter_map(|seat| obstacle(seat)) {
            match counts.iter_mut().find(|(known, _)| *known == obstacle) {
                Some((_, count)) => *count += 1,
                None => counts.push((obstacle, 1)),
            }
        }
        let reasons: Vec<String> =
            counts.iter().map(|(obstacle, count)| format!("{count}: {obstacle}")).collect();
        let who = match suited.len() {
            _ if call.teams.is_empty() => "its strategy has not named anybody yet".to_owned(),
            0 => "none of their agents is logged in".to_owned(),
            many => {
                format!("of {many} agents who may take it none is free ({})", reasons.join("; "))
            }
        };
        let what = if call.promise.is_some() { "A call back waits" } else { "Waiting" };
        format!(
            "{what} for {waited} s at {} for `{}` (strategy {}, priority {}): {who}. Calls ahead: \
             {}. Offered {} times so far.",
            call.route_point,
            requested(call),
            plan.strategy,
            call.priority_now(now),
            self.calls.ahead_of(now, conn),
            call.offers
        )
    }
}

fn nobody_yet(dn: &Dn) -> AgentExplanation {
    AgentExplanation {
        agent: None,
        dn: dn.to_string(),
        available: false,
        words: format!("Nobody has logged in at {dn} and no phone has registered there."),
        why: Some("nobody is logged in".to_owned()),
        idle: None,
        teams: Vec::new(),
        decisions: Vec::new(),
    }
}

fn next_step(now: Now, call: &Call, plan: &Plan) -> NextStep {
    let at = call.deadline.map(|deadline| {
        let left = deadline.saturating_duration_since(now.instant);
        unix_ms(now).saturating_add(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
    });
    let step = match plan.ops.get(call.at + 1) {
        _ if at.is_none() && call.asks.is_none() => "waits until somebody is free".to_owned(),
        Some(op) => words_of(op),
        None => match &plan.default {
            Some(goal) => format!("goes to {} (the default)", place(goal)),
            None => "waits until somebody is free".to_owned(),
        },
    };
    NextStep { step, at }
}

fn words_of(op: &Op) -> String {
    match op {
        Op::Attach(_) => "has data attached".to_owned(),
        Op::Callback(_) => "is promised a call back".to_owned(),
        Op::Collect(_) => "is asked for keys".to_owned(),
        Op::Jump(_) => "goes on with the next step".to_owned(),
        Op::Play(_) => "hears something".to_owned(),
        Op::Priority { .. } => "gets another priority".to_owned(),
        Op::Release => "is released".to_owned(),
        Op::Route(goal) => format!("goes to {}", place(goal)),
        Op::Target(targeting) => {
            let teams: Vec<&str> = targeting
                .to
                .iter()
                .map(|(wish, _)| match wish {
                    crate::plan::Wish::LastAgent { .. } => "the last agent",
                    crate::plan::Wish::Team(team) => &*team.name,
                })
                .collect();
            format!("waits for {}", teams.join(", "))
        }
        Op::Unless(..) => "goes one way or the other".to_owned(),
        Op::Voicemail(voicemail) => format!("leaves a message for {}", voicemail.mailbox),
        Op::Webhook(webhook, _) => format!("is asked about at {}", webhook.url),
    }
}

/// Why no call can be sent to a seat now.
fn obstacle(seat: &Seat) -> Option<&'static str> {
    match seat.state {
        AgentState::AfterCallWork => return Some("in after-call work"),
        AgentState::LoggedOut => return Some("nobody is logged in"),
        AgentState::NotReady => return Some("not ready"),
        AgentState::Ready => {}
    }
    if !seat.in_service {
        Some("the phone is not registered")
    } else if seat.is_dnd {
        Some("does not want to be disturbed")
    } else if seat.is_forwarded {
        Some("calls are forwarded")
    } else if !seat.calls.is_empty() {
        Some("on a call")
    } else if seat.claim.is_some() {
        Some("a call is on its way there")
    } else if seat.aside_until.is_some() {
        Some("the last attempt to route there failed a moment ago")
    } else {
        None
    }
}

fn reason(choice: Choice) -> &'static str {
    match choice {
        Choice::LeastOccupied => "the smallest share of time on calls",
        Choice::LeastSkilled => "the lowest levels that suffice",
        Choice::LongestIdle => "ready for the longest time",
        Choice::MostSkilled => "the highest levels",
        Choice::RoundRobin => "whose turn it was",
        Choice::Weighted => "of the team that has had the smallest part of its share",
    }
}

fn word(stage: &Stage) -> &'static str {
    match stage {
        Stage::Asking => "asking",
        Stage::Left => "left",
        Stage::Offered { .. } => "offered",
        Stage::Resting => "resting",
        Stage::Ringing { .. } => "ringing",
        Stage::Sent { .. } => "sent",
        Stage::Waiting => "waiting",
    }
}

fn place(goal: &Goal) -> String {
    match goal {
        Goal::Agent(agent) => format!("agent {agent}"),
        Goal::Dn(dn) => dn.to_string(),
        Goal::Number(number) => number.clone(),
        Goal::RoutePoint(dn) => format!("route point {dn}"),
    }
}

fn seconds_since(now: Now, at: Instant) -> u64 {
    now.instant.saturating_duration_since(at).as_secs()
}

fn unix_ms(at: Now) -> u64 {
    u64::try_from(at.unix.as_millis()).unwrap_or(u64::MAX)
}

/// Choices that are remembered; beyond, the oldest is forgotten.
const DECISIONS_MAX: usize = 10_000;
/// Choices that are told of one call or agent.
const DECISIONS_TOLD_MAX: usize = 20;
