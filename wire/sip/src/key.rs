//! Keys in the bodies of INFO: `application/dtmf-relay` and `application/dtmf`.
//!
//! No RFC describes either. The first is lines of `Signal=5` and `Duration=160`; the second is
//! the key alone. Stacks differ in spaces, line ends, case, the order of lines and in whether
//! keys beyond 9 are characters or the event numbers of RFC 4733; all of that is read.

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `0`-`9`, `*`, `#`, `A`-`D`.
    Digit(char),
    /// The hook was tapped.
    Flash,
}

impl Key {
    /// Reads the body of an INFO.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        if !text.contains('=') {
            return Self::of(text.trim());
        }
        let lines = text.split(['\r', '\n']).filter_map(|line| line.split_once('='));
        let mut signals = lines.filter(|(name, _)| name.trim().eq_ignore_ascii_case("signal"));
        let (_, signal) = signals.next()?;
        Self::of(signal.trim())
    }

    /// A key as a character or as the event number of RFC 4733 (table 3, and 16 for the hook).
    fn of(text: &str) -> Option<Self> {
        let mut all = text.chars();
        if let (Some(one), None) = (all.next(), all.next()) {
            return match one.to_ascii_uppercase() {
                digit @ ('0'..='9' | '*' | '#' | 'A'..='D') => Some(Self::Digit(digit)),
                '!' => Some(Self::Flash),
                _ => None,
            };
        }
        match text {
            "10" => Some(Self::Digit('*')),
            "11" => Some(Self::Digit('#')),
            "12" => Some(Self::Digit('A')),
            "13" => Some(Self::Digit('B')),
            "14" => Some(Self::Digit('C')),
            "15" => Some(Self::Digit('D')),
            "16" => Some(Self::Flash),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_every_stack_writes_them() {
        for (body, digit) in [
            ("Signal=5\r\nDuration=160\r\n", '5'),
            ("Signal=5\nDuration=160", '5'),
            ("Signal= 9\r\nDuration= 160\r\n", '9'),
            ("Duration=250\r\nsignal = # \r\n", '#'),
            ("Signal=*\r\n", '*'),
            ("Signal=10\r\nDuration=100", '*'),
            ("Signal=11", '#'),
            ("Signal=d\r\n", 'D'),
            ("15", 'D'),
            ("7", '7'),
            ("7\r\n", '7'),
            ("#", '#'),
        ] {
            assert_eq!(Key::parse(body.as_bytes()), Some(Key::Digit(digit)), "{body:?}");
        }
        assert_eq!(Key::parse(b"Signal=!"), Some(Key::Flash));
        assert_eq!(Key::parse(b"16"), Some(Key::Flash));
    }

    #[test]
    fn what_is_no_key_is_none() {
        for body in
            ["", " ", "=", "Signal=", "Signal=55", "Duration=160", "x", "17", "05", "Signal=E", "é"]
        {
            assert_eq!(Key::parse(body.as_bytes()), None, "{body:?}");
        }
        assert_eq!(Key::parse(b"Signal=\xff"), None);
    }
}
