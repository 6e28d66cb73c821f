//! Moments as people and programs write them: ISO 8601 dates and times, as RFC 3339 narrows them.
//!
//! Deviations from RFC 3339: seconds and the time of day may be left out, a time without a zone is
//! UTC, and a zone may begin with a blank, which is what a plus sign in a query is read as.

/// Milliseconds since 1970 of `2026-01-27`, `2026-01-27T22:58Z`, `2026-01-27T23:58:08.5+01:00`.
#[must_use]
pub fn moment_ms(text: &str) -> Option<u64> {
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let days = days(date)?;
    let (time_ms, zone_ms) = match time {
        Some(time) => time_and_zone_ms(time)?,
        None => (0, 0),
    };
    u64::try_from(days * DAY_MS + time_ms - zone_ms).ok()
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let mut part = |digits| number(parts.next()?, digits);
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) {
        return None;
    }
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // A year from March to February: the day that is there every fourth year comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - DAYS_BEFORE_1970)
}

fn time_and_zone_ms(text: &str) -> Option<(i64, i64)> {
    let (time, zone_ms) = match text.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => match text.rfind(['+', '-', ' ']) {
            Some(at) => {
                let (time, zone) = text.split_at_checked(at)?;
                let sign = if zone.starts_with('-') { -1 } else { 1 };
                let (hours, minutes) = zone.get(1..)?.split_once(':')?;
                (time, sign * clock_ms(hours, minutes)?)
            }
            None => (text, 0),
        },
    };
    let mut parts = time.split(':');
    let (hours, minutes) = (parts.next()?, parts.next()?);
    let seconds_ms = match parts.next() {
        Some(seconds) => seconds_ms(seconds)?,
        None => 0,
    };
    let is_all = parts.next().is_none();
    is_all.then_some((clock_ms(hours, minutes)? + seconds_ms, zone_ms))
}

fn clock_ms(hours: &str, minutes: &str) -> Option<i64> {
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * 60_000)
}

/// Seconds, also a leap second, with any part of one; what is below a millisecond is left out.
fn seconds_ms(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let seconds = number(seconds, 2).filter(|seconds| *seconds <= 60)?;
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(*b"00").take(3);
    let ms = digits.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
    Some(seconds * 1000 + ms)
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

const DAY_MS: i64 = 86_400_000;
/// From the first of March of the year 0.
const DAYS_BEFORE_1970: i64 = 719_468;
