//! Concealment of lost G.711 and G.722: the last pitch period is repeated and fades, in the manner
//! of G.711 Appendix I (without its look-ahead, so that good sound is never delayed).

use crate::sound::Width;
use crate::stretch::best_lag;

/// Remembers what was heard and makes up what was not.
pub struct Concealer {
    /// Samples for one narrow sample; all lengths below are of narrow ones.
    scale: usize,
    /// The last samples that were heard or made up, oldest first.
    history: Vec<i16>,
    /// Samples made up since the last good one.
    made: usize,
    /// The period that is being repeated.
    lag: usize,
    /// Difference between the last good sample and the one that the repetition goes on from.
    step: f32,
}

impl Default for Concealer {
    fn default() -> Self {
        Self::new(Width::Narrow)
    }
}

impl Concealer {
    /// For sound of that width.
    #[must_use]
    pub fn new(width: Width) -> Self {
        let scale = width.scale();
        Self { scale, history: vec![0; HISTORY * scale], made: 0, lag: LAG_MAX * scale, step: 0.0 }
    }

    /// Good samples came; right after a loss their beginning is blended with the repetition.
    pub fn heard(&mut self, samples: &mut [i16]) {
        if self.made > 0 {
            let mut tail = [0_i16; BLEND * Width::Wide.scale()];
            self.repeat(&mut tail);
            let count = (BLEND * self.scale).min(samples.len());
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
            self.lag = best_lag(&self.history, LAG_MIN * self.scale, LAG_MAX * self.scale).0;
            let last = self.history.last().copied().unwrap_or(0);
            let before = self.history.len().saturating_sub(1 + self.lag);
            let before = self.history.get(before).copied().unwrap_or(0);
            self.step = f32::from(last) - f32::from(before);
        }
        self.repeat(out);
        self.made += out.len();
    }

    /// Goes on with the repetition without counting it.
    fn repeat(&self, out: &mut [i16]) {
        let start = self.history.len().saturating_sub(self.lag);
        let period = self.history.get(start..).unwrap_or_default();
        for (n, sample) in out.iter_mut().enumerate() {
            let at = self.made + n;
            let value = period.get(at % self.lag.max(1)).copied().unwrap_or(0);
            // The step at the seam dies away over the first samples.
            let at = at as f32 / self.scale as f32;
            let seam = self.step * (1.0 - at / SEAM).max(0.0);
            *sample = to_sample((f32::from(value) + seam) * gain(at));
        }
    }

    fn remember(&mut self, samples: &[i16]) {
        let len = self.history.len();
        let keep = samples.len().min(len);
        self.history.copy_within(keep.., 0);
        if let (Some(to), Some(from)) =
            (self.history.get_mut(len - keep..), samples.get(samples.len() - keep..))
        {
            to.copy_from_slice(from);
        }
    }
}

/// Full for 10 ms, then down to nothing at 60 ms.
fn gain(at: f32) -> f32 {
    let fade = (at - FULL) / (GONE - FULL);
    (1.0 - fade).clamp(0.0, 1.0)
}

fn to_sample(value: f32) -> i16 {
    // `as` saturates.
    value.round() as i16
}

/// Samples over which made-up sound gives way to good sound, 4 ms.
const BLEND: usize = 32;
const FULL: f32 = 80.0;
const GONE: f32 = 480.0;
/// Two of the longest periods and a window to compare them by.
const HISTORY: usize = 320;
/// 200 Hz and 66 Hz, the range of Appendix I.
const LAG_MIN: usize = 40;
const LAG_MAX: usize = 120;
const SEAM: f32 = 16.0;

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn voice(width: Width, from: usize, len: usize) -> Vec<i16> {
        (from * width.scale()..(from + len) * width.scale())
            .map(|n| {
                let t = n as f32 / width.rate() as f32;
                (4000.0 * (TAU * 120.0 * t).sin() + 2000.0 * (TAU * 240.0 * t + 1.0).sin()) as i16
            })
            .collect()
    }

    #[test]
    fn a_lost_frame_of_voiced_sound_goes_on_in_phase() {
        for width in [Width::Narrow, Width::Wide] {
            let mut concealer = Concealer::new(width);
            concealer.heard(&mut voice(width, 0, 800));
            let mut made = vec![0; width.frame()];
            concealer.conceal(&mut made);
            let truth = voice(width, 800, 160);
            let near = width.frame() / 2;
            let errors = made.iter().zip(&truth).take(near);
            let error: f32 =
                errors.map(|(a, b)| (f32::from(*a) - f32::from(*b)).powi(2)).sum::<f32>();
            let error = (error / near as f32).sqrt();
            assert!(error < 800.0, "{error} {width:?}");
        }
    }

    #[test]
    fn a_long_loss_fades_to_silence_and_good_sound_returns_without_a_click() {
        for width in [Width::Narrow, Width::Wide] {
            let mut concealer = Concealer::new(width);
            concealer.heard(&mut voice(width, 0, 800));
            let mut made = vec![0; width.frame()];
            for _ in 0..4 {
                concealer.conceal(&mut made);
            }
            assert_eq!(made, vec![0; width.frame()]);
            let mut good = voice(width, 1440, 160);
            concealer.heard(&mut good);
            let jump = good.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max();
            assert!(jump.unwrap() < 1200, "{jump:?} {width:?}");
        }
    }
}
