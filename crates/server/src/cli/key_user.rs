//! The user whom a key speaks for, as `conversations keys` takes and shows it.

use std::str::FromStr;

use conversations_application::read_model::UserFilter;
use conversations_application::{Caller, Error, PageRequest};
use conversations_domain::{Email, Name, User, UserId, WorkspaceId};

use super::CommandRefused;
use crate::operator_services::OperatorServices;

/// How many users are named when it is none of them.
const NAMED: usize = 10;

/// Why a text names no user.
const NEITHER: &str = "must be the id or the e-mail address of a user";

/// Which user: by id or by e-mail address.
#[derive(Debug, Clone)]
pub(super) enum UserChoice {
    Id(UserId),
    Email(Email),
}

impl FromStr for UserChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let email = || Email::parse(text).map(Self::Email).map_err(|_| NEITHER);
        UserId::parse(text).map(Self::Id).or_else(|_| email())
    }
}

impl UserChoice {
    fn is(&self, user: &User) -> bool {
        match self {
            Self::Id(id) => user.id() == *id,
            Self::Email(email) => address_of(user).case_folded() == email.case_folded(),
        }
    }

    /// The user of a workspace, which must be there.
    pub(super) async fn find(
        &self,
        operators: &OperatorServices,
        workspace: &Name,
    ) -> anyhow::Result<UserId> {
        let name = workspace.as_str();
        let workspaces = operators.workspaces.list().await?;
        let Some(found) = workspaces.into_iter().find(|each| each.name == *workspace) else {
            let text = format!("--user: there is no workspace {name:?}, so it has no users");
            return Err(CommandRefused(text).into());
        };
        let users = every_user(operators, found.id).await?;
        if let Some(user) = users.iter().find(|user| self.is(user)) {
            return Ok(user.id());
        }
        let named: Vec<_> =
            users.iter().take(NAMED).map(|user| address_of(user).as_str().to_owned()).collect();
        let has = match users.len().checked_sub(NAMED) {
            _ if users.is_empty() => "it has none".to_owned(),
            None | Some(0) => format!("it has {}", named.join(", ")),
            Some(more) => format!("it has {} and {more} more", named.join(", ")),
        };
        let text = format!("--user: the workspace {name:?} has no such user; {has}");
        Err(CommandRefused(text).into())
    }
}

/// The address of a user whom a key speaks for, as people know them.
pub(super) async fn address_of_user(
    operators: &OperatorServices,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<String, Error> {
    match operators.users.get(&Caller::at_the_command_line(workspace), user).await {
        Ok(user) => Ok(address_of(&user).as_str().to_owned()),
        // They were deleted a moment ago.
        Err(Error::NotFound) => Ok(user.to_string()),
        Err(error) => Err(error),
    }
}

async fn every_user(
    operators: &OperatorServices,
    workspace: WorkspaceId,
) -> Result<Vec<User>, Error> {
    let caller = Caller::at_the_command_line(workspace);
    let mut users = Vec::new();
    let mut request = PageRequest::new(1, PageRequest::MAX_LIMIT);
    while let Some(asked) = request {
        let page = operators.users.list(&caller, UserFilter::default(), asked).await?;
        users.extend(page.items);
        request = page.next.and_then(|next| PageRequest::at(next, asked.limit()));
    }
    Ok(users)
}

fn address_of(user: &User) -> Email {
    user.clone().into_parts().email
}
