//! Plays sound faster or slower without changing its pitch: one period is left out or said twice,
//! cross-faded where it is most alike (the overlap-add of WSOLA).

/// Leaves out one period near the start of `sound`; returns how many samples, or `None` when
/// nothing fits smoothly (then try again with later sound).
pub fn shorten(sound: &mut Vec<i16>, is_urgent: bool) -> Option<usize> {
    let lag = period(sound, is_urgent)?;
    for n in 0..WINDOW {
        blend(sound, n, n + lag, n)?;
    }
    sound.drain(WINDOW..WINDOW + lag);
    Some(lag)
}

/// Says one period near the start of `sound` twice; returns how many samples that added, or
/// `None` when nothing fits smoothly.
pub fn lengthen(sound: &mut Vec<i16>, is_urgent: bool) -> Option<usize> {
    let lag = period(sound, is_urgent)?;
    let mut seam = [0_i16; WINDOW];
    for (n, sample) in seam.iter_mut().enumerate() {
        let weight = weight(n);
        let from = f32::from(*sound.get(n + lag)?);
        let to = f32::from(*sound.get(n)?);
        *sample = (from * (1.0 - weight) + to * weight).round() as i16;
    }
    // The head up to the lag, the seam, then everything from the window on.
    let len = sound.len();
    sound.resize(len + lag, 0);
    sound.copy_within(WINDOW..len, WINDOW + lag);
    sound.get_mut(lag..lag + WINDOW)?.copy_from_slice(&seam);
    Some(lag)
}

/// Samples that `shorten` and `lengthen` look at; 160 will do, for voices that are not deep.
pub const LOOK: usize = WINDOW + LAG_MAX;

/// The distance at which the end of `sound` is most like itself, and how alike (1 is a copy).
pub(crate) fn best_lag(sound: &[i16], lag_min: usize, lag_max: usize) -> (usize, f32) {
    let window = sound.len().saturating_sub(lag_max).min(LAG_WINDOW);
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

fn period(sound: &[i16], is_urgent: bool) -> Option<usize> {
    let head = sound.get(..WINDOW)?;
    let lag_max = sound.len().checked_sub(WINDOW)?.min(LAG_MAX);
    if lag_max < LAG_QUIET {
        return None;
    }
    if wire_audio::rms_dbov(sound.get(..WINDOW + lag_max)?) < QUIET_DBOV {
        return Some(LAG_QUIET);
    }
    let mut best = (0, if is_urgent { -1.0 } else { ALIKE });
    for lag in LAG_MIN..=lag_max {
        let likeness = likeness(head, sound.get(lag..lag + WINDOW)?);
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

fn blend(sound: &mut [i16], from: usize, to: usize, at: usize) -> Option<()> {
    let weight = weight(at);
    let mixed = f32::from(*sound.get(from)?) * (1.0 - weight) + f32::from(*sound.get(to)?) * weight;
    *sound.get_mut(at)? = mixed.round() as i16;
    Some(())
}

fn weight(n: usize) -> f32 {
    (n as f32 + 1.0) / (WINDOW as f32 + 1.0)
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

    fn tone(len: usize) -> Vec<i16> {
        (0..len).map(|n| (9000.0 * (TAU * 200.0 * n as f32 / 8000.0).sin()) as i16).collect()
    }

    fn roughest(sound: &[i16]) -> i32 {
        sound.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max().unwrap()
    }

    #[test]
    fn a_tone_is_cut_and_repeated_by_whole_periods_without_a_click() {
        let original = tone(800);
        for change in [shorten, lengthen] {
            let mut sound = original.clone();
            let lag = change(&mut sound, false).unwrap();
            assert_eq!(lag % 40, 0, "200 Hz has periods of 40 samples");
            assert_eq!(sound.len().abs_diff(original.len()), lag);
            assert!(roughest(&sound) <= roughest(&original) + 200);
        }
    }

    #[test]
    fn lengthening_by_a_period_longer_than_the_window_keeps_the_order() {
        // 75 Hz: periods of 107 samples.
        let original: Vec<i16> =
            (0..800).map(|n| (9000.0 * (TAU * 75.0 * n as f32 / 8000.0).sin()) as i16).collect();
        let mut sound = original.clone();
        let lag = lengthen(&mut sound, false).unwrap();
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
        assert_eq!(shorten(&mut noise.clone(), false), None);
        let mut noise = noise;
        assert!(shorten(&mut noise, true).is_some());
        assert_eq!(shorten(&mut vec![0; 400], false), Some(LAG_QUIET));
        assert_eq!(shorten(&mut vec![0; 100], true), None, "too little to look at");
    }
}
