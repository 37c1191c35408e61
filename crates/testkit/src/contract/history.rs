//! Reading the history of conversations.

use std::convert::Infallible;

use conversations_application::ports::{Commit, NewMessage};
use conversations_domain::{
    Actor, Conversation, ConversationId, ConversationParts, Field, FieldChange, FieldValue,
    HistoryEntry, HistoryId, Status,
};
use conversations_persistence::Repositories;

use super::commits::{just, renamed, unassigned_from, user_removal};
use super::pages::{first_page, page};
use super::tenant::Tenant;
use crate::fixtures::{
    a_conversation, a_history_entry, a_message, a_user, an_actor, an_origin, at, external_id,
    next_id,
};

/// Each field, from and to whatever it may be: nothing, text that is easily damaged or looks like
/// something else, lists of such text.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
    let list = |words: &[&str]| {
        Some(FieldValue::List(words.iter().map(|&word| word.to_owned()).collect()))
    };
    let external = |id| Some(FieldValue::External(external_id("my-crm.2", id)));
    let values = [
        (None, text("Ærøskøbing: „50 % off“; DROP TABLE conversations; -- '\\ 👩‍👩‍👧")),
        (text("\"quoted\""), text(" \r\n\t\u{feff}e\u{301}\u{202e}\u{ffff}\u{2028} ")),
        (text("[\"refund\"]"), list(&["refund"])),
        (list(&[]), list(&["zebra", "Ünïcode", "\"quoted\"", "[a", "\\", "100%", "👍"])),
        (text("null"), None),
        (text(""), text("{}")),
        (list(&["null"]), text(&"\u{10ffff}".repeat(255))),
        (text("1"), text("true")),
        (external(r#"{"source":"a","id":"b"}"#), None),
        (external("[]"), external("Ærø 50% \"'\\\u{10ffff}")),
    ];
    let fields = Field::ALL.iter().copied().cycle();
    let mut entries: Vec<_> = values
        .into_iter()
        .zip(fields)
        .map(|((from, to), field)| HistoryEntry {
            change: FieldChange { field, from, to },
            ..a_history_entry(conversation.id())
        })
        .collect();
    entries[0].by = Actor::command_line();
    entries[1].by = Actor { name: "Ŋ'\"%_\\ 🤖".to_owned(), ..an_actor() };

    remember(&tenant, repositories, &conversation, entries.clone()).await;

    assert_eq!(tenant.history(conversation.id()).await, entries);
}

/// Changes are listed in the order in which they came through, whatever the clocks of those who
/// made them said, in pages, with the exact total. Those of one write are in the order of their ids.
pub async fn lists_in_the_order_of_the_changes(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut stored = tenant.conversation().await;
    let entry = |millis| HistoryEntry {
        id: HistoryId::from_uuid(next_id(at(millis))),
        ..a_history_entry(stored.id())
    };
    let [first, second, third, last] = [5, -3, 1, 5].map(entry);
    for written in [vec![first.clone()], vec![third.clone(), second.clone()], vec![last.clone()]] {
        stored = remember(&tenant, repositories, &stored, written).await;
    }

    for (request, items) in [
        (page(1, 100), vec![first.clone(), second.clone(), third.clone(), last.clone()]),
        (page(1, 3), vec![first, second, third]),
        (page(2, 3), vec![last]),
        (page(3, 3), vec![]),
        (page(2_147_483_648, 100), vec![]),
    ] {
        let page = repositories.history.list(tenant.id, stored.id(), request).await;

        let entries = page.expect("a history is listed").map(|slice| {
            let Ok(slice) = slice.try_map(|change| Ok::<_, Infallible>(change.entry));
            slice
        });
        assert_eq!(entries, Some(request.slice(items, 4)), "{request:?}");
    }
}

/// A message that reopens and the end of a user have their places among the changes, too.
pub async fn every_kind_of_change_has_its_place(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let user = tenant.user(a_user()).await.id();
    let conversation = a_conversation(tenant.inbox).closed().assigned_to(user).build();
    let mut stored = tenant.open(conversation).await;
    let id = stored.id();
    let entry = |millis| HistoryEntry {
        id: HistoryId::from_uuid(next_id(at(millis))),
        ..a_history_entry(id)
    };
    let (first, last) = (entry(9_000), entry(-9_000));

    stored = remember(&tenant, repositories, &stored, vec![first.clone()]).await;
    let (history, by) = (HistoryId::from_uuid(next_id(at(3_000))), an_actor());
    let reopening =
        NewMessage { conversation: id, draft: a_message().build(), history, by: by.clone() };
    let appended =
        repositories.messages.append(tenant.id, Commit::of(an_origin(), reopening)).await;
    assert!(matches!(appended, Ok(Some(_))), "{appended:?}");
    let deleted = repositories.users.delete(tenant.id, user_removal(user, at(-3_000))).await;
    assert_eq!(deleted.ok(), Some(true));
    stored = tenant.stored(stored.id()).await;
    remember(&tenant, repositories, &stored, vec![last.clone()]).await;

    let change = FieldChange::of_status(Status::Closed, Status::Open);
    let second = HistoryEntry { id: history, conversation: id, change, by };
    let history = tenant.history(id).await;
    let [.., third, _] = &history[..] else { unreachable!("four entries, not {history:?}") };
    assert_eq!(third.change, unassigned_from(user));
    assert_eq!(history, [first, second, third.clone(), last]);
}

/// No changes are an empty list; no conversation is none.
pub async fn lists_nothing_of_an_unknown_conversation(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.conversation().await;
    remember(&other, repositories, &theirs, vec![a_history_entry(theirs.id())]).await;
    let unknown = ConversationId::from_uuid(next_id(at(0)));
    let empty = tenant.conversation().await.id();

    for id in [unknown, theirs.id()] {
        for request in [first_page(), page(9, 1)] {
            let page = repositories.history.list(tenant.id, id, request).await;
            assert_eq!(page.ok(), Some(None));
        }
    }
    assert_eq!(tenant.history(empty).await, []);
}

/// A history is that of one conversation of one workspace, and in its order, whatever ids others
/// have.
pub async fn lists_one_conversation_only(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (conversation, another) = (tenant.conversation().await, tenant.conversation().await);
    let parts = conversation.clone().into_parts();
    let twin = Conversation::restore(ConversationParts { inbox: other.inbox, ..parts });
    other.create(just(twin.clone())).await.expect("a twin elsewhere");

    let mut expected = Vec::new();
    for (tenant, conversation) in [(&tenant, conversation), (&other, twin), (&tenant, another)] {
        let id = conversation.id();
        let entries = [5, -5].map(|millis| HistoryEntry {
            id: HistoryId::from_uuid(next_id(at(millis))),
            ..a_history_entry(id)
        });
        let mut stored = conversation;
        for entry in &entries {
            stored = remember(tenant, repositories, &stored, vec![entry.clone()]).await;
        }
        expected.push((tenant, id, entries));
    }

    for (tenant, id, entries) in expected {
        assert_eq!(tenant.history(id).await, entries);
    }
}

/// Changes a conversation, with this history; answers the conversation as stored.
async fn remember(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    conversation: &Conversation,
    history: Vec<HistoryEntry>,
) -> Conversation {
    let write = renamed(conversation, &conversation.version().number().to_string());
    let commit = Commit { write, origin: an_origin(), history, audit: Vec::new(), response: None };
    let updated = repositories.conversations.update(tenant.id, commit).await;
    updated.expect("the change and its history are stored")
}
