//! A conversation as it is shown.

use conversations_domain::{
    Change, ChangeRefused, Changes, Conversation, Customer, CustomerId, FieldChange, Timestamp,
    User, UserId, Version,
};

/// A conversation with the people that it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationDetails {
    /// The conversation.
    pub conversation: Conversation,
    /// Its customer.
    pub customer: Option<Customer>,
    /// The assignee.
    pub assignee: Option<User>,
}

/// The state of a conversation as a caller saw it, with the people that were shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservedVersions {
    /// The version of the conversation.
    pub conversation: Version,
    /// Its customer, and in which version.
    pub customer: Option<(CustomerId, Version)>,
    /// The user who takes care of it, and in which version.
    pub assignee: Option<(UserId, Version)>,
}

impl ConversationDetails {
    /// Unassigns a user who is no longer shown, because they are being deleted: a change of the
    /// assignee need not wait until the deletion comes to it.
    pub(crate) fn without_missing_assignee(
        &mut self,
        now: Timestamp,
    ) -> Result<Vec<FieldChange>, ChangeRefused> {
        if self.assignee.is_some() {
            return Ok(Vec::new());
        }
        self.conversation.change(Changes { assignee: Change::To(None), ..Changes::default() }, now)
    }

    /// The state that these show.
    #[must_use]
    pub fn observed_versions(&self) -> ObservedVersions {
        let Self { conversation, customer, assignee } = self;
        ObservedVersions {
            conversation: conversation.version(),
            customer: customer.as_ref().map(|customer| (customer.id(), customer.version())),
            assignee: assignee.as_ref().map(|user| (user.id(), user.version())),
        }
    }
}
