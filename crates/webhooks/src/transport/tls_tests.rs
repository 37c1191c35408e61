//! Receivers that speak TLS, or something else in its place.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::connector::SystemResolver;
use crate::guard::AddressGuard;
use crate::tls::Tls;

/// A certificate of its own authority for these names, and its key.
fn certificate(names: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name).display().to_string();
    let (key, certificate) = (file("key.pem"), file("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=receiver", "-addext", names])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (
        CertificateDer::from_pem_file(Path::new(&certificate)).expect("a certificate"),
        PrivateKeyDer::from_pem_file(Path::new(&key)).expect("a key"),
    )
}

/// A receiver with this certificate.
async fn receiver(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> SocketAddr {
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate and its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut bytes = [0; 1_024];
                let _ = stream.read(&mut bytes).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    address
}

async fn post(url: &str, trusted: Option<CertificateDer<'static>>) -> Result<u16, NoAnswer> {
    let mut roots = RootCertStore::empty();
    if let Some(certificate) = trusted {
        roots.add(certificate).expect("a certificate");
    }
    let guard = AddressGuard::allowing(&["127.0.0.0/8".parse().expect("a network")]);
    let connector = GuardedConnector::new(guard, Box::new(SystemResolver), Tls::trusting(roots));
    let transport = Transport::new(connector, Duration::from_secs(10));
    let uri = url.parse().expect("a URL");
    let answer = transport.post(uri, HeaderMap::new(), Bytes::from_static(b"{}")).await;
    answer.map(|answer| answer.status.as_u16())
}

const FAILED: Result<u16, NoAnswer> = Err(NoAnswer::Connection(ConnectError::Tls));

#[tokio::test]
async fn the_certificate_has_to_be_trusted_and_to_name_the_host() {
    let (good, key) = certificate("subjectAltName=DNS:localhost,IP:127.0.0.1");
    let (other, _) = certificate("subjectAltName=DNS:localhost");
    let port = receiver(good.clone(), key).await.port();
    let (by_name, by_address) =
        (format!("https://localhost:{port}/"), format!("https://127.0.0.1:{port}/"));

    assert_eq!(post(&by_name, Some(good.clone())).await, Ok(200));
    assert_eq!(post(&by_address, Some(good.clone())).await, Ok(200));
    assert_eq!(
        post(&format!("https://127.0.0.2:{port}/"), Some(good)).await,
        Err(NoAnswer::Connection(ConnectError::Connect))
    );
    assert_eq!(post(&by_name, Some(other)).await, FAILED);
    assert_eq!(post(&by_name, None).await, FAILED);
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let (certificate, key) = certificate("subjectAltName=DNS:elsewhere.example");
    let port = receiver(certificate.clone(), key).await.port();

    assert_eq!(post(&format!("https://localhost:{port}/"), Some(certificate)).await, FAILED);
}

#[tokio::test]
async fn a_receiver_without_tls_is_a_tls_error() {
    let (certificate, _) = certificate("subjectAltName=DNS:localhost");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });

    assert_eq!(post(&format!("https://localhost:{port}/"), Some(certificate)).await, FAILED);
}
