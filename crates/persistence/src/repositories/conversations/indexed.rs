//! Lists and counts that the list index of the workspace answers.

use std::sync::Arc;

use conversations_application::ports::{AtPosition, RepositoryError};
use conversations_application::read_model::{
    ConversationCount, ConversationDetails, CountedFields,
};
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{ConversationId, WorkspaceId};
use conversations_list_index::{Selection, is_indexed, is_indexed_order};

use super::super::list_index::{Freshness, LaterChanges, build, changes_since, update};
use super::super::totals::Total;
use super::super::{Connection, Database, offload_if_large};
use super::filter::is_along_an_index;
use super::list_query::ListQuery;
use crate::error::Failure;
use crate::list_indexes::IndexSnapshot;

/// The most events that a list reads to bring an index up to date for itself.
const MOST_EVENTS: i64 = 2_000;

/// What became of a question to an index.
enum Reply<T> {
    /// The answer, and how many changes the index does not have.
    Answer(AtPosition<T>, usize),
    /// The index is too far behind.
    TooFarBehind,
    /// The index is of no use from now on.
    Useless,
    /// The database has to answer.
    Unanswered,
}

/// The answer to a question, if there is an index that knows it.
macro_rules! ask_index {
    ($database:expr, $list:expr, $snapshot:ident => $ask:expr) => {{
        let (database, workspace) = ($database, $list.workspace);
        let searches = $list.filter.text.is_some();
        let (indexes, mut answer) = (database.list_indexes(), None);
        // An index that was built or brought up to date for the question is asked again.
        for _ in 0..2 {
            let Some($snapshot) = index_of(database, workspace).await else { break };
            let asked = Arc::clone(&$snapshot);
            let reply = if searches {
                database.search($ask).await?
            } else {
                database.snapshot($ask).await?
            };
            match reply {
                Reply::Answer(found, lag) => {
                    if lag > indexes.limits().lag {
                        bring_up_to_date(database, workspace).await;
                    }
                    answer = Some(found);
                }
                Reply::TooFarBehind => bring_up_to_date(database, workspace).await,
                Reply::Useless => indexes.discard(workspace, &asked),
                Reply::Unanswered => {}
            }
            indexes.count(answer.is_some());
            if answer.is_some() || indexes.limits().in_background {
                break;
            }
        }
        answer
    }};
}

impl ListQuery {
    /// A window and the total by the list index, if the database alone might take long.
    pub(super) async fn page_by_index(
        &self,
        database: &Database,
        window: PageWindow,
    ) -> Result<Option<AtPosition<PageSlice<ConversationDetails>>>, RepositoryError> {
        let is_quick = self.fits_one_statement(window) && self.is_counted_quickly();
        if is_quick || !self.is_answered_by_index() || !is_indexed_order(self.order) {
            return Ok(None);
        }
        Ok(ask_index!(database, self, snapshot => {
            let (list, limit) = (self.clone(), database.search_limits().texts);
            async move |connection: &mut Connection| {
                list.ask_for_page(connection, snapshot, window, limit).await
            }
        }))
    }

    /// Counts by the list index, if it knows the fields.
    pub(super) async fn counts_by_index(
        &self,
        database: &Database,
        by: CountedFields,
        limit: u32,
    ) -> Result<Option<Vec<ConversationCount>>, RepositoryError> {
        if self.kept_by(by).is_some() || !self.is_answered_by_index() {
            return Ok(None);
        }
        let counts = ask_index!(database, self, snapshot => {
            let (list, search_limit) = (self.clone(), database.search_limits().texts);
            async move |connection: &mut Connection| {
                list.ask_for_counts(connection, snapshot, (by, limit), search_limit).await
            }
        });
        Ok(counts.map(|counts| counts.content))
    }

    /// Whether the index, with what the database finds for it, answers what the filter asks for.
    fn is_answered_by_index(&self) -> bool {
        is_indexed(&self.filter) && self.is_unindexed_separate()
    }

    /// Whether the total is kept, and the rows of any page lie side by side in an index of the database.
    fn is_counted_quickly(&self) -> bool {
        Total::of(self.workspace, &self.filter).is_some() && is_along_an_index(&self.filter)
    }

    async fn ask_for_page(
        self,
        connection: &mut Connection,
        snapshot: Arc<IndexSnapshot>,
        window: PageWindow,
        search_limit: u32,
    ) -> Result<Reply<PageSlice<ConversationDetails>>, Failure> {
        let order = self.order;
        let page = move |selection: &Selection<'_>| {
            let page: Option<Vec<ConversationId>> = selection.page(order, window);
            page.map(|ids| (selection.total(), ids))
        };
        let (found, lag) = match self.ask(connection, snapshot, search_limit, page).await? {
            Reply::Answer(found, lag) => (found, lag),
            Reply::TooFarBehind => return Ok(Reply::TooFarBehind),
            Reply::Useless => return Ok(Reply::Useless),
            Reply::Unanswered => return Ok(Reply::Unanswered),
        };
        let AtPosition { content: (total, ids), position } = found;
        match self.page_of(connection, window, total, ids).await? {
            Some(content) => Ok(Reply::Answer(AtPosition { content, position }, lag)),
            // It names conversations that do not exist.
            None => Ok(Reply::Useless),
        }
    }

    async fn ask_for_counts(
        self,
        connection: &mut Connection,
        snapshot: Arc<IndexSnapshot>,
        (by, limit): (CountedFields, u32),
        search_limit: u32,
    ) -> Result<Reply<Vec<ConversationCount>>, Failure> {
        let counts = move |selection: &Selection<'_>| {
            let mut counts = selection.count_by(by)?;
            counts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            Some(counts)
        };
        self.ask(connection, snapshot, search_limit, counts).await
    }

    /// Asks an index as of the moment of this transaction.
    async fn ask<T: Send + 'static>(
        &self,
        connection: &mut Connection,
        snapshot: Arc<IndexSnapshot>,
        search_limit: u32,
        question: impl FnOnce(&Selection<'_>) -> Option<T> + Send + 'static,
    ) -> Result<Reply<T>, Failure> {
        let fresh = changes_since(connection, self.workspace, &snapshot, MOST_EVENTS).await?;
        let LaterChanges { changes, feed_position, .. } = match fresh {
            Freshness::Current(later) => later,
            Freshness::Behind(_) => return Ok(Reply::TooFarBehind),
            Freshness::Useless => return Ok(Reply::Useless),
            Freshness::Unusable => return Ok(Reply::Unanswered),
        };
        let Some(found) = self.load_unindexed(connection, search_limit).await? else {
            return Ok(Reply::Unanswered);
        };
        let (lag, filter) = (changes.len(), self.filter.clone());
        // A bitmap has a bit for each conversation, and a few are read.
        let bytes = usize::try_from(snapshot.index.len() / 8).unwrap_or(usize::MAX);
        let bytes = bytes.saturating_add(size_of_val(&*found));
        let answer = offload_if_large(bytes, move || {
            snapshot.index.select(&filter, &changes, &found).as_ref().and_then(question)
        });
        Ok(answer.await.map_or(Reply::Unanswered, |content| {
            Reply::Answer(AtPosition { content, position: Some(feed_position) }, lag)
        }))
    }
}

/// The index of a workspace. If there is none, one is built.
async fn index_of(database: &Database, workspace: WorkspaceId) -> Option<Arc<IndexSnapshot>> {
    let indexes = database.list_indexes();
    if !indexes.is_enabled() {
        return None;
    }
    if let Some(snapshot) = indexes.find(workspace) {
        return Some(snapshot);
    }
    let task = indexes.begin_build(workspace)?;
    if indexes.limits().in_background {
        tokio::spawn(build(database.clone(), task));
        return None;
    }
    build(database.clone(), task).await;
    indexes.find(workspace)
}

async fn bring_up_to_date(database: &Database, workspace: WorkspaceId) {
    let indexes = database.list_indexes();
    let Some(task) = indexes.begin_update(workspace) else { return };
    let updated = update(database.clone(), task);
    if indexes.limits().in_background {
        tokio::spawn(updated);
    } else {
        updated.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use conversations_application::PageStart;
    use conversations_application::read_model::{ConversationFilter, ConversationOrder};
    use conversations_domain::{Priority, Status, Tags};

    #[test]
    fn the_database_alone_answers_what_it_finds_side_by_side() {
        let quick = |filter: &ConversationFilter, offset| {
            let workspace = WorkspaceId::from_uuid(uuid::Uuid::nil());
            let list = ListQuery::new(workspace, filter.clone(), ConversationOrder::Newest);
            let window = PageWindow { start: PageStart::Offset(offset), limit: 50 };
            list.fits_one_statement(window) && list.is_counted_quickly()
        };
        let open = ConversationFilter { statuses: vec![Status::Open], ..Default::default() };
        let urgent = ConversationFilter { priorities: vec![Priority::Urgent], ..open.clone() };
        let labels = Tags::parse(&["refund"]).expect("a label");
        let labelled = ConversationFilter { labels, ..Default::default() };

        assert!(quick(&open, 0) && quick(&urgent, 0));
        assert!(!quick(&open, 100_000));
        assert!(!quick(&labelled, 0));
    }
}
