//! A requested change of a field: keep it, replace it, or edit a part of it.

/// A requested change of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// The field stays as it is.
    #[default]
    Keep,
    /// The field becomes this.
    To(T),
}

impl<T> Change<T> {
    /// The same change for a value made from this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::To(value) => Change::To(make(value)),
        }
    }

    /// The new value, if any, owned.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Keep => None,
            Self::To(value) => Some(value),
        }
    }

    /// The new value, if any.
    pub fn new_value(&self) -> Option<&T> {
        match self {
            Self::Keep => None,
            Self::To(value) => Some(value),
        }
    }

    /// Replaces the current value, and returns the former one if they differ.
    pub(crate) fn apply(self, present: &mut T) -> Option<T>
    where
        T: PartialEq,
    {
        match self {
            Self::To(wanted) if *present != wanted => Some(std::mem::replace(present, wanted)),
            Self::To(_) | Self::Keep => None,
        }
    }
}

/// A requested change of a field with several entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PartialChange<T, E> {
    /// The field stays as it is.
    #[default]
    Keep,
    /// The field becomes this.
    To(T),
    /// The current value is edited like this, and the rest of it stays.
    Edit(E),
}

/// An edit of a part of the current value.
pub trait Edit<T> {
    /// Why the result is refused.
    type Error;

    /// Applies the edit to the current value.
    ///
    /// # Errors
    /// When it would be out of its bounds.
    fn apply_to(self, present: &T) -> Result<T, Self::Error>;
}

impl<T, E: Edit<T>> PartialChange<T, E> {
    /// The change of the whole field that this is, where this is there.
    ///
    /// # Errors
    /// When it would be out of its bounds.
    pub fn resolve(self, present: &T) -> Result<Change<T>, E::Error> {
        match self {
            Self::Keep => Ok(Change::Keep),
            Self::To(value) => Ok(Change::To(value)),
            Self::Edit(edit) => edit.apply_to(present).map(Change::To),
        }
    }
}

/// Applies each change to its field, and returns whether any field changed.
macro_rules! apply_all {
    ($($change:expr => $present:expr),+ $(,)?) => {
        [$($change.apply(&mut $present).is_some()),+].contains(&true)
    };
}

pub(crate) use apply_all;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_value_is_a_change() {
        let mut present = 1;

        assert_eq!(Change::Keep.apply(&mut present), None);
        assert_eq!(Change::To(1).apply(&mut present), None);
        assert_eq!(Change::To(2).apply(&mut present), Some(1));
        assert_eq!(present, 2);
    }

    #[test]
    fn every_wish_is_applied_whichever_comes_first() {
        let (mut one, mut other) = (1, "a");

        assert!(apply_all! { Change::To(2) => one, Change::To("b") => other });
        assert!(!apply_all! { Change::To(2) => one, Change::Keep => other });
        assert_eq!((one, other), (2, "b"));
    }
}
