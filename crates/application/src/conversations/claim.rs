//! Claiming a conversation that nobody takes care of.

use conversations_domain::{ConversationId, UserId};

use super::{ConversationService, InvalidReferences};
use crate::ports::{Commit, ConversationDetails, ConversationRevision, Unchanged};
use crate::retry::until_settled;
use crate::{Caller, Error, Precondition, Remember};

/// Who wants to take care of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimConversation {
    /// Which one.
    pub id: ConversationId,
    /// The user to assign it to.
    pub user: UserId,
    /// What must be there, or the caller would claim what it has not seen.
    pub precondition: Precondition,
}

impl ConversationService {
    /// Assigns a conversation to a user if nobody has it, and answers it as it is then. Of many who
    /// claim it at once one gets it; a claim by its assignee changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InvalidReferences`] when the workspace has no such user;
    /// [`Error::PreconditionFailed`]; [`Error::Conflict`] when somebody else has it.
    pub async fn claim(
        &self,
        caller: &Caller,
        command: ClaimConversation,
        remember: Remember<ConversationDetails>,
    ) -> Result<ConversationDetails, Error> {
        until_settled(async || self.try_claim(caller, &command, remember.clone()).await).await
    }

    async fn try_claim(
        &self,
        caller: &Caller,
        command: &ClaimConversation,
        remember: Remember<ConversationDetails>,
    ) -> Result<ConversationDetails, Error> {
        let &ClaimConversation { id, user, ref precondition } = command;
        let workspace = caller.workspace;
        let mut details = self.get(caller, id).await?;
        // Only now, so that the change has no earlier time than one that it is based on.
        let moment = self.moments.begin();
        let mut invalid = InvalidReferences::default();
        let assignee = self.resolve_user(workspace, user, &mut invalid).await?;
        invalid.into_result()?;

        let (loaded, seen) = (details.conversation.revision(), details.seen());
        let counted = details.conversation.standing();
        precondition.check(&seen)?;
        let mut changed = details.free_of_absent_assignee(moment.now())?;
        changed.extend(details.conversation.claim(user, moment.now())?);
        if changed.is_empty() {
            if let Some(reply) = remember.known(moment.now(), &details)? {
                let unchanged = Unchanged { conversation: id, loaded };
                self.replies.keep_unchanged(workspace, unchanged, reply).await?;
            }
            return Ok(details);
        }
        details.assignee = assignee;
        let shown = details.clone();
        let reply = remember.when(moment.now(), move |stored| ConversationDetails {
            conversation: Clone::clone(stored),
            ..shown.clone()
        });
        let fields = changed.iter().map(|change| change.field).collect();
        let history = caller.history(&moment, id, changed);
        let seen = precondition.names_states().then_some(seen);
        let changed = details.conversation;
        let write = ConversationRevision { changed, fields, loaded, counted, seen };
        let commit =
            Commit { write, origin: caller.origin(&moment), history, audit: Vec::new(), reply };
        details.conversation = self.conversations.update(workspace, commit).await?;
        Ok(details)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::testing::{Ports, caller, conversation_id, details, user, user_id, workspace};
    use crate::{Conflict, Reference};

    fn by(user: UserId) -> ClaimConversation {
        ClaimConversation { id: conversation_id(), user, precondition: Precondition::None }
    }

    /// Ports of a workspace with a conversation that this user has, and with every user.
    fn ports(assignee: Option<UserId>) -> Ports {
        let mut stored = details();
        if let Some(user) = assignee {
            assign(&mut stored, user);
        }
        let mut ports = Ports::with_conversation(stored);
        ports.users.expect_find().returning(|_, id| Ok(Some(user(id))));
        ports
    }

    fn assign(details: &mut ConversationDetails, to: UserId) {
        details.conversation.claim(to, details.conversation.updated_at()).expect("free");
        details.assignee = Some(user(to));
    }

    #[tokio::test]
    async fn what_belonged_to_a_user_who_is_being_deleted_is_free() {
        let mut stored = details();
        assign(&mut stored, user_id(1));
        // Users are not shown any more from the beginning of their deletion.
        stored.assignee = None;
        let mut ports = Ports::with_conversation(stored);
        ports.users.expect_find().returning(|_, id| Ok(Some(user(id))));
        ports
            .conversations
            .expect_update()
            .times(1)
            .withf(|_, commit| {
                let [freed, claimed] = commit.history.as_slice() else { return false };
                freed.change.to.is_none() && claimed.change.from.is_none()
            })
            .returning(|_, commit| Ok(commit.write.changed));

        let service = ports.conversation_service();
        let claimed = service.claim(&caller(), by(user_id(2)), Remember::nothing()).await;

        assert_eq!(claimed.ok().and_then(|it| it.conversation.assignee()), Some(user_id(2)));
    }

    #[tokio::test]
    async fn what_nobody_has_is_assigned_with_history() {
        let mut ports = ports(None);
        ports
            .conversations
            .expect_update()
            .times(1)
            .withf(|&asked, commit| {
                let [entry] = commit.history.as_slice() else { return false };
                asked == workspace()
                    && commit.write.changed.assignee() == Some(user_id(1))
                    && entry.by == caller().actor
                    && commit.reply.is_none()
            })
            .returning(|_, commit| Ok(commit.write.changed));

        let service = ports.conversation_service();
        let claimed = service.claim(&caller(), by(user_id(1)), Remember::nothing()).await;

        let claimed = claimed.expect("claimed");
        assert_eq!(claimed.assignee, Some(user(user_id(1))));
        assert_eq!(claimed.conversation.assignee(), Some(user_id(1)));
    }

    #[tokio::test]
    async fn who_has_it_changes_nothing() {
        let service = ports(Some(user_id(1))).conversation_service();

        let claimed = service.claim(&caller(), by(user_id(1)), Remember::nothing()).await;

        assert_eq!(claimed.ok().and_then(|it| it.conversation.assignee()), Some(user_id(1)));
    }

    #[tokio::test]
    async fn what_somebody_has_conflicts_and_says_who() {
        let service = ports(Some(user_id(1))).conversation_service();

        let refused = service.claim(&caller(), by(user_id(2)), Remember::nothing()).await;

        let taken = Conflict::Taken { by: user_id(1) };
        assert!(matches!(refused, Err(Error::Conflict(conflict)) if conflict == taken));
    }

    #[tokio::test]
    async fn who_was_slower_learns_who_was_faster() {
        let mut ports = Ports::default();
        let mut taken = details();
        assign(&mut taken, user_id(1));
        ports.conversations.expect_find().times(1).returning(|_, _| Ok(Some(details())));
        ports.conversations.expect_find().times(1).returning(move |_, _| Ok(Some(taken.clone())));
        ports.users.expect_find().returning(|_, id| Ok(Some(user(id))));
        ports
            .conversations
            .expect_update()
            .times(1)
            .returning(|_, _| Err(crate::ports::RepositoryError::Stale));

        let service = ports.conversation_service();
        let refused = service.claim(&caller(), by(user_id(2)), Remember::nothing()).await;

        let taken = Conflict::Taken { by: user_id(1) };
        assert!(matches!(refused, Err(Error::Conflict(conflict)) if conflict == taken));
    }

    #[tokio::test]
    async fn an_unknown_user_claims_nothing() {
        let mut ports = Ports::with_conversation(details());
        ports.users.expect_find().with(eq(workspace()), eq(user_id(1))).returning(|_, _| Ok(None));

        let service = ports.conversation_service();
        let refused = service.claim(&caller(), by(user_id(1)), Remember::nothing()).await;

        let Err(Error::InvalidReferences(invalid)) = refused else { panic!("{refused:?}") };
        assert_eq!(invalid[0].reference, Reference::Assignee);
    }
}
