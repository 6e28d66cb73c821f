//! ITU-T G.722 at 64 kbit/s: 16 kHz in two bands, each by adaptive differences.
//!
//! A mirror filter splits the sound into the bands below and above 4 kHz. Of each, what the past
//! does not foretell is quantised, with 6 bits below and 2 above; the quantiser's step follows
//! the sound's level and the predictor its shape. Sizes and tables are the Recommendation's, all
//! arithmetic is of whole numbers and saturates at 16 bits as its does, so that any other
//! implementation gives the same bits.

/// Turns samples into bytes.
#[derive(Clone)]
pub struct G722Encoder {
    filter: [i32; TAPS],
    low: Band,
    high: Band,
}

/// Turns bytes into samples.
#[derive(Clone)]
pub struct G722Decoder {
    filter: [i32; TAPS],
    low: Band,
    high: Band,
}

impl Default for G722Encoder {
    fn default() -> Self {
        Self { filter: [0; TAPS], low: Band::new(STEP_LOW), high: Band::new(STEP_HIGH) }
    }
}

impl Default for G722Decoder {
    fn default() -> Self {
        Self { filter: [0; TAPS], low: Band::new(STEP_LOW), high: Band::new(STEP_HIGH) }
    }
}

impl G722Encoder {
    /// One byte for two samples of 16 kHz, as many as both hold; returns how many bytes.
    pub fn encode_into(&mut self, samples: &[i16], bytes: &mut [u8]) -> usize {
        let mut len = 0;
        for (byte, pair) in bytes.iter_mut().zip(samples.chunks_exact(2)) {
            if let [first, second] = *pair {
                *byte = self.encode(first, second);
                len += 1;
            }
        }
        len
    }

    fn encode(&mut self, first: i16, second: i16) -> u8 {
        self.filter.copy_within(2.., 0);
        let [.., one, two] = &mut self.filter;
        (*one, *two) = (i32::from(first), i32::from(second));
        let (odd, even) = mirror(&self.filter);
        let low = self.low.quantise_low((even + odd) >> 14);
        let high = self.high.quantise_high((even - odd) >> 14);
        (high << 6) | low
    }
}

impl G722Decoder {
    /// Two samples of 16 kHz for one byte, as many as both hold; returns how many samples.
    pub fn decode_into(&mut self, bytes: &[u8], samples: &mut [i16]) -> usize {
        let mut len = 0;
        for (pair, byte) in samples.chunks_exact_mut(2).zip(bytes) {
            let (one, two) = self.decode(*byte);
            if let [first, second] = pair {
                (*first, *second) = (one, two);
                len += 2;
            }
        }
        len
    }

    fn decode(&mut self, byte: u8) -> (i16, i16) {
        let (low_code, high_code) = (byte & 0x3f, byte >> 6);
        let difference = scaled(self.low.step, entry(&LEVELS_6, low_code));
        let low = (self.low.estimate + difference).clamp(-BAND_PEAK, BAND_PEAK - 1);
        self.low.adapt_low(low_code >> 2);
        let high = self.high.estimate + scaled(self.high.step, entry(&LEVELS_2, high_code));
        let high = high.clamp(-BAND_PEAK, BAND_PEAK - 1);
        self.high.adapt_high(high_code);
        self.filter.copy_within(2.., 0);
        let [.., one, two] = &mut self.filter;
        (*one, *two) = (low + high, low - high);
        let (odd, even) = mirror(&self.filter);
        (to_sample(even >> 11), to_sample(odd >> 11))
    }
}

/// The sums of the filter's two halves.
fn mirror(filter: &[i32; TAPS]) -> (i32, i32) {
    let (mut odd, mut even) = (0, 0);
    let weights = MIRROR.iter().zip(MIRROR.iter().rev());
    for (pair, (weight, reversed)) in filter.chunks_exact(2).zip(weights) {
        if let [one, two] = pair {
            odd += one * weight;
            even += two * reversed;
        }
    }
    (odd, even)
}

/// What one band remembers: the predictor and the quantiser's step.
#[derive(Clone)]
struct Band {
    /// What the next sample is expected to be.
    estimate: i32,
    /// The part of it that comes from the zeros.
    zeros: i32,
    /// Weights of the two poles.
    poles: [i32; 2],
    /// The last two reconstructed samples, newest first.
    past: [i32; 2],
    /// The last two reconstructed without the poles, newest first.
    partial: [i32; 2],
    /// Weights of the six zeros.
    weights: [i32; 6],
    /// The last six quantised differences, newest first.
    differences: [i32; 6],
    /// Logarithm of the step.
    log_step: i32,
    step: i32,
}

impl Band {
    fn new(step: i32) -> Self {
        Self {
            estimate: 0,
            zeros: 0,
            poles: [0; 2],
            past: [0; 2],
            partial: [0; 2],
            weights: [0; 6],
            differences: [0; 6],
            log_step: 0,
            step,
        }
    }

    /// The six bits for a sample of the lower band.
    fn quantise_low(&mut self, sample: i32) -> u8 {
        let difference = limit(sample - self.estimate);
        let size = if difference < 0 { -(difference + 1) } else { difference };
        let below = BOUNDS_6.iter().take_while(|bound| size >= (**bound * self.step) >> 12);
        let at = below.count();
        let codes = if difference < 0 { &CODES_6_NEGATIVE } else { &CODES_6_POSITIVE };
        let code = codes.get(at).copied().unwrap_or_default();
        self.adapt_low(code >> 2);
        code
    }

    /// The two bits for a sample of the upper band.
    fn quantise_high(&mut self, sample: i32) -> u8 {
        let difference = limit(sample - self.estimate);
        let size = if difference < 0 { -(difference + 1) } else { difference };
        let is_large = size >= (BOUND_2 * self.step) >> 12;
        let code = match (difference < 0, is_large) {
            (true, false) => 1,
            (true, true) => 0,
            (false, false) => 3,
            (false, true) => 2,
        };
        self.adapt_high(code);
        code
    }

    /// Goes on after a sample; of the lower band's code only the upper four bits count, so that
    /// the other two may be used for something else on the way.
    fn adapt_low(&mut self, code: u8) {
        let difference = scaled(self.step, entry(&LEVELS_4, code));
        let level = self.log_step * 127 / 128 + entry(&LOG_LOW, code);
        self.log_step = level.clamp(0, LOG_LOW_MAX);
        self.step = step(self.log_step, 8);
        self.predict(difference);
    }

    fn adapt_high(&mut self, code: u8) {
        let difference = scaled(self.step, entry(&LEVELS_2, code));
        let level = self.log_step * 127 / 128 + entry(&LOG_HIGH, code);
        self.log_step = level.clamp(0, LOG_HIGH_MAX);
        self.step = step(self.log_step, 10);
        self.predict(difference);
    }

    /// Moves the predictor towards what would have foretold `difference`.
    fn predict(&mut self, difference: i32) {
        let reconstructed = limit(self.estimate + difference);
        let partial = limit(self.zeros + difference);
        let [first, second] = self.poles;
        let agrees = self.partial.map(|before| (before < 0) == (partial < 0));
        let push = limit(first << 2);
        let push = if agrees[0] { limit(-push) } else { push };
        let pull = if agrees[1] { 128 } else { -128 };
        let second = (pull + (push >> 7) + ((second * 32_512) >> 15)).clamp(-12_288, 12_288);
        let room = 15_360 - second;
        let pull = if agrees[0] { 192 } else { -192 };
        let first = limit(pull + ((first * 32_640) >> 15)).clamp(-room, room);
        self.poles = [first, second];
        self.partial = [partial, self.partial[0]];
        self.past = [reconstructed, self.past[0]];

        let pull = if difference == 0 { 0 } else { 128 };
        for (weight, before) in self.weights.iter_mut().zip(&self.differences) {
            let agrees = (*before < 0) == (difference < 0);
            *weight = limit(((*weight * 32_640) >> 15) + if agrees { pull } else { -pull });
        }
        self.differences.copy_within(..5, 1);
        self.differences[0] = difference;

        let weighed = |weight: &i32, value: &i32| (weight * limit(2 * value)) >> 15;
        let zeros = self.weights.iter().zip(&self.differences);
        self.zeros = limit(zeros.map(|(weight, value)| weighed(weight, value)).sum());
        let poles = self.poles.iter().zip(&self.past);
        let poles: i32 = poles.map(|(weight, value)| weighed(weight, value)).sum();
        self.estimate = limit(limit(poles) + self.zeros);
    }
}

/// The step of a logarithm; `shift` is the band's.
fn step(log_step: i32, shift: i32) -> i32 {
    let mantissa = MANTISSAS.get(((log_step >> 6) & 31) as usize).copied().unwrap_or_default();
    let shift = shift - (log_step >> 11);
    let step = if shift < 0 { mantissa << -shift } else { mantissa >> shift };
    step << 2
}

fn scaled(step: i32, level: i32) -> i32 {
    (step * level) >> 15
}

fn entry(table: &[i32], code: u8) -> i32 {
    table.get(usize::from(code)).copied().unwrap_or_default()
}

fn limit(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

fn to_sample(value: i32) -> i16 {
    i16::try_from(limit(value)).unwrap_or_default()
}

/// The largest value of a band.
const BAND_PEAK: i32 = 16_384;
const BOUND_2: i32 = 564;
/// Bounds between the sizes that the lower band tells apart.
const BOUNDS_6: [i32; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
    1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
/// By size.
const CODES_6_NEGATIVE: [u8; 30] = [
    63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10,
    9, 8, 7, 6, 5, 4,
];
const CODES_6_POSITIVE: [u8; 30] = [
    61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38,
    37, 36, 35, 34, 33, 32,
];
/// By code, in 32768ths of the step.
const LEVELS_2: [i32; 4] = [-7408, -1616, 7408, 1616];
const LEVELS_4: [i32; 16] = [
    0, -20_456, -12_896, -8968, -6288, -4240, -2584, -1200, 20_456, 12_896, 8968, 6288, 4240, 2584,
    1200, 0,
];
const LEVELS_6: [i32; 64] = [
    -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192,
    -10_232, -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168,
    -2776, -2400, -2032, -1688, -1360, -1040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512,
    12_280, 11_192, 10_232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168,
    2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];
/// What a code adds to the logarithm of the step.
const LOG_HIGH: [i32; 4] = [798, -214, 798, -214];
const LOG_HIGH_MAX: i32 = 22_528;
const LOG_LOW: [i32; 16] =
    [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];
const LOG_LOW_MAX: i32 = 18_432;
/// 2048 times the powers of two between 1 and 2, in 32 steps.
const MANTISSAS: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
/// Every other weight of the mirror filter; the others are the same backwards.
const MIRROR: [i32; TAPS / 2] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
const STEP_HIGH: i32 = 8;
const STEP_LOW: i32 = 32;
const TAPS: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rms_dbov;

    /// Noise that swells and fades, from whisper to full scale, some of it smoothed.
    fn noise(len: usize) -> Vec<i16> {
        let (mut seed, mut smooth) = (1_u32, 0_i32);
        let sample = |n: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = i32::try_from(seed >> 16).unwrap() - 32_768;
            smooth += (white - smooth) / 8;
            let level = i32::try_from(n % 4000).unwrap();
            let sound = if (n / 4000).is_multiple_of(2) { white } else { smooth * 2 };
            to_sample(sound * level / 4000)
        };
        (0..len).map(sample).collect()
    }

    /// FNV-1a.
    fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
        let start = 0xcbf2_9ce4_8422_2325_u64;
        bytes
            .into_iter()
            .fold(start, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    }

    fn coded(samples: &[i16]) -> (Vec<u8>, Vec<i16>) {
        let mut bytes = vec![0; samples.len() / 2];
        let mut heard = vec![0; samples.len()];
        assert_eq!(G722Encoder::default().encode_into(samples, &mut bytes), bytes.len());
        assert_eq!(G722Decoder::default().decode_into(&bytes, &mut heard), heard.len());
        (bytes, heard)
    }

    #[test]
    fn the_bits_are_those_of_another_implementation() {
        // Digests of what the package G722 1.2.8 of PyPI makes of the same sound.
        let (bytes, heard) = coded(&noise(64_000));
        assert_eq!(digest(bytes), 0x95c7_6a5e_0375_d23b);
        assert_eq!(
            digest(heard.iter().flat_map(|sample| sample.to_le_bytes())),
            0x999b_716e_5cad_124f
        );
    }

    #[test]
    fn tones_of_both_bands_come_back() {
        for frequency in [300.0, 1000.0, 3000.0, 5000.0, 6800.0] {
            let turn = std::f32::consts::TAU * frequency / 16_000.0;
            let tone: Vec<i16> =
                (0..6400).map(|n| (8000.0 * (turn * n as f32).sin()) as i16).collect();
            let (_, heard) = coded(&tone);
            let (level, truth) = (rms_dbov(&heard[1600..]), rms_dbov(&tone));
            assert!((level - truth).abs() < 0.6, "{level} at {frequency} Hz");
        }
    }

    #[test]
    fn any_bytes_decode_and_short_slices_end_early() {
        let mut decoder = G722Decoder::default();
        let bytes: Vec<u8> = noise(40_000).into_iter().map(|n| (n & 0xff) as u8).collect();
        let mut samples = vec![0; 2 * bytes.len()];
        assert_eq!(decoder.decode_into(&bytes, &mut samples), 80_000);
        assert_eq!(decoder.decode_into(&bytes, &mut [0; 3]), 2);
        assert_eq!(G722Encoder::default().encode_into(&[0; 5], &mut [0; 9]), 2);
    }
}
