//! Listing what happened to a conversation.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::history::HistoryService;
use conversations_domain::ConversationId;

use super::HistoryBody;
use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::page::{FollowedList, ListReader};
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadConversations>,
    service: Data<HistoryService>,
    conversation: IdPath<ConversationId>,
    page: ValidatedQuery<PageRequest>,
    reader: ListReader,
) -> Result<FollowedList<HistoryBody>, ApiError> {
    reader.read(&caller, page.0, async || service.list(&caller, conversation.0, page.0).await).await
}
