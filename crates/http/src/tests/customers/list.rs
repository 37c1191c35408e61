//! Looking for customers.

use actix_web::test::TestRequest;
use conversations_application::read_model::{CustomerFilter, ExternalIdFilter};
use conversations_domain::{CustomerStatus, SearchText, Tags, Tier};
use serde_json::json;

use crate::testing::{ID, Storage, call, customer, window};

fn get(query: &str) -> TestRequest {
    TestRequest::get().uri(&format!("/api/v1/customers?{query}"))
}

#[actix_web::test]
async fn every_filter_arrives() {
    let mut storage = Storage::default();
    storage
        .customers
        .expect_list()
        .withf(|_, filter, page| {
            *filter
                == CustomerFilter {
                    search: SearchText::parse("Ünal, 50%").ok(),
                    tiers: vec![Tier::Gold, Tier::Platinum],
                    statuses: vec![CustomerStatus::Inactive],
                    tags: Tags::parse(&["vip", "Berlin"]).expect("tags"),
                    email: "Ada+1@x.org".parse().ok(),
                    external_id: Some(ExternalIdFilter {
                        id: "<a/b>".parse().expect("an id"),
                        source: "crm".parse().ok(),
                    }),
                }
                && *page == window(3, 2)
        })
        .returning(|_, _, window| Ok(window.slice(vec![customer(ID.parse().expect("an id"))], 5)));

    let query = "search=%C3%9Cnal,+50%25&tier=gold,platinum&status=inactive&tags=vip,Berlin\
                 &email=Ada%2B1@x.org&externalId=%3Ca/b%3E&externalSource=crm";
    let reply = call(storage, get(&format!("{query}&page=3&limit=2"))).await;

    assert_eq!(reply.data(200)[0]["_id"], ID);
    assert_eq!(reply.totals(), json!({ "total": 5, "page": 3, "limit": 2, "totalPages": 3 }));
}

#[actix_web::test]
async fn without_a_filter_everybody_is_wanted() {
    let mut storage = Storage::default();
    storage
        .customers
        .expect_list()
        .withf(|_, filter, page| *filter == CustomerFilter::default() && *page == window(1, 50))
        .returning(|_, _, window| Ok(window.slice(Vec::new(), 0)));

    let reply = call(storage, get("")).await;

    assert_eq!(*reply.data(200), json!([]));
}

#[actix_web::test]
async fn names_every_invalid_filter() {
    let query = "search=+&tier=gold,tin&status=gone&tags=a,a&limit=0&email=ada&externalSource=CRM";
    let reply = call(Storage::default(), get(query)).await;

    let details = reply.refused(422, "VALIDATION_ERROR");
    assert_eq!(
        *details,
        json!({
            "search": ["must not be empty"],
            "tier": ["must be one of bronze, silver, gold, platinum"],
            "status": ["must be one of active, inactive, archived"],
            "tags": ["must not contain duplicates"],
            "limit": ["must be a whole number from 1 to 100"],
            "email": ["must be an e-mail address, such as ada@example.com"],
            "externalSource": [
                "must be combined with externalId",
                "must have only lower-case letters (a-z), digits, dots, underscores and hyphens",
            ],
        })
    );
}
