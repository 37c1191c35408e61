//! A customer as callers see it.

use conversations_domain::{
    CustomFields, Customer, CustomerId, CustomerParts, CustomerStatus, Email, Profile, ProfileText,
    Tier, Timestamp,
};
use serde::Serialize;

use crate::disclosure::identified;
use crate::tags::words;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerBody {
    #[serde(rename = "_id")]
    id: CustomerId,
    profile: ProfileBody,
    tier: Tier,
    status: CustomerStatus,
    tags: Vec<String>,
    custom_fields: CustomFields,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileBody {
    first_name: Option<ProfileText>,
    last_name: Option<ProfileText>,
    email: Option<Email>,
    phone: Option<ProfileText>,
    company: Option<ProfileText>,
    job_title: Option<ProfileText>,
}

identified!(CustomerBody);

impl From<Customer> for CustomerBody {
    fn from(customer: Customer) -> Self {
        let CustomerParts {
            id,
            profile,
            tier,
            status,
            tags,
            custom_fields,
            updated_at,
            version: _,
        } = customer.into_parts();
        Self {
            id,
            profile: profile.into(),
            tier,
            status,
            tags: words(&tags),
            custom_fields,
            created_at: id.created_at(),
            updated_at,
        }
    }
}

impl From<Profile> for ProfileBody {
    fn from(profile: Profile) -> Self {
        let Profile { first_name, last_name, email, phone, company, job_title } = profile;
        Self { first_name, last_name, email, phone, company, job_title }
    }
}
