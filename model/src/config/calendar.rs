//! Business hours and holidays in a time zone.
//!
//! A calendar is open while the wall clock there says so: hours are never counted from midnight in
//! seconds, so the days on which clocks change need no care. The zones' rules are part of the
//! program (IANA time zone database); no file of the system is read.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{
    SignedDuration, Timestamp, civil,
    tz::{TimeZone, TimeZoneDatabase},
};
use serde::{Deserialize, Serialize};

use crate::id::NotAnId;

/// When a business is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// IANA name, e.g. `Europe/Berlin`.
    pub time_zone: String,
    /// Hours of each weekday; a day that is not here is closed.
    #[serde(default)]
    pub hours: BTreeMap<Weekday, Vec<Span>>,
    /// Days that are not as their weekday says.
    #[serde(default)]
    pub holidays: BTreeMap<HolidayDate, Holiday>,
}

/// A day with hours of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Holiday {
    /// For people.
    pub name: String,
    /// Its hours; none: closed.
    pub hours: Vec<Span>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// From a minute of the day to before another, written `08:00-18:30`; a day ends at `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    from: u16,
    to: u16,
}

/// The date of a holiday: `2026-04-03`, or `12-25` for every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HolidayDate {
    year: Option<i16>,
    month: i8,
    day: i8,
}

/// A time zone that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTimeZone(
    /// What was written.
    pub String,
);

/// A calendar with its time zone at hand, to be asked often.
#[derive(Clone, Debug)]
pub struct OpenHours {
    zone: TimeZone,
    hours: BTreeMap<Weekday, Vec<Span>>,
    holidays: BTreeMap<HolidayDate, Holiday>,
}

impl Calendar {
    /// Looks its time zone up.
    ///
    /// # Errors
    /// When there is no such zone; the directory publishes no such calendar.
    pub fn open_hours(&self) -> Result<OpenHours, UnknownTimeZone> {
        Ok(OpenHours {
            zone: time_zone(&self.time_zone)?,
            hours: self.hours.clone(),
            holidays: self.holidays.clone(),
        })
    }
}

impl OpenHours {
    /// Whether it is open at a time in seconds since 1970 UTC. No time is open beyond the years
    /// that dates are known for (-9999 to 9999).
    #[must_use]
    pub fn is_open(&self, unix_s: i64) -> bool {
        let Ok(at) = Timestamp::from_second(unix_s) else { return false };
        let there = self.zone.to_datetime(at);
        let minute = u16::try_from(i32::from(there.hour()) * 60 + i32::from(there.minute()));
        let spans = self.spans(there.date());
        minute.is_ok_and(|minute| spans.iter().any(|span| span.has(minute)))
    }

    /// When it next opens or closes, in seconds since 1970 UTC; `None` when not within
    /// [`Self::DAYS_AHEAD`].
    #[must_use]
    pub fn next_change(&self, unix_s: i64) -> Option<i64> {
        let is_open = self.is_open(unix_s);
        // Most often it is soon, and only then the whole year is worth looking at.
        let soon = self.changes(unix_s, DAYS_SOON);
        let mut found = soon.into_iter().find(|at| self.is_open(*at) != is_open);
        if found.is_none() {
            let all = self.changes(unix_s, Self::DAYS_AHEAD);
            found = all.into_iter().find(|at| self.is_open(*at) != is_open);
        }
        found
    }

    /// How far ahead a change is looked for: from one holiday to the same next year.
    pub const DAYS_AHEAD: u16 = 400;

    /// Times after this one at which it may open or close, in order.
    fn changes(&self, unix_s: i64, days: u16) -> Vec<i64> {
        let Ok(now) = Timestamp::from_second(unix_s) else { return Vec::new() };
        let ahead = SignedDuration::from_hours(24 * (i64::from(days) + 1));
        let until = now.checked_add(ahead).unwrap_or(Timestamp::MAX);
        // Where clocks change, the wall clock jumps over opening times or comes by them again.
        let jumps = self.zone.following(now).map(|jump| jump.timestamp());
        let mut times: Vec<Timestamp> = jumps.take_while(|at| *at <= until).collect();
        let mut day = self.zone.to_datetime(now).date();
        for _ in 0..=days {
            for minute in self.spans(day).iter().flat_map(|span| [span.from, span.to]) {
                let there = at_minute(day, minute).map(|at| self.zone.to_ambiguous_timestamp(at));
                let Some(there) = there else { continue };
                times.extend(there.earlier().ok());
                times.extend(there.later().ok());
            }
            // Before the first day that is looked at, nothing is open; at the last, time ends.
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        times.sort_unstable();
        times.into_iter().map(Timestamp::as_second).filter(|at| *at > unix_s).collect()
    }

    /// The hours of a date: a holiday's of this very year, one's of every year, the weekday's.
    fn spans(&self, date: civil::Date) -> &[Span] {
        let on = |year| HolidayDate { year, month: date.month(), day: date.day() };
        let holiday =
            self.holidays.get(&on(Some(date.year()))).or_else(|| self.holidays.get(&on(None)));
        match holiday {
            Some(holiday) => &holiday.hours,
            None => self.hours.get(&weekday(date)).map_or(&[][..], Vec::as_slice),
        }
    }
}

impl Span {
    /// Whether a minute of the day lies in it.
    fn has(self, minute: u16) -> bool {
        (self.from..self.to).contains(&minute)
    }

    /// Whether two spans have a minute in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

impl FromStr for Span {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (from, to) = text.split_once('-').ok_or(NotAnId)?;
        let span = Self { from: minute_of_day(from.trim())?, to: minute_of_day(to.trim())? };
        (span.from < span.to).then_some(span).ok_or(NotAnId)
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|_| {
            format!(
                "`{text}` are no hours; write e.g. \"08:00-18:30\", to 24:00 at most (what goes \
                 beyond midnight belongs to the next day)"
            )
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl FromStr for HolidayDate {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let parts: Vec<&str> = text.split('-').collect();
        let (year, month, day) = match parts.as_slice() {
            [month, day] => (None, two_digits(month)?, two_digits(day)?),
            [year, month, day] if year.len() == 4 => {
                (Some(number(year)?), two_digits(month)?, two_digits(day)?)
            }
            _ => return Err(NotAnId),
        };
        let month = i8::try_from(month).map_err(|_| NotAnId)?;
        let day = i8::try_from(day).map_err(|_| NotAnId)?;
        let year = year.map(i16::try_from).transpose().map_err(|_| NotAnId)?;
        // A leap year has every day that there is in some year.
        civil::Date::new(year.unwrap_or(2000), month, day).map_err(|_| NotAnId)?;
        Ok(Self { year, month, day })
    }
}

impl TryFrom<String> for HolidayDate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|_| {
            format!("`{text}` is no date; write e.g. \"2026-04-03\", or \"12-25\" for every year")
        })
    }
}

impl fmt::Display for HolidayDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(year) = self.year {
            write!(f, "{year:04}-")?;
        }
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl From<HolidayDate> for String {
    fn from(date: HolidayDate) -> Self {
        date.to_string()
    }
}

impl fmt::Display for UnknownTimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no time zone `{}`; write an IANA name, e.g. Europe/Berlin", self.0)
    }
}

impl std::error::Error for UnknownTimeZone {}

/// A zone by its IANA name.
pub(super) fn time_zone(name: &str) -> Result<TimeZone, UnknownTimeZone> {
    let zone = TimeZoneDatabase::bundled().get(name);
    zone.map_err(|_| UnknownTimeZone(name.to_owned()))
}

fn weekday(date: civil::Date) -> Weekday {
    match date.weekday() {
        civil::Weekday::Monday => Weekday::Monday,
        civil::Weekday::Tuesday => Weekday::Tuesday,
        civil::Weekday::Wednesday => Weekday::Wednesday,
        civil::Weekday::Thursday => Weekday::Thursday,
        civil::Weekday::Friday => Weekday::Friday,
        civil::Weekday::Saturday => Weekday::Saturday,
        civil::Weekday::Sunday => Weekday::Sunday,
    }
}

/// A minute of a day, 24:00 being the next one's first.
fn at_minute(day: civil::Date, minute: u16) -> Option<civil::DateTime> {
    if minute == MINUTES_OF_DAY {
        return Some(day.tomorrow().ok()?.at(0, 0, 0, 0));
    }
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(day.at(hour, minute, 0, 0))
}

fn minute_of_day(text: &str) -> Result<u16, NotAnId> {
    let (hour, minute) = text.split_once(':').ok_or(NotAnId)?;
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= MINUTES_OF_DAY).then_some(minutes).ok_or(NotAnId)
}

fn two_digits(text: &str) -> Result<u16, NotAnId> {
    if text.len() == 2 { number(text) } else { Err(NotAnId) }
}

fn number(text: &str) -> Result<u16, NotAnId> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    if is_number { text.parse().map_err(|_| NotAnId) } else { Err(NotAnId) }
}

const MINUTES_OF_DAY: u16 = 24 * 60;
const DAYS_SOON: u16 = 3;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn calendar(zone: &str, hours: &[(Weekday, &str)], holidays: &[(&str, &str)]) -> OpenHours {
        let mut calendar =
            Calendar { time_zone: zone.into(), hours: [].into(), holidays: [].into() };
        for (day, span) in hours {
            calendar.hours.entry(*day).or_default().push(span.parse().unwrap());
        }
        for (date, hours) in holidays {
            let hours = hours.split_whitespace().map(|span| span.parse().unwrap()).collect();
            let holiday = Holiday { name: "Holiday".into(), hours };
            calendar.holidays.insert(date.parse().unwrap(), holiday);
        }
        calendar.open_hours().unwrap()
    }

    fn unix(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    const DAYS: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    #[test]
    fn hours_are_those_of_the_wall_clock_in_summer_and_in_winter() {
        let berlin = calendar(
            "Europe/Berlin",
            &DAYS[..5].iter().map(|day| (*day, "08:00-18:00")).collect::<Vec<_>>(),
            &[],
        );
        for (at, is_open) in [
            ("2026-01-26T06:59:59Z", false), // Monday, UTC+1
            ("2026-01-26T07:00:00Z", true),
            ("2026-01-26T16:59:59Z", true),
            ("2026-01-26T17:00:00Z", false),
            ("2026-07-27T05:59:59Z", false), // Monday, UTC+2
            ("2026-07-27T06:00:00Z", true),
            ("2026-07-27T16:00:00Z", false),
            ("2026-01-25T12:00:00Z", false), // Sunday
        ] {
            assert_eq!(berlin.is_open(unix(at)), is_open, "{at}");
        }
    }

    #[test]
    fn the_hour_that_is_skipped_never_comes_and_the_hour_that_is_repeated_comes_twice() {
        let night = calendar("America/New_York", &[(Weekday::Sunday, "01:30-02:30")], &[]);
        for (at, is_open) in [
            ("2026-03-08T06:29:59Z", false), // 01:29:59 EST
            ("2026-03-08T06:30:00Z", true),
            ("2026-03-08T06:59:59Z", true),
            ("2026-03-08T07:00:00Z", false), // 03:00 EDT, there was no 02:00
            ("2026-11-01T05:30:00Z", true),  // 01:30 EDT
            ("2026-11-01T06:00:00Z", false), // 01:00 EST again
            ("2026-11-01T06:30:00Z", true),  // 01:30 EST
            ("2026-11-01T07:29:59Z", true),
            ("2026-11-01T07:30:00Z", false),
        ] {
            assert_eq!(night.is_open(unix(at)), is_open, "{at}");
        }
    }

    #[test]
    fn holidays_come_before_weekdays_and_this_year_s_before_every_year_s() {
        let hours: Vec<_> = DAYS.iter().map(|day| (*day, "00:00-24:00")).collect();
        let holidays = [("12-25", ""), ("2027-12-25", "10:00-12:00"), ("02-29", "08:00-09:00")];
        let site = calendar("UTC", &hours, &holidays);
        for (at, is_open) in [
            ("2026-12-24T23:59:59Z", true),
            ("2026-12-25T00:00:00Z", false),
            ("2026-12-25T23:59:59Z", false),
            ("2026-12-26T00:00:00Z", true),
            ("2027-12-25T11:00:00Z", true),
            ("2027-12-25T12:00:00Z", false),
            ("2028-02-29T08:30:00Z", true),
            ("2028-02-29T09:00:00Z", false),
            ("2027-03-01T12:00:00Z", true),
        ] {
            assert_eq!(site.is_open(unix(at)), is_open, "{at}");
        }
    }

    /// The obvious way: look at every quarter of an hour.
    fn next_change_slowly(hours: &OpenHours, from: i64, until: i64) -> Option<i64> {
        let quarters = (from / 900 + 1)..(until / 900);
        quarters.map(|q| q * 900).find(|at| hours.is_open(*at) != hours.is_open(from))
    }

    #[test]
    fn the_next_change_is_the_one_that_looking_at_every_quarter_of_an_hour_finds() {
        let mut random = crate::random::Random::from_number(7);
        let zones = [
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "Africa/Casablanca",
            "America/Havana",
            "Pacific/Apia",
        ];
        for round in 0..60_usize {
            let zone = zones[round % zones.len()];
            let mut hours = Vec::new();
            for day in DAYS {
                let from = random.below(90);
                let to = from + 1 + random.below(96 - from);
                let time = |quarters: u64| format!("{:02}:{:02}", quarters / 4, quarters % 4 * 15);
                let span = format!("{}-{}", time(from), time(to));
                if random.below(3) > 0 {
                    hours.push((day, span));
                }
            }
            let hours: Vec<_> = hours.iter().map(|(day, span)| (*day, span.as_str())).collect();
            let site = calendar(zone, &hours, &[("03-29", "02:15-02:45"), ("2026-11-01", "")]);
            for start in [
                "2026-03-05T00:10:00Z",
                "2026-03-27T12:00:00Z",
                "2026-10-23T00:00:00Z",
                "2026-10-30T00:05:00Z",
                "2026-12-31T00:00:00Z",
            ] {
                let from = unix(start);
                let slow = next_change_slowly(&site, from, from + 86_400 * 9);
                let fast = site.next_change(from).filter(|at| *at < from + 86_400 * 8);
                let slow = slow.filter(|at| *at < from + 86_400 * 8);
                assert_eq!(fast, slow, "{zone} {start} {hours:?}");
            }
        }
    }

    #[test]
    fn what_never_changes_has_no_next_change_and_no_time_is_too_far() {
        let hours: Vec<_> = DAYS.iter().map(|day| (*day, "00:00-24:00")).collect();
        assert_eq!(calendar("UTC", &hours, &[]).next_change(0), None);
        let never = calendar("UTC", &[], &[]);
        assert_eq!(never.next_change(0), None);
        for at in [i64::MIN, i64::MAX, 253_402_207_200] {
            assert!(!never.is_open(at));
            assert_eq!(never.next_change(at), None);
        }
        let yearly = calendar("UTC", &[], &[("12-25", "10:00-12:00")]);
        assert_eq!(
            yearly.next_change(unix("2026-12-25T12:00:00Z")),
            Some(unix("2027-12-25T10:00:00Z"))
        );
    }

    #[test]
    fn hours_dates_and_zones_are_read_strictly_and_written_back_alike() {
        for text in ["08:00-18:30", "00:00-24:00"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for text in ["8:00-18:00", "08:00", "18:00-08:00", "08:00-24:01", "08:60-09:00", "", "-"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        for text in ["2026-04-03", "12-25", "02-29"] {
            assert_eq!(text.parse::<HolidayDate>().unwrap().to_string(), text);
        }
        for text in ["2026-02-29", "13-01", "00-10", "2026-4-3", "1-1-1-1", "", "+1-01"] {
            assert!(text.parse::<HolidayDate>().is_err(), "{text}");
        }
        assert!(time_zone("Europe/Berlin").is_ok());
        assert_eq!(time_zone("Mars/Olympus").unwrap_err(), UnknownTimeZone("Mars/Olympus".into()));
    }
}
