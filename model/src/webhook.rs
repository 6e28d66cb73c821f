//! Questions that strategies ask programs over HTTP.

use std::time::Duration;

/// A question: POST of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Comes back with the answer.
    pub id: u64,
    /// `http://…` or `https://…`.
    pub url: String,
    /// How long the answer may take in all.
    pub timeout: Duration,
    /// What is asked.
    pub body: serde_json::Value,
}

/// Its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The question's.
    pub id: u64,
    /// The answer, or why there is none, for people.
    pub answer: Result<serde_json::Value, String>,
}
