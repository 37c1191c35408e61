//! Changing an inbox. PUT and PATCH are one: what is not there stays as it is.

use actix_web::web::Data;
use conversations_application::inboxes::{InboxService, UpdateInbox};
use conversations_domain::{Channel, InboxChanges, InboxId, Name};
use serde::Deserialize;
use validator::{Validate, ValidationError};

use super::InboxBody;
use crate::caller::{Caller, WriteInboxes};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::patch::{Patch, changes};
use crate::reply::Single;
use crate::validation::changes_something;

/// What is wanted of an inbox.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "asks_for_something"))]
pub(crate) struct UpdateBody {
    #[validate(custom(function = "changes::<Name>"))]
    name: Patch<String>,
    #[validate(custom(function = "changes::<Channel>"))]
    channel: Patch<String>,
}

pub(crate) async fn update(
    caller: Caller<WriteInboxes>,
    service: Data<InboxService>,
    id: IdPath<InboxId>,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<Single<Disclosed<InboxBody>>, ApiError> {
    let IfMatch(precondition) = condition;
    let command = UpdateInbox { id: id.0, changes: body.0.try_into()?, precondition };
    let inbox = service.update(&caller, command).await?;
    Ok(Single::changed(Disclosure::to(&caller), inbox))
}

fn asks_for_something(body: &UpdateBody) -> Result<(), ValidationError> {
    let UpdateBody { name, channel } = body;
    changes_something([name.is_absent(), channel.is_absent()])
}

impl TryFrom<UpdateBody> for InboxChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { name, channel } = body;
        Ok(Self { name: name.change("name")?, channel: channel.change("channel")? })
    }
}
