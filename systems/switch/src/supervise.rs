//! Supervisors: RequestMonitorNextCall and RequestCancelMonitoring; listening, coaching, barging
//! in.

use std::collections::BTreeMap;

use model::{
    CallState, ConnId, Dn, DnRole, EventName, KvList, Now, TError, error::Refusal, leg::Cause,
    request::MonitorMode,
};

use crate::{
    Switch,
    call::{PartyId, State, Summoned, Watch},
    dn::Agent,
    outbox::Draft,
    reach::is_extension,
    request::{Asker, AskerId},
};

/// Who listens to whom: by the agent's DN.
pub type Monitors = BTreeMap<Dn, Monitor>;

/// One supervisor's wish.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// The supervisor's DN.
    pub by: Dn,
    /// How.
    pub mode: MonitorMode,
    /// Every call, not only the next.
    pub is_all: bool,
    /// Who asked.
    pub asker: AskerId,
    /// The call that the supervisor has left: it rings no more for that one.
    pub left: Option<ConnId>,
}

impl Switch {
    /// Listens to the agent's call that is up, or to the next.
    pub(crate) fn monitor_next_call(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, target): (&Dn, &Dn),
        mode: MonitorMode,
        is_all: bool,
    ) -> Result<(), Refusal> {
        for dn in [dn, target] {
            if !is_extension(&self.configuration, dn) {
                return Err(Refusal::new(
                    TError::DnNotConfigured,
                    format!("{dn} is no extension of this switch. Look for the right DN."),
                ));
            }
        }
        if dn == target {
            return Err(Refusal::new(
                TError::InvalidDestination,
                format!("{dn} can't supervise itself. Give an agent's DN."),
            ));
        }
        if let Some(other) = self.monitors.get(target).filter(|monitor| monitor.by != *dn) {
            return Err(Refusal::new(
                TError::ResourceSeized,
                format!("{target} is supervised by {} already.", other.by),
            ));
        }
        if !self.dns.is_in_service(dn) {
            return Err(Refusal::new(
                TError::OutOfService,
                format!("Device '{dn}' is not registered. Open the phone page first."),
            ));
        }
        self.out.accept(asker.id);
        let monitor = Monitor { by: dn.clone(), mode, is_all, asker: asker.id, left: None };
        self.monitors.insert(target.clone(), monitor);
        let asker = Some(asker.id);
        self.say_monitoring(now, (dn, target), EventName::MonitoringNextCall, asker, Some(mode));
        let conn =
            self.dns.calls(target).iter().copied().find(|conn| self.is_talking(*conn, target));
        let watches = |conn: &ConnId| {
            let party = self.calls.get(conn).and_then(|call| call.ours(dn));
            party.is_some_and(|party| party.watch.is_some())
        };
        match conn {
            // There already: in another way from now on.
            Some(conn) if watches(&conn) => self.set_watch(now, conn, dn, mode),
            Some(conn) => self.begin_watching(now, conn),
            None => {}
        }
        Ok(())
    }

    /// Listens no more.
    pub(crate) fn cancel_monitoring(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, target): (&Dn, &Dn),
    ) -> Result<(), Refusal> {
        let watches = self.dns.calls(dn).iter().any(|conn| {
            let party = self.calls.get(conn).and_then(|call| call.ours(dn));
            party.and_then(|party| party.watch.as_ref()).is_some_and(|w| w.target == *target)
        });
        let waits = self.monitors.get(target).is_some_and(|monitor| monitor.by == *dn);
        if !watches && !waits {
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!("{dn} does not supervise {target}."),
            ));
        }
        self.out.accept(asker.id);
        if waits {
            self.monitors.remove(target);
        }
        let asker = Some(asker.id);
        self.say_monitoring(now, (dn, target), EventName::MonitoringCancelled, asker, None);
        for conn in self.dns.calls(dn).to_vec() {
            // Another supervisor of the same agent stays.
            let party = self.calls.get(&conn).and_then(|call| call.ours(dn));
            let watcher = party
                .filter(|party| party.watch.as_ref().is_some_and(|watch| watch.target == *target));
            match watcher.map(|party| (party.id, matches!(party.state, State::Summoned(_)))) {
                Some((id, true)) => self.drop_party(conn, id, Cause::Cancelled),
                Some((id, false)) => self.leave_the_others(now, id, (CallState::Ok, None), None),
                None => {}
            }
        }
        Ok(())
    }

    /// A supervisor's phone is gone for good: others may supervise whom it did.
    pub(crate) fn supervisor_gone(&mut self, now: Now, dn: &Dn) {
        let targets = self.monitors.iter().filter(|(_, monitor)| monitor.by == *dn);
        for target in targets.map(|(target, _)| target.clone()).collect::<Vec<_>>() {
            self.monitors.remove(&target);
            self.say_monitoring(now, (dn, &target), EventName::MonitoringCancelled, None, None);
        }
    }

    /// Supervisors who were busy when a supervised call began and are free now join it.
    pub(crate) fn watch_again(&mut self, now: Now) {
        let is_free_now = |(_, monitor): &(&Dn, &Monitor)| {
            self.touched.contains(&monitor.by) && !self.dns.is_busy(&monitor.by)
        };
        let targets = self.monitors.iter().filter(is_free_now).map(|(target, _)| target);
        let conns: Vec<ConnId> =
            targets.flat_map(|target| self.dns.calls(target)).copied().collect();
        for conn in conns {
            self.begin_watching(now, conn);
        }
    }

    /// Calls the supervisors of those who talk in a call.
    pub(crate) fn begin_watching(&mut self, now: Now, conn: ConnId) {
        if self.monitors.is_empty() {
            return;
        }
        for target in self.told_dns(conn) {
            let Some(monitor) = self.monitors.get(&target).cloned() else { continue };
            let is_free = !self.dns.is_busy(&monitor.by) && self.dns.is_in_service(&monitor.by);
            if !is_free || monitor.left == Some(conn) || !self.is_talking(conn, &target) {
                continue;
            }
            let summoned = Summoned { destination: None, asker: monitor.asker };
            self.summon(now, conn, &monitor.by, summoned);
            let watch = Watch { target: target.clone(), mode: monitor.mode };
            if let Some(party) =
                self.calls.get_mut(&conn).and_then(|call| call.ours_mut(&monitor.by))
            {
                party.watch = Some(watch);
            }
            if !monitor.is_all {
                self.monitors.remove(&target);
            }
        }
    }

    /// The supervisor's phone is up.
    pub(crate) fn watcher_is_there(&mut self, now: Now, conn: ConnId, id: PartyId) {
        let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id)) else {
            return;
        };
        party.state = State::Talking;
        let (dn, mode) = (party.dn.clone(), party.watch.as_ref().map(|watch| watch.mode));
        self.patch(conn);
        let extensions = mode.map(monitor_mode).unwrap_or_default();
        self.say(now, conn, Draft::new(EventName::Established, &dn).extensions(extensions));
        if mode == Some(MonitorMode::Connect) {
            self.say_seen(now, conn, &dn, true);
        }
    }

    /// The supervisor's phone did not come up, or its call was over before: a wish for one call
    /// has come to nothing.
    pub(crate) fn watch_came_to_nothing(&mut self, now: Now, id: PartyId, cause: Cause) {
        let Some((call, party)) = self.seat(id) else { return };
        let (conn, by) = (call.conn, party.dn.clone());
        let target = party.watch.as_ref().map(|watch| watch.target.clone());
        self.drop_party(conn, id, cause);
        let Some(target) = target else { return };
        let waits = self.monitors.get(&target).is_some_and(|monitor| monitor.by == by);
        if !waits {
            let name = EventName::MonitoringCancelled;
            self.say_monitoring(now, (&by, &target), name, None, None);
        }
    }

    /// A supervisor leaves a call that the agent is still in.
    pub(crate) fn watcher_leaves(&mut self, now: Now, id: PartyId, asker: Option<AskerId>) {
        let Some((call, party)) = self.seat(id) else { return };
        let (conn, by) = (call.conn, party.dn.clone());
        let target = party.watch.as_ref().map(|watch| watch.target.clone());
        if let Some(monitor) = target.and_then(|target| self.monitors.get_mut(&target))
            && monitor.by == by
        {
            monitor.left = Some(conn);
        }
        self.leave_the_others(now, id, (CallState::Ok, asker), None);
    }

    /// The others hear of a supervisor who talks to all of them, or does so no more.
    fn say_seen(&mut self, now: Now, conn: ConnId, dn: &Dn, is_seen: bool) {
        let (name, role) = match is_seen {
            true => (EventName::PartyAdded, DnRole::NewParty),
            false => (EventName::PartyDeleted, DnRole::DeletedParty),
        };
        for other in self.party_dns(conn).into_iter().filter(|other| other != dn) {
            self.say(now, conn, Draft::new(name, &other).other(dn, role));
        }
    }

    /// The supervised party has left the call: so does the supervisor.
    pub(crate) fn stop_watching(&mut self, now: Now, conn: ConnId, target: &Dn) {
        let Some(call) = self.calls.get(&conn) else { return };
        let watches = |party: &&crate::call::Party| {
            party.watch.as_ref().is_some_and(|watch| watch.target == *target)
        };
        let watchers: Vec<(PartyId, bool)> = call
            .parties
            .iter()
            .filter(watches)
            .map(|party| (party.id, matches!(party.state, State::Summoned(_))))
            .collect();
        for (id, is_summoned) in watchers {
            if is_summoned {
                self.watch_came_to_nothing(now, id, Cause::Cancelled);
            } else {
                self.leave_the_others(now, id, (CallState::Ok, None), None);
            }
        }
    }

    /// Mute and unmute move a supervisor between listening, and coaching or talking to all
    /// (Extensions `MonitorMode`).
    pub(crate) fn change_watch(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        is_muted: bool,
    ) {
        let wants_coach = asker.extensions.text("MonitorMode") == Some("coach");
        let mode = match (is_muted, wants_coach) {
            (_, true) => MonitorMode::Coach,
            (true, false) => MonitorMode::Mute,
            (false, false) => MonitorMode::Connect,
        };
        self.set_watch(now, conn, dn, mode);
    }

    /// Moves a supervisor who is in a call to another mode.
    fn set_watch(&mut self, now: Now, conn: ConnId, dn: &Dn, mode: MonitorMode) {
        let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.ours_mut(dn)) else {
            return;
        };
        let was_seen = party.is_seen();
        if let Some(watch) = &mut party.watch {
            watch.mode = mode;
        }
        let (is_seen, is_in) = (party.is_seen(), party.is_in());
        self.patch(conn);
        if is_in && was_seen != is_seen {
            self.say_seen(now, conn, dn, is_seen);
        }
        // One whose phone still rings is told when it is there.
        if self.calls.get(&conn).is_some_and(|call| call.has_part(dn)) {
            let draft = Draft::new(EventName::PrivateInfo, dn).extensions(monitor_mode(mode));
            self.say(now, conn, draft);
        }
    }

    fn is_talking(&self, conn: ConnId, dn: &Dn) -> bool {
        let party = self.calls.get(&conn).and_then(|call| call.ours(dn));
        party.is_some_and(|party| party.talks() && party.watch.is_none())
    }

    fn say_monitoring(
        &mut self,
        now: Now,
        (by, target): (&Dn, &Dn),
        name: EventName,
        asker: Option<AskerId>,
        mode: Option<MonitorMode>,
    ) {
        for (dn, other) in [(by, target), (target, by)] {
            let mut extensions = KvList::new().with("MonitorDN", other.as_str());
            if let Some(mode) = mode {
                extensions.attach("MonitorMode", mode.as_str());
            }
            let agent = self.dns.agent(dn).map(Agent::attributes);
            let reference = asker.filter(|_| dn == by);
            let draft = Draft::new(name, dn).reference(reference).extensions(extensions);
            self.out.dn_event(now, agent, draft);
        }
    }
}

fn monitor_mode(mode: MonitorMode) -> KvList {
    KvList::new().with("MonitorMode", mode.as_str())
}
