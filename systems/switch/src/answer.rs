//! RequestAnswerCall, and a phone's answer however it came about.

use std::time::Duration;

use model::{
    ConnId, Dn, EventName, KvList, LegId, Now, TError, error::Refusal, leg::LegCommand,
    media::MediaCommand,
};

use crate::{
    Switch,
    call::{Call, Established, Stage, Told},
    outbox::Draft,
    request::Asker,
    timers::Timer,
};

impl Switch {
    /// Tells the phone to answer. One that was called and has not said 180 yet is told when it
    /// does: the click can be faster than the phone.
    pub(crate) fn answer_call(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        let call = self.party(conn, dn)?;
        let stage = call.stage_in_words();
        let answer_by = now.instant + self.settings.answer_limit;
        let Some(Call { stage: Stage::Alerting(alerting), .. }) = self.calls.get_mut(&conn) else {
            return Err(not_ringing(conn, dn, stage));
        };
        if alerting.dn != *dn {
            return Err(not_ringing(conn, dn, stage));
        }
        if alerting.answer.is_some() {
            return Err(Refusal::new(
                TError::AlreadyInState,
                format!("Call {conn} is being answered already; wait a moment."),
            ));
        }
        self.out.accept(asker.id);
        alerting.answer = Some(asker.id);
        if let Some(leg) = alerting.leg.filter(|_| alerting.has_rung) {
            self.out.leg(LegCommand::AnswerPhone { leg });
        }
        self.timers.set(Timer::Answer(conn), answer_by);
        // The no-answer time must not cut off an answer on its way.
        let rings_until = alerting.rings_until.max(answer_by + ANSWER_GRACE);
        self.timers.set(Timer::NoAnswer(conn), rings_until);
        Ok(())
    }

    /// The phone says that it did not do what AnswerCall asked.
    pub(crate) fn phone_did_not_answer(&mut self, leg: LegId) {
        let Some(conn) = self.call_of_leg(leg) else { return };
        if self.calls.get(&conn).and_then(Call::callee_leg) == Some(leg) {
            self.answer_overdue(conn);
        }
    }

    /// AnswerCall came to nothing: whoever asked is told, and the call rings on for what is left
    /// of its time, to be answered at the phone itself.
    pub(crate) fn answer_overdue(&mut self, conn: ConnId) {
        let Some(Call { stage: Stage::Alerting(alerting), .. }) = self.calls.get_mut(&conn) else {
            return;
        };
        let Some(asker) = alerting.answer.take() else { return };
        self.timers.cancel(&Timer::Answer(conn));
        self.timers.set(Timer::NoAnswer(conn), alerting.rings_until);
        let dn = &alerting.dn;
        let why = format!(
            "The phone of {dn} did not answer. Look whether the phone page is open and may use the \
             microphone, and answer there.",
        );
        self.out.refuse(asker, dn, Refusal::new(TError::TimedOut, why));
    }

    /// A phone answered (or an offered leg's 200 OK was acknowledged, which changes nothing).
    pub(crate) fn leg_answered(&mut self, now: Now, leg: LegId) {
        let Some(conn) = self.call_of_leg(leg) else { return };
        let Some(call) = self.calls.get(&conn) else { return };
        if call.callee_leg() != Some(leg) {
            return;
        }
        match &call.stage {
            Stage::Alerting(_) => self.establish(now, conn),
            Stage::Resuming(_) => self.reconnect(conn),
            Stage::Queued | Stage::Established(_) => {}
        }
    }

    fn establish(&mut self, now: Now, conn: ConnId) {
        self.timers.cancel(&Timer::NoAnswer(conn));
        self.timers.cancel(&Timer::Answer(conn));
        // A phone may answer without ever having said 180.
        self.divert(now, conn);
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let Stage::Alerting(alerting) = &call.stage else { return };
        let Some(leg) = alerting.leg else { return };
        let (dn, asker) = (alerting.dn.clone(), alerting.answer);
        let bindings = self.dns.extension(&dn).map_or(0, |extension| extension.bindings);
        call.stage = Stage::Established(Established { dn: dn.clone(), leg, bindings });
        let caller_leg = call.caller.leg;
        if call.caller.told < Told::Answered {
            call.caller.told = Told::Answered;
            self.out.leg(LegCommand::Answer { leg: caller_leg });
        }
        self.out.media(MediaCommand::Connect { a: caller_leg, b: leg });
        self.meter.call_answered();
        self.say_established(now, conn, &dn, asker);
    }

    fn say_established(
        &mut self,
        now: Now,
        conn: ConnId,
        dn: &Dn,
        asker: Option<crate::request::AskerId>,
    ) {
        let Some(call) = self.calls.get(&conn) else { return };
        let is_business = call.queue.is_some();
        let mut extensions = KvList::new().with("BusinessCall", i64::from(is_business));
        if let Some(seconds) = self.wrap_up_seconds(dn).filter(|_| is_business) {
            extensions.attach("WrapUpTime", i64::from(seconds));
        }
        let draft = Draft::new(EventName::Established, dn).reference(asker).extensions(extensions);
        self.out.call_event(now, call, &self.dns, draft);
        if let Some(caller) = &call.caller.dn {
            self.out.call_event(now, call, &self.dns, Draft::new(EventName::Established, caller));
        }
    }
}

fn not_ringing(conn: ConnId, dn: &Dn, stage: &str) -> Refusal {
    Refusal::new(
        TError::InvalidCallState,
        format!(
            "Call {conn} does not ring at {dn}: it is {stage}. Only a ringing call can be \
                 answered."
        ),
    )
}

/// The answer's own limit comes first, so that its failure is told before the call moves on.
const ANSWER_GRACE: Duration = Duration::from_millis(1);
