//! Keys and fingerprints: DTLS (RFC 8122, RFC 8842) and SDES (RFC 4568).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

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

/// How SDES protects (RFC 4568 6.2, RFC 6188, RFC 7714 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the RFCs'")]
pub enum Suite {
    AeadAes128Gcm,
    AeadAes256Gcm,
    AesCm128Sha1_32,
    AesCm128Sha1_80,
    AesCm256Sha1_32,
    AesCm256Sha1_80,
}

impl Suite {
    /// The suite of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        SUITES.into_iter().find(|suite| suite.as_str().eq_ignore_ascii_case(word))
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
            Self::AesCm128Sha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Self::AesCm128Sha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm256Sha1_32 => "AES_256_CM_HMAC_SHA1_32",
            Self::AesCm256Sha1_80 => "AES_256_CM_HMAC_SHA1_80",
        }
    }

    /// Bytes of the master key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AesCm128Sha1_32 | Self::AesCm128Sha1_80 => 16,
            Self::AeadAes256Gcm | Self::AesCm256Sha1_32 | Self::AesCm256Sha1_80 => 32,
        }
    }

    /// Bytes of the master key and the salt behind it.
    #[must_use]
    pub const fn material_len(self) -> usize {
        let salt = match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            Self::AesCm128Sha1_32
            | Self::AesCm128Sha1_80
            | Self::AesCm256Sha1_32
            | Self::AesCm256Sha1_80 => 14,
        };
        self.key_len() + salt
    }
}

const SUITES: [Suite; 6] = [
    Suite::AeadAes128Gcm,
    Suite::AeadAes256Gcm,
    Suite::AesCm128Sha1_32,
    Suite::AesCm128Sha1_80,
    Suite::AesCm256Sha1_32,
    Suite::AesCm256Sha1_80,
];

/// An SDES key. Debug hides it.
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

impl Crypto {
    /// A key of ours: `material` is the master key with the salt behind it.
    #[must_use]
    pub fn new(tag: u32, suite: Suite, material: &[u8]) -> Self {
        let key_params = format!("inline:{}", STANDARD.encode(material));
        Self { tag, suite: suite.as_str().to_owned(), key_params }
    }

    /// Suite, key and salt, when we can do what it asks for: no session parameter that changes how
    /// packets are protected, and no key identifiers in packets.
    #[must_use]
    pub fn material(&self) -> Option<(Suite, Vec<u8>)> {
        let suite = Suite::parse(&self.suite)?;
        let mut words = self.key_params.split(' ');
        let inline = words.next()?.split(';').next()?.strip_prefix("inline:")?;
        let harmless = |word: &str| word.is_empty() || word.starts_with("WSH=");
        if !words.all(harmless) {
            return None;
        }
        let mut parts = inline.split('|');
        let material = STANDARD.decode(parts.next()?).ok()?;
        // Of what may follow, a lifetime does no harm: a call ends sooner.
        let has_identifier = parts.any(|part| part.contains(':'));
        let is_usable = !has_identifier && material.len() == suite.material_len();
        is_usable.then_some((suite, material))
    }
}

impl fmt::Display for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.tag, self.suite, self.key_params)
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
    fn keys_are_read_as_they_are_written_and_what_we_can_not_do_is_not_taken() {
        for suite in SUITES {
            let material: Vec<u8> = (0..suite.material_len() as u8).collect();
            let text = Crypto::new(3, suite, &material).to_string();
            assert_eq!(Crypto::parse(&text).unwrap().material(), Some((suite, material)), "{text}");
        }
        // RFC 4568 4.1: with a lifetime, with a key identifier, with session parameters.
        let rfc = "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20";
        let taken = |text: &str| Crypto::parse(text).unwrap().material().is_some();
        assert!(taken(rfc) && taken(&format!("{rfc} WSH=64")));
        for bad in [
            format!("{rfc}|1:32"),
            format!("{rfc} UNENCRYPTED_SRTCP"),
            format!("{rfc} KDR=1"),
            rfc.replace("SHA1_80", "SHA1_99"),
            rfc.replace("XXtx", ""),
            rfc.replace("inline:", "uri:"),
            rfc.replace("PS1u", "!!!!"),
        ] {
            assert!(!taken(&bad), "{bad}");
        }
    }

    #[test]
    fn keys_are_not_in_debug_text() {
        let crypto = Crypto::parse("1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0").unwrap();
        assert!(!format!("{crypto:?}").contains("c2VjcmV0"));
    }
}
