//! The bodies of replies on their way: large ones are sent in pieces, and count against a budget until the
//! last piece is sent.
//!
//! The framework copies what a body gives it into the buffer of the connection, and asks for more when
//! less than 32 KiB lie there. A body that gave all at once would be there twice; one of pieces goes back
//! to the allocator as it is sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use serde::Serialize;

use crate::guarded_body::GuardedBody;
use crate::request_permit::RequestPermit;

/// How many bytes are given to the connection at once.
const PIECE: usize = 32 << 10;

/// How many bytes a page is written into at once.
const SEGMENT: usize = 64 << 10;

/// A body that is written piece by piece, on any thread.
#[derive(Debug)]
pub(crate) struct BodyWriter {
    full: VecDeque<Bytes>,
    last: Vec<u8>,
}

impl Default for BodyWriter {
    fn default() -> Self {
        // As much as the smallest pages have.
        Self { full: VecDeque::new(), last: Vec::with_capacity(1024) }
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.last.len() + bytes.len() <= SEGMENT {
            self.last.extend_from_slice(bytes);
        } else {
            self.begin_segments(bytes);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BodyWriter {
    #[cold]
    fn begin_segments(&mut self, mut bytes: &[u8]) {
        while self.last.len() + bytes.len() > SEGMENT {
            let (fits, rest) = bytes.split_at(SEGMENT - self.last.len());
            self.last.extend_from_slice(fits);
            let full = std::mem::replace(&mut self.last, Vec::with_capacity(SEGMENT));
            self.full.push_back(full.into());
            bytes = rest;
        }
        self.last.extend_from_slice(bytes);
    }

    /// Writes JSON.
    pub(crate) fn of_json(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut segments = Self::default();
        serde_json::to_writer(&mut segments, value)?;
        Ok(segments)
    }

    /// The body, which has pieces if it is long.
    pub(crate) fn into_body(mut self) -> BoxBody {
        if self.full.is_empty() {
            return BoxBody::new(self.last);
        }
        self.full.push_back(self.last.into());
        BoxBody::new(BodyChunks(self.full))
    }
}

/// What is left of a body, in pieces.
struct BodyChunks(VecDeque<Bytes>);

impl MessageBody for BodyChunks {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.iter().map(|piece| piece.len() as u64).sum())
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let pieces = &mut self.get_mut().0;
        let Some(first) = pieces.front_mut() else { return Poll::Ready(None) };
        let piece = first.split_to(PIECE.min(first.len()));
        if first.is_empty() {
            pieces.pop_front();
        }
        Poll::Ready(Some(Ok(piece)))
    }
}

/// Has a reply count until it is sent, if it is long. A reply for which there is no room becomes a
/// refusal, unless it has to be sent.
pub(crate) fn held_against_budget(
    response: HttpResponse,
    permit: &RequestPermit,
    anyway: bool,
) -> HttpResponse {
    let bytes = match response.body().size() {
        BodySize::Sized(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
        BodySize::None | BodySize::Stream => return response,
    };
    // Shorter ones are with the connection as soon as they are made.
    if bytes <= PIECE {
        return response;
    }
    match permit.reply(bytes, anyway) {
        Ok(None) => response,
        Ok(Some(held)) => response.map_body(|_, body| {
            let body = match body.try_into_bytes() {
                Ok(bytes) => BoxBody::new(BodyChunks(VecDeque::from([bytes]))),
                Err(body) => body,
            };
            BoxBody::new(GuardedBody::new(body, held))
        }),
        Err(refused) => HttpResponse::from_error(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;
    use futures_util::future::poll_fn;
    use serde_json::json;

    async fn pieces(mut body: BoxBody) -> Vec<usize> {
        let mut sizes = Vec::new();
        while let Some(piece) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await {
            sizes.push(piece.expect("a piece").len());
        }
        sizes
    }

    #[actix_web::test]
    async fn a_long_body_is_what_is_written_in_pieces() {
        for length in [0, 1, SEGMENT - 2, SEGMENT - 1, SEGMENT, 3 * SEGMENT, 700_001] {
            let values = [json!(["x".repeat(length)]), json!(vec![12_345; length / 6])];
            for value in values {
                let expected = serde_json::to_vec(&value).expect("JSON");

                let body = BodyWriter::of_json(&value).expect("a body").into_body();
                assert_eq!(body.size(), BodySize::Sized(expected.len() as u64));
                let sizes = pieces(BodyWriter::of_json(&value).expect("a body").into_body()).await;
                let written = to_bytes(body).await.expect("bytes");

                assert!(written == expected, "{length}");
                let whole = sizes.len() == 1 && sizes[0] <= SEGMENT;
                assert!(whole || sizes.iter().all(|&size| size <= PIECE), "{sizes:?}");
            }
        }
    }
}
