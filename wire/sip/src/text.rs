//! The small rules of SIP text: tokens, white space, quoted strings, comma lists.
//!
//! RFC 3261 25.1. A folded line keeps its CRLF in the value, so CR and LF count as white space
//! everywhere here and nothing is ever copied to unfold it.

use std::borrow::Cow;

/// `bytes[from..to]`, empty when out of range.
pub(crate) fn sub(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.get(from..to).unwrap_or_default()
}

/// Everything from `from` on, empty when out of range.
pub(crate) fn after(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

/// Linear white space, a fold included.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// A character of `token`.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    // In range whatever the byte is; a table, since every name and parameter passes here.
    #[expect(clippy::indexing_slicing, reason = "the table has an entry for every byte")]
    TOKEN[byte as usize]
}

/// A character of `word`, of which a Call-ID is made.
pub(crate) const fn is_word_byte(byte: u8) -> bool {
    is_token_byte(byte)
        || matches!(
            byte,
            b'(' | b')'
                | b'<'
                | b'>'
                | b':'
                | b'\\'
                | b'"'
                | b'/'
                | b'['
                | b']'
                | b'?'
                | b'{'
                | b'}'
        )
}

/// Whether `bytes` is a `token`.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| is_token_byte(*byte))
}

/// Text for people: UTF-8 as it is, anything else read as Latin-1, so that no byte is lost.
#[must_use]
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// The length of the quoted string that opens `bytes`, both quotes included.
pub(crate) fn quoted_length(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The contents of a quoted string with its quoted pairs resolved; other bytes as they are.
#[must_use]
pub fn unquote(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = bytes.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return Cow::Borrowed(bytes);
    };
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut escaped = false;
    for byte in inner {
        if !escaped && *byte == b'\\' {
            escaped = true;
        } else {
            escaped = false;
            plain.push(*byte);
        }
    }
    Cow::Owned(plain)
}

/// `text` as a quoted string. CR, LF and NUL become spaces.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\r' | '\n' | '\0' => quoted.push(' '),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The elements of a comma list, trimmed. Commas in quotes and in angle brackets don't count.
/// An empty list element is given as it stands: whether it may be empty depends on the header.
#[derive(Clone, Debug)]
pub struct List<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> List<'a> {
    pub(crate) fn new(value: &'a [u8]) -> Self {
        Self { rest: Some(value) }
    }
}

impl<'a> Iterator for List<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = element_length(rest);
        self.rest = (end < rest.len()).then(|| after(rest, end + 1));
        Some(sub(rest, 0, end).trim_ascii())
    }
}

fn element_length(bytes: &[u8]) -> usize {
    if memchr::memchr(b',', bytes).is_none() {
        return bytes.len();
    }
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'<' => angle = true,
            b'>' => angle = false,
            b',' if !angle => return at,
            _ => {}
        }
    }
    bytes.len()
}

/// Which bytes a token may hold.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x7f {
        let is_mark =
            matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~');
        #[expect(clippy::indexing_slicing, reason = "the table has an entry for every byte")]
        {
            table[byte as usize] = is_mark || byte.is_ascii_alphanumeric();
        }
        byte += 1;
    }
    table
};

/// `split_once` on an ASCII byte; the same as `str`'s own and quicker on short texts.
pub(crate) fn split_once(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.as_bytes().iter().position(|other| *other == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Reads one value from left to right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Skips white space.
    pub(crate) fn space(&mut self) {
        let length = self.rest.iter().take_while(|byte| is_space(**byte)).count();
        self.rest = after(self.rest, length);
    }

    /// Takes `byte`, with white space on both sides.
    pub(crate) fn separator(&mut self, byte: u8) -> Option<()> {
        self.space();
        self.rest = self.rest.strip_prefix(&[byte])?;
        self.space();
        Some(())
    }

    /// Takes the bytes that `accept` takes; at least one.
    pub(crate) fn take(&mut self, accept: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        let length = self.rest.iter().take_while(|byte| accept(**byte)).count();
        let taken = sub(self.rest, 0, length);
        self.rest = after(self.rest, length);
        (!taken.is_empty()).then_some(taken)
    }

    /// Takes a token.
    pub(crate) fn token(&mut self) -> Option<&'a str> {
        self.take(is_token_byte).and_then(|token| std::str::from_utf8(token).ok())
    }

    /// Takes a quoted string, quotes included.
    pub(crate) fn quoted(&mut self) -> Option<&'a [u8]> {
        if self.rest.first() != Some(&b'"') {
            return None;
        }
        let length = quoted_length(self.rest)?;
        let taken = sub(self.rest, 0, length);
        self.rest = after(self.rest, length);
        Some(taken)
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

/// A decimal number that may be longer than any integer: too large reads as `u64::MAX`.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(sum.saturating_mul(10).saturating_add(digit))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split_a_list() {
        let list: Vec<_> = List::new(b"\"a, \\\"b\" <sip:x,y@h> , c,d").collect();
        assert_eq!(list, [b"\"a, \\\"b\" <sip:x,y@h>".as_slice(), b"c", b"d"]);
    }

    #[test]
    fn quoting_and_unquoting_are_inverse() {
        let quoted = quote("say \"hi\\\"");
        assert_eq!(quoted, "\"say \\\"hi\\\\\\\"\"");
        assert_eq!(unquote(quoted.as_bytes()).as_ref(), b"say \"hi\\\"");
    }

    #[test]
    fn latin_1_text_loses_nothing() {
        assert_eq!(text(b"J\xf6rg"), "J\u{f6}rg");
    }

    #[test]
    fn a_number_longer_than_an_integer_saturates() {
        assert_eq!(number(b"949302838503028349304023988"), Some(u64::MAX));
        assert_eq!(number(b"-1"), None);
        assert_eq!(number(b""), None);
    }
}
