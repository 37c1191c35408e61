//! Listing conversations, compared with a filter and a sort in memory over random data.

use std::hash::{BuildHasher, RandomState};
use std::iter;

use conversations_application::read_model::{
    AssigneeFilter, ConversationDetails, ConversationFilter, ConversationOrder, ExternalIdFilter,
};
use conversations_application::{PageSlice, PageStart, PageWindow, SortKey};
use conversations_domain::{
    Channel, Conversation, Customer, InboxId, Priority, Source, Status, Tags, Timestamp, User,
};
use conversations_persistence::Repositories;

use super::commits::{customer_erasure, user_removal};
use super::random::Choose;
use super::sort_orders::ORDERS;
use super::tenant::Tenant;
use super::text_search::query;
use crate::fixtures::{a_conversation, a_customer, a_user, an_inbox, at, tags};
use crate::{Random, finds};

/// Ids in two other systems, two of which differ in case only, with words that are looked for.
const EXTERNAL_IDS: [(&str, &str); 5] =
    [("crm", "order-7"), ("shop", "order-7"), ("crm", "ORDER-7"), ("crm", "7"), ("shop", "refund")];

const CONVERSATIONS: usize = 60;
const QUERIES: usize = 120;
/// Words that differ in case only, or of which one is a part of the other, among them.
const LABELS: [&str; 5] = ["refund", "Refund", "refunds", "vip", "50%"];
const SUBJECTS: [&str; 3] = ["Refund for order 1042", "An order", "Other"];
const QUERIES_OF_TEXT: [&str; 4] = ["ord", "refund order", "-refund", "order -\"order 1042\""];

/// Whatever is stored and whatever is asked for, the rows, their order and the total are those that a
/// filter and a sort in memory find. A failure names the seed; put it in the place of the random one to see it again.
pub async fn lists_what_an_in_memory_filter_finds(repositories: &Repositories) {
    for seed in [1, RandomState::new().hash_one(0)] {
        compare(repositories, seed).await;
    }
}

async fn compare(repositories: &Repositories, seed: u64) {
    let mut random = Random::new(seed);
    let tenant = Tenant::new(repositories).await;
    let world = World::new(&tenant).await;
    let mut stored = world.open_conversations(&tenant, &mut random, CONVERSATIONS).await;

    lose_some(&tenant, &world, &mut stored).await;

    for _ in 0..QUERIES {
        let (filter, order) = (world.filter(&mut random), *random.pick(&ORDERS));
        let place = |details: &ConversationDetails| order.anchor(&filter, &details.conversation);
        let mut expected: Vec<_> =
            stored.iter().filter(|details| allows(&filter, details)).cloned().collect();
        expected.sort_by_key(place);
        if order.is_descending() {
            expected.reverse();
        }
        // A place need not be one of a conversation that the filter allows.
        let window = match random.below(3) {
            0 => random.page(),
            1 => PageWindow { start: PageStart::After(place(random.pick(&stored))), limit: 3 },
            _ => PageWindow { start: PageStart::Before(place(random.pick(&stored))), limit: 3 },
        };

        let found = tenant.list_in(order, filter.clone(), window).await;

        let context = format!("seed {seed}: {filter:?}, {order}, {window:?}");
        assert_eq!(found, stretch(window, order, place, expected), "{context}");
    }
}

/// Erases a person and deletes a user. Whether that is over or pending, the conversations of the
/// one are gone, and those of the other are unassigned.
pub(super) async fn lose_some(
    tenant: &Tenant<'_>,
    world: &World,
    stored: &mut Vec<ConversationDetails>,
) {
    let (person, user) = (world.customers[0].id(), world.users[0].id());
    let customers = &tenant.repositories.customers;
    assert!(customers.erase(tenant.id, customer_erasure(person)).await.expect("an erasure"));
    let users = &tenant.repositories.users;
    assert!(users.delete(tenant.id, user_removal(user, at(0))).await.expect("a deletion"));
    stored.retain(|details| details.conversation.customer() != Some(person));
    for details in stored {
        *details = tenant.find(details.conversation.id()).await.expect("it is there");
        assert!(details.assignee.as_ref().is_none_or(|assignee| assignee.id() != user));
    }
}

/// A stretch of a whole list.
fn stretch(
    window: PageWindow,
    order: ConversationOrder,
    place: impl Fn(&ConversationDetails) -> SortKey,
    mut all: Vec<ConversationDetails>,
) -> PageSlice<ConversationDetails> {
    let total = all.len() as u64;
    let is_past = |details: &ConversationDetails, from: SortKey| {
        if order.is_descending() { place(details) < from } else { place(details) > from }
    };
    match window.start {
        PageStart::Offset(offset) => {
            let offset = usize::try_from(offset).expect("a small page");
            all = all.split_off(offset.min(all.len()));
        }
        PageStart::After(from) => all.retain(|details| is_past(details, from)),
        PageStart::Before(from) => {
            all.retain(|details| !is_past(details, from) && place(details) != from);
            all.reverse();
        }
    }
    all.truncate(window.rows() as usize);
    window.slice(all, total)
}

/// What the filter means, without a database.
pub(super) fn allows(filter: &ConversationFilter, details: &ConversationDetails) -> bool {
    let ConversationFilter {
        statuses,
        priorities,
        assignee,
        inbox,
        customer,
        labels,
        channels,
        sources,
        created_after,
        created_before,
        updated_after,
        updated_before,
        text,
        external_id,
    } = filter;
    let conversation = &details.conversation;
    let parts = conversation.clone().into_parts();
    let present: Vec<_> = conversation.labels().iter().collect();

    (statuses.is_empty() || statuses.contains(&conversation.status()))
        && (priorities.is_empty() || priorities.contains(&conversation.priority()))
        && assignee.is_none_or(|assignee| match assignee {
            AssigneeFilter::Nobody => details.assignee.is_none(),
            AssigneeFilter::User(user) => details.assignee.as_ref().map(User::id) == Some(user),
        })
        && inbox.is_none_or(|inbox| conversation.inbox() == inbox)
        && customer.is_none_or(|customer| conversation.customer() == Some(customer))
        && labels.iter().all(|label| present.contains(&label))
        && (channels.is_empty() || channels.contains(&parts.channel))
        && (sources.is_empty() || sources.contains(&parts.source))
        && created_after.is_none_or(|time| conversation.id().created_at() > time)
        && created_before.is_none_or(|time| conversation.id().created_at() < time)
        && updated_after.is_none_or(|time| conversation.updated_at() > time)
        && updated_before.is_none_or(|time| conversation.updated_at() < time)
        && text.as_ref().is_none_or(|text| finds(text, &own_texts(conversation)))
        && external_id.as_ref().is_none_or(|asked| asked.allows(conversation.external_id()))
}

/// The texts of a conversation without messages.
fn own_texts(conversation: &Conversation) -> Vec<String> {
    let external_id = conversation.external_id().map(|external_id| external_id.id.to_string());
    iter::once(conversation.subject().to_string()).chain(external_id).collect()
}

/// A few of these, seldom: with every filter at once nothing would be left.
fn seldom<T: Copy>(random: &mut Random, choices: &[T]) -> Vec<T> {
    if random.percent(30) { random.some_of(choices) } else { Vec::new() }
}

/// A time about when conversations are made, seldom.
fn bound(random: &mut Random) -> Option<Timestamp> {
    let millis = i64::try_from(random.below(24)).expect("a small number") - 2;
    random.percent(15).then(|| at(millis))
}

/// What conversations and filters are made of: so few that many of them meet.
pub(super) struct World {
    inboxes: Vec<InboxId>,
    customers: Vec<Customer>,
    users: Vec<User>,
}

impl World {
    pub(super) async fn new(tenant: &Tenant<'_>) -> Self {
        let mut world = Self { inboxes: Vec::new(), customers: Vec::new(), users: Vec::new() };
        for _ in 0..3 {
            world.inboxes.push(tenant.inbox(an_inbox()).await.id());
            world.customers.push(tenant.customer(a_customer()).await);
            world.users.push(tenant.user(a_user()).await);
        }
        world
    }

    /// Stores some conversations of these people and inboxes.
    pub(super) async fn open_conversations(
        &self,
        tenant: &Tenant<'_>,
        random: &mut Random,
        count: usize,
    ) -> Vec<ConversationDetails> {
        let mut stored = Vec::with_capacity(count);
        for place in 0..count {
            let details = self.conversation(random, EXTERNAL_IDS.get(place));
            tenant.open(details.conversation.clone()).await;
            stored.push(details);
        }
        stored
    }

    fn conversation(
        &self,
        random: &mut Random,
        external_id: Option<&(&str, &str)>,
    ) -> ConversationDetails {
        let (customer, assignee) = (random.maybe(&self.customers), random.maybe(&self.users));
        let mut conversation = a_conversation(*random.pick(&self.inboxes))
            .in_status(*random.pick(Status::ALL))
            .of_priority(*random.pick(Priority::ALL))
            .labelled(&random.different(&LABELS))
            .about(random.pick::<&str>(&SUBJECTS))
            .over(*random.pick(Channel::ALL))
            .from_source(*random.pick(Source::ALL))
            .opened_at(at(i64::try_from(random.below(20)).expect("a small number")))
            .changed_at(at(i64::try_from(random.below(20)).expect("a small number")));
        if let Some((source, id)) = external_id {
            conversation = conversation.known_to(source, id);
        }
        if let Some(customer) = customer {
            conversation = conversation.with_customer(customer.id());
        }
        if let Some(assignee) = assignee {
            conversation = conversation.assigned_to(assignee.id());
        }
        ConversationDetails {
            conversation: conversation.build(),
            customer: customer.cloned(),
            assignee: assignee.cloned(),
        }
    }

    pub(super) fn filter(&self, random: &mut Random) -> ConversationFilter {
        ConversationFilter {
            statuses: random.some_of(Status::ALL),
            priorities: random.some_of(Priority::ALL),
            assignee: match random.below(4) {
                0 => Some(AssigneeFilter::Nobody),
                1 => Some(AssigneeFilter::User(random.pick(&self.users).id())),
                _ => None,
            },
            inbox: random.maybe(&self.inboxes).copied(),
            customer: random.maybe(&self.customers).map(Customer::id),
            labels: match random.below(2) {
                0 => tags(&random.different(&LABELS)),
                _ => Tags::default(),
            },
            channels: seldom(random, Channel::ALL),
            sources: seldom(random, Source::ALL),
            created_after: bound(random),
            created_before: bound(random),
            updated_after: bound(random),
            updated_before: bound(random),
            text: random.percent(30).then(|| query(random.pick::<&str>(&QUERIES_OF_TEXT))),
            external_id: random.percent(5).then(|| ExternalIdFilter {
                id: random.pick(&EXTERNAL_IDS).1.parse().expect("an id"),
                source: random.maybe(&EXTERNAL_IDS).and_then(|(source, _)| source.parse().ok()),
            }),
        }
    }
}
