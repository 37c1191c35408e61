//! External ids: what other systems call what is stored here.

use crate::TextError;
use crate::text::{accept, bounded_text};

bounded_text! {
    /// The name of another system, such as `zendesk`: 1 to 50 lower-case letters (a-z), digits, dots,
    /// underscores and hyphens. Only in lower case, so that one system is not taken for two.
    ExternalSource { trimmed: false, min: 1, max: 50, by: |text| {
        accept(text, false, Self::MIN_LENGTH, Self::MAX_LENGTH).and_then(|text| {
            let is_allowed = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
            };
            if text.bytes().all(is_allowed) { Ok(text) } else { Err(TextError::NoName) }
        })
    } }
}

bounded_text! {
    /// An id in another system: 1 to 255 characters after trimming. It is compared exactly.
    ForeignId { trimmed: true, min: 1, max: 255 }
}

/// The id of something in another system. In a workspace no two things of a kind have the same one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ExternalId {
    /// The other system.
    pub source: ExternalSource,
    /// The id that it has there.
    pub id: ForeignId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_one_spelling() {
        for text in ["zendesk", "a", "my-crm_2.eu", "0", &"x".repeat(50)] {
            assert_eq!(
                ExternalSource::parse(text).map(ExternalSource::into_string),
                Ok(text.into())
            );
        }
        for text in ["Zendesk", " zendesk", "zen desk", "zendesk/eu", "zéndesk", "a\tb", "a,b"] {
            assert_eq!(ExternalSource::parse(text), Err(TextError::NoName), "{text:?}");
        }
        assert_eq!(ExternalSource::parse(""), Err(TextError::Empty));
        assert_eq!(ExternalSource::parse(&"x".repeat(51)), Err(TextError::TooLong { max: 50 }));
        assert_eq!(ExternalSource::parse("a\0"), Err(TextError::ControlCharacter));
    }

    #[test]
    fn an_id_keeps_what_other_systems_write() {
        for text in ["35436", "<a.b+c@mail.example>", "cnv_1/2?x=%20", "Ä b", "A", "a"] {
            assert_eq!(ForeignId::parse(text).map(ForeignId::into_string), Ok(text.into()));
        }
        assert_eq!(ForeignId::parse(" 7 ").map(ForeignId::into_string), Ok("7".into()));
        assert_eq!(ForeignId::parse(" "), Err(TextError::Empty));
        assert_eq!(ForeignId::parse(&"x".repeat(256)), Err(TextError::TooLong { max: 255 }));
        assert_eq!(ForeignId::parse("a\u{1}"), Err(TextError::ControlCharacter));
    }
}
