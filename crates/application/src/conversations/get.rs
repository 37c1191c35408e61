//! Reading one conversation.

use conversations_domain::ConversationId;

use super::ConversationService;
use crate::ports::ConversationDetails;
use crate::{Caller, Error};

impl ConversationService {
    /// The conversation with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the workspace has no such conversation.
    pub async fn get(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<ConversationDetails, Error> {
        self.conversations.find(caller.workspace, id).await?.ok_or(Error::NotFound)
    }
}
