//! Listing the messages of a conversation.

use conversations_domain::{ConversationId, Message};

use super::MessageService;
use crate::page::ListScope;
use crate::read_model::MessageFilter;
use crate::{Caller, Error, Page, PageRequest, SortKey};

impl MessageService {
    /// A page of the messages of a conversation that the filter allows, by their numbers, oldest
    /// first, with the exact total.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation.
    pub async fn list(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        filter: MessageFilter,
        page: PageRequest,
    ) -> Result<Page<Message>, Error> {
        let MessageFilter { external_id } = &filter;
        let mut scope = ListScope::of(caller.workspace, "messages").with(conversation);
        // Only where it is given: cursors from before there were filters stay valid.
        if let Some(external_id) = external_id {
            scope = scope.with("externalId").with_any_of(external_id.values());
        }
        let resolved = scope.resolve(page)?;
        let found =
            self.messages.list(caller.workspace, conversation, filter, resolved.window).await?;
        Ok(resolved.page(found.ok_or(Error::NotFound)?, |message| SortKey {
            // Numbers are counted in such columns, so that they fit.
            value: i64::try_from(message.number()).unwrap_or(i64::MAX),
            id: message.id().as_uuid(),
        }))
    }
}
