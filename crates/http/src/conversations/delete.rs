//! Erasing a conversation.

use actix_web::web::Data;
use conversations_application::conversations::{ConversationService, DeleteConversation};
use conversations_domain::ConversationId;

use crate::caller::{Caller, WriteConversations};
use crate::conditions::IfMatch;
use crate::deletion::GivenReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Deleted;

pub(crate) async fn delete(
    caller: Caller<WriteConversations>,
    service: Data<ConversationService>,
    id: IdPath<ConversationId>,
    condition: IfMatch,
    given: GivenReason,
) -> Result<Deleted, ApiError> {
    let command = DeleteConversation { id: id.0, reason: given.reason, precondition: condition.0 };
    service.delete(&caller, command).await?;
    Ok(Deleted("The conversation was deleted."))
}
