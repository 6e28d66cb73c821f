//! A page goes away in a call and comes back: the customer waits with music meanwhile.

use model::{
    ConnId, Dn, LegId, Now,
    media::{MediaCommand, Tune},
};

use crate::{
    Switch,
    call::{Call, Established, Resuming, Stage},
    release::Ending,
    ring::Unanswered,
    timers::Timer,
};

impl Switch {
    /// A leg's connection is gone. The caller's is taken as hung up: nobody would call back.
    pub(crate) fn leg_lost(&mut self, now: Now, leg: LegId) {
        let conn = self.call_of_leg(leg);
        self.forget_leg(leg);
        let Some(call) = conn.and_then(|conn| self.calls.get_mut(&conn)) else { return };
        let conn = call.conn;
        if call.caller.leg == leg {
            return self.end_call(now, conn, &Ending::Caller(None));
        }
        if call.leaves_by.is_some() {
            return self.end_call(now, conn, &Ending::Dropped);
        }
        let Stage::Established(Established { dn, bindings, .. }) = &call.stage else {
            return match &call.stage {
                Stage::Alerting(_) => self.alerting_phone_gone(now, conn, Unanswered::Unreachable),
                Stage::Resuming(_) => self.resume_failed(conn, leg),
                Stage::Established(_) | Stage::Queued => {}
            };
        };
        let (dn, bindings) = (dn.clone(), *bindings);
        call.stage = Stage::Resuming(Resuming { dn: dn.clone(), leg: None, bindings });
        self.out.media(MediaCommand::Play { leg: call.caller.leg, tune: Tune::Music });
        self.timers.set(Timer::Resume(conn), now.instant + self.settings.recovery);
        self.meter.call_lost_its_page();
        // The new page can register before the old one's connection is found dead.
        self.call_back(&dn);
    }

    /// Calls the DN's phone back into the call that waits for it, if there is one, and if the
    /// phone is another than the one that went away.
    pub(crate) fn call_back(&mut self, dn: &Dn) {
        let Some(extension) = self.dns.extension(dn) else { return };
        let (Some(conn), true, bindings) =
            (extension.call, extension.in_service, extension.bindings)
        else {
            return;
        };
        let waits = |call: &Call| match &call.stage {
            Stage::Resuming(resuming) => {
                resuming.dn == *dn && resuming.leg.is_none() && resuming.bindings < bindings
            }
            Stage::Alerting(_) | Stage::Established(_) | Stage::Queued => false,
        };
        if !self.calls.get(&conn).is_some_and(waits) {
            return;
        }
        let leg = self.ring_leg(conn, dn, true);
        if let Some(Call { stage: Stage::Resuming(resuming), .. }) = self.calls.get_mut(&conn) {
            resuming.leg = leg;
            resuming.bindings = bindings;
        }
    }

    /// The page is back in the call. Nobody was told of a release, so nobody is told of this.
    pub(crate) fn reconnect(&mut self, conn: ConnId) {
        self.timers.cancel(&Timer::Resume(conn));
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let Stage::Resuming(Resuming { dn, leg: Some(leg), .. }) = &call.stage else { return };
        let (dn, leg) = (dn.clone(), *leg);
        let bindings = self.dns.extension(&dn).map_or(0, |extension| extension.bindings);
        call.stage = Stage::Established(Established { dn, leg, bindings });
        self.out.media(MediaCommand::Connect { a: call.caller.leg, b: leg });
    }

    /// The phone that was called back failed: the page was reloaded once more, say. One that
    /// registered meanwhile gets its turn at once, else the next one to register.
    pub(crate) fn resume_failed(&mut self, conn: ConnId, leg: LegId) {
        let Some(Call { stage: Stage::Resuming(resuming), .. }) = self.calls.get_mut(&conn) else {
            return;
        };
        if resuming.leg == Some(leg) {
            resuming.leg = None;
            let dn = resuming.dn.clone();
            self.call_back(&dn);
        }
    }

    /// The page did not come back in time.
    pub(crate) fn page_did_not_return(&mut self, now: Now, conn: ConnId) {
        self.end_call(now, conn, &Ending::Dropped);
    }
}
