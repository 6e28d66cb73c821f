//! Every queue's figures: the last 3600 s, today, and minute by minute.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use model::{
    Configuration, Dn, Now,
    config::DnKind,
    monitor::{QueueTotals, QueueTrend, Settings},
};
use serde::{Deserialize, Serialize};

use crate::{
    minutes::Minutes,
    saved::{instant, wall_ms},
    stays::QueueFact,
};

/// All queues and route points of which something is known.
#[derive(Debug, Default)]
pub struct Queues {
    books: BTreeMap<Dn, Book>,
    /// The virtual queue that each route point feeds.
    feeds: BTreeMap<Dn, Dn>,
    /// When the present day ends, milliseconds since 1970.
    day_ends_ms: u64,
}

#[derive(Debug, Default)]
struct Book {
    facts: VecDeque<(Instant, QueueTotals)>,
    hour: QueueTotals,
    today: QueueTotals,
    minutes: Minutes<Minute>,
}

/// A queue's figures as they are saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedBook {
    /// When, in milliseconds since 1970, and what.
    facts: Vec<(u64, QueueTotals)>,
    today: QueueTotals,
    minutes: Minutes<Minute>,
}

/// One minute of a queue.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Minute {
    totals: QueueTotals,
    waiting: u32,
    waiting_max: u32,
}

impl Minute {
    /// A minute in which nothing happens after this one.
    fn quiet(&self) -> Self {
        Self { totals: QueueTotals::default(), waiting: self.waiting, waiting_max: self.waiting }
    }
}

impl Queues {
    pub fn configure(&mut self, now: Now, site: &Configuration, settings: &Settings) {
        self.feeds = site
            .dns
            .iter()
            .filter_map(|(dn, object)| match &object.kind {
                DnKind::RoutePoint { strategy, .. } => {
                    let strategy = site.strategies.get(strategy)?;
                    Some((dn.clone(), strategy.virtual_queue.clone()?))
                }
                DnKind::Extension { .. } | DnKind::VirtualQueue => None,
            })
            .collect();
        self.books.retain(|dn, _| site.dns.contains_key(dn));
        self.day_ends_ms = next_day(now, settings);
    }

    /// The route points whose calls wait in a queue: itself, or those that feed it.
    pub fn route_points<'a>(&'a self, queue: &'a Dn) -> impl Iterator<Item = &'a Dn> {
        let feeding = self.feeds.iter().filter(move |(_, fed)| *fed == queue);
        std::iter::once(queue).chain(feeding.map(|(route_point, _)| route_point))
    }

    pub fn add(&mut self, now: Now, queue: &Dn, fact: QueueFact, settings: &Settings) {
        self.turn_day(now, settings);
        let totals = totals(fact, settings);
        let fed = self.feeds.get(queue).cloned();
        for queue in std::iter::once(queue.clone()).chain(fed) {
            let book = self.books.entry(queue).or_default();
            book.expire(now);
            if book.facts.len() == FACTS_MAX
                && let Some((_, oldest)) = book.facts.pop_front()
            {
                book.hour.subtract(&oldest);
            }
            book.facts.push_back((now.instant, totals));
            book.hour.add(&totals);
            book.today.add(&totals);
            book.minutes.present(minute(now), Minute::quiet).totals.add(&totals);
        }
    }

    /// So many calls wait at a route point, or in a virtual queue, from now on.
    pub fn waits(&mut self, now: Now, queue: &Dn, waiting: u32) {
        if waiting == 0 && !self.books.contains_key(queue) {
            return;
        }
        let book = self.books.entry(queue.clone()).or_default();
        let present = book.minutes.present(minute(now), Minute::quiet);
        present.waiting = waiting;
        present.waiting_max = present.waiting_max.max(waiting);
    }

    /// Which queue a route point's calls wait in besides.
    pub fn fed_by(&self, route_point: &Dn) -> Option<&Dn> {
        self.feeds.get(route_point)
    }

    /// The last 3600 s.
    pub fn hour(&self, now: Now, queue: &Dn) -> QueueTotals {
        let Some(book) = self.books.get(queue) else { return QueueTotals::default() };
        let mut sums = book.hour;
        let too_old = book.facts.iter().take_while(|(at, _)| *at + HOUR <= now.instant);
        too_old.for_each(|(_, totals)| sums.subtract(totals));
        sums
    }

    /// Since midnight.
    pub fn today(&self, now: Now, queue: &Dn) -> QueueTotals {
        let is_over = now.unix_ms() >= self.day_ends_ms;
        self.books.get(queue).filter(|_| !is_over).map_or_else(QueueTotals::default, |b| b.today)
    }

    /// The present minute and those before it, so many in all.
    pub fn last_minutes(&self, now: Now, queue: &Dn, minutes: u32) -> QueueTotals {
        let until = minute(now) + 1;
        let from = until.saturating_sub(minutes.into());
        let mut sums = QueueTotals::default();
        if let Some(book) = self.books.get(queue) {
            book.minutes.between(from, until).for_each(|minute| sums.add(&minute.totals));
        }
        sums
    }

    /// Every queue's course between two minutes since 1970.
    pub fn trends(&mut self, from: u64, until: u64) -> BTreeMap<Dn, QueueTrend> {
        let trend = |book: &mut Book| {
            book.minutes.present(until, Minute::quiet);
            let mut trend = QueueTrend::default();
            for minute in book.minutes.between(from, until) {
                let figures = minute.totals.figures();
                trend.abandoned.push(figures.abandoned);
                trend.answered.push(figures.answered);
                trend.average_speed_of_answer_seconds.push(figures.average_speed_of_answer_seconds);
                trend.offered.push(figures.offered);
                trend.service_level_percent.push(figures.service_level_percent);
                trend.waiting.push(minute.waiting_max);
            }
            trend
        };
        self.books.iter_mut().map(|(dn, book)| (dn.clone(), trend(book))).collect()
    }

    /// Lets go of what is an hour old, and of yesterday.
    pub fn expire(&mut self, now: Now, settings: &Settings) {
        self.turn_day(now, settings);
        self.books.values_mut().for_each(|book| book.expire(now));
    }

    /// When figures change although nothing happens.
    pub fn next_expiry(&self) -> Option<Instant> {
        let oldest = self.books.values().filter_map(|book| book.facts.front());
        oldest.map(|(at, _)| *at + HOUR).min()
    }

    /// When the present day ends, milliseconds since 1970, and every queue's figures.
    pub fn save(&self, now: Now) -> (u64, Vec<(Dn, SavedBook)>) {
        let save = |(dn, book): (&Dn, &Book)| {
            let facts = book.facts.iter().map(|(at, totals)| (wall_ms(now, *at), *totals));
            let (today, minutes) = (book.today, book.minutes.clone());
            (dn.clone(), SavedBook { facts: facts.collect(), today, minutes })
        };
        (self.day_ends_ms, self.books.iter().map(save).collect())
    }

    /// Takes up saved figures, those of a day that is over left out.
    pub fn restore(&mut self, now: Now, day_ends_ms: u64, saved: Vec<(Dn, SavedBook)>) {
        let is_today = now.unix_ms() < day_ends_ms;
        self.day_ends_ms = day_ends_ms;
        for (dn, SavedBook { facts, today, mut minutes }) in saved {
            let dated =
                facts.into_iter().filter_map(|(at, totals)| Some((instant(now, at)?, totals)));
            let mut book = Book { facts: dated.collect(), ..Book::default() };
            book.facts.iter().for_each(|(_, totals)| book.hour.add(totals));
            book.expire(now);
            if is_today {
                book.today = today;
            }
            // Nobody waits any more.
            if let Some(last) = minutes.last() {
                last.waiting = 0;
            }
            book.minutes = minutes;
            self.books.insert(dn, book);
        }
    }

    fn turn_day(&mut self, now: Now, settings: &Settings) {
        if now.unix_ms() >= self.day_ends_ms {
            self.books.values_mut().for_each(|book| book.today = QueueTotals::default());
            self.day_ends_ms = next_day(now, settings);
        }
    }
}

impl Book {
    fn expire(&mut self, now: Now) {
        while let Some((at, totals)) = self.facts.front().copied()
            && at + HOUR <= now.instant
        {
            self.facts.pop_front();
            self.hour.subtract(&totals);
        }
    }
}

/// The minute since 1970.
pub fn minute(now: Now) -> u64 {
    now.unix.as_secs() / 60
}

fn next_day(now: Now, settings: &Settings) -> u64 {
    settings.day_ends_ms(now.unix_ms())
}

fn totals(fact: QueueFact, settings: &Settings) -> QueueTotals {
    let within = |wait_ms: u64, seconds: u32| u64::from(wait_ms <= u64::from(seconds) * 1000);
    let mut totals = QueueTotals::default();
    match fact {
        QueueFact::Abandoned { wait_ms } => {
            totals.abandoned = 1;
            totals.short_abandoned = within(wait_ms, settings.short_abandoned_seconds);
        }
        QueueFact::Answered { wait_ms } => {
            totals.answered = 1;
            totals.answer_wait_ms = wait_ms;
            totals.answered_in_time = within(wait_ms, settings.service_level_seconds);
        }
        QueueFact::Handled { ms, calls } => {
            totals.handled = calls;
            totals.handled_ms = ms;
        }
        QueueFact::Offered => totals.offered = 1,
    }
    totals
}

const HOUR: Duration = Duration::from_secs(3600);
/// More than this in an hour (27 a second in one queue) shortens the hour.
const FACTS_MAX: usize = 100_000;
