//! The ear against networks: clean, lossy, reordering, drifting, stalling.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::f32::consts::TAU;

use super::*;
use crate::codec::Encoder;

/// A sender of 20 ms packets whose clock runs at its own rate.
struct Sender {
    encoder: Encoder,
    codec: Codec,
    sent: u32,
}

impl Sender {
    fn new(codec: Codec) -> Self {
        Self { encoder: Encoder::new(codec), codec, sent: 0 }
    }

    fn next(&mut self) -> (RtpHeader, Vec<u8>) {
        let width = self.codec.width();
        let from = self.sent as usize * width.frame();
        let mut sound = Frame::silence(width);
        for (n, sample) in sound.samples_mut().iter_mut().enumerate() {
            // It goes round every two seconds, so that it is exact at any time.
            let at = (from + n) % (2 * width.rate() as usize);
            *sample = voice(at as f32 / width.rate() as f32);
        }
        let mut payload = vec![0; 400];
        let len = self.encoder.encode(&sound, &mut payload).unwrap();
        payload.truncate(len);
        let header = RtpHeader {
            marker: self.sent == 0,
            payload_type: 0,
            sequence: 65_530_u16.wrapping_add(self.sent as u16),
            timestamp: (u32::MAX - 1000)
                .wrapping_add(self.sent.wrapping_mul(self.codec.units(width.frame()))),
            ssrc: 1,
        };
        self.sent += 1;
        (header, payload)
    }
}

fn voice(t: f32) -> i16 {
    let swell = 0.6 + 0.4 * (TAU * 1.5 * t).sin();
    let wave = (TAU * 150.0 * t).sin() + 0.5 * (TAU * 300.0 * t).sin();
    (5000.0 * swell * wave) as i16
}

struct Random(u32);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % bound
    }
}

/// Runs `ms` milliseconds: packets leave every 20 ms of the sender's clock and arrive as `delay`
/// says (`None`: lost); ticks come every 20 ms of ours, 7 ms behind.
fn run(
    ear: &mut Ear,
    sender: &mut Sender,
    ms: u32,
    ppm: f64,
    mut delay: impl FnMut(u32) -> Option<u32>,
) -> Vec<i16> {
    let begin = ear.heard_at.map_or_else(Instant::now, |at| at + Duration::from_millis(13));
    let mut flying: Vec<(f64, RtpHeader, Vec<u8>)> = Vec::new();
    let mut heard = Vec::new();
    let mut next_sent = 0.0;
    for now in 0..ms {
        let clock = f64::from(now);
        if clock >= next_sent {
            next_sent += 20.0 * (1.0 - ppm / 1e6);
            let n = sender.sent;
            let (header, payload) = sender.next();
            if let Some(delay) = delay(n) {
                flying.push((clock + f64::from(delay), header, payload));
            }
        }
        flying.sort_by(|a, b| a.0.total_cmp(&b.0));
        while flying.first().is_some_and(|(at, ..)| *at <= clock) {
            let (_, header, payload) = flying.remove(0);
            ear.packet(begin + Duration::from_millis(now.into()), &header, sender.codec, &payload);
        }
        if now % 20 == 7 {
            let mut out = Frame::silence(Width::Narrow);
            ear.hear(begin + Duration::from_millis(now.into()), &mut out);
            heard.extend(out.samples());
        }
    }
    heard
}

fn listening() -> Ear {
    let mut ear = Ear::default();
    ear.listen(true);
    ear
}

#[test]
fn a_clean_network_is_heard_sample_by_sample_after_forty_milliseconds() {
    let (mut ear, mut sender) = (listening(), Sender::new(Codec::Pcmu));
    let heard = run(&mut ear, &mut sender, 4000, 0.0, |_| Some(0));
    let start = heard.iter().position(|s| *s != 0).unwrap();
    assert!(start <= 3 * FRAME, "starts after {start} samples");
    assert_eq!(ear.counts(), EarCounts::default());
    let law = wire_audio::Law::Mu;
    for (n, sample) in heard[FRAME..].iter().enumerate() {
        let said = voice((n % 16_000) as f32 / 8000.0);
        assert_eq!(*sample, law.decode(law.encode(said)), "sample {n}");
    }
}

#[test]
fn nothing_is_kept_while_nobody_listens() {
    let mut ear = Ear::default();
    let mut sender = Sender::new(Codec::Pcmu);
    let heard = run(&mut ear, &mut sender, 400, 0.0, |_| Some(0));
    assert!(heard.iter().all(|s| *s == 0));
}

#[test]
fn reordering_and_duplicates_are_not_heard() {
    let (mut ear, mut sender) = (listening(), Sender::new(Codec::Pcmu));
    let mut packets = Vec::new();
    for n in 0..200_u32 {
        // Every fifth comes behind its successor.
        let at = n * 20 + if n % 5 == 4 { 25 } else { 0 };
        let packet = sender.next();
        packets.extend([(at, packet.clone()), (at + 1, packet)]);
    }
    let mut heard: Vec<i16> = Vec::new();
    let begin = Instant::now();
    for now in 0..4000 {
        for (_, (header, payload)) in packets.iter().filter(|(at, _)| *at == now) {
            ear.packet(begin + Duration::from_millis(now.into()), header, Codec::Pcmu, payload);
        }
        if now % 20 == 7 {
            let mut out = Frame::silence(Width::Narrow);
            ear.hear(begin + Duration::from_millis(now.into()), &mut out);
            heard.extend(out.samples());
        }
    }
    let counts = ear.counts();
    assert_eq!(counts.concealed, 0, "{counts:?}");
    assert_eq!(counts.duplicates + counts.late, 199, "all but the last one's");
    let law = wire_audio::Law::Mu;
    for (n, sample) in heard[FRAME..8000].iter().enumerate() {
        assert_eq!(*sample, law.decode(law.encode(voice(n as f32 / 8000.0))), "sample {n}");
    }
}

#[test]
fn five_percent_loss_keeps_the_energy_and_the_length() {
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus] {
        let (mut ear, mut sender) = (listening(), Sender::new(codec));
        // As a browser does once it is told.
        sender.encoder.set_loss(5);
        let mut random = Random(7);
        let heard = run(&mut ear, &mut sender, 20_000, 0.0, |n| {
            (n < 3 || random.below(100) >= 5).then_some(2)
        });
        let counts = ear.counts();
        assert!((25..=90).contains(&counts.concealed), "{codec:?} {counts:?}");
        let (mut clean, mut sender) = (listening(), Sender::new(codec));
        let expected = run(&mut clean, &mut sender, 20_000, 0.0, |_| Some(2));
        let level = wire_audio::rms_dbov(&heard[8000..150_000]);
        let wanted = wire_audio::rms_dbov(&expected[8000..150_000]);
        assert!((level - wanted).abs() < 1.0, "{codec:?}: {level} of {wanted}");
        let ticks = heard[8000..150_000].chunks(codec.width().frame() / 2);
        let quiet = ticks.filter(|c| wire_audio::rms_dbov(c) < -50.0);
        assert_eq!(quiet.count(), 0, "{codec:?} has holes");
    }
}

#[test]
fn jitter_of_forty_milliseconds_is_ridden_out() {
    let (mut ear, mut sender) = (listening(), Sender::new(Codec::Pcmu));
    let mut random = Random(3);
    let _ = run(&mut ear, &mut sender, 10_000, 0.0, |_| Some(random.below(40)));
    let before = ear.counts();
    let _ = run(&mut ear, &mut sender, 20_000, 0.0, |_| Some(random.below(40)));
    let after = ear.counts();
    assert!(after.concealed - before.concealed <= 5, "{before:?} {after:?}");
    assert!(ear.slack() < 1200, "{}", ear.slack());
}

#[test]
fn jitter_of_180_milliseconds_is_ridden_out_once_it_is_known_and_its_delay_is_given_back() {
    let (mut ear, mut sender) = (listening(), Sender::new(Codec::Pcmu));
    let mut random = Random(5);
    // A packet in ten is late by up to that much; those behind it are not.
    let mut late = |_| Some(if random.below(10) == 0 { random.below(180) } else { 0 });
    let _ = run(&mut ear, &mut sender, 30_000, 0.0, &mut late);
    let before = ear.counts();
    let _ = run(&mut ear, &mut sender, 30_000, 0.0, &mut late);
    let after = ear.counts();
    let missed = after.concealed + after.late - before.concealed - before.late;
    assert!(missed <= 30, "{missed} of 1500, {before:?} {after:?}");
    assert!(ear.slack() <= 1600, "{}", ear.slack());
    let _ = run(&mut ear, &mut sender, 240_000, 0.0, |_| Some(0));
    assert!(ear.slack() < 600, "{}", ear.slack());
}

#[test]
fn drift_of_200_ppm_for_an_hour_makes_no_click() {
    for ppm in [200.0, -200.0] {
        let (mut ear, mut sender) = (listening(), Sender::new(Codec::Pcmu));
        let heard = run(&mut ear, &mut sender, 3_600_000, ppm, |_| Some(3));
        let counts = ear.counts();
        // 720 ms come to much in an hour, a period at a time.
        assert!((40..=400).contains(&counts.stretched), "{ppm} {counts:?}");
        assert!(counts.concealed <= 3, "{ppm} {counts:?}");
        let steps = |sound: &[i16]| sound.windows(2).map(|two| two[0].abs_diff(two[1])).max();
        let said: Vec<i16> = (0..16_000).map(|n| voice(n as f32 / 8000.0)).collect();
        let (most, usual) = (steps(&heard[800..]).unwrap(), steps(&said).unwrap());
        assert!(most <= usual + usual / 4, "{most} in place of {usual}");
    }
}

#[test]
fn drift_of_200_ppm_neither_starves_nor_floods_in_ten_minutes() {
    for ppm in [200.0, -200.0] {
        for codec in [Codec::Pcmu, Codec::G722, Codec::Opus] {
            let (mut ear, mut sender) = (listening(), Sender::new(codec));
            let _ = run(&mut ear, &mut sender, 600_000, ppm, |_| Some(3));
            let counts = ear.counts();
            assert!(counts.concealed <= 3, "{ppm} {codec:?} {counts:?}");
            assert!((1..=60).contains(&counts.stretched), "{ppm} {codec:?} {counts:?}");
            assert!(ear.slack() < 600, "{ppm} {codec:?} {}", ear.slack());
        }
    }
}

#[test]
fn a_stall_delays_sound_and_the_delay_is_taken_back() {
    let (mut ear, mut sender) = (listening(), Sender::new(Codec::Pcmu));
    let _ = run(&mut ear, &mut sender, 2000, 0.0, |_| Some(0));
    // 200 ms without anything, then everything at once.
    let start = sender.sent;
    let _ = run(&mut ear, &mut sender, 2000, 0.0, |n| {
        Some(if (start + 10..start + 20).contains(&n) { (start + 20 - n) * 20 } else { 0 })
    });
    let behind = ear.slack();
    assert!(behind > 1000, "{behind}");
    let _ = run(&mut ear, &mut sender, 40_000, 0.0, |_| Some(0));
    assert!(ear.slack() < 600, "{} after {behind}", ear.slack());
    assert_eq!(ear.counts().late, 0);
}

#[test]
fn jumps_of_timestamps_and_restarts_of_the_stream_are_survived() {
    let (mut ear, mut sender) = (listening(), Sender::new(Codec::Pcmu));
    let _ = run(&mut ear, &mut sender, 1000, 0.0, |_| Some(0));
    let begin = Instant::now();
    for (sequence, timestamp) in [(0, 500_000), (0, 0x8000_0000), (20_000, 77)] {
        let mut next = |n: u32| {
            let (mut header, payload) = sender.next();
            header.sequence = header.sequence.wrapping_add(sequence);
            header.timestamp = header.timestamp.wrapping_add(timestamp);
            let now = begin + TICK * n;
            ear.packet(now, &header, Codec::Pcmu, &payload);
            let mut out = Frame::silence(Width::Narrow);
            let heard = ear.hear(now, &mut out);
            assert!(heard || n < 5, "silent {n} packets after the jump");
        };
        (0..50).for_each(&mut next);
    }
}

#[test]
fn a_pause_of_the_sender_ends_in_silence_and_a_fresh_start() {
    let (mut ear, mut sender) = (listening(), Sender::new(Codec::Opus));
    let _ = run(&mut ear, &mut sender, 1000, 0.0, |_| Some(0));
    let mut out = Frame::silence(Width::Narrow);
    let now = Instant::now();
    let heard = (0..50).filter(|n| ear.hear(now + TICK * *n, &mut out)).count();
    assert!((20..30).contains(&heard), "{heard} ticks");
    assert_eq!(out, Frame::silence(Width::Wide));
    let heard = run(&mut ear, &mut sender, 500, 0.0, |_| Some(0));
    assert!(wire_audio::rms_dbov(&heard[1600..]) > -30.0);
}

#[test]
fn any_packets_are_survived() {
    let mut random = Random(99);
    let mut ear = listening();
    let begin = Instant::now();
    for _ in 0..100_000 {
        let codec = [Codec::G722, Codec::Opus, Codec::Pcma, Codec::Pcmu][random.below(4) as usize];
        let header = RtpHeader {
            marker: false,
            payload_type: 0,
            sequence: (random.below(200) * random.below(300)) as u16,
            timestamp: random.below(u32::MAX >> 8) << random.below(8),
            ssrc: 0,
        };
        let payload: Vec<u8> = (0..random.below(300)).map(|_| random.below(256) as u8).collect();
        let now = begin + Duration::from_micros(random.below(100_000).into());
        ear.packet(now, &header, codec, &payload);
        if random.below(3) == 0 {
            ear.hear(now, &mut Frame::silence(Width::Narrow));
        }
    }
}

#[test]
fn of_packets_lost_in_a_row_the_last_is_restored_from_the_one_behind_it() {
    for (lost, delay) in [(1, 0), (2, 0), (3, 0), (3, 60)] {
        let (mut ear, mut sender) = (listening(), Sender::new(Codec::Opus));
        let jitter = |n: u32| if n < 50 { (n % 2) * delay } else { 0 };
        let is_lost = |n: u32| n >= 100 && n % 25 < lost;
        run(&mut ear, &mut sender, 10_000, 0.0, |n| (!is_lost(n)).then(|| jitter(n)));
        let bursts = 16;
        let restored = ear.counts().restored;
        assert!(restored >= bursts - 1, "{restored} of {bursts} bursts of {lost}, {delay} ms");
    }
}
