//! A customer: a person who writes to a workspace.

mod from_changes;

use crate::change::apply_all;
use crate::event_field::differing;
use crate::text::bounded_text;
use crate::vocabulary::vocabulary;
use crate::{
    Change, CustomFieldError, CustomFields, CustomFieldsChange, CustomerId, Email, EventField,
    ExternalId, Tags, TagsChange, TagsError, Tier, Timestamp, Version,
};

vocabulary! {
    /// The status of a customer.
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

bounded_text! {
    /// A search text for the profiles of customers: 1 to 255 characters after trimming.
    SearchText { trimmed: true, min: 1, max: 255 }
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
    /// The job title.
    pub job_title: Option<ProfileText>,
}

/// A customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    parts: CustomerParts,
}

/// All fields of a customer, for storage.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerParts {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: CustomerId,
    /// Their id in another system.
    pub external_id: Option<ExternalId>,
    /// What is known about the person.
    pub profile: Profile,
    /// The tier.
    pub tier: Tier,
    /// The status.
    pub status: CustomerStatus,
    /// The tags.
    pub tags: Tags,
    /// The custom fields.
    pub custom_fields: CustomFields,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The version: counts all changes.
    pub version: Version,
}

/// A new customer.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCustomer {
    /// Their id in another system.
    pub external_id: Option<ExternalId>,
    /// What is known about the person.
    pub profile: Profile,
    /// The tier; by default `bronze`.
    pub tier: Option<Tier>,
    /// The status; by default `active`.
    pub status: Option<CustomerStatus>,
    /// The tags.
    pub tags: Tags,
    /// The custom fields.
    pub custom_fields: CustomFields,
}

/// Changes to a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileChanges {
    /// Another first name, or none.
    pub first_name: Change<Option<ProfileText>>,
    /// Another last name, or none.
    pub last_name: Change<Option<ProfileText>>,
    /// Another e-mail address, or none.
    pub email: Change<Option<Email>>,
    /// Another telephone number, or none.
    pub phone: Change<Option<ProfileText>>,
    /// Another company, or none.
    pub company: Change<Option<ProfileText>>,
    /// Another job title, or none.
    pub job_title: Change<Option<ProfileText>>,
}

/// Changes to a customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomerChanges {
    /// Another id in another system, or none.
    pub external_id: Change<Option<ExternalId>>,
    /// Changes to the profile.
    pub profile: ProfileChanges,
    /// Another tier.
    pub tier: Change<Tier>,
    /// Another status.
    pub status: Change<CustomerStatus>,
    /// Other tags, which replace the present ones, or tags to add and remove.
    pub tags: TagsChange,
    /// Other custom fields, which replace the present ones, or some of them.
    pub custom_fields: CustomFieldsChange,
}

/// The profile would no longer say who the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at least one of first name, last name, e-mail address, phone and company")]
pub struct EmptyProfile;

/// Why a customer refuses to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CustomerChangeRefused {
    /// The profile would no longer say who the person is.
    #[error(transparent)]
    EmptyProfile(#[from] EmptyProfile),
    /// They would have tags that they cannot have.
    #[error("tags {0}")]
    Tags(#[from] TagsError),
    /// They would have custom fields that they cannot have.
    #[error("custom fields {0}")]
    CustomFields(#[from] CustomFieldError),
}

impl Profile {
    /// Whether it says who the person is: a first or last name, an e-mail address, a telephone
    /// number or a company. A job title alone does not name a person.
    #[must_use]
    pub fn identifies_somebody(&self) -> bool {
        let Self { first_name, last_name, email, phone, company, job_title: _ } = self;
        email.is_some() || [first_name, last_name, phone, company].iter().any(|text| text.is_some())
    }

    /// Applies the changes field by field, and returns whether anything changed.
    fn merge(&mut self, changes: ProfileChanges) -> bool {
        let ProfileChanges { first_name, last_name, email, phone, company, job_title } = changes;
        apply_all! {
            first_name => self.first_name,
            last_name => self.last_name,
            email => self.email,
            phone => self.phone,
            company => self.company,
            job_title => self.job_title,
        }
    }
}

impl NewCustomer {
    /// A customer with this profile and default values.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        let (tags, custom_fields) = (Tags::default(), CustomFields::default());
        Self { external_id: None, profile, tier: None, status: None, tags, custom_fields }
    }
}

impl Customer {
    /// Makes a customer.
    #[must_use]
    pub fn new(id: CustomerId, new: NewCustomer) -> Self {
        let NewCustomer { external_id, profile, tier, status, tags, custom_fields } = new;
        Self {
            parts: CustomerParts {
                id,
                external_id,
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

    /// Applies the changes, and returns whether anything changed: if not, the version and the time
    /// of the last change stay as well.
    ///
    /// # Errors
    /// When the profile would no longer say who the person is, or there would be too many tags or
    /// custom fields; then nothing changed.
    pub fn change(
        &mut self,
        changes: CustomerChanges,
        now: Timestamp,
    ) -> Result<bool, CustomerChangeRefused> {
        let CustomerChanges { external_id, profile, tier, status, tags, custom_fields } = changes;
        let mut merged = self.parts.profile.clone();
        let profile_changed = merged.merge(profile);
        if !merged.identifies_somebody() {
            return Err(EmptyProfile.into());
        }
        let tags = tags.resolve(&self.parts.tags)?;
        let custom_fields = custom_fields.resolve(&self.parts.custom_fields)?;

        let parts = &mut self.parts;
        parts.profile = merged;
        let others_changed = apply_all! {
            external_id => parts.external_id,
            tier => parts.tier,
            status => parts.status,
            tags => parts.tags,
            custom_fields => parts.custom_fields,
        };
        let changed = profile_changed || others_changed;
        if changed {
            parts.updated_at = now.following(parts.updated_at);
            parts.version = parts.version.next();
        }
        Ok(changed)
    }

    /// The fields that differ from an earlier state.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<EventField> {
        let CustomerParts {
            id: _,
            external_id,
            profile: Profile { first_name, last_name, email, phone, company, job_title },
            tier,
            status,
            tags,
            custom_fields,
            updated_at: _,
            version: _,
        } = &self.parts;
        let before = &before.parts;
        differing! {
            *external_id, before.external_id => ExternalId,
            *first_name, before.profile.first_name => FirstName,
            *last_name, before.profile.last_name => LastName,
            *email, before.profile.email => ProfileEmail,
            *phone, before.profile.phone => Phone,
            *company, before.profile.company => Company,
            *job_title, before.profile.job_title => JobTitle,
            *tier, before.tier => Tier,
            *status, before.status => Status,
            *tags, before.tags => Tags,
            *custom_fields, before.custom_fields => CustomFields,
        }
    }

    /// Unique id (`UUIDv7`, embeds the creation time).
    #[must_use]
    pub fn id(&self) -> CustomerId {
        self.parts.id
    }

    /// Their id in another system.
    #[must_use]
    pub fn external_id(&self) -> Option<&ExternalId> {
        self.parts.external_id.as_ref()
    }

    /// The version: counts all changes.
    #[must_use]
    pub fn version(&self) -> Version {
        self.parts.version
    }

    /// The tags.
    #[must_use]
    pub fn tags(&self) -> &Tags {
        &self.parts.tags
    }

    /// What we have no field for.
    #[must_use]
    pub fn custom_fields(&self) -> &CustomFields {
        &self.parts.custom_fields
    }

    /// What is known about the person.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.parts.profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const MADE: i64 = 1_000_000;

    fn text(text: &str) -> Option<ProfileText> {
        ProfileText::parse(text).ok()
    }

    fn customer() -> Customer {
        let profile = Profile { first_name: text("Ada"), phone: text("1"), ..Profile::default() };
        let id = CustomerId::from_uuid(Uuid::from_u128((MADE as u128) << 80));
        Customer::new(id, NewCustomer::of(profile))
    }

    fn later() -> Timestamp {
        Timestamp::from_unix_millis(MADE + 5).expect("a time")
    }

    fn renamed(first_name: Option<ProfileText>) -> CustomerChanges {
        let first_name = Change::To(first_name);
        let profile = ProfileChanges { first_name, ..ProfileChanges::default() };
        CustomerChanges { profile, ..CustomerChanges::default() }
    }

    #[test]
    fn a_profile_is_merged_field_by_field() {
        let mut customer = customer();

        let before = customer.clone();

        assert_eq!(customer.change(renamed(None), later()), Ok(true));

        assert_eq!(customer.changed_since(&before), [crate::DirectoryField::FirstName.into()]);
        let expected = Profile { phone: text("1"), ..Profile::default() };
        assert_eq!(customer.profile(), &expected);
        assert_eq!(customer.version(), Version::FIRST.next());
        assert_eq!(customer.into_parts().updated_at, later());
    }

    #[test]
    fn an_unchanged_update_changes_nothing() {
        let mut customer = customer();
        let before = customer.clone();

        let mut same = renamed(text("Ada"));
        same.tier = Change::To(Tier::Bronze);
        same.tags = TagsChange::To(Tags::default());

        assert_eq!(customer.change(same, later()), Ok(false));
        assert_eq!(customer, before);
    }

    #[test]
    fn somebody_stays_named() {
        let mut customer = customer();
        let before = customer.clone();
        let mut nobody = renamed(None);
        nobody.profile.phone = Change::To(None);
        nobody.tier = Change::To(Tier::Gold);

        assert_eq!(customer.change(nobody, later()), Err(EmptyProfile.into()));
        assert_eq!(customer, before);
    }
}
