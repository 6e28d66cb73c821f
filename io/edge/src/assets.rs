//! The browser's own files, embedded in the binary.

use axum::{
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::api::plain;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Dist;

/// A file by its path; pages of the desktop (`/`, `/phone`, `/monitor`, …) are one document.
pub(crate) async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let known = request.headers().get(IF_NONE_MATCH).map(HeaderValue::as_bytes);
    if let Some(file) = Dist::get(path).filter(|_| path != PAGE) {
        return with_tag(path, &file, known);
    }
    let is_page = !path.contains('/') || path.starts_with(MONITOR_PAGES);
    if path.contains('.') || !is_page {
        return plain(StatusCode::NOT_FOUND, "There is nothing here.");
    }
    match Dist::get(PAGE) {
        Some(page) => with_tag(PAGE, &page, known),
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "This binary was built without the browser's files: build them with `npm ci && npm run \
             build` in ui/, then build again (`make run` does both).",
        ),
    }
}

fn with_tag(path: &str, file: &EmbeddedFile, known: Option<&[u8]>) -> Response {
    let hash: String =
        file.metadata.sha256_hash().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{hash}\"");
    // Hashed names never change their content; the page itself is asked for each time, so that an
    // upgrade is seen at once.
    let lifetime =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (CACHE_CONTROL, lifetime.to_owned()),
        (ETAG, tag.clone()),
        (CONTENT_TYPE, content_type(path, file)),
    ];
    if known == Some(tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.data.clone().into_owned()).into_response()
}

fn content_type(path: &str, file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    if kind.starts_with("text/") || path.ends_with(".js") {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    }
}

/// The wallboard and the calls' own pages.
const MONITOR_PAGES: &str = "monitor/";
const PAGE: &str = "index.html";
const HASHED: &str = "assets/";
