//! The files of sounds over HTTP: put there, heard, named and taken away by administrators.

use std::path::Path;

use io_prompt::{Library, LibraryError};
use model::{
    UserName,
    api::{ApiId, ApiResponse, SoundWork},
};
use serde_json::json;

use crate::ports;

/// Does what was asked for; takes as long as the disk does.
pub fn answer(id: ApiId, who: &UserName, library: &Library, work: SoundWork) -> ApiResponse {
    let done = match work {
        SoundWork::List => library.list().map(|sounds| {
            let items: Vec<_> =
                sounds.iter().map(|one| json!({ "path": one.path, "bytes": one.bytes })).collect();
            ports::json(id, 200, &json!({ "statusCode": 0, "items": items }))
        }),
        SoundWork::Read { path } => library.read(&path).map(|body| ApiResponse {
            id,
            status: 200,
            headers: vec![
                ("content-type".into(), content_type(&path).into()),
                ("cache-control".into(), "no-store".into()),
            ],
            body,
        }),
        SoundWork::Remove { path } => library.remove(&path).map(|()| {
            tracing::info!(user = %who, path, "a sound file was removed");
            ports::json(id, 200, &json!({ "statusCode": 0 }))
        }),
        SoundWork::Write { path, bytes } => library.write(&path, &bytes).map(|()| {
            tracing::info!(user = %who, path, bytes = bytes.len(), "a sound file was written");
            ports::json(id, 200, &json!({ "statusCode": 0, "path": path }))
        }),
    };
    done.unwrap_or_else(|error| {
        let (status, code) = match error {
            LibraryError::Unusable(_) => (422, "SoundUnusable"),
            LibraryError::Unknown(_) => (404, "SoundUnknown"),
            LibraryError::Disk(_) => (500, "SoundsFailed"),
        };
        ports::refusal(id, status, code, &format!("{error}."))
    })
}

fn content_type(path: &str) -> &'static str {
    match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some(extension) if extension.eq_ignore_ascii_case("wav") => "audio/wav",
        _ => "audio/ogg",
    }
}
