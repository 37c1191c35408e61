//! The rows of `customers`.

use std::collections::BTreeMap;

use conversations_application::ports::RepositoryError;
use conversations_domain::{
    CustomFields, CustomValue, Customer, CustomerId, CustomerParts, Email, Profile, ProfileText,
    WorkspaceId, fold,
};
use diesel::{AsChangeset, Insertable, Queryable, Selectable};
use serde::Deserialize;

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
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(crate) struct CustomerRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: Option<String>,
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
}

impl CustomerRow {
    pub(crate) fn new(workspace: WorkspaceId, customer: Customer) -> Result<Self, RepositoryError> {
        let CustomerParts { id, profile, tier, status, tags, custom_fields, updated_at, version } =
            customer.into_parts();
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
            email_folded: email.as_ref().map(Email::folded),
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
        } = row;
        let text = |name, value: Option<String>| {
            column(TABLE, name, value.as_deref().map(ProfileText::parse).transpose())
        };
        Ok(Self::restore(CustomerParts {
            id: CustomerId::from_uuid(id.0),
            profile: Profile {
                first_name: text("first_name", first_name)?,
                last_name: text("last_name", last_name)?,
                email: column(TABLE, "email", email.as_deref().map(Email::parse).transpose())?,
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

/// What searches look into.
fn search_text(texts: [Option<&str>; 5]) -> String {
    fold(&texts.into_iter().flatten().collect::<Vec<_>>().join(SEPARATOR))
}

/// A custom value as JSON writes it. Whole numbers come first: they would fit a float too.
#[derive(Deserialize)]
#[serde(untagged)]
enum JsonValue {
    Flag(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

fn read_custom_fields(json: &str) -> Result<CustomFields, RepositoryError> {
    let fields: BTreeMap<String, JsonValue> = json_column(TABLE, "custom_fields", json)?;
    let fields = fields.into_iter().map(|(name, value)| {
        let value = match value {
            JsonValue::Flag(flag) => CustomValue::Flag(flag),
            JsonValue::Integer(number) => CustomValue::Integer(number),
            JsonValue::Float(number) => CustomValue::Float(number),
            JsonValue::Text(text) => CustomValue::Text(text),
        };
        (name, value)
    });
    column(TABLE, "custom_fields", CustomFields::new(fields))
}
