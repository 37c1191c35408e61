//! The rows of `customers`.

use std::collections::BTreeMap;
use std::fmt;

use conversations_application::ports::RepositoryError;
use conversations_application::search::fold_text;
use conversations_domain::{
    CustomFields, CustomValue, Customer, CustomerId, CustomerParts, Email, Profile, ProfileText,
    WorkspaceId,
};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::external_id::{read_external_id, write_external_id};
use super::tags::{read_tags, write_tags};
use super::{version, version_column};
use crate::columns::{DbId, DbTime};
use crate::error::{column, json_column};
use crate::schema::customers;

const TABLE: &str = "customers";

/// What stands between the texts that can be searched: no text from outside holds it, so that no
/// search finds a part of two.
const SEPARATOR: &str = "\u{1f}";

// None is written as NULL: a cleared text would otherwise stay.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = customers, primary_key(workspace_id, id), treat_none_as_null = true)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct CustomerRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: Option<String>,
    /// Written apart: see `repositories/emails.rs`.
    #[diesel(skip_update)]
    pub(crate) email_folded: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) job_title: Option<String>,
    pub(crate) tier: String,
    pub(crate) status: String,
    pub(crate) tags: String,
    pub(crate) custom_fields: String,
    pub(crate) updated_at: DbTime,
    pub(crate) version: i64,
    pub(crate) search_folded: Option<String>,
    /// Whether they are gone for every caller.
    pub(crate) erasing: bool,
    pub(crate) external_source: Option<String>,
    pub(crate) external_id: Option<String>,
}

impl CustomerRow {
    pub(crate) fn new(workspace: WorkspaceId, customer: Customer) -> Result<Self, RepositoryError> {
        let CustomerParts {
            id,
            external_id,
            profile,
            tier,
            status,
            tags,
            custom_fields,
            updated_at,
            version,
        } = customer.into_parts();
        let (external_source, external_id) = write_external_id(external_id);
        let Profile { first_name, last_name, email, phone, company, job_title } = profile;
        Ok(Self {
            search_folded: Some(search_text([
                first_name.as_ref().map(ProfileText::as_str),
                last_name.as_ref().map(ProfileText::as_str),
                email.as_ref().map(Email::as_str),
                phone.as_ref().map(ProfileText::as_str),
                company.as_ref().map(ProfileText::as_str),
            ])),
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            first_name: first_name.map(ProfileText::into_string),
            last_name: last_name.map(ProfileText::into_string),
            email_folded: email.as_ref().map(Email::case_folded),
            email: email.map(|email| email.as_str().to_owned()),
            phone: phone.map(ProfileText::into_string),
            company: company.map(ProfileText::into_string),
            job_title: job_title.map(ProfileText::into_string),
            tier: tier.as_str().to_owned(),
            status: status.as_str().to_owned(),
            tags: write_tags(TABLE, "tags", &tags)?,
            custom_fields: column(TABLE, "custom_fields", serde_json::to_string(&custom_fields))?,
            updated_at: DbTime(updated_at),
            version: version_column(version),
            erasing: false,
            external_source,
            external_id,
        })
    }

    /// The row of a customer who is being erased, to which conversations refer until they are gone.
    pub(crate) fn erasing(workspace_id: DbId, id: DbId, at: DbTime) -> Self {
        Self {
            workspace_id,
            id,
            first_name: None,
            last_name: None,
            email: None,
            email_folded: None,
            phone: None,
            company: None,
            job_title: None,
            tier: String::new(),
            status: String::new(),
            tags: "[]".to_owned(),
            custom_fields: "{}".to_owned(),
            updated_at: at,
            version: 1,
            search_folded: Some(String::new()),
            erasing: true,
            external_source: None,
            external_id: None,
        }
    }
}

impl TryFrom<CustomerRow> for Customer {
    type Error = RepositoryError;

    fn try_from(row: CustomerRow) -> Result<Self, RepositoryError> {
        let CustomerRow {
            workspace_id: _,
            id,
            first_name,
            last_name,
            email,
            email_folded: _,
            phone,
            company,
            job_title,
            tier,
            status,
            tags,
            custom_fields,
            updated_at,
            version: version_number,
            search_folded: _,
            erasing: _,
            external_source,
            external_id,
        } = row;
        let (source, external_id) = (external_source.as_deref(), external_id.as_deref());
        let text = |name, value: Option<String>| {
            column(TABLE, name, value.as_deref().map(ProfileText::parse).transpose())
        };
        Ok(Self::restore(CustomerParts {
            id: CustomerId::from_uuid(id.0),
            external_id: read_external_id(TABLE, source, external_id)?,
            profile: Profile {
                first_name: text("first_name", first_name)?,
                last_name: text("last_name", last_name)?,
                email: column(TABLE, "email", email.as_deref().map(Email::restore).transpose())?,
                phone: text("phone", phone)?,
                company: text("company", company)?,
                job_title: text("job_title", job_title)?,
            },
            tier: column(TABLE, "tier", tier.parse())?,
            status: column(TABLE, "status", status.parse())?,
            tags: read_tags(TABLE, "tags", &tags)?,
            custom_fields: read_custom_fields(&custom_fields)?,
            updated_at: updated_at.0,
            version: version(TABLE, version_number)?,
        }))
    }
}

/// What searches look into. A first name and a last name are one text: people are known by both.
fn search_text([first, last, others @ ..]: [Option<&str>; 5]) -> String {
    let name: Vec<_> = [first, last].into_iter().flatten().collect();
    let name = (!name.is_empty()).then(|| name.join(" "));
    let texts = [name.as_deref()].into_iter().chain(others).flatten();
    fold_text(&texts.collect::<Vec<_>>().join(SEPARATOR))
}

/// A custom value as JSON writes it. It is read by a visitor: an untagged enum would try one variant
/// after the other, and describe the whole text in an error that is dropped each time.
struct JsonValue(CustomValue);

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonValueVisitor).map(Self)
    }
}

struct JsonValueVisitor;

impl Visitor<'_> for JsonValueVisitor {
    type Value = CustomValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number or a flag")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<CustomValue, E> {
        Ok(CustomValue::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<CustomValue, E> {
        Ok(CustomValue::Integer(number))
    }

    // Where a whole number does not fit, it is the nearest number with a fraction, as callers gave it.
    #[expect(clippy::cast_precision_loss, reason = "the nearest number is what is meant")]
    fn visit_u64<E>(self, number: u64) -> Result<CustomValue, E> {
        let whole = i64::try_from(number).map(CustomValue::Integer);
        Ok(whole.unwrap_or(CustomValue::Float(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<CustomValue, E> {
        Ok(CustomValue::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<CustomValue, E> {
        Ok(CustomValue::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<CustomValue, E> {
        Ok(CustomValue::Text(text))
    }
}

fn read_custom_fields(json: &str) -> Result<CustomFields, RepositoryError> {
    let fields: BTreeMap<String, JsonValue> = json_column(TABLE, "custom_fields", json)?;
    let fields = fields.into_iter().map(|(name, JsonValue(value))| (name, value));
    column(TABLE, "custom_fields", CustomFields::new(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vec<(String, CustomValue)>, RepositoryError> {
        let fields = read_custom_fields(json)?;
        Ok(fields.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect())
    }

    #[test]
    fn every_kind_of_value_is_read_as_it_was_written() {
        let kinds = [
            ("true", CustomValue::Flag(true)),
            ("-7", CustomValue::Integer(-7)),
            ("9223372036854775807", CustomValue::Integer(i64::MAX)),
            ("9223372036854775808", CustomValue::Float(9_223_372_036_854_775_808.0)),
            ("1.0", CustomValue::Float(1.0)),
            ("1e3", CustomValue::Float(1_000.0)),
            (r#""1""#, CustomValue::Text("1".to_owned())),
            (r#""\"😀\u0041""#, CustomValue::Text("\"😀A".to_owned())),
        ];
        for (json, value) in kinds {
            let read = read(&format!(r#"{{"a":{json}}}"#)).expect(json);
            assert_eq!(read, [("a".to_owned(), value)], "{json}");
        }
    }

    #[test]
    fn what_is_no_custom_value_is_corrupt() {
        for json in ["[]", r#"{"a":null}"#, r#"{"a":[]}"#, r#"{"a":{}}"#] {
            let read = read(json);
            assert!(matches!(read, Err(RepositoryError::Corrupt { .. })), "{json}: {read:?}");
        }
    }

    #[test]
    fn no_kind_of_value_is_found_by_trial() {
        // Trying variants one after the other takes a format that can be read again and again; this
        // one returns each value once, and only as its own type.
        struct Once;

        impl<'de> Deserializer<'de> for Once {
            type Error = serde::de::value::Error;

            fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
                assert!(
                    std::any::type_name::<V>().contains("JsonValueVisitor"),
                    "{} keeps what it reads, to try again",
                    std::any::type_name::<V>()
                );
                visitor.visit_str("😀")
            }

            serde::forward_to_deserialize_any! {
                bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
                unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
                ignored_any
            }
        }

        let JsonValue(value) = JsonValue::deserialize(Once).expect("a value");
        assert_eq!(value, CustomValue::Text("😀".to_owned()));
    }
}
