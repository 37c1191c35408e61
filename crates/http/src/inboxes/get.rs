//! Reading one inbox.

use actix_web::web::Data;
use conversations_application::inboxes::InboxService;
use conversations_domain::InboxId;

use super::InboxBody;
use crate::caller::{Caller, ReadInboxes};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;

pub(crate) async fn get(
    caller: Caller<ReadInboxes>,
    service: Data<InboxService>,
    id: IdPath<InboxId>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<InboxBody>, ApiError> {
    let inbox = service.get(&caller, id.0).await?;
    Ok(Single::of(inbox))
}
