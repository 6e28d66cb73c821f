//! RequestRouteCall: the router has chosen.

use std::time::Duration;

use model::{
    AgentState, ConnId, Dn, DnRole, EventName, KvValue, Now, TError,
    error::Refusal,
    request::{NoAnswer, NoAnswerAction},
};

use crate::{
    Switch,
    call::Overflow,
    outbox::Draft,
    queue::RECALLS_MAX,
    reach::{Destination, Ringing, no_trunk},
    record::RouteRecord,
    release::Ending,
    request::Asker,
};

impl Switch {
    /// Sends a call that waits at `dn` to `target`.
    pub(crate) fn route_call(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        target: &Dn,
        no_answer: NoAnswer,
    ) -> Result<(), Refusal> {
        let call = self.part_of(conn, dn)?;
        if call.held_at() != Some(dn) || call.alerting().is_some() {
            let state = match call.alerting() {
                Some(_) => "ringing",
                None => call.state_in_words(dn, &self.dns),
            };
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!(
                    "Call {conn} is {state}; only a call that waits at its route point can be \
                     routed.",
                ),
            ));
        }
        let destination = self.route_target(now, target)?;
        let no_answer = no_answer_of(asker, no_answer)?;
        let overflow = self.overflow_of(asker)?;
        let record = RouteRecord::of(asker)?;

        self.out.accept(asker.id);
        let seconds = no_answer.timeout_s.clamp(1, NO_ANSWER_S_MAX);
        let no_answer = NoAnswer { timeout_s: seconds, ..no_answer };
        let until = now.instant + Duration::from_secs(u64::from(seconds));
        let draft = Draft::new(EventName::RouteUsed, dn)
            .third(target, DnRole::Destination)
            .reference(Some(asker.id))
            .reasons(asker.reasons.clone())
            .extensions(asker.extensions.clone());
        self.say(now, conn, draft);
        let auto_answer = asker.extensions.int("AUTO_ANSWER").map(|number| number != 0);
        let ringing = Ringing {
            no_answer: Some(no_answer),
            auto_answer,
            overflow,
            record: record.and_then(RouteRecord::of_target),
            ..Ringing::directly(until)
        };
        if record == Some(RouteRecord::Source) {
            self.record_caller(conn);
        }
        match destination {
            Destination::RoutePoint(next) => self.send_on(now, conn, &next),
            Destination::Extension(_) | Destination::Outside(..) => {
                self.reach(now, conn, destination, ringing);
            }
        }
        Ok(())
    }

    /// Leads a call from one route point to another. It has waited since it came to the first.
    fn send_on(&mut self, now: Now, conn: ConnId, next: &Dn) {
        self.end_treatment(now, conn);
        let Some(queue) = self.calls.get(&conn).and_then(|call| call.queue.as_ref()) else {
            return;
        };
        let before = queue.route_point.clone();
        let draft = Draft::new(EventName::Diverted, &before).third(next, DnRole::Destination);
        self.say_last(now, conn, draft);
        let Some(queue) = self.calls.get_mut(&conn).and_then(|call| call.queue.as_mut()) else {
            return;
        };
        queue.route_point = next.clone();
        // What goes in a circle ends as what comes back too often does.
        queue.recalls += 1;
        let is_hopeless = queue.recalls > RECALLS_MAX;
        self.say_queued(now, conn);
        match is_hopeless {
            true => self.end_call(now, conn, &Ending::Overflowed),
            false => self.ask_for_route(now, conn),
        }
    }

    fn route_target(&self, now: Now, target: &Dn) -> Result<Destination, Refusal> {
        match self.destination(target.as_str(), true) {
            Some(Destination::Extension(dn)) => {
                self.check_target(&dn)?;
                Ok(Destination::Extension(dn))
            }
            Some(Destination::Outside(outside)) => {
                let found = self.check_outside(now, &outside, None);
                found.map(Destination::Outside).map_err(|_| no_trunk(target.as_str()))
            }
            Some(Destination::RoutePoint(dn)) => Ok(Destination::RoutePoint(dn)),
            None => Err(Refusal::new(
                TError::InvalidDestination,
                format!(
                    "'{target}' is no DN, no route point and no outside number. Route the call to \
                     one of these."
                ),
            )),
        }
    }

    /// NO_ANSWER_OVERFLOW among the request's Extensions.
    fn overflow_of(&self, asker: &Asker) -> Result<Overflow, Refusal> {
        let Some(value) = asker.extensions.value("NO_ANSWER_OVERFLOW") else {
            return Ok(Overflow::Recall);
        };
        let word = match value {
            KvValue::Int(number) => number.to_string(),
            KvValue::List(_) => String::new(),
            KvValue::Str(text) => text.trim().to_owned(),
        };
        match word.as_str() {
            "recall" => Ok(Overflow::Recall),
            "release" => Ok(Overflow::Release),
            number if self.destination(number, true).is_some() => Ok(Overflow::To(word)),
            _ => Err(Refusal::new(
                TError::InvalidAttribute,
                format!(
                    "NO_ANSWER_OVERFLOW '{word}' is no place to go. Give recall, release, or a \
                     number that can be called."
                ),
            )),
        }
    }

    /// A routed call that nobody answered goes where the router wanted it, or back to its route
    /// point while it can't go there.
    pub(crate) fn overflow(&mut self, now: Now, conn: ConnId, from: &Dn, overflow: &Overflow) {
        let number = match overflow {
            Overflow::Recall => return self.return_to_queue(now, conn),
            Overflow::Release => return self.end_call(now, conn, &Ending::Overflowed),
            Overflow::To(number) => number,
        };
        let destination = self.destination(number, true);
        match destination.and_then(|to| self.check_reachable(now, &to, None).ok()) {
            Some(destination) => self.send_to(now, conn, from, destination),
            None => self.return_to_queue(now, conn),
        }
    }

    fn check_target(&self, target: &Dn) -> Result<(), Refusal> {
        if !self.dns.is_in_service(target) {
            return Err(Refusal::new(
                TError::OutOfService,
                format!("Device '{target}' is not registered. Choose another target."),
            ));
        }
        if self.dns.is_busy(target) {
            return Err(Refusal::new(
                TError::DnBusy,
                format!("DN {target} has a call. Choose another target."),
            ));
        }
        // The agent would never become busy, and the whole queue flow out that way.
        if self.dns.extension(target).is_some_and(|extension| extension.forward.is_some()) {
            return Err(Refusal::new(
                TError::InvalidDestination,
                format!("Calls to DN {target} are forwarded. Choose another target."),
            ));
        }
        if self.dns.extension(target).is_some_and(|extension| extension.dnd) {
            return Err(Refusal::new(
                TError::InvalidDestination,
                format!("DN {target} takes no calls (do not disturb). Choose another target."),
            ));
        }
        match self.dns.agent(target).map(|agent| agent.posture.state) {
            None | Some(AgentState::Ready) => Ok(()),
            Some(
                state @ (AgentState::AfterCallWork | AgentState::LoggedOut | AgentState::NotReady),
            ) => Err(Refusal::new(
                TError::InvalidDestination,
                format!("The agent at {target} is {}. Choose another target.", state.as_str()),
            )),
        }
    }
}

/// NO_ANSWER_TIMEOUT and NO_ANSWER_ACTION among the request's Extensions take the place of its own.
fn no_answer_of(asker: &Asker, own: NoAnswer) -> Result<NoAnswer, Refusal> {
    let wrong = |why: String| Refusal::new(TError::InvalidAttribute, why);
    let timeout_s = match asker.extensions.value("NO_ANSWER_TIMEOUT") {
        None => own.timeout_s,
        Some(value) => seconds(value).ok_or_else(|| {
            wrong(format!("NO_ANSWER_TIMEOUT is a number of seconds, 1 to {NO_ANSWER_S_MAX}."))
        })?,
    };
    let action = match asker.extensions.value("NO_ANSWER_ACTION") {
        None => own.action,
        Some(value) => {
            let known = [NoAnswerAction::Logout, NoAnswerAction::None, NoAnswerAction::NotReady];
            let named =
                known.into_iter().find(|action| *value == KvValue::Str(action.as_str().to_owned()));
            named.ok_or_else(|| {
                wrong("NO_ANSWER_ACTION is none of none, notready and logout.".to_owned())
            })?
        }
    };
    Ok(NoAnswer { timeout_s, action })
}

fn seconds(value: &KvValue) -> Option<u32> {
    let seconds = match value {
        KvValue::Int(number) => u32::try_from(*number).ok(),
        KvValue::List(_) => None,
        KvValue::Str(text) => text.trim().parse().ok(),
    };
    seconds.filter(|seconds| (1..=NO_ANSWER_S_MAX).contains(seconds))
}

/// A phone that was routed to rings for an hour at most, whatever the router asks.
const NO_ANSWER_S_MAX: u32 = 3600;
