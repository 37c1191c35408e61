//! Deleting a customer, or erasing them with all their conversations.

use actix_web::web::Data;
use conversations_application::customers::{CustomerService, DeleteCustomer};
use conversations_domain::CustomerId;
use serde_json::json;

use crate::caller::{Caller, WriteCustomers};
use crate::conditions::IfMatch;
use crate::deletion::DeletionReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::query::{FromQuery, QueryReader};
use crate::reply::Erased;
use crate::request_permit::LongRunning;
use crate::schema::OperationDescription;

/// Whether to delete the conversations with the customer too.
pub(crate) struct DeleteQuery {
    erase: bool,
}

pub(crate) async fn delete(
    caller: Caller<WriteCustomers>,
    _: LongRunning,
    service: Data<CustomerService>,
    id: IdPath<CustomerId>,
    condition: IfMatch,
    given: DeletionReason<DeleteQuery>,
) -> Result<Erased, ApiError> {
    let DeletionReason { reason, query: DeleteQuery { erase } } = given;
    let command = DeleteCustomer { id: id.0, erase, reason, precondition: condition.0 };
    let progress = service.delete(&caller, command).await?;
    Ok(Erased::of(
        progress,
        if erase {
            "The customer was erased, with every conversation with them."
        } else {
            "The customer was deleted."
        },
        "The customer was erased. Some of the conversations with them are still being removed from \
         the database.",
    ))
}

impl FromQuery for DeleteQuery {
    fn read(query: &mut QueryReader) -> Self {
        Self { erase: query.flag("erase").unwrap_or_default() }
    }

    fn describe(operation: &mut OperationDescription) {
        let text = "Whether to delete all conversations with the customer too. Needs \
            `write:conversations`.";
        operation.takes_from_query::<bool>("erase", text)["schema"]["x-default"] = json!(false);
    }
}
