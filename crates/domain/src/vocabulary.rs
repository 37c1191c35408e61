//! How a closed vocabulary is declared: an enum that owns the text of its words.

/// A word that is not part of a closed vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {allowed}")]
pub struct UnknownWord {
    /// The words that would have been right, separated by commas.
    pub allowed: &'static str,
}

/// Declares an enum whose variants each have one canonical text: `as_str`, `ALL`, `Display`,
/// `FromStr`, and serde as that text. Database, wire and documentation all use it.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $name:ident { $(#[$first_meta:meta])* $first:ident = $first_text:literal $(, $(#[$variant_meta:meta])* $variant:ident = $text:literal)* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            #[doc = concat!("`", $first_text, "`")]
            $(#[$first_meta])*
            $first,
            $(
                #[doc = concat!("`", $text, "`")]
                $(#[$variant_meta])*
                $variant,
            )*
        }

        impl $name {
            /// Every word of the vocabulary, in its order.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$variant),*];

            /// The canonical text of the word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_text,
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or(
                    $crate::UnknownWord {
                        allowed: concat!($first_text $(, ", ", $text)*),
                    },
                )
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::text::deserialize_from_str!($name);
    };
}

pub(crate) use vocabulary;

#[cfg(test)]
mod tests {
    use crate::{Channel, Permission, Priority, RatePeriod, Role, Source, Status, Tier};

    macro_rules! vocabulary_round_trips {
        ($($name:ident),*) => {
            $(for word in $name::ALL {
                assert_eq!(word.as_str().parse::<$name>(), Ok(*word));
            })*
        };
    }

    #[test]
    fn every_word_reads_back() {
        vocabulary_round_trips!(
            Channel, Permission, Priority, RatePeriod, Role, Source, Status, Tier
        );
    }

    #[test]
    fn another_case_is_another_word() {
        let refused = "Open".parse::<Status>();

        assert_eq!(
            refused.map_err(|error| error.to_string()),
            Err("must be one of open, pending, closed".to_owned())
        );
    }
}
