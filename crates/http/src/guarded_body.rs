//! The body of a reply that keeps something until it is sent: what is held is released when the framework
//! drops the body, after its last byte or with its connection.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

/// A body, and a guard that lives as long as it.
pub struct GuardedBody<G> {
    body: BoxBody,
    _guard: G,
}

impl<G> GuardedBody<G> {
    /// Keeps the guard until the body is sent.
    pub fn new(body: impl MessageBody + 'static, guard: G) -> Self {
        Self { body: body.boxed(), _guard: guard }
    }
}

impl<G: Unpin> MessageBody for GuardedBody<G> {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
