//! Which recordings are asked for: the query of `GET /api/v2/recordings`.

use model::{Dn, recording::RecordingQuery};

use crate::{NUMBER_CHARS_MAX, Problem, Query, history_query::read_span, moment::moment_ms};

/// Reads `from`, `to`, `dn`, `agent`, `number`, `callUuid`, `mailbox` (`*`: any),
/// `limit`, `offset`; none is needed.
///
/// # Errors
/// A [`Problem`] that says which parameter is wrong.
pub fn read_recording_query(query: &Query) -> Result<RecordingQuery, Problem> {
    let (from_ms, to_ms) = read_span(query)?;
    let call = match text(query, "callUuid") {
        None => None,
        // As events write it: in capitals.
        Some(text) => Some(text.to_ascii_uppercase().parse().map_err(|_| {
            Problem::out_of_range("callUuid", "must be 32 characters, as events carry it")
        })?),
    };
    Ok(RecordingQuery {
        from_ms,
        to_ms,
        dn: short(query, "dn")?.map(Dn::from),
        agent: short(query, "agent")?.map(Into::into),
        number: match short(query, "number")? {
            None => None,
            Some(number) => Some(digits("number", number)?),
        },
        call,
        mailbox: short(query, "mailbox")?
            .map(|name| if name == "*" { "" } else { name }.to_owned()),
        limit: count(query, "limit")?.unwrap_or(LIMIT).min(LIMIT_MAX),
        offset: count(query, "offset")?.unwrap_or(0),
    })
}

/// A parameter with something in it: a field of a form that was left empty asks for nothing.
pub(crate) fn text<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.value(name).map(str::trim).filter(|text| !text.is_empty())
}

/// A time, in milliseconds since 1970.
pub(crate) fn moment(query: &Query, name: &str) -> Result<Option<u64>, Problem> {
    let wrong = || Problem::out_of_range(name, NO_TIME);
    text(query, name).map(|text| moment_ms(text).ok_or_else(wrong)).transpose()
}

pub(crate) fn short<'a>(query: &'a Query, name: &str) -> Result<Option<&'a str>, Problem> {
    let text = text(query, name);
    if text.is_some_and(|text| text.chars().count() > NUMBER_CHARS_MAX) {
        let limit = format!("must be at most {NUMBER_CHARS_MAX} characters");
        return Err(Problem::out_of_range(name, limit));
    }
    Ok(text)
}

/// A part of a number, without what people put between digits. A plus sign at its beginning came
/// as a blank when it was not encoded, and is left out as well: it would fit fewer spellings.
pub(crate) fn digits(name: &str, text: &str) -> Result<String, Problem> {
    let digits: String = text.chars().filter(|c| !" -().+".contains(*c)).collect();
    let fits = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_alphanumeric());
    let wrong = || Problem::out_of_range(name, "must be a telephone number or a part of one");
    if fits { Ok(digits) } else { Err(wrong()) }
}

pub(crate) fn count(query: &Query, name: &str) -> Result<Option<u32>, Problem> {
    let wrong = |_| Problem::out_of_range(name, "must be a number, 0 or more");
    text(query, name).map(|text| text.parse().map_err(wrong)).transpose()
}

const NO_TIME: &str = "must be a date or a time, e.g. 2026-01-27 or 2026-01-27T22:58:08Z";
/// Recordings in one response when nothing is said, and at most.
const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;
