//! A new customer, made of what would be changed if they were there.

use super::{CustomerChangeRefused, CustomerChanges, EmptyProfile, NewCustomer, Profile};
use crate::{CustomFields, Tags};

impl NewCustomer {
    /// The customer that these changes make of nothing: what they keep is as if it was left out.
    ///
    /// # Errors
    /// When the profile would not say who the customer is, or there would be too many tags or custom
    /// fields.
    pub fn from_changes(changes: CustomerChanges) -> Result<Self, CustomerChangeRefused> {
        let CustomerChanges { external_id, profile: changed, tier, status, tags, custom_fields } =
            changes;
        let mut profile = Profile::default();
        profile.merge(changed);
        if !profile.identifies_somebody() {
            return Err(EmptyProfile.into());
        }
        let tags = tags.resolve(&Tags::default())?;
        let custom_fields = custom_fields.resolve(&CustomFields::default())?;
        Ok(Self {
            external_id: external_id.into_value().flatten(),
            profile,
            tier: tier.into_value(),
            status: status.into_value(),
            tags: tags.into_value().unwrap_or_default(),
            custom_fields: custom_fields.into_value().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, ProfileChanges, TagsChange, Tier};

    #[test]
    fn changes_of_nothing_make_a_new_customer() {
        let email = "ada@example.org".parse().ok();
        let profile = ProfileChanges { email: Change::To(email), ..ProfileChanges::default() };
        let tags = Tags::parse(&["vip"]).expect("tags");
        let changes = CustomerChanges {
            profile,
            tier: Change::To(Tier::Gold),
            tags: TagsChange::To(tags.clone()),
            ..CustomerChanges::default()
        };

        let new = NewCustomer::from_changes(changes).expect("a customer");

        let profile = Profile { email: "ada@example.org".parse().ok(), ..Profile::default() };
        assert_eq!(new, NewCustomer { tier: Some(Tier::Gold), tags, ..NewCustomer::of(profile) });
    }

    #[test]
    fn a_new_customer_is_somebody() {
        let changes =
            CustomerChanges { tier: Change::To(Tier::Gold), ..CustomerChanges::default() };

        assert_eq!(NewCustomer::from_changes(changes), Err(EmptyProfile.into()));
    }
}
