//! Tags of customers and labels of conversations: lists whose entries are checked one by one, and
//! which an update replaces or edits.

use std::fmt;

use conversations_domain::{Tag, Tags, TagsChange, TagsEdit, TagsError};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use validator::ValidationError;

use crate::body::BodyValue;
use crate::schema::{Fields, ObjectSchema, Schema, Schemas};
use crate::validation::{inside, problem, read_entries};

const UNKNOWN: &str = "is not a known field; expected add or remove";
const LIST_OR_EDIT: &str = "a list, or an object with add and remove";

/// What an update wants of a list of tags.
#[derive(Debug)]
pub(crate) enum TagsUpdate {
    /// These, in place of all that are there.
    Replace(Vec<String>),
    /// Some more, and some less.
    Edit(TagsEditBody),
    /// What is neither a list nor an object.
    Neither,
}

/// Tags to put on a thing, and tags to take off it.
#[derive(Debug, Default)]
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

impl BodyValue for Tags {
    type Json = Vec<String>;

    fn read(texts: Vec<String>) -> Result<Self, ValidationError> {
        Self::parse(&texts).map_err(|_| inside(wrong_tags("", &texts)))
    }
}

/// `null` stands for no tags.
impl BodyValue for TagsChange {
    type Json = TagsUpdate;
    const IS_REQUIRED: bool = false;

    fn read(update: TagsUpdate) -> Result<Self, ValidationError> {
        match update {
            TagsUpdate::Replace(texts) => Tags::read(texts).map(Self::To),
            TagsUpdate::Edit(edit) => read_edit(edit).map(Self::Edit),
            TagsUpdate::Neither => Err(problem(format!("must be {LIST_OR_EDIT}"))),
        }
    }

    fn absent() -> Result<Self, ValidationError> {
        Ok(Self::Keep)
    }

    fn null() -> Result<Self, ValidationError> {
        Ok(Self::To(Tags::default()))
    }

    fn asks_for_nothing(&self) -> bool {
        *self == Self::Keep
    }
}

fn read_edit(edit: TagsEditBody) -> Result<TagsEdit, ValidationError> {
    let TagsEditBody { add, remove, unknown } = edit;
    if add.is_none() && remove.is_none() && unknown.is_empty() {
        return Err(problem("must have add or remove"));
    }
    let (add, remove) = (add.unwrap_or_default(), remove.unwrap_or_default());
    let edit = Tags::parse(&add).and_then(|add| TagsEdit::new(add, Tags::parse(&remove)?));
    let mut problems = wrong_tags(".add", &add);
    problems.extend(wrong_tags(".remove", &remove));
    problems.extend(unknown.iter().map(|name| (format!(".{name}"), UNKNOWN.to_owned())));
    match edit {
        Ok(edit) if problems.is_empty() => return Ok(edit),
        Err(error @ TagsError::Contradicted { index }) => {
            problems.push((format!(".remove[{index}]"), error.to_string()));
        }
        // What is wrong with one of the lists is among the problems.
        Ok(_) | Err(_) => {}
    }
    Err(inside(problems))
}

/// What is wrong with a list of tags, by the rest of the path.
fn wrong_tags(path: &str, texts: &[String]) -> Vec<(String, String)> {
    match Tags::parse(texts) {
        Ok(_) => Vec::new(),
        Err(TagsError::Repeated { .. } | TagsError::Tag { .. }) => {
            let problems = read_entries::<Tag>(texts).err().unwrap_or_default().into_iter();
            problems.map(|(place, problem)| (format!("{path}{place}"), problem)).collect()
        }
        Err(error) => vec![(path.to_owned(), error.to_string())],
    }
}

impl Schema for TagsChange {
    fn schema(schemas: &mut Schemas) -> Value {
        Option::<TagsUpdate>::schema(schemas)
    }
}

impl Schema for TagsUpdate {
    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "oneOf": [Tags::schema(schemas), TagsEditBody::schema(schemas)] })
    }
}

impl ObjectSchema for TagsEditBody {
    const NAME: &'static str = "TagsEdit";
    const TEXT: &'static str =
        "Words to add, after the present ones, and words to remove. All others stay.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .may_have::<Tags>("add", "Words to add, unless they are present.")
            .may_have::<Tags>("remove", "Words to remove, if they are present.")
            .at_least_one();
    }
}
