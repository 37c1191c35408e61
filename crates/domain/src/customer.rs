//! A customer: a person who writes to a workspace.

use crate::text::bounded_text;
use crate::vocabulary::vocabulary;
use crate::{CustomFields, CustomerId, Email, Tags, Tier, Timestamp, Version};

vocabulary! {
    /// Whether a customer is still one.
    #[derive(Default)]
    CustomerStatus {
        #[default]
        Active = "active",
        Inactive = "inactive",
        Archived = "archived",
    }
}

bounded_text! {
    /// A part of a profile: 1 to 255 characters after trimming.
    ProfileText { trimmed: true, min: 1, max: 255 }
}

/// What is known about the person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The first name.
    pub first_name: Option<ProfileText>,
    /// The last name.
    pub last_name: Option<ProfileText>,
    /// The e-mail address, unique in a workspace without regard to case.
    pub email: Option<Email>,
    /// The telephone number, as it was written.
    pub phone: Option<ProfileText>,
    /// The company.
    pub company: Option<ProfileText>,
    /// What the person does there.
    pub job_title: Option<ProfileText>,
}

/// A customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    parts: CustomerParts,
}

/// Everything that a customer consists of: the door for storage.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerParts {
    /// Its name, which carries the time of its making.
    pub id: CustomerId,
    /// What is known about the person.
    pub profile: Profile,
    /// How the business ranks them.
    pub tier: Tier,
    /// Whether they are still a customer.
    pub status: CustomerStatus,
    /// Words that people put on them.
    pub tags: Tags,
    /// What we have no field for.
    pub custom_fields: CustomFields,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it changed.
    pub version: Version,
}

/// What a customer starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCustomer {
    /// What is known about the person.
    pub profile: Profile,
    /// How the business ranks them; `bronze` unless said.
    pub tier: Option<Tier>,
    /// Whether they are a customer; `active` unless said.
    pub status: Option<CustomerStatus>,
    /// Words that people put on them.
    pub tags: Tags,
    /// What we have no field for.
    pub custom_fields: CustomFields,
}

impl Profile {
    /// Whether it says who the person is: a first or last name, an e-mail address, a telephone
    /// number or a company. A job title alone names nobody.
    #[must_use]
    pub fn names_somebody(&self) -> bool {
        let Self { first_name, last_name, email, phone, company, job_title: _ } = self;
        email.is_some() || [first_name, last_name, phone, company].iter().any(|text| text.is_some())
    }
}

impl Customer {
    /// Makes a customer.
    #[must_use]
    pub fn new(id: CustomerId, new: NewCustomer) -> Self {
        let NewCustomer { profile, tier, status, tags, custom_fields } = new;
        Self {
            parts: CustomerParts {
                id,
                profile,
                tier: tier.unwrap_or_default(),
                status: status.unwrap_or_default(),
                tags,
                custom_fields,
                updated_at: id.created_at(),
                version: Version::FIRST,
            },
        }
    }

    /// Makes the customer from what was stored.
    #[must_use]
    pub fn restore(parts: CustomerParts) -> Self {
        Self { parts }
    }

    /// Takes the customer apart.
    #[must_use]
    pub fn into_parts(self) -> CustomerParts {
        self.parts
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> CustomerId {
        self.parts.id
    }

    /// What is known about the person.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.parts.profile
    }
}
