//! Making inboxes.

use actix_web::web::Data;
use conversations_application::OnceService;
use conversations_application::inboxes::InboxService;
use conversations_domain::{Channel, Inbox, Name, NewInbox};
use serde::Deserialize;
use validator::Validate;

use super::InboxBody;
use crate::caller::{Caller, WriteInboxes};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::once::{Answer, Post, answer};
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
    once: Data<OnceService>,
    post: Post<CreateBody>,
) -> Result<Answer<Created<Disclosed<InboxBody>>>, ApiError> {
    let Post { body, request } = post;
    let new = body.try_into()?;
    let reply = answer(&once, &caller, request, made, async |remember| {
        service.create(&caller, new, remember).await
    });
    Ok(reply.await?)
}

fn made(disclosure: Disclosure, inbox: &Inbox) -> Created<Disclosed<InboxBody>> {
    Created::new(disclosure, format!("/inboxes/{}", inbox.id()), inbox.clone())
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
