//! Reading one customer.

use actix_web::web::Data;
use conversations_application::customers::CustomerService;
use conversations_domain::CustomerId;

use super::CustomerBody;
use crate::caller::{Caller, ReadCustomers};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;

pub(crate) async fn get(
    caller: Caller<ReadCustomers>,
    service: Data<CustomerService>,
    id: IdPath<CustomerId>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<CustomerBody>, ApiError> {
    let customer = service.get(&caller, id.0).await?;
    Ok(Single::of(customer))
}
