//! Keys by RFC 4733: heard as events, sent as fresh events with our own timing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use wire_rtp::TelephoneEvent;

use crate::sound::{FRAME, RATE};

/// Follows the events of the far end.
#[derive(Default)]
pub struct DigitEar {
    held: Option<HeldKey>,
    /// Timestamp and code of the last key that ended: its repeated ends are no new key.
    ended: Option<(u32, u8)>,
}

struct HeldKey {
    code: u8,
    timestamp: u32,
    duration_ms: u32,
    heard_at: Instant,
}

/// What an event packet meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMove {
    /// A key went down.
    Down {
        /// Its RFC 4733 code.
        code: u8,
    },
    /// The key that was down went up.
    Up {
        /// Its RFC 4733 code.
        code: u8,
        /// How long it was held.
        duration_ms: u32,
    },
}

impl DigitEar {
    /// An event packet came; `clock` is its payload's. At most two moves follow: the old key up
    /// when its end got lost, and the new one's.
    pub fn packet(
        &mut self,
        now: Instant,
        timestamp: u32,
        event: TelephoneEvent,
        clock: u32,
    ) -> [Option<KeyMove>; 2] {
        if event.digit().is_none() || self.ended == Some((timestamp, event.code)) {
            return [None, None];
        }
        let duration_ms = u32::from(event.duration).saturating_mul(1000) / clock.max(1);
        let mut moves = [None, None];
        let is_new = match &mut self.held {
            Some(held) if held.timestamp == timestamp && held.code == event.code => {
                held.duration_ms = held.duration_ms.max(duration_ms);
                held.heard_at = now;
                false
            }
            Some(held) if timestamp.wrapping_sub(held.timestamp).cast_signed() < 0 => {
                // Reordered: the key before this one.
                return [None, None];
            }
            Some(_) | None => true,
        };
        if is_new {
            moves[0] = self.release();
            self.held = Some(HeldKey { code: event.code, timestamp, duration_ms, heard_at: now });
            let down = KeyMove::Down { code: event.code };
            // The old key's end was lost: both moves are told.
            if moves[0].is_none() {
                moves[0] = Some(down);
            } else {
                moves[1] = Some(down);
            }
        }
        if event.end && moves[1].is_none() {
            moves[1] = self.release();
        }
        moves
    }

    /// Ends a key whose sender fell silent.
    pub fn timeout(&mut self, now: Instant) -> Option<KeyMove> {
        let held = self.held.as_ref()?;
        let quiet = now.saturating_duration_since(held.heard_at);
        if quiet < SILENT_END { None } else { self.release() }
    }

    fn release(&mut self) -> Option<KeyMove> {
        let held = self.held.take()?;
        self.ended = Some((held.timestamp, held.code));
        Some(KeyMove::Up { code: held.code, duration_ms: held.duration_ms })
    }
}

/// Sends keys, one tick at a time.
#[derive(Default)]
pub struct DigitMouth {
    waiting: VecDeque<Press>,
    state: State,
}

#[derive(Clone, Copy)]
struct Press {
    /// `None` is a pause.
    code: Option<u8>,
    /// `None` while the key is still down at the other end.
    samples: Option<usize>,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    Down {
        code: u8,
        elapsed: usize,
        samples: Option<usize>,
    },
    /// The end is repeated, so that one lost packet loses no end.
    Ending {
        code: u8,
        elapsed: usize,
        repeats: u8,
    },
    Pause {
        left: usize,
    },
}

/// What to send in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyTick {
    /// No key: sound.
    Sound,
    /// An event packet.
    Event {
        /// The payload; its duration is in samples of 8 kHz.
        code: u8,
        /// Held so long.
        elapsed: usize,
        /// It is up.
        end: bool,
        /// The first packet of the key.
        first: bool,
        /// How many copies to send now.
        copies: u8,
    },
    /// Between keys: neither.
    Pause,
}

impl DigitMouth {
    /// A key went down at the other leg.
    pub fn press(&mut self, code: u8) {
        self.push(Press { code: Some(code), samples: None });
    }

    /// The key that was pressed last went up.
    pub fn release(&mut self, duration_ms: u32) {
        let samples = samples(duration_ms);
        if let Some(press) = self.waiting.iter_mut().rev().find(|press| press.samples.is_none()) {
            press.samples = Some(samples);
        } else if let State::Down { samples: until @ None, .. } = &mut self.state {
            *until = Some(samples);
        }
    }

    /// Keys to press one after the other at the usual rhythm; `,` waits a second.
    pub fn dial(&mut self, digits: &str) {
        for digit in digits.chars() {
            if let Some(code) = TelephoneEvent::code_of(digit) {
                self.push(Press { code: Some(code), samples: Some(samples(DIAL_DOWN_MS)) });
                self.push(Press { code: None, samples: Some(DIAL_UP) });
            } else if digit == ',' {
                self.push(Press { code: None, samples: Some(RATE as usize) });
            }
        }
    }

    /// Lets go of everything: the leg hears somebody else now.
    pub fn release_all(&mut self) {
        self.waiting.iter_mut().filter(|press| press.samples.is_none()).for_each(|press| {
            press.samples = Some(DOWN_MIN);
        });
        if let State::Down { samples: until @ None, .. } = &mut self.state {
            *until = Some(DOWN_MIN);
        }
    }

    /// Goes on by one tick.
    pub fn tick(&mut self) -> KeyTick {
        match &mut self.state {
            State::Idle => self.next_press(),
            State::Down { code, elapsed, samples } => {
                let code = *code;
                *elapsed += FRAME;
                let elapsed = *elapsed;
                let up = samples.is_some_and(|until| elapsed >= until);
                if up || elapsed >= DOWN_MAX {
                    // RFC 4733 2.5.1.4: the end is sent three times; at once when keys wait.
                    let hurry = !self.waiting.is_empty();
                    let (repeats, copies) = if hurry { (0, END_COPIES) } else { (2, 1) };
                    self.state = State::Ending { code, elapsed, repeats };
                    KeyTick::Event { code, elapsed, end: true, first: false, copies }
                } else {
                    KeyTick::Event { code, elapsed, end: false, first: false, copies: 1 }
                }
            }
            State::Ending { repeats: 0, .. } => self.next_press(),
            State::Ending { code, elapsed, repeats } => {
                *repeats -= 1;
                let (code, elapsed) = (*code, *elapsed);
                KeyTick::Event { code, elapsed, end: true, first: false, copies: 1 }
            }
            State::Pause { left } => {
                *left = left.saturating_sub(FRAME);
                if *left == 0 {
                    self.state = State::Idle;
                }
                KeyTick::Pause
            }
        }
    }

    fn next_press(&mut self) -> KeyTick {
        let ended = matches!(self.state, State::Ending { .. });
        let Some(press) = self.waiting.pop_front() else {
            self.state = State::Idle;
            return KeyTick::Sound;
        };
        match press.code {
            // The same key twice is told apart by what lies between.
            Some(_) if ended => {
                self.waiting.push_front(press);
                self.state = State::Pause { left: BETWEEN };
                self.tick()
            }
            Some(code) => {
                self.state = State::Down { code, elapsed: FRAME, samples: press.samples };
                KeyTick::Event { code, elapsed: FRAME, end: false, first: true, copies: 1 }
            }
            None => {
                self.state = State::Pause { left: press.samples.unwrap_or(FRAME) };
                KeyTick::Pause
            }
        }
    }

    fn push(&mut self, press: Press) {
        // Nobody types so far ahead; what is beyond is left out.
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(press);
        }
    }
}

fn samples(duration_ms: u32) -> usize {
    let samples = duration_ms as usize * (RATE as usize / 1000);
    samples.clamp(DOWN_MIN, DOWN_MAX)
}

/// Samples between two keys that follow at once, 40 ms.
const BETWEEN: usize = 320;
/// What dialled keys are held for.
const DIAL_DOWN_MS: u32 = 100;
/// Samples between dialled keys besides the repeated ends, 40 ms.
const DIAL_UP: usize = 320;
/// Samples after which a held key is let go whatever happens, 8 s (RFC 4733 2.5.1.3: the
/// duration has 16 bits).
const DOWN_MAX: usize = 64_000;
/// Samples of the shortest key that every receiver takes, 60 ms.
const DOWN_MIN: usize = 480;
const END_COPIES: u8 = 3;
/// An event without packets for so long has ended.
const SILENT_END: Duration = Duration::from_millis(150);
/// Keys and pauses that wait.
const WAITING_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn event(code: u8, duration: u16, end: bool) -> TelephoneEvent {
        TelephoneEvent { code, end, volume: 10, duration }
    }

    #[test]
    fn a_key_is_told_once_although_its_end_comes_three_times() {
        let mut ear = DigitEar::default();
        let now = Instant::now();
        let down = Some(KeyMove::Down { code: 5 });
        assert_eq!(ear.packet(now, 100, event(5, 160, false), 8000), [down, None]);
        assert_eq!(ear.packet(now, 100, event(5, 800, false), 8000), [None, None]);
        let up = Some(KeyMove::Up { code: 5, duration_ms: 120 });
        assert_eq!(ear.packet(now, 100, event(5, 960, true), 8000), [None, up]);
        assert_eq!(ear.packet(now, 100, event(5, 960, true), 8000), [None, None]);
        assert_eq!(ear.packet(now, 900, event(5, 160, false), 8000), [down, None]);
    }

    #[test]
    fn lost_ends_are_made_up_by_the_next_key_or_by_silence() {
        let mut ear = DigitEar::default();
        let now = Instant::now();
        let _ = ear.packet(now, 0, event(1, 4800, false), 48_000);
        let moves = ear.packet(now, 9600, event(2, 960, false), 48_000);
        assert_eq!(moves[0], Some(KeyMove::Up { code: 1, duration_ms: 100 }));
        assert_eq!(moves[1], Some(KeyMove::Down { code: 2 }));
        assert_eq!(ear.timeout(now + SILENT_END / 2), None);
        let up = Some(KeyMove::Up { code: 2, duration_ms: 20 });
        assert_eq!(ear.timeout(now + SILENT_END), up);
        assert_eq!(ear.timeout(now + SILENT_END * 2), None);
    }

    #[test]
    fn a_lone_end_packet_is_a_whole_key() {
        let mut ear = DigitEar::default();
        let moves = ear.packet(Instant::now(), 7, event(3, 800, true), 8000);
        assert_eq!(moves[0], Some(KeyMove::Down { code: 3 }));
        assert_eq!(moves[1], Some(KeyMove::Up { code: 3, duration_ms: 100 }));
    }

    fn ends(ticks: &[KeyTick]) -> Vec<(u8, usize)> {
        let mut ends = Vec::new();
        for tick in ticks {
            if let KeyTick::Event { code, elapsed, end: true, .. } = *tick
                && ends.last() != Some(&(code, elapsed))
            {
                ends.push((code, elapsed));
            }
        }
        ends
    }

    #[test]
    fn keys_at_the_rhythm_of_browsers_go_through_without_queueing_up() {
        let mut mouth = DigitMouth::default();
        let mut ticks = Vec::new();
        for n in 0..170 {
            // 100 ms down, 70 ms up: every 8.5 ticks.
            if n % 17 == 0 || n % 17 == 8 {
                mouth.press((n / 17 % 10) as u8);
            }
            if n % 17 == 5 || n % 17 == 13 {
                mouth.release(100);
            }
            ticks.push(mouth.tick());
        }
        while !matches!(ticks.last(), Some(KeyTick::Sound)) {
            ticks.push(mouth.tick());
        }
        assert!(ticks.len() < 176, "{} ticks", ticks.len());
        let firsts =
            ticks.iter().filter(|tick| matches!(tick, KeyTick::Event { first: true, .. })).count();
        assert_eq!(firsts, 20);
    }

    #[test]
    fn dialled_keys_have_their_length_and_pauses() {
        let mut mouth = DigitMouth::default();
        mouth.dial("1,#x");
        let ticks: Vec<_> = (0..80).map(|_| mouth.tick()).collect();
        assert_eq!(ends(&ticks), [(1, 800), (11, 800)]);
        assert_eq!(ticks.last(), Some(&KeyTick::Sound));
    }

    #[test]
    fn a_key_held_for_ever_ends_by_itself() {
        let mut mouth = DigitMouth::default();
        mouth.press(9);
        let ticks: Vec<_> = (0..500).map(|_| mouth.tick()).collect();
        assert_eq!(ends(&ticks), [(9, DOWN_MAX)]);
    }
}
