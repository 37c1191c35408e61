//! The fields that events name.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::Field;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The fields of customers, users and inboxes, by the names of the API.
    DirectoryField {
        ExternalId = "externalId",
        Status = "status",
        FirstName = "profile.firstName",
        LastName = "profile.lastName",
        ProfileEmail = "profile.email",
        Phone = "profile.phone",
        Company = "profile.company",
        JobTitle = "profile.jobTitle",
        Tier = "tier",
        Tags = "tags",
        CustomFields = "customFields",
        Name = "name",
        Email = "email",
        Role = "role",
        Channel = "channel",
    }
}

/// The name of a changed field: one of a [`Field`] or of a [`DirectoryField`]. Resources of different
/// types may have fields of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventField(&'static str);

/// A text that is not the name of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of a field")]
pub struct UnknownField;

impl EventField {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl From<Field> for EventField {
    fn from(field: Field) -> Self {
        Self(field.as_str())
    }
}

impl From<DirectoryField> for EventField {
    fn from(field: DirectoryField) -> Self {
        Self(field.as_str())
    }
}

impl FromStr for EventField {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        let (conversations, others) = (text.parse().map(Field::into), text.parse());
        conversations.or_else(|_| others.map(DirectoryField::into)).map_err(|_| UnknownField)
    }
}

impl Display for EventField {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for EventField {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// The names of the fields that differ between two values.
macro_rules! differing {
    ($($one:expr, $other:expr => $field:ident),+ $(,)?) => {{
        let mut fields = Vec::new();
        $(if $one != $other {
            fields.push(crate::event_field::DirectoryField::$field.into());
        })+
        fields
    }};
}

pub(crate) use differing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        let conversations = Field::ALL.iter().map(|&field| EventField::from(field));
        let others = DirectoryField::ALL.iter().map(|&field| EventField::from(field));
        for field in conversations.chain(others) {
            assert_eq!(field.as_str().parse(), Ok(field));
        }
        assert_eq!("Status".parse::<EventField>(), Err(UnknownField));
    }
}
