//! The examples of the description hold what its schemas say.

use serde_json::{Value, json};

use super::{all, document, names, resolve};
use crate::openapi::name_of;

/// What is wrong with a value by a schema: as much of JSON Schema as the description uses, except
/// for patterns.
fn problems(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(alternatives) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        let fits = |each: &Value| problems(document, each, value, at).is_empty();
        return if alternatives.iter().any(fits) { vec![] } else { vec![format!("{at}: none")] };
    }
    let schema = resolve(document, schema);
    if schema == &json!({}) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut wrong = |what: &str| found.push(format!("{at}: {what}"));

    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    let number = kind == "integer" && allowed.contains(&json!("number"));
    if !number && !allowed.contains(&json!(kind)) {
        wrong(&format!("is {kind}, not {allowed:?}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        wrong("is none of the words");
    }
    if schema.get("const").is_some_and(|constant| constant != value) {
        wrong("is another constant");
    }
    if let Value::String(text) = value {
        let length = text.chars().count() as u64;
        let (min, max) = (schema["minLength"].as_u64(), schema["maxLength"].as_u64());
        if min.is_some_and(|min| length < min) || max.is_some_and(|max| length > max) {
            wrong("has another length");
        }
    }
    if let Value::Object(object) = value {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap_or_default()) {
                wrong(&format!("lacks {name}"));
            }
        }
        for (name, inner) in object {
            match schema["properties"].get(name).or(schema.get("additionalProperties")) {
                Some(of_it) if of_it.is_object() => {
                    found.extend(problems(document, of_it, inner, &format!("{at}.{name}")));
                }
                // What the schema says nothing of, it does not describe.
                _ if schema.get("properties").is_some() => found.push(format!("{at}.{name}?")),
                _ => {}
            }
        }
    }
    for inner in value.as_array().into_iter().flatten() {
        found.extend(problems(document, &schema["items"], inner, &format!("{at}[]")));
    }
    found
}

#[test]
fn every_example_holds_what_its_schema_says() {
    let document = document();
    let mut checked = 0;
    let mut check = |content: &Value, name: &str| {
        let content = &content["application/json"];
        let many = content["examples"].as_object().into_iter().flat_map(|each| each.values());
        let examples = content.get("example").into_iter().chain(many.map(|each| &each["value"]));
        for example in examples {
            let found = problems(&document, &content["schema"], example, name);
            assert!(found.is_empty(), "{found:?}");
            checked += 1;
        }
    };
    for (operation, _, shown) in all() {
        let name = name_of(&operation);
        check(&shown["requestBody"]["content"], &name);
        for status in names(&shown["responses"]) {
            check(&resolve(&document, &shown["responses"][status])["content"], &name);
        }
    }
    assert!(checked > 300, "{checked}");
}

#[test]
fn what_is_shown_has_an_example_with_every_field_that_is_always_there() {
    let document = document();
    for (operation, _, shown) in all() {
        for status in ["200", "201"] {
            let content = &shown["responses"][status]["content"]["application/json"];
            let Some(example) = content["example"].get("data") else { continue };
            let example = if example.is_array() { &example[0] } else { example };
            let schema = &resolve(&document, &content["schema"])["properties"]["data"];
            let schema = resolve(&document, schema.get("items").unwrap_or(schema));
            let (shown, name) = (names(example), name_of(&operation));
            assert!(shown.is_subset(&names(&schema["properties"])), "{name}: {shown:?}");
            let always: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
            let missing = |field: &&&Value| field.as_str().is_none_or(|name| !shown.contains(name));
            assert_eq!(always.iter().find(missing), None, "{name}");
            let order = schema["x-order"].as_array().expect("an order");
            assert_eq!(order.len(), names(&schema["properties"]).len());
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) {
        let _found = resolve(document, value);
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(document, item)),
            Value::Object(fields) => fields.values().for_each(|field| walk(document, field)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}
