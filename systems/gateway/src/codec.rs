//! The codecs of both legs as this gateway uses them: everything is 8 kHz mono inside.
//!
//! Opus runs at 8 kHz inside libopus in both directions, so nothing is resampled. Towards the
//! browser it is SILK narrowband at the lowest complexity: on G.711 material complexity buys
//! nothing, bit rate and, under loss, FEC do.

use opus::{Application, Bandwidth, Bitrate, Channels, Signal};
use wire_audio::Law;

/// Samples per second inside the gateway.
pub const RATE: u32 = 8000;
/// Samples of one tick, 20 ms.
pub const FRAME: usize = 160;
/// Samples of the longest packet that is decoded: Opus allows 120 ms.
pub const PACKET_SAMPLES_MAX: usize = 960;

/// What a payload type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7587; its clock is 48 kHz whatever is inside.
    Opus,
    /// G.711 A-law.
    Pcma,
    /// G.711 µ-law.
    Pcmu,
}

impl Codec {
    /// Units of the RTP clock per sample of ours.
    #[must_use]
    pub fn units(self) -> u32 {
        match self {
            Self::Opus => 6,
            Self::Pcma | Self::Pcmu => 1,
        }
    }

    /// As SDP names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    fn law(self) -> Option<Law> {
        match self {
            Self::Opus => None,
            Self::Pcma => Some(Law::A),
            Self::Pcmu => Some(Law::Mu),
        }
    }
}

/// Turns payloads into samples.
pub enum Decoder {
    /// G.711 has no state.
    Law(Law),
    /// libopus.
    Opus(opus::Decoder),
}

impl Decoder {
    /// For one stream. libopus only fails for want of memory.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        match codec.law() {
            Some(law) => Self::Law(law),
            None => Self::Opus(
                opus::Decoder::new(RATE, Channels::Mono).expect("8 kHz mono is a valid decoder"),
            ),
        }
    }

    /// Appends what a payload holds to `out`; `None` when it is damaged.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Option<usize> {
        let mut room = [0_i16; PACKET_SAMPLES_MAX];
        let len = match self {
            Self::Law(law) if payload.len() <= room.len() => law.decode_into(payload, &mut room),
            Self::Law(_) => return None,
            // An empty payload would ask libopus for concealment.
            Self::Opus(_) if payload.is_empty() => return None,
            Self::Opus(decoder) => decoder.decode(payload, &mut room, false).ok()?,
        };
        out.extend_from_slice(room.get(..len)?);
        Some(len)
    }

    /// Appends `len` samples for a packet that did not come, from the FEC of the packet behind it
    /// (`next`) or made up; `None` when the codec can't.
    pub fn conceal(&mut self, next: Option<&[u8]>, len: usize, out: &mut Vec<i16>) -> Option<()> {
        let Self::Opus(decoder) = self else { return None };
        let mut room = [0_i16; PACKET_SAMPLES_MAX];
        // libopus makes frames of whole 2.5 ms only.
        let asked = len.next_multiple_of(OPUS_STEP).min(PACKET_SAMPLES_MAX);
        let room = room.get_mut(..asked)?;
        let made = decoder.decode(next.unwrap_or_default(), room, next.is_some()).ok()?;
        out.extend_from_slice(room.get(..len.min(made))?);
        Some(())
    }
}

/// Turns samples into payloads.
pub enum Encoder {
    /// G.711 has no state.
    Law(Law),
    /// libopus, and whether it guards against loss.
    Opus(opus::Encoder, bool),
}

impl Encoder {
    /// For one stream.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        match codec.law() {
            Some(law) => Self::Law(law),
            None => Self::Opus(opus_encoder().expect("these settings are valid"), false),
        }
    }

    /// Writes one tick of samples as a payload; returns its length.
    pub fn encode(&mut self, samples: &[i16; FRAME], out: &mut [u8]) -> Option<usize> {
        match self {
            Self::Law(law) => Some(law.encode_into(samples, out)),
            Self::Opus(encoder, _) => encoder.encode(samples, out).ok(),
        }
    }

    /// Tells how much of what we send gets lost, in percent: Opus then spends bits on FEC.
    pub fn set_loss(&mut self, percent: u8) {
        let Self::Opus(encoder, guarded) = self else { return };
        let guard = percent >= LOSS_PERCENT_FEC;
        if guard {
            let _ = encoder.set_packet_loss_perc(i32::from(percent.min(LOSS_PERCENT_MAX)));
        }
        if guard != *guarded {
            let bitrate = if guard { BITRATE_FEC } else { BITRATE };
            let _ = encoder.set_inband_fec(guard);
            let _ = encoder.set_bitrate(Bitrate::Bits(bitrate));
            *guarded = guard;
        }
    }
}

fn opus_encoder() -> opus::Result<opus::Encoder> {
    let mut encoder = opus::Encoder::new(RATE, Channels::Mono, Application::Voip)?;
    encoder.set_bitrate(Bitrate::Bits(BITRATE))?;
    encoder.set_complexity(COMPLEXITY)?;
    encoder.set_max_bandwidth(Bandwidth::Narrowband)?;
    encoder.set_signal(Signal::Voice)?;
    Ok(encoder)
}

/// Bits per second towards the browser.
const BITRATE: i32 = 24_000;
/// The same while FEC is on.
const BITRATE_FEC: i32 = 32_000;
const COMPLEXITY: i32 = 0;
/// From this loss on FEC pays.
const LOSS_PERCENT_FEC: u8 = 2;
/// Beyond this FEC takes bits from the voice that it can't give back.
const LOSS_PERCENT_MAX: u8 = 20;
/// Samples of libopus's shortest frame, 2.5 ms.
const OPUS_STEP: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn tone(from: usize) -> [i16; FRAME] {
        std::array::from_fn(|n| (8000.0 * (TAU * 440.0 * (from + n) as f32 / 8000.0).sin()) as i16)
    }

    #[test]
    fn a_tone_comes_out_of_each_codec_as_loud_as_it_went_in() {
        for codec in [Codec::Opus, Codec::Pcma, Codec::Pcmu] {
            let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
            let mut out = Vec::new();
            for n in 0..50 {
                let mut payload = [0; 400];
                let len = encoder.encode(&tone(n * FRAME), &mut payload).unwrap();
                assert_eq!(decoder.decode(&payload[..len], &mut out), Some(FRAME));
            }
            let level = wire_audio::rms_dbov(&out[1600..]);
            assert!((level - wire_audio::rms_dbov(&tone(0))).abs() < 1.0, "{codec:?} {level}");
        }
    }

    #[test]
    fn damaged_payloads_are_refused_and_lost_ones_concealed() {
        let mut decoder = Decoder::new(Codec::Opus);
        let mut out = Vec::new();
        assert_eq!(decoder.decode(&[], &mut out), None);
        assert_eq!(decoder.decode(&[0xff; 3], &mut out), None);
        assert_eq!(decoder.conceal(None, FRAME, &mut out), Some(()));
        assert_eq!(out.len(), FRAME);
        assert_eq!(Decoder::new(Codec::Pcmu).conceal(None, FRAME, &mut out), None);
    }

    /// How far the sound of lost frames is from the truth, as a share of its power.
    fn loss_error(percent: u8) -> f64 {
        let chirp = |at: usize| {
            let t = at as f32 / 8000.0;
            (6000.0 * (TAU * (300.0 * t + 150.0 * t * t)).sin() * (TAU * 3.0 * t).sin()) as i16
        };
        let mut encoder = Encoder::new(Codec::Opus);
        encoder.set_loss(percent);
        let (mut clean, mut lossy) = (Decoder::new(Codec::Opus), Decoder::new(Codec::Opus));
        let payloads: Vec<Vec<u8>> = (0..150)
            .map(|n| {
                let sound: [i16; FRAME] = std::array::from_fn(|i| chirp(n * FRAME + i));
                let mut payload = [0; 400];
                let len = encoder.encode(&sound, &mut payload).unwrap();
                payload[..len].to_vec()
            })
            .collect();
        let (mut truth, mut heard) = (Vec::new(), Vec::new());
        for (n, payload) in payloads.iter().enumerate() {
            clean.decode(payload, &mut truth).unwrap();
            if n % 10 == 9 {
                lossy.conceal(payloads.get(n + 1).map(Vec::as_slice), FRAME, &mut heard).unwrap();
            } else {
                lossy.decode(payload, &mut heard).unwrap();
            }
        }
        let power = |sound: &mut dyn Iterator<Item = f64>| sound.map(|x| x * x).sum::<f64>();
        let differences = truth.iter().zip(&heard).map(|(a, b)| f64::from(*a) - f64::from(*b));
        power(&mut differences.into_iter()) / power(&mut truth.iter().map(|a| f64::from(*a)))
    }

    #[test]
    fn reported_loss_buys_redundancy_that_restores_lost_frames() {
        let (plain, guarded) = (loss_error(0), loss_error(10));
        assert!(guarded < plain / 2.0, "{guarded} with FEC, {plain} without");
    }
}
