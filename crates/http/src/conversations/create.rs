//! Opening a conversation.

use actix_web::web::Data;
use conversations_application::OnceService;
use conversations_application::conversations::{
    ConversationService, CreateConversation, CustomerChoice,
};
use conversations_application::ports::ConversationDetails;
use conversations_domain::{Channel, CustomerId, InboxId, Priority, Subject};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::ConversationBody;
use crate::caller::{Caller, WriteConversations};
use crate::customers;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::messages::FirstMessageBody;
use crate::once::{Answer, Post, answer};
use crate::reply::Created;
use crate::tags::{check_tags, read_tags};
use crate::validation::{misfit, optional, parses, required};

/// What a conversation is opened with.
#[derive(Debug, Default, Deserialize, Serialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "names_one_customer", skip_on_field_errors = false))]
pub(crate) struct CreateBody {
    #[validate(required, custom(function = "parses::<Subject>"))]
    subject: Option<String>,
    #[validate(required, custom(function = "parses::<InboxId>"))]
    inbox_id: Option<String>,
    #[validate(custom(function = "parses::<CustomerId>"))]
    customer_id: Option<String>,
    #[validate(nested)]
    customer: Option<customers::CreateBody>,
    #[validate(custom(function = "parses::<Channel>"))]
    channel: Option<String>,
    #[validate(custom(function = "parses::<Priority>"))]
    priority: Option<String>,
    #[validate(custom(function = "check_tags"))]
    labels: Option<Vec<String>>,
    #[validate(nested)]
    message: Option<FirstMessageBody>,
}

pub(crate) async fn create(
    caller: Caller<WriteConversations>,
    service: Data<ConversationService>,
    once: Data<OnceService>,
    post: Post<CreateBody>,
) -> Result<Answer<Created<Disclosed<ConversationBody>>>, ApiError> {
    let Post { body, request } = post;
    let command = CreateConversation::try_from(body)?;
    command.allow(&caller)?;
    let reply = answer(&once, &caller, request, made, async |remember| {
        service.create(&caller, command, remember).await
    });
    Ok(reply.await?)
}

fn made(
    disclosure: Disclosure,
    details: &ConversationDetails,
) -> Created<Disclosed<ConversationBody>> {
    Created::new(
        disclosure,
        format!("/conversations/{}", details.conversation.id()),
        details.clone(),
    )
}

fn names_one_customer(body: &CreateBody) -> Result<(), ValidationError> {
    if body.customer_id.is_some() && body.customer.is_some() {
        return Err(misfit("customer", "must not be given together with customerId"));
    }
    Ok(())
}

impl TryFrom<CreateBody> for CreateConversation {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody {
            subject,
            inbox_id,
            customer_id,
            customer,
            channel,
            priority,
            labels,
            message,
        } = body;
        let customer = match (optional("customerId", customer_id.as_deref())?, customer) {
            (_, Some(new)) => CustomerChoice::ByProfile(Box::new(new.try_into()?)),
            (Some(id), None) => CustomerChoice::Known(id),
            (None, None) => CustomerChoice::Nobody,
        };
        Ok(Self {
            subject: required("subject", subject.as_deref())?,
            inbox: required("inboxId", inbox_id.as_deref())?,
            customer,
            channel: optional("channel", channel.as_deref())?,
            priority: optional("priority", priority.as_deref())?,
            labels: read_tags("labels", &labels.unwrap_or_default())?,
            message: message.map(TryInto::try_into).transpose()?,
        })
    }
}
