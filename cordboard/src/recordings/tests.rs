//! Questions about real recordings, and what happens to old ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    fs,
    time::{Duration, Instant},
};

use io_recording::{Folder, RecordingSettings, RecordingWriter, Told};
use io_store::Store;
use model::{
    CallType, ConnId, Now,
    api::{ApiId, ApiOutput, ApiResponse},
    id::CallUuids,
    recording::{
        Recorded, RecordedPart, RecordingAbout, RecordingEntry, RecordingId, RecordingQuery,
    },
};
use serde_json::Value;

use super::{answer::answer, keep::Keeper};

/// 2026-01-26 15:15:54 UTC.
const STARTED_MS: u64 = 1_769_440_554_000;
const DAY_MS: u64 = 86_400_000;

struct Site {
    data: tempfile::TempDir,
    keeper: Keeper,
    entries: Vec<RecordingEntry>,
}

/// Three recordings, a day apart, of one, two and three seconds of silence.
async fn site() -> Site {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    let folder = Folder::open(&data.path().join("recordings")).unwrap();
    let keeper = Keeper { folder: folder.clone(), store };
    let entries = tokio::task::spawn_blocking(move || record(folder)).await.unwrap();
    for entry in &entries {
        keeper.store.insert_recording(entry).await.unwrap();
    }
    Site { data, keeper, entries }
}

fn record(folder: Folder) -> Vec<RecordingEntry> {
    let (tell, told) = crossbeam_channel::unbounded();
    let settings = RecordingSettings { keep_free_bytes: 0, ..RecordingSettings::new(folder) };
    let writer = RecordingWriter::start(settings, move |what| tell.send(what).unwrap()).unwrap();
    let (sink, mut calls) = (writer.sink(), CallUuids::new(7));
    for nth in 0..3_u64 {
        let recording = RecordingId { call: calls.draw(), part: 1 };
        let unix = Duration::from_millis(STARTED_MS + nth * DAY_MS);
        let about = RecordingAbout {
            id: recording,
            conn: ConnId(nth),
            dn: "5001".into(),
            agent: None,
            call_type: CallType::Inbound,
            ani: "5551234567".into(),
            dnis: "5000".into(),
            other: "5551234567".into(),
            mailbox: None,
            started: Now::new(Instant::now(), unix),
        };
        let seconds = usize::try_from(nth).unwrap() + 1;
        for part in [
            RecordedPart::Started(about.into()),
            RecordedPart::Sound(vec![0; 16_000 * seconds].into()),
            RecordedPart::Ended,
        ] {
            sink(Recorded { recording, part }).unwrap();
        }
    }
    writer.close();
    told.iter()
        .map(|told| match told {
            Told::Ended(entry) => entry,
            other => panic!("{other:?}"),
        })
        .collect()
}

impl Site {
    async fn ask(&self, question: ApiOutput) -> ApiResponse {
        answer(&self.keeper, |_| false, question).await.unwrap()
    }

    async fn hear(&self, recording: RecordingId, range: Option<&str>) -> ApiResponse {
        let range = range.map(str::to_owned);
        let (id, asked_by) = (ApiId(1), "supervisor".into());
        self.ask(ApiOutput::RecordingSound { id, recording, range, asked_by }).await
    }

    async fn listed(&self) -> Vec<RecordingId> {
        let query = RecordingQuery { limit: 10, ..RecordingQuery::default() };
        let (found, total) = self.keeper.store.recordings(&query).await.unwrap();
        assert_eq!(found.len() as u64, total);
        found.iter().map(|entry| entry.id).collect()
    }

    fn files(&self) -> usize {
        let days = self.keeper.folder.days().unwrap();
        days.iter().map(|day| fs::read_dir(day).unwrap().count()).sum()
    }
}

fn header<'a>(response: &'a ApiResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

fn json(response: &ApiResponse) -> Value {
    assert_eq!(header(response, "content-type"), Some("application/json"));
    serde_json::from_slice(&response.body).unwrap()
}

#[tokio::test]
async fn a_list_says_everything_newest_first_with_the_total() {
    let site = site().await;
    let query = RecordingQuery { limit: 2, ..RecordingQuery::default() };
    let response = site.ask(ApiOutput::Recordings { id: ApiId(7), query }).await;
    assert_eq!((response.id, response.status), (ApiId(7), 200));
    let body = json(&response);
    assert_eq!((&body["statusCode"], &body["total"]), (&0.into(), &3.into()));
    let newest = &body["recordings"][0];
    assert_eq!(newest["id"], site.entries[2].id.to_string());
    assert_eq!((&newest["durationMs"], &newest["dn"]), (&3_000.into(), &"5001".into()));
    assert_eq!(newest["startedMs"], STARTED_MS + 2 * DAY_MS);
    let recording = site.entries[0].id;
    let one = json(&site.ask(ApiOutput::Recording { id: ApiId(8), recording }).await);
    assert_eq!(one["recording"]["id"], recording.to_string());
}

#[tokio::test]
async fn sound_comes_whole_and_by_ranges() {
    let site = site().await;
    let entry = &site.entries[1];
    let file = fs::read(site.keeper.folder.sound(entry).unwrap()).unwrap();
    let whole = site.hear(entry.id, None).await;
    assert_eq!((whole.status, &whole.body), (200, &file));
    assert_eq!(header(&whole, "content-type"), Some("audio/ogg"));
    assert_eq!(header(&whole, "accept-ranges"), Some("bytes"));
    assert!(header(&whole, "cache-control").unwrap().contains("private"));
    let part = site.hear(entry.id, Some("bytes=5-14")).await;
    assert_eq!((part.status, part.body.as_slice()), (206, &file[5..15]));
    assert_eq!(header(&part, "content-range"), Some(&*format!("bytes 5-14/{}", file.len())));
    let open = site.hear(entry.id, Some("bytes=0-")).await;
    assert_eq!((open.status, &open.body), (206, &file));
    let beyond = site.hear(entry.id, Some("bytes=99999999-")).await;
    assert_eq!(beyond.status, 416);
    assert_eq!(header(&beyond, "content-range"), Some(&*format!("bytes */{}", file.len())));
    assert_eq!(json(&beyond)["errorCode"], "RangeNotSatisfiable");
}

#[tokio::test]
async fn what_is_gone_or_still_runs_can_not_be_heard_and_says_why() {
    let site = site().await;
    let recording = RecordingId { part: 99, ..site.entries[0].id };
    let gone = site.hear(recording, None).await;
    assert_eq!((gone.status, &json(&gone)["errorCode"]), (404, &"RecordingNotFound".into()));
    let recording = site.entries[0].id;
    let question = ApiOutput::RecordingSound {
        id: ApiId(1),
        recording,
        range: None,
        asked_by: "supervisor".into(),
    };
    let running = answer(&site.keeper, |_| true, question).await.unwrap();
    assert_eq!((running.status, &json(&running)["errorCode"]), (404, &"RecordingRunning".into()));
    // Somebody has deleted the file by hand.
    fs::remove_file(site.keeper.folder.sound(&site.entries[0]).unwrap()).unwrap();
    assert_eq!(site.hear(recording, None).await.status, 404);
}

#[tokio::test]
async fn a_deleted_recording_is_gone_from_the_disk_and_the_list() {
    let site = site().await;
    let recording = site.entries[1].id;
    let delete =
        || ApiOutput::RecordingDelete { id: ApiId(1), recording, asked_by: "admin".into() };
    assert_eq!(site.ask(delete()).await.status, 200);
    assert_eq!(site.ask(delete()).await.status, 404);
    assert_eq!(site.listed().await, [site.entries[2].id, site.entries[0].id]);
    assert_eq!(site.files(), 4, "sound and entry of two");
    assert_eq!(site.keeper.folder.days().unwrap().len(), 2, "an empty day goes too");
}

#[tokio::test]
async fn retention_deletes_what_is_older_and_nothing_else() {
    let site = site().await;
    let database = fs::read_dir(site.data.path()).unwrap().count();
    let before = STARTED_MS + DAY_MS + 1;
    assert_eq!(site.keeper.delete_before(before).await.unwrap(), 2);
    assert_eq!(site.listed().await, [site.entries[2].id]);
    assert_eq!(site.files(), 2);
    assert_eq!(site.keeper.delete_before(before).await.unwrap(), 0);
    assert_eq!(fs::read_dir(site.data.path()).unwrap().count(), database, "nothing outside goes");
}

#[tokio::test]
async fn a_lost_index_is_made_anew_from_the_files() {
    let site = site().await;
    for entry in &site.entries {
        site.keeper.store.delete_recording(entry.id).await.unwrap();
    }
    assert_eq!(site.listed().await, []);
    // An entry that can't be read costs itself only.
    let day = &site.keeper.folder.days().unwrap()[0];
    fs::write(day.join(format!("{}.json", site.entries[0].id)), "{").unwrap();
    assert_eq!(site.keeper.note_unknown().await.unwrap(), 2);
    let recording = site.entries[2].id;
    assert_eq!(
        site.keeper.store.recording(recording).await.unwrap().as_ref(),
        Some(&site.entries[2])
    );
    assert_eq!(site.keeper.note_unknown().await.unwrap(), 0, "once");
}
