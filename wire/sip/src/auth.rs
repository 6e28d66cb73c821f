//! Digest challenges and credentials as they stand in headers (RFC 3261 22.4, RFC 8760).
//!
//! Values are kept raw: what stood between the quotes, quoted pairs unresolved, since the digest
//! is computed over exactly that (RFC 7616 3.4, `unq`).

use crate::text::{Lexer, is_space, is_token_byte, sub};

/// A hash algorithm of digest authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the algorithms")]
pub enum Algorithm {
    Md5,
    Md5Sess,
    Sha256,
    Sha256Sess,
    Sha512Trunc256,
    Sha512Trunc256Sess,
}

impl Algorithm {
    /// The algorithm of a token.
    #[must_use]
    pub fn parse(token: &[u8]) -> Option<Self> {
        ALGORITHMS.into_iter().find(|known| known.as_str().as_bytes().eq_ignore_ascii_case(token))
    }

    /// The token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Sess => "MD5-sess",
            Self::Sha256 => "SHA-256",
            Self::Sha256Sess => "SHA-256-sess",
            Self::Sha512Trunc256 => "SHA-512-256",
            Self::Sha512Trunc256Sess => "SHA-512-256-sess",
        }
    }

    /// Whether the session key mixes in the nonces.
    #[must_use]
    pub const fn is_session(self) -> bool {
        matches!(self, Self::Md5Sess | Self::Sha256Sess | Self::Sha512Trunc256Sess)
    }
}

/// Quality of protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Qop {
    /// The request line alone.
    Auth,
    /// The request line and the body.
    AuthInt,
}

impl Qop {
    /// The quality of a token.
    #[must_use]
    pub const fn parse(token: &[u8]) -> Option<Self> {
        if token.eq_ignore_ascii_case(b"auth") {
            Some(Self::Auth)
        } else if token.eq_ignore_ascii_case(b"auth-int") {
            Some(Self::AuthInt)
        } else {
            None
        }
    }

    /// The token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// Digest credentials of an Authorization or Proxy-Authorization header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The user name, raw.
    pub username: &'a [u8],
    /// The realm, raw.
    pub realm: &'a [u8],
    /// The nonce, raw.
    pub nonce: &'a [u8],
    /// The digest-uri, raw; need not be the Request-URI.
    pub uri: &'a [u8],
    /// The digest in hexadecimal.
    pub response: &'a [u8],
    /// MD5 when not said; `None` when it is one that we don't know.
    pub algorithm: Option<Algorithm>,
    /// The client's nonce.
    pub cnonce: Option<&'a [u8]>,
    /// What the challenge gave to carry back.
    pub opaque: Option<&'a [u8]>,
    /// The quality of protection as written; `None` in the form of RFC 2069.
    pub qop: Option<&'a [u8]>,
    /// The nonce count as written: eight hexadecimal digits.
    pub nc: Option<&'a [u8]>,
}

impl<'a> Credentials<'a> {
    /// Reads a header value; `None` for other schemes and when a needed part is missing.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let params = AuthParams::digest(value)?;
        Some(Self {
            username: params.get("username")?,
            realm: params.get("realm")?,
            nonce: params.get("nonce")?,
            uri: params.get("uri")?,
            response: params.get("response")?,
            algorithm: params.algorithm(),
            cnonce: params.get("cnonce"),
            opaque: params.get("opaque"),
            qop: params.get("qop"),
            nc: params.get("nc"),
        })
    }

    /// The nonce count as a number.
    #[must_use]
    pub fn nonce_count(&self) -> Option<u32> {
        let digits = self.nc.filter(|digits| (1..=8).contains(&digits.len()))?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}

/// A digest challenge of a WWW-Authenticate or Proxy-Authenticate header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// The realm, raw.
    pub realm: &'a [u8],
    /// The nonce, raw.
    pub nonce: &'a [u8],
    /// What to carry back.
    pub opaque: Option<&'a [u8]>,
    /// The password was right and only the nonce is old.
    pub stale: bool,
    /// MD5 when not said; `None` when it is one that we don't know.
    pub algorithm: Option<Algorithm>,
    /// The comma list of qualities offered; `None` in the form of RFC 2069.
    pub qop: Option<&'a [u8]>,
}

impl<'a> Challenge<'a> {
    /// Reads a header value; `None` for other schemes and when a needed part is missing.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let params = AuthParams::digest(value)?;
        Some(Self {
            realm: params.get("realm")?,
            nonce: params.get("nonce")?,
            opaque: params.get("opaque"),
            stale: params.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case(b"true")),
            algorithm: params.algorithm(),
            qop: params.get("qop"),
        })
    }

    /// Whether a quality is offered.
    #[must_use]
    pub fn offers(&self, qop: Qop) -> bool {
        let mut offered = self.qop.unwrap_or_default().split(|byte| *byte == b',');
        offered.any(|token| Qop::parse(token.trim_ascii()) == Some(qop))
    }
}

/// `name=value, name="value"`, checked to be readable to its end.
struct AuthParams<'a>(&'a [u8]);

impl<'a> AuthParams<'a> {
    fn digest(value: &'a [u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value.trim_ascii());
        if !lexer.token()?.eq_ignore_ascii_case("Digest") || !lexer.peek().is_some_and(is_space) {
            return None;
        }
        lexer.space();
        let params = Self(lexer.rest);
        while !lexer.is_empty() {
            auth_param(&mut lexer)?;
        }
        Some(params)
    }

    fn get(&self, name: &str) -> Option<&'a [u8]> {
        let mut lexer = Lexer::new(self.0);
        while let Some((key, value)) = auth_param(&mut lexer) {
            if key.eq_ignore_ascii_case(name) {
                return Some(value);
            }
        }
        None
    }

    fn algorithm(&self) -> Option<Algorithm> {
        self.get("algorithm").map_or(Some(Algorithm::Md5), Algorithm::parse)
    }
}

fn auth_param<'a>(lexer: &mut Lexer<'a>) -> Option<(&'a str, &'a [u8])> {
    let name = lexer.token()?;
    lexer.separator(b'=')?;
    let value = match lexer.quoted() {
        Some(quoted) => sub(quoted, 1, quoted.len() - 1),
        // Wider than a token: base64 nonces and URIs come unquoted from some peers.
        None => lexer.take(|byte| {
            is_token_byte(byte) || matches!(byte, b'/' | b':' | b'=' | b'@' | b';' | b'?')
        })?,
    };
    lexer.space();
    if !lexer.is_empty() {
        lexer.separator(b',')?;
    }
    Some((name, value))
}

const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::Md5,
    Algorithm::Md5Sess,
    Algorithm::Sha256,
    Algorithm::Sha256Sess,
    Algorithm::Sha512Trunc256,
    Algorithm::Sha512Trunc256Sess,
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn credentials_with_commas_and_equals_signs_in_quotes_are_read() {
        let value = b"Digest username=\"a,b=c\\\"d\", realm=\"r\",\r\n nonce=\"n==\" ,uri=\"sip:h;\
                      transport=udp?x=%23\", response=\"00\", algorithm=md5, cnonce=\"\", \
                      qop=auth, nc=0000000a";
        let read = Credentials::parse(value).unwrap();
        assert_eq!(read.username, b"a,b=c\\\"d");
        assert_eq!(read.uri, b"sip:h;transport=udp?x=%23");
        assert_eq!((read.algorithm, read.nonce_count()), (Some(Algorithm::Md5), Some(10)));
        assert_eq!(read.cnonce, Some(b"".as_slice()));
    }

    #[test]
    fn other_schemes_and_broken_lists_are_not_digest() {
        assert_eq!(Credentials::parse(b"NoOneKnowsThisScheme opaque-data=here"), None);
        assert_eq!(Credentials::parse(b"Digest username=\"a\" realm=\"b\""), None);
        assert_eq!(Credentials::parse(b"Digest"), None);
        assert_eq!(Challenge::parse(b"Digest realm=\"open"), None);
    }

    #[test]
    fn a_challenge_offers_its_qualities() {
        let value = b"Digest realm=\"r\", nonce=\"n\", stale=TRUE, algorithm=SHA-256, \
                      qop=\"auth, auth-int\"";
        let read = Challenge::parse(value).unwrap();
        assert!(read.stale && read.offers(Qop::Auth) && read.offers(Qop::AuthInt));
        assert_eq!(read.algorithm, Some(Algorithm::Sha256));
    }
}
