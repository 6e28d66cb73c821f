//! The certificate of every TLS port: from files, or one made for development and kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::{TlsAcceptor, TlsConnector};

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
pub struct Certificate {
    files: CertificateFiles,
    plain: Arc<ServerConfig>,
}

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
    /// An authority of others' certificates can't be used.
    #[error("{} is no authority of certificates: {reason}", path.display())]
    Authority {
        /// Its file.
        path: PathBuf,
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

    /// What accepts connections that speak one of these protocols (ALPN), or do not say which.
    #[must_use]
    pub fn acceptor(&self, protocols: &[&str]) -> TlsAcceptor {
        let mut config = ServerConfig::clone(&self.plain);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    /// The same, and whoever shows a certificate must have it from this authority; with
    /// `is_required` everybody shows one.
    ///
    /// # Errors
    /// When the authority's file holds no certificate.
    pub fn acceptor_for_clients_of(
        &self,
        authority: &Path,
        is_required: bool,
    ) -> Result<TlsAcceptor, CertificateError> {
        let unusable =
            |reason: String| CertificateError::Authority { path: authority.to_owned(), reason };
        let verifier = verifier(authority, is_required).map_err(unusable)?;
        let config = read(&self.files, Some(verifier)).map_err(unusable)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// What opens connections to others: they show certificates of the public authorities, or of
    /// this one; who asks us for a certificate is shown this one.
    ///
    /// # Errors
    /// When the authority's file holds no certificate.
    pub fn connector(&self, authority: Option<&Path>) -> Result<TlsConnector, CertificateError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = authority {
            let unusable = |reason| CertificateError::Authority { path: path.to_owned(), reason };
            add_roots(&mut roots, path).map_err(unusable)?;
        }
        let unusable = |reason: String| CertificateError::Unusable {
            certificate: self.files.certificate.clone(),
            key: self.files.key.clone(),
            reason,
        };
        let (chain, key) = pair(&self.files).map_err(unusable)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config.with_root_certificates(roots).with_client_auth_cert(chain, key)
            });
        let config = config.map_err(|error| unusable(error.to_string()))?;
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn load(files: &CertificateFiles) -> Result<Self, CertificateError> {
        let plain = read(files, None).map_err(|reason| CertificateError::Unusable {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            reason,
        })?;
        Ok(Self { files: files.clone(), plain: Arc::new(plain) })
    }
}

fn verifier(authority: &Path, is_required: bool) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    add_roots(&mut roots, authority)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = if is_required { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|error| error.to_string())
}

fn add_roots(roots: &mut RootCertStore, authority: &Path) -> Result<(), String> {
    for certificate in CertificateDer::pem_file_iter(authority).map_err(|e| e.to_string())? {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(())
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn pair(files: &CertificateFiles) -> Result<Pair, String> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| error.to_string())?;
    Ok((chain, key))
}

fn read(
    files: &CertificateFiles,
    clients: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<ServerConfig, String> {
    let (chain, key) = pair(files)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match clients {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    builder.with_single_cert(chain, key).map_err(|error| error.to_string())
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{BasicConstraints, CertifiedIssuer, IsCa};
    use rustls::pki_types::ServerName;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// An authority, and a client's certificate from it.
    fn client() -> (String, CertificateDer<'static>, PrivateKeyDer<'static>) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["carrier.example".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        (issuer.pem(), certificate.der().clone(), key)
    }

    /// Whether a client comes through, with a certificate or without one.
    async fn passes(
        server: &TlsAcceptor,
        trusted: &Path,
        shows: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
    ) -> bool {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(trusted).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match shows {
            Some((certificate, key)) => {
                config.with_client_auth_cert(vec![certificate], key).unwrap()
            }
            None => config.with_no_client_auth(),
        };
        let (ours, theirs) = duplex(16_384);
        let server = server.clone();
        let answered = tokio::spawn(async move {
            let mut stream = server.accept(ours).await?;
            stream.write_all(b"here").await?;
            stream.shutdown().await
        });
        let name = ServerName::try_from("localhost").unwrap();
        let connected = TlsConnector::from(Arc::new(config)).connect(name, theirs).await;
        let mut heard = Vec::new();
        if let Ok(mut stream) = connected {
            // What a refused client reads is an error.
            let _ = stream.read_to_end(&mut heard).await;
        }
        answered.await.unwrap().is_ok() && heard == b"here"
    }

    #[tokio::test]
    async fn clients_show_certificates_of_the_authority_or_none_unless_one_is_required() {
        let data = tempfile::tempdir().unwrap();
        let certificate = Certificate::load_or_make(None, data.path()).unwrap();
        let trusted = data.path().join("development-certificate.pem");
        let (authority, theirs, key) = client();
        let (_, strange, strange_key) = client();
        let file = data.path().join("authority.pem");
        fs::write(&file, authority).unwrap();
        for (is_required, without) in [(false, true), (true, false)] {
            let server = certificate.acceptor_for_clients_of(&file, is_required).unwrap();
            assert_eq!(passes(&server, &trusted, None).await, without);
            let good = Some((theirs.clone(), key.clone_key()));
            assert!(passes(&server, &trusted, good).await);
            let bad = Some((strange.clone(), strange_key.clone_key()));
            assert!(!passes(&server, &trusted, bad).await, "of another authority");
        }
        fs::write(&file, "no certificate").unwrap();
        let told = certificate.acceptor_for_clients_of(&file, true).map(|_| ()).unwrap_err();
        assert!(told.to_string().contains("authority.pem"), "{told}");
    }
}
