//! Tags of customers and labels of conversations: lists whose entries are checked one by one.

use conversations_domain::{Tag, Tags, TagsError};
use validator::ValidationError;

use crate::error::ApiError;
use crate::patch::Patch;
use crate::validation::{inside, problem, wrong_entries};

/// Refuses tags that the domain refuses, naming each.
pub(crate) fn check_tags(texts: &[String]) -> Result<(), ValidationError> {
    match Tags::parse(texts) {
        Ok(_) => Ok(()),
        Err(error @ TagsError::TooMany { .. }) => Err(problem(error.to_string())),
        Err(TagsError::Repeated { .. } | TagsError::Tag { .. }) => {
            Err(inside(wrong_entries::<Tag>(texts)))
        }
    }
}

/// Refuses changes of tags that the domain refuses; `null` stands for no tags.
pub(crate) fn check_changed_tags(patch: &Patch<Vec<String>>) -> Result<(), ValidationError> {
    patch.value().map_or(Ok(()), |texts| check_tags(texts))
}

/// Reads the tags in a field.
pub(crate) fn read_tags(field: &str, texts: &[String]) -> Result<Tags, ApiError> {
    Tags::parse(texts).map_err(|error| ApiError::field(field, error.to_string()))
}

/// Tags as callers see them.
pub(crate) fn words(tags: &Tags) -> Vec<String> {
    tags.iter().map(str::to_owned).collect()
}
