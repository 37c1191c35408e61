//! Deleting a message.

use actix_web::web::Data;
use conversations_application::messages::{DeleteMessage, MessageService};
use conversations_domain::{ConversationId, MessageId};

use crate::caller::{Caller, WriteConversations};
use crate::deletion::GivenReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;

pub(crate) async fn delete(
    caller: Caller<WriteConversations>,
    service: Data<MessageService>,
    ids: IdPath<(ConversationId, MessageId)>,
    given: GivenReason,
) -> Result<Deleted, ApiError> {
    let (conversation, id) = ids.0;
    service.delete(&caller, DeleteMessage { conversation, id, reason: given.reason }).await?;
    Ok(Deleted("The message was deleted."))
}
