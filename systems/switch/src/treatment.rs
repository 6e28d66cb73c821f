//! RequestApplyTreatment: what a caller at a route point hears.

use model::{
    ConnId, Dn, EventName, KvList, Now, TError,
    error::Refusal,
    leg::{LegCommand, Progress},
    media::{MediaCommand, Tune},
    request::Treatment,
};

use crate::{
    Switch,
    call::{Call, Told},
    outbox::Draft,
    request::Asker,
};

impl Switch {
    /// Plays to the caller from now on. The first treatment turns ring-back into early media.
    pub(crate) fn apply_treatment(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
        treatment: Treatment,
    ) -> Result<(), Refusal> {
        let call = self.party(conn, dn)?;
        if call.held_at() != Some(dn) || call.callee().is_some() {
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!(
                    "Call {conn} is {}; a treatment is for calls that wait at a route point.",
                    call.stage_in_words()
                ),
            ));
        }
        self.out.accept(asker.id);
        self.end_treatment(now, conn);
        let Some(call) = self.calls.get_mut(&conn) else { return Ok(()) };
        let leg = call.caller.leg;
        if call.caller.told < Told::EarlyMedia {
            call.caller.told = Told::EarlyMedia;
            self.out.leg(LegCommand::Progress { leg, progress: Progress::EarlyMedia });
        }
        self.out.media(MediaCommand::Play { leg, tune: tune(treatment) });
        if let Some(queue) = &mut call.queue {
            queue.treatment = Some(treatment);
        }
        let draft = Draft::new(EventName::TreatmentApplied, dn)
            .reference(Some(asker.id))
            .extensions(treatment_type(treatment));
        self.out.call_event(now, call, &self.dns, draft);
        Ok(())
    }

    /// EventTreatmentEnd, when the caller hears a treatment.
    pub(crate) fn end_treatment(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let Some((route_point, treatment)) = take_treatment(call) else { return };
        let draft =
            Draft::new(EventName::TreatmentEnd, &route_point).extensions(treatment_type(treatment));
        self.out.call_event(now, call, &self.dns, draft);
    }
}

fn take_treatment(call: &mut Call) -> Option<(Dn, Treatment)> {
    let queue = call.queue.as_mut()?;
    Some((queue.route_point.clone(), queue.treatment.take()?))
}

fn tune(treatment: Treatment) -> Tune {
    match treatment {
        Treatment::Music => Tune::Music,
        Treatment::RingBack => Tune::RingBack,
        Treatment::Silence => Tune::Silence,
    }
}

/// AttributeTreatmentType with T-Library's numbers, among the Extensions.
fn treatment_type(treatment: Treatment) -> KvList {
    let number = match treatment {
        Treatment::Music => 2,
        Treatment::RingBack => 3,
        Treatment::Silence => 4,
    };
    KvList::new().with("TreatmentType", number)
}
