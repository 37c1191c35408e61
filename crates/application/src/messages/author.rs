//! Finding out who writes a message.

use conversations_domain::{Author, Conversation, CustomerId, UserId, WorkspaceId};

use crate::ports::UserRepository;
use crate::{Error, ReferenceProblem};

/// Who is said to write a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorChoice {
    /// The conversation's customer; an id, if given, must be theirs.
    Customer(Option<CustomerId>),
    /// A user of the workspace.
    Agent(UserId),
    /// The system.
    System,
}

impl AuthorChoice {
    /// The author in this conversation, or why there is none.
    pub(crate) async fn resolve(
        self,
        users: &dyn UserRepository,
        workspace: WorkspaceId,
        conversation: &Conversation,
    ) -> Result<Result<Author, ReferenceProblem>, Error> {
        Ok(match self {
            Self::System => Ok(Author::System),
            Self::Customer(named) => {
                conversation.customer_as_author(named).ok_or(ReferenceProblem::NotTheCustomer)
            }
            Self::Agent(id) => match users.find(workspace, id).await? {
                Some(_) => Ok(Author::Agent(id)),
                None => Err(ReferenceProblem::Unknown),
            },
        })
    }
}
