//! What needs no file: the tone before a message, pauses, ends without clicks.

use std::{f32::consts::TAU, time::Duration};

use crate::RATE;

/// "Speak now": 1000 Hz for 300 ms, 15 dB below full scale.
pub fn beep() -> Vec<i16> {
    let tone = |n: usize| (5_800.0 * (TAU * 1000.0 * n as f32 / RATE as f32).sin()) as i16;
    let mut sound: Vec<i16> = (0..RATE * 3 / 10).map(tone).collect();
    soften_ends(&mut sound);
    sound
}

/// Silence.
pub fn pause(span: Duration) -> Vec<i16> {
    let samples =
        usize::try_from(span.as_millis()).unwrap_or(usize::MAX).saturating_mul(RATE / 1000);
    vec![0; samples.min(PAUSE_MAX)]
}

/// Ramps of 5 ms where a sound begins and ends.
pub fn soften_ends(sound: &mut [i16]) {
    let ramp = (RATE / 200).min(sound.len() / 2);
    let part = |n: usize| n as f32 / ramp as f32;
    for (n, sample) in sound.iter_mut().take(ramp).enumerate() {
        *sample = (f32::from(*sample) * part(n)) as i16;
    }
    for (n, sample) in sound.iter_mut().rev().take(ramp).enumerate() {
        *sample = (f32::from(*sample) * part(n)) as i16;
    }
}

/// The longest pause, a minute.
const PAUSE_MAX: usize = 60 * RATE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beep_begins_and_ends_softly_and_pauses_are_bounded() {
        let sound = beep();
        assert_eq!(sound.len(), 2400);
        assert_eq!((sound.first(), sound.last()), (Some(&0), Some(&0)));
        assert!(sound.iter().any(|sample| *sample > 5_000));
        assert_eq!(pause(Duration::from_millis(250)), vec![0; 2000]);
        assert_eq!(pause(Duration::from_secs(u64::MAX)).len(), PAUSE_MAX);
        soften_ends(&mut []);
        soften_ends(&mut [1]);
    }
}
