//! What the JSON of a page costs.

use conversations_application::read_model::ConversationDetails;
use conversations_application::{Page, PageRequest};
use conversations_domain::{
    Conversation, ConversationDraft, ConversationId, Customer, CustomerId, Email, InboxId, Name,
    NewConversation, NewCustomer, NewUser, Profile, ProfileText, Source, Subject, Tags, User,
    UserId,
};
use divan::Bencher;
use uuid::Uuid;

fn main() {
    divan::main();
}

fn details(number: u128) -> Option<ConversationDetails> {
    let id = Uuid::from_u128(number << 80 | number);
    let email = Email::parse("ada@example.com").ok()?;
    let profile = Profile {
        first_name: ProfileText::parse("Ada").ok(),
        last_name: ProfileText::parse("Lovelace").ok(),
        email: Some(email.clone()),
        ..Profile::default()
    };
    let customer = NewCustomer::of(profile);
    let name = Name::parse("Grace Hopper").ok()?;
    Some(ConversationDetails {
        conversation: Conversation::open(NewConversation {
            id: ConversationId::from_uuid(id),
            source: Source::Api,
            customer: Some(CustomerId::from_uuid(id)),
            draft: ConversationDraft {
                labels: Tags::parse(&["refund"]).ok()?,
                ..ConversationDraft::new(
                    Subject::parse("Refund for order 1042").ok()?,
                    InboxId::from_uuid(id),
                )
            },
        }),
        customer: Some(Customer::new(CustomerId::from_uuid(id), customer)),
        assignee: Some(User::new(
            UserId::from_uuid(id),
            NewUser { external_id: None, name, email, role: None },
        )),
    })
}

#[divan::bench]
fn page_of_fifty(bencher: Bencher) {
    let items: Vec<_> = (1..=50).filter_map(details).collect();
    let page = Page { items, total: 10_000_000, page: Some(1), previous: None, next: None };
    bencher.with_inputs(|| (PageRequest::new(1, 50), page.clone())).bench_values(
        |(asked, page)| asked.map(|asked| conversations_http::benching::page(asked, page)),
    );
}
