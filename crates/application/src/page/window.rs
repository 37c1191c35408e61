//! The part of a list that storage is asked for and returns.

use uuid::Uuid;

use super::PageRequest;

/// The place of one row in a list: lists are in the order of a value and, among rows with the same
/// value, in the order of their ids, both in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortKey {
    /// What the list is sorted by: milliseconds since the Unix epoch for times, the rank for
    /// priorities, the number for messages, the revision for histories; 0 where it is sorted by
    /// ids alone.
    pub value: i64,
    /// The id of the row.
    pub id: Uuid,
}

/// Where a window of a list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageStart {
    /// After this many rows.
    Offset(u64),
    /// With the first row after this place, whether or not the row of the place is still there.
    After(SortKey),
    /// The window ends with the last row before this place, whether or not the row of the place
    /// is still there.
    Before(SortKey),
}

/// A window of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageWindow {
    /// Where it begins.
    pub start: PageStart,
    /// How many rows it has at most, from 1.
    pub limit: u32,
}

/// What is in a window of a list, and what lies around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSlice<T> {
    /// The rows, in the order of the list, also when they were looked for backwards.
    pub items: Vec<T>,
    /// How many rows the list has, exactly.
    pub total: u64,
    /// Whether rows may lie before these. After a place they do unless they went meanwhile.
    pub more_before: bool,
    /// Whether rows may lie after these. Before a place they do unless they went meanwhile.
    pub more_after: bool,
}

/// The rows of a window by an offset are larger together than a page may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only the first {fits} items fit on a page")]
pub struct PageTooLarge {
    /// How many of them fit, from the first on.
    pub fits: u32,
}

impl SortKey {
    /// The place of a row in a list that is sorted by ids alone.
    #[must_use]
    pub fn of_id(id: impl Into<Uuid>) -> Self {
        Self { value: 0, id: id.into() }
    }
}

impl PageWindow {
    /// How many bytes of content a page has at most, in UTF-8: the bodies of messages, or the custom
    /// fields of customers. Everything else that a list shows is short.
    pub const MAX_BYTES: u64 = 4 << 20;

    /// Each row of the longest page may have content of up to this many bytes.
    pub const SMALL_BYTES: u64 = Self::MAX_BYTES / PageRequest::MAX_LIMIT as u64;

    /// The window that fits on a page: this one, or a shorter one beside the same place. `sizes` are
    /// those of the contents of the rows that were found, in the order in which they were looked for.
    /// The first row always fits.
    ///
    /// # Errors
    /// When not all rows after an offset fit: the next page by number begins after all of them, and
    /// those that were left out would be on no page.
    pub fn fitting(self, sizes: impl IntoIterator<Item = u64>) -> Result<Self, PageTooLarge> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let (mut fits, mut bytes) = (0, 0);
        for size in sizes.into_iter().take(limit) {
            bytes += size;
            if fits > 0 && bytes > Self::MAX_BYTES {
                return match self.start {
                    PageStart::Offset(_) => Err(PageTooLarge { fits }),
                    PageStart::After(_) | PageStart::Before(_) => Ok(Self { limit: fits, ..self }),
                };
            }
            fits += 1;
        }
        Ok(self)
    }

    /// How many rows to look for: beside a place one more than fits, which tells whether there are
    /// more; after an offset the total does.
    #[must_use]
    pub fn rows(self) -> u32 {
        match self.start {
            PageStart::Offset(_) => self.limit,
            PageStart::After(_) | PageStart::Before(_) => self.limit + 1,
        }
    }

    /// Makes a slice of the [`Self::rows`] that were found, in the order in which they were looked
    /// for: backwards from the place before which they lie.
    #[must_use]
    pub fn slice<T>(self, mut found: Vec<T>, total: u64) -> PageSlice<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let any = !found.is_empty();
        let (more_before, more_after) = match self.start {
            PageStart::Offset(offset) => {
                let end = offset.saturating_add(found.len() as u64);
                (offset > 0 && total > 0, end < total)
            }
            PageStart::After(_) => (any, more),
            PageStart::Before(_) => {
                found.reverse();
                (more, any)
            }
        };
        PageSlice { items: found, total, more_before, more_after }
    }
}

impl<T> PageSlice<T> {
    /// Makes something else of each row.
    ///
    /// # Errors
    /// The first that `make` gives.
    pub fn try_map<U, E>(self, make: impl FnMut(T) -> Result<U, E>) -> Result<PageSlice<U>, E> {
        let Self { items, total, more_before, more_after } = self;
        let items = items.into_iter().map(make).collect::<Result<_, _>>()?;
        Ok(PageSlice { items, total, more_before, more_after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: PageStart) -> PageWindow {
        PageWindow { start, limit: 2 }
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
            let slice = window(PageStart::Offset(offset)).slice(found.clone(), total);

            assert_eq!((slice.items, slice.total), (found, total));
            assert_eq!((slice.more_before, slice.more_after), around, "{offset} of {total}");
        }
    }

    #[test]
    fn beside_a_place_one_more_row_tells_whether_there_are_more() {
        let place = SortKey::of_id(Uuid::nil());
        let after = |found| window(PageStart::After(place)).slice(found, 9);
        let before = |found| window(PageStart::Before(place)).slice(found, 9);
        let around = |slice: PageSlice<_>| (slice.items, slice.more_before, slice.more_after);

        assert_eq!(window(PageStart::After(place)).rows(), 3);
        assert_eq!(around(after(vec![1, 2, 3])), (vec![1, 2], true, true));
        assert_eq!(around(after(vec![1, 2])), (vec![1, 2], true, false));
        assert_eq!(around(after(vec![])), (vec![], false, false));
        assert_eq!(around(before(vec![3, 2, 1])), (vec![2, 3], true, true));
        assert_eq!(around(before(vec![3, 2])), (vec![2, 3], false, true));
        assert_eq!(around(before(vec![])), (vec![], false, false));
    }

    #[test]
    fn a_page_beside_a_place_ends_before_it_is_too_large() {
        let place = SortKey::of_id(Uuid::nil());
        let most = PageWindow::MAX_BYTES;
        for start in [PageStart::After(place), PageStart::Before(place)] {
            let window = PageWindow { start, limit: 3 };
            for (sizes, limit) in [
                (vec![], 3),
                (vec![1, 1], 3),
                (vec![1, 1, most - 2, most], 3),
                (vec![1, 1, most - 1], 2),
                (vec![1, most], 1),
                (vec![most + 1, 0], 1),
                (vec![most + 1], 3),
            ] {
                let fitting = window.fitting(sizes.clone());

                assert_eq!(fitting, Ok(PageWindow { start, limit }), "{sizes:?}");
            }
        }
        let shorter = window(PageStart::After(place)).fitting([1, most]).expect("a window");
        assert_eq!(shorter.rows(), 2, "one more than fits tells that there are more");
    }

    #[test]
    fn a_page_by_number_that_is_too_large_is_an_error() {
        let window = window(PageStart::Offset(7));
        let most = PageWindow::MAX_BYTES;

        assert_eq!(window.fitting([1, most - 1, most]), Ok(window));
        assert_eq!(window.fitting([most]), Ok(window));
        assert_eq!(window.fitting([1, most]), Err(PageTooLarge { fits: 1 }));
    }
}
