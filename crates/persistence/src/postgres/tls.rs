//! The way to the server: which one the URL means, and how much of TLS it asks for.
//!
//! The client library knows three modes, and none that looks at the certificate; the URLs that hosted
//! databases hand out have five and a file. So what is about TLS is taken out of the URL and done
//! here, as libpq does it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{CancelToken, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::verifiers::{AnyName, Anybody};
use crate::OpenError;

const MODES: &str = "sslmode is one of disable, prefer, require, verify-ca and verify-full";

/// What is refused, because to leave it out would be another thing than what was asked for.
const UNKNOWN: [&str; 6] =
    ["sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir", "sslcertmode"];

/// After how long an idle connection is probed, how often, and after how many failures it is closed.
/// The URL may set other values. Routers and balancers forget idle connections after some minutes;
/// the library would probe after two hours, and the next request would get no answer.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// A server, and the way to it.
#[derive(Clone)]
pub(super) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
}

/// What a URL says of TLS.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wishes {
    mode: Option<Mode>,
    root: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Target {
    /// Reads a URL, and the certificates that it names.
    ///
    /// # Errors
    /// What is wrong with it, without a part that may be secret.
    pub(super) fn of(url: &str) -> Result<Self, OpenError> {
        let (plain, wishes) = Wishes::take(url).map_err(OpenError::Address)?;
        let config: Config = plain.parse().map_err(|error| OpenError::Address(chain(&error)))?;
        let mode = wishes.mode_for(&config);
        let tls = client(mode, wishes.root.as_deref()).map_err(OpenError::Address)?;
        let mut config = config;
        if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
            config.keepalives_idle(KEEPALIVE_IDLE);
            config.keepalives_interval(KEEPALIVE_INTERVAL).keepalives_retries(KEEPALIVE_RETRIES);
        }
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    /// Connects to it, for statements that are not ours to write with diesel.
    pub(super) async fn client(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(async move {
            // What it ends with, its client is told as well.
            let _ended = connection.await;
        });
        Ok(client)
    }

    /// Which server it is, without what may be secret.
    pub(super) fn address(&self) -> String {
        let ports = self.config.get_ports();
        let port = |place: usize| ports.get(place).or(ports.first()).copied().unwrap_or(5432);
        let hosts = self.config.get_hosts().iter().enumerate().map(|(place, host)| match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]:{}", port(place)),
            Host::Tcp(name) => format!("{name}:{}", port(place)),
            #[cfg(unix)]
            Host::Unix(folder) => format!("{}, port {}", folder.display(), port(place)),
        });
        hosts.collect::<Vec<_>>().join(", ")
    }

    /// The server, and the database on it.
    pub(super) fn location(&self) -> String {
        // What the library does without a name of a database.
        let database = self.config.get_dbname().or(self.config.get_user()).unwrap_or_default();
        format!("{}, database {database:?}", self.address())
    }

    /// Connects to it.
    pub(super) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let (client, connection) = self
            .config
            .connect(self.tls.clone())
            .await
            .map_err(|error| ConnectionError::BadConnection(chain(&error)))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

impl Target {
    /// Asks it to cancel what a connection does, whether or not that helps.
    pub(super) async fn cancel(&self, token: &CancelToken) {
        if let Err(error) = token.cancel_query(self.tls.clone()).await {
            tracing::debug!(%error, "a statement could not be cancelled");
        }
    }
}

impl Wishes {
    /// Takes what is about TLS out of a URL.
    fn take(url: &str) -> Result<(String, Self), String> {
        // A question mark in a password is none.
        let start = url.find('@').unwrap_or(0);
        let Some(at) = url[start..].find('?').map(|at| start + at) else {
            return Ok((url.to_owned(), Self::default()));
        };
        let mut wishes = Self::default();
        let mut kept = Vec::new();
        for pair in url[at + 1..].split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("sslmode", value) => wishes.mode = Some(Mode::parse(value)?),
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
    fn mode_for(&self, config: &Config) -> Mode {
        match (self.mode, &self.root) {
            (Some(Mode::Require), Some(root)) if root != "system" => Mode::VerifyCa,
            (Some(mode), _) => mode,
            (None, Some(_)) => Mode::VerifyFull,
            (None, None) if is_near(config) => Mode::Disable,
            (None, None) => Mode::Prefer,
        }
    }
}

impl Mode {
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
fn client(mode: Mode, root: Option<&str>) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = match mode {
        Mode::Disable | Mode::Prefer | Mode::Require => {
            let verifier = Arc::new(Anybody::new(&provider));
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
        Mode::VerifyCa => {
            let verifier = Arc::new(AnyName::new(of_a_known_authority(root, provider)?));
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
        Mode::VerifyFull => builder.with_webpki_verifier(of_a_known_authority(root, provider)?),
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
        return Err(format!("the file {} of sslrootcert has no certificate", path.display()));
    }
    Ok(roots)
}

fn of_the_system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this system has no certificates of authorities; install them (Debian: \
                    ca-certificates), or name a file by sslrootcert"
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
    String::from_utf8(bytes).map_err(|_| "sslrootcert is no name of a file".to_owned())
}

/// An error with what led to it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
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

    fn read(url: &str) -> (String, Wishes) {
        Wishes::take(url).expect("a URL")
    }

    fn mode(url: &str) -> Mode {
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
                Some(Mode::Require),
                None,
            ),
            (
                "postgres://u:p?w@h/d?connect_timeout=5&sslmode=verify-full\
                 &sslrootcert=%2Fetc%2Fa%20b.pem",
                "postgres://u:p?w@h/d?connect_timeout=5",
                Some(Mode::VerifyFull),
                Some("/etc/a b.pem"),
            ),
            ("postgres://h/d?sslrootcert=system", "postgres://h/d", None, Some("system")),
        ] {
            let root = root.map(str::to_owned);
            assert_eq!(read(url), (plain.to_owned(), Wishes { mode, root }), "{url}");
        }
    }

    #[test]
    fn the_mode_is_that_of_the_url_and_else_of_where_the_server_is() {
        for (url, expected) in [
            ("postgres://h/d?sslmode=disable", Mode::Disable),
            ("postgres://h/d?sslmode=verify-ca", Mode::VerifyCa),
            ("postgres://h/d?sslmode=require", Mode::Require),
            ("postgres://h/d?sslmode=require&sslrootcert=/ca.pem", Mode::VerifyCa),
            ("postgres://h/d?sslrootcert=/ca.pem", Mode::VerifyFull),
            ("postgres://db.example.com/d", Mode::Prefer),
            ("postgres://10.0.0.1/d", Mode::Prefer),
            ("postgres://localhost/d", Mode::Disable),
            ("postgres://127.0.0.1/d", Mode::Disable),
            ("postgres://u@%2Fvar%2Frun/d", Mode::Disable),
        ] {
            assert_eq!(mode(url), expected, "{url}");
        }
    }

    #[test]
    fn idle_connections_are_kept_alive_unless_the_url_says_how() {
        let idle = |url: &str| Target::of(url).expect("a URL").config.get_keepalives_idle();

        assert_eq!(idle("postgres://desk@localhost/desk"), KEEPALIVE_IDLE);
        assert_eq!(
            idle("postgres://desk@localhost/desk?keepalives_idle=77"),
            Duration::from_secs(77)
        );
    }

    #[test]
    fn what_is_not_done_is_refused_and_no_secret_is_repeated() {
        for (url, part) in [
            ("postgres://u:hush@h/d?sslmode=sometimes", "prefer, require, verify-ca"),
            ("postgres://u:hush@h/d?sslcert=me.pem", "sslcert is not supported"),
            ("postgres://u:hush@h/d?sslrootcert=/no/file", "/no/file"),
            ("postgres://u:hush@h/d?color=red", "color"),
            ("postgres://u:hush@h:port/d", "port"),
        ] {
            let refused = Target::of(url).err().map(|error| chain(&error)).expect("refused");
            assert!(refused.contains(part) && !refused.contains("hush"), "{url}: {refused}");
        }
    }
}
