//! Changing a conversation.

use conversations_domain::{Change, Changes, ConversationId};

use super::{ConversationService, InvalidReferences};
use crate::ports::{Commit, UpdatedConversation};
use crate::read_model::ConversationDetails;
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition};

/// What is wanted of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateConversation {
    /// Which one.
    pub id: ConversationId,
    /// What it should become.
    pub changes: Changes,
    /// The precondition, so that the caller does not change an unseen state.
    pub precondition: Precondition,
}

impl ConversationService {
    /// Changes a conversation and answers it as it is then. What is set to the value that it has
    /// changes nothing and leaves no history.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InvalidReferences`]; [`Error::PreconditionFailed`] when it is
    /// in another state than the caller demands; [`Error::Conflict`] when the
    /// conversation has another customer; [`Error::WriteConflict`] when others keep changing it.
    pub async fn update(
        &self,
        caller: &Caller,
        command: UpdateConversation,
    ) -> Result<ConversationDetails, Error> {
        retry_on_conflict(async || self.try_update(caller, command.clone()).await).await
    }

    async fn try_update(
        &self,
        caller: &Caller,
        command: UpdateConversation,
    ) -> Result<ConversationDetails, Error> {
        let UpdateConversation { id, changes, precondition } = command;
        let details = self.conversations.find(caller.workspace, id).await?;
        self.change(caller, details.ok_or(Error::NotFound)?, changes, &precondition).await
    }

    /// Changes a conversation as it was loaded.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        mut details: ConversationDetails,
        changes: Changes,
        precondition: &Precondition,
    ) -> Result<ConversationDetails, Error> {
        let (workspace, id) = (caller.workspace, details.conversation.id());
        let (loaded, observed) = (details.conversation.revision(), details.observed_versions());
        let counted = details.conversation.count_key();
        self.resolve(caller, &changes, &mut details).await?;
        precondition.check(&observed)?;
        // Only now, so that the change has no earlier time than one that it is based on.
        let context = self.contexts.begin();
        let changed = details.conversation.change(changes, context.now())?;
        if changed.is_empty() {
            return Ok(details);
        }

        let fields = changed.iter().map(|change| change.field).collect();
        let history = caller.history(&context, id, changed);
        let observed = precondition.requires_state().then_some(observed);
        let changed = details.conversation;
        let write = UpdatedConversation { changed, fields, loaded, counted, observed };
        let commit = Commit {
            write,
            origin: caller.origin(&context),
            history,
            audit: Vec::new(),
            response: None,
        };
        details.conversation = self.conversations.update(workspace, commit).await?;
        Ok(details)
    }

    /// Makes sure that whatever the changes refer to is in the workspace, and puts the people
    /// among it in the place of those who were shown.
    async fn resolve(
        &self,
        caller: &Caller,
        changes: &Changes,
        details: &mut ConversationDetails,
    ) -> Result<(), Error> {
        let workspace = caller.workspace;
        let mut invalid = InvalidReferences::default();

        if let Some(&inbox) = changes.inbox.new_value() {
            self.check_inbox(workspace, inbox, &mut invalid).await?;
        }
        if let Some(&customer) = changes.customer.new_value() {
            details.customer = self.resolve_customer(workspace, customer, &mut invalid).await?;
        }
        match changes.assignee {
            Change::Keep => {}
            Change::To(None) => details.assignee = None,
            Change::To(Some(user)) => {
                details.assignee = self.resolve_user(workspace, user, &mut invalid).await?;
            }
        }
        invalid.into_result()
    }
}

#[cfg(test)]
mod tests;
