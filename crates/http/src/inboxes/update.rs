//! Changing an inbox. PUT and PATCH are equivalent: omitted fields keep their value.

use actix_web::web::Data;
use conversations_application::inboxes::{InboxService, UpdateInbox};
use conversations_domain::{Channel, InboxChanges, InboxId, Name};
use serde_json::{Value, json};

use super::InboxBody;
use crate::body::{Patch, changes_something, request_body};
use crate::caller::{Caller, WriteInboxes};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// Changes to an inbox; omitted fields keep their value.
    #[body(name = "InboxChanges", at_least_one = true, check = changes_something)]
    pub(crate) struct UpdateBody {
        /// The name.
        name: Patch<Name>,
        /// The medium.
        channel: Patch<Channel>,
    }
}

impl SentBody for UpdateBody {
    fn example() -> Value {
        json!({ "name": "Returns" })
    }
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

impl TryFrom<UpdateBody> for InboxChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { name, channel } = body;
        Ok(Self { name: name.take()?, channel: channel.take()? })
    }
}
