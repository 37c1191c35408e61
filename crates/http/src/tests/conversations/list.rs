//! Listing conversations.

use actix_web::test::TestRequest;
use conversations_application::ports::AtPosition;
use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, ConversationOrder, ExternalIdFilter,
};
use conversations_domain::{
    Channel, CustomerId, InboxId, Priority, Source, Status, Tags, Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use crate::testing::{ID, Storage, call, details, window};

const NO_TIME: &str =
    "must be a time in RFC 3339, to the millisecond, such as 2026-11-22T15:04:05.123Z";

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[actix_web::test]
async fn every_filter_arrives() {
    let mut storage = Storage::default();
    let id = Uuid::parse_str(ID).expect("an id");
    storage
        .conversations
        .expect_list()
        .withf(move |_, filter, order, page| {
            *filter
                == ConversationFilter {
                    statuses: vec![Status::Open, Status::Closed],
                    priorities: vec![Priority::Urgent],
                    assignee: Some(AssigneeFilter::Nobody),
                    inbox: Some(InboxId::from_uuid(id)),
                    customer: Some(CustomerId::from_uuid(id)),
                    labels: Tags::parse(&["refund", "Größe 5"]).expect("labels"),
                    channels: vec![Channel::Chat, Channel::Whatsapp],
                    sources: vec![Source::Widget],
                    created_after: time("2026-11-22T15:04:05.123Z"),
                    created_before: time("2026-11-22T15:04:05.124Z"),
                    updated_after: time("2026-11-22T00:00:00.000Z"),
                    updated_before: time("2026-11-23T00:00:00.000Z"),
                    text: Some("\"order 1042\" parcel -spam".parse().expect("a query")),
                    external_id: Some(ExternalIdFilter {
                        id: "<a/b>".parse().expect("an id"),
                        source: "crm".parse().ok(),
                    }),
                }
                && *order == ConversationOrder::MostUrgent
                && *page == window(3, 2)
        })
        .returning(|_, _, _, window| {
            Ok(AtPosition { content: window.slice(vec![details()], 5), position: None })
        });
    let query = format!(
        "status=open,closed&priority=urgent&assignedTo=none&inboxId={ID}&customerId={ID}\
         &label=refund,Gr%C3%B6%C3%9Fe+5&channel=chat,whatsapp&source=widget\
         &createdAfter=2026-11-22T15:04:05.123Z&createdBefore=2026-11-22T16:04:05.124%2B01:00\
         &updatedAfter=2026-11-22T00:00:00Z&updatedBefore=2026-11-23T00:00:00Z\
         &externalId=%3Ca/b%3E&externalSource=crm&sort=-priority&q=-Spam+%22Order+1042%22+Parcel&page=3&limit=2"
    );

    let path = format!("/api/v1/conversations?{query}");
    let reply = call(storage, TestRequest::get().uri(&path)).await;

    assert_eq!(reply.data(200)[0]["_id"], ID);
    assert_eq!(reply.totals(), json!({ "total": 5, "page": 3, "limit": 2, "totalPages": 3 }));
}

#[actix_web::test]
async fn names_every_invalid_filter() {
    let path = "/api/v1/conversations?status=open,ajar&priority=&assignedTo=None&inboxId=1\
                &customerId=a&customerId=a&label=a,,b&page=0&limit=101&sort=up&channel=fax\
                &source=API&createdAfter=now&createdBefore=2026-11-22T15:04:05.1234Z\
                &updatedAfter=2026-11-22&updatedBefore=2026-11-22T16:04:05+01:00&q=%22-%22\
                &externalSource=CRM&colour=red";
    let reply = call(Storage::default(), TestRequest::get().uri(path)).await;

    let details = reply.refused(422, "VALIDATION_ERROR");
    assert_eq!(
        *details,
        json!({
            "status": ["must be one of open, pending, closed"],
            "priority": ["must not be empty"],
            "assignedTo": ["must be \"none\" or the id of a user"],
            "q": ["must contain a word"],
            "inboxId": ["must be an id: a UUID in lower case with hyphens"],
            "customerId": ["must be given only once"],
            "label": ["must not be empty"],
            "page": ["must be a whole number from 1 to 9007199254740991"],
            "limit": ["must be a whole number from 1 to 100"],
            "sort": ["must be one of -createdAt, createdAt, -updatedAt, updatedAt, -priority, \
                      priority, relevance"],
            "channel": ["must be one of email, chat, phone, whatsapp"],
            "source": ["must be one of widget, phone, api, email"],
            "createdAfter": [NO_TIME],
            "createdBefore": [NO_TIME],
            "updatedAfter": [NO_TIME],
            // In a query a plus is a blank.
            "updatedBefore": [NO_TIME],
            "externalSource": [
                "must be combined with externalId",
                "must have only lower-case letters (a-z), digits, dots, underscores and hyphens",
            ],
            "colour": ["is not a known query parameter"],
        })
    );
}

#[actix_web::test]
async fn labels_are_asked_for_by_the_rules_of_labels() {
    let many = ["x"; 21].join(",");

    for (labels, problem) in [
        ("a,a", "must not contain duplicates"),
        (many.as_str(), "must have at most 20 entries"),
        (",", "must not be empty"),
    ] {
        let path = format!("/api/v1/conversations?label={labels}");
        let reply = call(Storage::default(), TestRequest::get().uri(&path)).await;

        assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), json!({ "label": [problem] }));
    }
}

#[actix_web::test]
async fn relevance_needs_something_to_be_relevant_to() {
    let path = "/api/v1/conversations?sort=relevance";
    let reply = call(Storage::default(), TestRequest::get().uri(path)).await;

    let problem = json!({ "sort": ["must not be relevance without q"] });
    assert_eq!(*reply.refused(422, "VALIDATION_ERROR"), problem);
}
