//! The stream of a connection, which ends it when its peer takes too long.

use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::activity::Activity;
use super::alarm::Alarm;
use super::limits::{ConnectionPermit, EndReason};

/// How long a peer may take for the next [`LEAST_TAKEN`] bytes of a reply that waits for it.
const REPLY_WINDOW: Duration = Duration::from_secs(10);

/// The same for a stream of events while the process stops: it has no end that is worth waiting for.
const LAST_WINDOW: Duration = Duration::from_secs(1);

/// How many bytes a peer has to take in that time, unless fewer are left: a peer that takes a byte now
/// and then would keep the rest in memory for hours.
const LEAST_TAKEN: usize = 32 * 1024;

/// The reply to a client that begins a request and does not finish its head.
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A connection, below TLS if there is any. Reading fails when the head of a request takes too long,
/// and writing when a reply does.
pub(super) struct ClientStream<S> {
    stream: S,
    activity: Rc<Activity>,
    head_alarm: Alarm,
    /// `Some` while a reply waits for its peer.
    window: Option<SendWindow>,
    reply_alarm: Alarm,
    /// Whether TLS runs over this stream.
    secure: bool,
    permit: ConnectionPermit,
}

/// A period in which the peer has to take a part of the reply.
struct SendWindow {
    since: Instant,
    taken: usize,
}

impl<S: AsFd> ClientStream<S> {
    pub(super) fn new(
        stream: S,
        permit: ConnectionPermit,
        keep_alive: Duration,
        secure: bool,
    ) -> Self {
        Self {
            stream,
            activity: Rc::new(Activity::new(keep_alive)),
            head_alarm: Alarm::default(),
            window: None,
            reply_alarm: Alarm::default(),
            secure,
            permit,
        }
    }

    /// What the connection is doing. The service that gets its requests shares it.
    pub(super) fn activity(&self) -> Rc<Activity> {
        Rc::clone(&self.activity)
    }

    /// Waits for bytes, and for the deadline of the next head.
    fn wait_for_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(due) = self.activity.head_due() {
            if self.head_alarm.poll(context, due).is_pending() {
                break;
            }
            if self.window.is_none() {
                self.permit.count_end(EndReason::Head);
                if !self.secure {
                    // A client whose buffer is full is not told.
                    let _told = SockRef::from(&self.stream).send(REQUEST_TIMEOUT);
                }
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
            // A client that is still reading a reply need not send the next request.
            self.activity.wait_for_head();
        }
        Poll::Pending
    }

    /// Waits for room, and for the end of the time in which the peer has to make some.
    fn wait_for_room(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            let window = self.window.get_or_insert_with(SendWindow::begin);
            let is_ending = self.activity.signals().is_ending();
            let time = if is_ending { LAST_WINDOW } else { REPLY_WINDOW };
            if self.reply_alarm.poll(context, window.since + time).is_pending() {
                return Poll::Pending;
            }
            // The system reports room only when a third of its buffer is free, which can be more than
            // a slow peer has taken by now. So this tries to send without such a report.
            let sent = send_some(&self.stream, bytes)?;
            if window.taken + sent < LEAST_TAKEN {
                self.permit.count_end(EndReason::Reply);
                // What the system still holds for this peer goes with the connection.
                let _unset = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
            self.window = Some(SendWindow::begin());
            if sent > 0 {
                return Poll::Ready(Ok(sent));
            }
        }
    }

    /// Notes what was taken of a reply that had to wait.
    fn note_taken(&mut self, written: &io::Result<usize>) {
        if let (Some(window), Ok(taken)) = (&mut self.window, written) {
            window.taken += taken;
        }
    }
}

impl SendWindow {
    fn begin() -> Self {
        Self { since: Instant::now(), taken: 0 }
    }
}

/// Writes as much as there is room for now.
fn send_some(stream: &impl AsFd, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    let mut sent = 0;
    for part in bytes {
        let mut left: &[u8] = part;
        while !left.is_empty() {
            match socket.send(left) {
                Ok(count) => {
                    sent += count;
                    left = left.get(count..).unwrap_or_default();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(sent),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(sent)
}

impl<S: AsyncRead + AsFd + Unpin> AsyncRead for ClientStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (before, has_room) = (buffer.filled().len(), buffer.remaining() > 0);
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_pending() {
            return this.wait_for_head(context);
        }
        if buffer.filled().len() > before {
            this.activity.bytes_arrived();
        } else if has_room {
            this.activity.signals().hang_up();
        }
        read
    }
}

impl<S: AsyncWrite + AsFd + Unpin> AsyncWrite for ClientStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(context, bytes) {
            Poll::Ready(written) => {
                this.note_taken(&written);
                Poll::Ready(written)
            }
            Poll::Pending => this.wait_for_room(context, &[IoSlice::new(bytes)]),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write_vectored(context, bytes) {
            Poll::Ready(written) => {
                this.note_taken(&written);
                Poll::Ready(written)
            }
            Poll::Pending => this.wait_for_room(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // It is called when all of a reply has been written.
        this.window = None;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
