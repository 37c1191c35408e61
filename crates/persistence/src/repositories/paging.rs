//! Parts of lists: by an offset, or next to a given row, which an index finds at any depth.

use conversations_application::ports::RepositoryError;
use conversations_application::reply_budget::PageBudget;
use conversations_application::{PageSlice, PageStart, PageWindow};

use super::long_content::size;
use super::{offload_if_large, total};
use crate::rows::TextSize;

/// This many rows are skipped without asking whether the caller still waits.
pub(super) const NEAR: u64 = 1_000;

/// The rows of a window of a list that is sorted by ids alone, newest first.
macro_rules! newest_first {
    ($query:expr, $id:expr, $window:expr) => {{
        use conversations_application::PageStart;

        let (query, window) = ($query, $window);
        match window.start {
            PageStart::Offset(offset) => {
                query.order($id.desc()).offset(super::paging::skipped(offset))
            }
            PageStart::After(place) => query.filter($id.lt(DbId(place.id))).order($id.desc()),
            PageStart::Before(place) => query.filter($id.gt(DbId(place.id))).order($id.asc()),
        }
        .limit(window.rows().into())
    }};
}

pub(super) use newest_first;

/// Whether many rows are skipped before a window.
pub(super) fn is_far(window: PageWindow) -> bool {
    matches!(window.start, PageStart::Offset(offset) if offset > NEAR)
}

/// How many rows to skip.
pub(super) fn skipped(offset: u64) -> i64 {
    // Every page's offset is below 2^63: its bounds see to it.
    i64::try_from(offset).unwrap_or(i64::MAX)
}

/// As much of a window as fits on a page, and the rows of it: each was found with the size of its
/// content, for which there is room in the budget from now on.
pub(super) fn fitting<R>(
    window: PageWindow,
    found: Vec<(R, i32)>,
    budget: &PageBudget,
) -> Result<(PageWindow, Vec<R>), RepositoryError> {
    let sizes = || found.iter().map(|&(_, bytes)| size(bytes));
    let window = window.fitting(sizes())?;
    let rows = usize::try_from(window.rows()).unwrap_or(usize::MAX);
    let bytes = usize::try_from(sizes().take(rows).sum::<u64>()).unwrap_or(usize::MAX);
    budget.reserve(bytes)?;
    Ok((window, found.into_iter().take(rows).map(|(row, _)| row).collect()))
}

/// Makes the answer of the rows that were found and of their count.
pub(super) fn slice<R, E: TryFrom<R, Error = RepositoryError>>(
    window: PageWindow,
    rows: Vec<R>,
    table: &'static str,
    count: i64,
) -> Result<PageSlice<E>, RepositoryError> {
    window.slice(rows, total(table, count)?).try_map(E::try_from)
}

/// The same of rows whose texts may be long.
pub(super) async fn slice_of_texts<R, E>(
    window: PageWindow,
    rows: Vec<R>,
    table: &'static str,
    count: i64,
) -> Result<PageSlice<E>, RepositoryError>
where
    R: TextSize + Send + 'static,
    E: TryFrom<R, Error = RepositoryError> + Send + 'static,
{
    let bytes = rows.iter().map(R::bytes).sum();
    offload_if_large(bytes, move || slice(window, rows, table, count)).await
}
