//! The Range header (RFC 9110 14): one range of bytes.

use std::ops::Range;

/// What of a file is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All of it.
    Whole,
    /// These bytes, which there are.
    Part(Range<u64>),
    /// Bytes that there aren't.
    Unsatisfiable,
}

impl Asked {
    /// What a header asks of a file of this length. What is no range of bytes is ignored, several
    /// ranges as well (RFC 9110 14.2 lets a server).
    pub fn read(header: Option<&str>, length: u64) -> Self {
        let range = header.and_then(|header| {
            let (unit, range) = header.trim().split_once('=')?;
            let (first, last) = range.trim().split_once('-')?;
            unit.trim().eq_ignore_ascii_case("bytes").then_some(())?;
            match (number(first)?, number(last)?) {
                (None, None) => None,
                // The last so many bytes.
                (None, Some(count)) => Some(length.saturating_sub(count)..length),
                (Some(first), None) => Some(first..length),
                (Some(first), Some(last)) if first > last => None,
                (Some(first), Some(last)) => Some(first..length.min(last.saturating_add(1))),
            }
        });
        match range {
            None => Self::Whole,
            Some(range) if range.start >= range.end => Self::Unsatisfiable,
            // RFC 9110 15.3.7: less than what was asked for is an answer too; players ask on.
            Some(Range { start, end }) => Self::Part(start..end.min(start + PART_BYTES_MAX)),
        }
    }
}

/// Digits or nothing.
fn number(text: &str) -> Option<Option<u64>> {
    match text.trim() {
        "" => Some(None),
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Some(text.parse().unwrap_or(u64::MAX)))
        }
        _ => None,
    }
}

/// What is read into memory for one answer.
const PART_BYTES_MAX: u64 = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_writes_them() {
        let whole = Asked::Whole;
        let part = Asked::Part;
        let none = Asked::Unsatisfiable;
        for (header, expected) in [
            ("bytes=0-499", part(0..500)),
            ("bytes=500-999", part(500..1000)),
            ("bytes=-500", part(9_500..10_000)),
            ("bytes=9500-", part(9_500..10_000)),
            ("bytes=0-0", part(0..1)),
            ("bytes=-1", part(9_999..10_000)),
            ("bytes=-20000", part(0..10_000)),
            ("bytes=0-18446744073709551615", part(0..10_000)),
            ("Bytes = 1-2", part(1..3)),
            ("bytes=10000-", none.clone()),
            ("bytes=99999999999999999999999-", none.clone()),
            ("bytes=-0", none.clone()),
            ("bytes=5-2", whole.clone()),
            ("bytes=-", whole.clone()),
            ("bytes=a-b", whole.clone()),
            ("bytes=+1-2", whole.clone()),
            ("bytes=0-1,5-6", whole.clone()),
            ("seconds=0-1", whole.clone()),
            ("", whole.clone()),
        ] {
            assert_eq!(Asked::read(Some(header), 10_000), expected, "{header}");
        }
        assert_eq!(Asked::read(None, 10_000), whole);
        assert_eq!(Asked::read(Some("bytes=0-"), 0), none, "an empty file has no bytes");
    }

    #[test]
    fn a_long_range_is_answered_in_parts() {
        let asked = Asked::read(Some("bytes=5-"), 1 << 40);
        assert_eq!(asked, Asked::Part(5..5 + PART_BYTES_MAX));
    }
}
