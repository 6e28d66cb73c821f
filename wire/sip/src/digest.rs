//! Digest authentication computed: RFC 7616 with RFC 8760's algorithms for SIP.
//!
//! Pure functions over bytes. Which nonces are good, how old they may be and how often one may
//! be used is the registrar's policy, not ours.

use md5::{Digest, Md5};
use sha2::{Sha256, Sha512_256};
use subtle::ConstantTimeEq;

use crate::auth::{Algorithm, Challenge, Credentials, Qop};

/// What an answer to a challenge needs besides the challenge.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The user name.
    pub username: &'a str,
    /// Its password.
    pub password: &'a str,
    /// The method of the request.
    pub method: &'a str,
    /// The digest-uri: the Request-URI as it is sent.
    pub uri: &'a str,
    /// The body of the request, for `auth-int`.
    pub body: &'a [u8],
    /// A nonce of our own, drawn at random.
    pub cnonce: &'a str,
    /// How many requests carried this nonce, this one included.
    pub nonce_count: u32,
}

/// `H(username:realm:password)` in hexadecimal, the form in which a password may be stored. For
/// a session algorithm this is still the key of the plain one.
#[must_use]
pub fn ha1(algorithm: Algorithm, username: &[u8], realm: &[u8], password: &[u8]) -> String {
    hash(algorithm, &[username, realm, password])
}

/// Whether credentials fit a stored [`ha1`] for a request of this method and body. Compared in
/// constant time. False for an unknown algorithm or quality, or when a part is missing.
#[must_use]
pub fn verify(credentials: &Credentials<'_>, ha1: &str, method: &str, body: &[u8]) -> bool {
    let Some(algorithm) = credentials.algorithm else { return false };
    let qop = match credentials.qop {
        None => None,
        Some(token) => match Qop::parse(token) {
            Some(qop) => Some(qop),
            None => return false,
        },
    };
    let (cnonce, nc) = (credentials.cnonce, credentials.nc);
    if (qop.is_some() || algorithm.is_session()) && cnonce.is_none()
        || qop.is_some() && nc.is_none()
    {
        return false;
    }
    let exchange = Exchange {
        algorithm,
        nonce: credentials.nonce,
        cnonce: cnonce.unwrap_or_default(),
        nc: nc.unwrap_or_default(),
        qop,
        method: method.as_bytes(),
        uri: credentials.uri,
        body,
    };
    let ours = exchange.response(ha1);
    bool::from(ours.as_bytes().ct_eq(&credentials.response.to_ascii_lowercase()))
}

/// The value of an Authorization header that answers a challenge: `auth` when it is offered,
/// `auth-int` when only that is, RFC 2069's form when neither. `None` when the algorithm or every
/// quality offered is unknown.
#[must_use]
pub fn answer(challenge: &Challenge<'_>, with: &Answer<'_>) -> Option<String> {
    let algorithm = challenge.algorithm?;
    let qop = match challenge.qop {
        None => None,
        Some(_) if challenge.offers(Qop::Auth) => Some(Qop::Auth),
        Some(_) if challenge.offers(Qop::AuthInt) => Some(Qop::AuthInt),
        Some(_) => return None,
    };
    let username = escape_quoted(with.username);
    let nc = format!("{:08x}", with.nonce_count);
    let exchange = Exchange {
        algorithm,
        nonce: challenge.nonce,
        cnonce: with.cnonce.as_bytes(),
        nc: nc.as_bytes(),
        qop,
        method: with.method.as_bytes(),
        uri: with.uri.as_bytes(),
        body: with.body,
    };
    let key = ha1(algorithm, username.as_bytes(), challenge.realm, with.password.as_bytes());
    let response = exchange.response(&key);
    let raw = |bytes: &[u8]| crate::text::text(bytes).into_owned();
    let mut value = format!(
        "Digest username=\"{username}\", realm=\"{}\", nonce=\"{}\", uri=\"{}\", \
         response=\"{response}\", algorithm={}",
        raw(challenge.realm),
        raw(challenge.nonce),
        with.uri,
        algorithm.as_str(),
    );
    if let Some(qop) = qop {
        value.push_str(&format!(", cnonce=\"{}\", qop={}, nc={nc}", with.cnonce, qop.as_str()));
    } else if algorithm.is_session() {
        value.push_str(&format!(", cnonce=\"{}\"", with.cnonce));
    }
    if let Some(opaque) = challenge.opaque {
        value.push_str(&format!(", opaque=\"{}\"", raw(opaque)));
    }
    Some(value)
}

/// The value of a WWW-Authenticate or Proxy-Authenticate header that offers `auth`. A server
/// with several algorithms sends one header for each, best first (RFC 8760 2.4).
#[must_use]
pub fn challenge(realm: &str, nonce: &str, algorithm: Algorithm, stale: bool) -> String {
    let stale = if stale { ", stale=true" } else { "" };
    format!(
        "Digest realm=\"{}\", nonce=\"{}\", algorithm={}, qop=\"auth\"{stale}",
        escape_quoted(realm),
        escape_quoted(nonce),
        algorithm.as_str()
    )
}

/// One challenge and its answer, without the key.
struct Exchange<'a> {
    algorithm: Algorithm,
    nonce: &'a [u8],
    cnonce: &'a [u8],
    nc: &'a [u8],
    qop: Option<Qop>,
    method: &'a [u8],
    uri: &'a [u8],
    body: &'a [u8],
}

impl Exchange<'_> {
    fn response(&self, ha1: &str) -> String {
        let key = if self.algorithm.is_session() {
            hash(self.algorithm, &[ha1.as_bytes(), self.nonce, self.cnonce])
        } else {
            ha1.to_ascii_lowercase()
        };
        let ha2 = match self.qop {
            None | Some(Qop::Auth) => hash(self.algorithm, &[self.method, self.uri]),
            Some(Qop::AuthInt) => {
                let body = hash(self.algorithm, &[self.body]);
                hash(self.algorithm, &[self.method, self.uri, body.as_bytes()])
            }
        };
        let (key, ha2) = (key.as_bytes(), ha2.as_bytes());
        match self.qop {
            None => hash(self.algorithm, &[key, self.nonce, ha2]),
            Some(qop) => {
                let qop = qop.as_str().as_bytes();
                hash(self.algorithm, &[key, self.nonce, self.nc, self.cnonce, qop, ha2])
            }
        }
    }
}

/// The hash of `parts` joined by colons, in lower-case hexadecimal.
fn hash(algorithm: Algorithm, parts: &[&[u8]]) -> String {
    match algorithm {
        Algorithm::Md5 | Algorithm::Md5Sess => hash_with::<Md5>(parts),
        Algorithm::Sha256 | Algorithm::Sha256Sess => hash_with::<Sha256>(parts),
        Algorithm::Sha512Trunc256 | Algorithm::Sha512Trunc256Sess => hash_with::<Sha512_256>(parts),
    }
}

fn hash_with<D: Digest>(parts: &[&[u8]]) -> String {
    let mut digest = D::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            digest.update(b":");
        }
        digest.update(part);
    }
    digest.finalize().iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit).collect()
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

fn escape_quoted(text: &str) -> String {
    let quoted = crate::text::quote(text);
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}
