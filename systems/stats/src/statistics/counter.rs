//! One statistic: what goes on and what was counted, and its value.
//!
//! Times are milliseconds of the engine's clock. Only states that last count as the most or the
//! fewest: what begins and ends in the same millisecond was never seen by anybody.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use model::{
    condition::Condition,
    stat::{Action, Category, Definition, StatObject, StatValue, TimeProfile, TimeRange},
};
use serde::{Deserialize, Serialize};

use crate::statistics::{
    actions::{Actions, Fact, Running},
    call_facts::CallFacts,
    pairs,
    resets::Resets,
    window::{Ended, Sums, Window},
};

/// A statistic that is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Counter {
    pub definition: Definition,
    /// Read anew from the definition after a restart.
    #[serde(skip)]
    filter: Option<Condition>,
    /// The objects whose actions count: itself, or the members of a group.
    pub sources: BTreeSet<StatObject>,
    #[serde(with = "pairs")]
    running: BTreeMap<(StatObject, u64), Held>,
    main: u64,
    relative: u64,
    busy: Busy,
    /// Until when it is reckoned.
    at: u64,
    /// When it was opened, or began anew.
    began: u64,
    /// By the wall clock, in milliseconds since 1970.
    next_reset: u64,
    /// The last reset, and the value that it ended.
    pub ended: Option<(u64, StatValue)>,
    window: Window,
    /// Whether something was counted since the last look.
    pub is_stale: bool,
}

/// A durable action that counts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Held {
    action: Action,
    since: u64,
    is_main: bool,
    is_relative: bool,
}

/// Since when at least one main action goes on without a break.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Busy {
    since: u64,
    /// When the last one ended; another that begins then makes no break.
    until: Option<u64>,
}

impl Counter {
    pub fn new(definition: Definition, at: u64) -> Self {
        let is_dense = definition.stat_type.category == Category::MinNumber;
        let window = Window::new(&definition.profile, is_dense);
        Self {
            filter: definition.stat_type.condition().ok().flatten(),
            definition,
            sources: BTreeSet::new(),
            running: BTreeMap::new(),
            main: 0,
            relative: 0,
            busy: Busy::default(),
            at,
            began: at,
            next_reset: 0,
            ended: None,
            window,
            is_stale: true,
        }
    }

    /// Takes its filter out of its definition again.
    pub fn revive(&mut self) {
        self.filter = self.definition.stat_type.condition().ok().flatten();
    }

    /// The objects that count from now on. What goes on at those that leave ends uncounted.
    pub fn set_sources(&mut self, sources: BTreeSet<StatObject>, actions: &Actions) {
        let gone = self.sources.difference(&sources).cloned().collect::<BTreeSet<_>>();
        let keys = self.running.keys().filter(|(source, _)| gone.contains(source));
        for key in keys.cloned().collect::<Vec<_>>() {
            self.drop_held(&key);
        }
        let new: Vec<StatObject> = sources.difference(&self.sources).cloned().collect();
        for source in new {
            if self.definition.stat_type.subject.is_status() {
                let (action, since) = actions.status(&source);
                let since = since.unwrap_or(self.at);
                self.hold((source, STATUS), &Running { action, since, call: None }, since);
            } else if let Some(object) = actions.object(&source) {
                for (item, running) in &object.items {
                    self.hold((source.clone(), *item), running, running.since);
                }
            }
        }
        self.sources = sources;
        self.is_stale = true;
    }

    /// Nothing of what went on goes on any more, and none of it counts.
    pub fn forget_running(&mut self) {
        self.running.clear();
        self.sources.clear();
        self.main = 0;
        self.relative = 0;
        self.busy.until = Some(self.at);
    }

    /// Time goes by; `ahead` is what the wall clock is ahead of the engine's.
    pub fn advance(&mut self, at: u64, ahead: i64, resets: &mut Resets) {
        while let Some(reset) = self.due_reset(at, ahead, resets) {
            self.pass(reset);
            self.ended = Some((reset, self.value()));
            self.reset();
        }
        self.pass(at);
    }

    /// A reset that is due, by the engine's clock; the one after it is looked up.
    fn due_reset(&mut self, at: u64, ahead: i64, resets: &mut Resets) -> Option<u64> {
        let TimeProfile::Growing(growing) = &self.definition.profile else { return None };
        if self.next_reset == 0 {
            self.next_reset = resets.after(growing, wall(self.at, ahead));
        }
        if wall(at, ahead) < self.next_reset {
            return None;
        }
        let due = wall(self.next_reset, ahead.saturating_neg());
        self.next_reset = resets.after(growing, self.next_reset);
        Some(due.clamp(self.at, at.max(self.at)))
    }

    /// Whether its value and its times are as they were reckoned last.
    pub fn is_quiet(&self, at: u64, ahead: i64) -> bool {
        let is_growing = matches!(self.definition.profile, TimeProfile::Growing(_));
        let is_reset_to_come = wall(at, ahead) < self.next_reset;
        is_growing && is_reset_to_come && !self.is_stale && !self.drifts()
    }

    fn pass(&mut self, at: u64) {
        if at > self.at {
            let is_less = self.window.pass(self.at, at, self.main, self.relative);
            self.is_stale |= is_less;
            self.at = at;
        }
    }

    fn reset(&mut self) {
        self.window.reset();
        self.began = self.at;
        self.is_stale = true;
    }

    /// Takes in a fact about one of its objects; `advance` comes first.
    pub fn learn(&mut self, fact: &Fact) {
        let is_status = self.definition.stat_type.subject.is_status();
        match fact {
            Fact::Began { source, item, running } if !is_status => {
                self.hold((source.clone(), *item), running, self.at);
            }
            Fact::Ended { source, item } if !is_status => self.end(&(source.clone(), *item)),
            Fact::Happened { action, ms, call, .. } if !is_status => {
                self.count(*action, *ms, call.as_ref());
            }
            Fact::Status { source, status } if is_status => {
                let key = (source.clone(), STATUS);
                self.end(&key);
                let running = Running { action: *status, since: self.at, call: None };
                self.hold(key, &running, self.at);
            }
            Fact::LoggedIn { .. } if self.definition.profile == TimeProfile::SinceLogin => {
                self.reset();
            }
            Fact::Began { .. }
            | Fact::Ended { .. }
            | Fact::Happened { .. }
            | Fact::LoggedIn { .. }
            | Fact::Status { .. } => {}
        }
    }

    /// `seen`: since when it is there for this statistic.
    fn hold(&mut self, key: (StatObject, u64), running: &Running, seen: u64) {
        let stat_type = &self.definition.stat_type;
        let is_main = stat_type.main.has(running.action);
        let is_relative = stat_type.relative.has(running.action);
        let is_status = stat_type.category == Category::CurrentState;
        if !(is_main || is_relative || is_status)
            || !CallFacts::pass(running.call.as_ref(), self.filter.as_ref())
        {
            return;
        }
        let Running { action, since, .. } = *running;
        if is_main && self.main == 0 && self.busy.until != Some(self.at) {
            self.busy.since = seen;
        } else if is_main {
            self.busy.since = self.busy.since.min(seen);
        }
        self.main += u64::from(is_main);
        self.relative += u64::from(is_relative);
        self.running.insert(key, Held { action, since, is_main, is_relative });
        self.is_stale = true;
    }

    fn drop_held(&mut self, key: &(StatObject, u64)) -> Option<Held> {
        let held = self.running.remove(key)?;
        self.main -= u64::from(held.is_main);
        self.relative -= u64::from(held.is_relative);
        if held.is_main && self.main == 0 {
            self.busy.until = Some(self.at);
        }
        self.is_stale = true;
        Some(held)
    }

    fn end(&mut self, key: &(StatObject, u64)) {
        if let Some(Held { since, is_main, is_relative, .. }) = self.drop_held(key) {
            self.add(self.at.saturating_sub(since), is_main, is_relative);
        }
    }

    fn count(&mut self, action: Action, ms: u64, call: Option<&Arc<CallFacts>>) {
        let stat_type = &self.definition.stat_type;
        let (is_main, is_relative) = (stat_type.main.has(action), stat_type.relative.has(action));
        if (is_main || is_relative) && CallFacts::pass(call, self.filter.as_ref()) {
            self.add(ms, is_main, is_relative);
        }
    }

    fn add(&mut self, ms: u64, is_main: bool, is_relative: bool) {
        let is_in_range = self.range().has_ms(ms);
        self.window.add(self.at, Ended { ms, is_main, is_relative, is_in_range });
        self.is_stale = true;
    }

    fn range(&self) -> TimeRange {
        self.definition.stat_type.range.unwrap_or(TimeRange { from_s: 0, to_s: u32::MAX })
    }

    /// Whether its value can change although nothing happens.
    pub fn drifts(&self) -> bool {
        let category = self.definition.stat_type.category;
        match is_current(category) {
            true => self.main > 0,
            false => !category.is_of_ended(),
        }
    }

    /// Its value at the time that `advance` was told of.
    pub fn value(&self) -> StatValue {
        let category = self.definition.stat_type.category;
        if category == Category::CurrentState {
            let status = self.running.values().next().map_or(Action::LoggedOut, |held| held.action);
            return StatValue::Word(status.as_str().to_owned());
        }
        let mut sums = Sums::default();
        if !is_current(category) {
            sums = self.window.sums();
            sums.see(self.main);
        }
        StatValue::Number(self.number(category, &sums))
    }

    fn number(&self, category: Category, sums: &Sums) -> f64 {
        let lengths = || {
            let main = self.running.values().filter(|held| held.is_main);
            main.map(|held| self.at.saturating_sub(held.since))
        };
        let in_range = || lengths().filter(|ms| self.range().has_ms(*ms)).count() as f64;
        let elapsed = self.at - self.window.start(self.at, self.began);
        let (main, count, relative) = (self.main as f64, sums.count as f64, sums.relative as f64);
        let (main_ms, relative_ms) = (sums.main_ms as f64, sums.relative_ms as f64);
        let found = sums.in_range as f64;
        match category {
            Category::AverageNumberPerRelativeHour => share(count * 3_600_000.0, relative_ms),
            Category::AverageOfCurrentNumber => share(main_ms, elapsed as f64),
            Category::AverageTime => share(seconds(sums.ms), relative),
            Category::CurrentAverageTime => share(seconds(lengths().sum()), main),
            Category::CurrentContinuousTime if self.main == 0 => 0.0,
            Category::CurrentContinuousTime => seconds(self.at.saturating_sub(self.busy.since)),
            Category::CurrentMaxTime => seconds(lengths().max().unwrap_or(0)),
            Category::CurrentMinTime => seconds(lengths().min().unwrap_or(0)),
            Category::CurrentNumber | Category::CurrentState => main,
            Category::CurrentNumberInTimeRange => in_range(),
            Category::CurrentNumberInTimeRangePercentage => share(100.0 * in_range(), main),
            Category::CurrentTime => seconds(lengths().sum()),
            Category::ElapsedTimePercentage => share(100.0 * main_ms, elapsed as f64),
            Category::EstimWaitingTime => share(main * seconds(elapsed), relative),
            Category::MaxNumber => sums.most as f64,
            Category::MaxTime => seconds(sums.longest),
            Category::MinNumber => sums.fewest.unwrap_or(0) as f64,
            Category::MinTime => seconds(sums.shortest.unwrap_or(0)),
            Category::RelativeNumberPercentage => share(100.0 * count, relative),
            Category::RelativeTimePercentage => share(100.0 * main_ms, relative_ms),
            Category::ServiceFactor1 => share(100.0 * found, relative),
            Category::TotalAdjustedNumber => count + main,
            Category::TotalAdjustedTime => seconds(sums.main_ms),
            Category::TotalNumber => count,
            Category::TotalNumberInTimeRange => found,
            Category::TotalNumberInTimeRangePercentage => share(100.0 * found, count),
            Category::TotalNumberPerSecond => share(count, seconds(elapsed)),
            Category::TotalTime => seconds(sums.ms),
            Category::TotalTimeInTimeRange => seconds(sums.in_range_ms),
        }
    }
}

/// Whether it is about what goes on, whatever the time profile.
pub(crate) fn is_current(category: Category) -> bool {
    matches!(
        category,
        Category::CurrentAverageTime
            | Category::CurrentContinuousTime
            | Category::CurrentMaxTime
            | Category::CurrentMinTime
            | Category::CurrentNumber
            | Category::CurrentNumberInTimeRange
            | Category::CurrentNumberInTimeRangePercentage
            | Category::CurrentState
            | Category::CurrentTime
    )
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// Of nothing there is no share.
fn share(part: f64, of: f64) -> f64 {
    if of == 0.0 { 0.0 } else { part / of }
}

fn wall(at: u64, ahead: i64) -> u64 {
    at.saturating_add_signed(ahead)
}

/// The item number of an object's status.
const STATUS: u64 = 0;
