//! The description: that it is whole, and that it says what the code does.

mod bounds;
mod clients;
mod fields;
mod schema;
mod served;

use std::collections::BTreeSet;

use actix_web::http::Method;
use conversations_application::PageRequest;
use conversations_application::ports::RESPONSES_ARE_STORED_FOR;
use conversations_domain::Permission;
use serde_json::{Map, Value};

use super::error_table;
use crate::extract::MAX_BODY_BYTES;
use crate::openapi::operation_docs::{DOCS, TAGS};
use crate::openapi::{self, errors, name_of};
use crate::routes::described;
use crate::routing::Operation;
use crate::schema::OperationDescription;

/// The whole document.
fn document() -> Value {
    openapi::document(&described())
}

/// Every operation, what its handler says, and what the document says.
fn all() -> impl Iterator<Item = (Operation, OperationDescription, Value)> {
    let document = document();
    described().into_iter().map(move |(operation, describe)| {
        let mut description = OperationDescription::default();
        describe(&mut description);
        let method = operation.method.as_str().to_ascii_lowercase();
        let shown = document["paths"][&operation.path][method].clone();
        (operation, description, shown)
    })
}

/// What a reference leads to, and everything else as it is.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').expect("a reference into the document");
            resolve(document, document.pointer(pointer).unwrap_or_else(|| panic!("{reference}")))
        }
        None => value,
    }
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
}

#[test]
fn every_route_is_described_and_every_description_has_a_route() {
    let routed: BTreeSet<_> = described().iter().map(|(operation, _)| name_of(operation)).collect();
    let said: BTreeSet<_> = DOCS.iter().map(|words| words.operation.to_owned()).collect();

    assert_eq!(said, routed);
}

#[test]
fn every_operation_has_an_id_of_its_own_a_group_and_words() {
    let ids: BTreeSet<_> = DOCS.iter().map(|words| words.id).collect();
    assert_eq!(ids.len(), DOCS.len());
    let groups: BTreeSet<_> = DOCS.iter().map(|words| words.tag).collect();
    assert_eq!(groups, TAGS.map(|(name, _)| name).into());

    for (operation, _, shown) in all() {
        let name = name_of(&operation);
        assert!(shown["operationId"].as_str().is_some_and(|id| !id.is_empty()), "{name}");
        assert!(shown["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
}

#[test]
fn the_document_has_what_the_router_has_and_nothing_else() {
    let document = document();
    let shown: BTreeSet<_> = names(&document["paths"])
        .into_iter()
        .flat_map(|path| {
            let methods = names(&document["paths"][path]).into_iter();
            let methods = methods.filter(|method| *method != "parameters");
            methods.map(move |method| format!("{} {path}", method.to_ascii_uppercase()))
        })
        .collect();
    let routed: BTreeSet<_> = described()
        .into_iter()
        .map(|(Operation { method, path, .. }, _)| format!("{method} {path}"))
        .collect();

    assert_eq!(shown, routed);
}

#[test]
fn the_introduction_tells_what_holds_for_all_requests() {
    let document = document();
    let text = document["info"]["description"].as_str().expect("a text");

    let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let expected = ["Keys", "Values", "Paging", "Errors", "Idempotency", "Versions", "Limits"];
    assert_eq!(headings, expected);
    let (most, default) = (PageRequest::MAX_LIMIT, PageRequest::DEFAULT_LIMIT);
    let kept = RESPONSES_ARE_STORED_FOR.as_secs() / 3600;
    for fact in [
        format!("from 1 to {most} (default {default})"),
        format!("again for {kept} hours"),
        format!("at most {} MiB", MAX_BODY_BYTES >> 20),
        "never ship one in a page or an app".to_owned(),
    ] {
        assert!(text.contains(&fact), "{fact}");
    }
    // What it names is there.
    assert!(document["paths"]["/api/v1/me"]["get"].is_object());
    for parameter in ["Cursor", "IdempotencyKey", "IfMatch", "IfNoneMatch", "XRequestId"] {
        let name = document["components"]["parameters"][parameter]["name"].as_str();
        assert!(name.is_some_and(|name| text.contains(&format!("`{name}`"))), "{parameter}");
    }
}

#[test]
fn permissions_are_those_of_the_router() {
    for (operation, description, shown) in all() {
        let permission = operation.access.permission().map(Permission::as_str);
        assert_eq!(description.access, operation.access);
        assert_eq!(shown.get("x-permission").and_then(Value::as_str), permission);
        assert_eq!(shown.get("security").is_some(), !operation.access.needs_key());
    }
}

#[test]
fn every_error_of_the_table_is_shown() {
    let samples = errors::samples();
    let shown: BTreeSet<_> = samples.iter().map(|error| error.summary().1).collect();

    for (error, _, code, _) in error_table::table() {
        assert!(shown.contains(code), "{error}");
    }
}

#[test]
fn operations_say_with_what_they_may_refuse() {
    let always = ["405", "413", "500", "503"];
    let with_a_key = ["400", "401", "422", "429"];

    for (operation, description, shown) in all() {
        let name = name_of(&operation);
        let statuses = names(&shown["responses"]);
        let expects = |status, expected| {
            assert_eq!(statuses.contains(status), expected, "{status} of {name}");
        };
        for status in always {
            expects(status, true);
        }
        for status in with_a_key {
            expects(status, description.access.needs_key());
        }
        // Each type of event needs a permission of its own.
        let reads_feed = operation.path.contains("/events");
        expects("403", description.access.permission().is_some() || reads_feed);
        // A stream starts at the end of the feed instead, and says so.
        let takes_cursor = ["/events", "/replay"].iter().any(|end| operation.path.ends_with(end));
        expects("410", takes_cursor);
        let guarded = description.access.needs_key();
        let writes = operation.method != Method::GET;
        let claims = operation.path.ends_with("/claim");
        let posts = operation.method == Method::POST;
        expects("404", operation.path.contains('{') || posts);
        expects("408", writes);
        expects("412", guarded && writes && (!posts || claims));
        expects("415", writes);
        expects("507", writes);
    }
}

#[test]
fn what_was_made_leads_to_what_can_be_done_with_it() {
    let document = document();
    let links = |path: &str| names(&document["paths"][path]["post"]["responses"]["201"]["links"]);

    assert_eq!(
        links("/api/v1/conversations"),
        BTreeSet::from([
            "getConversation",
            "putConversation",
            "updateConversation",
            "deleteConversation",
            "claimConversation",
            "listMessages",
            "createMessage",
            "listHistory",
        ])
    );
    assert_eq!(
        links("/api/v1/conversations/{id}/messages"),
        BTreeSet::from(["getMessage", "deleteMessage"])
    );
    assert_eq!(links("/api/v1/keys"), BTreeSet::from(["getKey", "updateKey", "revokeKey"]));
    let message = &document["paths"]["/api/v1/conversations/{id}/messages"]["post"];
    assert_eq!(
        message["responses"]["201"]["links"]["getMessage"]["parameters"],
        serde_json::json!({ "id": "$request.path.id", "messageId": "$response.body#/data/_id" })
    );
}
