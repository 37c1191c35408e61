//! Custom fields: data about a customer without a field of its own.

use std::collections::BTreeMap;

use crate::TextError;
use crate::change::{Edit, PartialChange};
use crate::text;

/// Up to 50 values by name, in the order of their names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomFields(BTreeMap<String, CustomValue>);

/// Custom fields to set or to remove, by name; the others stay.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomFieldsEdit(BTreeMap<String, Option<CustomValue>>);

/// A change to the custom fields of a customer.
pub type CustomFieldsChange = PartialChange<CustomFields, CustomFieldsEdit>;

/// The value of a custom field.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomValue {
    /// Text of up to 1,000 characters.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number between −2⁶³ and 2⁶³: beyond that, what a caller wrote and what a
    /// computer keeps are different numbers.
    Float(f64),
    /// True or false.
    Flag(bool),
}

/// Why custom fields were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CustomFieldError {
    /// More fields than allowed.
    #[error("must have at most {max} fields")]
    TooMany {
        /// The most fields allowed.
        max: usize,
    },
    /// A name or a text is out of bounds.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A number is too large to be stored exactly.
    #[error("must be a number between -2^63 and 2^63 - 1")]
    NumberOutOfRange,
}

impl CustomFields {
    /// The most fields there may be.
    pub const MAX_COUNT: usize = 50;
    /// The most characters a name may have.
    pub const MAX_NAME_LENGTH: usize = 50;
    /// The most characters a text may have.
    pub const MAX_TEXT_LENGTH: usize = 1000;

    /// Adds fields; of two with the same name the last one counts, so a reader of text must refuse
    /// duplicates before.
    ///
    /// # Errors
    /// When there are too many.
    pub fn new(
        fields: impl IntoIterator<Item = (String, CustomValue)>,
    ) -> Result<Self, CustomFieldError> {
        let fields: BTreeMap<_, _> = fields.into_iter().collect();
        if fields.len() > Self::MAX_COUNT {
            return Err(CustomFieldError::TooMany { max: Self::MAX_COUNT });
        }
        Ok(Self(fields))
    }

    /// Checks one field.
    ///
    /// # Errors
    /// When its name or its value is out of bounds.
    pub fn check(name: &str, value: &CustomValue) -> Result<(), CustomFieldError> {
        /// 2⁶³, which a float holds exactly.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;

        Self::check_name(name)?;
        match value {
            CustomValue::Text(text) => {
                text::accept(text, false, 0, Self::MAX_TEXT_LENGTH)?;
                Ok(())
            }
            CustomValue::Float(number) if number.is_nan() || number.abs() >= LIMIT => {
                Err(CustomFieldError::NumberOutOfRange)
            }
            CustomValue::Integer(_) | CustomValue::Float(_) | CustomValue::Flag(_) => Ok(()),
        }
    }

    /// Checks the name of a field.
    ///
    /// # Errors
    /// When it is out of bounds.
    pub fn check_name(name: &str) -> Result<(), CustomFieldError> {
        text::accept(name, false, 1, Self::MAX_NAME_LENGTH)?;
        Ok(())
    }

    /// How many bytes of text they have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let text = |value: &CustomValue| match value {
            CustomValue::Text(text) => text.len(),
            CustomValue::Integer(_) | CustomValue::Float(_) | CustomValue::Flag(_) => 0,
        };
        self.iter().map(|(name, value)| name.len() + text(value)).sum()
    }

    /// The fields in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CustomValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl CustomFieldsEdit {
    /// Each of these fields becomes its value, or goes if it has none.
    pub fn new(fields: impl IntoIterator<Item = (String, Option<CustomValue>)>) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl Edit<CustomFields> for CustomFieldsEdit {
    type Error = CustomFieldError;

    fn apply_to(self, present: &CustomFields) -> Result<CustomFields, CustomFieldError> {
        let mut fields = present.0.clone();
        for (name, value) in self.0 {
            match value {
                Some(value) => drop(fields.insert(name, value)),
                None => drop(fields.remove(&name)),
            }
        }
        CustomFields::new(fields)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CustomFields {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CustomValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_checked() {
        let long = CustomValue::Text("x".repeat(1001));

        assert!(CustomFields::check("plan", &CustomValue::Flag(true)).is_ok());
        assert!(CustomFields::check("", &CustomValue::Flag(true)).is_err());
        assert!(CustomFields::check("plan", &long).is_err());
        for number in [1e300, f64::NAN, f64::INFINITY, 9_223_372_036_854_775_808.0] {
            assert_eq!(
                CustomFields::check("n", &CustomValue::Float(number)),
                Err(CustomFieldError::NumberOutOfRange)
            );
        }
    }

    #[test]
    fn an_edit_leaves_the_other_fields_as_they_are() {
        let flag = |name: &str, flag| (name.to_owned(), CustomValue::Flag(flag));
        let present = CustomFields::new([flag("a", true), flag("b", true)]).expect("two fields");
        let edit = CustomFieldsEdit::new([
            ("a".to_owned(), None),
            ("c".to_owned(), Some(CustomValue::Flag(false))),
            ("x".to_owned(), None),
        ]);

        let edited = edit.apply_to(&present);

        assert_eq!(edited, CustomFields::new([flag("b", true), flag("c", false)]));
    }

    #[test]
    fn an_edit_leaves_no_more_than_there_may_be() {
        let flag = CustomValue::Flag(true);
        let full = CustomFields::new((0..50).map(|n| (format!("f{n}"), flag.clone())));
        let full = full.expect("fifty fields");
        let more = ("more".to_owned(), Some(flag));

        let edited = CustomFieldsEdit::new([more.clone()]).apply_to(&full);
        assert_eq!(edited, Err(CustomFieldError::TooMany { max: 50 }));
        let edited = CustomFieldsEdit::new([more, ("f7".to_owned(), None)]).apply_to(&full);
        assert_eq!(edited.map(|fields| fields.iter().count()), Ok(50));
    }

    #[test]
    fn there_may_be_fifty() {
        let fields = |count| {
            CustomFields::new((0..count).map(|n| (format!("f{n}"), CustomValue::Integer(n))))
        };

        assert!(fields(50).is_ok());
        assert_eq!(fields(51), Err(CustomFieldError::TooMany { max: 50 }));
    }
}
