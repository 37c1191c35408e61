//! Changing a customer. PUT and PATCH are equivalent: omitted fields keep their value, in the
//! profile and in the custom fields too.

use actix_web::web::Data;
use conversations_application::customers::{CustomerService, UpdateCustomer};
use conversations_domain::{
    Change, CustomFieldsChange, CustomerChanges, CustomerId, CustomerStatus, Email, ProfileChanges,
    TagsChange, Tier,
};
use serde_json::{Value, json};

use super::CustomerBody;
use super::profile::{ProfileEntry, refused};
use crate::body::{Field, Patch, changes_something, request_body};
use crate::caller::{Caller, WriteCustomers};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::external_id::{self, ExternalIdEntry};
use crate::extract::{IdPath, ValidatedJson};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// Changes to a customer; omitted fields keep their value.
    #[body(name = "CustomerChanges", at_least_one = true, check = changes_something)]
    pub(crate) struct UpdateBody {
        /// The customer's id in another system; null removes it.
        external_id: Patch<Option<ExternalIdEntry>>,
        /// Changes to the profile.
        profile: Patch<UpdateProfile>,
        /// The tier.
        tier: Patch<Tier>,
        /// Whether the customer is active, inactive or archived.
        status: Patch<CustomerStatus>,
        /// The new tags, or tags to add and remove; null removes all.
        tags: Field<TagsChange>,
        /// Merged by name: a null value removes that field, fields not named stay. Null removes
        /// all.
        custom_fields: Field<CustomFieldsChange>,
    }
}

request_body! {
    /// Changes to a profile; null or blank text clears a field. At least one of firstName,
    /// lastName, email, phone and company must remain.
    #[body(name = "ProfileChanges")]
    struct UpdateProfile {
        /// The first name.
        first_name: Patch<Option<ProfileEntry>>,
        /// The last name.
        last_name: Patch<Option<ProfileEntry>>,
        /// Unique among customers; case is ignored.
        email: Patch<Option<Email>>,
        /// The phone number.
        phone: Patch<Option<ProfileEntry>>,
        /// The company.
        company: Patch<Option<ProfileEntry>>,
        /// The job title.
        job_title: Patch<Option<ProfileEntry>>,
    }
}

impl SentBody for UpdateBody {
    fn example() -> Value {
        json!({
            "profile": { "phone": "+44 20 7946 0000", "company": null },
            "tags": { "add": ["vip"], "remove": ["early bird"] },
            "customFields": { "plan": "monthly", "seats": null },
        })
    }
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

impl TryFrom<UpdateBody> for CustomerChanges {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { external_id, profile, tier, status, tags, custom_fields } = body;
        let profile = match profile.take()? {
            Change::Keep => ProfileChanges::default(),
            Change::To(changes) => changes.try_into()?,
        };
        Ok(Self {
            external_id: external_id::changed(external_id)?,
            profile,
            tier: tier.take()?,
            status: status.take()?,
            tags: tags.take()?,
            custom_fields: custom_fields.take()?,
        })
    }
}

impl TryFrom<UpdateProfile> for ProfileChanges {
    type Error = ApiError;

    fn try_from(profile: UpdateProfile) -> Result<Self, ApiError> {
        let UpdateProfile { first_name, last_name, email, phone, company, job_title } = profile;
        let text = |field: Patch<Option<ProfileEntry>>| {
            let change = field.take()?;
            Ok::<_, ApiError>(change.map(|entry| entry.and_then(ProfileEntry::into_text)))
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
