//! A program that is killed in the middle of recordings, and what the next start makes of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use common::{entry, files, level, read_opus, recording, settings, sound, start};
use io_recording::{Format, RecordingSettings, Told};
use model::recording::{RecordedPart, RecordingEntry};

const FOLDER: &str = "CORDBOARD_TEST_CRASH_FOLDER";
const FORMAT: &str = "CORDBOARD_TEST_CRASH_FORMAT";

/// Runs as the program that will be killed, when the variable says so; by itself it is nothing.
#[test]
fn child_that_records_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let format = Format::from_name(&env::var(FORMAT).unwrap()).unwrap();
    let desk = start(RecordingSettings { format, ..settings(Path::new(&folder)) });
    let id = recording(1);
    desk.begin(id);
    desk.hum(id, 3_000, 400.0, 1_000.0);
    desk.say(id, RecordedPart::Paused);
    desk.hum(id, 2_000, 0.0, 0.0);
    // A second recording that ends: once that is told, all of the first has been written.
    desk.begin(recording(2));
    desk.say(recording(2), RecordedPart::Ended);
    assert_eq!(desk.ended().id, recording(2));
    // Straight to the pipe: what is printed in a test is caught.
    std::io::stdout().write_all(b"\nrecording\n").unwrap();
    std::io::stdout().flush().unwrap();
    loop {
        std::thread::park();
    }
}

/// Records in another process and kills that with SIGKILL.
fn crash(root: &Path, format: Format) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child_that_records_until_it_is_killed", "--nocapture"])
        .env(FOLDER, root)
        .env(FORMAT, format.as_str())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "recording"), "the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
}

fn salvaged(root: &Path) -> RecordingEntry {
    let desk = start(settings(root));
    let entry = desk.ended();
    assert_eq!(entry, common::entry(root, entry.id));
    desk.writer.close();
    assert!(desk.told.try_recv().is_err(), "once");
    entry
}

#[test]
fn kill_9_costs_an_opus_recording_its_last_second_at_most() {
    let root = tempfile::tempdir().unwrap();
    crash(root.path(), Format::Opus);
    let id = recording(1);
    assert!(files(root.path()).contains(&format!("{id}.opus.part")), "not under its final name");
    let entry = salvaged(root.path());
    assert_eq!(entry.id, id);
    assert!((4_000 - 20..=5_000).contains(&entry.duration_ms), "{}", entry.duration_ms);
    assert!(entry.failure.unwrap().starts_with("cut off: "));
    assert_eq!(entry.gaps, [(3_000, entry.duration_ms)], "the pause is known");
    assert_eq!((entry.dn.as_str(), entry.ani.as_str()), ("5001", "5551234567"));
    let heard = read_opus(&sound(root.path(), id, "opus"));
    assert!(heard.is_ended, "its last page says so");
    assert_eq!(heard.left.len() as u64 / 48, entry.duration_ms);
    assert!(level(&heard.left[24_000..96_000], 400.0, 48_000.0) > -14.0);
    assert!(files(root.path()).iter().all(|name| !name.ends_with(".part")));
}

#[test]
fn kill_9_costs_a_wav_recording_its_last_second_at_most() {
    let root = tempfile::tempdir().unwrap();
    crash(root.path(), Format::Wav);
    let id = recording(1);
    let entry = salvaged(root.path());
    assert!((4_000 - 1..=5_000).contains(&entry.duration_ms), "{}", entry.duration_ms);
    let bytes = fs::read(sound(root.path(), id, "wav")).unwrap();
    let size = u32::from_le_bytes(bytes[40..44].try_into().unwrap()) as usize;
    assert_eq!((size + 44, entry.bytes), (bytes.len(), bytes.len() as u64));
}

#[test]
fn a_file_cut_off_at_any_byte_is_mended_or_gone() {
    let whole = tempfile::tempdir().unwrap();
    crash(whole.path(), Format::Opus);
    let id = recording(1);
    let bytes = fs::read(sound(whole.path(), id, "opus.part")).unwrap();
    let about = fs::read(sound(whole.path(), id, "json.part")).unwrap();
    let mut lengths: Vec<usize> = (0..bytes.len()).step_by(611).collect();
    lengths.push(bytes.len());
    let mut kept = 0;
    for length in lengths {
        let root = tempfile::tempdir().unwrap();
        let part = sound(root.path(), id, "opus.part");
        fs::create_dir_all(part.parent().unwrap()).unwrap();
        // Behind the cut a crash of the machine leaves what it likes.
        let cut = [&bytes[..length], &[0xa5; 100]].concat();
        fs::write(&part, cut).unwrap();
        fs::write(sound(root.path(), id, "json.part"), &about).unwrap();
        let desk = start(settings(root.path()));
        while files(root.path()).iter().any(|name| name.ends_with(".part")) {
            std::thread::yield_now();
        }
        desk.writer.close();
        let told: Vec<Told> = desk.told.iter().collect();
        match told.as_slice() {
            [] => assert!(files(root.path()).is_empty(), "{length}: {:?}", files(root.path())),
            [Told::Ended(entry)] => {
                let heard = read_opus(&sound(root.path(), id, "opus"));
                assert_eq!(heard.left.len() as u64 / 48, entry.duration_ms, "{length}");
                kept += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(kept > 3);
}

#[test]
fn what_was_cut_off_between_its_two_renames_is_whole() {
    let root = tempfile::tempdir().unwrap();
    let desk = start(settings(root.path()));
    let id = recording(1);
    desk.begin(id);
    desk.hum(id, 1_000, 400.0, 1_000.0);
    desk.say(id, RecordedPart::Ended);
    let ended = desk.ended();
    desk.writer.close();
    fs::rename(sound(root.path(), id, "json"), sound(root.path(), id, "json.part")).unwrap();
    assert_eq!(salvaged(root.path()), ended, "without a failure");
    assert_eq!(entry(root.path(), id), ended);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let id = recording(1);
    let day = root.path().join(common::DAY);
    fs::create_dir_all(&day).unwrap();
    let foreign = ["notes.part".to_owned(), "x.opus.part".into(), format!("{id}.mp3.part")];
    for name in &foreign {
        fs::write(day.join(name), "mine").unwrap();
    }
    // An entry without sound is ours, and goes: when it has gone all have been looked at.
    let ours = sound(root.path(), id, "json.part");
    fs::write(&ours, "{}").unwrap();
    let desk = start(settings(root.path()));
    while ours.exists() {
        std::thread::yield_now();
    }
    desk.writer.close();
    assert!(desk.told.try_recv().is_err());
    assert_eq!(files(root.path()).len(), foreign.len());
}
