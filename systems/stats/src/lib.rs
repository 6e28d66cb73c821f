//! Counters over the switch's events (Stat Server), and the dashboard made of them.
//!
//! - An agent has one status, the highest of what goes on at the DN where he or she is logged in:
//!   a call (OnCall) hides AfterCallWork, that hides NotReady, that hides Ready.
//! - A call counts as inbound or outbound once, when its first event comes; as abandoned once,
//!   when its caller gives up in a queue or while a phone rings for it.
//! - Handle time is what agents spend on calls: from EventEstablished to EventReleased, and the
//!   after-call work that follows. It counts when it ends, in the hour that ends now.
//! - A queue's service level is the share of calls answered in time among those answered or
//!   abandoned; those abandoned shortly are left out. See `docs/monitoring.md`.
//! - Whoever waits, waits since the call first came in: `QueuedAt` in the Extensions of events at
//!   a route point says so for calls that came back; without it the event's own time counts.
//!
//! Events that come twice or in another order do no harm: everything is kept as sets of what is
//! the case, never as counts up and down.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    Configuration, Dn, Event, Now, ReferenceId, System, TrunkName,
    config::{DnKind, Role},
    monitor::{
        AgentCounts, AgentStatus, Alarm, AlarmChange, GatewayHealth, LastHour, Metric, Monitor,
        QueueHealth, RegisteredDn, Settings, Trends, TrunkHealth,
    },
    stat::{StatClient, StatInput, StatOutput, StatReading},
    story::Voice,
};

use crate::{
    agents::AgentTable,
    calls::CallTable,
    hour::{Fact, Hour},
    live::LiveCalls,
    queues::Queues,
    rows::Teams,
    site_trend::SiteMinutes,
    statistics::{Statistics, Told},
    stays::{QueueFact, Stays},
    thresholds::Watches,
    voices::Voices,
};

mod agents;
mod calls;
mod hour;
mod live;
mod metrics;
mod minutes;
mod queues;
mod readings;
mod rows;
mod saved;
mod site_trend;
pub mod statistics;
mod stays;
mod subscribed;
mod thresholds;
mod voices;

pub use crate::{saved::Saved, subscribed::Readings};

/// What the statistics can be told.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something has to be looked after, or no longer.
    Alarm(AlarmChange),
    /// The site's configuration.
    Configuration(Arc<Configuration>),
    /// Something happened at a DN. All events of the switch.
    Event(Arc<Event>),
    /// A client of the Stat Server's port asks for something.
    Stat(StatInput),
    /// A trunk's probe was answered, or no longer is.
    Trunk {
        /// Which trunk.
        trunk: TrunkName,
        /// Whether it answers.
        up: bool,
    },
    /// A subscription of the desk's is closed.
    Unsubscribed(u64),
    /// How a leg sounds now.
    Voice(Voice),
}

/// What the statistics can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The dashboard, whenever it reads differently; at most once a second.
    Monitor(Box<Monitor>),
    /// For a client of the Stat Server's port.
    Stat(StatOutput),
    /// Values of statistics that a subscription of the desk's has open, by their place in it.
    Subscribed {
        /// Which.
        subscription: u64,
        /// The values.
        values: Vec<(u64, StatReading)>,
    },
    /// How it went, minute by minute, when a minute has passed in which something happened.
    Trends(Arc<Trends>),
}

/// The Stat Server.
#[derive(Debug, Default)]
pub struct Stats {
    configuration: Arc<Configuration>,
    agents: AgentTable,
    alarms: Vec<Alarm>,
    calls: CallTable,
    hour: Hour,
    live: LiveCalls,
    queues: Queues,
    settings: Settings,
    site_minutes: SiteMinutes,
    statistics: Statistics,
    stays: Stays,
    teams: Teams,
    trunks_up: BTreeMap<TrunkName, bool>,
    out: VecDeque<Output>,
    last: Option<Monitor>,
    /// When the last look was taken; the next one is a second later.
    looked_at: Option<Instant>,
    /// Whether something was told since.
    is_stale: bool,
    /// The first minute, since 1970, that the trends were not told of; `None`: nothing happened.
    untold_minute: Option<u64>,
    voices: Voices,
    watches: Watches,
}

impl Stats {
    /// Statistics of a site where nothing has happened.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The dashboard as it reads now.
    #[must_use]
    pub fn monitor(&self, now: Now) -> Monitor {
        Monitor {
            agents: self.agent_counts(),
            agent_rows: self.agent_rows(),
            alarms: self.alarms.clone(),
            call_rows: self.live.rows(&self.voices.by_call()),
            gateway: self.gateway_health(),
            last_hour: self.last_hour(now),
            queues: self.queue_healths(now),
            service_level_seconds: self.settings.service_level_seconds,
            skills: self.skill_rows(),
        }
    }

    /// Lines for `/metrics`.
    #[must_use]
    pub fn metrics(&self, now: Now) -> Vec<Metric> {
        metrics::lines(&self.monitor(now))
    }

    fn handle_alarm(&mut self, change: AlarmChange) {
        match change {
            AlarmChange::Cleared { name } => self.alarms.retain(|alarm| alarm.name != name),
            AlarmChange::Raised(alarm) => {
                match self.alarms.iter_mut().find(|known| known.name == alarm.name) {
                    // It has been wrong since it began.
                    Some(known) => *known = Alarm { since_ms: known.since_ms, ..alarm },
                    None => self.alarms.push(alarm),
                }
                self.alarms.sort_by_key(|alarm| (alarm.severity, alarm.since_ms));
            }
        }
    }

    fn configure(&mut self, now: Now, configuration: Arc<Configuration>) {
        // The directory has told whoever changed the options what is wrong with them.
        let (settings, _) = Settings::of(&configuration);
        let over = self.watches.configure(&settings);
        over.into_iter().for_each(|change| self.handle_alarm(change));
        self.settings = settings;
        self.queues.configure(now, &configuration, &self.settings);
        self.statistics.configure(now, Arc::clone(&configuration));
        self.statistics.stand(now);
        self.teams = Teams::of(&configuration);
        self.configuration = configuration;
    }

    fn handle_event(&mut self, now: Now, event: &Event) {
        let dn_kind = self.configuration.dns.get(&event.this_dn).map(|object| &object.kind);
        let is_queue = matches!(dn_kind, Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue));
        if let Some(call) = &event.call {
            for fact in self.calls.learn(event, call, is_queue) {
                self.hour.add(now, fact);
                self.site_minutes.count(now, fact);
            }
            self.live.learn(event, call);
            let is_over = !self.calls.is_up(call.conn);
            if let Some((queue, fact)) = self.stays.learn(event, call, is_queue, is_over) {
                self.queues.add(now, &queue, fact, &self.settings);
            }
            if is_queue {
                self.note_waiting(now, &event.this_dn);
            }
        }
        if !is_queue {
            for handled in self.agents.learn(now, event) {
                let (ms, calls) = (handled.ms, handled.calls);
                self.hour.add(now, Fact::Handled { ms, calls });
                if let Some(queue) = &handled.queue {
                    let fact = QueueFact::Handled { ms, calls };
                    self.queues.add(now, queue, fact, &self.settings);
                }
            }
        }
        self.statistics.handle_event(now, event);
        self.site_minutes.note(now, count(self.calls.active()));
        self.untold_minute.get_or_insert(queues::minute(now));
    }

    /// What agents did at the end of a minute is known when the next begins.
    fn turn_minute(&mut self, now: Now) {
        if self.site_minutes.is_over(now) {
            self.site_minutes.end(now, self.agent_counts());
        }
    }

    /// How many wait at a route point, and in the queue that it feeds, for the trends.
    fn note_waiting(&mut self, now: Now, route_point: &Dn) {
        let fed = self.queues.fed_by(route_point).cloned();
        for queue in std::iter::once(route_point.clone()).chain(fed) {
            let waiting = self.waits(now, &queue).len();
            self.queues.waits(now, &queue, count(waiting));
        }
    }

    fn waits(&self, now: Now, queue: &Dn) -> Vec<Duration> {
        let route_points = self.queues.route_points(queue);
        let since = route_points.flat_map(|route_point| self.calls.waiting_since(route_point));
        since.map(|since| now.unix.saturating_sub(since)).collect()
    }

    fn agent_counts(&self) -> AgentCounts {
        let mut counts = AgentCounts::default();
        for person in self.configuration.persons.values() {
            if !person.roles.contains(&Role::Agent) {
                continue;
            }
            let count = match self.agents.status(&person.employee_id) {
                AgentStatus::AfterCallWork => &mut counts.after_call_work,
                AgentStatus::LoggedOut => &mut counts.logged_out,
                AgentStatus::NotReady => &mut counts.not_ready,
                AgentStatus::OnCall => &mut counts.on_call,
                AgentStatus::Ready => &mut counts.ready,
            };
            *count += 1;
        }
        counts
    }

    fn gateway_health(&self) -> GatewayHealth {
        let site = &self.configuration;
        let users: BTreeMap<&str, &str> = site
            .persons
            .values()
            .filter_map(|person| Some((person.place.as_ref()?, person.user_name.as_str())))
            .filter_map(|(place, user)| Some((site.places.get(place)?, user)))
            .flat_map(|(place, user)| place.dns.iter().map(move |dn| (dn.as_str(), user)))
            .collect();
        let registered = self.agents.in_service().map(|dn| RegisteredDn {
            dn: dn.clone(),
            user: users.get(dn.as_str()).map(|user| (*user).to_owned()),
        });
        let trunks = site.trunks.iter().map(|(name, trunk)| TrunkHealth {
            name: name.to_string(),
            up: self.trunks_up.get(name).copied().filter(|_| trunk.probe_s > 0),
        });
        GatewayHealth {
            registered: registered.collect(),
            active_calls: count(self.calls.active()),
            trunks: trunks.collect(),
        }
    }

    fn last_hour(&self, now: Now) -> LastHour {
        let sums = self.hour.sums(now);
        let average = sums.handled_ms.checked_div(sums.handled).unwrap_or(0);
        // Calls that came before the hour may be abandoned in it.
        let share =
            if sums.entered == 0 { 0.0 } else { sums.abandoned as f32 / sums.entered as f32 };
        LastHour {
            inbound: count(sums.inbound),
            outbound: count(sums.outbound),
            average_handle_seconds: count((average + 500) / 1000),
            abandoned: count(sums.abandoned),
            abandoned_percent: share.min(1.0) * 100.0,
        }
    }

    fn queue_healths(&self, now: Now) -> Vec<QueueHealth> {
        let queues = self.configuration.dns.iter().filter(|(_, object)| match &object.kind {
            DnKind::Extension { .. } => false,
            DnKind::RoutePoint { .. } | DnKind::VirtualQueue => true,
        });
        queues
            .map(|(dn, _)| {
                let waits = self.waits(now, dn);
                let longest = waits.iter().max().map_or(0, Duration::as_secs);
                QueueHealth {
                    name: dn.clone(),
                    waiting: count(waits.len()),
                    longest_wait_seconds: count(longest),
                    hour: self.queues.hour(now, dn).figures(),
                    today: self.queues.today(now, dn).figures(),
                }
            })
            .collect()
    }

    fn handle_stat(&mut self, now: Now, input: StatInput) {
        match input {
            StatInput::Closed { client } => {
                self.statistics.close_all(now, StatClient::Port(client));
            }
            StatInput::Request { client, reference, request } => {
                let key = (StatClient::Port(client), reference);
                let outcome = self.statistics.ask(now, key, request);
                let answer = StatOutput::Answer { client, reference, outcome };
                self.out.push_back(Output::Stat(answer));
            }
        }
    }

    /// Says what is to be told of open statistics, one output for each who has them open.
    fn look_at_statistics(&mut self, now: Now) {
        self.statistics.look(now);
        let mut by_client: BTreeMap<StatClient, Values> = BTreeMap::new();
        while let Some(Told { client, reference, value, at_ms }) = self.statistics.poll_told() {
            let reading = StatReading { value, at_ms };
            by_client.entry(client).or_default().push((reference, reading));
        }
        self.out.extend(by_client.into_iter().map(values_of));
    }

    /// Tells of the minutes that have passed since something happened.
    fn tell_trends(&mut self, now: Now) {
        let present = queues::minute(now);
        if self.untold_minute.is_none_or(|untold| untold >= present) {
            return;
        }
        self.untold_minute = None;
        let first = present.saturating_sub(minutes::MINUTES_MAX);
        let queues = self.queues.trends(first, present);
        let trends = Trends {
            first_minute: first,
            site: Arc::new(self.site_minutes.trend(first, present)),
            queues: queues.into_iter().map(|(dn, trend)| (dn, Arc::new(trend))).collect(),
        };
        self.out.push_back(Output::Trends(Arc::new(trends)));
    }

    /// Says the dashboard when it reads differently and a second has passed since the last look.
    fn look(&mut self, now: Now) {
        let is_early = self.looked_at.is_some_and(|at| now.instant < at + LOOK_INTERVAL);
        if is_early || !(self.is_stale || self.next_by_itself().is_some_and(|at| at <= now.instant))
        {
            return;
        }
        self.hour.expire(now);
        self.queues.expire(now, &self.settings);
        self.look_at_thresholds(now);
        self.tell_trends(now);
        self.looked_at = Some(now.instant);
        self.is_stale = false;
        let monitor = self.monitor(now);
        if self.last.as_ref() != Some(&monitor) {
            self.last = Some(monitor.clone());
            self.out.push_back(Output::Monitor(Box::new(monitor)));
        }
    }

    /// When the dashboard changes although nothing happens: waits grow, facts become too old.
    fn next_by_itself(&self) -> Option<Instant> {
        let is_restless = self.calls.is_anybody_waiting()
            || self.watches.is_restless()
            || self.untold_minute.is_some();
        let soon = self.looked_at.filter(|_| is_restless).map(|at| at + LOOK_INTERVAL);
        let expiries = [self.hour.next_expiry(), self.queues.next_expiry()];
        soon.into_iter().chain(expiries.into_iter().flatten()).min()
    }
}

impl System for Stats {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        self.turn_minute(now);
        match input {
            Input::Alarm(change) => self.handle_alarm(change),
            Input::Configuration(configuration) => self.configure(now, configuration),
            Input::Event(event) => self.handle_event(now, &event),
            // What the dashboard shows is not touched by these two.
            Input::Stat(input) => return self.handle_stat(now, input),
            Input::Trunk { trunk, up } => {
                self.trunks_up.insert(trunk, up);
            }
            Input::Unsubscribed(subscription) => {
                return self.statistics.close_all(now, StatClient::Desk(subscription));
            }
            Input::Voice(voice) => self.voices.learn(voice),
        }
        self.is_stale = true;
        self.look(now);
    }

    fn handle_timeout(&mut self, now: Now) {
        self.turn_minute(now);
        self.look(now);
        self.look_at_statistics(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let dashboard = self.looked_at.and_then(|at| {
            let earliest = at + LOOK_INTERVAL;
            let wanted = if self.is_stale { Some(earliest) } else { self.next_by_itself() };
            wanted.map(|at| at.max(earliest))
        });
        dashboard.into_iter().chain(self.statistics.next_look()).min()
    }
}

type Values = Vec<(ReferenceId, StatReading)>;

fn values_of((client, values): (StatClient, Values)) -> Output {
    match client {
        StatClient::Desk(subscription) => {
            let values = values.into_iter().map(|(number, reading)| (number.0, reading));
            Output::Subscribed { subscription, values: values.collect() }
        }
        StatClient::Port(client) => Output::Stat(StatOutput::Values { client, values }),
    }
}

/// Numbers beyond this are shown as this.
fn count<N: TryInto<u32>>(number: N) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

/// The dashboard is looked at once in this time.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
