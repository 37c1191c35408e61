//! Listing the messages of a conversation.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::messages::MessageService;
use conversations_application::read_model::MessageFilter;
use conversations_domain::ConversationId;

use super::MessageBody;
use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::external_id::{describe_external_id_filter, external_id_filter};
use crate::extract::IdPath;
use crate::page::{FollowedList, ListReader};
use crate::query::{FromQuery, QueryReader, ValidatedQuery};
use crate::schema::OperationDescription;

/// Which messages are wanted, and which page of them.
pub(crate) struct ListQuery {
    filter: MessageFilter,
    page: PageRequest,
}

pub(crate) async fn list(
    caller: Caller<ReadConversations>,
    service: Data<MessageService>,
    conversation: IdPath<ConversationId>,
    query: ValidatedQuery<ListQuery>,
    reader: ListReader,
) -> Result<FollowedList<MessageBody>, ApiError> {
    let ListQuery { filter, page } = query.0;
    let list = async || service.list(&caller, conversation.0, filter, page).await;
    reader.read(&caller, page, list).await
}

impl FromQuery for ListQuery {
    fn read(query: &mut QueryReader) -> Self {
        let filter = MessageFilter { external_id: external_id_filter(query) };
        Self { filter, page: query.page() }
    }

    fn describe(operation: &mut OperationDescription) {
        describe_external_id_filter(operation);
        operation.takes_page();
    }
}
