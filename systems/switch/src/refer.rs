//! A phone sends its call elsewhere by itself (REFER).

use model::{Capability, ConnId, Dn, LegId, Now, TError, error::Refusal, leg::LegCommand};

use crate::{LegUse, Switch, call::State, reach::Destination};

impl Switch {
    /// Does what RequestSingleStepTransfer does, and tells the phone the outcome. A REFER with
    /// Replaces names another leg of the phone, which a DN of ours never has.
    pub(crate) fn phone_refers(
        &mut self,
        now: Now,
        leg: LegId,
        target: &str,
        replaces: Option<LegId>,
    ) {
        let Some(LegUse::Dn(dn)) = self.legs.get(&leg) else {
            return self.out.leg(LegCommand::ReferDone { leg, status: 403 });
        };
        let dn = dn.clone();
        let talks = |conn: &&ConnId| {
            let party = self.calls.get(conn).and_then(|call| call.ours(&dn));
            party.is_some_and(|party| matches!(party.state, State::Talking | State::Held))
        };
        let conn = self.dns.calls(&dn).iter().find(talks).copied();
        let (Some(conn), None) = (conn, replaces) else {
            return self.out.leg(LegCommand::ReferDone { leg, status: 481 });
        };
        let may = self.check_refer(now, conn, &dn, target);
        if may.is_ok() {
            // A phone may hold before it refers.
            self.set_held(now, conn, &dn, false, None);
        }
        let status = match &may {
            Ok(_) => 200,
            Err(refusal) => match refusal.error {
                TError::DnBusy => 486,
                TError::OutOfService => 480,
                TError::InvalidDestination => 404,
                _ => 603,
            },
        };
        self.out.leg(LegCommand::ReferDone { leg, status });
        if let Ok(destination) = may {
            self.transfer_to(now, (&dn, conn), destination, None);
        }
    }

    fn check_refer(
        &self,
        now: Now,
        conn: ConnId,
        dn: &Dn,
        target: &str,
    ) -> Result<Destination, Refusal> {
        self.allow_from_hold(Capability::SingleStepTransfer, dn, conn)?;
        let destination = self.destination_for(now, dn, target)?;
        self.check_not_in(conn, &destination)?;
        Ok(destination)
    }
}
