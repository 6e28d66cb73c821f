//! Test sounds and measures: tones by Goertzel, something like speech by correlation.

use std::f32::consts::TAU;

pub fn tone(frequency: f32) -> impl Fn(usize) -> i16 + Clone {
    move |n| (8000.0 * (TAU * frequency * n as f32 / 8000.0).sin()) as i16
}

/// Keys as tones of -10 dBm0 each: one every `every_ms`, held for `down_ms`; before and after
/// them silence.
pub fn key_tones(keys: &str, down_ms: usize, every_ms: usize) -> impl Fn(usize) -> i16 + use<> {
    const KEYS: [&str; 4] = ["123A", "456B", "789C", "*0#D"];
    const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
    const COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    let place = |key| {
        let row = KEYS.iter().position(|row| row.contains(key)).unwrap();
        (ROWS[row], COLUMNS[KEYS[row].find(key).unwrap()])
    };
    let tones: Vec<(f32, f32)> = keys.chars().map(place).collect();
    move |n| match tones.get(n / (every_ms * 8)) {
        Some((low, high)) if n % (every_ms * 8) < down_ms * 8 => {
            let t = n as f32 / 8000.0;
            (7000.0 * ((TAU * low * t).sin() + (TAU * high * t).sin())) as i16
        }
        Some(_) | None => 0,
    }
}

/// Syllables: voiced sounds of changing pitch and colour with pauses between.
pub fn speech(n: usize) -> i16 {
    let t = n as f32 / 8000.0;
    let syllable = (t * 4.0).floor();
    let within = t * 4.0 - syllable;
    let seed = (syllable * 12.9898).sin() * 43_758.547;
    let random = seed - seed.floor();
    if random < 0.2 {
        return 0;
    }
    let pitch = 110.0 + 80.0 * random + 15.0 * (TAU * 3.0 * t).sin();
    let colour = 500.0 + 1500.0 * random;
    let mut wave = 0.0;
    for harmonic in 1..16_u8 {
        let frequency = pitch * f32::from(harmonic);
        let resonance = 1.0 / (1.0 + ((frequency - colour) / 300.0).powi(2));
        wave += (0.15 + resonance) * (TAU * frequency * t).sin() / f32::from(harmonic).sqrt();
    }
    (2500.0 * (within * std::f32::consts::PI).sin() * wave) as i16
}

/// The part of a sound's power that lies at a frequency, 0 to 1.
pub fn purity(sound: &[i16], frequency: f32) -> f32 {
    let (mut re, mut im, mut power) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (n, sample) in sound.iter().enumerate() {
        let phase = f64::from(TAU * frequency) * n as f64 / 8000.0;
        let sample = f64::from(*sample);
        re += sample * phase.cos();
        im += sample * phase.sin();
        power += sample * sample;
    }
    if power == 0.0 {
        return 0.0;
    }
    (2.0 * (re * re + im * im) / (power * sound.len() as f64)) as f32
}

/// How far a tone strays from being one, at the worst place: what a click or a hole adds.
pub fn roughness(sound: &[i16], frequency: f32) -> f32 {
    let turn = 2.0 * (TAU * frequency / 8000.0).cos();
    let stray = |w: &[i16]| f32::from(w[0]) + f32::from(w[2]) - turn * f32::from(w[1]);
    sound.windows(3).map(|w| stray(w).abs()).fold(0.0, f32::max)
}

/// The delay at which `heard` is most like `said` and how alike they are there, in windows of
/// 40 ms whose own delay may differ a little: the median of the windows' correlations.
pub fn likeness(said: &[i16], heard: &[i16], delay_max: usize) -> (usize, f32) {
    let span = said.len().min(heard.len().saturating_sub(delay_max)).min(24_000);
    let whole = |delay: usize| correlation(&said[..span], &heard[delay..delay + span]);
    let delay = (0..delay_max).step_by(2).max_by(|a, b| whole(*a).total_cmp(&whole(*b))).unwrap();
    let mut windows = Vec::new();
    for start in (800..said.len().min(heard.len() - delay).saturating_sub(800)).step_by(320) {
        let window = &said[start..start + 320];
        if wire_audio::rms_dbov(window) < -40.0 {
            continue;
        }
        let best = (0..160)
            .filter_map(|shift| heard.get(start + delay + shift - 80..start + delay + shift + 240))
            .map(|heard| correlation(window, heard))
            .fold(-1.0, f32::max);
        windows.push(best);
    }
    windows.sort_by(f32::total_cmp);
    (delay, windows[windows.len() / 2])
}

/// What is left of a sound after G.711 and Opus alone, without any network. `rate` is what Opus is
/// decoded with: libopus turns phases when it doubles the rate, which nobody hears.
pub fn through_codecs(said: &[i16], rate: u32) -> Vec<i16> {
    let mono = opus::Channels::Mono;
    let mut encoder = opus::Encoder::new(8000, mono, opus::Application::Voip).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(24_000)).unwrap();
    encoder.set_complexity(0).unwrap();
    let mut decoder = opus::Decoder::new(rate, mono).unwrap();
    let mut halver = wire_audio::Halver::default();
    let mut out = Vec::new();
    for chunk in said.chunks_exact(160) {
        let law = wire_audio::Law::Mu;
        let samples: Vec<i16> = chunk.iter().map(|s| law.decode(law.encode(*s))).collect();
        let payload = encoder.encode_vec(&samples, 400).unwrap();
        let mut samples = [0; 320];
        let len = decoder.decode(&payload, &mut samples, false).unwrap();
        let mut narrow = [0; 160];
        match rate {
            8000 => narrow.copy_from_slice(&samples[..len]),
            _ => halver.halve(&samples, &mut narrow),
        }
        out.extend(narrow);
    }
    out
}

fn correlation(a: &[i16], b: &[i16]) -> f32 {
    let (mut ab, mut aa, mut bb) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x), f64::from(*y));
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    if aa == 0.0 || bb == 0.0 { 0.0 } else { (ab / (aa.sqrt() * bb.sqrt())) as f32 }
}

/// Windows of 20 ms that are silent though sound was expected.
pub fn holes(heard: &[i16]) -> usize {
    heard.chunks(160).filter(|chunk| wire_audio::rms_dbov(chunk) < -55.0).count()
}
