//! The permissions of a key: a list of words that are checked one by one.

use conversations_domain::{Permission, Permissions};
use serde_json::{Value, json};
use validator::ValidationError;

use crate::body::BodyValue;
use crate::schema::{Schema, Schemas};
use crate::validation::{inside, problem, read_entries};

/// At least one, each once.
impl BodyValue for Permissions {
    type Json = Vec<String>;

    fn read(words: Vec<String>) -> Result<Self, ValidationError> {
        if words.is_empty() {
            return Err(problem("must have at least one entry"));
        }
        let permissions = read_entries::<Permission>(&words).map_err(inside)?;
        Ok(permissions.into_iter().collect())
    }
}

impl Schema for Permissions {
    fn schema(schemas: &mut Schemas) -> Value {
        let mut schema = Vec::<Permission>::schema(schemas);
        schema["minItems"] = json!(1);
        schema["uniqueItems"] = json!(true);
        schema
    }
}
