//! Statistics in the wire's form, and back.

use std::collections::BTreeMap;

use model::{
    ReferenceId,
    stat::{
        Metric, Notification, StatError, StatReading, StatRequest, StatValue, StatWish,
        ready_made::Catalogue,
    },
};
use proto::stat::v1::{self as pb, client_message::Request, server_message::Event};

/// What a client asks for.
///
/// # Errors
/// When a message lacks its parts.
pub fn request(request: Option<Request>) -> Result<StatRequest, StatError> {
    Ok(match request {
        None => {
            let what = "the message has no request, or one that this server does not know";
            return Err(StatError::Mismatch(what.into()));
        }
        Some(Request::CloseStat(_)) => StatRequest::Close,
        Some(Request::OpenStat(open)) => opening(open)?,
        Some(Request::PeekStat(_)) => StatRequest::Peek,
        Some(Request::ResumeStat(_)) => StatRequest::Resume,
        Some(Request::SuspendStat(_)) => StatRequest::Suspend,
    })
}

/// A statistic that is to be opened.
///
/// # Errors
/// When the statistic is missing or the notification can't be read.
pub fn opening(open: pb::OpenStatRequest) -> Result<StatRequest, StatError> {
    let mode = match open.mode() {
        pb::NotificationMode::Immediate => "Immediate",
        pb::NotificationMode::Periodical => "Periodical",
        pb::NotificationMode::Reset => "Reset",
        pb::NotificationMode::None => "NoNotification",
    };
    let notification = Notification::parse(mode, open.frequency, &open.insensitivity)?;
    let statistic = open.statistic.ok_or_else(|| StatError::Mismatch(NO_STATISTIC.into()))?;
    Ok(StatRequest::Open(wish(statistic)?, notification))
}

/// A statistic as it is asked for.
///
/// # Errors
/// When it names no type.
pub fn wish(statistic: pb::Statistic) -> Result<StatWish, StatError> {
    let metric = match statistic.metric {
        None => return Err(StatError::Mismatch(NO_TYPE.into())),
        Some(pb::statistic::Metric::Name(name)) => Metric::Named(name),
        Some(pb::statistic::Metric::StatisticType(written)) => Metric::Spelled(spelled(written)),
    };
    Ok(StatWish {
        object_type: statistic.object_type,
        object_id: statistic.object_id,
        metric,
        time_profile: statistic.time_profile,
        time_range: statistic.time_range,
        filter: statistic.filter,
    })
}

fn spelled(written: pb::StatisticType) -> BTreeMap<String, String> {
    let options = [
        ("Category", written.category),
        ("Filter", written.filter),
        ("MainMask", written.main_mask),
        ("Objects", written.objects.join(",")),
        ("RelMask", written.rel_mask),
        ("Subject", written.subject),
        ("TimeRange", written.time_range),
    ];
    let said = options.into_iter().filter(|(_, text)| !text.is_empty());
    said.map(|(name, text)| (name.to_owned(), text)).collect()
}

/// What became of a request.
pub fn answer(
    reference: ReferenceId,
    outcome: Result<Option<StatReading>, StatError>,
) -> pb::ServerMessage {
    let event = match outcome {
        Ok(Some(reading)) => Event::Info(info(reading)),
        Ok(None) => Event::Done(pb::Done {}),
        Err(refused) => Event::Error(error(&refused)),
    };
    pb::ServerMessage { reference_id: reference.0, event: Some(event) }
}

/// A value.
pub fn info(reading: StatReading) -> pb::Info {
    let value = match reading.value {
        StatValue::Number(number) => pb::info::Value::Number(number),
        StatValue::Word(word) => pb::info::Value::Word(word),
    };
    pb::Info { value: Some(value), timestamp_ms: reading.at_ms }
}

fn error(error: &StatError) -> pb::Error {
    let code = match error {
        StatError::Filter { .. } => pb::ErrorCode::Filter,
        StatError::Limit { .. } => pb::ErrorCode::Limit,
        StatError::Mismatch(_) => pb::ErrorCode::Mismatch,
        StatError::NotOpen(_) => pb::ErrorCode::NotOpen,
        StatError::Open(_) => pb::ErrorCode::Open,
        StatError::Unknown { .. } => pb::ErrorCode::Word,
    };
    pb::Error { code: code.into(), message: error.to_string() }
}

/// All that can be opened.
pub fn definitions(catalogue: &Catalogue) -> pb::Definitions {
    let types = catalogue.types.iter().map(|(name, one)| pb::StatisticType {
        name: name.clone(),
        category: one.category.to_string(),
        main_mask: one.main.to_string(),
        rel_mask: one.relative.to_string(),
        subject: one.subject.to_string(),
        objects: one.objects.iter().map(ToString::to_string).collect(),
        filter: one.filter.clone().unwrap_or_default(),
        time_range: one.range.map(|range| range.to_string()).unwrap_or_default(),
    });
    let profiles = catalogue.profiles.iter();
    let profiles = profiles.map(|(name, profile)| pb::TimeProfile {
        name: name.clone(),
        profile: profile.to_string(),
    });
    pb::Definitions {
        statistic_types: types.collect(),
        time_profiles: profiles.collect(),
        time_zone: catalogue.zone.clone(),
    }
}

const NO_STATISTIC: &str = "the request has no statistic";
const NO_TYPE: &str = "name a statistic type, or write one out";
