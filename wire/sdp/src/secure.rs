//! Keys and fingerprints: DTLS (RFC 8122, RFC 8842) and SDES (RFC 4568).

use std::fmt;

/// The fingerprint of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// The hash function's name in lower case: `sha-256`.
    pub hash: String,
    /// The hash.
    pub bytes: Vec<u8>,
}

impl Fingerprint {
    /// A SHA-256 fingerprint.
    #[must_use]
    pub fn sha256(bytes: [u8; 32]) -> Self {
        Self { hash: "sha-256".into(), bytes: bytes.to_vec() }
    }

    /// Reads `sha-256 AB:CD:…`.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (hash, digits) = value.trim().split_once(' ')?;
        let byte = |pair: &str| {
            let is_pair = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_pair.then(|| u8::from_str_radix(pair, 16).ok())?
        };
        let bytes: Option<Vec<u8>> = digits.trim().split(':').map(byte).collect();
        Some(Self { hash: hash.to_ascii_lowercase(), bytes: bytes? })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.hash)?;
        for (at, byte) in self.bytes.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// Which side opens the DTLS handshake (RFC 4145, RFC 8842).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are RFC 4145's")]
pub enum Setup {
    Active,
    ActPass,
    HoldConn,
    Passive,
}

impl Setup {
    /// Reads the attribute's value.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Some(match value.trim().to_ascii_lowercase().as_str() {
            "active" => Self::Active,
            "actpass" => Self::ActPass,
            "holdconn" => Self::HoldConn,
            "passive" => Self::Passive,
            _ => return None,
        })
    }

    /// The attribute's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ActPass => "actpass",
            Self::HoldConn => "holdconn",
            Self::Passive => "passive",
        }
    }

    /// Our role in the first answer to an offer: we wait for the browser's ClientHello, since
    /// it comes after the browser's own checks opened its NAT; unless the offer insists.
    #[must_use]
    pub const fn answer_to(offered: Option<Self>) -> Self {
        match offered {
            Some(Self::Passive) => Self::Active,
            Some(Self::HoldConn) => Self::HoldConn,
            Some(Self::ActPass | Self::Active) | None => Self::Passive,
        }
    }
}

/// An SDES key offer. Read so that it can be refused or reported; Debug hides the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Crypto {
    /// The tag that an answer repeats.
    pub tag: u32,
    /// The suite: `AES_CM_128_HMAC_SHA1_80`.
    pub suite: String,
    /// `inline:…` and session parameters, as written.
    pub key_params: String,
}

impl Crypto {
    /// Reads `1 AES_CM_128_HMAC_SHA1_80 inline:…`.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.trim().splitn(3, ' ');
        let tag = words.next()?.parse().ok()?;
        let suite = words.next()?.to_owned();
        let key_params = words.next()?.trim().to_owned();
        Some(Self { tag, suite, key_params })
    }
}

impl fmt::Debug for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crypto")
            .field("tag", &self.tag)
            .field("suite", &self.suite)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_fingerprint_reads_and_writes_the_same() {
        let text = format!("sha-256 {}", ["0A"; 32].join(":"));
        let read = Fingerprint::parse(&text).unwrap();
        assert_eq!(read, Fingerprint::sha256([10; 32]));
        assert_eq!(read.to_string(), text);
        assert_eq!(Fingerprint::parse("SHA-256 0a:ff").unwrap().hash, "sha-256");
        for bad in ["sha-256", "sha-256 ", "sha-256 0A:", "sha-256 0A:G0", "sha-256 +A:00"] {
            assert_eq!(Fingerprint::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn we_let_the_other_side_open_the_handshake_unless_it_cannot() {
        assert_eq!(Setup::answer_to(Some(Setup::ActPass)), Setup::Passive);
        assert_eq!(Setup::answer_to(Some(Setup::Passive)), Setup::Active);
        assert_eq!(Setup::answer_to(None), Setup::Passive);
    }

    #[test]
    fn keys_are_not_in_debug_text() {
        let crypto = Crypto::parse("1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0").unwrap();
        assert!(!format!("{crypto:?}").contains("c2VjcmV0"));
    }
}
