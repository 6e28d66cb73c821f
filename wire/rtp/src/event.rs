//! The telephone-event payload of RFC 4733 2.3: keys pressed on a phone.

/// One report about a key that is or was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// 0-9, 10 `*`, 11 `#`, 12-15 `A`-`D`; others are no keys.
    pub code: u8,
    /// The key was let go.
    pub end: bool,
    /// Attenuation in dB below 0 dBm0, 0-63.
    pub volume: u8,
    /// Held so long, in units of the payload's clock.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Bytes that `write` takes.
    pub const LEN: usize = 4;

    /// Reads the first event of a payload; `None` when it is too short.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let &[code, flags, high, low] = payload.first_chunk::<{ Self::LEN }>()?;
        Some(Self {
            code,
            end: flags & END != 0,
            volume: flags & VOLUME,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// Its four bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let [high, low] = self.duration.to_be_bytes();
        let end = if self.end { END } else { 0 };
        [self.code, end | (self.volume & VOLUME), high, low]
    }

    /// The key as people write it.
    #[must_use]
    pub fn digit(self) -> Option<char> {
        KEYS.get(usize::from(self.code)).copied()
    }

    /// The code of a key; lower-case letters count.
    #[must_use]
    pub fn code_of(digit: char) -> Option<u8> {
        let digit = digit.to_ascii_uppercase();
        KEYS.iter().position(|key| *key == digit).and_then(|at| u8::try_from(at).ok())
    }
}

const END: u8 = 0x80;
const KEYS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];
const VOLUME: u8 = 0x3f;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_code_and_back() {
        for key in KEYS {
            let code = TelephoneEvent::code_of(key).unwrap();
            let event = TelephoneEvent { code, end: true, volume: 10, duration: 800 };
            assert_eq!(event.digit(), Some(key));
            assert_eq!(TelephoneEvent::parse(&event.to_bytes()), Some(event));
        }
        assert_eq!(TelephoneEvent::code_of('c'), Some(14));
        assert_eq!(TelephoneEvent::code_of('x'), None);
    }

    #[test]
    fn a_flash_is_no_key_and_three_bytes_are_no_event() {
        assert_eq!(TelephoneEvent::parse(&[16, 0, 0, 1]).unwrap().digit(), None);
        assert_eq!(TelephoneEvent::parse(&[1, 2, 3]), None);
    }
}
