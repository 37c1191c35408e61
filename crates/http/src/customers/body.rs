//! A customer as callers see it.

use conversations_domain::{
    CustomFields, Customer, CustomerId, CustomerParts, CustomerStatus, Email, Profile, ProfileText,
    Tags, Tier, Timestamp,
};

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::external_id::ExternalIdBody;
use crate::schema::ResponseBody;

response_body! {
    /// A person who writes to the workspace.
    #[body(name = "Customer")]
    pub(crate) struct CustomerBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: CustomerId,
        /// The customer's id in another system.
        external_id: Option<ExternalIdBody>,
        /// Name and contact details.
        profile: ProfileBody,
        /// The tier.
        tier: Tier,
        /// Whether the customer is active, inactive or archived.
        status: CustomerStatus,
        /// Tags, in the order given.
        tags: Tags,
        /// Custom fields: strings, numbers and booleans by name.
        custom_fields: CustomFields,
        /// Creation time.
        created_at: Timestamp,
        /// Time of the last change.
        updated_at: Timestamp,
    }
}

response_body! {
    /// Name and contact details of a customer.
    #[body(name = "Profile")]
    struct ProfileBody {
        /// The first name.
        first_name: Option<ProfileText>,
        /// The last name.
        last_name: Option<ProfileText>,
        /// Unique among customers; case is ignored.
        email: Option<Email>,
        /// The phone number, as given.
        phone: Option<ProfileText>,
        /// The company.
        company: Option<ProfileText>,
        /// The job title.
        job_title: Option<ProfileText>,
    }
}

identified!(CustomerBody);

impl From<Customer> for CustomerBody {
    fn from(customer: Customer) -> Self {
        let CustomerParts {
            id,
            external_id,
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
            external_id: external_id.map(Into::into),
            profile: profile.into(),
            tier,
            status,
            tags,
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

impl ResponseBody for CustomerBody {
    fn example() -> Option<Self> {
        examples::customer().map(Into::into)
    }
}
