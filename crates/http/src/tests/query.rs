//! Strict query strings: what is let through, what is refused, and how it is named.

use conversations_application::PageRequest;

use crate::query::QueryReader;
use conversations_domain::{InboxId, Status};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a query of these parameters looks like to its operation, and what is wrong with it.
fn read(query: &str) -> Result<(Vec<Status>, Option<InboxId>, PageRequest), Value> {
    let mut reader = QueryReader::new(query).map_err(|error| json!(error.summary().1))?;
    let read = (reader.several("status"), reader.one("inboxId"), reader.page());
    let problems = reader.into_problems();
    if problems.is_empty() { Ok(read) } else { Err(json!(problems)) }
}

fn page(number: u64, limit: u32) -> PageRequest {
    PageRequest::new(number, limit).expect("a page")
}

#[test]
fn missing_parameters_mean_the_defaults() {
    for query in ["", "&", "&&"] {
        assert_eq!(read(query), Ok((Vec::new(), None, page(1, 50))));
    }
}

#[test]
fn given_parameters_are_read() {
    let id = "0193a5c2-1111-7abc-8def-000000000001";
    let query = format!("status=open%2Cclosed&page=9007199254740991&limit=100&inboxI%64={id}");

    assert_eq!(
        read(&query),
        Ok((vec![Status::Open, Status::Closed], InboxId::parse(id).ok(), page((1 << 53) - 1, 100)))
    );
}

#[test]
fn repeated_values_count_once() {
    let statuses = vec!["open"; 10_000].join(",");

    let read = read(&format!("status={statuses},closed,open")).expect("a query");

    assert_eq!(read.0, [Status::Open, Status::Closed]);
}

#[test]
fn a_query_has_so_many_parameters_and_no_more() {
    let query = |count| (0..count).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join("&");

    let unknown = read(&query(64)).expect_err("64 unknown parameters");
    assert_eq!(unknown.as_object().map(serde_json::Map::len), Some(64));
    for many in [65, 6_000] {
        let refused = QueryReader::new(&query(many)).expect_err("too many parameters");
        let (status, _, why) = refused.summary();
        assert_eq!((status.as_u16(), why), (400, "The query has more than 64 parameters."));
    }
}

#[test]
fn a_page_is_written_in_one_way() {
    let limit = json!({ "limit": ["must be a whole number from 1 to 100"] });
    for wrong in ["0", "101", "-1", "+1", "%2B1", "1.0", "1e1", "01", "%D9%A1", "%201", "1%20"] {
        assert_eq!(read(&format!("limit={wrong}")), Err(limit.clone()), "{wrong}");
    }

    let page = json!({ "page": ["must be a whole number from 1 to 9007199254740991"] });
    let huge = format!("1{}", "0".repeat(30));
    for wrong in ["0", "9007199254740992", "18446744073709551616", &huge, "0x1"] {
        assert_eq!(read(&format!("page={wrong}")), Err(page.clone()), "{wrong}");
    }
}

#[test]
fn every_problem_is_named() {
    assert_eq!(
        read("status=&inboxId&page=1&page=1&Status=open&=1&inboxid=1&inboxid=2"),
        Err(json!({
            "status": ["must not be empty"],
            "inboxId": ["must not be empty"],
            "page": ["must be given only once"],
            "Status": ["is not a known query parameter"],
            "inboxid": ["is not a known query parameter"],
            "": ["is not a known query parameter"],
        }))
    );
    for wrong in ["open,", ",", "open,,closed", "open closed", "OPEN", "%00"] {
        assert_eq!(
            read(&format!("status={wrong}")),
            Err(json!({ "status": ["must be one of open, pending, closed"] })),
            "{wrong}"
        );
    }
}

#[test]
fn what_cannot_be_decoded_is_malformed() {
    for wrong in ["status=%", "status=%4", "status=%zz", "%zz=1", "a=%+1", "a=%ff", "a=%ed%a0%80"] {
        assert_eq!(read(wrong), Err(json!("BAD_REQUEST")), "{wrong}");
    }
}

#[test]
fn a_plus_is_a_blank_and_more_equals_signs_are_text() {
    let mut reader = QueryReader::new("a=b+c%2B=d").expect("a query");

    assert_eq!(reader.one::<String>("a"), Some("b c+=d".to_owned()));
    assert!(reader.into_problems().is_empty());
}

proptest! {
    #[test]
    fn no_input_panics(query in any::<String>()) {
        let _ = read(&query);
    }
}
