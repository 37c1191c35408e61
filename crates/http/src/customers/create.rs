//! Making customers.

use actix_web::web::Data;
use conversations_application::OnceService;
use conversations_application::customers::CustomerService;
use conversations_domain::{Customer, CustomerStatus, Email, NewCustomer, Profile, Tier};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::{Validate, ValidationError};

use super::CustomerBody;
use super::custom_fields::{check_custom_fields, read_custom_fields};
use super::profile::{is_blank, parses_unless_blank, refused};
use crate::caller::{Caller, WriteCustomers};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::{ApiError, NAMES_NOBODY};
use crate::once::{Answer, Post, answer};
use crate::reply::Created;
use crate::tags::{check_tags, read_tags};
use crate::validation::{misfit, optional, parses};

/// What a customer starts with.
#[derive(Debug, Default, Deserialize, Serialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "names_somebody", skip_on_field_errors = false))]
pub(crate) struct CreateBody {
    #[validate(required, nested)]
    profile: Option<CreateProfile>,
    #[validate(custom(function = "parses::<Tier>"))]
    tier: Option<String>,
    #[validate(custom(function = "parses::<CustomerStatus>"))]
    status: Option<String>,
    #[validate(custom(function = "check_tags"))]
    tags: Option<Vec<String>>,
    #[validate(custom(function = "check_custom_fields"))]
    custom_fields: Option<Map<String, Value>>,
}

/// What is known about the person. Blank text is as good as none, but for an address.
#[derive(Debug, Default, Deserialize, Serialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct CreateProfile {
    #[validate(custom(function = "parses_unless_blank"))]
    first_name: Option<String>,
    #[validate(custom(function = "parses_unless_blank"))]
    last_name: Option<String>,
    #[validate(custom(function = "parses::<Email>"))]
    email: Option<String>,
    #[validate(custom(function = "parses_unless_blank"))]
    phone: Option<String>,
    #[validate(custom(function = "parses_unless_blank"))]
    company: Option<String>,
    #[validate(custom(function = "parses_unless_blank"))]
    job_title: Option<String>,
}

pub(crate) async fn create(
    caller: Caller<WriteCustomers>,
    service: Data<CustomerService>,
    once: Data<OnceService>,
    post: Post<CreateBody>,
) -> Result<Answer<Created<Disclosed<CustomerBody>>>, ApiError> {
    let Post { body, request } = post;
    let new = body.try_into()?;
    let reply = answer(&once, &caller, request, made, async |remember| {
        service.create(&caller, new, remember).await
    });
    reply.await.map_err(refused)
}

fn made(disclosure: Disclosure, customer: &Customer) -> Created<Disclosed<CustomerBody>> {
    Created::new(disclosure, format!("/customers/{}", customer.id()), customer.clone())
}

/// What [`Profile::names_somebody`] says in the end, of text that may still be wrong.
fn names_somebody(body: &CreateBody) -> Result<(), ValidationError> {
    let Some(profile) = &body.profile else { return Ok(()) };
    let CreateProfile { first_name, last_name, email, phone, company, job_title: _ } = profile;
    let texts = [first_name, last_name, phone, company];
    // An address that is none is reported where it stands, and somebody was meant by it.
    let named = email.is_some()
        || texts.iter().any(|text| text.as_deref().is_some_and(|text| !is_blank(text)));
    if named { Ok(()) } else { Err(misfit("profile", NAMES_NOBODY)) }
}

impl TryFrom<CreateBody> for NewCustomer {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { profile, tier, status, tags, custom_fields } = body;
        let profile = profile.ok_or_else(|| ApiError::field("profile", "is required"))?;
        Ok(Self {
            profile: profile.try_into()?,
            tier: optional("tier", tier.as_deref())?,
            status: optional("status", status.as_deref())?,
            tags: read_tags("tags", &tags.unwrap_or_default())?,
            custom_fields: read_custom_fields(custom_fields.unwrap_or_default())?,
        })
    }
}

impl TryFrom<CreateProfile> for Profile {
    type Error = ApiError;

    fn try_from(profile: CreateProfile) -> Result<Self, ApiError> {
        let CreateProfile { first_name, last_name, email, phone, company, job_title } = profile;
        let text = |field, text: Option<String>| {
            optional(field, text.as_deref().filter(|text| !is_blank(text)))
        };
        let profile = Self {
            first_name: text("profile.firstName", first_name)?,
            last_name: text("profile.lastName", last_name)?,
            email: optional("profile.email", email.as_deref())?,
            phone: text("profile.phone", phone)?,
            company: text("profile.company", company)?,
            job_title: text("profile.jobTitle", job_title)?,
        };
        if profile.names_somebody() {
            Ok(profile)
        } else {
            Err(ApiError::field("profile", NAMES_NOBODY))
        }
    }
}
