//! Bounded text: the rules for all text from outside.

/// Why a text was refused. The message completes "this field …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing is left after trimming.
    #[error("must not be empty")]
    Empty,
    /// More characters than the concept allows.
    #[error("must be at most {max} characters long")]
    TooLong {
        /// The most characters allowed.
        max: usize,
    },
    /// A C0 control character, NUL among them. PostgreSQL cannot store NUL, terminals and logs
    /// suffer from the rest.
    #[error("must not contain control characters other than tab, line feed and carriage return")]
    ControlCharacter,
    /// NUL, in text that may hold every other control character: PostgreSQL cannot store it.
    #[error("must not contain NUL (U+0000)")]
    Nul,
    /// A comma, in text that is listed with commas in filters.
    #[error("must not contain a comma")]
    Comma,
    /// Another character than the name of a system may have.
    #[error("must have only lower-case letters (a-z), digits, dots, underscores and hyphens")]
    NoName,
}

/// Reads text from outside: refuses forbidden characters, trims it if required, and checks its
/// length in characters (Unicode scalar values).
pub(crate) fn accept(text: &str, trimmed: bool, min: usize, max: usize) -> Result<&str, TextError> {
    let refused = |character: char| character < ' ' && !matches!(character, '\t' | '\n' | '\r');

    // Before trimming, which would take some control characters for white space.
    if text.contains(refused) {
        return Err(TextError::ControlCharacter);
    }
    within(if trimmed { text.trim() } else { text }, min, max)
}

/// Reads text that is stored unchanged: mails and terminal logs contain escapes, form feeds and
/// vertical tabs, which must not make a message fail.
pub(crate) fn accept_verbatim(text: &str, min: usize, max: usize) -> Result<&str, TextError> {
    if text.contains('\0') {
        return Err(TextError::Nul);
    }
    within(text, min, max)
}

fn within(text: &str, min: usize, max: usize) -> Result<&str, TextError> {
    // Bytes are never fewer than characters, so the count is only made where it can matter.
    if text.len() < min {
        Err(TextError::Empty)
    } else if text.len() > max && text.chars().count() > max {
        Err(TextError::TooLong { max })
    } else {
        Ok(text)
    }
}

/// Folds case in all of Unicode: two texts that differ in case only fold to the same text.
///
/// Both databases compare folded text, because their own rules differ (SQLite folds ASCII only).
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    folded.extend(text.chars().flat_map(fold_char));
    folded
}

/// What [`fold`] makes of one character: at most three.
pub fn fold_char(character: char) -> impl Iterator<Item = char> {
    /// Unicode folds it to itself; by way of its capital it would become another letter, the
    /// dotted i, and two people with different addresses one.
    const DOTLESS_I: char = '\u{131}';

    let kept = (character == DOTLESS_I || has_no_case(character)).then_some(character);
    // The way over both cases brings variants, such as the final sigma and both sharp s, to
    // one form.
    let folded = kept.is_none().then(|| {
        let upper = character.to_lowercase().flat_map(char::to_uppercase);
        upper.flat_map(char::to_lowercase)
    });
    kept.into_iter().chain(folded.into_iter().flatten())
}

/// Whether a character is of some scripts without case, from Hebrew to Burmese and from Kana to Han: folding
/// their text then takes no look-ups.
fn has_no_case(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{109f}' | '\u{3000}'..='\u{a63f}')
}

/// Declares a text newtype with its bounds.
macro_rules! bounded_text {
    ($(#[$meta:meta])* $name:ident { trimmed: $trimmed:literal, min: $min:literal, max: $max:literal }) => {
        $crate::text::bounded_text! {
            $(#[$meta])*
            $name { trimmed: $trimmed, min: $min, max: $max, by: |text| {
                $crate::text::accept(text, $trimmed, $min, $max)
            } }
        }
    };
    ($(#[$meta:meta])* $name:ident { verbatim, min: $min:literal, max: $max:literal }) => {
        $crate::text::bounded_text! {
            $(#[$meta])*
            $name { trimmed: false, min: $min, max: $max, by: |text| {
                $crate::text::accept_verbatim(text, $min, $max)
            } }
        }
    };
    ($(#[$meta:meta])* $name:ident {
        trimmed: $trimmed:literal, min: $min:literal, max: $max:literal, by: |$text:ident| $accept:block
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The fewest characters it may have.
            pub const MIN_LENGTH: usize = $min;
            /// The most characters it may have.
            pub const MAX_LENGTH: usize = $max;
            /// Whether white space at both ends is taken off, before the characters are counted.
            pub const IS_TRIMMED: bool = $trimmed;

            /// Reads it from text that comes from outside.
            ///
            /// # Errors
            /// When the text is outside its bounds or contains characters that it may not have.
            pub fn parse($text: &str) -> Result<Self, $crate::TextError> {
                let accepted = $accept?;
                Ok(Self(accepted.to_owned()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, owned.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        $crate::text::text_serde!($name);
    };
}

/// Reads a value, in whatever format, from the text that `FromStr` takes.
macro_rules! deserialize_from_str {
    ($name:ident) => {
        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Serde for a newtype over text that has `as_str` and `FromStr`.
macro_rules! text_serde {
    ($name:ident) => {
        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::text::deserialize_from_str!($name);
    };
}

pub(crate) use {bounded_text, deserialize_from_str, text_serde};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageBody, Reason, Subject};
    use proptest::prelude::*;

    #[test]
    fn lengths_count_characters_after_trimming() {
        let longest = "ü".repeat(Subject::MAX_LENGTH);

        assert!(Subject::parse(&format!("  {longest}\u{3000}")).is_ok());
        assert_eq!(Subject::parse(&format!("{longest}ü")), Err(TextError::TooLong { max: 255 }));
        assert_eq!(Subject::parse(" \t\u{a0}"), Err(TextError::Empty));
    }

    #[test]
    fn a_body_keeps_every_byte_and_a_reason_may_be_empty() {
        let body = " \r\n\u{feff}e\u{301}\u{202e}\u{ffff}👩‍👩‍👧 ";

        assert_eq!(MessageBody::parse(body).map(MessageBody::into_string), Ok(body.to_owned()));
        assert!(Reason::parse("").is_ok());
    }

    #[test]
    fn control_characters_are_refused_except_white_space() {
        for code in 0_u8..0x20 {
            let control = char::from(code);
            let allowed = matches!(code, b'\t' | b'\n' | b'\r');
            for text in [format!("a{control}b"), format!("{control}a"), format!("a{control}")] {
                assert_eq!(Subject::parse(&text).is_ok(), allowed, "U+{code:04X}");
            }
        }
    }

    #[test]
    fn a_body_takes_every_character_but_nul() {
        for code in 0_u8..0x20 {
            let text = format!("a{}b", char::from(code));
            let kept = MessageBody::parse(&text).map(MessageBody::into_string);
            let expected = if code == 0 { Err(TextError::Nul) } else { Ok(text) };
            assert_eq!(kept, expected, "U+{code:04X}");
        }
    }

    #[test]
    fn folding_forgets_case_and_nothing_else() {
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_eq!(fold("STRAẞE"), fold("straße"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_ne!(fold("Müller"), fold("Muller"));
        assert_ne!(fold("admın"), fold("admin"));
        assert_eq!(fold("ADMIN"), fold("admin"));
    }

    #[test]
    fn scripts_without_case_have_no_other_cases() {
        for character in ('\0'..=char::MAX).filter(|&character| has_no_case(character)) {
            assert!(character.to_lowercase().eq([character]), "{character:?}");
            assert!(character.to_uppercase().eq([character]), "{character:?}");
        }
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for character in '\0'..=char::MAX {
            let once = fold(&character.to_string());
            assert_eq!(fold(&once), once, "{character:?}");
            assert!(once.chars().count() <= 3, "{character:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_accepted_is_accepted_again_unchanged(text in any::<String>()) {
            if let Ok(subject) = Subject::parse(&text) {
                prop_assert_eq!(Subject::parse(subject.as_str()), Ok(subject.clone()));
                prop_assert!((1..=Subject::MAX_LENGTH).contains(&subject.as_str().chars().count()));
            }
        }
    }
}
