//! Changing a customer. PUT and PATCH are one: what is not there stays as it is, in the profile and in
//! the custom fields too.

use actix_web::web::Data;
use conversations_application::customers::{CustomerService, UpdateCustomer};
use conversations_domain::{
    Change, CustomerChanges, CustomerId, CustomerStatus, Email, ProfileChanges, ProfileText, Tier,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::{Validate, ValidationError};

use super::CustomerBody;
use super::custom_fields::{check_changed_custom_fields, read_changed_custom_fields};
use super::profile::{is_blank, parses_unless_blank, refused};
use crate::caller::{Caller, WriteCustomers};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::patch::{Patch, changes, changes_or_clears, stays};
use crate::reply::Single;
use crate::tags::{TagsUpdate, check_changed_tags, read_changed_tags};
use crate::validation::changes_something;

/// What is wanted of a customer.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "asks_for_something"))]
pub(crate) struct UpdateBody {
    #[validate(custom(function = "stays"), nested)]
    profile: Patch<UpdateProfile>,
    #[validate(custom(function = "changes::<Tier>"))]
    tier: Patch<String>,
    #[validate(custom(function = "changes::<CustomerStatus>"))]
    status: Patch<String>,
    #[validate(custom(function = "check_changed_tags"))]
    tags: Patch<TagsUpdate>,
    #[validate(custom(function = "check_changed_custom_fields"))]
    custom_fields: Patch<Map<String, Value>>,
}

/// What is wanted of the profile. Blank text clears like `null`, but for an address.
#[derive(Debug, Default, Deserialize, Serialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct UpdateProfile {
    #[validate(custom(function = "changes_or_is_blank"))]
    first_name: Patch<String>,
    #[validate(custom(function = "changes_or_is_blank"))]
    last_name: Patch<String>,
    #[validate(custom(function = "changes_or_clears::<Email>"))]
    email: Patch<String>,
    #[validate(custom(function = "changes_or_is_blank"))]
    phone: Patch<String>,
    #[validate(custom(function = "changes_or_is_blank"))]
    company: Patch<String>,
    #[validate(custom(function = "changes_or_is_blank"))]
    job_title: Patch<String>,
}

pub(crate) async fn update(
    caller: Caller<WriteCustomers>,
    service: Data<CustomerService>,
    id: IdPath<CustomerId>,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<Single<Disclosed<CustomerBody>>, ApiError> {
    let IfMatch(precondition) = condition;
    let command = UpdateCustomer { id: id.0, changes: body.0.try_into()?, precondition };
    let customer = service.update(&caller, command).await.map_err(refused)?;
    Ok(Single::changed(Disclosure::to(&caller), customer))
}

fn changes_or_is_blank(patch: &Patch<String>) -> Result<(), ValidationError> {
    patch.value().map_or(Ok(()), |text| parses_unless_blank(text))
}

fn asks_for_something(body: &UpdateBody) -> Result<(), ValidationError> {
    let UpdateBody { profile, tier, status, tags, custom_fields } = body;
    // An object in which nothing is to change is as good as none.
    let profile_is_absent = profile.value().is_none_or(UpdateProfile::is_empty);
    let fields_are_absent =
        custom_fields.is_absent() || custom_fields.value().is_some_and(Map::is_empty);
    changes_something([
        profile_is_absent,
        tier.is_absent(),
        status.is_absent(),
        tags.is_absent(),
        fields_are_absent,
    ])
}

impl UpdateProfile {
    fn is_empty(&self) -> bool {
        let Self { first_name, last_name, email, phone, company, job_title } = self;
        let fields = [first_name, last_name, email, phone, company, job_title];
        fields.iter().all(|field| field.is_absent())
    }
}

impl TryFrom<UpdateBody> for CustomerChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { profile, tier, status, tags, custom_fields } = body;
        let profile = match profile.read("profile", TryInto::try_into)? {
            Change::Keep => ProfileChanges::default(),
            Change::To(changes) => changes,
        };
        Ok(Self {
            profile,
            tier: tier.change("tier")?,
            status: status.change("status")?,
            tags: read_changed_tags("tags", tags)?,
            custom_fields: read_changed_custom_fields(custom_fields)?,
        })
    }
}

impl TryFrom<UpdateProfile> for ProfileChanges {
    type Error = ApiError;

    fn try_from(profile: UpdateProfile) -> Result<Self, ApiError> {
        let UpdateProfile { first_name, last_name, email, phone, company, job_title } = profile;
        Ok(Self {
            first_name: change_text("profile.firstName", first_name)?,
            last_name: change_text("profile.lastName", last_name)?,
            email: email.change_or_clear("profile.email")?,
            phone: change_text("profile.phone", phone)?,
            company: change_text("profile.company", company)?,
            job_title: change_text("profile.jobTitle", job_title)?,
        })
    }
}

fn change_text(field: &str, patch: Patch<String>) -> Result<Change<Option<ProfileText>>, ApiError> {
    match patch {
        Patch::Value(text) if is_blank(&text) => Ok(Change::To(None)),
        other => other.change_or_clear(field),
    }
}
