//! Opening and finding conversations.

use conversations_application::ports::{Commit, ConversationToCreate};
use conversations_application::read_model::{ConversationDetails, ConversationFilter};
use conversations_domain::{
    Author, Change, Changes, Channel, ConversationId, Customer, CustomerId, CustomerParts, InboxId,
    Priority, Profile, Source, Status, User, UserId, UserParts,
};
use conversations_persistence::Repositories;

use super::commits::{just, revised};
use super::pages::first_page;
use super::tenant::{Tenant, assert_duplicate, assert_stale};
use crate::fixtures::{
    ConversationBuilder, a_conversation, a_customer, a_message, a_user, an_origin, at, email,
    next_id,
};

/// A conversation of which nothing is known but what must be.
pub async fn round_trips_a_bare_conversation(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    let conversation = tenant.conversation().await;

    let bare = ConversationDetails { conversation, customer: None, assignee: None };
    assert_eq!(tenant.find(bare.conversation.id()).await, Some(bare));
}

/// A conversation of which everything is known, with its people.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer().reachable_at("ada@example.org")).await;
    let assignee = tenant.user(a_user()).await;
    let mut conversation = a_conversation(tenant.inbox)
        .known_to("zendesk", &"\u{10ffff}".repeat(255))
        .about("Ærøskøbing: „50 % off“; DROP TABLE conversations; -- '\\ 👩‍👩‍👧")
        .urgent()
        .over(Channel::Whatsapp)
        .from_source(Source::Phone)
        .with_customer(customer.id())
        .assigned_to(assignee.id())
        .labelled(&["zebra", "Ünïcode", "\"quoted\"", "[a", "\\", "100%", "👍"])
        .opened_at(at(-86_400_000))
        .build();
    let author = Author::Customer(Some(customer.id()));
    let message = conversation.open_with(a_message().by(author).written_at(at(-1)).build());
    let thread = ConversationToCreate {
        conversation: conversation.clone(),
        customer: None,
        message: Some(message),
    };
    tenant.create(thread).await.expect("a full conversation is stored");

    let close = Changes { status: Change::To(Status::Closed), ..Changes::default() };
    let revision = revised(&conversation, close, at(5));
    tenant.update(revision.clone()).await.expect("the conversation is closed");

    let full = ConversationDetails {
        conversation: revision.changed,
        customer: Some(customer),
        assignee: Some(assignee),
    };
    assert_eq!(tenant.find(conversation.id()).await, Some(full));
}

/// Each word of each vocabulary is stored as itself.
pub async fn round_trips_every_word(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let any = || a_conversation(tenant.inbox);
    let words = Status::ALL
        .iter()
        .map(|&status| any().in_status(status))
        .chain(Priority::ALL.iter().map(|&priority| any().of_priority(priority)))
        .chain(Channel::ALL.iter().map(|&channel| any().over(channel)))
        .chain(Source::ALL.iter().map(|&source| any().from_source(source)));

    for conversation in words {
        let conversation = tenant.open(conversation.build()).await;

        assert_eq!(tenant.stored(conversation.id()).await, conversation);
    }
}

/// The longest subject, in the widest characters.
pub async fn round_trips_the_longest_subject(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    let conversation = a_conversation(tenant.inbox).about(&"\u{10ffff}".repeat(255)).build();
    let conversation = tenant.open(conversation).await;

    assert_eq!(tenant.stored(conversation.id()).await, conversation);
}

/// An id that nothing has is no error.
pub async fn finds_nothing_for_an_unknown_id(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    tenant.conversation().await;

    assert_eq!(tenant.find(ConversationId::from_uuid(next_id(at(0)))).await, None);
}

/// Another workspace's conversation is as good as none.
pub async fn finds_nothing_of_another_workspace(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;

    let conversation = other.conversation().await;

    assert_eq!(tenant.find(conversation.id()).await, None);
    assert_eq!(tenant.count().await, 0);
}

/// A conversation, its new customer and its first message are stored as one.
pub async fn a_customer_and_a_message_land_together(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    let thread = a_thread(a_conversation(tenant.inbox));
    tenant.create(thread.clone()).await.expect("all three are stored");

    let ConversationToCreate { conversation, customer, message } = thread;
    let id = conversation.id();
    let messages = tenant.messages(id, first_page()).await.expect("the conversation is there");
    assert_eq!(messages.items, message.into_iter().collect::<Vec<_>>());
    let details = ConversationDetails { conversation, customer, assignee: None };
    assert_eq!(tenant.find(id).await, Some(details));
}

/// A customer whose address is taken takes the conversation and the message down too.
pub async fn a_taken_email_stores_nothing_of_the_thread(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    tenant.customer(a_customer().reachable_at("NEW@example.org")).await;

    let thread = a_thread(a_conversation(tenant.inbox));
    assert_duplicate(&tenant.create(thread.clone()).await);

    assert_nothing_stored(&tenant, &thread, repositories).await;
}

/// What a conversation refers to must be in its workspace, whether it is elsewhere or nowhere.
pub async fn a_reference_out_of_the_workspace_is_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let (theirs, nowhere) = (other.customer(a_customer()).await.id(), next_id(at(0)));
    let any = || a_conversation(tenant.inbox);

    for conversation in [
        a_conversation(other.inbox),
        a_conversation(InboxId::from_uuid(nowhere)),
        any().with_customer(theirs),
        any().with_customer(CustomerId::from_uuid(nowhere)),
        any().assigned_to(other.user(a_user()).await.id()),
        any().assigned_to(UserId::from_uuid(nowhere)),
    ] {
        assert_stale(&tenant.create(just(conversation.build())).await);
    }

    assert_eq!(tenant.count().await, 0);
}

/// A reference that leads nowhere takes the new customer and the message down too.
pub async fn a_stale_reference_stores_nothing_of_the_thread(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;

    let in_another_inbox = a_thread(a_conversation(other.inbox));
    assert_stale(&tenant.create(in_another_inbox.clone()).await);
    assert_nothing_stored(&tenant, &in_another_inbox, repositories).await;

    let theirs = other.user(a_user()).await.id();
    let of_another_user = a_thread(a_conversation(tenant.inbox).assigned_to(theirs));
    assert_stale(&tenant.create(of_another_user.clone()).await);
    assert_nothing_stored(&tenant, &of_another_user, repositories).await;
}

/// A conversation with a new customer, `new@example.org`, and a message.
fn a_thread(conversation: ConversationBuilder) -> ConversationToCreate {
    let customer = a_customer().reachable_at("new@example.org").build();
    let mut conversation = conversation.with_customer(customer.id()).build();
    let author = Author::Customer(Some(customer.id()));
    let message = conversation.open_with(a_message().by(author).build());
    ConversationToCreate { conversation, customer: Some(customer), message: Some(message) }
}

/// Makes sure that neither the conversation nor the customer nor the message is there.
async fn assert_nothing_stored(
    tenant: &Tenant<'_>,
    thread: &ConversationToCreate,
    repositories: &Repositories,
) {
    let ConversationToCreate { conversation, customer, message } = thread;
    let id = conversation.id();
    assert_eq!(tenant.find(id).await, None);
    assert_eq!(tenant.count().await, 0);
    assert_eq!(tenant.messages(id, first_page()).await, None);
    let message = message.as_ref().expect("a message comes along").id();
    assert_eq!(repositories.messages.find(tenant.id, id, message).await.ok(), Some(None));
    let customer = customer.as_ref().expect("a customer comes along").id();
    assert_eq!(repositories.customers.find(tenant.id, customer).await.ok(), Some(None));
}

/// Ids are made to be unique everywhere, but nothing relies on it: the people whom a conversation
/// shows are looked for in its own workspace.
pub async fn people_elsewhere_with_the_same_ids_are_not_mixed_in(repositories: &Repositories) {
    let (ours, theirs) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let customer = ours.customer(a_customer().reachable_at("ada@ours.example")).await;
    let assignee = ours.user(a_user().reachable_at("grace@ours.example")).await;
    let profile = Profile { email: Some(email("ada@theirs.example")), ..Profile::default() };
    let twin = Customer::restore(CustomerParts { profile, ..customer.clone().into_parts() });
    let double = User::restore(UserParts {
        email: email("grace@theirs.example"),
        ..assignee.clone().into_parts()
    });
    repositories.customers.create(theirs.id, Commit::of(an_origin(), twin)).await.expect("a twin");
    repositories.users.create(theirs.id, Commit::of(an_origin(), double)).await.expect("a double");

    let conversation =
        a_conversation(ours.inbox).with_customer(customer.id()).assigned_to(assignee.id()).build();
    let conversation = ours.open(conversation).await;

    let shown =
        ConversationDetails { conversation, customer: Some(customer), assignee: Some(assignee) };
    let listed = ours.list(ConversationFilter::default(), first_page()).await;
    assert_eq!(listed, first_page().slice(vec![shown.clone()], 1));
    assert_eq!(ours.find(shown.conversation.id()).await, Some(shown));
}
