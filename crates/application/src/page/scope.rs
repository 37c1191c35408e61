//! What a cursor belongs to: a list of a workspace, with its filter and its order.

use std::fmt::Display;

use conversations_domain::WorkspaceId;
use sha2::{Digest, Sha256};

use super::cursor::{Seal, Side};
use super::{Anchor, Cursor, InvalidCursor, Page, PageRequest, Place, Slice, Start, Window};
use crate::Error;

/// A list with its filter and its order, as far as cursors are concerned: what is the same list has
/// the same scope, however its filter was spelled.
pub(crate) struct Scope(Sha256);

/// A page that is asked for, understood: what storage has to find.
pub(crate) struct Asked {
    seal: Seal,
    page: Option<u64>,
    pub(crate) window: Window,
}

impl Scope {
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
    pub(crate) fn asked(self, page: PageRequest) -> Result<Asked, Error> {
        let seal = Seal::of(self.0);
        let limit = page.limit;
        let (start, page) = match page.place {
            // Every page's offset is below 2^63: `PageRequest` sees to it.
            Place::Number(page) => (Start::Offset((page - 1) * u64::from(limit)), Some(page)),
            Place::Cursor(cursor) => (cursor.start(seal).ok_or(InvalidCursor)?, None),
        };
        Ok(Asked { seal, page, window: Window { start, limit } })
    }
}

impl Asked {
    /// The page, of what storage found. `anchor` tells the place of a row in the list.
    pub(crate) fn page<T>(self, found: Slice<T>, anchor: impl Fn(&T) -> Anchor) -> Page<T> {
        let Slice { items, total, more_before, more_after } = found;
        let cursor =
            |item: Option<&T>, side| item.map(|item| Cursor::new(self.seal, side, anchor(item)));
        let previous = cursor(items.first().filter(|_| more_before), Side::Before);
        let next = cursor(items.last().filter(|_| more_after), Side::After);
        Page { items, total, page: self.page, previous, next }
    }
}
