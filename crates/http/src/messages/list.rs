//! Listing the messages of a conversation.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::messages::MessageService;
use conversations_domain::ConversationId;

use super::MessageBody;
use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::page::{FollowedList, ListReader};
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadConversations>,
    service: Data<MessageService>,
    conversation: IdPath<ConversationId>,
    page: ValidatedQuery<PageRequest>,
    reader: ListReader,
) -> Result<FollowedList<MessageBody>, ApiError> {
    reader.read(&caller, page.0, async || service.list(&caller, conversation.0, page.0).await).await
}
