//! What a leg can be played: music on hold, ring-back, key tones. Rendered once, looped.

use std::f32::consts::TAU;
use std::sync::Arc;

use model::media::Tune;

use crate::sound::{FRAME, Frame, RATE, Width};

/// The ring-back tone of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RingBackTone {
    /// 440 and 480 Hz, 2 s on and 4 s off.
    America,
    /// 425 Hz, 1 s on and 4 s off.
    Europe,
}

/// The sounds of a site.
#[derive(Clone)]
pub struct Tunes {
    music: Arc<[i16]>,
    ring_back: Arc<[i16]>,
}

impl Tunes {
    /// Renders what is not given.
    #[must_use]
    pub fn new(music: Option<&[i16]>, ring_back: RingBackTone) -> Self {
        let music = match music {
            Some(music) if !music.is_empty() => music.into(),
            Some(_) | None => compose().into(),
        };
        Self { music, ring_back: ring(ring_back).into() }
    }

    /// A player at the beginning of a tune.
    #[must_use]
    pub fn player(&self, tune: Tune) -> Player {
        let sound = match tune {
            Tune::Music => Arc::clone(&self.music),
            Tune::RingBack => Arc::clone(&self.ring_back),
            Tune::Silence => Arc::from([0_i16]),
        };
        Player { sound, at: 0 }
    }
}

/// One tune being played, round and round.
#[derive(Clone)]
pub struct Player {
    sound: Arc<[i16]>,
    at: usize,
}

impl Player {
    /// The next tick of it.
    pub fn play(&mut self, out: &mut Frame) {
        *out = Frame::silence(Width::Narrow);
        for sample in out.samples_mut() {
            *sample = self.sound.get(self.at).copied().unwrap_or(0);
            self.at += 1;
            if self.at >= self.sound.len() {
                self.at = 0;
            }
        }
    }
}

/// The RFC 4733 code of the key in a row and a column.
#[must_use]
pub fn key_code(row: usize, column: usize) -> u8 {
    let keys = KEY_CODES.get(row).copied().unwrap_or_default();
    keys.get(column).copied().unwrap_or(0)
}

/// The two tones of a telephone key, for legs that know no events.
#[must_use]
pub fn key_tone(code: u8, from: usize) -> [i16; FRAME] {
    let keys = KEY_CODES.iter().flatten();
    let at = keys.zip(0_usize..).find(|(key, _)| **key == code).map_or(0, |(_, at)| at);
    let (row, column) = (at / KEY_COLUMNS.len(), at % KEY_COLUMNS.len());
    let low = KEY_ROWS.get(row).copied().unwrap_or(697.0);
    let high = KEY_COLUMNS.get(column).copied().unwrap_or(1209.0);
    std::array::from_fn(|n| {
        let at = seconds(from + n);
        to_sample(KEY_LEVEL * ((TAU * low * at).sin() + (TAU * high * at).sin()))
    })
}

/// The sample `at` of the quiet tone that marks a recording's gap, `edge` samples away from where
/// the tone begins or ends.
#[must_use]
pub fn gap_tone(at: u64, edge: u64) -> i16 {
    // A second is whole turns of the tone.
    let at = (at % u64::from(RATE)) as f32 / RATE as f32;
    let ramp = (edge as f32 / (RATE as f32 * 0.005)).min(1.0);
    to_sample(GAP_LEVEL * ramp * (TAU * GAP_TONE * at).sin())
}

fn ring(tone: RingBackTone) -> Vec<i16> {
    let (low, high, on, whole) = match tone {
        RingBackTone::America => (440.0, 480.0, 2 * RATE, 6 * RATE),
        RingBackTone::Europe => (425.0, 425.0, RATE, 5 * RATE),
    };
    let sample = |n: u32| {
        if n >= on {
            return 0;
        }
        // Ramps of 5 ms keep clicks away.
        let edge = n.min(on - n) as f32 / (RATE as f32 * 0.005);
        let at = seconds(n as usize);
        let wave = (TAU * low * at).sin() + (TAU * high * at).sin();
        to_sample(RING_LEVEL * edge.min(1.0) * wave)
    };
    (0..whole).map(sample).collect()
}

/// A calm piece of eight bars: a pad of four voices, plucked broken chords and a few notes of
/// melody over them. Every note may ring on into the beginning, so the loop has no seam.
fn compose() -> Vec<i16> {
    let mut sound = vec![0.0_f32; BARS.len() * BAR];
    for (bar, chord) in BARS.iter().enumerate() {
        let start = bar * BAR;
        for (voice, note) in chord.iter().enumerate() {
            pad(&mut sound, start, frequency(*note), voice);
        }
        for (step, voice) in PATTERN.iter().enumerate() {
            let note = chord.get(*voice).copied().unwrap_or(0) + 12;
            let accent = if step == 0 { 1.0 } else { 0.7 };
            pluck(&mut sound, start + step * BAR / PATTERN.len(), frequency(note), accent * 0.16);
        }
    }
    for (eighth, note) in MELODY {
        pluck(&mut sound, eighth * BAR / PATTERN.len(), frequency(note), 0.22);
    }
    let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs())).max(0.001);
    sound.iter().map(|sample| to_sample(sample / peak * MUSIC_PEAK)).collect()
}

/// A soft held tone that swells and fades over a bar and a half.
fn pad(sound: &mut [f32], start: usize, frequency: f32, voice: usize) {
    let len = BAR + BAR / 2;
    let detune = 1.0 + (voice as f32 - 1.5) * 0.0008;
    for n in 0..len {
        let part = n as f32 / len as f32;
        let swell = (part * std::f32::consts::PI).sin().powi(2);
        let phase = TAU * frequency * detune * seconds(n);
        add(sound, start + n, 0.07 * swell * (phase.sin() + 0.25 * (2.0 * phase).sin()));
    }
}

/// A plucked string: harmonics that die away the faster the higher they are.
fn pluck(sound: &mut [f32], start: usize, frequency: f32, level: f32) {
    for n in 0..(RATE as usize * 2) {
        let at = seconds(n);
        let attack = (at / 0.004).min(1.0);
        let mut value = 0.0;
        for harmonic in 1_u8..=4 {
            let h = f32::from(harmonic);
            let decay = (-at * (1.6 + 1.4 * h)).exp();
            value += decay * (TAU * frequency * h * at).sin() / (h * h);
        }
        add(sound, start + n, level * attack * value);
    }
}

fn add(sound: &mut [f32], at: usize, value: f32) {
    let at = at % sound.len().max(1);
    if let Some(sample) = sound.get_mut(at) {
        *sample += value;
    }
}

/// Equal temperament; note 69 is 440 Hz.
fn frequency(note: i32) -> f32 {
    440.0 * 2.0_f32.powf((note as f32 - 69.0) / 12.0)
}

fn seconds(samples: usize) -> f32 {
    samples as f32 / RATE as f32
}

fn to_sample(value: f32) -> i16 {
    // `as` saturates.
    (value * 32_767.0).round() as i16
}

/// Samples of a bar, 3 s.
const BAR: usize = 24_000;
/// D major: Dmaj7, Bm7, Gmaj7, A6, F#m7, Bm7, Em7, A7sus4.
const BARS: [[i32; 4]; 8] = [
    [62, 66, 69, 73],
    [59, 62, 66, 69],
    [55, 59, 62, 66],
    [57, 61, 64, 66],
    [54, 57, 61, 64],
    [59, 62, 66, 69],
    [52, 55, 59, 62],
    [57, 62, 64, 67],
];
/// The peak of a tone of 26 dB below full scale.
const GAP_LEVEL: f32 = 0.05;
/// Hz.
const GAP_TONE: f32 = 440.0;
/// Row by row: 1 2 3 A, 4 5 6 B, 7 8 9 C, * 0 # D.
pub const KEY_CODES: [[u8; 4]; 4] = [[1, 2, 3, 12], [4, 5, 6, 13], [7, 8, 9, 14], [10, 0, 11, 15]];
/// Hz.
pub const KEY_COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const KEY_LEVEL: f32 = 0.18;
/// Hz.
pub const KEY_ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// When (in eighths of a bar) and which note.
const MELODY: [(usize, i32); 18] = [
    (2, 81),
    (5, 78),
    (8, 76),
    (12, 78),
    (18, 74),
    (22, 76),
    (24, 73),
    (28, 76),
    (34, 81),
    (37, 85),
    (40, 83),
    (44, 81),
    (46, 78),
    (50, 79),
    (53, 78),
    (56, 76),
    (59, 74),
    (61, 76),
];
const MUSIC_PEAK: f32 = 0.3;
/// Which voice of the chord each eighth plucks.
const PATTERN: [usize; 8] = [0, 2, 1, 3, 2, 1, 3, 2];
const RING_LEVEL: f32 = 0.08;

#[cfg(test)]
mod tests {
    use super::*;
    use wire_audio::{peak, rms_dbov};

    #[test]
    fn music_is_of_a_pleasant_level_everywhere_and_has_no_seam() {
        let music = compose();
        assert_eq!(music.len(), 24 * 8000);
        assert!(peak(&music) < 11_000);
        for second in music.chunks(8000) {
            let level = rms_dbov(second);
            assert!((-36.0..-14.0).contains(&level), "{level}");
        }
        let seam = i32::from(*music.last().unwrap()) - i32::from(music[0]);
        assert!(seam.abs() < 2500, "{seam}");
    }

    #[test]
    fn ring_back_rings_and_pauses() {
        for (tone, on, whole) in [(RingBackTone::America, 2, 6), (RingBackTone::Europe, 1, 5)] {
            let sound = ring(tone);
            assert_eq!(sound.len(), whole * 8000);
            assert!(rms_dbov(&sound[..on * 8000]) > -30.0);
            assert_eq!(peak(&sound[on * 8000..]), 0);
        }
    }

    #[test]
    fn a_player_goes_round_and_silence_is_silent() {
        let tunes = Tunes::new(Some(&[1, 2, 3]), RingBackTone::Europe);
        let mut out = Frame::silence(Width::Narrow);
        let mut player = tunes.player(Tune::Music);
        player.play(&mut out);
        assert_eq!(out.samples()[..4], [1, 2, 3, 1]);
        player.play(&mut out);
        assert_eq!(out.samples()[0], 2, "160 is not a multiple of 3");
        tunes.player(Tune::Silence).play(&mut out);
        assert_eq!(out, Frame::silence(Width::Narrow));
    }
}
