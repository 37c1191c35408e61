//! Making inboxes.

use actix_web::web::Data;
use conversations_application::inboxes::InboxService;
use conversations_domain::{Channel, Name, NewInbox};
use serde::Deserialize;
use validator::Validate;

use super::InboxBody;
use crate::caller::{Caller, WriteInboxes};
use crate::error::ApiError;
use crate::extract::ValidatedJson;
use crate::reply::Created;
use crate::validation::{optional, parses, required};

/// What an inbox starts with.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct CreateBody {
    #[validate(required, custom(function = "parses::<Name>"))]
    name: Option<String>,
    #[validate(custom(function = "parses::<Channel>"))]
    channel: Option<String>,
}

pub(crate) async fn create(
    caller: Caller<WriteInboxes>,
    service: Data<InboxService>,
    body: ValidatedJson<CreateBody>,
) -> Result<Created<InboxBody>, ApiError> {
    let inbox = service.create(&caller, body.0.try_into()?).await?;
    let path = format!("/inboxes/{}", inbox.id());
    Ok(Created::of(path, inbox))
}

impl TryFrom<CreateBody> for NewInbox {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { name, channel } = body;
        Ok(Self {
            name: required("name", name.as_deref())?,
            channel: optional("channel", channel.as_deref())?,
        })
    }
}
