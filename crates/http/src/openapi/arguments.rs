//! What the arguments of handlers say about an operation.

use actix_web::http::StatusCode;

use crate::caller::{Caller, Requires};
use crate::conditions::IfMatch;
use crate::deletion::{DeleteBody, DeletionReason};
use crate::external_id::ExternalIdPath;
use crate::extract::{IdPath, ValidatedJson};
use crate::idempotency::IdempotentJson;
use crate::page::ListReader;
use crate::query::{FromQuery, ValidatedQuery};
use crate::request_permit::LongRunning;
use crate::schema::{DescribeOperation, OperationDescription, SentBody};

impl<P: Requires> DescribeOperation for Caller<P> {
    fn describe(operation: &mut OperationDescription) {
        operation.access = P::ACCESS;
        if P::ACCESS.permission().is_some() {
            operation.refuses([StatusCode::FORBIDDEN]);
        }
        // 400: a condition that cannot be read, and the encoding of the query.
        operation.refuses([
            StatusCode::BAD_REQUEST,
            StatusCode::UNAUTHORIZED,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::TOO_MANY_REQUESTS,
        ]);
    }
}

impl<T> DescribeOperation for IdPath<T> {
    fn describe(operation: &mut OperationDescription) {
        operation.refuses([StatusCode::NOT_FOUND]);
    }
}

impl DescribeOperation for ExternalIdPath {
    fn describe(operation: &mut OperationDescription) {
        // A path that is not UTF-8 is that of nothing.
        operation.refuses([StatusCode::NOT_FOUND]);
    }
}

/// What it does is described with the reply.
impl DescribeOperation for ListReader {
    fn describe(_: &mut OperationDescription) {}
}

impl DescribeOperation for LongRunning {
    fn describe(_: &mut OperationDescription) {}
}

impl DescribeOperation for IfMatch {
    fn describe(operation: &mut OperationDescription) {
        operation.takes("IfMatch");
        operation.refuses([StatusCode::PRECONDITION_FAILED]);
    }
}

impl<Q: FromQuery> DescribeOperation for ValidatedQuery<Q> {
    fn describe(operation: &mut OperationDescription) {
        takes_query::<Q>(operation);
    }
}

impl<T: SentBody> DescribeOperation for ValidatedJson<T> {
    fn describe(operation: &mut OperationDescription) {
        takes::<T>(operation, true);
        operation.refuses([StatusCode::INSUFFICIENT_STORAGE]);
    }
}

impl<T: SentBody> DescribeOperation for IdempotentJson<T> {
    fn describe(operation: &mut OperationDescription) {
        operation.takes("IdempotencyKey");
        takes::<T>(operation, true);
        operation.refuses([StatusCode::CONFLICT, StatusCode::INSUFFICIENT_STORAGE]);
        // A reply that was kept, and of which nothing is left.
        operation.refuses([StatusCode::NOT_FOUND]);
    }
}

impl<Q: FromQuery> DescribeOperation for DeletionReason<Q> {
    fn describe(operation: &mut OperationDescription) {
        takes_query::<Q>(operation);
        operation.takes("Reason");
        takes::<DeleteBody>(operation, false);
        operation.refuses([StatusCode::INSUFFICIENT_STORAGE]);
    }
}

fn takes_query<Q: FromQuery>(operation: &mut OperationDescription) {
    Q::describe(operation);
    #[cfg(test)]
    if let Ok(mut reader) = crate::query::QueryReader::new("") {
        Q::read(&mut reader);
        operation.asks = reader.asked;
    }
}

fn takes<T: SentBody>(operation: &mut OperationDescription, required: bool) {
    operation.takes_body::<T>(required, &T::example());
    #[cfg(test)]
    {
        operation.reads = Some(|bytes| {
            crate::extract::validated::<T>(bytes, crate::details::Details::default()).map(drop)
        });
    }
}
