//! Queues' figures and trends on random days, against a slow recount of everything that happened.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use common::{Happening, configuration, start};
use model::{
    AgentState, CallState, EventName, Now, System,
    monitor::{QueueFigures, QueueTotals, Trends},
    random::Random,
};
use stats::{Input, Output, Stats};

const SEED: u64 = 20_261_123;
const DAYS: usize = 40;
const STEPS: usize = 160;

/// One thing that counted, as the recount knows it.
#[derive(Clone, Copy)]
struct Counted {
    at_ms: u64,
    queue: &'static str,
    totals: QueueTotals,
}

/// Plays calls whose story it knows, so that it needs no state machine to count them.
struct Day {
    stats: Stats,
    now: Now,
    sequence: u64,
    counted: Vec<Counted>,
    /// When each call came to and left its queue.
    waits: Vec<(&'static str, u64, Option<u64>)>,
    /// When so many agents were ready.
    ready: Vec<(u64, u32)>,
    trends: Option<Arc<Trends>>,
    random: Random,
}

impl Day {
    fn new(seed: u64) -> Self {
        let mut day = Self {
            stats: Stats::new(),
            now: start(),
            sequence: 0,
            counted: Vec::new(),
            waits: Vec::new(),
            ready: Vec::new(),
            trends: None,
            random: Random::from_number(seed),
        };
        let site = Input::Configuration(Arc::new(configuration()));
        day.stats.handle_input(day.now, site);
        day
    }

    fn tell(&mut self, happening: &Happening) {
        self.sequence += 1;
        let event = happening.event(self.now, self.sequence);
        self.stats.handle_input(self.now, Input::Event(event));
        self.listen();
    }

    fn listen(&mut self) {
        while let Some(output) = self.stats.poll_output() {
            match output {
                Output::Monitor(_) => {}
                Output::Trends(trends) => self.trends = Some(trends),
                Output::Stat(_) | Output::Subscribed { .. } => panic!("nobody asked"),
            }
        }
    }

    fn call(&mut self, name: EventName, dn: &str, conn: u64) {
        self.tell(&Happening { queue: None, ..Happening::call(name, dn, conn) });
    }

    fn count(&mut self, queue: &'static str, totals: QueueTotals) {
        let at_ms = self.now.unix_ms();
        self.counted.push(Counted { at_ms, queue, totals });
    }

    /// Time passes, in the steps that the statistics ask for.
    fn pass(&mut self, ms: u64) {
        let end = self.now.later(Duration::from_millis(ms));
        while let Some(due) = self.stats.poll_timeout().filter(|due| *due <= end.instant) {
            self.now = self.now.later(due.saturating_duration_since(self.now.instant));
            self.stats.handle_timeout(self.now);
            self.listen();
        }
        self.now = end;
    }

    /// Recounts, by the list alone.
    fn recount(&self, queue: &str, from_ms: u64, until_ms: u64) -> QueueTotals {
        let mut totals = QueueTotals::default();
        for counted in &self.counted {
            let is_in = counted.at_ms >= from_ms && counted.at_ms < until_ms;
            if is_in && is_of(queue, counted.queue) {
                totals.add(&counted.totals);
            }
        }
        totals
    }

    fn figures(&self, queue: &str) -> (QueueFigures, QueueFigures) {
        let monitor = self.stats.monitor(self.now);
        let found = monitor.queues.iter().find(|found| found.name.as_str() == queue).unwrap();
        (found.hour, found.today)
    }

    fn check(&self, seed: u64) {
        let now_ms = self.now.unix_ms();
        let midnight = now_ms - now_ms % 86_400_000;
        for queue in QUEUES {
            let (hour, today) = self.figures(queue);
            let wanted = self.recount(queue, (now_ms + 1).saturating_sub(3_600_000), u64::MAX);
            assert_eq!(hour, wanted.figures(), "the hour of {queue}, seed {seed}");
            let wanted = self.recount(queue, midnight, u64::MAX);
            assert_eq!(today, wanted.figures(), "today of {queue}, seed {seed}");
        }
    }

    /// Most calls that waited in a minute: at its begin, or when another came.
    fn most_waiting(&self, queue: &str, from: u64, until: u64) -> u32 {
        let waits: Vec<_> = self.waits.iter().filter(|(at, _, _)| is_of(queue, at)).collect();
        let moments: BTreeSet<u64> = waits
            .iter()
            .map(|(_, came, _)| *came)
            .filter(|came| (from..until).contains(came))
            .chain([from])
            .collect();
        let waiting = |moment: u64| {
            waits
                .iter()
                .filter(|(_, came, left)| {
                    *came <= moment
                        && left
                            .is_none_or(|left| left > moment || left == moment && *came == moment)
                })
                .count()
        };
        moments.into_iter().map(waiting).max().unwrap().try_into().unwrap()
    }

    fn check_trends(&self, seed: u64) {
        let Some(trends) = &self.trends else { return };
        for queue in QUEUES {
            let Some(trend) = trends.queues.get(queue) else { continue };
            for place in 0..trend.offered.len() {
                let from = (trends.first_minute + u64::try_from(place).unwrap()) * 60_000;
                let wanted = self.recount(queue, from, from + 60_000).figures();
                let told = (trend.offered[place], trend.answered[place], trend.abandoned[place]);
                let figures = (wanted.offered, wanted.answered, wanted.abandoned);
                assert_eq!(told, figures, "{queue} in minute {place}, seed {seed}");
                let level = trend.service_level_percent[place];
                assert_eq!(level, wanted.service_level_percent, "{queue}, {place}, seed {seed}");
                let most = self.most_waiting(queue, from, from + 60_000);
                assert_eq!(trend.waiting[place], most, "waiting, {queue}, {place}, seed {seed}");
            }
        }
        for (place, ready) in trends.site.ready.iter().enumerate() {
            let end = (trends.first_minute + u64::try_from(place).unwrap() + 1) * 60_000;
            let wanted = self.ready.iter().rfind(|(at, _)| *at < end).map_or(0, |(_, n)| *n);
            assert_eq!(*ready, wanted, "ready at the end of minute {place}, seed {seed}");
        }
    }

    /// Nobody answers at 5002, and the call waits on; says how long that took.
    fn come_back(&mut self, conn: u64, queue: &'static str, wait: usize) -> u64 {
        self.call(EventName::Diverted, queue, conn);
        self.call(EventName::Ringing, "5002", conn);
        self.waits[wait].2 = Some(self.now.unix_ms());
        let (rings, waits) = (self.random.below(15_000), self.random.below(15_000));
        self.pass(rings);
        self.call(EventName::Queued, queue, conn);
        self.call(EventName::Released, "5002", conn);
        self.waits.push((queue, self.now.unix_ms(), None));
        self.pass(waits);
        rings + waits
    }

    /// A caller comes, and is served or gives up.
    fn play(&mut self, conn: u64) {
        let queue = ["5000", "5900"][usize::try_from(self.random.below(2)).unwrap()];
        let dn = ["5001", "5002", "5003"][usize::try_from(self.random.below(3)).unwrap()];
        self.call(EventName::Queued, queue, conn);
        self.count(queue, QueueTotals { offered: 1, ..QueueTotals::default() });
        let mut wait = self.waits.len();
        self.waits.push((queue, self.now.unix_ms(), None));
        let mut waited = self.random.below(45_000);
        self.pass(waited);
        if self.random.below(5) == 0 {
            waited += self.come_back(conn, queue, wait);
            wait = self.waits.len() - 1;
        }
        if self.random.below(4) == 0 {
            self.tell(&Happening {
                call_state: CallState::Abandoned,
                ..Happening::call(EventName::Abandoned, queue, conn)
            });
            self.waits[wait].2 = Some(self.now.unix_ms());
            let short_abandoned = u64::from(waited <= 5_000);
            let totals = QueueTotals { abandoned: 1, short_abandoned, ..QueueTotals::default() };
            return self.count(queue, totals);
        }
        // The router and the phone say their parts in this order or the other.
        let mut steps = [(EventName::Diverted, queue), (EventName::Ringing, dn)];
        if self.random.below(2) == 0 {
            steps.reverse();
        }
        steps.iter().for_each(|(name, at)| self.call(*name, at, conn));
        if dn == "5001" {
            self.ready.push((self.now.unix_ms(), 0));
        }
        self.waits[wait].2 = Some(self.now.unix_ms());
        let rings = self.random.below(8_000);
        self.pass(rings);
        let established = Happening::call(EventName::Established, dn, conn);
        let through = Happening { queue: Some(queue), ..established };
        self.tell(&through);
        let wait_ms = waited + rings;
        self.count(
            queue,
            QueueTotals {
                answered: 1,
                answer_wait_ms: wait_ms,
                answered_in_time: u64::from(wait_ms <= 20_000),
                ..QueueTotals::default()
            },
        );
        let talks = self.random.below(300_000);
        self.pass(talks);
        self.call(EventName::Released, dn, conn);
        if dn == "5001" {
            self.ready.push((self.now.unix_ms(), 1));
            let totals = QueueTotals { handled: 1, handled_ms: talks, ..QueueTotals::default() };
            self.count(queue, totals);
        }
    }
}

const FEEDS: &str = "5000";
const VIRTUAL: &str = "VQ_Support";
const QUEUES: [&str; 3] = [FEEDS, "5900", VIRTUAL];

/// Whether what happens at a route point counts for a queue.
fn is_of(queue: &str, route_point: &str) -> bool {
    route_point == queue || (queue == VIRTUAL && route_point == FEEDS)
}

#[test]
fn figures_and_trends_agree_with_a_slow_recount() {
    let mut answered = 0;
    for day in 0..DAYS {
        let seed = SEED + u64::try_from(day).unwrap();
        let mut site = Day::new(seed);
        site.tell(&Happening::new(EventName::DnBackInService, "5001"));
        site.tell(&Happening::agent(EventName::AgentReady, "5001", AgentState::Ready));
        site.ready.push((site.now.unix_ms(), 1));
        for step in 0..STEPS {
            site.play(u64::try_from(step).unwrap() + 1);
            site.check(seed);
            let idle = site.random.below(400_000);
            site.pass(idle);
        }
        site.pass(61_000);
        answered += site.figures(FEEDS).1.answered;
        site.check(seed);
        site.check_trends(seed);
    }
    assert!(answered > 0, "something was counted");
}
