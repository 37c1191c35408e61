//! Customers: how they are kept, and how one is found.

use conversations_application::ports::Commit;
use conversations_domain::{
    CustomFields, CustomValue, CustomerId, CustomerStatus, Profile, Tags, Tier,
};
use conversations_persistence::Repositories;

use super::tenant::Tenant;
use crate::fixtures::{a_customer, an_origin, at, email, next_id, profile_text};

/// A customer of whom nothing is known but a name.
pub async fn round_trips_a_bare_customer(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    let customer = tenant.customer(a_customer()).await;

    let found = repositories.customers.find(tenant.id, customer.id()).await;
    assert_eq!(found.ok(), Some(Some(customer)));
}

/// A customer of whom everything is known, in text that is easily damaged.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let profile = Profile {
        first_name: Some(profile_text("Ægir O'Brien; DROP TABLE customers; --")),
        last_name: Some(profile_text("e\u{301} \u{202e}مرحبا\u{202c} 100 % \"\\_\u{ffff}")),
        email: Some(email("Ärger+50%_off@Exämple.org")),
        phone: Some(profile_text("+49 (0) 30 / 123 456-0")),
        company: Some(profile_text(&"\u{10ffff}".repeat(255))),
        job_title: Some(profile_text("👩‍🚀 line\r\n\ttwo")),
    };

    let customer = a_customer()
        .known_to("zendesk", &"\u{10ffff}".repeat(255))
        .known_as(profile)
        .ranked(Tier::Platinum)
        .in_status(CustomerStatus::Archived)
        .tagged(&["zebra", "Ünïcode", "\"quoted\"", "[a", "\\", "100%", "👍"])
        .with_fields([("plan".to_owned(), CustomValue::Text("pro".to_owned()))])
        .made_at(at(-86_400_000));
    let customer = tenant.customer(customer).await;

    let found = repositories.customers.find(tenant.id, customer.id()).await;
    assert_eq!(found.ok(), Some(Some(customer)));
}

/// Each kind of custom value stays of its kind, to the last digit.
pub async fn round_trips_every_kind_of_custom_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let text = |text: &str| CustomValue::Text(text.to_owned());
    let values = [
        text(""),
        text("null"),
        text("1e15"),
        text(" \r\n\t\"\\/{}[]\u{ffff}\u{7f}\u{2028} "),
        text(&"👍".repeat(CustomFields::MAX_TEXT_LENGTH)),
        CustomValue::Flag(true),
        CustomValue::Flag(false),
        CustomValue::Integer(0),
        CustomValue::Integer(i64::MAX),
        CustomValue::Integer(i64::MIN),
        CustomValue::Integer(9_007_199_254_740_993),
        CustomValue::Float(0.1),
        CustomValue::Float(1.0),
        CustomValue::Float(1e15),
        CustomValue::Float(1e16),
        CustomValue::Float(-9.223_372_036_854_775e18),
        CustomValue::Float(f64::MIN_POSITIVE),
        CustomValue::Float(5e-324),
        CustomValue::Float(0.300_000_000_000_000_04),
    ];
    let fields = values.into_iter().enumerate().map(|(place, value)| (format!("n{place}"), value));
    let names =
        ["👩‍👩‍👧", "\"", "$.a[0]", "__proto__", " ", &"ß".repeat(CustomFields::MAX_NAME_LENGTH)];
    let named = names.map(|name| (name.to_owned(), CustomValue::Flag(true)));

    let customer = a_customer().with_fields(fields.chain(named));
    let customer = tenant.customer(customer).await;

    let found = repositories.customers.find(tenant.id, customer.id()).await;
    assert_eq!(found.ok(), Some(Some(customer)));
}

/// As many tags and fields as there may be, and each word of each vocabulary.
pub async fn round_trips_full_and_classified_customers(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let tags: Vec<_> = (0..Tags::MAX_COUNT).map(|n| format!("{n:ü>50}")).collect();
    let fields = (0..CustomFields::MAX_COUNT).map(|n| {
        (format!("{n:ü>50}"), CustomValue::Text("👍".repeat(CustomFields::MAX_TEXT_LENGTH)))
    });
    let full = a_customer().tagged(&tags).with_fields(fields);
    let classified = Tier::ALL
        .iter()
        .map(|&tier| a_customer().ranked(tier))
        .chain(CustomerStatus::ALL.iter().map(|&status| a_customer().in_status(status)));

    for customer in classified.chain([full]) {
        let customer = tenant.customer(customer).await;

        let found = repositories.customers.find(tenant.id, customer.id()).await;
        assert!(found.ok().flatten().as_ref() == Some(&customer), "{:?}", customer.id());
    }
}

/// An unknown id, or one of another workspace, finds nothing.
pub async fn finds_nobody_out_of_the_workspace(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let theirs = other.customer(a_customer().reachable_at("ada@example.org")).await.id();

    for id in [theirs, CustomerId::from_uuid(next_id(at(0)))] {
        assert_eq!(repositories.customers.find(tenant.id, id).await.ok(), Some(None));
    }
    let found = repositories.customers.find_by_email(tenant.id, email("ada@example.org")).await;
    assert_eq!(found.ok(), Some(None));
}

/// Case does not tell two addresses apart, in no script.
pub async fn finds_by_email_whatever_its_case(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for (stored, asked) in [
        ("Ada@Example.org", "aDA@eXAMPLE.ORG"),
        ("ÄDA@x.org", "äda@X.org"),
        ("ΟΔΥΣΣΕΥΣ@x.org", "οδυσσευς@x.org"),
        ("straße@x.org", "STRASSE@x.org"),
    ] {
        let customer = tenant.customer(a_customer().reachable_at(stored)).await;

        let found = repositories.customers.find_by_email(tenant.id, email(asked)).await;

        assert_eq!(found.ok(), Some(Some(customer)), "{asked}");
    }
}

/// An address is no pattern, and a part of one is not the address.
pub async fn finds_by_email_literally(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    tenant.customer(a_customer()).await;
    tenant.customer(a_customer().reachable_at("axb@example.org")).await;
    let literal = tenant.customer(a_customer().reachable_at("a%'b@example.org")).await;

    for asked in ["%@example.org", "a_b@example.org", "a%b@example.org", "xb@example.org"] {
        let found = repositories.customers.find_by_email(tenant.id, email(asked)).await;

        assert_eq!(found.ok(), Some(None), "{asked}");
    }
    let found = repositories.customers.find_by_email(tenant.id, email("A%'B@example.org")).await;
    assert_eq!(found.ok(), Some(Some(literal)));
}

/// Records without an address do not conflict.
pub async fn any_number_of_customers_have_no_email(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for _ in 0..3 {
        let commit = Commit::of(an_origin(), a_customer().build());
        assert!(repositories.customers.create(tenant.id, commit).await.is_ok());
    }
}
