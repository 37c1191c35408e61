//! Listing what happened to a conversation.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::history::HistoryService;
use conversations_domain::ConversationId;

use super::HistoryBody;
use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::page::ListBody;
use crate::query::ValidatedQuery;

pub(crate) async fn list(
    caller: Caller<ReadConversations>,
    service: Data<HistoryService>,
    conversation: IdPath<ConversationId>,
    page: ValidatedQuery<PageRequest>,
) -> Result<ListBody<HistoryBody>, ApiError> {
    let history = service.list(&caller, conversation.0, page.0).await?;
    Ok(ListBody::new(page.0, history))
}
