//! Deleting a message.

use actix_web::web::Data;
use conversations_application::messages::{DeleteMessage, MessageService};
use conversations_domain::{ConversationId, MessageId};

use crate::caller::{Caller, WriteConversations};
use crate::conditions::IfMatch;
use crate::deletion::DeletionReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;

pub(crate) async fn delete(
    caller: Caller<WriteConversations>,
    service: Data<MessageService>,
    ids: IdPath<(ConversationId, MessageId)>,
    condition: IfMatch,
    given: DeletionReason,
) -> Result<Deleted, ApiError> {
    let (conversation, id) = ids.0;
    let command =
        DeleteMessage { conversation, id, reason: given.reason, precondition: condition.0 };
    service.delete(&caller, command).await?;
    Ok(Deleted("The message was deleted."))
}
