//! The index compared with a filter and a sort of all conversations.

use conversations_application::read_model::{
    AssigneeFilter, ConversationCount, ConversationFilter, ConversationOrder, CountedField,
    CountedFields,
};
use conversations_application::{PageStart, PageWindow, SortKey};
use conversations_domain::{
    Channel, ConversationId, CustomerId, InboxId, Priority, Source, Status, Tags, Timestamp, UserId,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeMap;
use uuid::Uuid;

use crate::{Changes, IndexedConversation, ListIndex};

const ORDERS: [ConversationOrder; 6] = [
    ConversationOrder::LastChanged,
    ConversationOrder::FirstChanged,
    ConversationOrder::Newest,
    ConversationOrder::Oldest,
    ConversationOrder::MostUrgent,
    ConversationOrder::LeastUrgent,
];

/// A time and a number: many conversations are created in the same millisecond.
fn id() -> impl Strategy<Value = ConversationId> {
    (0_u128..20, 0_u128..20)
        .prop_map(|(time, number)| ConversationId::from_uuid(Uuid::from_u128(time << 80 | number)))
}

fn labels() -> impl Strategy<Value = Tags> {
    subsequence(vec!["a", "b", "c"], 0..=3).prop_map(|labels| Tags::parse(&labels).expect("labels"))
}

prop_compose! {
    fn conversation()(
        id in id(),
        status in select(Status::ALL),
        priority in select(Priority::ALL),
        inbox in 1_u128..4,
        assignee in option::of(1_u128..4),
        channel in select(Channel::ALL),
        source in select(Source::ALL),
        labels in labels(),
        updated_at in 0_i64..20,
    ) -> IndexedConversation {
        let updated_at = Timestamp::from_unix_millis(updated_at).expect("a time");
        let inbox = InboxId::from_uuid(Uuid::from_u128(inbox));
        let assignee = assignee.map(|id| UserId::from_uuid(Uuid::from_u128(id)));
        IndexedConversation {
            id, status, priority, inbox, assignee, channel, source, labels, updated_at,
        }
    }
}

/// Changes of conversations, of which some are deletions.
fn changes() -> impl Strategy<Value = Changes> {
    vec((conversation(), prop::bool::weighted(0.8)), 0..40).prop_map(|changes| {
        let change =
            |(new, is_there): (IndexedConversation, bool)| (new.id, is_there.then_some(new));
        changes.into_iter().map(change).collect()
    })
}

/// The customer of every other conversation, or the one of the others.
fn customer_of(is_odd: bool) -> CustomerId {
    CustomerId::from_uuid(Uuid::from_u128(is_odd.into()))
}

fn is_of(customer: CustomerId, conversation: ConversationId) -> bool {
    customer == customer_of(conversation.as_uuid().as_u128() % 2 == 1)
}

fn few<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![Just(Vec::new()), subsequence(all, 1..=all.len())]
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    let time = |millis| Timestamp::from_unix_millis(millis).expect("a time");
    option::weighted(0.2, (0_i64..20).prop_map(time))
}

prop_compose! {
    fn filter()(
        statuses in few(Status::ALL),
        priorities in few(Priority::ALL),
        assignee in option::weighted(0.3, 0_u128..4),
        inbox in option::weighted(0.3, 1_u128..5),
        labels in labels(),
        channels in few(Channel::ALL),
        sources in few(Source::ALL),
        customer in option::weighted(0.2, any::<bool>()),
        created_after in time(),
        created_before in time(),
        updated_after in time(),
        updated_before in time(),
    ) -> ConversationFilter {
        let assignee = assignee.map(|id| match id {
            0 => AssigneeFilter::Nobody,
            id => AssigneeFilter::User(UserId::from_uuid(Uuid::from_u128(id))),
        });
        let inbox = inbox.map(|id| InboxId::from_uuid(Uuid::from_u128(id)));
        let customer = customer.map(customer_of);
        ConversationFilter {
            statuses, priorities, assignee, inbox, customer, labels, channels, sources, created_after,
            created_before, updated_after, updated_before, ..ConversationFilter::default()
        }
    }
}

fn window() -> impl Strategy<Value = PageWindow> {
    let key = || {
        let value = prop_oneof![Just(0_i64), 0_i64..5];
        (value, id()).prop_map(|(value, id)| SortKey { value, id: id.as_uuid() })
    };
    let start = prop_oneof![
        (0_u64..60).prop_map(PageStart::Offset),
        key().prop_map(PageStart::After),
        key().prop_map(PageStart::Before),
    ];
    (start, 1_u32..10).prop_map(|(start, limit)| PageWindow { start, limit })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn answers_what_a_filter_and_a_sort_find(
        most_recent in 0_usize..20,
        applied in vec(changes(), 0..6),
        pending in changes(),
        compacted: bool,
        questions in vec((filter(), select(&ORDERS[..]), window()), 10),
        by in vec(select(CountedField::ALL), 1..=2),
    ) {
        let (mut index, mut model) = (ListIndex::new(most_recent), BTreeMap::new());
        for changes in applied {
            let before = index.clone();
            let unchanged: Vec<_> = model.values().cloned().collect();
            note(&mut model, &changes);
            index.apply(changes);
            if compacted {
                index.compact();
            }
            prop_assert_eq!(index.len(), model.len() as u64);
            prop_assert_eq!(before.len(), unchanged.len() as u64, "a clone is left alone");
        }
        note(&mut model, &pending);
        let by = CountedFields::new(&by).expect("fields");

        for (filter, order, window) in questions {
            let ids = model.keys().copied();
            let of_customer = ids.filter(|&id| filter.customer.is_some_and(|who| is_of(who, id)));
            let of_customer: Vec<_> = of_customer.collect();
            let found = index.select(&filter, &pending, &of_customer).expect("a known filter");
            let allowed = |each: &&IndexedConversation| is_allowed(&filter, each);
            let expected: Vec<_> = model.values().filter(allowed).collect();
            prop_assert_eq!(found.total(), expected.len() as u64);
            let page = found.page(order, window).expect("a known order");
            prop_assert_eq!(page, rows(&expected, order, window), "{:?} {:?}", order, window);
            prop_assert_eq!(found.count_by(by).expect("few values"), counted(&expected, by));
        }
    }
}

/// What the filter means, without an index.
fn is_allowed(filter: &ConversationFilter, conversation: &IndexedConversation) -> bool {
    let ConversationFilter { statuses, priorities, channels, sources, .. } = filter;
    let time = conversation.id.created_at();
    let has = |label: &str| conversation.labels.iter().any(|each| each == label);
    (statuses.is_empty() || statuses.contains(&conversation.status))
        && (priorities.is_empty() || priorities.contains(&conversation.priority))
        && filter.assignee.is_none_or(|assignee| match assignee {
            AssigneeFilter::Nobody => conversation.assignee.is_none(),
            AssigneeFilter::User(user) => conversation.assignee == Some(user),
        })
        && filter.inbox.is_none_or(|inbox| conversation.inbox == inbox)
        && filter.labels.iter().all(has)
        && (channels.is_empty() || channels.contains(&conversation.channel))
        && (sources.is_empty() || sources.contains(&conversation.source))
        && filter.customer.is_none_or(|customer| is_of(customer, conversation.id))
        && filter.created_after.is_none_or(|after| time > after)
        && filter.created_before.is_none_or(|before| time < before)
        && filter.updated_after.is_none_or(|after| conversation.updated_at > after)
        && filter.updated_before.is_none_or(|before| conversation.updated_at < before)
}

fn note(model: &mut BTreeMap<ConversationId, IndexedConversation>, changes: &Changes) {
    for (&id, change) in changes {
        match change {
            Some(conversation) => model.insert(id, conversation.clone()),
            None => model.remove(&id),
        };
    }
}

fn rows(
    all: &[&IndexedConversation],
    order: ConversationOrder,
    window: PageWindow,
) -> Vec<ConversationId> {
    let key = |conversation: &IndexedConversation| {
        let value = match order {
            ConversationOrder::MostUrgent | ConversationOrder::LeastUrgent => {
                conversation.priority.rank().into()
            }
            ConversationOrder::LastChanged | ConversationOrder::FirstChanged => {
                conversation.updated_at.as_unix_millis()
            }
            _ => 0,
        };
        SortKey { value, id: conversation.id.as_uuid() }
    };
    let mut keys: Vec<_> = all.iter().map(|each| key(each)).collect();
    keys.sort_unstable();
    let is_backwards = match window.start {
        PageStart::Offset(_) | PageStart::After(_) => order.is_descending(),
        PageStart::Before(_) => !order.is_descending(),
    };
    if is_backwards {
        keys.reverse();
    }
    let is_in = |key: &SortKey| match window.start {
        PageStart::Offset(_) => true,
        PageStart::After(place) | PageStart::Before(place) if is_backwards => *key < place,
        PageStart::After(place) | PageStart::Before(place) => *key > place,
    };
    let skipped = match window.start {
        PageStart::Offset(offset) => usize::try_from(offset).expect("few"),
        PageStart::After(_) | PageStart::Before(_) => 0,
    };
    let rows = keys.into_iter().filter(is_in).skip(skipped).take(window.rows() as usize);
    rows.map(|key| ConversationId::from_uuid(key.id)).collect()
}

fn counted(all: &[&IndexedConversation], by: CountedFields) -> Vec<ConversationCount> {
    let mut counts = BTreeMap::new();
    for conversation in all {
        let mut rows = vec![Vec::new()];
        for field in by.iter() {
            let values = conversation.values(field);
            let with_each = |row: &Vec<_>| -> Vec<Vec<_>> {
                values.iter().map(|value| row.iter().chain([value]).cloned().collect()).collect()
            };
            rows = rows.iter().flat_map(with_each).collect();
        }
        for row in rows {
            *counts.entry(row).or_insert(0) += 1;
        }
    }
    counts.into_iter().map(|(values, count)| ConversationCount { values, count }).collect()
}

#[test]
fn what_is_not_indexed_is_not_answered() {
    let (mut index, none) = (ListIndex::default(), Changes::new());
    let labelled = ConversationFilter {
        labels: Tags::parse(&["label1"]).expect("a label"),
        ..Default::default()
    };
    assert!(index.select(&labelled, &none, &[]).is_some());
    let all = index.select(&ConversationFilter::default(), &none, &[]).expect("all");
    let window = PageWindow { start: PageStart::Offset(0), limit: 1 };
    assert_eq!(all.page(ConversationOrder::Relevance, window), None);

    // A label for each conversation.
    let many = (0..=crate::MOST_LABELS).map(|number| {
        let id = ConversationId::from_uuid(Uuid::from_u128(number as u128));
        let conversation = IndexedConversation {
            id,
            status: Status::Open,
            priority: Priority::Low,
            inbox: InboxId::from_uuid(Uuid::nil()),
            assignee: None,
            channel: Channel::Email,
            source: Source::Api,
            labels: Tags::parse(&[format!("label{number}")]).expect("a label"),
            updated_at: id.created_at(),
        };
        (id, Some(conversation))
    });
    index.apply(many.collect());

    assert!(index.select(&labelled, &none, &[]).is_none());
    let all = index.select(&ConversationFilter::default(), &none, &[]).expect("all");
    assert_eq!(all.total(), crate::MOST_LABELS as u64 + 1);
    assert_eq!(all.count_by(CountedField::Label.into()), None);
}
