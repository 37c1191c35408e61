//! Erasing a conversation.

use actix_web::web::Data;
use conversations_application::conversations::{ConversationService, DeleteConversation};
use conversations_domain::ConversationId;

use crate::caller::{Caller, WriteConversations};
use crate::conditions::IfMatch;
use crate::deletion::DeletionReason;
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::reply::Erased;
use crate::request_permit::LongRunning;

pub(crate) async fn delete(
    caller: Caller<WriteConversations>,
    _: LongRunning,
    service: Data<ConversationService>,
    id: IdPath<ConversationId>,
    condition: IfMatch,
    given: DeletionReason,
) -> Result<Erased, ApiError> {
    let command = DeleteConversation { id: id.0, reason: given.reason, precondition: condition.0 };
    let progress = service.delete(&caller, command).await?;
    Ok(Erased::of(
        progress,
        "The conversation was deleted.",
        "The conversation was deleted. Some of its messages are still being removed from the database.",
    ))
}
