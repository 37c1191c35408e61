//! Pages of lists: requests and results of callers and of storage.

mod cursor;
mod list_scope;
mod window;

pub use cursor::{Cursor, InvalidCursor};
pub use window::{PageSlice, PageStart, PageTooLarge, PageWindow, SortKey};

pub(crate) use list_scope::ListScope;

/// Which page is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    place: PagePosition,
    limit: u32,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PagePosition {
    /// After this many pages of the same size, less one.
    Number(u64),
    /// Beside a row that was shown before.
    Cursor(Cursor),
}

/// A page, how much there is in all, and what leads to the pages beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on the page; empty past the end.
    pub items: Vec<T>,
    /// How many there are on all pages, exactly.
    pub total: u64,
    /// The number of the page, from 1, if it was asked for by its number.
    pub page: Option<u64>,
    /// Leads to what lies before the page: `None` when nothing does, and on an empty page.
    pub previous: Option<Cursor>,
    /// Leads to what lies after the page: `None` when nothing does, and on an empty page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes something else of each item.
    #[must_use]
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, total, page, previous, next } = self;
        Page { items: items.into_iter().map(make).collect(), total, page, previous, next }
    }
}

impl PageRequest {
    /// The largest page number, 2⁵³ − 1: the largest integer that every JSON reader keeps.
    pub const MAX_PAGE: u64 = (1 << 53) - 1;
    /// The most items on a page.
    pub const MAX_LIMIT: u32 = 100;
    /// The items on a page by default.
    pub const DEFAULT_LIMIT: u32 = 50;

    /// The page with this number, from 1, of pages of `limit` items; `None` out of bounds.
    #[must_use]
    pub fn new(page: u64, limit: u32) -> Option<Self> {
        let in_bounds =
            (1..=Self::MAX_PAGE).contains(&page) && (1..=Self::MAX_LIMIT).contains(&limit);
        in_bounds.then_some(Self { place: PagePosition::Number(page), limit })
    }

    /// The page of up to `limit` items to which a cursor leads; `None` out of bounds.
    #[must_use]
    pub fn at(cursor: Cursor, limit: u32) -> Option<Self> {
        let in_bounds = (1..=Self::MAX_LIMIT).contains(&limit);
        in_bounds.then_some(Self { place: PagePosition::Cursor(cursor), limit })
    }

    /// The number of the page, from 1, if it is asked for by its number.
    #[must_use]
    pub fn page(self) -> Option<u64> {
        match self.place {
            PagePosition::Number(page) => Some(page),
            PagePosition::Cursor(_) => None,
        }
    }

    /// What leads to the page, if it is not asked for by its number.
    #[must_use]
    pub fn cursor(self) -> Option<Cursor> {
        match self.place {
            PagePosition::Number(_) => None,
            PagePosition::Cursor(cursor) => Some(cursor),
        }
    }

    /// The most items on the page.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.limit
    }

    /// How many pages that many items fill: none for no items.
    #[must_use]
    pub fn pages_of(self, total: u64) -> u64 {
        total.div_ceil(u64::from(self.limit))
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { place: PagePosition::Number(1), limit: Self::DEFAULT_LIMIT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive() {
        assert!(PageRequest::new(1, 1).is_some());
        assert!(PageRequest::new(PageRequest::MAX_PAGE, PageRequest::MAX_LIMIT).is_some());
        assert_eq!(PageRequest::new(0, 1), None);
        assert_eq!(PageRequest::new(1, 0), None);
        assert_eq!(PageRequest::new(PageRequest::MAX_PAGE + 1, 1), None);
        assert_eq!(PageRequest::new(1, PageRequest::MAX_LIMIT + 1), None);
    }

    #[test]
    fn a_partly_filled_page_counts() {
        let request = PageRequest::new(1, 50).expect("a page");

        assert_eq!([0, 1, 50, 51].map(|total| request.pages_of(total)), [0, 1, 1, 2]);
    }
}
