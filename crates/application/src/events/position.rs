//! Following a feed from a position.

use conversations_domain::{EventCursor, EventType, Permission, Permissions, WorkspaceId};

use super::EventService;
use crate::ports::{FeedEnds, FeedQuery, FeedReply, FeedStart};
use crate::{Caller, Error};

/// What a reader may see of events. Readers of a workspace with the same view get the same events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventView(u64);

impl EventView {
    /// The view with these permissions.
    #[must_use]
    pub fn of(permissions: &Permissions) -> Self {
        let decides = |permission: Permission| {
            let mut needed = EventType::ALL.iter().map(|kind| kind.permission());
            EventService::READING.contains(&permission)
                || needed.any(|each| each == Some(permission))
        };
        let permissions = Permission::ALL.iter().enumerate().filter_map(|(place, &permission)| {
            (decides(permission) && permissions.allow(permission)).then_some(1 << place)
        });
        Self(permissions.sum())
    }
}

impl EventService {
    /// The cursor at which a caller starts to follow the feed, and the ends of the feed.
    ///
    /// # Errors
    /// [`Error::ForbiddenAll`] if the caller has none of the permissions; [`Error::CursorGone`] if the
    /// feed does not contain the cursor.
    pub async fn find_start(
        &self,
        caller: &Caller,
        start: FeedStart,
    ) -> Result<(EventCursor, FeedEnds), Error> {
        Self::require_reading(&caller.permissions)?;
        // Of no type there are no events to load.
        let (types, conversation) = (Vec::new(), None);
        let query = FeedQuery { start, types, conversation, limit: 1, is_current: true };
        match self.feed.page(caller.workspace, query).await? {
            FeedReply::Page(page) => {
                let cursor = match start {
                    FeedStart::Earliest => page.ends.earliest,
                    FeedStart::Latest => page.ends.latest,
                    FeedStart::After(cursor) => cursor,
                };
                Ok((cursor, page.ends))
            }
            FeedReply::Gone(reason, ends) => Err(Error::CursorGone { reason, ends }),
        }
    }

    /// A number that changes when this process deletes something in the workspace, before the deletion is
    /// acknowledged. Events that were read before the change may show deleted content.
    #[must_use]
    pub fn deletions(&self, workspace: WorkspaceId) -> u64 {
        self.feed.deletions(workspace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(permissions: &[Permission]) -> EventView {
        EventView::of(&permissions.iter().copied().collect())
    }

    #[test]
    fn a_view_consists_of_the_permissions_to_read() {
        use Permission::{ReadConversations, ReadCustomers, WriteConversations, WriteKeys};

        let own = view(&[ReadConversations]);
        assert_eq!(view(&[ReadConversations, WriteConversations, WriteKeys]), own);
        assert_ne!(view(&[ReadConversations, ReadCustomers]), own);
        assert_ne!(view(&[ReadCustomers]), own);
        // Without another permission it opens no feed, but with one it shows more events.
        let reading = EventService::READING.into_iter().chain([Permission::ReadWebhooks]);
        assert_eq!(EventView::of(&Permissions::all()), EventView::of(&reading.collect()));
    }
}
