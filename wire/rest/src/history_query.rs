//! What is asked of the history: the queries of `GET /api/v2/history/…`.

use model::{
    Dn,
    history::{
        CallsQuery, CdrFormat,
        interval::{IntervalLength, IntervalOf, IntervalQuery},
    },
};

use crate::{
    Problem, Query,
    recording_query::{count, digits, moment, short, text},
};

/// Reads `from`, `to`, `ani`, `dn`, `agent`, `queue`, `limit`, `offset`; none is needed.
///
/// # Errors
/// A [`Problem`] that says which parameter is wrong.
pub fn read_calls_query(query: &Query) -> Result<CallsQuery, Problem> {
    let (from_ms, to_ms) = read_span(query)?;
    Ok(CallsQuery {
        from_ms,
        to_ms,
        ani: short(query, "ani")?.map(|number| digits("ani", number)).transpose()?,
        dn: short(query, "dn")?.map(Dn::from),
        agent: short(query, "agent")?.map(Into::into),
        queue: short(query, "queue")?.map(Dn::from),
        limit: count(query, "limit")?.unwrap_or(LIMIT).min(LIMIT_MAX),
        offset: count(query, "offset")?.unwrap_or(0),
    })
}

/// Reads `format`.
///
/// # Errors
/// A [`Problem`] when it is no format.
pub fn read_cdr_format(query: &Query) -> Result<CdrFormat, Problem> {
    match text(query, "format") {
        None | Some("csv") => Ok(CdrFormat::Csv),
        Some("parquet") => Ok(CdrFormat::Parquet),
        Some(_) => Err(Problem::out_of_range("format", "must be csv or parquet")),
    }
}

/// Reads `of`, `name`, `length`, `from`, `to`; `of` is needed.
///
/// # Errors
/// A [`Problem`] that says which parameter is wrong.
pub fn read_interval_query(query: &Query) -> Result<IntervalQuery, Problem> {
    let (from_ms, to_ms) = read_span(query)?;
    let ofs = [IntervalOf::Agent, IntervalOf::Queue, IntervalOf::Site];
    let of = ofs.into_iter().find(|of| text(query, "of") == Some(of.as_str()));
    let lengths = [IntervalLength::Day, IntervalLength::Hour, IntervalLength::Quarter];
    let length = match text(query, "length") {
        None => Some(IntervalLength::Quarter),
        Some(text) => lengths.into_iter().find(|length| length.as_str() == text),
    };
    Ok(IntervalQuery {
        of: of.ok_or_else(|| Problem::out_of_range("of", "must be agent, queue or site"))?,
        name: short(query, "name")?.map(str::to_owned),
        length: length.ok_or_else(|| Problem::out_of_range("length", "must be 15m, 1h or 1d"))?,
        from_ms,
        to_ms,
    })
}

/// Reads `from` and `to`, in milliseconds since 1970.
///
/// # Errors
/// A [`Problem`] when one of them is no time, or they are the wrong way round.
pub fn read_span(query: &Query) -> Result<(Option<u64>, Option<u64>), Problem> {
    let (from_ms, to_ms) = (moment(query, "from")?, moment(query, "to")?);
    if from_ms.zip(to_ms).is_some_and(|(from, to)| from >= to) {
        return Err(Problem::out_of_range("to", "must be later than 'from'"));
    }
    Ok((from_ms, to_ms))
}

/// Calls in one response when nothing is said, and at most.
const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 500;
