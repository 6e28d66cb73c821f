//! The router against a chooser that looks at everything each time, on random small centres.
//!
//! The test plays switch, phones, agents and callers. After each thing that it tells the router it
//! works out by brute force which calls must go where, and expects just those RouteCalls.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use common::{Agent, Routed, Site, attributes, configuration};
use model::{
    AgentState, ConnId, Dn, EventName, KvList, ReferenceId, TError, random::Random,
    skill::SkillExpression,
};
use routing::Counts;

const AGENTS: [&str; 6] = ["5001", "5002", "5003", "5004", "5005", "5006"];
const ROUTE_POINTS: [&str; 3] = ["5000", "5900", "5950"];
const EXPRESSIONS: [&str; 6] =
    ["A > 0", "A > 1 | B > 1", "A >= 1 & B >= 1", "B > A", "C = 0", "A + B + C > 3"];
const SKILLS: [&str; 3] = ["A", "B", "C"];

/// What the test knows of an agent.
#[derive(Debug, Default)]
struct Desk {
    skills: BTreeMap<&'static str, u32>,
    is_ready: bool,
    is_logged_in: bool,
    in_service: bool,
    call: Option<ConnId>,
    claimed_by: Option<ConnId>,
    aside_until: Option<Instant>,
    idle_since: Option<Instant>,
}

impl Desk {
    fn is_idle(&self) -> bool {
        self.is_logged_in && self.is_ready && self.in_service && self.call.is_none()
    }

    fn is_available(&self) -> bool {
        self.is_idle() && self.claimed_by.is_none() && self.aside_until.is_none()
    }
}

/// What the test knows of a call.
#[derive(Debug)]
struct Visit {
    route_point: &'static str,
    entered: Instant,
    priority: i64,
    refusals: u32,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Resting(Instant),
    Offered { dn: Dn, reference: ReferenceId },
    Ringing(Dn),
}

struct Centre {
    site: Site,
    random: Random,
    desks: BTreeMap<Dn, Desk>,
    expressions: BTreeMap<&'static str, SkillExpression>,
    visits: BTreeMap<ConnId, Visit>,
    talks: BTreeMap<ConnId, Dn>,
    next_conn: u64,
    seed: u64,
}

impl Centre {
    fn new(seed: u64) -> Self {
        let mut random = Random::from_number(seed);
        let agents = 1 + pick(&mut random, AGENTS.len());
        let route_points = 1 + pick(&mut random, ROUTE_POINTS.len());
        let mut desks = BTreeMap::new();
        let mut levels: Vec<Vec<(&'static str, u32)>> = Vec::new();
        for dn in AGENTS.iter().take(agents) {
            let skills: BTreeMap<&'static str, u32> = SKILLS
                .iter()
                .filter_map(|skill| match random.below(4) {
                    0 => None,
                    level => Some((*skill, u32::try_from(level).unwrap())),
                })
                .collect();
            levels.push(skills.iter().map(|(name, level)| (*name, *level)).collect());
            desks.insert(Dn::from(*dn), Desk { skills, ..Desk::default() });
        }
        let points: Vec<(&'static str, &'static str)> = ROUTE_POINTS
            .iter()
            .take(route_points)
            .map(|dn| (*dn, EXPRESSIONS[pick(&mut random, EXPRESSIONS.len())]))
            .collect();
        let with_skills: Vec<Agent<'_>> =
            AGENTS.iter().zip(&levels).map(|(dn, skills)| (*dn, skills.as_slice())).collect();
        Self {
            site: Site::new(configuration(&points, &with_skills)),
            random,
            desks,
            expressions: points
                .iter()
                .map(|(dn, text)| (*dn, SkillExpression::parse(text).unwrap()))
                .collect(),
            visits: BTreeMap::new(),
            talks: BTreeMap::new(),
            next_conn: 1,
            seed,
        }
    }

    /// One random thing happens.
    fn step(&mut self) {
        let span = Duration::from_millis(1 + self.random.below(900));
        self.pass(span);
        match self.random.below(16) {
            0..=3 => self.caller_comes(),
            4..=8 => self.agent_does_something(),
            9..=11 => self.switch_answers(),
            12..=13 => self.phone_does_something(),
            14 => self.caller_gives_up(),
            _ => self.priority_changes(),
        }
    }

    /// Time passes; what falls due meanwhile is expected at its time.
    fn pass(&mut self, span: Duration) {
        let end = self.site.now.later(span);
        while let Some(due) = self.next_due().filter(|due| *due <= end.instant) {
            let step = due.saturating_duration_since(self.site.now.instant);
            self.site.pass(step);
            for desk in self.desks.values_mut() {
                desk.aside_until = desk.aside_until.filter(|until| *until > due);
            }
            for visit in self.visits.values_mut() {
                if visit.stage == Stage::Resting(due) {
                    visit.stage = Stage::Waiting;
                    visit.refusals = 0;
                }
            }
            self.compare("time");
        }
        self.site.pass(end.instant.saturating_duration_since(self.site.now.instant));
        self.compare("no time");
    }

    fn next_due(&self) -> Option<Instant> {
        let rests = self.visits.values().filter_map(|visit| match visit.stage {
            Stage::Resting(until) => Some(until),
            Stage::Waiting | Stage::Offered { .. } | Stage::Ringing(_) => None,
        });
        self.desks.values().filter_map(|desk| desk.aside_until).chain(rests).min()
    }

    fn caller_comes(&mut self) {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        let points: Vec<&'static str> = self.expressions.keys().copied().collect();
        let route_point = points[pick(&mut self.random, points.len())];
        let priority = i64::try_from(self.random.below(3)).unwrap();
        let entered = self.site.now.instant;
        self.visits.insert(
            conn,
            Visit { route_point, entered, priority, refusals: 0, stage: Stage::Waiting },
        );
        let user_data = KvList::new().with("priority", priority);
        self.site.arrive_with(route_point, conn.0, user_data);
        self.compare("a caller comes");
    }

    fn caller_gives_up(&mut self) {
        let Some(conn) = self.any_visit(|stage| !matches!(stage, Stage::Offered { .. })) else {
            return;
        };
        let visit = self.visits.remove(&conn).unwrap();
        let at = match &visit.stage {
            Stage::Ringing(dn) => dn.to_string(),
            Stage::Waiting | Stage::Resting(_) | Stage::Offered { .. } => visit.route_point.into(),
        };
        if let Stage::Ringing(dn) = &visit.stage {
            self.hang_up(dn);
        }
        self.site.call(EventName::Abandoned, &at, conn.0);
        self.compare("a caller gives up");
    }

    fn priority_changes(&mut self) {
        let Some(conn) = self.any_visit(|stage| *stage == Stage::Waiting) else { return };
        let priority = i64::try_from(self.random.below(5)).unwrap();
        let visit = self.visits.get_mut(&conn).unwrap();
        visit.priority = priority;
        let call = attributes(conn.0, KvList::new().with("priority", priority));
        let route_point = visit.route_point;
        self.site.tell_event(EventName::AttachedDataChanged, route_point, None, Some(call));
        self.compare("a priority changes");
    }

    fn agent_does_something(&mut self) {
        let dns: Vec<Dn> = self.desks.keys().cloned().collect();
        let dn = dns[pick(&mut self.random, dns.len())].clone();
        let what = self.random.below(8);
        let desk = self.desks.get_mut(&dn).unwrap();
        let (name, state) = match (what, desk.in_service, desk.is_logged_in) {
            (_, false, _) => {
                desk.in_service = true;
                (EventName::DnBackInService, None)
            }
            (0, true, _) => {
                desk.in_service = false;
                (EventName::DnOutOfService, None)
            }
            (_, true, false) => {
                desk.is_logged_in = true;
                (EventName::AgentLogin, Some(AgentState::NotReady))
            }
            (1, true, true) => {
                (desk.is_logged_in, desk.is_ready, desk.aside_until) = (false, false, None);
                (EventName::AgentLogout, Some(AgentState::LoggedOut))
            }
            (2, true, true) => {
                (desk.is_ready, desk.aside_until) = (false, None);
                (EventName::AgentNotReady, Some(AgentState::NotReady))
            }
            (_, true, true) => {
                desk.is_ready = true;
                (EventName::AgentReady, Some(AgentState::Ready))
            }
        };
        self.settle(&dn);
        self.site.tell_event(name, dn.as_str(), state, None);
        self.compare("an agent does something");
    }

    /// What was asked of the switch is carried out or refused.
    fn switch_answers(&mut self) {
        let Some(conn) = self.any_visit(|stage| matches!(stage, Stage::Offered { .. })) else {
            return;
        };
        let visit = self.visits.get_mut(&conn).unwrap();
        let Stage::Offered { dn, reference } = visit.stage.clone() else { unreachable!() };
        let routed = Routed { conn, target: dn.clone(), reference };
        let until = self.site.now.instant + Duration::from_secs(2);
        let desk = self.desks.get_mut(&dn).unwrap();
        let can_ring = desk.is_idle();
        desk.claimed_by = None;
        if can_ring && self.random.below(4) > 0 {
            self.site.accept(&routed);
            let desk = self.desks.get_mut(&dn).unwrap();
            desk.call = Some(conn);
            visit.stage = Stage::Ringing(dn.clone());
            self.settle(&dn);
            self.site.call(EventName::Ringing, dn.as_str(), conn.0);
            self.compare("a phone rings");
            return;
        }
        desk.aside_until = desk.is_ready.then_some(until);
        visit.refusals += 1;
        visit.stage = if visit.refusals < 10 { Stage::Waiting } else { Stage::Resting(until) };
        self.site.refuse(&routed, TError::DnBusy);
        self.compare("a route is refused");
    }

    /// A ringing phone is answered or not; a talk ends.
    fn phone_does_something(&mut self) {
        if self.random.below(2) == 0
            && let Some((conn, dn)) = self.talks.pop_first()
        {
            self.hang_up(&dn);
            self.site.call(EventName::Released, dn.as_str(), conn.0);
            self.compare("a talk ends");
            return;
        }
        let Some(conn) = self.any_visit(|stage| matches!(stage, Stage::Ringing(_))) else { return };
        let Stage::Ringing(dn) = self.visits[&conn].stage.clone() else { unreachable!() };
        let route_point = self.visits[&conn].route_point;
        let has_diverted = self.random.below(2) == 0;
        if has_diverted {
            self.site.call(EventName::Diverted, route_point, conn.0);
        }
        if self.random.below(3) > 0 {
            self.visits.remove(&conn);
            self.talks.insert(conn, dn.clone());
            self.site.call(EventName::Established, dn.as_str(), conn.0);
            self.compare("a call is answered");
            return;
        }
        // Nobody answers: the agent is NotReady and the call asks for a route again.
        self.hang_up(&dn);
        let desk = self.desks.get_mut(&dn).unwrap();
        (desk.is_ready, desk.aside_until) = (false, None);
        self.site.call(EventName::Released, dn.as_str(), conn.0);
        self.settle(&dn);
        self.site.agent(EventName::AgentNotReady, dn.as_str(), AgentState::NotReady);
        self.compare("nobody answers");
        let visit = self.visits.get_mut(&conn).unwrap();
        (visit.stage, visit.refusals) = (Stage::Waiting, 0);
        let user_data = KvList::new().with("priority", visit.priority);
        let call = attributes(conn.0, user_data);
        if has_diverted {
            self.site.tell_event(EventName::Queued, route_point, None, Some(call.clone()));
        }
        self.site.tell_event(EventName::RouteRequest, route_point, None, Some(call));
        self.compare("a call comes back");
    }

    /// An agent whose call is over is judged when everything about its end is heard.
    fn hang_up(&mut self, dn: &Dn) {
        let now = self.site.now.instant;
        let desk = self.desks.get_mut(dn).unwrap();
        desk.call = None;
        if desk.is_ready {
            desk.aside_until = desk.aside_until.max(Some(now));
        }
        self.settle(dn);
    }

    /// Keeps an agent's idle time.
    fn settle(&mut self, dn: &Dn) {
        let now = self.site.now.instant;
        let desk = self.desks.get_mut(dn).unwrap();
        desk.idle_since = desk.is_idle().then(|| desk.idle_since.unwrap_or(now));
    }

    /// Brute force: every waiting call in its turn takes the agent who is idle longest among all
    /// who suit. The router must have sent just these.
    fn compare(&mut self, after: &str) {
        let mut order: Vec<(Reverse<i64>, Instant, ConnId)> = self
            .visits
            .iter()
            .filter(|(_, visit)| visit.stage == Stage::Waiting)
            .map(|(conn, visit)| (Reverse(visit.priority), visit.entered, *conn))
            .collect();
        order.sort();
        let mut expected: BTreeSet<(ConnId, Dn)> = BTreeSet::new();
        for (_, _, conn) in order {
            let expression = &self.expressions[self.visits[&conn].route_point];
            let best = self
                .desks
                .iter()
                .filter(|(_, desk)| desk.is_available())
                .filter(|(_, desk)| {
                    expression.holds(|skill| desk.skills.get(skill).copied().unwrap_or(0))
                })
                .min_by_key(|(dn, desk)| (desk.idle_since, (*dn).clone()))
                .map(|(dn, _)| dn.clone());
            if let Some(dn) = best {
                self.desks.get_mut(&dn).unwrap().claimed_by = Some(conn);
                expected.insert((conn, dn));
            }
        }
        let routed = self.site.take_routed();
        let sent: BTreeSet<(ConnId, Dn)> =
            routed.iter().map(|r| (r.conn, r.target.clone())).collect();
        assert_eq!(sent, expected, "seed {}, after {after}", self.seed);
        assert_eq!(sent.len(), routed.len(), "seed {}: a call was sent twice", self.seed);
        for Routed { conn, target, reference } in routed {
            self.visits.get_mut(&conn).unwrap().stage = Stage::Offered { dn: target, reference };
        }
    }

    fn any_visit(&mut self, wanted: impl Fn(&Stage) -> bool) -> Option<ConnId> {
        let some: Vec<ConnId> = self
            .visits
            .iter()
            .filter(|(_, visit)| wanted(&visit.stage))
            .map(|(conn, _)| *conn)
            .collect();
        (!some.is_empty()).then(|| some[pick(&mut self.random, some.len())])
    }

    /// Everybody comes to work and every call that somebody can take is taken.
    fn finish(&mut self) {
        for round in 0..400 {
            let can_be_taken = |visit: &Visit| {
                let expression = &self.expressions[visit.route_point];
                self.desks.values().any(|desk| {
                    expression.holds(|skill| desk.skills.get(skill).copied().unwrap_or(0))
                })
            };
            if !self.visits.values().any(can_be_taken) {
                break;
            }
            assert!(round < 399, "seed {}: stuck with {:?}", self.seed, self.visits);
            self.pass(Duration::from_secs(1));
            for _ in 0..2 * self.desks.len() {
                self.agent_does_something();
            }
            self.switch_answers();
            self.phone_does_something();
        }
        for conn in self.visits.keys().copied().collect::<Vec<_>>() {
            self.visits.remove(&conn);
            let route_points: Vec<_> = self.expressions.keys().copied().collect();
            for route_point in route_points {
                self.site.call(EventName::Abandoned, route_point, conn.0);
            }
        }
        let Counts { available: _, offered, waiting } = self.site.router.counts();
        assert_eq!((offered, waiting), (0, 0), "seed {}", self.seed);
    }
}

fn pick(random: &mut Random, length: usize) -> usize {
    usize::try_from(random.below(u64::try_from(length).unwrap())).unwrap()
}

#[test]
fn routes_as_brute_force_does_on_10_000_random_centres_and_nothing_gets_stuck() {
    for seed in 0..10_000 {
        let mut centre = Centre::new(seed);
        for _ in 0..40 {
            centre.step();
        }
        centre.finish();
    }
}
