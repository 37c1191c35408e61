//! Fields and parameters are those that the code knows.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{all, document, names, resolve};
use crate::openapi::name_of;
use crate::schema::Reads;

/// The fields that reading a body expects where the document has an object, by what is said of one
/// that is not in the schema.
fn known_fields(reads: Reads, body: &Value) -> BTreeSet<String> {
    let refused = reads(body.to_string().as_bytes()).expect_err("an unknown field is refused");
    let details = refused.details();
    let problems = details.as_object().into_iter().flat_map(Map::values);
    let (_, expected) = problems
        .filter_map(|problem| problem[0].as_str())
        .find_map(|problem| problem.split_once("is not a known field"))
        .unwrap_or_else(|| panic!("{body}: {details}"));
    // Where there is no field at all, none is expected.
    let Some(expected) = expected.strip_prefix("; expected ") else { return BTreeSet::new() };
    let expected = expected.strip_prefix("one of ").unwrap_or(expected);
    expected.split(", ").flat_map(|part| part.split(" or ")).map(str::to_owned).collect()
}

/// Compares an object of the document, and those inside it. `wrap` makes a body of what stands in
/// its place.
fn compare(document: &Value, schema: &Value, reads: Reads, wrap: &dyn Fn(Value) -> Value) {
    let schema = resolve(document, schema);
    let known = known_fields(reads, &wrap(json!({ "?": 1 })));
    assert_eq!(names(&schema["properties"]), known.iter().map(String::as_str).collect());
    assert_eq!(schema["additionalProperties"], false);

    for (name, property) in schema["properties"].as_object().expect("properties") {
        let alternatives = property["anyOf"].as_array().or(property["oneOf"].as_array());
        let alternatives = alternatives.cloned().unwrap_or(vec![property.clone()]);
        for inner in alternatives {
            if resolve(document, &inner)["properties"].is_object() {
                compare(document, &inner, reads, &|value| wrap(json!({ name: value })));
            }
        }
    }
}

#[test]
fn bodies_have_the_fields_that_are_read() {
    let document = document();
    let mut compared = 0;
    for (_, description, shown) in all() {
        if let Some(reads) = description.reads {
            let schema = &shown["requestBody"]["content"]["application/json"]["schema"];
            compare(&document, schema, reads, &|value| value);
            compared += 1;
        }
    }
    assert!(compared > 20);
}

#[test]
fn examples_of_bodies_are_read() {
    for (operation, description, shown) in all() {
        if let Some(reads) = description.reads {
            let example = &shown["requestBody"]["content"]["application/json"]["example"];
            let read = reads(example.to_string().as_bytes());
            assert!(read.is_ok(), "{}: {:?}", name_of(&operation), read.map_err(|e| e.details()));
        }
    }
}

#[test]
fn required_fields_are_those_without_which_nothing_is_read() {
    let document = document();
    for (operation, description, shown) in all() {
        let Some(reads) = description.reads else { continue };
        let content = &shown["requestBody"]["content"]["application/json"];
        let schema = resolve(&document, &content["schema"]);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let example = content["example"].as_object().expect("an object");
        if schema.get("minProperties").is_some() {
            assert!(reads(b"{}").is_err(), "{}", name_of(&operation));
            continue;
        }
        for name in example.keys() {
            let mut body = example.clone();
            body.remove(name);
            let read = reads(json!(body).to_string().as_bytes());
            let needed = required.contains(&json!(name));
            assert_eq!(read.is_err(), needed, "{name} of {}", name_of(&operation));
        }
    }
}

#[test]
fn parameters_are_those_that_are_asked_for() {
    let document = document();
    for (operation, description, shown) in all() {
        let parameters = shown["parameters"].as_array().expect("parameters");
        let parameters = parameters.iter().map(|parameter| resolve(&document, parameter));
        let described: BTreeSet<_> = parameters
            .filter(|parameter| parameter["in"] == "query" && parameter["name"] != "reason")
            .map(|parameter| parameter["name"].as_str().expect("a name").to_owned())
            .collect();

        assert_eq!(described, description.asks, "{}", name_of(&operation));
    }
}
