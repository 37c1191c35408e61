//! Listing customers.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::customers::CustomerService;

use super::CustomerBody;
use crate::caller::{Caller, ReadCustomers};
use crate::error::ApiError;
use crate::page::ListBody;
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadCustomers>,
    service: Data<CustomerService>,
    page: ValidatedQuery<PageRequest>,
) -> Result<ListBody<CustomerBody>, ApiError> {
    let customers = service.list(&caller, page.0).await?;
    Ok(ListBody::new(page.0, customers))
}
