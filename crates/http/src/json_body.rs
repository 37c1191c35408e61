//! Replies of any size as JSON. A large one is written on another thread than that of the request: a
//! page may hold a hundred of the largest messages.
//!
//! How large a reply is shows when it is written. So each is begun on the worker; if it turns out to be
//! large, it is left for [`rendered`], which the boundary calls and which can wait.

use std::io::{self, Write};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use crate::error::ApiError;
use crate::offload::off_worker;
use crate::reply_body::BodyWriter;

/// Up to this many bytes are written on the worker. It takes some hundred microseconds at most, and
/// pages of ordinary conversations are smaller.
const SMALL: usize = 128 << 10;

type Rendered = Result<BodyWriter, serde_json::Error>;

/// A body that is still to be written: it lies in the extensions of its response.
struct PendingBody(Box<dyn FnOnce() -> Rendered + Send>);

/// Answers with this as JSON.
pub(crate) fn json<T: Serialize + Send + 'static>(
    response: &mut HttpResponseBuilder,
    value: T,
) -> HttpResponse {
    response.content_type(ContentType::json());
    let mut small = BoundedBuffer(Vec::with_capacity(1024));
    match serde_json::to_writer(&mut small, &value) {
        Ok(()) => response.body(small.0),
        Err(error) if error.is_io() => {
            let mut response = response.finish();
            let write = move || BodyWriter::of_json(&value);
            response.extensions_mut().insert(PendingBody(Box::new(write)));
            response
        }
        Err(error) => failed(error),
    }
}

/// The response with the body that was left for later, if there is one.
pub(crate) async fn rendered<B: MessageBody + 'static>(
    mut response: ServiceResponse<B>,
) -> ServiceResponse<BoxBody> {
    let unwritten = response.response_mut().extensions_mut().remove::<PendingBody>();
    let Some(PendingBody(write)) = unwritten else { return response.map_into_boxed_body() };
    match off_worker(write).await {
        Ok(segments) => response.map_body(|_, _| segments.into_body()),
        Err(error) => response.into_response(failed(error)),
    }
}

fn failed(error: serde_json::Error) -> HttpResponse {
    HttpResponse::from_error(ApiError::Internal(Box::new(error)))
}

/// A buffer that takes no more than [`SMALL`].
struct BoundedBuffer(Vec<u8>);

impl Write for BoundedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    // JSON is written in many small pieces.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.0.len() + bytes.len() > SMALL {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;
    use actix_web::http::header::CONTENT_TYPE;
    use actix_web::test::TestRequest;
    use serde::Serializer;
    use std::thread;

    /// A text, and beside it the thread on which it is written.
    struct Traced(usize);

    impl Serialize for Traced {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let thread = format!("{:?}", thread::current().id());
            serializer.collect_seq([thread, "x".repeat(self.0)])
        }
    }

    /// Whether a text of this size is written on this thread.
    async fn is_written_here(size: usize) -> bool {
        let response = json(&mut HttpResponse::Ok(), Traced(size));
        let request = TestRequest::default().to_http_request();
        let response = rendered(ServiceResponse::new(request, response)).await.into_parts().1;
        assert_eq!(response.headers().get(CONTENT_TYPE).expect("a type"), "application/json");
        let body = to_bytes(response.into_body()).await.expect("a body");
        let [thread, text]: [String; 2] = serde_json::from_slice(&body).expect("two texts");
        assert_eq!(text.len(), size);
        thread == format!("{:?}", thread::current().id())
    }

    #[actix_web::test]
    async fn a_small_reply_is_written_at_once_and_a_large_one_on_another_thread() {
        assert!(is_written_here(10).await);
        assert!(is_written_here(SMALL - 100).await);
        assert!(!is_written_here(SMALL).await);
        assert!(!is_written_here(20 << 20).await);
    }

    #[actix_web::test]
    async fn what_cannot_be_written_is_a_defect() {
        struct Broken;

        impl Serialize for Broken {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("broken"))
            }
        }

        assert_eq!(json(&mut HttpResponse::Ok(), Broken).status(), 500);
    }
}
