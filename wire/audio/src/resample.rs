//! Sample rates: from any to any other, by a windowed sinc that ends below half of the lower one.

/// A sound at another rate; whole rates from [`RATE_MIN`] to [`RATE_MAX`], others give nothing.
#[must_use]
pub fn resample(sound: &[f32], from: u32, to: u32) -> Vec<f32> {
    let rates = RATE_MIN..=RATE_MAX;
    if !rates.contains(&from) || !rates.contains(&to) {
        return Vec::new();
    }
    if from == to {
        return sound.to_vec();
    }
    let common = gcd(from, to);
    // The sample `n` of the result lies at `n * step / phases` of the sound.
    let (phases, step) = ((to / common) as usize, (from / common) as usize);
    let filter = Filter::new(phases, f64::from(to.min(from)) / f64::from(from));
    let len = sound.len() as u64 * phases as u64 / step as u64;
    let (mut at, mut phase) = (0, 0);
    let mut out = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    for _ in 0..len {
        out.push(filter.apply(sound, at, phase));
        phase += step;
        at += phase / phases;
        phase %= phases;
    }
    out
}

/// One row of weights for each place between two samples that a result can lie at.
struct Filter {
    rows: Vec<Vec<f32>>,
    /// Samples on each side of the middle.
    reach: usize,
}

impl Filter {
    /// `band`: how much of the sound's band there is room for, at most 1.
    fn new(phases: usize, band: f64) -> Self {
        let cutoff = band * PASS;
        let reach = (CROSSINGS / cutoff).ceil() as usize;
        let row = |phase: usize| {
            let middle = reach as f64 + phase as f64 / phases as f64;
            let weights = (0..=2 * reach + 1).map(|n| {
                let x = n as f64 - middle;
                sinc(x * cutoff) * blackman(x / (reach as f64 + 1.0))
            });
            let weights: Vec<f64> = weights.collect();
            let whole: f64 = weights.iter().sum();
            weights.into_iter().map(|weight| (weight / whole) as f32).collect()
        };
        Self { rows: (0..phases).map(row).collect(), reach }
    }

    fn apply(&self, sound: &[f32], at: usize, phase: usize) -> f32 {
        let row = self.rows.get(phase).map_or(&[][..], Vec::as_slice);
        // Beyond both ends of the sound is silence.
        let row = row.get(self.reach.saturating_sub(at)..).unwrap_or_default();
        let near = sound.get(at.saturating_sub(self.reach)..).unwrap_or_default();
        let len = row.len().min(near.len());
        let (row, near) = (row.get(..len), near.get(..len));
        let (Some(row), Some(near)) = (row, near) else { return 0.0 };
        // Several sums side by side, which the compiler can do at once.
        let mut sums = [0.0_f32; LANES];
        let (rows, nears) = (row.chunks_exact(LANES), near.chunks_exact(LANES));
        let rest = rows.remainder().iter().zip(nears.remainder());
        let mut sum: f32 = rest.map(|(weight, sample)| weight * sample).sum();
        for (weights, samples) in rows.zip(nears) {
            for ((sum, weight), sample) in sums.iter_mut().zip(weights).zip(samples) {
                *sum += weight * sample;
            }
        }
        sum += sums.iter().sum::<f32>();
        sum
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) }
}

/// 1 in the middle, 0 from -1 and 1 on outwards.
fn blackman(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        return 0.0;
    }
    let turn = std::f64::consts::PI * x;
    0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Zero crossings of the sinc on each side: the band ends within 8 % of the lower rate.
const CROSSINGS: f64 = 32.0;
const LANES: usize = 8;
/// Where the band is 6 dB down, as a part of the half of the lower rate.
const PASS: f64 = 0.92;
/// The highest rate, Hz.
pub const RATE_MAX: u32 = 384_000;
/// The lowest rate, Hz.
pub const RATE_MIN: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frequency: f64, rate: u32, seconds: u32) -> Vec<f32> {
        let turn = std::f64::consts::TAU * frequency / f64::from(rate);
        (0..rate * seconds).map(|n| (f64::from(n) * turn).sin() as f32).collect()
    }

    fn rms(sound: &[f32]) -> f32 {
        (sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32).sqrt()
    }

    const RATES: [u32; 9] = [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 44_101, 48_000, 96_000];

    #[test]
    fn tones_below_the_edge_keep_their_place_and_level_to_a_hundredth() {
        for rate in RATES.into_iter().chain([4000]) {
            for frequency in [300.0, 1000.0, 1700.0] {
                let straight = tone(frequency, 8000, 1);
                let made = resample(&tone(frequency, rate, 1), rate, 8000);
                assert_eq!(made.len(), 8000, "{rate}");
                let pairs = made.iter().zip(&straight).skip(200).take(7500);
                let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(worst < 0.01, "{worst} at {frequency} Hz from {rate}");
            }
        }
    }

    #[test]
    fn what_8_khz_cannot_hold_is_65_db_down_and_does_not_come_back_lower() {
        for rate in RATES.into_iter().filter(|rate| *rate > 8000) {
            for frequency in [4400.0, 5000.0, 5400.0, 7000.0, 15_000.0] {
                if frequency < f64::from(rate) * 0.49 {
                    let made = resample(&tone(frequency, rate, 1), rate, 8000);
                    let level = 20.0 * rms(&made[400..7600]).log10();
                    assert!(level < -65.0, "{level} dB of {frequency} Hz from {rate}");
                }
            }
        }
    }

    #[test]
    fn short_sounds_and_odd_rates_are_taken() {
        assert_eq!(resample(&[], 48_000, 8000), []);
        assert_eq!(resample(&[1.0; 5], 48_000, 8000), []);
        assert_eq!(resample(&[1.0; 13], 48_000, 8000).len(), 2);
        assert_eq!(resample(&[1.0; 3], 8000, 8000), [1.0; 3]);
        assert_eq!(resample(&[1.0; 3], 1, 8000), []);
        assert_eq!(resample(&[1.0; 3], 8000, u32::MAX), []);
        let steady = resample(&[0.5; 9000], 11_025, 8000);
        assert!(steady[100..6000].iter().all(|sample| (sample - 0.5).abs() < 1e-4));
    }
}
