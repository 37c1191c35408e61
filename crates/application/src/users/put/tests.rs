use std::sync::Arc;

use conversations_domain::{Change, DirectoryField, Role};
use conversations_fixtures::{a_user, external_id};

use super::*;
use crate::Precondition;
use crate::ports::{ExternalIdOwner, MockUserRepository, RepositoryError};
use crate::testing::{caller, context_factory, email, name, nothing_left, user_id};

fn stored() -> User {
    a_user().known_to("hr", "1").with_id(user_id(1)).build()
}

async fn put(users: MockUserRepository, changes: UserChanges) -> Result<Upserted<User>, Error> {
    let external_id = external_id("hr", "1");
    let command = Upsert { external_id, changes, precondition: Precondition::None };
    UserService::new(Arc::new(users), nothing_left(), context_factory())
        .put(&caller(), command)
        .await
}

fn grace() -> UserChanges {
    UserChanges {
        name: Change::To(name("Grace")),
        email: Change::To(email("grace@example.org")),
        ..UserChanges::default()
    }
}

#[tokio::test]
async fn creates_whom_it_does_not_find_and_changes_whom_it_finds() {
    let mut users = MockUserRepository::new();
    users.expect_find_by_external_id().times(1).returning(|_, _| Ok(None));
    let taken = || RepositoryError::ExternalIdTaken(ExternalIdOwner::User);
    users.expect_create().times(1).returning(move |_, _| Err(taken()));
    users.expect_find_by_external_id().times(1).returning(|_, _| Ok(Some(stored())));
    users.expect_update().times(1).returning(|_, _| Ok(()));
    let changed = put(users, grace()).await;
    assert!(matches!(changed, Ok(Upserted::Changed(_))), "{changed:?}");

    let mut users = MockUserRepository::new();
    users.expect_find_by_external_id().times(1).returning(|_, _| Ok(None));
    users.expect_create().times(1).returning(|_, _| Ok(()));
    let created = put(users, grace()).await;
    let Ok(Upserted::Created(user)) = created else { panic!("{created:?}") };
    assert_eq!(user.external_id(), Some(&external_id("hr", "1")));
}

#[tokio::test]
async fn names_all_fields_that_a_new_user_needs() {
    let mut users = MockUserRepository::new();
    users.expect_find_by_external_id().times(1).returning(|_, _| Ok(None));
    let changes = UserChanges { role: Change::To(Role::Admin), ..UserChanges::default() };

    let refused = put(users, changes).await;

    let Err(Error::Incomplete(missing)) = refused else { panic!("{refused:?}") };
    assert_eq!(missing, [DirectoryField::Name.into(), DirectoryField::Email.into()]);
}
