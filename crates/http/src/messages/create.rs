//! Writing a message, to a conversation or with a new one.

use actix_web::web::Data;
use conversations_application::OnceService;
use conversations_application::messages::{
    AuthorChoice, CreateMessage, MessageContent, MessageService,
};
use conversations_domain::{
    AuthorKind, ConversationId, Message, MessageBody as MessageText, UserId,
};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::MessageBody;
use crate::caller::{Caller, WriteConversations};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::once::{Answer, Post, answer};
use crate::reply::Created;
use crate::validation::{misfit, optional, parses, required};

const ID_MISSING: &str = "is required for an agent";
const ID_OF_SYSTEM: &str = "must not be given for the system";

/// A message to a conversation.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "is_no_note_by_customer", skip_on_field_errors = false))]
pub(crate) struct CreateBody {
    #[validate(required, custom(function = "parses::<MessageText>"))]
    body: Option<String>,
    #[validate(required, nested)]
    author: Option<AuthorBody>,
    internal: Option<bool>,
}

/// The message that a conversation is opened with: the customer's, unless it says otherwise.
#[derive(Debug, Default, Deserialize, Serialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "starts_with_no_note_by_customer", skip_on_field_errors = false))]
pub(crate) struct FirstMessageBody {
    #[validate(required, custom(function = "parses::<MessageText>"))]
    body: Option<String>,
    #[validate(nested)]
    author: Option<AuthorBody>,
    internal: Option<bool>,
}

/// Who writes it.
#[derive(Debug, Default, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "id_fits_kind", skip_on_field_errors = false))]
struct AuthorBody {
    #[serde(rename = "type")]
    #[validate(required, custom(function = "parses::<AuthorKind>"))]
    kind: Option<String>,
    // Ids of all kinds have one form.
    #[serde(rename = "_id")]
    #[validate(custom(function = "parses::<UserId>"))]
    id: Option<String>,
}

pub(crate) async fn create(
    caller: Caller<WriteConversations>,
    service: Data<MessageService>,
    once: Data<OnceService>,
    conversation: IdPath<ConversationId>,
    post: Post<CreateBody>,
) -> Result<Answer<Created<Disclosed<MessageBody>>>, ApiError> {
    let Post { body, request } = post;
    let command = CreateMessage { conversation: conversation.0, content: body.try_into()? };
    let reply = answer(&once, &caller, request, made, async |remember| {
        service.create(&caller, command, remember).await
    });
    Ok(reply.await?)
}

fn made(disclosure: Disclosure, message: &Message) -> Created<Disclosed<MessageBody>> {
    Created::new(
        disclosure,
        format!("/conversations/{}/messages/{}", message.conversation(), message.id()),
        message.clone(),
    )
}

impl AuthorBody {
    /// The kind, if it is one.
    fn kind(&self) -> Option<AuthorKind> {
        self.kind.as_ref().and_then(|kind| kind.parse().ok())
    }
}

fn id_fits_kind(author: &AuthorBody) -> Result<(), ValidationError> {
    match (author.kind(), &author.id) {
        (Some(AuthorKind::Agent), None) => Err(misfit("_id", ID_MISSING)),
        (Some(AuthorKind::System), Some(_)) => Err(misfit("_id", ID_OF_SYSTEM)),
        _ => Ok(()),
    }
}

fn is_no_note_by_customer(message: &CreateBody) -> Result<(), ValidationError> {
    check_note(message.internal, message.author.as_ref().and_then(AuthorBody::kind))
}

fn starts_with_no_note_by_customer(message: &FirstMessageBody) -> Result<(), ValidationError> {
    let by = message.author.as_ref().map_or(Some(AuthorKind::Customer), AuthorBody::kind);
    check_note(message.internal, by)
}

fn check_note(internal: Option<bool>, by: Option<AuthorKind>) -> Result<(), ValidationError> {
    match (internal, by) {
        (Some(true), Some(AuthorKind::Customer)) => {
            Err(misfit("internal", "must not be true for a message of the customer"))
        }
        _ => Ok(()),
    }
}

impl TryFrom<AuthorBody> for AuthorChoice {
    type Error = ApiError;

    fn try_from(author: AuthorBody) -> Result<Self, ApiError> {
        let AuthorBody { kind, id } = author;
        let id = id.as_deref();
        match required("author.type", kind.as_deref())? {
            AuthorKind::Customer => Ok(Self::Customer(optional("author._id", id)?)),
            AuthorKind::Agent => Ok(Self::Agent(required("author._id", id)?)),
            AuthorKind::System => Ok(Self::System),
        }
    }
}

impl TryFrom<CreateBody> for MessageContent {
    type Error = ApiError;

    fn try_from(message: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { body, author, internal } = message;
        let author = author.ok_or_else(|| ApiError::field("author", "is required"))?;
        content(body.as_deref(), author.try_into()?, internal)
    }
}

impl TryFrom<FirstMessageBody> for MessageContent {
    type Error = ApiError;

    fn try_from(message: FirstMessageBody) -> Result<Self, ApiError> {
        let FirstMessageBody { body, author, internal } = message;
        let author = author.map_or(Ok(AuthorChoice::Customer(None)), TryInto::try_into)?;
        content(body.as_deref(), author, internal)
    }
}

fn content(
    body: Option<&str>,
    author: AuthorChoice,
    internal: Option<bool>,
) -> Result<MessageContent, ApiError> {
    let body = required("body", body)?;
    MessageContent::new(author, internal.unwrap_or_default(), body)
        .map_err(|note| ApiError::field("internal", note.to_string()))
}
