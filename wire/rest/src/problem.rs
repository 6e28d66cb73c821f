//! The error envelope: `{"statusCode","statusMessage","errorCode","hint"}` and its HTTP status.

use serde_json::{Map, Value, json};

/// GWS's `statusCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names say it; the numbers are GWS's")]
pub enum StatusCode {
    ParameterMissing = 1,
    NotValidNow = 2,
    Forbidden = 3,
    Internal = 4,
    NoPermission = 5,
    NotFound = 6,
    NotComplete = 9,
    OutOfRange = 10,
    AlreadyInUse = 19,
    NotAuthenticated = 20,
}

/// Why a request was not done: for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub http: u16,
    /// GWS's number.
    pub status: StatusCode,
    /// A word that stays the same over versions.
    pub error_code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    #[must_use]
    pub fn new(
        http: u16,
        status: StatusCode,
        error_code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { http, status, error_code, message: message.into(), hint: None }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A required member is not there.
    #[must_use]
    pub fn missing(parameter: &str) -> Self {
        Self::new(
            400,
            StatusCode::ParameterMissing,
            "ParameterMissing",
            format!("Parameter '{parameter}' is missing."),
        )
    }

    /// A member's value can't be used.
    #[must_use]
    pub fn out_of_range(parameter: &str, why: impl Into<String>) -> Self {
        Self::new(
            400,
            StatusCode::OutOfRange,
            "ValueOutOfRange",
            format!("Parameter '{parameter}' {}.", why.into()),
        )
    }

    /// The body can't be read.
    #[must_use]
    pub fn malformed() -> Self {
        Self::new(
            400,
            StatusCode::ParameterMissing,
            "MalformedBody",
            "The request body is not a JSON object.",
        )
        .hint("Send Content-Type: application/json and a JSON object.")
    }

    /// An operation that nobody knows; `known` are those that would do.
    #[must_use]
    pub fn unknown_operation(asked: &str, known: &[&str]) -> Self {
        let asked: String = asked.chars().take(40).collect();
        Self::new(
            400,
            StatusCode::Forbidden,
            "UnknownOperation",
            format!("'{asked}' is not an operation of this resource."),
        )
        .hint(format!("Known here: {}.", known.join(", ")))
    }

    /// The envelope.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut out = Map::new();
        out.insert("statusCode".into(), json!(self.status as u8));
        out.insert("statusMessage".into(), json!(self.message));
        out.insert("errorCode".into(), json!(self.error_code));
        if let Some(hint) = &self.hint {
            out.insert("hint".into(), json!(hint));
        }
        Value::Object(out)
    }
}
