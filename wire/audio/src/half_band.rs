//! Twice the rate and half of it, sample by sample as sound comes (half-band FIR filters).
//!
//! Flat to 3.4 kHz and 52 dB down from 4.4 kHz, seen from 8 and 16 kHz. Either way takes 2 ms.

/// Doubles the rate of a stream.
#[derive(Clone)]
pub struct Doubler {
    /// What came before, oldest first.
    past: [f32; 2 * REACH],
}

/// Halves the rate of a stream.
#[derive(Clone)]
pub struct Halver {
    /// What came before, oldest first.
    past: [f32; 4 * REACH],
}

impl Default for Doubler {
    fn default() -> Self {
        Self { past: [0.0; 2 * REACH] }
    }
}

impl Default for Halver {
    fn default() -> Self {
        Self { past: [0.0; 4 * REACH] }
    }
}

impl Doubler {
    /// Two samples for each one; `wide` has twice the length of `narrow`, which is at most
    /// [`CHUNK`].
    pub fn double(&mut self, narrow: &[i16], wide: &mut [i16]) {
        let mut sound = [0.0; 2 * REACH + CHUNK];
        let len = fill(&mut sound, &self.past, narrow);
        let mut between = [0.0; CHUNK];
        let near = sound.windows(2 * REACH).skip(1);
        for (sum, near) in between.iter_mut().zip(near).take(len) {
            *sum = weigh(near);
        }
        // Those that were there stay as they are.
        let kept = sound.iter().skip(REACH);
        for (pair, (kept, made)) in wide.chunks_exact_mut(2).zip(kept.zip(&between)).take(len) {
            if let [first, second] = pair {
                (*first, *second) = (to_sample(*kept), to_sample(*made));
            }
        }
        keep(&mut self.past, &sound, len);
    }

    /// Goes on without a result.
    pub fn pass(&mut self, narrow: &[i16]) {
        let mut sound = [0.0; 2 * REACH + CHUNK];
        let len = fill(&mut sound, &self.past, narrow);
        keep(&mut self.past, &sound, len);
    }
}

impl Halver {
    /// One sample for two; `wide` has twice the length of `narrow` and at most twice [`CHUNK`].
    pub fn halve(&mut self, wide: &[i16], narrow: &mut [i16]) {
        let mut sound = [0.0; 4 * REACH + 2 * CHUNK];
        let len = fill(&mut sound, &self.past, wide);
        // The samples between those that stay, which are next to each other here.
        let (mut kept, mut between) = ([0.0; REACH + CHUNK], [0.0; 2 * REACH + CHUNK]);
        let mut kepts = kept.iter_mut();
        let pairs = sound.chunks_exact(2).zip(&mut between);
        for (n, (pair, between)) in pairs.enumerate() {
            if let [even, odd] = pair {
                *between = *odd;
                if n >= REACH
                    && let Some(kept) = kepts.next()
                {
                    *kept = *even;
                }
            }
        }
        let near = kept.iter().zip(between.windows(2 * REACH));
        for (out, (kept, near)) in narrow.iter_mut().zip(near).take(len / 2) {
            *out = to_sample(0.5 * (kept + weigh(near)));
        }
        keep(&mut self.past, &sound, len);
    }

    /// Goes on without a result.
    pub fn pass(&mut self, wide: &[i16]) {
        let mut sound = [0.0; 4 * REACH + 2 * CHUNK];
        let len = fill(&mut sound, &self.past, wide);
        keep(&mut self.past, &sound, len);
    }
}

/// The value in the middle of `near`.
fn weigh(near: &[f32]) -> f32 {
    let (before, after) = near.split_at(REACH);
    let pairs = before.iter().rev().zip(after).zip(&WEIGHTS);
    pairs.map(|((before, after), weight)| weight * (before + after)).sum()
}

fn fill<const PAST: usize, const ALL: usize>(
    sound: &mut [f32; ALL],
    past: &[f32; PAST],
    fresh: &[i16],
) -> usize {
    let (start, rest) = sound.split_at_mut(PAST);
    start.copy_from_slice(past);
    rest.iter_mut().zip(fresh).for_each(|(to, from)| *to = f32::from(*from));
    fresh.len().min(ALL - PAST)
}

fn keep<const PAST: usize, const ALL: usize>(
    past: &mut [f32; PAST],
    sound: &[f32; ALL],
    len: usize,
) {
    if let Some(last) = sound.get(len..len + PAST) {
        past.copy_from_slice(last);
    }
}

fn to_sample(value: f32) -> i16 {
    // `as` saturates.
    value.round() as i16
}

/// Samples of the lower rate that are taken at a time at most, 20 ms.
pub const CHUNK: usize = 160;
/// Samples of the lower rate that a result looks at on either side.
const REACH: usize = 16;
/// A sinc under a Kaiser window (beta 5), from the middle outwards.
const WEIGHTS: [f32; REACH] = [
    0.635676, -0.208219, 0.120616, -0.081691, 0.059135, -0.044163, 0.033415, -0.025330, 0.019084,
    -0.014194, 0.010354, -0.007355, 0.005039, -0.003285, 0.001992, -0.001074,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rms_dbov;
    use std::f64::consts::TAU;

    fn tone(frequency: f64, rate: f64, len: usize) -> Vec<i16> {
        (0..len).map(|n| (16_000.0 * (TAU * frequency * n as f64 / rate).sin()) as i16).collect()
    }

    fn double(narrow: &[i16]) -> Vec<i16> {
        let mut doubler = Doubler::default();
        let mut wide = vec![0; 2 * narrow.len()];
        for (from, to) in narrow.chunks(CHUNK).zip(wide.chunks_mut(2 * CHUNK)) {
            doubler.double(from, to);
        }
        wide
    }

    fn halve(wide: &[i16]) -> Vec<i16> {
        let mut halver = Halver::default();
        let mut narrow = vec![0; wide.len() / 2];
        for (from, to) in wide.chunks(2 * CHUNK).zip(narrow.chunks_mut(CHUNK)) {
            halver.halve(from, to);
        }
        narrow
    }

    #[test]
    fn tones_of_the_telephone_band_keep_their_shape_both_ways() {
        for frequency in [200.0, 1000.0, 2500.0, 3400.0] {
            let (narrow, wide) = (tone(frequency, 8000.0, 1600), tone(frequency, 16_000.0, 3200));
            let close = |made: &[i16], truth: &[i16]| {
                let pairs = made.iter().zip(truth);
                let worst = pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap();
                assert!(worst < 40, "{worst} at {frequency} Hz");
            };
            close(&double(&narrow)[2 * REACH + 400..], &wide[400..]);
            close(&halve(&wide)[REACH + 200..], &narrow[200..]);
        }
    }

    #[test]
    fn what_was_there_before_doubling_is_there_behind_it() {
        let narrow = tone(777.0, 8000.0, 1600);
        let kept: Vec<i16> = double(&narrow).into_iter().step_by(2).skip(REACH).collect();
        assert_eq!(kept[..], narrow[..1600 - REACH]);
    }

    #[test]
    fn what_8_khz_cannot_hold_is_left_out_and_nothing_is_added() {
        for frequency in [4500.0, 5200.0, 6000.0, 7800.0] {
            let level = rms_dbov(&halve(&tone(frequency, 16_000.0, 3200))[100..]);
            assert!(level < -55.0, "{level} dB of {frequency} Hz");
        }
        for frequency in [300.0, 1500.0, 3400.0] {
            // What mirrors at 4 kHz would be left when the tone is taken out.
            let (made, truth) = (double(&tone(frequency, 8000.0, 1600)), 3200);
            let truth = tone(frequency, 16_000.0, truth);
            let rest: Vec<i16> =
                made[2 * REACH + 200..].iter().zip(&truth[200..]).map(|(a, b)| a - b).collect();
            assert!(rms_dbov(&rest) < -55.0, "{} dB of {frequency} Hz", rms_dbov(&rest));
        }
    }

    #[test]
    fn a_tick_that_was_passed_over_leaves_no_seam() {
        let sound = tone(1000.0, 16_000.0, 960);
        let mut halver = Halver::default();
        let (mut all, mut late) = ([0; 160], [0; 160]);
        for chunk in sound.chunks(320) {
            halver.halve(chunk, &mut all);
        }
        let mut halver = Halver::default();
        halver.pass(&sound[..320]);
        halver.pass(&sound[320..640]);
        halver.halve(&sound[640..], &mut late);
        assert_eq!(all, late);
        let mut doubler = Doubler::default();
        let mut one = [0; 320];
        doubler.pass(&all);
        doubler.double(&late, &mut one);
        assert_eq!(one[..], double(&[all, late].concat())[320..]);
    }

    #[test]
    fn loud_sound_is_limited_and_does_not_wrap() {
        let square: Vec<i16> =
            (0..320).map(|n| if n / 8 % 2 == 0 { 32_767 } else { -32_768 }).collect();
        let made = double(&square);
        assert!(made.iter().zip(made.iter().skip(1)).all(|(a, b)| a.abs_diff(*b) < 60_000));
        assert_eq!(halve(&[i16::MIN; 640])[100], i16::MIN);
    }
}
