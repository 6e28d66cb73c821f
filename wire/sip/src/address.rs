//! `name-addr` and `addr-spec`: From, To, Contact, Route, Refer-To and their like.

use std::borrow::Cow;

use crate::params::Params;
use crate::text::{after, is_space, is_token_byte, quoted_length, sub, text, unquote};
use crate::uri::Uri;

/// An address with its display name and header parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// The display name as written, quotes included; empty when there is none.
    pub display: &'a [u8],
    /// The URI's text, without angle brackets.
    pub uri: &'a str,
    /// Header parameters. Without angle brackets every parameter is one of these
    /// (RFC 3261 20.10).
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one address; `None` when it is malformed.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let value = value.trim_ascii();
        let open = match value.first()? {
            b'"' => {
                let length = quoted_length(value)?;
                let gap = after(value, length).iter().take_while(|byte| is_space(**byte)).count();
                if value.get(length + gap) != Some(&b'<') {
                    return None;
                }
                Some(length + gap)
            }
            _ => value.iter().position(|byte| *byte == b'<'),
        };
        match open {
            Some(open) => Self::bracketed(value, open),
            None => Self::bare(value),
        }
    }

    fn bracketed(value: &'a [u8], open: usize) -> Option<Self> {
        let display = sub(value, 0, open).trim_ascii();
        if !display.starts_with(b"\"") && !display.iter().all(|byte| is_display_byte(*byte)) {
            return None;
        }
        let inner = after(value, open + 1);
        let close = inner.iter().position(|byte| *byte == b'>')?;
        let uri = std::str::from_utf8(sub(inner, 0, close)).ok()?;
        Uri::parse(uri)?;
        Some(Self { display, uri, params: Params::parse(after(inner, close + 1))? })
    }

    fn bare(value: &'a [u8]) -> Option<Self> {
        let end = value.iter().position(|byte| *byte == b';' || is_space(*byte));
        let (uri, params) = value.split_at(end.unwrap_or(value.len()));
        // RFC 3261 20.10: a URI with a comma or question mark must stand in brackets.
        if uri.contains(&b'?') || uri.contains(&b',') {
            return None;
        }
        let uri = std::str::from_utf8(uri).ok()?;
        Uri::parse(uri)?;
        Some(Self { display: b"", uri, params: Params::parse(params)? })
    }

    /// The URI in its parts.
    #[must_use]
    pub fn uri(&self) -> Uri<'a> {
        // `parse` let only readable URIs in; the fields are public, so a made-up one reads as
        // a foreign scheme.
        Uri::parse(self.uri).unwrap_or(Uri::Other { scheme: "", opaque: self.uri })
    }

    /// The dialog tag; `None` when missing or empty.
    #[must_use]
    pub fn tag(&self) -> Option<&'a str> {
        let mut tags = self.params.iter().filter(|param| param.name.eq_ignore_ascii_case("tag"));
        // An empty tag may stand in front of the one that was added behind it.
        tags.find_map(|tag| std::str::from_utf8(tag.value?).ok().filter(|tag| !tag.is_empty()))
    }

    /// The display name for people: unquoted, Latin-1 when it isn't UTF-8, `None` when empty.
    #[must_use]
    pub fn display_name(&self) -> Option<Cow<'a, str>> {
        let name = match unquote(self.display) {
            Cow::Borrowed(bytes) => text(bytes),
            Cow::Owned(bytes) => Cow::Owned(text(&bytes).into_owned()),
        };
        (!name.trim().is_empty()).then_some(name)
    }

    /// A Contact's `expires` parameter in seconds.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        crate::values::expires(self.params.raw("expires")?)
    }

    /// A Contact's `q` parameter in thousandths, 1000 when absent or unreadable.
    #[must_use]
    pub fn q_thousandths(&self) -> u16 {
        let q = self.params.get("q").and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0);
        if (0.0..=1.0).contains(&q) { (q * 1000.0).round() as u16 } else { 1000 }
    }
}

/// Tokens and the space between them; bytes above ASCII too, since many phones send names in
/// Latin-1 or UTF-8 without the quotes that they should have.
const fn is_display_byte(byte: u8) -> bool {
    is_token_byte(byte) || is_space(byte) || byte >= 0x80
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn without_brackets_parameters_belong_to_the_header() {
        let contact = NameAddr::parse(b"sip:+19725552222@gw1.example.net;unknownparam").unwrap();
        assert_eq!(contact.uri, "sip:+19725552222@gw1.example.net");
        assert!(contact.params.has("unknownparam"));
        let contact = NameAddr::parse(b"<sip:+19725552222@gw1.example.net;unknownparam>").unwrap();
        assert!(!contact.params.has("unknownparam"));
        assert!(contact.uri().as_sip().unwrap().params.has("unknownparam"));
    }

    #[test]
    fn a_display_name_in_latin_1_is_read() {
        for value in [b"\"J\xf6rg\" <sip:j@h>;tag=1".as_slice(), b"J\xf6rg <sip:j@h>;tag=1"] {
            let address = NameAddr::parse(value).unwrap();
            assert_eq!(address.display_name().unwrap(), "J\u{f6}rg");
            assert_eq!(address.tag(), Some("1"));
        }
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for value in [
            "\"Mr. J. User <sip:j.user@example.com>",
            "Bell, Alexander <sip:a.g.bell@example.com>;tag=43",
            "\"Watson, Thomas\" < sip:t.watson@example.org >",
            "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
            "\"Joe\" <sip:joe@example.org>;;;;",
            "",
            "\"x\"",
            "<sip:a@h",
        ] {
            assert_eq!(NameAddr::parse(value.as_bytes()), None, "{value}");
        }
    }
}
