//! Plays sound faster or slower without changing its pitch: one period is left out or said twice,
//! cross-faded where it is most alike (the overlap-add of WSOLA). All lengths below are of narrow
//! samples; wide sound has twice as many.

use crate::sound::Width;

/// Leaves out one period near the start of `sound`; returns how many samples, or `None` when
/// nothing fits smoothly (then try again with later sound).
pub fn shorten(sound: &mut Vec<i16>, width: Width, is_urgent: bool) -> Option<usize> {
    let lag = period(sound, width, is_urgent)?;
    let window = WINDOW * width.scale();
    for n in 0..window {
        let weight = weight(n, window);
        let (from, to) = (f32::from(*sound.get(n)?), f32::from(*sound.get(n + lag)?));
        *sound.get_mut(n)? = (from * (1.0 - weight) + to * weight).round() as i16;
    }
    sound.drain(window..window + lag);
    Some(lag)
}

/// Says one period near the start of `sound` twice; returns how many samples that added, or
/// `None` when nothing fits smoothly.
pub fn lengthen(sound: &mut Vec<i16>, width: Width, is_urgent: bool) -> Option<usize> {
    let lag = period(sound, width, is_urgent)?;
    let window = WINDOW * width.scale();
    let mut seam = [0_i16; WINDOW * Width::Wide.scale()];
    let seam = seam.get_mut(..window)?;
    for (n, sample) in seam.iter_mut().enumerate() {
        let weight = weight(n, window);
        let from = f32::from(*sound.get(n + lag)?);
        let to = f32::from(*sound.get(n)?);
        *sample = (from * (1.0 - weight) + to * weight).round() as i16;
    }
    // The head up to the lag, the seam, then everything from the window on.
    let len = sound.len();
    sound.resize(len + lag, 0);
    sound.copy_within(window..len, window + lag);
    sound.get_mut(lag..lag + window)?.copy_from_slice(seam);
    Some(lag)
}

/// Samples that `shorten` and `lengthen` look at; 160 will do, for voices that are not deep.
pub const LOOK: usize = WINDOW + LAG_MAX;

/// The distance at which the end of `sound` is most like itself, and how alike (1 is a copy).
pub(crate) fn best_lag(sound: &[i16], lag_min: usize, lag_max: usize) -> (usize, f32) {
    // As the history is two of the longest periods and a window, the window scales with it.
    let window = sound.len().saturating_sub(lag_max).min(lag_max * LAG_WINDOW / LAG_MAX);
    let recent = sound.get(sound.len() - window..).unwrap_or_default();
    let mut best = (lag_max, -1.0);
    for lag in lag_min..=lag_max {
        let Some(start) = sound.len().checked_sub(window + lag) else { break };
        let likeness = likeness(recent, sound.get(start..start + window).unwrap_or_default());
        if likeness > best.1 {
            best = (lag, likeness);
        }
    }
    best
}

fn period(sound: &[i16], width: Width, is_urgent: bool) -> Option<usize> {
    let scale = width.scale();
    let (window, lag_quiet) = (WINDOW * scale, LAG_QUIET * scale);
    let head = sound.get(..window)?;
    let lag_max = sound.len().checked_sub(window)?.min(LAG_MAX * scale);
    if lag_max < lag_quiet {
        return None;
    }
    if wire_audio::rms_dbov(sound.get(..window + lag_max)?) < QUIET_DBOV {
        return Some(lag_quiet);
    }
    let mut best = (0, if is_urgent { -1.0 } else { ALIKE });
    for lag in LAG_MIN * scale..=lag_max {
        let likeness = likeness(head, sound.get(lag..lag + window)?);
        if likeness > best.1 {
            best = (lag, likeness);
        }
    }
    (best.0 > 0).then_some(best.0)
}

/// Normalised correlation.
fn likeness(a: &[i16], b: &[i16]) -> f32 {
    let (mut ab, mut aa, mut bb) = (0_i64, 0_i64, 0_i64);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (i64::from(*x), i64::from(*y));
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    let power = (aa as f32).sqrt() * (bb as f32).sqrt();
    if power < 1.0 { 0.0 } else { ab as f32 / power }
}

fn weight(n: usize, window: usize) -> f32 {
    (n as f32 + 1.0) / (window as f32 + 1.0)
}

/// Below this likeness a cut would be heard.
const ALIKE: f32 = 0.7;
const LAG_MIN: usize = 20;
const LAG_MAX: usize = 120;
/// What is cut out of silence, 10 ms.
const LAG_QUIET: usize = 80;
const LAG_WINDOW: usize = 160;
/// Below this nobody hears a cut.
const QUIET_DBOV: f32 = -50.0;
/// Samples that are cross-faded, 10 ms.
const WINDOW: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    const NARROW: Width = Width::Narrow;

    fn tone(frequency: f32, width: Width) -> Vec<i16> {
        let turn = TAU * frequency / width.rate() as f32;
        (0..800 * width.scale()).map(|n| (9000.0 * (turn * n as f32).sin()) as i16).collect()
    }

    fn roughest(sound: &[i16]) -> i32 {
        sound.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max().unwrap()
    }

    #[test]
    fn a_tone_is_cut_and_repeated_by_whole_periods_without_a_click() {
        for width in [Width::Narrow, Width::Wide] {
            let original = tone(200.0, width);
            for change in [shorten, lengthen] {
                let mut sound = original.clone();
                let lag = change(&mut sound, width, false).unwrap();
                let period = 40 * width.scale();
                assert_eq!(lag % period, 0, "200 Hz has periods of {period} samples");
                assert_eq!(sound.len().abs_diff(original.len()), lag);
                assert!(roughest(&sound) <= roughest(&original) + 200);
            }
        }
    }

    #[test]
    fn lengthening_by_a_period_longer_than_the_window_keeps_the_order() {
        // 75 Hz: periods of 107 samples.
        let original = tone(75.0, NARROW);
        let mut sound = original.clone();
        let lag = lengthen(&mut sound, NARROW, false).unwrap();
        assert!((105..=108).contains(&lag), "{lag}");
        assert!(roughest(&sound) <= roughest(&original) + 100);
        assert_eq!(sound[lag + WINDOW..], original[WINDOW..]);
    }

    #[test]
    fn noise_is_left_alone_unless_it_is_urgent_and_silence_gives_way() {
        let mut seed = 1_u32;
        let noise: Vec<i16> = (0..400)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 18) as i16
            })
            .map(|n| n - 8192)
            .collect();
        assert_eq!(shorten(&mut noise.clone(), NARROW, false), None);
        let mut noise = noise;
        assert!(shorten(&mut noise, NARROW, true).is_some());
        assert_eq!(shorten(&mut vec![0; 400], NARROW, false), Some(LAG_QUIET));
        assert_eq!(shorten(&mut vec![0; 100], NARROW, true), None, "too little to look at");
    }
}
