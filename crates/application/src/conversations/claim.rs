//! Claiming an unassigned conversation.

use conversations_domain::{ConversationId, UserId};

use super::{ConversationService, InvalidReferences};
use crate::ports::{Commit, Unchanged, UpdatedConversation};
use crate::read_model::ConversationDetails;
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Precondition, ResponseRecorder};

/// The command to claim a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimConversation {
    /// Which one.
    pub id: ConversationId,
    /// The user to assign it to.
    pub user: UserId,
    /// The precondition, so that the caller does not claim an unseen state.
    pub precondition: Precondition,
}

impl ConversationService {
    /// Assigns a conversation to a user unless another user has it, and returns it as it is then.
    /// Of several concurrent claims, one succeeds; a claim by the assignee changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InvalidReferences`] when the workspace has no such user;
    /// [`Error::PreconditionFailed`]; [`Error::Conflict`] when another user has it.
    pub async fn claim(
        &self,
        caller: &Caller,
        command: ClaimConversation,
        recorder: ResponseRecorder<ConversationDetails>,
    ) -> Result<ConversationDetails, Error> {
        retry_on_conflict(async || self.try_claim(caller, &command, recorder.clone()).await).await
    }

    async fn try_claim(
        &self,
        caller: &Caller,
        command: &ClaimConversation,
        recorder: ResponseRecorder<ConversationDetails>,
    ) -> Result<ConversationDetails, Error> {
        let &ClaimConversation { id, user, ref precondition } = command;
        let workspace = caller.workspace;
        let mut details = self.get(caller, id).await?;
        let mut invalid = InvalidReferences::default();
        let assignee = self.resolve_user(workspace, user, &mut invalid).await?;
        invalid.into_result()?;

        // Only now, so that the change has no earlier time than one that it is based on.
        let context = self.contexts.begin();
        let (loaded, observed) = (details.conversation.revision(), details.observed_versions());
        let counted = details.conversation.count_key();
        precondition.check(&observed)?;
        let mut changed = details.without_missing_assignee(context.now())?;
        changed.extend(details.conversation.claim(user, context.now())?);
        if changed.is_empty() {
            if let Some(response) = recorder.with_outcome(context.now(), &details)? {
                let unchanged = Unchanged { conversation: id, loaded };
                self.replies.store_unchanged(workspace, unchanged, response).await?;
            }
            return Ok(details);
        }
        details.assignee = assignee;
        let shown = details.clone();
        let response = recorder.on_outcome(context.now(), move |stored| ConversationDetails {
            conversation: Clone::clone(stored),
            ..shown.clone()
        });
        let fields = changed.iter().map(|change| change.field).collect();
        let history = caller.history(&context, id, changed);
        let observed = precondition.requires_state().then_some(observed);
        let changed = details.conversation;
        let write = UpdatedConversation { changed, fields, loaded, counted, observed };
        let commit =
            Commit { write, origin: caller.origin(&context), history, audit: Vec::new(), response };
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
    async fn a_conversation_of_a_user_being_deleted_is_free() {
        let mut stored = details();
        assign(&mut stored, user_id(1));
        // Users are no longer shown once their deletion has begun.
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
        let claimed = service.claim(&caller(), by(user_id(2)), ResponseRecorder::disabled()).await;

        assert_eq!(claimed.ok().and_then(|it| it.conversation.assignee()), Some(user_id(2)));
    }

    #[tokio::test]
    async fn an_unassigned_conversation_is_assigned_with_history() {
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
                    && commit.response.is_none()
            })
            .returning(|_, commit| Ok(commit.write.changed));

        let service = ports.conversation_service();
        let claimed = service.claim(&caller(), by(user_id(1)), ResponseRecorder::disabled()).await;

        let claimed = claimed.expect("claimed");
        assert_eq!(claimed.assignee, Some(user(user_id(1))));
        assert_eq!(claimed.conversation.assignee(), Some(user_id(1)));
    }

    #[tokio::test]
    async fn claiming_an_own_conversation_changes_nothing() {
        let service = ports(Some(user_id(1))).conversation_service();

        let claimed = service.claim(&caller(), by(user_id(1)), ResponseRecorder::disabled()).await;

        assert_eq!(claimed.ok().and_then(|it| it.conversation.assignee()), Some(user_id(1)));
    }

    #[tokio::test]
    async fn an_assigned_conversation_conflicts_and_names_its_assignee() {
        let service = ports(Some(user_id(1))).conversation_service();

        let refused = service.claim(&caller(), by(user_id(2)), ResponseRecorder::disabled()).await;

        let taken = Conflict::AlreadyAssigned { by: user_id(1) };
        assert!(matches!(refused, Err(Error::Conflict(conflict)) if conflict == taken));
    }

    #[tokio::test]
    async fn a_lost_claim_names_the_winner() {
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
        let refused = service.claim(&caller(), by(user_id(2)), ResponseRecorder::disabled()).await;

        let taken = Conflict::AlreadyAssigned { by: user_id(1) };
        assert!(matches!(refused, Err(Error::Conflict(conflict)) if conflict == taken));
    }

    #[tokio::test]
    async fn an_unknown_user_claims_nothing() {
        let mut ports = Ports::with_conversation(details());
        ports.users.expect_find().with(eq(workspace()), eq(user_id(1))).returning(|_, _| Ok(None));

        let service = ports.conversation_service();
        let refused = service.claim(&caller(), by(user_id(1)), ResponseRecorder::disabled()).await;

        let Err(Error::InvalidReferences(invalid)) = refused else { panic!("{refused:?}") };
        assert_eq!(invalid[0].reference, Reference::Assignee);
    }
}
