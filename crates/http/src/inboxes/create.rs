//! Creating inboxes.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::inboxes::InboxService;
use conversations_domain::{Channel, Inbox, Name, NewInbox};
use serde_json::{Value, json};

use super::InboxBody;
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteInboxes};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::reply::Created;
use crate::schema::SentBody;

request_body! {
    /// A new inbox.
    #[body(name = "InboxInput")]
    pub(crate) struct CreateBody {
        /// The name.
        name: Field<Name>,
        /// The medium.
        channel: Field<Option<Channel>> = Channel::default(),
    }
}

impl SentBody for CreateBody {
    fn example() -> Value {
        json!({ "name": "Support", "channel": "email" })
    }
}

pub(crate) async fn create(
    caller: Caller<WriteInboxes>,
    service: Data<InboxService>,
    once: Data<IdempotencyService>,
    post: IdempotentJson<CreateBody>,
) -> Result<IdempotentResponse<Created<Disclosed<InboxBody>>>, ApiError> {
    let IdempotentJson { body, request } = post;
    let new = body.try_into()?;
    let reply = run_idempotent(&once, &caller, request, made, async |recorder| {
        service.create(&caller, new, recorder).await
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
        Ok(Self { name: name.take()?, channel: channel.take()? })
    }
}
