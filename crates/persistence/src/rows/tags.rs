//! How tags and labels lie in a column: a JSON array of strings, in their order.

use conversations_application::ports::RepositoryError;
use conversations_domain::Tags;

use crate::error::{column, json_column};

pub(super) fn write_tags(
    table: &'static str,
    name: &'static str,
    tags: &Tags,
) -> Result<String, RepositoryError> {
    column(table, name, serde_json::to_string(&tags.iter().collect::<Vec<_>>()))
}

pub(super) fn read_tags(
    table: &'static str,
    name: &'static str,
    json: &str,
) -> Result<Tags, RepositoryError> {
    let words: Vec<String> = json_column(table, name, json)?;
    column(table, name, Tags::parse(&words))
}
