//! `/api/v2/statistics`: what the Stat Server counts, peeked at, or told on `/v2/statistics` to
//! the session that subscribed.
//!
//! Supervisors may ask about everybody; agents about themselves and about queues and groups.

use std::collections::BTreeMap;

use model::{
    Now,
    api::ApiId,
    config::Privilege,
    stat::{
        Category, ObjectType, StatError, StatReading, StatWish, Subscribing, ready_made::Catalogue,
    },
};
use serde_json::{Map, Value, json};
use wire_rest::{
    AskedStatistic, Problem, StatusCode, SubscriptionCommand, read_peek, read_statistics,
    read_subscription_operation, statistic_problem,
};

use crate::{
    Desk, Output,
    dispatch::{Ask, unknown},
    http::{Caller, ReplyTo, done},
    push::STATISTICS,
    router::Op,
    session::SessionId,
};

/// Statistics that sessions have open, and requests that wait for values.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    last: u64,
    open: BTreeMap<u64, Subscription>,
    waiting: BTreeMap<ApiId, Waiting>,
}

#[derive(Debug)]
struct Subscription {
    session: SessionId,
    statistics: Vec<Shown>,
    is_suspended: bool,
}

/// A statistic as it is named to the client.
#[derive(Clone, Debug)]
struct Shown {
    tag: String,
    name: String,
    object_type: String,
    object_id: String,
    /// Whether the Stat Server took it.
    is_open: bool,
}

/// A request that waits for the values of these statistics.
#[derive(Debug)]
struct Waiting {
    reply: ReplyTo,
    statistics: Vec<Shown>,
    /// The subscription that it reads or, with its session, makes.
    subscription: Option<(u64, Option<SessionId>)>,
}

impl Desk {
    pub(crate) fn statistics(&mut self, op: Op, caller: Caller, ask: &Ask) {
        let answer = match op {
            Op::StatisticDefinitions => Ok(self.definitions()),
            Op::StatisticsClose => self.unsubscribe_statistics(&caller, ask),
            Op::StatisticsOpen => match self.wishes(&caller, read_statistics(&ask.body)) {
                Ok(asked) => return self.subscribe_statistics(caller, asked),
                Err(problem) => Err(problem),
            },
            Op::StatisticsOperation => self.suspend_statistics(&caller, ask),
            Op::StatisticsPeek => match self.wishes(&caller, read_peek(&ask.query)) {
                Ok(asked) => return self.peek_statistics(caller, asked),
                Err(problem) => Err(problem),
            },
            Op::StatisticsRead => match self.subscription(&caller, ask) {
                Ok((number, subscription)) => {
                    let statistics = subscription.statistics.clone();
                    return self.read_subscription(caller, number, statistics);
                }
                Err(problem) => Err(problem),
            },
            _ => Ok(self.list_subscriptions(&caller)),
        };
        match answer {
            Ok(body) => self.succeed(caller.reply, &body),
            Err(problem) => self.fail(caller.reply, &problem),
        }
    }

    /// What is asked for, when the person may have it.
    fn wishes(
        &self,
        caller: &Caller,
        asked: Result<Vec<AskedStatistic>, Problem>,
    ) -> Result<Vec<AskedStatistic>, Problem> {
        let asked = asked?;
        let person = self.configuration.persons.get(&caller.user);
        if self.is_supervisor(&caller.user)
            || person.is_some_and(|one| self.configuration.may(one, Privilege::Monitor))
        {
            return Ok(asked);
        }
        let is_own = |wish: &StatWish| {
            let (Ok(kind), Some(person)) = (wish.object_type.parse(), person) else { return true };
            let id = wish.object_id.as_str();
            let place = person.place.as_ref();
            match kind {
                ObjectType::Agent => person.employee_id.as_str() == id,
                ObjectType::GroupAgents | ObjectType::Queue | ObjectType::RoutePoint => true,
                ObjectType::Place => place.is_some_and(|place| place.as_str() == id),
                ObjectType::RegDN => place
                    .and_then(|place| self.configuration.places.get(place))
                    .is_some_and(|place| place.dns.iter().any(|dn| dn.as_str() == id)),
            }
        };
        match asked.iter().find(|one| !is_own(&one.wish)) {
            None => Ok(asked),
            Some(AskedStatistic { wish, .. }) => {
                let (kind, id) = (&wish.object_type, &wish.object_id);
                let message = format!("The figures of {kind} {id} are for supervisors.");
                Err(Problem::new(403, StatusCode::NoPermission, "RoleMissing", message).hint(
                    "An administrator can give the role Supervisor or the privilege Monitor.",
                ))
            }
        }
    }

    fn subscribe_statistics(&mut self, caller: Caller, asked: Vec<AskedStatistic>) {
        let session = caller.session;
        let own = self.subscriptions.open.values().filter(|open| open.session == session);
        if own.count() >= SUBSCRIPTIONS_OF_SESSION_MAX {
            let max = SUBSCRIPTIONS_OF_SESSION_MAX;
            let error = StatError::Limit { of: "subscriptions of a session".into(), max };
            let problem = statistic_problem(&error).hint("DELETE those that are not needed.");
            return self.fail(caller.reply, &problem);
        }
        self.subscriptions.last += 1;
        let subscription = self.subscriptions.last;
        let statistics = asked.iter().map(Shown::of).collect();
        let wishes = asked.into_iter().map(|one| (one.wish, one.notification)).collect();
        let made = Some((subscription, Some(session)));
        let waiting = Waiting { reply: caller.reply, statistics, subscription: made };
        self.wait_for_statistics(waiting, Subscribing::Open { subscription, wishes });
    }

    fn peek_statistics(&mut self, caller: Caller, asked: Vec<AskedStatistic>) {
        let statistics = asked.iter().map(Shown::of).collect();
        let wishes = asked.into_iter().map(|one| one.wish).collect();
        let waiting = Waiting { reply: caller.reply, statistics, subscription: None };
        self.wait_for_statistics(waiting, Subscribing::Read { wishes });
    }

    fn read_subscription(&mut self, caller: Caller, number: u64, statistics: Vec<Shown>) {
        let numbers = numbers(&statistics);
        let statistics = statistics.into_iter().filter(|one| one.is_open).collect();
        let subscription = Some((number, None));
        let waiting = Waiting { reply: caller.reply, statistics, subscription };
        let asked = Subscribing::Peek { subscription: number, numbers };
        self.wait_for_statistics(waiting, asked);
    }

    fn wait_for_statistics(&mut self, waiting: Waiting, asked: Subscribing) {
        let id = waiting.reply.id;
        self.subscriptions.waiting.insert(id, waiting);
        self.out.push_back(Output::Statistics { id, asked });
    }

    /// The values are there, or why they can't be.
    pub(crate) fn statistics_read(
        &mut self,
        id: ApiId,
        readings: &[Result<StatReading, StatError>],
    ) {
        let Some(waiting) = self.subscriptions.waiting.remove(&id) else { return };
        let Waiting { reply, mut statistics, subscription } = waiting;
        for (shown, reading) in statistics.iter_mut().zip(readings) {
            shown.is_open = reading.is_ok();
        }
        if let Some(Err(error)) = readings.first()
            && readings.iter().all(Result::is_err)
        {
            return self.fail(reply, &statistic_problem(error));
        }
        let values: Vec<Value> = statistics
            .iter()
            .zip(readings)
            .map(|(shown, reading)| match reading {
                Ok(reading) => shown.value(reading),
                Err(error) => shown.error(error),
            })
            .collect();
        let mut body = json!({"statusCode": 0, "statistics": values});
        if let (Some((number, session)), Some(body)) = (subscription, body.as_object_mut()) {
            body.insert("subscriptionId".into(), json!(number.to_string()));
            if let Some(session) = session {
                if self.sessions.session(session).is_none() {
                    self.out.push_back(Output::Unsubscribed(number));
                }
                let made = Subscription { session, statistics, is_suspended: false };
                self.subscriptions.open.insert(number, made);
            }
        }
        self.succeed(reply, &body);
    }

    /// Values of a subscription go to the clients of the session that has it.
    pub(crate) fn statistics_told(&mut self, now: Now, number: u64, values: &[(u64, StatReading)]) {
        let Some(subscription) = self.subscriptions.open.get(&number) else { return };
        let session = subscription.session;
        let shown =
            |place: u64| usize::try_from(place).ok().and_then(|at| subscription.statistics.get(at));
        let values = values.iter().filter_map(|(at, reading)| Some(shown(*at)?.value(reading)));
        let message = json!({
            "messageType": "StatisticValueMessage",
            "subscriptionId": number.to_string(),
            "statistics": values.collect::<Vec<_>>(),
        });
        let message: std::sync::Arc<str> = wire_bayeux::event(STATISTICS, &message).into();
        for key in self.bayeux.subscribers_of(session, STATISTICS) {
            self.deliver(now, &key, std::sync::Arc::clone(&message));
        }
    }

    /// A session has ended: nobody is told any more.
    pub(crate) fn session_statistics_gone(&mut self, session: SessionId) {
        let open = self.subscriptions.open.iter().filter(|(_, one)| one.session == session);
        let gone: Vec<u64> = open.map(|(number, _)| *number).collect();
        for number in gone {
            self.subscriptions.open.remove(&number);
            self.out.push_back(Output::Unsubscribed(number));
        }
    }

    fn subscription(&self, caller: &Caller, ask: &Ask) -> Result<(u64, &Subscription), Problem> {
        let number = ask.param.parse().ok();
        let open = number.and_then(|number| Some((number, self.subscriptions.open.get(&number)?)));
        let own = open.filter(|(_, open)| open.session == caller.session);
        own.ok_or_else(|| {
            unknown("subscription").hint("GET /api/v2/statistics lists those of this session.")
        })
    }

    fn unsubscribe_statistics(&mut self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let (number, _) = self.subscription(caller, ask)?;
        self.subscriptions.open.remove(&number);
        self.out.push_back(Output::Unsubscribed(number));
        Ok(done())
    }

    fn suspend_statistics(&mut self, caller: &Caller, ask: &Ask) -> Result<Value, Problem> {
        let command = read_subscription_operation(&ask.body)?;
        let (subscription, open) = self.subscription(caller, ask)?;
        let numbers = numbers(&open.statistics);
        let is_suspended = command == SubscriptionCommand::Suspend;
        if let Some(open) = self.subscriptions.open.get_mut(&subscription) {
            open.is_suspended = is_suspended;
        }
        let asked = Subscribing::Suspend { subscription, is_suspended, numbers };
        // Nobody waits for it.
        self.out.push_back(Output::Statistics { id: ApiId(0), asked });
        Ok(done())
    }

    fn list_subscriptions(&self, caller: &Caller) -> Value {
        let own = self.subscriptions.open.iter().filter(|(_, one)| one.session == caller.session);
        let subscriptions = own.map(|(number, one)| {
            json!({
                "subscriptionId": number.to_string(),
                "suspended": one.is_suspended,
                "statistics": one.statistics.iter().filter(|one| one.is_open)
                    .map(|one| Value::Object(one.members())).collect::<Vec<_>>(),
            })
        });
        json!({"statusCode": 0, "subscriptions": subscriptions.collect::<Vec<_>>()})
    }

    /// What statistics can be asked for.
    fn definitions(&self) -> Value {
        let (catalogue, _) = Catalogue::of(&self.configuration);
        let types = catalogue.types.iter().map(|(name, one)| {
            json!({
                "name": name,
                "category": one.category.as_str(),
                "mainMask": one.main.to_string(),
                "relMask": one.relative.to_string(),
                "subject": one.subject.as_str(),
                "objects": one.objects.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
                "filter": one.filter,
                "timeRange": one.range.map(|range| range.to_string()),
            })
        });
        let profiles = catalogue.profiles.iter();
        let profiles =
            profiles.map(|(name, profile)| json!({"name": name, "profile": profile.to_string()}));
        let objects = ObjectType::ALL.iter().map(|kind| kind.as_str());
        let categories = Category::ALL.iter().map(|category| category.as_str());
        json!({
            "statusCode": 0,
            "statisticTypes": types.collect::<Vec<_>>(),
            "timeProfiles": profiles.collect::<Vec<_>>(),
            "timeZone": catalogue.zone,
            "objectTypes": objects.collect::<Vec<_>>(),
            "categories": categories.collect::<Vec<_>>(),
            "notificationModes": ["Immediate", "Periodical", "Reset", "NoNotification"],
        })
    }
}

impl Shown {
    fn of(asked: &AskedStatistic) -> Self {
        Self {
            tag: asked.tag.clone(),
            name: asked.name.clone(),
            object_type: asked.wish.object_type.clone(),
            object_id: asked.wish.object_id.clone(),
            is_open: true,
        }
    }

    fn members(&self) -> Map<String, Value> {
        let members = [
            ("tag", &self.tag),
            ("name", &self.name),
            ("objectType", &self.object_type),
            ("objectId", &self.object_id),
        ];
        members.into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect()
    }

    fn value(&self, reading: &StatReading) -> Value {
        let mut members = self.members();
        members.insert("value".into(), json!(reading.value));
        members.insert("timestamp".into(), json!(reading.at_ms));
        Value::Object(members)
    }

    fn error(&self, error: &StatError) -> Value {
        let mut members = self.members();
        members.insert("error".into(), statistic_problem(error).to_json());
        Value::Object(members)
    }
}

/// The places of those that are open.
fn numbers(statistics: &[Shown]) -> Vec<u64> {
    (0..).zip(statistics).filter(|(_, one)| one.is_open).map(|(number, _)| number).collect()
}

/// Lists of statistics that one session can have open.
const SUBSCRIPTIONS_OF_SESSION_MAX: usize = 100;
