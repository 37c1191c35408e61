//! The SQLSTATE of errors: what an error is, whatever language the server speaks.
//!
//! diesel keeps the message that the server sends and drops the code, unless it is one of eight. So the
//! code is written in front of the message on its way to the client: `SQLSTATE 40P01: …`.
//! [`SqlStateStream`] is the stream in which that happens. Whatever is no error passes through it as it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What stands before the code in a message.
const PREFIX: &str = "SQLSTATE ";

/// The kind of message that tells of an error, and the fields of it that matter here (PostgreSQL's
/// documentation, 53.7 and 53.8).
const ERROR: u8 = b'E';
const CODE: u8 = b'C';
const MESSAGE: u8 = b'M';

/// A kind, and four bytes that say how long the rest is with them.
const HEADER: usize = 5;

/// How much is read at once of a message that is held back.
const CHUNK: usize = 4096;

/// The code in a message that came through [`SqlStateStream`].
pub(super) fn code_in(message: &str) -> Option<&str> {
    message.strip_prefix(PREFIX)?.get(..5)
}

/// A connection on which every error tells its code.
pub(super) struct SqlStateStream<S> {
    stream: S,
    messages: MessageBounds,
    /// The beginning of an error, and what came after it.
    held: Vec<u8>,
    /// What is ready to be read, from this place on.
    ready: Vec<u8>,
    taken: usize,
}

impl<S> SqlStateStream<S> {
    pub(super) fn new(stream: S) -> Self {
        let (held, ready) = (Vec::new(), Vec::new());
        Self { stream, messages: MessageBounds::default(), held, ready, taken: 0 }
    }

    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Hands out what is ready.
    fn hand_out(&mut self, buffer: &mut ReadBuf<'_>) {
        let left = &self.ready[self.taken..];
        let count = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..count]);
        self.taken += count;
        if self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
        }
    }

    /// Makes ready what is held: errors that are whole, and what lies between them.
    fn release(&mut self) {
        while let Some(length) = whole(&self.held) {
            let (error, rest) = self.held.split_at(length);
            self.ready.extend(with_code(error));
            let next = self.messages.error_in(rest);
            let (between, held) = rest.split_at(next.unwrap_or(rest.len()));
            self.ready.extend(between);
            self.held = held.to_vec();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for SqlStateStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if !this.ready.is_empty() {
                this.hand_out(buffer);
                return Poll::Ready(Ok(()));
            }
            if this.held.is_empty() {
                let start = buffer.filled().len();
                ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
                let Some(at) = this.messages.error_in(&buffer.filled()[start..]) else {
                    return Poll::Ready(Ok(()));
                };
                this.held.extend(&buffer.filled()[start + at..]);
                buffer.set_filled(start + at);
                this.release();
                if at > 0 {
                    return Poll::Ready(Ok(()));
                }
            } else {
                let mut chunk = [0; CHUNK];
                let mut chunk = ReadBuf::new(&mut chunk);
                ready!(Pin::new(&mut this.stream).poll_read(context, &mut chunk))?;
                if chunk.filled().is_empty() {
                    // The connection ended within an error: it is for the client to say so.
                    this.ready.append(&mut this.held);
                } else {
                    this.held.extend(chunk.filled());
                    this.release();
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SqlStateStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Where messages begin and end in what passes.
#[derive(Default)]
struct MessageBounds {
    /// The part of a header that has passed.
    header: [u8; HEADER],
    known: usize,
    /// How much of a message is still to pass.
    left: usize,
}

impl MessageBounds {
    /// Lets these bytes pass up to the first error, and answers where that begins.
    fn error_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            if self.left > 0 {
                let count = self.left.min(rest.len());
                self.left -= count;
                at += count;
            } else if self.known == 0 && rest[0] == ERROR {
                return Some(at);
            } else {
                let count = (HEADER - self.known).min(rest.len());
                self.header[self.known..self.known + count].copy_from_slice(&rest[..count]);
                self.known += count;
                at += count;
                if self.known == HEADER {
                    self.left = length_in(self.header).saturating_sub(HEADER);
                    self.known = 0;
                }
            }
        }
        None
    }
}

/// How long a message is, by its header.
fn length_in(header: [u8; HEADER]) -> usize {
    let [_, length @ ..] = header;
    // The length does not count the kind.
    usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX).saturating_add(1)
}

/// The length of the message with which these bytes begin, when they have all of it.
fn whole(bytes: &[u8]) -> Option<usize> {
    let length = length_in(*bytes.first_chunk()?).max(HEADER);
    (bytes.len() >= length).then_some(length)
}

/// An error with its code in front of its message; as it is when it lacks one of them.
fn with_code(error: &[u8]) -> Vec<u8> {
    let (mut code, mut message) = (None, None);
    let mut at = HEADER;
    while let Some((&kind, text)) = error.get(at..).and_then(<[u8]>::split_first) {
        let Some(length) = text.iter().position(|&byte| byte == 0) else { break };
        match kind {
            CODE => code = Some(&text[..length]),
            MESSAGE => message = Some(at + 1),
            _ => {}
        }
        at += 1 + length + 1;
    }
    let (Some(code), Some(message)) = (code, message) else { return error.to_vec() };
    let body =
        [&error[HEADER..message], PREFIX.as_bytes(), code, b": ", &error[message..]].concat();
    let Ok(length) = u32::try_from(body.len() + HEADER - 1) else { return error.to_vec() };
    [&[ERROR][..], &length.to_be_bytes(), &body].concat()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("a short message");
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    fn deadlock(prefix: &str) -> Vec<u8> {
        let fields =
            format!("SFEHLER\0VERROR\0C40P01\0M{prefix}Verklemmung entdeckt\0Hetwas\0R…\0\0");
        message(ERROR, fields.as_bytes())
    }

    /// Gives what it has in pieces of these sizes, again and again.
    struct Chunked {
        bytes: Vec<u8>,
        sizes: Vec<usize>,
        reads: usize,
    }

    impl AsyncRead for Chunked {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let size = self.sizes[self.reads % self.sizes.len()];
            let count = size.min(self.bytes.len()).min(buffer.remaining());
            let piece: Vec<u8> = self.bytes.drain(..count).collect();
            buffer.put_slice(&piece);
            self.reads += 1;
            Poll::Ready(Ok(()))
        }
    }

    async fn read(bytes: Vec<u8>, sizes: Vec<usize>) -> Vec<u8> {
        let mut stream = SqlStateStream::new(Chunked { bytes, sizes, reads: 0 });
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await.expect("all of it");
        read
    }

    #[tokio::test]
    async fn an_error_tells_its_code() {
        let read = read(deadlock(""), vec![1000]).await;

        assert_eq!(read, deadlock("SQLSTATE 40P01: "));
        assert_eq!(code_in("SQLSTATE 40P01: Verklemmung entdeckt"), Some("40P01"));
        assert_eq!(code_in("connection closed"), None);
    }

    #[tokio::test]
    async fn what_is_no_error_or_lacks_a_code_is_left_as_it_is() {
        let notice = message(b'N', b"SHINWEIS\0C00000\0MC40P01\0\0");
        let odd = message(ERROR, b"SERROR\0Mno code\0\0");
        let cut = deadlock("")[..20].to_vec();
        let all = [notice, odd, message(b'Z', b"I"), cut].concat();

        assert_eq!(read(all.clone(), vec![7]).await, all);
    }

    proptest! {
        #[test]
        fn messages_are_found_however_they_are_cut(
            messages in vec((any::<u8>(), vec(any::<u8>(), 0..40)), 0..12),
            sizes in vec(1..30_usize, 1..8),
        ) {
            let (mut sent, mut expected) = (Vec::new(), Vec::new());
            for (kind, body) in messages {
                if kind % 4 == 0 || kind == ERROR {
                    sent.extend(deadlock(""));
                    expected.extend(deadlock("SQLSTATE 40P01: "));
                } else {
                    sent.extend(message(kind, &body));
                    expected.extend(message(kind, &body));
                }
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");

            prop_assert_eq!(runtime.block_on(read(sent, sizes)), expected);
        }
    }
}
