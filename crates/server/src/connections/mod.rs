//! The connections of callers: how many an address may have, and how long each may take for what.
//!
//! The framework bounds the first head of a connection and the pause between two requests. It
//! neither bounds later heads nor how slowly a reply is taken, and its TLS handshakes share a count
//! that silent ones use up. So its HTTP is served here over a stream of our own, [`ClientStream`],
//! and handshakes are made here: see docs/adr/0027-connection-deadlines-and-file-identity-checks.md.

mod activity;
mod alarm;
mod limits;
mod stream;
#[cfg(feature = "program")]
mod tls;

use std::fmt::Debug;
use std::marker::PhantomData;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::{GracefulShutdownSignal, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory,
    fn_service, map_config,
};
use actix_web::dev::AppConfig;
use actix_web::rt::net::{TcpStream, UnixStream};
use conversations_http::GuardedBody;
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use limits::{ConnectionLimits, ConnectionMetrics};

use crate::certificates::Certificates;
use crate::listeners::Listeners;
use activity::{Activity, InService};
use stream::ClientStream;

/// How long the whole head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the end of a connection may take.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// What is called for an application: it makes the service, of which the replies have such bodies.
type Serves<I, S, B> = fn() -> (I, S, B);

/// How an application is served, on as many sockets as it has. `application` is called once by each
/// worker for each of them.
pub(crate) struct HttpServer<F, I, S, B> {
    application: F,
    limits: Arc<ConnectionLimits>,
    /// How long a connection may be idle between two requests.
    keep_alive: Duration,
    serves: PhantomData<Serves<I, S, B>>,
}

impl<F, I, S, B> HttpServer<F, I, S, B>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    /// Serves this application to connections within these limits.
    pub(crate) fn new(application: F, limits: Arc<ConnectionLimits>, keep_alive: Duration) -> Self {
        Self { application, limits, keep_alive, serves: PhantomData }
    }

    /// Serves it on these sockets; on those of the network over TLS if there is a certificate.
    ///
    /// # Errors
    /// When a socket or the certificate cannot be used, or a socket in the file system would have one.
    pub(crate) fn listen_on(
        &self,
        mut builder: ServerBuilder,
        listeners: &Listeners,
        certificates: Option<&Arc<Certificates>>,
    ) -> anyhow::Result<ServerBuilder> {
        for listener in listeners.shared()? {
            builder = match certificates {
                None => self.listen(builder, listener)?,
                #[cfg(feature = "program")]
                Some(certificates) => self.listen_tls(builder, listener, certificates)?,
                #[cfg(not(feature = "program"))]
                Some(certificates) => match **certificates {},
            };
        }
        if let Some(socket) = listeners.shared_file()? {
            anyhow::ensure!(certificates.is_none(), "a Unix socket cannot use a certificate");
            builder = self.listen_uds(builder, socket)?;
        }
        Ok(builder)
    }

    /// Serves it on this socket, without TLS.
    ///
    /// # Errors
    /// When the socket cannot be used.
    fn listen(
        &self,
        builder: ServerBuilder,
        listener: TcpListener,
    ) -> std::io::Result<ServerBuilder> {
        let name = format!("http-{}", listener.local_addr()?);
        let stopping = builder.graceful_shutdown_signal();
        let (application, limits) = (self.application.clone(), Arc::clone(&self.limits));
        let keep_alive = self.keep_alive;
        builder.listen(name, listener, move || {
            let limits = Arc::clone(&limits);
            let admit = move |stream: TcpStream| {
                let peer = prepare(&stream);
                let client = admit(stream, peer, &limits, keep_alive, false);
                std::future::ready(client.map(|client| (client, Protocol::Http1, peer)))
            };
            let (application, stopping) = (application(), stopping.clone());
            let activity = ClientStream::activity;
            fn_service(admit).and_then(Self::http(application, keep_alive, stopping, activity))
        })
    }

    /// Serves it on this socket in the file system, where clients have no address: each of them
    /// forwards requests of others.
    ///
    /// # Errors
    /// When the socket cannot be used.
    fn listen_uds(
        &self,
        builder: ServerBuilder,
        listener: UnixListener,
    ) -> std::io::Result<ServerBuilder> {
        let stopping = builder.graceful_shutdown_signal();
        let (application, limits) = (self.application.clone(), Arc::clone(&self.limits));
        let keep_alive = self.keep_alive;
        builder.listen_uds("http-file", listener, move || {
            let limits = Arc::clone(&limits);
            let admit = move |stream: UnixStream| {
                let client = admit(stream, None, &limits, keep_alive, false);
                std::future::ready(client.map(|client| (client, Protocol::Http1, None)))
            };
            let (application, stopping) = (application(), stopping.clone());
            let activity = ClientStream::activity;
            fn_service(admit).and_then(Self::http(application, keep_alive, stopping, activity))
        })
    }

    /// Speaks HTTP on connections. `activity` says what one is doing.
    fn http<T>(
        application: I,
        keep_alive: Duration,
        stopping: GracefulShutdownSignal,
        activity: fn(&T) -> Rc<Activity>,
    ) -> impl ServiceFactory<
        (T, Protocol, Option<SocketAddr>),
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    >
    where
        T: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        // Nothing asks the framework for its own address: URLs are made without it.
        let application = map_config(application, |()| AppConfig::default());
        let noted = apply_fn_factory(application, |request: Request, service: &S::Service| {
            let in_service = request.conn_data::<Rc<Activity>>().map(Activity::begin_request);
            let answer = service.call(request);
            async move {
                let response: Response<B> = answer.await?.into();
                // A stream of events is served for minutes, in which its client sends nothing.
                let response = response.map_body(|_, body| GuardedBody::new(body, in_service));
                Ok::<_, actix_web::Error>(response)
            }
        });
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(keep_alive)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .on_connect_ext(move |stream, data| {
                let activity = activity(stream);
                data.insert(activity.signals().clone());
                data.insert(activity);
            })
            .finish::<_, GuardedBody<Option<InService>>>(noted)
    }
}

/// Makes a connection send at once what is written, or the pieces of a reply would wait for the
/// acknowledgement of those before; and answers whose it is.
fn prepare(stream: &TcpStream) -> Option<SocketAddr> {
    let _set = stream.set_nodelay(true);
    stream.peer_addr().ok()
}

/// Lets a connection in, unless its address has too many.
fn admit<T: AsFd>(
    stream: T,
    peer: Option<SocketAddr>,
    limits: &Arc<ConnectionLimits>,
    keep_alive: Duration,
    secure: bool,
) -> Result<ClientStream<T>, DispatchError> {
    let permit = limits.admit(peer.map(|peer| peer.ip())).ok_or_else(|| {
        DispatchError::Io(std::io::Error::other("too many connections from this address"))
    })?;
    Ok(ClientStream::new(stream, permit, keep_alive, secure))
}
