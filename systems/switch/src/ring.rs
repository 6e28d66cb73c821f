//! A phone is called: it rings, or it does not, or nobody answers it.

use std::time::Instant;

use model::{
    AgentState, CallState, ConnId, Dn, DnRole, EventName, KvList, LegId, Now, WorkMode,
    leg::{Cause, LegCommand},
    media::{MediaCommand, Tune},
    request::{NoAnswer, NoAnswerAction},
};

use crate::{
    LegUse, Switch,
    call::{Alerting, Call, Stage, Told},
    dn::Posture,
    outbox::Draft,
    ready::Change,
    release::Ending,
    request::AskerId,
    timers::Timer,
};

/// Why a phone that was called did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// It rang for the whole time.
    NoAnswer,
    /// It refused, or its agent did by a request.
    Rejected(Option<AskerId>),
    /// It could not be called, or broke off.
    Unreachable,
}

impl Switch {
    /// Calls `dn`'s phone, or the outside number of this name, for the call.
    pub(crate) fn call_phone(
        &mut self,
        conn: ConnId,
        dn: &Dn,
        no_answer: Option<NoAnswer>,
        rings_until: Instant,
    ) {
        let Some(leg) = self.ring_leg(conn, dn, false) else { return };
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let dn = dn.clone();
        if call.leaves_by.is_none() {
            self.dns.seize(&dn, conn);
        }
        call.stage = Stage::Alerting(Alerting {
            bindings: self.dns.extension(&dn).map_or(0, |extension| extension.bindings),
            dn,
            leg: Some(leg),
            has_rung: false,
            no_answer,
            rings_until,
            answer: None,
        });
        self.timers.set(Timer::NoAnswer(conn), rings_until);
    }

    /// A new leg towards `dn`'s phone, or towards the outside number that the call leaves for.
    pub(crate) fn ring_leg(&mut self, conn: ConnId, dn: &Dn, resume: bool) -> Option<LegId> {
        let call = self.calls.get(&conn)?;
        let leg = LegId(self.next_leg);
        self.next_leg += 1;
        self.legs.insert(leg, LegUse::Of(conn));
        let (uuid, from, from_name) =
            (call.uuid, call.caller.number.clone(), call.caller.name.clone());
        self.out.leg(match call.leaves_by.clone() {
            None => LegCommand::Ring { leg, dn: dn.clone(), uuid, from, from_name, resume },
            Some(trunk) => {
                LegCommand::Dial { leg, trunk, number: dn.to_string(), uuid, from, from_name }
            }
        });
        Some(leg)
    }

    /// EventRinging.
    pub(crate) fn say_ringing(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.get(&conn) else { return };
        if let Stage::Alerting(alerting) = &call.stage {
            let draft = Draft::new(EventName::Ringing, &alerting.dn)
                .extensions(ringing_extensions(call, alerting));
            self.out.call_event(now, call, &self.dns, draft);
        }
    }

    /// The phone's own 180.
    pub(crate) fn leg_rings(&mut self, now: Now, leg: LegId) {
        let Some(conn) = self.call_of_leg(leg) else { return };
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let Stage::Alerting(alerting) = &mut call.stage else { return };
        if alerting.leg != Some(leg) || alerting.has_rung {
            return;
        }
        alerting.has_rung = true;
        let is_asked_to_answer = alerting.answer.is_some();
        let caller = (call.caller.leg, call.caller.told);
        self.divert(now, conn);
        match caller {
            (_, Told::Nothing) => self.tell_caller_ringing(conn),
            (leg, Told::EarlyMedia) => {
                self.out.media(MediaCommand::Play { leg, tune: Tune::RingBack });
            }
            (_, Told::Ringing | Told::Answered) => {}
        }
        if is_asked_to_answer {
            self.out.leg(LegCommand::AnswerPhone { leg });
        }
    }

    /// The call leaves its route point for the phone that rings, if it is there still.
    pub(crate) fn divert(&mut self, now: Now, conn: ConnId) {
        self.end_treatment(now, conn);
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let (Some(queue), Stage::Alerting(alerting)) = (&mut call.queue, &call.stage) else {
            return;
        };
        if !std::mem::replace(&mut queue.holds, false) {
            return;
        }
        let route_point = queue.route_point.clone();
        let draft =
            Draft::new(EventName::Diverted, &route_point).third(&alerting.dn, DnRole::Destination);
        self.out.call_event(now, call, &self.dns, draft);
    }

    /// The leg of a phone that was called is over, unanswered. When the DN has another phone
    /// already that one is rung; when it has none, one is awaited.
    pub(crate) fn alerting_phone_gone(&mut self, now: Now, conn: ConnId, why: Unanswered) {
        let Some(Call { stage: Stage::Alerting(alerting), .. }) = self.calls.get_mut(&conn) else {
            return;
        };
        let dn = alerting.dn.clone();
        match (why, self.dns.extension(&dn)) {
            (Unanswered::Unreachable, Some(extension))
                if !extension.in_service || extension.bindings > alerting.bindings =>
            {
                alerting.leg = None;
                alerting.has_rung = false;
                let until = now.instant + self.settings.phone_return;
                self.timers.set(Timer::PhoneBack(conn), until);
                self.ring_again(&dn);
            }
            (Unanswered::Unreachable, Some(_) | None)
            | (Unanswered::NoAnswer | Unanswered::Rejected(_), _) => {
                self.phone_unanswered(now, conn, why);
            }
        }
    }

    /// Rings the DN's new phone for the call that an earlier one never rang for, or went away
    /// from.
    pub(crate) fn ring_again(&mut self, dn: &Dn) {
        let Some(extension) = self.dns.extension(dn).filter(|extension| extension.in_service)
        else {
            return;
        };
        let (Some(conn), bindings) = (extension.call, extension.bindings) else { return };
        let Some(Call { stage: Stage::Alerting(alerting), .. }) = self.calls.get(&conn) else {
            return;
        };
        if alerting.dn != *dn || alerting.has_rung || alerting.bindings >= bindings {
            return;
        }
        self.timers.cancel(&Timer::PhoneBack(conn));
        if let Some(leg) = alerting.leg {
            self.let_leg_go(leg, Cause::Redirected);
        }
        let leg = self.ring_leg(conn, dn, false);
        if let Some(Call { stage: Stage::Alerting(alerting), .. }) = self.calls.get_mut(&conn) {
            alerting.leg = leg;
            alerting.bindings = bindings;
        }
    }

    /// The time for answering is over.
    pub(crate) fn no_answer(&mut self, now: Now, conn: ConnId) {
        let Some(Call { stage: Stage::Alerting(alerting), .. }) = self.calls.get(&conn) else {
            return;
        };
        // A phone that never even rang has a fault; its person did nothing wrong.
        let why = match alerting.has_rung {
            true => Unanswered::NoAnswer,
            false => Unanswered::Unreachable,
        };
        self.phone_unanswered(now, conn, why);
    }

    /// The phone did not answer: it is let go, its agent is no longer Ready, and the call goes
    /// back to its route point, or ends when it came to this phone directly.
    pub(crate) fn phone_unanswered(&mut self, now: Now, conn: ConnId, why: Unanswered) {
        let Some(call) = self.calls.get(&conn) else { return };
        let Stage::Alerting(alerting) = &call.stage else { return };
        let (dn, leg, no_answer) = (alerting.dn.clone(), alerting.leg, alerting.no_answer);
        self.meter.phone_unanswered(why);
        if call.queue.is_none() {
            return self.end_call(now, conn, &Ending::Unanswered(why));
        }
        for timer in Timer::all_of(conn) {
            self.timers.cancel(&timer);
        }
        let draft = Draft::new(EventName::Released, &dn)
            .state(why.call_state())
            .reference(why.asker())
            .extensions(KvList::new().with("BusinessCall", 1));
        self.out.call_event(now, call, &self.dns, draft);
        self.dns.free(&dn);
        if let Some(leg) = leg {
            self.let_leg_go(leg, why.cause());
        }
        self.punish(now, &dn, why, no_answer);
        self.return_to_queue(now, conn);
        self.forget_if_unconfigured(now, &dn);
    }

    /// What becomes of the agent whose phone did not answer a routed call. A state that the agent
    /// chose meanwhile is left alone.
    fn punish(&mut self, now: Now, dn: &Dn, why: Unanswered, no_answer: Option<NoAnswer>) {
        let action = match why {
            Unanswered::NoAnswer => no_answer.map_or(NoAnswerAction::NotReady, |n| n.action),
            Unanswered::Rejected(_) | Unanswered::Unreachable => NoAnswerAction::NotReady,
        };
        match action {
            NoAnswerAction::Logout => self.log_out(now, dn, Change::default()),
            NoAnswerAction::None => {}
            NoAnswerAction::NotReady => {
                let is_ready = |agent: &crate::dn::Agent| agent.posture.state == AgentState::Ready;
                if self.dns.agent(dn).is_some_and(is_ready) {
                    let reason = why.reason();
                    let posture = Posture::not_ready(WorkMode::AuxWork, Some(reason.to_owned()));
                    self.change_posture(now, dn, posture, Change::because(reason));
                }
            }
        }
    }
}

impl Unanswered {
    /// What a leg's end says about a phone that was called.
    pub fn from_cause(cause: Cause) -> Self {
        match cause {
            Cause::Busy | Cause::Rejected => Self::Rejected(None),
            Cause::NoAnswer => Self::NoAnswer,
            Cause::Cancelled
            | Cause::Failure
            | Cause::Forbidden
            | Cause::NoCommonCodec
            | Cause::Normal
            | Cause::Overloaded
            | Cause::Redirected
            | Cause::Unallocated
            | Cause::Unreachable => Self::Unreachable,
        }
    }

    /// AttributeCallState of EventReleased at the phone.
    pub fn call_state(self) -> CallState {
        match self {
            Self::NoAnswer => CallState::NoAnswer,
            Self::Rejected(_) => CallState::Redirected,
            Self::Unreachable => CallState::GeneralError,
        }
    }

    /// Why the phone's leg ends, and a direct caller's.
    pub fn cause(self) -> Cause {
        match self {
            Self::NoAnswer => Cause::NoAnswer,
            Self::Rejected(_) => Cause::Rejected,
            Self::Unreachable => Cause::Unreachable,
        }
    }

    /// The agent's not-ready reason.
    fn reason(self) -> &'static str {
        match self {
            Self::NoAnswer => "No answer",
            Self::Rejected(_) => "Call rejected",
            Self::Unreachable => "Phone not reachable",
        }
    }

    /// Who refused by a request.
    pub fn asker(self) -> Option<AskerId> {
        match self {
            Self::Rejected(asker) => asker,
            Self::NoAnswer | Self::Unreachable => None,
        }
    }
}

fn ringing_extensions(call: &Call, alerting: &Alerting) -> KvList {
    let mut extensions = KvList::new().with("BusinessCall", i64::from(call.queue.is_some()));
    if !call.caller.number.is_empty() {
        extensions.attach("OriginationDN", call.caller.number.as_str());
    }
    if let Some(no_answer) = alerting.no_answer {
        extensions.attach("NO_ANSWER_TIMEOUT", i64::from(no_answer.timeout_s));
        extensions.attach("NO_ANSWER_ACTION", no_answer.action.as_str());
        extensions.attach("NO_ANSWER_OVERFLOW", "recall");
    }
    extensions
}
