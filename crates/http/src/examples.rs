//! The people and things that the examples speak of.

use conversations_domain::{
    Actor, CustomFields, CustomValue, Customer, CustomerId, ExternalId, Inbox, InboxId, KeyId,
    Name, NewCustomer, NewInbox, NewUser, Profile, Tags, Tier, Timestamp, User, UserId,
};

pub(crate) const CONVERSATION: &str = "01a204ae-78e4-77f8-b3b6-2c6f97f24353";
pub(crate) const MESSAGE: &str = "01a204ae-84cc-7133-86e0-3b88101269d6";
pub(crate) const CUSTOMER: &str = "01a204ae-74df-77a0-b6b8-0aed61462b08";
pub(crate) const USER: &str = "01a204ae-74cb-723a-a073-31eca409fd1e";
pub(crate) const INBOX: &str = "01a204ae-07fe-7375-a27f-0a9c99d9c3b3";
pub(crate) const WORKSPACE: &str = "01a204ae-07fd-7a10-9c55-4f1de0b26c83";
pub(crate) const WEBHOOK: &str = "01a204af-11fe-7375-a27f-0a9c99d9c3b4";
pub(crate) const DELIVERY: &str = "01a204af-21fe-7375-a27f-0a9c99d9c3b5";
pub(crate) const KEY: &str = "01a204ae-9ed0-7447-ab36-d0de703bf587";

pub(crate) fn time() -> Option<Timestamp> {
    Timestamp::parse("2026-11-22T19:14:35.852Z").ok()
}

fn external_id() -> Option<ExternalId> {
    Some(ExternalId { source: "crm".parse().ok()?, id: "4711".parse().ok()? })
}

pub(crate) fn customer() -> Option<Customer> {
    let profile = Profile {
        first_name: "Ada".parse().ok(),
        last_name: "Byron".parse().ok(),
        email: "ada@example.com".parse().ok(),
        ..Profile::default()
    };
    let plan = ("plan".to_owned(), CustomValue::Text("yearly".to_owned()));
    let new = NewCustomer {
        external_id: external_id(),
        tier: Some(Tier::Gold),
        tags: Tags::parse(&["early bird"]).ok()?,
        custom_fields: CustomFields::new([plan]).ok()?,
        ..NewCustomer::of(profile)
    };
    Some(Customer::new(CustomerId::parse(CUSTOMER).ok()?, new))
}

pub(crate) fn user() -> Option<User> {
    let name = Name::parse("Grace Hopper").ok()?;
    let email = "grace@example.com".parse().ok()?;
    let new = NewUser { external_id: None, name, email, role: None };
    Some(User::new(UserId::parse(USER).ok()?, new))
}

pub(crate) fn inbox() -> Option<Inbox> {
    let new = NewInbox { name: Name::parse("Support").ok()?, channel: None };
    Some(Inbox::new(InboxId::parse(INBOX).ok()?, new))
}

pub(crate) fn actor() -> Actor {
    Actor { key: KeyId::parse(KEY).ok(), name: "mail gateway".to_owned() }
}
