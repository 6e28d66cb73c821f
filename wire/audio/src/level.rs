//! How loud samples are.

/// Root mean square in dB below overload (0 is a full-scale square wave); -96 for silence.
#[must_use]
pub fn rms_dbov(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return FLOOR;
    }
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let power = sum / f64::from(count) / (32_768.0 * 32_768.0);
    #[expect(clippy::cast_possible_truncation, reason = "decibels need no more digits")]
    let level = (10.0 * power.log10()) as f32;
    level.max(FLOOR)
}

/// The largest magnitude, 0 to 32768.
#[must_use]
pub fn peak(samples: &[i16]) -> u16 {
    samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0)
}

const FLOOR: f32 = -96.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_half_scale_and_full_scale_have_their_levels() {
        assert_eq!(rms_dbov(&[]), FLOOR);
        assert_eq!(rms_dbov(&[0; 160]), FLOOR);
        assert!((rms_dbov(&[16_384, -16_384]) + 6.02).abs() < 0.01);
        assert!(rms_dbov(&[i16::MIN; 8]).abs() < 0.01);
        assert_eq!(peak(&[3, i16::MIN, 5]), 32_768);
    }
}
