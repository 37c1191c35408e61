//! Changing customers.

use std::slice;
use std::sync::Arc;

use conversations_application::ports::{Commit, RepositoryError, Updated};
use conversations_application::read_model::{ConversationFilter, CustomerFilter};
use conversations_domain::{
    Change, CustomFields, CustomFieldsChange, CustomValue, Customer, CustomerChanges,
    CustomerParts, CustomerStatus, Email, Profile, ProfileChanges, Tags, TagsChange, Tier,
};
use conversations_persistence::Repositories;

use super::bulk::{at_once, customers};
use super::commits::changed_customer;
use super::pages::first_page;
use super::tenant::{Tenant, assert_duplicate, assert_stale};
use crate::fixtures::{
    a_conversation, a_customer, an_origin, email, external_id, profile_text, tags,
};

/// Each field that can change is stored, in text that is easily damaged.
pub async fn stores_every_change(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_full_customer()).await;
    let text = |text| Change::To(Some(profile_text(text)));
    let fields = [("n".to_owned(), CustomValue::Float(0.1))];

    let changes = CustomerChanges {
        external_id: Change::To(Some(external_id("my-crm.2", "<Ä%_'\u{10ffff}@x.org>"))),
        profile: ProfileChanges {
            first_name: text("Ægir O'Brien; DROP TABLE customers; --"),
            last_name: text("e\u{301} \u{202e}مرحبا\u{202c} 100 % \"\\_\u{ffff}"),
            email: Change::To(Some(email("Ärger+50%_off@Exämple.org"))),
            phone: text("+49 (0) 30 / 123 456-0"),
            company: text("\u{10ffff}"),
            job_title: text("👩‍🚀 line\r\n\ttwo"),
        },
        tier: Change::To(Tier::Platinum),
        status: Change::To(CustomerStatus::Archived),
        tags: TagsChange::To(tags(&["zebra", "\"quoted\"", "[a"])),
        custom_fields: CustomFieldsChange::To(CustomFields::new(fields).expect("custom fields")),
    };
    let changed = change(&tenant, repositories, &customer, changes).await.expect("it is stored");

    let found = repositories.customers.find(tenant.id, customer.id()).await;
    assert_eq!(found.ok(), Some(Some(changed)));
}

/// Lists show what a single read shows, with the customers of conversations too: they select the columns
/// of a customer one by one.
pub async fn lists_show_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_full_customer()).await;
    let thread = a_conversation(tenant.inbox).with_customer(customer.id()).build();
    tenant.open(thread).await;

    let filter = CustomerFilter::default();
    let listed = repositories.customers.list(tenant.id, filter, first_page()).await;
    let conversations = tenant.list(ConversationFilter::default(), first_page()).await;

    assert_eq!(listed.expect("a list").items, slice::from_ref(&customer));
    assert_eq!(conversations.items[0].customer, Some(customer));
}

/// Nothing is something to change to: an empty field is not taken for no change.
pub async fn cleared_fields_stay_cleared(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_full_customer()).await;

    let changes = CustomerChanges {
        external_id: Change::To(None),
        profile: ProfileChanges {
            first_name: Change::Keep,
            last_name: Change::To(None),
            email: Change::To(None),
            phone: Change::To(None),
            company: Change::To(None),
            job_title: Change::To(None),
        },
        tags: TagsChange::To(Tags::default()),
        custom_fields: CustomFieldsChange::To(CustomFields::default()),
        ..CustomerChanges::default()
    };
    change(&tenant, repositories, &customer, changes).await.expect("it is stored");

    let found = repositories.customers.find(tenant.id, customer.id()).await;
    let found = found.ok().flatten().expect("the customer is there").into_parts();
    let first_name = customer.profile().first_name.clone();
    assert_eq!(found.external_id, None);
    assert_eq!(found.profile, Profile { first_name, ..Profile::default() });
    assert_eq!((found.tags, found.custom_fields), (Tags::default(), CustomFields::default()));
}

/// A changed customer is found by what they are now, and no longer by what they were.
pub async fn filters_use_the_new_values(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_full_customer()).await;
    let found = async |filter| customers(&tenant, repositories, filter).await;
    let searching = |text: &str| CustomerFilter { search: text.parse().ok(), ..Default::default() };
    let tagged = |tag| CustomerFilter { tags: tags(&[tag]), ..Default::default() };

    let changes = CustomerChanges {
        profile: ProfileChanges {
            last_name: Change::To(Some(profile_text("BYRON"))),
            email: Change::To(Some(email("Byron@example.org"))),
            ..ProfileChanges::default()
        },
        tags: TagsChange::To(tags(&["kept", "new"])),
        ..CustomerChanges::default()
    };
    let changed = change(&tenant, repositories, &customer, changes).await.expect("it is stored");

    for filter in [searching("byron@"), searching("byron"), tagged("kept"), tagged("new")] {
        assert_eq!(found(filter.clone()).await, [customer.id()], "{filter:?}");
    }
    for filter in [searching("lovelace"), searching("ada@"), tagged("old")] {
        assert_eq!(found(filter.clone()).await, [], "{filter:?}");
    }
    let by_email = async |address: Email| {
        repositories.customers.find_by_email(tenant.id, address).await.ok().flatten()
    };
    assert_eq!(by_email(email("BYRON@example.org")).await.as_ref(), Some(&changed));
    assert_eq!(by_email(email("ada@example.org")).await, None);

    let archived = Change::To(CustomerStatus::Archived);
    let changes = CustomerChanges { status: archived, ..CustomerChanges::default() };
    change(&tenant, repositories, &changed, changes).await.expect("it is stored");
    for tag in ["kept", "new"] {
        assert_eq!(found(tagged(tag)).await, [customer.id()], "{tag}");
    }
}

/// A write that is based on another version than the stored one changes nothing, not even tags.
pub async fn rejects_a_stale_update(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_full_customer()).await;
    let first = change(&tenant, repositories, &customer, ranked(Tier::Silver)).await;

    let tagged = CustomerChanges { tags: TagsChange::To(tags(&["late"])), ..ranked(Tier::Gold) };
    assert_stale(&change(&tenant, repositories, &customer, tagged).await);
    let unknown = a_customer().build();
    assert_stale(&change(&tenant, repositories, &unknown, ranked(Tier::Gold)).await);

    let found = repositories.customers.find(tenant.id, customer.id()).await;
    assert_eq!(found.ok().flatten(), first.ok());
    let late = CustomerFilter { tags: tags(&["late"]), ..CustomerFilter::default() };
    assert_eq!(customers(&tenant, repositories, late).await, []);
    let kept = CustomerFilter { tags: tags(&["old", "kept"]), ..CustomerFilter::default() };
    assert_eq!(customers(&tenant, repositories, kept).await, [customer.id()]);
}

/// Another workspace's customer is as good as none; nor do others with the same id change along.
pub async fn changes_nothing_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.customer(a_full_customer()).await;

    assert_stale(&change(&tenant, repositories, &theirs, ranked(Tier::Gold)).await);
    let parts = CustomerParts { tier: Tier::Platinum, ..theirs.clone().into_parts() };
    let twin = Customer::restore(parts);
    let created =
        repositories.customers.create(tenant.id, Commit::of(an_origin(), twin.clone())).await;
    assert!(created.is_ok(), "{created:?}");
    let bare = CustomerChanges { tags: TagsChange::To(Tags::default()), ..ranked(Tier::Gold) };
    assert!(change(&tenant, repositories, &twin, bare).await.is_ok());

    let found = repositories.customers.find(other.id, theirs.id()).await;
    assert_eq!(found.ok(), Some(Some(theirs.clone())));
    let tagged = CustomerFilter { tags: tags(&["old", "kept"]), ..CustomerFilter::default() };
    assert_eq!(customers(&other, repositories, tagged.clone()).await, [theirs.id()]);
    assert_eq!(customers(&tenant, repositories, tagged).await, []);
}

/// Only the customer who is meant changes.
pub async fn a_change_leaves_the_others_alone(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let changed = tenant.customer(a_customer().tagged(&["vip"])).await;
    let left = tenant.customer(a_customer().tagged(&["vip"])).await;

    let bare = CustomerChanges { tags: TagsChange::To(Tags::default()), ..ranked(Tier::Gold) };
    change(&tenant, repositories, &changed, bare).await.expect("it is stored");

    let found = repositories.customers.find(tenant.id, left.id()).await;
    assert_eq!(found.ok(), Some(Some(left.clone())));
    let vip = CustomerFilter { tags: tags(&["vip"]), ..CustomerFilter::default() };
    assert_eq!(customers(&tenant, repositories, vip).await, [left.id()]);
}

/// An address that another customer has is refused, whatever its case, and nothing changes; one's
/// own in another case is not another's.
pub async fn a_taken_email_changes_nothing(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let to = |address| CustomerChanges {
        profile: ProfileChanges {
            email: Change::To(Some(email(address))),
            ..ProfileChanges::default()
        },
        tags: TagsChange::To(tags(&["late"])),
        ..CustomerChanges::default()
    };
    tenant.customer(a_customer().reachable_at("ΣΑΣ@x.org")).await;
    let customer = tenant.customer(a_full_customer()).await;

    assert_duplicate(&change(&tenant, repositories, &customer, to("σας@X.org")).await);

    let found = repositories.customers.find(tenant.id, customer.id()).await;
    assert_eq!(found.ok(), Some(Some(customer.clone())));
    let late = CustomerFilter { tags: tags(&["late"]), ..CustomerFilter::default() };
    assert_eq!(customers(&tenant, repositories, late).await, []);
    let own = change(&tenant, repositories, &customer, to("ADA@example.org")).await;
    let found = repositories.customers.find(tenant.id, customer.id()).await;
    assert_eq!(found.ok().flatten(), own.ok());
}

/// Of changes that are made at once to the same version, one is stored.
pub async fn exactly_one_concurrent_update_succeeds(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_full_customer()).await;
    let workspace = tenant.id;

    let saved = at_once((0..16).map(|writer| {
        let repository = Arc::clone(&repositories.customers);
        let tags = TagsChange::To(tags(&[format!("by {writer}")]));
        let write = changed_customer(&customer, CustomerChanges { tags, ..Default::default() });
        async move {
            let changed = write.changed.clone();
            repository.update(workspace, Commit::of(an_origin(), write)).await.map(|()| changed)
        }
    }))
    .await;

    let (stored, refused): (Vec<_>, Vec<_>) = saved.into_iter().partition(Result::is_ok);
    refused.iter().for_each(assert_stale);
    let stored: Result<Vec<_>, RepositoryError> = stored.into_iter().collect();
    let found = repositories.customers.find(workspace, customer.id()).await.ok().flatten();
    assert_eq!(stored.ok(), Some(found.into_iter().collect()));
}

/// Ada Lovelace, with an address and all optional fields.
fn a_full_customer() -> crate::fixtures::CustomerBuilder {
    let text = |text| Some(profile_text(text));
    a_customer()
        .known_to("crm", "4711")
        .known_as(Profile {
            first_name: text("Ada"),
            last_name: text("Lovelace"),
            email: Some(email("ada@example.org")),
            phone: text("1815"),
            company: text("Engines"),
            job_title: text("Countess"),
        })
        .tagged(&["old", "kept"])
        .with_fields([("plan".to_owned(), CustomValue::Flag(true))])
}

fn ranked(tier: Tier) -> CustomerChanges {
    CustomerChanges { tier: Change::To(tier), ..CustomerChanges::default() }
}

/// Tries to change a customer; answers them as they are to be.
async fn change(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    customer: &Customer,
    changes: CustomerChanges,
) -> Result<Customer, RepositoryError> {
    let write = changed_customer(customer, changes);
    let Updated { changed, .. } = write.clone();
    repositories.customers.update(tenant.id, Commit::of(an_origin(), write)).await.map(|()| changed)
}
