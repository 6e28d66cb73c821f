//! One pass over the bytes: where the start line, each header and the body lie.
//!
//! Nothing is interpreted but line ends, folds and names. A line ends with LF, with or without
//! CR before it, so that a value can never hold a line end which someone else would see.

use crate::fault::Fault;
use crate::name::HeaderName;
use crate::text::{after, is_token, sub};

/// Where one header lies. Offsets are into the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) name: HeaderName,
    pub(crate) line: u32,
    pub(crate) name_end: u32,
    pub(crate) value: u32,
    pub(crate) value_end: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn name<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        sub(bytes, self.line as usize, self.name_end as usize)
    }

    pub(crate) fn value<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        sub(bytes, self.value as usize, self.value_end as usize)
    }
}

/// The head of a message.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// The end of the start line, without its line end.
    pub(crate) start_end: usize,
    pub(crate) headers: Vec<Span>,
    /// The first byte behind the empty line; the message's end when that line is missing.
    pub(crate) body: usize,
    /// The first thing that is wrong.
    pub(crate) fault: Option<Fault>,
}

/// A message with more header lines is refused.
pub const HEADERS_MAX: usize = 256;

/// The longest message that is read at all. Offsets are 32 bits wide.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Scans `bytes`, which open with the start line.
pub(crate) fn scan(bytes: &[u8]) -> Head {
    let (start_end, mut at) = line_end(bytes, 0);
    let mut head = Head { start_end, headers: Vec::with_capacity(24), body: 0, fault: None };
    if bytes.len() > MESSAGE_BYTES_MAX {
        head.fault = Some(Fault::TooLarge);
        head.body = bytes.len();
        return head;
    }
    loop {
        if at >= bytes.len() {
            head.fault = head.fault.or(Some(Fault::Unterminated));
            head.body = bytes.len();
            return head;
        }
        let (mut text_end, mut next) = line_end(bytes, at);
        if text_end == at {
            head.body = next;
            return head;
        }
        while matches!(bytes.get(next), Some(b' ' | b'\t')) {
            (text_end, next) = line_end(bytes, next);
        }
        if head.headers.len() == HEADERS_MAX {
            head.fault = head.fault.or(Some(Fault::TooLarge));
        } else {
            match header(bytes, at, text_end, next) {
                Some(span) => head.headers.push(span),
                None => head.fault = head.fault.or(Some(Fault::BadHeaderLine)),
            }
        }
        at = next;
    }
}

/// The end of the text of the line at `from` and the start of the next line.
fn line_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let Some(length) = memchr::memchr(b'\n', after(bytes, from)) else {
        return (bytes.len(), bytes.len());
    };
    let lf = from + length;
    let has_cr = length > 0 && bytes.get(lf - 1) == Some(&b'\r');
    (if has_cr { lf - 1 } else { lf }, lf + 1)
}

fn header(bytes: &[u8], at: usize, text_end: usize, end: usize) -> Option<Span> {
    let line = sub(bytes, at, text_end);
    let colon = memchr::memchr(b':', line)?;
    let name = sub(line, 0, colon).trim_ascii_end();
    if !is_token(name) {
        return None;
    }
    let value = after(line, colon + 1);
    // A CR that doesn't end a line could end one for the next reader.
    let is_stray = |at: usize| value.get(at + 1) != Some(&b'\n');
    if memchr::memchr_iter(b'\r', value).any(is_stray) {
        return None;
    }
    let leading = value.len() - value.trim_ascii_start().len();
    let value_at = at + colon + 1 + leading;
    let value_end = value_at + value.trim_ascii().len();
    let narrow = |offset: usize| u32::try_from(offset).ok();
    Some(Span {
        name: HeaderName::lookup(name),
        line: narrow(at)?,
        name_end: narrow(at + name.len())?,
        value: narrow(value_at)?,
        value_end: narrow(value_end)?,
        end: narrow(end)?,
    })
}
