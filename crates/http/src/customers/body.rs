//! A customer as callers see it.

use conversations_domain::{
    CustomFields, Customer, CustomerId, CustomerParts, CustomerStatus, Email, Profile, ProfileText,
    Tags, Tier, Timestamp,
};

use crate::body::response_body;
use crate::disclosure::identified;
use crate::examples;
use crate::schema::Shown;

response_body! {
    /// A person who writes to the workspace.
    #[body(name = "Customer")]
    pub(crate) struct CustomerBody {
        /// Their id.
        #[serde(rename = "_id")]
        id: CustomerId,
        /// What is known about the person.
        profile: ProfileBody,
        /// How the business ranks them.
        tier: Tier,
        /// Whether they are still a customer.
        status: CustomerStatus,
        /// Words that people put on them, in their order.
        tags: Tags,
        /// What the business knows beyond that.
        custom_fields: CustomFields,
        /// When they were made.
        created_at: Timestamp,
        /// When they last changed.
        updated_at: Timestamp,
    }
}

response_body! {
    /// What is known about a person.
    #[body(name = "Profile")]
    struct ProfileBody {
        /// The first name.
        first_name: Option<ProfileText>,
        /// The last name.
        last_name: Option<ProfileText>,
        /// Unique in the workspace without regard to case.
        email: Option<Email>,
        /// The telephone number, as it was written.
        phone: Option<ProfileText>,
        /// The company.
        company: Option<ProfileText>,
        /// What the person does there.
        job_title: Option<ProfileText>,
    }
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

impl Shown for CustomerBody {
    fn example() -> Option<Self> {
        examples::customer().map(Into::into)
    }
}
