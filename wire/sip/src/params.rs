//! Header parameters: `;name=value;flag`, read on demand.

use std::borrow::Cow;

use crate::text::{Lexer, is_space, text, unquote};

/// The parameters of a header value, as received. Cheap to copy; every read scans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    raw: &'a [u8],
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// The name as written; compare it without regard to case.
    pub name: &'a str,
    /// The value as written, quotes included; `None` for a flag such as `lr`.
    pub value: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    /// The parameters in `raw`, which opens with a semicolon or is empty; `None` when they
    /// don't follow the grammar, e.g. `;;`.
    #[must_use]
    pub fn parse(raw: &'a [u8]) -> Option<Self> {
        let raw = raw.trim_ascii();
        let mut lexer = Lexer::new(raw);
        while !lexer.is_empty() {
            read(&mut lexer)?;
        }
        Some(Self { raw })
    }

    /// The parameters without any check; what can't be read ends the iteration.
    pub(crate) fn lenient(raw: &'a [u8]) -> Self {
        Self { raw: raw.trim_ascii() }
    }

    /// All parameters in their order.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        let mut lexer = Lexer::new(self.raw);
        std::iter::from_fn(move || if lexer.is_empty() { None } else { read(&mut lexer) })
    }

    /// The value of a parameter as written; a flag's value is empty.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.iter()
            .find(|param| param.name.eq_ignore_ascii_case(name))
            .map(|param| param.value.unwrap_or_default())
    }

    /// The value of a parameter without regard to quotes' inside: what a token is. A flag's
    /// value is empty; `None` too when the value is not UTF-8.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.raw(name)?).ok()
    }

    /// The value of a parameter with quotes removed and quoted pairs resolved.
    #[must_use]
    pub fn unquoted(&self, name: &str) -> Option<Cow<'a, str>> {
        Some(match unquote(self.raw(name)?) {
            Cow::Borrowed(bytes) => text(bytes),
            Cow::Owned(bytes) => Cow::Owned(text(&bytes).into_owned()),
        })
    }

    /// Whether a parameter is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The bytes as received, semicolon included.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }
}

fn read<'a>(lexer: &mut Lexer<'a>) -> Option<Param<'a>> {
    lexer.separator(b';')?;
    let name = lexer.token()?;
    let mut value = None;
    if lexer.separator(b'=').is_some() {
        value = Some(match lexer.quoted() {
            Some(quoted) => quoted,
            // A value left empty (`;rport=`) is seen in the field and does no harm.
            None => lexer.take(is_value_byte).unwrap_or_default(),
        });
    }
    lexer.space();
    matches!(lexer.peek(), None | Some(b';')).then_some(Param { name, value })
}

/// Wider than `token / host`: a bare IPv6 address in `received` (RFC 5118 4.5), URIs in
/// parameters of private headers, UTF-8.
const fn is_value_byte(byte: u8) -> bool {
    !is_space(byte) && byte >= b' ' && !matches!(byte, b';' | b',' | b'"')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn white_space_and_folds_around_parameters_do_not_matter() {
        let params =
            Params::parse(b" ; newparam =\r\n newvalue ;\r\n secondparam ; q = 0.33").unwrap();
        assert_eq!(params.get("NewParam"), Some("newvalue"));
        assert_eq!(params.get("secondparam"), Some(""));
        assert_eq!(params.get("q"), Some("0.33"));
        assert!(!params.has("tag"));
    }

    #[test]
    fn empty_parameters_are_refused() {
        assert_eq!(Params::parse(b";;"), None);
        assert_eq!(Params::parse(b";a;;b"), None);
        assert_eq!(Params::parse(b";a b"), None);
        assert_eq!(Params::parse(b";a=\"x"), None);
    }

    #[test]
    fn a_semicolon_in_quotes_belongs_to_the_value() {
        let params = Params::parse(b";+sip.instance=\"<urn:uuid:0;1>\";reg-id=1").unwrap();
        assert_eq!(params.unquoted("+sip.instance").unwrap(), "<urn:uuid:0;1>");
        assert_eq!(params.get("reg-id"), Some("1"));
    }
}
