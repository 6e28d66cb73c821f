//! A page goes away in a call and comes back: the others wait with music meanwhile.

use model::{Dn, LegId, Now, leg::Cause};

use crate::{LegUse, Switch, call::Party, dn::Line, timers::Timer};

impl Switch {
    /// A leg's connection is gone. A caller's is taken as hung up: nobody would call back.
    pub(crate) fn leg_lost(&mut self, now: Now, leg: LegId) {
        let is_up = self.called_by(leg).is_none();
        let dn = match self.legs.get(&leg) {
            Some(LegUse::Dn(dn)) if is_up => dn.clone(),
            Some(LegUse::Dn(_) | LegUse::Call(_) | LegUse::Leaving) | None => {
                return self.leg_ended(now, leg, Cause::Unreachable);
            }
        };
        let talks = Party::is_in;
        let calls = self.dns.calls(&dn).to_vec();
        let has_talk = calls
            .iter()
            .any(|conn| self.calls.get(conn).and_then(|call| call.ours(&dn)).is_some_and(talks));
        let line = self.dns.extension(&dn).map(|extension| extension.line).unwrap_or_default();
        if line.leg != Some(leg) || line.is_resuming || !has_talk {
            return self.leg_ended(now, leg, Cause::Unreachable);
        }
        self.forget_leg(leg);
        self.dns.entry(&dn).line.leg = None;
        for conn in calls {
            // What it was dialling is over; what it talked in waits.
            let party = self.calls.get(&conn).and_then(|call| call.ours(&dn));
            match party.map(|party| (party.id, talks(party))) {
                Some((id, false)) => self.leave(now, id, None),
                Some((_, true)) => self.patch(conn),
                None => {}
            }
        }
        self.timers.set(Timer::Resume(dn.clone()), now.instant + self.settings.recovery);
        self.meter.call_lost_its_page();
        // The new page can register before the old one's connection is found dead.
        self.call_back(&dn);
    }

    /// Calls the DN's phone back into the calls that wait for it, if there are any, and if the
    /// phone is another than the one that went away.
    pub(crate) fn call_back(&mut self, dn: &Dn) {
        let Some(extension) = self.dns.extension(dn) else { return };
        let is_awaited = self.timers.is_set(&Timer::Resume(dn.clone()));
        let is_new = extension.bindings > extension.line.bindings;
        if !extension.in_service || !is_awaited || !is_new || extension.line.leg.is_some() {
            return;
        }
        let bindings = extension.bindings;
        let talks = |conn: &&model::ConnId| {
            let party = self.calls.get(conn).and_then(|call| call.ours(dn));
            party.is_some_and(|party| party.talks())
        };
        // The INVITE names the call that is talked in.
        let calls = &extension.calls;
        let Some(conn) = calls.iter().find(talks).or_else(|| calls.first()).copied() else {
            return;
        };
        if let Some(leg) = self.ring_leg(conn, dn, true) {
            self.dns.entry(dn).line = Line { is_resuming: true, ..Line::to(leg, bindings) };
        }
    }

    /// A phone hung up and has somebody on hold: it rings for that call, which must not be
    /// forgotten.
    pub(crate) fn recall(&mut self, now: Now, dn: &Dn) {
        let Some(conn) = self.dns.calls(dn).first().copied() else { return };
        let leg = match self.dns.is_in_service(dn) {
            true => self.ring_leg(conn, dn, false),
            false => None,
        };
        let Some(leg) = leg else { return self.page_did_not_return(now, dn) };
        let line = Line { is_resuming: true, recalls: true, ..Line::to(leg, self.bindings(dn)) };
        self.dns.entry(dn).line = line;
        self.timers.set(Timer::Resume(dn.clone()), now.instant + self.settings.direct_ring_limit);
        self.patch(conn);
    }

    /// The page is back in its calls. Nobody was told of a release, so nobody is told of this.
    pub(crate) fn reconnect(&mut self, now: Now, leg: LegId, dn: &Dn) {
        let Some(extension) = self.dns.extension_mut(dn) else { return };
        if extension.line.leg != Some(leg) || !extension.line.is_resuming {
            return;
        }
        extension.line.is_resuming = false;
        extension.line.bindings = extension.bindings;
        let recalls = std::mem::take(&mut extension.line.recalls);
        self.timers.cancel(&Timer::Resume(dn.clone()));
        for conn in self.dns.calls(dn).to_vec() {
            self.patch(conn);
            if recalls {
                self.set_held(now, conn, dn, false, None);
            }
        }
    }

    /// The phone that was called back failed: the page was reloaded once more, say. One that
    /// registered meanwhile gets its turn at once, else the next one to register. A phone that
    /// rang for a call on hold and was not answered has had its turn.
    pub(crate) fn resume_failed(&mut self, now: Now, dn: &Dn) {
        let line = &mut self.dns.entry(dn).line;
        line.leg = None;
        line.is_resuming = false;
        if std::mem::take(&mut line.recalls) {
            self.timers.cancel(&Timer::Resume(dn.clone()));
            return self.page_did_not_return(now, dn);
        }
        self.call_back(dn);
    }

    /// The page did not come back in time.
    pub(crate) fn page_did_not_return(&mut self, now: Now, dn: &Dn) {
        for conn in self.dns.calls(dn).to_vec() {
            if let Some(id) = self.id_of(conn, dn) {
                self.drop_out(now, id);
            }
        }
    }
}
