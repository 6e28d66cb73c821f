//! Security headers on every response.

use axum::{
    http::{HeaderName, HeaderValue},
    response::Response,
};

/// Adds what keeps the pages safe where the handler has not said otherwise.
pub(crate) async fn add(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The page loads nothing from elsewhere, is framed by nobody and may use the microphone.
/// `style-src 'unsafe-inline'`: component libraries position their overlays by style attributes.
const HEADERS: [(&str, &str); 7] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' \
         blob:; style-src 'self' 'unsafe-inline'; worker-src 'self'; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "microphone=(self), speaker-selection=(self), camera=()"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];
