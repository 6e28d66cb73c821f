//! Trunks: which way an outside number takes, and how much goes over each.
//!
//! The dial plan says the ways; those that are down come last, those that are full or were dialled
//! too often in the last minute are left out. A phone whose password is stolen dials no more than
//! its DN may (options `outside-calls-max`, `outside-calls-per-hour`). Emergency calls know no
//! limit.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use model::{
    Configuration, ConnId, Dn, LegId, Now, TrunkName,
    config::options,
    leg::{Cause, LegCommand},
};

use crate::{
    LegUse, Switch,
    call::{PartyId, Place, State},
};

/// A number that is not ours, as somebody wants it called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// As dialled.
    pub number: Dn,
    /// How it can be reached, best first.
    pub ways: VecDeque<Way>,
    /// Whose call that is, where it is one of ours.
    pub by: Option<Dn>,
    /// Whether nothing may stand in its way.
    pub is_emergency: bool,
}

/// One way to an outside number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// By this trunk.
    pub trunk: TrunkName,
    /// As it is dialled there.
    pub number: String,
}

/// What goes over trunks, and has.
#[derive(Debug, Default)]
pub struct Trunks {
    legs: BTreeMap<LegId, Taken>,
    down: BTreeSet<TrunkName>,
    dials: BTreeMap<TrunkName, VecDeque<Instant>>,
    calls: BTreeMap<Dn, VecDeque<Instant>>,
}

#[derive(Debug)]
struct Taken {
    trunk: TrunkName,
    by: Option<Dn>,
}

impl Trunks {
    /// A probe found a trunk there, or not.
    pub fn is(&mut self, trunk: TrunkName, up: bool) {
        match up {
            true => self.down.remove(&trunk),
            false => self.down.insert(trunk),
        };
    }

    /// A leg takes a trunk until it has [`Self::left`].
    pub fn took(&mut self, leg: LegId, trunk: TrunkName, by: Option<Dn>) {
        self.legs.insert(leg, Taken { trunk, by });
    }

    pub fn left(&mut self, leg: LegId) {
        self.legs.remove(&leg);
    }

    pub fn is_idle(&self) -> bool {
        self.legs.is_empty()
    }

    /// Forgets what is configured no more.
    pub fn reconfigured(&mut self, site: &Configuration) {
        self.down.retain(|trunk| site.trunks.contains_key(trunk));
        self.dials.retain(|trunk, _| site.trunks.contains_key(trunk));
        self.calls.retain(|dn, _| site.dns.contains_key(dn));
    }

    /// Whether a trunk has room for one more call.
    pub fn has_room(&self, site: &Configuration, trunk: &TrunkName) -> bool {
        let most = site.trunks.get(trunk).map_or(0, |trunk| trunk.limits.calls);
        most == 0 || self.legs.values().filter(|leg| leg.trunk == *trunk).count() < most as usize
    }

    /// The ways that can be taken now: those of trunks that are there first.
    fn open(&self, now: Now, site: &Configuration, ways: &VecDeque<Way>) -> VecDeque<Way> {
        let is_open = |way: &&Way| {
            let limits = site.trunks.get(&way.trunk).map(|trunk| trunk.limits);
            let most = limits.map_or(0, |limits| limits.dials_per_minute);
            self.has_room(site, &way.trunk)
                && !is_used_up(now, &self.dials, &way.trunk, most, MINUTE)
        };
        let mut open: Vec<Way> = ways.iter().filter(is_open).cloned().collect();
        open.sort_by_key(|way| self.down.contains(&way.trunk));
        open.into()
    }

    /// Whether a DN may have one more call outside.
    fn may_call(&self, now: Now, site: &Configuration, dn: &Dn) -> bool {
        let Some(object) = site.dns.get(dn) else { return true };
        let limit = |name| options::number(&object.options, name);
        let has = || self.legs.values().filter(|leg| leg.by.as_ref() == Some(dn)).count();
        let is_full = limit("outside-calls-max").is_some_and(|most| has() >= most as usize);
        let an_hour = limit("outside-calls-per-hour");
        // Zero is a limit here: this phone calls nobody outside.
        let is_used_up =
            an_hour.is_some_and(|most| most == 0 || is_used_up(now, &self.calls, dn, most, HOUR));
        !is_full && !is_used_up
    }

    fn dialled(&mut self, now: Now, site: &Configuration, way: &Way, by: Option<&Dn>) {
        let limits = site.trunks.get(&way.trunk).map(|trunk| trunk.limits);
        note(
            now,
            &mut self.dials,
            &way.trunk,
            limits.map_or(0, |one| one.dials_per_minute),
            MINUTE,
        );
        if let Some(dn) = by {
            let object = site.dns.get(dn);
            let most = object.and_then(|dn| options::number(&dn.options, "outside-calls-per-hour"));
            note(now, &mut self.calls, dn, most.unwrap_or(0), HOUR);
        }
    }
}

/// Whether as many as a limit allows were noted within a span; a limit of 0 is none.
fn is_used_up<K: Ord>(
    now: Now,
    noted: &BTreeMap<K, VecDeque<Instant>>,
    key: &K,
    most: u32,
    span: Duration,
) -> bool {
    let recent = |at: &&Instant| now.instant.saturating_duration_since(**at) < span;
    most > 0 && noted.get(key).is_some_and(|all| all.iter().filter(recent).count() >= most as usize)
}

/// Notes one more, as far back as the limit looks.
fn note<K: Ord + Clone>(
    now: Now,
    noted: &mut BTreeMap<K, VecDeque<Instant>>,
    key: &K,
    most: u32,
    span: Duration,
) {
    if most == 0 {
        noted.remove(key);
        return;
    }
    let all = noted.entry(key.clone()).or_default();
    while all.front().is_some_and(|at| now.instant.saturating_duration_since(*at) >= span) {
        all.pop_front();
    }
    all.push_back(now.instant);
}

impl Switch {
    /// What the dial plan says of a number that is not ours; without one, every trunk in the order
    /// of their names.
    pub(crate) fn outside(&self, dialled: &str) -> Option<Outside> {
        let site = &self.configuration;
        let digits = dialled.strip_prefix('+').unwrap_or(dialled);
        let is_number = (1..=OUTSIDE_DIGITS_MAX).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte));
        if !is_number {
            return None;
        }
        let number = Dn::from(dialled);
        let way =
            |trunk: &TrunkName, sent: &str| Way { trunk: trunk.clone(), number: sent.to_owned() };
        if site.dial_plan.is_empty() {
            let may = digits.len() >= OUTSIDE_DIGITS_MIN && !site.trunks.is_empty();
            let ways = site.trunks.keys().map(|trunk| way(trunk, dialled)).collect();
            return may.then_some(Outside { number, ways, by: None, is_emergency: false });
        }
        let found = site.dial(dialled).filter(|found| !found.number.is_empty())?;
        let ways = found.trunks.iter().map(|trunk| way(trunk, &found.number)).collect();
        Some(Outside { number, ways, by: None, is_emergency: found.is_emergency })
    }

    /// Which ways to an outside number can be taken now.
    pub(crate) fn check_outside(
        &self,
        now: Now,
        outside: &Outside,
        by: Option<&Dn>,
    ) -> Result<Outside, Cause> {
        let outside = Outside { by: by.cloned(), ..outside.clone() };
        if outside.is_emergency {
            return Ok(outside);
        }
        if let Some(dn) = by.filter(|dn| !self.trunks.may_call(now, &self.configuration, dn)) {
            tracing::warn!(%dn, number = %outside.number, "a DN has no more calls outside");
            return Err(Cause::Forbidden);
        }
        let ways = self.trunks.open(now, &self.configuration, &outside.ways);
        if ways.is_empty() {
            tracing::warn!(number = %outside.number, "no trunk takes one more call");
            return Err(Cause::Overloaded);
        }
        Ok(Outside { ways, ..outside })
    }

    /// Dials an outside number by the first of its ways.
    pub(crate) fn dial_out(
        &mut self,
        now: Now,
        conn: ConnId,
        outside: &mut Outside,
    ) -> Option<LegId> {
        let way = outside.ways.pop_front()?;
        let call = self.calls.get(&conn)?;
        let (from, from_name) = self.shown_to(call, &outside.number);
        let uuid = call.uuid;
        let leg = self.new_leg(LegUse::Call(conn));
        self.trunks.dialled(now, &self.configuration, &way, outside.by.as_ref());
        self.trunks.took(leg, way.trunk.clone(), outside.by.clone());
        let Way { trunk, number } = way;
        self.out.leg(LegCommand::Dial { leg, trunk, number, uuid, from, from_name });
        Some(leg)
    }

    /// A trunk did not take a call: the next one is asked, if there is one. Whoever waits hears
    /// nothing of it.
    pub(crate) fn takes_next_way(&mut self, now: Now, id: PartyId, cause: Cause) -> bool {
        let is_trunks_fault = match cause {
            Cause::Failure | Cause::Forbidden | Cause::Overloaded | Cause::Unreachable => true,
            Cause::Busy
            | Cause::Cancelled
            | Cause::NoAnswer
            | Cause::NoCommonCodec
            | Cause::Normal
            | Cause::Redirected
            | Cause::Rejected
            | Cause::Unallocated => false,
        };
        let Some((call, party)) = self.seat(id) else { return false };
        let State::Alerting(alerting) = &party.state else { return false };
        let has_begun = alerting.has_rung || alerting.plays;
        let Some(mut outside) = alerting.outside.clone().filter(|_| is_trunks_fault && !has_begun)
        else {
            return false;
        };
        let conn = call.conn;
        let Some(leg) = self.dial_out(now, conn, &mut outside) else { return false };
        tracing::info!(%conn, number = %outside.number, ?cause, "the call takes its next trunk");
        if let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id)) {
            party.place = Place::Outside(leg);
            if let State::Alerting(alerting) = &mut party.state {
                alerting.outside = Some(outside);
            }
        }
        true
    }
}

/// Emergency numbers have three digits.
const OUTSIDE_DIGITS_MIN: usize = 3;
/// E.164 has 15, with access codes before them.
const OUTSIDE_DIGITS_MAX: usize = 24;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
