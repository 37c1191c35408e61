//! Counting conversations by the values of their fields, compared with counts in memory over random
//! data.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use conversations_application::read_model::{
    ConversationCount, ConversationDetails, ConversationFilter, CountedField, CountedFields,
    CountedValue,
};
use conversations_domain::{Tag, User};
use conversations_persistence::Repositories;

use super::oracle::{World, allows, lose_some};
use super::tenant::Tenant;
use crate::Random;
use crate::fixtures::{a_conversation, an_inbox, tags};

const CONVERSATIONS: usize = 40;
const QUERIES: usize = 60;
/// More than there are.
const ALL: u32 = 1_000;

/// Whatever is stored, filtered and counted by, the counts are those in memory. A failure names the
/// seed; put it in the place of the random one to see it again.
pub async fn counts_what_an_in_memory_filter_finds(repositories: &Repositories) {
    for seed in [1, RandomState::new().hash_one(0)] {
        let mut random = Random::new(seed);
        let tenant = Tenant::new(repositories).await;
        let world = World::new(&tenant).await;
        let mut stored = world.open_conversations(&tenant, &mut random, CONVERSATIONS).await;
        // First with whole counts, which are kept, then while people are being erased.
        for erasing in [false, true] {
            if erasing {
                lose_some(&tenant, &world, &mut stored).await;
            }
            for query in 0..QUERIES {
                // What is kept is not used for most random filters.
                let filter = if query % 3 == 0 {
                    ConversationFilter::default()
                } else {
                    world.filter(&mut random)
                };
                let by = two_of_all(&mut random);
                let expected =
                    counted(by, stored.iter().filter(|details| allows(&filter, details)));

                let mut found = count(&tenant, filter.clone(), by, ALL).await;

                found.sort_unstable();
                assert_eq!(found, expected, "seed {seed}, {erasing}: {filter:?}, {by:?}");
            }
        }
    }
}

/// A limit is kept, and what is in another workspace is not counted.
pub async fn counts_at_most_as_many_as_asked_for(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let inbox = tenant.inbox(an_inbox()).await.id();
    tenant.open(a_conversation(inbox).labelled(&["a", "b", "c"]).build()).await;
    let (any, labels) = (ConversationFilter::default, CountedField::Label.into());

    assert_eq!(count(&tenant, any(), labels, 2).await.len(), 2);
    assert_eq!(count(&tenant, any(), labels, 4).await.len(), 3);
    assert_eq!(count(&tenant, any(), CountedField::Status.into(), 4).await.len(), 1);
    let labelled = ConversationFilter { labels: tags(&["b"]), ..any() };
    assert_eq!(count(&tenant, labelled, labels, 4).await.len(), 3);
    for by in CountedField::ALL {
        assert_eq!(count(&other, any(), (*by).into(), 4).await, []);
    }
}

async fn count(
    tenant: &Tenant<'_>,
    filter: ConversationFilter,
    by: CountedFields,
    limit: u32,
) -> Vec<ConversationCount> {
    let conversations = &tenant.repositories.conversations;
    conversations.count(tenant.id, filter, by, limit).await.expect("counts")
}

/// One field, or two.
fn two_of_all(random: &mut Random) -> CountedFields {
    let first = *random.pick(CountedField::ALL);
    let second = *random.pick(CountedField::ALL);
    CountedFields::new(&[first, second]).expect("fields")
}

fn counted<'a>(
    by: CountedFields,
    conversations: impl Iterator<Item = &'a ConversationDetails>,
) -> Vec<ConversationCount> {
    let mut counts: BTreeMap<Vec<CountedValue>, u64> = BTreeMap::new();
    for details in conversations {
        let mut rows = vec![Vec::new()];
        for field in by.iter() {
            let values = values(field, details);
            rows = rows
                .iter()
                .flat_map(|row: &Vec<CountedValue>| {
                    values.iter().map(move |value| row.iter().chain([value]).cloned().collect())
                })
                .collect();
        }
        for row in rows {
            *counts.entry(row).or_default() += 1;
        }
    }
    let counts = counts.into_iter();
    counts.map(|(values, count)| ConversationCount { values, count }).collect()
}

/// The values that a conversation has in a field: several labels, or one of all else.
fn values(field: CountedField, details: &ConversationDetails) -> Vec<CountedValue> {
    let parts = details.conversation.clone().into_parts();
    let value = match field {
        CountedField::Status => CountedValue::Status(parts.status),
        CountedField::Priority => CountedValue::Priority(parts.priority),
        CountedField::Inbox => CountedValue::Inbox(parts.inbox),
        CountedField::Assignee => CountedValue::Assignee(details.assignee.as_ref().map(User::id)),
        CountedField::Channel => CountedValue::Channel(parts.channel),
        CountedField::Source => CountedValue::Source(parts.source),
        CountedField::Label => {
            let label = |text: &str| Tag::parse(text).map(CountedValue::Label);
            return parts.labels.iter().filter_map(|text| label(text).ok()).collect();
        }
    };
    vec![value]
}
