//! Workarounds for generators of clients.

use serde_json::{Value, json};

/// Documents the default of a value, for people and for the page at `/docs`. It is not a `default`
/// of the schema, because generated clients would always send it.
pub(super) fn set_default(schema: &mut Value, default: &Value) {
    let text = schema["description"].as_str().unwrap_or_default();
    schema["description"] = match default {
        Value::Array(_) => json!(text),
        Value::String(word) => json!(format!("{text} Default: `{word}`.").trim_start()),
        other => json!(format!("{text} Default: `{other}`.").trim_start()),
    };
    schema["x-default"] = default.clone();
}

/// Takes out of what is shown what only what is sent has to hold. It does not help readers of
/// replies, and it breaks clients: some validate each reply by their own rules, and turn lists of
/// unique items into unordered sets.
pub(super) fn drop_checks(schema: &mut Value) {
    let Value::Object(rules) = schema else { return };
    rules.remove("pattern");
    rules.remove("uniqueItems");
    if rules.get("type").is_some_and(Value::is_array) {
        rules.remove("minimum");
        rules.remove("maximum");
    }
    for name in ["items", "additionalProperties", "propertyNames"] {
        rules.get_mut(name).into_iter().for_each(drop_checks);
    }
    for name in ["anyOf", "oneOf"] {
        let alternatives = rules.get_mut(name).and_then(Value::as_array_mut);
        alternatives.into_iter().flatten().for_each(drop_checks);
    }
}
