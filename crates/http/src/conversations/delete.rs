//! Erasing a conversation.

use actix_web::web::Data;
use conversations_application::conversations::{ConversationService, DeleteConversation};
use conversations_domain::ConversationId;

use crate::caller::{Caller, WriteConversations};
use crate::deletion::GivenReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;

pub(crate) async fn delete(
    caller: Caller<WriteConversations>,
    service: Data<ConversationService>,
    id: IdPath<ConversationId>,
    given: GivenReason,
) -> Result<Deleted, ApiError> {
    service.delete(&caller, DeleteConversation { id: id.0, reason: given.reason }).await?;
    Ok(Deleted("The conversation was deleted."))
}
