//! A disk that is full: recordings end, what was written is kept, an alarm stands until there is
//! room again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{
    env, fs,
    io::Write,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use common::{Desk, entry, files, read_opus, recording, settings, sound, start};
use io_recording::{Format, RECORDING_DISK_FULL, RecordingSettings, Told};
use model::{
    monitor::{AlarmChange, Severity},
    recording::{RecordedPart, RecordingFact, RecordingId},
};

fn assert_alarm(told: &Told, folder: &Path) {
    let Told::Alarm(AlarmChange::Raised(alarm)) = told else { panic!("{told:?}") };
    assert_eq!((alarm.name.as_str(), alarm.severity), (RECORDING_DISK_FULL, Severity::Critical));
    assert!(alarm.message.contains(&folder.display().to_string()), "{}", alarm.message);
    assert!(alarm.message.contains("keep_days"), "it says what to do: {}", alarm.message);
}

fn assert_failed(told: &Told, id: RecordingId) {
    let Told::Fact(RecordingFact::Failed { recording, .. }) = told else { panic!("{told:?}") };
    assert_eq!(*recording, id);
}

#[test]
fn no_recording_begins_while_less_is_free_than_has_to_stay() {
    let root = tempfile::tempdir().unwrap();
    let huge = RecordingSettings { keep_free_bytes: u64::MAX / 2, ..settings(root.path()) };
    let desk = start(huge);
    let id = recording(1);
    assert_alarm(&desk.next(), root.path());
    desk.begin(id);
    desk.hum(id, 100, 400.0, 400.0);
    desk.say(id, RecordedPart::Ended);
    assert_failed(&desk.next(), id);
    let Desk { writer, told, .. } = desk;
    assert_eq!((writer.watch().counts().failed, writer.watch().is_running(id)), (1, false));
    writer.close();
    assert!(told.try_recv().is_err(), "the alarm is raised once");
    assert!(files(root.path()).is_empty());
}

const SMALL_DISK: &str = "CORDBOARD_TEST_SMALL_DISK";

/// Runs a test of this file again with a file system of 1 MiB of its own mounted on a folder.
fn on_a_small_disk(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=1M tmpfs \"$0\" || exit 77; exec \"$@\"";
    let run: Output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(folder.path())
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(SMALL_DISK, folder.path())
        .output()
        .expect("util-linux has unshare");
    let (out, error) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    if error.contains("unshare:") || run.status.code() == Some(77) {
        // Straight to the terminal: what is printed in a test that passes is not seen.
        let line = format!(
            "\nNOT TESTED: {test}: this system lets nobody mount a small file system: {error}\n"
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    assert!(run.status.success(), "{out}\n{error}");
    assert!(out.contains("1 passed"), "{out}");
}

/// Fills the disk up to so many free bytes.
fn fill(disk: &Path, free: u64) {
    let mut filler = fs::File::create(disk.join("filler")).unwrap();
    let room = nix::sys::statvfs::statvfs(disk).unwrap();
    let room = room.blocks_available() * room.fragment_size();
    filler.write_all(&vec![1; usize::try_from(room - free).unwrap()]).unwrap();
}

/// On a disk that is really full at some byte: two recordings until they fail.
fn record_until_full(disk: &Path, format: Format) -> Desk {
    let root = disk.join("recordings");
    let quick =
        RecordingSettings { format, check_every: Duration::from_millis(50), ..settings(&root) };
    let desk = start(quick);
    let ids = [recording(1), recording(2)];
    ids.iter().for_each(|id| desk.begin(*id));
    ids.iter().for_each(|id| desk.hum(*id, 3_000, 400.0, 1_000.0));
    // What is told of a third says that the first three seconds are written.
    desk.begin(recording(3));
    desk.say(recording(3), RecordedPart::Ended);
    assert_eq!(desk.ended().id, recording(3));
    let room = nix::sys::statvfs::statvfs(disk).unwrap();
    // Above what has to stay free at a glance, so that it is the write itself that fails.
    assert!(room.blocks_available() * room.fragment_size() > 100_000);
    fill(disk, 0);
    for _ in 0..600 {
        ids.iter().for_each(|id| desk.hum(*id, 100, 400.0, 1_000.0));
    }
    assert_alarm(&desk.next(), &root);
    for id in ids {
        let kept = desk.ended();
        assert_eq!((kept.id, &kept), (id, &entry(&root, id)));
        // Whole pages of a second each, less the pre-skip.
        assert!(kept.duration_ms >= 1_900, "{}", kept.duration_ms);
        assert!(kept.failure.is_some());
        assert_failed(&desk.next(), id);
        if format == Format::Opus {
            let heard = read_opus(&sound(&root, id, "opus"));
            assert_eq!((heard.left.len() as u64 / 48, heard.is_ended), (kept.duration_ms, true));
        }
    }
    assert!(files(&root).iter().all(|name| !name.ends_with(".part")), "{:?}", files(&root));
    desk
}

#[test]
fn a_full_disk_ends_opus_recordings_keeps_them_and_is_over_when_there_is_room() {
    let test = "a_full_disk_ends_opus_recordings_keeps_them_and_is_over_when_there_is_room";
    let Some(disk) = env::var_os(SMALL_DISK) else { return on_a_small_disk(test) };
    let disk = Path::new(&disk);
    let desk = record_until_full(disk, Format::Opus);
    fs::remove_file(disk.join("filler")).unwrap();
    let name = RECORDING_DISK_FULL.to_owned();
    assert_eq!(desk.next(), Told::Alarm(AlarmChange::Cleared { name }));
    let id = recording(4);
    desk.begin(id);
    desk.hum(id, 500, 400.0, 1_000.0);
    desk.say(id, RecordedPart::Ended);
    let after = desk.ended();
    assert_eq!((after.id, after.duration_ms, after.failure), (id, 500, None));
}

#[test]
fn a_full_disk_ends_wav_recordings_and_keeps_them() {
    let test = "a_full_disk_ends_wav_recordings_and_keeps_them";
    let Some(disk) = env::var_os(SMALL_DISK) else { return on_a_small_disk(test) };
    record_until_full(Path::new(&disk), Format::Wav);
}
