//! What storage is asked for, and what it answers: a stretch of a list.

use uuid::Uuid;

/// The place of one row in a list: lists are in the order of a value and, among rows with the same
/// value, in the order of their ids, both in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Anchor {
    /// What the list is sorted by: milliseconds since the Unix epoch for times, the rank for
    /// priorities, the number for messages, the revision for histories; 0 where it is sorted by
    /// ids alone.
    pub value: i64,
    /// The id of the row.
    pub id: Uuid,
}

/// Where a stretch of a list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// After so many rows.
    Offset(u64),
    /// With the first row after this place, whether or not the row of the place is still there.
    After(Anchor),
    /// The stretch ends with the last row before this place, whether or not the row of the place
    /// is still there.
    Before(Anchor),
}

/// A stretch of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where it begins.
    pub start: Start,
    /// How many rows it has at most, from 1.
    pub limit: u32,
}

/// What is in a stretch of a list, and what lies around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows, in the order of the list, also when they were looked for backwards.
    pub items: Vec<T>,
    /// How many rows the list has, exactly.
    pub total: u64,
    /// Whether rows may lie before these. After a place they do unless they went meanwhile.
    pub more_before: bool,
    /// Whether rows may lie after these. Before a place they do unless they went meanwhile.
    pub more_after: bool,
}

impl Anchor {
    /// The place of a row in a list that is sorted by ids alone.
    #[must_use]
    pub fn of_id(id: impl Into<Uuid>) -> Self {
        Self { value: 0, id: id.into() }
    }
}

impl Window {
    /// How many rows to look for: beside a place one more than fits, which tells whether there are
    /// more; after an offset the total does.
    #[must_use]
    pub fn rows(self) -> u32 {
        match self.start {
            Start::Offset(_) => self.limit,
            Start::After(_) | Start::Before(_) => self.limit + 1,
        }
    }

    /// Makes a slice of the [`Self::rows`] that were found, in the order in which they were looked
    /// for: backwards from the place before which they lie.
    #[must_use]
    pub fn slice<T>(self, mut found: Vec<T>, total: u64) -> Slice<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let any = !found.is_empty();
        let (more_before, more_after) = match self.start {
            Start::Offset(offset) => {
                let end = offset.saturating_add(found.len() as u64);
                (offset > 0 && total > 0, end < total)
            }
            Start::After(_) => (any, more),
            Start::Before(_) => {
                found.reverse();
                (more, any)
            }
        };
        Slice { items: found, total, more_before, more_after }
    }
}

impl<T> Slice<T> {
    /// Makes something else of each row.
    ///
    /// # Errors
    /// The first that `make` gives.
    pub fn try_map<U, E>(self, make: impl FnMut(T) -> Result<U, E>) -> Result<Slice<U>, E> {
        let Self { items, total, more_before, more_after } = self;
        let items = items.into_iter().map(make).collect::<Result<_, _>>()?;
        Ok(Slice { items, total, more_before, more_after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: Start) -> Window {
        Window { start, limit: 2 }
    }

    #[test]
    fn after_an_offset_the_total_tells_what_is_around() {
        for (offset, found, total, around) in [
            (0, vec![], 0, (false, false)),
            (0, vec![1, 2], 2, (false, false)),
            (0, vec![1, 2], 3, (false, true)),
            (2, vec![3], 3, (true, false)),
            (2, vec![3, 4], 5, (true, true)),
            (9, vec![], 3, (true, false)),
            (9, vec![], 0, (false, false)),
        ] {
            let slice = window(Start::Offset(offset)).slice(found.clone(), total);

            assert_eq!((slice.items, slice.total), (found, total));
            assert_eq!((slice.more_before, slice.more_after), around, "{offset} of {total}");
        }
    }

    #[test]
    fn beside_a_place_one_more_row_tells_whether_there_are_more() {
        let place = Anchor::of_id(Uuid::nil());
        let after = |found| window(Start::After(place)).slice(found, 9);
        let before = |found| window(Start::Before(place)).slice(found, 9);
        let around = |slice: Slice<_>| (slice.items, slice.more_before, slice.more_after);

        assert_eq!(window(Start::After(place)).rows(), 3);
        assert_eq!(around(after(vec![1, 2, 3])), (vec![1, 2], true, true));
        assert_eq!(around(after(vec![1, 2])), (vec![1, 2], true, false));
        assert_eq!(around(after(vec![])), (vec![], false, false));
        assert_eq!(around(before(vec![3, 2, 1])), (vec![2, 3], true, true));
        assert_eq!(around(before(vec![3, 2])), (vec![2, 3], false, true));
        assert_eq!(around(before(vec![])), (vec![], false, false));
    }
}
