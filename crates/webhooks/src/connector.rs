//! Connections to receivers. Nothing is dialled except an address that the guard has permitted: names are
//! resolved here, and what was resolved is what is dialled. There is no proxy.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::Host;

use crate::guard::AddressGuard;
use crate::tls::Tls;

/// How long to look up a name, to connect and to agree on keys, together.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How many addresses of a name are tried.
const ADDRESSES: usize = 4;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The name has no address.
    #[error("the name cannot be resolved")]
    Dns,
    /// The address, or one of the name's, is forbidden.
    #[error("the address is not allowed")]
    Blocked,
    /// No address accepts a connection.
    #[error("the connection was refused")]
    Connect,
    /// TLS failed, for example because of the certificate.
    #[error("TLS failed")]
    Tls,
    /// It took too long.
    #[error("connecting took too long")]
    Timeout,
}

/// Finds the addresses of names.
#[async_trait]
pub(crate) trait Resolver: Send + Sync {
    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The resolver of the operating system.
pub(crate) struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, port)).await?.collect())
    }
}

/// Opens connections for the HTTP client.
#[derive(Clone)]
pub(crate) struct GuardedConnector(Arc<Parts>);

struct Parts {
    guard: AddressGuard,
    resolver: Box<dyn Resolver>,
    tls: Tls,
}

/// A connection, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Connection for Box<dyn Stream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl GuardedConnector {
    pub(crate) fn new(guard: AddressGuard, resolver: Box<dyn Resolver>, tls: Tls) -> Self {
        Self(Arc::new(Parts { guard, resolver, tls }))
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<Box<dyn Stream>>, ConnectError> {
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        let is_encrypted = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        // Reads 127.1 and 0x7f000001 as the system would.
        let host = Host::parse(uri.host().unwrap_or_default()).map_err(|_| ConnectError::Dns)?;
        let addresses = self.addresses(&host, port, deadline).await?;
        let tcp = dial(&addresses, deadline).await?;
        // A request is one segment.
        let _ = tcp.set_nodelay(true);
        if !is_encrypted {
            return Ok(TokioIo::new(Box::new(tcp)));
        }
        let connector = TlsConnector::from(self.0.tls.client().ok_or(ConnectError::Tls)?);
        let name = server_name(host)?;
        match timeout_at(deadline, connector.connect(name, tcp)).await {
            Ok(Ok(stream)) => Ok(TokioIo::new(Box::new(stream))),
            Ok(Err(_)) => Err(ConnectError::Tls),
            Err(_) => Err(ConnectError::Timeout),
        }
    }

    /// The addresses of a host: none if one of them is forbidden, so that a name that has a public and
    /// a private address cannot lead to the private one.
    async fn addresses(
        &self,
        host: &Host<String>,
        port: u16,
        deadline: Instant,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        let Parts { guard, resolver, .. } = &*self.0;
        let found = match host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, port))],
            Host::Domain(name) => match timeout_at(deadline, resolver.resolve(name, port)).await {
                Ok(Ok(found)) if !found.is_empty() => found,
                Ok(_) => return Err(ConnectError::Dns),
                Err(_) => return Err(ConnectError::Timeout),
            },
        };
        if found.iter().all(|address| guard.permits(address.ip())) {
            Ok(found)
        } else {
            Err(ConnectError::Blocked)
        }
    }
}

/// Connects to the first address that accepts, each with its share of the time.
async fn dial(addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, ConnectError> {
    let mut failed = ConnectError::Connect;
    let tried = addresses.len().min(ADDRESSES);
    for (index, address) in addresses.iter().take(tried).enumerate() {
        let now = Instant::now();
        let left = u32::try_from(tried - index).unwrap_or(u32::MAX);
        let share = deadline.saturating_duration_since(now) / left;
        failed = match timeout_at(now + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(_)) => ConnectError::Connect,
            Err(_) => ConnectError::Timeout,
        };
    }
    Err(failed)
}

/// The name that the certificate has to have.
fn server_name(host: Host<String>) -> Result<ServerName<'static>, ConnectError> {
    match host {
        Host::Domain(name) => ServerName::try_from(name).map_err(|_| ConnectError::Tls),
        Host::Ipv4(address) => Ok(ServerName::from(std::net::IpAddr::from(address))),
        Host::Ipv6(address) => Ok(ServerName::from(std::net::IpAddr::from(address))),
    }
}

impl Service<Uri> for GuardedConnector {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}
