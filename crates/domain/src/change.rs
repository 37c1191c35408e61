//! What is wanted of a field: that it stays, or that it becomes something.

/// What is wanted of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// The field stays as it is.
    #[default]
    Keep,
    /// The field becomes this.
    To(T),
}

impl<T> Change<T> {
    /// The same wish about a value made from this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::To(value) => Change::To(make(value)),
        }
    }

    /// The value that is wanted, if any.
    pub fn wanted(&self) -> Option<&T> {
        match self {
            Self::Keep => None,
            Self::To(value) => Some(value),
        }
    }

    /// Puts what is wanted in the place of what is there, and answers what was there if that is
    /// something else.
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

/// Applies each wish to its field and answers whether any of them changed something.
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
