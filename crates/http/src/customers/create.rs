//! Creating customers.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::customers::CustomerService;
use conversations_domain::{
    CustomFields, Customer, CustomerStatus, Email, NewCustomer, Profile, Tags, Tier,
};
use serde_json::{Value, json};
use validator::ValidationError;

use super::CustomerBody;
use super::profile::{ProfileEntry, refused};
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteCustomers};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::{ApiError, NAMES_NOBODY};
use crate::external_id::{self, ExternalIdEntry};
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::reply::Created;
use crate::schema::SentBody;
use crate::validation::misfit;

request_body! {
    /// A new customer.
    #[body(name = "CustomerInput", check = identifies_somebody)]
    pub(crate) struct CreateBody {
        /// The customer's id in another system.
        external_id: Field<Option<ExternalIdEntry>>,
        /// Name and contact details.
        profile: Field<CreateProfile>,
        /// The tier.
        tier: Field<Option<Tier>> = Tier::default(),
        /// Whether the customer is active, inactive or archived.
        status: Field<Option<CustomerStatus>> = CustomerStatus::default(),
        /// Tags.
        tags: Field<Option<Tags>> = Tags::default(),
        /// Custom fields: strings, numbers and booleans by name.
        custom_fields: Field<Option<CustomFields>>,
    }
}

request_body! {
    /// Needs at least one of firstName, lastName, email, phone and company. Blank text counts as
    /// absent, except for the e-mail address.
    #[body(name = "ProfileInput", at_least_one = true)]
    struct CreateProfile {
        /// The first name.
        first_name: Field<Option<ProfileEntry>>,
        /// The last name.
        last_name: Field<Option<ProfileEntry>>,
        /// Unique among customers; case is ignored.
        email: Field<Option<Email>>,
        /// The phone number.
        phone: Field<Option<ProfileEntry>>,
        /// The company.
        company: Field<Option<ProfileEntry>>,
        /// The job title.
        job_title: Field<Option<ProfileEntry>>,
    }
}

impl SentBody for CreateBody {
    fn example() -> Value {
        json!({
            "externalId": { "source": "crm", "id": "4711" },
            "profile": { "firstName": "Ada", "lastName": "Byron", "email": "ada@example.com" },
            "tier": "gold",
            "tags": ["early bird"],
            "customFields": { "plan": "yearly", "seats": 3 },
        })
    }
}

pub(crate) async fn create(
    caller: Caller<WriteCustomers>,
    service: Data<CustomerService>,
    once: Data<IdempotencyService>,
    post: IdempotentJson<CreateBody>,
) -> Result<IdempotentResponse<Created<Disclosed<CustomerBody>>>, ApiError> {
    let IdempotentJson { body, request } = post;
    let new = body.try_into()?;
    let reply = run_idempotent(&once, &caller, request, made, async |recorder| {
        service.create(&caller, new, recorder).await
    });
    reply.await.map_err(refused)
}

fn made(disclosure: Disclosure, customer: &Customer) -> Created<Disclosed<CustomerBody>> {
    Created::new(disclosure, format!("/customers/{}", customer.id()), customer.clone())
}

/// What [`Profile::identifies_somebody`] says in the end, of fields that may still be wrong: a wrong
/// field is reported at its own path, and counts as present here.
fn identifies_somebody(body: &CreateBody) -> Result<(), ValidationError> {
    let Some(profile) = body.profile.value() else { return Ok(()) };
    let CreateProfile { first_name, last_name, email, phone, company, job_title: _ } = profile;
    let is_text = |field: &Field<Option<ProfileEntry>>| match field {
        Field::Value(entry) => entry.as_ref().is_some_and(|entry| !entry.is_blank()),
        Field::Wrong(_) => true,
    };
    let is_named = !matches!(email, Field::Value(None))
        || [first_name, last_name, phone, company].into_iter().any(is_text);
    if is_named { Ok(()) } else { Err(misfit("profile", NAMES_NOBODY)) }
}

impl TryFrom<CreateBody> for NewCustomer {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { external_id, profile, tier, status, tags, custom_fields } = body;
        Ok(Self {
            external_id: external_id::taken(external_id)?,
            profile: profile.take()?.try_into()?,
            tier: tier.take()?,
            status: status.take()?,
            tags: tags.take()?.unwrap_or_default(),
            custom_fields: custom_fields.take()?.unwrap_or_default(),
        })
    }
}

impl TryFrom<CreateProfile> for Profile {
    type Error = ApiError;

    fn try_from(profile: CreateProfile) -> Result<Self, ApiError> {
        let CreateProfile { first_name, last_name, email, phone, company, job_title } = profile;
        let text = |field: Field<Option<ProfileEntry>>| {
            Ok::<_, ApiError>(field.take()?.and_then(ProfileEntry::into_text))
        };
        Ok(Self {
            first_name: text(first_name)?,
            last_name: text(last_name)?,
            email: email.take()?,
            phone: text(phone)?,
            company: text(company)?,
            job_title: text(job_title)?,
        })
    }
}
