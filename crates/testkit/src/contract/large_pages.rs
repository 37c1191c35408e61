//! Pages that are capped by bytes: beside a place they are shorter, by number they are refused, and
//! nothing is left out.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::{
    ConversationDetails, ConversationFilter, ConversationOrder, CustomerFilter, MessageFilter,
};
use conversations_application::reply_budget::{BudgetExhausted, ReplyBudget, scope};
use conversations_application::{
    PageRequest, PageSlice, PageStart, PageTooLarge, PageWindow, SortKey,
};
use conversations_domain::{CustomFields, CustomValue, Customer, Message};
use conversations_persistence::Repositories;

use super::pages::{first_page, page};
use super::tenant::Tenant;
use crate::fixtures::{CustomerBuilder, a_conversation, a_customer, a_message};

/// As many of the longest messages are on a page as fit, between short ones and beside them.
pub async fn messages_fit_by_bytes(repositories: &Repositories) {
    /// This many of 4 × 65,536 bytes fit exactly.
    const FIT: u32 = 16;

    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await.id();
    for number in 0..FIT + 4 {
        let last = char::from_digit(number, 36).expect("a digit");
        // All but the last character takes four bytes: one byte is left for a short message.
        let text =
            if number == 1 { "!".to_owned() } else { "😀".repeat(65_535) + &last.to_string() };
        tenant.append(conversation, a_message().saying(&text).build()).await;
    }

    let list = async |window| {
        let found = repositories
            .messages
            .list(tenant.id, conversation, MessageFilter::default(), window)
            .await;
        found.map(|found| found.expect("the conversation is there"))
    };
    let place = |message: &Message| {
        let value = i64::try_from(message.number()).expect("a number");
        SortKey { value, id: message.id().as_uuid() }
    };
    let all = fits(&list, place, FIT + 1).await;

    let numbers: Vec<_> = all.iter().map(Message::number).collect();
    assert_eq!(numbers, (1..=u64::from(FIT) + 4).collect::<Vec<_>>());
    for message in all {
        let found = repositories.messages.find(tenant.id, conversation, message.id()).await;
        assert!(found.ok().flatten() == Some(message), "whole");
    }
}

/// As many customers with long custom fields are on a page as fit.
pub async fn customers_fit_by_bytes(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut stored = Vec::new();
    for number in 0..24 {
        let customer = if number == 12 { a_customer() } else { a_long_customer(number) };
        stored.push(tenant.customer(customer).await);
    }
    stored.reverse();

    let list = async |window| {
        repositories.customers.list(tenant.id, CustomerFilter::default(), window).await
    };
    let all = fits(&list, |customer: &Customer| SortKey::of_id(customer.id()), 21).await;

    assert!(all == stored, "whole");
}

/// As many conversations are on a page as fit with what they show of their customers.
pub async fn conversations_fit_by_bytes(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_long_customer(0)).await;
    let mut stored = Vec::new();
    for number in 0..24 {
        let conversation = a_conversation(tenant.inbox);
        let with_customer = number != 12;
        let conversation =
            if with_customer { conversation.with_customer(customer.id()) } else { conversation };
        stored.push((tenant.open(conversation.build()).await, with_customer.then_some(&customer)));
    }

    for order in [ConversationOrder::Newest, ConversationOrder::LeastUrgent] {
        let list = async |window| {
            let filter = ConversationFilter::default();
            let listed = repositories.conversations.list(tenant.id, filter, order, window).await;
            listed.map(|listed| listed.content)
        };
        let fit = 21;
        let place = |details: &ConversationDetails| {
            order.anchor(&ConversationFilter::default(), &details.conversation)
        };
        let all = fits(&list, place, fit).await;

        let shown: Vec<_> =
            all.iter().map(|shown| (shown.conversation.clone(), shown.customer.as_ref())).collect();
        let mut expected = stored.clone();
        expected.sort_by_key(|(each, _)| order.anchor(&ConversationFilter::default(), each));
        if order.is_descending() {
            expected.reverse();
        }
        assert!(shown == expected, "{order}");
    }
}

/// A page takes room from the budget of its request before what is long on it is read, and what is small
/// takes none. Without room nothing is read.
pub async fn pages_take_room_before_they_are_read(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_long_customer(0)).await;
    let conversation = a_conversation(tenant.inbox).with_customer(customer.id()).build();
    let conversation = tenant.open(conversation).await.id();
    let page = page(1, 10);
    let list = async |room: usize, what: &str| {
        let purse = Arc::new(FixedBudget { room, taken: AtomicUsize::new(0) });
        let listed: Result<(), RepositoryError> = scope(Arc::clone(&purse) as _, async {
            match what {
                "messages" => repositories
                    .messages
                    .list(tenant.id, conversation, MessageFilter::default(), page)
                    .await
                    .map(drop),
                "customers" => {
                    let all = CustomerFilter::default();
                    repositories.customers.list(tenant.id, all, page).await.map(drop)
                }
                order => {
                    let (all, order) = (ConversationFilter::default(), order.parse());
                    let order = order.expect("an order");
                    repositories.conversations.list(tenant.id, all, order, page).await.map(drop)
                }
            }
        })
        .await;
        let refused = matches!(listed, Err(RepositoryError::BudgetExhausted(_)));
        assert!(refused || listed.is_ok(), "{what}: {listed:?}");
        (purse.taken.load(Ordering::Relaxed), refused)
    };
    let fields = CustomFields::MAX_COUNT * CustomFields::MAX_TEXT_LENGTH * "😀".len();

    tenant.append(conversation, a_message().saying("x".repeat(40_000)).build()).await;
    assert_eq!(list(0, "messages").await, (0, false), "one that is small");
    tenant.append(conversation, a_message().saying("x".repeat(40_000)).build()).await;
    assert_eq!(list(200_000, "messages").await, (160_000, false), "many that are small");
    tenant.append(conversation, a_message().saying("😀".repeat(60_000)).build()).await;
    assert_eq!(list(1_000_000, "messages").await, (640_000, false), "one that is long");
    for what in ["customers", "-createdAt", "priority"] {
        let (taken, refused) = list(8 * fields, what).await;
        assert!(!refused && taken > 2 * fields && taken < 3 * fields, "{what}: {taken}");
    }
    for what in ["messages", "customers", "-createdAt", "priority"] {
        assert_eq!(list(100_000, what).await, (0, true), "{what}");
    }
}

/// Room for this many bytes.
struct FixedBudget {
    room: usize,
    taken: AtomicUsize,
}

impl ReplyBudget for FixedBudget {
    fn reserve(&self, bytes: usize) -> Result<(), BudgetExhausted> {
        if self.taken.load(Ordering::Relaxed) + bytes > self.room {
            return Err(BudgetExhausted);
        }
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }
}

/// A customer whose custom fields are as long as they may be: 20 of them fit on a page.
fn a_long_customer(number: usize) -> CustomerBuilder {
    let fields = (0..CustomFields::MAX_COUNT).map(|place| {
        let text = "😀".repeat(CustomFields::MAX_TEXT_LENGTH - 1) + &(number % 10).to_string();
        (format!("field {place}"), CustomValue::Text(text))
    });
    a_customer().with_fields(fields).reachable_at(&format!("ada{number}@example.org"))
}

/// Makes sure that capped pages, the first of which holds this many items, return the whole list,
/// forwards and backwards; answers it.
async fn fits<T: PartialEq + Debug>(
    list: &impl AsyncFn(PageWindow) -> Result<PageSlice<T>, RepositoryError>,
    place: impl Fn(&T) -> SortKey,
    fit: u32,
) -> Vec<T> {
    let refused = list(first_page()).await.map_err(too_large);
    assert!(refused == Err(fit), "a page by number says how many fit");
    let refused = list(page(1, fit + 1)).await.map_err(too_large);
    assert!(refused == Err(fit), "one more does not fit");
    let first = list(page(1, fit)).await.expect("a page that fits");
    assert_eq!(
        (first.items.len(), first.more_before, first.more_after),
        (fit as usize, false, true)
    );

    let limit = PageRequest::MAX_LIMIT;
    let mut all = first.items;
    loop {
        let start = PageStart::After(place(all.last().expect("an item")));
        let slice = list(PageWindow { start, limit }).await.expect("a page beside a place");
        assert!(!slice.items.is_empty() && slice.items.len() <= fit as usize + 1);
        all.extend(slice.items);
        assert_eq!(slice.more_after, (all.len() as u64) < slice.total);
        if !slice.more_after {
            break;
        }
    }
    let mut backwards = Vec::new();
    let mut start = PageStart::Before(place(all.last().expect("an item")));
    loop {
        let slice = list(PageWindow { start, limit }).await.expect("a page beside a place");
        let first = place(slice.items.first().expect("an item"));
        backwards.splice(0..0, slice.items);
        if !slice.more_before {
            break;
        }
        start = PageStart::Before(first);
    }
    assert!(backwards == all[..all.len() - 1], "backwards");
    all
}

/// How many fit on the page that was refused.
fn too_large(error: RepositoryError) -> u32 {
    match error {
        RepositoryError::PageTooLarge(PageTooLarge { fits }) => fits,
        other => panic!("{other:?}"),
    }
}
