//! The reference model: statistics reckoned from the list of all events, each time anew.
//!
//! It keeps nothing and is in no hurry. A span is from the event that began it to the event that
//! ended it, both by their place in the list, so that events of one millisecond stay in order.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use model::{
    AgentState, CallState, CallType, Event, EventName,
    stat::{
        Action, Category, Definition, Growing, Mask, ObjectType, StatObject, StatValue, TimeProfile,
    },
};

pub const PHONES: [&str; 4] = ["5001", "5002", "5003", "5004"];
pub const ROUTE_POINTS: [&str; 2] = ["5000", "5900"];

pub type Log = Vec<(u64, std::sync::Arc<Event>)>;

/// Something that lasted.
#[derive(Clone, Debug)]
pub struct Span {
    pub object: StatObject,
    pub action: Action,
    pub since: u64,
    pub from: usize,
    pub to: Option<usize>,
    pub ani: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Moment {
    pub object: StatObject,
    pub action: Action,
    pub at: usize,
    pub ms: u64,
    pub ani: Option<String>,
}

#[derive(Default)]
pub struct Story {
    pub spans: Vec<Span>,
    pub moments: Vec<Moment>,
    pub statuses: Vec<Span>,
    /// Agents and the events by which they logged in.
    pub logins: Vec<(String, usize)>,
}

fn object(kind: ObjectType, name: &str) -> StatObject {
    StatObject::new(kind, name)
}

fn is_talk(action: Action) -> bool {
    (Action::CallUnknown..=Action::CallInbound).contains(&action)
}

/// Everything that went on and happened.
pub fn story(log: &Log) -> Story {
    let mut story = Story::default();
    for dn in PHONES {
        phone(log, dn, &mut story);
    }
    queues(log, &mut story);
    let mut objects: Vec<StatObject> = Vec::new();
    for dn in PHONES {
        for kind in [ObjectType::Agent, ObjectType::Place, ObjectType::RegDN] {
            objects.push(object(kind, dn));
        }
    }
    for of in objects {
        let statuses = statuses(log, &story.spans, &of);
        story.statuses.extend(statuses);
    }
    story
}

/// The agent who is logged in after each event, and the state.
fn agents(log: &Log, dn: &str) -> Vec<Option<(String, AgentState)>> {
    let mut agent = None;
    let after = log.iter().map(|(_, event)| {
        if event.this_dn.as_str() == dn {
            if event.name == EventName::AgentLogout {
                agent = None;
            } else if let Some(said) = &event.agent {
                let is_in = said.state != AgentState::LoggedOut;
                agent = is_in.then(|| (said.agent.to_string(), said.state));
            }
        }
        agent.clone()
    });
    after.collect()
}

fn phone(log: &Log, dn: &str, story: &mut Story) {
    let agents = agents(log, dn);
    let mut spans = calls(log, dn);
    let mut moments = moments_of(log, &spans);
    // What the agent does besides calls.
    let mut index = 0;
    let mut known: Option<(String, AgentState)> = None;
    let mut own: Vec<Span> = Vec::new();
    while index < log.len() {
        if agents[index] != known {
            let other = known.as_ref().map(|(a, _)| a) != agents[index].as_ref().map(|(a, _)| a);
            for span in own.iter_mut().filter(|span| span.to.is_none()) {
                if other || span.action != Action::LoggedIn {
                    span.to = Some(index);
                    if span.action == Action::AfterCallWork {
                        let (object, ms) = (span.object.clone(), log[index].0 - span.since);
                        let action = Action::ACWCompleted;
                        let moment = Moment { object, action, at: index, ms, ani: None };
                        let agent = known.as_ref().map(|(agent, _)| agent.clone());
                        moments.push((moment, agent));
                    }
                }
            }
            known.clone_from(&agents[index]);
            if let Some((agent, state)) = &known {
                let action = match state {
                    AgentState::AfterCallWork => Action::AfterCallWork,
                    AgentState::NotReady => Action::NotReadyForNextCall,
                    AgentState::LoggedOut | AgentState::Ready => Action::WaitForNextCall,
                };
                let span = |action| Span {
                    object: object(ObjectType::RegDN, dn),
                    action,
                    since: log[index].0,
                    from: index,
                    to: None,
                    ani: None,
                };
                own.push(span(action));
                if other {
                    own.push(span(Action::LoggedIn));
                    story.logins.push((agent.clone(), index));
                }
            }
        }
        index += 1;
    }
    spans.extend(own);
    for span in &spans {
        story.spans.push(span.clone());
        story.spans.push(Span { object: object(ObjectType::Place, dn), ..span.clone() });
        story.spans.extend(parts_of_agents(log, span, &agents));
    }
    for (moment, agent) in moments {
        story.moments.push(moment.clone());
        story.moments.push(Moment { object: object(ObjectType::Place, dn), ..moment.clone() });
        let before = moment.at.checked_sub(1).and_then(|before| agents[before].clone());
        if let Some(agent) = agent.or(before.map(|(agent, _)| agent)) {
            story.moments.push(Moment { object: object(ObjectType::Agent, &agent), ..moment });
        }
    }
}

/// The parts of a span that lie in logins.
fn parts_of_agents(log: &Log, span: &Span, agents: &[Option<(String, AgentState)>]) -> Vec<Span> {
    let mut parts: Vec<(String, Span)> = Vec::new();
    let last = span.to.unwrap_or(log.len()).min(log.len() - 1);
    for (index, agent) in agents.iter().enumerate().take(last + 1).skip(span.from) {
        // A call's event finds the agent who was there before it; the agent's own begin with it.
        let after = agent.as_ref().map(|(agent, _)| agent.clone());
        let goes_on = span.to.is_none_or(|to| index < to);
        let last = parts.last_mut().filter(|(_, part)| part.to.is_none());
        match (last, after) {
            (Some((agent, part)), after) => {
                if after.as_ref() != Some(agent) || !goes_on {
                    part.to = Some(index);
                    if let Some(agent) = after.filter(|_| goes_on) {
                        parts.push(part_of(log, span, index, agent));
                    }
                }
            }
            (None, Some(agent)) if goes_on => {
                let mut part = part_of(log, span, index, agent);
                if index == span.from {
                    part.1.since = span.since;
                }
                parts.push(part);
            }
            (None, _) => {}
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

fn part_of(log: &Log, span: &Span, index: usize, agent: String) -> (String, Span) {
    let object = object(ObjectType::Agent, &agent);
    (agent, Span { object, since: log[index].0, from: index, to: None, ..span.clone() })
}

/// What calls do at a phone.
fn calls(log: &Log, dn: &str) -> Vec<Span> {
    let conns: BTreeSet<u64> =
        log.iter().filter_map(|(_, event)| Some(event.call.as_ref()?.conn.0)).collect();
    let mut spans: Vec<Span> = Vec::new();
    for conn in conns {
        let mut of_call: Vec<Span> = Vec::new();
        for (index, (at, event)) in log.iter().enumerate() {
            let Some(call) = event.call.as_ref().filter(|call| call.conn.0 == conn) else {
                continue;
            };
            if event.this_dn.as_str() != dn {
                continue;
            }
            let now: Vec<Action> =
                of_call.iter().filter(|span| span.to.is_none()).map(|span| span.action).collect();
            let talks = now.iter().any(|action| is_talk(*action));
            let talk = match call.call_type {
                CallType::Consult => Action::CallConsult,
                CallType::Inbound => Action::CallInbound,
                CallType::Internal => Action::CallInternal,
                CallType::Outbound => Action::CallOutbound,
                CallType::Unknown => Action::CallUnknown,
            };
            let (ends, begins): (Vec<Action>, Option<Action>) = match event.name {
                EventName::Dialing if now.is_empty() => (vec![], Some(Action::CallDialing)),
                EventName::Ringing if now.is_empty() => (vec![], Some(Action::CallRinging)),
                EventName::Established if !talks => (now, Some(talk)),
                EventName::Held if talks && !now.contains(&Action::CallOnHold) => {
                    (vec![], Some(Action::CallOnHold))
                }
                EventName::Retrieved => (vec![Action::CallOnHold], None),
                EventName::Released | EventName::Abandoned | EventName::Diverted => (now, None),
                _ => continue,
            };
            for span in of_call.iter_mut().filter(|span| ends.contains(&span.action)) {
                span.to = span.to.or(Some(index));
            }
            of_call.extend(begins.map(|action| Span {
                object: object(ObjectType::RegDN, dn),
                action,
                since: *at,
                from: index,
                to: None,
                ani: call.ani.clone(),
            }));
        }
        spans.extend(of_call);
    }
    spans
}

/// What the ends of calls at a phone are called. None belongs to a certain agent.
fn moments_of(log: &Log, spans: &[Span]) -> Vec<(Moment, Option<String>)> {
    let mut moments = Vec::new();
    for span in spans {
        let Some(to) = span.to else { continue };
        let (at, event) = &log[to];
        let call = event.call.as_ref().unwrap();
        let mut say = |action| {
            let (object, ani) = (span.object.clone(), call.ani.clone());
            let moment = Moment { object, action, at: to, ms: at - span.since, ani };
            moments.push((moment, None));
        };
        match (span.action, event.name) {
            (Action::CallRinging, EventName::Established) => say(Action::CallAnswered),
            (Action::CallRinging, EventName::Abandoned) => {
                say(Action::CallAbandonedFromRinging);
                say(Action::CallMissed);
            }
            (Action::CallRinging, _) => {
                say(Action::CallForwarded);
                say(Action::CallMissed);
            }
            (action, _) if is_talk(action) => {
                say(Action::CallReleased);
                let is_consult = action == Action::CallConsult;
                if call.call_state == CallState::Transferred && !is_consult {
                    say(Action::CallTransferMade);
                }
                if call.call_state == CallState::Conferenced && is_consult {
                    say(Action::CallConferenceMade);
                }
            }
            _ => {}
        }
    }
    moments
}

fn queues_fed_by(dn: &str) -> Vec<StatObject> {
    let mut fed = vec![object(ObjectType::RoutePoint, dn)];
    if dn == "5000" {
        fed.push(object(ObjectType::Queue, "VQ_Support"));
    }
    fed
}

fn queues(log: &Log, story: &mut Story) {
    let conns: BTreeSet<u64> =
        log.iter().filter_map(|(_, event)| Some(event.call.as_ref()?.conn.0)).collect();
    for conn in conns {
        let mut entered: BTreeSet<StatObject> = BTreeSet::new();
        let mut last: Option<(Vec<StatObject>, u64)> = None;
        let mut open: Vec<(&str, Span)> = Vec::new();
        let mut ringing: BTreeSet<&str> = BTreeSet::new();
        let mut busy: BTreeSet<&str> = BTreeSet::new();
        for (index, (at, event)) in log.iter().enumerate() {
            let Some(call) = event.call.as_ref().filter(|call| call.conn.0 == conn) else {
                continue;
            };
            let dn = event.this_dn.as_str();
            let by_site = matches!(call.call_state, CallState::Cleared | CallState::Overflowed);
            let moment = |objects: Vec<StatObject>, action, ms| {
                let one =
                    move |object| Moment { object, action, at: index, ms, ani: call.ani.clone() };
                objects.into_iter().map(one)
            };
            if !ROUTE_POINTS.contains(&dn) {
                let waits = |last: &mut Option<(Vec<StatObject>, u64)>, action| {
                    let (objects, since) = last.take()?;
                    Some(moment(objects, action, at - since))
                };
                match event.name {
                    EventName::Ringing if busy.insert(dn) => _ = ringing.insert(dn),
                    EventName::Dialing => _ = busy.insert(dn),
                    EventName::Established => {
                        busy.insert(dn);
                        if ringing.remove(dn) {
                            let told = waits(&mut last, Action::CallAnswered);
                            story.moments.extend(told.into_iter().flatten());
                        }
                    }
                    EventName::Released | EventName::Abandoned | EventName::Diverted => {
                        busy.remove(dn);
                        let rang = ringing.remove(dn);
                        if rang && event.name == EventName::Abandoned && !by_site {
                            let told = waits(&mut last, Action::CallAbandoned);
                            story.moments.extend(told.into_iter().flatten());
                        }
                    }
                    _ => {}
                }
                continue;
            }
            let waits = |action: Action, open: &[(&str, Span)]| {
                open.iter().any(|(at, span)| *at == dn && span.action == action)
            };
            let span = |object, action, since| {
                (dn, Span { object, action, since, from: index, to: None, ani: call.ani.clone() })
            };
            match event.name {
                EventName::Queued if !waits(Action::CallWait, &open) => {
                    let queued_at = event.extensions.int("QueuedAt");
                    let since = queued_at.map_or(*at, |ms| u64::try_from(ms).unwrap().min(*at));
                    for object in queues_fed_by(dn) {
                        open.push(span(object.clone(), Action::CallWait, since));
                        if entered.insert(object.clone()) {
                            story.moments.extend(moment(vec![object], Action::CallEntered, 0));
                        }
                    }
                    last = Some((queues_fed_by(dn), since));
                }
                EventName::TreatmentApplied
                    if waits(Action::CallWait, &open) && !waits(Action::CallTreatment, &open) =>
                {
                    for object in queues_fed_by(dn) {
                        open.push(span(object, Action::CallTreatment, *at));
                    }
                }
                EventName::TreatmentEnd => {
                    close(&mut open, story, index, |(at, span)| {
                        *at == dn && span.action == Action::CallTreatment
                    });
                }
                EventName::Abandoned | EventName::Diverted | EventName::Released
                    if waits(Action::CallWait, &open) =>
                {
                    let wait =
                        open.iter().find(|(at, span)| *at == dn && span.action == Action::CallWait);
                    let since = wait.unwrap().1.since;
                    let target = call.third_party.as_ref().map(|(target, _)| target.as_str());
                    let action = match event.name {
                        EventName::Diverted
                            if !target.is_some_and(|dn| ROUTE_POINTS.contains(&dn)) =>
                        {
                            Action::CallDistributed
                        }
                        EventName::Abandoned if !by_site => Action::CallAbandoned,
                        _ => Action::CallCleared,
                    };
                    if action != Action::CallDistributed {
                        last = None;
                    }
                    story.moments.extend(moment(queues_fed_by(dn), action, at - since));
                    close(&mut open, story, index, |(at, _)| *at == dn);
                }
                _ => {}
            }
        }
        story.spans.extend(open.into_iter().map(|(_, span)| span));
    }
}

fn close<'a>(
    open: &mut Vec<(&'a str, Span)>,
    story: &mut Story,
    index: usize,
    which: impl Fn(&(&'a str, Span)) -> bool,
) {
    for (_, span) in open.iter().filter(|one| which(one)) {
        story.spans.push(Span { to: Some(index), ..span.clone() });
    }
    open.retain(|one| !which(one));
}

/// The statuses of an object one after the other; the first has no beginning.
fn statuses(log: &Log, spans: &[Span], of: &StatObject) -> Vec<Span> {
    let idle = match of.kind {
        ObjectType::Agent => Action::LoggedOut,
        _ => Action::OnHook,
    };
    let first =
        Span { object: of.clone(), action: idle, since: u64::MAX, from: 0, to: None, ani: None };
    let mut statuses = vec![first];
    for (index, (at, _)) in log.iter().enumerate() {
        let now = spans.iter().filter(|span| {
            span.object == *of && span.from <= index && span.to.is_none_or(|to| to > index)
        });
        let status = now.map(|span| span.action).filter(|a| *a <= Action::LoggedOut).max();
        let status = status.unwrap_or(idle);
        let last = statuses.last_mut().unwrap();
        if last.action != status {
            last.to = Some(index);
            let next = Span { action: status, since: *at, from: index, to: None, ..last.clone() };
            statuses.push(next);
        }
    }
    statuses
}

/// A statistic, opened after so many events at a time.
#[derive(Clone, Debug)]
pub struct Asked {
    pub definition: Definition,
    pub after: usize,
    pub at: u64,
    pub resets: Vec<u64>,
}

/// Times at which a growing window begins anew, found by looking at the clock each minute.
pub fn resets(growing: &Growing, from: u64, to: u64) -> Vec<u64> {
    let zone = TimeZone::get(&growing.zone).unwrap();
    let mut bases = Vec::new();
    let mut at = (from - 2 * 86_400_000) / 60_000 * 60_000;
    let local = |ms: u64| {
        let at = Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap();
        let there = zone.to_datetime(at);
        (there.date(), u16::try_from(there.hour()).unwrap() * 60 + there.minute() as u16)
    };
    let mut reached = (local(at).0, 24 * 60);
    while at <= to {
        let (date, minute) = local(at);
        if date > reached.0 {
            reached = (date, 0);
            bases.extend(growing.at_minutes.contains(&0).then_some(at));
        }
        if date == reached.0 && minute > reached.1 {
            let passed = |reset: &&u16| **reset > reached.1 && **reset <= minute;
            bases.extend(growing.at_minutes.iter().find(passed).map(|_| at));
            reached.1 = minute;
        }
        at += 60_000;
    }
    let Some(every) = growing.every_minutes else {
        return bases.into_iter().filter(|at| *at > from).collect();
    };
    let mut all = Vec::new();
    for (index, base) in bases.iter().enumerate() {
        let end = bases.get(index + 1).copied().unwrap_or(to + 1);
        all.extend((*base..end).step_by(usize::from(every) * 60_000));
    }
    all.into_iter().filter(|at| *at > from).collect()
}

/// The value of a statistic at a time, after all events of the log.
pub fn value(log: &Log, story: &Story, asked: &Asked, now: u64) -> StatValue {
    let Definition { object: of, stat_type, profile } = &asked.definition;
    let members: Vec<StatObject> = match of.kind {
        ObjectType::GroupAgents => {
            ["5001", "5002"].iter().map(|dn| object(ObjectType::Agent, dn)).collect()
        }
        _ => vec![of.clone()],
    };
    let is_status = stat_type.subject.is_status();
    let all = if is_status { &story.statuses } else { &story.spans };
    let passes = |ani: &Option<String>| stat_type.filter.is_none() || ani.as_deref() == Some("111");
    let mine = |span: &&Span| {
        members.contains(&span.object)
            && passes(&span.ani)
            && span.to.is_none_or(|to| to >= asked.after)
    };
    let spans: Vec<Span> = all
        .iter()
        .filter(mine)
        .cloned()
        .map(|span| if span.since == u64::MAX { Span { since: asked.at, ..span } } else { span })
        .collect();
    if stat_type.category == Category::CurrentState {
        let now = spans.iter().find(|span| span.to.is_none()).unwrap();
        return StatValue::Word(now.action.as_str().to_owned());
    }
    let moments: Vec<&Moment> = story
        .moments
        .iter()
        .filter(|moment| {
            !is_status
                && members.contains(&moment.object)
                && moment.at >= asked.after
                && passes(&moment.ani)
        })
        .collect();
    let (mut start, mut first_event) = (asked.at, asked.after);
    match profile {
        TimeProfile::Growing(_) => {
            let reset = asked.resets.iter().rfind(|at| **at <= now && **at > asked.at);
            start = reset.copied().unwrap_or(start);
        }
        TimeProfile::Selection { .. } => {}
        TimeProfile::SinceLogin => {
            let mine = story
                .logins
                .iter()
                .filter(|(agent, index)| **agent == *of.name && *index >= asked.after);
            if let Some(index) = mine.map(|(_, index)| *index).max() {
                first_event = index;
                start = log[index].0;
            }
        }
        TimeProfile::Sliding { window_s, step_s } => {
            let (window, step) = (u64::from(*window_s) * 1000, u64::from(*step_s) * 1000);
            start = start.max(now / step * step + step - window);
        }
    }
    let mut ended: Vec<(usize, Action, u64)> = Vec::new();
    ended.extend(spans.iter().filter_map(|span| {
        let to = span.to?;
        Some((to, span.action, log[to].0 - span.since))
    }));
    ended.extend(moments.iter().map(|moment| (moment.at, moment.action, moment.ms)));
    ended.retain(|(index, ..)| *index >= first_event && log[*index].0 >= start);
    ended.retain(|(_, action, _)| stat_type.main.has(*action) || stat_type.relative.has(*action));
    ended.sort_by_key(|(index, ..)| *index);
    if let TimeProfile::Selection { last } = profile {
        let surplus = ended.len().saturating_sub(usize::try_from(*last).unwrap());
        ended.drain(..surplus);
    }
    let lengths: Vec<u64> = ended
        .iter()
        .filter(|(_, action, _)| stat_type.main.has(*action))
        .map(|(_, _, ms)| *ms)
        .collect();
    let relative = ended.iter().filter(|(_, action, _)| stat_type.relative.has(*action)).count();
    let figures = Figures { log, spans: &spans, start, now, main: stat_type.main };
    StatValue::Number(figures.number(&asked.definition, &lengths, relative as f64, asked))
}

struct Figures<'a> {
    log: &'a Log,
    spans: &'a [Span],
    start: u64,
    now: u64,
    main: Mask,
}

impl Figures<'_> {
    fn end(&self, span: &Span) -> u64 {
        span.to.map_or(self.now, |to| self.log[to].0)
    }

    fn begin(&self, span: &Span) -> u64 {
        self.log.get(span.from).map_or(0, |(at, _)| *at)
    }

    /// How many milliseconds of spans lie in the window.
    fn overlap(&self, mask: Mask) -> f64 {
        let parts = self.spans.iter().filter(|span| mask.has(span.action)).map(|span| {
            let first = if span.from == 0 { 0 } else { self.begin(span) };
            self.end(span).saturating_sub(first.max(self.start))
        });
        parts.sum::<u64>() as f64
    }

    /// How many went on at a time, in each stretch of the window between two changes.
    fn stretches(&self, from: u64) -> Vec<(u64, u64, usize)> {
        let main: Vec<&Span> =
            self.spans.iter().filter(|span| self.main.has(span.action)).collect();
        let first = |span: &Span| if span.from == 0 { 0 } else { self.begin(span) };
        let mut times: BTreeSet<u64> = [from, self.now].into();
        for span in &main {
            times.extend([first(span), self.end(span)]);
        }
        let times: Vec<u64> =
            times.into_iter().filter(|at| (from..=self.now).contains(at)).collect();
        let stretch = |pair: &[u64]| {
            let on = main.iter().filter(|span| first(span) <= pair[0] && self.end(span) >= pair[1]);
            (pair[0], pair[1], on.count())
        };
        times.windows(2).map(stretch).collect()
    }

    fn number(&self, of: &Definition, ms: &[u64], relative: f64, asked: &Asked) -> f64 {
        let stat_type = &of.stat_type;
        let (count, sum) = (ms.len() as f64, ms.iter().sum::<u64>() as f64);
        let going: Vec<&Span> = self
            .spans
            .iter()
            .filter(|span| span.to.is_none() && self.main.has(span.action))
            .collect();
        let lengths: Vec<u64> = going.iter().map(|span| self.now - span.since).collect();
        let number = lengths.len() as f64;
        let range = stat_type.range;
        let is_in = |ms: &&u64| range.is_none_or(|range| range.has_ms(**ms));
        let (found, found_ms) =
            (ms.iter().filter(is_in).count() as f64, ms.iter().filter(is_in).sum::<u64>() as f64);
        let current_found = lengths.iter().filter(is_in).count() as f64;
        let current = lengths.iter().sum::<u64>() as f64;
        let elapsed = (self.now - self.start) as f64;
        let share = |part: f64, of: f64| if of == 0.0 { 0.0 } else { part / of };
        let most = |of: &[u64]| of.iter().max().map_or(0.0, |ms| *ms as f64 / 1000.0);
        let least = |of: &[u64]| of.iter().min().map_or(0.0, |ms| *ms as f64 / 1000.0);
        let numbers = || {
            let numbers = self.stretches(self.start).into_iter().map(|(_, _, number)| number);
            numbers.chain([going.len()])
        };
        let (main_ms, relative_ms) = (self.overlap(self.main), self.overlap(stat_type.relative));
        match stat_type.category {
            Category::AverageNumberPerRelativeHour => share(count * 3_600_000.0, relative_ms),
            Category::AverageOfCurrentNumber => share(main_ms, elapsed),
            Category::AverageTime => share(sum / 1000.0, relative),
            Category::CurrentAverageTime => share(current / 1000.0, number),
            Category::CurrentContinuousTime => {
                if going.is_empty() {
                    return 0.0;
                }
                let stretches = self.stretches(asked.at);
                let gap = stretches.iter().rfind(|(_, _, number)| *number == 0);
                let since = gap.map_or_else(
                    || {
                        let first = self
                            .spans
                            .iter()
                            .filter(|span| self.main.has(span.action) && span.from < asked.after);
                        first.map(|span| span.since).min().unwrap_or(asked.at)
                    },
                    |(_, end, _)| *end,
                );
                (self.now - since) as f64 / 1000.0
            }
            Category::CurrentMaxTime => most(&lengths),
            Category::CurrentMinTime => least(&lengths),
            Category::CurrentNumber => number,
            Category::CurrentNumberInTimeRange => current_found,
            Category::CurrentNumberInTimeRangePercentage => share(100.0 * current_found, number),
            Category::CurrentState => unreachable!("it is a word"),
            Category::CurrentTime => current / 1000.0,
            Category::ElapsedTimePercentage => share(100.0 * main_ms, elapsed),
            Category::EstimWaitingTime => share(number * (elapsed / 1000.0), relative),
            Category::MaxNumber => numbers().max().unwrap() as f64,
            Category::MaxTime => most(ms),
            Category::MinNumber => numbers().min().unwrap() as f64,
            Category::MinTime => least(ms),
            Category::RelativeNumberPercentage => share(100.0 * count, relative),
            Category::RelativeTimePercentage => share(100.0 * main_ms, relative_ms),
            Category::ServiceFactor1 => share(100.0 * found, relative),
            Category::TotalAdjustedNumber => count + number,
            Category::TotalAdjustedTime => main_ms / 1000.0,
            Category::TotalNumber => count,
            Category::TotalNumberInTimeRange => found,
            Category::TotalNumberInTimeRangePercentage => share(100.0 * found, count),
            Category::TotalNumberPerSecond => share(count, elapsed / 1000.0),
            Category::TotalTime => sum / 1000.0,
            Category::TotalTimeInTimeRange => found_ms / 1000.0,
        }
    }
}
