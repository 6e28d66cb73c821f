//! Counters over the switch's events (Stat Server), and the dashboard made of them.
//!
//! - An agent has one status, the highest of what goes on at the DN where he or she is logged in:
//!   a call (OnCall) hides AfterCallWork, that hides NotReady, that hides Ready.
//! - A call counts as inbound or outbound once, when its first event comes; as abandoned once,
//!   when its caller gives up in a queue or while a phone rings for it.
//! - Handle time is what agents spend on calls: from EventEstablished to EventReleased, and the
//!   after-call work that follows. It counts when it ends, in the hour that ends now.
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
    Configuration, Event, Now, System, TrunkName,
    config::{DnKind, Role},
    monitor::{
        AgentCounts, Alarm, AlarmChange, GatewayHealth, LastHour, Metric, Monitor, QueueHealth,
        RegisteredDn, TrunkHealth,
    },
};

use crate::{
    agents::{AgentTable, Status},
    calls::CallTable,
    hour::Hour,
};

mod agents;
mod calls;
mod hour;
mod metrics;
pub mod statistics;

/// What the statistics can be told.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something has to be looked after, or no longer.
    Alarm(AlarmChange),
    /// The site's configuration.
    Configuration(Arc<Configuration>),
    /// Something happened at a DN. All events of the switch.
    Event(Arc<Event>),
    /// A trunk's probe was answered, or no longer is.
    Trunk {
        /// Which trunk.
        trunk: TrunkName,
        /// Whether it answers.
        up: bool,
    },
}

/// What the statistics can say.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The dashboard, whenever it reads differently; at most once a second.
    Monitor(Box<Monitor>),
}

/// The Stat Server.
#[derive(Debug, Default)]
pub struct Stats {
    configuration: Arc<Configuration>,
    agents: AgentTable,
    alarms: Vec<Alarm>,
    calls: CallTable,
    hour: Hour,
    trunks_up: BTreeMap<TrunkName, bool>,
    out: VecDeque<Output>,
    last: Option<Monitor>,
    /// When the last look was taken; the next one is a second later.
    looked_at: Option<Instant>,
    /// Whether something was told since.
    is_stale: bool,
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
            alarms: self.alarms.clone(),
            gateway: self.gateway_health(),
            last_hour: self.last_hour(now),
            queues: self.queues(now),
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

    fn handle_event(&mut self, now: Now, event: &Event) {
        let dn_kind = self.configuration.dns.get(&event.this_dn).map(|object| &object.kind);
        let is_queue = matches!(dn_kind, Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue));
        if let Some(call) = &event.call {
            let facts = self.calls.learn(event, call, is_queue);
            facts.into_iter().for_each(|fact| self.hour.add(now, fact));
        }
        if !is_queue {
            let facts = self.agents.learn(now, event);
            facts.into_iter().for_each(|fact| self.hour.add(now, fact));
        }
    }

    fn agent_counts(&self) -> AgentCounts {
        let mut counts = AgentCounts::default();
        for person in self.configuration.persons.values() {
            if !person.roles.contains(&Role::Agent) {
                continue;
            }
            let count = match self.agents.status(&person.employee_id) {
                Status::AfterCallWork => &mut counts.after_call_work,
                Status::LoggedOut => &mut counts.logged_out,
                Status::NotReady => &mut counts.not_ready,
                Status::OnCall => &mut counts.on_call,
                Status::Ready => &mut counts.ready,
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

    fn queues(&self, now: Now) -> Vec<QueueHealth> {
        let site = &self.configuration;
        let queues = site.dns.iter().filter_map(|(dn, object)| match &object.kind {
            DnKind::Extension { .. } => None,
            DnKind::RoutePoint { .. } => Some((dn, vec![dn])),
            DnKind::VirtualQueue => {
                let feeds = site.dns.iter().filter(|(_, object)| match &object.kind {
                    DnKind::RoutePoint { strategy, .. } => site
                        .strategies
                        .get(strategy)
                        .is_some_and(|strategy| strategy.virtual_queue.as_ref() == Some(dn)),
                    DnKind::Extension { .. } | DnKind::VirtualQueue => false,
                });
                Some((dn, feeds.map(|(route_point, _)| route_point).collect()))
            }
        });
        queues
            .map(|(dn, route_points)| {
                let waits: Vec<Duration> = route_points
                    .iter()
                    .flat_map(|route_point| self.calls.waiting_since(route_point))
                    .map(|since| now.unix.saturating_sub(since))
                    .collect();
                let longest = waits.iter().max().map_or(0, Duration::as_secs);
                QueueHealth {
                    name: dn.clone(),
                    waiting: count(waits.len()),
                    longest_wait_seconds: count(longest),
                }
            })
            .collect()
    }

    /// Says the dashboard when it reads differently and a second has passed since the last look.
    fn look(&mut self, now: Now) {
        let is_early = self.looked_at.is_some_and(|at| now.instant < at + LOOK_INTERVAL);
        if is_early || !(self.is_stale || self.next_by_itself().is_some_and(|at| at <= now.instant))
        {
            return;
        }
        self.hour.expire(now);
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
        let waits = self.looked_at.filter(|_| self.calls.is_anybody_waiting());
        waits.map(|at| at + LOOK_INTERVAL).into_iter().chain(self.hour.next_expiry()).min()
    }
}

impl System for Stats {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Alarm(change) => self.handle_alarm(change),
            Input::Configuration(configuration) => self.configuration = configuration,
            Input::Event(event) => self.handle_event(now, &event),
            Input::Trunk { trunk, up } => {
                self.trunks_up.insert(trunk, up);
            }
        }
        self.is_stale = true;
        self.look(now);
    }

    fn handle_timeout(&mut self, now: Now) {
        self.look(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let earliest = self.looked_at? + LOOK_INTERVAL;
        let wanted = if self.is_stale { Some(earliest) } else { self.next_by_itself() };
        wanted.map(|at| at.max(earliest))
    }
}

/// Numbers beyond this are shown as this.
fn count<N: TryInto<u32>>(number: N) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

/// The dashboard is looked at once in this time.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
