//! Strict JSON: what is let through, what is refused, and how it is named.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::details::Details;
use crate::error::ApiError;
use crate::json;
use proptest::prelude::*;
use serde_json::json;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Body {
    name: Option<String>,
    inner_one: Option<Inner>,
    extras: Option<Map<String, Value>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Inner {
    list: Option<Vec<String>>,
    flag: Option<bool>,
}

/// A body in which nothing is wrong, or everything that is.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut problems = Details::default();
    let body = json::read(bytes, &mut problems)?;
    body.filter(|_| problems.is_empty()).ok_or(ApiError::Validation(problems))
}

/// The code, and for a wrong field its path and what is wrong.
fn refused(text: impl AsRef<[u8]>) -> (&'static str, Value) {
    let error = read::<Body>(text.as_ref()).expect_err("a refusal");
    (error.summary().1, error.details())
}

fn field(path: &str, problem: &str) -> (&'static str, Value) {
    ("VALIDATION_ERROR", json!({ path: [problem] }))
}

#[test]
fn what_is_no_json_object_is_malformed() {
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let deep = format!(r#"{{"extras": {{"a": {}}}}}"#, deep(126));

    for text in [
        b"".as_slice(),
        b" ",
        b"{",
        b"{}}",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"{'a': 1}",
        b"{\"name\": \"a\nb\"}",
        b"{\"name\": NaN}",
        b"{\"name\": \"\xff\"}",
        b"{\"\xff\": 1}",
        br#"{"name": "\ud800"}"#,
        br#"{"name": "\udc00\ud800"}"#,
        br#"{"\ud800": 1}"#,
        b"[]",
        b"null",
        b"\"a\"",
        b"1",
        deep.as_bytes(),
    ] {
        let shown = String::from_utf8_lossy(text);
        assert_eq!(refused(text).0, "BAD_REQUEST", "{shown}");
    }
}

#[test]
fn a_document_may_be_deep_but_not_too_deep() {
    let nested = |depth| {
        let list = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        read::<Body>(format!(r#"{{"extras": {{"a": {list}}}}}"#).as_bytes())
    };

    assert!(nested(125).is_ok());
    assert!(matches!(nested(126), Err(ApiError::BadRequest(_))));
}

#[test]
fn a_key_that_comes_twice_is_named_at_any_depth() {
    let problem = "must be given only once";

    assert_eq!(refused(r#"{"name": "a", "name": "a"}"#), field("name", problem));
    assert_eq!(refused(r#"{"name": "a", "n\u0061me": null}"#), field("name", problem));
    assert_eq!(
        refused(r#"{"extras": {"a": [0, {"b": {"c": 1, "c": 1}}]}}"#),
        field("extras.a[1].b.c", problem)
    );
    assert_eq!(refused(r#"{"extras": {"x y": 1, "x y": 2}}"#), field("extras.x y", problem));
    assert_eq!(refused(r#"{"name": "a", "name": "a""#).0, "BAD_REQUEST");
}

#[test]
fn a_number_that_fits_nowhere_is_named() {
    let problem = "must be a number that fits into 64 bits";

    assert_eq!(refused(r#"{"extras": {"n": 1e400}}"#), field("extras.n", problem));
    assert_eq!(refused(r#"{"extras": {"n": [1, -1e999]}}"#), field("extras.n[1]", problem));
    assert_eq!(refused(format!(r#"{{"name": {}}}"#, "9".repeat(400))), field("name", problem));
    assert_eq!(refused(r#"{"name": 18446744073709551616}"#), field("name", "must be a string"));
}

#[test]
fn what_does_not_belong_is_named() {
    for (text, path, problem) in [
        (r#"{"name": 5}"#, "name", "must be a string"),
        (r#"{"name": {}}"#, "name", "must be a string"),
        (r#"{"innerOne": {"flag": "true"}}"#, "innerOne.flag", "must be a boolean"),
        (r#"{"innerOne": {"list": {}}}"#, "innerOne.list", "must be a list"),
        (r#"{"innerOne": {"list": ["a", null]}}"#, "innerOne.list[1]", "must be a string"),
        (r#"{"innerOne": [["a"], true]}"#, "innerOne", "must be an object"),
        (r#"{"innerOne": "a"}"#, "innerOne", "must be an object"),
        (r#"{"extras": [1]}"#, "extras", "must be an object"),
        (
            r#"{"innerOne": {"Flag": true}}"#,
            "innerOne.Flag",
            "is not a known field; expected list or flag",
        ),
        (
            r#"{"inner_one": {}}"#,
            "inner_one",
            "is not a known field; expected one of name, innerOne, extras",
        ),
    ] {
        assert_eq!(refused(text), field(path, problem), "{text}");
    }
}

#[test]
fn everything_that_does_not_belong_is_named_at_once() {
    let text = r#"{
        "name": 5, "name": [], "Name": "a", "extras": [],
        "innerOne": {"list": ["a", 1, null, {}], "flag": 0, "x": {"y": 1}}
    }"#;

    assert_eq!(
        refused(text),
        (
            "VALIDATION_ERROR",
            json!({
                "Name": ["is not a known field; expected one of name, innerOne, extras"],
                "extras": ["must be an object"],
                "innerOne.flag": ["must be a boolean"],
                "innerOne.list[1]": ["must be a string"],
                "innerOne.list[2]": ["must be a string"],
                "innerOne.list[3]": ["must be a string"],
                "innerOne.x": ["is not a known field; expected list or flag"],
                "name": ["must be given only once", "must be a string"],
            })
        )
    );
}

#[test]
fn of_very_many_problems_some_are_named() {
    let many = |count| {
        let fields: Map<_, _> = (0..count).map(|n| (format!("k{n}"), json!(n))).collect();
        let (_, details) = refused(json!(fields).to_string());
        details.as_object().expect("details").clone()
    };

    assert_eq!(many(100).len(), 100);
    let details = many(5_000);
    assert_eq!(details.len(), 101);
    assert_eq!(details["body"], json!(["has more problems than listed here"]));
}

#[test]
fn null_and_nothing_are_alike_for_what_is_optional() {
    let text = r#"{"name": null, "innerOne": null, "extras": null}"#;

    assert_eq!(read::<Body>(text.as_bytes()).ok(), Some(Body::default()));
    assert_eq!(read::<Body>(b"{}").ok(), Some(Body::default()));
}

proptest! {
    #[test]
    fn what_was_written_is_read_unchanged(name in any::<String>(), number in any::<f64>()) {
        prop_assume!(number.is_finite());
        let extras = json!({ "number": number }).as_object().cloned();
        let text = json!({ "name": name, "extras": extras }).to_string();

        let body = read::<Body>(text.as_bytes()).ok();

        prop_assert_eq!(body, Some(Body { name: Some(name), inner_one: None, extras }));
    }

    #[test]
    fn no_input_panics(bytes in any::<Vec<u8>>(), text in "[\\[\\]{}:,\"\\\\ue0-9tn ]*") {
        let _ = (read::<Body>(&bytes), read::<Body>(text.as_bytes()));
    }
}
