//! Walking through a list from row to row, forwards and backwards.

use std::fmt::Debug;

use conversations_application::{PageSlice, PageStart, PageWindow, SortKey};

use super::pages::all_pages;

/// Makes sure that a list is the same whether it is read by pages, forwards or backwards, in steps
/// of whatever size; answers it. `place` tells where in the list a row is.
pub(super) async fn walked<T: PartialEq + Debug>(
    list: impl AsyncFn(PageWindow) -> PageSlice<T>,
    place: impl Fn(&T) -> SortKey,
) -> Vec<T> {
    let all = all_pages(&list).await;
    for limit in [1, 2, 3, 100] {
        let (forwards, last) = forwards(&list, &place, limit).await;
        assert_eq!(forwards, all, "forwards by {limit}");
        let backwards = backwards(&list, &place, last).await;
        assert_eq!(backwards, all, "backwards by {limit}");
    }
    all
}

/// The whole list from its beginning, and the last step.
async fn forwards<T>(
    list: impl AsyncFn(PageWindow) -> PageSlice<T>,
    place: impl Fn(&T) -> SortKey,
    limit: u32,
) -> (Vec<T>, PageWindow) {
    let (mut all, mut window) = (Vec::new(), PageWindow { start: PageStart::Offset(0), limit });
    loop {
        let slice = list(window).await;
        assert!(slice.items.len() <= limit as usize);
        assert_eq!(slice.more_before, !all.is_empty(), "{window:?}");
        let next = slice.items.last().filter(|_| slice.more_after).map(&place);
        all.extend(slice.items);
        assert!(all.len() as u64 <= slice.total, "{window:?} meets rows again");
        let Some(next) = next else {
            assert_eq!(all.len() as u64, slice.total);
            return (all, window);
        };
        window.start = PageStart::After(next);
    }
}

/// The whole list from its last step.
async fn backwards<T>(
    list: impl AsyncFn(PageWindow) -> PageSlice<T>,
    place: impl Fn(&T) -> SortKey,
    mut window: PageWindow,
) -> Vec<T> {
    let mut steps = Vec::new();
    loop {
        let slice = list(window).await;
        assert!(slice.items.len() <= window.limit as usize);
        assert_eq!(slice.more_after, !steps.is_empty(), "{window:?}");
        let previous = slice.items.first().filter(|_| slice.more_before).map(&place);
        steps.push(slice.items);
        let met: usize = steps.iter().map(Vec::len).sum();
        assert!(met as u64 <= slice.total, "{window:?} meets rows again");
        let Some(previous) = previous else { break };
        window.start = PageStart::Before(previous);
    }
    steps.into_iter().rev().flatten().collect()
}
