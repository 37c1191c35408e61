//! What the arguments of handlers say about an operation.

use actix_web::http::StatusCode;

use crate::caller::{Caller, Requires};
use crate::conditions::IfMatch;
use crate::deletion::{DeleteBody, GivenReason};
use crate::extract::{IdPath, ValidatedJson};
use crate::once::Post;
use crate::query::{FromQuery, ValidatedQuery};
use crate::schema::{Described, Description, Sent};
use crate::visit::AtLength;

impl<P: Requires> Described for Caller<P> {
    fn describe(operation: &mut Description) {
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

impl<T> Described for IdPath<T> {
    fn describe(operation: &mut Description) {
        operation.refuses([StatusCode::NOT_FOUND]);
    }
}

impl Described for AtLength {
    fn describe(_: &mut Description) {}
}

impl Described for IfMatch {
    fn describe(operation: &mut Description) {
        operation.takes("IfMatch");
        operation.refuses([StatusCode::PRECONDITION_FAILED]);
    }
}

impl<Q: FromQuery> Described for ValidatedQuery<Q> {
    fn describe(operation: &mut Description) {
        takes_query::<Q>(operation);
    }
}

impl<T: Sent> Described for ValidatedJson<T> {
    fn describe(operation: &mut Description) {
        takes::<T>(operation, true);
        operation.refuses([StatusCode::INSUFFICIENT_STORAGE]);
    }
}

impl<T: Sent> Described for Post<T> {
    fn describe(operation: &mut Description) {
        operation.takes("IdempotencyKey");
        takes::<T>(operation, true);
        operation.refuses([StatusCode::CONFLICT, StatusCode::INSUFFICIENT_STORAGE]);
        // A reply that was kept, and of which nothing is left.
        operation.refuses([StatusCode::NOT_FOUND]);
    }
}

impl<Q: FromQuery> Described for GivenReason<Q> {
    fn describe(operation: &mut Description) {
        takes_query::<Q>(operation);
        operation.takes("Reason");
        takes::<DeleteBody>(operation, false);
        operation.refuses([StatusCode::INSUFFICIENT_STORAGE]);
    }
}

fn takes_query<Q: FromQuery>(operation: &mut Description) {
    Q::describe(operation);
    #[cfg(test)]
    if let Ok(mut reader) = crate::query::QueryReader::new("") {
        Q::read(&mut reader);
        operation.asks = reader.asked;
    }
}

fn takes<T: Sent>(operation: &mut Description, required: bool) {
    operation.takes_body::<T>(required, &T::example());
    #[cfg(test)]
    {
        operation.reads = Some(|bytes| {
            crate::extract::validated::<T>(bytes, crate::details::Details::default()).map(drop)
        });
    }
}
