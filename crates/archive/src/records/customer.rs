//! A customer as a line.

use conversations_domain::{
    CustomFields, Customer, CustomerId, CustomerParts, CustomerStatus, Profile, ProfileText, Tags,
    Tier, Timestamp,
};

use super::ExternalIdRecord;
use crate::field::{Address, Number};
use crate::object::object;

object! {
    /// A customer.
    CustomerRecord as "customer" {
        /// Unique id (UUIDv7).
        id: CustomerId = "_id",
        /// The id in another system.
        external_id: Option<ExternalIdRecord> = "externalId",
        /// Name and contact details.
        profile: ProfileRecord = "profile",
        /// The tier.
        tier: Tier = "tier",
        /// The status.
        status: CustomerStatus = "status",
        /// The tags, in their order.
        tags: Tags = "tags",
        /// Custom fields by name.
        custom_fields: CustomFields = "customFields",
        /// Creation time: the time inside the id.
        created_at: Timestamp = "createdAt",
        /// Time of the last change.
        updated_at: Timestamp = "updatedAt",
        /// Counts all changes.
        version: Number = "version",
    }
}

object! {
    /// Name and contact details of a customer.
    ProfileRecord {
        /// The first name.
        first_name: Option<ProfileText> = "firstName",
        /// The last name.
        last_name: Option<ProfileText> = "lastName",
        /// The e-mail address, unique among customers.
        email: Option<Address> = "email",
        /// The phone number.
        phone: Option<ProfileText> = "phone",
        /// The company.
        company: Option<ProfileText> = "company",
        /// The job title.
        job_title: Option<ProfileText> = "jobTitle",
    }
}

impl From<Customer> for CustomerRecord {
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
            version,
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
            version: version.into(),
        }
    }
}

impl From<CustomerRecord> for Customer {
    fn from(record: CustomerRecord) -> Self {
        let CustomerRecord {
            id,
            external_id,
            profile,
            tier,
            status,
            tags,
            custom_fields,
            created_at: _,
            updated_at,
            version,
        } = record;
        Self::restore(CustomerParts {
            id,
            external_id: external_id.map(Into::into),
            profile: profile.into(),
            tier,
            status,
            tags,
            custom_fields,
            updated_at,
            version: version.into(),
        })
    }
}

impl From<Profile> for ProfileRecord {
    fn from(profile: Profile) -> Self {
        let Profile { first_name, last_name, email, phone, company, job_title } = profile;
        Self { first_name, last_name, email: email.map(Address), phone, company, job_title }
    }
}

impl From<ProfileRecord> for Profile {
    fn from(record: ProfileRecord) -> Self {
        let ProfileRecord { first_name, last_name, email, phone, company, job_title } = record;
        let email = email.map(|Address(email)| email);
        Self { first_name, last_name, email, phone, company, job_title }
    }
}
