//! Statistics that are asked for: bodies and queries of `/api/v2/statistics`.

use model::stat::{Metric, Notification, StatError, StatWish};
use serde_json::{Map, Value};

use crate::{Problem, Query, StatusCode, call_command::object};

/// A statistic as it is asked for, with the client's own name for it.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedStatistic {
    /// Comes back with every value.
    pub tag: String,
    /// The statistic type's name; empty when it is written out.
    pub name: String,
    /// What.
    pub wish: StatWish,
    /// When it is told.
    pub notification: Notification,
}

/// What can be asked of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionCommand {
    /// Values again.
    Resume,
    /// No values for now.
    Suspend,
}

/// Reads `{"statistics":[{"objectType","objectId","name"|"statisticType",…}]}`.
///
/// # Errors
/// A [`Problem`] that says which statistic can't be read, and why.
pub fn read_statistics(body: &[u8]) -> Result<Vec<AskedStatistic>, Problem> {
    let body = object(body)?;
    let Some(Value::Array(list)) = body.get("statistics") else {
        let hint = "Send {\"statistics\": [{\"objectType\": \"Queue\", \"objectId\": \
                    \"VQ_Support\", \"name\": \"ServiceLevel\"}]}.";
        return Err(Problem::missing("statistics").hint(hint));
    };
    if list.is_empty() || list.len() > STATISTICS_MAX {
        let why = format!("must have 1 to {STATISTICS_MAX} members");
        return Err(Problem::out_of_range("statistics", why));
    }
    list.iter().enumerate().map(|(place, one)| statistic(place, one)).collect()
}

fn statistic(place: usize, body: &Value) -> Result<AskedStatistic, Problem> {
    let at = format!("statistics[{place}]");
    let Value::Object(body) = body else {
        return Err(Problem::out_of_range(&at, "must be an object"));
    };
    if let Some(member) = body.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
        let why = format!("is not known; known are {}", MEMBERS.join(", "));
        return Err(Problem::out_of_range(&format!("{at}.{member}"), why));
    }
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(Problem::out_of_range(&format!("{at}.{name}"), "must be a text")),
    };
    let needed = |name: &str| match text(name)? {
        empty if empty.is_empty() => Err(Problem::missing(&format!("{at}.{name}"))),
        found => Ok(found),
    };
    let name = text("name")?;
    let metric = match body.get("statisticType") {
        None | Some(Value::Null) => Metric::Named(needed("name")?),
        Some(Value::Object(options)) => Metric::Spelled(spelled(&at, options)?),
        Some(_) => {
            let why = "must be an object: {\"Category\", \"MainMask\", \"Subject\", …}";
            return Err(Problem::out_of_range(&format!("{at}.statisticType"), why));
        }
    };
    let frequency = match body.get("notificationFrequency") {
        None | Some(Value::Null) => 0,
        Some(value) => value.as_u64().and_then(|it| u32::try_from(it).ok()).ok_or_else(|| {
            let parameter = format!("{at}.notificationFrequency");
            Problem::out_of_range(&parameter, "must be a number of seconds")
        })?,
    };
    let (mode, by) = (text("notificationMode")?, text("insensitivity")?);
    let notification = Notification::parse(&mode, frequency, &by)
        .map_err(|error| statistic_problem(&error).hint(format!("Look at {at}.")))?;
    let tag = match text("tag")? {
        empty if empty.is_empty() => place.to_string(),
        tag => tag,
    };
    let wish = StatWish {
        object_type: needed("objectType")?,
        object_id: needed("objectId")?,
        metric,
        time_profile: text("timeProfile")?,
        time_range: text("timeRange")?,
        filter: text("filter")?,
    };
    Ok(AskedStatistic { tag, name, wish, notification })
}

fn spelled(
    at: &str,
    options: &Map<String, Value>,
) -> Result<std::collections::BTreeMap<String, String>, Problem> {
    let option = |(key, value): (&String, &Value)| match value {
        Value::String(text) => Ok((key.clone(), text.clone())),
        _ => Err(Problem::out_of_range(&format!("{at}.statisticType.{key}"), "must be a text")),
    };
    options.iter().map(option).collect()
}

/// Reads the query of `GET /api/v2/statistics/peek`: one statistic, of one object or of several
/// with commas between.
///
/// # Errors
/// A [`Problem`] that says which parameter is missing.
pub fn read_peek(query: &Query) -> Result<Vec<AskedStatistic>, Problem> {
    let text = |name: &str| query.value(name).unwrap_or_default().trim().to_owned();
    let needed = |name: &str| match text(name) {
        empty if empty.is_empty() => Err(Problem::missing(name)),
        found => Ok(found),
    };
    let (name, object_type) = (needed("name")?, needed("objectType")?);
    let all = needed("objectId")?;
    let ids: Vec<&str> = all.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() || ids.len() > STATISTICS_MAX {
        let why = format!("must be 1 to {STATISTICS_MAX} objects");
        return Err(Problem::out_of_range("objectId", why));
    }
    let asked = |(place, id): (usize, &str)| AskedStatistic {
        tag: place.to_string(),
        name: name.clone(),
        wish: StatWish {
            object_type: object_type.clone(),
            object_id: id.to_owned(),
            metric: Metric::Named(name.clone()),
            time_profile: text("timeProfile"),
            time_range: text("timeRange"),
            filter: text("filter"),
        },
        notification: Notification::Never,
    };
    Ok(ids.into_iter().enumerate().map(asked).collect())
}

/// Reads `{"operationName":…}` of a subscription.
///
/// # Errors
/// A [`Problem`] that says what would do.
pub fn read_subscription_operation(body: &[u8]) -> Result<SubscriptionCommand, Problem> {
    let body = object(body)?;
    match body.get("operationName").and_then(Value::as_str) {
        None => Err(Problem::missing("operationName")),
        Some("Resume") => Ok(SubscriptionCommand::Resume),
        Some("Suspend") => Ok(SubscriptionCommand::Suspend),
        Some(asked) => Err(Problem::unknown_operation(asked, &["Resume", "Suspend"])),
    }
}

/// Why a statistic can't be had, as an error of this API.
#[must_use]
pub fn statistic_problem(error: &StatError) -> Problem {
    let (status, code) = match error {
        StatError::Filter { .. } => (StatusCode::OutOfRange, "StatisticFilterInvalid"),
        StatError::Limit { .. } => (StatusCode::OutOfRange, "StatisticLimit"),
        StatError::Mismatch(_) => (StatusCode::OutOfRange, "StatisticInvalid"),
        StatError::NotOpen(_) => (StatusCode::NotFound, "StatisticNotOpen"),
        StatError::Open(_) => (StatusCode::OutOfRange, "StatisticOpen"),
        StatError::Unknown { .. } => (StatusCode::OutOfRange, "StatisticUnknown"),
    };
    let said = error.to_string();
    let mut letters = said.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let message = format!("{}{}.", first.collect::<String>(), letters.as_str());
    let http = if status == StatusCode::NotFound { 404 } else { 400 };
    Problem::new(http, status, code, message)
        .hint("GET /api/v2/statistics/definitions lists types, objects and time profiles.")
}

const MEMBERS: [&str; 11] = [
    "filter",
    "insensitivity",
    "name",
    "notificationFrequency",
    "notificationMode",
    "objectId",
    "objectType",
    "statisticType",
    "tag",
    "timeProfile",
    "timeRange",
];
/// Most statistics that one request asks for.
const STATISTICS_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use model::stat::Insensitivity;

    use super::*;

    fn refused(body: &str) -> String {
        read_statistics(body.as_bytes()).unwrap_err().message
    }

    #[test]
    fn statistics_are_read_with_their_place_as_the_tag_when_there_is_none() {
        let body = r#"{"statistics": [
            {"objectType": "Queue", "objectId": "VQ_Support", "name": "ServiceLevel",
             "timeRange": "0-30", "tag": "sl"},
            {"objectType": "Agent", "objectId": "5001", "timeProfile": "LastHour",
             "notificationMode": "Periodical", "notificationFrequency": 5,
             "statisticType": {"Category": "TotalNumber", "MainMask": "CallInbound",
                               "Subject": "DNAction"}}]}"#;
        let read = read_statistics(body.as_bytes()).unwrap();
        assert_eq!((read[0].tag.as_str(), read[1].tag.as_str()), ("sl", "1"));
        assert_eq!(read[0].wish.time_range, "0-30");
        assert_eq!(read[0].notification, Notification::Change(Insensitivity::Absolute(0.0)));
        assert_eq!(read[1].notification, Notification::Every { seconds: 5 });
        assert!(matches!(&read[1].wish.metric, Metric::Spelled(options) if options.len() == 3));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        assert_eq!(refused("{}"), "Parameter 'statistics' is missing.");
        assert_eq!(
            refused(r#"{"statistics":[]}"#),
            "Parameter 'statistics' must have 1 to 1000 members."
        );
        let one = |members: &str| refused(&format!(r#"{{"statistics":[{{{members}}}]}}"#));
        assert_eq!(one(r#""objectId":"1""#), "Parameter 'statistics[0].name' is missing.");
        assert!(one(r#""objectid":"1""#).starts_with("Parameter 'statistics[0].objectid' is not"));
        let mode =
            one(r#""objectType":"Agent","objectId":"1","name":"X","notificationMode":"Now""#);
        assert!(mode.starts_with("`Now` is no notification mode"), "{mode}");
    }

    #[test]
    fn a_peek_can_be_at_several_objects() {
        let query = Query::read("objectType=Agent&objectId=5001,%205002&name=InboundCalls");
        let read = read_peek(&query).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].wish.object_id, "5002");
        assert!(read_peek(&Query::read("objectType=Agent&name=X")).is_err());
    }
}
