//! The certificate: from files, or one made for development and kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

/// PEM files of a certificate chain and its key.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// A certificate that TLS can use.
#[derive(Clone)]
pub struct Certificate(Arc<ServerConfig>);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The files hold no usable pair.
    #[error(
        "{} and {} are not a certificate chain and its key: {reason}",
        certificate.display(),
        key.display()
    )]
    Unusable {
        /// The chain's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The development certificate can't be made or kept.
    #[error("the development certificate can't be written to {}: {source}", path.display())]
    NotKept {
        /// Where it was to be.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Certificate {
    /// Reads the given files, or those of an earlier run in `data`, or makes new ones there.
    ///
    /// # Errors
    /// When files are given and can't be used, or `data` can't be written.
    pub fn load_or_make(
        files: Option<&CertificateFiles>,
        data: &Path,
    ) -> Result<Self, CertificateError> {
        match files {
            Some(files) => Self::load(files),
            None => {
                let files = CertificateFiles {
                    certificate: data.join("development-certificate.pem"),
                    key: data.join("development-key.pem"),
                };
                if !(files.certificate.exists() && files.key.exists()) {
                    make(&files)?;
                }
                Self::load(&files)
            }
        }
    }

    /// What accepts connections.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.clone())
    }

    fn load(files: &CertificateFiles) -> Result<Self, CertificateError> {
        read(files).map(|config| Self(Arc::new(config))).map_err(|reason| {
            CertificateError::Unusable {
                certificate: files.certificate.clone(),
                key: files.key.clone(),
                reason,
            }
        })
    }
}

fn read(files: &CertificateFiles) -> Result<ServerConfig, String> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn make(files: &CertificateFiles) -> Result<(), CertificateError> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let mut params = CertificateParams::new(names).expect("the names are valid");
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Cordboard development");
    params.distinguished_name = subject;
    let key = KeyPair::generate().expect("the ring provider makes P-256 keys");
    let certificate = params.self_signed(&key).expect("a key signs its own certificate");
    keep(&files.key, &key.serialize_pem(), true)?;
    keep(&files.certificate, &certificate.pem(), false)
}

fn keep(path: &Path, text: &str, secret: bool) -> Result<(), CertificateError> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mode = if secret { 0o600 } else { 0o644 };
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| CertificateError::NotKept { path: path.to_owned(), source })
}
