//! The server that a URL means, and the ways to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use tokio::net::UnixStream;
use tokio_postgres::config::{Host, SslMode, SslNegotiation, TargetSessionAttrs};
use tokio_postgres::{CancelToken, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::channel::Channels;
use super::sqlstate::SqlStateStream;
use super::tls::{TlsSettings, chain, client};
use crate::OpenError;

/// After how long an idle connection is probed, how often, and after how many failures it is closed.
/// The URL may set other values. Routers and balancers forget idle connections after some minutes;
/// the library would probe after two hours, and the next request would get no answer.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

const ALONE: &str = "a URL with a socket must not contain another host or hostaddr";
const ATTRIBUTES: &str = "target_session_attrs is not supported for a socket";

/// A server, and the way to it.
#[derive(Clone)]
pub(super) struct Target {
    config: Config,
    transport: Transport,
}

#[derive(Clone)]
enum Transport {
    Network(Channels),
    /// A file of this machine.
    Socket(PathBuf),
}

/// Why a server could not be reached.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    #[error(transparent)]
    Client(#[from] tokio_postgres::Error),
    #[error("the socket {path} cannot be used")]
    Socket { path: PathBuf, source: std::io::Error },
}

impl Target {
    /// Reads a URL, and the certificates that it names.
    ///
    /// # Errors
    /// What is wrong with it, without a part that may be secret.
    pub(super) fn of(url: &str) -> Result<Self, OpenError> {
        Self::read(url).map_err(OpenError::Address)
    }

    fn read(url: &str) -> Result<Self, String> {
        let (plain, wishes) = TlsSettings::take(url)?;
        let mut config: Config =
            plain.parse().map_err(|error: tokio_postgres::Error| chain(&error))?;
        let mode = wishes.mode_for(&config);
        let tls = client(mode, wishes.root.as_deref())?;
        if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
            config.keepalives_idle(KEEPALIVE_IDLE);
            config.keepalives_interval(KEEPALIVE_INTERVAL).keepalives_retries(KEEPALIVE_RETRIES);
        }
        if let Some(socket) = socket_of(&config)? {
            // Nothing is encrypted that stays on this machine.
            config.ssl_mode(SslMode::Disable).ssl_negotiation(SslNegotiation::Postgres);
            return Ok(Self { config, transport: Transport::Socket(socket) });
        }
        let directly = config.get_ssl_negotiation() == SslNegotiation::Direct;
        let encryption = mode.encryption(directly)?;
        let channels = Channels::new(MakeRustlsConnect::new(tls), encryption);
        // The library allows no other way to make a channel without a name, or one that is not
        // encrypted.
        if config.get_hosts().is_empty() {
            for address in config.get_hostaddrs().to_vec() {
                config.host(address.to_string());
            }
        }
        config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
        Ok(Self { config, transport: Transport::Network(channels) })
    }

    /// Connects to it, for statements that are not ours to write with diesel.
    pub(super) async fn client(&self) -> Result<Client, Unreachable> {
        match &self.transport {
            Transport::Network(channels) => {
                let (client, connection) = self.config.connect(channels.clone()).await?;
                tokio::spawn(async move {
                    // What it ends with, its client is told as well.
                    let _ended = connection.await;
                });
                Ok(client)
            }
            Transport::Socket(path) => self.client_at(path).await,
        }
    }

    async fn client_at(&self, path: &Path) -> Result<Client, Unreachable> {
        let stream = SqlStateStream::new(open(path).await?);
        let (client, connection) = self.config.connect_raw(stream, NoTls).await?;
        tokio::spawn(async move {
            let _ended = connection.await;
        });
        Ok(client)
    }

    /// Which server it is, without what may be secret.
    pub(super) fn address(&self) -> String {
        let hosts = self.config.get_hosts().iter().enumerate().map(|(place, host)| {
            let port = port_of(&self.config, place);
            match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => format!("{}, port {port}", folder.display()),
            }
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
        match &self.transport {
            Transport::Network(channels) => {
                let (client, connection) = self
                    .config
                    .connect(channels.clone())
                    .await
                    .map_err(|error| ConnectionError::BadConnection(chain(&error)))?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            Transport::Socket(path) => {
                let client = self
                    .client_at(path)
                    .await
                    .map_err(|error| ConnectionError::BadConnection(chain(&error)))?;
                AsyncPgConnection::try_from(client).await
            }
        }
    }

    /// Asks it to cancel what a connection does, whether or not that helps.
    pub(super) async fn cancel(&self, token: &CancelToken) {
        let asked = match &self.transport {
            Transport::Network(channels) => {
                token.cancel_query(channels.clone()).await.map_err(Into::into)
            }
            Transport::Socket(path) => match open(path).await {
                Ok(stream) => token.cancel_query_raw(stream, NoTls).await.map_err(Into::into),
                Err(error) => Err(error),
            },
        };
        if let Err(error) = asked {
            let error: Unreachable = error;
            tracing::debug!(%error, "could not cancel a statement");
        }
    }
}

fn port_of(config: &Config, place: usize) -> u16 {
    let ports = config.get_ports();
    ports.get(place).or(ports.first()).copied().unwrap_or(5432)
}

/// The socket that a URL names, if it names no host of the network.
fn socket_of(config: &Config) -> Result<Option<PathBuf>, String> {
    let folder = config.get_hosts().iter().find_map(|host| match host {
        Host::Unix(folder) => Some(folder),
        Host::Tcp(_) => None,
    });
    let Some(folder) = folder else { return Ok(None) };
    if config.get_hosts().len() > 1 || !config.get_hostaddrs().is_empty() {
        return Err(ALONE.to_owned());
    }
    if config.get_target_session_attrs() != TargetSessionAttrs::Any {
        return Err(ATTRIBUTES.to_owned());
    }
    Ok(Some(folder.join(format!(".s.PGSQL.{}", port_of(config, 0)))))
}

async fn open(path: &Path) -> Result<UnixStream, Unreachable> {
    let failed = |source| Unreachable::Socket { path: path.to_owned(), source };
    UnixStream::connect(path).await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("postgres://u:hush@h/d?sslnegotiation=direct&sslmode=prefer", "sslnegotiation"),
            ("postgres://u:hush@%2Frun,h/d", "must not contain another host"),
            ("postgres://u:hush@%2Frun/d?target_session_attrs=read-write", "for a socket"),
        ] {
            let refused = Target::of(url).err().map(|error| chain(&error)).expect("refused");
            assert!(refused.contains(part) && !refused.contains("hush"), "{url}: {refused}");
        }
    }

    #[test]
    fn the_way_is_a_socket_or_the_network_and_its_address_is_told() {
        for (url, socket, address) in [
            ("postgres://h:1/d", None, "h:1"),
            ("postgres://h,[::1]/d", None, "h:5432, [::1]:5432"),
            ("postgresql:///d?hostaddr=10.0.0.1", None, "10.0.0.1:5432"),
            ("postgres://u@%2Frun:7/d", Some("/run/.s.PGSQL.7"), "/run, port 7"),
        ] {
            let target = Target::of(url).expect("a URL");
            let found = match &target.transport {
                Transport::Network(_) => None,
                Transport::Socket(path) => path.to_str(),
            };
            assert_eq!((found, target.address().as_str()), (socket, address), "{url}");
        }
    }
}
