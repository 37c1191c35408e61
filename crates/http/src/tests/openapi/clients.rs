//! What generators of clients stumble over does not stand in the description. `make conformance` has
//! some of them make a client; this is what was seen to break others.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document;
use super::{all, names, resolve};

/// Looks at a value and at all that is inside it, with the path to it.
fn each(at: &str, value: &Value, look: &mut impl FnMut(&str, &Value)) {
    look(at, value);
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter().filter(|(name, _)| !name.starts_with("example")) {
                each(&format!("{at}/{name}"), inner, look);
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| each(at, inner, look)),
        _ => {}
    }
}

/// The names of the schemas that replies refer to, and of those that these refer to.
fn shown_schemas(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left: Vec<Value> = all().map(|(_, _, shown)| shown["responses"].clone()).collect();
    while let Some(next) = left.pop() {
        each("", &next, &mut |_, value| {
            let Some(name) = value.get("$ref").and_then(Value::as_str) else { return };
            let is_schema = name.starts_with("#/components/schemas/");
            if found.insert(name.to_owned()) {
                left.push(resolve(document, value).clone());
            }
            assert!(is_schema || name.starts_with("#/components/"), "{name}");
        });
    }
    found.iter().filter_map(|name| Some(name.rsplit_once("schemas/")?.1.to_owned())).collect()
}

#[test]
fn booleans_are_no_constants_and_nothing_has_a_default() {
    each("", &document(), &mut |at, value| {
        assert!(value["type"] != "boolean" || value.get("const").is_none(), "{at}");
        assert!(value.get("default").is_none(), "{at}");
    });
}

#[test]
fn what_is_shown_holds_no_checks() {
    let document = document();
    let shown = shown_schemas(&document);
    assert!(shown.len() > 20, "{shown:?}");
    for name in shown {
        each(&name, &document["components"]["schemas"][&name], &mut |at, value| {
            assert!(value.get("pattern").is_none(), "{at}");
            assert!(value.get("uniqueItems").is_none(), "{at}");
        });
    }
    let sent = &document["components"]["schemas"]["ConversationInput"]["properties"];
    assert_eq!(sent["labels"]["uniqueItems"], true);
    assert!(sent["inboxId"]["pattern"].is_string());
}

#[test]
fn what_a_field_was_is_one_of_alternatives_that_exclude_each_other() {
    let document = document();
    let entry = &document["components"]["schemas"]["HistoryEntry"]["properties"];
    let words = json!({ "type": "array", "items": { "type": "string" } });
    for name in ["from", "to"] {
        let external_id = json!({ "$ref": "#/components/schemas/ExternalId" });
        let expected = json!([{ "type": "string" }, words, external_id, { "type": "null" }]);
        assert_eq!(entry[name]["oneOf"], expected);
        assert_eq!(entry[name].get("type"), None);
    }
}

#[test]
fn details_may_have_any_field() {
    let document = document();
    let error = &document["components"]["schemas"]["ErrorReply"]["properties"]["error"];
    assert_eq!(error["properties"]["details"]["additionalProperties"], json!({}));
}

#[test]
fn no_schema_is_called_like_the_constructor_of_another() {
    let document = document();
    let schemas = names(&document["components"]["schemas"]);
    for name in &schemas {
        assert!(!schemas.contains(format!("New{name}").as_str()), "New{name} and {name}");
    }
}
