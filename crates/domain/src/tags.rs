//! Tags: short words on customers and conversations. On conversations they are called labels.

use crate::TextError;
use crate::change::{Edit, PartialChange};
use crate::text::{self, text_serde};

/// A tag of a customer or a label of a conversation: 1 to 50 characters after trimming, without a
/// comma, because filters list tags with commas.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

/// Up to 20 different tags, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(Vec<Tag>);

/// Tags to add and tags to remove; all others stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagsEdit {
    add: Tags,
    remove: Tags,
}

/// A change to a list of tags.
pub type TagsChange = PartialChange<Tags, TagsEdit>;

/// Why a list of tags was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagsError {
    /// More tags than allowed.
    #[error("must have at most {max} entries")]
    TooMany {
        /// The most tags allowed.
        max: usize,
    },
    /// One tag twice.
    #[error("must not contain duplicates")]
    Repeated {
        /// The place of the second one, from 0.
        index: usize,
    },
    /// One tag is to be both added and removed.
    #[error("must not be both added and removed")]
    Contradicted {
        /// Its index among those to remove, from 0.
        index: usize,
    },
    /// One entry is not a valid tag.
    #[error("{error}")]
    Tag {
        /// Its place, from 0.
        index: usize,
        /// What is wrong with it.
        error: TextError,
    },
}

impl Tag {
    /// The most characters a tag may have.
    pub const MAX_LENGTH: usize = 50;

    /// Reads a tag from text that comes from outside.
    ///
    /// # Errors
    /// When it is empty, too long, or has a comma or control characters.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text::accept(text, true, 1, Self::MAX_LENGTH)?;
        if text.contains(',') { Err(TextError::Comma) } else { Ok(Self(text.to_owned())) }
    }

    /// The text of the tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Tag {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

text_serde!(Tag);

impl Tags {
    /// The most tags there may be.
    pub const MAX_COUNT: usize = 20;

    /// Reads a list of tags.
    ///
    /// # Errors
    /// When there are too many, one is no tag, or one comes twice: the first such problem.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, TagsError> {
        if texts.len() > Self::MAX_COUNT {
            return Err(TagsError::TooMany { max: Self::MAX_COUNT });
        }
        let mut tags = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let tag = Tag::parse(text.as_ref()).map_err(|error| TagsError::Tag { index, error })?;
            if tags.contains(&tag) {
                return Err(TagsError::Repeated { index });
            }
            tags.push(tag);
        }
        Ok(Self(tags))
    }

    /// The tags in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Tag::as_str)
    }
}

impl TagsEdit {
    /// Adds these tags, after the present ones, and removes those.
    ///
    /// # Errors
    /// When one tag is among both: the first such.
    pub fn new(add: Tags, remove: Tags) -> Result<Self, TagsError> {
        match remove.0.iter().position(|tag| add.0.contains(tag)) {
            Some(index) => Err(TagsError::Contradicted { index }),
            None => Ok(Self { add, remove }),
        }
    }
}

impl Edit<Tags> for TagsEdit {
    type Error = TagsError;

    fn apply_to(self, present: &Tags) -> Result<Tags, TagsError> {
        let Self { add, remove } = self;
        let stays = present.0.iter().filter(|tag| !remove.0.contains(tag));
        let mut tags: Vec<_> = stays.cloned().collect();
        tags.extend(add.0.into_iter().filter(|tag| !present.0.contains(tag)));
        if tags.len() > Tags::MAX_COUNT {
            return Err(TagsError::TooMany { max: Tags::MAX_COUNT });
        }
        Ok(Tags(tags))
    }
}

impl std::str::FromStr for Tags {
    type Err = TagsError;

    /// Reads tags with commas between, as filters list them.
    fn from_str(text: &str) -> Result<Self, TagsError> {
        let tags: Vec<_> = text.split(',').collect();
        Self::parse(&tags)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Tags {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Tags {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        Self::parse(&texts).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(present: &[&str], add: &[&str], remove: &[&str]) -> Result<Vec<String>, TagsError> {
        let edit = TagsEdit::new(Tags::parse(add)?, Tags::parse(remove)?)?;
        let tags = edit.apply_to(&Tags::parse(present)?)?;
        Ok(tags.iter().map(str::to_owned).collect())
    }

    #[test]
    fn an_edit_leaves_the_other_tags_where_they_are() {
        for (present, add, remove, tags) in [
            (&["a", "b", "c"][..], &["d"][..], &["b"][..], &["a", "c", "d"][..]),
            (&["a", "b"], &["b", "c"], &["x"], &["a", "b", "c"]),
            (&["a"], &[], &["a"], &[]),
            (&[], &["a"], &[], &["a"]),
            (&["a"], &[], &[], &["a"]),
        ] {
            let expected = tags.iter().map(|&tag| tag.to_owned()).collect();
            assert_eq!(edited(present, add, remove), Ok(expected), "{present:?}");
        }
    }

    #[test]
    fn an_edit_contradicts_nothing_and_leaves_no_more_than_there_may_be() {
        let full: Vec<_> = (0..20).map(|number| number.to_string()).collect();
        let full: Vec<_> = full.iter().map(String::as_str).collect();

        let contradicted = Err(TagsError::Contradicted { index: 1 });
        assert_eq!(edited(&[], &["a", "b"], &["c", "b"]), contradicted);
        assert_eq!(edited(&full, &["x"], &[]), Err(TagsError::TooMany { max: 20 }));
        assert_eq!(edited(&full, &["x"], &["7"]).map(|tags| tags.len()), Ok(20));
        assert_eq!(edited(&full, &["7"], &[]).map(|tags| tags.len()), Ok(20));
    }

    #[test]
    fn keeps_the_order_and_refuses_repeats() {
        let tags = Tags::parse(&["vip", " Berlin "]).expect("two tags");

        assert_eq!(tags.iter().collect::<Vec<_>>(), ["vip", "Berlin"]);
        assert_eq!(Tags::parse(&["a", "b", " a"]), Err(TagsError::Repeated { index: 2 }));
        assert_eq!(
            Tags::parse(&["a", "b,c"]),
            Err(TagsError::Tag { index: 1, error: TextError::Comma })
        );
        assert_eq!(Tags::parse(&["x"; 21]), Err(TagsError::TooMany { max: 20 }));
    }
}
