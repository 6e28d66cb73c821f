//! Several voices as one sound. Sums are limited by a gain that sinks within 5 ms and recovers
//! slowly, so that two loud talkers stay clear; what still sticks out is bent, never cut off.

use crate::sound::{FRAME_WIDE, Frame, Width};

/// Adds up what one leg hears.
pub struct Mixer {
    /// What the last tick ended with, above 0 and at most 1.
    gain: f32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

/// The voices of one tick, all of the same width.
pub struct Voices {
    width: Width,
    sum: [i32; FRAME_WIDE],
    count: usize,
}

impl Voices {
    /// None yet.
    #[must_use]
    pub fn new(width: Width) -> Self {
        Self { width, sum: [0; FRAME_WIDE], count: 0 }
    }

    /// One more voice.
    pub fn add(&mut self, voice: &Frame) {
        for (sum, sample) in self.sum.iter_mut().zip(voice.samples()) {
            *sum += i32::from(*sample);
        }
        self.count += 1;
    }
}

impl Mixer {
    /// The voices of a tick as one sound; a lone voice stays as it is.
    pub fn mix(&mut self, voices: &Voices, frame: &mut Frame) {
        *frame = Frame::silence(voices.width);
        let out = frame.samples_mut();
        let peak = voices.sum.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0) as f32;
        // A lone voice fits, whatever its peak.
        let wanted = if voices.count > 1 && peak > CEILING { CEILING / peak } else { 1.0 };
        let before = self.gain;
        let after = wanted.min(before * RECOVERY);
        self.gain = after;
        if before >= 1.0 && after >= 1.0 {
            for (out, sample) in out.iter_mut().zip(&voices.sum) {
                *out = saturate(*sample);
            }
            return;
        }
        let ramp = if after < before { ATTACK * voices.width.scale() } else { out.len() };
        for (n, (out, sample)) in out.iter_mut().zip(&voices.sum).enumerate() {
            let part = (n + 1).min(ramp) as f32 / ramp as f32;
            let gain = before + (after - before) * part;
            *out = bend(*sample as f32 * gain);
        }
    }
}

/// Leaves room above the knee for what comes before the gain has sunk.
fn bend(sample: f32) -> i16 {
    let over = sample.abs() - CEILING;
    if over <= 0.0 {
        return saturate(sample.round() as i32);
    }
    let room = FULL - CEILING;
    let bent = CEILING + over / (1.0 + over / room);
    saturate(bent.copysign(sample) as i32)
}

fn saturate(sample: i32) -> i16 {
    i16::try_from(sample).unwrap_or(if sample < 0 { i16::MIN } else { i16::MAX })
}

/// Narrow samples in which the gain sinks, 5 ms.
const ATTACK: usize = 40;
/// The loudest that a mix is meant to be, -1.4 dB of full scale.
const CEILING: f32 = 28_000.0;
const FULL: f32 = 32_767.0;
/// By how much the gain rises per tick at most: 0.5 dB, a doubling in a quarter of a second.
const RECOVERY: f32 = 1.06;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::FRAME;
    use std::f32::consts::TAU;

    fn tone(frequency: f32, level: f32, tick: usize) -> [i16; FRAME] {
        std::array::from_fn(|n| {
            (level * (TAU * frequency * (tick * FRAME + n) as f32 / 8000.0).sin()) as i16
        })
    }

    fn mix(mixer: &mut Mixer, voices: &[[i16; FRAME]]) -> [i16; FRAME] {
        let mut sum = Voices::new(Width::Narrow);
        voices.iter().for_each(|voice| sum.add(&Frame::from(*voice)));
        let mut out = Frame::silence(Width::Narrow);
        mixer.mix(&sum, &mut out);
        out.samples().try_into().unwrap()
    }

    /// The share of a sound's power that lies at a frequency.
    fn share(sound: &[i16], frequency: f32) -> f64 {
        let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
        for (n, sample) in sound.iter().enumerate() {
            let phase = f64::from(TAU * frequency) * n as f64 / 8000.0;
            let sample = f64::from(*sample);
            re += sample * phase.cos();
            im += sample * phase.sin();
            power += sample * sample;
        }
        2.0 * (re * re + im * im) / (power * sound.len() as f64)
    }

    #[test]
    fn quiet_voices_are_added_exactly_and_a_lone_one_is_left_alone() {
        let mut mixer = Mixer::default();
        let (one, two) = (tone(400.0, 9000.0, 0), tone(900.0, 9000.0, 0));
        let mixed = mix(&mut mixer, &[one, two]);
        assert!(mixed.iter().zip(one.iter().zip(&two)).all(|(sum, (a, b))| *sum == a + b));
        let loudest = [i16::MAX; FRAME];
        assert_eq!(mix(&mut mixer, &[loudest]), loudest);
        assert_eq!(mix(&mut mixer, &[]), [0; FRAME]);
    }

    #[test]
    fn two_loud_talkers_stay_two_clean_tones() {
        let mut mixer = Mixer::default();
        let mut sound = Vec::new();
        for tick in 0..100 {
            let voices = [tone(400.0, 30_000.0, tick), tone(900.0, 30_000.0, tick)];
            sound.extend(mix(&mut mixer, &voices));
        }
        assert!(wire_audio::peak(&sound) < 32_767);
        let settled = &sound[800..];
        let clean = share(settled, 400.0) + share(settled, 900.0);
        assert!(clean > 0.995, "{clean}");
        let hard: Vec<i16> = (0..100)
            .flat_map(|tick| {
                let (a, b) = (tone(400.0, 30_000.0, tick), tone(900.0, 30_000.0, tick));
                std::array::from_fn::<_, FRAME, _>(|n| a[n].saturating_add(b[n]))
            })
            .collect();
        let clipped = share(&hard[800..], 400.0) + share(&hard[800..], 900.0);
        assert!(1.0 - clean < (1.0 - clipped) / 5.0, "{clean}, clipped {clipped}");
    }

    #[test]
    fn the_gain_comes_back_without_a_step_when_one_falls_silent() {
        let mut mixer = Mixer::default();
        let mut sound = Vec::new();
        for tick in 0..100 {
            let quiet = tone(300.0, 6000.0, tick);
            let loud = if tick < 30 { tone(700.0, 32_000.0, tick) } else { [0; FRAME] };
            sound.extend(mix(&mut mixer, &[quiet, loud]));
        }
        let after = &sound[31 * FRAME..];
        // A tone of 300 Hz moves by 1414 per sample at most.
        let step = after.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap();
        assert!(step < 1500, "{step}");
        let last = &sound[80 * FRAME..];
        assert!(wire_audio::peak(last) > 5900, "{}", wire_audio::peak(last));
    }

    #[test]
    fn thirty_two_voices_at_full_scale_do_not_wrap() {
        let mut mixer = Mixer::default();
        for _ in 0..5 {
            let high = mix(&mut mixer, &[[i16::MAX; FRAME]; 32]);
            assert!(high.iter().all(|sample| *sample > 20_000));
        }
        let low = mix(&mut mixer, &[[i16::MIN; FRAME]; 32]);
        assert!(low.iter().all(|sample| *sample < -20_000));
    }
}
