//! The priority of a conversation, ordered by urgency and not by the alphabet.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The priority of a conversation, from `low` to `urgent`. `Ord` is that order.
    #[derive(Default)]
    Priority {
        Low = "low",
        #[default]
        Medium = "medium",
        High = "high",
        Urgent = "urgent",
    }
}

impl Priority {
    /// The place in the order, from 0 for `low`. Storage keeps the rank, so that a database sorts
    /// by urgency.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self as u8
    }

    /// The priority at a place in the order, or `None` past its end.
    #[must_use]
    pub fn from_rank(rank: u8) -> Option<Self> {
        Self::ALL.get(usize::from(rank)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_by_urgency() {
        assert!(Priority::Low < Priority::Medium);
        assert!(Priority::Medium < Priority::High);
        assert!(Priority::High < Priority::Urgent);
    }

    #[test]
    fn ranks_read_back_and_end() {
        for &priority in Priority::ALL {
            assert_eq!(Priority::from_rank(priority.rank()), Some(priority));
        }
        assert_eq!(Priority::from_rank(4), None);
    }
}
