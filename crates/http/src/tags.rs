//! Tags of customers and labels of conversations: lists whose entries are checked one by one, and
//! which an update replaces or edits.

use std::fmt;

use conversations_domain::{Tag, Tags, TagsChange, TagsEdit, TagsError};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use validator::ValidationError;

use crate::error::ApiError;
use crate::patch::Patch;
use crate::schema::{Fields, Kind, Schemas, Shape};
use crate::validation::{inside, problem, wrong_entries};

const UNKNOWN: &str = "is not a known field; expected add or remove";
const LIST_OR_EDIT: &str = "a list, or an object with add and remove";

/// What an update wants of a list of tags.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum TagsUpdate {
    /// These, in place of all that are there.
    Replace(Vec<String>),
    /// Some more, and some less.
    Edit(TagsEditBody),
    /// What is neither a list nor an object.
    Neither,
}

/// Tags to put on a thing, and tags to take off it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct TagsEditBody {
    add: Option<Vec<String>>,
    remove: Option<Vec<String>>,
    /// Fields that are none.
    unknown: Vec<String>,
}

impl<'de> Deserialize<'de> for TagsUpdate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListOrEdit)
    }
}

/// Reads a list or an edit. What is neither is no error here, so that reading goes on.
struct ListOrEdit;

impl<'de> Visitor<'de> for ListOrEdit {
    type Value = TagsUpdate;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(LIST_OR_EDIT)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, entries: A) -> Result<TagsUpdate, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(entries)).map(TagsUpdate::Replace)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<TagsUpdate, A::Error> {
        let mut edit = TagsEditBody::default();
        while let Some(name) = fields.next_key::<String>()? {
            match &*name {
                "add" => edit.add = Some(fields.next_value()?),
                "remove" => edit.remove = Some(fields.next_value()?),
                _ => {
                    fields.next_value::<IgnoredAny>()?;
                    edit.unknown.push(name);
                }
            }
        }
        Ok(TagsUpdate::Edit(edit))
    }

    fn visit_bool<E>(self, _: bool) -> Result<TagsUpdate, E> {
        Ok(TagsUpdate::Neither)
    }

    fn visit_i64<E>(self, _: i64) -> Result<TagsUpdate, E> {
        Ok(TagsUpdate::Neither)
    }

    fn visit_u64<E>(self, _: u64) -> Result<TagsUpdate, E> {
        Ok(TagsUpdate::Neither)
    }

    fn visit_f64<E>(self, _: f64) -> Result<TagsUpdate, E> {
        Ok(TagsUpdate::Neither)
    }

    fn visit_str<E>(self, _: &str) -> Result<TagsUpdate, E> {
        Ok(TagsUpdate::Neither)
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
        Some(TagsUpdate::Neither) => Err(problem(format!("must be {LIST_OR_EDIT}"))),
    }
}

fn check_edit(edit: &TagsEditBody) -> Result<(), ValidationError> {
    let TagsEditBody { add, remove, unknown } = edit;
    if add.is_none() && remove.is_none() && unknown.is_empty() {
        return Err(problem("must have add or remove"));
    }
    let (add, remove) = (add.as_deref().unwrap_or_default(), remove.as_deref().unwrap_or_default());
    let mut problems = wrong_tags(".add", add);
    problems.extend(wrong_tags(".remove", remove));
    let unknown = unknown.iter().map(|name| (format!(".{name}"), UNKNOWN.to_owned()));
    problems.extend(unknown);
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
        Patch::Value(TagsUpdate::Neither) => {
            Err(ApiError::field(field, format!("must be {LIST_OR_EDIT}")))
        }
        Patch::Value(TagsUpdate::Edit(TagsEditBody { add, remove, unknown: _ })) => {
            let edit = read_edit(&add.unwrap_or_default(), &remove.unwrap_or_default());
            edit.map(TagsChange::Edit).map_err(|error| ApiError::field(field, error.to_string()))
        }
    }
}

impl Kind for TagsUpdate {
    fn kind(schemas: &mut Schemas) -> Value {
        json!({ "oneOf": [Tags::kind(schemas), TagsEditBody::kind(schemas)] })
    }
}

impl Shape for TagsEditBody {
    const NAME: &'static str = "TagsEdit";
    const TEXT: &'static str = "Words to put on a thing, behind those that are there, and words to \
        take off it. The others stay.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .may_have::<Tags>("add", "Those to put on, unless they are there.")
            .may_have::<Tags>("remove", "Those to take off, if they are there.")
            .at_least_one();
    }
}

/// Tags as callers see them.
pub(crate) fn words(tags: &Tags) -> Vec<String> {
    tags.iter().map(str::to_owned).collect()
}
