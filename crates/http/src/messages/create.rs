//! Writing a message, to a conversation or with a new one.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::messages::{
    AuthorChoice, CreateMessage, MessageContent, MessageService,
};
use conversations_domain::{
    AuthorKind, ConversationId, CustomerId, Message, MessageBody as MessageText, UserId,
};
use serde_json::{Value, json};
use validator::ValidationError;

use super::MessageBody;
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteConversations};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::examples;
use crate::external_id::{self, ExternalIdEntry};
use crate::extract::IdPath;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::reply::Created;
use crate::schema::SentBody;
use crate::validation::misfit;

const ID_MISSING: &str = "is required for an agent";
const ID_OF_SYSTEM: &str = "must not be given for the system";

request_body! {
    /// A new message.
    #[body(name = "MessageInput", check = is_not_internal_note_by_customer)]
    pub(crate) struct CreateBody {
        /// The message's id in another system.
        external_id: Field<Option<ExternalIdEntry>>,
        /// The text, stored exactly as sent.
        body: Field<MessageText>,
        /// The author.
        author: Field<AuthorBody>,
        /// Whether it is an internal note, hidden from the customer. Must be false for a customer's
        /// message.
        internal: Field<Option<bool>> = false,
        /// Whether a message of the customer reopens a pending or closed conversation. False for an
        /// automatic reply.
        reopen: Field<Option<bool>> = true,
    }
}

request_body! {
    /// The first message of a new conversation.
    #[body(name = "FirstMessage", check = starts_without_internal_note_by_customer)]
    pub(crate) struct FirstMessageBody {
        /// The message's id in another system.
        external_id: Field<Option<ExternalIdEntry>>,
        /// The text, stored exactly as sent.
        body: Field<MessageText>,
        /// The author; by default the customer.
        author: Field<Option<AuthorBody>>,
        /// Whether it is an internal note, hidden from the customer. Must be false for a customer's
        /// message.
        internal: Field<Option<bool>> = false,
    }
}

request_body! {
    /// The author of a message.
    #[body(name = "AuthorInput", check = id_fits_kind)]
    struct AuthorBody {
        /// The kind.
        #[serde(rename = "type")]
        kind: Field<AuthorKind>,
        // Ids of all kinds have one form.
        /// Required for an `agent`: a user of the workspace. Optional for a `customer`: the
        /// conversation's customer. Not allowed for the `system`.
        #[serde(rename = "_id")]
        id: Field<Option<UserId>>,
    }
}

impl SentBody for CreateBody {
    fn example() -> Value {
        let author = json!({ "type": "agent", "_id": examples::USER });
        json!({ "body": "The refund is on its way.", "author": author })
    }
}

pub(crate) async fn create(
    caller: Caller<WriteConversations>,
    service: Data<MessageService>,
    once: Data<IdempotencyService>,
    conversation: IdPath<ConversationId>,
    post: IdempotentJson<CreateBody>,
) -> Result<IdempotentResponse<Created<Disclosed<MessageBody>>>, ApiError> {
    let IdempotentJson { body, request } = post;
    let command = CreateMessage { conversation: conversation.0, content: body.try_into()? };
    let reply = run_idempotent(&once, &caller, request, made, async |recorder| {
        service.create(&caller, command, recorder).await
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

fn id_fits_kind(author: &AuthorBody) -> Result<(), ValidationError> {
    let is_given = !matches!(author.id, Field::Value(None));
    match author.kind.value() {
        Some(AuthorKind::Agent) if !is_given => Err(misfit("_id", ID_MISSING)),
        Some(AuthorKind::System) if is_given => Err(misfit("_id", ID_OF_SYSTEM)),
        _ => Ok(()),
    }
}

fn is_not_internal_note_by_customer(message: &CreateBody) -> Result<(), ValidationError> {
    check_note(&message.internal, message.author.value().and_then(AuthorBody::kind))
}

fn starts_without_internal_note_by_customer(
    message: &FirstMessageBody,
) -> Result<(), ValidationError> {
    let by = match message.author.value() {
        Some(Some(author)) => author.kind(),
        Some(None) => Some(AuthorKind::Customer),
        None => None,
    };
    check_note(&message.internal, by)
}

fn check_note(
    internal: &Field<Option<bool>>,
    by: Option<AuthorKind>,
) -> Result<(), ValidationError> {
    match (internal.value(), by) {
        (Some(Some(true)), Some(AuthorKind::Customer)) => {
            Err(misfit("internal", "must not be true for a message of the customer"))
        }
        _ => Ok(()),
    }
}

impl AuthorBody {
    /// What they are, if that is known.
    fn kind(&self) -> Option<AuthorKind> {
        self.kind.value().copied()
    }
}

impl TryFrom<AuthorBody> for AuthorChoice {
    type Error = ApiError;

    fn try_from(author: AuthorBody) -> Result<Self, ApiError> {
        let AuthorBody { kind, id } = author;
        match (kind.take()?, id.take()?) {
            (AuthorKind::Customer, id) => {
                Ok(Self::Customer(id.map(|id| CustomerId::from_uuid(id.as_uuid()))))
            }
            (AuthorKind::Agent, Some(id)) => Ok(Self::Agent(id)),
            (AuthorKind::Agent, None) => Err(ApiError::field("author._id", ID_MISSING)),
            (AuthorKind::System, _) => Ok(Self::System),
        }
    }
}

impl TryFrom<CreateBody> for MessageContent {
    type Error = ApiError;

    fn try_from(message: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { external_id, body, author, internal, reopen } = message;
        let reopens = reopen.take()?.unwrap_or(true);
        let content = content(external_id, body, author.take()?.try_into()?, internal)?;
        Ok(content.that_reopens(reopens))
    }
}

impl TryFrom<FirstMessageBody> for MessageContent {
    type Error = ApiError;

    fn try_from(message: FirstMessageBody) -> Result<Self, ApiError> {
        let FirstMessageBody { external_id, body, author, internal } = message;
        let author = author.take()?.map_or(Ok(AuthorChoice::Customer(None)), TryInto::try_into)?;
        content(external_id, body, author, internal)
    }
}

fn content(
    external_id: Field<Option<ExternalIdEntry>>,
    body: Field<MessageText>,
    author: AuthorChoice,
    internal: Field<Option<bool>>,
) -> Result<MessageContent, ApiError> {
    let external_id = external_id::taken(external_id)?;
    MessageContent::new(author, internal.take()?.unwrap_or_default(), body.take()?)
        .map(|content| content.with_external_id(external_id))
        .map_err(|note| ApiError::field("internal", note.to_string()))
}
