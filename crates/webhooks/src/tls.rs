//! TLS to receivers: the certificates of authorities that the operating system trusts, TLS 1.2 and 1.3.

use std::sync::{Arc, OnceLock};

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// The configuration for all receivers. It is made for the first of them, because reading the
/// certificates takes longer than the rest of a start.
#[derive(Debug, Default)]
pub(crate) struct Tls(OnceLock<Option<Arc<ClientConfig>>>);

impl Tls {
    /// One that trusts these authorities.
    #[cfg(test)]
    pub(crate) fn trusting(roots: RootCertStore) -> Self {
        Self(OnceLock::from(client(roots)))
    }

    /// `None` if this system trusts no authority.
    pub(crate) fn client(&self) -> Option<Arc<ClientConfig>> {
        self.0.get_or_init(|| client(of_the_system())).clone()
    }
}

fn client(roots: RootCertStore) -> Option<Arc<ClientConfig>> {
    if roots.is_empty() {
        tracing::error!(
            "this system has no CA certificates, so no webhook can be sent by HTTPS; install them \
             (Debian: ca-certificates) and restart"
        );
        return None;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(Arc::new(config))
}

fn of_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
