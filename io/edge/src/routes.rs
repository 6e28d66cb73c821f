//! Which path goes where.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    middleware,
    response::{IntoResponse, Response},
    routing::{any, get},
};

use crate::{Shared, api, assets, bayeux, headers, sip};

/// Everything: 8080 and 8443.
pub(crate) fn everything(shared: Arc<Shared>) -> Router {
    let mut router = Router::new()
        .route("/ws", get(sip::upgrade))
        .route("/healthz", get(|| async { api::plain(StatusCode::OK, "ok\n") }))
        .route("/readyz", get(|| async { api::plain(StatusCode::OK, "ready\n") }))
        .route("/metrics", get(metrics))
        .route("/api/{*path}", any(api::forward))
        .route("/internal-api/{*path}", any(api::forward));
    for base in BAYEUX_PATHS {
        router = router
            .route(base, any(bayeux::enter))
            .route(&format!("{base}/"), any(bayeux::enter))
            .route(&format!("{base}/{{*type}}"), any(bayeux::enter));
    }
    router
        .fallback(get(assets::serve))
        .layer(middleware::map_response(headers::add))
        .with_state(shared)
}

/// SIP over WebSocket alone: 8089.
pub(crate) fn only_sip(shared: Arc<Shared>) -> Router {
    Router::new().route("/ws", get(sip::upgrade)).with_state(shared)
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let text = shared.metrics.borrow().clone();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// The CometD endpoint and the names that clients of other generations know it by.
const BAYEUX_PATHS: [&str; 3] = ["/notifications", "/api/v2/notifications", "/genesys/cometd"];
