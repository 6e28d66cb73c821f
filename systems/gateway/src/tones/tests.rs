//! The detector against everything that a telephone line carries, through G.711.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use wire_audio::{Law, Wav};

use super::*;
use crate::settings::ShardSettings;
use crate::sound::Width;
use crate::tunes::{RingBackTone, Tunes, key_tone};
use model::media::Tune;
use model::random::Random;

/// Keys one after the other.
#[derive(Clone, Copy)]
struct Typing {
    /// Of the row tones and of the column tones.
    dbm0: [f32; 2],
    down_ms: usize,
    pause_ms: usize,
    /// By how much the frequencies are off, up for half of them and down for the others.
    off: f32,
    /// Of the weaker tone over the noise; in dB.
    noise_db: f32,
    law: Law,
}

const USUAL: Typing =
    Typing { dbm0: [-10.0; 2], down_ms: 70, pause_ms: 70, off: 0.0, noise_db: 60.0, law: Law::Mu };

impl Typing {
    /// All sixteen keys three times, at odd moments.
    fn sound(&self, random: &mut Random) -> Vec<i16> {
        let mut sound = vec![0.0; 1000];
        let amplitudes = self.dbm0.map(amplitude);
        for round in 0..3 {
            for (row, low) in KEY_ROWS.iter().enumerate() {
                for (column, high) in KEY_COLUMNS.iter().enumerate() {
                    let sign = if (round + row + column) % 2 == 0 { 1.0 } else { -1.0 };
                    let low = low * (1.0 + sign * self.off);
                    let high = high * (1.0 - sign * self.off);
                    let phase = random.below(628) as f32 / 100.0;
                    let tones = (0..self.down_ms * 8).map(|n| {
                        let t = TAU * n as f32 / 8000.0;
                        amplitudes[0] * (low * t).sin() + amplitudes[1] * (high * t + phase).sin()
                    });
                    sound.extend(tones);
                    let pause = self.pause_ms * 8 + random.below(160) as usize;
                    sound.extend(std::iter::repeat_n(0.0, pause));
                }
            }
        }
        sound.extend([0.0; 1000]);
        let weaker = amplitudes[0].min(amplitudes[1]) / 2.0_f32.sqrt();
        let noise = weaker * 10.0_f32.powf(-self.noise_db / 20.0);
        sound
            .into_iter()
            .map(|sample| self.law.decode(self.law.encode((sample + noise * gauss(random)) as i16)))
            .collect()
    }

    fn heard(&self) -> Vec<ToneKey> {
        heard(&self.sound(&mut Random::from_number(11)))
    }

    fn is_understood(&self) -> bool {
        let wanted: Vec<u8> = crate::tunes::KEY_CODES.concat().repeat(3);
        self.heard().iter().map(|key| key.code).eq(wanted)
    }
}

/// Of a sine; the loudest that G.711 can say has 3.17 dBm0.
fn amplitude(dbm0: f32) -> f32 {
    32_124.0 * 10.0_f32.powf((dbm0 - 3.17) / 20.0)
}

fn gauss(random: &mut Random) -> f32 {
    (0..12).map(|_| random.below(10_001) as f32 / 5000.0 - 1.0).sum::<f32>() / 2.0
}

fn heard(sound: &[i16]) -> Vec<ToneKey> {
    let mut ear = ToneEar::default();
    let (ticks, _) = sound.as_chunks::<FRAME>();
    ticks.iter().filter_map(|tick| ear.hear(&Frame::from(*tick))).collect()
}

#[test]
fn all_keys_are_understood_at_every_level_in_both_laws() {
    for law in [Law::Mu, Law::A] {
        for dbm0 in [-33.0, -30.0, -24.0, -17.0, -10.0, -5.0, -3.0] {
            for (down_ms, pause_ms) in [(40, 40), (50, 50), (70, 70), (100, 100), (45, 300)] {
                let typing = Typing { dbm0: [dbm0; 2], down_ms, pause_ms, law, ..USUAL };
                assert!(typing.is_understood(), "{law:?} {dbm0} dBm0 {down_ms}/{pause_ms} ms");
            }
        }
    }
}

#[test]
fn all_keys_are_understood_in_noise() {
    for law in [Law::Mu, Law::A] {
        for (dbm0, noise_db, down_ms) in [
            (-30.0, 15.0, 40),
            (-17.0, 15.0, 40),
            (-5.0, 15.0, 40),
            (-30.0, 12.0, 50),
            (-10.0, 10.0, 60),
        ] {
            let typing = Typing { dbm0: [dbm0; 2], noise_db, down_ms, law, ..USUAL };
            assert!(typing.is_understood(), "{law:?} {dbm0} dBm0, {noise_db} dB of noise");
        }
    }
}

#[test]
fn tones_may_be_off_by_one_and_a_half_percent_and_not_by_three_and_a_half() {
    for off in [0.005, 0.01, 0.015] {
        let typing = Typing { off, down_ms: 50, pause_ms: 50, ..USUAL };
        assert!(typing.is_understood(), "{off}");
        assert!(Typing { noise_db: 18.0, ..typing }.is_understood(), "{off} with noise");
    }
    for off in [0.03, 0.035, 0.045] {
        assert_eq!(Typing { off, down_ms: 200, ..USUAL }.heard(), [], "{off}");
    }
}

#[test]
fn one_tone_may_be_stronger_but_not_by_far() {
    for dbm0 in [[-10.0, -6.0], [-6.0, -14.0], [-26.0, -22.0], [-22.0, -30.0]] {
        let typing = Typing { dbm0, down_ms: 40, pause_ms: 40, ..USUAL };
        assert!(typing.is_understood(), "{dbm0:?}");
    }
    for dbm0 in [[-20.0, -12.0], [-8.0, -20.0], [-10.0, -60.0], [-60.0, -10.0]] {
        assert_eq!(Typing { dbm0, ..USUAL }.heard(), [], "{dbm0:?}");
    }
}

#[test]
fn what_is_too_short_or_too_quiet_is_no_key() {
    assert_eq!(Typing { down_ms: 23, ..USUAL }.heard(), []);
    assert_eq!(Typing { down_ms: 10, pause_ms: 10, ..USUAL }.heard(), []);
    assert_eq!(Typing { dbm0: [-40.0; 2], ..USUAL }.heard(), []);
}

#[test]
fn the_duration_is_told_to_ten_milliseconds() {
    for down_ms in [40, 65, 100, 250, 3000] {
        let keys = Typing { down_ms, ..USUAL }.heard();
        assert_eq!(keys.len(), 48);
        for key in keys {
            let off = key.duration_ms.abs_diff(u32::try_from(down_ms).unwrap());
            assert!(off <= 10, "{key:?} instead of {down_ms} ms");
        }
    }
}

#[test]
fn a_gap_of_a_lost_packet_does_not_split_a_key_and_a_pause_does() {
    let key: Vec<i16> = (0..10).flat_map(|tick| key_tone(5, tick * FRAME)).collect();
    for (gap_ms, count) in [(5, 1), (10, 1), (40, 2), (60, 2)] {
        let gap = vec![0; gap_ms * 8];
        let sound = [&key[..], &gap, &key, &[0; 800]].concat();
        assert_eq!(heard(&sound).len(), count, "{gap_ms} ms");
    }
}

#[test]
fn what_we_send_ourselves_is_understood() {
    for code in 0..16 {
        let sound: Vec<i16> = (1..6).flat_map(|tick| key_tone(code, tick * FRAME)).collect();
        let keys = heard(&[&sound[..], &[0; 800]].concat());
        assert_eq!(keys.iter().map(|key| key.code).collect::<Vec<_>>(), [code]);
    }
}

/// A voice with formants that move and a pitch that glides: vowels of men, women and children.
fn voice(seconds: usize, pitch: f32, random: &mut Random) -> Vec<i16> {
    let mut sound = Vec::new();
    let mut phase = 0.0_f32;
    let mut formants = [500.0, 1500.0, 2500.0_f32];
    let (mut wanted, mut bend) = (formants, 1.0);
    for n in 0..seconds * 8000 {
        if n % 1200 == 0 {
            wanted =
                [300.0, 800.0, 2200.0].map(|from| from * (1.0 + random.below(150) as f32 / 100.0));
            bend = 0.7 + random.below(90) as f32 / 100.0;
        }
        for (formant, wanted) in formants.iter_mut().zip(wanted) {
            *formant += (wanted - *formant) * 0.002;
        }
        // No voice keeps its pitch.
        let now = pitch * (bend + 0.2 * (n as f32 / 1100.0).sin());
        phase = (phase + now / 8000.0).fract();
        let mut sample = 0.0;
        let mut harmonic = 1.0;
        while harmonic * now < 3400.0 {
            let at = harmonic * now;
            // The skirts of a resonance of 100 Hz, and a source that falls by 6 dB per octave.
            let near = |f: &f32| 1.0 / (1.0 + ((at - f) / 50.0).powi(2)).sqrt();
            let gain: f32 = formants.iter().map(near).sum::<f32>() * pitch / at;
            sample += gain * (TAU * phase * harmonic).sin();
            harmonic += 1.0;
        }
        let swell = (n % 1200) as f32 / 1200.0;
        sound.push((9000.0 * sample * (swell * std::f32::consts::PI).sin()) as i16);
    }
    sound
}

#[test]
fn no_voice_is_taken_for_a_key() {
    // 20 s of somebody speaking, and some minutes of vowels.
    let stock = include_bytes!("../../../../cordboard/assets/customer.wav");
    let mut sounds = vec![Wav::read(stock).unwrap().samples];
    let mut random = Random::from_number(21);
    for pitch in [90.0, 120.0, 160.0, 190.0, 210.0, 230.0, 260.0, 290.0, 330.0] {
        sounds.push(voice(20, pitch, &mut random));
        let level = wire_audio::rms_dbov(&sounds[sounds.len() - 1]);
        assert!((-32.0..-12.0).contains(&level), "{pitch} Hz: {level}");
    }
    for (at, sound) in sounds.iter().enumerate() {
        for gain in [0.2, 1.0, 3.0] {
            for shift in [0, 20] {
                let sound: Vec<i16> = sound[shift..]
                    .iter()
                    .map(|sample| {
                        Law::Mu.decode(Law::Mu.encode((f32::from(*sample) * gain) as i16))
                    })
                    .collect();
                assert_eq!(heard(&sound), [], "sound {at}, gain {gain}");
            }
        }
    }
}

#[test]
fn no_tone_noise_or_music_of_the_line_is_taken_for_a_key() {
    let pair = |low: f32, high: f32| -> Vec<i16> {
        let tone = |f: f32, n: usize| (TAU * f * n as f32 / 8000.0).sin();
        (0..16_000).map(|n| (6000.0 * (tone(low, n) + tone(high, n))) as i16).collect()
    };
    // Dial, busy and ring-back tones, fax, single row and column tones, two rows, two columns.
    for (low, high) in [
        (350.0, 440.0),
        (480.0, 620.0),
        (440.0, 480.0),
        (425.0, 425.0),
        (1100.0, 1100.0),
        (2100.0, 2100.0),
        (697.0, 697.0),
        (1477.0, 1477.0),
        (697.0, 941.0),
        (1209.0, 1633.0),
        (697.0, 1800.0),
        (600.0, 1336.0),
    ] {
        assert_eq!(heard(&pair(low, high)), [], "{low} and {high} Hz");
    }
    // Three at a time are none either.
    let three: Vec<i16> = pair(697.0, 1209.0)
        .iter()
        .zip(pair(1477.0, 1477.0))
        .map(|(a, b)| a.saturating_add(b / 2))
        .collect();
    assert_eq!(heard(&three), []);
    let mut random = Random::from_number(4);
    let noise: Vec<i16> = (0..80_000).map(|_| (3000.0 * gauss(&mut random)) as i16).collect();
    assert_eq!(heard(&noise), []);
    let sweep: Vec<i16> = (0..80_000)
        .map(|n| {
            let t = n as f32 / 8000.0;
            (9000.0 * (TAU * (300.0 + 150.0 * t) * t).sin()) as i16
        })
        .collect();
    assert_eq!(heard(&sweep), []);
    let settings = ShardSettings::new(crate::Certificate { der: vec![], key_pkcs8: vec![] });
    let tunes = Tunes::new(settings.music.as_deref(), RingBackTone::America);
    for tune in [Tune::Music, Tune::RingBack] {
        let (mut player, mut sound) = (tunes.player(tune), Vec::new());
        for _ in 0..1200 {
            let mut tick = Frame::silence(Width::Narrow);
            player.play(&mut tick);
            sound.extend(tick.samples());
        }
        assert_eq!(heard(&sound), [], "{tune:?}");
    }
}
