//! What a cursor belongs to: a list of a workspace, with its filter and its order.

use std::fmt::Display;

use conversations_domain::WorkspaceId;
use sha2::{Digest, Sha256};

use super::cursor::{ListFingerprint, Side};
use super::{
    Cursor, InvalidCursor, Page, PagePosition, PageRequest, PageSlice, PageStart, PageWindow,
    SortKey,
};

/// A list with its filter and its order, as far as cursors are concerned: what is the same list has
/// the same scope, however its filter was spelled.
pub(crate) struct ListScope(Sha256);

/// A page that is asked for, understood: what storage has to find.
pub(crate) struct ResolvedPage {
    seal: ListFingerprint,
    page: Option<u64>,
    pub(crate) window: PageWindow,
}

impl ListScope {
    /// The list of this name.
    pub(crate) fn of(workspace: WorkspaceId, list: &str) -> Self {
        Self(Sha256::new()).with(workspace.as_uuid()).with(list)
    }

    /// Of it only what this allows, or in this order. Every part of a scope is there, also if it
    /// says nothing, and always in the same place.
    pub(crate) fn with(mut self, part: impl Display) -> Self {
        let part = part.to_string();
        // The length keeps two parts from being taken for two others.
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
        self
    }

    /// Of it only what one of these allows, or all of them, as the place says: in whatever order
    /// they come, and however often.
    pub(crate) fn with_any_of<T: Display>(self, words: impl IntoIterator<Item = T>) -> Self {
        let mut words: Vec<_> = words.into_iter().map(|word| word.to_string()).collect();
        words.sort_unstable();
        words.dedup();
        let count = words.len();
        words.into_iter().fold(self.with(count), Self::with)
    }

    /// What storage has to find for this page of the list.
    ///
    /// # Errors
    /// When the cursor of the page belongs to another list.
    pub(crate) fn resolve(self, page: PageRequest) -> Result<ResolvedPage, InvalidCursor> {
        let seal = ListFingerprint::of(self.0);
        let limit = page.limit;
        let (start, page) = match page.place {
            // Every page's offset is below 2^63: `PageRequest` sees to it.
            PagePosition::Number(page) => {
                (PageStart::Offset((page - 1) * u64::from(limit)), Some(page))
            }
            PagePosition::Cursor(cursor) => (cursor.start(seal).ok_or(InvalidCursor)?, None),
        };
        Ok(ResolvedPage { seal, page, window: PageWindow { start, limit } })
    }
}

impl ResolvedPage {
    /// The page, of what storage found. `anchor` tells the place of a row in the list.
    pub(crate) fn page<T>(self, found: PageSlice<T>, anchor: impl Fn(&T) -> SortKey) -> Page<T> {
        let PageSlice { items, total, more_before, more_after } = found;
        let cursor =
            |item: Option<&T>, side| item.map(|item| Cursor::new(self.seal, side, anchor(item)));
        let previous = cursor(items.first().filter(|_| more_before), Side::Before);
        let next = cursor(items.last().filter(|_| more_after), Side::After);
        Page { items, total, page: self.page, previous, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::workspace;

    fn seal(scope: ListScope) -> ListFingerprint {
        ListFingerprint::of(scope.0)
    }

    #[test]
    fn the_same_list_has_the_same_scope_however_it_is_spelled() {
        let list = |words: &[&str]| seal(ListScope::of(workspace(), "list").with_any_of(words));

        assert_eq!(list(&["open", "closed"]), list(&["closed", "open", "closed"]));
        assert_ne!(list(&["open", "closed"]), list(&["open"]));
    }

    #[test]
    fn no_part_is_taken_for_another() {
        let list = || ListScope::of(workspace(), "list");
        let none: [&str; 0] = [];

        let scopes = [
            seal(list()),
            seal(ListScope::of(workspace(), "others")),
            seal(ListScope::of(WorkspaceId::from_uuid(uuid::Uuid::max()), "list")),
            seal(list().with_any_of(none).with_any_of(["a"])),
            seal(list().with_any_of(["a"]).with_any_of(none)),
            seal(list().with_any_of(["a", "b"]).with_any_of(none)),
            seal(list().with_any_of(["a"]).with_any_of(["b"])),
            seal(list().with("ab").with("c")),
            seal(list().with("a").with("bc")),
        ];
        for (place, scope) in scopes.iter().enumerate() {
            assert!(!scopes[..place].contains(scope), "{place}");
        }
    }

    #[test]
    fn a_page_leads_to_those_beside_it() {
        let request = PageRequest::new(2, 2).expect("a page");
        let id = uuid::Uuid::from_u128;
        let anchor = |number: &u128| SortKey::of_id(id(*number));
        let list = || ListScope::of(workspace(), "list");

        let resolved = list().resolve(request).expect("a page by number");
        assert_eq!(resolved.window, PageWindow { start: PageStart::Offset(2), limit: 2 });
        let slice = resolved.window.slice(vec![7, 6], 5);
        let page = resolved.page(slice, anchor);

        assert_eq!((page.page, page.total), (Some(2), 5));
        for (cursor, start) in [
            (page.next, PageStart::After(anchor(&6))),
            (page.previous, PageStart::Before(anchor(&7))),
        ] {
            let request = PageRequest::at(cursor.expect("a cursor"), 3).expect("a page");
            let resolved = list().resolve(request).expect("the same list");
            assert_eq!(resolved.window, PageWindow { start, limit: 3 });
            let page = resolved.page(PageWindow { start, limit: 3 }.slice(vec![], 5), anchor);
            assert_eq!((page.page, page.next, page.previous), (None, None, None));
            let others = ListScope::of(workspace(), "others").resolve(request);
            assert_eq!(others.map(|_| ()), Err(InvalidCursor));
        }
    }

    #[test]
    fn the_last_page_of_all_has_an_offset_that_a_database_can_count_to() {
        let last = PageRequest::new(PageRequest::MAX_PAGE, PageRequest::MAX_LIMIT).expect("a page");
        let resolved = ListScope::of(workspace(), "list").resolve(last).expect("a page by number");

        let PageStart::Offset(offset) = resolved.window.start else {
            unreachable!("a page by number")
        };
        assert!(i64::try_from(offset).is_ok());
    }
}
