//! How much of TLS a URL asks for.
//!
//! The client library knows three modes, and none that looks at the certificate; the URLs that hosted
//! databases hand out have five and a file. So what is about TLS is taken out of the URL and done
//! here, as libpq does it.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::channel::Encryption;
use super::verifiers::{AcceptAnyCertificate, IgnoreServerName};

const MODES: &str = "sslmode must be one of disable, prefer, require, verify-ca and verify-full";

/// What is refused, because to leave it out would be another thing than what was asked for.
const UNKNOWN: [&str; 6] =
    ["sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir", "sslcertmode"];

/// What a URL says of TLS.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TlsSettings {
    mode: Option<SslMode>,
    pub(super) root: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SslMode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl TlsSettings {
    /// Takes what is about TLS out of a URL.
    pub(super) fn take(url: &str) -> Result<(String, Self), String> {
        // A question mark in a password is none.
        let start = url.find('@').unwrap_or(0);
        let Some(at) = url[start..].find('?').map(|at| start + at) else {
            return Ok((url.to_owned(), Self::default()));
        };
        let mut wishes = Self::default();
        let mut kept = Vec::new();
        for pair in url[at + 1..].split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("sslmode", value) => wishes.mode = Some(SslMode::parse(value)?),
                ("sslrootcert", value) => wishes.root = Some(decoded(value)?),
                (name, _) if UNKNOWN.contains(&name) => {
                    return Err(format!("{name} is not supported"));
                }
                _ => kept.push(pair),
            }
        }
        let base = &url[..at];
        let plain =
            if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        Ok((plain, wishes))
    }

    /// A URL that names certificates has them verified. One that asks for nothing gets what the server
    /// can, unless the server is on this machine.
    pub(super) fn mode_for(&self, config: &Config) -> SslMode {
        match (self.mode, &self.root) {
            (Some(SslMode::Require), Some(root)) if root != "system" => SslMode::VerifyCa,
            (Some(mode), _) => mode,
            (None, Some(_)) => SslMode::VerifyFull,
            (None, None) if is_near(config) => SslMode::Disable,
            (None, None) => SslMode::Prefer,
        }
    }
}

impl SslMode {
    /// When a channel is encrypted in this mode, `directly` without asking the server first.
    pub(super) fn encryption(self, directly: bool) -> Result<Encryption, String> {
        match self {
            Self::Disable => Ok(Encryption::Never),
            Self::Prefer if directly => {
                Err("sslnegotiation=direct needs sslmode=require or more".to_owned())
            }
            Self::Prefer => Ok(Encryption::IfOffered),
            Self::Require | Self::VerifyCa | Self::VerifyFull if directly => Ok(Encryption::AtOnce),
            Self::Require | Self::VerifyCa | Self::VerifyFull => Ok(Encryption::Always),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err(MODES.to_owned()),
        }
    }
}

/// Whether the server is on this machine.
fn is_near(config: &Config) -> bool {
    let loopback = |host: &str| {
        host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    };
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => loopback(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

/// The settings of TLS for a mode.
pub(super) fn client(mode: SslMode, root: Option<&str>) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = match mode {
        SslMode::Disable | SslMode::Prefer | SslMode::Require => {
            let verifier = Arc::new(AcceptAnyCertificate::new(&provider));
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
        SslMode::VerifyCa => {
            let verifier = Arc::new(IgnoreServerName::new(of_a_known_authority(root, provider)?));
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
        SslMode::VerifyFull => builder.with_webpki_verifier(of_a_known_authority(root, provider)?),
    };
    Ok(config.with_no_client_auth())
}

fn of_a_known_authority(
    root: Option<&str>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, String> {
    let roots = match root {
        Some(path) if path != "system" => from_file(Path::new(path))?,
        _ => of_the_system()?,
    };
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| error.to_string())
}

fn from_file(path: &Path) -> Result<RootCertStore, String> {
    let failed = |error: &dyn std::error::Error| {
        format!("the file {} of sslrootcert cannot be used: {}", path.display(), chain(error))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))? {
        let certificate = certificate.map_err(|error| failed(&error))?;
        roots.add(certificate).map_err(|error| failed(&error))?;
    }
    if roots.is_empty() {
        return Err(format!("the file {} of sslrootcert contains no certificate", path.display()));
    }
    Ok(roots)
}

fn of_the_system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this system has no CA certificates; install them (Debian: ca-certificates), \
            or set sslrootcert to a file"
            .to_owned());
    }
    Ok(roots)
}

/// Text with its `%41` made characters.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = std::str::from_utf8(after.get(..2).unwrap_or_default()).unwrap_or_default();
        match (*first, u8::from_str_radix(code, 16)) {
            (b'%', Ok(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (byte, _) => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| "sslrootcert is not a file name".to_owned())
}

/// An error with what led to it, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        source = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> (String, TlsSettings) {
        TlsSettings::take(url).expect("a URL")
    }

    fn mode(url: &str) -> SslMode {
        let (plain, wishes) = read(url);
        wishes.mode_for(&plain.parse().expect("a URL"))
    }

    #[test]
    fn what_is_about_tls_is_taken_out_and_the_rest_stays() {
        for (url, plain, mode, root) in [
            ("postgres://u:p@h/d", "postgres://u:p@h/d", None, None),
            (
                "postgresql://u:p@h/d?sslmode=require&channel_binding=require",
                "postgresql://u:p@h/d?channel_binding=require",
                Some(SslMode::Require),
                None,
            ),
            (
                "postgres://u:p?w@h/d?connect_timeout=5&sslmode=verify-full\
                 &sslrootcert=%2Fetc%2Fa%20b.pem",
                "postgres://u:p?w@h/d?connect_timeout=5",
                Some(SslMode::VerifyFull),
                Some("/etc/a b.pem"),
            ),
            ("postgres://h/d?sslrootcert=system", "postgres://h/d", None, Some("system")),
        ] {
            let root = root.map(str::to_owned);
            assert_eq!(read(url), (plain.to_owned(), TlsSettings { mode, root }), "{url}");
        }
    }

    #[test]
    fn the_mode_is_that_of_the_url_and_else_of_where_the_server_is() {
        for (url, expected) in [
            ("postgres://h/d?sslmode=disable", SslMode::Disable),
            ("postgres://h/d?sslmode=verify-ca", SslMode::VerifyCa),
            ("postgres://h/d?sslmode=require", SslMode::Require),
            ("postgres://h/d?sslmode=require&sslrootcert=/ca.pem", SslMode::VerifyCa),
            ("postgres://h/d?sslrootcert=/ca.pem", SslMode::VerifyFull),
            ("postgres://db.example.com/d", SslMode::Prefer),
            ("postgres://10.0.0.1/d", SslMode::Prefer),
            ("postgres://localhost/d", SslMode::Disable),
            ("postgres://127.0.0.1/d", SslMode::Disable),
            ("postgres://u@%2Fvar%2Frun/d", SslMode::Disable),
        ] {
            assert_eq!(mode(url), expected, "{url}");
        }
    }
}
