//! Creating or changing the conversation with an external id.

use conversations_domain::{Change, Changes, ConversationDraft};

use super::{ConversationService, CreateConversation, CustomerChoice};
use crate::read_model::ConversationDetails;
use crate::retry::retry_on_conflict;
use crate::upsert::created;
use crate::{Caller, Error, ResponseRecorder, Upsert, Upserted};

impl ConversationService {
    /// Changes the conversation with this external id, or creates it: of several callers who do so at
    /// once, one creates it and the others change it.
    ///
    /// # Errors
    /// As [`update`](Self::update), if it is there; as [`create`](Self::create), if it is not, and
    /// [`Error::Incomplete`] when what is given does not make a conversation;
    /// [`Error::PreconditionFailed`] when a state is demanded and it is not there.
    pub async fn put(
        &self,
        caller: &Caller,
        command: Upsert<Changes>,
    ) -> Result<Upserted<ConversationDetails>, Error> {
        retry_on_conflict(async || self.try_put(caller, command.clone()).await).await
    }

    async fn try_put(
        &self,
        caller: &Caller,
        command: Upsert<Changes>,
    ) -> Result<Upserted<ConversationDetails>, Error> {
        let Upsert { external_id, changes, precondition } = command;
        let workspace = caller.workspace;
        let known = self.conversations.find_by_external_id(workspace, external_id.clone()).await?;
        if let Some(id) = known {
            let details = self.conversations.find(workspace, id).await?;
            // Another caller may have taken it away meanwhile, or its external id.
            let details = details
                .filter(|details| details.conversation.external_id() == Some(&external_id))
                .ok_or(Error::WriteConflict)?;
            let changed = self.change(caller, details, changes, &precondition).await;
            return changed.map(Upserted::Changed);
        }
        precondition.allow_creation()?;
        let changes = Changes { external_id: Change::To(Some(external_id)), ..changes };
        let (draft, customer) = ConversationDraft::from_changes(changes)?;
        let customer = customer.map_or(CustomerChoice::Nobody, CustomerChoice::Known);
        let command = CreateConversation { draft, customer, message: None };
        created(self.try_create(caller, command, ResponseRecorder::disabled()).await)
    }
}

#[cfg(test)]
mod tests;
