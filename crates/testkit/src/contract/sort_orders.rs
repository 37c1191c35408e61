//! The orders of conversations: by pages, and from row to row.

use conversations_application::read_model::{ConversationFilter, ConversationOrder};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{
    Change, Changes, Channel, Conversation, ConversationId, Priority, Status,
};
use conversations_persistence::Repositories;

use super::commits::revised;
use super::paging::walked;
use super::tenant::Tenant;
use crate::fixtures::{a_conversation, at};

/// All orders that need no query.
pub(super) const ORDERS: [ConversationOrder; 6] = [
    ConversationOrder::Newest,
    ConversationOrder::Oldest,
    ConversationOrder::LastChanged,
    ConversationOrder::FirstChanged,
    ConversationOrder::MostUrgent,
    ConversationOrder::LeastUrgent,
];

/// Each order sorts, and among equals it sorts by ids, also where a filter leaves some out.
pub async fn pages_through_every_order_by_cursor(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    Tenant::new(repositories).await.conversation().await;
    let stored = mixed(&tenant, 24).await;

    let closed =
        ConversationFilter { statuses: vec![Status::Closed], ..ConversationFilter::default() };
    let some = ConversationFilter {
        statuses: vec![Status::Open, Status::Pending],
        priorities: vec![Priority::Low, Priority::High],
        ..ConversationFilter::default()
    };
    for filter in [ConversationFilter::default(), closed, some] {
        for order in ORDERS {
            let mut expected: Vec<_> = stored.iter().filter(|it| allows(&filter, it)).collect();
            expected.sort_by_key(|conversation| order.anchor(&filter, conversation));
            if order.is_descending() {
                expected.reverse();
            }

            let list = async |window| tenant.list_in(order, filter.clone(), window).await;
            let all = walked(list, |details| order.anchor(&filter, &details.conversation)).await;

            let all: Vec<_> = all.iter().map(|details| &details.conversation).collect();
            assert_eq!(all, expected, "{order} {filter:?}");
        }
    }
}

/// The orders by hand, for one that computes places wrongly and sorts by them.
pub async fn sorts_by_the_field_that_it_names(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let make =
        |priority, opened| a_conversation(tenant.inbox).of_priority(priority).opened_at(at(opened));
    let first = tenant.open(make(Priority::High, 1).build()).await;
    let second = tenant.open(make(Priority::Low, 2).build()).await.id();
    let third = tenant.open(make(Priority::High, 3).build()).await.id();
    let fourth = tenant.open(make(Priority::Urgent, 4).build()).await.id();
    let fifth = tenant.open(make(Priority::Medium, 5).build()).await.id();
    let changes = Changes { priority: Change::To(Priority::Low), ..Changes::default() };
    let first = tenant.update(revised(&first, changes, at(9))).await.expect("it is stored").id();

    for (order, expected) in [
        (ConversationOrder::Newest, [fifth, fourth, third, second, first]),
        (ConversationOrder::LastChanged, [first, fifth, fourth, third, second]),
        (ConversationOrder::MostUrgent, [fourth, third, fifth, second, first]),
    ] {
        assert_eq!(ids(&tenant, order, PageStart::Offset(0)).await, expected, "{order}");
    }
    for (order, expected) in [
        (ConversationOrder::Oldest, [first, second, third, fourth, fifth]),
        (ConversationOrder::FirstChanged, [second, third, fourth, fifth, first]),
        (ConversationOrder::LeastUrgent, [first, second, fifth, third, fourth]),
    ] {
        assert_eq!(ids(&tenant, order, PageStart::Offset(0)).await, expected, "{order}");
    }
}

/// A walk meets what stays where it was once, whatever comes, goes and changes meanwhile.
pub async fn paging_returns_every_unchanged_row_once(repositories: &Repositories) {
    for order in ORDERS {
        let tenant = Tenant::new(repositories).await;
        let stored = mixed(&tenant, 24).await;
        let (going, staying): (Vec<_>, Vec<_>) =
            stored.into_iter().enumerate().partition(|(place, _)| place % 3 == 0);
        let mut going = going.into_iter().map(|(_, conversation)| conversation.id());
        let staying: Vec<_> = staying.into_iter().map(|(_, it)| it.id()).collect();

        let (mut met, mut start) = (Vec::new(), Some(PageStart::Offset(0)));
        while let Some(from) = start {
            let filter = ConversationFilter::default();
            let window = PageWindow { start: from, limit: 2 };
            let slice = tenant.list_in(order, filter.clone(), window).await;
            let last = slice.items.last().filter(|_| slice.more_after);
            start = last.map(|last| PageStart::After(order.anchor(&filter, &last.conversation)));
            met.extend(slice.items.into_iter().map(|details| details.conversation.id()));
            if let Some(gone) = going.next() {
                tenant.erase(gone).await;
                tenant.open(a_conversation(tenant.inbox).opened_at(at(50)).build()).await;
                tenant.open(a_conversation(tenant.inbox).opened_at(at(-50)).urgent().build()).await;
            }
        }

        for stays in staying {
            assert_eq!(met.iter().filter(|id| **id == stays).count(), 1, "{order}: {stays}");
        }
        let count = met.len();
        met.sort_unstable();
        met.dedup();
        assert_eq!(met.len(), count, "{order}");
    }
}

/// The first conversations of a list.
async fn ids(
    tenant: &Tenant<'_>,
    order: ConversationOrder,
    start: PageStart,
) -> Vec<ConversationId> {
    let window = PageWindow { start, limit: 100 };
    let slice = tenant.list_in(order, ConversationFilter::default(), window).await;
    slice.items.iter().map(|details| details.conversation.id()).collect()
}

/// Stores that many conversations, of which many are equal in each order.
async fn mixed(tenant: &Tenant<'_>, count: usize) -> Vec<Conversation> {
    let mut stored = Vec::with_capacity(count);
    for number in 0..count {
        let pick = |rhythm: usize, of: usize| (number / rhythm) % of;
        let millis = |place: usize| at(i64::try_from(place).expect("a small number"));
        let conversation = a_conversation(tenant.inbox)
            .opened_at(millis(pick(1, 5)))
            .changed_at(millis(9 + pick(2, 4)))
            .in_status(Status::ALL[pick(1, Status::ALL.len())])
            .of_priority(Priority::ALL[pick(3, Priority::ALL.len())])
            .over(Channel::ALL[pick(2, Channel::ALL.len())]);
        stored.push(tenant.open(conversation.build()).await);
    }
    stored
}

fn allows(filter: &ConversationFilter, conversation: &Conversation) -> bool {
    let ConversationFilter { statuses, priorities, .. } = filter;
    (statuses.is_empty() || statuses.contains(&conversation.status()))
        && (priorities.is_empty() || priorities.contains(&conversation.priority()))
}
