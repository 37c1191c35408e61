//! Listing conversations.

use super::ConversationService;
use crate::ports::{ConversationDetails, ConversationFilter};
use crate::{Caller, Error, Page, PageRequest};

impl ConversationService {
    /// A page of the conversations that the filter allows, newest first, with the exact total.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: ConversationFilter,
        page: PageRequest,
    ) -> Result<Page<ConversationDetails>, Error> {
        Ok(self.conversations.list(caller.workspace, filter, page).await?)
    }
}
