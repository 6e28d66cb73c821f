//! RIFF WAVE files of one or more channels: PCM of 8 and 16 bits, µ-law and A-law. Read into
//! mono samples of 16 bits, written as mono.

use thiserror::Error;

use crate::Law;

/// Sound with its rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wav {
    /// Samples per second.
    pub rate: u32,
    /// Mono; several channels of a file are averaged.
    pub samples: Vec<i16>,
}

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WavFormat {
    /// G.711 µ-law.
    MuLaw,
    /// Linear, 16 bits.
    Pcm16,
    /// Linear, 8 bits, unsigned.
    Pcm8,
}

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WavError {
    /// Another encoding than PCM 8/16 or G.711: its number.
    #[error("WAV encoding {0} is not supported: use PCM of 8 or 16 bits, or G.711")]
    Encoding(u16),
    /// No format or data chunk, or they end too early.
    #[error("not a complete WAV file")]
    Incomplete,
    /// More than [`SAMPLES_MAX`] samples.
    #[error("WAV file is too long")]
    TooLong,
}

impl Wav {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is no WAV file or has an encoding that we don't know.
    pub fn read(bytes: &[u8]) -> Result<Self, WavError> {
        let mut rest = match bytes.split_at_checked(12) {
            Some((head, rest)) if head.starts_with(b"RIFF") && head.ends_with(b"WAVE") => rest,
            _ => return Err(WavError::Incomplete),
        };
        let mut format = None;
        while let Some((head, body)) = rest.split_first_chunk::<8>() {
            let [a, b, c, d, len @ ..] = *head;
            let len = u32::from_le_bytes(len) as usize;
            // A stream of unknown length says more than it has: take what there is.
            let chunk = body.get(..len.min(body.len())).unwrap_or_default();
            match &[a, b, c, d] {
                b"fmt " => format = Some(Format::read(chunk).ok_or(WavError::Incomplete)?),
                b"data" => {
                    let format = format.ok_or(WavError::Incomplete)?;
                    return Ok(Self { rate: format.rate, samples: format.samples(chunk)? });
                }
                _ => {}
            }
            rest = body.get(len + len % 2..).unwrap_or_default();
        }
        Err(WavError::Incomplete)
    }

    /// The bytes of a file.
    #[must_use]
    pub fn write(&self, format: WavFormat) -> Vec<u8> {
        let (number, width) = match format {
            WavFormat::MuLaw => (MU_LAW, 1_u16),
            WavFormat::Pcm16 => (PCM, 2),
            WavFormat::Pcm8 => (PCM, 1),
        };
        let data: Vec<u8> = match format {
            WavFormat::MuLaw => self.samples.iter().map(|s| Law::Mu.encode(*s)).collect(),
            WavFormat::Pcm16 => self.samples.iter().flat_map(|s| s.to_le_bytes()).collect(),
            WavFormat::Pcm8 => {
                let high = |s: &i16| s.to_be_bytes().first().copied().unwrap_or(0) ^ 0x80;
                self.samples.iter().map(high).collect()
            }
        };
        let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(44 + data.len());
        bytes.extend(b"RIFF");
        bytes.extend(len.saturating_add(36 + len % 2).to_le_bytes());
        bytes.extend(b"WAVEfmt ");
        bytes.extend(16_u32.to_le_bytes());
        bytes.extend(number.to_le_bytes());
        bytes.extend(1_u16.to_le_bytes());
        bytes.extend(self.rate.to_le_bytes());
        bytes.extend(self.rate.saturating_mul(u32::from(width)).to_le_bytes());
        bytes.extend(width.to_le_bytes());
        bytes.extend((width * 8).to_le_bytes());
        bytes.extend(b"data");
        bytes.extend(len.to_le_bytes());
        bytes.extend(data);
        if len % 2 == 1 {
            bytes.push(0);
        }
        bytes
    }
}

#[derive(Clone, Copy)]
struct Format {
    number: u16,
    channels: u16,
    rate: u32,
    bits: u16,
}

impl Format {
    fn read(chunk: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u16::from_le_bytes(*chunk.get(at..)?.first_chunk()?));
        let mut number = word(0)?;
        if number == EXTENSIBLE {
            // The real number opens the sub-format of the extension.
            number = word(24)?;
        }
        Some(Self {
            number,
            channels: word(2)?.max(1),
            rate: u32::from_le_bytes(*chunk.get(4..)?.first_chunk()?),
            bits: word(14)?,
        })
    }

    fn samples(self, data: &[u8]) -> Result<Vec<i16>, WavError> {
        let sample: fn(&[u8]) -> i16 = match (self.number, self.bits) {
            (PCM, 16) => |b| b.first_chunk().map_or(0, |b| i16::from_le_bytes(*b)),
            (PCM, 8) => |b| b.first().map_or(0, |b| (i16::from(*b) - 128) << 8),
            (MU_LAW, 8) => |b| b.first().map_or(0, |b| Law::Mu.decode(*b)),
            (A_LAW, 8) => |b| b.first().map_or(0, |b| Law::A.decode(*b)),
            (number, _) => return Err(WavError::Encoding(number)),
        };
        let width = usize::from(self.bits / 8);
        let frame = width * usize::from(self.channels);
        if data.len() / frame > SAMPLES_MAX {
            return Err(WavError::TooLong);
        }
        let mix = |frame: &[u8]| {
            let sum: i32 = frame.chunks_exact(width).map(|b| i32::from(sample(b))).sum();
            i16::try_from(sum / i32::from(self.channels)).unwrap_or(0)
        };
        Ok(data.chunks_exact(frame).map(mix).collect())
    }
}

const A_LAW: u16 = 6;
const EXTENSIBLE: u16 = 0xfffe;
const MU_LAW: u16 = 7;
const PCM: u16 = 1;
/// Longest file that is read: an hour at 48 kHz.
pub const SAMPLES_MAX: usize = 3600 * 48_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_format_reads_back_as_well_as_it_can() {
        let samples: Vec<i16> = (0..1001).map(|n| (n * 31) as i16).collect();
        let wav = Wav { rate: 8000, samples };
        assert_eq!(Wav::read(&wav.write(WavFormat::Pcm16)).unwrap(), wav);
        for (format, bound) in [(WavFormat::Pcm8, 256), (WavFormat::MuLaw, 1100)] {
            let back = Wav::read(&wav.write(format)).unwrap();
            assert_eq!(back.rate, 8000);
            assert_eq!(back.samples.len(), wav.samples.len());
            for (a, b) in wav.samples.iter().zip(&back.samples) {
                assert!((i32::from(*a) - i32::from(*b)).abs() < bound);
            }
        }
    }

    #[test]
    fn stereo_is_averaged_and_unknown_chunks_are_passed_over() {
        let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        bytes.extend([1, 0, 2, 0, 0x40, 0x1f, 0, 0, 0, 0, 0, 0, 4, 0, 16, 0]);
        bytes.extend(b"data\xff\xff\xff\xff");
        bytes.extend([100, 0, 200, 0]);
        assert_eq!(Wav::read(&bytes).unwrap(), Wav { rate: 8000, samples: vec![150] });
    }

    #[test]
    fn other_files_are_refused_with_the_reason() {
        assert_eq!(Wav::read(b"OggS"), Err(WavError::Incomplete));
        let mut bytes = Wav { rate: 1, samples: vec![0; 4] }.write(WavFormat::Pcm16);
        bytes[20] = 0x55;
        assert_eq!(Wav::read(&bytes), Err(WavError::Encoding(0x55)));
    }

    proptest! {
        #[test]
        fn any_bytes_behind_a_header_read_without_panic(
            tail in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
            bytes.extend(tail);
            let _ = Wav::read(&bytes);
        }
    }
}
