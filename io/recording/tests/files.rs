//! Real files of both formats, read back by others' code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;

use common::{
    CHUNK, about, entry, files, level, read_opus, recording, settings, sound, start, tones,
};
use io_recording::{Format, RecordingSettings, Told};
use model::recording::{Recorded, RecordedPart, RecordingFact};

#[test]
fn the_customer_is_left_and_the_agent_right_and_neither_is_heard_on_the_other_side() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    let id = recording(1);
    desk.begin(id);
    desk.hum(id, 4_000, 400.0, 1_000.0);
    desk.say(id, RecordedPart::Ended);
    let told = desk.ended();
    let heard = read_opus(&sound(root.path(), id, "opus"));
    assert!(heard.is_ended);
    // From 0.5 s on: what an encoder does with a tone's sudden beginning is its own affair.
    let (left, right) = (&heard.left[24_000..], &heard.right[24_000..]);
    let rate = 48_000.0;
    let own = [level(left, 400.0, rate), level(right, 1_000.0, rate)];
    let other = [level(left, 1_000.0, rate), level(right, 400.0, rate)];
    assert!(own.iter().all(|db| (-14.0..-11.0).contains(db)), "{own:?}, 8,000 of 32,768 is -12.2");
    assert!(own[0] - other[1] > 60.0 && own[1] - other[0] > 60.0, "{own:?} {other:?}");
    assert_eq!(told.duration_ms, 4_000);
    assert_eq!(heard.left.len(), 4_000 * 48);
    assert_eq!(told.bytes, fs::metadata(sound(root.path(), id, "opus")).unwrap().len());
}

#[test]
fn one_side_alone_leaves_the_other_silent() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    let id = recording(1);
    desk.begin(id);
    desk.hum(id, 2_000, 0.0, 700.0);
    desk.say(id, RecordedPart::Ended);
    desk.ended();
    let heard = read_opus(&sound(root.path(), id, "opus"));
    assert!(heard.left.iter().all(|sample| sample.abs() <= 1));
    assert!(level(&heard.right[24_000..], 700.0, 48_000.0) > -14.0);
}

#[test]
fn a_file_explains_itself() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    let id = recording(3);
    desk.begin(id);
    desk.hum(id, 1_500, 300.0, 600.0);
    desk.say(id, RecordedPart::Ended);
    let told = desk.ended();
    assert_eq!(files(root.path()), [format!("{id}.json"), format!("{id}.opus")]);
    assert_eq!(entry(root.path(), id), told);
    let heard = read_opus(&sound(root.path(), id, "opus"));
    assert_eq!(&heard.head[..10], b"OpusHead\x01\x02");
    assert_eq!(u32::from_le_bytes(heard.head[12..16].try_into().unwrap()), 8_000);
    assert_eq!(
        heard.tags,
        [
            format!("RECORDING={id}"),
            format!("CALLUUID={}", id.call),
            "CONNID=006c03a7194aa020".into(),
            "CALLTYPE=Inbound".into(),
            "DN=5001".into(),
            "AGENT=5001".into(),
            "ANI=5551234567".into(),
            "DNIS=+18005551234".into(),
            "OTHER=5551234567".into(),
            "STARTED_MS=1769440554123".into(),
            "LEFT=customer's side".into(),
            "RIGHT=agent's side".into(),
        ]
    );
}

#[test]
fn lengths_are_exact_to_the_sample_also_of_nothing_at_all() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    // Around a packet of 160 and a page of 8,000 samples.
    for (part, frames) in (1..).zip([0, 1, 159, 160, 161, 7_999, 8_000, 8_001, 12_345]) {
        let id = recording(part);
        desk.begin(id);
        let samples = &tones(2_000, 500.0, 900.0)[..frames * 2];
        samples.chunks(77 * 2).for_each(|chunk| {
            desk.say(id, RecordedPart::Sound(chunk.into()));
        });
        desk.say(id, RecordedPart::Ended);
        assert_eq!(desk.ended().duration_ms, frames as u64 / 8);
        let heard = read_opus(&sound(root.path(), id, "opus"));
        assert_eq!((heard.left.len(), heard.is_ended), (frames * 6, true), "{frames}");
    }
}

#[test]
fn pauses_are_gaps_in_the_entry_as_long_as_they_were() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    let id = recording(1);
    desk.begin(id);
    desk.hum(id, 1_000, 400.0, 400.0);
    desk.say(id, RecordedPart::Paused);
    desk.hum(id, 2_500, 0.0, 0.0);
    desk.say(id, RecordedPart::Resumed);
    desk.hum(id, 500, 400.0, 400.0);
    desk.say(id, RecordedPart::Paused);
    desk.hum(id, 300, 0.0, 0.0);
    desk.say(id, RecordedPart::Ended);
    let told = desk.ended();
    assert_eq!(told.gaps, [(1_000, 3_500), (4_000, 4_300)]);
    assert_eq!((told.duration_ms, told.failure), (4_300, None));
}

#[test]
fn wav_holds_the_samples_as_they_came() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(RecordingSettings { format: Format::Wav, ..settings(root.path()) });
    let id = recording(1);
    desk.begin(id);
    desk.hum(id, 1_234, 400.0, 1_000.0);
    desk.say(id, RecordedPart::Ended);
    assert_eq!(desk.ended().format, "wav");
    let bytes = fs::read(sound(root.path(), id, "wav")).unwrap();
    let size = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(
        (&bytes[..4], &bytes[8..16], &bytes[36..40]),
        (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..])
    );
    assert_eq!((size(4) + 8, size(40) + 44), (bytes.len(), bytes.len()));
    // PCM, 2 channels, 8,000 a second, 32,000 bytes a second, 4 bytes a frame, 16 bits.
    assert_eq!(&bytes[20..36], b"\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0");
    let samples: Vec<i16> =
        bytes[44..].chunks(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
    assert_eq!(samples, tones(1_234, 400.0, 1_000.0));
}

#[test]
fn many_recordings_at_one_time_keep_apart() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    let hz = |part: u32| 300.0 + f64::from(part) * 50.0;
    (1..=20).for_each(|part| desk.begin(recording(part)));
    let voices: Vec<Vec<i16>> =
        (1..=20).map(|part| tones(1_000, hz(part), hz(part) + 1_500.0)).collect();
    for at in 0..50 {
        for (part, voice) in (1..).zip(&voices) {
            let chunk = &voice[at * CHUNK * 2..(at + 1) * CHUNK * 2];
            desk.say(recording(part), RecordedPart::Sound(chunk.into()));
        }
    }
    (1..=20).for_each(|part| desk.say(recording(part), RecordedPart::Ended));
    for part in 1..=20 {
        assert_eq!(desk.ended().id, recording(part));
        let heard = read_opus(&sound(root.path(), recording(part), "opus"));
        let at = |hz: f64| level(&heard.left[12_000..], hz, 48_000.0);
        assert!(at(hz(part)) > at(hz(part) + 50.0) + 20.0 && at(hz(part)) > -15.0, "{part}");
    }
}

#[test]
fn sound_that_the_disk_is_too_slow_for_becomes_silence_in_its_place() {
    let root = tempfile::tempdir().unwrap();
    // A folder whose writing never ends stands for a slow disk: the queue is full at once.
    let desk = start(RecordingSettings { queue_max: 1, ..settings(root.path()) });
    let id = recording(1);
    desk.begin(id);
    let voice = tones(20_000, 400.0, 1_000.0);
    for chunk in voice.chunks(CHUNK * 2) {
        let part = RecordedPart::Sound(chunk.into());
        // Never refused: a media thread does not wait for sound.
        (desk.sink)(Recorded { recording: id, part }).unwrap();
    }
    desk.say(id, RecordedPart::Ended);
    let told = desk.ended();
    let lost_ms = desk.writer.watch().counts().lost_ms;
    // All of it, when the writer's thread had no turn meanwhile.
    assert!((1..=20_000).contains(&lost_ms), "{lost_ms}");
    assert_eq!(told.duration_ms, 20_000, "time stays right");
    let failure = told.failure.unwrap();
    assert!(failure.contains(&format!("{lost_ms} ms of sound are missing")), "{failure}");
    assert_eq!(read_opus(&sound(root.path(), id, "opus")).left.len(), 20_000 * 48);
}

#[test]
fn stopping_ends_what_still_runs_and_the_files_are_whole() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    let id = recording(1);
    desk.begin(id);
    desk.hum(id, 2_200, 400.0, 1_000.0);
    let common::Desk { writer, told, .. } = desk;
    writer.close();
    let Ok(Told::Ended(entry)) = told.try_recv() else { panic!("not ended") };
    assert_eq!((entry.id, entry.duration_ms), (id, 2_200));
    assert!(entry.failure.unwrap().contains("stopped"));
    assert_eq!(read_opus(&sound(root.path(), id, "opus")).left.len(), 2_200 * 48);
    assert_eq!(files(root.path()).len(), 2, "no .part is left");
}

#[test]
fn parts_of_a_recording_that_nobody_began_are_nothing() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    desk.hum(recording(9), 100, 400.0, 400.0);
    desk.say(recording(9), RecordedPart::Ended);
    desk.begin(recording(1));
    desk.say(recording(1), RecordedPart::Ended);
    assert_eq!(desk.ended().id, recording(1));
    assert!(!desk.writer.watch().is_running(recording(1)));
}

#[test]
fn a_file_that_is_there_already_is_not_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    let id = recording(1);
    let part = sound(root.path(), id, "opus.part");
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    fs::write(&part, "somebody's").unwrap();
    desk.say(id, RecordedPart::Started(about(id)));
    let Told::Fact(RecordingFact::Failed { recording, reason }) = desk.next() else {
        panic!("it should fail")
    };
    assert_eq!(recording, id);
    assert!(reason.contains("can't be written"), "{reason}");
}
