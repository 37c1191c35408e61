//! Pages of lists.

use conversations_application::{PageRequest, PageSlice, PageStart, PageWindow};

/// The page with this number.
pub(super) fn page(number: u64, limit: u32) -> PageWindow {
    PageWindow { start: PageStart::Offset((number - 1) * u64::from(limit)), limit }
}

/// The largest page that begins with the first item.
pub(super) fn first_page() -> PageWindow {
    page(1, PageRequest::MAX_LIMIT)
}

/// What is on all pages together; the total must be their number.
pub(super) async fn all_pages<T>(list: impl AsyncFn(PageWindow) -> PageSlice<T>) -> Vec<T> {
    let (mut all, mut number) = (Vec::new(), 1);
    loop {
        let PageSlice { items, total, .. } = list(page(number, PageRequest::MAX_LIMIT)).await;
        if items.is_empty() {
            assert_eq!(all.len() as u64, total);
            return all;
        }
        all.extend(items);
        assert!(all.len() as u64 <= total, "{} of {total}", all.len());
        number += 1;
    }
}
