//! RequestApplyTreatment: what a caller at a route point hears.

use model::{
    ConnId, Dn, EventName, KvList, Now, TError, error::Refusal, leg::Progress, request::Treatment,
};

use crate::{Switch, call::Call, outbox::Draft, request::Asker};

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
        let call = self.part_of(conn, dn)?;
        if call.held_at() != Some(dn) || call.alerting().is_some() {
            let state = match call.alerting() {
                Some(_) => "ringing",
                None => call.state_in_words(dn, &self.dns),
            };
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!(
                    "Call {conn} is {state}; a treatment is for calls that wait at a route point.",
                ),
            ));
        }
        self.out.accept(asker.id);
        self.end_treatment(now, conn);
        let Some(call) = self.calls.get_mut(&conn) else { return Ok(()) };
        if let Some(queue) = &mut call.queue {
            queue.treatment = Some(treatment);
        }
        self.tell_waiting(conn, Progress::EarlyMedia);
        self.patch(conn);
        let draft = Draft::new(EventName::TreatmentApplied, dn)
            .reference(Some(asker.id))
            .extensions(treatment_type(treatment));
        self.say(now, conn, draft);
        Ok(())
    }

    /// EventTreatmentEnd, when the caller hears a treatment.
    pub(crate) fn end_treatment(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let Some((route_point, treatment)) = take_treatment(call) else { return };
        let draft =
            Draft::new(EventName::TreatmentEnd, &route_point).extensions(treatment_type(treatment));
        self.say(now, conn, draft);
    }
}

fn take_treatment(call: &mut Call) -> Option<(Dn, Treatment)> {
    let queue = call.queue.as_mut()?;
    Some((queue.route_point.clone(), queue.treatment.take()?))
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
