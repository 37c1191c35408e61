//! The channel to the server: plain or encrypted, and with the codes of errors in their messages.
//!
//! The client library lets its users make the encrypted channel, and hands over plain ones itself. So
//! it is told that all are encrypted, and whether one is gets decided here, as the library does it.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::sqlstate::SqlStateStream;

/// What asks a server whether it takes TLS (PostgreSQL's documentation, 53.7: `SSLRequest`).
const REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

type MakeEncrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;
type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// When a channel is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    Never,
    /// When the server offers it.
    IfOffered,
    /// It is an error when the server does not offer it.
    Always,
    /// The server is not asked, but expects it (`sslnegotiation=direct`).
    AtOnce,
}

/// Makes channels.
#[derive(Clone)]
pub(super) struct Channels {
    tls: MakeRustlsConnect,
    encryption: Encryption,
}

/// A channel that is to be made.
pub(super) struct PendingChannel {
    tls: MakeEncrypted,
    encryption: Encryption,
}

pub(super) enum Channel {
    Plain(Socket),
    Encrypted(Box<Encrypted>),
}

impl Channels {
    pub(super) fn new(tls: MakeRustlsConnect, encryption: Encryption) -> Self {
        Self { tls, encryption }
    }
}

impl MakeTlsConnect<Socket> for Channels {
    type Stream = SqlStateStream<Channel>;
    type TlsConnect = PendingChannel;
    type Error = Infallible;

    fn make_tls_connect(&mut self, name: &str) -> Result<PendingChannel, Infallible> {
        let tls = MakeTlsConnect::<Socket>::make_tls_connect(&mut self.tls, name)?;
        Ok(PendingChannel { tls, encryption: self.encryption })
    }
}

impl TlsConnect<Socket> for PendingChannel {
    type Stream = SqlStateStream<Channel>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Stream>>;

    fn connect(self, socket: Socket) -> Self::Future {
        self.open(socket).map(|channel| channel.map(SqlStateStream::new)).boxed()
    }
}

impl PendingChannel {
    async fn open(self, mut socket: Socket) -> io::Result<Channel> {
        let encrypted = match self.encryption {
            Encryption::Never => false,
            Encryption::AtOnce => true,
            Encryption::IfOffered => offers_tls(&mut socket).await?,
            Encryption::Always if offers_tls(&mut socket).await? => true,
            Encryption::Always => return Err(io::Error::other("server does not support TLS")),
        };
        if encrypted {
            self.tls.connect(socket).await.map(Box::new).map(Channel::Encrypted)
        } else {
            Ok(Channel::Plain(socket))
        }
    }
}

/// Asks the server whether it takes TLS.
async fn offers_tls(socket: &mut Socket) -> io::Result<bool> {
    socket.write_all(&REQUEST).await?;
    socket.flush().await?;
    let mut answer = [0];
    socket.read_exact(&mut answer).await?;
    Ok(answer == *b"S")
}

impl TlsStream for SqlStateStream<Channel> {
    fn channel_binding(&self) -> ChannelBinding {
        match self.get_ref() {
            Channel::Plain(_) => ChannelBinding::none(),
            Channel::Encrypted(stream) => stream.channel_binding(),
        }
    }
}

impl AsyncRead for Channel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Channel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_flush(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Self::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
