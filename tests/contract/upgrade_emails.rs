//! Addresses that were stored by an older rule are found by the present one after an upgrade.

use conversations_application::PageWindow;
use conversations_application::ports::{Commit, RepositoryError, Updated};
use conversations_application::read_model::CustomerFilter;
use conversations_domain::{
    Change, Customer, CustomerChanges, Tier, User, UserChanges, WorkspaceId,
};
use conversations_persistence::Repositories;
use conversations_testkit::fixtures::{
    a_customer, a_user, a_workspace, an_origin, at, email, name, profile_text,
};
use conversations_testkit::{Engine, TestDatabase};

const UNDO: &str =
    include_str!("../../migrations/sqlite/2026-11-30-120000_compare_emails/down.sql");
const FORGET: &str = "DELETE FROM __diesel_schema_migrations WHERE version = '20261130120000'";

/// An address as it was stored, and the key that it had.
const OLD: [(&str, &str, &str); 5] = [
    ("clean", "Ada@example.com", "ada@example.com"),
    ("pasted", "ada@example.com\u{200b}", "ada@example.com\u{200b}"),
    ("composed", "Jose\u{301}@example.com", "jose\u{301}@example.com"),
    ("sharp", "ada@straße.example", "ada@strasse.example"),
    ("link", "mailto:ada@example.com", "mailto:ada@example.com"),
];

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_customers_are_compared_by_the_present_rule() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let repositories = database.repositories().await;
        let workspace = workspace(&repositories).await;
        for (nickname, _, _) in OLD {
            let customer = a_customer().reachable_at(&format!("{nickname}@new.example")).build();
            let stored =
                repositories.customers.create(workspace, Commit::of(an_origin(), customer)).await;
            stored.expect("a customer is stored");
        }

        let repositories = upgraded(&database, "customers").await;

        let found = async |address: &str| {
            let found = repositories.customers.find_by_email(workspace, email(address)).await;
            found.expect("an answer").map(stored_address)
        };
        assert_eq!(found("ada@example.com").await.as_deref(), Some("Ada@example.com"));
        assert_eq!(found("JOS\u{c9}@example.com").await.as_deref(), Some(OLD[2].1));
        assert_eq!(found("ada@STRAßE.example").await.as_deref(), Some(OLD[3].1));
        assert_eq!(found("ada@strasse.example").await, None);

        // A customer with another one's address, or with one that is no longer accepted, can still
        // change.
        let window =
            PageWindow { start: conversations_application::PageStart::Offset(0), limit: 50 };
        let all = repositories.customers.list(workspace, CustomerFilter::default(), window).await;
        let all = all.expect("a list").items;
        assert_eq!(all.len(), OLD.len());
        for customer in all {
            let address = stored_address(customer.clone());
            let updated = change(&repositories, workspace, customer, ranked()).await;
            assert!(updated.is_ok(), "{engine:?} {address:?}: {updated:?}");
        }
        let taken = a_customer().reachable_at("ada@example.com").build();
        let taken = repositories.customers.create(workspace, Commit::of(an_origin(), taken)).await;
        assert!(matches!(taken, Err(RepositoryError::Duplicate)), "{engine:?}");
        assert_eq!(database.integrity().await, "ok", "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_users_are_compared_by_the_present_rule() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let repositories = database.repositories().await;
        let workspace = workspace(&repositories).await;
        let mut users = Vec::new();
        for (nickname, _, _) in OLD {
            let user = a_user().reachable_at(&format!("{nickname}@new.example")).build();
            users.push(user.id());
            let stored = repositories.users.create(workspace, Commit::of(an_origin(), user)).await;
            stored.expect("a user is stored");
        }

        let repositories = upgraded(&database, "users").await;

        let create = async |address: &str| {
            let user = a_user().reachable_at(address).build();
            repositories.users.create(workspace, Commit::of(an_origin(), user)).await
        };
        for taken in ["ada@example.com", "JOS\u{c9}@example.com", "ada@STRAßE.example"] {
            let taken = create(taken).await;
            assert!(matches!(taken, Err(RepositoryError::Duplicate)), "{engine:?}: {taken:?}");
        }
        assert!(create("ada@strasse.example").await.is_ok(), "{engine:?}");
        for id in users {
            let user = repositories.users.find(workspace, id).await.expect("an answer");
            let mut changed: User = user.expect("the user is there");
            let loaded = changed.version();
            let renamed = UserChanges { name: Change::To(name("Eve")), ..UserChanges::default() };
            assert!(changed.change(renamed, at(1)));
            let commit = Commit::of(an_origin(), Updated { changed, loaded, fields: Vec::new() });
            let updated = repositories.users.update(workspace, commit).await;
            assert!(updated.is_ok(), "{engine:?}: {updated:?}");
        }
    }
}

async fn workspace(repositories: &Repositories) -> WorkspaceId {
    let workspace = a_workspace("upgraded");
    let id = workspace.id;
    repositories.workspaces.create(workspace).await.expect("a workspace is stored");
    id
}

/// Puts everybody's address as an older version stored it, and upgrades.
async fn upgraded(database: &TestDatabase, table: &str) -> Repositories {
    for (nickname, address, key) in OLD {
        let old = format!(
            "UPDATE {table} SET email = '{address}', email_folded = '{key}' \
             WHERE email = '{nickname}@new.example'"
        );
        database.execute(&old).await;
    }
    database.execute(UNDO).await;
    database.execute(FORGET).await;
    database.repositories().await
}

fn stored_address(customer: Customer) -> String {
    let email = customer.into_parts().profile.email.expect("an address");
    email.as_str().to_owned()
}

fn ranked() -> CustomerChanges {
    let mut changes =
        CustomerChanges { tier: Change::To(Tier::Gold), ..CustomerChanges::default() };
    changes.profile.company = Change::To(Some(profile_text("Engines")));
    changes
}

async fn change(
    repositories: &Repositories,
    workspace: WorkspaceId,
    mut changed: Customer,
    changes: CustomerChanges,
) -> Result<(), RepositoryError> {
    let loaded = changed.version();
    changed.change(changes, at(1)).expect("the profile names a person");
    let revision = Updated { changed, loaded, fields: Vec::new() };
    repositories.customers.update(workspace, Commit::of(an_origin(), revision)).await
}
