//! Pages of lists.

/// Which page is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    page: u64,
    limit: u32,
}

/// A page, and how much there is in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on the page; empty past the end.
    pub items: Vec<T>,
    /// How many there are on all pages, exactly.
    pub total: u64,
}

impl PageRequest {
    /// The largest page number, 2⁵³ − 1: the largest integer that every JSON reader keeps.
    pub const MAX_PAGE: u64 = (1 << 53) - 1;
    /// The most items on a page.
    pub const MAX_LIMIT: u32 = 100;
    /// The items on a page unless said otherwise.
    pub const DEFAULT_LIMIT: u32 = 50;

    /// The page with this number, from 1, of pages of `limit` items; `None` out of bounds.
    #[must_use]
    pub fn new(page: u64, limit: u32) -> Option<Self> {
        let in_bounds =
            (1..=Self::MAX_PAGE).contains(&page) && (1..=Self::MAX_LIMIT).contains(&limit);
        in_bounds.then_some(Self { page, limit })
    }

    /// The number of the page, from 1.
    #[must_use]
    pub fn page(self) -> u64 {
        self.page
    }

    /// The most items on the page.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.limit
    }

    /// How many items lie on the pages before: below 2⁶³ for every page there is.
    #[must_use]
    pub fn offset(self) -> u64 {
        (self.page - 1) * u64::from(self.limit)
    }

    /// How many pages that many items fill: none for no items.
    #[must_use]
    pub fn pages_of(self, total: u64) -> u64 {
        total.div_ceil(u64::from(self.limit))
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: 1, limit: Self::DEFAULT_LIMIT }
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
    fn the_last_page_of_all_has_an_offset_that_a_database_can_count_to() {
        let last = PageRequest::new(PageRequest::MAX_PAGE, PageRequest::MAX_LIMIT).expect("a page");

        assert!(i64::try_from(last.offset()).is_ok());
    }

    #[test]
    fn a_started_page_counts() {
        let request = PageRequest::new(1, 50).expect("a page");

        assert_eq!([0, 1, 50, 51].map(|total| request.pages_of(total)), [0, 1, 1, 2]);
    }
}
