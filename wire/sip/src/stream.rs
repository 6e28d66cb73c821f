//! Cutting a byte stream into messages (RFC 3261 18.3) and keep-alives (RFC 5626 3.5.1).

use std::collections::VecDeque;

use crate::fault::Fault;
use crate::name::HeaderName;
use crate::scan::scan;
use crate::text::{after, number, sub};

/// Takes what a TCP or TLS connection delivers and gives whole messages.
#[derive(Debug)]
pub struct StreamFramer {
    limits: StreamLimits,
    buffer: Vec<u8>,
    /// How much of the buffer was searched for the end of the head.
    searched: usize,
    /// The head ends here and the message is this long, once the head is whole.
    pending: Option<usize>,
    /// A lone CRLF went by; another one makes it a ping.
    half_ping: bool,
    frames: VecDeque<Frame>,
    closed: bool,
}

/// What came out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// One message, for [`crate::receive`].
    Message(Vec<u8>),
    /// CRLF CRLF: answer with [`PONG`].
    Ping,
    /// CRLF: the answer to our ping, or a peer's habit between messages.
    Pong,
    /// The stream can't be followed any further. Answer `message` through [`crate::receive`],
    /// which knows what is wrong with it, then close the connection.
    Broken {
        /// The head that did it.
        message: Vec<u8>,
        /// Why.
        fault: Fault,
    },
}

/// How much one connection may make us keep.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    /// The longest head: start line and headers.
    pub head_bytes_max: usize,
    /// The longest body.
    pub body_bytes_max: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self { head_bytes_max: HEAD_BYTES_MAX, body_bytes_max: BODY_BYTES_MAX }
    }
}

/// The keep-alive that a client sends.
pub const PING: &[u8] = b"\r\n\r\n";
/// Its answer.
pub const PONG: &[u8] = b"\r\n";
/// The default limit of a head.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The default limit of a body.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

impl StreamFramer {
    /// A framer for one connection.
    #[must_use]
    pub fn new(limits: StreamLimits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            searched: 0,
            pending: None,
            half_ping: false,
            frames: VecDeque::new(),
            closed: false,
        }
    }

    /// Takes what was read. After [`Frame::Broken`] everything is thrown away.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.closed {
            return;
        }
        self.buffer.extend_from_slice(bytes);
        while !self.closed && self.cut() {}
    }

    /// The next frame.
    pub fn pop(&mut self) -> Option<Frame> {
        self.frames.pop_front()
    }

    /// Whether the stream broke: the connection is to be closed.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.closed
    }

    /// Cuts one frame off the front; false when more bytes are needed.
    fn cut(&mut self) -> bool {
        if let Some(length) = self.pending {
            return self.cut_message(length);
        }
        if self.searched == 0 {
            match self.buffer.as_slice() {
                [] | [b'\r'] => return false,
                [b'\r', b'\n', ..] => return self.cut_keep_alive(),
                [b'\n', ..] => {
                    self.buffer.drain(..1);
                    return true;
                }
                _ => self.half_ping = false,
            }
        }
        let Some(body) = self.find_body() else {
            self.searched = self.buffer.len();
            if self.buffer.len() > self.limits.head_bytes_max {
                self.break_off(Fault::TooLarge);
            }
            return false;
        };
        if body > self.limits.head_bytes_max {
            self.break_off(Fault::TooLarge);
            return false;
        }
        match content_length(sub(&self.buffer, 0, body)) {
            Ok(length) if length > self.limits.body_bytes_max => {
                self.break_off(Fault::TooLarge);
                false
            }
            Ok(length) => self.cut_message(body + length),
            Err(fault) => {
                self.buffer.truncate(body);
                self.break_off(fault);
                false
            }
        }
    }

    fn cut_message(&mut self, length: usize) -> bool {
        if self.buffer.len() < length {
            self.pending = Some(length);
            return false;
        }
        let rest = self.buffer.split_off(length);
        let message = std::mem::replace(&mut self.buffer, rest);
        self.frames.push_back(Frame::Message(message));
        self.pending = None;
        self.searched = 0;
        true
    }

    fn cut_keep_alive(&mut self) -> bool {
        if self.buffer.starts_with(PING) {
            self.buffer.drain(..PING.len());
            self.half_ping = false;
            self.frames.push_back(Frame::Ping);
            return true;
        }
        // A lone CRLF is told at once, since it may be the pong that someone waits for. Should
        // the other half of a ping follow, the ping is told too.
        if self.buffer.len() == 3 {
            return false;
        }
        self.buffer.drain(..PONG.len());
        self.frames.push_back(if self.half_ping { Frame::Ping } else { Frame::Pong });
        self.half_ping = !self.half_ping;
        true
    }

    /// The first byte behind the empty line, when it is there.
    fn find_body(&self) -> Option<usize> {
        // An empty line is at most three bytes, of which two may have been searched before.
        let mut at = self.searched.saturating_sub(2);
        loop {
            at += memchr::memchr(b'\n', after(&self.buffer, at))? + 1;
            match after(&self.buffer, at) {
                [b'\n', ..] => return Some(at + 1),
                [b'\r', b'\n', ..] => return Some(at + 2),
                _ => {}
            }
        }
    }

    fn break_off(&mut self, fault: Fault) {
        let message = std::mem::take(&mut self.buffer);
        self.frames.push_back(Frame::Broken { message, fault });
        self.closed = true;
    }
}

/// The body's length. RFC 3261 20.14 demands it on streams; a message without it is taken to
/// have no body. Two that differ, or one that is no number, leave no way to go on.
fn content_length(head: &[u8]) -> Result<usize, Fault> {
    let mut length = None;
    for span in &scan(head).headers {
        if span.name != HeaderName::ContentLength {
            continue;
        }
        let value = number(span.value(head)).ok_or(Fault::Malformed(HeaderName::ContentLength))?;
        if length.is_some_and(|length| length != value) {
            return Err(Fault::Repeated(HeaderName::ContentLength));
        }
        length = Some(value);
    }
    Ok(usize::try_from(length.unwrap_or(0)).unwrap_or(usize::MAX))
}
