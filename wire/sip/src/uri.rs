//! `sip:`, `sips:` and `tel:` URIs (RFC 3261 19.1, RFC 3966), as views of the text received.
//!
//! A URI is never written from its parts: the text that came is the text that goes, so `+` stays
//! `+` and `%23` stays `%23`. Decoding happens only for reading a number or a name.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use crate::text::split_once;

/// A URI, by scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uri<'a> {
    /// `sip:` or `sips:`.
    Sip(SipUri<'a>),
    /// `tel:`.
    Tel(TelUri<'a>),
    /// Another scheme, not looked into.
    Other {
        /// The scheme without its colon, as written.
        scheme: &'a str,
        /// Everything behind the colon.
        opaque: &'a str,
    },
}

/// A SIP or SIPS URI. All parts are still percent-coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SipUri<'a> {
    /// `sips:`.
    pub secure: bool,
    /// The user part; may hold `;` parameters of its own (RFC 3261 19.1.1).
    pub user: Option<&'a str>,
    /// The password, if someone still sends one.
    pub password: Option<&'a str>,
    /// Host name or address; an IPv6 reference keeps its brackets.
    pub host: &'a str,
    /// The port, when written.
    pub port: Option<u16>,
    /// `;name=value` behind the host.
    pub params: UriParams<'a>,
    /// Everything behind `?`, empty when there is none.
    pub headers: &'a str,
}

/// A telephone number URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelUri<'a> {
    /// The number with its visual separators as written, `+` first when global.
    pub number: &'a str,
    /// `;phone-context=` and others.
    pub params: UriParams<'a>,
}

/// The parameters of a URI, still percent-coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UriParams<'a>(&'a str);

impl<'a> Uri<'a> {
    /// Reads a URI; `None` when it is malformed.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.bytes().any(|byte| byte <= b' ' || matches!(byte, b'<' | b'>' | b'"' | 0x7f)) {
            return None;
        }
        let (scheme, rest) = split_once(text, b':')?;
        if !is_scheme(scheme) || rest.is_empty() {
            return None;
        }
        if scheme.eq_ignore_ascii_case("sip") {
            parse_sip(false, rest).map(Self::Sip)
        } else if scheme.eq_ignore_ascii_case("sips") {
            parse_sip(true, rest).map(Self::Sip)
        } else if scheme.eq_ignore_ascii_case("tel") {
            parse_tel(rest).map(Self::Tel)
        } else {
            Some(Self::Other { scheme, opaque: rest })
        }
    }

    /// The SIP or SIPS URI.
    #[must_use]
    pub const fn as_sip(&self) -> Option<&SipUri<'a>> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Tel(_) | Self::Other { .. } => None,
        }
    }

    /// Who is addressed: the user of a SIP URI without user parameters, or the number of a
    /// `tel:` URI without separators; decoded.
    #[must_use]
    pub fn user(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Sip(uri) => {
                let user = uri.user?;
                Some(unescape(split_once(user, b';').map_or(user, |(user, _)| user)))
            }
            Self::Tel(uri) => Some(uri.digits()),
            Self::Other { .. } => None,
        }
    }

    /// The host of a SIP URI.
    #[must_use]
    pub const fn host(&self) -> Option<&'a str> {
        match self {
            Self::Sip(uri) => Some(uri.host),
            Self::Tel(_) | Self::Other { .. } => None,
        }
    }
}

impl<'a> SipUri<'a> {
    /// The `transport` parameter.
    #[must_use]
    pub fn transport(&self) -> Option<&'a str> {
        self.params.get("transport")
    }

    /// The host as an address, when it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        host_address(self.host)
    }

    /// The headers behind `?` as written: `(name, value)`, percent-coded.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let pairs = self.headers.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| split_once(pair, b'=').unwrap_or((pair, "")))
    }

    /// One header behind `?`, decoded, e.g. the Replaces of a Refer-To.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        self.headers()
            .find(|(key, _)| unescape(key).eq_ignore_ascii_case(name))
            .map(|(_, value)| unescape(value))
    }

    /// RFC 3261 19.1.4 equality as far as a registrar and a B2BUA need it: user (decoded, case
    /// counts), host (case does not), port, and the `transport`, `user`, `method`, `maddr`
    /// and `ttl` parameters.
    #[must_use]
    pub fn is_same(&self, other: &SipUri<'_>) -> bool {
        let decoded = |part: Option<&str>| part.map(|part| unescape(part).into_owned());
        self.secure == other.secure
            && decoded(self.user) == decoded(other.user)
            && decoded(self.password) == decoded(other.password)
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port == other.port
            && COMPARED_PARAMS.iter().all(|name| {
                match (self.params.get(name), other.params.get(name)) {
                    (Some(ours), Some(theirs)) => ours.eq_ignore_ascii_case(theirs),
                    (ours, theirs) => ours == theirs,
                }
            })
    }
}

impl<'a> TelUri<'a> {
    /// The number without visual separators.
    #[must_use]
    pub fn digits(&self) -> Cow<'a, str> {
        let is_separator = |c: char| matches!(c, '-' | '.' | '(' | ')');
        if self.number.contains(is_separator) {
            Cow::Owned(self.number.replace(is_separator, ""))
        } else {
            Cow::Borrowed(self.number)
        }
    }
}

impl<'a> UriParams<'a> {
    /// All parameters in their order; a flag has an empty value.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let params = self.0.split(';').filter(|param| !param.is_empty());
        params.map(|param| split_once(param, b'=').unwrap_or((param, "")))
    }

    /// The value of a parameter, percent-coded; empty for a flag.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.iter()
            .find(|(key, _)| {
                key.eq_ignore_ascii_case(name)
                    || (key.contains('%') && unescape(key).eq_ignore_ascii_case(name))
            })
            .map(|(_, value)| value)
    }

    /// Whether a parameter is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text as received, without the first semicolon.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

/// Percent-decoding for reading. What isn't a valid escape stays; what isn't UTF-8 is read as
/// Latin-1; control characters, CR and LF above all, stay coded so that they never get out raw.
#[must_use]
pub fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let decoded = (*first == b'%').then(|| tail.first_chunk::<2>()).flatten().and_then(hex);
        match decoded {
            Some(byte) if !byte.is_ascii_control() => {
                bytes.push(byte);
                rest = crate::text::after(tail, 2);
            }
            Some(_) | None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(crate::text::text(&bytes).into_owned())
}

/// Percent-codes text for the user part of a SIP URI. `+` and other characters that RFC 3261
/// allows there stay; `#` becomes `%23`. Give it plain text, not an already coded user.
#[must_use]
pub fn escape_user(text: &str) -> Cow<'_, str> {
    escape(text, |byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
            || matches!(byte, b'&' | b'=' | b'+' | b'$' | b',' | b';' | b'?' | b'/')
    })
}

/// Percent-codes text for a header value behind `?` of a URI, e.g. Replaces in a Refer-To.
#[must_use]
pub fn escape_header(text: &str) -> Cow<'_, str> {
    escape(text, |byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
            || matches!(byte, b'[' | b']' | b'/' | b'?' | b':' | b'+' | b'$')
    })
}

/// The address of a host as it stands in a URI or Via, with or without brackets.
#[must_use]
pub fn host_address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse() {
        return Some(address);
    }
    // RFC 5118 4.10: RFC 3261's grammar produced a third colon before an embedded IPv4 address.
    let repaired: Ipv6Addr = bare.replacen(":::", "::", 1).parse().ok()?;
    bare.contains(":::").then_some(IpAddr::V6(repaired))
}

/// Whether `host` may stand as a host: a name, an IPv4 address or a bracketed IPv6 reference.
pub(crate) fn is_host(host: &str) -> bool {
    if host.starts_with('[') {
        return host.ends_with(']') && host_address(host).is_some_and(|ip| ip.is_ipv6());
    }
    // The underscore is no host character, but Windows machine names carry it.
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// Splits `host[:port]`.
pub(crate) fn host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let host_end = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.bytes().position(|byte| byte == b':').unwrap_or(text.len())
    };
    let (host, rest) = text.split_at(host_end);
    if !is_host(host) {
        return None;
    }
    let Some(port) = rest.strip_prefix(':') else {
        return rest.is_empty().then_some((host, None));
    };
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((host, Some(port.parse().ok()?)))
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn parse_sip(secure: bool, rest: &str) -> Option<SipUri<'_>> {
    // An unescaped `@` stands only behind the user part, which may itself hold `;`, `?`, `/`.
    let (userinfo, rest) = match split_once(rest, b'@') {
        Some((userinfo, rest)) => (Some(userinfo), rest),
        None => (None, rest),
    };
    if userinfo == Some("") {
        return None;
    }
    let (rest, headers) = split_once(rest, b'?').unwrap_or((rest, ""));
    let (authority, params) = split_once(rest, b';').unwrap_or((rest, ""));
    let (host, port) = host_port(authority)?;
    let (user, password) = match userinfo.map(|userinfo| split_once(userinfo, b':')) {
        Some(Some((user, password))) => (Some(user), Some(password)),
        Some(None) => (userinfo, None),
        None => (None, None),
    };
    Some(SipUri { secure, user, password, host, port, params: UriParams(params), headers })
}

fn parse_tel(rest: &str) -> Option<TelUri<'_>> {
    let (number, params) = split_once(rest, b';').unwrap_or((rest, ""));
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_phone_byte = |byte: u8| {
        byte.is_ascii_hexdigit() || matches!(byte, b'*' | b'#' | b'-' | b'.' | b'(' | b')' | b'%')
    };
    (!digits.is_empty() && digits.bytes().all(is_phone_byte))
        .then_some(TelUri { number, params: UriParams(params) })
}

fn hex(pair: &[u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let [high, low] = *pair;
    Some(digit(high)? << 4 | digit(low)?)
}

fn escape(text: &str, is_plain: impl Fn(u8) -> bool) -> Cow<'_, str> {
    if text.bytes().all(&is_plain) {
        return Cow::Borrowed(text);
    }
    let mut coded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if is_plain(byte) {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    Cow::Owned(coded)
}

const COMPARED_PARAMS: [&str; 5] = ["transport", "user", "method", "maddr", "ttl"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sip(text: &str) -> SipUri<'_> {
        *Uri::parse(text).unwrap().as_sip().unwrap()
    }

    #[test]
    fn a_user_may_hold_semicolons_and_question_marks() {
        let uri = sip("sip:user;par=u%40example.net@example.com");
        assert_eq!(uri.user, Some("user;par=u%40example.net"));
        assert_eq!(uri.host, "example.com");
        assert_eq!(Uri::Sip(uri).user().unwrap(), "user");
        let odd = "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_\
                   too.(doesn't-it)@example.com";
        let uri = sip(odd);
        assert_eq!(uri.user, Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
        assert_eq!(uri.password, Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
    }

    #[test]
    fn ipv6_references_keep_brackets_and_port_apart() {
        let uri = sip("sip:[2001:db8::10:5070]");
        assert_eq!((uri.host, uri.port), ("[2001:db8::10:5070]", None));
        let uri = sip("sip:[2001:db8::10]:5070;lr");
        assert_eq!((uri.host, uri.port), ("[2001:db8::10]", Some(5070)));
        assert!(uri.params.has("LR"));
        assert_eq!(uri.address(), Some("2001:db8::10".parse().unwrap()));
        assert_eq!(Uri::parse("sip:2001:db8::10"), None);
    }

    #[test]
    fn plus_stays_plus_and_hash_is_coded_once() {
        assert_eq!(escape_user("+18005551234"), "+18005551234");
        assert_eq!(escape_user("*72#"), "*72%23");
        assert_eq!(Uri::parse("sip:*72%23@h").unwrap().user().unwrap(), "*72#");
    }

    #[test]
    fn a_coded_line_break_stays_coded() {
        assert_eq!(unescape("a%0D%0aEvil: 1"), "a%0D%0aEvil: 1");
        assert_eq!(unescape("null-%00-null"), "null-%00-null");
        assert_eq!(unescape("%ZZ%4"), "%ZZ%4");
    }

    #[test]
    fn telephone_numbers_are_read_without_separators() {
        let uri = Uri::parse("tel:+1-201-555-0123;phone-context=x").unwrap();
        assert_eq!(uri.user().unwrap(), "+12015550123");
    }

    #[test]
    fn an_embedded_replaces_is_read_decoded() {
        let uri = sip("sip:b@h?Replaces=12345%40192.168.118.3%3Bto-tag%3D12%3Bfrom-tag%3D5FFE");
        assert_eq!(uri.header("replaces").unwrap(), "12345@192.168.118.3;to-tag=12;from-tag=5FFE");
    }

    #[test]
    fn coded_and_plain_users_are_the_same() {
        assert!(sip("sip:%75se%72@EXAMPLE.com").is_same(&sip("sip:user@example.com;x=1")));
        assert!(!sip("sip:user@h;transport=tcp").is_same(&sip("sip:user@h")));
        assert!(!sip("sip:User@h").is_same(&sip("sip:user@h")));
    }

    #[test]
    fn malformed_uris_are_refused() {
        for text in
            ["sip:", "sip:@h", "sip:a@", "sip:a@h:", "sip:a@h:99999", "<sip:a@h>", "a", ":x"]
        {
            assert_eq!(Uri::parse(text), None, "{text}");
        }
    }
}
