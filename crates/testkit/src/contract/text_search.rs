//! Finding conversations by what was said in them.

use std::hash::{BuildHasher, RandomState};

use conversations_application::ports::ConversationToCreate;
use conversations_application::read_model::ConversationFilter;
use conversations_application::search::SearchQuery;
use conversations_domain::{
    Author, Change, Changes, Conversation, ConversationId, Message, Status,
};
use conversations_persistence::Repositories;

use super::bulk::{finish_erasures, listed};
use super::commits::{customer_erasure, just, removal, renamed, revised};
use super::random_texts::{query_of, text_of};
use super::tenant::Tenant;
use crate::fixtures::{a_conversation, a_customer, a_message, at, external_id};
use crate::{Random, SEARCH_CASES, SearchCase, finds};

/// What is found is what the table says.
pub async fn finds_what_the_table_says(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut stored: Vec<(&[&str], ConversationId)> = Vec::new();
    for SearchCase { texts, query: text, found } in SEARCH_CASES {
        let known = stored.iter().find(|(known, _)| known == texts).map(|(_, id)| *id);
        let id = match known {
            Some(id) => id,
            None => store(&tenant, texts).await,
        };
        if known.is_none() {
            stored.push((texts, id));
        }

        let ids = search(&tenant, text).await;

        assert_eq!(ids.contains(&id), *found, "{text:?} in {texts:?}");
    }
}

/// Whatever was said and whatever is looked for, what is found is what is found in memory. A failure
/// names the seed; put it in the place of the random one to see it again.
pub async fn finds_what_is_found_in_memory(repositories: &Repositories) {
    const CONVERSATIONS: usize = 40;
    const QUERIES: usize = 150;

    for seed in [1, RandomState::new().hash_one(0)] {
        let mut random = Random::new(seed);
        let tenant = Tenant::new(repositories).await;
        let mut stored = Vec::with_capacity(CONVERSATIONS);
        for _ in 0..CONVERSATIONS {
            let texts: Vec<_> = (0..=random.below(4)).map(|_| text_of(&mut random, 8)).collect();
            let id = store(&tenant, &texts).await;
            stored.push((id, texts));
        }
        stored.reverse();

        let mut asked = 0;
        while asked < QUERIES {
            let text = query_of(&mut random);
            let Ok(query) = text.parse::<SearchQuery>() else { continue };
            let expected: Vec<_> = stored
                .iter()
                .filter(|(_, texts)| finds(&query, texts))
                .map(|(id, _)| *id)
                .collect();

            assert_eq!(search(&tenant, &text).await, expected, "seed {seed}: {text:?}");
            asked += 1;
        }
    }
}

/// A phrase is found wherever it is in a text of any length, and however often its words come.
pub async fn finds_phrases_anywhere_in_long_texts(repositories: &Repositories) {
    for seed in [1, RandomState::new().hash_one(0)] {
        let mut random = Random::new(seed);
        let tenant = Tenant::new(repositories).await;
        for (vocabulary, length) in [(3, 30_000), (400, 14_000)] {
            let words: Vec<_> =
                (0..length).map(|_| format!("{:x}", random.below(vocabulary))).collect();
            let body: String = words.join(" ").chars().take(65_536).collect();
            let words: Vec<_> = body.split(' ').collect();
            let texts = ["A long one".to_owned(), body.clone()];
            let id = store(&tenant, &texts).await;

            for number in 0..40 {
                let length = 1 + random.below(SearchQuery::MAX_WORDS);
                let start = match number {
                    0 => 0,
                    1 => words.len() - length,
                    _ => random.below(words.len() - length),
                };
                let mut phrase = words[start..start + length].to_vec();
                if random.percent(30) {
                    *phrase.last_mut().expect("a word") = "ffff";
                }
                let text = format!("\"{}\"", phrase.join(" "));
                let Ok(query) = text.parse() else { continue };

                let found = search(&tenant, &text).await.contains(&id);

                assert_eq!(found, finds(&query, &texts), "seed {seed}: {text}");
            }
        }
    }
}

/// The longest text, of the longest and of the shortest words, is stored and found.
pub async fn finds_the_longest_texts(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let last = |filler: &str| {
        let count = (65_536 - 5) / filler.chars().count();
        format!("{} last", filler.repeat(count))
    };

    for filler in ["x", "x ", "𝐱𝐲 ", "é-", "ab1 cd2 "] {
        let body = last(filler);
        let id = store(&tenant, &["Long".to_owned(), body]).await;
        assert_eq!(search(&tenant, "last long").await.first(), Some(&id), "{filler:?}");
    }
    // What has more words than count is found by those that do.
    for (filler, word) in [("語", "語"), ("\u{fdfa}", "صلى"), ("㌖", "キ")] {
        let body = format!("first {}", last(filler));
        let body: String = body.chars().take(65_536).collect();
        let id = store(&tenant, &["Beyond".to_owned(), body]).await;
        let found = search(&tenant, &format!("beyond \"first {word}\"")).await;
        assert_eq!(found, [id], "{filler:?}");
        assert_eq!(search(&tenant, "beyond last").await, [], "{filler:?}");
    }
    let words: Vec<_> = (0..10_900).map(|number| format!("{number:05}")).collect();
    let id = store(&tenant, &["Numbers", &words.join(" ")]).await;
    assert_eq!(search(&tenant, "\"10898 10899\" -10900").await, [id]);
    assert_eq!(search(&tenant, "numbers 09999").await, [id]);
}

/// What another workspace has is neither found nor in the way of what is unwanted, also when both
/// have the same ids.
pub async fn searches_one_workspace_only(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let ours = store(&tenant, &["Ours", "A refund"]).await;
    let theirs = store(&other, &["Theirs", "A parcel refund"]).await;
    let mut twin = a_conversation(other.inbox).about("Twin parcel").build().into_parts();
    twin.id = ours;
    other.open(Conversation::restore(twin)).await;

    assert_eq!(search(&tenant, "refund").await, [ours]);
    assert_eq!(search(&tenant, "refund -parcel").await, [ours]);
    assert_eq!(search(&tenant, "parcel").await, []);
    assert_eq!(search(&tenant, "twin").await, []);
    assert_eq!(search(&other, "refund").await, [theirs]);
    assert_eq!(search(&other, "ours").await, []);
    tenant.erase(ours).await;
    assert_eq!(search(&other, "twin parcel").await, [ours]);
}

/// A message is found as soon as it is there, and no more as soon as it is deleted.
pub async fn follows_messages(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = store(&tenant, &["Refund", "first words"]).await;
    assert_eq!(search(&tenant, "second").await, []);

    let message = say(&tenant, id, "second words").await;
    assert_eq!(search(&tenant, "second first refund").await, [id]);
    assert_eq!(search(&tenant, "-second").await, []);

    let gone = removal(id, message.id(), at(0));
    let gone = repositories.messages.delete(tenant.id, gone).await;
    assert_eq!(gone.ok(), Some(true));
    assert_eq!(search(&tenant, "second").await, []);
    assert_eq!(search(&tenant, "\"second words\"").await, []);
    assert_eq!(search(&tenant, "first -second").await, [id]);
}

/// Notes among agents are found like all else.
pub async fn finds_internal_notes(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();

    let note = a_message().by(Author::System).internal().saying("secret note").build();
    tenant.append(id, note).await.expect("it arrives");

    assert_eq!(search(&tenant, "\"secret note\"").await, [id]);
}

/// A new subject takes the place of the old one; other changes leave it found.
pub async fn follows_the_subject(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.open(a_conversation(tenant.inbox).about("Old words").build()).await;
    let id = conversation.id();
    say(&tenant, id, "a message").await;

    rename(&tenant, &conversation, "New words").await;

    assert_eq!(search(&tenant, "old").await, []);
    assert_eq!(search(&tenant, "new -old").await, [id]);
    assert_eq!(search(&tenant, "\"new words\" message").await, [id]);
    let stored = tenant.stored(id).await;
    rename(&tenant, &stored, "Old words").await;
    assert_eq!(search(&tenant, "old").await, [id]);
    assert_eq!(search(&tenant, "new").await, []);
}

/// A conversation is found by its id in another system, as it is now, and not by the name of that
/// system.
pub async fn finds_external_ids(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation =
        a_conversation(tenant.inbox).about("A lamp").known_to("desk", "TICKET-35436");
    let conversation = tenant.open(conversation.build()).await;
    let id = conversation.id();

    for text in ["35436", "354", "ticket-35436", "\"ticket 35436\"", "lamp 35436"] {
        assert_eq!(search(&tenant, text).await, [id], "{text}");
    }
    assert_eq!(search(&tenant, "desk").await, []);
    let external_id = Change::To(Some(external_id("desk", "4711")));
    let changes = Changes { external_id, ..Changes::default() };
    tenant.update(revised(&conversation, changes, at(5))).await.expect("a change is stored");
    assert_eq!(search(&tenant, "35436").await, []);
    assert_eq!(search(&tenant, "4711 lamp").await, [id]);
    let stored = tenant.stored(id).await;
    rename(&tenant, &stored, "A table").await;
    assert_eq!(search(&tenant, "4711 table").await, [id]);
    let changes = Changes { external_id: Change::To(None), ..Changes::default() };
    let stored = tenant.stored(id).await;
    tenant.update(revised(&stored, changes, at(9))).await.expect("a change is stored");
    assert_eq!(search(&tenant, "4711").await, []);
}

/// What was erased, with its conversation or with its person, is not found, and others are.
pub async fn forgets_what_was_erased(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let gone = store(&tenant, &["Refund", "her words"]).await;
    let left = store(&tenant, &["Refund", "his words"]).await;
    let person = tenant.customer(a_customer()).await.id();
    for _ in 0..3 {
        let with = a_conversation(tenant.inbox).with_customer(person).about("Refund words");
        let with = tenant.open(with.build()).await.id();
        say(&tenant, with, "their words").await;
    }
    assert_eq!(search(&tenant, "refund words").await.len(), 5);

    tenant.erase(gone).await;
    assert_eq!(search(&tenant, "her").await, []);
    let erased = repositories.customers.erase(tenant.id, customer_erasure(person)).await;
    assert_eq!(erased.ok(), Some(true));

    assert_eq!(search(&tenant, "refund words").await, [left]);
    assert_eq!(search(&tenant, "their").await, []);
    let erased = repositories.workspaces.erase(tenant.id, at(0)).await;
    assert_eq!(erased.ok(), Some(true));
    finish_erasures(repositories).await;
    assert_eq!(search(&tenant, "refund").await, []);
}

/// A write that fails leaves nothing to be found.
pub async fn a_write_that_fails_is_not_found(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let stale = just(a_conversation(other.inbox).about("never there").build());
    assert!(tenant.create(stale).await.is_err());
    let conversation = tenant.open(a_conversation(tenant.inbox).about("Old").build()).await;
    tenant.update(renamed(&conversation, "Newer")).await.expect("it is stored");

    let again = tenant.update(renamed(&conversation, "Newest")).await;
    assert!(again.is_err());

    assert_eq!(search(&tenant, "never").await, []);
    assert_eq!(search(&tenant, "newest").await, []);
}

/// It goes together with every other filter, and the total is that of both.
pub async fn goes_with_other_filters(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let about = |subject| a_conversation(tenant.inbox).about(subject);
    let open = tenant.open(about("Refund one").build()).await.id();
    let closed = tenant.open(about("Refund two").closed().build()).await.id();
    tenant.open(about("Invoice").closed().build()).await;
    let of = |statuses: &[Status], text| ConversationFilter {
        statuses: statuses.to_vec(),
        text: Some(query(text)),
        ..ConversationFilter::default()
    };

    assert_eq!(listed(&tenant, of(&[Status::Closed], "refund")).await, [closed]);
    assert_eq!(listed(&tenant, of(&[Status::Open], "refund")).await, [open]);
    assert_eq!(listed(&tenant, of(&[Status::Pending], "refund")).await, []);
    assert_eq!(listed(&tenant, of(&[Status::Closed], "-one -two")).await.len(), 1);
}

/// A search query.
#[track_caller]
pub(super) fn query(text: &str) -> SearchQuery {
    text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

pub(super) async fn search(tenant: &Tenant<'_>, text: &str) -> Vec<ConversationId> {
    let filter = ConversationFilter { text: Some(query(text)), ..ConversationFilter::default() };
    listed(tenant, filter).await
}

/// Stores a conversation with a subject and messages, the first of them together with it.
async fn store<T: AsRef<str>>(tenant: &Tenant<'_>, texts: &[T]) -> ConversationId {
    let (subject, messages) = texts.split_first().expect("a subject");
    let conversation = a_conversation(tenant.inbox).about(subject.as_ref()).build();
    let id = conversation.id();
    let (first, rest) = match messages.split_first() {
        Some((first, rest)) => (Some(first), rest),
        None => (None, messages),
    };
    let message = first
        .map(|body| a_message().by(Author::System).saying(body.as_ref()).build().numbered(id, 1));
    let thread = ConversationToCreate {
        conversation: counting(conversation, message.is_some()),
        customer: None,
        message,
    };
    tenant.create(thread).await.expect("a conversation is stored");
    for body in rest {
        say(tenant, id, body.as_ref()).await;
    }
    id
}

/// The conversation with its first message counted, if it has one.
fn counting(conversation: Conversation, has_message: bool) -> Conversation {
    let mut parts = conversation.into_parts();
    if has_message {
        parts.message_count = 1;
        parts.last_message_number = 1;
    }
    Conversation::restore(parts)
}

async fn say(tenant: &Tenant<'_>, id: ConversationId, body: &str) -> Message {
    let draft = a_message().by(Author::System).saying(body).build();
    tenant.append(id, draft).await.expect("it arrives")
}

async fn rename(tenant: &Tenant<'_>, conversation: &Conversation, subject: &str) {
    tenant.update(renamed(conversation, subject)).await.expect("it is stored");
}
