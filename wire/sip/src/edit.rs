//! Changing a message: what is not named stays byte for byte as it was.

use std::net::SocketAddr;

use crate::build::{push_header, push_uri};
use crate::message::Message;
use crate::name::{HeaderKey, HeaderName};
use crate::text::{List, sub};
use crate::via::Via;

/// A message being changed. Cheap until [`Editor::finish`], which writes it once.
#[derive(Clone, Debug)]
pub struct Editor<'a> {
    message: &'a Message,
    start_line: Option<Vec<u8>>,
    lines: Vec<Line>,
    body: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Line {
    name: HeaderName,
    /// The name in full when it isn't one of [`HeaderName`]'s.
    label: Vec<u8>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// From..to in the message, line end included.
    Kept(usize, usize),
    /// A line written anew, line end included.
    New(Vec<u8>),
}

impl Message {
    /// Starts a change.
    #[must_use]
    pub fn edit(&self) -> Editor<'_> {
        let line = |span: &crate::scan::Span| Line {
            name: span.name,
            label: match span.name {
                HeaderName::Other => span.name(self.as_bytes()).to_vec(),
                _ => Vec::new(),
            },
            content: Content::Kept(span.line as usize, span.end as usize),
        };
        let lines = self.all_spans().iter().map(line).collect();
        Editor { message: self, start_line: None, lines, body: None }
    }

    /// What a server adds to the topmost Via of a request that it received: `received` when
    /// sent-by is not the packet's source address (RFC 3261 18.2.1), the value of `rport` when it
    /// is asked for (RFC 3581 4; `received` always goes with it).
    #[must_use]
    pub fn stamp_source(&self, source: SocketAddr) -> Self {
        let Some(top) = self.list(HeaderName::Via).next() else { return self.clone() };
        let Some(via) = Via::parse_lenient(top) else { return self.clone() };
        let is_same = crate::uri::host_address(via.host) == Some(source.ip());
        if is_same && !via.wants_rport() {
            return self.clone();
        }
        let value = stamped(top, source, via.wants_rport());
        self.edit().replace_first_value(HeaderName::Via, &value).finish()
    }
}

impl Editor<'_> {
    /// Adds a header line in front of all of its name, e.g. our own Via or Record-Route; in front
    /// of all headers when there is none.
    #[must_use]
    pub fn push_first(mut self, key: impl HeaderKey, value: impl AsRef<[u8]>) -> Self {
        let at = self.lines.iter().position(|line| line.is(key)).unwrap_or(0);
        self.lines.insert(at, Line::new(key, value.as_ref()));
        self
    }

    /// Adds a header line behind all others.
    #[must_use]
    pub fn add(mut self, key: impl HeaderKey, value: impl AsRef<[u8]>) -> Self {
        self.lines.push(Line::new(key, value.as_ref()));
        self
    }

    /// Puts one header line in the place of all of its name; adds it when there is none.
    #[must_use]
    pub fn replace(mut self, key: impl HeaderKey, value: impl AsRef<[u8]>) -> Self {
        let new = Line::new(key, value.as_ref());
        let Some(at) = self.lines.iter().position(|line| line.is(key)) else {
            self.lines.push(new);
            return self;
        };
        self = self.remove(key);
        self.lines.insert(at, new);
        self
    }

    /// Removes every header line of a name.
    #[must_use]
    pub fn remove(mut self, key: impl HeaderKey) -> Self {
        self.lines.retain(|line| !line.is(key));
        self
    }

    /// Removes the first element of a comma list: our own Via from a response, our own Route
    /// from a request.
    #[must_use]
    pub fn remove_first_value(self, key: impl HeaderKey) -> Self {
        self.change_first_value(key, None)
    }

    /// Replaces the first element of a comma list.
    #[must_use]
    pub fn replace_first_value(self, key: impl HeaderKey, value: impl AsRef<[u8]>) -> Self {
        self.change_first_value(key, Some(value.as_ref()))
    }

    /// Sets another Request-URI; nothing happens to a response.
    #[must_use]
    pub fn request_uri(mut self, uri: &str) -> Self {
        if let Some(method) = self.message.method() {
            let mut line = method.as_str().as_bytes().to_vec();
            line.push(b' ');
            push_uri(&mut line, uri);
            line.extend_from_slice(b" SIP/2.0\r\n");
            self.start_line = Some(line);
        }
        self
    }

    /// Sets another body with its type and length.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut editor = self
            .replace(HeaderName::ContentType, content_type)
            .replace(HeaderName::ContentLength, body.len().to_string());
        editor.body = Some(body);
        editor
    }

    /// Removes the body and what describes it.
    #[must_use]
    pub fn without_body(self) -> Self {
        let mut editor = self
            .remove(HeaderName::ContentType)
            .remove(HeaderName::ContentDisposition)
            .remove(HeaderName::ContentEncoding)
            .replace(HeaderName::ContentLength, "0");
        editor.body = Some(Vec::new());
        editor
    }

    /// The changed message.
    #[must_use]
    pub fn finish(self) -> Message {
        let old = self.message.as_bytes();
        let mut out = Vec::with_capacity(old.len() + 256);
        match &self.start_line {
            Some(line) => out.extend_from_slice(line),
            None => {
                out.extend_from_slice(self.message.start_line());
                out.extend_from_slice(b"\r\n");
            }
        }
        for line in &self.lines {
            match &line.content {
                Content::Kept(from, to) => out.extend_from_slice(sub(old, *from, *to)),
                Content::New(text) => out.extend_from_slice(text),
            }
            // The last line of an unterminated head may lack its end.
            if out.last() != Some(&b'\n') {
                out.extend_from_slice(b"\r\n");
            }
        }
        out.extend_from_slice(b"\r\n");
        match &self.body {
            Some(body) => out.extend_from_slice(body),
            None => out.extend_from_slice(self.message.body()),
        }
        Message::index(out).map_or_else(|_| self.message.clone(), |(message, _)| message)
    }

    fn change_first_value(mut self, key: impl HeaderKey, value: Option<&[u8]>) -> Self {
        let Some(at) = self.lines.iter().position(|line| line.is(key)) else { return self };
        let Some(line) = self.lines.get(at) else { return self };
        let old = line.value(self.message);
        let mut values: Vec<Vec<u8>> = List::new(&old).map(<[u8]>::to_vec).collect();
        values.retain(|value| !value.is_empty());
        if !values.is_empty() {
            values.remove(0);
        }
        values.splice(0..0, value.map(<[u8]>::to_vec));
        self.lines.remove(at);
        if !values.is_empty() {
            self.lines.insert(at, Line::folding(key, &values.join(b", ".as_slice())));
        }
        self
    }
}

impl Line {
    fn new(key: impl HeaderKey, value: &[u8]) -> Self {
        let mut text = Vec::with_capacity(value.len() + 32);
        push_header(&mut text, key, value);
        let known = key.known();
        let label = match known {
            HeaderName::Other => key.label().as_bytes().to_vec(),
            _ => Vec::new(),
        };
        Self { name: known, label, content: Content::New(text) }
    }

    /// A line made of values that were received: a fold in them becomes spaces.
    fn folding(key: impl HeaderKey, value: &[u8]) -> Self {
        Self::new(key, value)
    }

    fn is(&self, key: impl HeaderKey) -> bool {
        let known = key.known();
        self.name == known
            && (known != HeaderName::Other
                || self.label.eq_ignore_ascii_case(key.label().as_bytes()))
    }

    fn value(&self, message: &Message) -> Vec<u8> {
        let line = match &self.content {
            Content::Kept(from, to) => sub(message.as_bytes(), *from, *to),
            Content::New(text) => text,
        };
        let colon = line.iter().position(|byte| *byte == b':').map_or(line.len(), |at| at + 1);
        crate::text::after(line, colon).trim_ascii().to_vec()
    }
}

/// A Via value with the source written into it.
fn stamped(via: &[u8], source: SocketAddr, wants_rport: bool) -> Vec<u8> {
    let ip = source.ip().to_canonical();
    let mut out = Vec::with_capacity(via.len() + 48);
    let params = via.iter().position(|byte| *byte == b';').unwrap_or(via.len());
    out.extend_from_slice(sub(via, 0, params).trim_ascii_end());
    for param in crate::params::Params::lenient(crate::text::after(via, params)).iter() {
        // The sender doesn't get to say where it sent from.
        let is_ours = param.name.eq_ignore_ascii_case("received")
            || (wants_rport && param.name.eq_ignore_ascii_case("rport"));
        if is_ours {
            continue;
        }
        out.push(b';');
        out.extend_from_slice(param.name.as_bytes());
        if let Some(value) = param.value {
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
    out.extend_from_slice(format!(";received={ip}").as_bytes());
    if wants_rport {
        out.extend_from_slice(format!(";rport={}", source.port()).as_bytes());
    }
    out
}
