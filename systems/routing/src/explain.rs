//! Why a call waits and why an agent gets none, in words for a supervisor.

use model::{AgentState, ConnId, Dn, Now, strategy::Goal};

use crate::{
    Router,
    agents::Seat,
    calls::{Call, Stage},
    plan::Plan,
};

impl Router {
    /// Why a call is where it is; `None` when the router has nothing to do with it.
    #[must_use]
    pub fn explain(&self, now: Now, conn: ConnId) -> Option<String> {
        let call = self.calls.call(conn)?;
        let waited = now.instant.saturating_duration_since(call.entered.instant).as_secs();
        Some(match &call.stage {
            Stage::Left => format!("The call is between {} and a phone.", call.route_point),
            Stage::Offered { dn, .. } => format!("The call is being sent to {dn}."),
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
        })
    }

    /// Why the agent at a DN gets no call now.
    #[must_use]
    pub fn explain_agent(&self, now: Now, dn: &Dn) -> String {
        let Some(seat) = self.agents.seat(dn) else {
            return format!("Nobody has logged in at {dn} and no phone has registered there.");
        };
        if let Some(obstacle) = obstacle(seat) {
            return format!("{dn} gets no call: {obstacle}.");
        }
        let idle = seat
            .idle_since
            .map_or(0, |since| now.instant.saturating_duration_since(since).as_secs());
        let suited: Vec<&str> = self
            .plans
            .values()
            .filter(|plan| plan.teams().any(|team| self.agents.suits(dn, team)))
            .map(|plan| plan.strategy.as_str())
            .collect();
        if suited.is_empty() {
            return format!("{dn} gets no call: the agent's skills satisfy no strategy.");
        }
        let ahead = self.agents.available().take_while(|other| *other != dn).count();
        format!(
            "{dn} is available for {idle} s and gets the next call of {}; {ahead} available \
             agents have been ready longer.",
            suited.join(", ")
        )
    }

    fn why_it_waits(
        &self,
        now: Now,
        conn: ConnId,
        (call, plan): (&Call, &Plan),
        waited: u64,
    ) -> String {
        let suited: Vec<&Seat> = self
            .agents
            .seats()
            .filter(|(dn, seat)| {
                let mut teams = call.teams.iter().map(|(team, _)| team);
                seat.agent.is_some() && teams.any(|team| self.agents.suits(dn, team))
            })
            .map(|(_, seat)| seat)
            .collect();
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
            0 => "none of their agents is logged in".to_owned(),
            many => {
                format!("of {many} agents who may take it none is free ({})", reasons.join("; "))
            }
        };
        format!(
            "Waiting for {waited} s at {} for `{}` (strategy {}, priority {}): {who}. Calls ahead: \
             {}. Offered {} times so far.",
            call.route_point,
            crate::attach::requested(call),
            plan.strategy,
            call.priority_now(now),
            self.calls.ahead_of(now, conn),
            call.offers
        )
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

fn place(goal: &Goal) -> String {
    match goal {
        Goal::Agent(agent) => format!("agent {agent}"),
        Goal::Dn(dn) => dn.to_string(),
        Goal::Number(number) => number.clone(),
        Goal::RoutePoint(dn) => format!("route point {dn}"),
    }
}
