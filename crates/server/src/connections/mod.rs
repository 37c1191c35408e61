//! The connections of callers: how many an address may have, and how long each may take for what.
//!
//! The framework bounds the first head of a connection and the pause between two requests. It
//! neither bounds later heads nor how slowly a reply is taken, and its TLS handshakes share a count
//! that silent ones use up. So its HTTP is served here over a stream of our own, [`ClientStream`],
//! and handshakes are made here: see docs/adr/0027-connections-and-files-are-watched.md.

mod activity;
mod alarm;
mod limits;
mod stream;

use std::fmt::Debug;
use std::net::{SocketAddr, TcpListener};
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
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub(crate) use limits::{ConnectionLimits, ConnectionMetrics, EndReason};

use activity::Activity;
use stream::ClientStream;

/// How long the whole head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may be idle between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the end of a connection may take.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves an application on this socket, over TLS if there is an acceptor. `application` is called
/// once by each worker.
///
/// # Errors
/// When the socket cannot be used.
pub(crate) fn serve_on<F, I, S, B>(
    builder: ServerBuilder,
    listener: TcpListener,
    limits: &Arc<ConnectionLimits>,
    acceptor: Option<&TlsAcceptor>,
    application: &F,
) -> std::io::Result<ServerBuilder>
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
    let name = format!("http-{}", listener.local_addr()?);
    let (stopping, limits) = (builder.graceful_shutdown_signal(), Arc::clone(limits));
    let application = application.clone();
    match acceptor.cloned() {
        None => builder.listen(name, listener, move || {
            let limits = Arc::clone(&limits);
            let admit = move |stream| {
                let admitted = admit(stream, &limits, false);
                std::future::ready(admitted.map(|(client, peer)| (client, Protocol::Http1, peer)))
            };
            fn_service(admit).and_then(http(application(), stopping.clone(), below_http))
        }),
        Some(acceptor) => builder.listen(name, listener, move || {
            let (limits, acceptor) = (Arc::clone(&limits), acceptor.clone());
            let admit = move |stream| {
                let (limits, acceptor) = (Arc::clone(&limits), acceptor.clone());
                async move {
                    let (client, peer) = admit(stream, &limits, true)?;
                    let stream = shake_hands(client, &acceptor, &limits).await?;
                    Ok((stream, Protocol::Http1, peer))
                }
            };
            fn_service(admit).and_then(http(application(), stopping.clone(), below_tls))
        }),
    }
}

/// Lets a connection in, unless its address has too many.
fn admit(
    stream: TcpStream,
    limits: &Arc<ConnectionLimits>,
    secure: bool,
) -> Result<(ClientStream, Option<SocketAddr>), DispatchError> {
    let peer = stream.peer_addr().ok();
    let place = limits.admit(peer.map(|peer| peer.ip())).ok_or_else(|| {
        DispatchError::Io(std::io::Error::other("its address has too many connections"))
    })?;
    Ok((ClientStream::new(stream, place, secure), peer))
}

/// Makes a handshake, beside all others: one that is silent holds up nobody else.
async fn shake_hands(
    client: ClientStream,
    acceptor: &TlsAcceptor,
    limits: &ConnectionLimits,
) -> Result<TlsStream<ClientStream>, DispatchError> {
    match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(client)).await {
        Ok(made) => made.map_err(DispatchError::Io),
        Err(elapsed) => {
            limits.count_end(EndReason::Handshake);
            Err(DispatchError::Io(elapsed.into()))
        }
    }
}

fn below_http(stream: &ClientStream) -> &ClientStream {
    stream
}

fn below_tls(stream: &TlsStream<ClientStream>) -> &ClientStream {
    stream.get_ref().0
}

/// Speaks HTTP on connections. `client` finds what is below a stream.
fn http<T, I, S, B>(
    application: I,
    stopping: GracefulShutdownSignal,
    client: fn(&T) -> &ClientStream,
) -> impl ServiceFactory<
    (T, Protocol, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = DispatchError,
    InitError = (),
>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    // Nothing asks the framework for its own address: URLs are made without it.
    let application = map_config(application, |()| AppConfig::default());
    let noted = apply_fn_factory(application, |request: Request, service: &S::Service| {
        let in_service = request.conn_data::<Rc<Activity>>().map(Activity::begin_request);
        let answer = service.call(request);
        async move {
            let answer = answer.await;
            drop(in_service);
            answer
        }
    });
    HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_TIMEOUT)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .on_connect_ext(move |stream, data| {
            data.insert(client(stream).activity());
        })
        .finish(noted)
}
