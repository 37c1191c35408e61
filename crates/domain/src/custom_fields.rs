//! Custom fields: what a business knows about a customer that we have no field for.

use std::collections::BTreeMap;

use crate::TextError;
use crate::text;

/// Up to 50 values by name, in the order of their names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomFields(BTreeMap<String, CustomValue>);

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
    /// A number is too large to be kept as it was written.
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

    /// Takes fields in; of two with the same name the last one counts, so a reader of text must
    /// refuse repeats before.
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

        text::accept(name, false, 1, Self::MAX_NAME_LENGTH)?;
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

    /// The fields in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CustomValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
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
    fn there_may_be_fifty() {
        let fields = |count| {
            CustomFields::new((0..count).map(|n| (format!("f{n}"), CustomValue::Integer(n))))
        };

        assert!(fields(50).is_ok());
        assert_eq!(fields(51), Err(CustomFieldError::TooMany { max: 50 }));
    }
}
