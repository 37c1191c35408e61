//! Connections over TLS: the same stream below, and a handshake before the first request.

use std::fmt::Debug;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{Protocol, Request, Response};
use actix_server::ServerBuilder;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service,
};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::activity::Activity;
use super::limits::{ConnectionLimits, EndReason};
use super::stream::ClientStream;
use super::{HttpServer, admit, prepare};
use crate::certificates::Certificates;

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(3);

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
    /// Serves it on this socket, over TLS.
    ///
    /// # Errors
    /// When the socket or the certificate cannot be used.
    pub(super) fn listen_tls(
        &self,
        builder: ServerBuilder,
        listener: TcpListener,
        certificates: &Arc<Certificates>,
    ) -> anyhow::Result<ServerBuilder> {
        let acceptor = certificates.acceptor()?;
        let name = format!("http-{}", listener.local_addr()?);
        let stopping = builder.graceful_shutdown_signal();
        let (application, limits) = (self.application.clone(), Arc::clone(&self.limits));
        let keep_alive = self.keep_alive;
        let builder = builder.listen(name, listener, move || {
            let (limits, acceptor) = (Arc::clone(&limits), acceptor.clone());
            let admit = move |stream: TcpStream| {
                let (limits, acceptor) = (Arc::clone(&limits), acceptor.clone());
                async move {
                    let peer = prepare(&stream);
                    let client = admit(stream, peer, &limits, keep_alive, true)?;
                    let stream = shake_hands(client, &acceptor, &limits).await?;
                    Ok((stream, Protocol::Http1, peer))
                }
            };
            let (application, stopping) = (application(), stopping.clone());
            let activity = activity_below_tls;
            fn_service(admit).and_then(Self::http(application, keep_alive, stopping, activity))
        })?;
        Ok(builder)
    }
}

/// Makes a handshake, beside all others: a silent one does not block others.
async fn shake_hands(
    client: ClientStream<TcpStream>,
    acceptor: &TlsAcceptor,
    limits: &ConnectionLimits,
) -> Result<TlsStream<ClientStream<TcpStream>>, DispatchError> {
    match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(client)).await {
        Ok(made) => made.map_err(DispatchError::Io),
        Err(elapsed) => {
            limits.count_end(EndReason::Handshake);
            Err(DispatchError::Io(elapsed.into()))
        }
    }
}

fn activity_below_tls(stream: &TlsStream<ClientStream<TcpStream>>) -> Rc<Activity> {
    stream.get_ref().0.activity()
}
