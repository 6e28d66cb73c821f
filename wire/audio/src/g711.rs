//! ITU-T G.711: logarithmic samples of 8 bits, µ-law and A-law, by tables made at compile time.

/// Which of the two curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// Europe and most of the world: PCMA.
    A,
    /// North America and Japan: PCMU.
    Mu,
}

impl Law {
    /// The linear value of one byte.
    #[must_use]
    pub fn decode(self, byte: u8) -> i16 {
        // A byte always indexes a table of 256.
        self.decode_table().get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// The byte whose value is nearest to a sample.
    #[must_use]
    pub fn encode(self, sample: i16) -> u8 {
        let at = usize::from(sample.cast_unsigned() >> SHIFT);
        self.encode_table().get(at).copied().unwrap_or(0)
    }

    /// Decodes as many bytes as both hold; returns how many.
    pub fn decode_into(self, bytes: &[u8], samples: &mut [i16]) -> usize {
        let table = self.decode_table();
        let pairs = samples.iter_mut().zip(bytes);
        pairs.for_each(|(sample, byte)| {
            *sample = table.get(usize::from(*byte)).copied().unwrap_or(0);
        });
        bytes.len().min(samples.len())
    }

    /// Encodes as many samples as both hold; returns how many.
    pub fn encode_into(self, samples: &[i16], bytes: &mut [u8]) -> usize {
        let pairs = bytes.iter_mut().zip(samples);
        pairs.for_each(|(byte, sample)| *byte = self.encode(*sample));
        bytes.len().min(samples.len())
    }

    /// The byte that means silence.
    #[must_use]
    pub fn silence(self) -> u8 {
        match self {
            Self::A => 0xd5,
            Self::Mu => 0xff,
        }
    }

    fn decode_table(self) -> &'static [i16; 256] {
        match self {
            Self::A => &A_DECODE,
            Self::Mu => &MU_DECODE,
        }
    }

    fn encode_table(self) -> &'static [u8; ENCODE_LEN] {
        match self {
            Self::A => &A_ENCODE,
            Self::Mu => &MU_ENCODE,
        }
    }
}

/// Both curves look at 14 bits (µ) or 13 (A) of a sample.
const SHIFT: u32 = 2;
const ENCODE_LEN: usize = 1 << (16 - SHIFT);
/// µ-law's curve is shifted by this much before the segments are cut.
const MU_BIAS: i32 = 0x84;
const MU_CLIP: i32 = 32_635;

static A_DECODE: [i16; 256] = decode_table(Law::A);
static A_ENCODE: [u8; ENCODE_LEN] = encode_table(Law::A);
static MU_DECODE: [i16; 256] = decode_table(Law::Mu);
static MU_ENCODE: [u8; ENCODE_LEN] = encode_table(Law::Mu);

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, bounded by the length")]
#[expect(clippy::cast_possible_truncation, reason = "the loop counts to 255, results fit")]
const fn decode_table(law: Law) -> [i16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = match law {
            Law::A => a_decode(byte as u8),
            Law::Mu => mu_decode(byte as u8),
        };
        byte += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, bounded by the length")]
#[expect(clippy::cast_possible_truncation, reason = "the loop counts to 2^14 - 1")]
const fn encode_table(law: Law) -> [u8; ENCODE_LEN] {
    let mut table = [0; ENCODE_LEN];
    let mut at = 0;
    while at < table.len() {
        let sample = ((at as u16) << SHIFT).cast_signed();
        table[at] = match law {
            Law::A => a_encode(sample),
            Law::Mu => mu_encode(sample),
        };
        at += 1;
    }
    table
}

#[expect(clippy::cast_possible_truncation, reason = "the largest value is 32124")]
const fn mu_decode(byte: u8) -> i16 {
    let byte = !byte;
    let segment = (byte >> 4) & 7;
    let magnitude = (((((byte & 15) as i32) << 3) + MU_BIAS) << segment) - MU_BIAS;
    (if byte & 0x80 == 0 { magnitude } else { -magnitude }) as i16
}

const fn mu_encode(sample: i16) -> u8 {
    let negative = sample < 0;
    // The table's step is 4, so the middle of the step stands for it.
    let magnitude = (sample as i32 + (1 << (SHIFT - 1))).abs();
    let biased = (if magnitude > MU_CLIP { MU_CLIP } else { magnitude }) + MU_BIAS;
    let segment = (24 - biased.leading_zeros()) & 7;
    let mantissa = (biased >> (segment + 3)) & 15;
    let code = ((segment as u8) << 4) | mantissa as u8;
    !(if negative { code | 0x80 } else { code })
}

const fn a_decode(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let segment = (byte >> 4) & 7;
    let mantissa = (byte & 15) as i16;
    let magnitude = match segment {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (segment - 1),
    };
    if byte & 0x80 == 0 { -magnitude } else { magnitude }
}

#[expect(clippy::cast_possible_truncation, reason = "segment and mantissa fit seven bits")]
const fn a_encode(sample: i16) -> u8 {
    let positive = sample >= 0;
    let sample = sample as i32;
    let magnitude = if positive { sample } else { -sample - 1 } >> 4;
    let code = if magnitude < 16 {
        magnitude as u8
    } else {
        let segment = 28 - (magnitude as u32).leading_zeros();
        ((segment as u8) << 4) | ((magnitude >> (segment - 1)) & 15) as u8
    };
    (if positive { code | 0x80 } else { code }) ^ 0x55
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_of_both_curves() {
        assert_eq!(Law::Mu.decode(0x00), -32_124);
        assert_eq!(Law::Mu.decode(0x80), 32_124);
        assert_eq!(Law::Mu.decode(0xff), 0);
        assert_eq!(Law::A.decode(0x55), -8);
        assert_eq!(Law::A.decode(0xd5), 8);
        assert_eq!(Law::A.decode(0xaa), 32_256);
        assert_eq!(Law::A.decode(0x2a), -32_256);
        assert_eq!(Law::Mu.encode(0), 0xff);
        assert_eq!(Law::A.encode(0), 0xd5);
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for byte in 0..=255 {
            // µ-law has two zeros; both encode as the positive one.
            let expected = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(Law::Mu.encode(Law::Mu.decode(byte)), expected, "{byte:#x}");
            assert_eq!(Law::A.encode(Law::A.decode(byte)), byte, "{byte:#x}");
        }
    }

    #[test]
    fn no_sample_moves_further_than_half_a_step() {
        for law in [Law::A, Law::Mu] {
            for sample in i16::MIN..=i16::MAX {
                let back = i32::from(law.decode(law.encode(sample)));
                let error = (back - i32::from(sample)).abs();
                // Steps double per segment: 1/16 of the magnitude, half of that is the error.
                let bound = 8 + i32::from(sample).abs() / 31;
                assert!(error <= bound.max(650 * i32::from(back.abs() > 32_000)), "{sample}");
            }
        }
    }

    #[test]
    fn slices_go_as_far_as_both_reach() {
        let mut samples = [1_i16; 4];
        assert_eq!(Law::Mu.decode_into(&[0xff, 0x80], &mut samples), 2);
        assert_eq!(samples, [0, 32_124, 1, 1]);
        let mut bytes = [0_u8; 3];
        assert_eq!(Law::A.encode_into(&[0; 8], &mut bytes), 3);
        assert_eq!(bytes, [Law::A.silence(); 3]);
    }
}
