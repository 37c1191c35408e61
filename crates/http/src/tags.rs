//! Tags of customers and labels of conversations: lists whose entries are checked one by one, and
//! which an update replaces or edits.

use std::fmt;

use conversations_domain::{Tag, Tags, TagsChange, TagsEdit, TagsError};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use validator::ValidationError;

use crate::error::ApiError;
use crate::patch::Patch;
use crate::validation::{inside, problem, wrong_entries};

/// What an update wants of a list of tags.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum TagsUpdate {
    /// These, in place of all that are there.
    Replace(Vec<String>),
    /// Some more, and some less.
    Edit(TagsEditBody),
}

/// Tags to put on a thing, and tags to take off it.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TagsEditBody {
    #[serde(deserialize_with = "given")]
    add: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    remove: Option<Vec<String>>,
}

/// Reads a list that is there: `null` is none.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Vec::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for TagsUpdate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrEdit;

        impl<'de> Visitor<'de> for ListOrEdit {
            type Value = TagsUpdate;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list, or an object with add and remove")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, entries: A) -> Result<TagsUpdate, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(entries)).map(TagsUpdate::Replace)
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<TagsUpdate, A::Error> {
                let edit = TagsEditBody::deserialize(MapAccessDeserializer::new(fields));
                edit.map(TagsUpdate::Edit)
            }
        }

        deserializer.deserialize_any(ListOrEdit)
    }
}

/// Refuses tags that the domain refuses, naming each.
pub(crate) fn check_tags(texts: &[String]) -> Result<(), ValidationError> {
    match Tags::parse(texts) {
        Ok(_) => Ok(()),
        Err(_) => Err(inside(wrong_tags("", texts))),
    }
}

/// Refuses changes of tags that the domain refuses; `null` stands for no tags.
pub(crate) fn check_changed_tags(patch: &Patch<TagsUpdate>) -> Result<(), ValidationError> {
    match patch.value() {
        None => Ok(()),
        Some(TagsUpdate::Replace(texts)) => check_tags(texts),
        Some(TagsUpdate::Edit(edit)) => check_edit(edit),
    }
}

fn check_edit(TagsEditBody { add, remove }: &TagsEditBody) -> Result<(), ValidationError> {
    if add.is_none() && remove.is_none() {
        return Err(problem("must have add or remove"));
    }
    let (add, remove) = (add.as_deref().unwrap_or_default(), remove.as_deref().unwrap_or_default());
    let mut problems = wrong_tags(".add", add);
    problems.extend(wrong_tags(".remove", remove));
    if let Err(error @ TagsError::Contradicted { index }) = read_edit(add, remove) {
        problems.push((format!(".remove[{index}]"), error.to_string()));
    }
    if problems.is_empty() { Ok(()) } else { Err(inside(problems)) }
}

/// What is wrong with a list of tags, by the rest of the path.
fn wrong_tags(path: &str, texts: &[String]) -> Vec<(String, String)> {
    match Tags::parse(texts) {
        Ok(_) => Vec::new(),
        Err(TagsError::Repeated { .. } | TagsError::Tag { .. }) => wrong_entries::<Tag>(texts)
            .into_iter()
            .map(|(place, problem)| (format!("{path}{place}"), problem))
            .collect(),
        Err(error) => vec![(path.to_owned(), error.to_string())],
    }
}

fn read_edit(add: &[String], remove: &[String]) -> Result<TagsEdit, TagsError> {
    TagsEdit::new(Tags::parse(add)?, Tags::parse(remove)?)
}

/// Reads the tags in a field.
pub(crate) fn read_tags(field: &str, texts: &[String]) -> Result<Tags, ApiError> {
    Tags::parse(texts).map_err(|error| ApiError::field(field, error.to_string()))
}

/// Reads the change of the tags in a field.
pub(crate) fn read_changed_tags(
    field: &str,
    patch: Patch<TagsUpdate>,
) -> Result<TagsChange, ApiError> {
    match patch {
        Patch::Absent => Ok(TagsChange::Keep),
        Patch::Null => Ok(TagsChange::To(Tags::default())),
        Patch::Value(TagsUpdate::Replace(texts)) => read_tags(field, &texts).map(TagsChange::To),
        Patch::Value(TagsUpdate::Edit(TagsEditBody { add, remove })) => {
            let edit = read_edit(&add.unwrap_or_default(), &remove.unwrap_or_default());
            edit.map(TagsChange::Edit).map_err(|error| ApiError::field(field, error.to_string()))
        }
    }
}

/// Tags as callers see them.
pub(crate) fn words(tags: &Tags) -> Vec<String> {
    tags.iter().map(str::to_owned).collect()
}
