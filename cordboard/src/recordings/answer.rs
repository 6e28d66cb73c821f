//! What REST asks about recordings. Whether who asks may is settled before.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::PathBuf,
};

use io_recording::Format;
use model::{
    api::{ApiId, ApiOutput, ApiResponse},
    recording::{RecordingEntry, RecordingId},
};
use serde_json::{Value, json};
use wire_rest::{Problem, StatusCode};

use crate::recordings::{
    keep::{KeepError, Keeper, blocking},
    range::Asked,
};

/// The response; `None` to what is no question about recordings.
pub async fn answer(
    keeper: &Keeper,
    is_running: impl Fn(RecordingId) -> bool,
    question: ApiOutput,
) -> Option<ApiResponse> {
    let (id, answered) = match question {
        ApiOutput::Recordings { id, query } => {
            let listed = keeper.store.recordings(&query).await.map_err(|e| broken(&e.into()));
            let body = listed.map(|(recordings, total)| {
                json!({ "statusCode": 0, "recordings": recordings, "total": total })
            });
            (id, body.map(|body| said(id, 200, &body)))
        }
        ApiOutput::Recording { id, recording } => {
            let found = find(keeper, is_running, recording).await;
            let body = found.map(|entry| json!({ "statusCode": 0, "recording": entry }));
            (id, body.map(|body| said(id, 200, &body)))
        }
        ApiOutput::RecordingSound { id, recording, range, asked_by } => {
            let sent = match find(keeper, is_running, recording).await {
                Ok(entry) => sound(keeper, id, &entry, range.as_deref()).await,
                Err(problem) => Err(problem),
            };
            let status = sent.as_ref().map_or_else(|problem| problem.http, |sent| sent.status);
            tracing::info!(%recording, user = %asked_by, ?range, status, "a recording is heard");
            (id, sent)
        }
        ApiOutput::RecordingDelete { id, recording, asked_by } => {
            let deleted = match find(keeper, is_running, recording).await {
                Ok(entry) => keeper.delete(&entry).await.map_err(|error| broken(&error)),
                Err(problem) => Err(problem),
            };
            let is_deleted = deleted.is_ok();
            tracing::info!(%recording, user = %asked_by, is_deleted, "deletion of a recording");
            (id, deleted.map(|()| said(id, 200, &json!({ "statusCode": 0 }))))
        }
        ApiOutput::Audit { .. }
        | ApiOutput::CheckPassword { .. }
        | ApiOutput::ConfigurationFile { .. }
        | ApiOutput::SoundFile { .. }
        | ApiOutput::HashPasswords { .. }
        | ApiOutput::History { .. }
        | ApiOutput::CustomerCall { .. }
        | ApiOutput::Response(_)
        | ApiOutput::SocketAccept { .. }
        | ApiOutput::SocketClose { .. }
        | ApiOutput::SocketRefuse { .. }
        | ApiOutput::SocketText { .. } => return None,
    };
    let refuse = |problem: Problem| said(id, problem.http, &problem.to_json());
    Some(answered.unwrap_or_else(refuse))
}

async fn find(
    keeper: &Keeper,
    is_running: impl Fn(RecordingId) -> bool,
    recording: RecordingId,
) -> Result<RecordingEntry, Problem> {
    if is_running(recording) {
        let message = "This recording still runs.";
        return Err(Problem::new(404, StatusCode::NotFound, "RecordingRunning", message)
            .hint("It can be heard as soon as it has ended."));
    }
    let found = keeper.store.recording(recording).await.map_err(|error| broken(&error.into()))?;
    found.ok_or_else(gone)
}

fn gone() -> Problem {
    let message = "There is no such recording.";
    Problem::new(404, StatusCode::NotFound, "RecordingNotFound", message)
        .hint("It was deleted, or it was as old as recordings get.")
}

fn broken(error: &KeepError) -> Problem {
    let reason: &dyn std::error::Error = error;
    tracing::error!(error = reason, "a question about recordings can't be answered");
    let message = "The recordings can't be reached at the moment.";
    Problem::new(500, StatusCode::Internal, "RecordingsUnreachable", message)
        .hint("The log of the server says why.")
}

async fn sound(
    keeper: &Keeper,
    id: ApiId,
    entry: &RecordingEntry,
    range: Option<&str>,
) -> Result<ApiResponse, Problem> {
    let format = Format::from_name(&entry.format).ok_or_else(gone)?;
    let path = keeper.folder.sound(entry).ok_or_else(gone)?;
    let of = path.clone();
    let length = blocking(move || of.metadata().map(|file| file.len())).await.map_err(unread)?;
    let mut headers = vec![
        ("content-type".to_owned(), format.media_type().to_owned()),
        ("accept-ranges".into(), "bytes".into()),
        // What customers said is nobody else's, a shared cache's neither.
        ("cache-control".into(), "private, no-cache".into()),
        (
            "content-disposition".into(),
            format!("inline; filename=\"{}.{}\"", entry.id, format.as_str()),
        ),
    ];
    let (status, wanted) = match Asked::read(range, length) {
        Asked::Whole if length > WHOLE_BYTES_MAX => {
            let message = "This recording is too long to be sent at once.";
            return Err(Problem::new(400, StatusCode::OutOfRange, "RangeMissing", message)
                .hint("Ask for it in parts, with the header Range."));
        }
        Asked::Whole => (200, 0..length),
        Asked::Part(range) => {
            let Range { start, end } = range;
            headers.push(("content-range".into(), format!("bytes {start}-{}/{length}", end - 1)));
            (206, start..end)
        }
        Asked::Unsatisfiable => {
            let message = format!("The recording has {length} bytes.");
            let problem = Problem::new(416, StatusCode::OutOfRange, "RangeNotSatisfiable", message);
            let mut response = said(id, 416, &problem.to_json());
            response.headers.push(("content-range".into(), format!("bytes */{length}")));
            return Ok(response);
        }
    };
    let body = blocking(move || read(path, &wanted)).await.map_err(unread)?;
    Ok(ApiResponse { id, status, headers, body })
}

fn read(path: PathBuf, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut bytes = Vec::new();
    file.take(range.end - range.start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Files may go while somebody listens.
fn unread(error: io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound => gone(),
        _ => broken(&error.into()),
    }
}

fn said(id: ApiId, status: u16, body: &Value) -> ApiResponse {
    let headers = vec![("content-type".into(), "application/json".into())];
    ApiResponse { id, status, headers, body: body.to_string().into_bytes() }
}

/// Half an hour of WAV, four hours of Opus.
const WHOLE_BYTES_MAX: u64 = 64 * 1024 * 1024;
