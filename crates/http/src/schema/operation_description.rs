//! What one operation is described with. It is gathered from the types in the signature of its
//! handler, so that neither can be without the other.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use validator::Validate;

use super::object_schema::{ObjectSchema, Schema, Schemas};
use crate::access::Access;

/// What an operation takes and answers.
#[derive(Debug, Default)]
pub(crate) struct OperationDescription {
    /// Who may use it.
    pub(crate) access: Access,
    /// What it takes beside the ids in its path.
    pub(crate) parameters: Vec<Value>,
    /// The body that it takes.
    pub(crate) body: Option<Value>,
    /// What it answers when all goes well, by status.
    pub(crate) successes: BTreeMap<u16, Value>,
    /// With which statuses it may refuse, or fail.
    pub(crate) refusals: BTreeSet<u16>,
    /// The schemas that it refers to.
    pub(crate) schemas: Schemas,
    /// Reads a body as the operation does.
    #[cfg(test)]
    pub(crate) reads: Option<Reads>,
    /// The parameters that it asks a query for.
    #[cfg(test)]
    pub(crate) asks: std::collections::BTreeSet<String>,
}

/// Reads a body as an operation does.
#[cfg(test)]
pub(crate) type Reads = fn(&[u8]) -> Result<(), crate::error::ApiError>;

/// What has something to say about the operations in whose signature it stands: the arguments of
/// handlers, and what they answer.
pub(crate) trait DescribeOperation {
    /// Says it.
    fn describe(operation: &mut OperationDescription);
}

/// A body that callers send.
pub(crate) trait SentBody: ObjectSchema + DeserializeOwned + Validate {
    /// One that is right.
    fn example() -> Value;
}

/// What callers are shown.
pub(crate) trait ResponseBody: ObjectSchema + Serialize + Sized {
    /// Whether its state has a tag.
    const HAS_ETAG: bool = true;

    /// One as it may be, made as all are: there always is one.
    fn example() -> Option<Self>;
}

impl OperationDescription {
    /// The operation may refuse with these statuses.
    pub(crate) fn refuses(&mut self, statuses: impl IntoIterator<Item = StatusCode>) {
        self.refusals.extend(statuses.into_iter().map(|status| status.as_u16()));
    }

    /// The operation takes what the document describes once for all, by its name there.
    pub(crate) fn takes(&mut self, parameter: &str) {
        self.parameters.push(json!({ "$ref": format!("#/components/parameters/{parameter}") }));
    }

    /// The operation takes a JSON body.
    pub(crate) fn takes_body<T: Schema>(&mut self, required: bool, example: &Value) {
        let schema = T::schema(&mut self.schemas);
        let content = json!({ "application/json": { "schema": schema, "example": example } });
        self.body = Some(json!({ "required": required, "content": content }));
        self.refuses([
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }

    /// The operation takes a parameter from the query.
    pub(crate) fn takes_from_query<T: Schema>(&mut self, name: &str, text: &str) -> &mut Value {
        let schema = T::schema(&mut self.schemas);
        self.takes_as(name, text, &schema)
    }

    /// The operation takes a parameter with this schema from the query.
    pub(super) fn takes_as(&mut self, name: &str, text: &str, schema: &Value) -> &mut Value {
        self.parameters.push(json!({
            "name": name,
            "in": "query",
            "description": text,
            "schema": schema,
        }));
        let last = self.parameters.len() - 1;
        &mut self.parameters[last]
    }

    /// Which page of a list is wanted.
    pub(crate) fn takes_page(&mut self) {
        for parameter in ["Page", "Cursor", "Limit"] {
            self.takes(parameter);
        }
    }
}

/// The services of a handler are not part of the description.
impl<T: ?Sized> DescribeOperation for Data<T> {
    fn describe(_: &mut OperationDescription) {}
}

impl DescribeOperation for HttpRequest {
    fn describe(_: &mut OperationDescription) {}
}

impl<T: DescribeOperation, E> DescribeOperation for Result<T, E> {
    fn describe(operation: &mut OperationDescription) {
        T::describe(operation);
    }
}

macro_rules! tuples {
    ($(($($part:ident),*)),* $(,)?) => {
        $(
            impl<$($part: DescribeOperation),*> DescribeOperation for ($($part,)*) {
                fn describe(_operation: &mut OperationDescription) {
                    $($part::describe(_operation);)*
                }
            }
        )*
    };
}

tuples! { (), (A), (A, B), (A, B, C), (A, B, C, D), (A, B, C, D, E), (A, B, C, D, E, F) }
