//! Changing a conversation.

use conversations_domain::{Change, Changes, ConversationId};

use super::{ConversationService, InvalidReferences};
use crate::ports::{Commit, ConversationDetails, ConversationRevision};
use crate::retry::until_settled;
use crate::{Caller, Error, Precondition};

/// What is wanted of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateConversation {
    /// Which one.
    pub id: ConversationId,
    /// What it should become.
    pub changes: Changes,
    /// What must be there, or the caller would change what it has not seen.
    pub precondition: Precondition,
}

impl ConversationService {
    /// Changes a conversation and answers it as it is then. What is set to the value that it has
    /// changes nothing and leaves no history.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InvalidReferences`]; [`Error::PreconditionFailed`] when it is
    /// in another state than the caller demands; [`Error::Conflict`] when the
    /// conversation has another customer; [`Error::Contended`] when others keep changing it.
    pub async fn update(
        &self,
        caller: &Caller,
        command: UpdateConversation,
    ) -> Result<ConversationDetails, Error> {
        until_settled(async || self.try_update(caller, command.clone()).await).await
    }

    async fn try_update(
        &self,
        caller: &Caller,
        command: UpdateConversation,
    ) -> Result<ConversationDetails, Error> {
        let UpdateConversation { id, changes, precondition } = command;
        let workspace = caller.workspace;
        let mut details = self.conversations.find(workspace, id).await?.ok_or(Error::NotFound)?;
        // Only now, so that the change has no earlier time than one that it is based on.
        let moment = self.moments.begin();
        let (loaded, seen) = (details.conversation.revision(), details.seen());
        let counted = details.conversation.standing();
        self.resolve(caller, &changes, &mut details).await?;
        precondition.check(&seen)?;
        let changed = details.conversation.change(changes, moment.now())?;
        if changed.is_empty() {
            return Ok(details);
        }

        let fields = changed.iter().map(|change| change.field).collect();
        let history = caller.history(&moment, id, changed);
        let seen = precondition.names_states().then_some(seen);
        let changed = details.conversation;
        let write = ConversationRevision { changed, fields, loaded, counted, seen };
        let commit = Commit {
            write,
            origin: caller.origin(&moment),
            history,
            audit: Vec::new(),
            reply: None,
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

        if let Some(&inbox) = changes.inbox.wanted() {
            self.check_inbox(workspace, inbox, &mut invalid).await?;
        }
        if let Some(&customer) = changes.customer.wanted() {
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
