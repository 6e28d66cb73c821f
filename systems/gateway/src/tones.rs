//! Keys as tones (DTMF, ITU-T Q.23 and Q.24), for plain legs that know no telephone events.
//!
//! Every 5 ms the last 20 ms are looked at, under a Hann window: is nearly all of their power in
//! one row tone and one column tone, each near its frequency and neither much stronger than the
//! other? Speech has such moments, but hardly ever for 30 ms on end.

use std::f32::consts::TAU;

use crate::sound::{FRAME, Frame, RATE};
use crate::tunes::{KEY_COLUMNS, KEY_ROWS, key_code};

/// Finds the keys in a leg's sound.
pub struct ToneEar {
    window: [f32; FRAME],
    rows: [Probe; 4],
    columns: [Probe; 4],
    /// The last tick and this one.
    sound: [f32; 2 * FRAME],
    run: Option<Run>,
}

/// A key that was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToneKey {
    /// Its RFC 4733 code.
    pub code: u8,
    /// How long it was held, to about 10 ms.
    pub duration_ms: u32,
}

/// Looks for one tone.
struct Probe {
    /// At the frequency itself, then a little to both sides, then too far away on both sides.
    middle: Goertzel,
    near: [Goertzel; 2],
    far: [Goertzel; 2],
}

/// The power at one frequency.
#[derive(Clone, Copy)]
struct Goertzel {
    coefficient: f32,
}

/// The same key in one look after the other.
struct Run {
    code: u8,
    /// Looks that it lasted.
    looks: u32,
    /// Looks since without it.
    quiet: u32,
    /// The most power so far.
    peak: f32,
    /// It lasted long enough.
    is_key: bool,
}

impl Default for ToneEar {
    fn default() -> Self {
        let window =
            std::array::from_fn(|n| 0.5 - 0.5 * (TAU * (n as f32 + 0.5) / FRAME as f32).cos());
        Self {
            window,
            rows: KEY_ROWS.map(Probe::new),
            columns: KEY_COLUMNS.map(Probe::new),
            sound: [0.0; 2 * FRAME],
            run: None,
        }
    }
}

impl ToneEar {
    /// The next tick of narrow sound; returns the key that ended in it.
    pub fn hear(&mut self, sound: &Frame) -> Option<ToneKey> {
        self.sound.copy_within(FRAME.., 0);
        for (slot, sample) in self.sound.iter_mut().skip(FRAME).zip(sound.samples()) {
            *slot = f32::from(*sample);
        }
        let mut ended = None;
        for look in 1..=FRAME / STEP {
            let seen = self.look(look * STEP);
            // Two keys can't end within 20 ms.
            ended = self.follow(seen).or(ended);
        }
        ended
    }

    /// What was heard so far belongs to another time.
    pub fn forget(&mut self) {
        self.sound.fill(0.0);
        self.run = None;
    }

    /// Which key sounds in the 20 ms from sample `from` on, and its power.
    fn look(&self, from: usize) -> Option<(u8, f32)> {
        let mut sound = [0.0; FRAME];
        let mut power = 0.0;
        let recent = self.sound.iter().skip(from);
        for (out, (sample, weight)) in sound.iter_mut().zip(recent.zip(&self.window)) {
            *out = sample * weight;
            power += *out * *out;
        }
        if power * WINDOW_GAIN < 2.0 * POWER_MIN {
            return None;
        }
        let (row, low) = strongest(&self.rows, &sound)?;
        let (column, high) = strongest(&self.columns, &sound)?;
        if low < POWER_MIN || high < POWER_MIN {
            return None;
        }
        // Cheap to see that it is none; then once more, wherever near its frequency it is.
        if low + high < SHARE_ROUGH * power * WINDOW_GAIN {
            return None;
        }
        let low = self.rows.get(row)?.power(&sound, low)?;
        let high = self.columns.get(column)?.power(&sound, high)?;
        let is_pure = low + high >= SHARE * power * WINDOW_GAIN;
        let is_even = high <= low * TWIST && low <= high * TWIST_REVERSE;
        (is_pure && is_even).then_some((key_code(row, column), low + high))
    }

    /// Makes keys of what each look saw.
    fn follow(&mut self, seen: Option<(u8, f32)>) -> Option<ToneKey> {
        if let (Some(run), Some((code, power))) = (&mut self.run, seen)
            && run.code == code
            && power >= run.peak * FADE
        {
            run.looks += 1 + run.quiet;
            run.quiet = 0;
            run.peak = run.peak.max(power);
            run.is_key |= run.looks >= LOOKS_MIN;
            return None;
        }
        let mut ended = None;
        if let Some(run) = &mut self.run {
            run.quiet += 1;
            let patience = if run.is_key { QUIET_KEY } else { QUIET_DOUBT };
            if run.quiet < patience {
                return None;
            }
            let duration_ms = (run.looks + LOOKS_AT_ENDS) * STEP_MS;
            ended = run.is_key.then_some(ToneKey { code: run.code, duration_ms });
        }
        self.run = seen.map(|(code, peak)| Run { code, looks: 1, quiet: 0, peak, is_key: false });
        ended
    }
}

impl Probe {
    fn new(frequency: f32) -> Self {
        Self {
            middle: Goertzel::new(frequency),
            near: [frequency * (1.0 - NEAR), frequency * (1.0 + NEAR)].map(Goertzel::new),
            far: [frequency * (1.0 - FAR), frequency * (1.0 + FAR)].map(Goertzel::new),
        }
    }

    /// The power of a tone that may be a little off; `None` when it is too far off.
    fn power(&self, sound: &[f32; FRAME], middle: f32) -> Option<f32> {
        let power = self.near.iter().map(|near| near.power(sound)).fold(middle, f32::max);
        let beyond = self.far.iter().map(|far| far.power(sound)).fold(0.0, f32::max);
        (beyond < middle).then_some(power)
    }
}

impl Goertzel {
    fn new(frequency: f32) -> Self {
        Self { coefficient: 2.0 * (TAU * frequency / RATE as f32).cos() }
    }

    /// A sine of amplitude a under the window has the power a² / 2.
    fn power(self, sound: &[f32; FRAME]) -> f32 {
        let (mut one, mut two) = (0.0_f32, 0.0_f32);
        for sample in sound {
            let next = sample + self.coefficient * one - two;
            two = one;
            one = next;
        }
        let square = one * one + two * two - self.coefficient * one * two;
        square * (2.0 / (WINDOW_SUM * WINDOW_SUM))
    }
}

fn strongest(probes: &[Probe; 4], sound: &[f32; FRAME]) -> Option<(usize, f32)> {
    let powers = probes.iter().map(|probe| probe.middle.power(sound)).enumerate();
    powers.max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// A key is over, or another, when its power falls by 6 dB.
const FADE: f32 = 0.25;
/// A tone that is further off its frequency than half of this is none (Q.24: 3.5 % must not do).
const FAR: f32 = 0.05;
/// Looks that saw too little of the key, at both ends together.
const LOOKS_AT_ENDS: u32 = 2;
/// Looks that make a key. 40 ms must do and 23 ms must not (Q.24): the former has 6 or 7 that
/// pass, with noise at times 5, the latter 4 at most.
const LOOKS_MIN: u32 = 5;
/// A tone may be 1.5 % off (Q.24): looked for here too.
const NEAR: f32 = 0.015;
/// -36 dBm0 for each tone: a sine of amplitude 353.
const POWER_MIN: f32 = 62_000.0;
/// Looks without it that end what is no key yet.
const QUIET_DOUBT: u32 = 2;
/// Looks without it that end a key: a pause of 40 ms has 8, a gap of 10 ms at most 5.
const QUIET_KEY: u32 = 6;
/// The part of the power that lies in the two tones.
const SHARE: f32 = 0.88;
/// The same for tones that may be off their frequencies.
const SHARE_ROUGH: f32 = 0.6;
/// Samples from look to look.
const STEP: usize = 40;
const STEP_MS: u32 = 5;
/// The column may be stronger than the row by 4 dB (Q.24), and 1 dB for the codec.
const TWIST: f32 = 3.2;
/// The row may be stronger than the column by 8 dB, and 1 dB for the codec.
const TWIST_REVERSE: f32 = 7.9;
/// Turns the sum of the squares under the window into power: 1 / (the sum of its squares).
const WINDOW_GAIN: f32 = 1.0 / (0.375 * FRAME as f32);
const WINDOW_SUM: f32 = 0.5 * FRAME as f32;

#[cfg(test)]
mod tests;
