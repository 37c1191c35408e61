//! Lists and counts while conversations change: each answer is of one moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conversations_application::read_model::{
    ConversationFilter, ConversationOrder, CountedField, CountedValue,
};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{Change, Changes, ConversationId, Priority, Status};
use conversations_persistence::Repositories;
use tokio::time::sleep;

use super::commits::revised;
use super::tenant::Tenant;
use crate::Random;
use crate::fixtures::{a_conversation, at, tags};

/// How many conversations only change, as one page has.
const KEPT: usize = 60;
const ROUNDS: usize = 60;
/// How long a writer waits between two writes.
const PAUSE: Duration = Duration::from_millis(2);

const ORDERS: [ConversationOrder; 4] = [
    ConversationOrder::Newest,
    ConversationOrder::Oldest,
    ConversationOrder::MostUrgent,
    ConversationOrder::LeastUrgent,
];

/// The nodes of a service, of which one writes and the other one lists.
pub struct Nodes<'a> {
    /// The one that writes.
    pub writing: &'a Repositories,
    /// The one that lists.
    pub listing: &'a Repositories,
}

/// What only changes its status is in every list of all statuses, once. In a list of one status are
/// those that have it, as many as the total says, and they are in order.
pub async fn lists_and_counts_are_exact_while_others_write(repositories: &Repositories) {
    Nodes { writing: repositories, listing: repositories }.list_while_writing().await;
}

impl Nodes<'_> {
    /// The same with two nodes.
    pub async fn list_while_writing(&self) {
        list_while_writing(self).await;
    }
}

async fn list_while_writing(nodes: &Nodes<'_>) {
    let tenant = Tenant::new(nodes.writing).await;
    let listing = Tenant { repositories: nodes.listing, id: tenant.id, inbox: tenant.inbox };
    let mut kept = Vec::with_capacity(KEPT);
    for number in 0..KEPT {
        let time = at(i64::try_from(number % 20).expect("a small number"));
        let new = a_conversation(tenant.inbox).labelled(&["kept"]).opened_at(time);
        let new = if number % 2 == 0 { new.urgent() } else { new };
        kept.push(tenant.open(new.build()).await.id());
    }
    let is_over = AtomicBool::new(false);

    let ask = async {
        let mut random = Random::new(7);
        for _ in 0..ROUNDS {
            ask(&listing, &mut random).await;
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let write = |seed| write(&tenant, &kept, seed, &is_over);
    tokio::join!(write(1), write(2), write(3), ask);

    // In the end every status is that of the row itself.
    for &status in Status::ALL {
        let mut expected = Vec::new();
        for &id in &kept {
            if tenant.stored(id).await.status() == status {
                expected.push(id);
            }
        }
        expected.sort_unstable();
        let filter = ConversationFilter { statuses: vec![status], ..every() };
        let found = listing.list_in(ConversationOrder::Oldest, filter, window()).await;
        let found: Vec<_> = found.items.iter().map(|each| each.conversation.id()).collect();
        assert_eq!(found, expected, "{status}");
    }
}

/// Changes the status of conversations, and opens and erases others with the label.
async fn write(tenant: &Tenant<'_>, kept: &[ConversationId], seed: u64, is_over: &AtomicBool) {
    let mut random = Random::new(seed);
    while !is_over.load(Ordering::Relaxed) {
        // A fresh PostgreSQL has no statistics: its plans suit few rows, and few versions of them.
        sleep(PAUSE).await;
        if random.percent(10) {
            let other = a_conversation(tenant.inbox).labelled(&["other"]).opened_at(at(10));
            let id = tenant.open(other.build()).await.id();
            tenant.erase(id).await;
            continue;
        }
        let stored = tenant.stored(*random.pick(kept)).await;
        let status = Change::To(*random.pick(Status::ALL));
        let write = revised(&stored, Changes { status, ..Changes::default() }, at(1_000));
        if write.changed.revision() != stored.revision() {
            // Another writer may have changed it meanwhile.
            let _changed = tenant.change(write).await;
        }
    }
}

async fn ask(tenant: &Tenant<'_>, random: &mut Random) {
    let order = *random.pick(&ORDERS);
    let filter = ConversationFilter { priorities: Priority::ALL.to_vec(), ..every() };
    let found = tenant.list_in(order, filter, window()).await;
    assert_eq!((found.total, found.items.len()), (KEPT as u64, KEPT));

    let status = *random.pick(Status::ALL);
    let filter = ConversationFilter { statuses: vec![status], ..every() };
    let found = tenant.list_in(order, filter.clone(), window()).await;
    assert_eq!(found.total, found.items.len() as u64, "{status}");
    assert!(found.items.iter().all(|each| each.conversation.status() == status), "{status}");
    let mut sorted = found.items.clone();
    sorted.sort_by_key(|each| order.anchor(&filter, &each.conversation));
    if order.is_descending() {
        sorted.reverse();
    }
    assert_eq!(found.items, sorted);

    let conversations = &tenant.repositories.conversations;
    let counts = conversations.count(tenant.id, every(), CountedField::Status.into(), 100).await;
    let counts = counts.expect("counts");
    assert!(counts.iter().all(|each| matches!(each.values[..], [CountedValue::Status(_)])));
    assert_eq!(counts.iter().map(|each| each.count).sum::<u64>(), KEPT as u64);
}

/// All that only change.
fn every() -> ConversationFilter {
    ConversationFilter { labels: tags(&["kept"]), ..ConversationFilter::default() }
}

fn window() -> PageWindow {
    PageWindow { start: PageStart::Offset(0), limit: 100 }
}
