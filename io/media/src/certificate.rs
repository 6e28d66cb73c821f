//! The certificate for DTLS: self-signed, made at start, trusted by its fingerprint in SDP.

/// A certificate with its key.
pub struct SelfSigned {
    /// X.509 in DER; ECDSA P-256.
    pub der: Vec<u8>,
    /// The private key as PKCS#8 in DER.
    pub key_pkcs8: Vec<u8>,
}

/// Makes one; costs about a millisecond, so make one per process.
///
/// # Errors
/// When the system has no randomness.
pub fn certificate() -> Result<SelfSigned, rcgen::Error> {
    let key = rcgen::KeyPair::generate()?;
    // RFC 8827 6.5: nothing in it should tell who or where we are.
    let certificate =
        rcgen::CertificateParams::new(vec!["webrtc".to_owned()])?.self_signed(&key)?;
    Ok(SelfSigned { der: certificate.der().to_vec(), key_pkcs8: key.serialize_der() })
}
