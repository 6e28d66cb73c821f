//! The codecs of both legs as this gateway uses them.
//!
//! Opus runs at the sound's own rate inside libopus in both directions, so nothing is resampled.
//! Towards the browser it is SILK, narrowband for narrow sound and wideband for wide, at the
//! lowest complexity: complexity buys nothing there, bit rate and, under loss, FEC do.

use opus::{Application, Bandwidth, Bitrate, Channels, Signal};
use wire_audio::{Doubler, G722Decoder, G722Encoder, Law};

use crate::sound::{FRAME_WIDE, Frame, Width};

/// Samples of the longest packet that is decoded: Opus allows 120 ms.
pub const PACKET_SAMPLES_MAX: usize = 6 * FRAME_WIDE;

/// What a payload type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.722 at 64 kbit/s; its clock is 8 kHz though its sound is wide (RFC 3551 4.5.2).
    G722,
    /// RFC 7587; its clock is 48 kHz whatever is inside.
    Opus,
    /// G.711 A-law.
    Pcma,
    /// G.711 µ-law.
    Pcmu,
}

impl Codec {
    /// Units of the RTP clock per second.
    #[must_use]
    pub fn clock(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::G722 | Self::Pcma | Self::Pcmu => 8000,
        }
    }

    /// What comes out of its decoder, and the most that it carries.
    #[must_use]
    pub fn width(self) -> Width {
        match self {
            Self::G722 | Self::Opus => Width::Wide,
            Self::Pcma | Self::Pcmu => Width::Narrow,
        }
    }

    /// Units of the RTP clock that so many samples of its width last.
    #[must_use]
    pub fn units(self, samples: usize) -> u32 {
        let units = samples as u64 * u64::from(self.clock()) / u64::from(self.width().rate());
        u32::try_from(units).unwrap_or(u32::MAX)
    }

    /// Samples of its width that so many units last; none for negative ones.
    #[must_use]
    pub fn samples(self, units: i32) -> usize {
        let units = u64::try_from(units).unwrap_or(0);
        let samples = units * u64::from(self.width().rate()) / u64::from(self.clock());
        usize::try_from(samples).unwrap_or(usize::MAX)
    }

    /// As SDP names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::G722 => "G722",
            Self::Opus => "opus",
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }
}

/// Turns payloads into samples of the codec's width.
pub enum Decoder {
    /// Two bands.
    G722(Box<G722Decoder>),
    /// G.711 has no state.
    Law(Law),
    /// libopus.
    Opus(opus::Decoder),
}

impl Decoder {
    /// For one stream. libopus only fails for want of memory.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        match codec {
            Codec::G722 => Self::G722(Box::default()),
            Codec::Opus => {
                let decoder = opus::Decoder::new(codec.width().rate(), Channels::Mono);
                Self::Opus(decoder.expect("16 kHz mono is a valid decoder"))
            }
            Codec::Pcma => Self::Law(Law::A),
            Codec::Pcmu => Self::Law(Law::Mu),
        }
    }

    /// Appends what a payload holds to `out`; `None` when it is damaged.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Option<usize> {
        let mut room = [0_i16; PACKET_SAMPLES_MAX];
        let len = match self {
            Self::G722(decoder) if 2 * payload.len() <= room.len() => {
                decoder.decode_into(payload, &mut room)
            }
            Self::Law(law) if payload.len() <= LAW_LEN_MAX => law.decode_into(payload, &mut room),
            Self::G722(_) | Self::Law(_) => return None,
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
    /// Two bands; narrow sound is made wide before.
    G722(Box<(G722Encoder, Doubler)>),
    /// G.711 has no state.
    Law(Law),
    /// libopus.
    Opus(OpusEncoder),
}

impl Encoder {
    /// For one stream.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        match codec {
            Codec::G722 => Self::G722(Box::default()),
            Codec::Opus => Self::Opus(OpusEncoder::new(Width::Narrow)),
            Codec::Pcma => Self::Law(Law::A),
            Codec::Pcmu => Self::Law(Law::Mu),
        }
    }

    /// Writes one tick as a payload; returns its length. `None` for a tick that is wider than the
    /// codec.
    pub fn encode(&mut self, sound: &Frame, out: &mut [u8]) -> Option<usize> {
        match (self, sound.width()) {
            (Self::G722(both), Width::Wide) => Some(both.0.encode_into(sound.samples(), out)),
            (Self::G722(both), Width::Narrow) => {
                let (encoder, doubler) = &mut **both;
                let mut wide = Frame::silence(Width::Wide);
                doubler.double(sound.samples(), wide.samples_mut());
                Some(encoder.encode_into(wide.samples(), out))
            }
            (Self::Law(law), Width::Narrow) => Some(law.encode_into(sound.samples(), out)),
            (Self::Law(_), Width::Wide) => None,
            (Self::Opus(encoder), _) => encoder.encode(sound, out),
        }
    }

    /// Tells how much of what we send gets lost, in percent: Opus then spends bits on FEC.
    pub fn set_loss(&mut self, percent: u8) {
        if let Self::Opus(encoder) = self {
            encoder.set_loss(percent);
        }
    }
}

/// libopus for sound of changing width.
pub struct OpusEncoder {
    encoder: opus::Encoder,
    width: Width,
    /// Loss that it guards against, in percent; 0 for none.
    guard: u8,
}

impl OpusEncoder {
    fn new(width: Width) -> Self {
        let encoder = opus_encoder(width).expect("these settings are valid");
        Self { encoder, width, guard: 0 }
    }

    fn encode(&mut self, sound: &Frame, out: &mut [u8]) -> Option<usize> {
        if sound.width() != self.width {
            let guard = self.guard;
            *self = Self::new(sound.width());
            self.set_loss(guard);
        }
        self.encoder.encode(sound.samples(), out).ok()
    }

    fn set_loss(&mut self, percent: u8) {
        let guard = if percent >= LOSS_PERCENT_FEC { percent.min(LOSS_PERCENT_MAX) } else { 0 };
        if guard > 0 {
            let _ = self.encoder.set_packet_loss_perc(i32::from(guard));
        }
        if (guard > 0) != (self.guard > 0) {
            let more = if guard > 0 { BITRATE_FEC } else { 0 };
            let _ = self.encoder.set_inband_fec(guard > 0);
            let _ = self.encoder.set_bitrate(Bitrate::Bits(bitrate(self.width) + more));
        }
        self.guard = guard;
    }
}

fn opus_encoder(width: Width) -> opus::Result<opus::Encoder> {
    let mut encoder = opus::Encoder::new(width.rate(), Channels::Mono, Application::Voip)?;
    encoder.set_bitrate(Bitrate::Bits(bitrate(width)))?;
    encoder.set_complexity(COMPLEXITY)?;
    encoder.set_max_bandwidth(match width {
        Width::Narrow => Bandwidth::Narrowband,
        Width::Wide => Bandwidth::Wideband,
    })?;
    encoder.set_signal(Signal::Voice)?;
    Ok(encoder)
}

/// Bits per second towards the browser.
fn bitrate(width: Width) -> i32 {
    match width {
        Width::Narrow => 24_000,
        Width::Wide => 32_000,
    }
}

/// Bits per second that FEC takes besides.
const BITRATE_FEC: i32 = 8000;
const COMPLEXITY: i32 = 0;
/// Bytes of the longest packet of G.711, 120 ms.
const LAW_LEN_MAX: usize = PACKET_SAMPLES_MAX / 2;
/// From this loss on FEC pays.
const LOSS_PERCENT_FEC: u8 = 2;
/// Beyond this FEC takes bits from the voice that it can't give back.
const LOSS_PERCENT_MAX: u8 = 20;
/// Samples of libopus's shortest frame, 2.5 ms.
const OPUS_STEP: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn frame(width: Width, sound: impl Fn(f32) -> f32, tick: usize) -> Frame {
        let mut frame = Frame::silence(width);
        let from = tick * width.frame();
        for (n, sample) in frame.samples_mut().iter_mut().enumerate() {
            *sample = sound((from + n) as f32 / width.rate() as f32) as i16;
        }
        frame
    }

    fn tone(frequency: f32) -> impl Fn(f32) -> f32 {
        move |at| 8000.0 * (TAU * frequency * at).sin()
    }

    const ALL: [Codec; 4] = [Codec::G722, Codec::Opus, Codec::Pcma, Codec::Pcmu];

    /// What a second of a tone of that width sounds like behind a codec.
    fn heard(codec: Codec, width: Width, frequency: f32) -> Vec<i16> {
        let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
        let mut out = Vec::new();
        for tick in 0..50 {
            let mut payload = [0; 400];
            let len = encoder.encode(&frame(width, tone(frequency), tick), &mut payload).unwrap();
            assert_eq!(decoder.decode(&payload[..len], &mut out), Some(codec.width().frame()));
        }
        out
    }

    #[test]
    fn a_tone_comes_out_of_each_codec_as_loud_as_it_went_in() {
        let truth = wire_audio::rms_dbov(frame(Width::Narrow, tone(440.0), 0).samples());
        for codec in ALL {
            let level = wire_audio::rms_dbov(&heard(codec, Width::Narrow, 440.0)[1600..]);
            assert!((level - truth).abs() < 1.0, "{codec:?} {level}");
        }
    }

    #[test]
    fn wide_codecs_carry_what_the_telephone_does_not_and_narrow_ones_refuse_it() {
        let truth = wire_audio::rms_dbov(frame(Width::Wide, tone(5000.0), 0).samples());
        for codec in [Codec::G722, Codec::Opus] {
            let level = wire_audio::rms_dbov(&heard(codec, Width::Wide, 5000.0)[3200..]);
            assert!((level - truth).abs() < 3.0, "{codec:?} {level} of {truth}");
        }
        let wide = Frame::silence(Width::Wide);
        assert_eq!(Encoder::new(Codec::Pcmu).encode(&wide, &mut [0; 400]), None);
    }

    #[test]
    fn clocks_and_samples_are_each_others_measure() {
        for (codec, units, samples) in
            [(Codec::G722, 160, 320), (Codec::Opus, 960, 320), (Codec::Pcmu, 160, 160)]
        {
            assert_eq!(codec.units(samples), units);
            assert_eq!(codec.samples(units.cast_signed()), samples);
            assert_eq!(codec.samples(-5), 0);
        }
    }

    #[test]
    fn damaged_payloads_are_refused_and_lost_ones_concealed() {
        let mut decoder = Decoder::new(Codec::Opus);
        let mut out = Vec::new();
        assert_eq!(decoder.decode(&[], &mut out), None);
        assert_eq!(decoder.decode(&[0xff; 3], &mut out), None);
        assert_eq!(decoder.conceal(None, FRAME_WIDE, &mut out), Some(()));
        assert_eq!(out.len(), FRAME_WIDE);
        assert_eq!(Decoder::new(Codec::Pcmu).decode(&[0; 961], &mut out), None);
        assert_eq!(Decoder::new(Codec::G722).decode(&[0; 961], &mut out), None);
        assert_eq!(Decoder::new(Codec::Pcmu).conceal(None, FRAME_WIDE, &mut out), None);
    }

    /// How far the sound of lost frames is from the truth, as a share of its power.
    fn loss_error(width: Width, percent: u8) -> f64 {
        let chirp =
            |t: f32| 6000.0 * (TAU * (300.0 * t + 150.0 * t * t)).sin() * (TAU * 3.0 * t).sin();
        let mut encoder = Encoder::new(Codec::Opus);
        encoder.set_loss(percent);
        let (mut clean, mut lossy) = (Decoder::new(Codec::Opus), Decoder::new(Codec::Opus));
        let payloads: Vec<Vec<u8>> = (0..150)
            .map(|tick| {
                let mut payload = [0; 400];
                let len = encoder.encode(&frame(width, chirp, tick), &mut payload).unwrap();
                payload[..len].to_vec()
            })
            .collect();
        let (mut truth, mut heard) = (Vec::new(), Vec::new());
        for (n, payload) in payloads.iter().enumerate() {
            clean.decode(payload, &mut truth).unwrap();
            if n % 10 == 9 {
                let next = payloads.get(n + 1).map(Vec::as_slice);
                lossy.conceal(next, FRAME_WIDE, &mut heard).unwrap();
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
        for width in [Width::Narrow, Width::Wide] {
            // The wide encoder begins when wide sound comes, and knows of the loss then.
            let (plain, guarded) = (loss_error(width, 0), loss_error(width, 10));
            assert!(guarded < plain / 2.0, "{guarded} with FEC, {plain} without, {width:?}");
        }
    }
}
