//! The body of a reply, until all of it is with the connection: meanwhile no other head is waited for.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use super::activity::InService;

/// The body of a reply to a request that is served as long as this value exists. A stream of events lasts
/// for minutes, in which its client sends nothing.
pub(super) struct ServedBody {
    body: BoxBody,
    _in_service: Option<InService>,
}

impl ServedBody {
    pub(super) fn new(body: impl MessageBody + 'static, in_service: Option<InService>) -> Self {
        Self { body: body.boxed(), _in_service: in_service }
    }
}

impl MessageBody for ServedBody {
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
