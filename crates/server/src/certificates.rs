//! HTTPS: the certificate that the server shows, which can be replaced while it runs.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

/// Where a certificate and its key are, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and after it those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The certificate of a server. Connections that are open keep the one that they began with.
#[derive(Debug)]
pub struct Certificates {
    files: TlsFiles,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not belong together.
    pub(crate) fn read(files: TlsFiles) -> anyhow::Result<Arc<Self>> {
        let current = RwLock::new(read(&files)?);
        Ok(Arc::new(Self { files, current }))
    }

    /// Reads the files again, for all connections from now on.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not belong together; then all stays as it was.
    pub fn read_again(&self) -> anyhow::Result<()> {
        let read = read(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// How the server speaks TLS.
    pub(crate) fn acceptor(self: &Arc<Self>) -> anyhow::Result<TlsAcceptor> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config).into())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(files: &TlsFiles) -> anyhow::Result<Arc<CertifiedKey>> {
    let TlsFiles { certificate, key } = files;
    let unusable = || format!("--tls-cert {} cannot be used", certificate.display());
    let chain = CertificateDer::pem_file_iter(certificate).with_context(unusable)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().with_context(unusable)?;
    anyhow::ensure!(
        !chain.is_empty(),
        "--tls-cert {} contains no certificate",
        certificate.display()
    );
    let unusable = || format!("--tls-key {} cannot be used", key.display());
    let private = PrivateKeyDer::from_pem_file(key).with_context(unusable)?;
    let both = CertifiedKey::from_der(chain, private, &ring::default_provider());
    let both = both.with_context(|| {
        format!(
            "--tls-key {} does not belong to --tls-cert {}",
            key.display(),
            certificate.display()
        )
    })?;
    Ok(Arc::new(both))
}
