//! Writing requests and responses.
//!
//! No value can break out of its line: CR, LF and NUL in a value become spaces, a name keeps its
//! token characters only, and a URI's forbidden characters are percent-coded.

use std::fmt::Write as _;

use crate::message::Message;
use crate::method::Method;
use crate::name::{HeaderKey, HeaderName};
use crate::status::reason_phrase;
use crate::text::is_token_byte;

/// Starts requests.
#[derive(Debug)]
pub enum Request {}

/// Starts responses.
#[derive(Debug)]
pub enum Response {}

/// A message being written. Headers go out in the order in which they were given; Content-Length
/// is written at the end and need not be given.
#[derive(Clone, Debug)]
pub struct Builder {
    head: Vec<u8>,
    /// Where a tag is to be inserted into To, when it has none yet.
    to_tag_at: Option<usize>,
    body: Vec<u8>,
}

impl Request {
    /// A request; `uri` is written as it stands.
    #[must_use]
    #[expect(clippy::new_ret_no_self, reason = "a request is made by its builder")]
    pub fn new(method: &Method, uri: &str) -> Builder {
        let mut head = Vec::with_capacity(1024);
        head.extend(method.as_str().bytes().filter(|byte| is_token_byte(*byte)));
        head.push(b' ');
        push_uri(&mut head, uri);
        head.extend_from_slice(b" SIP/2.0\r\n");
        Builder { head, to_tag_at: None, body: Vec::new() }
    }
}

impl Response {
    /// A response to a request, with what RFC 3261 8.2.6.2 has it carry over: all of Via, From,
    /// To, Call-ID and CSeq; Record-Route when it may make a dialog (12.1.1); Timestamp in a 100
    /// (8.2.6.1). An empty `reason` takes the default phrase.
    #[must_use]
    pub fn to(request: &Message, code: u16, reason: &str) -> Builder {
        let code = code.clamp(100, 699);
        let reason = if reason.is_empty() { reason_phrase(code) } else { reason };
        let mut builder =
            Builder { head: Vec::with_capacity(1024), to_tag_at: None, body: Vec::new() };
        builder.head.extend_from_slice(format!("SIP/2.0 {code} ").as_bytes());
        push_value(&mut builder.head, reason.as_bytes());
        builder.head.extend_from_slice(b"\r\n");
        builder = builder.copy(request, HeaderName::Via);
        if (101..300).contains(&code) {
            builder = builder.copy(request, HeaderName::RecordRoute);
        }
        builder = builder.copy(request, HeaderName::From).copy(request, HeaderName::To);
        if request.to_tag().is_none() && request.to().is_ok() {
            builder.to_tag_at = Some(builder.head.len() - 2);
        }
        builder = builder.copy(request, HeaderName::CallId).copy(request, HeaderName::CSeq);
        if code == 100 {
            builder = builder.copy(request, HeaderName::Timestamp);
        }
        builder
    }
}

impl Builder {
    /// Adds a header line.
    #[must_use]
    pub fn header(mut self, key: impl HeaderKey, value: impl AsRef<[u8]>) -> Self {
        push_header(&mut self.head, key, value.as_ref());
        self
    }

    /// Adds a header line when there is a value.
    #[must_use]
    pub fn header_if(self, key: impl HeaderKey, value: Option<impl AsRef<[u8]>>) -> Self {
        match value {
            Some(value) => self.header(key, value),
            None => self,
        }
    }

    /// Adds every header line of a name as it stands in another message.
    #[must_use]
    pub fn copy(mut self, from: &Message, key: impl HeaderKey) -> Self {
        for span in from.spans(key) {
            let label = std::str::from_utf8(span.name(from.as_bytes())).unwrap_or_default();
            let label = if span.name == HeaderName::Other { label } else { span.name.as_str() };
            self.head.extend_from_slice(label.as_bytes());
            self.head.extend_from_slice(b": ");
            // Scanned already: its line ends are folds and it holds no stray CR.
            self.head.extend_from_slice(span.value(from.as_bytes()));
            self.head.extend_from_slice(b"\r\n");
        }
        self
    }

    /// Gives a response's To a tag, unless the request's To had one.
    #[must_use]
    pub fn to_tag(mut self, tag: &str) -> Self {
        if let Some(at) = self.to_tag_at.take() {
            let tag = tag.bytes().filter(|byte| is_token_byte(*byte));
            self.head.splice(at..at, b";tag=".iter().copied().chain(tag));
        }
        self
    }

    /// Sets the body and its type.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut builder = self.header(HeaderName::ContentType, content_type);
        builder.body = body.into();
        builder
    }

    /// The message.
    #[must_use]
    pub fn build(mut self) -> Message {
        let mut length = String::new();
        write!(length, "{}", self.body.len()).expect("a string takes any text");
        push_header(&mut self.head, HeaderName::ContentLength, length.as_bytes());
        self.head.extend_from_slice(b"\r\n");
        self.head.append(&mut self.body);
        Message::index(self.head).map(|(message, _)| message).expect("the start line is our own")
    }
}

/// Writes `name: value CRLF`.
pub(crate) fn push_header(out: &mut Vec<u8>, key: impl HeaderKey, value: &[u8]) {
    let known = key.known();
    let label = if known == HeaderName::Other { key.label() } else { known.as_str() };
    if !label.bytes().any(is_token_byte) {
        return;
    }
    out.extend(label.bytes().filter(|byte| is_token_byte(*byte)));
    out.extend_from_slice(b": ");
    push_value(out, value);
    out.extend_from_slice(b"\r\n");
}

fn push_value(out: &mut Vec<u8>, value: &[u8]) {
    let is_control = |byte: u8| matches!(byte, b'\r' | b'\n' | 0);
    out.extend(value.iter().map(|byte| if is_control(*byte) { b' ' } else { *byte }));
}

/// Writes a URI; what may not stand in one is percent-coded, everything else is left alone.
pub(crate) fn push_uri(out: &mut Vec<u8>, uri: &str) {
    for byte in uri.bytes() {
        if byte <= b' ' || matches!(byte, b'<' | b'>' | b'"' | 0x7f) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
}
