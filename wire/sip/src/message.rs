//! A message: the bytes as received and an index of where its headers lie.
//!
//! Nothing is copied and nothing is rewritten: what is read is a view of these bytes, and what
//! is not touched goes out as it came. Cloning a message costs a counter.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::fault::Fault;
use crate::method::Method;
use crate::name::{HeaderKey, HeaderName};
use crate::scan::{Head, Span, scan};
use crate::text::{List, after, sub, text};
use crate::uri::Uri;
use crate::values::CSeq;

/// A SIP request or response.
#[derive(Clone)]
pub struct Message {
    inner: Arc<Inner>,
}

struct Inner {
    bytes: Vec<u8>,
    start: Start,
    headers: Vec<Span>,
    body: usize,
    cseq: Option<CSeq>,
}

/// The start line.
enum Start {
    Request { method: Method, uri: (usize, usize) },
    Response { code: u16, reason: (usize, usize) },
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A request.
    Request {
        /// Its method.
        method: &'a Method,
        /// Its Request-URI as received.
        uri: &'a str,
    },
    /// A response.
    Response {
        /// Its status code, 100 to 699.
        code: u16,
        /// Its reason phrase as received.
        reason: &'a [u8],
    },
}

/// One header line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// What it is, when it is one that this crate knows.
    pub name: HeaderName,
    /// The name as written.
    pub label: &'a str,
    /// The value without white space around it; a folded value keeps its folds.
    pub value: &'a [u8],
}

impl Message {
    /// Indexes the bytes of one message: start line, headers, body up to the end. Empty lines
    /// in front are skipped (RFC 3261 7.5). `Err` when these bytes are no SIP message that an
    /// honest reader could index; use [`crate::receive`] for what a peer sent.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Self, Fault> {
        let (message, fault) = Self::index(bytes.into())?;
        fault.map_or(Ok(message), Err)
    }

    /// Indexes what can be indexed; the second value is the first fault of form.
    pub(crate) fn index(mut bytes: Vec<u8>) -> Result<(Self, Option<Fault>), Fault> {
        let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        bytes.drain(..blank);
        let Head { start_end, headers, body, fault } = scan(&bytes);
        let (start, start_fault) = start(&bytes, start_end)?;
        let cseq = headers
            .iter()
            .find(|span| span.name == HeaderName::CSeq)
            .and_then(|span| CSeq::parse(span.value(&bytes)));
        let inner = Inner { bytes, start, headers, body, cseq };
        Ok((Self { inner: Arc::new(inner) }, start_fault.or(fault)))
    }

    /// The same message with everything behind its first `length` body bytes cut off.
    pub(crate) fn truncate_body(mut self, length: usize) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.bytes.truncate(inner.body.saturating_add(length));
        }
        self
    }

    /// The whole message, as received or built.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.inner.bytes
    }

    /// Request or response, with its start line.
    #[must_use]
    pub fn kind(&self) -> Kind<'_> {
        match &self.inner.start {
            Start::Request { method, uri } => Kind::Request {
                method,
                uri: std::str::from_utf8(self.range(*uri)).unwrap_or_default(),
            },
            Start::Response { code, reason } => {
                Kind::Response { code: *code, reason: self.range(*reason) }
            }
        }
    }

    /// Whether this is a request.
    #[must_use]
    pub fn is_request(&self) -> bool {
        matches!(self.inner.start, Start::Request { .. })
    }

    /// The method of a request.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        match &self.inner.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The Request-URI of a request, as received.
    #[must_use]
    pub fn request_uri(&self) -> Option<&str> {
        match self.kind() {
            Kind::Request { uri, .. } => Some(uri),
            Kind::Response { .. } => None,
        }
    }

    /// The Request-URI of a request in its parts.
    #[must_use]
    pub fn uri(&self) -> Option<Uri<'_>> {
        self.request_uri().and_then(Uri::parse)
    }

    /// The status code of a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.inner.start {
            Start::Response { code, .. } => Some(code),
            Start::Request { .. } => None,
        }
    }

    /// The reason phrase of a response, for people; empty for a request.
    #[must_use]
    pub fn reason_phrase(&self) -> Cow<'_, str> {
        match self.kind() {
            Kind::Response { reason, .. } => text(reason),
            Kind::Request { .. } => Cow::Borrowed(""),
        }
    }

    /// All headers in their order.
    pub fn headers(&self) -> impl Iterator<Item = Header<'_>> {
        self.inner.headers.iter().map(|span| self.view(span))
    }

    /// The value of the first header of a name.
    #[must_use]
    pub fn header(&self, key: impl HeaderKey) -> Option<&[u8]> {
        self.spans(key).next().map(|span| span.value(self.as_bytes()))
    }

    /// The first header of a name as text; Latin-1 when it isn't UTF-8.
    #[must_use]
    pub fn header_text(&self, key: impl HeaderKey) -> Option<Cow<'_, str>> {
        self.header(key).map(text)
    }

    /// The values of all header lines of a name.
    pub fn header_lines(&self, key: impl HeaderKey) -> impl Iterator<Item = &[u8]> {
        self.spans(key).map(|span| span.value(self.as_bytes()))
    }

    /// The elements of all comma lists under a name, in order; empty elements left out.
    pub fn list(&self, key: impl HeaderKey) -> impl Iterator<Item = &[u8]> {
        self.header_lines(key).flat_map(List::new).filter(|element| !element.is_empty())
    }

    /// Whether a comma list holds a token, compared without case: `has_token("Supported",
    /// "100rel")`.
    #[must_use]
    pub fn has_token(&self, key: impl HeaderKey, token: &str) -> bool {
        self.list(key).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        after(self.as_bytes(), self.inner.body)
    }

    /// CSeq; always there in a message that [`crate::receive`] called good.
    #[must_use]
    pub fn cseq(&self) -> Option<&CSeq> {
        self.inner.cseq.as_ref()
    }

    pub(crate) fn spans(&self, key: impl HeaderKey) -> impl Iterator<Item = &Span> {
        let known = key.known();
        self.inner.headers.iter().filter(move |span| {
            span.name == known
                && (known != HeaderName::Other
                    || span.name(self.as_bytes()).eq_ignore_ascii_case(key.label().as_bytes()))
        })
    }

    pub(crate) fn all_spans(&self) -> &[Span] {
        &self.inner.headers
    }

    /// The start line without its line end.
    pub(crate) fn start_line(&self) -> &[u8] {
        let line = self.as_bytes().split(|byte| *byte == b'\n').next().unwrap_or_default();
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    fn view(&self, span: &Span) -> Header<'_> {
        Header {
            name: span.name,
            label: std::str::from_utf8(span.name(self.as_bytes())).unwrap_or_default(),
            value: span.value(self.as_bytes()),
        }
    }

    fn range(&self, (from, to): (usize, usize)) -> &[u8] {
        sub(self.as_bytes(), from, to)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The start line alone: headers name people.
        write!(f, "Message({})", self.start_line().escape_ascii())
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Message {}

/// Reads the start line. `Err` when it is none; the second value is what is wrong with one that
/// can be answered.
fn start(bytes: &[u8], end: usize) -> Result<(Start, Option<Fault>), Fault> {
    let line = sub(bytes, 0, end);
    if line.get(..4).is_some_and(|open| open.eq_ignore_ascii_case(b"SIP/")) {
        return status_line(line);
    }
    let method_end = line.iter().position(|byte| *byte == b' ').ok_or(Fault::NotSip)?;
    let method = Method::parse(sub(line, 0, method_end)).ok_or(Fault::NotSip)?;
    let trimmed = line.trim_ascii_end();
    let uri_end = trimmed.iter().rposition(|byte| *byte == b' ').ok_or(Fault::NotSip)?;
    let version = after(trimmed, uri_end + 1);
    if !version.get(..4).is_some_and(|open| open.eq_ignore_ascii_case(b"SIP/"))
        || uri_end <= method_end
    {
        return Err(Fault::NotSip);
    }
    let uri = sub(line, method_end + 1, uri_end);
    let fault = if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        Some(Fault::UnknownVersion)
    } else if trimmed.len() != line.len() || uri.trim_ascii().len() != uri.len() {
        Some(Fault::BadRequestLine)
    } else {
        request_uri_fault(uri)
    };
    Ok((Start::Request { method, uri: (method_end + 1, uri_end) }, fault))
}

fn request_uri_fault(uri: &[u8]) -> Option<Fault> {
    match std::str::from_utf8(uri).ok().and_then(Uri::parse) {
        None => Some(Fault::BadRequestUri),
        // RFC 3261 19.1.1, table 1: no headers in a Request-URI.
        Some(Uri::Sip(uri)) if !uri.headers.is_empty() => Some(Fault::BadRequestUri),
        Some(Uri::Sip(_) | Uri::Tel(_)) => None,
        Some(Uri::Other { .. }) => Some(Fault::UnknownScheme),
    }
}

fn status_line(line: &[u8]) -> Result<(Start, Option<Fault>), Fault> {
    let version_end = line.iter().position(|byte| *byte == b' ').ok_or(Fault::NotSip)?;
    let rest = after(line, version_end + 1);
    let code_end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    let code = std::str::from_utf8(sub(rest, 0, code_end)).ok().filter(|code| code.len() == 3);
    let code: u16 = code.and_then(|code| code.parse().ok()).ok_or(Fault::BadStatusLine)?;
    if !(100..=699).contains(&code) {
        return Err(Fault::BadStatusLine);
    }
    let fault = (!sub(line, 0, version_end).eq_ignore_ascii_case(b"SIP/2.0"))
        .then_some(Fault::UnknownVersion);
    let reason = (version_end + 1 + code_end + 1).min(line.len());
    Ok((Start::Response { code, reason: (reason, line.len()) }, fault))
}
