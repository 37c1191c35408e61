//! Creating or changing the customer with an external id, in one step.

use actix_web::web::Data;
use conversations_application::Upsert;
use conversations_application::customers::CustomerService;
use conversations_domain::CustomerChanges;

use super::CustomerBody;
use super::profile::refused;
use super::update::UpdateBody;
use crate::caller::{Caller, WriteCustomers};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::external_id::{ExternalIdPath, same_as_in_path};
use crate::extract::ValidatedJson;
use crate::reply::CreatedOrChanged;

pub(crate) async fn put(
    caller: Caller<WriteCustomers>,
    service: Data<CustomerService>,
    path: ExternalIdPath,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<CreatedOrChanged<Disclosed<CustomerBody>>, ApiError> {
    let (ExternalIdPath(external_id), IfMatch(precondition)) = (path, condition);
    let changes: CustomerChanges = body.0.try_into()?;
    same_as_in_path(&changes.external_id, &external_id)?;
    let command = Upsert { external_id, changes, precondition };
    let upserted = service.put(&caller, command).await.map_err(refused)?;
    Ok(CreatedOrChanged::of(Disclosure::to(&caller), upserted, |customer| {
        format!("/customers/{}", customer.id())
    }))
}
