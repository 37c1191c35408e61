//! Writing and reading messages.

use std::sync::Arc;

use conversations_application::ports::ConversationToCreate;
use conversations_domain::{Author, ConversationId, Message, MessageId, Status, UserId};
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::commits::{arrival, just};
use super::pages::{first_page, page};
use super::tenant::Tenant;
use crate::fixtures::{MessageBuilder, a_conversation, a_customer, a_message, at, next_id};

/// For every kind of author, and for any text.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer()).await.id();
    let conversation = a_conversation(tenant.inbox).with_customer(customer).build();
    let conversation = tenant.open(conversation).await.id();
    let agent = Author::Agent(UserId::from_uuid(next_id(at(0))));
    let messages = [
        a_message().by(Author::Customer(Some(customer))),
        a_message().by(Author::Customer(None)),
        a_message().by(agent).internal(),
        a_message().by(Author::System).written_at(at(5)).known_to("mail", "<a.b@x.org>"),
        a_message().saying(" \r\n\t\u{feff}e\u{301}\u{202e}\u{ffff}'\"\\%_;-- 👩‍👩‍👧 "),
        a_message().saying("x"),
        a_message().saying("\u{10ffff}".repeat(65_536)),
    ];

    for (message, number) in messages.iter().map(MessageBuilder::build).zip(1..) {
        let id = message.id();
        let expected = message.clone().numbered(conversation, number);
        let appended = tenant.append(conversation, message).await;

        // Not `assert_eq!`: it would print the longest body thrice.
        assert!(appended.as_ref() == Some(&expected), "the answer of message {number}");
        let found = find(repositories, &tenant, conversation, id).await;
        assert!(found == Some(expected), "message {number} as it is stored");
    }
}

/// A message is found in its own conversation, by its own workspace.
pub async fn finds_a_message_where_it_is_only(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await.id();
    let another = tenant.conversation().await.id();
    let message = tenant.append(conversation, a_message().build()).await.expect("it arrives");
    let unknown = MessageId::from_uuid(next_id(at(0)));

    assert_eq!(find(repositories, &tenant, conversation, unknown).await, None);
    assert_eq!(find(repositories, &tenant, another, message.id()).await, None);
    assert_eq!(find(repositories, &other, conversation, message.id()).await, None);
    assert_eq!(find(repositories, &tenant, conversation, message.id()).await, Some(message));
}

/// Messages are listed from the first to the last, in pages, with the exact total.
pub async fn lists_by_number(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await.id();
    tenant.append(tenant.conversation().await.id(), a_message().build()).await;
    // Numbers count, not ids: the later the message, the older its id.
    for millis in [30, 20, 10] {
        tenant.append(conversation, a_message().written_at(at(millis)).build()).await;
    }

    for (request, numbers) in [
        (page(1, 100), vec![1, 2, 3]),
        (page(1, 2), vec![1, 2]),
        (page(2, 2), vec![3]),
        (page(3, 2), vec![]),
        (page(2_147_483_648, 100), vec![]),
    ] {
        let page = tenant.messages(conversation, request).await.expect("it is there");

        let listed: Vec<_> = page.items.iter().map(Message::number).collect();
        assert_eq!((listed, page.total), (numbers, 3), "{request:?}");
    }
}

/// No messages is an empty list; no conversation is none.
pub async fn lists_nothing_of_an_unknown_conversation(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let unknown = ConversationId::from_uuid(next_id(at(0)));
    let theirs = other.conversation().await.id();
    other.append(theirs, a_message().build()).await;
    let empty = tenant.conversation().await.id();

    assert_eq!(tenant.messages(unknown, first_page()).await, None);
    assert_eq!(tenant.messages(theirs, first_page()).await, None);
    assert_eq!(tenant.messages(theirs, page(9, 1)).await, None);
    let page = tenant.messages(empty, first_page()).await.expect("it is there");
    assert_eq!((page.items.len(), page.total), (0, 0));
}

/// A message takes the next number and moves what the conversation says of its messages.
pub async fn a_message_is_counted(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;

    for number in 1..=3 {
        let time = at(i64::try_from(number).expect("a small number") * 1_000);
        let before = tenant.stored(conversation.id()).await;
        let draft = a_message().by(Author::System).written_at(time).build();
        let message = tenant.append(conversation.id(), draft).await.expect("it arrives");

        assert_eq!(message.number(), number);
        let after = tenant.stored(conversation.id()).await;
        assert!(after.version() > before.version());
        let after = after.into_parts();
        assert_eq!((after.message_count, after.last_message_number), (number, number));
        assert_eq!((after.last_message_at, after.updated_at), (Some(time), time));
    }
}

/// A message changes nothing but counts and times, and its own conversation only.
pub async fn a_message_changes_nothing_else(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let left = tenant.conversation().await;
    let conversation = tenant.open(a_conversation(tenant.inbox).urgent().build()).await;

    tenant.append(conversation.id(), a_message().written_at(at(1)).build()).await;

    let mut expected = conversation.into_parts();
    expected.message_count = 1;
    expected.last_message_number = 1;
    expected.last_message_at = Some(at(1));
    expected.updated_at = at(1);
    let stored = tenant.stored(expected.id).await.into_parts();
    expected.version = stored.version;
    assert_eq!(stored, expected);
    assert_eq!(tenant.stored(left.id()).await, left);
}

/// The message that a conversation was opened with has the first number.
pub async fn numbers_go_on_after_the_first_message(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut conversation = a_conversation(tenant.inbox).build();
    let first = conversation.open_with(a_message().build());
    let id = conversation.id();
    let thread = ConversationToCreate { message: Some(first.clone()), ..just(conversation) };
    tenant.create(thread).await.expect("the conversation is stored");

    let second = tenant.append(id, a_message().build()).await.expect("it arrives");

    assert_eq!(second.number(), 2);
    let page = tenant.messages(id, first_page()).await.expect("it is there");
    assert_eq!(page.items, [first, second]);
    assert_eq!(tenant.stored(id).await.message_count(), 2);
}

/// Clocks disagree and tasks overtake each other: an older message moves no time back.
pub async fn an_older_message_moves_no_time_back(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();

    tenant.append(id, a_message().written_at(at(9_000)).build()).await;
    tenant.append(id, a_message().written_at(at(-9_000)).build()).await;

    let stored = tenant.stored(id).await.into_parts();
    assert_eq!((stored.last_message_at, stored.updated_at), (Some(at(9_000)), at(9_001)));
    assert_eq!(stored.message_count, 2);
}

/// A customer's message reopens a conversation, and no other message does.
pub async fn only_a_customers_message_reopens(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = Author::Customer(None);
    let agent = Author::Agent(UserId::from_uuid(next_id(at(0))));

    for &before in Status::ALL {
        for (author, after) in [(customer, Status::Open), (agent, before), (Author::System, before)]
        {
            let conversation = a_conversation(tenant.inbox).in_status(before).build();
            let conversation = tenant.open(conversation).await;
            let draft = a_message().by(author).written_at(at(1)).build();
            tenant.append(conversation.id(), draft).await;

            let stored = tenant.stored(conversation.id()).await;
            assert_eq!(stored.status(), after, "{before}, {author:?}");
            let closed_at = conversation.closed_at().filter(|_| after == Status::Closed);
            assert_eq!(stored.closed_at(), closed_at, "{before}, {author:?}");
        }
        let conversation = a_conversation(tenant.inbox).in_status(before).build();
        let conversation = tenant.open(conversation).await;
        let draft = a_message().by(customer).written_at(at(1)).automatic().build();
        tenant.append(conversation.id(), draft).await;
        let stored = tenant.stored(conversation.id()).await;
        assert_eq!((stored.status(), stored.message_count()), (before, 1));
        assert_eq!(stored.closed_at(), conversation.closed_at());
        assert_eq!(tenant.history(conversation.id()).await, []);
    }
}

/// A conversation that is not there, or another workspace's, takes no message.
pub async fn appends_nothing_out_of_the_workspace(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let theirs = other.conversation().await;
    let unknown = ConversationId::from_uuid(next_id(at(0)));

    assert_eq!(tenant.append(unknown, a_message().build()).await, None);
    assert_eq!(tenant.append(theirs.id(), a_message().build()).await, None);

    assert_eq!(other.stored(theirs.id()).await, theirs);
    let messages = other.messages(theirs.id(), first_page()).await;
    assert_eq!(messages.map(|page| page.total), Some(0));
}

/// Messages that arrive at once all land, each with a number of its own.
pub async fn concurrent_messages_all_land(repositories: &Repositories) {
    const MESSAGES: u64 = 40;
    let tenant = Tenant::new(repositories).await;
    let (workspace, id) = (tenant.id, tenant.conversation().await.id());

    let appended = at_once((0..MESSAGES).map(|_| {
        let messages = Arc::clone(&repositories.messages);
        let commit = arrival(id, a_message().build());
        async move { messages.append(workspace, commit).await }
    }))
    .await;

    let mut appended: Vec<_> = appended
        .into_iter()
        .map(|message| message.expect("no message fails").expect("the conversation is there"))
        .collect();
    appended.sort_by_key(Message::number);
    let numbers: Vec<_> = appended.iter().map(Message::number).collect();
    assert_eq!(numbers, (1..=MESSAGES).collect::<Vec<_>>());
    let page = tenant.messages(id, first_page()).await.expect("it is there");
    assert_eq!((page.items, page.total), (appended, MESSAGES));
    assert_eq!(tenant.stored(id).await.message_count(), MESSAGES);
}

async fn find(
    repositories: &Repositories,
    tenant: &Tenant<'_>,
    conversation: ConversationId,
    id: MessageId,
) -> Option<Message> {
    let found = repositories.messages.find(tenant.id, conversation, id).await;
    found.expect("messages are read")
}
