//! Keys and passwords of long-term credentials.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;

/// What MESSAGE-INTEGRITY is made with.
#[derive(Clone)]
pub struct Key(Vec<u8>);

impl Key {
    /// Of a long-term credential (RFC 8489 9.2.2).
    #[must_use]
    pub fn long_term(username: &str, realm: &str, password: &str) -> Self {
        let mut hash = Md5::new();
        hash.update(format!("{username}:{realm}:{password}"));
        Self(hash.finalize().to_vec())
    }

    /// Of a short-term credential: the password itself.
    #[must_use]
    pub fn short_term(password: &str) -> Self {
        Self(password.as_bytes().to_vec())
    }

    pub(crate) fn sum(&self, parts: &[&[u8]]) -> [u8; 20] {
        self.mac(parts).finalize().into_bytes().into()
    }

    /// Takes the same time for whatever is wrong.
    pub(crate) fn is_sum_of(&self, parts: &[&[u8]], sum: &[u8]) -> bool {
        self.mac(parts).verify_slice(sum).is_ok()
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha1> {
        let mut mac = keyed(&self.0);
        parts.iter().for_each(|part| mac.update(part));
        mac
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// The password that belongs to a user name of the form `expiry:user` for whoever knows the secret:
/// the way in which all TURN servers take credentials with an end.
#[must_use]
pub fn password(secret: &[u8], username: &str) -> String {
    let mut mac = keyed(secret);
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn keyed(key: &[u8]) -> Hmac<Sha1> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}
