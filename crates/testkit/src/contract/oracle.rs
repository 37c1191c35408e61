//! Listing conversations, compared with a filter and a sort in memory over random data.

use std::hash::{BuildHasher, RandomState};

use conversations_application::Start;
use conversations_application::ports::{AssigneeFilter, ConversationDetails, ConversationFilter};
use conversations_domain::{
    Channel, Customer, InboxId, Priority, Source, Status, Tags, Timestamp, User,
};
use conversations_persistence::Repositories;

use super::random::Choose;
use super::tenant::Tenant;
use crate::Random;
use crate::fixtures::{a_conversation, a_customer, a_user, an_inbox, at, tags};

const CONVERSATIONS: usize = 60;
const QUERIES: usize = 80;
/// Words that differ in case only, or of which one is a part of the other, among them.
const LABELS: [&str; 5] = ["refund", "Refund", "refunds", "vip", "50%"];

/// Whatever is stored and whatever is asked for, the page and the total are those that a filter in
/// memory finds. A failure names the seed; put it in the place of the random one to see it again.
pub async fn lists_what_a_filter_in_memory_finds(repositories: &Repositories) {
    for seed in [1, RandomState::new().hash_one(0)] {
        compare(repositories, seed).await;
    }
}

async fn compare(repositories: &Repositories, seed: u64) {
    let mut random = Random::new(seed);
    let tenant = Tenant::new(repositories).await;
    let world = World::new(&tenant).await;
    let mut stored = Vec::with_capacity(CONVERSATIONS);
    for _ in 0..CONVERSATIONS {
        let details = world.conversation(&mut random);
        tenant.open(details.conversation.clone()).await;
        stored.push(details);
    }
    stored.sort_by_key(|details| std::cmp::Reverse(details.conversation.id()));

    for _ in 0..QUERIES {
        let (filter, request) = (world.filter(&mut random), random.page());
        let expected: Vec<_> =
            stored.iter().filter(|details| allows(&filter, details)).cloned().collect();

        let page = tenant.list(filter.clone(), request).await;

        let context = format!("seed {seed}: {filter:?}, {request:?}");
        assert_eq!(page.total, expected.len() as u64, "{context}");
        let Start::Offset(offset) = request.start else { unreachable!("a page by number") };
        let offset = usize::try_from(offset).expect("a small page");
        let items: Vec<_> =
            expected.into_iter().skip(offset).take(request.limit as usize).collect();
        assert_eq!(page.items, items, "{context}");
    }
}

/// What the filter means, without a database.
fn allows(filter: &ConversationFilter, details: &ConversationDetails) -> bool {
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
    } = filter;
    let conversation = &details.conversation;
    let parts = conversation.clone().into_parts();
    let present: Vec<_> = conversation.labels().iter().collect();

    (statuses.is_empty() || statuses.contains(&conversation.status()))
        && (priorities.is_empty() || priorities.contains(&conversation.priority()))
        && assignee.is_none_or(|assignee| match assignee {
            AssigneeFilter::Nobody => conversation.assignee().is_none(),
            AssigneeFilter::User(user) => conversation.assignee() == Some(user),
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
}

/// A time about when conversations are made, a quarter of the time.
fn bound(random: &mut Random) -> Option<Timestamp> {
    let millis = i64::try_from(random.below(24)).expect("a small number") - 2;
    random.percent(25).then(|| at(millis))
}

/// What conversations and filters are made of: so few that many of them meet.
struct World {
    inboxes: Vec<InboxId>,
    customers: Vec<Customer>,
    users: Vec<User>,
}

impl World {
    async fn new(tenant: &Tenant<'_>) -> Self {
        let mut world = Self { inboxes: Vec::new(), customers: Vec::new(), users: Vec::new() };
        for _ in 0..3 {
            world.inboxes.push(tenant.inbox(an_inbox()).await.id());
            world.customers.push(tenant.customer(a_customer()).await);
            world.users.push(tenant.user(a_user()).await);
        }
        world
    }

    fn conversation(&self, random: &mut Random) -> ConversationDetails {
        let (customer, assignee) = (random.maybe(&self.customers), random.maybe(&self.users));
        let mut conversation = a_conversation(*random.pick(&self.inboxes))
            .in_status(*random.pick(Status::ALL))
            .of_priority(*random.pick(Priority::ALL))
            .labelled(&random.different(&LABELS))
            .over(*random.pick(Channel::ALL))
            .from_source(*random.pick(Source::ALL))
            .opened_at(at(i64::try_from(random.below(20)).expect("a small number")));
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

    fn filter(&self, random: &mut Random) -> ConversationFilter {
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
            channels: random.some_of(Channel::ALL),
            sources: random.some_of(Source::ALL),
            created_after: bound(random),
            created_before: bound(random),
            updated_after: bound(random),
            updated_before: bound(random),
        }
    }
}
