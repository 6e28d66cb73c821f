//! Packet indexes and the replay window of RFC 3711 3.3.1 and 3.3.2.

use super::SrtpError;

/// Which of the last packets came, counted back from the highest.
#[derive(Default)]
pub(super) struct Window {
    highest: Option<u64>,
    /// Bit n: the packet `highest - n` came.
    seen: u128,
}

impl Window {
    /// The index that a sequence number most likely means; `None` before the stream's beginning.
    pub(super) fn guess(&self, sequence: u16) -> Option<u64> {
        match self.highest {
            Some(highest) => nearest(highest, sequence),
            None => Some(u64::from(sequence)),
        }
    }

    /// Whether the packet may be new.
    pub(super) fn check(&self, index: impl Into<u64>) -> Result<(), SrtpError> {
        let index = index.into();
        let Some(highest) = self.highest else { return Ok(()) };
        if index > highest {
            return Ok(());
        }
        let age = highest - index;
        if age >= WIDTH || self.seen & (1 << age) != 0 {
            return Err(SrtpError::Replayed);
        }
        Ok(())
    }

    /// Marks an authentic packet as come.
    pub(super) fn accept(&mut self, index: impl Into<u64>) {
        let index = index.into();
        match self.highest {
            Some(highest) if index <= highest => {
                let age = highest - index;
                if age < WIDTH {
                    self.seen |= 1 << age;
                }
            }
            Some(highest) => {
                let step = index - highest;
                self.seen = if step >= WIDTH { 1 } else { (self.seen << step) | 1 };
                self.highest = Some(index);
            }
            None => {
                self.highest = Some(index);
                self.seen = 1;
            }
        }
    }
}

/// The index with these low 16 bits that is nearest to `reference`.
pub(super) fn nearest(reference: u64, sequence: u16) -> Option<u64> {
    let rollover = reference >> 16;
    let low = i64::try_from(reference & 0xffff).ok()?;
    let distance = i64::from(sequence) - low;
    let rollover = if distance > HALF {
        rollover.checked_sub(1)?
    } else if distance < -HALF {
        rollover + 1
    } else {
        rollover
    };
    Some((rollover << 16) | u64::from(sequence))
}

const HALF: i64 = 1 << 15;
/// Packets that the window remembers; RFC 3711 3.3.2 asks for 64 at least.
const WIDTH: u64 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_takes_each_index_once_and_nothing_too_old() {
        let mut window = Window::default();
        for index in [1000_u64, 1001, 999, 1200] {
            assert_eq!(window.check(index), Ok(()));
            window.accept(index);
            assert_eq!(window.check(index), Err(SrtpError::Replayed));
        }
        assert_eq!(window.check(1073_u64), Ok(()));
        assert_eq!(window.check(1072_u64), Err(SrtpError::Replayed), "128 back is too old");
    }

    #[test]
    fn sequence_numbers_roll_over_in_both_directions() {
        assert_eq!(nearest(65_535, 0), Some(65_536));
        assert_eq!(nearest(65_536, 65_535), Some(65_535));
        assert_eq!(nearest(10, 65_000), None, "before the beginning");
        assert_eq!(nearest(3 << 16, 5), Some((3 << 16) + 5));
    }
}
