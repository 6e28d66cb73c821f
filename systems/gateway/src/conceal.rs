//! Concealment of lost G.711: the last pitch period is repeated and fades, in the manner of G.711
//! Appendix I (without its look-ahead, so that good sound is never delayed).

use crate::stretch::best_lag;

/// Remembers what was heard and makes up what was not.
pub struct Concealer {
    /// The last samples that were heard or made up, oldest first.
    history: [i16; HISTORY],
    /// Samples made up since the last good one.
    made: usize,
    /// The period that is being repeated.
    lag: usize,
    /// Difference between the last good sample and the one that the repetition goes on from.
    step: f32,
}

impl Default for Concealer {
    fn default() -> Self {
        Self { history: [0; HISTORY], made: 0, lag: LAG_MAX, step: 0.0 }
    }
}

impl Concealer {
    /// Good samples came; right after a loss their beginning is blended with the repetition.
    pub fn heard(&mut self, samples: &mut [i16]) {
        if self.made > 0 {
            let mut tail = [0_i16; BLEND];
            self.repeat(&mut tail);
            let count = BLEND.min(samples.len());
            for (n, (good, made)) in samples.iter_mut().zip(tail).take(count).enumerate() {
                let weight = (n as f32 + 1.0) / (count as f32 + 1.0);
                *good = to_sample(f32::from(*good) * weight + f32::from(made) * (1.0 - weight));
            }
            self.made = 0;
        }
        self.remember(samples);
    }

    /// Fills `out` with what might have been said.
    pub fn conceal(&mut self, out: &mut [i16]) {
        if self.made == 0 {
            self.lag = best_lag(&self.history, LAG_MIN, LAG_MAX).0;
            let last = self.history.last().copied().unwrap_or(0);
            let before = self.history.get(HISTORY - 1 - self.lag).copied().unwrap_or(0);
            self.step = f32::from(last) - f32::from(before);
        }
        self.repeat(out);
        self.made += out.len();
    }

    /// Goes on with the repetition without counting it.
    fn repeat(&self, out: &mut [i16]) {
        let period = self.history.get(HISTORY - self.lag..).unwrap_or_default();
        for (n, sample) in out.iter_mut().enumerate() {
            let at = self.made + n;
            let value = period.get(at % self.lag.max(1)).copied().unwrap_or(0);
            // The step at the seam dies away over the first samples.
            let seam = self.step * (1.0 - at as f32 / SEAM as f32).max(0.0);
            *sample = to_sample((f32::from(value) + seam) * gain(at));
        }
    }

    fn remember(&mut self, samples: &[i16]) {
        let keep = samples.len().min(HISTORY);
        self.history.copy_within(keep.., 0);
        if let (Some(to), Some(from)) =
            (self.history.get_mut(HISTORY - keep..), samples.get(samples.len() - keep..))
        {
            to.copy_from_slice(from);
        }
    }
}

/// Full for 10 ms, then down to nothing at 60 ms.
fn gain(at: usize) -> f32 {
    let fade = at.saturating_sub(FULL) as f32 / (GONE - FULL) as f32;
    (1.0 - fade).max(0.0)
}

fn to_sample(value: f32) -> i16 {
    // `as` saturates.
    value.round() as i16
}

/// Samples over which made-up sound gives way to good sound, 4 ms.
const BLEND: usize = 32;
const FULL: usize = 80;
const GONE: usize = 480;
/// Two of the longest periods and a window to compare them by.
const HISTORY: usize = 320;
/// 200 Hz and 66 Hz, the range of Appendix I.
const LAG_MIN: usize = 40;
const LAG_MAX: usize = 120;
const SEAM: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn voice(from: usize, len: usize) -> Vec<i16> {
        (from..from + len)
            .map(|n| {
                let t = n as f32 / 8000.0;
                (4000.0 * (TAU * 120.0 * t).sin() + 2000.0 * (TAU * 240.0 * t + 1.0).sin()) as i16
            })
            .collect()
    }

    #[test]
    fn a_lost_frame_of_voiced_sound_goes_on_in_phase() {
        let mut concealer = Concealer::default();
        concealer.heard(&mut voice(0, 800));
        let mut made = [0; 160];
        concealer.conceal(&mut made);
        let truth = voice(800, 160);
        let error: f32 = made[..80]
            .iter()
            .zip(&truth)
            .map(|(a, b)| (f32::from(*a) - f32::from(*b)).powi(2))
            .sum::<f32>()
            / 80.0;
        assert!(error.sqrt() < 800.0, "{}", error.sqrt());
    }

    #[test]
    fn a_long_loss_fades_to_silence_and_good_sound_returns_without_a_click() {
        let mut concealer = Concealer::default();
        concealer.heard(&mut voice(0, 800));
        let mut made = [0; 160];
        for _ in 0..4 {
            concealer.conceal(&mut made);
        }
        assert_eq!(made, [0; 160]);
        let mut good = voice(1440, 160);
        concealer.heard(&mut good);
        let jump = good.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max();
        assert!(jump.unwrap() < 1200, "{jump:?}");
    }
}
