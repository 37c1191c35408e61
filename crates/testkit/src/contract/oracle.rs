//! Listing conversations, compared with a filter and a sort in memory over random data.

use std::hash::{BuildHasher, RandomState};

use conversations_application::PageRequest;
use conversations_application::ports::{AssigneeFilter, ConversationDetails, ConversationFilter};
use conversations_domain::{Customer, InboxId, Priority, Status, User};
use conversations_persistence::Repositories;

use super::tenant::{Tenant, page};
use crate::fixtures::{a_conversation, a_customer, a_user, an_inbox, at};

const CONVERSATIONS: usize = 60;
const QUERIES: usize = 80;

/// Whatever is stored and whatever is asked for, the page and the total are those that a filter in
/// memory finds. A failure names the seed; put it in the place of the random one to see it again.
pub async fn lists_what_a_filter_in_memory_finds(repositories: &Repositories) {
    for seed in [1, RandomState::new().hash_one(0)] {
        compare(repositories, seed).await;
    }
}

async fn compare(repositories: &Repositories, seed: u64) {
    let mut random = Random(seed);
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
        let offset = usize::try_from(request.offset()).expect("a small page");
        let items: Vec<_> =
            expected.into_iter().skip(offset).take(request.limit() as usize).collect();
        assert_eq!(page.items, items, "{context}");
    }
}

/// What the filter means, without a database.
fn allows(filter: &ConversationFilter, details: &ConversationDetails) -> bool {
    let ConversationFilter { statuses, priorities, assignee, inbox, customer } = filter;
    let conversation = &details.conversation;

    (statuses.is_empty() || statuses.contains(&conversation.status()))
        && (priorities.is_empty() || priorities.contains(&conversation.priority()))
        && assignee.is_none_or(|assignee| match assignee {
            AssigneeFilter::Nobody => conversation.assignee().is_none(),
            AssigneeFilter::User(user) => conversation.assignee() == Some(user),
        })
        && inbox.is_none_or(|inbox| conversation.inbox() == inbox)
        && customer.is_none_or(|customer| conversation.customer() == Some(customer))
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
        let mut conversation = a_conversation(*random.one_of(&self.inboxes))
            .in_status(*random.one_of(Status::ALL))
            .of_priority(*random.one_of(Priority::ALL))
            .opened_at(at(i64::from(random.below(20))));
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
                1 => Some(AssigneeFilter::User(random.one_of(&self.users).id())),
                _ => None,
            },
            inbox: random.maybe(&self.inboxes).copied(),
            customer: random.maybe(&self.customers).map(Customer::id),
        }
    }
}

/// Random numbers that are the same for the same seed (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        u32::try_from(bits % u64::from(bound)).expect("a number below a bound of 32 bits")
    }

    fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let count = u32::try_from(choices.len()).expect("few choices");
        &choices[self.below(count) as usize]
    }

    fn maybe<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        (self.below(2) == 0).then(|| self.one_of(choices))
    }

    /// None of them half of the time, else a few, perhaps one of them twice.
    fn some_of<T: Copy>(&mut self, choices: &[T]) -> Vec<T> {
        let count = self.below(2) * (1 + self.below(3));
        (0..count).map(|_| *self.one_of(choices)).collect()
    }

    fn page(&mut self) -> PageRequest {
        page(u64::from(1 + self.below(4)), 1 + self.below(20))
    }
}
