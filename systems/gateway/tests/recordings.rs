//! What lies in a recording's file: who on which channel, pauses, clock, all by tones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod world;

use std::time::Duration;

use model::LegId;
use model::media::{MediaCommand, MediaShard, Tune};
use model::recording::{RecordCommand, RecordedPart};
use world::World;
use world::browser::Browser;
use world::phone::Phone;
use world::recording::recording;
use world::sound::{holes, purity, roughness, tone};

const CUSTOMER: LegId = LegId(1);
const AGENT: LegId = LegId(2);
const OTHER: LegId = LegId(3);
/// What they say.
const TONES: [f32; 3] = [1000.0, 600.0, 1500.0];
const TICK: usize = 160;

/// A customer and another one on phones, an agent at a browser; customer and agent talk.
fn talking() -> World {
    let mut world = World::new();
    world.take_phone_call(CUSTOMER, Phone::new("10.0.0.7:4000").saying(tone(TONES[0])));
    let browser = Browser::new(world.now, "10.0.0.9:50000").saying(tone(TONES[1]));
    world.call_browser(AGENT, browser);
    world.take_phone_call(OTHER, Phone::new("10.0.0.8:4000").saying(tone(TONES[2])));
    world.connect(CUSTOMER, AGENT);
    world.run(2000);
    world
}

/// Whose tones a sound is made of.
fn voices(sound: &[i16]) -> String {
    "CAO".chars().zip(TONES).filter(|(_, f)| purity(sound, *f) > 0.1).map(|(who, _)| who).collect()
}

#[test]
fn the_customer_is_on_the_left_and_the_agent_on_the_right_without_a_hole() {
    let mut world = talking();
    let from = world.phones[0].heard.len();
    let id = recording(0);
    world.start_recording(id);
    world.record_hears(id, &[CUSTOMER], &[AGENT]);
    world.run(3000);
    world.record(RecordCommand::Stop(id));
    let file = world.file(id);
    assert!(file.left.len().abs_diff(24_000) <= TICK, "{}", file.left.len());
    assert_eq!(file.left.len(), file.right.len());
    assert_eq!(file.marks, [("started", 0), ("ended", file.left.len())]);
    assert!(purity(&file.left, TONES[0]) > 0.99, "{}", purity(&file.left, TONES[0]));
    assert!(purity(&file.right, TONES[1]) > 0.95, "{}", purity(&file.right, TONES[1]));
    assert!(roughness(&file.left, TONES[0]) < 1000.0, "{}", roughness(&file.left, TONES[0]));
    assert_eq!(holes(&file.left) + holes(&file.right), 0);
    // It comes while it goes on, not at the end, and nobody who talks hears any of it.
    let pieces = world.recorded.iter().map(|recorded| match &recorded.part {
        RecordedPart::Sound(sound) => sound.len(),
        _ => 0,
    });
    assert!(pieces.max().unwrap() <= 3200);
    assert_eq!(holes(&world.phones[0].heard[from..]), 0);
    assert!(roughness(&world.phones[0].heard[from..], TONES[1]) < 4000.0);
}

#[test]
fn a_muted_agent_and_a_conference_are_recorded_as_they_are() {
    let mut world = talking();
    let id = recording(0);
    world.start_recording(id);
    world.record_hears(id, &[CUSTOMER], &[AGENT]);
    world.run(1000);
    // Muted: the customer hears him no more, nor does the file.
    world.hear(CUSTOMER, &[]);
    world.record_hears(id, &[CUSTOMER], &[]);
    world.run(1000);
    // A third one joins on the customer's side.
    world.hear(CUSTOMER, &[AGENT, OTHER]);
    world.hear(AGENT, &[CUSTOMER, OTHER]);
    world.record_hears(id, &[CUSTOMER, OTHER], &[AGENT]);
    world.run(1000);
    // Held: the customer hears music, which nobody said.
    world.play(CUSTOMER, Tune::Music);
    world.hear(AGENT, &[]);
    world.record_hears(id, &[], &[]);
    world.run(1000);
    world.connect(CUSTOMER, AGENT);
    world.record_hears(id, &[CUSTOMER], &[AGENT]);
    world.run(1000);
    world.record(RecordCommand::Stop(id));
    let file = world.file(id);
    let second = |sound: &[i16], n: usize| voices(&sound[n * 8000 + 1600..(n + 1) * 8000 - 800]);
    let seconds = |sound: &[i16]| -> Vec<String> { (0..5).map(|n| second(sound, n)).collect() };
    assert_eq!(seconds(&file.left), ["C", "C", "CO", "", "C"]);
    assert_eq!(seconds(&file.right), ["A", "", "A", "", "A"]);
    assert_eq!(wire_audio::peak(&file.left[3 * 8000 + 1600..4 * 8000 - 800]), 0);
    let both = &file.left[2 * 8000 + 1600..3 * 8000 - 800];
    assert!(purity(both, TONES[0]) + purity(both, TONES[2]) > 0.97);
}

#[test]
fn a_pause_is_a_gap_of_its_length_marked_by_tones_with_nothing_of_the_talk_in_it() {
    let mut world = talking();
    let id = recording(0);
    world.start_recording(id);
    world.record_hears(id, &[CUSTOMER], &[AGENT]);
    world.run(1005);
    world.record(RecordCommand::Pause(id));
    world.run(1500);
    // What changes meanwhile holds afterwards.
    world.record_hears(id, &[OTHER], &[CUSTOMER]);
    world.run(1500);
    world.record(RecordCommand::Resume(id));
    world.run(1005);
    world.record(RecordCommand::Stop(id));
    let file = world.file(id);
    let [("started", 0), ("paused", from), ("resumed", to), ("ended", end)] = file.marks[..] else {
        panic!("{:?}", file.marks);
    };
    assert!(from.abs_diff(8040) <= TICK && (to - from).abs_diff(24_000) <= TICK, "{from} {to}");
    assert!(end.abs_diff(5 * 8000 + 80) <= TICK, "{end}");
    for sound in [&file.left, &file.right] {
        let gap = &sound[from..to];
        let len = gap.len();
        for tone in [&gap[..1600], &gap[len - 1600..]] {
            assert!(purity(tone, 440.0) > 0.95, "{}", purity(tone, 440.0));
            // Of a sine 26 dB below full scale.
            let level = wire_audio::rms_dbov(tone);
            assert!((-30.0..-26.0).contains(&level), "{level}");
            assert!(TONES.iter().all(|f| purity(tone, *f) < 1e-3));
        }
        assert_eq!(wire_audio::peak(&gap[1600..len - 1600]), 0);
    }
    assert_eq!((&*voices(&file.left[..from]), &*voices(&file.left[to..])), ("C", "O"));
    assert_eq!((&*voices(&file.right[..from]), &*voices(&file.right[to..])), ("A", "C"));
}

#[test]
fn legs_that_close_fall_silent_and_the_clock_goes_on() {
    let mut world = talking();
    let id = recording(0);
    world.start_recording(id);
    world.record_hears(id, &[CUSTOMER, OTHER], &[AGENT]);
    world.run(1000);
    world.command(MediaCommand::Close { leg: CUSTOMER });
    world.run(1000);
    world.command(MediaCommand::Close { leg: AGENT });
    world.command(MediaCommand::Close { leg: OTHER });
    world.run(1000);
    world.record(RecordCommand::Stop(id));
    let file = world.file(id);
    assert!(file.left.len().abs_diff(24_000) <= TICK);
    assert_eq!((&*voices(&file.left[1600..8000]), &*voices(&file.left[9600..16_000])), ("CO", "O"));
    assert_eq!(voices(&file.right[1600..16_000]), "A");
    let silent = 16_000 + TICK..file.left.len();
    assert_eq!(wire_audio::peak(&file.left[silent.clone()]), 0);
    assert_eq!(wire_audio::peak(&file.right[silent]), 0);
    assert_eq!(world.shard.poll_timeout(), None);
}

#[test]
fn time_in_which_the_thread_was_held_up_is_silence_on_both_channels() {
    let mut world = talking();
    let id = recording(0);
    world.start_recording(id);
    world.record_hears(id, &[CUSTOMER], &[AGENT]);
    world.run(1000);
    world.now = world.now.later(Duration::from_millis(300));
    world.run(1000);
    world.record(RecordCommand::Stop(id));
    let file = world.file(id);
    assert_eq!(file.left.len(), file.right.len());
    assert!(file.left.len().abs_diff(2300 * 8) <= TICK, "{}", file.left.len());
    let silent =
        |sound: &[i16]| sound.chunks(TICK).filter(|tick| wire_audio::peak(tick) == 0).count();
    // 100 ms are made up for, the rest is left out.
    assert!((9..=12).contains(&silent(&file.left)), "{}", silent(&file.left));
    let late = 2000 * 8;
    assert_eq!((&*voices(&file.left[late..]), &*voices(&file.right[late..])), ("C", "A"));
}

#[test]
fn two_loud_callers_on_one_channel_are_two_clean_tones() {
    let mut world = World::new();
    let loud = |frequency| move |n| (tone(frequency)(n) as f32 * 3.9) as i16;
    for (leg, frequency) in [(CUSTOMER, TONES[0]), (OTHER, TONES[2])] {
        let phone = Phone::new(&format!("10.0.0.{}:4000", leg.0)).saying(loud(frequency));
        world.take_phone_call(leg, phone);
    }
    let id = recording(0);
    world.start_recording(id);
    world.record_hears(id, &[CUSTOMER, OTHER], &[]);
    world.run(2000);
    world.record(RecordCommand::Stop(id));
    let left = &world.file(id).left[4000..];
    assert!(wire_audio::peak(left) < i16::MAX.unsigned_abs());
    let clean = purity(left, TONES[0]) + purity(left, TONES[2]);
    assert!(clean > 0.99, "{clean}");
}

#[test]
fn one_who_is_recorded_from_the_start_is_heard_no_later_than_another() {
    // The recording listens first; whoever talks asks for the sound himself nevertheless.
    let delay = |is_recorded: bool| {
        let mut world = World::new();
        world.take_phone_call(CUSTOMER, Phone::new("10.0.0.7:4000"));
        world.take_phone_call(OTHER, Phone::new("10.0.0.8:4000").saying(|_| 0));
        if is_recorded {
            let id = recording(0);
            world.start_recording(id);
            world.record_hears(id, &[CUSTOMER], &[OTHER]);
            world.run(1000);
        } else {
            world.run(1000);
        }
        world.connect(CUSTOMER, OTHER);
        world.run(1000);
        let (said_from, heard_from) = (world.phones[0].said, world.phones[1].heard.len());
        world.run(4000);
        let said: Vec<i16> = (said_from..said_from + 24_000).map(world::sound::speech).collect();
        world::sound::likeness(&said, &world.phones[1].heard[heard_from..], 3200)
    };
    let ((plain, _), (recorded, likeness)) = (delay(false), delay(true));
    assert!(likeness > 0.9 && recorded <= plain + TICK, "{recorded} {plain} {likeness}");
}
